/* vgi-client-driver: the client of <vgi/rpc_client.h> behind the RPC layer's client-driver contract, so that its
 * official suite tests it. One JSON object a line comes in, one goes out; payloads are Arrow streams of one batch in
 * base64. The driver relays: values, errors and metadata pass as they are. main.c has the loop and the connection,
 * calls.c calls and streams, describe.c Reflection, payload.c what lines carry. */
#ifndef CLIENT_DRIVER_H
#define CLIENT_DRIVER_H

#include <jansson.h>
#include <vgi/rpc_client.h>

typedef struct driver {
    vgi_client *client;     /* NULL: not connected */
    vgi_rpc_stream *stream; /* NULL: none is open */
    vgi_result *memory;     /* of one line */
    json_t *logs;           /* what came since the last answer */
    char *protocol;
    bool wants_shm;
    bool is_over;
} driver;

/* One operation: the answer to a line. The logs are added by who calls it. */
typedef json_t *operation(driver *d, const json_t *line);

operation op_unary, op_stream_open, op_tick, op_next_with_token, op_exchange, op_cancel, op_close; /* calls.c */
operation op_describe;                                                                             /* describe.c */

/* {"ok": false}: the driver could not do what it was told. */
json_t *refuse(const char *format, ...) VGI_PRINTF(1, 2);
json_t *refuse_because(const vgi_error *err);
/* {"ok": true, "error": ...}: it did, and the call failed: what the worker or the client said. */
json_t *failed(const driver *d, const vgi_error *err);
void add_log(void *user, const vgi_client_log *log);

/* Text that JSON can carry; bytes that are no UTF-8 are said to be there. Absent: "". */
json_t *text_of(vgi_string text);

/* The batch in a member of a line, or NULL with the answer that says why in *ret_refusal. */
const vgi_batch *take_batch(driver *d, const json_t *line, const char *name, json_t **ret_refusal);
/* A batch, or a schema, as base64; NULL where it cannot be encoded. */
json_t *batch_base64(driver *d, const vgi_batch *batch);
json_t *schema_base64(driver *d, const vgi_arrow_schema *schema);

#endif
