/* Declared types of SQLite to the engine's types. SQLite lets any column hold any value: the type is what the author of
 * the table said that it holds, by SQLite's own affinity rules (https://sqlite.org/datatype3.html §3.1) and the names
 * that programs use by custom. A value that does not fit is an error of the scan (scan.c). docs/vgi-sqlite.md has the
 * table. And back: how a column of the engine's is declared, so that it reads as what it was. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sq.h"

static const char *const NAMES[SQ_KINDS] = {
    [SQ_BIGINT] = "BIGINT",     [SQ_DOUBLE] = "DOUBLE",
    [SQ_BOOLEAN] = "BOOLEAN",   [SQ_DATE] = "DATE",
    [SQ_TIME] = "TIME",         [SQ_TIMESTAMP] = "TIMESTAMP",
    [SQ_VARCHAR] = "VARCHAR",   [SQ_TIMESTAMPTZ] = "TIMESTAMP WITH TIME ZONE",
    [SQ_BLOB] = "BLOB",         [SQ_TINYINT] = "TINYINT",
    [SQ_SMALLINT] = "SMALLINT", [SQ_INTEGER] = "INTEGER",
    [SQ_UTINYINT] = "UTINYINT", [SQ_USMALLINT] = "USMALLINT",
    [SQ_UINTEGER] = "UINTEGER", [SQ_UBIGINT] = "UBIGINT",
    [SQ_HUGEINT] = "HUGEINT",   [SQ_UHUGEINT] = "UHUGEINT",
    [SQ_FLOAT] = "FLOAT",       [SQ_DECIMAL] = "DECIMAL",
    [SQ_UUID] = "UUID",
};

/* How a type of the engine's that SQLite has no word for is declared: first how SQLite stores it, then what it is.
 * Exact, so that no other program's declaration is taken for one of these. "INT" must not be in what is stored as
 * text. */
static const struct own {
    const char *declared;
    sq_kind kind;
} OWN[] = {
    {"INTEGER INT8", SQ_TINYINT},   {"INTEGER INT16", SQ_SMALLINT},   {"INTEGER INT32", SQ_INTEGER},
    {"INTEGER UINT8", SQ_UTINYINT}, {"INTEGER UINT16", SQ_USMALLINT}, {"INTEGER UINT32", SQ_UINTEGER},
    {"TEXT UBIG", SQ_UBIGINT},      {"TEXT HUGE", SQ_HUGEINT},        {"TEXT UHUGE", SQ_UHUGEINT},
    {"REAL FLOAT4", SQ_FLOAT},      {"TEXT DECIMAL", SQ_DECIMAL},     {"TEXT UUID", SQ_UUID},
};

/* The precision and scale of `(18,3)`. False: not that, or more than the engine has. */
bool sq_decimal_of(const char *declared, int *ret_precision, int *ret_scale)
{
    const char *parameters = strchr(declared, '(');
    char *end;
    long precision, scale;

    if (!parameters)
        return false;
    precision = strtol(parameters + 1, &end, 10);
    if (*end != ',')
        return false;
    scale = strtol(end + 1, &end, 10);
    *ret_precision = (int)precision;
    *ret_scale = (int)scale;
    return *end == ')' && precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision;
}

const char *sq_type_text(sq_kind kind, const char *declared, sq_mem *mem)
{
    char text[32];
    int precision, scale;

    if (kind != SQ_DECIMAL || !sq_decimal_of(declared, &precision, &scale))
        return NAMES[kind];
    sqlite3_snprintf((int)sizeof text, text, "DECIMAL(%d,%d)", precision, scale);
    return sq_strdup(mem, text);
}

static bool is_extension(const vgi_field *type, const char *name)
{
    return vgi_string_equal(vgi_metadata_get(type->metadata, "ARROW:extension:name"), vgi_str(name));
}

