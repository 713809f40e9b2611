/* A program that serves, from its command line to its exit status. worker/main and rpc/service use it alike. */
#ifndef VG_RPC_PROGRAM_H
#define VG_RPC_PROGRAM_H

#include "rpc/command_line.h"
#include "rpc/server.h"

enum { VG_EXIT_MISTAKE = 2 }; /* a mistake in descriptors or command line */

/* A value: argc and argv are the caller's, the rest is vg_program_start's. */
typedef struct vg_program {
    int argc;
    char **argv;
    vg_command_line line;
    int in, out;                          /* the real stdin and stdout */
    bool is_socket;                       /* nobody reads stderr there */
    const char *version;                  /* NULL: none */
    const vgi_observer *const *observers; /* the caller's to set, before it is served; NULL: none */
    /* Of an owner (--owner), nullable: true keeps it from ending although nobody is connected. */
    bool (*is_needed)(void *user);
    void *user;
} vg_program;

/* Reads the command line and moves stdin and stdout away. False: nothing is to be served, and *ret is the exit status.
 * `about` opens the text of --help; `version` NULL: there is none. */
bool vg_program_start(vg_program *program, const vg_own_words *own, const char *about, const char *version, int *ret);

/* Serves as the command line says, and returns the exit status; nothing uses the server any more. Where a handler
 * does not return even when its connection is cut, the process ends at once instead. */
int vg_program_serve(const vg_program *program, vg_server *server);

/* A server of these bindings, with the limits of the command line, else of `limits` (nullable), else the default. */
vgi_status vg_program_server(const vg_program *program, const vg_binding *bindings, size_t n_bindings,
                             const vg_limits *limits, vg_server **ret, vgi_error *err);

/* A line on stderr; returns `status`. */
int vg_program_complain(const vg_program *program, int status, const char *message);

#endif
