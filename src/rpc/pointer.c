/* Batches that lie elsewhere, as both ends of a connection follow and write them: see pointer.h.
 *
 * A region is copied out and given back at once, so its owner has the memory again before the reply arrives. What is
 * sent goes from the columns into the segment in one write. */
#include "rpc/pointer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/type.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "rpc/keys.h"

enum { KEPT_INPUT_BYTES = 4 << 20, MIN_BATCH_BYTES = 128 << 10 };

static bool has(vgi_metadata metadata, const char *key)
{
    return vgi_metadata_get(metadata, key).data != NULL;
}

/* VGI_RPC_SHM_MIN_BATCH_BYTES, or what the measurements of rpc.md §9.3 say. */
size_t vg_pointer_min_bytes(void)
{
    const char *text = getenv("VGI_RPC_SHM_MIN_BATCH_BYTES");
    char *end;
    long long value;

    errno = 0;
    value = text ? strtoll(text, &end, 10) : -1;
    return value < 0 || errno || end == text || *end ? MIN_BATCH_BYTES : (size_t)value;
}

void vg_pointer_init(vg_pointers *pointers, const vg_limits *limits, size_t min_bytes, const char *why_not)
{
    *pointers = (vg_pointers){.limits = limits, .min_bytes = min_bytes};
    (void)vgi_error_set(&pointers->why_not, VGI_ERR_PROTOCOL, "%s", why_not);
}

vgi_status vg_pointer_share(vg_pointers *pointers, vg_shm *segment, vgi_error *err)
{
    vg_pointer_unshare(pointers);
    if (vg_writer_new(vg_shm_output(segment), &pointers->beside, err) != VGI_OK) {
        vg_shm_detach(segment);
        return VGI_ERR_MEMORY;
    }
    pointers->segment = segment;
    return VGI_OK;
}

void vg_pointer_unshare(vg_pointers *pointers)
{
    vg_writer_free(pointers->beside);
    vg_shm_detach(pointers->segment);
    pointers->beside = NULL;
    pointers->segment = NULL;
    pointers->may_send = false;
    pointers->is_used = false;
}

void vg_pointer_forget(vg_pointers *pointers)
{
    if (pointers->input.capacity > KEPT_INPUT_BYTES) {
        vg_buf_done(&pointers->input);
        pointers->input = (vg_buf){0};
    }
}

void vg_pointer_reset(vg_pointers *pointers)
{
    if (pointers->segment && pointers->is_used)
        (void)vg_shm_reset(pointers->segment, NULL);
    pointers->is_used = false;
}

void vg_pointer_done(vg_pointers *pointers)
{
    vg_pointer_unshare(pointers);
    vg_buf_done(&pointers->input);
    *pointers = (vg_pointers){0};
}

/* ---- following -------------------------------------------------------------------------------------------------- */

/* Decimal digits and nothing else (rpc.md §2). */
static bool parse_u64(vgi_string text, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9' || __builtin_mul_overflow(*ret, 10, ret) ||
            __builtin_add_overflow(*ret, (uint64_t)(text.data[i] - '0'), ret))
            return false;
    return text.size > 0;
}

static bool has_dictionary_column(const vgi_arrow_schema *schema)
{
    for (int32_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i]->type == VGI_TYPE_DICTIONARY)
            return true;
    return false;
}

/* Where the pointer leads: inside the segment or not, the segment will tell. */
static bool parse_place(const vgi_batch *pointer, uint64_t *ret_offset, uint64_t *ret_length)
{
    return parse_u64(vgi_metadata_get(pointer->metadata, VG_KEY_SHM_OFFSET), ret_offset) &&
           parse_u64(vgi_metadata_get(pointer->metadata, VG_KEY_SHM_LENGTH), ret_length);
}

