/* Reals as text: see real.h. glibc gives the C locale without making anything, so that asking for it each time costs
 * nothing. */
#include "base/real.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

size_t vg_real_print(double value, char text[VG_REAL_TEXT])
{
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = c ? uselocale(c) : (locale_t)0;
    int size = 0;

    for (int digits = 15; digits <= 17; digits++) {
        size = snprintf(text, VG_REAL_TEXT, "%.*g", digits, value);
        if (!isfinite(value) || !(strtod(text, NULL) < value || strtod(text, NULL) > value))
            break;
    }
    if (c) {
        (void)uselocale(before);
        freelocale(c);
    }
    return (size_t)size;
}

double vg_real_read(const char *text, char **end)
{
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value;

    if (!c)
        return strtod(text, end); /* out of memory: as the program has it */
    value = strtod_l(text, end, c);
    freelocale(c);
    return value;
}
