/* The whole catalog in one answer: nested for 2.1, columnar for 2.2, and its etag. */
#include "worker/catalog_ops.h"
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

/* ---- of callbacks ------------------------------------------------------------------------------------------------ */

static int64_t live_version;

static vgi_status live_version_of(vgi_call *call, const vgi_catalog_version_params *asked,
                                  vgi_catalog_version_response *ret)
{
    (void)call;
    (void)asked;
    ret->version = live_version;
    return VGI_OK;
}

static vgi_status live_schemas(vgi_call *call, const vgi_catalog_schemas_params *asked, vgi_listing *ret)
{
    static const vgi_string NAMES[] = {VGI_STR("main"), VGI_STR("more")};

    (void)call;
    (void)asked;
    for (size_t i = 0; i < 2; i++)
        vgi_add_schema(ret)->path = (vgi_string_list){&NAMES[i], 1, true};
    return VGI_OK;
}

static vgi_status live_tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    for (int64_t i = 0; i <= live_version; i++) {
        vgi_table_info *info = vgi_add_table(ret);

        info->name = vgi_call_text(call, "%.*s%d", VG_FMT(asked->path.items[0]), (int)i);
        VGI_TRY(vgi_call_columns(call, "a BIGINT", &info->columns));
    }
    return VGI_OK;
}

static vgi_status live_macros(vgi_call *call, const vgi_catalog_schema_contents_macros_params *asked, vgi_listing *ret)
{
    (void)call;
    if (asked->type == VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO)
        *vgi_add_macro(ret) = (vgi_macro_info){
            .name = vgi_str("m"), .macro_type = VGI_MACRO_TYPE_TABLE, .definition = vgi_str("SELECT 1")};
    return VGI_OK;
}

static vgi_status some_view(vgi_call *call, const vgi_catalog_view_get_params *asked, vgi_listing *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

static vgi_status no_views(vgi_call *call, const vgi_catalog_schema_contents_views_params *asked, vgi_listing *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

static vgi_status begins(vgi_call *call, const vgi_catalog_transaction_begin_params *asked,
                         vgi_transaction_begin_response *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

static const vgi_catalog_ops LIVE_OPS = {.version = live_version_of,
                                         .schemas = live_schemas,
                                         .schema_contents_tables = live_tables,
                                         .schema_contents_macros = live_macros};
static const vgi_catalog LIVE = {.name = "live", .schemas = VGI_SCHEMAS(&TESTING_MAIN), .ops = &LIVE_OPS};

static int setup_live(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&LIVE, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    live_version = 1;
    *state = testing_start(&OPTIONS);
    return 0;
}

/* What callbacks list, and of `main` what is declared of the other kinds. */
static void callbacks_are_asked_for_the_parts(void **state)
{
    testing *t = *state;
    vgi_bytes live = testing_attach(t, "live");
    vgi_catalog_contents_response all;
    const vgi_schema_contents *schemas;
    vgi_schema_info schema;
    vgi_table_info table;

    contents(t, live, 1, (vgi_string){0}, &all);
    assert_int_equal(all.catalog_version, 1);
    assert_int_equal(all.nested_schemas.count, 2);
    schemas = all.nested_schemas.items;
    testing_item(t, (vgi_bytes_list){&schemas[1].schema, 1, true}, 0, &vg_schema_info_record, &schema);
    assert_memory_equal(schema.attach_opaque_data.data, live.data, live.size);
    testing_text(schemas[1].path.items[0], "more");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(schemas[i].tables.count, 2);
        assert_int_equal(schemas[i].views.count, i == 0);
        assert_int_equal(schemas[i].scalar_functions.count, i == 0 ? 2 : 0);
        assert_int_equal(schemas[i].table_functions.count, i == 0);
        assert_int_equal(schemas[i].scalar_macros.count, 0);
        assert_int_equal(schemas[i].table_macros.count, 1);
    }
    testing_item(t, schemas[1].tables, 1, &vg_table_info_record, &table);
    testing_text(table.name, "more1");

    contents(t, live, 2, (vgi_string){0}, &all);
    assert_int_equal(testing_batch(t, all.schemas)->rows, 2);
    assert_int_equal(testing_batch(t, all.tables)->rows, 4);
    assert_int_equal(testing_batch(t, all.views)->rows, 1);
    assert_int_equal(testing_batch(t, all.functions)->rows, 3);
    assert_int_equal(testing_batch(t, all.macros)->rows, 2);
}

static void a_change_changes_the_etag(void **state)
{
    testing *t = *state;

    for (int minor = 1; minor <= 2; minor++) {
        vgi_catalog_contents_response one, again, changed;

        live_version = minor;
        contents(t, testing_attach(t, "live"), minor, (vgi_string){0}, &one);
        contents(t, testing_attach(t, "live"), minor, one.etag, &again);
        assert_true(again.not_modified && !one.not_modified);
        assert_int_equal(again.catalog_version, minor);
        live_version++;
        contents(t, testing_attach(t, "live"), minor, one.etag, &changed);
        assert_false(changed.not_modified);
        assert_false(vgi_string_equal(one.etag, changed.etag));
        assert_int_equal(changed.catalog_version, minor + 1);
    }
}

static void it_is_offered_where_all_can_be_listed(void **state)
{
    vgi_catalog_ops ops = LIVE_OPS;
    vgi_catalog_attach_request asked = {.name = vgi_str("live")};
    vgi_catalog_attach_result got = {0};

    testing_do(vg_handle_catalog_attach, testing_call(*state, 0), &asked, &got);
    assert_true(got.supports_catalog_contents);
    assert_true(vg_ops_offer_contents(NULL) && vg_ops_offer_contents(&ops));
    ops.view_get = some_view;
    assert_false(vg_ops_offer_contents(&ops));
    ops.schema_contents_views = no_views;
    assert_true(vg_ops_offer_contents(&ops));
    ops.transaction_begin = begins;
    assert_false(vg_ops_offer_contents(&ops));
}

#define LIVE_TEST(test) cmocka_unit_test_setup_teardown(test, setup_live, testing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(nested_items_equal_those_of_the_listings),
        TESTING_TEST(columns_hold_every_row),
        TESTING_TEST(the_etag_names_the_contents_not_the_attachment),
        LIVE_TEST(callbacks_are_asked_for_the_parts),
        LIVE_TEST(a_change_changes_the_etag),
        LIVE_TEST(it_is_offered_where_all_can_be_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
