/* A BindRequest to a bound call of a function: the schema and overload that are meant, the values of its constant
 * arguments, and the columns that it gives (vgi.md §7, §8). Pure: nothing is kept behind. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ipc/reader.h"
#include "protocol/codec.h"
#include "worker/adapt.h"
#include "worker/function_call.h"
#include "worker/transactions.h"
#include "worker/worker.h"

static const vgi_arrow_schema NO_COLUMNS = {0};

static vgi_status out_of_memory(vgi_call *call)
{
    return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
}

/* ---- the arguments of the wire ----------------------------------------------------------------------------------- */

/* The children of the struct column `args`, sorted into positional ones and named ones. */
typedef struct wire_arguments {
    vgi_array *positional; /* contiguous copies of the views */
    int32_t n_positional;
    vgi_string *names;
    const vgi_array **named;
    int32_t n_named;
} wire_arguments;

/* The number behind `positional_`, below `limit`; -1: none. */
static int32_t position_of(vgi_string name, int32_t limit)
{
    static const char prefix[] = "positional_";
    const size_t skip = sizeof prefix - 1;
    int64_t value = 0;

    if (name.size <= skip || name.size > skip + 6 || memcmp(name.data, prefix, skip) != 0)
        return -1;
    for (size_t i = skip; i < name.size; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return -1;
        value = value * 10 + (name.data[i] - '0');
    }
    return value < limit ? (int32_t)value : -1;
}

static vgi_status sort_arguments(vgi_call *call, const vgi_array *args, wire_arguments *ret)
{
    static const char prefix[] = "named_";
    const size_t skip = sizeof prefix - 1;
    int32_t n = (int32_t)args->n_children;

    ret->positional = VG_NEW_ARRAY(call->arena, vgi_array, n);
    ret->names = VG_NEW_ARRAY(call->arena, vgi_string, n);
    ret->named = VG_NEW_ARRAY(call->arena, const vgi_array *, n);
    if (!ret->positional || !ret->names || !ret->named)
        return out_of_memory(call);
    for (int32_t i = 0; i < n; i++) {
        const vgi_array *child = &args->children[i];
        vgi_string name = child->field->name;
        int32_t position = position_of(name, n);
        if (position >= 0 && !ret->positional[position].field) {
            ret->positional[position] = *child;
            ret->n_positional += 1;
        } else if (name.size > skip && memcmp(name.data, prefix, skip) == 0) {
            ret->names[ret->n_named] = (vgi_string){name.data + skip, name.size - skip};
            ret->named[ret->n_named++] = child;
        } else {
            return vgi_fail(call, VGI_ERR_PROTOCOL,
                            "an argument is called %.*s; expected positional_0, positional_1, "
                            "... or named_<name>",
                            VG_FMT(name));
        }
    }
    for (int32_t i = 0; i < ret->n_positional; i++)
        if (!ret->positional[i].field)
            return vgi_fail(call, VGI_ERR_PROTOCOL, "positional argument %d of %d is missing", i, ret->n_positional);
    return VGI_OK;
}

static vgi_status decode_arguments(vgi_call *call, vgi_bytes bytes, wire_arguments *ret)
{
    const vgi_batch *batch;

    *ret = (wire_arguments){0};
    VGI_TRY(vg_batch_decode(call->arena, bytes, vg_call_limits(call), &batch, &call->error));
    if (batch->rows != 1)
        return vgi_fail(call, VGI_ERR_PROTOCOL, "the arguments have %" PRId64 " rows; expected 1", batch->rows);
    if (batch->n_columns == 0)
        return VGI_OK;
    if (batch->n_columns != 1 || batch->columns[0].field->type != VGI_TYPE_STRUCT)
        return vgi_fail(call, VGI_ERR_PROTOCOL, "the arguments must be one struct column");
    return sort_arguments(call, &batch->columns[0], ret);
}

/* ---- the arguments of the function ------------------------------------------------------------------------------- */

static bool is_number(vgi_type_id type)
{
    return type >= VGI_TYPE_INT8 && type <= VGI_TYPE_DECIMAL256;
}

/* The engine casts to the declared type; numbers may still come in another width. */
static vgi_status take_value(vgi_call *call, const vg_param *param, const vgi_array *value, const vgi_array **ret)
{
    vgi_string is, wanted;
    vgi_array *adapted;

    *ret = value;
    if (param->is_any || vg_type_equal(param->field, value->field) || value->field->type == VGI_TYPE_NULL ||
        vgi_array_is_null(value, 0) || (is_number(param->field->type) && is_number(value->field->type)))
        return VGI_OK;
    if (vg_adapt_fits(param->field, value->field)) {
        adapted = VG_NEW(call->arena, vgi_array);
        *ret = adapted;
        return adapted ? vg_adapt(call->arena, param->field, value, adapted, &call->error) : out_of_memory(call);
    }
    is = vg_type_sql(call->arena, value->field);
    wanted = vg_type_sql(call->arena, param->field);
    return vgi_fail(call, VGI_ERR_TYPE, "argument %.*s is %.*s; expected %.*s", VG_FMT(param->name), VG_FMT(is),
                    VG_FMT(wanted));
}

