/* Serving a listener (rpc.md §10.2): one thread a connection, a cap whose slot is taken before accept, shutdown when
 * idle, and an orderly stop. worker/main calls it for --unix and --tcp.
 *
 * Threads take turns: one accepts, and serves what it has accepted, after it has given the turn to another. So a
 * connection meets a thread that is awake, and an engine that opens one for every call does not wait for a thread to be
 * made each time. A few that have nothing to do are kept. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "rpc/server.h"

enum {
#ifdef __SANITIZE_THREAD__
    STACK_BYTES = 4 << 20, /* what the sanitizer knows of a thread lies there, too */
#else
    STACK_BYTES = 2 << 20, /* of a connection's thread; authors' callbacks run on it */
#endif
    KEPT_THREADS = 4,      /* that wait for their turn */
    FIRST_GRACE_S = 60,    /* at least this long without a first connection (rpc.md §10.2) */
    SHORT_LOOK_MS = 50,    /* between looks whether somebody is still there */
    ABORT_GRACE_MS = 2000, /* how long a call may take to notice that its peer was given up */
};

/* Shared by whoever listens and the threads that serve. */
typedef struct crowd {
    vg_server *server;
    vg_listener *listener;
    vg_listen_options options;
    pthread_mutex_t lock;   /* of what follows */
    pthread_cond_t turn;    /* nobody accepts */
    pthread_cond_t changed; /* it is over, or the last thread leaves */
    int threads;
    int resting; /* of them, those that wait for their turn */
    int active;  /* connections */
    int64_t empty_since_ms;
    bool had_guests;
    bool is_accepting; /* some thread has the turn */
    bool is_full;      /* and waits for a connection to end */
    bool is_over;
    vgi_status status; /* why */
    vgi_error why;
} crowd;

/* ---- accepting, with the lock ------------------------------------------------------------------------------------ */

/* When to look whether it has been idle for long enough: guests that leave wake nobody for that. */
static int64_t next_look_ms(const crowd *all)
{
    const double idle_s = all->options.idle_timeout_s;
    const double grace_s = all->had_guests || idle_s > FIRST_GRACE_S ? idle_s : FIRST_GRACE_S;

    const int64_t grace_ms = (int64_t)(grace_s * 1000);

    if (idle_s <= 0)
        return -1;
    if (all->active > 0)
        return vg_monotonic_ms() + (grace_ms > SHORT_LOOK_MS ? grace_ms : SHORT_LOOK_MS);
    return all->empty_since_ms + grace_ms;
}

/* Idle for long enough: true if it is needed all the same, and looks again as much later. */
static bool stays(crowd *all)
{
    if (!all->options.is_needed || !all->options.is_needed(all->options.user))
        return false;
    all->empty_since_ms = vg_monotonic_ms();
    return true;
}

static bool is_same_user(const vg_connection *connection)
{
    int64_t pid, uid;

    return vg_connection_process(connection, &pid, &uid) && uid == (int64_t)geteuid();
}

/* Accepts one connection. VGI_END: stopped or idle. */
static vgi_status accept_guest(crowd *all, vg_connection **ret, vgi_error *err)
{
    vgi_status status = VGI_OK;

    *ret = NULL;
    while (status == VGI_OK && !*ret) {
        const int64_t look_ms = next_look_ms(all);
        const bool was_empty = all->active == 0;
        const bool is_full = all->options.max_connections > 0 && all->active >= all->options.max_connections;

        all->is_full = is_full;
        pthread_mutex_unlock(&all->lock);
        status =
            is_full ? vg_listener_wait(all->listener, -1, err) : vg_listener_accept(all->listener, look_ms, ret, err);
        pthread_mutex_lock(&all->lock);
        all->is_full = false;
        if (status == VGI_END && !is_full && look_ms >= 0 && vg_monotonic_ms() >= look_ms && (!was_empty || stays(all)))
            status = VGI_OK;
        if (*ret && all->options.is_private && !is_same_user(*ret)) {
            vg_connection_free(*ret);
            *ret = NULL;
        }
    }
    return status;
}

/* Waits for the turn to accept. False: it is over, or enough others wait. */
static bool take_turn(crowd *all)
{
    if (!all->is_over && all->is_accepting && all->resting >= KEPT_THREADS)
        return false;
    all->resting++;
    while (!all->is_over && all->is_accepting)
        pthread_cond_wait(&all->turn, &all->lock);
    all->resting--;
    if (all->is_over)
        return false;
    all->is_accepting = true;
    return true;
}

static void *serve_guests(void *argument);

static int start_thread(crowd *all)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int code = pthread_attr_init(&attributes);

    if (code != 0)
        return code;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    all->threads++;
    code = pthread_create(&thread, &attributes, serve_guests, all);
    if (code != 0)
        all->threads--;
    pthread_attr_destroy(&attributes);
    return code;
}

