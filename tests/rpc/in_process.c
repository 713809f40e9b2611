/* A server of the RPC layer on a thread of the test, and the client's end of its connection, message by message. */
#include "in_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "rpc/keys.h"

const vgi_arrow_schema NOTHING = {0};
const vgi_batch TICK = {.schema = &NOTHING};

static void *serve(void *argument)
{
    session *s = argument;

    s->result = vg_server_serve(s->server, s->theirs, NULL);
    vg_connection_abort(s->theirs);
    return NULL;
}

void session_begin(session *s, const vg_binding *bindings, size_t n_bindings)
{
    int fds[2];

    memset(s, 0, sizeof *s);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(vg_server_new(bindings, n_bindings, NULL, &s->server, NULL), VGI_OK);
    assert_int_equal(vg_connection_new(fds[0], fds[0], &s->theirs, NULL), VGI_OK);
    s->fd = fds[1];
    assert_int_equal(vg_connection_new(fds[1], fds[1], &s->ours, NULL), VGI_OK);
    assert_int_equal(vg_reader_new(vg_connection_input(s->ours), &VG_DEFAULT_LIMITS, &s->reader, NULL), VGI_OK);
    assert_int_equal(vg_writer_new(vg_connection_output(s->ours), &s->writer, NULL), VGI_OK);
}

void session_start(session *s)
{
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void session_end(session *s)
{
    vg_connection_abort(s->ours);
    pthread_join(s->thread, NULL);
    vg_writer_free(s->writer);
    vg_reader_free(s->reader);
    vg_connection_free(s->ours);
    vg_connection_free(s->theirs);
    vg_server_free(s->server);
}

vgi_batch one_row(const vgi_arrow_schema *schema, vgi_array *column, const void *value)
{
    *column = (vgi_array){.field = schema->fields[0], .length = 1, .buffers = {value, NULL}};
    return (vgi_batch){.schema = schema, .rows = 1, .n_columns = 1, .columns = column};
}

void send_request(session *s, const char *method, vgi_batch params)
{
    const vgi_key_value keys[] = {
        {VGI_STR(VG_KEY_METHOD), vgi_str(method)},
        {VGI_STR(VG_KEY_REQUEST_VERSION), VGI_STR(VG_REQUEST_VERSION)},
        {VGI_STR(VG_KEY_PROTOCOL), VGI_STR("ConformanceService")},
        {VGI_STR(VG_KEY_PROTOCOL_VERSION), VGI_STR("2.0.0")},
    };

    params.metadata = (vgi_metadata){keys, 4};
    assert_int_equal(vg_writer_open(s->writer, params.schema, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(s->writer, &params, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(s->writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s->writer, NULL), VGI_OK);
}

const vgi_batch *turn(session *s, const vgi_batch *in)
{
    const vgi_batch *out;

    assert_int_equal(vg_writer_batch(s->writer, in, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s->writer, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s->reader, &out, NULL), VGI_OK);
    return out;
}

void end_stream(session *s)
{
    const vgi_batch *out;

    assert_int_equal(vg_writer_close(s->writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s->writer, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s->reader, &out, NULL), VGI_END);
}

void open_stream(session *s, const char *method, vgi_batch params, const vgi_batch *in)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *out;

    send_request(s, method, params);
    assert_int_equal(vg_writer_open(s->writer, in->schema, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(s->writer, in, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(s->writer, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(s->reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s->reader, &out, NULL), VGI_OK);
}

void assert_refused(session *s, const char *text)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *out;

    assert_int_equal(vg_reader_open(s->reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(s->reader, &out, NULL), VGI_OK);
    assert_non_null(strstr(vgi_metadata_get(out->metadata, VG_KEY_LOG_MESSAGE).data, text));
    assert_int_equal(vg_reader_next(s->reader, &out, NULL), VGI_END);
}
