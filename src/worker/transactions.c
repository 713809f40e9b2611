/* The table of transactions that have changed something: one state each, locked around callbacks, one writer a
 * database, and for a while how those ended that are over (transactions.h). */
#include "worker/transactions.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "worker/catalog_ops.h"

enum {
    ENDED_KEPT = 256, /* how many ends are remembered */
    WAIT_MS = 5000,
    IDLE_MS = 30000,
};

static const char EXCEPTION[] = "TransactionError";

typedef enum phase { BEGINS, WRITES, NEVER_BEGAN, COMMITTED, COMMIT_FAILED, ROLLED_BACK, ROLLED_BACK_IDLE } phase;

struct vg_transaction {
    vg_transactions *table;
    vg_transaction *next; /* in the table: the newest first */
    vg_transaction_wanted is;
    void *state;
    void *registry; /* kept for `is.functions` */
    phase phase;
    bool is_locked;
    bool is_listed;
    int64_t users;
    int64_t used_ms;
    time_t since;
    vgi_error error; /* of a commit that failed */
};

struct vg_transactions {
    void *user;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    vg_transaction *first;
};

/* ---- the table --------------------------------------------------------------------------------------------------- */

vgi_status vg_transactions_new(void *user, vg_transactions **ret, vgi_error *err)
{
    vg_transactions *table = vg_malloc(sizeof *table);
    pthread_condattr_t attributes;

    if (!table)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *table = (vg_transactions){.user = user};
    pthread_mutex_init(&table->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&table->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret = table;
    return VGI_OK;
}

static void free_transaction(vg_transaction *transaction)
{
    vg_registry_let_go(transaction->registry);
    vg_free(transaction);
}

void vg_transactions_free(vg_transactions *table)
{
    vg_transaction *next;

    if (!table)
        return;
    for (vg_transaction *transaction = table->first; transaction; transaction = next) {
        next = transaction->next;
        if (transaction->phase == WRITES)
            transaction->is.functions->rollback(table->user, transaction->state);
        free_transaction(transaction);
    }
    pthread_cond_destroy(&table->changed);
    pthread_mutex_destroy(&table->lock);
    vg_free(table);
}

/* Takes it out of the table; whoever still uses it frees it. */
static void unlist(vg_transaction *transaction)
{
    vg_transaction **link = &transaction->table->first;

    while (*link != transaction)
        link = &(*link)->next;
    *link = transaction->next;
    transaction->is_listed = false;
    if (transaction->users == 0)
        free_transaction(transaction);
}

/* Forgets the oldest end beyond those that are kept. */
static void forget_old(vg_transactions *table)
{
    vg_transaction *oldest = NULL;
    int count = 0;

    for (vg_transaction *transaction = table->first; transaction; transaction = transaction->next)
        if (transaction->phase != BEGINS && transaction->phase != WRITES) {
            oldest = transaction;
            count++;
        }
    if (count > ENDED_KEPT)
        unlist(oldest);
}

static vg_transaction *find(const vg_transactions *table, const uint8_t id[VG_TRANSACTION_ID])
{
    vg_transaction *transaction = table->first;

    while (transaction && (transaction->is.is_own || memcmp(transaction->is.id, id, VG_TRANSACTION_ID) != 0))
        transaction = transaction->next;
    return transaction;
}

static vg_transaction *find_writer(const vg_transactions *table, const char database[VG_SHA256_HEX])
{
    vg_transaction *transaction = table->first;

    while (transaction && !((transaction->phase == BEGINS || transaction->phase == WRITES) &&
                            strcmp(transaction->is.database, database) == 0))
        transaction = transaction->next;
    return transaction;
}

/* ---- one thread at a time, the table locked ---------------------------------------------------------------------- */

static void lock_one(vg_transaction *transaction)
{
    while (transaction->is_locked)
        pthread_cond_wait(&transaction->table->changed, &transaction->table->lock);
    transaction->is_locked = true;
}

static void unlock_one(vg_transaction *transaction)
{
    transaction->is_locked = false;
    transaction->used_ms = vg_monotonic_ms();
    pthread_cond_broadcast(&transaction->table->changed);
}

static void release_one(vg_transaction *transaction)
{
    if (--transaction->users == 0 && !transaction->is_listed)
        free_transaction(transaction);
}

/* It is over, one way or the other; its lock is held. */
static void end(vg_transaction *transaction, phase how)
{
    transaction->phase = how;
    transaction->state = NULL;
    if (transaction->is.is_own || how == NEVER_BEGAN)
        unlist(transaction); /* its user holds it */
    else
        forget_old(transaction->table);
}

/* Calls its callback, the table unlocked. */
static void roll_back(vg_transaction *transaction, phase how)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_unlock(&table->lock);
    transaction->is.functions->rollback(table->user, transaction->state);
    pthread_mutex_lock(&table->lock);
    end(transaction, how);
}

