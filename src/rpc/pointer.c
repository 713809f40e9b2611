/* Batches that lie elsewhere (rpc.md §9, §12): a batch of no rows that points into the client's shared memory stands
 * for the batch there, both ways. External storage is not offered: such a pointer is an error, as is every pointer that
 * cannot be followed; never an empty batch. rpc/check asks for requests, rpc/stream for input, rpc/reply and rpc/stream
 * for what is sent.
 *
 * A region is copied out and given back at once, so the client has its memory again before it sees the reply. What
 * is sent goes from the columns into the segment in one write. */
#include <inttypes.h>
#include <string.h>

#include "arrow/type.h"
#include "base/str.h"
#include "rpc/keys.h"
#include "rpc/session.h"

enum { KEPT_INPUT_BYTES = 4 << 20 };

static bool has(vgi_metadata metadata, const char *key)
{
    return vgi_metadata_get(metadata, key).data != NULL;
}

void vg_pointer_forget(vg_pointers *pointers)
{
    pointers->may_answer = false;
    if (pointers->input.capacity > KEPT_INPUT_BYTES) {
        vg_buf_done(&pointers->input);
        pointers->input = (vg_buf){0};
    }
}

void vg_pointer_done(vg_pointers *pointers)
{
    vg_writer_free(pointers->beside);
    vg_shm_detach(pointers->segment);
    vg_buf_done(&pointers->input);
    *pointers = (vg_pointers){0};
}

/* ---- attaching -------------------------------------------------------------------------------------------------- */

/* Attaches the segment of that name. A failure is told only to a pointer into it: batches in the stream need none. */
static void attach(vg_session *session, vgi_string name)
{
    vg_pointers *pointers = &session->pointers;
    vgi_error *why = &pointers->why_not;

    if (pointers->segment && vg_shm_is_named(pointers->segment, name))
        return;
    vg_pointer_done(pointers);
    if (!vg_connection_is_local(session->connection))
        (void)vgi_error_set(why, VGI_ERR_RUNTIME, "memory is shared over pipes and unix sockets only");
    else if (vg_shm_attach(name, &pointers->segment, why) == VGI_OK &&
             vg_writer_new(vg_shm_output(pointers->segment), &pointers->beside, why) != VGI_OK) {
        vg_shm_detach(pointers->segment);
        pointers->segment = NULL;
    }
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

/* Copies the region behind the schema message that it may lack (rpc.md §9.2), and gives it back. */
static vgi_status copy_region(vg_session *session, vg_arena *arena, const vgi_batch *pointer, vgi_error *err)
{
    vg_pointers *pointers = &session->pointers;
    uint64_t offset, length;
    vgi_bytes schema;

    if (!parse_u64(vgi_metadata_get(pointer->metadata, VG_KEY_SHM_OFFSET), &offset) ||
        !parse_u64(vgi_metadata_get(pointer->metadata, VG_KEY_SHM_LENGTH), &length))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "'%s' and '%s' must be decimal numbers", VG_KEY_SHM_OFFSET,
                             VG_KEY_SHM_LENGTH);
    if (length > (uint64_t)session->server->limits.max_shm_bytes)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a batch of %" PRIu64 " bytes in shared memory; the limit is %" PRId64,
                             length, session->server->limits.max_shm_bytes);
    if (!pointers->segment)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a batch points to shared memory: %s",
                             pointers->why_not.status != VGI_OK ? pointers->why_not.message
                                                                : "no request has named a segment");
    pointers->input.size = 0;
    if (has_dictionary_column(pointer->schema)) {
        VGI_TRY(vg_schema_encode(arena, pointer->schema, &schema, err));
        if (!vg_buf_append(&pointers->input, schema.data, schema.size))
            return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a schema");
    }
    VGI_TRY(vg_shm_read(pointers->segment, offset, length, &pointers->input, err));
    return vg_shm_release(pointers->segment, offset, err);
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

