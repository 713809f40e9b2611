/* JSON text of values, for field metadata that only documents (vgi_default, vgi_choices; vgi.md §1). */
#ifndef VG_WORKER_JSON_H
#define VG_WORKER_JSON_H

#include <vgi/batch.h>

#include "base/buf.h"

/* Appends a string with its quotes; false when out of memory. The text is UTF-8. */
bool vg_json_string(vg_buf *buf, vgi_string text);

/* Appends element `i`. False where the type has no JSON (dates, blobs, ...), or out of memory; `buf` is then
 * worthless. */
bool vg_json_value(vg_buf *buf, const vgi_array *array, int64_t i);

#endif
