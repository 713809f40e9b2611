/* Workers that several programs share: `launch:COMMAND` (rpc.md §10.3). Whoever comes first starts the worker, the
 * others find it by the hash of what they launch; the worker ends itself when nobody has used it for a while.
 * client/open calls it. Engines and other languages' launchers keep the same contract, and share the same workers. */
#ifndef VG_TRANSPORT_LAUNCH_H
#define VG_TRANSPORT_LAUNCH_H

#include "base/arena.h"
#include "transport/transport.h"

enum { VG_LAUNCH_HASH = 17 }; /* 16 hex digits and a NUL */

typedef struct vg_launch_options {
    const char *state_dir; /* NULL: the user's */
    double idle_timeout_s; /* of a worker that is started; 0: 300 */
    int64_t deadline_ms;   /* monotonic; negative: none but the contract's own */
    const char *place;     /* nullable: instead of what the hash says (vg_launch_place) */
} vg_launch_options;

/* A guarded connection to the worker of that command, which is started if need be. VGI_ERR_VALUE: the command cannot be
 * taken apart. */
vgi_status vg_launch(const char *command, const vg_launch_options *options, vg_connection **ret, vgi_error *err);

/* The same of a command line, which is no text. */
vgi_status vg_launch_argv(char *const *argv, const vg_launch_options *options, vg_connection **ret, vgi_error *err);

/* Where the files of a worker lie that is none of the contract's, but found as those are: `PLACE.sock`, `PLACE.lock`.
 * In a directory of its own, DIRECTORY beside that of the launchers; of the environment nothing counts. */
vgi_status vg_launch_place(vg_arena *arena, const char *directory, char *const *argv, const char **ret, vgi_error *err);

/* For tests. The words of a command as a shell splits them (quotes and backslashes, nothing else), NULL behind the
 * last. */
vgi_status vg_launch_split(vg_arena *arena, const char *command, char ***ret, size_t *ret_count, vgi_error *err);
/* What stands for a command line in a directory with an environment: of `environment` only VGI_RPC_... counts. */
vgi_status vg_launch_hash(vg_arena *arena, char *const *argv, const char *cwd, char *const *environment,
                          char ret[VG_LAUNCH_HASH], vgi_error *err);

#endif
