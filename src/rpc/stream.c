/* Streams in lockstep over raw transports (rpc.md §7): one input batch, one turn, one reply in one write. rpc/serve
 * hands a call over after its checks. The output's schema leaves with the header if there is one, else with the first
 * reply. A producer that reads ahead has its next turn behind it when the client asks for it.
 *
 * However a stream ends, its close hook runs once, the output gets its EOS, and the input is drained to its own, so
 * that the next request starts where it should. */
#include <string.h>

#include "rpc/keys.h"
#include "rpc/session.h"

enum {
    DEFAULT_CAPACITY = 2048,
    MAX_EXCHANGE_ROWS =
        1 << 24, /* of one input batch: rows may cost a peer nothing, but their answer costs us memory */
};

/* A stream call in progress. */
typedef struct run {
    vg_session *session;
    vg_stream stream;
    vg_builder *builder;
    bool output_open;
    bool is_over;  /* the output's EOS is queued or sent */
    bool is_ahead; /* the next turn has been run: */
    vgi_status ahead;
    vgi_batch *ahead_out;
} run;

static void close_state(run *r)
{
    if (r->stream.close)
        r->stream.close(&r->session->call, r->stream.state);
    r->stream.close = NULL;
}

static vgi_status open_output(run *r, vgi_error *err)
{
    if (r->output_open)
        return VGI_OK;
    r->output_open = true;
    return vg_writer_open(r->session->writer, r->stream.output, err);
}

/* Ends the output: logs, then EOS. */
static vgi_status finish_output(run *r, vgi_error *err)
{
    r->is_over = true;
    VGI_TRY(open_output(r, err));
    VGI_TRY(vg_queue_logs(r->session, false, err));
    VGI_TRY(vg_writer_close(r->session->writer, err));
    return vg_writer_flush(r->session->writer, err);
}

/* Ends the output with call->error. The hook of the stream must neither add to that error nor replace it. */
static vgi_status finish_with_error(run *r, vgi_error *err)
{
    close_state(r);
    r->is_over = true;
    VGI_TRY(open_output(r, err));
    VGI_TRY(vg_queue_logs(r->session, false, err));
    VGI_TRY(vg_queue_error(r->session, err));
    VGI_TRY(vg_writer_close(r->session->writer, err));
    return vg_writer_flush(r->session->writer, err);
}

/* Ends the output without an error; what the hooks complain about is nobody's business any more (rpc.md §7.6). */
static vgi_status finish_quietly(run *r, bool cancelled, vgi_error *err)
{
    vgi_call *call = &r->session->call;

    if (cancelled)
        vg_event_cancel(r->session);
    if (cancelled && r->stream.cancel)
        r->stream.cancel(call, r->stream.state);
    close_state(r);
    vg_call_forgive(call);
    return finish_output(r, err);
}

/* The stream's own end, of which it may still fail. */
static vgi_status run_end(run *r)
{
    vgi_call *call = &r->session->call;
    vgi_status status = r->stream.end ? r->stream.end(call, r->stream.state) : VGI_OK;

    r->stream.end = NULL;
    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the end of a stream returned VGI_END, which means nothing there");
    if (status != VGI_OK)
        vg_explain_failure(r->session, status);
    return status;
}

static bool is_tick_driven(const vg_stream *stream)
{
    return !stream->input || stream->input->n_fields == 0;
}

/* Runs the turn's function on a fresh output batch. VGI_END: the stream ends after what `*ret_out` holds. */
static vgi_status call_turn(run *r, const vgi_batch *in, vgi_batch **ret_out)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;
    bool is_exchange = !is_tick_driven(&r->stream);
    int64_t capacity = is_exchange && in->rows > r->stream.capacity ? in->rows : r->stream.capacity;
    vgi_batch seen;
    vgi_status status;

    vgi_error_clear(&session->build_error);
    seen = *in;
    *ret_out = vg_builder_begin(r->builder, capacity > 0 ? capacity : is_exchange ? 0 : DEFAULT_CAPACITY);
    if (!*ret_out)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for an output batch of %" PRId64 " rows", capacity);
    if ((*ret_out)->n_columns > 0)
        seen.out = (*ret_out)->out; /* where a mistake in reading `in` is told: vgi_i64 of a column of text */
    call->call_arena = call->arena;
    call->relayed = NULL;
    call->arena = call->turn_arena; /* vgi_alloc in a turn: a stream may take any number of them */
    status = r->stream.turn(call, r->stream.state, &seen, *ret_out);
    call->arena = call->call_arena;
    call->call_arena = NULL;
    if (status == VGI_END && !is_tick_driven(&r->stream))
        return vgi_fail(call, VGI_ERR_RUNTIME, "an exchange cannot end by itself: it answers every batch");
    if (status != VGI_OK && status != VGI_END)
        return status;
    if (call->relayed)
        *ret_out = (vgi_batch *)(uintptr_t)call->relayed; /* only read from now on */
    else
        VGI_TRY(vg_builder_finish(r->builder, &call->error));
    vg_call_forgive(call);
    return status;
}

