/* Arrays: validation of views, the builder behind vgi_column, and the Arrow C data interface without a copy. */
#ifndef VG_ARROW_ARRAY_H
#define VG_ARROW_ARRAY_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "base/buf.h"

static inline bool vg_bit(const uint8_t *bits, int64_t i)
{
    return bits[i >> 3] >> (i & 7) & 1;
}

/* The index that element `i` of a dictionary array has into the values. */
int64_t vg_array_index(const vgi_array *array, int64_t i);

/* The member array that holds element `i` of a union, and where; NULL for a type code that does not exist. */
const vgi_array *vg_array_member(const vgi_array *array, int64_t i, int64_t *ret_at);

/* ---- validation (arrow/validate.c) ------------------------------------------------------------------------------ */

/* Sizes in bytes of a view's buffers, where they are known: what came from a peer. */
typedef struct vg_buffer_sizes {
    int64_t validity;
    int64_t buffers[2];
} vg_buffer_sizes;

/* Checks an array's own buffers (not its children's): sizes cover length + offset, offsets start at or above 0, never
 * fall and stay inside bytes and child, type codes exist, dictionary indices are inside the dictionary, text is UTF-8.
 * `sizes` NULL: sizes are trusted (an imported ArrowArray). Null slots are not looked into, but their offsets are.
 * Errors name the field. */
vgi_status vg_array_validate(const vgi_array *array, const vg_buffer_sizes *sizes, vgi_error *err);

/* The number of NULLs: null_count, counted now if it is -1. */
int64_t vg_array_null_count(const vgi_array *array);

/* True if the two arrays hold equal values (types must be equal; bytes under NULL do not count). For tests and
 * caches. */
bool vg_array_equal(const vgi_array *a, const vgi_array *b);

/* The bytes that the buffers of a batch hold, framing and padding not counted (arrow/bytes.c). */
int64_t vg_batch_bytes(const vgi_batch *batch);

/* ---- building (arrow/build.c) ----------------------------------------------------------------------------------- */

/* A batch builder: the owner of the columns of one output stream, reused for every batch. Heap memory, grown as needed
 * and kept. `err` receives the sticky error. `schema` is borrowed and must outlive the builder. */
typedef struct vg_builder vg_builder;
vgi_status vg_builder_new(const vgi_arrow_schema *schema, vgi_error *err, vg_builder **ret);
void vg_builder_free(vg_builder *builder);

/* Starts an empty batch with room for `capacity` rows; forgets the previous one and its metadata. The batch is valid
 * until the next begin. NULL when out of memory. */
vgi_batch *vg_builder_begin(vg_builder *builder, int64_t capacity);

/* Before anything is written: the bitmap, `capacity` bits, of the rows that appended values fill (see vgi_append_null);
 * the others become NULL, also where a column is written through its array. NULL: all. The bitmap is borrowed until the
 * batch is written: it serves as validity. */
void vg_batch_show(vgi_batch *out, const uint8_t *visible);

/* Before anything is written: vgi_out_column(out, i) is column positions[i] of the builder for i < n; -1: a column that
 * nobody asked for, which takes values and drops them. Kept for later batches of the builder. */
vgi_status vg_batch_project(vgi_batch *out, const int32_t *positions, int32_t n, vgi_error *err);

/* Before it is finished: column j of the builder is once more what column source[j] is, for those j < n where that is
 * not -1; nobody writes them. Borrowed, and kept, as long as the builder. */
void vg_batch_repeat(vgi_batch *out, const int32_t *source, int32_t n);

/* Ends the batch. If only appends were used and batch->rows is still 0, it becomes their number. It is then checked
 * against every column (all must have that many rows; where vg_batch_show was called, trailing invisible rows are
 * filled), and batch->columns becomes the views to write. Non-nullable fields must have no NULL. Fails with the
 * sticky error. */
vgi_status vg_builder_finish(vg_builder *builder, vgi_error *err);
/* The same, early: for who wants to look at what an author has written. vg_builder_finish still follows. */
vgi_status vg_batch_settle(vgi_batch *out, vgi_error *err);

/* ---- Arrow C data interface (arrow/abi.c) ------------------------------------------------------------------------ */

/* A view over an ArrowArray, uncopied, allocated in the arena, validated; `source` must outlive it. */
vgi_status vg_array_import(vg_arena *arena, const vgi_field *field, const struct ArrowArray *source,
                           const vgi_array **ret, vgi_error *err);

/* An ArrowArray (struct of the columns) over a batch, uncopied: `release_owner(owner)` is called when it is
 * released. */
vgi_status vg_batch_export(const vgi_batch *batch, void (*release_owner)(void *owner), void *owner,
                           struct ArrowArray *ret, vgi_error *err);

#endif
