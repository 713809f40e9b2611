/* The worker: the binding vgi.v2 over the descriptors of a program, given or loaded (worker.h). */
#include "worker/worker.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "protocol/messages.h"
#include "worker/dispatch.h"

/* Registries are kept until the worker ends: a scan may use one that a later load has replaced. */
typedef struct kept_registry {
    vg_registry *registry;
    struct kept_registry *next;
} kept_registry;

struct vg_worker {
    vg_binding binding; /* first: vgi_call.binding points to it */
    const vgi_worker_options *options;
    pthread_mutex_t lock; /* of what follows */
    kept_registry *kept;  /* the newest first: the one in use */
    const vgi_catalog *const *loaded;
};

/* The binding that a call is served by is the worker's own, and its worker is not const. */
static vg_worker *worker_of(const vgi_call *call)
{
    return (vg_worker *)(uintptr_t)call->binding;
}

/* Resolves catalogs and makes them the ones in use. Loaded ones with mistakes are not kept. */
static vgi_status adopt(vg_worker *worker, const vgi_catalog *const *catalogs, bool keep_mistaken, vgi_error *err)
{
    kept_registry *kept = vg_malloc(sizeof *kept);
    vgi_status status;

    if (!kept)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    status = vg_registry_new(catalogs, &kept->registry, err);
    if (status == VGI_OK && kept->registry->mistakes && !keep_mistaken) {
        status = vg_mistakes_error(kept->registry->mistakes, err);
        vg_registry_free(kept->registry);
    }
    if (status != VGI_OK) {
        vg_free(kept);
        return status;
    }
    kept->next = worker->kept;
    worker->kept = kept;
    worker->loaded = catalogs;
    return VGI_OK;
}

vgi_status vg_mistakes_error(const vg_mistake *mistakes, vgi_error *err)
{
    char text[sizeof err->message];
    size_t used = 0;

    for (const vg_mistake *mistake = mistakes; mistake && used < sizeof text; mistake = mistake->next) {
        size_t room = sizeof text - used, size = mistake->text.size < room ? mistake->text.size : room;
        memcpy(text + used, mistake->text.data, size);
        used += size;
        if (mistake->next && used < sizeof text)
            text[used++] = '\n';
    }
    return vgi_error_set(err, VGI_ERR_VALUE, "%.*s", (int)used, text);
}

vgi_status vg_worker_new(int api_version, const vgi_worker_options *options, vg_worker **ret, vgi_error *err)
{
    vg_worker *worker;
    vgi_status status = VGI_OK;

    if (api_version != VGI_API_VERSION)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "the program was compiled for version %d of libvgi's API; this library has %d",
                             api_version, VGI_API_VERSION);
    worker = vg_malloc(sizeof *worker);
    if (!worker)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *worker = (vg_worker){.options = options};
    worker->binding = (vg_binding){.protocol = VG_PROTOCOL_NAME,
                                   .version_major = 2,
                                   .version_minor_max = VG_PROTOCOL_VERSION_COUNT - 1,
                                   .version = "2.0.0",
                                   .protocol_hash = VG_PROTOCOL_HASH_2_0,
                                   .user = options->user};
    worker->binding.methods = vg_dispatch_methods(&worker->binding.n_methods);
    pthread_mutex_init(&worker->lock, NULL);
    if (options->catalogs || !options->load)
        status = adopt(worker, options->catalogs, true, err);
    if (status != VGI_OK) {
        vg_worker_free(worker);
        return status;
    }
    *ret = worker;
    return VGI_OK;
}

void vg_worker_free(vg_worker *worker)
{
    if (!worker)
        return;
    while (worker->kept) {
        kept_registry *kept = worker->kept;
        worker->kept = kept->next;
        vg_registry_free(kept->registry);
        vg_free(kept);
    }
    pthread_mutex_destroy(&worker->lock);
    vg_free(worker);
}

const vg_mistake *vg_worker_mistakes(const vg_worker *worker)
{
    return worker->kept ? worker->kept->registry->mistakes : NULL;
}

const vg_binding *vg_worker_binding(const vg_worker *worker)
{
    return &worker->binding;
}

/* Asks the loader, the lock held. */
static vgi_status load(vgi_call *call, vg_worker *worker)
{
    const vgi_catalog *const *catalogs = worker->loaded;
    vgi_status status = worker->options->load(call, &catalogs);

    if (status != VGI_OK)
        return status == VGI_END ? vgi_fail(call, VGI_ERR_RUNTIME, "the load callback returned VGI_END") : status;
    if (!catalogs)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the load callback gave no catalogs");
    return catalogs == worker->loaded ? VGI_OK : adopt(worker, catalogs, false, &call->error);
}

static vgi_status take_registry(vgi_call *call, bool again, const vg_registry **ret)
{
    vg_worker *worker = worker_of(call);
    vgi_status status = VGI_OK;

    pthread_mutex_lock(&worker->lock);
    if (!worker->options->catalogs && worker->options->load && (again || !worker->kept))
        status = load(call, worker);
    if (status == VGI_OK)
        *ret = worker->kept->registry;
    pthread_mutex_unlock(&worker->lock);
    if (status == VGI_OK && (*ret)->mistakes)
        return vg_mistakes_error((*ret)->mistakes, &call->error);
    return status;
}

vgi_status vg_call_registry(vgi_call *call, const vg_registry **ret)
{
    return take_registry(call, false, ret);
}

vgi_status vg_call_registry_reload(vgi_call *call, const vg_registry **ret)
{
    return take_registry(call, true, ret);
}
