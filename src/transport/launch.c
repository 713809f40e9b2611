/* The launcher (rpc.md §10.3, 3 to 9): under the lock of a command, its worker is found or started; then the lock is
 * given back, and the worker is connected to. See launch.h. */
#include "transport/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "base/text.h"
#include "transport/listener.h"

extern char **environ;

enum {
    LOCK_MS = 30000,
    PROBE_MS = 2000,
    READY_MS = 60000,
    DEFAULT_IDLE_S = 300,
    MAX_SKIPPED_BYTES = 1 << 20, /* what a worker may print before its line */
    LOCK_POLL_MS = 10,
};

/* One launch: what it is about. Texts live in the arena. */
typedef struct launch {
    vg_arena arena;
    const vg_launch_options *options;
    char **argv;
    size_t argc;
    const char *cwd;
    const char *place; /* the paths without their endings */
    const char *lock_path;
    const char *socket_path;
    const char *meta_path;
} launch;

static int64_t deadline_in(const launch *l, int64_t ms)
{
    int64_t at = vg_monotonic_ms() + ms;

    return l->options->deadline_ms >= 0 && l->options->deadline_ms < at ? l->options->deadline_ms : at;
}

static vgi_status no_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for launching a worker");
}

/* ---- where ------------------------------------------------------------------------------------------------------ */

/* A directory of that name in the user's runtime directory; NULL when out of memory. */
static const char *name_dir(vg_arena *arena, const char *name)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");

    if (runtime && runtime[0])
        return vg_arena_printf(arena, "%s/%s", runtime, name).data;
    return vg_arena_printf(arena, "%s/%s-%ld", temporary && temporary[0] ? temporary : "/tmp", name, (long)geteuid())
        .data;
}

static vgi_status make_dir(const char *dir, vgi_error *err)
{
    struct stat status;

    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return vg_listener_error(err, dir, errno);
    if (stat(dir, &status) < 0)
        return vg_listener_error(err, dir, errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: must be a directory of this user's own", dir);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: others can write there (mode %03o): it must be 0700", dir,
                             (unsigned)status.st_mode & 0777U);
    return VGI_OK;
}

/* The directory, absolute. */
static vgi_status find_dir(vg_arena *arena, const char *dir, const char *cwd, const char **ret, vgi_error *err)
{
    if (!dir)
        return no_memory(err);
    VGI_TRY(make_dir(dir, err));
    *ret = dir[0] == '/' ? dir : vg_arena_printf(arena, "%s/%s", cwd, dir).data;
    return *ret ? VGI_OK : no_memory(err);
}

static vgi_status find_cwd(vg_arena *arena, const char **ret, vgi_error *err)
{
    char *cwd = getcwd(NULL, 0);

    *ret = vg_arena_string(arena, vgi_str(cwd)).data;
    free(cwd);
    return *ret ? VGI_OK : vgi_error_set(err, VGI_ERR_IO, "launching a worker: the current directory is not known");
}

static vgi_status find_place(launch *l, vgi_error *err)
{
    const char *wanted = l->options->state_dir, *dir;
    char hash[VG_LAUNCH_HASH];

    dir = wanted ? vg_arena_string(&l->arena, vgi_str(wanted)).data : name_dir(&l->arena, "vgi-rpc");
    VGI_TRY(find_dir(&l->arena, dir, l->cwd, &dir, err));
    VGI_TRY(vg_launch_hash(&l->arena, l->argv, l->cwd, environ, hash, err));
    l->place = vg_arena_printf(&l->arena, "%s/%s", dir, hash).data;
    return l->place ? VGI_OK : no_memory(err);
}

vgi_status vg_launch_place(vg_arena *arena, const char *directory, char *const *argv, const char **ret, vgi_error *err)
{
    char *const nothing[] = {NULL};
    char hash[VG_LAUNCH_HASH];
    const char *cwd, *dir = name_dir(arena, directory);

    VGI_TRY(find_cwd(arena, &cwd, err));
    VGI_TRY(find_dir(arena, dir, cwd, &dir, err));
    VGI_TRY(vg_launch_hash(arena, argv, cwd, nothing, hash, err));
    *ret = vg_arena_printf(arena, "%s/%s", dir, hash).data;
    return *ret ? VGI_OK : no_memory(err);
}

