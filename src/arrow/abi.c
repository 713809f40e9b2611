/* Arrays through the Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html): import
 * makes an uncopied view over an ArrowArray, export an ArrowArray over views. Schemas: abi_schema.c. */
#include "arrow/array.h"

#include <stdatomic.h>
#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"

enum { MAX_DEPTH = 64, MAX_BUFFERS = 3 };

/* The one offset of an array without elements, where its producer left the buffer out. */
static _Alignas(8) const uint8_t ZEROS[8];

/* Buffers that vgi_array keeps in `buffers`, by layout, and whether a validity bitmap stands before them. */
static const struct {
    int8_t buffers;
    bool has_validity;
} BUFFERS[] = {
    [VG_LAYOUT_NULL] = {0, false},         [VG_LAYOUT_FIXED] = {1, true},        [VG_LAYOUT_VARIABLE] = {2, true},
    [VG_LAYOUT_LIST] = {1, true},          [VG_LAYOUT_FIXED_LIST] = {0, true},   [VG_LAYOUT_STRUCT] = {0, true},
    [VG_LAYOUT_SPARSE_UNION] = {1, false}, [VG_LAYOUT_DENSE_UNION] = {2, false}, [VG_LAYOUT_DICTIONARY] = {1, true},
};

/* ---- import ----------------------------------------------------------------------------------------------------- */

static vgi_status bad(const vgi_field *field, const char *what, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_VALUE, "the ArrowArray of '%.*s' (%s) %s", VG_FMT(field->name),
                         vgi_type_name(field->type), what);
}

static vgi_status out_of_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for an ArrowArray");
}

/* What is loaded as an integer must be aligned as one; wider values are copied bytewise. */
static bool is_aligned(const vgi_field *field, const vgi_array *array)
{
    const vg_type_info *info = vg_type_info_of(field->type);
    const uintptr_t first = (uintptr_t)array->buffers[0], second = (uintptr_t)array->buffers[1];
    int32_t bytes = info->offset_bytes;

    if (info->layout == VG_LAYOUT_DICTIONARY || info->c_type != VG_C_NONE)
        bytes = vg_field_width_bits(field) / 8;
    if (info->layout == VG_LAYOUT_DENSE_UNION && second % sizeof(int32_t) != 0)
        return false;
    return bytes == 0 || first % (uintptr_t)bytes == 0;
}

static vgi_status import_buffers(const vgi_field *field, const struct ArrowArray *source, vgi_array *ret,
                                 vgi_error *err)
{
    const vg_layout layout = vg_type_info_of(field->type)->layout;
    const int skip = BUFFERS[layout].has_validity, n = BUFFERS[layout].buffers;

    if (source->length < 0 || source->offset < 0 || source->length > INT64_MAX - source->offset ||
        source->null_count < -1)
        return bad(field, "has a negative length or offset", err);
    if (source->n_buffers != skip + n)
        return bad(field, "does not have the number of buffers of its type", err);
    if (skip && source->null_count != 0)
        ret->validity = source->buffers[0];
    for (int i = 0; i < n; i++)
        ret->buffers[i] = source->buffers[skip + i];
    if (!ret->buffers[0] && source->length == 0 && vg_type_info_of(field->type)->offset_bytes) {
        ret->buffers[0] = ZEROS;
        ret->offset = 0;
    }
    return is_aligned(field, ret) ? VGI_OK : bad(field, "has a buffer that is not aligned to its values", err);
}

static vgi_status import_array(vg_arena *arena, const vgi_field *field, const struct ArrowArray *source, int depth,
                               vgi_array *ret, vgi_error *err);

static vgi_status import_parts(vg_arena *arena, const vgi_field *field, const struct ArrowArray *source, int depth,
                               vgi_array *ret, vgi_error *err)
{
    vgi_array *children;

    if (source->n_children != field->n_children)
        return bad(field, "does not have the number of children of its type", err);
    if (!(children = VG_NEW_ARRAY(arena, vgi_array, field->n_children)))
        return out_of_memory(err);
    for (int32_t i = 0; i < field->n_children; i++)
        VGI_TRY(import_array(arena, field->children[i], source->children[i], depth + 1, &children[i], err));
    ret->n_children = field->n_children;
    ret->children = children;
    if (field->type == VGI_TYPE_DICTIONARY) {
        vgi_array *values = VG_NEW(arena, vgi_array);

        if (!values)
            return out_of_memory(err);
        if (!source->dictionary)
            return bad(field, "has no dictionary", err);
        VGI_TRY(import_array(arena, field->dictionary, source->dictionary, depth + 1, values, err));
        ret->dictionary = values;
    }
    return VGI_OK;
}

static vgi_status import_array(vg_arena *arena, const vgi_field *field, const struct ArrowArray *source, int depth,
                               vgi_array *ret, vgi_error *err)
{
    if (depth > MAX_DEPTH)
        return bad(field, "is nested too deeply", err);
    if (!source || !source->release)
        return bad(field, "was released already", err);
    *ret = (vgi_array){
        .field = field, .length = source->length, .null_count = source->null_count, .offset = source->offset};
    VGI_TRY(import_buffers(field, source, ret, err));
    VGI_TRY(import_parts(arena, field, source, depth, ret, err));
    return vg_array_validate(ret, NULL, err);
}

