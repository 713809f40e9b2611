/* How a function call begins: bind, then init (vgi.md §7, §8). See run.h. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "client/run.h"
#include "client/values.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

/* ---- bind ------------------------------------------------------------------------------------------------------- */

vgi_status vg_bind_make(vgi_attachment *attachment, const vgi_function_call *call, vgi_result *memory,
                        vgi_bind_request *ret, vgi_error *err)
{
    *ret = (vgi_bind_request){
        .function_name = vg_arena_string(&memory->arena, vgi_str(call->name)),
        .function_type = call->type,
        .secrets = call->secrets,
        .attach_opaque_data = attachment->info->attach_opaque_data,
        .transaction_opaque_data = attachment->transaction,
        .at_unit = vgi_str(call->at_unit),
        .at_value = vgi_str(call->at_value),
        .schema_path = call->schema_path,
    };
    if (!ret->function_name.data)
        return vgi_error_set(err, VGI_ERR_VALUE, "a function call needs the name of a function");
    VGI_TRY(
        vg_arguments_encode(memory, call->arguments, call->n_arguments, call->encoded_arguments, &ret->arguments, err));
    if (call->n_settings > 0)
        VGI_TRY(vgi_values_encode(memory, call->settings, call->n_settings, &ret->settings, err));
    if (call->input_schema)
        VGI_TRY(vg_schema_encode(&memory->arena, call->input_schema, &ret->input_schema, err));
    return VGI_OK;
}

/* One entry an argument: the constants, then the input's columns under no name of their own. */
static vgi_status name_arguments(const vgi_function_call *call, vgi_result *memory, vgi_string_list *ret,
                                 vgi_error *err)
{
    size_t columns = call->input_schema ? (size_t)call->input_schema->n_fields : 0, count = 0;
    vgi_string *names = VG_NEW_ARRAY(&memory->arena, vgi_string, call->n_arguments + columns + 1);

    if (!names)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < columns; i++)
        names[count++] = call->input_schema->fields[i]->name;
    for (size_t i = 0; i < call->n_arguments; i++)
        names[count++] = vgi_str(call->arguments[i].name ? call->arguments[i].name : "");
    *ret = (vgi_string_list){names, count, true};
    return VGI_OK;
}

/* A function that wants secrets is told that there are none: it goes on without, or says what is missing (vgi.md §7).
 * */
static vgi_status bind(vgi_run *run, const vgi_function_call *call, vgi_error *err)
{
    vgi_bind_request request;

    VGI_TRY(vg_bind_make(run->attachment, call, &run->memory, &request, err));
    request.function_type = run->type;
    if (run->type == VGI_FUNCTION_TYPE_SCALAR)
        VGI_TRY(name_arguments(call, &run->memory, &request.argument_names, err));
    VGI_TRY(vgi_client_bind(run->attachment, &request, &run->memory, &run->bind, err));
    if (run->bind->lookup_secret_types.count > 0 && !call->secrets.data) {
        request.resolved_secrets_provided = true;
        VGI_TRY(vgi_client_bind(run->attachment, &request, &run->memory, &run->bind, err));
    }
    run->function_name = request.function_name.data;
    return vg_record_encode(&run->memory.arena, &vg_bind_request_record, &request, run->client->minor, &run->bind_call,
                            err);
}

/* ---- what is asked for of the output ------------------------------------------------------------------------------
 * */

/* The output of `columns`, and their ids. */
static vgi_status project(vgi_run *run, const char *const *columns, const vgi_arrow_schema *all, vgi_error *err)
{
    size_t count = 0, n = 0;
    const vgi_field **fields;
    vgi_arrow_schema *output;
    int64_t *ids;

    while (columns[count])
        count++;
    fields = VG_NEW_ARRAY(&run->memory.arena, const vgi_field *, (size_t)all->n_fields + 1);
    ids = VG_NEW_ARRAY(&run->memory.arena, int64_t, (size_t)all->n_fields + 1);
    output = VG_NEW(&run->memory.arena, vgi_arrow_schema);
    if (!fields || !ids || !output)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (vg_schema_find_nocase(all, vgi_str(columns[i])) < 0)
            return vgi_error_set(err, VGI_ERR_NOT_FOUND, "'%s' has no column '%.100s'", run->function_name, columns[i]);
    for (int32_t field = 0; field < all->n_fields; field++)
        for (size_t i = 0; i < count; i++)
            if (vg_schema_find_nocase(all, vgi_str(columns[i])) == field) {
                ids[n] = field;
                fields[n++] = all->fields[field];
                break;
            }
    *output = (vgi_arrow_schema){.n_fields = (int32_t)n, .fields = fields, .metadata = all->metadata};
    run->output = output;
    run->init.projection_ids = (vgi_int64_list){ids, n, true};
    return VGI_OK;
}

/* ---- init ------------------------------------------------------------------------------------------------------- */