static vgi_status find_paths(launch *l, vgi_error *err)
{
    l->place = l->options->place;
    if (!l->place)
        VGI_TRY(find_place(l, err));
    l->lock_path = vg_arena_printf(&l->arena, "%s.lock", l->place).data;
    l->socket_path = vg_arena_printf(&l->arena, "%s.sock", l->place).data;
    l->meta_path = vg_arena_printf(&l->arena, "%s.meta", l->place).data;
    if (!l->lock_path || !l->socket_path || !l->meta_path)
        return no_memory(err);
    if (strlen(l->socket_path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: too long for a unix socket; a shorter state directory helps",
                             l->socket_path);
    return VGI_OK;
}

static vgi_status take_lock(const launch *l, int *ret, vgi_error *err)
{
    int64_t until = deadline_in(l, LOCK_MS);
    int fd = open(l->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return vg_listener_error(err, l->lock_path, errno);
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int code = errno;

        if (code == EINTR)
            continue;
        if (code != EWOULDBLOCK || vg_monotonic_ms() >= until) {
            close(fd);
            return code != EWOULDBLOCK
                       ? vg_listener_error(err, l->lock_path, code)
                       : vgi_error_set(err, VGI_ERR_IO, "%s: another launcher has held it for too long", l->lock_path);
        }
        (void)poll(NULL, 0, LOCK_POLL_MS);
    }
    *ret = fd;
    return VGI_OK;
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

/* A connection to the worker that listens already; none: *ret NULL. One that refuses may be about to listen. */
static void probe(const launch *l, vg_connection **ret, bool *ret_alive)
{
    static const int PAUSES_MS[] = {0, 50, 100, 200};
    int code = 0;

    *ret_alive = true;
    for (size_t i = 0; i < sizeof PAUSES_MS / sizeof *PAUSES_MS; i++) {
        (void)poll(NULL, 0, PAUSES_MS[i]);
        if (vg_connect_unix(l->socket_path, deadline_in(l, PROBE_MS), ret, &code, NULL) == VGI_OK || code == EAGAIN)
            return;
        if (code != ECONNREFUSED)
            break;
    }
    *ret_alive = false;
}

static vgi_status remove_stale(const launch *l, vgi_error *err)
{
    struct stat status;

    if (lstat(l->socket_path, &status) < 0)
        return errno == ENOENT ? VGI_OK : vg_listener_error(err, l->socket_path, errno);
    if (!S_ISSOCK(status.st_mode))
        return vgi_error_set(err, VGI_ERR_IO, "%s: exists and is not a socket", l->socket_path);
    if (unlink(l->socket_path) < 0 && errno != ENOENT)
        return vg_listener_error(err, l->socket_path, errno);
    return VGI_OK;
}

/* ---- starting --------------------------------------------------------------------------------------------------- */

/* The child's child, which is nobody's to wait for. Only what is safe behind a fork. */
static void become_worker(char *const *argv, int out)
{
    const int signals[] = {SIGPIPE, SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    /* Out of the way of 0 to 2, which this program may have closed: a descriptor that has its number already would be
     * closed by exec. */
    out = fcntl(out, F_DUPFD_CLOEXEC, 3);
    null = fcntl(null, F_DUPFD_CLOEXEC, 3);

    sigemptyset(&none);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)signal(signals[i], SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && out >= 0 && dup2(out, 1) == 1 && dup2(null, 0) == 0 && dup2(null, 2) == 2)
        execvp(argv[0], argv);
    _exit(127);
}

/* Starts argv; *ret_pid is the worker, *ret_out the end of its stdout. */
static vgi_status start(char *const *argv, pid_t *ret_pid, int *ret_out, vgi_error *err)
{
    int out[2], told[2];
    pid_t child, worker = -1;
    ssize_t got;

    if (pipe2(out, O_CLOEXEC) < 0)
        return vg_listener_error(err, "making a pipe to a worker", errno);
    if (pipe2(told, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return vg_listener_error(err, "making a pipe to a worker", errno);
    }
    child = fork();
    if (child == 0) {
        worker = fork();
        if (worker == 0)
            become_worker(argv, out[1]);
        _exit(write(told[1], &worker, sizeof worker) == (ssize_t)sizeof worker && worker > 0 ? 0 : 1);
    }
    close(out[1]);
    close(told[1]); /* where fork failed, nobody holds it any more, and the read below ends at once */
    do
        got = read(told[0], &worker, sizeof worker);
    while (got < 0 && errno == EINTR);
    close(told[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    *ret_pid = worker;
    *ret_out = out[0];
    if (got == (ssize_t)sizeof worker && worker > 0)
        return VGI_OK;
    close(out[0]);
    return vgi_error_set(err, VGI_ERR_IO, "starting a worker: no process could be made");
}

/* One complete line of `buffer`: VGI_OK with *ret_ready, or a failure. */
static vgi_status check_line(const launch *l, char *line, bool *ret_ready, vgi_error *err)
{
    *ret_ready = false;
    if (strncmp(line, "UNIX:", 5) != 0)
        return VGI_OK;
    vg_text_tame(line);
    if (strcmp(line + 5, l->socket_path) != 0)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the worker listens at '%.200s' and not at '%s'", line + 5,
                             l->socket_path);
    *ret_ready = true;
    return VGI_OK;
}

/* Takes the complete lines out of `buffer`; the rest moves to its start. */
static vgi_status take_lines(const launch *l, char *buffer, size_t *size, bool *ret_ready, vgi_error *err)
{
    char *start_of_line = buffer, *end;

    *ret_ready = false;
    while (!*ret_ready && (end = memchr(start_of_line, '\n', *size - (size_t)(start_of_line - buffer))) != NULL) {
        *end = '\0';
        VGI_TRY(check_line(l, start_of_line, ret_ready, err));
        start_of_line = end + 1;
    }
    *size -= (size_t)(start_of_line - buffer);
    memmove(buffer, start_of_line, *size);
    return VGI_OK;
}

/* Waits for the line that says that the worker listens. */
static vgi_status await_line(const launch *l, int out, vgi_error *err)
{
    int64_t until = deadline_in(l, READY_MS);
    size_t size = 0, skipped = 0;
    bool is_ready = false;
    char buffer[4096];

    while (!is_ready) {
        struct pollfd wanted = {.fd = out, .events = POLLIN};
        int64_t left = until - vg_monotonic_ms();
        ssize_t got;

        if (left <= 0)
            return vgi_error_set(err, VGI_ERR_IO, "the worker has not said in time where it listens: %s", l->argv[0]);
        if (poll(&wanted, 1, (int)left) <= 0)
            continue;
        if (size == sizeof buffer - 1)
            size = 0; /* a line as long as that is none of ours */
        got = read(out, buffer + size, sizeof buffer - 1 - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return vgi_error_set(err, VGI_ERR_IO, "the worker ended without saying where it listens: %s", l->argv[0]);
        size += (size_t)got;
        skipped += (size_t)got;
        VGI_TRY(take_lines(l, buffer, &size, &is_ready, err));
        if (!is_ready && skipped > MAX_SKIPPED_BYTES)
            return vgi_error_set(err, VGI_ERR_LIMIT, "the worker prints without end: %s", l->argv[0]);
    }
    return VGI_OK;
}

/* For people who look at what runs; nothing depends on it. */
static void write_meta(launch *l)
{
    vg_text text = {.arena = &l->arena};
    vgi_string json, part = vg_arena_printf(&l->arena, "%s.%ld", l->meta_path, (long)getpid());
    char number[64];
    struct timespec now;
    int fd;

    clock_gettime(CLOCK_REALTIME, &now);
    vg_text_puts(&text, "{\"cmd\":[");
    for (size_t i = 0; i < l->argc; i++) {
        vg_text_puts(&text, i > 0 ? "," : "");
        vg_text_json(&text, vgi_str(l->argv[i]));
    }
    vg_text_puts(&text, "]");
    vg_text_member(&text, "cwd", vgi_str(l->cwd));
    vg_text_member(&text, "socket", vgi_str(l->socket_path));
    snprintf(number, sizeof number, ",\"started_at\":%lld.%03ld,\"launcher_pid\":%ld}", (long long)now.tv_sec,
             now.tv_nsec / 1000000, (long)getpid());
    vg_text_puts(&text, number);
    json = vg_text_take(&text);
    if (!json.data || !part.data)
        return;
    fd = open(part.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    if (write(fd, json.data, json.size) != (ssize_t)json.size || rename(part.data, l->meta_path) < 0)
        (void)unlink(part.data);
    close(fd);
}

static vgi_status start_worker(launch *l, vgi_error *err)
{
    double idle_s = l->options->idle_timeout_s > 0 ? l->options->idle_timeout_s : DEFAULT_IDLE_S;
    char **argv = VG_NEW_ARRAY(&l->arena, char *, l->argc + 5);
    char unix_flag[] = "--unix", idle_flag[] = "--idle-timeout";
    vgi_string socket_word = vg_arena_string(&l->arena, vgi_str(l->socket_path));
    vgi_string idle_word = vg_arena_printf(&l->arena, "%.15g", idle_s);
    vgi_status status;
    pid_t worker = 0;
    int out = -1;

    if (!argv || !socket_word.data || !idle_word.data)
        return no_memory(err);
    VGI_TRY(remove_stale(l, err));
    memcpy(argv, l->argv, l->argc * sizeof *argv);
    argv[l->argc] = unix_flag;
    argv[l->argc + 1] = (char *)(uintptr_t)socket_word.data;
    argv[l->argc + 2] = idle_flag;
    argv[l->argc + 3] = (char *)(uintptr_t)idle_word.data;
    VGI_TRY(start(argv, &worker, &out, err));
    status = await_line(l, out, err);
    close(out);
    if (status != VGI_OK) {
        if (worker > 0)
            (void)kill(worker, SIGKILL);
        return status;
    }
    write_meta(l);
    return VGI_OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* *ret_is_gone: a worker that listened a moment ago cannot be connected to. */
static vgi_status launch_once(launch *l, vg_connection **ret, bool *ret_is_gone, vgi_error *err)
{
    vgi_status status = VGI_OK;
    bool is_alive;
    int lock = -1;

    *ret_is_gone = false;
    VGI_TRY(take_lock(l, &lock, err));
    probe(l, ret, &is_alive);
    if (!is_alive)
        status = start_worker(l, err);
    close(lock);
    if (status != VGI_OK || *ret)
        return status;
    *ret_is_gone = vg_connect_unix(l->socket_path, deadline_in(l, PROBE_MS), ret, NULL, err) != VGI_OK;
    return *ret ? VGI_OK : VGI_ERR_IO;
}

static vgi_status launch_words(launch *l, vg_connection **ret, vgi_error *err)
{
    vgi_error first = {0};
    bool is_gone = false;
    vgi_status status;

    VGI_TRY(find_cwd(&l->arena, &l->cwd, err));
    VGI_TRY(find_paths(l, err));
    /* A worker that was found may end just then: the whole is tried once more (§10.3, 8). */
    status = launch_once(l, ret, &is_gone, &first);
    if (status != VGI_OK && is_gone)
        return launch_once(l, ret, &is_gone, err);
    return status == VGI_OK ? VGI_OK : vgi_error_set(err, status, "%s", first.message);
}

static vgi_status launch_command(launch *l, const char *command, vg_connection **ret, vgi_error *err)
{
    VGI_TRY(vg_launch_split(&l->arena, command, &l->argv, &l->argc, err));
    if (l->argc == 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "'launch:' must be followed by a command");
    return launch_words(l, ret, err);
}

vgi_status vg_launch(const char *command, const vg_launch_options *options, vg_connection **ret, vgi_error *err)
{
    launch l = {.options = options};
    vgi_status status;

    *ret = NULL;
    status = launch_command(&l, command, ret, err);
    vg_arena_done(&l.arena);
    return status;
}

vgi_status vg_launch_argv(char *const *argv, const vg_launch_options *options, vg_connection **ret, vgi_error *err)
{
    launch l = {.options = options, .argv = (char **)(uintptr_t)argv};
    vgi_status status;

    *ret = NULL;
    while (argv[l.argc])
        l.argc++;
    status = launch_words(&l, ret, err);
    vg_arena_done(&l.arena);
    return status;
}
