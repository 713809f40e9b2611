/* The methods of protocol vgi.v2: which record each takes and gives, who handles it, and the adaptor between the RPC
 * layer and the handlers (design.md §7, steps 4 to 6). */
#include "worker/dispatch.h"

#include <string.h>

#include "protocol/codec.h"
#include "worker/catalog_ops.h"
#include "worker/owner.h"
#include "worker/subject.h"
#include "worker/worker.h"

/* What is offered, one line a method. */
static vg_handler *const HANDLERS[VG_METHOD_COUNT] = {
#define OFFER(name) [VG_METHOD_##name] = vg_handle_##name
    OFFER(bind),
    OFFER(catalog_attach),
    OFFER(catalog_catalogs),
    OFFER(catalog_contents),
    OFFER(catalog_copy_from_formats),
    OFFER(catalog_create),
    OFFER(catalog_detach),
    OFFER(catalog_drop),
    OFFER(catalog_index_create),
    OFFER(catalog_index_drop),
    OFFER(catalog_index_get),
    OFFER(catalog_macro_create),
    OFFER(catalog_macro_drop),
    OFFER(catalog_macro_get),
    OFFER(catalog_schema_contents_functions),
    OFFER(catalog_schema_contents_indexes),
    OFFER(catalog_schema_contents_macros),
    OFFER(catalog_schema_contents_tables),
    OFFER(catalog_schema_contents_views),
    OFFER(catalog_schema_create),
    OFFER(catalog_schema_drop),
    OFFER(catalog_schema_get),
    OFFER(catalog_schemas),
    OFFER(catalog_table_column_add),
    OFFER(catalog_table_column_comment_set),
    OFFER(catalog_table_column_default_drop),
    OFFER(catalog_table_column_default_set),
    OFFER(catalog_table_column_drop),
    OFFER(catalog_table_column_rename),
    OFFER(catalog_table_column_statistics_get),
    OFFER(catalog_table_column_type_change),
    OFFER(catalog_table_comment_set),
    OFFER(catalog_table_create),
    OFFER(catalog_table_delete_function_get),
    OFFER(catalog_table_drop),
    OFFER(catalog_table_get),
    OFFER(catalog_table_insert_function_get),
    OFFER(catalog_table_not_null_drop),
    OFFER(catalog_table_not_null_set),
    OFFER(catalog_table_rename),
    OFFER(catalog_table_scan_branches_get),
    OFFER(catalog_table_scan_function_get),
    OFFER(catalog_table_update_function_get),
    OFFER(catalog_transaction_begin),
    OFFER(catalog_transaction_commit),
    OFFER(catalog_transaction_rollback),
    OFFER(catalog_version),
    OFFER(catalog_view_comment_set),
    OFFER(catalog_view_create),
    OFFER(catalog_view_drop),
    OFFER(catalog_view_get),
    OFFER(catalog_view_rename),
    OFFER(table_function_cardinality),
    OFFER(table_function_dynamic_to_string),
    OFFER(table_function_plan),
    OFFER(table_function_statistics),
#undef OFFER
};

/* The records of a unary method; vg_none_record stands for none. */
typedef struct method_records {
    const vg_record *params;
    const vg_record *request;
    const vg_record *response;
    const vgi_arrow_schema *result;
} method_records;

static const method_records RECORDS[VG_METHOD_COUNT] = {
#define VG_UNARY_METHOD(name, params, request, response, result, since)                                                \
    [VG_METHOD_##                                                                                                      \
        name] = {&vg_##params##_record, &vg_##request##_record, &vg_##response##_record, &vg_##result##_schema},
#define VG_STREAM_METHOD(name, params, request, header, since)
#include "protocol/methods.def"
#undef VG_UNARY_METHOD
#undef VG_STREAM_METHOD
};

static vgi_status dispatch_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out);

