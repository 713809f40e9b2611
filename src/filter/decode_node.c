/* The nodes of a filter document, from JSON (vgi.md §9): one row a kind. Called by decode.c, which has read the values
 * and types that they refer to. */
#include "filter/decode.h"

#include <string.h>

#include "arrow/array.h"
#include "base/str.h"

static vgi_status get_bool(const vg_decoding *r, const vg_json *object, const char *key, bool *ret)
{
    const vg_json *member = vg_json_get(object, key);

    if (!member || member->kind != VG_JSON_BOOL)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no truth", key);
    *ret = member->truth;
    return VGI_OK;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

typedef vgi_status read_node(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret);

static vgi_status read_child(vg_decoding *r, const vg_json *node, const char *key, int depth, const vgi_expr **ret)
{
    return vg_decode_node(r, vg_json_get(node, key), depth + 1, ret);
}

static vgi_status read_children(vg_decoding *r, const vg_json *array, int32_t most, int depth, const vgi_expr ***ret)
{
    int32_t n = 0;

    if (!array || array->kind != VG_JSON_ARRAY)
        return vg_decode_broken(r, "a list of expressions is missing");
    if (array->count > most)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter document: more than %d expressions in a list", most);
    *ret = VG_NEW_ARRAY(r->m.arena, const vgi_expr *, array->count);
    if (!*ret)
        return vg_decode_no_memory(r);
    for (const vg_json *child = array->first; child; child = child->next)
        VGI_TRY(vg_decode_node(r, child, depth + 1, &(*ret)[n++]));
    return VGI_OK;
}

static vgi_status check_name(const vg_decoding *r, const vgi_expr *expr, const vg_json *node, const char *key)
{
    vgi_string name;

    VGI_TRY(vg_decode_text(r, node, key, &name));
    return vgi_string_equal(name, expr->name)
               ? VGI_OK
               : vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%.*s' is called '%.*s' here",
                               VG_FMT(name), VG_FMT(expr->name));
}

static vgi_status read_column(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    uint64_t index;

    (void)depth;
    VGI_TRY(vg_decode_u64(r, node, "column_index", &index));
    VGI_TRY(vg_expr_column(&r->m, index, ret));
    return check_name(r, *ret, node, "column_name");
}

static vgi_status read_field(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    uint64_t index;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(vg_decode_u64(r, node, "field_index", &index));
    VGI_TRY(vg_expr_field(&r->m, of, index, ret));
    return check_name(r, *ret, node, "field_name");
}

