/* float16 (IEEE 754 binary16) as its bits: no compiler that we support has the type everywhere. */
#ifndef VG_ARROW_HALF_H
#define VG_ARROW_HALF_H

#include <stdint.h>

/* Rounded to nearest, ties to even; NaN stays NaN. */
uint16_t vg_half_from_double(double value);
double vg_half_to_double(uint16_t bits);

#endif
