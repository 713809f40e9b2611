/* Record batches: borrowed views of what came in, owned columns for what goes out.
 *
 * A vgi_array is a view in Arrow's physical layout; its bytes belong to whoever made it and are checked against its
 * field before an author sees them. A vgi_column is the builder behind one column of an output batch: fixed-width
 * values are written straight into its array, everything else is appended. A builder cannot disagree with its field:
 * a call of the wrong type sets the batch's sticky error, which is reported when the callback returns.
 *
 * Borrowed unless said otherwise; a batch belongs to one thread. */
#ifndef VGI_BATCH_H
#define VGI_BATCH_H

#include <vgi/arrow_abi.h>
#include <vgi/type.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One array in Arrow's layout. `buffers` by type (validity stands apart):
 *   fixed width, bool:      [0] values
 *   utf8, binary, large_*:  [0] offsets (length + 1), [1] bytes
 *   list, large_list, map:  [0] offsets (length + 1)
 *   sparse union:           [0] type codes
 *   dense union:            [0] type codes, [1] int32 offsets
 *   dictionary:             [0] indices of field->index_type; the values are in `dictionary`
 * Values start at index `offset`. Buffers from a peer are aligned to 8 bytes at least. */
typedef struct vgi_array vgi_array;
struct vgi_array {
    const vgi_field *field;
    int64_t length;
    int64_t null_count;      /* -1: not counted */
    int64_t offset;          /* in elements, also into `validity` */
    const uint8_t *validity; /* bit set: value present; NULL: all present */
    const void *buffers[2];
    int64_t n_children;
    const vgi_array *children; /* n_children, contiguous */
    const vgi_array *dictionary;
};

typedef struct vgi_column vgi_column; /* opaque: the builder of one column */

/* A record batch. An input batch has `columns`; an output batch has builders (vgi_out_column) and a `capacity`: the
 * number of rows that its fixed-width arrays have room for. */
typedef struct vgi_batch {
    const vgi_arrow_schema *schema;
    int64_t rows;
    int64_t capacity;
    int32_t n_columns;
    const vgi_array *columns;
    vgi_column **out;
    const uint8_t *visible; /* rows that VGI_EACH_ROW visits (bit set); NULL: all */
    vgi_metadata metadata;  /* the message's custom metadata */
} vgi_batch;

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Visits the rows of `in` whose arguments are all non-NULL (all rows where the function handles NULL itself).
 * `i` is declared by the macro. */
#define VGI_EACH_ROW(in, i) for (int64_t i = vgi_next_row((in), -1); i < (in)->rows; i = vgi_next_row((in), i))

static inline int64_t vgi_next_row(const vgi_batch *in, int64_t i)
{
    ++i;
    if (in->visible)
        while (i < in->rows && !(in->visible[i >> 3] >> (i & 7) & 1))
            ++i;
    return i;
}

/* The values of a fixed-width column, indexed by row. The column's type must have that C type (INTEGER: int32, DATE:
 * int32 days, TIMESTAMP: int64, ...). Wrong type, or no such column: in a function's callback (map, or the turn of an
 * exchange) it sets the sticky error of the output batch and gives memory for as many rows, whatever is in it; for any
 * other batch it is NULL. */
VGI_EXPORT const int8_t *vgi_i8(const vgi_batch *in, int32_t column);
VGI_EXPORT const int16_t *vgi_i16(const vgi_batch *in, int32_t column);
VGI_EXPORT const int32_t *vgi_i32(const vgi_batch *in, int32_t column);
VGI_EXPORT const int64_t *vgi_i64(const vgi_batch *in, int32_t column);
VGI_EXPORT const uint8_t *vgi_u8(const vgi_batch *in, int32_t column);
VGI_EXPORT const uint16_t *vgi_u16(const vgi_batch *in, int32_t column);
VGI_EXPORT const uint32_t *vgi_u32(const vgi_batch *in, int32_t column);
VGI_EXPORT const uint64_t *vgi_u64(const vgi_batch *in, int32_t column);
VGI_EXPORT const float *vgi_f32(const vgi_batch *in, int32_t column);
VGI_EXPORT const double *vgi_f64(const vgi_batch *in, int32_t column);

/* One value. Out-of-range or mistyped: false, or absent. vgi_text takes utf8, large_utf8 and a dictionary of them;
 * vgi_blob takes the binary types, fixed_size_binary and the text types. */
VGI_EXPORT bool vgi_bool(const vgi_batch *in, int32_t column, int64_t row);
VGI_EXPORT vgi_string vgi_text(const vgi_batch *in, int32_t column, int64_t row);
VGI_EXPORT vgi_bytes vgi_blob(const vgi_batch *in, int32_t column, int64_t row);
VGI_EXPORT bool vgi_is_null(const vgi_batch *in, int32_t column, int64_t row);

