/* Unit tests of reader.c and dictionary.c: framing, recovery, memory. */
#include "ipc/sample.h"

SAMPLE_FIELD(N, "n", .type = VGI_TYPE_INT64);
SAMPLE_FIELD(S, "s", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(VALUES, "", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(WORD, "word", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &VALUES);
static const vgi_field *const ALL[] = {&N, &S, &WORD};
static const vgi_arrow_schema SCHEMA = {.n_fields = 3, .fields = ALL};
static const vgi_arrow_schema NUMBERS = {.n_fields = 1, .fields = ALL};
static const vgi_key_value PAIR[] = {{VGI_STR("key"), VGI_STR("a\0b")}};

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

/* `streams` streams of `batches` batches of 3 rows; the dictionary is another one in every batch. */
static vg_buf make_streams(int streams, int batches)
{
    memory m = {.output = {to_memory}};
    vg_builder *builder;
    vg_writer *writer;

    assert_int_equal(vg_builder_new(&SCHEMA, NULL, &builder), VGI_OK);
    assert_int_equal(vg_writer_new(&m.output, &writer, NULL), VGI_OK);
    for (int s = 0; s < streams; s++) {
        assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
        for (int b = 0; b < batches; b++) {
            vgi_batch *batch = vg_builder_begin(builder, 3);
            for (int i = 0; i < 3; i++) {
                vgi_append_i64(vgi_out_column(batch, 0), 100 * b + i);
                vgi_append_string(vgi_out_column(batch, 1), i == 1 ? NULL : "text");
                vgi_append_string(vgi_out_column(batch, 2), b % 2 ? "odd" : "even");
            }
            vgi_out_metadata(batch, "key", "a\0b", 3);
            assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
            assert_int_equal(vg_writer_batch(writer, batch, NULL), VGI_OK);
            assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
        }
        assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
    }
    vg_writer_free(writer);
    vg_builder_free(builder);
    return m.bytes;
}

static void assert_batch(const vgi_batch *batch, int b)
{
    assert_int_equal(batch->rows, 3);
    assert_int_equal(batch->n_columns, 3);
    assert_null(batch->out);
    assert_null(batch->visible);
    assert_int_equal(vgi_i64(batch, 0)[2], 100 * b + 2);
    assert_true(vgi_is_null(batch, 1, 1));
    assert_true(vgi_string_equal(vgi_text(batch, 1, 2), vgi_str("text")));
    assert_true(vgi_string_equal(vgi_text(batch, 2, 0), vgi_str(b % 2 ? "odd" : "even")));
    assert_true(vgi_string_equal(vgi_metadata_get(batch->metadata, "key"), PAIR[0].value));
}

static vg_reader *reader_of(vg_input *input, const vg_limits *limits)
{
    vg_reader *reader;

    assert_int_equal(vg_reader_new(input, limits, &reader, NULL), VGI_OK);
    return reader;
}

static void read_streams(vg_input *input, int streams, int batches)
{
    vg_reader *reader = reader_of(input, &VG_DEFAULT_LIMITS);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_error err = {0};

    for (int s = 0; s < streams; s++) {
        if (vg_reader_open(reader, &schema, &err) != VGI_OK)
            fail_msg("%s", err.message);
        assert_int_equal(schema->n_fields, 3);
        assert_int_equal(schema->fields[2]->type, VGI_TYPE_DICTIONARY);
        assert_int_equal(schema->fields[2]->dictionary->type, VGI_TYPE_UTF8);
        for (int b = 0; b < batches; b++) {
            assert_int_equal(vg_reader_next(reader, &batch, &err), VGI_OK);
            assert_batch(batch, b);
        }
        assert_int_equal(vg_reader_next(reader, &batch, &err), VGI_END);
        assert_int_equal(vg_reader_next(reader, &batch, &err), VGI_END);
        assert_int_equal(vg_reader_drain(reader, &err), VGI_OK);
    }
    assert_int_equal(vg_reader_open(reader, &schema, &err), VGI_END);
    assert_false(vg_reader_broken(reader));
    vg_reader_free(reader);
}

static void streams_follow_each_other(void **state)
{
    vg_buf bytes = make_streams(3, 4);
    vg_input input = vg_input_memory(bytes.data, bytes.size);

    (void)state;
    read_streams(&input, 3, 4);
    vg_buf_done(&bytes);
}

/* Gives no byte more than is asked for, each time at another place; what was there before is gone. */
typedef struct trickle {
    vg_input input;
    const uint8_t *source;
    size_t left;
    uint8_t *block;
} trickle;

static vgi_status trickle_fill(vg_input *input, size_t need, vgi_error *err)
{
    trickle *t = (trickle *)input;
    size_t more = need - input->size;
    uint8_t *block;

    if (t->left == 0 && input->size == 0)
        return VGI_END;
    if (more > t->left)
        return vgi_error_set(err, VGI_ERR_IO, "the peer went away");
    block = vg_malloc(need);
    assert_non_null(block);
    memcpy(block, input->data, input->size);
    memcpy(block + input->size, t->source, more);
    vg_free(t->block);
    t->block = block;
    t->source += more;
    t->left -= more;
    input->data = block;
    input->size = need;
    return VGI_OK;
}

static void bytes_may_come_slowly_and_move(void **state)
{
    vg_buf bytes = make_streams(2, 3);
    trickle t = {.input = {(const uint8_t *)"", 0, trickle_fill}, .source = bytes.data, .left = bytes.size};

    (void)state;
    read_streams(&t.input, 2, 3);
    vg_free(t.block);
    vg_buf_done(&bytes);
}

static void a_peer_that_goes_away_is_an_error(void **state)
{
    vg_buf bytes = make_streams(1, 1);

    (void)state;
    for (size_t size = 1; size < bytes.size; size++) {
        trickle t = {.input = {(const uint8_t *)"", 0, trickle_fill}, .source = bytes.data, .left = size};
        vg_reader *reader = reader_of(&t.input, &VG_DEFAULT_LIMITS);
        const vgi_arrow_schema *schema;
        const vgi_batch *batch;
        vgi_error err = {0};
        vgi_status status = vg_reader_open(reader, &schema, &err);
        while (status == VGI_OK)
            status = vg_reader_next(reader, &batch, &err);
        assert_int_equal(status, VGI_ERR_IO);
        assert_true(vg_reader_broken(reader));
        vgi_error_clear(&err);
        assert_int_equal(vg_reader_drain(reader, &err), VGI_ERR_PROTOCOL);
        vg_reader_free(reader);
        vg_free(t.block);
    }
    vg_buf_done(&bytes);
}

static void the_steady_state_allocates_nothing(void **state)
{
    vg_buf bytes = make_streams(3, 40);
    vg_input input = vg_input_memory(bytes.data, bytes.size);
    vg_reader *reader = reader_of(&input, &VG_DEFAULT_LIMITS);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    uint64_t before = 0;

    (void)state;
    for (int s = 0; s < 3; s++) {
        if (s == 2)
            before = vg_alloc_count(); /* a later stream costs nothing either */
        assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
        for (int b = 0; b < 40; b++) {
            if (s == 0 && b == 4)
                before = vg_alloc_count();
            assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_OK);
            assert_batch(batch, b);
        }
        assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_END);
        if (s != 1)
            assert_int_equal(vg_alloc_count(), before);
    }
    vg_reader_free(reader);
    vg_buf_done(&bytes);
}

