/* Which process it is, so that another one can tell later whether it still runs: a number alone is given again. What is
 * stored on behalf of a process (storage/) is collected by this. */
#ifndef VG_BASE_PROCESS_H
#define VG_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum vg_process_state {
    VG_PROCESS_RUNS,
    VG_PROCESS_OVER,    /* no such number, or a zombie */
    VG_PROCESS_UNKNOWN, /* the system does not tell: no /proc, or one that hides others' processes */
} vg_process_state;

enum { VG_PROCESS_BOOT = 64 };

typedef struct vg_process {
    int64_t pid;
    int64_t start_ticks;        /* when it began, in the kernel's ticks since the machine was started */
    char boot[VG_PROCESS_BOOT]; /* one start of a machine: the kernel's boot id */
    int64_t pid_space;          /* the namespace in which `pid` counts */
} vg_process;

/* Fills `ret` where the process runs. */
vg_process_state vg_process_of(int64_t pid, vg_process *ret);

/* True only if it is certain that the process has ended: its machine was started anew, or nothing with its number runs,
 * or something that began at another time. A process of another pid namespace counts as running. */
bool vg_process_is_over(const vg_process *process);

#endif
