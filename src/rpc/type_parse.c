/* Reading types, fields and signatures in the wire's words (type_text.h). Called when a service starts, and by
 * vgi_schema_parse. */
#include <string.h>

#include "arrow/type.h"
#include "base/str.h"
#include "rpc/type_text.h"

enum { MAX_DEPTH = 32, MAX_FIELDS = 1000 };

/* Where the reading stands. */
typedef struct cursor {
    vg_arena *arena;
    const vg_type_scope *scope;
    vgi_string text;
    size_t pos;
    int depth;
    vgi_error *err;
} cursor;

static vgi_status parse_type(cursor *c, vgi_field *ret, const vg_named_type **ret_named);
static vgi_status parse_fields(cursor *c, char end, const vgi_arrow_schema **ret, const vg_named_type ***ret_named);

static vgi_status mistake(cursor *c, size_t pos, const char *what)
{
    return vg_caret_error(c->err, VGI_ERR_VALUE, c->text, pos, "%s", what);
}

static vgi_status out_of_memory(cursor *c)
{
    return vgi_error_set(c->err, VGI_ERR_MEMORY, "out of memory for a type");
}

/* The next character that is no blank; 0 at the end. */
static char peek(cursor *c)
{
    while (c->pos < c->text.size && (c->text.data[c->pos] == ' ' || c->text.data[c->pos] == '\n'))
        c->pos++;
    return c->pos < c->text.size ? c->text.data[c->pos] : '\0';
}

static bool take(cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return false;
    c->pos++;
    return true;
}

static vgi_status expect(cursor *c, char wanted, const char *what)
{
    return take(c, wanted) ? VGI_OK : mistake(c, c->pos, what);
}

static bool is_word_byte(char byte, bool first)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (!first && byte >= '0' && byte <= '9');
}

/* A name or a keyword; empty if there is none. */
static vgi_string take_word(cursor *c)
{
    size_t start;

    (void)peek(c);
    start = c->pos;
    while (c->pos < c->text.size && is_word_byte(c->text.data[c->pos], c->pos == start))
        c->pos++;
    return (vgi_string){c->text.data + start, c->pos - start};
}

static vgi_status take_number(cursor *c, int32_t *ret)
{
    size_t start;
    int32_t value = 0;

    (void)peek(c);
    start = c->pos;
    while (c->pos < c->text.size && c->text.data[c->pos] >= '0' && c->text.data[c->pos] <= '9' && value < 100000000)
        value = value * 10 + (c->text.data[c->pos++] - '0');
    *ret = value;
    return c->pos > start ? VGI_OK : mistake(c, start, "expected a number");
}

static vgi_status copy_word(cursor *c, vgi_string word, vgi_string *ret)
{
    *ret = vg_arena_string(c->arena, word);
    return ret->data ? VGI_OK : out_of_memory(c);
}

/* ---- the parameters of types ------------------------------------------------------------------------------------- */

static vgi_status parse_decimal(cursor *c, vgi_field *ret)
{
    const int32_t limit = ret->type == VGI_TYPE_DECIMAL128 ? 38 : 76;
    size_t start = c->pos;

    VGI_TRY(expect(c, '(', "expected (precision, scale)"));
    VGI_TRY(take_number(c, &ret->precision));
    VGI_TRY(expect(c, ',', "expected , and the scale"));
    VGI_TRY(take_number(c, &ret->scale));
    if (ret->precision < 1 || ret->precision > limit || ret->scale > ret->precision)
        return mistake(c, start, "a decimal of that precision and scale does not exist");
    return expect(c, ')', "expected )");
}

static vgi_status parse_size(cursor *c, vgi_field *ret)
{
    VGI_TRY(expect(c, '(', "expected (size)"));
    VGI_TRY(take_number(c, &ret->fixed_size));
    return expect(c, ')', "expected )");
}

