/* Writing Arrow IPC streams: messages are queued as parts (FlatBuffers in scratch memory, bodies where they lie) and
 * leave in one writev per flush. The metadata version is V5, alignment 8, never compressed (rpc.md §1.1). */
#ifndef VG_IPC_WRITER_H
#define VG_IPC_WRITER_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"

typedef struct vg_writer vg_writer;

/* `output` is borrowed. One writer a connection, used for one stream after another. */
vgi_status vg_writer_new(vg_output *output, vg_writer **ret, vgi_error *err);
void vg_writer_free(vg_writer *writer);

/* Queues the schema message. `schema` must live until the close. */
vgi_status vg_writer_open(vg_writer *writer, const vgi_arrow_schema *schema, vgi_error *err);

/* Queues a batch with its metadata (batch->metadata); dictionaries go before it (again only where their
 * values differ from the last ones sent in this stream). Its buffers must stay until the flush. Arrays with an
 * offset are written as slices. The batch must match the open schema in number, type and length of columns, else
 * VGI_ERR_TYPE. */
vgi_status vg_writer_batch(vg_writer *writer, const vgi_batch *batch, vgi_error *err);

/* Queues a batch of no rows on the open schema that carries metadata: logs, errors, sentinels. */
vgi_status vg_writer_empty(vg_writer *writer, vgi_metadata metadata, vgi_error *err);

/* Queues the end of the stream. */
vgi_status vg_writer_close(vg_writer *writer, vgi_error *err);

/* Writes what is queued, in one call to the output. The scratch is kept. */
vgi_status vg_writer_flush(vg_writer *writer, vgi_error *err);

/* ---- batches that lie beside their stream (rpc.md §9.2) ---------------------------------------------------------- */

/* As vg_writer_open, but the schema message is not queued: dictionaries and batches only. */
vgi_status vg_writer_open_bare(vg_writer *writer, const vgi_arrow_schema *schema, vgi_error *err);

/* The bytes that are queued, or those of the batch (with its dictionaries) that was queued last. */
size_t vg_writer_queued(const vg_writer *writer);
size_t vg_writer_last(const vg_writer *writer);

/* Appends what is queued to `to` instead of writing it. */
vgi_status vg_writer_take(vg_writer *writer, vg_buf *to, vgi_error *err);

/* Takes back the batch that was queued last (nothing was queued since), or all that is queued. */
void vg_writer_undo(vg_writer *writer);
void vg_writer_discard(vg_writer *writer);

/* Whole things into memory: an encapsulated schema message without EOS (vgi.md §1), a stream of one batch. The bytes
 * are in the arena. */
vgi_status vg_schema_encode(vg_arena *arena, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err);
vgi_status vg_batch_encode(vg_arena *arena, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err);

/* As vg_batch_encode, by a writer that is for this alone (its output is NULL) and keeps its memory, and the message of
 * the last schema: what lies there must not change. */
vgi_status vg_stream_encode(vg_writer *writer, vg_arena *arena, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err);

#endif
