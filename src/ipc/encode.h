/* The FlatBuffers of messages: Schema, RecordBatch, DictionaryBatch, each in its Message (Arrow's Message.fbs and
 * Schema.fbs; rpc.md §1.1: V5, little-endian). Called by ipc/writer.c. */
#ifndef VG_IPC_ENCODE_H
#define VG_IPC_ENCODE_H

#include <vgi/type.h>

#include "base/buf.h"
#include "ipc/flatbuild.h"

/* The builder and what it needs beside: zero-initialise, end with vg_encoder_done. */
typedef struct vg_encoder {
    vg_fbb fbb;
    vg_buf refs;        /* a stack of vg_fbb_ref: the children of the fields being written */
    int64_t dictionary; /* the id of the next dictionary of the schema: they are numbered depth-first */
} vg_encoder;

void vg_encoder_done(vg_encoder *encoder);

/* What a batch consists of, as body.c lays it out. FieldNode and Buffer are the wire's structs. */
typedef struct vg_field_node {
    int64_t length;
    int64_t null_count;
} vg_field_node;
typedef struct vg_buffer {
    int64_t offset;
    int64_t length;
} vg_buffer;
typedef struct vg_batch_head {
    int64_t rows;
    int64_t body_size;
    const vg_field_node *nodes;
    size_t n_nodes;
    const vg_buffer *buffers;
    size_t n_buffers;
} vg_batch_head;

/* The metadata of a message, a multiple of 8 bytes without the prefix; valid until the next call. */
vgi_status vg_encode_schema(vg_encoder *encoder, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err);
vgi_status vg_encode_batch(vg_encoder *encoder, const vg_batch_head *head, vgi_metadata metadata, vgi_bytes *ret,
                           vgi_error *err);
vgi_status vg_encode_dictionary(vg_encoder *encoder, int64_t id, const vg_batch_head *head, vgi_bytes *ret,
                                vgi_error *err);

#endif
