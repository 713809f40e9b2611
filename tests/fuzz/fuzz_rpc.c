/* The fuzz target of request dispatch: any bytes as what a client sends in a session with the test service. Built as a
 * libFuzzer program by fuzz.py, and with replay.c as a plain test over the committed corpus (made by
 * make_rpc_corpus.py). */
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_session(data, size);
    return 0;
}
