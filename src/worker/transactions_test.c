/* Transactions in one process: when they begin, what a change outside of one does, how often they may end, who waits
 * for whom. Calls go the way of dispatch.c, with requests as structs. */
#include "worker/transactions.h"

#include <pthread.h>

#include "worker/catalog_ops.h"
#include "worker/catalog_testing.h"

/* ---- a catalog whose state counts -------------------------------------------------------------------------------- */

typedef struct counts {
    int begun, committed, rolled_back, changes, states;
    bool fails_begin, fails_commit, fails_change;
} counts;

static counts COUNTS;

static vgi_status count_begin(vgi_call *call, void **ret_state)
{
    if (COUNTS.fails_begin)
        return vgi_fail(call, VGI_ERR_IO, "the disk is full");
    COUNTS.begun++;
    *ret_state = &COUNTS;
    return VGI_OK;
}

static vgi_status count_commit(vgi_call *call, void *state)
{
    assert_ptr_equal(state, &COUNTS);
    if (COUNTS.fails_commit)
        return vgi_fail(call, VGI_ERR_VALUE, "a row refers to nothing");
    COUNTS.committed++;
    return VGI_OK;
}

static void count_rollback(void *user, void *state)
{
    assert_null(user);
    assert_ptr_equal(state, &COUNTS);
    COUNTS.rolled_back++;
}

static vgi_status drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    (void)asked;
    assert_ptr_equal(vgi_call_transaction(call), &COUNTS);
    if (COUNTS.fails_change)
        return vgi_fail(call, VGI_ERR_VALUE, "no");
    COUNTS.changes++;
    return VGI_OK;
}

static vgi_status get(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    (void)asked;
    (void)ret;
    COUNTS.states += vgi_call_transaction(call) != NULL;
    return VGI_OK;
}

static const vgi_catalog_ops OPS = {.table_drop = drop, .table_get = get};
static const vgi_transactions KEPT = {
    .begin = count_begin, .commit = count_commit, .rollback = count_rollback, .wait_ms = 1, .idle_ms = 1000000};
static const vgi_transactions HASTY = {
    .begin = count_begin, .commit = count_commit, .rollback = count_rollback, .wait_ms = 60000, .idle_ms = 1};
static const vgi_catalog SHOP = {
    .name = "shop", .schemas = VGI_SCHEMAS(&TESTING_MAIN), .ops = &OPS, .transactions = &KEPT};
static const vgi_catalog FAST = {
    .name = "fast", .schemas = VGI_SCHEMAS(&TESTING_MAIN), .ops = &OPS, .transactions = &HASTY};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, &FAST, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    COUNTS = (counts){0};
    return testing_setup_with(state, &OPTIONS);
}

/* ---- what callers do --------------------------------------------------------------------------------------------- */

static vgi_bytes begin(testing *t, vgi_bytes attachment)
{
    vgi_catalog_transaction_begin_params params = {.attach_opaque_data = attachment};
    vgi_transaction_begin_response response = {0};

    testing_do(vg_handle_catalog_transaction_begin, testing_call(t, 0), &params, &response);
    return response.transaction_opaque_data;
}

static vgi_status ask(testing *t, vg_method_index method, const vg_record *record, void *request)
{
    vgi_call *call = testing_call(t, 0);
    vgi_tables_response response = {0};
    bool answered;
    vgi_status status = vg_ops_answer(call, method, record, request, &response, &answered);

    status = vg_transaction_leave(call, status);
    vg_call_end(call);
    return status;
}

static vgi_status change(testing *t, vgi_bytes attachment, vgi_bytes transaction)
{
    vgi_catalog_table_drop_params request = {.attach_opaque_data = attachment,
                                             .schema_path = testing_path(t, "main"),
                                             .name = vgi_str("t"),
                                             .transaction_opaque_data = transaction};

    return ask(t, VG_METHOD_catalog_table_drop, &vg_catalog_table_drop_params_record, &request);
}

static vgi_status look(testing *t, vgi_bytes attachment, vgi_bytes transaction)
{
    vgi_catalog_table_get_params request = {.attach_opaque_data = attachment,
                                            .schema_path = testing_path(t, "main"),
                                            .name = vgi_str("t"),
                                            .transaction_opaque_data = transaction};

    return ask(t, VG_METHOD_catalog_table_get, &vg_catalog_table_get_params_record, &request);
}