/* Follows and casts an input batch. How many rows it has is looked at in between: casting takes memory. */
static vgi_status take_input(run *r, const vgi_batch *batch, const vgi_batch **ret)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;
    const vgi_arrow_schema *input = r->stream.input ? r->stream.input : &VG_EMPTY_SCHEMA;
    vgi_status status = vg_pointer_follow(&session->pointers, &session->turn_arena, &batch, &call->error);

    call->metadata = batch->metadata;
    vg_event_input(session, batch);
    VGI_TRY(status);
    if (batch->rows > MAX_EXCHANGE_ROWS && !is_tick_driven(&r->stream))
        return vgi_fail(call, VGI_ERR_LIMIT, "a batch has %" PRId64 " rows; at most %d are answered at once",
                        batch->rows, MAX_EXCHANGE_ROWS);
    return vg_coerce_batch(&session->turn_arena, batch, input, ret, &call->error);
}

/* Runs the turn of a tick that has not come yet, while the client is busy with the last reply. */
static void run_ahead(run *r)
{
    static const vgi_batch TICK = {.schema = &VG_EMPTY_SCHEMA};

    if (!r->stream.read_ahead || r->is_over || !is_tick_driven(&r->stream))
        return;
    r->ahead = call_turn(r, &TICK, &r->ahead_out);
    r->is_ahead = true;
}

/* The turn of an input batch, which may have been run already. */
static vgi_status answer_input(run *r, const vgi_batch *batch, vgi_batch **ret_out)
{
    const vgi_batch *in = NULL;

    VGI_TRY(take_input(r, batch, &in));
    if (r->stream.heard)
        VGI_TRY(r->stream.heard(&r->session->call, r->stream.state, in));
    if (!r->is_ahead)
        return call_turn(r, in, ret_out);
    r->is_ahead = false;
    *ret_out = r->ahead_out;
    return r->ahead;
}

/* One input batch: one reply. */
static vgi_status run_turn(run *r, const vgi_batch *batch, vgi_error *err)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;
    vgi_batch *out = NULL;
    vgi_status status = answer_input(r, batch, &out);

    if (status == VGI_END && run_end(r) != VGI_OK)
        return finish_with_error(r, err);
    if (status == VGI_END && out->rows == 0)
        return finish_quietly(r, false, err);
    if (status != VGI_OK && status != VGI_END) {
        vg_explain_failure(session, status);
        return finish_with_error(r, err);
    }
    VGI_TRY(open_output(r, err));
    VGI_TRY(vg_queue_logs(session, false, err));
    if (vg_pointer_queue(&session->pointers, session->writer, call->turn_arena, out, &call->error) != VGI_OK)
        return finish_with_error(r, err);
    vg_event_output(session, out);
    if (status == VGI_END) {
        r->is_over = true;
        VGI_TRY(vg_writer_close(session->writer, err));
    }
    return vg_writer_flush(session->writer, err);
}

