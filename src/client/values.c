/* Values from text: see values.h and vgi_value. */
#include "client/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/real.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

/* ---- text to a value --------------------------------------------------------------------------------------------- */

/* One reader a kind of type: appends the value; false: the text is none. */
typedef bool read_text(vgi_column *column, const char *text);

static bool read_bool(vgi_column *column, const char *text)
{
    static const struct {
        const char *word;
        bool value;
    } WORDS[] = {{"true", true}, {"t", true}, {"1", true}, {"false", false}, {"f", false}, {"0", false}};

    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (vg_string_is_nocase(vgi_str(text), vgi_str(WORDS[i].word))) {
            vgi_append_bool(column, WORDS[i].value);
            return true;
        }
    return false;
}

static bool read_signed(vgi_column *column, const char *text)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    vgi_append_i64(column, value);
    return true;
}

static bool read_unsigned(vgi_column *column, const char *text)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || strchr(text, '-'))
        return false;
    vgi_append_u64(column, value);
    return true;
}

static bool read_float(vgi_column *column, const char *text)
{
    char *end;
    double value = vg_real_read(text, &end);

    if (end == text || *end != '\0')
        return false;
    vgi_append_f64(column, value);
    return true;
}

static bool read_string(vgi_column *column, const char *text)
{
    vgi_append_string(column, text);
    return true;
}

