/* The order of two values (vgi/filter.h says whose): chosen once for two types, then asked for rows. Used by expr.c,
 * which chooses, and by eval.c. */
#ifndef VG_FILTER_ORDER_H
#define VG_FILTER_ORDER_H

#include <string.h>

#include <vgi/batch.h>

#include "base/arena.h"

__extension__ typedef __int128 vg_i128;
__extension__ typedef unsigned __int128 vg_u128;

typedef struct vg_order vg_order;

/* Less than, equal to, or greater than 0. Neither element is NULL. */
typedef int vg_order_compare(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k);

/* The order of rows 0 .. n - 1 as -1, 0, 1; a constant has one element for all. Rows of `skip` are not looked at. */
typedef void vg_order_fill(const vg_order *order, const vgi_array *a, bool a_constant, const vgi_array *b,
                           bool b_constant, int64_t n, const uint8_t *skip, int8_t *ret);

struct vg_order {
    vg_order_compare *compare;
    vg_order_fill *fill;
    const vg_order *const *children; /* of nested types */
    int32_t n_children;
};

/* *ret is NULL where values of the two types have no order here. */
vgi_status vg_order_choose(vg_arena *arena, const vgi_field *a, const vgi_field *b, const vg_order **ret,
                           vgi_error *err);

/* The 16 bytes of a decimal or a hugeint. */
vg_i128 vg_element_i128(const vgi_array *array, int64_t i);

/* True of texts and bytes that lie one behind the other with offsets of 32 bits, as most do. */
static inline bool vg_array_is_short(const vgi_array *array)
{
    return array->field->type == VGI_TYPE_UTF8 || array->field->type == VGI_TYPE_BINARY;
}

/* An element of such an array that is there and not NULL, without asking. */
static inline vgi_bytes vg_short_at(const vgi_array *array, int64_t i)
{
    int32_t ends[2];

    memcpy(ends, (const char *)array->buffers[0] + (size_t)(array->offset + i) * sizeof *ends, sizeof ends);
    return (vgi_bytes){(const uint8_t *)array->buffers[1] + ends[0], (size_t)(ends[1] - ends[0])};
}

/* True of texts, also in a dictionary. */
bool vg_field_is_text(const vgi_field *field);
/* True of a type that SQL calls so ("UUID", "HUGEINT"). */
bool vg_field_is(const vgi_field *field, const char *sql_name);

/* True of a boolean that travels as a byte (the extension arrow.bool8). */
bool vg_field_is_bool8(const vgi_field *field);

#endif
