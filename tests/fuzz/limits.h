/* The limits of every fuzz target: small enough that one input cannot take long. */
#ifndef VG_TESTS_FUZZ_LIMITS_H
#define VG_TESTS_FUZZ_LIMITS_H

#include "ipc/limits.h"

static const vg_limits FUZZ_LIMITS = {
    .max_metadata_bytes = 1 << 20,
    .max_body_bytes = 1 << 24,
    .max_decompressed_bytes = 1 << 22,
    .max_rows = 1 << 16,
    .max_depth = 64,
    .max_fields = 4096,
    .max_dictionaries = 64,
    .max_dictionary_bytes = 1 << 22,
    .max_shm_bytes = 1 << 22,
};

#endif
