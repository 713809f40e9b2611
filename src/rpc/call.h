/* One call, as every layer above the wire sees it: the struct behind the public vgi_call.
 *
 * Made by rpc/serve for each request, cleared after the reply. A function's own data hangs off `function` (worker/). */
#ifndef VG_RPC_CALL_H
#define VG_RPC_CALL_H

#include <vgi/call.h>
#include <vgi/sys/seal.h>

#include "base/arena.h"
#include "ipc/limits.h"
#include "observe/event.h"

/* What an error says beside its type and sentence: one const row a class of errors (rpc.md §6.3, §18). */
typedef struct vg_error_class {
    const char *exception; /* "ProtocolVersionError" */
    const char *kind;      /* vgi_rpc.error_kind; NULL: unclassified */
    const char *code;      /* vgi_rpc.error_code, one of the closed set */
} vg_error_class;

/* The classes of the framework. A failure with the exception type of one belongs to it, however it was said. */
extern const vg_error_class VG_PROTOCOL_NOT_SPECIFIED, VG_PROTOCOL_NOT_SUPPORTED, VG_METHOD_NOT_IMPLEMENTED,
    VG_PROTOCOL_VERSION_MISMATCH;

/* A message on its way to the caller, in the turn's arena. */
typedef struct vg_log_entry vg_log_entry;
struct vg_log_entry {
    vg_log_entry *next;
    const char *level;
    vgi_string message;
    vgi_string extra; /* JSON object, or absent */
};

/* What a call keeps from being freed until it ends. */
typedef struct vg_hold {
    struct vg_hold *next;
    void (*release)(void *what);
    void *what;
} vg_hold;

struct vgi_call {
    vg_arena *arena;                   /* cleared after the reply; in a stream: cleared when the stream ends */
    vg_arena *turn_arena;              /* cleared after every turn of a stream; equals `arena` in a unary call */
    vg_arena *call_arena;              /* in a turn, where `arena` is the turn's: the call's; else NULL */
    vgi_error error;                   /* the first cause */
    const vg_error_class *error_class; /* of the first cause; NULL: unclassified, code UNKNOWN */
    vgi_string error_details;          /* JSON array (rpc.md §18), or absent */
    vgi_string protocol;               /* "vgi.v2" */
    vgi_string method;
    int version_minor;     /* dialect of the caller: 0, 1 or 2 of protocol 2.x; -1 where the binding has no version */
    vgi_metadata metadata; /* of the request; during a turn: of the turn's input batch */
    vgi_string attach_options;          /* a JSON object of what logs may tell of them, or absent */
    vg_subject subject;                 /* what it is about, for observers; raw: observe/lifecycle alone reads it */
    vgi_string traceparent, tracestate; /* of the request, as long as the call; absent without a trace */
    vg_log_entry *logs;                 /* emitted since the last reply, sent before the next one */
    vg_log_entry **logs_end;
    const vg_limits *limits;          /* of the server, for what is decoded out of parameters: vg_call_limits */
    vgi_caller caller;                /* who the transport says it is; zeroed: it does not say */
    void *user;                       /* vg_binding.user: what vgi_call_user gives */
    const struct vg_binding *binding; /* the binding that is being served (rpc/server.h) */
    const struct vg_method *row;      /* the row that is being served (rpc/server.h) */
    struct vg_function_call *function;
    struct vg_attachment *attachment;       /* of the catalog that was attached (worker/worker.h) */
    struct vg_transaction_use *transaction; /* of a catalog that has them (worker/transactions.h) */
    const struct vg_connection *connection; /* that it came over; NULL in tests */
    struct vg_forward *forward;             /* where it is passed on to (worker/owner.h); NULL: it is served here */
    const struct vgi_batch *relayed; /* of a turn: what is sent instead of `out`, as it is; valid until the next turn */
    vg_hold *holds;                  /* the newest first */
    struct vg_record *records;       /* of vgi_record_new, not appended yet (rpc/record.c) */
};

/* As vgi_fail, with a class, whose exception type is told to the peer. Returns VGI_ERR_RUNTIME. */
vgi_status vg_call_refuse(vgi_call *call, const vg_error_class *error_class, const char *format, ...) VGI_PRINTF(3, 4);

/* The limits of what is decoded out of parameters: the server's. */
static inline const vg_limits *vg_call_limits(const vgi_call *call)
{
    return call->limits ? call->limits : &VG_DEFAULT_LIMITS;
}

/* Forgets a failure that the callback has dealt with, and answered all the same. */
void vg_call_forgive(vgi_call *call);

/* `release(what)` is called when the call ends, however it does; here and now if there is no memory to remember it. The
 * call of a stream ends when the stream has: what is held in one of its turns is held until then. */
vgi_status vg_call_hold(vgi_call *call, void (*release)(void *what), void *what);

/* The call is over: frees what a callback began and did not end, releases what the call holds. */
void vg_call_end(vgi_call *call);

/* The first of the two (rpc/record.c). */
void vg_call_free_records(vgi_call *call);

#endif
