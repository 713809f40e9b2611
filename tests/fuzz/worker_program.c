/* The catalogs of worker_catalogs.c as a program, for make_worker_corpus.py: it records sessions of the engine with it,
 * sealed where VGI_SIGNING_KEY is set. */
#include <vgi/seal.h>

#include "worker_catalogs.h"

int main(int argc, char **argv)
{
    const vgi_worker_options options = {.catalogs = FUZZ_CATALOGS, .seal = &vgi_seal_where_keyed};

    return vgi_worker_main_with(&options, argc, argv);
}
