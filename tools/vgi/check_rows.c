/* Checks of vgi check-transactions (check.h) in which every process lives: what commit and rollback mean, ends that
 * come twice or by another process, two writers. */
#include <pthread.h>
#include <string.h>

#include "check.h"

enum { ONE = 1 << 1, TWO = 1 << 2, THREE = 1 << 3 }; /* rows: kit_sees */

/* ---- what an end means ------------------------------------------------------------------------------------------ */

static bool commit_shows(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) &&
           kit_sees(k, 1, NULL, 0, "before the commit") && kit_commit(k, 0, &t) &&
           kit_sees(k, 1, NULL, ONE, "after the commit") && kit_sees(k, 0, NULL, ONE, "after the commit");
}

static bool rollback_hides(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) && kit_rollback(k, 0, &t) &&
           kit_sees(k, 1, NULL, 0, "after the rollback") && kit_sees(k, 0, NULL, 0, "after the rollback") &&
           kit_can_write(k, 1, 2, "after the rollback") && kit_sees(k, 0, NULL, TWO, "after the next commit");
}

static bool own_writes(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) &&
           kit_sees(k, 0, &t, ONE, "before the commit") && kit_sees(k, 1, &t, ONE, "before the commit") &&
           kit_sees(k, 2, NULL, 0, "before the commit") && kit_insert(k, 1, &t, 2) &&
           kit_sees(k, 0, &t, ONE | TWO, "before the commit") && kit_sees(k, 2, NULL, 0, "before the commit") &&
           kit_commit(k, 0, &t) && kit_sees(k, 2, NULL, ONE | TWO, "after the commit");
}

static bool reads_only(kit *k)
{
    kit_tx t, u;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_begin(k, 1, &u, "U") &&
           kit_sees(k, 0, &t, 0, "at first") && kit_sees(k, 1, &u, 0, "at first") && kit_commit(k, 1, &t) &&
           kit_rollback(k, 0, &u) && kit_can_write(k, 0, 1, "after two readers");
}

/* ---- DDL -------------------------------------------------------------------------------------------------------- */

static bool create(kit *k, int worker, const kit_tx *tx, const char *table)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    return w && (kit_try_create(k, w, tx->id, table, false, &err) == VGI_OK || kit_failed(k, "CREATE TABLE", &err));
}

static bool ddl_commits(kit *k)
{
    kit_tx t;

    if (!kit_table(k, false)) /* says whether tables can be made at all */
        return false;
    strcat(k->table, "_d");
    return kit_begin(k, 0, &t, "T") && create(k, 1, &t, k->table) &&
           kit_finds(k, 0, &t, k->table, true, "before the commit") &&
           kit_finds(k, 2, &t, k->table, true, "before the commit") &&
           kit_finds(k, 3, NULL, k->table, false, "before the commit") && kit_insert(k, 2, &t, 1) &&
           kit_commit(k, 0, &t) && kit_finds(k, 3, NULL, k->table, true, "after the commit") &&
           kit_sees(k, 1, NULL, ONE, "after the commit");
}

static bool ddl_rolls_back(kit *k)
{
    kit_tx t;

    if (!kit_table(k, false))
        return false;
    strcat(k->table, "_d");
    return kit_begin(k, 0, &t, "T") && create(k, 1, &t, k->table) && kit_insert(k, 0, &t, 1) &&
           kit_rollback(k, 2, &t) && kit_finds(k, 0, NULL, k->table, false, "after the rollback") &&
           kit_finds(k, 1, NULL, k->table, false, "after the rollback");
}

static bool version(kit *k, int worker, int64_t *ret)
{
    kit_worker *w = kit_worker_get(k, worker);
    const vgi_catalog_version_response *answer;
    vgi_error err = {0};

    if (!w)
        return false;
    vgi_result_clear(w->result);
    if (vgi_attachment_join(w->attachment, (vgi_bytes){0}, &err) != VGI_OK ||
        vgi_client_catalog_version(w->attachment, &(vgi_catalog_version_params){0}, w->result, &answer, &err) != VGI_OK)
        return kit_failed(k, "asking for the catalog's version", &err);
    *ret = answer->version;
    return true;
}

