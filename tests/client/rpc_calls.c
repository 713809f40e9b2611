/* Calls of typed services by <vgi/rpc_client.h>, for test_rpc_calls.py: rpc_calls contract|misuse LOCATION [TEST]
 *
 * contract: what the RPC layer's native-client contract asks of a client, against its worker: batches made from the
 * declared schema, whatever the values. misuse: mistakes of the caller, against examples/service.c: each is told, and
 * the connection lives on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vgi/rpc_client.h>

static const char TYPED[] = "nullable_float?: float64, tags?: list<utf8>, category?: dictionary<int16, utf8>, "
                            "event_time?: timestamp(us, tz=UTC), amount?: decimal128(18, 4), "
                            "nested?: struct<name?: utf8, scores?: list<int32>>";
static const char PRODUCED[] = "index: int64, payload: binary";

typedef struct fixture {
    const char *location;
    const char *protocol;
    const char *version;
    vgi_client *client;
    vgi_result *result;
    vgi_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = *state;

    vgi_error_clear(&f->err);
    return vgi_client_open(f->location, NULL, &f->client, &f->err) != VGI_OK ||
           vgi_result_new(&f->result, &f->err) != VGI_OK;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    vgi_result_free(f->result);
    vgi_client_close(f->client);
    return 0;
}

static void ok(fixture *f, vgi_status status)
{
    if (status != VGI_OK)
        fail_msg("status %d: %s: %s", (int)status, f->err.exception, f->err.message);
}

static void refused(fixture *f, vgi_status wanted, vgi_status status, const char *words)
{
    assert_int_equal(status, wanted);
    if (!strstr(f->err.message, words))
        fail_msg("'%s' does not say '%s'", f->err.message, words);
    assert_true(vgi_client_is_usable(f->client));
    vgi_error_clear(&f->err);
}

static const vgi_arrow_schema *fields(fixture *f, const char *text)
{
    const vgi_arrow_schema *schema;

    ok(f, vgi_fields_parse(f->result, text, &schema, &f->err));
    return schema;
}

static vgi_batch *batch_of(fixture *f, const char *text)
{
    vgi_batch *batch;

    ok(f, vgi_batch_new(f->result, fields(f, text), 4, &batch, &f->err));
    return batch;
}

static const vgi_batch *finished(fixture *f, vgi_batch *batch)
{
    ok(f, vgi_batch_finish(f->result, batch, &f->err));
    return batch;
}

static vgi_rpc_call call_of(const fixture *f, const char *method, const vgi_batch *params)
{
    return (vgi_rpc_call){.protocol = f->protocol, .version = f->version, .method = method, .params = params};
}

static vgi_rpc_stream *open_stream(fixture *f, const char *method, const vgi_batch *params, const char *output)
{
    vgi_rpc_call call = call_of(f, method, params);
    vgi_rpc_stream *stream;

    call.result = output ? fields(f, output) : NULL;
    ok(f, vgi_client_stream(f->client, &call, NULL, NULL, &stream, &f->err));
    return stream;
}

/* ---- the contract ------------------------------------------------------------------------------------------------ */

static void echo_size(fixture *f, size_t size)
{
    vgi_batch *params = batch_of(f, "value: binary");
    uint8_t *bytes = malloc(size + 1);
    const vgi_batch *answer;
    vgi_rpc_call call;
    vgi_bytes echoed;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7);
    vgi_append_blob(vgi_out_column(params, 0), bytes, size);
    call = call_of(f, "echo_bytes", finished(f, params));
    call.result = fields(f, "result: binary");
    ok(f, vgi_client_call(f->client, &call, f->result, &answer, &f->err));
    echoed = vgi_blob(answer, 0, 0);
    assert_int_equal(echoed.size, size);
    assert_memory_equal(echoed.data, bytes, size);
    free(bytes);
}

static void bytes_are_echoed(void **state)
{
    fixture *f = *state;

    for (size_t size = 0; size <= 1 << 20; size = size * 8 + 1)
        echo_size(f, size);
}

