/* The snapshot of SQLite files as vgi descriptors: one catalog, a schema a file, one table a table or view, each
 * scanned by sqlite_scan('its name'). A rowid that no column stands for is a column more, which `SELECT *` leaves out.
 * A view is a table here: SQLite runs its SQL, so that it always answers as SQLite does; the text is the tag `sql`.
 * Everything lives in the snapshot's memory. */
#include <string.h>

#include "sq.h"

/* `"id" BIGINT, "name" VARCHAR` */
static const char *columns_of(sq_mem *mem, const sq_table *table)
{
    sq_text text = {0};

    for (int i = 0; i < table->n_columns; i++) {
        const sq_column *column = &table->columns[i];

        if (i)
            sq_text_puts(&text, ", ");
        sq_text_quoted(&text, column->name, strlen(column->name), '"');
        sq_text_puts(&text, " ");
        sq_text_puts(&text, sq_kind_name(column->kind));
    }
    if (table->rowid) {
        sq_text_puts(&text, ", ");
        sq_text_quoted(&text, table->rowid, strlen(table->rowid), '"');
        sq_text_puts(&text, " BIGINT");
    }
    return sq_text_keep(&text, mem);
}

static const char *scan_of(const sq_worker *worker, sq_mem *mem, const sq_table *table)
{
    sq_text text = {0};

    sq_text_puts(&text, "sqlite_scan(");
    sq_text_quoted(&text, table->name, strlen(table->name), '\'');
    if (table->file != worker->files) {
        sq_text_puts(&text, ", \"schema\" := ");
        sq_text_quoted(&text, table->file->schema, strlen(table->file->schema), '\'');
    }
    sq_text_puts(&text, ")");
    return sq_text_keep(&text, mem);
}

/* Columns that have a default, columns that are NOT NULL, the primary key in its own order. */
static bool describe_columns(sq_mem *mem, const sq_table *table, vgi_table *descriptor)
{
    size_t count = (size_t)table->n_columns, n_info = 0, n_not_null = 0, n_key = 0;
    vgi_column_info *info = SQ_NEW(mem, vgi_column_info, count + 1);
    const char **not_null = SQ_NEW(mem, const char *, count + 1), **key = SQ_NEW(mem, const char *, count + 1);

    if (!info || !not_null || !key)
        return false;
    for (size_t i = 0; i < count; i++) {
        const sq_column *column = &table->columns[i];

        if (column->default_value)
            info[n_info++] = (vgi_column_info){.name = column->name, .default_value = column->default_value};
        if (column->not_null)
            not_null[n_not_null++] = column->name;
        if (column->primary_key > 0 && (size_t)column->primary_key <= count) {
            key[column->primary_key - 1] = column->name;
            n_key++;
        }
    }
    for (size_t i = 0; i < n_key; i++)
        if (!key[i])
            n_key = 0; /* part of the key is hidden */
    descriptor->column_info = info;
    descriptor->not_null = n_not_null ? not_null : NULL;
    descriptor->primary_key = n_key ? key : NULL;
    return true;
}

static const vgi_tag *tags_of(sq_mem *mem, const sq_table *table)
{
    vgi_tag *tags = SQ_NEW(mem, vgi_tag, 3);

    if (tags) {
        tags[0] = (vgi_tag){"type", table->type};
        if (table->sql)
            tags[1] = (vgi_tag){"sql", table->sql};
    }
    return tags;
}

static const vgi_table *describe_table(const sq_worker *worker, sq_mem *mem, const sq_table *table)
{
    vgi_table *descriptor = SQ_NEW(mem, vgi_table, 1);

    if (!descriptor || !describe_columns(mem, table, descriptor))
        return NULL;
    descriptor->name = table->name;
    descriptor->columns = columns_of(mem, table);
    descriptor->scan = scan_of(worker, mem, table);
    descriptor->row_id = table->rowid;
    descriptor->tags = tags_of(mem, table);
    descriptor->unique = *table->unique ? table->unique : NULL;
    descriptor->check = *table->checks ? table->checks : NULL;
    descriptor->foreign_keys = table->foreign_keys->columns ? table->foreign_keys : NULL;
    return descriptor->columns && descriptor->scan && descriptor->tags ? descriptor : NULL;
}

/* Every schema has the function: `sqlite_scan` of the schema main the engine would take for one of its own, whose
 * extension it loads, and not find for tables of other schemas (docs/signature.md). */
static const vgi_schema *describe_schema(const sq_worker *worker, const sq_file *file, sq_snapshot *snapshot)
{
    sq_mem *mem = &snapshot->mem;
    vgi_schema *schema = SQ_NEW(mem, vgi_schema, 1);
    const vgi_table **tables = SQ_NEW(mem, const vgi_table *, snapshot->n_tables + 1);
    const vgi_table_function **functions = SQ_NEW(mem, const vgi_table_function *, 2);
    sq_text comment = {0};
    int n = 0;

    if (!schema || !tables || !functions)
        return NULL;
    for (int i = 0; i < snapshot->n_tables; i++) {
        if (snapshot->tables[i].file != file)
            continue;
        tables[n] = describe_table(worker, mem, &snapshot->tables[i]);
        if (!tables[n++])
            return NULL;
    }
    functions[0] = worker->max_workers > 1 ? &SQ_SCAN_PARTS : &SQ_SCAN;
    sq_text_puts(&comment, "SQLite file ");
    sq_text_puts(&comment, file->path);
    schema->name = file->schema;
    schema->comment = sq_text_keep(&comment, mem);
    schema->tables = tables;
    schema->table_functions = functions;
    return schema->comment ? schema : NULL;
}

bool sq_describe(const sq_worker *worker, sq_snapshot *snapshot)
{
    sq_mem *mem = &snapshot->mem;
    vgi_catalog *catalog = SQ_NEW(mem, vgi_catalog, 1);
    const vgi_schema **schemas = SQ_NEW(mem, const vgi_schema *, worker->n_files + 1);
    vgi_tag *tags = SQ_NEW(mem, vgi_tag, 2);

    if (!catalog || !schemas || !tags)
        return false;
    catalog->version = 1;
    for (int i = 0; i < worker->n_files; i++) {
        schemas[i] = describe_schema(worker, &worker->files[i], snapshot);
        if (!schemas[i])
            return false;
        catalog->version += snapshot->identities[i].schema_version;
    }
    if (snapshot->left_out)
        tags[0] = (vgi_tag){"left_out", snapshot->left_out};
    catalog->comment = schemas[0]->comment;
    catalog->name = worker->name;
    catalog->default_schema = "main";
    catalog->tags = tags;
    catalog->schemas = schemas;
    snapshot->catalogs[0] = catalog;
    return true;
}
