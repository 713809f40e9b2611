/* Arrow types, fields and schemas as plain, read-only data.
 *
 * The structs follow Arrow's own words (https://arrow.apache.org/docs/format/Columnar.html). A schema that came from a
 * peer, from SQL text or from an ArrowSchema is made by libvgi and never changed afterwards; a schema written by
 * hand is `static const`. Everything a field points to lives as long as the schema it belongs to. */
#ifndef VGI_TYPE_H
#define VGI_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vgi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text (UTF-8) and bytes: not NUL-terminated unless a function says so; may hold NUL. `data` NULL means absent. */
typedef struct vgi_string {
    const char *data;
    size_t size;
} vgi_string;
typedef struct vgi_bytes {
    const uint8_t *data;
    size_t size;
} vgi_bytes;

/* Key-value pairs of a schema, a field or a message. Values are any bytes; the order is kept. */
typedef struct vgi_key_value {
    vgi_string key;
    vgi_string value;
} vgi_key_value;
typedef struct vgi_metadata {
    const vgi_key_value *items;
    size_t count;
} vgi_metadata;

typedef enum vgi_type_id {
    VGI_TYPE_NULL = 0,
    VGI_TYPE_BOOL,
    VGI_TYPE_INT8,
    VGI_TYPE_INT16,
    VGI_TYPE_INT32,
    VGI_TYPE_INT64,
    VGI_TYPE_UINT8,
    VGI_TYPE_UINT16,
    VGI_TYPE_UINT32,
    VGI_TYPE_UINT64,
    VGI_TYPE_FLOAT16,
    VGI_TYPE_FLOAT32,
    VGI_TYPE_FLOAT64,
    VGI_TYPE_DECIMAL128,              /* precision, scale */
    VGI_TYPE_DECIMAL256,              /* precision, scale */
    VGI_TYPE_UTF8,                    /* int32 offsets */
    VGI_TYPE_LARGE_UTF8,              /* int64 offsets */
    VGI_TYPE_BINARY,                  /* int32 offsets */
    VGI_TYPE_LARGE_BINARY,            /* int64 offsets */
    VGI_TYPE_FIXED_SIZE_BINARY,       /* fixed_size: bytes */
    VGI_TYPE_DATE32,                  /* days since 1970-01-01, int32 */
    VGI_TYPE_DATE64,                  /* milliseconds since 1970-01-01, int64 */
    VGI_TYPE_TIME32,                  /* unit s or ms, int32 */
    VGI_TYPE_TIME64,                  /* unit us or ns, int64 */
    VGI_TYPE_TIMESTAMP,               /* unit, timezone (absent: no zone), int64 */
    VGI_TYPE_DURATION,                /* unit, int64 */
    VGI_TYPE_INTERVAL_MONTHS,         /* int32 */
    VGI_TYPE_INTERVAL_DAY_TIME,       /* int32 days, int32 milliseconds */
    VGI_TYPE_INTERVAL_MONTH_DAY_NANO, /* int32 months, int32 days, int64 nanoseconds */
    VGI_TYPE_LIST,                    /* 1 child, int32 offsets */
    VGI_TYPE_LARGE_LIST,              /* 1 child, int64 offsets */
    VGI_TYPE_FIXED_SIZE_LIST,         /* 1 child, fixed_size: items */
    VGI_TYPE_STRUCT,                  /* n children */
    VGI_TYPE_MAP,                     /* 1 child: a struct of key and value; keys_sorted */
    VGI_TYPE_SPARSE_UNION,            /* n children, type_codes */
    VGI_TYPE_DENSE_UNION,             /* n children, type_codes */
    VGI_TYPE_DICTIONARY,              /* index_type; `dictionary` is the field of the values; dictionary_ordered */
    VGI_TYPE_COUNT
} vgi_type_id;

typedef enum vgi_time_unit { VGI_SECOND = 0, VGI_MILLISECOND, VGI_MICROSECOND, VGI_NANOSECOND } vgi_time_unit;

/* A field: a name, a type with its parameters, nullability, metadata (which carries Arrow extension types). */
typedef struct vgi_field vgi_field;
struct vgi_field {
    vgi_string name;
    vgi_type_id type;
    bool nullable;
    bool keys_sorted;
    bool dictionary_ordered;
    vgi_time_unit unit;
    int32_t precision;
    int32_t scale;
    int32_t fixed_size;
    vgi_type_id index_type;
    vgi_string timezone;
    int32_t n_children;
    const vgi_field *const *children;
    const int8_t *type_codes; /* n_children codes; NULL: 0, 1, 2, ... */
    const vgi_field *dictionary;
    vgi_metadata metadata;
};

typedef struct vgi_arrow_schema {
    int32_t n_fields;
    const vgi_field *const *fields;
    vgi_metadata metadata;
} vgi_arrow_schema;

/* A string of a C string literal or a NUL-terminated string (NULL: absent). */
VGI_EXPORT vgi_string vgi_str(const char *text);
/* The same, usable in the initializer of static data. */
#define VGI_STR(literal) {(literal), sizeof(literal) - 1}

/* True if both are present and equal byte for byte, or both are absent. */
VGI_EXPORT bool vgi_string_equal(vgi_string a, vgi_string b);

/* The value stored under `key`, or an absent string. The first of several wins. */
VGI_EXPORT vgi_string vgi_metadata_get(vgi_metadata metadata, const char *key);

/* Arrow's name of a type ("int64", "fixed_size_list"). Static. */
VGI_EXPORT const char *vgi_type_name(vgi_type_id type);

#ifdef __cplusplus
}
#endif
#endif
