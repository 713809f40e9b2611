/* The tables that describe the record structs of <vgi/records.h>: what messages.c (generated) is made of and codec.h
 * works on. */
#ifndef VG_PROTOCOL_RECORD_H
#define VG_PROTOCOL_RECORD_H

#include <vgi/records.h>

/* The layout of every typed list, for the codec. */
VGI_LIST_TYPE(vg_any_list, void);

/* Dialects that share one binding: 2.0, 2.1, 2.2. A binding of fewer repeats its last. */
enum { VG_PROTOCOL_MINORS = 3, VG_LAST_MINOR = VG_PROTOCOL_MINORS - 1 };

/* The names of an enum, as on the wire; member i is the C constant i + 1 (0 is _UNSET). */
typedef struct vg_enum {
    const char *name;
    const vgi_string *members;
    int32_t count;
} vg_enum;

/* How a member lies in its struct. The wire's type stands in the field beside it. */
typedef enum vg_member_kind {
    VG_MEMBER_BOOL,
    VG_MEMBER_INT32,
    VG_MEMBER_INT64, /* int64, uint64 and timestamps */
    VG_MEMBER_FLOAT64,
    VG_MEMBER_TEXT,    /* vgi_string */
    VG_MEMBER_BYTES,   /* vgi_bytes */
    VG_MEMBER_ENUM,    /* a C enum */
    VG_MEMBER_LIST,    /* a VGI_LIST_TYPE, also of a map's pairs */
    VG_MEMBER_STRUCT,  /* inline: items of a list */
    VG_MEMBER_POINTER, /* to a struct, NULL: null */
} vg_member_kind;

typedef struct vg_record vg_record;
typedef struct vg_member vg_member;
struct vg_member {
    const vgi_field *field; /* name, Arrow type and nullability of the column */
    uint16_t offset;        /* of the member in its struct */
    uint16_t size;          /* of the member */
    uint8_t kind;           /* vg_member_kind */
    bool optional;          /* a vgi_opt_*: `has` comes first, the value at offset `value_offset` */
    bool has_default;
    uint8_t value_offset;
    int8_t since; /* minors that have the column, both inclusive */
    int8_t until;
    const vg_member *item;   /* of a list */
    const vg_record *record; /* of a struct */
    const vg_enum *enumeration;
    int64_t default_value; /* of a number, a flag, an enum */
    vgi_string default_text;
};

/* `schemas[minor]`: the columns as that dialect has them, in order. */
struct vg_record {
    const char *name; /* as the wire's documentation says it: "TableInfo" */
    size_t size;      /* of the struct */
    const vg_member *members;
    int32_t n_members;
    const vgi_arrow_schema *schemas[VG_PROTOCOL_MINORS];
};

/* Results of unary methods: one column `result` of bytes, or no column; the latter also for no parameters. */
extern const vgi_arrow_schema vg_required_result_schema;
extern const vgi_arrow_schema vg_nullable_result_schema;
extern const vgi_arrow_schema vg_none_schema;
extern const vg_record vg_none_record;

#endif
