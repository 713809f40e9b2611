/* Reflection, protocol vgi_rpc.Reflection.v1 (rpc.md §8.1): which protocols a server hosts, and the methods of one. An
 * ordinary binding whose handlers read the other bindings' rows; serve.c puts it beside them. */
#include "arrow/array.h"
#include "base/str.h"
#include "ipc/writer.h"
#include "rpc/keys.h"
#include "rpc/session.h"

/* ---- schemas: every field is non-null, the items of lists are nullable ------------------------------------------- */

#define FIELD(field_name, field_type) {.name = VGI_STR(field_name), .type = (field_type)}
#define ITEM(field_type) {.name = VGI_STR("item"), .type = (field_type), .nullable = true}
#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))
#define LIST_OF(field_name, item_array)                                                                                \
    {.name = VGI_STR(field_name), .type = VGI_TYPE_LIST, .n_children = 1, .children = (item_array)}
#define STRUCT_ITEM(members)                                                                                           \
    {.name = VGI_STR("item"),                                                                                          \
     .type = VGI_TYPE_STRUCT,                                                                                          \
     .nullable = true,                                                                                                 \
     .n_children = COUNT(members),                                                                                     \
     .children = (members)}

static const vgi_field TEXT_ITEM = ITEM(VGI_TYPE_UTF8);
static const vgi_field *const TEXT_ITEMS[] = {&TEXT_ITEM};

static const vgi_field PROTOCOL = FIELD("protocol", VGI_TYPE_UTF8);
static const vgi_field PROTOCOL_VERSION = FIELD("protocol_version", VGI_TYPE_UTF8);
static const vgi_field PROTOCOL_HASH = FIELD("protocol_hash", VGI_TYPE_UTF8);
static const vgi_field DEPRECATED = FIELD("deprecated", VGI_TYPE_BOOL);
static const vgi_field DEPRECATION_MESSAGE = FIELD("deprecation_message", VGI_TYPE_UTF8);
static const vgi_field FEATURES = LIST_OF("features", TEXT_ITEMS);
static const vgi_field *const PROTOCOL_MEMBERS[] = {&PROTOCOL,   &PROTOCOL_VERSION,    &PROTOCOL_HASH,
                                                    &DEPRECATED, &DEPRECATION_MESSAGE, &FEATURES};
static const vgi_field PROTOCOL_ITEM = STRUCT_ITEM(PROTOCOL_MEMBERS);
static const vgi_field *const PROTOCOL_ITEMS[] = {&PROTOCOL_ITEM};

static const vgi_field SERVER_ID = FIELD("server_id", VGI_TYPE_UTF8);
static const vgi_field SERVER_VERSION = FIELD("server_version", VGI_TYPE_UTF8);
static const vgi_field REQUEST_VERSION = FIELD("request_version", VGI_TYPE_UTF8);
static const vgi_field PROTOCOLS = LIST_OF("protocols", PROTOCOL_ITEMS);
static const vgi_field *const LISTING_FIELDS[] = {&SERVER_ID, &SERVER_VERSION, &REQUEST_VERSION, &PROTOCOLS};
static const vgi_arrow_schema LISTING = {.n_fields = COUNT(LISTING_FIELDS), .fields = LISTING_FIELDS};

static const vgi_field NAME = FIELD("name", VGI_TYPE_UTF8);
static const vgi_field METHOD_TYPE = FIELD("method_type", VGI_TYPE_UTF8);
static const vgi_field HAS_RETURN = FIELD("has_return", VGI_TYPE_BOOL);
static const vgi_field HAS_HEADER = FIELD("has_header", VGI_TYPE_BOOL);
static const vgi_field STREAM_KIND = FIELD("stream_kind", VGI_TYPE_UTF8);
static const vgi_field PARAMS_IPC = FIELD("params_schema_ipc", VGI_TYPE_BINARY);
static const vgi_field RESULT_IPC = FIELD("result_schema_ipc", VGI_TYPE_BINARY);
static const vgi_field HEADER_IPC = FIELD("header_schema_ipc", VGI_TYPE_BINARY);
static const vgi_field IDEMPOTENCY = FIELD("idempotency", VGI_TYPE_UTF8);
static const vgi_field *const METHOD_MEMBERS[] = {&NAME,        &METHOD_TYPE, &HAS_RETURN,         &HAS_HEADER,
                                                  &STREAM_KIND, &PARAMS_IPC,  &RESULT_IPC,         &HEADER_IPC,
                                                  &IDEMPOTENCY, &DEPRECATED,  &DEPRECATION_MESSAGE};
