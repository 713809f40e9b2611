/* One value of any Arrow type as text (value.h); used by the outputs. One row a type: who writes it. */
#include "value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes value `i`, which is not null. */
typedef void write_value(cli_text *out, const vgi_array *array, int64_t i, bool json);

typedef enum look {
    LOOK_WORD,   /* a number, true: JSON as it is */
    LOOK_TEXT,   /* bare at the top, quoted inside */
    LOOK_QUOTED, /* dates and blobs: bare in SQL-like text, a string in JSON */
    LOOK_NESTED, /* writes its own JSON */
} look;

static void write_any(cli_text *out, const vgi_array *array, int64_t i, bool json, bool nested);

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static const void *fixed(const vgi_array *array, int64_t i, size_t width)
{
    return (const char *)array->buffers[0] + (size_t)(array->offset + i) * width;
}

static void write_null(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)array;
    (void)i;
    cli_text_puts(out, json ? "null" : "NULL");
}

static void write_bool(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)json;
    cli_text_puts(out, vgi_array_bool(array, i) ? "true" : "false");
}

static void write_integer(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)json;
    cli_text_printf(out, "%" PRId64, vgi_array_i64(array, i));
}

static void write_u64(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    uint64_t value;

    (void)json;
    memcpy(&value, fixed(array, i, sizeof value), sizeof value);
    cli_text_printf(out, "%" PRIu64, value);
}

/* The shortest digits that read back as the same number. */
static void write_float(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    bool narrow = array->field->type != VGI_TYPE_FLOAT64;
    double value = vgi_array_f64(array, i);
    char digits[40];

    if (!isfinite(value)) {
        const char *word = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";

        cli_text_printf(out, json ? "\"%s\"" : "%s", word);
        return;
    }
    for (int precision = narrow ? 6 : 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (narrow ? strtof(digits, NULL) == (float)value : strtod(digits, NULL) == value)
            break;
    }
    cli_text_puts(out, digits);
    if (!strpbrk(digits, ".e"))
        cli_text_puts(out, ".0");
}

/* A little-endian integer of `size` bytes in decimal digits, `scale` of them behind the point. */
static void put_wide(cli_text *out, const uint8_t *bytes, size_t size, bool is_signed, int32_t scale)
{
    uint32_t parts[8];
    char digits[96];
    size_t count = size / 4, at = sizeof digits;
    bool negative = is_signed && bytes[size - 1] & 0x80, left = true;
    uint64_t carry = negative;

    for (size_t k = 0; k < count; k++) {
        memcpy(&parts[k], bytes + 4 * k, 4);
        if (negative) {
            carry += (uint32_t)~parts[k];
            parts[k] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    for (int32_t written = 0; (left || written <= scale) && at > 1; written++) {
        uint64_t rest = 0;

        if (written == scale && scale > 0)
            digits[--at] = '.';
        left = false;
        for (size_t k = count; k-- > 0;) {
            rest = rest << 32 | parts[k];
            parts[k] = (uint32_t)(rest / 10);
            rest %= 10;
            left = left || parts[k];
        }
        digits[--at] = (char)('0' + rest);
    }
    if (negative)
        cli_text_char(out, '-');
    cli_text_add(out, digits + at, sizeof digits - at);
}

static void write_decimal(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    size_t size = array->field->type == VGI_TYPE_DECIMAL128 ? 16 : 32;
    int32_t scale = array->field->scale;

    (void)json;
    put_wide(out, fixed(array, i, size), size, true, scale > 76 ? 76 : scale);
    if (scale < 0)
        cli_text_printf(out, "e%d", -scale);
}

/* ---- text and bytes --------------------------------------------------------------------------------------------- */

static void write_text(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)json;
    cli_text_string(out, vgi_array_text(array, i));
}

static bool has_type(const vgi_field *field, const char *extension, const char *opaque)
{
    vgi_string name = vgi_metadata_get(field->metadata, "ARROW:extension:name");
    vgi_string more = vgi_metadata_get(field->metadata, "ARROW:extension:metadata");

    return vgi_string_equal(name, vgi_str(extension)) &&
           (!opaque || (more.data && memmem(more.data, more.size, opaque, strlen(opaque))));
}

/* BLOB as DuckDB shows it: printable ASCII as it is, the rest as \xAB. UUID and HUGEINT are bytes with a name. */
static void write_blob(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    vgi_bytes bytes = vgi_array_blob(array, i);

    (void)json;
    if (bytes.size == 16 && has_type(array->field, "arrow.uuid", NULL)) {
        for (size_t k = 0; k < 16; k++)
            cli_text_printf(out, "%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", bytes.data[k]);
        return;
    }
    if (bytes.size == 16 && has_type(array->field, "arrow.opaque", "hugeint")) {
        put_wide(out, bytes.data, 16, !has_type(array->field, "arrow.opaque", "uhugeint"), 0);
        return;
    }
    for (size_t k = 0; k < bytes.size; k++) {
        uint8_t byte = bytes.data[k];

        if (byte < 0x20 || byte > 0x7e || byte == '\\')
            cli_text_printf(out, "\\x%02X", byte);
        else
            cli_text_char(out, (char)byte);
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static const int64_t PER_SECOND[] = {1, 1000, 1000000, 1000000000};
static const int DIGITS[] = {0, 3, 6, 9};

/* The calendar date of a day since 1970-01-01, by the proleptic Gregorian calendar. */
static void put_date(cli_text *out, int64_t day)
{
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t date = of_year - (153 * month + 2) / 5 + 1;

    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    if (year > 0)
        cli_text_printf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, date);
    else
        cli_text_printf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64 " (BC)", 1 - year, month, date);
}

/* A fraction of a second without the zeros at its end. */
static void put_fraction(cli_text *out, int64_t part, int digits)
{
    char text[24];
    int size = snprintf(text, sizeof text, ".%0*" PRId64, digits, part);

    if (!part)
        return;
    while (text[size - 1] == '0')
        size--;
    cli_text_add(out, text, (size_t)size);
}

static void put_time(cli_text *out, int64_t value, vgi_time_unit unit)
{
    int64_t seconds = value / PER_SECOND[unit];

    cli_text_printf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60, seconds % 60);
    put_fraction(out, value % PER_SECOND[unit], DIGITS[unit]);
}

