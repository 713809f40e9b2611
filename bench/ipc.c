/* What reading and writing Arrow IPC costs without a kernel in between: one batch in memory, decoded and encoded again
 * and again, and as many bytes copied. bench/ipc.py runs it. The layer has no public API, so this program alone looks
 * inside.
 *
 *   vgi-bench-ipc STREAM [COPY]     STREAM: a file, an Arrow stream of one batch; COPY: where to write it encoded anew
 *
 * Reads commands from stdin, one a line: `decode N`, `encode N` (into one buffer, copied as writev would), `parts N`
 * (encoded, but for that copy) or `copy N`, how often. Answers with the seconds that it took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

typedef struct bench {
    vg_output output; /* first: what the writer is given */
    vg_buf stream;
    vg_buf encoded;
    bool copies;
    vg_arena arena; /* of the batch */
    vg_arena turn;
    const vgi_batch *batch;
    vg_writer *writer;
} bench;

static void give_up(const char *what)
{
    fprintf(stderr, "vgi-bench-ipc: %s\n", what);
    exit(1);
}

static void check(vgi_status status, const vgi_error *err)
{
    if (status != VGI_OK)
        give_up(err->message);
}

static vgi_status to_memory(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    bench *b = (bench *)output;

    (void)err;
    b->encoded.size = 0;
    for (int i = 0; i < count && b->copies; i++)
        if (!vg_buf_append(&b->encoded, parts[i].iov_base, parts[i].iov_len))
            give_up("no memory");
    return VGI_OK;
}

static void read_file(const char *path, vg_buf *to)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file)
        give_up("the stream cannot be opened");
    do {
        if (!vg_buf_reserve(to, 1 << 20))
            give_up("no memory");
        got = fread(to->data + to->size, 1, 1 << 20, file);
        to->size += got;
    } while (got > 0);
    if (ferror(file))
        give_up("the stream cannot be read");
    fclose(file);
}

static void decode(bench *b, vg_arena *arena, const vgi_batch **ret)
{
    vgi_error err = {0};

    check(vg_batch_decode(arena, (vgi_bytes){b->stream.data, b->stream.size}, &VG_DEFAULT_LIMITS, ret, &err), &err);
}

static void decode_once(bench *b)
{
    const vgi_batch *batch;

    decode(b, &b->turn, &batch);
    vg_arena_reset(&b->turn);
}

static void encode_once(bench *b)
{
    vgi_error err = {0};

    check(vg_writer_open(b->writer, b->batch->schema, &err), &err);
    check(vg_writer_batch(b->writer, b->batch, &err), &err);
    check(vg_writer_close(b->writer, &err), &err);
    check(vg_writer_flush(b->writer, &err), &err);
}

static void encode_copied(bench *b)
{
    b->copies = true;
    encode_once(b);
}

static void encode_parts(bench *b)
{
    b->copies = false;
    encode_once(b);
}

/* As many bytes as encode_copied moves, through the same buffer. */
static void copy_once(bench *b)
{
    b->encoded.size = 0;
    if (!vg_buf_append(&b->encoded, b->stream.data, b->stream.size))
        give_up("no memory");
}

static const struct {
    const char *name;
    void (*once)(bench *b);
} COMMANDS[] = {{"decode", decode_once}, {"encode", encode_copied}, {"parts", encode_parts}, {"copy", copy_once}};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(bench *b, const char *name, uint64_t turns)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        double begin;

        if (strcmp(COMMANDS[i].name, name) != 0)
            continue;
        begin = now();
        for (uint64_t turn = 0; turn < turns; turn++)
            COMMANDS[i].once(b);
        printf("%.9f\n", now() - begin);
        fflush(stdout);
        return;
    }
    give_up("commands are decode, encode, parts and copy");
}

static void write_copy(bench *b, const char *path)
{
    FILE *file = fopen(path, "wb");

    encode_copied(b);
    if (!file || fwrite(b->encoded.data, 1, b->encoded.size, file) != b->encoded.size || fclose(file) != 0)
        give_up("the copy cannot be written");
}

int main(int argc, char **argv)
{
    bench b = {.output = {to_memory}};
    vgi_error err = {0};
    char name[16];
    uint64_t turns;

    if (argc < 2 || argc > 3)
        return fprintf(stderr, "usage: vgi-bench-ipc STREAM [COPY]\n"), 2;
    read_file(argv[1], &b.stream);
    decode(&b, &b.arena, &b.batch);
    check(vg_writer_new(&b.output, &b.writer, &err), &err);
    if (argc == 3)
        write_copy(&b, argv[2]);
    while (scanf("%15s %" SCNu64, name, &turns) == 2)
        run(&b, name, turns);
    vg_writer_free(b.writer);
    vg_arena_done(&b.turn);
    vg_arena_done(&b.arena);
    vg_buf_done(&b.encoded);
    vg_buf_done(&b.stream);
    return 0;
}
