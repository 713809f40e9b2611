/* sqlite_scan('table'): the one table function of the catalog, behind every table and view of it. One connection, one
 * statement and one read transaction a scan: its rows are of one moment, whoever writes meanwhile. Only columns that
 * are asked for are read; where none is, SQLite counts the rows. A value that does not fit its column's type fails the
 * scan with its place and kind. */
#include <stdlib.h>
#include <string.h>

#include "sq.h"

enum {
    FIRST_ROWS = 2048,            /* of the first batch: LIMIT is answered soon */
    MAX_ROWS = 8192,              /* of a batch: larger ones measured slower, as they leave the processor's cache */
    MIN_ROWS = 256,               /* where the columns are many */
    FIXED_BYTES = 2 << 20,        /* of a batch's fixed-width columns */
    TEXT_BYTES = 4 << 20,         /* of text and blobs, after which a batch is sent */
    MAX_COLUMNS_WITH_ROWID = 1999 /* SQLite gives 2,000 at most */
};

struct scan;

/* One column that is asked for. */
struct wanted {
    bool (*put)(struct scan *scan, struct wanted *wanted, int64_t row); /* false: the value does not fit */
    int place;                                                          /* in the statement's result */
    const sq_column *column;
    vgi_column *out;
    union {
        int64_t *i64;
        int32_t *i32;
        double *f64;
    } array; /* of the batch, where the type has one */
};

/* vgi_local: what one scan holds. */
struct scan {
    const sq_worker *worker;
    const sq_table *table;
    sqlite3 *db;
    sqlite3_stmt *statement;
    struct wanted *wanted;
    int n_wanted;
    int rowid_place; /* -1: no rowid in the result */
    int64_t rows_done, rows_next;
    int64_t counted; /* rows left, where no column is asked for */
    size_t text_bytes;
};

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool put_i64(struct scan *scan, struct wanted *w, int64_t row)
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
        if (!(real >= -0x1p63 && real < 0x1p63) || (double)(int64_t)real != real)
            return false;
        w->array.i64[row] = (int64_t)real;
        return true;
    default:
        return false;
    }
}

static bool put_f64(struct scan *scan, struct wanted *w, int64_t row)
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
        return w->array.f64[row] < 0x1p63 && (int64_t)w->array.f64[row] == integer;
    default:
        return false;
    }
}

static bool put_bool(struct scan *scan, struct wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    const char *text;
    int64_t integer;

    (void)row;
    switch (sqlite3_column_type(s, w->place)) {
    case SQLITE_INTEGER:
        integer = sqlite3_column_int64(s, w->place);
        vgi_append_bool(w->out, integer == 1);
        return integer == 0 || integer == 1;
    case SQLITE_NULL:
        vgi_append_null(w->out);
        return true;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(s, w->place);
        if (!text || (sqlite3_stricmp(text, "true") != 0 && sqlite3_stricmp(text, "false") != 0))
            return false;
        vgi_append_bool(w->out, (*text | 32) == 't');
        return true;
    default:
        return false;
    }
}

/* Text, seconds since 1970 or a Julian day, as microseconds since 1970. */
static bool moment(struct scan *scan, struct wanted *w, int type, int64_t *ret_us)
{
    sqlite3_stmt *s = scan->statement;
    const char *text;

    switch (type) {
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(s, w->place);
        return text && sq_timestamp_parse(text, (size_t)sqlite3_column_bytes(s, w->place), ret_us);
    case SQLITE_INTEGER:
        return sq_timestamp_of_integer(sqlite3_column_int64(s, w->place), ret_us);
    case SQLITE_FLOAT:
        return sq_timestamp_of_julian(sqlite3_column_double(s, w->place), ret_us);
    default:
        return false;
    }
}

static bool put_timestamp(struct scan *scan, struct wanted *w, int64_t row)
{
    int type = sqlite3_column_type(scan->statement, w->place);

    w->array.i64[row] = 0;
    if (type == SQLITE_NULL) {
        vgi_set_null(w->out, row);
        return true;
    }
    return moment(scan, w, type, &w->array.i64[row]);
}

