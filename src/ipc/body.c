/* Arrays as the buffers of a message's body. A slice (an array with an offset) is written as if it began at 0: values
 * from where they begin, bitmaps shifted and offsets rebased into scratch. See body.h. */
#include "ipc/body.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/bits.h"
#include "arrow/type.h"
#include "ipc/format.h"

/* Up to here a copy is cheaper than one more part of the writev. */
enum { SMALL = 256, ALIGNMENT = 8 };
static _Alignas(ALIGNMENT) const uint8_t ZEROS[ALIGNMENT];

/* A run of elements: `begin` counts from the start of the array's buffers. */
typedef struct slice {
    const vgi_array *array; /* NULL where `length` is 0 and nothing is known */
    int64_t begin;
    int64_t length;
} slice;

void vg_queue_done(vg_queue *q)
{
    vg_buf_done(&q->parts);
    vg_buf_done(&q->scratch);
    vg_buf_done(&q->nodes);
    vg_buf_done(&q->buffers);
}

/* ---- parts ------------------------------------------------------------------------------------------------------ */

static void add_part(vg_queue *q, const void *data, size_t offset, size_t size)
{
    const vg_part part = {data, offset, size};

    if (!data && q->parts.size > q->barrier) { /* scratch right behind scratch is one part */
        vg_part *last = (vg_part *)(void *)(q->parts.data + q->parts.size) - 1;
        if (!last->data && last->offset + last->size == offset) {
            last->size += size;
            return;
        }
    }
    if (!vg_buf_append(&q->parts, &part, sizeof part))
        q->has_failed = true;
}

/* `size` bytes of scratch as a part, to be filled in at once; NULL when out of memory. */
static uint8_t *add_scratch(vg_queue *q, size_t size)
{
    const size_t offset = q->scratch.size;

    if (!vg_buf_reserve(&q->scratch, size)) {
        q->has_failed = true;
        return NULL;
    }
    q->scratch.size += size;
    add_part(q, NULL, offset, size);
    return q->scratch.data + offset;
}

void vg_queue_copy(vg_queue *q, const void *bytes, size_t size)
{
    uint8_t *to = size ? add_scratch(q, size) : NULL;

    if (to)
        memcpy(to, bytes, size);
}

void vg_queue_bytes(vg_queue *q, const void *bytes, size_t size)
{
    if (size <= SMALL)
        vg_queue_copy(q, bytes, size);
    else
        add_part(q, bytes, 0, size);
}

vg_queue_mark vg_queue_here(vg_queue *q)
{
    q->barrier = q->parts.size;
    return (vg_queue_mark){q->parts.size, q->scratch.size};
}

void vg_queue_back(vg_queue *q, vg_queue_mark mark)
{
    q->parts.size = mark.parts;
    q->scratch.size = mark.scratch;
    q->has_failed = false;
}

void vg_queue_message(vg_queue *q, vgi_bytes metadata)
{
    const uint32_t prefix[2] = {VG_CONTINUATION, (uint32_t)metadata.size};

    vg_queue_copy(q, prefix, sizeof prefix);
    vg_queue_copy(q, metadata.data, metadata.size);
}

/* The message goes to the end like any other, and its part is then moved in front of the body's. */
void vg_body_end(vg_queue *q, vgi_bytes metadata)
{
    const size_t at = q->barrier;
    const size_t body = q->parts.size - at;
    vg_part head;

    q->barrier = q->parts.size;
    vg_queue_message(q, metadata);
    if (q->has_failed)
        return;
    memcpy(&head, q->parts.data + q->parts.size - sizeof head, sizeof head);
    memmove(q->parts.data + at + sizeof head, q->parts.data + at, body);
    memcpy(q->parts.data + at, &head, sizeof head);
}

/* ---- buffers ---------------------------------------------------------------------------------------------------- */

/* Notes the buffer whose `size` bytes were just queued, and pads it. */
static void end_buffer(vg_queue *q, size_t size)
{
    const vg_buffer buffer = {q->body_size, (int64_t)size};
    const size_t pad = (0 - size) & (ALIGNMENT - 1);

    vg_queue_copy(q, ZEROS, pad);
    if (!vg_buf_append(&q->buffers, &buffer, sizeof buffer))
        q->has_failed = true;
    q->body_size += (int64_t)(size + pad);
}

