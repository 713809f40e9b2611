/* The test service as a program: stdio, --unix PATH, --tcp [HOST:]PORT, --idle-timeout S, --max-connections N,
 * --access-log PATH. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/access_log.h"
#include "service.h"

static vg_access_log *access_log;
static vg_listener *listener;

static void stop(int number)
{
    (void)number;
    vg_listener_stop(listener);
}

static int fail(const vgi_error *err)
{
    fprintf(stderr, "rpc-test-service: %s\n", err->message);
    return 1;
}

static int serve_listener(vg_server *server, const vg_listen_options *options)
{
    struct sigaction action = {.sa_handler = stop};
    vgi_error err = {0};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    printf("%s\n", vg_listener_announcement(listener));
    fflush(stdout);
    if (vg_server_listen(server, listener, options, &err) != VGI_OK)
        return fail(&err);
    vg_listener_free(listener);
    vg_server_free(server);
    vg_access_log_close(access_log);
    return 0;
}

static int serve_stdio(vg_server *server)
{
    vg_connection *connection;
    vgi_error err = {0};
    vgi_status status = vg_connection_new(dup(0), dup(1), &connection, &err);

    if (status == VGI_OK)
        status = vg_server_serve(server, connection, &err);
    vg_connection_free(connection);
    vg_server_free(server);
    vg_access_log_close(access_log);
    return status == VGI_OK ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
    vg_listen_options options = {.max_connections = 64, .grace_ms = 3000};
    const char *path = NULL, *address = NULL, *log_path = NULL;
    const vg_binding *bindings;
    vg_server *server;
    vgi_error err = {0};
    vgi_status status = VGI_OK;
    size_t n;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--unix") == 0)
            path = argv[i + 1];
        else if (strcmp(argv[i], "--tcp") == 0)
            address = argv[i + 1];
        else if (strcmp(argv[i], "--access-log") == 0)
            log_path = argv[i + 1];
        else if (strcmp(argv[i], "--idle-timeout") == 0)
            options.idle_timeout_s = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--max-connections") == 0)
            options.max_connections = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--grace-ms") == 0)
            options.grace_ms = atoi(argv[i + 1]);
    }
    bindings = test_service_bindings(&n);
    if (vg_server_new(bindings, n, NULL, &server, &err) != VGI_OK)
        return fail(&err);
    if (log_path) {
        if (vg_access_log_open(log_path, vg_server_id(server), &access_log, &err) != VGI_OK) {
            vg_server_free(server);
            return fail(&err);
        }
        vg_server_observe(server, vg_access_log_observer(access_log));
    }
    if (path)
        status = vg_listen_unix(path, &listener, &err);
    else if (address)
        status = vg_listen_tcp(address, &listener, &err);
    if (status != VGI_OK) {
        vg_server_free(server);
        return fail(&err);
    }
    return listener ? serve_listener(server, &options) : serve_stdio(server);
}
