/* Connections in memory for fuzz targets: what a peer sends is there from the start, what it gets lands in a file
 * without a name, so that nothing blocks and no thread is needed; and what torture.c does to them, and learns of
 * them. */
#ifndef VG_FUZZ_CONNECTION_H
#define VG_FUZZ_CONNECTION_H

#include "transport/transport.h"

/* Fuzzing leaves it alone. */
typedef struct torture {
    int64_t fail_after;                             /* as of vg_alloc_fail_after; negative: never */
    int64_t cut_at;                                 /* the peer leaves behind so many bytes; negative: it does not */
    int64_t output_limit;                           /* it takes so many bytes; negative: all */
    bool is_killed;                                 /* it leaves at once, without reading */
    bool is_hanging;                                /* behind `cut_at` it says nothing more, and stays */
    bool can_hang;                                  /* the target bears that: set by its session */
    int64_t allocations, input_bytes, output_bytes; /* of the last session */
} torture;
extern torture session_torture;

/* A connection to a peer that sends `bytes`. *ret_out: what it gets (fuzz_output); -1 where it takes nothing. */
vg_connection *fuzz_connect(const void *bytes, size_t size, int *ret_out);
/* Runs `work` while the world fails as session_torture says. */
void fuzz_disturb(void (*work)(void *user), void *user);
/* What the peer got; closes `out`. NULL: nothing. With free(). */
uint8_t *fuzz_output(int out, size_t *ret_size);
/* Reads streams until the end of the bytes; anything else aborts. */
void fuzz_check_streams(const uint8_t *bytes, size_t size);

#endif
