/* Envelopes. See event.h. Everything in them comes out of vgi_event, which holds nothing that may not be told. */
#include "sentry/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/str.h"
#include "observe/log_file.h"

void vg_sentry_id(char ret[VG_SENTRY_ID_SIZE])
{
    uint8_t bytes[16] = {0}; /* without randomness: zeros, which name it badly, but break nothing */

    (void)!getrandom(bytes, sizeof bytes, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

static void put(vg_text *to, const char *key, vgi_string value)
{
    if (value.data && value.size > 0)
        vg_text_member(to, key, value);
}

static void put_time(vg_text *to, const char *key, int64_t time_us)
{
    char stamp[VG_TIMESTAMP_SIZE];

    vg_timestamp(time_us, stamp);
    put(to, key, vgi_str(stamp));
}

/* Opens a member that is an object or an array. */
static void open_member(vg_text *to, const char *key, const char *bracket)
{
    if (to->size > 0 && to->data[to->size - 1] != '{')
        vg_text_puts(to, ",");
    vg_text_puts(to, "\"");
    vg_text_puts(to, key);
    vg_text_puts(to, "\":");
    vg_text_puts(to, bracket);
}

static const char *level_of(const vgi_event *event)
{
    static const char *const LEVELS[] = {
        [VGI_LOG_TRACE] = "debug",  [VGI_LOG_DEBUG] = "debug", [VGI_LOG_INFO] = "info",
        [VGI_LOG_WARN] = "warning", [VGI_LOG_ERROR] = "error",
    };

    return LEVELS[event->level];
}

/* ---- breadcrumbs ------------------------------------------------------------------------------------------------- */

static void put_duration(vg_text *to, const vgi_event *event)
{
    char digits[VG_DURATION_SIZE];

    vg_duration_ms(event->duration_us, digits);
    open_member(to, "duration_ms", digits);
}

static void put_data(vg_text *to, const vgi_event *event)
{
    put(to, "method", event->method);
    put(to, "catalog", event->catalog);
    put(to, "attach_id", event->attach_id);
    put(to, "transaction_id", event->transaction_id);
    put(to, "data_version_spec", event->data_version_spec);
    put(to, "implementation_version_spec", event->implementation_version_spec);
    put(to, "data_version", event->data_version);
    put(to, "implementation_version", event->implementation_version);
    put(to, "error_type", event->error_type);
    put(to, "error_code", event->error_code);
    put(to, "request_id", event->request_id);
    if (event->options.data) {
        open_member(to, "options", "");
        vg_text_add(to, event->options.data, event->options.size);
    }
    put_duration(to, event);
}

vgi_string vg_sentry_breadcrumb(vg_arena *arena, const vgi_event *event)
{
    vg_text text = {.arena = arena};

    vg_text_puts(&text, "{");
    put_time(&text, "timestamp", event->time_us);
    put(&text, "type", vgi_str(event->error_type.data ? "error" : "default"));
    put(&text, "level", vgi_str(level_of(event)));
    put(&text, "category", vgi_str(event->name));
    put(&text, "message", vgi_str(event->name));
    open_member(&text, "data", "{");
    put_data(&text, event);
    vg_text_puts(&text, "}}");
    return vg_text_take(&text);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Tags are short, and of one line. */
static void put_tag(vg_text *to, const char *key, vgi_string value)
{
    char text[VG_SENTRY_MAX_TAG_BYTES + 1];
    size_t size = value.size;

    if (size > VG_SENTRY_MAX_TAG_BYTES)
        size = vg_utf8_cut(value.data, VG_SENTRY_MAX_TAG_BYTES);
    for (size_t i = 0; i < size; i++)
        text[i] = (unsigned char)value.data[i] < 0x20 ? ' ' : value.data[i];
    put(to, key, (vgi_string){text, size});
}

/* Called as other SDKs of VGI call them. */
static void put_tags(vg_text *to, const vgi_event *event)
{
    open_member(to, "tags", "{");
    put_tag(to, "vgi.event", vgi_str(event->name));
    put_tag(to, "vgi.method", event->method);
    put_tag(to, "vgi.catalog", event->catalog);
    put_tag(to, "vgi.attach_opaque_data", event->attach_id);
    put_tag(to, "vgi.transaction_opaque_data", event->transaction_id);
    put_tag(to, "vgi.error_code", event->error_code);
    put_tag(to, "vgi.server_id", vgi_str(event->server_id));
    put_tag(to, "vgi.request_id", event->request_id);
    vg_text_puts(to, "}");
}

/* Stands for the sentence, which may hold anything. */
static void put_exception(vg_text *to, vg_arena *arena, const vgi_event *event)
{
    vgi_string of = event->catalog.size > 0 ? event->catalog : vgi_str("no catalog");

    open_member(to, "exception", "{\"values\":[{");
    put(to, "type", event->error_type);
    put(to, "value", vg_arena_printf(arena, "%.*s failed (%.*s)", VG_FMT(event->method), VG_FMT(of)));
    vg_text_puts(to, ",\"mechanism\":{\"type\":\"vgi\",\"handled\":true}}]}");
}

static void put_trace(vg_text *to, const vgi_event *event)
{
    if (!event->trace_id.data || !event->span_id.data)
        return;
    open_member(to, "contexts", "{\"trace\":{");
    put(to, "trace_id", event->trace_id);
    put(to, "span_id", event->span_id);
    vg_text_puts(to, "}}");
}

static vgi_string event_payload(vg_arena *arena, const vgi_event *event, const char *id, const vg_sentry_facts *facts,
                                const vgi_string *breadcrumbs, size_t n_breadcrumbs)
{
    vg_text text = {.arena = arena};

    vg_text_puts(&text, "{");
    put(&text, "event_id", vgi_str(id));
    put_time(&text, "timestamp", event->time_us);
    put(&text, "platform", vgi_str("c"));
    put(&text, "level", vgi_str(level_of(event)));
    put(&text, "logger", vgi_str("vgi"));
    put(&text, "transaction", event->method);
    put(&text, "release", vgi_str(facts->release));
    put(&text, "environment", vgi_str(facts->environment));
    put_tags(&text, event);
    put_exception(&text, arena, event);
    put_trace(&text, event);
    open_member(&text, "extra", "{");
    put_data(&text, event);
    vg_text_puts(&text, "}");
    open_member(&text, "breadcrumbs", "{\"values\":[");
    for (size_t i = 0; i < n_breadcrumbs; i++) {
        vg_text_puts(&text, i > 0 ? "," : "");
        vg_text_add(&text, breadcrumbs[i].data, breadcrumbs[i].size);
    }
    vg_text_puts(&text, "]},\"sdk\":{\"name\":\"vgi.c\",\"version\":\"0.1\"}}");
    return vg_text_take(&text);
}

/* ---- envelopes --------------------------------------------------------------------------------------------------- */

static vgi_string report_payload(vg_arena *arena, const uint64_t losses[VG_N_LOSSES], int64_t now_us)
{
    static const struct {
        const char *reason, *category;
    } NAMES[VG_N_LOSSES] = {
        [VG_LOST_IN_QUEUE] = {"queue_overflow", "default"},
        [VG_LOST_BY_LIMIT] = {"ratelimit_backoff", "error"},
        [VG_LOST_BY_NETWORK] = {"network_error", "error"},
        [VG_LOST_BY_ANSWER] = {"send_error", "error"},
    };
    vg_text text = {.arena = arena};
    const char *comma = "";

    vg_text_puts(&text, "{");
    put_time(&text, "timestamp", now_us);
    open_member(&text, "discarded_events", "[");
    for (size_t i = 0; i < VG_N_LOSSES; i++) {
        vgi_string row = vg_arena_printf(arena, "%s{\"reason\":\"%s\",\"category\":\"%s\",\"quantity\":%" PRIu64 "}",
                                         comma, NAMES[i].reason, NAMES[i].category, losses[i]);

        if (losses[i] == 0)
            continue;
        vg_text_add(&text, row.data, row.size);
        comma = ",";
    }
    vg_text_puts(&text, "]}");
    return *comma ? vg_text_take(&text) : (vgi_string){0};
}

static void put_item(vg_text *to, vg_arena *arena, const char *type, vgi_string payload)
{
    vgi_string head = vg_arena_printf(arena, "{\"type\":\"%s\",\"length\":%zu}\n", type, payload.size);

    if (!payload.data)
        return;
    vg_text_add(to, head.data, head.size);
    vg_text_add(to, payload.data, payload.size);
    vg_text_puts(to, "\n");
}

vgi_string vg_sentry_envelope(vg_arena *arena, const vgi_event *event, const vg_sentry_facts *facts,
                              const vgi_string *breadcrumbs, size_t n_breadcrumbs, const uint64_t losses[VG_N_LOSSES],
                              int64_t now_us)
{
    vg_text text = {.arena = arena};
    char id[VG_SENTRY_ID_SIZE];

    vg_text_puts(&text, "{");
    if (event) {
        vg_sentry_id(id);
        put(&text, "event_id", vgi_str(id));
    }
    put_time(&text, "sent_at", now_us);
    vg_text_puts(&text, "}\n");
    if (event)
        put_item(&text, arena, "event", event_payload(arena, event, id, facts, breadcrumbs, n_breadcrumbs));
    put_item(&text, arena, "client_report", report_payload(arena, losses, now_us));
    return vg_text_take(&text);
}
