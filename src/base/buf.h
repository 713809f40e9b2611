/* A growable run of bytes, aligned to 64, kept between uses. */
#ifndef VG_BASE_BUF_H
#define VG_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value: zero-initialise, end with vg_buf_done. */
typedef struct vg_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
} vg_buf;

void vg_buf_done(vg_buf *buf);

/* Makes room for `more` bytes behind `size` (at least doubling); false, and nothing changed, when out of memory. */
bool vg_buf_reserve(vg_buf *buf, size_t more);
/* Appends bytes, or `count` zero bytes; false when out of memory. */
bool vg_buf_append(vg_buf *buf, const void *bytes, size_t size);
bool vg_buf_append_zeros(vg_buf *buf, size_t count);

#endif
