/* vgi call: calls a function with constants: a scalar or an aggregate over one row, or a table function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "contents.h"
#include "literal.h"
#include "record.h"
#include "stream.h"

typedef struct call_args {
    vgi_string text;
    vgi_string_list columns;
    vgi_opt_int64 limit;
    vgi_string_map settings;
} call_args;

/* A function with the arguments sorted to where they go. */
typedef struct target {
    const vgi_function_info *info;
    const vgi_arrow_schema *parameters;
    vgi_value *constants;
    size_t n_constants;
    vgi_value *inputs;
    size_t n_inputs;
} target;

static bool is_marked(const vgi_field *field, const char *key, const char *value)
{
    return vgi_string_equal(vgi_metadata_get(field->metadata, key), vgi_str(value));
}

static bool is_table(const vgi_function_info *info)
{
    return info->function_type == VGI_FUNCTION_TYPE_TABLE || info->function_type == VGI_FUNCTION_TYPE_TABLE_BUFFERING;
}

/* The parameter that the positional argument `at` is for; NULL: none. The last one may collect the rest. */
static const vgi_field *positional(const vgi_arrow_schema *parameters, size_t at)
{
    const vgi_field *last = NULL;

    for (int32_t k = 0; k < parameters->n_fields; k++) {
        const vgi_field *field = parameters->fields[k];

        if (is_marked(field, "vgi_arg", "named"))
            continue;
        if (at-- == 0)
            return field;
        last = field;
    }
    return last && is_marked(last, "vgi_varargs", "true") ? last : NULL;
}

static const vgi_field *named(const vgi_arrow_schema *parameters, vgi_string name)
{
    for (int32_t k = 0; k < parameters->n_fields; k++)
        if (is_marked(parameters->fields[k], "vgi_arg", "named") && cli_same_name(parameters->fields[k]->name, name))
            return parameters->fields[k];
    return NULL;
}

/* How well a literal fits a parameter; the whole call's fit is the sum. */
static int fit_of(const cli_literal *literal, const vgi_field *field, vgi_string type)
{
    bool whole = field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_UINT64;
    bool number = whole || (field->type >= VGI_TYPE_FLOAT16 && field->type <= VGI_TYPE_DECIMAL256);

    if (vgi_string_equal(type, vgi_str("ANY")) || !literal->text)
        return 2;
    if (cli_same_name(type, vgi_str(literal->type)))
        return 4;
    if (strcmp(literal->type, "BIGINT") == 0)
        return whole ? 3 : number ? 2 : 0;
    if (strcmp(literal->type, "DOUBLE") == 0)
        return whole ? 0 : number ? 3 : 0;
    return strcmp(literal->type, "VARCHAR") == 0 && !number && field->type != VGI_TYPE_BOOL ? 2 : 0;
}

/* Whether the call can be one of this signature, and how well it fits; -1: no. */
static int fit_call(cli *c, const cli_call_text *call, const vgi_arrow_schema *parameters)
{
    size_t at = 0, wanted = 0;
    int fit = 1;

    for (size_t i = 0; i < call->count; i++) {
        const cli_literal *literal = &call->arguments[i];
        const vgi_field *field = literal->name.data ? named(parameters, literal->name) : positional(parameters, at++);

        if (!field)
            return -1;
        fit += fit_of(literal, field, cli_type_text(c, field));
    }
    for (int32_t k = 0; k < parameters->n_fields; k++)
        wanted += !is_marked(parameters->fields[k], "vgi_arg", "named") &&
                  !is_marked(parameters->fields[k], "vgi_varargs", "true") &&
                  !vgi_metadata_get(parameters->fields[k]->metadata, "vgi_default").data;
    return at < wanted ? -1 : fit;
}

/* Tells all signatures of the name that was called. */
static int no_signature(cli *c, vgi_string name, const cli_objects *objects)
{
    cli_text line = {0};

    for (size_t i = 0; i < objects->count; i++) {
        if (objects->items[i].kind != CLI_OBJECT_FUNCTION || !cli_same_name(objects->items[i].name, name))
            continue;
        cli_text_puts(&line, line.size ? " or " : "");
        cli_signature_text(c, &line, objects->items[i].function);
    }
    cli_tell(c, CLI_USAGE, "no signature of '%s' takes these arguments: %s", cli_cstr(c, name), line.data);
    cli_text_free(&line);
    return CLI_USAGE;
}

