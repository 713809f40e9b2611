/* Arguments in the Arrow form that their declaration means. The engine's setting arrow_lossless_conversion decides
 * how it writes some types (the table at the end of vgi.md): BOOLEAN as bool or arrow.bool8, UUID as text or 16
 * bytes, HUGEINT as decimal128 or 16 bytes; a timestamp with a zone has the session's. An author sees one form,
 * whatever the setting. */
#ifndef VG_WORKER_ADAPT_H
#define VG_WORKER_ADAPT_H

#include <vgi/batch.h>

#include "base/arena.h"

/* True if values of `is` can be given to who declared `wanted`: equal types, or two forms of one SQL type, also
 * nested. */
bool vg_adapt_fits(const vgi_field *wanted, const vgi_field *is);

/* `from` in the form of `wanted`, which fits: itself where the types are equal, else a view with what had to be
 * rewritten in the arena. VGI_ERR_VALUE: a text that is no UUID. */
vgi_status vg_adapt(vg_arena *arena, const vgi_field *wanted, const vgi_array *from, vgi_array *ret, vgi_error *err);

#endif
