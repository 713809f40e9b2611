/* Tables: catalog_schema_contents_tables, catalog_table_get (vgi.md §5, TableInfo). How a table is scanned is
 * catalog_scan.c. */
#include "base/str.h"
#include "ipc/writer.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

static size_t count_names(const char *const *names)
{
    size_t n = 0;

    while (names && names[n])
        n++;
    return n;
}

/* Column names as indices into TableInfo.columns; the registry has checked that they exist. */
static vgi_status fill_indices(vgi_call *call, const vg_table *table, const char *const *names, vgi_int32_list *ret)
{
    size_t n = count_names(names);
    int32_t *items = VG_NEW_ARRAY(call->arena, int32_t, n);

    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++) {
        items[i] = vg_schema_find_nocase(table->columns, vgi_str(names[i]));
        if (items[i] < 0)
            return vgi_fail(call, VGI_ERR_RUNTIME, "table %.*s has a constraint on column %s, which it has not",
                            VG_FMT(table->name), names[i]);
    }
    *ret = (vgi_int32_list){.items = items, .count = n, .present = true};
    return VGI_OK;
}

static vgi_status fill_keys(vgi_call *call, const vg_table *table, const char *const *const *keys, size_t n,
                            vgi_int32_list_list *ret)
{
    vgi_int32_list *items = VG_NEW_ARRAY(call->arena, vgi_int32_list, n);

    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++)
        VGI_TRY(fill_indices(call, table, keys[i], &items[i]));
    *ret = (vgi_int32_list_list){.items = items, .count = n, .present = true};
    return VGI_OK;
}

static vgi_status fill_foreign_keys(vgi_call *call, const vg_table *table, vgi_bytes_list *ret)
{
    const vgi_foreign_key *keys = table->descriptor->foreign_keys;
    vg_rows rows = {.record = &vg_foreign_key_info_record};

    for (size_t i = 0; keys && keys[i].columns; i++) {
        vgi_string *schema = VG_NEW(call->arena, vgi_string);
        void *row;
        vgi_foreign_key_info *info;

        if (!schema)
            return vg_call_out_of_memory(call);
        VGI_TRY(vg_rows_add(call, &rows, &row));
        info = row;
        *schema = keys[i].referenced_schema ? vgi_str(keys[i].referenced_schema) : table->schema->name;
        info->referenced_schema_path = (vgi_string_list){.items = schema, .count = 1, .present = true};
        info->referenced_table = vgi_str(keys[i].referenced_table);
        VGI_TRY(vg_names_list(call, keys[i].columns, &info->fk_columns));
        VGI_TRY(vg_names_list(call, keys[i].referenced_columns, &info->pk_columns));
    }
    return vg_rows_items(call, &rows, ret);
}

/* Told with the table, so that nobody has to ask for each scan. */
static vgi_status fill_scan(vgi_call *call, const vg_table *table, vgi_bytes *ret)
{
    vgi_scan_function_result scan = {0};

    VGI_TRY(vg_fill_scan_function(call, table, &scan));
    return vg_encode_record(call, &vg_scan_function_result_record, &scan, ret);
}

/* The same of what writes it, and what that can answer with. */
static vgi_status fill_writes(vgi_call *call, const vg_table *table, vgi_table_info *info)
{
    static const char *const KEYS[VG_WRITES] = {"insert", "update", "delete"};
    static const char *const RESULTS[] = {
        [VGI_WRITE_COUNT] = "count", [VGI_WRITE_ROWS] = "rows", [VGI_WRITE_CHANGES] = "changes"};
    vgi_bytes *const functions[VG_WRITES] = {&info->insert_function, &info->update_function, &info->delete_function};
    vgi_string_pair *modes = VG_NEW_ARRAY(call->arena, vgi_string_pair, VG_WRITES);
    size_t n = 0;

    if (!modes)
        return vg_call_out_of_memory(call);
    for (int i = 0; i < VG_WRITES; i++) {
        vgi_write_function_result write = {0};
        if (!table->writes[i].function.data)
            continue;
        modes[n++] = (vgi_string_pair){vgi_str(KEYS[i]), vgi_str(RESULTS[table->returns[i]])};
        VGI_TRY(vg_fill_write_function(call, &table->writes[i], &write));
        VGI_TRY(vg_encode_record(call, &vg_write_function_result_record, &write, functions[i]));
    }
    info->write_result_modes = (vgi_string_map){.items = modes, .count = n, .present = true};
    return VGI_OK;
}