static const vg_method METHODS[VG_METHOD_COUNT] = {
#define VG_UNARY_METHOD(method, takes, request, response, gives, minor)                                                \
    {.name = #method,                                                                                                  \
     .kind = VG_UNARY,                                                                                                 \
     .params = &vg_##takes##_schema,                                                                                   \
     .result = &vg_##gives##_schema,                                                                                   \
     .since_minor = minor,                                                                                             \
     .unary = dispatch_unary},
#define VG_STREAM_METHOD(method, takes, request, head, minor)                                                          \
    {.name = #method,                                                                                                  \
     .kind = VG_STREAM,                                                                                                \
     .params = &vg_##takes##_schema,                                                                                   \
     .header = &vg_##head##_schema,                                                                                    \
     .since_minor = minor,                                                                                             \
     .open = vg_open_##method},
#include "protocol/methods.def"
#undef VG_UNARY_METHOD
#undef VG_STREAM_METHOD
};

const vg_method *vg_dispatch_methods(size_t *ret_n)
{
    *ret_n = VG_METHOD_COUNT;
    return METHODS;
}

bool vg_dispatch_offers(const vg_method *row)
{
    return row->kind != VG_UNARY || HANDLERS[row - METHODS];
}

bool vg_dispatch_offers_functions(const vg_method *row)
{
    return strncmp(row->name, "catalog_", strlen("catalog_")) != 0 && vg_dispatch_offers(row);
}

/* The request of a call as a struct in its arena. */
static vgi_status decode(vgi_call *call, const vgi_batch *params, const method_records *records, void **ret)
{
    bool wrapped = records->request != &vg_none_record;
    const vg_record *record = wrapped ? records->request : records->params;

    *ret = vg_arena_alloc(call->arena, record->size);
    if (!*ret)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    return wrapped ? vg_request_decode(call->arena, params, vg_call_limits(call), record, *ret, &call->error)
                   : vg_row_decode(call->arena, params, record, *ret, &call->error);
}

/* Bytes that are no record go out as they are. */
static void encode_bytes(const vgi_bytes *bytes, vgi_batch *out)
{
    vgi_column *column = vgi_out_column(out, 0);

    if (bytes->data)
        vgi_append_blob(column, bytes->data, bytes->size);
    else
        vgi_append_null(column);
}

/* Callbacks, or what is declared; in the transaction of the call. */
static vgi_status handle(vgi_call *call, vg_method_index index, const vg_record *asked, void *request, void *response)
{
    bool answered;
    vgi_status status = vg_ops_answer(call, index, asked, request, response, &answered);

    if (status == VGI_OK && !answered)
        status = HANDLERS[index](call, request, response);
    return vg_transaction_leave(call, status);
}

static vgi_status dispatch_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vg_method_index index = (vg_method_index)(call->row - METHODS);
    const method_records *records = &RECORDS[index];
    const vg_record *asked = records->request != &vg_none_record ? records->request : records->params;
    bool is_void = records->result->n_fields == 0, is_record = records->response != &vg_none_record;
    void *request, *response = NULL;
    vgi_status status;

    if (!call->binding->offers(call->row))
        return vgi_fail_as(call, "MethodNotImplementedError", "this worker does not offer %s", call->row->name);
    VGI_TRY(decode(call, params, records, &request));
    vg_subject_asked(call, index, request);
    if (!is_void) {
        response = vg_arena_alloc(call->arena, is_record ? records->response->size : sizeof(vgi_bytes));
        if (!response)
            return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    }
    status = handle(call, index, asked, request, response);
    if (status == VGI_END && call->forward)
        return vg_forward_unary(call, params, out);
    VGI_TRY(status);
    if (index == VG_METHOD_catalog_transaction_begin)
        VGI_TRY(vg_transaction_finish(call, &((vgi_transaction_begin_response *)response)->transaction_opaque_data));
    vg_subject_answered(call, index, response);
    if (is_void)
        return VGI_OK;
    if (is_record)
        return vg_result_encode(call->arena, records->response, response, call->version_minor, out, &call->error);
    encode_bytes(response, out);
    return VGI_OK;
}
