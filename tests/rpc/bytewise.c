/* The system calls of a connection, one byte at a time: linked with --wrap in place of the real ones, so that every
 * read and write of the program is as short as it can be, and now and then is interrupted first. */
#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);

enum { INTERRUPTED = 1000 };

/* Pipes and sockets; others (an eventfd) know no single bytes. */
static int is_stream(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/* True once in a while. */
static int is_interrupted(void)
{
    static atomic_uint calls;

    if (atomic_fetch_add(&calls, 1) % INTERRUPTED != INTERRUPTED - 1)
        return 0;
    errno = EINTR;
    return 1;
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
    if (!is_stream(fd))
        return __real_read(fd, to, size);
    return is_interrupted() ? -1 : __real_read(fd, to, size > 0);
}

ssize_t __wrap_write(int fd, const void *from, size_t size)
{
    if (!is_stream(fd))
        return __real_write(fd, from, size);
    return is_interrupted() ? -1 : __real_write(fd, from, size > 0);
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0)
            return __wrap_write(fd, parts[i].iov_base, parts[i].iov_len);
    return 0;
}
