/* Producers that read ahead: a turn is run before the tick that asks for it (vgi_stream.read_ahead, heard). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "in_process.h"
#include "rpc/keys.h"
#include "service.h"

ONE_FIELD(COUNT, "count", .type = VGI_TYPE_INT64);

static struct {
    int turns, heard;
    bool closed;
} hooks;

/* Counts its turns, and ends with an error at the third; what it has heard by then it says in its batches. */
static vgi_status ahead_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)state, (void)in;
    if (++hooks.turns == 3)
        return vgi_fail(call, VGI_ERR_VALUE, "there is no third");
    out->rows = 1;
    vgi_out_i64(vgi_out_column(out, 0))[0] = hooks.turns * 10 + hooks.heard;
    return VGI_OK;
}

static vgi_status ahead_heard(vgi_call *call, void *state, const vgi_batch *in)
{
    (void)call, (void)state;
    hooks.heard += vgi_metadata_get(in->metadata, "news").data != NULL;
    return VGI_OK;
}

static void ahead_close(vgi_call *call, void *state)
{
    (void)call, (void)state;
    hooks.closed = true;
}

static vgi_status ahead_open(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    (void)call, (void)params;
    stream->output = &COUNT;
    stream->turn = ahead_turn;
    stream->heard = ahead_heard;
    stream->close = ahead_close;
    stream->read_ahead = true;
    return VGI_OK;
}

static void begin(session *s)
{
    static const vg_method METHODS[] = {{.name = "ahead", .kind = VG_PRODUCER, .open = ahead_open}};
    static const vg_binding BINDING = {
        .protocol = "ConformanceService", .version_major = -1, .version = "", .methods = METHODS, .n_methods = 1};

    memset(&hooks, 0, sizeof hooks);
    session_begin(s, &BINDING, 1);
    session_start(s);
}

static const vgi_key_value NEWS[] = {{VGI_STR("news"), VGI_STR("1")}};
static const vgi_batch TICK_WITH_NEWS = {.schema = &NOTHING, .metadata = {NEWS, 1}};

/* A turn that was run ahead of its tick: what a tick brings is heard a turn later, an error comes where it belongs. */
static void a_producer_reads_ahead(void **state)
{
    const vgi_batch *out;
    session s;

    (void)state;
    begin(&s);
    open_stream(&s, "ahead", TICK, &TICK_WITH_NEWS);
    assert_int_equal(vgi_i64(turn(&s, &TICK), 0)[0], 21);
    out = turn(&s, &TICK_WITH_NEWS);
    assert_non_null(strstr(vgi_metadata_get(out->metadata, VG_KEY_LOG_MESSAGE).data, "there is no third"));
    assert_int_equal(vg_reader_next(s.reader, &out, NULL), VGI_END);
    assert_int_equal(vg_writer_close(s.writer, NULL), VGI_OK);
    send_request(&s, "nothing", TICK);
    assert_refused(&s, "Unknown method");
    session_end(&s);
    assert_int_equal(hooks.turns, 3);
    assert_int_equal(hooks.heard, 2);
    assert_true(hooks.closed);
}

/* Nobody hears of a turn ahead that nobody asked for, also where it failed. */
static void a_turn_ahead_may_be_in_vain(void **state)
{
    session s;

    (void)state;
    begin(&s);
    open_stream(&s, "ahead", TICK, &TICK);
    (void)turn(&s, &TICK);
    end_stream(&s);
    send_request(&s, "nothing", TICK);
    assert_refused(&s, "Unknown method");
    session_end(&s);
    assert_int_equal(hooks.turns, 3);
    assert_true(hooks.closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_producer_reads_ahead),
        cmocka_unit_test(a_turn_ahead_may_be_in_vain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
