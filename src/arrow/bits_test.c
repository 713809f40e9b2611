/* Unit tests of bits.c, against one bit at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/bits.h"

enum { BITS = 200 };

/* Every run of a bitmap whose memory ends with its last byte, so that a sanitizer sees a read behind it. */
static void runs_are_counted_and_copied(void **state)
{
    (void)state;
    for (int64_t offset = 0; offset < 20; offset++) {
        for (int64_t length = 0; length < BITS - 20; length++) {
            const size_t size = (size_t)((offset + length + 7) / 8), copied = (size_t)((length + 7) / 8);
            uint8_t *bits = malloc(size + 1), *copy = malloc(copied + 1), *both = malloc(copied + 1);
            int64_t count = 0;

            for (size_t i = 0; i < size; i++)
                bits[i] = (uint8_t)(i * 37 + 11);
            bits = realloc(bits, size ? size : 1);
            memset(both, 0x5A, copied + 1);
            vg_bits_copy(copy, bits, offset, length);
            vg_bits_and(both, bits, offset, length);
            for (int64_t i = 0; i < length; i++) {
                count += vg_bit(bits, offset + i);
                assert_int_equal(vg_bit(copy, i), vg_bit(bits, offset + i));
                assert_int_equal(vg_bit(both, i), vg_bit(bits, offset + i) && (0x5A >> (i & 7) & 1));
            }
            assert_int_equal(vg_bits_count(bits, offset, length), count);
            if (length % 8)
                assert_int_equal(copy[copied - 1] >> (length % 8), 0);
            assert_int_equal(both[copied], 0x5A);
            free(bits);
            free(copy);
            free(both);
        }
    }
}

static void runs_are_appended(void **state)
{
    vg_buf bits = {0};
    uint8_t expected[BITS * 40];
    int64_t length = 0;

    (void)state;
    for (int64_t n = 0; n < 40; n++) {
        const bool value = n % 3 != 1;

        assert_true(vg_bits_append(&bits, length, n, value));
        memset(expected + length, value, (size_t)n);
        length += n;
        assert_int_equal(bits.size, (length + 7) / 8);
        for (int64_t i = 0; i < length; i++)
            assert_int_equal(vg_bit(bits.data, i), expected[i]);
        for (int64_t i = length; i < (int64_t)bits.size * 8; i++)
            assert_false(vg_bit(bits.data, i));
    }
    vg_buf_done(&bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_counted_and_copied),
        cmocka_unit_test(runs_are_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
