/* The access log (rpc.md §14): one JSON object a line and call, for readers of both revisions, without payloads.
 * rpc/program opens it for --access-log and VGI_RPC_ACCESS_LOG. */
#ifndef VG_OBSERVE_ACCESS_LOG_H
#define VG_OBSERVE_ACCESS_LOG_H

#include <vgi/status.h>

#include "observe/event.h"

enum { VG_LOG_MAX_FIELDS_BYTES = 16 << 10 }; /* of request_fields in a record; more is left out, and it says so */

typedef struct vg_access_log vg_access_log;

/* Opens (makes, appends to) the file at `path`, as observe/log_file.h says. */
vgi_status vg_access_log_open(const char *path, const char *server_id, vg_access_log **ret, vgi_error *err);
void vg_access_log_close(vg_access_log *log);

/* The observer that writes it; lives as long as the log. From any thread. */
const vg_observer *vg_access_log_observer(vg_access_log *log);

#endif
