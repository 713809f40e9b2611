/* A user's files that outlive a process. See state_file.h. */
#include "base/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

vgi_status vg_state_error(vgi_error *err, const char *path, const char *what, int code)
{
    bool forbidden = code == EACCES || code == EPERM || code == EROFS;

    return vgi_error_set(err, forbidden ? VGI_ERR_PERMISSION : VGI_ERR_IO, "%s: %s: %s", path, what, strerror(code));
}

static vgi_status no_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the path of a file");
}

/* Makes the directory and those above it, as mkdir -p does. `path` is changed meanwhile. */
static vgi_status make_directories(char *path, vgi_error *err)
{
    for (char *slash = path + 1;; slash++) {
        char cut = *slash;

        if (cut && cut != '/')
            continue;
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            int code = errno;
            struct stat status;

            /* Above it there may be directories that are there, and cannot be written. */
            if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
                return vg_state_error(err, path, "cannot be made", code);
        }
        *slash = cut;
        if (!cut)
            return VGI_OK;
    }
}

static vgi_status check_directory(const char *path, vgi_error *err)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return vg_state_error(err, path, "cannot be looked at", errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: must be a directory of this user's own", path);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: others can write there (mode %03o): it must be 0700", path,
                             (unsigned)status.st_mode & 0777U);
    return VGI_OK;
}

vgi_status vg_state_path(vg_arena *arena, const char *name, const char **ret, vgi_error *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *path;
    vgi_string directory, copy;

    *ret = NULL;
    /* The XDG specification: a path that is not absolute is to be ignored. */
    if (state && state[0] == '/')
        directory = vg_arena_printf(arena, "%s/vgi", state);
    else if (home && home[0] == '/')
        directory = vg_arena_printf(arena, "%s/.local/state/vgi", home);
    else
        return vgi_error_set(err, VGI_ERR_VALUE, "neither XDG_STATE_HOME nor HOME names a directory to keep %s in",
                             name);
    copy = vg_arena_string(arena, directory);
    path = vg_arena_printf(arena, "%s/%s", directory.data ? directory.data : "", name).data;
    if (!directory.data || !copy.data || !path)
        return no_memory(err);
    VGI_TRY(make_directories((char *)(uintptr_t)copy.data, err));
    VGI_TRY(check_directory(directory.data, err));
    *ret = path;
    return VGI_OK;
}

static bool write_all(int fd, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return fsync(fd) == 0;
}

vgi_status vg_state_create(const char *path, const void *bytes, size_t size, vgi_error *err)
{
    vg_arena arena = {0};
    struct stat status;
    uint64_t random = 0;
    const char *other;
    int fd, code = 0;

    if (stat(path, &status) == 0)
        return VGI_END;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return vgi_error_set(err, VGI_ERR_IO, "%s: no random bytes for a name", path);
    other = vg_arena_printf(&arena, "%s.%016llx", path, (unsigned long long)random).data;
    if (!other) {
        vg_arena_done(&arena);
        return no_memory(err);
    }
    /* Complete under another name first, and closed before it has its own: closing a descriptor of a file takes away
     * the locks that other parts of the process have on it. */
    fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        code = errno;
    else {
        if (!write_all(fd, bytes, size))
            code = errno;
        close(fd);
        if (!code && link(other, path) < 0)
            code = errno;
        unlink(other);
    }
    vg_arena_done(&arena);
    if (code == EEXIST)
        return VGI_END;
    return code ? vg_state_error(err, path, "cannot be made", code) : VGI_OK;
}
