/* Who a transaction is begun for. Over a socket the kernel says who connected; over stdio it is the process above, but
 * for the shells between: the engine runs LOCATION by `sh -c` (vgi.md, "which SQL reaches the worker"), and what that
 * runs may be a script. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/owner.h"

enum { MAX_SHELLS = 8, COMMAND_BYTES = 512, STAT_BYTES = 1024, EXITING = 4 /* PF_EXITING of the kernel, proc(5) */ };

static bool read_text(int64_t pid, const char *what, char *text, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, what);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* True of `sh -c ...` and of a script, whatever the shell; not of one that somebody types into. To take one too many
 * for a shell between means that an end is noticed later. */
static bool is_shell(int64_t pid)
{
    static const char *const SHELLS[] = {"sh", "dash", "bash", "ash", "ksh", "zsh", "mksh"};
    char command[COMMAND_BYTES] = "";
    const char *name, *second;

    if (!read_text(pid, "cmdline", command, sizeof command))
        return false;
    second = command + strlen(command) + 1;
    name = strrchr(command, '/') ? strrchr(command, '/') + 1 : command;
    if (second >= command + sizeof command || !*second)
        return false;
    for (size_t i = 0; i < sizeof SHELLS / sizeof *SHELLS; i++)
        if (strcmp(name, SHELLS[i]) == 0)
            return true;
    return false;
}

static int64_t parent_of(int64_t pid)
{
    char text[STAT_BYTES];
    const char *end;
    long long parent;

    if (!read_text(pid, "stat", text, sizeof text))
        return 0;
    end = strrchr(text, ')');
    return end && sscanf(end, ") %*c %lld", &parent) == 1 ? parent : 0;
}

void vg_engine_ancestor(vg_process *ret)
{
    int64_t pid = getppid();

    for (int i = 0; i < MAX_SHELLS && pid > 1 && is_shell(pid); i++)
        pid = parent_of(pid);
    if (pid <= 1 || vg_process_of(pid, ret) != VG_PROCESS_RUNS)
        *ret = (vg_process){0};
}

void vg_engine_of(const vgi_call *call, const vg_process *ancestor, vg_process *ret)
{
    int64_t pid, uid;

    *ret = (vg_process){0};
    if (!call->connection)
        return;
    if (vg_connection_process(call->connection, &pid, &uid)) {
        if (vg_process_of(pid, ret) != VG_PROCESS_RUNS)
            *ret = (vg_process){0};
    } else if (vg_connection_is_local(call->connection)) {
        *ret = *ancestor;
    }
}

bool vg_engine_is_gone(const vg_process *process)
{
    char text[STAT_BYTES];
    const char *end;
    unsigned long flags = 0;

    if (vg_process_is_over(process))
        return true;
    end = read_text(process->pid, "stat", text, sizeof text) ? strrchr(text, ')') : NULL;
    return end && sscanf(end, ") %*c %*d %*d %*d %*d %*d %lu", &flags) == 1 && (flags & EXITING) != 0;
}