/* ---- waiting for another writer ---------------------------------------------------------------------------------- */

static int64_t wait_ms(const vgi_transactions *functions)
{
    return functions->wait_ms > 0 ? functions->wait_ms : WAIT_MS;
}

static int64_t idle_ms(const vgi_transactions *functions)
{
    return functions->idle_ms > 0 ? functions->idle_ms : IDLE_MS;
}

static vgi_status refuse_waiting(vgi_call *call, const vg_transaction *writer)
{
    static const vgi_failure BUSY = {.exception = EXCEPTION, .code = "UNAVAILABLE"};
    char since[32] = "";
    struct tm utc;
    double seconds = difftime(time(NULL), writer->since);

    if (gmtime_r(&writer->since, &utc))
        (void)strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &utc);
    return vgi_fail_with(call, &BUSY,
                         "another transaction has been writing to this catalog since %s UTC, for %.0f seconds; try "
                         "again when it has ended",
                         since, seconds > 0 ? seconds : 0);
}

/* Sleeps until something changes, or until `deadline_ms`. */
static void sleep_until(vg_transactions *table, int64_t deadline_ms)
{
    struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000), .tv_nsec = (long)(deadline_ms % 1000) * 1000000};

    (void)pthread_cond_timedwait(&table->changed, &table->lock, &until);
}

/* One step nearer to a database without a writer: it may have changed when this returns. */
static vgi_status wait_for(vgi_call *call, vg_transaction *writer, int64_t deadline_ms)
{
    int64_t now = vg_monotonic_ms(), idle_at = writer->used_ms + idle_ms(writer->is.functions);

    if (!writer->is_locked && now >= idle_at) {
        writer->users++;
        writer->is_locked = true;
        roll_back(writer, ROLLED_BACK_IDLE);
        unlock_one(writer);
        release_one(writer);
        return VGI_OK;
    }
    if (now >= deadline_ms)
        return refuse_waiting(call, writer);
    sleep_until(writer->table, !writer->is_locked && idle_at < deadline_ms ? idle_at : deadline_ms);
    return VGI_OK;
}

/* ---- taken ------------------------------------------------------------------------------------------------------- */

static vgi_status run_begin(vgi_call *call, vg_transaction *transaction)
{
    vgi_status status =
        vg_ops_outcome(call, "begin", transaction->is.functions->begin(call, &transaction->state), NULL);

    if (status == VGI_OK && !transaction->state)
        status = vgi_fail(call, VGI_ERR_RUNTIME, "the begin callback of the transactions gave no state");
    return status;
}

/* A new one, the table locked; where its callback fails, it has never been. */
static vgi_status begin(vgi_call *call, vg_transactions *table, const vg_transaction_wanted *wanted,
                        vg_transaction **ret)
{
    vg_transaction *transaction = vg_malloc(sizeof *transaction);
    vgi_status status;

    if (!transaction)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    *transaction = (vg_transaction){.table = table,
                                    .next = table->first,
                                    .is = *wanted,
                                    .registry = vg_call_registry_keep(call),
                                    .is_locked = true,
                                    .is_listed = true,
                                    .users = 1,
                                    .since = time(NULL)};
    table->first = transaction;
    pthread_mutex_unlock(&table->lock);
    status = run_begin(call, transaction);
    pthread_mutex_lock(&table->lock);
    transaction->phase = WRITES;
    *ret = transaction;
    if (status == VGI_OK)
        return VGI_OK;
    end(transaction, NEVER_BEGAN);
    unlock_one(transaction);
    release_one(transaction);
    return status;
}

