/* Queues and threads of observers. See outlet.h.
 *
 * An observer may hang for ever: it is then left behind with its outlet, which its thread frees, should it ever come
 * back. */
#include "observe/outlet.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
    SLACK_MS = 250, /* how long one who was asked to hurry may still take */
#ifdef __SANITIZE_THREAD__
    STACK_BYTES = 4 << 20,
#else
    STACK_BYTES = 1 << 20,
#endif
};

/* An event of the queue, its texts behind it. */
typedef struct queued {
    struct queued *next;
    size_t size;
    vgi_event event;
    char text[];
} queued;

struct vg_outlet {
    vgi_observer observer;
    void *state;
    char server_id[16]; /* the server may be gone before an observer that hangs */
    pid_t process;      /* that the thread belongs to */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    queued *first, **end;
    int count;
    size_t size;
    uint64_t dropped; /* since the last event that was queued */
    bool has_thread;
    bool is_ending;
    int64_t deadline_ms; /* where is_ending */
    bool is_over;        /* the thread touches nothing but the lock any more */
    bool is_abandoned;   /* the thread frees it all */
};

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* The texts of an event. */
static const size_t TEXTS[] = {
    offsetof(vgi_event, request_id),
    offsetof(vgi_event, method),
    offsetof(vgi_event, catalog),
    offsetof(vgi_event, attach_id),
    offsetof(vgi_event, transaction_id),
    offsetof(vgi_event, data_version_spec),
    offsetof(vgi_event, implementation_version_spec),
    offsetof(vgi_event, data_version),
    offsetof(vgi_event, implementation_version),
    offsetof(vgi_event, options),
    offsetof(vgi_event, trace_id),
    offsetof(vgi_event, span_id),
    offsetof(vgi_event, error_type),
    offsetof(vgi_event, error_code),
};
enum { N_TEXTS = sizeof TEXTS / sizeof *TEXTS };

static vgi_string *text_of(vgi_event *event, size_t i)
{
    return (vgi_string *)(void *)((char *)event + TEXTS[i]);
}

static queued *copy(const vgi_event *event, const char *server_id)
{
    vgi_event given = *event;
    size_t size = sizeof(queued);
    queued *made;
    char *to;

    for (size_t i = 0; i < N_TEXTS; i++)
        if (!vg_add_size(size, text_of(&given, i)->size, &size))
            return NULL;
    made = size <= VG_OUTLET_MAX_BYTES ? vg_malloc(size) : NULL;
    if (!made)
        return NULL;
    *made = (queued){.size = size, .event = given};
    made->event.server_id = server_id;
    to = made->text;
    for (size_t i = 0; i < N_TEXTS; i++) {
        vgi_string *text = text_of(&made->event, i);

        if (!text->data)
            continue;
        memcpy(to, text->data, text->size);
        text->data = to;
        to += text->size;
    }
    return made;
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void free_outlet(vg_outlet *outlet)
{
    while (outlet->first) {
        queued *next = outlet->first->next;
        vg_free(outlet->first);
        outlet->first = next;
    }
    pthread_cond_destroy(&outlet->changed);
    pthread_mutex_destroy(&outlet->lock);
    vg_free(outlet);
}

/* With the lock: the next event, or NULL when the end has come. */
static queued *take(vg_outlet *outlet)
{
    queued *taken;

    while (!outlet->first && !outlet->is_ending)
        pthread_cond_wait(&outlet->changed, &outlet->lock);
    taken = outlet->first;
    if (!taken || (outlet->is_ending && vg_monotonic_ms() >= outlet->deadline_ms))
        return NULL;
    outlet->first = taken->next;
    if (!outlet->first)
        outlet->end = &outlet->first;
    outlet->count--;
    outlet->size -= taken->size;
    return taken;
}

/* With the lock: what was lost and not told of yet is the last word, if there is time for it. */
static bool last_word(const vg_outlet *outlet, vgi_event *ret)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    *ret = (vgi_event){.name = "log.dropped",
                       .level = VGI_LOG_WARN,
                       .server_id = outlet->server_id,
                       .time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
                       .dropped = outlet->dropped + (uint64_t)outlet->count};
    return ret->dropped > 0 && vg_monotonic_ms() < outlet->deadline_ms + SLACK_MS;
}

