/* The builder of one column: its tree of children, validity, filled rows, and the view that is written at the end.
 * Called by build.c, append.c and nested.c; the layouts are those of Arrow's Columnar.html. */
#include "arrow/column.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

enum { MAX_DEPTH = 64 };

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static size_t path(const vgi_column *c, char *text, size_t size)
{
    size_t used = c->parent ? path(c->parent, text, size) : 0;
    int more = snprintf(text + used, size - used, "%s%.*s", used ? "." : "", VG_FMT(c->field->name));

    used += more > 0 ? (size_t)more : 0;
    return used < size ? used : size - 1;
}

void vg_column_fail(vgi_column *c, vgi_status status, const char *format, ...)
{
    vgi_error *sticky = &c->builder->sticky;
    char name[200], text[600];
    va_list args;

    if (sticky->status != VGI_OK)
        return;
    path(c, name, sizeof name);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)vgi_error_set(sticky, status, "column '%s': %s", name, text);
    (void)vgi_error_set(c->builder->err, status, "%s", sticky->message);
}

bool vg_column_out_of_memory(vgi_column *c)
{
    vg_column_fail(c, VGI_ERR_MEMORY, "out of memory after %lld rows", (long long)c->length);
    return false;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static vgi_status init_children(vgi_column *c, int32_t depth)
{
    const vgi_field *field = c->field;

    c->children = VG_NEW_ARRAY(&c->builder->arena, vgi_column, field->n_children);
    c->child_views = VG_NEW_ARRAY(&c->builder->arena, vgi_array, field->n_children);
    if (!c->children || !c->child_views)
        return VGI_ERR_MEMORY;
    for (int32_t i = 0; i < field->n_children; i++)
        VGI_TRY(vg_column_init(&c->children[i], c->builder, c, field->children[i], depth + 1));
    return VGI_OK;
}

vgi_status vg_column_init(vgi_column *c, vg_builder *builder, vgi_column *parent, const vgi_field *field, int32_t depth)
{
    const vg_type_info *info = vg_type_info_of(field->type);

    if (depth > MAX_DEPTH)
        return VGI_ERR_LIMIT;
    *c = (vgi_column){.builder = builder, .field = field, .parent = parent, .layout = info->layout};
    c->width = vg_field_width_bits(field) / 8;
    c->offset_bytes = info->offset_bytes;
    if (field->n_children > 0)
        VGI_TRY(init_children(c, depth));
    if (c->layout == VG_LAYOUT_DICTIONARY) {
        c->dictionary = VG_NEW(&builder->arena, vgi_column);
        c->dictionary_view = VG_NEW(&builder->arena, vgi_array);
        if (!c->dictionary || !c->dictionary_view)
            return VGI_ERR_MEMORY;
        VGI_TRY(vg_column_init(c->dictionary, builder, c, field->dictionary, depth + 1));
        if (!vg_column_reset(c->dictionary))
            return VGI_ERR_MEMORY;
    }
    return VGI_OK;
}

static void release_import(vgi_column *c)
{
    if (c->imported.release)
        c->imported.release(&c->imported);
    c->imported = (struct ArrowArray){0};
}

bool vg_column_reset(vgi_column *c)
{
    release_import(c);
    c->mode = c->mode == VG_COLUMN_DROPPED ? VG_COLUMN_DROPPED : VG_COLUMN_NEW;
    c->length = c->filled = c->null_count = c->taken = 0;
    c->values.size = c->bytes.size = c->validity.size = 0;
    c->checked = NULL;
    if (c->mode == VG_COLUMN_DROPPED)
        return true;
    for (int32_t i = 0; i < c->field->n_children; i++)
        if (!vg_column_reset(&c->children[i]))
            return false;
    if (c->offset_bytes && !vg_column_put_offset(c, 0))
        return false;
    return c->layout != VG_LAYOUT_DICTIONARY || vg_column_dictionary_begin(c);
}

void vg_column_done(vgi_column *c)
{
    release_import(c);
    for (int32_t i = 0; c->children && i < c->field->n_children; i++)
        vg_column_done(&c->children[i]);
    if (c->dictionary)
        vg_column_done(c->dictionary);
    vg_buf_done(&c->values);
    vg_buf_done(&c->bytes);
    vg_buf_done(&c->validity);
    vg_buf_done(&c->slots);
}

/* ---- validity, offsets ------------------------------------------------------------------------------------------ */

/* The bitmap exists from the first NULL on. */
static bool put_validity(vgi_column *c, int64_t n, bool valid)
{
    if (valid && c->null_count == 0)
        return true;
    if (c->null_count == 0 && !vg_bits_append(&c->validity, 0, c->length, true))
        return false;
    if (!vg_bits_append(&c->validity, c->length, n, valid))
        return false;
    c->null_count += valid ? 0 : n;
    return true;
}

int64_t vg_column_last_offset(const vgi_column *c)
{
    const uint8_t *end = c->values.data + c->values.size;

    if (c->offset_bytes == 4) {
        int32_t offset;
        memcpy(&offset, end - 4, 4);
        return offset;
    } else {
        int64_t offset;
        memcpy(&offset, end - 8, 8);
        return offset;
    }
}

bool vg_column_put_offset(vgi_column *c, int64_t offset)
{
    const int32_t narrow = (int32_t)offset;

    if (c->offset_bytes == 8)
        return vg_buf_append(&c->values, &offset, 8) || vg_column_out_of_memory(c);
    if (offset > INT32_MAX) {
        vg_column_fail(c, VGI_ERR_LIMIT, "more than 2 GiB in one batch, more than %s can hold; send smaller batches",
                       vgi_type_name(c->field->type));
        return false;
    }
    return vg_buf_append(&c->values, &narrow, 4) || vg_column_out_of_memory(c);
}

static bool repeat_offset(vgi_column *c, int64_t n)
{
    const int64_t last = vg_column_last_offset(c);

    for (int64_t i = 0; i < n; i++)
        if (!vg_column_put_offset(c, last))
            return false;
    return true;
}

/* ---- rows that are filled --------------------------------------------------------------------------------------- */

/* A union has no validity of its own (Columnar.html, V5): its NULL is a NULL of the first member that can be. */
static bool fill_union(vgi_column *c, int64_t n)
{
    const bool is_dense = c->layout == VG_LAYOUT_DENSE_UNION;
    int32_t chosen = 0;
    int8_t code;

    if (c->field->n_children == 0) {
        vg_column_fail(c, VGI_ERR_TYPE, "a union without members has no values");
        return false;
    }
    while (chosen + 1 < c->field->n_children && !c->children[chosen].field->nullable)
        chosen++;
    if (!c->children[chosen].field->nullable)
        chosen = 0;
    code = c->field->type_codes ? c->field->type_codes[chosen] : (int8_t)chosen;
    for (int64_t i = 0; i < n; i++) {
        const int32_t offset = (int32_t)(c->children[chosen].length + i);

        if (!vg_buf_append(&c->values, &code, 1) || (is_dense && !vg_buf_append(&c->bytes, &offset, 4)))
            return vg_column_out_of_memory(c);
    }
    for (int32_t i = 0; i < c->field->n_children; i++) {
        vgi_column *child = &c->children[i];

        if (is_dense && i != chosen)
            continue;
        if (!vg_column_fill(child, n, child->field->nullable))
            return false;
        child->taken = child->length;
    }
    return true;
}

static bool fill_children(vgi_column *c, int64_t n)
{
    for (int32_t i = 0; i < c->field->n_children; i++)
        if (!vg_column_fill(&c->children[i], n, c->children[i].field->nullable))
            return false;
    return true;
}

static bool fill_values(vgi_column *c, int64_t n)
{
    size_t bytes;

    switch (c->layout) {
    case VG_LAYOUT_NULL:
        return true;
    case VG_LAYOUT_FIXED:
        if (c->field->type == VGI_TYPE_BOOL)
            return vg_bits_append(&c->values, c->length, n, false) || vg_column_out_of_memory(c);
        /* fall through */
    case VG_LAYOUT_DICTIONARY:
        return (vg_mul_size((size_t)n, (size_t)c->width, &bytes) && vg_buf_append_zeros(&c->values, bytes)) ||
               vg_column_out_of_memory(c);
    case VG_LAYOUT_VARIABLE:
    case VG_LAYOUT_LIST:
        return repeat_offset(c, n);
    case VG_LAYOUT_FIXED_LIST:
        if (n > INT32_MAX || n * c->field->fixed_size > INT32_MAX)
            return vg_column_out_of_memory(c);
        return fill_children(c, n * c->field->fixed_size);
    case VG_LAYOUT_STRUCT:
        return fill_children(c, n);
    case VG_LAYOUT_SPARSE_UNION:
    case VG_LAYOUT_DENSE_UNION:
        return fill_union(c, n);
    }
    return false;
}

static bool has_validity(const vgi_column *c)
{
    return c->layout != VG_LAYOUT_NULL && c->layout != VG_LAYOUT_SPARSE_UNION && c->layout != VG_LAYOUT_DENSE_UNION;
}

bool vg_column_fill(vgi_column *c, int64_t n, bool null)
{
    /* An index of 0 into no values would be invalid, so there even a masked value is NULL. */
    if (c->layout == VG_LAYOUT_DICTIONARY && c->dictionary->length == 0)
        null = true;
    if (!fill_values(c, n))
        return false;
    if (has_validity(c) && !put_validity(c, n, !null))
        return vg_column_out_of_memory(c);
    c->length += n;
    return true;
}

/* Fills the invisible rows from here to the next visible one. It is done ahead of the next value, because the parts of
 * a nested value are appended before the value itself is. */
static void fill_invisible(vgi_column *c)
{
    const uint8_t *visible = c->builder->visible;
    const int64_t end = c->builder->batch.capacity;
    int64_t row = c->length;

    while (row < end && !vg_bit(visible, row))
        row += visible[row >> 3] == 0 && !(row & 7) && end - row >= 8 ? 8 : 1;
    if (row > c->length) {
        c->filled += row - c->length;
        (void)vg_column_fill(c, row - c->length, true);
    }
}

static bool is_spread(const vgi_column *c)
{
    return !c->parent && c->builder->visible;
}

void vg_column_start(vgi_column *c)
{
    if (c->mode != VG_COLUMN_NEW)
        return;
    c->mode = VG_COLUMN_APPENDED;
    if (is_spread(c))
        fill_invisible(c);
}

bool vg_column_ready(vgi_column *c)
{
    if (c->mode != VG_COLUMN_APPENDED) {
        vg_column_start(c);
        if (c->mode == VG_COLUMN_DIRECT)
            vg_column_fail(c, VGI_ERR_TYPE, "is written through its array; values cannot be appended, too");
        else if (c->mode == VG_COLUMN_VIEW)
            vg_column_fail(c, VGI_ERR_TYPE, "is a borrowed array; values cannot be appended");
    }
    if (is_spread(c) && c->length >= c->builder->batch.capacity && c->mode == VG_COLUMN_APPENDED)
        vg_column_fail(c, VGI_ERR_VALUE, "got more values than the batch has rows to fill");
    if (c->mode == VG_COLUMN_APPENDED && c->builder->sticky.status == VGI_OK)
        return true;
    c->length++; /* so that a loop over vgi_column_length ends */
    return false;
}

void vg_column_appended(vgi_column *c)
{
    if (has_validity(c) && !put_validity(c, 1, true)) {
        (void)vg_column_out_of_memory(c);
        return;
    }
    c->length++;
    vg_column_next(c);
}

void vg_column_next(vgi_column *c)
{
    if (is_spread(c))
        fill_invisible(c);
}

/* ---- the view --------------------------------------------------------------------------------------------------- */

int64_t vg_column_expected(const vgi_column *c, int32_t i)
{
    switch (c->layout) {
    case VG_LAYOUT_LIST:
        return vg_column_last_offset(c);
    case VG_LAYOUT_FIXED_LIST:
        return c->length * c->field->fixed_size;
    case VG_LAYOUT_DENSE_UNION:
        return c->children[i].taken;
    default:
        return c->length;
    }
}

bool vg_column_is_complete(vgi_column *c)
{
    for (int32_t i = 0; i < c->field->n_children; i++) {
        const vgi_column *child = &c->children[i];

        if (child->length == vg_column_expected(c, i))
            continue;
        vg_column_fail(c, VGI_ERR_VALUE, "'%.*s' has %lld values, of which %lld belong to a value of the column",
                       VG_FMT(child->field->name), (long long)child->length, (long long)vg_column_expected(c, i));
        return false;
    }
    return true;
}

bool vg_column_view(vgi_column *c, vgi_array *ret)
{
    if (!vg_column_is_complete(c))
        return false;
    *ret = (vgi_array){
        .field = c->field,
        .length = c->length,
        .null_count = c->layout == VG_LAYOUT_NULL ? c->length : c->null_count,
        .validity = c->null_count ? c->validity.data : NULL,
        .buffers = {c->values.data, c->bytes.data},
        .n_children = c->field->n_children,
        .children = c->child_views,
        .dictionary = c->dictionary_view,
    };
    for (int32_t i = 0; i < c->field->n_children; i++)
        if (!vg_column_view(&c->children[i], &c->child_views[i]))
            return false;
    return !c->dictionary || vg_column_view(c->dictionary, c->dictionary_view);
}
