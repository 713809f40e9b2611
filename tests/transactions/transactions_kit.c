/* Transactions over several worker processes (docs/catalog.md, "Transactions"): transactions_kit LEDGER
 *
 * Each front is a client with a worker process of its own; all belong to one attachment, so that the calls of one
 * transaction reach different processes, as an engine's do. Whatever must happen at a certain point is held there by a
 * file (ledger.c): nothing depends on how fast anything is. `transactions_kit engine LOCATION` is a process that begins
 * a transaction, changes something, says so, and waits to be killed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kit.h"

static const char *LEDGER, *SELF;

/* ---- fronts ------------------------------------------------------------------------------------------------------ */

static void keep_log(void *user, const vgi_client_log *log)
{
    kit *k = user;

    snprintf(k->log, sizeof k->log, "%.*s", (int)log->message.size, log->message.data);
}

static void check(kit *k, vgi_status status)
{
    if (status != VGI_OK)
        fail_msg("%s: %s", k->err.exception, k->err.message);
}

#define OK(call) check(k, (vgi_error_clear(&k->err), (call)))
#define FAILS(call, sentence)                                                                                          \
    do {                                                                                                               \
        vgi_error_clear(&k->err);                                                                                      \
        assert_int_not_equal((call), VGI_OK);                                                                          \
        if (!strstr(k->err.message, (sentence)))                                                                       \
            fail_msg("'%s' has no '%s'", k->err.message, (sentence));                                                  \
    } while (0)

static front *add_front(kit *k)
{
    const vgi_client_options options = {.timeout_ms = PATIENCE_MS, .log = keep_log, .user = k};
    front *made = &k->fronts[k->n_fronts++];

    assert_true(k->n_fronts <= MAX_FRONTS);
    OK(vgi_client_open(k->location, &options, &made->client, &k->err));
    return made;
}

static vgi_attachment *attach(kit *k)
{
    front *made = add_front(k);

    OK(vgi_client_attach(made->client, "ledger", NULL, &made->attachment, &k->err));
    return made->attachment;
}

/* The same attachment, and the transaction that is open in it, in another process. */
static vgi_attachment *elsewhere(kit *k, const vgi_attachment *attachment)
{
    front *made = add_front(k);

    OK(vgi_attachment_over(attachment, made->client, &made->attachment, &k->err));
    return made->attachment;
}

static void kill_worker(vgi_attachment *attachment)
{
    pid_t worker = (pid_t)vgi_client_worker_pid(vgi_attachment_client(attachment));

    assert_true(worker > 0);
    (void)kill(-worker, SIGKILL);
    (void)kill(worker, SIGKILL);
}

static vgi_status create_raw(kit *k, vgi_attachment *in, const char *name, vgi_bytes id)
{
    const vgi_arrow_schema *schema;
    vgi_table_create_request request = {.schema_path = VGI_PATH("main"), .name = vgi_str(name)};

    check(k, vgi_columns_parse(k->result, "v BIGINT", &schema, &k->err));
    check(k, vgi_schema_encode(k->result, schema, &request.columns, &k->err));
    request.on_conflict = VGI_ON_CONFLICT_ERROR;
    request.transaction_opaque_data = id;
    return vgi_client_catalog_table_create(in, &request, k->result, &k->err);
}

static vgi_status create(kit *k, vgi_attachment *in, const char *name)
{
    return create_raw(k, in, name, (vgi_bytes){0});
}

static vgi_status drop(kit *k, vgi_attachment *in, const char *name)
{
    const vgi_catalog_table_drop_params params = {.schema_path = VGI_PATH("main"), .name = vgi_str(name)};

    return vgi_client_catalog_table_drop(in, &params, k->result, &k->err);
}

static vgi_status list(kit *k, vgi_attachment *in, int *ret)
{
    const vgi_catalog_schema_contents_tables_params params = {.path = VGI_PATH("main")};
    vgi_table_info_list tables = {0};
    vgi_status status = vgi_client_catalog_schema_contents_tables(in, &params, k->result, &tables, &k->err);

    *ret = (int)tables.count;
    return status;
}

static int n_tables(kit *k, vgi_attachment *in)
{
    int n;

    OK(list(k, in, &n));
    return n;
}

static vgi_status commit_raw(kit *k, vgi_attachment *in, vgi_bytes id)
{
    const vgi_catalog_transaction_commit_params params = {.transaction_opaque_data = id};

    return vgi_client_catalog_transaction_commit(in, &params, NULL, &k->err);
}

