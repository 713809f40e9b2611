/* Filters made by a program (vgi/filter.h): the nodes of expr.c in the filter's own memory. The first mistake stays
 * with the filter until vgi_filter_add tells it. */
#include "filter/filter.h"

#include "arrow/type.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

static vg_maker maker_of(vgi_filter *filter)
{
    return (vg_maker){&filter->arena, filter->columns, &filter->build_error};
}

static const vgi_expr *given(vgi_filter *filter, vgi_status status, const vgi_expr *expr)
{
    if (status != VGI_OK)
        (void)vgi_error_set(&filter->build_error, status, "a filter cannot be built so");
    return status == VGI_OK ? expr : NULL;
}

const vgi_expr *vgi_expr_column(vgi_filter *filter, int32_t index)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return given(filter, vg_expr_column(&m, index < 0 ? UINT64_MAX : (uint64_t)index, &expr), expr);
}

const vgi_expr *vgi_expr_field(vgi_filter *filter, const vgi_expr *of, int32_t index)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return of ? given(filter, vg_expr_field(&m, of, index < 0 ? UINT64_MAX : (uint64_t)index, &expr), expr) : NULL;
}

/* `n` elements of an array from `i` on, with buffers of their own: what is written and read again has them. */
static vgi_status copy_values(vgi_filter *filter, const vgi_array *array, int64_t i, int64_t n, const vgi_array **ret)
{
    const vgi_field *fields[1] = {array->field};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    vgi_array slice = *array;
    const vgi_batch batch = {.schema = &schema, .rows = n, .n_columns = 1, .columns = &slice};
    const vgi_batch *copy;
    vgi_bytes bytes;

    if (i < 0 || n < 0 || i > array->length - n)
        return vgi_error_set(&filter->build_error, VGI_ERR_VALUE, "there is no element %" PRId64, i);
    slice.offset += i;
    slice.length = n;
    slice.null_count = -1;
    VGI_TRY(vg_batch_encode(&filter->arena, &batch, &bytes, &filter->build_error));
    VGI_TRY(vg_batch_decode(&filter->arena, bytes, &VG_DEFAULT_LIMITS, &copy, &filter->build_error));
    *ret = copy->columns;
    return VGI_OK;
}

const vgi_expr *vgi_expr_literal(vgi_filter *filter, const vgi_array *value, int64_t i)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    const vgi_array *copy;
    vgi_status status = copy_values(filter, value, i, 1, &copy);

    return given(filter, status == VGI_OK ? vg_expr_literal(&m, copy, &expr) : status, expr);
}

const vgi_expr *vgi_expr_test(vgi_filter *filter, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return left && right ? given(filter, vg_expr_test(&m, op, left, right, &expr), expr) : NULL;
}

const vgi_expr *vgi_expr_join(vgi_filter *filter, vgi_expr_kind kind, const vgi_expr *const *children, int32_t n)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    for (int32_t c = 0; c < n; c++)
        if (!children[c])
            return NULL;
    return given(filter, vg_expr_join(&m, kind, children, n, &expr), expr);
}

const vgi_expr *vgi_expr_is_null(vgi_filter *filter, const vgi_expr *of, bool negated)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return of ? given(filter, vg_expr_is_null(&m, of, negated, &expr), expr) : NULL;
}

const vgi_expr *vgi_expr_in(vgi_filter *filter, const vgi_expr *of, const vgi_array *set, bool negated)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    const vgi_array *copy;
    vgi_status status = of ? copy_values(filter, set, 0, set->length, &copy) : VGI_OK;

    if (!of)
        return NULL;
    return given(filter, status == VGI_OK ? vg_expr_in(&m, of, copy, negated, &expr) : status, expr);
}

const vgi_expr *vgi_expr_cast(vgi_filter *filter, const vgi_expr *of, const vgi_field *type)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    const vgi_field *copy = vg_field_copy(&filter->arena, type);

    if (!of)
        return NULL;
    return given(filter, copy ? vg_expr_cast(&m, of, copy, &expr) : VGI_ERR_MEMORY, expr);
}
