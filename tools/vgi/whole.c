/* A whole catalog in one answer (catalog_contents, protocol 2.1 and 2.2; vgi.md §16), looked into as the listings of a
 * schema are: for contents.c, where the worker offers it. 2.1 nests the objects in their schemas, 2.2 has a column-wise
 * list of each kind. */
#include "whole.h"

#include <string.h>

/* Decoded rows of one kind. */
typedef struct rows {
    const char *data;
    size_t count;
} rows;

struct cli_whole {
    const vgi_attachment *of;
    const vgi_catalog_contents_response *answer;
    bool nested;
    rows schemas, tables, views, functions, macros, indexes; /* 2.2 */
};

static vgi_status decode_all(cli *c, cli_whole *w, vgi_error *err)
{
    const vgi_catalog_contents_response *a = w->answer;
    const struct {
        vgi_bytes bytes;
        vgi_record_id id;
        size_t size;
        rows *ret;
    } KINDS[] = {
        {a->schemas, VGI_RECORD_SCHEMA_INFO, sizeof(vgi_schema_info), &w->schemas},
        {a->tables, VGI_RECORD_TABLE_INFO, sizeof(vgi_table_info), &w->tables},
        {a->views, VGI_RECORD_VIEW_INFO, sizeof(vgi_view_info), &w->views},
        {a->functions, VGI_RECORD_FUNCTION_INFO, sizeof(vgi_function_info), &w->functions},
        {a->macros, VGI_RECORD_MACRO_INFO, sizeof(vgi_macro_info), &w->macros},
        {a->indexes, VGI_RECORD_INDEX_INFO, sizeof(vgi_index_info), &w->indexes},
    };

    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        const void *data = NULL;

        if (KINDS[i].bytes.data)
            VGI_TRY(vgi_records_decode(c->result, KINDS[i].id, KINDS[i].bytes, KINDS[i].size, &data,
                                       &KINDS[i].ret->count, err));
        KINDS[i].ret->data = data;
    }
    return VGI_OK;
}

vgi_status cli_whole_get(cli *c, const cli_whole **ret, vgi_error *err)
{
    cli_whole *w;
    vgi_error refused = {0};
    vgi_status status;

    *ret = NULL;
    if (!vgi_attachment_info(c->attachment)->supports_catalog_contents)
        return VGI_OK;
    if (c->whole && c->whole->of == c->attachment) {
        *ret = c->whole;
        return VGI_OK;
    }
    w = cli_keep(c, sizeof *w);
    status =
        vgi_client_catalog_contents(c->attachment, &(vgi_catalog_contents_params){0}, c->result, &w->answer, &refused);
    if (status == VGI_ERR_NOT_IMPLEMENTED && vgi_client_is_usable(c->client))
        return VGI_OK;
    if (status != VGI_OK) {
        *err = refused;
        return status;
    }
    w->of = c->attachment;
    w->nested = w->answer->nested_schemas.count > 0;
    VGI_TRY(decode_all(c, w, err));
    c->whole = w;
    *ret = w;
    return VGI_OK;
}

vgi_status cli_whole_schemas(cli *c, const cli_whole *w, vgi_schema_info_list *ret, vgi_error *err)
{
    size_t count = w->nested ? w->answer->nested_schemas.count : w->schemas.count;
    vgi_schema_info *items = cli_keep(c, (count + 1) * sizeof *items);

    *ret = (vgi_schema_info_list){items, count, true};
    if (!w->nested && count)
        memcpy(items, w->schemas.data, count * sizeof *items);
    for (size_t i = 0; w->nested && i < count; i++)
        VGI_TRY(vgi_record_decode(c->result, VGI_RECORD_SCHEMA_INFO, w->answer->nested_schemas.items[i].schema,
                                  &items[i], sizeof items[i], err));
    return VGI_OK;
}

/* ---- what lies in a schema -------------------------------------------------------------------------------------- */

/* How a kind of object is found: in the list of its schema (2.1), or among the rows of a list (2.2) by their schema and
 * type. */
typedef struct kind {
    size_t nested; /* offset of the vgi_bytes_list in vgi_schema_contents */
    size_t rows;   /* offset in cli_whole */
    vgi_record_id id;
    size_t size, path, name, comment; /* of the record, and offsets in it */
    size_t type;                      /* offset of the enum; 0: there is none */
    int types[2];                     /* which of its values are meant; 0: none */
    cli_object_kind object;
} kind;