static int find_function(cli *c, const cli_call_text *call, vgi_string_list path, target *ret)
{
    cli_objects objects;
    vgi_string *names;
    size_t count = 0;
    bool known = false;
    int best = -1, code = cli_contents(c, path, &objects);

    if (code != CLI_OK)
        return code;
    names = cli_keep(c, (objects.count + 1) * sizeof *names);
    for (size_t i = 0; i < objects.count; i++) {
        const cli_object *o = &objects.items[i];
        const vgi_arrow_schema *parameters;
        int fit;

        if (o->kind == CLI_OBJECT_FUNCTION)
            names[count++] = o->name;
        if (o->kind != CLI_OBJECT_FUNCTION || !cli_same_name(o->name, call->name))
            continue;
        known = true;
        if (vgi_schema_decode(c->result, o->function->arguments, &parameters, NULL) != VGI_OK)
            continue;
        fit = fit_call(c, call, parameters);
        if (fit > best) {
            best = fit;
            *ret = (target){.info = o->function, .parameters = parameters};
        }
    }
    if (!known)
        return cli_not_found(c, "function", call->name, names, count);
    return best >= 0 ? CLI_OK : no_signature(c, call->name, &objects);
}

static vgi_string input_name(cli *c, const target *t, const vgi_field *field)
{
    char name[32];
    int size = snprintf(name, sizeof name, "col_%zu", t->n_inputs);

    return t->info->input_from_args ? field->name : cli_keep_text(c, name, (size_t)size);
}

/* Constants go with the call, the others are columns of one row (vgi.md §7). */
static int sort_arguments(cli *c, const cli_call_text *call, target *t)
{
    size_t at = 0;

    t->constants = cli_keep(c, (call->count + 1) * sizeof *t->constants);
    t->inputs = cli_keep(c, (call->count + 1) * sizeof *t->inputs);
    for (size_t i = 0; i < call->count; i++) {
        const cli_literal *literal = &call->arguments[i];
        const vgi_field *field =
            literal->name.data ? named(t->parameters, literal->name) : positional(t->parameters, at++);
        vgi_string type = cli_type_text(c, field);
        bool constant = is_marked(field, "vgi_const", "true") || literal->name.data ||
                        (is_table(t->info) && !t->info->input_from_args);
        vgi_value value = {.text = literal->text, .type = cli_cstr(c, type)};

        if (vgi_string_equal(type, vgi_str("TABLE")))
            return cli_tell(c, CLI_FAILED, "'%s' takes a table, which cannot be given here", cli_cstr(c, call->name));
        if (vgi_string_equal(type, vgi_str("ANY")))
            value.type = literal->type;
        if (constant) {
            value.name = literal->name.data ? cli_cstr(c, field->name) : NULL;
            t->constants[t->n_constants++] = value;
        } else {
            value.name = input_name(c, t, field).data;
            t->inputs[t->n_inputs++] = value;
        }
    }
    return CLI_OK;
}

static vgi_status make_input(cli *c, const target *t, const vgi_batch **ret, vgi_error *err)
{
    vgi_bytes bytes;

    VGI_TRY(vgi_values_encode(c->result, t->inputs, t->n_inputs, &bytes, err));
    return vgi_batch_decode(c->result, bytes, ret, err);
}

/* ---- the shapes ------------------------------------------------------------------------------------------------- */

static int call_table(cli *c, const vgi_function_call *call, vgi_opt_int64 limit)
{
    vgi_error err = {0};
    vgi_run *run = NULL;
    vgi_status status = vgi_function_open(c->attachment, call, &run, &err);

    return status == VGI_OK ? cli_stream_print(c, run, &(cli_stream){.limit = limit}) : cli_fail(c, status, &err);
}

/* A scalar over one row, or a table function whose arguments are its row: the answer, and what comes at its end. */
static int call_row(cli *c, const vgi_function_call *call, const vgi_batch *input, vgi_opt_int64 limit)
{
    vgi_error err = {0};
    vgi_run *run = NULL;
    const vgi_batch *answer = NULL;
    vgi_status status = vgi_function_open(c->attachment, call, &run, &err);
    int code;

    if (status == VGI_OK)
        status = vgi_run_exchange(run, input, &answer, &err);
    if (status == VGI_OK)
        return cli_stream_print(c, run, &(cli_stream){.first = answer, .is_done = true, .limit = limit});
    code = cli_fail(c, status, &err);
    vgi_run_free(run);
    return code;
}

