/* Values from text: each type that is read, and what is no value of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/values.h"

static vgi_result *memory;

static int set_up(void **state)
{
    (void)state;
    return vgi_result_new(&memory, NULL) == VGI_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vgi_result_free(memory);
    return 0;
}

/* The one value as a batch; NULL: refused with `status`. */
static const vgi_batch *encoded(const char *type, const char *text, vgi_status status)
{
    const vgi_value value = {.name = "v", .type = type, .text = text};
    const vgi_batch *batch;
    vgi_bytes bytes;
    vgi_error err = {0};

    assert_int_equal(vgi_values_encode(memory, &value, 1, &bytes, &err), status);
    assert_int_equal(err.status, status);
    if (status != VGI_OK)
        return NULL;
    assert_int_equal(vgi_batch_decode(memory, bytes, &batch, &err), VGI_OK);
    assert_int_equal(batch->n_columns, 1);
    assert_int_equal(batch->rows, 1);
    assert_true(vgi_string_equal(batch->schema->fields[0]->name, vgi_str("v")));
    return batch;
}

static void numbers_are_read(void **state)
{
    static const struct {
        const char *type, *text;
        int64_t value;
    } CASES[] = {
        {"TINYINT", "-128", -128},
        {"SMALLINT", "32767", 32767},
        {"INTEGER", " 7", 7},
        {"BIGINT", "-9223372036854775808", INT64_MIN},
        {"UBIGINT", "18446744073709551615", -1},
        {"DATE", "1970-01-01", 0},
        {"DATE", "2024-02-29", 19782},
        {"DATE", "1969-12-31", -1},
        {"DATE", "0000-03-01", -719468},
        {"TIMESTAMP", "1970-01-02 00:00:01.5", 86401500000},
        {"TIMESTAMP", "1969-12-31T23:59:59Z", -1000000},
        {"TIMESTAMP_S", "2024-12-31", 1735603200},
        {"TIMESTAMP_NS", "1970-01-01 00:00:00.123456789999", 123456789},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(vgi_array_i64(&encoded(CASES[i].type, CASES[i].text, VGI_OK)->columns[0], 0), CASES[i].value);
}

static void other_values_are_read(void **state)
{
    int64_t decimal[2];

    (void)state;
    assert_true(vgi_array_bool(&encoded("BOOLEAN", "TRUE", VGI_OK)->columns[0], 0));
    assert_false(vgi_array_bool(&encoded("BOOLEAN", "0", VGI_OK)->columns[0], 0));
    assert_true(vgi_string_equal(vgi_text(encoded("VARCHAR", "", VGI_OK), 0, 0), vgi_str("")));
    assert_int_equal(vgi_blob(encoded("BLOB", "abc", VGI_OK), 0, 0).size, 3);
    assert_true(vgi_array_f64(&encoded("DOUBLE", "-1.5e3", VGI_OK)->columns[0], 0) == -1500.0);
    assert_true(vgi_is_null(encoded("BIGINT", NULL, VGI_OK), 0, 0));
    memcpy(decimal, encoded("DECIMAL(9,2)", "-12.5", VGI_OK)->columns[0].buffers[0], sizeof decimal);
    assert_int_equal(decimal[0], -1250);
    assert_int_equal(decimal[1], -1);
    memcpy(decimal, encoded("DECIMAL(9,2)", "1234567.8900", VGI_OK)->columns[0].buffers[0], sizeof decimal);
    assert_int_equal(decimal[0], 123456789);
}

static void what_is_no_value_is_refused(void **state)
{
    static const char *const CASES[][2] = {
        {"TINYINT", "128"},
        {"UTINYINT", "-1"},
        {"BIGINT", ""},
        {"BIGINT", "1x"},
        {"BIGINT", "1e3"},
        {"BIGINT", "9223372036854775808"},
        {"UBIGINT", "-1"},
        {"DOUBLE", "1,5"},
        {"BOOLEAN", "yes?"},
        {"DATE", "2024-02-30"},
        {"DATE", "2023-02-29"},
        {"DATE", "2024-13-01"},
        {"DATE", "2024-00-10"},
        {"DATE", "2024-04-31"},
        {"DATE", "2024-12-32"},
        {"DATE", "2024-01-01x"},
        {"TIMESTAMP", "2024-01-01 24:00:00"},
        {"TIMESTAMP", "yesterday"},
        {"DECIMAL(9,2)", "1.005"},
        {"DECIMAL(9,2)", "12345678"},
        {"DECIMAL(9,2)", ""},
        {"DECIMAL(9,2)", "-"},
        {"DECIMAL(9,2)", "."},
        {"DECIMAL(9,2)", "1.2.3"},
        {"TIMESTAMP_NS", "9999-01-01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_null(encoded(CASES[i][0], CASES[i][1], VGI_ERR_VALUE));
    assert_null(encoded("INTEGER[]", "[1]", VGI_ERR_NOT_IMPLEMENTED));
    assert_null(encoded(NULL, "x", VGI_ERR_VALUE));
}

static void arguments_are_positions_and_names(void **state)
{
    const vgi_value values[] = {
        {.type = "BIGINT", .text = "1"}, {.name = "step", .type = "BIGINT", .text = "2"}, {.type = "VARCHAR"}};
    static const char *const NAMES[] = {"positional_0", "named_step", "positional_1"};
    const vgi_batch *batch;
    vgi_bytes bytes;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_arguments_encode(memory, values, 3, (vgi_bytes){0}, &bytes, &err), VGI_OK);
    assert_int_equal(vgi_batch_decode(memory, bytes, &batch, &err), VGI_OK);
    assert_int_equal(batch->schema->fields[0]->n_children, 3);
    for (int i = 0; i < 3; i++)
        assert_true(vgi_string_equal(batch->schema->fields[0]->children[i]->name, vgi_str(NAMES[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(other_values_are_read),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(arguments_are_positions_and_names),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
