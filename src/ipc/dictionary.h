/* The dictionaries of one stream: declared by its schema, filled, replaced and extended by dictionary batches. Used by
 * schema_read.c (declares), batch_read.c (points arrays at them), reader.c and decode.c (feed messages).
 *
 * A dictionary's `value` stays at its address while the stream lasts, so arrays refer to it before it is filled;
 * dictionaries may hold dictionaries, and each may be replaced by itself. */
#ifndef VG_IPC_DICTIONARY_H
#define VG_IPC_DICTIONARY_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ipc/limits.h"

typedef struct vg_dictionary {
    int64_t id;
    const vgi_field *field; /* of the values */
    vgi_array value;        /* what arrays point at */
    bool loaded;
    bool nested;        /* the values hold dictionaries themselves */
    int64_t bytes;      /* held for it, as counted by the limit */
    vg_buf body;        /* the message body that the values lie in */
    vg_arena arenas[2]; /* views and decompressed buffers; a delta is built in the one that is free */
    int current;
} vg_dictionary;

/* A value: zero-initialise; begin for each stream; end with done. Memory is kept from stream to stream. With an `arena`
 * the registry lives there, serves one stream and needs no end. */
typedef struct vg_dictionaries {
    vg_arena *arena;       /* NULL: the heap */
    vg_dictionary **items; /* count in use, capacity made */
    int32_t count;
    int32_t capacity;
    int64_t bytes;    /* of all of them */
    int64_t copied;   /* bytes that deltas of this stream have copied */
    int64_t messages; /* dictionary batches seen in this stream */
    bool changed;     /* since vg_dictionaries_settle */
} vg_dictionaries;

void vg_dictionaries_begin(vg_dictionaries *dictionaries);
void vg_dictionaries_done(vg_dictionaries *dictionaries);

/* A field refers to dictionary `id` with values of `field`. Several fields may share one, if their values have the same
 * type. *ret is its place in `items`. */
vgi_status vg_dictionaries_declare(vg_dictionaries *dictionaries, int64_t id, const vgi_field *field,
                                   const vg_limits *limits, int32_t *ret, vgi_error *err);

/* The dictionary with that id, or NULL. */
vg_dictionary *vg_dictionaries_find(const vg_dictionaries *dictionaries, int64_t id);

/* Before a batch is read: every declared dictionary must be there, and where one changed, the indices of dictionaries
 * that hold it are checked again. */
vgi_status vg_dictionaries_settle(vg_dictionaries *dictionaries, vgi_error *err);

/* At the end of a stream: a stream that began to send dictionaries must have sent one for each that it declared. */
vgi_status vg_dictionaries_end(const vg_dictionaries *dictionaries, vgi_error *err);

#endif
