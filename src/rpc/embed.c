/* A server inside a program with a main of its own: what of vgi_server_* (vgi/server.h) is not how it is made. */
#include "rpc/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

vgi_status vg_embed_new(const vg_binding *bindings, size_t n_bindings, const vg_limits *limits, void *owner,
                        void (*free_owner)(void *owner), vgi_server **ret, vgi_error *err)
{
    vgi_server *server = vg_malloc(sizeof *server);
    vgi_status status;

    if (!server) {
        free_owner(owner);
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    }
    *server = (vgi_server){.owner = owner, .free_owner = free_owner};
    status = vg_server_new(bindings, n_bindings, limits, &server->server, err);
    if (status != VGI_OK) {
        vgi_server_free(server);
        return status;
    }
    *ret = server;
    return VGI_OK;
}

vgi_status vg_embed_observe(vgi_server *server, const vgi_observer *const *observers, const char *version,
                            vgi_error *err)
{
    const vgi_observed_worker worker = {vg_server_id(server->server), "", version};

    if (!observers)
        return VGI_OK;
    VGI_TRY(vg_lifecycle_new(&server->lifecycle, err));
    for (size_t i = 0; observers[i]; i++)
        VGI_TRY(vg_lifecycle_add(server->lifecycle, observers[i], &worker, err));
    if (vg_lifecycle_is_observed(server->lifecycle))
        vg_server_tell(server->server, server->lifecycle);
    return VGI_OK;
}

/* A copy that the connection may close. */
static int copy_of(int fd, vgi_error *err)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (copy < 0)
        (void)vgi_error_set(err, VGI_ERR_IO, "descriptor %d cannot be used: %s", fd, strerror(errno));
    return copy;
}

/* A peer that is gone must not kill a program that has other things to do: on this thread SIGPIPE waits while the
 * connection is served, and one that we caused is taken back. */
static void hold_sigpipe(sigset_t *ret_before, bool *ret_pending)
{
    sigset_t pipe_signal, pending;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    *ret_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, ret_before);
}

static void release_sigpipe(const sigset_t *before, bool was_pending)
{
    const struct timespec now = {0};
    sigset_t pipe_signal;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    while (!was_pending && sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR)
        ;
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

vgi_status vgi_server_serve(vgi_server *server, int read_fd, int write_fd, vgi_error *err)
{
    int in = copy_of(read_fd, err), out = read_fd == write_fd || in < 0 ? in : copy_of(write_fd, err);
    vg_connection *connection;
    sigset_t before;
    bool was_pending;
    vgi_status status;

    if (in < 0)
        return VGI_ERR_IO;
    if (out < 0) {
        close(in);
        return VGI_ERR_IO;
    }
    VGI_TRY(vg_connection_new(in, out, &connection, err));
    hold_sigpipe(&before, &was_pending);
    status = vg_server_serve(server->server, connection, err);
    release_sigpipe(&before, was_pending);
    vg_connection_free(connection);
    return status;
}

void vgi_server_stop(vgi_server *server)
{
    vg_server_stop(server->server);
}

void vgi_server_free(vgi_server *server)
{
    if (!server)
        return;
    vg_lifecycle_free(server->lifecycle);
    vg_server_free(server->server);
    server->free_owner(server->owner);
    vg_free(server);
}
