/* A worker as a child process (rpc.md §10.1): started through the shell as an engine starts it, talked to over its
 * stdin and stdout, ended by closing its stdin. client/open calls it. One thread. */
#ifndef VG_TRANSPORT_SPAWN_H
#define VG_TRANSPORT_SPAWN_H

#include <sys/types.h>

#include "transport/transport.h"

typedef struct vg_child vg_child;

typedef enum vg_stderr { VG_STDERR_INHERIT, VG_STDERR_DISCARD, VG_STDERR_CAPTURE } vg_stderr;

/* Runs `sh -c command` in a process group of its own; the connection is guarded. That the command does not exist shows
 * as the end of its output. */
vgi_status vg_spawn(const char *command, vg_stderr where, vg_child **ret, vg_connection **ret_connection,
                    vgi_error *err);

pid_t vg_child_pid(const vg_child *child);

/* The last bytes of a captured stderr, with a NUL. Returns how many. */
size_t vg_child_stderr(const vg_child *child, char *text, size_t size);

/* How it ended, in words ("exit status 1", "signal 9"), once it has, waiting at most `wait_ms`; false: it runs on. */
bool vg_child_ended(vg_child *child, int64_t wait_ms, char *text, size_t size);

/* Waits for the end (the connection has been freed before): 10 s, then the group is killed. */
void vg_child_free(vg_child *child);

#endif
