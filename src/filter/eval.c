/* Evaluating a filter over a batch, node by node, each over all rows at once (vgi/filter.h says with whose semantics).
 * What a node gives lives in the filter's scratch memory until the test that it is a part of has been decided.
 *
 * A value that is out of range (a cast, arithmetic) makes what reads it wrong, a fourth truth beside SQL's three: a
 * FALSE beside it in an AND hides it, and a TRUE in an OR. So an order of predicates that suits the engine cannot fail
 * here; only a row that everything else lets through does. */
#include "arrow/array.h"
#include "arrow/type.h"
#include "base/str.h"
#include "filter/filter.h"

#include <string.h>

/* AND is the least of the first three, OR the greatest, NOT what is missing to IS_TRUE. */
enum { IS_FALSE, IS_UNKNOWN, IS_TRUE, IS_WRONG };

typedef struct evaluation {
    vg_arena *arena;
    const vgi_arrow_schema *columns;
    const vgi_batch *batch;
    const int32_t *positions;
    int64_t n;
    vgi_error *wrong; /* what was wrong first */
    vgi_error *err;
    vg_arena_mark mark; /* before the first test */
} evaluation;

/* The values of a node: one for each row, or one for all. */
typedef struct vector {
    const vgi_array *array;
    bool is_constant;
    const uint8_t *is_wrong; /* NULL: none is */
} vector;

static vgi_status values_of(const evaluation *e, const vgi_expr *node, vector *ret);
static vgi_status truths_of(const evaluation *e, const vgi_expr *node, uint8_t *ret);

static vgi_status no_memory(const evaluation *e)
{
    const vg_arena *arena = e->arena;

    if (arena->max_total - arena->total < VG_FILTER_SCRATCH_A_ROW * (size_t)e->n) /* more than any one piece takes */
        return vgi_error_set(e->err, VGI_ERR_LIMIT, "a filter that takes more than %d MiB for %" PRId64 " rows",
                             VG_FILTER_SCRATCH >> 20, e->n);
    return vgi_error_set(e->err, VGI_ERR_MEMORY, "out of memory for a filter over %" PRId64 " rows", e->n);
}

static vgi_status new_bytes(const evaluation *e, uint8_t **ret)
{
    *ret = vg_arena_alloc(e->arena, (size_t)e->n + 1);
    return *ret ? VGI_OK : no_memory(e);
}

/* 1 for every row whose value is NULL. */
static void add_nulls(const vector *values, int64_t n, uint8_t *ret)
{
    const vgi_array *array = values->array;
    const vg_layout layout = vg_type_info_of(array->field->type)->layout;

    if (values->is_constant) {
        if (vgi_array_is_null(array, 0))
            memset(ret, 1, (size_t)n);
        return;
    }
    if (!array->validity && layout != VG_LAYOUT_NULL && layout != VG_LAYOUT_DICTIONARY &&
        layout != VG_LAYOUT_SPARSE_UNION && layout != VG_LAYOUT_DENSE_UNION)
        return;
    for (int64_t i = 0; i < n; i++)
        if (vgi_array_is_null(array, i))
            ret[i] = 1;
}

static bool is_wrong_at(const vector *values, int64_t i)
{
    return values->is_wrong && values->is_wrong[values->is_constant ? 0 : i];
}

