/* What is behind <vgi/client.h>, as the files of client/ share it: open.c (a client), call.c (one unary call),
 * attach.c, run.c and aggregate.c (function calls), rpc.c (<vgi/rpc_client.h>), result.c (memory and what bytes hold),
 * batch.c (batches to send), describe.c, pool.c. One thread. */
#ifndef VG_CLIENT_CLIENT_H
#define VG_CLIENT_CLIENT_H

#include <vgi/client.h>

#include "base/arena.h"
#include "protocol/codec.h"
#include "protocol/messages.h"
#include "rpc/peer.h"
#include "transport/launch.h"
#include "transport/spawn.h"

/* A batch that is or was filled (batch.c). */
typedef struct vg_result_batch vg_result_batch;

struct vgi_result {
    vg_arena arena;
    vg_result_batch *batches;
};
/* Frees what a result that is a value holds. */
void vg_result_done(vgi_result *result);
void vg_result_free_batches(vgi_result *result);

struct vgi_client {
    vg_peer *peer;
    vg_connection *connection;
    vg_child *child; /* NULL: the worker was not started by this client */
    int64_t timeout_ms;
    int minor;        /* the dialect that is spoken */
    bool is_settled;  /* a gated call has been accepted in it */
    vg_arena scratch; /* of one call: what is sent */
    vgi_remote_error remote;
    void (*log)(void *user, const vgi_client_log *log);
    void *user;
    vgi_client *next_idle; /* in a pool */
};

struct vgi_attachment {
    vgi_client *client;
    vg_arena arena;
    const vgi_catalog_attach_result *info;
    vgi_bytes transaction; /* absent: none is open */
    vg_arena transaction_arena;
};

/* One unary method: the const row behind a function of <vgi/methods.h>. */
typedef struct vg_client_method {
    const char *name;
    const vgi_arrow_schema *schema; /* of the parameters */
    const vg_record *params;
    const vg_record
        *request; /* in the single parameter `request`; vg_none_record: the parameters are the method's own */
    const vg_record *response; /* vg_none_record: void, or bytes that are no record */
    const vgi_arrow_schema *result;
    int since; /* minor */
} vg_client_method;

/* Calls a method. `params` is the struct of its request or its parameters (NULL: zeroed); `*ret` by the method: a list
 * of `item` records, a pointer to the response, bytes, or NULL for void. `result` may be NULL where nothing is wanted.
 * */
vgi_status vg_client_call(vgi_client *client, const vg_client_method *method, const vg_record *item, const void *params,
                          vgi_result *result, void *ret, vgi_error *err);
/* The same, with attach_opaque_data and the open transaction filled in. */
vgi_status vg_attachment_call(vgi_attachment *attachment, const vg_client_method *method, const vg_record *item,
                              const void *params, vgi_result *result, void *ret, vgi_error *err);

/* What every use of the peer ends with: a local failure of it says how the worker ended. Returns `status`. */
vgi_status vg_client_end(vgi_client *client, vgi_status status, vgi_error *err);

/* Refuses a batch of vgi_batch_new that has not been ended. */
vgi_status vg_batch_check_finished(const vgi_batch *batch, vgi_error *err);

/* The dialect as text, "2.0.0", and back: -1 where it is none that is spoken here. */
const char *vg_client_version(int minor);
int vg_client_minor(vgi_string version);

/* A copy in the arena; absent where `bytes` are. VGI_ERR_MEMORY. */
vgi_status vg_bytes_keep(vg_arena *arena, vgi_bytes bytes, vgi_bytes *ret, vgi_error *err);
/* The same of a path and the names in it. */
vgi_status vg_path_keep(vg_arena *arena, vgi_string_list path, vgi_string_list *ret, vgi_error *err);
vgi_status vg_client_no_memory(vgi_error *err);

#endif
