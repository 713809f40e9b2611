/* SQL literals to one-element arrays: defaults of signatures, arguments of a table's scan, bounds of vgi_arg.
 *
 * The text becomes a tree, the tree gets a type (its own, or the one asked for), and the tree is appended to a
 * builder of that type. What the builder gives is copied into the arena, so that it outlives the builder. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "worker/calendar.h"
#include "worker/lex.h"
#include "worker/registry.h"

enum { MAX_DEPTH = 32 };

typedef enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_TEXT, NODE_LIST, NODE_STRUCT } node_kind;

typedef struct node node;
struct node {
    node_kind kind;
    size_t pos; /* where it starts */
    bool boolean;
    bool integral;         /* a number without point and exponent */
    vgi_string text;       /* of a number: NUL-terminated */
    vgi_string name;       /* of a struct's member */
    const vgi_field *cast; /* a type that was written: x::TYPE, CAST(x AS TYPE), DATE '...'; else NULL */
    node *first, *next;    /* children, siblings */
    int32_t n_children;
};

static vgi_status parse_node(vg_lex *lex, int depth, node **ret);

static vgi_status parse_number(vg_lex *lex, node *self)
{
    size_t start = lex->pos, at = start;
    const char *text = lex->text.data;
    size_t size = lex->text.size, digits = 0;
    bool integral = true;

    if (at < size && (text[at] == '-' || text[at] == '+'))
        ++at;
    for (; at < size && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && integral)); at++) {
        if (text[at] == '.')
            integral = false;
        else
            ++digits;
    }
    if (digits == 0)
        return vg_lex_fail(lex, start,
                           "expected a value: a number, 'text', true, false, NULL, [list] or {'struct': ...}");
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        integral = false;
        ++at;
        if (at < size && (text[at] == '-' || text[at] == '+'))
            ++at;
        if (at == size || text[at] < '0' || text[at] > '9')
            return vg_lex_fail(lex, at, "expected the digits of an exponent");
        while (at < size && text[at] >= '0' && text[at] <= '9')
            ++at;
    }
    self->kind = NODE_NUMBER;
    self->integral = integral;
    self->text = vg_arena_string(lex->arena, (vgi_string){text + start, at - start});
    lex->pos = at;
    return self->text.data ? VGI_OK : vg_lex_memory(lex);
}

/* Items up to `close`, the opening bracket taken; members of a struct have a name before a colon. */
static vgi_status parse_items(vg_lex *lex, node *self, const char *close, int depth)
{
    node **end = &self->first;
    vgi_string name;

    if (vg_lex_punct(lex, close))
        return VGI_OK;
    do {
        name = (vgi_string){0};
        if (self->kind == NODE_STRUCT) {
            if (vg_lex_peek(lex) == '\'')
                VGI_TRY(vg_lex_text(lex, &name));
            else
                VGI_TRY(vg_lex_name(lex, "the name of a member", &name));
            VGI_TRY(vg_lex_expect(lex, ":", "behind the member's name"));
        }
        VGI_TRY(parse_node(lex, depth + 1, end));
        (*end)->name = name;
        end = &(*end)->next;
        ++self->n_children;
    } while (vg_lex_punct(lex, ","));
    return vg_lex_expect(lex, close, "or `,`");
}

static vgi_status parse_type(vg_lex *lex, const vgi_field **ret)
{
    vgi_field *type = VG_NEW(lex->arena, vgi_field);

    if (!type)
        return vg_lex_memory(lex);
    vg_lex_peek(lex);
    VGI_TRY(vg_type_parse_at(lex->arena, lex->text, &lex->pos, type, lex->err));
    type->nullable = true;
    *ret = type;
    return VGI_OK;
}

/* DATE '2024-01-31' and kin: a word that is a type, then text. */
static vgi_status parse_typed_text(vg_lex *lex, node *self)
{
    VGI_TRY(parse_type(lex, &self->cast));
    self->kind = NODE_TEXT;
    return vg_lex_text(lex, &self->text);
}

