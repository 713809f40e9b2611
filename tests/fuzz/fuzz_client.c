/* The fuzz target of the client: any bytes as what a worker answers in a session. The first byte says in which one
 * (client_session.c; the two highest bits: in which dialect). Built as a libFuzzer program by fuzz.py, and with
 * replay.c as a plain test over the committed corpus (made by make_client_corpus.py). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "client/client.h"
#include "client_session.h"
#include "connection.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the session asks for does not matter to the bytes that answer. */
static const client_names NAMES = {.catalog = "c",
                                   .schema = "main",
                                   .table = "t",
                                   .table_function = "series",
                                   .scalar = "add",
                                   .in_out = "echo",
                                   .buffering = "keep",
                                   .aggregate = "sum",
                                   .failing = "fails"};

typedef struct run {
    vg_connection *connection;
    unsigned which;
    int minor;
    vgi_status status;
    vgi_error error;
} run;

static void look_at_log(void *user, const vg_said *said)
{
    (void)user;
    if (!vgi_string_equal(said->full, said->full) || !vgi_string_equal(said->extra, said->extra))
        abort();
}

/* A client over a connection that is there. */
static vgi_client *open_client(run *r)
{
    const vg_peer_options options = {
        .limits = &FUZZ_LIMITS, .timeout_ms = session_torture.is_hanging ? 1 : 0, .log = look_at_log};
    vgi_client *client = vg_malloc(sizeof *client);

    if (!client) {
        vg_connection_free(r->connection);
        r->status = vg_client_no_memory(&r->error);
        return NULL;
    }
    memset(client, 0, sizeof *client);
    vg_connection_guard(r->connection);
    client->connection = r->connection;
    client->minor = r->minor;
    r->status = vg_peer_new(r->connection, &options, &client->peer, &r->error);
    if (r->status == VGI_OK)
        return client;
    vgi_client_close(client);
    return NULL;
}

static void talk(void *user)
{
    run *r = user;
    vgi_client *client = open_client(r);

    if (!client)
        return;
    r->status = client_session(client, r->which, &NAMES, &r->error);
    if (vg_peer_is_streaming(client->peer))
        abort(); /* nobody has a stream any more: the client could never be used again */
    vgi_client_close(client);
}

/* A failure without a reason, or a reason without a failure. */
static void complain(const run *r)
{
    fprintf(stderr, "session %u: status %d, error %d: %s\n", r->which, (int)r->status, (int)r->error.status,
            r->error.message);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run r = {0};
    int out;

    if (size == 0)
        return 0;
    session_torture.can_hang = true;
    r.which = data[0] & 0x3f;
    r.minor = (data[0] >> 6) % VG_PROTOCOL_MINORS;
    r.connection = fuzz_connect(data + 1, size - 1, &out);
    fuzz_disturb(talk, &r);
    if ((r.status == VGI_OK) != (r.error.status == VGI_OK) || (r.status != VGI_OK && r.error.message[0] == '\0'))
        complain(&r);
    free(fuzz_output(out, &size));
    return 0;
}