static void write_date(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    int64_t value = vgi_array_i64(array, i);

    (void)json;
    if (array->field->type == VGI_TYPE_DATE64)
        value = value / 86400000 - (value % 86400000 < 0);
    put_date(out, value);
}

static void write_time(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)json;
    put_time(out, vgi_array_i64(array, i), array->field->unit);
}

static void write_timestamp(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    int64_t value = vgi_array_i64(array, i), day = 86400 * PER_SECOND[array->field->unit];
    int64_t days = value / day - (value % day < 0);

    (void)json;
    if (value == INT64_MAX || value == -INT64_MAX) { /* as DuckDB encodes them */
        cli_text_puts(out, value > 0 ? "infinity" : "-infinity");
        return;
    }
    put_date(out, days);
    cli_text_char(out, ' ');
    put_time(out, value % day + (value % day < 0 ? day : 0), array->field->unit);
    if (array->field->timezone.data)
        cli_text_puts(out, "+00");
}

/* What is left of an interval once months and days are told: [-]HH:MM:SS.fraction. */
static void put_clock(cli_text *out, int64_t value, vgi_time_unit unit)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, per = (uint64_t)PER_SECOND[unit];

    cli_text_printf(out, "%s%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, value < 0 ? "-" : "", size / per / 3600,
                    size / per / 60 % 60, size / per % 60);
    put_fraction(out, (int64_t)(size % per), DIGITS[unit]);
}

static void put_interval(cli_text *out, int32_t months, int32_t days, int64_t rest, vgi_time_unit unit)
{
    const int32_t parts[] = {months / 12, months % 12, days};
    static const char *const NAMES[] = {"year", "month", "day"};
    bool any = false;

    for (size_t k = 0; k < 3; k++) {
        if (!parts[k])
            continue;
        cli_text_printf(out, "%s%d %s%s", any ? " " : "", parts[k], NAMES[k],
                        parts[k] == 1 || parts[k] == -1 ? "" : "s");
        any = true;
    }
    if (rest || !any) {
        cli_text_puts(out, any ? " " : "");
        put_clock(out, rest, unit);
    }
}

static void write_duration(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    (void)json;
    put_clock(out, vgi_array_i64(array, i), array->field->unit);
}

static void write_interval(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    int32_t months = 0, days = 0, millis = 0;
    int64_t nanos = 0;
    const char *p;

    (void)json;
    switch (array->field->type) {
    case VGI_TYPE_INTERVAL_MONTHS:
        memcpy(&months, fixed(array, i, 4), 4);
        put_interval(out, months, 0, 0, VGI_SECOND);
        break;
    case VGI_TYPE_INTERVAL_DAY_TIME:
        p = fixed(array, i, 8);
        memcpy(&days, p, 4);
        memcpy(&millis, p + 4, 4);
        put_interval(out, 0, days, millis, VGI_MILLISECOND);
        break;
    default:
        p = fixed(array, i, 16);
        memcpy(&months, p, 4);
        memcpy(&days, p + 4, 4);
        memcpy(&nanos, p + 8, 8);
        put_interval(out, months, days, nanos, VGI_NANOSECOND);
    }
}

