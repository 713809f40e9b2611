/* Arrow to SQL text: how a type is shown to people and to the engine (type.h). What SQL has no word for is spelt by its
 * Arrow name in angle brackets. */
#include "arrow/sql_types.h"
#include "arrow/type.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* The engine's reserved words (duckdb_keywords(), category reserved): as names they need quotes. */
static const char *const RESERVED[] = {
    "all",        "analyse",      "analyze",     "and",       "any",       "array",    "as",         "asc",
    "asymmetric", "both",         "case",        "cast",      "check",     "collate",  "column",     "constraint",
    "create",     "default",      "deferrable",  "desc",      "describe",  "distinct", "do",         "else",
    "end",        "except",       "false",       "fetch",     "for",       "foreign",  "from",       "group",
    "having",     "in",           "initially",   "intersect", "into",      "lambda",   "lateral",    "leading",
    "limit",      "not",          "null",        "offset",    "on",        "only",     "or",         "order",
    "pivot",      "pivot_longer", "pivot_wider", "placing",   "primary",   "qualify",  "references", "returning",
    "select",     "show",         "some",        "summarize", "symmetric", "table",    "then",       "to",
    "trailing",   "true",         "union",       "unique",    "unpivot",   "using",    "variadic",   "when",
    "where",      "window",       "with",
};

typedef struct printer {
    vg_buf buf;
    bool has_failed;
} printer;

static void print_type(printer *p, const vgi_field *field);

static void put(printer *p, const char *text, size_t size)
{
    if (!vg_buf_append(&p->buf, text, size))
        p->has_failed = true;
}

static void print(printer *p, const char *text)
{
    put(p, text, strlen(text));
}

static void print_number(printer *p, int32_t number)
{
    char text[16];

    print(p, (snprintf(text, sizeof text, "%d", number), text));
}

static void print_quoted(printer *p, char quote, vgi_string text)
{
    put(p, &quote, 1);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            put(p, &quote, 1);
        put(p, &text.data[i], 1);
    }
    put(p, &quote, 1);
}

static bool is_plain(vgi_string name)
{
    if (name.size == 0 || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (!vg_sql_is_word(name.data[i]) || (name.data[i] & 0x80))
            return false;
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (vg_string_is_nocase(name, vgi_str(RESERVED[i])))
            return false;
    return true;
}

static void print_name(printer *p, vgi_string name)
{
    if (is_plain(name))
        put(p, name.data, name.size);
    else
        print_quoted(p, '"', name);
}

static void print_members(printer *p, const char *word, const vgi_field *field)
{
    print(p, word);
    print(p, "(");
    for (int32_t i = 0; i < field->n_children; i++) {
        if (i > 0)
            print(p, ", ");
        print_name(p, field->children[i]->name);
        print(p, " ");
        print_type(p, field->children[i]);
    }
    print(p, ")");
}

static void print_decimal(printer *p, const char *word, const vgi_field *field)
{
    print(p, word);
    print(p, "(");
    print_number(p, field->precision);
    print(p, ",");
    print_number(p, field->scale);
    print(p, ")");
}

/* ---- what SQL has no word for ----------------------------------------------------------------------------------- */

static void print_parameters(printer *p, const vgi_field *field)
{
    static const char *const UNITS[] = {"s", "ms", "us", "ns"};

    switch (field->type) {
    case VGI_TYPE_TIME32:
    case VGI_TYPE_TIME64:
    case VGI_TYPE_DURATION:
    case VGI_TYPE_TIMESTAMP:
        print(p, "(");
        print(p, UNITS[field->unit & 3]);
        if (field->timezone.size) {
            print(p, ", ");
            put(p, field->timezone.data, field->timezone.size);
        }
        print(p, ")");
        break;
    case VGI_TYPE_FIXED_SIZE_BINARY:
        print(p, "(");
        print_number(p, field->fixed_size);
        print(p, ")");
        break;
    case VGI_TYPE_LARGE_LIST:
        print(p, "(");
        print_type(p, field->children[0]);
        print(p, ")");
        break;
    case VGI_TYPE_DICTIONARY:
        print(p, "(");
        print(p, vgi_type_name(field->index_type));
        print(p, ", ");
        print_type(p, field->dictionary);
        print(p, ")");
        break;
    default:
        break;
    }
}

static void print_arrow(printer *p, const vgi_field *field)
{
    print(p, "<");
    if (field->type == VGI_TYPE_DENSE_UNION)
        print_members(p, "dense_union", field);
    else if (field->type == VGI_TYPE_DECIMAL256)
        print_decimal(p, "decimal256", field);
    else
        print(p, vgi_type_name(field->type));
    print_parameters(p, field);
    print(p, ">");
}

/* ---- types with parameters -------------------------------------------------------------------------------------- */

static void print_list(printer *p, const vgi_field *field)
{
    print_type(p, field->children[0]);
    print(p, "[");
    if (field->type == VGI_TYPE_FIXED_SIZE_LIST)
        print_number(p, field->fixed_size);
    print(p, "]");
}

static void print_map(printer *p, const vgi_field *field)
{
    print(p, "MAP(");
    print_type(p, field->children[0]->children[0]);
    print(p, ", ");
    print_type(p, field->children[0]->children[1]);
    print(p, ")");
}

/* A dictionary is an ENUM where its values are known. */
static void print_enum(printer *p, const vgi_field *field)
{
    const vgi_metadata values = field->dictionary->metadata;
    bool is_first = true;

    if (!vgi_metadata_get(values, VG_ENUM_VALUE).data) {
        print_arrow(p, field);
        return;
    }
    print(p, "ENUM(");
    for (size_t i = 0; i < values.count; i++) {
        if (!vg_string_is(values.items[i].key, VG_ENUM_VALUE))
            continue;
        print(p, is_first ? "" : ", ");
        print_quoted(p, '\'', values.items[i].value);
        is_first = false;
    }
    print(p, ")");
}

static void print_null(printer *p, const vgi_field *field)
{
    print(p, vg_string_is(vgi_metadata_get(field->metadata, "vgi_type"), "any") ? "ANY" : "\"NULL\"");
}

static void print_word(printer *p, const vgi_field *field)
{
    const vg_sql_type *row = vg_sql_type_of(field);

    /* A zone of another unit than microseconds has no word, nor has a fixed size that is no extension's. */
    if (row)
        print(p, row->name);
    else
        print_arrow(p, field);
}

static void print_type(printer *p, const vgi_field *field)
{
    switch (field->type) {
    case VGI_TYPE_NULL:
        print_null(p, field);
        break;
    case VGI_TYPE_DECIMAL128:
        print_decimal(p, "DECIMAL", field);
        break;
    case VGI_TYPE_LIST:
    case VGI_TYPE_FIXED_SIZE_LIST:
        print_list(p, field);
        break;
    case VGI_TYPE_STRUCT:
        print_members(p, "STRUCT", field);
        break;
    case VGI_TYPE_MAP:
        print_map(p, field);
        break;
    case VGI_TYPE_SPARSE_UNION:
        print_members(p, "UNION", field);
        break;
    case VGI_TYPE_DICTIONARY:
        print_enum(p, field);
        break;
    default:
        print_word(p, field);
        break;
    }
}

vgi_string vg_type_sql(vg_arena *arena, const vgi_field *field)
{
    printer p = {0};
    vgi_string result = {0};

    print_type(&p, field);
    if (!p.has_failed)
        result = vg_arena_string(arena, (vgi_string){(const char *)p.buf.data, p.buf.size});
    vg_buf_done(&p.buf);
    return result;
}
