/* What a server says in batches of no rows, taken apart (rpc.md §6): peer.c uses it. */
#ifndef VG_RPC_SAID_H
#define VG_RPC_SAID_H

#include "base/arena.h"
#include "rpc/peer.h"

/* What a batch that was received is (§6.1). */
typedef enum vg_batch_kind { VG_BATCH_DATA, VG_BATCH_LOG, VG_BATCH_EXCEPTION, VG_BATCH_POINTER } vg_batch_kind;
vg_batch_kind vg_batch_classify(const vgi_batch *batch);

/* The parts of a log or an exception, copied into the arena. What cannot be read is left out; it never fails but for
 * memory, which leaves parts out, too. */
void vg_said_read(vg_arena *arena, vgi_metadata metadata, vg_said *ret);

/* The status that fits an exception, and the error for the caller. */
vgi_status vg_said_error(const vg_said *said, vgi_error *err);

/* The text of a member of a JSON object; absent where there is none, it is no text, or `json` is no JSON. */
vgi_string vg_json_member(vg_arena *arena, vgi_string json, const char *key);

#endif
