/* Schemas: listing, look-up, and the counts that are promises. */
#include "worker/catalog_testing.h"

static int64_t count_of(const vgi_schema_info *info, const char *key)
{
    for (size_t i = 0; i < info->estimated_object_count.count; i++)
        if (vg_string_is(info->estimated_object_count.items[i].key, key))
            return info->estimated_object_count.items[i].value;
    fail_msg("no count of %s", key);
    return -1;
}

static void schemas_are_listed_with_true_counts(void **state)
{
    testing *t = *state;
    vgi_catalog_schemas_params params = {.attach_opaque_data = t->shop};
    vgi_schemas_response response = {0};
    vgi_schema_info info;

    testing_do(vg_handle_catalog_schemas, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 2);
    testing_item(t, response.items, 0, &vg_schema_info_record, &info);
    assert_int_equal(info.path.count, 1);
    testing_text(info.path.items[0], "main");
    testing_text(info.comment, "All there is.");
    testing_text(info.tags.items[0].key, "s");
    assert_int_equal(info.attach_opaque_data.size, t->shop.size);
    assert_memory_equal(info.attach_opaque_data.data, t->shop.data, t->shop.size);
    assert_int_equal(count_of(&info, "table"), 2);
    assert_int_equal(count_of(&info, "view"), 1);
    assert_int_equal(count_of(&info, "scalar_function"), 2);
    assert_int_equal(count_of(&info, "table_function"), 1);
    assert_int_equal(count_of(&info, "aggregate_function"), 0);
    assert_int_equal(count_of(&info, "macro"), 2);
    assert_int_equal(count_of(&info, "index"), 0);
    testing_item(t, response.items, 1, &vg_schema_info_record, &info);
    testing_text(info.path.items[0], "Empty");
    assert_null(info.comment.data);
    for (size_t i = 0; i < info.estimated_object_count.count; i++)
        assert_int_equal(info.estimated_object_count.items[i].value, 0);
}

static void callers_of_2_2_get_no_opaque_data(void **state)
{
    testing *t = *state;
    vgi_catalog_schemas_params params = {.attach_opaque_data = t->shop};
    vgi_schemas_response response = {0};
    const vgi_batch *batch;

    testing_do(vg_handle_catalog_schemas, testing_call(t, 1), &params, &response);
    batch = testing_batch(t, response.items.items[0]);
    assert_int_not_equal(vg_schema_find(batch->schema, vgi_str("attach_opaque_data")), -1);
    testing_do(vg_handle_catalog_schemas, testing_call(t, 2), &params, &response);
    batch = testing_batch(t, response.items.items[0]);
    assert_int_equal(vg_schema_find(batch->schema, vgi_str("attach_opaque_data")), -1);
}

static void a_schema_is_found_without_case_and_else_is_no_item(void **state)
{
    testing *t = *state;
    const vgi_string two[] = {VGI_STR("main"), VGI_STR("main")}, empty[] = {VGI_STR("")};
    vgi_catalog_schema_get_params params = {.attach_opaque_data = t->shop, .path = testing_path(t, "EMPTY")};
    vgi_schemas_response response = {0};
    vgi_schema_info info;

    testing_do(vg_handle_catalog_schema_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 1);
    testing_item(t, response.items, 0, &vg_schema_info_record, &info);
    testing_text(info.path.items[0], "Empty");

    params.path = testing_path(t, "nosuch");
    testing_do(vg_handle_catalog_schema_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 0);
    params.path = (vgi_string_list){.items = two, .count = 2, .present = true};
    testing_do(vg_handle_catalog_schema_get, testing_call(t, 0), &params, &response);
    assert_int_equal(response.items.count, 0);

    params.path = (vgi_string_list){.items = empty, .count = 1, .present = true};
    testing_refuse(vg_handle_catalog_schema_get, testing_call(t, 0), &params, &response, VGI_ERR_VALUE,
                   "part 1 of the schema path is empty; name a schema");
    params.path = (vgi_string_list){.present = true};
    testing_refuse(vg_handle_catalog_schema_get, testing_call(t, 0), &params, &response, VGI_ERR_VALUE,
                   "the schema path has no parts; it needs at least one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(schemas_are_listed_with_true_counts),
        TESTING_TEST(callers_of_2_2_get_no_opaque_data),
        TESTING_TEST(a_schema_is_found_without_case_and_else_is_no_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
