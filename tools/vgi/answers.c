/* What methods answer (answers.h), one row a member; read by methods.c and record.c. */
#include "answers.h"

static const cli_field CATALOG_FIELDS[] = {
    {"name", .offset = offsetof(vgi_catalog_info, name), .kind = CLI_TEXT},
    {"implementation_version", .offset = offsetof(vgi_catalog_info, implementation_version), .kind = CLI_TEXT},
    {"data_version_spec", .offset = offsetof(vgi_catalog_info, data_version_spec), .kind = CLI_TEXT},
    {"attach_option_specs", .offset = offsetof(vgi_catalog_info, attach_option_specs), .kind = CLI_RECORDS},
    {"releases", .offset = offsetof(vgi_catalog_info, releases), .kind = CLI_RECORDS},
    {"source_url", .offset = offsetof(vgi_catalog_info, source_url), .kind = CLI_TEXT},
    {0},
};
const cli_answer CLI_CATALOG = {CATALOG_FIELDS, sizeof(vgi_catalog_info), false};

static const cli_field ATTACH_FIELDS[] = {
    {"attach_opaque_data", .offset = offsetof(vgi_catalog_attach_result, attach_opaque_data), .kind = CLI_OPAQUE},
    {"supports_transactions", .offset = offsetof(vgi_catalog_attach_result, supports_transactions), .kind = CLI_FLAG},
    {"supports_time_travel", .offset = offsetof(vgi_catalog_attach_result, supports_time_travel), .kind = CLI_FLAG},
    {"catalog_version_frozen", .offset = offsetof(vgi_catalog_attach_result, catalog_version_frozen), .kind = CLI_FLAG},
    {"catalog_version", .offset = offsetof(vgi_catalog_attach_result, catalog_version), .kind = CLI_INT64},
    {"attach_opaque_data_required", .offset = offsetof(vgi_catalog_attach_result, attach_opaque_data_required),
     .kind = CLI_OPT_BOOL},
    {"default_schema", .offset = offsetof(vgi_catalog_attach_result, default_schema), .kind = CLI_TEXT},
    {"settings", .offset = offsetof(vgi_catalog_attach_result, settings), .kind = CLI_RECORDS},
    {"secret_types", .offset = offsetof(vgi_catalog_attach_result, secret_types), .kind = CLI_RECORDS},
    {"attach_catalogs", .offset = offsetof(vgi_catalog_attach_result, attach_catalogs), .kind = CLI_RECORDS},
    {"comment", .offset = offsetof(vgi_catalog_attach_result, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_catalog_attach_result, tags), .kind = CLI_MAP},
    {"supports_column_statistics", .offset = offsetof(vgi_catalog_attach_result, supports_column_statistics),
     .kind = CLI_FLAG},
    {"global_functions", .offset = offsetof(vgi_catalog_attach_result, global_functions), .kind = CLI_RECORDS},
    {"global_function_prefix", .offset = offsetof(vgi_catalog_attach_result, global_function_prefix), .kind = CLI_TEXT},
    {"resolved_data_version", .offset = offsetof(vgi_catalog_attach_result, resolved_data_version), .kind = CLI_TEXT},
    {"resolved_implementation_version", .offset = offsetof(vgi_catalog_attach_result, resolved_implementation_version),
     .kind = CLI_TEXT},
    {"supports_catalog_contents", .offset = offsetof(vgi_catalog_attach_result, supports_catalog_contents),
     .kind = CLI_FLAG},
    {0},
};
const cli_answer CLI_ATTACH = {ATTACH_FIELDS, sizeof(vgi_catalog_attach_result), true};

static const cli_field CONTENTS_FIELDS[] = {
    {"catalog_version", .offset = offsetof(vgi_catalog_contents_response, catalog_version), .kind = CLI_INT64},
    {"etag", .offset = offsetof(vgi_catalog_contents_response, etag), .kind = CLI_TEXT},
    {"not_modified", .offset = offsetof(vgi_catalog_contents_response, not_modified), .kind = CLI_FLAG},
    {"nested_schemas", .offset = offsetof(vgi_catalog_contents_response, nested_schemas), .kind = CLI_RECORDS},
    {"schemas", .offset = offsetof(vgi_catalog_contents_response, schemas), .kind = CLI_PRESENT},
    {"tables", .offset = offsetof(vgi_catalog_contents_response, tables), .kind = CLI_PRESENT},
    {"views", .offset = offsetof(vgi_catalog_contents_response, views), .kind = CLI_PRESENT},
    {"functions", .offset = offsetof(vgi_catalog_contents_response, functions), .kind = CLI_PRESENT},
    {"macros", .offset = offsetof(vgi_catalog_contents_response, macros), .kind = CLI_PRESENT},
    {"indexes", .offset = offsetof(vgi_catalog_contents_response, indexes), .kind = CLI_PRESENT},
    {0},
};
const cli_answer CLI_CONTENTS = {CONTENTS_FIELDS, sizeof(vgi_catalog_contents_response), true};

