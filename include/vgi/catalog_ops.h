/* Catalogs that are not known when compiling: a const struct of callbacks, one a method of the catalog protocol
 * (vgi.md §5), called as the wire calls it without `catalog_`. Given as vgi_catalog.ops.
 *
 * Every member may be NULL; what happens then stands beside it. "Declared" is what the catalog's descriptors
 * (vgi_catalog.schemas, `main` where there are none) say: an ops catalog offers its functions through them, and may
 * leave any kind of object to them. A callback gets what was asked as a generated struct of vgi/records.h, and fills a
 * zeroed one, or adds to a listing. What it points to must live until the answer is sent: vgi_alloc(), static data, or
 * what lives as long as the catalog. attach_opaque_data is what the attach callback gave, byte for byte.
 *
 * Two processes may serve two calls of one attachment: what must be remembered goes into attach_opaque_data, or into
 * a store. */
#ifndef VGI_CATALOG_OPS_H
#define VGI_CATALOG_OPS_H

#include <vgi/batch.h>
#include <vgi/call.h>
#include <vgi/records.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- listings ---------------------------------------------------------------------------------------------------- */

/* What a callback lists. vgi_add_*() gives a zeroed struct to fill, valid until the next is added; never NULL: what
 * fails (no memory, another kind of object than is listed) fails the call afterwards. A schema_path that is left absent
 * is that of the request. */
typedef struct vgi_listing vgi_listing;
VGI_EXPORT void *vgi_listing_add(vgi_listing *listing, vgi_record_id record);

/* As vgi_add_table(): `listing` lists records of that kind. */
#define VGI_LISTING_OF(kind, name, id)                                                                                 \
    static inline name *vgi_add_##kind(vgi_listing *listing)                                                           \
    {                                                                                                                  \
        return (name *)vgi_listing_add(listing, id);                                                                   \
    }
VGI_LISTING_OF(catalog, vgi_catalog_info, VGI_RECORD_CATALOG_INFO)
VGI_LISTING_OF(schema, vgi_schema_info, VGI_RECORD_SCHEMA_INFO)
VGI_LISTING_OF(table, vgi_table_info, VGI_RECORD_TABLE_INFO)
VGI_LISTING_OF(view, vgi_view_info, VGI_RECORD_VIEW_INFO)
VGI_LISTING_OF(function, vgi_function_info, VGI_RECORD_FUNCTION_INFO)
VGI_LISTING_OF(macro, vgi_macro_info, VGI_RECORD_MACRO_INFO)
VGI_LISTING_OF(index, vgi_index_info, VGI_RECORD_INDEX_INFO)
VGI_LISTING_OF(copy_from_format, vgi_copy_from_format_info, VGI_RECORD_COPY_FROM_FORMAT_INFO)
#undef VGI_LISTING_OF

/* ---- options in logs --------------------------------------------------------------------------------------------- */

/* What logs may tell of the options of ATTACH and of `create`. vgi_loggable_add tells what was given under that name
 * (nothing where nothing was, where it has no JSON form, or where the option is declared secret); _add_text tells a
 * text of your making, the host of a URL, say. The first of a name is told. */
typedef struct vgi_loggable vgi_loggable;
VGI_EXPORT void vgi_loggable_add(vgi_loggable *loggable, const char *name);
VGI_EXPORT void vgi_loggable_add_text(vgi_loggable *loggable, const char *name, vgi_string text);

/* ---- the callbacks ----------------------------------------------------------------------------------------------- */

/* A member that changes something, gives one record, or lists. */
#define VGI_OP_CHANGES(name, request) vgi_status (*name)(vgi_call * call, const request *asked)
#define VGI_OP_GIVES(name, request, response) vgi_status (*name)(vgi_call * call, const request *asked, response *ret)
#define VGI_OP_LISTS(name, request) vgi_status (*name)(vgi_call * call, const request *asked, vgi_listing *ret)

