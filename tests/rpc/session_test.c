/* Sessions with the test service inside one process, over a socket pair: what can only be seen from inside. No heap
 * allocation per turn once a stream runs; every allocation that fails leaves neither a crash nor a leak nor a hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "arrow/type.h"
#include "rpc/keys.h"
#include "in_process.h"
#include "service.h"

static const vg_binding *bindings;
static size_t n_bindings;

ONE_FIELD(COUNT, "count", .type = VGI_TYPE_INT64);
ONE_FIELD(FACTOR, "factor", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(VALUE, "value", .type = VGI_TYPE_FLOAT64, .nullable = true);
ONE_FIELD(TEXT, "value", .type = VGI_TYPE_UTF8);

static void a_producer_allocates_nothing_per_tick(void **state)
{
    session s;
    vgi_array column;
    uint64_t before;

    (void)state;
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    open_stream(&s, "produce_n", one_row(&COUNT, &column, &(int64_t){1000}), &TICK);
    for (int64_t i = 1; i < 20; i++)
        (void)turn(&s, &TICK);
    before = vg_alloc_count();
    for (int64_t i = 20; i < 500; i++)
        assert_int_equal(vgi_i64(turn(&s, &TICK), 1)[0], i * 10);
    assert_int_equal(vg_alloc_count(), before);
    end_stream(&s);
    session_end(&s);
}

static void an_exchange_allocates_nothing_per_batch(void **state)
{
    enum { ROWS = 2048 };
    session s;
    vgi_array param;
    double values[ROWS];
    uint8_t validity[ROWS / 8];
    vgi_array column = {
        .field = VALUE_fields[0], .length = ROWS, .null_count = -1, .validity = validity, .buffers = {values, NULL}};
    vgi_batch in = {.schema = &VALUE, .rows = ROWS, .n_columns = 1, .columns = &column};
    uint64_t before;

    (void)state;
    memset(validity, 0xAA, sizeof validity);
    for (int i = 0; i < ROWS; i++)
        values[i] = i;
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    open_stream(&s, "exchange_scale", one_row(&FACTOR, &param, &(double){2.0}), &in);
    for (int i = 0; i < 20; i++)
        (void)turn(&s, &in);
    before = vg_alloc_count();
    for (int i = 0; i < 200; i++) {
        const vgi_batch *out = turn(&s, &in);
        assert_int_equal(out->rows, ROWS);
        assert_true(vgi_is_null(out, 0, 4) && !vgi_is_null(out, 0, 5));
        assert_true(vgi_f64(out, 0)[5] == 10.0);
    }
    assert_int_equal(vg_alloc_count(), before);
    end_stream(&s);
    session_end(&s);
}

/* exchange_input_metadata takes memory in every turn. */
static void what_a_turn_takes_is_given_back(void **state)
{
    session s;
    double value = 1.0;
    vgi_array column = {.field = VALUE_fields[0], .length = 1, .buffers = {&value, NULL}};
    const vgi_batch in = {.schema = &VALUE, .rows = 1, .n_columns = 1, .columns = &column};
    uint64_t before;

    (void)state;
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    open_stream(&s, "exchange_input_metadata", TICK, &in);
    for (int i = 0; i < 20; i++)
        (void)turn(&s, &in);
    before = vg_alloc_count();
    for (int i = 0; i < 1000; i++)
        (void)turn(&s, &in);
    assert_int_equal(vg_alloc_count(), before);
    end_stream(&s);
    session_end(&s);
}

/* The bytes in use on the heap, whoever manages it. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t heap_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

/* Not at the end of the stream only, which may take days. */
static void what_one_huge_turn_takes_is_given_back(void **state)
{
    enum { HUGE_BYTES = 64 << 20 };
    session s;
    double value = 1.0;
    vgi_array column = {.field = VALUE_fields[0], .length = 1, .buffers = {&value, NULL}};
    const vgi_batch in = {.schema = &VALUE, .rows = 1, .n_columns = 1, .columns = &column};
    size_t before;

    (void)state;
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    open_stream(&s, "test_take_memory", TICK, &in);
    (void)turn(&s, &in);
    before = heap_bytes();
    value = HUGE_BYTES;
    (void)turn(&s, &in);
    value = 1.0;
    (void)turn(&s, &in); /* answered after the huge turn's memory was dealt with */
    assert_true(heap_bytes() < before + VG_ARENA_KEPT);
    end_stream(&s);
    session_end(&s);
}

