/* Function calls as their caller sees them (vgi.md §8): next, exchange, finish, cancel, Arrow streams. See
 * <vgi/client.h>. */
#include "client/run.h"

#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"

vgi_status vgi_function_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_run **ret, vgi_error *err)
{
    vgi_run *run = vg_malloc(sizeof *run);
    vgi_status status;

    *ret = NULL;
    if (!run)
        return vg_client_no_memory(err);
    memset(run, 0, sizeof *run);
    run->attachment = attachment;
    run->client = attachment->client;
    status = vg_run_begin(run, call, err);
    if (status == VGI_OK) {
        *ret = run;
        return VGI_OK;
    }
    run->phase = VG_RUN_FINISHED;
    vgi_run_free(run);
    return status;
}

const vgi_arrow_schema *vgi_run_schema(const vgi_run *run)
{
    return run->output;
}

const vgi_bind_response *vgi_run_bind(const vgi_run *run)
{
    return run->bind;
}

const vgi_global_init_response *vgi_run_init(const vgi_run *run)
{
    return run->answer;
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

/* The columns must be those that bind promised: who reads them goes by vgi_run_schema. */
static vgi_status check_output(vgi_run *run, const vgi_batch *batch, vgi_error *err)
{
    bool equal = batch->schema->n_fields == run->output->n_fields;

    for (int32_t i = 0; equal && i < run->output->n_fields; i++)
        equal = vg_type_equal(batch->schema->fields[i], run->output->fields[i]);
    return equal ? VGI_OK
                 : vgi_error_set(err, VGI_ERR_PROTOCOL, "'%s' gives other columns than it has promised",
                                 run->function_name);
}

static vgi_status turn(vgi_run *run, const vgi_batch *in, const vgi_batch **ret, vgi_error *err)
{
    vgi_status status = vg_peer_turn(run->client->peer, in, (vgi_metadata){0}, ret, err);

    status = vg_client_end(run->client, status, err);
    if (status == VGI_OK)
        return check_output(run, *ret, err);
    run->phase = VG_RUN_FINISHED;
    if (status != VGI_END)
        run->next_finalize = run->finalize_ids.count;
    return status;
}

vgi_status vgi_run_exchange(vgi_run *run, const vgi_batch *in, const vgi_batch **ret, vgi_error *err)
{
    *ret = NULL;
    if (!run->takes_input || run->is_finishing)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "'%s' takes no %sinput", run->function_name,
                             run->is_finishing ? "more " : "");
    if (run->phase == VG_RUN_BUFFERING)
        return vg_buffering_process(run, in, err);
    if (run->phase == VG_RUN_FINISHED)
        return VGI_END;
    VGI_TRY(vg_batch_check_finished(in, err));
    if (run->input && in->n_columns != run->input->n_fields)
        return vgi_error_set(err, VGI_ERR_TYPE, "a batch of %d columns, where '%s' was bound to %d", (int)in->n_columns,
                             run->function_name, (int)run->input->n_fields);
    return turn(run, in, ret, err);
}

/* Ends the open stream in order. */
static vgi_status end_stream(vgi_run *run, vgi_error *err)
{
    if (run->phase != VG_RUN_STREAMING)
        return VGI_OK;
    run->phase = VG_RUN_FINISHED;
    return vg_client_end(run->client, vg_peer_close(run->client->peer, false, err), err);
}

static vgi_status open_finalize(vgi_run *run, vgi_error *err)
{
    const vgi_global_init_response *answer;

    run->init.phase = VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_FINALIZE;
    return vg_run_open_stream(run, &answer, err);
}

vgi_status vgi_run_finish(vgi_run *run, vgi_error *err)
{
    if (!run->takes_input || run->is_finishing)
        return VGI_OK;
    run->is_finishing = true;
    if (run->phase == VG_RUN_BUFFERING) {
        run->phase = VG_RUN_FINISHED;
        return vg_buffering_combine(run, err);
    }
    VGI_TRY(end_stream(run, err));
    return run->has_finalize && vgi_client_is_usable(run->client) ? open_finalize(run, err) : VGI_OK;
}

vgi_status vgi_run_next(vgi_run *run, const vgi_batch **ret, vgi_error *err)
{
    vgi_status status;

    *ret = NULL;
    if (run->takes_input && !run->is_finishing)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "'%s' takes input: vgi_run_exchange, then vgi_run_finish",
                             run->function_name);
    for (;;) {
        if (run->phase == VG_RUN_FINISHED) {
            if (run->type != VGI_FUNCTION_TYPE_TABLE_BUFFERING)
                return VGI_END;
            VGI_TRY(vg_buffering_next(run, err));
        }
        status = turn(run, NULL, ret, err);
        if (status != VGI_END || run->type != VGI_FUNCTION_TYPE_TABLE_BUFFERING)
            return status;
    }
}

vgi_status vgi_run_close(vgi_run *run, vgi_error *err)
{
    run->is_finishing = true;
    run->next_finalize = run->finalize_ids.count;
    return end_stream(run, err);
}

vgi_status vgi_run_cancel(vgi_run *run, vgi_error *err)
{
    bool is_open = run->phase == VG_RUN_STREAMING;

    run->is_finishing = true;
    run->next_finalize = run->finalize_ids.count;
    run->phase = VG_RUN_FINISHED;
    return is_open ? vg_client_end(run->client, vg_peer_close(run->client->peer, true, err), err) : VGI_OK;
}

void vgi_run_free(vgi_run *run)
{
    if (!run)
        return;
    (void)vgi_run_cancel(run, NULL);
    if (run->type == VGI_FUNCTION_TYPE_TABLE_BUFFERING && run->answer)
        vg_buffering_destroy(run);
    vg_result_done(&run->memory);
    vg_result_done(&run->turn);
    vg_free(run);
}
