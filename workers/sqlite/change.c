/* DDL of the engine on a SQLite file: what is not CREATE TABLE (create.c), a change of a column's definition (alter.c)
 * or an index (index.c). What SQLite cannot do is refused by name. */
#include <string.h>

#include "change.h"

/* ---- a change ---------------------------------------------------------------------------------------------------- */

vgi_status sq_change_begin(vgi_call *call, vgi_string_list path, sq_change *ret)
{
    *ret = (sq_change){.call = call, .has_cookie = true};
    VGI_TRY(sq_file_at(call, path, &ret->file));
    VGI_TRY(sq_txn_use(call, ret->file, &ret->txn));
    ret->db = ret->txn->db;
    VGI_TRY(sq_use_begin(call, ret->file, &ret->use));
    ret->snapshot = ret->use.snapshot;
    if (sqlite3_exec(ret->db, "SAVEPOINT sq_change", NULL, NULL, NULL) == SQLITE_OK)
        return VGI_OK;
    sq_use_end(&ret->use);
    return sq_sql_fail(call, ret->file, ret->db, "");
}

vgi_status sq_change_end(sq_change *change, vgi_status status)
{
    if (status == VGI_OK && sqlite3_exec(change->db, "RELEASE sq_change", NULL, NULL, NULL) != SQLITE_OK)
        status = sq_sql_fail(change->call, change->file, change->db, "");
    if (status == VGI_OK)
        sq_txn_changed(change->txn, change->has_cookie);
    else
        (void)sqlite3_exec(change->db, "ROLLBACK TO sq_change; RELEASE sq_change", NULL, NULL, NULL);
    sq_use_end(&change->use);
    return status;
}

vgi_status sq_run(sq_change *change, sq_text *sql)
{
    vgi_status status = VGI_OK;

    if (sql->failed)
        status = vgi_fail(change->call, VGI_ERR_MEMORY, "out of memory");
    else if (sqlite3_exec(change->db, sql->data, NULL, NULL, NULL) != SQLITE_OK)
        status = sq_sql_fail(change->call, change->file, change->db, "SQLite");
    sq_text_done(sql);
    return status;
}

static vgi_status done(sq_change *change, bool is_done)
{
    return is_done ? VGI_OK : sq_sql_fail(change->call, change->file, change->db, "SQLite");
}

void sq_text_name(sq_text *sql, vgi_string name)
{
    sq_text_quoted(sql, name.data, name.size, '"');
}

void sq_text_object(sq_text *sql, vgi_string name)
{
    sq_text_puts(sql, "main.");
    sq_text_name(sql, name);
}

vgi_status sq_change_find(sq_change *change, vgi_string name, bool is_view, bool ignore_not_found, const sq_table **ret)
{
    int shown = name.size < 200 ? (int)name.size : 200;

    *ret = sq_snapshot_table(change->snapshot, name.data, name.size);
    if (*ret && (strcmp((*ret)->type, "view") == 0) == is_view)
        return VGI_OK;
    if (*ret)
        return vgi_fail(change->call, VGI_ERR_VALUE, "\"%.*s\" is a %s", shown, name.data, (*ret)->type);
    if (ignore_not_found)
        return VGI_OK;
    return vgi_fail(change->call, VGI_ERR_NOT_FOUND, "there is no %s \"%.*s\"", is_view ? "view" : "table", shown,
                    name.data);
}

const sq_column *sq_column_named(const sq_table *table, vgi_string name)
{
    for (int i = 0; i < table->n_columns; i++)
        if (strlen(table->columns[i].name) == name.size &&
            sqlite3_strnicmp(table->columns[i].name, name.data, (int)name.size) == 0)
            return &table->columns[i];
    return NULL;
}