static bool put_date(struct scan *scan, struct wanted *w, int64_t row)
{
    const int64_t day = INT64_C(86400000000);
    int type = sqlite3_column_type(scan->statement, w->place);
    int64_t us;

    w->array.i32[row] = 0;
    if (type == SQLITE_NULL) {
        vgi_set_null(w->out, row);
        return true;
    }
    if (!moment(scan, w, type, &us) || us % day != 0)
        return false; /* a time of the day would be lost */
    w->array.i32[row] = (int32_t)(us / day);
    return true;
}

static bool put_time(struct scan *scan, struct wanted *w, int64_t row)
{
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const char *text;

    w->array.i64[row] = 0;
    if (type == SQLITE_NULL) {
        vgi_set_null(w->out, row);
        return true;
    }
    text = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(s, w->place) : NULL;
    return text && sq_time_parse(text, (size_t)sqlite3_column_bytes(s, w->place), &w->array.i64[row]);
}

/* Numbers as text that reads back as the same number. */
static bool put_number(struct scan *scan, struct wanted *w, int type)
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

static bool put_text(struct scan *scan, struct wanted *w, int64_t row)
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
    if (type == SQLITE_BLOB && !scan->worker->all_varchar)
        return false;
    text = type == SQLITE_BLOB ? sqlite3_column_blob(s, w->place) : sqlite3_column_text(s, w->place);
    size = (size_t)sqlite3_column_bytes(s, w->place);
    if ((size && !text) || !sq_utf8_valid(text, size))
        return false;
    vgi_append_text(w->out, size ? (const char *)text : "", size);
    scan->text_bytes += size;
    return true;
}

static bool put_blob(struct scan *scan, struct wanted *w, int64_t row)
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
        return scan->worker->all_varchar && put_number(scan, w, type);
    bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, w->place) : sqlite3_column_blob(s, w->place);
    size = (size_t)sqlite3_column_bytes(s, w->place);
    if (size && !bytes)
        return false;
    vgi_append_blob(w->out, size ? bytes : "", size);
    scan->text_bytes += size;
    return true;
}

static bool (*const PUT[SQ_KINDS])(struct scan *, struct wanted *, int64_t) = {
    [SQ_BIGINT] = put_i64, [SQ_DOUBLE] = put_f64,          [SQ_BOOLEAN] = put_bool,          [SQ_DATE] = put_date,
    [SQ_TIME] = put_time,  [SQ_TIMESTAMP] = put_timestamp, [SQ_TIMESTAMPTZ] = put_timestamp, [SQ_VARCHAR] = put_text,
    [SQ_BLOB] = put_blob,
};

/* The sentence for a value that does not fit: where it is, what it is, what would help. Never the value itself. */
static vgi_status misfit(vgi_call *call, struct scan *scan, const struct wanted *w)
{
    static const char *const KINDS[] = {[SQLITE_INTEGER] = "an integer",
                                        [SQLITE_FLOAT] = "a real",
                                        [SQLITE_TEXT] = "a text",
                                        [SQLITE_BLOB] = "a blob",
                                        [SQLITE_NULL] = "NULL"};
    sqlite3_stmt *s = scan->statement;
    int type = sqlite3_column_type(s, w->place);
    const char *help = "correct it, or attach with --all-varchar to read every column as text";
    const char *why = "";
    char where[48];

    if (sqlite3_errcode(scan->db) == SQLITE_NOMEM)
        return vgi_fail(call, VGI_ERR_MEMORY, "table \"%s\": out of memory", scan->table->name);
    if (w->column->kind == SQ_VARCHAR && type == SQLITE_TEXT) {
        why = " that is not UTF-8";
        help = "correct it, or declare the column BLOB";
    } else if (w->column->kind == SQ_VARCHAR && type == SQLITE_BLOB) {
        help = "correct it, or declare the column BLOB";
    }
    if (scan->rowid_place >= 0)
        sqlite3_snprintf((int)sizeof(where), where, "rowid %lld",
                         (long long)sqlite3_column_int64(s, scan->rowid_place));
    else
        sqlite3_snprintf((int)sizeof(where), where, "row %lld of the scan", (long long)scan->rows_done + 1);
    return vgi_fail(call, VGI_ERR_VALUE, "table \"%s\", column \"%s\", %s: %s%s does not fit %s%s%s%s: %s",
                    scan->table->name, w->column->name, where, KINDS[type], why, sq_kind_name(w->column->kind),
                    *w->column->declared ? " (declared " : "", w->column->declared, *w->column->declared ? ")" : "",
                    help);
}

