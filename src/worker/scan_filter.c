/* Filters of a scan (vgi.md §9): what is required is asked by nobody but us, so all of it is applied to the author's
 * batches before they leave. A batch from which nothing is taken travels uncopied; of others the rows that stay are
 * gathered. Called by table.c. */
#include "worker/scan_filter.h"

#include <string.h>

#include "arrow/type.h"
#include "base/base64.h"
#include "base/str.h"

enum {
    MOST_BATCHES = 16,            /* in one tick: the engine must be able to stop a scan that finds nothing */
    MOST_DELTA_BASE64 = 24 << 20, /* vgi.md §1 */
};

vgi_filter *vgi_call_filter(vgi_call *call)
{
    const vg_function_call *function = call->function;

    return function && function->filter ? function->filter->filter : NULL;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Columns that the filter reads and nobody asked for are made, too, behind the others. */
static vgi_status add_hidden(vgi_call *call, vg_function_call *function, const vgi_arrow_schema *output)
{
    struct vg_scan_filter *self = function->filter;
    const int32_t n = function->output->n_fields;
    int32_t *positions = VG_NEW_ARRAY(call->arena, int32_t, n);
    const vgi_field **fields = VG_NEW_ARRAY(call->arena, const vgi_field *, output->n_fields + n);

    if (!positions || !fields)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < output->n_fields; i++)
        fields[i] = output->fields[i];
    for (int32_t i = 0; i < n; i++) {
        positions[i] = function->positions ? function->positions[i] : i;
        if (positions[i] >= 0 || !vgi_filter_reads(self->filter, i))
            continue;
        positions[i] = output->n_fields + self->n_hidden++;
        fields[positions[i]] = function->output->fields[i];
    }
    self->schema = (vgi_arrow_schema){.n_fields = output->n_fields + self->n_hidden, .fields = fields};
    if (function->positions)
        function->positions = positions;
    return VGI_OK;
}

vgi_status vg_scan_filter_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                               const vgi_arrow_schema *output)
{
    struct vg_scan_filter *self = VG_NEW(call->arena, struct vg_scan_filter);

    if (!self)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(vgi_filter_new(function->output, &self->filter, &call->error));
    function->filter = self;
    if (request->pushdown_filters.data)
        VGI_TRY(vgi_filter_decode(self->filter, request->pushdown_filters, request->join_keys.items,
                                  request->join_keys.count, &call->error));
    return add_hidden(call, function, output);
}

void vg_scan_filter_close(vg_function_call *function)
{
    if (!function->filter)
        return;
    vg_builder_free(function->filter->inner);
    vgi_filter_free(function->filter->filter);
    function->filter = NULL;
}

/* ---- gathering -------------------------------------------------------------------------------------------------- */

typedef struct gathering {
    vgi_call *call;
    const int64_t *rows;
    int64_t n;
} gathering;

static bool gather_bits(const gathering *g, const uint8_t *from, int64_t offset, const uint8_t **ret)
{
    uint8_t *bits = vg_arena_alloc(g->call->arena, (size_t)g->n / 8 + 8);

    if (!bits)
        return false;
    for (int64_t i = 0; i < g->n; i++)
        if (vg_bit(from, offset + g->rows[i]))
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << i % 8);
    *ret = bits;
    return true;
}

static bool gather_fixed(const gathering *g, const vgi_array *from, size_t width, const void **ret)
{
    const char *values = (const char *)from->buffers[0] + (size_t)from->offset * width;
    char *copy = vg_arena_array(g->call->arena, (size_t)g->n + 1, width), *out = copy;

    if (!copy)
        return false;
    for (int64_t i = 0; i < g->n; i++, out += width)
        memcpy(out, values + (size_t)g->rows[i] * width, width);
    *ret = copy;
    return true;
}

static bool gather_text(const gathering *g, const vgi_array *from, vgi_array *ret)
{
    int32_t *offsets = vg_arena_array(g->call->arena, (size_t)g->n + 1, sizeof *offsets);
    size_t size = 0;
    char *bytes;

    for (int64_t i = 0; i < g->n; i++)
        size += vgi_array_blob(from, g->rows[i]).size;
    bytes = vg_arena_alloc(g->call->arena, size + 1);
    if (!offsets || !bytes)
        return false;
    size = 0;
    for (int64_t i = 0; i < g->n; i++) {
        const vgi_bytes text = vgi_array_blob(from, g->rows[i]);

        if (text.size)
            memcpy(bytes + size, text.data, text.size);
        size += text.size;
        offsets[i + 1] = (int32_t)size; /* no more than the array had, whose offsets are of 32 bits */
    }
    ret->buffers[0] = offsets;
    ret->buffers[1] = bytes;
    return true;
}

