/* What a peer may ask of the decoder. Checked before memory is taken; each has a test at the limit and one past it. */
#ifndef VG_IPC_LIMITS_H
#define VG_IPC_LIMITS_H

#include <stdint.h>

typedef struct vg_limits {
    int64_t max_metadata_bytes;   /* FlatBuffer part of one message */
    int64_t max_body_bytes;       /* body of one message, also after decompression */
    int64_t max_rows;             /* of one batch */
    int32_t max_depth;            /* nesting of fields */
    int32_t max_fields;           /* fields of one schema, children counted */
    int32_t max_dictionaries;     /* of one stream */
    int64_t max_dictionary_bytes; /* bytes held by the dictionaries of one stream */
} vg_limits;

extern const vg_limits VG_DEFAULT_LIMITS;

#endif
