/* sqlite_scan('table'): the one table function of the catalog, behind every table and view of it. One connection, one
 * statement and one read transaction a scan: its rows are of one moment, whoever writes meanwhile; inside a transaction
 * that writes it is that one's connection. Only columns that are asked for are read; where none is, SQLite counts the
 * rows. */
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

/* ---- bind -------------------------------------------------------------------------------------------------------- */

vgi_status sq_find(vgi_call *call, sq_use *ret_use, const sq_table **ret)
{
    const sq_file *file;
    vgi_string name, schema;

    VGI_TRY(vgi_arg_text(call, "table", &name));
    VGI_TRY(vgi_arg_text(call, "schema", &schema));
    VGI_TRY(sq_file_at(call, (vgi_string_list){.items = &schema, .count = 1}, &file));
    VGI_TRY(sq_use_begin(call, file, ret_use));
    *ret = sq_snapshot_table(ret_use->snapshot, name.data, name.size);
    if (*ret)
        return VGI_OK;
    sq_use_end(ret_use);
    if (vgi_split(call).data)
        return vgi_split_expired(call); /* it was there when the part was planned */
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "%s: there is no table or view \"%.*s\"", file->path,
                    name.size < 200 ? (int)name.size : 200, name.data);
}

static vgi_status bind_columns(vgi_call *call, const sq_table *table)
{
    for (int i = 0; i < table->n_columns; i++)
        VGI_TRY(vgi_bind_column(call, table->columns[i].name, table->columns[i].type));
    return table->rowid ? vgi_bind_row_id(call, table->rowid, sq_kind_name(SQ_BIGINT)) : VGI_OK;
}

