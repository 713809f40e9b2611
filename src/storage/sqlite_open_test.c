/* The file of durable storage: where it lies and who may see it; files that are not ours, damaged, newer or older; full
 * disks, directories that cannot be written, others that do not let go. In all of it nothing is lost, and nothing
 * hangs. */
#include "storage/storage_testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "storage/sqlite.h"

enum { NOBODY = 65534 };

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 07777U;
}

static void write_file(const char *name, const char *text, size_t size)
{
    char path[PATH_MAX];
    FILE *file = fopen(at(path, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void run_sql(const char *name, const char *sql)
{
    char path[PATH_MAX];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(at(path, name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The sentence with which a put into this file fails. */
static vgi_status failure_of(const char *name, vgi_error *err)
{
    vgi_storage *storage = storage_at(name, PATIENT_MS);
    vgi_status status;

    *err = (vgi_error){0};
    status = put(storage, "x", 0, err);
    vgi_storage_free(storage);
    return status;
}

/* ---- where ------------------------------------------------------------------------------------------------------ */

static void test_default_path(void **state)
{
    char home[PATH_MAX], path[PATH_MAX], beside[PATH_MAX];
    mode_t mask = umask(0);
    vgi_storage *storage;
    vgi_error err = {0};

    (void)state;
    setenv("XDG_STATE_HOME", at(home, "state"), 1);
    assert_int_equal(vgi_storage_sqlite_new(NULL, &storage, NULL), VGI_OK);
    assert_int_equal(access(home, F_OK), -1); /* until it is used */
    assert_int_equal(put(storage, "x", 0, &err), VGI_OK);
    umask(mask);
    assert_int_equal(mode_of(at(path, "state/vgi")), 0700);
    assert_int_equal(mode_of(at(path, "state/vgi/vgi_catalog.db")), 0600);
    assert_int_equal(mode_of(at(beside, "state/vgi/vgi_catalog.db-wal")), 0600);
    vgi_storage_free(storage);
    assert_int_equal(access(beside, F_OK), -1); /* the last one tidies up */

    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(vgi_storage_sqlite_new(NULL, &storage, NULL), VGI_OK);
    assert_int_equal(get(storage, "x", NULL), VGI_OK);
    assert_int_equal(mode_of(path), 0600);
    vgi_storage_free(storage);
}

static void test_paths(void **state)
{
    vgi_storage_options options = {.path = "relative.db"};
    char cwd[PATH_MAX], path[PATH_MAX];
    vgi_storage *storage;
    vgi_error err = {0};

    (void)state;
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(vgi_storage_sqlite_new(&options, &storage, NULL), VGI_OK);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(put(storage, "x", 0, NULL), VGI_OK);
    vgi_storage_free(storage);
    assert_int_equal(access(at(path, "relative.db"), F_OK), 0);
    assert_int_equal(chdir(cwd), 0);

    options.path = "";
    assert_int_equal(vgi_storage_sqlite_new(&options, &storage, NULL), VGI_ERR_VALUE);
    options = (vgi_storage_options){.path = path, .busy_timeout_ms = -1};
    assert_int_equal(vgi_storage_sqlite_new(&options, &storage, NULL), VGI_ERR_VALUE);
    options.busy_timeout_ms = INT64_MAX;
    assert_int_equal(vgi_storage_sqlite_new(&options, &storage, NULL), VGI_ERR_VALUE);
    assert_int_equal(failure_of("absent/x.db", &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "absent/x.db: cannot be made: No such file or directory"));
}

/* A file that is moved away while it is open keeps what it has; the next call makes another. */
static void test_moved(void **state)
{
    vgi_storage *storage = storage_at("moved.db", PATIENT_MS), *other;
    char path[PATH_MAX], aside[PATH_MAX];

    (void)state;
    assert_int_equal(put(storage, "first", 0, NULL), VGI_OK);
    run_sql("moved.db", "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(rename(at(path, "moved.db"), at(aside, "aside.db")), 0);
    unlink(at(aside, "moved.db-wal"));
    unlink(at(aside, "moved.db-shm"));
    assert_int_equal(put(storage, "second", 0, NULL), VGI_OK);
    assert_int_equal(get(storage, "first", NULL), VGI_END);
    other = storage_at("aside.db", PATIENT_MS);
    assert_int_equal(get(other, "first", NULL), VGI_OK);
    assert_int_equal(count(other), 1);
    vgi_storage_free(other);
    vgi_storage_free(storage);
}

/* ---- which file ------------------------------------------------------------------------------------------------- */

static void test_no_database(void **state)
{
    static char garbage[5000];
    char path[PATH_MAX], found[sizeof garbage];
    vgi_storage *storage;
    vgi_error err;
    FILE *file;

    (void)state;
    memset(garbage, 'g', sizeof garbage);
    write_file("garbage.db", garbage, sizeof garbage);
    assert_int_equal(failure_of("garbage.db", &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "garbage.db: is damaged, or no SQLite file"));
    file = fopen(at(path, "garbage.db"), "rb");
    assert_int_equal(fread(found, 1, sizeof found, file), sizeof found);
    fclose(file);
    assert_memory_equal(found, garbage, sizeof found);

    /* One handle goes from the damaged file to its successor. */
    storage = storage_at("garbage.db", PATIENT_MS);
    assert_int_equal(put(storage, "x", 0, NULL), VGI_ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(put(storage, "x", 0, NULL), VGI_OK);
    vgi_storage_free(storage);
}

static void copy_file(const char *from, const char *to)
{
    char from_path[PATH_MAX], to_path[PATH_MAX], command[2 * PATH_MAX + 16];

    snprintf(command, sizeof command, "cp '%s' '%s'", at(from_path, from), at(to_path, to));
    assert_int_equal(system(command), 0);
}

/* Pages of our own file are overwritten, one after the other: an error, or what is there is not concerned. */
static void test_damaged(void **state)
{
    vgi_storage *storage = storage_at("whole.db", PATIENT_MS);
    char path[PATH_MAX], page[512], id[200];
    struct stat status;
    int failures = 0;

    (void)state;
    memset(page, 0xa5, sizeof page);
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "%0150d", i);
        assert_int_equal(put(storage, id, 0, NULL), VGI_OK);
    }
    vgi_storage_free(storage);
    assert_int_equal(stat(at(path, "whole.db"), &status), 0);
    at(path, "damaged.db");
    for (off_t from = 0; from < status.st_size; from += 1536) {
        vgi_error err = {0};
        vgi_status end;
        int fd;

        copy_file("whole.db", "damaged.db");
        fd = open(path, O_WRONLY);
        assert_int_equal(pwrite(fd, page, sizeof page, from), sizeof page);
        close(fd);
        storage = storage_at("damaged.db", PATIENT_MS);
        end = put(storage, "x", 0, &err);
        assert_true(end == VGI_OK || end == VGI_ERR_IO || end == VGI_ERR_RUNTIME || end == VGI_ERR_VALUE);
        assert_true(end == VGI_OK || strstr(err.message, "damaged.db: "));
        failures += end != VGI_OK;
        vgi_storage_free(storage);
        assert_int_equal(unlink(path), 0); /* it is still there */
    }
    assert_true(failures > 1);
}

static void test_foreign(void **state)
{
    vgi_storage *storage;
    vgi_error err;

    (void)state;
    run_sql("orders.db", "CREATE TABLE orders (n)");
    assert_int_equal(failure_of("orders.db", &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "orders.db: is a database of something else"));
    run_sql("marked.db", "PRAGMA application_id = 7; CREATE TABLE vgi_x (n)");
    assert_int_equal(failure_of("marked.db", &err), VGI_ERR_VALUE);

    /* The reference's tables: theirs and ours live in one file. */
    run_sql("both.db", "CREATE TABLE catalog_attachments (a); CREATE TABLE catalog_transactions (a);"
                       "INSERT INTO catalog_attachments VALUES (1)");
    storage = storage_at("both.db", PATIENT_MS);
    assert_int_equal(put(storage, "x", 0, NULL), VGI_OK);
    assert_int_equal(count(storage), 1);
    vgi_storage_free(storage);
}

/* A file at version 1 gets the second step, and only that; then it is newer than this library knows. */
static void test_versions(void **state)
{
    static const char *const TWO[] = {"CREATE TABLE never", "ALTER TABLE vgi_attachments ADD COLUMN more DEFAULT 3"};
    static const char *const BAD[] = {"CREATE TABLE never", "CREATE TABLE vgi_new (n); CREATE TABLE"};
    vgi_storage *storage = storage_at("versions.db", PATIENT_MS);
    char path[PATH_MAX];
    vg_sqlite file = {.path = (char *)(uintptr_t)at(path, "versions.db")};
    vgi_error err = {0};
    int64_t number;

    (void)state;
    assert_int_equal(put(storage, "x", 0, NULL), VGI_OK);
    vgi_storage_free(storage);
    assert_int_equal(sqlite3_open(path, &file.db), SQLITE_OK);
    assert_int_equal(vg_sqlite_migrate(&file, BAD, 2, &err), VGI_ERR_RUNTIME); /* all or nothing */
    assert_int_equal(vg_sqlite_number(file.db, "SELECT count(*) FROM sqlite_master WHERE name = 'vgi_new'", &number),
                     SQLITE_OK);
    assert_int_equal(number, 0);
    assert_int_equal(vg_sqlite_migrate(&file, TWO, 2, NULL), VGI_OK);
    assert_int_equal(vg_sqlite_migrate(&file, TWO, 2, NULL), VGI_OK);
    assert_int_equal(vg_sqlite_number(file.db, "SELECT more FROM vgi_attachments", &number), SQLITE_OK);
    assert_int_equal(number, 3);
    assert_int_equal(sqlite3_close(file.db), SQLITE_OK);

    assert_int_equal(failure_of("versions.db", &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "was made by a newer libvgi (version 2 of its tables, 1 is the newest known)"));
}

/* ---- what gets in the way --------------------------------------------------------------------------------------- */

static void test_busy(void **state)
{
    vgi_storage *storage = storage_at("busy.db", PATIENT_MS), *hasty = storage_at("busy.db", 30);
    char path[PATH_MAX];
    vgi_error err = {0};
    sqlite3 *db;

    (void)state;
    assert_int_equal(put(storage, "x", 0, NULL), VGI_OK);
    assert_int_equal(sqlite3_open(at(path, "busy.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put(hasty, "y", 0, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "busy.db: others have held it for more than 30 ms"));
    assert_int_equal(get(storage, "x", NULL), VGI_OK); /* who reads does not wait */
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put(hasty, "y", 0, NULL), VGI_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    vgi_storage_free(hasty);
    vgi_storage_free(storage);
}

/* In a process of its own, that is not root: 0, or the line that was not so. */
static void in_child(int (*test)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGXFSZ, SIG_IGN);
        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(255);
        _exit(test());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define CHILD_CLAIM(number, claim)                                                                                     \
    do {                                                                                                               \
        if (!(claim))                                                                                                  \
            return number;                                                                                             \
    } while (0)

static int read_only_directory(void)
{
    char path[PATH_MAX];
    vgi_storage *storage;
    vgi_error err = {0};

    CHILD_CLAIM(1, mkdir(at(path, "for-all/closed"), 0700) == 0);
    storage = storage_at("for-all/closed/x.db", PATIENT_MS);
    CHILD_CLAIM(2, chmod(path, 0500) == 0);
    CHILD_CLAIM(3, put(storage, "x", 0, &err) == VGI_ERR_PERMISSION);
    CHILD_CLAIM(4, strstr(err.message, "x.db: cannot be made: Permission denied"));
    CHILD_CLAIM(5, chmod(path, 0700) == 0);
    CHILD_CLAIM(6, put(storage, "x", 0, NULL) == VGI_OK);
    vgi_storage_free(storage);

    /* The file is there, but nothing may be made beside it. */
    CHILD_CLAIM(7, chmod(path, 0500) == 0);
    storage = storage_at("for-all/closed/x.db", PATIENT_MS);
    vgi_error_clear(&err);
    CHILD_CLAIM(8, put(storage, "y", 0, &err) == VGI_ERR_PERMISSION);
    CHILD_CLAIM(9, chmod(path, 0700) == 0);
    CHILD_CLAIM(10, get(storage, "x", NULL) == VGI_OK);
    vgi_storage_free(storage);

    /* The file itself may only be read. */
    CHILD_CLAIM(11, chmod(at(path, "for-all/closed/x.db"), 0400) == 0);
    storage = storage_at("for-all/closed/x.db", PATIENT_MS);
    vgi_error_clear(&err);
    CHILD_CLAIM(12, put(storage, "y", 0, &err) == VGI_ERR_PERMISSION);
    CHILD_CLAIM(13, strstr(err.message, "cannot be written"));
    vgi_storage_free(storage);
    return 0;
}

static void test_read_only(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(at(path, "for-all"), 0777), 0);
    assert_int_equal(chmod(path, 01777), 0);
    in_child(read_only_directory);
}

/* Files may not grow beyond some size, whichever of them it is: puts fail, and what was put stays. */
static int small_files(void)
{
    static char long_state[8000];

    memset(long_state, 's', sizeof long_state - 1);
    for (rlim_t limit = 0; limit <= 400 << 10; limit += limit < 64 << 10 ? 4 << 10 : 64 << 10) {
        struct rlimit now = {limit, RLIM_INFINITY};
        vgi_storage *storage;
        vgi_error err = {0};
        char id[32], name[64];
        int n = 0;

        snprintf(name, sizeof name, "for-all/small%d.db", (int)(limit >> 10));
        storage = storage_at(name, PATIENT_MS);
        CHILD_CLAIM(1, setrlimit(RLIMIT_FSIZE, &now) == 0);
        do {
            snprintf(id, sizeof id, "%d", n);
            if (put(storage, id, 0, &err) != VGI_OK)
                break;
            n++;
        } while (n < 60 && put_transaction(storage, id, id, long_state, &err) == VGI_OK);
        CHILD_CLAIM(2, n == 60 || err.status == VGI_ERR_IO);
        now.rlim_cur = RLIM_INFINITY;
        CHILD_CLAIM(3, setrlimit(RLIMIT_FSIZE, &now) == 0);
        for (int i = 0; i < n; i++) {
            snprintf(id, sizeof id, "%d", i);
            CHILD_CLAIM(4, get(storage, id, NULL) == VGI_OK);
        }
        CHILD_CLAIM(5, (int)count(storage) == n);
        vgi_storage_free(storage);
    }
    return 0;
}

static void test_small_files(void **state)
{
    (void)state;
    in_child(small_files);
}

/* SQLite's write(), as a disk has it that is full, or broken, from the n-th one on. */
static atomic_int writes_left = -1;
static atomic_int write_error;

static ssize_t failing_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    if (atomic_load(&writes_left) == 0) {
        errno = atomic_load(&write_error);
        return -1;
    }
    if (atomic_load(&writes_left) > 0)
        atomic_fetch_sub(&writes_left, 1);
    return pwrite(fd, data, size, offset);
}

static void test_full_disk(void **state)
{
    static const int ERRORS[] = {ENOSPC, EDQUOT, EIO};
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    char name[64], path[PATH_MAX];
    int failures = 0;

    (void)state;
    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)failing_pwrite), SQLITE_OK);
    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)failing_pwrite), SQLITE_OK);
    for (size_t e = 0; e < sizeof ERRORS / sizeof *ERRORS; e++) {
        bool is_done = false;

        atomic_store(&write_error, ERRORS[e]);
        for (int n = 0; !is_done; n++) {
            vgi_storage *storage;
            vgi_error err = {0};
            int stored = 0;
            char id[32];

            snprintf(name, sizeof name, "full%d-%d.db", (int)e, n);
            storage = storage_at(name, PATIENT_MS);
            atomic_store(&writes_left, n);
            for (; stored < 3; stored++) {
                snprintf(id, sizeof id, "%d", stored);
                if (put(storage, id, 0, &err) != VGI_OK)
                    break;
            }
            is_done = stored == 3 && atomic_load(&writes_left) > 0;
            if (!is_done && stored < 3) {
                assert_int_equal(err.status, VGI_ERR_IO);
                assert_non_null(strstr(err.message, "nothing was stored"));
                failures++;
            }
            /* There is room again: what was put is there, what failed is not, and it goes on. */
            atomic_store(&writes_left, -1);
            assert_int_equal(count(storage), stored);
            assert_int_equal(put(storage, "more", 0, NULL), VGI_OK);
            vgi_storage_free(storage);
            unlink(at(path, name));
        }
    }
    assert_int_equal(vfs->xSetSystemCall(vfs, NULL, NULL), SQLITE_OK);
    assert_true(failures > 30);
}

/* SQLite's way to the disk, in place of the C library's. */
static atomic_int syncs;

__attribute__((visibility("default"))) int fsync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    return (int)syscall(SYS_fdatasync, fd);
}

