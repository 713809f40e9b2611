/* Values that callers hold, sealed: what goes out opens for the one it was made for and where it was made for, and
 * everything else is refused with one sentence. The seal is a toy: a sum over key, scope and value. */
#include "worker/catalog_ops.h"
#include "worker/catalog_testing.h"
#include "worker/function_call.h"

enum { TOY_OVERHEAD = 1 + 8 }; /* a key's number and the sum */

static uint8_t newest_key = 1, oldest_key = 1;

static uint64_t sum(uint64_t so_far, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    so_far = (so_far ^ size) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < size; i++)
        so_far = (so_far ^ at[i]) * UINT64_C(0x100000001b3);
    return so_far;
}

static uint64_t sum_of(uint8_t key, const vgi_seal_scope *scope, const uint8_t *value, size_t size)
{
    uint64_t all = sum(key, &scope->kind, sizeof scope->kind);

    all = sum(all, &scope->caller.is_authenticated, sizeof(bool));
    all = sum(all, scope->caller.domain.data, scope->caller.domain.size);
    all = sum(all, scope->caller.principal.data, scope->caller.principal.size);
    all = sum(all, scope->bound.data, scope->bound.size);
    return sum(all, value, size);
}

static vgi_status toy_start(void **ret_keys, vgi_error *err)
{
    if (newest_key == 0)
        return VGI_END;
    if (newest_key > 9)
        return vgi_error_set(err, VGI_ERR_VALUE, "no such key");
    *ret_keys = &newest_key;
    return VGI_OK;
}

static void toy_stop(void *keys)
{
    assert_ptr_equal(keys, &newest_key);
}

static vgi_status toy_seal(const void *keys, const vgi_seal_scope *scope, vgi_bytes value, uint8_t *ret, vgi_error *err)
{
    uint64_t all = sum_of(newest_key, scope, value.data, value.size);

    (void)err;
    assert_ptr_equal(keys, &newest_key);
    ret[0] = newest_key;
    memcpy(ret + 1, &all, 8);
    memcpy(ret + TOY_OVERHEAD, value.data, value.size);
    return VGI_OK;
}

static vgi_status toy_open(const void *keys, const vgi_seal_scope *scope, vgi_bytes envelope, uint8_t *ret,
                           vgi_error *err)
{
    uint64_t all;

    assert_ptr_equal(keys, &newest_key);
    assert_true(envelope.size >= TOY_OVERHEAD);
    if (envelope.data[0] == 'M')
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory");
    if (envelope.data[0] < oldest_key || envelope.data[0] > newest_key)
        return vgi_error_set(err, VGI_ERR_VALUE, "a key that is no more");
    memcpy(&all, envelope.data + 1, 8);
    if (all != sum_of(envelope.data[0], scope, envelope.data + TOY_OVERHEAD, envelope.size - TOY_OVERHEAD))
        return vgi_error_set(err, VGI_ERR_VALUE, "forged");
    memcpy(ret, envelope.data + TOY_OVERHEAD, envelope.size - TOY_OVERHEAD);
    return VGI_OK;
}

static const vgi_seal TOY = {toy_start, toy_stop, TOY_OVERHEAD, toy_seal, toy_open};

/* ---- a catalog of callbacks that says what it is given ------------------------------------------ */

static vgi_bytes seen_attach, seen_transaction;

static vgi_status op_attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    (void)call;
    (void)asked;
    ret->attach_opaque_data = (vgi_bytes){(const uint8_t *)"password", 8};
    return VGI_OK;
}

static vgi_status op_transaction_begin(vgi_call *call, const vgi_catalog_transaction_begin_params *asked,
                                       vgi_transaction_begin_response *ret)
{
    (void)call;
    (void)asked;
    ret->transaction_opaque_data = (vgi_bytes){(const uint8_t *)"transaction 7", 13};
    return VGI_OK;
}