/* The lockstep: until the input ends, the client cancels, or the stream does. */
static vgi_status run_turns(run *r, vgi_error *err)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;
    const vgi_metadata of_request = call->metadata;

    while (!r->is_over) {
        vgi_error unread = {0}; /* call->error may be that of a turn ahead */
        const vgi_batch *batch;
        vgi_status status;

        run_ahead(r);
        status = vg_reader_next(session->reader, &batch, &unread);
        if (status == VGI_END && !is_tick_driven(&r->stream) && run_end(r) != VGI_OK)
            return finish_with_error(r, err);
        if (status == VGI_END)
            return finish_quietly(r, false, err);
        if (status == VGI_ERR_IO)
            return vgi_error_set(err, status, "%s", unread.message);
        if (status != VGI_OK) {
            (void)vgi_error_set(&call->error, status, "%s", unread.message);
            return finish_with_error(r, err);
        }
        if (vgi_metadata_get(batch->metadata, VG_KEY_CANCEL).data && batch->rows == 0)
            return finish_quietly(r, true, err);
        VGI_TRY(run_turn(r, batch, err));
        call->metadata = of_request; /* the batch's goes with it */
        vg_arena_recycle(&session->turn_arena, VG_ARENA_KEPT);
    }
    return VGI_OK;
}

/* Opens the input, which the client may have begun long ago, and runs it. */
static vgi_status serve_input(run *r, vgi_error *err)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;
    const vgi_arrow_schema *schema;
    vgi_status status = vg_reader_open(session->reader, &schema, &call->error);

    call->turn_arena = &session->turn_arena;
    if (status == VGI_OK) {
        VGI_TRY(run_turns(r, err));
        close_state(r);
        return vg_reader_drain(session->reader, err);
    }
    if (status == VGI_END || status == VGI_ERR_IO)
        return vgi_error_set(err, VGI_ERR_IO, "the peer left in the middle of '%.*s'", (int)call->method.size,
                             call->method.data);
    VGI_TRY(finish_with_error(r, err));
    return vg_reader_drain(session->reader, err);
}

/* The header's stream, and behind it the output's schema, in one write (rpc.md §7.3). An error in its place ends the
 * call, as one before it does. */
static vgi_status send_header(run *r, const vgi_batch *header, bool *ret_sent, vgi_error *err)
{
    vg_session *session = r->session;

    VGI_TRY(vg_writer_open(session->writer, header->schema, err));
    VGI_TRY(vg_queue_logs(session, true, err));
    *ret_sent = vg_writer_batch(session->writer, header, &session->call.error) == VGI_OK;
    if (!*ret_sent)
        VGI_TRY(vg_queue_error(session, err));
    VGI_TRY(vg_writer_close(session->writer, err));
    if (*ret_sent)
        VGI_TRY(open_output(r, err));
    return vg_writer_flush(session->writer, err);
}

/* Runs the method's handler and readies what the turns need. A failure is call->error. */
static vgi_status open_stream(run *r, const vg_method *method, vg_builder *header)
{
    vg_session *session = r->session;
    vgi_call *call = &session->call;

    VGI_TRY(vg_request_keep(session));
    if (header) {
        r->stream.header = vg_builder_begin(header, 1);
        if (!r->stream.header)
            return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a header");
        r->stream.header->rows = 1;
    }
    VGI_TRY(method->open(call, session->params, &r->stream));
    if (header)
        VGI_TRY(vg_builder_finish(header, &call->error));
    if (!r->stream.turn)
        return vgi_fail(call, VGI_ERR_RUNTIME, "'%s' has opened a stream without a function for its turns",
                        method->name);
    if (!r->stream.output)
        r->stream.output = &VG_EMPTY_SCHEMA;
    vg_call_forgive(call);
    return vg_builder_new(r->stream.output, &session->build_error, &r->builder);
}

static vgi_status serve_with(run *r, const vg_method *method, vg_builder *header, vgi_error *err)
{
    vg_session *session = r->session;
    vgi_status status = open_stream(r, method, header);
    bool goes_on = true;

    if (status != VGI_OK) {
        vg_explain_failure(session, status);
        close_state(r);
        return vg_reply_error(session, NULL, err);
    }
    if (header)
        VGI_TRY(send_header(r, r->stream.header, &goes_on, err));
    session->input_may_follow = !goes_on;
    return goes_on ? serve_input(r, err) : VGI_OK;
}

vgi_status vg_stream_serve(vg_session *session, const vg_method *method, vgi_error *err)
{
    run r = {.session = session};
    vg_builder *header = NULL;
    vgi_status status;

    vgi_error_clear(&session->build_error);
    if (method->header && vg_builder_new(method->header, &session->build_error, &header) != VGI_OK)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a header");
    status = serve_with(&r, method, header, err);
    close_state(&r);
    session->call.turn_arena = &session->arena;
    vg_builder_free(r.builder);
    vg_builder_free(header);
    return status;
}
