/* Writing parts to a descriptor, whole: what connections and shared memory segments have in common (rpc.md §1.1). */
#ifndef VG_TRANSPORT_FD_H
#define VG_TRANSPORT_FD_H

#include <stdint.h>
#include <sys/uio.h>

#include <vgi/status.h>

enum { VG_MAX_IO = 1 << 30 }; /* bytes of one system call (macOS fails or cuts beyond INT_MAX) */

/* Writes all parts: from position `at` on of a file, or, where that is negative, to a stream. `parts` is changed.
 * `what` begins the error; errno is that of the call that failed. */
vgi_status vg_fd_write(int fd, int64_t at, struct iovec *parts, int count, const char *what, vgi_error *err);

/* What the system said of `what`: VGI_ERR_IO. */
vgi_status vg_io_error(vgi_error *err, const char *what, int code);

/* A deadline has passed: VGI_ERR_IO with the exception "TimeoutError". */
vgi_status vg_timed_out(vgi_error *err, const char *what);

#endif
