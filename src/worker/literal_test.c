/* Unit tests of literal.c and calendar.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/calendar.h"
#include "worker/registry.h"

static vg_arena arena;

/* Parses the whole of `text`, as `sql_type` (NULL: its own). */
static vgi_status parse(const char *text, const char *sql_type, const vgi_array **ret, vgi_error *err)
{
    vgi_field type;
    size_t pos = 0;
    vgi_status status;

    if (sql_type)
        assert_int_equal(vg_type_parse(&arena, vgi_str(sql_type), &type, NULL), VGI_OK);
    status = vg_literal_parse(&arena, vgi_str(text), &pos, sql_type ? &type : NULL, ret, err);
    if (status == VGI_OK)
        assert_int_equal(pos, strlen(text));
    return status;
}

static const vgi_array *good(const char *text, const char *sql_type)
{
    const vgi_array *value = NULL;
    vgi_error err = {0};

    if (parse(text, sql_type, &value, &err) != VGI_OK)
        fail_msg("%s: %s", text, err.message);
    assert_int_equal(value->length, 1);
    return value;
}

static void literals_have_types_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(good("42", NULL)->field->type, VGI_TYPE_INT64);
    assert_int_equal(vgi_array_i64(good("-42", NULL), 0), -42);
    assert_int_equal(good("1.5", NULL)->field->type, VGI_TYPE_FLOAT64);
    assert_true(vgi_array_f64(good("-2e3", NULL), 0) == -2000);
    assert_true(vgi_array_bool(good("TRUE", NULL), 0));
    assert_false(vgi_array_bool(good("false", NULL), 0));
    assert_int_equal(good("NULL", NULL)->field->type, VGI_TYPE_NULL);
    assert_true(vgi_array_is_null(good("NULL", NULL), 0));
    assert_memory_equal(vgi_array_text(good("'it''s'", NULL), 0).data, "it's", 4);
    assert_int_equal(vgi_array_text(good("''", NULL), 0).size, 0);
}

static void literals_nest(void **state)
{
    const vgi_array *list = good("[1, 2.5, NULL]", NULL), *record = good("{'a': 1, \"b c\": ['x']}", NULL);

    (void)state;
    assert_int_equal(list->field->type, VGI_TYPE_LIST);
    assert_int_equal(list->children[0].field->type, VGI_TYPE_FLOAT64);
    assert_int_equal(list->children[0].length, 3);
    assert_true(vgi_array_is_null(&list->children[0], 2));
    assert_int_equal(record->field->type, VGI_TYPE_STRUCT);
    assert_int_equal(record->field->n_children, 2);
    assert_memory_equal(record->field->children[1]->name.data, "b c", 3);
    assert_int_equal(record->children[1].field->type, VGI_TYPE_LIST);
    assert_int_equal(good("[]", NULL)->children[0].length, 0);
}

static void a_wanted_type_is_met(void **state)
{
    (void)state;
    assert_int_equal(good("7", "UTINYINT")->field->type, VGI_TYPE_UINT8);
    assert_int_equal((uint64_t)vgi_array_i64(good("18446744073709551615", "UBIGINT"), 0), UINT64_MAX);
    assert_true(vgi_array_f64(good("7", "DOUBLE"), 0) == 7);
    assert_int_equal(good("NULL", "VARCHAR")->field->type, VGI_TYPE_UTF8);
    assert_int_equal(vgi_array_i64(good("'1970-01-11'", "DATE"), 0), 10);
    assert_int_equal(vgi_array_i64(good("DATE '1969-12-31'", NULL), 0), -1);
    assert_int_equal(vgi_array_i64(good("TIMESTAMP '1970-01-01 00:00:01.5'", NULL), 0), 1500000);
    assert_int_equal(good("1::SMALLINT", NULL)->field->type, VGI_TYPE_INT16);
    assert_int_equal(good("{b: 2}", "STRUCT(a BIGINT, b SMALLINT)")->children[1].field->type, VGI_TYPE_INT16);
    assert_true(vgi_array_is_null(&good("{b: 2}", "STRUCT(a BIGINT, b SMALLINT)")->children[0], 0));
}

static void decimals_are_exact(void **state)
{
    const vgi_array *value = good("-1.5", "DECIMAL(9,2)");
    int64_t low;

    (void)state;
    memcpy(&low, value->buffers[0], sizeof low);
    assert_int_equal(low, -150);
}

static void mistakes_are_reported(void **state)
{
    static const struct {
        const char *text, *type;
    } bad[] = {
        {"", NULL},
        {"'open", NULL},
        {"[1, 'a']", NULL},
        {"[1", NULL},
        {"{}", NULL},
        {"{a 1}", NULL},
        {"1.5", "BIGINT"},
        {"300", "UTINYINT"},
        {"-1", "UBIGINT"},
        {"'a'", "BIGINT"},
        {"1", "VARCHAR"},
        {"true", "BIGINT"},
        {"DATE '2023-02-29'", NULL},
        {"1e", NULL},
        {"-", NULL},
        {"1.234", "DECIMAL(9,2)"},
        {"12345.0", "DECIMAL(4,1)"},
        {"99999999999999999999", NULL},
        {"{c: 1}", "STRUCT(a BIGINT)"},
        {"word", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const vgi_array *value;
        vgi_error err = {0};
        if (parse(bad[i].text, bad[i].type, &value, &err) == VGI_OK)
            fail_msg("%s was taken as %s", bad[i].text, bad[i].type ? bad[i].type : "what it is");
        assert_int_not_equal(err.status, VGI_OK);
    }
}

static void nesting_has_a_limit(void **state)
{
    char deep[200];
    const vgi_array *value;
    vgi_error err = {0};

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(parse(deep, NULL, &value, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "nested"));
}

static void the_calendar_is_right(void **state)
{
    static const vgi_field date = {.type = VGI_TYPE_DATE32}, ns = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_NANOSECOND},
                           seconds = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_SECOND};
    int64_t value;

    (void)state;
    assert_true(vg_calendar_parse(&date, vgi_str("2000-02-29"), &value));
    assert_int_equal(value, 11016);
    assert_true(vg_calendar_parse(&date, vgi_str("0001-01-01"), &value));
    assert_int_equal(value, -719162);
    assert_false(vg_calendar_parse(&date, vgi_str("1900-02-29"), &value));
    assert_false(vg_calendar_parse(&date, vgi_str("2000-13-01"), &value));
    assert_false(vg_calendar_parse(&date, vgi_str("2000-01-01x"), &value));
    assert_true(vg_calendar_parse(&seconds, vgi_str("1970-01-02 00:00:01"), &value));
    assert_int_equal(value, 86401);
    assert_false(vg_calendar_parse(&seconds, vgi_str("1970-01-02 00:00:01.5"), &value));
    assert_false(vg_calendar_parse(&ns, vgi_str("9999-01-01"), &value));
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
        cmocka_unit_test_teardown(literals_have_types_of_their_own, clear),
        cmocka_unit_test_teardown(literals_nest, clear),
        cmocka_unit_test_teardown(a_wanted_type_is_met, clear),
        cmocka_unit_test_teardown(decimals_are_exact, clear),
        cmocka_unit_test_teardown(mistakes_are_reported, clear),
        cmocka_unit_test_teardown(nesting_has_a_limit, clear),
        cmocka_unit_test_teardown(the_calendar_is_right, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
