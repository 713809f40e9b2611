/* Batches that lie elsewhere (rpc.md §9, §12): a batch of no rows that points into the client's shared memory stands
 * for the batch there, both ways. External storage is not offered: such a pointer is an error, as is every pointer that
 * cannot be followed; never an empty batch. The server's side is session.h, the client's peer.c. One thread. */
#ifndef VG_RPC_POINTER_H
#define VG_RPC_POINTER_H

#include "base/arena.h"
#include "ipc/limits.h"
#include "ipc/writer.h"
#include "transport/shm.h"

/* What one end of a connection knows of the shared memory. vg_pointer_init, then vg_pointer_done. */
typedef struct vg_pointers {
    const vg_limits *limits;
    size_t min_bytes;  /* smaller batches stay in the stream */
    vg_shm *segment;   /* NULL: none */
    vg_writer *beside; /* writes into it */
    vgi_error why_not; /* why there is none */
    vg_buf input;      /* the region that was read last; views point into it */
    bool only_looks;   /* a third party, which gives nothing back */
    bool may_send;     /* batches may go into the segment now */
    bool is_used;      /* some have, or came from there, since the last reset */
    uint64_t n_sent;   /* batches that did, and that were followed */
    uint64_t n_followed;
} vg_pointers;

/* `why_not` is told to a pointer that comes before there is a segment. */
void vg_pointer_init(vg_pointers *pointers, const vg_limits *limits, size_t min_bytes, const char *why_not);
void vg_pointer_done(vg_pointers *pointers);

/* From which size on batches go through shared memory: what the environment says, or 128 KiB. */
size_t vg_pointer_min_bytes(void);

/* The segment that pointers lead into from now on (*taken*), and its end. */
vgi_status vg_pointer_share(vg_pointers *pointers, vg_shm *segment, vgi_error *err);
void vg_pointer_unshare(vg_pointers *pointers);

/* A call is over: memory that one large batch took is given back. What was followed is not valid any more. */
void vg_pointer_forget(vg_pointers *pointers);
/* The owner's, between calls: regions that a failed call has left are free again. */
void vg_pointer_reset(vg_pointers *pointers);

/* True for a batch that stands for another one. */
bool vg_pointer_is(const vgi_batch *batch);
/* *batch, where it is a pointer, becomes the batch that it stands for; in the arena, and valid until the next one. */
vgi_status vg_pointer_follow(vg_pointers *pointers, vg_arena *arena, const vgi_batch **batch, vgi_error *err);
/* Gives back the region of a pointer that nobody wants to follow. */
void vg_pointer_drop(vg_pointers *pointers, const vgi_batch *pointer);

/* Queues a batch: itself, or where that is allowed and it is large and fits, a pointer to it. */
vgi_status vg_pointer_queue(vg_pointers *pointers, vg_writer *writer, vg_arena *arena, const vgi_batch *batch,
                            vgi_error *err);

#endif
