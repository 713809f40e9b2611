/* Unit tests of a whole worker in memory: sessions written to a file are served from it, so that allocations of the
 * steady state can be counted, and broken requests tried, without an engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "protocol/codec.h"
#include "transport/transport.h"

#include <vgi/worker.h>

enum { ROWS = 2048 };

/* ---- the worker -------------------------------------------------------------------------------------------------- */

static vgi_status add(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const int64_t *a = vgi_i64(in, 0), *b = vgi_i64(in, 1);
    int64_t *sum = vgi_out_i64(out);

    (void)call;
    VGI_EACH_ROW(in, i)
        sum[i] = a[i] + b[i];
    return VGI_OK;
}

/* What it takes is given back with each batch: in thousands of them no block more is needed. */
static vgi_status words(vgi_call *call, vgi_batch *out)
{
    char *text = vgi_alloc(call, 1000);

    if (!text)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    assert_int_equal(text[0] | text[999], 0);
    memset(text, 'x', 1000);
    for (int i = 0; i < 100; i++) {
        vgi_append_i64(vgi_out_column(out, 0), i);
        vgi_append_string(vgi_out_column(out, 1), i % 3 ? "a word" : NULL);
        vgi_append_i64(vgi_child(vgi_out_column(out, 2), 0), i);
        vgi_append_list(vgi_out_column(out, 2));
    }
    return VGI_OK;
}

static const vgi_scalar ADD = {.signature = "add(a BIGINT, b BIGINT) -> BIGINT", .map = add};
static const vgi_table_function WORDS = {
    .signature = "words(n BIGINT := 1) -> TABLE(n BIGINT, word VARCHAR, list BIGINT[])",
    .next = words,
};
static const vgi_schema MAIN = {
    .name = "main",
    .scalars = VGI_SCALARS(&ADD),
    .table_functions = VGI_TABLE_FUNCTIONS(&WORDS),
};
static const vgi_catalog DEMO = {.name = "demo", .schemas = VGI_SCHEMAS(&MAIN)};

/* ---- a client's half, written ahead ------------------------------------------------------------------------------ */

typedef struct session {
    int fd;
    vg_connection *connection;
    vg_writer *writer;
    vg_arena arena;
} session;

static void begin(session *self)
{
    *self = (session){.fd = memfd_create("session", MFD_CLOEXEC)};
    assert_int_equal(vg_connection_new(open("/dev/null", O_RDONLY | O_CLOEXEC), fcntl(self->fd, F_DUPFD_CLOEXEC, 3),
                                       &self->connection, NULL),
                     VGI_OK);
    assert_int_equal(vg_writer_new(vg_connection_output(self->connection), &self->writer, NULL), VGI_OK);
}

