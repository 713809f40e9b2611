/* The catalogs that fuzz_worker.c attacks: see worker_catalogs.c. */
#ifndef VG_FUZZ_WORKER_CATALOGS_H
#define VG_FUZZ_WORKER_CATALOGS_H

#include <vgi/vgi.h>

extern const vgi_catalog *const FUZZ_CATALOGS[];

/* How many states of transactions are open, and streams. */
int fuzz_catalogs_open(void);

#endif
