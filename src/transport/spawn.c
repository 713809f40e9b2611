/* Children: see spawn.h. */
#include "transport/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/listener.h"
#include "transport/tail.h"

extern char **environ;

enum {
    END_MS = 10000,   /* rpc.md §10.1: how long a worker may take to end */
    KILLED_MS = 2000, /* a killed one takes no time; one that the kernel cannot end is left behind */
    POLL_MS = 5,
};

struct vg_child {
    pid_t pid;
    vg_tail *tail; /* of a captured stderr; else NULL */
    bool has_ended;
    int status; /* of waitpid; -1: not known */
};

/* What the child gets as 0, 1 and 2, and what of it stays with us. */
typedef struct pipes {
    int in[2];
    int out[2];
    int error; /* -1: inherited */
} pipes;

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    pair[0] = pair[1] = -1;
}

static void close_pipes(pipes *p)
{
    close_pair(p->in);
    close_pair(p->out);
    if (p->error >= 0)
        close(p->error);
    p->error = -1;
}

static vgi_status open_pipes(vg_stderr where, pipes *ret, vg_tail **ret_tail, vgi_error *err)
{
    *ret = (pipes){{-1, -1}, {-1, -1}, -1};
    *ret_tail = NULL;
    if (pipe2(ret->in, O_CLOEXEC) == 0 && pipe2(ret->out, O_CLOEXEC) == 0) {
        if (where == VG_STDERR_INHERIT)
            return VGI_OK;
        if (where == VG_STDERR_CAPTURE) {
            if (vg_tail_new(ret_tail, &ret->error, err) == VGI_OK)
                return VGI_OK;
            close_pipes(ret);
            return VGI_ERR_IO;
        }
        ret->error = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (ret->error >= 0)
            return VGI_OK;
    }
    (void)vg_listener_error(err, "making pipes to a worker", errno);
    close_pipes(ret);
    return VGI_ERR_IO;
}

/* The child starts with the default signals, whatever this program does about them. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    int code;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGCHLD);
    code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (code == 0)
        code = posix_spawnattr_setpgroup(attributes, 0);
    if (code == 0)
        code = posix_spawnattr_setflags(attributes,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    return code;
}

/* A descriptor of the child that has its number already would keep its close-on-exec flag: none of ours is 0, 1 or 2,
 * which `above_standard` has seen to. */
static int set_files(posix_spawn_file_actions_t *actions, const pipes *p)
{
    int code = posix_spawn_file_actions_adddup2(actions, p->in[0], 0);

    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, p->out[1], 1);
    if (code == 0 && p->error >= 0)
        code = posix_spawn_file_actions_adddup2(actions, p->error, 2);
    return code;
}

/* Moves a descriptor out of 0 to 2, where it may lie in a program that has closed those. */
static bool above_standard(int *fd)
{
    int moved;

    if (*fd < 0 || *fd > 2)
        return true;
    moved = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
    if (moved < 0)
        return false;
    close(*fd);
    *fd = moved;
    return true;
}

static int start(const char *command, const pipes *p, pid_t *ret)
{
    char shell[] = "sh", flag[] = "-c";
    size_t size = strlen(command) + 1;
    char *words[] = {shell, flag, vg_malloc(size), NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code;

    if (!words[2])
        return ENOMEM;
    memcpy(words[2], command, size);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    code = set_files(&actions, p);
    if (code == 0)
        code = set_attributes(&attributes);
    if (code == 0)
        code = posix_spawn(ret, "/bin/sh", &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    vg_free(words[2]);
    return code;
}

vgi_status vg_spawn(const char *command, vg_stderr where, vg_child **ret, vg_connection **ret_connection,
                    vgi_error *err)
{
    vg_child *child = vg_malloc(sizeof *child);
    pid_t pid = -1;
    int code = ENOMEM, read_fd, write_fd;
    vg_tail *tail;
    pipes p;

    *ret = NULL;
    *ret_connection = NULL;
    if (!child)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a worker's process");
    if (open_pipes(where, &p, &tail, err) != VGI_OK) {
        vg_free(child);
        return VGI_ERR_IO;
    }
    if (above_standard(&p.in[0]) && above_standard(&p.in[1]) && above_standard(&p.out[0]) &&
        above_standard(&p.out[1]) && above_standard(&p.error))
        code = start(command, &p, &pid);
    if (code != 0) {
        close_pipes(&p);
        vg_tail_free(tail);
        vg_free(child);
        return vg_listener_error(err, "starting a worker", code);
    }
    *child = (vg_child){.pid = pid, .tail = tail, .status = -1};
    read_fd = p.out[0];
    write_fd = p.in[1];
    p.out[0] = p.in[1] = -1;
    close_pipes(&p);
    if (vg_connection_new(read_fd, write_fd, ret_connection, err) != VGI_OK) {
        vg_child_free(child);
        return VGI_ERR_MEMORY;
    }
    vg_connection_guard(*ret_connection);
    *ret = child;
    return VGI_OK;
}

pid_t vg_child_pid(const vg_child *child)
{
    return child->pid;
}

size_t vg_child_stderr(const vg_child *child, char *text, size_t size)
{
    if (child->tail)
        return vg_tail_text(child->tail, text, size);
    if (size > 0)
        text[0] = '\0';
    return 0;
}

static bool reap(vg_child *child)
{
    pid_t got;

    if (child->has_ended)
        return true;
    do
        got = waitpid(child->pid, &child->status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        child->status = -1; /* somebody else waits for the children of this program */
    child->has_ended = got != 0;
    return child->has_ended;
}

/* Waits for the process to end; true if it has. */
static bool wait_end(vg_child *child, int64_t wait_ms)
{
    int64_t until = vg_monotonic_ms() + wait_ms;
    int fd = -1;

    if (reap(child))
        return true;
#ifdef SYS_pidfd_open
    fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
#endif
    while (!reap(child)) {
        struct pollfd ended = {.fd = fd, .events = POLLIN};
        int64_t left = until - vg_monotonic_ms();

        if (left <= 0)
            break;
        (void)poll(&ended, 1, fd < 0 && left > POLL_MS ? POLL_MS : (int)left);
    }
    if (fd >= 0)
        close(fd);
    return child->has_ended;
}

bool vg_child_ended(vg_child *child, int64_t wait_ms, char *text, size_t size)
{
    if (!wait_end(child, wait_ms))
        return false;
    if (child->status == -1)
        snprintf(text, size, "its process is gone");
    else if (WIFSIGNALED(child->status))
        snprintf(text, size, "signal %d", WTERMSIG(child->status));
    else
        snprintf(text, size, "exit status %d", WEXITSTATUS(child->status));
    return true;
}

void vg_child_free(vg_child *child)
{
    if (!child)
        return;
    if (!wait_end(child, END_MS)) {
        (void)kill(-child->pid, SIGKILL);
        (void)wait_end(child, KILLED_MS);
    }
    vg_tail_free(child->tail);
    vg_free(child);
}
