/* The whole catalog in one answer: nested for 2.1, columnar for 2.2, and its etag. */
#include "worker/catalog_testing.h"

static void contents(testing *t, vgi_bytes attach, int minor, vgi_string if_none_match,
                     vgi_catalog_contents_response *ret)
{
    vgi_catalog_contents_params params = {.attach_opaque_data = attach, .if_none_match = if_none_match};

    *ret = (vgi_catalog_contents_response){0};
    testing_do(vg_handle_catalog_contents, testing_call(t, minor), &params, ret);
}

static void nested_items_equal_those_of_the_listings(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_tables_params params = {.attach_opaque_data = t->shop, .path = testing_path(t, "main")};
    vgi_tables_response tables = {0};
    vgi_catalog_contents_response all;
    const vgi_schema_contents *main_schema;

    contents(t, t->shop, 1, (vgi_string){0}, &all);
    testing_do(vg_handle_catalog_schema_contents_tables, testing_call(t, 1), &params, &tables);
    assert_int_equal(all.catalog_version, 1);
    assert_int_equal(all.nested_schemas.count, 2);
    main_schema = &all.nested_schemas.items[0];
    testing_text(main_schema->path.items[0], "main");
    assert_int_equal(main_schema->tables.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(main_schema->tables.items[i].size, tables.items.items[i].size);
        assert_memory_equal(main_schema->tables.items[i].data, tables.items.items[i].data, tables.items.items[i].size);
    }
    assert_int_equal(main_schema->views.count, 1);
    assert_int_equal(main_schema->scalar_functions.count, 2);
    assert_int_equal(main_schema->table_functions.count, 1);
    assert_int_equal(main_schema->aggregate_functions.count, 0);
    assert_int_equal(main_schema->scalar_macros.count, 1);
    assert_int_equal(main_schema->table_macros.count, 1);
    assert_int_equal(main_schema->indexes.count, 0);
    assert_int_equal(all.nested_schemas.items[1].tables.count, 0);
}

static void columns_hold_every_row(void **state)
{
    testing *t = *state;
    vgi_catalog_contents_response all;
    const vgi_batch *functions;
    vgi_function_info info;

    contents(t, t->shop, 2, (vgi_string){0}, &all);
    assert_int_equal(all.nested_schemas.count, 0);
    assert_int_equal(testing_batch(t, all.schemas)->rows, 2);
    assert_int_equal(testing_batch(t, all.tables)->rows, 2);
    assert_int_equal(testing_batch(t, all.views)->rows, 1);
    assert_int_equal(testing_batch(t, all.macros)->rows, 2);
    assert_null(all.indexes.data);
    functions = testing_batch(t, all.functions);
    assert_int_equal(functions->rows, 3);
    for (int64_t i = 0; i < 3; i++) {
        static const char *const NAMES[] = {"twice", "same", "series"};

        assert_int_equal(vg_row_decode_at(&t->arena, functions, i, &vg_function_info_record, &info, NULL), VGI_OK);
        testing_text(info.name, NAMES[i]);
        assert_true(testing_schema(t, info.arguments)->n_fields > 0);
    }
}

static void the_etag_names_the_contents_not_the_attachment(void **state)
{
    testing *t = *state;

    for (int minor = 1; minor <= 2; minor++) {
        vgi_catalog_contents_response one, two, other, again;

        contents(t, t->shop, minor, (vgi_string){0}, &one);
        contents(t, testing_attach(t, "shop"), minor, vgi_str("stale"), &two);
        contents(t, testing_attach(t, "annex"), minor, (vgi_string){0}, &other);
        assert_true(vgi_string_equal(one.etag, two.etag));
        assert_false(vgi_string_equal(one.etag, other.etag));
        assert_false(two.not_modified);
        contents(t, t->shop, minor, one.etag, &again);
        assert_true(again.not_modified);
        assert_true(vgi_string_equal(again.etag, one.etag));
        assert_int_equal(again.nested_schemas.count, 0);
        assert_null(again.schemas.data);
        assert_null(again.functions.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(nested_items_equal_those_of_the_listings),
        TESTING_TEST(columns_hold_every_row),
        TESTING_TEST(the_etag_names_the_contents_not_the_attachment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
