/* See session.h. */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ipc/reader.h"
#include "observe/access_log.h"
#include "service.h"

torture session_torture = {.fail_after = -1, .cut_at = -1, .reply_limit = -1};

/* Small enough that one input cannot take long. */
static const vg_limits FUZZ_LIMITS = {
    .max_metadata_bytes = 1 << 20,
    .max_body_bytes = 1 << 24,
    .max_decompressed_bytes = 1 << 22,
    .max_rows = 1 << 16,
    .max_depth = 64,
    .max_fields = 4096,
    .max_dictionaries = 64,
    .max_dictionary_bytes = 1 << 22,
    .max_shm_bytes = 1 << 22,
};

/* Methods whose answer is as large as a parameter says are left out. */
static bool is_bounded(const vg_method *method)
{
    static const char *const UNBOUNDED[] = {"exchange_oversized", "oversized_unary", "produce_annotated_batches",
                                            "produce_large_batches", "produce_oversized_batch"};

    for (size_t i = 0; i < COUNT_OF(UNBOUNDED); i++)
        if (strcmp(method->name, UNBOUNDED[i]) == 0)
            return false;
    return true;
}

static vg_server *fuzz_server(void)
{
    static vg_method methods[128];
    static vg_binding bindings[2];
    static vg_access_log *access_log;
    static vg_server *server;
    const vg_binding *all;
    size_t n;

    if (server)
        return server;
    all = test_service_bindings(&n);
    memcpy(bindings, all, sizeof bindings);
    bindings[0].n_methods = 0;
    bindings[0].methods = methods;
    for (size_t i = 0; i < all->n_methods; i++)
        if (is_bounded(&all->methods[i]))
            methods[bindings[0].n_methods++] = all->methods[i];
    if (n != COUNT_OF(bindings) || vg_server_new(bindings, n, &FUZZ_LIMITS, &server, NULL) != VGI_OK)
        abort();
    if (vg_access_log_open("/dev/null", vg_server_id(server), &access_log, NULL) != VGI_OK)
        abort();
    vg_server_observe(server, vg_access_log_observer(access_log)); /* its records are made of what peers send, too */
    return server;
}

static int fuzz_file(const void *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || (size > 0 && write(fd, bytes, size) != (ssize_t)size) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

/* Reads streams until the end of the bytes; anything else aborts. */
static void check_replies(const uint8_t *bytes, size_t size)
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

/* The connection of a client that stays, and reads a part of the answers or all of them. */
static vg_connection *connect_files(const void *bytes, size_t size, int *ret_out)
{
    int in = fuzz_file(bytes, size), out = fuzz_file("", 0);
    vg_connection *connection;

    *ret_out = dup(out);
    if (*ret_out < 0 || vg_connection_new(in, out, &connection, NULL) != VGI_OK)
        abort();
    return connection;
}

/* That of one who is gone before anything is served: what it sent is there, and writing fails. */
static vg_connection *connect_killed(const void *bytes, size_t size)
{
    vg_connection *connection;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || send(ends[1], bytes, size, MSG_NOSIGNAL) != (ssize_t)size ||
        vg_connection_new(ends[0], ends[0], &connection, NULL) != VGI_OK)
        abort();
    close(ends[1]);
    return connection;
}

static void limit_replies(int64_t bytes)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
    limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
}

static void serve(vg_connection *connection)
{
    torture *t = &session_torture;
    uint64_t before = vg_alloc_count();

    limit_replies(t->reply_limit);
    vg_alloc_fail_after(t->fail_after);
    (void)vg_server_serve(fuzz_server(), connection, NULL);
    vg_alloc_fail_after(-1);
    limit_replies(-1);
    t->allocations = (int64_t)(vg_alloc_count() - before);
    if (test_probe_get(PROBE_OPEN) != 0)
        abort(); /* a stream was not closed */
    vg_connection_free(connection);
}

/* Looks at what was answered. */
static void read_replies(int out)
{
    off_t n = lseek(out, 0, SEEK_END);
    uint8_t *replies = malloc(n > 0 ? (size_t)n : 1);

    if (n < 0 || !replies || pread(out, replies, (size_t)n, 0) != n)
        abort();
    session_torture.reply_bytes = n;
    if (session_torture.reply_limit < 0)
        check_replies(replies, (size_t)n);
    free(replies);
    close(out);
}

void fuzz_session(const void *bytes, size_t size)
{
    int out;

    session_torture.request_bytes = (int64_t)size;
    if (session_torture.cut_at >= 0 && (uint64_t)session_torture.cut_at < size)
        size = (size_t)session_torture.cut_at;
    if (session_torture.is_killed) {
        serve(connect_killed(bytes, size));
        return;
    }
    serve(connect_files(bytes, size, &out));
    read_replies(out);
}
