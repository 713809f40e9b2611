/* SQL text to Arrow: types and column lists as DuckDB spells them (type.h). Called for every descriptor when a worker
 * starts, and wherever a type arrives as text. Recursive descent over one text; `pos` is all the state there is. */
#include "arrow/sql_types.h"
#include "arrow/type.h"

#include <string.h>

#include "base/str.h"

enum {
    MAX_DEPTH = 32,
    MAX_MEMBERS = 4096,
    MAX_UNION_MEMBERS = 127,
    MAX_ARRAY_ITEMS = 100000, /* the engine's own limit */
    MAX_PRECISION = 38,
    DEFAULT_PRECISION = 18,
    DEFAULT_SCALE = 3,
};

typedef struct parser {
    vg_arena *arena;
    vgi_string text;
    size_t pos;
    vgi_error *err;
} parser;

#define FAIL(p, at, ...) vg_caret_error((p)->err, VGI_ERR_VALUE, (p)->text, (at), __VA_ARGS__)

static vgi_status parse_type(parser *p, int depth, vgi_field *ret);

/* ---- words ------------------------------------------------------------------------------------------------------ */

static char peek(const parser *p)
{
    return p->pos < p->text.size ? p->text.data[p->pos] : '\0';
}

static void skip_blanks(parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->pos++;
}

static bool take(parser *p, char c)
{
    skip_blanks(p);
    if (peek(p) != c || p->pos == p->text.size)
        return false;
    p->pos++;
    return true;
}

static vgi_status expect(parser *p, char c, const char *what)
{
    return take(p, c) ? VGI_OK : FAIL(p, p->pos, "expected '%c' %s", c, what);
}

static bool take_word(parser *p, const char *word)
{
    const size_t size = strlen(word);

    skip_blanks(p);
    if (p->text.size - p->pos < size ||
        !vg_string_is_nocase((vgi_string){p->text.data + p->pos, size}, (vgi_string){word, size}) ||
        (p->pos + size < p->text.size && vg_sql_is_word(p->text.data[p->pos + size])))
        return false;
    p->pos += size;
    return true;
}

static vgi_status out_of_memory(parser *p)
{
    return vgi_error_set(p->err, VGI_ERR_MEMORY, "out of memory for a type of %zu bytes", p->text.size);
}

/* Text between two `quote`s, in which a doubled one stands for itself. */
static vgi_status parse_quoted(parser *p, char quote, const char *what, vgi_string *ret)
{
    const size_t begin = p->pos++;
    char *copy = vg_arena_alloc(p->arena, p->text.size - begin + 1);
    size_t size = 0;

    if (!copy)
        return out_of_memory(p);
    for (;; p->pos++) {
        if (p->pos >= p->text.size)
            return FAIL(p, begin, "this %s has no end", what);
        if (p->text.data[p->pos] == quote) {
            if (p->pos + 1 >= p->text.size || p->text.data[p->pos + 1] != quote)
                break;
            p->pos++;
        }
        copy[size++] = p->text.data[p->pos];
    }
    p->pos++;
    *ret = (vgi_string){copy, size};
    return VGI_OK;
}

static vgi_status parse_identifier(parser *p, const char *what, vgi_string *ret)
{
    size_t begin;

    skip_blanks(p);
    begin = p->pos;
    if (peek(p) == '"') {
        VGI_TRY(parse_quoted(p, '"', "name", ret));
        return ret->size ? VGI_OK : FAIL(p, begin, "a name cannot be empty");
    }
    if (!vg_sql_is_word(peek(p)) || (peek(p) >= '0' && peek(p) <= '9'))
        return FAIL(p, begin, "expected the name of %s (in \"double quotes\" if it is not a plain word)", what);
    while (p->pos < p->text.size && vg_sql_is_word(peek(p)))
        p->pos++;
    *ret = vg_arena_string(p->arena, (vgi_string){p->text.data + begin, p->pos - begin});
    return ret->data ? VGI_OK : out_of_memory(p);
}

static vgi_status parse_number(parser *p, int32_t min, int32_t max, const char *what, int32_t *ret)
{
    size_t begin;
    int64_t value = 0;

    skip_blanks(p);
    begin = p->pos;
    while (peek(p) >= '0' && peek(p) <= '9' && value <= INT32_MAX)
        value = value * 10 + (p->text.data[p->pos++] - '0');
    if (p->pos == begin)
        return FAIL(p, begin, "expected %s, a number from %d to %d", what, min, max);
    if (value < min || value > max)
        return FAIL(p, begin, "%s must be from %d to %d", what, min, max);
    *ret = (int32_t)value;
    return VGI_OK;
}