/* What reads a wrong value is wrong. */
static void add_wrong(const vector *values, int64_t n, uint8_t *ret)
{
    for (int64_t i = 0; values->is_wrong && i < n; i++)
        if (is_wrong_at(values, i))
            ret[i] = IS_WRONG;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* A new array of fixed-width values, NULL where `is_null` says so. */
static vgi_status new_array(const evaluation *e, const vgi_field *field, int64_t n, const uint8_t *is_null,
                            vgi_array **ret)
{
    const size_t width = (size_t)vg_field_width_bits(field);
    vgi_array *array = VG_NEW(e->arena, vgi_array);
    uint8_t *validity = vg_arena_alloc(e->arena, (size_t)n / 8 + 1);
    void *values = vg_arena_array(e->arena, (size_t)n + 1, width < 8 ? 1 : width / 8);

    if (!array || !validity || !values)
        return no_memory(e);
    for (int64_t i = 0; i < n; i++)
        if (!is_null[i])
            validity[i / 8] = (uint8_t)(validity[i / 8] | 1 << i % 8);
    *array =
        (vgi_array){.field = field, .length = n, .null_count = -1, .validity = validity, .buffers = {values, NULL}};
    *ret = array;
    return VGI_OK;
}

/* A boolean that travels as a byte becomes a bit. */
static vgi_status as_boolean(const evaluation *e, vector *values)
{
    const vgi_array *from = values->array;
    uint8_t *is_null, *bits;
    vgi_array *array;

    if (!vg_field_is_bool8(from->field))
        return VGI_OK;
    VGI_TRY(new_bytes(e, &is_null));
    add_nulls(values, e->n, is_null);
    VGI_TRY(new_array(e, &VG_FILTER_BOOLEAN, e->n, is_null, &array));
    bits = (uint8_t *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++)
        if (vgi_array_i64(from, values->is_constant ? 0 : i) != 0)
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << i % 8);
    *values = (vector){.array = array, .is_wrong = values->is_wrong};
    return VGI_OK;
}

static vgi_status column_values(const evaluation *e, const vgi_expr *node, vector *ret)
{
    const int32_t at = e->positions ? e->positions[node->index] : node->index;

    if (at < 0 || at >= e->batch->n_columns)
        return vgi_error_set(e->err, VGI_ERR_VALUE, "a filter reads the column '%.*s', which the batch does not have",
                             VG_FMT(node->name));
    if (!vg_type_equal(e->batch->columns[at].field, e->columns->fields[node->index]))
        return vgi_error_set(e->err, VGI_ERR_TYPE, "a filter reads the column '%.*s', which has another type here",
                             VG_FMT(node->name));
    *ret = (vector){.array = &e->batch->columns[at]};
    return as_boolean(e, ret);
}

/* A member of a struct: NULL where it is, or where the struct is. */
static vgi_status field_values(const evaluation *e, const vgi_expr *node, vector *ret)
{
    const vgi_array *parent, *child;
    vgi_array *view = VG_NEW(e->arena, vgi_array);
    uint8_t *validity;
    vector of;

    if (!view)
        return no_memory(e);
    VGI_TRY(values_of(e, node->children[0], &of));
    parent = of.array;
    child = &parent->children[node->index];
    *view = *child;
    view->offset += parent->offset;
    view->length = parent->length;
    view->null_count = -1;
    *ret = (vector){view, of.is_constant, of.is_wrong};
    if (!parent->validity)
        return as_boolean(e, ret);
    validity = vg_arena_alloc(e->arena, (size_t)(view->offset + view->length) / 8 + 1);
    if (!validity)
        return no_memory(e);
    for (int64_t i = 0; i < view->length; i++) {
        const int64_t at = view->offset + i;

        if (vg_bit(parent->validity, parent->offset + i) && (!child->validity || vg_bit(child->validity, at)))
            validity[at / 8] = (uint8_t)(validity[at / 8] | 1 << at % 8);
    }
    view->validity = validity;
    return as_boolean(e, ret);
}

static vgi_status cast_values(const evaluation *e, const vgi_expr *node, vector *ret)
{
    vgi_array *array;
    uint8_t *is_null, *is_wrong;
    vg_cast_rows rows;
    vector of;
    int64_t n;

    VGI_TRY(values_of(e, node->children[0], &of));
    n = of.is_constant && e->n > 0 ? 1 : e->n;
    VGI_TRY(new_bytes(e, &is_null));
    VGI_TRY(new_bytes(e, &is_wrong));
    add_nulls(&of, n, is_null);
    VGI_TRY(new_array(e, node->type, n, is_null, &array));
    rows = (vg_cast_rows){of.array, n, is_null, is_wrong, array};
    if (!vg_cast_choose(of.array->field, node->type)(&rows))
        (void)vgi_error_set(e->wrong, VGI_ERR_VALUE, "a value of type %s is out of range for type %s",
                            vgi_type_name(of.array->field->type), vgi_type_name(node->type->type));
    for (int64_t i = 0; i < n; i++)
        is_wrong[i] = is_wrong[i] || is_wrong_at(&of, i);
    *ret = (vector){array, of.is_constant, is_wrong};
    return VGI_OK;
}

