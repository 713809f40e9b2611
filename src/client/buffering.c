/* Functions that see all their input before they answer (vgi.md §2, "buffering function"; §8): batches go to
 * table_buffering_process, whose answers are combined; each part of that is then a stream. See run.h. */
#include <string.h>

#include "client/run.h"
#include "ipc/writer.h"

/* Puts an id behind those of the run. */
static vgi_status add_state(vgi_run *run, vgi_bytes id, vgi_error *err)
{
    vgi_bytes *grown, copy;

    if (run->state_ids.count == run->state_capacity) {
        run->state_capacity = run->state_capacity ? run->state_capacity * 2 : 16;
        grown = VG_NEW_ARRAY(&run->memory.arena, vgi_bytes, run->state_capacity);
        if (!grown)
            return vg_client_no_memory(err);
        if (run->state_ids.count > 0)
            memcpy(grown, run->state_ids.items, run->state_ids.count * sizeof *grown);
        run->state_ids.items = grown;
    }
    VGI_TRY(vg_bytes_keep(&run->memory.arena, id, &copy, err));
    ((vgi_bytes *)(uintptr_t)run->state_ids.items)[run->state_ids.count++] = copy;
    return VGI_OK;
}

vgi_status vg_buffering_process(vgi_run *run, const vgi_batch *in, vgi_error *err)
{
    vgi_table_buffering_process_request request = {.function_name = vgi_str(run->function_name),
                                                   .execution_id = run->answer->execution_id,
                                                   .schema_path = run->schema_path};
    const vgi_table_buffering_process_response *response;

    vgi_result_clear(&run->turn);
    VGI_TRY(vg_batch_encode(&run->turn.arena, in, &request.input_batch, err));
    VGI_TRY(vgi_client_table_buffering_process(run->attachment, &request, &run->turn, &response, err));
    return add_state(run, response->state_id, err);
}

vgi_status vg_buffering_combine(vgi_run *run, vgi_error *err)
{
    const vgi_table_buffering_combine_request request = {.function_name = vgi_str(run->function_name),
                                                         .execution_id = run->answer->execution_id,
                                                         .state_ids = run->state_ids,
                                                         .schema_path = run->schema_path};
    const vgi_table_buffering_combine_response *response;

    VGI_TRY(vgi_client_table_buffering_combine(run->attachment, &request, &run->memory, &response, err));
    run->finalize_ids = response->finalize_state_ids;
    return VGI_OK;
}

vgi_status vg_buffering_next(vgi_run *run, vgi_error *err)
{
    const vgi_global_init_response *answer;

    if (run->next_finalize == run->finalize_ids.count)
        return VGI_END;
    run->init.phase = VGI_TABLE_IN_OUT_FUNCTION_INIT_PHASE_TABLE_BUFFERING_FINALIZE;
    run->init.finalize_state_id = run->finalize_ids.items[run->next_finalize++];
    return vg_run_open_stream(run, &answer, err);
}

/* Best effort: the worker forgets in time by itself. */
void vg_buffering_destroy(vgi_run *run)
{
    const vgi_table_buffering_destructor_request request = {.function_name = vgi_str(run->function_name),
                                                            .execution_id = run->answer->execution_id,
                                                            .schema_path = run->schema_path};
    const vgi_table_buffering_destructor_response *response;

    if (vg_peer_is_usable(run->client->peer) && !vg_peer_is_streaming(run->client->peer))
        (void)vgi_client_table_buffering_destructor(run->attachment, &request, &run->turn, &response, NULL);
}
