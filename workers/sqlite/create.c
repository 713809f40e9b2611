/* CREATE TABLE: columns whose declared types read back as the engine's, their defaults, and the table's constraints,
 * which SQLite enforces. A type, a default or a CHECK that SQLite has no equal for is refused by name. */
#include <string.h>

#include "change.h"

vgi_status sq_change_declare(sq_change *change, const vgi_field *field, sq_text *sql)
{
    sq_text_name(sql, field->name);
    sq_text_puts(sql, " ");
    if (sq_declare(sql, field))
        return VGI_OK;
    return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                    "column \"%.*s\": SQLite has no place for its type; VARCHAR and BLOB hold anything",
                    field->name.size < 200 ? (int)field->name.size : 200, field->name.data);
}

/* `("a", "b")` of columns by their numbers. */
static vgi_status add_columns(sq_change *change, const vgi_arrow_schema *columns, vgi_int32_list numbers, sq_text *sql)
{
    sq_text_puts(sql, "(");
    for (size_t i = 0; i < numbers.count; i++) {
        if (numbers.items[i] < 0 || numbers.items[i] >= columns->n_fields)
            return vgi_fail(change->call, VGI_ERR_VALUE, "a constraint names column %d, and there are %d",
                            numbers.items[i], columns->n_fields);
        sq_text_puts(sql, i ? ", " : "");
        sq_text_name(sql, columns->fields[numbers.items[i]]->name);
    }
    sq_text_puts(sql, ")");
    return VGI_OK;
}

static vgi_status add_keys(sq_change *change, const vgi_arrow_schema *columns, const char *word,
                           vgi_int32_list_list keys, sq_text *sql)
{
    for (size_t i = 0; i < keys.count; i++) {
        sq_text_puts(sql, word);
        VGI_TRY(add_columns(change, columns, keys.items[i], sql));
    }
    return VGI_OK;
}

static void add_names(vgi_string_list names, sq_text *sql)
{
    sq_text_puts(sql, "(");
    for (size_t i = 0; i < names.count; i++) {
        sq_text_puts(sql, i ? ", " : "");
        sq_text_name(sql, names.items[i]);
    }
    sq_text_puts(sql, ")");
}

static vgi_status add_foreign_keys(sq_change *change, vgi_bytes_list keys, sq_text *sql)
{
    for (size_t i = 0; i < keys.count; i++) {
        vgi_foreign_key_info key = {0};
        const vgi_string_list *path = &key.referenced_schema_path;

        VGI_TRY(vgi_call_record_decode(change->call, VGI_RECORD_FOREIGN_KEY_INFO, keys.items[i], &key, sizeof key));
        if (path->count && sq_file_named(change->use.worker, path->items[path->count - 1]) != change->file)
            return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED,
                            "a foreign key of SQLite's cannot refer to a table of another file");
        sq_text_puts(sql, ", FOREIGN KEY ");
        add_names(key.fk_columns, sql);
        sq_text_puts(sql, " REFERENCES ");
        sq_text_name(sql, key.referenced_table);
        if (key.pk_columns.count)
            add_names(key.pk_columns, sql);
    }
    return VGI_OK;
}

static const char **names_of(vgi_call *call, const vgi_arrow_schema *columns)
{
    const char **names = vgi_alloc(call, (size_t)(columns->n_fields + 1) * sizeof *names);

    for (int32_t i = 0; names && i < columns->n_fields; i++) {
        names[i] = vgi_call_text(call, "%.*s", (int)columns->fields[i]->name.size, columns->fields[i]->name.data).data;
        if (!names[i])
            return NULL;
    }
    return names;
}

