/* Scans of a catalog's tables (vgi.md §5): the worker says which function gives a table's rows, and that is called. See
 * <vgi/client.h>. */
#include <string.h>

#include "client/client.h"

static vgi_status refuse_branch(const vgi_scan_branch *branch, const char *table, vgi_error *err)
{
    if (branch->source_table.data)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED,
                             "'%s' is read from another catalog's table '%.*s': an engine can", table,
                             (int)branch->source_table.size, branch->source_table.data);
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "'%s' is read from %.*s files: an engine can", table,
                         (int)branch->format_name.size, branch->format_name.data ? branch->format_name.data : "");
}

static vgi_status from_branches(const vgi_scan_branches_result *answer, const char *table, vgi_result *result,
                                vgi_table_source *ret, vgi_error *err)
{
    vgi_scan_branch branch;

    if (answer->branches.count != 1)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED,
                             "'%s' is scanned in %zu branches: only a table of one can be scanned here", table,
                             answer->branches.count);
    VGI_TRY(vgi_record_decode(result, VGI_RECORD_SCAN_BRANCH, answer->branches.items[0], &branch, sizeof branch, err));
    if (branch.function_name.size == 0)
        return refuse_branch(&branch, table, err);
    if (branch.branch_filter.data)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "'%s' is scanned under a filter in SQL: an engine can",
                             table);
    *ret = (vgi_table_source){branch.schema_path, branch.function_name, branch.arguments};
    return VGI_OK;
}

/* Branches are asked for first; a worker that does not know them has a scan function. */
static vgi_status find_source(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                              const vgi_function_call *options, vgi_result *result, vgi_table_source *ret,
                              vgi_error *err)
{
    const vgi_catalog_table_scan_branches_get_params branches = {.schema_path = schema_path,
                                                                 .name = vgi_str(table),
                                                                 .at_unit = vgi_str(options->at_unit),
                                                                 .at_value = vgi_str(options->at_value)};
    const vgi_catalog_table_scan_function_get_params function = {.schema_path = schema_path,
                                                                 .name = vgi_str(table),
                                                                 .at_unit = vgi_str(options->at_unit),
                                                                 .at_value = vgi_str(options->at_value)};
    const vgi_scan_branches_result *answer;
    const vgi_scan_function_result *scan;
    vgi_error refused = {0};
    vgi_status status = vgi_client_catalog_table_scan_branches_get(attachment, &branches, result, &answer, &refused);

    if (status == VGI_OK)
        return from_branches(answer, table, result, ret, err);
    if (status != VGI_ERR_NOT_IMPLEMENTED) {
        if (err && err->status == VGI_OK)
            *err = refused;
        return status;
    }
    VGI_TRY(vgi_client_catalog_table_scan_function_get(attachment, &function, result, &scan, err));
    *ret = (vgi_table_source){scan->schema_path, scan->function_name, scan->arguments};
    return VGI_OK;
}

vgi_status vgi_table_source_get(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                                const vgi_function_call *options, vgi_result *result, vgi_table_source *ret,
                                vgi_error *err)
{
    static const vgi_function_call NOW = {0};

    VGI_TRY(find_source(attachment, schema_path, table, options ? options : &NOW, result, ret, err));
    if (ret->schema_path.count == 0)
        ret->schema_path = schema_path;
    return VGI_OK;
}

static vgi_status open_table(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                             const vgi_function_call *options, vgi_result *result, vgi_run **ret, vgi_error *err)
{
    vgi_function_call call = *options;
    vgi_table_source from;
    vgi_string name;

    VGI_TRY(vgi_table_source_get(attachment, schema_path, table, options, result, &from, err));
    name = vg_arena_string(&result->arena, from.function_name);
    if (!name.data)
        return vg_client_no_memory(err);
    call.schema_path = from.schema_path;
    call.name = name.data;
    call.type = VGI_FUNCTION_TYPE_TABLE;
    call.arguments = NULL;
    call.n_arguments = 0;
    call.encoded_arguments = from.arguments;
    call.input_schema = NULL;
    return vgi_function_open(attachment, &call, ret, err);
}

vgi_status vgi_table_open(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                          const vgi_function_call *options, vgi_run **ret, vgi_error *err)
{
    static const vgi_function_call EVERYTHING = {0};
    vgi_result result = {0};
    vgi_status status;

    *ret = NULL;
    status = open_table(attachment, schema_path, table, options ? options : &EVERYTHING, &result, ret, err);
    vg_result_done(&result);
    return status;
}
