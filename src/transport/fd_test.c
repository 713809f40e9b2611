/* Unit tests of fd.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/transport.h"

/* A connection and the peer's end of its socket. */
static vg_connection *connect_pair(int *peer)
{
    int fds[2];
    vg_connection *connection;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(vg_connection_new(fds[0], fds[0], &connection, NULL), VGI_OK);
    *peer = fds[1];
    return connection;
}

static void put(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t n = write(fd, at, size);
        assert_true(n > 0);
        at += n;
        size -= (size_t)n;
    }
}

static void one_read_takes_all_there_is(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vg_input *in = vg_connection_input(c);
    char bytes[4096] = {0};

    (void)state;
    put(peer, bytes, sizeof bytes);
    assert_int_equal(vg_input_need(in, 8, NULL), VGI_OK);
    assert_int_equal(in->size, sizeof bytes);
    assert_int_equal((uintptr_t)in->data % 64, 0);
    close(peer);
    vg_connection_free(c);
}

static void the_end_is_told_from_a_break(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vg_input *in = vg_connection_input(c);
    vgi_error err = {0};

    (void)state;
    put(peer, "12345", 5);
    close(peer);
    assert_int_equal(vg_input_need(in, 8, &err), VGI_ERR_IO);
    assert_string_equal(err.message, "the peer's data ends 3 bytes early");
    vg_input_skip(in, 5);
    assert_int_equal(vg_input_need(in, 1, NULL), VGI_END);
    assert_int_equal(vg_input_need(in, 1, NULL), VGI_END);
    vg_connection_free(c);
}

static void a_length_that_lies_costs_nothing(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vg_input *in = vg_connection_input(c);
    uint64_t before = vg_alloc_count();

    (void)state;
    put(peer, "12345678", 8);
    close(peer);
    assert_int_equal(vg_input_need(in, (size_t)1 << 40, NULL), VGI_ERR_IO);
    assert_int_equal(vg_alloc_count(), before);
    assert_int_equal(vg_input_need(in, SIZE_MAX, NULL), VGI_ERR_LIMIT);
    vg_connection_free(c);
}

struct transfer {
    int fd;
    uint8_t *bytes;
    size_t size;
};

static void *send_all(void *argument)
{
    struct transfer *transfer = argument;

    put(transfer->fd, transfer->bytes, transfer->size);
    return NULL;
}

static void a_large_message_arrives_whole_and_the_buffer_shrinks_again(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vg_input *in = vg_connection_input(c);
    struct transfer transfer = {.fd = peer, .size = 20 << 20};
    pthread_t thread;
    uint64_t before;

    (void)state;
    transfer.bytes = malloc(transfer.size);
    assert_non_null(transfer.bytes);
    for (size_t i = 0; i < transfer.size; i++)
        transfer.bytes[i] = (uint8_t)(i * 7 + (i >> 13));
    assert_int_equal(pthread_create(&thread, NULL, send_all, &transfer), 0);
    assert_int_equal(vg_input_need(in, 24, NULL), VGI_OK);
    assert_memory_equal(in->data, transfer.bytes, 24);
    vg_input_skip(in, 24);
    assert_int_equal(vg_input_need(in, transfer.size - 24, NULL), VGI_OK);
    assert_int_equal((uintptr_t)in->data % 8, 0);
    assert_memory_equal(in->data, transfer.bytes + 24, transfer.size - 24);
    vg_input_skip(in, transfer.size - 24);
    pthread_join(thread, NULL);
    before = vg_alloc_count();
    for (int i = 0; i < 200; i++) {
        put(peer, "12345678", 8);
        assert_int_equal(vg_input_need(in, 8, NULL), VGI_OK);
        vg_input_skip(in, 8);
    }
    assert_int_equal(vg_alloc_count(), before + 1);
    free(transfer.bytes);
    close(peer);
    vg_connection_free(c);
}

static void bytes_one_at_a_time_make_messages(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vg_input *in = vg_connection_input(c);
    struct transfer transfer = {.fd = peer, .bytes = (uint8_t[16]){0}, .size = 1};
    uint64_t before = vg_alloc_count();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        transfer.bytes[0] = (uint8_t)i;
        put(peer, transfer.bytes, 1);
        if (i % 16 == 0)
            assert_int_equal(vg_input_need(in, 1, NULL), VGI_OK);
        if (i % 16 != 15)
            continue;
        assert_int_equal(vg_input_need(in, 16, NULL), VGI_OK);
        assert_int_equal((uintptr_t)in->data % 8, 0);
        for (int j = 0; j < 16; j++)
            assert_int_equal(in->data[j], (uint8_t)(i - 15 + j));
        vg_input_skip(in, 16);
    }
    assert_int_equal(vg_alloc_count(), before);
    close(peer);
    vg_connection_free(c);
}