/* An engine that has looked into a transaction keeps what it saw until the version rises. */
static bool version_rises(kit *k)
{
    int64_t before, committed, rolled_back;
    kit_tx t;

    if (vgi_attachment_info(k->c->attachment)->catalog_version_frozen)
        return kit_skip(k, "the catalog says that its version never changes");
    if (!version(k, 0, &before) || !kit_table(k, false) || !version(k, 1, &committed))
        return false;
    strcat(k->table, "_d");
    if (!kit_begin(k, 0, &t, "T") || !create(k, 0, &t, k->table) || !kit_rollback(k, 0, &t) ||
        !version(k, 1, &rolled_back))
        return false;
    if (committed <= before)
        return kit_no(k, "after a committed CREATE TABLE the version is %lld, and was %lld", (long long)committed,
                      (long long)before);
    return rolled_back > committed ||
           kit_no(k, "after a CREATE TABLE that was rolled back the version is %lld still: an engine keeps listing it",
                  (long long)rolled_back);
}

/* ---- other processes, and ends that come twice ------------------------------------------------------------------ */

static bool several_processes(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 1, &t, 1) && kit_insert(k, 2, &t, 2) &&
           kit_sees(k, 4, NULL, 0, "before the commit") && kit_commit(k, 3, &t) &&
           kit_sees(k, 4, NULL, ONE | TWO, "after the commit") && kit_sees(k, 1, NULL, ONE | TWO, "after the commit");
}

static bool rollback_elsewhere(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 1, &t, 1) && kit_rollback(k, 2, &t) &&
           kit_sees(k, 1, NULL, 0, "after the rollback") && kit_can_write(k, 3, 2, "after the rollback");
}

static bool commit_twice(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) && kit_commit(k, 0, &t) &&
           kit_commit(k, 1, &t) && kit_commit(k, 0, &t) && kit_sees(k, 2, NULL, ONE, "after the commits");
}

static bool rollback_twice(kit *k)
{
    kit_tx t;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) && kit_rollback(k, 0, &t) &&
           kit_rollback(k, 1, &t) && kit_rollback(k, 0, &t) && kit_sees(k, 2, NULL, 0, "after the rollbacks");
}

/* The end itself; true whatever the worker says of it. */
static bool end_anyhow(kit *k, int worker, const kit_tx *tx, bool commits, bool *ret_accepted)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    if (!w)
        return false;
    *ret_accepted = kit_try_end(w, tx->id, commits, &err) == VGI_OK;
    kit_note(k, "the worker %s it", *ret_accepted ? "accepts" : "refuses");
    return true;
}

static bool rollback_after_commit(kit *k)
{
    kit_tx t;
    bool accepted;

    return kit_table(k, false) && kit_begin(k, 0, &t, "T") && kit_insert(k, 0, &t, 1) && kit_commit(k, 0, &t) &&
           end_anyhow(k, 0, &t, false, &accepted) && end_anyhow(k, 1, &t, false, &accepted) &&
           kit_sees(k, 2, NULL, ONE, "after a rollback that came after the commit");
}

static bool commit_after_rollback(kit *k)
{
    kit_tx t;
    bool here, there;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !kit_rollback(k, 0, &t) ||
        !end_anyhow(k, 0, &t, true, &here) || !end_anyhow(k, 1, &t, true, &there) ||
        !kit_sees(k, 2, NULL, 0, "after a commit that came after the rollback"))
        return false;
    return (!here && !there) ||
           kit_no(k, "the commit of a transaction that had been rolled back was answered as if it were done");
}