/* ---- bind, cardinality ------------------------------------------------------------------------------------------- */

static vgi_status find(vgi_call *call, const sq_worker **ret_worker, const sq_table **ret)
{
    sq_worker *worker = vgi_call_user(call);
    const sq_snapshot *snapshot = sq_snapshot_of(vgi_call_catalogs(call));
    vgi_string name;

    *ret_worker = worker;
    VGI_TRY(vgi_arg_text(call, "table", &name));
    *ret = snapshot ? sq_snapshot_table(snapshot, name.data, name.size) : NULL;
    if (!*ret)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "%s: there is no table or view \"%.*s\"", worker->path,
                        name.size < 200 ? (int)name.size : 200, name.data);
    return VGI_OK;
}

static vgi_status bind(vgi_call *call)
{
    const sq_worker *worker;
    const sq_table *table;

    VGI_TRY(find(call, &worker, &table));
    for (int i = 0; i < table->n_columns; i++)
        VGI_TRY(vgi_bind_column(call, table->columns[i].name, sq_kind_name(table->columns[i].kind)));
    return VGI_OK;
}

/* One integer of a query; -1 where it gives none. */
static int64_t ask(sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *statement = NULL;
    int64_t answer = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        (!name || sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK) &&
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer < -1 ? -1 : answer;
}

/* What ANALYZE counted; otherwise the span of the rowids, which two look-ups in the tree give, and never more than the
 * file has room for. */
static int64_t estimate(sqlite3 *db, const sq_table *table)
{
    int64_t rows = ask(db, "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?1", table->name);
    int64_t room = ask(db, "SELECT page_count * page_size / 4 FROM pragma_page_count, pragma_page_size", NULL);
    sq_text sql = {0};

    if (rows >= 0 || !table->rowid)
        return rows;
    sq_text_puts(&sql, "SELECT max(0, ifnull((SELECT max(");
    sq_text_puts(&sql, table->rowid);
    sq_text_puts(&sql, ") FROM main.");
    sq_text_quoted(&sql, table->name, strlen(table->name), '"');
    sq_text_puts(&sql, ") - (SELECT min(");
    sq_text_puts(&sql, table->rowid);
    sq_text_puts(&sql, ") FROM main.");
    sq_text_quoted(&sql, table->name, strlen(table->name), '"');
    sq_text_puts(&sql, ") + 1, 0))");
    rows = sql.failed ? -1 : ask(db, sql.data, NULL);
    sq_text_done(&sql);
    return rows > room ? room : rows;
}

static vgi_status cardinality(vgi_call *call, vgi_cardinality *ret)
{
    const sq_worker *worker;
    const sq_table *table;
    sqlite3 *db;
    sq_identity identity;

    VGI_TRY(find(call, &worker, &table));
    if (strcmp(table->type, "table") != 0)
        return VGI_OK;
    VGI_TRY(sq_open(worker, &db, &identity, vgi_call_error(call)));
    ret->estimate = estimate(db, table);
    ret->has_estimate = ret->estimate >= 0;
    sqlite3_close(db);
    return VGI_OK;
}

