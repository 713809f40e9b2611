/* A client of a typed service, that of examples/service.c: `service_client LOCATION` calls its methods. LOCATION is a
 * command (./service), unix://PATH, tcp://HOST:PORT or launch:COMMAND; the service may be in any language. */
#include <inttypes.h>
#include <stdio.h>

#include <vgi/rpc_client.h>

/* `result` is what the answer has to be: with it, answers of other types never come this far. */
static vgi_rpc_call call_of(const char *method, const vgi_batch *params, const vgi_arrow_schema *result)
{
    return (vgi_rpc_call){
        .protocol = "Example", .version = "1.0.0", .method = method, .params = params, .result = result};
}

/* divide(a: float64, b: float64) -> float64 */
static vgi_status divide(vgi_client *client, vgi_result *result, double a, double b, vgi_error *err)
{
    const vgi_arrow_schema *schema, *answers;
    const vgi_batch *answer;
    vgi_batch *params;
    vgi_rpc_call call;

    VGI_TRY(vgi_fields_parse(result, "a: float64, b: float64", &schema, err));
    VGI_TRY(vgi_fields_parse(result, "result: float64", &answers, err));
    VGI_TRY(vgi_batch_new(result, schema, 1, &params, err));
    vgi_append_f64(vgi_out_column(params, 0), a);
    vgi_append_f64(vgi_out_column(params, 1), b);
    VGI_TRY(vgi_batch_finish(result, params, err));
    call = call_of("divide", params, answers);
    VGI_TRY(vgi_client_call(client, &call, result, &answer, err));
    printf("%g / %g = %g\n", a, b, vgi_f64(answer, 0)[0]);
    return VGI_OK;
}

/* move(point: Point, dx: float64) -> Point. A record is a batch of one row in a binary column. */
static vgi_status move(vgi_client *client, vgi_result *result, vgi_error *err)
{
    const vgi_arrow_schema *schema, *point_schema, *answers;
    const vgi_batch *answer, *moved;
    vgi_batch *params, *point;
    vgi_rpc_call call;
    vgi_string color;
    vgi_bytes bytes;

    VGI_TRY(vgi_fields_parse(result, "x: float64, y: float64, color: dictionary<int16, utf8>", &point_schema, err));
    VGI_TRY(vgi_batch_new(result, point_schema, 1, &point, err));
    vgi_append_f64(vgi_out_column(point, 0), 1);
    vgi_append_f64(vgi_out_column(point, 1), 2);
    vgi_append_string(vgi_out_column(point, 2), "GREEN");
    VGI_TRY(vgi_batch_finish(result, point, err));
    VGI_TRY(vgi_batch_encode(result, point, &bytes, err));

    VGI_TRY(vgi_fields_parse(result, "point: binary, dx: float64", &schema, err));
    VGI_TRY(vgi_fields_parse(result, "result: binary", &answers, err));
    VGI_TRY(vgi_batch_new(result, schema, 1, &params, err));
    vgi_append_blob(vgi_out_column(params, 0), bytes.data, bytes.size);
    vgi_append_f64(vgi_out_column(params, 1), 0.5);
    VGI_TRY(vgi_batch_finish(result, params, err));
    call = call_of("move", params, answers);
    VGI_TRY(vgi_client_call(client, &call, result, &answer, err));
    VGI_TRY(vgi_batch_decode(result, vgi_blob(answer, 0, 0), &moved, err));
    if (moved->rows != 1 || !vgi_f64(moved, 0) || !vgi_f64(moved, 1))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "move answered with no point");
    color = vgi_text(moved, 2, 0);
    printf("moved to %g, %g: %.*s\n", vgi_f64(moved, 0)[0], vgi_f64(moved, 1)[0], (int)color.size, color.data);
    return VGI_OK;
}

/* countdown(start: int64), a producer of n: int64. */
static vgi_status countdown(vgi_client *client, vgi_result *result, int64_t start, vgi_error *err)
{
    const vgi_arrow_schema *schema, *answers;
    vgi_rpc_stream *stream;
    const vgi_batch *batch;
    vgi_batch *params;
    vgi_status status;
    vgi_rpc_call call;
    int64_t sum = 0;

    VGI_TRY(vgi_fields_parse(result, "start: int64", &schema, err));
    VGI_TRY(vgi_fields_parse(result, "n: int64", &answers, err));
    VGI_TRY(vgi_batch_new(result, schema, 1, &params, err));
    vgi_append_i64(vgi_out_column(params, 0), start);
    VGI_TRY(vgi_batch_finish(result, params, err));
    call = call_of("countdown", params, answers);
    VGI_TRY(vgi_client_stream(client, &call, NULL, NULL, &stream, err));
    while ((status = vgi_rpc_stream_next(stream, (vgi_metadata){0}, &batch, err)) == VGI_OK)
        for (int64_t i = 0; i < batch->rows; i++)
            sum += vgi_i64(batch, 0)[i];
    vgi_rpc_stream_free(stream);
    if (status == VGI_END)
        printf("%" PRId64 " + ... + 1 = %" PRId64 "\n", start, sum);
    return status == VGI_END ? VGI_OK : status;
}

int main(int argc, char **argv)
{
    vgi_client *client = NULL;
    vgi_result *result = NULL;
    vgi_error err = {0};

    if (argc != 2)
        return fprintf(stderr, "usage: service_client LOCATION\n"), 2;
    if (vgi_client_open(argv[1], NULL, &client, &err) == VGI_OK && vgi_result_new(&result, &err) == VGI_OK &&
        divide(client, result, 1, 4, &err) == VGI_OK && move(client, result, &err) == VGI_OK &&
        countdown(client, result, 3000, &err) == VGI_OK)
        (void)divide(client, result, 1, 0, &err); /* the service's own error: the connection lives on */
    if (err.status != VGI_OK)
        printf("%s: %s\n", err.exception, err.message);
    vgi_result_free(result);
    vgi_client_close(client);
    return err.status != VGI_OK;
}
