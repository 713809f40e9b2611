/* One connection being served: what the files of rpc/ share. serve.c makes it and loops; envelope.c reads a request;
 * check.c and gate.c refuse it; reply.c answers; stream.c runs the lockstep. One thread. */
#ifndef VG_RPC_SESSION_H
#define VG_RPC_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "arrow/array.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "rpc/pointer.h"
#include "rpc/server.h"

/* What is told of the call in progress, where somebody watches (event.c). */
typedef struct vg_watch {
    bool is_on; /* the call was dispatched, and there is an observer */
    int64_t started_us;
    char stream_id[33];
    char span_id[17];
    vg_call_event event;
} vg_watch;

typedef struct vg_session vg_session;
struct vg_session {
    vgi_call call; /* the call in progress; it is given to handlers */
    vg_server *server;
    vg_connection *connection;
    vg_reader *reader;
    vg_writer *writer;
    vg_arena arena; /* call.arena */
    vg_arena turn_arena;
    vg_pointers pointers; /* the client's shared memory, as far as this connection has heard of it */
    vg_watch watch;
    const vg_binding *binding;
    const vgi_batch *params;      /* one row, or no columns */
    vgi_error build_error;        /* the sticky error of builders */
    vg_builder **results;         /* of unary methods, by their place in server->bindings: made when first asked for */
    char remote[VG_REMOTE_BYTES]; /* who called, where somebody watches */
    char request_id[17];          /* made when first asked for; "" before */
    bool input_may_follow;    /* a failed stream call: its input stream may come where a request is expected (§3.3) */
    atomic_bool busy;         /* a request has begun to arrive */
    vg_session *next, **link; /* of the server's list */
};

extern const vgi_arrow_schema VG_EMPTY_SCHEMA;
extern const vgi_batch VG_EMPTY_BATCH;

/* ---- envelope.c -------------------------------------------------------------------------------------------------- */

/* Reads one request through its EOS: session->params and call->metadata, valid until the next stream is opened.
 * VGI_END: the peer closed at a boundary. Any other failure: the bytes could not be framed; an error stream has been
 * tried, and only closing is left. A request whose content is broken has been answered inside; the next one is read. */
vgi_status vg_request_read(vg_session *session, vgi_error *err);

/* Makes parameters and metadata live as long as the call: a stream's input overwrites the bytes that they came in. */
vgi_status vg_request_keep(vg_session *session);

/* ---- check.c, gate.c: each sets call->error where it refuses ----------------------------------------------------- */

/* Finds binding and row (rpc.md §3.3, checks 2 to 7). */
vgi_status vg_check_address(vg_session *session, const vg_method **ret);
/* Checks 8 and 9: version and parameters. */
vgi_status vg_check_version(vg_session *session, const vg_method *method);
vgi_status vg_check_params(vg_session *session, const vg_method *method);

/* The members of enums in an array of type `declared` (rpc.md §4.1). VGI_ERR_NOT_FOUND names one that does not
 * exist. */
vgi_status vg_check_members(const vgi_field *declared, const vgi_array *array, vgi_error *err);

/* "a: int64 not null, b: utf8" for messages; cut where it is long. */
vgi_string vg_schema_text(vg_arena *arena, const vgi_arrow_schema *schema);

/* ---- reply.c ----------------------------------------------------------------------------------------------------- */

/* A complete error stream on `schema` (NULL: empty) for call->error, with the logs before it; flushed. */
vgi_status vg_reply_error(vg_session *session, const vgi_arrow_schema *schema, vgi_error *err);
/* Queues the EXCEPTION batch of call->error on the open stream. */
vgi_status vg_queue_error(vg_session *session, vgi_error *err);
/* Queues what vgi_log was given since the last time. `with_request_id`: not inside a turn (rpc.md §6.2). */
vgi_status vg_queue_logs(vg_session *session, bool with_request_id, vgi_error *err);
/* A reply of one batch: schema, logs, batch, EOS, in one write. */
vgi_status vg_reply_batch(vg_session *session, const vgi_batch *batch, vgi_error *err);
/* The reply of __transport_options__ (rpc.md §8.2). */
vgi_status vg_reply_transport_options(vg_session *session, vgi_error *err);
/* A failed handler has said why, or this says that it did not. */
void vg_explain_failure(vg_session *session, vgi_status status);

/* ---- attach.c: rpc.md §9.3 --------------------------------------------------------------------------------------- */

/* Attaches the segment that the request names, and follows the request's own pointer: session->params is what it stands
 * for. */
vgi_status vg_attach_request(vg_session *session, vgi_error *err);

/* ---- event.c: rpc.md §14 ----------------------------------------------------------------------------------------- */

/* A request has arrived: takes its trace context, and the time if anybody watches. */
void vg_event_arrive(vg_session *session);
/* The call is dispatched: `protocol` NULL for a server-level method. */
void vg_event_start(vg_session *session, const vg_binding *binding, bool is_stream);
/* A batch came in or goes out; the call fails with what call->error says; the client cancelled. */
void vg_event_input(vg_session *session, const vgi_batch *batch);
void vg_event_output(vg_session *session, const vgi_batch *batch);
void vg_event_failure(vg_session *session, const char *type, const char *code);
void vg_event_cancel(vg_session *session);
/* The call is over; `status` tells whether the connection lived on, `err` (nullable) why it did not. */
void vg_event_end(vg_session *session, vgi_status status, const vgi_error *err);

/* ---- stream.c ---------------------------------------------------------------------------------------------------- */

/* Runs a stream call to its end, the input's EOS included. Fails only where the connection is lost. */
vgi_status vg_stream_serve(vg_session *session, const vg_method *method, vgi_error *err);

/* ---- coerce.c: rpc.md §7.2 --------------------------------------------------------------------------------------- */

/* `in` as a batch of `expected`: itself where the schemas are equal, else reordered by name and cast, in `arena`.
 * VGI_ERR_TYPE, with both schemas, where that cannot be. */
vgi_status vg_coerce_batch(vg_arena *arena, const vgi_batch *in, const vgi_arrow_schema *expected,
                           const vgi_batch **ret, vgi_error *err);

/* ---- describe.c -------------------------------------------------------------------------------------------------- */

/* The binding of vgi_rpc.Reflection.v1 without its user, which is the server. */
extern const vg_binding VG_REFLECTION;

/* ---- serve.c ----------------------------------------------------------------------------------------------------- */

struct vg_server {
    const vg_binding **bindings; /* the hosted ones, Reflection last */
    size_t n_bindings;
    vg_binding reflection;
    vg_limits limits;
    const vg_observer *observer; /* NULL: nobody watches */
    vg_lifecycle *lifecycle;     /* NULL: nobody is told */
    size_t shm_min_bytes;        /* smaller batches stay in the stream */
    char id[13];
    atomic_bool stopping;
    pthread_mutex_t lock; /* of `sessions` */
    vg_session *sessions;
    char (*hashes)[65]; /* of the bindings that have none of their own; "" until asked for; under `lock` */
};

/* `digits` hex digits of the system's randomness, at most 32, and a NUL. An id is no secret: without randomness,
 * zeros. */
void vg_random_hex(char *to, size_t digits);

/* The request id of the call in progress. */
const char *vg_session_request_id(vg_session *session);

#endif
