/* Indexes of a SQLite file: listed, created and dropped. The engine itself shows them and refuses to change them; its
 * clients reach this. Those that belong to a constraint are the constraint's. */
#include <string.h>

#include "change.h"

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        (!text || sqlite3_bind_text(statement, 1, text, -1, SQLITE_TRANSIENT) == SQLITE_OK))
        return statement;
    sqlite3_finalize(statement);
    return NULL;
}

static vgi_string column_text(vgi_call *call, sqlite3_stmt *statement, int i)
{
    const char *text = (const char *)sqlite3_column_text(statement, i);

    return text && sq_utf8_valid((const unsigned char *)text, strlen(text)) ? vgi_call_text(call, "%s", text)
                                                                            : (vgi_string){0};
}

/* The columns by name; an expression is in the tag `sql` alone. */
static vgi_status add_expressions(vgi_call *call, sqlite3 *db, vgi_index_info *info)
{
    sqlite3_stmt *statement =
        prepare(db, "SELECT name FROM pragma_index_xinfo(?1, 'main') WHERE \"key\" ORDER BY seqno", info->name.data);
    vgi_string *names = vgi_alloc(call, 2000 * sizeof *names);
    size_t n = 0;

    while (names && statement && n < 2000 && sqlite3_step(statement) == SQLITE_ROW) {
        vgi_string name = column_text(call, statement, 0);

        names[n++] = name.data ? name : vgi_str("(expression)");
    }
    sqlite3_finalize(statement);
    info->expressions = (vgi_string_list){.items = names, .count = n, .present = true};
    return names ? VGI_OK : vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
}

static vgi_status add_index(vgi_call *call, sqlite3 *db, sqlite3_stmt *statement, vgi_listing *ret)
{
    vgi_string name = column_text(call, statement, 0), table = column_text(call, statement, 1);
    vgi_string_pair *tag = vgi_alloc(call, sizeof *tag);
    vgi_index_info *info;

    if (!tag)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    if (!name.size || !table.size)
        return VGI_OK;
    info = vgi_add_index(ret);
    info->name = name;
    info->table_name = table;
    info->index_type = vgi_str("BTREE");
    info->constraint_type =
        sqlite3_column_int(statement, 3) ? VGI_INDEX_CONSTRAINT_TYPE_UNIQUE : VGI_INDEX_CONSTRAINT_TYPE_NONE;
    *tag = (vgi_string_pair){vgi_str("sql"), column_text(call, statement, 2)};
    info->tags = (vgi_string_map){.items = tag, .count = tag->value.data ? 1 : 0, .present = true};
    return add_expressions(call, db, info);
}

static vgi_status list(vgi_call *call, vgi_string_list path, vgi_string only, vgi_listing *ret)
{
    vgi_status status = VGI_OK;
    sqlite3_stmt *statement;
    const sq_file *file;
    sq_use use;

    VGI_TRY(sq_file_at(call, path, &file));
    VGI_TRY(sq_use_begin(call, file, &use));
    statement = prepare(use.db,
                        "SELECT s.name, s.tbl_name, s.sql, (SELECT l.\"unique\" FROM pragma_index_list(s.tbl_name, "
                        "'main') AS l WHERE l.name = s.name) FROM main.sqlite_schema AS s WHERE s.type = 'index' AND "
                        "s.sql IS NOT NULL AND (?1 IS NULL OR s.name = ?1 COLLATE NOCASE) ORDER BY s.rowid",
                        only.data ? vgi_call_text(call, "%.*s", (int)only.size, only.data).data : NULL);
    while (status == VGI_OK && statement && sqlite3_step(statement) == SQLITE_ROW)
        status = add_index(call, use.db, statement, ret);
    if ((!statement || sqlite3_finalize(statement) != SQLITE_OK) && status == VGI_OK)
        status = sq_fail(file, use.db, "", vgi_call_error(call));
    sq_use_end(&use);
    return status;
}

vgi_status sq_indexes(vgi_call *call, const vgi_catalog_schema_contents_indexes_params *asked, vgi_listing *ret)
{
    return list(call, asked->path, (vgi_string){0}, ret);
}

vgi_status sq_index_get(vgi_call *call, const vgi_catalog_index_get_params *asked, vgi_listing *ret)
{
    return list(call, asked->schema_path, asked->name, ret);
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

static bool exists(sq_change *change, vgi_string name)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(
                     change->db, "SELECT 1 FROM main.sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE",
                     -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_bind_text64(statement, 1, name.data, name.size, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;

    sqlite3_finalize(statement);
    return found;
}

static vgi_status drop(sq_change *change, vgi_string name)
{
    sq_text sql = {0};

    sq_text_puts(&sql, "DROP INDEX ");
    sq_text_object(&sql, name);
    return sq_run(change, &sql);
}

static vgi_status index_create(sq_change *change, const vgi_index_create_request *asked)
{
    bool is_unique = asked->constraint_type == VGI_INDEX_CONSTRAINT_TYPE_UNIQUE;
    const sq_table *table;
    sq_text sql = {0};

    VGI_TRY(sq_change_find(change, asked->table_name, false, false, &table));
    if (asked->constraint_type == VGI_INDEX_CONSTRAINT_TYPE_PRIMARY)
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED, "table \"%s\": SQLite adds no PRIMARY KEY to a table",
                        table->name);
    if (exists(change, asked->name)) {
        if (asked->on_conflict == VGI_ON_CONFLICT_IGNORE)
            return VGI_OK;
        if (asked->on_conflict == VGI_ON_CONFLICT_REPLACE)
            VGI_TRY(drop(change, asked->name));
    }
    sq_text_puts(&sql, is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    sq_text_object(&sql, asked->name);
    sq_text_puts(&sql, " ON ");
    sq_text_name(&sql, vgi_str(table->name));
    sq_text_puts(&sql, "(");
    for (size_t i = 0; i < asked->expressions.count; i++) {
        vgi_status status = VGI_OK;

        sq_text_puts(&sql, i ? ", " : "");
        if (sq_column_named(table, asked->expressions.items[i]))
            sq_text_name(&sql, asked->expressions.items[i]);
        else
            status = sq_change_translate(change, "INDEX ON", asked->expressions.items[i], table->column_names, &sql);
        if (status != VGI_OK) {
            sq_text_done(&sql);
            return status;
        }
    }
    sq_text_puts(&sql, ")");
    return sq_run(change, &sql);
}
SQ_CHANGE(index_create, vgi_index_create_request, schema_path)

static vgi_status index_drop(sq_change *change, const vgi_catalog_index_drop_params *asked)
{
    if (exists(change, asked->name))
        return drop(change, asked->name);
    if (asked->ignore_not_found)
        return VGI_OK;
    return vgi_fail(change->call, VGI_ERR_NOT_FOUND, "there is no index \"%.*s\"", (int)asked->name.size,
                    asked->name.data);
}
SQ_CHANGE(index_drop, vgi_catalog_index_drop_params, schema_path)
