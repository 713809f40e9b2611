/* The service whose calls bench/rpc.py times: a unary method, a producer and an exchange that do nothing but carry
 * batches. bench/rpc_peer.py is the same in Python. Columns are borrowed, so that what is timed is the way of the bytes
 * and not the making of them. */
#include <vgi/rpc.h>

static vgi_status add_one(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_i64(vgi_out_column(out, 0), vgi_i64(params, 0)[0] + 1);
    return VGI_OK;
}

/* The block 0, 1, ... that is sent again and again. */
struct blocks {
    vgi_array block;
    int64_t left;
};

static vgi_status produce_open(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    enum { MAX_ROWS = 1 << 27 };
    struct blocks *b = stream->state;
    const int64_t rows = vgi_i64(params, 0)[0];
    int64_t *n;

    if (rows < 1 || rows > MAX_ROWS)
        return vgi_fail(call, VGI_ERR_VALUE, "rows must be from 1 to %d, got %" PRId64, MAX_ROWS, rows);
    n = vgi_alloc(call, (size_t)rows * sizeof *n);
    if (!n)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for %" PRId64 " rows", rows);
    for (int64_t i = 0; i < rows; i++)
        n[i] = i;
    b->block = (vgi_array){.field = stream->output->fields[0], .length = rows, .buffers = {n, NULL}};
    b->left = vgi_i64(params, 1)[0];
    stream->capacity = 1; /* nothing is written into the builder's own arrays */
    return VGI_OK;
}

static vgi_status produce_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct blocks *b = state;

    (void)call, (void)in;
    if (b->left-- <= 0)
        return VGI_END;
    vgi_column_borrow(vgi_out_column(out, 0), &b->block);
    return VGI_OK;
}

static vgi_status exchange_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state;
    vgi_column_borrow(vgi_out_column(out, 0), &in->columns[0]);
    return VGI_OK;
}

static const vgi_rpc_protocol BENCH = {
    .name = "Bench",
    .version = "1.0.0",
    .methods = VGI_METHODS({"add_one(x: int64) -> int64", .unary = add_one},
                           {"produce(rows: int64, turns: int64)", .output = "n: int64",
                            .state_size = sizeof(struct blocks), .open = produce_open, .turn = produce_turn},
                           {"exchange()", .input = "n: int64", .output = "n: int64", .turn = exchange_turn}),
};

int main(int argc, char **argv)
{
    return vgi_service_main(&BENCH, argc, argv);
}
