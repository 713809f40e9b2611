/* Tables and views of a schema: columns, their calls, and what constraints refer to. */
#include <string.h>

#include "base/str.h"
#include "worker/registry_build.h"

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

/* Both column lists must agree in number, names and types. */
static void check_columns(vg_making *making, vg_place place, const vgi_arrow_schema *columns,
                          const vgi_arrow_schema *given)
{
    if (columns->n_fields != given->n_fields) {
        vg_making_mistake(making, place, "has %d column(s), its scan function gives %d", columns->n_fields,
                          given->n_fields);
        return;
    }
    for (int32_t i = 0; i < columns->n_fields; i++) {
        const vgi_field *a = columns->fields[i], *b = given->fields[i];
        vgi_string is = vg_type_sql(making->arena, a), gives = vg_type_sql(making->arena, b);
        if (!vg_string_is_nocase(a->name, b->name) || !vg_type_equal(a, b))
            vg_making_mistake(making, place, "column %d is %.*s %.*s, its scan function gives %.*s %.*s", i + 1,
                              VG_FMT(a->name), VG_FMT(is), VG_FMT(b->name), VG_FMT(gives));
    }
}

/* Gives the columns of the scan's function where they are known. */
static const vgi_arrow_schema *make_scan(vg_making *making, vg_place place, const vg_catalog_entry *catalog,
                                         vg_table *table)
{
    const char *text = table->descriptor->scan;
    const vg_function *function;

    if (!text) {
        vg_making_mistake(making, place, "has no scan: the call that gives its rows");
        return NULL;
    }
    function = vg_making_call(making, place, catalog, table->schema, "scan", text, &table->scan);
    if (!table->scan.function.data)
        return NULL;
    if (!function) {
        if (!table->descriptor->columns)
            vg_making_mistake(making, place, "has no columns, and its scan function %.*s is none of this catalog's",
                              VG_FMT(table->scan.function));
        return NULL;
    }
    if (function->kind == VG_FUNCTION_IN_OUT) {
        vg_making_mistake(making, place, "the scan function %.*s needs rows to be given", VG_FMT(function->name));
        return NULL;
    }
    if (!table->descriptor->columns && !function->output)
        vg_making_mistake(making, place, "has no columns, and %.*s decides its own only when it is called",
                          VG_FMT(table->scan.function));
    return function->output;
}

/* ---- what writes it ---------------------------------------------------------------------------------------------- */

static bool has_row_id(const vg_table *table)
{
    for (int32_t i = 0; i < table->columns->n_fields; i++)
        if (vgi_metadata_get(table->columns->fields[i]->metadata, "is_row_id").data)
            return true;
    return false;
}

