/* The C client whose calls bench/rpc.py times: on the public API alone. bench/rpc_peer.py is the same in Python.
 *
 *   vgi-bench-rpc-client LOCATION [BYTES of shared memory]
 *
 * Reads commands from stdin, one a line: `CASE ROWS TURNS`; CASE is unary, produce or exchange, ROWS the int64 values
 * of a batch. Answers with the seconds that it took; every value of the first batch is looked at, and the last one of
 * the others. The first wrong answer ends it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vgi/rpc_client.h>

typedef struct bench {
    vgi_client *client;
    vgi_result *result; /* what is made for a command */
    vgi_result *answer; /* of one unary call */
    int64_t rows;
    int64_t turns;
} bench;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static vgi_rpc_call call_of(const char *method, const vgi_batch *params, const vgi_arrow_schema *result)
{
    return (vgi_rpc_call){
        .protocol = "Bench", .version = "1.0.0", .method = method, .params = params, .result = result};
}

/* 0, 1, ... */
static vgi_status check(const vgi_batch *batch, int64_t rows, bool all, vgi_error *err)
{
    const int64_t *n = vgi_i64(batch, 0);

    if (batch->rows != rows)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "%" PRId64 " rows came where %" PRId64 " were due", batch->rows,
                             rows);
    for (int64_t i = all ? 0 : rows - 1; i < rows; i++)
        if (n[i] != i)
            return vgi_error_set(err, VGI_ERR_RUNTIME, "value %" PRId64 " is %" PRId64, i, n[i]);
    return VGI_OK;
}

static vgi_status unary(bench *b, double *ret_seconds, vgi_error *err)
{
    const vgi_arrow_schema *in, *out;
    vgi_batch *params;
    vgi_rpc_call call;
    double begin;

    VGI_TRY(vgi_fields_parse(b->result, "x: int64", &in, err));
    VGI_TRY(vgi_fields_parse(b->result, "result: int64", &out, err));
    VGI_TRY(vgi_batch_new(b->result, in, 1, &params, err));
    vgi_append_i64(vgi_out_column(params, 0), 41);
    VGI_TRY(vgi_batch_finish(b->result, params, err));
    call = call_of("add_one", params, out);
    begin = now();
    for (int64_t i = 0; i < b->turns; i++) {
        const vgi_batch *answer;

        vgi_result_clear(b->answer);
        VGI_TRY(vgi_client_call(b->client, &call, b->answer, &answer, err));
        if (vgi_i64(answer, 0)[0] != 42)
            return vgi_error_set(err, VGI_ERR_RUNTIME, "41 + 1 is %" PRId64, vgi_i64(answer, 0)[0]);
    }
    *ret_seconds = now() - begin;
    return VGI_OK;
}

static vgi_status run_producer(bench *b, vgi_rpc_stream *stream, vgi_error *err)
{
    const vgi_batch *batch;

    for (int64_t i = 0; i < b->turns; i++) {
        vgi_status status = vgi_rpc_stream_next(stream, (vgi_metadata){0}, &batch, err);

        if (status == VGI_END)
            return vgi_error_set(err, VGI_ERR_RUNTIME, "the stream ends after %" PRId64 " batches", i);
        VGI_TRY(status);
        VGI_TRY(check(batch, b->rows, i == 0, err));
    }
    return vgi_rpc_stream_next(stream, (vgi_metadata){0}, &batch, err) == VGI_END
               ? VGI_OK
               : vgi_error_set(err, VGI_ERR_RUNTIME, "the stream does not end");
}

static vgi_status produce(bench *b, double *ret_seconds, vgi_error *err)
{
    const vgi_arrow_schema *in, *out;
    vgi_rpc_stream *stream;
    vgi_batch *params;
    vgi_rpc_call call;
    vgi_status status;
    double begin;

    VGI_TRY(vgi_fields_parse(b->result, "rows: int64, turns: int64", &in, err));
    VGI_TRY(vgi_fields_parse(b->result, "n: int64", &out, err));
    VGI_TRY(vgi_batch_new(b->result, in, 1, &params, err));
    vgi_append_i64(vgi_out_column(params, 0), b->rows);
    vgi_append_i64(vgi_out_column(params, 1), b->turns);
    VGI_TRY(vgi_batch_finish(b->result, params, err));
    call = call_of("produce", params, out);
    begin = now();
    VGI_TRY(vgi_client_stream(b->client, &call, NULL, NULL, &stream, err));
    status = run_producer(b, stream, err);
    vgi_rpc_stream_free(stream);
    *ret_seconds = now() - begin;
    return status;
}

