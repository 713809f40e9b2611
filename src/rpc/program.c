/* A program that serves: what vgi_worker_main and vgi_service_main share (rpc.md §10, §16, §17).
 *
 * The real stdin and stdout are moved to descriptors of our own before anything runs, so that a printf in a callback
 * lands on stderr and cannot break the framing. On sockets SIGTERM and SIGINT end the server in order; on stdio the
 * caller ends us by closing our input, and a Ctrl-C in its terminal, which reaches us too, is the caller's to act
 * on. */
#include "rpc/program.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/access_log.h"
#include "observe/log.h"

enum { GRACE_MS = 5000 };

static const char *name_of(const vg_program *program)
{
    const char *path = program->argv[0] ? program->argv[0] : "worker", *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int vg_program_complain(const vg_program *program, int status, const char *message)
{
    dprintf(STDERR_FILENO, "%s: %s\n", name_of(program), message);
    return status;
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

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

/* ---- stdio ------------------------------------------------------------------------------------------------------- */

static int serve_stdio(const vg_program *program, vg_server *server)
{
    vg_connection *connection;
    vgi_error err = {0};
    vgi_status status;

    if (isatty(program->in))
        (void)vg_program_complain(program, EXIT_SUCCESS, "standard input is a terminal; others start this; see --help");
    else
        signal(SIGINT, SIG_IGN);
    if (vg_connection_new(program->in, program->out, &connection, &err) != VGI_OK)
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    status = vg_server_serve(server, connection, &err);
    vg_connection_free(connection);
    return status == VGI_OK ? EXIT_SUCCESS : vg_program_complain(program, EXIT_FAILURE, err.message);
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

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

static int serve_socket(const vg_program *program, vg_server *server)
{
    const vg_command_line *line = &program->line;
    vg_listen_options options = {.max_connections = line->max_connections,
                                 .idle_timeout_s = line->idle_timeout_s,
                                 .grace_ms = GRACE_MS,
                                 .is_private = line->is_owner,
                                 .is_needed = program->is_needed,
                                 .user = program->user};
    watch signals = {0};
    vg_listener *listener;
    vgi_error err = {0};
    vgi_status status = line->unix_path ? vg_listen_unix(line->unix_path, &listener, &err)
                                        : vg_listen_tcp(line->tcp_address, &listener, &err);

    if (status != VGI_OK)
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    if (!start_watch(&signals, listener)) {
        vg_listener_free(listener);
        return vg_program_complain(program, EXIT_FAILURE, "cannot watch for signals");
    }
    if (!announce(listener, program->out))
        status = vgi_error_set(&err, VGI_ERR_IO, "nobody reads the address that this program listens at");
    else
        status = vg_server_listen(server, listener, &options, &err);
    if (status == VGI_ERR_RUNTIME) /* a handler still runs: nothing may be freed under it */
        _exit(vg_program_complain(program, EXIT_FAILURE, err.message));
    end_watch(&signals);
    vg_listener_free(listener);
    return status == VGI_OK ? EXIT_SUCCESS : vg_program_complain(program, EXIT_FAILURE, err.message);
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

bool vg_program_start(vg_program *program, const vg_own_words *own, const char *about, const char *version, int *ret)
{
    vg_command_line *line = &program->line;
    vgi_error err = {0};

    program->in = program->out = -1;
    program->version = version;
    if (vg_command_line_parse(own, program->argc, program->argv, line, &err) != VGI_OK) {
        *ret = vg_program_complain(program, VG_EXIT_MISTAKE, err.message);
        return false;
    }
    *ret = EXIT_SUCCESS;
    if (line->help) {
        vg_command_line_help(own, program->argv[0] ? program->argv[0] : "worker", about, STDOUT_FILENO);
        return false;
    }
    if (line->version) {
        dprintf(STDOUT_FILENO, "%s %s\n", name_of(program), version ? version : "(no version)");
        return false;
    }
    signal(SIGPIPE, SIG_IGN);
    program->is_socket = line->unix_path || line->tcp_address;
    if (take_stdio(&program->in, &program->out) || (program->is_socket && program->out >= 0))
        return true;
    *ret =
        vg_program_complain(program, EXIT_FAILURE, "standard input or output is closed; a worker is served over them");
    return false;
}

vgi_status vg_program_server(const vg_program *program, const vg_binding *bindings, size_t n_bindings,
                             const vg_limits *limits, vg_server **ret, vgi_error *err)
{
    vg_limits merged;

    VGI_TRY(vg_limits_merge(limits, &program->line.limits, &merged, err));
    return vg_server_new(bindings, n_bindings, &merged, ret, err);
}

static int serve(const vg_program *program, vg_server *server)
{
    if (!program->is_socket)
        return serve_stdio(program, server);
    if (program->in >= 0)
        close(program->in);
    return serve_socket(program, server);
}

/* Who is told of what is served; zeroed: nobody. */
typedef struct audience {
    vg_access_log *access_log;
    vg_log log; /* lives as long as its observer */
    vg_lifecycle *lifecycle;
} audience;

static vgi_status open_audience(const vg_program *program, vg_server *server, audience *ret, vgi_error *err)
{
    const vg_command_line *line = &program->line;
    const vgi_observed_worker worker = {vg_server_id(server), name_of(program), program->version};

    if (line->access_log)
        VGI_TRY(vg_access_log_open(line->access_log, vg_server_id(server), &ret->access_log, err));
    if (line->log || program->observers)
        VGI_TRY(vg_lifecycle_new(&ret->lifecycle, err));
    if (line->log) {
        vg_log_init(&ret->log, line->log, line->log_level, line->log_is_json);
        VGI_TRY(vg_lifecycle_add(ret->lifecycle, &ret->log.observer, &worker, err));
    }
    for (size_t i = 0; program->observers && program->observers[i]; i++)
        VGI_TRY(vg_lifecycle_add(ret->lifecycle, program->observers[i], &worker, err));
    if (ret->access_log)
        vg_server_observe(server, vg_access_log_observer(ret->access_log));
    if (vg_lifecycle_is_observed(ret->lifecycle))
        vg_server_tell(server, ret->lifecycle);
    return VGI_OK;
}

static void close_audience(audience *told)
{
    vg_access_log_close(told->access_log);
    vg_lifecycle_free(told->lifecycle);
}

int vg_program_serve(const vg_program *program, vg_server *server)
{
    audience told = {0};
    vgi_error err = {0};
    int status;

    if (open_audience(program, server, &told, &err) != VGI_OK) {
        close_audience(&told);
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    }
    status = serve(program, server); /* does not return while a handler runs */
    close_audience(&told);
    return status;
}