static vgi_status read_reply(session *s, int *ret_batches)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *out;
    vgi_status status = vg_reader_open(s->reader, &schema, NULL);

    *ret_batches = 0;
    while (status == VGI_OK) {
        status = vg_reader_next(s->reader, &out, NULL);
        if (status == VGI_OK)
            ++*ret_batches;
    }
    return *ret_batches > 0 && status == VGI_END ? VGI_OK : VGI_ERR_IO;
}

static void unary_calls_allocate_nothing_either(void **state)
{
    session s;
    vgi_array column;
    vgi_batch params = one_row(&TEXT, &column, (int32_t[]){0, 5});
    uint64_t before = 0;
    int batches;

    (void)state;
    column.buffers[1] = "hello";
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    for (int i = 0; i < 100; i++) {
        if (i == 10)
            before = vg_alloc_count();
        send_request(&s, "echo_with_multi_logs", params);
        assert_int_equal(read_reply(&s, &batches), VGI_OK);
        assert_int_equal(batches, 4);
    }
    assert_int_equal(vg_alloc_count(), before);
    session_end(&s);
}

static void stop_ends_a_session_that_waits(void **state)
{
    session s;
    int batches;

    (void)state;
    session_begin(&s, bindings, n_bindings);
    session_start(&s);
    send_request(&s, "void_noop", TICK);
    assert_int_equal(read_reply(&s, &batches), VGI_OK);
    vg_server_stop(s.server);
    pthread_join(s.thread, NULL);
    assert_int_equal(s.result, VGI_OK);
    session_start(&s); /* stopped is stopped */
    session_end(&s);
    assert_int_equal(s.result, VGI_OK);
}

/* A pointer to that many bytes of nothing is refused for its size, or for where it leads. */
static void a_batch_in_shared_memory_has_a_limit(void **state)
{
    static const vg_limits LIMITS = {.max_metadata_bytes = 1 << 20,
                                     .max_body_bytes = 1 << 20,
                                     .max_rows = 1000,
                                     .max_depth = 8,
                                     .max_fields = 100,
                                     .max_shm_bytes = 4096};
    static const char *const LENGTHS[] = {"4096", "4097"};
    static const char *const TOLD[] = {"no request has named a segment", "the limit is 4096"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const vgi_key_value keys[] = {
            {VGI_STR(VG_KEY_METHOD), VGI_STR("echo_string")},
            {VGI_STR(VG_KEY_REQUEST_VERSION), VGI_STR(VG_REQUEST_VERSION)},
            {VGI_STR(VG_KEY_SHM_OFFSET), VGI_STR("65536")},
            {VGI_STR(VG_KEY_SHM_LENGTH), vgi_str(LENGTHS[i])},
        };
        const vgi_arrow_schema *schema;
        const vgi_batch *out;
        session s;

        session_begin(&s, bindings, n_bindings);
        vg_server_free(s.server);
        assert_int_equal(vg_server_new(bindings, n_bindings, &LIMITS, &s.server, NULL), VGI_OK);
        session_start(&s);
        assert_int_equal(vg_writer_open(s.writer, &TEXT, NULL), VGI_OK);
        assert_int_equal(vg_writer_empty(s.writer, (vgi_metadata){keys, 4}, NULL), VGI_OK);
        assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
        assert_int_equal(vg_reader_open(s.reader, &schema, NULL), VGI_OK);
        assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_OK);
        assert_non_null(strstr(vgi_metadata_get(out->metadata, VG_KEY_LOG_MESSAGE).data, TOLD[i]));
        assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_END);
        session_end(&s);
    }
}

static void bindings_that_are_not_sorted_are_refused(void **state)
{
    static const vg_method METHODS[] = {{.name = "b"}, {.name = "a"}};
    const vg_binding binding = {.protocol = "p", .methods = METHODS, .n_methods = 2};
    vg_server *server;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_server_new(&binding, 1, NULL, &server, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "protocol 'p': method 'a' must come before 'b'");
}

/* ---- what hooks see ---------------------------------------------------------------------------------------------- */

/* What the methods below were told; one session at a time. */
static struct {
    int held, released;
    bool closed, close_saw_request;
} hooks;

static void release(void *what)
{
    assert_ptr_equal(what, &hooks);
    hooks.released++;
}

static vgi_status hold_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    void *scratch = vgi_alloc(call, 4096);

    (void)state, (void)in;
    memset(scratch, 0xEE, 4096);
    out->rows = 1;
    vgi_out_i64(vgi_out_column(out, 0))[0] = ++hooks.held;
    return vg_call_hold(call, release, &hooks);
}

