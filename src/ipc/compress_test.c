/* Unit tests of compress.c: both codecs, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <lz4frame.h>
#include <zstd.h>

#include "base/alloc.h"
#include "ipc/compress.h"
#include "ipc/format.h"

enum { SIZE = 10000 };

static void make_text(uint8_t *text)
{
    for (int i = 0; i < SIZE; i++)
        text[i] = (uint8_t)(i * i >> 7);
}

static size_t compress(int codec, uint8_t *to, size_t capacity, const uint8_t *from)
{
    return codec == VG_CODEC_ZSTD ? ZSTD_compress(to, capacity, from, SIZE, 1)
                                  : LZ4F_compressFrame(to, capacity, from, SIZE, NULL);
}

static vgi_status run(vg_codecs *codecs, int codec, const uint8_t *bytes, size_t size, uint8_t *to, size_t stated)
{
    vgi_error err = {0};
    vgi_status status = vg_decompress(codecs, codec, (vgi_bytes){bytes, size}, to, stated, &err);

    assert_int_equal(status, err.status);
    return status;
}

static void both_codecs(void **state)
{
    uint8_t text[SIZE], *packed = vg_malloc(2 * SIZE), *back = vg_malloc(SIZE);
    vg_codecs codecs = {0};

    (void)state;
    make_text(text);
    for (int codec = VG_CODEC_LZ4_FRAME; codec <= VG_CODEC_ZSTD; codec++) {
        size_t size = compress(codec, packed, 2 * SIZE, text);
        assert_int_equal(run(&codecs, codec, packed, size, back, SIZE), VGI_OK);
        assert_memory_equal(back, text, SIZE);
        assert_true(vg_codec_plausible(codec, size, SIZE));
        assert_int_equal(run(&codecs, codec, packed, size, back, SIZE - 1), VGI_ERR_PROTOCOL);
        assert_int_equal(run(&codecs, codec, packed, size - 1, back, SIZE), VGI_ERR_PROTOCOL);
        assert_int_equal(run(&codecs, codec, packed, 0, back, SIZE), VGI_ERR_PROTOCOL);
        packed[size] = 'x';
        assert_int_equal(run(&codecs, codec, packed, size + 1, back, SIZE), VGI_ERR_PROTOCOL);
        packed[0] ^= 1;
        assert_int_equal(run(&codecs, codec, packed, size, back, SIZE), VGI_ERR_PROTOCOL);
        packed[0] ^= 1; /* and after all those failures it still works */
        assert_int_equal(run(&codecs, codec, packed, size, back, SIZE), VGI_OK);
    }
    vg_codecs_done(&codecs);
    vg_free(packed);
    vg_free(back);
}

/* The best that the codecs do, on zeros, stays below the ratio that is believed. */
static void the_ratio_is_never_reached(void **state)
{
    enum { ZEROS = 1 << 24 };
    uint8_t *zeros = vg_malloc(ZEROS), *packed = vg_malloc(ZEROS);
    size_t zstd, lz4;

    (void)state;
    memset(zeros, 0, ZEROS);
    zstd = ZSTD_compress(packed, ZEROS, zeros, ZEROS, 19);
    lz4 = LZ4F_compressFrame(packed, ZEROS, zeros, ZEROS, NULL);
    assert_true(vg_codec_plausible(VG_CODEC_ZSTD, zstd, ZEROS));
    assert_true(vg_codec_plausible(VG_CODEC_LZ4_FRAME, lz4, ZEROS));
    assert_false(vg_codec_plausible(VG_CODEC_ZSTD, 20, ZEROS));
    assert_false(vg_codec_plausible(VG_CODEC_LZ4_FRAME, 20, ZEROS));
    assert_false(vg_codec_known(2));
    assert_false(vg_codec_known(-1));
    vg_free(zeros);
    vg_free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_codecs),
        cmocka_unit_test(the_ratio_is_never_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