static void make_writes(vg_making *making, vg_place place, const vg_catalog_entry *catalog, vg_table *table)
{
    const vgi_table *descriptor = table->descriptor;
    const char *const texts[VG_WRITES] = {descriptor->insert, descriptor->update, descriptor->delete_from};
    static const char *const WHAT[VG_WRITES] = {"insert", "update", "delete_from"};

    for (int i = 0; i < VG_WRITES; i++) {
        vg_table_call *call = &table->writes[i];
        const vg_function *function;
        if (!texts[i])
            continue;
        function = vg_making_call(making, place, catalog, table->schema, WHAT[i], texts[i], call);
        if (!call->function.data)
            continue;
        if (!function || function->kind != VG_FUNCTION_IN_OUT || !function->in_out->writes)
            vg_making_mistake(making, place, "the %s calls %.*s, which is no function of this catalog that writes",
                              WHAT[i], VG_FMT(call->function));
        else
            table->returns[i] = function->in_out->returns;
        if (i != VG_INSERT && !has_row_id(table))
            vg_making_mistake(making, place, "has the call %s, which needs a row_id", WHAT[i]);
    }
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static void add_pair(vgi_key_value *items, size_t *count, const char *key, const char *value)
{
    if (value)
        items[(*count)++] = (vgi_key_value){vgi_str(key), vgi_str(value)};
}

static bool is_named(const char *const *names, vgi_string name)
{
    for (; names && *names; names++)
        if (vg_string_is_nocase(name, vgi_str(*names)))
            return true;
    return false;
}

/* One column with its default, comment and nullability where TableInfo.columns has them (vgi.md §1). */
static const vgi_field *describe(vg_making *making, const vgi_field *column, const vgi_table *descriptor)
{
    const vgi_column_info *info = descriptor->column_info;
    vgi_field *field = vg_making_array(making, 1, sizeof *field);
    vgi_key_value *items = vg_making_array(making, column->metadata.count + 2, sizeof *items);
    size_t count = column->metadata.count;

    if (!field || !items)
        return NULL;
    if (count)
        memcpy(items, column->metadata.items, count * sizeof *items);
    while (info && info->name && !vg_string_is_nocase(column->name, vgi_str(info->name)))
        ++info;
    if (info && info->name) {
        add_pair(items, &count, "default", info->default_value);
        add_pair(items, &count, "comment", info->comment);
    }
    *field = *column;
    field->metadata = (vgi_metadata){items, count};
    if (is_named(descriptor->not_null, column->name) || is_named(descriptor->primary_key, column->name))
        field->nullable = false;
    if (descriptor->row_id && vg_string_is_nocase(column->name, vgi_str(descriptor->row_id)) &&
        !vgi_metadata_get(field->metadata, "is_row_id").data)
        making->out_of_memory |= !vg_row_id_mark(making->arena, field);
    return field;
}

static void make_columns(vg_making *making, const vgi_arrow_schema *columns, vg_table *table)
{
    const vgi_table *descriptor = table->descriptor;
    vgi_arrow_schema *schema;
    const vgi_field **fields;

    table->columns = columns;
    if (!descriptor->column_info && !descriptor->not_null && !descriptor->primary_key && !descriptor->row_id)
        return; /* they are as the scan function has them, shared by all tables of it */
    schema = vg_making_array(making, 1, sizeof *schema);
    fields = vg_making_array(making, (size_t)columns->n_fields, sizeof *fields);
    if (!schema || !fields)
        return;
    for (int32_t i = 0; i < columns->n_fields; i++)
        fields[i] = describe(making, columns->fields[i], table->descriptor);
    *schema = (vgi_arrow_schema){.n_fields = columns->n_fields, .fields = fields, .metadata = columns->metadata};
    table->columns = schema;
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

static void check_names(vg_making *making, vg_place place, const vgi_arrow_schema *columns, const char *const *names,
                        const char *what)
{
    for (; names && *names; names++)
        if (vg_schema_find_nocase(columns, vgi_str(*names)) < 0)
            vg_making_mistake(making, place, "%s names the column %s, which it does not have", what, *names);
}

static void check_constraints(vg_making *making, vg_place place, const vg_table *table)
{
    const vgi_table *descriptor = table->descriptor;
    const char *const *const *keys = descriptor->unique;

    check_names(making, place, table->columns, descriptor->not_null, "not_null");
    check_names(making, place, table->columns, descriptor->primary_key, "primary_key");
    check_names(making, place, table->columns, (const char *const[]){descriptor->row_id, NULL}, "row_id");
    for (; keys && *keys; keys++)
        check_names(making, place, table->columns, *keys, "unique");
    for (const vgi_column_info *info = descriptor->column_info; info && info->name; info++)
        check_names(making, place, table->columns, (const char *const[]){info->name, NULL}, "column_info");
    for (const vgi_foreign_key *key = descriptor->foreign_keys; key && key->columns; key++)
        check_names(making, place, table->columns, key->columns, "foreign_keys");
    if (descriptor->has_cardinality && descriptor->cardinality < 0)
        vg_making_mistake(making, place, "its cardinality is negative");
}

/* Foreign keys point at tables of the same catalog, in as many columns; called once all tables are there. */
static void check_foreign_keys(vg_making *making, vg_place place, const vg_schema_entry *schema,
                               const vgi_table *descriptor)
{
    for (const vgi_foreign_key *key = descriptor->foreign_keys; key && key->columns; key++) {
        bool elsewhere = key->referenced_schema && !vg_string_is_nocase(schema->name, vgi_str(key->referenced_schema));
        const vg_table *target;
        if (!key->referenced_table || !key->referenced_columns ||
            vg_list_count(key->columns) != vg_list_count(key->referenced_columns)) {
            vg_making_mistake(making, place, "a foreign key needs a table and as many of its columns as it has itself");
            continue;
        }
        if (elsewhere)
            continue;
        target = vg_schema_table(schema, vgi_str(key->referenced_table));
        if (!target || !target->columns)
            vg_making_mistake(making, place, "a foreign key refers to the table %s, which schema %.*s does not have",
                              key->referenced_table, VG_FMT(schema->name));
        else
            check_names(making, place, target->columns, key->referenced_columns, "a foreign key");
    }
}

/* ---- all of a schema --------------------------------------------------------------------------------------------- */

static void make_table(vg_making *making, vg_place place, const vg_catalog_entry *catalog, vg_table *table)
{
    const char *text = table->descriptor->columns;
    const vgi_arrow_schema *given = make_scan(making, place, catalog, table), *columns = given;
    vgi_error err = {0};

    if (text && vg_columns_parse(making->arena, vgi_str(text), &columns, &err) != VGI_OK) {
        vg_making_failed(making, place, &err);
        return;
    }
    if (text && given)
        check_columns(making, place, columns, given);
    if (!columns)
        return;
    make_columns(making, columns, table);
    if (making->out_of_memory)
        return;
    check_constraints(making, place, table);
    make_writes(making, place, catalog, table);
}

const vg_mistake *vg_table_make(vg_arena *arena, const vg_catalog_entry *catalog, const vg_schema_entry *schema,
                                const vgi_table *descriptor, vg_table *ret, bool *ret_out_of_memory)
{
    const vg_mistake *mistakes = NULL;
    vg_making making = {.arena = arena, .mistakes_end = &mistakes};
    vg_place place = {catalog->name.data, schema->name.data, "table", descriptor->name};

    *ret = (vg_table){.name = vgi_str(descriptor->name), .descriptor = descriptor, .schema = schema};
    if (!vg_making_unnamed(&making, place, place.name))
        make_table(&making, place, catalog, ret);
    *ret_out_of_memory = making.out_of_memory;
    return mistakes;
}

void vg_making_tables(vg_making *making, const vg_catalog_entry *catalog, vg_schema_entry *schema)
{
    const vgi_table *const *descriptors = schema->descriptor->tables;
    vg_table *tables = vg_making_array(making, (size_t)vg_list_count(descriptors), sizeof *tables);
    vg_place place = {catalog->name.data, schema->name.data, "table", NULL};

    if (!tables)
        return;
    schema->tables = tables;
    for (; descriptors && *descriptors; descriptors++) {
        vg_table *table = &tables[schema->n_tables];
        place.name = (*descriptors)->name;
        if (vg_making_unnamed(making, place, place.name))
            continue;
        if (vg_schema_table(schema, vgi_str(place.name)))
            vg_making_mistake(making, place, "there are two of that name");
        *table = (vg_table){.name = vgi_str(place.name), .descriptor = *descriptors, .schema = schema};
        ++schema->n_tables;
        make_table(making, place, catalog, table);
    }
    for (int32_t i = 0; i < schema->n_tables && !making->out_of_memory; i++) {
        place.name = tables[i].name.data;
        check_foreign_keys(making, place, schema, tables[i].descriptor);
    }
}

void vg_making_views(vg_making *making, const vg_catalog_entry *catalog, const vg_schema_entry *schema)
{
    const vgi_view *const *views = schema->descriptor->views;
    vg_place place = {catalog->name.data, schema->name.data, "view", NULL};

    for (; views && *views; views++) {
        place.name = (*views)->name;
        if (vg_making_unnamed(making, place, place.name))
            continue;
        if (!(*views)->definition || !*(*views)->definition)
            vg_making_mistake(making, place, "has no definition");
        if (vg_schema_table(schema, vgi_str(place.name)))
            vg_making_mistake(making, place, "there is a table of that name");
        for (const vgi_view *const *other = schema->descriptor->views; other != views; other++)
            if ((*other)->name && vg_string_is_nocase(vgi_str(place.name), vgi_str((*other)->name)))
                vg_making_mistake(making, place, "there are two of that name");
    }
}
