/* sqlite_insert, sqlite_update, sqlite_delete: the functions behind INSERT, UPDATE and DELETE (vgi.md §13). Rows come
 * batch by batch, each into one statement of the transaction's connection; SQLite enforces what the table demands, and
 * its sentence names table and column. A row is found again by its rowid. */
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "write.h"

typedef enum writing { INSERT, UPDATE, DELETE } writing;

/* vgi_local: what one run holds. */
typedef struct writer {
    sq_use use;
    sq_txn *txn;
    const sq_table *table;
    writing verb;
    int number; /* of the savepoint */
    sqlite3_stmt *statement;
    int n_taken, rowid; /* which one is the rowid; -1: none */
    sq_taken *taken;
    int code;
    sq_scan back; /* how RETURNING is read */
} writer;

/* ---- bind -------------------------------------------------------------------------------------------------------- */

static vgi_status bind_result(vgi_call *call, const sq_table *table)
{
    const vgi_arrow_schema *columns;
    vgi_bytes bytes;
    sq_mem mem = {0};
    const char *text = sq_columns_text(&mem, table, false);
    vgi_status status = text ? vgi_call_columns(call, text, &bytes) : vgi_fail(call, VGI_ERR_MEMORY, "out of memory");

    sq_mem_free(&mem);
    if (status != VGI_OK)
        return status;
    VGI_TRY(vgi_call_schema_decode(call, bytes, &columns));
    return vgi_bind_write_result(call, columns);
}

static vgi_status bind(vgi_call *call)
{
    const sq_table *table;
    vgi_status status;
    sq_use use;

    VGI_TRY(sq_find(call, &use, &table));
    status = bind_result(call, table);
    sq_use_end(&use);
    return status;
}

/* ---- open -------------------------------------------------------------------------------------------------------- */

static vgi_status failed(vgi_call *call, const writer *w)
{
    return sq_sql_fail(call, w->table->file, w->txn->db, "SQLite");
}

static vgi_status take_columns(vgi_call *call, writer *w)
{
    const vgi_arrow_schema *given = vgi_input_schema(call);

    w->taken = calloc((size_t)given->n_fields + 1, sizeof *w->taken);
    if (!w->taken)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    w->n_taken = given->n_fields;
    w->rowid = -1;
    for (int i = 0; i < w->n_taken; i++) {
        vgi_string name = given->fields[i]->name;
        const sq_column *column = sq_column_named(w->table, name);

        w->taken[i] = (sq_taken){.column = column, .code = &w->code};
        if (!column && w->table->rowid &&
            (vgi_string_equal(name, vgi_str("rowid")) || vgi_string_equal(name, vgi_str(w->table->rowid)) ||
             vgi_metadata_get(given->fields[i]->metadata, "is_row_id").data))
            w->rowid = i;
        else if (!column)
            return vgi_fail(call, VGI_ERR_VALUE, "table \"%s\" has no column \"%.*s\"", w->table->name, (int)name.size,
                            name.data);
        else if (!sq_takes(column, given->fields[i]))
            return vgi_fail(call, VGI_ERR_TYPE, "table \"%s\", column \"%s\" is %s; %s is given", w->table->name,
                            column->name, column->type, vgi_type_name(given->fields[i]->type));
    }
    for (int i = 0; i < w->n_taken && w->verb == UPDATE; i++)
        if (i != w->rowid && w->taken[i].column->is_generated)
            return vgi_fail(call, VGI_ERR_VALUE, "column \"%s\" of table \"%s\" is generated, and cannot be written to",
                            w->taken[i].column->name, w->table->name);
    if (w->verb != INSERT && w->rowid < 0)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED,
                        "table \"%s\" has no rowid by which a row could be found again: UPDATE and DELETE are refused",
                        w->table->name);
    return VGI_OK;
}

static bool is_written(const writer *w, int i)
{
    return i != w->rowid && !w->taken[i].is_left_out && !w->taken[i].column->is_generated;
}

static void add_parameter(writer *w, int i, int *n, sq_text *sql)
{
    char text[16];

    w->taken[i].parameter = ++*n;
    sqlite3_snprintf((int)sizeof text, text, "?%d", *n);
    sq_text_puts(sql, text);
}

