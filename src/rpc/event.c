/* Telling who watches of the calls that are served (observe/event.h), and the trace context of requests (W3C). The
 * loop of rpc/serve calls it at every step; without an observer each step is one comparison. */
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "rpc/keys.h"
#include "rpc/session.h"

/* version - trace id - parent id - flags, in lower-case hex digits; a later version may have more behind them. */
enum { TRACE_AT = 3, SPAN_AT = 36, TRACEPARENT_BYTES = 55, MAX_TRACESTATE_BYTES = 8192 };

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- trace context ----------------------------------------------------------------------------------------------- */

static bool is_hex(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

static bool is_zero(const char *text, size_t size)
{
    return strspn(text, "0") >= size;
}

static bool is_traceparent(vgi_string text)
{
    const char *t = text.data;

    return text.size >= TRACEPARENT_BYTES && (text.size == TRACEPARENT_BYTES || t[TRACEPARENT_BYTES] == '-') &&
           is_hex(t, 2) && t[2] == '-' && is_hex(t + TRACE_AT, 32) && t[35] == '-' && is_hex(t + SPAN_AT, 16) &&
           t[52] == '-' && is_hex(t + 53, 2) && memcmp(t, "ff", 2) != 0 &&
           (memcmp(t, "00", 2) != 0 || text.size == TRACEPARENT_BYTES) && !is_zero(t + TRACE_AT, 32) &&
           !is_zero(t + SPAN_AT, 16);
}

void vg_event_arrive(vg_session *session)
{
    vgi_call *call = &session->call;
    vgi_string parent = {0}, state = {0};

    session->watch.is_on = false;
    if (call->metadata.count > 0)
        parent = vgi_metadata_get(call->metadata, VG_KEY_TRACEPARENT);
    if (parent.data && is_traceparent(parent)) {
        state = vgi_metadata_get(call->metadata, VG_KEY_TRACESTATE);
        call->traceparent = vg_arena_string(&session->arena, parent);
        if (state.data && state.size <= MAX_TRACESTATE_BYTES && vg_utf8_valid(state.data, state.size))
            call->tracestate = vg_arena_string(&session->arena, state);
    }
    if (vg_server_is_observed(session->server))
        session->watch.started_us = clock_us(CLOCK_MONOTONIC);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static void add(vg_flow *flow, const vgi_batch *batch)
{
    flow->batches++;
    flow->rows += batch->rows;
    flow->bytes += vg_batch_bytes(batch);
}

void vg_event_start(vg_session *session, const vg_binding *binding, bool is_stream)
{
    const vg_server *server = session->server;
    const vgi_call *call = &session->call;
    vg_watch *watch = &session->watch;

    if (!vg_server_is_observed(server))
        return;
    if (!binding)
        binding = server->bindings[0]; /* a server-level method is told under the primary protocol's name */
    watch->is_on = true;
    watch->event = (vg_call_event){.server_id = server->id,
                                   .protocol = binding->protocol,
                                   .protocol_hash = vg_server_protocol_hash(session->server, binding),
                                   .method = vg_arena_string(&session->arena, call->method),
                                   .is_stream = is_stream,
                                   .remote_addr = session->remote,
                                   .request_id = vg_session_request_id(session),
                                   .stream_id = watch->stream_id,
                                   .request = call->row ? call->row->params : NULL,
                                   .request_rows = session->params->rows};
    watch->stream_id[0] = '\0';
    if (is_stream)
        vg_random_hex(watch->stream_id, 32);
    else
        add(&watch->event.input, session->params);
    if (call->traceparent.data) {
        vg_random_hex(watch->span_id, 16);
        watch->event.trace_id = (vgi_string){call->traceparent.data + TRACE_AT, 32};
        watch->event.span_id = (vgi_string){watch->span_id, 16};
    }
    if (server->observer && server->observer->started)
        server->observer->started(server->observer->user, &watch->event);
}

void vg_event_input(vg_session *session, const vgi_batch *batch)
{
    if (session->watch.is_on)
        add(&session->watch.event.input, batch);
}

void vg_event_output(vg_session *session, const vgi_batch *batch)
{
    if (session->watch.is_on)
        add(&session->watch.event.output, batch);
}

void vg_event_failure(vg_session *session, const char *type, const char *code)
{
    vg_call_event *event = &session->watch.event;

    if (!session->watch.is_on || event->error_type)
        return;
    event->error_type = type;
    event->error_code = code;
    event->error_message = session->call.error.message;
}

void vg_event_cancel(vg_session *session)
{
    session->watch.event.is_cancelled = true;
}

void vg_event_end(vg_session *session, vgi_status status, const vgi_error *err)
{
    const vg_server *server = session->server;
    vg_call_event *event = &session->watch.event;

    if (!session->watch.is_on)
        return;
    if (status != VGI_OK && !event->error_type) {
        event->error_type = vgi_status_exception(status);
        event->error_code = "UNAVAILABLE";
        event->error_message = err->message;
    }
    if (event->error_type && event->error_message[0] == '\0')
        event->error_message = event->error_type;
    event->attach_options = session->call.attach_options;
    event->ended_ms = clock_us(CLOCK_REALTIME) / 1000;
    event->duration_us = clock_us(CLOCK_MONOTONIC) - session->watch.started_us;
    if (server->observer && server->observer->finished)
        server->observer->finished(server->observer->user, event);
    if (server->lifecycle)
        vg_lifecycle_tell(server->lifecycle, event, &session->call.subject);
    session->watch.is_on = false;
}
