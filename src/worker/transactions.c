/* The table of transactions that have changed something: one state each, locked around callbacks, one writer a
 * database, and for a while how those ended that are over (transactions.h). Where there are markers, each step is in
 * one before it is taken. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "worker/catalog_ops.h"
#include "worker/owner.h"
#include "worker/transaction_table.h"

enum {
    ENDED_KEPT = 256,        /* how many ends are remembered; a marker knows of those before them */
    ENDED_KEPT_ALONE = 4096, /* where there are no markers */
    MOST_OPEN = 256,
    WAIT_MS = 5000,
    IDLE_MS = 30000,
};

static const char EXCEPTION[] = "TransactionError";

/* ---- the table --------------------------------------------------------------------------------------------------- */

vgi_status vg_transactions_new(void *user, vg_transactions **ret, vgi_error *err)
{
    vg_transactions *table = vg_malloc(sizeof *table);
    pthread_condattr_t attributes;

    if (!table)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *table = (vg_transactions){.user = user, .wake_fd = -1};
    pthread_mutex_init(&table->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&table->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret = table;
    return VGI_OK;
}

vgi_status vg_transactions_open(vg_transactions *table, const char *place, bool keeps, vgi_error *err)
{
    size_t size = strlen(place) + 1;
    bool is_open_already;
    char *copy;

    pthread_mutex_lock(&table->lock);
    is_open_already = table->place != NULL;
    pthread_mutex_unlock(&table->lock);
    if (is_open_already)
        return VGI_OK;
    copy = vg_malloc(size);
    if (!copy)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    memcpy(copy, place, size);
    pthread_mutex_lock(&table->lock);
    is_open_already = table->place != NULL;
    if (!is_open_already) {
        table->place = copy;
        table->keeps = keeps;
    }
    pthread_mutex_unlock(&table->lock);
    if (is_open_already)
        vg_free(copy); /* another thread was first */
    if (is_open_already || !keeps)
        return VGI_OK;
    vg_markers_collect(place);
    return vg_transactions_watch(table, err);
}

static bool is_open(const vg_transaction *transaction)
{
    return transaction->phase == VG_PHASE_BEGINS || transaction->phase == VG_PHASE_WRITES;
}

bool vg_transactions_are_open(vg_transactions *table)
{
    const vg_transaction *transaction;

    pthread_mutex_lock(&table->lock);
    for (transaction = table->first; transaction && !is_open(transaction);)
        transaction = transaction->next;
    pthread_mutex_unlock(&table->lock);
    return transaction != NULL;
}

/* ---- markers and counters ---------------------------------------------------------------------------------------- */

static vgi_status mark(const vg_transaction *transaction, vg_phase phase, vgi_error *err)
{
    vg_marker marker = {.phase = (int32_t)phase,
                        .idle_ms = transaction->idle_ms,
                        .engine = transaction->is.engine,
                        .error = transaction->error};

    if (!transaction->table->keeps || transaction->is.is_own)
        return VGI_OK;
    memcpy(marker.database, transaction->is.database, sizeof marker.database);
    return vg_marker_write(transaction->table->place, transaction->is.id, &marker, err);
}

static int64_t ask_counter(vg_transactions *table, const char database[VG_SHA256_HEX], const int64_t *own)
{
    vg_counter *counter = table->counters;

    if (table->place)
        return vg_counter_ask(table->place, database, own);
    while (counter && strcmp(counter->database, database) != 0)
        counter = counter->next;
    if (!counter) {
        counter = vg_malloc(sizeof *counter);
        if (!counter)
            return vg_counter_first(); /* another one each time: nothing stale is kept */
        *counter = (vg_counter){.next = table->counters, .version = vg_counter_first()};
        memcpy(counter->database, database, sizeof counter->database);
        table->counters = counter;
    }
    vg_counter_tell(counter, own);
    return counter->version;
}

int64_t vg_transactions_version(vg_transactions *table, const char database[VG_SHA256_HEX], const int64_t *own)
{
    int64_t version;

    pthread_mutex_lock(&table->lock);
    version = ask_counter(table, database, own);
    pthread_mutex_unlock(&table->lock);
    return version;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void free_transaction(vg_transaction *transaction)
{
    vg_registry_let_go(transaction->registry);
    if (transaction->engine_fd >= 0)
        close(transaction->engine_fd);
    vg_free(transaction);
}

void vg_transactions_free(vg_transactions *table)
{
    vg_transaction *next;
    vg_counter *rest;

    if (!table)
        return;
    vg_transactions_unwatch(table);
    for (vg_transaction *transaction = table->first; transaction; transaction = next) {
        next = transaction->next;
        if (transaction->phase == VG_PHASE_WRITES) {
            transaction->is.functions->rollback(table->user, transaction->state);
            (void)mark(transaction, VG_PHASE_LOST, NULL);
            if (transaction->has_ddl)
                (void)ask_counter(table, transaction->is.database, NULL);
        }
        free_transaction(transaction);
    }
    if (table->keeps)
        vg_markers_collect(table->place);
    for (vg_counter *counter = table->counters; counter; counter = rest) {
        rest = counter->next;
        vg_free(counter);
    }
    vg_free(table->place);
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

/* Forgets the oldest end beyond those that are kept; its marker, too, where nobody is harmed by taking it for one that
 * has changed nothing. */
static void forget_old(vg_transactions *table)
{
    vg_transaction *oldest = NULL;
    int count = 0;

    for (vg_transaction *transaction = table->first; transaction; transaction = transaction->next)
        if (!is_open(transaction)) {
            oldest = transaction;
            count++;
        }
    if (count <= (table->place ? ENDED_KEPT : ENDED_KEPT_ALONE))
        return;
    if (table->keeps && (oldest->phase == VG_PHASE_COMMITTED || oldest->phase == VG_PHASE_ROLLED_BACK))
        vg_marker_remove(table->place, oldest->is.id);
    unlist(oldest);
}

/* One that another process had, which is no more: as ended. NULL: there is none, or no memory for it. */
static vg_transaction *recall(vg_transactions *table, const uint8_t id[VG_TRANSACTION_ID])
{
    vg_transaction *transaction;
    vg_marker marker;

    if (!table->place || !vg_marker_read(table->place, id, &marker))
        return NULL;
    transaction = vg_malloc(sizeof *transaction);
    if (!transaction)
        return NULL;
    *transaction = (vg_transaction){.table = table,
                                    .next = table->first,
                                    .is = {.engine = marker.engine},
                                    .phase = (vg_phase)marker.phase,
                                    .idle_ms = marker.idle_ms,
                                    .is_listed = true,
                                    .engine_fd = -1,
                                    .error = marker.error};
    memcpy(transaction->is.id, id, VG_TRANSACTION_ID);
    memcpy(transaction->is.database, marker.database, sizeof marker.database);
    table->first = transaction;
    if (marker.phase != VG_PHASE_WRITES && marker.phase != VG_PHASE_COMMITS)
        return transaction;
    transaction->phase = marker.phase == VG_PHASE_WRITES ? VG_PHASE_LOST : VG_PHASE_UNKNOWN;
    marker.phase = (int32_t)transaction->phase;
    (void)vg_marker_write(table->place, id, &marker, NULL);
    (void)ask_counter(table, marker.database, NULL);
    return transaction;
}

static vg_transaction *find(vg_transactions *table, const uint8_t id[VG_TRANSACTION_ID])
{
    vg_transaction *transaction = table->first;

    while (transaction && (transaction->is.is_own || memcmp(transaction->is.id, id, VG_TRANSACTION_ID) != 0))
        transaction = transaction->next;
    return transaction ? transaction : recall(table, id);
}

static vg_transaction *find_writer(const vg_transactions *table, const char database[VG_SHA256_HEX])
{
    vg_transaction *transaction = table->first;

    while (transaction && !(is_open(transaction) && strcmp(transaction->is.database, database) == 0))
        transaction = transaction->next;
    return transaction;
}

/* Whom a new writer waits for: another one of its database; where there are too many of all, as a caller can make up
 * databases, the one that has rested longest. NULL: nobody. */
static vg_transaction *find_obstacle(const vg_transactions *table, const char database[VG_SHA256_HEX])
{
    vg_transaction *writer = find_writer(table, database), *oldest = NULL;
    int open = 0;

    for (vg_transaction *other = writer ? NULL : table->first; other; other = other->next)
        if (is_open(other)) {
            open++;
            oldest = !oldest || other->used_ms < oldest->used_ms ? other : oldest;
        }
    return open < MOST_OPEN ? writer : oldest;
}

/* ---- one thread at a time, the table locked ---------------------------------------------------------------------- */

void vg_transaction_lock_one(vg_transaction *transaction)
{
    while (transaction->is_locked)
        pthread_cond_wait(&transaction->table->changed, &transaction->table->lock);
    transaction->is_locked = true;
}

void vg_transaction_unlock_one(vg_transaction *transaction)
{
    transaction->is_locked = false;
    transaction->used_ms = vg_monotonic_ms();
    pthread_cond_broadcast(&transaction->table->changed);
}

void vg_transaction_release_one(vg_transaction *transaction)
{
    if (--transaction->users == 0 && !transaction->is_listed)
        free_transaction(transaction);
}

/* It is over, one way or the other; its lock is held. */
static void end(vg_transaction *transaction, vg_phase how)
{
    transaction->phase = how;
    transaction->state = NULL;
    transaction->last_ddl[0] = '\0';
    if (transaction->has_ddl)
        (void)ask_counter(transaction->table, transaction->is.database, NULL);
    if (how == VG_PHASE_NEVER_BEGAN && transaction->table->keeps && !transaction->is.is_own)
        vg_marker_remove(transaction->table->place, transaction->is.id);
    else
        (void)mark(transaction, how, NULL);
    if (transaction->is.is_own || how == VG_PHASE_NEVER_BEGAN)
        unlist(transaction); /* its user holds it */
    else
        forget_old(transaction->table);
}

/* Calls its callback, the table unlocked. */
void vg_transaction_roll_back_one(vg_transaction *transaction, vg_phase how)
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

static vgi_status refuse_waiting(vgi_call *call, const vg_transaction *writer, const char database[VG_SHA256_HEX])
{
    static const vgi_failure BUSY = {.exception = EXCEPTION, .code = "UNAVAILABLE"};
    char since[32] = "";
    struct tm utc;
    double seconds = difftime(time(NULL), writer->since);

    if (!vg_transaction_is_of(writer, database))
        return vgi_fail_with(call, &BUSY,
                             "%d transactions of other databases are being written; try again when one has ended",
                             MOST_OPEN);
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
static vgi_status wait_for(vgi_call *call, vg_transaction *writer, const char database[VG_SHA256_HEX],
                           int64_t deadline_ms)
{
    int64_t now = vg_monotonic_ms(), idle_at = writer->used_ms + writer->idle_ms;

    if (!writer->is_locked && now >= idle_at) {
        writer->users++;
        writer->is_locked = true;
        vg_transaction_roll_back_one(writer, VG_PHASE_ROLLED_BACK_IDLE);
        vg_transaction_unlock_one(writer);
        vg_transaction_release_one(writer);
        return VGI_OK;
    }
    if (now >= deadline_ms)
        return refuse_waiting(call, writer, database);
    sleep_until(writer->table, !writer->is_locked && idle_at < deadline_ms ? idle_at : deadline_ms);
    return VGI_OK;
}

/* ---- taken ------------------------------------------------------------------------------------------------------- */

static vgi_status run_begin(vgi_call *call, vg_transaction *transaction)
{
    vgi_status status;

    VGI_TRY(mark(transaction, VG_PHASE_WRITES, &call->error));
    status = vg_ops_outcome(call, "begin", transaction->is.functions->begin(call, &transaction->state), NULL);
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
                                    .idle_ms = idle_ms(wanted->functions),
                                    .is_locked = true,
                                    .is_listed = true,
                                    .users = 1,
                                    .since = time(NULL),
                                    .engine_fd = -1};
    table->first = transaction;
    pthread_mutex_unlock(&table->lock);
    status = run_begin(call, transaction);
    pthread_mutex_lock(&table->lock);
    transaction->phase = VG_PHASE_WRITES;
    *ret = transaction;
    if (status == VGI_OK) {
        vg_transactions_watch_one(table, transaction);
        return VGI_OK;
    }
    end(transaction, VG_PHASE_NEVER_BEGAN);
    vg_transaction_unlock_one(transaction);
    vg_transaction_release_one(transaction);
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
            vg_transaction_lock_one(found);
            *ret = found;
            if (found->phase != VG_PHASE_NEVER_BEGAN)
                return VGI_OK;
            vg_transaction_unlock_one(found);
            vg_transaction_release_one(found);
            continue;
        }
        *ret = NULL;
        if (!begins)
            return VGI_OK;
        writer = find_obstacle(table, wanted->database);
        if (!writer)
            return begin(call, table, wanted, ret);
        VGI_TRY(wait_for(call, writer, wanted->database, deadline_ms));
    }
}

bool vg_transaction_is_of(const vg_transaction *transaction, const char database[VG_SHA256_HEX])
{
    return strcmp(transaction->is.database, database) == 0;
}

vgi_status vg_transactions_take(vgi_call *call, vg_transactions *table, const vg_transaction_wanted *wanted,
                                bool begins, vg_transaction **ret)
{
    vgi_status status;
    bool is_of;

    pthread_mutex_lock(&table->lock);
    status = take(call, table, wanted, begins, ret);
    pthread_mutex_unlock(&table->lock);
    if (status != VGI_OK || !*ret)
        return status;
    is_of = vg_transaction_is_of(*ret, wanted->database);
    if (is_of && (*ret)->state)
        return VGI_OK;
    status = is_of ? vg_transaction_refuse_ended(call, *ret)
                   : vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
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
        vg_transaction_lock_one(found);
    }
    pthread_mutex_unlock(&table->lock);
    return found;
}

