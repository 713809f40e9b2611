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
    int flags = fcntl(fd, F_GETFL), code;

    *ret = NULL;
    if (!listener) {
        close(fd);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a listener");
    }
    *listener = (vg_listener){
        .fd = fd, .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (listener->stop_fd >= 0 && listener->wake_fd >= 0 && flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) {
        *ret = listener;
        return VGI_OK;
    }
    code = errno;
    vg_listener_free(listener);
    return vg_listener_error(err, "preparing to listen", code);
}

const char *vg_listener_announcement(const vg_listener *listener)
{
    return listener->announcement;
}

/* Sleeps until one of `n` descriptors is readable. VGI_END: the deadline has passed. */
static vgi_status wait_readable(struct pollfd *fds, nfds_t n, int64_t deadline_ms, vgi_error *err)
{
    for (;;) {
        struct timespec left, *timeout = NULL;
        int ready;

        if (deadline_ms >= 0) {
            int64_t ms = deadline_ms - vg_monotonic_ms();
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

    (void)wait_readable(&stop, 1, vg_monotonic_ms() + SHORTAGE_WAIT_MS, NULL);
}

static void tune(const vg_listener *listener, int fd)
{
    int one = 1, size = VG_SOCKET_BUFFER_BYTES;

    if (listener->is_unix) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    } else {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        /* A peer whose machine or network is gone never says so: asking is what gives its thread back. */
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
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

/* True, and the wake is used up, if vg_listener_wake was called since the last time. */
static bool take_wake(vg_listener *listener)
{
    uint64_t wakes;

    return read(listener->wake_fd, &wakes, sizeof wakes) > 0;
}

vgi_status vg_listener_wait(vg_listener *listener, int64_t deadline_ms, vgi_error *err)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = listener->stop_fd, .events = POLLIN},
            {.fd = listener->wake_fd, .events = POLLIN},
        };

        VGI_TRY(wait_readable(fds, 2, deadline_ms, err));
        if (fds[0].revents)
            return VGI_END;
        if (take_wake(listener))
            return VGI_OK;
    }
}

vgi_status vg_listener_accept(vg_listener *listener, int64_t deadline_ms, vg_connection **ret, vgi_error *err)
{
    *ret = NULL;
    for (;;) {
        struct pollfd fds[] = {
            {.fd = listener->stop_fd, .events = POLLIN},
            {.fd = listener->wake_fd, .events = POLLIN},
            {.fd = listener->fd, .events = POLLIN},
        };
        int fd;

        VGI_TRY(wait_readable(fds, 3, deadline_ms, err));
        if (fds[0].revents)
            return VGI_END;
        if (fds[1].revents && take_wake(listener))
            return VGI_OK;
        fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            if (is_shortage(errno))
                wait_for_shortage(listener);
            else if (!passes(errno))
                return vg_listener_error(err, "accepting a connection", errno);
            continue;
        }
        tune(listener, fd);
        if (vg_connection_new(fd, fd, ret, NULL) == VGI_OK)
            return VGI_OK;
        wait_for_shortage(listener);
    }
}

static void raise_event(int event_fd)
{
    int saved = errno; /* a signal handler calls this */
    uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);

    (void)written; /* it fails only when the counter is full: raised many times over */
    errno = saved;
}

void vg_listener_wake(vg_listener *listener)
{
    raise_event(listener->wake_fd);
}

void vg_listener_stop(vg_listener *listener)
{
    raise_event(listener->stop_fd);
}

void vg_listener_close(vg_listener *listener)
{
    struct stat status;

    if (listener->fd < 0)
        return;
    if (listener->path && lstat(listener->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        (void)unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void vg_listener_free(vg_listener *listener)
{
    if (!listener)
        return;
    vg_listener_close(listener);
    close_if_open(listener->stop_fd);
    close_if_open(listener->wake_fd);
    vg_free(listener->path);
    vg_free(listener->announcement);
    vg_free(listener);
}
