/* Reading: values out of views. Called by authors (vgi/batch.h) and by everything in src/ that looks into a batch. The
 * views were validated when they came in (arrow/validate.c), so only the index and the type are checked here. */
#include "arrow/array.h"

#include <string.h>

#include "arrow/column.h"
#include "arrow/half.h"
#include "arrow/type.h"

/* ---- columns as arrays ------------------------------------------------------------------------------------------ */

static const vgi_array *column_of(const vgi_batch *in, int32_t column)
{
    return in->columns && column >= 0 && column < in->n_columns ? &in->columns[column] : NULL;
}

/* A column read as what it is not. In a turn of an exchange the output's builder takes the error and lends memory of
 * the same number of rows, so that an author's loop needs no check; elsewhere there is neither. */
static const void *misread(const vgi_batch *in, int32_t column, const char *call)
{
    const vgi_array *array = column_of(in, column);
    vg_builder *builder = in->out ? in->out[0]->builder : NULL;

    if (!builder)
        return NULL;
    if (array)
        vg_builder_fail(builder, VGI_ERR_TYPE, "%s does not fit input column %d, which is %s", call, column,
                        vgi_type_name(array->field->type));
    else
        vg_builder_fail(builder, VGI_ERR_TYPE, "%s: there is no input column %d, only %d", call, column, in->n_columns);
    return builder->scratch.data;
}

static const void *values_of(const vgi_batch *in, int32_t column, vg_c_type type, const char *call)
{
    const vgi_array *array = column_of(in, column);

    if (!array || vg_type_info_of(array->field->type)->c_type != type)
        return misread(in, column, call);
    if (!array->buffers[0])
        return NULL;
    return (const uint8_t *)array->buffers[0] +
           (size_t)array->offset * (size_t)(vg_type_info_of(array->field->type)->width_bits / 8);
}

const int8_t *vgi_i8(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_I8, "vgi_i8");
}

const int16_t *vgi_i16(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_I16, "vgi_i16");
}

const int32_t *vgi_i32(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_I32, "vgi_i32");
}

const int64_t *vgi_i64(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_I64, "vgi_i64");
}

const uint8_t *vgi_u8(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_U8, "vgi_u8");
}

const uint16_t *vgi_u16(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_U16, "vgi_u16");
}

const uint32_t *vgi_u32(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_U32, "vgi_u32");
}

const uint64_t *vgi_u64(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_U64, "vgi_u64");
}

const float *vgi_f32(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_F32, "vgi_f32");
}

const double *vgi_f64(const vgi_batch *in, int32_t column)
{
    return values_of(in, column, VG_C_F64, "vgi_f64");
}

bool vgi_bool(const vgi_batch *in, int32_t column, int64_t row)
{
    const vgi_array *array = column_of(in, column);

    return array && vgi_array_bool(array, row);
}

vgi_string vgi_text(const vgi_batch *in, int32_t column, int64_t row)
{
    const vgi_array *array = column_of(in, column);

    return array ? vgi_array_text(array, row) : (vgi_string){0};
}

vgi_bytes vgi_blob(const vgi_batch *in, int32_t column, int64_t row)
{
    const vgi_array *array = column_of(in, column);

    return array ? vgi_array_blob(array, row) : (vgi_bytes){0};
}

bool vgi_is_null(const vgi_batch *in, int32_t column, int64_t row)
{
    const vgi_array *array = column_of(in, column);

    return !array || vgi_array_is_null(array, row);
}

/* ---- elements --------------------------------------------------------------------------------------------------- */

static bool is_inside(const vgi_array *array, int64_t i)
{
    return i >= 0 && i < array->length;
}

