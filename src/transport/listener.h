/* What unix.c and tcp.c share with listener.c: the struct behind vg_listener. */
#ifndef VG_TRANSPORT_LISTENER_H
#define VG_TRANSPORT_LISTENER_H

#include <sys/types.h>

#include "transport/transport.h"

enum {
    VG_BACKLOG = 128,                 /* rpc.md §10.2 */
    VG_SOCKET_BUFFER_BYTES = 1 << 20, /* of unix sockets */
};

struct vg_listener {
    int fd;      /* -1: closed; not blocking: a connection that was aborted before accept must not block the next one */
    int stop_fd; /* an eventfd, readable once stopped */
    int wake_fd; /* an eventfd, readable after a wake, until someone was woken */
    bool is_unix;
    char *path;   /* of a unix socket, absolute; else NULL */
    dev_t device; /* the socket file that bind made: another one at `path` is not ours to remove */
    ino_t inode;
    char *announcement;
};

/* A listener around a bound, listening socket (*taken* even on failure). */
vgi_status vg_listener_new(int fd, vg_listener **ret, vgi_error *err);

/* [HOST:]PORT, taken apart. */
typedef struct vg_tcp_address {
    char host[256]; /* without brackets */
    char port[6];
    bool bracketed;
} vg_tcp_address;
vgi_status vg_tcp_address_parse(const char *text, vg_tcp_address *ret, vgi_error *err);

/* Sets `err` to "what: text of errno". Returns VGI_ERR_IO. */
vgi_status vg_listener_error(vgi_error *err, const char *what, int code);

/* printf into memory of vg_malloc; NULL when out of memory. */
char *vg_listener_text(const char *format, ...) VGI_PRINTF(1, 2);

#endif
