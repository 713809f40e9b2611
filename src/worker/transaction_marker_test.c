/* Markers and counters in files: what is written is read, what is broken is taken for lost, what nobody asks for any
 * more goes. */
#include <fcntl.h>
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

#include "worker/transaction_table.h"

enum { PATH_BYTES = 128 };

typedef struct folder {
    char dir[64];
    char place[PATH_BYTES];
} folder;

static const uint8_t ONE[VG_TRANSACTION_ID] = {1}, TWO[VG_TRANSACTION_ID] = {2}, THREE[VG_TRANSACTION_ID] = {3};
static const char DATABASE[VG_SHA256_HEX] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static int setup(void **state)
{
    static folder f;

    strcpy(f.dir, "/tmp/vgi-markers-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    snprintf(f.place, sizeof f.place, "%s/owner", f.dir);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    const folder *f = *state;
    char command[PATH_BYTES];

    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    return 0;
}

static void write_one(const folder *f, const uint8_t *id, vg_phase phase, const vg_process *engine)
{
    vg_marker marker = {.phase = (int32_t)phase, .idle_ms = 7, .engine = *engine};

    memcpy(marker.database, DATABASE, sizeof marker.database);
    (void)vgi_error_set(&marker.error, VGI_ERR_VALUE, "why");
    assert_int_equal(vg_marker_write(f->place, id, &marker, NULL), VGI_OK);
}

static bool is_there(const folder *f, const uint8_t *id)
{
    vg_marker marker;

    return vg_marker_read(f->place, id, &marker);
}

static vg_process this_process(void)
{
    vg_process process;

    assert_int_equal(vg_process_of(getpid(), &process), VG_PROCESS_RUNS);
    return process;
}

/* One that ran a moment ago. */
static vg_process ended_process(void)
{
    pid_t child = fork();
    vg_process process;

    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(vg_process_of(child, &process), VG_PROCESS_RUNS);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return process;
}

static void test_written_and_read(void **state)
{
    const folder *f = *state;
    const vg_process engine = this_process();
    vg_marker marker;

    assert_false(is_there(f, ONE));
    write_one(f, ONE, VG_PHASE_WRITES, &engine);
    write_one(f, ONE, VG_PHASE_COMMIT_FAILED, &engine);
    assert_false(is_there(f, TWO));
    assert_true(vg_marker_read(f->place, ONE, &marker));
    assert_int_equal(marker.phase, VG_PHASE_COMMIT_FAILED);
    assert_int_equal(marker.idle_ms, 7);
    assert_int_equal(marker.engine.pid, getpid());
    assert_string_equal(marker.error.message, "why");
    assert_string_equal(marker.database, DATABASE);
    vg_marker_remove(f->place, ONE);
    assert_false(is_there(f, ONE));
}

/* Half a marker: its process died when it made it. */
static void test_broken(void **state)
{
    const folder *f = *state;
    const vg_process engine = this_process();
    char path[2 * PATH_BYTES];
    vg_marker marker;

    write_one(f, ONE, VG_PHASE_COMMITTED, &engine);
    snprintf(path, sizeof path, "%s.01000000000000000000000000000000.txn", f->place);
    assert_int_equal(truncate(path, 9), 0);
    assert_true(vg_marker_read(f->place, ONE, &marker));
    assert_int_equal(marker.phase, VG_PHASE_LOST);
    assert_int_equal(truncate(path, 0), 0);
    assert_true(vg_marker_read(f->place, ONE, &marker));
    assert_int_equal(marker.phase, VG_PHASE_LOST);
}

static void test_collected(void **state)
{
    const folder *f = *state;
    const vg_process engine = this_process(), gone = ended_process(), unknown = {0};
    const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    char path[2 * PATH_BYTES];
    int64_t before;

    write_one(f, ONE, VG_PHASE_ROLLED_BACK_IDLE, &engine);
    write_one(f, TWO, VG_PHASE_COMMITTED, &engine);
    write_one(f, THREE, VG_PHASE_WRITES, &unknown);
    vg_markers_collect(f->place);
    assert_true(is_there(f, ONE) && is_there(f, TWO) && is_there(f, THREE));
    for (char i = '1'; i <= '3'; i++) {
        snprintf(path, sizeof path, "%s.0%c000000000000000000000000000000.txn", f->place, i);
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    vg_markers_collect(f->place);
    assert_true(is_there(f, ONE));
    assert_false(is_there(f, TWO) || is_there(f, THREE));
    before = vg_counter_ask(f->place, DATABASE, NULL);
    write_one(f, ONE, VG_PHASE_WRITES, &gone);
    vg_markers_collect(f->place);
    assert_false(is_there(f, ONE));
    assert_true(vg_counter_ask(f->place, DATABASE, NULL) > before + 1);
}

static void test_counter(void **state)
{
    const folder *f = *state;
    const int64_t own = 5, other = 3, now = vg_counter_first();
    int64_t first = vg_counter_ask(f->place, DATABASE, &own);

    assert_true(first >= now);
    assert_int_equal(vg_counter_ask(f->place, DATABASE, &own), first);
    assert_int_equal(vg_counter_ask(f->place, DATABASE, &other), first + 1);
    assert_int_equal(vg_counter_ask(f->place, DATABASE, &other), first + 1);
    assert_int_equal(vg_counter_ask(f->place, DATABASE, NULL), first + 2);
    assert_int_equal(vg_counter_ask(f->place, DATABASE, &other), first + 2);
}

/* Where nothing can be written, a transaction does not begin. */
static void test_no_room(void **state)
{
    const folder *f = *state;
    const vg_marker marker = {.phase = VG_PHASE_WRITES};
    char place[2 * PATH_BYTES];
    vgi_error err = {0};

    snprintf(place, sizeof place, "%s/nothing/owner", f->dir);
    assert_int_equal(vg_marker_write(place, ONE, &marker, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "cannot be made"));
    assert_true(vg_counter_ask(place, DATABASE, NULL) > 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_written_and_read), TEST(test_broken), TEST(test_collected),
                                       TEST(test_counter), TEST(test_no_room)};

    return cmocka_run_group_tests_name("transaction markers", tests, NULL, NULL);
}
