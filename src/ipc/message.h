/* The envelope of an Arrow IPC message: framing prefix, the verified Message table, its custom metadata (rpc.md §1.1).
 * Called by reader.c and decode.c; what the header describes is read by schema_read.c and batch_read.c. */
#ifndef VG_IPC_MESSAGE_H
#define VG_IPC_MESSAGE_H

#include <vgi/type.h>

#include "base/arena.h"
#include "ipc/format.h"
#include "ipc/limits.h"

/* What stands before a message's metadata: the marker FFFFFFFF and a length, or (before Arrow 0.15) the length
 * alone. */
typedef struct vg_prefix {
    uint32_t size;     /* 8 or 4 bytes */
    uint32_t metadata; /* bytes of metadata behind it; 0: the end of the stream */
} vg_prefix;

/* Reads the prefix out of `available` bytes; *ret_need is how many bytes it takes (4 or 8). With fewer than that only
 * *ret_need is set. A length that is negative or over the limit: VGI_ERR_PROTOCOL, VGI_ERR_LIMIT. */
vgi_status vg_prefix_read(const uint8_t *data, size_t available, const vg_limits *limits, size_t *ret_need,
                          vg_prefix *ret, vgi_error *err);

/* A message; points into the metadata that it was parsed from. */
typedef struct vg_message {
    vg_message_kind kind;
    int16_t version;       /* VG_METADATA_V4 or V5 */
    int64_t body_size;     /* bytes, not negative */
    const uint8_t *table;  /* the Message */
    const uint8_t *header; /* the Schema, RecordBatch or DictionaryBatch; NULL where there is none */
} vg_message;

/* Verifies the metadata and reads the envelope. Failure means that the length of the body is not known. A message of an
 * unknown kind or version is not a failure here: vg_message_check. */
vgi_status vg_message_parse(vgi_bytes metadata, vg_message *ret, vgi_error *err);

/* Fails unless the message is of a version that is understood and has a header. */
vgi_status vg_message_check(const vg_message *message, vgi_error *err);

/* What a message kind is called in an error. Static. */
const char *vg_message_kind_name(vg_message_kind kind);

/* The key-value pairs in `slot` of a verified table; texts are borrowed from the buffer, the list is in the arena. */
vgi_status vg_key_values_read(vg_arena *arena, const uint8_t *table, int slot, vgi_metadata *ret, vgi_error *err);

#endif
