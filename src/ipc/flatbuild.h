/* Building FlatBuffers (https://flatbuffers.dev/internals) back to front: what is referred to is written first, at the
 * end, so that every reference is known when it is written. Used by ipc/encode.c; reading is ipc/flatbuf.h.
 *
 * A failed allocation is remembered: the calls go on doing nothing, and vg_fbb_finish reports it. */
#ifndef VG_IPC_FLATBUILD_H
#define VG_IPC_FLATBUILD_H

#include <vgi/type.h>

/* Where something lies: its distance from the end of the buffer. 0: nothing. */
typedef uint32_t vg_fbb_ref;

enum { VG_FBB_MAX_SLOTS = 8 };

/* A value: zero-initialise, end with vg_fbb_done. The memory is kept from message to message. */
typedef struct vg_fbb {
    uint8_t *data;
    size_t capacity;
    size_t used;        /* bytes written, at the end of `data` */
    size_t table_start; /* `used` before the open table */
    uint32_t slots[VG_FBB_MAX_SLOTS];
    bool has_failed;
} vg_fbb;

void vg_fbb_done(vg_fbb *b);
void vg_fbb_begin(vg_fbb *b);

/* A string (also of any bytes), with its NUL. */
vg_fbb_ref vg_fbb_string(vg_fbb *b, vgi_string text);
/* A vector of references to tables. */
vg_fbb_ref vg_fbb_refs(vg_fbb *b, const vg_fbb_ref *refs, size_t count);
/* A vector of `count` scalars or structs of `size` bytes, aligned to `align` (a power of two up to 8). */
vg_fbb_ref vg_fbb_vector(vg_fbb *b, const void *elements, size_t count, size_t size, size_t align);

/* One table at a time: what it refers to is finished before it begins. A reference of 0 leaves its slot out. */
void vg_fbb_table(vg_fbb *b);
void vg_fbb_u8(vg_fbb *b, int slot, uint8_t value);
void vg_fbb_i16(vg_fbb *b, int slot, int16_t value);
void vg_fbb_i32(vg_fbb *b, int slot, int32_t value);
void vg_fbb_i64(vg_fbb *b, int slot, int64_t value);
void vg_fbb_link(vg_fbb *b, int slot, vg_fbb_ref ref);
vg_fbb_ref vg_fbb_table_end(vg_fbb *b);

/* The finished buffer, a multiple of 8 bytes, valid until the next begin; absent if anything failed. */
vgi_bytes vg_fbb_finish(vg_fbb *b, vg_fbb_ref root);

#endif
