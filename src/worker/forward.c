/* Calls whose transaction another process has: passed on as they came, and what comes back, too (owner.h). A batch of a
 * stream is written out of the bytes that it arrived in.
 *
 * Where the owner dies during a call, its marker says what became of the transaction: the next call tells. */
#include <stdio.h>
#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "protocol/codec.h"
#include "rpc/keys.h"
#include "rpc/session.h"
#include "worker/catalog_rows.h"
#include "worker/owner.h"

typedef struct vg_forward {
    vgi_call *call;
    vg_connection *connection;
    vg_peer *peer;
    bool has_id;
    uint8_t id[VG_TRANSACTION_ID];
} vg_forward;

/* ---- the way ----------------------------------------------------------------------------------------------------- */

static void release(void *what)
{
    vg_forward *forward = what;

    vg_peer_free(forward->peer);
    vg_connection_free(forward->connection);
    vg_free(forward);
}

static const char *level_of(vgi_call *call, vgi_string level)
{
    const char *copy = vg_arena_string(call->turn_arena, level).data;

    return copy ? copy : "INFO";
}

/* What the owner's callbacks log, the caller hears. */
static void pass_log(void *user, const vg_said *said)
{
    vgi_call *call = ((vg_forward *)user)->call;
    vg_log_entry *entry = VG_NEW(call->turn_arena, vg_log_entry);

    if (!entry)
        return;
    entry->level = level_of(call, said->level);
    entry->message = vg_arena_string(call->turn_arena, said->full.data ? said->full : said->message);
    entry->extra = vg_arena_string(call->turn_arena, said->extra);
    if (!entry->message.data)
        return;
    *call->logs_end = entry;
    call->logs_end = &entry->next;
}

vgi_status vg_forward_new(vgi_call *call, vg_connection *connection, const uint8_t *id)
{
    vg_forward *forward = vg_malloc(sizeof *forward);
    const vg_peer_options options = {.limits = vg_call_limits(call), .log = pass_log, .user = forward};

    if (!forward) {
        vg_connection_free(connection);
        return vg_call_out_of_memory(call);
    }
    *forward = (vg_forward){.call = call, .connection = connection, .has_id = id != NULL};
    if (id)
        memcpy(forward->id, id, VG_TRANSACTION_ID);
    if (vg_peer_new(connection, &options, &forward->peer, &call->error) != VGI_OK) {
        release(forward);
        return VGI_ERR_MEMORY;
    }
    VGI_TRY(vg_call_hold(call, release, forward));
    call->forward = forward;
    return VGI_OK;
}

/* ---- what comes back --------------------------------------------------------------------------------------------- */

/* The marker tells what became of a transaction whose process is no more. VGI_OK: it does not. VGI_END: what was asked
 * for is done. */
static vgi_status ask_marker(vgi_call *call)
{
    vg_transaction *transaction = vg_transactions_find(vg_call_transactions(call), call->forward->id);
    vgi_status status;

    if (!transaction)
        return VGI_OK;
    if (strcmp(call->row->name, "catalog_transaction_commit") == 0)
        status = vg_transaction_commit(call, transaction);
    else if (strcmp(call->row->name, "catalog_transaction_rollback") == 0)
        status = vg_transaction_roll_back(call, transaction);
    else
        status = vg_transaction_refuse_ended(call, transaction);
    vg_transaction_unlock(transaction);
    vg_transaction_release(transaction);
    return status == VGI_OK ? VGI_END : status;
}

/* The connection broke. VGI_OK: the owner has done what it was to do. */
static vgi_status lost(vgi_call *call, const vgi_error *err)
{
    vg_owner *owner = vg_call_owner(call);
    vg_connection *other = NULL;
    const char *place;
    vgi_status status = VGI_OK;

    if (call->forward->has_id && vg_owner_connect(owner, false, &other, NULL) == VGI_OK && !other &&
        vg_owner_place(owner, &place, NULL) == VGI_OK &&
        vg_transactions_open(vg_call_transactions(call), place, false, NULL) == VGI_OK)
        status = ask_marker(call);
    vg_connection_free(other);
    if (status != VGI_OK)
        return status == VGI_END ? VGI_OK : status;
    return vgi_fail_as(call, "TransactionError",
                       "the process that keeps the transactions ended during the call, and what that has changed is "
                       "not known: %s",
                       err->message);
}

/* The owner's failure is the call's. `err`: what the peer said of it. */
static vgi_status fail(vgi_call *call, const vgi_error *err)
{
    const vg_said *said = vg_peer_remote(call->forward->peer);
    vgi_failure failure;

    if (!said)
        return lost(call, err);
    failure = (vgi_failure){.exception = said->type.data ? vg_arena_string(call->turn_arena, said->type).data : NULL,
                            .code = vg_arena_string(call->turn_arena, said->code).data,
                            .kind = vg_arena_string(call->turn_arena, said->kind).data,
                            .details = vg_arena_string(call->turn_arena, said->details).data};
    (void)vgi_fail_with(call, &failure, "%.*s", VG_FMT(said->message));
    return VGI_ERR_RUNTIME;
}

