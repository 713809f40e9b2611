/* See client_session.h. Where a session can go on behind an error of the worker's, it does: what an answer leaves
 * behind must not disturb the next. */
#include "client_session.h"

#include <stdlib.h>

#include "arrow/array.h"

enum { MOST_BATCHES = 64, MOST_SCHEMAS = 4 };

/* One session. */
typedef struct session {
    vgi_client *client;
    vgi_attachment *attachment;
    const client_names *names;
    vgi_string path[1];
    vgi_result *result;
    vgi_error *err;
} session;

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static void look_at_text(vgi_string text)
{
    if (!vgi_string_equal(text, text))
        abort();
}

static void look_at_batch(const vgi_batch *batch)
{
    for (int32_t i = 0; i < batch->n_columns; i++)
        if (!vg_array_equal(&batch->columns[i], &batch->columns[i]))
            abort();
}

/* Every member of a record is read where it is encoded. */
static void look_at_record(session *s, vgi_record_id id, const void *row, size_t size)
{
    vgi_bytes bytes;

    (void)vgi_record_encode(s->result, id, row, size, "2.2.0", &bytes, NULL);
}

static void look_at_schema(session *s, vgi_bytes bytes)
{
    const vgi_arrow_schema *schema;

    if (vgi_schema_decode(s->result, bytes, &schema, NULL) != VGI_OK)
        return;
    for (int32_t i = 0; i < schema->n_fields; i++)
        look_at_text(vgi_type_sql(s->result, schema->fields[i]));
}

#define LOOK(s, id, row) look_at_record((s), (id), (row), sizeof *(row))

/* What a call that may fail says: the session goes on while the connection is of use. */
static vgi_status go_on(session *s, vgi_status status)
{
    if (!vgi_client_is_usable(s->client) && status == VGI_OK)
        return vgi_error_set(s->err, VGI_ERR_IO, "the connection has failed where nobody was told");
    if (!vgi_client_is_usable(s->client))
        return status;
    if (status != VGI_OK && status != VGI_ERR_MEMORY)
        vgi_error_clear(s->err);
    return status == VGI_ERR_MEMORY ? status : VGI_OK;
}

