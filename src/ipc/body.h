/* What leaves in one flush: parts that point at buffers where they lie, or into scratch memory; and the layout of an
 * array's buffers as the body of a batch (Arrow's Columnar.html, "RecordBatch message"). Called by ipc/writer.c. */
#ifndef VG_IPC_BODY_H
#define VG_IPC_BODY_H

#include <vgi/batch.h>

#include "base/buf.h"
#include "ipc/encode.h"

/* A run of bytes to be written: at `data`, or, where that is NULL, at `offset` of the scratch, which may still move. */
typedef struct vg_part {
    const void *data;
    size_t offset;
    size_t size;
} vg_part;

/* A value: zero-initialise, end with vg_queue_done. All of it is kept from flush to flush. */
typedef struct vg_queue {
    vg_buf parts; /* vg_part */
    vg_buf scratch;
    vg_buf nodes;   /* vg_field_node of the batch being laid out */
    vg_buf buffers; /* vg_buffer, the same */
    int64_t body_size;
    size_t barrier;  /* parts before it (bytes of `parts`) are not merged with what comes */
    bool has_failed; /* out of memory since the last vg_queue_back */
} vg_queue;

void vg_queue_done(vg_queue *queue);

/* Queues bytes where they lie, small ones as a copy, or as many zeros. */
void vg_queue_bytes(vg_queue *queue, const void *bytes, size_t size);
void vg_queue_copy(vg_queue *queue, const void *bytes, size_t size);

/* Queues a message without a body: prefix and metadata (copied). */
void vg_queue_message(vg_queue *queue, vgi_bytes metadata);

/* A place to go back to when a message could not be queued as a whole. */
typedef struct vg_queue_mark {
    size_t parts, scratch;
} vg_queue_mark;
vg_queue_mark vg_queue_here(vg_queue *queue);
void vg_queue_back(vg_queue *queue, vg_queue_mark mark);

/* Starts the body of a batch: forgets the nodes and buffers of the last one. */
void vg_body_begin(vg_queue *queue);
/* Adds an array, `array` NULL standing for one of no elements. Dictionaries of it are not looked at. */
void vg_body_array(vg_queue *queue, const vgi_field *field, const vgi_array *array);
/* What the message says of the body so far. */
vg_batch_head vg_body_head(const vg_queue *queue, int64_t rows);
/* Puts the message in front of the body that was begun last. */
void vg_body_end(vg_queue *queue, vgi_bytes metadata);

#endif
