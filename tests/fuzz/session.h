/* A whole session in memory for fuzz targets: bytes in, the test service (tests/rpc), bytes out. Files without a name
 * stand for the pipes, so that nothing blocks and no thread is needed. Whatever comes in, what goes out must be whole
 * streams. */
#ifndef VG_FUZZ_SESSION_H
#define VG_FUZZ_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What torture.c does to a session, and learns of it. Fuzzing leaves it alone. */
typedef struct torture {
    int64_t fail_after;                              /* as of vg_alloc_fail_after; negative: never */
    int64_t cut_at;                                  /* the client leaves behind so many bytes; negative: it does not */
    int64_t reply_limit;                             /* it takes so many bytes of the answers; negative: all */
    bool is_killed;                                  /* it leaves at once, without reading */
    int64_t allocations, request_bytes, reply_bytes; /* of the last session */
} torture;
extern torture session_torture;

/* Serves the bytes. Aborts where an answer is broken or a stream stayed open. */
void fuzz_session(const void *bytes, size_t size);

#endif