static void *tell_all(void *argument)
{
    vg_outlet *outlet = argument;
    const vgi_observer *observer = &outlet->observer;
    vgi_event last;
    queued *next;
    bool has_last, is_abandoned;

    pthread_mutex_lock(&outlet->lock);
    while ((next = take(outlet))) {
        pthread_mutex_unlock(&outlet->lock);
        observer->tell(outlet->state, &next->event);
        vg_free(next);
        pthread_mutex_lock(&outlet->lock);
    }
    has_last = last_word(outlet, &last);
    pthread_mutex_unlock(&outlet->lock);
    if (has_last)
        observer->tell(outlet->state, &last);
    if (observer->end)
        observer->end(outlet->state);
    pthread_mutex_lock(&outlet->lock);
    outlet->is_over = true;
    is_abandoned = outlet->is_abandoned;
    pthread_cond_broadcast(&outlet->changed);
    pthread_mutex_unlock(&outlet->lock);
    if (is_abandoned)
        free_outlet(outlet);
    return NULL;
}

/* With the lock. Where no thread can be made, the next event tries again. Signals are for those who wait for them. */
static void start_thread(vg_outlet *outlet)
{
    pthread_attr_t attributes;
    sigset_t all, before;

    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    outlet->has_thread = pthread_create(&outlet->thread, &attributes, tell_all, outlet) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* ---- the outlet -------------------------------------------------------------------------------------------------- */

vgi_status vg_outlet_new(const vgi_observer *observer, const vgi_observed_worker *worker, vg_outlet **ret,
                         vgi_error *err)
{
    vg_outlet *outlet = vg_malloc(sizeof *outlet);
    vgi_status status = VGI_OK;
    pthread_condattr_t attributes;

    *ret = NULL;
    if (!outlet)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *outlet = (vg_outlet){.observer = *observer, .state = observer->user, .process = getpid()};
    snprintf(outlet->server_id, sizeof outlet->server_id, "%s", worker->server_id);
    outlet->end = &outlet->first;
    if (observer->begin)
        status = observer->begin(observer->user, worker, &outlet->state, err);
    if (status != VGI_OK) {
        vg_free(outlet);
        return status == VGI_END ? VGI_OK : vgi_error_set(err, status, "an observer cannot begin");
    }
    pthread_mutex_init(&outlet->lock, NULL);
    pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&outlet->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *ret = outlet;
    return VGI_OK;
}

void vg_outlet_push(vg_outlet *outlet, const vgi_event *event)
{
    queued *made;

    if (outlet->process != getpid() || event->level < outlet->observer.level)
        return;
    made = copy(event, outlet->server_id);
    pthread_mutex_lock(&outlet->lock);
    if (made && outlet->count < VG_OUTLET_MAX_EVENTS && made->size <= VG_OUTLET_MAX_BYTES - outlet->size) {
        made->event.dropped = outlet->dropped;
        outlet->dropped = 0;
        outlet->count++;
        outlet->size += made->size;
        *outlet->end = made;
        outlet->end = &made->next;
        made = NULL;
    } else {
        outlet->dropped++;
    }
    if (!outlet->has_thread)
        start_thread(outlet);
    pthread_mutex_unlock(&outlet->lock);
    pthread_cond_broadcast(&outlet->changed);
    vg_free(made);
}

/* With the lock: waits until the thread is through, at most until some time after the deadline. */
static bool wait_until_over(vg_outlet *outlet)
{
    const int64_t until_ms = outlet->deadline_ms + SLACK_MS;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000};

    while (!outlet->is_over && pthread_cond_timedwait(&outlet->changed, &outlet->lock, &until) != ETIMEDOUT)
        ;
    return outlet->is_over;
}

void vg_outlet_end(vg_outlet *outlet, int64_t bound_ms)
{
    if (outlet->process != getpid())
        return;
    if (outlet->has_thread && outlet->observer.hurry) /* before the thread can end its observer */
        outlet->observer.hurry(outlet->state, bound_ms);
    pthread_mutex_lock(&outlet->lock);
    outlet->is_ending = true;
    outlet->deadline_ms = vg_monotonic_ms() + bound_ms;
    pthread_cond_broadcast(&outlet->changed);
    pthread_mutex_unlock(&outlet->lock);
}

void vg_outlet_free(vg_outlet *outlet)
{
    pthread_t thread;
    bool is_over;

    if (outlet->process != getpid())
        return;
    if (!outlet->has_thread) {
        if (outlet->observer.end)
            outlet->observer.end(outlet->state);
        free_outlet(outlet);
        return;
    }
    pthread_mutex_lock(&outlet->lock);
    thread = outlet->thread;
    is_over = wait_until_over(outlet);
    outlet->is_abandoned = !is_over;
    pthread_mutex_unlock(&outlet->lock);
    if (!is_over) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    free_outlet(outlet);
}
