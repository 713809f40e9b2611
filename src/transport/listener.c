/* Accepting connections of a listening socket, whichever kind (rpc.md §10.2). rpc/listen drives it. Accept sleeps in
 * ppoll until a connection, a stop or a deadline: nothing polls on a timer, so a connection never waits for one. */
#include "transport/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

enum { SHORTAGE_WAIT_MS = 50 }; /* after EMFILE and its kin: long enough for a connection to end */

vgi_status vg_listener_error(vgi_error *err, const char *what, int code)
{
    char text[128];

    return vgi_error_set(err, VGI_ERR_IO, "%s: %s", what, strerror_r(code, text, sizeof text));
}

char *vg_listener_text(const char *format, ...)
{
    va_list args;
    int size;
    char *text;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0 || !(text = vg_malloc((size_t)size + 1)))
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}

vgi_status vg_listener_new(int fd, vg_listener **ret, vgi_error *err)
{
    vg_listener *listener = vg_malloc(sizeof *listener);
    int flags = fcntl(fd, F_GETFL);
    int stop_fd;

    *ret = NULL;
    if (!listener || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        (stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
        int code = listener ? errno : ENOMEM;
        vg_free(listener);
        close(fd);
        return vg_listener_error(err, "preparing to listen", code);
    }
    *listener = (vg_listener){.fd = fd, .stop_fd = stop_fd};
    *ret = listener;
    return VGI_OK;
}

const char *vg_listener_announcement(const vg_listener *listener)
{
    return listener->announcement;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps until one of `n` descriptors is readable. VGI_END: the deadline has passed. */
static vgi_status wait_readable(struct pollfd *fds, nfds_t n, int64_t deadline_ms, vgi_error *err)
{
    for (;;) {
        struct timespec left, *timeout = NULL;
        int ready;

        if (deadline_ms >= 0) {
            int64_t ms = deadline_ms - now_ms();
            ms = ms > 0 ? ms : 0;
            left = (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
            timeout = &left;
        }
        ready = ppoll(fds, n, timeout, NULL);
        if (ready > 0)
            return VGI_OK;
        if (ready == 0)
            return VGI_END;
        if (errno != EINTR)
            return vg_listener_error(err, "waiting for a connection", errno);
    }
}

/* Waits a little for descriptors or memory to be given back; a stop ends the wait. */
static void wait_for_shortage(vg_listener *listener)
{
    struct pollfd stop = {.fd = listener->stop_fd, .events = POLLIN};

    (void)wait_readable(&stop, 1, now_ms() + SHORTAGE_WAIT_MS, NULL);
}

static void tune(const vg_listener *listener, int fd)
{
    int one = 1, size = VG_SOCKET_BUFFER_BYTES;

    if (listener->is_unix) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    } else {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
}

/* True for the errors of accept that concern one connection or pass by themselves. */
static bool passes(int code)
{
    switch (code) {
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

static bool is_shortage(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

vgi_status vg_listener_accept(vg_listener *listener, int64_t deadline_ms, vg_connection **ret, vgi_error *err)
{
    *ret = NULL;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = listener->stop_fd, .events = POLLIN},
            {.fd = listener->fd, .events = POLLIN},
        };
        vgi_status status;
        int fd;

        VGI_TRY(wait_readable(fds, 2, deadline_ms, err));
        if (fds[0].revents)
            return VGI_END;
        fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            if (is_shortage(errno))
                wait_for_shortage(listener);
            else if (!passes(errno))
                return vg_listener_error(err, "accepting a connection", errno);
            continue;
        }
        tune(listener, fd);
        status = vg_connection_new(fd, fd, ret, NULL);
        if (status == VGI_OK)
            return VGI_OK;
        wait_for_shortage(listener);
    }
}

void vg_listener_stop(vg_listener *listener)
{
    int saved = errno; /* a signal handler calls this */
    uint64_t one = 1;
    ssize_t written = write(listener->stop_fd, &one, sizeof one);

    (void)written; /* it fails only when the counter is full: stopped many times over */
    errno = saved;
}

void vg_listener_free(vg_listener *listener)
{
    struct stat status;

    if (!listener)
        return;
    if (listener->path && lstat(listener->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        (void)unlink(listener->path);
    close(listener->fd);
    close(listener->stop_fd);
    vg_free(listener->path);
    vg_free(listener->announcement);
    vg_free(listener);
}
