/* Rows picked out of a batch: for programs that filter what a worker sends. See <vgi/client.h>. */
#include "arrow/array.h"
#include "client/client.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

static vgi_status fill(vg_builder *builder, const vgi_batch *batch, const int64_t *rows, size_t count,
                       vgi_result *result, vgi_bytes *ret, vgi_error *err)
{
    vgi_batch *out = vg_builder_begin(builder, (int64_t)count);

    if (!out)
        return vg_client_no_memory(err);
    for (int32_t k = 0; k < batch->n_columns; k++)
        for (size_t i = 0; i < count; i++)
            vgi_append_value(vgi_out_column(out, k), &batch->columns[k], rows[i]);
    out->rows = (int64_t)count;
    VGI_TRY(vg_builder_finish(builder, err));
    return vg_batch_encode(&result->arena, out, ret, err);
}

/* A worker may have sent NULL in a column that it calls NOT NULL: what came is what is given. */
static vgi_status loosen(vgi_result *result, const vgi_arrow_schema *schema, vgi_arrow_schema *ret, vgi_error *err)
{
    vgi_field *copies = VG_NEW_ARRAY(&result->arena, vgi_field, (size_t)schema->n_fields + 1);
    const vgi_field **fields = VG_NEW_ARRAY(&result->arena, const vgi_field *, (size_t)schema->n_fields + 1);

    if (!copies || !fields)
        return vg_client_no_memory(err);
    for (int32_t k = 0; k < schema->n_fields; k++) {
        copies[k] = *schema->fields[k];
        copies[k].nullable = true;
        fields[k] = &copies[k];
    }
    *ret = (vgi_arrow_schema){schema->n_fields, fields, schema->metadata};
    return VGI_OK;
}

vgi_status vgi_batch_take(vgi_result *result, const vgi_batch *batch, const int64_t *rows, size_t count,
                          const vgi_batch **ret, vgi_error *err)
{
    vgi_error sticky = {0};
    vgi_arrow_schema schema;
    vg_builder *builder;
    vgi_bytes bytes;
    vgi_status status;

    for (size_t i = 0; i < count; i++)
        if (rows[i] < 0 || rows[i] >= batch->rows)
            return vgi_error_set(err, VGI_ERR_VALUE, "there is no row %lld in a batch of %lld", (long long)rows[i],
                                 (long long)batch->rows);
    VGI_TRY(loosen(result, batch->schema, &schema, err));
    status = vg_builder_new(&schema, err, &builder);
    if (status != VGI_OK)
        return status;
    status = fill(builder, batch, rows, count, result, &bytes, &sticky);
    vg_builder_free(builder);
    if (status != VGI_OK) {
        if (err && err->status == VGI_OK)
            *err = sticky;
        return status;
    }
    return vg_batch_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, ret, err);
}
