/* Aggregates (vgi.md §8): groups are the caller's numbers, their state the worker's. See <vgi/client.h>. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "client/run.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

enum { MAX_NAMED_GROUPS = 1 << 20 }; /* of what the destructor names; the worker forgets the rest with the execution */

struct vgi_aggregate {
    vgi_attachment *attachment;
    vgi_result memory; /* as long as the aggregate */
    vgi_result turn;   /* of one call */
    vgi_string function_name;
    vgi_string_list schema_path;
    const vgi_aggregate_bind_response *bind;
    const vgi_arrow_schema *output;
    const vgi_arrow_schema *input;
    vg_buf groups; /* int64: those that were named, in no order */
};

static const vgi_field GROUP_ID = {.name = VGI_STR("__vgi_group_id"), .type = VGI_TYPE_INT64};
static const vgi_field SOURCE_ID = {.name = VGI_STR("source_group_id"), .type = VGI_TYPE_INT64};
static const vgi_field TARGET_ID = {.name = VGI_STR("target_group_id"), .type = VGI_TYPE_INT64};
static const vgi_field FINALIZE_ID = {.name = VGI_STR("group_id"), .type = VGI_TYPE_INT64};

static vgi_array ids_array(const vgi_field *field, const int64_t *ids, size_t count)
{
    return (vgi_array){.field = field, .length = (int64_t)count, .buffers = {ids}};
}

/* A batch of id columns, encoded in `turn`. */
static vgi_status encode_ids(vgi_aggregate *aggregate, const vgi_array *columns, int32_t count, vgi_bytes *ret,
                             vgi_error *err)
{
    const vgi_field *fields[2] = {columns[0].field, count > 1 ? columns[1].field : NULL};
    const vgi_arrow_schema schema = {.n_fields = count, .fields = fields};
    const vgi_batch batch = {.schema = &schema, .rows = columns[0].length, .n_columns = count, .columns = columns};

    return vg_batch_encode(&aggregate->turn.arena, &batch, ret, err);
}

/* Input columns travel under names of their own: col_0, col_1, ... (vgi.md §7). */
static vgi_status name_columns(vgi_aggregate *aggregate, const vgi_arrow_schema *given, vgi_error *err)
{
    vgi_arrow_schema *schema = VG_NEW(&aggregate->memory.arena, vgi_arrow_schema);
    int32_t count = given ? given->n_fields : 0;
    const vgi_field **fields = VG_NEW_ARRAY(&aggregate->memory.arena, const vgi_field *, count + 1);

    if (!schema || !fields)
        return vg_client_no_memory(err);
    for (int32_t i = 0; i < count; i++) {
        const vgi_field *copy = vg_field_copy(&aggregate->memory.arena, given->fields[i]);
        vgi_string name = vg_arena_printf(&aggregate->memory.arena, "col_%d", (int)i);

        if (!copy || !name.data)
            return vg_client_no_memory(err);
        ((vgi_field *)(uintptr_t)copy)->name = name;
        fields[i] = copy;
    }
    *schema = (vgi_arrow_schema){.n_fields = count, .fields = fields};
    aggregate->input = schema;
    return VGI_OK;
}

static vgi_status begin(vgi_aggregate *aggregate, const vgi_function_call *call, vgi_error *err)
{
    vgi_function_call with_names = *call;
    vgi_aggregate_bind_request request;
    vgi_bind_request made;

    VGI_TRY(name_columns(aggregate, call->input_schema, err));
    VGI_TRY(vg_path_keep(&aggregate->memory.arena, call->schema_path, &aggregate->schema_path, err));
    with_names.input_schema = aggregate->input;
    VGI_TRY(vg_bind_make(aggregate->attachment, &with_names, &aggregate->memory, &made, err));
    aggregate->function_name = made.function_name;
    request = (vgi_aggregate_bind_request){.function_name = made.function_name,
                                           .arguments = made.arguments,
                                           .input_schema = made.input_schema,
                                           .settings = made.settings,
                                           .secrets = made.secrets,
                                           .schema_path = aggregate->schema_path};
    VGI_TRY(vgi_client_aggregate_bind(aggregate->attachment, &request, &aggregate->memory, &aggregate->bind, err));
    return vg_schema_decode(&aggregate->memory.arena, aggregate->bind->output_schema, &VG_DEFAULT_LIMITS,
                            &aggregate->output, err);
}

static void discard(vgi_aggregate *aggregate)
{
    vg_result_done(&aggregate->memory);
    vg_result_done(&aggregate->turn);
    vg_buf_done(&aggregate->groups);
    vg_free(aggregate);
}

vgi_status vgi_aggregate_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_aggregate **ret,
                              vgi_error *err)
{
    vgi_aggregate *aggregate = vg_malloc(sizeof *aggregate);
    vgi_status status;

    *ret = NULL;
    if (!aggregate)
        return vg_client_no_memory(err);
    memset(aggregate, 0, sizeof *aggregate);
    aggregate->attachment = attachment;
    status = begin(aggregate, call, err);
    if (status == VGI_OK)
        *ret = aggregate;
    else
        discard(aggregate);
    return status;
}

const vgi_arrow_schema *vgi_aggregate_schema(const vgi_aggregate *aggregate)
{
    return aggregate->output;
}

static vgi_status note_groups(vgi_aggregate *aggregate, const int64_t *groups, size_t count, vgi_error *err)
{
    if (aggregate->groups.size / sizeof *groups + count > MAX_NAMED_GROUPS)
        return VGI_OK;
    for (size_t i = 0; i < count; i++) /* the same group row after row is one */
        if ((i == 0 || groups[i] != groups[i - 1]) && !vg_buf_append(&aggregate->groups, &groups[i], sizeof *groups))
            return vg_client_no_memory(err);
    return VGI_OK;
}

