/* Clients: from a location to a connection, and what is known of it (rpc.md §10). See <vgi/client.h>. */
#include <stdio.h>
#include <string.h>

#include <vgi/sys/tap.h>

#include "base/alloc.h"
#include "base/str.h"
#include "client/client.h"
#include "rpc/keys.h"

enum {
    CONNECT_MS = 60000,
    LAST_WORDS_MS = 300, /* how long the end of a worker that has hung up is waited for, to tell about it */
    STDERR_BYTES = 400,
};

static const char *const VERSIONS[VG_PROTOCOL_MINORS] = {"2.0.0", "2.1.0", "2.2.0"};

const char *vg_client_version(int minor)
{
    return VERSIONS[minor];
}

/* Only major and minor count (rpc.md §3.4). */
int vg_client_minor(vgi_string version)
{
    for (int i = 0; i < VG_PROTOCOL_MINORS; i++)
        if (version.data && version.size > 4 && memcmp(version.data, VERSIONS[i], 4) == 0)
            return i;
    return -1;
}

vgi_status vg_client_no_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a client's call");
}

vgi_status vg_bytes_keep(vg_arena *arena, vgi_bytes bytes, vgi_bytes *ret, vgi_error *err)
{
    vgi_string copy = {0};

    if (bytes.data) {
        copy = vg_arena_string(arena, (vgi_string){(const char *)bytes.data, bytes.size});
        if (!copy.data)
            return vg_client_no_memory(err);
    }
    *ret = (vgi_bytes){(const uint8_t *)copy.data, copy.size};
    return VGI_OK;
}

vgi_status vg_path_keep(vg_arena *arena, vgi_string_list path, vgi_string_list *ret, vgi_error *err)
{
    vgi_string *parts = VG_NEW_ARRAY(arena, vgi_string, path.count + 1);

    if (!parts)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < path.count; i++) {
        parts[i] = vg_arena_string(arena, path.items[i]);
        if (!parts[i].data && path.items[i].data)
            return vg_client_no_memory(err);
    }
    *ret = (vgi_string_list){parts, path.count, path.present};
    return VGI_OK;
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

typedef vgi_status connector(vgi_client *client, const char *rest, const vgi_client_options *options,
                             int64_t deadline_ms, vgi_error *err);

static vgi_status connect_command(vgi_client *client, const char *rest, const vgi_client_options *options,
                                  int64_t deadline_ms, vgi_error *err)
{
    static const vg_stderr WHERE[] = {VG_STDERR_INHERIT, VG_STDERR_DISCARD, VG_STDERR_CAPTURE};

    (void)deadline_ms;
    if ((size_t)options->worker_stderr >= sizeof WHERE / sizeof *WHERE)
        return vgi_error_set(err, VGI_ERR_VALUE, "worker_stderr is none of vgi_client_stderr");
    return vg_spawn(rest, WHERE[options->worker_stderr], &client->child, &client->connection, err);
}

static vgi_status connect_unix(vgi_client *client, const char *rest, const vgi_client_options *options,
                               int64_t deadline_ms, vgi_error *err)
{
    (void)options;
    return vg_connect_unix(rest, deadline_ms, &client->connection, NULL, err);
}

static vgi_status connect_tcp(vgi_client *client, const char *rest, const vgi_client_options *options,
                              int64_t deadline_ms, vgi_error *err)
{
    (void)options;
    return vg_connect_tcp(rest, deadline_ms, &client->connection, err);
}

static vgi_status connect_launch(vgi_client *client, const char *rest, const vgi_client_options *options,
                                 int64_t deadline_ms, vgi_error *err)
{
    vg_launch_options launch = {.state_dir = options->launch_state_dir,
                                .idle_timeout_s = options->launch_idle_timeout_s,
                                .deadline_ms = deadline_ms};

    return vg_launch(rest, &launch, &client->connection, err);
}

