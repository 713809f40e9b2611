/* Plans and split tokens: what goes out for what the author plans, and that nothing else comes in. */
#include "worker/catalog_testing.h"
#include "worker/function_call.h"

static vgi_status plan(vgi_call *call, vgi_plan *ret)
{
    const vgi_cardinality three = {.has_estimate = true, .estimate = 3}, exact = {true, true, 4, 4};
    int64_t mode;

    VGI_TRY(vgi_arg_i64(call, "mode", &mode));
    if (mode == 1)
        return vgi_plan_add(call, ret, "", 0, NULL);
    if (mode == 2)
        return VGI_END;
    if (mode == 3)
        return VGI_OK;
    assert_int_equal(ret->wanted, mode == 4 ? 16 : mode == 5 ? 100000 : 1);
    ret->max_workers = 2;
    VGI_TRY(vgi_plan_add(call, ret, "first", 5, &three));
    VGI_TRY(vgi_plan_add(call, ret, "2", 1, &exact));
    return vgi_plan_add(call, ret, "third", 5, NULL);
}

static const vgi_table_function PLANNED = {
    .signature = "planned(mode BIGINT) -> TABLE(n BIGINT, id BIGINT)",
    .row_id = "id",
    .plan = plan,
    .next = testing_next,
};
static const vgi_table_function WHOLE = {.signature = "whole(mode BIGINT) -> TABLE(n BIGINT)", .next = testing_next};
static const vgi_table_function OTHER = {
    .signature = "other(mode BIGINT) -> TABLE(n BIGINT)", .plan = plan, .next = testing_next};
static const vgi_table TABLE = {.name = "t", .scan = "planned(0)"};
static const vgi_table KEYED = {.name = "k", .scan = "whole(0)", .row_id = "N"};
static const vgi_schema MAIN = {
    .name = "main",
    .table_functions = VGI_TABLE_FUNCTIONS(&PLANNED, &WHOLE, &OTHER),
    .tables = VGI_TABLES(&TABLE, &KEYED),
};
static const vgi_catalog SHOP = {.name = "shop", .schemas = VGI_SCHEMAS(&MAIN)};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    return testing_setup_with(state, &OPTIONS);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

static vgi_plan_response plan_of(testing *t, const char *function, int64_t mode)
{
    vgi_table_function_plan_request request = {.bind_call = testing_bind_call(t, function, mode)};
    vgi_plan_response response = {0};

    testing_do(vg_handle_table_function_plan, testing_call(t, 0), &request, &response);
    return response;
}

static vgi_bytes token_of(testing *t, vgi_plan_response response, size_t i)
{
    vgi_scan_split split;

    testing_item(t, response.splits, i, &vg_scan_split_record, &split);
    return split.token;
}

/* Opens a token for a call of the function; what it stands for, or the error in t->call. */
static vgi_status open_token(testing *t, const char *function, int64_t mode, vgi_bytes token, vgi_bytes *ret)
{
    vgi_bytes bind_call = testing_bind_call(t, function, mode);
    vgi_call *call = testing_call(t, 0);
    vg_function_call *bound;
    vgi_status status;

    assert_int_equal(vg_function_call_decode(call, bind_call, &bound), VGI_OK);
    status = vg_split_open(call, token, bound);
    *ret = vgi_split(call);
    return status;
}

static void a_plan_is_one_token_a_part(void **state)
{
    testing *t = *state;
    vgi_plan_response response = plan_of(t, "planned", 0);
    vgi_scan_split split;
    vgi_bytes part;

    assert_int_equal(response.splits.count, 3);
    assert_int_equal(response.max_workers.value, 2);
    assert_int_equal(response.estimated_total_splits.value, 3);
    assert_true(response.cache_max_age_seconds.has);
    testing_item(t, response.splits, 0, &vg_scan_split_record, &split);
    assert_int_equal(split.estimated_rows.value, 3);
    assert_false(split.rows_exact);
    assert_int_equal(split.token.data[0], 1);
    assert_int_equal(open_token(t, "planned", 0, split.token, &part), VGI_OK);
    assert_int_equal(part.size, 5);
    assert_memory_equal(part.data, "first", 5);
    testing_item(t, response.splits, 1, &vg_scan_split_record, &split);
    assert_true(split.rows_exact);
    testing_item(t, response.splits, 2, &vg_scan_split_record, &split);
    assert_false(split.estimated_rows.has);
    assert_int_equal(open_token(t, "planned", 0, split.token, &part), VGI_OK);
    assert_memory_equal(part.data, "third", 5);
}

static void no_parts_are_no_rows(void **state)
{
    vgi_plan_response response = plan_of(*state, "planned", 3);

    assert_int_equal(response.splits.count, 0);
    assert_false(response.max_workers.has);
}