/* ---- the scan --------------------------------------------------------------------------------------------------- */

/* The file may have changed since bind, which may have been in another process. */
static vgi_status changed(vgi_call *call, const sq_worker *worker, const sq_table *table)
{
    return vgi_fail(call, VGI_ERR_VALUE,
                    "%s: table \"%s\" has changed since its columns were read: run the statement again, or DETACH and "
                    "ATTACH",
                    worker->path, table->name);
}

static bool agrees(const sq_table *table, const vgi_arrow_schema *bound)
{
    if (bound->n_fields != table->n_columns)
        return false;
    for (int i = 0; i < table->n_columns; i++)
        if (!vgi_string_equal(bound->fields[i]->name, vgi_str(table->columns[i].name)))
            return false;
    return true;
}

static void choose_columns(vgi_call *call, struct scan *scan)
{
    for (int i = 0; i < scan->table->n_columns; i++)
        if (vgi_wanted(call, i)) {
            struct wanted *w = &scan->wanted[scan->n_wanted];

            w->place = scan->n_wanted++;
            w->column = &scan->table->columns[i];
            w->put = PUT[w->column->kind];
        }
}

/* Columns are named with their table: a bare name in quotes that is no column is a string to SQLite. */
static char *statement_of(struct scan *scan)
{
    const sq_table *table = scan->table;
    sq_text sql = {0};

    sq_text_puts(&sql, "SELECT ");
    for (int i = 0; i < scan->n_wanted; i++) {
        if (i)
            sq_text_puts(&sql, ", ");
        sq_text_puts(&sql, "t.");
        sq_text_quoted(&sql, scan->wanted[i].column->name, strlen(scan->wanted[i].column->name), '"');
    }
    scan->rowid_place = -1;
    if (!scan->n_wanted) {
        sq_text_puts(&sql, "count(*)");
    } else if (table->rowid && scan->n_wanted <= MAX_COLUMNS_WITH_ROWID) {
        scan->rowid_place = scan->n_wanted;
        sq_text_puts(&sql, ", t.");
        sq_text_puts(&sql, table->rowid);
    }
    sq_text_puts(&sql, " FROM main.");
    sq_text_quoted(&sql, table->name, strlen(table->name), '"');
    sq_text_puts(&sql, " AS t");
    if (sql.failed)
        sq_text_done(&sql);
    return sql.data;
}

static vgi_status sqlite_failed(vgi_call *call, struct scan *scan)
{
    sq_text what = {0};
    vgi_status status;

    sq_text_puts(&what, "table \"");
    sq_text_puts(&what, scan->table->name);
    sq_text_puts(&what, "\": ");
    status = sq_fail(scan->worker, scan->db, what.failed ? "" : what.data, vgi_call_error(call));
    sq_text_done(&what);
    return status;
}

static vgi_status prepare(vgi_call *call, struct scan *scan)
{
    char *sql = statement_of(scan);
    int code;

    if (!sql)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    code = sqlite3_prepare_v2(scan->db, sql, -1, &scan->statement, NULL);
    free(sql);
    if (code != SQLITE_OK)
        return sqlite_failed(call, scan);
    if (strcmp(scan->table->type, "table") != 0)
        return VGI_OK;
    for (int i = 0; i < scan->n_wanted; i++) {
        sq_kind kind = sq_kind_of(sqlite3_column_decltype(scan->statement, i));

        if (scan->worker->all_varchar && kind != SQ_BLOB)
            kind = SQ_VARCHAR;
        if (kind != scan->wanted[i].column->kind)
            return changed(call, scan->worker, scan->table);
    }
    return VGI_OK;
}

static vgi_status count_rows(vgi_call *call, struct scan *scan)
{
    if (sqlite3_step(scan->statement) != SQLITE_ROW)
        return sqlite_failed(call, scan);
    scan->counted = sqlite3_column_int64(scan->statement, 0);
    return VGI_OK;
}

