/* Reading filter documents, encoding v2 (vgi.md §9): one row, whose first column is the tree as JSON and whose others
 * are the values and the types that it refers to. Strict: what the encoding does not know is an error, and nothing of a
 * document holds before all of it has been read. Called by filter.c. */
#include "filter/filter.h"

#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "base/json.h"
#include "base/str.h"
#include "ipc/reader.h"

enum { MAX_JSON_DEPTH = 4 * VG_FILTER_MAX_DEPTH, MAX_JSON_VALUES = 1 << 18 };

/* A column behind the JSON: value_3, type_0, artifact_1. */
typedef struct payload {
    char kind; /* the first letter */
    uint64_t number;
    int32_t column;
} payload;

typedef struct reader {
    vg_maker m;
    const vgi_filter *filter;
    vg_document *document;
    const vgi_batch *batch;
    payload *payloads;
    size_t n_payloads;
    int32_t nodes;
    vgi_error *err;
} reader;

static vgi_status broken(const reader *r, const char *what)
{
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: %s", what);
}

static vgi_status no_memory(const reader *r)
{
    return vgi_error_set(r->err, VGI_ERR_MEMORY, "out of memory for a filter");
}

/* ---- the batch -------------------------------------------------------------------------------------------------- */

static int order_payloads(const void *a, const void *b)
{
    const payload *x = a, *y = b;

    return x->kind != y->kind ? x->kind - y->kind : (x->number > y->number) - (x->number < y->number);
}

/* "value_12"; numbers have no leading zeros. */
static bool read_payload_name(vgi_string name, payload *ret)
{
    static const char *const PREFIXES[] = {"value_", "type_", "artifact_"};

    for (size_t p = 0; p < sizeof PREFIXES / sizeof *PREFIXES; p++) {
        const size_t size = strlen(PREFIXES[p]);
        const vg_json number = {.kind = VG_JSON_NUMBER, .text = {name.data + size, name.size - size}};

        if (name.size <= size || memcmp(name.data, PREFIXES[p], size) != 0)
            continue;
        ret->kind = PREFIXES[p][0];
        return vg_json_u64(&number, &ret->number) && (number.text.size == 1 || number.text.data[0] != '0');
    }
    return false;
}

static vgi_status read_payloads(reader *r)
{
    const vgi_batch *batch = r->batch;

    r->payloads = VG_NEW_ARRAY(r->m.arena, payload, batch->n_columns);
    if (!r->payloads)
        return no_memory(r);
    for (int32_t c = 1; c < batch->n_columns; c++) {
        payload *p = &r->payloads[r->n_payloads++];

        p->column = c;
        if (!read_payload_name(batch->columns[c].field->name, p))
            return broken(r, "a column is neither value_N, type_N nor artifact_N");
        if (p->kind == 't' && !vgi_array_is_null(&batch->columns[c], 0))
            return broken(r, "a type_N has a value");
    }
    qsort(r->payloads, r->n_payloads, sizeof *r->payloads, order_payloads);
    for (size_t i = 1; i < r->n_payloads; i++)
        if (order_payloads(&r->payloads[i - 1], &r->payloads[i]) == 0)
            return broken(r, "two columns have the same name");
    return VGI_OK;
}

