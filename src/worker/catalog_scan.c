/* How a table is scanned and written: catalog_table_scan_branches_get, and catalog_table_scan_function_get for callers
 * that prefer it (vgi.md §5, "ScanBranch kinds"); catalog_table_insert_function_get and its like. A table has one
 * branch: a function of its catalog, or any of the engine's. What writes is its catalog's. */
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

static vgi_status find_table(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path, vgi_string name,
                             vgi_string at_unit, const vg_table **ret)
{
    const vg_schema_entry *schema;

    VGI_TRY(vg_call_schema(call, attach_opaque_data, path, &schema));
    *ret = schema ? vg_schema_table(schema, name) : NULL;
    if (!*ret)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "Table %s does not exist",
                        vg_call_name(call, path, name, (vgi_string){0}));
    if (at_unit.data && !(*ret)->descriptor->supports_time_travel)
        return vgi_fail(call, VGI_ERR_VALUE, "Table %s does not support time travel queries",
                        vg_call_name(call, path, name, (vgi_string){0}));
    return VGI_OK;
}

/* The schema of a function of this catalog; none for the engine's own. */
static vgi_string_list function_path(const vg_table_call *call)
{
    return call->schema ? vg_schema_path(call->schema) : (vgi_string_list){0};
}

vgi_status vg_handle_catalog_table_scan_branches_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_table_scan_branches_get_params *params = request;
    vgi_scan_branches_result *result = response;
    vg_rows rows = {.record = &vg_scan_branch_record};
    const vg_table *table;
    void *row;
    vgi_scan_branch *branch;

    VGI_TRY(find_table(call, params->attach_opaque_data, params->schema_path, params->name, params->at_unit, &table));
    VGI_TRY(vg_rows_add(call, &rows, &row));
    branch = row;
    branch->function_name = table->scan.function;
    branch->schema_path = function_path(&table->scan);
    VGI_TRY(vg_encode_arguments(call, table->scan.arguments, table->scan.n_arguments, &branch->arguments));
    VGI_TRY(vg_names_list(call, table->descriptor->required_extensions, &result->required_extensions));
    return vg_rows_items(call, &rows, &result->branches);
}

vgi_status vg_fill_scan_function(vgi_call *call, const vg_table *table, vgi_scan_function_result *ret)
{
    ret->function_name = table->scan.function;
    ret->schema_path = function_path(&table->scan);
    VGI_TRY(vg_encode_arguments(call, table->scan.arguments, table->scan.n_arguments, &ret->arguments));
    return vg_names_list(call, table->descriptor->required_extensions, &ret->required_extensions);
}

vgi_status vg_handle_catalog_table_scan_function_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_table_scan_function_get_params *params = request;
    const vg_table *table;

    VGI_TRY(find_table(call, params->attach_opaque_data, params->schema_path, params->name, params->at_unit, &table));
    return vg_fill_scan_function(call, table, response);
}

/* ---- what writes it ---------------------------------------------------------------------------------------------- */

vgi_status vg_fill_write_function(vgi_call *call, const vg_table_call *of, vgi_write_function_result *ret)
{
    ret->function_name = of->function;
    ret->schema_path = function_path(of);
    return vg_encode_arguments(call, of->arguments, of->n_arguments, &ret->arguments);
}

/* A table that nothing is said of, or whose catalog can change nothing, is refused as any other change is. */
static vgi_status answer_write(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path, vgi_string name,
                               vg_write write, vgi_write_function_result *ret)
{
    static const char *const WHAT[VG_WRITES] = {"insert into", "update", "delete from"};
    const vg_schema_entry *schema;
    const vg_table *table;
    const vgi_catalog_ops *ops;

    VGI_TRY(vg_call_schema(call, attach_opaque_data, path, &schema));
    table = schema ? vg_schema_table(schema, name) : NULL;
    if (table && table->writes[write].function.data)
        return vg_fill_write_function(call, &table->writes[write], ret);
    ops = call->attachment->catalog->descriptor->ops;
    if (ops && !ops->is_read_only)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "Cannot %s table %s: nothing is declared that could",
                        WHAT[write], vg_call_name(call, path, name, (vgi_string){0}));
    return vgi_fail(call, VGI_ERR_READ_ONLY, "Cannot %s table %s: %s is read-only", WHAT[write],
                    vg_call_name(call, path, name, (vgi_string){0}), table ? "it" : "catalog");
}

#define ANSWER_WRITE(method, write)                                                                                    \
    vgi_status vg_handle_##method(vgi_call *call, const void *request, void *response)                                 \
    {                                                                                                                  \
        const vgi_##method##_params *params = request;                                                                 \
                                                                                                                       \
        return answer_write(call, params->attach_opaque_data, params->schema_path, params->name, write, response);     \
    }

ANSWER_WRITE(catalog_table_insert_function_get, VG_INSERT)
ANSWER_WRITE(catalog_table_update_function_get, VG_UPDATE)
ANSWER_WRITE(catalog_table_delete_function_get, VG_DELETE)
