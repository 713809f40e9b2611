/* Unit tests of outlet.c: an observer that is slow, hangs, has nothing to do, or was left behind by a fork. Nothing
 * here waits for time to pass but for the end of one that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "observe/outlet.h"

enum { MAX_SEEN = 2 * VG_OUTLET_MAX_EVENTS, BOUND_MS = 20000, SHORT_MS = 20 };

/* What an observer has been told. It waits in its first `tell` until `go` is posted. */
typedef struct seen {
    sem_t in, go;
    bool waits;
    int n;
    int hurried, ended;
    uint64_t dropped;
    char names[MAX_SEEN][16];
    char catalog[32];
    bool took_signals;
    atomic_bool is_through;
} seen;

static void tell(void *state, const vgi_event *event)
{
    seen *self = state;
    sigset_t blocked;

    if (self->waits) {
        self->waits = false;
        sem_post(&self->in);
        while (sem_wait(&self->go) != 0)
            ;
    }
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    self->took_signals |= sigismember(&blocked, SIGTERM) != 1;
    snprintf(self->names[self->n++], sizeof self->names[0], "%s", event->name);
    snprintf(self->catalog, sizeof self->catalog, "%.*s", (int)event->catalog.size, event->catalog.data);
    self->dropped += event->dropped;
}

static void hurry(void *state, int64_t left_ms)
{
    seen *self = state;

    self->hurried += left_ms > 0;
    sem_post(&self->go);
}

static void end(void *state)
{
    seen *self = state;

    self->ended++;
    atomic_store(&self->is_through, true);
}

static const vgi_observed_worker WORKER = {"0123456789ab", "test", NULL};

static vg_outlet *open_outlet(seen *what, bool waits, bool hurries)
{
    const vgi_observer observer = {
        .user = what, .level = VGI_LOG_INFO, .tell = tell, .hurry = hurries ? hurry : NULL, .end = end};
    vg_outlet *outlet;

    memset(what, 0, sizeof *what);
    sem_init(&what->in, 0, 0);
    sem_init(&what->go, 0, 0);
    what->waits = waits;
    assert_int_equal(vg_outlet_new(&observer, &WORKER, &outlet, NULL), VGI_OK);
    assert_non_null(outlet);
    return outlet;
}

static void push(vg_outlet *outlet, const char *name, vgi_log_level level)
{
    char catalog[] = "shop";
    const vgi_event event = {.name = name, .level = level, .server_id = "x", .catalog = vgi_str(catalog)};

    vg_outlet_push(outlet, &event);
    memset(catalog, '!', sizeof catalog - 1); /* what was pushed was copied */
}

static void close_outlet(vg_outlet *outlet, int64_t bound_ms)
{
    vg_outlet_end(outlet, bound_ms);
    vg_outlet_free(outlet);
}

static seen one;

static void events_are_told_in_their_order_until_the_last(void **state)
{
    vg_outlet *outlet = open_outlet(&one, false, false);

    (void)state;
    push(outlet, "a", VGI_LOG_INFO);
    push(outlet, "quiet", VGI_LOG_DEBUG);
    push(outlet, "b", VGI_LOG_ERROR);
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.n, 2);
    assert_string_equal(one.names[0], "a");
    assert_string_equal(one.names[1], "b");
    assert_string_equal(one.catalog, "shop");
    assert_int_equal(one.ended, 1);
    assert_false(one.took_signals);
}

static void without_an_event_there_is_no_thread(void **state)
{
    vg_outlet *outlet = open_outlet(&one, true, true);

    (void)state;
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.ended, 1);
    assert_int_equal(one.hurried, 0); /* there was nobody to hurry */
}

static void what_does_not_fit_is_dropped_and_counted(void **state)
{
    vg_outlet *outlet = open_outlet(&one, true, false);

    (void)state;
    push(outlet, "first", VGI_LOG_INFO);
    while (sem_wait(&one.in) != 0)
        ;
    for (int i = 0; i < VG_OUTLET_MAX_EVENTS + 7; i++) /* it hangs, and nobody waits for it */
        push(outlet, "more", VGI_LOG_INFO);
    sem_post(&one.go);
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.n, 1 + VG_OUTLET_MAX_EVENTS + 1);
    assert_string_equal(one.names[one.n - 1], "log.dropped");
    assert_int_equal(one.dropped, 7);
}

