/* Changes of a column's definition, which ALTER TABLE of SQLite's has not: its type, NOT NULL, DEFAULT. The text of
 * CREATE TABLE is edited where SQLite keeps it, as https://sqlite.org/lang_altertable.html §7 allows for changes that
 * leave what is stored alone; so rows, indexes, triggers, views and foreign keys stay. A change of the type then makes
 * the indexes anew and converts the values. Where the type decides how the table is stored, it is refused by name. */
#include <stdlib.h>
#include <string.h>

#include "change.h"

/* ---- the text of CREATE TABLE ------------------------------------------------------------------------------------ */

/* Where parts of one column's definition lie in the text; begin == end: there is none. */
typedef struct span {
    size_t begin, end;
} span;

typedef struct definition {
    size_t name_end;
    span type, not_null, fallback;
    size_t end;
} definition;

static bool begins_constraint(sq_token token)
{
    static const char *const WORDS[] = {"CONSTRAINT", "PRIMARY", "NOT",        "NULL",      "UNIQUE", "CHECK",
                                        "DEFAULT",    "COLLATE", "REFERENCES", "GENERATED", "AS"};

    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (token.kind == SQ_TOKEN_WORD && sq_token_is(token, WORDS[i]))
            return true;
    return false;
}

static bool is_end(sq_token token)
{
    return token.kind == SQ_TOKEN_END || token.kind == SQ_TOKEN_BAD;
}

/* Moves behind the parenthesis that closes the one before *pos. */
static void skip_group(const char *sql, size_t size, size_t *pos)
{
    for (int depth = 1; depth > 0;) {
        sq_token token = sq_token_next(sql, size, pos);

        if (is_end(token))
            return;
        depth += sq_token_is(token, "(") - sq_token_is(token, ")");
    }
}

static bool names(sq_token token, const char *name)
{
    sq_text plain = {0}, quoted = {0};
    bool same;

    if (token.kind != SQ_TOKEN_WORD && token.kind != SQ_TOKEN_NAME && token.kind != SQ_TOKEN_STRING)
        return false;
    sq_text_token(&plain, token, '"');
    sq_text_quoted(&quoted, name, strlen(name), '"');
    same = !plain.failed && !quoted.failed && sqlite3_stricmp(plain.data, quoted.data) == 0;
    sq_text_done(&plain);
    sq_text_done(&quoted);
    return same;
}

/* The end of the DEFAULT clause whose word was just read. */
static size_t default_end(const char *sql, size_t size, size_t pos)
{
    sq_token token = sq_token_next(sql, size, &pos);

    if (sq_token_is(token, "+") || sq_token_is(token, "-"))
        (void)sq_token_next(sql, size, &pos);
    else if (sq_token_is(token, "("))
        skip_group(sql, size, &pos);
    return pos;
}

/* `NOT NULL [ON CONFLICT word]`, behind its NOT. */
static size_t not_null_end(const char *sql, size_t size, size_t pos)
{
    size_t after;

    (void)sq_token_next(sql, size, &pos);
    after = pos;
    if (!sq_token_is(sq_token_next(sql, size, &after), "ON") ||
        !sq_token_is(sq_token_next(sql, size, &after), "CONFLICT"))
        return pos;
    (void)sq_token_next(sql, size, &after);
    return after;
}

/* The parts of the definition that begins at `pos`, behind its name. */
static void read_definition(const char *sql, size_t size, size_t pos, definition *ret)
{
    bool in_type = true;
    size_t constraint = 0; /* where `CONSTRAINT name` before a clause begins */

    *ret = (definition){.name_end = pos, .type = {pos, pos}};
    for (;;) {
        size_t before = pos;
        sq_token token = sq_token_next(sql, size, &pos);
        size_t at = (size_t)(token.text - sql);

        if (is_end(token) || sq_token_is(token, ",") || sq_token_is(token, ")")) {
            ret->end = before;
            return;
        }
        in_type = in_type && !begins_constraint(token);
        if (sq_token_is(token, "("))
            skip_group(sql, size, &pos);
        if (in_type) {
            ret->type.end = pos;
            continue;
        }
        if (sq_token_is(token, "CONSTRAINT")) {
            constraint = at;
            (void)sq_token_next(sql, size, &pos);
            continue;
        }
        if (sq_token_is(token, "NOT")) {
            size_t then = pos;

            if (sq_token_is(sq_token_next(sql, size, &then), "NULL"))
                ret->not_null = (span){constraint ? constraint : at, pos = not_null_end(sql, size, pos)};
        } else if (sq_token_is(token, "DEFAULT")) {
            ret->fallback = (span){constraint ? constraint : at, pos = default_end(sql, size, pos)};
        }
        constraint = 0;
    }
}

