/* One side of a tap (vgi/sys/tap.h): bytes in any pieces become batches and ends of streams (rpc.md §1.1). tap_side.c
 * finds and decodes the messages; tap.c makes calls of what it is given. */
#ifndef VG_CLIENT_TAP_H
#define VG_CLIENT_TAP_H

#include <vgi/sys/tap.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ipc/reader.h"

typedef enum vg_tap_unit_kind { VG_TAP_BATCH, VG_TAP_STREAM_END, VG_TAP_FRAMES_LOST } vg_tap_unit_kind;

typedef struct vg_tap_unit {
    vg_tap_unit_kind kind;
    int64_t index; /* of the batch; of a stream's end: how many there were */
    int64_t rows;
    int64_t size_bytes;
    const vgi_arrow_schema *schema;
    const vgi_batch *batch; /* NULL: not decoded */
    vgi_metadata metadata;
    const char *why;
} vg_tap_unit;

typedef void vg_tap_take(void *user, const vg_tap_unit *unit);

typedef struct vg_tap_side {
    const vg_limits *limits;
    int64_t max_bytes;
    vg_tap_take *take;
    void *user;
    vg_buf bytes;
    size_t start;   /* of the dictionaries that wait for their batch */
    size_t at;      /* of the next message */
    size_t wanted;  /* bytes behind `at` without which there is nothing to do */
    int64_t unread; /* bytes of a message that is not looked at, still to come */
    vg_input input;
    vg_reader *reader;
    vg_arena arena;
    const vgi_arrow_schema *schema;
    int64_t index;
    bool is_inside;   /* a stream */
    bool is_readable; /* it is being decoded; else `why` not */
    bool is_lost;
    vgi_error why;
} vg_tap_side;

void vg_tap_side_init(vg_tap_side *side, const vg_limits *limits, int64_t max_bytes, vg_tap_take *take, void *user);
void vg_tap_side_done(vg_tap_side *side);
void vg_tap_side_feed(vg_tap_side *side, const void *bytes, size_t size);
void vg_tap_side_finish(vg_tap_side *side);

#endif