/* ---- nested ----------------------------------------------------------------------------------------------------- */

static void write_list(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    int64_t begin = 0, end = 0;

    vgi_array_items(array, i, &begin, &end);
    cli_text_char(out, '[');
    for (int64_t k = begin; k < end; k++) {
        if (k > begin)
            cli_text_puts(out, json ? "," : ", ");
        write_any(out, &array->children[0], k, json, true);
    }
    cli_text_char(out, ']');
}

static void put_key(cli_text *out, vgi_string key, bool json)
{
    if (json)
        cli_text_json(out, key);
    else
        cli_text_quote(out, key);
    cli_text_puts(out, json ? ":" : ": ");
}

static void write_struct(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    cli_text_char(out, '{');
    for (int64_t k = 0; k < array->n_children; k++) {
        if (k)
            cli_text_puts(out, json ? "," : ", ");
        put_key(out, array->field->children[k]->name, json);
        write_any(out, &array->children[k], array->offset + i, json, true);
    }
    cli_text_char(out, '}');
}

/* JSON: an object, keyed by the keys' text. */
static void write_map(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    const vgi_array *entries = &array->children[0];
    int64_t begin = 0, end = 0;

    vgi_array_items(array, i, &begin, &end);
    cli_text_puts(out, json ? "{" : "MAP {");
    for (int64_t k = begin; k < end; k++) {
        int64_t row = entries->offset + k;

        if (k > begin)
            cli_text_puts(out, json ? "," : ", ");
        if (json) {
            cli_text key = {0};

            cli_value_text(&key, &entries->children[0], row);
            put_key(out, (vgi_string){key.data ? key.data : "", key.size}, true);
            cli_text_free(&key);
        } else {
            write_any(out, &entries->children[0], row, false, true);
            cli_text_puts(out, ": ");
        }
        write_any(out, &entries->children[1], row, json, true);
    }
    cli_text_char(out, '}');
}

/* The child that the value lies in, and where; NULL where the type code names none. */
static const vgi_array *union_child(const vgi_array *array, int64_t i, int64_t *ret)
{
    const int8_t *codes = array->buffers[0];
    int8_t code = codes[array->offset + i];
    int32_t place;

    for (int32_t k = 0; k < array->field->n_children; k++) {
        if ((array->field->type_codes ? array->field->type_codes[k] : k) != code)
            continue;
        *ret = array->offset + i;
        if (array->field->type == VGI_TYPE_DENSE_UNION) {
            memcpy(&place, (const char *)array->buffers[1] + 4 * (array->offset + i), 4);
            *ret = place;
        }
        return &array->children[k];
    }
    return NULL;
}

static void write_union(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    int64_t row = 0;
    const vgi_array *child = union_child(array, i, &row);

    if (child)
        write_any(out, child, row, json, true);
    else
        write_null(out, array, i, json);
}

static int64_t dictionary_index(const vgi_array *array, int64_t i)
{
    const vgi_field index = {.type = array->field->index_type};
    vgi_array indices = *array;

    indices.field = &index;
    indices.dictionary = NULL;
    return vgi_array_i64(&indices, i);
}

static void write_dictionary(cli_text *out, const vgi_array *array, int64_t i, bool json)
{
    const vgi_array *plain = cli_value_plain(array, &i);

    if (plain)
        write_any(out, plain, i, json, true);
    else
        write_null(out, array, i, json);
}

/* ---- the types -------------------------------------------------------------------------------------------------- */

