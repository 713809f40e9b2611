/* Table functions: a producer, one batch a tick (vgi.md §8). The author's open, next and close; close runs once,
 * however the scan ends, also where open failed. */
#include "base/str.h"
#include "worker/scan_filter.h"

static void table_close(vgi_call *call, void *state)
{
    vg_function_call *function = state;

    call->function = function;
    if (function->function->table->close)
        function->function->table->close(call);
    vg_scan_filter_close(function);
}

vgi_status vg_table_next(vgi_call *call, const vg_function_call *function, vgi_batch *out)
{
    vgi_status status = function->function->table->next(call, out);

    if ((status == VGI_OK || status == VGI_END) && (out->rows < 0 || out->rows > out->capacity))
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "the next callback of %.*s set %" PRId64 " rows; there was room for %" PRId64,
                        VG_FMT(function->function->name), out->rows, out->capacity);
    return status;
}

static vgi_status table_heard(vgi_call *call, void *state, const vgi_batch *in)
{
    return vg_scan_filter_heard(call, state, in);
}

static vgi_status table_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vg_function_call *function = state;

    (void)in;
    call->function = function;
    if (function->filter)
        return vg_scan_filter_turn(call, function, out);
    VGI_TRY(vg_function_project(call, function, out));
    return vg_table_next(call, function, out);
}

/* The author's open, after what it may ask for is there. */
static vgi_status open_scan(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                            const vg_stream *stream)
{
    const vgi_table_function *self = function->function->table;
    vgi_status status = VGI_OK;

    if (self->filter == VGI_FILTER_APPLY)
        VGI_TRY(vg_scan_filter_open(call, function, request, stream->output));
    if (self->open)
        status = self->open(call);
    return status == VGI_END ? vgi_fail(call, VGI_ERR_RUNTIME, "the open callback of %.*s returned VGI_END",
                                        VG_FMT(function->function->name))
                             : status;
}

vgi_status vg_table_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request, vg_stream *stream)
{
    const vgi_table_function *self = function->function->table;
    vgi_status status;

    function->batch_rows = self->batch_rows;
    if (self->cursor_size)
        function->cursor = vg_arena_alloc(call->arena, self->cursor_size);
    if (self->local_size)
        function->local = vg_arena_alloc(call->arena, self->local_size);
    if ((self->cursor_size && !function->cursor) || (self->local_size && !function->local))
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    status = open_scan(call, function, request, stream);
    if (status != VGI_OK) {
        table_close(call, function);
        return status;
    }
    stream->state = function;
    stream->capacity = function->batch_rows;
    stream->turn = table_turn;
    stream->close = table_close;
    stream->heard = function->filter ? table_heard : NULL;
    stream->read_ahead = self->read_ahead;
    return VGI_OK;
}
