/* Streams for the unit tests of the decoder: written by the writer where they are good, put together from parts where
 * they are hostile. Only included by *_test.c files of this folder. */
#ifndef VG_IPC_SAMPLE_H
#define VG_IPC_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "ipc/encode.h"
#include "ipc/format.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

#define SAMPLE_FIELD(symbol, text, ...)                                                                                \
    static const vgi_field symbol = {.name = VGI_STR(text), .nullable = true, __VA_ARGS__}

/* Appends one encapsulated message: marker, length, metadata, body. */
static inline void sample_message(vg_buf *stream, vgi_bytes metadata, const void *body, size_t body_size)
{
    uint32_t prefix[2] = {VG_CONTINUATION, (uint32_t)metadata.size};

    assert_non_null(metadata.data);
    assert_true(vg_buf_append(stream, prefix, sizeof prefix));
    assert_true(vg_buf_append(stream, metadata.data, metadata.size));
    assert_true(vg_buf_append(stream, body, body_size));
}

static inline void sample_schema(vg_buf *stream, vg_encoder *encoder, const vgi_arrow_schema *schema)
{
    vgi_bytes metadata;

    assert_int_equal(vg_encode_schema(encoder, schema, &metadata, NULL), VGI_OK);
    sample_message(stream, metadata, "", 0);
}

static inline void sample_batch(vg_buf *stream, vg_encoder *encoder, const vg_batch_head *head, const void *body)
{
    vgi_bytes metadata;

    assert_int_equal(vg_encode_batch(encoder, head, (vgi_metadata){0}, &metadata, NULL), VGI_OK);
    sample_message(stream, metadata, body, (size_t)head->body_size);
}

static inline void sample_end(vg_buf *stream)
{
    static const uint32_t END[2] = {VG_CONTINUATION, 0};

    assert_true(vg_buf_append(stream, END, sizeof END));
}

/* The status of reading the first stream in `bytes` to its end (VGI_OK: nothing is wrong), and its sentence in
 * `err`. */
static inline vgi_status sample_read(const void *bytes, size_t size, const vg_limits *limits, vgi_error *err)
{
    vg_input input = vg_input_memory(bytes, size);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vg_reader *reader;
    vgi_status status;

    vgi_error_clear(err);
    assert_int_equal(vg_reader_new(&input, limits, &reader, err), VGI_OK);
    status = vg_reader_open(reader, &schema, err);
    while (status == VGI_OK)
        status = vg_reader_next(reader, &batch, err);
    vg_reader_free(reader);
    assert_true(status == VGI_END || err->status == status);
    return status == VGI_END ? VGI_OK : status;
}

#endif