static vgi_status open_scan(vgi_call *call)
{
    struct scan *scan = vgi_local(call);
    sq_identity identity;
    int64_t rows;

    VGI_TRY(find(call, &scan->worker, &scan->table));
    if (!agrees(scan->table, vgi_output_schema(call)))
        return changed(call, scan->worker, scan->table);
    scan->wanted = calloc((size_t)scan->table->n_columns, sizeof(*scan->wanted));
    if (!scan->wanted)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    choose_columns(call, scan);
    VGI_TRY(sq_open(scan->worker, &scan->db, &identity, vgi_call_error(call)));
    VGI_TRY(prepare(call, scan));
    if (!scan->n_wanted)
        VGI_TRY(count_rows(call, scan));
    rows = FIXED_BYTES / 8 / (scan->n_wanted ? scan->n_wanted : 1);
    rows = rows > MAX_ROWS ? MAX_ROWS : rows;
    vgi_set_batch_rows(call, rows < MIN_ROWS ? MIN_ROWS : rows);
    scan->rows_next = FIRST_ROWS;
    return VGI_OK;
}

static void begin_batch(vgi_call *call, struct scan *scan, vgi_batch *out)
{
    int n = 0;

    for (int i = 0; i < scan->table->n_columns; i++) {
        struct wanted *w = &scan->wanted[n];

        if (!vgi_wanted(call, i))
            continue;
        n++;
        w->out = vgi_out_column(out, i);
        switch (w->column->kind) {
        case SQ_DOUBLE:
            w->array.f64 = vgi_out_f64(w->out);
            break;
        case SQ_DATE:
            w->array.i32 = vgi_out_i32(w->out);
            break;
        case SQ_BIGINT:
        case SQ_TIME:
        case SQ_TIMESTAMP:
        case SQ_TIMESTAMPTZ:
            w->array.i64 = vgi_out_i64(w->out);
            break;
        default:
            break;
        }
    }
    scan->text_bytes = 0;
}

static vgi_status next_counted(struct scan *scan, vgi_batch *out)
{
    out->rows = scan->counted < out->capacity ? scan->counted : out->capacity;
    scan->counted -= out->rows;
    return scan->counted ? VGI_OK : VGI_END;
}

static vgi_status next(vgi_call *call, vgi_batch *out)
{
    struct scan *scan = vgi_local(call);
    int64_t rows = 0, limit = scan->rows_next < out->capacity ? scan->rows_next : out->capacity;

    if (!scan->n_wanted)
        return next_counted(scan, out);
    scan->rows_next = out->capacity;
    begin_batch(call, scan, out);
    while (rows < limit && scan->text_bytes < TEXT_BYTES) {
        int code = sqlite3_step(scan->statement);

        if (code != SQLITE_ROW) {
            out->rows = rows;
            return code == SQLITE_DONE ? VGI_END : sqlite_failed(call, scan);
        }
        for (int i = 0; i < scan->n_wanted; i++)
            if (!scan->wanted[i].put(scan, &scan->wanted[i], rows))
                return misfit(call, scan, &scan->wanted[i]);
        rows++;
        scan->rows_done++;
    }
    out->rows = rows;
    return VGI_OK;
}

static void close_scan(vgi_call *call)
{
    struct scan *scan = vgi_local(call);

    sqlite3_finalize(scan->statement);
    sqlite3_close(scan->db);
    free(scan->wanted);
    *scan = (struct scan){0};
}

const vgi_table_function SQ_SCAN = {
    .signature = "sqlite_scan(\"table\" VARCHAR) -> TABLE",
    .comment = "The rows of a table or view of the SQLite file.",
    .args = VGI_ARGS({.name = "table", .doc = "Its name, as SQLite has it."}),
    .local_size = sizeof(struct scan),
    .projection_pushdown = true,
    .bind = bind,
    .cardinality = cardinality,
    .open = open_scan,
    .next = next,
    .close = close_scan,
};
