/* Unit tests of catalog_loggable.c: what logs may tell of options, and that it is nothing where anything goes wrong. */
#include "worker/catalog_ops.h"
#include "worker/catalog_testing.h"

/* ---- catalogs ---------------------------------------------------------------------------------------------------- */

static vgi_status attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

static vgi_status create(vgi_call *call, const vgi_catalog_create_request *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

/* Tells the region, the host of the URL, and what it should not: a secret, something that was not given, a name twice.
 * */
static vgi_status tell_safe(vgi_call *call, const vgi_batch *options, vgi_loggable *ret)
{
    (void)call;
    assert_int_equal(options->rows, 1);
    vgi_loggable_add(ret, "Region");
    vgi_loggable_add_text(ret, "host", vgi_str("db.example"));
    vgi_loggable_add_text(ret, "region", vgi_str("another"));
    vgi_loggable_add(ret, "password");
    vgi_loggable_add(ret, "nowhere");
    for (int i = 0; i < options->n_columns; i++)
        if (vg_string_is(options->columns[i].field->name, "fail"))
            return vgi_fail(call, VGI_ERR_RUNTIME, "the password is hush");
    return VGI_OK;
}

static const vgi_catalog_ops OPS = {.attach = attach, .create = create, .loggable_attach_options = tell_safe};
static const vgi_catalog LOOSE = {.name = "shop", .ops = &OPS};
static const vgi_catalog STRICT = {
    .name = "strict",
    .attach_options = VGI_ATTACH_OPTIONS(
        {.name = "region", .type = "VARCHAR"}, {.name = "password", .type = "VARCHAR", .is_secret = true},
        {.name = "level", .type = "BIGINT", .is_loggable = true}, {.name = "fail", .type = "BIGINT"}),
    .ops = &OPS,
};
static const vgi_catalog_ops SILENT_OPS = {.attach = attach, .create = create};
static const vgi_catalog SILENT = {.name = "silent", .ops = &SILENT_OPS};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&LOOSE, &STRICT, &SILENT, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    return testing_setup_with(state, &OPTIONS);
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

static vgi_bytes options(testing *t, const char *sql)
{
    vgi_scan_function_result made = {0};
    vgi_call *call = testing_call(t, 0);

    if (vgi_scan_call(call, &made, NULL, "f(%s)", sql) != VGI_OK)
        fail_msg("%s", call->error.message);
    return made.arguments;
}

static vgi_string told_of_attach(testing *t, const char *catalog, const char *sql)
{
    vgi_catalog_attach_request asked = {.name = vgi_str(catalog), .options = options(t, sql)};
    vgi_catalog_attach_result got = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &asked, &got);
    assert_int_equal(t->call.error.status, VGI_OK);
    return t->call.attach_options;
}

static void the_callback_names_what_may_be_told(void **state)
{
    testing *t = *state;

    testing_text(told_of_attach(t, "shop", "region := 'eu', url := 'postgres://u:hush@db.example'"),
                 "{\"Region\":\"eu\",\"host\":\"db.example\"}");
    assert_null(told_of_attach(t, "silent", "region := 'eu'").data);
    testing_text(told_of_attach(t, "shop", "url := 'x'"), "{\"host\":\"db.example\",\"region\":\"another\"}");
}

static void a_secret_is_not_told_even_if_it_is_named(void **state)
{
    testing *t = *state;

    testing_text(told_of_attach(t, "strict", "region := 'eu', password := 'hush', level := 3"),
                 "{\"level\":3,\"Region\":\"eu\",\"host\":\"db.example\"}");
}

static void a_callback_that_fails_tells_nothing_and_fails_nothing(void **state)
{
    testing *t = *state;

    assert_null(told_of_attach(t, "strict", "region := 'eu', level := 3, fail := 1").data);
    assert_null(told_of_attach(t, "shop", "region := 'eu', fail := 1").data);
}

static void options_of_create_are_told_alike(void **state)
{
    testing *t = *state;
    vgi_catalog_create_request asked = {.name = vgi_str("new"), .options = options(t, "region := 'eu', key := 'hush'")};
    vgi_call *call = testing_call(t, 0);
    bool answered = false;

    assert_int_equal(
        vg_ops_answer(call, VG_METHOD_catalog_create, &vg_catalog_create_request_record, &asked, NULL, &answered),
        VGI_OK);
    assert_true(answered);
    testing_text(call->attach_options, "{\"Region\":\"eu\",\"host\":\"db.example\"}");
    asked.options = (vgi_bytes){(const uint8_t *)"no batch", 8};
    call = testing_call(t, 0);
    assert_int_equal(
        vg_ops_answer(call, VG_METHOD_catalog_create, &vg_catalog_create_request_record, &asked, NULL, &answered),
        VGI_OK);
    assert_null(call->attach_options.data);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_callback_names_what_may_be_told),
        TEST(a_secret_is_not_told_even_if_it_is_named),
        TEST(a_callback_that_fails_tells_nothing_and_fails_nothing),
        TEST(options_of_create_are_told_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
