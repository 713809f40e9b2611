/* What a function over rows keeps from its input for its finish: the cursor, from the end of one stream to the
 * beginning of another (vgi.md §8). An engine sends both to one process, where there is one worker a call
 * (max_workers), over one connection or several: the worker keeps them. */
#ifndef VG_WORKER_CARRY_H
#define VG_WORKER_CARRY_H

#include <pthread.h>

#include "rpc/call.h"

typedef struct vg_carried vg_carried;

/* Of one worker; all zero but for the lock. */
typedef struct vg_carry {
    pthread_mutex_t lock;
    vg_carried *oldest, **newest; /* newest: where the next is hooked in; NULL: none was kept yet */
    int count;
} vg_carry;

void vg_carry_init(vg_carry *carry);
void vg_carry_done(vg_carry *carry);

/* The worker's (worker.c). */
vg_carry *vg_call_carry(const vgi_call *call);

/* Keeps the cursor of call->function, under its execution and substream. The oldest of too many is forgotten: its
 * finish then fails. So it does where memory is out. */
void vg_carry_put(vgi_call *call, const struct vg_function_call *function);

/* Gives it back, once. */
vgi_status vg_carry_take(vgi_call *call, const struct vg_function_call *function);

#endif
