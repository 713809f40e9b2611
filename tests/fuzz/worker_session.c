/* See worker_session.h. */
#include "worker_session.h"

#include <stdlib.h>

#include "connection.h"
#include "limits.h"
#include "observe/access_log.h"
#include "worker/worker.h"
#include "worker_catalogs.h"

typedef struct session {
    const vgi_seal *seal;
    vg_connection *connection;
} session;

/* Its records are made of what peers send, too. */
static const vg_observer *observer(void)
{
    static vg_access_log *log;

    if (!log && vg_access_log_open("/dev/null", "", &log, NULL) != VGI_OK)
        abort();
    return vg_access_log_observer(log);
}

/* One worker a session: what a session leaves behind in it, transactions and cursors, ends with it. */
static void serve(void *user)
{
    const session *self = user;
    const vgi_worker_options options = {.catalogs = FUZZ_CATALOGS, .seal = self->seal};
    vg_worker *worker;
    vg_server *server;

    if (vg_worker_new(VGI_API_VERSION, &options, &worker, NULL) != VGI_OK)
        return;
    if (vg_worker_mistakes(worker))
        abort();
    if (vg_server_new(vg_worker_binding(worker), 1, &FUZZ_LIMITS, &server, NULL) == VGI_OK) {
        vg_server_observe(server, observer());
        (void)vg_server_serve(server, self->connection, NULL);
        vg_server_free(server);
    }
    vg_worker_free(worker);
}

void fuzz_worker_session(const vgi_seal *seal, const void *bytes, size_t size)
{
    session self = {.seal = seal};
    uint8_t *replies;
    int out;

    (void)observer(); /* made undisturbed */
    self.connection = fuzz_connect(bytes, size, &out);
    fuzz_disturb(serve, &self);
    if (fuzz_catalogs_open() != 0)
        abort(); /* a stream was not closed, or a transaction not ended */
    vg_connection_free(self.connection);
    replies = fuzz_output(out, &size);
    if (replies && session_torture.output_limit < 0)
        fuzz_check_streams(replies, size);
    free(replies);
}
