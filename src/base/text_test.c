/* Unit tests of text.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void json_strings_are_escaped(void **state)
{
    vg_arena arena = {0};
    vg_text text = {.arena = &arena};

    (void)state;
    vg_text_puts(&text, "{");
    vg_text_member(&text, "a", (vgi_string){"x\"\\\n\r\t\x01\0\xc3\xa9", 10});
    vg_text_member(&text, "b", (vgi_string){0});
    vg_text_puts(&text, "}");
    assert_string_equal(vg_text_take(&text).data, "{\"a\":\"x\\\"\\\\\\n\\r\\t\\u0001\\u0000\xc3\xa9\",\"b\":\"\"}");
    vg_arena_done(&arena);
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    vg_arena arena = {0};
    vg_text text = {.arena = &arena};

    (void)state;
    vg_text_clean(&text, vgi_str("ok \xc3\xa9 "));
    vg_text_clean(&text, vgi_str("bad\xff\xc3\xa9"));
    vg_text_clean(&text, (vgi_string){"\0\x1b[31m\x7f\r\n\t", 9});
    vg_text_json(&text, vgi_str("\xff"));
    assert_string_equal(vg_text_take(&text).data, "ok \xc3\xa9 bad?????[31m??\n\"?\"");
    vg_arena_done(&arena);
}

static void long_text_grows_and_running_out_is_sticky(void **state)
{
    vg_arena arena;
    vg_text text = {.arena = &arena};

    (void)state;
    vg_arena_init(&arena, 1000);
    for (int i = 0; i < 200; i++)
        vg_text_puts(&text, "x");
    assert_false(text.failed);
    assert_int_equal(text.size, 200);
    for (int i = 0; i < 2000; i++)
        vg_text_puts(&text, "y");
    assert_true(text.failed);
    assert_null(vg_text_take(&text).data);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(long_text_grows_and_running_out_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