struct sink {
    int fd;
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

static void *receive_all(void *argument)
{
    struct sink *sink = argument;
    ssize_t n;

    while ((n = read(sink->fd, sink->bytes + sink->size, sink->capacity - sink->size)) > 0)
        sink->size += (size_t)n;
    return NULL;
}

static void many_parts_leave_in_order(void **state)
{
    enum { PARTS = 3000, EACH = 1001 };
    int fds[2], unused[2];
    vg_connection *c;
    struct sink sink = {.capacity = (size_t)PARTS * EACH + 1};
    struct iovec *parts = calloc(PARTS, sizeof *parts);
    uint8_t *bytes = malloc((size_t)PARTS * EACH);
    pthread_t thread;

    (void)state;
    assert_non_null(parts);
    assert_non_null(bytes);
    for (size_t i = 0; i < (size_t)PARTS * EACH; i++)
        bytes[i] = (uint8_t)(i * 31 + (i >> 11));
    for (size_t i = 0; i < PARTS; i++)
        parts[i] = (struct iovec){bytes + i * EACH, i % 10 == 3 ? 0 : EACH};
    for (size_t i = 3; i < PARTS; i += 10)
        parts[i + 1] = (struct iovec){bytes + i * EACH, 2 * EACH};
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pipe(unused), 0);
    assert_int_equal(vg_connection_new(unused[0], fds[1], &c, NULL), VGI_OK);
    sink.fd = fds[0];
    sink.bytes = malloc(sink.capacity);
    assert_non_null(sink.bytes);
    assert_int_equal(pthread_create(&thread, NULL, receive_all, &sink), 0);
    assert_int_equal(vg_connection_output(c)->write(vg_connection_output(c), parts, PARTS, NULL), VGI_OK);
    vg_connection_free(c);
    pthread_join(thread, NULL);
    assert_int_equal(sink.size, (size_t)PARTS * EACH);
    assert_memory_equal(sink.bytes, bytes, sink.size);
    free(sink.bytes);
    free(bytes);
    free(parts);
    close(fds[0]);
    close(unused[1]);
}

static void a_peer_that_went_away_is_an_io_error(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    struct iovec part = {"x", 1};
    vgi_error err = {0};

    (void)state;
    close(peer);
    assert_int_equal(vg_connection_output(c)->write(vg_connection_output(c), &part, 1, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "writing to the peer"));
    vg_connection_free(c);
}

static void *shut_down_soon(void *connection)
{
    usleep(20000);
    vg_connection_shutdown(connection);
    return NULL;
}

static void shutdown_wakes_a_blocked_read(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, shut_down_soon, c), 0);
    assert_int_equal(vg_input_need(vg_connection_input(c), 1, NULL), VGI_END);
    pthread_join(thread, NULL);
    close(peer);
    vg_connection_free(c);
}

/* Waiting would notice that the time is over; a peer that floods must not keep it from that. */
static void a_peer_that_never_stops_is_late_too(void **state)
{
    int peer;
    vg_connection *c = connect_pair(&peer);
    vgi_error err = {0};
    char bytes[64] = {0};

    (void)state;
    vg_connection_guard(c);
    put(peer, bytes, sizeof bytes);
    vg_connection_deadline(c, vg_monotonic_ms() + 60000);
    assert_int_equal(vg_input_need(vg_connection_input(c), 64, &err), VGI_OK);
    put(peer, bytes, sizeof bytes);
    vg_connection_deadline(c, vg_monotonic_ms() - 1);
    assert_int_equal(vg_input_need(vg_connection_input(c), 128, &err), VGI_ERR_IO);
    assert_string_equal(err.exception, "TimeoutError");
    close(peer);
    vg_connection_free(c);
}

static void pipes_are_widened(void **state)
{
    int in[2], out[2];
    vg_connection *c;

    (void)state;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(vg_connection_new(in[0], out[1], &c, NULL), VGI_OK);
    assert_int_equal(fcntl(out[0], F_GETPIPE_SZ), 1 << 20);
    assert_int_equal(fcntl(in[1], F_GETPIPE_SZ), 1 << 20);
    vg_connection_free(c);
    assert_int_equal(read(out[0], in, 1), 0);
    close(in[1]);
    close(out[0]);
}

/* A client's connection over two pipes, and the peer's ends of them. */
static vg_connection *connect_client(int *peer_read, int *peer_write)
{
    int in[2], out[2];
    vg_connection *c;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(vg_connection_new(in[0], out[1], &c, NULL), VGI_OK);
    vg_connection_guard(c);
    *peer_read = out[0];
    *peer_write = in[1];
    return c;
}

