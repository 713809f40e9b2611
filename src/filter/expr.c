/* Nodes of filters: made once, with all that evaluating needs settled then. Called by decode.c for the wire's documents
 * and by build.c for programs. */
#include "arrow/type.h"
#include "base/str.h"
#include "filter/filter.h"

#include <string.h>

const vgi_field VG_FILTER_BOOLEAN = {.name = VGI_STR("test"), .type = VGI_TYPE_BOOL, .nullable = true};

static vgi_status no_memory(const vg_maker *m)
{
    return vgi_error_set(m->err, VGI_ERR_MEMORY, "out of memory for a filter");
}

/* A node over children: as deep and as large as they make it, and evaluable if they are. */
static vgi_status make(const vg_maker *m, vgi_expr_kind kind, const vgi_field *type, const vgi_expr *const *children,
                       int32_t n, vg_expr **ret)
{
    vg_expr *expr = VG_NEW(m->arena, vg_expr);
    const vgi_expr **copy = VG_NEW_ARRAY(m->arena, const vgi_expr *, n);

    if (!expr || !copy)
        return no_memory(m);
    expr->node = (vgi_expr){.kind = kind, .type = type, .n_children = n, .children = copy, .is_evaluable = true};
    expr->nodes = 1;
    for (int32_t c = 0; c < n; c++) {
        const vg_expr *child = vg_expr_of(children[c]);

        copy[c] = children[c];
        expr->depth = child->depth > expr->depth ? child->depth : expr->depth;
        if (__builtin_add_overflow(expr->nodes, child->nodes, &expr->nodes))
            return vgi_error_set(m->err, VGI_ERR_LIMIT, "a filter of too many expressions");
        if (!child->node.is_evaluable && expr->node.is_evaluable) {
            expr->node.is_evaluable = false;
            expr->why = child->why;
        }
    }
    if (++expr->depth > VG_FILTER_MAX_DEPTH)
        return vgi_error_set(m->err, VGI_ERR_LIMIT, "a filter is nested deeper than %d", VG_FILTER_MAX_DEPTH);
    *ret = expr;
    return VGI_OK;
}

static void refuse(vg_expr *expr, const char *why)
{
    expr->node.is_evaluable = false;
    if (!expr->why)
        expr->why = why;
}

/* Where operands have no type (of a function that is not known here), nothing more can be said. */
static bool has_type(const vgi_expr *node)
{
    return node->type != NULL;
}

static bool is_boolean(const vgi_expr *node)
{
    return node->type && node->type->type == VGI_TYPE_BOOL;
}

/* ---- leaves ----------------------------------------------------------------------------------------------------- */

/* eval.c makes bits of booleans that travel as bytes. */
static const vgi_field *type_of(const vgi_field *field)
{
    return vg_field_is_bool8(field) ? &VG_FILTER_BOOLEAN : field;
}

vgi_status vg_expr_column(const vg_maker *m, uint64_t index, const vgi_expr **ret)
{
    vg_expr *expr;

    if (index >= (uint64_t)m->columns->n_fields)
        return vgi_error_set(m->err, VGI_ERR_PROTOCOL, "a filter names column %" PRIu64 "; there are %d", index,
                             m->columns->n_fields);
    VGI_TRY(make(m, VGI_EXPR_COLUMN, type_of(m->columns->fields[index]), NULL, 0, &expr));
    expr->node.index = (int32_t)index;
    expr->node.name = m->columns->fields[index]->name;
    *ret = &expr->node;
    return VGI_OK;
}

vgi_status vg_expr_field(const vg_maker *m, const vgi_expr *of, uint64_t index, const vgi_expr **ret)
{
    vg_expr *expr;

    if (!has_type(of) || of->type->type != VGI_TYPE_STRUCT || index >= (uint64_t)of->type->n_children)
        return vgi_error_set(m->err, VGI_ERR_PROTOCOL, "a filter names member %" PRIu64 " of what has none such",
                             index);
    VGI_TRY(make(m, VGI_EXPR_FIELD, type_of(of->type->children[index]), &of, 1, &expr));
    expr->node.index = (int32_t)index;
    expr->node.name = of->type->children[index]->name;
    *ret = &expr->node;
    return VGI_OK;
}

