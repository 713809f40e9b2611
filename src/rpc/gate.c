/* The protocol-version gate (rpc.md §3.4), which one worker opens to a set of minor versions: callers of 2.0, 2.1
 * and 2.2 share the name vgi.v2, and are answered in their own dialect. rpc/serve calls it before the parameters are
 * looked at. */
#include <stdio.h>

#include "base/str.h"
#include "rpc/keys.h"
#include "rpc/session.h"

enum { TOO_LARGE = 1000000000 };

/* Reads (0|[1-9]\d*) at *pos; -1 if there is none. Numbers beyond any version are all alike. */
static int parse_number(vgi_string text, size_t *pos)
{
    size_t start = *pos;
    int value = 0;

    while (*pos < text.size && text.data[*pos] >= '0' && text.data[*pos] <= '9') {
        value = value < TOO_LARGE / 10 ? value * 10 + (text.data[*pos] - '0') : TOO_LARGE;
        ++*pos;
    }
    if (*pos == start || (text.data[start] == '0' && *pos - start > 1))
        return -1;
    return value;
}

/* MAJOR.MINOR.PATCH, in the canonical form. */
static bool parse_version(vgi_string text, int version[3])
{
    size_t pos = 0;

    for (int i = 0; i < 3; i++) {
        if (i > 0 && (pos >= text.size || text.data[pos++] != '.'))
            return false;
        version[i] = parse_number(text, &pos);
        if (version[i] < 0)
            return false;
    }
    return pos == text.size;
}

static vgi_status mismatch(vg_session *session, vgi_string client, const char *direction)
{
    const vg_binding *binding = session->binding;
    vgi_status status = vg_call_refuse(&session->call, &VG_PROTOCOL_VERSION_MISMATCH,
                                       "VGI client/worker protocol_version mismatch for protocol '%s'.\n"
                                       "  Client: %.*s\n  Server: %s\n  Direction: %s",
                                       binding->protocol, VG_FMT(client), binding->version, direction);

    session->call.error_details =
        vg_arena_printf(&session->arena,
                        "[{\"@type\":\"vgi_rpc.PreconditionFailure\",\"violations\":[{\"type\":\"protocol_version\","
                        "\"subject\":\"%s\",\"description\":\"the server speaks %s\"}]}]",
                        binding->protocol, binding->version);
    return status;
}

vgi_status vg_check_version(vg_session *session, const vg_method *method)
{
    const vg_binding *binding = session->binding;
    vgi_string client = vgi_metadata_get(session->call.metadata, VG_KEY_PROTOCOL_VERSION);
    char direction[160];
    int version[3];

    (void)method;
    session->call.version_minor = -1;
    if (binding->version_major < 0)
        return VGI_OK;
    if (!client.data)
        return mismatch(session, vgi_str("<not declared>"),
                        "the client is too old or no VGI client: it sent no " VG_KEY_PROTOCOL_VERSION);
    if (!vg_utf8_valid(client.data, client.size))
        return mismatch(session, vgi_str("<undecodable bytes>"), "the client sent a version that is no UTF-8");
    client.size = vg_utf8_cut(client.data, client.size < 64 ? client.size : 64);
    if (!parse_version(client, version))
        return mismatch(session, client, "the client sent a malformed version; expected MAJOR.MINOR.PATCH");
    if (version[0] == binding->version_major && version[1] >= binding->version_minor_min &&
        version[1] <= binding->version_minor_max) {
        session->call.version_minor = version[1];
        return VGI_OK;
    }
    if (version[0] < binding->version_major ||
        (version[0] == binding->version_major && version[1] < binding->version_minor_min))
        snprintf(direction, sizeof direction,
                 "client is too old; upgrade the VGI extension/client to a version supporting protocol_version %s.",
                 binding->version);
    else
        snprintf(direction, sizeof direction,
                 "server is too old; upgrade the VGI worker to a version supporting protocol_version %.*s.",
                 VG_FMT(client));
    return mismatch(session, client, direction);
}