static vgi_status read_literal(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_array *value;

    (void)depth;
    VGI_TRY(vg_decode_payload(r, 'v', node, "value_ref", &value));
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

static vgi_status find_op(const vg_decoding *r, const op_name *rows, vgi_string name, vgi_expr_op *ret)
{
    for (; rows->name; rows++)
        if (vg_string_is(name, rows->name)) {
            *ret = rows->op;
            return VGI_OK;
        }
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: there is no '%.*s'", VG_FMT(name));
}

static vgi_status read_operands(vg_decoding *r, const vg_json *node, const op_name *rows, int depth, vgi_expr_op *op,
                                const vgi_expr **left, const vgi_expr **right)
{
    vgi_string name;

    VGI_TRY(vg_decode_text(r, node, "op", &name));
    VGI_TRY(find_op(r, rows, name, op));
    VGI_TRY(read_child(r, node, "left", depth, left));
    return read_child(r, node, "right", depth, right);
}

static vgi_status read_comparison(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *left, *right;
    vgi_expr_op op;

    VGI_TRY(read_operands(r, node, COMPARISONS, depth, &op, &left, &right));
    return vg_expr_test(&r->m, op, left, right, ret);
}

static vgi_status read_arithmetic(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *left, *right;
    vgi_expr_op op;

    VGI_TRY(read_operands(r, node, ARITHMETIC, depth, &op, &left, &right));
    return vg_expr_arithmetic(&r->m, op, left, right, ret);
}

static vgi_status read_join(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vg_json *children = vg_json_get(node, "children");
    const vgi_expr **list;

    VGI_TRY(read_children(r, children, VG_FILTER_MAX_NODES, depth, &list));
    return vg_expr_join(&r->m, vg_string_is(vg_json_get(node, "node")->text, "and") ? VGI_EXPR_AND : VGI_EXPR_OR, list,
                        children->count, ret);
}

static vgi_status read_not(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_join(&r->m, VGI_EXPR_NOT, &of, 1, ret);
}

static vgi_status read_is_null(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    bool negated;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(get_bool(r, node, "negated", &negated));
    return vg_expr_is_null(&r->m, of, negated, ret);
}

static vgi_status external_set(const vg_decoding *r, const vg_json *set, const vgi_array **ret)
{
    uint64_t batch, column;
    vgi_string name;

    VGI_TRY(vg_decode_members(r, set, "kind,batch_index,column_index,column_name"));
    VGI_TRY(vg_decode_u64(r, set, "batch_index", &batch));
    VGI_TRY(vg_decode_u64(r, set, "column_index", &column));
    VGI_TRY(vg_decode_text(r, set, "column_name", &name));
    if (batch >= r->filter->n_join_keys || column >= (uint64_t)r->filter->join_keys[batch]->n_columns)
        return vg_decode_broken(r, "it refers to join keys that were not sent");
    *ret = &r->filter->join_keys[batch]->columns[column];
    return vgi_string_equal((*ret)->field->name, name) ? VGI_OK
                                                       : vg_decode_broken(r, "a column of join keys has another name");
}

/* The items of the one list that a value is, as an array of their own. */
static vgi_status literal_set(const vg_decoding *r, const vg_json *set, const vgi_array **ret)
{
    const vgi_array *list;
    vgi_array *items = VG_NEW(r->m.arena, vgi_array);
    int64_t begin, end;

    VGI_TRY(vg_decode_members(r, set, "kind,value_ref"));
    VGI_TRY(vg_decode_payload(r, 'v', set, "value_ref", &list));
    if (!items)
        return vg_decode_no_memory(r);
    if ((list->field->type != VGI_TYPE_LIST && list->field->type != VGI_TYPE_LARGE_LIST) || vgi_array_is_null(list, 0))
        return vg_decode_broken(r, "a set is no list");
    vgi_array_items(list, 0, &begin, &end);
    *items = list->children[0];
    items->offset += begin;
    items->length = end - begin;
    items->null_count = -1;
    *ret = items;
    return VGI_OK;
}

static vgi_status read_in(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vg_json *set = vg_json_get(node, "set");
    const vgi_expr *of;
    const vgi_array *values;
    vgi_string kind;
    bool negated;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    VGI_TRY(get_bool(r, node, "negated", &negated));
    VGI_TRY(vg_decode_text(r, set, "kind", &kind));
    if (vg_string_is(kind, "literal"))
        VGI_TRY(literal_set(r, set, &values));
    else if (vg_string_is(kind, "external"))
        VGI_TRY(external_set(r, set, &values));
    else
        return vg_decode_broken(r, "a set is neither literal nor external");
    return vg_expr_in(&r->m, of, values, negated, ret);
}

static vgi_status read_cast(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;
    const vgi_array *type;

    VGI_TRY(vg_decode_payload(r, 't', node, "type_ref", &type));
    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_cast(&r->m, of, type->field, ret);
}

static vgi_status read_negate(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *of;

    VGI_TRY(read_child(r, node, "expression", depth, &of));
    return vg_expr_negate(&r->m, of, ret);
}

/* A function beyond the standard, or an algorithm: "namespace/name@version". */
static vgi_status read_identity(const vg_decoding *r, const vg_json *identity, vgi_string *ret)
{
    vgi_string space, name;
    uint64_t version;

    VGI_TRY(vg_decode_members(r, identity, "namespace,name,version"));
    VGI_TRY(vg_decode_text(r, identity, "namespace", &space));
    VGI_TRY(vg_decode_text(r, identity, "name", &name));
    VGI_TRY(vg_decode_u64(r, identity, "version", &version));
    *ret = vg_arena_printf(r->m.arena, "%.*s/%.*s@%" PRIu64, VG_FMT(space), VG_FMT(name), version);
    return ret->data ? VGI_OK : vg_decode_no_memory(r);
}

static vgi_status read_call(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
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
    VGI_TRY(vg_decode_text(r, node, "function", &name));
    VGI_TRY(find_op(r, FUNCTIONS, name, &op));
    if (arguments->count != 2 || vg_json_get(node, "options"))
        return vg_decode_broken(r, "a standard function takes two arguments and no options");
    return vg_expr_test(&r->m, op, list[0], list[1], ret);
}

static vgi_status read_runtime(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    const vgi_expr *input;
    const vgi_array *artifact;
    vgi_string name, null_handling;

    if (depth != 1)
        return vg_decode_broken(r, "a runtime filter is a part of something");
    VGI_TRY(read_identity(r, vg_json_get(node, "algorithm"), &name));
    VGI_TRY(vg_decode_payload(r, 'a', node, "artifact_ref", &artifact));
    VGI_TRY(vg_decode_text(r, node, "null_handling", &null_handling));
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

vgi_status vg_decode_node(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret)
{
    vgi_string name;

    if (depth > VG_FILTER_MAX_DEPTH)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter is nested deeper than %d", VG_FILTER_MAX_DEPTH);
    if (++r->nodes > VG_FILTER_MAX_NODES)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than %d expressions", VG_FILTER_MAX_NODES);
    VGI_TRY(vg_decode_text(r, node, "node", &name));
    for (size_t i = 0; i < sizeof NODES / sizeof *NODES; i++)
        if (vg_string_is(name, NODES[i].name)) {
            VGI_TRY(vg_decode_members(r, node, NODES[i].members));
            return NODES[i].read(r, node, depth, ret);
        }
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: there is no node '%.*s'", VG_FMT(name));
}
