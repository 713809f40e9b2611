/* The table of SQL type words. See sql_types.h. */
#include "arrow/sql_types.h"

#include <string.h>

#include "base/str.h"

#define PLAIN(text, type) {text, type, 0, 0, NULL, NULL, NULL}
#define TIMED(text, type, unit) {text, type, unit, 0, NULL, NULL, NULL}
#define ZONED(text) {text, VGI_TYPE_TIMESTAMP, VGI_MICROSECOND, 0, "UTC", NULL, NULL}
#define EXTENSION(text, type, size, name) {text, type, 0, size, NULL, name, NULL}
#define OPAQUE(text, type, size, name) {text, type, 0, size, NULL, VG_OPAQUE, name}

const vg_sql_type VG_SQL_TYPES[] = {
    PLAIN("BOOLEAN", VGI_TYPE_BOOL),
    PLAIN("BOOL", VGI_TYPE_BOOL),
    PLAIN("LOGICAL", VGI_TYPE_BOOL),
    PLAIN("TINYINT", VGI_TYPE_INT8),
    PLAIN("INT1", VGI_TYPE_INT8),
    PLAIN("SMALLINT", VGI_TYPE_INT16),
    PLAIN("INT2", VGI_TYPE_INT16),
    PLAIN("INT16", VGI_TYPE_INT16),
    PLAIN("SHORT", VGI_TYPE_INT16),
    PLAIN("INTEGER", VGI_TYPE_INT32),
    PLAIN("INT", VGI_TYPE_INT32),
    PLAIN("INT4", VGI_TYPE_INT32),
    PLAIN("INT32", VGI_TYPE_INT32),
    PLAIN("INTEGRAL", VGI_TYPE_INT32),
    PLAIN("SIGNED", VGI_TYPE_INT32),
    PLAIN("BIGINT", VGI_TYPE_INT64),
    PLAIN("INT8", VGI_TYPE_INT64),
    PLAIN("INT64", VGI_TYPE_INT64),
    PLAIN("LONG", VGI_TYPE_INT64),
    PLAIN("OID", VGI_TYPE_INT64),
    PLAIN("UTINYINT", VGI_TYPE_UINT8),
    PLAIN("UINT8", VGI_TYPE_UINT8),
    PLAIN("USMALLINT", VGI_TYPE_UINT16),
    PLAIN("UINT16", VGI_TYPE_UINT16),
    PLAIN("UINTEGER", VGI_TYPE_UINT32),
    PLAIN("UINT32", VGI_TYPE_UINT32),
    PLAIN("UBIGINT", VGI_TYPE_UINT64),
    PLAIN("UINT64", VGI_TYPE_UINT64),
    PLAIN("FLOAT", VGI_TYPE_FLOAT32),
    PLAIN("FLOAT4", VGI_TYPE_FLOAT32),
    PLAIN("REAL", VGI_TYPE_FLOAT32),
    PLAIN("DOUBLE", VGI_TYPE_FLOAT64),
    PLAIN("DOUBLE PRECISION", VGI_TYPE_FLOAT64),
    PLAIN("FLOAT8", VGI_TYPE_FLOAT64),
    PLAIN("DECIMAL", VGI_TYPE_DECIMAL128),
    PLAIN("NUMERIC", VGI_TYPE_DECIMAL128),
    PLAIN("DEC", VGI_TYPE_DECIMAL128),
    PLAIN("VARCHAR", VGI_TYPE_UTF8),
    PLAIN("CHARACTER VARYING", VGI_TYPE_UTF8),
    PLAIN("CHAR", VGI_TYPE_UTF8),
    PLAIN("BPCHAR", VGI_TYPE_UTF8),
    PLAIN("NVARCHAR", VGI_TYPE_UTF8),
    PLAIN("STRING", VGI_TYPE_UTF8),
    PLAIN("TEXT", VGI_TYPE_UTF8),
    PLAIN("BLOB", VGI_TYPE_BINARY),
    PLAIN("BINARY", VGI_TYPE_BINARY),
    PLAIN("BYTEA", VGI_TYPE_BINARY),
    PLAIN("VARBINARY", VGI_TYPE_BINARY),
    PLAIN("DATE", VGI_TYPE_DATE32),
    TIMED("TIME", VGI_TYPE_TIME64, VGI_MICROSECOND),
    TIMED("TIME WITHOUT TIME ZONE", VGI_TYPE_TIME64, VGI_MICROSECOND),
    TIMED("TIME_NS", VGI_TYPE_TIME64, VGI_NANOSECOND),
    TIMED("TIMESTAMP", VGI_TYPE_TIMESTAMP, VGI_MICROSECOND),
    TIMED("TIMESTAMP WITHOUT TIME ZONE", VGI_TYPE_TIMESTAMP, VGI_MICROSECOND),
    TIMED("TIMESTAMP_US", VGI_TYPE_TIMESTAMP, VGI_MICROSECOND),
    TIMED("DATETIME", VGI_TYPE_TIMESTAMP, VGI_MICROSECOND),
    TIMED("TIMESTAMP_S", VGI_TYPE_TIMESTAMP, VGI_SECOND),
    TIMED("TIMESTAMP_MS", VGI_TYPE_TIMESTAMP, VGI_MILLISECOND),
    TIMED("TIMESTAMP_NS", VGI_TYPE_TIMESTAMP, VGI_NANOSECOND),
    ZONED("TIMESTAMP WITH TIME ZONE"),
    ZONED("TIMESTAMPTZ"),
    PLAIN("INTERVAL", VGI_TYPE_INTERVAL_MONTH_DAY_NANO),
    EXTENSION("UUID", VGI_TYPE_FIXED_SIZE_BINARY, 16, "arrow.uuid"),
    EXTENSION("GUID", VGI_TYPE_FIXED_SIZE_BINARY, 16, "arrow.uuid"),
    EXTENSION("JSON", VGI_TYPE_UTF8, 0, "arrow.json"),
    EXTENSION("GEOMETRY", VGI_TYPE_BINARY, 0, "geoarrow.wkb"),
    OPAQUE("HUGEINT", VGI_TYPE_FIXED_SIZE_BINARY, 16, "hugeint"),
    OPAQUE("INT128", VGI_TYPE_FIXED_SIZE_BINARY, 16, "hugeint"),
    OPAQUE("UHUGEINT", VGI_TYPE_FIXED_SIZE_BINARY, 16, "uhugeint"),
    OPAQUE("UINT128", VGI_TYPE_FIXED_SIZE_BINARY, 16, "uhugeint"),
    OPAQUE("BIT", VGI_TYPE_BINARY, 0, "bit"),
    OPAQUE("BITSTRING", VGI_TYPE_BINARY, 0, "bit"),
    OPAQUE("BIGNUM", VGI_TYPE_BINARY, 0, "bignum"),
    OPAQUE("VARINT", VGI_TYPE_BINARY, 0, "bignum"),
    OPAQUE("TIME WITH TIME ZONE", VGI_TYPE_FIXED_SIZE_BINARY, 8, "time_tz"),
    OPAQUE("TIMETZ", VGI_TYPE_FIXED_SIZE_BINARY, 8, "time_tz"),
    PLAIN("NULL", VGI_TYPE_NULL),
    PLAIN("ANY", VGI_TYPE_NULL),
    PLAIN("STRUCT", VGI_TYPE_STRUCT),
    PLAIN("ROW", VGI_TYPE_STRUCT),
    PLAIN("MAP", VGI_TYPE_MAP),
    PLAIN("UNION", VGI_TYPE_SPARSE_UNION),
    PLAIN("ENUM", VGI_TYPE_DICTIONARY),
};
const int VG_SQL_TYPE_COUNT = sizeof VG_SQL_TYPES / sizeof *VG_SQL_TYPES;

