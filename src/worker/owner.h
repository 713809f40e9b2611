/* Workers that share their transactions: one process a command line and user, the owner, has the states, and the others
 * forward the calls of a transaction there (docs/catalog.md, "Transactions").
 *
 * owner.c finds or starts it and has its own small protocol; engine.c finds out who a transaction is begun for;
 * forward.c passes calls and streams on. */
#ifndef VG_WORKER_OWNER_H
#define VG_WORKER_OWNER_H

#include "base/process.h"
#include "rpc/peer.h"
#include "worker/transactions.h"

typedef struct vg_owner vg_owner;

/* The owner of this process's command line: `argv` is the program and the words that are its own (NULL behind the
 * last; copied). */
vgi_status vg_owner_new(const char *const *argv, vg_owner **ret, vgi_error *err);
void vg_owner_free(vg_owner *owner);

/* Where the owner's files lie; made when first asked for. */
vgi_status vg_owner_place(vg_owner *owner, const char **ret, vgi_error *err);

/* A connection to the owner, which has said hello: it does not end itself while the connection is there. NULL: there is
 * no owner; where `starts`, there is one then. */
vgi_status vg_owner_connect(vg_owner *owner, bool starts, vg_connection **ret, vgi_error *err);

/* The protocol that an owner speaks beside vgi.v2. A binding of it over `table` is made of it. */
#define VG_OWNER_PROTOCOL "vgi.owner.v1"
extern const vg_binding VG_OWNER_BINDING;

/* The process that a transaction is begun for: the engine; pid 0: not known (engine.c). `ancestor` is the one that this
 * process serves over stdio. */
void vg_engine_of(const vgi_call *call, const vg_process *ancestor, vg_process *ret);
void vg_engine_ancestor(vg_process *ret);
/* True of a process that has ended, or is about to: its descriptors may be closed already. */
bool vg_engine_is_gone(const vg_process *process);
const vg_process *vg_owner_ancestor(vg_owner *owner);

/* ---- forward.c --------------------------------------------------------------------------------------------------- */

/* The call's way to the owner: vgi_call.forward. `connection` is *taken*. `id` is NULL where the call is in no
 * transaction. */
vgi_status vg_forward_new(vgi_call *call, vg_connection *connection, const uint8_t *id);
/* The answer of a unary call. */
vgi_status vg_forward_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out);
/* Opens the stream of an `init`. */
vgi_status vg_forward_open(vgi_call *call, const vgi_batch *params, vg_stream *stream);

#endif