static void hold_close(vgi_call *call, void *state)
{
    (void)state;
    hooks.closed = true;
    hooks.close_saw_request = vgi_metadata_get(vgi_call_metadata(call), VG_KEY_METHOD).data != NULL;
}

static vgi_status hold_open(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params;
    stream->output = &COUNT;
    stream->turn = hold_turn;
    stream->close = hold_close;
    return VGI_OK;
}

static vgi_status narrow_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state;
    memcpy(vgi_out_i8(vgi_out_column(out, 0)), vgi_i8(in, 0), (size_t)in->rows);
    out->rows = in->rows;
    return VGI_OK;
}

ONE_FIELD(NARROW, "n", .type = VGI_TYPE_INT8);
ONE_FIELD(NOT_SIGNED, "n", .type = VGI_TYPE_UINT8);

static vgi_status narrow_open(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params;
    stream->input = &NARROW;
    stream->output = &NARROW;
    stream->turn = narrow_turn;
    return VGI_OK;
}

static vgi_status turnless_open(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params, (void)stream;
    return VGI_OK;
}

static vgi_status end_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_END;
}

/* Says no more than the name of a class that the protocol knows. */
static vgi_status fail_as_known(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)params, (void)out;
    return vgi_fail_as(call, VG_METHOD_NOT_IMPLEMENTED.exception, "not here");
}

static const vgi_key_value KINDS[] = {{VGI_STR("unit"), VGI_STR("m")}, {VGI_STR(VG_ENUM_VALUE), VGI_STR("A")}};
static const vgi_field KIND_VALUES = {.type = VGI_TYPE_UTF8, .nullable = true, .metadata = {KINDS, 2}};
ONE_FIELD(KIND, "kind", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &KIND_VALUES);

static vgi_status take_kind(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_OK;
}

static void begin_odd(session *s)
{
    static const vg_method METHODS[] = {{.name = "ends", .kind = VG_UNARY, .unary = end_unary},
                                        {.name = "fails_as", .kind = VG_UNARY, .unary = fail_as_known},
                                        {.name = "hold", .kind = VG_PRODUCER, .open = hold_open},
                                        {.name = "kind", .kind = VG_UNARY, .params = &KIND, .unary = take_kind},
                                        {.name = "narrow", .kind = VG_EXCHANGE, .open = narrow_open},
                                        {.name = "turnless", .kind = VG_PRODUCER, .open = turnless_open}};
    static const vg_binding BINDING = {.protocol = "ConformanceService",
                                       .version_major = -1,
                                       .version = "",
                                       .methods = METHODS,
                                       .n_methods = sizeof METHODS / sizeof *METHODS};

    session_begin(s, &BINDING, 1);
    memset(&hooks, 0, sizeof hooks);
    session_start(s);
}

/* The memory of a turn is gone when the next one begins; what it holds is not, nor is the request's metadata. */
static void what_a_turn_holds_lives_as_long_as_the_call(void **state)
{
    session s;

    (void)state;
    begin_odd(&s);
    open_stream(&s, "hold", TICK, &TICK);
    (void)turn(&s, &TICK);
    assert_int_equal(vgi_i64(turn(&s, &TICK), 0)[0], 3);
    end_stream(&s);
    session_end(&s);
    assert_int_equal(hooks.released, 3);
    assert_true(hooks.closed && hooks.close_saw_request);
}

static void a_stream_without_a_turn_is_refused(void **state)
{
    session s;

    (void)state;
    begin_odd(&s);
    send_request(&s, "turnless", TICK);
    assert_refused(&s, "turnless");
    send_request(&s, "nothing_of_that_name", TICK);
    assert_refused(&s, "Unknown method");
    session_end(&s);
}

static void handlers_that_do_not_answer_are_explained(void **state)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *out;
    vgi_array column;
    session s;

    (void)state;
    begin_odd(&s);
    send_request(&s, "ends", TICK);
    assert_refused(&s, "the method ended where it must answer");
    send_request(&s, "ends", one_row(&COUNT, &column, &(int64_t){1}));
    assert_refused(&s, "ends() takes no parameters; got 1");
    send_request(&s, "fails_as", TICK);
    assert_int_equal(vg_reader_open(s.reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_OK);
    assert_true(
        vgi_string_equal(vgi_metadata_get(out->metadata, VG_KEY_ERROR_KIND), vgi_str(VG_METHOD_NOT_IMPLEMENTED.kind)));
    assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_END);
    session_end(&s);
}