/* The metadata of a pointer is that of its batch, but for what made it one. */
static vgi_status strip_metadata(vg_arena *arena, vgi_metadata from, vgi_metadata *ret, vgi_error *err)
{
    vgi_key_value *items = VG_NEW_ARRAY(arena, vgi_key_value, from.count + 1);
    size_t n = 0;

    if (!items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
    for (size_t i = 0; i < from.count; i++)
        if (!vg_string_is(from.items[i].key, VG_KEY_SHM_OFFSET) && !vg_string_is(from.items[i].key, VG_KEY_SHM_LENGTH))
            items[n++] = from.items[i];
    *ret = (vgi_metadata){items, n};
    return VGI_OK;
}

vgi_status vg_pointer_follow(vg_session *session, vg_arena *arena, const vgi_batch **batch, vgi_error *err)
{
    const vgi_batch *pointer = *batch, *found;
    vgi_metadata metadata;
    vgi_bytes bytes;
    vgi_batch *copy;

    if (pointer->rows > 0 || pointer->metadata.count == 0 || has(pointer->metadata, VG_KEY_LOG_LEVEL))
        return VGI_OK;
    if (has(pointer->metadata, VG_KEY_LOCATION))
        return vgi_error_set(err, VGI_ERR_PROTOCOL,
                             "a batch points to external storage, which this server does not offer");
    if (!has(pointer->metadata, VG_KEY_SHM_OFFSET))
        return VGI_OK;
    VGI_TRY(copy_region(session, arena, pointer, err));
    bytes = (vgi_bytes){session->pointers.input.data, session->pointers.input.size};
    VGI_TRY(vg_batch_decode(arena, bytes, &session->server->limits, &found, err));
    VGI_TRY(check_schema(pointer, found, err));
    VGI_TRY(strip_metadata(arena, pointer->metadata, &metadata, err));
    copy = VG_NEW(arena, vgi_batch);
    if (!copy)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a batch");
    *copy = *found;
    copy->metadata = metadata;
    *batch = copy;
    return VGI_OK;
}

vgi_status vg_pointer_request(vg_session *session, vgi_error *err)
{
    vgi_metadata metadata = session->call.metadata;
    vgi_string name = vgi_metadata_get(metadata, VG_KEY_SHM_NAME);

    if (name.data)
        attach(session, name);
    session->pointers.may_answer = session->pointers.segment && (name.data || has(metadata, VG_KEY_SHM_OFFSET));
    return vg_pointer_follow(session, &session->arena, &session->params, err);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* A region for what `beside` has queued, and the bytes in it. False: the batch stays in the stream. */
static bool fill_region(vg_pointers *pointers, uint64_t *ret_offset, uint64_t *ret_length)
{
    *ret_length = vg_writer_queued(pointers->beside);
    if (vg_shm_reserve(pointers->segment, *ret_length, ret_offset, NULL) != VGI_OK)
        return false;
    vg_shm_output_at(pointers->segment, *ret_offset);
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
static vgi_status queue_pointer(vg_session *session, vgi_metadata metadata, uint64_t offset, uint64_t length,
                                vgi_error *err)
{
    vg_arena *arena = session->call.turn_arena;
    vgi_key_value *items = VG_NEW_ARRAY(arena, vgi_key_value, metadata.count + 2);

    if (!items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
    if (metadata.count > 0)
        memcpy(items, metadata.items, metadata.count * sizeof *items);
    items[metadata.count] = (vgi_key_value){vgi_str(VG_KEY_SHM_OFFSET), vg_arena_printf(arena, "%" PRIu64, offset)};
    items[metadata.count + 1] = (vgi_key_value){vgi_str(VG_KEY_SHM_LENGTH), vg_arena_printf(arena, "%" PRIu64, length)};
    if (!items[metadata.count].value.data || !items[metadata.count + 1].value.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for metadata");
    return vg_writer_empty(session->writer, (vgi_metadata){items, metadata.count + 2}, err);
}

vgi_status vg_pointer_queue(vg_session *session, const vgi_batch *batch, vgi_error *err)
{
    vg_pointers *pointers = &session->pointers;
    uint64_t offset, length;
    vgi_status status;

    VGI_TRY(vg_writer_batch(session->writer, batch, err));
    if (!pointers->may_answer || batch->rows == 0 || vg_writer_last(session->writer) < session->server->shm_min_bytes ||
        !put_beside(pointers, batch, &offset, &length))
        return VGI_OK;
    vg_writer_undo(session->writer);
    status = queue_pointer(session, batch->metadata, offset, length, err);
    if (status != VGI_OK)
        (void)vg_shm_release(pointers->segment, offset, NULL);
    return status;
}