/* An element of a union is NULL where its member's value is; of a dictionary, also where the value it stands for is. */
bool vgi_array_is_null(const vgi_array *array, int64_t i)
{
    const vg_layout layout = vg_type_info_of(array->field->type)->layout;

    if (!is_inside(array, i) || layout == VG_LAYOUT_NULL)
        return true;
    if (array->validity && !vg_bit(array->validity, array->offset + i))
        return true;
    if (layout == VG_LAYOUT_DICTIONARY)
        return vgi_array_is_null(array->dictionary, vg_array_index(array, i));
    if (layout == VG_LAYOUT_SPARSE_UNION || layout == VG_LAYOUT_DENSE_UNION) {
        int64_t at;
        const vgi_array *member = vg_array_member(array, i, &at);
        return !member || vgi_array_is_null(member, at);
    }
    return false;
}

bool vgi_array_bool(const vgi_array *array, int64_t i)
{
    return array->field->type == VGI_TYPE_BOOL && is_inside(array, i) && vg_bit(array->buffers[0], array->offset + i);
}

/* The value's bytes where the layout is fixed with whole bytes; NULL otherwise. */
static const uint8_t *fixed_at(const vgi_array *array, int64_t i, size_t *ret_width)
{
    const size_t width = (size_t)vg_field_width_bits(array->field) / 8;

    *ret_width = width;
    return (const uint8_t *)array->buffers[0] + (size_t)(array->offset + i) * width;
}

static int64_t offset_at(const vgi_array *array, int64_t i)
{
    if (vg_type_info_of(array->field->type)->offset_bytes == 8)
        return ((const int64_t *)array->buffers[0])[array->offset + i];
    return ((const int32_t *)array->buffers[0])[array->offset + i];
}

vgi_bytes vgi_array_blob(const vgi_array *array, int64_t i)
{
    const vg_layout layout = vg_type_info_of(array->field->type)->layout;
    size_t width;

    if (vgi_array_is_null(array, i))
        return (vgi_bytes){0};
    if (layout == VG_LAYOUT_DICTIONARY)
        return vgi_array_blob(array->dictionary, vg_array_index(array, i));
    if (array->field->type == VGI_TYPE_FIXED_SIZE_BINARY) {
        const uint8_t *value = fixed_at(array, i, &width);
        return (vgi_bytes){width ? value : (const uint8_t *)"", width};
    }
    if (layout == VG_LAYOUT_VARIABLE) {
        const int64_t begin = offset_at(array, i), size = offset_at(array, i + 1) - begin;
        return (vgi_bytes){size ? (const uint8_t *)array->buffers[1] + begin : (const uint8_t *)"", (size_t)size};
    }
    return (vgi_bytes){0};
}

vgi_string vgi_array_text(const vgi_array *array, int64_t i)
{
    const vgi_field *field = array->field->type == VGI_TYPE_DICTIONARY ? array->field->dictionary : array->field;
    vgi_bytes bytes;

    if (field->type != VGI_TYPE_UTF8 && field->type != VGI_TYPE_LARGE_UTF8)
        return (vgi_string){0};
    bytes = vgi_array_blob(array, i);
    return (vgi_string){(const char *)bytes.data, bytes.size};
}

/* An integer of any width, sign-extended by its type. */
static int64_t integer(const uint8_t *value, vgi_type_id type)
{
    union {
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
    } bits = {0};

    memcpy(&bits, value, (size_t)(vg_type_info_of(type)->width_bits / 8));
    switch (vg_type_info_of(type)->c_type) {
    case VG_C_I8:
        return bits.i8;
    case VG_C_I16:
        return bits.i16;
    case VG_C_I32:
        return bits.i32;
    case VG_C_I64:
        return bits.i64;
    case VG_C_U8:
        return bits.u8;
    case VG_C_U16:
        return bits.u16;
    case VG_C_U32:
        return bits.u32;
    case VG_C_U64:
        return (int64_t)bits.u64;
    default:
        return 0;
    }
}

int64_t vg_array_index(const vgi_array *array, int64_t i)
{
    size_t width;
    const uint8_t *value = fixed_at(array, i, &width);

    return integer(value, array->field->index_type);
}