static vgi_status parse_base(vg_lex *lex, int depth, node *self)
{
    char c = vg_lex_peek(lex);

    if (c == '\'') {
        self->kind = NODE_TEXT;
        return vg_lex_text(lex, &self->text);
    }
    if (vg_lex_punct(lex, "[")) {
        self->kind = NODE_LIST;
        return parse_items(lex, self, "]", depth);
    }
    if (vg_lex_punct(lex, "{")) {
        self->kind = NODE_STRUCT;
        return parse_items(lex, self, "}", depth);
    }
    if (vg_lex_word(lex, "NULL"))
        return VGI_OK;
    if (vg_lex_at_word(lex, "true") || vg_lex_at_word(lex, "false")) {
        self->kind = NODE_BOOL;
        self->boolean = vg_lex_word(lex, "true");
        return self->boolean || vg_lex_word(lex, "false") ? VGI_OK : VGI_ERR_RUNTIME;
    }
    if (vg_lex_at_word(lex, "DATE") || vg_lex_at_word(lex, "TIME") || vg_lex_at_word(lex, "TIMESTAMP") ||
        vg_lex_at_word(lex, "TIMESTAMPTZ"))
        return parse_typed_text(lex, self);
    return parse_number(lex, self);
}

static vgi_status parse_node(vg_lex *lex, int depth, node **ret)
{
    node *self = VG_NEW(lex->arena, node);

    if (!self)
        return vg_lex_memory(lex);
    vg_lex_peek(lex);
    self->pos = lex->pos;
    if (depth > MAX_DEPTH)
        return vg_lex_fail(lex, lex->pos, "values may be nested %d deep", MAX_DEPTH);
    VGI_TRY(parse_base(lex, depth, self));
    while (vg_lex_punct(lex, "::"))
        VGI_TRY(parse_type(lex, &self->cast));
    *ret = self;
    return VGI_OK;
}

/* ---- a type for a tree that has none ----------------------------------------------------------------------------- */