/* One number; false: out of range. Both are of `type`. */
static bool compute(vgi_type_id type, vgi_expr_op op, const vector *left, const vector *right, int64_t i, void *ret)
{
    const int64_t l = left->is_constant ? 0 : i, r = right->is_constant ? 0 : i;
    const int32_t bits = vg_type_info_of(type)->width_bits;
    vg_i128 a, b, value;

    if (type == VGI_TYPE_FLOAT32 || type == VGI_TYPE_FLOAT64) {
        const double x = vgi_array_f64(left->array, l), y = vgi_array_f64(right->array, r);
        const double real = op == VGI_ADD ? x + y : op == VGI_SUBTRACT ? x - y : x * y;
        const float narrow = (float)real;

        memcpy(ret, type == VGI_TYPE_FLOAT64 ? (const void *)&real : (const void *)&narrow, (size_t)bits / 8);
        return true;
    }
    a = vgi_array_i64(left->array, l);
    b = vgi_array_i64(right->array, r);
    if (type == VGI_TYPE_UINT64) {
        a = (uint64_t)a;
        b = (uint64_t)b;
    }
    if (op == VGI_MULTIPLY ? __builtin_mul_overflow(a, b, &value) : false)
        return false;
    if (op != VGI_MULTIPLY)
        value = op == VGI_ADD ? a + b : a - b;
    memcpy(ret, &value, (size_t)bits / 8);
    if (type >= VGI_TYPE_UINT8)
        return value >= 0 && value >> bits == 0;
    return value >> (bits - 1) == 0 || value >> (bits - 1) == -1;
}

/* Zero minus the value, in the value's type: what a negation is. */
static vgi_status zero_of(const evaluation *e, const vgi_field *type, vector *ret)
{
    const uint8_t present[1] = {0};
    vgi_array *array;

    VGI_TRY(new_array(e, type, 1, present, &array));
    *ret = (vector){array, true, NULL};
    return VGI_OK;
}

static vgi_status computed_values(const evaluation *e, const vgi_expr *node, vector *ret)
{
    const vgi_expr_op op = node->kind == VGI_EXPR_NEGATE ? VGI_SUBTRACT : node->op;
    const size_t width = (size_t)vg_type_info_of(node->type->type)->width_bits / 8;
    vgi_array *array;
    vector left, right;
    uint8_t *is_null, *is_wrong;
    char *out;

    VGI_TRY(values_of(e, node->children[node->n_children - 1], &right));
    if (node->kind == VGI_EXPR_NEGATE)
        VGI_TRY(zero_of(e, node->type, &left));
    else
        VGI_TRY(values_of(e, node->children[0], &left));
    VGI_TRY(new_bytes(e, &is_null));
    add_nulls(&left, e->n, is_null);
    add_nulls(&right, e->n, is_null);
    VGI_TRY(new_bytes(e, &is_wrong));
    VGI_TRY(new_array(e, node->type, e->n, is_null, &array));
    out = (char *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++, out += width) {
        is_wrong[i] = is_wrong_at(&left, i) || is_wrong_at(&right, i);
        if (is_null[i] || compute(node->type->type, op, &left, &right, i, out))
            continue;
        is_wrong[i] = 1;
        (void)vgi_error_set(e->wrong, VGI_ERR_VALUE, "arithmetic of a filter leaves the range of %s",
                            vgi_type_name(node->type->type));
    }
    *ret = (vector){.array = array, .is_wrong = is_wrong};
    return VGI_OK;
}

/* A test as a column of booleans. */
static vgi_status test_values(const evaluation *e, const vgi_expr *node, vector *ret)
{
    vgi_array *array;
    uint8_t *truths, *is_null, *is_wrong, *bits;

    VGI_TRY(new_bytes(e, &truths));
    VGI_TRY(new_bytes(e, &is_null));
    VGI_TRY(new_bytes(e, &is_wrong));
    VGI_TRY(truths_of(e, node, truths));
    for (int64_t i = 0; i < e->n; i++) {
        is_null[i] = truths[i] == IS_UNKNOWN;
        is_wrong[i] = truths[i] == IS_WRONG;
    }
    VGI_TRY(new_array(e, &VG_FILTER_BOOLEAN, e->n, is_null, &array));
    bits = (uint8_t *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++)
        if (truths[i] == IS_TRUE)
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << i % 8);
    *ret = (vector){.array = array, .is_wrong = is_wrong};
    return VGI_OK;
}

