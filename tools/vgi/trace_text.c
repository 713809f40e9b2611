/* One event of a trace as lines for people (trace.h): each line bears time, process and call; members of records stand
 * one a line, by their path. */
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
    char prefix[64];
} page;

static void begin_page(page *p, const trace *t, int64_t call, cli_text *out)
{
    struct timespec now;
    struct tm local;
    char at[16];

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(at, sizeof at, "%H:%M:%S", &local);
    *p = (page){.t = t, .out = out};
    if (call > 0)
        snprintf(p->prefix, sizeof p->prefix, "%s.%06ld %d #%" PRId64 " ", at, now.tv_nsec / 1000, (int)getpid(), call);
    else
        snprintf(p->prefix, sizeof p->prefix, "%s.%06ld %d ", at, now.tv_nsec / 1000, (int)getpid());
}

static cli_text *begin_line(const page *p, const char *mark)
{
    cli_text_puts(p->out, p->prefix);
    cli_text_puts(p->out, mark);
    return p->out;
}

static void end_line(const page *p)
{
    cli_text_char(p->out, '\n');
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* A value, where it lies, and under which rule. */
typedef struct place {
    const char *path;
    vgi_string name; /* of the column; for items: of their list */
    bool hidden;
    bool in_list;
} place;

static void put_value(const page *p, place at, const vgi_array *array, int64_t i);

static void put_rest(const page *p, const char *path, int64_t count)
{
    if (count > 0) {
        cli_text_printf(begin_line(p, "    "), "%s ... and %" PRId64 " more", path, count);
        end_line(p);
    }
}

static void put_inner(const page *p, place at, const char *format, vgi_string name, int64_t k, const vgi_array *array,
                      int64_t i)
{
    cli_text path = {0};

    cli_text_puts(&path, at.path);
    if (name.data) {
        cli_text_puts(&path, format);
        cli_text_visible(&path, name);
    } else {
        cli_text_printf(&path, "[%" PRId64 "]", k);
    }
    at.path = path.data;
    put_value(p, at, array, i);
    cli_text_free(&path);
}

static void put_row(const page *p, const char *path, bool hidden, const vgi_batch *batch, int64_t row)
{
    for (int32_t k = 0; k < batch->n_columns; k++) {
        vgi_string name = batch->schema->fields[k]->name;

        put_inner(p, (place){.path = path, .name = name, .hidden = hidden}, *path ? "." : "", name, 0,
                  &batch->columns[k], row);
    }
}

static void put_rows(const page *p, const vgi_batch *batch, bool hidden)
{
    int64_t shown = batch->rows < p->t->rows ? batch->rows : p->t->rows;

    for (int64_t i = 0; i < shown && batch->n_columns > 0; i++) {
        cli_text *out = begin_line(p, "    (");

        for (int32_t k = 0; k < batch->n_columns; k++) {
            cli_text_puts(out, k ? ", " : "");
            trace_value_text(out, &batch->columns[k], i, hidden);
        }
        cli_text_char(out, ')');
        end_line(p);
    }
    if (shown > 0)
        put_rest(p, "", batch->rows - shown);
}

static bool has_bytes(const vgi_batch *batch)
{
    for (int32_t k = 0; k < batch->n_columns; k++)
        if (trace_has_bytes(batch->schema->fields[k]))
            return true;
    return false;
}

/* One row is a record, and shown by its members; more are a table, or, where bytes are to be opened, many records. */
static void put_batch(const page *p, place at, const vgi_batch *batch, size_t size)
{
    cli_text *out;

    if (batch->rows == 1 && batch->n_columns > 0) {
        put_row(p, at.path, at.hidden, batch, 0);
        return;
    }
    out = begin_line(p, "    ");
    cli_text_printf(out, "%s = %" PRId64 " rows, %zu bytes, ", at.path, batch->rows, size);
    trace_columns(p->t, out, batch->schema);
    end_line(p);
    if (!has_bytes(batch)) {
        put_rows(p, batch, at.hidden);
        return;
    }
    for (int64_t i = 0; i < batch->rows && i < p->t->rows; i++) {
        cli_text path = {0};

        cli_text_printf(&path, "%s[%" PRId64 "]", at.path, i);
        put_row(p, path.data, at.hidden, batch, i);
        cli_text_free(&path);
    }
    if (p->t->rows > 0)
        put_rest(p, at.path, batch->rows - p->t->rows);
}

static void put_bytes(const page *p, place at, const vgi_array *array, int64_t i)
{
    vgi_bytes bytes = vgi_array_blob(array, i);
    trace_rule rule = at.hidden ? TRACE_HASH : trace_rule_of(p->t, p->protocol, at.name, at.in_list);
    trace_content content = TRACE_BYTES;
    const vgi_batch *batch = NULL;
    const vgi_arrow_schema *schema = NULL;
    cli_text *out;

    if (rule != TRACE_HASH)
        content = trace_open(p->t, bytes, &batch, &schema);
    at.hidden = rule == TRACE_HIDE;
    if (content == TRACE_BATCH) {
        put_batch(p, at, batch, bytes.size);
        return;
    }
    out = begin_line(p, "    ");
    cli_text_printf(out, "%s = ", at.path);
    if (content == TRACE_SCHEMA) {
        trace_columns(p->t, out, schema);
    } else {
        trace_hidden(out, bytes.data, bytes.size);
        cli_text_printf(out, " (%zu bytes)", bytes.size);
    }
    end_line(p);
}

static void put_items(const page *p, place at, const vgi_array *array, int64_t i)
{
    int64_t begin = 0, end = 0;

    vgi_array_items(array, i, &begin, &end);
    at.in_list = true;
    if (begin == end) {
        cli_text_printf(begin_line(p, "    "), "%s = []", at.path);
        end_line(p);
    }
    for (int64_t k = begin; k < end && k - begin < p->t->rows; k++)
        put_inner(p, at, "", (vgi_string){0}, k - begin, &array->children[0], k);
    put_rest(p, at.path, end - begin - p->t->rows);
}

static void put_value(const page *p, place at, const vgi_array *array, int64_t i)
{
    const vgi_field *field = array->field;
    const vgi_array *plain = cli_value_plain(array, &i);
    cli_text *out;

    if (plain && !cli_value_is_null(plain, i) && trace_has_bytes(field)) {
        if (trace_is_bytes(plain->field)) {
            put_bytes(p, at, plain, i);
            return;
        }
        if (trace_is_list(plain->field)) {
            put_items(p, at, plain, i);
            return;
        }
        for (int64_t k = 0; plain->field->type == VGI_TYPE_STRUCT && k < plain->n_children; k++) {
            at.name = plain->field->children[k]->name;
            at.in_list = false;
            put_inner(p, at, ".", at.name, 0, &plain->children[k], plain->offset + i);
        }
        if (plain->field->type == VGI_TYPE_STRUCT)
            return;
        at.hidden = true; /* bytes inside of anything else */
    }
    out = begin_line(p, "    ");
    cli_text_printf(out, "%s ", at.path);
    cli_text_visible(out, trace_type(p->t, field));
    cli_text_puts(out, " = ");
    if (plain)
        trace_value_text(out, plain, i, at.hidden);
    else
        cli_text_puts(out, "NULL");
    end_line(p);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void put_metadata(cli_text *out, vgi_metadata metadata)
{
    bool first = true;

    for (size_t i = 0; i < metadata.count; i++) {
        if (!trace_is_news(metadata.items[i].key))
            continue;
        cli_text_puts(out, first ? "; metadata " : ", ");
        cli_text_visible(out, metadata.items[i].key);
        first = false;
    }
}

static void put_ms(cli_text *out, int64_t us)
{
    cli_text_printf(out, "%" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
}

/* What a batch is, behind its word. */
static void put_size(const page *p, const vgi_tap_event *event)
{
    if (event->schema && event->schema->n_fields > 0)
        cli_text_printf(p->out, ": %" PRId64 " row%s, ", event->rows, event->rows == 1 ? "" : "s");
    else
        cli_text_puts(p->out, ": ");
    cli_text_printf(p->out, "%" PRId64 " bytes", event->size_bytes);
    if (event->is_shared)
        cli_text_puts(p->out, " in shared memory");
    if (event->side == VGI_TAP_WORKER) {
        cli_text_puts(p->out, ", ");
        put_ms(p->out, event->call->elapsed_us);
    }
    put_metadata(p->out, event->metadata);
    if (event->why) {
        cli_text_puts(p->out, "; not decoded: ");
        cli_text_visible(p->out, vgi_str(event->why));
    }
    end_line(p);
}

static void put_message(const page *p, const vgi_tap_event *event)
{
    if (event->batch && event->batch->rows > 0)
        put_row(p, "", trace_hides_all(p->protocol), event->batch, 0);
}

static void put_request(const page *p, const vgi_tap_event *event)
{
    cli_text_visible(begin_line(p, "> "), event->call->method);
    if (event->call->protocol.size) {
        cli_text_puts(p->out, " (");
        cli_text_visible(p->out, event->call->protocol);
        cli_text_char(p->out, ' ');
        cli_text_visible(p->out, event->call->protocol_version);
        cli_text_char(p->out, ')');
    }
    cli_text_printf(p->out, ": %" PRId64 " bytes", event->size_bytes);
    put_metadata(p->out, event->metadata);
    if (event->why) {
        cli_text_puts(p->out, "; not decoded: ");
        cli_text_visible(p->out, vgi_str(event->why));
    }
    end_line(p);
    put_message(p, event);
}

static void put_answer(const page *p, const vgi_tap_event *event)
{
    cli_text_puts(begin_line(p, "< "), "answer");
    put_size(p, event);
    put_message(p, event);
}

static void put_stream_batch(const page *p, const vgi_tap_event *event)
{
    bool tick = event->side == VGI_TAP_CLIENT && event->schema && event->schema->n_fields == 0;
    cli_text *out = begin_line(p, event->side == VGI_TAP_CLIENT ? "> " : "< ");

    cli_text_puts(out, tick ? "tick " : event->side == VGI_TAP_CLIENT ? "input " : "output ");
    cli_text_printf(out, "%" PRId64, event->index);
    put_size(p, event);
    if (event->index == 1 && event->schema && event->schema->n_fields > 0) {
        trace_columns(p->t, begin_line(p, "    "), event->schema);
        end_line(p);
    }
    if (event->batch)
        put_rows(p, event->batch, trace_hides_all(p->protocol));
}

/* Text that may have several lines. */
static void put_lines(const page *p, const char *mark, vgi_string text)
{
    const char *at = text.data, *end = at ? at + text.size : NULL;

    while (at && at < end) {
        const char *stop = at;

        while (stop < end && *stop != '\n')
            stop++;
        cli_text_visible(begin_line(p, mark), (vgi_string){at, (size_t)(stop - at)});
        end_line(p);
        at = stop + 1;
    }
}

static void put_said(const page *p, const vgi_tap_event *event)
{
    cli_text *out = begin_line(p, "< ");

    cli_text_puts(out, event->kind == VGI_TAP_ERROR ? "error " : "log ");
    cli_text_visible(out, event->kind == VGI_TAP_ERROR ? event->type : event->level);
    cli_text_puts(out, ": ");
    cli_text_visible(out, event->message);
    if (event->error_kind.size) {
        cli_text_puts(out, " [");
        cli_text_visible(out, event->error_kind);
        cli_text_char(out, ']');
    }
    end_line(p);
    put_lines(p, "    ", event->traceback);
}

static void put_word(const page *p, const vgi_tap_event *event)
{
    cli_text_puts(begin_line(p, "> "), event->kind == VGI_TAP_CANCEL ? "cancel" : "end of input");
    end_line(p);
}

static void put_flow(cli_text *out, const char *word, int64_t batches, int64_t rows, int64_t bytes)
{
    if (batches > 0)
        cli_text_printf(out, ", %s %" PRId64 " batch%s %" PRId64 " rows %" PRId64 " bytes", word, batches,
                        batches == 1 ? "" : "es", rows, bytes);
}

static void put_end(const page *p, const vgi_tap_event *event)
{
    const vgi_tap_call *call = event->call;
    cli_text *out = begin_line(p, "< ");

    cli_text_puts(out, "end of ");
    cli_text_visible(out, call->method);
    cli_text_puts(out, call->failed ? ", failed: " : ": ");
    put_ms(out, call->elapsed_us);
    put_flow(out, "in", call->input_batches, call->input_rows, call->input_bytes);
    put_flow(out, "out", call->output_batches, call->output_rows, call->output_bytes);
    end_line(p);
}

static void put_lost(const page *p, const vgi_tap_event *event)
{
    cli_text *out = begin_line(p, "! ");

    cli_text_printf(out, "what the %s sends cannot be followed any more, and is passed on as it comes: ",
                    event->side == VGI_TAP_CLIENT ? "client" : "worker");
    cli_text_visible(out, vgi_str(event->why));
    end_line(p);
}

static void (*const WRITERS[])(const page *p, const vgi_tap_event *event) = {
    [VGI_TAP_REQUEST] = put_request, [VGI_TAP_ANSWER] = put_answer,  [VGI_TAP_INPUT] = put_stream_batch,
    [VGI_TAP_CANCEL] = put_word,     [VGI_TAP_INPUT_END] = put_word, [VGI_TAP_OUTPUT] = put_stream_batch,
    [VGI_TAP_LOG] = put_said,        [VGI_TAP_ERROR] = put_said,     [VGI_TAP_END] = put_end,
    [VGI_TAP_LOST] = put_lost,
};

void trace_text_event(const trace *t, const vgi_tap_event *event, cli_text *out)
{
    page p;

    begin_page(&p, t, event->call->number, out);
    p.protocol = event->call->protocol;
    WRITERS[event->kind](&p, event);
}

void trace_text_note(const trace *t, const char *word, const char *text, cli_text *out)
{
    page p;

    begin_page(&p, t, 0, out);
    cli_text_printf(begin_line(&p, "! "), "%s: ", word);
    cli_text_visible(out, vgi_str(text));
    end_line(&p);
}