static vgi_status fill_table(vgi_call *call, const vg_table *table, vgi_table_info *info)
{
    const vgi_table *descriptor = table->descriptor;
    size_t n_unique = 0;

    info->comment = vgi_str(descriptor->comment);
    info->name = table->name;
    info->schema_path = vg_schema_path(table->schema);
    VGI_TRY(vg_tags_map(call, descriptor->tags, &info->tags));
    VGI_TRY(vg_schema_encode(call->arena, table->columns, &info->columns, vgi_call_error(call)));
    VGI_TRY(fill_indices(call, table, descriptor->not_null, &info->not_null_constraints));
    while (descriptor->unique && descriptor->unique[n_unique])
        n_unique++;
    VGI_TRY(fill_keys(call, table, descriptor->unique, n_unique, &info->unique_constraints));
    VGI_TRY(fill_keys(call, table, &descriptor->primary_key, descriptor->primary_key ? 1 : 0,
                      &info->primary_key_constraints));
    VGI_TRY(vg_names_list(call, descriptor->check, &info->check_constraints));
    VGI_TRY(fill_foreign_keys(call, table, &info->foreign_key_constraints));
    VGI_TRY(fill_scan(call, table, &info->scan_function));
    VGI_TRY(fill_writes(call, table, info));
    if (descriptor->has_cardinality)
        info->cardinality_estimate = info->cardinality_max = (vgi_opt_int64){true, descriptor->cardinality};
    return VGI_OK;
}

static vgi_status add_table(vgi_call *call, const vg_table *table, vg_rows *rows)
{
    void *row;

    VGI_TRY(vg_rows_add(call, rows, &row));
    return fill_table(call, table, row);
}

vgi_status vgi_table_describe(vgi_call *call, const vgi_table *table, const char *schema, vgi_table_info *ret)
{
    const vg_catalog_entry *catalog = call->attachment ? call->attachment->catalog : NULL;
    vgi_string name = vgi_str(schema);
    const vg_schema_entry *declared = catalog ? vg_catalog_schema(catalog, &name, 1) : NULL;
    vg_schema_entry *undeclared = VG_NEW(call->arena, vg_schema_entry);
    vg_table *made = VG_NEW(call->arena, vg_table);
    const vg_mistake *mistakes;
    bool out_of_memory;

    if (!undeclared || !made)
        return vg_call_out_of_memory(call);
    if (!catalog)
        return vgi_fail(call, VGI_ERR_RUNTIME, "vgi_table_describe is for callbacks of a catalog that was attached");
    undeclared->name = name;
    mistakes = vg_table_make(call->arena, catalog, declared ? declared : undeclared, table, made, &out_of_memory);
    if (out_of_memory)
        return vg_call_out_of_memory(call);
    return mistakes ? vg_mistakes_error(mistakes, vgi_call_error(call)) : fill_table(call, made, ret);
}

vgi_status vg_list_tables(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    for (int32_t i = 0; i < schema->n_tables; i++)
        VGI_TRY(add_table(call, &schema->tables[i], rows));
    return VGI_OK;
}

vgi_status vg_handle_catalog_schema_contents_tables(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schema_contents_tables_params *params = request;

    return vg_answer_listing(call, params->attach_opaque_data, params->path, &vg_table_info_record, vg_list_tables,
                             &((vgi_tables_response *)response)->items);
}

/* Something that does not exist is no item, never an error: the engine asks before it creates or drops. */
vgi_status vg_handle_catalog_table_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_table_get_params *params = request;
    const vg_schema_entry *schema;
    const vg_table *table;
    vg_rows rows = {.record = &vg_table_info_record};

    VGI_TRY(vg_call_schema(call, params->attach_opaque_data, params->schema_path, &schema));
    table = schema ? vg_schema_table(schema, params->name) : NULL;
    if (table && params->at_unit.data && !table->descriptor->supports_time_travel)
        return vgi_fail(call, VGI_ERR_VALUE, "Table %s does not support time travel queries",
                        vg_call_name(call, params->schema_path, params->name, (vgi_string){0}));
    if (table)
        VGI_TRY(add_table(call, table, &rows));
    return vg_rows_items(call, &rows, &((vgi_tables_response *)response)->items);
}

/* Nothing is known about columns: null (vgi.md §10). `response` is the optional result's bytes, left absent. */
vgi_status vg_handle_catalog_table_column_statistics_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_table_column_statistics_get_params *params = request;
    const vg_schema_entry *schema;

    (void)response;
    return vg_call_schema(call, params->attach_opaque_data, params->schema_path, &schema);
}
