/* The fuzz target of the IPC decoder: any bytes, through the stream reader (aligned and not) and through the
 * decoders of things in memory, every value looked at. Built as a libFuzzer program by fuzz.py (clang), and with
 * replay.c as a plain test over the committed corpus. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "ipc/reader.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const vgi_batch *batch)
{
    for (int32_t i = 0; i < batch->n_columns; i++)
        if (!vg_array_equal(&batch->columns[i], &batch->columns[i]))
            abort();
    for (size_t i = 0; i < batch->metadata.count; i++)
        if (!vgi_string_equal(batch->metadata.items[i].value, batch->metadata.items[i].value))
            abort();
}

/* One stream after another until the input ends or its framing is lost; a failed stream is drained. */
static void read_streams(const uint8_t *data, size_t size)
{
    vg_input input = vg_input_memory(data, size);
    vgi_error err = {0};
    vg_reader *reader;

    if (vg_reader_new(&input, &FUZZ_LIMITS, &reader, &err) != VGI_OK)
        abort();
    while (!vg_reader_broken(reader) && input.size > 0) {
        const vgi_arrow_schema *schema;
        const vgi_batch *batch;
        vgi_status status = vg_reader_open(reader, &schema, &err);
        (void)vg_reader_ready(reader);
        (void)vg_reader_at_eos(reader);
        while (status == VGI_OK && (status = vg_reader_next(reader, &batch, &err)) == VGI_OK)
            look(batch);
        if (status != VGI_END && err.status == VGI_OK)
            abort(); /* a failure without a reason */
        vgi_error_clear(&err);
        if (!vg_reader_broken(reader) && vg_reader_drain(reader, &err) == VGI_OK)
            vgi_error_clear(&err);
    }
    vg_reader_free(reader);
}

static void decode(const uint8_t *data, size_t size)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_error err = {0};
    vg_arena arena = {0};

    if (vg_schema_decode(&arena, (vgi_bytes){data, size}, &FUZZ_LIMITS, &schema, &err) != VGI_OK &&
        err.status == VGI_OK)
        abort();
    vgi_error_clear(&err);
    if (vg_batch_decode(&arena, (vgi_bytes){data, size}, &FUZZ_LIMITS, &batch, &err) == VGI_OK)
        look(batch);
    else if (err.status == VGI_OK)
        abort();
    vg_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *shifted = vg_malloc(size + 1);

    if (!shifted)
        return 0;
    if (size > 0)
        memcpy(shifted + 1, data, size);
    read_streams(data, size);
    read_streams(shifted + 1, size);
    decode(data, size);
    vg_free(shifted);
    return 0;
}
