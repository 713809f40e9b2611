/* Tables: what TableInfo says of the descriptors, look-up, no statistics. */
#include "worker/catalog_testing.h"

static void table_of(testing *t, const char *name, vgi_table_info *ret)
{
    vgi_catalog_table_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "Main"), .name = vgi_str(name)};
    vgi_tables_response response = {0};

    testing_do(vg_handle_catalog_table_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 1);
    testing_item(t, response.items, 0, &vg_table_info_record, ret);
}

static void a_function_backed_table_has_the_functions_columns(void **state)
{
    testing *t = *state;
    vgi_table_info info;
    vgi_scan_function_result scan;
    const vgi_arrow_schema *columns;
    vgi_error err = {0};

    table_of(t, "NUMBERS", &info);
    testing_text(info.name, "Numbers");
    testing_text(info.comment, "Seven of them.");
    testing_text(info.schema_path.items[0], "main");
    assert_int_equal(info.tags.count, 2);
    testing_text(info.tags.items[1].key, "b");
    columns = testing_schema(t, info.columns);
    assert_int_equal(columns->n_fields, 1);
    testing_text(columns->fields[0]->name, "n");
    assert_int_equal(columns->fields[0]->type, VGI_TYPE_INT64);
    assert_int_equal(info.not_null_constraints.count, 1);
    assert_int_equal(info.not_null_constraints.items[0], 0);
    assert_true(info.cardinality_estimate.has);
    assert_int_equal(info.cardinality_estimate.value, 6);
    assert_int_equal(info.cardinality_max.value, 6);
    assert_int_equal(info.primary_key_constraints.count, 0);
    assert_int_equal(info.write_result_modes.count, 0);
    assert_null(info.column_statistics.data);
    assert_int_equal(vg_record_decode(&t->arena, info.scan_function, &VG_DEFAULT_LIMITS,
                                      &vg_scan_function_result_record, &scan, &err),
                     VGI_OK);
    testing_text(scan.function_name, "series");
    testing_text(scan.schema_path.items[0], "main");
    assert_int_equal(testing_batch(t, scan.arguments)->n_columns, 2);
    assert_false(info.supports_column_statistics);
}

static void constraints_are_indices(void **state)
{
    testing *t = *state;
    vgi_table_info info;
    vgi_foreign_key_info key;
    const vgi_arrow_schema *columns;

    table_of(t, "files", &info);
    columns = testing_schema(t, info.columns);
    assert_int_equal(columns->n_fields, 3);
    assert_true(vg_string_is(vgi_metadata_get(columns->fields[1]->metadata, "default"), "'x'"));
    assert_true(vg_string_is(vgi_metadata_get(columns->fields[1]->metadata, "comment"), "Of the file."));
    assert_int_equal(columns->fields[0]->metadata.count, 0);
    assert_int_equal(info.primary_key_constraints.count, 1);
    assert_int_equal(info.primary_key_constraints.items[0].items[0], 0);
    assert_int_equal(info.unique_constraints.count, 2);
    assert_int_equal(info.unique_constraints.items[0].count, 1);
    assert_int_equal(info.unique_constraints.items[1].items[0], 2);
    assert_int_equal(info.unique_constraints.items[1].items[1], 1);
    assert_int_equal(info.check_constraints.count, 1);
    testing_text(info.check_constraints.items[0], "id > 0");
    assert_int_equal(info.foreign_key_constraints.count, 1);
    testing_item(t, info.foreign_key_constraints, 0, &vg_foreign_key_info_record, &key);
    testing_text(key.fk_columns.items[0], "owner");
    testing_text(key.pk_columns.items[0], "n");
    testing_text(key.referenced_table, "Numbers");
    testing_text(key.referenced_schema_path.items[0], "main");
    assert_false(info.cardinality_estimate.has);
}

static void tables_are_listed_by_schema(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_tables_params params = {.attach_opaque_data = t->shop, .path = testing_path(t, "MAIN")};
    vgi_tables_response response = {0};
    vgi_table_info info;

    testing_do(vg_handle_catalog_schema_contents_tables, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 2);
    testing_item(t, response.items, 1, &vg_table_info_record, &info);
    testing_text(info.name, "files");
    params.path = testing_path(t, "empty");
    testing_do(vg_handle_catalog_schema_contents_tables, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 0);
    params.path = testing_path(t, "no \"such");
    testing_refuse(vg_handle_catalog_schema_contents_tables, testing_call(t, 0), &params, &response, VGI_ERR_NOT_FOUND,
                   "Schema \"no \"\"such\" does not exist");
}

static void an_unknown_table_is_no_item(void **state)
{
    testing *t = *state;
    static const char *const SCHEMAS[] = {"main", "nosuch"};
    vgi_tables_response response = {0};

    for (size_t i = 0; i < 2; i++) {
        vgi_catalog_table_get_params params = {.attach_opaque_data = t->shop,
                                               .schema_path = testing_path(t, SCHEMAS[i]),
                                               .name = vgi_str("evens")}; /* a view */

        testing_do(vg_handle_catalog_table_get, testing_call(t, 0), &params, &response);
        assert_int_equal(response.items.count, 0);
    }
}

static void there_are_no_statistics(void **state)
{
    testing *t = *state;
    vgi_catalog_table_column_statistics_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("files")};
    vgi_bytes answer = {0};

    testing_do(vg_handle_catalog_table_column_statistics_get, testing_call(t, 0), &params, &answer);
    assert_null(answer.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(a_function_backed_table_has_the_functions_columns),
        TESTING_TEST(constraints_are_indices),
        TESTING_TEST(tables_are_listed_by_schema),
        TESTING_TEST(an_unknown_table_is_no_item),
        TESTING_TEST(there_are_no_statistics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