static vgi_status take_values(vgi_call *call, const vg_param *param, int32_t position, const vgi_array *values,
                              int32_t count, vg_argument *ret)
{
    const vgi_array **list = VG_NEW_ARRAY(call->arena, const vgi_array *, count);

    if (!list)
        return out_of_memory(call);
    for (int32_t i = 0; i < count; i++) {
        VGI_TRY(take_value(call, param, &values[i], &list[i]));
        if (param->is_variadic && vgi_array_is_null(list[i], 0))
            return vgi_fail(call, VGI_ERR_VALUE, "Argument %d: value is null (varargs cannot contain nulls)",
                            position + i);
        VGI_TRY(vg_constraint_check(call, param, position + i, list[i]));
    }
    *ret = (vg_argument){.given = true, .count = count, .values = list};
    return VGI_OK;
}

static vgi_status take_default(vgi_call *call, const vg_param *param, vg_argument *ret)
{
    const vgi_array **list = VG_NEW_ARRAY(call->arena, const vgi_array *, 1);

    if (!list)
        return out_of_memory(call);
    list[0] = param->default_value;
    *ret = (vg_argument){.count = param->has_default ? 1 : 0, .values = list};
    return VGI_OK;
}

/* Gives every constant parameter its values. The overload has been chosen, so that their number fits. */
static vgi_status assign(vgi_call *call, const vg_function *function, const wire_arguments *wire,
                         const vg_argument **ret)
{
    vg_argument *arguments = VG_NEW_ARRAY(call->arena, vg_argument, function->n_params);
    int32_t next = 0;

    if (!arguments)
        return out_of_memory(call);
    *ret = arguments;
    for (int32_t i = 0; i < function->n_params; i++) {
        const vg_param *param = &function->params[i];
        int32_t count = 0, at = next;
        const vgi_array *values = &wire->positional[next];
        if (!param->is_const)
            continue;
        if (param->is_named) {
            for (int32_t n = 0; n < wire->n_named && count == 0; n++)
                if (vg_string_is_nocase(wire->names[n], param->name)) {
                    values = wire->named[n];
                    count = 1;
                }
        } else {
            count = param->is_variadic ? wire->n_positional - next : next < wire->n_positional;
            next += count;
        }
        if (count > 0 || param->is_variadic)
            VGI_TRY(take_values(call, param, at, values, count, &arguments[i]));
        else
            VGI_TRY(take_default(call, param, &arguments[i]));
    }
    return VGI_OK;
}

/* The input columns in the forms that the signature declares. */
static vgi_status declare_input(vgi_call *call, vg_function_call *function)
{
    int32_t n = function->wire_input->n_fields;
    vgi_arrow_schema *schema = VG_NEW(call->arena, vgi_arrow_schema);
    const vgi_field **fields = VG_NEW_ARRAY(call->arena, const vgi_field *, n);

    if (!schema || !fields)
        return out_of_memory(call);
    function->input = function->wire_input;
    for (int32_t i = 0; i < n; i++) {
        const vg_param *param = vg_overload_param(function->function, false, i);
        bool same = !param || vg_param_takes_all(param) || vg_type_equal(param->field, function->wire_input->fields[i]);
        fields[i] = same ? function->wire_input->fields[i] : param->field;
        function->adapts |= !same;
    }
    *schema = (vgi_arrow_schema){.n_fields = n, .fields = fields};
    if (function->adapts)
        function->input = schema;
    return VGI_OK;
}

/* ---- what the function gives ------------------------------------------------------------------------------------- */

static vgi_status collect_columns(vgi_call *call, vg_function_call *function)
{
    vgi_arrow_schema *schema = VG_NEW(call->arena, vgi_arrow_schema);
    const vgi_field **fields = VG_NEW_ARRAY(call->arena, const vgi_field *, function->n_columns);
    int32_t n = 0;

    if (!schema || !fields)
        return out_of_memory(call);
    if (function->n_columns == 0)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the bind callback of %.*s has decided on no %s",
                        VG_FMT(function->function->name),
                        vg_function_is_scalar(function->function) ? "result type" : "column");
    for (const vg_bound_column *column = function->columns; column; column = column->next) {
        for (int32_t i = 0; i < n; i++)
            if (vg_string_is_nocase(fields[i]->name, column->field->name))
                return vgi_fail(call, VGI_ERR_RUNTIME, "the bind callback of %.*s gives two columns the name %.*s",
                                VG_FMT(function->function->name), VG_FMT(column->field->name));
        fields[n++] = column->field;
    }
    *schema = (vgi_arrow_schema){.n_fields = n, .fields = fields};
    function->output = schema;
    return VGI_OK;
}

