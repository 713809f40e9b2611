/* What callbacks ask of the call that they serve: vgi_arg_*, the schemas, bind results, cursor and local
 * (vgi/function.h). */
#include <string.h>

#include "base/str.h"
#include "ipc/limits.h"
#include "worker/function_call.h"

/* ---- arguments --------------------------------------------------------------------------------------------------- */

/* The parameter of that name, -1 if there is none. */
static int32_t find(const vgi_call *call, const char *name)
{
    const vg_function *function = call->function ? call->function->function : NULL;

    for (int32_t i = 0; function && i < function->n_params; i++)
        if (vg_string_is_nocase(function->params[i].name, vgi_str(name)))
            return i;
    return -1;
}

static const vg_argument *argument_of(const vgi_call *call, const char *name)
{
    int32_t i = find(call, name);

    return i < 0 ? NULL : &call->function->arguments[i];
}

/* The value of an argument that must have one. */
static vgi_status value_of(vgi_call *call, const char *name, const vgi_array **ret)
{
    const vg_argument *argument = argument_of(call, name);

    if (!argument)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "Argument '%s': not found", name);
    if (argument->count == 0)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "argument %s has no constant value; only a CONST one of a scalar function "
                        "has",
                        name);
    *ret = argument->values[0];
    return VGI_OK;
}

static vgi_status not_null(vgi_call *call, const char *what, const char *name, const vgi_array *value)
{
    if (vgi_array_is_null(value, 0))
        return vgi_fail(call, VGI_ERR_VALUE, "%s %s must not be NULL", what, name);
    return VGI_OK;
}

static vgi_status mistyped(vgi_call *call, const char *what, const char *name, const vgi_array *value,
                           const char *wanted)
{
    return vgi_fail(call, VGI_ERR_TYPE, "%s %s is %s, and was asked for as %s", what, name,
                    vgi_type_name(value->field->type), wanted);
}

vgi_status vg_value_i64(vgi_call *call, const char *what, const char *name, const vgi_array *value, int64_t *ret)
{
    VGI_TRY(not_null(call, what, name, value));
    if (value->field->type < VGI_TYPE_INT8 || value->field->type > VGI_TYPE_UINT64)
        return mistyped(call, what, name, value, "an integer");
    *ret = vgi_array_i64(value, 0);
    if (value->field->type == VGI_TYPE_UINT64 && *ret < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "%s %s is beyond the range of BIGINT", what, name);
    return VGI_OK;
}

vgi_status vg_value_f64(vgi_call *call, const char *what, const char *name, const vgi_array *value, double *ret)
{
    VGI_TRY(not_null(call, what, name, value));
    if (value->field->type < VGI_TYPE_INT8 || value->field->type > VGI_TYPE_DECIMAL256)
        return mistyped(call, what, name, value, "a number");
    *ret = vgi_array_f64(value, 0);
    return VGI_OK;
}

vgi_status vg_value_bool(vgi_call *call, const char *what, const char *name, const vgi_array *value, bool *ret)
{
    VGI_TRY(not_null(call, what, name, value));
    if (value->field->type != VGI_TYPE_BOOL)
        return mistyped(call, what, name, value, "a boolean");
    *ret = vgi_array_bool(value, 0);
    return VGI_OK;
}

vgi_status vg_value_text(vgi_call *call, const char *what, const char *name, const vgi_array *value, vgi_string *ret)
{
    VGI_TRY(not_null(call, what, name, value));
    *ret = vgi_array_text(value, 0);
    return ret->data ? VGI_OK : mistyped(call, what, name, value, "text");
}

vgi_status vgi_arg_i64(vgi_call *call, const char *name, int64_t *ret)
{
    const vgi_array *value;

    VGI_TRY(value_of(call, name, &value));
    return vg_value_i64(call, "argument", name, value, ret);
}

vgi_status vgi_arg_f64(vgi_call *call, const char *name, double *ret)
{
    const vgi_array *value;

    VGI_TRY(value_of(call, name, &value));
    return vg_value_f64(call, "argument", name, value, ret);
}

vgi_status vgi_arg_bool(vgi_call *call, const char *name, bool *ret)
{
    const vgi_array *value;

    VGI_TRY(value_of(call, name, &value));
    return vg_value_bool(call, "argument", name, value, ret);
}

vgi_status vgi_arg_text(vgi_call *call, const char *name, vgi_string *ret)
{
    const vgi_array *value;

    VGI_TRY(value_of(call, name, &value));
    return vg_value_text(call, "argument", name, value, ret);
}

const vgi_array *vgi_arg_array(vgi_call *call, const char *name, int32_t i)
{
    const vg_argument *argument = argument_of(call, name);

    return argument && i >= 0 && i < argument->count ? argument->values[i] : NULL;
}

int32_t vgi_arg_count(vgi_call *call, const char *name)
{
    const vg_argument *argument = argument_of(call, name);

    return argument ? argument->count : 0;
}

bool vgi_arg_is_null(vgi_call *call, const char *name)
{
    const vgi_array *value = vgi_arg_array(call, name, 0);

    return !value || vgi_array_is_null(value, 0);
}

bool vgi_arg_given(vgi_call *call, const char *name)
{
    const vg_argument *argument = argument_of(call, name);

    return argument && argument->given && argument->count > 0;
}

