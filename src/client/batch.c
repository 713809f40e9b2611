/* Batches that a program fills to send them: they belong to a result. See <vgi/rpc_client.h>. */
#include <vgi/rpc_client.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "client/client.h"
#include "rpc/type_text.h"

struct vg_result_batch {
    vg_result_batch *next;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_error sticky;
};

static void free_one(vg_result_batch *entry)
{
    vg_builder_free(entry->builder);
    vg_free(entry);
}

void vg_result_free_batches(vgi_result *result)
{
    while (result->batches) {
        vg_result_batch *entry = result->batches;

        result->batches = entry->next;
        free_one(entry);
    }
}

vgi_status vgi_fields_parse(vgi_result *result, const char *fields, const vgi_arrow_schema **ret, vgi_error *err)
{
    static const vg_type_scope NONE = {0};

    return vg_fields_parse(&result->arena, &NONE, fields, ret, err);
}

vgi_status vgi_batch_new(vgi_result *result, const vgi_arrow_schema *schema, int64_t capacity, vgi_batch **ret,
                         vgi_error *err)
{
    vg_result_batch *entry;

    *ret = NULL;
    if (capacity < 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "a batch cannot have room for %lld rows", (long long)capacity);
    entry = vg_malloc(sizeof *entry);
    if (!entry)
        return vg_client_no_memory(err);
    *entry = (vg_result_batch){0};
    if (vg_builder_new(schema, &entry->sticky, &entry->builder) == VGI_OK)
        entry->batch = vg_builder_begin(entry->builder, capacity);
    if (!entry->batch) {
        vgi_error why = entry->sticky;

        free_one(entry);
        return why.status == VGI_OK ? vg_client_no_memory(err) : vgi_error_set(err, why.status, "%s", why.message);
    }
    entry->next = result->batches;
    result->batches = entry;
    *ret = entry->batch;
    return VGI_OK;
}

vgi_status vgi_batch_finish(vgi_result *result, vgi_batch *batch, vgi_error *err)
{
    for (vg_result_batch *entry = result->batches; entry; entry = entry->next)
        if (entry->batch == batch)
            return batch->columns ? VGI_OK : vg_builder_finish(entry->builder, err);
    return vgi_error_set(err, VGI_ERR_VALUE, "vgi_batch_finish takes what vgi_batch_new gave of the same result");
}

vgi_status vg_batch_check_finished(const vgi_batch *batch, vgi_error *err)
{
    if (batch->n_columns > 0 && !batch->columns)
        return vgi_error_set(err, VGI_ERR_VALUE, "the batch has not been ended: vgi_batch_finish is due");
    return VGI_OK;
}
