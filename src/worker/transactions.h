/* The transactions of a worker that have changed something (vgi/transactions.h, vgi.md §4): which states are open, who
 * may use one, how each ended.
 *
 * transactions.c keeps the table; transaction_marker.c what of it outlives the process; transaction_watch.c rolls back
 * what an engine leaves behind; transaction_call.c takes calls and streams in and out, and has the handlers of begin,
 * commit and rollback. A transaction without changes is nowhere but in its id. owner.h: how workers share a table. */
#ifndef VG_WORKER_TRANSACTIONS_H
#define VG_WORKER_TRANSACTIONS_H

#include "base/process.h"
#include "base/sha256.h"
#include "rpc/server.h"
#include "worker/worker.h"

typedef struct vg_transactions vg_transactions;

/* `user` is what rollback callbacks are given. */
vgi_status vg_transactions_new(void *user, vg_transactions **ret, vgi_error *err);
/* Rolls back what is open. Nothing is served any more. */
void vg_transactions_free(vg_transactions *table);

/* From now on there are markers: what other processes learn of this one's transactions, and it of theirs. `place` is
 * the beginning of their paths. Where `keeps` is false they are only read. */
vgi_status vg_transactions_open(vg_transactions *table, const char *place, bool keeps, vgi_error *err);

/* True while one writes. */
bool vg_transactions_are_open(vg_transactions *table);

enum { VG_TRANSACTION_ID = 16 };

/* One that has begun to change something. */
typedef struct vg_transaction vg_transaction;

typedef struct vg_transaction_wanted {
    uint8_t id[VG_TRANSACTION_ID];
    bool is_own;                  /* of one call: it has no id */
    char database[VG_SHA256_HEX]; /* of those with the same one, one writes at a time */
    const vgi_transactions *functions;
    vg_process engine; /* pid 0: not known */
} vg_transaction_wanted;

/* The transaction that is wanted, held (vg_transaction_release) and locked (vg_transaction_unlock) by the caller; NULL:
 * it has changed nothing. Where `begins`, it begins then. One that has ended is refused. */
vgi_status vg_transactions_take(vgi_call *call, vg_transactions *table, const vg_transaction_wanted *wanted,
                                bool begins, vg_transaction **ret);
/* The same of one that may have ended, and without beginning it: for its end. */
vg_transaction *vg_transactions_find(vg_transactions *table, const uint8_t id[VG_TRANSACTION_ID]);

/* One thread at a time: waits for the others. */
void vg_transaction_lock(vg_transaction *transaction);
void vg_transaction_unlock(vg_transaction *transaction);
void vg_transaction_release(vg_transaction *transaction);

/* An id says by itself for which attachment it was minted, but a caller may write both: a state of one database never
 * gets to the callbacks of another one. */
bool vg_transaction_is_of(const vg_transaction *transaction, const char database[VG_SHA256_HEX]);

/* Of a locked one. */
void *vg_transaction_state(const vg_transaction *transaction); /* NULL: it has ended */
vgi_status vg_transaction_refuse_ended(vgi_call *call, const vg_transaction *transaction);
/* Of one that has ended already: how its first end went. */
vgi_status vg_transaction_commit(vgi_call *call, vg_transaction *transaction);
vgi_status vg_transaction_roll_back(vgi_call *call, vg_transaction *transaction);

/* ---- DDL --------------------------------------------------------------------------------------------------------- */

/* A change of the schema succeeded. `what` (a hash of the request) is remembered until the next change of the
 * transaction, with the worker that asked (pid 0: not known): where that has died, its caller sends the call again, by
 * another one. */
void vg_transaction_changed_schema(vg_transaction *transaction, const char what[VG_SHA256_HEX],
                                   const vg_process *worker);
/* True if it was the last change, and the worker that asked has died: it is done already, and this one is told now. */
bool vg_transaction_repeats(vg_transaction *transaction, const char what[VG_SHA256_HEX], const vg_process *worker);
/* Rows are written. */
void vg_transaction_goes_on(vg_transaction *transaction);

/* The version of a database's catalog: it rises with each change of the schema, with each end of a transaction that had
 * one, and whenever the author's own version (nullable) is another than the last time. */
int64_t vg_transactions_version(vg_transactions *table, const char database[VG_SHA256_HEX], const int64_t *own);

/* ---- in handlers ------------------------------------------------------------------------------------------------- */

/* What a call has of its transaction: vgi_call.transaction. */
typedef struct vg_transaction_use {
    vg_transaction *transaction;
    bool is_own;
    bool is_locked;
} vg_transaction_use;

/* Behind vg_call_set_transaction, before the first callback: the call's callbacks run in its transaction, which begins
 * if the call is a change. Nothing happens where the catalog has none. VGI_END: another process has the transaction,
 * and the call is to be forwarded there (vgi_call.forward). */
vgi_status vg_transaction_enter(vgi_call *call, bool is_change);
/* Behind the last callback: the outcome of the call, which was `status` so far. */
vgi_status vg_transaction_leave(vgi_call *call, vgi_status status);
/* The same where a stream has been opened, or was not: its callbacks run in the transaction, too. */
vgi_status vg_transaction_stream(vgi_call *call, vg_stream *stream, vgi_status status);

/* What stands for the database of the call's attachment. */
vgi_status vg_transaction_database(vgi_call *call, char ret[VG_SHA256_HEX]);

/* catalog_version of a catalog with transactions, whose own version is `own`. */
vgi_status vg_transaction_version(vgi_call *call, int64_t own, int64_t *ret);

#endif