void vg_transaction_lock(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    vg_transaction_lock_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

void vg_transaction_unlock(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    vg_transaction_unlock_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

void vg_transaction_release(vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    pthread_mutex_lock(&table->lock);
    vg_transaction_release_one(transaction);
    pthread_mutex_unlock(&table->lock);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

void *vg_transaction_state(const vg_transaction *transaction)
{
    return transaction->state;
}

vgi_status vg_transaction_refuse_ended(vgi_call *call, const vg_transaction *transaction)
{
    switch (transaction->phase) {
    case VG_PHASE_COMMITTED:
        return vgi_fail_as(call, EXCEPTION, "the transaction was committed already");
    case VG_PHASE_COMMIT_FAILED:
        return vgi_fail_as(call, EXCEPTION, "the transaction was rolled back: its commit failed: %s",
                           transaction->error.message);
    case VG_PHASE_ROLLED_BACK_IDLE:
        return vgi_fail_as(call, EXCEPTION,
                           "the transaction was rolled back: it rested for more than %g seconds while another one "
                           "waited to write",
                           (double)transaction->idle_ms / 1000);
    case VG_PHASE_LOST:
        return vgi_fail_as(call, EXCEPTION,
                           "the transaction was rolled back: the process that kept its changes has ended");
    case VG_PHASE_UNKNOWN:
        return vgi_fail_as(call, EXCEPTION,
                           "the process that committed the transaction ended meanwhile: whether its changes were "
                           "stored is not known; look at the data before they are made again");
    default:
        return vgi_fail_as(call, EXCEPTION, "the transaction was rolled back already");
    }
}

/* What the first commit answered. */
static vgi_status commit_again(vgi_call *call, const vg_transaction *transaction)
{
    if (transaction->phase == VG_PHASE_COMMITTED)
        return VGI_OK;
    if (transaction->phase != VG_PHASE_COMMIT_FAILED)
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
    (void)mark(transaction, VG_PHASE_COMMITS, NULL);
    status = vg_ops_outcome(call, "commit", transaction->is.functions->commit(call, transaction->state), NULL);
    pthread_mutex_lock(&table->lock);
    if (status != VGI_OK)
        transaction->error = call->error;
    end(transaction, status == VGI_OK ? VG_PHASE_COMMITTED : VG_PHASE_COMMIT_FAILED);
    pthread_mutex_unlock(&table->lock);
    return status;
}

vgi_status vg_transaction_roll_back(vgi_call *call, vg_transaction *transaction)
{
    vg_transactions *table = transaction->table;

    if (transaction->state) {
        pthread_mutex_lock(&table->lock);
        vg_transaction_roll_back_one(transaction, VG_PHASE_ROLLED_BACK);
        pthread_mutex_unlock(&table->lock);
        return VGI_OK;
    }
    return transaction->phase == VG_PHASE_COMMITTED || transaction->phase == VG_PHASE_UNKNOWN
               ? vg_transaction_refuse_ended(call, transaction)
               : VGI_OK;
}

/* ---- DDL --------------------------------------------------------------------------------------------------------- */

void vg_transaction_changed_schema(vg_transaction *transaction, const char what[VG_SHA256_HEX],
                                   const vg_process *worker)
{
    pthread_mutex_lock(&transaction->table->lock);
    transaction->has_ddl = true;
    transaction->last_worker = *worker;
    memcpy(transaction->last_ddl, what, sizeof transaction->last_ddl);
    (void)ask_counter(transaction->table, transaction->is.database, NULL);
    pthread_mutex_unlock(&transaction->table->lock);
}

bool vg_transaction_repeats(vg_transaction *transaction, const char what[VG_SHA256_HEX], const vg_process *worker)
{
    bool repeats = transaction->last_worker.pid > 0 && strcmp(transaction->last_ddl, what) == 0 &&
                   vg_engine_is_gone(&transaction->last_worker);

    if (repeats)
        transaction->last_worker = *worker;
    return repeats;
}

void vg_transaction_goes_on(vg_transaction *transaction)
{
    transaction->last_ddl[0] = '\0';
}