static vgi_status run_exchange(bench *b, vgi_rpc_stream *stream, const vgi_batch *in, vgi_error *err)
{
    for (int64_t i = 0; i < b->turns; i++) {
        const vgi_batch *batch;

        VGI_TRY(vgi_rpc_stream_exchange(stream, in, &batch, err));
        VGI_TRY(check(batch, b->rows, i == 0, err));
    }
    return vgi_rpc_stream_close(stream, err);
}

static vgi_status exchange(bench *b, double *ret_seconds, vgi_error *err)
{
    const vgi_arrow_schema *fields;
    vgi_rpc_stream *stream;
    vgi_rpc_call call;
    vgi_status status;
    vgi_batch *in;
    double begin;
    int64_t *n;

    VGI_TRY(vgi_fields_parse(b->result, "n: int64", &fields, err));
    VGI_TRY(vgi_batch_new(b->result, fields, b->rows, &in, err));
    n = vgi_out_i64(vgi_out_column(in, 0));
    while (in->rows < in->capacity) {
        n[in->rows] = in->rows;
        in->rows++;
    }
    VGI_TRY(vgi_batch_finish(b->result, in, err));
    call = call_of("exchange", NULL, fields);
    begin = now();
    VGI_TRY(vgi_client_stream(b->client, &call, NULL, NULL, &stream, err));
    status = run_exchange(b, stream, in, err);
    vgi_rpc_stream_free(stream);
    *ret_seconds = now() - begin;
    return status;
}

static const struct {
    const char *name;
    vgi_status (*run)(bench *b, double *ret_seconds, vgi_error *err);
} CASES[] = {{"unary", unary}, {"produce", produce}, {"exchange", exchange}};

static vgi_status run_case(bench *b, const char *name, vgi_error *err)
{
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        double seconds = 0;

        if (strcmp(CASES[i].name, name) != 0)
            continue;
        VGI_TRY(CASES[i].run(b, &seconds, err));
        vgi_result_clear(b->result);
        printf("%.9f\n", seconds);
        fflush(stdout);
        return VGI_OK;
    }
    return vgi_error_set(err, VGI_ERR_VALUE, "there is no case '%s'", name);
}

static vgi_status serve(bench *b, const char *location, size_t shm_bytes, vgi_error *err)
{
    const vgi_client_options options = {.shm_bytes = shm_bytes};
    char name[16];

    VGI_TRY(vgi_client_open(location, &options, &b->client, err));
    VGI_TRY(vgi_result_new(&b->result, err));
    VGI_TRY(vgi_result_new(&b->answer, err));
    while (scanf("%15s %" SCNd64 " %" SCNd64, name, &b->rows, &b->turns) == 3) {
        VGI_TRY(run_case(b, name, err));
        if (shm_bytes && !vgi_client_shares_memory(b->client, NULL, NULL))
            return vgi_error_set(err, VGI_ERR_RUNTIME, "the worker shares no memory");
    }
    return VGI_OK;
}

int main(int argc, char **argv)
{
    bench b = {0};
    vgi_error err = {0};

    if (argc != 2 && argc != 3)
        return fprintf(stderr, "usage: vgi-bench-rpc-client LOCATION [BYTES of shared memory]\n"), 2;
    if (serve(&b, argv[1], argc == 3 ? strtoul(argv[2], NULL, 10) : 0, &err) != VGI_OK)
        fprintf(stderr, "vgi-bench-rpc-client: %s: %s\n", err.exception, err.message);
    vgi_result_free(b.answer);
    vgi_result_free(b.result);
    vgi_client_close(b.client);
    return err.status != VGI_OK;
}
