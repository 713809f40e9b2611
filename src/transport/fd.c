/* A connection over two descriptors: stdin and stdout, or a socket. rpc/ reads requests from it and writes replies.
 * Implements the large-I/O rules of rpc.md §1.1.
 *
 * The read buffer keeps two promises to the decoder. It is aligned to 64 bytes and unread bytes are moved to its start
 * only, so what was aligned to 8 stays so. And it grows to at most twice what has arrived, so that a length that lies
 * costs nothing. */
#include "transport/transport.h"

#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/fd.h"

enum {
    FIRST_CAPACITY = 64 << 10,
    ROUNDING = 64 << 10, /* a grown buffer has room for the small message behind the large one */
    SHORT_REST = 4096,
    KEPT_CAPACITY = 4 << 20, /* a larger buffer is given back once messages are small again */
    QUIET_FILLS = 64,        /* how many refills of an empty buffer make "again" */
    PIPE_CAPACITY = 1 << 20,
    MAX_PARTS = 1024, /* IOV_MAX of Linux */
};

struct vg_connection {
    vg_input input;
    vg_output output;
    int read_fd;
    int write_fd;
    uint8_t *buffer;
    size_t capacity;
    size_t peak;     /* most bytes asked for at once since the last look at shrinking */
    int quiet_fills; /* refills of an empty buffer since then */
    bool is_pipe;    /* or a file: anything that cannot be shut down */
    bool is_local;
    bool peer_left;      /* its end of the connection is closed */
    bool is_guarded;     /* a client's: never blocks past the deadline, raises no SIGPIPE */
    bool never_blocks;   /* O_NONBLOCK, of a guarded one that has a deadline */
    int64_t deadline_ms; /* monotonic; negative: none */
    atomic_bool ended;
};

vgi_status vg_io_error(vgi_error *err, const char *what, int code)
{
    char text[128];

    return vgi_error_set(err, VGI_ERR_IO, "%s: %s", what, strerror_r(code, text, sizeof text));
}

/* True for the errors by which the system says that nobody is at the other end any more. */
static bool is_departure(int code)
{
    return code == EPIPE || code == ECONNRESET || code == ETIMEDOUT;
}

