/* The clock of the deadlines. */
#ifndef VG_BASE_CLOCK_H
#define VG_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some time before; it never goes back. */
int64_t vg_monotonic_ms(void);

#endif
