/* The log of a worker: an observer (vgi/sys/observer.h) that writes every event as a line, text or JSON, to stderr or
 * to a file. rpc/program makes it for --log and VGI_LOG. */
#ifndef VG_OBSERVE_LOG_H
#define VG_OBSERVE_LOG_H

#include <vgi/sys/observer.h>

typedef struct vg_log {
    vgi_observer observer;
    const char *path; /* "stderr", or as observe/log_file.h says */
    bool is_json;
} vg_log;

/* Fills `ret`, whose observer can then be told. `path` is borrowed. */
void vg_log_init(vg_log *ret, const char *path, vgi_log_level level, bool is_json);

/* "debug", "info", "warn", "error" and back; false: none of them. */
bool vg_log_level_parse(const char *text, vgi_log_level *ret);
const char *vg_log_level_name(vgi_log_level level);

#endif
