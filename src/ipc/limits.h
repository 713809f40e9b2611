/* What a peer may ask of the decoder. Checked before memory is taken; each has a test at the limit and one past it. */
#ifndef VG_IPC_LIMITS_H
#define VG_IPC_LIMITS_H

#include <stdint.h>

typedef struct vg_limits {
    int64_t max_metadata_bytes;     /* FlatBuffer part of one message */
    int64_t max_body_bytes;         /* body of one message, as sent */
    int64_t max_decompressed_bytes; /* what the compressed buffers of one message may become */
    int64_t max_rows;               /* of one batch */
    int32_t max_depth;              /* nesting of fields; a column is at depth 1 */
    int32_t max_fields;             /* fields of one schema, children and dictionary values counted */
    int32_t max_dictionaries;       /* of one stream */
    int64_t max_dictionary_bytes;   /* bytes held by the dictionaries of one stream */
    int64_t max_shm_bytes;          /* a batch in shared memory, which is copied whole before it is decoded */
} vg_limits;

/* 16 MiB, 16 GiB, 256 MiB, 2^31 - 1 rows, 64, 65,536, 1,024, 256 MiB, 1 GiB. */
extern const vg_limits VG_DEFAULT_LIMITS;

#endif
