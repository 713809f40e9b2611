/* SHA-256 (FIPS 180-4), for names of things, not for secrets: the hash of a protocol (rpc.md §8.1). */
#ifndef VG_BASE_SHA256_H
#define VG_BASE_SHA256_H

#include <stddef.h>

enum { VG_SHA256_HEX = 65 }; /* 64 hex digits and a NUL */

/* The digest of the bytes, in lower-case hex digits. */
void vg_sha256_hex(const void *bytes, size_t size, char ret[VG_SHA256_HEX]);

#endif
