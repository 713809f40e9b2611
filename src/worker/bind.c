/* The unary methods of a function's life before its stream: bind, cardinality, and what EXPLAIN ANALYZE asks
 * (vgi.md §8). statistics.c and plan.c have the others. */
#include "ipc/writer.h"
#include "worker/dispatch.h"
#include "worker/function_call.h"

vgi_status vg_handle_bind(vgi_call *call, const void *request, void *response)
{
    const vgi_bind_request *in = request;
    vgi_bind_response *out = response;
    vg_function_call *function;

    if (in->copy_from || in->copy_to)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "this worker offers no COPY format");
    VGI_TRY(vg_function_call_resolve(call, in, &function));
    if (function->lookups)
        return vg_lookups_answer(call, function, out);
    return vg_schema_encode(call->arena, function->output, &out->output_schema, &call->error);
}

vgi_status vg_handle_table_function_cardinality(vgi_call *call, const void *request, void *response)
{
    const vgi_table_function_cardinality_request *in = request;
    vgi_table_cardinality *out = response;
    vgi_cardinality rows = {0};
    vg_function_call *function;
    vgi_status status;

    VGI_TRY(vg_function_call_decode(call, in->bind_call, &function));
    if (function->function->kind != VG_FUNCTION_TABLE || !function->function->table->cardinality)
        return VGI_OK;
    status = function->function->table->cardinality(call, &rows);
    if (status == VGI_END)
        return VGI_OK;
    VGI_TRY(status);
    out->estimate = (vgi_opt_int64){rows.has_estimate && rows.estimate >= 0, rows.estimate};
    out->max = (vgi_opt_int64){rows.has_max && rows.max >= 0, rows.max};
    return VGI_OK;
}

/* Nothing to show beside what the engine measures itself: two empty lists. */
vgi_status vg_handle_table_function_dynamic_to_string(vgi_call *call, const void *request, void *response)
{
    (void)call;
    (void)request;
    (void)response;
    return VGI_OK;
}
