/* Reading Arrow IPC streams: one reader a connection, used for one stream after another (rpc.md §1.1).
 *
 * Batches are views into the input's own bytes (copied only where they are compressed or misaligned), every offset,
 * length, count and depth checked before use. A dictionary lives until it is replaced or the stream ends. */
#ifndef VG_IPC_READER_H
#define VG_IPC_READER_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "base/io.h"
#include "ipc/limits.h"

typedef struct vg_reader vg_reader;

/* `input` and `limits` are borrowed and outlive the reader. */
vgi_status vg_reader_new(vg_input *input, const vg_limits *limits, vg_reader **ret, vgi_error *err);
void vg_reader_free(vg_reader *reader);

/* Starts the next stream: reads its schema message. The stream before must have been read or drained to its end
 * (VGI_ERR_RUNTIME). The schema is valid until the next open (copy it to keep it).
 * VGI_END: the input ended cleanly before the first byte. A bare EOS (no schema): VGI_ERR_PROTOCOL, consumed. */
vgi_status vg_reader_open(vg_reader *reader, const vgi_arrow_schema **ret, vgi_error *err);

/* The next batch, valid until the next call (its `out` and `visible` are NULL); dictionary messages on the way are
 * taken in. VGI_END: end of stream. After any other failure the stream can only be drained or given up:
 * vg_reader_broken tells which. */
vgi_status vg_reader_next(vg_reader *reader, const vgi_batch **ret, vgi_error *err);

/* Reads what is left of the current stream, up to and with its EOS, without decoding bodies. VGI_OK at once if it has
 * ended. Fails only where the framing is lost. */
vgi_status vg_reader_drain(vg_reader *reader, vgi_error *err);

/* True if the framing is lost: the message boundaries can no longer be trusted, only closing is left. */
bool vg_reader_broken(const vg_reader *reader);

/* True if the next 8 bytes are here already and are the end of the stream: vg_reader_drain then reads nothing and
 * leaves the last schema and batch valid until the next open. (So a request is served from the bytes it came in.) */
bool vg_reader_at_eos(const vg_reader *reader);

/* True if the next vg_reader_next answers without waiting: its batch (with the dictionaries before it) or the end of
 * the stream lies complete in memory, or there is no stream to read on in. */
bool vg_reader_ready(const vg_reader *reader);

/* Decodes an encapsulated schema message (no EOS needed; a whole stream is accepted, its batches ignored: vgi.md §1,
 * "schema" fields) into the arena. */
vgi_status vg_schema_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vgi_arrow_schema **ret,
                            vgi_error *err);

/* Decodes a complete stream of exactly one batch (vgi.md §1, record and nested batch) into the arena. The views point
 * into `bytes`, which must stay; misaligned or compressed parts are copied into the arena. */
vgi_status vg_batch_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vgi_batch **ret,
                           vgi_error *err);

#endif