static vgi_status op_schema_get(vgi_call *call, const vgi_catalog_schema_get_params *asked, vgi_listing *ret)
{
    vgi_bytes same = vgi_call_transaction_opaque_data(call);

    seen_attach = asked->attach_opaque_data;
    seen_transaction = asked->transaction_opaque_data;
    assert_int_equal(same.size, seen_transaction.size);
    assert_ptr_equal(same.data, seen_transaction.data);
    vgi_add_schema(ret)->comment = vgi_str("found");
    return VGI_OK;
}

static vgi_status op_transaction_commit(vgi_call *call, const vgi_catalog_transaction_commit_params *asked)
{
    (void)call;
    seen_transaction = asked->transaction_opaque_data;
    return VGI_OK;
}

static const vgi_catalog_ops OPS = {
    .attach = op_attach,
    .schema_get = op_schema_get,
    .transaction_begin = op_transaction_begin,
    .transaction_commit = op_transaction_commit,
};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&TESTING_SERIES)};
static const vgi_catalog SHOP = {.name = "shop", .schemas = VGI_SCHEMAS(&MAIN), .ops = &OPS};

/* One whose transactions are libvgi's. */
static vgi_status kept_begin(vgi_call *call, void **ret_state)
{
    (void)call;
    *ret_state = &newest_key;
    return VGI_OK;
}

static vgi_status kept_commit(vgi_call *call, void *state)
{
    (void)call;
    assert_ptr_equal(state, &newest_key);
    return VGI_OK;
}

static void kept_rollback(void *user, void *state)
{
    (void)user;
    assert_ptr_equal(state, &newest_key);
}

static const vgi_transactions TRANSACTIONS = {.begin = kept_begin, .commit = kept_commit, .rollback = kept_rollback};
static const vgi_catalog KEPT = {.name = "kept", .schemas = VGI_SCHEMAS(&MAIN), .transactions = &TRANSACTIONS};

static int setup_with_key(void **state, uint8_t key)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, &KEPT, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS, .seal = &TOY};

    newest_key = key;
    oldest_key = key;
    return testing_setup_with(state, &OPTIONS);
}

static int setup(void **state)
{
    return setup_with_key(state, 1);
}

