/* What the files of method_tool share. */
#ifndef VGI_TESTS_METHOD_TOOL_H
#define VGI_TESTS_METHOD_TOOL_H

#include <vgi/client.h>

#include "base/arena.h"

/* What the requests of one process share. */
typedef struct session {
    const char *location;
    vgi_client_options options;
    vgi_client *client;
    vgi_attachment *attachment; /* NULL: none yet */
    vgi_result *result;         /* of one request, as is the arena */
    vg_arena arena;
} session;

/* function_calls.c; data is a batch of one row, with columns of these names (no column: not said):
 *
 *   schema, name           texts: of the function, or of the table
 *   arguments              bytes: the constants, as a scan function's answer has them
 *   settings, filters      bytes
 *   column_0, column_1...  texts: the projection
 *   at_unit, at_value      texts
 *   input_0, input_1...    bytes: the batches that are sent
 *   groups_0...            bytes: int64 of every row of input_0...; of an aggregate
 *   kind, result           texts: of a write: insert, update, delete; count, rows, changes
 *   limit                  bytes: one, the number of batches after which the rest is not wanted
 *
 * What is answered is one IPC stream a batch, one behind the other. */
vgi_status run_function(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err);
vgi_status run_table(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err);
vgi_status run_write(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err);
/* Updates with every input, then gives groups 0 and 1, folds 1 into 0, and gives 0. */
vgi_status run_aggregate(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err);

#endif
