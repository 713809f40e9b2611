/* An observer: told what happens to a worker's attachments and transactions, and of calls, without ever seeing a secret
 * (docs/observability.md). A worker names its own:
 *
 *   static const vgi_observer COUNTER = {.level = VGI_LOG_INFO, .tell = count, .user = &counts};
 *   const vgi_worker_options options = {..., .observers = VGI_OBSERVERS(&COUNTER)};
 *
 * Every observer has a queue and a thread of its own, made at the first event: a slow one slows neither a query nor
 * another observer. What does not fit into the queue is dropped, and the next event says how many were.
 *
 * Extension points are stable per minor version only. */
#ifndef VGI_SYS_OBSERVER_H
#define VGI_SYS_OBSERVER_H

#include <vgi/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Valid until the callback returns. There is no opaque data in it, no sentence of an error, no value of a parameter or
 * of an option that was not declared loggable. Texts of the caller are cut to 256 bytes. */
typedef struct vgi_event {
    /* "catalog.attach", "catalog.detach", "catalog.create", "catalog.transaction.begin", "catalog.transaction.commit",
     * "catalog.transaction.rollback"; "call": any other; "log.dropped": nothing but `dropped`, the last one. */
    const char *name;
    vgi_log_level level;
    int64_t time_us; /* Unix time of its end */
    int64_t duration_us;
    const char *server_id;
    vgi_string request_id;
    vgi_string method; /* "catalog_attach" */
    vgi_string catalog;
    /* 12 hexadecimal digits that stand for attach_opaque_data and transaction_opaque_data, as the caller holds them:
     * SHA-256 of the value in lower-case hexadecimal digits. */
    vgi_string attach_id, transaction_id;
    vgi_string data_version_spec, implementation_version_spec; /* asked for by ATTACH */
    vgi_string data_version, implementation_version;           /* what that was resolved to */
    vgi_string options;           /* of ATTACH and create: a JSON object of those that may be logged; absent: none */
    vgi_string trace_id, span_id; /* W3C, 32 and 16 hexadecimal digits */
    vgi_string error_type;        /* "ValueError"; absent: it succeeded */
    vgi_string error_code;
    uint64_t dropped; /* events that were lost before this one */
} vgi_event;

typedef struct vgi_observed_worker {
    const char *server_id;
    const char *program; /* the last part of how it was started; "" of a server inside a program */
    const char *version; /* NULL: unknown */
} vgi_observed_worker;

typedef struct vgi_observer {
    void *user;
    /* Events below it are not told. INFO: the catalog.* ones; WARN: failures that the caller caused; ERROR: others.
     * DEBUG: every call. */
    vgi_log_level level;
    /* Nullable: before anything is served. `*ret_state` comes as `user`. VGI_END: there is nothing to do, and nothing
     * more will be called. Other failures end the worker, with the sentence. */
    vgi_status (*begin)(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err);
    /* On the observer's thread, which blocks all signals. */
    void (*tell)(void *state, const vgi_event *event);
    /* Nullable: the worker ends. What is still in the queue is told until `left_ms` have passed; a `tell` that takes
     * longer should give up. On another thread, maybe while `tell` runs. */
    void (*hurry)(void *state, int64_t left_ms);
    /* Nullable: nothing is told any more. Not called where a `tell` did not return in time: the process then ends
     * beside it. */
    void (*end)(void *state);
} vgi_observer;
#define VGI_OBSERVERS(...) ((const vgi_observer *const[]){__VA_ARGS__, NULL})

#ifdef __cplusplus
}
#endif
#endif
