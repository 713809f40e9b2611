/* Writing streams: which messages are due, and the one write that sends them. See writer.h; messages are made by
 * encode.c, bodies by body.c. Called by rpc/ for the connection and by protocol/ for records inside binary cells. */
#include "ipc/writer.h"

#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/body.h"
#include "ipc/encode.h"

enum { KEPT_BYTES = 1 << 20 }; /* of a dictionary, and of scratch, for the next stream */

/* What the peer was last sent of a dictionary: nodes, buffers and body. Compared by value: an address may be reused. */
typedef struct sent_dictionary {
    vg_buf content;
    bool is_sent;
} sent_dictionary;

struct vg_writer {
    vg_output *output;
    const vgi_arrow_schema *schema; /* of the open stream, or NULL */
    vg_encoder encoder;
    vg_queue queue;
    vg_queue probe;         /* where a dictionary is laid out to be compared */
    vg_buf dictionaries;    /* sent_dictionary, by id */
    int64_t n_dictionaries; /* of the open schema */
    vg_buf iovecs;
    vg_queue_mark before_last; /* where the last batch begins */
    /* Of vg_stream_encode: the schema that the last stream began with, as a message. */
    const vgi_arrow_schema *message_of;
    vg_buf message;
};

static void writer_done(vg_writer *w)
{
    const size_t n = w->dictionaries.size / sizeof(sent_dictionary);

    for (size_t i = 0; i < n; i++)
        vg_buf_done(&((sent_dictionary *)(void *)w->dictionaries.data)[i].content);
    vg_buf_done(&w->dictionaries);
    vg_buf_done(&w->iovecs);
    vg_buf_done(&w->message);
    vg_queue_done(&w->queue);
    vg_queue_done(&w->probe);
    vg_encoder_done(&w->encoder);
}

vgi_status vg_writer_new(vg_output *output, vg_writer **ret, vgi_error *err)
{
    vg_writer *w = vg_malloc(sizeof *w);

    if (!w)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a writer");
    *w = (vg_writer){.output = output};
    *ret = w;
    return VGI_OK;
}

void vg_writer_free(vg_writer *w)
{
    if (!w)
        return;
    writer_done(w);
    vg_free(w);
}

static vgi_status settle(vg_writer *w, vgi_error *err)
{
    return w->queue.has_failed ? vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a message") : VGI_OK;
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void forget_dictionaries(vg_writer *w)
{
    const size_t n = w->dictionaries.size / sizeof(sent_dictionary);

    for (size_t i = 0; i < n; i++)
        ((sent_dictionary *)(void *)w->dictionaries.data)[i].is_sent = false;
}

static void shrink(vg_buf *buf)
{
    if (buf->capacity > KEPT_BYTES)
        vg_buf_done(buf);
}

/* Between streams: what one huge dictionary took is given back. */
static void give_back(vg_writer *w)
{
    const size_t n = w->dictionaries.size / sizeof(sent_dictionary);

    for (size_t i = 0; i < n; i++)
        shrink(&((sent_dictionary *)(void *)w->dictionaries.data)[i].content);
    shrink(&w->probe.scratch);
    if (w->queue.parts.size == 0)
        shrink(&w->queue.scratch);
}

static vgi_status queue_schema(vg_writer *w, const vgi_arrow_schema *schema, vgi_error *err)
{
    vgi_bytes metadata;
    size_t bytes;

    VGI_TRY(vg_encode_schema(&w->encoder, schema, &metadata, err));
    vg_queue_message(&w->queue, metadata);
    bytes = (size_t)w->encoder.dictionary * sizeof(sent_dictionary);
    if (bytes > w->dictionaries.size && !vg_buf_append_zeros(&w->dictionaries, bytes - w->dictionaries.size))
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for the dictionaries of a stream");
    return settle(w, err);
}

vgi_status vg_writer_open(vg_writer *w, const vgi_arrow_schema *schema, vgi_error *err)
{
    const vg_queue_mark mark = vg_queue_here(&w->queue);
    vgi_status status;

    give_back(w);
    status = queue_schema(w, schema, err);
    if (status != VGI_OK) {
        vg_queue_back(&w->queue, mark);
        return status;
    }
    forget_dictionaries(w);
    w->schema = schema;
    w->n_dictionaries = w->encoder.dictionary;
    return VGI_OK;
}

/* Encoding the schema counts its dictionaries and makes room for them; the message itself is dropped. */
vgi_status vg_writer_open_bare(vg_writer *w, const vgi_arrow_schema *schema, vgi_error *err)
{
    const vg_queue_mark mark = vg_queue_here(&w->queue);

    VGI_TRY(vg_writer_open(w, schema, err));
    vg_queue_back(&w->queue, mark);
    return VGI_OK;
}

vgi_status vg_writer_close(vg_writer *w, vgi_error *err)
{
    w->schema = NULL;
    vg_queue_message(&w->queue, (vgi_bytes){0});
    return settle(w, err);
}

/* ---- dictionaries ----------------------------------------------------------------------------------------------- */

static bool is_same(const sent_dictionary *sent, const vg_queue *probe)
{
    const vg_buf *heads[] = {&probe->nodes, &probe->buffers};
    const vg_part *parts = (const vg_part *)(const void *)probe->parts.data;
    const size_t n = probe->parts.size / sizeof *parts;
    const uint8_t *at = sent->content.data;

    if (!sent->is_sent || sent->content.size != probe->nodes.size + probe->buffers.size + (size_t)probe->body_size)
        return false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; at += heads[i++]->size)
        if (heads[i]->size && memcmp(at, heads[i]->data, heads[i]->size) != 0)
            return false;
    for (size_t i = 0; i < n; at += parts[i++].size)
        if (memcmp(at, parts[i].data ? parts[i].data : probe->scratch.data + parts[i].offset, parts[i].size) != 0)
            return false;
    return true;
}