static const struct {
    write_value *write;
    look look;
} TYPES[VGI_TYPE_COUNT] = {
    [VGI_TYPE_NULL] = {write_null, LOOK_NESTED},
    [VGI_TYPE_BOOL] = {write_bool, LOOK_WORD},
    [VGI_TYPE_INT8] = {write_integer, LOOK_WORD},
    [VGI_TYPE_INT16] = {write_integer, LOOK_WORD},
    [VGI_TYPE_INT32] = {write_integer, LOOK_WORD},
    [VGI_TYPE_INT64] = {write_integer, LOOK_WORD},
    [VGI_TYPE_UINT8] = {write_integer, LOOK_WORD},
    [VGI_TYPE_UINT16] = {write_integer, LOOK_WORD},
    [VGI_TYPE_UINT32] = {write_integer, LOOK_WORD},
    [VGI_TYPE_UINT64] = {write_u64, LOOK_WORD},
    [VGI_TYPE_FLOAT16] = {write_float, LOOK_NESTED},
    [VGI_TYPE_FLOAT32] = {write_float, LOOK_NESTED},
    [VGI_TYPE_FLOAT64] = {write_float, LOOK_NESTED},
    [VGI_TYPE_DECIMAL128] = {write_decimal, LOOK_WORD},
    [VGI_TYPE_DECIMAL256] = {write_decimal, LOOK_WORD},
    [VGI_TYPE_UTF8] = {write_text, LOOK_TEXT},
    [VGI_TYPE_LARGE_UTF8] = {write_text, LOOK_TEXT},
    [VGI_TYPE_BINARY] = {write_blob, LOOK_QUOTED},
    [VGI_TYPE_LARGE_BINARY] = {write_blob, LOOK_QUOTED},
    [VGI_TYPE_FIXED_SIZE_BINARY] = {write_blob, LOOK_QUOTED},
    [VGI_TYPE_DATE32] = {write_date, LOOK_QUOTED},
    [VGI_TYPE_DATE64] = {write_date, LOOK_QUOTED},
    [VGI_TYPE_TIME32] = {write_time, LOOK_QUOTED},
    [VGI_TYPE_TIME64] = {write_time, LOOK_QUOTED},
    [VGI_TYPE_TIMESTAMP] = {write_timestamp, LOOK_QUOTED},
    [VGI_TYPE_DURATION] = {write_duration, LOOK_QUOTED},
    [VGI_TYPE_INTERVAL_MONTHS] = {write_interval, LOOK_QUOTED},
    [VGI_TYPE_INTERVAL_DAY_TIME] = {write_interval, LOOK_QUOTED},
    [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = {write_interval, LOOK_QUOTED},
    [VGI_TYPE_LIST] = {write_list, LOOK_NESTED},
    [VGI_TYPE_LARGE_LIST] = {write_list, LOOK_NESTED},
    [VGI_TYPE_FIXED_SIZE_LIST] = {write_list, LOOK_NESTED},
    [VGI_TYPE_STRUCT] = {write_struct, LOOK_NESTED},
    [VGI_TYPE_MAP] = {write_map, LOOK_NESTED},
    [VGI_TYPE_SPARSE_UNION] = {write_union, LOOK_NESTED},
    [VGI_TYPE_DENSE_UNION] = {write_union, LOOK_NESTED},
    [VGI_TYPE_DICTIONARY] = {write_dictionary, LOOK_NESTED},
};

bool cli_value_is_null(const vgi_array *array, int64_t i)
{
    return array->field->type == VGI_TYPE_NULL || vgi_array_is_null(array, i);
}

static void write_any(cli_text *out, const vgi_array *array, int64_t i, bool json, bool nested)
{
    vgi_type_id type = array->field->type;
    look how = TYPES[type].look;
    cli_text plain = {0};

    if (cli_value_is_null(array, i)) {
        write_null(out, array, i, json);
        return;
    }
    if ((!json && how != LOOK_TEXT) || how == LOOK_WORD || how == LOOK_NESTED) {
        TYPES[type].write(out, array, i, json);
        return;
    }
    TYPES[type].write(&plain, array, i, json);
    if (json)
        cli_text_json(out, (vgi_string){plain.data ? plain.data : "", plain.size});
    else if (nested)
        cli_text_quote(out, (vgi_string){plain.data ? plain.data : "", plain.size});
    else
        cli_text_add(out, plain.data, plain.size);
    cli_text_free(&plain);
}

const vgi_array *cli_value_plain(const vgi_array *array, int64_t *i)
{
    while (array && array->field->type == VGI_TYPE_DICTIONARY && !cli_value_is_null(array, *i)) {
        int64_t index = dictionary_index(array, *i);

        array = array->dictionary && index >= 0 && index < array->dictionary->length ? array->dictionary : NULL;
        *i = index;
    }
    return array;
}

void cli_value_text(cli_text *out, const vgi_array *array, int64_t i)
{
    const vgi_array *plain = cli_value_plain(array, &i);

    if (plain)
        write_any(out, plain, i, false, false);
    else
        cli_text_puts(out, "NULL");
}

void cli_value_nested(cli_text *out, const vgi_array *array, int64_t i)
{
    write_any(out, array, i, false, true);
}

void cli_value_json(cli_text *out, const vgi_array *array, int64_t i)
{
    write_any(out, array, i, true, false);
}

bool cli_value_is_number(const vgi_field *field)
{
    return (field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_DECIMAL256) ||
           (field->type == VGI_TYPE_FIXED_SIZE_BINARY && has_type(field, "arrow.opaque", "hugeint"));
}
