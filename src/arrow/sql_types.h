/* The words that SQL has for Arrow types: one const row a word, read by the parser (sql.c) and the printer
 * (sql_print.c). The types are those of DuckDB's own lossless conversion (vgi.md, table at the end). */
#ifndef VG_ARROW_SQL_TYPES_H
#define VG_ARROW_SQL_TYPES_H

#include <vgi/type.h>

#define VG_EXTENSION_NAME "ARROW:extension:name"
#define VG_EXTENSION_METADATA "ARROW:extension:metadata"
#define VG_OPAQUE "arrow.opaque"

/* A word. Of the words for one type, the first is the one that is printed. */
typedef struct vg_sql_type {
    const char *name; /* upper case; several words are separated by one space */
    vgi_type_id type;
    vgi_time_unit unit;
    int32_t fixed_size;
    const char *timezone;
    const char *extension; /* NULL: none */
    const char *opaque;    /* type_name of an arrow.opaque */
} vg_sql_type;

extern const vg_sql_type VG_SQL_TYPES[];
extern const int VG_SQL_TYPE_COUNT;

/* The longest row whose words `text` starts with, case ignored and blanks between words skipped; *ret_size is what it
 * takes of the text. NULL: none. */
const vg_sql_type *vg_sql_type_at(vgi_string text, size_t *ret_size);

/* The row that a field is spelt with; NULL where SQL has no word, or one with parameters. */
const vg_sql_type *vg_sql_type_of(const vgi_field *field);

/* The metadata of an extension type; valid for static use. */
vgi_metadata vg_sql_type_metadata(const vg_sql_type *row);

/* Bytes of an identifier: the first may not be a digit. Bytes of UTF-8 beyond ASCII count as letters. */
bool vg_sql_is_word(char c);

#endif
