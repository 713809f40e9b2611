/* What the catalog handlers share: rows of one record being listed, the look-up of what a call names, and names as
 * sentences show them.
 *
 * A kind of object (tables, views, ...) is listed by one function that adds a struct of its record for every object
 * of a schema. The listing methods turn those structs into single records, catalog_contents of 2.2 into one stream a
 * kind. */
#ifndef VG_WORKER_CATALOG_ROWS_H
#define VG_WORKER_CATALOG_ROWS_H

#include "protocol/messages.h"
#include "rpc/call.h"
#include "worker/registry.h"

/* A growing run of structs of `record`, in the call's arena. Start with {.record = &vg_..._record}. */
typedef struct vg_rows {
    const vg_record *record;
    uint8_t *data;
    size_t count;
    size_t capacity;
} vg_rows;

/* Adds a zeroed struct, valid until the next one is added. */
vgi_status vg_rows_add(vgi_call *call, vg_rows *rows, void **ret);
/* Every row as a record of its own, in the caller's dialect. */
vgi_status vg_rows_items(vgi_call *call, const vg_rows *rows, vgi_bytes_list *ret);

/* Adds what `schema` holds of one kind to `rows`. */
typedef vgi_status vg_list(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows);
vg_list vg_list_tables;
vg_list vg_list_views;
vg_list vg_list_scalar_functions;
vg_list vg_list_table_functions;
vg_list vg_list_scalar_macros;
vg_list vg_list_table_macros;
vg_list vg_list_nothing; /* aggregates and indexes: a registry has none */

/* The SchemaInfo of one schema, for the caller that holds `attach_opaque_data`. */
vgi_status vg_fill_schema(vgi_call *call, const vg_schema_entry *schema, vgi_bytes attach_opaque_data,
                          vgi_schema_info *ret);

/* How a table is scanned (catalog_scan.c). */
vgi_status vg_fill_scan_function(vgi_call *call, const vg_table *table, vgi_scan_function_result *ret);

/* And how it is written: `of` is one of table->writes. */
vgi_status vg_fill_write_function(vgi_call *call, const vg_table_call *of, vgi_write_function_result *ret);

/* One record as bytes, in the caller's dialect. */
vgi_status vg_encode_record(vgi_call *call, const vg_record *record, const void *row, vgi_bytes *ret);

/* The items of `list` over the schema `path` of the attached catalog. No such schema: VGI_ERR_NOT_FOUND. */
vgi_status vg_answer_listing(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path,
                             const vg_record *record, vg_list *list, vgi_bytes_list *ret);

/* Arguments of a scan or write function: one row; `arg_0`, `arg_1`, ... are positional, every other column is a named
 * argument (catalog_call.c). */
vgi_status vg_encode_arguments(vgi_call *call, const vg_scan_argument *arguments, int32_t count, vgi_bytes *ret);

/* The options of ATTACH as its callback reads them: vgi_arg_text(call, "path", &path); an unknown, missing or mistyped
 * one fails the call. And as CatalogInfo describes them (catalog_options.c). */
vgi_status vg_options_read(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes given);
/* What logs may tell of options; `arguments`, as read, of those that are declared (NULL: none). catalog_loggable.c */
struct vg_argument;
void vg_options_tell(vgi_call *call, const vg_catalog_entry *catalog, const struct vg_argument *arguments,
                     vgi_bytes given);
vgi_status vg_option_specs(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes_list *ret);

/* A declared value as an option or a setting describes it: its type, and its default where it has one. */
vgi_status vg_value_spec(vgi_call *call, const vg_param *param, bool has_default, vgi_bytes *ret_type,
                         vgi_bytes *ret_default);

/* What a catalog declares beside its schemas, in the answer to ATTACH: settings and types of secrets (settings.c);
 * catalogs attached with it, functions without its name (catalog_publish.c). And its releases, in CatalogInfo. */
vgi_status vg_setting_specs(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_attach_result *ret);
vgi_status vg_publish(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_attach_result *ret);
vgi_status vg_fill_releases(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_info *info);
vgi_status vg_fill_function(vgi_call *call, const vg_function *function, vgi_function_info *info);

/* The schema at `path` of the attached catalog, NULL if there is none. A path without parts, or with an empty one, is
 * refused. */
vgi_status vg_call_schema(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path,
                          const vg_schema_entry **ret);

/* catalog_version: 1 where the content never changes. */
int64_t vg_catalog_version(const vg_catalog_entry *catalog);

/* `schema.table.column` of what is given (absent parts are left out), quoted as SQL where it must be, in the call's
 * arena; control characters become '?', long parts are cut. */
const char *vg_call_name(vgi_call *call, vgi_string_list path, vgi_string name, vgi_string column);

/* Fails the call for want of memory. */
vgi_status vg_call_out_of_memory(vgi_call *call);

/* Descriptor lists as wire values, in the call's arena. */
vgi_status vg_tags_map(vgi_call *call, const vgi_tag *tags, vgi_string_map *ret);
vgi_status vg_names_list(vgi_call *call, const char *const *names, vgi_string_list *ret);

/* The path of a schema: one part, borrowed from the registry. */
static inline vgi_string_list vg_schema_path(const vg_schema_entry *schema)
{
    return (vgi_string_list){.items = &schema->name, .count = 1, .present = true};
}

#endif
