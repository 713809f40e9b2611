/* The snapshot of a SQLite file as vgi descriptors: one table a table, scanned by sqlite_scan('its name'). A rowid that
 * no column stands for is a column more, which `SELECT *` leaves out. And the catalog: a schema a file, each with the
 * functions; what the schemas hold, callbacks say (catalog.c). Everything lives in the snapshot's memory, or the
 * worker's. */
#include <string.h>

#include "sq.h"

/* `"id" BIGINT, "name" VARCHAR` */
const char *sq_columns_text(sq_mem *mem, const sq_table *table, bool with_rowid)
{
    sq_text text = {0};

    for (int i = 0; i < table->n_columns; i++) {
        const sq_column *column = &table->columns[i];

        if (i)
            sq_text_puts(&text, ", ");
        sq_text_quoted(&text, column->name, strlen(column->name), '"');
        sq_text_puts(&text, " ");
        sq_text_puts(&text, column->type);
    }
    if (with_rowid && table->rowid) {
        sq_text_puts(&text, ", ");
        sq_text_quoted(&text, table->rowid, strlen(table->rowid), '"');
        sq_text_puts(&text, " BIGINT");
    }
    return sq_text_keep(&text, mem);
}

const char *sq_scan_text(const sq_worker *worker, sq_mem *mem, const sq_file *file, const char *name)
{
    sq_text text = {0};

    sq_text_puts(&text, "sqlite_scan(");
    sq_text_quoted(&text, name, strlen(name), '\'');
    if (file != worker->files) {
        sq_text_puts(&text, ", \"schema\" := ");
        sq_text_quoted(&text, file->schema, strlen(file->schema), '\'');
    }
    sq_text_puts(&text, ")");
    return sq_text_keep(&text, mem);
}

/* Columns that have a default or a comment. What is NOT NULL, and the primary key, catalog.c adds: as constraints
 * alone, so that SQLite says which one a row has failed. */
static bool describe_columns(sq_mem *mem, const sq_table *table, vgi_table *descriptor)
{
    size_t count = (size_t)table->n_columns, n_info = 0;
    vgi_column_info *info = SQ_NEW(mem, vgi_column_info, count + 1);

    if (!info)
        return false;
    for (size_t i = 0; i < count; i++) {
        const sq_column *column = &table->columns[i];

        if (column->default_value || column->comment)
            info[n_info++] = (vgi_column_info){
                .name = column->name, .comment = column->comment, .default_value = column->default_value};
    }
    descriptor->column_info = info;
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

static bool describe_table(const sq_worker *worker, sq_mem *mem, const sq_table *table, vgi_table *descriptor)
{
    if (!describe_columns(mem, table, descriptor))
        return false;
    descriptor->name = table->name;
    descriptor->comment = table->comment;
    descriptor->columns = sq_columns_text(mem, table, true);
    descriptor->scan = sq_scan_text(worker, mem, table->file, table->name);
    descriptor->row_id = table->rowid;
    descriptor->tags = tags_of(mem, table);
    descriptor->unique = *table->unique ? table->unique : NULL;
    descriptor->check = *table->checks ? table->checks : NULL;
    descriptor->foreign_keys = table->foreign_keys->columns ? table->foreign_keys : NULL;
    return descriptor->columns && descriptor->scan && descriptor->tags;
}

bool sq_describe(const sq_worker *worker, sq_snapshot *snapshot)
{
    vgi_table *descriptors = SQ_NEW(&snapshot->mem, vgi_table, snapshot->n_tables + 1);

    if (!descriptors)
        return false;
    for (int i = 0; i < snapshot->n_tables; i++)
        if (!describe_table(worker, &snapshot->mem, &snapshot->tables[i], &descriptors[i]))
            return false;
    snapshot->descriptors = descriptors;
    return true;
}

/* ---- the catalog ------------------------------------------------------------------------------------------------- */

/* Every schema has the functions: `sqlite_scan` of the schema main the engine would take for one of its own, whose
 * extension it loads, and not find for tables of other schemas (docs/signature.md). */
static const vgi_schema *describe_schema(sq_worker *worker, const sq_file *file)
{
    sq_mem *mem = &worker->mem;
    vgi_schema *schema = SQ_NEW(mem, vgi_schema, 1);
    const vgi_table_function **functions = SQ_NEW(mem, const vgi_table_function *, 2);
    const vgi_table_in_out **writers = SQ_NEW(mem, const vgi_table_in_out *, 4);
    sq_text comment = {0};

    if (!schema || !functions || !writers)
        return NULL;
    functions[0] = worker->max_workers > 1 ? &SQ_SCAN_PARTS : &SQ_SCAN;
    writers[0] = &SQ_INSERT;
    writers[1] = &SQ_UPDATE;
    writers[2] = &SQ_DELETE;
    sq_text_puts(&comment, "SQLite file ");
    sq_text_puts(&comment, file->path);
    schema->name = file->schema;
    schema->comment = sq_text_keep(&comment, mem);
    schema->table_functions = functions;
    if (!worker->is_read_only)
        schema->table_in_outs = writers;
    return schema->comment ? schema : NULL;
}

bool sq_describe_catalog(sq_worker *worker)
{
    sq_mem *mem = &worker->mem;
    vgi_catalog *catalog = SQ_NEW(mem, vgi_catalog, 1);
    const vgi_schema **schemas = SQ_NEW(mem, const vgi_schema *, worker->n_files + 1);

    if (!catalog || !schemas)
        return false;
    for (int i = 0; i < worker->n_files; i++) {
        schemas[i] = describe_schema(worker, &worker->files[i]);
        if (!schemas[i])
            return false;
    }
    catalog->version = 1;
    catalog->comment = schemas[0]->comment;
    catalog->name = worker->name;
    catalog->default_schema = "main";
    catalog->schemas = schemas;
    catalog->ops = worker->is_read_only ? &SQ_READ_ONLY_OPS : &SQ_OPS;
    catalog->transactions = worker->is_read_only ? NULL : &SQ_TRANSACTIONS;
    worker->catalogs[0] = catalog;
    return true;
}
