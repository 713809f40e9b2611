/* Checks of vgi check-transactions (check.h) in which processes die: workers between two statements, in one, after the
 * effect of one; the engine; and connections that are closed without an end. An engine sends a unary call whose worker
 * died again, to another process; a stream it does not (vgi.md, transactions and writes). */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { ONE = 1 << 1, TWO = 1 << 2, THREE = 1 << 3 };

/* Where a worker died a transaction may be lost; but all of it, and it must be said. `status`: of all statements since,
 * `err` of the first that failed. True: the transaction goes on, or was lost in order. */
static bool lost_in_order(kit *k, const kit_tx *t, const vgi_error *err)
{
    kit_note(k, "the transaction was lost with the worker, which was said: %s", err->message);
    return kit_rollback(k, 2, t) && kit_sees(k, 3, NULL, 0, "after a transaction was lost with a worker") &&
           kit_can_write(k, 3, 3, "after a transaction was lost with a worker") &&
           kit_sees(k, 2, NULL, THREE, "after the next commit");
}

static bool crash_between(kit *k)
{
    kit_worker *w;
    kit_tx t;
    vgi_error err = {0};

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 1, &t, 1))
        return false;
    kit_kill(k, 1);
    if (!(w = kit_worker_get(k, 2)))
        return false;
    if (kit_try_insert(k, w, t.id, 2, &err) != VGI_OK || kit_try_end(w, t.id, true, &err) != VGI_OK)
        return lost_in_order(k, &t, &err);
    return kit_sees(k, 3, NULL, ONE | TWO, "after the commit of a transaction that a worker died in") &&
           kit_can_write(k, 1, 3, "after it");
}

/* The commit itself comes when the worker that wrote is gone. */
static bool crash_before_commit(kit *k)
{
    kit_worker *w;
    kit_tx t;
    vgi_error err = {0};

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 1, &t, 1))
        return false;
    kit_kill(k, 1);
    kit_kill(k, 0);
    if (!(w = kit_worker_get(k, 2)))
        return false;
    if (kit_try_end(w, t.id, true, &err) != VGI_OK)
        return lost_in_order(k, &t, &err);
    return kit_sees(k, 3, NULL, ONE, "after a commit that was accepted") && kit_can_write(k, 1, 3, "after it");
}

static bool crash_in_stream(kit *k)
{
    kit_worker *w;
    kit_tx t;
    vgi_run *run;
    vgi_error err = {0};

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !(w = kit_worker_get(k, 1)))
        return false;
    if (kit_try_insert_open(k, w, t.id, 2, &run, &err) != VGI_OK)
        return kit_failed(k, "insert in T by worker 2", &err);
    (void)kill(-(pid_t)vgi_client_worker_pid(w->client), SIGKILL);
    vgi_run_free(run);
    kit_worker_close(w);
    return kit_rollback(k, 2, &t) && kit_sees(k, 3, NULL, 0, "after a rollback for a worker that died in an insert") &&
           kit_can_write(k, 3, 3, "after it") && kit_sees(k, 2, NULL, THREE, "after the next commit");
}

/* ---- the same request again ------------------------------------------------------------------------------------- */

static bool begin_sent_again(kit *k)
{
    kit_tx t, u;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T"))
        return false;
    kit_kill(k, 0);
    return kit_begin(k, 1, &u, "U") && kit_insert(k, 1, &u, 1) && kit_commit(k, 1, &u) &&
           kit_sees(k, 2, NULL, ONE, "after the commit");
}

/* A call in a thread, to be caught between its effect and its answer: its worker is stopped, and killed if the effect
 * is there then and the answer is not. Most shots miss; how long to wait is learnt from those. */
typedef struct shot {
    const kit *k;
    kit_worker *worker;
    kit_tx tx;
    bool commits; /* else: creates k->table */
    vgi_status status;
    vgi_error err;
} shot;

typedef enum aim { HIT, EARLY, LATE, BROKEN } aim;

