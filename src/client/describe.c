/* What a worker says that it is, by Reflection (rpc.md §8.1). See <vgi/client.h>. */
#include <string.h>

#include "arrow/type.h"
#include "base/str.h"
#include "client/client.h"
#include "ipc/reader.h"
#include "rpc/keys.h"

/* ---- columns by name, leniently -----------------------------------------------------------------------------------
 * */

/* A row of named parts: of a batch, or of a list's struct. Absent parts are absent or zero. */
typedef struct row {
    const vgi_field *const *fields;
    const vgi_array *columns;
    int32_t n;
    int64_t at; /* index into the columns, the struct's own offset counted */
    int64_t
        most; /* items that a list can have: the bytes of the answer. A column of nulls takes none, whatever it says */
} row;

static const vgi_array *part(const row *r, const char *name)
{
    for (int32_t i = 0; i < r->n; i++)
        if (vg_string_is(r->fields[i]->name, name))
            return &r->columns[i];
    return NULL;
}

static vgi_string text_of(const row *r, const char *name)
{
    const vgi_array *column = part(r, name);

    return column ? vgi_array_text(column, r->at) : (vgi_string){0};
}

static bool flag_of(const row *r, const char *name)
{
    const vgi_array *column = part(r, name);

    return column && column->field->type == VGI_TYPE_BOOL && vgi_array_bool(column, r->at);
}

/* The items of a list; NULL where there is none of structs (or, with `texts`, of texts). */
static const vgi_array *list_of(const row *r, const char *name, int64_t *ret_begin, int64_t *ret_end)
{
    const vgi_array *column = part(r, name);

    *ret_begin = *ret_end = 0;
    if (!column || column->field->type != VGI_TYPE_LIST || vgi_array_is_null(column, r->at))
        return NULL;
    vgi_array_items(column, r->at, ret_begin, ret_end);
    if (*ret_end - *ret_begin <= r->most)
        return &column->children[0];
    *ret_begin = *ret_end = 0;
    return NULL;
}

static row row_of_struct(const row *of, const vgi_array *structs, int64_t at)
{
    return (row){structs->field->children, structs->children, structs->field->n_children, structs->offset + at,
                 of->most};
}

static vgi_status texts_of(vgi_result *result, const row *r, const char *name, vgi_string_list *ret, vgi_error *err)
{
    int64_t begin, end;
    const vgi_array *items = list_of(r, name, &begin, &end);
    vgi_string *texts = VG_NEW_ARRAY(&result->arena, vgi_string, end - begin + 1);

    if (!texts)
        return vg_client_no_memory(err);
    for (int64_t i = begin; items && i < end; i++)
        texts[i - begin] = vgi_array_text(items, i);
    *ret = (vgi_string_list){texts, (size_t)(end - begin), true};
    return VGI_OK;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

/* The row that a method of Reflection answers with, in the result's memory. */
static vgi_status ask(vgi_client *client, const char *method, const vgi_batch *params, vgi_result *result, row *ret,
                      vgi_error *err)
{
    const vg_peer_request request = {.method = method, .protocol = VG_REFLECTION_PROTOCOL, .params = params};
    const vgi_batch *answer, *found;
    vgi_error said = {0};
    vgi_bytes bytes;
    vgi_status status = vg_client_end(client, vg_peer_call(client->peer, &request, &answer, &said), &said);

    if (status != VGI_OK && vg_string_is(client->remote.kind, "protocol_not_supported") && !params)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "the worker does not describe itself (no Reflection)");
    if (status != VGI_OK) {
        if (err && err->status == VGI_OK)
            *err = said;
        return status;
    }
    if (answer->n_columns != 1 || answer->rows != 1)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Reflection's answer is not one value");
    VGI_TRY(vg_bytes_keep(&result->arena, vgi_blob(answer, 0, 0), &bytes, err));
    VGI_TRY(vg_batch_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, &found, err));
    if (found->rows != 1)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Reflection's answer has %lld rows", (long long)found->rows);
    *ret = (row){found->schema->fields, found->columns, found->n_columns, 0, (int64_t)bytes.size};
    return VGI_OK;
}

static vgi_status read_protocol(vgi_result *result, const row *r, vgi_protocol *ret, vgi_error *err)
{
    /* With a NUL behind it: it is what vgi_client_describe_protocol is asked with. */
    *ret = (vgi_protocol){.name = vg_arena_string(&result->arena, text_of(r, "protocol")),
                          .version = text_of(r, "protocol_version"),
                          .hash = text_of(r, "protocol_hash"),
                          .deprecated = flag_of(r, "deprecated"),
                          .deprecation_message = text_of(r, "deprecation_message")};
    if (!ret->name.data)
        return text_of(r, "protocol").data
                   ? vg_client_no_memory(err)
                   : vgi_error_set(err, VGI_ERR_PROTOCOL, "Reflection's answer has a protocol without a name");
    return texts_of(result, r, "features", &ret->features, err);
}

