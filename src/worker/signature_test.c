/* Unit tests of signature.c, lex.c and scan_call.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/registry.h"

static vg_arena arena;

static vg_function parse(vg_function_kind kind, const char *text, const vgi_arg *specs)
{
    vg_function function = {.kind = kind};
    vgi_error err = {0};

    if (vg_signature_parse(&arena, vgi_str(text), specs, &function, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return function;
}

static const char *metadata(const vg_function *function, int32_t i, const char *key)
{
    return vgi_metadata_get(function->params[i].field->metadata, key).data;
}

static void a_scalar_signature(void **state)
{
    vg_function f =
        parse(VG_FUNCTION_SCALAR,
              "my_fn(a BIGINT, const \"the unit\" VARCHAR, s DOUBLE := 1.5, VARIADIC rest ANY) -> BIGINT[]", NULL);

    (void)state;
    assert_string_equal(f.name.data, "my_fn");
    assert_int_equal(f.n_params, 4);
    assert_false(f.params[0].is_const);
    assert_null(metadata(&f, 0, "vgi_const"));
    assert_true(f.params[1].is_const);
    assert_string_equal(f.params[1].name.data, "the unit");
    assert_string_equal(metadata(&f, 1, "vgi_const"), "true");
    assert_true(f.params[2].has_default);
    assert_false(f.params[2].is_named);
    assert_string_equal(metadata(&f, 2, "vgi_default"), "1.5");
    assert_true(f.params[3].is_variadic && f.params[3].is_any);
    assert_string_equal(metadata(&f, 3, "vgi_varargs"), "true");
    assert_string_equal(metadata(&f, 3, "vgi_type"), "any");
    assert_int_equal(f.arguments->n_fields, 4);
    assert_int_equal(f.output->n_fields, 1);
    assert_memory_equal(f.output->fields[0]->name.data, "result", 6);
    assert_int_equal(f.output->fields[0]->type, VGI_TYPE_LIST);
    assert_null(parse(VG_FUNCTION_SCALAR, "f() -> any", NULL).output);
}

static void a_table_signature(void **state)
{
    vg_function f = parse(VG_FUNCTION_TABLE,
                          "series(stop BIGINT, start BIGINT := 0, \"a\"\"b\" VARCHAR := 'x\"y') -> TABLE(n BIGINT, s "
                          "STRUCT(a BIGINT, b VARCHAR), \"q)\" DOUBLE)",
                          NULL);

    (void)state;
    assert_true(f.params[0].is_const && !f.params[0].is_named);
    assert_null(metadata(&f, 0, "vgi_const"));
    assert_null(metadata(&f, 0, "vgi_arg"));
    assert_true(f.params[1].is_named);
    assert_string_equal(metadata(&f, 1, "vgi_arg"), "named");
    assert_string_equal(f.params[2].name.data, "a\"b");
    assert_string_equal(metadata(&f, 2, "vgi_default"), "\"x\\\"y\"");
    assert_int_equal(f.output->n_fields, 3);
    assert_null(parse(VG_FUNCTION_TABLE, "f() -> TABLE", NULL).output);
}

static void what_args_say(void **state)
{
    const vgi_arg specs[] = {{.name = "N", .doc = "How many.", .min = "0"},
                             {.name = "mode", .choices = VGI_NAMES("a", "b")},
                             {.name = "code", .pattern = "[a-z]+"},
                             {.name = "x", .min = "0.5", .max = "2"},
                             {0}};
    vg_function f =
        parse(VG_FUNCTION_TABLE, "f(n BIGINT, mode VARCHAR, code VARCHAR, x DOUBLE) -> TABLE(n BIGINT)", specs);

    (void)state;
    assert_string_equal(metadata(&f, 0, "vgi_doc"), "How many.");
    assert_string_equal(metadata(&f, 0, "vgi_range"), "[0, +inf)");
    assert_int_equal(vgi_array_i64(f.params[0].min, 0), 0);
    assert_string_equal(metadata(&f, 1, "vgi_choices"), "[\"a\", \"b\"]");
    assert_string_equal(metadata(&f, 2, "vgi_pattern"), "[a-z]+");
    assert_string_equal(metadata(&f, 3, "vgi_range"), "[0.5, 2]");
}

static void refused(vg_function_kind kind, const char *text, const vgi_arg *specs, const char *expected)
{
    vg_function function = {.kind = kind};
    vgi_error err = {0};

    if (vg_signature_parse(&arena, vgi_str(text), specs, &function, &err) == VGI_OK)
        fail_msg("%s was taken", text);
    if (!strstr(err.message, expected))
        fail_msg("%s: the message is: %s", text, err.message);
}

static void mistakes_are_named(void **state)
{
    const vgi_arg unknown[] = {{.name = "zz"}, {0}}, bad_min[] = {{.name = "a", .min = "x"}, {0}},
                  bad_pattern[] = {{.name = "a", .pattern = "("}, {0}};

    (void)state;
    refused(VG_FUNCTION_SCALAR, "", NULL, "name of a function");
    refused(VG_FUNCTION_SCALAR, "f", NULL, "expected `(`");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT", NULL, "expected `)`");
    refused(VG_FUNCTION_SCALAR, "f(a) -> BIGINT", NULL, "^");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINTT) -> BIGINT", NULL, "^");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT)", NULL, "expected `->`");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT) -> BIGINT x", NULL, "nothing more");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT, A DOUBLE) -> BIGINT", NULL, "two arguments are called A");
    refused(VG_FUNCTION_SCALAR, "f(VARIADIC a BIGINT, b BIGINT) -> BIGINT", NULL, "VARIADIC");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT := 1, b BIGINT) -> BIGINT", NULL, "without a default");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT := 'x') -> BIGINT", NULL, "no BIGINT");
    refused(VG_FUNCTION_SCALAR, "f(VARIADIC a BIGINT := 1) -> BIGINT", NULL, "no default");
    refused(VG_FUNCTION_SCALAR, "f() -> TABLE(n BIGINT)", NULL, "one value");
    refused(VG_FUNCTION_TABLE, "f() -> BIGINT", NULL, "TABLE(");
    refused(VG_FUNCTION_TABLE, "f() -> TABLE(n BIGINT", NULL, "never closed");
    refused(VG_FUNCTION_TABLE, "f() -> TABLE(n BIGIN)", NULL, "^");
    refused(VG_FUNCTION_TABLE, "f(CONST a BIGINT) -> TABLE(n BIGINT)", NULL, "CONST");
    refused(VG_FUNCTION_TABLE, "f(\"a BIGINT) -> TABLE(n BIGINT)", NULL, "never closed");
    refused(VG_FUNCTION_SCALAR, "f(a BIGINT) -> BIGINT", unknown, "no argument called zz");
    refused(VG_FUNCTION_SCALAR, "f(CONST a BIGINT) -> BIGINT", bad_min, "min `x`");
    refused(VG_FUNCTION_SCALAR, "f(CONST a VARCHAR) -> BIGINT", bad_pattern, "pattern");
}

static void a_scan_call(void **state)
{
    vg_scan_argument *arguments;
    vgi_string function;
    vgi_error err = {0};
    int32_t n;

    (void)state;
    assert_int_equal(vg_scan_parse(&arena, vgi_str(" read_parquet ( ['a', 'b'], 2, hive := true , \"x y\" := NULL )"),
                                   &function, &arguments, &n, &err),
                     VGI_OK);
    assert_string_equal(function.data, "read_parquet");
    assert_int_equal(n, 4);
    assert_null(arguments[0].name.data);
    assert_int_equal(arguments[0].value->field->type, VGI_TYPE_LIST);
    assert_int_equal(vgi_array_i64(arguments[1].value, 0), 2);
    assert_string_equal(arguments[2].name.data, "hive");
    assert_true(vgi_array_bool(arguments[2].value, 0));
    assert_string_equal(arguments[3].name.data, "x y");
    assert_true(vgi_array_is_null(arguments[3].value, 0));
    assert_int_equal(vg_scan_parse(&arena, vgi_str("f()"), &function, &arguments, &n, &err), VGI_OK);
    assert_int_equal(n, 0);
}

static void mistakes_in_scan_calls(void **state)
{
    static const char *const bad[] = {"",       "f",   "f(", "f(1", "f(1,)", "f(a := 1, 2)", "f(a := 1, A := 2)",
                                      "f(1) x", "f(b)"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        vg_scan_argument *arguments;
        vgi_string function;
        vgi_error err = {0};
        int32_t n;
        if (vg_scan_parse(&arena, vgi_str(bad[i]), &function, &arguments, &n, &err) == VGI_OK)
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strchr(err.message, '^'));
    }
}

static int clear(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_scalar_signature, clear), cmocka_unit_test_teardown(a_table_signature, clear),
        cmocka_unit_test_teardown(what_args_say, clear),      cmocka_unit_test_teardown(mistakes_are_named, clear),
        cmocka_unit_test_teardown(a_scan_call, clear),        cmocka_unit_test_teardown(mistakes_in_scan_calls, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