static void add_insert(writer *w, sq_text *sql)
{
    const char *between = "(";
    int n = 0;

    sq_text_puts(sql, "INSERT INTO ");
    sq_text_object(sql, vgi_str(w->table->name));
    for (int i = 0; i < w->n_taken; i++)
        if (is_written(w, i)) {
            sq_text_puts(sql, between);
            sq_text_name(sql, vgi_str(w->taken[i].column->name));
            between = ", ";
        }
    if (*between == '(') {
        sq_text_puts(sql, " DEFAULT VALUES");
        return;
    }
    between = ") VALUES (";
    for (int i = 0; i < w->n_taken; i++)
        if (is_written(w, i)) {
            sq_text_puts(sql, between);
            add_parameter(w, i, &n, sql);
            between = ", ";
        }
    sq_text_puts(sql, ")");
}

static void add_change(writer *w, sq_text *sql)
{
    const char *between = " SET ";
    int n = 0;

    sq_text_puts(sql, w->verb == UPDATE ? "UPDATE " : "DELETE FROM ");
    sq_text_object(sql, vgi_str(w->table->name));
    for (int i = 0; i < w->n_taken && w->verb == UPDATE; i++)
        if (is_written(w, i)) {
            sq_text_puts(sql, between);
            sq_text_name(sql, vgi_str(w->taken[i].column->name));
            sq_text_puts(sql, " = ");
            add_parameter(w, i, &n, sql);
            between = ", ";
        }
    sq_text_puts(sql, " WHERE ");
    sq_text_puts(sql, w->table->rowid);
    sq_text_puts(sql, " = ");
    add_parameter(w, w->rowid, &n, sql);
}

/* The statement for the columns that are written. */
static vgi_status prepare(vgi_call *call, writer *w)
{
    sq_text sql = {0};
    int code;

    for (int i = 0; i < w->n_taken; i++)
        w->taken[i].parameter = 0;
    if (w->verb == INSERT)
        add_insert(w, &sql);
    else
        add_change(w, &sql);
    for (int i = 0; i < w->back.n_wanted; i++) {
        sq_kind kind = w->table->columns[i].kind;

        /* SQLite 3.40 gives integers of NUMERIC columns as reals in RETURNING, unless they are in an expression; in an
         * expression it gives reals as the integers that it stores them as. */
        sq_text_puts(&sql, i ? ", " : " RETURNING ");
        sq_text_puts(&sql, kind == SQ_DOUBLE || kind == SQ_FLOAT ? "" : "+");
        sq_text_name(&sql, vgi_str(w->table->columns[i].name));
    }
    sqlite3_finalize(w->statement);
    w->statement = NULL;
    code = sql.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(w->txn->db, sql.data, -1, &w->statement, NULL);
    sq_text_done(&sql);
    w->back.statement = w->statement;
    return code == SQLITE_OK ? VGI_OK : failed(call, w);
}

/* RETURNING gives the table's columns, read as a scan reads them. */
static vgi_status prepare_back(vgi_call *call, writer *w)
{
    const vgi_write_options *options = vgi_call_write(call);

    if (options->on_conflict.data && !vgi_string_equal(options->on_conflict, vgi_str("throw")))
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "ON CONFLICT is the engine's here: \"%.*s\" is not understood",
                        options->on_conflict.size < 40 ? (int)options->on_conflict.size : 40,
                        options->on_conflict.data);
    if (options->result == VGI_WRITE_CHANGES)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "table \"%s\" gives changed rows, not pairs of them",
                        w->table->name);
    w->back = (sq_scan){.worker = w->use.worker, .table = w->table, .db = w->txn->db, .rowid_place = -1};
    if (options->result != VGI_WRITE_ROWS)
        return VGI_OK;
    w->back.wanted = calloc((size_t)w->table->n_columns, sizeof *w->back.wanted);
    if (!w->back.wanted)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    w->back.n_wanted = w->table->n_columns;
    for (int i = 0; i < w->table->n_columns; i++)
        w->back.wanted[i] =
            (sq_wanted){.put = SQ_PUT[w->table->columns[i].kind], .place = i, .column = &w->table->columns[i]};
    return VGI_OK;
}

