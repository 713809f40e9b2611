/* Attaching: names, versions, options, opaque data, transactions. */
#include "base/str.h"
#include "ipc/writer.h"
#include "worker/catalog_testing.h"

static void attach_answers_what_the_descriptor_says(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request request = {
        .name = vgi_str("SHOP"), .data_version_spec = vgi_str("^2.0"), .implementation_version = vgi_str("1")};
    vgi_catalog_attach_result result = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &request, &result);
    testing_text(result.default_schema, "main");
    testing_text(result.comment, "A shop.");
    testing_text(result.resolved_data_version, "2.0.0");
    testing_text(result.resolved_implementation_version, "1.2.3");
    assert_int_equal(result.tags.count, 1);
    testing_text(result.tags.items[0].value, "d");
    assert_true(result.catalog_version_frozen);
    assert_int_equal(result.catalog_version, 1);
    assert_false(result.supports_transactions);
    assert_false(result.supports_time_travel);
    assert_true(result.supports_catalog_contents);

    request = (vgi_catalog_attach_request){.name = vgi_str("annex")};
    result = (vgi_catalog_attach_result){0};
    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &request, &result);
    testing_text(result.default_schema, "data");
    assert_null(result.comment.data);
    assert_null(result.resolved_data_version.data);
    assert_false(result.catalog_version_frozen);
    assert_int_equal(result.catalog_version, 5);
}

static void two_attachments_differ_and_both_are_known(void **state)
{
    testing *t = *state;
    vgi_bytes one = testing_attach(t, "shop"), two = testing_attach(t, "Shop");
    const vg_catalog_entry *catalog;

    assert_int_equal(one.size, two.size);
    assert_memory_not_equal(one.data, two.data, one.size);
    assert_int_equal(vg_call_catalog(testing_call(t, 0), two, &catalog), VGI_OK);
    testing_text(catalog->name, "shop");
    assert_int_equal(vg_call_catalog(testing_call(t, 0), testing_attach(t, "annex"), &catalog), VGI_OK);
    testing_text(catalog->name, "annex");
}

static void bytes_that_are_not_ours_are_refused_in_one_text(void **state)
{
    testing *t = *state;
    uint8_t other_version[64];
    static const char SHOUTED[] = "\3................\4\0SHOP\0\0";
    const vgi_bytes strange[] = {
        {0},
        {(const uint8_t *)"", 0},
        {(const uint8_t *)"x", 1},
        {t->shop.data, 17},
        {t->shop.data, t->shop.size - 1},
        {(const uint8_t *)"\3................\4\0shop\1\0", 25},
        {other_version, t->shop.size},
        {(const uint8_t *)SHOUTED, sizeof(SHOUTED) - 1},
    };

    memcpy(other_version, t->shop.data, t->shop.size);
    other_version[0] = 1;
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        vgi_catalog_detach_params params = {.attach_opaque_data = strange[i]};

        testing_refuse(vg_handle_catalog_detach, testing_call(t, 0), &params, NULL, VGI_ERR_VALUE,
                       "attach_opaque_data not recognized");
    }
}

static void unknown_catalogs_are_answered_with_the_known(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request request = {.name = vgi_str("nosuch")};
    vgi_catalog_attach_result result = {0};

    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &request, &result, VGI_ERR_VALUE,
                   "No catalog 'nosuch' here; this worker serves: shop, annex");
}

static void versions_that_are_not_served_are_refused(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request request = {.name = vgi_str("shop"), .data_version_spec = vgi_str("3")};
    vgi_catalog_attach_result result = {0};

    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &request, &result, VGI_ERR_VALUE,
                   "Unsupported data_version_spec '3': this worker serves '2.0.0'");
    request = (vgi_catalog_attach_request){.name = vgi_str("shop"), .implementation_version = vgi_str("1.2.4")};
    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &request, &result, VGI_ERR_VALUE,
                   "Unsupported implementation_version '1.2.4': this worker serves '1.2.3'");
    request = (vgi_catalog_attach_request){.name = vgi_str("annex"), .data_version_spec = vgi_str("1")};
    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &request, &result, VGI_ERR_VALUE,
                   "Unsupported data_version_spec '1': catalog 'annex' declares no such version");
    request = (vgi_catalog_attach_request){.name = vgi_str("shop"), .data_version_spec = vgi_str("newest")};
    assert_int_equal(vg_handle_catalog_attach(testing_call(t, 0), &request, &result), VGI_ERR_VALUE);
    assert_non_null(strstr(t->call.error.message, "'newest': no version range; accepted forms: X, X.Y"));
}

static void options_are_refused_by_name(void **state)
{
    testing *t = *state;
    static const int64_t VALUE = 1;
    static const vgi_field FIELD = {.name = VGI_STR("speed"), .type = VGI_TYPE_INT64, .nullable = true};
    static const vgi_field *const FIELDS[] = {&FIELD};
    static const vgi_arrow_schema ONE = {.n_fields = 1, .fields = FIELDS}, NONE = {0};
    vgi_array column = {.field = &FIELD, .length = 1, .buffers = {&VALUE}};
    vgi_batch options = {.schema = &ONE, .rows = 1, .n_columns = 1, .columns = &column};
    vgi_catalog_attach_request request = {.name = vgi_str("shop")};
    vgi_catalog_attach_result result = {0};

    assert_int_equal(vg_batch_encode(&t->arena, &options, &request.options, NULL), VGI_OK);
    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &request, &result, VGI_ERR_VALUE,
                   "Catalog 'shop' has no attach option 'speed'; it takes none");
    options = (vgi_batch){.schema = &NONE, .rows = 1};
    assert_int_equal(vg_batch_encode(&t->arena, &options, &request.options, NULL), VGI_OK);
    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &request, &result);
    request.options = (vgi_bytes){(const uint8_t *)"garbage", 7};
    assert_int_not_equal(vg_handle_catalog_attach(testing_call(t, 0), &request, &result), VGI_OK);
}