static void a_large_response_arrives_whole(void **state)
{
    fixture *f = *state;
    vgi_batch *params = batch_of(f, "size: int64");
    const vgi_batch *answer;
    vgi_rpc_call call;
    vgi_bytes bytes;

    vgi_append_i64(vgi_out_column(params, 0), 1 << 20);
    call = call_of(f, "large_response", finished(f, params));
    ok(f, vgi_client_call(f->client, &call, f->result, &answer, &f->err));
    bytes = vgi_blob(answer, 0, 0);
    assert_int_equal(bytes.size, 1 << 20);
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] != i % 251)
            fail_msg("byte %zu is %d", i, bytes.data[i]);
}

/* One row of no NULL. */
static void append_populated(vgi_batch *in)
{
    static const uint8_t AMOUNT[16] = {0x40, 0xe2, 0x01}; /* 12.3456 */
    vgi_column *tags = vgi_out_column(in, 1), *nested = vgi_out_column(in, 5), *scores = vgi_child(nested, 1);

    vgi_append_f64(vgi_out_column(in, 0), 2.5);
    vgi_append_string(vgi_child(tags, 0), "red");
    vgi_append_null(vgi_child(tags, 0));
    vgi_append_list(tags);
    vgi_append_string(vgi_out_column(in, 2), "warm");
    vgi_append_i64(vgi_out_column(in, 3), 1767225600123456);
    vgi_append_blob(vgi_out_column(in, 4), AMOUNT, sizeof AMOUNT);
    vgi_append_string(vgi_child(nested, 0), "inner");
    vgi_append_i64(vgi_child(scores, 0), -7);
    vgi_append_null(vgi_child(scores, 0));
    vgi_append_list(scores);
    vgi_append_struct(nested);
}

static void append_nulls(vgi_batch *in)
{
    for (int32_t i = 0; i < in->schema->n_fields; i++)
        vgi_append_null(vgi_out_column(in, i));
}

static void check_text(vgi_string found, const char *wanted)
{
    assert_int_equal(found.size, strlen(wanted));
    assert_memory_equal(found.data, wanted, found.size);
}

