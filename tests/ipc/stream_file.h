/* Reading a whole file for the IPC test programs. */
#ifndef VG_TESTS_IPC_STREAM_FILE_H
#define VG_TESTS_IPC_STREAM_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"

/* All bytes of `file` in memory of exactly their size, so that a sanitizer sees a read behind them; NULL on failure. */
static inline uint8_t *read_all(FILE *file, size_t *ret_size)
{
    vg_buf buf = {0};
    uint8_t *exact = NULL;
    size_t n;

    do {
        if (!vg_buf_reserve(&buf, 65536)) {
            vg_buf_done(&buf);
            return NULL;
        }
        n = fread(buf.data + buf.size, 1, 65536, file);
        buf.size += n;
    } while (n > 0);
    if (!ferror(file) && (exact = vg_malloc(buf.size))) {
        for (size_t i = 0; i < buf.size; i++)
            exact[i] = buf.data[i];
        *ret_size = buf.size;
    }
    vg_buf_done(&buf);
    return exact;
}

#endif
