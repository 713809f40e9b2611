/* One pool, many threads: clients are lent to one thread at a time, the dead ones are thrown away, and none is
 * left. Runs workers of `hello`; the thread sanitizer's lane runs it, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include <vgi/client.h>

#include "../support/folder.h"

enum { THREADS = 4, ROUNDS = 12 };

static char location[4096];

/* A thread of the sanitizer's own is running before the first count, so this is asked when all is warm. */
static void nothing_is_left(int descriptors)
{
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static vgi_status scan(vgi_client *client, int64_t *ret_rows, vgi_error *err)
{
    vgi_attachment *attachment;
    vgi_run *run = NULL;
    const vgi_batch *batch;
    vgi_status status;

    VGI_TRY(vgi_client_attach(client, "hello", NULL, &attachment, err));
    status = vgi_table_open(attachment, (vgi_string_list)VGI_PATH("main"), "numbers", NULL, &run, err);
    while (status == VGI_OK) {
        status = vgi_run_next(run, &batch, err);
        *ret_rows += status == VGI_OK ? batch->rows : 0;
    }
    vgi_run_free(run);
    vgi_attachment_free(attachment);
    return status == VGI_END ? VGI_OK : status;
}

/* What the threads share, and the failures that they have seen. */
typedef struct work {
    vgi_pool *pool;
    bool kills; /* every third client's worker */
    pthread_mutex_t lock;
    char failure[2048];
} work;

static void note(work *w, const char *what, const vgi_error *err)
{
    pthread_mutex_lock(&w->lock);
    if (!w->failure[0])
        snprintf(w->failure, sizeof w->failure, "%s: %s", what, err->message);
    pthread_mutex_unlock(&w->lock);
}

static void *borrow(void *user)
{
    work *w = user;

    for (int i = 0; i < ROUNDS; i++) {
        vgi_error err = {0};
        vgi_client *client;
        int64_t rows = 0;

        if (vgi_pool_take(w->pool, &client, &err) != VGI_OK) {
            note(w, "no client", &err);
            continue;
        }
        if (scan(client, &rows, &err) != VGI_OK || rows != 1000)
            note(w, "no scan", &err);
        if (w->kills && i % 3 == 0) {
            vgi_error expected = {0};

            (void)kill(-(pid_t)vgi_client_worker_pid(client), SIGKILL);
            if (vgi_client_ping(client, &expected) == VGI_OK)
                note(w, "a dead worker has answered", &expected);
        }
        vgi_pool_give(w->pool, client);
    }
    return NULL;
}

static void share(size_t max_idle, bool kills)
{
    work w = {.kills = kills, .lock = PTHREAD_MUTEX_INITIALIZER};
    int descriptors = count_entries("/proc/self/fd");
    pthread_t threads[THREADS];
    vgi_error err = {0};

    assert_int_equal(vgi_pool_new(location, NULL, max_idle, &w.pool, &err), VGI_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, borrow, &w), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    vgi_pool_free(w.pool);
    assert_string_equal(w.failure, "");
    nothing_is_left(descriptors);
}

static void threads_share_a_pool(void **state)
{
    (void)state;
    share(2, false);
}

static void none_is_kept_where_none_may_be(void **state)
{
    (void)state;
    share(0, false);
}

static void dead_workers_are_thrown_away(void **state)
{
    (void)state;
    share(SIZE_MAX, true);
}

static void a_client_is_lent_again(void **state)
{
    vgi_client *first, *second, *third;
    vgi_error err = {0};
    vgi_pool *pool;
    int64_t pid;

    (void)state;
    assert_int_equal(vgi_pool_new(location, NULL, 1, &pool, &err), VGI_OK);
    assert_int_equal(vgi_pool_take(pool, &first, &err), VGI_OK);
    assert_int_equal(vgi_pool_take(pool, &second, &err), VGI_OK);
    pid = vgi_client_worker_pid(first);
    vgi_pool_give(pool, first);
    vgi_pool_give(pool, second); /* one too many: closed */
    assert_int_equal(vgi_pool_take(pool, &third, &err), VGI_OK);
    assert_int_equal(vgi_client_worker_pid(third), pid);
    vgi_pool_give(pool, third);
    vgi_pool_free(pool);
    vgi_pool_free(NULL);
}

static void a_place_that_is_none_is_refused(void **state)
{
    vgi_error err = {0};
    vgi_client *client;
    vgi_pool *pool;

    (void)state;
    assert_int_equal(vgi_pool_new(NULL, NULL, 1, &pool, &err), VGI_OK);
    assert_int_equal(vgi_pool_take(pool, &client, &err), VGI_ERR_VALUE);
    vgi_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_lent_again),       cmocka_unit_test(a_place_that_is_none_is_refused),
        cmocka_unit_test(threads_share_a_pool),         cmocka_unit_test(none_is_kept_where_none_may_be),
        cmocka_unit_test(dead_workers_are_thrown_away),
    };

    snprintf(location, sizeof location, "exec '%s/hello'", getenv("VGI_BIN_DIR") ? getenv("VGI_BIN_DIR") : ".");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