static int call_aggregate(cli *c, const vgi_function_call *call, const vgi_batch *input)
{
    static const int64_t GROUP[] = {0};
    vgi_error err = {0};
    vgi_aggregate *aggregate = NULL;
    const vgi_batch *answer = NULL;
    cli_out *out = NULL;
    vgi_status status = vgi_aggregate_open(c->attachment, call, &aggregate, &err);
    int code;

    if (status == VGI_OK)
        status = vgi_aggregate_update(aggregate, GROUP, input, &err);
    if (status == VGI_OK)
        status = vgi_aggregate_finalize(aggregate, GROUP, 1, c->result, &answer, &err);
    code = status == VGI_OK ? cli_out_begin(c, answer->schema, false, &out) : cli_fail(c, status, &err);
    if (code == CLI_OK)
        code = cli_out_batch(out, answer, answer->rows);
    cli_out_end(out, code == CLI_OK);
    vgi_aggregate_free(aggregate);
    return code;
}

static const char **names_of(cli *c, vgi_string_list list)
{
    const char **names = list.count ? cli_keep(c, (list.count + 1) * sizeof *names) : NULL;

    for (size_t i = 0; i < list.count; i++)
        names[i] = cli_cstr(c, list.items[i]);
    return names;
}

static int fill(cli *c, vgi_string_map given, vgi_string_list columns, vgi_string_list path, const target *t,
                cli_prepared *ret)
{
    vgi_value *settings = cli_keep(c, (given.count + 1) * sizeof *settings);
    vgi_error err = {0};

    for (size_t i = 0; i < given.count; i++)
        settings[i] = (vgi_value){
            .name = cli_cstr(c, given.items[i].key), .type = "VARCHAR", .text = cli_cstr(c, given.items[i].value)};
    *ret = (cli_prepared){.call = {
                              .schema_path = path,
                              .name = cli_cstr(c, t->info->name),
                              .type = t->info->function_type,
                              .has_finalize = t->info->has_finalize,
                              .arguments = t->constants,
                              .n_arguments = t->n_constants,
                              .settings = settings,
                              .n_settings = given.count,
                              .columns = is_table(t->info) ? names_of(c, columns) : NULL,
                          }};
    if (is_table(t->info) && !t->info->input_from_args)
        return CLI_OK;
    if (make_input(c, t, &ret->input, &err) != VGI_OK)
        return cli_tell(c, CLI_USAGE, "%s", err.message);
    ret->call.input_schema = ret->input->schema;
    return CLI_OK;
}

int cli_call_prepare(cli *c, vgi_string text, vgi_string_map settings, vgi_string_list columns, cli_prepared *ret)
{
    cli_call_text parsed;
    target t = {0};
    int code = cli_call_parse(c, text, &parsed);

    if (code == CLI_OK)
        code = cli_attach(c);
    if (code != CLI_OK)
        return code;
    if (!parsed.path.count)
        parsed.path = cli_default_path(c);
    code = find_function(c, &parsed, parsed.path, &t);
    if (code == CLI_OK)
        code = sort_arguments(c, &parsed, &t);
    return code == CLI_OK ? fill(c, settings, columns, parsed.path, &t, ret) : code;
}

static int call(cli *c, const void *args)
{
    const call_args *a = args;
    cli_prepared p;
    int code = cli_call_prepare(c, a->text, a->settings, a->columns, &p);

    if (code != CLI_OK)
        return code;
    if (!p.input)
        return call_table(c, &p.call, a->limit);
    if (p.call.type == VGI_FUNCTION_TYPE_AGGREGATE)
        return call_aggregate(c, &p.call, p.input);
    return call_row(c, &p.call, p.input, a->limit);
}

static const cli_field FIELDS[] = {
    {"CALL", "as SQL writes it: name(1, 'text', named := 2)", .offset = offsetof(call_args, text)},
    {"--columns", "table functions: only these columns", .offset = offsetof(call_args, columns), .kind = CLI_TEXTS},
    {"--limit", "at most so many rows", .offset = offsetof(call_args, limit), .kind = CLI_OPT_INT64, .letter = 'n'},
    {"--set", "a setting, as text; may be repeated", .offset = offsetof(call_args, settings), .kind = CLI_MAP,
     .letter = 's'},
    {0},
};

const cli_command CLI_CALL = {
    .name = "call",
    .group = "Looking",
    .summary = "Calls a function with constants.",
    .description =
        "A scalar or an aggregate gets them as one row. A function that takes a table cannot be called here.",
    .examples = "  vgi call ./hello 'add_ints(1, 2)'\n  vgi call ./hello 'series(10)' -o csv\n"
                "  vgi call ./worker \"main.age(DATE '2000-02-29', '2024-01-31'::DATE)\"\n",
    .fields = FIELDS,
    .args_size = sizeof(call_args),
    .run = call,
};
