/* Declared types of SQLite to the engine's types. SQLite lets any column hold any value: the type is what the author of
 * the table said that it holds, by SQLite's own affinity rules (https://sqlite.org/datatype3.html §3.1) and the names
 * that programs use by custom. A value that does not fit is an error of the scan (scan.c). docs/vgi-sqlite.md has the
 * table. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sq.h"

static const char *const NAMES[SQ_KINDS] = {
    [SQ_BIGINT] = "BIGINT",   [SQ_DOUBLE] = "DOUBLE",
    [SQ_BOOLEAN] = "BOOLEAN", [SQ_DATE] = "DATE",
    [SQ_TIME] = "TIME",       [SQ_TIMESTAMP] = "TIMESTAMP",
    [SQ_VARCHAR] = "VARCHAR", [SQ_TIMESTAMPTZ] = "TIMESTAMP WITH TIME ZONE",
    [SQ_BLOB] = "BLOB",
};

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
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++)
        if (matches(&RULES[i], type)) {
            bool decimal = RULES[i].match == BEGINS && RULES[i].kind == SQ_DOUBLE;

            return decimal && is_whole_decimal(parameters) ? SQ_BIGINT : RULES[i].kind;
        }
    return SQ_VARCHAR;
}