static void the_next_event_tells_how_many_were_dropped(void **state)
{
    static char text[VG_OUTLET_MAX_BYTES];
    vg_outlet *outlet = open_outlet(&one, true, false);
    const vgi_event huge = {.name = "huge", .level = VGI_LOG_INFO, .options = {text, sizeof text}};

    (void)state;
    push(outlet, "first", VGI_LOG_INFO);
    vg_outlet_push(outlet, &huge);
    vg_alloc_fail_after(0);
    push(outlet, "poor", VGI_LOG_INFO);
    vg_alloc_fail_after(-1);
    push(outlet, "next", VGI_LOG_INFO);
    sem_post(&one.go);
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.n, 2);
    assert_string_equal(one.names[1], "next");
    assert_int_equal(one.dropped, 2);
}

static void one_that_is_asked_to_hurry_may_give_up(void **state)
{
    vg_outlet *outlet = open_outlet(&one, true, true);

    (void)state;
    push(outlet, "first", VGI_LOG_INFO);
    while (sem_wait(&one.in) != 0)
        ;
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.hurried, 1);
    assert_int_equal(one.n, 1);
    assert_int_equal(one.ended, 1);
}

static void one_that_hangs_is_left_behind(void **state)
{
    vg_outlet *outlet = open_outlet(&one, true, false);

    (void)state;
    push(outlet, "first", VGI_LOG_INFO);
    push(outlet, "second", VGI_LOG_INFO);
    while (sem_wait(&one.in) != 0)
        ;
    close_outlet(outlet, SHORT_MS); /* returns although nobody posts `go` */
    assert_int_equal(one.n, 0);
    sem_post(&one.go); /* it comes back after all, and cleans up */
    while (!atomic_load(&one.is_through))
        usleep(1000);
    assert_int_equal(one.n, 1);
}

static vgi_status begin(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    const vgi_status *answer = user;

    assert_string_equal(worker->program, "test");
    assert_ptr_equal(*ret_state, user);
    if (*answer == VGI_ERR_VALUE)
        return vgi_error_set(err, VGI_ERR_VALUE, "not here");
    return *answer;
}

static void an_observer_may_have_nothing_to_do_or_refuse(void **state)
{
    vgi_status answer = VGI_END;
    const vgi_observer observer = {.user = &answer, .begin = begin, .tell = tell};
    vg_outlet *outlet;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_outlet_new(&observer, &WORKER, &outlet, &err), VGI_OK);
    assert_null(outlet);
    answer = VGI_ERR_VALUE;
    assert_int_equal(vg_outlet_new(&observer, &WORKER, &outlet, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "not here");
    vgi_error_clear(&err);
    answer = VGI_ERR_IO;
    assert_int_equal(vg_outlet_new(&observer, &WORKER, &outlet, &err), VGI_ERR_IO);
    assert_string_equal(err.message, "an observer cannot begin");
}

static void a_forked_process_tells_nothing_and_ends(void **state)
{
    vg_outlet *outlet = open_outlet(&one, false, false);
    int status = -1;
    pid_t child;

    (void)state;
    push(outlet, "a", VGI_LOG_INFO);
    child = fork();
    if (child == 0) {
        push(outlet, "b", VGI_LOG_INFO);
        close_outlet(outlet, BOUND_MS);
        _exit(42);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 42);
    close_outlet(outlet, BOUND_MS);
    assert_int_equal(one.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_told_in_their_order_until_the_last),
        cmocka_unit_test(without_an_event_there_is_no_thread),
        cmocka_unit_test(what_does_not_fit_is_dropped_and_counted),
        cmocka_unit_test(the_next_event_tells_how_many_were_dropped),
        cmocka_unit_test(one_that_is_asked_to_hurry_may_give_up),
        cmocka_unit_test(one_that_hangs_is_left_behind),
        cmocka_unit_test(an_observer_may_have_nothing_to_do_or_refuse),
        cmocka_unit_test(a_forked_process_tells_nothing_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