static const vgi_field METHOD_ITEM = STRUCT_ITEM(METHOD_MEMBERS);
static const vgi_field *const METHOD_ITEMS[] = {&METHOD_ITEM};
static const vgi_field METHODS = LIST_OF("methods", METHOD_ITEMS);
static const vgi_field *const DESCRIPTION_FIELDS[] = {
    &PROTOCOL, &PROTOCOL_VERSION, &PROTOCOL_HASH, &DEPRECATED, &DEPRECATION_MESSAGE, &FEATURES, &METHODS};
static const vgi_arrow_schema DESCRIPTION = {.n_fields = COUNT(DESCRIPTION_FIELDS), .fields = DESCRIPTION_FIELDS};

static const vgi_field RESULT = FIELD("result", VGI_TYPE_BINARY);
static const vgi_field *const RESULT_FIELDS[] = {&RESULT};
static const vgi_arrow_schema RESULT_SCHEMA = {.n_fields = 1, .fields = RESULT_FIELDS};
static const vgi_field *const DESCRIBE_FIELDS[] = {&PROTOCOL};
static const vgi_arrow_schema DESCRIBE_PARAMS = {.n_fields = 1, .fields = DESCRIBE_FIELDS};

/* ---- handlers ---------------------------------------------------------------------------------------------------- */

/* Appends the six values that say what a protocol is: to the columns of a record, or the members of a struct. */
static void append_protocol(vg_server *server, vgi_column *const columns[6], const vg_binding *binding)
{
    vgi_append_string(columns[0], binding->protocol);
    vgi_append_string(columns[1], binding->version ? binding->version : "");
    vgi_append_string(columns[2], vg_server_protocol_hash(server, binding));
    vgi_append_bool(columns[3], false);
    vgi_append_string(columns[4], "");
    vgi_append_list(columns[5]);
}

/* Answers with the one row of `builder` as a record. */
static vgi_status answer_record(vgi_call *call, vg_builder *builder, vgi_batch *row, vgi_batch *out)
{
    vgi_bytes bytes;

    row->rows = 1;
    VGI_TRY(vg_builder_finish(builder, &call->error));
    VGI_TRY(vg_batch_encode(call->arena, row, &bytes, &call->error));
    vgi_append_blob(vgi_out_column(out, 0), bytes.data, bytes.size);
    return VGI_OK;
}

static vgi_status fill_listing(vgi_call *call, vg_builder *builder, vgi_batch *out)
{
    vg_server *server = call->user;
    vgi_batch *row = vg_builder_begin(builder, 1);
    vgi_column *items, *members[6];

    if (!row)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for the list of protocols");
    vgi_append_string(vgi_out_column(row, 0), server->id);
    vgi_append_string(vgi_out_column(row, 1), "");
    vgi_append_string(vgi_out_column(row, 2), VG_REQUEST_VERSION);
    items = vgi_child(vgi_out_column(row, 3), 0);
    for (int32_t i = 0; i < 6; i++)
        members[i] = vgi_child(items, i);
    for (size_t i = 0; i < server->n_bindings; i++) {
        append_protocol(server, members, server->bindings[i]);
        vgi_append_struct(items);
    }
    vgi_append_list(vgi_out_column(row, 3));
    return answer_record(call, builder, row, out);
}

/* A schema message, or no bytes where there is no schema. */
static vgi_status append_schema(vgi_call *call, vgi_column *column, const vgi_arrow_schema *schema)
{
    vgi_bytes bytes = {(const uint8_t *)"", 0};

    if (schema)
        VGI_TRY(vg_schema_encode(call->arena, schema, &bytes, &call->error));
    vgi_append_blob(column, bytes.data, bytes.size);
    return VGI_OK;
}

