/* The checks between a request and its handler (rpc.md §3.3, checks 2 to 7 and 9): address and parameters. rpc/serve
 * calls them in order. What a peer sent is shown in a message only where it is a name. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/str.h"
#include "base/text.h"
#include "rpc/keys.h"
#include "rpc/session.h"

enum { NAME_BYTES = 255, SCHEMA_TEXT_BYTES = 320, NAMES_TEXT_BYTES = 700 };

static const vg_error_class RPC_ERROR = {"RpcError", NULL, "UNKNOWN"};
static const vg_error_class VERSION_ERROR = {"VersionError", NULL, "UNKNOWN"};
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* ^[A-Za-z_][A-Za-z0-9_.]*$, at most 255 bytes (rpc.md §3.2). */
static bool is_name(vgi_string name)
{
    if (name.size == 0 || name.size > NAME_BYTES || !is_letter(name.data[0]))
        return false;
    for (size_t i = 1; i < name.size; i++)
        if (!is_letter(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') && name.data[i] != '.')
            return false;
    return true;
}

static vgi_string shown(vgi_string name)
{
    return is_name(name) ? name : vgi_str("<not a name>");
}

/* Names joined by ", ", cut where they are too many for a message. */
static void add_name(vg_text *text, const char *name)
{
    if (text->size > NAMES_TEXT_BYTES)
        return;
    if (text->size > 0)
        vg_text_puts(text, ", ");
    vg_text_puts(text, text->size > NAMES_TEXT_BYTES - 50 ? "..." : name);
    if (text->size > NAMES_TEXT_BYTES - 50)
        text->size = text->size > NAMES_TEXT_BYTES ? text->size : NAMES_TEXT_BYTES + 1;
}

/* Check 4: pointers followed, one row. */
static vgi_status check_rows(vg_session *session)
{
    vgi_call *call = &session->call;
    vgi_error why = {0};

    if (vg_attach_request(session, &why) != VGI_OK)
        return vg_call_refuse(call, &RPC_ERROR, "ProtocolError: %s", why.message);
    if (session->params->n_columns == 0 || session->params->rows == 1)
        return VGI_OK;
    return vg_call_refuse(call, &RPC_ERROR, "ProtocolError: Expected 1 row in request batch, got %" PRId64,
                          session->params->rows);
}

/* Checks 2 to 4. */
static vgi_status check_envelope(vg_session *session)
{
    vgi_call *call = &session->call;
    vgi_string version = vgi_metadata_get(call->metadata, VG_KEY_REQUEST_VERSION);

    if (!call->method.data || call->method.size == 0)
        return vg_call_refuse(call, &RPC_ERROR, "ProtocolError: Missing '%s' in request metadata", VG_KEY_METHOD);
    if (!vg_utf8_valid(call->method.data, call->method.size)) {
        call->method = (vgi_string){0};
        return vg_call_refuse(call, &RPC_ERROR, "ProtocolError: '%s' is not valid UTF-8", VG_KEY_METHOD);
    }
    if (!version.data)
        return vg_call_refuse(call, &VERSION_ERROR, "Missing '%s' in request metadata; expected '%s'",
                              VG_KEY_REQUEST_VERSION, VG_REQUEST_VERSION);
    if (!vg_string_is(version, VG_REQUEST_VERSION))
        return vg_call_refuse(call, &VERSION_ERROR, "Unsupported request version '%.*s'; expected '%s'",
                              VG_FMT(shown(version)), VG_REQUEST_VERSION);
    return check_rows(session);
}

static bool is_server_level(vgi_string method)
{
    return method.size > 4 && memcmp(method.data, "__", 2) == 0 && memcmp(method.data + method.size - 2, "__", 2) == 0;
}

/* Names of the form __x__ are not routed (rpc.md §3.2); the one that exists was answered before. */
static vgi_status refuse_server_level(vg_session *session)
{
    vgi_call *call = &session->call;

    if (vg_string_is(call->method, "__describe__"))
        return vg_call_refuse(call, &VG_METHOD_NOT_IMPLEMENTED,
                              "Method '__describe__' is retired; call 'describe' of protocol '%s' instead",
                              VG_REFLECTION_PROTOCOL);
    return vg_call_refuse(call, &VG_METHOD_NOT_IMPLEMENTED, "Unknown server-level method '%.*s'",
                          VG_FMT(shown(call->method)));
}

/* Check 6. */
static vgi_status find_binding(vg_session *session)
{
    vgi_call *call = &session->call;
    const vg_server *server = session->server;
    vg_text hosted = {.arena = &session->arena};

    if (!call->protocol.data || call->protocol.size == 0)
        return vg_call_refuse(call, &VG_PROTOCOL_NOT_SPECIFIED,
                              "Missing '%s' in request metadata: name the protocol of '%.*s'", VG_KEY_PROTOCOL,
                              VG_FMT(shown(call->method)));
    if (!is_name(call->protocol)) {
        call->protocol = (vgi_string){0};
        return vg_call_refuse(call, &VG_PROTOCOL_NOT_SUPPORTED, "'%s' is not the name of a protocol", VG_KEY_PROTOCOL);
    }
    for (size_t i = 0; i < server->n_bindings; i++) {
        if (vg_string_is(call->protocol, server->bindings[i]->protocol)) {
            session->binding = server->bindings[i];
            return VGI_OK;
        }
        add_name(&hosted, server->bindings[i]->protocol);
    }
    return vg_call_refuse(call, &VG_PROTOCOL_NOT_SUPPORTED, "Protocol '%.*s' is not hosted here. Hosted: %.*s",
                          VG_FMT(call->protocol), (int)hosted.size, hosted.data);
}

static vgi_status refuse_method(vg_session *session)
{
    vgi_call *call = &session->call;
    const vg_binding *binding = session->binding;
    vg_text names = {.arena = &session->arena};

    for (size_t i = 0; i < binding->n_methods; i++)
        if ((call->version_minor < 0 || binding->methods[i].since_minor <= call->version_minor) &&
            (!binding->offers || binding->offers(&binding->methods[i])))
            add_name(&names, binding->methods[i].name);
    return vg_call_refuse(
        call, &VG_METHOD_NOT_IMPLEMENTED, "Unknown method '%.*s' of protocol '%s'. Available methods: %.*s",
        VG_FMT(shown(call->method)), binding->protocol, (int)names.size, names.data ? names.data : "");
}

/* Check 7. */
static vgi_status find_method(vg_session *session, const vg_method **ret)
{
    const vg_binding *binding = session->binding;
    vgi_string name = session->call.method;
    size_t low = 0, high = binding->n_methods;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = binding->methods[middle].name;
        size_t size = strlen(other);
        int order = memcmp(name.data, other, name.size < size ? name.size : size);

        if (order == 0 && name.size == size) {
            *ret = &binding->methods[middle];
            return VGI_OK;
        }
        if (order == 0)
            order = name.size < size ? -1 : 1;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return refuse_method(session);
}

vgi_status vg_check_address(vg_session *session, const vg_method **ret)
{
    vgi_call *call = &session->call;

    *ret = NULL;
    call->method = vgi_metadata_get(call->metadata, VG_KEY_METHOD);
    call->protocol = vgi_metadata_get(call->metadata, VG_KEY_PROTOCOL);
    VGI_TRY(check_envelope(session));
    if (vg_string_is(call->method, VG_METHOD_TRANSPORT_OPTIONS))
        return VGI_END;
    session->input_may_follow = true; /* until the row tells that the method is none with a stream */
    if (is_server_level(call->method))
        return refuse_server_level(session);
    VGI_TRY(find_binding(session));
    VGI_TRY(find_method(session, ret));
    session->input_may_follow = (*ret)->kind != VG_UNARY;
    return VGI_OK;
}

static void add_field(vg_text *text, const vgi_field *field)
{
    vg_text_clean(text, field->name);
    vg_text_puts(text, ": ");
    vg_text_puts(text, vgi_type_name(field->type));
    if (!field->nullable)
        vg_text_puts(text, " not null");
}

vgi_string vg_schema_text(vg_arena *arena, const vgi_arrow_schema *schema)
{
    vg_text text = {.arena = arena};
    vgi_string result;

    vg_text_puts(&text, "(");
    for (int32_t i = 0; i < schema->n_fields && text.size < SCHEMA_TEXT_BYTES; i++) {
        if (i > 0)
            vg_text_puts(&text, ", ");
        add_field(&text, schema->fields[i]);
    }
    if (text.size >= SCHEMA_TEXT_BYTES && !text.failed) {
        text.size = vg_utf8_cut(text.data, SCHEMA_TEXT_BYTES);
        vg_text_puts(&text, "...");
    }
    vg_text_puts(&text, ")");
    result = vg_text_take(&text);
    return result.data ? result : vgi_str("(?)");
}

/* True if the member exists, or the type has none declared. */
static bool is_member(const vgi_metadata *members, vgi_string name)
{
    bool declared = false;

    for (size_t i = 0; i < members->count; i++) {
        if (!vg_string_is(members->items[i].key, VG_ENUM_VALUE))
            continue;
        declared = true;
        if (vgi_string_equal(members->items[i].value, name))
            return true;
    }
    return !declared;
}

vgi_status vg_check_members(const vgi_field *declared, const vgi_array *array, vgi_error *err)
{
    if (declared->type == VGI_TYPE_DICTIONARY && declared->dictionary->metadata.count > 0) {
        for (int64_t i = 0; i < array->length; i++)
            if (!vgi_array_is_null(array, i) && !is_member(&declared->dictionary->metadata, vgi_array_text(array, i)))
                return vgi_error_set(err, VGI_ERR_NOT_FOUND, "'%.*s' is no member of the enum",
                                     VG_FMT(vgi_array_text(array, i)));
    }
    for (int32_t i = 0; i < declared->n_children && i < array->n_children; i++)
        VGI_TRY(vg_check_members(declared->children[i], &array->children[i], err));
    return VGI_OK;
}

/* What the schemas do not say: NULLs, members. */
static vgi_status check_value(vgi_call *call, const vg_method *method, const vgi_field *declared,
                              const vgi_array *value)
{
    vgi_error err = {0};
    vgi_status status;

    if (!declared->nullable && vg_array_null_count(value) > 0)
        return vgi_fail(call, VGI_ERR_TYPE, "%s() parameter '%.*s' must not be null", method->name,
                        VG_FMT(declared->name));
    status = vg_check_members(declared, value, &err);
    if (status != VGI_OK)
        return vgi_fail(call, status, "%s() parameter '%.*s': %s", method->name, VG_FMT(declared->name), err.message);
    return VGI_OK;
}

static vgi_status refuse_params(vg_session *session, const vg_method *method)
{
    vgi_string expected = vg_schema_text(&session->arena, method->params);
    vgi_string got = vg_schema_text(&session->arena, session->params->schema);

    return vgi_fail(&session->call, VGI_ERR_TYPE, "%s() takes %s, in this order; got %s", method->name, expected.data,
                    got.data);
}

vgi_status vg_check_params(vg_session *session, const vg_method *method)
{
    const vgi_batch *params = session->params;
    const vgi_arrow_schema *declared = method->params;
    int32_t n = declared ? declared->n_fields : 0;

    if (method->since_minor > 0 && session->call.version_minor >= 0 &&
        method->since_minor > session->call.version_minor)
        return refuse_method(session);
    if (params->schema->n_fields != n)
        return n > 0 ? refuse_params(session, method)
                     : vgi_fail(&session->call, VGI_ERR_TYPE, "%s() takes no parameters; got %" PRId32, method->name,
                                params->schema->n_fields);
    for (int32_t i = 0; i < n; i++)
        if (!vg_field_equal(declared->fields[i], params->schema->fields[i]))
            return refuse_params(session, method);
    for (int32_t i = 0; i < n; i++)
        VGI_TRY(check_value(&session->call, method, declared->fields[i], &params->columns[i]));
    return VGI_OK;
}