static vgi_status rollback_raw(kit *k, vgi_attachment *in, vgi_bytes id)
{
    const vgi_catalog_transaction_rollback_params params = {.transaction_opaque_data = id};

    return vgi_client_catalog_transaction_rollback(in, &params, NULL, &k->err);
}

/* The sum of what a scan gives. */
static int64_t scan(kit *k, vgi_attachment *in, const char *name)
{
    vgi_string part = VGI_STR("main");
    const vgi_string_list path = {&part, 1, true};
    const vgi_batch *batch;
    int64_t sum = 0;
    vgi_run *run;
    vgi_status status;

    OK(vgi_table_open(in, path, name, NULL, &run, &k->err));
    while ((status = vgi_run_next(run, &batch, &k->err)) == VGI_OK)
        for (int64_t i = 0; i < batch->rows; i++)
            sum += vgi_i64(batch, 0)[i];
    vgi_run_free(run);
    assert_int_equal(status, VGI_END);
    return sum;
}

/* A stream of `append`, as INSERT opens it. */
static void open_insert(kit *k, vgi_attachment *in, const char *name, vgi_run **ret)
{
    const vgi_value argument = {.type = "VARCHAR", .text = name};
    vgi_function_call call = {
        .schema_path = VGI_PATH("main"), .name = "append", .arguments = &argument, .n_arguments = 1};

    OK(vgi_columns_parse(k->result, "v BIGINT", &call.input_schema, &k->err));
    OK(vgi_function_open(in, &call, ret, &k->err));
}

static vgi_status send(kit *k, vgi_run *run, int64_t value, const vgi_batch **ret)
{
    const vgi_arrow_schema *schema;
    vgi_array column = {.length = 1, .buffers = {&value}};
    vgi_batch batch = {.rows = 1, .n_columns = 1, .columns = &column};

    check(k, vgi_columns_parse(k->result, "v BIGINT", &schema, &k->err));
    column.field = schema->fields[0];
    batch.schema = schema;
    return vgi_run_exchange(run, &batch, ret, &k->err);
}

static void insert(kit *k, vgi_attachment *in, const char *name, int64_t value)
{
    const vgi_batch *answer;
    vgi_run *run;

    open_insert(k, in, name, &run);
    OK(send(k, run, value, &answer));
    assert_int_equal(vgi_i64(answer, 0)[0], 1);
    OK(vgi_run_close(run, &k->err));
    vgi_run_free(run);
}

static int64_t version(kit *k, vgi_attachment *in)
{
    const vgi_catalog_version_response *response;

    OK(vgi_client_catalog_version(in, NULL, k->result, &response, &k->err));
    return response->version;
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static kit *start(const char *words)
{
    kit *k = calloc(1, sizeof *k);

    assert_non_null(k);
    snprintf(k->folder, sizeof k->folder, "/tmp/vgi-kit-XXXXXX");
    assert_non_null(mkdtemp(k->folder));
    setenv("XDG_RUNTIME_DIR", k->folder, 1);
    snprintf(k->path, sizeof k->path, "%s/ledger", k->folder);
    snprintf(k->location, sizeof k->location, "'%s' '%s' %s", LEDGER, k->path, words);
    assert_int_equal(vgi_result_new(&k->result, NULL), VGI_OK);
    return k;
}

static int setup(void **state)
{
    *state = start("");
    return 0;
}

static int setup_hurried(void **state)
{
    *state = start("--wait-ms 1");
    return 0;
}

static int setup_idle(void **state)
{
    *state = start("--wait-ms 60000 --idle-ms 1");
    return 0;
}

static int teardown(void **state)
{
    kit *k = *state;
    pid_t owner = owner_of(k);
    char command[PATH_BYTES];

    for (int i = 0; i < k->n_fronts; i++) {
        vgi_attachment_free(k->fronts[i].attachment);
        vgi_client_close(k->fronts[i].client);
    }
    if (owner > 0 && kill(owner, SIGTERM) == 0)
        await_end(owner);
    vgi_result_free(k->result);
    snprintf(command, sizeof command, "rm -rf '%s'", k->folder);
    assert_int_equal(system(command), 0);
    free(k);
    return 0;
}

/* The id of the transaction that is open in an attachment: asked for by the method itself. */
static vgi_bytes begin_raw(kit *k, vgi_attachment *in)
{
    const vgi_transaction_begin_response *response;

    OK(vgi_client_catalog_transaction_begin(in, NULL, k->result, &response, &k->err));
    return response->transaction_opaque_data;
}

/* ---- over processes ---------------------------------------------------------------------------------------------- */

static void test_spans_processes(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *outside = attach(k), *b, *c, *d;

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    c = elsewhere(k, a);
    d = elsewhere(k, a);
    assert_int_equal(n_tables(k, b), 0);
    OK(create(k, b, "t"));
    assert_string_equal(k->log, "made t");
    insert(k, c, "t", 40);
    insert(k, a, "t", 2);
    assert_int_equal(n_tables(k, d), 1);
    assert_int_equal(scan(k, d, "t"), 42);
    assert_int_equal(n_tables(k, outside), 0);
    FAILS(create(k, b, "t"), "there is a table t");
    assert_string_equal(k->err.exception, "ValueError");
    FAILS(drop(k, c, "u"), "there is no table u");
    assert_string_equal(k->err.exception, "KeyError");
    OK(vgi_attachment_commit(c, &k->err));
    assert_int_equal(n_tables(k, outside), 1);
    assert_int_equal(scan(k, outside, "t"), 42);
    assert_int_equal(count_traced(k, "begin"), 1);
}

static void test_reads_start_nothing(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k);

    OK(vgi_attachment_begin(a, &k->err));
    assert_int_equal(n_tables(k, a), 0);
    OK(vgi_attachment_commit(a, &k->err));
    OK(vgi_attachment_begin(a, &k->err));
    OK(vgi_attachment_rollback(a, &k->err));
    assert_int_equal(owner_of(k), 0);
}

