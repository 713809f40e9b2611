/* Appending values to a column: the vgi_append_* calls for types that are not nested (vgi/batch.h). A call that does
 * not fit the column's type, and a value outside the type's range, set the sticky error. */
#include "arrow/column.h"

#include <inttypes.h>
#include <string.h>

#include "arrow/half.h"
#include "base/str.h"

/* The types that vgi_append_i64 and vgi_append_u64 take, with their range. */
typedef struct int_type {
    int64_t min;
    uint64_t max;
} int_type;

static const int_type INTEGERS[VGI_TYPE_COUNT] = {
    [VGI_TYPE_INT8] = {INT8_MIN, INT8_MAX},
    [VGI_TYPE_INT16] = {INT16_MIN, INT16_MAX},
    [VGI_TYPE_INT32] = {INT32_MIN, INT32_MAX},
    [VGI_TYPE_INT64] = {INT64_MIN, INT64_MAX},
    [VGI_TYPE_UINT8] = {0, UINT8_MAX},
    [VGI_TYPE_UINT16] = {0, UINT16_MAX},
    [VGI_TYPE_UINT32] = {0, UINT32_MAX},
    [VGI_TYPE_UINT64] = {0, UINT64_MAX},
    [VGI_TYPE_DATE32] = {INT32_MIN, INT32_MAX},
    [VGI_TYPE_DATE64] = {INT64_MIN, INT64_MAX},
    [VGI_TYPE_TIME32] = {INT32_MIN, INT32_MAX},
    [VGI_TYPE_TIME64] = {INT64_MIN, INT64_MAX},
    [VGI_TYPE_TIMESTAMP] = {INT64_MIN, INT64_MAX},
    [VGI_TYPE_DURATION] = {INT64_MIN, INT64_MAX},
};

static void wrong_type(vgi_column *c, const char *call)
{
    vg_column_fail(c, VGI_ERR_TYPE, "%s does not fit its type %s", call, vgi_type_name(c->field->type));
    c->length++;
}

/* ---- the common case: no rows are invisible, nothing is NULL, there is room ------------------------------------- */

static inline bool may_append(vgi_column *c)
{
    if (c->mode == VG_COLUMN_APPENDED && c->builder->sticky.status == VGI_OK && !c->builder->visible)
        return true;
    return vg_column_ready(c);
}

static inline void appended(vgi_column *c)
{
    if (c->null_count == 0 && !c->builder->visible)
        c->length++;
    else
        vg_column_appended(c);
}

/* The last offset is the number of bytes, so it need not be loaded. */
static inline bool put_short(vgi_column *c, const void *bytes, size_t size)
{
    const int32_t end = (int32_t)(c->bytes.size + size);

    if (c->offset_bytes != sizeof end || size > c->bytes.capacity - c->bytes.size ||
        c->values.capacity - c->values.size < sizeof end || c->bytes.size + size > INT32_MAX)
        return false;
    memcpy(c->values.data + c->values.size, &end, sizeof end);
    c->values.size += sizeof end;
    if (size)
        memcpy(c->bytes.data + c->bytes.size, bytes, size);
    c->bytes.size += size;
    return true;
}

bool vg_column_put_bytes(vgi_column *c, const void *bytes, size_t size)
{
    if (c->layout == VG_LAYOUT_VARIABLE) {
        int64_t end;

        if (put_short(c, bytes, size))
            return true;
        if (size > INT64_MAX || __builtin_add_overflow(vg_column_last_offset(c), (int64_t)size, &end))
            return vg_column_out_of_memory(c);
        if (!vg_column_put_offset(c, end))
            return false;
        return vg_buf_append(&c->bytes, bytes, size) || vg_column_out_of_memory(c);
    }
    return vg_buf_append(&c->values, bytes, size) || vg_column_out_of_memory(c);
}

/* ---- NULL, bool, numbers ---------------------------------------------------------------------------------------- */

void vgi_append_null(vgi_column *c)
{
    if (!may_append(c))
        return;
    if (!c->field->nullable) {
        vg_column_fail(c, VGI_ERR_VALUE, "is NOT NULL, but a NULL was appended");
    } else if (vg_column_is_complete(c) && vg_column_fill(c, 1, true)) {
        vg_column_next(c);
    }
}

void vgi_append_bool(vgi_column *c, bool value)
{
    if (!may_append(c))
        return;
    if (c->field->type != VGI_TYPE_BOOL)
        wrong_type(c, "vgi_append_bool");
    else if (!vg_bits_append(&c->values, c->length, 1, value))
        (void)vg_column_out_of_memory(c);
    else
        appended(c);
}

