/* The way from the threads that serve to one observer (vgi/sys/observer.h): a bounded queue, and the observer's thread
 * behind it. lifecycle.c has one for each observer. */
#ifndef VG_OBSERVE_OUTLET_H
#define VG_OBSERVE_OUTLET_H

#include <vgi/sys/observer.h>

/* What waits to be told is at most so much. */
enum { VG_OUTLET_MAX_EVENTS = 1024, VG_OUTLET_MAX_BYTES = 1 << 20 };

typedef struct vg_outlet vg_outlet;

/* Begins the observer (borrowed). VGI_OK without an outlet: it has nothing to do. */
vgi_status vg_outlet_new(const vgi_observer *observer, const vgi_observed_worker *worker, vg_outlet **ret,
                         vgi_error *err);

/* Queues a copy, or drops it; never waits for the observer. From any thread. In a process that was forked off, nothing
 * happens: the observer's thread stayed behind. */
void vg_outlet_push(vg_outlet *outlet, const vgi_event *event);

/* The end, in two steps, so that several observers come to theirs at once. Nothing is pushed any more. What is in the
 * queue is told, until `bound_ms` have passed; then it waits for that, and a little longer for an observer that hangs.
 * */
void vg_outlet_end(vg_outlet *outlet, int64_t bound_ms);
void vg_outlet_free(vg_outlet *outlet);

#endif
