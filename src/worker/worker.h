/* The worker behind the RPC layer: what `vg_binding.user` points to, and what the handlers of protocol vgi.v2 share.
 *
 * dispatch.c owns the const table of vg_method rows: one row a method of the protocol, `grep catalog_table_get`
 * finds it. A handler decodes its parameters into the generated struct (protocol/messages.h), answers with a
 * generated struct. */
#ifndef VG_WORKER_WORKER_H
#define VG_WORKER_WORKER_H

#include <vgi/worker.h>

#include "rpc/server.h"
#include "worker/registry.h"

typedef struct vg_worker vg_worker;

/* `options` is borrowed. Descriptors given there are resolved at once (vg_worker_mistakes), loaded ones at first
 * use. */
vgi_status vg_worker_new(int api_version, const vgi_worker_options *options, vg_worker **ret, vgi_error *err);
void vg_worker_free(vg_worker *worker);

/* The mistakes of the descriptors, NULL if there are none. A worker that serves with mistakes answers every call with
 * them (sockets and launch: nobody reads its stderr). */
const vg_mistake *vg_worker_mistakes(const vg_worker *worker);

/* All mistakes as one error, VGI_ERR_VALUE, cut where they are too many. */
vgi_status vg_mistakes_error(const vg_mistake *mistakes, vgi_error *err);

/* The binding `vgi.v2` over this worker, for vg_server_new, and how many there are: behind it comes what an owner
 * speaks (owner.h). */
const vg_binding *vg_worker_binding(const vg_worker *worker);
size_t vg_worker_bindings(const vg_worker *worker);

/* In a handler: the registry, loaded if it is not yet; the same one in all of a call, which holds it until it ends.
 * Fails with the loader's or the descriptors' sentence. */
vgi_status vg_call_registry(vgi_call *call, const vg_registry **ret);
/* The same, but options.load is asked again first: what catalog_attach and catalog_version do. A registry that the call
 * was given before stays valid, too. */
vgi_status vg_call_registry_reload(vgi_call *call, const vg_registry **ret);

/* The newest registry that the call holds, until vg_registry_let_go. NULL: it holds none. */
void *vg_call_registry_keep(vgi_call *call);
void vg_registry_let_go(void *kept);

/* The transactions of the worker (transactions.h). */
struct vg_transactions *vg_call_transactions(const vgi_call *call);
/* NULL: the process has its transactions itself. */
struct vg_owner *vg_call_owner(const vgi_call *call);

/* Before anything is served, in a program: where a catalog has transactions, they are kept by the process that `argv`
 * (the program, the words that are its own, NULL) stands for; or this process is that one, its files at `place`. */
vgi_status vg_worker_share(vg_worker *worker, const char *const *argv, vgi_error *err);
vgi_status vg_worker_own(vg_worker *worker, const char *place, vgi_error *err);
/* True while a transaction writes here. */
bool vg_worker_is_needed(void *worker);

/* What the caller attached, as its attach_opaque_data says: `version (1) | id (16) | size of the entry's name (2) | the
 * entry's name | size (2) | the data version that it was attached with | data`. It says all by itself, so that any
 * process of the worker can read it; which of several catalogs is meant stands before what the attach callback gave. It
 * is never logged and never shown. */
typedef struct vg_attachment {
    const vg_catalog_entry *catalog;
    vgi_bytes wire;                    /* all of it, as the caller holds it: sealed where there is a key */
    vgi_bytes plain;                   /* the same, opened */
    vgi_bytes id;                      /* random: no two attachments have the same */
    vgi_string data_version;           /* resolved; absent: none */
    vgi_bytes data;                    /* what the attach callback gave */
    vgi_bytes transaction_opaque_data; /* of the request, opened; absent where it has none */
} vg_attachment;
enum { VG_ATTACHMENT_ID_BYTES = 16 };

/* In a handler: the catalog that the caller attached, from its attach_opaque_data as it came; sets call->attachment.
 * One text for every cause of failure: "attach_opaque_data not recognized". Where one catalog is served, absent data
 * means it; where values are sealed, unless its attach callback might have refused. */
vgi_status vg_call_catalog(vgi_call *call, vgi_bytes attach_opaque_data, const vg_catalog_entry **ret);

/* The transaction of the request as it came, behind vg_call_catalog: opened, it is in call->attachment. One text for
 * every cause of failure: "transaction_opaque_data not recognized". */
vgi_status vg_call_set_transaction(vgi_call *call, vgi_bytes transaction_opaque_data);

/* A new attachment: its id and its data version, for the attach callback; then, with `data`, what the caller will
 * hold. */
vgi_status vg_attachment_begin(vgi_call *call, const vg_catalog_entry *catalog);
void vg_attachment_resolve(vgi_call *call, vgi_string data_version);
vgi_status vg_attachment_finish(vgi_call *call, vgi_string data_version, vgi_bytes data, vgi_bytes *ret);

/* What was begun as the caller will hold it, in place of what the implementation calls it; absent stays so. */
vgi_status vg_transaction_finish(vgi_call *call, vgi_bytes *transaction_opaque_data);

/* ---- sealing (sealed.c; vgi/sys/seal.h) -------------------------------------------------------------------------- */

/* How a worker seals; zeroed: not at all. */
typedef struct vg_sealer {
    const vgi_seal *with;
    void *keys;
} vg_sealer;

/* Of the worker that serves the call. */
const vg_sealer *vg_call_sealer(const vgi_call *call);
bool vg_call_seals(const vgi_call *call);

/* The envelope of a value, for the call's caller; the value of an envelope. Where nothing is sealed, what was given.
 * `bound`: as vgi_seal_scope. Opening fails with VGI_ERR_VALUE and without a sentence: the caller has the only one. */
vgi_status vg_call_seal(vgi_call *call, vgi_sealed_kind kind, vgi_bytes bound, vgi_bytes value, vgi_bytes *ret);
vgi_status vg_call_unseal(vgi_call *call, vgi_sealed_kind kind, vgi_bytes bound, vgi_bytes envelope, vgi_bytes *ret);

#endif
