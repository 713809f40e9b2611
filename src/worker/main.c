/* A worker as a program: vgi_worker_main (vgi/worker.h; rpc.md §10, §16, §17).
 *
 * The real stdin and stdout are moved to descriptors of our own before anything runs, so that a printf in a callback lands
 * on stderr and cannot break the framing. On sockets SIGTERM and SIGINT end the server in order; on stdio the engine ends us
 * by closing our input, and a Ctrl-C in its terminal, which reaches us too, is the engine's to act on. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/command_line.h"
#include "worker/worker.h"

enum { EXIT_MISTAKE = 2, GRACE_MS = 5000 };

static const char *program_name(char **argv)
{
    const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

    return slash ? slash + 1 : argv[0] ? argv[0] : "worker";
}

static int complain(char **argv, int status, const char *message)
{
    dprintf(STDERR_FILENO, "%s: %s\n", program_name(argv), message);
    return status;
}

/* ---- descriptors ----------------------------------------------------------------------------------------------------- */

/* Puts `fd` (or /dev/null where it is not open) at `place`. */
static void put_at(int fd, int place, int flags)
{
    int null;

    if (fd >= 0 && dup2(fd, place) == place)
        return;
    null = open("/dev/null", flags);
    if (null >= 0 && null != place) {
        (void)dup2(null, place);
        close(null);
    }
}

/* Moves stdin and stdout away: 0 becomes /dev/null, 1 becomes stderr. False: one of them is not open. */
static bool take_stdio(int *ret_in, int *ret_out)
{
    *ret_in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    *ret_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    put_at(-1, STDIN_FILENO, O_RDONLY);
    put_at(STDERR_FILENO, STDOUT_FILENO, O_WRONLY);
    return *ret_in >= 0 && *ret_out >= 0;
}

/* ---- stdio ----------------------------------------------------------------------------------------------------------- */

static int serve_stdio(vg_server *server, int in, int out, char **argv)
{
    vg_connection *connection;
    vgi_error err = {0};
    vgi_status status;

    if (isatty(in))
        dprintf(STDERR_FILENO,
                "%s: a VGI worker: DuckDB starts it, by ATTACH 'name' (TYPE vgi, LOCATION '%s'); see --help\n",
                program_name(argv), argv[0]);
    else
        signal(SIGINT, SIG_IGN);
    if (vg_connection_new(in, out, &connection, &err) != VGI_OK)
        return complain(argv, EXIT_FAILURE, err.message);
    status = vg_server_serve(server, connection, &err);
    vg_connection_free(connection);
    return status == VGI_OK ? EXIT_SUCCESS : complain(argv, EXIT_FAILURE, err.message);
}

/* ---- sockets --------------------------------------------------------------------------------------------------------- */

/* Waits for signals on a thread of its own: a handler could do next to nothing. */
typedef struct watch {
    vg_listener *listener;
    sigset_t signals;
    atomic_bool done;
    pthread_t thread;
} watch;

/* The first signal ends the server in order, a second one at once. */
static void *watch_signals(void *argument)
{
    watch *self = argument;

    for (int count = 0;; count++) {
        int signal_number = 0;
        if (sigwait(&self->signals, &signal_number) != 0 || atomic_load(&self->done))
            return NULL;
        if (count > 0)
            _exit(128 + signal_number);
        vg_listener_stop(self->listener);
    }
}

static bool start_watch(watch *self, vg_listener *listener)
{
    self->listener = listener;
    sigemptyset(&self->signals);
    sigaddset(&self->signals, SIGTERM);
    sigaddset(&self->signals, SIGINT);
    return pthread_sigmask(SIG_BLOCK, &self->signals, NULL) == 0 &&
           pthread_create(&self->thread, NULL, watch_signals, self) == 0;
}

static void end_watch(watch *self)
{
    atomic_store(&self->done, true);
    pthread_kill(self->thread, SIGTERM);
    pthread_join(self->thread, NULL);
}

/* The line that a launcher waits for; behind it stdout is closed for good (rpc.md §10.3). */
static bool announce(const vg_listener *listener, int out)
{
    const char *line = vg_listener_announcement(listener);
    bool ok = dprintf(out, "%s\n", line) == (int)strlen(line) + 1;

    close(out);
    return ok;
}