/* ---- from text -------------------------------------------------------------------------------------------------- */

bool vg_sql_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The size of the text that spells `name`, 0 if it does not. */
static size_t spells(vgi_string text, const char *name)
{
    size_t at = 0;

    for (; *name; name++) {
        if (*name == ' ') {
            if (at >= text.size || !is_blank(text.data[at]))
                return 0;
            while (at < text.size && is_blank(text.data[at]))
                at++;
        } else if (at >= text.size || upper(text.data[at++]) != *name) {
            return 0;
        }
    }
    return at < text.size && vg_sql_is_word(text.data[at]) ? 0 : at;
}

const vg_sql_type *vg_sql_type_at(vgi_string text, size_t *ret_size)
{
    const vg_sql_type *best = NULL;

    *ret_size = 0;
    for (int i = 0; i < VG_SQL_TYPE_COUNT; i++) {
        const size_t size = spells(text, VG_SQL_TYPES[i].name);

        if (size > *ret_size) {
            *ret_size = size;
            best = &VG_SQL_TYPES[i];
        }
    }
    return best;
}

/* ---- from a field ----------------------------------------------------------------------------------------------- */

/* The value of "type_name" in the JSON of an arrow.opaque, whoever wrote it. */
static vgi_string opaque_name(vgi_string json)
{
    static const char KEY[] = "\"type_name\"";
    const char *at = json.data ? memmem(json.data, json.size, KEY, sizeof KEY - 1) : NULL;
    const char *end = json.data + json.size, *close;

    if (!at)
        return (vgi_string){0};
    for (at += sizeof KEY - 1; at < end && (is_blank(*at) || *at == ':'); at++)
        ;
    if (at == end || *at++ != '"' || !(close = memchr(at, '"', (size_t)(end - at))))
        return (vgi_string){0};
    return (vgi_string){at, (size_t)(close - at)};
}

