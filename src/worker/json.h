/* JSON text of values, for field metadata that only documents (vgi_default, vgi_choices; vgi.md §1). */
#ifndef VG_WORKER_JSON_H
#define VG_WORKER_JSON_H

#include <vgi/batch.h>

#include "base/text.h"

/* Adds element `i`. False where the type has no JSON (dates, blobs, ...): `to` is then worthless. */
bool vg_json_value(vg_text *to, const vgi_array *array, int64_t i);

#endif