vgi_status vg_run_open_stream(vgi_run *run, const vgi_global_init_response **ret, vgi_error *err)
{
    vgi_key_value none = {0};
    const vgi_field request_field = {.name = VGI_STR("request"), .type = VGI_TYPE_BINARY};
    const vgi_field *const fields[] = {&request_field};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    vgi_array column = {.field = &request_field, .length = 1};
    const vgi_batch params = {.schema = &schema, .rows = 1, .n_columns = 1, .columns = &column};
    vg_peer_request request = {.method = "init",
                               .protocol = VG_PROTOCOL_NAME,
                               .version = vg_client_version(run->client->minor),
                               .params = &params,
                               .metadata = {&none, 0}};
    vgi_global_init_response *answer = VG_NEW(&run->memory.arena, vgi_global_init_response);
    const vgi_batch *header;
    vgi_status status;
    vgi_bytes bytes;
    int32_t offsets[2];

    VGI_TRY(vg_record_encode(&run->memory.arena, &vg_init_request_record, &run->init, run->client->minor, &bytes, err));
    if (!answer || bytes.size > INT32_MAX)
        return vg_client_no_memory(err);
    offsets[0] = 0;
    offsets[1] = (int32_t)bytes.size;
    column.buffers[0] = offsets;
    column.buffers[1] = bytes.data;
    VGI_TRY(vg_client_end(run->client,
                          vg_peer_open(run->client->peer, &request, true, &run->memory.arena, &header, err), err));
    status = vg_row_decode(&run->memory.arena, header, &vg_global_init_response_record, answer, err);
    if (status != VGI_OK) {
        (void)vg_peer_close(run->client->peer, true, NULL); /* nobody can end that stream later */
        return status;
    }
    run->phase = VG_RUN_STREAMING;
    *ret = answer;
    return VGI_OK;
}

/* ---- which function --------------------------------------------------------------------------------------------- */

static vgi_status find_in(vgi_run *run, const vgi_function_call *call, vgi_schema_object_type kind, bool *ret_found,
                          vgi_error *err)
{
    const vgi_catalog_schema_contents_functions_params params = {.path = call->schema_path, .type = kind};
    vgi_function_info_list list;

    VGI_TRY(vgi_client_catalog_schema_contents_functions(run->attachment, &params, &run->turn, &list, err));
    for (size_t i = 0; i < list.count && !*ret_found; i++)
        if (vgi_string_equal(list.items[i].name, vgi_str(call->name))) {
            *ret_found = true;
            run->type = list.items[i].function_type;
            run->has_finalize = list.items[i].has_finalize;
        }
    return VGI_OK;
}

static vgi_status find_function(vgi_run *run, const vgi_function_call *call, vgi_error *err)
{
    bool found = false;

    run->type = call->type;
    run->has_finalize = call->has_finalize;
    if (call->type != VGI_FUNCTION_TYPE_UNSET)
        return VGI_OK;
    if (!call->name)
        return vgi_error_set(err, VGI_ERR_VALUE, "a function call needs the name of a function");
    VGI_TRY(find_in(run, call, VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION, &found, err));
    if (!found)
        VGI_TRY(find_in(run, call, VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION, &found, err));
    vgi_result_clear(&run->turn);
    return found ? VGI_OK
                 : vgi_error_set(err, VGI_ERR_NOT_FOUND, "the schema has no scalar or table function '%.100s'",
                                 call->name);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static vgi_status prepare_init(vgi_run *run, const vgi_function_call *call, vgi_error *err)
{
    const vgi_arrow_schema *all;

    VGI_TRY(vg_schema_decode(&run->memory.arena, run->bind->output_schema, &VG_DEFAULT_LIMITS, &all, err));
    run->output = all;
    run->init = (vgi_init_request){
        .bind_call = run->bind_call,
        .output_schema = run->bind->output_schema,
        .bind_opaque_data = run->bind->opaque_data,
        .pushdown_filters = call->pushdown_filters,
        .join_keys = call->join_keys,
        .row_limit = call->row_limit,
    };
    if (call->columns)
        VGI_TRY(project(run, call->columns, all, err));
    if (run->type == VGI_FUNCTION_TYPE_TABLE_BUFFERING)
        run->init.phase = VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_TABLE_BUFFERING;
    else if (run->type == VGI_FUNCTION_TYPE_TABLE && run->takes_input)
        run->init.phase = VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_INPUT;
    return VGI_OK;
}

static vgi_status keep_call(vgi_run *run, const vgi_function_call *call, vgi_error *err)
{
    VGI_TRY(vg_path_keep(&run->memory.arena, call->schema_path, &run->schema_path, err));
    run->takes_input = call->input_schema != NULL || run->type == VGI_FUNCTION_TYPE_SCALAR;
    if (!call->input_schema)
        return VGI_OK;
    run->input = vg_schema_copy(&run->memory.arena, call->input_schema);
    return run->input ? VGI_OK : vg_client_no_memory(err);
}

vgi_status vg_run_begin(vgi_run *run, const vgi_function_call *call, vgi_error *err)
{
    if (vg_peer_is_streaming(run->client->peer))
        return vgi_error_set(err, VGI_ERR_RUNTIME, "a function is running on this client: it must end first");
    VGI_TRY(find_function(run, call, err));
    VGI_TRY(keep_call(run, call, err));
    VGI_TRY(bind(run, call, err));
    VGI_TRY(prepare_init(run, call, err));
    VGI_TRY(vg_run_open_stream(run, &run->answer, err));
    run->init.execution_id = run->answer->execution_id;
    run->init.init_opaque_data = run->answer->opaque_data;
    if (run->type != VGI_FUNCTION_TYPE_TABLE_BUFFERING)
        return VGI_OK;
    run->phase = VG_RUN_BUFFERING;
    return vg_client_end(run->client, vg_peer_close(run->client->peer, false, err), err);
}