vgi_status sq_change_translate(sq_change *change, const char *what, vgi_string expression, const char *const *columns,
                               sq_text *sql)
{
    sq_text out = {0};
    bool is_right = expression.size <= 65536 && sq_expr_to_sqlite(expression.data, expression.size, columns, &out);

    if (is_right) {
        sq_text_puts(sql, "(");
        sq_text_add(sql, out.data, out.size);
        sq_text_puts(sql, ")");
    }
    sq_text_done(&out);
    if (is_right)
        return VGI_OK;
    return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED, "%s %.*s: SQLite has no equal for it", what,
                    expression.size < 400 ? (int)expression.size : 400, expression.data);
}

vgi_status sq_listing_end(vgi_call *call, sq_use *use, vgi_status status)
{
    sq_snapshot *snapshot = (sq_snapshot *)(uintptr_t)use->snapshot;

    use->snapshot = NULL;
    sq_use_end(use);
    return vgi_call_hold(call, sq_snapshot_let_go, snapshot) != VGI_OK ? VGI_ERR_MEMORY : status;
}

/* ---- schemas are files ------------------------------------------------------------------------------------------- */

vgi_status sq_schema_create(vgi_call *call, const vgi_catalog_schema_create_params *asked)
{
    const vgi_string *name = &asked->path.items[asked->path.count - 1];

    if (sq_file_named(vgi_call_user(call), *name)) {
        if (asked->on_conflict == VGI_ON_CONFLICT_IGNORE)
            return VGI_OK;
        return vgi_fail(call, VGI_ERR_VALUE, "schema \"%.*s\" is there already", (int)name->size, name->data);
    }
    return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED,
                    "schema \"%.*s\": a schema here is a SQLite file, named when the worker starts (--attach "
                    "SCHEMA=FILE); CREATE SCHEMA makes none",
                    (int)name->size, name->data);
}

vgi_status sq_schema_drop(vgi_call *call, const vgi_catalog_schema_drop_params *asked)
{
    const vgi_string *name = &asked->path.items[asked->path.count - 1];

    if (sq_file_named(vgi_call_user(call), *name))
        return vgi_fail(
            call, VGI_ERR_NOT_IMPLEMENTED,
            "schema \"%.*s\" is a SQLite file, named when the worker starts; DROP SCHEMA does not remove it",
            (int)name->size, name->data);
    if (asked->ignore_not_found)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "there is no schema \"%.*s\"", (int)name->size, name->data);
}

/* ---- macros ------------------------------------------------------------------------------------------------------ */

vgi_status sq_macro_create(vgi_call *call, const vgi_macro_create_request *asked)
{
    return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED,
                    "macro \"%.*s\": SQLite has no macros; create it in a database of the engine's",
                    (int)asked->name.size, asked->name.data);
}

vgi_status sq_macro_drop(vgi_call *call, const vgi_catalog_macro_drop_params *asked)
{
    if (asked->ignore_not_found)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "there is no macro \"%.*s\": SQLite has none", (int)asked->name.size,
                    asked->name.data);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* SQLite would delete the table's rows first, and with ON DELETE CASCADE those that refer to them. */
vgi_status sq_change_drop(sq_change *change, const sq_table *table)
{
    sq_text sql = {0};

    for (int i = 0; i < change->snapshot->n_tables; i++) {
        const sq_table *other = &change->snapshot->tables[i];

        for (const vgi_foreign_key *key = other->foreign_keys; key->columns; key++)
            if (other != table && sqlite3_stricmp(key->referenced_table, table->name) == 0)
                return vgi_fail_as(change->call, "ConstraintError",
                                   "table \"%s\" cannot be dropped: a foreign key of table \"%s\" refers to it",
                                   table->name, other->name);
    }
    sq_text_puts(&sql, "DROP TABLE ");
    sq_text_object(&sql, vgi_str(table->name));
    VGI_TRY(sq_run(change, &sql));
    return done(change, sq_comments_move(change->db, vgi_str(table->name), (vgi_string){0}));
}

static vgi_status table_drop(sq_change *change, const vgi_catalog_table_drop_params *asked)
{
    const sq_table *table;

    VGI_TRY(sq_change_find(change, asked->name, false, asked->ignore_not_found, &table));
    return table ? sq_change_drop(change, table) : VGI_OK;
}
SQ_CHANGE(table_drop, vgi_catalog_table_drop_params, schema_path)

