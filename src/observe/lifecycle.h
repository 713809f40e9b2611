/* What observers (vgi/sys/observer.h) are told: events of attachments and transactions, and other calls. rpc/event
 * tells of every call; vg_lifecycle_tell is the one place where what a call is about becomes what may be seen. */
#ifndef VG_OBSERVE_LIFECYCLE_H
#define VG_OBSERVE_LIFECYCLE_H

#include <vgi/sys/observer.h>

#include "observe/event.h"

enum {
    VG_EVENT_MAX_TEXT_BYTES = 256,     /* of a name or a version; more is cut */
    VG_EVENT_MAX_OPTIONS_BYTES = 4096, /* more is left out, and that is said */
    VG_SHORT_ID_BYTES = 12,
};

typedef struct vg_lifecycle vg_lifecycle;

vgi_status vg_lifecycle_new(vg_lifecycle **ret, vgi_error *err);

/* One more observer (borrowed), which begins here. Before anything is told. */
vgi_status vg_lifecycle_add(vg_lifecycle *lifecycle, const vgi_observer *observer, const vgi_observed_worker *worker,
                            vgi_error *err);

/* True if there is anybody to tell. */
bool vg_lifecycle_is_observed(const vg_lifecycle *lifecycle);

/* A call is over. From any thread; it never waits. */
void vg_lifecycle_tell(vg_lifecycle *lifecycle, const vg_call_event *call, const vg_subject *subject);

/* Ends the observers; together they have some two seconds for what is not told yet. NULL: nothing to do. */
void vg_lifecycle_free(vg_lifecycle *lifecycle);

#endif
