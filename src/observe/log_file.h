/* A file that records are appended to, and the spellings that all logs share: access_log.c and log.c use it. */
#ifndef VG_OBSERVE_LOG_FILE_H
#define VG_OBSERVE_LOG_FILE_H

#include <vgi/status.h>

#include "base/text.h"

enum { VG_LOG_MAX_PATH_BYTES = 4096 };

/* Opens (makes, appends to) the file at `path`, in which {pid} and {server_id} are replaced. `what` it is for is said
 * in errors: "access log". A pipe that nobody reads is an error, and not waited for. */
vgi_status vg_log_file_open(const char *path, const char *server_id, const char *what, int *ret_fd, vgi_error *err);

/* One write, so that several processes may share a file, and whoever reads it sees whole records at once. False: it is
 * not there as a whole. */
bool vg_log_file_write(int fd, vgi_string record);

/* Unix time in microseconds as 2026-01-31T12:00:00.123Z. */
enum { VG_TIMESTAMP_SIZE = 80 };
void vg_timestamp(int64_t time_us, char ret[VG_TIMESTAMP_SIZE]);

/* A duration in milliseconds, with two decimals. */
enum { VG_DURATION_SIZE = 32 };
void vg_duration_ms(int64_t duration_us, char ret[VG_DURATION_SIZE]);

#endif