/* The definition of the column in `CREATE TABLE name(...)`. */
static bool find_definition(const char *sql, const char *column, definition *ret)
{
    size_t size = strlen(sql), pos = 0;
    sq_token token;

    do
        token = sq_token_next(sql, size, &pos);
    while (!is_end(token) && !sq_token_is(token, "("));
    for (bool is_first = true; !is_end(token);) {
        token = sq_token_next(sql, size, &pos);
        if (is_first && names(token, column)) {
            read_definition(sql, size, pos, ret);
            return true;
        }
        is_first = sq_token_is(token, ",");
        if (sq_token_is(token, "("))
            skip_group(sql, size, &pos);
        else if (sq_token_is(token, ")"))
            return false;
    }
    return false;
}

/* ---- a change ---------------------------------------------------------------------------------------------------- */

typedef struct altered {
    const sq_table *table;
    const sq_column *column;
    definition where;
} altered;

static vgi_status find(sq_change *change, vgi_string name, vgi_string column, bool ignore_not_found, altered *ret)
{
    VGI_TRY(sq_change_find(change, name, false, ignore_not_found, &ret->table));
    if (!ret->table)
        return VGI_OK;
    ret->column = sq_column_named(ret->table, column);
    if (!ret->column)
        return vgi_fail(change->call, VGI_ERR_NOT_FOUND, "table \"%s\" has no column \"%.*s\"", ret->table->name,
                        column.size < 200 ? (int)column.size : 200, column.data);
    if (strcmp(ret->table->type, "table") != 0 || ret->column->is_generated || !ret->table->sql ||
        !find_definition(ret->table->sql, ret->column->name, &ret->where))
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED, "table \"%s\", column \"%s\": %s", ret->table->name,
                        ret->column->name,
                        ret->column->is_generated ? "it is generated, and cannot be altered"
                                                  : "SQLite keeps no definition of it that could be altered");
    return VGI_OK;
}

/* The text with `gone` replaced. */
static void splice(sq_text *sql, const char *text, span gone, const char *with)
{
    sq_text_add(sql, text, gone.begin);
    sq_text_puts(sql, with);
    sq_text_puts(sql, text + gone.end);
}

