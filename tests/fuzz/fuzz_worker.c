/* The fuzz target of a worker: any bytes as what an engine sends in a session with the catalogs of worker_catalogs.c.
 * The corpus is sessions of the real engine, recorded by make_worker_corpus.py. */
#include "worker_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_worker_session(NULL, data, size);
    return 0;
}
