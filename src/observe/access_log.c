/* Records of calls as JSON lines. See access_log.h. A record that cannot be written is lost, and the next one tells how
 * many were: a full disk must not fail a call. */
#include "observe/access_log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "observe/log_file.h"

enum { KEPT_ARENA_BYTES = 256 << 10 };

static const char NO_HASH[] = "0000000000000000000000000000000000000000000000000000000000000000";

struct vg_access_log {
    vg_observer observer;
    int fd;
    pthread_mutex_t lock; /* of what follows */
    vg_arena arena;
    uint64_t dropped;
};

/* ---- members ---------------------------------------------------------------------------------------------------- */

static void put_string(vg_text *text, const char *key, const char *value)
{
    vg_text_member(text, key, vgi_str(value));
}

static void put_key(vg_text *text, const char *key)
{
    vg_text_puts(text, ",\"");
    vg_text_puts(text, key);
    vg_text_puts(text, "\":");
}

static void put_int(vg_text *text, const char *key, int64_t value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, value);
    put_key(text, key);
    vg_text_puts(text, digits);
}

static void put_timestamp(vg_text *text, int64_t ms)
{
    char stamp[VG_TIMESTAMP_SIZE];

    vg_timestamp(ms * 1000, stamp);
    put_string(text, "timestamp", stamp);
}

static void put_duration(vg_text *text, int64_t us)
{
    char digits[VG_DURATION_SIZE];

    vg_duration_ms(us, digits);
    put_key(text, "duration_ms");
    vg_text_puts(text, digits);
}

/* Names and types of the parameters, which stand for their values. False: too many for a record. */
static bool put_fields(vg_text *text, const vgi_arrow_schema *schema)
{
    size_t start = text->size;

    put_key(text, "request_fields");
    vg_text_puts(text, "[");
    for (int32_t i = 0; schema && i < schema->n_fields; i++) {
        vg_text_puts(text, i > 0 ? ",{" : "{");
        vg_text_member(text, "name", schema->fields[i]->name);
        put_string(text, "type", vgi_type_name(schema->fields[i]->type));
        vg_text_puts(text, "}");
        if (text->size - start > VG_LOG_MAX_FIELDS_BYTES) {
            text->size = start;
            return false;
        }
    }
    vg_text_puts(text, "]");
    return true;
}

static void put_flows(vg_text *text, const vg_flow *input, const vg_flow *output)
{
    put_int(text, "input_batches", input->batches);
    put_int(text, "output_batches", output->batches);
    put_int(text, "input_rows", input->rows);
    put_int(text, "output_rows", output->rows);
    put_int(text, "input_bytes", input->bytes);
    put_int(text, "output_bytes", output->bytes);
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void put_message(vg_text *text, vg_arena *arena, const vg_call_event *event)
{
    vg_text message = {.arena = arena};

    vg_text_puts(&message, event->protocol);
    vg_text_puts(&message, ".");
    vg_text_clean(&message, event->method);
    vg_text_puts(&message, event->error_type ? " error" : " ok");
    vg_text_member(text, "message", vg_text_take(&message));
}

static void put_outcome(vg_text *text, const vg_call_event *event)
{
    put_string(text, "status", event->error_type ? "error" : "ok");
    put_string(text, "error_type", event->error_type ? event->error_type : "");
    if (event->error_type) {
        put_string(text, "error_message", event->error_message);
        put_string(text, "error_code", event->error_code);
    }
    if (event->is_cancelled) {
        put_key(text, "cancelled");
        vg_text_puts(text, "true");
    }
}

/* The request is told by its shape. Readers of the older revision want to know that its payload is left out. */
static void put_request(vg_text *text, const vg_call_event *event)
{
    if (put_fields(text, event->request)) {
        put_int(text, "request_rows", event->request_rows);
        if (!event->is_stream)
            put_string(text, "truncated", "payload_omitted");
    } else {
        put_key(text, "truncated");
        vg_text_puts(text, "true");
    }
}

static vgi_string format_record(vg_arena *arena, const vg_call_event *event, uint64_t dropped)
{
    vg_text text = {.arena = arena};

    vg_text_puts(&text, "{");
    put_timestamp(&text, event->ended_ms);
    put_string(&text, "level", "INFO");
    put_string(&text, "logger", "vgi_rpc.access");
    put_message(&text, arena, event);
    put_string(&text, "server_id", event->server_id);
    put_string(&text, "protocol", event->protocol);
    put_string(&text, "protocol_hash", event->protocol_hash ? event->protocol_hash : NO_HASH);
    vg_text_member(&text, "method", event->method);
    put_string(&text, "method_type", event->is_stream ? "stream" : "unary");
    put_string(&text, "principal", "");
    put_string(&text, "auth_domain", "");
    put_key(&text, "authenticated");
    vg_text_puts(&text, "false");
    put_string(&text, "remote_addr", event->remote_addr ? event->remote_addr : "");
    put_duration(&text, event->duration_us);
    put_outcome(&text, event);
    put_string(&text, "request_id", event->request_id);
    if (event->is_stream)
        put_string(&text, "stream_id", event->stream_id);
    if (event->trace_id.data && event->span_id.data) {
        vg_text_member(&text, "trace_id", event->trace_id);
        vg_text_member(&text, "span_id", event->span_id);
    }
    put_request(&text, event);
    put_flows(&text, &event->input, &event->output);
    if (event->attach_options.data) {
        put_key(&text, "attach_options");
        vg_text_add(&text, event->attach_options.data, event->attach_options.size);
    }
    if (dropped > 0)
        put_int(&text, "dropped_records", (int64_t)dropped);
    vg_text_puts(&text, "}\n");
    return vg_text_take(&text);
}

static void finished(void *user, const vg_call_event *event)
{
    vg_access_log *log = user;
    vgi_string record;

    pthread_mutex_lock(&log->lock);
    record = format_record(&log->arena, event, log->dropped);
    if (record.data && vg_log_file_write(log->fd, record))
        log->dropped = 0;
    else
        log->dropped++;
    vg_arena_recycle(&log->arena, KEPT_ARENA_BYTES);
    pthread_mutex_unlock(&log->lock);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

vgi_status vg_access_log_open(const char *path, const char *server_id, vg_access_log **ret, vgi_error *err)
{
    vg_access_log *log = vg_malloc(sizeof *log);
    vgi_status status;

    *ret = NULL;
    if (!log)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the access log");
    *log = (vg_access_log){.observer = {log, NULL, finished}};
    status = vg_log_file_open(path, server_id, "access log", &log->fd, err);
    if (status != VGI_OK) {
        vg_free(log);
        return status;
    }
    pthread_mutex_init(&log->lock, NULL);
    *ret = log;
    return VGI_OK;
}

void vg_access_log_close(vg_access_log *log)
{
    if (!log)
        return;
    pthread_mutex_destroy(&log->lock);
    vg_arena_done(&log->arena);
    close(log->fd);
    vg_free(log);
}

const vg_observer *vg_access_log_observer(vg_access_log *log)
{
    return &log->observer;
}