static void a_bare_end_is_refused_and_consumed(void **state)
{
    vg_buf bytes = {0}, streams = make_streams(1, 1);
    const vgi_arrow_schema *schema;
    vg_reader *reader;
    vg_input input;

    (void)state;
    sample_end(&bytes);
    assert_true(vg_buf_append(&bytes, streams.data, streams.size));
    input = vg_input_memory(bytes.data, bytes.size);
    reader = reader_of(&input, &VG_DEFAULT_LIMITS);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_ERR_PROTOCOL);
    assert_false(vg_reader_broken(reader));
    assert_int_equal(vg_reader_drain(reader, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_ERR_RUNTIME);
    assert_int_equal(vg_reader_drain(reader, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_END);
    vg_reader_free(reader);
    vg_buf_done(&bytes);
    vg_buf_done(&streams);
}

/* A batch whose only column claims 1000 rows of 8 bytes. */
static void append_bad_stream(vg_buf *bytes)
{
    static const vg_field_node NODE = {1000, 0};
    static const vg_buffer BUFFERS[] = {{0, 0}, {0, 8}};
    vg_batch_head head = {
        .rows = 1000, .body_size = 8, .nodes = &NODE, .n_nodes = 1, .buffers = BUFFERS, .n_buffers = 2};
    vg_encoder encoder = {0};

    sample_schema(bytes, &encoder, &NUMBERS);
    sample_batch(bytes, &encoder, &head, "12345678");
    sample_batch(bytes, &encoder, &head, "12345678");
    sample_end(bytes);
    vg_encoder_done(&encoder);
}

static void a_bad_batch_is_drained_and_the_next_stream_read(void **state)
{
    vg_buf bytes = {0}, streams = make_streams(1, 1);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_error err = {0};
    vg_reader *reader;
    vg_input input;

    (void)state;
    append_bad_stream(&bytes);
    assert_true(vg_buf_append(&bytes, streams.data, streams.size));
    input = vg_input_memory(bytes.data, bytes.size);
    reader = reader_of(&input, &VG_DEFAULT_LIMITS);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(reader, &batch, &err), VGI_ERR_PROTOCOL);
    assert_non_null(strstr(err.message, "'n'"));
    assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_ERR_RUNTIME);
    assert_false(vg_reader_broken(reader));
    assert_int_equal(vg_reader_drain(reader, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
    assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_OK);
    assert_batch(batch, 0);
    vg_reader_free(reader);
    vg_buf_done(&bytes);
    vg_buf_done(&streams);
}

