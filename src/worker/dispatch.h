/* How a method of protocol vgi.v2 reaches its handler. protocol/methods.def gives dispatch.c one row a method; every
 * unary row shares one adaptor, which decodes the parameters (or the record in the parameter `request`) into the
 * generated struct of protocol/messages.h, calls the handler, and encodes the response struct in the caller's dialect.
 *
 * The table HANDLERS of dispatch.c has one line an offered method, OFFER(catalog_attach): its handler is called
 * vg_handle_catalog_attach. A method without a line is answered with method_not_implemented (rpc.md §6.3), which the
 * engine takes for "not offered". */
#ifndef VG_WORKER_DISPATCH_H
#define VG_WORKER_DISPATCH_H

#include "rpc/server.h"

/* A unary handler. `request` points to the generated struct of the record in the parameter `request`, or of the
 * parameters (vgi_catalog_schemas_params), `response` to that of the response: the handler's first lines give them
 * their types. `response` arrives zeroed, which means the protocol's defaults (protocol/record.h); it is a vgi_bytes
 * where the result is bytes that are no record (absent: null), and NULL where the method answers nothing. Whatever
 * it points to must live until the reply is written: call->arena, or the registry. Both stay valid until the call
 * ends. Return vgi_fail(...) for an error. */
typedef vgi_status vg_handler(vgi_call *call, const void *request, void *response);

/* The methods of the binding, sorted by name: the index of their rows. */
typedef enum vg_method_index {
#define VG_UNARY_METHOD(name, params, request, response, result, since) VG_METHOD_##name,
#define VG_STREAM_METHOD(name, params, request, header, since) VG_METHOD_##name,
#include "protocol/methods.def"
#undef VG_UNARY_METHOD
#undef VG_STREAM_METHOD
    VG_METHOD_COUNT
} vg_method_index;

/* Their rows. */
const vg_method *vg_dispatch_methods(size_t *ret_n);

/* True if one of these rows has a handler. */
bool vg_dispatch_offers(const vg_method *row);
/* The same of a worker without a catalog. */
bool vg_dispatch_offers_functions(const vg_method *row);

/* A listing's items are finished records (list<binary>). A handler of a listing that has no items leaves them empty;
 * a `*_get` of something that does not exist answers no item, never an error (vgi.md §5). */

/* ---- functions: bind.c, statistics.c, plan.c --------------------------------------------------------------------- */
vg_handler vg_handle_bind;
vg_handler vg_handle_table_function_cardinality;
vg_handler vg_handle_table_function_statistics;
vg_handler vg_handle_table_function_plan;
vg_handler vg_handle_table_function_dynamic_to_string;

/* init opens a stream (init.c). */
vgi_status vg_open_init(vgi_call *call, const vgi_batch *params, vg_stream *stream);

/* ---- the catalog: catalog_*.c ------------------------------------------------------------------------------------ */
vg_handler vg_handle_catalog_attach;
vg_handler vg_handle_catalog_catalogs;
vg_handler vg_handle_catalog_detach;
vg_handler vg_handle_catalog_version;
vg_handler vg_handle_catalog_copy_from_formats;
vg_handler vg_handle_catalog_transaction_begin;
vg_handler vg_handle_catalog_transaction_commit;
vg_handler vg_handle_catalog_transaction_rollback;

vg_handler vg_handle_catalog_schemas;
vg_handler vg_handle_catalog_schema_get;

vg_handler vg_handle_catalog_schema_contents_tables;
vg_handler vg_handle_catalog_table_get;
vg_handler vg_handle_catalog_table_column_statistics_get;

vg_handler vg_handle_catalog_table_scan_branches_get;
vg_handler vg_handle_catalog_table_scan_function_get;

vg_handler vg_handle_catalog_schema_contents_views;
vg_handler vg_handle_catalog_view_get;

vg_handler vg_handle_catalog_schema_contents_functions;

vg_handler vg_handle_catalog_schema_contents_macros;
vg_handler vg_handle_catalog_macro_get;
vg_handler vg_handle_catalog_schema_contents_indexes;
vg_handler vg_handle_catalog_index_get;

vg_handler vg_handle_catalog_contents;

vg_handler vg_handle_catalog_create;
vg_handler vg_handle_catalog_drop;
vg_handler vg_handle_catalog_schema_create;
vg_handler vg_handle_catalog_schema_drop;
vg_handler vg_handle_catalog_table_create;
vg_handler vg_handle_catalog_table_drop;
vg_handler vg_handle_catalog_table_rename;
vg_handler vg_handle_catalog_table_comment_set;
vg_handler vg_handle_catalog_table_insert_function_get;
vg_handler vg_handle_catalog_table_update_function_get;
vg_handler vg_handle_catalog_table_delete_function_get;
vg_handler vg_handle_catalog_table_column_add;
vg_handler vg_handle_catalog_table_column_type_change;
vg_handler vg_handle_catalog_table_column_drop;
vg_handler vg_handle_catalog_table_column_rename;
vg_handler vg_handle_catalog_table_column_comment_set;
vg_handler vg_handle_catalog_table_column_default_set;
vg_handler vg_handle_catalog_table_column_default_drop;
vg_handler vg_handle_catalog_table_not_null_set;
vg_handler vg_handle_catalog_table_not_null_drop;
vg_handler vg_handle_catalog_view_create;
vg_handler vg_handle_catalog_view_drop;
vg_handler vg_handle_catalog_view_rename;
vg_handler vg_handle_catalog_view_comment_set;
vg_handler vg_handle_catalog_macro_create;
vg_handler vg_handle_catalog_macro_drop;
vg_handler vg_handle_catalog_index_create;
vg_handler vg_handle_catalog_index_drop;

#endif