/* `us`, and of a timestamp `tz=UTC` behind it. */
static vgi_status parse_unit(cursor *c, vgi_field *ret)
{
    static const char *const UNITS[] = {
        [VGI_SECOND] = "s", [VGI_MILLISECOND] = "ms", [VGI_MICROSECOND] = "us", [VGI_NANOSECOND] = "ns"};
    const int first = ret->type == VGI_TYPE_TIME64 ? VGI_MICROSECOND : VGI_SECOND;
    const int last = ret->type == VGI_TYPE_TIME32 ? VGI_MILLISECOND : VGI_NANOSECOND;
    vgi_string word;
    int unit = first;

    VGI_TRY(expect(c, '(', "expected (unit)"));
    word = take_word(c);
    while (unit <= last && !vg_string_is(word, UNITS[unit]))
        unit++;
    if (unit > last)
        return mistake(c, c->pos - word.size, "expected a unit of this type: s, ms, us or ns");
    ret->unit = (vgi_time_unit)unit;
    if (ret->type == VGI_TYPE_TIMESTAMP && take(c, ',')) {
        size_t start;
        if (!vg_string_is(take_word(c), "tz") || !take(c, '='))
            return mistake(c, c->pos, "expected tz= and a time zone");
        for (start = c->pos; c->pos < c->text.size && c->text.data[c->pos] != ')';)
            c->pos++;
        if (c->pos == start)
            return mistake(c, start, "expected tz= and a time zone");
        VGI_TRY(copy_word(c, (vgi_string){c->text.data + start, c->pos - start}, &ret->timezone));
    }
    return expect(c, ')', "expected )");
}

/* Skips `name:` or `name?:`, which a child may have; the mark is heeded, the name is the kind's own. */
static void skip_child_name(cursor *c, bool *nullable)
{
    size_t start = c->pos;
    bool marked;

    if (take_word(c).size > 0) {
        marked = take(c, '?');
        if (take(c, ':')) {
            *nullable = marked;
            return;
        }
    }
    c->pos = start;
}

static vgi_status parse_child(cursor *c, const char *name, bool nullable, const vgi_field **ret)
{
    vgi_field *child = VG_NEW(c->arena, vgi_field);
    const vg_named_type *named;

    if (!child)
        return out_of_memory(c);
    skip_child_name(c, &nullable);
    VGI_TRY(parse_type(c, child, &named));
    child->name = vgi_str(name);
    child->nullable = nullable;
    *ret = child;
    return VGI_OK;
}

static vgi_status set_children(cursor *c, vgi_field *ret, const vgi_field *const *children, int32_t n)
{
    const vgi_field **copy = VG_NEW_ARRAY(c->arena, const vgi_field *, n ? n : 1);

    if (!copy)
        return out_of_memory(c);
    for (int32_t i = 0; i < n; i++)
        copy[i] = children[i];
    ret->children = copy;
    ret->n_children = n;
    return VGI_OK;
}

static vgi_status parse_list(cursor *c, vgi_field *ret)
{
    const vgi_field *item;

    if (ret->type == VGI_TYPE_FIXED_SIZE_LIST)
        VGI_TRY(parse_size(c, ret));
    VGI_TRY(expect(c, '<', "expected <type of the items>"));
    VGI_TRY(parse_child(c, "item", true, &item));
    VGI_TRY(expect(c, '>', "expected >"));
    return set_children(c, ret, &item, 1);
}

static vgi_status parse_map(cursor *c, vgi_field *ret)
{
    const vgi_field *members[2];
    vgi_field *entries = VG_NEW(c->arena, vgi_field);

    if (!entries)
        return out_of_memory(c);
    VGI_TRY(expect(c, '<', "expected <type of the keys, type of the values>"));
    VGI_TRY(parse_child(c, "key", false, &members[0]));
    VGI_TRY(expect(c, ',', "expected , and the type of the values"));
    VGI_TRY(parse_child(c, "value", true, &members[1]));
    VGI_TRY(expect(c, '>', "expected >"));
    *entries = (vgi_field){.name = vgi_str("entries"), .type = VGI_TYPE_STRUCT};
    VGI_TRY(set_children(c, entries, members, 2));
    return set_children(c, ret, (const vgi_field *const[]){entries}, 1);
}

