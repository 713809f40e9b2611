/* One value of the engine's into a parameter of a statement, by the kind of its column: the reverse of put.c, so that
 * what is written reads back equal. What SQLite could not give back is refused. Called by write.c for every value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "write.h"

/* SQLite turns text that looks like a number into one, in columns that are not declared as text: that must give the
 * same text again. */
static bool survives(const sq_column *column, vgi_string text)
{
    const char *declared = column->declared;
    char number[40], back[40], *end;
    double real;

    if (!*declared || strcasestr(declared, "CHAR") || strcasestr(declared, "CLOB") || strcasestr(declared, "TEXT") ||
        strcasestr(declared, "BLOB"))
        return strcasestr(declared, "INT") == NULL || text.size == 0;
    if (text.size == 0 || text.size >= sizeof number || memchr(text.data, 0, text.size))
        return text.size >= sizeof number ? strspn(text.data, " 0123456789+-.eE") < sizeof number : true;
    memcpy(number, text.data, text.size);
    number[text.size] = 0;
    real = strtod(number, &end);
    end += strspn(end, " \t\n\r\f\v");
    if (*end || end == number || strpbrk(number, "nNxXpP"))
        return true;
    sqlite3_snprintf((int)sizeof back, back, "%lld", strtoll(number, NULL, 10));
    if (strcmp(back, number) == 0)
        return true;
    (void)sq_real_text(real, back);
    return strcmp(back, number) == 0;
}

static vgi_status misfit(vgi_call *call, const sq_column *column, const char *what)
{
    return vgi_fail(call, VGI_ERR_VALUE, "column \"%s\": %s", column->name, what);
}

static vgi_status take_text(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, vgi_string text)
{
    if (!survives(taken->column, text))
        return vgi_fail(call, VGI_ERR_VALUE,
                        "column \"%s\": the text '%.*s' would become a number that reads otherwise (the column is "
                        "declared %s)",
                        taken->column->name, text.size < 60 ? (int)text.size : 60, text.data, taken->column->declared);
    taken->code[0] =
        sqlite3_bind_text64(s, taken->parameter, text.size ? text.data : "", text.size, SQLITE_STATIC, SQLITE_UTF8);
    return VGI_OK;
}

static int64_t microseconds(const vgi_field *field, int64_t value, bool *is_right)
{
    int64_t us = value;

    switch (field->unit) {
    case VGI_SECOND:
        *is_right = !__builtin_mul_overflow(value, INT64_C(1000000), &us);
        break;
    case VGI_MILLISECOND:
        *is_right = !__builtin_mul_overflow(value, INT64_C(1000), &us);
        break;
    case VGI_NANOSECOND:
        us = value / 1000;
        *is_right = value % 1000 == 0;
        break;
    default:
        break;
    }
    return us;
}

static vgi_status take_moment(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, int64_t row)
{
    const vgi_field *field = taken->array->field;
    int64_t value = vgi_array_i64(taken->array, row);
    bool is_right = true;
    char text[SQ_MOMENT_TEXT];

    if (field->type == VGI_TYPE_DATE32)
        is_right = !__builtin_mul_overflow(value, INT64_C(86400000000), &value);
    else
        value = microseconds(field, value, &is_right);
    if (!is_right || !sq_moment_text(taken->column->kind, value, text))
        return misfit(call, taken->column,
                      "SQLite keeps dates of the years 0000 to 9999, to the microsecond; this one is none");
    taken->code[0] = sqlite3_bind_text(s, taken->parameter, text, -1, SQLITE_TRANSIENT);
    return VGI_OK;
}

static vgi_status take_real(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, int64_t row)
{
    double value = vgi_array_f64(taken->array, row);

    if (isnan(value))
        return misfit(call, taken->column, "SQLite has no NaN");
    taken->code[0] = sqlite3_bind_double(s, taken->parameter, value);
    return VGI_OK;
}

/* The 16 bytes of a decimal, a HUGEINT or a UUID. */
static const unsigned char *bytes_of(const vgi_array *array, int64_t row)
{
    return (const unsigned char *)array->buffers[0] + (array->offset + row) * 16;
}