static void check_populated(const vgi_batch *out, int64_t row)
{
    const vgi_array *tags = &out->columns[1], *nested = &out->columns[5], *scores = &nested->children[1];
    int64_t begin, end;

    assert_true(vgi_f64(out, 0)[row] == 2.5);
    vgi_array_items(tags, row, &begin, &end);
    assert_int_equal(end - begin, 2);
    check_text(vgi_array_text(tags->children, begin), "red");
    assert_true(vgi_array_is_null(tags->children, begin + 1));
    check_text(vgi_text(out, 2, row), "warm");
    assert_int_equal(vgi_i64(out, 3)[row], 1767225600123456);
    assert_int_equal(vgi_blob(out, 4, row).size, 0); /* a decimal is no blob to read, but its bytes are there: */
    assert_memory_equal((const uint8_t *)out->columns[4].buffers[0] + 16 * (out->columns[4].offset + row),
                        "\x40\xe2\x01\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    check_text(vgi_array_text(&nested->children[0], nested->offset + row), "inner");
    vgi_array_items(scores, nested->offset + row, &begin, &end);
    assert_int_equal(end - begin, 2);
    assert_int_equal(vgi_array_i64(scores->children, begin), -7);
    assert_true(vgi_array_is_null(scores->children, begin + 1));
}

static const vgi_batch *exchanged(fixture *f, vgi_rpc_stream *stream, vgi_batch *in)
{
    const vgi_batch *out;

    ok(f, vgi_rpc_stream_exchange(stream, finished(f, in), &out, &f->err));
    assert_int_equal(out->rows, in->rows);
    return out;
}

static void renew(fixture *f)
{
    vgi_result_free(f->result);
    ok(f, vgi_result_new(&f->result, &f->err));
}

/* The memory of a batch goes when its turn is over: the stream must not need it. */
static void typed_batches_are_echoed(void **state)
{
    fixture *f = *state;
    vgi_rpc_stream *stream = open_stream(f, "typed_exchange", NULL, TYPED);
    const vgi_batch *out;
    vgi_batch *in;

    assert_null(vgi_rpc_stream_schema(stream));
    for (int turn = 0; turn < 3; turn++) {
        renew(f);
        in = batch_of(f, TYPED);
        append_nulls(in);
        out = exchanged(f, stream, in);
        for (int32_t i = 0; i < out->n_columns; i++)
            assert_true(vgi_is_null(out, i, 0));

        renew(f);
        (void)exchanged(f, stream, batch_of(f, TYPED)); /* no rows */

        renew(f);
        in = batch_of(f, TYPED);
        append_nulls(in);
        append_populated(in);
        out = exchanged(f, stream, in);
        assert_true(vgi_is_null(out, 5, 0));
        check_populated(out, 1);
    }
    check_text(vgi_rpc_stream_schema(stream)->fields[5]->name, "nested");
    ok(f, vgi_rpc_stream_close(stream, &f->err));
    vgi_rpc_stream_free(stream);
    echo_size(f, 3);
}

/* Reads a producer to its end; index -1: a batch without rows is due. */
static void check_producer(fixture *f, vgi_rpc_stream *stream, const int64_t *wanted, size_t n)
{
    const vgi_batch *out;

    for (size_t i = 0; i < n; i++) {
        ok(f, vgi_rpc_stream_next(stream, (vgi_metadata){0}, &out, &f->err));
        assert_int_equal(out->rows, wanted[i] < 0 ? 0 : 1);
        if (out->rows)
            assert_int_equal(vgi_i64(out, 0)[0], wanted[i]);
    }
    assert_int_equal(vgi_rpc_stream_next(stream, (vgi_metadata){0}, &out, &f->err), VGI_END);
    assert_null(out);
    assert_false(vgi_rpc_stream_is_open(stream));
    refused(f, VGI_ERR_RUNTIME, vgi_rpc_stream_next(stream, (vgi_metadata){0}, &out, &f->err), "has ended");
    vgi_rpc_stream_free(stream);
}

static void producers_are_read_to_their_end(void **state)
{
    fixture *f = *state;
    vgi_batch *params = batch_of(f, "count: int64, payload_bytes: int64");

    vgi_append_i64(vgi_out_column(params, 0), 3);
    vgi_append_i64(vgi_out_column(params, 1), 4);
    check_producer(f, open_stream(f, "producer_sequence", finished(f, params), PRODUCED), (int64_t[]){0, 1, 2}, 3);
    check_producer(f, open_stream(f, "producer_zero_row_then_value", NULL, PRODUCED), (int64_t[]){-1, 7}, 2);
    check_producer(f, open_stream(f, "producer_emit_and_finish", NULL, PRODUCED), (int64_t[]){99}, 1);
    check_producer(f, open_stream(f, "producer_empty", NULL, PRODUCED), NULL, 0);
    echo_size(f, 3);
}

static void what_the_worker_says_of_itself(void **state)
{
    fixture *f = *state;
    const vgi_protocol_method *methods;
    const vgi_worker_info *info;
    vgi_protocol protocol;
    size_t count, found = 0;

    ok(f, vgi_client_describe(f->client, f->result, &info, &f->err));
    check_text(info->server_id, "client-worker");
    check_text(info->request_version, "1");
    ok(f, vgi_client_describe_protocol(f->client, f->protocol, f->result, &protocol, &methods, &count, &f->err));
    for (size_t i = 0; i < count; i++) {
        if (vgi_string_equal(methods[i].name, vgi_str("typed_exchange")))
            check_text(methods[i].stream_kind, "exchange"), found++;
        if (methods[i].name.size > 9 && memcmp(methods[i].name.data, "producer_", 9) == 0)
            check_text(methods[i].stream_kind, "producer"), found++;
        if (vgi_string_equal(methods[i].name, vgi_str("echo_bytes")))
            assert_int_equal(methods[i].params->fields[0]->type, VGI_TYPE_BINARY), found++;
    }
    assert_int_equal(found, 6);
    ok(f, vgi_client_ping(f->client, &f->err));
}

/* ---- mistakes ---------------------------------------------------------------------------------------------------- */

static vgi_status divide(fixture *f, const char *result_type, vgi_metadata metadata, const vgi_batch **ret)
{
    vgi_batch *params = batch_of(f, "a: float64, b: float64");
    vgi_rpc_call call;

    vgi_append_f64(vgi_out_column(params, 0), 1);
    vgi_append_f64(vgi_out_column(params, 1), 4);
    call = call_of(f, "divide", finished(f, params));
    call.result = fields(f, result_type);
    call.metadata = metadata;
    return vgi_client_call(f->client, &call, f->result, ret, &f->err);
}

static void works(fixture *f)
{
    const vgi_batch *answer;

    ok(f, divide(f, "result: float64", (vgi_metadata){0}, &answer));
    assert_true(vgi_f64(answer, 0)[0] == 0.25);
}

static void batches_that_cannot_be_sent(void **state)
{
    fixture *f = *state;
    vgi_batch *batch = batch_of(f, "a: float64, b: float64");
    vgi_rpc_call call = call_of(f, "divide", batch);
    const vgi_batch *answer;
    vgi_result *other;
    vgi_bytes bytes;

    refused(f, VGI_ERR_VALUE, vgi_client_call(f->client, &call, f->result, &answer, &f->err), "vgi_batch_finish");
    refused(f, VGI_ERR_VALUE, vgi_batch_encode(f->result, batch, &bytes, &f->err), "vgi_batch_finish");
    vgi_append_f64(vgi_out_column(batch, 0), 1);
    assert_int_not_equal(vgi_batch_finish(f->result, batch, NULL), VGI_OK); /* one column of two has a value */
    refused(f, VGI_ERR_VALUE, vgi_client_call(f->client, &call, f->result, &answer, &f->err), "vgi_batch_finish");
    ok(f, vgi_result_new(&other, &f->err));
    refused(f, VGI_ERR_VALUE, vgi_batch_finish(other, batch, &f->err), "of the same result");
    vgi_result_free(other);
    batch = batch_of(f, "a: float64");
    vgi_append_string(vgi_out_column(batch, 0), "text");
    refused(f, VGI_ERR_TYPE, vgi_batch_finish(f->result, batch, &f->err), "'a'");
    refused(f, VGI_ERR_VALUE, vgi_batch_new(f->result, batch->schema, -1, &batch, &f->err), "-1 rows");
    call = call_of(f, NULL, NULL);
    refused(f, VGI_ERR_VALUE, vgi_client_call(f->client, &call, f->result, &answer, &f->err), "name of a method");
    works(f);
}

static void answers_of_another_type(void **state)
{
    fixture *f = *state;
    const vgi_batch *answer;
    vgi_rpc_stream *stream;
    vgi_batch *params = batch_of(f, "start: int64");

    refused(f, VGI_ERR_PROTOCOL, divide(f, "result: utf8", (vgi_metadata){0}, &answer), "float64 in column 'result'");
    assert_null(answer);
    refused(f, VGI_ERR_PROTOCOL, divide(f, "", (vgi_metadata){0}, &answer), "1 columns");
    vgi_append_i64(vgi_out_column(params, 0), 5);
    stream = open_stream(f, "countdown", finished(f, params), "n: utf8");
    refused(f, VGI_ERR_PROTOCOL, vgi_rpc_stream_next(stream, (vgi_metadata){0}, &answer, &f->err), "int64 in column");
    assert_null(answer);
    vgi_rpc_stream_free(stream);
    works(f);
}

static vgi_status add(fixture *f, vgi_rpc_stream *stream, const char *text, const vgi_batch **ret)
{
    vgi_batch *in = batch_of(f, text);

    if (in->schema->fields[0]->type == VGI_TYPE_FLOAT64)
        vgi_append_f64(vgi_out_column(in, 0), 1.5);
    else
        vgi_append_i64(vgi_out_column(in, 0), 1);
    return vgi_rpc_stream_exchange(stream, finished(f, in), ret, &f->err);
}

static void another_schema_within_a_stream(void **state)
{
    fixture *f = *state;
    vgi_rpc_stream *stream = open_stream(f, "running_sum", NULL, NULL);
    const vgi_batch *out;

    ok(f, add(f, stream, "value?: float64", &out));
    refused(f, VGI_ERR_TYPE, add(f, stream, "value?: int64", &out), "another schema");
    refused(f, VGI_ERR_TYPE, add(f, stream, "other?: float64", &out), "another schema");
    assert_true(vgi_rpc_stream_is_open(stream));
    ok(f, add(f, stream, "value?: float64", &out));
    assert_true(vgi_f64(out, 0)[0] == 3);
    ok(f, vgi_rpc_stream_close(stream, &f->err));
    ok(f, vgi_rpc_stream_close(stream, &f->err));
    vgi_rpc_stream_free(stream);
    works(f);
}

static void one_thing_at_a_time(void **state)
{
    fixture *f = *state;
    vgi_rpc_stream *first = open_stream(f, "running_sum", NULL, NULL), *second;
    const vgi_batch *out;
    vgi_rpc_call call = call_of(f, "running_sum", NULL);

    refused(f, VGI_ERR_RUNTIME, divide(f, "result: float64", (vgi_metadata){0}, &out), "a stream is open");
    refused(f, VGI_ERR_RUNTIME, vgi_client_stream(f->client, &call, NULL, NULL, &second, &f->err), "a stream is open");
    assert_null(second);
    ok(f, add(f, first, "value?: float64", &out));
    ok(f, vgi_rpc_stream_cancel(first, &f->err));
    ok(f, vgi_rpc_stream_cancel(first, &f->err));
    second = open_stream(f, "running_sum", NULL, NULL);
    vgi_rpc_stream_free(first); /* it is over: the second is not touched */
    ok(f, add(f, second, "value?: float64", &out));
    vgi_rpc_stream_free(second);
    works(f);
}

/* The call's own words win over what stands in the metadata, and nothing is sent twice. */
static void metadata_of_the_caller(void **state)
{
    const vgi_key_value items[] = {{VGI_STR("vgi_rpc.method"), VGI_STR("nonsense")},
                                   {VGI_STR("vgi_rpc.protocol_version"), VGI_STR("9.9.9")},
                                   {VGI_STR("traceparent"), VGI_STR("00-1-2-00")}};
    fixture *f = *state;
    const vgi_batch *answer;

    ok(f, divide(f, "result: float64", (vgi_metadata){items, 3}, &answer));
    assert_true(vgi_f64(answer, 0)[0] == 0.25);
}

static void what_the_worker_refuses(void **state)
{
    fixture *f = *state;
    vgi_rpc_call call = call_of(f, "multiply", NULL);
    const vgi_batch *answer;

    assert_int_equal(vgi_client_call(f->client, &call, f->result, &answer, &f->err), VGI_ERR_NOT_IMPLEMENTED);
    check_text(vgi_client_remote_error(f->client)->kind, "method_not_implemented");
    check_text((vgi_string){vgi_client_remote_error(f->client)->full.data, 27}, "MethodNotImplementedError: ");
    vgi_error_clear(&f->err);
    call = (vgi_rpc_call){.protocol = "Nobody", .method = "divide"};
    assert_int_not_equal(vgi_client_call(f->client, &call, f->result, &answer, &f->err), VGI_OK);
    check_text(vgi_client_remote_error(f->client)->kind, "protocol_not_supported");
    vgi_error_clear(&f->err);
    works(f);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, set_up, tear_down, &f)

int main(int argc, char **argv)
{
    static fixture f;
    const struct CMUnitTest contract[] = {
        TEST(bytes_are_echoed),
        TEST(a_large_response_arrives_whole),
        TEST(typed_batches_are_echoed),
        TEST(producers_are_read_to_their_end),
        TEST(what_the_worker_says_of_itself),
    };
    const struct CMUnitTest misuse[] = {
        TEST(batches_that_cannot_be_sent), TEST(answers_of_another_type), TEST(another_schema_within_a_stream),
        TEST(one_thing_at_a_time),         TEST(metadata_of_the_caller),  TEST(what_the_worker_refuses),
    };

    if (argc < 3)
        return 2;
    f.location = argv[2];
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    if (strcmp(argv[1], "contract") == 0) {
        f.protocol = "ClientConformanceService";
        return cmocka_run_group_tests(contract, NULL, NULL);
    }
    f.protocol = "Example";
    f.version = "1.0.0";
    return cmocka_run_group_tests(misuse, NULL, NULL);
}
