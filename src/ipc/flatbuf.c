/* The FlatBuffers verifier and the getters behind it. See flatbuf.h. */
#include "ipc/flatbuf.h"

#include <string.h>

#include "base/load.h"

typedef struct verifier {
    const uint8_t *data;
    size_t size;
    size_t tables_left;
    int depth;
} verifier;

static bool inside(const verifier *v, size_t at, size_t size)
{
    return at <= v->size && size <= v->size - at;
}

static bool scalar_at(const verifier *v, size_t at, size_t size)
{
    return at % size == 0 && inside(v, at, size);
}

/* Follows the forward offset stored at `at`. */
static bool follow(const verifier *v, size_t at, size_t *ret)
{
    uint32_t offset;

    if (!scalar_at(v, at, sizeof offset))
        return false;
    offset = vg_load_u32(v->data + at);
    if (offset == 0 || offset > INT32_MAX || !inside(v, at + offset, 1))
        return false;
    *ret = at + offset;
    return true;
}

/* The vector at `at`, a count and elements of `size` bytes each. */
static bool vector_at(const verifier *v, size_t at, size_t size, uint32_t *ret_count)
{
    if (!scalar_at(v, at, 4))
        return false;
    *ret_count = vg_load_u32(v->data + at);
    return *ret_count <= v->size / size && inside(v, at + 4, *ret_count * size);
}

static bool string_at(const verifier *v, size_t at)
{
    uint32_t size;

    return vector_at(v, at, 1, &size) && inside(v, at + 4 + size, 1) && v->data[at + 4 + size] == 0;
}

/* The position of a slot's field, 0 where the table does not have it. The vtable was checked. */
static size_t field_at(const verifier *v, size_t table, size_t vtable, int slot)
{
    size_t entry = 4 + 2 * (size_t)slot;
    uint16_t offset = entry + 2 <= vg_load_u16(v->data + vtable) ? vg_load_u16(v->data + vtable + entry) : 0;

    return offset ? table + offset : 0;
}

static bool verify_table(verifier *v, const vg_fb_type *type, size_t at, const char **ret_wrong);

