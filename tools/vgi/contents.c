/* What lies in a schema (contents.h): one row a listing of the protocol (vgi.md §5). For ls.c, describe.c, call.c. */
#include "contents.h"

#include <string.h>
#include <strings.h>

#include "whole.h"

/* Adds what one method lists. */
typedef vgi_status list_objects(cli *c, vgi_string_list path, int type, cli_objects *ret, vgi_error *err);

void cli_objects_add(cli *c, cli_objects *objects, cli_object object)
{
    if (!(objects->count & (objects->count - 1))) {
        cli_object *items = cli_keep(c, (objects->count * 2 + 1) * sizeof *items);

        if (objects->count)
            memcpy(items, objects->items, objects->count * sizeof *items);
        objects->items = items;
    }
    objects->items[objects->count++] = object;
}

#define LISTS(method, params, list, object_kind, ...)                                                                  \
    static vgi_status list_##method(cli *c, vgi_string_list path, int type, cli_objects *ret, vgi_error *err)          \
    {                                                                                                                  \
        const vgi_catalog_schema_contents_##params p = __VA_ARGS__;                                                    \
        list found = {0};                                                                                              \
                                                                                                                       \
        (void)type;                                                                                                    \
        VGI_TRY(vgi_client_catalog_schema_contents_##method(c->attachment, &p, c->result, &found, err));               \
        for (size_t i = 0; i < found.count; i++)                                                                       \
            cli_objects_add(c, ret,                                                                                    \
                            (cli_object){.kind = object_kind,                                                          \
                                         .name = found.items[i].name,                                                  \
                                         .comment = found.items[i].comment,                                            \
                                         .record = &found.items[i]});                                                  \
        return VGI_OK;                                                                                                 \
    }

LISTS(tables, tables_params, vgi_table_info_list, CLI_OBJECT_TABLE, {.path = path})
LISTS(views, views_params, vgi_view_info_list, CLI_OBJECT_VIEW, {.path = path})
LISTS(indexes, indexes_params, vgi_index_info_list, CLI_OBJECT_INDEX, {.path = path})
LISTS(functions, functions_params, vgi_function_info_list, CLI_OBJECT_FUNCTION,
      {.path = path, .type = (vgi_schema_object_type)type})
LISTS(macros, macros_params, vgi_macro_info_list, CLI_OBJECT_MACRO,
      {.path = path, .type = (vgi_schema_object_type)type})

static const struct {
    const char *word;
    list_objects *list;
    vgi_schema_object_type type;
} LISTINGS[] = {
    {"table", list_tables, VGI_SCHEMA_OBJECT_TYPE_TABLE},
    {"view", list_views, VGI_SCHEMA_OBJECT_TYPE_VIEW},
    {"scalar function", list_functions, VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION},
    {"table function", list_functions, VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION},
    {"aggregate", list_functions, VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION},
    {"scalar macro", list_macros, VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO},
    {"table macro", list_macros, VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO},
    {"index", list_indexes, VGI_SCHEMA_OBJECT_TYPE_INDEX},
};

int cli_contents(cli *c, vgi_string_list path, cli_objects *ret)
{
    const cli_whole *whole;
    vgi_error failed = {0};
    vgi_status got = cli_whole_get(c, &whole, &failed);

    *ret = (cli_objects){0};
    if (got != VGI_OK)
        return cli_fail(c, got, &failed);
    for (size_t i = 0; i < sizeof LISTINGS / sizeof *LISTINGS; i++) {
        size_t before = ret->count;
        vgi_error err = {0};
        vgi_status status = whole ? cli_whole_list(c, whole, path, LISTINGS[i].type, ret, &err)
                                  : LISTINGS[i].list(c, path, LISTINGS[i].type, ret, &err);

        if (status == VGI_ERR_NOT_IMPLEMENTED && vgi_client_is_usable(c->client))
            continue;
        if (status != VGI_OK)
            return cli_fail(c, status, &err);
        for (; before < ret->count; before++)
            ret->items[before].word = LISTINGS[i].word;
    }
    return CLI_OK;
}

int cli_schemas(cli *c, vgi_schema_info_list *ret)
{
    const cli_whole *whole;
    vgi_error err = {0};
    vgi_status status = cli_whole_get(c, &whole, &err);

    if (status == VGI_OK)
        status = whole ? cli_whole_schemas(c, whole, ret, &err)
                       : vgi_client_catalog_schemas(c->attachment, NULL, c->result, ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

bool cli_same_name(vgi_string a, vgi_string b)
{
    return a.size == b.size && (!a.size || strncasecmp(a.data, b.data, a.size) == 0);
}

bool cli_same_path(vgi_string_list a, vgi_string_list b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!cli_same_name(a.items[i], b.items[i]))
            return false;
    return true;
}