/* The schema message that a region of dictionary columns lacks (rpc.md §9.2). */
static vgi_status put_schema(vg_pointers *pointers, const vgi_arrow_schema *schema, vgi_error *err)
{
    vgi_status status;

    if (!has_dictionary_column(schema))
        return VGI_OK;
    status = vg_writer_open(pointers->beside, schema, err);
    if (status == VGI_OK)
        status = vg_writer_take(pointers->beside, &pointers->input, err);
    vg_writer_discard(pointers->beside);
    return status;
}

/* Copies the region behind the schema message that it may lack, and gives it back, unless that is for others to do. */
static vgi_status copy_region(vg_pointers *pointers, const vgi_batch *pointer, vgi_error *err)
{
    uint64_t offset, length;

    if (!parse_place(pointer, &offset, &length))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "'%s' and '%s' must be decimal numbers", VG_KEY_SHM_OFFSET,
                             VG_KEY_SHM_LENGTH);
    if (length > (uint64_t)pointers->limits->max_shm_bytes)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a batch of %" PRIu64 " bytes in shared memory; the limit is %" PRId64,
                             length, pointers->limits->max_shm_bytes);
    if (!pointers->segment)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a batch points to shared memory: %s", pointers->why_not.message);
    pointers->input.size = 0;
    pointers->is_used = true;
    VGI_TRY(put_schema(pointers, pointer->schema, err));
    VGI_TRY(vg_shm_read(pointers->segment, offset, length, &pointers->input, err));
    return pointers->only_looks ? VGI_OK : vg_shm_release(pointers->segment, offset, err);
}

/* The columns must be those that the pointer declares. */
static vgi_status check_schema(const vgi_batch *pointer, const vgi_batch *found, vgi_error *err)
{
    bool equal = pointer->schema->n_fields == found->schema->n_fields;

    for (int32_t i = 0; equal && i < found->schema->n_fields; i++)
        equal = vg_field_equal(pointer->schema->fields[i], found->schema->fields[i]);
    return equal ? VGI_OK
                 : vgi_error_set(err, VGI_ERR_PROTOCOL, "the batch in shared memory is not of its pointer's schema");
}

static bool copy_text(vg_arena *arena, vgi_string from, vgi_string *ret)
{
    *ret = vg_arena_string(arena, from);
    return ret->data || !from.data;
}

/* The metadata of a pointer is that of its batch, but for what made it one. Copied: the batch may outlive the bytes of
 * its pointer. */
static vgi_status strip_metadata(vg_arena *arena, vgi_metadata from, vgi_metadata *ret, vgi_error *err)
{
    vgi_key_value *items = VG_NEW_ARRAY(arena, vgi_key_value, from.count + 1);
    bool fits = items != NULL;
    size_t n = 0;

    for (size_t i = 0; i < from.count && fits; i++)
        if (!vg_string_is(from.items[i].key, VG_KEY_SHM_OFFSET) &&
            !vg_string_is(from.items[i].key, VG_KEY_SHM_LENGTH)) {
            fits = copy_text(arena, from.items[i].key, &items[n].key) &&
                   copy_text(arena, from.items[i].value, &items[n].value);
            n++;
        }
    *ret = (vgi_metadata){items, n};
    return fits ? VGI_OK : vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
}

bool vg_pointer_is(const vgi_batch *batch)
{
    return batch->rows == 0 && batch->metadata.count > 0 && !has(batch->metadata, VG_KEY_LOG_LEVEL) &&
           (has(batch->metadata, VG_KEY_LOCATION) || has(batch->metadata, VG_KEY_SHM_OFFSET));
}

vgi_status vg_pointer_follow(vg_pointers *pointers, vg_arena *arena, const vgi_batch **batch, vgi_error *err)
{
    const vgi_batch *pointer = *batch, *found;
    vgi_metadata metadata;
    vgi_batch *copy;

    if (!vg_pointer_is(pointer))
        return VGI_OK;
    if (has(pointer->metadata, VG_KEY_LOCATION))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a batch points to external storage, which is not offered here");
    VGI_TRY(copy_region(pointers, pointer, err));
    VGI_TRY(
        vg_batch_decode(arena, (vgi_bytes){pointers->input.data, pointers->input.size}, pointers->limits, &found, err));
    VGI_TRY(check_schema(pointer, found, err));
    VGI_TRY(strip_metadata(arena, pointer->metadata, &metadata, err));
    copy = VG_NEW(arena, vgi_batch);
    if (!copy)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a batch");
    *copy = *found;
    copy->metadata = metadata;
    *batch = copy;
    pointers->n_followed++;
    return VGI_OK;
}

