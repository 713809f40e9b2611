/* Evaluating a filter over a batch, node by node, each over all rows at once (vgi/filter.h says with whose semantics).
 * What a node gives lives in the filter's scratch memory until the test that it is a part of has been decided.
 *
 * A value that is out of range (a cast, arithmetic) makes what reads it wrong, a fourth truth beside SQL's three: a
 * FALSE beside it in an AND hides it, and a TRUE in an OR. So an order of predicates that suits the engine cannot fail
 * here; only a row that everything else lets through does. */
#include "filter/eval.h"

#include <string.h>

#include "arrow/type.h"
#include "base/str.h"

/* What reads a wrong value is wrong. */
static void add_wrong(const vg_vector *values, int64_t n, uint8_t *ret)
{
    for (int64_t i = 0; values->is_wrong && i < n; i++)
        if (vg_eval_is_wrong(values, i))
            ret[i] = IS_WRONG;
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

/* Which of less, equal, greater make a comparison true. */
static const uint8_t HOLDS[][3] = {
    [VGI_EQ] = {0, 1, 0}, [VGI_NE] = {1, 0, 1}, [VGI_LT] = {1, 0, 0},       [VGI_LE] = {1, 1, 0},
    [VGI_GT] = {0, 0, 1}, [VGI_GE] = {0, 1, 1}, [VGI_DISTINCT] = {1, 0, 1}, [VGI_NOT_DISTINCT] = {0, 1, 0},
};

/* The operands of a test, and the rows where either is NULL. */
static vgi_status operands(const vg_evaluation *e, const vgi_expr *node, vg_vector *left, vg_vector *right,
                           uint8_t **ret)
{
    VGI_TRY(vg_eval_values(e, node->children[0], left));
    VGI_TRY(vg_eval_values(e, node->children[1], right));
    VGI_TRY(vg_eval_bytes(e, ret));
    vg_eval_nulls(left, e->n, *ret);
    vg_eval_nulls(right, e->n, *ret);
    return VGI_OK;
}

/* IS [NOT] DISTINCT FROM where either is NULL: never unknown. */
static void settle_distinct(const vg_evaluation *e, const vgi_expr *node, const vg_vector *left, const vg_vector *right,
                            const uint8_t *is_null, uint8_t *ret)
{
    for (int64_t i = 0; i < e->n; i++) {
        const bool both = is_null[i] && vgi_array_is_null(left->array, left->is_constant ? 0 : i) &&
                          vgi_array_is_null(right->array, right->is_constant ? 0 : i);

        if (is_null[i])
            ret[i] = both == (node->op == VGI_NOT_DISTINCT) ? IS_TRUE : IS_FALSE;
    }
}

static vgi_status compare_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const vg_order *order = vg_expr_of(node)->order;
    const uint8_t *holds = HOLDS[node->op];
    vg_vector left, right;
    uint8_t *is_null;
    int8_t *found = vg_arena_alloc(e->arena, (size_t)e->n + 1);

    if (!found)
        return vg_eval_no_memory(e);
    VGI_TRY(operands(e, node, &left, &right, &is_null));
    if ((left.is_constant && vgi_array_is_null(left.array, 0)) ||
        (right.is_constant && vgi_array_is_null(right.array, 0)))
        memset(ret, IS_UNKNOWN, (size_t)e->n);
    else
        order->fill(order, left.array, left.is_constant, right.array, right.is_constant, e->n, is_null, found);
    for (int64_t i = 0; i < e->n; i++)
        ret[i] = is_null[i] ? IS_UNKNOWN : (uint8_t)(holds[found[i] + 1] * IS_TRUE);
    if (node->op == VGI_DISTINCT || node->op == VGI_NOT_DISTINCT)
        settle_distinct(e, node, &left, &right, is_null, ret);
    add_wrong(&left, e->n, ret);
    add_wrong(&right, e->n, ret);
    return VGI_OK;
}

static bool text_holds(vgi_expr_op op, vgi_bytes text, vgi_bytes part)
{
    if (part.size > text.size)
        return false;
    if (part.size == 0)
        return true;
    if (op == VGI_STARTS_WITH)
        return memcmp(text.data, part.data, part.size) == 0;
    if (op == VGI_ENDS_WITH)
        return memcmp(text.data + text.size - part.size, part.data, part.size) == 0;
    return memmem(text.data, text.size, part.data, part.size) != NULL;
}