static bool remember(sent_dictionary *sent, const vg_queue *probe)
{
    const vg_part *parts = (const vg_part *)(const void *)probe->parts.data;
    const size_t n = probe->parts.size / sizeof *parts;

    sent->is_sent = false;
    sent->content.size = 0;
    if (!vg_buf_append(&sent->content, probe->nodes.data, probe->nodes.size) ||
        !vg_buf_append(&sent->content, probe->buffers.data, probe->buffers.size))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!vg_buf_append(&sent->content, parts[i].data ? parts[i].data : probe->scratch.data + parts[i].offset,
                           parts[i].size))
            return false;
    sent->is_sent = true;
    return true;
}

/* Queues dictionary `id` if it is not what the peer has already. Its bytes are copied, so that the next batch of the
 * same flush may bring another. */
static vgi_status send_dictionary(vg_writer *w, int64_t id, const vgi_field *field, const vgi_array *values,
                                  bool must_send, bool *ret_sent, vgi_error *err)
{
    sent_dictionary *sent = &((sent_dictionary *)(void *)w->dictionaries.data)[id];
    vg_queue *probe = &w->probe;
    vg_batch_head head;
    vgi_bytes metadata;

    if (sent->is_sent && !values)
        return VGI_OK;
    vg_queue_back(probe, (vg_queue_mark){0});
    vg_body_begin(probe);
    vg_body_array(probe, field, values);
    if (probe->has_failed)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a dictionary");
    if (!must_send && is_same(sent, probe))
        return VGI_OK;
    if (!remember(sent, probe))
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a dictionary");
    head = vg_body_head(probe, values ? values->length : 0);
    VGI_TRY(vg_encode_dictionary(&w->encoder, id, &head, &metadata, err));
    vg_queue_message(&w->queue, metadata);
    vg_queue_copy(&w->queue, sent->content.data + probe->nodes.size + probe->buffers.size, (size_t)head.body_size);
    *ret_sent = true;
    return VGI_OK;
}

/* Depth-first, numbered as vg_encode_schema does: a dictionary's number comes before those inside it, but the inner
 * ones are sent first. Where an inner one changed, the outer one is sent again with it. */
static vgi_status send_dictionaries(vg_writer *w, const vgi_field *field, const vgi_array *array, int64_t *id,
                                    bool *ret_sent, vgi_error *err)
{
    const bool is_encoded = field->type == VGI_TYPE_DICTIONARY;
    const vgi_field *values_field = is_encoded ? field->dictionary : field;
    const vgi_array *values = is_encoded && array ? array->dictionary : array;
    const int64_t own = is_encoded ? (*id)++ : -1;
    bool inner_sent = false;

    for (int32_t i = 0; i < values_field->n_children; i++)
        VGI_TRY(send_dictionaries(w, values_field->children[i], values ? &values->children[i] : NULL, id, &inner_sent,
                                  err));
    if (is_encoded)
        VGI_TRY(send_dictionary(w, own, values_field, values, inner_sent, &inner_sent, err));
    *ret_sent = *ret_sent || inner_sent;
    return VGI_OK;
}

/* ---- batches ---------------------------------------------------------------------------------------------------- */

