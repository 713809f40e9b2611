/* Functions: FunctionInfo of both kinds, in every dialect. */
#include "worker/catalog_testing.h"

static vgi_bytes_list list_of(testing *t, vgi_schema_object_type type, int minor)
{
    vgi_catalog_schema_contents_functions_params params = {
        .attach_opaque_data = t->shop, .path = testing_path(t, "main"), .type = type};
    vgi_functions_response response = {0};

    testing_do(vg_handle_catalog_schema_contents_functions, testing_call(t, minor), &params, &response);
    return response.items;
}

static void a_scalar_function_says_all_that_its_descriptor_does(void **state)
{
    testing *t = *state;

    for (int minor = 0; minor <= 2; minor++) {
        vgi_bytes_list items = list_of(t, VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION, minor);
        vgi_function_info info;
        const vgi_arrow_schema *output;

        assert_int_equal(items.count, 2);
        testing_item(t, items, 0, &vg_function_info_record, &info);
        testing_text(info.name, "twice");
        testing_text(info.schema_path.items[0], "main");
        testing_text(info.comment, "Twice as much.");
        testing_text(info.description, "Doubles.");
        testing_text(info.tags.items[0].value, "v");
        testing_text(info.examples.items[0].sql, "SELECT twice(1)");
        testing_text(info.examples.items[0].expected_output, "2");
        testing_text(info.categories.items[0], "math");
        assert_int_equal(info.function_type, VGI_FUNCTION_TYPE_SCALAR);
        assert_int_equal(info.stability, VGI_FUNCTION_STABILITY_VOLATILE);
        assert_int_equal(info.null_handling, VGI_NULL_HANDLING_RULE_SPECIAL);
        assert_false(info.projection_pushdown.has);
        assert_false(info.max_workers.has);
        assert_null(info.parameter_default_values.data);
        assert_int_equal(testing_schema(t, info.arguments)->n_fields, 1);
        output = testing_schema(t, info.output_schema);
        assert_int_equal(output->n_fields, 1);
        testing_text(output->fields[0]->name, "result");
        assert_int_equal(output->fields[0]->type, VGI_TYPE_INT64);

        testing_item(t, items, 1, &vg_function_info_record, &info);
        testing_text(info.name, "same");
        testing_text(info.description, "");
        output = testing_schema(t, info.output_schema);
        assert_int_equal(output->fields[0]->type, VGI_TYPE_NULL);
        assert_int_equal(info.stability, VGI_FUNCTION_STABILITY_CONSISTENT);
    }
}

static void a_table_function_says_how_it_scans(void **state)
{
    testing *t = *state;
    vgi_bytes_list items = list_of(t, VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION, 0);
    vgi_function_info info;
    const vgi_arrow_schema *arguments;
    const vgi_batch *defaults;

    assert_int_equal(items.count, 1);
    testing_item(t, items, 0, &vg_function_info_record, &info);
    assert_int_equal(info.function_type, VGI_FUNCTION_TYPE_TABLE);
    testing_text(info.description, "Counts.");
    assert_int_equal(info.stability, VGI_FUNCTION_STABILITY_UNSET);
    assert_int_equal(info.null_handling, VGI_NULL_HANDLING_RULE_UNSET);
    assert_true(info.projection_pushdown.value);
    assert_true(info.filter_pushdown.has);
    assert_false(info.filter_pushdown.value);
    assert_int_equal(info.filter_semantic_profiles.count, 0);
    assert_int_equal(info.order_preservation, VGI_ORDER_PRESERVATION_RULE_FIXED_ORDER);
    assert_int_equal(info.max_workers.value, 1);
    arguments = testing_schema(t, info.arguments);
    assert_int_equal(arguments->n_fields, 2);
    testing_text(vgi_metadata_get(arguments->fields[1]->metadata, "vgi_arg"), "named");
    testing_text(testing_schema(t, info.output_schema)->fields[0]->name, "n");
    defaults = testing_batch(t, info.parameter_default_values);
    assert_int_equal(defaults->n_columns, 1);
    testing_text(defaults->schema->fields[0]->name, "start");
    assert_int_equal(vgi_array_i64(&defaults->columns[0], 0), 7);
}

static void schemas_are_dictionaries_since_2_2(void **state)
{
    testing *t = *state;
    static const vgi_type_id TYPES[] = {VGI_TYPE_BINARY, VGI_TYPE_BINARY, VGI_TYPE_DICTIONARY};

    for (int minor = 0; minor <= 2; minor++) {
        vgi_bytes_list items = list_of(t, VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION, minor);
        const vgi_batch *batch = testing_batch(t, items.items[0]);
        int32_t column = vg_schema_find(batch->schema, vgi_str("arguments"));

        assert_int_not_equal(column, -1);
        assert_int_equal(batch->schema->fields[column]->type, TYPES[minor]);
    }
}

static void only_the_kind_that_is_asked_for(void **state)
{
    testing *t = *state;
    static const vgi_schema_object_type OTHERS[] = {VGI_SCHEMA_OBJECT_TYPE_UNSET, VGI_SCHEMA_OBJECT_TYPE_TABLE,
                                                    VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO, VGI_SCHEMA_OBJECT_TYPE_INDEX};

    assert_int_equal(list_of(t, VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION, 0).count, 0);
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        vgi_catalog_schema_contents_functions_params params = {
            .attach_opaque_data = t->shop, .path = testing_path(t, "main"), .type = OTHERS[i]};
        vgi_functions_response response = {0};

        testing_refuse(vg_handle_catalog_schema_contents_functions, testing_call(t, 0), &params, &response,
                       VGI_ERR_VALUE,
                       "functions are listed by type SCALAR_FUNCTION, TABLE_FUNCTION or "
                       "AGGREGATE_FUNCTION, no other");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(a_scalar_function_says_all_that_its_descriptor_does),
        TESTING_TEST(a_table_function_says_how_it_scans),
        TESTING_TEST(schemas_are_dictionaries_since_2_2),
        TESTING_TEST(only_the_kind_that_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