static vgi_status parse_struct(cursor *c, vgi_field *ret)
{
    const vgi_arrow_schema *members;

    VGI_TRY(expect(c, '<', "expected <name: type, ...>"));
    VGI_TRY(parse_fields(c, '>', &members, NULL));
    VGI_TRY(expect(c, '>', "expected , or >"));
    ret->n_children = members->n_fields;
    ret->children = members->fields;
    return VGI_OK;
}

static vgi_status parse_dictionary(cursor *c, vgi_field *ret)
{
    const vgi_field *index, *values;
    size_t start = c->pos;

    VGI_TRY(expect(c, '<', "expected <type of the indices, type of the values>"));
    VGI_TRY(parse_child(c, "", false, &index));
    VGI_TRY(expect(c, ',', "expected , and the type of the values"));
    VGI_TRY(parse_child(c, "", true, &values));
    if (index->type < VGI_TYPE_INT8 || index->type > VGI_TYPE_UINT64)
        return mistake(c, start, "the indices of a dictionary are integers");
    ret->index_type = index->type;
    ret->dictionary = values;
    return expect(c, '>', "expected >");
}

/* How the types with parameters are read: one row a type; the others are a word. */
static const struct {
    vgi_type_id type;
    vgi_status (*parse)(cursor *c, vgi_field *ret);
} PARAMETERS[] = {
    {VGI_TYPE_DECIMAL128, parse_decimal},
    {VGI_TYPE_DECIMAL256, parse_decimal},
    {VGI_TYPE_FIXED_SIZE_BINARY, parse_size},
    {VGI_TYPE_TIME32, parse_unit},
    {VGI_TYPE_TIME64, parse_unit},
    {VGI_TYPE_TIMESTAMP, parse_unit},
    {VGI_TYPE_DURATION, parse_unit},
    {VGI_TYPE_LIST, parse_list},
    {VGI_TYPE_LARGE_LIST, parse_list},
    {VGI_TYPE_FIXED_SIZE_LIST, parse_list},
    {VGI_TYPE_MAP, parse_map},
    {VGI_TYPE_STRUCT, parse_struct},
    {VGI_TYPE_DICTIONARY, parse_dictionary},
};

/* ---- types and fields -------------------------------------------------------------------------------------------- */

static const vg_named_type *find_named(const cursor *c, vgi_string word)
{
    for (size_t i = 0; i < c->scope->n_types; i++)
        if (vg_string_is(word, c->scope->types[i].name))
            return &c->scope->types[i];
    return NULL;
}

static vgi_status parse_known(cursor *c, vgi_string word, vgi_field *ret)
{
    for (vgi_type_id type = VGI_TYPE_NULL; type < VGI_TYPE_COUNT; type++) {
        if (!vg_string_is(word, vgi_type_name(type)) || type == VGI_TYPE_SPARSE_UNION || type == VGI_TYPE_DENSE_UNION)
            continue;
        *ret = (vgi_field){.type = type};
        for (size_t i = 0; i < sizeof PARAMETERS / sizeof *PARAMETERS; i++)
            if (PARAMETERS[i].type == type)
                return PARAMETERS[i].parse(c, ret);
        return VGI_OK;
    }
    return mistake(c, c->pos - word.size, "expected a type: int64, utf8, list<...>, or a name declared before");
}

static vgi_status parse_type(cursor *c, vgi_field *ret, const vg_named_type **ret_named)
{
    vgi_string word = take_word(c);
    vgi_status status;

    *ret_named = find_named(c, word);
    if (*ret_named) {
        *ret = (*ret_named)->field;
        return VGI_OK;
    }
    if (++c->depth > MAX_DEPTH)
        return mistake(c, c->pos, "types are nested too deeply");
    status = parse_known(c, word, ret);
    c->depth--;
    return status;
}

