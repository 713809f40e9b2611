/* The options of ATTACH: declared ones made part of the registry, described in CatalogInfo, and read from what a caller
 * gives, typed, with defaults (vgi.md §3). Called by registry.c and catalog_attach.c. */
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "worker/adapt.h"
#include "worker/catalog_rows.h"
#include "worker/function_call.h"
#include "worker/registry_build.h"
#include "worker/worker.h"

/* ---- declared ---------------------------------------------------------------------------------------------------- */

static vgi_status make_default(vg_making *making, const char *text, const vgi_field *type, const vgi_array **ret,
                               vgi_error *err)
{
    vgi_string sql = vgi_str(text);
    size_t pos = 0;

    VGI_TRY(vg_literal_parse(making->arena, sql, &pos, type, ret, err));
    while (pos < sql.size && sql.data[pos] == ' ')
        ++pos;
    if (pos < sql.size)
        return vg_caret_error(err, VGI_ERR_VALUE, sql, pos, "nothing may stand behind the default");
    return VGI_OK;
}

void vg_making_value(vg_making *making, vg_place place, const char *name, const char *type, const char *default_text,
                     vg_param *param)
{
    vgi_field *field = vg_making_array(making, 1, sizeof *field);
    vgi_error err = {0};

    if (!field)
        return;
    *param = (vg_param){.name = vgi_str(name), .field = field, .is_const = true, .is_named = true, .has_default = true};
    if (!type) {
        vg_making_mistake(making, place, "has no type");
        return;
    }
    if (vg_type_parse(making->arena, vgi_str(type), field, &err) != VGI_OK ||
        make_default(making, default_text ? default_text : "NULL", field, &param->default_value, &err) != VGI_OK) {
        vg_making_failed(making, place, &err);
        return;
    }
    if (field->type == VGI_TYPE_NULL)
        vg_making_mistake(making, place, "must have a type of its own");
    field->name = vgi_str("value"); /* as it stands in AttachOptionSpec.type */
}

static void make_option(vg_making *making, vg_place place, const vgi_attach_option *option, vg_param *param)
{
    vg_making_value(making, place, option->name, option->type, option->default_value, param);
    param->has_default = !option->is_required;
    if (option->is_required && option->default_value)
        vg_making_mistake(making, place, "is required, so that its default is never used");
    if (option->is_secret && option->is_loggable)
        vg_making_mistake(making, place, "is secret, and cannot be loggable");
}

void vg_making_options(vg_making *making, vg_catalog_entry *catalog)
{
    const vgi_attach_option *options = catalog->descriptor->attach_options;
    vg_place place = {.catalog = catalog->name.data, .kind = "attach option"};
    int32_t n = 0;
    vg_param *params;

    while (options && options[n].name)
        ++n;
    params = vg_making_array(making, (size_t)n, sizeof *params);
    if (!params)
        return;
    catalog->options = (vg_function){.name = catalog->name, .n_params = n, .params = params};
    for (int32_t i = 0; i < n; i++) {
        place.name = options[i].name;
        for (int32_t k = 0; k < i; k++)
            if (vg_string_is_nocase(params[k].name, vgi_str(options[i].name)))
                vg_making_mistake(making, place, "there are two of that name");
        make_option(making, place, &options[i], &params[i]);
    }
}

vgi_status vg_value_spec(vgi_call *call, const vg_param *param, bool has_default, vgi_bytes *ret_type,
                         vgi_bytes *ret_default)
{
    vgi_arrow_schema schema = {.n_fields = 1, .fields = &param->field};
    vgi_array column = *param->default_value;
    vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = 1, .columns = &column};

    column.field = param->field;
    VGI_TRY(vg_schema_encode(call->arena, &schema, ret_type, vgi_call_error(call)));
    return has_default ? vg_batch_encode(call->arena, &batch, ret_default, vgi_call_error(call)) : VGI_OK;
}

vgi_status vg_option_specs(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes_list *ret)
{
    vg_rows rows = {.record = &vg_attach_option_spec_record};

    for (int32_t i = 0; i < catalog->options.n_params; i++) {
        const vgi_attach_option *option = &catalog->descriptor->attach_options[i];
        vgi_attach_option_spec *spec;
        void *row;

        VGI_TRY(vg_rows_add(call, &rows, &row));
        spec = row;
        spec->name = vgi_str(option->name);
        spec->description = vgi_str(option->description ? option->description : "");
        spec->required = (vgi_opt_bool){true, option->is_required};
        spec->secret = (vgi_opt_bool){true, option->is_secret};
        VGI_TRY(
            vg_value_spec(call, &catalog->options.params[i], option->default_value, &spec->type, &spec->default_value));
    }
    return vg_rows_items(call, &rows, ret);
}

/* ---- given ------------------------------------------------------------------------------------------------------- */

static bool is_number(vgi_type_id type)
{
    return type >= VGI_TYPE_INT8 && type <= VGI_TYPE_DECIMAL256;
}

static bool is_integer(vgi_type_id type)
{
    return type >= VGI_TYPE_INT8 && type <= VGI_TYPE_UINT64;
}

