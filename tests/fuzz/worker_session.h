/* A whole session in memory with the worker of worker_catalogs.c: bytes in, bytes out. Whatever comes in, what goes out
 * must be whole streams, every stream is closed and every transaction ended. */
#ifndef VG_FUZZ_WORKER_SESSION_H
#define VG_FUZZ_WORKER_SESSION_H

#include <vgi/sys/seal.h>

#include <stddef.h>
#include <stdint.h>

/* What the sealed sessions of the corpus were recorded under. */
#define FUZZ_SIGNING_KEY "6b65796b65796b65796b65796b65796b65796b65796b65796b65796b65796b65"

/* Serves the bytes by a worker that seals with `seal` (NULL: it does not). */
void fuzz_worker_session(const vgi_seal *seal, const void *bytes, size_t size);

#endif
