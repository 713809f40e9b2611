/* Bitmaps as Arrow has them: bit i is bit (i mod 8) of byte i / 8. Used for validity and for bool values. */
#ifndef VG_ARROW_BITS_H
#define VG_ARROW_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends `n` equal bits behind the `length` that are there; the rest of the last byte is 0. False: out of memory. */
bool vg_bits_append(vg_buf *bits, int64_t length, int64_t n, bool value);

/* The number of set bits in [offset, offset + length). */
int64_t vg_bits_count(const uint8_t *bits, int64_t offset, int64_t length);

/* Copies bits [offset, offset + length) to the front of `to`, (length + 7) / 8 bytes; the rest of the last is 0. */
void vg_bits_copy(uint8_t *to, const uint8_t *bits, int64_t offset, int64_t length);

/* The same, but `to` keeps only those bits that are set in both. */
void vg_bits_and(uint8_t *to, const uint8_t *bits, int64_t offset, int64_t length);

#endif
