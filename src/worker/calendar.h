/* Text of dates and times to Arrow's integers: what literals need. */
#ifndef VG_WORKER_CALENDAR_H
#define VG_WORKER_CALENDAR_H

#include <vgi/type.h>

/* Reads `2024-01-31`, `12:30:00.5` or `2024-01-31 12:30:00.5` as a value of a date, time or timestamp type, in the
 * type's unit. False: no such type, no such date, or digits that the unit cannot hold. A timestamp with a time zone
 * is read as UTC; an offset may not be written. */
bool vg_calendar_parse(const vgi_field *type, vgi_string text, int64_t *ret);

#endif
