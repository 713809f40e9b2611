/* What a test of transactions over several processes has in hand, and how it reads and makes the files by which a
 * worker tells where it is, and is held there (ledger.c). For transactions_kit.c. */
#ifndef VG_TESTS_TRANSACTIONS_KIT_H
#define VG_TESTS_TRANSACTIONS_KIT_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vgi/client.h>

enum { PATH_BYTES = 512, TEXT_BYTES = 1 << 16, PATIENCE_MS = 60000, MAX_FRONTS = 8 };

typedef struct front {
    vgi_client *client;
    vgi_attachment *attachment;
} front;

typedef struct kit {
    char folder[64];
    char path[128];
    char location[2 * PATH_BYTES];
    front fronts[MAX_FRONTS];
    int n_fronts;
    vgi_result *result;
    vgi_error err;
    char log[256];
} kit;

/* ---- files ------------------------------------------------------------------------------------------------------- */

static inline char *path_of(const kit *k, const char *ending, char ret[PATH_BYTES])
{
    snprintf(ret, PATH_BYTES, "%s.%s", k->path, ending);
    return ret;
}

static inline void touch(const kit *k, const char *ending)
{
    char path[PATH_BYTES];
    int fd = open(path_of(k, ending, path), O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static inline void take_away(const kit *k, const char *ending)
{
    char path[PATH_BYTES];

    assert_int_equal(unlink(path_of(k, ending, path)), 0);
}

static inline void read_text(const char *path, char text[TEXT_BYTES])
{
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, TEXT_BYTES - 1, file) : 0;

    text[n] = '\0';
    if (file)
        fclose(file);
}

static inline int count(const char *text, const char *word)
{
    int n = 0;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        n++;
    return n;
}

static inline int count_traced(const kit *k, const char *event)
{
    char path[PATH_BYTES], text[TEXT_BYTES];

    read_text(path_of(k, "trace", path), text);
    return count(text, event);
}

static inline void await_file(const kit *k, const char *ending)
{
    char path[PATH_BYTES];

    path_of(k, ending, path);
    for (int i = 0; access(path, F_OK) < 0; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
}

static inline void await_trace(const kit *k, const char *event, int times)
{
    for (int i = 0; count_traced(k, event) < times; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
}

/* The process that has begun the last transaction that changed something. */
static inline pid_t owner_of(const kit *k)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    const char *at, *last = NULL;

    read_text(path_of(k, "trace", path), text);
    for (at = strstr(text, "begin "); at; at = strstr(at + 1, "begin "))
        last = at;
    return last ? (pid_t)strtol(last + strlen("begin "), NULL, 10) : 0;
}

/* Until it has ended; whoever inherited it may take its time to say that it knows. */
static inline void await_end(pid_t pid)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    const char *at;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    for (;;) {
        read_text(path, text);
        at = strrchr(text, ')');
        if (!at || at[2] == 'Z' || at[2] == 'X')
            return;
        (void)poll(NULL, 0, 1);
    }
}

static inline void kill_owner(const kit *k)
{
    pid_t owner = owner_of(k);

    assert_true(owner > 0);
    assert_int_equal(kill(owner, SIGKILL), 0);
    await_end(owner);
}

#endif