static const cli_field COPY_FORMAT_FIELDS[] = {
    {"format_name", .offset = offsetof(vgi_copy_from_format_info, format_name), .kind = CLI_TEXT},
    {"handler", .offset = offsetof(vgi_copy_from_format_info, handler), .kind = CLI_TEXT},
    {"direction", .offset = offsetof(vgi_copy_from_format_info, direction), .kind = CLI_TEXT},
    {"ordered", .offset = offsetof(vgi_copy_from_format_info, ordered), .kind = CLI_FLAG},
    {"options", .offset = offsetof(vgi_copy_from_format_info, options), .kind = CLI_COLUMNS},
    {"description", .offset = offsetof(vgi_copy_from_format_info, description), .kind = CLI_TEXT},
    {"comment", .offset = offsetof(vgi_copy_from_format_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_copy_from_format_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_COPY_FORMAT = {COPY_FORMAT_FIELDS, sizeof(vgi_copy_from_format_info), false};

static const cli_field FUNCTION_FIELDS[] = {
    {"name", .offset = offsetof(vgi_function_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_function_info, schema_path), .kind = CLI_PATH},
    {"function_type", .offset = offsetof(vgi_function_info, function_type), .kind = CLI_ENUM,
     .enumeration = "FunctionType"},
    {"arguments", .offset = offsetof(vgi_function_info, arguments), .kind = CLI_COLUMNS},
    {"output_schema", .offset = offsetof(vgi_function_info, output_schema), .kind = CLI_COLUMNS},
    {"parameter_default_values", .offset = offsetof(vgi_function_info, parameter_default_values), .kind = CLI_VALUES},
    {"stability", .offset = offsetof(vgi_function_info, stability), .kind = CLI_ENUM,
     .enumeration = "FunctionStability"},
    {"null_handling", .offset = offsetof(vgi_function_info, null_handling), .kind = CLI_ENUM,
     .enumeration = "NullHandling"},
    {"comment", .offset = offsetof(vgi_function_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_function_info, tags), .kind = CLI_MAP},
    {"description", .offset = offsetof(vgi_function_info, description), .kind = CLI_TEXT},
    {0},
};
const cli_answer CLI_FUNCTION = {FUNCTION_FIELDS, sizeof(vgi_function_info), false};

static const cli_field FUNCTION_ALL_FIELDS[] = {
    {"name", .offset = offsetof(vgi_function_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_function_info, schema_path), .kind = CLI_PATH},
    {"function_type", .offset = offsetof(vgi_function_info, function_type), .kind = CLI_ENUM,
     .enumeration = "FunctionType"},
    {"arguments", .offset = offsetof(vgi_function_info, arguments), .kind = CLI_COLUMNS},
    {"output_schema", .offset = offsetof(vgi_function_info, output_schema), .kind = CLI_COLUMNS},
    {"parameter_default_values", .offset = offsetof(vgi_function_info, parameter_default_values), .kind = CLI_VALUES},
    {"stability", .offset = offsetof(vgi_function_info, stability), .kind = CLI_ENUM,
     .enumeration = "FunctionStability"},
    {"null_handling", .offset = offsetof(vgi_function_info, null_handling), .kind = CLI_ENUM,
     .enumeration = "NullHandling"},
    {"argument_monotonicity", .offset = offsetof(vgi_function_info, argument_monotonicity), .kind = CLI_TEXTS},
    {"comment", .offset = offsetof(vgi_function_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_function_info, tags), .kind = CLI_MAP},
    {"description", .offset = offsetof(vgi_function_info, description), .kind = CLI_TEXT},
    {"categories", .offset = offsetof(vgi_function_info, categories), .kind = CLI_TEXTS},
    {"examples", .offset = offsetof(vgi_function_info, examples), .kind = CLI_RECORDS},
    {"projection_pushdown", .offset = offsetof(vgi_function_info, projection_pushdown), .kind = CLI_OPT_BOOL},
    {"filter_pushdown", .offset = offsetof(vgi_function_info, filter_pushdown), .kind = CLI_OPT_BOOL},
    {"sampling_pushdown", .offset = offsetof(vgi_function_info, sampling_pushdown), .kind = CLI_OPT_BOOL},
    {"late_materialization", .offset = offsetof(vgi_function_info, late_materialization), .kind = CLI_OPT_BOOL},
    {"filter_semantic_profiles", .offset = offsetof(vgi_function_info, filter_semantic_profiles), .kind = CLI_TEXTS},
    {"order_preservation", .offset = offsetof(vgi_function_info, order_preservation), .kind = CLI_ENUM,
     .enumeration = "OrderPreservation"},
    {"max_workers", .offset = offsetof(vgi_function_info, max_workers), .kind = CLI_OPT_INT32},
    {"supports_batch_index", .offset = offsetof(vgi_function_info, supports_batch_index), .kind = CLI_FLAG},
    {"supports_splits", .offset = offsetof(vgi_function_info, supports_splits), .kind = CLI_FLAG},
    {"filters_exactly_applied", .offset = offsetof(vgi_function_info, filters_exactly_applied), .kind = CLI_FLAG},
    {"supports_positions", .offset = offsetof(vgi_function_info, supports_positions), .kind = CLI_FLAG},
    {"split_token_ttl_seconds", .offset = offsetof(vgi_function_info, split_token_ttl_seconds), .kind = CLI_OPT_INT64},
    {"partition_kind", .offset = offsetof(vgi_function_info, partition_kind), .kind = CLI_ENUM,
     .enumeration = "PartitionKind"},
    {"order_dependent", .offset = offsetof(vgi_function_info, order_dependent), .kind = CLI_ENUM,
     .enumeration = "OrderDependence"},
    {"distinct_dependent", .offset = offsetof(vgi_function_info, distinct_dependent), .kind = CLI_ENUM,
     .enumeration = "DistinctDependence"},
    {"supports_window", .offset = offsetof(vgi_function_info, supports_window), .kind = CLI_FLAG},
    {"streaming_partitioned", .offset = offsetof(vgi_function_info, streaming_partitioned), .kind = CLI_FLAG},
    {"has_finalize", .offset = offsetof(vgi_function_info, has_finalize), .kind = CLI_FLAG},
    {"source_order_dependent", .offset = offsetof(vgi_function_info, source_order_dependent), .kind = CLI_FLAG},
    {"sink_order_dependent", .offset = offsetof(vgi_function_info, sink_order_dependent), .kind = CLI_FLAG},
    {"requires_input_batch_index", .offset = offsetof(vgi_function_info, requires_input_batch_index), .kind = CLI_FLAG},
    {"input_from_args", .offset = offsetof(vgi_function_info, input_from_args), .kind = CLI_FLAG},
    {"input_rows_per_call", .offset = offsetof(vgi_function_info, input_rows_per_call), .kind = CLI_OPT_INT64},
    {"required_settings", .offset = offsetof(vgi_function_info, required_settings), .kind = CLI_TEXTS},
    {"required_secrets", .offset = offsetof(vgi_function_info, required_secrets), .kind = CLI_RECORDS},
    {0},
};
const cli_answer CLI_FUNCTION_ALL = {FUNCTION_ALL_FIELDS, sizeof(vgi_function_info), true};

static const cli_field INDEX_FIELDS[] = {
    {"name", .offset = offsetof(vgi_index_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_index_info, schema_path), .kind = CLI_PATH},
    {"table_name", .offset = offsetof(vgi_index_info, table_name), .kind = CLI_TEXT},
    {"index_type", .offset = offsetof(vgi_index_info, index_type), .kind = CLI_TEXT},
    {"constraint_type", .offset = offsetof(vgi_index_info, constraint_type), .kind = CLI_ENUM,
     .enumeration = "IndexConstraintType"},
    {"expressions", .offset = offsetof(vgi_index_info, expressions), .kind = CLI_TEXTS},
    {"options", .offset = offsetof(vgi_index_info, options), .kind = CLI_MAP},
    {"comment", .offset = offsetof(vgi_index_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_index_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_INDEX = {INDEX_FIELDS, sizeof(vgi_index_info), false};

static const cli_field MACRO_FIELDS[] = {
    {"name", .offset = offsetof(vgi_macro_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_macro_info, schema_path), .kind = CLI_PATH},
    {"macro_type", .offset = offsetof(vgi_macro_info, macro_type), .kind = CLI_ENUM, .enumeration = "MacroType"},
    {"parameters", .offset = offsetof(vgi_macro_info, parameters), .kind = CLI_TEXTS},
    {"parameter_default_values", .offset = offsetof(vgi_macro_info, parameter_default_values), .kind = CLI_VALUES},
    {"definition", .offset = offsetof(vgi_macro_info, definition), .kind = CLI_TEXT},
    {"arguments_schema", .offset = offsetof(vgi_macro_info, arguments_schema), .kind = CLI_COLUMNS},
    {"comment", .offset = offsetof(vgi_macro_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_macro_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_MACRO = {MACRO_FIELDS, sizeof(vgi_macro_info), false};

static const cli_field SCAN_BRANCH_FIELDS[] = {
    {"function_name", .offset = offsetof(vgi_scan_branch, function_name), .kind = CLI_TEXT},
    {"arguments", .offset = offsetof(vgi_scan_branch, arguments), .kind = CLI_VALUES},
    {"branch_filter", .offset = offsetof(vgi_scan_branch, branch_filter), .kind = CLI_TEXT},
    {"writable", .offset = offsetof(vgi_scan_branch, writable), .kind = CLI_FLAG},
    {"source_catalog", .offset = offsetof(vgi_scan_branch, source_catalog), .kind = CLI_TEXT},
    {"source_schema_path", .offset = offsetof(vgi_scan_branch, source_schema_path), .kind = CLI_PATH},
    {"source_table", .offset = offsetof(vgi_scan_branch, source_table), .kind = CLI_TEXT},
    {"format_name", .offset = offsetof(vgi_scan_branch, format_name), .kind = CLI_TEXT},
    {"format_locations", .offset = offsetof(vgi_scan_branch, format_locations), .kind = CLI_TEXTS},
    {"schema_path", .offset = offsetof(vgi_scan_branch, schema_path), .kind = CLI_PATH},
    {0},
};
const cli_answer CLI_SCAN_BRANCH = {SCAN_BRANCH_FIELDS, sizeof(vgi_scan_branch), true};

static const cli_field SCAN_FUNCTION_FIELDS[] = {
    {"function_name", .offset = offsetof(vgi_scan_function_result, function_name), .kind = CLI_TEXT},
    {"arguments", .offset = offsetof(vgi_scan_function_result, arguments), .kind = CLI_VALUES},
    {"required_extensions", .offset = offsetof(vgi_scan_function_result, required_extensions), .kind = CLI_TEXTS},
    {"schema_path", .offset = offsetof(vgi_scan_function_result, schema_path), .kind = CLI_PATH},
    {0},
};
const cli_answer CLI_SCAN_FUNCTION = {SCAN_FUNCTION_FIELDS, sizeof(vgi_scan_function_result), true};

static const cli_field WRITE_FUNCTION_FIELDS[] = {
    {"function_name", .offset = offsetof(vgi_write_function_result, function_name), .kind = CLI_TEXT},
    {"arguments", .offset = offsetof(vgi_write_function_result, arguments), .kind = CLI_VALUES},
    {"required_extensions", .offset = offsetof(vgi_write_function_result, required_extensions), .kind = CLI_TEXTS},
    {"schema_path", .offset = offsetof(vgi_write_function_result, schema_path), .kind = CLI_PATH},
    {0},
};
const cli_answer CLI_WRITE_FUNCTION = {WRITE_FUNCTION_FIELDS, sizeof(vgi_write_function_result), true};

static const cli_field SCHEMA_FIELDS[] = {
    {"path", .offset = offsetof(vgi_schema_info, path), .kind = CLI_PATH},
    {"estimated_object_count", .offset = offsetof(vgi_schema_info, estimated_object_count), .kind = CLI_COUNTS},
    {"comment", .offset = offsetof(vgi_schema_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_schema_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_SCHEMA = {SCHEMA_FIELDS, sizeof(vgi_schema_info), false};

static const cli_field TABLE_FIELDS[] = {
    {"name", .offset = offsetof(vgi_table_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_table_info, schema_path), .kind = CLI_PATH},
    {"columns", .offset = offsetof(vgi_table_info, columns), .kind = CLI_COLUMNS},
    {"cardinality_estimate", .offset = offsetof(vgi_table_info, cardinality_estimate), .kind = CLI_OPT_INT64},
    {"write_result_modes", .offset = offsetof(vgi_table_info, write_result_modes), .kind = CLI_MAP},
    {"comment", .offset = offsetof(vgi_table_info, comment), .kind = CLI_TEXT},
    {0},
};
const cli_answer CLI_TABLE = {TABLE_FIELDS, sizeof(vgi_table_info), false};

static const cli_field TABLE_ALL_FIELDS[] = {
    {"name", .offset = offsetof(vgi_table_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_table_info, schema_path), .kind = CLI_PATH},
    {"columns", .offset = offsetof(vgi_table_info, columns), .kind = CLI_COLUMNS},
    {"not_null_constraints", .offset = offsetof(vgi_table_info, not_null_constraints), .kind = CLI_INDEXES},
    {"unique_constraints", .offset = offsetof(vgi_table_info, unique_constraints), .kind = CLI_INDEX_GROUPS},
    {"check_constraints", .offset = offsetof(vgi_table_info, check_constraints), .kind = CLI_TEXTS},
    {"primary_key_constraints", .offset = offsetof(vgi_table_info, primary_key_constraints), .kind = CLI_INDEX_GROUPS},
    {"foreign_key_constraints", .offset = offsetof(vgi_table_info, foreign_key_constraints), .kind = CLI_RECORDS},
    {"write_result_modes", .offset = offsetof(vgi_table_info, write_result_modes), .kind = CLI_MAP},
    {"supports_column_statistics", .offset = offsetof(vgi_table_info, supports_column_statistics), .kind = CLI_FLAG},
    {"scan_function", .offset = offsetof(vgi_table_info, scan_function), .kind = CLI_PRESENT},
    {"insert_function", .offset = offsetof(vgi_table_info, insert_function), .kind = CLI_PRESENT},
    {"update_function", .offset = offsetof(vgi_table_info, update_function), .kind = CLI_PRESENT},
    {"delete_function", .offset = offsetof(vgi_table_info, delete_function), .kind = CLI_PRESENT},
    {"cardinality_estimate", .offset = offsetof(vgi_table_info, cardinality_estimate), .kind = CLI_OPT_INT64},
    {"cardinality_max", .offset = offsetof(vgi_table_info, cardinality_max), .kind = CLI_OPT_INT64},
    {"column_statistics", .offset = offsetof(vgi_table_info, column_statistics), .kind = CLI_PRESENT},
    {"bind_result", .offset = offsetof(vgi_table_info, bind_result), .kind = CLI_PRESENT},
    {"required_filters", .offset = offsetof(vgi_table_info, required_filters), .kind = CLI_TEXT_GROUPS},
    {"comment", .offset = offsetof(vgi_table_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_table_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_TABLE_ALL = {TABLE_ALL_FIELDS, sizeof(vgi_table_info), true};

static const cli_field TRANSACTION_FIELDS[] = {
    {"attachment", .offset = offsetof(cli_transaction, attachment), .kind = CLI_OPAQUE},
    {"transaction", .offset = offsetof(cli_transaction, transaction), .kind = CLI_OPAQUE},
    {0},
};
const cli_answer CLI_TRANSACTION = {TRANSACTION_FIELDS, sizeof(cli_transaction), true};

static const cli_field VERSION_FIELDS[] = {
    {"version", .offset = offsetof(vgi_catalog_version_response, version), .kind = CLI_INT64},
    {0},
};
const cli_answer CLI_VERSION = {VERSION_FIELDS, sizeof(vgi_catalog_version_response), false};

static const cli_field VIEW_FIELDS[] = {
    {"name", .offset = offsetof(vgi_view_info, name), .kind = CLI_TEXT},
    {"schema_path", .offset = offsetof(vgi_view_info, schema_path), .kind = CLI_PATH},
    {"definition", .offset = offsetof(vgi_view_info, definition), .kind = CLI_TEXT},
    {"column_comments", .offset = offsetof(vgi_view_info, column_comments), .kind = CLI_MAP},
    {"comment", .offset = offsetof(vgi_view_info, comment), .kind = CLI_TEXT},
    {"tags", .offset = offsetof(vgi_view_info, tags), .kind = CLI_MAP},
    {0},
};
const cli_answer CLI_VIEW = {VIEW_FIELDS, sizeof(vgi_view_info), false};
