/* Changes: every one is refused with a sentence that names its object. */
#include "worker/catalog_testing.h"

static void every_change_names_its_object(void **state)
{
    testing *t = *state;
    vgi_catalog_create_request catalog = {.name = vgi_str("new one")};
    vgi_catalog_schema_drop_params schema = {.attach_opaque_data = t->shop, .path = testing_path(t, "main")};
    vgi_table_create_request table = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("t")};
    vgi_catalog_table_rename_params rename = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("numbers")};
    vgi_catalog_table_column_rename_params column = {.attach_opaque_data = t->shop,
                                                     .schema_path = testing_path(t, "main"),
                                                     .name = vgi_str("numbers"),
                                                     .column_name = vgi_str("a b")};
    vgi_catalog_table_insert_function_get_params insert = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("numbers")};
    vgi_write_function_result unused = {0};

    testing_refuse(vg_handle_catalog_create, testing_call(t, 0), &catalog, NULL, VGI_ERR_READ_ONLY,
                   "Cannot create catalog \"new one\": catalog is read-only");
    testing_refuse(vg_handle_catalog_schema_drop, testing_call(t, 0), &schema, NULL, VGI_ERR_READ_ONLY,
                   "Cannot drop schema main: catalog is read-only");
    testing_refuse(vg_handle_catalog_table_create, testing_call(t, 0), &table, NULL, VGI_ERR_READ_ONLY,
                   "Cannot create table main.t: catalog is read-only");
    testing_refuse(vg_handle_catalog_table_rename, testing_call(t, 0), &rename, NULL, VGI_ERR_READ_ONLY,
                   "Cannot rename table main.numbers: catalog is read-only");
    testing_refuse(vg_handle_catalog_table_column_rename, testing_call(t, 0), &column, NULL, VGI_ERR_READ_ONLY,
                   "Cannot rename column main.numbers.\"a b\": catalog is read-only");
    testing_refuse(vg_handle_catalog_table_insert_function_get, testing_call(t, 0), &insert, &unused, VGI_ERR_READ_ONLY,
                   "Cannot insert into table main.numbers: it is read-only");
}

static void hostile_names_stay_one_short_line(void **state)
{
    testing *t = *state;
    static char name[100000];
    vgi_catalog_view_drop_params params = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "a\nb\x1b[0m"), .name = {name, sizeof(name)}};

    memset(name, '"', sizeof(name));
    assert_int_equal(vg_handle_catalog_view_drop(testing_call(t, 0), &params, NULL), VGI_ERR_READ_ONLY);
    assert_null(strpbrk(t->call.error.message, "\n\x1b"));
    assert_non_null(strstr(t->call.error.message, "Cannot drop view \"a?b?[0m\".\""));
    assert_non_null(strstr(t->call.error.message, "catalog is read-only"));
}

static void a_stranger_is_told_nothing_of_the_catalog(void **state)
{
    testing *t = *state;
    vgi_catalog_view_drop_params params = {.schema_path = testing_path(t, "main"), .name = vgi_str("v")};

    testing_refuse(vg_handle_catalog_view_drop, testing_call(t, 0), &params, NULL, VGI_ERR_VALUE,
                   "attach_opaque_data not recognized");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(every_change_names_its_object),
        TESTING_TEST(hostile_names_stay_one_short_line),
        TESTING_TEST(a_stranger_is_told_nothing_of_the_catalog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
