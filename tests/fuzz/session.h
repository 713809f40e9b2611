/* A whole session in memory for fuzz targets: bytes in, the test service (tests/rpc), bytes out. Whatever comes in,
 * what goes out must be whole streams. */
#ifndef VG_FUZZ_SESSION_H
#define VG_FUZZ_SESSION_H

#include <stddef.h>
#include <stdint.h>

/* Serves the bytes. Aborts where an answer is broken or a stream stayed open. */
void fuzz_session(const void *bytes, size_t size);

#endif