static int serve_socket(vg_server *server, const vg_command_line *line, int out, char **argv)
{
    vg_listen_options options = {
        .max_connections = line->max_connections, .idle_timeout_s = line->idle_timeout_s, .grace_ms = GRACE_MS};
    watch signals = {0};
    vg_listener *listener;
    vgi_error err = {0};
    vgi_status status = line->unix_path ? vg_listen_unix(line->unix_path, &listener, &err)
                                        : vg_listen_tcp(line->tcp_address, &listener, &err);

    if (status != VGI_OK)
        return complain(argv, EXIT_FAILURE, err.message);
    if (!start_watch(&signals, listener)) {
        vg_listener_free(listener);
        return complain(argv, EXIT_FAILURE, "cannot watch for signals");
    }
    if (!announce(listener, out))
        status = vgi_error_set(&err, VGI_ERR_IO, "nobody reads the address that this worker listens at");
    else
        status = vg_server_listen(server, listener, &options, &err);
    end_watch(&signals);
    vg_listener_free(listener);
    return status == VGI_OK ? EXIT_SUCCESS : complain(argv, EXIT_FAILURE, err.message);
}

/* ---- main ------------------------------------------------------------------------------------------------------------ */

static int show_version(const vgi_worker_options *options, char **argv)
{
    const char *version = options->version;

    if (!version && options->catalogs && options->catalogs[0])
        version = options->catalogs[0]->implementation_version;
    dprintf(STDOUT_FILENO, "%s %s\n", program_name(argv), version ? version : "(no version)");
    return EXIT_SUCCESS;
}

static int list_mistakes(const vg_mistake *mistakes, char **argv)
{
    for (; mistakes; mistakes = mistakes->next)
        complain(argv, EXIT_MISTAKE, mistakes->text.data);
    return EXIT_MISTAKE;
}

static int run(vg_worker *worker, const vg_command_line *line, int in, int out, char **argv)
{
    vg_server *server;
    vgi_error err = {0};
    int status;

    if (vg_server_new(vg_worker_binding(worker), 1, NULL, &server, &err) != VGI_OK)
        return complain(argv, EXIT_FAILURE, err.message);
    if (line->unix_path || line->tcp_address) {
        close(in);
        status = serve_socket(server, line, out, argv);
        if (status != EXIT_SUCCESS)
            return status; /* a handler may still run: its server stays until the process ends */
    } else {
        status = serve_stdio(server, in, out, argv);
    }
    vg_server_free(server);
    return status;
}

int vgi_worker_main_with_at(int api_version, const vgi_worker_options *options, int argc, char **argv)
{
    vg_command_line line;
    vg_worker *worker;
    vgi_error err = {0};
    int in, out, status;
    bool socket;

    if (vg_command_line_parse(options, argc, argv, &line, &err) != VGI_OK)
        return complain(argv, EXIT_MISTAKE, err.message);
    if (line.help) {
        vg_command_line_help(options, argv[0] ? argv[0] : "worker", STDOUT_FILENO);
        return EXIT_SUCCESS;
    }
    if (line.version)
        return show_version(options, argv);
    signal(SIGPIPE, SIG_IGN);
    socket = line.unix_path || line.tcp_address;
    if (!take_stdio(&in, &out) && !(socket && out >= 0))
        return complain(argv, EXIT_FAILURE, "standard input or output is closed; a worker is served over them");
    if (vg_worker_new(api_version, options, &worker, &err) != VGI_OK)
        return complain(argv, EXIT_MISTAKE, err.message);
    if (vg_worker_mistakes(worker) && !socket) {
        status = list_mistakes(vg_worker_mistakes(worker), argv);
    } else {
        if (vg_worker_mistakes(worker))
            list_mistakes(vg_worker_mistakes(worker), argv);
        status = run(worker, &line, in, out, argv);
    }
    if (status == EXIT_SUCCESS || !socket)
        vg_worker_free(worker);
    return status;
}

int vgi_worker_main_at(int api_version, const vgi_catalog *catalog, int argc, char **argv)
{
    const vgi_catalog *const catalogs[] = {catalog, NULL};
    const vgi_worker_options options = {.catalogs = catalogs};

    return vgi_worker_main_with_at(api_version, &options, argc, argv);
}