static void put_buffer(vg_queue *q, const void *bytes, size_t size)
{
    vg_queue_bytes(q, bytes, size);
    end_buffer(q, size);
}

static void put_bits(vg_queue *q, const uint8_t *bits, int64_t begin, int64_t length)
{
    const size_t size = (size_t)((length + 7) / 8);

    if (begin % 8 == 0) {
        put_buffer(q, size ? bits + begin / 8 : NULL, size);
    } else {
        uint8_t *to = size ? add_scratch(q, size) : NULL;
        if (to)
            vg_bits_copy(to, bits, begin, length);
        end_buffer(q, size);
    }
}

static void put_values(vg_queue *q, slice s, size_t width)
{
    const uint8_t *values = s.length ? s.array->buffers[0] : NULL;

    put_buffer(q, values ? values + (size_t)s.begin * width : NULL, (size_t)s.length * width);
}

/* length + 1 offsets of 4 or 8 bytes, such that the first is 0; the range that they span. */
static void put_offsets(vg_queue *q, slice s, size_t width, int64_t *ret_first, int64_t *ret_last)
{
    const size_t size = ((size_t)s.length + 1) * width;
    const uint8_t *offsets = s.length ? (const uint8_t *)s.array->buffers[0] + (size_t)s.begin * width : ZEROS;
    int64_t first = 0, last = 0;
    uint8_t *to;

    if (width == 4) {
        first = ((const int32_t *)(const void *)offsets)[0];
        last = ((const int32_t *)(const void *)offsets)[s.length];
    } else {
        first = ((const int64_t *)(const void *)offsets)[0];
        last = ((const int64_t *)(const void *)offsets)[s.length];
    }
    if (first == 0) {
        put_buffer(q, offsets, size);
    } else if ((to = add_scratch(q, size))) {
        for (int64_t i = 0; i <= s.length; i++) {
            if (width == 4) {
                const int32_t offset = ((const int32_t *)(const void *)offsets)[i] - (int32_t)first;
                memcpy(to + (size_t)i * 4, &offset, 4);
            } else {
                const int64_t offset = ((const int64_t *)(const void *)offsets)[i] - first;
                memcpy(to + (size_t)i * 8, &offset, 8);
            }
        }
        end_buffer(q, size);
    }
    *ret_first = first;
    *ret_last = last;
}

/* ---- arrays ----------------------------------------------------------------------------------------------------- */

static void put_array(vg_queue *q, const vgi_field *field, slice s);

static int64_t nulls_of(const vgi_field *field, slice s)
{
    if (field->type == VGI_TYPE_NULL)
        return s.length;
    if (s.length == 0 || s.array->null_count == 0 || !s.array->validity)
        return 0;
    if (s.array->null_count > 0 && s.begin == s.array->offset && s.length == s.array->length)
        return s.array->null_count;
    return s.length - vg_bits_count(s.array->validity, s.begin, s.length);
}

/* The elements [begin, begin + length) of a child, counted from the child's own first element. */
static void put_child(vg_queue *q, const vgi_field *field, slice parent, int32_t i, int64_t begin, int64_t length)
{
    slice child = {NULL, 0, length};

    if (length > 0) {
        child.array = &parent.array->children[i];
        child.begin = child.array->offset + begin;
    }
    put_array(q, field->children[i], child);
}

/* The members of a dense union are written from the first to the last element that the slice uses. */
static void put_dense_union(vg_queue *q, const vgi_field *field, slice s)
{
    int32_t first[INT8_MAX + 1], end[INT8_MAX + 1] = {0};
    const int8_t *codes = s.length ? (const int8_t *)s.array->buffers[0] + s.begin : NULL;
    const int32_t *offsets = s.length ? (const int32_t *)s.array->buffers[1] + s.begin : NULL;
    uint8_t *to;

    for (int i = 0; i <= INT8_MAX; i++)
        first[i] = INT32_MAX;
    for (int64_t i = 0; i < s.length; i++) {
        const uint8_t code = (uint8_t)codes[i] & INT8_MAX;
        first[code] = offsets[i] < first[code] ? offsets[i] : first[code];
        end[code] = offsets[i] >= end[code] ? offsets[i] + 1 : end[code];
    }
    put_buffer(q, codes, (size_t)s.length);
    to = s.length ? add_scratch(q, (size_t)s.length * 4) : NULL;
    for (int64_t i = 0; to && i < s.length; i++) {
        const int32_t offset = offsets[i] - first[(uint8_t)codes[i] & INT8_MAX];
        memcpy(to + (size_t)i * 4, &offset, 4);
    }
    end_buffer(q, (size_t)s.length * 4);
    for (int32_t i = 0; i < field->n_children; i++) {
        const uint8_t code = (uint8_t)(field->type_codes ? field->type_codes[i] : i) & INT8_MAX;
        const bool is_used = end[code] > 0;
        put_child(q, field, s, i, is_used ? first[code] : 0, is_used ? end[code] - first[code] : 0);
    }
}

