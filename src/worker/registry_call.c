/* What a table calls: the text of a call to a function of the catalog and values of the types that it takes. Parsing is
 * scan_call.c's. Called by registry_table.c, once the functions of all schemas are there. */
#include "base/str.h"
#include "worker/registry_build.h"

/* True if the call's arguments can be those of the function: enough positional ones, known names. */
static bool takes(const vg_function *function, const vg_table_call *call)
{
    int32_t positional = 0, slots = 0, required = 0;
    bool variadic = false;

    for (int32_t i = 0; i < call->n_arguments; i++) {
        bool known = false;
        if (!call->arguments[i].name.data) {
            ++positional;
            continue;
        }
        for (int32_t p = 0; p < function->n_params && !known; p++)
            known =
                function->params[p].is_named && vg_string_is_nocase(function->params[p].name, call->arguments[i].name);
        if (!known)
            return false;
    }
    for (int32_t p = 0; p < function->n_params; p++) {
        const vg_param *param = &function->params[p];
        if (param->is_named || !param->is_const)
            continue;
        variadic |= param->is_variadic;
        slots += 1;
        required += !param->is_variadic;
    }
    return positional >= required && (variadic || positional <= slots);
}

typedef struct target {
    bool named;                  /* a table function of that name exists in the catalog */
    const vg_function *function; /* the overload that takes the arguments; NULL: none does */
} target;

static target find_in(const vg_schema_entry *schema, const vg_table_call *call)
{
    target found = {0};

    for (int32_t i = 0; i < schema->n_functions && !found.function; i++) {
        const vg_function *function = &schema->functions[i];
        if (vg_function_is_scalar(function) || !vg_string_is_nocase(function->name, call->function))
            continue;
        found.named = true;
        if (takes(function, call))
            found.function = function;
    }
    return found;
}

/* The table's own schema first, then the others in their order. */
static target find(const vg_catalog_entry *catalog, const vg_schema_entry *schema, const vg_table_call *call)
{
    target found = find_in(schema, call);

    for (int32_t i = 0; i < catalog->n_schemas && !found.named; i++)
        found = find_in(&catalog->schemas[i], call);
    return found;
}

/* The parameter that argument `i` goes to. */
static const vg_param *param_of(const vg_function *function, const vg_table_call *call, int32_t i)
{
    int32_t position = i;

    for (int32_t p = 0; p < function->n_params; p++) {
        const vg_param *param = &function->params[p];
        if (!param->is_const)
            continue;
        if (call->arguments[i].name.data ? vg_string_is_nocase(param->name, call->arguments[i].name)
                                         : !param->is_named && (param->is_variadic || position-- == 0))
            return param;
    }
    return NULL;
}

/* Reads the arguments once more, as values of the types that the function takes. */
static void type_arguments(vg_making *making, vg_place place, const char *text, const vg_function *function,
                           const vg_table_call *call, vg_scan_argument *arguments)
{
    for (int32_t i = 0; i < call->n_arguments; i++) {
        const vg_param *param = param_of(function, call, i);
        size_t pos = arguments[i].pos;
        vgi_error err = {0};
        if (param && !param->is_any &&
            vg_literal_parse(making->arena, vgi_str(text), &pos, param->field, &arguments[i].value, &err) != VGI_OK)
            vg_making_failed(making, place, &err);
    }
}

const vg_function *vg_making_call(vg_making *making, vg_place place, const vg_catalog_entry *catalog,
                                  const vg_schema_entry *schema, const char *what, const char *text, vg_table_call *ret)
{
    vg_scan_argument *arguments;
    target found;
    vgi_error err = {0};

    if (vg_scan_parse(making->arena, vgi_str(text), &ret->function, &arguments, &ret->n_arguments, &err) != VGI_OK) {
        vg_making_failed(making, place, &err);
        ret->function = (vgi_string){0};
        return NULL;
    }
    ret->arguments = arguments;
    found = find(catalog, schema, ret);
    if (found.named && !found.function) {
        vg_making_mistake(making, place, "the %s `%s` does not fit the arguments of %.*s", what, text,
                          VG_FMT(ret->function));
        ret->function = (vgi_string){0};
    }
    if (!found.function)
        return NULL;
    type_arguments(making, place, text, found.function, ret, arguments);
    ret->schema = found.function->schema;
    return found.function;
}