static vgi_status read_worker(vgi_result *result, const row *r, vgi_worker_info *ret, vgi_error *err)
{
    int64_t begin, end;
    const vgi_array *items = list_of(r, "protocols", &begin, &end);
    vgi_protocol *protocols;

    if (!items || items->field->type != VGI_TYPE_STRUCT)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Reflection's answer lists no protocols");
    protocols = VG_NEW_ARRAY(&result->arena, vgi_protocol, end - begin + 1);
    if (!protocols)
        return vg_client_no_memory(err);
    for (int64_t i = begin; i < end; i++) {
        row each = row_of_struct(r, items, i);

        VGI_TRY(read_protocol(result, &each, &protocols[i - begin], err));
    }
    *ret = (vgi_worker_info){.server_id = text_of(r, "server_id"),
                             .server_version = text_of(r, "server_version"),
                             .protocols = protocols,
                             .n_protocols = (size_t)(end - begin),
                             .request_version = text_of(r, "request_version")};
    return VGI_OK;
}

vgi_status vgi_client_describe(vgi_client *client, vgi_result *result, const vgi_worker_info **ret, vgi_error *err)
{
    vgi_worker_info *info = VG_NEW(&result->arena, vgi_worker_info);
    row r;

    *ret = NULL;
    if (!info)
        return vg_client_no_memory(err);
    VGI_TRY(ask(client, "list_protocols", NULL, result, &r, err));
    VGI_TRY(read_worker(result, &r, info, err));
    *ret = info;
    return VGI_OK;
}

/* A schema in bytes; no bytes: none. */
static vgi_status schema_of(vgi_result *result, const row *r, const char *name, const vgi_arrow_schema **ret,
                            vgi_error *err)
{
    const vgi_array *column = part(r, name);
    vgi_bytes bytes = column ? vgi_array_blob(column, r->at) : (vgi_bytes){0};

    return bytes.size > 0 ? vg_schema_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, ret, err) : VGI_OK;
}

static vgi_status read_method(vgi_result *result, const row *r, vgi_protocol_method *ret, vgi_error *err)
{
    *ret = (vgi_protocol_method){.name = text_of(r, "name"),
                                 .type = text_of(r, "method_type"),
                                 .stream_kind = text_of(r, "stream_kind"),
                                 .has_return = flag_of(r, "has_return"),
                                 .has_header = flag_of(r, "has_header"),
                                 .idempotency = text_of(r, "idempotency"),
                                 .deprecated = flag_of(r, "deprecated"),
                                 .deprecation_message = text_of(r, "deprecation_message")};
    VGI_TRY(schema_of(result, r, "params_schema_ipc", &ret->params, err));
    VGI_TRY(schema_of(result, r, "result_schema_ipc", &ret->result, err));
    return schema_of(result, r, "header_schema_ipc", &ret->header, err);
}

static vgi_status read_methods(vgi_result *result, const row *r, const vgi_protocol_method **ret, size_t *ret_count,
                               vgi_error *err)
{
    int64_t begin, end;
    const vgi_array *items = list_of(r, "methods", &begin, &end);
    vgi_protocol_method *methods;

    if (!items || items->field->type != VGI_TYPE_STRUCT)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Reflection's answer lists no methods");
    methods = VG_NEW_ARRAY(&result->arena, vgi_protocol_method, end - begin + 1);
    if (!methods)
        return vg_client_no_memory(err);
    for (int64_t i = begin; i < end; i++) {
        row each = row_of_struct(r, items, i);

        VGI_TRY(read_method(result, &each, &methods[i - begin], err));
    }
    *ret = methods;
    *ret_count = (size_t)(end - begin);
    return VGI_OK;
}

vgi_status vgi_client_describe_protocol(vgi_client *client, const char *protocol, vgi_result *result, vgi_protocol *ret,
                                        const vgi_protocol_method **ret_methods, size_t *ret_count, vgi_error *err)
{
    const vgi_field field = {.name = VGI_STR("protocol"), .type = VGI_TYPE_UTF8};
    const vgi_field *const fields[] = {&field};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    const int32_t offsets[] = {0, (int32_t)strlen(protocol)};
    const vgi_array column = {.field = &field, .length = 1, .buffers = {offsets, protocol}};
    const vgi_batch params = {.schema = &schema, .rows = 1, .n_columns = 1, .columns = &column};
    row r;

    VGI_TRY(ask(client, "describe", &params, result, &r, err));
    VGI_TRY(read_protocol(result, &r, ret, err));
    return read_methods(result, &r, ret_methods, ret_count, err);
}
