/* What a callback can say to its call: failures, logs, memory (vgi/call.h). rpc/reply sends what is said here. */
#include "rpc/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "base/text.h"

const vg_error_class VG_PROTOCOL_NOT_SPECIFIED = {"ProtocolNotSpecifiedError", "protocol_not_specified",
                                                  "INVALID_ARGUMENT"};
const vg_error_class VG_PROTOCOL_NOT_SUPPORTED = {"ProtocolNotSupportedError", "protocol_not_supported",
                                                  "UNIMPLEMENTED"};
const vg_error_class VG_METHOD_NOT_IMPLEMENTED = {"MethodNotImplementedError", "method_not_implemented",
                                                  "UNIMPLEMENTED"};
const vg_error_class VG_PROTOCOL_VERSION_MISMATCH = {"ProtocolVersionError", "protocol_version_mismatch",
                                                     "FAILED_PRECONDITION"};

vgi_status vgi_fail(vgi_call *call, vgi_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vgi_error_setv(&call->error, status, format, args);
    va_end(args);
    return status;
}

/* True if a failure set now would be the one that is told. */
static bool first_cause(const vgi_call *call)
{
    return call->error.status == VGI_OK;
}

vgi_status vgi_fail_as(vgi_call *call, const char *exception, const char *format, ...)
{
    bool first = first_cause(call);
    va_list args;

    va_start(args, format);
    (void)vgi_error_setv(&call->error, VGI_ERR_RUNTIME, format, args);
    va_end(args);
    if (first)
        snprintf(call->error.exception, sizeof call->error.exception, "%s", exception);
    return VGI_ERR_RUNTIME;
}

vgi_status vg_call_refuse(vgi_call *call, const vg_error_class *error_class, const char *format, ...)
{
    bool first = first_cause(call);
    va_list args;

    va_start(args, format);
    (void)vgi_error_setv(&call->error, VGI_ERR_RUNTIME, format, args);
    va_end(args);
    if (first) {
        call->error_class = error_class;
        snprintf(call->error.exception, sizeof call->error.exception, "%s", error_class->exception);
    }
    return VGI_ERR_RUNTIME;
}

static const char *const CODES[] = {
    "UNKNOWN",   "CANCELLED",           "INVALID_ARGUMENT",  "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",      "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
    "ABORTED",   "FAILED_PRECONDITION", "OUT_OF_RANGE",      "UNIMPLEMENTED",
    "INTERNAL",  "UNAVAILABLE",         "DATA_LOSS",         "UNAUTHENTICATED",
};

/* The code as it stands in the closed set; the first one for any other. */
static const char *known_code(vgi_string code)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (vg_string_is(code, CODES[i]))
            return CODES[i];
    return NULL;
}

bool vgi_is_error_code(vgi_string code)
{
    return known_code(code) != NULL;
}

vgi_status vgi_fail_with(vgi_call *call, const vgi_failure *failure, const char *format, ...)
{
    const char *exception = failure->exception ? failure->exception : vgi_status_exception(VGI_ERR_RUNTIME);
    const char *code = known_code(vgi_str(failure->code));
    vg_error_class *copy = first_cause(call) ? VG_NEW(call->turn_arena, vg_error_class) : NULL;
    va_list args;

    va_start(args, format);
    (void)vgi_error_setv(&call->error, VGI_ERR_RUNTIME, format, args);
    va_end(args);
    if (!copy)
        return VGI_ERR_RUNTIME; /* not the first cause; or out of memory, and the sentence goes alone */
    snprintf(call->error.exception, sizeof call->error.exception, "%s", exception);
    copy->exception = call->error.exception;
    copy->kind = vg_arena_string(call->turn_arena, vgi_str(failure->kind)).data;
    copy->code = code ? code : CODES[0];
    call->error_class = copy;
    call->error_details = vg_arena_string(call->turn_arena, vgi_str(failure->details));
    return VGI_ERR_RUNTIME;
}

void vg_call_forgive(vgi_call *call)
{
    vgi_error_clear(&call->error);
    call->error_class = NULL;
    call->error_details = (vgi_string){0};
}

vgi_status vg_call_hold(vgi_call *call, void (*release)(void *what), void *what)
{
    vg_hold *hold = VG_NEW(call->call_arena ? call->call_arena : call->arena, vg_hold);

    if (!hold) {
        release(what);
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    }
    *hold = (vg_hold){call->holds, release, what};
    call->holds = hold;
    return VGI_OK;
}

vgi_status vgi_call_hold(vgi_call *call, void (*release)(void *what), void *what)
{
    return vg_call_hold(call, release, what);
}

void vg_call_end(vgi_call *call)
{
    vg_call_free_records(call);
    for (vg_hold *hold = call->holds; hold; hold = hold->next)
        hold->release(hold->what);
    call->holds = NULL;
}

vgi_error *vgi_call_error(vgi_call *call)
{
    return &call->error;
}

void *vgi_alloc(vgi_call *call, size_t size)
{
    return vg_arena_alloc(call->arena, size);
}

void *vgi_call_user(const vgi_call *call)
{
    return call->user;
}

vgi_metadata vgi_call_metadata(const vgi_call *call)
{
    return call->metadata;
}

vgi_string vgi_call_traceparent(const vgi_call *call)
{
    return call->traceparent;
}

vgi_string vgi_call_tracestate(const vgi_call *call)
{
    return call->tracestate;
}

static const char *const LEVELS[] = {
    [VGI_LOG_TRACE] = "TRACE", [VGI_LOG_DEBUG] = "DEBUG", [VGI_LOG_INFO] = "INFO",
    [VGI_LOG_WARN] = "WARN",   [VGI_LOG_ERROR] = "ERROR",
};

/* The extras are encoded now: what cannot be encoded is then no half-written reply (rpc.md §6.2). */
static vgi_string encode_extra(vg_arena *arena, vgi_metadata extra)
{
    vg_text text = {.arena = arena};

    if (extra.count == 0)
        return (vgi_string){0};
    vg_text_puts(&text, "{");
    for (size_t i = 0; i < extra.count; i++) {
        if (i > 0)
            vg_text_puts(&text, ",");
        vg_text_json(&text, extra.items[i].key);
        vg_text_puts(&text, ":");
        vg_text_json(&text, extra.items[i].value);
    }
    vg_text_puts(&text, "}");
    return vg_text_take(&text);
}

void vgi_log_with(vgi_call *call, vgi_log_level level, vgi_string message, vgi_metadata extra)
{
    vg_log_entry *entry = VG_NEW(call->turn_arena, vg_log_entry);
    vg_text text = {.arena = call->turn_arena};

    if (!entry)
        return; /* out of memory: a log is lost, the call goes on */
    vg_text_clean(&text, message);
    entry->level = (size_t)level < sizeof LEVELS / sizeof *LEVELS ? LEVELS[level] : "INFO";
    entry->message = vg_text_take(&text);
    entry->extra = encode_extra(call->turn_arena, extra);
    if (!entry->message.data)
        return;
    *call->logs_end = entry;
    call->logs_end = &entry->next;
}

void vgi_log(vgi_call *call, vgi_log_level level, const char *format, ...)
{
    va_list args;
    vgi_string text;

    va_start(args, format);
    text = vg_arena_vprintf(call->turn_arena, format, args);
    va_end(args);
    if (text.data)
        vgi_log_with(call, level, text, (vgi_metadata){0});
}
