/* The streams (rpc.md §20.3): how each opens, and one turn of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Up to two integers: how many turns, and how many rows in each. Without any: one turn. */
vgi_status open_counts(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    progress *p = stream->state;

    (void)call;
    p->count = params->n_columns > 0 ? vgi_i64(params, 0)[0] : 1;
    p->rows = params->n_columns > 1 ? vgi_i64(params, 1)[0] : 1;
    p->factor = 1.0;
    stream->capacity = 1;
    return VGI_OK;
}

/* `count` turns of `rows` rows. */
vgi_status open_rows(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    progress *p = stream->state;

    VGI_TRY(open_counts(call, params, stream));
    if (p->rows < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "rows_per_batch must be non-negative");
    stream->capacity = p->rows > 0 ? p->rows : 1;
    return VGI_OK;
}

/* The same, but the rows come first, and one turn is what is meant where nothing else is said. */
vgi_status open_large(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    progress *p = stream->state;
    int64_t rows;

    VGI_TRY(open_counts(call, params, stream));
    rows = p->count;
    p->count = p->rows;
    p->rows = rows;
    if (rows < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "rows_per_batch must be non-negative");
    stream->capacity = rows > 0 ? rows : 1;
    return VGI_OK;
}

static void fill_header(vgi_batch *header, int64_t total, const char *format, const char *what)
{
    char text[FLOAT_TEXT + 40];

    snprintf(text, sizeof text, "%s%s", format, what);
    vgi_append_i64(vgi_out_column(header, 0), total);
    vgi_append_string(vgi_out_column(header, 1), text);
}

static vgi_status open_counts_header(vgi_call *call, const vgi_batch *params, vgi_stream *stream, const char *what)
{
    const progress *p = stream->state;
    char text[64];

    VGI_TRY(open_counts(call, params, stream));
    snprintf(text, sizeof text, "%" PRId64 " %s", p->count, what);
    fill_header(stream->header, p->count, "producing ", text);
    return VGI_OK;
}

vgi_status open_header(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    return open_counts_header(call, params, stream, "batches");
}

vgi_status open_header_and_log(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    vgi_log(call, VGI_LOG_INFO, "stream init log");
    return open_counts_header(call, params, stream, "with logs");
}

vgi_status open_rich(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    progress *p = stream->state;

    (void)call;
    p->count = vgi_i64(params, 1)[0];
    stream->capacity = 1;
    fill_rich_header(stream->header, vgi_i64(params, 0)[0]);
    return VGI_OK;
}

vgi_status open_dynamic(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    static const char *const FIELDS[2][2] = {
        {"index?: int64", "index?: int64, score?: float64"},
        {"index?: int64, label?: utf8", "index?: int64, label?: utf8, score?: float64"}};
    progress *p = stream->state;

    p->strings = vgi_bool(params, 2, 0);
    p->floats = vgi_bool(params, 3, 0);
    VGI_TRY(open_rich(call, params, stream));
    return vgi_schema_parse(call, FIELDS[p->strings][p->floats], &stream->output);
}

vgi_status open_nothing(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    (void)call, (void)params;
    ((progress *)stream->state)->factor = 1.0;
    return VGI_OK;
}

vgi_status open_factor(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    (void)call;
    ((progress *)stream->state)->factor = vgi_f64(params, 0)[0];
    return VGI_OK;
}

vgi_status open_scale_header(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    char text[FLOAT_TEXT];

    fill_header(stream->header, 0, "scale by ", float_text(vgi_f64(params, 0)[0], text));
    return open_factor(call, params, stream);
}

vgi_status open_rich_factor(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    (void)call;
    ((progress *)stream->state)->factor = vgi_f64(params, 1)[0];
    fill_rich_header(stream->header, vgi_i64(params, 0)[0]);
    return VGI_OK;
}

vgi_status fail_init(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    (void)params, (void)stream;
    return vgi_fail(call, VGI_ERR_RUNTIME, "intentional init error");
}

vgi_status fail_exchange_init(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    (void)params, (void)stream;
    return vgi_fail(call, VGI_ERR_RUNTIME, "intentional exchange init error");
}

void count_cancel(vgi_call *call, void *state)
{
    (void)call, (void)state;
    probe_add(PROBE_CANCEL, 1);
}

/* ---- producers --------------------------------------------------------------------------------------------------- */

/* Rows index, 10 * index for `rows` indices from `first` on. */
static void emit(vgi_batch *out, int64_t first, int64_t rows)
{
    int64_t *index = vgi_out_i64(vgi_out_column(out, 0)), *value = vgi_out_i64(vgi_out_column(out, 1));

    for (int64_t i = 0; i < rows; i++) {
        index[i] = first + i;
        value[i] = (first + i) * 10;
    }
    out->rows = rows;
}

vgi_status produce(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    (void)call, (void)in;
    if (p->n >= p->count)
        return VGI_END;
    emit(out, p->n++, 1);
    return VGI_OK;
}

vgi_status produce_large(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    (void)call, (void)in;
    if (p->n >= p->count)
        return VGI_END;
    emit(out, p->n++ * p->rows, p->rows);
    return VGI_OK;
}

vgi_status produce_with_log(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const progress *p = state;

    if (p->n < p->count)
        vgi_log(call, VGI_LOG_INFO, "producing batch %" PRId64, p->n);
    return produce(call, state, in, out);
}

vgi_status produce_error(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const progress *p = state;

    if (p->n >= p->count)
        return vgi_fail(call, VGI_ERR_RUNTIME, "intentional error after %" PRId64 " batches", p->count);
    return produce(call, state, in, out);
}