/* Waits until the descriptor of a guarded connection is ready, or has failed, which the next read or write tells. */
static vgi_status wait_ready(const vg_connection *c, int fd, short events, vgi_error *err)
{
    for (;;) {
        struct pollfd wanted = {.fd = fd, .events = events};
        int64_t left = c->deadline_ms < 0 ? -1 : c->deadline_ms - vg_monotonic_ms();
        int ready;

        if (c->deadline_ms >= 0 && left < 0)
            left = 0;
        ready = poll(&wanted, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (ready > 0)
            return VGI_OK;
        if (ready < 0 && errno != EINTR)
            return vg_io_error(err, "waiting for the peer", errno);
        if (ready == 0 && c->deadline_ms >= 0 && vg_monotonic_ms() >= c->deadline_ms)
            return vg_timed_out(err, "the peer did not answer in time");
    }
}

vgi_status vg_timed_out(vgi_error *err, const char *what)
{
    bool is_first = err && err->status == VGI_OK;

    (void)vgi_error_set(err, VGI_ERR_IO, "%s", what);
    if (is_first)
        strcpy(err->exception, "TimeoutError");
    return VGI_ERR_IO;
}

/* Gives the buffer another size, unread bytes at its start. */
static bool resize(vg_connection *c, size_t capacity)
{
    uint8_t *grown = vg_malloc_aligned(capacity);

    if (!grown)
        return false;
    if (c->input.size > 0)
        memcpy(grown, c->input.data, c->input.size);
    vg_free(c->buffer);
    c->buffer = grown;
    c->capacity = capacity;
    c->input.data = grown;
    return true;
}

/* An empty buffer starts over at its aligned start; one that was grown by a huge message is given back. */
static void start_over(vg_connection *c, size_t need)
{
    if (need > c->peak)
        c->peak = need;
    if (++c->quiet_fills >= QUIET_FILLS) {
        if (c->capacity > KEPT_CAPACITY && c->peak <= KEPT_CAPACITY)
            (void)resize(c, KEPT_CAPACITY); /* out of memory: the large one serves on */
        c->quiet_fills = 0;
        c->peak = 0;
    }
    c->input.data = c->buffer;
}

/* Makes room for `need` bytes in all, or for twice what has arrived if that is less. A short rest is moved to the front
 * even where `need` would fit, so that one read can take all that the kernel has. */
static bool make_room(vg_connection *c, size_t need)
{
    size_t used = (size_t)(c->input.data - c->buffer);
    size_t target;

    if (used > 0 && (c->input.size <= SHORT_REST || c->capacity - used < need)) {
        memmove(c->buffer, c->input.data, c->input.size);
        c->input.data = c->buffer;
        used = 0;
    }
    if (c->capacity - used >= need || c->capacity - used > c->input.size)
        return true; /* if not all of it fits, read what does first: the rest may never come */
    target = (need + ROUNDING) & ~(size_t)(ROUNDING - 1);
    if (target / 2 > c->input.size)
        target = c->input.size * 2;
    return resize(c, target);
}

/* A pipe cannot be shut down: the flag ends it, between messages only. A socket ends by itself, once it is read
 * empty. */
static bool is_over(const vg_connection *c)
{
    return c->is_pipe && c->input.size == 0 && atomic_load_explicit(&c->ended, memory_order_relaxed);
}

/* A peer that never stops sending is no better than one that is silent: waiting alone would not notice. */
static bool is_late(const vg_connection *c)
{
    return c->is_guarded && c->deadline_ms >= 0 && vg_monotonic_ms() > c->deadline_ms;
}

static vgi_status fill(vg_input *input, size_t need, vgi_error *err)
{
    vg_connection *c = (vg_connection *)((char *)input - offsetof(vg_connection, input));

    if (need > SIZE_MAX / 2)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a message of %zu bytes cannot be held", need);
    if (input->size == 0)
        start_over(c, need);
    else if (need > c->peak)
        c->peak = need;
    while (input->size < need) {
        size_t room;
        ssize_t got;

        if (is_late(c))
            return vg_timed_out(err, "the peer's answer has not ended in time");
        if (!make_room(c, need))
            return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a message of %zu bytes", need);
        room = c->capacity - (size_t)(input->data - c->buffer) - input->size;
        got = is_over(c) ? 0 : read(c->read_fd, c->buffer + (c->capacity - room), room < VG_MAX_IO ? room : VG_MAX_IO);
        if (got > 0) {
            input->size += (size_t)got;
        } else if (got == 0) {
            c->peer_left = true;
            if (input->size == 0)
                return VGI_END;
            return vgi_error_set(err, VGI_ERR_IO, "the peer's data ends %zu bytes early", need - input->size);
        } else if (errno == EAGAIN && c->is_guarded) {
            VGI_TRY(wait_ready(c, c->read_fd, POLLIN, err));
        } else if (errno != EINTR) {
            c->peer_left = is_departure(errno);
            return vg_io_error(err, "reading from the peer", errno);
        }
    }
    return VGI_OK;
}

/* How many of the parts one call may take: bounded in number and in bytes (at least one part, cut by the caller). */
static int parts_of_one_call(const struct iovec *parts, int count)
{
    size_t bytes = 0;
    int n = 0;

    while (n < count && n < MAX_PARTS) {
        if (n > 0 && parts[n].iov_len > VG_MAX_IO - bytes)
            break;
        bytes += parts[n].iov_len < VG_MAX_IO ? parts[n].iov_len : VG_MAX_IO;
        n++;
    }
    return n;
}

/* Writing to a client's socket: no SIGPIPE, which only a socket can be asked for. */
static ssize_t send_once(int fd, struct iovec *parts, int count)
{
    if (parts->iov_len > VG_MAX_IO)
        return send(fd, parts->iov_base, VG_MAX_IO, MSG_NOSIGNAL);
    return sendmsg(fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = (size_t)parts_of_one_call(parts, count)},
                   MSG_NOSIGNAL);
}

