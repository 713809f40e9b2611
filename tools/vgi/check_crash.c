/* Checks of vgi check-transactions (check.h) in which processes die: workers between two statements, in one, after the
 * effect of one; the engine; and connections that are closed without an end. An engine sends a unary call whose worker
 * died again, to another process; a stream it does not (vgi.md, transactions and writes). */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
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

static bool create_sent_again(kit *k)
{
    kit_worker *w;
    kit_tx t;
    vgi_error err = {0};

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !(w = kit_worker_get(k, 1)))
        return false;
    k->table[0] = 'w'; /* another name */
    if (kit_try_create(k, w, t.id, k->table, false, &err) != VGI_OK)
        return kit_failed(k, "CREATE TABLE", &err);
    kit_kill(k, 1);
    if (!(w = kit_worker_get(k, 2)))
        return false;
    if (kit_try_create(k, w, t.id, k->table, false, &err) != VGI_OK)
        return kit_no(k, "CREATE TABLE was sent again, as its worker had died before its answer, and was refused: %s",
                      err.message);
    return kit_commit(k, 2, &t) && kit_finds(k, 3, NULL, k->table, true, "after the commit") &&
           kit_can_write(k, 3, 1, "after it") && kit_sees(k, 2, NULL, ONE, "after the next commit");
}

static bool commit_sent_again(kit *k)
{
    kit_tx t;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !kit_commit(k, 0, &t))
        return false;
    kit_kill(k, 0);
    return kit_commit(k, 1, &t) && kit_sees(k, 2, NULL, ONE, "after a commit that was sent again");
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
