/* Two Arrow forms of one SQL type: see adapt.h. Offsets are kept, so that validity bitmaps can be shared. */
#include "worker/adapt.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/str.h"

enum { UUID_BYTES = 16, UUID_DIGITS = 32 };

typedef enum form {
    FORM_NONE, /* does not fit */
    FORM_EQUAL,
    FORM_RELABEL, /* the same bytes under another type */
    FORM_BOOL8,
    FORM_UUID_TEXT,
    FORM_NESTED,
} form;

static bool is_extension(const vgi_field *field, const char *name)
{
    return vg_string_is(vgi_metadata_get(field->metadata, "ARROW:extension:name"), name);
}

/* HUGEINT and UHUGEINT are the only opaque types of 16 bytes. */
static bool is_huge(const vgi_field *field)
{
    return field->type == VGI_TYPE_FIXED_SIZE_BINARY && field->fixed_size == UUID_BYTES &&
           is_extension(field, "arrow.opaque");
}

static form form_of(const vgi_field *wanted, const vgi_field *is)
{
    if (vg_type_equal(wanted, is))
        return FORM_EQUAL;
    if (wanted->type == VGI_TYPE_BOOL && is->type == VGI_TYPE_INT8 && is_extension(is, "arrow.bool8"))
        return FORM_BOOL8;
    if (wanted->type == VGI_TYPE_FIXED_SIZE_BINARY && is_extension(wanted, "arrow.uuid") && is->type == VGI_TYPE_UTF8)
        return FORM_UUID_TEXT;
    if (is_huge(wanted) && is->type == VGI_TYPE_DECIMAL128 && is->scale == 0)
        return FORM_RELABEL;
    if (wanted->type != is->type)
        return FORM_NONE;
    if (wanted->type == VGI_TYPE_TIMESTAMP && wanted->unit == is->unit && wanted->timezone.data && is->timezone.data)
        return FORM_RELABEL;
    switch (wanted->type) {
    case VGI_TYPE_LIST:
    case VGI_TYPE_LARGE_LIST:
    case VGI_TYPE_MAP:
    case VGI_TYPE_STRUCT:
    case VGI_TYPE_FIXED_SIZE_LIST:
        return FORM_NESTED;
    default:
        return FORM_NONE;
    }
}

bool vg_adapt_fits(const vgi_field *wanted, const vgi_field *is)
{
    form how = form_of(wanted, is);

    if (how != FORM_NESTED)
        return how != FORM_NONE;
    if (wanted->n_children != is->n_children || wanted->fixed_size != is->fixed_size)
        return false;
    for (int32_t i = 0; i < wanted->n_children; i++)
        if (!vg_adapt_fits(wanted->children[i], is->children[i]) ||
            (wanted->type == VGI_TYPE_STRUCT && !vgi_string_equal(wanted->children[i]->name, is->children[i]->name)))
            return false;
    return true;
}

static vgi_status bool_of_bool8(vg_arena *arena, const vgi_array *from, vgi_array *ret, vgi_error *err)
{
    const int8_t *values = from->buffers[0];
    int64_t end = from->offset + from->length;
    uint8_t *bits = vg_arena_alloc(arena, (size_t)(end + 7) / 8);

    if (!bits)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    for (int64_t i = from->offset; i < end; i++)
        bits[i >> 3] |= (uint8_t)((values[i] != 0) << (i & 7));
    ret->buffers[0] = bits;
    return VGI_OK;
}

/* 32 hex digits, with hyphens anywhere between. */
static bool uuid_of_text(vgi_string text, uint8_t *bytes)
{
    static const char digits[] = "0123456789abcdef";
    int n = 0;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i] >= 'A' && text.data[i] <= 'F' ? (char)(text.data[i] + 32) : text.data[i];
        const char *digit = c ? strchr(digits, c) : NULL;
        if (c == '-')
            continue;
        if (!digit || n == UUID_DIGITS)
            return false;
        bytes[n / 2] = (uint8_t)(bytes[n / 2] << 4 | (digit - digits));
        ++n;
    }
    return n == UUID_DIGITS;
}

static vgi_status uuids_of_text(vg_arena *arena, const vgi_array *from, vgi_array *ret, vgi_error *err)
{
    uint8_t *bytes = vg_arena_array(arena, (size_t)(from->offset + from->length), UUID_BYTES);

    if (!bytes)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; i < from->length; i++)
        if (!vgi_array_is_null(from, i) &&
            !uuid_of_text(vgi_array_text(from, i), bytes + UUID_BYTES * (from->offset + i)))
            return vgi_error_set(err, VGI_ERR_VALUE, "row %lld: the text is no UUID", (long long)i);
    ret->buffers[0] = bytes;
    ret->buffers[1] = NULL;
    return VGI_OK;
}

static vgi_status adapt_children(vg_arena *arena, const vgi_field *wanted, const vgi_array *from, vgi_array *ret,
                                 vgi_error *err)
{
    vgi_array *children = VG_NEW_ARRAY(arena, vgi_array, from->n_children);

    if (!children)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; i < from->n_children; i++)
        VGI_TRY(vg_adapt(arena, wanted->children[i], &from->children[i], &children[i], err));
    ret->children = children;
    return VGI_OK;
}

vgi_status vg_adapt(vg_arena *arena, const vgi_field *wanted, const vgi_array *from, vgi_array *ret, vgi_error *err)
{
    form how = form_of(wanted, from->field);

    *ret = *from;
    if (how == FORM_EQUAL)
        return VGI_OK;
    ret->field = wanted;
    switch (how) {
    case FORM_BOOL8:
        return bool_of_bool8(arena, from, ret, err);
    case FORM_UUID_TEXT:
        return uuids_of_text(arena, from, ret, err);
    case FORM_NESTED:
        return adapt_children(arena, wanted, from, ret, err);
    default:
        return VGI_OK;
    }
}
