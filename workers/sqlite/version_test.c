/* The version of a file: equal while nothing has changed, another one after every commit, none where a commit could not
 * be seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sq.h"

const vgi_table_function SQ_SCAN = {.signature = "sqlite_scan(\"table\" VARCHAR) -> TABLE"};
const vgi_table_function SQ_SCAN_PARTS = {.signature = "sqlite_scan(\"table\" VARCHAR) -> TABLE"};

static char folder[] = "/tmp/vgi-sqlite-XXXXXX";
static char path[64], wal[80], shm[80];
static const sq_file file = {.path = path, .busy_ms = 1000};

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/shop.db", folder);
    snprintf(wal, sizeof(wal), "%s-wal", path);
    snprintf(shm, sizeof(shm), "%s-shm", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(wal);
    unlink(shm);
    return rmdir(folder);
}

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
}

/* A fresh file; the connection that wrote it. */
static sqlite3 *make(const char *mode)
{
    sqlite3 *db;

    unlink(path);
    unlink(wal);
    unlink(shm);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, mode);
    run(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    return db;
}

/* Makes the file look as if nobody had written to it for long. */
static void age(time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The version that a fresh reader sees. */
static bool version(sq_version *ret)
{
    sq_identity identity;
    sqlite3 *db;
    vgi_error err = {0};
    bool is_known;

    if (sq_open(&file, &db, &identity, &err) != VGI_OK)
        fail_msg("%s", err.message);
    is_known = sq_version_read(&file, db, ret);
    sqlite3_close(db);
    return is_known;
}

static bool same(const sq_version *a, const sq_version *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void a_commit_in_a_rollback_mode_is_another_version(void **state)
{
    sqlite3 *db = make("PRAGMA journal_mode=DELETE");
    sq_version one, two;

    (void)state;
    assert_true(version(&one));
    assert_true(version(&two));
    assert_true(same(&one, &two));
    run(db, "UPDATE t SET a = 2");
    age(one.modified_ns / 1000000000); /* the clock alone would not tell */
    assert_true(version(&two));
    assert_memory_not_equal(one.change_counter, two.change_counter, sizeof(one.change_counter));
    assert_false(same(&one, &two));
    sqlite3_close(db);
}

static void a_commit_in_wal_mode_is_another_version(void **state)
{
    sqlite3 *db = make("PRAGMA journal_mode=WAL");
    sq_version one, two;

    (void)state;
    age(1700000000);
    assert_true(version(&one));
    assert_true(version(&two));
    assert_true(same(&one, &two));
    run(db, "UPDATE t SET a = 2"); /* into the log: the database stays as it is */
    assert_true(version(&two));
    assert_int_equal(one.modified_ns, two.modified_ns);
    assert_false(same(&one, &two));
    sqlite3_close(db);
}

static void a_log_that_was_copied_back_is_another_version(void **state)
{
    sqlite3 *db = make("PRAGMA journal_mode=WAL");
    sq_version one, two;

    (void)state;
    sqlite3_close(db); /* copies the log and removes it */
    age(1700000000);
    assert_true(version(&one));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, "UPDATE t SET a = 2");
    sqlite3_close(db);
    assert_false(version(&two)); /* this very second */
    age(1700000001);
    assert_true(version(&two));
    assert_false(same(&one, &two));
}

static void a_readers_transaction_is_of_its_version(void **state)
{
    sqlite3 *writer = make("PRAGMA journal_mode=WAL"), *reader;
    sqlite3_stmt *statement;
    sq_version one, two;
    sq_identity identity;
    vgi_error err = {0};

    (void)state;
    age(1700000000);
    assert_int_equal(sq_open(&file, &reader, &identity, &err), VGI_OK);
    run(writer, "UPDATE t SET a = 7"); /* after the transaction began: it begins anew */
    assert_true(sq_version_read(&file, reader, &one));
    run(writer, "UPDATE t SET a = 8");
    assert_int_equal(sqlite3_prepare_v2(reader, "SELECT a FROM t", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 7);
    sqlite3_finalize(statement);
    sqlite3_close(reader);
    assert_true(version(&two));
    assert_false(same(&one, &two));
    sqlite3_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_in_a_rollback_mode_is_another_version),
        cmocka_unit_test(a_commit_in_wal_mode_is_another_version),
        cmocka_unit_test(a_log_that_was_copied_back_is_another_version),
        cmocka_unit_test(a_readers_transaction_is_of_its_version),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
