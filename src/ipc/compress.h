/* Decompression of message buffers (BodyCompression of Arrow's Message.fbs): LZ4 frames and zstd. Reading only; libvgi
 * never sends compressed bodies (rpc.md §1.1). Called by batch_read.c. */
#ifndef VG_IPC_COMPRESS_H
#define VG_IPC_COMPRESS_H

#include <vgi/type.h>

/* Decompression contexts, made at first use and kept. A value: zero-initialise, end with done. */
typedef struct vg_codecs {
    void *zstd;
    void *lz4;
} vg_codecs;
void vg_codecs_done(vg_codecs *codecs);

/* True if `codec` (VG_CODEC_*) is known. */
bool vg_codec_known(int codec);

/* True if `compressed` bytes of `codec` can become `size` bytes: no block of either format expands beyond a fixed
 * ratio, so a larger claim is a lie and costs no memory. */
bool vg_codec_plausible(int codec, size_t compressed, size_t size);

/* Decompresses all of `source`, one frame, to exactly `size` bytes at `target`. */
vgi_status vg_decompress(vg_codecs *codecs, int codec, vgi_bytes source, uint8_t *target, size_t size, vgi_error *err);

#endif
