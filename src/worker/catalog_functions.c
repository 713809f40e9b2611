/* Functions: catalog_schema_contents_functions, one FunctionInfo an overload (vgi.md §6). */
#include "base/alloc.h"
#include "ipc/writer.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"

/* The public enums, which count from 0, as the wire's. */
static const vgi_function_stability STABILITY[] = {
    [VGI_CONSISTENT] = VGI_FUNCTION_STABILITY_CONSISTENT,
    [VGI_VOLATILE] = VGI_FUNCTION_STABILITY_VOLATILE,
    [VGI_CONSISTENT_WITHIN_QUERY] = VGI_FUNCTION_STABILITY_CONSISTENT_WITHIN_QUERY,
};
static const vgi_null_handling_rule NULL_HANDLING[] = {
    [VGI_NULL_IN_NULL_OUT] = VGI_NULL_HANDLING_RULE_DEFAULT,
    [VGI_NULL_SPECIAL] = VGI_NULL_HANDLING_RULE_SPECIAL,
};
static const vgi_order_preservation_rule ORDER[] = {
    [VGI_PRESERVES_ORDER] = VGI_ORDER_PRESERVATION_RULE_PRESERVES_ORDER,
    [VGI_NO_ORDER_GUARANTEE] = VGI_ORDER_PRESERVATION_RULE_NO_ORDER_GUARANTEE,
    [VGI_FIXED_ORDER] = VGI_ORDER_PRESERVATION_RULE_FIXED_ORDER,
};

/* The output of a function that decides at bind: `result` of any type for a scalar, no columns for a table function. */
static const vgi_key_value ANY_RESULT_METADATA[] = {{VGI_STR("vgi:any"), VGI_STR("true")}};
static const vgi_field ANY_RESULT = {
    .name = VGI_STR("result"),
    .type = VGI_TYPE_NULL,
    .nullable = true,
    .metadata = {ANY_RESULT_METADATA, 1},
};
static const vgi_field *const ANY_RESULT_FIELDS[] = {&ANY_RESULT};
static const vgi_arrow_schema ANY_OUTPUT = {.n_fields = 1, .fields = ANY_RESULT_FIELDS};
static const vgi_arrow_schema NO_OUTPUT = {0};

/* With it an engine sends filters that it does not ask again itself: those that scan_filter.c applies. */
static const vgi_string STANDARD_PROFILE[] = {VGI_STR("vgi.duckdb.standard.v1")};
static const vgi_string_list FILTER_PROFILES = {.present = true, .items = STANDARD_PROFILE, .count = 1};

static vgi_status fill_examples(vgi_call *call, const vgi_example *examples, vgi_catalog_example_list *ret)
{
    size_t count = 0;
    vgi_catalog_example *items;

    *ret = (vgi_catalog_example_list){.present = true};
    while (examples && examples[count].sql)
        count++;
    if (count == 0)
        return VGI_OK;
    items = VG_NEW_ARRAY(call->arena, vgi_catalog_example, count);
    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = (vgi_catalog_example){
            .sql = vgi_str(examples[i].sql),
            .description = vgi_str(examples[i].description ? examples[i].description : ""),
            .expected_output = vgi_str(examples[i].expected_output),
        };
    ret->items = items;
    ret->count = count;
    return VGI_OK;
}

/* One row, a column for every parameter that has a default, in the order of the signature. */
static vgi_status fill_defaults(vgi_call *call, const vg_function *function, vgi_bytes *ret)
{
    size_t n = (size_t)function->n_params;
    vgi_field *fields = VG_NEW_ARRAY(call->arena, vgi_field, n);
    const vgi_field **pointers = VG_NEW_ARRAY(call->arena, const vgi_field *, n);
    vgi_array *columns = VG_NEW_ARRAY(call->arena, vgi_array, n);
    vgi_arrow_schema schema = {.fields = pointers};
    vgi_batch batch = {.schema = &schema, .rows = 1, .columns = columns};

    if (!fields || !pointers || !columns)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++) {
        const vg_param *param = &function->params[i];
        int32_t at = schema.n_fields;

        if (!param->has_default)
            continue;
        columns[at] = *param->default_value;
        fields[at] = *columns[at].field;
        fields[at].name = param->name;
        fields[at].nullable = true;
        columns[at].field = pointers[at] = &fields[at];
        schema.n_fields = at + 1;
    }
    batch.n_columns = schema.n_fields;
    if (batch.n_columns == 0)
        return VGI_OK;
    return vg_batch_encode(call->arena, &batch, ret, vgi_call_error(call));
}

/* What is to be looked up before the function is bound. */
static vgi_status fill_secrets(vgi_call *call, const vgi_required_secret *secrets, vgi_secret_lookup_entry_list *ret)
{
    size_t count = 0;
    vgi_secret_lookup_entry *items;

    while (secrets && secrets[count].type)
        count++;
    items = VG_NEW_ARRAY(call->arena, vgi_secret_lookup_entry, count);
    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = (vgi_secret_lookup_entry){.secret_type = vgi_str(secrets[i].type),
                                             .scope = vgi_str(secrets[i].scope),
                                             .secret_name = vgi_str(secrets[i].name)};
    *ret = (vgi_secret_lookup_entry_list){.items = items, .count = count, .present = true};
    return VGI_OK;
}

