/* A tap: told the bytes that pass between a client and a worker, it tells what they say (rpc.md §3, §5-§7). For
 * programs that stand between the two, or read what was recorded: `vgi trace` is one.
 *
 *   vgi_tap_new(&(vgi_tap_options){.event = print_event}, &tap, err);
 *   vgi_tap_feed(tap, VGI_TAP_CLIENT, bytes, n);     as they come, in any pieces, in the order of their coming
 *   vgi_tap_feed(tap, VGI_TAP_WORKER, bytes, n);
 *   vgi_tap_finish(tap, VGI_TAP_CLIENT);             no more bytes of that side
 *
 * It only listens: it never fails, and changes nothing. Bytes that are no messages end the telling of their side with
 * one VGI_TAP_LOST. Memory is bounded by `max_message_bytes` a side. A tap belongs to one thread at a time.
 *
 * Extension points are stable per minor version only. */
#ifndef VGI_SYS_TAP_H
#define VGI_SYS_TAP_H

#include <vgi/batch.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vgi_tap_side { VGI_TAP_CLIENT, VGI_TAP_WORKER } vgi_tap_side; /* who sent it */

typedef enum vgi_tap_kind {
    VGI_TAP_REQUEST,   /* a call begins: its parameters */
    VGI_TAP_ANSWER,    /* the result of a unary call, or the header of a stream */
    VGI_TAP_INPUT,     /* a batch to a stream; one without columns is a tick */
    VGI_TAP_CANCEL,    /* the client wants no more of a stream */
    VGI_TAP_INPUT_END, /* the client has ended its side of a stream */
    VGI_TAP_OUTPUT,    /* a batch of a stream */
    VGI_TAP_LOG,
    VGI_TAP_ERROR,
    VGI_TAP_END,  /* the worker has answered the call to its end */
    VGI_TAP_LOST, /* what follows on this side is no message, and is not looked at: `why` */
} vgi_tap_kind;

/* Of the call that an event belongs to. */
typedef struct vgi_tap_call {
    int64_t number; /* 1, 2, ... on this connection; 0: no call was begun */
    vgi_string method;
    vgi_string protocol;
    vgi_string protocol_version;                       /* absent: none was told */
    int64_t elapsed_us;                                /* since its request was there */
    bool failed;                                       /* an error was told */
    int64_t input_batches, input_rows, input_bytes;    /* so far; ticks are batches */
    int64_t output_batches, output_rows, output_bytes; /* so far, of answers, too */
} vgi_tap_call;

/* Valid until the callback returns. */
typedef struct vgi_tap_event {
    vgi_tap_kind kind;
    vgi_tap_side side;
    const vgi_tap_call *call;
    int64_t index;                  /* of a batch in its stream: 1, 2, ... */
    int64_t rows;                   /* of a batch, also where it was not decoded */
    int64_t size_bytes;             /* of the message and of the dictionaries that go with it */
    const vgi_arrow_schema *schema; /* of the stream; NULL: not decoded, or no stream */
    const vgi_batch *batch;         /* NULL: not decoded, `why` tells */
    vgi_metadata metadata;          /* of the batch */
    bool is_shared;                 /* the batch came out of shared memory (rpc.md §9) */
    const char *why;                /* NULL: there is nothing to explain */
    /* Of VGI_TAP_LOG and VGI_TAP_ERROR; what was not told is absent. */
    vgi_string level; /* "INFO", ..., "EXCEPTION" */
    vgi_string type;  /* of an error: "ValueError" */
    vgi_string message;
    vgi_string traceback;
    vgi_string error_kind; /* "method_not_implemented", ... (rpc.md §6.3) */
} vgi_tap_event;

typedef struct vgi_tap_options {
    void (*event)(void *user, const vgi_tap_event *event);
    void *user;
    int64_t max_message_bytes; /* a larger message is told by its size; 0: 16 MiB */
} vgi_tap_options;

typedef struct vgi_tap vgi_tap;

VGI_EXPORT vgi_status vgi_tap_new(const vgi_tap_options *options, vgi_tap **ret, vgi_error *err) VGI_MUST_USE;
VGI_EXPORT void vgi_tap_free(vgi_tap *tap);
VGI_EXPORT void vgi_tap_feed(vgi_tap *tap, vgi_tap_side side, const void *bytes, size_t size);
VGI_EXPORT void vgi_tap_finish(vgi_tap *tap, vgi_tap_side side);

/* True once the two share memory: a batch there may be given back as soon as its pointer has been passed on, so bytes
 * are then to be fed before they are passed on. */
VGI_EXPORT bool vgi_tap_shares_memory(const vgi_tap *tap);

/* What stands for a value that nobody is to read: "sha256:" and 12 hexadecimal digits. */
enum { VGI_TAP_DIGEST_SIZE = 20 }; /* with its NUL */
VGI_EXPORT void vgi_tap_digest(const void *bytes, size_t size, char ret[VGI_TAP_DIGEST_SIZE]);

/* A socket that is connected to the worker at `location`: unix://PATH, tcp://HOST:PORT or launch:COMMAND
 * (vgi/client.h). VGI_ERR_VALUE: any other location. `timeout_ms` 0: 60,000. Not blocking; the caller closes it. */
VGI_EXPORT vgi_status vgi_location_connect(const char *location, int64_t timeout_ms, int *ret_fd,
                                           vgi_error *err) VGI_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
