/* Macros and indexes: catalog_schema_contents_macros, catalog_macro_get, and the index methods, which answer "none"
 * (vgi.md §5). A macro is pure SQL: the engine expands it, the worker never sees a call of it. */
#include "ipc/writer.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"

/* One row with a column for every parameter that has a default; absent where none has. `ret_schema` describes all
 * parameters: the type of the default where there is one, else null. */
static vgi_status fill_parameters(vgi_call *call, const vg_macro *macro, vgi_macro_info *info)
{
    size_t n = (size_t)macro->n_params;
    vgi_field *fields = VG_NEW_ARRAY(call->arena, vgi_field, n);
    const vgi_field **all = VG_NEW_ARRAY(call->arena, const vgi_field *, n);
    const vgi_field **defaulted = VG_NEW_ARRAY(call->arena, const vgi_field *, n);
    vgi_array *columns = VG_NEW_ARRAY(call->arena, vgi_array, n);
    vgi_arrow_schema schema = {.fields = all, .n_fields = macro->n_params}, defaults = {.fields = defaulted};
    vgi_batch batch = {.schema = &defaults, .rows = 1, .columns = columns};

    if (!fields || !all || !defaulted || !columns)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++) {
        const vgi_array *value = macro->default_values[i];

        fields[i] = value ? *value->field : (vgi_field){.type = VGI_TYPE_NULL};
        fields[i].name = macro->params[i];
        fields[i].nullable = true;
        all[i] = &fields[i];
        if (value) {
            columns[defaults.n_fields] = *value;
            columns[defaults.n_fields].field = &fields[i];
            defaulted[defaults.n_fields++] = &fields[i];
        }
    }
    batch.n_columns = defaults.n_fields;
    info->parameters = (vgi_string_list){.items = macro->params, .count = n, .present = true};
    VGI_TRY(vg_schema_encode(call->arena, &schema, &info->arguments_schema, vgi_call_error(call)));
    if (batch.n_columns == 0)
        return VGI_OK;
    return vg_batch_encode(call->arena, &batch, &info->parameter_default_values, vgi_call_error(call));
}

static vgi_status add_macro(vgi_call *call, const vg_macro *macro, vg_rows *rows)
{
    void *row;
    vgi_macro_info *info;

    VGI_TRY(vg_rows_add(call, rows, &row));
    info = row;
    info->comment = vgi_str(macro->descriptor->comment);
    info->name = macro->name;
    info->schema_path = vg_schema_path(macro->schema);
    info->macro_type = macro->is_table ? VGI_MACRO_TYPE_TABLE : VGI_MACRO_TYPE_SCALAR;
    info->definition = macro->body;
    VGI_TRY(vg_tags_map(call, macro->descriptor->tags, &info->tags));
    return fill_parameters(call, macro, info);
}

static vgi_status list_macros(vgi_call *call, const vg_schema_entry *schema, bool tables, vg_rows *rows)
{
    for (int32_t i = 0; i < schema->n_macros; i++)
        if (schema->macros[i].is_table == tables)
            VGI_TRY(add_macro(call, &schema->macros[i], rows));
    return VGI_OK;
}

vgi_status vg_list_scalar_macros(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    return list_macros(call, schema, false, rows);
}

vgi_status vg_list_table_macros(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    return list_macros(call, schema, true, rows);
}

/* Answers one kind only: an engine that is given both twice registers each macro twice. */
vgi_status vg_handle_catalog_schema_contents_macros(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schema_contents_macros_params *params = request;
    bool tables = params->type == VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO;

    if (!tables && params->type != VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO)
        return vgi_fail(call, VGI_ERR_VALUE, "macros are listed by type SCALAR_MACRO or TABLE_MACRO, no other");
    return vg_answer_listing(call, params->attach_opaque_data, params->path, &vg_macro_info_record,
                             tables ? vg_list_table_macros : vg_list_scalar_macros,
                             &((vgi_macros_response *)response)->items);
}

vgi_status vg_handle_catalog_macro_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_macro_get_params *params = request;
    const vg_schema_entry *schema;
    const vg_macro *macro;
    vg_rows rows = {.record = &vg_macro_info_record};

    VGI_TRY(vg_call_schema(call, params->attach_opaque_data, params->schema_path, &schema));
    macro = schema ? vg_schema_macro(schema, params->name) : NULL;
    if (macro)
        VGI_TRY(add_macro(call, macro, &rows));
    return vg_rows_items(call, &rows, &((vgi_macros_response *)response)->items);
}

vgi_status vg_handle_catalog_schema_contents_indexes(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schema_contents_indexes_params *params = request;

    return vg_answer_listing(call, params->attach_opaque_data, params->path, &vg_index_info_record, vg_list_nothing,
                             &((vgi_indexes_response *)response)->items);
}

vgi_status vg_handle_catalog_index_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_index_get_params *params = request;
    const vg_schema_entry *schema;

    (void)response;
    return vg_call_schema(call, params->attach_opaque_data, params->schema_path, &schema);
}