static bool read_blob(vgi_column *column, const char *text)
{
    vgi_append_blob(column, text, strlen(text));
    return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = year - (month <= 2), era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t of_era = shifted - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* YYYY-MM-DD at the start of the text; how many bytes it took, 0: none. */
static int read_day(const char *text, int64_t *ret)
{
    int year, month, day, used = 0;

    if (sscanf(text, "%5d-%2d-%2d%n", &year, &month, &day, &used) != 3 || month < 1 || month > 12 || day < 1)
        return 0;
    *ret = days_of(year, month, day);
    return *ret < days_of(year + month / 12, month % 12 + 1, 1) ? used : 0;
}

static bool read_date(vgi_column *column, const char *text)
{
    int64_t days;
    int used = read_day(text, &days);

    if (used == 0 || text[used] != '\0')
        return false;
    vgi_append_i64(column, days);
    return true;
}

/* Digits behind a point as nanoseconds; moves *at. */
static int64_t read_fraction(const char **at)
{
    int64_t value = 0, scale = 100000000;

    if (**at != '.')
        return 0;
    for (++*at; **at >= '0' && **at <= '9'; ++*at, scale /= 10)
        value += (**at - '0') * scale;
    return value;
}

static bool read_timestamp(vgi_column *column, const char *text)
{
    static const int64_t PER_SECOND[] = {1, 1000, 1000000, 1000000000};
    int hour = 0, minute = 0, second = 0, used;
    int64_t days, value, nanoseconds, unit = PER_SECOND[vgi_column_field(column)->unit];
    const char *at = text;

    used = read_day(text, &days);
    if (used == 0)
        return false;
    at += used;
    used = 0;
    if ((*at == ' ' || *at == 'T') && sscanf(at + 1, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) == 3)
        at += used + 1;
    nanoseconds = read_fraction(&at);
    if (*at == 'Z')
        at++;
    if (*at != '\0' || hour > 23 || minute > 59 || second > 59 || hour < 0 || minute < 0 || second < 0 ||
        __builtin_mul_overflow(days * 86400 + hour * 3600 + minute * 60 + second, unit, &value) ||
        __builtin_add_overflow(value, nanoseconds / (1000000000 / unit), &value))
        return false;
    vgi_append_i64(column, value);
    return true;
}

__extension__ typedef unsigned __int128 u128;

/* [-]digits[.digits] into the type's scale; more digits behind the point than it has must be zero. */
static bool read_decimal(vgi_column *column, const char *text)
{
    const vgi_field *field = vgi_column_field(column);
    bool negative = *text == '-', has_digits = false;
    int32_t behind = -1, digits = 0;
    u128 value = 0;

    for (text += negative; *text; text++) {
        if (*text == '.' && behind < 0) {
            behind = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || (behind == field->scale && *text != '0'))
            return false;
        has_digits = true;
        if (behind == field->scale && behind >= 0)
            continue;
        value = value * 10 + (unsigned)(*text - '0');
        digits += value > 0;
        behind += behind >= 0;
        if (digits > field->precision)
            return false;
    }
    if (!has_digits)
        return false;
    for (behind = behind < 0 ? 0 : behind; behind < field->scale; behind++) {
        value *= 10;
        if ((digits += value > 0) > field->precision)
            return false;
    }
    value = negative ? -value : value;
    vgi_append_blob(column, &value, sizeof value);
    return true;
}

static read_text *const READERS[VGI_TYPE_COUNT] = {
    [VGI_TYPE_BOOL] = read_bool,          [VGI_TYPE_INT8] = read_signed,     [VGI_TYPE_INT16] = read_signed,
    [VGI_TYPE_INT32] = read_signed,       [VGI_TYPE_INT64] = read_signed,    [VGI_TYPE_UINT8] = read_unsigned,
    [VGI_TYPE_UINT16] = read_unsigned,    [VGI_TYPE_UINT32] = read_unsigned, [VGI_TYPE_UINT64] = read_unsigned,
    [VGI_TYPE_FLOAT32] = read_float,      [VGI_TYPE_FLOAT64] = read_float,   [VGI_TYPE_UTF8] = read_string,
    [VGI_TYPE_LARGE_UTF8] = read_string,  [VGI_TYPE_BINARY] = read_blob,     [VGI_TYPE_LARGE_BINARY] = read_blob,
    [VGI_TYPE_DICTIONARY] = read_string,  [VGI_TYPE_DATE32] = read_date,     [VGI_TYPE_TIMESTAMP] = read_timestamp,
    [VGI_TYPE_DECIMAL128] = read_decimal,
};

static vgi_status append_value(vgi_column *column, const vgi_value *value, vgi_error *err)
{
    const vgi_field *field = vgi_column_field(column);
    read_text *reader = READERS[field->type];

    if (value->array) {
        vgi_append_value(column, value->array, 0);
        return VGI_OK;
    }
    if (!value->text) {
        vgi_append_null(column);
        return VGI_OK;
    }
    if (!reader)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "a value of type %s cannot be given as text", value->type);
    return reader(column, value->text)
               ? VGI_OK
               : vgi_error_set(err, VGI_ERR_VALUE, "'%.100s' is no value of type %s", value->text, value->type);
}

/* ---- values to a row ----------------------------------------------------------------------------------------------
 * */

/* The field of a value under another name. */
static vgi_status make_field(vgi_result *result, const vgi_value *value, vgi_string name, const vgi_field **ret,
                             vgi_error *err)
{
    vgi_field *field = VG_NEW(&result->arena, vgi_field);

    if (!field || !name.data)
        return vg_client_no_memory(err);
    if (value->array)
        *field = *value->array->field;
    else if (value->type) {
        VGI_TRY(vg_type_parse(&result->arena, vg_arena_string(&result->arena, vgi_str(value->type)), field, err));
        field->metadata = field->type == VGI_TYPE_NULL ? (vgi_metadata){0} : field->metadata;
    } else if (value->text)
        return vgi_error_set(err, VGI_ERR_VALUE, "the value '%.*s' has no type", VG_FMT(name));
    field->name = name;
    field->nullable = true;
    *ret = field;
    return VGI_OK;
}

static vgi_string name_of(vgi_result *result, const vgi_value *value, int *positional, bool is_argument)
{
    if (!is_argument)
        return vg_arena_string(&result->arena, vgi_str(value->name ? value->name : ""));
    return value->name ? vg_arena_printf(&result->arena, "named_%s", value->name)
                       : vg_arena_printf(&result->arena, "positional_%d", (*positional)++);
}

