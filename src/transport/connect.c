/* Connecting as a client (rpc.md §10.2): to a unix socket, to TCP. client/open and transport/launch call it. Nothing
 * blocks past the deadline. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport/fd.h"
#include "transport/listener.h"

/* The outcome of a connect that is under way: 0, or an errno. */
static int await(int fd, int64_t deadline_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int code = 0, ready;

    do {
        int64_t left = deadline_ms < 0 ? -1 : deadline_ms - vg_monotonic_ms();

        ready = poll(&wanted, 1, deadline_ms < 0 ? -1 : left < 0 ? 0 : (int)(left < 1 << 30 ? left : 1 << 30));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &(socklen_t){sizeof code}) < 0)
        return errno;
    return code;
}

/* A socket that is connected, not blocking; else -1 and *ret_code. */
static int connect_to(const struct sockaddr *address, socklen_t size, int64_t deadline_ms, int *ret_code)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *ret_code = 0;
    if (fd < 0) {
        *ret_code = errno;
        return -1;
    }
    if (connect(fd, address, size) < 0)
        *ret_code = errno == EINPROGRESS || errno == EINTR ? await(fd, deadline_ms) : errno;
    if (*ret_code == 0)
        return fd;
    close(fd);
    return -1;
}

static vgi_status take(int fd, vg_connection **ret, vgi_error *err)
{
    VGI_TRY(vg_connection_new(fd, fd, ret, err));
    vg_connection_guard(*ret);
    return VGI_OK;
}

/* A unix socket whose backlog is full says EAGAIN at once, and would not be waited for by poll: asked again. */
static int connect_unix(const struct sockaddr_un *address, int64_t deadline_ms, int *ret_code)
{
    int fd = connect_to((const struct sockaddr *)address, sizeof *address, deadline_ms, ret_code);

    while (fd < 0 && *ret_code == EAGAIN && (deadline_ms < 0 || vg_monotonic_ms() < deadline_ms)) {
        (void)poll(NULL, 0, 10);
        fd = connect_to((const struct sockaddr *)address, sizeof *address, deadline_ms, ret_code);
    }
    return fd;
}

vgi_status vg_connect_unix(const char *path, int64_t deadline_ms, vg_connection **ret, int *ret_errno, vgi_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int buffer = VG_SOCKET_BUFFER_BYTES, code, fd;

    *ret = NULL;
    if (ret_errno)
        *ret_errno = 0;
    if (strlen(path) >= sizeof address.sun_path || path[0] == '\0')
        return vgi_error_set(err, VGI_ERR_VALUE, "'%s': the path of a unix socket has 1 to %zu bytes", path,
                             sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    fd = connect_unix(&address, deadline_ms, &code);
    if (ret_errno)
        *ret_errno = code;
    if (fd < 0)
        return vg_listener_error(err, path, code);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    return take(fd, ret, err);
}

vgi_status vg_connect_tcp(const char *text, int64_t deadline_ms, vg_connection **ret, vgi_error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    vg_tcp_address at;
    int fd = -1, code;

    *ret = NULL;
    VGI_TRY(vg_tcp_address_parse(text, &at, err));
    code = getaddrinfo(at.host, at.port, &hints, &found);
    if (code != 0)
        return vgi_error_set(err, VGI_ERR_IO, "TCP address '%s': %s", text, gai_strerror(code));
    for (const struct addrinfo *each = found; each && fd < 0; each = each->ai_next)
        fd = connect_to(each->ai_addr, each->ai_addrlen, deadline_ms, &code);
    freeaddrinfo(found);
    if (fd < 0)
        return vg_listener_error(err, text, code);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return take(fd, ret, err);
}