/* The request as it came, but for what belongs to the caller's own connection. */
static vgi_status make_request(vgi_call *call, const vgi_batch *params, vg_peer_request *ret)
{
    vgi_key_value *items = VG_NEW_ARRAY(call->arena, vgi_key_value, call->metadata.count);
    size_t count = 0;

    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < call->metadata.count; i++)
        if (!vg_string_is(call->metadata.items[i].key, VG_KEY_SHM_NAME) &&
            !vg_string_is(call->metadata.items[i].key, VG_KEY_SHM_SIZE))
            items[count++] = call->metadata.items[i];
    *ret = (vg_peer_request){.method = call->row->name,
                             .protocol = call->binding->protocol,
                             .version = vg_arena_printf(call->arena, "2.%d.0", call->version_minor).data,
                             .params = params,
                             .metadata = {items, count}};
    return ret->version ? VGI_OK : vg_call_out_of_memory(call);
}

vgi_status vg_forward_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vg_peer_request request;
    const vgi_batch *answer;
    vgi_error err = {0};

    VGI_TRY(make_request(call, params, &request));
    if (vg_peer_call(call->forward->peer, &request, &answer, &err) != VGI_OK)
        return fail(call, &err);
    if (out->n_columns == 0)
        return VGI_OK;
    if (answer->n_columns != 1 || answer->rows != 1 || answer->columns[0].field->type != VGI_TYPE_BINARY)
        return vgi_fail(call, VGI_ERR_PROTOCOL, "the process that keeps the transactions answered with no result");
    if (vgi_is_null(answer, 0, 0)) {
        vgi_append_null(vgi_out_column(out, 0));
    } else {
        vgi_bytes bytes = vgi_blob(answer, 0, 0);

        vgi_append_blob(vgi_out_column(out, 0), bytes.data, bytes.size);
    }
    return VGI_OK;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static vgi_status turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vg_forward *forward = state;
    vgi_error err = {0};
    vgi_batch sent = *in;
    vgi_status status;

    (void)out;
    sent.metadata = call->metadata;
    status = vg_peer_turn(forward->peer, in->n_columns > 0 ? &sent : NULL, call->metadata, &call->relayed, &err);
    if (status == VGI_OK || status == VGI_END)
        return status;
    return fail(call, &err);
}

static vgi_status end(vgi_call *call, void *state)
{
    vg_forward *forward = state;
    vgi_error err = {0};

    return vg_peer_close(forward->peer, false, &err) == VGI_OK ? VGI_OK : fail(call, &err);
}

/* However it ended but in order: nobody wants the rest, and what a change has done is not kept. */
static void close_stream(vgi_call *call, void *state)
{
    vg_forward *forward = state;

    (void)call;
    (void)vg_peer_close(forward->peer, true, NULL);
}

/* The columns that come in, as the function that is called will see them. */
static vgi_status find_input(vgi_call *call, const vgi_batch *params, const vgi_arrow_schema **ret)
{
    vgi_init_request *init = VG_NEW(call->arena, vgi_init_request);
    vgi_bind_request *bind = VG_NEW(call->arena, vgi_bind_request);

    if (!init || !bind)
        return vg_call_out_of_memory(call);
    *ret = NULL;
    VGI_TRY(vg_request_decode(call->arena, params, vg_call_limits(call), &vg_init_request_record, init, &call->error));
    VGI_TRY(vg_record_decode(call->arena, init->bind_call, vg_call_limits(call), &vg_bind_request_record, bind,
                             &call->error));
    if (!bind->input_schema.data || init->phase == VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_FINALIZE)
        return VGI_OK;
    return vg_schema_decode(call->arena, bind->input_schema, vg_call_limits(call), ret, &call->error);
}

vgi_status vg_forward_open(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    vgi_global_init_response *header = VG_NEW(call->arena, vgi_global_init_response);
    vg_forward *forward = call->forward;
    vg_peer_request request;
    const vgi_batch *came;
    const vgi_arrow_schema *output;
    vgi_error err = {0};

    if (!header)
        return vg_call_out_of_memory(call);
    VGI_TRY(make_request(call, params, &request));
    VGI_TRY(find_input(call, params, &stream->input));
    if (vg_peer_open(forward->peer, &request, true, call->arena, &came, &err) != VGI_OK ||
        vg_peer_open_output(forward->peer, &output, &err) != VGI_OK)
        return fail(call, &err);
    stream->state = forward;
    stream->close = close_stream;
    VGI_TRY(vg_row_decode(call->arena, came, &vg_global_init_response_record, header, &call->error));
    VGI_TRY(vg_row_encode(call->arena, &vg_global_init_response_record, header, call->version_minor, stream->header,
                          &call->error));
    stream->output = vg_schema_copy(call->arena, output);
    if (!stream->output)
        return vg_call_out_of_memory(call);
    stream->turn = turn;
    stream->end = end;
    return VGI_OK;
}
