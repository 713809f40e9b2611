/* Views: catalog_schema_contents_views, catalog_view_get (vgi.md §5). The engine binds a view's SQL by itself. */
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"

/* Column comments are matched by name with the columns that the engine binds from the definition. */
static vgi_status fill_column_comments(vgi_call *call, const vgi_column_info *columns, vgi_string_map *ret)
{
    size_t n = 0, count = 0;
    vgi_string_pair *pairs;

    *ret = (vgi_string_map){.present = true};
    while (columns && columns[n].name)
        n++;
    if (n == 0)
        return VGI_OK;
    pairs = VG_NEW_ARRAY(call->arena, vgi_string_pair, n);
    if (!pairs)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++)
        if (columns[i].comment)
            pairs[count++] = (vgi_string_pair){vgi_str(columns[i].name), vgi_str(columns[i].comment)};
    ret->items = pairs;
    ret->count = count;
    return VGI_OK;
}

static vgi_status add_view(vgi_call *call, const vg_schema_entry *schema, const vgi_view *view, vg_rows *rows)
{
    void *row;
    vgi_view_info *info;

    VGI_TRY(vg_rows_add(call, rows, &row));
    info = row;
    info->comment = vgi_str(view->comment);
    info->name = vgi_str(view->name);
    info->schema_path = vg_schema_path(schema);
    info->definition = vgi_str(view->definition);
    VGI_TRY(vg_tags_map(call, view->tags, &info->tags));
    return fill_column_comments(call, view->column_info, &info->column_comments);
}

vgi_status vg_list_views(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    const vgi_view *const *views = schema->descriptor->views;

    for (size_t i = 0; views && views[i]; i++)
        VGI_TRY(add_view(call, schema, views[i], rows));
    return VGI_OK;
}

vgi_status vg_handle_catalog_schema_contents_views(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_schema_contents_views_params *params = request;

    return vg_answer_listing(call, params->attach_opaque_data, params->path, &vg_view_info_record, vg_list_views,
                             &((vgi_views_response *)response)->items);
}

vgi_status vg_handle_catalog_view_get(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_view_get_params *params = request;
    const vg_schema_entry *schema;
    const vgi_view *view;
    vg_rows rows = {.record = &vg_view_info_record};

    VGI_TRY(vg_call_schema(call, params->attach_opaque_data, params->schema_path, &schema));
    view = schema ? vg_schema_view(schema, params->name) : NULL;
    if (view)
        VGI_TRY(add_view(call, schema, view, &rows));
    return vg_rows_items(call, &rows, &((vgi_views_response *)response)->items);
}