static void put_variable(vg_queue *q, slice s, size_t offset_bytes)
{
    const uint8_t *bytes = s.length ? s.array->buffers[1] : NULL;
    int64_t first, last;

    put_offsets(q, s, offset_bytes, &first, &last);
    put_buffer(q, last > first ? bytes + first : NULL, (size_t)(last - first));
}

static void put_contents(vg_queue *q, const vgi_field *field, slice s)
{
    const vg_type_info *info = vg_type_info_of(field->type);
    int64_t first, last;

    switch (info->layout) {
    case VG_LAYOUT_NULL:
        break;
    case VG_LAYOUT_FIXED:
    case VG_LAYOUT_DICTIONARY:
        if (field->type == VGI_TYPE_BOOL)
            put_bits(q, s.length ? s.array->buffers[0] : NULL, s.begin, s.length);
        else
            put_values(q, s, (size_t)vg_field_width_bits(field) / 8);
        break;
    case VG_LAYOUT_VARIABLE:
        put_variable(q, s, (size_t)info->offset_bytes);
        break;
    case VG_LAYOUT_LIST:
        put_offsets(q, s, (size_t)info->offset_bytes, &first, &last);
        put_child(q, field, s, 0, first, last - first);
        break;
    case VG_LAYOUT_FIXED_LIST:
        put_child(q, field, s, 0, s.begin * field->fixed_size, s.length * field->fixed_size);
        break;
    case VG_LAYOUT_SPARSE_UNION:
        put_values(q, s, 1);
        /* fall through */
    case VG_LAYOUT_STRUCT:
        for (int32_t i = 0; i < field->n_children; i++)
            put_child(q, field, s, i, s.begin, s.length);
        break;
    case VG_LAYOUT_DENSE_UNION:
        put_dense_union(q, field, s);
        break;
    }
}

/* Node, validity (not of null, nor of unions since V5), contents; then the children, as put_contents reaches them. */
static void put_array(vg_queue *q, const vgi_field *field, slice s)
{
    const vg_layout layout = vg_type_info_of(field->type)->layout;
    const bool has_validity =
        layout != VG_LAYOUT_NULL && layout != VG_LAYOUT_SPARSE_UNION && layout != VG_LAYOUT_DENSE_UNION;
    const vg_field_node node = {s.length, nulls_of(field, s)};

    if (!vg_buf_append(&q->nodes, &node, sizeof node))
        q->has_failed = true;
    if (has_validity) {
        if (node.null_count > 0)
            put_bits(q, s.array->validity, s.begin, s.length);
        else
            put_buffer(q, NULL, 0);
    }
    put_contents(q, field, s);
}

void vg_body_begin(vg_queue *q)
{
    q->barrier = q->parts.size;
    q->nodes.size = q->buffers.size = 0;
    q->body_size = 0;
}

void vg_body_array(vg_queue *q, const vgi_field *field, const vgi_array *array)
{
    put_array(q, field, array && array->length ? (slice){array, array->offset, array->length} : (slice){0});
}

vg_batch_head vg_body_head(const vg_queue *q, int64_t rows)
{
    return (vg_batch_head){
        .rows = rows,
        .body_size = q->body_size,
        .nodes = (const vg_field_node *)(const void *)q->nodes.data,
        .n_nodes = q->nodes.size / sizeof(vg_field_node),
        .buffers = (const vg_buffer *)(const void *)q->buffers.data,
        .n_buffers = q->buffers.size / sizeof(vg_buffer),
    };
}
