/* The owner of transactions, from the outside (owner.h): where it is, how it is started, and the word that it is
 * spoken to beside the calls that are forwarded. It is a worker like this one, started with --owner as launched workers
 * are (transport/launch.h), and ends when nobody has needed it for a while. */
#include "worker/owner.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "transport/launch.h"
#include "worker/catalog_rows.h"

enum {
    IDLE_S = 10, /* how long an owner stays without a call and a transaction */
    CONNECT_MS = 10000,
    TRIES = 5, /* an owner may end just when it is found */
};

static const char DIRECTORY[] = "vgi-transactions";
static char OWNER_WORD[] = "--owner";

struct vg_owner {
    vg_arena arena;
    char **argv;          /* with --owner at its end */
    size_t argc;          /* without it */
    pthread_mutex_t lock; /* of what follows */
    const char *place;    /* NULL: not asked for yet */
    const char *socket_path;
    bool has_ancestor;
    vg_process ancestor;
};

vgi_status vg_owner_new(const char *const *argv, vg_owner **ret, vgi_error *err)
{
    vg_owner *owner = vg_malloc(sizeof *owner);
    bool is_whole;

    if (!owner)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *owner = (vg_owner){0};
    pthread_mutex_init(&owner->lock, NULL);
    while (argv[owner->argc])
        owner->argc++;
    owner->argv = VG_NEW_ARRAY(&owner->arena, char *, owner->argc + 2);
    is_whole = owner->argv != NULL;
    for (size_t i = 0; is_whole && i < owner->argc; i++) {
        owner->argv[i] = (char *)(uintptr_t)vg_arena_string(&owner->arena, vgi_str(argv[i])).data;
        is_whole = owner->argv[i] != NULL;
    }
    *ret = owner;
    if (is_whole)
        return VGI_OK;
    vg_owner_free(owner);
    *ret = NULL;
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
}

void vg_owner_free(vg_owner *owner)
{
    if (!owner)
        return;
    pthread_mutex_destroy(&owner->lock);
    vg_arena_done(&owner->arena);
    vg_free(owner);
}

static vgi_status find_place(vg_owner *owner, vgi_error *err)
{
    const char *place;

    if (owner->place)
        return VGI_OK;
    owner->argv[owner->argc] = NULL;
    VGI_TRY(vg_launch_place(&owner->arena, DIRECTORY, owner->argv, &place, err));
    owner->argv[owner->argc] = OWNER_WORD;
    owner->socket_path = vg_arena_printf(&owner->arena, "%s.sock", place).data;
    if (!owner->socket_path)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    owner->place = place;
    return VGI_OK;
}

vgi_status vg_owner_place(vg_owner *owner, const char **ret, vgi_error *err)
{
    vgi_status status;

    pthread_mutex_lock(&owner->lock);
    status = find_place(owner, err);
    *ret = owner->place;
    pthread_mutex_unlock(&owner->lock);
    return status;
}

const vg_process *vg_owner_ancestor(vg_owner *owner)
{
    pthread_mutex_lock(&owner->lock);
    if (!owner->has_ancestor)
        vg_engine_ancestor(&owner->ancestor);
    owner->has_ancestor = true;
    pthread_mutex_unlock(&owner->lock);
    return &owner->ancestor;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

/* VGI_END: nobody listens. */
static vgi_status find(const vg_owner *owner, vg_connection **ret, vgi_error *err)
{
    vgi_error why = {0};
    int code;

    if (vg_connect_unix(owner->socket_path, vg_monotonic_ms() + CONNECT_MS, ret, &code, &why) == VGI_OK)
        return VGI_OK;
    if (code == ENOENT || code == ECONNREFUSED)
        return VGI_END;
    return vgi_error_set(err, why.status, "the process that keeps the transactions: %s", why.message);
}

static vgi_status start(const vg_owner *owner, vg_connection **ret, vgi_error *err)
{
    const vg_launch_options options = {.idle_timeout_s = IDLE_S, .deadline_ms = -1, .place = owner->place};
    vgi_error why = {0};
    vgi_status status = vg_launch_argv(owner->argv, &options, ret, &why);

    return status == VGI_OK
               ? VGI_OK
               : vgi_error_set(err, status, "starting the process that keeps the transactions: %s", why.message);
}

/* False: it ended before it heard of us, or is not ours; nothing was asked of it. */
static bool greet(vg_connection *connection, vgi_error *err)
{
    const vg_peer_options options = {.timeout_ms = CONNECT_MS};
    const vg_peer_request hello = {.method = "hello", .protocol = VG_OWNER_PROTOCOL};
    const vgi_batch *answer;
    int64_t pid, uid;
    vg_peer *peer;
    vgi_status status;

    if (!vg_connection_process(connection, &pid, &uid) || uid != (int64_t)geteuid())
        return vgi_error_set(err, VGI_ERR_PERMISSION, "the owner of transactions is another user's") == VGI_OK;
    if (vg_peer_new(connection, &options, &peer, err) != VGI_OK)
        return false;
    status = vg_peer_call(peer, &hello, &answer, err);
    vg_peer_free(peer);
    return status == VGI_OK;
}

vgi_status vg_owner_connect(vg_owner *owner, bool starts, vg_connection **ret, vgi_error *err)
{
    vgi_error why = {0};
    const char *place;

    *ret = NULL;
    VGI_TRY(vg_owner_place(owner, &place, err));
    for (int i = 0; i < TRIES; i++) {
        vgi_status status = find(owner, ret, err);

        if (status == VGI_END && !starts)
            return VGI_OK;
        if (status == VGI_END)
            status = start(owner, ret, err);
        VGI_TRY(status);
        vgi_error_clear(&why);
        if (greet(*ret, &why))
            return VGI_OK;
        vg_connection_free(*ret);
        *ret = NULL;
        if (why.status != VGI_ERR_IO || strcmp(why.exception, "TimeoutError") == 0)
            break;
    }
    return vgi_error_set(err, why.status, "the process that keeps the transactions does not answer: %s", why.message);
}

/* ---- its own protocol -------------------------------------------------------------------------------------------- */

static vgi_status hello(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    (void)params;
    (void)out;
    return VGI_OK;
}

static const vgi_arrow_schema NOTHING = {0};
static const vg_method METHODS[] = {
    {.name = "hello", .kind = VG_UNARY, .params = &NOTHING, .result = &NOTHING, .unary = hello},
};
const vg_binding VG_OWNER_BINDING = {.protocol = VG_OWNER_PROTOCOL,
                                     .version_major = -1,
                                     .version = "",
                                     .methods = METHODS,
                                     .n_methods = sizeof METHODS / sizeof *METHODS};
