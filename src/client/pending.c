/* What <vgi/client.h> declares and nobody has written yet. */
#include <vgi/client.h>

vgi_status vgi_client_open_at(int api_version, const char *location, const vgi_client_options *options,
                              vgi_client **ret, vgi_error *err)
{
    (void)api_version;
    (void)location;
    (void)options;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_client_close(vgi_client *client)
{
    (void)client;
}

bool vgi_client_is_usable(const vgi_client *client)
{
    (void)client;
    return false;
}

const char *vgi_client_protocol_version(const vgi_client *client)
{
    (void)client;
    return NULL;
}

int64_t vgi_client_worker_pid(const vgi_client *client)
{
    (void)client;
    return 0;
}

size_t vgi_client_stderr_text(const vgi_client *client, char *text, size_t size)
{
    (void)client;
    (void)text;
    (void)size;
    return 0;
}

const vgi_remote_error *vgi_client_remote_error(const vgi_client *client)
{
    (void)client;
    return NULL;
}

vgi_status vgi_client_ping(vgi_client *client, vgi_error *err)
{
    (void)client;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_result_new(vgi_result **ret, vgi_error *err)
{
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_result_clear(vgi_result *result)
{
    (void)result;
}

void vgi_result_free(vgi_result *result)
{
    (void)result;
}

void *vgi_result_alloc(vgi_result *result, size_t size)
{
    (void)result;
    (void)size;
    return NULL;
}

vgi_status vgi_record_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, void *ret, size_t size,
                             vgi_error *err)
{
    (void)result;
    (void)id;
    (void)bytes;
    (void)ret;
    (void)size;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_records_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, size_t size, const void **ret_rows,
                              size_t *ret_count, vgi_error *err)
{
    (void)result;
    (void)id;
    (void)bytes;
    (void)size;
    (void)ret_rows;
    (void)ret_count;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_record_encode(vgi_result *result, vgi_record_id id, const void *record, size_t size,
                             const char *protocol_version, vgi_bytes *ret, vgi_error *err)
{
    (void)result;
    (void)id;
    (void)record;
    (void)size;
    (void)protocol_version;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_schema_decode(vgi_result *result, vgi_bytes bytes, const vgi_arrow_schema **ret, vgi_error *err)
{
    (void)result;
    (void)bytes;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_schema_encode(vgi_result *result, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err)
{
    (void)result;
    (void)schema;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_batch_decode(vgi_result *result, vgi_bytes bytes, const vgi_batch **ret, vgi_error *err)
{
    (void)result;
    (void)bytes;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_batch_encode(vgi_result *result, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err)
{
    (void)result;
    (void)batch;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

const char *vgi_enum_name(const char *enumeration, int value)
{
    (void)enumeration;
    (void)value;
    return NULL;
}

int vgi_enum_value(const char *enumeration, const char *name)
{
    (void)enumeration;
    (void)name;
    return 0;
}

vgi_string vgi_type_sql(vgi_result *result, const vgi_field *field)
{
    (void)result;
    (void)field;
    return (vgi_string){0};
}

vgi_status vgi_columns_parse(vgi_result *result, const char *sql, const vgi_arrow_schema **ret, vgi_error *err)
{
    (void)result;
    (void)sql;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_schema_to_arrow(const vgi_arrow_schema *schema, struct ArrowSchema *ret, vgi_error *err)
{
    (void)schema;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_schema_from_arrow(vgi_result *result, const struct ArrowSchema *schema, const vgi_arrow_schema **ret,
                                 vgi_error *err)
{
    (void)result;
    (void)schema;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_batch_to_arrow(const vgi_batch *batch, struct ArrowArray *ret, vgi_error *err)
{
    (void)batch;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_batch_from_arrow(vgi_result *result, const vgi_arrow_schema *schema, const struct ArrowArray *array,
                                const vgi_batch **ret, vgi_error *err)
{
    (void)result;
    (void)schema;
    (void)array;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_values_encode(vgi_result *result, const vgi_value *values, size_t count, vgi_bytes *ret, vgi_error *err)
{
    (void)result;
    (void)values;
    (void)count;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_attach(vgi_client *client, const char *catalog, const vgi_attach_options *options,
                             vgi_attachment **ret, vgi_error *err)
{
    (void)client;
    (void)catalog;
    (void)options;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_attachment_over(const vgi_attachment *attachment, vgi_client *client, vgi_attachment **ret,
                               vgi_error *err)
{
    (void)attachment;
    (void)client;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_attachment_free(vgi_attachment *attachment)
{
    (void)attachment;
}

vgi_client *vgi_attachment_client(const vgi_attachment *attachment)
{
    (void)attachment;
    return NULL;
}

const vgi_catalog_attach_result *vgi_attachment_info(const vgi_attachment *attachment)
{
    (void)attachment;
    return NULL;
}

vgi_status vgi_attachment_begin(vgi_attachment *attachment, vgi_error *err)
{
    (void)attachment;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_attachment_commit(vgi_attachment *attachment, vgi_error *err)
{
    (void)attachment;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_attachment_rollback(vgi_attachment *attachment, vgi_error *err)
{
    (void)attachment;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_function_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_run **ret, vgi_error *err)
{
    (void)attachment;
    (void)call;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_table_open(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                          const vgi_function_call *options, vgi_run **ret, vgi_error *err)
{
    (void)attachment;
    (void)schema_path;
    (void)table;
    (void)options;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

const vgi_arrow_schema *vgi_run_schema(const vgi_run *run)
{
    (void)run;
    return NULL;
}

const vgi_bind_response *vgi_run_bind(const vgi_run *run)
{
    (void)run;
    return NULL;
}

const vgi_global_init_response *vgi_run_init(const vgi_run *run)
{
    (void)run;
    return NULL;
}

vgi_status vgi_run_next(vgi_run *run, const vgi_batch **ret, vgi_error *err)
{
    (void)run;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_run_exchange(vgi_run *run, const vgi_batch *in, const vgi_batch **ret, vgi_error *err)
{
    (void)run;
    (void)in;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_run_finish(vgi_run *run, vgi_error *err)
{
    (void)run;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_run_cancel(vgi_run *run, vgi_error *err)
{
    (void)run;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_run_close(vgi_run *run, vgi_error *err)
{
    (void)run;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_run_free(vgi_run *run)
{
    (void)run;
}

vgi_status vgi_run_to_arrow(vgi_run *run, struct ArrowArrayStream *ret, vgi_error *err)
{
    (void)run;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_function_to_arrow(vgi_attachment *attachment, const vgi_function_call *call,
                                 struct ArrowArrayStream *input, struct ArrowArrayStream *ret, vgi_error *err)
{
    (void)attachment;
    (void)call;
    (void)input;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_aggregate_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_aggregate **ret,
                              vgi_error *err)
{
    (void)attachment;
    (void)call;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

const vgi_arrow_schema *vgi_aggregate_schema(const vgi_aggregate *aggregate)
{
    (void)aggregate;
    return NULL;
}

vgi_status vgi_aggregate_update(vgi_aggregate *aggregate, const int64_t *groups, const vgi_batch *in, vgi_error *err)
{
    (void)aggregate;
    (void)groups;
    (void)in;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_aggregate_combine(vgi_aggregate *aggregate, const int64_t *sources, const int64_t *targets, size_t count,
                                 vgi_error *err)
{
    (void)aggregate;
    (void)sources;
    (void)targets;
    (void)count;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_aggregate_finalize(vgi_aggregate *aggregate, const int64_t *groups, size_t count, vgi_result *result,
                                  const vgi_batch **ret, vgi_error *err)
{
    (void)aggregate;
    (void)groups;
    (void)count;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_aggregate_free(vgi_aggregate *aggregate)
{
    (void)aggregate;
}

vgi_status vgi_client_describe(vgi_client *client, vgi_result *result, const vgi_worker_info **ret, vgi_error *err)
{
    (void)client;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_describe_protocol(vgi_client *client, const char *protocol, vgi_result *result, vgi_protocol *ret,
                                        const vgi_protocol_method **ret_methods, size_t *ret_count, vgi_error *err)
{
    (void)client;
    (void)protocol;
    (void)result;
    (void)ret;
    (void)ret_methods;
    (void)ret_count;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_pool_new(const char *location, const vgi_client_options *options, size_t max_idle, vgi_pool **ret,
                        vgi_error *err)
{
    (void)location;
    (void)options;
    (void)max_idle;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_pool_take(vgi_pool *pool, vgi_client **ret, vgi_error *err)
{
    (void)pool;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

void vgi_pool_give(vgi_pool *pool, vgi_client *client)
{
    (void)pool;
    (void)client;
}

void vgi_pool_free(vgi_pool *pool)
{
    (void)pool;
}
vgi_status vgi_client_aggregate_bind(vgi_attachment *attachment, const vgi_aggregate_bind_request *params,
                                     vgi_result *result, const vgi_aggregate_bind_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_combine(vgi_attachment *attachment, const vgi_aggregate_combine_request *params,
                                        vgi_result *result, const vgi_aggregate_combine_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_destructor(vgi_attachment *attachment, const vgi_aggregate_destructor_request *params,
                                           vgi_result *result, const vgi_aggregate_destructor_response **ret,
                                           vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_finalize(vgi_attachment *attachment, const vgi_aggregate_finalize_request *params,
                                         vgi_result *result, const vgi_aggregate_finalize_response **ret,
                                         vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_streaming_chunk(vgi_attachment *attachment,
                                                const vgi_aggregate_streaming_chunk_request *params, vgi_result *result,
                                                const vgi_aggregate_streaming_chunk_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_streaming_close(vgi_attachment *attachment,
                                                const vgi_aggregate_streaming_close_request *params, vgi_result *result,
                                                const vgi_aggregate_streaming_close_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_streaming_open(vgi_attachment *attachment,
                                               const vgi_aggregate_streaming_open_request *params, vgi_result *result,
                                               const vgi_aggregate_streaming_open_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_update(vgi_attachment *attachment, const vgi_aggregate_update_request *params,
                                       vgi_result *result, const vgi_aggregate_update_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_window(vgi_attachment *attachment, const vgi_aggregate_window_request *params,
                                       vgi_result *result, const vgi_aggregate_window_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_window_batch(vgi_attachment *attachment,
                                             const vgi_aggregate_window_batch_request *params, vgi_result *result,
                                             const vgi_aggregate_window_batch_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_window_destructor(vgi_attachment *attachment,
                                                  const vgi_aggregate_window_destructor_request *params,
                                                  vgi_result *result,
                                                  const vgi_aggregate_window_destructor_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_aggregate_window_init(vgi_attachment *attachment, const vgi_aggregate_window_init_request *params,
                                            vgi_result *result, const vgi_aggregate_window_init_response **ret,
                                            vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_bind(vgi_attachment *attachment, const vgi_bind_request *params, vgi_result *result,
                           const vgi_bind_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_attach(vgi_client *client, const vgi_catalog_attach_request *params, vgi_result *result,
                                     const vgi_catalog_attach_result **ret, vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_catalogs(vgi_client *client, vgi_result *result, vgi_catalog_info_list *ret,
                                       vgi_error *err)
{
    (void)client;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_contents(vgi_attachment *attachment, const vgi_catalog_contents_params *params,
                                       vgi_result *result, const vgi_catalog_contents_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_copy_from_formats(vgi_attachment *attachment,
                                                const vgi_catalog_copy_from_formats_params *params, vgi_result *result,
                                                vgi_copy_from_format_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_create(vgi_client *client, const vgi_catalog_create_request *params, vgi_result *result,
                                     vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_detach(vgi_attachment *attachment, const vgi_catalog_detach_params *params,
                                     vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_drop(vgi_client *client, const vgi_catalog_drop_params *params, vgi_result *result,
                                   vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_index_create(vgi_attachment *attachment, const vgi_index_create_request *params,
                                           vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_index_drop(vgi_attachment *attachment, const vgi_catalog_index_drop_params *params,
                                         vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_index_get(vgi_attachment *attachment, const vgi_catalog_index_get_params *params,
                                        vgi_result *result, vgi_index_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_macro_create(vgi_attachment *attachment, const vgi_macro_create_request *params,
                                           vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_macro_drop(vgi_attachment *attachment, const vgi_catalog_macro_drop_params *params,
                                         vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_macro_get(vgi_attachment *attachment, const vgi_catalog_macro_get_params *params,
                                        vgi_result *result, vgi_macro_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_contents_functions(vgi_attachment *attachment,
                                                        const vgi_catalog_schema_contents_functions_params *params,
                                                        vgi_result *result, vgi_function_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_contents_indexes(vgi_attachment *attachment,
                                                      const vgi_catalog_schema_contents_indexes_params *params,
                                                      vgi_result *result, vgi_index_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_contents_macros(vgi_attachment *attachment,
                                                     const vgi_catalog_schema_contents_macros_params *params,
                                                     vgi_result *result, vgi_macro_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_contents_tables(vgi_attachment *attachment,
                                                     const vgi_catalog_schema_contents_tables_params *params,
                                                     vgi_result *result, vgi_table_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_contents_views(vgi_attachment *attachment,
                                                    const vgi_catalog_schema_contents_views_params *params,
                                                    vgi_result *result, vgi_view_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_create(vgi_attachment *attachment, const vgi_catalog_schema_create_params *params,
                                            vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_drop(vgi_attachment *attachment, const vgi_catalog_schema_drop_params *params,
                                          vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schema_get(vgi_attachment *attachment, const vgi_catalog_schema_get_params *params,
                                         vgi_result *result, vgi_schema_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_schemas(vgi_attachment *attachment, const vgi_catalog_schemas_params *params,
                                      vgi_result *result, vgi_schema_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_add(vgi_attachment *attachment,
                                               const vgi_catalog_table_column_add_params *params, vgi_result *result,
                                               vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_comment_set(vgi_attachment *attachment,
                                                       const vgi_catalog_table_column_comment_set_params *params,
                                                       vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_default_drop(vgi_attachment *attachment,
                                                        const vgi_catalog_table_column_default_drop_params *params,
                                                        vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_default_set(vgi_attachment *attachment,
                                                       const vgi_catalog_table_column_default_set_params *params,
                                                       vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_drop(vgi_attachment *attachment,
                                                const vgi_catalog_table_column_drop_params *params, vgi_result *result,
                                                vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_rename(vgi_attachment *attachment,
                                                  const vgi_catalog_table_column_rename_params *params,
                                                  vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_statistics_get(vgi_attachment *attachment,
                                                          const vgi_catalog_table_column_statistics_get_params *params,
                                                          vgi_result *result, vgi_bytes *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_column_type_change(vgi_attachment *attachment,
                                                       const vgi_catalog_table_column_type_change_params *params,
                                                       vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_comment_set(vgi_attachment *attachment,
                                                const vgi_catalog_table_comment_set_params *params, vgi_result *result,
                                                vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_create(vgi_attachment *attachment, const vgi_table_create_request *params,
                                           vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_delete_function_get(vgi_attachment *attachment,
                                                        const vgi_catalog_table_delete_function_get_params *params,
                                                        vgi_result *result, const vgi_write_function_result **ret,
                                                        vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_drop(vgi_attachment *attachment, const vgi_catalog_table_drop_params *params,
                                         vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_get(vgi_attachment *attachment, const vgi_catalog_table_get_params *params,
                                        vgi_result *result, vgi_table_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_insert_function_get(vgi_attachment *attachment,
                                                        const vgi_catalog_table_insert_function_get_params *params,
                                                        vgi_result *result, const vgi_write_function_result **ret,
                                                        vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_not_null_drop(vgi_attachment *attachment,
                                                  const vgi_catalog_table_not_null_drop_params *params,
                                                  vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_not_null_set(vgi_attachment *attachment,
                                                 const vgi_catalog_table_not_null_set_params *params,
                                                 vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_rename(vgi_attachment *attachment, const vgi_catalog_table_rename_params *params,
                                           vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_scan_branches_get(vgi_attachment *attachment,
                                                      const vgi_catalog_table_scan_branches_get_params *params,
                                                      vgi_result *result, const vgi_scan_branches_result **ret,
                                                      vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_scan_function_get(vgi_attachment *attachment,
                                                      const vgi_catalog_table_scan_function_get_params *params,
                                                      vgi_result *result, const vgi_scan_function_result **ret,
                                                      vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_table_update_function_get(vgi_attachment *attachment,
                                                        const vgi_catalog_table_update_function_get_params *params,
                                                        vgi_result *result, const vgi_write_function_result **ret,
                                                        vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_transaction_begin(vgi_attachment *attachment,
                                                const vgi_catalog_transaction_begin_params *params, vgi_result *result,
                                                const vgi_transaction_begin_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_transaction_commit(vgi_attachment *attachment,
                                                 const vgi_catalog_transaction_commit_params *params,
                                                 vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_transaction_rollback(vgi_attachment *attachment,
                                                   const vgi_catalog_transaction_rollback_params *params,
                                                   vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_version(vgi_attachment *attachment, const vgi_catalog_version_params *params,
                                      vgi_result *result, const vgi_catalog_version_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_view_comment_set(vgi_attachment *attachment,
                                               const vgi_catalog_view_comment_set_params *params, vgi_result *result,
                                               vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_view_create(vgi_attachment *attachment, const vgi_catalog_view_create_params *params,
                                          vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_view_drop(vgi_attachment *attachment, const vgi_catalog_view_drop_params *params,
                                        vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_view_get(vgi_attachment *attachment, const vgi_catalog_view_get_params *params,
                                       vgi_result *result, vgi_view_info_list *ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_catalog_view_rename(vgi_attachment *attachment, const vgi_catalog_view_rename_params *params,
                                          vgi_result *result, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_buffering_combine(vgi_attachment *attachment,
                                              const vgi_table_buffering_combine_request *params, vgi_result *result,
                                              const vgi_table_buffering_combine_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_buffering_destructor(vgi_attachment *attachment,
                                                 const vgi_table_buffering_destructor_request *params,
                                                 vgi_result *result,
                                                 const vgi_table_buffering_destructor_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_buffering_process(vgi_attachment *attachment,
                                              const vgi_table_buffering_process_request *params, vgi_result *result,
                                              const vgi_table_buffering_process_response **ret, vgi_error *err)
{
    (void)attachment;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_function_cardinality(vgi_client *client,
                                                 const vgi_table_function_cardinality_request *params,
                                                 vgi_result *result, const vgi_table_cardinality **ret, vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_function_dynamic_to_string(vgi_client *client,
                                                       const vgi_table_function_dynamic_to_string_request *params,
                                                       vgi_result *result,
                                                       const vgi_table_function_dynamic_to_string_response **ret,
                                                       vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_function_plan(vgi_client *client, const vgi_table_function_plan_request *params,
                                          vgi_result *result, const vgi_plan_response **ret, vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}

vgi_status vgi_client_table_function_statistics(vgi_client *client, const vgi_table_function_statistics_request *params,
                                                vgi_result *result, vgi_bytes *ret, vgi_error *err)
{
    (void)client;
    (void)params;
    (void)result;
    (void)ret;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "not written yet");
}
