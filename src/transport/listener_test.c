/* Unit tests of listener.c, unix.c and tcp.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "transport/listener.h"

/* A path for a socket in a new directory. */
static const char *new_path(char buffer[64])
{
    strcpy(buffer, "/tmp/vgi-listen-XXXXXX");
    assert_non_null(mkdtemp(buffer));
    strcat(buffer, "/s");
    return buffer;
}

static void remove_directory(char *path)
{
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0); /* which fails if a socket was left */
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void a_unix_listener_is_private_and_announces_itself(void **state)
{
    char path[64];
    vg_listener *listener;
    vg_connection *c;
    struct stat status;
    char expected[80];
    int fd;

    (void)state;
    assert_int_equal(vg_listen_unix(new_path(path), &listener, NULL), VGI_OK);
    snprintf(expected, sizeof expected, "UNIX:%s", path);
    assert_string_equal(vg_listener_announcement(listener), expected);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    fd = connect_unix(path);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_OK);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(vg_input_need(vg_connection_input(c), 5, NULL), VGI_OK);
    assert_memory_equal(vg_connection_input(c)->data, "hello", 5);
    vg_connection_free(c);
    close(fd);
    vg_listener_free(listener);
    remove_directory(path);
}

static void a_relative_path_is_announced_absolute_and_removed_after_chdir(void **state)
{
    char path[64], before[4096], expected[80];
    vg_listener *listener;

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    new_path(path);
    snprintf(expected, sizeof expected, "UNIX:%s", path);
    *strrchr(path, '/') = '\0';
    assert_int_equal(chdir(path), 0);
    assert_int_equal(vg_listen_unix("s", &listener, NULL), VGI_OK);
    assert_string_equal(vg_listener_announcement(listener), expected);
    assert_int_equal(chdir(before), 0);
    vg_listener_free(listener);
    assert_int_equal(rmdir(path), 0);
}

static void a_live_socket_is_refused_and_a_stale_one_replaced(void **state)
{
    char path[64];
    vg_listener *first, *second;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    vgi_error err = {0};
    int dead;

    (void)state;
    new_path(path);
    strcpy(address.sun_path, path);
    dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead); /* as after kill -9: the file stays */
    assert_int_equal(vg_listen_unix(path, &first, NULL), VGI_OK);
    assert_int_equal(vg_listen_unix(path, &second, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "another process is already listening"));
    assert_null(second);
    vg_listener_free(first);
    remove_directory(path);
}

static void a_file_that_is_no_socket_is_refused(void **state)
{
    char path[64];
    vg_listener *listener;
    vgi_error err = {0};
    FILE *file;

    (void)state;
    file = fopen(new_path(path), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(vg_listen_unix(path, &listener, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "is not a socket"));
    assert_int_equal(unlink(path), 0);
    remove_directory(path);
}

static void a_socket_that_is_not_ours_any_more_is_left(void **state)
{
    char path[64];
    vg_listener *listener;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int other = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(vg_listen_unix(new_path(path), &listener, NULL), VGI_OK);
    strcpy(address.sun_path, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bind(other, (struct sockaddr *)&address, sizeof address), 0);
    vg_listener_free(listener);
    assert_int_equal(unlink(path), 0); /* still there */
    close(other);
    remove_directory(path);
}

static void paths_that_do_not_fit_are_refused(void **state)
{
    vg_listener *listener;
    char path[200];
    vgi_error err = {0};

    (void)state;
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[108] = '\0';
    assert_int_equal(vg_listen_unix(path, &listener, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "at most 107 bytes"));
    assert_int_equal(vg_listen_unix("", &listener, NULL), VGI_ERR_VALUE);
}

static void tcp_chooses_a_port_and_sends_at_once(void **state)
{
    vg_listener *listener;
    vg_connection *c;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int port = 0;

    (void)state;
    assert_int_equal(vg_listen_tcp("0", &listener, NULL), VGI_OK);
    assert_int_equal(sscanf(vg_listener_announcement(listener), "TCP:127.0.0.1:%d", &port), 1);
    assert_true(port > 0);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_OK);
    vg_connection_free(c);
    close(fd);
    vg_listener_free(listener);
}

static void tcp_addresses_that_are_none_are_refused(void **state)
{
    static const char *const BAD[] = {"", ":", "x", "host:", "127.0.0.1:x", ":80", "[]:80", "1:65536", "99999", "1:-1"};
    vg_listener *listener;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(vg_listen_tcp(BAD[i], &listener, NULL), VGI_ERR_VALUE);
}

static void *stop_soon(void *listener)
{
    usleep(20000);
    vg_listener_stop(listener);
    return NULL;
}