static void test_ends_twice(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b = elsewhere(k, a);
    vgi_bytes first = begin_raw(k, a), second = begin_raw(k, b);

    OK(create_raw(k, a, "t", first));
    OK(commit_raw(k, a, first));
    OK(commit_raw(k, b, first));
    FAILS(rollback_raw(k, a, first), "the transaction was committed already");
    FAILS(create_raw(k, a, "u", first), "the transaction was committed already");
    OK(create_raw(k, a, "u", second));
    OK(rollback_raw(k, b, second));
    OK(rollback_raw(k, a, second));
    FAILS(commit_raw(k, b, second), "the transaction was rolled back already");
    FAILS(commit_raw(k, b, (vgi_bytes){(const uint8_t *)"nonsense", 8}), "transaction_opaque_data not recognized");
    assert_int_equal(count_traced(k, "commit"), 1);
    assert_int_equal(count_traced(k, "rollback"), 1);
}

static void test_failed_commit(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b, *c;

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    c = elsewhere(k, a);
    OK(create(k, a, "unwanted"));
    FAILS(vgi_attachment_commit(a, &k->err), "no ledger has a table of that name");
    FAILS(vgi_attachment_commit(b, &k->err), "no ledger has a table of that name");
    OK(vgi_attachment_rollback(c, &k->err));
    assert_int_equal(n_tables(k, a), 0);
    assert_int_equal(count_traced(k, "commit failed"), 1);
}

static void test_outside_of_any(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k);
    const vgi_batch *answer;
    vgi_run *run;

    OK(create(k, a, "t"));
    insert(k, a, "t", 5);
    assert_int_equal(count_traced(k, "commit"), 2);
    open_insert(k, a, "t", &run);
    OK(send(k, run, 7, &answer));
    FAILS(send(k, run, -1, &answer), "a ledger has no debts");
    vgi_run_free(run);
    await_trace(k, "rollback", 1);
    assert_int_equal(scan(k, a, "t"), 5);
}

static void test_version_rises(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b;
    int64_t before = version(k, a), changed, rolled_back;

    assert_int_equal(version(k, a), before);
    assert_int_equal(vgi_attachment_info(a)->catalog_version, before);
    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    OK(create(k, a, "t"));
    changed = version(k, b);
    assert_true(changed > before);
    insert(k, a, "t", 1);
    assert_int_equal(version(k, a), changed);
    OK(vgi_attachment_rollback(b, &k->err));
    rolled_back = version(k, a);
    assert_true(rolled_back > changed);
    assert_int_equal(version(k, b), rolled_back);
}

/* ---- deaths ------------------------------------------------------------------------------------------------------ */

/* A call on a thread of its own, which somebody else ends. */
typedef struct lonely {
    kit *k;
    vgi_attachment *in;
    bool commits;
    vgi_bytes columns;
    vgi_status status;
    vgi_error err;
    vgi_result *result;
    pthread_t thread;
} lonely;