static vgi_status check_batch(const vg_writer *w, const vgi_batch *batch, vgi_error *err)
{
    const vgi_arrow_schema *schema = w->schema;

    if (batch->n_columns != schema->n_fields)
        return vgi_error_set(err, VGI_ERR_TYPE, "a batch has %d columns where its stream has %d", batch->n_columns,
                             schema->n_fields);
    for (int32_t i = 0; i < schema->n_fields; i++) {
        const vgi_array *column = &batch->columns[i];

        if (!vg_type_equal(column->field, schema->fields[i]))
            return vgi_error_set(err, VGI_ERR_TYPE, "column '%.*s' is %s where its stream has another type (%s)",
                                 VG_FMT(schema->fields[i]->name), vgi_type_name(column->field->type),
                                 vgi_type_name(schema->fields[i]->type));
        if (column->length != batch->rows)
            return vgi_error_set(err, VGI_ERR_TYPE, "column '%.*s' has %lld values where the batch has %lld rows",
                                 VG_FMT(schema->fields[i]->name), (long long)column->length, (long long)batch->rows);
    }
    return VGI_OK;
}

/* `columns` NULL: no rows. */
static vgi_status queue_batch(vg_writer *w, const vgi_array *columns, int64_t rows, vgi_metadata metadata,
                              vgi_error *err)
{
    const vgi_arrow_schema *schema = w->schema;
    vg_queue *q = &w->queue;
    bool is_sent = false;
    vg_batch_head head;
    vgi_bytes message;
    int64_t id = 0;

    for (int32_t i = 0; w->n_dictionaries > 0 && i < schema->n_fields; i++)
        VGI_TRY(send_dictionaries(w, schema->fields[i], columns ? &columns[i] : NULL, &id, &is_sent, err));
    vg_body_begin(q);
    for (int32_t i = 0; i < schema->n_fields; i++)
        vg_body_array(q, schema->fields[i], columns ? &columns[i] : NULL);
    head = vg_body_head(q, rows);
    VGI_TRY(vg_encode_batch(&w->encoder, &head, metadata, &message, err));
    vg_body_end(q, message);
    return settle(w, err);
}

/* All of a batch is queued or nothing of it. */
static vgi_status put_batch(vg_writer *w, const vgi_array *columns, int64_t rows, vgi_metadata metadata, vgi_error *err)
{
    const vg_queue_mark mark = vg_queue_here(&w->queue);
    const vgi_status status = queue_batch(w, columns, rows, metadata, err);

    w->before_last = mark;
    if (status != VGI_OK) {
        vg_queue_back(&w->queue, mark);
        forget_dictionaries(w);
    }
    return status;
}

static vgi_status check_open(const vg_writer *w, vgi_error *err)
{
    return w->schema ? VGI_OK : vgi_error_set(err, VGI_ERR_RUNTIME, "a batch was written to no open stream");
}

vgi_status vg_writer_batch(vg_writer *w, const vgi_batch *batch, vgi_error *err)
{
    VGI_TRY(check_open(w, err));
    VGI_TRY(check_batch(w, batch, err));
    return put_batch(w, batch->columns, batch->rows, batch->metadata, err);
}

vgi_status vg_writer_empty(vg_writer *w, vgi_metadata metadata, vgi_error *err)
{
    VGI_TRY(check_open(w, err));
    return put_batch(w, NULL, 0, metadata, err);
}

/* ---- taking back ------------------------------------------------------------------------------------------------ */

static size_t bytes_from(const vg_queue *q, size_t first)
{
    const vg_part *parts = (const vg_part *)(const void *)q->parts.data;
    const size_t n = q->parts.size / sizeof *parts;
    size_t size = 0;

    for (size_t i = first / sizeof *parts; i < n; i++)
        size += parts[i].size;
    return size;
}

size_t vg_writer_queued(const vg_writer *w)
{
    return bytes_from(&w->queue, 0);
}

size_t vg_writer_last(const vg_writer *w)
{
    return bytes_from(&w->queue, w->before_last.parts);
}

/* The peer will not see the dictionaries that are taken back with it. */
void vg_writer_undo(vg_writer *w)
{
    vg_queue_back(&w->queue, w->before_last);
    forget_dictionaries(w);
}

void vg_writer_discard(vg_writer *w)
{
    vg_queue_back(&w->queue, (vg_queue_mark){0});
    w->queue.barrier = 0;
    w->before_last = (vg_queue_mark){0};
    forget_dictionaries(w);
}

/* ---- out -------------------------------------------------------------------------------------------------------- */

static const void *part_data(const vg_queue *q, const vg_part *part)
{
    return part->data ? part->data : q->scratch.data + part->offset;
}