/* Booleans that travel as bytes, as bits. */
static vgi_status as_bits(const vg_maker *m, const vgi_array *bytes, const vgi_array **ret)
{
    const int64_t n = bytes->length;
    vgi_array *array;
    uint8_t *bits, *validity;

    *ret = bytes;
    if (!vg_field_is_bool8(bytes->field))
        return VGI_OK;
    array = VG_NEW(m->arena, vgi_array);
    bits = vg_arena_alloc(m->arena, (size_t)n / 8 + 1);
    validity = vg_arena_alloc(m->arena, (size_t)n / 8 + 1);
    if (!array || !bits || !validity)
        return no_memory(m);
    for (int64_t i = 0; i < n; i++) {
        const int mask = 1 << i % 8;

        validity[i / 8] = (uint8_t)(validity[i / 8] | (vgi_array_is_null(bytes, i) ? 0 : mask));
        bits[i / 8] = (uint8_t)(bits[i / 8] | (vgi_array_i64(bytes, i) != 0 ? mask : 0));
    }
    *array = (vgi_array){
        .field = &VG_FILTER_BOOLEAN, .length = n, .null_count = -1, .validity = validity, .buffers = {bits, NULL}};
    *ret = array;
    return VGI_OK;
}

vgi_status vg_expr_literal(const vg_maker *m, const vgi_array *value, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(as_bits(m, value, &value));
    VGI_TRY(make(m, VGI_EXPR_LITERAL, value->field, NULL, 0, &expr));
    expr->node.values = value;
    *ret = &expr->node;
    return VGI_OK;
}

/* ---- literals in another form ----------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool read_uuid(vgi_string text, uint8_t ret[16])
{
    size_t digits = 0;

    for (size_t i = 0; i < text.size; i++) {
        const int digit = hex_digit(text.data[i]);

        if (digit < 0 && text.data[i] == '-')
            continue;
        if (digit < 0 || digits == 32)
            return false;
        ret[digits / 2] = (uint8_t)(ret[digits / 2] << 4 | digit);
        digits++;
    }
    return digits == 32;
}

/* The engine says a UUID in a filter as text: an array of the column's type, which is ordered by its bytes. */
static vgi_status adapt(const vg_maker *m, const vgi_array *values, const vgi_field *to, const vgi_array **ret)
{
    const size_t n = (size_t)values->length;
    uint8_t *bytes, *validity;
    vgi_array *array;

    *ret = values;
    if (!vg_field_is(to, "UUID") || !vg_field_is_text(values->field))
        return VGI_OK;
    array = VG_NEW(m->arena, vgi_array);
    bytes = vg_arena_array(m->arena, n + 1, 16);
    validity = vg_arena_alloc(m->arena, n / 8 + 1);
    if (!array || !bytes || !validity)
        return no_memory(m);
    for (size_t i = 0; i < n; i++) {
        const vgi_string text = vgi_array_text(values, (int64_t)i);

        if (!text.data)
            continue;
        if (!read_uuid(text, bytes + i * 16))
            return vgi_error_set(m->err, VGI_ERR_VALUE, "'%.*s' is no UUID", VG_FMT(text));
        validity[i / 8] = (uint8_t)(validity[i / 8] | 1 << i % 8);
    }
    *array = (vgi_array){
        .field = to, .length = values->length, .null_count = -1, .validity = validity, .buffers = {bytes, NULL}};
    *ret = array;
    return VGI_OK;
}