static bool is_opaque(const vgi_field *type, const char *name)
{
    vgi_string about = vgi_metadata_get(type->metadata, "ARROW:extension:metadata");
    char quoted[32];

    sqlite3_snprintf((int)sizeof quoted, quoted, "\"%s\"", name);
    return is_extension(type, "arrow.opaque") && about.data && memmem(about.data, about.size, quoted, strlen(quoted));
}

/* The engine's types as Arrow has them, without parameters. */
static sq_kind plain_kind(vgi_type_id type)
{
    switch (type) {
    case VGI_TYPE_BOOL:
        return SQ_BOOLEAN;
    case VGI_TYPE_INT8:
        return SQ_TINYINT;
    case VGI_TYPE_INT16:
        return SQ_SMALLINT;
    case VGI_TYPE_INT32:
        return SQ_INTEGER;
    case VGI_TYPE_INT64:
        return SQ_BIGINT;
    case VGI_TYPE_UINT8:
        return SQ_UTINYINT;
    case VGI_TYPE_UINT16:
        return SQ_USMALLINT;
    case VGI_TYPE_UINT32:
        return SQ_UINTEGER;
    case VGI_TYPE_UINT64:
        return SQ_UBIGINT;
    case VGI_TYPE_FLOAT32:
        return SQ_FLOAT;
    case VGI_TYPE_FLOAT64:
        return SQ_DOUBLE;
    case VGI_TYPE_UTF8:
        return SQ_VARCHAR;
    case VGI_TYPE_BINARY:
        return SQ_BLOB;
    case VGI_TYPE_DATE32:
        return SQ_DATE;
    default:
        return SQ_KINDS;
    }
}

sq_kind sq_kind_of_field(const vgi_field *type)
{
    bool is_us = type->unit == VGI_MICROSECOND;

    if (is_extension(type, "arrow.uuid"))
        return SQ_UUID;
    if (is_extension(type, "arrow.bool8"))
        return SQ_BOOLEAN;
    if (is_opaque(type, "hugeint"))
        return SQ_HUGEINT;
    if (is_opaque(type, "uhugeint"))
        return SQ_UHUGEINT;
    if (vgi_metadata_get(type->metadata, "ARROW:extension:name").data)
        return SQ_KINDS; /* JSON, GEOMETRY, BIT, TIMETZ, ... */
    if (type->type == VGI_TYPE_TIMESTAMP && is_us)
        return type->timezone.data ? SQ_TIMESTAMPTZ : SQ_TIMESTAMP;
    if (type->type == VGI_TYPE_TIME64 && is_us)
        return SQ_TIME;
    if (type->type == VGI_TYPE_DECIMAL128)
        return SQ_DECIMAL; /* a HUGEINT, too, which the engine sends as DECIMAL(38,0) unless it is told otherwise */
    return plain_kind(type->type);
}

bool sq_declare(sq_text *sql, const vgi_field *type)
{
    sq_kind kind = sq_kind_of_field(type);
    char text[48];

    if (kind == SQ_KINDS)
        return false;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
        if (OWN[i].kind == kind) {
            sq_text_puts(sql, OWN[i].declared);
            if (kind == SQ_DECIMAL) {
                sqlite3_snprintf((int)sizeof text, text, "(%d,%d)", (int)type->precision, (int)type->scale);
                sq_text_puts(sql, text);
            }
            return true;
        }
    sq_text_puts(sql, kind == SQ_TIMESTAMPTZ ? "TIMESTAMPTZ" : NAMES[kind]);
    return true;
}

const char *sq_kind_name(sq_kind kind)
{
    return NAMES[kind];
}

typedef enum match { IS, BEGINS, CONTAINS } match;

