/* Transactions of a catalog: BEGIN, COMMIT and ROLLBACK of SQL, for a store whose changes belong to one connection.
 * Given as vgi_catalog.transactions; docs/catalog.md says what callers see.
 *
 * A transaction begins without a callback: libvgi gives it an id, and nothing else happens. What is only read is read
 * as it is committed. The first change calls `begin`; from then on every callback of the transaction, also one that
 * reads, gets what it gave from vgi_call_transaction(), until `commit` or `rollback`. One transaction of a database
 * writes at a time: a second one waits. A database is one attach_opaque_data of one catalog.
 *
 * Changes are the members of vgi_catalog_ops marked so, but for `create` and `drop`, which belong to no attachment, and
 * functions that write. A change outside of any transaction has one of its own: committed when the callback succeeded,
 * of a function when its stream has ended in order; else rolled back.
 *
 * One thread at a time is in the callbacks that belong to one state. Where a transaction ends while a stream of it is
 * open, the stream's next turn fails, and its `close` runs after the end. */
#ifndef VGI_TRANSACTIONS_H
#define VGI_TRANSACTIONS_H

#include <vgi/call.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vgi_transactions {
    /* At the first change: opens what the transaction needs (a connection, its write lock), and gives its state, which
     * is not NULL. */
    vgi_status (*begin)(vgi_call *call, void **ret_state);
    /* Ends it. A commit that fails has rolled back. The state is gone after either. */
    vgi_status (*commit)(vgi_call *call, void *state);
    /* On any thread, and without a call: also because the engine has died, or the transaction rested for too long.
     * `user` is vgi_call_user(). */
    void (*rollback)(void *user, void *state);
    int64_t wait_ms; /* how long a change waits for a transaction that writes; 0: 5000 */
    int64_t idle_ms; /* how long a transaction that writes may rest while another one waits; 0: 30000 */
} vgi_transactions;

/* In any callback of such a catalog or its functions: the state of the transaction that the call belongs to. NULL: the
 * transaction has changed nothing yet, or has ended, or the call belongs to none; what is committed is to be read.
 * Never NULL in a change; of a function that writes in open and map. */
VGI_EXPORT void *vgi_call_transaction(const vgi_call *call);

#ifdef __cplusplus
}
#endif
#endif
