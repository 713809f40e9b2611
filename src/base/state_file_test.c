/* Where a user's files lie, what is refused, and that of many who make a file one wins and nobody sees half of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/state_file.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/vgi-state-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    return system(command);
}

static const char *at(char *ret, const char *name)
{
    snprintf(ret, PATH_MAX, "%s/%s", folder, name);
    return ret;
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 07777U;
}

static void test_path(void **state)
{
    char home[PATH_MAX], xdg[PATH_MAX], wanted[PATH_MAX];
    vg_arena arena = {0};
    vgi_error err = {0};
    const char *path;

    (void)state;
    setenv("HOME", at(home, "home"), 1);
    setenv("XDG_STATE_HOME", at(xdg, "xdg/deep"), 1);
    assert_int_equal(vg_state_path(&arena, "x", &path, &err), VGI_OK);
    assert_string_equal(path, at(wanted, "xdg/deep/vgi/x"));
    assert_int_equal(mode_of(at(wanted, "xdg/deep/vgi")), 0700);
    setenv("XDG_STATE_HOME", "relative", 1); /* is ignored */
    assert_int_equal(vg_state_path(&arena, "x", &path, &err), VGI_OK);
    assert_string_equal(path, at(wanted, "home/.local/state/vgi/x"));
    assert_int_equal(mode_of(at(wanted, "home/.local/state/vgi")), 0700);

    assert_int_equal(chmod(at(wanted, "home/.local/state/vgi"), 0770), 0);
    assert_int_equal(vg_state_path(&arena, "x", &path, &err), VGI_ERR_PERMISSION);
    assert_non_null(strstr(err.message, "others can write there (mode 770)"));

    vgi_error_clear(&err);
    unsetenv("HOME");
    assert_int_equal(vg_state_path(&arena, "x", &path, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "neither XDG_STATE_HOME nor HOME"));

    vgi_error_clear(&err);
    assert_int_equal(vg_state_create(at(wanted, "file"), "", 0, NULL), VGI_OK);
    setenv("XDG_STATE_HOME", wanted, 1);
    assert_int_equal(vg_state_path(&arena, "x", &path, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "file/vgi: cannot be made: Not a directory"));
    vg_arena_done(&arena);
}

static void test_no_memory(void **state)
{
    char home[PATH_MAX];
    const char *path;

    (void)state;
    setenv("XDG_STATE_HOME", at(home, "memory"), 1);
    vg_alloc_fail_after(0);
    for (size_t i = 0; i < 2; i++) {
        vg_arena arena = {0};
        vgi_error err = {0};
        vgi_status status = i == 0 ? vg_state_path(&arena, "x", &path, &err) : vg_state_create(home, "a", 1, &err);

        assert_int_equal(status, VGI_ERR_MEMORY);
        vg_arena_done(&arena);
    }
    vg_alloc_fail_after(-1);
    assert_int_equal(access(home, F_OK), -1);
}

static void test_create(void **state)
{
    char path[PATH_MAX], text[8];
    vgi_error err = {0};
    mode_t mask = umask(0);
    int fd;

    (void)state;
    assert_int_equal(vg_state_create(at(path, "created"), "hello", 5, &err), VGI_OK);
    umask(mask);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(vg_state_create(path, "other", 5, &err), VGI_END);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_memory_equal(text, "hello", 5);
    close(fd);
    assert_int_equal(vg_state_create(at(path, "absent/created"), "", 0, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "absent/created: cannot be made: No such file"));
}

/* Each writes its own letter 64 times; all must then read the same 64. */
static void race(const char *path, char letter)
{
    char mine[64], found[65];
    vgi_status status;
    int fd;

    memset(mine, letter, sizeof mine);
    status = vg_state_create(path, mine, sizeof mine, NULL);
    fd = open(path, O_RDONLY);
    if ((status != VGI_OK && status != VGI_END) || fd < 0 || read(fd, found, sizeof found) != sizeof mine)
        _exit(255);
    for (size_t i = 0; i < sizeof mine; i++)
        if (found[i] != found[0])
            _exit(255);
    _exit(found[0]);
}

static void test_race(void **state)
{
    char path[PATH_MAX];
    int first = -1;

    (void)state;
    at(path, "raced");
    for (int i = 0; i < 20; i++)
        if (fork() == 0)
            race(path, (char)('a' + i));
    for (int i = 0; i < 20; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
        assert_true(first < 0 || first == WEXITSTATUS(status));
        first = WEXITSTATUS(status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_race),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
