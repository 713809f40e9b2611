/* Reading a request (rpc.md §3.1): one IPC stream of one batch, read through its EOS before anything can refuse it.
 * rpc/serve calls it. Resynchronises after a failed stream call: the input stream that the client had already opened is
 * told from a request by its first batch, and discarded (§3.3). */
#include "arrow/array.h"
#include "rpc/keys.h"
#include "rpc/session.h"

const vgi_arrow_schema VG_EMPTY_SCHEMA = {0};
const vgi_batch VG_EMPTY_BATCH = {.schema = &VG_EMPTY_SCHEMA};

static const vg_error_class INVALID = {"ArrowInvalid", NULL, "INVALID_ARGUMENT"};

/* Answers bytes that are no request. Best effort: the peer may be gone. */
static void answer_garbage(vg_session *session, const vgi_error *cause)
{
    (void)vg_call_refuse(&session->call, &INVALID, "%s", cause->message);
    (void)vg_reply_error(session, NULL, NULL);
}

static vgi_status copy_metadata(vg_session *session)
{
    vgi_metadata from = session->call.metadata;
    vgi_key_value *items = VG_NEW_ARRAY(&session->arena, vgi_key_value, from.count ? from.count : 1);

    for (size_t i = 0; items && i < from.count; i++) {
        items[i].key = vg_arena_string(&session->arena, from.items[i].key);
        items[i].value = vg_arena_string(&session->arena, from.items[i].value);
        if (!items[i].key.data || (from.items[i].value.data && !items[i].value.data))
            items = NULL;
    }
    if (!items)
        return vgi_fail(&session->call, VGI_ERR_MEMORY, "no memory for the metadata of the request");
    session->call.metadata = (vgi_metadata){items, from.count};
    return VGI_OK;
}

static vgi_status copy_params(vg_session *session, vgi_error *err)
{
    vgi_batch plain = *session->params;
    vgi_bytes bytes;

    if (plain.n_columns == 0) {
        session->params = &VG_EMPTY_BATCH;
        return VGI_OK;
    }
    plain.metadata = (vgi_metadata){0};
    VGI_TRY(vg_batch_encode(&session->arena, &plain, &bytes, err));
    return vg_batch_decode(&session->arena, bytes, &session->server->limits, &session->params, err);
}

static bool in_arena(const vg_session *session)
{
    return session->params == &VG_EMPTY_BATCH;
}

vgi_status vg_request_keep(vg_session *session)
{
    vgi_call *call = &session->call;

    VGI_TRY(copy_metadata(session));
    call->protocol = vgi_metadata_get(call->metadata, VG_KEY_PROTOCOL);
    call->method = vgi_metadata_get(call->metadata, VG_KEY_METHOD);
    if (in_arena(session))
        return VGI_OK;
    return copy_params(session, &call->error);
}

/* The batch has arrived, its EOS not yet. The usual EOS lies behind the batch already, and nothing need be copied. */
static vgi_status finish_request(vg_session *session, const vgi_batch *batch, vgi_error *err)
{
    session->params = batch;
    session->call.metadata = batch->metadata;
    if (!vg_reader_at_eos(session->reader)) {
        if (copy_metadata(session) != VGI_OK)
            return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a request");
        VGI_TRY(copy_params(session, err));
    }
    return vg_reader_drain(session->reader, err);
}

/* A request that cannot be decoded, but whose end can be found: answered, and the connection lives. */
static vgi_status skip_undecodable(vg_session *session, const vgi_error *cause, vgi_error *err)
{
    VGI_TRY(vg_reader_drain(session->reader, err));
    (void)vg_call_refuse(&session->call, &INVALID, "%s", cause->message);
    return vg_reply_error(session, NULL, err);
}

/* One stream: VGI_OK with *ret_done false where it was none that is to be served. */
static vgi_status read_stream(vg_session *session, bool *ret_done, vgi_error *err)
{
    bool may_be_input = session->input_may_follow;
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_error cause = {0};
    vgi_status status = vg_reader_open(session->reader, &schema, &cause);

    *ret_done = false;
    if (status == VGI_END)
        return VGI_END; /* at a boundary: the peer has closed */
    atomic_store(&session->busy, true);
    session->input_may_follow = false;
    if (status == VGI_OK)
        status = vg_reader_next(session->reader, &batch, &cause);
    if (status == VGI_END && may_be_input)
        return VGI_OK;
    if (status == VGI_END)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a request without a batch");
    if (status != VGI_OK) {
        if (vg_reader_broken(session->reader) || status == VGI_ERR_IO)
            return vgi_error_set(err, status, "%s", cause.message);
        return may_be_input ? vg_reader_drain(session->reader, err) : skip_undecodable(session, &cause, err);
    }
    if (may_be_input && !vgi_metadata_get(batch->metadata, VG_KEY_METHOD).data)
        return vg_reader_drain(session->reader, err);
    *ret_done = true;
    return finish_request(session, batch, err);
}

vgi_status vg_request_read(vg_session *session, vgi_error *err)
{
    vgi_error cause = {0};
    bool done = false;

    while (!done) {
        vgi_status status = read_stream(session, &done, &cause);
        if (status == VGI_END)
            return VGI_END;
        if (status != VGI_OK) {
            answer_garbage(session, &cause);
            return vgi_error_set(err, status, "%s", cause.message);
        }
        if (!done) {
            vgi_error_clear(&session->call.error);
            vgi_error_clear(&cause);
        }
    }
    return VGI_OK;
}
