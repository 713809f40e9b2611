/* Macros by kind, and the indexes that are not there. */
#include "worker/catalog_testing.h"

static void list_of(testing *t, vgi_schema_object_type type, vgi_macro_info *ret)
{
    vgi_catalog_schema_contents_macros_params params = {
        .attach_opaque_data = t->shop, .path = testing_path(t, "main"), .type = type};
    vgi_macros_response response = {0};

    testing_do(vg_handle_catalog_schema_contents_macros, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 1);
    testing_item(t, response.items, 0, &vg_macro_info_record, ret);
}

static void each_kind_is_listed_by_itself(void **state)
{
    testing *t = *state;
    vgi_macro_info info;
    const vgi_batch *defaults;
    const vgi_arrow_schema *arguments;

    list_of(t, VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO, &info);
    testing_text(info.name, "plus");
    testing_text(info.definition, "a + b");
    testing_text(info.comment, "Adds.");
    assert_int_equal(info.macro_type, VGI_MACRO_TYPE_SCALAR);
    assert_int_equal(info.parameters.count, 2);
    testing_text(info.parameters.items[1], "b");
    defaults = testing_batch(t, info.parameter_default_values);
    assert_int_equal(defaults->n_columns, 1);
    testing_text(defaults->schema->fields[0]->name, "b");
    assert_int_equal(vgi_array_i64(&defaults->columns[0], 0), 1);
    arguments = testing_schema(t, info.arguments_schema);
    assert_int_equal(arguments->n_fields, 2);
    assert_int_equal(arguments->fields[0]->type, VGI_TYPE_NULL);
    assert_int_equal(arguments->fields[1]->type, defaults->schema->fields[0]->type);

    list_of(t, VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO, &info);
    testing_text(info.name, "some_rows");
    assert_int_equal(info.macro_type, VGI_MACRO_TYPE_TABLE);
    testing_text(info.definition, "SELECT * FROM range(k)");
    assert_null(info.parameter_default_values.data);
}

static void other_kinds_are_refused(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_macros_params params = {
        .attach_opaque_data = t->shop, .path = testing_path(t, "main"), .type = VGI_SCHEMA_OBJECT_TYPE_VIEW};
    vgi_macros_response response = {0};

    testing_refuse(vg_handle_catalog_schema_contents_macros, testing_call(t, 0), &params, &response, VGI_ERR_VALUE,
                   "macros are listed by type SCALAR_MACRO or TABLE_MACRO, no other");
}

static void a_macro_is_found_by_name(void **state)
{
    testing *t = *state;
    vgi_catalog_macro_get_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("PLUS")};
    vgi_macros_response response = {0};

    testing_do(vg_handle_catalog_macro_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 1);
    params.name = vgi_str("minus");
    testing_do(vg_handle_catalog_macro_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 0);
}

static void there_are_no_indexes(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_indexes_params list = {.attach_opaque_data = t->shop, .path = testing_path(t, "main")};
    vgi_catalog_index_get_params get = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("i")};
    vgi_indexes_response response = {0};

    testing_do(vg_handle_catalog_schema_contents_indexes, testing_call(t, 0), &list, &response);
    assert_int_equal(response.items.count, 0);
    testing_do(vg_handle_catalog_index_get, testing_call(t, 0), &get, &response);
    assert_int_equal(response.items.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(each_kind_is_listed_by_itself),
        TESTING_TEST(other_kinds_are_refused),
        TESTING_TEST(a_macro_is_found_by_name),
        TESTING_TEST(there_are_no_indexes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
