/* Listening on TCP (rpc.md §10.2): `--tcp [HOST:]PORT`. The host defaults to 127.0.0.1; port 0 lets the system choose;
 * an IPv6 address stands in brackets. No authentication, no TLS: a public address is the operator's decision. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/listener.h"

vgi_status vg_tcp_address_parse(const char *text, vg_tcp_address *ret, vgi_error *err)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon ? colon + 1 : text;
    const char *host = colon ? text : "127.0.0.1";
    size_t host_size = colon ? (size_t)(colon - text) : strlen(host);
    size_t digits = strspn(port, "0123456789");

    if (digits == 0 || port[digits] != '\0' || digits >= sizeof ret->port || atol(port) > 65535)
        return vgi_error_set(err, VGI_ERR_VALUE, "TCP address '%s': the port is a number of 0 to 65535", text);
    ret->bracketed = host_size >= 2 && host[0] == '[' && host[host_size - 1] == ']';
    if (ret->bracketed) {
        host++;
        host_size -= 2;
    }
    if (host_size == 0 || host_size >= sizeof ret->host)
        return vgi_error_set(err, VGI_ERR_VALUE, "TCP address '%s': expected [HOST:]PORT", text);
    memcpy(ret->host, host, host_size);
    ret->host[host_size] = '\0';
    strcpy(ret->port, port);
    return VGI_OK;
}

static int listen_at(const struct addrinfo *at)
{
    int one = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, VG_BACKLOG) == 0)
        return fd;
    code = errno;
    close(fd);
    errno = code;
    return -1;
}

static int bound_port(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;

    if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0)
        return -1;
    if (bound.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&bound)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&bound)->sin_port);
}

vgi_status vg_listen_tcp(const char *text, vg_listener **ret, vgi_error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    vg_listener *listener;
    vg_tcp_address at;
    int fd = -1, code, port;

    *ret = NULL;
    VGI_TRY(vg_tcp_address_parse(text, &at, err));
    code = getaddrinfo(at.host, at.port, &hints, &found);
    if (code != 0)
        return vgi_error_set(err, VGI_ERR_IO, "TCP address '%s': %s", text, gai_strerror(code));
    for (const struct addrinfo *each = found; each && fd < 0; each = each->ai_next)
        fd = listen_at(each);
    code = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return vg_listener_error(err, text, code);
    port = bound_port(fd);
    VGI_TRY(vg_listener_new(fd, &listener, err));
    listener->announcement = vg_listener_text(at.bracketed ? "TCP:[%s]:%d" : "TCP:%s:%d", at.host, port);
    if (!listener->announcement || port < 0) {
        vg_listener_free(listener);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a listener");
    }
    *ret = listener;
    return VGI_OK;
}
