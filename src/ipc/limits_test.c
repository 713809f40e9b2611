/* Unit tests of limits.c: every limit holds at its value and fails one past it. The stream is the same; the limit
 * moves. */
#include "ipc/sample.h"

#include <zstd.h>

#include "ipc/flatbuild.h"
#include "ipc/message.h"
#include "ipc/reader.h"

SAMPLE_FIELD(N, "n", .type = VGI_TYPE_INT64);
static const vgi_field *const N_ONLY[] = {&N};
SAMPLE_FIELD(LIST, "list", .type = VGI_TYPE_LIST, .n_children = 1, .children = N_ONLY);
static const vgi_field *const LIST_ONLY[] = {&LIST};
SAMPLE_FIELD(LISTS, "lists", .type = VGI_TYPE_LIST, .n_children = 1, .children = LIST_ONLY);
SAMPLE_FIELD(VALUES, "", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(WORD, "word", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &VALUES);
static const vgi_field *const ALL[] = {&LISTS, &WORD, &WORD};
static const vgi_arrow_schema SCHEMA = {.n_fields = 3, .fields = ALL};
static const vgi_field *const NUMBER[] = {&N};
static const vgi_arrow_schema NUMBERS = {.n_fields = 1, .fields = NUMBER};

SAMPLE_FIELD(CODE, "code", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &N);
static const vgi_field *const CODE_ONLY[] = {&CODE};
static const vgi_arrow_schema CODES = {.n_fields = 1, .fields = CODE_ONLY};

enum { ROWS = 5 };

typedef struct memory {
    vg_output output;
    vg_buf bytes;
} memory;

static vgi_status to_memory(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    (void)err;
    for (int i = 0; i < count; i++)
        assert_true(vg_buf_append(&((memory *)output)->bytes, parts[i].iov_base, parts[i].iov_len));
    return VGI_OK;
}

/* ROWS rows of lists of lists, and two dictionaries of 3 bytes of text each. */
static void make_stream(memory *m)
{
    vg_builder *builder;
    vg_writer *writer;
    vgi_batch *batch;

    *m = (memory){.output = {to_memory}};
    assert_int_equal(vg_builder_new(&SCHEMA, NULL, &builder), VGI_OK);
    assert_int_equal(vg_writer_new(&m->output, &writer, NULL), VGI_OK);
    batch = vg_builder_begin(builder, ROWS);
    for (int i = 0; i < ROWS; i++) {
        vgi_append_list(vgi_out_column(batch, 0));
        vgi_append_string(vgi_out_column(batch, 1), "abc");
        vgi_append_string(vgi_out_column(batch, 2), "xyz");
    }
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, batch, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
    vg_writer_free(writer);
    vg_builder_free(builder);
}

/* Reads the stream under limits that differ from the default in nothing but one. */
#define ASSERT_LIMIT(bytes, member, value)                                                                             \
    do {                                                                                                               \
        vg_limits limits_ = VG_DEFAULT_LIMITS;                                                                         \
        vgi_error err_ = {0};                                                                                          \
        limits_.member = (value);                                                                                      \
        if (sample_read((bytes).data, (bytes).size, &limits_, &err_) != VGI_OK)                                        \
            fail_msg(#member " at the limit: %s", err_.message);                                                       \
        limits_.member = (value) - 1;                                                                                  \
        assert_int_equal(sample_read((bytes).data, (bytes).size, &limits_, &err_), VGI_ERR_LIMIT);                     \
    } while (0)

static void counts_are_limited(void **state)
{
    memory m;

    (void)state;
    make_stream(&m);
    ASSERT_LIMIT(m.bytes, max_rows, ROWS);
    ASSERT_LIMIT(m.bytes, max_depth, 3);
    ASSERT_LIMIT(m.bytes, max_fields, 7); /* three of the lists, and two dictionaries with their values */
    ASSERT_LIMIT(m.bytes, max_dictionaries, 2);
    vg_buf_done(&m.bytes);
}

/* The largest metadata and the largest body of the stream's messages. */
static void measure(const vg_buf *stream, int64_t *ret_metadata, int64_t *ret_body, int64_t *ret_dictionaries)
{
    size_t at = 0;

    *ret_metadata = *ret_body = *ret_dictionaries = 0;
    while (at + 8 < stream->size) {
        size_t need;
        vg_prefix prefix;
        vg_message message;
        assert_int_equal(vg_prefix_read(stream->data + at, 8, &VG_DEFAULT_LIMITS, &need, &prefix, NULL), VGI_OK);
        assert_int_equal(vg_message_parse((vgi_bytes){stream->data + at + 8, prefix.metadata}, &message, NULL), VGI_OK);
        *ret_metadata = prefix.metadata > *ret_metadata ? prefix.metadata : *ret_metadata;
        *ret_body = message.body_size > *ret_body ? message.body_size : *ret_body;
        *ret_dictionaries += message.kind == VG_MESSAGE_DICTIONARY_BATCH ? message.body_size : 0;
        at += 8 + prefix.metadata + (size_t)message.body_size;
    }
}

static void bytes_are_limited(void **state)
{
    int64_t metadata, body, dictionaries;
    memory m;

    (void)state;
    make_stream(&m);
    measure(&m.bytes, &metadata, &body, &dictionaries);
    ASSERT_LIMIT(m.bytes, max_metadata_bytes, metadata);
    ASSERT_LIMIT(m.bytes, max_body_bytes, body);
    ASSERT_LIMIT(m.bytes, max_dictionary_bytes, dictionaries);
    vg_buf_done(&m.bytes);
}

/* A batch of one int64 column, compressed with zstd; the writer never compresses, so its table is built here. */
static vgi_bytes compressed_batch(vg_fbb *fbb, size_t size, int64_t rows)
{
    vg_field_node node = {rows, 0};
    vg_buffer buffers[2] = {{0, 0}, {0, (int64_t)size}};
    vg_fbb_ref nodes, places, compression, batch;

    vg_fbb_begin(fbb);
    nodes = vg_fbb_vector(fbb, &node, 1, sizeof node, 8);
    places = vg_fbb_vector(fbb, buffers, 2, sizeof *buffers, 8);
    vg_fbb_table(fbb);
    vg_fbb_u8(fbb, VG_SLOT_COMPRESSION_CODEC, VG_CODEC_ZSTD);
    compression = vg_fbb_table_end(fbb);
    vg_fbb_table(fbb);
    vg_fbb_i64(fbb, VG_SLOT_RECORD_BATCH_LENGTH, rows);
    vg_fbb_link(fbb, VG_SLOT_RECORD_BATCH_NODES, nodes);
    vg_fbb_link(fbb, VG_SLOT_RECORD_BATCH_BUFFERS, places);
    vg_fbb_link(fbb, VG_SLOT_RECORD_BATCH_COMPRESSION, compression);
    batch = vg_fbb_table_end(fbb);
    vg_fbb_table(fbb);
    vg_fbb_i16(fbb, VG_SLOT_MESSAGE_VERSION, VG_METADATA_V5);
    vg_fbb_u8(fbb, VG_SLOT_MESSAGE_HEADER_TYPE, VG_MESSAGE_RECORD_BATCH);
    vg_fbb_link(fbb, VG_SLOT_MESSAGE_HEADER, batch);
    vg_fbb_i64(fbb, VG_SLOT_MESSAGE_BODY_LENGTH, (int64_t)size);
    return vg_fbb_finish(fbb, vg_fbb_table_end(fbb));
}

/* A stream with a column of 512 zeros, which states that it decompresses to `claim` bytes. */
static void make_compressed(vg_buf *stream, int64_t claim)
{
    static const int64_t ZEROS[512] = {0};
    uint8_t body[8 + 4200] = {0};
    vg_encoder encoder = {0};
    vg_fbb fbb = {0};
    size_t size = ZSTD_compress(body + 8, sizeof body - 8, ZEROS, sizeof ZEROS, 1);

    assert_false(ZSTD_isError(size));
    memcpy(body, &claim, sizeof claim);
    sample_schema(stream, &encoder, &NUMBERS);
    sample_message(stream, compressed_batch(&fbb, size + 8, 512), body, size + 8);
    sample_end(stream);
    vg_fbb_done(&fbb);
    vg_encoder_done(&encoder);
}

static void decompression_is_limited(void **state)
{
    vg_buf stream = {0};

    (void)state;
    make_compressed(&stream, 4096);
    ASSERT_LIMIT(stream, max_decompressed_bytes, 4096);
    vg_buf_done(&stream);
}

static void a_claim_that_no_compression_reaches_takes_no_memory(void **state)
{
    vg_limits limits = VG_DEFAULT_LIMITS;
    vg_buf stream = {0};
    vgi_error err = {0};

    (void)state;
    limits.max_decompressed_bytes = INT64_MAX;
    make_compressed(&stream, INT64_C(1) << 40);
    assert_int_equal(sample_read(stream.data, stream.size, &limits, &err), VGI_ERR_PROTOCOL);
    assert_non_null(strstr(err.message, "cannot have"));
    vg_buf_done(&stream);
}

/* A batch, or a dictionary batch, of `rows` int64 or indices in `size` bytes. */
static void add_values(vg_buf *stream, bool is_dictionary, bool is_delta, int64_t rows, const void *body, size_t size)
{
    const vg_field_node node = {rows, 0};
    const vg_buffer buffers[2] = {{0, 0}, {0, (int64_t)size}};
    vg_fbb_ref nodes, places, header;
    vg_fbb fbb = {0};

    vg_fbb_begin(&fbb);
    nodes = vg_fbb_vector(&fbb, &node, 1, sizeof node, 8);
    places = vg_fbb_vector(&fbb, buffers, 2, sizeof *buffers, 8);
    vg_fbb_table(&fbb);
    vg_fbb_i64(&fbb, VG_SLOT_RECORD_BATCH_LENGTH, rows);
    vg_fbb_link(&fbb, VG_SLOT_RECORD_BATCH_NODES, nodes);
    vg_fbb_link(&fbb, VG_SLOT_RECORD_BATCH_BUFFERS, places);
    header = vg_fbb_table_end(&fbb);
    if (is_dictionary) {
        vg_fbb_table(&fbb);
        vg_fbb_i64(&fbb, VG_SLOT_DICTIONARY_BATCH_ID, 0);
        vg_fbb_link(&fbb, VG_SLOT_DICTIONARY_BATCH_DATA, header);
        vg_fbb_u8(&fbb, VG_SLOT_DICTIONARY_BATCH_IS_DELTA, is_delta);
        header = vg_fbb_table_end(&fbb);
    }
    vg_fbb_table(&fbb);
    vg_fbb_i16(&fbb, VG_SLOT_MESSAGE_VERSION, VG_METADATA_V5);
    vg_fbb_u8(&fbb, VG_SLOT_MESSAGE_HEADER_TYPE, is_dictionary ? VG_MESSAGE_DICTIONARY_BATCH : VG_MESSAGE_RECORD_BATCH);
    vg_fbb_link(&fbb, VG_SLOT_MESSAGE_HEADER, header);
    vg_fbb_i64(&fbb, VG_SLOT_MESSAGE_BODY_LENGTH, (int64_t)size);
    sample_message(stream, vg_fbb_finish(&fbb, vg_fbb_table_end(&fbb)), body, size);
    vg_fbb_done(&fbb);
}

/* A dictionary of 4,096 bytes, which `deltas` messages extend by one value each, and a batch without rows. */
static void make_deltas(vg_buf *stream, int deltas)
{
    static const int64_t ZEROS[512] = {0};
    vg_encoder encoder = {0};

    sample_schema(stream, &encoder, &CODES);
    add_values(stream, true, false, 512, ZEROS, sizeof ZEROS);
    for (int i = 0; i < deltas; i++)
        add_values(stream, true, true, 1, ZEROS, sizeof *ZEROS);
    add_values(stream, false, false, 0, ZEROS, 0);
    sample_end(stream);
    vg_encoder_done(&encoder);
}

/* 115 deltas copy 115 * 4,096 + 8 * (0 + ... + 114) = 523,480 of 64 * 8,192 bytes, one more is too much. */
static void copies_of_deltas_are_limited(void **state)
{
    vg_limits limits = VG_DEFAULT_LIMITS;

    (void)state;
    limits.max_dictionary_bytes = 8192;
    for (int deltas = 115; deltas <= 116; deltas++) {
        vg_buf stream = {0};
        vgi_error err = {0};

        make_deltas(&stream, deltas);
        assert_int_equal(sample_read(stream.data, stream.size, &limits, &err), deltas == 115 ? VGI_OK : VGI_ERR_LIMIT);
        assert_int_equal(deltas == 116, strstr(err.message, "copied") != NULL);
        vg_buf_done(&stream);
    }
}

/* Of a record the copies stay in memory: one of 4,096 bytes, and one of 4,104, are more than 8,192. */
static void copies_in_a_record_are_held(void **state)
{
    vg_limits limits = VG_DEFAULT_LIMITS;

    (void)state;
    limits.max_dictionary_bytes = 8192;
    for (int deltas = 1; deltas <= 2; deltas++) {
        vg_buf stream = {0};
        vg_arena arena = {0};
        const vgi_batch *batch;

        make_deltas(&stream, deltas);
        assert_int_equal(vg_batch_decode(&arena, (vgi_bytes){stream.data, stream.size}, &limits, &batch, NULL),
                         deltas == 1 ? VGI_OK : VGI_ERR_LIMIT);
        vg_arena_done(&arena);
        vg_buf_done(&stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_limited),
        cmocka_unit_test(bytes_are_limited),
        cmocka_unit_test(copies_of_deltas_are_limited),
        cmocka_unit_test(copies_in_a_record_are_held),
        cmocka_unit_test(decompression_is_limited),
        cmocka_unit_test(a_claim_that_no_compression_reaches_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