static vgi_status bind(vgi_call *call)
{
    const sq_table *table;
    vgi_status status;
    sq_use use;

    VGI_TRY(sq_find(call, &use, &table));
    status = bind_columns(call, table);
    sq_use_end(&use);
    return status;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

/* The file may have changed since bind, which may have been in another process. */
static vgi_status changed(vgi_call *call, const sq_table *table)
{
    return vgi_fail(call, VGI_ERR_VALUE,
                    "%s: table \"%s\" has changed since its columns were read: run the statement again, or DETACH and "
                    "ATTACH",
                    table->file->path, table->name);
}

/* The columns of the table, and the rowid behind them. */
static int n_bound(const sq_table *table)
{
    return table->n_columns + (table->rowid != NULL);
}

static bool agrees(const sq_table *table, const vgi_arrow_schema *bound)
{
    if (bound->n_fields != n_bound(table))
        return false;
    for (int i = 0; i < table->n_columns; i++)
        if (!vgi_string_equal(bound->fields[i]->name, vgi_str(table->columns[i].name)))
            return false;
    return true;
}

static void choose_columns(vgi_call *call, sq_scan *scan)
{
    scan->rowid = (sq_column){.name = scan->table->rowid, .declared = "", .type = "BIGINT", .kind = SQ_BIGINT};
    for (int i = 0; i < n_bound(scan->table); i++)
        if (vgi_wanted(call, i)) {
            sq_wanted *w = &scan->wanted[scan->n_wanted];

            w->place = scan->n_wanted++;
            w->column = i < scan->table->n_columns ? &scan->table->columns[i] : &scan->rowid;
            w->put = SQ_PUT[w->column->kind];
        }
}

static void add_number(sq_text *sql, const char *before, int64_t number)
{
    char text[32];

    sqlite3_snprintf((int)sizeof(text), text, "%lld", (long long)number);
    sq_text_puts(sql, before);
    sq_text_puts(sql, text);
}

/* Columns are named with their table: a bare name in quotes that is no column is a string to SQLite. */
static char *statement_of(vgi_call *call, sq_scan *scan, const sq_part *part, const vgi_sql *where)
{
    const sq_table *table = scan->table;
    sq_text sql = {0};
    int64_t limit;

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
    sq_text_from(&sql, table);
    if (part->is_part) {
        sq_text_puts(&sql, " WHERE t.");
        sq_text_puts(&sql, table->rowid);
        add_number(&sql, " BETWEEN ", part->first);
        add_number(&sql, " AND ", part->last);
    }
    if (where->text.size) {
        sq_text_puts(&sql, part->is_part ? " AND (" : " WHERE (");
        sq_text_add(&sql, where->text.data, where->text.size);
        sq_text_puts(&sql, ")");
    }
    if (scan->n_wanted && vgi_row_limit(call, &limit))
        add_number(&sql, " LIMIT ", limit);
    if (sql.failed)
        sq_text_done(&sql);
    return sql.data;
}

static vgi_status sqlite_failed(vgi_call *call, sq_scan *scan)
{
    sq_text what = {0};
    vgi_status status;

    sq_text_puts(&what, "table \"");
    sq_text_puts(&what, scan->table->name);
    sq_text_puts(&what, "\": ");
    status = sq_fail(scan->table->file, scan->db, what.failed ? "" : what.data, vgi_call_error(call));
    sq_text_done(&what);
    return status;
}

static vgi_status prepare(vgi_call *call, sq_scan *scan, const sq_part *part)
{
    vgi_sql where;
    char *sql;
    int code;

    VGI_TRY(sq_where(call, scan, &where));
    sql = statement_of(call, scan, part, &where);
    if (!sql)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    code = sqlite3_prepare_v2(scan->db, sql, -1, &scan->statement, NULL);
    free(sql);
    if (code != SQLITE_OK || !sq_where_bind(scan->statement, &where))
        return sqlite_failed(call, scan);
    sq_explain_plan(call, scan);
    if (strcmp(scan->table->type, "table") != 0)
        return VGI_OK;
    for (int i = 0; i < scan->n_wanted; i++) {
        sq_kind kind = sq_kind_of(sqlite3_column_decltype(scan->statement, i));

        if (scan->wanted[i].column == &scan->rowid)
            continue;
        if (scan->worker->types == SQ_TYPES_TEXT && kind != SQ_BLOB)
            kind = SQ_VARCHAR;
        if (kind != scan->wanted[i].column->kind)
            return changed(call, scan->table);
    }
    return VGI_OK;
}

static vgi_status count_rows(vgi_call *call, sq_scan *scan)
{
    if (sqlite3_step(scan->statement) != SQLITE_ROW)
        return sqlite_failed(call, scan);
    scan->counted = sqlite3_column_int64(scan->statement, 0);
    sq_explain_end(call, scan);
    return sqlite3_reset(scan->statement) == SQLITE_OK ? VGI_OK : sqlite_failed(call, scan);
}

/* Inside a transaction that writes, one connection reads and writes: rows that come while a table is changed could be
 * those that the same statement has written. So all of them are read first, into a database of the scan's own; it also
 * leaves no statement open, beside which SQLite would drop no table. */
static vgi_status put_by(vgi_call *call, sq_scan *scan)
{
    sqlite3_stmt *from = scan->statement;
    vgi_status status = VGI_OK;

    scan->statement = NULL;
    if (!sq_rows_copy(scan->db, from, &scan->rows, &scan->statement))
        status = vgi_fail(call, VGI_ERR_IO, "table \"%s\": reading it in a transaction that writes: %s",
                          scan->table->name, sqlite3_errmsg(scan->rows ? scan->rows : scan->db));
    sqlite3_finalize(from);
    if (status == VGI_OK)
        scan->db = scan->rows;
    return status;
}

static vgi_status open_rows(vgi_call *call, sq_scan *scan)
{
    sq_part part;

    if (!agrees(scan->table, vgi_output_schema(call)))
        return changed(call, scan->table);
    scan->wanted = calloc((size_t)n_bound(scan->table), sizeof(*scan->wanted));
    if (!scan->wanted)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    choose_columns(call, scan);
    VGI_TRY(sq_part_open(call, &scan->use, scan->table, &part));
    VGI_TRY(prepare(call, scan, &part));
    if (!scan->n_wanted)
        return count_rows(call, scan);
    return scan->use.is_own ? VGI_OK : put_by(call, scan);
}

static vgi_status open_scan(vgi_call *call)
{
    sq_scan *scan = vgi_local(call);
    int64_t rows;

    VGI_TRY(sq_find(call, &scan->use, &scan->table));
    scan->worker = scan->use.worker;
    scan->db = scan->use.db;
    VGI_TRY(open_rows(call, scan));
    rows = FIXED_BYTES / 8 / (scan->n_wanted ? scan->n_wanted : 1);
    rows = rows > MAX_ROWS ? MAX_ROWS : rows;
    vgi_set_batch_rows(call, rows < MIN_ROWS ? MIN_ROWS : rows);
    scan->rows_next = FIRST_ROWS;
    return VGI_OK;
}

/* The array of a fixed-width column; what is appended has none. */
void sq_wanted_begin(sq_wanted *w, vgi_column *out)
{
    w->out = out;
    switch (w->column->kind) {
    case SQ_DOUBLE:
        w->array.f64 = vgi_out_f64(w->out);
        break;
    case SQ_FLOAT:
        w->array.f32 = vgi_out_f32(w->out);
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

static void begin_batch(vgi_call *call, sq_scan *scan, vgi_batch *out)
{
    int n = 0;

    for (int i = 0; i < n_bound(scan->table); i++) {
        sq_wanted *w = &scan->wanted[n];

        if (!vgi_wanted(call, i))
            continue;
        n++;
        sq_wanted_begin(w, vgi_out_column(out, i));
    }
    scan->text_bytes = 0;
}

static vgi_status next_counted(sq_scan *scan, vgi_batch *out)
{
    out->rows = scan->counted < out->capacity ? scan->counted : out->capacity;
    scan->counted -= out->rows;
    return scan->counted ? VGI_OK : VGI_END;
}

static vgi_status next(vgi_call *call, vgi_batch *out)
{
    sq_scan *scan = vgi_local(call);
    int64_t rows = 0, limit = scan->rows_next < out->capacity ? scan->rows_next : out->capacity;

    if (!scan->n_wanted)
        return next_counted(scan, out);
    scan->rows_next = out->capacity;
    begin_batch(call, scan, out);
    while (rows < limit && scan->text_bytes < TEXT_BYTES) {
        int code = sqlite3_step(scan->statement);

        if (code != SQLITE_ROW) {
            out->rows = rows;
            if (code != SQLITE_DONE)
                return sqlite_failed(call, scan);
            sq_explain_end(call, scan);
            return VGI_END;
        }
        for (int i = 0; i < scan->n_wanted; i++)
            if (!scan->wanted[i].put(scan, &scan->wanted[i], rows))
                return sq_misfit(call, scan, &scan->wanted[i]);
        rows++;
        scan->rows_done++;
    }
    out->rows = rows;
    return VGI_OK;
}

static void close_scan(vgi_call *call)
{
    sq_scan *scan = vgi_local(call);

    sqlite3_finalize(scan->statement);
    sqlite3_close(scan->rows);
    sq_use_end(&scan->use);
    free(scan->wanted);
    *scan = (sq_scan){0};
}

/* What both forms of the function have in common. */
#define SCAN                                                                                                           \
    .signature = "sqlite_scan(\"table\" VARCHAR, \"schema\" VARCHAR := 'main') -> TABLE",                              \
    .comment = "The rows of a table or view of a SQLite file.",                                                        \
    .args = VGI_ARGS({.name = "table", .doc = "Its name, as SQLite has it."},                                          \
                     {.name = "schema", .doc = "The schema that stands for its file."}),                               \
    .local_size = sizeof(sq_scan), .projection_pushdown = true, .filter = VGI_FILTER_APPLY, .bind = bind,              \
    .cardinality = sq_cardinality, .statistics = sq_statistics, .open = open_scan, .next = next, .close = close_scan,  \
    .read_ahead = true

const vgi_table_function SQ_SCAN = {SCAN};
const vgi_table_function SQ_SCAN_PARTS = {SCAN, .plan = sq_plan, .order = VGI_NO_ORDER_GUARANTEE};