/* The same on an array, for nested values. vgi_array_items gives the range of children[0] that list `i` spans. */
VGI_EXPORT bool vgi_array_is_null(const vgi_array *array, int64_t i);
VGI_EXPORT bool vgi_array_bool(const vgi_array *array, int64_t i);
VGI_EXPORT vgi_string vgi_array_text(const vgi_array *array, int64_t i);
VGI_EXPORT vgi_bytes vgi_array_blob(const vgi_array *array, int64_t i);
VGI_EXPORT int64_t vgi_array_i64(const vgi_array *array, int64_t i); /* any integer, date or time type; else 0 */
VGI_EXPORT double vgi_array_f64(const vgi_array *array, int64_t i);  /* any number; else 0 */
VGI_EXPORT void vgi_array_items(const vgi_array *array, int64_t i, int64_t *ret_begin, int64_t *ret_end);

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* The builder of output column `i` (of a table function as its signature or its bind has them,
 * also where the engine asked for fewer: see vgi_wanted in vgi/function.h). */
VGI_EXPORT vgi_column *vgi_out_column(vgi_batch *out, int32_t i);

/* The array of a fixed-width column, `capacity` rows; row r of the batch is element r. Every row starts non-NULL with
 * an undefined value. Wrong type: sets the sticky error and gives scratch memory of the same size. */
VGI_EXPORT int8_t *vgi_out_i8(vgi_column *column);
VGI_EXPORT int16_t *vgi_out_i16(vgi_column *column);
VGI_EXPORT int32_t *vgi_out_i32(vgi_column *column);
VGI_EXPORT int64_t *vgi_out_i64(vgi_column *column);
VGI_EXPORT uint8_t *vgi_out_u8(vgi_column *column);
VGI_EXPORT uint16_t *vgi_out_u16(vgi_column *column);
VGI_EXPORT uint32_t *vgi_out_u32(vgi_column *column);
VGI_EXPORT uint64_t *vgi_out_u64(vgi_column *column);
VGI_EXPORT float *vgi_out_f32(vgi_column *column);
VGI_EXPORT double *vgi_out_f64(vgi_column *column);

/* Makes row `row` of a column written through vgi_out_* NULL. */
VGI_EXPORT void vgi_set_null(vgi_column *column, int64_t row);

/* Appends one value. In a scalar function whose NULLs libvgi handles, the appended values fill the rows that
 * VGI_EACH_ROW visits, in order; the others become NULL. Sticky on error; a column is either written through its array
 * or appended to, not both. vgi_append_i64 takes every integer, date, time, timestamp and duration column and checks
 * the range; vgi_append_f64 every float column. */
VGI_EXPORT void vgi_append_null(vgi_column *column);
VGI_EXPORT void vgi_append_bool(vgi_column *column, bool value);
VGI_EXPORT void vgi_append_i64(vgi_column *column, int64_t value);
VGI_EXPORT void vgi_append_u64(vgi_column *column, uint64_t value);
VGI_EXPORT void vgi_append_f64(vgi_column *column, double value);
VGI_EXPORT void vgi_append_text(vgi_column *column, const char *text, size_t size);  /* also a dictionary of utf8 */
VGI_EXPORT void vgi_append_string(vgi_column *column, const char *text);             /* NUL-terminated; NULL: null */
VGI_EXPORT void vgi_append_blob(vgi_column *column, const void *bytes, size_t size); /* binary, fixed_size_binary,
                                                                                        decimal, interval, float16 */
/* Ends one list or map value: the items are what was appended to vgi_child(column, 0) since the last one. */
VGI_EXPORT void vgi_append_list(vgi_column *column);
/* Ends one struct value: every child must have been appended to exactly once. */
VGI_EXPORT void vgi_append_struct(vgi_column *column);
/* Ends one union value of child `child`, appended to once. */
VGI_EXPORT void vgi_append_union(vgi_column *column, int32_t child);
/* Appends a copy of element `i` of `array`, whose type must equal the column's. */
VGI_EXPORT void vgi_append_value(vgi_column *column, const vgi_array *array, int64_t i);

/* The builder of a child: list items, struct members, map entries (a struct of key and value), union members. */
VGI_EXPORT vgi_column *vgi_child(vgi_column *column, int32_t i);
/* Rows appended so far, and the field that the column is built to. */
VGI_EXPORT int64_t vgi_column_length(const vgi_column *column);
VGI_EXPORT const vgi_field *vgi_column_field(const vgi_column *column);

/* The column is `array`, uncopied: it and its buffers must stay valid until the batch is sent. Its type must equal the
 * column's. */
VGI_EXPORT void vgi_column_borrow(vgi_column *column, const vgi_array *array);
/* The column is `array`, *taken* even on failure: released when the batch has been sent. It is validated against the
 * column's type. */
VGI_EXPORT void vgi_column_import(vgi_column *column, struct ArrowArray *array);

/* Adds a key to the metadata that travels with the batch (copied). */
VGI_EXPORT void vgi_out_metadata(vgi_batch *out, const char *key, const void *value, size_t size);

#ifdef __cplusplus
}
#endif
#endif
