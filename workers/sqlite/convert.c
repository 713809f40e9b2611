/* Values of a column whose type changes: what is stored by the old type becomes what is stored by the new one, as the
 * engine casts; what cannot fails the change. Called by SQLite, for alter.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sq.h"

static bool is_integer(sq_kind kind)
{
    return kind == SQ_BIGINT || kind == SQ_BOOLEAN || (kind >= SQ_TINYINT && kind <= SQ_UINTEGER);
}

static const struct range {
    int64_t least, greatest;
} RANGES[SQ_KINDS] = {
    [SQ_BIGINT] = {INT64_MIN, INT64_MAX},  [SQ_TINYINT] = {INT8_MIN, INT8_MAX}, [SQ_SMALLINT] = {INT16_MIN, INT16_MAX},
    [SQ_INTEGER] = {INT32_MIN, INT32_MAX}, [SQ_UTINYINT] = {0, UINT8_MAX},      [SQ_USMALLINT] = {0, UINT16_MAX},
    [SQ_UINTEGER] = {0, UINT32_MAX},
};

/* The number that a value is, as a real; text must be one as a whole. */
static bool real_of(sqlite3_value *value, double *ret)
{
    const char *text;
    char *end;

    if (sqlite3_value_type(value) != SQLITE_TEXT) {
        *ret = sqlite3_value_double(value);
        return sqlite3_value_type(value) != SQLITE_BLOB;
    }
    text = (const char *)sqlite3_value_text(value);
    if (!text || !*text)
        return false;
    *ret = strtod(text, &end);
    return *end == 0;
}

static bool to_integer(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    const char *text;
    int64_t integer;
    double real;
    char *end;

    if (sqlite3_value_type(value) == SQLITE_INTEGER) {
        integer = sqlite3_value_int64(value);
    } else {
        text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
        integer = text ? strtoll(text, &end, 10) : 0;
        if (!text || !*text || *end || strlen(text) > 18) {
            if (!real_of(value, &real))
                return false;
            real = rint(real);
            if (!(real >= -0x1p63 && real < 0x1p63))
                return false;
            integer = (int64_t)real;
        }
    }
    sqlite3_result_int64(context, integer);
    return integer >= RANGES[c->to].least && integer <= RANGES[c->to].greatest;
}

static bool to_real(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    double real;

    if (!real_of(value, &real))
        return false;
    sqlite3_result_double(context, c->to == SQ_FLOAT ? (double)(float)real : real);
    return true;
}

static bool to_boolean(sqlite3_context *context, sqlite3_value *value)
{
    const char *text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    bool is_true = text && (!sqlite3_stricmp(text, "true") || !sqlite3_stricmp(text, "t") || !strcmp(text, "1"));
    bool is_false = text && (!sqlite3_stricmp(text, "false") || !sqlite3_stricmp(text, "f") || !strcmp(text, "0"));

    sqlite3_result_int(context, text ? is_true : sqlite3_value_double(value) != 0);
    return is_true || is_false || sqlite3_value_type(value) == SQLITE_INTEGER ||
           sqlite3_value_type(value) == SQLITE_FLOAT;
}

static bool to_text(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    char buffer[32];

    switch (sqlite3_value_type(value)) {
    case SQLITE_FLOAT:
        (void)sq_real_text(sqlite3_value_double(value), buffer);
        sqlite3_result_text(context, buffer, -1, SQLITE_TRANSIENT);
        return true;
    case SQLITE_INTEGER:
        if (c->from == SQ_BOOLEAN)
            sqlite3_result_text(context, sqlite3_value_int(value) ? "true" : "false", -1, SQLITE_STATIC);
        else
            sqlite3_result_text(context, (const char *)sqlite3_value_text(value), -1, SQLITE_TRANSIENT);
        return true;
    case SQLITE_TEXT:
        sqlite3_result_value(context, value);
        return true;
    default:
        return false;
    }
}

static bool to_wide(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    bool is_signed = c->to == SQ_DECIMAL || c->to == SQ_HUGEINT;
    unsigned char bytes[16];
    char buffer[400];

    if (!text || sqlite3_value_type(value) == SQLITE_BLOB)
        return false;
    if (c->to == SQ_UUID) {
        sqlite3_result_value(context, value);
        return sq_uuid_parse(text, strlen(text), bytes);
    }
    if (sqlite3_value_type(value) == SQLITE_FLOAT) {
        snprintf(buffer, sizeof buffer, "%.*f", c->scale, sqlite3_value_double(value));
        text = buffer;
    }
    if (!sq_decimal_parse(text, strlen(text), c->precision, c->scale, is_signed, bytes))
        return false;
    (void)sq_decimal_text(bytes, c->scale, is_signed, buffer);
    sqlite3_result_text(context, buffer, -1, SQLITE_TRANSIENT);
    for (size_t i = 8; i < sizeof bytes && c->to == SQ_UBIGINT; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool to_moment(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    const char *text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    size_t size = text ? strlen(text) : 0;
    char buffer[SQ_MOMENT_TEXT];
    int64_t us;

    if (!text)
        return false;
    if (c->to == SQ_TIME) {
        sqlite3_result_value(context, value);
        return sq_time_parse(text, size, &us);
    }
    if (!sq_timestamp_parse(text, size, &us) || !sq_moment_text(c->to, us, buffer))
        return false;
    sqlite3_result_text(context, buffer, -1, SQLITE_TRANSIENT);
    return true;
}

static bool to_blob(sqlite3_context *context, sqlite3_value *value)
{
    const void *bytes = sqlite3_value_blob(value);

    sqlite3_result_blob(context, bytes ? bytes : "", sqlite3_value_bytes(value), SQLITE_TRANSIENT); /* NULL is NULL */
    return sqlite3_value_type(value) == SQLITE_TEXT || sqlite3_value_type(value) == SQLITE_BLOB;
}

static bool convert(sqlite3_context *context, const sq_conversion *c, sqlite3_value *value)
{
    switch (c->to) {
    case SQ_VARCHAR:
        return to_text(context, c, value);
    case SQ_DOUBLE:
    case SQ_FLOAT:
        return to_real(context, c, value);
    case SQ_BOOLEAN:
        return to_boolean(context, value);
    case SQ_BLOB:
        return to_blob(context, value);
    case SQ_DATE:
    case SQ_TIME:
    case SQ_TIMESTAMP:
    case SQ_TIMESTAMPTZ:
        return to_moment(context, c, value);
    default:
        return is_integer(c->to) ? to_integer(context, c, value) : to_wide(context, c, value);
    }
}

void sq_convert(sqlite3_context *context, int n, sqlite3_value **values)
{
    const sq_conversion *c = sqlite3_user_data(context);
    char message[160];

    if (n != 1 || sqlite3_value_type(values[0]) == SQLITE_NULL) {
        sqlite3_result_null(context);
        return;
    }
    if (convert(context, c, values[0]))
        return;
    if (sqlite3_value_type(values[0]) == SQLITE_BLOB)
        sqlite3_snprintf((int)sizeof message, message, "a blob cannot be converted to %s", sq_kind_name(c->to));
    else
        sqlite3_snprintf((int)sizeof message, message, "the value '%.60s' cannot be converted to %s",
                         sqlite3_value_text(values[0]), sq_kind_name(c->to));
    sqlite3_result_error(context, message, -1);
}