/* The caller's columns, with the group of every row before them. */
static vgi_status encode_update(vgi_aggregate *aggregate, const int64_t *groups, const vgi_batch *in, vgi_bytes *ret,
                                vgi_error *err)
{
    vg_arena *arena = &aggregate->turn.arena;
    int32_t count = aggregate->input->n_fields;
    const vgi_field **fields = VG_NEW_ARRAY(arena, const vgi_field *, count + 1);
    vgi_array *columns = VG_NEW_ARRAY(arena, vgi_array, count + 1);
    vgi_arrow_schema schema = {.n_fields = count + 1, .fields = fields};
    vgi_batch batch = {.schema = &schema, .rows = in->rows, .n_columns = count + 1, .columns = columns};

    if (!fields || !columns)
        return vg_client_no_memory(err);
    if (in->n_columns != count)
        return vgi_error_set(err, VGI_ERR_TYPE, "a batch of %d columns, where the aggregate was bound to %d",
                             (int)in->n_columns, (int)count);
    fields[0] = &GROUP_ID;
    columns[0] = ids_array(&GROUP_ID, groups, (size_t)in->rows);
    for (int32_t i = 0; i < count; i++) {
        fields[i + 1] = aggregate->input->fields[i];
        columns[i + 1] = in->columns[i];
        columns[i + 1].field = fields[i + 1];
    }
    return vg_batch_encode(arena, &batch, ret, err);
}

vgi_status vgi_aggregate_update(vgi_aggregate *aggregate, const int64_t *groups, const vgi_batch *in, vgi_error *err)
{
    vgi_aggregate_update_request request = {.function_name = aggregate->function_name,
                                            .execution_id = aggregate->bind->execution_id,
                                            .schema_path = aggregate->schema_path};
    const vgi_aggregate_update_response *response;

    vgi_result_clear(&aggregate->turn);
    VGI_TRY(note_groups(aggregate, groups, (size_t)in->rows, err));
    VGI_TRY(encode_update(aggregate, groups, in, &request.input_batch, err));
    return vgi_client_aggregate_update(aggregate->attachment, &request, &aggregate->turn, &response, err);
}

vgi_status vgi_aggregate_combine(vgi_aggregate *aggregate, const int64_t *sources, const int64_t *targets, size_t count,
                                 vgi_error *err)
{
    const vgi_array columns[] = {ids_array(&SOURCE_ID, sources, count), ids_array(&TARGET_ID, targets, count)};
    vgi_aggregate_combine_request request = {.function_name = aggregate->function_name,
                                             .execution_id = aggregate->bind->execution_id,
                                             .schema_path = aggregate->schema_path};
    const vgi_aggregate_combine_response *response;

    vgi_result_clear(&aggregate->turn);
    VGI_TRY(note_groups(aggregate, targets, count, err));
    VGI_TRY(encode_ids(aggregate, columns, 2, &request.merge_batch, err));
    return vgi_client_aggregate_combine(aggregate->attachment, &request, &aggregate->turn, &response, err);
}

vgi_status vgi_aggregate_finalize(vgi_aggregate *aggregate, const int64_t *groups, size_t count, vgi_result *result,
                                  const vgi_batch **ret, vgi_error *err)
{
    const vgi_array column = ids_array(&FINALIZE_ID, groups, count);
    vgi_aggregate_finalize_request request = {.function_name = aggregate->function_name,
                                              .execution_id = aggregate->bind->execution_id,
                                              .output_schema = aggregate->bind->output_schema,
                                              .schema_path = aggregate->schema_path};
    const vgi_aggregate_finalize_response *response;

    *ret = NULL;
    vgi_result_clear(&aggregate->turn);
    VGI_TRY(encode_ids(aggregate, &column, 1, &request.group_ids_batch, err));
    VGI_TRY(vgi_client_aggregate_finalize(aggregate->attachment, &request, result, &response, err));
    VGI_TRY(vg_batch_decode(&result->arena, response->result_batch, &VG_DEFAULT_LIMITS, ret, err));
    if ((*ret)->rows == (int64_t)count && (*ret)->n_columns == aggregate->output->n_fields)
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_PROTOCOL, "'%.*s' answers %zu groups with %lld rows of %d columns",
                         (int)aggregate->function_name.size, aggregate->function_name.data, count,
                         (long long)(*ret)->rows, (int)(*ret)->n_columns);
}

/* Best effort: a worker must not fail here, and nobody would hear it. */
static void forget_groups(vgi_aggregate *aggregate)
{
    const vgi_array column = ids_array(&FINALIZE_ID, (const int64_t *)(const void *)aggregate->groups.data,
                                       aggregate->groups.size / sizeof(int64_t));
    vgi_aggregate_destructor_request request = {.function_name = aggregate->function_name,
                                                .execution_id = aggregate->bind->execution_id,
                                                .schema_path = aggregate->schema_path};
    const vgi_aggregate_destructor_response *response;

    vgi_result_clear(&aggregate->turn);
    if (vgi_client_is_usable(aggregate->attachment->client) &&
        encode_ids(aggregate, &column, 1, &request.group_ids_batch, NULL) == VGI_OK)
        (void)vgi_client_aggregate_destructor(aggregate->attachment, &request, &aggregate->turn, &response, NULL);
}

void vgi_aggregate_free(vgi_aggregate *aggregate)
{
    if (!aggregate)
        return;
    forget_groups(aggregate);
    discard(aggregate);
}
