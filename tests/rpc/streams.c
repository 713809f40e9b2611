/* The stream methods of the test service (rpc.md §20.3). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "service.h"

/* ---- schemas ----------------------------------------------------------------------------------------------------- */

static const vgi_field INDEX = {.name = VGI_STR("index"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field INT_VALUE = {.name = VGI_STR("value"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const CTR_FIELDS[] = {&INDEX, &INT_VALUE};
static const vgi_arrow_schema CTR = SCHEMA_OF(CTR_FIELDS);
ONE_FIELD(VAL, "value", .type = VGI_TYPE_FLOAT64, .nullable = true);
ONE_FIELD(INT_VAL, "value", .type = VGI_TYPE_INT64, .nullable = true);
static const vgi_arrow_schema NOTHING = {0};

static const vgi_field SEEN = {.name = VGI_STR("seen"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field KEYS = {.name = VGI_STR("keys"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field *const SEEN_KEYS_FIELDS[] = {&SEEN, &KEYS};
static const vgi_arrow_schema SEEN_KEYS = SCHEMA_OF(SEEN_KEYS_FIELDS);
static const vgi_field *const INDEX_SEEN_FIELDS[] = {&INDEX, &SEEN};
static const vgi_arrow_schema INDEX_SEEN = SCHEMA_OF(INDEX_SEEN_FIELDS);
static const vgi_field RUNNING_SUM = {.name = VGI_STR("running_sum"), .type = VGI_TYPE_FLOAT64, .nullable = true};
static const vgi_field EXCHANGE_COUNT = {.name = VGI_STR("exchange_count"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const RUNNING_FIELDS[] = {&RUNNING_SUM, &EXCHANGE_COUNT};
static const vgi_arrow_schema RUNNING = SCHEMA_OF(RUNNING_FIELDS);
static const vgi_field TOTAL_EXPECTED = {.name = VGI_STR("total_expected"), .type = VGI_TYPE_INT64};
static const vgi_field DESCRIPTION = {.name = VGI_STR("description"), .type = VGI_TYPE_UTF8};
static const vgi_field *const HEADER_FIELDS[] = {&TOTAL_EXPECTED, &DESCRIPTION};
static const vgi_arrow_schema HEADER = SCHEMA_OF(HEADER_FIELDS);

ONE_FIELD(P_count, "count", .type = VGI_TYPE_INT64);
ONE_FIELD(P_factor, "factor", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(P_fail_on, "fail_on", .type = VGI_TYPE_INT64);
ONE_FIELD(P_emit_before_error, "emit_before_error", .type = VGI_TYPE_INT64);
ONE_FIELD(P_rows_per_batch, "rows_per_batch", .type = VGI_TYPE_INT64);
static const vgi_field ROWS_PER_BATCH = {.name = VGI_STR("rows_per_batch"), .type = VGI_TYPE_INT64};
static const vgi_field BATCH_COUNT = {.name = VGI_STR("batch_count"), .type = VGI_TYPE_INT64};
static const vgi_field COUNT = {.name = VGI_STR("count"), .type = VGI_TYPE_INT64};
static const vgi_field *const LARGE_FIELDS[] = {&ROWS_PER_BATCH, &BATCH_COUNT};
static const vgi_arrow_schema P_large = SCHEMA_OF(LARGE_FIELDS);
static const vgi_field *const ANNOTATED_FIELDS[] = {&COUNT, &ROWS_PER_BATCH};
static const vgi_arrow_schema P_annotated = SCHEMA_OF(ANNOTATED_FIELDS);

/* ---- what the streams share -------------------------------------------------------------------------------------- */

typedef struct plan {
    vgi_status (*turn)(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out);
    const vgi_arrow_schema *input, *output;
    const char *init_log, *init_error, *header; /* header: its description, %g the first parameter */
    void (*cancel)(vgi_call *call, void *state);
} plan;

struct state {
    int64_t turn, first, second; /* the first and second int64 parameters */
    double factor, sum;
    void *block; /* of malloc: a stream that is not closed leaks it, and the sanitizer tells */
};

static void close_stream(vgi_call *call, void *state)
{
    struct state *s = state;

    (void)call;
    free(s->block);
    test_probe_add(PROBE_OPEN, -1);
}

static void count_cancel(vgi_call *call, void *state)
{
    (void)state;
    test_probe_add(PROBE_CANCEL, 1);
    (void)vgi_fail(call, VGI_ERR_RUNTIME, "a complaint that nobody hears");
}

static void fill_header(const plan *p, const struct state *s, vgi_batch *header)
{
    char text[80];

    if (strstr(p->header, "%.1f"))
        snprintf(text, sizeof text, "scale by %.1f", s->factor);
    else
        snprintf(text, sizeof text, "producing %" PRId64 " %s", s->first, p->header);
    vgi_append_i64(vgi_out_column(header, 0), s->first);
    vgi_append_string(vgi_out_column(header, 1), text);
}

static vgi_status open_stream(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    const plan *p = call->row->detail;
    struct state *s = vgi_alloc(call, sizeof *s);

    if (p->init_error)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s", p->init_error);
    if (!s || !(s->block = malloc(16)))
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory");
    if (params->n_columns > 0 && vgi_i64(params, 0))
        s->first = vgi_i64(params, 0)[0];
    if (params->n_columns > 1 && vgi_i64(params, 1))
        s->second = vgi_i64(params, 1)[0];
    if (params->n_columns > 0 && vgi_f64(params, 0))
        s->factor = vgi_f64(params, 0)[0];
    if (p->init_log)
        vgi_log(call, VGI_LOG_INFO, "%s", p->init_log);
    if (p->header)
        fill_header(p, s, stream->header);
    test_probe_add(PROBE_OPEN, 1);
    stream->input = p->input;
    stream->output = p->output;
    stream->state = s;
    stream->turn = p->turn;
    stream->cancel = p->cancel;
    stream->close = close_stream;
    stream->capacity = 1;
    return VGI_OK;
}

static void emit(vgi_batch *out, int64_t index, int64_t value)
{
    vgi_append_i64(vgi_out_column(out, 0), index);
    vgi_append_i64(vgi_out_column(out, 1), value);
}

/* ---- producers --------------------------------------------------------------------------------------------------- */

static vgi_status produce_n(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    (void)call, (void)in;
    if (s->turn == s->first)
        return VGI_END;
    vgi_out_i64(vgi_out_column(out, 0))[0] = s->turn;
    vgi_out_i64(vgi_out_column(out, 1))[0] = s->turn * 10;
    out->rows = 1;
    s->turn++;
    return VGI_OK;
}

static vgi_status produce_single(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    s->first = 1;
    return produce_n(call, state, in, out);
}

static vgi_status produce_with_logs(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    if (s->turn < s->first)
        vgi_log(call, VGI_LOG_INFO, "producing batch %" PRId64, s->turn);
    return produce_n(call, state, in, out);
}

static vgi_status produce_error(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    if (s->turn == s->first)
        return vgi_fail(call, VGI_ERR_RUNTIME, "intentional error after %" PRId64 " batches", s->first);
    return produce_n(call, state, in, out);
}

static vgi_status produce_large(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    (void)call, (void)in;
    if (s->turn == s->second)
        return VGI_END;
    for (int64_t i = 0; i < s->first; i++)
        emit(out, s->turn * s->first + i, (s->turn * s->first + i) * 10);
    s->turn++;
    return VGI_OK;
}

static vgi_status produce_annotated(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    static const char LABEL[] = "\xc3\xbcn\xc3\xaf"
                                "code-\xce\xbb";
    struct state *s = state;
    char text[24];

    (void)call, (void)in;
    if (s->turn == s->first)
        return VGI_END;
    for (int64_t i = 0; i < s->second; i++)
        vgi_append_i64(vgi_out_column(out, 0), s->turn * 1000000 + i);
    snprintf(text, sizeof text, "%" PRId64, s->turn);
    vgi_out_metadata(out, "conformance.batch_index", text, strlen(text));
    snprintf(text, sizeof text, "%" PRId64, s->first);
    vgi_out_metadata(out, "conformance.batch_total", text, strlen(text));
    vgi_out_metadata(out, "conformance.emit_label", LABEL, sizeof LABEL - 1);
    s->turn++;
    return VGI_OK;
}

static vgi_status produce_tick_metadata(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;
    vgi_string seen = vgi_metadata_get(vgi_call_metadata(call), "vgi.conformance.tick");

    (void)in;
    vgi_append_i64(vgi_out_column(out, 0), s->turn);
    vgi_append_text(vgi_out_column(out, 1), seen.data ? seen.data : "", seen.size);
    return ++s->turn == s->first ? VGI_END : VGI_OK;
}

static vgi_status produce_cancellable(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    (void)call, (void)in;
    test_probe_add(PROBE_PRODUCE, 1);
    emit(out, s->turn, s->turn * 10);
    s->turn++;
    return VGI_OK;
}

/* ---- exchanges --------------------------------------------------------------------------------------------------- */

static vgi_status scale(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const struct state *s = state;
    double factor = s->factor != 0 ? s->factor : 1.0;
    const double *value = vgi_f64(in, 0);
    double *scaled = vgi_out_f64(vgi_out_column(out, 0));

    (void)call;
    for (int64_t i = 0; i < in->rows; i++) {
        scaled[i] = value[i] * factor;
        if (vgi_is_null(in, 0, i))
            vgi_set_null(vgi_out_column(out, 0), i);
    }
    out->rows = in->rows;
    return VGI_OK;
}

static vgi_status accumulate(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    (void)call;
    for (int64_t i = 0; i < in->rows; i++)
        s->sum += vgi_is_null(in, 0, i) ? 0 : vgi_f64(in, 0)[i];
    vgi_append_f64(vgi_out_column(out, 0), s->sum);
    vgi_append_i64(vgi_out_column(out, 1), ++s->turn);
    return VGI_OK;
}

static vgi_status exchange_with_logs(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vgi_log(call, VGI_LOG_INFO, "exchange processing");
    vgi_log(call, VGI_LOG_DEBUG, "exchange debug");
    return scale(call, state, in, out);
}

static vgi_status exchange_error_on_nth(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct state *s = state;

    if (++s->turn >= s->first)
        return vgi_fail(call, VGI_ERR_RUNTIME, "intentional error on exchange %" PRId64, s->turn);
    return scale(call, state, in, out);
}

static vgi_status exchange_nothing(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state;
    out->rows = in->rows;
    return VGI_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const vgi_string *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);

    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static vgi_status exchange_input_metadata(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vgi_metadata metadata = vgi_call_metadata(call);
    vgi_string seen = vgi_metadata_get(metadata, "vgi.conformance.input");
    vgi_string keys[32];
    char text[512] = "";
    size_t n = 0, size = 0;

    (void)state, (void)in;
    for (; n < metadata.count && n < COUNT_OF(keys); n++)
        keys[n] = metadata.items[n].key;
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < n && size + keys[i].size + 1 < sizeof text; i++) {
        if (i > 0)
            text[size++] = ',';
        memcpy(text + size, keys[i].data, keys[i].size);
        size += keys[i].size;
    }
    vgi_append_text(vgi_out_column(out, 0), seen.data ? seen.data : "", seen.size);
    vgi_append_text(vgi_out_column(out, 1), text, size);
    return VGI_OK;
}

static vgi_status exchange_oversized(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const struct state *s = state;

    (void)call, (void)in;
    for (int64_t i = 0; i < s->first; i++)
        emit(out, i, 10 * i);
    return VGI_OK;
}

static vgi_status exchange_cancellable(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    test_probe_add(PROBE_EXCHANGE, 1);
    return scale(call, state, in, out);
}

static vgi_status end_exchange(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state, (void)in, (void)out;
    return VGI_END;
}

/* ---- the rows ---------------------------------------------------------------------------------------------------- */

#define PRODUCER(method_name, params_schema, header_schema, ...)                                                       \
    {                                                                                                                  \
        .name = (method_name), .kind = VG_PRODUCER, .params = (params_schema), .header = (header_schema),              \
        .open = open_stream, .detail = &(const plan)                                                                   \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define EXCHANGE(method_name, params_schema, header_schema, ...)                                                       \
    {                                                                                                                  \
        .name = (method_name), .kind = VG_EXCHANGE, .params = (params_schema), .header = (header_schema),              \
        .open = open_stream, .detail = &(const plan)                                                                   \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

const vg_method TEST_STREAM_METHODS[] = {
    EXCHANGE("cancellable_exchange", NULL, NULL, .turn = exchange_cancellable, .input = &VAL, .output = &VAL,
             .cancel = count_cancel),
    PRODUCER("cancellable_producer", NULL, NULL, .turn = produce_cancellable, .output = &CTR, .cancel = count_cancel),
    EXCHANGE("exchange_accumulate", NULL, NULL, .turn = accumulate, .input = &VAL, .output = &RUNNING),
    EXCHANGE("exchange_cast_compatible", NULL, NULL, .turn = scale, .input = &VAL, .output = &VAL),
    EXCHANGE("exchange_error_on_init", NULL, NULL, .init_error = "intentional exchange init error"),
    EXCHANGE("exchange_error_on_nth", &P_fail_on, NULL, .turn = exchange_error_on_nth, .input = &VAL, .output = &VAL),
    EXCHANGE("exchange_input_metadata", NULL, NULL, .turn = exchange_input_metadata, .input = &VAL,
             .output = &SEEN_KEYS),
    EXCHANGE("exchange_oversized", &P_rows_per_batch, NULL, .turn = exchange_oversized, .input = &VAL, .output = &CTR),
    EXCHANGE("exchange_scale", &P_factor, NULL, .turn = scale, .input = &VAL, .output = &VAL),
    EXCHANGE("exchange_with_header", &P_factor, &HEADER, .turn = scale, .input = &VAL, .output = &VAL,
             .header = "scale by %.1f"),
    EXCHANGE("exchange_with_logs", NULL, NULL, .turn = exchange_with_logs, .input = &VAL, .output = &VAL),
    EXCHANGE("exchange_zero_columns", NULL, NULL, .turn = exchange_nothing, .input = &NOTHING, .output = &NOTHING),
    PRODUCER("produce_annotated_batches", &P_annotated, NULL, .turn = produce_annotated, .output = &INT_VAL),
    PRODUCER("produce_empty", NULL, NULL, .turn = produce_n, .output = &CTR),
    PRODUCER("produce_error_mid_stream", &P_emit_before_error, NULL, .turn = produce_error, .output = &CTR),
    PRODUCER("produce_error_on_init", NULL, NULL, .init_error = "intentional init error"),
    PRODUCER("produce_large_batches", &P_large, NULL, .turn = produce_large, .output = &CTR),
    PRODUCER("produce_n", &P_count, NULL, .turn = produce_n, .output = &CTR),
    PRODUCER("produce_single", NULL, NULL, .turn = produce_single, .output = &CTR),
    PRODUCER("produce_tick_metadata", &P_count, NULL, .turn = produce_tick_metadata, .output = &INDEX_SEEN),
    PRODUCER("produce_with_header", &P_count, &HEADER, .turn = produce_n, .output = &CTR, .header = "batches"),
    PRODUCER("produce_with_header_and_logs", &P_count, &HEADER, .turn = produce_n, .output = &CTR,
             .header = "with logs", .init_log = "stream init log"),
    PRODUCER("produce_with_logs", &P_count, NULL, .turn = produce_with_logs, .output = &CTR),
    EXCHANGE("test_end_exchange", NULL, NULL, .turn = end_exchange, .input = &VAL, .output = &VAL),
    PRODUCER("test_header_error", &P_count, &HEADER, .init_error = "intentional header error"),
};
const size_t TEST_N_STREAM_METHODS = COUNT_OF(TEST_STREAM_METHODS);
