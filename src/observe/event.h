/* A call as who watches the server sees it: names, times, counts and sizes; never a value of a parameter, a batch or a
 * state, but for options of ATTACH that are declared loggable. rpc/event fills it and tells the observer;
 * observe/access_log writes it down (rpc.md §14). */
#ifndef VG_OBSERVE_EVENT_H
#define VG_OBSERVE_EVENT_H

#include <stdbool.h>

#include <vgi/type.h>

/* Batches of one direction: their number, rows, and the bytes of their Arrow buffers. */
typedef struct vg_flow {
    int64_t batches;
    int64_t rows;
    int64_t bytes;
} vg_flow;

typedef struct vg_call_event {
    const char *server_id;
    const char *protocol;      /* the binding's */
    const char *protocol_hash; /* NULL: unknown */
    vgi_string method;
    bool is_stream;
    const char *remote_addr; /* an IP address, or `unix:pid=...,uid=...`; NULL or "": unknown */
    const char *request_id;
    const char *stream_id;           /* 32 hex digits; "" for a unary call */
    vgi_string trace_id, span_id;    /* W3C, 32 and 16 hex digits; absent without a trace */
    const vgi_arrow_schema *request; /* the parameters; NULL: none */
    int64_t request_rows;
    /* What follows is known at the end only. */
    vgi_string attach_options; /* a JSON object: the options of ATTACH that are declared loggable; absent: none */
    bool is_cancelled;
    int64_t ended_ms; /* Unix time */
    int64_t duration_us;
    const char *error_type;    /* NULL: the call succeeded */
    const char *error_message; /* never empty */
    const char *error_code;
    vg_flow input, output;
} vg_call_event;

/* What a call is about, as it stands on the wire. It may hold secrets: vg_lifecycle_tell alone reads it. Absent: the
 * call is about no such thing, or did not come so far. */
typedef struct vg_subject {
    vgi_string catalog;
    vgi_bytes attach_opaque_data, transaction_opaque_data;
    vgi_string data_version_spec, implementation_version_spec;
    vgi_string data_version, implementation_version; /* resolved */
} vg_subject;

/* Both callbacks are nullable, and called on the thread of the call's connection: several at once. The event is
 * borrowed for the time of the callback. A call is told of once it is dispatched: what was refused before is not
 * (rpc.md §14). */
typedef struct vg_observer {
    void *user;
    void (*started)(void *user, const vg_call_event *event);
    void (*finished)(void *user, const vg_call_event *event);
} vg_observer;

#endif