static vgi_status write_bytes(vg_connection *c, size_t size, vgi_error *err)
{
    void *bytes = calloc(1, size);
    struct iovec part = {bytes, size};
    vgi_status status;

    assert_non_null(bytes);
    status = vg_connection_output(c)->write(vg_connection_output(c), &part, 1, err);
    free(bytes);
    return status;
}

static void a_deadline_ends_reads_and_writes_of_a_client(void **state)
{
    enum { MORE_THAN_A_PIPE = 2 << 20 };
    int peer_read, peer_write;
    vg_connection *c = connect_client(&peer_read, &peer_write);
    vgi_error err = {0};

    (void)state;
    vg_connection_deadline(c, vg_monotonic_ms());
    assert_int_equal(vg_input_need(vg_connection_input(c), 1, &err), VGI_ERR_IO);
    assert_string_equal(err.exception, "TimeoutError");
    vgi_error_clear(&err);
    assert_int_equal(write_bytes(c, MORE_THAN_A_PIPE, &err), VGI_ERR_IO);
    assert_string_equal(err.exception, "TimeoutError");
    close(peer_read);
    close(peer_write);
    vg_connection_free(c);
}

static void *answer_soon(void *write_fd)
{
    usleep(20000);
    put(*(int *)write_fd, "x", 1);
    return NULL;
}

static int is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* A read that finds nothing, a poll and a read are three system calls: without a deadline it is one. */
static void a_client_without_a_deadline_blocks(void **state)
{
    int fds[2];
    vg_connection *c;
    pthread_t thread;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(vg_connection_new(fds[0], fds[0], &c, NULL), VGI_OK);
    vg_connection_guard(c);
    assert_false(is_nonblocking(fds[0]));
    vg_connection_deadline(c, INT64_MAX);
    assert_true(is_nonblocking(fds[0]));
    vg_connection_deadline(c, -1);
    assert_false(is_nonblocking(fds[0]));
    assert_int_equal(pthread_create(&thread, NULL, answer_soon, &fds[1]), 0);
    assert_int_equal(vg_input_need(vg_connection_input(c), 1, NULL), VGI_OK);
    pthread_join(thread, NULL);
    close(fds[1]);
    vg_connection_free(c);
}

static int sigpipe_is_pending(void)
{
    sigset_t pending;

    assert_int_equal(sigpending(&pending), 0);
    return sigismember(&pending, SIGPIPE);
}

/* The signal would end this program. */
static void a_peer_that_left_a_client_raises_no_signal(void **state)
{
    int peer, peer_read, peer_write;
    vg_connection *over_socket = connect_pair(&peer), *over_pipe = connect_client(&peer_read, &peer_write);
    sigset_t pipe_only, before;

    (void)state;
    vg_connection_guard(over_socket);
    close(peer);
    close(peer_read);
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(write_bytes(over_socket, 1, NULL), VGI_ERR_IO);
    assert_int_equal(write_bytes(over_pipe, 1, NULL), VGI_ERR_IO);

    /* Held back by the program: what a write raises is taken, what was there before stays. */
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    assert_int_equal(write_bytes(over_pipe, 1, NULL), VGI_ERR_IO);
    assert_false(sigpipe_is_pending());
    raise(SIGPIPE);
    assert_int_equal(write_bytes(over_pipe, 1, NULL), VGI_ERR_IO);
    assert_true(sigpipe_is_pending());
    signal(SIGPIPE, SIG_IGN); /* drops what is pending */
    assert_false(sigpipe_is_pending());
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(peer_write);
    vg_connection_free(over_socket);
    vg_connection_free(over_pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_read_takes_all_there_is),
        cmocka_unit_test(the_end_is_told_from_a_break),
        cmocka_unit_test(a_length_that_lies_costs_nothing),
        cmocka_unit_test(a_large_message_arrives_whole_and_the_buffer_shrinks_again),
        cmocka_unit_test(bytes_one_at_a_time_make_messages),
        cmocka_unit_test(many_parts_leave_in_order),
        cmocka_unit_test(a_peer_that_went_away_is_an_io_error),
        cmocka_unit_test(shutdown_wakes_a_blocked_read),
        cmocka_unit_test(a_peer_that_never_stops_is_late_too),
        cmocka_unit_test(pipes_are_widened),
        cmocka_unit_test(a_deadline_ends_reads_and_writes_of_a_client),
        cmocka_unit_test(a_client_without_a_deadline_blocks),
        cmocka_unit_test(a_peer_that_left_a_client_raises_no_signal),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
