/* The limits that a reader is given unless it is told otherwise. See limits.h. */
#include "ipc/limits.h"

const vg_limits VG_DEFAULT_LIMITS = {
    .max_metadata_bytes = INT64_C(16) << 20,
    .max_body_bytes = INT64_C(16) << 30,
    .max_decompressed_bytes = INT64_C(256) << 20,
    .max_rows = INT32_MAX,
    .max_depth = 64,
    .max_fields = 65536,
    .max_dictionaries = 1024,
    .max_dictionary_bytes = INT64_C(256) << 20,
    .max_shm_bytes = INT64_C(1) << 30,
};
