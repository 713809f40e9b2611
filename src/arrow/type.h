/* Schemas in memory: copying, comparing, and SQL text <-> Arrow.
 *
 * The SQL spelling is DuckDB's, by the table at the end of protocol vgi.md: BIGINT, DECIMAL(18,3), VARCHAR[],
 * INTEGER[3], STRUCT(a BIGINT, "b c" VARCHAR), MAP(VARCHAR, BIGINT), UNION(n BIGINT, s VARCHAR), ENUM('a', 'b'),
 * TIMESTAMP WITH TIME ZONE, UUID (an Arrow extension type), ... and ANY for a type that the caller decides. */
#ifndef VG_ARROW_TYPE_H
#define VG_ARROW_TYPE_H

#include <vgi/arrow_abi.h>
#include <vgi/type.h>

#include "base/arena.h"

/* Parses SQL type text into `ret` (its name and nullability are left alone but set to absent and true). On failure the
 * message shows the text with a caret under the mistake. `ANY` is VGI_TYPE_NULL with metadata vgi_type=any. */
vgi_status vg_type_parse(vg_arena *arena, vgi_string sql, vgi_field *ret, vgi_error *err);

/* Parses one type that starts at text[*pos] and moves *pos behind it: what the signature parser is built on. */
vgi_status vg_type_parse_at(vg_arena *arena, vgi_string text, size_t *pos, vgi_field *ret, vgi_error *err);

/* Parses a column list, `a BIGINT, "b c" VARCHAR NOT NULL`. NOT NULL makes the field non-nullable. */
vgi_status vg_columns_parse(vg_arena *arena, vgi_string sql, const vgi_arrow_schema **ret, vgi_error *err);

/* A mistake at `pos` of `text`: one line of message, the text, and a caret (three lines). Returns `status`. */
vgi_status vg_caret_error(vgi_error *err, vgi_status status, vgi_string text, size_t pos, const char *format, ...)
    VGI_PRINTF(5, 6);
vgi_status vg_caret_errorv(vgi_error *err, vgi_status status, vgi_string text, size_t pos, const char *format,
                           va_list args);

/* The SQL spelling of a field's type, such that parsing it gives an equal type back where SQL has a word for it;
 * otherwise the Arrow name in angle brackets. Absent when out of memory. */
vgi_string vg_type_sql(vg_arena *arena, const vgi_field *field);

/* The values of an ENUM are no part of its Arrow type: they stand, in order, in the metadata of the field's dictionary
 * under this key, one item a value. That metadata never travels; the builder and vg_type_sql read it. */
#define VG_ENUM_VALUE "vgi_enum_value"

/* Deep copies into the arena; NULL when out of memory. */
const vgi_field *vg_field_copy(vg_arena *arena, const vgi_field *field);
const vgi_arrow_schema *vg_schema_copy(vg_arena *arena, const vgi_arrow_schema *schema);

/* Equality. Types: parameters and children (child names of lists and maps do not count, those of structs and unions
 * do, nullability of children does not). Fields: name, type, nullability. Metadata never counts (rpc.md §3.3). */
bool vg_type_equal(const vgi_field *a, const vgi_field *b);
bool vg_field_equal(const vgi_field *a, const vgi_field *b);

/* Physical layout, one const row a type. `width_bits`: of buffers[0] for fixed width types, 0 otherwise
 * (fixed_size_binary, too: it is 8 * fixed_size). */
typedef enum vg_layout {
    VG_LAYOUT_NULL,
    VG_LAYOUT_FIXED,
    VG_LAYOUT_VARIABLE, /* offsets and bytes */
    VG_LAYOUT_LIST,     /* offsets, one child; map is one */
    VG_LAYOUT_FIXED_LIST,
    VG_LAYOUT_STRUCT,
    VG_LAYOUT_SPARSE_UNION,
    VG_LAYOUT_DENSE_UNION,
    VG_LAYOUT_DICTIONARY,
} vg_layout;
/* The C type in which an author reads and writes a column as an array (vgi_i64, vgi_out_i64, ...). */
typedef enum vg_c_type {
    VG_C_NONE,
    VG_C_I8,
    VG_C_I16,
    VG_C_I32,
    VG_C_I64,
    VG_C_U8,
    VG_C_U16,
    VG_C_U32,
    VG_C_U64,
    VG_C_F32,
    VG_C_F64,
} vg_c_type;
typedef struct vg_type_info {
    const char *name;
    vg_layout layout;
    int32_t width_bits;
    int32_t offset_bytes; /* 4 or 8 for variable and list layouts */
    vg_c_type c_type;
} vg_type_info;
const vg_type_info *vg_type_info_of(vgi_type_id type);

/* Bits of one value of buffers[0] of a fixed-layout field or of a dictionary's index. */
int32_t vg_field_width_bits(const vgi_field *field);

/* The field with id `id` of a path of children does not exist here: fields are looked up by name, exact or ignoring the
 * case of ASCII letters; -1 if there is none. */
int32_t vg_schema_find(const vgi_arrow_schema *schema, vgi_string name);
int32_t vg_schema_find_nocase(const vgi_arrow_schema *schema, vgi_string name);

/* Arrow C data interface (arrow/abi.c). Export copies the schema (its names must not hold NUL); import copies into the
 * arena and leaves `source` alone. */
vgi_status vg_schema_export(const vgi_arrow_schema *schema, struct ArrowSchema *ret, vgi_error *err);
vgi_status vg_schema_import(vg_arena *arena, const struct ArrowSchema *source, const vgi_arrow_schema **ret,
                            vgi_error *err);

#endif
