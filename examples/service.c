/* A service of typed methods, without catalogs and SQL: any client of the Arrow RPC layer calls it. A unary method, one
 * that takes and gives a record, a producer and an exchange with state. Run it as a worker: stdio, --unix PATH, --tcp
 * PORT; `--describe` tells clients what it has. */
#include <vgi/rpc.h>

static vgi_status divide(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const double a = vgi_f64(params, 0)[0], b = vgi_f64(params, 1)[0];

    if (b == 0)
        return vgi_fail_with(call, &(vgi_failure){.exception = "ZeroDivisionError", .code = "OUT_OF_RANGE"},
                             "cannot divide %g by zero", a);
    vgi_append_f64(vgi_out_column(out, 0), a / b);
    return VGI_OK;
}

/* A record has its declared fields in their order, whatever the caller's order was. */
static vgi_status move(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_batch *from;
    vgi_batch *to;

    VGI_TRY(vgi_record_read(call, params, 0, &from));
    VGI_TRY(vgi_record_new(call, "Point", 1, &to));
    vgi_append_f64(vgi_out_column(to, 0), vgi_f64(from, 0)[0] + vgi_f64(params, 1)[0]);
    vgi_append_f64(vgi_out_column(to, 1), vgi_f64(from, 1)[0]);
    vgi_append_value(vgi_out_column(to, 2), &from->columns[2], 0);
    return vgi_record_append(call, vgi_out_column(out, 0), to);
}

struct countdown {
    int64_t left;
};

static vgi_status countdown_open(vgi_call *call, const vgi_batch *params, vgi_stream *stream)
{
    struct countdown *c = stream->state;

    c->left = vgi_i64(params, 0)[0];
    if (c->left < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "start must not be negative, got %" PRId64, c->left);
    return VGI_OK;
}

static vgi_status countdown_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct countdown *c = state;
    int64_t *n = vgi_out_i64(vgi_out_column(out, 0));

    (void)call, (void)in;
    while (c->left > 0 && out->rows < out->capacity)
        n[out->rows++] = c->left--;
    return c->left > 0 ? VGI_OK : VGI_END;
}

struct total {
    double sum;
};

/* One batch comes in, one goes out. */
static vgi_status running_sum(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    struct total *t = state;
    const double *value = vgi_f64(in, 0);

    (void)call;
    for (int64_t i = 0; i < in->rows; i++)
        t->sum += vgi_is_null(in, 0, i) ? 0 : value[i];
    vgi_append_f64(vgi_out_column(out, 0), t->sum);
    return VGI_OK;
}

static const vgi_rpc_protocol EXAMPLE = {
    .name = "Example",
    .version = "1.0.0",
    .types = VGI_TYPES({"Color", .members = "RED, GREEN"}, {"Point", .fields = "x: float64, y: float64, color: Color"}),
    .methods = VGI_METHODS({"divide(a: float64, b: float64) -> float64", .unary = divide},
                           {"move(point: Point, dx: float64) -> Point", .unary = move},
                           {"countdown(start: int64)", .output = "n: int64", .state_size = sizeof(struct countdown),
                            .open = countdown_open, .turn = countdown_turn},
                           {"running_sum()", .input = "value?: float64", .output = "sum: float64",
                            .state_size = sizeof(struct total), .turn = running_sum}),
};

int main(int argc, char **argv)
{
    return vgi_service_main(&EXAMPLE, argc, argv);
}