static vgi_status add_column(sq_change *change, const vgi_table_create_request *asked, const vgi_field *field,
                             int32_t i, sq_text *sql)
{
    vgi_string default_value = vgi_metadata_get(field->metadata, "default");

    VGI_TRY(sq_change_declare(change, field, sql));
    if (vgi_metadata_get(field->metadata, "generated_expression").data)
        return vgi_fail(change->call, VGI_ERR_NOT_IMPLEMENTED, "column \"%.*s\": generated columns are not made here",
                        (int)field->name.size, field->name.data);
    for (size_t k = 0; k < asked->not_null_constraints.count; k++)
        if (asked->not_null_constraints.items[k] == i) {
            sq_text_puts(sql, " NOT NULL");
            break;
        }
    if (!default_value.size)
        return VGI_OK;
    sq_text_puts(sql, " DEFAULT ");
    return sq_change_translate(change, "DEFAULT", default_value, NULL, sql);
}

static vgi_status add_table(sq_change *change, const vgi_table_create_request *asked, const vgi_arrow_schema *columns,
                            sq_text *sql)
{
    const char **names = names_of(change->call, columns);

    if (!names)
        return vgi_fail(change->call, VGI_ERR_MEMORY, "out of memory");
    sq_text_puts(sql, "CREATE TABLE ");
    sq_text_object(sql, asked->name);
    sq_text_puts(sql, "(");
    for (int32_t i = 0; i < columns->n_fields; i++) {
        sq_text_puts(sql, i ? ", " : "");
        VGI_TRY(add_column(change, asked, columns->fields[i], i, sql));
    }
    VGI_TRY(add_keys(change, columns, ", PRIMARY KEY ", asked->primary_key_constraints, sql));
    VGI_TRY(add_keys(change, columns, ", UNIQUE ", asked->unique_constraints, sql));
    for (size_t i = 0; i < asked->check_constraints.count; i++) {
        sq_text_puts(sql, ", CHECK ");
        VGI_TRY(sq_change_translate(change, "CHECK", asked->check_constraints.items[i], names, sql));
    }
    VGI_TRY(add_foreign_keys(change, asked->foreign_key_constraints, sql));
    sq_text_puts(sql, ")");
    return VGI_OK;
}

static vgi_status add_comments(sq_change *change, const vgi_table_create_request *asked,
                               const vgi_arrow_schema *columns)
{
    for (int32_t i = 0; i < columns->n_fields; i++) {
        vgi_string comment = vgi_metadata_get(columns->fields[i]->metadata, "comment");

        if (comment.data && !sq_comment_set(change->db, asked->name, columns->fields[i]->name, comment))
            return sq_sql_fail(change->call, change->file, change->db, "SQLite");
    }
    return VGI_OK;
}

/* OR REPLACE: the old one goes, with its rows. */
static vgi_status replace(sq_change *change, const sq_table *table)
{
    if (strcmp(table->type, "view") == 0)
        return vgi_fail(change->call, VGI_ERR_VALUE, "there is a view \"%s\" already", table->name);
    return sq_change_drop(change, table);
}

static vgi_status table_create(sq_change *change, const vgi_table_create_request *asked)
{
    const sq_table *table = sq_snapshot_table(change->snapshot, asked->name.data, asked->name.size);
    const vgi_arrow_schema *columns;
    vgi_status status;
    sq_text sql = {0};

    if (table && asked->on_conflict == VGI_ON_CONFLICT_IGNORE)
        return VGI_OK;
    if (table && asked->on_conflict != VGI_ON_CONFLICT_REPLACE)
        return vgi_fail(change->call, VGI_ERR_VALUE, "there is a %s \"%s\" already", table->type, table->name);
    VGI_TRY(vgi_call_schema_decode(change->call, asked->columns, &columns));
    status = add_table(change, asked, columns, &sql);
    if (status == VGI_OK && table)
        status = replace(change, table);
    if (status != VGI_OK) {
        sq_text_done(&sql);
        return status;
    }
    VGI_TRY(sq_run(change, &sql));
    return add_comments(change, asked, columns);
}
SQ_CHANGE(table_create, vgi_table_create_request, schema_path)