/* Is the effect of the call there, as worker 2 sees it? */
typedef bool kit_effect(kit *k, const kit_tx *tx, int id, bool *ret);

static void *call_shot(void *data)
{
    shot *s = data;

    s->status = s->commits ? kit_try_end(s->worker, s->tx.id, true, &s->err)
                           : kit_try_create(s->k, s->worker, s->tx.id, s->k->table, false, &s->err);
    return NULL;
}

static void wait_ns(long ns)
{
    const struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

    nanosleep(&t, NULL);
}

static aim shoot(kit *k, shot *s, long wait, int id, kit_effect *effect)
{
    pid_t group = -(pid_t)vgi_client_worker_pid(s->worker->client);
    pthread_t thread;
    bool is_there = false, looked;

    if (pthread_create(&thread, NULL, call_shot, s) != 0)
        return BROKEN;
    wait_ns(wait);
    (void)kill(group, SIGSTOP);
    looked = effect(k, &s->tx, id, &is_there);
    (void)kill(group, is_there ? SIGKILL : SIGCONT);
    pthread_join(thread, NULL);
    if (!looked)
        return BROKEN;
    if (s->status == VGI_OK)
        return is_there ? LATE : EARLY;
    return is_there ? HIT : BROKEN;
}

static bool finds_table(kit *k, const kit_tx *tx, int id, bool *ret)
{
    kit_worker *w = kit_worker_get(k, 2);
    vgi_error err = {0};

    (void)id;
    return w && (kit_try_find(k, w, tx->id, k->table, ret, &err) == VGI_OK || kit_failed(k, "look-up in T", &err));
}

static bool sees_row(kit *k, const kit_tx *tx, int id, bool *ret)
{
    kit_worker *w = kit_worker_get(k, 2);
    int rows[KIT_ROWS] = {0};
    kit_tx own;
    vgi_error err = {0};

    (void)tx;
    if (!w || !kit_begin(k, 2, &own, "a reader"))
        return false;
    if (kit_try_rows(k, w, own.id, rows, &err) != VGI_OK)
        return kit_failed(k, "a scan", &err);
    *ret = rows[id] > 0;
    return kit_commit(k, 2, &own);
}

/* Worker 1 makes ready what the call needs, and makes the call. */
static bool prepare(kit *k, shot *s, int id)
{
    bool commits = s->commits, found;

    if (!kit_begin(k, 0, &s->tx, "T"))
        return false;
    *s = (shot){.k = k, .commits = commits, .tx = s->tx, .worker = kit_worker_get(k, 1)};
    if (!s->worker)
        return false;
    return commits ? kit_insert(k, 1, &s->tx, id)
                   : kit_try_find(k, s->worker, s->tx.id, k->table, &found, &s->err) == VGI_OK;
}

/* Leaves in `s` a call that was caught, of the row *ret_id where it commits one. */
static bool catch_call(kit *k, shot *s, kit_effect *effect, int *ret_id)
{
    enum { SHOTS = KIT_ROWS - 1, FIRST_NS = 1000000 };
    long wait = FIRST_NS;

    for (int id = 1; id <= SHOTS; id++) {
        aim result;

        if (!prepare(k, s, id))
            return false;
        result = shoot(k, s, wait, id, effect);
        *ret_id = id;
        if (result == HIT)
            return true;
        if (result == BROKEN)
            return kit_failed(k, "a call that was to be interrupted", &s->err);
        wait = result == EARLY ? wait + wait / 2 : wait * 2 / 3;
        if (result == LATE)
            kit_kill(k, 1);
        if (!s->commits && !kit_rollback(k, 2, &s->tx))
            return false;
    }
    return kit_skip(k, "in %d attempts the worker was never caught between the effect and the answer", SHOTS);
}