static bool list_holds(const vg_order *order, const vgi_array *list, int64_t i, const vgi_array *value, int64_t k)
{
    int64_t item, end;

    for (vgi_array_items(list, i, &item, &end); item < end; item++)
        if (!vgi_array_is_null(list->children, item) && order->compare(order, list->children, item, value, k) == 0)
            return true;
    return false;
}

static vgi_status call_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vg_vector left, right;
    uint8_t *is_null;
    bool are_short;

    VGI_TRY(operands(e, node, &left, &right, &is_null));
    are_short = vg_array_is_short(left.array) && vg_array_is_short(right.array);
    for (int64_t i = 0; i < e->n; i++) {
        const int64_t l = left.is_constant ? 0 : i, r = right.is_constant ? 0 : i;
        bool holds;

        ret[i] = IS_UNKNOWN;
        if (is_null[i])
            continue;
        if (are_short)
            holds = text_holds(node->op, vg_short_at(left.array, l), vg_short_at(right.array, r));
        else
            holds = node->op == VGI_LIST_CONTAINS
                        ? list_holds(vg_expr_of(node)->order, left.array, l, right.array, r)
                        : text_holds(node->op, vgi_array_blob(left.array, l), vgi_array_blob(right.array, r));
        ret[i] = holds ? IS_TRUE : IS_FALSE;
    }
    add_wrong(&left, e->n, ret);
    add_wrong(&right, e->n, ret);
    return VGI_OK;
}

/* x IN (a, b): x = a OR x = b. An empty set holds nothing, not even perhaps. */
static vgi_status in_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const vg_expr *in = vg_expr_of(node);
    const uint8_t otherwise = in->set_has_null ? IS_UNKNOWN : IS_FALSE;
    vg_vector of;
    uint8_t *is_null;

    VGI_TRY(vg_eval_values(e, node->children[0], &of));
    VGI_TRY(vg_eval_bytes(e, &is_null));
    vg_eval_nulls(&of, e->n, is_null);
    for (int64_t i = 0; i < e->n; i++) {
        if (is_null[i])
            ret[i] = node->values->length > 0 ? IS_UNKNOWN : IS_FALSE;
        else
            ret[i] = vg_set_has(in, of.array, of.is_constant ? 0 : i) ? IS_TRUE : otherwise;
        if (node->negated)
            ret[i] = (uint8_t)(IS_TRUE - ret[i]);
    }
    add_wrong(&of, e->n, ret);
    return VGI_OK;
}

static vgi_status null_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vg_vector of;

    VGI_TRY(vg_eval_values(e, node->children[0], &of));
    memset(ret, 0, (size_t)e->n);
    vg_eval_nulls(&of, e->n, ret);
    for (int64_t i = 0; i < e->n; i++)
        ret[i] = (ret[i] != 0) != node->negated ? IS_TRUE : IS_FALSE;
    add_wrong(&of, e->n, ret);
    return VGI_OK;
}

/* AND and OR: what decides alone, else what is wrong, else the least or the greatest. */
static vgi_status join_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const bool is_and = node->kind == VGI_EXPR_AND;
    const uint8_t decides = is_and ? IS_FALSE : IS_TRUE;
    vg_arena_mark mark;
    uint8_t *next;

    VGI_TRY(vg_eval_bytes(e, &next));
    mark = vg_arena_here(e->arena);
    VGI_TRY(vg_eval_truths(e, node->children[0], ret));
    for (int32_t c = 1; c < node->n_children; c++) {
        vg_arena_rewind(e->arena, mark);
        VGI_TRY(vg_eval_truths(e, node->children[c], next));
        for (int64_t i = 0; i < e->n; i++)
            if (ret[i] != decides && (next[i] == decides || next[i] == IS_WRONG ||
                                      (ret[i] != IS_WRONG && (is_and ? next[i] < ret[i] : next[i] > ret[i]))))
                ret[i] = next[i];
    }
    return VGI_OK;
}

/* Of a column, a member, a literal, a cast: a boolean as it stands. */
static vgi_status value_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vg_vector of;
    uint8_t *is_null;

    VGI_TRY(vg_eval_values(e, node, &of));
    VGI_TRY(vg_eval_bytes(e, &is_null));
    vg_eval_nulls(&of, e->n, is_null);
    for (int64_t i = 0; i < e->n; i++)
        ret[i] = is_null[i] ? IS_UNKNOWN : vgi_array_bool(of.array, of.is_constant ? 0 : i) ? IS_TRUE : IS_FALSE;
    add_wrong(&of, e->n, ret);
    return VGI_OK;
}

