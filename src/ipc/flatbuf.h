/* Reading FlatBuffers (https://flatbuffers.dev/internals): a buffer is verified once, against a description of its
 * tables, and then read without further checks. Used by ipc/message.c; the builder is another file's business.
 *
 * A table is a `const uint8_t *` to its first byte. Loads are by memcpy, so the buffer may lie at any address. */
#ifndef VG_IPC_FLATBUF_H
#define VG_IPC_FLATBUF_H

#include <stddef.h>
#include <stdint.h>

#include <vgi/type.h>

typedef enum vg_fb_kind {
    VG_FB_SCALAR, /* `size` bytes */
    VG_FB_STRING,
    VG_FB_VECTOR, /* of scalars or structs of `size` bytes */
    VG_FB_TABLE,  /* `type` */
    VG_FB_TABLES, /* a vector of tables of `type` */
    VG_FB_UNION,  /* a table of members[type byte in the slot before]; a byte without a member is not looked into */
} vg_fb_kind;

typedef struct vg_fb_type vg_fb_type;
typedef struct vg_fb_slot {
    vg_fb_kind kind;
    uint8_t size;
    uint8_t n_members;
    const vg_fb_type *type;
    const vg_fb_type *const *members;
} vg_fb_slot;
struct vg_fb_type {
    const char *name;
    uint8_t n_slots;
    const vg_fb_slot *slots;
};

/* The deepest nesting of tables that is followed. */
enum { VG_FB_MAX_DEPTH = 128 };

/* Checks everything that `root` describes: every table, vtable, vector and string lies inside `buffer`, aligned as
 * the format asks, strings end with NUL. A table that is reached twice counts twice, and there may be one for every
 * 4 bytes: a small buffer cannot describe a big tree. On success *ret is the root table. VGI_ERR_PROTOCOL. */
vgi_status vg_fb_verify(vgi_bytes buffer, const vg_fb_type *root, const uint8_t **ret, vgi_error *err);

/* ---- of a verified table only ------------------------------------------------------------------------------------ */

/* The scalar in `slot`, or `absent` where the table does not have it. */
uint8_t vg_fb_u8(const uint8_t *table, int slot, uint8_t absent);
int16_t vg_fb_i16(const uint8_t *table, int slot, int16_t absent);
int32_t vg_fb_i32(const uint8_t *table, int slot, int32_t absent);
int64_t vg_fb_i64(const uint8_t *table, int slot, int64_t absent);

/* The string in `slot` (with a NUL behind it, in the buffer), or an absent one. */
vgi_string vg_fb_string(const uint8_t *table, int slot);

/* The table in `slot` (also of a union), or NULL. */
const uint8_t *vg_fb_table(const uint8_t *table, int slot);

/* The first element of the vector in `slot` and their number; NULL and 0 where the table does not have it. */
const uint8_t *vg_fb_vector(const uint8_t *table, int slot, uint32_t *ret_count);

/* Element `i` of a vector of tables. */
const uint8_t *vg_fb_table_at(const uint8_t *vector, uint32_t i);

#endif