static bool write_after_commit(kit *k)
{
    kit_worker *w;
    kit_tx t;
    vgi_error err = {0};
    vgi_status status;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !kit_commit(k, 0, &t))
        return false;
    w = kit_worker_get(k, 1);
    if (!w)
        return false;
    status = kit_try_insert(k, w, t.id, 2, &err);
    if (!kit_sees(k, 2, NULL, ONE, "after an insert in a transaction that is over"))
        return false;
    return status != VGI_OK || kit_no(k, "an insert in a transaction that is over is answered as if it were done");
}

static bool begin_again(kit *k)
{
    kit_tx t, u;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_begin(k, 1, &u, "U"))
        return false;
    if (t.id.size == u.id.size && memcmp(t.id.data, u.id.data, t.id.size) == 0)
        return kit_no(k, "two begins gave the same id");
    return kit_insert(k, 0, &u, 1) && kit_commit(k, 0, &u) &&
           kit_sees(k, 2, NULL, ONE, "after the second of two begins was committed, and the first forgotten") &&
           kit_can_write(k, 1, 2, "while a begin is forgotten");
}

/* What was never begun: whether it is refused or not, nothing of it may be seen unless its commit is accepted. */
static bool unknown_id(kit *k)
{
    static const uint8_t ID[16] = "vgi was not here";
    const kit_tx t = {{ID, sizeof ID}, "an unknown id"};
    kit_worker *w;
    vgi_error err = {0};
    vgi_status status;
    bool accepted;

    if (!kit_table(k, false) || !(w = kit_worker_get(k, 0)))
        return false;
    status = kit_try_insert(k, w, t.id, 1, &err);
    if (!kit_sees(k, 1, NULL, 0, "after an insert under an unknown id") || !end_anyhow(k, 1, &t, false, &accepted) ||
        !kit_sees(k, 1, NULL, 0, "after its rollback"))
        return false;
    cli_text_clear(&k->note);
    kit_note(k, "the worker %s an insert under it", status == VGI_OK ? "accepts" : "refuses");
    return kit_can_write(k, 1, 2, "after an unknown id");
}

/* ---- two writers ------------------------------------------------------------------------------------------------ */

/* A second writer, in a thread: it may be kept waiting. */
typedef struct second {
    const kit *k;
    kit_worker *worker;
    kit_tx tx;
    int id;
    pthread_t thread;
    vgi_status status;
    vgi_error err;
} second;

static void *write_second(void *data)
{
    second *s = data;

    s->status = kit_try_insert(s->k, s->worker, s->tx.id, s->id, &s->err);
    return NULL;
}

static bool start_second(kit *k, second *s, int worker, int id)
{
    *s = (second){.k = k, .id = id};
    if (!kit_begin(k, worker, &s->tx, "U"))
        return false;
    s->worker = &k->workers[worker];
    return pthread_create(&s->thread, NULL, write_second, s) == 0 || kit_no(k, "no thread can be started");
}

/* Ends the second transaction as its insert went: true with *ret_committed. */
static bool end_second(kit *k, second *s, int worker, bool *ret_committed)
{
    vgi_error err = {0};
    vgi_status status;
    kit_worker *w;

    *ret_committed = false;
    if (s->status != VGI_OK) {
        kit_note(k, "the second one was refused: %s", s->err.message);
        return kit_rollback(k, worker, &s->tx);
    }
    w = kit_worker_get(k, worker);
    if (!w)
        return false;
    status = kit_try_end(w, s->tx.id, true, &err);
    *ret_committed = status == VGI_OK;
    kit_note(k, *ret_committed ? "both were committed" : "the commit of the second one was refused: %s", err.message);
    return *ret_committed || kit_rollback(k, worker, &s->tx);
}

