/* Processes by number, start and boot (Linux's /proc). See process.h. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STAT_BYTES = 1024,
    START_FIELD = 22
}; /* proc(5): the name, which may hold anything, is at most 64 bytes of it */

/* The beginning of a small file, with a NUL behind it. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return false;
    do {
        n = read(fd, text, size - 1);
    } while (n < 0 && errno == EINTR);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static bool read_boot(char ret[VG_PROCESS_BOOT])
{
    if (!read_text("/proc/sys/kernel/random/boot_id", ret, VG_PROCESS_BOOT))
        return false;
    ret[strcspn(ret, "\n")] = '\0';
    return ret[0] != '\0';
}

static bool read_pid_space(int64_t *ret)
{
    char text[64];
    ssize_t n = readlink("/proc/self/ns/pid", text, sizeof text - 1);

    if (n <= 0)
        return false;
    text[n] = '\0';
    return sscanf(text, "pid:[%" SCNd64 "]", ret) == 1;
}

/* State and start of a process of this namespace. */
static bool read_stat(int64_t pid, char *ret_state, int64_t *ret_start)
{
    char path[64], text[STAT_BYTES], *at;
    int field = 3;

    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (!read_text(path, text, sizeof text))
        return false;
    at = strrchr(text, ')');
    if (!at || at[1] != ' ' || !at[2])
        return false;
    at += 2;
    *ret_state = *at;
    for (; field < START_FIELD; field++) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        at++;
    }
    return sscanf(at, "%" SCNd64, ret_start) == 1;
}

static bool has_ended(char state)
{
    return state == 'Z' || state == 'X' || state == 'x';
}

vg_process_state vg_process_of(int64_t pid, vg_process *ret)
{
    char state;

    *ret = (vg_process){.pid = pid};
    /* kill() is asked first, as /proc may hide the processes of other users. */
    if (pid <= 0 || pid != (pid_t)pid || (kill((pid_t)pid, 0) < 0 && errno == ESRCH))
        return VG_PROCESS_OVER;
    if (!read_boot(ret->boot) || !read_pid_space(&ret->pid_space) || !read_stat(pid, &state, &ret->start_ticks))
        return VG_PROCESS_UNKNOWN;
    return has_ended(state) ? VG_PROCESS_OVER : VG_PROCESS_RUNS;
}

bool vg_process_is_over(const vg_process *process)
{
    char boot[VG_PROCESS_BOOT];
    vg_process now;
    int64_t pid_space;

    if (!read_boot(boot) || !read_pid_space(&pid_space))
        return false;
    if (strcmp(boot, process->boot) != 0)
        return true;
    if (pid_space != process->pid_space)
        return false;
    switch (vg_process_of(process->pid, &now)) {
    case VG_PROCESS_RUNS:
        return now.start_ticks != process->start_ticks;
    case VG_PROCESS_OVER:
        return true;
    case VG_PROCESS_UNKNOWN:
        break;
    }
    return false;
}
