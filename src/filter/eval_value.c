/* The values of a filter's nodes over a batch: columns, members of structs, literals, casts, arithmetic, and tests
 * where a value is wanted. Called by eval.c. */
#include "filter/eval.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/str.h"

vgi_status vg_eval_no_memory(const vg_evaluation *e)
{
    const vg_arena *arena = e->arena;

    if (arena->max_total - arena->total < VG_FILTER_SCRATCH_A_ROW * (size_t)e->n) /* more than any one piece takes */
        return vgi_error_set(e->err, VGI_ERR_LIMIT, "a filter that takes more than %d MiB for %" PRId64 " rows",
                             VG_FILTER_SCRATCH >> 20, e->n);
    return vgi_error_set(e->err, VGI_ERR_MEMORY, "out of memory for a filter over %" PRId64 " rows", e->n);
}

vgi_status vg_eval_bytes(const vg_evaluation *e, uint8_t **ret)
{
    *ret = vg_arena_alloc(e->arena, (size_t)e->n + 1);
    return *ret ? VGI_OK : vg_eval_no_memory(e);
}

void vg_eval_nulls(const vg_vector *values, int64_t n, uint8_t *ret)
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

bool vg_eval_is_wrong(const vg_vector *values, int64_t i)
{
    return values->is_wrong && values->is_wrong[values->is_constant ? 0 : i];
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* A new array of fixed-width values, NULL where `is_null` says so. */
static vgi_status new_array(const vg_evaluation *e, const vgi_field *field, int64_t n, const uint8_t *is_null,
                            vgi_array **ret)
{
    const size_t width = (size_t)vg_field_width_bits(field);
    vgi_array *array = VG_NEW(e->arena, vgi_array);
    uint8_t *validity = vg_arena_alloc(e->arena, (size_t)n / 8 + 1);
    void *values = vg_arena_array(e->arena, (size_t)n + 1, width < 8 ? 1 : width / 8);

    if (!array || !validity || !values)
        return vg_eval_no_memory(e);
    for (int64_t i = 0; i < n; i++)
        if (!is_null[i])
            validity[i / 8] = (uint8_t)(validity[i / 8] | 1 << i % 8);
    *array =
        (vgi_array){.field = field, .length = n, .null_count = -1, .validity = validity, .buffers = {values, NULL}};
    *ret = array;
    return VGI_OK;
}

/* A boolean that travels as a byte becomes a bit. */
static vgi_status as_boolean(const vg_evaluation *e, vg_vector *values)
{
    const vgi_array *from = values->array;
    uint8_t *is_null, *bits;
    vgi_array *array;

    if (!vg_field_is_bool8(from->field))
        return VGI_OK;
    VGI_TRY(vg_eval_bytes(e, &is_null));
    vg_eval_nulls(values, e->n, is_null);
    VGI_TRY(new_array(e, &VG_FILTER_BOOLEAN, e->n, is_null, &array));
    bits = (uint8_t *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++)
        if (vgi_array_i64(from, values->is_constant ? 0 : i) != 0)
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << i % 8);
    *values = (vg_vector){.array = array, .is_wrong = values->is_wrong};
    return VGI_OK;
}

static vgi_status column_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    const int32_t at = e->positions ? e->positions[node->index] : node->index;

    if (at < 0 || at >= e->batch->n_columns)
        return vgi_error_set(e->err, VGI_ERR_VALUE, "a filter reads the column '%.*s', which the batch does not have",
                             VG_FMT(node->name));
    if (!vg_type_equal(e->batch->columns[at].field, e->columns->fields[node->index]))
        return vgi_error_set(e->err, VGI_ERR_TYPE, "a filter reads the column '%.*s', which has another type here",
                             VG_FMT(node->name));
    *ret = (vg_vector){.array = &e->batch->columns[at]};
    return as_boolean(e, ret);
}

/* A member of a struct: NULL where it is, or where the struct is. */
static vgi_status field_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    const vgi_array *parent, *child;
    vgi_array *view = VG_NEW(e->arena, vgi_array);
    uint8_t *validity;
    vg_vector of;

    if (!view)
        return vg_eval_no_memory(e);
    VGI_TRY(vg_eval_values(e, node->children[0], &of));
    parent = of.array;
    child = &parent->children[node->index];
    *view = *child;
    view->offset += parent->offset;
    view->length = parent->length;
    view->null_count = -1;
    *ret = (vg_vector){view, of.is_constant, of.is_wrong};
    if (!parent->validity)
        return as_boolean(e, ret);
    validity = vg_arena_alloc(e->arena, (size_t)(view->offset + view->length) / 8 + 1);
    if (!validity)
        return vg_eval_no_memory(e);
    for (int64_t i = 0; i < view->length; i++) {
        const int64_t at = view->offset + i;

        if (vg_bit(parent->validity, parent->offset + i) && (!child->validity || vg_bit(child->validity, at)))
            validity[at / 8] = (uint8_t)(validity[at / 8] | 1 << at % 8);
    }
    view->validity = validity;
    return as_boolean(e, ret);
}

