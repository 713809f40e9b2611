/* Settings and secrets: mistakes in what is declared, and what callers send that is no settings. The rest goes through
 * the engine (tests/sql/test_declared.py). */
#include "worker/catalog_testing.h"
#include "worker/function_call.h"

static vgi_status asks_bind(vgi_call *call)
{
    const vgi_secret *secret;
    int64_t number;

    VGI_TRY(vgi_setting_i64(call, "number", &number));
    VGI_TRY(vgi_secret_find(call, "key", "s3://a", NULL, &secret));
    return VGI_OK;
}

static const vgi_table_function ASKS = {
    .signature = "asks() -> TABLE(n BIGINT)", .bind = asks_bind, .next = testing_next};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&ASKS)};
static const vgi_catalog ASKING = {
    .name = "asking",
    .schemas = VGI_SCHEMAS(&MAIN),
    .settings = VGI_SETTINGS({.name = "number", .type = "BIGINT", .default_value = "5"}),
    .secret_types = VGI_SECRET_TYPES({.name = "key", .keys = VGI_SECRET_KEYS({.name = "value", .type = "VARCHAR"})}),
};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&ASKING, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    *state = testing_start(&OPTIONS);
    return 0;
}

/* The arguments of an SQL call, as a batch of one row. */
static vgi_bytes row_of(testing *t, const char *sql)
{
    vgi_scan_function_result made = {0};
    vgi_call *call = testing_call(t, 0);

    if (vgi_scan_call(call, &made, NULL, "f(%s)", sql) != VGI_OK)
        fail_msg("%s", call->error.message);
    return made.arguments;
}

static vgi_bytes no_arguments(testing *t)
{
    static const vgi_field args = {.name = VGI_STR("args"), .type = VGI_TYPE_STRUCT};
    static const vgi_field *const COLUMNS[] = {&args};
    static const vgi_arrow_schema SCHEMA = {.n_fields = 1, .fields = COLUMNS};
    const vgi_array all = {.field = &args, .length = 1};
    const vgi_batch batch = {.schema = &SCHEMA, .rows = 1, .n_columns = 1, .columns = &all};
    vgi_bytes bytes;

    assert_int_equal(vg_batch_encode(&t->arena, &batch, &bytes, NULL), VGI_OK);
    return bytes;
}

static vgi_bind_request request(testing *t, const char *settings, const char *secrets, bool is_resolved)
{
    return (vgi_bind_request){
        .function_name = vgi_str("asks"),
        .function_type = VGI_FUNCTION_TYPE_TABLE,
        .arguments = no_arguments(t),
        .attach_opaque_data = testing_attach(t, "asking"),
        .settings = settings ? row_of(t, settings) : (vgi_bytes){0},
        .secrets = secrets ? row_of(t, secrets) : (vgi_bytes){0},
        .resolved_secrets_provided = is_resolved,
    };
}

static void a_secret_is_asked_for_once(void **state)
{
    testing *t = *state;
    vgi_bind_request asked = request(t, NULL, NULL, false);
    vgi_bind_response got = {0};
    vg_function_call *function;
    vgi_bytes bind_call;

    testing_do(vg_handle_bind, testing_call(t, 0), &asked, &got);
    assert_int_equal(testing_schema(t, got.output_schema)->n_fields, 0);
    assert_int_equal(got.lookup_secret_types.count, 1);
    testing_text(got.lookup_secret_types.items[0], "key");
    testing_text(got.lookup_scopes.items[0], "s3://a");
    testing_text(got.lookup_names.items[0], "");

    assert_int_equal(vg_record_encode(&t->arena, &vg_bind_request_record, &asked, 0, &bind_call, NULL), VGI_OK);
    assert_int_equal(vg_function_call_decode(testing_call(t, 0), bind_call, &function), VGI_ERR_VALUE);
    assert_string_equal(t->call.error.message,
                        "asks was asked to run before its bind was answered with a secret of type key");

    asked = request(t, NULL, NULL, true);
    got = (vgi_bind_response){0};
    testing_do(vg_handle_bind, testing_call(t, 0), &asked, &got);
    assert_int_equal(got.lookup_secret_types.count, 0);
    assert_int_equal(testing_schema(t, got.output_schema)->n_fields, 1);
}

/* Others than structs, of other types and for other places are passed over; the nearest is taken. */
static void the_nearest_secret_is_taken(void **state)
{
    testing *t = *state;
    vgi_bind_request asked = request(
        t, NULL,
        "a := 7, b := NULL, c := {'type': 'lock', 'value': 'c'}, d := {'type': 'KEY', 'value': 'd', 'scope': 's3://b'},"
        "e := {'type': 'key', 'value': 'e', 'scope': ''}, f := {'type': 'key', 'value': 'f', 'scope': 's3,s3://a,x'},"
        "g := {'type': 'key', 'value': 'g', 'scope': 's3'}, h := {'value': 'h'}, i := {'type': 1, 'value': 'i'}",
        false);
    vg_function_call *function;
    vgi_call *call = testing_call(t, 0);
    const vgi_secret *secret;
    vgi_string value;

    assert_int_equal(vg_function_call_resolve(call, &asked, &function), VGI_OK);
    assert_int_equal(vgi_secret_find(call, "key", "s3://a", NULL, &secret), VGI_OK);
    assert_int_equal(vgi_secret_text(call, secret, "value", &value), VGI_OK);
    testing_text(value, "f");
    assert_int_equal(vgi_secret_find(call, "key", "file", NULL, &secret), VGI_OK);
    assert_int_equal(vgi_secret_text(call, secret, "VALUE", &value), VGI_OK);
    testing_text(value, "e");
    assert_int_equal(vgi_secret_find(call, "key", NULL, "nosuch", &secret), VGI_OK);
    assert_null(secret);
    assert_null(vgi_secret_array(secret, "value"));
    assert_int_equal(vgi_secret_text(call, secret, "value", &value), VGI_ERR_VALUE);
    assert_string_equal(call->error.message, "the secret has no value for value");
}