/* The first that matches decides. What stands before the rule INT would be taken for an integer by its letters. */
static const struct rule {
    match match;
    const char *word;
    sq_kind kind;
} RULES[] = {
    {IS, "DATE", SQ_DATE},
    {IS, "TIME", SQ_TIME},
    {BEGINS, "TIMESTAMPTZ", SQ_TIMESTAMPTZ},
    {BEGINS, "TIMESTAMP WITH TIME ZONE", SQ_TIMESTAMPTZ},
    {BEGINS, "DATETIME", SQ_TIMESTAMP},
    {BEGINS, "TIMESTAMP", SQ_TIMESTAMP},
    {CONTAINS, "BOOL", SQ_BOOLEAN},
    {IS, "INTERVAL", SQ_VARCHAR},
    /* GeoPackage: the geometry types hold its binary form */
    {IS, "GEOMETRY", SQ_BLOB},
    {IS, "POINT", SQ_BLOB},
    {IS, "MULTIPOINT", SQ_BLOB},
    {CONTAINS, "LINESTRING", SQ_BLOB},
    {CONTAINS, "POLYGON", SQ_BLOB},
    {IS, "GEOMETRYCOLLECTION", SQ_BLOB},
    {CONTAINS, "INT", SQ_BIGINT},
    {CONTAINS, "CHAR", SQ_VARCHAR},
    {CONTAINS, "CLOB", SQ_VARCHAR},
    {CONTAINS, "TEXT", SQ_VARCHAR},
    {CONTAINS, "BLOB", SQ_BLOB},
    {CONTAINS, "BINARY", SQ_BLOB},
    {IS, "BYTEA", SQ_BLOB},
    {CONTAINS, "REAL", SQ_DOUBLE},
    {CONTAINS, "FLOA", SQ_DOUBLE},
    {CONTAINS, "DOUB", SQ_DOUBLE},
    {BEGINS, "DEC", SQ_DOUBLE},
    {BEGINS, "NUM", SQ_DOUBLE},
};

static bool matches(const struct rule *rule, const char *type)
{
    switch (rule->match) {
    case IS:
        return strcasecmp(type, rule->word) == 0;
    case BEGINS:
        return strncasecmp(type, rule->word, strlen(rule->word)) == 0;
    default:
        return strcasestr(type, rule->word) != NULL;
    }
}

/* DECIMAL(10) and NUMERIC(10,0) are whole numbers that BIGINT holds; without both, or with a scale, it is DOUBLE, which
 * is what SQLite stores. */
static bool is_whole_decimal(const char *parameters)
{
    char *end;
    long precision, scale = 0;

    if (*parameters != '(')
        return false;
    precision = strtol(parameters + 1, &end, 10);
    while (*end == ' ')
        end++;
    if (*end == ',')
        scale = strtol(end + 1, &end, 10);
    while (*end == ' ')
        end++;
    return *end == ')' && precision > 0 && precision <= 18 && scale == 0;
}

sq_kind sq_kind_of(const char *declared)
{
    char type[64] = "";
    size_t size = 0;
    const char *parameters;
    int precision, scale;

    if (!declared)
        return SQ_VARCHAR;
    parameters = declared + strcspn(declared, "(");
    /* the name without its parameters, blanks folded: "timestamp(6)  with time zone" */
    for (const char *c = declared; *c && size < sizeof(type) - 1; c++) {
        if (*c == '(') {
            c += strcspn(c, ")");
            if (!*c)
                break;
        } else if (*c != ' ' || (size && type[size - 1] != ' ')) {
            type[size++] = *c;
        }
    }
    while (size && type[size - 1] == ' ')
        size--;
    type[size] = 0;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
        if (strcasecmp(type, OWN[i].declared) == 0 &&
            (OWN[i].kind != SQ_DECIMAL || sq_decimal_of(declared, &precision, &scale)))
            return OWN[i].kind;
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++)
        if (matches(&RULES[i], type)) {
            bool decimal = RULES[i].match == BEGINS && RULES[i].kind == SQ_DOUBLE;

            return decimal && is_whole_decimal(parameters) ? SQ_BIGINT : RULES[i].kind;
        }
    return SQ_VARCHAR;
}