static void write_batch(session *self, const vgi_batch *batch)
{
    assert_int_equal(vg_writer_batch(self->writer, batch, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(self->writer, NULL), VGI_OK);
}

/* A request with the one parameter `request`. */
static void write_request(session *self, const char *method, vgi_bytes record)
{
    const vgi_key_value keys[] = {{VGI_STR("vgi_rpc.method"), vgi_str(method)},
                                  {VGI_STR("vgi_rpc.request_version"), VGI_STR("1")},
                                  {VGI_STR("vgi_rpc.protocol"), VGI_STR("vgi.v2")},
                                  {VGI_STR("vgi_rpc.protocol_version"), VGI_STR("2.0.0")}};
    vg_builder *builder;
    vgi_error err = {0};
    vgi_batch *batch;

    assert_int_equal(vg_builder_new(&vg_request_params_schema, &err, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 1);
    vgi_append_blob(vgi_out_column(batch, 0), record.data, record.size);
    assert_int_equal(vg_builder_finish(builder, &err), VGI_OK);
    batch->metadata = (vgi_metadata){keys, 4};
    assert_int_equal(vg_writer_open(self->writer, batch->schema, NULL), VGI_OK);
    write_batch(self, batch);
    assert_int_equal(vg_writer_close(self->writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(self->writer, NULL), VGI_OK);
    vg_builder_free(builder);
}

static const vgi_field A = {.name = VGI_STR("col_0"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field B = {.name = VGI_STR("col_1"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const PAIR_FIELDS[] = {&A, &B};
static const vgi_arrow_schema PAIR = {.n_fields = 2, .fields = PAIR_FIELDS};

static const vgi_field ARGS = {.name = VGI_STR("args"), .type = VGI_TYPE_STRUCT, .nullable = true};
static const vgi_field *const ARGS_FIELDS[] = {&ARGS};
static const vgi_arrow_schema ARGS_SCHEMA = {.n_fields = 1, .fields = ARGS_FIELDS};

/* No arguments: a struct without members, one row (vgi.md §7). */
static vgi_bytes no_arguments(session *self)
{
    const vgi_array column = {.field = &ARGS, .length = 1};
    const vgi_batch batch = {.schema = &ARGS_SCHEMA, .rows = 1, .n_columns = 1, .columns = &column};
    vgi_bytes bytes = {0};

    assert_int_equal(vg_batch_encode(&self->arena, &batch, &bytes, NULL), VGI_OK);
    return bytes;
}

static vgi_bytes init_record(session *self, vgi_bind_request bind)
{
    vgi_init_request init = {0};
    vgi_error err = {0};
    vgi_bytes bytes = {0};

    if (!bind.arguments.data)
        bind.arguments = no_arguments(self);
    if (vg_record_encode(&self->arena, &vg_bind_request_record, &bind, 0, &init.bind_call, &err) != VGI_OK ||
        vg_schema_encode(&self->arena, &ARGS_SCHEMA, &init.output_schema, &err) != VGI_OK ||
        vg_record_encode(&self->arena, &vg_init_request_record, &init, 0, &bytes, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return bytes;
}

/* A scalar call with `n` batches; every seventh row of the first argument is NULL. */
static void write_scalar(session *self, int n)
{
    vgi_bind_request bind = {.function_name = VGI_STR("add"), .function_type = VGI_FUNCTION_TYPE_SCALAR};
    vg_builder *builder;
    vgi_error err = {0};

    assert_int_equal(vg_schema_encode(&self->arena, &PAIR, &bind.input_schema, NULL), VGI_OK);
    write_request(self, "init", init_record(self, bind));
    assert_int_equal(vg_writer_open(self->writer, &PAIR, NULL), VGI_OK);
    assert_int_equal(vg_builder_new(&PAIR, &err, &builder), VGI_OK);
    for (int b = 0; b < n; b++) {
        vgi_batch *batch = vg_builder_begin(builder, ROWS);
        for (int64_t i = 0; i < ROWS; i++) {
            vgi_out_i64(vgi_out_column(batch, 0))[i] = i;
            vgi_out_i64(vgi_out_column(batch, 1))[i] = b;
            if (i % 7 == 0)
                vgi_set_null(vgi_out_column(batch, 0), i);
        }
        batch->rows = ROWS;
        assert_int_equal(vg_builder_finish(builder, &err), VGI_OK);
        write_batch(self, batch);
    }
    vg_builder_free(builder);
    assert_int_equal(vg_writer_close(self->writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(self->writer, NULL), VGI_OK);
}

/* A scan with `n` ticks, then the end. */
static void write_scan(session *self, int n)
{
    static const vgi_arrow_schema none = {0};
    static const vgi_batch tick = {.schema = &none};
    vgi_bind_request bind = {.function_name = VGI_STR("words"), .function_type = VGI_FUNCTION_TYPE_TABLE};

    write_request(self, "init", init_record(self, bind));
    assert_int_equal(vg_writer_open(self->writer, &none, NULL), VGI_OK);
    for (int i = 0; i < n; i++)
        write_batch(self, &tick);
    assert_int_equal(vg_writer_close(self->writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(self->writer, NULL), VGI_OK);
}

/* ---- serving it -------------------------------------------------------------------------------------------------- */

/* Serves what was written; gives the descriptor of the answers, at their start, and the allocations that it took. */
static uint64_t serve_within(session *self, const vgi_limits *limits, int *ret_answers)
{
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&DEMO), .limits = limits};
    int answers = memfd_create("answers", MFD_CLOEXEC);
    vgi_server *server;
    vgi_error err = {0};
    uint64_t before;

    assert_int_equal(vgi_server_new(&options, &server, &err), VGI_OK);
    assert_int_equal(lseek(self->fd, 0, SEEK_SET), 0);
    before = vg_alloc_count();
    if (vgi_server_serve(server, self->fd, answers, &err) != VGI_OK)
        fail_msg("%s", err.message);
    before = vg_alloc_count() - before;
    vgi_server_free(server);
    vg_writer_free(self->writer);
    vg_connection_free(self->connection);
    vg_arena_done(&self->arena);
    close(self->fd);
    assert_int_equal(lseek(answers, 0, SEEK_SET), 0);
    *ret_answers = answers;
    return before;
}

static uint64_t serve(session *self, int *ret_answers)
{
    return serve_within(self, NULL, ret_answers);
}

/* Reads the answers' streams: the rows of the last one, or the first error's message. */
static int64_t read_rows(int answers, char *ret_error, size_t size)
{
    vg_connection *connection;
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vg_reader *reader;
    int64_t rows = 0;

    *ret_error = '\0';
    assert_int_equal(vg_connection_new(answers, open("/dev/null", O_WRONLY | O_CLOEXEC), &connection, NULL), VGI_OK);
    assert_int_equal(vg_reader_new(vg_connection_input(connection), &VG_DEFAULT_LIMITS, &reader, NULL), VGI_OK);
    while (vg_reader_open(reader, &schema, NULL) == VGI_OK)
        for (rows = 0; vg_reader_next(reader, &batch, NULL) == VGI_OK; rows += batch->rows) {
            vgi_string message = vgi_metadata_get(batch->metadata, "vgi_rpc.log_message");
            if (message.data && !*ret_error)
                snprintf(ret_error, size, "%.*s", (int)message.size, message.data);
        }
    vg_reader_free(reader);
    vg_connection_free(connection);
    return rows;
}

static uint64_t cost(void (*write)(session *, int), int n, int64_t rows_expected)
{
    char error[200];
    session one;
    int answers;
    uint64_t allocations;

    begin(&one);
    write(&one, n);
    allocations = serve(&one, &answers);
    assert_int_equal(read_rows(answers, error, sizeof error), rows_expected);
    assert_string_equal(error, "");
    return allocations;
}

static void a_scalar_allocates_nothing_per_batch(void **state)
{
    (void)state;
    assert_int_equal(cost(write_scalar, 20, 20 * ROWS), cost(write_scalar, 500, 500 * ROWS));
}

static void a_scan_allocates_nothing_per_batch(void **state)
{
    (void)state;
    assert_int_equal(cost(write_scan, 20, 20 * 100), cost(write_scan, 500, 500 * 100));
}

/* ---- broken requests --------------------------------------------------------------------------------------------- */

static void expect_error(vgi_bind_request bind, vgi_bytes arguments, const char *expected)
{
    char error[400];
    session one;
    int answers;

    begin(&one);
    bind.arguments = arguments;
    write_request(&one, "init", init_record(&one, bind));
    (void)serve(&one, &answers);
    (void)read_rows(answers, error, sizeof error);
    if (!strstr(error, expected))
        fail_msg("expected '%s', got '%s'", expected, error);
}

static void broken_requests_are_errors(void **state)
{
    static const uint8_t noise[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const vgi_bytes garbage = {noise, sizeof noise}, none = {0};
    const vgi_bind_request scalar = {.function_name = VGI_STR("add"), .function_type = VGI_FUNCTION_TYPE_SCALAR},
                           table = {.function_name = VGI_STR("words"), .function_type = VGI_FUNCTION_TYPE_TABLE};
    vgi_bind_request bind = scalar;

    (void)state;
    expect_error(table, garbage, "Error");
    expect_error(scalar, none, "no overload of add takes");
    bind.input_schema = garbage;
    expect_error(bind, none, "Error");
    bind = table;
    bind.function_name = vgi_str("nothing");
    expect_error(bind, none, "KeyError: schema main has no table function nothing");
    bind = table;
    bind.attach_opaque_data = garbage;
    expect_error(bind, none, "attach_opaque_data not recognized");
    bind = table;
    bind.function_type = VGI_FUNCTION_TYPE_AGGREGATE;
    expect_error(bind, none, "NotImplementedError");
    bind = table;
    bind.schema_path = (vgi_string_list){.items = &(vgi_string)VGI_STR("elsewhere"), .count = 1, .present = true};
    expect_error(bind, none, "no schema of that path");
}

static void odd_arguments_are_errors(void **state)
{
    static const vgi_field odd[] = {
        {.name = VGI_STR("positional_1"), .type = VGI_TYPE_INT64, .nullable = true},
        {.name = VGI_STR("whatever"), .type = VGI_TYPE_INT64, .nullable = true},
        {.name = VGI_STR("named_n"), .type = VGI_TYPE_UTF8, .nullable = true},
        {.name = VGI_STR("named_zz"), .type = VGI_TYPE_INT64, .nullable = true},
        {.name = VGI_STR("positional_99999999999"), .type = VGI_TYPE_INT64, .nullable = true}};
    static const char *const expected[] = {"an argument is called positional_1", "an argument is called whatever",
                                           "expected BIGINT", "no overload", "an argument is called"};
    const vgi_bind_request table = {.function_name = VGI_STR("words"), .function_type = VGI_FUNCTION_TYPE_TABLE};

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const vgi_field *members[] = {&odd[i]};
        const vgi_field args = {
            .name = VGI_STR("args"), .type = VGI_TYPE_STRUCT, .nullable = true, .n_children = 1, .children = members};
        const vgi_field *fields[] = {&args};
        const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
        vg_arena arena = {0};
        vg_builder *builder;
        vgi_bytes bytes;
        vgi_batch *batch;
        vgi_error err = {0};
        assert_int_equal(vg_builder_new(&schema, &err, &builder), VGI_OK);
        batch = vg_builder_begin(builder, 1);
        if (odd[i].type == VGI_TYPE_UTF8)
            vgi_append_string(vgi_child(vgi_out_column(batch, 0), 0), "text");
        else
            vgi_append_i64(vgi_child(vgi_out_column(batch, 0), 0), 1);
        vgi_append_struct(vgi_out_column(batch, 0));
        assert_int_equal(vg_builder_finish(builder, &err), VGI_OK);
        assert_int_equal(vg_batch_encode(&arena, batch, &bytes, &err), VGI_OK);
        expect_error(table, bytes, expected[i]);
        vg_builder_free(builder);
        vg_arena_done(&arena);
    }
}

static void a_worker_with_mistakes_is_no_server(void **state)
{
    static const vgi_catalog nameless = {.name = ""};
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&nameless)};
    vgi_server *server;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vgi_server_new(&options, &server, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "has no name"));
    err = (vgi_error){0};
    assert_int_equal(vgi_server_new_at(99, &options, &server, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "version 99"));
}

static void an_unknown_method_is_told_of_those_that_are_offered(void **state)
{
    char error[2000];
    session one;
    int answers;

    (void)state;
    begin(&one);
    write_request(&one, "no_such", (vgi_bytes){(const uint8_t *)"", 0});
    (void)serve(&one, &answers);
    (void)read_rows(answers, error, sizeof error);
    assert_non_null(strstr(error, "Available methods: bind, catalog_attach, "));
}

/* Also of what lies inside of a parameter: the record has more columns than the request. */
static void an_embedder_sets_limits(void **state)
{
    static const vgi_limits FEW = {.max_fields = 3}, TOO_DEEP = {.max_depth = 65};
    const vgi_worker_options mistaken = {.catalogs = VGI_CATALOGS(&DEMO), .limits = &TOO_DEEP};
    char error[200];
    vgi_server *server;
    vgi_error err = {0};
    session one;
    int answers;

    (void)state;
    begin(&one);
    write_scan(&one, 1);
    (void)serve_within(&one, &FEW, &answers);
    (void)read_rows(answers, error, sizeof error);
    assert_non_null(strstr(error, "more than 3 fields"));
    assert_int_equal(vgi_server_new(&mistaken, &server, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "the limit max_depth is a number from 1 to 64"));
}

/* Nobody ignores SIGPIPE here: it would end the test. */
static void a_peer_that_is_gone_ends_nothing(void **state)
{
    static const vgi_catalog *const catalogs[] = {&DEMO, NULL};
    static const char GARBAGE[] = "no Arrow at all";
    const vgi_worker_options options = {.catalogs = catalogs};
    sigset_t before, after, pending;
    vgi_server *server;
    int in[2], out[2];

    (void)state;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], GARBAGE, sizeof GARBAGE), sizeof GARBAGE);
    close(in[1]);
    close(out[0]);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
    assert_int_equal(vgi_server_new(&options, &server, NULL), VGI_OK);
    (void)vgi_server_serve(server, in[0], out[1], NULL);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
    assert_int_equal(sigismember(&after, SIGPIPE), sigismember(&before, SIGPIPE));
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    vgi_server_free(server);
    close(in[0]);
    close(out[1]);
}

/* ---- observers --------------------------------------------------------------------------------------------------- */

/* What an observer of a server inside a program has been told. */
typedef struct told {
    vgi_status answer; /* of `begin` */
    int events, ended;
    char first[64], catalog[16];
} told;

static vgi_status begin_telling(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    const told *self = user;

    (void)err;
    assert_string_equal(worker->program, "");
    assert_string_equal(worker->version, "9.8.7");
    assert_ptr_equal(*ret_state, user);
    return self->answer;
}

static void tell(void *state, const vgi_event *event)
{
    told *self = state;

    if (self->events++ > 0)
        return;
    snprintf(self->first, sizeof self->first, "%s %.*s %.*s", event->name, (int)event->method.size, event->method.data,
             (int)event->error_type.size, event->error_type.data);
    snprintf(self->catalog, sizeof self->catalog, "%.*s", (int)event->catalog.size, event->catalog.data);
}

static void end_telling(void *state)
{
    ((told *)state)->ended++;
}

static void an_embedder_has_observers(void **state)
{
    const vgi_bind_request bind = {.function_name = VGI_STR("add"), .function_type = VGI_FUNCTION_TYPE_SCALAR};
    told seen = {0}, refused = {.answer = VGI_ERR_IO};
    const vgi_observer observer = {
        .user = &seen, .level = VGI_LOG_WARN, .begin = begin_telling, .tell = tell, .end = end_telling};
    const vgi_observer refusing = {.user = &refused, .begin = begin_telling, .tell = tell, .end = end_telling};
    vgi_worker_options options = {
        .catalogs = VGI_CATALOGS(&DEMO), .version = "9.8.7", .observers = VGI_OBSERVERS(&observer)};
    session one;
    vgi_server *server;
    int answers = memfd_create("answers", MFD_CLOEXEC);

    (void)state;
    begin(&one);
    write_request(&one, "init", init_record(&one, bind));
    assert_int_equal(lseek(one.fd, 0, SEEK_SET), 0);
    assert_int_equal(vgi_server_new(&options, &server, NULL), VGI_OK);
    assert_int_equal(vgi_server_serve(server, one.fd, answers, NULL), VGI_OK);
    vgi_server_free(server); /* tells all */
    assert_string_equal(seen.first, "call init TypeError");
    assert_string_equal(seen.catalog, "demo");
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.ended, 1);
    vg_writer_free(one.writer);
    vg_connection_free(one.connection);
    vg_arena_done(&one.arena);
    close(one.fd);
    close(answers);

    options.observers = VGI_OBSERVERS(&observer, &refusing);
    assert_int_equal(vgi_server_new(&options, &server, NULL), VGI_ERR_IO);
    assert_null(server);
    assert_int_equal(seen.ended, 2); /* the first had begun */
    assert_int_equal(refused.ended, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_that_is_gone_ends_nothing),
        cmocka_unit_test(a_scalar_allocates_nothing_per_batch),
        cmocka_unit_test(a_scan_allocates_nothing_per_batch),
        cmocka_unit_test(broken_requests_are_errors),
        cmocka_unit_test(odd_arguments_are_errors),
        cmocka_unit_test(a_worker_with_mistakes_is_no_server),
        cmocka_unit_test(an_embedder_sets_limits),
        cmocka_unit_test(an_embedder_has_observers),
        cmocka_unit_test(an_unknown_method_is_told_of_those_that_are_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
