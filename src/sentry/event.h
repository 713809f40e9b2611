/* What is sent to Sentry, as text: breadcrumbs, events and reports of what was lost, in the envelopes of its protocol.
 * sentry.c sends it. */
#ifndef VG_SENTRY_EVENT_H
#define VG_SENTRY_EVENT_H

#include <vgi/sys/observer.h>

#include "base/text.h"

enum { VG_SENTRY_ID_SIZE = 33, VG_SENTRY_MAX_TAG_BYTES = 200 };

/* What is the same in all events. Each is nullable. */
typedef struct vg_sentry_facts {
    const char *release;
    const char *environment;
} vg_sentry_facts;

/* Why events were not sent. */
typedef enum vg_sentry_loss {
    VG_LOST_IN_QUEUE,
    VG_LOST_BY_LIMIT,
    VG_LOST_BY_NETWORK,
    VG_LOST_BY_ANSWER,
    VG_N_LOSSES,
} vg_sentry_loss;

/* 32 hexadecimal digits of the system's randomness. */
void vg_sentry_id(char ret[VG_SENTRY_ID_SIZE]);

/* A JSON object: what happened, on the way to a later event. Absent when out of memory. */
vgi_string vg_sentry_breadcrumb(vg_arena *arena, const vgi_event *event);

/* An envelope: the failure `event` with its breadcrumbs (the oldest first), and, where anything was lost since the last
 * one, a report of it. `event` NULL: the report alone. */
vgi_string vg_sentry_envelope(vg_arena *arena, const vgi_event *event, const vg_sentry_facts *facts,
                              const vgi_string *breadcrumbs, size_t n_breadcrumbs, const uint64_t losses[VG_N_LOSSES],
                              int64_t now_us);

#endif
