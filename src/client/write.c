/* Writing to a catalog's tables (vgi.md §13): the worker says which function takes the rows, and that is called with
 * what is wanted of it, the argument `write_options`. See <vgi/client.h>. */
#include "client/client.h"

#include <vgi/rpc_client.h>

/* ---- write_options ----------------------------------------------------------------------------------------------- */

static const vgi_field ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field *const ITEMS[] = {&ITEM};
static const vgi_field LIST = {.name = VGI_STR("on_conflict_columns"),
                               .type = VGI_TYPE_LIST,
                               .nullable = true,
                               .n_children = 1,
                               .children = ITEMS};
static const vgi_field RESULT = {.name = VGI_STR("result_mode"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field CONFLICT = {.name = VGI_STR("on_conflict"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field *const OPTIONS[] = {&RESULT, &CONFLICT, &LIST};
static const vgi_arrow_schema OPTIONS_SCHEMA = {.n_fields = 3, .fields = OPTIONS};

static void fill_options(const vgi_write *write, vgi_batch *out)
{
    vgi_column *list = vgi_out_column(out, 2);

    vgi_append_string(vgi_out_column(out, 0), write->result ? write->result : "count");
    vgi_append_string(vgi_out_column(out, 1), write->on_conflict ? write->on_conflict : "throw");
    for (size_t i = 0; write->on_conflict_columns && write->on_conflict_columns[i]; i++)
        vgi_append_string(vgi_child(list, 0), write->on_conflict_columns[i]);
    vgi_append_list(list);
}

static vgi_status encode_options(const vgi_write *write, vgi_result *result, vgi_bytes *ret, vgi_error *err)
{
    vgi_batch *out;

    VGI_TRY(vgi_batch_new(result, &OPTIONS_SCHEMA, 1, &out, err));
    fill_options(write, out);
    VGI_TRY(vgi_batch_finish(result, out, err));
    return vgi_batch_encode(result, out, ret, err);
}

/* ---- the function ------------------------------------------------------------------------------------------------ */

static vgi_status find_function(vgi_attachment *attachment, const vgi_write *write, vgi_result *result,
                                const vgi_write_function_result **ret, vgi_error *err)
{
    const vgi_catalog_table_insert_function_get_params insert = {.schema_path = write->schema_path,
                                                                 .name = vgi_str(write->table)};
    const vgi_catalog_table_update_function_get_params update = {.schema_path = write->schema_path,
                                                                 .name = vgi_str(write->table)};
    const vgi_catalog_table_delete_function_get_params delete = {.schema_path = write->schema_path,
                                                                 .name = vgi_str(write->table)};

    switch (write->kind) {
    case VGI_WRITE_INSERT:
        return vgi_client_catalog_table_insert_function_get(attachment, &insert, result, ret, err);
    case VGI_WRITE_UPDATE:
        return vgi_client_catalog_table_update_function_get(attachment, &update, result, ret, err);
    case VGI_WRITE_DELETE:
        return vgi_client_catalog_table_delete_function_get(attachment, &delete, result, ret, err);
    }
    return vgi_error_set(err, VGI_ERR_VALUE, "a write is an insert, an update or a delete");
}

static vgi_status open_write(vgi_attachment *attachment, const vgi_write *write, vgi_result *result, vgi_run **ret,
                             vgi_error *err)
{
    static const vgi_field BYTES = {.type = VGI_TYPE_BINARY, .nullable = true};
    int32_t offsets[2] = {0, 0};
    vgi_array array = {.field = &BYTES, .length = 1, .buffers = {offsets}};
    const vgi_value argument = {.name = "write_options", .array = &array};
    vgi_function_call call = {.type = VGI_FUNCTION_TYPE_TABLE,
                              .arguments = &argument,
                              .n_arguments = 1,
                              .input_schema = write->input_schema,
                              .settings = write->settings,
                              .n_settings = write->n_settings};
    const vgi_write_function_result *function;
    vgi_bytes options;
    vgi_string name;

    VGI_TRY(find_function(attachment, write, result, &function, err));
    VGI_TRY(encode_options(write, result, &options, err));
    name = vg_arena_string(&result->arena, function->function_name);
    if (!name.data || options.size > INT32_MAX)
        return vg_client_no_memory(err);
    offsets[1] = (int32_t)options.size;
    array.buffers[1] = options.data;
    call.schema_path = function->schema_path.count ? function->schema_path : write->schema_path;
    call.name = name.data;
    call.encoded_arguments = function->arguments;
    return vgi_function_open(attachment, &call, ret, err);
}

vgi_status vgi_write_open(vgi_attachment *attachment, const vgi_write *write, vgi_run **ret, vgi_error *err)
{
    vgi_result result = {0};
    vgi_status status;

    *ret = NULL;
    if (!write->table || !write->input_schema)
        return vgi_error_set(err, VGI_ERR_VALUE, "a write needs a table, and the columns that will be sent");
    status = open_write(attachment, write, &result, ret, err);
    vg_result_done(&result);
    return status;
}
