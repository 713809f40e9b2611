/* The memory behind a client's own segment: a name that cannot be guessed, 0600, every page there (rpc.md §9). shm.c
 * writes the header into it.
 *
 * A peer attaches by name, at any request, so the name must stay as long as the connection does, and a process that is
 * killed leaves its segment behind. So a living owner holds a lock on it, which the kernel releases with the process
 * whatever its end; and whoever makes a segment first unlinks those of ours that nobody holds. Nothing else is touched:
 * the pattern is libvgi's alone, the owner must be this user. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/fd.h"
#include "transport/shm.h"

/* macOS allows 31 bytes with the slash. */
#define PREFIX "libvgi."
enum { RANDOM_BYTES = 10, NAME_BYTES = sizeof PREFIX - 1 + 2 * RANDOM_BYTES, TRIES = 8 };

/* ---- what the dead have left ------------------------------------------------------------------------------------- */

static bool is_ours(const char *name)
{
    return strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 && strlen(name) == NAME_BYTES &&
           strspn(name + sizeof PREFIX - 1, "0123456789abcdef") == 2 * RANDOM_BYTES;
}

/* The lock is taken before the name goes: whoever has just made the segment and not locked it yet finds that out. */
static void sweep_one(int folder, const char *name)
{
    struct stat status;
    int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlinkat(folder, name, 0);
    close(fd);
}

/* Linux shows segments as files; where they are none, nothing is swept. */
static void sweep(void)
{
    DIR *folder = opendir("/dev/shm");
    const struct dirent *entry;

    if (!folder)
        return;
    while ((entry = readdir(folder)) != NULL)
        if (is_ours(entry->d_name))
            sweep_one(dirfd(folder), entry->d_name);
    closedir(folder);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool make_name(char *name)
{
    unsigned char bytes[RANDOM_BYTES];
    size_t at = (size_t)sprintf(name, "/" PREFIX);

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        at += (size_t)sprintf(name + at, "%02x", bytes[i]);
    return true;
}

/* Holds the segment. False: a sweep came first and has unlinked it. A system that cannot lock cannot sweep, either. */
static bool hold(int fd)
{
    struct stat status;

    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno != EWOULDBLOCK;
    return fstat(fd, &status) == 0 && status.st_nlink > 0;
}

static vgi_status open_new(char *name, int *ret_fd, vgi_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (!make_name(name))
            return vg_io_error(err, "randomness for a shared memory segment", errno);
        *ret_fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (*ret_fd < 0 && errno != EEXIST)
            return vg_io_error(err, "making a shared memory segment", errno);
        if (*ret_fd >= 0 && hold(*ret_fd))
            return VGI_OK;
        if (*ret_fd >= 0)
            close(*ret_fd);
    }
    *ret_fd = -1;
    return vg_io_error(err, "making a shared memory segment", EEXIST);
}

vgi_status vg_shm_make(uint64_t size, char *name, int *ret_fd, vgi_error *err)
{
    int code;

    sweep();
    VGI_TRY(open_new(name, ret_fd, err));
    do
        code = posix_fallocate(*ret_fd, 0, (off_t)size);
    while (code == EINTR);
    if (code == 0)
        return VGI_OK;
    (void)shm_unlink(name);
    close(*ret_fd);
    *ret_fd = -1;
    return vg_io_error(err, "memory for a shared memory segment", code);
}
