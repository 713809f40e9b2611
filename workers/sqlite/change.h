/* What the files that change a SQLite file share: change.c (tables, views, comments, indexes), create.c (CREATE TABLE),
 * alter.c (columns: types, NOT NULL, defaults). Every change is a savepoint of its transaction: it happens as a whole
 * or not at all. */
#ifndef SQ_CHANGE_H
#define SQ_CHANGE_H

#include "sq.h"

typedef struct sq_change {
    vgi_call *call;
    const sq_file *file;
    sq_txn *txn;
    sqlite3 *db;
    sq_use use;
    const sq_snapshot *snapshot; /* before the change */
    bool has_cookie;             /* SQLite's schema cookie grows with it by itself */
} sq_change;

vgi_status sq_change_begin(vgi_call *call, vgi_string_list path, sq_change *ret);
/* Keeps the change if `status` is VGI_OK, else undoes it. */
vgi_status sq_change_end(sq_change *change, vgi_status status);

/* Runs the SQL, which is ended: a failure is SQLite's sentence. */
vgi_status sq_run(sq_change *change, sq_text *sql);
/* Adds a name in quotes. */
void sq_text_name(sq_text *sql, vgi_string name);
/* Adds `main."name"`. */
void sq_text_object(sq_text *sql, vgi_string name);
/* The table or view of that name; NULL: there is none, and the caller takes that. */
vgi_status sq_change_find(sq_change *change, vgi_string name, bool is_view, bool ignore_not_found,
                          const sq_table **ret);
/* Drops a table, and its comments; one that others refer to is refused. */
vgi_status sq_change_drop(sq_change *change, const sq_table *table);
/* Its column of that name. NULL: there is none. */
const sq_column *sq_column_named(const sq_table *table, vgi_string name);
/* An expression of the engine's in SQLite's SQL; one that has no equal there is refused by name. */
vgi_status sq_change_translate(sq_change *change, const char *what, vgi_string expression, const char *const *columns,
                               sq_text *sql);
/* The declaration of a column; a type that SQLite has no place for is refused by name. */
vgi_status sq_change_declare(sq_change *change, const vgi_field *field, sq_text *sql);

/* The end of a callback that lists: its snapshot lives until the answer is sent. */
vgi_status sq_listing_end(vgi_call *call, sq_use *use, vgi_status status);

vgi_status sq_indexes(vgi_call *call, const vgi_catalog_schema_contents_indexes_params *asked, vgi_listing *ret);
vgi_status sq_index_get(vgi_call *call, const vgi_catalog_index_get_params *asked, vgi_listing *ret);

vgi_status sq_insert_function(vgi_call *call, const vgi_catalog_table_insert_function_get_params *asked,
                              vgi_write_function_result *ret);
vgi_status sq_update_function(vgi_call *call, const vgi_catalog_table_update_function_get_params *asked,
                              vgi_write_function_result *ret);
vgi_status sq_delete_function(vgi_call *call, const vgi_catalog_table_delete_function_get_params *asked,
                              vgi_write_function_result *ret);

#define SQ_CHANGE_OF(op, request) vgi_status sq_##op(vgi_call *call, const request *asked)
SQ_CHANGE_OF(schema_create, vgi_catalog_schema_create_params);
SQ_CHANGE_OF(schema_drop, vgi_catalog_schema_drop_params);
SQ_CHANGE_OF(table_create, vgi_table_create_request);
SQ_CHANGE_OF(table_drop, vgi_catalog_table_drop_params);
SQ_CHANGE_OF(table_rename, vgi_catalog_table_rename_params);
SQ_CHANGE_OF(table_comment_set, vgi_catalog_table_comment_set_params);
SQ_CHANGE_OF(table_column_add, vgi_catalog_table_column_add_params);
SQ_CHANGE_OF(table_column_drop, vgi_catalog_table_column_drop_params);
SQ_CHANGE_OF(table_column_rename, vgi_catalog_table_column_rename_params);
SQ_CHANGE_OF(table_column_type_change, vgi_catalog_table_column_type_change_params);
SQ_CHANGE_OF(table_column_default_set, vgi_catalog_table_column_default_set_params);
SQ_CHANGE_OF(table_column_default_drop, vgi_catalog_table_column_default_drop_params);
SQ_CHANGE_OF(table_column_comment_set, vgi_catalog_table_column_comment_set_params);
SQ_CHANGE_OF(table_not_null_set, vgi_catalog_table_not_null_set_params);
SQ_CHANGE_OF(table_not_null_drop, vgi_catalog_table_not_null_drop_params);
SQ_CHANGE_OF(view_create, vgi_catalog_view_create_params);
SQ_CHANGE_OF(view_drop, vgi_catalog_view_drop_params);
SQ_CHANGE_OF(view_rename, vgi_catalog_view_rename_params);
SQ_CHANGE_OF(view_comment_set, vgi_catalog_view_comment_set_params);
SQ_CHANGE_OF(macro_create, vgi_macro_create_request);
SQ_CHANGE_OF(macro_drop, vgi_catalog_macro_drop_params);
SQ_CHANGE_OF(index_create, vgi_index_create_request);
SQ_CHANGE_OF(index_drop, vgi_catalog_index_drop_params);

/* The callback of a change, around what does it in a sq_change. */
#define SQ_CHANGE(op, request, path)                                                                                   \
    vgi_status sq_##op(vgi_call *call, const request *asked)                                                           \
    {                                                                                                                  \
        sq_change change;                                                                                              \
                                                                                                                       \
        VGI_TRY(sq_change_begin(call, asked->path, &change));                                                          \
        return sq_change_end(&change, op(&change, asked));                                                             \
    }

#define SQ_CHANGES                                                                                                     \
    .table_insert_function_get = sq_insert_function, .table_update_function_get = sq_update_function,                  \
    .table_delete_function_get = sq_delete_function, .schema_create = sq_schema_create, .schema_drop = sq_schema_drop, \
    .table_create = sq_table_create, .table_drop = sq_table_drop, .table_rename = sq_table_rename,                     \
    .table_comment_set = sq_table_comment_set, .table_column_add = sq_table_column_add,                                \
    .table_column_drop = sq_table_column_drop, .table_column_rename = sq_table_column_rename,                          \
    .table_column_type_change = sq_table_column_type_change, .table_column_default_set = sq_table_column_default_set,  \
    .table_column_default_drop = sq_table_column_default_drop,                                                         \
    .table_column_comment_set = sq_table_column_comment_set, .table_not_null_set = sq_table_not_null_set,              \
    .table_not_null_drop = sq_table_not_null_drop, .view_create = sq_view_create, .view_drop = sq_view_drop,           \
    .view_rename = sq_view_rename, .view_comment_set = sq_view_comment_set, .macro_create = sq_macro_create,           \
    .macro_drop = sq_macro_drop, .index_create = sq_index_create, .index_drop = sq_index_drop

#endif