static vgi_status run_bind(vgi_call *call, vg_function_call *function)
{
    const vg_function *self = function->function;
    vgi_status status = VGI_OK;

    function->output = self->output; /* its row id is marked already (registry.c) */
    function->columns_end = &function->columns;
    if (self->bind) {
        function->binding = true;
        status = self->bind(call);
        function->binding = false;
    } else if (!self->output) { /* rows in, rows out: of a function over rows alone (registry.c) */
        function->output = function->input;
        return VGI_OK;
    }
    if (status == VGI_END && function->lookups)
        return VGI_OK; /* it is bound again when the caller has looked */
    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the bind callback of %.*s returned VGI_END", VG_FMT(self->name));
    VGI_TRY(status);
    return function->output ? VGI_OK : collect_columns(call, function);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* The schema of the request's path; without a path, the first that has such a function, the default one before the
 * others. */
static vgi_status find_schema(vgi_call *call, const vg_catalog_entry *catalog, const vgi_bind_request *request,
                              bool is_scalar, const vg_schema_entry **ret)
{
    const vg_schema_entry *first = vg_catalog_schema(catalog, &catalog->default_schema, 1);

    if (request->schema_path.present) {
        *ret = vg_catalog_schema(catalog, request->schema_path.items, request->schema_path.count);
        if (*ret)
            return VGI_OK;
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "catalog %.*s has no schema of that path", VG_FMT(catalog->name));
    }
    for (int32_t i = -1; i < catalog->n_schemas; i++) {
        const vg_schema_entry *schema = i < 0 ? first : &catalog->schemas[i];
        for (int32_t f = 0; schema && f < schema->n_functions; f++)
            if (vg_function_is_scalar(&schema->functions[f]) == is_scalar &&
                vg_string_is_nocase(schema->functions[f].name, request->function_name)) {
                *ret = schema;
                return VGI_OK;
            }
    }
    *ret = first ? first : catalog->schemas;
    if (catalog->n_schemas > 0)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "catalog %.*s has no functions", VG_FMT(catalog->name));
}

/* The written value of a named argument that no signature has; NULL: not given. */
static const vgi_array *write_options_of(const wire_arguments *wire)
{
    for (int32_t i = 0; i < wire->n_named; i++)
        if (vg_string_is(wire->names[i], VG_WRITE_OPTIONS))
            return wire->named[i];
    return NULL;
}

vgi_status vg_function_call_resolve(vgi_call *call, const vgi_bind_request *request, vg_function_call **ret)
{
    vg_function_call *function = VG_NEW(call->arena, vg_function_call);
    const vg_catalog_entry *catalog;
    const vg_schema_entry *schema;
    bool is_scalar = request->function_type == VGI_FUNCTION_TYPE_SCALAR;
    wire_arguments wire;

    if (!function)
        return out_of_memory(call);
    VGI_TRY(vg_call_catalog(call, request->attach_opaque_data, &catalog));
    VGI_TRY(vg_call_set_transaction(call, request->transaction_opaque_data));
    if (!is_scalar && request->function_type != VGI_FUNCTION_TYPE_TABLE)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "this worker offers scalar and table functions only");
    VGI_TRY(find_schema(call, catalog, request, is_scalar, &schema));
    VGI_TRY(decode_arguments(call, request->arguments, &wire));
    function->wire_input = &NO_COLUMNS;
    if (request->input_schema.data)
        VGI_TRY(vg_schema_decode(call->arena, request->input_schema, vg_call_limits(call), &function->wire_input,
                                 &call->error));
    VGI_TRY(vg_overload_choose(call, schema, is_scalar, request->function_name, wire.positional, wire.n_positional,
                               wire.names, wire.n_named, function->wire_input, &function->function));
    /* Only the stream changes something: a bind is pure. */
    VGI_TRY(
        vg_transaction_enter(call, vg_function_writes(function->function) && call->row && call->row->kind != VG_UNARY));
    VGI_TRY(declare_input(call, function));
    VGI_TRY(assign(call, function->function, &wire, &function->arguments));
    if (vg_function_writes(function->function))
        VGI_TRY(vg_write_open(call, function, write_options_of(&wire)));
    function->request = request;
    function->at_unit = request->at_unit;
    function->at_value = request->at_value;
    call->function = function;
    VGI_TRY(run_bind(call, function));
    *ret = function;
    return VGI_OK;
}

vgi_status vg_function_call_decode(vgi_call *call, vgi_bytes bind_call, vg_function_call **ret)
{
    vgi_bind_request *request = VG_NEW(call->arena, vgi_bind_request);

    if (!request)
        return out_of_memory(call);
    VGI_TRY(
        vg_record_decode(call->arena, bind_call, vg_call_limits(call), &vg_bind_request_record, request, &call->error));
    VGI_TRY(vg_function_call_resolve(call, request, ret));
    if ((*ret)->lookups)
        return vgi_fail(call, VGI_ERR_VALUE,
                        "%.*s was asked to run before its bind was answered with a secret of type %.*s",
                        VG_FMT((*ret)->function->name), VG_FMT((*ret)->lookups->type));
    return VGI_OK;
}