typedef struct vgi_catalog_ops {
    /* The read-only base: every change whose member is NULL is refused as CatalogReadOnlyError, in a sentence that
     * names the object. Otherwise as NotImplementedError. Changes are the members marked so. */
    bool is_read_only;
    /* `FROM t AT (VERSION => 3)` is asked of the members that take at_unit (VERSION or TIMESTAMP) and at_value (text);
     * else the engine refuses AT. */
    bool supports_time_travel;

    /* ---- catalogs and attachments ---- */
    /* The catalogs that can be attached; NULL: one, the descriptor's own name. A CatalogInfo without option specs gets
     * those of the descriptor. */
    vgi_status (*catalogs)(vgi_call *call, vgi_listing *ret);
    /* `ret` comes filled from the descriptor: versions, comment, tags, default_schema, supports_* as the members below
     * are there. attach_opaque_data left absent: the name of the catalog. Declared attach options are checked, and read
     * as arguments: vgi_arg_text(call, "path", &path). NULL: the attachment is what the descriptor says. */
    VGI_OP_GIVES(attach, vgi_catalog_attach_request, vgi_catalog_attach_result);
    /* Of `options` (one row, a column for each that was given) those that logs may tell, beside declared ones that are
     * is_loggable. Name the ones that are known to be harmless; where it fails, none is told, and the call goes on.
     * NULL: none. */
    vgi_status (*loggable_attach_options)(vgi_call *call, const vgi_batch *options, vgi_loggable *ret);
    VGI_OP_CHANGES(detach, vgi_catalog_detach_params);                               /* NULL: nothing to do */
    VGI_OP_CHANGES(create, vgi_catalog_create_request);                              /* a change */
    VGI_OP_CHANGES(drop, vgi_catalog_drop_params);                                   /* a change */
    VGI_OP_GIVES(version, vgi_catalog_version_params, vgi_catalog_version_response); /* NULL: the descriptor's (0) */

    /* ---- transactions: changes ---- */
    VGI_OP_GIVES(transaction_begin, vgi_catalog_transaction_begin_params, vgi_transaction_begin_response);
    VGI_OP_CHANGES(transaction_commit, vgi_catalog_transaction_commit_params);
    VGI_OP_CHANGES(transaction_rollback, vgi_catalog_transaction_rollback_params);

    /* ---- listings, and objects by name ----
     * A *_get adds the object, or nothing where there is none: no error. Of a listing and its *_get one is enough:
     * where the *_get is NULL, it is answered from the listing; where the listing is, objects are found by name, and
     * what is declared is listed. */
    VGI_OP_LISTS(schemas, vgi_catalog_schemas_params); /* NULL: declared */
    VGI_OP_LISTS(schema_get, vgi_catalog_schema_get_params);
    VGI_OP_LISTS(schema_contents_tables, vgi_catalog_schema_contents_tables_params);
    VGI_OP_LISTS(table_get, vgi_catalog_table_get_params);
    VGI_OP_LISTS(schema_contents_views, vgi_catalog_schema_contents_views_params);
    VGI_OP_LISTS(view_get, vgi_catalog_view_get_params);
    VGI_OP_LISTS(schema_contents_macros, vgi_catalog_schema_contents_macros_params);
    VGI_OP_LISTS(macro_get, vgi_catalog_macro_get_params);
    VGI_OP_LISTS(schema_contents_indexes, vgi_catalog_schema_contents_indexes_params);
    VGI_OP_LISTS(index_get, vgi_catalog_index_get_params);
    VGI_OP_LISTS(schema_contents_functions, vgi_catalog_schema_contents_functions_params); /* NULL: declared */
    VGI_OP_LISTS(copy_from_formats, vgi_catalog_copy_from_formats_params);                 /* NULL: none */
    /* Everything in one answer (since 2.1), of what is committed. NULL: put together from the listings, with an etag
     * over all of it; offered where all can be listed and there are no transactions: who is in one must ask for the
     * parts. */
    VGI_OP_GIVES(contents, vgi_catalog_contents_params, vgi_catalog_contents_response);

    /* ---- how a table is read: one of the two is enough ---- */
    VGI_OP_GIVES(table_scan_function_get, vgi_catalog_table_scan_function_get_params, vgi_scan_function_result);
    VGI_OP_GIVES(table_scan_branches_get, vgi_catalog_table_scan_branches_get_params, vgi_scan_branches_result);
    /* Statistics as the wire has them (vgi.md §10); left absent, or NULL: nothing is known. */
    VGI_OP_GIVES(table_column_statistics_get, vgi_catalog_table_column_statistics_get_params, vgi_bytes);

    /* ---- how a table is written: by functions of the catalog that write (vgi_table_in_out). TableInfo's
     * write_result_modes says what they can answer with. NULL: as is declared (vgi_table.insert, ...) ---- */
    VGI_OP_GIVES(table_insert_function_get, vgi_catalog_table_insert_function_get_params, vgi_write_function_result);
    VGI_OP_GIVES(table_update_function_get, vgi_catalog_table_update_function_get_params, vgi_write_function_result);
    VGI_OP_GIVES(table_delete_function_get, vgi_catalog_table_delete_function_get_params, vgi_write_function_result);

    /* ---- DDL: changes ---- */
    VGI_OP_CHANGES(schema_create, vgi_catalog_schema_create_params);
    VGI_OP_CHANGES(schema_drop, vgi_catalog_schema_drop_params);
    VGI_OP_CHANGES(table_create, vgi_table_create_request);
    VGI_OP_CHANGES(table_drop, vgi_catalog_table_drop_params);
    VGI_OP_CHANGES(table_rename, vgi_catalog_table_rename_params);
    VGI_OP_CHANGES(table_comment_set, vgi_catalog_table_comment_set_params);
    VGI_OP_CHANGES(table_column_add, vgi_catalog_table_column_add_params);
    VGI_OP_CHANGES(table_column_drop, vgi_catalog_table_column_drop_params);
    VGI_OP_CHANGES(table_column_rename, vgi_catalog_table_column_rename_params);
    VGI_OP_CHANGES(table_column_type_change, vgi_catalog_table_column_type_change_params);
    VGI_OP_CHANGES(table_column_default_set, vgi_catalog_table_column_default_set_params);
    VGI_OP_CHANGES(table_column_default_drop, vgi_catalog_table_column_default_drop_params);
    VGI_OP_CHANGES(table_column_comment_set, vgi_catalog_table_column_comment_set_params);
    VGI_OP_CHANGES(table_not_null_set, vgi_catalog_table_not_null_set_params);
    VGI_OP_CHANGES(table_not_null_drop, vgi_catalog_table_not_null_drop_params);
    VGI_OP_CHANGES(view_create, vgi_catalog_view_create_params);
    VGI_OP_CHANGES(view_drop, vgi_catalog_view_drop_params);
    VGI_OP_CHANGES(view_rename, vgi_catalog_view_rename_params);
    VGI_OP_CHANGES(view_comment_set, vgi_catalog_view_comment_set_params);
    VGI_OP_CHANGES(macro_create, vgi_macro_create_request);
    VGI_OP_CHANGES(macro_drop, vgi_catalog_macro_drop_params);
    VGI_OP_CHANGES(index_create, vgi_index_create_request);
    VGI_OP_CHANGES(index_drop, vgi_catalog_index_drop_params);
} vgi_catalog_ops;