static void *run_lonely(void *argument)
{
    lonely *self = argument;
    const vgi_table_create_request request = {.schema_path = VGI_PATH("main"),
                                              .name = VGI_STR("t"),
                                              .columns = self->columns,
                                              .on_conflict = VGI_ON_CONFLICT_ERROR};

    self->status = self->commits ? vgi_attachment_commit(self->in, &self->err)
                                 : vgi_client_catalog_table_create(self->in, &request, self->result, &self->err);
    return NULL;
}

static void start_lonely(lonely *self)
{
    kit *k = self->k;
    const vgi_arrow_schema *schema;

    OK(vgi_result_new(&self->result, &k->err));
    OK(vgi_columns_parse(k->result, "v BIGINT", &schema, &k->err));
    OK(vgi_schema_encode(k->result, schema, &self->columns, &k->err));
    assert_int_equal(pthread_create(&self->thread, NULL, run_lonely, self), 0);
}

static void end_lonely(lonely *self)
{
    pthread_join(self->thread, NULL);
    vgi_result_free(self->result);
    assert_int_not_equal(self->status, VGI_OK);
}

/* The worker dies after the change and before its reply; the engine sends the call again (vgi.md §4). */
static void test_front_dies_before_its_reply(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b;
    lonely call = {.k = k, .in = a};

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    touch(k, "hold_create");
    start_lonely(&call);
    await_file(k, "at_create");
    kill_worker(a);
    end_lonely(&call);
    take_away(k, "hold_create");
    OK(create(k, b, "t"));
    assert_int_equal(count_traced(k, "c t"), 1);
    FAILS(create(k, b, "t"), "there is a table t");
    OK(vgi_attachment_commit(b, &k->err));
    assert_int_equal(n_tables(k, b), 1);
}

static void test_front_dies_in_commit(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b;
    lonely call = {.k = k, .in = a, .commits = true};

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    OK(create(k, b, "t"));
    touch(k, "hold_committed");
    start_lonely(&call);
    await_file(k, "at_committed");
    kill_worker(a);
    end_lonely(&call);
    take_away(k, "hold_committed");
    OK(vgi_attachment_commit(b, &k->err));
    assert_int_equal(count_traced(k, "commit"), 1);
}

static void test_front_dies_in_a_stream(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b = attach(k);
    const vgi_batch *answer;
    vgi_run *run;

    OK(create(k, b, "t"));
    open_insert(k, a, "t", &run);
    OK(send(k, run, 7, &answer));
    kill_worker(a);
    vgi_run_free(run);
    await_trace(k, "rollback", 1);
    assert_int_equal(scan(k, b, "t"), 0);
}

static void test_owner_dies(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b, *c, *d;
    int64_t before;
    int n;

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    c = elsewhere(k, a);
    d = elsewhere(k, a);
    OK(create(k, a, "t"));
    before = version(k, a);
    kill_owner(k);
    FAILS(create(k, a, "u"), "the process that kept its changes has ended");
    FAILS(list(k, b, &n), "the process that kept its changes has ended");
    FAILS(vgi_attachment_commit(a, &k->err), "the process that kept its changes has ended");
    FAILS(vgi_attachment_commit(c, &k->err), "the process that kept its changes has ended");
    OK(vgi_attachment_rollback(d, &k->err));
    assert_true(version(k, a) > before);
    OK(vgi_attachment_begin(a, &k->err));
    OK(create(k, a, "u"));
    OK(vgi_attachment_commit(a, &k->err));
    assert_int_equal(n_tables(k, a), 1);
}

static void test_owner_dies_in_commit(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b;
    lonely call = {.k = k, .in = a, .commits = true};

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    OK(create(k, b, "t"));
    touch(k, "hold_commit");
    start_lonely(&call);
    await_file(k, "at_commit");
    kill_owner(k);
    end_lonely(&call);
    if (!strstr(call.err.message, "whether its changes were stored is not known"))
        fail_msg("%s", call.err.message);
    take_away(k, "hold_commit");
    FAILS(vgi_attachment_commit(b, &k->err), "whether its changes were stored is not known");
}

/* The owner dies between the end of a commit and its reply: the marker may tell, and never tells what is wrong. */
static void test_owner_dies_behind_commit(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b;

    OK(vgi_attachment_begin(a, &k->err));
    b = elsewhere(k, a);
    OK(create(k, a, "t"));
    OK(vgi_attachment_commit(a, &k->err));
    kill_owner(k);
    OK(vgi_attachment_commit(b, &k->err));
    assert_int_equal(n_tables(k, b), 1);
}

