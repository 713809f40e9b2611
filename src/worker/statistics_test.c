/* Statistics: what goes out for what the author knows, and that nothing is invented. */
#include "worker/catalog_testing.h"

static vgi_status statistics(vgi_call *call, vgi_statistics *ret)
{
    int64_t mode;

    VGI_TRY(vgi_arg_i64(call, "mode", &mode));
    if (mode == 1)
        return VGI_OK;
    if (mode == 2)
        vgi_append_i64(vgi_out_column(ret->bounds, 0), 1);
    if (mode == 3) {
        vgi_append_blob(vgi_out_column(ret->bounds, 4), "a", 1);
        vgi_append_blob(vgi_out_column(ret->bounds, 4), "b", 1);
    }
    if (mode == 4)
        vgi_append_f64(vgi_out_column(ret->bounds, 0), 1.5);
    if (mode == 5)
        return VGI_END;
    if (mode)
        return VGI_OK;
    for (int32_t i = 0; i < 2; i++) {
        vgi_append_i64(vgi_out_column(ret->bounds, 0), i ? 20 : -10);
        vgi_append_string(vgi_out_column(ret->bounds, 1), i ? "zebra" : "ape");
        vgi_append_i64(vgi_out_column(ret->bounds, 2), i ? 6 : 5);
    }
    vgi_append_null(vgi_out_column(ret->bounds, 3));
    vgi_append_f64(vgi_out_column(ret->bounds, 3), 9);
    ret->columns[0] = (vgi_column_statistics){.no_nulls = true, .has_distinct_count = true, .distinct_count = 7};
    ret->columns[1] = (vgi_column_statistics){.is_ascii = true, .has_max_length = true, .max_length = 5};
    ret->columns[4].only_nulls = true;
    ret->has_max_age = true;
    ret->max_age_seconds = 60;
    return VGI_OK;
}

static const vgi_table_function KNOWN = {
    .signature = "known(mode BIGINT) -> TABLE(i BIGINT, t VARCHAR, j BIGINT, d DOUBLE, b BLOB, u BIGINT)",
    .statistics = statistics,
    .next = testing_next,
};
static const vgi_table_function UNKNOWN = {.signature = "unknown(mode BIGINT) -> TABLE(n BIGINT)",
                                           .next = testing_next};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&KNOWN, &UNKNOWN)};
static const vgi_catalog SHOP = {.name = "shop", .schemas = VGI_SCHEMAS(&MAIN)};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    return testing_setup_with(state, &OPTIONS);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

static vgi_bytes ask(testing *t, const char *function, int64_t mode)
{
    vgi_table_function_statistics_request request = {.bind_call = testing_bind_call(t, function, mode)};
    vgi_bytes response = {0};

    testing_do(vg_handle_table_function_statistics, testing_call(t, 0), &request, &response);
    return response;
}

static void what_is_known_goes_out(void **state)
{
    testing *t = *state;
    const vgi_batch *batch = testing_batch(t, ask(t, "known", 0));
    const vgi_array *min = &batch->columns[1], *max = &batch->columns[2];

    testing_text(vgi_metadata_get(batch->metadata, "cache_max_age_seconds"), "60");
    assert_int_equal(batch->rows, 4); /* nothing is known of `u`, one bound of `d` is none */
    testing_text(vgi_text(batch, 0, 0), "i");
    testing_text(vgi_text(batch, 0, 1), "t");
    testing_text(vgi_text(batch, 0, 2), "j");
    testing_text(vgi_text(batch, 0, 3), "b");
    assert_int_equal(min->field->type, VGI_TYPE_SPARSE_UNION);
    assert_int_equal(min->n_children, 2); /* BIGINT and VARCHAR, each once */
    testing_text(min->children[0].field->name, "0");
    testing_text(min->children[1].field->name, "1");
    assert_int_equal(((const int8_t *)min->buffers[0])[0], 0);
    assert_int_equal(((const int8_t *)min->buffers[0])[1], 1);
    assert_int_equal(vgi_array_i64(&min->children[0], 0), -10);
    assert_int_equal(vgi_array_i64(&max->children[0], 0), 20);
    testing_text(vgi_array_text(&min->children[1], 1), "ape");
    testing_text(vgi_array_text(&max->children[1], 1), "zebra");
    assert_int_equal(vgi_array_i64(&max->children[0], 2), 6);
    assert_true(vgi_array_is_null(&min->children[0], 3));
}

static void what_is_unknown_is_null_or_possible(void **state)
{
    testing *t = *state;
    const vgi_batch *batch = testing_batch(t, ask(t, "known", 0));

    assert_false(vgi_bool(batch, 3, 0)); /* has_null */
    assert_true(vgi_bool(batch, 3, 1));
    assert_true(vgi_bool(batch, 4, 1)); /* has_not_null */
    assert_false(vgi_bool(batch, 4, 3));
    assert_int_equal(vgi_array_i64(&batch->columns[5], 0), 7);
    assert_true(vgi_is_null(batch, 5, 1));
    assert_true(vgi_is_null(batch, 6, 0)); /* contains_unicode: of text only */
    assert_false(vgi_is_null(batch, 6, 1));
    assert_false(vgi_bool(batch, 6, 1));
    assert_true(vgi_is_null(batch, 7, 0));
    assert_int_equal(vgi_array_i64(&batch->columns[7], 1), 5);
}

static void nothing_known_is_null(void **state)
{
    testing *t = *state;

    assert_null(ask(t, "known", 1).data);
    assert_null(ask(t, "known", 5).data);
    assert_null(ask(t, "unknown", 0).data);
}

static void broken_promises_are_errors(void **state)
{
    testing *t = *state;
    vgi_table_function_statistics_request request = {.bind_call = testing_bind_call(t, "known", 2)};
    vgi_bytes response = {0};

    testing_refuse(vg_handle_table_function_statistics, testing_call(t, 0), &request, &response, VGI_ERR_RUNTIME,
                   "the statistics callback of known gives column i 1 bounds instead of 2");
    request.bind_call = testing_bind_call(t, "known", 3);
    testing_refuse(vg_handle_table_function_statistics, testing_call(t, 0), &request, &response, VGI_ERR_RUNTIME,
                   "the statistics callback of known gives bounds to column b, whose type binary has none");
    request.bind_call = testing_bind_call(t, "known", 4);
    assert_int_not_equal(vg_handle_table_function_statistics(testing_call(t, 0), &request, &response), VGI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_known_goes_out),
        TEST(what_is_unknown_is_null_or_possible),
        TEST(nothing_known_is_null),
        TEST(broken_promises_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