static void catalogs_are_listed_with_their_versions(void **state)
{
    testing *t = *state;
    vgi_catalogs_response response = {0};
    vgi_catalog_info info;

    testing_do(vg_handle_catalog_catalogs, testing_call(t, 0), NULL, &response);
    assert_int_equal(response.items.count, 2);
    testing_item(t, response.items, 0, &vg_catalog_info_record, &info);
    testing_text(info.name, "shop");
    testing_text(info.implementation_version, "1.2.3");
    testing_text(info.data_version_spec, "2.0.0");
    testing_text(info.source_url, "https://example.com");
    testing_item(t, response.items, 1, &vg_catalog_info_record, &info);
    testing_text(info.name, "annex");
    assert_null(info.source_url.data);
}

static void there_are_no_transactions(void **state)
{
    testing *t = *state;
    vgi_catalog_transaction_begin_params begin = {.attach_opaque_data = t->shop};
    vgi_transaction_begin_response begun = {0};
    vgi_catalog_transaction_commit_params commit = {.attach_opaque_data = t->shop, .transaction_opaque_data = t->shop};
    vgi_catalog_transaction_rollback_params rollback = {.attach_opaque_data = t->shop,
                                                        .transaction_opaque_data = t->shop};

    testing_do(vg_handle_catalog_transaction_begin, testing_call(t, 0), &begin, &begun);
    assert_null(begun.transaction_opaque_data.data);
    testing_refuse(vg_handle_catalog_transaction_commit, testing_call(t, 0), &commit, NULL, VGI_ERR_VALUE,
                   "transaction_opaque_data not recognized");
    testing_refuse(vg_handle_catalog_transaction_rollback, testing_call(t, 0), &rollback, NULL, VGI_ERR_VALUE,
                   "transaction_opaque_data not recognized");
}

static void the_version_is_the_descriptors(void **state)
{
    testing *t = *state;
    vgi_catalog_version_params params = {.attach_opaque_data = t->shop};
    vgi_catalog_version_response response = {0};

    testing_do(vg_handle_catalog_version, testing_call(t, 0), &params, &response);
    assert_int_equal(response.version, 1);
    params.attach_opaque_data = testing_attach(t, "annex");
    testing_do(vg_handle_catalog_version, testing_call(t, 0), &params, &response);
    assert_int_equal(response.version, 5);
}

static void functions_alone_have_a_catalog_or_none(void **state)
{
    static const vgi_scalar *const SCALARS[] = {&TESTING_TWICE, NULL};
    static const vgi_schema FUNCTIONS = {.name = "all", .scalars = SCALARS};
    static const vgi_catalog *const CATALOGS[] = {NULL};
    static const vgi_worker_options NAMED = {.functions = &FUNCTIONS};
    static const vgi_worker_options NONE = {.functions = &FUNCTIONS, .has_no_catalog = true};
    static const vgi_worker_options BOTH = {.functions = &FUNCTIONS, .catalogs = CATALOGS};
    testing *t = testing_start(&NAMED);
    vgi_bytes attached = testing_attach(t, "functions");
    const vg_catalog_entry *catalog;
    vgi_call *call = testing_call(t, 0);
    vg_worker *worker;
    vgi_error err = {0};
    size_t n, calls = 0;
    const vg_method *methods = vg_dispatch_methods(&n);

    assert_int_equal(vg_call_catalog(call, attached, &catalog), VGI_OK);
    testing_text(catalog->default_schema, "all");
    assert_int_equal(catalog->schemas[0].n_functions, 1);
    testing_teardown((void **)&t);
    t = testing_start(&NONE);
    for (size_t i = 0; i < n; i++) {
        bool is_catalog = strncmp(methods[i].name, "catalog_", 8) == 0;

        assert_int_equal(vg_worker_binding(t->worker)->offers(&methods[i]),
                         !is_catalog && vg_dispatch_offers(&methods[i]));
        if (!is_catalog)
            continue;
        call = testing_call(t, 0);
        call->row = &methods[i];
        assert_int_not_equal(methods[i].unary(call, NULL, NULL), VGI_OK);
        assert_string_equal(call->error.exception, "MethodNotImplementedError");
        ++calls;
    }
    assert_true(calls > 40);
    assert_int_equal(vg_worker_new(VGI_API_VERSION, &BOTH, &worker, &err), VGI_ERR_VALUE);
    *state = t;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(attach_answers_what_the_descriptor_says),
        TESTING_TEST(two_attachments_differ_and_both_are_known),
        TESTING_TEST(bytes_that_are_not_ours_are_refused_in_one_text),
        TESTING_TEST(unknown_catalogs_are_answered_with_the_known),
        TESTING_TEST(versions_that_are_not_served_are_refused),
        TESTING_TEST(options_are_refused_by_name),
        TESTING_TEST(catalogs_are_listed_with_their_versions),
        TESTING_TEST(there_are_no_transactions),
        TESTING_TEST(the_version_is_the_descriptors),
        cmocka_unit_test_teardown(functions_alone_have_a_catalog_or_none, testing_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