static vgi_status table_rename(sq_change *change, const vgi_catalog_table_rename_params *asked)
{
    const sq_table *table;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->name, false, asked->ignore_not_found, &table));
    if (!table || vgi_string_equal(asked->name, asked->new_name)) /* which SQLite refuses */
        return VGI_OK;
    sq_text_puts(&sql, "ALTER TABLE ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " RENAME TO ");
    sq_text_name(&sql, asked->new_name);
    VGI_TRY(sq_run(change, &sql));
    return done(change, sq_comments_move(change->db, asked->name, asked->new_name));
}
SQ_CHANGE(table_rename, vgi_catalog_table_rename_params, schema_path)

static vgi_status comment(sq_change *change, vgi_string name, bool is_view, bool ignore_not_found, vgi_string text)
{
    const sq_table *table;

    VGI_TRY(sq_change_find(change, name, is_view, ignore_not_found, &table));
    change->has_cookie = false;
    return done(change, !table || sq_comment_set(change->db, name, (vgi_string){0}, text));
}

static vgi_status table_comment_set(sq_change *change, const vgi_catalog_table_comment_set_params *asked)
{
    return comment(change, asked->name, false, asked->ignore_not_found, asked->comment);
}
SQ_CHANGE(table_comment_set, vgi_catalog_table_comment_set_params, schema_path)

/* ---- columns, where ALTER TABLE of SQLite's does it -------------------------------------------------------------- */

static vgi_status no_column(sq_change *change, vgi_string name, vgi_string column)
{
    return vgi_fail(change->call, VGI_ERR_NOT_FOUND, "table \"%.*s\" has no column \"%.*s\"", (int)name.size, name.data,
                    column.size < 200 ? (int)column.size : 200, column.data);
}

static vgi_status table_column_add(sq_change *change, const vgi_catalog_table_column_add_params *asked)
{
    const vgi_arrow_schema *schema;
    const sq_table *table;
    vgi_string default_value;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->name, false, asked->ignore_not_found, &table));
    VGI_TRY(vgi_call_schema_decode(change->call, asked->column_definition, &schema));
    if (schema->n_fields != 1)
        return vgi_fail(change->call, VGI_ERR_VALUE, "a column's definition has %d fields", schema->n_fields);
    if (!table || (asked->if_column_not_exists && sq_column_named(table, schema->fields[0]->name)))
        return VGI_OK;
    sq_text_puts(&sql, "ALTER TABLE ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " ADD COLUMN ");
    VGI_TRY(sq_change_declare(change, schema->fields[0], &sql));
    default_value = vgi_metadata_get(schema->fields[0]->metadata, "default");
    if (default_value.size) {
        sq_text_puts(&sql, " DEFAULT ");
        VGI_TRY(sq_change_translate(change, "DEFAULT", default_value, NULL, &sql));
    }
    return sq_run(change, &sql);
}
SQ_CHANGE(table_column_add, vgi_catalog_table_column_add_params, schema_path)

static vgi_status table_column_drop(sq_change *change, const vgi_catalog_table_column_drop_params *asked)
{
    const sq_table *table;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->name, false, asked->ignore_not_found, &table));
    if (!table || (asked->if_column_exists && !sq_column_named(table, asked->column_name)))
        return VGI_OK;
    sq_text_puts(&sql, "ALTER TABLE ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " DROP COLUMN ");
    sq_text_name(&sql, asked->column_name);
    VGI_TRY(sq_run(change, &sql));
    return done(change, sq_comments_move_column(change->db, asked->name, asked->column_name, (vgi_string){0}));
}
SQ_CHANGE(table_column_drop, vgi_catalog_table_column_drop_params, schema_path)