int64_t vgi_array_i64(const vgi_array *array, int64_t i)
{
    size_t width;

    if (array->field->type == VGI_TYPE_BOOL)
        return vgi_array_bool(array, i);
    if (vg_type_info_of(array->field->type)->c_type == VG_C_NONE || !is_inside(array, i))
        return 0;
    return integer(fixed_at(array, i, &width), array->field->type);
}

enum { BEYOND_DOUBLE = 400 }; /* decimal digits: 10 to that power is infinite */

/* Two's complement, little-endian, of any width: a negative value is -(~value + 1). */
static double wide_integer(const uint8_t *value, size_t width)
{
    const uint8_t flip = value[width - 1] & 0x80 ? 0xFF : 0;
    double result = 0;

    for (size_t i = width; i-- > 0;)
        result = result * 256 + (uint8_t)(value[i] ^ flip);
    return flip ? -(result + 1) : result;
}

static double decimal(const uint8_t *value, size_t width, int32_t scale)
{
    double result = wide_integer(value, width), power = 1; /* one division keeps short decimals correctly rounded */
    int64_t digits = scale < 0 ? -(int64_t)scale : scale;

    for (int64_t i = 0; i < digits && i < BEYOND_DOUBLE; i++) /* a peer may claim any scale */
        power *= 10;
    if (result == 0)
        return 0; /* not 0 times infinity */
    return scale < 0 ? result * power : result / power;
}

double vgi_array_f64(const vgi_array *array, int64_t i)
{
    const vgi_field *field = array->field;
    const uint8_t *value;
    size_t width;
    float single;
    double result;
    uint16_t half;

    if (vg_type_info_of(field->type)->layout != VG_LAYOUT_FIXED || !is_inside(array, i))
        return 0;
    if (field->type == VGI_TYPE_BOOL)
        return vgi_array_bool(array, i);
    value = fixed_at(array, i, &width);
    switch (field->type) {
    case VGI_TYPE_FLOAT64:
        memcpy(&result, value, sizeof result);
        return result;
    case VGI_TYPE_FLOAT32:
        memcpy(&single, value, sizeof single);
        return (double)single;
    case VGI_TYPE_FLOAT16:
        memcpy(&half, value, sizeof half);
        return vg_half_to_double(half);
    case VGI_TYPE_DECIMAL128:
    case VGI_TYPE_DECIMAL256:
        return decimal(value, width, field->scale);
    case VGI_TYPE_UINT64:
        return (double)(uint64_t)integer(value, field->type);
    default:
        return (double)integer(value, field->type);
    }
}

/* ---- parts of nested values ------------------------------------------------------------------------------------- */

void vgi_array_items(const vgi_array *array, int64_t i, int64_t *ret_begin, int64_t *ret_end)
{
    const vg_layout layout = vg_type_info_of(array->field->type)->layout;

    *ret_begin = *ret_end = 0;
    if (!is_inside(array, i))
        return;
    if (layout == VG_LAYOUT_LIST) {
        *ret_begin = offset_at(array, i);
        *ret_end = offset_at(array, i + 1);
    } else if (layout == VG_LAYOUT_FIXED_LIST) {
        *ret_begin = (array->offset + i) * array->field->fixed_size;
        *ret_end = *ret_begin + array->field->fixed_size;
    }
}

const vgi_array *vg_array_member(const vgi_array *array, int64_t i, int64_t *ret_at)
{
    const vgi_field *field = array->field;
    const int8_t code = ((const int8_t *)array->buffers[0])[array->offset + i];
    int32_t member = 0;

    while (member < field->n_children && (field->type_codes ? field->type_codes[member] : member) != code)
        member++;
    *ret_at = array->offset + i;
    if (field->type == VGI_TYPE_DENSE_UNION)
        *ret_at = ((const int32_t *)array->buffers[1])[array->offset + i];
    return member < field->n_children ? &array->children[member] : NULL;
}