static vgi_status parse_field(cursor *c, const vgi_field **ret, const vg_named_type **ret_named)
{
    vgi_field *field = VG_NEW(c->arena, vgi_field);
    vgi_string name = take_word(c);
    bool nullable;

    if (!field)
        return out_of_memory(c);
    if (name.size == 0)
        return mistake(c, c->pos, "expected the name of a field");
    nullable = take(c, '?');
    VGI_TRY(expect(c, ':', "expected : and a type"));
    VGI_TRY(parse_type(c, field, ret_named));
    VGI_TRY(copy_word(c, name, &field->name));
    field->nullable = nullable;
    *ret = field;
    return VGI_OK;
}

/* Fields up to the end of the text or to `end`, which is left. `ret_named` nullable: the named type of each. */
static vgi_status parse_fields(cursor *c, char end, const vgi_arrow_schema **ret, const vg_named_type ***ret_named)
{
    vgi_arrow_schema *schema = VG_NEW(c->arena, vgi_arrow_schema);
    const vg_named_type **named;
    const vgi_field **fields;
    size_t most = 1;

    for (size_t i = c->pos; i < c->text.size; i++)
        most += c->text.data[i] == ',';
    if (most > MAX_FIELDS)
        return mistake(c, c->pos, "too many fields");
    fields = VG_NEW_ARRAY(c->arena, const vgi_field *, most);
    named = VG_NEW_ARRAY(c->arena, const vg_named_type *, most);
    if (!schema || !fields || !named)
        return out_of_memory(c);
    if (peek(c) != end) {
        do {
            size_t start = c->pos;
            VGI_TRY(parse_field(c, &fields[schema->n_fields], &named[schema->n_fields]));
            schema->fields = fields;
            if (vg_schema_find(schema, fields[schema->n_fields]->name) >= 0)
                return mistake(c, start, "this name stands here already");
            schema->n_fields++;
        } while (take(c, ','));
    }
    schema->fields = fields;
    *ret = schema;
    if (ret_named)
        *ret_named = named;
    return VGI_OK;
}

static cursor start_at(vg_arena *arena, const vg_type_scope *scope, const char *text, vgi_error *err)
{
    return (cursor){.arena = arena, .scope = scope, .text = vgi_str(text ? text : ""), .err = err};
}

vgi_status vg_fields_parse(vg_arena *arena, const vg_type_scope *scope, const char *text, const vgi_arrow_schema **ret,
                           vgi_error *err)
{
    cursor c = start_at(arena, scope, text, err);

    VGI_TRY(parse_fields(&c, '\0', ret, NULL));
    return peek(&c) == '\0' ? VGI_OK : mistake(&c, c.pos, "expected , or the end");
}

/* ---- signatures -------------------------------------------------------------------------------------------------- */

/* A record travels as binary where it is a whole parameter or result (rpc.md §4.2). */
static vgi_status as_parameter(cursor *c, const vgi_field **field, const vg_named_type *named,
                               const vgi_arrow_schema **ret_record)
{
    vgi_field *binary;

    *ret_record = named ? named->record : NULL;
    if (!*ret_record)
        return VGI_OK;
    binary = VG_NEW(c->arena, vgi_field);
    if (!binary)
        return out_of_memory(c);
    *binary = (vgi_field){.name = (*field)->name, .type = VGI_TYPE_BINARY, .nullable = (*field)->nullable};
    *field = binary;
    return VGI_OK;
}

