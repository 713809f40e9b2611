/* A command for every catalog method of the protocol (vgi.md §5): one row a method, and what it takes. How it is called
 * is in methods.c, what it answers in answers.c. */
#include "method.h"

#define AT(member) .offset = offsetof(PARAMS, member)

static const cli_method CATALOGS = {
    .call = cli_call_catalogs, .answer = &CLI_CATALOG, .shape = LIST, .on_client = true};
static const cli_method ATTACH = {
    .call = cli_call_attach, .answer = &CLI_ATTACH, .shape = RECORD, .prepare = cli_prepare_attach};
static const cli_method DETACH = {.call = cli_call_detach};
#define PARAMS vgi_catalog_create_request
static const cli_field CATALOG_CREATE_FIELDS[] = {
    {"NAME", "its name", AT(name)},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(on_conflict), .kind = CLI_ENUM,
     .enumeration = "OnConflict"},
    {"--option", "what CREATE has in its parentheses, NAME[:TYPE]=VALUE; may be repeated", AT(options),
     .kind = CLI_VALUES},
    {0},
};
#undef PARAMS

static const cli_method CATALOG_CREATE = {
    .call = cli_call_create, .on_client = true, .prepare = cli_prepare_catalog_create};
#define PARAMS vgi_catalog_drop_params
static const cli_field CATALOG_DROP_FIELDS[] = {
    {"NAME", "its name", AT(name)},
    {0},
};
#undef PARAMS