/* Lets another thread accept: one that rests (serve_guest wakes it once the lock is free, which it would meet here), or
 * a new one. False: there is none, and none can be made. */
static bool give_turn(crowd *all)
{
    all->is_accepting = all->resting == 0 && start_thread(all) != 0;
    return !all->is_accepting;
}

/* ---- serving ----------------------------------------------------------------------------------------------------- */

static void serve_guest(crowd *all, vg_connection *connection)
{
    all->active++;
    pthread_mutex_unlock(&all->lock);
    pthread_cond_signal(&all->turn);
    (void)vg_server_serve(all->server, connection, NULL); /* its error is the peer's, who is gone */
    vg_connection_free(connection);
    pthread_mutex_lock(&all->lock);
    if (--all->active == 0)
        all->empty_since_ms = vg_monotonic_ms();
    if (all->is_full)
        vg_listener_wake(all->listener);
}

static void end(crowd *all, vgi_status status)
{
    all->status = status == VGI_END ? VGI_OK : status;
    all->is_over = true;
    pthread_cond_broadcast(&all->turn);
    pthread_cond_broadcast(&all->changed);
}

/* With the turn: serves one guest. Without memory or threads a connection is closed, and the peer may try again. */
static void serve_next(crowd *all)
{
    vg_connection *connection;
    vgi_status status;

    do {
        status = accept_guest(all, &connection, &all->why);
        if (status != VGI_OK) {
            end(all, status);
            return;
        }
        all->had_guests = true;
        if (give_turn(all)) {
            serve_guest(all, connection);
            return;
        }
        vg_connection_free(connection);
    } while (true);
}

static void *serve_guests(void *argument)
{
    crowd *all = argument;

    pthread_mutex_lock(&all->lock);
    while (take_turn(all))
        serve_next(all);
    if (--all->threads == 0)
        pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock); /* the last touch: who waits for `changed` may free it all */
    return NULL;
}

/* ---- listening --------------------------------------------------------------------------------------------------- */

/* Waits until all threads have left, at most `ms`. True if so. */
static bool wait_until_empty(crowd *all, int64_t ms)
{
    struct timespec until;
    int64_t deadline_ms = vg_monotonic_ms() + (ms > 0 ? ms : 0);
    bool is_empty;

    until = (struct timespec){.tv_sec = (time_t)(deadline_ms / 1000), .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
    pthread_mutex_lock(&all->lock);
    while (all->threads > 0 && pthread_cond_timedwait(&all->changed, &all->lock, &until) != ETIMEDOUT)
        ;
    is_empty = all->threads == 0;
    pthread_mutex_unlock(&all->lock);
    return is_empty;
}

static crowd *new_crowd(vg_server *server, vg_listener *listener, const vg_listen_options *options)
{
    crowd *all = vg_malloc(sizeof *all);
    pthread_condattr_t attributes;

    if (!all)
        return NULL;
    memset(all, 0, sizeof *all);
    all->server = server;
    all->listener = listener;
    all->options = *options;
    all->empty_since_ms = vg_monotonic_ms();
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->turn, NULL);
    pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return all;
}

static void free_crowd(crowd *all)
{
    pthread_cond_destroy(&all->changed);
    pthread_cond_destroy(&all->turn);
    pthread_mutex_destroy(&all->lock);
    vg_free(all);
}

/* Lets threads accept and serve until stopped or idle. */
static vgi_status serve_until_over(crowd *all, vgi_error *err)
{
    vgi_status status;
    int code;

    pthread_mutex_lock(&all->lock);
    code = start_thread(all);
    while (code == 0 && !all->is_over)
        pthread_cond_wait(&all->changed, &all->lock);
    status = code == 0 ? all->status : VGI_ERR_MEMORY;
    if (status != VGI_OK)
        (void)vgi_error_set(err, status, "%s", code == 0 ? all->why.message : "no thread to listen with");
    pthread_mutex_unlock(&all->lock);
    return status;
}

vgi_status vg_server_listen(vg_server *server, vg_listener *listener, const vg_listen_options *options, vgi_error *err)
{
    crowd *all = new_crowd(server, listener, options);
    vgi_status status;

    if (!all)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory to listen");
    status = serve_until_over(all, err);
    vg_listener_close(listener);
    vg_server_stop(server);
    if (!wait_until_empty(all, options->grace_ms)) {
        vg_server_abort(server);
        if (!wait_until_empty(all, ABORT_GRACE_MS))
            return vgi_error_set(err, VGI_ERR_RUNTIME, "a call did not end within its grace"); /* `all` is in use */
    }
    free_crowd(all);
    return status;
}
