/* Status codes and the error value: how every function of libvgi reports failure.
 *
 * A function that can fail returns vgi_status and, as its last parameter, takes a nullable vgi_error owned by the
 * caller. Inside a callback of a worker the same is said with vgi_fail() (vgi/call.h). The first cause wins: setting an
 * error that is already set changes nothing. No thread-locals, no globals. */
#ifndef VGI_STATUS_H
#define VGI_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && (defined(__linux__) || defined(__APPLE__))
#define VGI_EXPORT __attribute__((visibility("default")))
#define VGI_MUST_USE __attribute__((warn_unused_result))
#define VGI_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define VGI_EXPORT
#define VGI_MUST_USE
#define VGI_PRINTF(format_index, first)
#endif

/* The codes. Each maps to the exception type that the peer is told (vgi_status_exception), so that a DuckDB user reads
 * `ValueError: ...` with the sentence that the author wrote. */
typedef enum vgi_status {
    VGI_OK = 0,
    VGI_END,                 /* nothing more: the end of a stream, of a scan, of a listing; not an error */
    VGI_ERR_VALUE,           /* ValueError: a value that cannot be used */
    VGI_ERR_TYPE,            /* TypeError: a type that cannot be used */
    VGI_ERR_ARGUMENT,        /* ArgumentValidationError: an argument outside what its declaration allows */
    VGI_ERR_NOT_FOUND,       /* KeyError: a name that does not exist */
    VGI_ERR_READ_ONLY,       /* CatalogReadOnlyError: a change asked of something that cannot change */
    VGI_ERR_NOT_IMPLEMENTED, /* NotImplementedError: not offered here */
    VGI_ERR_PERMISSION,      /* PermissionError */
    VGI_ERR_IO,              /* OSError: a file, a socket, a peer that went away */
    VGI_ERR_MEMORY,          /* MemoryError */
    VGI_ERR_LIMIT,           /* LimitError: larger than a named limit allows */
    VGI_ERR_PROTOCOL,        /* ProtocolError: the peer broke the wire format */
    VGI_ERR_RUNTIME,         /* RuntimeError: anything else that went wrong */
} vgi_status;

/* One failure. `message` is one line of UTF-8, says what was wrong and what would be right, never a secret. */
typedef struct vgi_error {
    vgi_status status;
    char exception[48]; /* exception type told to the peer; "" means the one of `status` */
    char message[1024];
} vgi_error;

/* Sets `err` (nullable) unless it is already set, and returns `status`. The message is cut on a UTF-8 boundary. */
VGI_EXPORT vgi_status vgi_error_set(vgi_error *err, vgi_status status, const char *format, ...) VGI_PRINTF(3, 4);
VGI_EXPORT vgi_status vgi_error_setv(vgi_error *err, vgi_status status, const char *format, va_list args)
    VGI_PRINTF(3, 0);

/* Forgets what was set. */
VGI_EXPORT void vgi_error_clear(vgi_error *err);

/* The protocol's exception type of a status ("ValueError", ...). Static. */
VGI_EXPORT const char *vgi_status_exception(vgi_status status);

/* Passes a failure (or VGI_END) up to the caller. */
#define VGI_TRY(expression)                                                                                            \
    do {                                                                                                               \
        vgi_status vgi_try_status_ = (expression);                                                                     \
        if (vgi_try_status_ != VGI_OK)                                                                                 \
            return vgi_try_status_;                                                                                    \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
