/* The streams of the test service: those that no good service has, and the watch over all of them. */
#include <stdatomic.h>
#include <stdlib.h>

#include "service.h"

/* ---- the watch --------------------------------------------------------------------------------------------------- */

static atomic_int_fast64_t probes[TEST_PROBES];

int64_t test_probe_get(int probe)
{
    return atomic_load(&probes[probe]);
}

/* The row that a watched one was made of stands behind it. */
enum { MAX_WATCHED = 128 };
static const vg_method *originals[MAX_WATCHED][2];
static size_t n_originals;

typedef struct watched {
    vg_stream inner;
    void *block; /* of malloc: a stream that is not closed leaks it, and the sanitizer tells */
} watched;

static vgi_status turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    const watched *w = state;

    return w->inner.turn(call, w->inner.state, in, out);
}

static void cancel(vgi_call *call, void *state)
{
    const watched *w = state;

    if (w->inner.cancel)
        w->inner.cancel(call, w->inner.state);
    (void)vgi_fail(call, VGI_ERR_RUNTIME, "a complaint that nobody hears");
}

static void close_watched(vgi_call *call, void *state)
{
    watched *w = state;

    if (w->inner.close)
        w->inner.close(call, w->inner.state);
    free(w->block);
    atomic_fetch_sub(&probes[PROBE_OPEN], 1);
}

static vgi_status open_watched(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    watched *w = vgi_alloc(call, sizeof *w);
    size_t i = 0;

    while (originals[i][0]->name != call->row->name)
        i++;
    VGI_TRY(originals[i][1]->open(call, params, stream));
    if (!w || !(w->block = malloc(16)))
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory");
    atomic_fetch_add(&probes[PROBE_OPEN], 1);
    w->inner = *stream;
    stream->state = w;
    stream->turn = turn;
    stream->cancel = cancel;
    stream->close = close_watched;
    return VGI_OK;
}

void test_watch_stream(vg_method *row, const vg_method *original)
{
    if (n_originals == MAX_WATCHED)
        abort();
    originals[n_originals][0] = row;
    originals[n_originals++][1] = original;
    row->open = open_watched;
}

/* ---- methods ----------------------------------------------------------------------------------------------------- */

ONE_FIELD(P_count, "count", .type = VGI_TYPE_INT64);
ONE_FIELD(FLOATS, "value", .type = VGI_TYPE_FLOAT64, .nullable = true);

static vgi_status end_exchange(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state, (void)in, (void)out;
    return VGI_END;
}

static vgi_status open_exchange(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params;
    stream->input = stream->output = &FLOATS;
    stream->turn = end_exchange;
    return VGI_OK;
}

/* Takes as many bytes as the input says. */
static vgi_status take_memory(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)state;
    if (!vgi_alloc(call, (size_t)vgi_f64(in, 0)[0]))
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    vgi_append_f64(vgi_out_column(out, 0), vgi_f64(in, 0)[0]);
    return VGI_OK;
}

static vgi_status open_taker(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params;
    stream->input = stream->output = &FLOATS;
    stream->turn = take_memory;
    return VGI_OK;
}

static vgi_status fail_with_header(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)params, (void)stream;
    return vgi_fail(call, VGI_ERR_RUNTIME, "intentional header error");
}

const vg_method TEST_STREAM_METHODS[] = {
    {.name = "test_end_exchange", .kind = VG_EXCHANGE, .open = open_exchange},
    {.name = "test_header_error",
     .kind = VG_PRODUCER,
     .params = &P_count,
     .header = &P_count,
     .open = fail_with_header},
    {.name = "test_take_memory", .kind = VG_EXCHANGE, .open = open_taker},
};
const size_t TEST_N_STREAM_METHODS = COUNT_OF(TEST_STREAM_METHODS);
