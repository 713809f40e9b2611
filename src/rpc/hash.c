/* The hash of a protocol (rpc.md §8.1): SHA-256 over the canonical JSON of its methods. Reflection and the access log
 * ask for it; it is computed when they first do. */
#include <string.h>

#include "base/sha256.h"
#include "rpc/session.h"
#include "base/text.h"
#include "rpc/type_text.h"

static void add_fields(vg_text *text, const char *key, const vgi_arrow_schema *schema)
{
    vg_text type = {.arena = text->arena};

    vg_text_puts(text, key);
    vg_text_puts(text, "[");
    for (int32_t i = 0; schema && i < schema->n_fields; i++) {
        const vgi_field *field = schema->fields[i];

        if (i > 0)
            vg_text_puts(text, ",");
        vg_text_puts(text, "{");
        vg_text_member(text, "name", field->name);
        vg_text_puts(text, field->nullable ? ",\"nullable\":true" : ",\"nullable\":false");
        type.size = 0;
        vg_type_print(&type, field);
        vg_text_member(text, "type", (vgi_string){type.data, type.size});
        vg_text_puts(text, "}");
    }
    vg_text_puts(text, "]");
    text->failed = text->failed || type.failed;
}

/* Keys in their order; `header` and `result` only where the method has them. */
static void add_method(vg_text *text, const vg_method *method)
{
    bool has_return = method->kind == VG_UNARY && method->result && method->result->n_fields > 0;

    vg_text_puts(text, method->header ? "{\"has_header\":true" : "{\"has_header\":false");
    vg_text_puts(text, has_return ? ",\"has_return\":true" : ",\"has_return\":false");
    if (method->header)
        add_fields(text, ",\"header\":", method->header);
    vg_text_member(text, "name", vgi_str(method->name));
    add_fields(text, ",\"params\":", method->params);
    if (has_return)
        add_fields(text, ",\"result\":", method->result);
    vg_text_member(text, "type", vgi_str(method->kind == VG_UNARY ? "unary" : "stream"));
    vg_text_puts(text, "}");
}

/* As Reflection describes it: the oldest minor version's methods. */
static bool compute(const vg_binding *binding, char ret[VG_SHA256_HEX])
{
    vg_arena arena = {0};
    vg_text text = {.arena = &arena};
    bool first = true;

    vg_text_puts(&text, "vgi_rpc.protocol_hash.v1|{\"methods\":[");
    for (size_t i = 0; i < binding->n_methods; i++) {
        if (binding->methods[i].since_minor > binding->version_minor_min)
            continue;
        if (!first)
            vg_text_puts(&text, ",");
        first = false;
        add_method(&text, &binding->methods[i]);
    }
    vg_text_puts(&text, "]");
    vg_text_member(&text, "protocol", vgi_str(binding->protocol));
    vg_text_puts(&text, "}");
    if (!text.failed)
        vg_sha256_hex(text.data, text.size, ret);
    vg_arena_done(&arena);
    return !text.failed;
}

const char *vg_server_protocol_hash(vg_server *server, const vg_binding *binding)
{
    const char *hash = "";

    if (binding->protocol_hash)
        return binding->protocol_hash;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->n_bindings; i++) {
        if (server->bindings[i] != binding)
            continue;
        if (server->hashes[i][0] != '\0' || compute(binding, server->hashes[i]))
            hash = server->hashes[i];
    }
    pthread_mutex_unlock(&server->lock);
    return hash;
}