static bool create_sent_again(kit *k)
{
    shot s = {.commits = false};
    kit_worker *w;
    int id;

    if (!kit_table(k, false))
        return false;
    k->table[0] = 'w'; /* another name */
    if (!catch_call(k, &s, finds_table, &id) || !(w = kit_worker_get(k, 3)))
        return false;
    s.err = (vgi_error){0};
    if (kit_try_create(k, w, s.tx.id, k->table, false, &s.err) != VGI_OK)
        return kit_no(k, "CREATE TABLE was sent again, as its worker had died before its answer, and was refused: %s",
                      s.err.message);
    return kit_commit(k, 3, &s.tx) && kit_finds(k, 2, NULL, k->table, true, "after the commit") &&
           kit_can_write(k, 2, 1, "after it") && kit_sees(k, 3, NULL, ONE, "after the next commit");
}

static bool commit_sent_again(kit *k)
{
    shot s = {.commits = true};
    int id = 0;

    return kit_table(k, false) && catch_call(k, &s, sees_row, &id) && kit_commit(k, 3, &s.tx) &&
           kit_sees(k, 2, NULL, (2U << id) - 2, "after a commit that was sent again");
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

/* Plays an engine with workers of its own: writes in a transaction, says so, and is killed. Never returns. */
static void play_engine(kit *k, int ready)
{
    kit_worker a = {0}, b = {0};
    kit_tx t;
    vgi_error err = {0};
    bool done = kit_worker_open(k, &a, &err) == VGI_OK && kit_worker_open(k, &b, &err) == VGI_OK &&
                kit_try_begin(k, &a, &t, "T", &err) == VGI_OK && kit_try_insert(k, &b, t.id, 1, &err) == VGI_OK;

    if (write(ready, done ? "1" : "0", 1) == 1)
        for (;;)
            pause();
    _exit(1);
}

static bool start_engine(kit *k, pid_t *ret)
{
    int ready[2];
    char answer = 0;

    if (pipe(ready) != 0)
        return kit_no(k, "no pipe can be made");
    fflush(stdout);
    *ret = fork();
    if (*ret == 0) {
        close(ready[0]);
        play_engine(k, ready[1]);
    }
    close(ready[1]);
    if (*ret > 0 && read(ready[0], &answer, 1) != 1)
        answer = 0;
    close(ready[0]);
    if (*ret < 0)
        return kit_no(k, "no process can be started");
    return answer == '1' || kit_no(k, "a second program could not write in a transaction");
}

static bool engine_gone(kit *k)
{
    pid_t engine = -1;
    bool started;

    if (!kit_table(k, false))
        return false;
    kit_close_workers(k);
    started = start_engine(k, &engine);
    if (engine > 0) {
        (void)kill(engine, SIGKILL);
        (void)waitpid(engine, NULL, 0);
    }
    return started && kit_can_write(k, 0, 2, "after the engine was killed in a transaction") &&
           kit_sees(k, 1, NULL, TWO, "after the engine was killed in a transaction");
}

/* A connection that is closed is not told to its workers; and they are ended when nobody needs them. */
static bool closed_without_end(kit *k)
{
    kit_tx t;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 1, &t, 1))
        return false;
    kit_close_workers(k);
    return kit_can_write(k, 2, 2, "after workers were ended in a transaction") &&
           kit_sees(k, 3, NULL, TWO, "after workers were ended in a transaction");
}

const kit_row KIT_CRASH_ROWS[] = {
    {"crash-between", "where a worker dies between two writes, both are committed or none", crash_between, true},
    {"crash-before-commit", "a commit that is accepted has all, whichever workers died", crash_before_commit, true},
    {"crash-in-insert", "a worker that dies in an insert leaves nothing after the rollback", crash_in_stream, true},
    {"begin-sent-again", "a begin is sent again where its worker died", begin_sent_again, true},
    {"create-sent-again", "a CREATE TABLE is sent again where its worker died, and is done once", create_sent_again,
     true},
    {"commit-sent-again", "a commit is sent again where its worker died, and is done once", commit_sent_again, true},
    {"engine-gone", "where the engine is killed nothing is kept, and nobody is locked out", engine_gone, true},
    {"closed", "where workers are ended without an end nothing is kept, and nobody is locked out for long",
     closed_without_end, true},
    {0},
};
