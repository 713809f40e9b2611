/* Two arrays become one: what a delta dictionary asks for. Called by batch_read.c. */
#ifndef VG_IPC_CONCAT_H
#define VG_IPC_CONCAT_H

#include <vgi/batch.h>

#include "base/arena.h"

/* *ret is `a` followed by `b`, copied into the arena. Both are of the same type, validated, and begin at offset 0,
 * as all arrays do that were read from a message. VGI_ERR_LIMIT where 32-bit offsets do not reach, or
 * where values that cost the peer nothing would cost us a bitmap: far more of them than the `bytes` that came. */
vgi_status vg_array_concat(vg_arena *arena, const vgi_array *a, const vgi_array *b, int64_t bytes, vgi_array *ret,
                           vgi_error *err);

#endif