/* Records without an owner are on the disk when the call returns, those of a process need not be. */
static void test_survival(void **state)
{
    vgi_storage *storage = storage_at("survival.db", PATIENT_MS);
    vgi_stored_transaction x = {bytes("owned"), bytes("a"), bytes("state"), getpid()};
    int before;

    (void)state;
    assert_int_equal(put(storage, "a", getpid(), NULL), VGI_OK);
    before = atomic_load(&syncs);
    assert_int_equal(put(storage, "a", getpid(), NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_put(storage, &x, NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_delete(storage, bytes("owned"), NULL), VGI_OK);
    assert_int_equal(atomic_load(&syncs), before);

    assert_int_equal(put(storage, "b", 0, NULL), VGI_OK);
    assert_true(atomic_load(&syncs) > before);
    before = atomic_load(&syncs);
    assert_int_equal(put_transaction(storage, "free", "a", "state", NULL), VGI_OK);
    assert_true(atomic_load(&syncs) > before);
    before = atomic_load(&syncs);
    assert_int_equal(vgi_storage_transaction_delete(storage, bytes("free"), NULL), VGI_OK);
    assert_true(atomic_load(&syncs) > before);
    before = atomic_load(&syncs);
    assert_int_equal(vgi_storage_attach_delete(storage, bytes("b"), NULL), VGI_OK);
    assert_true(atomic_load(&syncs) > before);
    vgi_storage_free(storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_path), cmocka_unit_test(test_paths),     cmocka_unit_test(test_moved),
        cmocka_unit_test(test_no_database),  cmocka_unit_test(test_damaged),   cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_versions),     cmocka_unit_test(test_busy),      cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_small_files),  cmocka_unit_test(test_full_disk), cmocka_unit_test(test_survival),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
