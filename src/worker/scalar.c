/* Scalar functions: an exchange, one result row for each input row (vgi.md §8). libvgi computes which rows are NULL;
 * the author's callback sees the others. */
#include <string.h>

#include "worker/adapt.h"
#include "worker/function_call.h"

/* ANDs the validity of a column into `visible`, word by word where it starts on a byte. */
static void and_validity(uint8_t *visible, const vgi_array *column, int64_t rows)
{
    size_t bytes = (size_t)(rows + 7) / 8;

    if (column->offset % 8 == 0) {
        const uint8_t *from = column->validity + column->offset / 8;
        size_t i = 0;
        for (; i + 8 <= bytes; i += 8) {
            uint64_t a, b;
            memcpy(&a, visible + i, 8);
            memcpy(&b, from + i, 8);
            a &= b;
            memcpy(visible + i, &a, 8);
        }
        for (; i < bytes; i++)
            visible[i] &= from[i];
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        if (!vg_bit(column->validity, column->offset + i))
            visible[i >> 3] &= (uint8_t)~(1u << (i & 7));
}

/* The rows where every argument has a value; NULL in `*ret` where that is all of them. */
static vgi_status visible_rows(vgi_call *call, const vgi_batch *in, const uint8_t **ret)
{
    size_t bytes = (size_t)(in->rows + 7) / 8;
    uint8_t *visible = NULL;

    *ret = NULL;
    for (int32_t i = 0; i < in->n_columns; i++) {
        const vgi_array *column = &in->columns[i];
        bool null_type = column->field->type == VGI_TYPE_NULL;
        if (!null_type && (!column->validity || column->null_count == 0))
            continue;
        if (!visible) {
            visible = vg_arena_alloc(call->turn_arena, bytes);
            if (!visible)
                return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
            memset(visible, 0xFF, bytes);
        }
        if (null_type)
            memset(visible, 0, bytes);
        else
            and_validity(visible, column, in->rows);
    }
    *ret = visible;
    return VGI_OK;
}

/* Gives map the columns in the forms that its signature declares. */
static vgi_status adapt_columns(vgi_call *call, const vg_function_call *function, vgi_batch *rows)
{
    vgi_array *columns = VG_NEW_ARRAY(call->turn_arena, vgi_array, rows->n_columns);

    if (!columns)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < rows->n_columns; i++)
        VGI_TRY(vg_adapt(call->turn_arena, function->input->fields[i], &rows->columns[i], &columns[i], &call->error));
    rows->columns = columns;
    rows->schema = function->input;
    return VGI_OK;
}

static vgi_status scalar_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vg_function_call *function = state;
    const vgi_scalar *self = function->function->scalar;
    vgi_batch rows = *in;
    vgi_status status;

    call->function = function;
    if (in->n_columns == 0 && in->rows == 0)
        rows.rows = 1; /* no columns, no row count: one row is meant (vgi.md §8) */
    if (rows.rows > out->capacity)
        return vgi_fail(call, VGI_ERR_LIMIT,
                        "a batch without columns has %" PRId64 " rows; at most %" PRId64 " are served", rows.rows,
                        out->capacity);
    if (self->null_handling == VGI_NULL_IN_NULL_OUT)
        VGI_TRY(visible_rows(call, in, &rows.visible));
    if (function->adapts)
        VGI_TRY(adapt_columns(call, function, &rows));
    if (rows.visible)
        vg_batch_show(out, rows.visible);
    out->rows = rows.rows;
    status = self->map(call, &rows, vgi_out_column(out, 0));
    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "the map callback of %.*s returned VGI_END; a scalar function gives a value "
                        "for every row",
                        (int)function->function->name.size, function->function->name.data);
    return status;
}

vgi_status vg_scalar_open(vgi_call *call, vg_function_call *function, vg_stream *stream)
{
    (void)call;
    stream->input = function->wire_input;
    stream->state = function;
    stream->turn = scalar_turn;
    return VGI_OK;
}