static vgi_status take_wide(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, int64_t row)
{
    const vgi_field *field = taken->array->field;
    sq_kind kind = taken->column->kind;
    int precision = 0, scale = 0;
    unsigned char bytes[16];
    char text[48];

    if (field->type == VGI_TYPE_UTF8)
        return take_text(call, taken, s, vgi_array_text(taken->array, row));
    if (field->type == VGI_TYPE_UINT64)
        sqlite3_snprintf((int)sizeof text, text, "%llu", (unsigned long long)vgi_array_i64(taken->array, row));
    else if (field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_INT64)
        sqlite3_snprintf((int)sizeof text, text, "%lld", (long long)vgi_array_i64(taken->array, row));
    else if (field->type == VGI_TYPE_DECIMAL128 ||
             (field->type == VGI_TYPE_FIXED_SIZE_BINARY && field->fixed_size == 16)) {
        if (kind == SQ_UUID)
            sq_uuid_text(bytes_of(taken->array, row), text);
        else
            (void)sq_decimal_text(bytes_of(taken->array, row), field->type == VGI_TYPE_DECIMAL128 ? field->scale : 0,
                                  kind != SQ_UHUGEINT && kind != SQ_UBIGINT, text);
    } else {
        return misfit(call, taken->column, "its values come in a form that is not understood");
    }
    if (kind == SQ_DECIMAL && (!sq_decimal_of(taken->column->declared, &precision, &scale) ||
                               !sq_decimal_parse(text, strlen(text), precision, scale, true, bytes)))
        return vgi_fail(call, VGI_ERR_VALUE, "column \"%s\": %s has more digits than %s", taken->column->name, text,
                        taken->column->type);
    taken->code[0] = sqlite3_bind_text(s, taken->parameter, text, -1, SQLITE_TRANSIENT);
    return VGI_OK;
}

static vgi_status take_blob(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, int64_t row)
{
    vgi_bytes bytes = vgi_array_blob(taken->array, row);

    (void)call;
    taken->code[0] =
        sqlite3_bind_blob64(s, taken->parameter, bytes.size ? (const void *)bytes.data : "", bytes.size, SQLITE_STATIC);
    return VGI_OK;
}

vgi_status sq_take(vgi_call *call, const sq_taken *taken, sqlite3_stmt *s, int64_t row)
{
    const vgi_array *array = taken->array;

    taken->code[0] = SQLITE_OK;
    if (vgi_array_is_null(array, row)) {
        taken->code[0] = sqlite3_bind_null(s, taken->parameter);
        return VGI_OK;
    }
    switch (taken->column->kind) {
    case SQ_VARCHAR:
        return take_text(call, taken, s, vgi_array_text(array, row));
    case SQ_BLOB:
        return take_blob(call, taken, s, row);
    case SQ_DOUBLE:
    case SQ_FLOAT:
        return take_real(call, taken, s, row);
    case SQ_DATE:
    case SQ_TIME:
    case SQ_TIMESTAMP:
    case SQ_TIMESTAMPTZ:
        return take_moment(call, taken, s, row);
    case SQ_UBIGINT:
    case SQ_HUGEINT:
    case SQ_UHUGEINT:
    case SQ_DECIMAL:
    case SQ_UUID:
        return take_wide(call, taken, s, row);
    default:
        taken->code[0] = sqlite3_bind_int64(s, taken->parameter,
                                            array->field->type == VGI_TYPE_BOOL ? vgi_array_bool(array, row)
                                                                                : vgi_array_i64(array, row));
        return VGI_OK;
    }
}

/* True where the column's values can come so: the engine casts to the column's type. */
bool sq_takes(const sq_column *column, const vgi_field *field)
{
    sq_kind kind = sq_kind_of_field(field);
    bool is_text = field->type == VGI_TYPE_UTF8;

    if (kind == column->kind || (is_text && (column->kind == SQ_VARCHAR || column->kind == SQ_UUID)))
        return true;
    return (column->kind == SQ_DECIMAL && kind == SQ_HUGEINT) || (column->kind == SQ_UHUGEINT && kind == SQ_HUGEINT);
}