static const cli_method CATALOG_DROP = {.call = cli_call_drop, .on_client = true};
static const cli_method CATALOG_VERSION = {.call = cli_call_version,
                                           .answer = &CLI_VERSION,
                                           .shape = RECORD,
                                           .transaction =
                                               offsetof(vgi_catalog_version_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_contents_params
static const cli_field CATALOG_CONTENTS_FIELDS[] = {
    {"--if-none-match", "the etag of what is known", AT(if_none_match)},
    {0},
};
#undef PARAMS

static const cli_method CATALOG_CONTENTS = {.call = cli_call_contents, .answer = &CLI_CONTENTS, .shape = RECORD};
static const cli_method COPY_FROM_FORMATS = {
    .call = cli_call_copy_from_formats,
    .answer = &CLI_COPY_FORMAT,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_copy_from_formats_params, transaction_opaque_data)};
static const cli_method SCHEMAS = {.call = cli_call_schemas,
                                   .answer = &CLI_SCHEMA,
                                   .shape = LIST,
                                   .transaction = offsetof(vgi_catalog_schemas_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_get_params
static const cli_field SCHEMA_GET_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_GET = {.call = cli_call_schema_get,
                                      .answer = &CLI_SCHEMA,
                                      .shape = LIST,
                                      .transaction = offsetof(vgi_catalog_schema_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_create_params
static const cli_field SCHEMA_CREATE_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(on_conflict), .kind = CLI_ENUM,
     .enumeration = "OnConflict"},
    {"--comment", "its comment", AT(comment)},
    {"--tag", "a tag; may be repeated", AT(tags), .kind = CLI_MAP},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CREATE = {
    .call = cli_call_schema_create, .transaction = offsetof(vgi_catalog_schema_create_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_drop_params
static const cli_field SCHEMA_DROP_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {"--cascade", "what depends on it goes, too", AT(cascade), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_DROP = {
    .call = cli_call_schema_drop, .transaction = offsetof(vgi_catalog_schema_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_contents_tables_params
static const cli_field SCHEMA_CONTENTS_TABLES_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CONTENTS_TABLES = {
    .call = cli_call_schema_contents_tables,
    .answer = &CLI_TABLE,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_schema_contents_tables_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_contents_views_params
static const cli_field SCHEMA_CONTENTS_VIEWS_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CONTENTS_VIEWS = {
    .call = cli_call_schema_contents_views,
    .answer = &CLI_VIEW,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_schema_contents_views_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_contents_indexes_params
static const cli_field SCHEMA_CONTENTS_INDEXES_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CONTENTS_INDEXES = {
    .call = cli_call_schema_contents_indexes,
    .answer = &CLI_INDEX,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_schema_contents_indexes_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_contents_functions_params
static const cli_field SCHEMA_CONTENTS_FUNCTIONS_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {"KIND", "scalar-function, table-function or aggregate-function", AT(type), .kind = CLI_ENUM,
     .enumeration = "SchemaObjectType"},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CONTENTS_FUNCTIONS = {
    .call = cli_call_schema_contents_functions,
    .answer = &CLI_FUNCTION,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_schema_contents_functions_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_schema_contents_macros_params
static const cli_field SCHEMA_CONTENTS_MACROS_FIELDS[] = {
    {"SCHEMA", "the schema; OUTER.INNER where they nest", AT(path), .kind = CLI_PATH},
    {"KIND", "scalar-macro or table-macro", AT(type), .kind = CLI_ENUM, .enumeration = "SchemaObjectType"},
    {0},
};
#undef PARAMS

static const cli_method SCHEMA_CONTENTS_MACROS = {
    .call = cli_call_schema_contents_macros,
    .answer = &CLI_MACRO,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_schema_contents_macros_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_get_params
static const cli_field TABLE_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--at-unit", "time travel: VERSION or TIMESTAMP", AT(at_unit)},
    {"--at", "time travel: the version or the time", AT(at_value)},
    {0},
};
#undef PARAMS

static const cli_method TABLE_GET = {.call = cli_call_table_get,
                                     .answer = &CLI_TABLE_ALL,
                                     .shape = LIST,
                                     .transaction = offsetof(vgi_catalog_table_get_params, transaction_opaque_data)};
#define PARAMS cli_table_create
static const cli_field TABLE_CREATE_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(request.name),
     .offset2 = offsetof(PARAMS, request.schema_path), .kind = CLI_OBJECT},
    {"COLUMNS", "as SQL writes them: 'id BIGINT NOT NULL, name VARCHAR'", AT(request.columns), .kind = CLI_COLUMNS},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(request.on_conflict),
     .kind = CLI_ENUM, .enumeration = "OnConflict"},
    {"--primary-key", "columns of the primary key", AT(primary_keys), .kind = CLI_TEXT_GROUPS},
    {"--unique", "columns that are unique together; may be repeated", AT(uniques), .kind = CLI_TEXT_GROUPS},
    {"--check", "an SQL expression that holds for every row; may be repeated", AT(request.check_constraints),
     .kind = CLI_CHECKS},
    {"--foreign-key", "'A,B REFERENCES TABLE (X,Y)'; may be repeated", AT(foreign_keys), .kind = CLI_CHECKS},
    {"--default", "of a column, COLUMN=EXPRESSION; may be repeated", AT(defaults), .kind = CLI_MAP},
    {"--comment", "of a column, COLUMN=TEXT; may be repeated", AT(comments), .kind = CLI_MAP},
    {0},
};
#undef PARAMS

static const cli_method TABLE_CREATE = {.call = cli_call_table_create,
                                        .transaction = offsetof(cli_table_create, request.transaction_opaque_data),
                                        .prepare = cli_prepare_table_create};
#define PARAMS vgi_catalog_table_drop_params
static const cli_field TABLE_DROP_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {"--cascade", "what depends on it goes, too", AT(cascade), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_DROP = {.call = cli_call_table_drop,
                                      .transaction = offsetof(vgi_catalog_table_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_rename_params
static const cli_field TABLE_RENAME_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"NEW_NAME", "the new name, without schema", AT(new_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_RENAME = {
    .call = cli_call_table_rename, .transaction = offsetof(vgi_catalog_table_rename_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_comment_set_params
static const cli_field TABLE_COMMENT_SET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COMMENT", "the comment; none: taken away", AT(comment), .optional = true},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COMMENT_SET = {
    .call = cli_call_table_comment_set,
    .transaction = offsetof(vgi_catalog_table_comment_set_params, transaction_opaque_data)};
#define PARAMS cli_column_add
static const cli_field TABLE_COLUMN_ADD_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(params.name),
     .offset2 = offsetof(PARAMS, params.schema_path), .kind = CLI_OBJECT},
    {"DEFINITION", "as SQL writes it: 'price DECIMAL(9,2)'", AT(params.column_definition), .kind = CLI_COLUMNS},
    {"--if-exists", "no error where it does not exist", AT(params.ignore_not_found), .kind = CLI_FLAG},
    {"--if-not-exists", "no error where there is such a column", AT(params.if_column_not_exists), .kind = CLI_FLAG},
    {"--default", "an SQL expression", AT(default_expression)},
    {"--comment", "its comment", AT(comment)},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_ADD = {.call = cli_call_table_column_add,
                                            .transaction = offsetof(cli_column_add, params.transaction_opaque_data),
                                            .prepare = cli_prepare_column_add};
#define PARAMS vgi_catalog_table_column_drop_params
static const cli_field TABLE_COLUMN_DROP_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {"--if-column-exists", "no error where there is no such column", AT(if_column_exists), .kind = CLI_FLAG},
    {"--cascade", "what depends on it goes, too", AT(cascade), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_DROP = {
    .call = cli_call_table_column_drop,
    .transaction = offsetof(vgi_catalog_table_column_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_rename_params
static const cli_field TABLE_COLUMN_RENAME_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"NEW_NAME", "the new name", AT(new_column_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_RENAME = {
    .call = cli_call_table_column_rename,
    .transaction = offsetof(vgi_catalog_table_column_rename_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_type_change_params
static const cli_field TABLE_COLUMN_TYPE_CHANGE_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"DEFINITION", "as SQL writes it: 'price DECIMAL(9,2)'", AT(column_definition), .kind = CLI_COLUMNS},
    {"--using", "an SQL expression for the new values", AT(expression)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_TYPE_CHANGE = {
    .call = cli_call_table_column_type_change,
    .transaction = offsetof(vgi_catalog_table_column_type_change_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_comment_set_params
static const cli_field TABLE_COLUMN_COMMENT_SET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"COMMENT", "the comment; none: taken away", AT(comment), .optional = true},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_COMMENT_SET = {
    .call = cli_call_table_column_comment_set,
    .transaction = offsetof(vgi_catalog_table_column_comment_set_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_default_set_params
static const cli_field TABLE_COLUMN_DEFAULT_SET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"EXPRESSION", "in SQL", AT(expression)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_DEFAULT_SET = {
    .call = cli_call_table_column_default_set,
    .transaction = offsetof(vgi_catalog_table_column_default_set_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_default_drop_params
static const cli_field TABLE_COLUMN_DEFAULT_DROP_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_DEFAULT_DROP = {
    .call = cli_call_table_column_default_drop,
    .transaction = offsetof(vgi_catalog_table_column_default_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_column_statistics_get_params
static const cli_field TABLE_COLUMN_STATISTICS_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method TABLE_COLUMN_STATISTICS_GET = {
    .call = cli_call_table_column_statistics_get,
    .shape = BATCH,
    .transaction = offsetof(vgi_catalog_table_column_statistics_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_not_null_set_params
static const cli_field TABLE_NOT_NULL_SET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_NOT_NULL_SET = {
    .call = cli_call_table_not_null_set,
    .transaction = offsetof(vgi_catalog_table_not_null_set_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_not_null_drop_params
static const cli_field TABLE_NOT_NULL_DROP_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"COLUMN", "the column", AT(column_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method TABLE_NOT_NULL_DROP = {
    .call = cli_call_table_not_null_drop,
    .transaction = offsetof(vgi_catalog_table_not_null_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_scan_function_get_params
static const cli_field TABLE_SCAN_FUNCTION_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--at-unit", "time travel: VERSION or TIMESTAMP", AT(at_unit)},
    {"--at", "time travel: the version or the time", AT(at_value)},
    {0},
};
#undef PARAMS

static const cli_method TABLE_SCAN_FUNCTION_GET = {
    .call = cli_call_table_scan_function_get,
    .answer = &CLI_SCAN_FUNCTION,
    .shape = RECORD,
    .transaction = offsetof(vgi_catalog_table_scan_function_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_scan_branches_get_params
static const cli_field TABLE_SCAN_BRANCHES_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--at-unit", "time travel: VERSION or TIMESTAMP", AT(at_unit)},
    {"--at", "time travel: the version or the time", AT(at_value)},
    {0},
};
#undef PARAMS

static const cli_method TABLE_SCAN_BRANCHES_GET = {
    .call = cli_call_table_scan_branches_get,
    .answer = &CLI_SCAN_BRANCH,
    .shape = LIST,
    .transaction = offsetof(vgi_catalog_table_scan_branches_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_insert_function_get_params
static const cli_field TABLE_INSERT_FUNCTION_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--branch", "the function of the branch that is written to", AT(writable_branch_function_name)},
    {0},
};
#undef PARAMS

static const cli_method TABLE_INSERT_FUNCTION_GET = {
    .call = cli_call_table_insert_function_get,
    .answer = &CLI_WRITE_FUNCTION,
    .shape = RECORD,
    .transaction = offsetof(vgi_catalog_table_insert_function_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_update_function_get_params
static const cli_field TABLE_UPDATE_FUNCTION_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method TABLE_UPDATE_FUNCTION_GET = {
    .call = cli_call_table_update_function_get,
    .answer = &CLI_WRITE_FUNCTION,
    .shape = RECORD,
    .transaction = offsetof(vgi_catalog_table_update_function_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_table_delete_function_get_params
static const cli_field TABLE_DELETE_FUNCTION_GET_FIELDS[] = {
    {"TABLE", "the table: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method TABLE_DELETE_FUNCTION_GET = {
    .call = cli_call_table_delete_function_get,
    .answer = &CLI_WRITE_FUNCTION,
    .shape = RECORD,
    .transaction = offsetof(vgi_catalog_table_delete_function_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_view_get_params
static const cli_field VIEW_GET_FIELDS[] = {
    {"VIEW", "the view: NAME in the default schema, or SCHEMA.NAME", AT(name), .offset2 = offsetof(PARAMS, schema_path),
     .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method VIEW_GET = {.call = cli_call_view_get,
                                    .answer = &CLI_VIEW,
                                    .shape = LIST,
                                    .transaction = offsetof(vgi_catalog_view_get_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_view_create_params
static const cli_field VIEW_CREATE_FIELDS[] = {
    {"VIEW", "the view: NAME in the default schema, or SCHEMA.NAME", AT(name), .offset2 = offsetof(PARAMS, schema_path),
     .kind = CLI_OBJECT},
    {"QUERY", "its definition in SQL", AT(definition)},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(on_conflict), .kind = CLI_ENUM,
     .enumeration = "OnConflict"},
    {0},
};
#undef PARAMS

static const cli_method VIEW_CREATE = {.call = cli_call_view_create,
                                       .transaction = offsetof(vgi_catalog_view_create_params, transaction_opaque_data),
                                       .prepare = cli_prepare_view_create};
#define PARAMS vgi_catalog_view_drop_params
static const cli_field VIEW_DROP_FIELDS[] = {
    {"VIEW", "the view: NAME in the default schema, or SCHEMA.NAME", AT(name), .offset2 = offsetof(PARAMS, schema_path),
     .kind = CLI_OBJECT},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {"--cascade", "what depends on it goes, too", AT(cascade), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method VIEW_DROP = {.call = cli_call_view_drop,
                                     .transaction = offsetof(vgi_catalog_view_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_view_rename_params
static const cli_field VIEW_RENAME_FIELDS[] = {
    {"VIEW", "the view: NAME in the default schema, or SCHEMA.NAME", AT(name), .offset2 = offsetof(PARAMS, schema_path),
     .kind = CLI_OBJECT},
    {"NEW_NAME", "the new name, without schema", AT(new_name)},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method VIEW_RENAME = {
    .call = cli_call_view_rename, .transaction = offsetof(vgi_catalog_view_rename_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_view_comment_set_params
static const cli_field VIEW_COMMENT_SET_FIELDS[] = {
    {"VIEW", "the view: NAME in the default schema, or SCHEMA.NAME", AT(name), .offset2 = offsetof(PARAMS, schema_path),
     .kind = CLI_OBJECT},
    {"COMMENT", "the comment; none: taken away", AT(comment), .optional = true},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method VIEW_COMMENT_SET = {.call = cli_call_view_comment_set,
                                            .transaction =
                                                offsetof(vgi_catalog_view_comment_set_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_macro_get_params
static const cli_field MACRO_GET_FIELDS[] = {
    {"MACRO", "the macro: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method MACRO_GET = {.call = cli_call_macro_get,
                                     .answer = &CLI_MACRO,
                                     .shape = LIST,
                                     .transaction = offsetof(vgi_catalog_macro_get_params, transaction_opaque_data)};
#define PARAMS vgi_macro_create_request
static const cli_field MACRO_CREATE_FIELDS[] = {
    {"MACRO", "the macro: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"DEFINITION", "in SQL", AT(definition)},
    {"--type", "scalar (the default) or table", AT(macro_type), .kind = CLI_ENUM, .enumeration = "MacroType"},
    {"--parameters", "the names of its parameters", AT(parameters), .kind = CLI_TEXTS},
    {"--default", "of a parameter, NAME[:TYPE]=VALUE; may be repeated", AT(parameter_default_values),
     .kind = CLI_VALUES},
    {"--arguments", "names and types: 'a BIGINT, b BIGINT'", AT(arguments_schema), .kind = CLI_COLUMNS},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(on_conflict), .kind = CLI_ENUM,
     .enumeration = "OnConflict"},
    {0},
};
#undef PARAMS

static const cli_method MACRO_CREATE = {.call = cli_call_macro_create,
                                        .transaction = offsetof(vgi_macro_create_request, transaction_opaque_data),
                                        .prepare = cli_prepare_macro_create};
#define PARAMS vgi_catalog_macro_drop_params
static const cli_field MACRO_DROP_FIELDS[] = {
    {"MACRO", "the macro: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method MACRO_DROP = {.call = cli_call_macro_drop,
                                      .transaction = offsetof(vgi_catalog_macro_drop_params, transaction_opaque_data)};
#define PARAMS vgi_catalog_index_get_params
static const cli_field INDEX_GET_FIELDS[] = {
    {"INDEX", "the index: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {0},
};
#undef PARAMS

static const cli_method INDEX_GET = {.call = cli_call_index_get,
                                     .answer = &CLI_INDEX,
                                     .shape = LIST,
                                     .transaction = offsetof(vgi_catalog_index_get_params, transaction_opaque_data)};
#define PARAMS vgi_index_create_request
static const cli_field INDEX_CREATE_FIELDS[] = {
    {"INDEX", "the index: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"TABLE", "the table, in the same schema", AT(table_name)},
    {"EXPRESSIONS", "columns or SQL expressions", AT(expressions), .kind = CLI_TEXTS},
    {"--type", "the kind of index, ART where nothing is said", AT(index_type)},
    {"--constraint", "none (the default), unique, primary", AT(constraint_type), .kind = CLI_ENUM,
     .enumeration = "IndexConstraintType"},
    {"--option", "an option; may be repeated", AT(options), .kind = CLI_MAP},
    {"--on-conflict", "where it exists: error (the default), ignore, replace", AT(on_conflict), .kind = CLI_ENUM,
     .enumeration = "OnConflict"},
    {0},
};
#undef PARAMS

static const cli_method INDEX_CREATE = {.call = cli_call_index_create,
                                        .transaction = offsetof(vgi_index_create_request, transaction_opaque_data),
                                        .prepare = cli_prepare_index_create};
#define PARAMS vgi_catalog_index_drop_params
static const cli_field INDEX_DROP_FIELDS[] = {
    {"INDEX", "the index: NAME in the default schema, or SCHEMA.NAME", AT(name),
     .offset2 = offsetof(PARAMS, schema_path), .kind = CLI_OBJECT},
    {"--if-exists", "no error where it does not exist", AT(ignore_not_found), .kind = CLI_FLAG},
    {"--cascade", "what depends on it goes, too", AT(cascade), .kind = CLI_FLAG},
    {0},
};
#undef PARAMS

static const cli_method INDEX_DROP = {.call = cli_call_index_drop,
                                      .transaction = offsetof(vgi_catalog_index_drop_params, transaction_opaque_data)};
static const cli_method TRANSACTION_BEGIN = {
    .call = cli_call_transaction_begin, .answer = &CLI_TRANSACTION, .shape = RECORD};
#define PARAMS vgi_catalog_transaction_commit_params
static const cli_field TRANSACTION_COMMIT_FIELDS[] = {
    {"TRANSACTION", "as transaction-begin tells it", AT(transaction_opaque_data), .kind = CLI_OPAQUE},
    {0},
};
#undef PARAMS

static const cli_method TRANSACTION_COMMIT = {.call = cli_call_transaction_commit};
#define PARAMS vgi_catalog_transaction_rollback_params
static const cli_field TRANSACTION_ROLLBACK_FIELDS[] = {
    {"TRANSACTION", "as transaction-begin tells it", AT(transaction_opaque_data), .kind = CLI_OPAQUE},
    {0},
};
#undef PARAMS

static const cli_method TRANSACTION_ROLLBACK = {.call = cli_call_transaction_rollback};
static const cli_command METHODS[] = {
    {"catalogs", "Catalogs", "Lists the catalogs that the worker offers.", .fields = NULL,
     .args_size = sizeof(vgi_none), .method = &CATALOGS, .run = cli_method_run,
     .examples = "  vgi catalogs 'vgi-sqlite shop.db'\n"},
    {"attach", "Catalogs", "Attaches the catalog, and tells what the worker answers.", .fields = NULL,
     .args_size = sizeof(vgi_none), .method = &ATTACH, .run = cli_method_run,
     .examples = "  vgi attach 'vgi-sqlite shop.db'\n"},
    {"detach", "Catalogs", "Detaches the attachment that --attachment names.", .fields = NULL,
     .args_size = sizeof(vgi_catalog_detach_params), .method = &DETACH, .run = cli_method_run,
     .examples = "  vgi detach unix:///run/w.sock --attachment 0123abcd\n"},
    {"catalog-create", "Catalogs", "Creates a catalog.", .fields = CATALOG_CREATE_FIELDS,
     .args_size = sizeof(vgi_catalog_create_request), .method = &CATALOG_CREATE, .run = cli_method_run,
     .examples = "  vgi catalog-create ./worker new --option path=/data\n"},
    {"catalog-drop", "Catalogs", "Drops a catalog.", .fields = CATALOG_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_drop_params), .method = &CATALOG_DROP, .run = cli_method_run,
     .examples = "  vgi catalog-drop ./worker old\n"},
    {"catalog-version", "Catalogs", "Tells the catalog's version.", .fields = NULL,
     .args_size = sizeof(vgi_catalog_version_params), .method = &CATALOG_VERSION, .run = cli_method_run,
     .examples = "  vgi catalog-version ./worker -o csv\n"},
    {"catalog-contents", "Catalogs", "Asks for all of the catalog at once, and tells how much it is (2.1).",
     .fields = CATALOG_CONTENTS_FIELDS, .args_size = sizeof(vgi_catalog_contents_params), .method = &CATALOG_CONTENTS,
     .run = cli_method_run, .examples = "  vgi catalog-contents ./worker --protocol 2.2.0\n"},
    {"copy-from-formats", "Catalogs", "Lists the formats for COPY.", .fields = NULL,
     .args_size = sizeof(vgi_catalog_copy_from_formats_params), .method = &COPY_FROM_FORMATS, .run = cli_method_run,
     .examples = "  vgi copy-from-formats ./worker\n"},
    {"schemas", "Schemas", "Lists the schemas.", .fields = NULL, .args_size = sizeof(vgi_catalog_schemas_params),
     .method = &SCHEMAS, .run = cli_method_run, .examples = "  vgi schemas ./worker\n"},
    {"schema-get", "Schemas", "Tells about a schema.", .fields = SCHEMA_GET_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_get_params), .method = &SCHEMA_GET, .run = cli_method_run,
     .examples = "  vgi schema-get ./worker main\n"},
    {"schema-create", "Schemas", "Creates a schema.", .fields = SCHEMA_CREATE_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_create_params), .method = &SCHEMA_CREATE, .run = cli_method_run,
     .examples = "  vgi schema-create ./worker sales --comment 'what was sold' --tag owner=me\n"},
    {"schema-drop", "Schemas", "Drops a schema.", .fields = SCHEMA_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_drop_params), .method = &SCHEMA_DROP, .run = cli_method_run,
     .examples = "  vgi schema-drop ./worker sales --cascade\n"},
    {"schema-contents-tables", "Schemas", "Lists the tables of a schema.", .fields = SCHEMA_CONTENTS_TABLES_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_contents_tables_params), .method = &SCHEMA_CONTENTS_TABLES,
     .run = cli_method_run, .examples = "  vgi schema-contents-tables ./worker main\n"},
    {"schema-contents-views", "Schemas", "Lists the views of a schema.", .fields = SCHEMA_CONTENTS_VIEWS_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_contents_views_params), .method = &SCHEMA_CONTENTS_VIEWS,
     .run = cli_method_run, .examples = "  vgi schema-contents-views ./worker main\n"},
    {"schema-contents-indexes", "Schemas", "Lists the indexes of a schema.", .fields = SCHEMA_CONTENTS_INDEXES_FIELDS,
     .args_size = sizeof(vgi_catalog_schema_contents_indexes_params), .method = &SCHEMA_CONTENTS_INDEXES,
     .run = cli_method_run, .examples = "  vgi schema-contents-indexes ./worker main\n"},
    {"schema-contents-functions", "Schemas", "Lists the functions of one kind in a schema.",
     .fields = SCHEMA_CONTENTS_FUNCTIONS_FIELDS, .args_size = sizeof(vgi_catalog_schema_contents_functions_params),
     .method = &SCHEMA_CONTENTS_FUNCTIONS, .run = cli_method_run,
     .examples = "  vgi schema-contents-functions ./worker main scalar-function\n"},
    {"schema-contents-macros", "Schemas", "Lists the macros of one kind in a schema.",
     .fields = SCHEMA_CONTENTS_MACROS_FIELDS, .args_size = sizeof(vgi_catalog_schema_contents_macros_params),
     .method = &SCHEMA_CONTENTS_MACROS, .run = cli_method_run,
     .examples = "  vgi schema-contents-macros ./worker main scalar-macro\n"},
    {"table-get", "Tables", "Tells all about a table.", .fields = TABLE_GET_FIELDS,
     .args_size = sizeof(vgi_catalog_table_get_params), .method = &TABLE_GET, .run = cli_method_run,
     .examples = "  vgi table-get ./worker main.orders\n"},
    {"table-create", "Tables", "Creates a table.", .fields = TABLE_CREATE_FIELDS, .args_size = sizeof(cli_table_create),
     .method = &TABLE_CREATE, .run = cli_method_run,
     .examples = "  vgi table-create ./worker main.t 'id BIGINT NOT NULL, name VARCHAR' --primary-key id\n"},
    {"table-drop", "Tables", "Drops a table.", .fields = TABLE_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_table_drop_params), .method = &TABLE_DROP, .run = cli_method_run,
     .examples = "  vgi table-drop ./worker main.t --if-exists\n"},
    {"table-rename", "Tables", "Renames a table.", .fields = TABLE_RENAME_FIELDS,
     .args_size = sizeof(vgi_catalog_table_rename_params), .method = &TABLE_RENAME, .run = cli_method_run,
     .examples = "  vgi table-rename ./worker main.t u\n"},
    {"table-comment-set", "Tables", "Sets a table's comment.", .fields = TABLE_COMMENT_SET_FIELDS,
     .args_size = sizeof(vgi_catalog_table_comment_set_params), .method = &TABLE_COMMENT_SET, .run = cli_method_run,
     .examples = "  vgi table-comment-set ./worker main.t 'what it is'\n"},
    {"table-column-add", "Tables", "Adds a column to a table.", .fields = TABLE_COLUMN_ADD_FIELDS,
     .args_size = sizeof(cli_column_add), .method = &TABLE_COLUMN_ADD, .run = cli_method_run,
     .examples = "  vgi table-column-add ./worker main.t 'price DECIMAL(9,2)'\n"},
    {"table-column-drop", "Tables", "Drops a column of a table.", .fields = TABLE_COLUMN_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_drop_params), .method = &TABLE_COLUMN_DROP, .run = cli_method_run,
     .examples = "  vgi table-column-drop ./worker main.t price\n"},
    {"table-column-rename", "Tables", "Renames a column.", .fields = TABLE_COLUMN_RENAME_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_rename_params), .method = &TABLE_COLUMN_RENAME, .run = cli_method_run,
     .examples = "  vgi table-column-rename ./worker main.t price amount\n"},
    {"table-column-type-change", "Tables", "Changes a column's type.", .fields = TABLE_COLUMN_TYPE_CHANGE_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_type_change_params), .method = &TABLE_COLUMN_TYPE_CHANGE,
     .run = cli_method_run, .examples = "  vgi table-column-type-change ./worker main.t 'price DOUBLE'\n"},
    {"table-column-comment-set", "Tables", "Sets a column's comment.", .fields = TABLE_COLUMN_COMMENT_SET_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_comment_set_params), .method = &TABLE_COLUMN_COMMENT_SET,
     .run = cli_method_run, .examples = "  vgi table-column-comment-set ./worker main.t price 'in euro'\n"},
    {"table-column-default-set", "Tables", "Sets a column's default.", .fields = TABLE_COLUMN_DEFAULT_SET_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_default_set_params), .method = &TABLE_COLUMN_DEFAULT_SET,
     .run = cli_method_run, .examples = "  vgi table-column-default-set ./worker main.t price 0.00\n"},
    {"table-column-default-drop", "Tables", "Drops a column's default.", .fields = TABLE_COLUMN_DEFAULT_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_table_column_default_drop_params), .method = &TABLE_COLUMN_DEFAULT_DROP,
     .run = cli_method_run, .examples = "  vgi table-column-default-drop ./worker main.t price\n"},
    {"table-column-statistics-get", "Tables", "Tells the statistics of the columns of a table.",
     .fields = TABLE_COLUMN_STATISTICS_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_column_statistics_get_params),
     .method = &TABLE_COLUMN_STATISTICS_GET, .run = cli_method_run,
     .examples = "  vgi table-column-statistics-get ./worker main.t -o json\n"},
    {"table-not-null-set", "Tables", "Makes a column NOT NULL.", .fields = TABLE_NOT_NULL_SET_FIELDS,
     .args_size = sizeof(vgi_catalog_table_not_null_set_params), .method = &TABLE_NOT_NULL_SET, .run = cli_method_run,
     .examples = "  vgi table-not-null-set ./worker main.t price\n"},
    {"table-not-null-drop", "Tables", "Lets a column be NULL.", .fields = TABLE_NOT_NULL_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_table_not_null_drop_params), .method = &TABLE_NOT_NULL_DROP, .run = cli_method_run,
     .examples = "  vgi table-not-null-drop ./worker main.t price\n"},
    {"table-scan-function-get", "Tables", "Tells the function that scans a table.",
     .fields = TABLE_SCAN_FUNCTION_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_scan_function_get_params),
     .method = &TABLE_SCAN_FUNCTION_GET, .run = cli_method_run,
     .examples = "  vgi table-scan-function-get ./worker main.t\n"},
    {"table-scan-branches-get", "Tables", "Tells the branches that a table is scanned by.",
     .fields = TABLE_SCAN_BRANCHES_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_scan_branches_get_params),
     .method = &TABLE_SCAN_BRANCHES_GET, .run = cli_method_run,
     .examples = "  vgi table-scan-branches-get ./worker main.t\n"},
    {"table-insert-function-get", "Tables", "Tells the function that inserts into a table.",
     .fields = TABLE_INSERT_FUNCTION_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_insert_function_get_params),
     .method = &TABLE_INSERT_FUNCTION_GET, .run = cli_method_run,
     .examples = "  vgi table-insert-function-get ./worker main.t\n"},
    {"table-update-function-get", "Tables", "Tells the function that updates a table.",
     .fields = TABLE_UPDATE_FUNCTION_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_update_function_get_params),
     .method = &TABLE_UPDATE_FUNCTION_GET, .run = cli_method_run,
     .examples = "  vgi table-update-function-get ./worker main.t\n"},
    {"table-delete-function-get", "Tables", "Tells the function that deletes from a table.",
     .fields = TABLE_DELETE_FUNCTION_GET_FIELDS, .args_size = sizeof(vgi_catalog_table_delete_function_get_params),
     .method = &TABLE_DELETE_FUNCTION_GET, .run = cli_method_run,
     .examples = "  vgi table-delete-function-get ./worker main.t\n"},
    {"view-get", "Views, macros, indexes", "Tells about a view.", .fields = VIEW_GET_FIELDS,
     .args_size = sizeof(vgi_catalog_view_get_params), .method = &VIEW_GET, .run = cli_method_run,
     .examples = "  vgi view-get ./worker main.v\n"},
    {"view-create", "Views, macros, indexes", "Creates a view.", .fields = VIEW_CREATE_FIELDS,
     .args_size = sizeof(vgi_catalog_view_create_params), .method = &VIEW_CREATE, .run = cli_method_run,
     .examples = "  vgi view-create ./worker main.v 'SELECT 1 AS one'\n"},
    {"view-drop", "Views, macros, indexes", "Drops a view.", .fields = VIEW_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_view_drop_params), .method = &VIEW_DROP, .run = cli_method_run,
     .examples = "  vgi view-drop ./worker main.v\n"},
    {"view-rename", "Views, macros, indexes", "Renames a view.", .fields = VIEW_RENAME_FIELDS,
     .args_size = sizeof(vgi_catalog_view_rename_params), .method = &VIEW_RENAME, .run = cli_method_run,
     .examples = "  vgi view-rename ./worker main.v w\n"},
    {"view-comment-set", "Views, macros, indexes", "Sets a view's comment.", .fields = VIEW_COMMENT_SET_FIELDS,
     .args_size = sizeof(vgi_catalog_view_comment_set_params), .method = &VIEW_COMMENT_SET, .run = cli_method_run,
     .examples = "  vgi view-comment-set ./worker main.v 'what it is'\n"},
    {"macro-get", "Views, macros, indexes", "Tells about a macro.", .fields = MACRO_GET_FIELDS,
     .args_size = sizeof(vgi_catalog_macro_get_params), .method = &MACRO_GET, .run = cli_method_run,
     .examples = "  vgi macro-get ./worker main.m\n"},
    {"macro-create", "Views, macros, indexes", "Creates a macro.", .fields = MACRO_CREATE_FIELDS,
     .args_size = sizeof(vgi_macro_create_request), .method = &MACRO_CREATE, .run = cli_method_run,
     .examples = "  vgi macro-create ./worker main.m 'a + b' --parameters a,b --default b:BIGINT=1\n"},
    {"macro-drop", "Views, macros, indexes", "Drops a macro.", .fields = MACRO_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_macro_drop_params), .method = &MACRO_DROP, .run = cli_method_run,
     .examples = "  vgi macro-drop ./worker main.m\n"},
    {"index-get", "Views, macros, indexes", "Tells about an index.", .fields = INDEX_GET_FIELDS,
     .args_size = sizeof(vgi_catalog_index_get_params), .method = &INDEX_GET, .run = cli_method_run,
     .examples = "  vgi index-get ./worker main.i\n"},
    {"index-create", "Views, macros, indexes", "Creates an index.", .fields = INDEX_CREATE_FIELDS,
     .args_size = sizeof(vgi_index_create_request), .method = &INDEX_CREATE, .run = cli_method_run,
     .examples = "  vgi index-create ./worker main.i t id --constraint unique\n"},
    {"index-drop", "Views, macros, indexes", "Drops an index.", .fields = INDEX_DROP_FIELDS,
     .args_size = sizeof(vgi_catalog_index_drop_params), .method = &INDEX_DROP, .run = cli_method_run,
     .examples = "  vgi index-drop ./worker main.i\n"},
    {"transaction-begin", "Transactions", "Begins a transaction, and tells what later commands name it by.",
     .fields = NULL, .args_size = sizeof(vgi_catalog_transaction_begin_params), .method = &TRANSACTION_BEGIN,
     .run = cli_method_run, .examples = "  vgi transaction-begin unix:///run/w.sock -o json\n"},
    {"transaction-commit", "Transactions", "Ends a transaction: commit.", .fields = TRANSACTION_COMMIT_FIELDS,
     .args_size = sizeof(vgi_catalog_transaction_commit_params), .method = &TRANSACTION_COMMIT, .run = cli_method_run,
     .examples = "  vgi transaction-commit unix:///run/w.sock 89ab --attachment 0123\n"},
    {"transaction-rollback", "Transactions", "Ends a transaction: rollback.", .fields = TRANSACTION_ROLLBACK_FIELDS,
     .args_size = sizeof(vgi_catalog_transaction_rollback_params), .method = &TRANSACTION_ROLLBACK,
     .run = cli_method_run, .examples = "  vgi transaction-rollback unix:///run/w.sock 89ab --attachment 0123\n"},
};

size_t cli_method_commands(const cli_command **ret, size_t room)
{
    size_t count = sizeof METHODS / sizeof *METHODS;

    for (size_t i = 0; i < count && i < room; i++)
        ret[i] = &METHODS[i];
    return count < room ? count : room;
}