static vgi_status take(vgi_call *call, vg_transactions *table, const vg_transaction_wanted *wanted, bool begins,
                       vg_transaction **ret)
{
    int64_t deadline_ms = vg_monotonic_ms() + wait_ms(wanted->functions);
    vg_transaction *found, *writer;

    for (;;) {
        found = wanted->is_own ? NULL : find(table, wanted->id);
        if (found) {
            found->users++;
            lock_one(found);
            *ret = found;
            if (found->phase != NEVER_BEGAN)
                return VGI_OK;
            unlock_one(found);
            release_one(found);
            continue;
        }
        *ret = NULL;
        if (!begins)
            return VGI_OK;
        writer = find_writer(table, wanted->database);
        if (!writer)
            return begin(call, table, wanted, ret);
        VGI_TRY(wait_for(call, writer, deadline_ms));
    }
}

vgi_status vg_transactions_take(vgi_call *call, vg_transactions *table, const vg_transaction_wanted *wanted,
                                bool begins, vg_transaction **ret)
{
    vgi_status status;

    pthread_mutex_lock(&table->lock);
    status = take(call, table, wanted, begins, ret);
    pthread_mutex_unlock(&table->lock);
    if (status != VGI_OK || !*ret || (*ret)->state)
        return status;
    status = vg_transaction_refuse_ended(call, *ret);
    vg_transaction_unlock(*ret);
    vg_transaction_release(*ret);
    *ret = NULL;
    return status;
}

vg_transaction *vg_transactions_find(vg_transactions *table, const uint8_t id[VG_TRANSACTION_ID])
{
    vg_transaction *found;

    pthread_mutex_lock(&table->lock);
    found = find(table, id);
    if (found) {
        found->users++;
        lock_one(found);
    }
    pthread_mutex_unlock(&table->lock);
    return found;
}

void vg_transaction_lock(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    lock_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

void vg_transaction_unlock(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    unlock_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

void vg_transaction_release(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    release_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

void *vg_transaction_state(const vg_transaction *transaction)
{
    return transaction->state;
}

vgi_status vg_transaction_refuse_ended(vgi_call *call, const vg_transaction *transaction)
{
    double idle_s = (double)idle_ms(transaction->is.functions) / 1000;

    switch (transaction->phase) {
    case COMMITTED:
        return vgi_fail_as(call, EXCEPTION, "the transaction was committed already");
    case COMMIT_FAILED:
        return vgi_fail_as(call, EXCEPTION, "the transaction was rolled back: its commit failed: %s",
                           transaction->error.message);
    case ROLLED_BACK_IDLE:
        return vgi_fail_as(call, EXCEPTION,
                           "the transaction was rolled back: it rested for more than %g seconds while another one "
                           "waited to write",
                           idle_s);
    default:
        return vgi_fail_as(call, EXCEPTION, "the transaction was rolled back already");
    }
}

/* What the first commit answered. */
static vgi_status commit_again(vgi_call *call, const vg_transaction *transaction)
{
    if (transaction->phase == COMMITTED)
        return VGI_OK;
    if (transaction->phase != COMMIT_FAILED)
        return vg_transaction_refuse_ended(call, transaction);
    if (call->error.status == VGI_OK)
        call->error = transaction->error;
    return call->error.status;
}

vgi_status vg_transaction_commit(vgi_call *call, vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;
    vgi_status status;

    if (!transaction->state)
        return commit_again(call, transaction);
    status = vg_ops_outcome(call, "commit", transaction->is.functions->commit(call, transaction->state), NULL);
    pthread_mutex_lock(&table->lock);
    if (status != VGI_OK)
        transaction->error = call->error;
    end(transaction, status == VGI_OK ? COMMITTED : COMMIT_FAILED);
    pthread_mutex_unlock(&table->lock);
    return status;
}

vgi_status vg_transaction_roll_back(vgi_call *call, vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    if (transaction->state) {
        pthread_mutex_lock(&table->lock);
        roll_back(transaction, ROLLED_BACK);
        pthread_mutex_unlock(&table->lock);
        return VGI_OK;
    }
    return transaction->phase == COMMITTED ? vg_transaction_refuse_ended(call, transaction) : VGI_OK;
}
