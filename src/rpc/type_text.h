/* Types in the wire's own words (rpc.md §8.1: `list<item?:int64>`, `decimal128(20,4)`): read from the rows of
 * vgi/rpc.h, and printed for the hash of a protocol. What is printed of a type that was
 * read reads back as an equal type; unions, extensions, sorted keys and ordered dictionaries are printed only. */
#ifndef VG_RPC_TYPE_TEXT_H
#define VG_RPC_TYPE_TEXT_H

#include <vgi/type.h>

#include "base/arena.h"
#include "base/text.h"

/* A type with a name: its field is a struct (a record) or a dictionary (an enum). */
typedef struct vg_named_type {
    const char *name;
    vgi_field field;
    const vgi_arrow_schema *record; /* the fields of a record; NULL: an enum */
} vg_named_type;

/* The names that a text may use. */
typedef struct vg_type_scope {
    const vg_named_type *types;
    size_t n_types;
} vg_type_scope;

/* `a: int64, b?: utf8`; no text, or none but blanks: no fields. Failures show the text with a caret under the
 * mistake. */
vgi_status vg_fields_parse(vg_arena *arena, const vg_type_scope *scope, const char *text, const vgi_arrow_schema **ret,
                           vgi_error *err);

/* A method's signature. A parameter or result whose type is a record is of type binary, and its record beside it. */
typedef struct vg_rpc_signature {
    const char *name;
    const vgi_arrow_schema *params;
    const vgi_arrow_schema *const *records; /* one a parameter; NULL: it is no record */
    const vgi_arrow_schema *result;         /* one field `result`, or none: void */
} vg_rpc_signature;
vgi_status vg_rpc_signature_parse(vg_arena *arena, const vg_type_scope *scope, const char *text, vg_rpc_signature *ret,
                                  vgi_error *err);

/* `PENDING, ACTIVE` as a field of type dictionary<int16,utf8> with these members, and no others. */
vgi_status vg_members_parse(vg_arena *arena, const char *text, vgi_field *ret, vgi_error *err);

/* The type of a field as the hash spells it, without spaces; names of the items of lists and maps are normalised. */
void vg_type_print(vg_text *text, const vgi_field *field);

#endif
