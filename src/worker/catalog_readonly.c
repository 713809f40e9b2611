/* Every change of the structure of a catalog made of descriptors is refused as CatalogReadOnlyError, with a sentence
 * that names the object (vgi.md §5). One handler a method; the macros give them their bodies, since every method has
 * parameters of its own. */
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

static const vgi_string_list NO_PATH;
static const vgi_string NO_NAME;

/* `what` is the change and the kind of object: "rename table". */
static vgi_status refuse(vgi_call *call, const char *what, vgi_string_list path, vgi_string name, vgi_string column)
{
    return vgi_fail(call, VGI_ERR_READ_ONLY, "Cannot %s %s: catalog is read-only", what,
                    vg_call_name(call, path, name, column));
}

/* The same for a change within an attachment, which must be one of ours. */
static vgi_status refuse_in(vgi_call *call, vgi_bytes attach_opaque_data, const char *what, vgi_string_list path,
                            vgi_string name, vgi_string column)
{
    const vg_catalog_entry *catalog;

    VGI_TRY(vg_call_catalog(call, attach_opaque_data, &catalog));
    return refuse(call, what, path, name, column);
}

#define REFUSE_CATALOG(method, params, what)                                                                           \
    vgi_status vg_handle_##method(vgi_call *call, const void *request, void *response)                                 \
    {                                                                                                                  \
        (void)response;                                                                                                \
        return refuse(call, what, NO_PATH, ((const params *)request)->name, NO_NAME);                                  \
    }
#define REFUSE_SCHEMA(method, params, what)                                                                            \
    vgi_status vg_handle_##method(vgi_call *call, const void *request, void *response)                                 \
    {                                                                                                                  \
        const params *of = request;                                                                                    \
                                                                                                                       \
        (void)response;                                                                                                \
        return refuse_in(call, of->attach_opaque_data, what, of->path, NO_NAME, NO_NAME);                              \
    }
#define REFUSE_OBJECT(method, params, what)                                                                            \
    vgi_status vg_handle_##method(vgi_call *call, const void *request, void *response)                                 \
    {                                                                                                                  \
        const params *of = request;                                                                                    \
                                                                                                                       \
        (void)response;                                                                                                \
        return refuse_in(call, of->attach_opaque_data, what, of->schema_path, of->name, NO_NAME);                      \
    }
#define REFUSE_COLUMN(method, params, what)                                                                            \
    vgi_status vg_handle_##method(vgi_call *call, const void *request, void *response)                                 \
    {                                                                                                                  \
        const params *of = request;                                                                                    \
                                                                                                                       \
        (void)response;                                                                                                \
        return refuse_in(call, of->attach_opaque_data, what, of->schema_path, of->name, of->column_name);              \
    }

REFUSE_CATALOG(catalog_create, vgi_catalog_create_request, "create catalog")
REFUSE_CATALOG(catalog_drop, vgi_catalog_drop_params, "drop catalog")
REFUSE_SCHEMA(catalog_schema_create, vgi_catalog_schema_create_params, "create schema")
REFUSE_SCHEMA(catalog_schema_drop, vgi_catalog_schema_drop_params, "drop schema")

REFUSE_OBJECT(catalog_table_create, vgi_table_create_request, "create table")
REFUSE_OBJECT(catalog_table_drop, vgi_catalog_table_drop_params, "drop table")
REFUSE_OBJECT(catalog_table_rename, vgi_catalog_table_rename_params, "rename table")
REFUSE_OBJECT(catalog_table_comment_set, vgi_catalog_table_comment_set_params, "change the comment of table")

REFUSE_OBJECT(catalog_table_column_add, vgi_catalog_table_column_add_params, "add a column to table")
REFUSE_OBJECT(catalog_table_column_type_change, vgi_catalog_table_column_type_change_params,
              "change the type of a column of table")
REFUSE_COLUMN(catalog_table_column_drop, vgi_catalog_table_column_drop_params, "drop column")
REFUSE_COLUMN(catalog_table_column_rename, vgi_catalog_table_column_rename_params, "rename column")
REFUSE_COLUMN(catalog_table_column_comment_set, vgi_catalog_table_column_comment_set_params,
              "change the comment of column")
REFUSE_COLUMN(catalog_table_column_default_set, vgi_catalog_table_column_default_set_params,
              "set the default of column")
REFUSE_COLUMN(catalog_table_column_default_drop, vgi_catalog_table_column_default_drop_params,
              "drop the default of column")
REFUSE_COLUMN(catalog_table_not_null_set, vgi_catalog_table_not_null_set_params, "set NOT NULL on column")
REFUSE_COLUMN(catalog_table_not_null_drop, vgi_catalog_table_not_null_drop_params, "drop NOT NULL of column")

REFUSE_OBJECT(catalog_view_create, vgi_catalog_view_create_params, "create view")
REFUSE_OBJECT(catalog_view_drop, vgi_catalog_view_drop_params, "drop view")
REFUSE_OBJECT(catalog_view_rename, vgi_catalog_view_rename_params, "rename view")
REFUSE_OBJECT(catalog_view_comment_set, vgi_catalog_view_comment_set_params, "change the comment of view")
REFUSE_OBJECT(catalog_macro_create, vgi_macro_create_request, "create macro")
REFUSE_OBJECT(catalog_macro_drop, vgi_catalog_macro_drop_params, "drop macro")
REFUSE_OBJECT(catalog_index_create, vgi_index_create_request, "create index")
REFUSE_OBJECT(catalog_index_drop, vgi_catalog_index_drop_params, "drop index")