/* Writes the new text, and lets SQLite read it. */
static vgi_status write_text(sq_change *change, const altered *it, sq_text *text)
{
    sqlite3_stmt *statement = NULL;
    sq_text check = {0};
    bool is_right;

    (void)sqlite3_db_config(change->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    is_right =
        !text->failed && sqlite3_exec(change->db, "PRAGMA writable_schema=ON", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(change->db,
                           "UPDATE main.sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2 COLLATE NOCASE",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text64(statement, 1, text->data, text->size, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, it->table->name, -1, SQLITE_STATIC) == SQLITE_OK;
    if (is_right)
        (void)sqlite3_step(statement);
    is_right = sqlite3_finalize(statement) == SQLITE_OK && is_right;
    sq_text_done(text);
    sq_cookie_raise(change->db);
    (void)sqlite3_exec(change->db, "PRAGMA writable_schema=RESET", NULL, NULL, NULL);
    (void)sqlite3_db_config(change->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!is_right)
        return sq_sql_fail(change->call, change->file, change->db, "SQLite");
    sq_text_puts(&check, "SELECT 1 FROM ");
    sq_text_object(&check, vgi_str(it->table->name));
    sq_text_puts(&check, " LIMIT 0");
    return sq_run(change, &check);
}

static vgi_status rewrite(sq_change *change, const altered *it, span gone, const char *with)
{
    sq_text text = {0};

    splice(&text, it->table->sql, gone, with);
    return write_text(change, it, &text);
}

/* ---- NOT NULL ---------------------------------------------------------------------------------------------------- */

static vgi_status refuse_nulls(sq_change *change, const altered *it)
{
    sqlite3_stmt *statement = NULL;
    bool has_null;
    sq_text sql = {0};

    sq_text_puts(&sql, "SELECT 1 FROM ");
    sq_text_object(&sql, vgi_str(it->table->name));
    sq_text_puts(&sql, " AS t WHERE t.");
    sq_text_name(&sql, vgi_str(it->column->name));
    sq_text_puts(&sql, " IS NULL LIMIT 1");
    has_null = !sql.failed && sqlite3_prepare_v2(change->db, sql.data, -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW;
    sq_text_done(&sql);
    if (sqlite3_finalize(statement) != SQLITE_OK)
        return sq_sql_fail(change->call, change->file, change->db, "SQLite");
    if (!has_null)
        return VGI_OK;
    return vgi_fail_as(change->call, "ConstraintError", "NOT NULL constraint failed: %s.%s", it->table->name,
                       it->column->name);
}

static vgi_status table_not_null_set(sq_change *change, const vgi_catalog_table_not_null_set_params *asked)
{
    altered it;

    VGI_TRY(find(change, asked->name, asked->column_name, asked->ignore_not_found, &it));
    if (!it.table || it.where.not_null.end)
        return VGI_OK;
    VGI_TRY(refuse_nulls(change, &it));
    return rewrite(change, &it, (span){it.where.type.end, it.where.type.end}, " NOT NULL");
}
SQ_CHANGE(table_not_null_set, vgi_catalog_table_not_null_set_params, schema_path)

static vgi_status table_not_null_drop(sq_change *change, const vgi_catalog_table_not_null_drop_params *asked)
{
    altered it;

    VGI_TRY(find(change, asked->name, asked->column_name, asked->ignore_not_found, &it));
    if (!it.table || !it.where.not_null.end || it.column->primary_key) /* SQLite's keys would take NULLs then */
        return VGI_OK;
    return rewrite(change, &it, it.where.not_null, "");
}
SQ_CHANGE(table_not_null_drop, vgi_catalog_table_not_null_drop_params, schema_path)

/* ---- DEFAULT ----------------------------------------------------------------------------------------------------- */

/* An UPDATE that nobody asked for: no trigger hears of it. */
static vgi_status run_untold(sq_change *change, sq_text *sql)
{
    vgi_status status;

    (void)sqlite3_db_config(change->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    status = sq_run(change, sql);
    (void)sqlite3_db_config(change->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    return status;
}

/* Rows that are older than a column end before it, and read as its default: they get what they read as, before that is
 * another one. */
static vgi_status fill_rows(sq_change *change, const altered *it)
{
    sq_text sql = {0};

    sq_text_puts(&sql, "UPDATE ");
    sq_text_object(&sql, vgi_str(it->table->name));
    sq_text_puts(&sql, " SET ");
    sq_text_name(&sql, vgi_str(it->column->name));
    sq_text_puts(&sql, " = ");
    sq_text_name(&sql, vgi_str(it->column->name));
    return run_untold(change, &sql);
}

static vgi_status table_column_default_set(sq_change *change, const vgi_catalog_table_column_default_set_params *asked)
{
    sq_text value = {0};
    vgi_status status;
    span gone;
    altered it;

    VGI_TRY(find(change, asked->name, asked->column_name, asked->ignore_not_found, &it));
    if (!it.table)
        return VGI_OK;
    sq_text_puts(&value, " DEFAULT ");
    status = sq_change_translate(change, "DEFAULT", asked->expression, NULL, &value);
    if (status == VGI_OK)
        status = fill_rows(change, &it);
    gone = it.where.fallback.end ? it.where.fallback : (span){it.where.type.end, it.where.type.end};
    if (status == VGI_OK)
        status = value.failed ? vgi_fail(change->call, VGI_ERR_MEMORY, "out of memory")
                              : rewrite(change, &it, gone, value.data);
    sq_text_done(&value);
    return status;
}
SQ_CHANGE(table_column_default_set, vgi_catalog_table_column_default_set_params, schema_path)

static vgi_status table_column_default_drop(sq_change *change,
                                            const vgi_catalog_table_column_default_drop_params *asked)
{
    altered it;

    VGI_TRY(find(change, asked->name, asked->column_name, asked->ignore_not_found, &it));
    if (!it.table || !it.where.fallback.end)
        return VGI_OK;
    VGI_TRY(fill_rows(change, &it));
    return rewrite(change, &it, it.where.fallback, "");
}
SQ_CHANGE(table_column_default_drop, vgi_catalog_table_column_default_drop_params, schema_path)

/* ---- the type ---------------------------------------------------------------------------------------------------- */

/* True of the plain cast that the engine sends where no USING was written: of the column to its new type. */
static bool is_plain_cast(vgi_string expression, const char *column)
{
    size_t pos = 0;
    sq_token token;

    if (!expression.size)
        return true;
    token = sq_token_next(expression.data, expression.size, &pos);
    if (names(token, column))
        return sq_token_next(expression.data, expression.size, &pos).kind == SQ_TOKEN_END;
    return sq_token_is(token, "CAST") && sq_token_is(sq_token_next(expression.data, expression.size, &pos), "(") &&
           names(sq_token_next(expression.data, expression.size, &pos), column) &&
           sq_token_is(sq_token_next(expression.data, expression.size, &pos), "AS");
}

static vgi_status convert(sq_change *change, const altered *it, sq_kind kind, const vgi_field *field)
{
    sq_conversion conversion = {.from = it->column->kind, .to = kind};
    sq_text sql = {0};
    vgi_status status;

    if (kind == SQ_DECIMAL) {
        conversion.precision = field->precision;
        conversion.scale = field->scale;
    }
    if (sqlite3_create_function(change->db, "sq_convert", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                &conversion, sq_convert, NULL, NULL) != SQLITE_OK)
        return sq_sql_fail(change->call, change->file, change->db, "SQLite");
    sq_text_puts(&sql, "UPDATE ");
    sq_text_object(&sql, vgi_str(it->table->name));
    sq_text_puts(&sql, " SET ");
    sq_text_name(&sql, vgi_str(it->column->name));
    sq_text_puts(&sql, " = sq_convert(");
    sq_text_name(&sql, vgi_str(it->column->name));
    sq_text_puts(&sql, ")");
    status = run_untold(change, &sql);
    (void)sqlite3_create_function(change->db, "sq_convert", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    return status;
}

static vgi_status change_type(sq_change *change, const altered *it, const vgi_field *field)
{
    sq_kind kind = sq_kind_of_field(field);
    sq_text declared = {0}, reindex = {0};
    vgi_status status;

    sq_text_puts(&declared, " ");
    if (!sq_declare(&declared, field) || declared.failed) {
        sq_text_done(&declared);
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED, "column \"%s\": SQLite has no place for that type",
                        it->column->name);
    }
    status = rewrite(change, it, it->where.type, declared.data);
    sq_text_done(&declared);
    if (status != VGI_OK)
        return status;
    sq_text_puts(&reindex, "REINDEX ");
    sq_text_object(&reindex, vgi_str(it->table->name));
    VGI_TRY(sq_run(change, &reindex));
    return convert(change, it, kind, field);
}

static vgi_status table_column_type_change(sq_change *change, const vgi_catalog_table_column_type_change_params *asked)
{
    const vgi_arrow_schema *schema;
    altered it;

    VGI_TRY(vgi_call_schema_decode(change->call, asked->column_definition, &schema));
    if (schema->n_fields != 1)
        return vgi_fail(change->call, VGI_ERR_VALUE, "a column's definition has %d fields", schema->n_fields);
    VGI_TRY(find(change, asked->name, schema->fields[0]->name, asked->ignore_not_found, &it));
    if (!it.table)
        return VGI_OK;
    if (it.column->is_rowid || (!it.table->rowid && it.column->primary_key))
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                        "table \"%s\", column \"%s\": rows are stored by it, so that its type cannot change",
                        it.table->name, it.column->name);
    if (!is_plain_cast(asked->expression, it.column->name))
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                        "table \"%s\", column \"%s\": USING is not understood here; add a column, UPDATE it, and drop "
                        "this one",
                        it.table->name, it.column->name);
    return change_type(change, &it, schema->fields[0]);
}
SQ_CHANGE(table_column_type_change, vgi_catalog_table_column_type_change_params, schema_path)
