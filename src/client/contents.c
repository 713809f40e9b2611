/* The contents of a schema over the five listings of the protocol (vgi.md §5): one row a type of object.
 * vgi_attachment_schema_contents of vgi/client.h. */
#include <string.h>

#include <vgi/client.h>

/* Adds what one method lists. */
typedef vgi_status list_objects(vgi_attachment *attachment, vgi_string_list path, vgi_schema_object_type type,
                                vgi_result *result, vgi_schema_object_list *ret, vgi_error *err);

/* Room for `count` more behind those that are there; NULL when out of memory. */
static vgi_schema_object *add(vgi_result *result, vgi_schema_object_list *list, size_t count)
{
    vgi_schema_object *items = vgi_result_alloc(result, (list->count + count) * sizeof *items);
    vgi_schema_object *first = items ? items + list->count : NULL;

    if (items && list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    if (items) {
        list->items = items;
        list->count += count;
    }
    return first;
}

#define LISTS(method, list, ...)                                                                                       \
    static vgi_status list_##method(vgi_attachment *attachment, vgi_string_list path, vgi_schema_object_type type,     \
                                    vgi_result *result, vgi_schema_object_list *ret, vgi_error *err)                   \
    {                                                                                                                  \
        const vgi_catalog_schema_contents_##method##_params params = __VA_ARGS__;                                      \
        list found = {0};                                                                                              \
        vgi_schema_object *objects;                                                                                    \
                                                                                                                       \
        VGI_TRY(vgi_client_catalog_schema_contents_##method(attachment, &params, result, &found, err));                \
        objects = found.count > 0 ? add(result, ret, found.count) : NULL;                                              \
        if (found.count > 0 && !objects)                                                                               \
            return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");                                                \
        for (size_t i = 0; i < found.count; i++)                                                                       \
            objects[i] = (vgi_schema_object){type, found.items[i].name, found.items[i].comment, &found.items[i]};      \
        return VGI_OK;                                                                                                 \
    }
LISTS(tables, vgi_table_info_list, {.path = path})
LISTS(views, vgi_view_info_list, {.path = path})
LISTS(indexes, vgi_index_info_list, {.path = path})
LISTS(functions, vgi_function_info_list, {.path = path, .type = type})
LISTS(macros, vgi_macro_info_list, {.path = path, .type = type})

static list_objects *const LISTINGS[] = {
    [VGI_SCHEMA_OBJECT_TYPE_TABLE] = list_tables,
    [VGI_SCHEMA_OBJECT_TYPE_VIEW] = list_views,
    [VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION] = list_functions,
    [VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION] = list_functions,
    [VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION] = list_functions,
    [VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO] = list_macros,
    [VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO] = list_macros,
    [VGI_SCHEMA_OBJECT_TYPE_INDEX] = list_indexes,
};
enum { N_TYPES = sizeof LISTINGS / sizeof *LISTINGS };

vgi_status vgi_attachment_schema_contents(vgi_attachment *attachment, vgi_string_list path, vgi_schema_object_type type,
                                          vgi_result *result, vgi_schema_object_list *ret, vgi_error *err)
{
    *ret = (vgi_schema_object_list){.present = true};
    if ((int)type < 0 || (int)type >= N_TYPES)
        return vgi_error_set(err, VGI_ERR_VALUE, "%d is no type of objects in a schema", (int)type);
    if (type != VGI_SCHEMA_OBJECT_TYPE_UNSET)
        return LISTINGS[type](attachment, path, type, result, ret, err);
    for (int each = 1; each < N_TYPES; each++) {
        vgi_error failed = {0};
        vgi_status status = LISTINGS[each](attachment, path, (vgi_schema_object_type)each, result, ret, &failed);

        if (status == VGI_ERR_NOT_IMPLEMENTED && vgi_client_is_usable(vgi_attachment_client(attachment)))
            continue;
        if (status != VGI_OK) {
            if (err)
                *err = failed;
            return status;
        }
    }
    return VGI_OK;
}
