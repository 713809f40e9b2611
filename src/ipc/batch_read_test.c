/* Unit tests of batch_read.c: batches that no writer writes, compressed in odd ways or not described, and buffers at
 * addresses that are not aligned while there is no memory. */
#include "ipc/sample.h"

#include <lz4frame.h>
#include <zstd.h>

#include "ipc/compress.h"
#include "ipc/flatbuild.h"

SAMPLE_FIELD(N, "n", .type = VGI_TYPE_INT64);
static const vgi_field *const FIELDS[] = {&N};
static const vgi_arrow_schema NUMBERS = {.n_fields = 1, .fields = FIELDS};

/* What is said of a batch of two numbers. */
typedef struct odd_batch {
    int codec; /* -1: none */
    int method;
    int64_t rows, states; /* how many bytes the buffer says that it holds; -1: it is not compressed */
    int64_t cut;          /* so many bytes of the buffer are there; -1: all */
    bool without_nodes, with_bare_key;
    vgi_status status;
    const char *said;
} odd_batch;

static vg_fbb_ref bare_key(vg_fbb *b)
{
    vg_fbb_ref key = vg_fbb_string(b, (vgi_string)VGI_STR("k"));

    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_KEY_VALUE_KEY, key);
    key = vg_fbb_table_end(b);
    return vg_fbb_refs(b, &key, 1);
}

static vg_fbb_ref put_compression(vg_fbb *b, const odd_batch *odd)
{
    if (odd->codec < 0)
        return 0;
    vg_fbb_table(b);
    vg_fbb_u8(b, VG_SLOT_COMPRESSION_CODEC, (uint8_t)odd->codec);
    vg_fbb_u8(b, VG_SLOT_COMPRESSION_METHOD, (uint8_t)odd->method);
    return vg_fbb_table_end(b);
}

static vgi_bytes describe(vg_fbb *b, const odd_batch *odd, size_t size)
{
    const vg_field_node node = {2, 0};
    const vg_buffer buffers[2] = {{0, 0}, {0, (int64_t)size}};
    vg_fbb_ref nodes = 0, places, compression, batch, metadata;

    vg_fbb_begin(b);
    metadata = odd->with_bare_key ? bare_key(b) : 0;
    if (!odd->without_nodes)
        nodes = vg_fbb_vector(b, &node, 1, sizeof node, 8);
    places = vg_fbb_vector(b, buffers, 2, sizeof *buffers, 8);
    compression = put_compression(b, odd);
    vg_fbb_table(b);
    vg_fbb_i64(b, VG_SLOT_RECORD_BATCH_LENGTH, odd->rows);
    vg_fbb_link(b, VG_SLOT_RECORD_BATCH_NODES, nodes);
    vg_fbb_link(b, VG_SLOT_RECORD_BATCH_BUFFERS, places);
    vg_fbb_link(b, VG_SLOT_RECORD_BATCH_COMPRESSION, compression);
    batch = vg_fbb_table_end(b);
    vg_fbb_table(b);
    vg_fbb_i16(b, VG_SLOT_MESSAGE_VERSION, VG_METADATA_V5);
    vg_fbb_u8(b, VG_SLOT_MESSAGE_HEADER_TYPE, VG_MESSAGE_RECORD_BATCH);
    vg_fbb_link(b, VG_SLOT_MESSAGE_HEADER, batch);
    vg_fbb_link(b, VG_SLOT_MESSAGE_CUSTOM_METADATA, metadata);
    vg_fbb_i64(b, VG_SLOT_MESSAGE_BODY_LENGTH, (int64_t)((size + 7) & ~(size_t)7));
    return vg_fbb_finish(b, vg_fbb_table_end(b));
}

/* The one buffer: a size, and behind it the numbers, compressed where they are to be. */
static size_t fill(const odd_batch *odd, uint8_t *body, size_t capacity)
{
    static const int64_t TWO[] = {5, 6};
    size_t size = sizeof TWO;

    if (odd->codec < 0) {
        memcpy(body, TWO, sizeof TWO);
        return sizeof TWO;
    }
    memcpy(body, &odd->states, sizeof odd->states);
    if (odd->states == -1)
        memcpy(body + 8, TWO, sizeof TWO);
    else
        size = odd->codec == VG_CODEC_ZSTD ? ZSTD_compress(body + 8, capacity - 8, TWO, sizeof TWO, 1)
                                           : LZ4F_compressFrame(body + 8, capacity - 8, TWO, sizeof TWO, NULL);
    return odd->cut >= 0 ? (size_t)odd->cut : size + 8;
}

