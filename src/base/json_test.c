/* Unit tests of json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static vgi_status parse(vg_arena *arena, const char *text, const vg_json **ret)
{
    vgi_error err = {0};

    return vg_json_parse(arena, vgi_str(text), 4, 20, ret, &err);
}

static void values_come_as_they_are(void **state)
{
    vg_arena arena = {0};
    const vg_json *root, *list;
    uint64_t number;

    (void)state;
    assert_int_equal(
        parse(&arena, " {\"a\": [1, true, null, \"x\\u00e9\\n\\ud83d\\ude00\"], \"b\": 18446744073709551615} ", &root),
        VGI_OK);
    assert_int_equal(root->count, 2);
    list = vg_json_get(root, "a");
    assert_int_equal(list->count, 4);
    assert_true(list->first->next->truth);
    assert_int_equal(list->first->next->next->kind, VG_JSON_NULL);
    assert_true(vgi_string_equal(list->first->next->next->next->text, vgi_str("x\xc3\xa9\n\xf0\x9f\x98\x80")));
    assert_true(vg_json_u64(vg_json_get(root, "b"), &number) && number == UINT64_MAX);
    assert_null(vg_json_get(root, "c"));
    assert_null(vg_json_get(list, "a"));
    vg_arena_done(&arena);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const BROKEN[] = {
        "",
        "{",
        "[1,]",
        "[1 2]",
        "{\"a\":1,\"a\":2}",
        "{\"a\" 1}",
        "{a:1}",
        "01",
        "1.",
        "-",
        "1e",
        "tru",
        "[1]x",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "\"\xff\"",
        "\"a",
        "\"a\\",
        "+1",
        "nul",
        "{\"a\":}",
        "[,1]",
    };
    vg_arena arena = {0};
    const vg_json *root;

    (void)state;
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++)
        assert_int_equal(parse(&arena, BROKEN[i], &root), VGI_ERR_PROTOCOL);
    vg_arena_done(&arena);
}

static void depth_and_number_are_bounded(void **state)
{
    vg_arena arena = {0};
    const vg_json *root;

    (void)state;
    assert_int_equal(parse(&arena, "[[[[1]]]]", &root), VGI_OK);
    assert_int_equal(parse(&arena, "[[[[[1]]]]]", &root), VGI_ERR_LIMIT);
    assert_int_equal(parse(&arena, "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", &root), VGI_OK);
    assert_int_equal(parse(&arena, "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", &root), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

static void numbers_that_are_no_unsigned_integers(void **state)
{
    static const char *const OTHERS[] = {
        "-1", "1.0", "1e3", "18446744073709551616", "\"1\"", "true", "99999999999999999999999"};
    vg_arena arena = {0};
    const vg_json *root;
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        assert_int_equal(parse(&arena, OTHERS[i], &root), VGI_OK);
        assert_false(vg_json_u64(root, &number));
    }
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_as_they_are),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_and_number_are_bounded),
        cmocka_unit_test(numbers_that_are_no_unsigned_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