static const vgi_arrow_schema NO_COLUMNS = {0};

const vgi_arrow_schema *vgi_input_schema(vgi_call *call)
{
    return call->function && call->function->input ? call->function->input : &NO_COLUMNS;
}

vgi_string vgi_at_unit(vgi_call *call)
{
    return call->function ? call->function->at_unit : (vgi_string){0};
}

vgi_string vgi_at_value(vgi_call *call)
{
    return call->function ? call->function->at_value : (vgi_string){0};
}

/* ---- in bind ----------------------------------------------------------------------------------------------------- */

/* May the callback decide on columns now, and on how many? */
static vgi_status may_bind(vgi_call *call, bool is_scalar, const char *what)
{
    vg_function_call *function = call->function;

    if (!function || !function->binding || vg_function_is_scalar(function->function) != is_scalar)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s can be called in the bind callback of a %s function only", what,
                        is_scalar ? "scalar" : "table");
    if (function->write)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s: %.*s writes: vgi_bind_write_result says what it gives", what,
                        VG_FMT(function->function->name));
    if (function->function->output)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s: the signature of %.*s says already what it gives", what,
                        VG_FMT(function->function->name));
    if (is_scalar && function->n_columns > 0)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s: the result of %.*s is decided on already", what,
                        VG_FMT(function->function->name));
    return VGI_OK;
}

static vgi_status add_column(vgi_call *call, vgi_string name, vgi_field *field)
{
    vg_bound_column *column = VG_NEW(call->arena, vg_bound_column);

    if (call->function->n_columns >= VG_DEFAULT_LIMITS.max_fields)
        return vgi_fail(call, VGI_ERR_LIMIT, "the bind callback of %.*s decides on more than %d columns",
                        VG_FMT(call->function->function->name), VG_DEFAULT_LIMITS.max_fields);
    field->name = vg_arena_string(call->arena, name);
    if (!column || !field->name.data)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    column->field = field;
    *call->function->columns_end = column;
    call->function->columns_end = &column->next;
    ++call->function->n_columns;
    return VGI_OK;
}

static vgi_status add_sql(vgi_call *call, const char *name, const char *sql_type)
{
    vgi_field *field = VG_NEW(call->arena, vgi_field);

    if (!field)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(vg_type_parse(call->arena, vgi_str(sql_type), field, &call->error));
    return add_column(call, vgi_str(name), field);
}

static vgi_status add_copy(vgi_call *call, const char *name, const vgi_field *type)
{
    const vgi_field *copy = vg_field_copy(call->arena, type);
    vgi_field *field = VG_NEW(call->arena, vgi_field);

    if (!copy || !field)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    *field = *copy;
    field->nullable = true;
    return add_column(call, vgi_str(name), field);
}

vgi_status vgi_bind_result(vgi_call *call, const char *sql_type)
{
    VGI_TRY(may_bind(call, true, "vgi_bind_result"));
    return add_sql(call, "result", sql_type);
}

vgi_status vgi_bind_result_as(vgi_call *call, const vgi_field *type)
{
    VGI_TRY(may_bind(call, true, "vgi_bind_result_as"));
    return add_copy(call, "result", type);
}

vgi_status vgi_bind_column(vgi_call *call, const char *name, const char *sql_type)
{
    VGI_TRY(may_bind(call, false, "vgi_bind_column"));
    return add_sql(call, name, sql_type);
}

vgi_status vgi_bind_column_as(vgi_call *call, const char *name, const vgi_field *type)
{
    VGI_TRY(may_bind(call, false, "vgi_bind_column_as"));
    return add_copy(call, name, type);
}

vgi_status vgi_bind_row_id(vgi_call *call, const char *name, const char *sql_type)
{
    vgi_field *field = VG_NEW(call->arena, vgi_field);

    VGI_TRY(may_bind(call, false, "vgi_bind_row_id"));
    if (!field)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(vg_type_parse(call->arena, vgi_str(sql_type), field, &call->error));
    if (!vg_row_id_mark(call->arena, field))
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    return add_column(call, vgi_str(name), field);
}

/* ---- in a scan --------------------------------------------------------------------------------------------------- */

void *vgi_cursor(vgi_call *call)
{
    return call->function ? call->function->cursor : NULL;
}

void *vgi_local(vgi_call *call)
{
    return call->function ? call->function->local : NULL;
}

vgi_bytes vgi_split(vgi_call *call)
{
    return call->function ? call->function->split : (vgi_bytes){0};
}

bool vgi_row_limit(const vgi_call *call, int64_t *ret_rows)
{
    *ret_rows = call->function && call->function->row_limit.has ? call->function->row_limit.value : -1;
    return *ret_rows >= 0;
}

void vgi_set_batch_rows(vgi_call *call, int64_t rows)
{
    if (call->function)
        call->function->batch_rows = rows < 1 ? 1 : rows;
}

bool vgi_wanted(const vgi_call *call, int32_t i)
{
    const vg_function_call *function = call->function;

    if (!function || !function->output || i < 0 || i >= function->output->n_fields)
        return false;
    return !function->positions || function->positions[i] >= 0;
}

const vgi_arrow_schema *vgi_output_schema(vgi_call *call)
{
    return call->function && call->function->output ? call->function->output : &NO_COLUMNS;
}