static void make(const odd_batch *odd, vg_buf *stream)
{
    uint8_t body[256] = {0};
    size_t size = fill(odd, body, sizeof body);
    vg_encoder encoder = {0};
    vg_fbb fbb = {0};

    sample_schema(stream, &encoder, &NUMBERS);
    sample_message(stream, describe(&fbb, odd, size), body, (size + 7) & ~(size_t)7);
    sample_end(stream);
    vg_fbb_done(&fbb);
    vg_encoder_done(&encoder);
}

static const odd_batch BATCHES[] = {
    {.codec = -1, .rows = 2, .cut = -1},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = 16, .cut = -1},
    {.codec = VG_CODEC_LZ4_FRAME, .rows = 2, .states = 16, .cut = -1},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = -1, .cut = -1},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = -2, .cut = -1, .status = VGI_ERR_PROTOCOL, .said = "negative size"},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = 16, .cut = 7, .status = VGI_ERR_PROTOCOL, .said = "too short"},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = 16, .cut = 8, .status = VGI_ERR_PROTOCOL, .said = ""},
    {.codec = VG_CODEC_ZSTD, .rows = 2, .states = 8, .cut = -1, .status = VGI_ERR_PROTOCOL, .said = ""},
    {.codec = 2, .rows = 2, .states = 16, .cut = -1, .status = VGI_ERR_PROTOCOL, .said = "a way that is not known"},
    {.codec = VG_CODEC_ZSTD, .method = 1, .rows = 2, .cut = -1, .status = VGI_ERR_PROTOCOL, .said = "not known"},
    {.codec = -1, .rows = -2, .status = VGI_ERR_PROTOCOL, .said = "a negative number of rows"},
    {.codec = -1, .rows = 3, .status = VGI_ERR_PROTOCOL, .said = "as many rows as its batch"},
    {.codec = -1, .rows = 2, .without_nodes = true, .status = VGI_ERR_PROTOCOL, .said = "no list of nodes"},
    {.codec = -1, .rows = 2, .with_bare_key = true, .status = VGI_ERR_PROTOCOL, .said = "without a key or without"},
};

static void odd_batches_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BATCHES / sizeof *BATCHES; i++) {
        vg_buf stream = {0};
        vgi_error err = {0};

        make(&BATCHES[i], &stream);
        if (sample_read(stream.data, stream.size, &VG_DEFAULT_LIMITS, &err) != BATCHES[i].status ||
            (BATCHES[i].said && !strstr(err.message, BATCHES[i].said)))
            fail_msg("%zu: %s", i, err.message);
        vg_buf_done(&stream);
    }
}

/* At every address, with every number of allocations: the bytes are right, or memory is what is missing. */
static void what_is_read_needs_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        vg_buf stream = {0};
        uint8_t *moved;

        make(&BATCHES[i], &stream);
        moved = vg_malloc(stream.size + 8);
        for (size_t shift = 0; shift < 8; shift++) {
            bool succeeded = false;

            memcpy(moved + shift, stream.data, stream.size);
            for (int64_t n = 0; !succeeded; n++) {
                vg_input input = vg_input_memory(moved + shift, stream.size);
                const vgi_arrow_schema *schema;
                const vgi_batch *batch = NULL;
                vgi_error err = {0};
                vg_reader *reader;
                vgi_status status;

                assert_int_equal(vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL), VGI_OK);
                vg_alloc_fail_after(n);
                status = vg_reader_open(reader, &schema, &err);
                if (status == VGI_OK)
                    status = vg_reader_next(reader, &batch, &err);
                vg_alloc_fail_after(-1);
                succeeded = status == VGI_OK;
                assert_true(succeeded ? vgi_i64(batch, 0)[1] == 6 : status == VGI_ERR_MEMORY);
                vg_reader_free(reader);
            }
        }
        vg_free(moved);
        vg_buf_done(&stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_batches_are_refused),
        cmocka_unit_test(what_is_read_needs_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