static vgi_status refuse_http(vgi_client *client, const char *rest, const vgi_client_options *options,
                              int64_t deadline_ms, vgi_error *err)
{
    (void)client;
    (void)rest;
    (void)options;
    (void)deadline_ms;
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "workers behind HTTP cannot be reached with this client");
}

static const struct {
    const char *prefix;
    connector *connect;
} SCHEMES[] = {
    {"unix://", connect_unix}, {"tcp://", connect_tcp},   {"launch:", connect_launch},
    {"http://", refuse_http},  {"https://", refuse_http}, {"", connect_command},
};

static vgi_status connect_to(vgi_client *client, const char *location, const vgi_client_options *options,
                             vgi_error *err)
{
    int64_t deadline_ms =
        vg_monotonic_ms() + (options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_MS);
    size_t i = 0, size;

    if (!location || location[strspn(location, " \t\n")] == '\0')
        return vgi_error_set(
            err, VGI_ERR_VALUE,
            "the location is empty: expected a command, unix://PATH, tcp://HOST:PORT or launch:COMMAND");
    while (size = strlen(SCHEMES[i].prefix), strncmp(location, SCHEMES[i].prefix, size) != 0)
        i++;
    return SCHEMES[i].connect(client, location + size, options, deadline_ms, err);
}

vgi_status vgi_location_connect(const char *location, int64_t timeout_ms, int *ret_fd, vgi_error *err)
{
    vgi_client_options options = {.connect_timeout_ms = timeout_ms};
    vgi_client none = {0};
    size_t i = 0;

    *ret_fd = -1;
    while (SCHEMES[i].connect != connect_command &&
           strncmp(location, SCHEMES[i].prefix, strlen(SCHEMES[i].prefix)) != 0)
        i++;
    if (SCHEMES[i].connect == connect_command)
        return vgi_error_set(err, VGI_ERR_VALUE, "'%.200s' is no unix://PATH, tcp://HOST:PORT or launch:COMMAND",
                             location);
    VGI_TRY(connect_to(&none, location, &options, err));
    *ret_fd = vg_connection_release(none.connection);
    return VGI_OK;
}

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void forward_log(void *user, const vg_said *said)
{
    const vgi_client *client = user;
    vgi_client_log log = {said->level, said->full, said->extra, said->server_id, said->request_id};

    client->log(client->user, &log);
}

static vgi_status open_with(vgi_client *client, const char *location, const vgi_client_options *options, vgi_error *err)
{
    vg_peer_options peer = {.timeout_ms = options->timeout_ms, .user = client, .shm_bytes = options->shm_bytes};

    client->log = options->log;
    client->user = options->user;
    if (options->log)
        peer.log = forward_log;
    if (options->protocol_version) {
        client->minor = vg_client_minor(vgi_str(options->protocol_version));
        if (client->minor < 0)
            return vgi_error_set(err, VGI_ERR_VALUE, "protocol version '%.40s': 2.0.0, 2.1.0 and 2.2.0 are spoken here",
                                 options->protocol_version);
    }
    VGI_TRY(connect_to(client, location, options, err));
    return vg_peer_new(client->connection, &peer, &client->peer, err);
}

vgi_status vgi_client_open_at(int api_version, const char *location, const vgi_client_options *options,
                              vgi_client **ret, vgi_error *err)
{
    static const vgi_client_options DEFAULTS = {0};
    vgi_client *client;
    vgi_status status;

    *ret = NULL;
    if (api_version != VGI_API_VERSION)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "the program was compiled for version %d of the API, the library has %d", api_version,
                             VGI_API_VERSION);
    client = vg_malloc(sizeof *client);
    if (!client)
        return vg_client_no_memory(err);
    memset(client, 0, sizeof *client);
    status = open_with(client, location, options ? options : &DEFAULTS, err);
    if (status == VGI_OK)
        *ret = client;
    else
        vgi_client_close(client);
    return status;
}

void vgi_client_close(vgi_client *client)
{
    if (!client)
        return;
    vg_peer_free(client->peer);
    vg_connection_free(client->connection);
    vg_child_free(client->child);
    vg_arena_done(&client->scratch);
    vg_free(client);
}

