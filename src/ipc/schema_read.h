/* From the Schema table of a verified message to vgi_arrow_schema (Arrow's Schema.fbs). Called by reader.c,
 * decode.c. */
#ifndef VG_IPC_SCHEMA_READ_H
#define VG_IPC_SCHEMA_READ_H

#include <vgi/type.h>

#include "base/arena.h"
#include "ipc/dictionary.h"
#include "ipc/limits.h"
#include "ipc/message.h"

/* Every field of a schema that was read here is one of these: `field` is its first member, so that a const vgi_field *
 * of such a schema may be cast. */
typedef struct vg_read_field {
    vgi_field field;
    int32_t dictionary; /* of VGI_TYPE_DICTIONARY: its place in vg_dictionaries */
} vg_read_field;

/* Reads the schema into the arena; texts are borrowed from the message's metadata, which must live as long. The
 * stream's dictionaries are declared in `dictionaries`, which was begun for this stream. Types that are not
 * understood are refused by name (VGI_ERR_NOT_IMPLEMENTED). */
vgi_status vg_schema_read(vg_arena *arena, const vg_message *message, const vg_limits *limits,
                          vg_dictionaries *dictionaries, const vgi_arrow_schema **ret, vgi_error *err);

#endif
