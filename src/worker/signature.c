/* Signature text to a resolved function (docs/signature.md has the grammar):
 *
 *   name(a BIGINT, CONST unit VARCHAR, scale DOUBLE := 1.0, VARIADIC rest ANY) -> BIGINT
 *   name(stop BIGINT, start BIGINT := 0) -> TABLE(n BIGINT, label VARCHAR)
 *   name(factor BIGINT, input TABLE) -> TABLE
 *
 * and the fields of FunctionInfo.arguments with the metadata of vgi.md §1. Called by registry.c. */
#include <regex.h>
#include <string.h>

#include "base/str.h"
#include "worker/json.h"
#include "worker/lex.h"
#include "worker/registry.h"

enum { MAX_OWN_METADATA = 9 };

/* ---- metadata of an argument field ------------------------------------------------------------------------------- */

typedef struct pairs {
    vgi_key_value *items;
    size_t count;
} pairs;

static void put(pairs *to, const char *key, vgi_string value)
{
    if (value.data)
        to->items[to->count++] = (vgi_key_value){vgi_str(key), value};
}

static vgi_string default_json(vg_arena *arena, const vg_param *param)
{
    vg_text text = {.arena = arena};

    return param->has_default && vg_json_value(&text, param->default_value, 0) ? vg_text_take(&text) : (vgi_string){0};
}

static vgi_string choices_json(vg_arena *arena, const char *const *choices, bool quoted)
{
    vg_text text = {.arena = arena};

    if (!choices)
        return (vgi_string){0};
    vg_text_puts(&text, "[");
    for (const char *const *choice = choices; *choice; choice++) {
        vg_text_puts(&text, choice == choices ? "" : ", ");
        if (quoted)
            vg_text_json(&text, vgi_str(*choice));
        else
            vg_text_puts(&text, *choice);
    }
    vg_text_puts(&text, "]");
    return vg_text_take(&text);
}

static vgi_string range_text(vg_arena *arena, const vgi_arg *spec)
{
    if (!spec->min && !spec->max)
        return (vgi_string){0};
    return vg_arena_printf(arena, "%s%s, %s%s", spec->min ? "[" : "(", spec->min ? spec->min : "-inf",
                           spec->max ? spec->max : "+inf", spec->max ? "]" : ")");
}

static bool is_textual(const vgi_field *type)
{
    return type->type == VGI_TYPE_UTF8 || type->type == VGI_TYPE_LARGE_UTF8 || type->type == VGI_TYPE_DICTIONARY;
}

/* The field as it stands in FunctionInfo.arguments; NULL when out of memory. `type` keeps its own metadata
 * (extensions), save for the mark of ANY, which is written once. */
