/* Scans: the call behind a table, as the engine and older callers ask for it. */
#include "worker/catalog_testing.h"

static void check_arguments(testing *t, vgi_bytes bytes, const char *first, const char *second)
{
    const vgi_batch *batch = testing_batch(t, bytes);

    assert_int_equal(batch->rows, 1);
    assert_int_equal(batch->n_columns, 2);
    testing_text(batch->schema->fields[0]->name, first);
    testing_text(batch->schema->fields[1]->name, second);
}

static void a_branch_names_the_function_and_its_arguments(void **state)
{
    testing *t = *state;
    vgi_catalog_table_scan_branches_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "MAIN"), .name = vgi_str("NUMBERS")};
    vgi_scan_branches_result result = {0};
    vgi_scan_branch branch;
    const vgi_batch *arguments;

    testing_do(vg_handle_catalog_table_scan_branches_get, testing_call(t, 0), &params, &result);
    assert_int_equal(result.branches.count, 1);
    assert_int_equal(result.required_extensions.count, 0);
    testing_item(t, result.branches, 0, &vg_scan_branch_record, &branch);
    testing_text(branch.function_name, "series");
    assert_true(branch.schema_path.present);
    testing_text(branch.schema_path.items[0], "main");
    assert_false(branch.writable);
    assert_null(branch.source_table.data);
    assert_null(branch.format_name.data);
    check_arguments(t, branch.arguments, "arg_0", "start");
    arguments = testing_batch(t, branch.arguments);
    assert_int_equal(vgi_array_i64(&arguments->columns[0], 0), 7);
    assert_int_equal(vgi_array_i64(&arguments->columns[1], 0), 1);
}

static void an_engine_function_has_no_schema_but_extensions(void **state)
{
    testing *t = *state;
    vgi_catalog_table_scan_function_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("files")};
    vgi_scan_function_result result = {0};
    const vgi_batch *arguments;

    testing_do(vg_handle_catalog_table_scan_function_get, testing_call(t, 0), &params, &result);
    testing_text(result.function_name, "read_parquet");
    assert_false(result.schema_path.present);
    assert_int_equal(result.required_extensions.count, 2);
    testing_text(result.required_extensions.items[1], "httpfs");
    check_arguments(t, result.arguments, "arg_0", "hive_partitioning");
    arguments = testing_batch(t, result.arguments);
    testing_text(vgi_array_text(&arguments->columns[0], 0), "f.parquet");
    assert_true(vgi_array_bool(&arguments->columns[1], 0));
}

static void what_cannot_be_scanned_is_an_error(void **state)
{
    testing *t = *state;
    vgi_catalog_table_scan_branches_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("evens")};
    vgi_scan_branches_result result = {0};

    testing_refuse(vg_handle_catalog_table_scan_branches_get, testing_call(t, 0), &params, &result, VGI_ERR_NOT_FOUND,
                   "Table main.evens does not exist");
    params.name = vgi_str("Numbers");
    params.at_unit = vgi_str("VERSION");
    params.at_value = vgi_str("1");
    testing_refuse(vg_handle_catalog_table_scan_branches_get, testing_call(t, 0), &params, &result, VGI_ERR_VALUE,
                   "Table main.Numbers does not support time travel queries");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(a_branch_names_the_function_and_its_arguments),
        TESTING_TEST(an_engine_function_has_no_schema_but_extensions),
        TESTING_TEST(what_cannot_be_scanned_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