/* The first one commits while the second one writes. */
static bool two_writers(kit *k)
{
    second s;
    kit_tx t;
    bool first, both;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !start_second(k, &s, 1, 2))
        return false;
    kit_pause();
    first = kit_commit(k, 2, &t);
    pthread_join(s.thread, NULL);
    return first && end_second(k, &s, 1, &both) && kit_sees(k, 0, NULL, both ? ONE | TWO : ONE, "after two writers") &&
           kit_can_write(k, 2, 3, "after two writers") &&
           kit_sees(k, 1, NULL, both ? ONE | TWO | THREE : ONE | THREE, "after a third one");
}

/* The first one ends only when the second one has had its answer. */
static bool writer_waits(kit *k)
{
    second s;
    kit_tx t;
    bool both;

    if (!kit_table(k, false) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !start_second(k, &s, 1, 2))
        return false;
    pthread_join(s.thread, NULL);
    if (s.status != VGI_OK && !vgi_client_is_usable(k->workers[1].client))
        return kit_no(k, "a second writer had no answer while the first one rested: %s", s.err.message);
    return kit_commit(k, 0, &t) && end_second(k, &s, 1, &both) &&
           kit_sees(k, 2, NULL, both ? ONE | TWO : ONE, "after two writers");
}

/* Both insert the same key: one of the two inserts fails, or the second commit, and then all of it is gone. */
static bool failed_commit(kit *k)
{
    second s;
    kit_tx t;
    bool first, both;

    if (!kit_table(k, true) || !kit_begin(k, 0, &t, "T") || !kit_insert(k, 0, &t, 1) || !start_second(k, &s, 1, 1))
        return false;
    kit_pause();
    first = kit_commit(k, 0, &t);
    pthread_join(s.thread, NULL);
    if (!first || !end_second(k, &s, 1, &both))
        return false;
    if (!kit_sees(k, 2, NULL, ONE, "after two transactions inserted the same key"))
        return false;
    if (both)
        return kit_no(k, "two transactions inserted the same primary key, and both were committed");
    if (!kit_rollback(k, 1, &s.tx) || !kit_can_write(k, 2, 2, "after a transaction that failed") ||
        !kit_sees(k, 1, NULL, ONE | TWO, "after the next commit"))
        return false;
    return true;
}

const kit_row KIT_STATEMENT_ROWS[] = {
    {"commit", "what is committed is there for others, and only then", commit_shows, false},
    {"rollback", "what is rolled back is gone, and locks nobody out", rollback_hides, false},
    {"own-writes", "a transaction sees its own writes in every process; nobody else does", own_writes, false},
    {"reads", "transactions that only read can end either way, and lock nobody out", reads_only, false},
    {"ddl-commit", "a table is made with its transaction, and found in it before", ddl_commits, false},
    {"ddl-rollback", "a table is gone with its transaction", ddl_rolls_back, false},
    {"version", "the catalog's version rises with DDL, committed or rolled back", version_rises, false},
    {"processes", "begin, writes and commit may be in different processes", several_processes, false},
    {"rollback-elsewhere", "a rollback may be in another process", rollback_elsewhere, false},
    {"commit-twice", "a commit that is sent again is answered as the first one", commit_twice, false},
    {"rollback-twice", "a rollback that is sent again is answered as the first one", rollback_twice, false},
    {"rollback-after-commit", "a rollback takes back nothing that is committed", rollback_after_commit, false},
    {"commit-after-rollback", "a commit of what was rolled back is refused", commit_after_rollback, false},
    {"write-after-commit", "a write in a transaction that is over is refused", write_after_commit, false},
    {"begin-again", "a begin that is sent again begins another one; the first locks nobody out", begin_again, false},
    {"unknown-id", "what is written under an id that nobody was given is not kept", unknown_id, false},
    {"two-writers", "two writers lose no update", two_writers, false},
    {"writer-waits", "a second writer has an answer, also while the first one rests", writer_waits, false},
    {"failed-commit", "of two transactions with the same key one fails whole, and can be rolled back", failed_commit,
     false},
    {0},
};