static vgi_status commit(testing *t, vgi_bytes attachment, vgi_bytes transaction)
{
    vgi_catalog_transaction_commit_params params = {attachment, transaction};

    return vg_handle_catalog_transaction_commit(testing_call(t, 0), &params, NULL);
}

static vgi_status roll_back(testing *t, vgi_bytes attachment, vgi_bytes transaction)
{
    vgi_catalog_transaction_rollback_params params = {attachment, transaction};

    return vg_handle_catalog_transaction_rollback(testing_call(t, 0), &params, NULL);
}

/* Commit and rollback go past vg_ops_answer, to their handlers. */
static void test_handlers_answer(void **state)
{
    testing *t = *state;
    vgi_catalog_transaction_commit_params params = {t->shop, begin(t, t->shop)};
    vgi_call *call = testing_call(t, 0);
    bool answered = true;

    assert_int_equal(vg_ops_answer(call, VG_METHOD_catalog_transaction_commit,
                                   &vg_catalog_transaction_commit_params_record, &params, NULL, &answered),
                     VGI_OK);
    assert_false(answered);
    vg_call_end(call);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void test_supported(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request request = {.name = vgi_str("shop")};
    vgi_catalog_attach_result result = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &request, &result);
    assert_true(result.supports_transactions);
}

static void test_begins_with_the_first_change(void **state)
{
    testing *t = *state;
    vgi_bytes id = begin(t, t->shop);

    assert_int_equal(look(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.begun + COUNTS.states, 0);
    assert_int_equal(change(t, t->shop, id), VGI_OK);
    assert_int_equal(change(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.begun, 1);
    assert_int_equal(COUNTS.changes, 2);
    assert_int_equal(look(t, t->shop, id), VGI_OK);
    assert_int_equal(look(t, t->shop, begin(t, t->shop)), VGI_OK);
    assert_int_equal(COUNTS.states, 1);
    assert_int_equal(commit(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.committed, 1);
}

static void test_without_changes(void **state)
{
    testing *t = *state;
    vgi_bytes id = begin(t, t->shop);

    assert_int_equal(commit(t, t->shop, id), VGI_OK);
    assert_int_equal(commit(t, t->shop, id), VGI_OK);
    assert_int_equal(roll_back(t, t->shop, begin(t, t->shop)), VGI_OK);
    assert_int_equal(COUNTS.begun + COUNTS.committed + COUNTS.rolled_back, 0);
}

static void test_ends_repeat(void **state)
{
    testing *t = *state;
    vgi_bytes first = begin(t, t->shop), second = begin(t, t->shop);

    assert_int_equal(change(t, t->shop, first), VGI_OK);
    assert_int_equal(commit(t, t->shop, first), VGI_OK);
    assert_int_equal(commit(t, t->shop, first), VGI_OK);
    assert_int_equal(roll_back(t, t->shop, first), VGI_ERR_RUNTIME);
    assert_string_equal(t->call.error.message, "the transaction was committed already");
    assert_string_equal(t->call.error.exception, "TransactionError");
    assert_int_equal(change(t, t->shop, first), VGI_ERR_RUNTIME);
    assert_int_equal(change(t, t->shop, second), VGI_OK);
    assert_int_equal(roll_back(t, t->shop, second), VGI_OK);
    assert_int_equal(roll_back(t, t->shop, second), VGI_OK);
    assert_int_equal(commit(t, t->shop, second), VGI_ERR_RUNTIME);
    assert_string_equal(t->call.error.message, "the transaction was rolled back already");
    assert_int_equal(look(t, t->shop, second), VGI_ERR_RUNTIME);
    assert_int_equal(COUNTS.committed, 1);
    assert_int_equal(COUNTS.rolled_back, 1);
}

static void test_failed_commit(void **state)
{
    testing *t = *state;
    vgi_bytes id = begin(t, t->shop);

    COUNTS.fails_commit = true;
    assert_int_equal(change(t, t->shop, id), VGI_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(commit(t, t->shop, id), VGI_ERR_VALUE);
        assert_string_equal(t->call.error.message, "a row refers to nothing");
    }
    assert_int_equal(roll_back(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.rolled_back, 0);
    assert_int_equal(change(t, t->shop, id), VGI_ERR_RUNTIME);
    assert_string_equal(t->call.error.message,
                        "the transaction was rolled back: its commit failed: a row refers to nothing");
}

static void test_failed_begin(void **state)
{
    testing *t = *state;
    vgi_bytes id = begin(t, t->shop);

    COUNTS.fails_begin = true;
    assert_int_equal(change(t, t->shop, id), VGI_ERR_IO);
    COUNTS.fails_begin = false;
    assert_int_equal(change(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.begun, 1);
}

static void test_change_of_its_own(void **state)
{
    testing *t = *state;

    assert_int_equal(change(t, t->shop, (vgi_bytes){0}), VGI_OK);
    assert_int_equal(COUNTS.committed, 1);
    COUNTS.fails_change = true;
    assert_int_equal(change(t, t->shop, (vgi_bytes){0}), VGI_ERR_VALUE);
    assert_string_equal(t->call.error.message, "no");
    assert_int_equal(COUNTS.rolled_back, 1);
    COUNTS.fails_change = false;
    COUNTS.fails_commit = true;
    assert_int_equal(change(t, t->shop, (vgi_bytes){0}), VGI_ERR_VALUE);
    assert_string_equal(t->call.error.message, "a row refers to nothing");
    assert_int_equal(COUNTS.committed + COUNTS.rolled_back, 2);
}

static void test_unknown_ids(void **state)
{
    testing *t = *state;
    vgi_bytes other = testing_attach(t, "shop"), id = begin(t, t->shop), cut = {id.data, id.size - 1};
    uint8_t *forged = vg_arena_alloc(&t->arena, id.size);
    vgi_bytes wrong[] = {begin(t, other), cut, {forged, id.size}, {(const uint8_t *)"", 0}};

    memcpy(forged, id.data, id.size);
    forged[5] ^= 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(commit(t, t->shop, wrong[i]), VGI_ERR_VALUE);
        assert_string_equal(t->call.error.message, "transaction_opaque_data not recognized");
        assert_int_equal(roll_back(t, t->shop, wrong[i]), VGI_ERR_VALUE);
        if (wrong[i].size > 0)
            assert_int_equal(change(t, t->shop, wrong[i]), VGI_ERR_VALUE);
    }
    assert_int_equal(COUNTS.begun, 0);
}

/* An attachment that says it is one to another catalog, and that catalog has transactions, too: its callbacks must not
 * get a state that they have not made. */
static void test_another_catalog(void **state)
{
    testing *t = *state;
    vgi_bytes id = begin(t, t->shop), forged = {vg_arena_alloc(&t->arena, t->shop.size), t->shop.size};

    memcpy((uint8_t *)(uintptr_t)forged.data, t->shop.data, forged.size);
    for (size_t i = 0; i + 4 <= forged.size; i++)
        if (memcmp(forged.data + i, "shop", 4) == 0)
            memcpy((uint8_t *)(uintptr_t)forged.data + i, "fast", 4);
    assert_int_equal(change(t, t->shop, id), VGI_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(i == 0   ? change(t, forged, id)
                         : i == 1 ? look(t, forged, id)
                         : i == 2 ? commit(t, forged, id)
                                  : roll_back(t, forged, id),
                         VGI_ERR_VALUE);
        assert_string_equal(t->call.error.message, "transaction_opaque_data not recognized");
    }
    assert_int_equal(commit(t, t->shop, id), VGI_OK);
    assert_int_equal(COUNTS.committed, 1);
    assert_int_equal(COUNTS.changes, 1);
}

static void test_second_writer(void **state)
{
    testing *t = *state;
    vgi_bytes first = begin(t, t->shop), second = begin(t, t->shop);

    assert_int_equal(change(t, t->shop, first), VGI_OK);
    assert_int_equal(change(t, t->shop, second), VGI_ERR_RUNTIME);
    assert_non_null(strstr(t->call.error.message, "another transaction has been writing to this catalog since 2"));
    assert_non_null(strstr(t->call.error.message, " UTC, for "));
    assert_int_equal(look(t, t->shop, second), VGI_OK);
    assert_int_equal(roll_back(t, t->shop, first), VGI_OK);
    assert_int_equal(change(t, t->shop, second), VGI_OK);
}

static void test_idle_writer(void **state)
{
    testing *t = *state;
    vgi_bytes fast = testing_attach(t, "fast"), first = begin(t, fast), second = begin(t, fast);

    assert_int_equal(change(t, fast, first), VGI_OK);
    assert_int_equal(change(t, fast, second), VGI_OK);
    assert_int_equal(COUNTS.rolled_back, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(i ? commit(t, fast, first) : change(t, fast, first), VGI_ERR_RUNTIME);
        assert_string_equal(t->call.error.message, "the transaction was rolled back: it rested for more than 0.001 "
                                                   "seconds while another one waited to write");
    }
    assert_int_equal(roll_back(t, fast, first), VGI_OK);
    assert_int_equal(commit(t, fast, second), VGI_OK);
}

/* An attachment to `of` with other data, which is another database. */
static vgi_bytes made_up(testing *t, vgi_bytes of, int number)
{
    vgi_bytes ret = {vg_arena_alloc(&t->arena, of.size + sizeof number), of.size + sizeof number};

    memcpy((uint8_t *)(uintptr_t)ret.data, of.data, of.size);
    memcpy((uint8_t *)(uintptr_t)ret.data + of.size, &number, sizeof number);
    return ret;
}

/* As many databases as a caller likes to make up: their states do not fill the process. */
static void test_many_databases(void **state)
{
    testing *t = *state;

    for (int i = 0; i < 300; i++) {
        vgi_bytes database = made_up(t, t->shop, i);
        assert_int_equal(change(t, database, begin(t, database)), i < 256 ? VGI_OK : VGI_ERR_RUNTIME);
    }
    assert_string_equal(t->call.error.message,
                        "256 transactions of other databases are being written; try again when one has ended");
    assert_int_equal(COUNTS.begun - COUNTS.rolled_back, 256);
}

/* Those that rest make room. */
static void test_many_hasty_databases(void **state)
{
    testing *t = *state;
    vgi_bytes fast = testing_attach(t, "fast");

    for (int i = 0; i < 300; i++) {
        vgi_bytes database = made_up(t, fast, i);
        assert_int_equal(change(t, database, begin(t, database)), VGI_OK);
    }
    assert_int_equal(COUNTS.begun, 300);
    assert_int_equal(COUNTS.rolled_back, 44);
}

/* More ends than are remembered: the oldest is forgotten, and looks like one that changed nothing. */
static void test_many_ends(void **state)
{
    testing *t = *state;

    for (int i = 0; i < 300; i++) {
        vgi_bytes id = begin(t, t->shop);

        assert_int_equal(change(t, t->shop, id), VGI_OK);
        assert_int_equal(commit(t, t->shop, id), VGI_OK);
        assert_int_equal(commit(t, t->shop, id), VGI_OK);
    }
    assert_int_equal(COUNTS.committed, 300);
}

/* The worker ends: what is open is rolled back. */
static int teardown_open(void **state)
{
    int status = testing_teardown(state);

    assert_int_equal(COUNTS.rolled_back, 1);
    return status;
}

static void test_left_open(void **state)
{
    testing *t = *state;

    assert_int_equal(change(t, t->shop, begin(t, t->shop)), VGI_OK);
}

static const vgi_transactions LACKING = {.begin = count_begin, .idle_ms = -1};
static const vgi_catalog BROKEN = {.name = "broken", .schemas = VGI_SCHEMAS(&TESTING_MAIN), .transactions = &LACKING};

static void test_mistakes(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&BROKEN, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};
    vg_worker *worker;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_worker_new(VGI_API_VERSION, &OPTIONS, &worker, &err), VGI_OK);
    testing_text(vg_worker_mistakes(worker)->text, "catalog broken: its transactions lack begin, commit or rollback");
    testing_text(vg_worker_mistakes(worker)->next->text,
                 "catalog broken: wait_ms or idle_ms of its transactions is negative");
    vg_worker_free(worker);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_supported),
        TEST(test_handlers_answer),
        TEST(test_begins_with_the_first_change),
        TEST(test_without_changes),
        TEST(test_ends_repeat),
        TEST(test_failed_commit),
        TEST(test_failed_begin),
        TEST(test_change_of_its_own),
        TEST(test_unknown_ids),
        TEST(test_another_catalog),
        TEST(test_second_writer),
        TEST(test_idle_writer),
        TEST(test_many_databases),
        TEST(test_many_hasty_databases),
        TEST(test_many_ends),
        cmocka_unit_test_setup_teardown(test_left_open, setup, teardown_open),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}
