/* catalog_contents, protocol 2.1 and later: the whole catalog in one answer (vgi.md §16), of what is declared and what
 * callbacks list. 2.1 nests the items of the
 * listings schema by schema; 2.2 has one stream a kind, its rows in the order of the schemas. */
#include "base/alloc.h"
#include "protocol/codec.h"
#include "worker/catalog_ops.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

enum { COLUMNAR_SINCE_MINOR = 2 };

/* One kind of object: how it is listed where it is declared, the method by which callbacks list it, and where its items
 * and its stream go. Kinds that share a stream are neighbours. */
typedef struct kind {
    const vg_record *record;
    vg_list *list;
    vg_method_index lister;
    vgi_schema_object_type type;
    size_t nested;   /* offset of a vgi_bytes_list in vgi_schema_contents */
    size_t columnar; /* offset of a vgi_bytes in vgi_catalog_contents_response */
} kind;

#define BY(lister, TYPE) VG_METHOD_catalog_schema_contents_##lister, VGI_SCHEMA_OBJECT_TYPE_##TYPE
#define IN(nested, columnar) offsetof(vgi_schema_contents, nested), offsetof(vgi_catalog_contents_response, columnar)
static const kind KINDS[] = {
    {&vg_table_info_record, vg_list_tables, BY(tables, TABLE), IN(tables, tables)},
    {&vg_view_info_record, vg_list_views, BY(views, VIEW), IN(views, views)},
    {&vg_function_info_record, vg_list_scalar_functions, BY(functions, SCALAR_FUNCTION),
     IN(scalar_functions, functions)},
    {&vg_function_info_record, vg_list_nothing, BY(functions, AGGREGATE_FUNCTION), IN(aggregate_functions, functions)},
    {&vg_function_info_record, vg_list_table_functions, BY(functions, TABLE_FUNCTION), IN(table_functions, functions)},
    {&vg_macro_info_record, vg_list_scalar_macros, BY(macros, SCALAR_MACRO), IN(scalar_macros, macros)},
    {&vg_macro_info_record, vg_list_table_macros, BY(macros, TABLE_MACRO), IN(table_macros, macros)},
    {&vg_index_info_record, vg_list_nothing, BY(indexes, INDEX), IN(indexes, indexes)},
};
enum { N_KINDS = sizeof(KINDS) / sizeof(KINDS[0]) };

/* FNV-1a over every byte and every length, so that moving a byte between neighbours shows. */
static void hash_bytes(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void hash_value(uint64_t *hash, vgi_bytes value)
{
    hash_bytes(hash, &value.size, sizeof(value.size));
    hash_bytes(hash, value.data, value.size);
}

/* The schemas; each holds the attachment's own bytes where callbacks gave it. */
static vgi_status list_schemas(vgi_call *call, const vg_catalog_entry *catalog, vg_rows *rows)
{
    bool answered;

    VGI_TRY(vg_ops_list(call, VG_METHOD_catalog_schemas, NULL, VGI_SCHEMA_OBJECT_TYPE_TABLE, rows, &answered));
    for (int32_t i = 0; !answered && i < catalog->n_schemas; i++) {
        void *row;

        VGI_TRY(vg_rows_add(call, rows, &row));
        VGI_TRY(vg_fill_schema(call, &catalog->schemas[i], (vgi_bytes){0}, row));
    }
    return VGI_OK;
}

static vgi_schema_info *schema_at(const vg_rows *schemas, size_t i)
{
    return &((vgi_schema_info *)(void *)schemas->data)[i];
}

/* What a schema holds of one kind: what callbacks list, else what is declared; of a schema of the callbacks' own
 * nothing is. */
static vgi_status list_kind(vgi_call *call, const vg_catalog_entry *catalog, const kind *what,
                            const vgi_string_list *path, vg_rows *rows)
{
    const vg_schema_entry *schema = vg_catalog_schema(catalog, path->items, path->count);
    bool answered;

    VGI_TRY(vg_ops_list(call, what->lister, path, what->type, rows, &answered));
    return answered || !schema ? VGI_OK : what->list(call, schema, rows);
}

/* ---- 2.1 --------------------------------------------------------------------------------------------------------- */

/* SchemaInfo of 2.1 holds the attachment's own bytes; they are no part of the contents, so the hash leaves them out. */
static vgi_status nest_schema(vgi_call *call, const vg_catalog_entry *catalog, vgi_schema_info *info, uint64_t *hash,
                              vgi_schema_contents *ret)
{
    vgi_bytes anonymous;

    info->attach_opaque_data = (vgi_bytes){(const uint8_t *)"", 0};
    VGI_TRY(vg_encode_record(call, &vg_schema_info_record, info, &anonymous));
    hash_value(hash, anonymous);
    if (call->attachment->wire.data)
        info->attach_opaque_data = call->attachment->wire;
    VGI_TRY(vg_encode_record(call, &vg_schema_info_record, info, &ret->schema));
    ret->path = info->path;
    for (size_t i = 0; i < N_KINDS; i++) {
        vg_rows rows = {.record = KINDS[i].record};
        vgi_bytes_list *items = (vgi_bytes_list *)(void *)((char *)ret + KINDS[i].nested);

        VGI_TRY(list_kind(call, catalog, &KINDS[i], &info->path, &rows));
        VGI_TRY(vg_rows_items(call, &rows, items));
        hash_bytes(hash, &items->count, sizeof(items->count));
        for (size_t k = 0; k < items->count; k++)
            hash_value(hash, items->items[k]);
    }
    return VGI_OK;
}

static vgi_status nest(vgi_call *call, const vg_catalog_entry *catalog, const vg_rows *schemas, uint64_t *hash,
                       vgi_catalog_contents_response *ret)
{
    vgi_schema_contents *nested = VG_NEW_ARRAY(call->arena, vgi_schema_contents, schemas->count);

    if (!nested)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < schemas->count; i++)
        VGI_TRY(nest_schema(call, catalog, schema_at(schemas, i), hash, &nested[i]));
    ret->nested_schemas = (vgi_schema_contents_list){.items = nested, .count = schemas->count, .present = true};
    return VGI_OK;
}

