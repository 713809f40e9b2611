/* Durable storage in a SQLite file: what is put, got, listed and deleted, by threads, by 20 processes at once, by
 * processes that are killed; whose owners end; and without memory. */
#include "storage/storage_testing.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "storage/sqlite.h"

static void test_records(void **state)
{
    vgi_storage *storage = storage_at("records.db", PATIENT_MS);
    vgi_stored_attachment *a;
    vgi_stored_transaction *x;
    vgi_bytes *ids;
    size_t n;

    (void)state;
    assert_int_equal(get(storage, "a", NULL), VGI_END);
    assert_int_equal(put(storage, "b", 0, NULL), VGI_OK);
    assert_int_equal(put(storage, "a", getpid(), NULL), VGI_OK);
    assert_int_equal(put(storage, "c", 0, NULL), VGI_OK);
    assert_int_equal(put(storage, "b", 0, NULL), VGI_OK); /* again: it keeps its place */
    assert_int_equal(get(storage, "a", NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_OK);
    assert_int_equal(n, 3);
    assert_true(ids[0].data[0] == 'b' && ids[1].data[0] == 'a' && ids[2].data[0] == 'c');
    vgi_storage_release(ids);
    assert_int_equal(vgi_storage_attach_get(storage, bytes("a"), &a, NULL), VGI_OK);
    assert_int_equal(a->owner_pid, getpid());
    vgi_storage_release(a);

    assert_int_equal(put_transaction(storage, "t1", "a", "one", NULL), VGI_OK);
    assert_int_equal(put_transaction(storage, "t1", "a", "", NULL), VGI_OK);
    assert_int_equal(put_transaction(storage, "t2", "a", "two", NULL), VGI_OK);
    assert_int_equal(put_transaction(storage, "t3", "not stored", "three", NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_get(storage, bytes("t1"), &x, NULL), VGI_OK);
    assert_true(x->state.data && x->state.size == 0);
    assert_true(x->attach_opaque_data.size == 1 && x->attach_opaque_data.data[0] == 'a');
    vgi_storage_release(x);
    assert_int_equal(vgi_storage_transaction_delete(storage, bytes("t1"), NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_delete(storage, bytes("t1"), NULL), VGI_END);
    assert_int_equal(vgi_storage_attach_delete(storage, bytes("a"), NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_delete(storage, bytes("a"), NULL), VGI_END);
    assert_int_equal(vgi_storage_transaction_get(storage, bytes("t2"), &x, NULL), VGI_END); /* went with it */
    assert_int_equal(vgi_storage_attach_delete(storage, bytes("not stored"), NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_get(storage, bytes("t3"), &x, NULL), VGI_END);
    vgi_storage_free(storage);

    storage = storage_at("records.db", PATIENT_MS);
    assert_int_equal(count(storage), 2);
    vgi_storage_free(storage);
}

static void test_any_bytes(void **state)
{
    static uint8_t id[VGI_STORAGE_MAX_ID], value[3 << 20];
    vgi_storage *storage = storage_at("bytes.db", PATIENT_MS);
    vgi_stored_attachment *found, a = {{id, sizeof id}, {"na\0me", 5}, {value, sizeof value}, 0};

    (void)state;
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 31);
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_OK);
    id[sizeof id - 1] = 1;
    a.options = (vgi_bytes){0};
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_get(storage, a.attach_opaque_data, &found, NULL), VGI_OK);
    assert_null(found->options.data);
    vgi_storage_release(found);
    id[sizeof id - 1] = 0;
    assert_int_equal(vgi_storage_attach_get(storage, a.attach_opaque_data, &found, NULL), VGI_OK);
    assert_int_equal(found->catalog_name.size, 5);
    assert_memory_equal(found->catalog_name.data, "na\0me", 5);
    assert_int_equal(found->options.size, sizeof value);
    assert_memory_equal(found->options.data, value, sizeof value);
    vgi_storage_release(found);
    vgi_storage_free(storage);
}

/* ---- owners ----------------------------------------------------------------------------------------------------- */

static pid_t start_sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

static void stop_sleeper(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_owners(void **state)
{
    vgi_storage *storage = storage_at("owners.db", PATIENT_MS);
    pid_t first = start_sleeper(), second = start_sleeper();
    vgi_stored_transaction x = {bytes("t"), bytes("mine"), bytes("state"), first};
    vgi_error err = {0};
    int64_t deleted;

    (void)state;
    assert_int_equal(put(storage, "first", first, NULL), VGI_OK);
    assert_int_equal(put(storage, "second", second, NULL), VGI_OK);
    assert_int_equal(put(storage, "mine", getpid(), NULL), VGI_OK);
    assert_int_equal(put(storage, "nobody's", 0, NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_put(storage, &x, NULL), VGI_OK);
    assert_int_equal(vgi_storage_collect(storage, 1000, &deleted, NULL), VGI_OK);
    assert_int_equal(deleted, 0);
    stop_sleeper(first);
    assert_int_equal(put(storage, "late", first, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "does not run"));
    assert_int_equal(vgi_storage_collect(storage, 0, &deleted, NULL), VGI_OK);
    assert_int_equal(deleted, 2);
    assert_int_equal(get(storage, "first", NULL), VGI_END);
    assert_int_equal(count(storage), 3);
    vgi_storage_free(storage);

    stop_sleeper(second);
    storage = storage_at("owners.db", PATIENT_MS); /* collects when it is opened */
    assert_int_equal(get(storage, "second", NULL), VGI_END);
    assert_int_equal(count(storage), 2);

    /* The 256th put collects, too. */
    first = start_sleeper();
    assert_int_equal(put(storage, "first", first, NULL), VGI_OK);
    stop_sleeper(first);
    for (int i = 0; i < 254; i++)
        assert_int_equal(put(storage, "mine", getpid(), NULL), VGI_OK);
    assert_int_equal(count(storage), 3);
    assert_int_equal(put(storage, "mine", getpid(), NULL), VGI_OK);
    assert_int_equal(count(storage), 2);
    vgi_storage_free(storage);
}

static void run_sql(const char *name, const char *sql)
{
    char path[PATH_MAX];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(at(path, name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What was put before the machine was started anew, and what is older than asked for. */
static void test_ages(void **state)
{
    vgi_storage *storage = storage_at("ages.db", PATIENT_MS);
    int64_t deleted;

    (void)state;
    assert_int_equal(put(storage, "old", 0, NULL), VGI_OK);
    assert_int_equal(put(storage, "young", 0, NULL), VGI_OK);
    assert_int_equal(put(storage, "mine", getpid(), NULL), VGI_OK);
    assert_int_equal(put(storage, "before", getpid(), NULL), VGI_OK);
    run_sql("ages.db", "UPDATE vgi_attachments SET put_at = put_at - 1000 WHERE options IN (x'6f6c64', x'6d696e65');"
                       "UPDATE vgi_attachments SET owner_boot = 'another' WHERE options = x'6265666f7265';");
    assert_int_equal(vgi_storage_collect(storage, 500, &deleted, NULL), VGI_OK);
    assert_int_equal(deleted, 2);
    assert_int_equal(get(storage, "old", NULL), VGI_END);
    assert_int_equal(get(storage, "before", NULL), VGI_END);
    assert_int_equal(get(storage, "young", NULL), VGI_OK);
    assert_int_equal(get(storage, "mine", NULL), VGI_OK); /* is not asked for its age */
    vgi_storage_free(storage);
}

/* ---- many at once ----------------------------------------------------------------------------------------------- */

enum { PROCESSES = 20, ROUNDS = 5, THREADS = 6 };

/* The file is made, and brought up to date, by all of them at once. 1: it won the one id that all delete. 2: a fault.
 * */
static int hammer(int me)
{
    vgi_storage *storage = storage_at("hammer.db", PATIENT_MS);
    char id[32], transaction[32];
    vgi_stored_transaction *x;
    vgi_status won;

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(id, sizeof id, "%d/%d", me, i);
        snprintf(transaction, sizeof transaction, "t%d/%d", me, i);
        if (put(storage, id, 0, NULL) != VGI_OK || put_transaction(storage, transaction, id, id, NULL) != VGI_OK ||
            get(storage, id, NULL) != VGI_OK ||
            vgi_storage_transaction_get(storage, bytes(transaction), &x, NULL) != VGI_OK)
            return 2;
        vgi_storage_release(x);
        if (vgi_storage_transaction_delete(storage, bytes(transaction), NULL) != VGI_OK)
            return 2;
    }
    won = vgi_storage_attach_delete(storage, bytes("contended"), NULL);
    vgi_storage_free(storage);
    return won == VGI_OK ? 1 : won == VGI_END ? 0 : 2;
}

static void test_processes(void **state)
{
    vgi_storage *storage;
    int winners = 0;
    char id[32];

    (void)state;
    /* The prize is one of the first things that is put; who comes too early finds nothing. */
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            if (i == 0) {
                storage = storage_at("hammer.db", PATIENT_MS);
                if (put(storage, "contended", 0, NULL) != VGI_OK)
                    _exit(2);
                vgi_storage_free(storage);
            }
            _exit(hammer(i));
        }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 2);
        winners += WEXITSTATUS(status);
    }
    assert_int_equal(winners, 1); /* at the latest the one that had put it */
    storage = storage_at("hammer.db", PATIENT_MS);
    assert_int_equal(count(storage), PROCESSES * ROUNDS);
    for (int i = 0; i < PROCESSES * ROUNDS; i++) {
        snprintf(id, sizeof id, "%d/%d", i / ROUNDS, i % ROUNDS);
        assert_int_equal(get(storage, id, NULL), VGI_OK);
    }
    vgi_storage_free(storage);
}

typedef struct worker {
    vgi_storage *storage;
    int me;
    int faults;
    vgi_error first; /* of them */
} worker;

static void look(worker *w, vgi_status status, vgi_error *err)
{
    if (status != VGI_OK && w->faults++ == 0)
        w->first = *err;
}

static void *work(void *context)
{
    worker *w = context;
    char id[32];

    for (int i = 0; i < ROUNDS; i++) {
        vgi_error err = {0};

        snprintf(id, sizeof id, "%d/%d", w->me, i);
        look(w, put(w->storage, id, 0, &err), &err);
        look(w, get(w->storage, id, &err), &err);
    }
    return NULL;
}

static void test_threads(void **state)
{
    vgi_storage *storages[] = {storage_at("threads.db", PATIENT_MS), storage_at("threads.db", PATIENT_MS)};
    pthread_t threads[THREADS];
    worker workers[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.storage = storages[i % 2], .me = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_string_equal(workers[i].first.message, "");
        assert_int_equal(workers[i].faults, 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(count(storages[i]), THREADS * ROUNDS);
        vgi_storage_free(storages[i]);
    }
}

/* Who opens a file while another one makes it finds nothing, or all of it. */
static void *open_new(void *context)
{
    worker *w = context;
    vgi_error err = {0};

    look(w, put(w->storage, "first", 0, &err), &err);
    return NULL;
}

static void test_made_at_once(void **state)
{
    enum { FILES = 40, EACH = 4 };
    pthread_t threads[EACH];
    worker workers[EACH];
    char name[32];

    (void)state;
    for (int file = 0; file < FILES; file++) {
        snprintf(name, sizeof name, "new-%d.db", file);
        for (int i = 0; i < EACH; i++) {
            workers[i] = (worker){.storage = storage_at(name, PATIENT_MS), .me = i};
            assert_int_equal(pthread_create(&threads[i], NULL, open_new, &workers[i]), 0);
        }
        for (int i = 0; i < EACH; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (int i = 0; i < EACH; i++) {
            assert_string_equal(workers[i].first.message, "");
            vgi_storage_free(workers[i].storage);
        }
    }
}

/* Puts until it is killed; says in `fd` what is certain to be there. */
static void put_for_ever(int fd, int life)
{
    vgi_storage *storage = storage_at("killed.db", PATIENT_MS);
    char id[32];

    for (uint32_t i = 0;; i++) {
        snprintf(id, sizeof id, "%d/%u", life, i);
        if (put(storage, id, 0, NULL) != VGI_OK || write(fd, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

/* What put has returned for is there after a kill -9, whenever that comes. */
static void test_killed(void **state)
{
    uint32_t last[6] = {0};
    char id[32], path[PATH_MAX];
    vgi_storage *storage;
    int64_t is_whole;
    sqlite3 *db;

    (void)state;
    for (int life = 0; life < 6; life++) {
        int ends[2], status;
        pid_t pid;

        assert_int_equal(pipe(ends), 0);
        pid = fork();
        if (pid == 0)
            put_for_ever(ends[1], life);
        close(ends[1]);
        for (int i = 0; i < 5 + life; i++)
            assert_int_equal(read(ends[0], &last[life], sizeof last[life]), sizeof last[life]);
        (void)poll(NULL, 0, life); /* into the next one, some way */
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(ends[0], &last[life], sizeof last[life]) == sizeof last[life])
            ;
        close(ends[0]);
    }
    storage = storage_at("killed.db", PATIENT_MS);
    for (int life = 0; life < 6; life++)
        for (uint32_t i = 0; i <= last[life]; i++) {
            snprintf(id, sizeof id, "%d/%u", life, i);
            assert_int_equal(get(storage, id, NULL), VGI_OK);
        }
    vgi_storage_free(storage);
    assert_int_equal(sqlite3_open(at(path, "killed.db"), &db), SQLITE_OK);
    assert_int_equal(
        vg_sqlite_number(db, "SELECT group_concat(integrity_check) = 'ok' FROM pragma_integrity_check", &is_whole),
        SQLITE_OK);
    assert_int_equal(is_whole, 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_fork(void **state)
{
    vgi_storage *storage = storage_at("fork.db", PATIENT_MS);
    vgi_error err = {0};
    int status;
    pid_t pid;

    (void)state;
    /* Before the first call it may be carried over. */
    pid = fork();
    if (pid == 0)
        _exit(put(storage, "child's", 0, NULL) == VGI_OK ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(get(storage, "child's", NULL), VGI_OK);
    pid = fork();
    if (pid == 0) {
        bool refused = put(storage, "late", 0, &err) == VGI_ERR_RUNTIME && strstr(err.message, "after fork()");

        vgi_storage_free(storage);
        _exit(refused ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(put(storage, "parent's", 0, NULL), VGI_OK);
    assert_int_equal(count(storage), 2);
    vgi_storage_free(storage);
}

/* ---- without memory --------------------------------------------------------------------------------------------- */

/* SQLite's memory comes from vg_malloc in this program: it fails on demand, too. */
static void *sql_malloc(int size)
{
    uint64_t *block = vg_malloc((size_t)size + 16);

    if (block)
        block[0] = (uint64_t)size;
    return block ? block + 2 : NULL;
}

static void sql_free(void *block)
{
    vg_free((uint64_t *)block - 2);
}

static void *sql_realloc(void *block, int size)
{
    uint64_t *now = vg_realloc((uint64_t *)block - 2, (size_t)size + 16);

    if (now)
        now[0] = (uint64_t)size;
    return now ? now + 2 : NULL;
}

static int sql_size(void *block)
{
    return block ? (int)((uint64_t *)block - 2)[0] : 0;
}

static int sql_roundup(int size)
{
    return (size + 7) & ~7;
}

static int sql_init(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void sql_shutdown(void *context)
{
    (void)context;
}

/* Every call of a life, each to the end of what it does; the status of the first that failed. */
static vgi_status live(vgi_storage *storage)
{
    vgi_stored_transaction *x;
    vgi_bytes *ids;
    size_t n;
    int64_t deleted;

    VGI_TRY(put(storage, "a", getpid(), NULL));
    VGI_TRY(put_transaction(storage, "t", "a", "state", NULL));
    VGI_TRY(get(storage, "a", NULL));
    VGI_TRY(vgi_storage_transaction_get(storage, bytes("t"), &x, NULL));
    vgi_storage_release(x);
    VGI_TRY(vgi_storage_attach_list(storage, &ids, &n, NULL));
    vgi_storage_release(ids);
    VGI_TRY(vgi_storage_collect(storage, 1000, &deleted, NULL));
    VGI_TRY(vgi_storage_transaction_delete(storage, bytes("t"), NULL));
    return vgi_storage_attach_delete(storage, bytes("a"), NULL);
}

static void test_no_memory(void **state)
{
    char path[PATH_MAX];
    vgi_storage_options options = {.path = at(path, "memory.db"), .busy_timeout_ms = PATIENT_MS};
    vgi_status status = VGI_ERR_MEMORY;
    vgi_storage *storage;
    int64_t failures = 0;

    (void)state;
    storage = storage_at("memory.db", PATIENT_MS);
    assert_int_equal(put(storage, "kept", 0, NULL), VGI_OK);
    vgi_storage_free(storage);
    for (int64_t n = 0; status == VGI_ERR_MEMORY; n += 1 + n / 40) {
        vg_alloc_fail_after(n);
        status = vgi_storage_sqlite_new(&options, &storage, NULL);
        if (status == VGI_OK)
            status = live(storage);
        vg_alloc_fail_after(-1);
        failures += status == VGI_ERR_MEMORY;
        if (storage) /* and it goes on */
            assert_int_equal(get(storage, "kept", NULL), VGI_OK);
        vgi_storage_free(storage);
    }
    assert_int_equal(status, VGI_OK);
    assert_true(failures > 50);
}

int main(void)
{
    static const sqlite3_mem_methods MEMORY = {
        sql_malloc, sql_free, sql_realloc, sql_size, sql_roundup, sql_init, sql_shutdown, NULL,
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),      cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_owners),
        cmocka_unit_test(test_ages),         cmocka_unit_test(test_processes), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_made_at_once), cmocka_unit_test(test_killed),    cmocka_unit_test(test_fork),
        cmocka_unit_test(test_no_memory),
    };

    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &MEMORY) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
        return 1;
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
