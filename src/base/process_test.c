/* Which process still runs: this one, a child, a zombie, one of an earlier boot, one whose number was given again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"

static void test_running(void **state)
{
    vg_process self;

    (void)state;
    /* A name as awkward as it gets: proc(5) does not escape it. */
    assert_int_equal(prctl(PR_SET_NAME, "a) Z 1 (b"), 0);
    assert_int_equal(vg_process_of(getpid(), &self), VG_PROCESS_RUNS);
    assert_int_equal(self.pid, getpid());
    assert_true(self.start_ticks > 0);
    assert_int_equal(strlen(self.boot), 36);
    assert_false(vg_process_is_over(&self));
}

static void test_ended(void **state)
{
    vg_process child;
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        char byte;

        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    assert_int_equal(vg_process_of(pid, &child), VG_PROCESS_RUNS);
    assert_false(vg_process_is_over(&child));

    close(ends[1]);
    assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_true(vg_process_is_over(&child)); /* a zombie */
    assert_int_equal(vg_process_of(pid, &(vg_process){0}), VG_PROCESS_OVER);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(vg_process_is_over(&child));
    assert_int_equal(vg_process_of(pid, &(vg_process){0}), VG_PROCESS_OVER);
}

static void test_another_process(void **state)
{
    vg_process self, other;

    (void)state;
    assert_int_equal(vg_process_of(getpid(), &self), VG_PROCESS_RUNS);
    other = self;
    other.start_ticks--; /* the number was given again */
    assert_true(vg_process_is_over(&other));
    other = self;
    other.boot[0] = other.boot[0] == '0' ? '1' : '0';
    assert_true(vg_process_is_over(&other));
    other = self;
    other.start_ticks--;
    other.pid_space++; /* cannot be looked at from here */
    assert_false(vg_process_is_over(&other));
}

static void test_no_process(void **state)
{
    vg_process none;

    (void)state;
    assert_int_equal(vg_process_of(0, &none), VG_PROCESS_OVER);
    assert_int_equal(vg_process_of(-1, &none), VG_PROCESS_OVER);
    assert_int_equal(vg_process_of(INT64_C(1) << 40, &none), VG_PROCESS_OVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_another_process),
        cmocka_unit_test(test_no_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