static vgi_status cast_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    vgi_array *array;
    uint8_t *is_null, *is_wrong;
    vg_cast_rows rows;
    vg_vector of;
    int64_t n;

    VGI_TRY(vg_eval_values(e, node->children[0], &of));
    n = of.is_constant && e->n > 0 ? 1 : e->n;
    VGI_TRY(vg_eval_bytes(e, &is_null));
    VGI_TRY(vg_eval_bytes(e, &is_wrong));
    vg_eval_nulls(&of, n, is_null);
    VGI_TRY(new_array(e, node->type, n, is_null, &array));
    rows = (vg_cast_rows){of.array, n, is_null, is_wrong, array};
    if (!vg_cast_choose(of.array->field, node->type)(&rows))
        (void)vgi_error_set(e->wrong, VGI_ERR_VALUE, "a value of type %s is out of range for type %s",
                            vgi_type_name(of.array->field->type), vgi_type_name(node->type->type));
    for (int64_t i = 0; i < n; i++)
        is_wrong[i] = is_wrong[i] || vg_eval_is_wrong(&of, i);
    *ret = (vg_vector){array, of.is_constant, is_wrong};
    return VGI_OK;
}

/* One number; false: out of range. Both are of `type`. */
static bool compute(vgi_type_id type, vgi_expr_op op, const vg_vector *left, const vg_vector *right, int64_t i,
                    void *ret)
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
static vgi_status zero_of(const vg_evaluation *e, const vgi_field *type, vg_vector *ret)
{
    const uint8_t present[1] = {0};
    vgi_array *array;

    VGI_TRY(new_array(e, type, 1, present, &array));
    *ret = (vg_vector){array, true, NULL};
    return VGI_OK;
}

static vgi_status computed_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    const vgi_expr_op op = node->kind == VGI_EXPR_NEGATE ? VGI_SUBTRACT : node->op;
    const size_t width = (size_t)vg_type_info_of(node->type->type)->width_bits / 8;
    vgi_array *array;
    vg_vector left, right;
    uint8_t *is_null, *is_wrong;
    char *out;

    VGI_TRY(vg_eval_values(e, node->children[node->n_children - 1], &right));
    if (node->kind == VGI_EXPR_NEGATE)
        VGI_TRY(zero_of(e, node->type, &left));
    else
        VGI_TRY(vg_eval_values(e, node->children[0], &left));
    VGI_TRY(vg_eval_bytes(e, &is_null));
    vg_eval_nulls(&left, e->n, is_null);
    vg_eval_nulls(&right, e->n, is_null);
    VGI_TRY(vg_eval_bytes(e, &is_wrong));
    VGI_TRY(new_array(e, node->type, e->n, is_null, &array));
    out = (char *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++, out += width) {
        is_wrong[i] = vg_eval_is_wrong(&left, i) || vg_eval_is_wrong(&right, i);
        if (is_null[i] || compute(node->type->type, op, &left, &right, i, out))
            continue;
        is_wrong[i] = 1;
        (void)vgi_error_set(e->wrong, VGI_ERR_VALUE, "arithmetic of a filter leaves the range of %s",
                            vgi_type_name(node->type->type));
    }
    *ret = (vg_vector){.array = array, .is_wrong = is_wrong};
    return VGI_OK;
}

/* A test as a column of booleans. */
static vgi_status test_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    vgi_array *array;
    uint8_t *truths, *is_null, *is_wrong, *bits;

    VGI_TRY(vg_eval_bytes(e, &truths));
    VGI_TRY(vg_eval_bytes(e, &is_null));
    VGI_TRY(vg_eval_bytes(e, &is_wrong));
    VGI_TRY(vg_eval_truths(e, node, truths));
    for (int64_t i = 0; i < e->n; i++) {
        is_null[i] = truths[i] == IS_UNKNOWN;
        is_wrong[i] = truths[i] == IS_WRONG;
    }
    VGI_TRY(new_array(e, &VG_FILTER_BOOLEAN, e->n, is_null, &array));
    bits = (uint8_t *)(uintptr_t)array->buffers[0];
    for (int64_t i = 0; i < e->n; i++)
        if (truths[i] == IS_TRUE)
            bits[i / 8] = (uint8_t)(bits[i / 8] | 1 << i % 8);
    *ret = (vg_vector){.array = array, .is_wrong = is_wrong};
    return VGI_OK;
}

vgi_status vg_eval_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret)
{
    switch (node->kind) {
    case VGI_EXPR_COLUMN:
        return column_values(e, node, ret);
    case VGI_EXPR_FIELD:
        return field_values(e, node, ret);
    case VGI_EXPR_LITERAL:
        *ret = (vg_vector){node->values, true, NULL};
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