/* ---- lists of fields -------------------------------------------------------------------------------------------- */

/* Fields while their number is not known yet. */
typedef struct field_list {
    const vgi_field **fields;
    int32_t count, room;
} field_list;

static vgi_field *add_field(parser *p, field_list *list)
{
    vgi_field *field = VG_NEW(p->arena, vgi_field);

    if (list->count == list->room) {
        const int32_t room = list->room ? list->room * 2 : 8;
        const vgi_field **fields = VG_NEW_ARRAY(p->arena, const vgi_field *, room);

        if (!fields)
            return NULL;
        if (list->count)
            memcpy(fields, list->fields, (size_t)list->count * sizeof *fields);
        list->fields = fields;
        list->room = room;
    }
    if (field)
        list->fields[list->count++] = field;
    return field;
}

static bool has_name(const field_list *list, vgi_string name)
{
    for (int32_t i = 0; i < list->count; i++)
        if (vg_string_is_nocase(list->fields[i]->name, name))
            return true;
    return false;
}

/* `name TYPE`; names are unique whatever their case. */
static vgi_status parse_member(parser *p, int depth, const char *what, field_list *list)
{
    vgi_string name;
    vgi_field *field;
    size_t begin;

    skip_blanks(p);
    begin = p->pos;
    VGI_TRY(parse_identifier(p, what, &name));
    if (has_name(list, name))
        return FAIL(p, begin, "the name '%.*s' is used twice", VG_FMT(name));
    if (list->count >= MAX_MEMBERS)
        return FAIL(p, begin, "more than %d names", MAX_MEMBERS);
    if (!(field = add_field(p, list)))
        return out_of_memory(p);
    VGI_TRY(parse_type(p, depth, field));
    field->name = name;
    return VGI_OK;
}

/* ---- types with parameters -------------------------------------------------------------------------------------- */

static vgi_status parse_members(parser *p, int depth, vgi_field *ret)
{
    field_list list = {0};
    const bool is_union = ret->type == VGI_TYPE_SPARSE_UNION;

    VGI_TRY(expect(p, '(', "and the members: (name TYPE, ...)"));
    do {
        if (is_union && list.count == MAX_UNION_MEMBERS)
            return FAIL(p, p->pos, "a UNION has at most %d members", MAX_UNION_MEMBERS);
        VGI_TRY(parse_member(p, depth + 1, "a member", &list));
    } while (take(p, ','));
    ret->children = list.fields;
    ret->n_children = list.count;
    return expect(p, ')', "or ',' after a member");
}

/* Arrow's map is a list of entries: a struct of key and value, neither the entry nor the key ever NULL. */
static vgi_status parse_map(parser *p, int depth, vgi_field *ret)
{
    field_list members = {0}, entries = {0};
    vgi_field *key = add_field(p, &members), *value = add_field(p, &members), *entry = add_field(p, &entries);

    if (!key || !value || !entry)
        return out_of_memory(p);
    VGI_TRY(expect(p, '(', "and the types of key and value: (KEY, VALUE)"));
    VGI_TRY(parse_type(p, depth + 2, key));
    VGI_TRY(expect(p, ',', "and the type of the value"));
    VGI_TRY(parse_type(p, depth + 2, value));
    key->name = vgi_str("key");
    key->nullable = false;
    value->name = vgi_str("value");
    *entry =
        (vgi_field){.name = vgi_str("entries"), .type = VGI_TYPE_STRUCT, .children = members.fields, .n_children = 2};
    ret->children = entries.fields;
    ret->n_children = 1;
    return expect(p, ')', "after the type of the value");
}

static vgi_status parse_enum_value(parser *p, field_list *values)
{
    vgi_field *value;
    vgi_string text;
    size_t begin;

    skip_blanks(p);
    begin = p->pos;
    if (peek(p) != '\'')
        return FAIL(p, begin, "expected a value in 'single quotes'");
    VGI_TRY(parse_quoted(p, '\'', "value", &text));
    for (int32_t i = 0; i < values->count; i++)
        if (vgi_string_equal(values->fields[i]->name, text))
            return FAIL(p, begin, "the value '%.*s' is listed twice", VG_FMT(text));
    if (values->count >= MAX_MEMBERS)
        return FAIL(p, begin, "more than %d values", MAX_MEMBERS);
    if (!(value = add_field(p, values)))
        return out_of_memory(p);
    value->name = text;
    return VGI_OK;
}

/* The values stay with the field of the dictionary (VG_ENUM_VALUE); their number decides the index type, as in the
 * engine. */