vgi_status vg_eval_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    switch (node->kind) {
    case VGI_EXPR_COMPARE:
        return compare_truths(e, node, ret);
    case VGI_EXPR_AND:
    case VGI_EXPR_OR:
        return join_truths(e, node, ret);
    case VGI_EXPR_NOT:
        VGI_TRY(vg_eval_truths(e, node->children[0], ret));
        for (int64_t i = 0; i < e->n; i++)
            ret[i] = ret[i] == IS_WRONG ? IS_WRONG : (uint8_t)(IS_TRUE - ret[i]);
        return VGI_OK;
    case VGI_EXPR_IS_NULL:
        return null_truths(e, node, ret);
    case VGI_EXPR_IN:
        return in_truths(e, node, ret);
    case VGI_EXPR_CALL:
        return call_truths(e, node, ret);
    default:
        return value_truths(e, node, ret);
    }
}

/* ---- a batch ---------------------------------------------------------------------------------------------------- */

static vgi_status look_for_columns(void *user, const vgi_expr *node, int depth)
{
    const int32_t *positions = user;

    (void)depth;
    return node->kind == VGI_EXPR_COLUMN && positions && positions[node->index] < 0 ? VGI_ERR_NOT_FOUND : VGI_OK;
}

/* Narrows `rows`, which are IS_FALSE, IS_TRUE or IS_WRONG, to what a test lets through. What AND joins here is many
 * tests: none of them has to be true where another is unknown. */
static vgi_status narrow(const vg_evaluation *e, const vgi_expr *node, bool required, uint8_t *truths, uint8_t *rows)
{
    if (node->kind == VGI_EXPR_AND) {
        for (int32_t c = 0; c < node->n_children; c++)
            VGI_TRY(narrow(e, node->children[c], required, truths, rows));
        return VGI_OK;
    }
    vg_arena_rewind(e->arena, e->mark);
    VGI_TRY(vg_eval_truths(e, node, truths));
    for (int64_t i = 0; i < e->n; i++)
        if (truths[i] == IS_FALSE || truths[i] == IS_UNKNOWN)
            rows[i] = IS_FALSE;
        else if (truths[i] == IS_WRONG && required && rows[i] == IS_TRUE)
            rows[i] = IS_WRONG;
    return VGI_OK;
}

/* An advisory predicate only saves work: where it cannot be evaluated, it says nothing. */
static vgi_status apply(const vg_evaluation *e, const vgi_predicate *predicate, uint8_t *truths, uint8_t *rows)
{
    vgi_error ignored = {0};
    vg_evaluation here = *e;
    vgi_status status;

    if (predicate->is_taken || !predicate->is_evaluable)
        return VGI_OK;
    if (predicate->required)
        return narrow(e, predicate->expression, true, truths, rows);
    if (vgi_expr_walk(predicate->expression, look_for_columns, (void *)(uintptr_t)e->positions) != VGI_OK)
        return VGI_OK;
    here.err = here.wrong = &ignored;
    status = narrow(&here, predicate->expression, false, truths, rows);
    return status == VGI_ERR_MEMORY ? vg_eval_no_memory(e) : VGI_OK;
}

vgi_status vgi_filter_select(vgi_filter *filter, const vgi_batch *batch, const int32_t *positions, int64_t *ret_rows,
                             int64_t *ret_count, vgi_error *err)
{
    vgi_error wrong = {0};
    vg_evaluation e = {&filter->scratch, filter->columns, batch, positions, batch->rows, &wrong, err, {0}};
    uint8_t *rows, *truths;

    *ret_count = 0;
    vg_arena_recycle(&filter->scratch, VG_ARENA_KEPT);
    filter->scratch.max_total = VG_FILTER_SCRATCH + 2 * VG_FILTER_SCRATCH_A_ROW * (size_t)batch->rows;
    VGI_TRY(vg_eval_bytes(&e, &rows));
    VGI_TRY(vg_eval_bytes(&e, &truths));
    e.mark = vg_arena_here(e.arena);
    memset(rows, IS_TRUE, (size_t)batch->rows);
    for (size_t p = 0; p < filter->n_live; p++)
        VGI_TRY(apply(&e, filter->live[p], truths, rows));
    for (int64_t i = 0; i < batch->rows; i++)
        if (rows[i] == IS_WRONG)
            return vgi_error_set(err, wrong.status, "%s", wrong.message);
        else if (rows[i] == IS_TRUE)
            ret_rows[(*ret_count)++] = i;
    return VGI_OK;
}
