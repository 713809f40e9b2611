/* Unit tests of json.c: every type that has JSON, and that the others say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "worker/json.h"
#include "worker/registry.h"

static vg_arena arena;

/* The JSON of an SQL literal; absent where there is none. */
static vgi_string json_of(const char *literal)
{
    vg_text text = {.arena = &arena};
    const vgi_array *value;
    vgi_error err = {0};
    size_t pos = 0;

    if (vg_literal_parse(&arena, vgi_str(literal), &pos, NULL, &value, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return vg_json_value(&text, value, 0) ? vg_text_take(&text) : (vgi_string){0};
}

static void values_are_json(void **state)
{
    static const char *const CASES[][2] = {
        {"NULL::BIGINT", "null"},
        {"true", "true"},
        {"false", "false"},
        {"-7", "-7"},
        {"-128::TINYINT", "-128"},
        {"200::UTINYINT", "200"},
        {"9223372036854775807", "9223372036854775807"},
        {"18446744073709551615::UBIGINT", "18446744073709551615"},
        {"0.1", "0.1"},
        {"1e300", "1e+300"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"1.5::FLOAT", "1.5"},
        {"'a\"b\\'", "\"a\\\"b\\\\\""},
        {"[1, NULL, 3]", "[1, null, 3]"},
        {"[['a'], ['b', 'c']]", "[[\"a\"], [\"b\", \"c\"]]"},
        {"{'a': 1, 'b c': [true]}", "{\"a\": 1, \"b c\": [true]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_string got = json_of(CASES[i][0]);

        if (!got.data || !vg_string_is(got, CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], got.data ? got.data : "nothing");
    }
}

static void what_has_none_says_so(void **state)
{
    static const char *const CASES[] = {"DATE '2024-01-31'", "[DATE '2024-01-31']", "{'a': DATE '2024-01-31'}",
                                        "1.50::DECIMAL(9,2)"};
    static const vgi_field field = {.name = VGI_STR("a"), .type = VGI_TYPE_FLOAT64};
    const double infinite = __builtin_inf();
    const vgi_array value = {.field = &field, .length = 1, .buffers = {&infinite}};
    vg_text text = {.arena = &arena};

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        if (json_of(CASES[i]).data)
            fail_msg("%s has JSON", CASES[i]);
    assert_false(vg_json_value(&text, &value, 0));
}

static int teardown(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_json),
        cmocka_unit_test(what_has_none_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
