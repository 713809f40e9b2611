/* Views: listing and look-up. */
#include "worker/catalog_testing.h"

static void check_evens(testing *t, vgi_bytes_list items)
{
    vgi_view_info info;

    assert_int_equal(items.count, 1);
    testing_item(t, items, 0, &vg_view_info_record, &info);
    testing_text(info.name, "evens");
    testing_text(info.schema_path.items[0], "main");
    testing_text(info.definition, "SELECT n FROM Numbers WHERE n % 2 = 0");
    testing_text(info.comment, "Half.");
    assert_int_equal(info.tags.count, 0);
    assert_int_equal(info.column_comments.count, 1); /* `m` has none */
    testing_text(info.column_comments.items[0].key, "n");
    testing_text(info.column_comments.items[0].value, "Even.");
}

static void views_are_listed_and_found(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_views_params list = {.attach_opaque_data = t->shop, .path = testing_path(t, "main")};
    vgi_catalog_view_get_params get = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "MAIN"), .name = vgi_str("EVENS")};
    vgi_views_response response = {0};

    testing_do(vg_handle_catalog_schema_contents_views, testing_call(t, 0), &list, &response);
    check_evens(t, response.items);
    testing_do(vg_handle_catalog_view_get, testing_call(t, 2), &get, &response);
    check_evens(t, response.items);
    get.name = vgi_str("Numbers"); /* a table */
    testing_do(vg_handle_catalog_view_get, testing_call(t, 0), &get, &response);
    assert_int_equal(response.items.count, 0);
    list.path = testing_path(t, "EMPTY");
    testing_do(vg_handle_catalog_schema_contents_views, testing_call(t, 0), &list, &response);
    assert_int_equal(response.items.count, 0);
    list.path = testing_path(t, "data"); /* of the other catalog */
    testing_refuse(vg_handle_catalog_schema_contents_views, testing_call(t, 0), &list, &response, VGI_ERR_NOT_FOUND,
                   "Schema data does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TESTING_TEST(views_are_listed_and_found)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