static vgi_status table_column_rename(sq_change *change, const vgi_catalog_table_column_rename_params *asked)
{
    const sq_table *table;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->name, false, asked->ignore_not_found, &table));
    if (!table)
        return VGI_OK;
    sq_text_puts(&sql, "ALTER TABLE ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " RENAME COLUMN ");
    sq_text_name(&sql, asked->column_name);
    sq_text_puts(&sql, " TO ");
    sq_text_name(&sql, asked->new_column_name);
    VGI_TRY(sq_run(change, &sql));
    return done(change, sq_comments_move_column(change->db, asked->name, asked->column_name, asked->new_column_name));
}
SQ_CHANGE(table_column_rename, vgi_catalog_table_column_rename_params, schema_path)

/* Of a table or a view. */
static vgi_status table_column_comment_set(sq_change *change, const vgi_catalog_table_column_comment_set_params *asked)
{
    const sq_table *table = sq_snapshot_table(change->snapshot, asked->name.data, asked->name.size);

    change->has_cookie = false;
    if (!table && asked->ignore_not_found)
        return VGI_OK;
    if (!table)
        return vgi_fail(change->call, VGI_ERR_NOT_FOUND, "there is no table \"%.*s\"", (int)asked->name.size,
                        asked->name.data);
    if (!sq_column_named(table, asked->column_name))
        return no_column(change, asked->name, asked->column_name);
    return done(change, sq_comment_set(change->db, asked->name, asked->column_name, asked->comment));
}
SQ_CHANGE(table_column_comment_set, vgi_catalog_table_column_comment_set_params, schema_path)

/* ---- views ------------------------------------------------------------------------------------------------------- */

/* `catalog.schema.table` is `table`: the view's file has no other name to SQLite. */
static void add_definition(sq_text *sql, const char *text, size_t size, const char *schema)
{
    size_t pos = 0, copied = 0, length = strlen(schema);

    for (;;) {
        size_t after, then;
        sq_token first = sq_token_next(text, size, &pos), dot, second;

        if (first.kind == SQ_TOKEN_END || first.kind == SQ_TOKEN_BAD)
            break;
        after = pos;
        dot = sq_token_next(text, size, &after);
        second = sq_token_is(dot, ".") ? sq_token_next(text, size, &after) : dot;
        then = after;
        if ((first.kind != SQ_TOKEN_WORD && first.kind != SQ_TOKEN_NAME) || !sq_token_is(dot, ".") ||
            (second.kind == SQ_TOKEN_NAME ? second.size - 2 : second.size) != length ||
            strncasecmp(second.text + (second.kind == SQ_TOKEN_NAME), schema, length) != 0 ||
            !sq_token_is(sq_token_next(text, size, &then), "."))
            continue;
        sq_text_add(sql, text + copied, (size_t)(first.text - text) - copied);
        copied = pos = then;
    }
    sq_text_add(sql, text + copied, size - copied);
}

/* SQLite takes any SQL for a view, and fails when it is read. */
static vgi_status try_view(sq_change *change, vgi_string name)
{
    sqlite3_stmt *statement = NULL;
    vgi_status status = VGI_OK;
    sq_text sql = {0};

    sq_text_puts(&sql, "SELECT * FROM ");
    sq_text_object(&sql, name);
    if (sql.failed)
        status = vgi_fail(change->call, VGI_ERR_MEMORY, "out of memory");
    else if (sqlite3_prepare_v2(change->db, sql.data, -1, &statement, NULL) != SQLITE_OK)
        status = vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                          "view \"%.*s\": SQLite runs the SQL of its views, and cannot run this: %s", (int)name.size,
                          name.data, sqlite3_errmsg(change->db));
    sqlite3_finalize(statement);
    sq_text_done(&sql);
    return status;
}

static vgi_status drop_view(sq_change *change, vgi_string name)
{
    sq_text sql = {0};

    sq_text_puts(&sql, "DROP VIEW ");
    sq_text_object(&sql, name);
    return sq_run(change, &sql);
}