static vgi_status adapt_literal(const vg_maker *m, const vgi_expr **literal, const vgi_expr *other)
{
    const vgi_array *value;

    if ((*literal)->kind != VGI_EXPR_LITERAL || !has_type(other))
        return VGI_OK;
    VGI_TRY(adapt(m, (*literal)->values, other->type, &value));
    return value == (*literal)->values ? VGI_OK : vg_expr_literal(m, value, literal);
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static const vgi_field *item_of(const vgi_field *list)
{
    return list->type == VGI_TYPE_LIST || list->type == VGI_TYPE_LARGE_LIST || list->type == VGI_TYPE_FIXED_SIZE_LIST
               ? list->children[0]
               : NULL;
}

/* contains() is about text or about a list, by what it is given. */
static vgi_expr_op settle_op(vgi_expr_op op, const vgi_expr *left)
{
    return op == VGI_CONTAINS && has_type(left) && item_of(left->type) ? VGI_LIST_CONTAINS : op;
}

static vgi_status settle_test(const vg_maker *m, vg_expr *expr, const vgi_field *left, const vgi_field *right)
{
    if (expr->node.op == VGI_LIST_CONTAINS) {
        left = item_of(left);
        if (!left)
            return vgi_error_set(m->err, VGI_ERR_TYPE, "list_contains takes a list");
    } else if (expr->node.kind == VGI_EXPR_CALL) {
        if (!vg_field_is_text(left) || !vg_field_is_text(right))
            refuse(expr, "a function of text is given something else");
        return VGI_OK;
    }
    VGI_TRY(vg_order_choose(m->arena, left, right, &expr->order, m->err));
    if (!expr->order)
        refuse(expr, "values of these types cannot be compared");
    return VGI_OK;
}

vgi_status vg_expr_test(const vg_maker *m, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right,
                        const vgi_expr **ret)
{
    const bool is_call = op >= VGI_STARTS_WITH && op <= VGI_LIST_CONTAINS;
    const vgi_expr *children[2] = {left, right};
    vg_expr *expr;

    if (!is_call && !(op >= VGI_EQ && op <= VGI_NOT_DISTINCT))
        return vgi_error_set(m->err, VGI_ERR_VALUE, "no comparison and no function");
    if (!is_call) {
        VGI_TRY(adapt_literal(m, &children[0], right));
        VGI_TRY(adapt_literal(m, &children[1], left));
    }
    VGI_TRY(make(m, is_call ? VGI_EXPR_CALL : VGI_EXPR_COMPARE, &VG_FILTER_BOOLEAN, children, 2, &expr));
    expr->node.op = settle_op(op, left);
    if (is_call)
        expr->node.name = vgi_str(op == VGI_STARTS_WITH ? "starts_with"
                                  : op == VGI_ENDS_WITH ? "ends_with"
                                  : op == VGI_CONTAINS  ? "contains"
                                                        : "list_contains");
    *ret = &expr->node;
    if (!has_type(left) || !has_type(right))
        return VGI_OK;
    return settle_test(m, expr, children[0]->type, children[1]->type);
}

vgi_status vg_expr_join(const vg_maker *m, vgi_expr_kind kind, const vgi_expr *const *children, int32_t n,
                        const vgi_expr **ret)
{
    vg_expr *expr;

    for (int32_t c = 0; c < n; c++)
        if (!is_boolean(children[c]))
            return vgi_error_set(m->err, VGI_ERR_TYPE, "AND, OR and NOT take tests");
    if (kind == VGI_EXPR_NOT ? n != 1 : n < 2 || (kind != VGI_EXPR_AND && kind != VGI_EXPR_OR))
        return vgi_error_set(m->err, VGI_ERR_PROTOCOL, "AND and OR take two tests or more, NOT takes one");
    VGI_TRY(make(m, kind, &VG_FILTER_BOOLEAN, children, n, &expr));
    *ret = &expr->node;
    return VGI_OK;
}

vgi_status vg_expr_is_null(const vg_maker *m, const vgi_expr *of, bool negated, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(make(m, VGI_EXPR_IS_NULL, &VG_FILTER_BOOLEAN, &of, 1, &expr));
    expr->node.negated = negated;
    *ret = &expr->node;
    return VGI_OK;
}

vgi_status vg_expr_in(const vg_maker *m, const vgi_expr *of, const vgi_array *set, bool negated, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(as_bits(m, set, &set));
    if (has_type(of))
        VGI_TRY(adapt(m, set, of->type, &set));
    VGI_TRY(make(m, VGI_EXPR_IN, &VG_FILTER_BOOLEAN, &of, 1, &expr));
    expr->node.negated = negated;
    expr->node.values = set;
    *ret = &expr->node;
    if (!has_type(of))
        return VGI_OK;
    VGI_TRY(vg_order_choose(m->arena, of->type, set->field, &expr->order, m->err));
    if (!expr->order)
        refuse(expr, "values of these types cannot be compared");
    return vg_set_sort(m, expr);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

vgi_status vg_expr_cast(const vg_maker *m, const vgi_expr *of, const vgi_field *type, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(make(m, VGI_EXPR_CAST, type, &of, 1, &expr));
    if (!has_type(of) || !vg_cast_choose(of->type, type))
        refuse(expr, "a cast between types that libvgi does not cast");
    *ret = &expr->node;
    return VGI_OK;
}

static bool is_computed(const vgi_expr *left, const vgi_expr *right)
{
    return has_type(left) && has_type(right) && left->type->type == right->type->type &&
           ((left->type->type >= VGI_TYPE_INT8 && left->type->type <= VGI_TYPE_UINT64) ||
            left->type->type == VGI_TYPE_FLOAT32 || left->type->type == VGI_TYPE_FLOAT64);
}

/* Division and remainder are the session's (vgi.md §9), which libvgi does not claim to know. */
vgi_status vg_expr_arithmetic(const vg_maker *m, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right,
                              const vgi_expr **ret)
{
    const vgi_expr *children[2] = {left, right};
    vg_expr *expr;

    VGI_TRY(make(m, VGI_EXPR_ARITHMETIC, left->type, children, 2, &expr));
    expr->node.op = op;
    if (op > VGI_MULTIPLY || !is_computed(left, right)) {
        refuse(expr, "arithmetic that libvgi does not do");
        expr->node.type = NULL;
    }
    *ret = &expr->node;
    return VGI_OK;
}

vgi_status vg_expr_negate(const vg_maker *m, const vgi_expr *of, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(make(m, VGI_EXPR_NEGATE, of->type, &of, 1, &expr));
    if (!is_computed(of, of) || (of->type->type >= VGI_TYPE_UINT8 && of->type->type <= VGI_TYPE_UINT64)) {
        refuse(expr, "arithmetic that libvgi does not do");
        expr->node.type = NULL;
    }
    *ret = &expr->node;
    return VGI_OK;
}

vgi_status vg_expr_other(const vg_maker *m, vgi_expr_kind kind, vgi_string name, const vgi_expr *const *children,
                         int32_t n, const vgi_expr **ret)
{
    vg_expr *expr;

    VGI_TRY(make(m, kind, &VG_FILTER_BOOLEAN, children, n, &expr));
    expr->node.op = kind == VGI_EXPR_CALL ? VGI_OTHER_FUNCTION : VGI_NO_OP;
    expr->node.name = name;
    refuse(expr, "a function that libvgi does not know");
    *ret = &expr->node;
    return VGI_OK;
}

/* ---- walking ---------------------------------------------------------------------------------------------------- */

static vgi_status walk(const vgi_expr *expr, vgi_expr_visit *visit, void *user, int depth)
{
    vgi_status status = visit(user, expr, depth);

    if (status != VGI_OK)
        return status == VGI_END ? VGI_OK : status;
    for (int32_t c = 0; c < expr->n_children; c++)
        VGI_TRY(walk(expr->children[c], visit, user, depth + 1));
    return VGI_OK;
}

vgi_status vgi_expr_walk(const vgi_expr *expr, vgi_expr_visit *visit, void *user)
{
    return walk(expr, visit, user, 0);
}
