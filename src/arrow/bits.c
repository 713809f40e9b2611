/* Bitmaps, eight bytes at a time where the run is long. See bits.h. */
#include "arrow/bits.h"

#include <string.h>

bool vg_bits_append(vg_buf *bits, int64_t length, int64_t n, bool value)
{
    const size_t need = (size_t)((length + n + 7) / 8);
    int64_t i = length, end = length + n;

    if (need > bits->size && !vg_buf_append_zeros(bits, need - bits->size))
        return false;
    if (!value)
        return true;
    for (; i < end && (i & 7); i++)
        bits->data[i >> 3] |= (uint8_t)(1 << (i & 7));
    if (end - i >= 8) {
        memset(bits->data + (i >> 3), 0xFF, (size_t)((end - i) >> 3));
        i = end & ~(int64_t)7;
    }
    for (; i < end; i++)
        bits->data[i >> 3] |= (uint8_t)(1 << (i & 7));
    return true;
}

/* Up to 64 bits from `offset` on; reads no byte that holds none of them. */
static uint64_t load(const uint8_t *bits, int64_t offset, int64_t n)
{
    const uint8_t *from = bits + (offset >> 3);
    const int shift = (int)(offset & 7);
    const size_t bytes = (size_t)((shift + n + 7) >> 3);
    uint64_t word = 0;

    memcpy(&word, from, bytes < 8 ? bytes : 8);
    word >>= shift;
    if (bytes > 8)
        word |= (uint64_t)from[8] << (64 - shift);
    return n < 64 ? word & ((UINT64_C(1) << n) - 1) : word;
}

int64_t vg_bits_count(const uint8_t *bits, int64_t offset, int64_t length)
{
    int64_t count = 0;

    for (int64_t i = 0; i < length; i += 64)
        count += __builtin_popcountll(load(bits, offset + i, length - i < 64 ? length - i : 64));
    return count;
}

void vg_bits_copy(uint8_t *to, const uint8_t *bits, int64_t offset, int64_t length)
{
    for (int64_t i = 0; i < length; i += 64) {
        const int64_t n = length - i < 64 ? length - i : 64;
        const uint64_t word = load(bits, offset + i, n);

        memcpy(to + (i >> 3), &word, (size_t)((n + 7) >> 3));
    }
}

void vg_bits_and(uint8_t *to, const uint8_t *bits, int64_t offset, int64_t length)
{
    for (int64_t i = 0; i < length; i += 64) {
        const int64_t n = length - i < 64 ? length - i : 64;
        const uint64_t word = load(bits, offset + i, n) & load(to, i, n);

        memcpy(to + (i >> 3), &word, (size_t)((n + 7) >> 3));
    }
}
