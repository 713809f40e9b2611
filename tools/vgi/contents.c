/* What lies in a schema (contents.h): one row a type of object (vgi.md §5). For ls.c, describe.c, call.c. */
#include "contents.h"

#include <string.h>
#include <strings.h>

#include "whole.h"

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

static const struct {
    const char *word;
    vgi_schema_object_type type;
    cli_object_kind kind;
} LISTINGS[] = {
    {"table", VGI_SCHEMA_OBJECT_TYPE_TABLE, CLI_OBJECT_TABLE},
    {"view", VGI_SCHEMA_OBJECT_TYPE_VIEW, CLI_OBJECT_VIEW},
    {"scalar function", VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION, CLI_OBJECT_FUNCTION},
    {"table function", VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION, CLI_OBJECT_FUNCTION},
    {"aggregate", VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION, CLI_OBJECT_FUNCTION},
    {"scalar macro", VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO, CLI_OBJECT_MACRO},
    {"table macro", VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO, CLI_OBJECT_MACRO},
    {"index", VGI_SCHEMA_OBJECT_TYPE_INDEX, CLI_OBJECT_INDEX},
};

static vgi_status list_type(cli *c, vgi_string_list path, size_t listing, cli_objects *ret, vgi_error *err)
{
    vgi_schema_object_list found;

    VGI_TRY(vgi_attachment_schema_contents(c->attachment, path, LISTINGS[listing].type, c->result, &found, err));
    for (size_t i = 0; i < found.count; i++)
        cli_objects_add(c, ret,
                        (cli_object){.kind = LISTINGS[listing].kind,
                                     .name = found.items[i].name,
                                     .comment = found.items[i].comment,
                                     .record = found.items[i].record});
    return VGI_OK;
}

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
        vgi_status status =
            whole ? cli_whole_list(c, whole, path, LISTINGS[i].type, ret, &err) : list_type(c, path, i, ret, &err);

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
