/* Replies: the one place where an error becomes an EXCEPTION batch, logs become log batches, and a result becomes a
 * stream (rpc.md §5, §6, §8.2, §18). rpc/serve and rpc/stream call it. */
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "rpc/keys.h"
#include "rpc/session.h"

enum {
    MAX_KEYS = 8,
    MAX_DETAILS_BYTES = 4096, /* rpc.md §18: larger details are left out whole */
};

/* Metadata that is put together on the stack. */
typedef struct pairs {
    vgi_key_value items[MAX_KEYS];
    size_t count;
} pairs;

static void add_pair(pairs *to, const char *key, vgi_string value)
{
    if (value.data)
        to->items[to->count++] = (vgi_key_value){vgi_str(key), value};
}

static vgi_metadata as_metadata(const pairs *from)
{
    return (vgi_metadata){from->items, from->count};
}

vgi_status vg_queue_logs(vg_session *session, bool with_request_id, vgi_error *err)
{
    vgi_call *call = &session->call;
    vgi_status status = VGI_OK;

    for (const vg_log_entry *log = call->logs; log && status == VGI_OK; log = log->next) {
        pairs metadata = {.count = 0};

        add_pair(&metadata, VG_KEY_LOG_LEVEL, vgi_str(log->level));
        add_pair(&metadata, VG_KEY_LOG_MESSAGE, log->message);
        add_pair(&metadata, VG_KEY_LOG_EXTRA, log->extra);
        add_pair(&metadata, VG_KEY_SERVER_ID, vgi_str(session->server->id));
        if (with_request_id)
            add_pair(&metadata, VG_KEY_REQUEST_ID, vgi_str(vg_session_request_id(session)));
        status = vg_writer_empty(session->writer, as_metadata(&metadata), err);
    }
    call->logs = NULL;
    call->logs_end = &call->logs;
    return status;
}

/* What the exception type of the failure is called, what it belongs to, and what is said about it. */
typedef struct failure {
    const char *type;
    const char *kind;
    const char *code;
    vgi_string message;
    vgi_string details;
} failure;

