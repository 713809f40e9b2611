/* Filters of the engine as a WHERE, so that SQLite reads less: an index is used, rows are not copied that nobody
 * wants. libvgi applies every filter once more to what comes, so the condition need only keep all rows that the
 * engine's would. It is said of columns alone whose values compare in SQLite as in the engine; called by scan.c. */
#include <string.h>
#include <strings.h>

#include "sq.h"

struct spelling {
    const sq_scan *scan;
    bool is_utf8;
    sq_text text;
};

/* SQLite's TEXT affinity: what is stored is text, not a number (https://sqlite.org/datatype3.html §3.1). */
static bool holds_text(const char *declared)
{
    return !strcasestr(declared, "INT") &&
           (strcasestr(declared, "CHAR") || strcasestr(declared, "CLOB") || strcasestr(declared, "TEXT"));
}

/* Where --types converts, or a type takes several storage classes (BOOLEAN, BLOB, dates), values compare otherwise.
 * Text in UTF-16 sorts by other bytes. */
static bool compares(const struct spelling *spelling, const sq_column *column)
{
    if (spelling->scan->worker->types != SQ_TYPES_STRICT || strcmp(spelling->scan->table->type, "table") != 0)
        return false;
    return column->kind == SQ_BIGINT || column->kind == SQ_DOUBLE ||
           (column->kind >= SQ_TINYINT && column->kind <= SQ_UINTEGER) ||
           (column->kind == SQ_VARCHAR && spelling->is_utf8 && holds_text(column->declared));
}

static const char *spell(void *user, int32_t index)
{
    struct spelling *spelling = user;
    const sq_table *table = spelling->scan->table;
    bool is_rowid = index == table->n_columns;
    const sq_column *column = is_rowid ? &spelling->scan->rowid : &table->columns[index];

    if (!is_rowid && !compares(spelling, column))
        return NULL;
    sq_text_done(&spelling->text);
    spelling->text = (sq_text){0};
    sq_text_puts(&spelling->text, "t.");
    sq_text_quoted(&spelling->text, column->name, strlen(column->name), '"');
    if (column->kind == SQ_VARCHAR)
        sq_text_puts(&spelling->text, " COLLATE BINARY");
    return spelling->text.failed ? NULL : spelling->text.data;
}

static bool is_utf8(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    const char *encoding = NULL;
    bool answer;

    if (sqlite3_prepare_v2(db, "PRAGMA main.encoding", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        encoding = (const char *)sqlite3_column_text(statement, 0);
    answer = encoding && strcmp(encoding, "UTF-8") == 0;
    sqlite3_finalize(statement);
    return answer;
}

vgi_status sq_where(vgi_call *call, const sq_scan *scan, vgi_sql *ret)
{
    struct spelling spelling = {.scan = scan};
    const vgi_sql_options options = {.dialect = VGI_SQL_SQLITE, .column = spell, .user = &spelling};
    vgi_filter *filter = vgi_call_filter(call);
    vgi_status status = VGI_OK;

    *ret = (vgi_sql){0};
    if (filter && vgi_filter_count(filter)) {
        spelling.is_utf8 = is_utf8(scan->db);
        status = vgi_filter_print(filter, &options, ret, vgi_call_error(call));
    }
    sq_text_done(&spelling.text);
    return status;
}

static int bind_value(sqlite3_stmt *statement, int i, const vgi_array *value)
{
    vgi_string text;
    vgi_bytes bytes;

    if (vgi_array_is_null(value, 0))
        return sqlite3_bind_null(statement, i);
    switch (value->field->type) {
    case VGI_TYPE_BOOL:
        return sqlite3_bind_int(statement, i, vgi_array_bool(value, 0));
    case VGI_TYPE_FLOAT32:
    case VGI_TYPE_FLOAT64:
        return sqlite3_bind_double(statement, i, vgi_array_f64(value, 0));
    case VGI_TYPE_UTF8:
    case VGI_TYPE_LARGE_UTF8:
        text = vgi_array_text(value, 0);
        return sqlite3_bind_text64(statement, i, text.size ? text.data : "", text.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    case VGI_TYPE_BINARY:
    case VGI_TYPE_LARGE_BINARY:
        bytes = vgi_array_blob(value, 0);
        return sqlite3_bind_blob64(statement, i, bytes.size ? (const void *)bytes.data : "", bytes.size,
                                   SQLITE_TRANSIENT);
    default: /* integers; what prints as a parameter is no other type */
        return sqlite3_bind_int64(statement, i, vgi_array_i64(value, 0));
    }
}

bool sq_where_bind(sqlite3_stmt *statement, const vgi_sql *where)
{
    for (size_t i = 0; i < where->n_parameters; i++)
        if (bind_value(statement, (int)i + 1, where->parameters[i]) != SQLITE_OK)
            return false;
    return true;
}
