/* What a callback can ask of and say to the call that it serves. */
#ifndef VGI_CALL_H
#define VGI_CALL_H

#include <inttypes.h>

#include <vgi/type.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call in progress. Borrowed: valid until the callback returns; belongs to the calling thread. */
typedef struct vgi_call vgi_call;

/* Fails the call: `return vgi_fail(call, VGI_ERR_VALUE, "row %" PRId64 ": ...", i);`. The caller reads the sentence.
 * The first failure of a call wins. Returns `status`. */
VGI_EXPORT vgi_status vgi_fail(vgi_call *call, vgi_status status, const char *format, ...) VGI_PRINTF(3, 4);

/* The same with an exception type of the author's own ("RateLimitError"; at most 47 bytes, letters, digits, _ and
 * .). */
VGI_EXPORT vgi_status vgi_fail_as(vgi_call *call, const char *exception, const char *format, ...) VGI_PRINTF(3, 4);

/* What a failure may say beside its sentence, for programs to read (rpc.md §18). */
typedef struct vgi_failure {
    const char *exception; /* NULL: "RuntimeError" */
    const char *code;      /* one of the closed set ("NOT_FOUND", "UNAVAILABLE", ...); another one becomes "UNKNOWN" */
    const char *kind;      /* NULL: none; a word of the protocol's own */
    const char *details;   /* NULL: none; a JSON array of objects with "@type", left out whole beyond 4,096 bytes */
} vgi_failure;
/* As vgi_fail; the failure is copied. Returns VGI_ERR_RUNTIME. */
VGI_EXPORT vgi_status vgi_fail_with(vgi_call *call, const vgi_failure *failure, const char *format, ...)
    VGI_PRINTF(3, 4);
/* True if `code` is one of the closed set. */
VGI_EXPORT bool vgi_is_error_code(vgi_string code);

/* The error value of the call, for library functions that take one: what they set, vgi_fail would have. */
VGI_EXPORT vgi_error *vgi_call_error(vgi_call *call);

typedef enum vgi_log_level { VGI_LOG_TRACE, VGI_LOG_DEBUG, VGI_LOG_INFO, VGI_LOG_WARN, VGI_LOG_ERROR } vgi_log_level;

/* A message to the caller, sent in band before the call's next batch (rpc.md §6.2); DuckDB shows it in
 * duckdb_logs(). */
VGI_EXPORT void vgi_log(vgi_call *call, vgi_log_level level, const char *format, ...) VGI_PRINTF(3, 4);

/* The same with a text that may hold anything, and key-values that the caller gets beside it, as strings. */
VGI_EXPORT void vgi_log_with(vgi_call *call, vgi_log_level level, vgi_string message, vgi_metadata extra);

/* Zeroed memory that is freed when the call ends. In a stream: what a turn takes (a scalar function's map, a table
 * function's next, a turn of vgi/rpc.h) when its batch has been sent, what `open` takes when the stream is over. NULL
 * when out of memory. */
VGI_EXPORT void *vgi_alloc(vgi_call *call, size_t size);

/* Calls `release(what)` when the call has ended and its answer was sent, of a stream when the stream is over: for what
 * an answer points into. `what` is *taken*: where it cannot be remembered it is released at once, and the call fails.
 * */
VGI_EXPORT vgi_status vgi_call_hold(vgi_call *call, void (*release)(void *what), void *what) VGI_MUST_USE;

/* The pointer given as vgi_worker_options.user. */
VGI_EXPORT void *vgi_call_user(const vgi_call *call);

/* Custom metadata of the request (during a stream: of the current input batch). */
VGI_EXPORT vgi_metadata vgi_call_metadata(const vgi_call *call);

/* The trace that the request belongs to (W3C trace context), to be passed on to whatever the callback calls; absent
 * where the caller sent none, or a traceparent that is malformed. The same during all of a stream. */
VGI_EXPORT vgi_string vgi_call_traceparent(const vgi_call *call);
VGI_EXPORT vgi_string vgi_call_tracestate(const vgi_call *call);

#ifdef __cplusplus
}
#endif
#endif
