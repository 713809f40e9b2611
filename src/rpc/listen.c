/* Serving a listener (rpc.md §10.2): one thread a connection, a cap whose slot is taken before accept, shutdown when
 * idle, and an orderly stop. worker/main calls it for --unix and --tcp. The accepting thread sleeps; connections
 * that end wake it, because they free a slot or start the idle timer. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "rpc/server.h"

enum {
#ifdef __SANITIZE_THREAD__
    STACK_BYTES = 4 << 20, /* what the sanitizer knows of a thread lies there, too */
#else
    STACK_BYTES = 2 << 20, /* of a connection's thread; authors' callbacks run on it */
#endif
    FIRST_GRACE_S = 60,    /* at least this long without a first connection (rpc.md §10.2) */
    ABORT_GRACE_MS = 2000, /* how long a call may take to notice that its peer was given up */
};

/* Shared by the accepting thread and the connections' threads. */
typedef struct crowd {
    vg_server *server;
    vg_listener *listener;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t empty;
    int active;
    int64_t empty_since_ms;
} crowd;

typedef struct guest {
    crowd *crowd;
    vg_connection *connection;
} guest;

static void *serve_guest(void *argument)
{
    guest *self = argument;
    crowd *all = self->crowd;

    (void)vg_server_serve(all->server, self->connection, NULL); /* its error is the peer's, who is gone */
    vg_connection_free(self->connection);
    vg_free(self);
    pthread_mutex_lock(&all->lock);
    if (--all->active == 0) {
        all->empty_since_ms = vg_monotonic_ms();
        pthread_cond_broadcast(&all->empty);
    }
    vg_listener_wake(all->listener);
    pthread_mutex_unlock(&all->lock); /* the last touch: who waits for `empty` may free it all */
    return NULL;
}

static int start_thread(guest *arrived)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int code = pthread_attr_init(&attributes);

    if (code != 0)
        return code;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    code = pthread_create(&thread, &attributes, serve_guest, arrived);
    pthread_attr_destroy(&attributes);
    return code;
}

/* Gives the connection a thread; without memory or threads it is closed, and the peer may try again. */
static void welcome(crowd *all, vg_connection *connection)
{
    guest *arrived = vg_malloc(sizeof *arrived);

    if (arrived) {
        *arrived = (guest){all, connection};
        pthread_mutex_lock(&all->lock);
        all->active++;
        pthread_mutex_unlock(&all->lock);
        if (start_thread(arrived) == 0)
            return;
        pthread_mutex_lock(&all->lock);
        all->active--;
        pthread_mutex_unlock(&all->lock);
        vg_free(arrived);
    }
    vg_connection_free(connection);
}

/* Accepts until stopped or idle. */
static vgi_status accept_guests(crowd *all, const vg_listen_options *options, vgi_error *err)
{
    double first_grace_s = options->idle_timeout_s > FIRST_GRACE_S ? options->idle_timeout_s : FIRST_GRACE_S;
    bool had_guests = false;

    for (;;) {
        vg_connection *connection = NULL;
        int64_t deadline_ms = -1;
        vgi_status status;
        bool is_full;

        pthread_mutex_lock(&all->lock);
        is_full = options->max_connections > 0 && all->active >= options->max_connections;
        if (all->active == 0 && options->idle_timeout_s > 0)
            deadline_ms =
                all->empty_since_ms + (int64_t)((had_guests ? options->idle_timeout_s : first_grace_s) * 1000);
        pthread_mutex_unlock(&all->lock);
        status = is_full ? vg_listener_wait(all->listener, -1, err)
                         : vg_listener_accept(all->listener, deadline_ms, &connection, err);
        if (status == VGI_END)
            return VGI_OK;
        VGI_TRY(status);
        if (connection) {
            had_guests = true;
            welcome(all, connection);
        }
    }
}

/* Waits until no connection is served, at most `ms`. True if so. */
static bool wait_until_empty(crowd *all, int64_t ms)
{
    struct timespec end;
    int64_t deadline_ms = vg_monotonic_ms() + (ms > 0 ? ms : 0);
    bool is_empty;

    end = (struct timespec){.tv_sec = (time_t)(deadline_ms / 1000), .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    pthread_mutex_lock(&all->lock);
    while (all->active > 0 && pthread_cond_timedwait(&all->empty, &all->lock, &end) != ETIMEDOUT)
        ;
    is_empty = all->active == 0;
    pthread_mutex_unlock(&all->lock);
    return is_empty;
}

static crowd *new_crowd(vg_server *server, vg_listener *listener)
{
    crowd *all = vg_malloc(sizeof *all);
    pthread_condattr_t attributes;

    if (!all)
        return NULL;
    memset(all, 0, sizeof *all);
    all->server = server;
    all->listener = listener;
    all->empty_since_ms = vg_monotonic_ms();
    pthread_mutex_init(&all->lock, NULL);
    pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all->empty, &attributes);
    pthread_condattr_destroy(&attributes);
    return all;
}

vgi_status vg_server_listen(vg_server *server, vg_listener *listener, const vg_listen_options *options, vgi_error *err)
{
    crowd *all = new_crowd(server, listener);
    vgi_status status;

    if (!all)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory to listen");
    status = accept_guests(all, options, err);
    vg_listener_close(listener);
    vg_server_stop(server);
    if (!wait_until_empty(all, options->grace_ms)) {
        vg_server_abort(server);
        if (!wait_until_empty(all, ABORT_GRACE_MS))
            return vgi_error_set(err, VGI_ERR_RUNTIME, "a call did not end within its grace"); /* `all` is in use */
    }
    pthread_cond_destroy(&all->empty);
    pthread_mutex_destroy(&all->lock);
    vg_free(all);
    return status;
}