/* One system call; -1 with errno. */
static ssize_t write_once(const vg_connection *guarded, int fd, int64_t at, struct iovec *parts, int count)
{
    if (guarded && !guarded->is_pipe)
        return send_once(fd, parts, count);
    if (parts->iov_len > VG_MAX_IO)
        return at < 0 ? write(fd, parts->iov_base, VG_MAX_IO) : pwrite(fd, parts->iov_base, VG_MAX_IO, (off_t)at);
    count = parts_of_one_call(parts, count);
    return at < 0 ? writev(fd, parts, count) : pwritev(fd, parts, count, (off_t)at);
}

/* `guarded` NULL: no client's connection. */
static vgi_status write_parts(const vg_connection *guarded, int fd, int64_t at, struct iovec *parts, int count,
                              const char *what, vgi_error *err)
{
    for (;;) {
        ssize_t put;

        while (count > 0 && parts->iov_len == 0) {
            parts++;
            count--;
        }
        if (count == 0)
            return VGI_OK;
        put = write_once(guarded, fd, at, parts, count);
        if (put < 0) {
            int code = errno;

            if (code == EINTR)
                continue;
            if (code == EAGAIN && guarded) {
                VGI_TRY(wait_ready(guarded, fd, POLLOUT, err));
                continue;
            }
            (void)vg_io_error(err, what, code);
            errno = code; /* the caller looks at it, too */
            return VGI_ERR_IO;
        }
        at += at < 0 ? 0 : put;
        while (put > 0 && (size_t)put >= parts->iov_len) {
            put -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (put > 0) {
            parts->iov_base = (char *)parts->iov_base + put;
            parts->iov_len -= (size_t)put;
        }
    }
}

vgi_status vg_fd_write(int fd, int64_t at, struct iovec *parts, int count, const char *what, vgi_error *err)
{
    return write_parts(NULL, fd, at, parts, count, what, err);
}

/* A library must not end its program with SIGPIPE, nor change what the program does about it: the signal is held back
 * in this thread while writing to a pipe, and the one that a failed write has raised is taken. Where the program holds
 * it back itself, one that was pending before is left; where it does not, none can have been. */
static vgi_status write_guarded(vg_connection *c, struct iovec *parts, int count, vgi_error *err)
{
    const struct timespec now = {0};
    sigset_t pipe_only, before, pending;
    bool was_pending;
    vgi_status status;

    if (!c->is_pipe)
        return write_parts(c, c->write_fd, -1, parts, count, "writing to the peer", err);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    was_pending =
        sigismember(&before, SIGPIPE) == 1 && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    status = write_parts(c, c->write_fd, -1, parts, count, "writing to the peer", err);
    if (status != VGI_OK && !was_pending)
        while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static vgi_status write_all(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    vg_connection *c = (vg_connection *)((char *)output - offsetof(vg_connection, output));
    vgi_status status;

    if (c->is_guarded)
        return write_guarded(c, parts, count, err);
    status = vg_fd_write(c->write_fd, -1, parts, count, "writing to the peer", err);
    if (status != VGI_OK)
        c->peer_left = c->peer_left || is_departure(errno); /* vg_fd_write leaves errno as it was */
    return status;
}

static void set_nonblocking(int fd, bool on)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

/* Without a deadline descriptors block: one call a read, where otherwise it takes a read that finds nothing, a poll and
 * a read. */
static void settle_blocking(vg_connection *c)
{
    const bool never_blocks = c->deadline_ms >= 0;

    if (c->never_blocks == never_blocks)
        return;
    set_nonblocking(c->read_fd, never_blocks);
    if (c->write_fd != c->read_fd)
        set_nonblocking(c->write_fd, never_blocks);
    c->never_blocks = never_blocks;
}

void vg_connection_guard(vg_connection *c)
{
    c->is_guarded = true;
    c->never_blocks = true; /* as is not known: a socket was connected without blocking */
    settle_blocking(c);
}

void vg_connection_deadline(vg_connection *c, int64_t deadline_ms)
{
    c->deadline_ms = deadline_ms;
    if (c->is_guarded)
        settle_blocking(c);
}

static void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_CAPACITY); /* a user over the system's limit keeps 64 KiB */
#else
    (void)fd;
#endif
}

