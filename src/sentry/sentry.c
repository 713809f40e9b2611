/* vgi_sentry (vgi/sentry.h): keeps the last events as breadcrumbs, and sends those that are failures. All on the
 * observer's thread, whose queue is bounded; nothing here is waited for by a query. */
#include <vgi/sentry.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/str.h"
#include "sentry/event.h"
#include "sentry/send.h"

enum { MAX_BREADCRUMBS = 50, MAX_BREADCRUMB_BYTES = 8192, MAX_FACT_BYTES = 200, KEPT_ARENA_BYTES = 256 << 10 };

typedef struct sentry {
    vg_sender *sender;
    vgi_log_level level; /* of events; what is below it is a breadcrumb only */
    char release[MAX_FACT_BYTES + 1], environment[MAX_FACT_BYTES + 1];
    vg_sentry_facts facts;
    vg_arena arena;
    vgi_string breadcrumbs[MAX_BREADCRUMBS]; /* the oldest first, each allocated */
    size_t n_breadcrumbs;
    uint64_t losses[VG_N_LOSSES]; /* not reported yet */
    bool has_answered;            /* the last envelope came through */
} sentry;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- begin and end ----------------------------------------------------------------------------------------------- */

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static vgi_status take_level(sentry *self, vgi_error *err)
{
    const char *level = variable("VGI_SENTRY_LEVEL");

    self->level = VGI_LOG_ERROR;
    if (!level || strcmp(level, "error") == 0)
        return VGI_OK;
    self->level = VGI_LOG_WARN;
    if (strcmp(level, "warn") == 0)
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_VALUE, "VGI_SENTRY_LEVEL '%s': expected warn or error", level);
}

static void take_facts(sentry *self, const vgi_observed_worker *worker)
{
    const char *release = variable("SENTRY_RELEASE"), *environment = variable("SENTRY_ENVIRONMENT");

    if (release)
        snprintf(self->release, sizeof self->release, "%s", release);
    else if (worker->version && worker->program[0] != '\0')
        snprintf(self->release, sizeof self->release, "%s@%s", worker->program, worker->version);
    if (environment)
        snprintf(self->environment, sizeof self->environment, "%s", environment);
    self->facts = (vg_sentry_facts){self->release, self->environment};
}

static vgi_status begin(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    const char *text = variable("SENTRY_DSN");
    vg_dsn dsn;
    sentry *self;
    vgi_status status;

    (void)user;
    if (!text)
        return VGI_END;
    VGI_TRY(vg_dsn_parse(text, &dsn, err));
    self = vg_malloc(sizeof *self);
    if (!self)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for Sentry");
    *self = (sentry){.sender = NULL};
    take_facts(self, worker);
    status = take_level(self, err);
    if (status == VGI_OK)
        status = vg_sender_new(&dsn, &self->sender, err);
    if (status != VGI_OK) {
        vg_free(self);
        return status;
    }
    *ret_state = self;
    return VGI_OK;
}

static void hurry(void *state, int64_t left_ms)
{
    vg_sender_hurry(((sentry *)state)->sender, left_ms);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void keep_breadcrumb(sentry *self, const vgi_event *event)
{
    vgi_string made = vg_sentry_breadcrumb(&self->arena, event);
    char *kept = made.data && made.size <= MAX_BREADCRUMB_BYTES ? vg_malloc(made.size) : NULL;

    if (!kept)
        return;
    if (self->n_breadcrumbs == MAX_BREADCRUMBS) {
        vg_free((void *)(uintptr_t)self->breadcrumbs[0].data);
        memmove(self->breadcrumbs, self->breadcrumbs + 1, (MAX_BREADCRUMBS - 1) * sizeof *self->breadcrumbs);
        self->n_breadcrumbs--;
    }
    memcpy(kept, made.data, made.size);
    self->breadcrumbs[self->n_breadcrumbs++] = (vgi_string){kept, made.size};
}

/* `event` NULL: what was lost, alone. */
static void send(sentry *self, const vgi_event *event)
{
    static const vg_sentry_loss LOST[] = {
        [VG_SENT_LIMITED] = VG_LOST_BY_LIMIT,
        [VG_SENT_REFUSED] = VG_LOST_BY_ANSWER,
        [VG_SENT_UNREACHABLE] = VG_LOST_BY_NETWORK,
    };
    const int64_t now = now_us();
    vgi_string envelope = vg_sentry_envelope(&self->arena, event, &self->facts, self->breadcrumbs, self->n_breadcrumbs,
                                             self->losses, now);
    vg_sent sent = envelope.data ? vg_sender_send(self->sender, envelope, now / 1000000) : VG_SENT_UNREACHABLE;

    self->has_answered = sent == VG_SENT;
    if (sent == VG_SENT)
        memset(self->losses, 0, sizeof self->losses);
    else if (event)
        self->losses[LOST[sent]]++;
}

static void tell(void *state, const vgi_event *event)
{
    sentry *self = state;

    self->losses[VG_LOST_IN_QUEUE] += event->dropped;
    if (event->error_type.data && event->level >= self->level) {
        if (vg_sender_is_limited(self->sender))
            self->losses[VG_LOST_BY_LIMIT]++;
        else
            send(self, event);
    }
    if (event->method.data)
        keep_breadcrumb(self, event);
    vg_arena_recycle(&self->arena, KEPT_ARENA_BYTES);
}

static bool has_losses(const sentry *self)
{
    for (size_t i = 0; i < VG_N_LOSSES; i++)
        if (self->losses[i] > 0)
            return true;
    return false;
}

static void end(void *state)
{
    sentry *self = state;

    if (self->has_answered && has_losses(self))
        send(self, NULL);
    for (size_t i = 0; i < self->n_breadcrumbs; i++)
        vg_free((void *)(uintptr_t)self->breadcrumbs[i].data);
    vg_arena_done(&self->arena);
    vg_sender_free(self->sender);
    vg_free(self);
}

const vgi_observer vgi_sentry = {.level = VGI_LOG_INFO, .begin = begin, .tell = tell, .hurry = hurry, .end = end};
