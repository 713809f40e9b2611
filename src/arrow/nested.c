/* Appending nested values: the end of a list, struct or union whose parts were appended to the children, and copies of
 * elements of arrays (vgi/batch.h). */
#include "arrow/column.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

vgi_column *vgi_child(vgi_column *c, int32_t i)
{
    if (c->mode == VG_COLUMN_DROPPED) /* its only child is its own child */
        return c->children;
    if (i < 0 || i >= c->field->n_children) {
        vg_column_fail(c, VGI_ERR_TYPE, "%s has no child %d", vgi_type_name(c->field->type), i);
        return &c->builder->dropped[2 * c->builder->n_dropped];
    }
    if (!c->parent) /* the invisible rows before the first visible one come before the parts of its value */
        vg_column_start(c);
    return &c->children[i];
}

int64_t vgi_column_length(const vgi_column *c)
{
    return c->length - c->filled;
}

const vgi_field *vgi_column_field(const vgi_column *c)
{
    return c->field;
}

/* ---- ends of values --------------------------------------------------------------------------------------------- */

static bool is_of(vgi_column *c, bool fits, const char *call)
{
    if (fits)
        return true;
    vg_column_fail(c, VGI_ERR_TYPE, "%s does not fit its type %s", call, vgi_type_name(c->field->type));
    c->length++;
    return false;
}

static void end_list(vgi_column *c)
{
    const vgi_column *items = &c->children[0];

    if (c->layout == VG_LAYOUT_LIST) {
        if (vg_column_put_offset(c, items->length))
            vg_column_appended(c);
    } else if (items->length != (c->length + 1) * c->field->fixed_size) {
        vg_column_fail(c, VGI_ERR_VALUE, "a value has %" PRId64 " items where %d belong",
                       items->length - c->length * c->field->fixed_size, c->field->fixed_size);
    } else {
        vg_column_appended(c);
    }
}

void vgi_append_list(vgi_column *c)
{
    if (vg_column_ready(c) &&
        is_of(c, c->layout == VG_LAYOUT_LIST || c->layout == VG_LAYOUT_FIXED_LIST, "vgi_append_list"))
        end_list(c);
}

static void end_struct(vgi_column *c)
{
    for (int32_t i = 0; i < c->field->n_children; i++) {
        const vgi_column *member = &c->children[i];

        if (member->length == c->length + 1)
            continue;
        vg_column_fail(c, VGI_ERR_VALUE, "member '%.*s' of a value was appended to %" PRId64 " times instead of once",
                       VG_FMT(member->field->name), member->length - c->length);
        return;
    }
    vg_column_appended(c);
}

void vgi_append_struct(vgi_column *c)
{
    if (vg_column_ready(c) && is_of(c, c->layout == VG_LAYOUT_STRUCT, "vgi_append_struct"))
        end_struct(c);
}

static void end_union(vgi_column *c, int32_t chosen)
{
    const bool is_dense = c->layout == VG_LAYOUT_DENSE_UNION;
    const int8_t code = c->field->type_codes ? c->field->type_codes[chosen] : (int8_t)chosen;
    const int32_t offset = (int32_t)(c->children[chosen].length - 1);

    for (int32_t i = 0; i < c->field->n_children; i++) {
        vgi_column *member = &c->children[i];

        if (member->length != vg_column_expected(c, i) + (i == chosen)) {
            vg_column_fail(c, VGI_ERR_VALUE, "of a value, only the member '%.*s' is to be appended to, once",
                           VG_FMT(c->children[chosen].field->name));
            return;
        }
    }
    for (int32_t i = 0; !is_dense && i < c->field->n_children; i++)
        if (i != chosen && !vg_column_fill(&c->children[i], 1, c->children[i].field->nullable))
            return;
    c->children[chosen].taken++;
    if (!vg_buf_append(&c->values, &code, 1) || (is_dense && !vg_buf_append(&c->bytes, &offset, sizeof offset)))
        (void)vg_column_out_of_memory(c);
    else
        vg_column_appended(c);
}

void vgi_append_union(vgi_column *c, int32_t child)
{
    if (vg_column_ready(c) && is_of(c,
                                    (c->layout == VG_LAYOUT_SPARSE_UNION || c->layout == VG_LAYOUT_DENSE_UNION) &&
                                        child >= 0 && child < c->field->n_children,
                                    "vgi_append_union"))
        end_union(c, child);
}

/* ---- copies ----------------------------------------------------------------------------------------------------- */

static void copy_element(vgi_column *c, const vgi_array *array, int64_t i);