#undef VGI_OP_CHANGES
#undef VGI_OP_GIVES
#undef VGI_OP_LISTS

/* ---- in a callback ----------------------------------------------------------------------------------------------- */

/* Of the attachment that the call belongs to, also in callbacks of functions; absent where it belongs to none: what the
 * attach callback gave; 16 bytes that no other attachment has; the transaction that the call is part of. Secrets may
 * lie in the first and the last: they are not for logs. */
VGI_EXPORT vgi_bytes vgi_call_attach_opaque_data(const vgi_call *call);
VGI_EXPORT vgi_bytes vgi_call_attachment_id(const vgi_call *call);
VGI_EXPORT vgi_bytes vgi_call_transaction_opaque_data(const vgi_call *call);

/* The data version that ATTACH resolved to (resolved_data_version), also in callbacks of functions; absent: none. */
VGI_EXPORT vgi_string vgi_call_data_version(const vgi_call *call);

/* Text in the call's memory; absent where memory is out. */
VGI_EXPORT vgi_string vgi_call_text(vgi_call *call, const char *format, ...) VGI_PRINTF(2, 3);

/* SQL columns, `id BIGINT NOT NULL, name VARCHAR`, as the bytes of a TableInfo. NOT NULL shows in
 * not_null_constraints only. */
VGI_EXPORT vgi_status vgi_call_columns(vgi_call *call, const char *sql, vgi_bytes *ret) VGI_MUST_USE;
/* Schemas as bytes (the columns of a table that is created), and back. */
VGI_EXPORT vgi_status vgi_call_schema_encode(vgi_call *call, const vgi_arrow_schema *schema,
                                             vgi_bytes *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_call_schema_decode(vgi_call *call, vgi_bytes bytes,
                                             const vgi_arrow_schema **ret) VGI_MUST_USE;

/* A record that a request carries as bytes (a foreign key of a table that is created) as the struct `ret` of `size`
 * bytes. */
VGI_EXPORT vgi_status vgi_call_record_decode(vgi_call *call, vgi_record_id id, vgi_bytes bytes, void *ret,
                                             size_t size) VGI_MUST_USE;

/* Everything that a table's descriptor (vgi/catalog.h) says, as a callback answers it: columns with defaults and
 * comments, constraints, tags, the scan, what writes it. `schema` is where the table is; the functions that it calls
 * are looked for there, then in the catalog's other schemas. What a descriptor cannot say (statistics) is set in `ret`
 * after it. What foreign keys refer to is not looked up. `table` and its texts are borrowed until the answer is sent; a
 * mistake in it fails the call. */
struct vgi_table;
VGI_EXPORT vgi_status vgi_table_describe(vgi_call *call, const struct vgi_table *table, const char *schema,
                                         vgi_table_info *ret) VGI_MUST_USE;

/* A call with constant arguments, as vgi_table.scan has it: vgi_scan_call(call, ret, "main", "files(%s)",
 * vgi_sql_text(call, path)). `schema` is where the catalog's function stands; NULL: the function is the engine's. */
VGI_EXPORT vgi_status vgi_scan_call(vgi_call *call, vgi_scan_function_result *ret, const char *schema,
                                    const char *format, ...) VGI_PRINTF(4, 5) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_write_call(vgi_call *call, vgi_write_function_result *ret, const char *schema,
                                     const char *format, ...) VGI_PRINTF(4, 5) VGI_MUST_USE;
/* Text as an SQL literal, quotes doubled; "NULL" where it is absent or memory is out. */
VGI_EXPORT const char *vgi_sql_text(vgi_call *call, vgi_string text);

#ifdef __cplusplus
}
#endif
#endif
