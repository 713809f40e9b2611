/* One value of SQLite into one row of a batch, by the kind of its column; called by scan.c for every value. What does
 * not fit is refused, or, where --types cast was asked for, becomes what SQLite's own CAST and date functions make of
 * it. */
#include <string.h>

#include "sq.h"

static bool may_cast(const sq_scan *scan)
{
    return scan->worker->types == SQ_TYPES_CAST;
}

static bool put_i64(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    double real;

    switch (sqlite3_column_type(s, w->place)) {
    case SQLITE_INTEGER:
        w->array.i64[row] = sqlite3_column_int64(s, w->place);
        return true;
    case SQLITE_NULL:
        w->array.i64[row] = 0;
        vgi_set_null(w->out, row);
        return true;
    case SQLITE_FLOAT: /* a whole number in a view, or in a column of no affinity */
        real = sqlite3_column_double(s, w->place);
        w->array.i64[row] = sqlite3_column_int64(s, w->place);
        return may_cast(scan) || (real >= -0x1p63 && real < 0x1p63 && (double)(int64_t)real == real);
    default:
        w->array.i64[row] = may_cast(scan) ? sqlite3_column_int64(s, w->place) : 0;
        return may_cast(scan);
    }
}

static bool put_f64(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int64_t integer;

    switch (sqlite3_column_type(s, w->place)) {
    case SQLITE_FLOAT:
        w->array.f64[row] = sqlite3_column_double(s, w->place);
        return true;
    case SQLITE_NULL:
        w->array.f64[row] = 0;
        vgi_set_null(w->out, row);
        return true;
    case SQLITE_INTEGER: /* beyond 2^53 not every one is a double */
        integer = sqlite3_column_int64(s, w->place);
        w->array.f64[row] = (double)integer;
        return may_cast(scan) || (w->array.f64[row] < 0x1p63 && (int64_t)w->array.f64[row] == integer);
    default:
        w->array.f64[row] = may_cast(scan) ? sqlite3_column_double(s, w->place) : 0;
        return may_cast(scan);
    }
}

static bool put_bool(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const char *text;
    int64_t integer;

    (void)row;
    if (type == SQLITE_NULL) {
        vgi_append_null(w->out);
        return true;
    }
    if (type == SQLITE_INTEGER) {
        integer = sqlite3_column_int64(s, w->place);
        if (integer == 0 || integer == 1 || may_cast(scan)) {
            vgi_append_bool(w->out, integer != 0);
            return true;
        }
        return false;
    }
    if (type == SQLITE_TEXT) {
        text = (const char *)sqlite3_column_text(s, w->place);
        if (text && (sqlite3_stricmp(text, "true") == 0 || sqlite3_stricmp(text, "false") == 0)) {
            vgi_append_bool(w->out, (*text | 32) == 't');
            return true;
        }
    }
    if (may_cast(scan))
        vgi_append_bool(w->out, sqlite3_column_double(s, w->place) != 0); /* `value IS TRUE` */
    return may_cast(scan);
}

/* Text, seconds since 1970 or a Julian day, as microseconds since 1970. */
static bool moment(sq_scan *scan, const sq_wanted *w, int type, int64_t *ret_us)
{
    sqlite3_stmt *s = scan->statement;
    const char *text;

    switch (type) {
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(s, w->place);
        return text && sq_timestamp_parse(text, (size_t)sqlite3_column_bytes(s, w->place), ret_us);
    case SQLITE_INTEGER:
        return sq_timestamp_of_integer(sqlite3_column_int64(s, w->place), may_cast(scan), ret_us);
    case SQLITE_FLOAT:
        return sq_timestamp_of_julian(sqlite3_column_double(s, w->place), ret_us);
    default:
        return false;
    }
}

/* NULL, and what SQLite's date functions read as NULL. False: it does not fit. */
static bool put_no_moment(sq_scan *scan, sq_wanted *w, int64_t row, int type)
{
    vgi_set_null(w->out, row);
    return type == SQLITE_NULL || may_cast(scan);
}