static bool verify_tables(verifier *v, const vg_fb_type *type, size_t at, const char **ret_wrong)
{
    uint32_t count;
    size_t target;

    if (!follow(v, at, &target) || !vector_at(v, target, 4, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        size_t table;
        if (!follow(v, target + 4 + 4 * (size_t)i, &table) || !verify_table(v, type, table, ret_wrong))
            return false;
    }
    return true;
}

static bool verify_union(verifier *v, const vg_fb_slot *slot, size_t type_at, size_t at, const char **ret_wrong)
{
    const vg_fb_type *member = NULL;
    size_t target;

    if (!follow(v, at, &target))
        return false;
    if (type_at && v->data[type_at] < slot->n_members)
        member = slot->members[v->data[type_at]];
    return !member || verify_table(v, member, target, ret_wrong);
}

static bool verify_slot(verifier *v, const vg_fb_slot *slot, size_t type_at, size_t at, const char **ret_wrong)
{
    size_t target;
    uint32_t count;

    switch (slot->kind) {
    case VG_FB_SCALAR:
        return scalar_at(v, at, slot->size);
    case VG_FB_STRING:
        return follow(v, at, &target) && string_at(v, target);
    case VG_FB_VECTOR:
        return follow(v, at, &target) && vector_at(v, target, slot->size, &count);
    case VG_FB_TABLE:
        return follow(v, at, &target) && verify_table(v, slot->type, target, ret_wrong);
    case VG_FB_TABLES:
        return verify_tables(v, slot->type, at, ret_wrong);
    case VG_FB_UNION:
        return verify_union(v, slot, type_at, at, ret_wrong);
    }
    return false;
}

/* False with the name of the innermost table that is wrong in *ret_wrong. */
static bool verify_table(verifier *v, const vg_fb_type *type, size_t at, const char **ret_wrong)
{
    size_t vtable, vtable_size;
    bool good = false;

    if (!*ret_wrong)
        *ret_wrong = type->name;
    if (v->tables_left == 0 || v->depth == VG_FB_MAX_DEPTH || !scalar_at(v, at, 4))
        return false;
    vtable = at - (size_t)(int64_t)(int32_t)vg_load_u32(v->data + at); /* may wrap: caught by the next check */
    if (!scalar_at(v, vtable, 2))
        return false;
    vtable_size = vg_load_u16(v->data + vtable);
    if (vtable_size < 4 || vtable_size % 2 != 0 || !inside(v, vtable, vtable_size))
        return false;
    v->tables_left--;
    v->depth++;
    for (int i = 0; i < type->n_slots; i++) {
        size_t field = field_at(v, at, vtable, i);
        const char *wrong = NULL;
        good = !field || verify_slot(v, &type->slots[i], i ? field_at(v, at, vtable, i - 1) : 0, field, &wrong);
        if (!good) {
            *ret_wrong = wrong ? wrong : type->name;
            return false;
        }
    }
    v->depth--;
    return true;
}

vgi_status vg_fb_verify(vgi_bytes buffer, const vg_fb_type *root, const uint8_t **ret, vgi_error *err)
{
    verifier v = {.data = buffer.data, .size = buffer.size, .tables_left = buffer.size / 4};
    const char *wrong = NULL;
    size_t at;

    if (!follow(&v, 0, &at) || !verify_table(&v, root, at, &wrong))
        return vgi_error_set(err, VGI_ERR_PROTOCOL,
                             "Arrow message metadata is not a valid FlatBuffer: table %s is damaged or too deep",
                             wrong ? wrong : root->name);
    *ret = buffer.data + at;
    return VGI_OK;
}

/* The field in `slot` of a verified table, or NULL. */
static const uint8_t *field(const uint8_t *table, int slot)
{
    const uint8_t *vtable = table - (int32_t)vg_load_u32(table);
    size_t entry = 4 + 2 * (size_t)slot;
    uint16_t offset = entry + 2 <= vg_load_u16(vtable) ? vg_load_u16(vtable + entry) : 0;

    return offset ? table + offset : NULL;
}

uint8_t vg_fb_u8(const uint8_t *table, int slot, uint8_t absent)
{
    const uint8_t *at = field(table, slot);

    return at ? *at : absent;
}

int16_t vg_fb_i16(const uint8_t *table, int slot, int16_t absent)
{
    const uint8_t *at = field(table, slot);

    return at ? (int16_t)vg_load_u16(at) : absent;
}

int32_t vg_fb_i32(const uint8_t *table, int slot, int32_t absent)
{
    const uint8_t *at = field(table, slot);

    return at ? (int32_t)vg_load_u32(at) : absent;
}

int64_t vg_fb_i64(const uint8_t *table, int slot, int64_t absent)
{
    const uint8_t *at = field(table, slot);

    return at ? vg_load_i64(at) : absent;
}

const uint8_t *vg_fb_table(const uint8_t *table, int slot)
{
    const uint8_t *at = field(table, slot);

    return at ? at + vg_load_u32(at) : NULL;
}

const uint8_t *vg_fb_vector(const uint8_t *table, int slot, uint32_t *ret_count)
{
    const uint8_t *vector = vg_fb_table(table, slot);

    *ret_count = vector ? vg_load_u32(vector) : 0;
    return vector ? vector + 4 : NULL;
}

vgi_string vg_fb_string(const uint8_t *table, int slot)
{
    uint32_t size;
    const uint8_t *text = vg_fb_vector(table, slot, &size);

    return (vgi_string){(const char *)text, size};
}

const uint8_t *vg_fb_table_at(const uint8_t *vector, uint32_t i)
{
    const uint8_t *at = vector + 4 * (size_t)i;

    return at + vg_load_u32(at);
}
