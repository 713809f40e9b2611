/* Unit tests of tail.c: what is kept, that nobody waits, that all of it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/tail.h"

static vg_tail *open_tail(int *fd)
{
    vg_tail *tail = NULL;

    assert_int_equal(vg_tail_new(&tail, fd, NULL), VGI_OK);
    return tail;
}

static void say(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);

        assert_true(n > 0);
        text += n;
        size -= (size_t)n;
    }
}

/* What was written before the call is in it, whether or not the thread has run. */
static void test_all_that_was_said(void **state)
{
    char text[16];
    int fd;
    vg_tail *tail = open_tail(&fd);

    (void)state;
    assert_int_equal(vg_tail_text(tail, text, sizeof text), 0);
    say(fd, "one\n", 4);
    assert_int_equal(vg_tail_text(tail, text, sizeof text), 4);
    assert_string_equal(text, "one\n");
    say(fd, "two\n", 4);
    close(fd);
    assert_int_equal(vg_tail_text(tail, text, sizeof text), 8);
    assert_string_equal(text, "one\ntwo\n");
    assert_int_equal(vg_tail_text(tail, text, 6), 5);
    assert_string_equal(text, "\ntwo\n");
    assert_int_equal(vg_tail_text(tail, text, 0), 0);
    vg_tail_free(tail);
}

/* 8 MiB go in without anybody asking for them, and the last 64 KiB are there in order. */
static void test_a_flood_is_forgotten_but_for_its_end(void **state)
{
    enum { LINES = 524288, LINE = 16 };
    char *text = malloc(VG_TAIL_BYTES + 100), line[LINE * 2];
    int fd;
    vg_tail *tail = open_tail(&fd);

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "line %010d\n", i);
        say(fd, line, LINE);
    }
    close(fd);
    while (vg_tail_text(tail, text, VG_TAIL_BYTES + 100) < VG_TAIL_BYTES || !strstr(text, "line 0000524287\n"))
        ;
    for (int i = 0; i < VG_TAIL_BYTES / LINE; i++) {
        snprintf(line, sizeof line, "line %010d\n", LINES - VG_TAIL_BYTES / LINE + i);
        assert_memory_equal(text + i * LINE, line, LINE);
    }
    vg_tail_free(tail);
    free(text);
}

/* A grandchild may hold the other end for ever. */
static void test_freeing_does_not_wait_for_the_writer(void **state)
{
    int fd;
    vg_tail *tail = open_tail(&fd);

    (void)state;
    vg_tail_free(tail);
    vg_tail_free(NULL);
    close(fd);
}

static void test_no_memory(void **state)
{
    vgi_error err = {0};
    vg_tail *tail = NULL;
    int fd;

    (void)state;
    vg_alloc_fail_after(0);
    assert_int_equal(vg_tail_new(&tail, &fd, &err), VGI_ERR_MEMORY);
    vg_alloc_fail_after(-1);
    assert_null(tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_was_said),
        cmocka_unit_test(test_a_flood_is_forgotten_but_for_its_end),
        cmocka_unit_test(test_freeing_does_not_wait_for_the_writer),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