/* What is sent as a name is shown where it is one, and nowhere else. */
static void names_are_shown_where_they_are_names(void **state)
{
    static char too_long[300];
    static const struct {
        const char *method, *protocol, *version, *said;
    } CASES[] = {
        {"m", "", "1", "Missing 'vgi_rpc.protocol'"},
        {"", "P", "1", "Missing 'vgi_rpc.method'"},
        {"m", "9x", "1", "is not the name of a protocol"},
        {"m", "{", "1", "is not the name of a protocol"},
        {"m", "a{", "1", "is not the name of a protocol"},
        {"m", "a b", "1", "is not the name of a protocol"},
        {"m", too_long, "1", "is not the name of a protocol"},
        {"m", "Z_z.9", "1", "Protocol 'Z_z.9' is not hosted here"},
        {"m", "P", "two", "Unsupported request version 'two'"},
        {"m", "P", "2", "Unsupported request version '<not a name>'"},
        {"__x", "ConformanceService", "1", "Unknown method '__x'"},
        {"__x__", "ConformanceService", "1", "Unknown server-level method '__x__'"},
        {"____", "ConformanceService", "1", "Unknown method '____'"},
        {"a\033[2J", "ConformanceService", "1", "Unknown method '<not a name>'"},
        {"", "", "1", "Missing 'vgi_rpc.method'"},
    };
    session s;

    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    begin_odd(&s);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const vgi_key_value keys[] = {{VGI_STR(VG_KEY_METHOD), vgi_str(CASES[i].method)},
                                      {VGI_STR(VG_KEY_REQUEST_VERSION), vgi_str(CASES[i].version)},
                                      {VGI_STR(VG_KEY_PROTOCOL), vgi_str(CASES[i].protocol)}};

        assert_int_equal(vg_writer_open(s.writer, &NOTHING, NULL), VGI_OK);
        assert_int_equal(vg_writer_empty(s.writer, (vgi_metadata){keys, 3}, NULL), VGI_OK);
        assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
        assert_refused(&s, CASES[i].said);
    }
    session_end(&s);
}