#define KIND(list, all, ID, record, of_kind, ...)                                                                      \
    {offsetof(vgi_schema_contents, list),                                                                              \
     offsetof(cli_whole, all),                                                                                         \
     VGI_RECORD_##ID,                                                                                                  \
     sizeof(record),                                                                                                   \
     offsetof(record, schema_path),                                                                                    \
     offsetof(record, name),                                                                                           \
     offsetof(record, comment),                                                                                        \
     .object = of_kind,                                                                                                \
     __VA_ARGS__}
#define FUNCTION(list, ...)                                                                                            \
    KIND(list, functions, FUNCTION_INFO, vgi_function_info, CLI_OBJECT_FUNCTION,                                       \
         .type = offsetof(vgi_function_info, function_type), .types = {__VA_ARGS__})
#define MACRO(list, is)                                                                                                \
    KIND(list, macros, MACRO_INFO, vgi_macro_info, CLI_OBJECT_MACRO, .type = offsetof(vgi_macro_info, macro_type),     \
         .types = {is})

/* By the type that a listing is asked for. */
static const kind KINDS[] = {
    [VGI_SCHEMA_OBJECT_TYPE_TABLE] = KIND(tables, tables, TABLE_INFO, vgi_table_info, CLI_OBJECT_TABLE, .type = 0),
    [VGI_SCHEMA_OBJECT_TYPE_VIEW] = KIND(views, views, VIEW_INFO, vgi_view_info, CLI_OBJECT_VIEW, .type = 0),
    [VGI_SCHEMA_OBJECT_TYPE_INDEX] = KIND(indexes, indexes, INDEX_INFO, vgi_index_info, CLI_OBJECT_INDEX, .type = 0),
    [VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION] = FUNCTION(scalar_functions, VGI_FUNCTION_TYPE_SCALAR),
    [VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION] =
        FUNCTION(table_functions, VGI_FUNCTION_TYPE_TABLE, VGI_FUNCTION_TYPE_TABLE_BUFFERING),
    [VGI_SCHEMA_OBJECT_TYPE_AGGREGATE_FUNCTION] = FUNCTION(aggregate_functions, VGI_FUNCTION_TYPE_AGGREGATE),
    [VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO] = MACRO(scalar_macros, VGI_MACRO_TYPE_SCALAR),
    [VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO] = MACRO(table_macros, VGI_MACRO_TYPE_TABLE),
};

static const void *at(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

static void add_record(cli *c, const kind *k, const void *record, cli_objects *ret)
{
    cli_objects_add(c, ret,
                    (cli_object){.kind = k->object,
                                 .name = *(const vgi_string *)at(record, k->name),
                                 .comment = *(const vgi_string *)at(record, k->comment),
                                 .record = record});
}

static vgi_status list_nested(cli *c, const cli_whole *w, vgi_string_list path, const kind *k, cli_objects *ret,
                              vgi_error *err)
{
    for (size_t s = 0; s < w->answer->nested_schemas.count; s++) {
        const vgi_schema_contents *schema = &w->answer->nested_schemas.items[s];
        const vgi_bytes_list *list = at(schema, k->nested);

        if (!cli_same_path(schema->path, path))
            continue;
        for (size_t i = 0; i < list->count; i++) {
            void *record = cli_keep(c, k->size);

            VGI_TRY(vgi_record_decode(c->result, k->id, list->items[i], record, k->size, err));
            add_record(c, k, record, ret);
        }
    }
    return VGI_OK;
}

vgi_status cli_whole_list(cli *c, const cli_whole *w, vgi_string_list path, vgi_schema_object_type type,
                          cli_objects *ret, vgi_error *err)
{
    const kind *k = &KINDS[type];
    const rows *all = at(w, k->rows);

    if (w->nested)
        return list_nested(c, w, path, k, ret, err);
    for (size_t i = 0; i < all->count; i++) {
        const void *record = all->data + i * k->size;
        int is = 0;

        if (k->type)
            memcpy(&is, at(record, k->type), sizeof is);
        if (cli_same_path(*(const vgi_string_list *)at(record, k->path), path) &&
            (!k->type || is == k->types[0] || (k->types[1] && is == k->types[1])))
            add_record(c, k, record, ret);
    }
    return VGI_OK;
}