static const vgi_field NULL_TYPE = {.type = VGI_TYPE_NULL, .nullable = true};
static const vgi_field BOOL_TYPE = {.type = VGI_TYPE_BOOL, .nullable = true};
static const vgi_field BIGINT_TYPE = {.type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field DOUBLE_TYPE = {.type = VGI_TYPE_FLOAT64, .nullable = true};
static const vgi_field TEXT_TYPE = {.type = VGI_TYPE_UTF8, .nullable = true};

static vgi_status infer(vg_lex *lex, const node *self, const vgi_field **ret);

/* The type that values of both types can take; NULL takes any, a BIGINT among DOUBLEs is one. */
static const vgi_field *common_type(const vgi_field *a, const vgi_field *b)
{
    if (a->type == VGI_TYPE_NULL || vg_type_equal(a, b))
        return b;
    if (b->type == VGI_TYPE_NULL)
        return a;
    if ((a->type == VGI_TYPE_INT64 && b->type == VGI_TYPE_FLOAT64) ||
        (a->type == VGI_TYPE_FLOAT64 && b->type == VGI_TYPE_INT64))
        return &DOUBLE_TYPE;
    return NULL;
}

static vgi_status infer_list(vg_lex *lex, const node *self, const vgi_field **ret)
{
    vgi_field *type = VG_NEW(lex->arena, vgi_field), *item = VG_NEW(lex->arena, vgi_field);
    const vgi_field **children = VG_NEW_ARRAY(lex->arena, const vgi_field *, 1);
    const vgi_field *common = &NULL_TYPE, *one;

    if (!type || !item || !children)
        return vg_lex_memory(lex);
    for (const node *child = self->first; child; child = child->next) {
        VGI_TRY(infer(lex, child, &one));
        common = common_type(common, one);
        if (!common)
            return vg_lex_fail(lex, child->pos, "the items of a list must be of one type");
    }
    *item = *common;
    item->name = vgi_str("item");
    children[0] = item;
    *type = (vgi_field){.type = VGI_TYPE_LIST, .nullable = true, .n_children = 1, .children = children};
    *ret = type;
    return VGI_OK;
}

static vgi_status infer_struct(vg_lex *lex, const node *self, const vgi_field **ret)
{
    vgi_field *type = VG_NEW(lex->arena, vgi_field);
    const vgi_field **children = VG_NEW_ARRAY(lex->arena, const vgi_field *, self->n_children);
    int32_t n = 0;

    if (!type || !children)
        return vg_lex_memory(lex);
    if (self->n_children == 0)
        return vg_lex_fail(lex, self->pos, "a struct needs a member");
    for (const node *child = self->first; child; child = child->next) {
        vgi_field *member = VG_NEW(lex->arena, vgi_field);
        const vgi_field *own;
        if (!member)
            return vg_lex_memory(lex);
        VGI_TRY(infer(lex, child, &own));
        *member = *own;
        member->name = child->name;
        children[n++] = member;
    }
    *type = (vgi_field){.type = VGI_TYPE_STRUCT, .nullable = true, .n_children = n, .children = children};
    *ret = type;
    return VGI_OK;
}

static vgi_status infer(vg_lex *lex, const node *self, const vgi_field **ret)
{
    static const vgi_field *const simple[] = {
        [NODE_NULL] = &NULL_TYPE,
        [NODE_BOOL] = &BOOL_TYPE,
        [NODE_TEXT] = &TEXT_TYPE,
    };

    if (self->cast)
        *ret = self->cast;
    else if (self->kind == NODE_LIST)
        return infer_list(lex, self, ret);
    else if (self->kind == NODE_STRUCT)
        return infer_struct(lex, self, ret);
    else if (self->kind == NODE_NUMBER)
        *ret = self->integral ? &BIGINT_TYPE : &DOUBLE_TYPE;
    else
        *ret = simple[self->kind];
    return VGI_OK;
}

/* ---- a tree into a builder --------------------------------------------------------------------------------------- */

static vgi_status mismatch(vg_lex *lex, const node *self, const vgi_field *type)
{
    vgi_string sql = vg_type_sql(lex->arena, type);

    return vg_lex_fail(lex, self->pos, "this value is no %.*s", VG_FMT(sql));
}

/* Digits without a point, scaled by 10^scale, into the 16 bytes of a decimal128. False: does not fit. */
static bool decimal_of(vgi_string text, int32_t precision, int32_t scale, uint8_t bytes[16])
{
    __extension__ __int128 value = 0;
    int32_t digits = 0, behind = -1;
    bool negative = text.data[0] == '-';

    for (size_t i = text.data[0] == '-' || text.data[0] == '+'; i < text.size; i++) {
        if (text.data[i] == '.') {
            behind = 0;
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        if (behind >= scale || (behind >= 0 && ++behind > scale)) {
            if (text.data[i] != '0')
                return false;
            continue;
        }
        value = value * 10 + (text.data[i] - '0');
        if (value != 0 && ++digits > precision)
            return false;
    }
    for (behind = behind < 0 ? 0 : behind; behind < scale; behind++) {
        value *= 10;
        if (value != 0 && ++digits > precision)
            return false;
    }
    if (negative)
        value = -value;
    memcpy(bytes, &value, 16);
    return true;
}

static vgi_status append_number(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column)
{
    uint8_t bytes[16];

    if (type->type >= VGI_TYPE_INT8 && type->type <= VGI_TYPE_UINT64) {
        errno = 0;
        if (!self->integral)
            return mismatch(lex, self, type);
        if (type->type == VGI_TYPE_UINT64 && self->text.data[0] != '-')
            vgi_append_u64(column, strtoull(self->text.data, NULL, 10));
        else
            vgi_append_i64(column, strtoll(self->text.data, NULL, 10));
        return errno ? mismatch(lex, self, type) : VGI_OK;
    }
    if (type->type == VGI_TYPE_FLOAT32 || type->type == VGI_TYPE_FLOAT64) {
        vgi_append_f64(column, vg_real_read(self->text.data, NULL));
        return VGI_OK;
    }
    if (type->type == VGI_TYPE_DECIMAL128 && type->precision <= 38 && type->scale >= 0 &&
        decimal_of(self->text, type->precision, type->scale, bytes)) {
        vgi_append_blob(column, bytes, sizeof bytes);
        return VGI_OK;
    }
    return mismatch(lex, self, type);
}

static vgi_status append_text(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column)
{
    int64_t ticks;

    switch (type->type) {
    case VGI_TYPE_UTF8:
    case VGI_TYPE_LARGE_UTF8:
    case VGI_TYPE_DICTIONARY:
        vgi_append_text(column, self->text.data, self->text.size);
        return VGI_OK;
    case VGI_TYPE_BINARY:
    case VGI_TYPE_LARGE_BINARY:
        vgi_append_blob(column, self->text.data, self->text.size);
        return VGI_OK;
    default:
        if (!vg_calendar_parse(type, self->text, &ticks))
            return mismatch(lex, self, type);
        vgi_append_i64(column, ticks);
        return VGI_OK;
    }
}

static vgi_status append(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column);

static vgi_status append_list(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column)
{
    if (type->type != VGI_TYPE_LIST && type->type != VGI_TYPE_LARGE_LIST &&
        !(type->type == VGI_TYPE_FIXED_SIZE_LIST && type->fixed_size == self->n_children))
        return mismatch(lex, self, type);
    for (const node *child = self->first; child; child = child->next)
        VGI_TRY(append(lex, child, type->children[0], vgi_child(column, 0)));
    vgi_append_list(column);
    return VGI_OK;
}

/* Members are found by name; one that is not written is NULL. */
static vgi_status append_struct(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column)
{
    int32_t found = 0;

    if (type->type != VGI_TYPE_STRUCT)
        return mismatch(lex, self, type);
    for (int32_t i = 0; i < type->n_children; i++) {
        const node *child = self->first;
        while (child && !vg_string_is_nocase(child->name, type->children[i]->name))
            child = child->next;
        if (child)
            VGI_TRY(append(lex, child, type->children[i], vgi_child(column, i)));
        else
            vgi_append_null(vgi_child(column, i));
        found += child != NULL;
    }
    if (found != self->n_children)
        return mismatch(lex, self, type);
    vgi_append_struct(column);
    return VGI_OK;
}

static vgi_status append(vg_lex *lex, const node *self, const vgi_field *type, vgi_column *column)
{
    switch (self->kind) {
    case NODE_NULL:
        vgi_append_null(column);
        return VGI_OK;
    case NODE_BOOL:
        if (type->type != VGI_TYPE_BOOL)
            return mismatch(lex, self, type);
        vgi_append_bool(column, self->boolean);
        return VGI_OK;
    case NODE_NUMBER:
        return append_number(lex, self, type, column);
    case NODE_TEXT:
        return append_text(lex, self, type, column);
    case NODE_LIST:
        return append_list(lex, self, type, column);
    case NODE_STRUCT:
        return append_struct(lex, self, type, column);
    }
    return VGI_ERR_RUNTIME;
}

/* Builds the one element and copies it into the arena. */
static vgi_status build(vg_lex *lex, const node *self, const vgi_arrow_schema *schema, vg_builder *builder,
                        const vgi_array **ret)
{
    vgi_batch *batch = vg_builder_begin(builder, 1);
    const vgi_batch *copy;
    vgi_bytes bytes;

    if (!batch)
        return vg_lex_memory(lex);
    VGI_TRY(append(lex, self, schema->fields[0], vgi_out_column(batch, 0)));
    if (vg_builder_finish(builder, NULL) != VGI_OK)
        return mismatch(lex, self, schema->fields[0]);
    VGI_TRY(vg_batch_encode(lex->arena, batch, &bytes, lex->err));
    VGI_TRY(vg_batch_decode(lex->arena, bytes, &VG_DEFAULT_LIMITS, &copy, lex->err));
    *ret = &copy->columns[0];
    return VGI_OK;
}

vgi_status vg_literal_parse(vg_arena *arena, vgi_string text, size_t *pos, const vgi_field *type, const vgi_array **ret,
                            vgi_error *err)
{
    vg_lex lex = {.arena = arena, .text = text, .pos = *pos, .err = err};
    const vgi_field **fields = VG_NEW_ARRAY(arena, const vgi_field *, 1);
    vgi_arrow_schema *schema = VG_NEW(arena, vgi_arrow_schema);
    vgi_field *field = VG_NEW(arena, vgi_field);
    vg_builder *builder;
    vgi_status status;
    node *root;

    if (!fields || !schema || !field)
        return vg_lex_memory(&lex);
    VGI_TRY(parse_node(&lex, 0, &root));
    if (!type)
        VGI_TRY(infer(&lex, root, &type));
    *field = *type;
    field->nullable = true;
    fields[0] = field;
    *schema = (vgi_arrow_schema){.n_fields = 1, .fields = fields};
    VGI_TRY(vg_builder_new(schema, err, &builder));
    status = build(&lex, root, schema, builder, ret);
    vg_builder_free(builder);
    if (status == VGI_OK)
        *pos = lex.pos;
    return status;
}