static bool put_timestamp(sq_scan *scan, sq_wanted *w, int64_t row)
{
    int type = sqlite3_column_type(scan->statement, w->place);

    w->array.i64[row] = 0;
    return moment(scan, w, type, &w->array.i64[row]) || put_no_moment(scan, w, row, type);
}

static bool put_date(sq_scan *scan, sq_wanted *w, int64_t row)
{
    const int64_t day = INT64_C(86400000000);
    int type = sqlite3_column_type(scan->statement, w->place);
    int64_t us;

    w->array.i32[row] = 0;
    if (!moment(scan, w, type, &us))
        return put_no_moment(scan, w, row, type);
    if (us % day != 0 && !may_cast(scan))
        return false; /* a time of the day would be lost */
    w->array.i32[row] = (int32_t)(us / day - (us % day < 0));
    return true;
}

static bool put_time(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(s, w->place) : NULL;

    w->array.i64[row] = 0;
    return (text && sq_time_parse(text, (size_t)sqlite3_column_bytes(s, w->place), &w->array.i64[row])) ||
           put_no_moment(scan, w, row, type);
}

/* Numbers as text that reads back as the same number. */
static bool put_number(sq_scan *scan, sq_wanted *w, int type)
{
    sqlite3_stmt *s = scan->statement;
    char buffer[32];
    size_t size;

    if (type == SQLITE_FLOAT) {
        size = sq_real_text(sqlite3_column_double(s, w->place), buffer);
    } else {
        sqlite3_snprintf((int)sizeof(buffer), buffer, "%lld", (long long)sqlite3_column_int64(s, w->place));
        size = strlen(buffer);
    }
    if (w->column->kind == SQ_BLOB)
        vgi_append_blob(w->out, buffer, size);
    else
        vgi_append_text(w->out, buffer, size);
    scan->text_bytes += size;
    return true;
}

/* Text whose broken bytes become U+FFFD, one each. */
static bool put_mended(sq_scan *scan, sq_wanted *w, const unsigned char *text, size_t size)
{
    sq_text out = {0};

    for (size_t i = 0; i < size;) {
        size_t length = sq_utf8_next(text + i, size - i);

        sq_text_add(&out, length ? (const char *)text + i : "\xEF\xBF\xBD", length ? length : 3);
        i += length ? length : 1;
    }
    if (!out.failed)
        vgi_append_text(w->out, out.data, out.size);
    scan->text_bytes += out.size;
    sq_text_done(&out);
    return !out.failed;
}

static bool put_text(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const unsigned char *text;
    size_t size;

    (void)row;
    if (type == SQLITE_NULL) {
        vgi_append_null(w->out);
        return true;
    }
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        return put_number(scan, w, type);
    if (type == SQLITE_BLOB && scan->worker->types == SQ_TYPES_STRICT)
        return false;
    text = type == SQLITE_BLOB ? sqlite3_column_blob(s, w->place) : sqlite3_column_text(s, w->place);
    size = (size_t)sqlite3_column_bytes(s, w->place);
    if (size && !text)
        return false;
    if (!sq_utf8_valid(text, size))
        return may_cast(scan) && put_mended(scan, w, text, size);
    vgi_append_text(w->out, size ? (const char *)text : "", size);
    scan->text_bytes += size;
    return true;
}

static bool put_blob(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const void *bytes;
    size_t size;

    (void)row;
    if (type == SQLITE_NULL) {
        vgi_append_null(w->out);
        return true;
    }
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        return scan->worker->types != SQ_TYPES_STRICT && put_number(scan, w, type);
    bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, w->place) : sqlite3_column_blob(s, w->place);
    size = (size_t)sqlite3_column_bytes(s, w->place);
    if (size && !bytes)
        return false;
    vgi_append_blob(w->out, size ? bytes : "", size);
    scan->text_bytes += size;
    return true;
}

/* ---- what the engine has and SQLite has no word for -------------------------------------------------------------- */