static const vg_error_class *class_of(const vgi_call *call)
{
    static const vg_error_class *const KNOWN[] = {&VG_PROTOCOL_NOT_SPECIFIED, &VG_PROTOCOL_NOT_SUPPORTED,
                                                  &VG_METHOD_NOT_IMPLEMENTED, &VG_PROTOCOL_VERSION_MISMATCH};

    for (size_t i = 0; !call->error_class && i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (strcmp(call->error.exception, KNOWN[i]->exception) == 0)
            return KNOWN[i];
    return call->error_class;
}

static failure describe_failure(const vgi_call *call)
{
    const vgi_error *error = &call->error;
    const vg_error_class *error_class = class_of(call);
    bool has_details = error_class && call->error_details.data && call->error_details.size <= MAX_DETAILS_BYTES;

    return (failure){
        .type = error->exception[0] ? error->exception : vgi_status_exception(error->status),
        .kind = error_class ? error_class->kind : NULL,
        .code = error_class && error_class->code ? error_class->code : "UNKNOWN",
        .message = vgi_str(error->message),
        .details = has_details ? call->error_details : (vgi_string){0},
    };
}

static void add_summary(vg_text *text, const failure *f)
{
    vg_text_puts(text, f->type);
    vg_text_puts(text, ": ");
    vg_text_add(text, f->message.data, f->message.size);
}

/* There is no stack to show; the text names the method instead. It must not be empty (rpc.md §6.3). */
static vgi_string make_traceback(vg_session *session, const failure *f)
{
    vg_text text = {.arena = session->call.turn_arena};

    add_summary(&text, f);
    if (session->call.protocol.data && session->call.method.data) {
        vg_text_puts(&text, "\n  in ");
        vg_text_clean(&text, session->call.protocol);
        vg_text_puts(&text, "/");
        vg_text_clean(&text, session->call.method);
    }
    return vg_text_take(&text);
}

static vgi_string make_extra(vg_session *session, const failure *f)
{
    vg_text text = {.arena = session->call.turn_arena};

    vg_text_puts(&text, "{");
    vg_text_member(&text, "exception_type", vgi_str(f->type));
    vg_text_member(&text, "exception_message", f->message);
    vg_text_member(&text, "traceback", make_traceback(session, f));
    vg_text_puts(&text, ",\"frames\":[]");
    if (f->kind)
        vg_text_member(&text, "error_kind", vgi_str(f->kind));
    vg_text_member(&text, "error_code", vgi_str(f->code));
    if (f->details.data) {
        vg_text_puts(&text, ",\"error_details\":");
        vg_text_add(&text, f->details.data, f->details.size);
    }
    vg_text_puts(&text, "}");
    return vg_text_take(&text);
}

vgi_status vg_queue_error(vg_session *session, vgi_error *err)
{
    failure f = describe_failure(&session->call);
    vg_text clean = {.arena = session->call.turn_arena}, message = {.arena = session->call.turn_arena};
    pairs metadata = {.count = 0};

    vg_text_clean(&clean, f.message); /* names in it may be the peer's */
    f.message = vg_text_take(&clean);
    vg_event_failure(session, f.type, f.code);
    add_summary(&message, &f);
    add_pair(&metadata, VG_KEY_LOG_LEVEL, vgi_str("EXCEPTION"));
    add_pair(&metadata, VG_KEY_LOG_MESSAGE, vg_text_take(&message));
    add_pair(&metadata, VG_KEY_LOG_EXTRA, make_extra(session, &f));
    add_pair(&metadata, VG_KEY_SERVER_ID, vgi_str(session->server->id));
    add_pair(&metadata, VG_KEY_REQUEST_ID, vgi_str(vg_session_request_id(session)));
    if (f.kind)
        add_pair(&metadata, VG_KEY_ERROR_KIND, vgi_str(f.kind));
    add_pair(&metadata, VG_KEY_ERROR_CODE, vgi_str(f.code));
    add_pair(&metadata, VG_KEY_ERROR_DETAILS, f.details);
    return vg_writer_empty(session->writer, as_metadata(&metadata), err);
}

vgi_status vg_reply_error(vg_session *session, const vgi_arrow_schema *schema, vgi_error *err)
{
    VGI_TRY(vg_writer_open(session->writer, schema ? schema : &VG_EMPTY_SCHEMA, err));
    VGI_TRY(vg_queue_logs(session, true, err));
    VGI_TRY(vg_queue_error(session, err));
    VGI_TRY(vg_writer_close(session->writer, err));
    return vg_writer_flush(session->writer, err);
}

vgi_status vg_reply_batch(vg_session *session, const vgi_batch *batch, vgi_error *err)
{
    vgi_call *call = &session->call;
    vgi_status status;

    VGI_TRY(vg_writer_open(session->writer, batch->schema, err));
    VGI_TRY(vg_queue_logs(session, true, err));
    status = vg_pointer_queue(&session->pointers, session->writer, call->turn_arena, batch, &call->error);
    if (status != VGI_OK)
        VGI_TRY(vg_queue_error(session, err));
    else
        vg_event_output(session, batch);
    VGI_TRY(vg_writer_close(session->writer, err));
    return vg_writer_flush(session->writer, err);
}

vgi_status vg_reply_transport_options(vg_session *session, vgi_error *err)
{
    bool asked = vg_string_is(vgi_metadata_get(session->call.metadata, VG_KEY_TRANSPORT_SHM), "true");
    bool can = vg_connection_is_local(session->connection);
    pairs metadata = {.count = 0};

    add_pair(&metadata, VG_KEY_TRANSPORT_SHM, vgi_str(asked && can ? "true" : "false"));
    add_pair(&metadata, VG_KEY_REQUEST_VERSION, vgi_str(VG_REQUEST_VERSION));
    add_pair(&metadata, VG_KEY_SERVER_ID, vgi_str(session->server->id));
    VGI_TRY(vg_writer_open(session->writer, &VG_EMPTY_SCHEMA, err));
    VGI_TRY(vg_writer_empty(session->writer, as_metadata(&metadata), err));
    VGI_TRY(vg_writer_close(session->writer, err));
    return vg_writer_flush(session->writer, err);
}

void vg_explain_failure(vg_session *session, vgi_status status)
{
    vgi_call *call = &session->call;

    if (call->error.status != VGI_OK)
        return;
    if (session->build_error.status != VGI_OK)
        call->error = session->build_error;
    else if (status == VGI_END)
        (void)vgi_fail(call, VGI_ERR_RUNTIME, "the method ended where it must answer");
    else
        (void)vgi_fail(call, status, "the method failed and did not say why");
}
