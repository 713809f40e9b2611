/* What the handlers share: names in sentences, and what happens when memory runs out anywhere. */
#include "base/alloc.h"
#include "worker/catalog_testing.h"

static void names_are_quoted_where_sql_needs_it(void **state)
{
    testing *t = *state;
    vgi_call *call = testing_call(t, 0);
    const vgi_string none = {0};

    assert_string_equal(vg_call_name(call, testing_path(t, "main"), none, none), "main");
    assert_string_equal(vg_call_name(call, testing_path(t, "main"), vgi_str("T_1"), none), "main.T_1");
    assert_string_equal(vg_call_name(call, testing_path(t, "a b"), vgi_str("1x"), vgi_str("q\"q")),
                        "\"a b\".\"1x\".\"q\"\"q\"");
    assert_string_equal(vg_call_name(call, (vgi_string_list){0}, vgi_str("\xc3\xa4\n"), none), "\"\xc3\xa4?\"");
    assert_string_equal(vg_call_name(call, (vgi_string_list){0}, vgi_str(""), none), "\"\"");
    assert_string_equal(vg_call_name(call, (vgi_string_list){0}, none, none), "");
}

static void long_paths_and_names_are_cut(void **state)
{
    testing *t = *state;
    static vgi_string parts[1000];
    static char name[5000];

    memset(name, '"', sizeof(name));
    for (size_t i = 0; i < 1000; i++)
        parts[i] = (vgi_string){name, sizeof(name)};
    assert_true(strlen(vg_call_name(testing_call(t, 0), (vgi_string_list){.items = parts, .count = 1000},
                                    (vgi_string){name, sizeof(name)}, (vgi_string){name, sizeof(name)})) < 3000);
}

/* Every listing, with the n-th allocation failing, then all after it. */
static vgi_status list_all(testing *t, vgi_call *call)
{
    const vgi_string_list path = {.items = &(vgi_string){"main", 4}, .count = 1, .present = true};
    vgi_catalog_schemas_params schemas = {.attach_opaque_data = t->shop};
    vgi_schemas_response of_schemas = {0};
    vgi_catalog_schema_contents_tables_params tables = {.attach_opaque_data = t->shop, .path = path};
    vgi_tables_response of_tables = {0};
    vgi_catalog_table_scan_branches_get_params scan = {
        .attach_opaque_data = t->shop, .schema_path = path, .name = vgi_str("files")};
    vgi_scan_branches_result of_scan = {0};
    vgi_catalog_contents_params contents = {.attach_opaque_data = t->shop};
    vgi_catalog_contents_response of_contents = {0};
    vgi_catalog_attach_request attach = {.name = vgi_str("shop")};
    vgi_catalog_attach_result of_attach = {0};

    VGI_TRY(vg_handle_catalog_attach(call, &attach, &of_attach));
    VGI_TRY(vg_handle_catalog_catalogs(call, NULL, &(vgi_catalogs_response){0}));
    VGI_TRY(vg_handle_catalog_schemas(call, &schemas, &of_schemas));
    VGI_TRY(vg_handle_catalog_schema_contents_tables(call, &tables, &of_tables));
    VGI_TRY(vg_handle_catalog_table_scan_branches_get(call, &scan, &of_scan));
    return vg_handle_catalog_contents(call, &contents, &of_contents);
}

static void running_out_of_memory_is_an_error_everywhere(void **state)
{
    testing *t = *state;
    int64_t failures = 0;
    vgi_status status = VGI_ERR_MEMORY;

    for (int minor = 1; minor <= 2; minor++, status = VGI_ERR_MEMORY) {
        for (int64_t n = 0; status != VGI_OK; n++) {
            vg_arena arena = {0};
            vgi_call *call = testing_call(t, minor);

            call->arena = call->turn_arena = &arena;
            vg_alloc_fail_after(n);
            status = list_all(t, call);
            vg_alloc_fail_after(-1);
            vg_arena_done(&arena);
            if (status != VGI_OK) {
                assert_int_equal(status, VGI_ERR_MEMORY);
                failures++;
            }
        }
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(names_are_quoted_where_sql_needs_it),
        TESTING_TEST(long_paths_and_names_are_cut),
        TESTING_TEST(running_out_of_memory_is_an_error_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
