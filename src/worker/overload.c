/* Which overload a call means. The engine has chosen by its own types already; the worker chooses again from what
 * was bound (vgi.md §6): the number of arguments must fit, names must exist, and equal types count. Called by
 * resolve.c. */
#include "base/str.h"
#include "worker/adapt.h"
#include "worker/function_call.h"

/* The constant positional arguments and input columns that an overload takes. */
typedef struct arity {
    int32_t least_const, most_const; /* most: -1 for any number */
    int32_t least_input, most_input;
} arity;

static arity arity_of(const vg_function *function)
{
    arity ret = {0};

    for (int32_t i = 0; i < function->n_params; i++) {
        const vg_param *param = &function->params[i];
        int32_t *least = param->is_const ? &ret.least_const : &ret.least_input;
        int32_t *most = param->is_const ? &ret.most_const : &ret.most_input;
        if (param->is_named)
            continue;
        if (param->is_table) { /* any columns, one at least */
            ret.least_input = 1;
            ret.most_input = -1;
            continue;
        }
        *least += !param->is_variadic && !param->has_default;
        *most = param->is_variadic ? -1 : *most + 1;
    }
    return ret;
}

static bool within(int32_t n, int32_t least, int32_t most)
{
    return n >= least && (most < 0 || n <= most);
}

static bool has_named(const vg_function *function, vgi_string name)
{
    if (vg_function_writes(function) && vg_string_is(name, VG_WRITE_OPTIONS))
        return true;
    for (int32_t i = 0; i < function->n_params; i++)
        if (function->params[i].is_named && vg_string_is_nocase(function->params[i].name, name))
            return true;
    return false;
}

const vg_param *vg_overload_param(const vg_function *function, bool constant, int32_t index)
{
    for (int32_t i = 0; i < function->n_params; i++) {
        const vg_param *param = &function->params[i];
        if (param->is_named || param->is_const != constant)
            continue;
        if (param->is_variadic || param->is_table || index-- == 0)
            return param;
    }
    return NULL;
}

/* An argument of the declared type counts 3, of another form of it (adapt.h) 2, of ANY 1, of another type nothing.
 * `ret_wrong` counts the latter. */
static int32_t score_one(const vg_param *param, const vgi_field *type, int32_t *ret_wrong)
{
    if (!param)
        return 0;
    if (vg_param_takes_all(param))
        return 1;
    if (vg_adapt_fits(param->field, type))
        return vg_same_sql_type(param->field, type) ? 3 : 2;
    ++*ret_wrong;
    return 0;
}

typedef struct call_shape {
    const vgi_array *positional;
    int32_t n_positional;
    const vgi_string *names;
    int32_t n_names;
    const vgi_arrow_schema *input;
} call_shape;

/* -1: cannot be meant. More than any sum of types where there is no type that differs. */
static int32_t score(const vg_function *function, const call_shape *shape)
{
    arity takes = arity_of(function);
    int32_t sum = 0, wrong = 0;

    if (!within(shape->n_positional, takes.least_const, takes.most_const) ||
        !within(shape->input->n_fields, takes.least_input, takes.most_input))
        return -1;
    for (int32_t i = 0; i < shape->n_names; i++)
        if (!has_named(function, shape->names[i]))
            return -1;
    for (int32_t i = 0; i < shape->n_positional; i++)
        sum += score_one(vg_overload_param(function, true, i), shape->positional[i].field, &wrong);
    for (int32_t i = 0; i < shape->input->n_fields; i++)
        sum += score_one(vg_overload_param(function, false, i), shape->input->fields[i], &wrong);
    return wrong ? sum : sum + 1000000;
}

/* The columns that map will read must be what the signature says: their bytes are read as that type. */
static vgi_status check_input(vgi_call *call, const vg_function *function, const vgi_arrow_schema *input)
{
    for (int32_t i = 0; i < input->n_fields; i++) {
        const vg_param *param = vg_overload_param(function, false, i);
        vgi_string is, wanted;
        if (!param || vg_param_takes_all(param) || vg_adapt_fits(param->field, input->fields[i]))
            continue;
        is = vg_type_sql(call->arena, input->fields[i]);
        wanted = vg_type_sql(call->arena, param->field);
        return vgi_fail_as(call, "SchemaValidationError",
                           "Argument '%.*s': column type %.*s does not match any of: %.*s", VG_FMT(param->name),
                           VG_FMT(is), VG_FMT(wanted));
    }
    return VGI_OK;
}

vgi_status vg_overload_choose(vgi_call *call, const vg_schema_entry *schema, bool is_scalar, vgi_string name,
                              const vgi_array *positional, int32_t n_positional, const vgi_string *names,
                              int32_t n_names, const vgi_arrow_schema *input, const vg_function **ret)
{
    call_shape shape = {positional, n_positional, names, n_names, input};
    const char *word = is_scalar ? "scalar" : "table";
    const vg_function *best = NULL;
    int32_t best_score = -1, known = 0;

    for (int32_t i = 0; i < schema->n_functions; i++) {
        const vg_function *function = &schema->functions[i];
        int32_t points;
        if (vg_function_is_scalar(function) != is_scalar || !vg_string_is_nocase(function->name, name))
            continue;
        ++known;
        points = score(function, &shape);
        if (points > best_score) {
            best = function;
            best_score = points;
        }
    }
    if (known == 0)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "schema %.*s has no %s function %.*s", VG_FMT(schema->name), word,
                        VG_FMT(name));
    if (!best)
        return vgi_fail(call, VGI_ERR_TYPE,
                        "no overload of %.*s takes %d constant argument(s), %d named one(s) and %d column(s)",
                        VG_FMT(name), n_positional, n_names, input->n_fields);
    *ret = best;
    return check_input(call, best, input);
}
