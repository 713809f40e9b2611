/* A method of the protocol as a command: its row, and who calls it. */
#ifndef VGI_TOOL_METHOD_H
#define VGI_TOOL_METHOD_H

#include "answers.h"

typedef enum cli_shape { NOTHING = 0, LIST, RECORD, BATCH } cli_shape;

/* `ret`: a list, a pointer to a record, or vgi_bytes, as `shape` says. */
typedef vgi_status cli_method_call(cli *c, const void *params, void *ret, vgi_error *err);

typedef int cli_method_prepare(cli *c, void *params);

typedef struct cli_method {
    cli_method_call *call;
    const cli_answer *answer;
    cli_shape shape;
    bool on_client;              /* needs no attachment */
    size_t transaction;          /* offset of transaction_opaque_data; 0: none */
    cli_method_prepare *prepare; /* what the rows cannot say */
} cli_method;

/* table-create: constraints are said by the names of columns, and go by their index. */
typedef struct cli_table_create {
    vgi_table_create_request request;
    vgi_string_list_list primary_keys, uniques;
    vgi_string_list foreign_keys;
    vgi_string_map defaults, comments; /* of columns */
} cli_table_create;

/* table-column-add: what its definition cannot say. */
typedef struct cli_column_add {
    vgi_catalog_table_column_add_params params;
    vgi_string default_expression, comment;
} cli_column_add;

/* Runs the command of c->command->method. */
int cli_method_run(cli *c, const void *args);

cli_method_call cli_call_attach, cli_call_catalogs, cli_call_contents, cli_call_copy_from_formats, cli_call_create,
    cli_call_detach, cli_call_drop, cli_call_index_create, cli_call_index_drop, cli_call_index_get,
    cli_call_macro_create, cli_call_macro_drop, cli_call_macro_get, cli_call_schema_contents_functions,
    cli_call_schema_contents_indexes, cli_call_schema_contents_macros, cli_call_schema_contents_tables,
    cli_call_schema_contents_views, cli_call_schema_create, cli_call_schema_drop, cli_call_schema_get, cli_call_schemas,
    cli_call_table_column_add, cli_call_table_column_comment_set, cli_call_table_column_default_drop,
    cli_call_table_column_default_set, cli_call_table_column_drop, cli_call_table_column_rename,
    cli_call_table_column_statistics_get, cli_call_table_column_type_change, cli_call_table_comment_set,
    cli_call_table_create, cli_call_table_delete_function_get, cli_call_table_drop, cli_call_table_get,
    cli_call_table_insert_function_get, cli_call_table_not_null_drop, cli_call_table_not_null_set,
    cli_call_table_rename, cli_call_table_scan_branches_get, cli_call_table_scan_function_get,
    cli_call_table_update_function_get, cli_call_transaction_begin, cli_call_transaction_commit,
    cli_call_transaction_rollback, cli_call_version, cli_call_view_comment_set, cli_call_view_create,
    cli_call_view_drop, cli_call_view_get, cli_call_view_rename;

cli_method_prepare cli_prepare_attach, cli_prepare_catalog_create, cli_prepare_column_add, cli_prepare_index_create,
    cli_prepare_macro_create, cli_prepare_table_create, cli_prepare_view_create;

#endif
