/* Concatenation by layout. See concat.h. */
#include "ipc/concat.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/load.h"
#include "base/str.h"

/* One side: an array and how many of its elements count (children may be longer than their parent needs). */
typedef struct part {
    const vgi_array *array;
    int64_t length;
} part;

typedef struct joiner {
    vg_arena *arena;
    vgi_error *err;
    int64_t bits; /* of validity that may still be made up for values that came without */
} joiner;

/* Every level of nesting may have a bitmap of its own over the same values. */
enum { LEVELS = 64, FREE_BITS = 1 << 16 };

static vgi_status join(joiner *j, part a, part b, vgi_array *ret);

static void *take(const joiner *j, int64_t count, int64_t size)
{
    void *memory = vg_arena_array(j->arena, (size_t)count + 1, (size_t)size);

    if (!memory)
        (void)vgi_error_set(j->err, VGI_ERR_MEMORY, "no memory to extend a dictionary");
    return memory;
}

static vgi_status too_long(const joiner *j, const vgi_field *field)
{
    return vgi_error_set(j->err, VGI_ERR_LIMIT, "field '%.*s': the extended dictionary is too long for its offsets",
                         VG_FMT(field->name));
}

/* Copies `count` bits (all set where there are none) to position `at` of zeroed memory. */
static void copy_bits(uint8_t *to, int64_t at, const uint8_t *bits, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!bits || vg_bit(bits, i))
            to[(at + i) >> 3] |= (uint8_t)(1 << ((at + i) & 7));
}

/* A struct without fields has any number of values for nothing; their bitmap would cost memory, and the time to fill
 * it. */
static vgi_status make_up_bits(joiner *j, const vgi_field *field, part from)
{
    if (from.array->validity)
        return VGI_OK;
    if (from.length > j->bits)
        return vgi_error_set(j->err, VGI_ERR_LIMIT, "field '%.*s': the extended dictionary has more values than bytes",
                             VG_FMT(field->name));
    j->bits -= from.length;
    return VGI_OK;
}

static vgi_status join_validity(joiner *j, part a, part b, vgi_array *ret)
{
    uint8_t *bits;

    ret->null_count = 0;
    if (!a.array->validity && !b.array->validity)
        return VGI_OK;
    VGI_TRY(make_up_bits(j, ret->field, a));
    VGI_TRY(make_up_bits(j, ret->field, b));
    bits = take(j, (ret->length + 7) / 8, 1);
    if (!bits)
        return VGI_ERR_MEMORY;
    copy_bits(bits, 0, a.array->validity, a.length);
    copy_bits(bits, a.length, b.array->validity, b.length);
    ret->validity = bits;
    ret->null_count = -1;
    ret->null_count = vg_array_null_count(ret);
    return VGI_OK;
}

/* buffers[which], elements of `width` bits. */
static vgi_status join_fixed(joiner *j, int which, int32_t width, part a, part b, vgi_array *ret)
{
    int64_t bytes = width / 8;
    uint8_t *to = take(j, width == 1 ? (ret->length + 7) / 8 : ret->length, width == 1 ? 1 : bytes);

    if (!to)
        return VGI_ERR_MEMORY;
    if (width == 1) {
        copy_bits(to, 0, a.array->buffers[which], a.length);
        copy_bits(to, a.length, b.array->buffers[which], b.length);
    } else {
        memcpy(to, a.array->buffers[which], (size_t)(a.length * bytes));
        memcpy(to + a.length * bytes, b.array->buffers[which], (size_t)(b.length * bytes));
    }
    ret->buffers[which] = to;
    return VGI_OK;
}

static int64_t offset_at(const void *offsets, int32_t bytes, int64_t i)
{
    const uint8_t *at = (const uint8_t *)offsets + i * bytes;

    return bytes == 4 ? vg_load_i32(at) : vg_load_i64(at);
}

/* buffers[0]: the offsets of `a`, then those of `b` moved by `shift`. */
static vgi_status join_offsets(joiner *j, int32_t bytes, int64_t shift, part a, part b, vgi_array *ret)
{
    uint8_t *to = take(j, ret->length + 1, bytes);
    int64_t last;

    if (!to)
        return VGI_ERR_MEMORY;
    if (__builtin_add_overflow(offset_at(b.array->buffers[0], bytes, b.length), shift, &last) ||
        (bytes == 4 && last > INT32_MAX))
        return too_long(j, ret->field);
    memcpy(to, a.array->buffers[0], (size_t)(a.length * bytes));
    for (int64_t i = 0; i <= b.length; i++) {
        int64_t offset = offset_at(b.array->buffers[0], bytes, i) + shift;
        int32_t narrow = (int32_t)offset;
        memcpy(to + (a.length + i) * bytes, bytes == 4 ? (void *)&narrow : (void *)&offset, (size_t)bytes);
    }
    ret->buffers[0] = to;
    return VGI_OK;
}