static vgi_status savepoint(writer *w, const char *word)
{
    char sql[64];

    sqlite3_snprintf((int)sizeof sql, sql, "%s sq_write%d", word, w->number);
    return sqlite3_exec(w->txn->db, sql, NULL, NULL, NULL) == SQLITE_OK ? VGI_OK : VGI_ERR_IO;
}

static vgi_status open_for(vgi_call *call, writing verb)
{
    writer *w = vgi_local(call);
    const sq_file *file;
    vgi_string schema;

    w->verb = verb;
    VGI_TRY(vgi_arg_text(call, "schema", &schema));
    VGI_TRY(sq_file_at(call, (vgi_string_list){.items = &schema, .count = 1}, &file));
    VGI_TRY(sq_txn_use(call, file, &w->txn));
    VGI_TRY(sq_find(call, &w->use, &w->table));
    if (strcmp(w->table->type, "view") == 0)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "\"%s\" is a view: rows cannot be written to it",
                        w->table->name);
    VGI_TRY(take_columns(call, w));
    VGI_TRY(prepare_back(call, w));
    w->number = ++w->txn->n_writers;
    if (savepoint(w, "SAVEPOINT") != VGI_OK) {
        w->number = 0;
        return failed(call, w);
    }
    return VGI_OK;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* A column whose default the engine cannot compute, and of which nothing but NULL is given: SQLite computes it. */
static vgi_status choose_columns(vgi_call *call, writer *w, const vgi_batch *in)
{
    bool is_new = !w->statement;

    for (int i = 0; i < w->n_taken; i++) {
        sq_taken *taken = &w->taken[i];
        bool only_nulls = w->verb == INSERT && i != w->rowid && taken->column->has_own_default;

        taken->array = &in->columns[i];
        for (int64_t row = 0; only_nulls && row < in->rows; row++)
            only_nulls = vgi_array_is_null(taken->array, row);
        is_new = is_new || only_nulls != taken->is_left_out;
        taken->is_left_out = only_nulls;
    }
    return is_new ? prepare(call, w) : VGI_OK;
}

static vgi_status bind_row(vgi_call *call, writer *w, int64_t row)
{
    for (int i = 0; i < w->n_taken; i++) {
        sq_taken *taken = &w->taken[i];

        if (i == w->rowid && taken->parameter)
            w->code = vgi_array_is_null(taken->array, row)
                          ? sqlite3_bind_null(w->statement, taken->parameter)
                          : sqlite3_bind_int64(w->statement, taken->parameter, vgi_array_i64(taken->array, row));
        else if (taken->parameter)
            VGI_TRY(sq_take(call, taken, w->statement, row));
        if (w->code != SQLITE_OK)
            return failed(call, w);
    }
    return VGI_OK;
}

/* One row of RETURNING. */
static vgi_status put_row(vgi_call *call, writer *w, int64_t row)
{
    for (int i = 0; i < w->back.n_wanted; i++)
        if (!w->back.wanted[i].put(&w->back, &w->back.wanted[i], row))
            return sq_misfit(call, &w->back, &w->back.wanted[i]);
    w->back.rows_done++;
    return VGI_OK;
}

static vgi_status write_row(vgi_call *call, writer *w, int64_t row, int64_t *done, int64_t capacity)
{
    vgi_status status;
    int code;

    VGI_TRY(bind_row(call, w, row));
    code = sqlite3_step(w->statement);
    while (code == SQLITE_ROW) {
        if (*done >= capacity)
            return vgi_fail(call, VGI_ERR_RUNTIME, "more rows came back than were given");
        status = put_row(call, w, *done);
        if (status != VGI_OK) {
            (void)sqlite3_reset(w->statement);
            return status;
        }
        ++*done;
        code = sqlite3_step(w->statement);
    }
    if (code == SQLITE_DONE && !w->back.n_wanted)
        *done += sqlite3_changes(w->txn->db);
    status = code == SQLITE_DONE ? VGI_OK : failed(call, w);
    (void)sqlite3_reset(w->statement);
    return status;
}