static vgi_status append_method(vgi_call *call, vgi_column *item, const vg_method *method)
{
    static const char *const STREAM_KINDS[] = {
        [VG_UNARY] = "", [VG_PRODUCER] = "producer", [VG_EXCHANGE] = "exchange", [VG_STREAM] = "unknown"};
    bool is_unary = method->kind == VG_UNARY;
    bool has_return = is_unary && method->result && method->result->n_fields > 0;

    vgi_append_string(vgi_child(item, 0), method->name);
    vgi_append_string(vgi_child(item, 1), is_unary ? "unary" : "stream");
    vgi_append_bool(vgi_child(item, 2), has_return);
    vgi_append_bool(vgi_child(item, 3), method->header != NULL);
    vgi_append_string(vgi_child(item, 4), STREAM_KINDS[method->kind]);
    VGI_TRY(append_schema(call, vgi_child(item, 5), method->params ? method->params : &VG_EMPTY_SCHEMA));
    VGI_TRY(append_schema(call, vgi_child(item, 6), has_return ? method->result : NULL));
    VGI_TRY(append_schema(call, vgi_child(item, 7), method->header));
    vgi_append_string(vgi_child(item, 8), "unknown");
    vgi_append_bool(vgi_child(item, 9), false);
    vgi_append_string(vgi_child(item, 10), "");
    vgi_append_struct(item);
    return VGI_OK;
}

/* Reflection reports one version, the oldest minor, with its hash: methods that came later are left out. */
static vgi_status fill_description(vgi_call *call, vg_builder *builder, const vg_binding *binding, vgi_batch *out)
{
    vgi_batch *row = vg_builder_begin(builder, 1);
    vgi_column *columns[6], *item;

    if (!row)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a description");
    for (int32_t i = 0; i < 6; i++)
        columns[i] = vgi_out_column(row, i);
    append_protocol(call->user, columns, binding);
    item = vgi_child(vgi_out_column(row, 6), 0);
    for (size_t i = 0; i < binding->n_methods; i++)
        if (binding->methods[i].since_minor <= binding->version_minor_min)
            VGI_TRY(append_method(call, item, &binding->methods[i]));
    vgi_append_list(vgi_out_column(row, 6));
    return answer_record(call, builder, row, out);
}

static vgi_status list_protocols(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_error sticky = {0};
    vg_builder *builder;
    vgi_status status;

    (void)params;
    VGI_TRY(vg_builder_new(&LISTING, &sticky, &builder));
    status = fill_listing(call, builder, out);
    vg_builder_free(builder);
    return status;
}

static vgi_status describe(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vg_server *server = call->user;
    vgi_string name = vgi_text(params, 0, 0);
    const vg_binding *binding = NULL;
    vgi_error sticky = {0};
    vg_builder *builder;
    vgi_status status;

    for (size_t i = 0; i < server->n_bindings; i++)
        if (vg_string_is(name, server->bindings[i]->protocol))
            binding = server->bindings[i];
    if (!binding)
        return vg_call_refuse(call, &VG_PROTOCOL_NOT_SUPPORTED,
                              "Protocol '%.*s' is not hosted here; see list_protocols", VG_FMT(name));
    VGI_TRY(vg_builder_new(&DESCRIPTION, &sticky, &builder));
    status = fill_description(call, builder, binding, out);
    vg_builder_free(builder);
    return status;
}

static const vg_method REFLECTION_METHODS[] = {
    {.name = "describe", .kind = VG_UNARY, .params = &DESCRIBE_PARAMS, .result = &RESULT_SCHEMA, .unary = describe},
    {.name = "list_protocols", .kind = VG_UNARY, .result = &RESULT_SCHEMA, .unary = list_protocols},
};

const vg_binding VG_REFLECTION = {
    .protocol = VG_REFLECTION_PROTOCOL,
    .version_major = -1,
    .version = "",
    .protocol_hash = "3c7db4cae8cdfc93dc4a76e73b8b759e18e45e6a5811adba4e520366344b919a",
    .methods = REFLECTION_METHODS,
    .n_methods = sizeof REFLECTION_METHODS / sizeof *REFLECTION_METHODS,
};
