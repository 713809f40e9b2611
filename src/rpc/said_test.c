/* What servers say, taken apart: well-formed, and not (rpc.md §6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/said.h"

static vg_arena arena;

static int clear(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    arena = (vg_arena){0};
    return 0;
}

static void expect_member(const char *json, const char *key, const char *wanted)
{
    vgi_string found = vg_json_member(&arena, vgi_str(json), key);

    assert_true(vgi_string_equal(found, vgi_str(wanted)));
}

static void members_are_found(void **state)
{
    (void)state;
    expect_member("{\"a\":\"x\"}", "a", "x");
    expect_member(" { \"n\" : 1.5e3 , \"o\":{\"a\":[\"}\",{}]}, \"a\" : \"y\" } ", "a", "y");
    expect_member("{\"a\":\"l\\n\\\"q\\\" \\u00e9 \\ud83d\\ude00\"}", "a", "l\n\"q\" \xc3\xa9 \xf0\x9f\x98\x80");
    expect_member("{\"a\":\"\\ud83d\"}", "a", "\xef\xbf\xbd");
    expect_member("{\"a\":\"\\u0041\\u20AC\\uD83D\\uDE00\"}", "a", "A\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_member("{\"a\":\"\\ude00\\ud83dx\\ud83d\\u0041\"}", "a",
                  "\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd"
                  "A");
    expect_member("{\"a\":\"\\u00g0\\u12\"}", "a",
                  "\xef\xbf\xbd"
                  "00g0\xef\xbf\xbd"
                  "12");
    expect_member("{\"b\":\"x\"}", "a", NULL);
    expect_member("{\"a\":7}", "a", NULL);
}

static void what_is_no_json_gives_nothing(void **state)
{
    static const char *const BROKEN[] = {
        "",          "[]",          "{",          "{\"a\"",       "{\"a\":",
        "{\"a\":\"", "{\"a\":\"\\", "{\"b\":[[[", "{\"b\":\"x\\", "{\"b\"\"a\":\"x\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++)
        assert_null(vg_json_member(&arena, vgi_str(BROKEN[i]), "a").data);
    assert_null(vg_json_member(&arena, (vgi_string){0}, "a").data);
}

/* Nothing is followed deeper than the stack bears. */
static void deep_json_gives_nothing(void **state)
{
    char json[400] = "{\"b\":";

    (void)state;
    memset(json + strlen(json), '[', 100);
    memset(json + strlen(json), ']', 100);
    strcat(json, ",\"a\":\"x\"}");
    assert_null(vg_json_member(&arena, vgi_str(json), "a").data);
}

static void an_exception_becomes_an_error(void **state)
{
    const vgi_key_value items[] = {
        {VGI_STR("vgi_rpc.log_level"), VGI_STR("EXCEPTION")},
        {VGI_STR("vgi_rpc.log_message"), VGI_STR("ValueError: too large")},
        {VGI_STR("vgi_rpc.log_extra"), VGI_STR("{\"exception_type\":\"ValueError\",\"traceback\":\"here\"}")},
    };
    const vgi_batch batch = {.metadata = {items, 3}}, rows = {.rows = 1, .metadata = {items, 3}};
    const vgi_batch log = {.metadata = {items + 1, 1}};
    vgi_error err = {0};
    vg_said said;

    (void)state;
    assert_int_equal(vg_batch_classify(&batch), VG_BATCH_EXCEPTION);
    assert_int_equal(vg_batch_classify(&rows), VG_BATCH_DATA);
    assert_int_equal(vg_batch_classify(&log), VG_BATCH_DATA);
    vg_said_read(&arena, batch.metadata, &said);
    assert_int_equal(vg_said_error(&said, &err), VGI_ERR_VALUE);
    assert_string_equal(err.exception, "ValueError");
    assert_string_equal(err.message, "too large");
    assert_true(vgi_string_equal(said.traceback, vgi_str("here")));
}

static void an_exception_without_a_sentence_is_told(void **state)
{
    static const vg_said SAID[] = {{.type = VGI_STR("ValueError"), .message = VGI_STR("")},
                                   {.type = VGI_STR("ValueError"), .message = VGI_STR("\0hidden")}};

    (void)state;
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++) {
        vgi_error err = {0};

        assert_int_equal(vg_said_error(&SAID[i], &err), VGI_ERR_VALUE);
        assert_string_equal(err.message, "the worker gave no reason");
    }
}

static void what_would_move_the_cursor_is_tamed(void **state)
{
    const vg_said said = {.type = VGI_STR("\033[2JError"),
                          .message = VGI_STR("\033]0;title\007 a\tb\nc \xc2\x9b"
                                             "31m \xc3\xa9 \x7f")};
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_said_error(&said, &err), VGI_ERR_RUNTIME);
    assert_string_equal(err.message, "?]0;title? a\tb\nc ??31m \xc3\xa9 ?");
    assert_string_equal(err.exception, "?[2JError");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(members_are_found, clear),
        cmocka_unit_test_teardown(what_is_no_json_gives_nothing, clear),
        cmocka_unit_test_teardown(deep_json_gives_nothing, clear),
        cmocka_unit_test_teardown(an_exception_becomes_an_error, clear),
        cmocka_unit_test_teardown(an_exception_without_a_sentence_is_told, clear),
        cmocka_unit_test_teardown(what_would_move_the_cursor_is_tamed, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