vgi_status vg_writer_flush(vg_writer *w, vgi_error *err)
{
    vg_queue *q = &w->queue;
    const vg_part *parts = (const vg_part *)(const void *)q->parts.data;
    const size_t n = q->parts.size / sizeof *parts;
    vgi_status status = VGI_OK;

    w->iovecs.size = 0;
    for (size_t i = 0; i < n && status == VGI_OK; i++) {
        /* writev does not write through iov_base, though its type says that it might. */
        const struct iovec iovec = {(void *)(uintptr_t)part_data(q, &parts[i]), parts[i].size};
        if (!vg_buf_append(&w->iovecs, &iovec, sizeof iovec))
            status = vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a write");
    }
    if (status == VGI_OK && n > 0)
        status = w->output->write(w->output, (struct iovec *)(void *)w->iovecs.data, (int)n, err);
    vg_queue_back(q, (vg_queue_mark){0});
    q->barrier = 0;
    w->before_last = (vg_queue_mark){0};
    return status;
}

vgi_status vg_writer_take(vg_writer *w, vg_buf *to, vgi_error *err)
{
    const vg_part *parts = (const vg_part *)(const void *)w->queue.parts.data;
    const size_t n = w->queue.parts.size / sizeof *parts;
    bool fits = vg_buf_reserve(to, vg_writer_queued(w));

    for (size_t i = 0; i < n && fits; i++)
        fits = vg_buf_append(to, part_data(&w->queue, &parts[i]), parts[i].size);
    vg_writer_discard(w);
    return fits ? VGI_OK : vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a message");
}

/* ---- into memory ------------------------------------------------------------------------------------------------ */

/* What is queued, behind `head`. */
static vgi_status gather(const vg_queue *q, vgi_bytes head, vg_arena *arena, vgi_bytes *ret, vgi_error *err)
{
    const vg_part *parts = (const vg_part *)(const void *)q->parts.data;
    const size_t n = q->parts.size / sizeof *parts;
    size_t size = head.size;
    uint8_t *bytes;

    for (size_t i = 0; i < n; i++)
        size += parts[i].size;
    bytes = vg_arena_alloc(arena, size);
    if (!bytes)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a record of %zu bytes", size);
    *ret = (vgi_bytes){bytes, size};
    if (head.size > 0)
        memcpy(bytes, head.data, head.size);
    bytes += head.size;
    for (size_t i = 0; i < n; bytes += parts[i++].size)
        memcpy(bytes, part_data(q, &parts[i]), parts[i].size);
    return VGI_OK;
}

/* `batch` NULL: the schema message only. */
static vgi_status encode(vg_writer *w, vg_arena *arena, const vgi_arrow_schema *schema, const vgi_batch *batch,
                         vgi_bytes *ret, vgi_error *err)
{
    VGI_TRY(vg_writer_open(w, schema, err));
    if (batch) {
        VGI_TRY(vg_writer_batch(w, batch, err));
        VGI_TRY(vg_writer_close(w, err));
    }
    return gather(&w->queue, (vgi_bytes){0}, arena, ret, err);
}

/* Most of a small stream is its schema, which is the same for all records of a listing. */
static vgi_status open_again(vg_writer *w, const vgi_arrow_schema *schema, vgi_error *err)
{
    if (w->message_of == schema) {
        forget_dictionaries(w);
        w->schema = schema;
        return VGI_OK;
    }
    w->message_of = NULL;
    w->message.size = 0;
    VGI_TRY(vg_writer_open(w, schema, err));
    VGI_TRY(vg_writer_take(w, &w->message, err));
    w->message_of = schema;
    return VGI_OK;
}

vgi_status vg_stream_encode(vg_writer *w, vg_arena *arena, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err)
{
    vgi_status status = open_again(w, batch->schema, err);

    if (status == VGI_OK)
        status = vg_writer_batch(w, batch, err);
    if (status == VGI_OK)
        status = vg_writer_close(w, err);
    if (status == VGI_OK)
        status = gather(&w->queue, (vgi_bytes){w->message.data, w->message.size}, arena, ret, err);
    vg_writer_discard(w);
    return status;
}

vgi_status vg_schema_encode(vg_arena *arena, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err)
{
    vg_writer w = {0};
    const vgi_status status = encode(&w, arena, schema, NULL, ret, err);

    writer_done(&w);
    return status;
}

vgi_status vg_batch_encode(vg_arena *arena, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err)
{
    vg_writer w = {0};
    const vgi_status status = encode(&w, arena, batch->schema, batch, ret, err);

    writer_done(&w);
    return status;
}