static vgi_status join_variable(joiner *j, int32_t bytes, part a, part b, vgi_array *ret)
{
    int64_t a_end = offset_at(a.array->buffers[0], bytes, a.length);
    int64_t b_begin = offset_at(b.array->buffers[0], bytes, 0);
    int64_t b_end = offset_at(b.array->buffers[0], bytes, b.length);
    uint8_t *to = take(j, a_end + (b_end - b_begin), 1);

    if (!to)
        return VGI_ERR_MEMORY;
    memcpy(to, a.array->buffers[1], (size_t)a_end);
    memcpy(to + a_end, (const uint8_t *)b.array->buffers[1] + b_begin, (size_t)(b_end - b_begin));
    ret->buffers[1] = to;
    /* A first offset beyond 0 makes the last one of `a` the seam: its lists still begin where they did. */
    return join_offsets(j, bytes, a_end - b_begin, a, b, ret);
}

/* Each child: `factor` elements for every one of the parent, or (0) all that it has. */
static vgi_status join_children(joiner *j, int64_t factor, bool whole, part a, part b, vgi_array *ret)
{
    int64_t n = a.array->n_children;
    vgi_array *children = VG_NEW_ARRAY(j->arena, vgi_array, n);

    if (!children)
        return vgi_error_set(j->err, VGI_ERR_MEMORY, "no memory to extend a dictionary");
    for (int64_t i = 0; i < n; i++) {
        const vgi_array *left = &a.array->children[i], *right = &b.array->children[i];
        VGI_TRY(join(j, (part){left, whole ? left->length : a.length * factor},
                     (part){right, whole ? right->length : b.length * factor}, &children[i]));
    }
    ret->children = children;
    ret->n_children = n;
    return VGI_OK;
}

static vgi_status join_dense(joiner *j, part a, part b, vgi_array *ret)
{
    const int8_t *codes = b.array->buffers[0];
    int32_t *offsets;

    VGI_TRY(join_fixed(j, 0, 8, a, b, ret));
    VGI_TRY(join_fixed(j, 1, 32, a, b, ret));
    VGI_TRY(join_children(j, 1, true, a, b, ret));
    offsets = (int32_t *)ret->buffers[1];
    for (int64_t i = 0; i < b.length; i++) {
        int64_t child = 0;
        while (ret->field->type_codes ? ret->field->type_codes[child] != codes[i] : child != codes[i])
            child++;
        if (__builtin_add_overflow(offsets[a.length + i], a.array->children[child].length, &offsets[a.length + i]))
            return too_long(j, ret->field);
    }
    return VGI_OK;
}

static vgi_status join_layout(joiner *j, part a, part b, vgi_array *ret)
{
    const vg_type_info *info = vg_type_info_of(ret->field->type);

    switch (info->layout) {
    case VG_LAYOUT_NULL:
        ret->null_count = ret->length;
        return VGI_OK;
    case VG_LAYOUT_FIXED:
        return join_fixed(j, 0, vg_field_width_bits(ret->field), a, b, ret);
    case VG_LAYOUT_DICTIONARY:
        ret->dictionary = a.array->dictionary;
        return join_fixed(j, 0, vg_field_width_bits(ret->field), a, b, ret);
    case VG_LAYOUT_VARIABLE:
        return join_variable(j, info->offset_bytes, a, b, ret);
    case VG_LAYOUT_LIST:
        VGI_TRY(join_offsets(j, info->offset_bytes, a.array->children[0].length, a, b, ret));
        return join_children(j, 1, true, a, b, ret);
    case VG_LAYOUT_FIXED_LIST:
        return join_children(j, ret->field->fixed_size, false, a, b, ret);
    case VG_LAYOUT_STRUCT:
        return join_children(j, 1, false, a, b, ret);
    case VG_LAYOUT_SPARSE_UNION:
        VGI_TRY(join_fixed(j, 0, 8, a, b, ret));
        return join_children(j, 1, false, a, b, ret);
    case VG_LAYOUT_DENSE_UNION:
        return join_dense(j, a, b, ret);
    }
    return vgi_error_set(j->err, VGI_ERR_NOT_IMPLEMENTED, "a dictionary of this type cannot be extended");
}

static vgi_status join(joiner *j, part a, part b, vgi_array *ret)
{
    *ret = (vgi_array){.field = a.array->field};
    if (__builtin_add_overflow(a.length, b.length, &ret->length))
        return too_long(j, ret->field);
    VGI_TRY(join_validity(j, a, b, ret));
    return join_layout(j, a, b, ret);
}

vgi_status vg_array_concat(vg_arena *arena, const vgi_array *a, const vgi_array *b, int64_t bytes, vgi_array *ret,
                           vgi_error *err)
{
    joiner j = {.arena = arena, .err = err, .bits = FREE_BITS};
    int64_t backed;

    if (__builtin_mul_overflow(bytes, 8 * LEVELS, &backed) || __builtin_add_overflow(j.bits, backed, &j.bits))
        j.bits = INT64_MAX;

    return join(&j, (part){a, a->length}, (part){b, b->length}, ret);
}
