/* The end of a child's stderr: see tail.h. */
#include "transport/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/listener.h"

struct vg_tail {
    int fd;      /* the pipe's end for reading, non-blocking */
    int stop[2]; /* closing stop[1] ends the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, and of reading */
    size_t at;            /* where the next byte goes */
    size_t kept;
    bool has_ended;
    char ring[VG_TAIL_BYTES];
};

/* Reads what there is. One look takes a bounded number of reads: a child that writes without end must not hold a caller
 * for ever. */
static void empty(vg_tail *tail)
{
    enum { MOST = 64 };

    for (int i = 0; i < MOST && !tail->has_ended; i++) {
        ssize_t got = read(tail->fd, tail->ring + tail->at, sizeof tail->ring - tail->at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            tail->has_ended = true;
            break;
        }
        tail->at = (tail->at + (size_t)got) % sizeof tail->ring;
        tail->kept = tail->kept + (size_t)got < sizeof tail->ring ? tail->kept + (size_t)got : sizeof tail->ring;
    }
}

static void *run(void *user)
{
    vg_tail *tail = user;
    bool has_ended = false;

    while (!has_ended) {
        struct pollfd fds[] = {{.fd = tail->fd, .events = POLLIN}, {.fd = tail->stop[0], .events = POLLIN}};

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents)
            break;
        pthread_mutex_lock(&tail->lock);
        empty(tail);
        has_ended = tail->has_ended;
        pthread_mutex_unlock(&tail->lock);
    }
    return NULL;
}

/* The program's signals are for its own threads. */
static int start(vg_tail *tail)
{
    sigset_t all, old;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    code = pthread_create(&tail->thread, NULL, run, tail);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return code;
}

vgi_status vg_tail_new(vg_tail **ret, int *ret_write_fd, vgi_error *err)
{
    vg_tail *tail = vg_malloc(sizeof *tail);
    int fds[2] = {-1, -1}, code = 0;

    if (!tail)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a worker's stderr");
    memset(tail, 0, sizeof *tail);
    tail->stop[0] = tail->stop[1] = -1;
    pthread_mutex_init(&tail->lock, NULL);
    if (pipe2(fds, O_CLOEXEC) != 0 || pipe2(tail->stop, O_CLOEXEC) != 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
        code = errno;
    tail->fd = fds[0];
    if (code == 0)
        code = start(tail);
    if (code == 0) {
        *ret = tail;
        *ret_write_fd = fds[1];
        return VGI_OK;
    }
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        if (tail->stop[i] >= 0)
            close(tail->stop[i]);
    }
    pthread_mutex_destroy(&tail->lock);
    vg_free(tail);
    return vg_listener_error(err, "taking a worker's stderr", code);
}

size_t vg_tail_text(vg_tail *tail, char *text, size_t size)
{
    size_t count;

    if (size == 0)
        return 0;
    pthread_mutex_lock(&tail->lock);
    empty(tail);
    count = tail->kept < size - 1 ? tail->kept : size - 1;
    for (size_t i = 0; i < count; i++)
        text[i] = tail->ring[(tail->at + sizeof tail->ring - count + i) % sizeof tail->ring];
    pthread_mutex_unlock(&tail->lock);
    text[count] = '\0';
    return count;
}

void vg_tail_free(vg_tail *tail)
{
    if (!tail)
        return;
    close(tail->stop[1]);
    pthread_join(tail->thread, NULL);
    close(tail->stop[0]);
    close(tail->fd);
    pthread_mutex_destroy(&tail->lock);
    vg_free(tail);
}
