/* Base64 (RFC 4648 §4) of a peer: with padding, without line ends. */
#ifndef VG_BASE_BASE64_H
#define VG_BASE_BASE64_H

#include "base/arena.h"

/* The bytes, in the arena. VGI_ERR_PROTOCOL: it is no base64. */
vgi_status vg_base64_decode(vg_arena *arena, vgi_string text, vgi_bytes *ret, vgi_error *err);

#endif
