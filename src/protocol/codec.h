/* Rows on the wire <-> record structs, driven by the tables of messages.h (vgi.md §1; rpc.md §4.2).
 *
 * Decoding: columns are found by name, in any order; unknown ones are ignored; what is absent becomes null or its
 * default. Text and bytes borrow from the bytes decoded, lists and nested structs live in the arena. Strings may come
 * as utf8, large_utf8 or a dictionary of them, bytes likewise, enums as a dictionary or plain text, integers in any
 * width that holds their value.
 *
 * Encoding: every column of the dialect, in its order and exact type; `minor` is the caller's (vgi_call.version_minor),
 * values out of range are taken as the nearest dialect. What the struct points to must stay until the arena is cleared
 * (vg_row_encode borrows it) or the call returns (the others copy). */
#ifndef VG_PROTOCOL_CODEC_H
#define VG_PROTOCOL_CODEC_H

#include <vgi/batch.h>

#include "base/arena.h"
#include "ipc/limits.h"
#include "protocol/messages.h"

/* A record's bytes -> `ret_row`, a struct of `record`, wholly overwritten, which borrows `bytes`. Fails with
 * VGI_ERR_PROTOCOL where they are no stream of exactly one row, and as vg_row_decode does. `limits` NULL: defaults. */
vgi_status vg_record_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vg_record *record,
                            void *ret_row, vgi_error *err);

/* The same from row 0 of a batch that is decoded already, such as a call's parameters. VGI_ERR_TYPE: a column is
 * missing (`Missing fields in BindRequest RecordBatch: [...]`), null where it must not be, or of another type.
 * VGI_ERR_NOT_FOUND: an enum has no such member. VGI_ERR_VALUE: a number does not fit. */
vgi_status vg_row_decode(vg_arena *arena, const vgi_batch *batch, const vg_record *record, void *ret_row,
                         vgi_error *err);

/* One row of a batch of many, which a columnar listing of 2.2 is. */
vgi_status vg_row_decode_at(vg_arena *arena, const vgi_batch *batch, int64_t index, const vg_record *record,
                            void *ret_row, vgi_error *err);

/* The record in the single parameter `request` (row 0, column 0) of a call. */
vgi_status vg_request_decode(vg_arena *arena, const vgi_batch *params, const vg_limits *limits, const vg_record *record,
                             void *ret_row, vgi_error *err);

/* A struct of `record` -> its stream of one row, in the arena. VGI_ERR_VALUE: a column that must not be null has
 * neither a value nor a default. */
vgi_status vg_record_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_bytes *ret,
                            vgi_error *err);

/* `count` structs that lie one behind the other -> one stream of one batch: the columnar listings of 2.2. */
vgi_status vg_records_encode(vg_arena *arena, const vg_record *record, const void *rows, size_t count, int minor,
                             vgi_bytes *ret, vgi_error *err);

/* The same -> `count` streams of one row, in `ret`: every other listing. */
vgi_status vg_records_encode_each(vg_arena *arena, const vg_record *record, const void *rows, size_t count, int minor,
                                  vgi_bytes *ret, vgi_error *err);

/* A struct -> the one row of `out`, begun for `record->schemas[minor]`: a stream's header, a client's parameters. */
vgi_status vg_row_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_batch *out,
                         vgi_error *err);

/* A struct -> its bytes in the column `result` of `out`, the answer of a unary method. */
vgi_status vg_result_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_batch *out,
                            vgi_error *err);

/* The member's wire name, or "" for _UNSET and what does not exist; and back: 0 if there is none. */
vgi_string vg_enum_name(const vg_enum *enumeration, int value);
int vg_enum_value(const vg_enum *enumeration, vgi_string name);

#endif