static void the_callers_wish_reaches_the_callback(void **state)
{
    testing *t = *state;
    vgi_table_function_plan_request request = {.bind_call = testing_bind_call(t, "planned", 4),
                                               .min_splits = {true, 16}};
    vgi_plan_response response = {0};

    testing_do(vg_handle_table_function_plan, testing_call(t, 0), &request, &response);
    assert_int_equal(response.splits.count, 3);
    request.bind_call = testing_bind_call(t, "planned", 5);
    request.min_splits.value = INT64_MAX; /* no more than a plan can have */
    testing_do(vg_handle_table_function_plan, testing_call(t, 0), &request, &response);
}

static void what_cannot_be_planned_is_refused(void **state)
{
    testing *t = *state;
    vgi_table_function_plan_request request = {.bind_call = testing_bind_call(t, "whole", 0)};
    vgi_plan_response response = {0};

    testing_refuse(vg_handle_table_function_plan, testing_call(t, 0), &request, &response, VGI_ERR_NOT_IMPLEMENTED,
                   "whole plans no splits");
    request.bind_call = testing_bind_call(t, "planned", 1);
    testing_refuse(vg_handle_table_function_plan, testing_call(t, 0), &request, &response, VGI_ERR_RUNTIME,
                   "a split of 0 bytes was planned; 1 to 60000 can travel");
    request.bind_call = testing_bind_call(t, "planned", 2);
    testing_refuse(vg_handle_table_function_plan, testing_call(t, 0), &request, &response, VGI_ERR_RUNTIME,
                   "the plan callback of planned returned VGI_END");
    request.bind_call = testing_bind_call(t, "planned", 0);
    request.cursor = (vgi_bytes){(const uint8_t *)"x", 1};
    testing_refuse(vg_handle_table_function_plan, testing_call(t, 0), &request, &response, VGI_ERR_VALUE,
                   "a plan is one page here, and no cursor leads to another");
}

static void refuse_token(testing *t, const char *function, int64_t mode, vgi_bytes token, const char *message)
{
    vgi_bytes part;

    assert_int_not_equal(open_token(t, function, mode, token, &part), VGI_OK);
    assert_string_equal(t->call.error.message, message);
    assert_string_equal(t->call.error.exception, "SplitTokenInvalid");
    assert_null(part.data);
}

static void a_token_of_another_call_is_refused(void **state)
{
    static const char OTHERS[] = "[SPLIT_TOKEN_INVALID] the split was planned for another function, or for other "
                                 "arguments";
    testing *t = *state;
    vgi_bytes token = token_of(t, plan_of(t, "planned", 0), 0);

    refuse_token(t, "planned", 7, token, OTHERS);
    refuse_token(t, "other", 0, token, OTHERS);
    refuse_token(t, "whole", 0, token, "[SPLIT_TOKEN_INVALID] whole plans no splits");
}

static void a_changed_token_is_refused(void **state)
{
    static const char NONE[] = "[SPLIT_TOKEN_INVALID] this is no split token of this worker";
    testing *t = *state;
    vgi_bytes token = token_of(t, plan_of(t, "planned", 0), 0);
    uint8_t bytes[64];

    for (size_t size = 0; size <= 20; size++)
        refuse_token(t, "planned", 0, (vgi_bytes){token.data, size}, NONE);
    for (size_t i = 0; i < 20; i++) { /* sealed, an anchor, another version, another fingerprint */
        vgi_bytes part;

        memcpy(bytes, token.data, token.size);
        bytes[i] ^= 1;
        assert_int_not_equal(open_token(t, "planned", 0, (vgi_bytes){bytes, token.size}, &part), VGI_OK);
        assert_null(part.data);
    }
}

/* ---- with a key: a toy, whose envelopes begin with the kind and the last byte of what they are bound to ----- */

static vgi_status toy_start(void **ret_keys, vgi_error *err)
{
    (void)ret_keys;
    (void)err;
    return VGI_OK;
}

static void toy_stop(void *keys)
{
    (void)keys;
}

static vgi_status toy_seal(const void *keys, const vgi_seal_scope *scope, vgi_bytes value, uint8_t *ret, vgi_error *err)
{
    (void)keys;
    (void)err;
    ret[0] = (uint8_t)scope->kind;
    ret[1] = scope->bound.size > 0 ? scope->bound.data[scope->bound.size - 1] : 0;
    memcpy(ret + 2, value.data, value.size);
    return VGI_OK;
}

static vgi_status toy_open(const void *keys, const vgi_seal_scope *scope, vgi_bytes envelope, uint8_t *ret,
                           vgi_error *err)
{
    uint8_t bound = scope->bound.size > 0 ? scope->bound.data[scope->bound.size - 1] : 0;

    (void)keys;
    if (envelope.data[0] != (uint8_t)scope->kind || envelope.data[1] != bound)
        return vgi_error_set(err, VGI_ERR_VALUE, "of another kind");
    memcpy(ret, envelope.data + 2, envelope.size - 2);
    return VGI_OK;
}

static int setup_sealed(void **state)
{
    static const vgi_seal TOY = {toy_start, toy_stop, 2, toy_seal, toy_open};
    static const vgi_catalog *const CATALOGS[] = {&SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS, .seal = &TOY};

    return testing_setup_with(state, &OPTIONS);
}

