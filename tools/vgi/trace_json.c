/* One event of a trace as a line of JSON (trace.h): for programs. A record is an object of {"type", "value"} by name, a
 * schema a list of {"name", "type"}, what is hashed a text "sha256:...". */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"
#include "value.h"

typedef struct page {
    const trace *t;
    cli_text *out;
    vgi_string protocol;
} page;

typedef struct place {
    vgi_string name; /* of the column; for items: of their list */
    bool hidden;
    bool in_list;
} place;

static void put_value(const page *p, place at, const vgi_array *array, int64_t i);

/* ---- members of the line ---------------------------------------------------------------------------------------- */

static void put_text(cli_text *out, const char *key, vgi_string text)
{
    if (!text.data)
        return;
    cli_text_printf(out, ",\"%s\":", key);
    cli_text_json(out, text);
}

static void put_number(cli_text *out, const char *key, int64_t number)
{
    cli_text_printf(out, ",\"%s\":%" PRId64, key, number);
}

static void begin_line(cli_text *out, const char *word)
{
    struct timespec now;
    struct tm utc;
    char at[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &utc);
    cli_text_printf(out, "{\"time\":\"%s.%06ldZ\",\"pid\":%d,\"event\":\"%s\"", at, now.tv_nsec / 1000, (int)getpid(),
                    word);
}