static vgi_status make_fields(vgi_result *result, const vgi_value *values, size_t count, bool are_arguments,
                              const vgi_field ***ret, vgi_error *err)
{
    const vgi_field **fields = VG_NEW_ARRAY(&result->arena, const vgi_field *, count + 1);
    int positional = 0;

    if (!fields)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < count; i++)
        VGI_TRY(
            make_field(result, &values[i], name_of(result, &values[i], &positional, are_arguments), &fields[i], err));
    *ret = fields;
    return VGI_OK;
}

/* One row: the values are the columns, or, with `args`, the members of the one column. */
static vgi_status fill_row(vg_builder *builder, const vgi_value *values, size_t count, bool are_arguments,
                           vgi_result *result, vgi_bytes *ret, vgi_error *err)
{
    vgi_batch *out = vg_builder_begin(builder, 1);

    if (!out)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < count; i++)
        VGI_TRY(append_value(are_arguments ? vgi_child(vgi_out_column(out, 0), (int32_t)i)
                                           : vgi_out_column(out, (int32_t)i),
                             &values[i], err));
    if (are_arguments)
        vgi_append_struct(vgi_out_column(out, 0));
    out->rows = 1;
    VGI_TRY(vg_builder_finish(builder, err));
    return vg_batch_encode(&result->arena, out, ret, err);
}

static vgi_status encode(vgi_result *result, const vgi_value *values, size_t count, bool are_arguments, vgi_bytes *ret,
                         vgi_error *err)
{
    vgi_field args = {.name = VGI_STR("args"), .type = VGI_TYPE_STRUCT, .nullable = true};
    const vgi_field *args_list[] = {&args}, **fields = NULL;
    vgi_arrow_schema schema = {.n_fields = 1, .fields = args_list};
    vgi_error sticky = {0};
    vg_builder *builder;
    vgi_status status;

    VGI_TRY(make_fields(result, values, count, are_arguments, &fields, err));
    args.n_children = (int32_t)count;
    args.children = fields;
    if (!are_arguments)
        schema = (vgi_arrow_schema){.n_fields = (int32_t)count, .fields = fields};
    status = vg_builder_new(&schema, &sticky, &builder);
    if (status == VGI_OK) {
        status = fill_row(builder, values, count, are_arguments, result, ret, &sticky);
        vg_builder_free(builder);
    }
    if (status != VGI_OK && err && err->status == VGI_OK)
        *err = sticky;
    return status;
}

vgi_status vgi_values_encode(vgi_result *result, const vgi_value *values, size_t count, vgi_bytes *ret, vgi_error *err)
{
    return encode(result, values, count, false, ret, err);
}

vgi_status vg_arguments_encode(vgi_result *result, const vgi_value *values, size_t count, vgi_bytes encoded,
                               vgi_bytes *ret, vgi_error *err)
{
    const vgi_batch *batch;
    vgi_value *copied;
    size_t given;

    if (!encoded.data)
        return encode(result, values, count, true, ret, err);
    VGI_TRY(vg_batch_decode(&result->arena, encoded, &VG_DEFAULT_LIMITS, &batch, err));
    given = (size_t)batch->n_columns;
    copied = VG_NEW_ARRAY(&result->arena, vgi_value, given + count + 1);
    if (!copied)
        return vg_client_no_memory(err);
    if (batch->rows == 0 && batch->n_columns > 0)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the arguments of a scan function have no row");
    for (int32_t i = 0; i < batch->n_columns; i++) {
        vgi_string name = batch->schema->fields[i]->name;
        bool positional = name.size > 4 && memcmp(name.data, "arg_", 4) == 0;

        copied[i] = (vgi_value){.name = positional ? NULL : vg_arena_string(&result->arena, name).data,
                                .array = &batch->columns[i]};
        if (!positional && !copied[i].name)
            return vg_client_no_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        copied[given + i] = values[i];
    return encode(result, copied, given + count, true, ret, err);
}
