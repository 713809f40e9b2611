/* Full validation of one array's own buffers against its field (contract in array.h; Arrow's Columnar.html). Called for
 * every array that comes from a peer or through the C data interface: nothing behind it looks outside a buffer.
 *
 * The checks of offsets, indices and ASCII are loops without branches, so that the compiler turns them into SIMD; where
 * one of them finds something, a slow loop says what. */
#include "arrow/array.h"

#include "arrow/bits.h"
#include "arrow/type.h"
#include "base/str.h"

typedef struct check {
    const vgi_array *array;
    const vg_type_info *info;
    const vg_buffer_sizes *sizes; /* NULL: trusted */
    int64_t end;                  /* offset + length */
    vgi_error *err;
} check;

static vgi_status bad(const check *c, const char *what)
{
    return vgi_error_set(c->err, VGI_ERR_PROTOCOL, "field '%.*s' (%s): %s", VG_FMT(c->array->field->name),
                         c->info->name, what);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

/* True if `bytes` hold `count` values of `width` bits. */
static bool covers(int64_t bytes, int64_t count, int64_t width)
{
    int64_t bits;

    return !__builtin_mul_overflow(count, width, &bits) && bits / 8 + (bits % 8 != 0) <= bytes;
}

/* buffers[which] holds `count` values of `width` bits, as far as that is known. */
static vgi_status check_buffer(const check *c, int which, int64_t count, int64_t width)
{
    if (c->sizes ? !covers(c->sizes->buffers[which], count, width)
                 : count > 0 && width > 0 && !c->array->buffers[which])
        return bad(c, "a buffer is shorter than the array");
    return VGI_OK;
}

static vgi_status check_validity(const check *c)
{
    const vgi_array *array = c->array;
    vgi_array uncounted;

    if (!array->validity)
        return array->null_count > 0 && c->info->layout != VG_LAYOUT_NULL ? bad(c, "NULLs are counted but not marked")
                                                                          : VGI_OK;
    if (c->sizes && !covers(c->sizes->validity, c->end, 1))
        return bad(c, "the validity bitmap is shorter than the array");
    if (array->null_count < 0)
        return VGI_OK;
    uncounted = *array;
    uncounted.null_count = -1;
    if (vg_array_null_count(&uncounted) != array->null_count)
        return bad(c, "the stated null count is not that of the validity bitmap");
    return VGI_OK;
}

/* ---- offsets and text ------------------------------------------------------------------------------------------- */

static bool rises_32(const int32_t *offsets, int64_t steps)
{
    uint32_t falls = 0;

    for (int64_t i = 0; i < steps; i++)
        falls |= (uint32_t)(offsets[i + 1] < offsets[i]);
    return !falls;
}

static bool rises_64(const int64_t *offsets, int64_t steps)
{
    uint64_t falls = 0;

    for (int64_t i = 0; i < steps; i++)
        falls |= (uint64_t)(offsets[i + 1] < offsets[i]);
    return !falls;
}

static int64_t offset_at(const check *c, int64_t i)
{
    const void *offsets = c->array->buffers[0];

    return c->info->offset_bytes == 4 ? ((const int32_t *)offsets)[i] : ((const int64_t *)offsets)[i];
}

/* Offsets are there, start at 0 or above, and never fall. An empty array may have none: *ret_any is false. */
static vgi_status check_offsets(const check *c, bool *ret_any)
{
    const vgi_array *array = c->array;
    const void *offsets = array->buffers[0];
    bool rises;

    *ret_any = array->length > 0 || (c->sizes ? c->sizes->buffers[0] > 0 : offsets != NULL);
    if (!*ret_any)
        return VGI_OK;
    if (c->end == INT64_MAX)
        return bad(c, "the array is too long");
    VGI_TRY(check_buffer(c, 0, c->end + 1, 8 * c->info->offset_bytes));
    if (c->info->offset_bytes == 4)
        rises = rises_32((const int32_t *)offsets + array->offset, array->length);
    else
        rises = rises_64((const int64_t *)offsets + array->offset, array->length);
    if (!rises || offset_at(c, array->offset) < 0)
        return bad(c, "the offsets fall, or start below 0");
    return VGI_OK;
}

static bool is_ascii(const uint8_t *bytes, int64_t size)
{
    enum { BLOCK = 4096 };

    while (size > 0) {
        int64_t n = size < BLOCK ? size : BLOCK;
        uint8_t high = 0;
        for (int64_t i = 0; i < n; i++)
            high |= bytes[i];
        if (high & 0x80)
            return false;
        bytes += n;
        size -= n;
    }
    return true;
}

/* True if no value begins inside a character of a text that is UTF-8 as a whole. */
static bool cuts_no_character(const check *c, const char *text, int64_t size)
{
    bool cut = false;

    for (int64_t i = c->array->offset; i < c->end; i++) {
        int64_t at = offset_at(c, i);
        cut |= at < size && ((uint8_t)text[at] & 0xC0) == 0x80;
    }
    return !cut;
}

static vgi_status check_text(const check *c)
{
    const vgi_array *array = c->array;
    const char *text = array->buffers[1];
    int64_t begin = offset_at(c, array->offset), end = offset_at(c, c->end);

    if (end == begin || is_ascii((const uint8_t *)text + begin, end - begin))
        return VGI_OK;
    if (vg_utf8_valid(text + begin, (size_t)(end - begin)) && cuts_no_character(c, text, end))
        return VGI_OK;
    for (int64_t i = array->offset; i < c->end; i++) {
        int64_t at = offset_at(c, i);
        if (array->validity && !vg_bit(array->validity, i))
            continue;
        if (!vg_utf8_valid(text + at, (size_t)(offset_at(c, i + 1) - at)))
            return vgi_error_set(c->err, VGI_ERR_PROTOCOL, "field '%.*s' (%s): the text of row %lld is not UTF-8",
                                 VG_FMT(array->field->name), c->info->name, (long long)(i - array->offset));
    }
    return VGI_OK;
}

/* ---- layouts ---------------------------------------------------------------------------------------------------- */

static vgi_status check_null(const check *c)
{
    (void)c;
    return VGI_OK;
}

static vgi_status check_fixed(const check *c)
{
    return check_buffer(c, 0, c->end, vg_field_width_bits(c->array->field));
}

static vgi_status check_variable(const check *c)
{
    const vgi_array *array = c->array;
    bool any;

    VGI_TRY(check_offsets(c, &any));
    if (!any)
        return VGI_OK;
    if (c->sizes ? offset_at(c, c->end) > c->sizes->buffers[1] : offset_at(c, c->end) > 0 && !array->buffers[1])
        return bad(c, "an offset points behind the bytes");
    if (array->field->type == VGI_TYPE_UTF8 || array->field->type == VGI_TYPE_LARGE_UTF8)
        return check_text(c);
    return VGI_OK;
}

static vgi_status check_list(const check *c)
{
    const vgi_array *items = &c->array->children[0];
    bool any;

    VGI_TRY(check_offsets(c, &any));
    if (any && offset_at(c, c->end) > items->length)
        return bad(c, "an offset points behind the items");
    if (c->array->field->type == VGI_TYPE_MAP &&
        (vg_array_null_count(items) != 0 || vg_array_null_count(&items->children[0]) != 0))
        return bad(c, "the entries and the keys of a map are never NULL");
    return VGI_OK;
}

static vgi_status check_fixed_list(const check *c)
{
    int64_t items;

    if (__builtin_mul_overflow(c->end, (int64_t)c->array->field->fixed_size, &items) ||
        items > c->array->children[0].length)
        return bad(c, "there are fewer items than the lists need");
    return VGI_OK;
}

static vgi_status check_struct(const check *c)
{
    for (int64_t i = 0; i < c->array->n_children; i++)
        if (c->array->children[i].length < c->end)
            return bad(c, "a child is shorter than the array");
    return VGI_OK;
}

/* The child of each type code, -1 where there is none. */
static void map_codes(const vgi_field *field, int8_t child_of[256])
{
    for (int i = 0; i < 256; i++)
        child_of[i] = -1;
    for (int32_t i = 0; i < field->n_children && i < 128; i++)
        child_of[(uint8_t)(field->type_codes ? field->type_codes[i] : i)] = (int8_t)i;
}

static vgi_status check_sparse_union(const check *c)
{
    const uint8_t *codes = c->array->buffers[0];
    int8_t child_of[256];
    int8_t none = 0;

    VGI_TRY(check_buffer(c, 0, c->end, 8));
    VGI_TRY(check_struct(c));
    map_codes(c->array->field, child_of);
    for (int64_t i = c->array->offset; i < c->end; i++)
        none |= child_of[codes[i]];
    return none < 0 ? bad(c, "a type code is not that of a member") : VGI_OK;
}

static vgi_status check_dense_union(const check *c)
{
    const vgi_array *array = c->array;
    const uint8_t *codes = array->buffers[0];
    const int32_t *offsets = array->buffers[1];
    int32_t last[128] = {0};
    int8_t child_of[256];

    VGI_TRY(check_buffer(c, 0, c->end, 8));
    VGI_TRY(check_buffer(c, 1, c->end, 32));
    map_codes(array->field, child_of);
    for (int64_t i = array->offset; i < c->end; i++) {
        int8_t child = child_of[codes[i]];
        if (child < 0)
            return bad(c, "a type code is not that of a member");
        if (offsets[i] < last[child] || offsets[i] >= array->children[child].length)
            return bad(c, "an offset falls, or points behind its member");
        last[child] = offsets[i];
    }
    return VGI_OK;
}

/* True if no index is above `max`; indices are seen as unsigned, so a negative one is above. */
#define INDEX_CHECK(name, type)                                                                                        \
    static bool name(const void *indices, int64_t begin, int64_t end, uint64_t max)                                    \
    {                                                                                                                  \
        const type *values = indices;                                                                                  \
        type limit = (type)max;                                                                                        \
        type above = 0;                                                                                                \
        for (int64_t i = begin; i < end; i++)                                                                          \
            above = (type)(above | (values[i] > limit));                                                               \
        return !above;                                                                                                 \
    }
INDEX_CHECK(indices_8, uint8_t)
INDEX_CHECK(indices_16, uint16_t)
INDEX_CHECK(indices_32, uint32_t)
INDEX_CHECK(indices_64, uint64_t)

typedef bool index_check(const void *indices, int64_t begin, int64_t end, uint64_t max);
static const struct index_type {
    index_check *check;
    uint64_t max; /* the largest index of the type that is not negative */
} INDEX_TYPES[VGI_TYPE_COUNT] = {
    [VGI_TYPE_INT8] = {indices_8, INT8_MAX},    [VGI_TYPE_UINT8] = {indices_8, UINT8_MAX},
    [VGI_TYPE_INT16] = {indices_16, INT16_MAX}, [VGI_TYPE_UINT16] = {indices_16, UINT16_MAX},
    [VGI_TYPE_INT32] = {indices_32, INT32_MAX}, [VGI_TYPE_UINT32] = {indices_32, UINT32_MAX},
    [VGI_TYPE_INT64] = {indices_64, INT64_MAX}, [VGI_TYPE_UINT64] = {indices_64, INT64_MAX},
};

static vgi_status check_dictionary(const check *c)
{
    const vgi_array *array = c->array;
    const struct index_type *type = &INDEX_TYPES[array->field->index_type];
    int64_t size;
    uint64_t max;

    if (!type->check || !array->dictionary)
        return bad(c, "the dictionary or the type of its indices is missing");
    VGI_TRY(check_buffer(c, 0, c->end, vg_field_width_bits(array->field)));
    size = array->dictionary->length;
    max = size > 0 && (uint64_t)size - 1 < type->max ? (uint64_t)size - 1 : type->max;
    if (size > 0 && type->check(array->buffers[0], array->offset, c->end, max))
        return VGI_OK;
    for (int64_t i = array->offset; i < c->end; i++)
        if (!(array->validity && !vg_bit(array->validity, i)) &&
            (size == 0 || !type->check(array->buffers[0], i, i + 1, max)))
            return bad(c, "an index is not inside the dictionary");
    return VGI_OK;
}

static vgi_status (*const CHECKS[])(const check *) = {
    [VG_LAYOUT_NULL] = check_null,
    [VG_LAYOUT_FIXED] = check_fixed,
    [VG_LAYOUT_VARIABLE] = check_variable,
    [VG_LAYOUT_LIST] = check_list,
    [VG_LAYOUT_FIXED_LIST] = check_fixed_list,
    [VG_LAYOUT_STRUCT] = check_struct,
    [VG_LAYOUT_SPARSE_UNION] = check_sparse_union,
    [VG_LAYOUT_DENSE_UNION] = check_dense_union,
    [VG_LAYOUT_DICTIONARY] = check_dictionary,
};

vgi_status vg_array_validate(const vgi_array *array, const vg_buffer_sizes *sizes, vgi_error *err)
{
    check c = {.array = array, .info = vg_type_info_of(array->field->type), .sizes = sizes, .err = err};

    if (array->length < 0 || array->offset < 0 || array->null_count < -1 || array->null_count > array->length ||
        __builtin_add_overflow(array->length, array->offset, &c.end))
        return bad(&c, "the length, the offset or the null count is impossible");
    if (array->n_children != array->field->n_children)
        return bad(&c, "the number of children is not that of the type");
    VGI_TRY(check_validity(&c));
    return CHECKS[c.info->layout](&c);
}

int64_t vg_array_null_count(const vgi_array *array)
{
    if (array->null_count >= 0)
        return array->null_count;
    if (!array->validity)
        return array->field->type == VGI_TYPE_NULL ? array->length : 0;
    return array->length - vg_bits_count(array->validity, array->offset, array->length);
}
