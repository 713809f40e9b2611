/* A whole session in memory for fuzz targets: bytes in, the test service (tests/rpc), bytes out. Files without a name
 * stand for the pipes, so that nothing blocks and no thread is needed. Whatever comes in, what goes out must be whole
 * streams. */
#ifndef VG_FUZZ_SESSION_H
#define VG_FUZZ_SESSION_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipc/reader.h"
#include "service.h"

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
static inline bool is_bounded(const vg_method *method)
{
    static const char *const UNBOUNDED[] = {"exchange_oversized", "oversized_unary", "produce_annotated_batches",
                                            "produce_large_batches", "produce_oversized_batch"};

    for (size_t i = 0; i < COUNT_OF(UNBOUNDED); i++)
        if (strcmp(method->name, UNBOUNDED[i]) == 0)
            return false;
    return true;
}

static inline vg_server *fuzz_server(void)
{
    static vg_method methods[128];
    static vg_binding bindings[2];
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
    return server;
}

static inline int fuzz_file(const void *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || (size > 0 && write(fd, bytes, size) != (ssize_t)size) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

/* Reads streams until the end of the bytes; anything else aborts. */
static inline void check_replies(const uint8_t *bytes, size_t size)
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

static inline void fuzz_session(const void *bytes, size_t size)
{
    int in = fuzz_file(bytes, size), out = fuzz_file("", 0), kept = dup(out);
    vg_connection *connection;
    uint8_t *replies;
    off_t n;

    if (kept < 0 || vg_connection_new(in, out, &connection, NULL) != VGI_OK)
        abort();
    (void)vg_server_serve(fuzz_server(), connection, NULL);
    vg_connection_free(connection);
    if (test_probe_get(PROBE_OPEN) != 0)
        abort(); /* a stream was not closed */
    n = lseek(kept, 0, SEEK_END);
    replies = malloc(n > 0 ? (size_t)n : 1);
    if (n < 0 || !replies || pread(kept, replies, (size_t)n, 0) != n)
        abort();
    check_replies(replies, (size_t)n);
    free(replies);
    close(kept);
}

#endif
