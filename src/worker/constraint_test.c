/* Unit tests of constraint.c: each kind of bound, at it and one beyond, and the sentences of violations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/function_call.h"

static vg_arena arena;

/* The one parameter of f(a TYPE), with what `spec` says of it. */
static vgi_status declare(const char *signature, const vgi_arg *spec, vg_function *ret, vgi_error *err)
{
    const vgi_arg specs[] = {*spec, {0}};
    vgi_arg *kept = vg_arena_alloc(&arena, sizeof specs);

    memcpy(kept, specs, sizeof specs);
    *ret = (vg_function){.kind = VG_FUNCTION_TABLE};
    return vg_signature_parse(&arena, vgi_str(signature), kept, ret, err);
}

static vgi_call new_call(void)
{
    return (vgi_call){.arena = &arena, .turn_arena = &arena};
}

static vgi_status check(const char *signature, vgi_arg spec, const vgi_array *value, vgi_call *call)
{
    vgi_error err = {0};
    vg_function f;

    spec.name = "a";
    *call = new_call();
    if (declare(signature, &spec, &f, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return vg_constraint_check(call, &f.params[0], 0, value);
}

static const vgi_array *literal(const char *text)
{
    const vgi_array *value;
    vgi_error err = {0};
    size_t pos = 0;

    if (vg_literal_parse(&arena, vgi_str(text), &pos, NULL, &value, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return value;
}

#define F(type) "f(a " type ") -> TABLE(n BIGINT)"

static void passes(const char *signature, vgi_arg spec, const char *value)
{
    vgi_call call;

    if (check(signature, spec, literal(value), &call) != VGI_OK)
        fail_msg("%s of %s: %s", value, signature, call.error.message);
}

static void fails(const char *signature, vgi_arg spec, const char *value, const char *text)
{
    vgi_call call;

    assert_int_equal(check(signature, spec, literal(value), &call), VGI_ERR_ARGUMENT);
    if (!strstr(call.error.message, text))
        fail_msg("%s: '%s' is not in: %s", value, text, call.error.message);
}

static void bounds_are_inside(void **state)
{
    const vgi_arg count = {.min = "1", .max = "3"}, fraction = {.min = "0.5"}, word = {.min = "'b'", .max = "'bb'"};

    (void)state;
    passes(F("BIGINT"), count, "1");
    passes(F("BIGINT"), count, "3");
    passes(F("BIGINT"), count, "NULL");
    fails(F("BIGINT"), count, "0", "Argument '0' is too small.");
    fails(F("BIGINT"), count, "4", "must be <= 3");
    fails(F("BIGINT"), count, "4", "Valid values: >= 1 and <= 3");
    passes(F("DOUBLE"), fraction, "0.5");
    fails(F("DOUBLE"), fraction, "0.25", "is too small");
    passes(F("VARCHAR"), word, "'b'");
    passes(F("VARCHAR"), word, "'bb'");
    fails(F("VARCHAR"), word, "'a'", "Value: 'a'");
    fails(F("VARCHAR"), word, "'bba'", "is too large");
    passes(F("DATE"), (vgi_arg){.min = "DATE '2024-01-31'"}, "DATE '2024-01-31'");
    fails(F("DATE"), (vgi_arg){.min = "DATE '2024-01-31'"}, "DATE '2024-01-30'", "is too small");
}

/* Numbers may come in another width than the declared one: 2^64 - 1 is no -1. */
static void signs_are_compared(void **state)
{
    static const vgi_field wide = {.name = VGI_STR("a"), .type = VGI_TYPE_UINT64, .nullable = true};
    static const vgi_field narrow = {.name = VGI_STR("a"), .type = VGI_TYPE_INT64, .nullable = true};
    static const uint64_t most = UINT64_MAX;
    static const int64_t minus = -1, least = 5;
    const vgi_array huge = {.field = &wide, .length = 1, .buffers = {&most}};
    const vgi_array negative = {.field = &narrow, .length = 1, .buffers = {&minus}};
    const vgi_array small = {.field = &narrow, .length = 1, .buffers = {&least}};
    vgi_call call;

    (void)state;
    assert_int_equal(check(F("BIGINT"), (vgi_arg){.max = "10"}, &huge, &call), VGI_ERR_ARGUMENT);
    assert_int_equal(check(F("BIGINT"), (vgi_arg){.min = "0"}, &huge, &call), VGI_OK);
    assert_int_equal(check(F("UBIGINT"), (vgi_arg){.min = "0"}, &negative, &call), VGI_ERR_ARGUMENT);
    assert_int_equal(check(F("UBIGINT"), (vgi_arg){.max = "18446744073709551615"}, &small, &call), VGI_OK);
    assert_int_equal(check(F("UBIGINT"), (vgi_arg){.max = "18446744073709551614"}, &huge, &call), VGI_ERR_ARGUMENT);
}

/* NaN is above every bound, so that a largest value keeps it out. */
static void nan_is_above_all(void **state)
{
    static const vgi_field field = {.name = VGI_STR("a"), .type = VGI_TYPE_FLOAT64};
    const double nan = __builtin_nan("");
    const vgi_array value = {.field = &field, .length = 1, .buffers = {&nan}};
    vgi_call call;

    (void)state;
    assert_int_equal(check(F("DOUBLE"), (vgi_arg){.max = "1e300"}, &value, &call), VGI_ERR_ARGUMENT);
    assert_int_equal(check(F("DOUBLE"), (vgi_arg){.min = "1e300"}, &value, &call), VGI_OK);
}

static void choices_are_values(void **state)
{
    const vgi_arg words = {.choices = VGI_NAMES("a", "it's")}, numbers = {.choices = VGI_NAMES("1", "2")};
    const vgi_arg many = {.choices = VGI_NAMES("1", "2", "3", "4", "5", "6")};

    (void)state;
    passes(F("VARCHAR"), words, "'it''s'");
    fails(F("VARCHAR"), words, "'A'", "has an invalid value.");
    fails(F("VARCHAR"), words, "'A'", "Valid values: 'a', 'it's'");
    passes(F("BIGINT"), numbers, "2");
    fails(F("BIGINT"), numbers, "3", "Valid values: 1, 2");
    fails(F("BIGINT"), many, "7", "1, 2, 3, 4, ... (6 total options)");
}

static void patterns_match_the_whole(void **state)
{
    const vgi_arg code = {.pattern = "[a-z]+|x1", .doc = "A code."};
    vgi_call call;
    static const vgi_field field = {.name = VGI_STR("a"), .type = VGI_TYPE_UTF8};
    static const int32_t offsets[] = {0, 3};
    const vgi_array nul = {.field = &field, .length = 1, .buffers = {offsets, "a\0b"}};

    (void)state;
    passes(F("VARCHAR"), code, "'abc'");
    passes(F("VARCHAR"), code, "'x1'");
    fails(F("VARCHAR"), code, "'abc1'", "does not match the required pattern");
    fails(F("VARCHAR"), code, "''", "Purpose: A code.");
    fails(F("BIGINT"), (vgi_arg){.pattern = "1"}, "1", "must be a string");
    assert_int_equal(check(F("VARCHAR"), code, &nul, &call), VGI_ERR_ARGUMENT);
}

static void long_texts_are_cut_between_characters(void **state)
{
    char text[220] = "'";
    vgi_call call;

    (void)state;
    for (int i = 0; i < 99; i++)
        strcat(text, "x");
    strcat(text, "\xc3\xa4\xc3\xa4'"); /* byte 100 is the first half of the character */
    assert_int_equal(check(F("VARCHAR"), (vgi_arg){.pattern = "y"}, literal(text), &call), VGI_ERR_ARGUMENT);
    assert_non_null(strstr(call.error.message, "xxx'\n"));
    assert_null(strstr(call.error.message, "\xc3"));
}

/* What has no order has no bounds: they would never be found violated. */
static void what_has_no_order_has_no_bounds(void **state)
{
    static const char *const MIN[][2] = {{F("BIGINT[]"), "[1]"}, {F("STRUCT(b BIGINT)"), "{'b': 1}"}};

    (void)state;
    for (size_t i = 0; i < sizeof MIN / sizeof *MIN; i++) {
        const vgi_arg spec = {.name = "a", .min = MIN[i][1]};
        vgi_error err = {0};
        vg_function f;

        if (declare(MIN[i][0], &spec, &f, &err) != VGI_ERR_VALUE || !strstr(err.message, "no order"))
            fail_msg("%s: %s", MIN[i][0], err.message);
    }
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
        cmocka_unit_test(bounds_are_inside),
        cmocka_unit_test(signs_are_compared),
        cmocka_unit_test(nan_is_above_all),
        cmocka_unit_test(choices_are_values),
        cmocka_unit_test(patterns_match_the_whole),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(what_has_no_order_has_no_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