static vgi_status write_rows(vgi_call *call, writer *w, const vgi_batch *in, vgi_batch *out)
{
    int64_t done = 0;

    VGI_TRY(choose_columns(call, w, in));
    for (int i = 0; i < w->back.n_wanted; i++)
        sq_wanted_begin(&w->back.wanted[i], vgi_out_column(out, i));
    for (int64_t row = 0; row < in->rows; row++)
        VGI_TRY(write_row(call, w, row, &done, out->capacity));
    if (w->back.n_wanted)
        out->rows = done;
    else
        vgi_append_i64(vgi_out_column(out, 0), done);
    return VGI_OK;
}

/* A statement that fails has changed nothing. */
static vgi_status map(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    writer *w = vgi_local(call);
    vgi_status status = write_rows(call, w, in, out);

    if (status == VGI_OK)
        return VGI_OK;
    sqlite3_finalize(w->statement);
    w->statement = NULL;
    if (savepoint(w, "ROLLBACK TO") == VGI_OK)
        (void)savepoint(w, "RELEASE");
    w->number = 0;
    return status;
}

static void close_writer(vgi_call *call)
{
    writer *w = vgi_local(call);

    sqlite3_finalize(w->statement);
    if (w->number && vgi_call_transaction(call) == w->txn)
        (void)savepoint(w, "RELEASE");
    free(w->taken);
    free(w->back.wanted);
    sq_use_end(&w->use);
    *w = (writer){0};
}

static vgi_status open_insert(vgi_call *call)
{
    return open_for(call, INSERT);
}

static vgi_status open_update(vgi_call *call)
{
    return open_for(call, UPDATE);
}

static vgi_status open_delete(vgi_call *call)
{
    return open_for(call, DELETE);
}

#define WRITER(function, about)                                                                                        \
    .signature = function "(\"table\" VARCHAR, rows TABLE, \"schema\" VARCHAR := 'main') -> TABLE", .comment = about,  \
    .args = VGI_ARGS({.name = "table", .doc = "Its name, as SQLite has it."},                                          \
                     {.name = "schema", .doc = "The schema that stands for its file."}),                               \
    .local_size = sizeof(writer), .writes = true, .returns = VGI_WRITE_ROWS, .bind = bind, .map = map,                 \
    .close = close_writer

const vgi_table_in_out SQ_INSERT = {WRITER("sqlite_insert", "Adds rows to a table of a SQLite file."),
                                    .open = open_insert};
const vgi_table_in_out SQ_UPDATE = {WRITER("sqlite_update", "Changes rows of a table of a SQLite file."),
                                    .open = open_update};
const vgi_table_in_out SQ_DELETE = {WRITER("sqlite_delete", "Takes rows out of a table of a SQLite file."),
                                    .open = open_delete};

/* ---- which function a table is written with ---------------------------------------------------------------------- */

static vgi_status function_of(vgi_call *call, const char *function, vgi_string_list path, vgi_string name,
                              vgi_write_function_result *ret)
{
    const sq_file *file;

    VGI_TRY(sq_file_at(call, path, &file));
    return vgi_write_call(call, ret, file->schema, "%s(%s, \"schema\" := %s)", function, vgi_sql_text(call, name),
                          vgi_sql_text(call, vgi_str(file->schema)));
}

vgi_status sq_insert_function(vgi_call *call, const vgi_catalog_table_insert_function_get_params *asked,
                              vgi_write_function_result *ret)
{
    return function_of(call, "sqlite_insert", asked->schema_path, asked->name, ret);
}

vgi_status sq_update_function(vgi_call *call, const vgi_catalog_table_update_function_get_params *asked,
                              vgi_write_function_result *ret)
{
    return function_of(call, "sqlite_update", asked->schema_path, asked->name, ret);
}

vgi_status sq_delete_function(vgi_call *call, const vgi_catalog_table_delete_function_get_params *asked,
                              vgi_write_function_result *ret)
{
    return function_of(call, "sqlite_delete", asked->schema_path, asked->name, ret);
}
