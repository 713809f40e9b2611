/* LZ4 frames and zstd. See compress.h. */
#include "ipc/compress.h"

#include <lz4frame.h>
#include <zstd.h>

#include "ipc/format.h"

typedef vgi_status decompress(vg_codecs *codecs, vgi_bytes source, uint8_t *target, size_t size, vgi_error *err);

static vgi_status corrupt(vgi_error *err, const char *codec, const char *what)
{
    return vgi_error_set(err, VGI_ERR_PROTOCOL, "a buffer compressed with %s cannot be read: %s", codec, what);
}

static vgi_status decompress_zstd(vg_codecs *codecs, vgi_bytes source, uint8_t *target, size_t size, vgi_error *err)
{
    size_t got;

    if (!codecs->zstd && !(codecs->zstd = ZSTD_createDCtx()))
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory to decompress zstd");
    got = ZSTD_decompressDCtx(codecs->zstd, target, size, source.data, source.size);
    if (ZSTD_isError(got))
        return corrupt(err, "zstd", ZSTD_getErrorName(got));
    return got == size ? VGI_OK : corrupt(err, "zstd", "it is shorter than its stated size");
}

static vgi_status decompress_lz4(vg_codecs *codecs, vgi_bytes source, uint8_t *target, size_t size, vgi_error *err)
{
    size_t done = 0, left = 1;
    LZ4F_dctx *context = codecs->lz4;

    if (!context) {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
            return vgi_error_set(err, VGI_ERR_MEMORY, "no memory to decompress lz4");
        codecs->lz4 = context;
    }
    LZ4F_resetDecompressionContext(context);
    while (left != 0) {
        size_t in = source.size, out = size - done;
        left = LZ4F_decompress(context, target + done, &out, source.data, &in, NULL);
        if (LZ4F_isError(left))
            return corrupt(err, "lz4", LZ4F_getErrorName(left));
        if (in == 0 && out == 0 && left != 0)
            return corrupt(err, "lz4", done == size ? "it is longer than its stated size" : "it ends early");
        source.data += in;
        source.size -= in;
        done += out;
    }
    if (source.size != 0)
        return corrupt(err, "lz4", "there are bytes behind its frame");
    return done == size ? VGI_OK : corrupt(err, "lz4", "it is shorter than its stated size");
}

/* `ratio`: an LZ4 match adds 255 bytes of output for each byte of its length; a zstd block of 4 bytes becomes at most
 * 128 KiB. */
static const struct codec {
    decompress *run;
    size_t ratio;
} CODECS[] = {
    [VG_CODEC_LZ4_FRAME] = {decompress_lz4, 255},
    [VG_CODEC_ZSTD] = {decompress_zstd, 32768},
};

bool vg_codec_known(int codec)
{
    return codec >= 0 && (size_t)codec < sizeof CODECS / sizeof *CODECS;
}

bool vg_codec_plausible(int codec, size_t compressed, size_t size)
{
    return size / CODECS[codec].ratio <= compressed;
}

vgi_status vg_decompress(vg_codecs *codecs, int codec, vgi_bytes source, uint8_t *target, size_t size, vgi_error *err)
{
    return CODECS[codec].run(codecs, source, target, size, err);
}

void vg_codecs_done(vg_codecs *codecs)
{
    ZSTD_freeDCtx(codecs->zstd);
    LZ4F_freeDecompressionContext(codecs->lz4);
    *codecs = (vg_codecs){0};
}
