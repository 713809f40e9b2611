/* What a call of vgi.v2 is about, noted for observers (observe/event.h) as it stands on the wire. dispatch.c calls it
 * around every handler; what is read out of the caller's opaque data notes itself (attachment.c). */
#ifndef VG_WORKER_SUBJECT_H
#define VG_WORKER_SUBJECT_H

#include "worker/dispatch.h"

void vg_subject_asked(vgi_call *call, vg_method_index index, const void *request);
/* Behind a handler that succeeded. */
void vg_subject_answered(vgi_call *call, vg_method_index index, const void *response);

#endif