/* Little-endian hosts only (the wire is): the low bytes are the value. */
static void put_integer(vgi_column *c, uint64_t bits)
{
    if (vg_column_put_bytes(c, &bits, (size_t)c->width))
        appended(c);
}

void vgi_append_i64(vgi_column *c, int64_t value)
{
    const int_type *range;

    if (!may_append(c))
        return;
    range = &INTEGERS[c->field->type];
    if (!range->max)
        wrong_type(c, "vgi_append_i64");
    else if (value < range->min || (value > 0 && (uint64_t)value > range->max))
        vg_column_fail(c, VGI_ERR_VALUE, "%" PRId64 " is outside the range of %s", value,
                       vgi_type_name(c->field->type));
    else
        put_integer(c, (uint64_t)value);
}

void vgi_append_u64(vgi_column *c, uint64_t value)
{
    const int_type *range;

    if (!may_append(c))
        return;
    range = &INTEGERS[c->field->type];
    if (!range->max)
        wrong_type(c, "vgi_append_u64");
    else if (value > range->max)
        vg_column_fail(c, VGI_ERR_VALUE, "%" PRIu64 " is outside the range of %s", value,
                       vgi_type_name(c->field->type));
    else
        put_integer(c, value);
}

void vgi_append_f64(vgi_column *c, double value)
{
    const float single = (float)value;
    uint16_t half;
    bool done = false;

    if (!may_append(c))
        return;
    switch (c->field->type) {
    case VGI_TYPE_FLOAT64:
        done = vg_column_put_bytes(c, &value, sizeof value);
        break;
    case VGI_TYPE_FLOAT32:
        done = vg_column_put_bytes(c, &single, sizeof single);
        break;
    case VGI_TYPE_FLOAT16:
        half = vg_half_from_double(value);
        done = vg_column_put_bytes(c, &half, sizeof half);
        break;
    default:
        wrong_type(c, "vgi_append_f64");
    }
    if (done)
        appended(c);
}

/* ---- text and bytes --------------------------------------------------------------------------------------------- */

static bool is_text(const vgi_field *field)
{
    return field->type == VGI_TYPE_UTF8 || field->type == VGI_TYPE_LARGE_UTF8;
}

void vgi_append_text(vgi_column *c, const char *text, size_t size)
{
    if (!may_append(c))
        return;
    if (!is_text(c->field) && !(c->layout == VG_LAYOUT_DICTIONARY && is_text(c->field->dictionary))) {
        wrong_type(c, "vgi_append_text");
    } else if (!vg_utf8_valid(text, size)) {
        vg_column_fail(c, VGI_ERR_VALUE, "row %" PRId64 " is not UTF-8; bytes belong into a BLOB column", c->length);
    } else if (c->layout == VG_LAYOUT_DICTIONARY) {
        int64_t index = vg_column_lookup(c, text, size);
        if (index >= 0 && vg_column_put_index(c, index))
            appended(c);
    } else if (vg_column_put_bytes(c, text, size)) {
        appended(c);
    }
}

void vgi_append_string(vgi_column *c, const char *text)
{
    if (text)
        vgi_append_text(c, text, strlen(text));
    else
        vgi_append_null(c);
}

static bool takes_blob(const vgi_field *field)
{
    switch (field->type) {
    case VGI_TYPE_BINARY:
    case VGI_TYPE_LARGE_BINARY:
    case VGI_TYPE_FIXED_SIZE_BINARY:
    case VGI_TYPE_DECIMAL128:
    case VGI_TYPE_DECIMAL256:
    case VGI_TYPE_FLOAT16:
    case VGI_TYPE_INTERVAL_MONTHS:
    case VGI_TYPE_INTERVAL_DAY_TIME:
    case VGI_TYPE_INTERVAL_MONTH_DAY_NANO:
        return true;
    default:
        return false;
    }
}

void vgi_append_blob(vgi_column *c, const void *bytes, size_t size)
{
    if (!may_append(c))
        return;
    if (!takes_blob(c->field))
        wrong_type(c, "vgi_append_blob");
    else if (c->layout == VG_LAYOUT_FIXED && size != (size_t)c->width)
        vg_column_fail(c, VGI_ERR_VALUE, "got %zu bytes for a value of %d", size, c->width);
    else if (vg_column_put_bytes(c, bytes, size))
        appended(c);
}