static vgi_status fill_scalar(vgi_call *call, const vgi_scalar *scalar, vgi_function_info *info)
{
    info->function_type = VGI_FUNCTION_TYPE_SCALAR;
    info->comment = vgi_str(scalar->comment);
    info->description = vgi_str(scalar->description);
    info->stability = STABILITY[scalar->stability];
    info->null_handling = NULL_HANDLING[scalar->null_handling];
    VGI_TRY(vg_tags_map(call, scalar->tags, &info->tags));
    VGI_TRY(vg_names_list(call, scalar->required_settings, &info->required_settings));
    VGI_TRY(fill_secrets(call, scalar->required_secrets, &info->required_secrets));
    VGI_TRY(vg_names_list(call, scalar->categories, &info->categories));
    return fill_examples(call, scalar->examples, &info->examples);
}

/* A scan is one stream; where there is a plan, one stream a split (vgi.md §11). */
static vgi_status fill_table(vgi_call *call, const vgi_table_function *table, vgi_function_info *info)
{
    info->comment = vgi_str(table->comment);
    info->description = vgi_str(table->description);
    info->projection_pushdown.value = table->projection_pushdown;
    info->filter_pushdown.value = table->filter == VGI_FILTER_APPLY;
    if (table->filter == VGI_FILTER_APPLY)
        info->filter_semantic_profiles = FILTER_PROFILES;
    info->order_preservation = ORDER[table->order];
    info->max_workers = (vgi_opt_int32){!table->plan, 1};
    info->supports_splits = table->plan != NULL;
    VGI_TRY(vg_tags_map(call, table->tags, &info->tags));
    VGI_TRY(vg_names_list(call, table->required_settings, &info->required_settings));
    VGI_TRY(fill_secrets(call, table->required_secrets, &info->required_secrets));
    VGI_TRY(vg_names_list(call, table->categories, &info->categories));
    return fill_examples(call, table->examples, &info->examples);
}

static vgi_status fill_in_out(vgi_call *call, const vgi_table_in_out *in_out, vgi_function_info *info)
{
    info->comment = vgi_str(in_out->comment);
    info->description = vgi_str(in_out->description);
    info->projection_pushdown.value = in_out->projection_pushdown;
    info->order_preservation = ORDER[in_out->order];
    info->max_workers = (vgi_opt_int32){true, 1};
    info->has_finalize = in_out->finish != NULL;
    VGI_TRY(vg_tags_map(call, in_out->tags, &info->tags));
    VGI_TRY(vg_names_list(call, in_out->required_settings, &info->required_settings));
    VGI_TRY(fill_secrets(call, in_out->required_secrets, &info->required_secrets));
    VGI_TRY(vg_names_list(call, in_out->categories, &info->categories));
    return fill_examples(call, in_out->examples, &info->examples);
}

/* What is called where a table stands. */
static vgi_status fill_tabular(vgi_call *call, const vg_function *function, vgi_function_info *info)
{
    info->function_type = VGI_FUNCTION_TYPE_TABLE;
    info->projection_pushdown.has = info->filter_pushdown.has = true;
    info->sampling_pushdown = info->late_materialization = (vgi_opt_bool){true, false};
    return function->kind == VG_FUNCTION_TABLE ? fill_table(call, function->table, info)
                                               : fill_in_out(call, function->in_out, info);
}

vgi_status vg_fill_function(vgi_call *call, const vg_function *function, vgi_function_info *info)
{
    bool scalar = vg_function_is_scalar(function);
    const vgi_arrow_schema *output = function->output ? function->output : scalar ? &ANY_OUTPUT : &NO_OUTPUT;

    info->name = function->name;
    info->schema_path = vg_schema_path(function->schema);
    VGI_TRY(scalar ? fill_scalar(call, function->scalar, info) : fill_tabular(call, function, info));
    if (!info->description.data)
        info->description = info->comment.data ? info->comment : vgi_str("");
    VGI_TRY(vg_schema_encode(call->arena, function->arguments, &info->arguments, vgi_call_error(call)));
    VGI_TRY(vg_schema_encode(call->arena, output, &info->output_schema, vgi_call_error(call)));
    return fill_defaults(call, function, &info->parameter_default_values);
}

static vgi_status list_functions(vgi_call *call, const vg_schema_entry *schema, bool is_scalar, vg_rows *rows)
{
    for (int32_t i = 0; i < schema->n_functions; i++) {
        void *row;

        if (vg_function_is_scalar(&schema->functions[i]) != is_scalar)
            continue;
        VGI_TRY(vg_rows_add(call, rows, &row));
        VGI_TRY(vg_fill_function(call, &schema->functions[i], row));
    }
    return VGI_OK;
}

vgi_status vg_list_scalar_functions(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    return list_functions(call, schema, true, rows);
}

vgi_status vg_list_table_functions(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    return list_functions(call, schema, false, rows);
}

/* Answers only the kind that is asked for (vgi.md §5). */
vgi_status vg_handle_catalog_schema_contents_functions(vgi_call *call, const void *request, void *response)
{
    static vg_list *const LISTS[] = {
        [VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION] = vg_list_scalar_functions,
        [VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION] = vg_list_table_functions,
        [VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION] = vg_list_nothing,
    };
    const vgi_catalog_schema_contents_functions_params *params = request;
    size_t type = (size_t)params->type;

    if (type >= sizeof(LISTS) / sizeof(LISTS[0]) || !LISTS[type])
        return vgi_fail(call, VGI_ERR_VALUE,
                        "functions are listed by type SCALAR_FUNCTION, TABLE_FUNCTION or "
                        "AGGREGATE_FUNCTION, no other");
    return vg_answer_listing(call, params->attach_opaque_data, params->path, &vg_function_info_record, LISTS[type],
                             &((vgi_functions_response *)response)->items);
}