static void copy_union(vgi_column *c, const vgi_array *array, int64_t i)
{
    int64_t at;
    const vgi_array *member = vg_array_member(array, i, &at);

    if (!member) {
        vg_column_fail(c, VGI_ERR_VALUE, "a union value has a type code that is none of its type's");
        return;
    }
    copy_element(&c->children[member - array->children], member, at);
    end_union(c, (int32_t)(member - array->children));
}

static void copy_items(vgi_column *c, const vgi_array *array, int64_t i)
{
    int64_t begin, end;

    vgi_array_items(array, i, &begin, &end);
    for (int64_t item = begin; item < end && c->builder->sticky.status == VGI_OK; item++)
        copy_element(&c->children[0], &array->children[0], item);
    end_list(c);
}

static void copy_indexed(vgi_column *c, const vgi_array *array, int64_t i)
{
    const vgi_array *values = array->dictionary;
    const vg_layout layout = c->dictionary->layout;
    const int64_t at = vg_array_index(array, i);
    int64_t index;

    if (vgi_array_is_null(values, at)) {
        vgi_append_null(c);
        return;
    }
    if (layout == VG_LAYOUT_VARIABLE || (layout == VG_LAYOUT_FIXED && c->dictionary->width > 0)) {
        vgi_bytes bytes = vgi_array_blob(values, at);
        if (layout == VG_LAYOUT_FIXED)
            bytes = (vgi_bytes){(const uint8_t *)values->buffers[0] +
                                    (size_t)(values->offset + at) * (size_t)c->dictionary->width,
                                (size_t)c->dictionary->width};
        index = vg_column_lookup(c, bytes.data, bytes.size);
    } else { /* nested values are not compared: each is a new entry */
        copy_element(c->dictionary, values, at);
        index = c->builder->sticky.status == VGI_OK ? c->dictionary->length - 1 : -1;
    }
    if (index >= 0 && vg_column_put_index(c, index))
        vg_column_appended(c);
}

static void copy_fixed(vgi_column *c, const vgi_array *array, int64_t i)
{
    const uint8_t *values = array->buffers[0];
    const int64_t at = array->offset + i;
    const bool done =
        c->width ? vg_column_put_bytes(c, values + (size_t)at * (size_t)c->width, (size_t)c->width)
                 : vg_bits_append(&c->values, c->length, 1, c->field->type == VGI_TYPE_BOOL && vg_bit(values, at));

    if (done)
        vg_column_appended(c);
    else
        (void)vg_column_out_of_memory(c);
}

/* The array's type is known to equal the column's. */
static void copy_element(vgi_column *c, const vgi_array *array, int64_t i)
{
    vgi_bytes bytes;

    if (!vg_column_ready(c))
        return;
    if (c->layout != VG_LAYOUT_SPARSE_UNION && c->layout != VG_LAYOUT_DENSE_UNION && vgi_array_is_null(array, i)) {
        vgi_append_null(c);
        return;
    }
    switch (c->layout) {
    case VG_LAYOUT_NULL: /* is NULL, see above */
        break;
    case VG_LAYOUT_FIXED:
        copy_fixed(c, array, i);
        break;
    case VG_LAYOUT_VARIABLE:
        bytes = vgi_array_blob(array, i);
        if (vg_column_put_bytes(c, bytes.data, bytes.size))
            vg_column_appended(c);
        break;
    case VG_LAYOUT_LIST:
    case VG_LAYOUT_FIXED_LIST:
        copy_items(c, array, i);
        break;
    case VG_LAYOUT_STRUCT:
        for (int32_t k = 0; k < c->field->n_children; k++)
            copy_element(&c->children[k], &array->children[k], array->offset + i);
        end_struct(c);
        break;
    case VG_LAYOUT_SPARSE_UNION:
    case VG_LAYOUT_DENSE_UNION:
        copy_union(c, array, i);
        break;
    case VG_LAYOUT_DICTIONARY:
        copy_indexed(c, array, i);
        break;
    }
}

void vgi_append_value(vgi_column *c, const vgi_array *array, int64_t i)
{
    if (c->mode == VG_COLUMN_DROPPED) {
        c->length++;
        return;
    }
    if (!c->parent)
        vg_column_start(c);
    if (i < 0 || i >= array->length) {
        vg_column_fail(c, VGI_ERR_VALUE, "element %" PRId64 " is outside the array of %" PRId64, i, array->length);
    } else if (array->field != c->checked) {
        if (vg_type_equal(array->field, c->field))
            c->checked = array->field;
        else
            vg_column_fail(c, VGI_ERR_TYPE, "is %s, but the value's type is another (%s)",
                           vgi_type_name(c->field->type), vgi_type_name(array->field->type));
    }
    if (c->builder->sticky.status == VGI_OK)
        copy_element(c, array, i);
    else
        c->length++;
}