/* An engine that is killed tells nobody. */
static void try_engine(kit *k)
{
    vgi_attachment *a;
    pid_t engine = fork();

    if (engine == 0) {
        execl(SELF, SELF, "engine", k->location, (char *)NULL);
        _exit(127);
    }
    assert_true(engine > 0);
    await_trace(k, "c left", 1);
    assert_int_equal(kill(engine, SIGKILL), 0);
    assert_int_equal(waitpid(engine, NULL, 0), engine);
    await_trace(k, "rollback", 1);
    a = attach(k);
    assert_int_equal(n_tables(k, a), 0);
    OK(create(k, a, "t"));
}

static void test_engine_dies(void **state)
{
    try_engine(*state);
}

/* The worker outlives it, and did not start it. */
static void test_engine_of_a_socket_dies(void **state)
{
    kit *k = *state;
    char path[PATH_BYTES], line[PATH_BYTES];
    pid_t worker;
    int out[2];

    path_of(k, "sock", path);
    assert_int_equal(pipe(out), 0);
    worker = fork();
    if (worker == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(LEDGER, LEDGER, k->path, "--unix", path, (char *)NULL);
        _exit(127);
    }
    assert_true(worker > 0);
    close(out[1]);
    assert_true(read(out[0], line, sizeof line) > 0); /* it says where it listens */
    close(out[0]);
    snprintf(k->location, sizeof k->location, "unix://%s", path);
    try_engine(k);
    assert_int_equal(kill(worker, SIGTERM), 0);
    assert_int_equal(waitpid(worker, NULL, 0), worker);
}

static int be_an_engine(const char *location)
{
    kit k = {0};

    snprintf(k.location, sizeof k.location, "%s", location);
    if (vgi_result_new(&k.result, NULL) != VGI_OK)
        return 1;
    vgi_attachment *a = attach(&k);
    if (vgi_attachment_begin(a, NULL) != VGI_OK || create(&k, a, "left") != VGI_OK)
        return 1;
    for (;;)
        (void)pause();
}

/* ---- two writers ------------------------------------------------------------------------------------------------- */

static void test_second_writer(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b = attach(k);

    OK(vgi_attachment_begin(a, &k->err));
    OK(vgi_attachment_begin(b, &k->err));
    OK(create(k, a, "t"));
    FAILS(create(k, b, "u"), "another transaction has been writing to this catalog since 2");
    assert_string_equal(k->err.exception, "TransactionError");
    assert_int_equal(n_tables(k, b), 0);
    OK(vgi_attachment_commit(a, &k->err));
    OK(create(k, b, "u"));
    OK(vgi_attachment_commit(b, &k->err));
    assert_int_equal(n_tables(k, a), 2);
}

static void test_idle_writer(void **state)
{
    kit *k = *state;
    vgi_attachment *a = attach(k), *b = attach(k), *c;

    OK(vgi_attachment_begin(a, &k->err));
    c = elsewhere(k, a);
    OK(vgi_attachment_begin(b, &k->err));
    OK(create(k, a, "t"));
    OK(create(k, b, "u"));
    FAILS(create(k, a, "v"), "it rested for more than 0.001 seconds while another one waited");
    OK(vgi_attachment_commit(b, &k->err));
    kill_owner(k);
    FAILS(vgi_attachment_commit(c, &k->err), "it rested for more than");
    assert_int_equal(n_tables(k, b), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_spans_processes),
        TEST(test_reads_start_nothing),
        TEST(test_ends_twice),
        TEST(test_failed_commit),
        TEST(test_outside_of_any),
        TEST(test_version_rises),
        TEST(test_front_dies_before_its_reply),
        TEST(test_front_dies_in_commit),
        TEST(test_front_dies_in_a_stream),
        TEST(test_owner_dies),
        TEST(test_owner_dies_in_commit),
        TEST(test_owner_dies_behind_commit),
        TEST(test_engine_dies),
        TEST(test_engine_of_a_socket_dies),
        cmocka_unit_test_setup_teardown(test_second_writer, setup_hurried, teardown),
        cmocka_unit_test_setup_teardown(test_idle_writer, setup_idle, teardown),
    };

    if (argc == 3 && strcmp(argv[1], "engine") == 0)
        return be_an_engine(argv[2]);
    if (argc != 2) {
        fprintf(stderr, "usage: %s LEDGER\n", argv[0]);
        return 2;
    }
    LEDGER = argv[1];
    SELF = argv[0];
    return cmocka_run_group_tests_name("transactions", tests, NULL, NULL);
}
