/* Calls as observers see them. See lifecycle.h.
 *
 * The chokepoint: opaque data goes through short_id() here and nowhere else, a sentence of an error is not taken over
 * at all (it may hold an author's or a caller's values; the caller gets it, and the access log), and of the options
 * only those that were declared loggable have come so far. */
#include "observe/lifecycle.h"

#include <string.h>

#include "base/alloc.h"
#include "base/sha256.h"
#include "base/str.h"
#include "observe/outlet.h"

enum { END_MS = 2000, MAX_OBSERVERS = 16 };

struct vg_lifecycle {
    vg_outlet *outlets[MAX_OBSERVERS];
    size_t n_outlets;
    vgi_log_level level; /* the least one that anybody wants */
};

/* ---- observers --------------------------------------------------------------------------------------------------- */

vgi_status vg_lifecycle_new(vg_lifecycle **ret, vgi_error *err)
{
    vg_lifecycle *lifecycle = vg_malloc(sizeof *lifecycle);

    *ret = lifecycle;
    if (!lifecycle)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *lifecycle = (vg_lifecycle){.level = VGI_LOG_ERROR};
    return VGI_OK;
}

vgi_status vg_lifecycle_add(vg_lifecycle *lifecycle, const vgi_observer *observer, const vgi_observed_worker *worker,
                            vgi_error *err)
{
    vg_outlet *outlet;

    if (lifecycle->n_outlets == MAX_OBSERVERS)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a worker has at most %d observers", MAX_OBSERVERS);
    VGI_TRY(vg_outlet_new(observer, worker, &outlet, err));
    if (!outlet)
        return VGI_OK;
    lifecycle->outlets[lifecycle->n_outlets++] = outlet;
    if (observer->level < lifecycle->level)
        lifecycle->level = observer->level;
    return VGI_OK;
}

bool vg_lifecycle_is_observed(const vg_lifecycle *lifecycle)
{
    return lifecycle && lifecycle->n_outlets > 0;
}

void vg_lifecycle_free(vg_lifecycle *lifecycle)
{
    if (!lifecycle)
        return;
    for (size_t i = 0; i < lifecycle->n_outlets; i++)
        vg_outlet_end(lifecycle->outlets[i], END_MS);
    for (size_t i = 0; i < lifecycle->n_outlets; i++)
        vg_outlet_free(lifecycle->outlets[i]);
    vg_free(lifecycle);
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

/* The calls that are events of their own. */
static const struct {
    const char *method, *event;
} EVENTS[] = {
    {"catalog_attach", "catalog.attach"},
    {"catalog_create", "catalog.create"},
    {"catalog_detach", "catalog.detach"},
    {"catalog_transaction_begin", "catalog.transaction.begin"},
    {"catalog_transaction_commit", "catalog.transaction.commit"},
    {"catalog_transaction_rollback", "catalog.transaction.rollback"},
};
static const char CALL[] = "call";

static const char *name_of(vgi_string method)
{
    for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++)
        if (vg_string_is(method, EVENTS[i].method))
            return EVENTS[i].event;
    return CALL;
}

static bool is_one_of(const char *text, const char *const *texts)
{
    while (*texts && strcmp(text, *texts) != 0)
        ++texts;
    return *texts;
}

/* How the engine finds out what a worker offers is no failure; what a caller did wrong is none of the worker's. */
static vgi_log_level level_of(const char *name, const vg_call_event *call)
{
    static const char *const ASKED_FOR[] = {"MethodNotImplementedError", "NotImplementedError", NULL};
    static const char *const CALLERS[] = {
        "MethodNotImplementedError",
        "NotImplementedError",
        "ValueError",
        "TypeError",
        "ArgumentValidationError",
        "KeyError",
        "PermissionError",
        "ProtocolError",
        "LimitError",
        "CatalogReadOnlyError",
        "ProtocolVersionError",
        "SchemaValidationError",
        "SplitTokenInvalid",
        "SplitSnapshotExpired",
        NULL,
    };

    if (!call->error_type)
        return name == CALL ? VGI_LOG_DEBUG : VGI_LOG_INFO;
    if (name == CALL && is_one_of(call->error_type, ASKED_FOR))
        return VGI_LOG_DEBUG;
    if (is_one_of(call->error_type, CALLERS) || (call->error_code && strcmp(call->error_code, "UNAVAILABLE") == 0))
        return VGI_LOG_WARN;
    return VGI_LOG_ERROR;
}

static vgi_string cut(vgi_string text)
{
    if (text.size > VG_EVENT_MAX_TEXT_BYTES)
        text.size = vg_utf8_cut(text.data, VG_EVENT_MAX_TEXT_BYTES);
    return text;
}

/* What stands for opaque data. Absent: there is none, or no memory. */
static vgi_string short_id(vgi_bytes raw, char digest[VG_SHA256_HEX])
{
    static const char DIGITS[] = "0123456789abcdef";
    char *hex = raw.data && raw.size <= SIZE_MAX / 2 ? vg_malloc(2 * raw.size) : NULL;

    if (!hex)
        return (vgi_string){0};
    for (size_t i = 0; i < raw.size; i++) {
        hex[2 * i] = DIGITS[raw.data[i] >> 4];
        hex[2 * i + 1] = DIGITS[raw.data[i] & 15];
    }
    vg_sha256_hex(hex, 2 * raw.size, digest);
    vg_free(hex);
    return (vgi_string){digest, VG_SHORT_ID_BYTES};
}

static vgi_string options_of(const vg_call_event *call)
{
    if (call->attach_options.size > VG_EVENT_MAX_OPTIONS_BYTES)
        return vgi_str("{\"left out\":\"they are too long\"}");
    return call->attach_options;
}

void vg_lifecycle_tell(vg_lifecycle *lifecycle, const vg_call_event *call, const vg_subject *subject)
{
    const char *name = name_of(call->method);
    char attach[VG_SHA256_HEX], transaction[VG_SHA256_HEX];
    vgi_event event = {.name = name, .level = level_of(name, call)};

    if (event.level < lifecycle->level)
        return;
    event.time_us = call->ended_ms * 1000;
    event.duration_us = call->duration_us;
    event.server_id = call->server_id;
    event.request_id = vgi_str(call->request_id);
    event.method = cut(call->method);
    event.catalog = cut(subject->catalog);
    event.attach_id = short_id(subject->attach_opaque_data, attach);
    event.transaction_id = short_id(subject->transaction_opaque_data, transaction);
    event.data_version_spec = cut(subject->data_version_spec);
    event.implementation_version_spec = cut(subject->implementation_version_spec);
    event.data_version = cut(subject->data_version);
    event.implementation_version = cut(subject->implementation_version);
    event.options = options_of(call);
    event.trace_id = call->trace_id;
    event.span_id = call->span_id;
    event.error_type = vgi_str(call->error_type);
    event.error_code = call->error_type ? vgi_str(call->error_code) : (vgi_string){0};
    for (size_t i = 0; i < lifecycle->n_outlets; i++)
        vg_outlet_push(lifecycle->outlets[i], &event);
}