/* ---- 2.2 --------------------------------------------------------------------------------------------------------- */

/* A category without rows is null. */
static vgi_status encode_rows(vgi_call *call, const vg_rows *rows, uint64_t *hash, vgi_bytes *ret)
{
    if (rows->count > 0)
        VGI_TRY(vg_records_encode(call->arena, rows->record, rows->data, rows->count, call->version_minor, ret,
                                  vgi_call_error(call)));
    hash_value(hash, *ret);
    return VGI_OK;
}

static vgi_status columns(vgi_call *call, const vg_catalog_entry *catalog, const vg_rows *schemas, uint64_t *hash,
                          vgi_catalog_contents_response *ret)
{
    VGI_TRY(encode_rows(call, schemas, hash, &ret->schemas));
    for (size_t i = 0; i < N_KINDS;) {
        size_t first = i;
        vg_rows rows = {.record = KINDS[first].record};

        for (; i < N_KINDS && KINDS[i].columnar == KINDS[first].columnar; i++)
            for (size_t k = 0; k < schemas->count; k++)
                VGI_TRY(list_kind(call, catalog, &KINDS[i], &schema_at(schemas, k)->path, &rows));
        VGI_TRY(encode_rows(call, &rows, hash, (vgi_bytes *)(void *)((char *)ret + KINDS[first].columnar)));
    }
    return VGI_OK;
}

/* Of callbacks it is what they say now; asked for beside the contents, as the engine compares it later. */
static vgi_status version_of(vgi_call *call, const vg_catalog_entry *catalog, int64_t *ret)
{
    const vgi_catalog_ops *ops = catalog->descriptor->ops;
    vgi_catalog_version_params params = {.attach_opaque_data = call->attachment->data};
    vgi_catalog_version_response response = {0};

    *ret = vg_catalog_version(catalog);
    if (!ops || !ops->version)
        return VGI_OK;
    VGI_TRY(vg_ops_outcome(call, "version", ops->version(call, &params, &response), NULL));
    *ret = response.version;
    return VGI_OK;
}

vgi_status vg_handle_catalog_contents(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_contents_params *params = request;
    vgi_catalog_contents_response *result = response;
    const vg_catalog_entry *catalog;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    vgi_catalog_contents_response contents = {0};
    vg_rows schemas = {.record = &vg_schema_info_record};
    int64_t version;

    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    VGI_TRY(version_of(call, catalog, &version)); /* before the rest: what changes meanwhile is asked for again */
    VGI_TRY(list_schemas(call, catalog, &schemas));
    if (call->version_minor >= COLUMNAR_SINCE_MINOR)
        VGI_TRY(columns(call, catalog, &schemas, &hash, &contents));
    else
        VGI_TRY(nest(call, catalog, &schemas, &hash, &contents));
    contents.etag = vg_arena_printf(call->arena, "%016" PRIx64, hash);
    if (!contents.etag.data)
        return vg_call_out_of_memory(call);
    if (params->if_none_match.data && vgi_string_equal(params->if_none_match, contents.etag))
        contents = (vgi_catalog_contents_response){.etag = contents.etag, .not_modified = true};
    contents.catalog_version = version;
    *result = contents;
    return VGI_OK;
}
