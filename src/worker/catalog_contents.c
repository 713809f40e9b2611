/* catalog_contents, protocol 2.1 and later: the whole catalog in one answer (vgi.md §16). 2.1 nests the items of the
 * listings schema by schema; 2.2 has one stream a kind, its rows in the order of the schemas. */
#include "base/alloc.h"
#include "protocol/codec.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

enum { COLUMNAR_SINCE_MINOR = 2 };

/* One kind of object: how it is listed and where its items and its stream go. Kinds that share a stream are
 * neighbours. */
typedef struct kind {
    const vg_record *record;
    vg_list *list;
    size_t nested;   /* offset of a vgi_bytes_list in vgi_schema_contents */
    size_t columnar; /* offset of a vgi_bytes in vgi_catalog_contents_response */
} kind;

#define NESTED(member) offsetof(vgi_schema_contents, member)
#define COLUMNAR(member) offsetof(vgi_catalog_contents_response, member)
static const kind KINDS[] = {
    {&vg_table_info_record, vg_list_tables, NESTED(tables), COLUMNAR(tables)},
    {&vg_view_info_record, vg_list_views, NESTED(views), COLUMNAR(views)},
    {&vg_function_info_record, vg_list_scalar_functions, NESTED(scalar_functions), COLUMNAR(functions)},
    {&vg_function_info_record, vg_list_nothing, NESTED(aggregate_functions), COLUMNAR(functions)},
    {&vg_function_info_record, vg_list_table_functions, NESTED(table_functions), COLUMNAR(functions)},
    {&vg_macro_info_record, vg_list_scalar_macros, NESTED(scalar_macros), COLUMNAR(macros)},
    {&vg_macro_info_record, vg_list_table_macros, NESTED(table_macros), COLUMNAR(macros)},
    {&vg_index_info_record, vg_list_nothing, NESTED(indexes), COLUMNAR(indexes)},
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

/* ---- 2.1 --------------------------------------------------------------------------------------------------------- */

/* SchemaInfo of 2.1 holds the attachment's own bytes; they are no part of the contents, so the hash leaves them out. */
static vgi_status nest_schema(vgi_call *call, const vg_schema_entry *schema, vgi_bytes attach_opaque_data,
                              uint64_t *hash, vgi_schema_contents *ret)
{
    vgi_schema_info info = {0};
    vgi_bytes anonymous;

    VGI_TRY(vg_fill_schema(call, schema, (vgi_bytes){0}, &info));
    VGI_TRY(vg_encode_record(call, &vg_schema_info_record, &info, &anonymous));
    hash_value(hash, anonymous);
    VGI_TRY(vg_fill_schema(call, schema, attach_opaque_data, &info));
    VGI_TRY(vg_encode_record(call, &vg_schema_info_record, &info, &ret->schema));
    ret->path = vg_schema_path(schema);
    for (size_t i = 0; i < N_KINDS; i++) {
        vg_rows rows = {.record = KINDS[i].record};
        vgi_bytes_list *items = (vgi_bytes_list *)(void *)((char *)ret + KINDS[i].nested);

        VGI_TRY(KINDS[i].list(call, schema, &rows));
        VGI_TRY(vg_rows_items(call, &rows, items));
        hash_bytes(hash, &items->count, sizeof(items->count));
        for (size_t k = 0; k < items->count; k++)
            hash_value(hash, items->items[k]);
    }
    return VGI_OK;
}

static vgi_status nest(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes attach_opaque_data, uint64_t *hash,
                       vgi_catalog_contents_response *ret)
{
    vgi_schema_contents *schemas = VG_NEW_ARRAY(call->arena, vgi_schema_contents, catalog->n_schemas);

    if (!schemas)
        return vg_call_out_of_memory(call);
    for (int32_t i = 0; i < catalog->n_schemas; i++)
        VGI_TRY(nest_schema(call, &catalog->schemas[i], attach_opaque_data, hash, &schemas[i]));
    ret->nested_schemas =
        (vgi_schema_contents_list){.items = schemas, .count = (size_t)catalog->n_schemas, .present = true};
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

static vgi_status columns_of_schemas(vgi_call *call, const vg_catalog_entry *catalog, uint64_t *hash, vgi_bytes *ret)
{
    vg_rows rows = {.record = &vg_schema_info_record};

    for (int32_t i = 0; i < catalog->n_schemas; i++) {
        void *row;

        VGI_TRY(vg_rows_add(call, &rows, &row));
        VGI_TRY(vg_fill_schema(call, &catalog->schemas[i], (vgi_bytes){0}, row));
    }
    return encode_rows(call, &rows, hash, ret);
}

static vgi_status columns(vgi_call *call, const vg_catalog_entry *catalog, uint64_t *hash,
                          vgi_catalog_contents_response *ret)
{
    VGI_TRY(columns_of_schemas(call, catalog, hash, &ret->schemas));
    for (size_t i = 0; i < N_KINDS;) {
        size_t first = i;
        vg_rows rows = {.record = KINDS[first].record};

        for (; i < N_KINDS && KINDS[i].columnar == KINDS[first].columnar; i++)
            for (int32_t k = 0; k < catalog->n_schemas; k++)
                VGI_TRY(KINDS[i].list(call, &catalog->schemas[k], &rows));
        VGI_TRY(encode_rows(call, &rows, hash, (vgi_bytes *)(void *)((char *)ret + KINDS[first].columnar)));
    }
    return VGI_OK;
}

vgi_status vg_handle_catalog_contents(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_contents_params *params = request;
    vgi_catalog_contents_response *result = response;
    const vg_catalog_entry *catalog;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    vgi_catalog_contents_response contents = {0};

    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    if (call->version_minor >= COLUMNAR_SINCE_MINOR)
        VGI_TRY(columns(call, catalog, &hash, &contents));
    else
        VGI_TRY(nest(call, catalog, params->attach_opaque_data, &hash, &contents));
    contents.etag = vg_arena_printf(call->arena, "%016" PRIx64, hash);
    if (!contents.etag.data)
        return vg_call_out_of_memory(call);
    if (params->if_none_match.data && vgi_string_equal(params->if_none_match, contents.etag))
        contents = (vgi_catalog_contents_response){.etag = contents.etag, .not_modified = true};
    contents.catalog_version = vg_catalog_version(catalog);
    *result = contents;
    return VGI_OK;
}