static int setup_without(void **state)
{
    return setup_with_key(state, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)
#define TEST_WITHOUT_KEY(test) cmocka_unit_test_setup_teardown(test, setup_without, testing_teardown)

static vgi_call *call_of(testing *t, const char *principal)
{
    vgi_call *call = testing_call(t, 0);

    if (principal)
        call->caller = (vgi_caller){true, vgi_str("jwt"), vgi_str(principal)};
    return call;
}

static vgi_bytes attach_as(testing *t, const char *principal)
{
    vgi_catalog_attach_request request = {.name = vgi_str("shop")};
    vgi_catalog_attach_result result = {0};

    testing_do(vg_handle_catalog_attach, call_of(t, principal), &request, &result);
    return result.attach_opaque_data;
}

/* catalog_transaction_begin as dispatch.c does it. */
static vgi_bytes begin_as(testing *t, const char *principal, vgi_bytes attach)
{
    vgi_catalog_transaction_begin_params params = {.attach_opaque_data = attach};
    vgi_transaction_begin_response response = {0};
    vgi_call *call = call_of(t, principal);
    bool answered;

    assert_int_equal(vg_ops_answer(call, VG_METHOD_catalog_transaction_begin,
                                   &vg_catalog_transaction_begin_params_record, &params, &response, &answered),
                     VGI_OK);
    assert_true(answered);
    assert_int_equal(vg_transaction_finish(call, &response.transaction_opaque_data), VGI_OK);
    return response.transaction_opaque_data;
}

static vgi_status get_schema(testing *t, const char *principal, vgi_bytes attach, vgi_bytes transaction)
{
    vgi_catalog_schema_get_params params = {
        .attach_opaque_data = attach, .path = testing_path(t, "main"), .transaction_opaque_data = transaction};
    vgi_schemas_response response = {0};
    vgi_schema_info info;
    bool answered;
    vgi_status status = vg_ops_answer(call_of(t, principal), VG_METHOD_catalog_schema_get,
                                      &vg_catalog_schema_get_params_record, &params, &response, &answered);

    if (status != VGI_OK)
        return status;
    testing_item(t, response.items, 0, &vg_schema_info_record, &info);
    assert_int_equal(info.attach_opaque_data.size, attach.size); /* as the caller holds it */
    assert_memory_equal(info.attach_opaque_data.data, attach.data, attach.size);
    return VGI_OK;
}

static void refuse(testing *t, const char *principal, vgi_bytes attach, vgi_bytes transaction, const char *sentence)
{
    assert_int_equal(get_schema(t, principal, attach, transaction), VGI_ERR_VALUE);
    assert_string_equal(t->call.error.message, sentence);
}

static void refuse_attach(testing *t, const char *principal, vgi_bytes attach)
{
    refuse(t, principal, attach, (vgi_bytes){0}, "attach_opaque_data not recognized");
}

static void refuse_transaction(testing *t, const char *principal, vgi_bytes attach, vgi_bytes transaction)
{
    refuse(t, principal, attach, transaction, "transaction_opaque_data not recognized");
}

static vgi_bytes copy_of(testing *t, vgi_bytes bytes)
{
    uint8_t *copy = vg_arena_alloc(&t->arena, bytes.size);

    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    return (vgi_bytes){copy, bytes.size};
}

/* ---- the tests --------------------------------------------------------------------------------------------------- */

static void callbacks_see_what_they_made(void **state)
{
    testing *t = *state;
    vgi_bytes attach = attach_as(t, "alice"), transaction = begin_as(t, "alice", attach);
    vgi_catalog_transaction_commit_params commit = {attach, transaction};
    bool answered;

    assert_int_equal(get_schema(t, "alice", attach, transaction), VGI_OK);
    assert_int_equal(seen_attach.size, 8);
    assert_memory_equal(seen_attach.data, "password", 8);
    assert_int_equal(seen_transaction.size, 13);
    assert_memory_equal(seen_transaction.data, "transaction 7", 13);
    assert_int_equal(get_schema(t, "alice", attach, (vgi_bytes){0}), VGI_OK);
    assert_null(seen_transaction.data);

    assert_int_equal(vg_ops_answer(call_of(t, "alice"), VG_METHOD_catalog_transaction_commit,
                                   &vg_catalog_transaction_commit_params_record, &commit, NULL, &answered),
                     VGI_OK);
    assert_memory_equal(seen_transaction.data, "transaction 7", 13);
}

/* Each as dispatch.c does it: what callbacks leave to libvgi has been opened already. */
static void kept_transactions_end(void **state)
{
    testing *t = *state;
    vgi_bytes attach = testing_attach(t, "kept");
    vgi_catalog_transaction_begin_params begin = {.attach_opaque_data = attach};
    vgi_transaction_begin_response begun = {0};
    vgi_catalog_transaction_commit_params commit = {.attach_opaque_data = attach};
    vgi_call *call = testing_call(t, 0);
    bool answered;

    assert_int_equal(vg_handle_catalog_transaction_begin(call, &begin, &begun), VGI_OK);
    assert_int_equal(vg_transaction_finish(call, &begun.transaction_opaque_data), VGI_OK);
    vg_call_end(call);
    for (int i = 0; i < 2; i++) {
        commit.attach_opaque_data = attach;
        commit.transaction_opaque_data = begun.transaction_opaque_data;
        call = testing_call(t, 0);
        assert_int_equal(vg_ops_answer(call, VG_METHOD_catalog_transaction_commit,
                                       &vg_catalog_transaction_commit_params_record, &commit, NULL, &answered),
                         VGI_OK);
        assert_false(answered);
        testing_do(vg_handle_catalog_transaction_commit, call, &commit, NULL);
        vg_call_end(call);
    }
}

static void functions_see_the_same(void **state)
{
    testing *t = *state;
    vgi_bytes attach = attach_as(t, NULL), seen;
    vgi_bind_request request = {.function_name = vgi_str("series"),
                                .function_type = VGI_FUNCTION_TYPE_TABLE,
                                .attach_opaque_data = attach,
                                .transaction_opaque_data = begin_as(t, NULL, attach)};
    vg_function_call *function;

    t->shop = attach;
    assert_int_equal(vg_function_call_decode(call_of(t, NULL), testing_bind_call(t, "series", 3), &function), VGI_OK);
    seen = vgi_call_attach_opaque_data(&t->call);
    assert_memory_equal(seen.data, "password", 8);
    assert_null(vgi_call_transaction_opaque_data(&t->call).data);

    (void)vg_function_call_resolve(call_of(t, NULL), &request, &function); /* it lacks an argument */
    seen = vgi_call_transaction_opaque_data(&t->call);
    assert_int_equal(seen.size, 13);
    assert_memory_equal(seen.data, "transaction 7", 13);
    assert_int_equal(vg_function_call_resolve(call_of(t, "bob"), &request, &function), VGI_ERR_VALUE);
    assert_string_equal(t->call.error.message, "attach_opaque_data not recognized");
}

static void every_changed_byte_is_refused(void **state)
{
    testing *t = *state;
    vgi_bytes attach = attach_as(t, NULL), transaction = begin_as(t, NULL, attach);

    for (size_t i = 0; i < attach.size; i++) {
        vgi_bytes forged = copy_of(t, attach);

        ((uint8_t *)(uintptr_t)forged.data)[i] ^= 0x80;
        refuse_attach(t, NULL, forged);
        refuse_attach(t, NULL, (vgi_bytes){attach.data, i});
    }
    for (size_t i = 0; i < transaction.size; i++) {
        vgi_bytes forged = copy_of(t, transaction);

        ((uint8_t *)(uintptr_t)forged.data)[i] ^= 0x80;
        refuse_transaction(t, NULL, attach, forged);
        refuse_transaction(t, NULL, attach, (vgi_bytes){transaction.data, i});
    }
}

static void another_caller_is_refused(void **state)
{
    static const char *const CALLERS[] = {NULL, "", "alice", "bob"};
    testing *t = *state;

    for (size_t i = 0; i < 4; i++) {
        vgi_bytes attach = attach_as(t, CALLERS[i]), transaction = begin_as(t, CALLERS[i], attach);

        for (size_t k = 0; k < 4; k++) {
            if (k != i)
                refuse_attach(t, CALLERS[k], attach);
            if (k != i)
                refuse_transaction(t, CALLERS[k], attach_as(t, CALLERS[k]), transaction);
        }
        assert_int_equal(get_schema(t, CALLERS[i], attach, transaction), VGI_OK);
    }
}

static void another_attachment_is_refused(void **state)
{
    testing *t = *state;
    vgi_bytes one = attach_as(t, NULL), two = attach_as(t, NULL), transaction = begin_as(t, NULL, one);

    refuse_transaction(t, NULL, two, transaction);
    refuse_transaction(t, NULL, one, one);
    refuse_attach(t, NULL, transaction);
    assert_int_equal(get_schema(t, NULL, one, transaction), VGI_OK);
    assert_int_equal(get_schema(t, NULL, two, begin_as(t, NULL, two)), VGI_OK);
}

/* What was given to a worker without a key, and the other way round. */
static void what_is_not_sealed_is_refused(void **state)
{
    testing *t = *state;
    vgi_bytes attach = attach_as(t, NULL), inside = {attach.data + TOY_OVERHEAD, attach.size - TOY_OVERHEAD};

    refuse_attach(t, NULL, inside);
    refuse_attach(t, NULL, (vgi_bytes){0}); /* who attaches may be refused, so nobody gets by without */
    refuse_transaction(t, NULL, attach, (vgi_bytes){(const uint8_t *)"transaction 7", 13});
}

static void without_a_key_sealed_values_are_refused(void **state)
{
    testing *t = *state;
    vgi_bytes attach = attach_as(t, NULL), transaction = begin_as(t, NULL, attach);
    uint8_t sealed[256] = {1};

    assert_int_equal(attach.data[0], 3); /* attachment.c's own version: in the clear */
    assert_int_equal(transaction.size, 13);
    assert_int_equal(get_schema(t, "alice", attach, transaction), VGI_OK);
    memcpy(sealed + TOY_OVERHEAD, attach.data, attach.size);
    refuse_attach(t, NULL, (vgi_bytes){sealed, attach.size + TOY_OVERHEAD});
}

static void keys_change_in_two_steps(void **state)
{
    testing *t = *state;
    vgi_bytes before = attach_as(t, NULL), transaction = begin_as(t, NULL, before), after;

    newest_key = 2; /* it seals, and the one before it still opens */
    after = attach_as(t, NULL);
    assert_int_equal(after.data[0], 2);
    assert_int_equal(get_schema(t, NULL, before, transaction), VGI_OK);
    assert_int_equal(get_schema(t, NULL, before, begin_as(t, NULL, before)), VGI_OK);
    oldest_key = 2;
    refuse_attach(t, NULL, before);
    refuse_transaction(t, NULL, after, transaction);
    assert_int_equal(get_schema(t, NULL, after, begin_as(t, NULL, after)), VGI_OK);
}

static void other_failures_keep_their_sentence(void **state)
{
    testing *t = *state;
    uint8_t asks_for_memory[64] = {'M'};

    assert_int_equal(get_schema(t, NULL, (vgi_bytes){asks_for_memory, 64}, (vgi_bytes){0}), VGI_ERR_MEMORY);
    assert_string_equal(t->call.error.message, "no memory");
}

static void declared_catalogs_are_sealed_as_well(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&TESTING_SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS, .seal = &TOY};
    testing *t;
    vgi_catalog_version_params params;
    vgi_catalog_version_response response;

    (void)state;
    newest_key = oldest_key = 3;
    t = testing_start(&OPTIONS);
    params.attach_opaque_data = testing_attach(t, "shop");
    assert_int_equal(params.attach_opaque_data.data[0], 3);
    testing_do(vg_handle_catalog_version, testing_call(t, 0), &params, &response);
    ((uint8_t *)(uintptr_t)params.attach_opaque_data.data)[20] ^= 1;
    testing_refuse(vg_handle_catalog_version, testing_call(t, 0), &params, &response, VGI_ERR_VALUE,
                   "attach_opaque_data not recognized");
    params.attach_opaque_data = (vgi_bytes){0}; /* it attaches whoever asks: there is nothing to forge */
    testing_do(vg_handle_catalog_version, testing_call(t, 0), &params, &response);
    vg_worker_free(t->worker);
    vg_arena_done(&t->arena);
}

static void a_bad_key_ends_the_worker(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS, .seal = &TOY};
    vg_worker *worker;
    vgi_error err = {0};

    (void)state;
    newest_key = 10;
    assert_int_equal(vg_worker_new(VGI_API_VERSION, &OPTIONS, &worker, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "no such key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(callbacks_see_what_they_made),
        TEST(kept_transactions_end),
        TEST(functions_see_the_same),
        TEST(every_changed_byte_is_refused),
        TEST(another_caller_is_refused),
        TEST(another_attachment_is_refused),
        TEST(what_is_not_sealed_is_refused),
        TEST_WITHOUT_KEY(without_a_key_sealed_values_are_refused),
        TEST(keys_change_in_two_steps),
        TEST(other_failures_keep_their_sentence),
        cmocka_unit_test(declared_catalogs_are_sealed_as_well),
        cmocka_unit_test(a_bad_key_ends_the_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
