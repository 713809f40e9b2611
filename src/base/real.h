/* Reals as text, with a point whatever the locale of the program around: a host of libvgi may have called setlocale().
 * For all of src/; nothing else there prints or reads a real. */
#ifndef VG_BASE_REAL_H
#define VG_BASE_REAL_H

#include <stddef.h>

enum { VG_REAL_TEXT = 32 };

/* The shortest of 15 to 17 digits that reads back as the same number, in the form of %g ("inf", "nan" beside numbers).
 * Returns its size. */
size_t vg_real_print(double value, char text[VG_REAL_TEXT]);

/* As strtod. */
double vg_real_read(const char *text, char **end);

#endif