static void accept_ends_at_its_deadline_and_when_stopped(void **state)
{
    vg_listener *listener;
    vg_connection *c;
    pthread_t thread;
    int64_t start = now_ms();

    (void)state;
    assert_int_equal(vg_listen_tcp("127.0.0.1:0", &listener, NULL), VGI_OK);
    assert_int_equal(vg_listener_accept(listener, start + 30, &c, NULL), VGI_END);
    assert_true(now_ms() >= start + 29);
    assert_int_equal(vg_listener_accept(listener, start, &c, NULL), VGI_END);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, listener), 0);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_END);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_END);
    pthread_join(thread, NULL);
    vg_listener_free(listener);
}

static void *wake_soon(void *listener)
{
    usleep(20000);
    vg_listener_wake(listener);
    return NULL;
}

static void a_wake_ends_one_sleep_and_no_more(void **state)
{
    vg_listener *listener;
    vg_connection *c;
    pthread_t thread;

    (void)state;
    assert_int_equal(vg_listen_tcp("0", &listener, NULL), VGI_OK);
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, listener), 0);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_OK);
    assert_null(c);
    pthread_join(thread, NULL);
    assert_int_equal(vg_listener_accept(listener, vg_monotonic_ms(), &c, NULL), VGI_END);
    vg_listener_wake(listener);
    vg_listener_wake(listener);
    assert_int_equal(vg_listener_wait(listener, -1, NULL), VGI_OK);
    assert_int_equal(vg_listener_wait(listener, vg_monotonic_ms(), NULL), VGI_END);
    vg_listener_stop(listener);
    assert_int_equal(vg_listener_wait(listener, -1, NULL), VGI_END);
    vg_listener_free(listener);
}

static void a_closed_listener_refuses_and_leaves_no_file(void **state)
{
    char path[64];
    vg_listener *listener;

    (void)state;
    assert_int_equal(vg_listen_unix(new_path(path), &listener, NULL), VGI_OK);
    vg_listener_close(listener);
    assert_int_equal(connect_unix(path), -1);
    remove_directory(path);
    vg_listener_free(listener);
}

/* Linux takes one more than it is told into the queue of a unix socket. */
static void the_backlog_is_bounded(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fds[VG_BACKLOG + 2];
    char path[64];
    vg_listener *listener;

    (void)state;
    assert_int_equal(vg_listen_unix(new_path(path), &listener, NULL), VGI_OK);
    strcpy(address.sun_path, path);
    for (int i = 0; i < VG_BACKLOG + 2; i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, sizeof address), i > VG_BACKLOG ? -1 : 0);
    }
    assert_int_equal(errno, EAGAIN);
    for (int i = 0; i < VG_BACKLOG + 2; i++)
        close(fds[i]);
    vg_listener_free(listener);
    remove_directory(path);
}

static void *give_descriptors_back(void *limit)
{
    usleep(100000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, limit), 0);
    return NULL;
}

static void running_out_of_descriptors_is_waited_out(void **state)
{
    char path[64];
    vg_listener *listener;
    vg_connection *c;
    struct rlimit before, tight;
    pthread_t thread;
    int fd;

    (void)state;
    assert_int_equal(vg_listen_unix(new_path(path), &listener, NULL), VGI_OK);
    fd = connect_unix(path);
    assert_true(fd >= 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    assert_int_equal(pthread_create(&thread, NULL, give_descriptors_back, &before), 0);
    tight.rlim_cur = 3; /* as many as poll is given: it is refused beyond the limit */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    assert_int_equal(vg_listener_accept(listener, -1, &c, NULL), VGI_OK);
    pthread_join(thread, NULL);
    vg_connection_free(c);
    close(fd);
    vg_listener_free(listener);
    remove_directory(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unix_listener_is_private_and_announces_itself),
        cmocka_unit_test(a_relative_path_is_announced_absolute_and_removed_after_chdir),
        cmocka_unit_test(a_live_socket_is_refused_and_a_stale_one_replaced),
        cmocka_unit_test(a_file_that_is_no_socket_is_refused),
        cmocka_unit_test(a_socket_that_is_not_ours_any_more_is_left),
        cmocka_unit_test(paths_that_do_not_fit_are_refused),
        cmocka_unit_test(tcp_chooses_a_port_and_sends_at_once),
        cmocka_unit_test(tcp_addresses_that_are_none_are_refused),
        cmocka_unit_test(accept_ends_at_its_deadline_and_when_stopped),
        cmocka_unit_test(a_wake_ends_one_sleep_and_no_more),
        cmocka_unit_test(a_closed_listener_refuses_and_leaves_no_file),
        cmocka_unit_test(the_backlog_is_bounded),
        cmocka_unit_test(running_out_of_descriptors_is_waited_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