static vgi_status parse_enum(parser *p, vgi_field *ret)
{
    field_list values = {0}; /* each value as the name of a field that is nothing else */
    vgi_field *dictionary = VG_NEW(p->arena, vgi_field);
    vgi_key_value *items;

    VGI_TRY(expect(p, '(', "and the values: ('a', 'b', ...)"));
    do {
        VGI_TRY(parse_enum_value(p, &values));
    } while (take(p, ','));
    VGI_TRY(expect(p, ')', "or ',' after a value"));
    items = VG_NEW_ARRAY(p->arena, vgi_key_value, values.count);
    if (!dictionary || !items)
        return out_of_memory(p);
    for (int32_t i = 0; i < values.count; i++)
        items[i] = (vgi_key_value){vgi_str(VG_ENUM_VALUE), values.fields[i]->name};
    *dictionary = (vgi_field){.type = VGI_TYPE_UTF8, .nullable = true, .metadata = {items, (size_t)values.count}};
    ret->dictionary = dictionary;
    ret->index_type = values.count <= UINT8_MAX ? VGI_TYPE_UINT8 : VGI_TYPE_UINT16;
    return VGI_OK;
}

static vgi_status parse_decimal(parser *p, vgi_field *ret)
{
    ret->precision = DEFAULT_PRECISION;
    ret->scale = DEFAULT_SCALE;
    if (!take(p, '('))
        return VGI_OK;
    VGI_TRY(parse_number(p, 1, MAX_PRECISION, "the precision", &ret->precision));
    ret->scale = 0;
    if (take(p, ','))
        VGI_TRY(parse_number(p, 0, ret->precision, "the scale", &ret->scale));
    return expect(p, ')', "after the precision and scale");
}

