/* The RPC server over raw transports (rpc.md §1-§8): bindings of const method rows, and the loop that serves one
 * connection: read a request, find its row, check its parameters, run the handler, reply.
 *
 * An error from any step joins at one place, the EXCEPTION batch. Bytes that cannot be framed are the one fatal
 * case. */
#ifndef VG_RPC_SERVER_H
#define VG_RPC_SERVER_H

#include <vgi/rpc.h>

#include "ipc/limits.h"
#include "observe/lifecycle.h"
#include "rpc/call.h"
#include "transport/transport.h"

typedef enum vg_method_kind {
    VG_UNARY,
    VG_PRODUCER,
    VG_EXCHANGE,
    VG_STREAM /* either, known when it opens */
} vg_method_kind;

/* What the handler that opens a stream fills in (vgi/rpc.h); here it finds but the header. Everything lives in
 * call->arena or longer. An exchange may narrow the rows of its `out` (vg_batch_show). */
typedef vgi_stream vg_stream;

/* One method: a const row. Every method that the protocol declares has one, so that Reflection describes the
 * protocol that its hash stands for. A handler of a method that is not offered fails as `MethodNotImplementedError`
 * (vgi_fail_as), which is replied with the error kind method_not_implemented. */
typedef struct vg_method {
    const char *name;
    vg_method_kind kind;
    const vgi_arrow_schema *params; /* one field a parameter; no fields: none */
    const vgi_arrow_schema *result; /* unary: one field `result`, or no fields: void */
    const vgi_arrow_schema *header; /* streams; NULL: none */
    int since_minor;                /* first minor version of the binding that has it; 0: all */
    /* One of the two. `out` has room for the one row of `result`. */
    vgi_status (*unary)(vgi_call *call, const vgi_batch *params, vgi_batch *out);
    vgi_status (*open)(vgi_call *call, const vgi_batch *params, vg_stream *stream);
    const void *detail; /* nullable: what a handler shared by several rows finds in call->row->detail */
} vg_method;

/* One protocol that the server hosts (rpc.md §3.2). */
typedef struct vg_binding {
    const char *protocol;  /* "vgi.v2" */
    int version_major;     /* -1: declares no version, not gated */
    int version_minor_min; /* every minor of min .. max is accepted */
    int version_minor_max;
    const char *version;       /* what Reflection and the gate's message report: "2.0.0"; "" for none */
    const char *protocol_hash; /* 64 hex digits; NULL: computed when it is asked for (vg_server_protocol_hash) */
    const vg_method *methods;  /* sorted by name */
    size_t n_methods;
    /* Nullable: false of a row whose handler would only say that it is not offered; it is not named as available. */
    bool (*offers)(const vg_method *row);
    void *user;                                /* call->user */
    const struct vg_service_protocol *service; /* of a protocol of vgi/rpc.h (rpc/service.h); else NULL */
} vg_binding;

typedef struct vg_server vg_server;

/* `bindings` is borrowed, the primary one first; Reflection (rpc.md §8.1) is always hosted beside them. `limits`
 * is copied; NULL, or 0 in a member: the default. VGI_ERR_VALUE: methods that are not sorted by name, or a limit out of
 * range. */
vgi_status vg_server_new(const vg_binding *bindings, size_t n_bindings, const vg_limits *limits, vg_server **ret,
                         vgi_error *err);
void vg_server_free(vg_server *server);

/* Tells `observer` (borrowed; NULL: nobody) of every call from now on. Before anything is served. */
void vg_server_observe(vg_server *server, const vg_observer *observer);
/* The same for those of vgi/sys/observer.h (borrowed; NULL: none). */
void vg_server_tell(vg_server *server, vg_lifecycle *lifecycle);
/* True if anybody is told of calls. */
bool vg_server_is_observed(const vg_server *server);

/* Serves requests of one connection until its end; several connections may be served at once from their own threads.
 * VGI_OK: the peer closed, be it in the middle of a call, as the engine does after a LIMIT; or the server was stopped.
 * The connection stays the caller's. */
vgi_status vg_server_serve(vg_server *server, vg_connection *connection, vgi_error *err);

/* Makes every vg_server_serve return, now and later: at once where a socket waits for a request, else after the call in
 * flight (a pipe: after the next request). From any thread, but not from a signal handler. */
void vg_server_stop(vg_server *server);
/* The same without waiting for the calls in flight: their sockets are shut down. */
void vg_server_abort(vg_server *server);

/* The 12 hex digits that name this server in logs and errors (rpc.md §8.3). */
const char *vg_server_id(const vg_server *server);

/* The hash of one of the server's bindings (rpc.md §8.1), 64 hex digits; "" when out of memory. From any thread. */
const char *vg_server_protocol_hash(vg_server *server, const vg_binding *binding);

/* The options of a listening server (rpc.md §10.2). */
typedef struct vg_listen_options {
    int max_connections;   /* 0: no cap */
    double idle_timeout_s; /* <= 0: never */
    int64_t grace_ms;      /* SIGTERM: how long calls in flight may take */
    bool is_private;       /* whoever is not this process's user is turned away */
    /* Nullable: true keeps the server from ending although nobody has been connected for long. */
    bool (*is_needed)(void *user);
    void *user;
} vg_listen_options;

/* Accepts and serves until vg_listener_stop or idle, one thread a connection; then closes the listener (which stays the
 * caller's to free) and ends the connections: at once where none is served, after `grace_ms` by force.
 * VGI_ERR_RUNTIME: a handler did not return even so; its thread still uses the server, which must not be freed. */
vgi_status vg_server_listen(vg_server *server, vg_listener *listener, const vg_listen_options *options, vgi_error *err);

#endif
