/* A worker inside a program with a main of its own: vgi_server_new (vgi/worker.h). */
#include "rpc/embed.h"
#include "worker/worker.h"

static void free_worker(void *owner)
{
    vg_worker_free(owner);
}

vgi_status vgi_server_new_at(int api_version, const vgi_worker_options *options, vgi_server **ret, vgi_error *err)
{
    vg_worker *worker;
    vgi_status status;

    VGI_TRY(vg_worker_new(api_version, options, &worker, err));
    if (vg_worker_mistakes(worker)) {
        status = vg_mistakes_error(vg_worker_mistakes(worker), err);
        vg_worker_free(worker);
        return status;
    }
    VGI_TRY(vg_embed_new(vg_worker_binding(worker), 1, options->limits, worker, free_worker, ret, err));
    status = vg_embed_observe(*ret, options->observers, options->version, err);
    if (status != VGI_OK) {
        vgi_server_free(*ret);
        *ret = NULL;
    }
    return status;
}