static vgi_status check_metadata(const reader *r)
{
    const vgi_metadata metadata = r->batch->schema->metadata;

    if (!vg_string_is(vgi_metadata_get(metadata, "vgi_filter_encoding"), "vgi.filters.v2") ||
        !vg_string_is(vgi_metadata_get(metadata, "vgi_filter_version"), "2"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter in another encoding than vgi.filters.v2");
    if (!vg_string_is(vgi_metadata_get(metadata, "vgi_evaluation_context"), "vgi.none.v1"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter in another context than vgi.none.v1");
    return VGI_OK;
}

static vgi_status open_batch(reader *r, vgi_bytes bytes, vgi_string *ret_json)
{
    uint8_t *copy = vg_arena_alloc(r->m.arena, bytes.size + 1);
    const vgi_field *first;

    if (bytes.size > VG_FILTER_MAX_PAYLOAD)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than 16 MiB");
    if (!copy)
        return no_memory(r);
    memcpy(copy, bytes.data, bytes.size);
    VGI_TRY(vg_batch_decode(r->m.arena, (vgi_bytes){copy, bytes.size}, &VG_DEFAULT_LIMITS, &r->batch, r->err));
    if (r->batch->rows != 1 || r->batch->n_columns < 1)
        return broken(r, "it has not one row");
    first = r->batch->columns[0].field;
    if (!vg_string_is(first->name, "filter_spec") || first->type != VGI_TYPE_UTF8 || first->nullable)
        return broken(r, "its first column is not filter_spec, a text that is never NULL");
    if (vg_batch_bytes(r->batch) > VG_FILTER_MAX_PAYLOAD)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than 16 MiB");
    *ret_json = vgi_array_text(&r->batch->columns[0], 0);
    if (!ret_json->data || ret_json->size > VG_FILTER_MAX_JSON)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter whose JSON is missing or beyond 1 MiB");
    VGI_TRY(check_metadata(r));
    return read_payloads(r);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

/* An object of exactly these members, a comma between two; those behind a '?' may be missing. */
static vgi_status check_members(const reader *r, const vg_json *object, const char *members)
{
    int32_t found = 0;

    if (!object || object->kind != VG_JSON_OBJECT)
        return broken(r, "an object is missing");
    for (const char *name = members; *name;) {
        const char *end = name + strcspn(name, ",");
        const bool may_miss = *name == '?';
        char key[32];

        name += may_miss;
        memcpy(key, name, (size_t)(end - name));
        key[end - name] = '\0';
        if (vg_json_get(object, key))
            found++;
        else if (!may_miss)
            return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is missing", key);
        name = *end ? end + 1 : end;
    }
    return found == object->count ? VGI_OK : broken(r, "an object has members that it must not have");
}

static vgi_status get_u64(const reader *r, const vg_json *object, const char *key, uint64_t *ret)
{
    if (!vg_json_u64(vg_json_get(object, key), ret))
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no unsigned integer", key);
    return VGI_OK;
}

static vgi_status get_bool(const reader *r, const vg_json *object, const char *key, bool *ret)
{
    const vg_json *member = vg_json_get(object, key);

    if (!member || member->kind != VG_JSON_BOOL)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no truth", key);
    *ret = member->truth;
    return VGI_OK;
}

static vgi_status get_text(const reader *r, const vg_json *object, const char *key, vgi_string *ret)
{
    const vg_json *member = vg_json_get(object, key);

    if (!member || member->kind != VG_JSON_TEXT || member->text.size == 0)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no text", key);
    *ret = member->text;
    return VGI_OK;
}

static const vgi_array *get_payload(const reader *r, char kind, uint64_t number)
{
    const payload key = {.kind = kind, .number = number};
    const payload *found = r->n_payloads ? bsearch(&key, r->payloads, r->n_payloads, sizeof key, order_payloads) : NULL;

    return found ? &r->batch->columns[found->column] : NULL;
}

static vgi_status take_payload(const reader *r, char kind, const vg_json *object, const char *key,
                               const vgi_array **ret)
{
    uint64_t number;

    VGI_TRY(get_u64(r, object, key, &number));
    *ret = get_payload(r, kind, number);
    return *ret ? VGI_OK : broken(r, "it refers to a value or a type that it does not have");
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

typedef vgi_status read_node(reader *r, const vg_json *node, int depth, const vgi_expr **ret);
static read_node read_expression;

static vgi_status read_child(reader *r, const vg_json *node, const char *key, int depth, const vgi_expr **ret)
{
    return read_expression(r, vg_json_get(node, key), depth + 1, ret);
}

static vgi_status read_children(reader *r, const vg_json *array, int32_t most, int depth, const vgi_expr ***ret)
{
    int32_t n = 0;

    if (!array || array->kind != VG_JSON_ARRAY)
        return broken(r, "a list of expressions is missing");
    if (array->count > most)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter document: more than %d expressions in a list", most);
    *ret = VG_NEW_ARRAY(r->m.arena, const vgi_expr *, array->count);
    if (!*ret)
        return no_memory(r);
    for (const vg_json *child = array->first; child; child = child->next)
        VGI_TRY(read_expression(r, child, depth + 1, &(*ret)[n++]));
    return VGI_OK;
}

static vgi_status check_name(const reader *r, const vgi_expr *expr, const vg_json *node, const char *key)
{
    vgi_string name;

    VGI_TRY(get_text(r, node, key, &name));
    return vgi_string_equal(name, expr->name)
               ? VGI_OK
               : vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%.*s' is called '%.*s' here",
                               VG_FMT(name), VG_FMT(expr->name));
}

static vgi_status read_column(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    uint64_t index;

    (void)depth;
    VGI_TRY(get_u64(r, node, "column_index", &index));
    VGI_TRY(vg_expr_column(&r->m, index, ret));
    return check_name(r, *ret, node, "column_name");
}

static vgi_status read_field(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    uint64_t index;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(get_u64(r, node, "field_index", &index));
    VGI_TRY(vg_expr_field(&r->m, of, index, ret));
    return check_name(r, *ret, node, "field_name");
}

static vgi_status read_literal(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_array *value;

    (void)depth;
    VGI_TRY(take_payload(r, 'v', node, "value_ref", &value));
    return vg_expr_literal(&r->m, value, ret);
}

typedef struct op_name {
    const char *name;
    vgi_expr_op op;
} op_name;
static const op_name COMPARISONS[] = {{"eq", VGI_EQ},
                                      {"ne", VGI_NE},
                                      {"lt", VGI_LT},
                                      {"le", VGI_LE},
                                      {"gt", VGI_GT},
                                      {"ge", VGI_GE},
                                      {"distinct_from", VGI_DISTINCT},
                                      {"not_distinct_from", VGI_NOT_DISTINCT},
                                      {NULL, VGI_NO_OP}};
static const op_name ARITHMETIC[] = {{"add", VGI_ADD},       {"subtract", VGI_SUBTRACT}, {"multiply", VGI_MULTIPLY},
                                     {"divide", VGI_DIVIDE}, {"modulo", VGI_MODULO},     {NULL, VGI_NO_OP}};
static const op_name FUNCTIONS[] = {{"starts_with", VGI_STARTS_WITH},
                                    {"ends_with", VGI_ENDS_WITH},
                                    {"contains", VGI_CONTAINS},
                                    {"list_contains", VGI_LIST_CONTAINS},
                                    {NULL, VGI_NO_OP}};

static vgi_status find_op(const reader *r, const op_name *rows, vgi_string name, vgi_expr_op *ret)
{
    for (; rows->name; rows++)
        if (vg_string_is(name, rows->name)) {
            *ret = rows->op;
            return VGI_OK;
        }
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: there is no '%.*s'", VG_FMT(name));
}

static vgi_status read_operands(reader *r, const vg_json *node, const op_name *rows, int depth, vgi_expr_op *op,
                                const vgi_expr **left, const vgi_expr **right)
{
    vgi_string name;

    VGI_TRY(get_text(r, node, "op", &name));
    VGI_TRY(find_op(r, rows, name, op));
    VGI_TRY(read_child(r, node, "left", depth, left));
    return read_child(r, node, "right", depth, right);
}

static vgi_status read_comparison(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *left, *right;
    vgi_expr_op op;

    VGI_TRY(read_operands(r, node, COMPARISONS, depth, &op, &left, &right));
    return vg_expr_test(&r->m, op, left, right, ret);
}

static vgi_status read_arithmetic(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *left, *right;
    vgi_expr_op op;

    VGI_TRY(read_operands(r, node, ARITHMETIC, depth, &op, &left, &right));
    return vg_expr_arithmetic(&r->m, op, left, right, ret);
}

static vgi_status read_join(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vg_json *children = vg_json_get(node, "children");
    const vgi_expr **list;

    VGI_TRY(read_children(r, children, VG_FILTER_MAX_NODES, depth, &list));
    return vg_expr_join(&r->m, vg_string_is(vg_json_get(node, "node")->text, "and") ? VGI_EXPR_AND : VGI_EXPR_OR, list,
                        children->count, ret);
}

static vgi_status read_not(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_join(&r->m, VGI_EXPR_NOT, &of, 1, ret);
}

static vgi_status read_is_null(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    bool negated;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(get_bool(r, node, "negated", &negated));
    return vg_expr_is_null(&r->m, of, negated, ret);
}

static vgi_status external_set(const reader *r, const vg_json *set, const vgi_array **ret)
{
    uint64_t batch, column;
    vgi_string name;

    VGI_TRY(check_members(r, set, "kind,batch_index,column_index,column_name"));
    VGI_TRY(get_u64(r, set, "batch_index", &batch));
    VGI_TRY(get_u64(r, set, "column_index", &column));
    VGI_TRY(get_text(r, set, "column_name", &name));
    if (batch >= r->filter->n_join_keys || column >= (uint64_t)r->filter->join_keys[batch]->n_columns)
        return broken(r, "it refers to join keys that were not sent");
    *ret = &r->filter->join_keys[batch]->columns[column];
    return vgi_string_equal((*ret)->field->name, name) ? VGI_OK : broken(r, "a column of join keys has another name");
}

/* The items of the one list that a value is, as an array of their own. */
static vgi_status literal_set(const reader *r, const vg_json *set, const vgi_array **ret)
{
    const vgi_array *list;
    vgi_array *items = VG_NEW(r->m.arena, vgi_array);
    int64_t begin, end;

    VGI_TRY(check_members(r, set, "kind,value_ref"));
    VGI_TRY(take_payload(r, 'v', set, "value_ref", &list));
    if (!items)
        return no_memory(r);
    if ((list->field->type != VGI_TYPE_LIST && list->field->type != VGI_TYPE_LARGE_LIST) || vgi_array_is_null(list, 0))
        return broken(r, "a set is no list");
    vgi_array_items(list, 0, &begin, &end);
    *items = list->children[0];
    items->offset += begin;
    items->length = end - begin;
    items->null_count = -1;
    *ret = items;
    return VGI_OK;
}

static vgi_status read_in(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vg_json *set = vg_json_get(node, "set");
    const vgi_expr *of;
    const vgi_array *values;
    vgi_string kind;
    bool negated;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(get_bool(r, node, "negated", &negated));
    VGI_TRY(get_text(r, set, "kind", &kind));
    if (vg_string_is(kind, "literal"))
        VGI_TRY(literal_set(r, set, &values));
    else if (vg_string_is(kind, "external"))
        VGI_TRY(external_set(r, set, &values));
    else
        return broken(r, "a set is neither literal nor external");
    return vg_expr_in(&r->m, of, values, negated, ret);
}

static vgi_status read_cast(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    const vgi_array *type;

    VGI_TRY(take_payload(r, 't', node, "type_ref", &type));
    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_cast(&r->m, of, type->field, ret);
}

static vgi_status read_negate(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_negate(&r->m, of, ret);
}

/* A function beyond the standard, or an algorithm: "namespace/name@version". */
static vgi_status read_identity(const reader *r, const vg_json *identity, vgi_string *ret)
{
    vgi_string space, name;
    uint64_t version;

    VGI_TRY(check_members(r, identity, "namespace,name,version"));
    VGI_TRY(get_text(r, identity, "namespace", &space));
    VGI_TRY(get_text(r, identity, "name", &name));
    VGI_TRY(get_u64(r, identity, "version", &version));
    *ret = vg_arena_printf(r->m.arena, "%.*s/%.*s@%" PRIu64, VG_FMT(space), VG_FMT(name), version);
    return ret->data ? VGI_OK : no_memory(r);
}

static vgi_status read_call(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vg_json *function = vg_json_get(node, "function"), *arguments = vg_json_get(node, "arguments");
    const vgi_expr **list;
    vgi_string name;
    vgi_expr_op op;

    VGI_TRY(read_children(r, arguments, VG_FILTER_MAX_ARGUMENTS, depth, &list));
    if (function->kind == VG_JSON_OBJECT) {
        VGI_TRY(read_identity(r, function, &name));
        return vg_expr_other(&r->m, VGI_EXPR_CALL, name, list, arguments->count, ret);
    }
    VGI_TRY(get_text(r, node, "function", &name));
    VGI_TRY(find_op(r, FUNCTIONS, name, &op));
    if (arguments->count != 2 || vg_json_get(node, "options"))
        return broken(r, "a standard function takes two arguments and no options");
    return vg_expr_test(&r->m, op, list[0], list[1], ret);
}

static vgi_status read_runtime(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *input;
    const vgi_array *artifact;
    vgi_string name, null_handling;

    if (depth != 1)
        return broken(r, "a runtime filter is a part of something");
    VGI_TRY(read_identity(r, vg_json_get(node, "algorithm"), &name));
    VGI_TRY(take_payload(r, 'a', node, "artifact_ref", &artifact));
    VGI_TRY(get_text(r, node, "null_handling", &null_handling));
    VGI_TRY(read_child(r, node, "input", depth, &input));
    return vg_expr_other(&r->m, VGI_EXPR_RUNTIME, name, &input, 1, ret);
}

/* One row a kind of node: its members beside "node". */
static const struct {
    const char *name;
    const char *members;
    read_node *read;
} NODES[] = {
    {"column_ref", "node,column_index,column_name", read_column},
    {"field_ref", "node,expression,field_index,field_name", read_field},
    {"literal", "node,value_ref", read_literal},
    {"comparison", "node,op,left,right", read_comparison},
    {"and", "node,children", read_join},
    {"or", "node,children", read_join},
    {"not", "node,expression", read_not},
    {"is_null", "node,expression,negated", read_is_null},
    {"in", "node,expression,set,negated", read_in},
    {"cast", "node,expression,type_ref", read_cast},
    {"arithmetic", "node,op,left,right", read_arithmetic},
    {"negate", "node,expression", read_negate},
    {"call", "node,function,arguments,?options", read_call},
    {"runtime_filter", "node,algorithm,input,artifact_ref,null_handling", read_runtime},
};

static vgi_status read_expression(reader *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    vgi_string name;

    if (depth > VG_FILTER_MAX_DEPTH)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter is nested deeper than %d", VG_FILTER_MAX_DEPTH);
    if (++r->nodes > VG_FILTER_MAX_NODES)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than %d expressions", VG_FILTER_MAX_NODES);
    VGI_TRY(get_text(r, node, "node", &name));
    for (size_t i = 0; i < sizeof NODES / sizeof *NODES; i++)
        if (vg_string_is(name, NODES[i].name)) {
            VGI_TRY(check_members(r, node, NODES[i].members));
            return NODES[i].read(r, node, depth, ret);
        }
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: there is no node '%.*s'", VG_FMT(name));
}

/* ---- predicates ------------------------------------------------------------------------------------------------- */

static vgi_status read_predicate(reader *r, const vg_json *json, vg_change *change)
{
    static const char *const SOURCES[] = {"query", "join", "top_n", "split_refinement", "other"};
    vgi_predicate *p = &change->predicate;
    vgi_string mode;
    bool known = false;

    VGI_TRY(get_text(r, json, "mode", &mode));
    VGI_TRY(get_text(r, json, "source", &p->source));
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++)
        known = known || vg_string_is(p->source, SOURCES[i]);
    p->required = vg_string_is(mode, "required");
    if (!known || (!p->required && !vg_string_is(mode, "advisory")))
        return broken(r, "there is no such mode or source");
    VGI_TRY(read_child(r, json, "expression", 0, &p->expression));
    if (p->expression->kind == VGI_EXPR_RUNTIME && p->required)
        return broken(r, "a runtime filter is required");
    if (p->expression->type && p->expression->type->type != VGI_TYPE_BOOL)
        return broken(r, "a predicate is no test");
    p->is_evaluable = p->expression->is_evaluable && p->expression->type;
    if (p->required && !p->is_evaluable)
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter that must be applied: %s",
                             vg_expr_of(p->expression)->why ? vg_expr_of(p->expression)->why : "it is no test");
    p->id = change->id;
    p->revision = change->revision;
    return VGI_OK;
}

static vgi_status read_id(const reader *r, const vg_json *json, vg_change *change, const vg_decoded *before)
{
    if (!json || json->kind != VG_JSON_OBJECT)
        return broken(r, "a predicate is no object");
    VGI_TRY(get_text(r, json, "id", &change->id));
    VGI_TRY(get_u64(r, json, "revision", &change->revision));
    if (change->id.size > VG_FILTER_MAX_ID)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter document: an id of more than %d bytes", VG_FILTER_MAX_ID);
    for (size_t i = 0; i < before->count; i++)
        if (vgi_string_equal(before->changes[i].id, change->id))
            return broken(r, "an id stands twice");
    return VGI_OK;
}

/* Adds the update, unless the filter has a newer one. */
static vgi_status read_update(reader *r, const vg_json *json, vg_decoded *to)
{
    vg_change *change = &to->changes[to->count];
    const vg_entry *has;
    vgi_string operation, mode;
    bool is_upsert;

    VGI_TRY(get_text(r, json, "operation", &operation));
    is_upsert = vg_string_is(operation, "upsert");
    change->is_removal = vg_string_is(operation, "remove");
    if (!is_upsert && !change->is_removal)
        return broken(r, "an update is neither upsert nor remove");
    VGI_TRY(
        check_members(r, json, is_upsert ? "operation,id,revision,mode,source,expression" : "operation,id,revision"));
    VGI_TRY(read_id(r, json, change, to));
    if (is_upsert) {
        VGI_TRY(get_text(r, json, "mode", &mode));
        if (!vg_string_is(mode, "advisory"))
            return broken(r, "an update adds what is required");
    }
    has = vg_filter_find(r->filter, change->id);
    if (has && has->predicate.required)
        return broken(r, "an update touches what is required");
    to->count++;
    if (has && change->revision <= has->predicate.revision) {
        change->predicate.revision = has->predicate.revision; /* stale: kept for the check of ids, then skipped */
        return VGI_OK;
    }
    return is_upsert ? read_predicate(r, json, change) : VGI_OK;
}

static vgi_status read_snapshot_entry(reader *r, const vg_json *json, vg_decoded *to)
{
    vg_change *change = &to->changes[to->count];

    VGI_TRY(check_members(r, json, "id,revision,mode,source,expression"));
    VGI_TRY(read_id(r, json, change, to));
    if (change->revision != 0)
        return broken(r, "a predicate begins with another revision than 0");
    to->count++;
    return read_predicate(r, json, change);
}

static vgi_status read_document(reader *r, const vg_json *root, bool is_delta, vg_decoded *ret)
{
    const char *list_name = is_delta ? "updates" : "predicates";
    const vg_json *list = vg_json_get(root, list_name);
    vgi_string encoding, semantics, kind;

    VGI_TRY(
        check_members(r, root, is_delta ? "encoding,semantics,kind,updates" : "encoding,semantics,kind,predicates"));
    VGI_TRY(get_text(r, root, "encoding", &encoding));
    VGI_TRY(get_text(r, root, "semantics", &semantics));
    VGI_TRY(get_text(r, root, "kind", &kind));
    if (!vg_string_is(encoding, "vgi.filters.v2") || !vg_string_is(semantics, "vgi.duckdb.standard.v1"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED,
                             "a filter of other semantics than vgi.duckdb.standard.v1");
    if (!vg_string_is(kind, is_delta ? "delta" : "snapshot") || list->kind != VG_JSON_ARRAY)
        return broken(r, is_delta ? "it is no delta" : "it is no snapshot");
    if (list->count > VG_FILTER_MAX_PREDICATES)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than %d predicates", VG_FILTER_MAX_PREDICATES);
    ret->changes = VG_NEW_ARRAY(r->m.arena, vg_change, list->count);
    if (!ret->changes)
        return no_memory(r);
    for (const vg_json *item = list->first; item; item = item->next)
        VGI_TRY(is_delta ? read_update(r, item, ret) : read_snapshot_entry(r, item, ret));
    return VGI_OK;
}

vgi_status vg_filter_read(const vgi_filter *filter, vg_document *document, bool is_delta, vgi_bytes bytes,
                          vg_decoded *ret, vgi_error *err)
{
    reader r = {.m = {&document->arena, filter->columns, err}, .filter = filter, .document = document, .err = err};
    const vg_json *root;
    vgi_string json;

    *ret = (vg_decoded){0};
    VGI_TRY(open_batch(&r, bytes, &json));
    VGI_TRY(vg_json_parse(&document->arena, json, MAX_JSON_DEPTH, MAX_JSON_VALUES, &root, err));
    return read_document(&r, root, is_delta, ret);
}