/* A pipe, a file or a unix socket: the peer runs on this machine, as a user who may reach us. */
static bool is_local(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;

    return getsockname(fd, (struct sockaddr *)&address, &size) < 0 ? errno == ENOTSOCK : address.ss_family == AF_UNIX;
}

vgi_status vg_connection_new(int read_fd, int write_fd, vg_connection **ret, vgi_error *err)
{
    vg_connection *c = vg_malloc(sizeof *c);
    uint8_t *buffer = vg_malloc_aligned(FIRST_CAPACITY);

    *ret = NULL;
    if (!c || !buffer) {
        vg_free(c);
        vg_free(buffer);
        close(read_fd);
        if (write_fd != read_fd)
            close(write_fd);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a connection");
    }
    memset(c, 0, sizeof *c);
    c->input = (vg_input){.data = buffer, .fill = fill};
    c->output.write = write_all;
    c->read_fd = read_fd;
    c->write_fd = write_fd;
    c->deadline_ms = -1;
    c->buffer = buffer;
    c->capacity = FIRST_CAPACITY;
    c->is_pipe = getsockopt(read_fd, SOL_SOCKET, SO_TYPE, &(int){0}, &(socklen_t){sizeof(int)}) < 0;
    c->is_local = is_local(read_fd);
    widen_pipe(read_fd);
    if (write_fd != read_fd)
        widen_pipe(write_fd);
    *ret = c;
    return VGI_OK;
}

void vg_connection_free(vg_connection *c)
{
    if (!c)
        return;
    close(c->read_fd);
    if (c->write_fd != c->read_fd)
        close(c->write_fd);
    vg_free(c->buffer);
    vg_free(c);
}

int vg_connection_release(vg_connection *c)
{
    int fd = c->read_fd;

    vg_free(c->buffer);
    vg_free(c);
    return fd;
}

vg_input *vg_connection_input(vg_connection *c)
{
    return &c->input;
}

vg_output *vg_connection_output(vg_connection *c)
{
    return &c->output;
}

bool vg_connection_peer_left(const vg_connection *c)
{
    return c->peer_left;
}

bool vg_connection_is_local(const vg_connection *c)
{
    return c->is_local;
}

bool vg_connection_process(const vg_connection *c, int64_t *ret_pid, int64_t *ret_uid)
{
#ifdef SO_PEERCRED
    struct ucred who;
    socklen_t size = sizeof who;

    if (getsockopt(c->read_fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid > 0) {
        *ret_pid = who.pid;
        *ret_uid = (int64_t)who.uid;
        return true;
    }
#else
    (void)c;
#endif
    *ret_pid = *ret_uid = -1;
    return false;
}

void vg_connection_remote(const vg_connection *c, char to[VG_REMOTE_BYTES])
{
    struct sockaddr_storage address = {0};
    struct sockaddr *peer = (struct sockaddr *)&address;
    socklen_t size = sizeof address;

    to[0] = '\0';
    if (getpeername(c->read_fd, peer, &size) < 0)
        return;
    if (address.ss_family == AF_UNIX) {
        int64_t pid, uid;

        if (vg_connection_process(c, &pid, &uid))
            snprintf(to, VG_REMOTE_BYTES, "unix:pid=%" PRId64 ",uid=%" PRId64, pid, uid);
        return;
    }
    if (getnameinfo(peer, size, to, VG_REMOTE_BYTES, NULL, 0, NI_NUMERICHOST) != 0)
        to[0] = '\0';
}

void vg_connection_shutdown(vg_connection *c)
{
    atomic_store(&c->ended, true);
    (void)shutdown(c->read_fd, SHUT_RD);
}

void vg_connection_abort(vg_connection *c)
{
    atomic_store(&c->ended, true);
    (void)shutdown(c->read_fd, SHUT_RDWR);
    (void)shutdown(c->write_fd, SHUT_RDWR);
}