static void what_is_no_setting_is_refused(void **state)
{
    static const struct {
        const char *settings;
        vgi_status status;
        const char *says;
    } CASES[] = {
        {"number := 9", VGI_OK, ""},
        {"other := 9", VGI_OK, ""},
        {"number := NULL", VGI_ERR_VALUE, "setting number must not be NULL"},
        {"number := 'x'", VGI_ERR_TYPE, "setting number is utf8, and was asked for as an integer"},
        {"number := [1]", VGI_ERR_TYPE, "setting number is list, and was asked for as an integer"},
    };
    testing *t = *state;
    vg_function_call *function;
    vgi_bind_request asked;

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        asked = request(t, CASES[i].settings, NULL, true);
        if (vg_function_call_resolve(testing_call(t, 0), &asked, &function) != CASES[i].status)
            fail_msg("%s: %s", CASES[i].settings, t->call.error.message);
        assert_string_equal(t->call.error.message, CASES[i].says);
    }
    asked.settings = (vgi_bytes){(const uint8_t *)"\xff\xff\xff\xff\x08", 5};
    assert_int_equal(vg_function_call_resolve(testing_call(t, 0), &asked, &function), VGI_ERR_PROTOCOL);
    asked.settings = (vgi_bytes){0};
    asked.secrets = (vgi_bytes){(const uint8_t *)"\xff\xff\xff\xff\x08", 5};
    assert_int_equal(vg_function_call_resolve(testing_call(t, 0), &asked, &function), VGI_ERR_PROTOCOL);
}

static void outside_of_functions_there_are_none(void **state)
{
    testing *t = *state;
    const vgi_array *value;
    const vgi_secret *secret;

    assert_int_equal(vgi_setting_array(testing_call(t, 0), "number", &value), VGI_ERR_RUNTIME);
    assert_int_equal(vgi_secret_find(testing_call(t, 0), "key", NULL, NULL, &secret), VGI_ERR_RUNTIME);
    assert_null(vgi_call_data_version(&t->call).data);
}

static const vgi_catalog WRONG = {
    .name = "wrong",
    .schemas = VGI_SCHEMAS(&TESTING_MAIN),
    .data_version = "9.0.0",
    .releases = VGI_RELEASES({.version = "1.0.0"}, {.version = "1.0"}, {.version = "1.0.0+again"}),
    .settings = VGI_SETTINGS({.name = "a"}, {.name = "b", .type = "BIGINT", .default_value = "'x'"},
                             {.name = "B", .type = "BIGINT"}),
    .secret_types = VGI_SECRET_TYPES(
        {.name = "c"}, {.name = "d", .keys = VGI_SECRET_KEYS({.name = "e", .type = "NOTYPE"}, {.name = "E"})},
        {.name = "C", .keys = VGI_SECRET_KEYS({.name = "f", .type = "BIGINT"})}),
    .attach_catalogs =
        VGI_ATTACH_CATALOGS({.alias = "g"}, {.alias = "h", .target = "x"}, {.alias = "H", .target = "x"}),
    .global_functions = VGI_NAMES("twice", "nosuch"),
};

static void mistakes_are_listed(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&WRONG, NULL};
    static const char *const SAY[] = {
        "setting a: has no type",
        "setting b: ",
        "setting B: there are two of that name",
        "secret type c: has no keys",
        "secret type d: ",
        "secret type d: key E has no type",
        "secret type d: there are two keys E",
        "secret type C: there are two of that name",
        "global function: global_function_prefix is needed",
        "global function nosuch: no schema has a function of that name",
        "release 1.0: is no version X.Y.Z",
        "release 1.0.0+again: there are two of that version",
        "release 9.0.0: is the data_version, and not among the releases",
        "attached catalog g: has no target",
        "attached catalog H: there are two of that name",
    };
    vg_registry *registry;
    vgi_error err = {0};
    const vg_mistake *mistake;

    (void)state;
    assert_int_equal(vg_registry_new(CATALOGS, &registry, &err), VGI_OK);
    mistake = registry->mistakes;
    for (size_t i = 0; i < sizeof SAY / sizeof *SAY; i++, mistake = mistake->next) {
        assert_non_null(mistake);
        if (!memmem(mistake->text.data, mistake->text.size, SAY[i], strlen(SAY[i])))
            fail_msg("'%.*s' does not say '%s'", VG_FMT(mistake->text), SAY[i]);
    }
    assert_null(mistake);
    vg_registry_free(registry);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_asked_for_once),      TEST(the_nearest_secret_is_taken),
        TEST(what_is_no_setting_is_refused),   TEST(outside_of_functions_there_are_none),
        cmocka_unit_test(mistakes_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
