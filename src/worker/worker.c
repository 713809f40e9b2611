/* The worker: the binding vgi.v2 over the descriptors of a program, given or loaded (worker.h). */
#include "worker/worker.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "protocol/messages.h"
#include "worker/carry.h"
#include "worker/dispatch.h"
#include "worker/owner.h"

/* One set of catalogs, resolved. The newest is in use; an older one lives as long as calls that began with it. */
typedef struct kept_registry {
    vg_worker *worker;
    vg_registry *registry;
    const vgi_catalog *const *catalogs;
    int64_t users; /* the calls that hold it, and one while it is the newest; under the worker's lock */
} kept_registry;

struct vg_worker {
    vg_binding bindings[2]; /* first: vgi_call.binding points to it; the second is an owner's */
    bool is_owner;
    vg_owner *owner; /* of the transactions; NULL: this process is it, or shares nothing */
    const vgi_worker_options *options;
    vg_sealer sealer;
    pthread_mutex_t loading; /* held while options.load runs; taken before `lock` */
    pthread_mutex_t lock;    /* of `newest`; held for moments */
    kept_registry *newest;   /* NULL: nothing was loaded yet */
    vg_transactions *transactions;
    vg_carry carry;
    struct { /* what options.functions stands for */
        vgi_catalog catalog;
        const vgi_schema *schemas[2];
        const vgi_catalog *catalogs[2];
    } functions;
};

/* The binding that a call is served by is the worker's own, and its worker is not const. */
static vg_worker *worker_of(const vgi_call *call)
{
    return (vg_worker *)(uintptr_t)call->binding;
}

vg_carry *vg_call_carry(const vgi_call *call)
{
    return &worker_of(call)->carry;
}

static bool is_loaded(const vg_worker *worker)
{
    return !worker->options->catalogs && worker->options->load;
}

static void unload(const vg_worker *worker, const vgi_catalog *const *catalogs)
{
    if (is_loaded(worker) && worker->options->unload)
        worker->options->unload(worker->options->user, catalogs);
}

static void free_kept(kept_registry *kept)
{
    vg_registry_free(kept->registry);
    unload(kept->worker, kept->catalogs);
    vg_free(kept);
}

/* One user less. */
static void let_go(void *what)
{
    kept_registry *kept = what;
    bool is_last;

    pthread_mutex_lock(&kept->worker->lock);
    is_last = --kept->users == 0;
    pthread_mutex_unlock(&kept->worker->lock);
    if (is_last)
        free_kept(kept);
}

static kept_registry *keep(vg_worker *worker, const vgi_catalog *const *catalogs, vgi_error *err)
{
    kept_registry *kept = vg_malloc(sizeof *kept);

    if (!kept) {
        (void)vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
        return NULL;
    }
    *kept = (kept_registry){.worker = worker, .catalogs = catalogs, .users = 1};
    if (vg_registry_new(catalogs, &kept->registry, err) == VGI_OK)
        return kept;
    vg_free(kept);
    return NULL;
}

/* Resolves catalogs and makes them the ones in use. Loaded ones with mistakes are refused. */
static vgi_status adopt(vg_worker *worker, const vgi_catalog *const *catalogs, bool takes_mistakes, vgi_error *err)
{
    kept_registry *kept = keep(worker, catalogs, err), *before;

    if (!kept) {
        unload(worker, catalogs);
        return VGI_ERR_MEMORY;
    }
    if (kept->registry->mistakes && !takes_mistakes) {
        vgi_status status = vg_mistakes_error(kept->registry->mistakes, err);
        free_kept(kept);
        return status;
    }
    pthread_mutex_lock(&worker->lock);
    before = worker->newest;
    worker->newest = kept;
    pthread_mutex_unlock(&worker->lock);
    if (before)
        let_go(before);
    return VGI_OK;
}

static vgi_status adopt_functions(vg_worker *worker, vgi_error *err)
{
    const vgi_schema *functions = worker->options->functions;

    if (worker->options->catalogs || worker->options->load)
        return vgi_error_set(err, VGI_ERR_VALUE, "a worker has catalogs, or functions alone, not both");
    worker->functions.schemas[0] = functions;
    worker->functions.catalog =
        (vgi_catalog){.name = "functions", .default_schema = functions->name, .schemas = worker->functions.schemas};
    worker->functions.catalogs[0] = &worker->functions.catalog;
    return adopt(worker, worker->functions.catalogs, true, err);
}

/* VGI_END: there is no key. */
static vgi_status start_sealing(vg_worker *worker, vgi_error *err)
{
    const vgi_seal *seal = worker->options->seal;
    vgi_status status = seal ? seal->start(&worker->sealer.keys, err) : VGI_END;

    if (status == VGI_OK)
        worker->sealer.with = seal;
    return status == VGI_END ? VGI_OK : status;
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
    vgi_status status;

    if (api_version != VGI_API_VERSION)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "the program was compiled for version %d of libvgi's API; this library has %d",
                             api_version, VGI_API_VERSION);
    worker = vg_malloc(sizeof *worker);
    if (!worker)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *worker = (vg_worker){.options = options};
    worker->bindings[0] = (vg_binding){.protocol = VG_PROTOCOL_NAME,
                                       .version_major = 2,
                                       .version_minor_max = VG_PROTOCOL_VERSION_COUNT - 1,
                                       .version = "2.0.0",
                                       .protocol_hash = VG_PROTOCOL_HASH_2_0,
                                       .user = options->user};
    worker->bindings[0].offers = options->has_no_catalog ? vg_dispatch_offers_functions : vg_dispatch_offers;
    worker->bindings[0].methods = vg_dispatch_methods(&worker->bindings[0].n_methods);
    pthread_mutex_init(&worker->loading, NULL);
    pthread_mutex_init(&worker->lock, NULL);
    vg_carry_init(&worker->carry);
    status = vg_transactions_new(options->user, &worker->transactions, err);
    if (status == VGI_OK)
        status = start_sealing(worker, err);
    if (status == VGI_OK && options->functions)
        status = adopt_functions(worker, err);
    else if (status == VGI_OK && (options->catalogs || !options->load))
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
    vg_transactions_free(worker->transactions);
    vg_owner_free(worker->owner);
    if (worker->newest)
        free_kept(worker->newest); /* nothing is served any more */
    vg_carry_done(&worker->carry);
    if (worker->sealer.with)
        worker->sealer.with->stop(worker->sealer.keys);
    pthread_mutex_destroy(&worker->lock);
    pthread_mutex_destroy(&worker->loading);
    vg_free(worker);
}