void vg_pointer_drop(vg_pointers *pointers, const vgi_batch *pointer)
{
    uint64_t offset, length;

    if (pointers->segment && parse_place(pointer, &offset, &length))
        (void)vg_shm_release(pointers->segment, offset, NULL);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* A region for what `beside` has queued, and the bytes in it. False: the batch stays in the stream. */
static bool fill_region(vg_pointers *pointers, uint64_t *ret_offset, uint64_t *ret_length)
{
    *ret_length = vg_writer_queued(pointers->beside);
    if (vg_shm_reserve(pointers->segment, *ret_length, ret_offset, NULL) != VGI_OK)
        return false;
    vg_shm_output_at(pointers->segment, *ret_offset);
    pointers->is_used = true;
    if (vg_writer_flush(pointers->beside, NULL) == VGI_OK)
        return true;
    (void)vg_shm_release(pointers->segment, *ret_offset, NULL);
    return false;
}

static bool put_beside(vg_pointers *pointers, const vgi_batch *batch, uint64_t *ret_offset, uint64_t *ret_length)
{
    vg_writer *beside = pointers->beside;
    vgi_batch plain = *batch;
    bool bare = has_dictionary_column(batch->schema), done;

    plain.metadata = (vgi_metadata){0};
    done = (bare ? vg_writer_open_bare(beside, batch->schema, NULL) : vg_writer_open(beside, batch->schema, NULL)) ==
               VGI_OK &&
           vg_writer_batch(beside, &plain, NULL) == VGI_OK && (bare || vg_writer_close(beside, NULL) == VGI_OK) &&
           fill_region(pointers, ret_offset, ret_length);
    vg_writer_discard(beside);
    return done;
}

/* In place of the batch: one of no rows with its metadata and where it lies. */
static vgi_status queue_pointer(vg_writer *writer, vg_arena *arena, vgi_metadata metadata, uint64_t offset,
                                uint64_t length, vgi_error *err)
{
    vgi_key_value *items = VG_NEW_ARRAY(arena, vgi_key_value, metadata.count + 2);

    if (!items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
    if (metadata.count > 0)
        memcpy(items, metadata.items, metadata.count * sizeof *items);
    items[metadata.count] = (vgi_key_value){vgi_str(VG_KEY_SHM_OFFSET), vg_arena_printf(arena, "%" PRIu64, offset)};
    items[metadata.count + 1] = (vgi_key_value){vgi_str(VG_KEY_SHM_LENGTH), vg_arena_printf(arena, "%" PRIu64, length)};
    if (!items[metadata.count].value.data || !items[metadata.count + 1].value.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
    return vg_writer_empty(writer, (vgi_metadata){items, metadata.count + 2}, err);
}

vgi_status vg_pointer_queue(vg_pointers *pointers, vg_writer *writer, vg_arena *arena, const vgi_batch *batch,
                            vgi_error *err)
{
    uint64_t offset, length;
    vgi_status status;

    VGI_TRY(vg_writer_batch(writer, batch, err));
    if (!pointers->may_send || batch->rows == 0 || vg_writer_last(writer) < pointers->min_bytes ||
        !put_beside(pointers, batch, &offset, &length))
        return VGI_OK;
    vg_writer_undo(writer);
    status = queue_pointer(writer, arena, batch->metadata, offset, length, err);
    if (status != VGI_OK)
        (void)vg_shm_release(pointers->segment, offset, NULL);
    else
        pointers->n_sent++;
    return status;
}
