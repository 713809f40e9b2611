/* The conformance service of the RPC layer (rpc.md §20), on the public API alone: what its files share. protocol.c
 * has the rows, unary.c, stream.c, header.c and secondary.c the callbacks, main.c the program. */
#ifndef VG_TEST_CONFORMANCE_H
#define VG_TEST_CONFORMANCE_H

#include <vgi/rpc.h>

/* The protocols as the two revisions of the official runner want them. */
extern const vgi_rpc_protocol CONFORMANCE_47, CONFORMANCE_52, SECONDARY;

/* How often the cancellable streams of this process were called. */
enum { PROBE_PRODUCE, PROBE_EXCHANGE, PROBE_CANCEL, PROBES };
void probe_add(int probe, int64_t by);
int64_t probe_get(int probe);

/* As Python prints a float: the shortest text that reads back as the same number, with a point or an exponent. */
enum { FLOAT_TEXT = 40 };
const char *float_text(double value, char text[FLOAT_TEXT]);

/* The 18 fields of RichHeader for a seed (rpc.md §20.1). */
void fill_rich_header(vgi_batch *header, int64_t seed);

typedef vgi_status unary_fn(vgi_call *call, const vgi_batch *params, vgi_batch *out);
unary_fn add_floats, cancel_probe_counters, concatenate, do_nothing, echo, echo_record, inspect_point, log_extras,
    log_levels, need_session, need_storage, open_counter, oversized_unary, pack_nested_containers, raise_error,
    reset_cancel_probe, with_defaults;
unary_fn secondary_echo, secondary_fail, secondary_fail_oversized;

/* The state of every stream: what turn it is, and the parameters. */
typedef struct progress {
    int64_t n;
    int64_t count; /* the first integer parameter, `rows` the second; see open_counts */
    int64_t rows;
    double factor;
    double sum;
    bool strings, floats;
} progress;

typedef vgi_status open_fn(vgi_call *call, const vgi_batch *params, vgi_stream *stream);
open_fn open_counts, open_header, open_header_and_log, open_rows, open_large, open_rich, open_dynamic, open_factor,
    open_scale_header, open_rich_factor, open_nothing, fail_init, fail_exchange_init;

typedef vgi_status turn_fn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out);
turn_fn produce, produce_annotated, produce_cancellable, produce_dynamic, produce_error, produce_large,
    produce_tick_metadata, produce_with_log;
turn_fn accumulate, exchange_cancellable, exchange_empty, exchange_error, exchange_metadata, exchange_oversized,
    exchange_with_logs, scale, turn_needs_session;

void count_cancel(vgi_call *call, void *state);

#endif
