/* Decodes records from stdin and encodes them again to stdout, for the Python tests beside it: many in one process.
 *
 *   request: uint32 name size, int32 minor, uint32 many (0 or 1), uint32 data size; name; data (an IPC stream)
 *   answer:  uint32 status, uint32 size; the stream, or `Exception: message` where status is not 0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "ipc/reader.h"
#include "protocol/codec.h"

typedef struct request {
    uint32_t name_size;
    int32_t minor;
    uint32_t many;
    uint32_t data_size;
} request;

typedef struct named_record {
    const char *name;
    const vg_record *record;
} named_record;

#define VG_UNARY_METHOD(name, params, request, response, result, since) {#params, &vg_##params##_record},
#define VG_STREAM_METHOD(name, params, request, header, since) {#params, &vg_##params##_record},
static const named_record PARAMS[] = {
#include "protocol/methods.def"
};

static const vg_record *find(const char *name)
{
    for (size_t i = 0; i < VGI_RECORD_COUNT; i++)
        if (strcmp(vg_records[i]->name, name) == 0)
            return vg_records[i];
    for (size_t i = 0; i < sizeof(PARAMS) / sizeof(PARAMS[0]); i++)
        if (strcmp(PARAMS[i].name, name) == 0)
            return PARAMS[i].record;
    return NULL;
}

static vgi_status recode(vg_arena *arena, const vg_record *record, const request *r, vgi_bytes data, vgi_bytes *ret,
                         vgi_error *err)
{
    const vgi_batch *batch;
    uint8_t *rows;
    size_t count;

    if (!r->many) {
        rows = vg_arena_alloc(arena, record->size);
        VGI_TRY(vg_record_decode(arena, data, NULL, record, rows, err));
        return vg_record_encode(arena, record, rows, r->minor, ret, err);
    }
    VGI_TRY(vg_batch_decode(arena, data, &VG_DEFAULT_LIMITS, &batch, err));
    count = (size_t)batch->rows;
    rows = vg_arena_array(arena, count, record->size);
    for (size_t i = 0; i < count; i++)
        VGI_TRY(vg_row_decode_at(arena, batch, (int64_t)i, record, rows + i * record->size, err));
    return vg_records_encode(arena, record, rows, count, r->minor, ret, err);
}

static void answer(uint32_t status, const void *data, size_t size)
{
    const uint32_t head[2] = {status, (uint32_t)size};

    fwrite(head, sizeof(head), 1, stdout);
    fwrite(data, 1, size, stdout);
    fflush(stdout);
}

/* `--time NAME ROUNDS`: microseconds to encode the record of stdin, schema included. */
static int measure(const char *name, int rounds)
{
    static uint8_t data[1 << 20];
    const vgi_bytes bytes = {data, fread(data, 1, sizeof(data), stdin)};
    const vg_record *record = find(name);
    struct timespec begin, end;
    vg_arena source = {0}, arena = {0};
    vgi_error err = {0};
    vgi_bytes encoded;
    void *row;

    if (!record)
        return 2;
    row = vg_arena_alloc(&source, record->size);
    if (vg_record_decode(&source, bytes, NULL, record, row, &err) != VGI_OK)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < rounds; i++) {
        if (vg_record_encode(&arena, record, row, 0, &encoded, &err) != VGI_OK)
            return 1;
        vg_arena_reset(&arena);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.2f us a record\n",
           ((double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3) / rounds);
    vg_arena_done(&source);
    vg_arena_done(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    vg_arena arena = {0};
    char name[128];
    request r;

    if (argc == 4 && strcmp(argv[1], "--time") == 0)
        return measure(argv[2], atoi(argv[3]));
    while (fread(&r, sizeof(r), 1, stdin) == 1) {
        uint8_t *data = vg_malloc(r.data_size); /* by itself, so that a read behind its end is seen */
        const vg_record *record;
        vgi_error err = {0};
        vgi_bytes encoded = {0};
        vgi_status status;

        if (!data || r.name_size >= sizeof(name) || fread(name, 1, r.name_size, stdin) != r.name_size ||
            fread(data, 1, r.data_size, stdin) != r.data_size)
            return 2;
        name[r.name_size] = '\0';
        record = find(name);
        if (!record)
            return 2;
        status = recode(&arena, record, &r, (vgi_bytes){data, r.data_size}, &encoded, &err);
        if (status == VGI_OK) {
            answer(0, encoded.data, encoded.size);
        } else {
            char text[1200];
            int size = snprintf(text, sizeof(text), "%s: %s", vgi_status_exception(status), err.message);

            answer((uint32_t)status, text, (size_t)size);
        }
        vg_free(data);
        vg_arena_reset(&arena);
    }
    vg_arena_done(&arena);
    return 0;
}
