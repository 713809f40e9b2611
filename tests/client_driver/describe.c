/* What the worker says that it is: its first protocol that is not the RPC layer's own. See driver.h. */
#include <string.h>

#include "driver.h"

static const char OWN[] = "vgi_rpc.";

static bool is_own(vgi_string name)
{
    return name.size >= sizeof OWN - 1 && memcmp(name.data, OWN, sizeof OWN - 1) == 0;
}

static json_t *schema_of(driver *d, const vgi_arrow_schema *schema)
{
    return schema ? schema_base64(d, schema) : NULL;
}

static json_t *method_of(driver *d, const vgi_protocol_method *method)
{
    static const vgi_string EXCHANGE = VGI_STR("exchange"), PRODUCER = VGI_STR("producer");
    const bool is_exchange = vgi_string_equal(method->stream_kind, EXCHANGE);
    const bool is_known = is_exchange || vgi_string_equal(method->stream_kind, PRODUCER);

    return json_pack("{s:o, s:o, s:b, s:b, s:o, s:o?, s:o?, s:o?}", "name", text_of(method->name), "method_type",
                     text_of(method->type), "has_return", method->has_return, "has_header", method->has_header,
                     "is_exchange", is_known ? json_boolean(is_exchange) : json_null(), "params_schema_b64",
                     schema_of(d, method->params), "result_schema_b64", schema_of(d, method->result),
                     "header_schema_b64", schema_of(d, method->header));
}

json_t *op_describe(driver *d, const json_t *line)
{
    const vgi_protocol_method *methods;
    const vgi_worker_info *info;
    vgi_protocol protocol;
    vgi_error err = {0};
    size_t i = 0, count;
    json_t *list;

    (void)line;
    if (vgi_client_describe(d->client, d->memory, &info, &err) != VGI_OK)
        return failed(d, &err);
    while (i < info->n_protocols && is_own(info->protocols[i].name))
        i++;
    if (i == info->n_protocols) {
        (void)vgi_error_set(&err, VGI_ERR_PROTOCOL, "the worker hosts nothing but the RPC layer's own protocols");
        return failed(d, &err);
    }
    if (vgi_client_describe_protocol(d->client, info->protocols[i].name.data, d->memory, &protocol, &methods, &count,
                                     &err) != VGI_OK)
        return failed(d, &err);
    list = json_array();
    for (size_t m = 0; m < count; m++)
        json_array_append_new(list, method_of(d, &methods[m]));
    return json_pack("{s:b, s:n, s:{s:o, s:o, s:s, s:o, s:o, s:o, s:o}}", "ok", 1, "error", "describe", "protocol_name",
                     text_of(protocol.name), "request_version", text_of(info->request_version), "describe_version", "5",
                     "protocol_hash", text_of(protocol.hash), "server_id", text_of(info->server_id), "protocol_version",
                     text_of(protocol.version), "methods", list);
}
