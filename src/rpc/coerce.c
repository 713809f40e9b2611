/* Coercion of a stream's input (rpc.md §7.2): the same schema passes as it is; other orders of the same names are
 * put in order; numbers are widened, or narrowed where every value fits. Anything else is a TypeError that shows
 * both schemas. rpc/stream calls it for every input batch. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "rpc/session.h"

/* How a number is read and written: one row a type. Integers travel as int64 and a sign of "too large for it". */
typedef struct number_type {
    vgi_type_id type;
    uint8_t size;
    bool is_float;
    bool is_unsigned;
    int64_t exact; /* floats: the largest integer up to which all are exact */
} number_type;

static const number_type NUMBERS[] = {
    {VGI_TYPE_INT8, 1, false, false, 0},          {VGI_TYPE_INT16, 2, false, false, 0},
    {VGI_TYPE_INT32, 4, false, false, 0},         {VGI_TYPE_INT64, 8, false, false, 0},
    {VGI_TYPE_UINT8, 1, false, true, 0},          {VGI_TYPE_UINT16, 2, false, true, 0},
    {VGI_TYPE_UINT32, 4, false, true, 0},         {VGI_TYPE_UINT64, 8, false, true, 0},
    {VGI_TYPE_FLOAT32, 4, true, false, 16777216}, {VGI_TYPE_FLOAT64, 8, true, false, 9007199254740992},
};

static const number_type *number_of(vgi_type_id type)
{
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        if (NUMBERS[i].type == type)
            return &NUMBERS[i];
    return NULL;
}

/* Reads an integer into 64 bits; of a uint64 beyond int64 only the bits are right. */
static int64_t load_integer(const number_type *from, const uint8_t *at)
{
    uint64_t bits = 0;
    unsigned shift = 64u - 8u * from->size;

    memcpy(&bits, at, from->size);
    if (from->is_unsigned)
        return (int64_t)bits;
    return (int64_t)(bits << shift) >> shift;
}

static double load_float(const number_type *from, const uint8_t *at)
{
    double wide;
    float narrow;

    if (from->size == 8) {
        memcpy(&wide, at, 8);
        return wide;
    }
    memcpy(&narrow, at, 4);
    return (double)narrow;
}

static void store_float(const number_type *to, uint8_t *at, double value)
{
    float narrow = (float)value;

    if (to->size == 8)
        memcpy(at, &value, 8);
    else
        memcpy(at, &narrow, 4);
}

/* Integer to integer: false where the value does not fit. */
static bool cast_integer(const number_type *from, const number_type *to, const uint8_t *source, uint8_t *target)
{
    int64_t value = load_integer(from, source);
    bool is_huge = from->is_unsigned && value < 0;
    unsigned bits = 8u * to->size;

    if (to->is_unsigned) {
        if ((value < 0 && !is_huge) || (bits < 64 && (is_huge || value >> bits != 0)))
            return false;
    } else if (is_huge || (bits < 64 && (value >> (bits - 1)) != 0 && (value >> (bits - 1)) != -1)) {
        return false;
    }
    memcpy(target, &value, to->size); /* little-endian, as everything here */
    return true;
}

/* One value; false where it would change. A float may lose digits to a narrower float, but not become an integer. */
static bool cast_value(const number_type *from, const number_type *to, const uint8_t *source, uint8_t *target)
{
    int64_t value;

    if (from->is_float) {
        store_float(to, target, load_float(from, source));
        return true;
    }
    if (!to->is_float)
        return cast_integer(from, to, source, target);
    value = load_integer(from, source);
    if ((from->is_unsigned && value < 0) || value > to->exact || value < -to->exact)
        return false;
    store_float(to, target, (double)value);
    return true;
}

static bool can_cast(const number_type *from, const number_type *to)
{
    return from && to && (to->is_float || !from->is_float);
}

/* A column of another numeric type. */
static vgi_status cast_column(vg_arena *arena, const vgi_array *in, const vgi_field *field, vgi_array *out,
                              vgi_error *err)
{
    const number_type *from = number_of(in->field->type), *to = number_of(field->type);
    uint8_t *values = vg_arena_array(arena, (size_t)(in->offset + in->length), sizeof(uint64_t));
    const uint8_t *source = in->buffers[0];

    if (!values)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory to cast %" PRId64 " values", in->length);
    for (int64_t i = in->offset; i < in->offset + in->length; i++) {
        if (in->validity && !vg_bit(in->validity, i))
            continue;
        if (!cast_value(from, to, source + (size_t)i * from->size, values + (size_t)i * to->size))
            return vgi_error_set(err, VGI_ERR_VALUE, "column '%.*s', row %" PRId64 ": the %s does not fit %s",
                                 (int)field->name.size, field->name.data, i - in->offset,
                                 vgi_type_name(in->field->type), vgi_type_name(field->type));
    }
    *out = *in;
    out->field = field;
    out->buffers[0] = values;
    return VGI_OK;
}

static vgi_status mismatch(vg_arena *arena, const vgi_batch *in, const vgi_arrow_schema *expected, vgi_error *err)
{
    vgi_string want = vg_schema_text(arena, expected), got = vg_schema_text(arena, in->schema);

    return vgi_error_set(err, VGI_ERR_TYPE, "Input schema mismatch: expected %s, got %s", want.data, got.data);
}

/* Names and types in the expected order. Nullability is looked at in the values: most clients declare all nullable. */
static bool is_same(const vgi_batch *in, const vgi_arrow_schema *expected)
{
    if (in->n_columns != expected->n_fields)
        return false;
    for (int32_t i = 0; i < expected->n_fields; i++)
        if (!vgi_string_equal(in->schema->fields[i]->name, expected->fields[i]->name) ||
            !vg_type_equal(in->schema->fields[i], expected->fields[i]))
            return false;
    return true;
}

static vgi_status check_nulls(const vgi_batch *in, const vgi_arrow_schema *expected, vgi_error *err)
{
    for (int32_t i = 0; i < expected->n_fields; i++)
        if (!expected->fields[i]->nullable && vg_array_null_count(&in->columns[i]) > 0)
            return vgi_error_set(err, VGI_ERR_TYPE, "column '%.*s' of the input must not be null",
                                 (int)expected->fields[i]->name.size, expected->fields[i]->name.data);
    return VGI_OK;
}

vgi_status vg_coerce_batch(vg_arena *arena, const vgi_batch *in, const vgi_arrow_schema *expected,
                           const vgi_batch **ret, vgi_error *err)
{
    vgi_batch *out;
    vgi_array *columns;

    *ret = in;
    if (is_same(in, expected))
        return check_nulls(in, expected, err);
    if (in->n_columns != expected->n_fields)
        return mismatch(arena, in, expected, err);
    out = VG_NEW(arena, vgi_batch);
    columns = VG_NEW_ARRAY(arena, vgi_array, expected->n_fields);
    if (!out || !columns)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for an input batch");
    for (int32_t i = 0; i < expected->n_fields; i++) {
        const vgi_field *field = expected->fields[i];
        int32_t at = vg_schema_find(in->schema, field->name);

        if (at < 0)
            return mismatch(arena, in, expected, err);
        if (vg_type_equal(in->schema->fields[at], field))
            columns[i] = in->columns[at];
        else if (can_cast(number_of(in->schema->fields[at]->type), number_of(field->type)))
            VGI_TRY(cast_column(arena, &in->columns[at], field, &columns[i], err));
        else
            return mismatch(arena, in, expected, err);
    }
    *out = *in;
    out->schema = expected;
    out->columns = columns;
    *ret = out;
    return check_nulls(out, expected, err);
}
