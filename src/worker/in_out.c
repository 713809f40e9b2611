/* Functions over rows: an exchange, one batch out for each batch in, then for those with `finish` a producer of what
 * comes after the last (vgi.md §8, "table-in-out"). The second is a call of its own, which finds the cursor as the
 * first has left it (carry.h). init.c opens both. */
#include "base/str.h"
#include "worker/carry.h"
#include "worker/function_call.h"

enum { ROWS_OF_ROOM = 2048 };

static void run_close(vgi_call *call, vg_function_call *function)
{
    call->function = function;
    if (function->function->in_out->close)
        function->function->in_out->close(call);
}

/* The input has ended in order: `finish` will go on. A peer that left, or cancelled, asks for nothing more. */
static vgi_status in_out_end(vgi_call *call, void *state)
{
    vg_function_call *function = state;

    if (function->function->in_out->finish)
        vg_carry_put(call, function);
    return VGI_OK;
}

static void in_out_close(vgi_call *call, void *state)
{
    run_close(call, state);
}

static vgi_status in_out_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vg_function_call *function = state;
    vgi_status status;

    call->function = function;
    VGI_TRY(vg_function_project(call, function, out));
    status = function->function->in_out->map(call, in, out);
    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "the map callback of %.*s returned VGI_END; the function ends when its input does",
                        VG_FMT(function->function->name));
    VGI_TRY(status);
    return function->write ? vg_write_check(call, function, in, out) : VGI_OK;
}

static vgi_status finish_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    vg_function_call *function = state;

    (void)in;
    call->function = function;
    VGI_TRY(vg_function_project(call, function, out));
    return function->function->in_out->finish(call, out);
}

static vgi_status take_memory(vgi_call *call, vg_function_call *function)
{
    const vgi_table_in_out *self = function->function->in_out;

    if (self->cursor_size)
        function->cursor = vg_arena_alloc(call->arena, self->cursor_size);
    if (self->local_size)
        function->local = vg_arena_alloc(call->arena, self->local_size);
    if ((self->cursor_size && !function->cursor) || (self->local_size && !function->local))
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    return VGI_OK;
}

static vgi_status open_input(vgi_call *call, vg_function_call *function, vg_stream *stream)
{
    const vgi_table_in_out *self = function->function->in_out;
    vgi_status status = self->open ? self->open(call) : VGI_OK;

    if (status == VGI_END)
        status = vgi_fail(call, VGI_ERR_RUNTIME, "the open callback of %.*s returned VGI_END",
                          VG_FMT(function->function->name));
    if (status != VGI_OK) {
        run_close(call, function);
        return status;
    }
    stream->input = function->wire_input;
    stream->capacity = ROWS_OF_ROOM;
    stream->turn = in_out_turn;
    stream->end = in_out_end;
    stream->close = in_out_close;
    return VGI_OK;
}

static vgi_status open_finish(vgi_call *call, vg_function_call *function, vg_stream *stream)
{
    if (!function->function->in_out->finish)
        return vgi_fail(call, VGI_ERR_VALUE, "%.*s has nothing to give after its input: phase FINALIZE is not for it",
                        VG_FMT(function->function->name));
    VGI_TRY(vg_carry_take(call, function));
    stream->turn = finish_turn;
    stream->close = in_out_close;
    return VGI_OK;
}

vgi_status vg_in_out_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                          vg_stream *stream)
{
    VGI_TRY(take_memory(call, function));
    stream->state = function;
    function->substream_id = request->substream_id;
    switch (request->phase) {
    case VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_UNSET:
    case VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_INPUT:
        return open_input(call, function, stream);
    case VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_FINALIZE:
        return open_finish(call, function, stream);
    default:
        return vgi_fail(call, VGI_ERR_VALUE, "%.*s is a function over rows: its phases are INPUT and FINALIZE",
                        VG_FMT(function->function->name));
    }
}
