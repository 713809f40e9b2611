/* See connection.h. */
#include "connection.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ipc/reader.h"

torture session_torture = {.fail_after = -1, .cut_at = -1, .output_limit = -1};

static int hanging_end = -1; /* of the last peer that hangs */

static int fuzz_file(const void *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || (size > 0 && write(fd, bytes, size) != (ssize_t)size) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

/* A peer that stays, and takes a part of what it gets or all of it. */
static vg_connection *connect_files(const void *bytes, size_t size, int *ret_out)
{
    int in = fuzz_file(bytes, size), out = fuzz_file("", 0);
    vg_connection *connection;

    *ret_out = dup(out);
    if (*ret_out < 0 || vg_connection_new(in, out, &connection, NULL) != VGI_OK)
        abort();
    return connection;
}

/* One that is gone before anything is read: what it sent is there, and writing fails. Or one that stays and is
 * silent. */
static vg_connection *connect_socket(const void *bytes, size_t size)
{
    vg_connection *connection;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || send(ends[1], bytes, size, MSG_NOSIGNAL) != (ssize_t)size ||
        vg_connection_new(ends[0], ends[0], &connection, NULL) != VGI_OK)
        abort();
    if (session_torture.is_hanging)
        hanging_end = ends[1];
    else
        close(ends[1]);
    return connection;
}

vg_connection *fuzz_connect(const void *bytes, size_t size, int *ret_out)
{
    session_torture.input_bytes = (int64_t)size;
    if (session_torture.cut_at >= 0 && (uint64_t)session_torture.cut_at < size)
        size = (size_t)session_torture.cut_at;
    if (!session_torture.is_killed && !session_torture.is_hanging)
        return connect_files(bytes, size, ret_out);
    *ret_out = -1;
    return connect_socket(bytes, size);
}

static void limit_output(int64_t bytes)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
    limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
}

void fuzz_disturb(void (*work)(void *user), void *user)
{
    uint64_t before = vg_alloc_count();

    limit_output(session_torture.output_limit);
    vg_alloc_fail_after(session_torture.fail_after);
    work(user);
    vg_alloc_fail_after(-1);
    limit_output(-1);
    session_torture.allocations = (int64_t)(vg_alloc_count() - before);
    if (hanging_end >= 0)
        close(hanging_end);
    hanging_end = -1;
}

uint8_t *fuzz_output(int out, size_t *ret_size)
{
    off_t n = out < 0 ? 0 : lseek(out, 0, SEEK_END);
    uint8_t *output;

    *ret_size = (size_t)n;
    if (out < 0)
        return NULL;
    output = malloc(n > 0 ? (size_t)n : 1);
    if (n < 0 || !output || pread(out, output, (size_t)n, 0) != n)
        abort();
    session_torture.output_bytes = n;
    close(out);
    return output;
}

void fuzz_check_streams(const uint8_t *bytes, size_t size)
{
    vg_input input = vg_input_memory(bytes, size);
    vg_reader *reader;

    if (vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL) != VGI_OK)
        abort();
    while (input.size > 0) {
        const vgi_arrow_schema *schema;
        const vgi_batch *batch;
        vgi_error err = {0};
        vgi_status status = vg_reader_open(reader, &schema, &err);
        while (status == VGI_OK)
            status = vg_reader_next(reader, &batch, &err);
        /* The last stream ends early where the caller left in the middle of it. */
        if (status != VGI_END && (status != VGI_ERR_IO || input.size > 0))
            abort();
    }
    vg_reader_free(reader);
}