#define TRY_ON(s, call) VGI_TRY(go_on((s), (call)))

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static const vgi_field A = {.name = VGI_STR("a"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field B = {.name = VGI_STR("b"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const A_B[] = {&A, &B};
static const int64_t VALUES[] = {1, 2, 3, 4}, GROUPS[] = {0, 1, 0, 1}, SOURCE[] = {1}, TARGET[] = {0};
static const vgi_array COLUMNS[] = {{.field = &A, .length = 4, .buffers = {VALUES}},
                                    {.field = &B, .length = 4, .buffers = {VALUES}}};
static const vgi_arrow_schema ONE = {.n_fields = 1, .fields = A_B}, TWO = {.n_fields = 2, .fields = A_B};
static const vgi_batch ONE_COLUMN = {.schema = &ONE, .rows = 4, .n_columns = 1, .columns = COLUMNS};
static const vgi_batch TWO_COLUMNS = {.schema = &TWO, .rows = 4, .n_columns = 2, .columns = COLUMNS};

static vgi_status read_all_batches(vgi_run *run, vgi_error *err)
{
    const vgi_batch *batch;
    vgi_status status = VGI_OK;

    for (int i = 0; i < MOST_BATCHES && status == VGI_OK; i++) {
        status = vgi_run_next(run, &batch, err);
        if (status == VGI_OK)
            look_at_batch(batch);
    }
    return status == VGI_END ? VGI_OK : status;
}

static vgi_status exchange_all(vgi_run *run, const vgi_batch *input, vgi_error *err)
{
    const vgi_batch *batch;

    for (int i = 0; i < 2; i++) {
        vgi_status status = vgi_run_exchange(run, input, &batch, err);

        if (status == VGI_END)
            break;
        VGI_TRY(status);
        if (batch)
            look_at_batch(batch);
    }
    VGI_TRY(vgi_run_finish(run, err));
    return read_all_batches(run, err);
}

/* A call from its beginning to its end, or to a cancel. */
static vgi_status call(session *s, const char *name, const vgi_batch *input, vgi_function_type type, bool cancels)
{
    const vgi_value stop = {.type = "BIGINT", .text = "3"};
    vgi_function_call what = {.schema_path = {s->path, 1, true},
                              .name = name,
                              .type = type,
                              .has_finalize = type == VGI_FUNCTION_TYPE_TABLE,
                              .arguments = input ? NULL : &stop,
                              .n_arguments = input ? 0 : 1,
                              .input_schema = input ? input->schema : NULL};
    const vgi_batch *batch;
    vgi_run *run;
    vgi_status status;

    VGI_TRY(vgi_function_open(s->attachment, &what, &run, s->err));
    if (cancels)
        status = input ? vgi_run_exchange(run, input, &batch, s->err) : vgi_run_next(run, &batch, s->err);
    else
        status = input ? exchange_all(run, input, s->err) : read_all_batches(run, s->err);
    if (cancels && status == VGI_OK)
        status = vgi_run_cancel(run, s->err);
    vgi_run_free(run);
    return status == VGI_END ? VGI_OK : status;
}

static vgi_status attach(session *s)
{
    VGI_TRY(vgi_client_attach(s->client, s->names->catalog, NULL, &s->attachment, s->err));
    LOOK(s, VGI_RECORD_CATALOG_ATTACH_RESULT, vgi_attachment_info(s->attachment));
    return VGI_OK;
}

/* ---- the sessions ------------------------------------------------------------------------------------------------ */

static vgi_status describe(session *s)
{
    const vgi_worker_info *info;

    TRY_ON(s, vgi_client_ping(s->client, s->err));
    VGI_TRY(vgi_client_describe(s->client, s->result, &info, s->err));
    look_at_text(info->server_id);
    for (size_t i = 0; i < info->n_protocols && i < MOST_SCHEMAS; i++) {
        const vgi_protocol_method *methods;
        vgi_protocol protocol;
        size_t n;

        TRY_ON(s, vgi_client_describe_protocol(s->client, info->protocols[i].name.data, s->result, &protocol, &methods,
                                               &n, s->err));
    }
    return VGI_OK;
}

static vgi_status catalogs(session *s)
{
    vgi_catalog_info_list list;

    VGI_TRY(vgi_client_catalog_catalogs(s->client, s->result, &list, s->err));
    for (size_t i = 0; i < list.count; i++)
        LOOK(s, VGI_RECORD_CATALOG_INFO, &list.items[i]);
    return vgi_client_ping(s->client, s->err);
}

static vgi_status list_schema(session *s, vgi_string_list path)
{
    const vgi_catalog_schema_contents_tables_params of_tables = {.path = path};
    const vgi_catalog_schema_contents_views_params of_views = {.path = path};
    const vgi_catalog_schema_contents_indexes_params of_indexes = {.path = path};
    const vgi_catalog_schema_contents_macros_params of_macros = {.path = path,
                                                                 .type = VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO};
    const vgi_catalog_schema_contents_functions_params of_functions = {.path = path,
                                                                       .type = VGI_SCHEMA_OBJECT_TYPE_SCALAR_FUNCTION};
    vgi_table_info_list tables = {0};
    vgi_view_info_list views = {0};
    vgi_index_info_list indexes = {0};
    vgi_macro_info_list macros = {0};
    vgi_function_info_list functions = {0};

    TRY_ON(s, vgi_client_catalog_schema_contents_tables(s->attachment, &of_tables, s->result, &tables, s->err));
    for (size_t i = 0; i < tables.count; i++) {
        LOOK(s, VGI_RECORD_TABLE_INFO, &tables.items[i]);
        look_at_schema(s, tables.items[i].columns);
    }
    TRY_ON(s, vgi_client_catalog_schema_contents_views(s->attachment, &of_views, s->result, &views, s->err));
    for (size_t i = 0; i < views.count; i++)
        LOOK(s, VGI_RECORD_VIEW_INFO, &views.items[i]);
    TRY_ON(s, vgi_client_catalog_schema_contents_macros(s->attachment, &of_macros, s->result, &macros, s->err));
    for (size_t i = 0; i < macros.count; i++)
        LOOK(s, VGI_RECORD_MACRO_INFO, &macros.items[i]);
    TRY_ON(s, vgi_client_catalog_schema_contents_indexes(s->attachment, &of_indexes, s->result, &indexes, s->err));
    for (size_t i = 0; i < indexes.count; i++)
        LOOK(s, VGI_RECORD_INDEX_INFO, &indexes.items[i]);
    TRY_ON(s,
           vgi_client_catalog_schema_contents_functions(s->attachment, &of_functions, s->result, &functions, s->err));
    for (size_t i = 0; i < functions.count; i++)
        LOOK(s, VGI_RECORD_FUNCTION_INFO, &functions.items[i]);
    return VGI_OK;
}

static vgi_status tree(session *s)
{
    vgi_schema_info_list schemas = {0};

    VGI_TRY(attach(s));
    VGI_TRY(vgi_client_catalog_schemas(s->attachment, NULL, s->result, &schemas, s->err));
    for (size_t i = 0; i < schemas.count && i < MOST_SCHEMAS; i++) {
        LOOK(s, VGI_RECORD_SCHEMA_INFO, &schemas.items[i]);
        VGI_TRY(list_schema(s, schemas.items[i].path));
    }
    return VGI_OK;
}

static vgi_status gets(session *s)
{
    const vgi_string_list path = {s->path, 1, true};
    const vgi_string name = vgi_str(s->names->table);
    const vgi_catalog_version_response *version;
    vgi_schema_info_list schemas;
    vgi_table_info_list tables;
    vgi_bytes statistics;

    VGI_TRY(attach(s));
    TRY_ON(s, vgi_client_catalog_version(s->attachment, NULL, s->result, &version, s->err));
    TRY_ON(s, vgi_client_catalog_schema_get(s->attachment, &(vgi_catalog_schema_get_params){.path = path}, s->result,
                                            &schemas, s->err));
    TRY_ON(s, vgi_client_catalog_table_get(s->attachment,
                                           &(vgi_catalog_table_get_params){.schema_path = path, .name = name},
                                           s->result, &tables, s->err));
    TRY_ON(s, vgi_client_catalog_table_column_statistics_get(
                  s->attachment, &(vgi_catalog_table_column_statistics_get_params){.schema_path = path, .name = name},
                  s->result, &statistics, s->err));
    TRY_ON(s, vgi_client_catalog_detach(s->attachment, NULL, NULL, s->err));
    return VGI_OK;
}

static vgi_status changes(session *s)
{
    const vgi_string_list path = {s->path, 1, true};

    VGI_TRY(attach(s));
    TRY_ON(s, vgi_attachment_begin(s->attachment, s->err));
    TRY_ON(s, vgi_client_catalog_schema_create(
                  s->attachment, &(vgi_catalog_schema_create_params){.path = VGI_PATH("new")}, NULL, s->err));
    TRY_ON(s,
           vgi_client_catalog_table_drop(
               s->attachment, &(vgi_catalog_table_drop_params){.schema_path = path, .name = vgi_str(s->names->table)},
               NULL, s->err));
    TRY_ON(s, vgi_attachment_rollback(s->attachment, s->err));
    return vgi_client_ping(s->client, s->err);
}

static vgi_status scan(session *s)
{
    vgi_run *run;
    vgi_status status;

    VGI_TRY(attach(s));
    VGI_TRY(vgi_table_open(s->attachment, (vgi_string_list){s->path, 1, true}, s->names->table, NULL, &run, s->err));
    LOOK(s, VGI_RECORD_BIND_RESPONSE, vgi_run_bind(run));
    status = read_all_batches(run, s->err);
    vgi_run_free(run);
    VGI_TRY(status);
    return vgi_client_ping(s->client, s->err);
}

static vgi_status functions(session *s)
{
    VGI_TRY(attach(s));
    TRY_ON(s, call(s, s->names->failing, NULL, VGI_FUNCTION_TYPE_TABLE, false));
    TRY_ON(s, call(s, s->names->table_function, NULL, VGI_FUNCTION_TYPE_UNSET, false));
    TRY_ON(s, call(s, s->names->table_function, NULL, VGI_FUNCTION_TYPE_TABLE, true));
    return vgi_client_ping(s->client, s->err);
}

static vgi_status scalars(session *s)
{
    VGI_TRY(attach(s));
    TRY_ON(s, call(s, s->names->scalar, &TWO_COLUMNS, VGI_FUNCTION_TYPE_SCALAR, false));
    TRY_ON(s, call(s, s->names->scalar, &TWO_COLUMNS, VGI_FUNCTION_TYPE_SCALAR, true));
    return vgi_client_ping(s->client, s->err);
}

static vgi_status in_out(session *s)
{
    VGI_TRY(attach(s));
    TRY_ON(s, call(s, s->names->in_out, &ONE_COLUMN, VGI_FUNCTION_TYPE_TABLE, false));
    return vgi_client_ping(s->client, s->err);
}

static vgi_status buffering(session *s)
{
    VGI_TRY(attach(s));
    TRY_ON(s, call(s, s->names->buffering, &ONE_COLUMN, VGI_FUNCTION_TYPE_TABLE_BUFFERING, false));
    return vgi_client_ping(s->client, s->err);
}

static vgi_status use_aggregate(session *s, vgi_aggregate *aggregate)
{
    const vgi_batch *batch;

    VGI_TRY(vgi_aggregate_update(aggregate, GROUPS, &ONE_COLUMN, s->err));
    VGI_TRY(vgi_aggregate_combine(aggregate, SOURCE, TARGET, 1, s->err));
    VGI_TRY(vgi_aggregate_finalize(aggregate, GROUPS, 2, s->result, &batch, s->err));
    look_at_batch(batch);
    return VGI_OK;
}

static vgi_status aggregate(session *s)
{
    vgi_function_call what = {
        .schema_path = {s->path, 1, true}, .name = s->names->aggregate, .input_schema = ONE_COLUMN.schema};
    vgi_aggregate *opened;
    vgi_status status;

    VGI_TRY(attach(s));
    VGI_TRY(vgi_aggregate_open(s->attachment, &what, &opened, s->err));
    status = use_aggregate(s, opened);
    vgi_aggregate_free(opened);
    return status;
}

static vgi_status pull_arrow(session *s, struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema;

    if (stream->get_schema(stream, &schema) != 0)
        return vgi_error_set(s->err, VGI_ERR_RUNTIME, "no schema: %s", stream->get_last_error(stream));
    schema.release(&schema);
    for (int i = 0; i < MOST_BATCHES; i++) {
        struct ArrowArray array;

        if (stream->get_next(stream, &array) != 0)
            return vgi_error_set(s->err, VGI_ERR_RUNTIME, "no batch: %s", stream->get_last_error(stream));
        if (!array.release)
            break;
        array.release(&array);
    }
    return VGI_OK;
}

static vgi_status arrow(session *s)
{
    struct ArrowArrayStream stream;
    vgi_status status;
    vgi_run *run;

    VGI_TRY(attach(s));
    VGI_TRY(vgi_table_open(s->attachment, (vgi_string_list){s->path, 1, true}, s->names->table, NULL, &run, s->err));
    VGI_TRY(vgi_run_to_arrow(run, &stream, s->err));
    status = pull_arrow(s, &stream);
    stream.release(&stream);
    return status;
}

/* In the order of the corpus's first bytes: new ones go behind. */
static vgi_status (*const SESSIONS[CLIENT_SESSIONS])(session *s) = {
    describe, catalogs, tree, gets, changes, scan, functions, scalars, in_out, buffering, aggregate, arrow,
};

vgi_status client_session(vgi_client *client, unsigned which, const client_names *names, vgi_error *err)
{
    session s = {.client = client, .names = names, .path = {vgi_str(names->schema)}, .err = err};
    vgi_status status;

    VGI_TRY(vgi_result_new(&s.result, err));
    status = SESSIONS[which % CLIENT_SESSIONS](&s);
    vgi_attachment_free(s.attachment);
    vgi_result_free(s.result);
    return status;
}
