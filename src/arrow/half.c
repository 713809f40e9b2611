/* float16 by arithmetic. See half.h. */
#include "arrow/half.h"

#include <math.h>

enum { FRACTION_BITS = 10, MAX_EXPONENT = 31, BIAS = 15 };

uint16_t vg_half_from_double(double value)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    double magnitude = fabs(value), scaled;
    int exponent;

    if (isnan(value))
        return (uint16_t)(sign | 0x7E00);
    if (magnitude >= 65520.0) /* halfway from the largest finite value to the next: rounds to infinity */
        return (uint16_t)(sign | 0x7C00);
    if (magnitude == 0)
        return sign;
    (void)frexp(magnitude, &exponent);
    exponent = exponent - 1 < 1 - BIAS ? 1 - BIAS : exponent - 1;
    /* In units of the last place: an integer up to 2^11, whose carry runs into the exponent as it should. Adding 2^52
     * rounds to an integer. */
    scaled = ldexp(magnitude, FRACTION_BITS - exponent) + 0x1p52;
    scaled -= 0x1p52;
    return (uint16_t)(sign + ((exponent + BIAS - 1) << FRACTION_BITS) + (int)scaled);
}

double vg_half_to_double(uint16_t bits)
{
    const double sign = bits & 0x8000 ? -1.0 : 1.0;
    const int exponent = bits >> FRACTION_BITS & MAX_EXPONENT, fraction = bits & 0x3FF;

    if (exponent == MAX_EXPONENT)
        return fraction ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(fraction, 1 - BIAS - FRACTION_BITS);
    return sign * ldexp(fraction + 0x400, exponent - BIAS - FRACTION_BITS);
}
