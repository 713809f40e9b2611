/* Bytes between our stdin and stdout and a worker, unchanged and without waiting for anything: for trace.c. */
#ifndef VGI_TOOL_RELAY_H
#define VGI_TOOL_RELAY_H

#include <sys/types.h>

#include <vgi/sys/tap.h>

#include "cli.h"

typedef struct cli_relay cli_relay;
struct cli_relay {
    /* What came from one side; told after it was passed on, or, where `first` says so, before. */
    void (*bytes)(cli_relay *relay, vgi_tap_side side, const void *bytes, size_t size);
    bool (*first)(cli_relay *relay);
    /* No more will come from there. */
    void (*end)(cli_relay *relay, vgi_tap_side side);
    pid_t pid; /* of the worker; 0: none was started */
};

/* A worker that is reached: a process of ours, or a socket. */
typedef struct cli_worker {
    pid_t pid; /* 0: none */
    int to;
    int from; /* of a socket: another descriptor of the same */
} cli_worker;

/* Runs a program with pipes for stdin and stdout. It ends with us, however we end. Returns 0 or an errno. */
int cli_worker_start(char *const *argv, cli_worker *ret);

/* How it went. */
typedef struct cli_relay_end {
    bool has_status;  /* the worker was ours and has ended */
    int status;       /* as of waitpid */
    int signal;       /* that ended us: no worker of ours to pass it to */
    const char *what; /* a call that failed; errno is `code` */
    int code;
} cli_relay_end;

/* Until the worker has ended and all that it said was passed on. Takes the descriptors, and our stdin and stdout; the
 * signals that it listens to stay blocked. */
void cli_relay_run(cli_relay *relay, const cli_worker *worker, cli_relay_end *ret);

#endif