static void put_schema(const page *p, const vgi_arrow_schema *schema)
{
    cli_text_char(p->out, '[');
    for (int32_t k = 0; k < schema->n_fields; k++) {
        cli_text_puts(p->out, k ? ",{\"name\":" : "{\"name\":");
        cli_text_json(p->out, schema->fields[k]->name);
        cli_text_puts(p->out, ",\"type\":");
        cli_text_json(p->out, trace_type(p->t, schema->fields[k]));
        cli_text_char(p->out, '}');
    }
    cli_text_char(p->out, ']');
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static void put_record(const page *p, bool hidden, const vgi_batch *batch, int64_t row)
{
    cli_text_char(p->out, '{');
    for (int32_t k = 0; k < batch->n_columns; k++) {
        const vgi_field *field = batch->schema->fields[k];

        cli_text_puts(p->out, k ? "," : "");
        cli_text_json(p->out, field->name);
        cli_text_puts(p->out, ":{\"type\":");
        cli_text_json(p->out, trace_type(p->t, field));
        cli_text_puts(p->out, ",\"value\":");
        put_value(p, (place){.name = field->name, .hidden = hidden}, &batch->columns[k], row);
        cli_text_char(p->out, '}');
    }
    cli_text_char(p->out, '}');
}

/* Where what is shown of `count` ends; the rest is told by a text. */
static int64_t shown(const page *p, int64_t count)
{
    return count < p->t->rows ? count : p->t->rows;
}

static void put_more(const page *p, int64_t all, int64_t told)
{
    if (told < all)
        cli_text_printf(p->out, "%s\"and %" PRId64 " more\"", told ? "," : "", all - told);
}

static void put_batch(const page *p, bool hidden, const vgi_batch *batch)
{
    int64_t told = shown(p, batch->rows);

    if (batch->rows == 1) {
        put_record(p, hidden, batch, 0);
        return;
    }
    cli_text_printf(p->out, "{\"rows\":%" PRId64 ",\"columns\":", batch->rows);
    put_schema(p, batch->schema);
    cli_text_puts(p->out, ",\"values\":[");
    for (int64_t i = 0; i < told; i++) {
        cli_text_puts(p->out, i ? "," : "");
        put_record(p, hidden, batch, i);
    }
    put_more(p, batch->rows, told);
    cli_text_puts(p->out, "]}");
}

static void put_bytes(const page *p, place at, const vgi_array *array, int64_t i)
{
    vgi_bytes bytes = vgi_array_blob(array, i);
    trace_rule rule = at.hidden ? TRACE_HASH : trace_rule_of(p->t, p->protocol, at.name, at.in_list);
    trace_content content = TRACE_BYTES;
    const vgi_batch *batch = NULL;
    const vgi_arrow_schema *schema = NULL;

    if (rule != TRACE_HASH)
        content = trace_open(p->t, bytes, &batch, &schema);
    if (content == TRACE_BATCH) {
        put_batch(p, rule == TRACE_HIDE, batch);
    } else if (content == TRACE_SCHEMA) {
        put_schema(p, schema);
    } else {
        cli_text_char(p->out, '"');
        trace_hidden(p->out, bytes.data, bytes.size);
        cli_text_char(p->out, '"');
    }
}

static void put_items(const page *p, place at, const vgi_array *array, int64_t i)
{
    int64_t begin = 0, end = 0, told;

    vgi_array_items(array, i, &begin, &end);
    told = shown(p, end - begin);
    at.in_list = true;
    cli_text_char(p->out, '[');
    for (int64_t k = 0; k < told; k++) {
        cli_text_puts(p->out, k ? "," : "");
        put_value(p, at, &array->children[0], begin + k);
    }
    put_more(p, end - begin, told);
    cli_text_char(p->out, ']');
}

static void put_struct(const page *p, place at, const vgi_array *array, int64_t i)
{
    at.in_list = false; /* its members bear names of their own */
    cli_text_char(p->out, '{');
    for (int64_t k = 0; k < array->n_children; k++) {
        at.name = array->field->children[k]->name;
        cli_text_puts(p->out, k ? "," : "");
        cli_text_json(p->out, at.name);
        cli_text_char(p->out, ':');
        put_value(p, at, &array->children[k], array->offset + i);
    }
    cli_text_char(p->out, '}');
}

static void put_value(const page *p, place at, const vgi_array *array, int64_t i)
{
    const vgi_array *plain = cli_value_plain(array, &i);
    bool opens = plain && !cli_value_is_null(plain, i) && trace_has_bytes(plain->field);

    if (!plain)
        cli_text_puts(p->out, "null");
    else if (opens && trace_is_bytes(plain->field))
        put_bytes(p, at, plain, i);
    else if (opens && trace_is_list(plain->field))
        put_items(p, at, plain, i);
    else if (opens && plain->field->type == VGI_TYPE_STRUCT)
        put_struct(p, at, plain, i);
    else
        trace_value_json(p->out, plain, i, at.hidden || opens);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void put_rows(const page *p, const vgi_batch *batch)
{
    int64_t told = shown(p, batch->rows);

    cli_text_puts(p->out, ",\"values\":[");
    for (int64_t i = 0; i < told && batch->n_columns > 0; i++) {
        cli_text_puts(p->out, i ? ",[" : "[");
        for (int32_t k = 0; k < batch->n_columns; k++) {
            cli_text_puts(p->out, k ? "," : "");
            trace_value_json(p->out, &batch->columns[k], i, trace_hides_all(p->protocol));
        }
        cli_text_char(p->out, ']');
    }
    cli_text_char(p->out, ']');
}

static void put_metadata(const page *p, vgi_metadata metadata)
{
    bool first = true;

    for (size_t i = 0; i < metadata.count; i++) {
        if (!trace_is_news(metadata.items[i].key))
            continue;
        cli_text_puts(p->out, first ? ",\"metadata\":[" : ",");
        cli_text_json(p->out, metadata.items[i].key);
        first = false;
    }
    cli_text_puts(p->out, first ? "" : "]");
}

static void put_content(const page *p, const vgi_tap_event *event)
{
    bool message = event->kind == VGI_TAP_REQUEST || event->kind == VGI_TAP_ANSWER;

    put_number(p->out, "index", event->index);
    put_number(p->out, "rows", event->rows);
    put_number(p->out, "bytes", event->size_bytes);
    put_metadata(p, event->metadata);
    if (event->is_shared)
        cli_text_puts(p->out, ",\"shared_memory\":true");
    if (event->schema && !message) {
        cli_text_puts(p->out, ",\"columns\":");
        put_schema(p, event->schema);
    }
    if (event->batch && !message)
        put_rows(p, event->batch);
    if (event->batch && message && event->batch->rows > 0) {
        cli_text_puts(p->out, event->kind == VGI_TAP_REQUEST ? ",\"params\":" : ",\"answer\":");
        put_record(p, trace_hides_all(p->protocol), event->batch, 0);
    }
}

static void put_said(const page *p, const vgi_tap_event *event)
{
    put_text(p->out, "level", event->level);
    put_text(p->out, "type", event->type);
    put_text(p->out, "message", event->message);
    put_text(p->out, "error_kind", event->error_kind);
    put_text(p->out, "traceback", event->traceback);
}

static void put_end(const page *p, const vgi_tap_event *event)
{
    const vgi_tap_call *call = event->call;

    cli_text_printf(p->out, ",\"failed\":%s", call->failed ? "true" : "false");
    put_number(p->out, "input_batches", call->input_batches);
    put_number(p->out, "input_rows", call->input_rows);
    put_number(p->out, "input_bytes", call->input_bytes);
    put_number(p->out, "output_batches", call->output_batches);
    put_number(p->out, "output_rows", call->output_rows);
    put_number(p->out, "output_bytes", call->output_bytes);
}

static void put_nothing(const page *p, const vgi_tap_event *event)
{
    (void)p;
    (void)event;
}

static const struct {
    const char *word;
    void (*write)(const page *p, const vgi_tap_event *event);
} EVENTS[] = {
    [VGI_TAP_REQUEST] = {"request", put_content},
    [VGI_TAP_ANSWER] = {"answer", put_content},
    [VGI_TAP_INPUT] = {"input", put_content},
    [VGI_TAP_CANCEL] = {"cancel", put_nothing},
    [VGI_TAP_INPUT_END] = {"input_end", put_nothing},
    [VGI_TAP_OUTPUT] = {"output", put_content},
    [VGI_TAP_LOG] = {"log", put_said},
    [VGI_TAP_ERROR] = {"error", put_said},
    [VGI_TAP_END] = {"end", put_end},
    [VGI_TAP_LOST] = {"lost", put_nothing},
};

void trace_json_event(const trace *t, const vgi_tap_event *event, cli_text *out)
{
    page p = {.t = t, .out = out, .protocol = event->call->protocol};

    begin_line(out, EVENTS[event->kind].word);
    cli_text_printf(out, ",\"from\":\"%s\"", event->side == VGI_TAP_CLIENT ? "client" : "worker");
    if (event->call->number > 0) {
        put_number(out, "call", event->call->number);
        put_text(out, "method", event->call->method);
        put_text(out, "protocol", event->call->protocol);
        put_text(out, "protocol_version", event->call->protocol_version);
        put_number(out, "elapsed_us", event->call->elapsed_us);
    }
    EVENTS[event->kind].write(&p, event);
    if (event->why)
        put_text(out, "why", vgi_str(event->why));
    cli_text_puts(out, "}\n");
}

void trace_json_note(const trace *t, const char *word, const char *text, cli_text *out)
{
    (void)t;
    begin_line(out, word);
    put_text(out, "message", vgi_str(text));
    cli_text_puts(out, "}\n");
}
