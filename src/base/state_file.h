/* Files that outlive a process, and belong to one user: where they lie, and how one comes into being although several
 * processes want to make it at once. */
#ifndef VG_BASE_STATE_FILE_H
#define VG_BASE_STATE_FILE_H

#include "base/arena.h"

/* The path of a file in $XDG_STATE_HOME/vgi, or in ~/.local/state/vgi. The directory is made (0700) where it is not;
 * one that belongs to somebody else, or that others may write to, is refused: VGI_ERR_PERMISSION. The path lives in the
 * arena. */
vgi_status vg_state_path(vg_arena *arena, const char *name, const char **ret, vgi_error *err) VGI_MUST_USE;

/* Makes a file of mode 0600 with these bytes, at once: nobody ever sees half of it. One that is there already, also one
 * that another process makes meanwhile, stays as it is: VGI_END. */
vgi_status vg_state_create(const char *path, const void *bytes, size_t size, vgi_error *err) VGI_MUST_USE;

/* "PATH: cannot be made: No space left on device"; VGI_ERR_PERMISSION or VGI_ERR_IO. */
vgi_status vg_state_error(vgi_error *err, const char *path, const char *what, int code);

#endif