vgi_status vg_array_import(vg_arena *arena, const vgi_field *field, const struct ArrowArray *source,
                           const vgi_array **ret, vgi_error *err)
{
    vgi_array *array = VG_NEW(arena, vgi_array);

    if (!array)
        return out_of_memory(err);
    VGI_TRY(import_array(arena, field, source, 0, array, err));
    *ret = array;
    return VGI_OK;
}

/* ---- export ----------------------------------------------------------------------------------------------------- */

/* The owner goes when the last array over its memory does: a consumer may keep a child longer than its parent. */
typedef struct shared_owner {
    atomic_int users;
    void (*release)(void *owner);
    void *owner;
} shared_owner;

/* The private memory of one exported array; its children, if it still has them, follow. */
typedef struct exported {
    shared_owner *shared;
    const void *buffers[MAX_BUFFERS];
    struct ArrowArray dictionary;
    struct ArrowArray **child_pointers;
    struct ArrowArray children[];
} exported;

static void let_go(shared_owner *shared)
{
    if (atomic_fetch_sub(&shared->users, 1) > 1)
        return;
    if (shared->release)
        shared->release(shared->owner);
    vg_free(shared);
}

static void release_array(struct ArrowArray *array)
{
    exported *e = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    array->release = NULL;
    let_go(e->shared);
    vg_free(e->child_pointers);
    vg_free(e);
}

/* An array without content that is released as one: what follows fills it in. */
static exported *begin_export(shared_owner *shared, int64_t n_children, struct ArrowArray *ret)
{
    exported *e;
    size_t size;

    if (!vg_mul_size((size_t)n_children, sizeof(struct ArrowArray), &size) || !(e = vg_malloc(sizeof *e + size)))
        return NULL;
    memset(e, 0, sizeof *e + size);
    e->child_pointers = vg_malloc((size_t)n_children * sizeof *e->child_pointers);
    if (!e->child_pointers) {
        vg_free(e);
        return NULL;
    }
    e->shared = shared;
    atomic_fetch_add(&shared->users, 1);
    *ret = (struct ArrowArray){
        .buffers = e->buffers, .children = e->child_pointers, .release = release_array, .private_data = e};
    return e;
}

static bool export_array(shared_owner *shared, const vgi_array *array, struct ArrowArray *ret);

/* Adds the next child; one that was made in part only is released at once. */
static bool export_child(shared_owner *shared, const vgi_array *array, struct ArrowArray *parent)
{
    struct ArrowArray *child = &((exported *)parent->private_data)->children[parent->n_children];

    if (!export_array(shared, array, child)) {
        if (child->release)
            child->release(child);
        return false;
    }
    parent->children[parent->n_children++] = child;
    return true;
}

static bool export_array(shared_owner *shared, const vgi_array *array, struct ArrowArray *ret)
{
    const vg_layout layout = vg_type_info_of(array->field->type)->layout;
    exported *e = begin_export(shared, array->n_children, ret);
    int n = 0;

    if (!e)
        return false;
    ret->length = array->length;
    ret->null_count = array->null_count;
    ret->offset = array->offset;
    if (BUFFERS[layout].has_validity)
        e->buffers[n++] = array->validity;
    for (int i = 0; i < BUFFERS[layout].buffers; i++)
        e->buffers[n++] = array->buffers[i] ? array->buffers[i] : ZEROS; /* only without elements */
    ret->n_buffers = n;
    while (ret->n_children < array->n_children)
        if (!export_child(shared, &array->children[ret->n_children], ret))
            return false;
    if (array->dictionary && layout == VG_LAYOUT_DICTIONARY) {
        ret->dictionary = &e->dictionary;
        return export_array(shared, array->dictionary, &e->dictionary);
    }
    return true;
}

static bool export_columns(shared_owner *shared, const vgi_batch *batch, struct ArrowArray *ret)
{
    if (!begin_export(shared, batch->n_columns, ret))
        return false;
    ret->length = batch->rows;
    ret->n_buffers = 1;
    while (ret->n_children < batch->n_columns)
        if (!export_child(shared, &batch->columns[ret->n_children], ret))
            return false;
    return true;
}

vgi_status vg_batch_export(const vgi_batch *batch, void (*release_owner)(void *owner), void *owner,
                           struct ArrowArray *ret, vgi_error *err)
{
    shared_owner *shared = vg_malloc(sizeof *shared);
    struct ArrowArray array = {0};
    bool done;

    if (!shared)
        return out_of_memory(err);
    /* Until all is made, the owner stays the caller's: one user more keeps it from being released. */
    *shared = (shared_owner){.owner = owner};
    atomic_init(&shared->users, 1);
    done = export_columns(shared, batch, &array);
    if (done) {
        shared->release = release_owner;
        *ret = array;
    } else if (array.release) {
        array.release(&array);
    }
    let_go(shared);
    return done ? VGI_OK : out_of_memory(err);
}