static vgi_status values_of(const evaluation *e, const vgi_expr *node, vector *ret)
{
    switch (node->kind) {
    case VGI_EXPR_COLUMN:
        return column_values(e, node, ret);
    case VGI_EXPR_FIELD:
        return field_values(e, node, ret);
    case VGI_EXPR_LITERAL:
        *ret = (vector){node->values, true, NULL};
        return VGI_OK;
    case VGI_EXPR_CAST:
        return cast_values(e, node, ret);
    case VGI_EXPR_ARITHMETIC:
    case VGI_EXPR_NEGATE:
        return computed_values(e, node, ret);
    default:
        return test_values(e, node, ret);
    }
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

/* Which of less, equal, greater make a comparison true. */
static const uint8_t HOLDS[][3] = {
    [VGI_EQ] = {0, 1, 0}, [VGI_NE] = {1, 0, 1}, [VGI_LT] = {1, 0, 0},       [VGI_LE] = {1, 1, 0},
    [VGI_GT] = {0, 0, 1}, [VGI_GE] = {0, 1, 1}, [VGI_DISTINCT] = {1, 0, 1}, [VGI_NOT_DISTINCT] = {0, 1, 0},
};

/* The operands of a test, and the rows where either is NULL. */
static vgi_status operands(const evaluation *e, const vgi_expr *node, vector *left, vector *right, uint8_t **ret)
{
    VGI_TRY(values_of(e, node->children[0], left));
    VGI_TRY(values_of(e, node->children[1], right));
    VGI_TRY(new_bytes(e, ret));
    add_nulls(left, e->n, *ret);
    add_nulls(right, e->n, *ret);
    return VGI_OK;
}

/* IS [NOT] DISTINCT FROM where either is NULL: never unknown. */
static void settle_distinct(const evaluation *e, const vgi_expr *node, const vector *left, const vector *right,
                            const uint8_t *is_null, uint8_t *ret)
{
    for (int64_t i = 0; i < e->n; i++) {
        const bool both = is_null[i] && vgi_array_is_null(left->array, left->is_constant ? 0 : i) &&
                          vgi_array_is_null(right->array, right->is_constant ? 0 : i);

        if (is_null[i])
            ret[i] = both == (node->op == VGI_NOT_DISTINCT) ? IS_TRUE : IS_FALSE;
    }
}

static vgi_status compare_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const vg_order *order = vg_expr_of(node)->order;
    const uint8_t *holds = HOLDS[node->op];
    vector left, right;
    uint8_t *is_null;
    int8_t *found = vg_arena_alloc(e->arena, (size_t)e->n + 1);

    if (!found)
        return no_memory(e);
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

static vgi_status call_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vector left, right;
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
static vgi_status in_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const vg_expr *in = vg_expr_of(node);
    const uint8_t otherwise = in->set_has_null ? IS_UNKNOWN : IS_FALSE;
    vector of;
    uint8_t *is_null;

    VGI_TRY(values_of(e, node->children[0], &of));
    VGI_TRY(new_bytes(e, &is_null));
    add_nulls(&of, e->n, is_null);
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

static vgi_status null_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vector of;

    VGI_TRY(values_of(e, node->children[0], &of));
    memset(ret, 0, (size_t)e->n);
    add_nulls(&of, e->n, ret);
    for (int64_t i = 0; i < e->n; i++)
        ret[i] = (ret[i] != 0) != node->negated ? IS_TRUE : IS_FALSE;
    add_wrong(&of, e->n, ret);
    return VGI_OK;
}

