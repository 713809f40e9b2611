/* How a method of protocol vgi.v2 reaches its handler. protocol/methods.def gives dispatch.c one row a method; every unary
 * row shares one adaptor, which decodes the parameters (or the record in the parameter `request`) into the generated struct
 * of protocol/messages.h, calls the handler, and encodes the response struct in the caller's dialect.
 *
 * The table HANDLERS of dispatch.c has one line an offered method, OFFER(catalog_attach): its handler is called
 * vg_handle_catalog_attach. A method without a line is answered with method_not_implemented (rpc.md §6.3), which the engine
 * takes for "not offered". */
#ifndef VG_WORKER_DISPATCH_H
#define VG_WORKER_DISPATCH_H

#include "rpc/server.h"

/* A unary handler. `request` points to the generated struct of the record in the parameter `request`, or of the parameters
 * (vg_catalog_schemas_params), `response` to that of the response: the handler's first lines give them their types.
 * `response` arrives zeroed, which means the protocol's defaults (protocol/record.h); it is a vgi_bytes where the result is
 * bytes that are no record (absent: null), and NULL where the method answers nothing. Whatever it points to must live until the reply is written: call->arena, or the registry. Both stay
 * valid until the call ends. Return vgi_fail(...) for an error. */
typedef vgi_status vg_handler(vgi_call *call, const void *request, void *response);

/* The rows of the binding, sorted by name. */
const vg_method *vg_dispatch_methods(size_t *ret_n);

/* A listing's items are finished records (list<binary>). A handler of a listing that has no items leaves them empty;
 * a `*_get` of something that does not exist answers no item, never an error (vgi.md §5). */

/* ---- functions: bind.c, cardinality.c ---------------------------------------------------------------------------- */
vg_handler vg_handle_bind;
vg_handler vg_handle_table_function_cardinality;
vg_handler vg_handle_table_function_statistics;
vg_handler vg_handle_table_function_dynamic_to_string;

/* init opens a stream (init.c). */
vgi_status vg_open_init(vgi_call *call, const vgi_batch *params, vg_stream *stream);

/* ---- the catalog: catalog_*.c declares its handlers here, vg_handle_<method>, one row each in dispatch.c ----------- */

#endif
