/* Unit tests of caret.c: the caret stands under the mistake, wherever it is and however long the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/type.h"
#include "base/str.h"

static vgi_error err;

static void expect(const char *text, size_t pos, const char *expected)
{
    err = (vgi_error){0};
    assert_int_equal(vg_caret_error(&err, VGI_ERR_VALUE, vgi_str(text), pos, "here %d", 1), VGI_ERR_VALUE);
    assert_string_equal(err.message, expected);
}

static void the_caret_stands_under_the_mistake(void **state)
{
    (void)state;
    expect("a BIGNT", 2, "here 1\n  a BIGNT\n    ^");
    expect("", 0, "here 1\n  \n  ^");
    expect("abc", 3, "here 1\n  abc\n     ^");
    expect("abc", 999, "here 1\n  abc\n     ^");
    expect("\xc3\xa4\xe2\x82\xac x", 6, "here 1\n  \xc3\xa4\xe2\x82\xac x\n     ^"); /* characters are counted */
    expect("a\n\tb", 3, "here 1\n  a  b\n     ^");
}

/* Whole characters are left out on both sides, and the line still fits what it is built in. */
static void long_texts_are_cut_on_both_sides(void **state)
{
    char text[1001] = "";

    (void)state;
    for (int i = 0; i < 500; i++)
        memcpy(text + 2 * i, "\xc3\xa4", 3);
    for (size_t pos = 0; pos <= 1000; pos++) {
        const char *line, *pointer;

        err = (vgi_error){0};
        (void)vg_caret_error(&err, VGI_ERR_VALUE, vgi_str(text), pos, "m");
        line = strchr(err.message, '\n') + 1;
        pointer = strchr(line, '\n') + 1;
        assert_true(vg_utf8_valid(err.message, strlen(err.message)) || pos % 2 == 1);
        assert_int_equal(strncmp(line, "  ...", 5) == 0, pos > 70);
        assert_true(strlen(pointer) <= 2 + 3 + 71);
        assert_int_equal(pointer[strlen(pointer) - 1], '^');
    }
}

static void long_messages_are_cut_between_characters(void **state)
{
    char name[601] = "";

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        memset(name, 'x', shift);
        for (size_t i = shift; i + 2 < sizeof name; i += 2)
            memcpy(name + i, "\xc3\xa4", 3);
        err = (vgi_error){0};
        (void)vg_caret_error(&err, VGI_ERR_VALUE, vgi_str("text"), 0, "%s", name);
        assert_true(vg_utf8_valid(err.message, strlen(err.message)));
        assert_non_null(strstr(err.message, "\n  text\n  ^"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caret_stands_under_the_mistake),
        cmocka_unit_test(long_texts_are_cut_on_both_sides),
        cmocka_unit_test(long_messages_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
