/* From the RecordBatch table of a verified message and its body to validated arrays, uncopied (Arrow's Message.fbs).
 * Called by reader.c and decode.c for batches and for dictionaries. */
#ifndef VG_IPC_BATCH_READ_H
#define VG_IPC_BATCH_READ_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "ipc/compress.h"
#include "ipc/dictionary.h"
#include "ipc/limits.h"
#include "ipc/message.h"

/* What reading needs beside the message. The schema's fields were read by vg_schema_read with the same dictionaries. */
typedef struct vg_batch_reader {
    const vgi_arrow_schema *schema;
    const vg_limits *limits;
    vg_dictionaries *dictionaries;
    vg_codecs *codecs;
} vg_batch_reader;

/* Reads a record batch. Its arrays and its metadata are in the arena; they point into `body`, into the message's
 * metadata, and into the dictionaries. */
vgi_status vg_batch_read(const vg_batch_reader *reader, vg_arena *arena, const vg_message *message, vgi_bytes body,
                         vgi_batch *ret, vgi_error *err);

/* Takes in a dictionary batch: first, replacement or delta. With `arena` NULL the bytes are copied into memory of the
 * dictionary's own; otherwise `body` must live as long as the arena, and views are made there. */
vgi_status vg_dictionary_read(const vg_batch_reader *reader, vg_arena *arena, const vg_message *message, vgi_bytes body,
                              vgi_error *err);

#endif