static void with_a_key_tokens_are_sealed(void **state)
{
    static const char NONE[] = "[SPLIT_TOKEN_INVALID] this is no split token of this worker";
    testing *t = *state;
    vgi_bytes token = token_of(t, plan_of(t, "planned", 0), 0), part;
    uint8_t bytes[64];

    assert_int_equal(token.size, 20 + 2 + 5);
    assert_int_equal(token.data[1], 1);
    assert_int_equal(open_token(t, "planned", 0, token, &part), VGI_OK);
    assert_int_equal(part.size, 5);
    assert_memory_equal(part.data, "first", 5);
    memcpy(bytes, token.data, token.size);
    bytes[1] = 0; /* it says that it is not sealed, and a worker with a key does not believe it */
    refuse_token(t, "planned", 0, (vgi_bytes){bytes, token.size}, NONE);
    bytes[1] = 1;
    bytes[20] ^= 1;
    refuse_token(t, "planned", 0, (vgi_bytes){bytes, token.size}, NONE);
    for (size_t size = 0; size <= 22; size++)
        refuse_token(t, "planned", 0, (vgi_bytes){token.data, size}, NONE);
}

static void an_expired_plan_has_its_own_error(void **state)
{
    testing *t = *state;

    assert_int_not_equal(vgi_split_expired(testing_call(t, 0)), VGI_OK);
    assert_string_equal(t->call.error.exception, "SplitSnapshotExpired");
    assert_string_equal(t->call.error.message, "[SPLIT_SNAPSHOT_EXPIRED] split snapshot expired; re-run the query");
}

static void a_function_with_a_plan_says_so(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_functions_params params = {
        .attach_opaque_data = t->shop, .path = testing_path(t, "main"), .type = VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION};
    vgi_functions_response response = {0};
    vgi_function_info info;

    testing_do(vg_handle_catalog_schema_contents_functions, testing_call(t, 0), &params, &response);
    testing_item(t, response.items, 0, &vg_function_info_record, &info);
    assert_true(info.supports_splits);
    assert_false(info.max_workers.has);
    testing_item(t, response.items, 1, &vg_function_info_record, &info);
    assert_false(info.supports_splits);
    assert_int_equal(info.max_workers.value, 1);
}

static void a_row_id_is_marked(void **state)
{
    testing *t = *state;
    vgi_catalog_schema_contents_tables_params params = {.attach_opaque_data = t->shop, .path = testing_path(t, "main")};
    vgi_tables_response response = {0};
    vgi_bind_request request;
    vgi_bind_response bound = {0};
    vgi_table_info info;
    vgi_error err = {0};

    testing_do(vg_handle_catalog_schema_contents_tables, testing_call(t, 0), &params, &response);
    testing_item(t, response.items, 0, &vg_table_info_record, &info);
    testing_text(vgi_metadata_get(testing_schema(t, info.columns)->fields[1]->metadata, "is_row_id"), "");
    assert_null(vgi_metadata_get(testing_schema(t, info.columns)->fields[0]->metadata, "is_row_id").data);
    testing_item(t, response.items, 1, &vg_table_info_record, &info);
    testing_text(vgi_metadata_get(testing_schema(t, info.columns)->fields[0]->metadata, "is_row_id"), "");
    assert_int_equal(vg_record_decode(&t->arena, testing_bind_call(t, "planned", 0), &VG_DEFAULT_LIMITS,
                                      &vg_bind_request_record, &request, &err),
                     VGI_OK);
    testing_do(vg_handle_bind, testing_call(t, 0), &request, &bound);
    testing_text(vgi_metadata_get(testing_schema(t, bound.output_schema)->fields[1]->metadata, "is_row_id"), "");
}

static const vgi_table_function LOST = {.signature = "lost() -> TABLE(n BIGINT)", .row_id = "m", .next = testing_next};
static const vgi_schema LOST_SCHEMA = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&LOST)};
static const vgi_catalog LOST_CATALOG = {.name = "c", .schemas = VGI_SCHEMAS(&LOST_SCHEMA)};
static const vgi_catalog *const LOST_CATALOGS[] = {&LOST_CATALOG, NULL};

static void a_row_id_that_is_no_column_is_a_mistake(void **state)
{
    vg_registry *registry;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_registry_new(LOST_CATALOGS, &registry, &err), VGI_OK);
    assert_non_null(registry->mistakes);
    testing_text(registry->mistakes->text, "catalog c, schema main, table function lost: row_id names the column m, "
                                           "which its signature does not have");
    vg_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_one_token_a_part),
        TEST(no_parts_are_no_rows),
        TEST(the_callers_wish_reaches_the_callback),
        TEST(what_cannot_be_planned_is_refused),
        TEST(a_token_of_another_call_is_refused),
        TEST(a_changed_token_is_refused),
        cmocka_unit_test_setup_teardown(with_a_key_tokens_are_sealed, setup_sealed, testing_teardown),
        TEST(an_expired_plan_has_its_own_error),
        TEST(a_function_with_a_plan_says_so),
        TEST(a_row_id_is_marked),
        cmocka_unit_test(a_row_id_that_is_no_column_is_a_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
