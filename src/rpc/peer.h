/* The client's end of a connection to an RPC server (rpc.md §3, §5-§7): requests, what comes back for them, streams in
 * lockstep. client/ is built on it, and knows the protocol that is spoken. One thread.
 *
 * What the server says is an error of the call: VGI_ERR_... by its exception type, vg_peer_remote the whole of it, and
 * the connection lives on. What fails on this side breaks it: every later call fails with the first cause. */
#ifndef VG_RPC_PEER_H
#define VG_RPC_PEER_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "ipc/limits.h"
#include "transport/transport.h"

typedef struct vg_peer vg_peer;

/* What a server said: an exception, or a log message (rpc.md §6). Absent parts were not told. */
typedef struct vg_said {
    vgi_string level; /* "EXCEPTION" or a log's */
    vgi_string type;
    vgi_string message; /* of an exception: without the type */
    vgi_string full;    /* log_message as it came */
    vgi_string extra;
    vgi_string traceback;
    vgi_string kind;
    vgi_string code;
    vgi_string details;
    vgi_string server_id;
    vgi_string request_id;
} vg_said;

typedef struct vg_peer_options {
    const vg_limits *limits;                      /* NULL: the defaults */
    int64_t timeout_ms;                           /* of one call and of one turn of a stream; <= 0: none */
    void (*log)(void *user, const vg_said *said); /* nullable */
    void *user;
    size_t
        shm_bytes; /* shared memory to be offered (rpc.md §9); 0: none. It is used where the worker is on this machine
                         and agrees; where anything is in the way, there is none, and no error */
} vg_peer_options;

/* `connection` is guarded, borrowed, and outlives the peer. */
vgi_status vg_peer_new(vg_connection *connection, const vg_peer_options *options, vg_peer **ret, vgi_error *err);
void vg_peer_free(vg_peer *peer);

/* The exception that the last call failed with, or NULL; valid until the next call. */
const vg_said *vg_peer_remote(const vg_peer *peer);
/* False once the connection has failed on this side. */
bool vg_peer_is_usable(const vg_peer *peer);

/* True while memory is shared, which the first call settles; how many batches (nullable) have gone through it, and
 * come. */
bool vg_peer_shares(const vg_peer *peer, uint64_t *ret_sent, uint64_t *ret_received);

typedef struct vg_peer_request {
    const char *method;
    const char *protocol;    /* NULL: none, for built-in methods */
    const char *version;     /* "2.0.0"; NULL: none */
    const vgi_batch *params; /* one row; NULL: no parameters */
    vgi_metadata metadata;   /* of the caller's own; keys that the members above are sent as are left out */
} vg_peer_request;

/* One unary call. *ret is the answer's batch, valid until the next call; of void methods it has no columns. */
vgi_status vg_peer_call(vg_peer *peer, const vg_peer_request *request, const vgi_batch **ret, vgi_error *err);

/* ---- streams: one at a time, no calls in between ------------------------------------------------------------------
 * */

/* Begins one. With `has_header` the header's batch is awaited: *ret_header (nullable otherwise), in `arena`. Without
 * one, what the server says to the request shows in the first turn. */
vgi_status vg_peer_open(vg_peer *peer, const vg_peer_request *request, bool has_header, vg_arena *arena,
                        const vgi_batch **ret_header, vgi_error *err);

/* Reads the schema of the output before the first turn: of a server that sends it with the header, as ours does. *ret
 * is valid until the next call. */
vgi_status vg_peer_open_output(vg_peer *peer, const vgi_arrow_schema **ret, vgi_error *err);

/* One turn: sends `in`, or a tick where it is NULL (`metadata` travels with the tick), and gives what comes back,
 * valid until the next turn. VGI_END: the server has finished. All batches of a stream have one schema: another is
 * VGI_ERR_TYPE, and the stream goes on. */
vgi_status vg_peer_turn(vg_peer *peer, const vgi_batch *in, vgi_metadata metadata, const vgi_batch **ret,
                        vgi_error *err);

/* Ends the stream in order, or (`cancel`) tells the server that nobody wants more; then drains what still comes. Does
 * nothing where the stream has ended. */
vgi_status vg_peer_close(vg_peer *peer, bool cancel, vgi_error *err);

/* True between open and the end, however it came. */
bool vg_peer_is_streaming(const vg_peer *peer);

/* The schema of the output: known after the first turn, or the end; else NULL. Valid until the next call. */
const vgi_arrow_schema *vg_peer_output(const vg_peer *peer);

/* A deep copy of a batch. */
vgi_status vg_batch_keep(vg_arena *arena, const vgi_batch *batch, const vg_limits *limits, const vgi_batch **ret,
                         vgi_error *err);

#endif