static vgi_status view_create(sq_change *change, const vgi_catalog_view_create_params *asked)
{
    const sq_table *table = sq_snapshot_table(change->snapshot, asked->name.data, asked->name.size);
    bool is_view = table && strcmp(table->type, "view") == 0;
    sq_text sql = {0};

    if (table && asked->on_conflict == VGI_ON_CONFLICT_IGNORE)
        return VGI_OK;
    if (table && (!is_view || asked->on_conflict != VGI_ON_CONFLICT_REPLACE))
        return vgi_fail(change->call, VGI_ERR_VALUE, "there is a %s \"%s\" already", table->type, table->name);
    if (table) {
        VGI_TRY(drop_view(change, asked->name));
        VGI_TRY(done(change, sq_comments_move(change->db, asked->name, (vgi_string){0})));
    }
    sq_text_puts(&sql, "CREATE VIEW ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " AS ");
    add_definition(&sql, asked->definition.data, asked->definition.size, change->file->schema);
    VGI_TRY(sq_run(change, &sql));
    return try_view(change, asked->name);
}
SQ_CHANGE(view_create, vgi_catalog_view_create_params, schema_path)

static vgi_status view_drop(sq_change *change, const vgi_catalog_view_drop_params *asked)
{
    const sq_table *table;

    VGI_TRY(sq_change_find(change, asked->name, true, asked->ignore_not_found, &table));
    if (!table)
        return VGI_OK;
    VGI_TRY(drop_view(change, asked->name));
    return done(change, sq_comments_move(change->db, asked->name, (vgi_string){0}));
}
SQ_CHANGE(view_drop, vgi_catalog_view_drop_params, schema_path)

/* Where the view's name ends in `CREATE VIEW name ...`. */
static size_t behind_name(const char *sql, size_t size)
{
    size_t pos = 0, after;
    sq_token token;

    do
        token = sq_token_next(sql, size, &pos);
    while (token.kind != SQ_TOKEN_END && !sq_token_is(token, "VIEW"));
    after = pos;
    if (sq_token_is(sq_token_next(sql, size, &after), "IF")) {
        (void)sq_token_next(sql, size, &after); /* NOT */
        (void)sq_token_next(sql, size, &after); /* EXISTS */
        pos = after;
    }
    (void)sq_token_next(sql, size, &pos);
    return pos;
}

/* SQLite renames no view: it is made anew. Its triggers would be lost. */
static vgi_status view_rename(sq_change *change, const vgi_catalog_view_rename_params *asked)
{
    const sq_table *table;
    sqlite3_stmt *triggers = NULL;
    bool has_triggers;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->name, true, asked->ignore_not_found, &table));
    if (!table)
        return VGI_OK;
    has_triggers = sqlite3_prepare_v2(change->db,
                                      "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 "
                                      "COLLATE NOCASE",
                                      -1, &triggers, NULL) == SQLITE_OK &&
                   sqlite3_bind_text(triggers, 1, table->name, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_step(triggers) == SQLITE_ROW;
    sqlite3_finalize(triggers);
    if (has_triggers || !table->sql)
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                        "view \"%s\" cannot be renamed: SQLite has no such statement, and it has triggers",
                        table->name);
    VGI_TRY(drop_view(change, asked->name));
    sq_text_puts(&sql, "CREATE VIEW ");
    sq_text_object(&sql, asked->new_name);
    sq_text_puts(&sql, " ");
    sq_text_puts(&sql, table->sql + behind_name(table->sql, strlen(table->sql)));
    VGI_TRY(sq_run(change, &sql));
    return done(change, sq_comments_move(change->db, asked->name, asked->new_name));
}
SQ_CHANGE(view_rename, vgi_catalog_view_rename_params, schema_path)

static vgi_status view_comment_set(sq_change *change, const vgi_catalog_view_comment_set_params *asked)
{
    return comment(change, asked->name, true, asked->ignore_not_found, asked->comment);
}
SQ_CHANGE(view_comment_set, vgi_catalog_view_comment_set_params, schema_path)
