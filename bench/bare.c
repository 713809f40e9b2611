/* What pipes and sockets can do when nobody works: two processes that move the same bytes in the same lock step, with
 * nothing but writev and read. bench/rpc.py runs it beside the clients; its time is what theirs is compared with.
 *
 *   vgi-bench-bare pipe|unix
 *
 * Reads commands from stdin, one a line: `SENT ANSWERED TURNS`, bytes there, bytes back, how often. Answers with the
 * seconds that it took. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_CAPACITY = 1 << 20, HEAD = 256 };

typedef struct command {
    uint64_t sent;
    uint64_t answered;
    uint64_t turns;
} command;

/* Whoever asks keeps what it sends; whoever answers may send what it was sent: `out` is then `in`. */
typedef struct end {
    int read_fd;
    int write_fd;
    char *in;
    char *out;
    size_t capacity;
    bool echoes;
} end;

static void give_up(const char *what)
{
    fprintf(stderr, "vgi-bench-bare: %s: %s\n", what, strerror(errno));
    exit(1);
}

static char *grow(char *buffer, size_t from, size_t to)
{
    buffer = realloc(buffer, to);
    if (!buffer)
        give_up("no memory");
    memset(buffer + from, 1, to - from);
    return buffer;
}

static void make_room(end *e, size_t size)
{
    if (size <= e->capacity)
        return;
    e->in = grow(e->in, e->capacity, size);
    e->out = e->echoes ? e->in : grow(e->out, e->capacity, size);
    e->capacity = size;
}

/* A head and a body, as a message has them, in one call where the kernel takes it. */
static void put(const end *e, size_t size)
{
    size_t at = 0;

    while (at < size) {
        const size_t head = at < HEAD && size > HEAD ? HEAD - at : 0;
        const struct iovec parts[2] = {{e->out + at, head}, {e->out + at + head, size - at - head}};
        const ssize_t n = writev(e->write_fd, parts + (head == 0), head == 0 ? 1 : 2);

        if (n < 0 && errno != EINTR)
            give_up("writing");
        at += n > 0 ? (size_t)n : 0;
    }
}

/* False: the other process is gone. */
static bool get(const end *e, size_t size)
{
    size_t at = 0;

    while (at < size) {
        const ssize_t n = read(e->read_fd, e->in + at, size - at);

        if (n == 0)
            return false;
        if (n < 0 && errno != EINTR)
            give_up("reading");
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void answer(end *e)
{
    command c;

    e->echoes = true;
    make_room(e, sizeof c);
    while (get(e, sizeof c)) {
        memcpy(&c, e->in, sizeof c);
        make_room(e, c.sent > c.answered ? c.sent : c.answered);
        for (uint64_t i = 0; i < c.turns && get(e, c.sent); i++)
            put(e, c.answered);
    }
    exit(0);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double ask(end *e, command c)
{
    double begin;

    make_room(e, sizeof c + (c.sent > c.answered ? c.sent : c.answered));
    memcpy(e->out, &c, sizeof c);
    put(e, sizeof c);
    begin = now();
    for (uint64_t i = 0; i < c.turns; i++) {
        put(e, c.sent);
        if (!get(e, c.answered))
            give_up("the other process is gone");
    }
    return now() - begin;
}

/* The ends of the one process and of the other. */
static void connect_ends(const char *kind, end ends[2])
{
    int there[2], back[2];

    if (strcmp(kind, "unix") == 0) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, there) < 0)
            give_up("socketpair");
        ends[0] = (end){.read_fd = there[0], .write_fd = there[0]};
        ends[1] = (end){.read_fd = there[1], .write_fd = there[1]};
        return;
    }
    if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
        give_up("pipe2");
    (void)fcntl(there[1], F_SETPIPE_SZ, PIPE_CAPACITY); /* a user over the system's limit keeps 64 KiB */
    (void)fcntl(back[1], F_SETPIPE_SZ, PIPE_CAPACITY);
    ends[0] = (end){.read_fd = back[0], .write_fd = there[1]};
    ends[1] = (end){.read_fd = there[0], .write_fd = back[1]};
}

static void close_end(const end *e)
{
    close(e->read_fd);
    if (e->write_fd != e->read_fd)
        close(e->write_fd);
}

int main(int argc, char **argv)
{
    end ends[2];
    command c;
    pid_t child;

    if (argc != 2 || (strcmp(argv[1], "pipe") != 0 && strcmp(argv[1], "unix") != 0))
        return fprintf(stderr, "usage: vgi-bench-bare pipe|unix\n"), 2;
    connect_ends(argv[1], ends);
    child = fork();
    if (child < 0)
        give_up("fork");
    close_end(&ends[child == 0 ? 0 : 1]);
    if (child == 0)
        answer(&ends[1]);
    while (scanf("%" SCNu64 " %" SCNu64 " %" SCNu64, &c.sent, &c.answered, &c.turns) == 3) {
        printf("%.9f\n", ask(&ends[0], c));
        fflush(stdout);
    }
    close_end(&ends[0]);
    free(ends[0].in);
    free(ends[0].out);
    waitpid(child, NULL, 0);
    return 0;
}
