/* Workers as children: what they inherit, how they end (what they say: tail_test.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "transport/spawn.h"

enum { LONG_MS = 60000 };

static vg_child *spawn(const char *command, vg_stderr where, vg_connection **connection)
{
    vgi_error err = {0};
    vg_child *child;

    if (vg_spawn(command, where, &child, connection, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return child;
}

static void expect_end(const char *command, const char *wanted)
{
    vg_connection *connection;
    vg_child *child = spawn(command, VG_STDERR_DISCARD, &connection);
    char text[64];

    assert_true(vg_child_ended(child, LONG_MS, text, sizeof text));
    assert_string_equal(text, wanted);
    vg_connection_free(connection);
    vg_child_free(child);
}

static void ends_are_told(void **state)
{
    (void)state;
    expect_end("exit 0", "exit status 0");
    expect_end("exit 5", "exit status 5");
    expect_end("kill -9 $$", "signal 9");
    expect_end("/no/such/program", "exit status 127");
    expect_end("kill -PIPE $$", "signal 13"); /* whatever this program does about the signal */
}

/* Each ends by the end of its stdin: no other child holds it open. */
static void children_inherit_nothing_of_each_other(void **state)
{
    vg_connection *connections[3];
    vg_child *children[3];
    char text[64];

    (void)state;
    for (int i = 0; i < 3; i++)
        children[i] = spawn("exec cat", VG_STDERR_CAPTURE, &connections[i]);
    for (int i = 0; i < 3; i++) {
        vg_connection_free(connections[i]);
        assert_true(vg_child_ended(children[i], LONG_MS, text, sizeof text));
        vg_child_free(children[i]);
    }
}

/* A program may have closed 0 to 2: the pipes must not land there. */
static void a_program_without_standard_files_has_workers_too(void **state)
{
    vg_connection *connection;
    vg_child *child;
    vgi_error err = {0};
    int kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
    char hello[] = "hello";
    struct iovec part = {hello, 5};

    (void)state;
    close(0);
    child = spawn("exec cat", VG_STDERR_DISCARD, &connection);
    if (kept >= 0)
        assert_int_equal(dup2(kept, 0), 0);
    close(kept);
    assert_int_equal(vg_connection_output(connection)->write(vg_connection_output(connection), &part, 1, &err), VGI_OK);
    assert_int_equal(vg_input_need(vg_connection_input(connection), 5, &err), VGI_OK);
    assert_memory_equal(vg_connection_input(connection)->data, "hello", 5);
    vg_connection_free(connection);
    vg_child_free(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_told),
        cmocka_unit_test(children_inherit_nothing_of_each_other),
        cmocka_unit_test(a_program_without_standard_files_has_workers_too),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
