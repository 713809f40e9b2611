/* See session.h. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "limits.h"
#include "observe/access_log.h"
#include "service.h"

/* Methods whose answer is as large as a parameter says are left out. */
static bool is_bounded(const vg_method *method)
{
    static const char *const UNBOUNDED[] = {"exchange_oversized", "oversized_unary", "produce_annotated_batches",
                                            "produce_large_batches", "produce_oversized_batch"};

    for (size_t i = 0; i < COUNT_OF(UNBOUNDED); i++)
        if (strcmp(method->name, UNBOUNDED[i]) == 0)
            return false;
    return true;
}

static vg_server *fuzz_server(void)
{
    static vg_method methods[128];
    static vg_binding bindings[2];
    static vg_access_log *access_log;
    static vg_server *server;
    const vg_binding *all;
    size_t n;

    if (server)
        return server;
    all = test_service_bindings(&n);
    memcpy(bindings, all, sizeof bindings);
    bindings[0].n_methods = 0;
    bindings[0].methods = methods;
    for (size_t i = 0; i < all->n_methods; i++)
        if (is_bounded(&all->methods[i]))
            methods[bindings[0].n_methods++] = all->methods[i];
    if (n != COUNT_OF(bindings) || vg_server_new(bindings, n, &FUZZ_LIMITS, &server, NULL) != VGI_OK)
        abort();
    if (vg_access_log_open("/dev/null", vg_server_id(server), &access_log, NULL) != VGI_OK)
        abort();
    vg_server_observe(server, vg_access_log_observer(access_log)); /* its records are made of what peers send, too */
    return server;
}

static void serve(void *connection)
{
    (void)vg_server_serve(fuzz_server(), connection, NULL);
}

void fuzz_session(const void *bytes, size_t size)
{
    int out;
    vg_connection *connection = fuzz_connect(bytes, size, &out);
    uint8_t *replies;

    (void)fuzz_server(); /* made undisturbed */
    fuzz_disturb(serve, connection);
    if (test_probe_get(PROBE_OPEN) != 0)
        abort(); /* a stream was not closed */
    vg_connection_free(connection);
    replies = fuzz_output(out, &size);
    if (replies && session_torture.output_limit < 0)
        fuzz_check_streams(replies, size);
    free(replies);
}