/* A value in the declared form. Numbers may come in another width: who asks for one takes all widths. */
static vgi_status take(vgi_call *call, const vg_function *options, const vg_param *param, const vgi_array *value,
                       const vgi_array **ret)
{
    bool same_numbers = is_integer(param->field->type) ? is_integer(value->field->type)
                                                       : is_number(param->field->type) && is_number(value->field->type);
    vgi_string is, wanted;
    vgi_array *adapted;

    *ret = value;
    if (same_numbers || vg_type_equal(param->field, value->field) || vgi_array_is_null(value, 0))
        return VGI_OK;
    if (vg_adapt_fits(param->field, value->field)) {
        adapted = VG_NEW(call->arena, vgi_array);
        *ret = adapted;
        return adapted ? vg_adapt(call->arena, param->field, value, adapted, &call->error)
                       : vg_call_out_of_memory(call);
    }
    is = vg_type_sql(call->arena, value->field);
    wanted = vg_type_sql(call->arena, param->field);
    return vgi_fail(call, VGI_ERR_TYPE, "Catalog '%.*s': attach option '%.*s' is %.*s; expected %.*s",
                    VG_FMT(options->name), VG_FMT(param->name), VG_FMT(is), VG_FMT(wanted));
}

/* "a, b, c": names for sentences, each between `quote`s. */
static const char *names(vgi_call *call, const vg_function *options, const vg_argument *missing, const char *quote)
{
    vgi_string text = vgi_str("");

    for (int32_t i = 0; i < options->n_params && text.data; i++)
        if (!missing || missing[i].count == 0)
            text = vg_arena_printf(call->arena, "%s%s%s%.*s%s", text.data, text.size ? ", " : "", quote,
                                   VG_FMT(options->params[i].name), quote);
    return text.data ? text.data : "";
}

static vgi_status unknown(vgi_call *call, const vg_function *options, vgi_string name)
{
    if (options->n_params == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "Catalog '%.*s' has no attach option '%.*s'; it takes none",
                        VG_FMT(options->name), VG_FMT(name));
    return vgi_fail(call, VGI_ERR_VALUE, "Catalog '%.*s' has no attach option '%.*s'; it takes: %s",
                    VG_FMT(options->name), VG_FMT(name), names(call, options, NULL, ""));
}

static vgi_status take_given(vgi_call *call, const vg_function *options, const vgi_batch *batch, vg_argument *arguments)
{
    for (int32_t c = 0; c < batch->n_columns; c++) {
        vgi_string name = batch->columns[c].field->name;
        const vgi_array **value = VG_NEW(call->arena, const vgi_array *);
        int32_t i = 0;

        if (!value)
            return vg_call_out_of_memory(call);
        while (i < options->n_params && !vg_string_is_nocase(options->params[i].name, name))
            ++i;
        if (i == options->n_params)
            return unknown(call, options, name);
        if (arguments[i].given)
            return vgi_fail(call, VGI_ERR_VALUE, "Catalog '%.*s': attach option '%.*s' is given twice",
                            VG_FMT(options->name), VG_FMT(name));
        VGI_TRY(take(call, options, &options->params[i], &batch->columns[c], value));
        arguments[i] = (vg_argument){.given = true, .count = 1, .values = value};
        if (!options->params[i].has_default && vgi_array_is_null(*value, 0))
            arguments[i].count = 0; /* as if it had not been written */
    }
    return VGI_OK;
}

static vgi_status fill_in(vgi_call *call, const vg_function *options, vg_argument *arguments)
{
    int n_missing = 0;

    for (int32_t i = 0; i < options->n_params; i++) {
        if (arguments[i].given || !options->params[i].has_default) {
            n_missing += arguments[i].count == 0;
            continue;
        }
        arguments[i] = (vg_argument){.count = 1, .values = &options->params[i].default_value};
    }
    if (n_missing == 0)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_VALUE, "Catalog '%.*s' cannot be attached without the required option%s %s.",
                    VG_FMT(options->name), n_missing > 1 ? "s" : "", names(call, options, arguments, "'"));
}

vgi_status vg_options_read(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes given)
{
    vg_function_call *function = VG_NEW(call->arena, vg_function_call);
    vg_argument *arguments = VG_NEW_ARRAY(call->arena, vg_argument, catalog->options.n_params);
    const vgi_catalog_ops *ops = catalog->descriptor->ops;
    const vgi_batch *batch;

    if (!function || !arguments)
        return vg_call_out_of_memory(call);
    if (given.size > 0 && !(catalog->options.n_params == 0 && ops && ops->attach)) {
        VGI_TRY(vg_batch_decode(call->arena, given, vg_call_limits(call), &batch, vgi_call_error(call)));
        if (batch->rows != 1 && batch->n_columns > 0)
            return vgi_fail(call, VGI_ERR_PROTOCOL, "the attach options have %" PRId64 " rows; expected 1",
                            batch->rows);
        VGI_TRY(take_given(call, &catalog->options, batch, arguments));
    }
    VGI_TRY(fill_in(call, &catalog->options, arguments));
    *function = (vg_function_call){.function = &catalog->options, .arguments = arguments};
    call->function = function;
    vg_options_tell(call, catalog, arguments, given);
    return VGI_OK;
}