static vgi_status parse_params(cursor *c, vg_rpc_signature *ret)
{
    const vg_named_type **named;
    const vgi_arrow_schema **records, *declared;
    const vgi_field **fields;
    vgi_arrow_schema *params = VG_NEW(c->arena, vgi_arrow_schema);

    VGI_TRY(parse_fields(c, ')', &declared, &named));
    records = VG_NEW_ARRAY(c->arena, const vgi_arrow_schema *, declared->n_fields + 1);
    fields = VG_NEW_ARRAY(c->arena, const vgi_field *, declared->n_fields + 1);
    if (!params || !records || !fields)
        return out_of_memory(c);
    for (int32_t i = 0; i < declared->n_fields; i++) {
        fields[i] = declared->fields[i];
        VGI_TRY(as_parameter(c, &fields[i], named[i], &records[i]));
    }
    *params = (vgi_arrow_schema){.n_fields = declared->n_fields, .fields = fields};
    ret->params = params;
    ret->records = records;
    return VGI_OK;
}

static vgi_status parse_result(cursor *c, vg_rpc_signature *ret)
{
    vgi_arrow_schema *result = VG_NEW(c->arena, vgi_arrow_schema);
    const vgi_field **fields = VG_NEW_ARRAY(c->arena, const vgi_field *, 1);
    vgi_field *field = VG_NEW(c->arena, vgi_field);
    const vgi_arrow_schema *record;
    const vg_named_type *named;

    if (!result || !fields || !field)
        return out_of_memory(c);
    ret->result = result;
    if (!take(c, '-'))
        return VGI_OK;
    VGI_TRY(expect(c, '>', "expected -> and the result's type"));
    VGI_TRY(parse_type(c, field, &named));
    field->name = vgi_str("result");
    field->nullable = take(c, '?');
    fields[0] = field;
    VGI_TRY(as_parameter(c, &fields[0], named, &record));
    *result = (vgi_arrow_schema){.n_fields = 1, .fields = fields};
    return VGI_OK;
}

vgi_status vg_rpc_signature_parse(vg_arena *arena, const vg_type_scope *scope, const char *text, vg_rpc_signature *ret,
                                  vgi_error *err)
{
    cursor c = start_at(arena, scope, text, err);
    vgi_string name = take_word(&c);

    *ret = (vg_rpc_signature){0};
    if (name.size == 0)
        return mistake(&c, c.pos, "expected the name of a method");
    VGI_TRY(copy_word(&c, name, &name));
    ret->name = name.data;
    VGI_TRY(expect(&c, '(', "expected ( and the parameters"));
    VGI_TRY(parse_params(&c, ret));
    VGI_TRY(expect(&c, ')', "expected , or )"));
    VGI_TRY(parse_result(&c, ret));
    return peek(&c) == '\0' ? VGI_OK : mistake(&c, c.pos, "expected the end");
}

vgi_status vg_members_parse(vg_arena *arena, const char *text, vgi_field *ret, vgi_error *err)
{
    static const vg_type_scope NONE = {0};
    cursor c = start_at(arena, &NONE, text, err);
    size_t most = 1, n = 0;
    vgi_key_value *items;
    vgi_field *values = VG_NEW(arena, vgi_field);

    for (size_t i = 0; i < c.text.size; i++)
        most += c.text.data[i] == ',';
    items = VG_NEW_ARRAY(arena, vgi_key_value, most);
    if (!items || !values)
        return out_of_memory(&c);
    do {
        vgi_string word = take_word(&c);
        if (word.size == 0)
            return mistake(&c, c.pos, "expected the name of a member");
        for (size_t i = 0; i < n; i++)
            if (vgi_string_equal(items[i].value, word))
                return mistake(&c, c.pos - word.size, "this name stands here already");
        items[n].key = vgi_str(VG_ENUM_VALUE);
        VGI_TRY(copy_word(&c, word, &items[n++].value));
    } while (take(&c, ','));
    if (peek(&c) != '\0')
        return mistake(&c, c.pos, "expected , or the end");
    *values = (vgi_field){.name = vgi_str(""), .type = VGI_TYPE_UTF8, .nullable = true, .metadata = {items, n}};
    *ret = (vgi_field){.type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = values};
    return VGI_OK;
}
