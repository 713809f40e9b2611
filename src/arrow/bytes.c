/* How many bytes the buffers of a batch hold: what statistics say of it. Called by rpc/event. */
#include "arrow/array.h"
#include "arrow/type.h"

/* Bytes between the first and the last offset of a variable layout. */
static int64_t span(const vgi_array *array, int32_t offset_bytes)
{
    if (array->length == 0 || !array->buffers[0])
        return 0;
    if (offset_bytes == 4) {
        const int32_t *offsets = (const int32_t *)array->buffers[0] + array->offset;
        return offsets[array->length] - offsets[0];
    }
    const int64_t *offsets = (const int64_t *)array->buffers[0] + array->offset;
    return offsets[array->length] - offsets[0];
}

static int64_t array_bytes(const vgi_array *array)
{
    const vg_type_info *info = vg_type_info_of(array->field->type);
    int64_t n = array->length, bytes = array->validity ? (n + 7) / 8 : 0;

    if (info->layout == VG_LAYOUT_FIXED || info->layout == VG_LAYOUT_DICTIONARY)
        bytes += (n * vg_field_width_bits(array->field) + 7) / 8;
    else if (info->layout == VG_LAYOUT_VARIABLE)
        bytes += (n + 1) * info->offset_bytes + span(array, info->offset_bytes);
    else if (info->layout == VG_LAYOUT_LIST)
        bytes += (n + 1) * info->offset_bytes;
    else if (info->layout == VG_LAYOUT_SPARSE_UNION || info->layout == VG_LAYOUT_DENSE_UNION)
        bytes += info->layout == VG_LAYOUT_DENSE_UNION ? 5 * n : n;
    for (int64_t i = 0; i < array->n_children; i++)
        bytes += array_bytes(&array->children[i]);
    if (array->dictionary)
        bytes += array_bytes(array->dictionary);
    return bytes;
}

int64_t vg_batch_bytes(const vgi_batch *batch)
{
    int64_t bytes = 0;

    for (int32_t i = 0; i < batch->n_columns; i++)
        bytes += array_bytes(&batch->columns[i]);
    return bytes;
}
