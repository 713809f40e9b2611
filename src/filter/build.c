/* Filters made by a program (vgi/filter.h): the nodes of expr.c in the filter's own memory. The first mistake stays
 * with the filter until vgi_filter_add tells it. */
#include "filter/filter.h"

#include "arrow/array.h"
#include "arrow/type.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

static vg_maker maker_of(vgi_filter *filter)
{
    return (vg_maker){&filter->arena, filter->columns, &filter->build_error};
}

/* What a node's maker made. Not by value: it is made in the same call's arguments. */
static const vgi_expr *given(vgi_filter *filter, vgi_status status, const vgi_expr *const *expr)
{
    if (status != VGI_OK)
        (void)vgi_error_set(&filter->build_error, status, "a filter cannot be built so");
    return status == VGI_OK ? *expr : NULL;
}

const vgi_expr *vgi_expr_column(vgi_filter *filter, int32_t index)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return given(filter, vg_expr_column(&m, index < 0 ? UINT64_MAX : (uint64_t)index, &expr), &expr);
}

const vgi_expr *vgi_expr_field(vgi_filter *filter, const vgi_expr *of, int32_t index)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return of ? given(filter, vg_expr_field(&m, of, index < 0 ? UINT64_MAX : (uint64_t)index, &expr), &expr) : NULL;
}

static vgi_status append_all(vgi_filter *filter, vg_builder *builder, const vgi_array *const *arrays, size_t n)
{
    vgi_batch *out = vg_builder_begin(builder, 0);
    vgi_column *column = out ? vgi_out_column(out, 0) : NULL;

    if (!out)
        return vgi_error_set(&filter->build_error, VGI_ERR_MEMORY, "out of memory for values of a filter");
    for (size_t k = 0; k < n; k++)
        for (int64_t i = 0; i < (arrays[k] ? arrays[k]->length : 1); i++, out->rows++)
            if (!arrays[k] || vgi_array_is_null(arrays[k], i))
                vgi_append_null(column);
            else
                vgi_append_value(column, arrays[k], i);
    out->capacity = out->rows;
    return vg_builder_finish(builder, &filter->build_error);
}

/* The elements of arrays of one type, one behind the other, with buffers of their own: what is written and read again
 * has them. */
static vgi_status copy_values(vgi_filter *filter, const vgi_field *type, const vgi_array *const *arrays, size_t n,
                              const vgi_array **ret)
{
    vgi_field *field = VG_NEW(&filter->arena, vgi_field);
    const vgi_field *fields[1] = {field};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    const vgi_batch *copy;
    vg_builder *builder;
    vgi_bytes bytes;
    vgi_status status;

    if (!field)
        return vgi_error_set(&filter->build_error, VGI_ERR_MEMORY, "out of memory for values of a filter");
    *field = *type;
    field->nullable = true;
    VGI_TRY(vg_builder_new(&schema, &filter->build_error, &builder));
    status = append_all(filter, builder, arrays, n);
    if (status == VGI_OK)
        status =
            vg_batch_encode(&filter->arena, (const vgi_batch *)(const void *)builder, &bytes, &filter->build_error);
    vg_builder_free(builder);
    if (status == VGI_OK)
        status = vg_batch_decode(&filter->arena, bytes, &VG_DEFAULT_LIMITS, &copy, &filter->build_error);
    if (status == VGI_OK)
        *ret = copy->columns;
    return status;
}

const vgi_expr *vgi_expr_literal(vgi_filter *filter, const vgi_array *value, int64_t i)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    vgi_array one = *value;
    const vgi_array *copy, *const arrays[1] = {&one};
    vgi_status status;

    one.offset += i;
    one.length = i >= 0 && i < value->length ? 1 : 0;
    one.null_count = -1;
    status = one.length ? copy_values(filter, value->field, arrays, 1, &copy)
                        : vgi_error_set(&filter->build_error, VGI_ERR_VALUE, "there is no element %" PRId64, i);

    return given(filter, status == VGI_OK ? vg_expr_literal(&m, copy, &expr) : status, &expr);
}

const vgi_expr *vgi_expr_test(vgi_filter *filter, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return left && right ? given(filter, vg_expr_test(&m, op, left, right, &expr), &expr) : NULL;
}

const vgi_expr *vgi_expr_join(vgi_filter *filter, vgi_expr_kind kind, const vgi_expr *const *children, int32_t n)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    for (int32_t c = 0; c < n; c++)
        if (!children[c])
            return NULL;
    return given(filter, vg_expr_join(&m, kind, children, n, &expr), &expr);
}

const vgi_expr *vgi_expr_is_null(vgi_filter *filter, const vgi_expr *of, bool negated)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;

    return of ? given(filter, vg_expr_is_null(&m, of, negated, &expr), &expr) : NULL;
}

const vgi_expr *vgi_expr_in(vgi_filter *filter, const vgi_expr *of, const vgi_array *const *sets, size_t n,
                            bool negated)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    const vgi_array *copy;
    size_t first = 0;
    vgi_status status;

    while (first < n && !sets[first])
        first++;
    if (!of)
        return NULL;
    status = first < n ? copy_values(filter, sets[first]->field, sets, n, &copy)
                       : vgi_error_set(&filter->build_error, VGI_ERR_TYPE, "a set of nothing but NULL has no type");
    return given(filter, status == VGI_OK ? vg_expr_in(&m, of, copy, negated, &expr) : status, &expr);
}

const vgi_expr *vgi_expr_cast(vgi_filter *filter, const vgi_expr *of, const vgi_field *type)
{
    const vg_maker m = maker_of(filter);
    const vgi_expr *expr = NULL;
    const vgi_field *copy = vg_field_copy(&filter->arena, type);

    if (!of)
        return NULL;
    return given(filter, copy ? vg_expr_cast(&m, of, copy, &expr) : VGI_ERR_MEMORY, &expr);
}