static void add_number(vgi_batch *out, const char *key, int64_t number)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRId64, number);

    vgi_out_metadata(out, key, text, (size_t)size);
}

vgi_status produce_annotated(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    static const char LABEL[] = "\xc3\xbcn\xc3\xaf"
                                "code-\xce\xbb";
    progress *p = state;
    int64_t *value = vgi_out_i64(vgi_out_column(out, 0));

    (void)call, (void)in;
    if (p->n >= p->count)
        return VGI_END;
    for (; out->rows < p->rows; out->rows++)
        value[out->rows] = p->n * 1000000 + out->rows;
    add_number(out, "conformance.batch_index", p->n++);
    add_number(out, "conformance.batch_total", p->count);
    vgi_out_metadata(out, "conformance.emit_label", LABEL, sizeof LABEL - 1);
    return VGI_OK;
}

static void append_seen(vgi_call *call, const char *key, vgi_column *column)
{
    vgi_string seen = vgi_metadata_get(vgi_call_metadata(call), key);

    vgi_append_text(column, seen.data ? seen.data : "", seen.size);
}

vgi_status produce_tick_metadata(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    (void)in;
    vgi_append_i64(vgi_out_column(out, 0), p->n);
    append_seen(call, "vgi.conformance.tick", vgi_out_column(out, 1));
    return ++p->n >= p->count ? VGI_END : VGI_OK;
}

vgi_status produce_cancellable(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    (void)call, (void)in;
    probe_add(PROBE_PRODUCE, 1);
    emit(out, p->n++, 1);
    return VGI_OK;
}

vgi_status produce_dynamic(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;
    char text[32];

    (void)call, (void)in;
    if (p->n >= p->count)
        return VGI_END;
    vgi_append_i64(vgi_out_column(out, 0), p->n);
    snprintf(text, sizeof text, "row-%" PRId64, p->n);
    if (p->strings)
        vgi_append_string(vgi_out_column(out, 1), text);
    if (p->floats)
        vgi_append_f64(vgi_out_column(out, p->strings ? 2 : 1), (double)p->n * 1.5);
    p->n++;
    return VGI_OK;
}

/* ---- exchanges --------------------------------------------------------------------------------------------------- */

vgi_status scale(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const progress *p = state;
    const double *value = vgi_f64(in, 0);
    double *scaled = vgi_out_f64(vgi_out_column(out, 0));

    (void)call;
    for (int64_t i = 0; i < in->rows; i++) {
        scaled[i] = value[i] * p->factor;
        if (vgi_is_null(in, 0, i))
            vgi_set_null(vgi_out_column(out, 0), i);
    }
    out->rows = in->rows;
    return VGI_OK;
}

vgi_status accumulate(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    (void)call;
    for (int64_t i = 0; i < in->rows; i++)
        p->sum += vgi_is_null(in, 0, i) ? 0.0 : vgi_f64(in, 0)[i];
    vgi_append_f64(vgi_out_column(out, 0), p->sum);
    vgi_append_i64(vgi_out_column(out, 1), ++p->n);
    return VGI_OK;
}

vgi_status exchange_with_logs(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vgi_log(call, VGI_LOG_INFO, "exchange processing");
    vgi_log(call, VGI_LOG_DEBUG, "exchange debug");
    return scale(call, state, in, out);
}

vgi_status exchange_error(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    progress *p = state;

    if (++p->n >= p->count)
        return vgi_fail(call, VGI_ERR_RUNTIME, "intentional error on exchange %" PRId64, p->n);
    return scale(call, state, in, out);
}

vgi_status exchange_empty(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state;
    out->rows = in->rows;
    return VGI_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const vgi_string *x = a, *y = b;
    const int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);

    return order ? order : (x->size > y->size) - (x->size < y->size);
}

vgi_status exchange_metadata(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vgi_metadata metadata = vgi_call_metadata(call);
    vgi_string *keys = vgi_alloc(call, (metadata.count + 1) * sizeof *keys);
    size_t total = 0, size = 0;
    char *text;

    (void)state, (void)in;
    for (size_t i = 0; keys && i < metadata.count; i++) {
        keys[i] = metadata.items[i].key;
        total += keys[i].size + 1;
    }
    text = vgi_alloc(call, total + 1);
    if (!keys || !text)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for %zu keys", metadata.count);
    qsort(keys, metadata.count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < metadata.count; i++) {
        if (i > 0)
            text[size++] = ',';
        memcpy(text + size, keys[i].data, keys[i].size);
        size += keys[i].size;
    }
    append_seen(call, "vgi.conformance.input", vgi_out_column(out, 0));
    vgi_append_text(vgi_out_column(out, 1), text, size);
    return VGI_OK;
}

/* As many rows as asked for, whatever came in. */
vgi_status exchange_oversized(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const progress *p = state;

    (void)call, (void)in;
    for (int64_t i = 0; i < p->count; i++) {
        vgi_append_i64(vgi_out_column(out, 0), i);
        vgi_append_i64(vgi_out_column(out, 1), 10 * i);
    }
    return VGI_OK;
}

vgi_status exchange_cancellable(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    probe_add(PROBE_EXCHANGE, 1);
    return scale(call, state, in, out);
}

vgi_status turn_needs_session(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)state, (void)in, (void)out;
    return vgi_fail(call, VGI_ERR_RUNTIME, "no sticky counter bound to this request");
}
