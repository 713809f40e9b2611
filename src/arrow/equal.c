/* Equality of arrays by value (contract in array.h). For tests and caches: exact, not fast. */
#include "arrow/array.h"

#include <string.h>

#include "arrow/type.h"

static bool value_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j);

static bool range_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (!value_equal(a, i + k, b, j + k))
            return false;
    return true;
}

static bool fixed_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j)
{
    int64_t width = vg_field_width_bits(a->field);

    if (width == 1)
        return vg_bit(a->buffers[0], i) == vg_bit(b->buffers[0], j);
    return memcmp((const uint8_t *)a->buffers[0] + i * (width / 8), (const uint8_t *)b->buffers[0] + j * (width / 8),
                  (size_t)(width / 8)) == 0;
}

/* The range between offsets i and i + 1. */
static void span(const vgi_array *array, int64_t i, int64_t *ret_begin, int64_t *ret_size)
{
    const void *offsets = array->buffers[0];
    bool narrow = vg_type_info_of(array->field->type)->offset_bytes == 4;
    int64_t end = narrow ? ((const int32_t *)offsets)[i + 1] : ((const int64_t *)offsets)[i + 1];

    *ret_begin = narrow ? ((const int32_t *)offsets)[i] : ((const int64_t *)offsets)[i];
    *ret_size = end - *ret_begin;
}

static bool span_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j)
{
    int64_t begin_a, begin_b, size_a, size_b;

    span(a, i, &begin_a, &size_a);
    span(b, j, &begin_b, &size_b);
    if (size_a != size_b)
        return false;
    if (vg_type_info_of(a->field->type)->layout == VG_LAYOUT_LIST)
        return range_equal(&a->children[0], begin_a, &b->children[0], begin_b, size_a);
    return size_a == 0 ||
           memcmp((const char *)a->buffers[1] + begin_a, (const char *)b->buffers[1] + begin_b, (size_t)size_a) == 0;
}

static bool union_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j)
{
    int8_t code = ((const int8_t *)a->buffers[0])[i];
    int32_t child = 0;

    if (((const int8_t *)b->buffers[0])[j] != code)
        return false;
    while (a->field->type_codes ? a->field->type_codes[child] != code : child != code)
        child++;
    if (a->field->type == VGI_TYPE_DENSE_UNION) {
        i = ((const int32_t *)a->buffers[1])[i];
        j = ((const int32_t *)b->buffers[1])[j];
    }
    return value_equal(&a->children[child], i, &b->children[child], j);
}

static int64_t index_at(const vgi_array *array, int64_t i)
{
    int64_t width = vg_field_width_bits(array->field) / 8;
    const uint8_t *at = (const uint8_t *)array->buffers[0] + i * width;
    uint64_t value = 0;

    memcpy(&value, at, (size_t)width); /* validated: never negative */
    return (int64_t)value;
}

/* Elements i and j, counted behind the arrays' own offsets. */
static bool value_equal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t j)
{
    bool null_a, null_b;

    i += a->offset;
    j += b->offset;
    null_a = a->validity && !vg_bit(a->validity, i);
    null_b = b->validity && !vg_bit(b->validity, j);
    if (null_a || null_b)
        return null_a == null_b;
    switch (vg_type_info_of(a->field->type)->layout) {
    case VG_LAYOUT_NULL:
        return true;
    case VG_LAYOUT_FIXED:
        return fixed_equal(a, i, b, j);
    case VG_LAYOUT_VARIABLE:
    case VG_LAYOUT_LIST:
        return span_equal(a, i, b, j);
    case VG_LAYOUT_FIXED_LIST:
        return range_equal(&a->children[0], i * a->field->fixed_size, &b->children[0], j * b->field->fixed_size,
                           a->field->fixed_size);
    case VG_LAYOUT_STRUCT:
        for (int64_t k = 0; k < a->n_children; k++)
            if (!value_equal(&a->children[k], i, &b->children[k], j))
                return false;
        return true;
    case VG_LAYOUT_SPARSE_UNION:
    case VG_LAYOUT_DENSE_UNION:
        return union_equal(a, i, b, j);
    case VG_LAYOUT_DICTIONARY:
        return value_equal(a->dictionary, index_at(a, i), b->dictionary, index_at(b, j));
    }
    return false;
}

bool vg_array_equal(const vgi_array *a, const vgi_array *b)
{
    return vg_type_equal(a->field, b->field) && a->length == b->length && range_equal(a, 0, b, 0, a->length);
}
