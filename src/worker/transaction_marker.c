/* Files beside an owner's socket: a marker for each transaction that has written, so that nobody takes one for
 * successful whose process died, and the counter of each database's catalog version (transaction_table.h).
 *
 * They need to outlive a process, not the machine, so nothing is synced. A marker is written by one call, and much
 * smaller than a page: nobody sees half of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/state_file.h"
#include "worker/transaction_table.h"

enum {
    PATH_BYTES = 512,
    ENDED_KEPT_S = 600,     /* an end that was told, for who asks again */
    UNKNOWN_KEPT_S = 86400, /* of an engine that is not known */
    DATABASE_DIGITS = 16,
};

static const char MAGIC[8] = "VGITXN1";
static const char ENDING[] = ".txn";

static bool path_of(const char *place, const uint8_t id[VG_TRANSACTION_ID], char ret[PATH_BYTES])
{
    char hex[2 * VG_TRANSACTION_ID + 1];

    for (size_t i = 0; i < VG_TRANSACTION_ID; i++)
        snprintf(hex + 2 * i, 3, "%02x", id[i]);
    return snprintf(ret, PATH_BYTES, "%s.%s%s", place, hex, ENDING) < PATH_BYTES;
}

vgi_status vg_marker_write(const char *place, const uint8_t id[VG_TRANSACTION_ID], const vg_marker *marker,
                           vgi_error *err)
{
    vg_marker whole = *marker;
    char path[PATH_BYTES];
    ssize_t n;
    int fd, code;

    if (!path_of(place, id, path))
        return vgi_error_set(err, VGI_ERR_IO, "%s: too long a path", place);
    memcpy(whole.magic, MAGIC, sizeof MAGIC);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return vg_state_error(err, path, "cannot be made", errno);
    do
        n = pwrite(fd, &whole, sizeof whole, 0);
    while (n < 0 && errno == EINTR);
    code = n < 0 ? errno : ENOSPC;
    close(fd);
    return n == (ssize_t)sizeof whole ? VGI_OK : vg_state_error(err, path, "cannot be written", code);
}

static bool read_file(int dir, const char *path, vg_marker *ret)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n;

    if (fd < 0)
        return false;
    do
        n = pread(fd, ret, sizeof *ret, 0);
    while (n < 0 && errno == EINTR);
    close(fd);
    if (n != (ssize_t)sizeof *ret || memcmp(ret->magic, MAGIC, sizeof MAGIC) != 0)
        *ret = (vg_marker){.phase = VG_PHASE_LOST};
    ret->database[sizeof ret->database - 1] = ret->engine.boot[sizeof ret->engine.boot - 1] = '\0';
    ret->error.message[sizeof ret->error.message - 1] = ret->error.exception[sizeof ret->error.exception - 1] = '\0';
    return true;
}

bool vg_marker_read(const char *place, const uint8_t id[VG_TRANSACTION_ID], vg_marker *ret)
{
    char path[PATH_BYTES];

    return path_of(place, id, path) && read_file(AT_FDCWD, path, ret);
}

void vg_marker_remove(const char *place, const uint8_t id[VG_TRANSACTION_ID])
{
    char path[PATH_BYTES];

    if (path_of(place, id, path))
        (void)unlink(path);
}

/* ---- collecting -------------------------------------------------------------------------------------------------- */

static bool is_wanted(const vg_marker *marker, time_t age_s)
{
    bool is_told = marker->phase == VG_PHASE_COMMITTED || marker->phase == VG_PHASE_ROLLED_BACK;

    if (marker->engine.pid > 0 ? vg_process_is_over(&marker->engine) : age_s > UNKNOWN_KEPT_S)
        return false;
    return !is_told || age_s <= ENDED_KEPT_S;
}

static void collect_one(int dir, const char *place, const char *name)
{
    vg_marker marker;
    struct stat status;

    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !read_file(dir, name, &marker) ||
        is_wanted(&marker, time(NULL) - status.st_mtime))
        return;
    (void)unlinkat(dir, name, 0);
    if (marker.phase == VG_PHASE_WRITES && marker.database[0])
        (void)vg_counter_ask(place, marker.database, NULL);
}

void vg_markers_collect(const char *place)
{
    const char *slash = strrchr(place, '/'), *base = slash ? slash + 1 : place;
    size_t size = strlen(base);
    char path[PATH_BYTES];
    DIR *dir;

    if (!slash || snprintf(path, sizeof path, "%.*s", (int)(slash - place), place) >= (int)sizeof path)
        return;
    dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        size_t length = strlen(entry->d_name);

        if (length > size + sizeof ENDING && strncmp(entry->d_name, base, size) == 0 &&
            strcmp(entry->d_name + length - (sizeof ENDING - 1), ENDING) == 0)
            collect_one(dirfd(dir), place, entry->d_name);
    }
    closedir(dir);
}

/* ---- counters ---------------------------------------------------------------------------------------------------- */

/* The time in milliseconds: a counter that was lost goes on above what anybody has seen of it. */
int64_t vg_counter_first(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void vg_counter_tell(vg_counter *counter, const int64_t *own)
{
    if (!own || (counter->has_own && counter->own != *own))
        counter->version++;
    if (own) {
        counter->own = *own;
        counter->has_own = true;
    }
}

int64_t vg_counter_ask(const char *place, const char database[VG_SHA256_HEX], const int64_t *own)
{
    vg_counter counter = {0}, before;
    char path[PATH_BYTES];
    int fd;

    if (snprintf(path, sizeof path, "%s.%.*s.version", place, DATABASE_DIGITS, database) >= (int)sizeof path)
        return vg_counter_first();
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return vg_counter_first(); /* always another one: nothing stale is kept */
    while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
        continue;
    if (pread(fd, &counter, sizeof counter, 0) != (ssize_t)sizeof counter)
        counter = (vg_counter){.version = vg_counter_first()};
    before = counter;
    vg_counter_tell(&counter, own);
    counter.next = NULL;
    if (memcmp(&before, &counter, sizeof counter) != 0 &&
        pwrite(fd, &counter, sizeof counter, 0) != (ssize_t)sizeof counter)
        counter.version = vg_counter_first();
    close(fd);
    return counter.version;
}