/* Integers of fewer bits; what is wider does not fit. */
static bool put_integer(sq_scan *scan, sq_wanted *w, int64_t row)
{
    static const struct range {
        int64_t least, greatest;
    } RANGES[SQ_KINDS] = {
        [SQ_TINYINT] = {INT8_MIN, INT8_MAX},   [SQ_SMALLINT] = {INT16_MIN, INT16_MAX},
        [SQ_INTEGER] = {INT32_MIN, INT32_MAX}, [SQ_UTINYINT] = {0, UINT8_MAX},
        [SQ_USMALLINT] = {0, UINT16_MAX},      [SQ_UINTEGER] = {0, UINT32_MAX},
    };
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    int64_t value = sqlite3_column_int64(s, w->place);
    bool fits = value >= RANGES[w->column->kind].least && value <= RANGES[w->column->kind].greatest;

    (void)row;
    if (type == SQLITE_NULL || (may_cast(scan) && !fits)) {
        vgi_append_null(w->out);
        return true;
    }
    if (!fits || (type != SQLITE_INTEGER && !may_cast(scan)))
        return false;
    vgi_append_i64(w->out, value);
    return true;
}

static bool put_float(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);

    w->array.f32[row] = (float)sqlite3_column_double(s, w->place);
    if (type == SQLITE_NULL)
        vgi_set_null(w->out, row);
    return type == SQLITE_NULL || type == SQLITE_FLOAT || type == SQLITE_INTEGER || may_cast(scan);
}

/* Numbers in text, exact: DECIMAL, HUGEINT, UBIGINT and UHUGEINT; and UUID. */
static bool put_wide(sq_scan *scan, sq_wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    sq_kind kind = w->column->kind;
    const char *text = (const char *)sqlite3_column_text(s, w->place);
    size_t size = (size_t)sqlite3_column_bytes(s, w->place);
    unsigned char bytes[16];
    int precision = 0, scale = 0;
    uint64_t low;
    bool fits = text != NULL;

    (void)row;
    if (kind == SQ_DECIMAL)
        (void)sq_decimal_of(w->column->declared, &precision, &scale);
    if (fits && kind == SQ_UUID)
        fits = sq_uuid_parse(text, size, bytes);
    else if (fits)
        fits = sq_decimal_parse(text, size, precision, scale, kind == SQ_DECIMAL || kind == SQ_HUGEINT, bytes);
    if (!fits) {
        vgi_append_null(w->out);
        return sqlite3_column_type(s, w->place) == SQLITE_NULL || may_cast(scan);
    }
    if (kind != SQ_UBIGINT) {
        vgi_append_blob(w->out, bytes, sizeof bytes);
        return true;
    }
    for (size_t i = 8; i < sizeof bytes; i++)
        if (bytes[i])
            return false;
    memcpy(&low, bytes, sizeof low);
    vgi_append_u64(w->out, low);
    return true;
}

sq_put *const SQ_PUT[SQ_KINDS] = {
    [SQ_BIGINT] = put_i64,
    [SQ_DOUBLE] = put_f64,
    [SQ_BOOLEAN] = put_bool,
    [SQ_DATE] = put_date,
    [SQ_TIME] = put_time,
    [SQ_TIMESTAMP] = put_timestamp,
    [SQ_TIMESTAMPTZ] = put_timestamp,
    [SQ_VARCHAR] = put_text,
    [SQ_BLOB] = put_blob,
    [SQ_TINYINT] = put_integer,
    [SQ_SMALLINT] = put_integer,
    [SQ_INTEGER] = put_integer,
    [SQ_UTINYINT] = put_integer,
    [SQ_USMALLINT] = put_integer,
    [SQ_UINTEGER] = put_integer,
    [SQ_UBIGINT] = put_wide,
    [SQ_HUGEINT] = put_wide,
    [SQ_UHUGEINT] = put_wide,
    [SQ_FLOAT] = put_float,
    [SQ_DECIMAL] = put_wide,
    [SQ_UUID] = put_wide,
};

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

enum { SHOWN_BYTES = 40 };

