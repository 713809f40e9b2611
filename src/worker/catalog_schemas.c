/* Schemas: catalog_schemas, catalog_schema_get (vgi.md §5). */
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

/* The keys of estimated_object_count. A count of 0 is a promise: the engine then never asks for that kind. */
enum { TABLES, VIEWS, SCALARS, AGGREGATES, TABLE_FUNCTIONS, MACROS, INDEXES, KINDS };
static const char *const KEYS[KINDS] = {
    [TABLES] = "table",
    [VIEWS] = "view",
    [SCALARS] = "scalar_function",
    [AGGREGATES] = "aggregate_function",
    [TABLE_FUNCTIONS] = "table_function",
    [MACROS] = "macro",
    [INDEXES] = "index",
};

static vgi_status count_objects(vgi_call *call, const vg_schema_entry *schema, vgi_int64_map *ret)
{
    vgi_int64_pair *pairs = VG_NEW_ARRAY(call->arena, vgi_int64_pair, KINDS);
    const vgi_view *const *views = schema->descriptor->views;

    if (!pairs)
        return vg_call_out_of_memory(call);
    for (int i = 0; i < KINDS; i++)
        pairs[i].key = vgi_str(KEYS[i]);
    pairs[TABLES].value = schema->n_tables;
    pairs[MACROS].value = schema->n_macros;
    while (views && views[pairs[VIEWS].value])
        pairs[VIEWS].value++;
    for (int32_t i = 0; i < schema->n_functions; i++)
        pairs[vg_function_is_scalar(&schema->functions[i]) ? SCALARS : TABLE_FUNCTIONS].value++;
    *ret = (vgi_int64_map){.items = pairs, .count = KINDS, .present = true};
    return VGI_OK;
}

vgi_status vg_fill_schema(vgi_call *call, const vg_schema_entry *schema, vgi_bytes attach_opaque_data,
                          vgi_schema_info *ret)
{
    ret->comment = vgi_str(schema->descriptor->comment);
    ret->attach_opaque_data = attach_opaque_data;
    if (!attach_opaque_data.data)
        ret->attach_opaque_data.data = (const uint8_t *)"";
    ret->path = vg_schema_path(schema);
    VGI_TRY(vg_tags_map(call, schema->descriptor->tags, &ret->tags));
    if (schema->may_hold_more)
        return VGI_OK; /* null: unknown */
    return count_objects(call, schema, &ret->estimated_object_count);
}

vgi_status vg_handle_catalog_schemas(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schemas_params *params = request;
    const vg_catalog_entry *catalog;
    vg_rows rows = {.record = &vg_schema_info_record};

    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    for (int32_t i = 0; i < catalog->n_schemas; i++) {
        void *row;

        VGI_TRY(vg_rows_add(call, &rows, &row));
        VGI_TRY(vg_fill_schema(call, &catalog->schemas[i], params->attach_opaque_data, row));
    }
    return vg_rows_items(call, &rows, &((vgi_schemas_response *)response)->items);
}

vgi_status vg_handle_catalog_schema_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schema_get_params *params = request;
    const vg_schema_entry *schema;
    vg_rows rows = {.record = &vg_schema_info_record};
    void *row;

    VGI_TRY(vg_call_schema(call, params->attach_opaque_data, params->path, &schema));
    if (schema) {
        VGI_TRY(vg_rows_add(call, &rows, &row));
        VGI_TRY(vg_fill_schema(call, schema, params->attach_opaque_data, row));
    }
    return vg_rows_items(call, &rows, &((vgi_schemas_response *)response)->items);
}
