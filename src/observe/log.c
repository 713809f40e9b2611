/* Lines of the log. See log.h. A line that cannot be written is lost, and the next one counts it. */
#include "observe/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "observe/log_file.h"

enum { KEPT_ARENA_BYTES = 64 << 10 };

/* ---- levels ------------------------------------------------------------------------------------------------------ */

static const char *const LEVELS[] = {
    [VGI_LOG_TRACE] = "TRACE", [VGI_LOG_DEBUG] = "DEBUG", [VGI_LOG_INFO] = "INFO",
    [VGI_LOG_WARN] = "WARN",   [VGI_LOG_ERROR] = "ERROR",
};

bool vg_log_level_parse(const char *text, vgi_log_level *ret)
{
    for (vgi_log_level level = VGI_LOG_DEBUG; level <= VGI_LOG_ERROR; level++) {
        if (!vg_string_is_nocase(vgi_str(text), vgi_str(LEVELS[level])))
            continue;
        *ret = level;
        return true;
    }
    return false;
}

const char *vg_log_level_name(vgi_log_level level)
{
    return LEVELS[level];
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

/* In text a value that is no word stands in quotes, with JSON's escapes. */
static bool is_word(vgi_string value)
{
    static const char OTHERS[] = "_.:+-/*^~<>@";

    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            (c == '\0' || !strchr(OTHERS, c)))
            return false;
    }
    return value.size > 0;
}

static void put(vg_text *line, bool is_json, const char *key, vgi_string value)
{
    if (!value.data)
        return;
    if (is_json) {
        vg_text_member(line, key, value);
        return;
    }
    vg_text_puts(line, " ");
    vg_text_puts(line, key);
    vg_text_puts(line, "=");
    if (is_word(value))
        vg_text_add(line, value.data, value.size);
    else
        vg_text_json(line, value);
}

/* A number or an object: JSON as it is. */
static void put_raw(vg_text *line, bool is_json, const char *key, vgi_string value)
{
    if (!value.data)
        return;
    vg_text_puts(line, is_json ? ",\"" : " ");
    vg_text_puts(line, key);
    vg_text_puts(line, is_json ? "\":" : "=");
    vg_text_add(line, value.data, value.size);
}

static void put_count(vg_text *line, bool is_json, const char *key, uint64_t count)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, count);
    put_raw(line, is_json, key, vgi_str(digits));
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static void put_head(vg_text *line, bool is_json, const vgi_event *event)
{
    char stamp[VG_TIMESTAMP_SIZE];

    vg_timestamp(event->time_us, stamp);
    if (is_json) {
        vg_text_puts(line, "{");
        put(line, true, "timestamp", vgi_str(stamp));
        put(line, true, "level", vgi_str(LEVELS[event->level]));
        put(line, true, "logger", vgi_str("vgi"));
        put(line, true, "event", vgi_str(event->name));
        return;
    }
    vg_text_puts(line, stamp);
    vg_text_puts(line, " ");
    vg_text_puts(line, LEVELS[event->level]);
    vg_text_puts(line, " ");
    vg_text_puts(line, event->name);
}

static void put_outcome(vg_text *line, bool is_json, const vgi_event *event)
{
    char digits[VG_DURATION_SIZE];

    if (event->method.data) {
        vg_duration_ms(event->duration_us, digits);
        put_raw(line, is_json, "duration_ms", vgi_str(digits));
        put(line, is_json, "status", vgi_str(event->error_type.data ? "error" : "ok"));
    }
    put(line, is_json, "error_type", event->error_type);
    put(line, is_json, "error_code", event->error_code);
}

static vgi_string format(vg_arena *arena, bool is_json, const vgi_event *event, uint64_t lost)
{
    vg_text line = {.arena = arena};

    put_head(&line, is_json, event);
    put(&line, is_json, "method", strcmp(event->name, "call") == 0 ? event->method : (vgi_string){0});
    put(&line, is_json, "catalog", event->catalog);
    put(&line, is_json, "attach_id", event->attach_id);
    put(&line, is_json, "transaction_id", event->transaction_id);
    put(&line, is_json, "data_version_spec", event->data_version_spec);
    put(&line, is_json, "implementation_version_spec", event->implementation_version_spec);
    put(&line, is_json, "data_version", event->data_version);
    put(&line, is_json, "implementation_version", event->implementation_version);
    put_raw(&line, is_json, "options", event->options);
    put_outcome(&line, is_json, event);
    put(&line, is_json, "server_id", vgi_str(event->server_id));
    put(&line, is_json, "request_id", event->request_id);
    put(&line, is_json, "trace_id", event->trace_id);
    put(&line, is_json, "span_id", event->span_id);
    if (event->dropped + lost > 0)
        put_count(&line, is_json, "dropped_records", event->dropped + lost);
    vg_text_puts(&line, is_json ? "}\n" : "\n");
    return vg_text_take(&line);
}

/* ---- the observer ------------------------------------------------------------------------------------------------ */

typedef struct open_log {
    int fd;
    bool is_json;
    vg_arena arena;
    uint64_t lost; /* since the last line */
} open_log;

static vgi_status begin(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    const vg_log *log = user;
    open_log *made = vg_malloc(sizeof *made);
    vgi_status status = VGI_OK;

    if (!made)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the log");
    *made = (open_log){.fd = STDERR_FILENO, .is_json = log->is_json};
    if (strcmp(log->path, "stderr") != 0)
        status = vg_log_file_open(log->path, worker->server_id, "log", &made->fd, err);
    if (status != VGI_OK) {
        vg_free(made);
        return status;
    }
    *ret_state = made;
    return VGI_OK;
}

static void tell(void *state, const vgi_event *event)
{
    open_log *self = state;
    vgi_string line = format(&self->arena, self->is_json, event, self->lost);

    if (line.data && vg_log_file_write(self->fd, line))
        self->lost = 0;
    else
        self->lost += 1 + event->dropped;
    vg_arena_recycle(&self->arena, KEPT_ARENA_BYTES);
}

static void end(void *state)
{
    open_log *self = state;

    if (self->fd != STDERR_FILENO)
        close(self->fd);
    vg_arena_done(&self->arena);
    vg_free(self);
}

void vg_log_init(vg_log *ret, const char *path, vgi_log_level level, bool is_json)
{
    *ret = (vg_log){.path = path, .is_json = is_json};
    ret->observer = (vgi_observer){.user = ret, .level = level, .begin = begin, .tell = tell, .end = end};
}