/* VARCHAR(20): the engine takes the length and ignores it. */
static vgi_status skip_length(parser *p)
{
    const size_t begin = p->pos;
    int32_t length;

    if (!take(p, '(')) {
        p->pos = begin;
        return VGI_OK;
    }
    VGI_TRY(parse_number(p, 0, INT32_MAX, "the length", &length));
    return expect(p, ')', "after the length");
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

static vgi_status parse_parameters(parser *p, const vg_sql_type *row, int depth, vgi_field *ret)
{
    static const vgi_key_value ANY[] = {{VGI_STR("vgi_type"), VGI_STR("any")}};

    switch (row->type) {
    case VGI_TYPE_STRUCT:
    case VGI_TYPE_SPARSE_UNION:
        return parse_members(p, depth, ret);
    case VGI_TYPE_MAP:
        return parse_map(p, depth, ret);
    case VGI_TYPE_DICTIONARY:
        return parse_enum(p, ret);
    case VGI_TYPE_DECIMAL128:
        return parse_decimal(p, ret);
    case VGI_TYPE_UTF8:
        return row->extension ? VGI_OK : skip_length(p);
    case VGI_TYPE_NULL:
        if (strcmp(row->name, "ANY") == 0)
            ret->metadata = (vgi_metadata){ANY, 1};
        return VGI_OK;
    default:
        return VGI_OK;
    }
}

static vgi_status unknown_type(parser *p)
{
    size_t end = p->pos;

    while (end < p->text.size && vg_sql_is_word(p->text.data[end]))
        end++;
    if (end == p->pos)
        return FAIL(p, p->pos, "expected a type, such as BIGINT or VARCHAR");
    if (vg_string_is_nocase((vgi_string){p->text.data + p->pos, end - p->pos}, vgi_str("VARIANT")))
        return FAIL(p, p->pos, "VARIANT cannot travel: the engine does not export it");
    return FAIL(p, p->pos, "unknown type '%.*s'; types are written as in DuckDB: BIGINT, VARCHAR, DOUBLE[], ...",
                (int)(end - p->pos > 64 ? 64 : end - p->pos), p->text.data + p->pos);
}

static vgi_status parse_base(parser *p, int depth, vgi_field *ret)
{
    static const char QUOTED_NULL[] = "\"NULL\""; /* how the engine prints the type */
    const vgi_string rest = {p->text.data + p->pos, p->text.size - p->pos};
    const vg_sql_type *row;
    size_t size;

    *ret = (vgi_field){.nullable = true};
    if (rest.size >= sizeof QUOTED_NULL - 1 &&
        vg_string_is_nocase((vgi_string){rest.data, sizeof QUOTED_NULL - 1}, vgi_str(QUOTED_NULL))) {
        p->pos += sizeof QUOTED_NULL - 1;
        return VGI_OK;
    }
    row = rest.size ? vg_sql_type_at(rest, &size) : NULL;
    if (!row)
        return unknown_type(p);
    p->pos += size;
    ret->type = row->type;
    ret->unit = row->unit;
    ret->fixed_size = row->fixed_size;
    ret->timezone = vgi_str(row->timezone);
    ret->metadata = vg_sql_type_metadata(row);
    return parse_parameters(p, row, depth, ret);
}

/* One `[]` or `[n]` behind a type: what was parsed becomes the item. */
static vgi_status parse_suffix(parser *p, vgi_field *ret)
{
    field_list list = {0};
    vgi_field *item = add_field(p, &list);
    int32_t items = 0;
    bool is_fixed = false;

    if (!item)
        return out_of_memory(p);
    skip_blanks(p);
    if (peek(p) != ']') {
        VGI_TRY(parse_number(p, 1, MAX_ARRAY_ITEMS, "the number of items", &items));
        is_fixed = true;
    }
    VGI_TRY(expect(p, ']', "after '['"));
    *item = *ret;
    item->name = vgi_str("item");
    *ret = (vgi_field){.type = is_fixed ? VGI_TYPE_FIXED_SIZE_LIST : VGI_TYPE_LIST,
                       .nullable = true,
                       .fixed_size = items,
                       .children = list.fields,
                       .n_children = 1};
    return VGI_OK;
}

static vgi_status parse_type(parser *p, int depth, vgi_field *ret)
{
    size_t end;

    skip_blanks(p);
    if (depth > MAX_DEPTH)
        return FAIL(p, p->pos, "types are nested deeper than %d", MAX_DEPTH);
    VGI_TRY(parse_base(p, depth, ret));
    for (end = p->pos; take(p, '['); end = p->pos) {
        if (++depth > MAX_DEPTH)
            return FAIL(p, p->pos - 1, "types are nested deeper than %d", MAX_DEPTH);
        VGI_TRY(parse_suffix(p, ret));
    }
    p->pos = end; /* blanks behind a type are the caller's */
    return VGI_OK;
}

/* ---- entries ---------------------------------------------------------------------------------------------------- */

static vgi_status check_text(const parser *p)
{
    return vg_utf8_valid(p->text.data, p->text.size) && !memchr(p->text.data ? p->text.data : "", '\0', p->text.size)
               ? VGI_OK
               : vgi_error_set(p->err, VGI_ERR_VALUE, "a type is not UTF-8 text");
}

vgi_status vg_type_parse_at(vg_arena *arena, vgi_string text, size_t *pos, vgi_field *ret, vgi_error *err)
{
    parser p = {arena, text, *pos, err};

    VGI_TRY(check_text(&p));
    VGI_TRY(parse_type(&p, 0, ret));
    *pos = p.pos;
    return VGI_OK;
}

vgi_status vg_type_parse(vg_arena *arena, vgi_string sql, vgi_field *ret, vgi_error *err)
{
    parser p = {arena, sql, 0, err};

    VGI_TRY(check_text(&p));
    VGI_TRY(parse_type(&p, 0, ret));
    skip_blanks(&p);
    return p.pos == sql.size ? VGI_OK : FAIL(&p, p.pos, "expected the end of the type");
}

static vgi_status parse_column(parser *p, field_list *list)
{
    VGI_TRY(parse_member(p, 0, "a column", list));
    if (take_word(p, "NOT")) {
        if (!take_word(p, "NULL"))
            return FAIL(p, p->pos, "expected NULL after NOT");
        ((vgi_field *)(uintptr_t)list->fields[list->count - 1])->nullable = false; /* made by this parser */
    } else {
        (void)take_word(p, "NULL");
    }
    return VGI_OK;
}

vgi_status vg_columns_parse(vg_arena *arena, vgi_string sql, const vgi_arrow_schema **ret, vgi_error *err)
{
    parser p = {arena, sql, 0, err};
    vgi_arrow_schema *schema = VG_NEW(arena, vgi_arrow_schema);
    field_list list = {0};

    if (!schema)
        return out_of_memory(&p);
    VGI_TRY(check_text(&p));
    skip_blanks(&p);
    while (p.pos < sql.size) {
        VGI_TRY(parse_column(&p, &list));
        if (!take(&p, ','))
            break;
        skip_blanks(&p);
        if (p.pos == sql.size)
            return FAIL(&p, p.pos, "expected a column after ','");
    }
    skip_blanks(&p);
    if (p.pos < sql.size)
        return FAIL(&p, p.pos, "expected ',' or the end of the columns");
    schema->fields = list.fields;
    schema->n_fields = list.count;
    *ret = schema;
    return VGI_OK;
}