static void a_body_over_the_limit_is_refused_and_skipped(void **state)
{
    vg_buf streams = make_streams(2, 1);
    trickle t = {.input = {(const uint8_t *)"", 0, trickle_fill}, .source = streams.data, .left = streams.size};
    vg_limits limits = VG_DEFAULT_LIMITS;
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vg_reader *reader;

    (void)state;
    limits.max_body_bytes = 8; /* less than the first dictionary */
    reader = reader_of(&t.input, &limits);
    for (int s = 0; s < 2; s++) {
        assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
        assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_ERR_LIMIT);
        assert_int_equal(vg_reader_drain(reader, NULL), VGI_OK);
    }
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_END);
    vg_reader_free(reader);
    vg_free(t.block);
    vg_buf_done(&streams);
}

static void noise_breaks_the_framing(void **state)
{
    static const char *const NOISE[] = {"GET / HTTP/1.1\r\n", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                        "\xFF\xFF\xFF\xFF\x10"};

    (void)state;
    for (size_t i = 0; i < sizeof NOISE / sizeof *NOISE; i++) {
        vg_input input = vg_input_memory(NOISE[i], strlen(NOISE[i]));
        vg_reader *reader = reader_of(&input, &VG_DEFAULT_LIMITS);
        const vgi_arrow_schema *schema;
        vgi_error err = {0};
        assert_true(vg_reader_open(reader, &schema, &err) >= VGI_ERR_VALUE);
        assert_true(err.message[0] != '\0');
        assert_true(vg_reader_broken(reader));
        vg_reader_free(reader);
    }
}

static void what_is_here_is_known(void **state)
{
    vg_buf bytes = make_streams(1, 1);
    vg_input input = vg_input_memory(bytes.data, bytes.size);
    vg_reader *reader = reader_of(&input, &VG_DEFAULT_LIMITS);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;

    (void)state;
    assert_false(vg_reader_at_eos(reader));
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
    assert_true(vg_reader_ready(reader));
    assert_false(vg_reader_at_eos(reader));
    input.size -= 9; /* the last byte of the batch is not here yet: the dictionary before it alone is not enough */
    assert_false(vg_reader_ready(reader));
    input.size += 9;
    assert_int_equal(vg_reader_next(reader, &batch, NULL), VGI_OK);
    assert_true(vg_reader_at_eos(reader));
    assert_true(vg_reader_ready(reader));
    assert_int_equal(vg_reader_drain(reader, NULL), VGI_OK);
    assert_batch(batch, 0);
    assert_int_equal(schema->n_fields, 3);
    assert_false(vg_reader_at_eos(reader));
    vg_reader_free(reader);
    vg_buf_done(&bytes);
}

static void every_failed_allocation_is_reported(void **state)
{
    vg_buf bytes = make_streams(1, 2);
    vgi_status status = VGI_ERR_MEMORY;
    int n = 0;

    (void)state;
    for (; status != VGI_OK; n++) {
        vg_input input = vg_input_memory(bytes.data, bytes.size);
        vg_reader *reader = NULL;
        const vgi_arrow_schema *schema;
        const vgi_batch *batch;
        vg_alloc_fail_after(n);
        status = vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL);
        if (status == VGI_OK)
            status = vg_reader_open(reader, &schema, NULL);
        for (int b = 0; b < 2 && status == VGI_OK; b++)
            status = vg_reader_next(reader, &batch, NULL);
        vg_alloc_fail_after(-1);
        assert_true(status == VGI_OK || status == VGI_ERR_MEMORY);
        vg_reader_free(reader);
    }
    assert_true(n > 4);
    vg_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_follow_each_other),
        cmocka_unit_test(bytes_may_come_slowly_and_move),
        cmocka_unit_test(a_peer_that_goes_away_is_an_error),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(a_bare_end_is_refused_and_consumed),
        cmocka_unit_test(a_bad_batch_is_drained_and_the_next_stream_read),
        cmocka_unit_test(a_body_over_the_limit_is_refused_and_skipped),
        cmocka_unit_test(noise_breaks_the_framing),
        cmocka_unit_test(what_is_here_is_known),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