const vg_mistake *vg_worker_mistakes(const vg_worker *worker)
{
    return worker->newest ? worker->newest->registry->mistakes : NULL;
}

const vg_binding *vg_worker_binding(const vg_worker *worker)
{
    return worker->bindings;
}

const vg_sealer *vg_call_sealer(const vgi_call *call)
{
    return &worker_of(call)->sealer;
}

size_t vg_worker_bindings(const vg_worker *worker)
{
    return worker->is_owner ? 2 : 1;
}

/* ---- transactions that are shared -------------------------------------------------------------------------------- */

vgi_status vg_worker_share(vg_worker *worker, const char *const *argv, vgi_error *err)
{
    return vg_owner_new(argv, &worker->owner, err);
}

vgi_status vg_worker_own(vg_worker *worker, const char *place, vgi_error *err)
{
    worker->is_owner = true;
    worker->bindings[1] = VG_OWNER_BINDING;
    worker->bindings[1].user = worker->transactions;
    return vg_transactions_open(worker->transactions, place, true, err);
}

bool vg_worker_is_needed(void *worker)
{
    return vg_transactions_are_open(((const vg_worker *)worker)->transactions);
}

/* ---- the registry of a call -------------------------------------------------------------------------------------- */

/* The newest registry with one user more; NULL if there is none. */
static kept_registry *take_newest(vg_worker *worker)
{
    kept_registry *kept;

    pthread_mutex_lock(&worker->lock);
    kept = worker->newest;
    if (kept)
        kept->users++;
    pthread_mutex_unlock(&worker->lock);
    return kept;
}

/* Asks the loader, `loading` held. */
static vgi_status load(vgi_call *call, vg_worker *worker)
{
    const vgi_catalog *const *before = worker->newest ? worker->newest->catalogs : NULL, *const *catalogs = before;
    vgi_status status = worker->options->load(call, &catalogs);

    if (status != VGI_OK)
        return status == VGI_END ? vgi_fail(call, VGI_ERR_RUNTIME, "the load callback returned VGI_END") : status;
    if (!catalogs)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the load callback gave no catalogs");
    return catalogs == before ? VGI_OK : adopt(worker, catalogs, false, &call->error);
}

/* Asks the loader if that is due, and takes what is then the newest: nobody can load anything between the two. */
static vgi_status load_and_take(vgi_call *call, vg_worker *worker, bool again, kept_registry **ret)
{
    vgi_status status = VGI_OK;

    pthread_mutex_lock(&worker->loading);
    if (again || !worker->newest)
        status = load(call, worker);
    if (status == VGI_OK)
        *ret = take_newest(worker);
    pthread_mutex_unlock(&worker->loading);
    return status;
}

/* What the call holds already, the newest of it; NULL: nothing. */
static kept_registry *held(const vgi_call *call)
{
    for (const vg_hold *hold = call->holds; hold; hold = hold->next)
        if (hold->release == let_go)
            return hold->what;
    return NULL;
}

static vgi_status take_registry(vgi_call *call, bool again, const vg_registry **ret)
{
    vg_worker *worker = worker_of(call);
    kept_registry *kept = held(call);

    again = again && is_loaded(worker);
    if (!kept || again) {
        kept = again ? NULL : take_newest(worker);
        if (!kept)
            VGI_TRY(load_and_take(call, worker, again, &kept));
        VGI_TRY(vg_call_hold(call, let_go, kept));
    }
    *ret = kept->registry;
    return (*ret)->mistakes ? vg_mistakes_error((*ret)->mistakes, &call->error) : VGI_OK;
}

vgi_status vg_call_registry(vgi_call *call, const vg_registry **ret)
{
    return take_registry(call, false, ret);
}

vgi_status vg_call_registry_reload(vgi_call *call, const vg_registry **ret)
{
    return take_registry(call, true, ret);
}

void *vg_call_registry_keep(vgi_call *call)
{
    kept_registry *kept = held(call);

    if (!kept)
        return NULL;
    pthread_mutex_lock(&kept->worker->lock);
    kept->users++;
    pthread_mutex_unlock(&kept->worker->lock);
    return kept;
}

void vg_registry_let_go(void *kept)
{
    if (kept)
        let_go(kept);
}

vg_owner *vg_call_owner(const vgi_call *call)
{
    return worker_of(call)->owner;
}

vg_transactions *vg_call_transactions(const vgi_call *call)
{
    return worker_of(call)->transactions;
}

const vgi_catalog *const *vgi_call_catalogs(const vgi_call *call)
{
    const kept_registry *kept = held(call);

    return kept ? kept->catalogs : NULL;
}

struct vgi_storage *vgi_call_storage(const vgi_call *call)
{
    return worker_of(call)->options->storage;
}