/* AND and OR: what decides alone, else what is wrong, else the least or the greatest. */
static vgi_status join_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    const bool is_and = node->kind == VGI_EXPR_AND;
    const uint8_t decides = is_and ? IS_FALSE : IS_TRUE;
    vg_arena_mark mark;
    uint8_t *next;

    VGI_TRY(new_bytes(e, &next));
    mark = vg_arena_here(e->arena);
    VGI_TRY(truths_of(e, node->children[0], ret));
    for (int32_t c = 1; c < node->n_children; c++) {
        vg_arena_rewind(e->arena, mark);
        VGI_TRY(truths_of(e, node->children[c], next));
        for (int64_t i = 0; i < e->n; i++)
            if (ret[i] != decides && (next[i] == decides || next[i] == IS_WRONG ||
                                      (ret[i] != IS_WRONG && (is_and ? next[i] < ret[i] : next[i] > ret[i]))))
                ret[i] = next[i];
    }
    return VGI_OK;
}

/* Of a column, a member, a literal, a cast: a boolean as it stands. */
static vgi_status value_truths(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    vector of;
    uint8_t *is_null;

    VGI_TRY(values_of(e, node, &of));
    VGI_TRY(new_bytes(e, &is_null));
    add_nulls(&of, e->n, is_null);
    for (int64_t i = 0; i < e->n; i++)
        ret[i] = is_null[i] ? IS_UNKNOWN : vgi_array_bool(of.array, of.is_constant ? 0 : i) ? IS_TRUE : IS_FALSE;
    add_wrong(&of, e->n, ret);
    return VGI_OK;
}

static vgi_status truths_of(const evaluation *e, const vgi_expr *node, uint8_t *ret)
{
    switch (node->kind) {
    case VGI_EXPR_COMPARE:
        return compare_truths(e, node, ret);
    case VGI_EXPR_AND:
    case VGI_EXPR_OR:
        return join_truths(e, node, ret);
    case VGI_EXPR_NOT:
        VGI_TRY(truths_of(e, node->children[0], ret));
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
static vgi_status narrow(const evaluation *e, const vgi_expr *node, bool required, uint8_t *truths, uint8_t *rows)
{
    if (node->kind == VGI_EXPR_AND) {
        for (int32_t c = 0; c < node->n_children; c++)
            VGI_TRY(narrow(e, node->children[c], required, truths, rows));
        return VGI_OK;
    }
    vg_arena_rewind(e->arena, e->mark);
    VGI_TRY(truths_of(e, node, truths));
    for (int64_t i = 0; i < e->n; i++)
        if (truths[i] == IS_FALSE || truths[i] == IS_UNKNOWN)
            rows[i] = IS_FALSE;
        else if (truths[i] == IS_WRONG && required && rows[i] == IS_TRUE)
            rows[i] = IS_WRONG;
    return VGI_OK;
}

/* An advisory predicate only saves work: where it cannot be evaluated, it says nothing. */
static vgi_status apply(const evaluation *e, const vgi_predicate *predicate, uint8_t *truths, uint8_t *rows)
{
    vgi_error ignored = {0};
    evaluation here = *e;
    vgi_status status;

    if (predicate->is_taken || !predicate->is_evaluable)
        return VGI_OK;
    if (predicate->required)
        return narrow(e, predicate->expression, true, truths, rows);
    if (vgi_expr_walk(predicate->expression, look_for_columns, (void *)(uintptr_t)e->positions) != VGI_OK)
        return VGI_OK;
    here.err = here.wrong = &ignored;
    status = narrow(&here, predicate->expression, false, truths, rows);
    return status == VGI_ERR_MEMORY ? no_memory(e) : VGI_OK;
}

vgi_status vgi_filter_select(vgi_filter *filter, const vgi_batch *batch, const int32_t *positions, int64_t *ret_rows,
                             int64_t *ret_count, vgi_error *err)
{
    vgi_error wrong = {0};
    evaluation e = {&filter->scratch, filter->columns, batch, positions, batch->rows, &wrong, err, {0}};
    uint8_t *rows, *truths;

    *ret_count = 0;
    vg_arena_recycle(&filter->scratch, VG_ARENA_KEPT);
    filter->scratch.max_total = VG_FILTER_SCRATCH + 2 * VG_FILTER_SCRATCH_A_ROW * (size_t)batch->rows;
    VGI_TRY(new_bytes(&e, &rows));
    VGI_TRY(new_bytes(&e, &truths));
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
