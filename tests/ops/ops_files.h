/* The folder behind vgi-ops-worker: a schema is a folder in it, `NAME.table` has the columns of a table as bytes,
 * `NAME.view` the definition of a view. */
#ifndef VGI_TESTS_OPS_FILES_H
#define VGI_TESTS_OPS_FILES_H

#include <vgi/vgi.h>

/* `folder/schema/name.kind`; shorter where parts are NULL. In the call's memory. */
const char *file_path(vgi_call *call, vgi_string schema, vgi_string name, const char *kind);

/* A whole file; absent where there is none. */
vgi_status file_read(vgi_call *call, const char *path, vgi_bytes *ret);
/* `is_new`: it must not exist. */
vgi_status file_write(vgi_call *call, const char *path, vgi_bytes bytes, bool is_new);

/* Tells of every entry of a folder whose name ends as `kind` says ("": the folders), without that end, sorted. */
typedef vgi_status file_each(vgi_call *call, vgi_string name, vgi_listing *ret);
vgi_status file_list(vgi_call *call, const char *folder, const char *kind, file_each *each, vgi_listing *ret);

#endif
