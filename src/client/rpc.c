/* Calls and streams of any protocol, untouched: what rpc/peer does, with a client's errors and lifetimes. See
 * <vgi/rpc_client.h>; rpc.md §3, §5, §7. */
#include <vgi/rpc_client.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "client/client.h"

struct vgi_rpc_stream {
    vgi_client *client;
    vg_arena arena;
    const vgi_arrow_schema *expected; /* NULL: anything */
    const vgi_arrow_schema *output;   /* NULL: not known yet */
    bool is_open;
};

static vgi_status make_request(const vgi_rpc_call *call, vg_peer_request *ret, vgi_error *err)
{
    if (!call->method)
        return vgi_error_set(err, VGI_ERR_VALUE, "a call needs the name of a method");
    if (call->params)
        VGI_TRY(vg_batch_check_finished(call->params, err));
    *ret = (vg_peer_request){.method = call->method,
                             .protocol = call->protocol,
                             .version = call->version,
                             .params = call->params,
                             .metadata = call->metadata};
    return VGI_OK;
}

/* That what came has the types that the caller counts on. `expected` NULL: anything is well. */
static vgi_status check_answer(const vgi_arrow_schema *expected, const vgi_batch *batch, vgi_error *err)
{
    if (!expected)
        return VGI_OK;
    if (batch->n_columns != expected->n_fields)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the worker answered with %d columns where %d are expected",
                             (int)batch->n_columns, (int)expected->n_fields);
    for (int32_t i = 0; i < expected->n_fields; i++)
        if (!vg_type_equal(batch->schema->fields[i], expected->fields[i]))
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "the worker answered with %s in column '%.*s', not with %s",
                                 vgi_type_name(batch->schema->fields[i]->type), VG_FMT(expected->fields[i]->name),
                                 vgi_type_name(expected->fields[i]->type));
    return VGI_OK;
}

vgi_status vgi_client_call(vgi_client *client, const vgi_rpc_call *call, vgi_result *result, const vgi_batch **ret,
                           vgi_error *err)
{
    const vgi_batch *answer;
    vg_peer_request request;

    *ret = NULL;
    VGI_TRY(make_request(call, &request, err));
    VGI_TRY(vg_client_end(client, vg_peer_call(client->peer, &request, &answer, err), err));
    VGI_TRY(check_answer(call->result, answer, err));
    if (call->result && call->result->n_fields > 0 && answer->rows != 1)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the worker answered with %lld rows where one is expected",
                             (long long)answer->rows);
    return vg_batch_keep(&result->arena, answer, &VG_DEFAULT_LIMITS, ret, err);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void free_stream(vgi_rpc_stream *stream)
{
    vg_arena_done(&stream->arena);
    vg_free(stream);
}

vgi_status vgi_client_stream(vgi_client *client, const vgi_rpc_call *call, vgi_result *header,
                             const vgi_batch **ret_header, vgi_rpc_stream **ret, vgi_error *err)
{
    vgi_rpc_stream *stream;
    vg_peer_request request;
    vgi_status status;

    *ret = NULL;
    if (header)
        *ret_header = NULL;
    VGI_TRY(make_request(call, &request, err));
    stream = vg_malloc(sizeof *stream);
    if (!stream)
        return vg_client_no_memory(err);
    *stream = (vgi_rpc_stream){.client = client, .is_open = true};
    if (call->result) {
        stream->expected = vg_schema_copy(&stream->arena, call->result);
        if (!stream->expected) {
            free_stream(stream);
            return vg_client_no_memory(err);
        }
    }
    status = vg_peer_open(client->peer, &request, header != NULL, header ? &header->arena : NULL, ret_header, err);
    if (vg_client_end(client, status, err) != VGI_OK) {
        free_stream(stream);
        return status;
    }
    *ret = stream;
    return VGI_OK;
}

/* What the peer did with the stream. */
static vgi_status note(vgi_rpc_stream *stream, vgi_status status, vgi_error *err)
{
    const vgi_arrow_schema *output = vg_peer_output(stream->client->peer);

    stream->is_open = vg_peer_is_streaming(stream->client->peer);
    status = vg_client_end(stream->client, status, err);
    if (output && !stream->output && (status == VGI_OK || status == VGI_END)) {
        stream->output = vg_schema_copy(&stream->arena, output);
        if (!stream->output)
            return vg_client_no_memory(err);
    }
    return status;
}

static vgi_status turn(vgi_rpc_stream *stream, const vgi_batch *in, vgi_metadata metadata, const vgi_batch **ret,
                       vgi_error *err)
{
    vgi_status status;

    *ret = NULL;
    if (!stream->is_open)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the stream has ended");
    if (in)
        VGI_TRY(vg_batch_check_finished(in, err));
    VGI_TRY(note(stream, vg_peer_turn(stream->client->peer, in, metadata, ret, err), err));
    status = check_answer(stream->expected, *ret, err);
    if (status != VGI_OK)
        *ret = NULL;
    return status;
}

vgi_status vgi_rpc_stream_next(vgi_rpc_stream *stream, vgi_metadata metadata, const vgi_batch **ret, vgi_error *err)
{
    return turn(stream, NULL, metadata, ret, err);
}

vgi_status vgi_rpc_stream_exchange(vgi_rpc_stream *stream, const vgi_batch *in, const vgi_batch **ret, vgi_error *err)
{
    return turn(stream, in, (vgi_metadata){0}, ret, err);
}

bool vgi_rpc_stream_is_open(const vgi_rpc_stream *stream)
{
    return stream->is_open;
}

const vgi_arrow_schema *vgi_rpc_stream_schema(const vgi_rpc_stream *stream)
{
    return stream->output;
}

static vgi_status end(vgi_rpc_stream *stream, bool cancel, vgi_error *err)
{
    return stream->is_open ? note(stream, vg_peer_close(stream->client->peer, cancel, err), err) : VGI_OK;
}

vgi_status vgi_rpc_stream_cancel(vgi_rpc_stream *stream, vgi_error *err)
{
    return end(stream, true, err);
}

vgi_status vgi_rpc_stream_close(vgi_rpc_stream *stream, vgi_error *err)
{
    return end(stream, false, err);
}

void vgi_rpc_stream_free(vgi_rpc_stream *stream)
{
    if (!stream)
        return;
    (void)vgi_rpc_stream_cancel(stream, NULL);
    free_stream(stream);
}