static bool is_row_of(const vg_sql_type *row, const vgi_field *field, vgi_string extension)
{
    if (row->type != field->type || row->unit != field->unit || row->fixed_size != field->fixed_size)
        return false;
    if (field->type == VGI_TYPE_TIMESTAMP && (row->timezone != NULL) != (field->timezone.size > 0))
        return false;
    if (!row->extension)
        return !extension.data;
    if (!vg_string_is(extension, row->extension))
        return false;
    return !row->opaque ||
           vg_string_is(opaque_name(vgi_metadata_get(field->metadata, VG_EXTENSION_METADATA)), row->opaque);
}

const vg_sql_type *vg_sql_type_of(const vgi_field *field)
{
    static const vg_sql_type BOOL8 = EXTENSION("BOOLEAN", VGI_TYPE_INT8, 0, "arrow.bool8");
    const vgi_string extension = vgi_metadata_get(field->metadata, VG_EXTENSION_NAME);

    for (int i = 0; i < VG_SQL_TYPE_COUNT; i++)
        if (is_row_of(&VG_SQL_TYPES[i], field, extension))
            return &VG_SQL_TYPES[i];
    if (is_row_of(&BOOL8, field, extension))
        return &BOOL8;
    /* An extension that SQL does not know is what it is stored as. */
    for (int i = 0; extension.data && i < VG_SQL_TYPE_COUNT; i++)
        if (is_row_of(&VG_SQL_TYPES[i], field, (vgi_string){0}))
            return &VG_SQL_TYPES[i];
    return NULL;
}

#define NAME(text) {VGI_STR(VG_EXTENSION_NAME), VGI_STR(text)}
#define METADATA(text) {VGI_STR(VG_EXTENSION_METADATA), VGI_STR(text)}
#define OPAQUE_METADATA(text) METADATA("{\"type_name\":\"" text "\",\"vendor_name\":\"DuckDB\"}")

vgi_metadata vg_sql_type_metadata(const vg_sql_type *row)
{
    static const struct {
        const char *key; /* `opaque` of a row, else `extension` */
        vgi_key_value items[2];
    } PAIRS[] = {
        {"arrow.uuid", {NAME("arrow.uuid"), METADATA("")}},
        {"arrow.json", {NAME("arrow.json"), METADATA("")}},
        {"geoarrow.wkb", {NAME("geoarrow.wkb"), METADATA("{}")}},
        {"hugeint", {NAME(VG_OPAQUE), OPAQUE_METADATA("hugeint")}},
        {"uhugeint", {NAME(VG_OPAQUE), OPAQUE_METADATA("uhugeint")}},
        {"bit", {NAME(VG_OPAQUE), OPAQUE_METADATA("bit")}},
        {"bignum", {NAME(VG_OPAQUE), OPAQUE_METADATA("bignum")}},
        {"time_tz", {NAME(VG_OPAQUE), OPAQUE_METADATA("time_tz")}},
    };
    const char *key = row->opaque ? row->opaque : row->extension;

    for (size_t i = 0; key && i < sizeof PAIRS / sizeof *PAIRS; i++)
        if (strcmp(PAIRS[i].key, key) == 0)
            return (vgi_metadata){PAIRS[i].items, 2};
    return (vgi_metadata){0};
}