/* A cancel is a batch of no rows; the stream need not have a hook for it. */
static void a_cancel_ends_a_stream_without_a_hook(void **state)
{
    static const vgi_key_value keys[] = {{VGI_STR(VG_KEY_CANCEL), VGI_STR("1")}};
    static const int8_t value = 5;
    const vgi_array column = {.field = NARROW_fields[0], .length = 1, .buffers = {&value}};
    const vgi_batch in = {.schema = &NARROW, .rows = 1, .n_columns = 1, .columns = &column, .metadata = {keys, 1}};
    const vgi_batch *out;
    session s;

    (void)state;
    begin_odd(&s);
    open_stream(&s, "narrow", TICK, &in);
    assert_int_equal(turn(&s, &in)->rows, 1); /* a row is data, whatever its metadata says */
    assert_int_equal(vg_writer_empty(s.writer, (vgi_metadata){keys, 1}, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_END);
    send_request(&s, "ends", TICK);
    assert_refused(&s, "must answer");
    session_end(&s);
}

/* A member is what the metadata names one; other metadata names none. */
static void only_members_are_members(void **state)
{
    static const int32_t offsets[] = {0, 1};
    static const int16_t index = 0;
    static const char *const TEXTS[] = {"A", "m"};
    session s;
    int batches;

    (void)state;
    begin_odd(&s);
    for (int i = 0; i < 2; i++) {
        const vgi_array values = {.field = &KIND_VALUES, .length = 1, .buffers = {offsets, TEXTS[i]}};
        const vgi_array column = {.field = KIND_fields[0], .length = 1, .buffers = {&index}, .dictionary = &values};

        send_request(&s, "kind", (vgi_batch){.schema = &KIND, .rows = 1, .n_columns = 1, .columns = &column});
        if (i == 0)
            assert_int_equal(read_reply(&s, &batches), VGI_OK);
        else
            assert_refused(&s, "'m' is no member of the enum");
    }
    session_end(&s);
}

/* An input whose schema cannot be read is one error; the call behind it is answered. */
static void an_input_that_cannot_be_read_is_refused(void **state)
{
    static const uint32_t stream[] = {0xFFFFFFFF, 8, 4, 0, 0xFFFFFFFF, 0};
    session s;

    (void)state;
    begin_odd(&s);
    send_request(&s, "hold", TICK);
    assert_int_equal(send(s.fd, stream, sizeof stream, 0), sizeof stream);
    assert_refused(&s, "");
    session_end(&s);
}

static void a_request_without_a_batch_is_none(void **state)
{
    session s;

    (void)state;
    begin_odd(&s);
    assert_int_equal(vg_writer_open(s.writer, &NOTHING, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
    assert_refused(&s, "a request without a batch");
    session_end(&s);
}

static void a_server_needs_memory(void **state)
{
    bool succeeded = false;

    (void)state;
    for (int64_t n = 0; !succeeded; n++) {
        vg_server *server;
        vgi_status status;

        vg_alloc_fail_after(n);
        status = vg_server_new(bindings, n_bindings, NULL, &server, NULL);
        vg_alloc_fail_after(-1);
        succeeded = status == VGI_OK;
        assert_true(succeeded || (status == VGI_ERR_MEMORY && !server));
        vg_server_free(server);
    }
}

/* Rows may cost a peer nothing: their number is looked at before memory is taken to cast them. */
static void rows_are_counted_before_they_are_cast(void **state)
{
    enum { ROWS = (1 << 24) + 1 };
    session s;
    uint8_t *values = vg_malloc(ROWS);
    const vgi_array column = {.field = NOT_SIGNED_fields[0], .length = ROWS, .buffers = {values}};
    const vgi_batch in = {.schema = &NOT_SIGNED, .rows = ROWS, .n_columns = 1, .columns = &column};

    (void)state;
    memset(values, 200, ROWS);
    begin_odd(&s);
    send_request(&s, "narrow", TICK);
    assert_int_equal(vg_writer_open(s.writer, in.schema, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(s.writer, &in, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
    assert_refused(&s, "a batch has 16777217 rows");
    session_end(&s);
    vg_free(values);
}

/* The client's bytes lie in the socket before the server begins, so that every allocation that fails is the server's.
 * Whatever happens, the server returns, and the leak checker has nothing to say. */
static void any_allocation_may_fail(void **state)
{
    int64_t n = 0;
    bool succeeded = false;

    (void)state;
    for (; !succeeded && n < 500; n++) {
        session s;
        vgi_array column;
        int batches;

        session_begin(&s, bindings, n_bindings);
        send_request(&s, "produce_with_header_and_logs", one_row(&COUNT, &column, &(int64_t){2}));
        assert_int_equal(vg_writer_open(s.writer, &NOTHING, NULL), VGI_OK);
        for (int i = 0; i < 4; i++)
            assert_int_equal(vg_writer_batch(s.writer, &TICK, NULL), VGI_OK);
        assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(s.writer, NULL), VGI_OK);
        send_request(&s, "no_such_method", TICK);
        (void)shutdown(s.fd, SHUT_WR);
        vg_alloc_fail_after(n);
        session_start(&s);
        pthread_join(s.thread, NULL);
        vg_alloc_fail_after(-1);
        succeeded = read_reply(&s, &batches) == VGI_OK && batches == 2 && read_reply(&s, &batches) == VGI_OK &&
                    batches == 2 && read_reply(&s, &batches) == VGI_OK && batches == 1;
        session_start(&s);
        session_end(&s);
        assert_int_equal(test_probe_get(PROBE_OPEN), 0);
    }
    assert_true(succeeded && n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_producer_allocates_nothing_per_tick),
        cmocka_unit_test(an_exchange_allocates_nothing_per_batch),
        cmocka_unit_test(what_a_turn_takes_is_given_back),
        cmocka_unit_test(what_one_huge_turn_takes_is_given_back),
        cmocka_unit_test(unary_calls_allocate_nothing_either),
        cmocka_unit_test(stop_ends_a_session_that_waits),
        cmocka_unit_test(a_batch_in_shared_memory_has_a_limit),
        cmocka_unit_test(bindings_that_are_not_sorted_are_refused),
        cmocka_unit_test(what_a_turn_holds_lives_as_long_as_the_call),
        cmocka_unit_test(a_stream_without_a_turn_is_refused),
        cmocka_unit_test(handlers_that_do_not_answer_are_explained),
        cmocka_unit_test(only_members_are_members),
        cmocka_unit_test(names_are_shown_where_they_are_names),
        cmocka_unit_test(a_cancel_ends_a_stream_without_a_hook),
        cmocka_unit_test(an_input_that_cannot_be_read_is_refused),
        cmocka_unit_test(a_request_without_a_batch_is_none),
        cmocka_unit_test(a_server_needs_memory),
        cmocka_unit_test(rows_are_counted_before_they_are_cast),
        cmocka_unit_test(any_allocation_may_fail),
    };

    signal(SIGPIPE, SIG_IGN);
    bindings = test_service_bindings(&n_bindings);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
