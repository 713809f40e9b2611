/* init: opens the stream of a bound function (vgi.md §8). Each process may see only some of a query's calls, so the
 * function is resolved and bound once more from the request. */
#include <errno.h>
#include <sys/random.h>

#include "base/str.h"
#include "protocol/codec.h"
#include "worker/dispatch.h"
#include "worker/function_call.h"
#include "worker/owner.h"

enum { EXECUTION_ID_BYTES = 16 };

/* An id that no other process gives. */
static vgi_status mint_execution_id(vgi_call *call, vgi_bytes *ret)
{
    uint8_t *id = vg_arena_alloc(call->arena, EXECUTION_ID_BYTES);
    size_t have = 0;

    if (!id)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    while (have < EXECUTION_ID_BYTES) {
        ssize_t got = getrandom(id + have, EXECUTION_ID_BYTES - have, 0);
        if (got < 0 && errno != EINTR)
            return vgi_fail(call, VGI_ERR_RUNTIME, "the system gives no random bytes");
        have += got > 0 ? (size_t)got : 0;
    }
    *ret = (vgi_bytes){id, EXECUTION_ID_BYTES};
    return VGI_OK;
}

/* The header: one worker may scan what this stream gives, all of a scan or one part of it (plan.c). */
static vgi_status write_header(vgi_call *call, vgi_bytes execution_id, vg_stream *stream)
{
    vgi_global_init_response *header = VG_NEW(call->arena, vgi_global_init_response);

    if (!header)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    header->execution_id = execution_id;
    header->max_workers = (vgi_opt_int64){true, 1};
    return vg_row_encode(call->arena, &vg_global_init_response_record, header, call->version_minor, stream->header,
                         &call->error);
}

/* A second stream of the same scan: the first gives all rows, so this one gives none (vgi.md §8). */
static vgi_status nothing_more(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call;
    (void)state;
    (void)in;
    (void)out;
    return VGI_END;
}

/* The columns that the engine asked for, in its order (vgi.md §9), some of them more than once (UPDATE ... RETURNING);
 * sets function->positions, ->repeats. */
static vgi_status project(vgi_call *call, vg_function_call *function, const vgi_int64_list *ids,
                          const vgi_arrow_schema **ret)
{
    const int32_t n = function->output->n_fields, most = vg_call_limits(call)->max_fields;
    const int32_t asked = ids->count > (size_t)most ? -1 : (int32_t)ids->count;
    int32_t *positions = VG_NEW_ARRAY(call->arena, int32_t, n), *repeats;
    vgi_arrow_schema *schema = VG_NEW(call->arena, vgi_arrow_schema);
    const vgi_field **fields;

    if (asked < 0)
        return vgi_fail(call, VGI_ERR_LIMIT, "projection_ids names %zu columns; at most %d", ids->count, most);
    repeats = VG_NEW_ARRAY(call->arena, int32_t, asked);
    fields = VG_NEW_ARRAY(call->arena, const vgi_field *, asked);
    if (!positions || !repeats || !schema || !fields)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < n; i++)
        positions[i] = -1;
    for (int32_t i = 0; i < asked; i++) {
        int64_t id = ids->items[i];
        if (id < 0 || id >= n)
            return vgi_fail(call, VGI_ERR_VALUE, "projection_ids: %" PRId64 " is none of the %d columns of %.*s", id, n,
                            VG_FMT(function->function->name));
        repeats[i] = positions[id];
        if (positions[id] < 0)
            positions[id] = i;
        else
            function->n_repeats = i + 1;
        fields[i] = function->output->fields[id];
    }
    *schema = (vgi_arrow_schema){.n_fields = asked, .fields = fields};
    function->positions = positions;
    function->repeats = repeats;
    *ret = schema;
    return VGI_OK;
}

vgi_status vg_function_project(vgi_call *call, const vg_function_call *function, vgi_batch *out)
{
    if (!function->positions)
        return VGI_OK;
    vg_batch_repeat(out, function->repeats, function->n_repeats);
    return vg_batch_project(out, function->positions, function->output->n_fields, &call->error);
}

static vgi_status open_function(vgi_call *call, const vgi_init_request *request, vg_function_call *function,
                                vg_stream *stream)
{
    const vg_function *self = function->function;
    bool is_over_rows = self->kind == VG_FUNCTION_IN_OUT;

    stream->output = function->output;
    if (!request->pushdown_filters.data) /* else it counts rows that the filters leave */
        function->row_limit = request->row_limit;
    if (self->kind == VG_FUNCTION_SCALAR)
        return vg_scalar_open(call, function, stream);
    if ((is_over_rows ? self->in_out->projection_pushdown : self->table->projection_pushdown) &&
        request->projection_ids.present)
        VGI_TRY(project(call, function, &request->projection_ids, &stream->output));
    if (is_over_rows)
        return vg_in_out_open(call, function, request, stream);
    if (request->phase != VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_UNSET)
        return vgi_fail(call, VGI_ERR_VALUE, "%.*s is a table function without input: it has no phases",
                        VG_FMT(self->name));
    if (request->split_tokens.present && request->split_tokens.count > 0) {
        if (request->split_tokens.count > 1)
            return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "[SPLIT_TOKEN_INVALID] one split a stream, not %zu",
                            request->split_tokens.count);
        VGI_TRY(vg_split_open(call, request->split_tokens.items[0], function));
    } else if (request->execution_id.data) {
        stream->turn = nothing_more;
        return VGI_OK;
    }
    return vg_table_open(call, function, request, stream);
}

static vgi_status open_call(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    vgi_init_request *request = VG_NEW(call->arena, vgi_init_request);
    vg_function_call *function;
    vgi_bytes execution_id;

    if (!request)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(
        vg_request_decode(call->arena, params, vg_call_limits(call), &vg_init_request_record, request, &call->error));
    VGI_TRY(vg_function_call_decode(call, request->bind_call, &function));
    execution_id = request->execution_id;
    if (!execution_id.data)
        VGI_TRY(mint_execution_id(call, &execution_id));
    function->execution_id = execution_id;
    VGI_TRY(write_header(call, execution_id, stream));
    return open_function(call, request, function, stream);
}

vgi_status vg_open_init(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    vgi_status status = open_call(call, params, stream);

    if (status == VGI_END && call->forward)
        return vg_forward_open(call, params, stream);
    return vg_transaction_stream(call, stream, status);
}