/* Plain columns in one go; nested ones and dictionaries value by value. */
static vgi_status gather(const gathering *g, const vgi_array *from, vgi_column *to)
{
    const vg_type_info *info = vg_type_info_of(from->field->type);
    const int32_t width = info->layout == VG_LAYOUT_FIXED ? vg_field_width_bits(from->field) : 0;
    vgi_array *array = VG_NEW(g->call->arena, vgi_array);
    bool done = array != NULL;

    if (width == 0 && from->field->type != VGI_TYPE_UTF8 && from->field->type != VGI_TYPE_BINARY) {
        for (int64_t i = 0; i < g->n; i++)
            if (vgi_array_is_null(from, g->rows[i]))
                vgi_append_null(to);
            else
                vgi_append_value(to, from, g->rows[i]);
        return VGI_OK;
    }
    if (done) {
        *array = (vgi_array){.field = from->field, .length = g->n, .null_count = -1};
        done = !from->validity || gather_bits(g, from->validity, from->offset, &array->validity);
    }
    if (done && width == 1)
        done = gather_bits(g, from->buffers[0], from->offset, (const uint8_t **)(void *)&array->buffers[0]);
    else if (done && width > 1)
        done = gather_fixed(g, from, (size_t)width / 8, &array->buffers[0]);
    else if (done)
        done = gather_text(g, from, array);
    if (!done)
        return vgi_fail(g->call, VGI_ERR_MEMORY, "out of memory for %" PRId64 " rows", g->n);
    vgi_column_borrow(to, array);
    return VGI_OK;
}

static vgi_status pass_on(vgi_call *call, const vgi_batch *inner, const int64_t *rows, int64_t n, vgi_batch *out)
{
    const gathering g = {call, rows, n};

    for (int32_t c = 0; c < out->n_columns; c++)
        if (n == inner->rows)
            vgi_column_borrow(vgi_out_column(out, c), &inner->columns[c]);
        else
            VGI_TRY(gather(&g, &inner->columns[c], vgi_out_column(out, c)));
    for (size_t i = 0; i < inner->metadata.count; i++) {
        const vgi_key_value *item = &inner->metadata.items[i];
        const vgi_string key = vg_arena_string(call->arena, item->key);

        if (!key.data)
            return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
        vgi_out_metadata(out, key.data, item->value.data, item->value.size);
    }
    out->rows = n;
    return VGI_OK;
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

vgi_status vg_scan_filter_heard(vgi_call *call, const vg_function_call *function, const vgi_batch *in)
{
    const vgi_string text = vgi_metadata_get(in->metadata, "vgi_pushdown_filters");
    vgi_bytes delta;

    if (!text.data)
        return VGI_OK;
    if (text.size > MOST_DELTA_BASE64)
        return vgi_fail(call, VGI_ERR_LIMIT, "a tick brings a filter of more than %d bytes", MOST_DELTA_BASE64);
    VGI_TRY(vg_base64_decode(call->arena, text, &delta, &call->error));
    return vgi_filter_update(function->filter->filter, delta, &call->error);
}

static bool has_work(const struct vg_scan_filter *self)
{
    for (size_t i = 0; i < vgi_filter_count(self->filter); i++)
        if (!vgi_filter_get(self->filter, i)->is_taken && vgi_filter_get(self->filter, i)->is_evaluable)
            return true;
    return self->n_hidden > 0;
}

/* One of the author's batches, and the rows of it that stay. */
static vgi_status next_rows(vgi_call *call, vg_function_call *function, int64_t capacity, vgi_batch **ret_inner,
                            int64_t **ret_rows, int64_t *ret_n)
{
    struct vg_scan_filter *self = function->filter;
    vgi_batch *inner = vg_builder_begin(self->inner, capacity);
    vgi_status status;

    if (!inner)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a batch of %" PRId64 " rows", capacity);
    VGI_TRY(vg_function_project(call, function, inner));
    status = vg_table_next(call, function, inner);
    if (status != VGI_OK && status != VGI_END) {
        if (self->inner_error.status != VGI_OK)
            (void)vgi_error_set(&call->error, self->inner_error.status, "%s", self->inner_error.message);
        return status;
    }
    VGI_TRY(vg_builder_finish(self->inner, &call->error));
    *ret_rows = vg_arena_array(call->arena, (size_t)inner->rows + 1, sizeof **ret_rows);
    if (!*ret_rows)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(vgi_filter_select(self->filter, inner, function->positions, *ret_rows, ret_n, &call->error));
    *ret_inner = inner;
    return status;
}

vgi_status vg_scan_filter_turn(vgi_call *call, vg_function_call *function, vgi_batch *out)
{
    struct vg_scan_filter *self = function->filter;
    vgi_status status = VGI_OK;
    vgi_batch *inner;
    int64_t *rows, n = 0;

    if (!has_work(self)) {
        VGI_TRY(vg_function_project(call, function, out));
        return vg_table_next(call, function, out);
    }
    if (!self->inner)
        VGI_TRY(vg_builder_new(&self->schema, &self->inner_error, &self->inner));
    for (int i = 0; i < MOST_BATCHES && n == 0 && status == VGI_OK; i++)
        status = next_rows(call, function, out->capacity, &inner, &rows, &n);
    if (status != VGI_OK && status != VGI_END)
        return status;
    VGI_TRY(pass_on(call, inner, rows, n, out));
    return status;
}
