/* FlatBuffers, back to front. See flatbuild.h. */
#include "ipc/flatbuild.h"

#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 1024 };
static const size_t MAX_SIZE = INT32_MAX; /* references are 32 bits */

void vg_fbb_done(vg_fbb *b)
{
    vg_free(b->data);
    *b = (vg_fbb){0};
}

void vg_fbb_begin(vg_fbb *b)
{
    b->used = 0;
    b->has_failed = false;
}

static bool grow(vg_fbb *b, size_t more)
{
    size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
    uint8_t *data;

    while (capacity - b->used < more)
        capacity *= 2;
    data = vg_malloc_aligned(capacity);
    if (!data)
        return false;
    if (b->used)
        memcpy(data + capacity - b->used, b->data + b->capacity - b->used, b->used);
    vg_free(b->data);
    b->data = data;
    b->capacity = capacity;
    return true;
}

/* Room for `size` bytes in front of what is there; NULL if there is none. */
static uint8_t *push(vg_fbb *b, size_t size)
{
    if (!b->has_failed &&
        (size > MAX_SIZE || b->used > MAX_SIZE - size || (b->capacity - b->used < size && !grow(b, size))))
        b->has_failed = true;
    if (b->has_failed || !b->data)
        return NULL; /* also for no bytes where there is no buffer yet */
    b->used += size;
    return b->data + b->capacity - b->used;
}

/* Zeros, such that after `size` more bytes the front is aligned. The buffer's end is aligned to 8. */
static void align(vg_fbb *b, size_t size, size_t alignment)
{
    const size_t pad = (0 - (b->used + size)) & (alignment - 1);
    uint8_t *at = push(b, pad);

    if (at)
        memset(at, 0, pad);
}

static void put(vg_fbb *b, const void *bytes, size_t size)
{
    uint8_t *at = push(b, size);

    if (at && size)
        memcpy(at, bytes, size);
}

static void put_u32(vg_fbb *b, uint32_t value)
{
    put(b, &value, sizeof value);
}

static vg_fbb_ref here(const vg_fbb *b)
{
    return (vg_fbb_ref)b->used;
}

vg_fbb_ref vg_fbb_string(vg_fbb *b, vgi_string text)
{
    align(b, text.size + 1, sizeof(uint32_t));
    put(b, "", 1);
    put(b, text.data, text.size);
    put_u32(b, (uint32_t)text.size);
    return here(b);
}

vg_fbb_ref vg_fbb_vector(vg_fbb *b, const void *elements, size_t count, size_t size, size_t alignment)
{
    size_t bytes;

    if (!vg_mul_size(count, size, &bytes)) {
        b->has_failed = true;
        return 0;
    }
    align(b, bytes, alignment < sizeof(uint32_t) ? sizeof(uint32_t) : alignment);
    put(b, elements, bytes);
    put_u32(b, (uint32_t)count);
    return here(b);
}

/* A reference is the distance from where it stands to what it means. */
static void put_ref(vg_fbb *b, vg_fbb_ref ref)
{
    align(b, sizeof ref, sizeof ref);
    put_u32(b, (uint32_t)b->used + (uint32_t)sizeof ref - ref);
}

vg_fbb_ref vg_fbb_refs(vg_fbb *b, const vg_fbb_ref *refs, size_t count)
{
    align(b, 0, sizeof *refs);
    for (size_t i = count; i-- > 0;)
        put_ref(b, refs[i]);
    put_u32(b, (uint32_t)count);
    return here(b);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

void vg_fbb_table(vg_fbb *b)
{
    memset(b->slots, 0, sizeof b->slots);
    b->table_start = b->used;
}

static void put_scalar(vg_fbb *b, int slot, const void *value, size_t size)
{
    align(b, size, size);
    put(b, value, size);
    b->slots[slot] = here(b);
}

void vg_fbb_u8(vg_fbb *b, int slot, uint8_t value)
{
    put_scalar(b, slot, &value, sizeof value);
}

void vg_fbb_i16(vg_fbb *b, int slot, int16_t value)
{
    put_scalar(b, slot, &value, sizeof value);
}

void vg_fbb_i32(vg_fbb *b, int slot, int32_t value)
{
    put_scalar(b, slot, &value, sizeof value);
}

void vg_fbb_i64(vg_fbb *b, int slot, int64_t value)
{
    put_scalar(b, slot, &value, sizeof value);
}

void vg_fbb_link(vg_fbb *b, int slot, vg_fbb_ref ref)
{
    if (!ref)
        return;
    put_ref(b, ref);
    b->slots[slot] = here(b);
}

/* The vtable goes right in front of its table, so the table's distance to it is the vtable's size. */
vg_fbb_ref vg_fbb_table_end(vg_fbb *b)
{
    uint16_t vtable[2 + VG_FBB_MAX_SLOTS] = {0};
    int n = VG_FBB_MAX_SLOTS;
    vg_fbb_ref table;

    while (n > 0 && !b->slots[n - 1])
        n--;
    align(b, sizeof(uint32_t), sizeof(uint32_t));
    put_u32(b, (uint32_t)((size_t)(2 + n) * sizeof *vtable));
    table = here(b);
    vtable[0] = (uint16_t)((size_t)(2 + n) * sizeof *vtable);
    vtable[1] = (uint16_t)(b->used - b->table_start);
    for (int i = 0; i < n; i++)
        vtable[2 + i] = (uint16_t)(b->slots[i] ? table - b->slots[i] : 0);
    put(b, vtable, vtable[0]);
    return table;
}

vgi_bytes vg_fbb_finish(vg_fbb *b, vg_fbb_ref root)
{
    align(b, sizeof root, 8);
    put_ref(b, root);
    if (b->has_failed)
        return (vgi_bytes){0};
    return (vgi_bytes){b->data + b->capacity - b->used, b->used};
}
