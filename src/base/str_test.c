/* Unit tests of str.c and error.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void utf8_is_told_from_bytes(void **state)
{
    static const char *const good[] = {"",
                                       "ascii",
                                       "ascii that is longer than eight bytes",
                                       "\xC3\xA9",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xED\x9F\xBF",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC3",
                                      "\xE0\x80\x80",
                                      "\xED\xA0\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "12345678\xFF",
                                      "\xE2\x82",
                                      "\xE2\x28\xA1"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(vg_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vg_utf8_valid(bad[i], strlen(bad[i])));
}

static void a_cut_keeps_characters_whole(void **state)
{
    (void)state;
    assert_int_equal(vg_utf8_cut("abc", 2), 2);
    assert_int_equal(vg_utf8_cut("a\xE2\x82\xAC", 4), 4);
    assert_int_equal(vg_utf8_cut("a\xE2\x82\xAC", 3), 1);
    assert_int_equal(vg_utf8_cut("a\xE2\x82\xAC", 2), 1);
    assert_int_equal(vg_utf8_cut("", 0), 0);
}

static void the_first_error_wins_and_long_ones_are_cut(void **state)
{
    vgi_error err = {0};
    char text[3000];

    (void)state;
    assert_int_equal(vgi_error_set(NULL, VGI_ERR_VALUE, "nobody listens"), VGI_ERR_VALUE);
    assert_int_equal(vgi_error_set(&err, VGI_ERR_VALUE, "first %d", 1), VGI_ERR_VALUE);
    assert_int_equal(vgi_error_set(&err, VGI_ERR_IO, "second"), VGI_ERR_IO);
    assert_int_equal(err.status, VGI_ERR_VALUE);
    assert_string_equal(err.message, "first 1");
    vgi_error_clear(&err);
    for (size_t i = 0; i < sizeof text - 3; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 4);
    (void)vgi_error_set(&err, VGI_ERR_IO, "%s", text);
    assert_true(strlen(err.message) < sizeof err.message);
    assert_true(vg_utf8_valid(err.message, strlen(err.message)));
    assert_string_equal(vgi_status_exception(VGI_ERR_READ_ONLY), "CatalogReadOnlyError");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_told_from_bytes),
        cmocka_unit_test(a_cut_keeps_characters_whole),
        cmocka_unit_test(the_first_error_wins_and_long_ones_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