static void add_hex(sq_text *out, const unsigned char *bytes, size_t size)
{
    static const char DIGITS[] = "0123456789abcdef";

    sq_text_puts(out, "x'");
    for (size_t i = 0; i < size && i < SHOWN_BYTES / 2; i++) {
        const char pair[2] = {DIGITS[bytes[i] >> 4], DIGITS[bytes[i] & 15]};

        sq_text_add(out, pair, 2);
    }
    sq_text_puts(out, size > SHOWN_BYTES / 2 ? "'..." : "'");
}

/* The beginning of a text in quotes, on one line. */
static void add_quoted(sq_text *out, const unsigned char *text, size_t size)
{
    size_t i = 0;

    sq_text_puts(out, "'");
    while (i < size && i < SHOWN_BYTES) {
        size_t length = sq_utf8_next(text + i, size - i);
        bool is_plain = length > 1 || (text[i] >= 32 && text[i] != 127);

        if (length == 2 && text[i] == 0xC2 && text[i + 1] < 0xA0)
            is_plain = false; /* C1 control characters */
        sq_text_add(out, is_plain ? (const char *)text + i : "?", is_plain ? length : 1);
        i += length ? length : 1;
    }
    sq_text_puts(out, i < size ? "'..." : "'");
}

static void add_value(sq_text *out, sqlite3_stmt *s, int place, int type)
{
    const unsigned char *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(s, place) : sqlite3_column_text(s, place);
    size_t size = (size_t)sqlite3_column_bytes(s, place);
    char buffer[32] = "";

    switch (type) {
    case SQLITE_INTEGER:
        sq_text_puts(out, "the integer ");
        sq_text_add(out, (const char *)bytes, bytes ? size : 0);
        break;
    case SQLITE_FLOAT:
        sq_text_puts(out, "the real ");
        sq_text_add(out, buffer, sq_real_text(sqlite3_column_double(s, place), buffer));
        break;
    case SQLITE_TEXT:
        sq_text_puts(out, bytes && sq_utf8_valid(bytes, size) ? "the text " : "a text that is not UTF-8, ");
        if (bytes && sq_utf8_valid(bytes, size))
            add_quoted(out, bytes, size);
        else
            add_hex(out, bytes, bytes ? size : 0);
        break;
    default:
        sq_text_puts(out, "the blob ");
        add_hex(out, bytes, bytes ? size : 0);
        break;
    }
}

/* Where --types would help, and where only another declaration would. */
static const char *help_for(const sq_scan *scan, const sq_wanted *w, int type)
{
    if (w->column->kind == SQ_VARCHAR && (type == SQLITE_TEXT || type == SQLITE_BLOB))
        return "correct it, declare the column BLOB, or attach with --types cast";
    if (w->column->kind >= SQ_TIMESTAMP && w->column->kind <= SQ_TIMESTAMPTZ && type == SQLITE_INTEGER)
        return "correct it (it may count milliseconds, or be a Julian day: --types cast takes it for that), or attach "
               "with --types text";
    return scan->worker->types == SQ_TYPES_STRICT ? "correct it, or attach with --types cast or --types text"
                                                  : "correct it";
}

vgi_status sq_misfit(vgi_call *call, sq_scan *scan, const sq_wanted *w)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    sq_text value = {0};
    vgi_status status;
    char where[48];

    if (sqlite3_errcode(scan->db) == SQLITE_NOMEM)
        return vgi_fail(call, VGI_ERR_MEMORY, "table \"%s\": out of memory", scan->table->name);
    if (scan->rowid_place >= 0)
        sqlite3_snprintf((int)sizeof(where), where, "rowid %lld",
                         (long long)sqlite3_column_int64(s, scan->rowid_place));
    else
        sqlite3_snprintf((int)sizeof(where), where, "row %lld of the scan", (long long)scan->rows_done + 1);
    add_value(&value, s, w->place, type);
    status = vgi_fail(call, VGI_ERR_VALUE, "table \"%s\", column \"%s\", %s: %s does not fit %s%s%s%s: %s",
                      scan->table->name, w->column->name, where, value.failed ? "a value" : value.data, w->column->type,
                      *w->column->declared ? " (declared " : "", w->column->declared, *w->column->declared ? ")" : "",
                      help_for(scan, w, type));
    sq_text_done(&value);
    return status;
}
