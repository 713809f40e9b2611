/* The same sessions as those of fuzz_worker.c with a worker that seals what its callers hold, under the key that the
 * corpus was recorded with. */
#include <vgi/seal.h>

#include <stdlib.h>

#include "worker_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (setenv("VGI_SIGNING_KEY", FUZZ_SIGNING_KEY, 1) != 0)
        abort();
    fuzz_worker_session(&vgi_seal_where_keyed, data, size);
    return 0;
}