static const vgi_field *argument_field(vg_arena *arena, const vg_param *param, const vgi_field *type, bool scalar)
{
    vgi_field *field = VG_NEW(arena, vgi_field);
    pairs to = {VG_NEW_ARRAY(arena, vgi_key_value, type->metadata.count + MAX_OWN_METADATA), 0};

    if (!field || !to.items)
        return NULL;
    for (size_t i = 0; i < type->metadata.count; i++)
        if (!vg_string_is(type->metadata.items[i].key, "vgi_type"))
            to.items[to.count++] = type->metadata.items[i];
    put(&to, "vgi_arg", vgi_str(param->is_named ? "named" : NULL));
    put(&to, "vgi_type", vgi_str(param->is_any ? "any" : param->is_table ? "table" : NULL));
    put(&to, "vgi_varargs", vgi_str(param->is_variadic ? "true" : NULL));
    put(&to, "vgi_const", vgi_str(scalar && param->is_const ? "true" : NULL));
    put(&to, "vgi_default", default_json(arena, param));
    if (param->spec) {
        put(&to, "vgi_doc", vgi_str(param->spec->doc));
        put(&to, "vgi_choices", choices_json(arena, param->spec->choices, is_textual(type)));
        put(&to, "vgi_range", range_text(arena, param->spec));
        put(&to, "vgi_pattern", vgi_str(param->spec->pattern));
    }
    *field = *type;
    field->name = param->name;
    field->nullable = true;
    field->metadata = (vgi_metadata){to.items, to.count};
    return field;
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static vgi_status parse_param_type(vg_lex *lex, vg_param *param, vgi_field *type)
{
    *type = (vgi_field){.type = VGI_TYPE_NULL, .nullable = true};
    if (vg_lex_word(lex, "ANY")) {
        param->is_any = true;
        return VGI_OK;
    }
    if (vg_lex_word(lex, "TABLE")) {
        param->is_table = true;
        return VGI_OK;
    }
    vg_lex_peek(lex);
    return vg_type_parse_at(lex->arena, lex->text, &lex->pos, type, lex->err);
}

static const vgi_arg *find_spec(const vgi_arg *specs, vgi_string name)
{
    for (; specs && specs->name; specs++)
        if (vg_string_is_nocase(name, vgi_str(specs->name)))
            return specs;
    return NULL;
}

static vgi_status parse_default(vg_lex *lex, vg_param *param, const vgi_field *type)
{
    size_t pos = lex->pos;

    if (!vg_lex_punct(lex, ":="))
        return VGI_OK;
    if (param->is_variadic || param->is_table)
        return vg_lex_fail(lex, pos, "a %s argument has no default", param->is_table ? "TABLE" : "VARIADIC");
    param->has_default = true;
    vg_lex_peek(lex);
    return vg_literal_parse(lex->arena, lex->text, &lex->pos, param->is_any ? NULL : type, &param->default_value,
                            lex->err);
}

/* One parameter; `before` are those in front of it. */
static vgi_status parse_param(vg_lex *lex, const vg_function *function, const vgi_arg *specs, const vg_param *before,
                              int32_t n_before, vg_param *param)
{
    bool scalar = vg_function_is_scalar(function);
    vgi_field type;
    size_t start;

    vg_lex_peek(lex);
    start = lex->pos;
    param->is_const = !scalar || vg_lex_word(lex, "CONST");
    if (!scalar && vg_lex_at_word(lex, "CONST"))
        return vg_lex_fail(lex, start, "CONST belongs to scalar functions: here every argument is constant");
    param->is_variadic = vg_lex_word(lex, "VARIADIC");
    vg_lex_peek(lex);
    start = lex->pos;
    VGI_TRY(vg_lex_name(lex, "the name of an argument", &param->name));
    for (int32_t i = 0; i < n_before; i++)
        if (vg_string_is_nocase(before[i].name, param->name))
            return vg_lex_fail(lex, start, "two arguments are called %.*s", VG_FMT(param->name));
    VGI_TRY(parse_param_type(lex, param, &type));
    if (param->is_table && param->is_variadic)
        return vg_lex_fail(lex, start, "a TABLE argument cannot be VARIADIC");
    param->is_const &= !param->is_table;
    VGI_TRY(parse_default(lex, param, &type));
    param->is_named = !scalar && param->has_default;
    for (int32_t i = 0; i < n_before && !param->is_named; i++) {
        if (before[i].is_variadic)
            return vg_lex_fail(lex, start, "nothing but named arguments can follow a VARIADIC one");
        if (scalar && before[i].has_default && !param->has_default && !param->is_variadic)
            return vg_lex_fail(lex, start, "an argument without a default cannot follow one that has a default");
    }
    param->spec = find_spec(specs, param->name);
    param->field = argument_field(lex->arena, param, &type, scalar);
    return param->field ? VGI_OK : vg_lex_memory(lex);
}

static vgi_status parse_params(vg_lex *lex, const vgi_arg *specs, vg_function *function, vg_param **ret)
{
    size_t room = vg_lex_max_items(lex);
    vg_param *params = VG_NEW_ARRAY(lex->arena, vg_param, room);
    const vgi_field **fields = VG_NEW_ARRAY(lex->arena, const vgi_field *, room);
    vgi_arrow_schema *schema = VG_NEW(lex->arena, vgi_arrow_schema);
    int32_t n = 0;

    if (!params || !fields || !schema)
        return vg_lex_memory(lex);
    VGI_TRY(vg_lex_expect(lex, "(", "behind the function's name"));
    if (!vg_lex_punct(lex, ")")) {
        do {
            VGI_TRY(parse_param(lex, function, specs, params, n, &params[n]));
            fields[n] = params[n].field;
            ++n;
        } while (vg_lex_punct(lex, ","));
        VGI_TRY(vg_lex_expect(lex, ")", "or `,` behind an argument"));
    }
    *schema = (vgi_arrow_schema){.n_fields = n, .fields = fields};
    function->n_params = n;
    function->params = *ret = params;
    function->arguments = schema;
    return VGI_OK;
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

/* The end of what a `(` at `pos` - 1 opened; text.size if it is never closed. Quoted text is skipped. */
static size_t closing(vgi_string text, size_t pos)
{
    int depth = 0;
    char quote = '\0';

    for (; pos < text.size; pos++) {
        char c = text.data[pos];
        if (quote)
            quote = c == quote ? '\0' : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (c == '(')
            ++depth;
        else if (c == ')' && depth-- == 0)
            return pos;
    }
    return pos;
}

static vgi_status parse_table_result(vg_lex *lex, vg_function *function)
{
    size_t start, end;

    if (!vg_lex_word(lex, "TABLE"))
        return vg_lex_fail(lex, lex->pos,
                           "a table function gives TABLE(column TYPE, ...), or TABLE where bind decides");
    if (!vg_lex_punct(lex, "("))
        return VGI_OK;
    start = lex->pos;
    end = closing(lex->text, start);
    if (end == lex->text.size)
        return vg_lex_fail(lex, start - 1, "the bracket that opens here is never closed");
    VGI_TRY(
        vg_columns_parse(lex->arena, (vgi_string){lex->text.data + start, end - start}, &function->output, lex->err));
    lex->pos = end + 1;
    return VGI_OK;
}

static vgi_status parse_scalar_result(vg_lex *lex, vg_function *function)
{
    vgi_field *field = VG_NEW(lex->arena, vgi_field);
    const vgi_field **fields = VG_NEW_ARRAY(lex->arena, const vgi_field *, 1);
    vgi_arrow_schema *schema = VG_NEW(lex->arena, vgi_arrow_schema);

    if (!field || !fields || !schema)
        return vg_lex_memory(lex);
    if (vg_lex_at_word(lex, "TABLE"))
        return vg_lex_fail(lex, lex->pos, "a scalar function gives one value: a type, or ANY where bind decides");
    if (vg_lex_word(lex, "ANY"))
        return VGI_OK;
    vg_lex_peek(lex);
    VGI_TRY(vg_type_parse_at(lex->arena, lex->text, &lex->pos, field, lex->err));
    field->name = vgi_str("result");
    field->nullable = true;
    fields[0] = field;
    *schema = (vgi_arrow_schema){.n_fields = 1, .fields = fields};
    function->output = schema;
    return VGI_OK;
}

/* ---- what .args says --------------------------------------------------------------------------------------------- */

/* A bound or a choice must be a value of the argument's type; a choice of text stands without quotes. */
static vgi_status check_value(vg_arena *arena, const vg_param *param, const char *what, const char *text,
                              const vgi_array **ret, vgi_error *err)
{
    bool choice = strcmp(what, "choice") == 0;
    size_t pos = 0, size = strlen(text);
    vgi_error own = {0};

    if (choice && (param->is_any || is_textual(param->field)))
        return VGI_OK;
    if (vg_literal_parse(arena, vgi_str(text), &pos, param->is_any ? NULL : param->field, ret, &own) == VGI_OK &&
        pos == size && !vgi_array_is_null(*ret, 0))
        return choice || vg_constraint_orders(*ret)
                   ? VGI_OK
                   : vgi_error_set(err, VGI_ERR_VALUE, "argument %.*s has a %s, but its type has no order",
                                   VG_FMT(param->name), what);
    return vgi_error_set(err, VGI_ERR_VALUE, "argument %.*s: the %s `%s` is no value of the argument's type",
                         VG_FMT(param->name), what, text);
}

static vgi_status check_spec(vg_arena *arena, vg_param *param, vgi_error *err)
{
    const vgi_arg *spec = param->spec;
    const vgi_array *value;
    regex_t regex;

    if (spec->min)
        VGI_TRY(check_value(arena, param, "min", spec->min, &param->min, err));
    if (spec->max)
        VGI_TRY(check_value(arena, param, "max", spec->max, &param->max, err));
    for (const char *const *choice = spec->choices; choice && *choice; choice++)
        VGI_TRY(check_value(arena, param, "choice", *choice, &value, err));
    if (!spec->pattern)
        return VGI_OK;
    if (regcomp(&regex, spec->pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "argument %.*s: the pattern `%s` is no POSIX extended regular expression",
                             VG_FMT(param->name), spec->pattern);
    regfree(&regex);
    return VGI_OK;
}

static vgi_status check_specs(vg_arena *arena, const vg_function *function, vg_param *params, const vgi_arg *specs,
                              vgi_error *err)
{
    for (; specs && specs->name; specs++) {
        bool found = false;
        for (int32_t i = 0; i < function->n_params && !found; i++)
            found = vg_string_is_nocase(function->params[i].name, vgi_str(specs->name));
        if (!found)
            return vgi_error_set(err, VGI_ERR_VALUE, "%.*s has no argument called %s, which .args describes",
                                 VG_FMT(function->name), specs->name);
    }
    for (int32_t i = 0; i < function->n_params; i++)
        if (params[i].spec)
            VGI_TRY(check_spec(arena, &params[i], err));
    return VGI_OK;
}

vgi_status vg_signature_parse(vg_arena *arena, vgi_string signature, const vgi_arg *specs, vg_function *function,
                              vgi_error *err)
{
    vg_lex lex = {.arena = arena, .text = signature, .err = err};
    vg_param *params = NULL;

    VGI_TRY(vg_lex_name(&lex, "the name of a function", &function->name));
    VGI_TRY(parse_params(&lex, specs, function, &params));
    VGI_TRY(vg_lex_expect(&lex, "->", "and the type of the result"));
    vg_lex_peek(&lex);
    VGI_TRY(vg_function_is_scalar(function) ? parse_scalar_result(&lex, function) : parse_table_result(&lex, function));
    VGI_TRY(vg_lex_end(&lex));
    return check_specs(arena, function, params, specs, err);
}
