/* The dictionary behind a dictionary column: a column of the distinct values and a hash table of their indices. The
 * values stay from batch to batch, so that the writer need not send them again (ipc/writer.h); an ENUM written in SQL
 * brings its values along (arrow/type.h). */
#include "arrow/column.h"

#include <string.h>

#include "base/str.h"

enum { FIRST_SLOTS = 64, SHOWN_TEXT = 80 };

static vgi_bytes value_at(const vgi_column *values, int64_t i)
{
    int64_t begin, end;

    if (values->layout == VG_LAYOUT_FIXED)
        return (vgi_bytes){values->values.data + (size_t)i * (size_t)values->width, (size_t)values->width};
    if (values->offset_bytes == 4) {
        const int32_t *offsets = (const int32_t *)(const void *)values->values.data;
        begin = offsets[i];
        end = offsets[i + 1];
    } else {
        const int64_t *offsets = (const int64_t *)(const void *)values->values.data;
        begin = offsets[i];
        end = offsets[i + 1];
    }
    return (vgi_bytes){values->bytes.data + begin, (size_t)(end - begin)};
}

/* Seeded with an address, so that a peer cannot prepare values that all fall into one slot. */
static size_t hash(const vgi_column *c, const uint8_t *bytes, size_t size)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(uintptr_t)c;

    for (size_t i = 0; i < size; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    return (size_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 16);
}

/* The slot of a value: the one that holds its index + 1, or the free one where it belongs. */
static uint32_t *slot_of(vgi_column *c, const void *bytes, size_t size)
{
    uint32_t *slots = (uint32_t *)(void *)c->slots.data;
    const size_t mask = c->slots.size / sizeof *slots - 1;
    size_t at = hash(c, bytes, size) & mask;

    for (; slots[at]; at = (at + 1) & mask) {
        const vgi_bytes value = value_at(c->dictionary, slots[at] - 1);

        if (value.size == size && (size == 0 || memcmp(value.data, bytes, size) == 0))
            break;
    }
    return &slots[at];
}

/* At most half of the slots are used. */
static bool make_room(vgi_column *c)
{
    const size_t used = (size_t)c->dictionary->length, count = c->slots.size / sizeof(uint32_t);
    const size_t bigger = count ? count * 2 : FIRST_SLOTS;

    if (used < count / 2)
        return true;
    c->slots.size = 0;
    if (!vg_buf_append_zeros(&c->slots, bigger * sizeof(uint32_t)))
        return vg_column_out_of_memory(c);
    for (size_t i = 0; i < used; i++) {
        const vgi_bytes value = value_at(c->dictionary, (int64_t)i);
        *slot_of(c, value.data, value.size) = (uint32_t)i + 1;
    }
    return true;
}

static int64_t max_values(const vgi_column *c)
{
    const int bits = vg_field_width_bits(c->field);
    const bool is_unsigned = c->field->index_type >= VGI_TYPE_UINT8 && c->field->index_type <= VGI_TYPE_UINT64;

    return bits >= 32 ? INT32_MAX : INT64_C(1) << (is_unsigned ? bits : bits - 1);
}

static int64_t add(vgi_column *c, uint32_t *slot, const void *bytes, size_t size)
{
    vgi_column *values = c->dictionary;

    if (values->length >= max_values(c)) {
        vg_column_fail(c, VGI_ERR_LIMIT, "more distinct values than its index type %s can number",
                       vgi_type_name(c->field->index_type));
        return -1;
    }
    if (!vg_column_put_bytes(values, bytes, size))
        return -1;
    values->mode = VG_COLUMN_APPENDED;
    vg_column_appended(values);
    *slot = (uint32_t)values->length;
    return values->length - 1;
}

int64_t vg_column_lookup(vgi_column *c, const void *bytes, size_t size)
{
    uint32_t *slot;

    if (!make_room(c))
        return -1;
    slot = slot_of(c, bytes, size);
    if (*slot)
        return *slot - 1;
    if (c->is_closed) {
        vg_column_fail(c, VGI_ERR_VALUE, "'%.*s' is not one of the values of its ENUM",
                       (int)(size > SHOWN_TEXT ? vg_utf8_cut(bytes, SHOWN_TEXT) : size), (const char *)bytes);
        return -1;
    }
    return add(c, slot, bytes, size);
}

bool vg_column_put_index(vgi_column *c, int64_t index)
{
    return vg_buf_append(&c->values, &index, (size_t)c->width) || vg_column_out_of_memory(c);
}

static bool declare(vgi_column *c)
{
    const vgi_metadata declared = c->field->dictionary->metadata;

    for (size_t i = 0; i < declared.count; i++) {
        if (!vg_string_is(declared.items[i].key, VG_ENUM_VALUE))
            continue;
        if (vg_column_lookup(c, declared.items[i].value.data, declared.items[i].value.size) < 0)
            return false;
    }
    c->is_closed = c->dictionary->length > 0;
    return true;
}

bool vg_column_dictionary_begin(vgi_column *c)
{
    /* After an error the values may be incomplete; near the end of the index range it is better to start anew. */
    if (c->builder->sticky.status != VGI_OK || (!c->is_closed && c->dictionary->length > max_values(c) / 2)) {
        c->is_closed = false;
        c->slots.size = 0;
        if (!vg_column_reset(c->dictionary))
            return false;
    }
    return c->dictionary->length > 0 || declare(c);
}