/* ---- what is known ---------------------------------------------------------------------------------------------- */

bool vgi_client_is_usable(const vgi_client *client)
{
    return vg_peer_is_usable(client->peer);
}

const char *vgi_client_protocol_version(const vgi_client *client)
{
    return VERSIONS[client->minor];
}

bool vgi_client_shares_memory(const vgi_client *client, uint64_t *ret_sent, uint64_t *ret_received)
{
    return vg_peer_shares(client->peer, ret_sent, ret_received);
}

int64_t vgi_client_worker_pid(const vgi_client *client)
{
    return client->child ? vg_child_pid(client->child) : -1;
}

size_t vgi_client_stderr_text(const vgi_client *client, char *text, size_t size)
{
    if (client->child)
        return vg_child_stderr(client->child, text, size);
    if (size > 0)
        text[0] = '\0';
    return 0;
}

const vgi_remote_error *vgi_client_remote_error(const vgi_client *client)
{
    return client->remote.type.data ? &client->remote : NULL;
}

/* The last line that the worker wrote to stderr, control characters as '?'. */
static const char *last_line(vgi_client *client, char *text, size_t size)
{
    size_t end = vg_child_stderr(client->child, text, size);
    char *line;

    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' '))
        text[--end] = '\0';
    line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    vg_text_tame(line);
    return line;
}

/* Adds to the sentence how the worker ended. */
static void add_last_words(vgi_client *client, vgi_error *err)
{
    char ending[64], text[STDERR_BYTES] = "";
    size_t used = strlen(err->message);
    const char *line;

    if (!client->child || !vg_child_ended(client->child, LAST_WORDS_MS, ending, sizeof ending))
        return;
    line = last_line(client, text, sizeof text);
    snprintf(err->message + used, sizeof err->message - used, "; the worker has ended: %s%s%s", ending,
             line[0] ? "; it said: " : "", line);
    err->message[vg_utf8_cut(err->message, strlen(err->message))] = '\0';
}

vgi_status vg_client_end(vgi_client *client, vgi_status status, vgi_error *err)
{
    const vg_said *said = vg_peer_remote(client->peer);

    client->remote = (vgi_remote_error){0};
    if (status == VGI_OK || status == VGI_END)
        return status;
    if (said)
        client->remote = (vgi_remote_error){said->type,    said->message,   said->traceback,  said->kind, said->code,
                                            said->details, said->server_id, said->request_id, said->full};
    else if (err && err->status == VGI_ERR_IO && err->exception[0] == '\0' && !vg_peer_is_usable(client->peer))
        add_last_words(client, err);
    return status;
}

/* A worker that does not know the method, or wants a protocol's name with every request, has answered, too. */
static bool is_only_unknown(const vgi_client *client)
{
    const vg_said *said = vg_peer_remote(client->peer);

    return said && vg_peer_is_usable(client->peer) &&
           (vgi_string_equal(said->kind, vgi_str("protocol_not_specified")) ||
            vgi_string_equal(said->kind, vgi_str("method_not_implemented")));
}

vgi_status vgi_client_ping(vgi_client *client, vgi_error *err)
{
    const vgi_key_value items[] = {
        {VGI_STR(VG_KEY_TRANSPORT_SHM), vgi_str(vg_peer_shares(client->peer, NULL, NULL) ? "true" : "false")}};
    const vg_peer_request request = {.method = VG_METHOD_TRANSPORT_OPTIONS, .metadata = {items, 1}};
    const vgi_batch *answer;
    vgi_error unknown = {0};
    vgi_status status = vg_peer_call(client->peer, &request, &answer, &unknown);

    if (status != VGI_OK && is_only_unknown(client))
        status = VGI_OK;
    else if (status != VGI_OK && err && err->status == VGI_OK)
        *err = unknown;
    return vg_client_end(client, status, err);
}
