/* One call, as every layer above the wire sees it: the struct behind the public vgi_call.
 *
 * Made by rpc/serve for each request, cleared after the reply. A function's own data hangs off `function` (worker/). */
#ifndef VG_RPC_CALL_H
#define VG_RPC_CALL_H

#include <vgi/call.h>

#include "base/arena.h"

typedef struct vg_log_entry vg_log_entry;

struct vgi_call {
    vg_arena *arena;         /* cleared after the reply; in a stream: cleared when the stream ends */
    vg_arena *turn_arena;    /* cleared after every turn of a stream; equals `arena` in a unary call */
    vgi_error error;         /* the first cause */
    vgi_string protocol;     /* "vgi.v2" */
    vgi_string method;
    int version_minor;       /* dialect of the caller: 0, 1 or 2 of protocol 2.x; -1 where the binding has no version */
    vgi_metadata metadata;   /* of the request; during a turn: of the turn's input batch */
    vg_log_entry *logs;      /* emitted since the last reply, sent before the next one */
    vg_log_entry **logs_end;
    void *user;              /* vg_binding.user: what vgi_call_user gives */
    const struct vg_binding *binding; /* the binding that is being served (rpc/server.h) */
    const struct vg_method *row; /* the row that is being served (rpc/server.h) */
    struct vg_function_call *function;
};

#endif
