/* Listening on a unix socket (rpc.md §10.2, §10.3): what `--unix PATH` and the launcher's `launch:` need. A socket file
 * that a killed worker left behind is removed; a live one, or a file that is no socket, is refused. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/listener.h"

/* Removes what a dead worker left at the path. The probe does not block: a full backlog (EAGAIN) is a live listener. */
static vgi_status remove_stale(const struct sockaddr_un *address, vgi_error *err)
{
    struct stat status;
    int fd, result, code;

    if (lstat(address->sun_path, &status) < 0)
        return errno == ENOENT ? VGI_OK : vg_listener_error(err, address->sun_path, errno);
    if (!S_ISSOCK(status.st_mode))
        return vgi_error_set(err, VGI_ERR_IO, "%s: exists and is not a socket", address->sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vg_listener_error(err, "making a unix socket", errno);
    result = connect(fd, (const struct sockaddr *)address, sizeof *address);
    code = errno;
    close(fd);
    if (result == 0 || code == EAGAIN || code == EINPROGRESS)
        return vgi_error_set(err, VGI_ERR_IO, "%s: another process is already listening", address->sun_path);
    if (code == ENOENT)
        return VGI_OK;
    if (code != ECONNREFUSED)
        return vg_listener_error(err, address->sun_path, code);
    if (unlink(address->sun_path) < 0 && errno != ENOENT)
        return vg_listener_error(err, address->sun_path, errno);
    return VGI_OK;
}

/* The socket is never open to others, not even between bind and chmod: the umask is narrowed around bind. */
static vgi_status bind_private(int fd, const struct sockaddr_un *address, vgi_error *err)
{
    mode_t mask = umask(0077);
    int result = bind(fd, (const struct sockaddr *)address, sizeof *address);
    int code = errno;

    umask(mask);
    if (result < 0 && code == EADDRINUSE)
        return vgi_error_set(err, VGI_ERR_IO, "%s: another process is already listening", address->sun_path);
    if (result < 0)
        return vg_listener_error(err, address->sun_path, code);
    if (chmod(address->sun_path, 0600) < 0 || listen(fd, VG_BACKLOG) < 0) {
        code = errno;
        (void)unlink(address->sun_path);
        return vg_listener_error(err, address->sun_path, code);
    }
    return VGI_OK;
}

/* Absolute, so that the announcement and the unlink at the end hold after a chdir. NULL when out of memory. */
static char *absolute_path(const char *path)
{
    char directory[4096];

    if (path[0] == '/' || !getcwd(directory, sizeof directory))
        return vg_listener_text("%s", path);
    return vg_listener_text("%s/%s", directory, path);
}

vgi_status vg_listen_unix(const char *path, vg_listener **ret, vgi_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat made = {0};
    vg_listener *listener;
    int fd;

    *ret = NULL;
    if (path[0] == '\0')
        return vgi_error_set(err, VGI_ERR_VALUE, "the path of a unix socket is empty");
    if (strlen(path) >= sizeof address.sun_path)
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: the path of a unix socket has at most %zu bytes", path,
                             sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    VGI_TRY(remove_stale(&address, err));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return vg_listener_error(err, "making a unix socket", errno);
    if (bind_private(fd, &address, err) != VGI_OK) {
        close(fd);
        return VGI_ERR_IO;
    }
    (void)lstat(path, &made);
    VGI_TRY(vg_listener_new(fd, &listener, err));
    listener->is_unix = true;
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
    listener->path = absolute_path(path);
    listener->announcement = listener->path ? vg_listener_text("UNIX:%s", listener->path) : NULL;
    if (!listener->announcement) {
        vg_listener_free(listener);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a listener");
    }
    *ret = listener;
    return VGI_OK;
}
