/* Bytes between our stdin and stdout and a worker (relay.h); trace.c uses it. One thread and one poll: a side that does
 * not read holds up its own bytes only. Signals come through a descriptor, so that the end of the worker is an event
 * like any other. What ends on one side is ended on the other: the end of input, a closed pipe, the worker itself. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 << 10, PIPE_BYTES = 1 << 20, LAST_MS = 100 };

/* One way. */
typedef struct way {
    vgi_tap_side side; /* where it comes from */
    int from, to;      /* -1: closed */
    bool to_socket;
    bool to_blocks; /* a pipe that others write to, too: only what fits for certain is written at once */
    uint8_t *data;
    size_t begin, end; /* what is still to be passed on */
} way;

/* ---- starting --------------------------------------------------------------------------------------------------- */

static void set_flag(int fd, int flag)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags | flag);
}

static void widen(int fd)
{
#ifdef F_SETPIPE_SZ
    (void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* best effort: users have a quota */
#else
    (void)fd;
#endif
}

/* In the child. What fails is told through `report`, which a successful exec closes. */
static _Noreturn void become_worker(char *const *argv, const int in[2], const int out[2], int report, pid_t parent)
{
    int code;

    /* A worker that is busy, or does not look at its input, must not outlive us. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() != parent)
        _exit(127);
    if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0)
        execvp(argv[0], argv);
    code = errno;
    if (write(report, &code, sizeof code) < 0)
        _exit(126);
    _exit(127);
}

static void close_pair(const int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static int await_exec(pid_t pid, int report)
{
    int code = 0;
    ssize_t got;

    do
        got = read(report, &code, sizeof code);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof code)
        return 0;
    (void)waitpid(pid, NULL, 0);
    return code;
}

int cli_worker_start(char *const *argv, cli_worker *ret)
{
    int pairs[3][2] = {0}, made = 0, code = 0;
    pid_t parent = getpid(), pid = -1;

    while (made < 3 && pipe2(pairs[made], O_CLOEXEC) == 0)
        made++;
    if (made == 3)
        pid = fork();
    if (pid == 0)
        become_worker(argv, pairs[0], pairs[1], pairs[2][1], parent);
    if (pid < 0) {
        code = errno;
        while (made > 0)
            close_pair(pairs[--made]);
        return code;
    }
    close(pairs[0][0]);
    close(pairs[1][1]);
    close(pairs[2][1]);
    code = await_exec(pid, pairs[2][0]);
    close(pairs[2][0]);
    *ret = (cli_worker){.pid = pid, .to = pairs[0][1], .from = pairs[1][0]};
    if (code == 0) {
        widen(ret->to);
        widen(ret->from);
        set_flag(ret->to, O_NONBLOCK);
        return 0;
    }
    close(ret->to);
    close(ret->from);
    return code;
}

/* ---- one way ---------------------------------------------------------------------------------------------------- */

static void close_to(way *w)
{
    if (w->to < 0)
        return;
    if (w->to_socket)
        (void)shutdown(w->to, SHUT_WR); /* the other way has the same socket */
    close(w->to);
    w->to = -1;
}

static void close_from(cli_relay *relay, way *w)
{
    if (w->from < 0)
        return;
    close(w->from);
    w->from = -1;
    relay->end(relay, w->side);
}

static bool is_idle(const way *w)
{
    return w->begin == w->end;
}

/* The reader is gone: so is the writer's, for whoever writes. */
static void break_off(cli_relay *relay, way *w)
{
    w->begin = w->end = 0;
    close_to(w);
    close_from(relay, w);
}

static void pass_on(cli_relay *relay, way *w)
{
    while (!is_idle(w) && w->to >= 0) {
        size_t size = w->end - w->begin;
        ssize_t n;

        if (w->to_blocks && size > PIPE_BUF)
            size = PIPE_BUF;
        n = w->to_socket ? send(w->to, w->data + w->begin, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                         : write(w->to, w->data + w->begin, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) {
            break_off(relay, w);
            return;
        }
        w->begin += (size_t)n;
        if (w->to_blocks)
            return; /* whether more fits, poll says */
    }
}

static void take(cli_relay *relay, way *w)
{
    ssize_t n = read(w->from, w->data, BUFFER_BYTES);

    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (n <= 0) {
        close_from(relay, w);
        if (w->side == VGI_TAP_CLIENT || !relay->pid)
            close_to(w);
        return;
    }
    w->begin = 0;
    w->end = (size_t)n;
    if (relay->first(relay)) {
        relay->bytes(relay, w->side, w->data, (size_t)n);
        pass_on(relay, w);
    } else {
        pass_on(relay, w);
        relay->bytes(relay, w->side, w->data, (size_t)n);
    }
}

/* Adds what is waited for; nothing where the way is closed. */
static nfds_t watch(const way *w, struct pollfd *fds)
{
    if (!is_idle(w))
        *fds = (struct pollfd){.fd = w->to, .events = POLLOUT};
    else if (w->from >= 0)
        *fds = (struct pollfd){.fd = w->from, .events = POLLIN};
    else
        return 0;
    return 1;
}

static void serve(cli_relay *relay, way *w, short events)
{
    if (!events)
        return;
    if (!is_idle(w))
        pass_on(relay, w);
    else if (w->from >= 0)
        take(relay, w);
}

/* An end of our own stdout that does not block, whoever else has it open. */
static void open_stdout(way *w)
{
    struct stat status;

    w->to = STDOUT_FILENO;
    if (fstat(STDOUT_FILENO, &status) != 0)
        return;
    w->to_socket = S_ISSOCK(status.st_mode);
    if (!S_ISFIFO(status.st_mode))
        return;
    w->to = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    w->to_blocks = w->to < 0;
    if (w->to_blocks)
        w->to = STDOUT_FILENO;
    else
        close(STDOUT_FILENO); /* or its reader would never see the end */
}

/* ---- all together ----------------------------------------------------------------------------------------------- */

/* The signals that have come. False: one of them ends us. */
static bool take_signals(const cli_relay *relay, int fd, cli_relay_end *ret)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;

        if (number == SIGPIPE)
            continue;
        if (number == SIGCHLD) {
            if (relay->pid && !ret->has_status && waitpid(relay->pid, &ret->status, WNOHANG) == relay->pid)
                ret->has_status = true;
        } else if (!relay->pid) {
            ret->signal = number;
            return false;
        } else if (!ret->has_status && info.ssi_code != SI_KERNEL) { /* a terminal sends it to the worker, too */
            (void)kill(relay->pid, number);
        }
    }
    return true;
}

/* How long to wait for something to happen. Of a worker that has ended nothing more comes than what is there: others
 * may hold its stdout open. And one that has closed its stdout has most likely ended: our own is kept open until we end
 * the same way, so that a client that sees the end can ask for the status at once. */
static int patience(const way *out, const cli_relay_end *end)
{
    if (end->has_status && is_idle(out))
        return 0;
    return out->from < 0 && out->to >= 0 && is_idle(out) ? LAST_MS : -1;
}

static void loop(cli_relay *relay, way ways[2], int signals, cli_relay_end *ret)
{
    way *in = &ways[0], *out = &ways[1];

    for (;;) {
        struct pollfd fds[3] = {{.fd = signals, .events = POLLIN}};
        nfds_t n = 1, of_in = 0, of_out = 0;
        bool over = out->from < 0 && is_idle(out);
        int ready;

        if (over && (!relay->pid || ret->has_status))
            return;
        if (!ret->has_status && watch(in, &fds[n]))
            of_in = n++;
        if (watch(out, &fds[n]))
            of_out = n++;
        ready = poll(fds, n, patience(out, ret));
        if (ready < 0 && errno != EINTR) {
            ret->what = "poll";
            ret->code = errno;
            return;
        }
        if (ready == 0 && ret->has_status)
            return;
        if (ready == 0)
            close_to(out);
        if (ready <= 0)
            continue;
        if (fds[0].revents && !take_signals(relay, signals, ret))
            return;
        serve(relay, out, of_out ? fds[of_out].revents : 0);
        serve(relay, in, of_in ? fds[of_in].revents : 0);
    }
}

void cli_relay_run(cli_relay *relay, const cli_worker *worker, cli_relay_end *ret)
{
    way ways[2] = {
        {.side = VGI_TAP_CLIENT, .from = STDIN_FILENO, .to = worker->to, .to_socket = worker->pid == 0},
        {.side = VGI_TAP_WORKER, .from = worker->from},
    };
    sigset_t wanted;
    int signals;

    *ret = (cli_relay_end){0};
    relay->pid = worker->pid;
    sigemptyset(&wanted);
    for (size_t i = 0; i < 5; i++)
        sigaddset(&wanted, (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE}[i]);
    sigprocmask(SIG_BLOCK, &wanted, NULL); /* for good: one that is pending must not end us later */
    signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) /* without it the worker's end would not be seen */
        *ret = (cli_relay_end){.what = "signalfd", .code = errno};
    if (relay->pid && waitpid(relay->pid, &ret->status, WNOHANG) == relay->pid)
        ret->has_status = true; /* before anybody listened */
    open_stdout(&ways[1]);
    ways[0].data = cli_alloc(BUFFER_BYTES);
    ways[1].data = cli_alloc(BUFFER_BYTES);
    if (!ret->what)
        loop(relay, ways, signals, ret);
    for (size_t i = 0; i < 2; i++) {
        if (ways[i].from >= 0)
            close_from(relay, &ways[i]);
        free(ways[i].data);
    }
    close_to(&ways[0]); /* the other one is closed by our own end */
    if (signals >= 0)
        close(signals);
}
