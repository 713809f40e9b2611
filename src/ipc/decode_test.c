/* Unit tests of decode.c, and through it of schema_read.c, batch_read.c and message.c: things in memory, good and
 * hostile. */
#include "ipc/sample.h"

#include "ipc/message.h"

SAMPLE_FIELD(N, "n", .type = VGI_TYPE_INT64);
SAMPLE_FIELD(S, "s", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(VALUES, "", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(WORD, "word", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &VALUES);
static const vgi_field *const ALL[] = {&N, &S, &WORD};
static const vgi_arrow_schema SCHEMA = {.n_fields = 3, .fields = ALL};
static const vgi_arrow_schema NUMBERS = {.n_fields = 1, .fields = ALL};

/* A stream of one batch with one row, or only its schema message. */
static vgi_bytes encode(vg_arena *arena, bool schema_only)
{
    vg_builder *builder;
    vgi_batch *batch;
    vgi_bytes bytes;

    if (schema_only) {
        assert_int_equal(vg_schema_encode(arena, &SCHEMA, &bytes, NULL), VGI_OK);
        return bytes;
    }
    assert_int_equal(vg_builder_new(&SCHEMA, NULL, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 1);
    vgi_append_i64(vgi_out_column(batch, 0), 42);
    vgi_append_string(vgi_out_column(batch, 1), "some text");
    vgi_append_string(vgi_out_column(batch, 2), "word");
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    assert_int_equal(vg_batch_encode(arena, batch, &bytes, NULL), VGI_OK);
    vg_builder_free(builder);
    return bytes;
}

static void a_schema_is_read_with_or_without_a_stream(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema;

    (void)state;
    for (int schema_only = 0; schema_only < 2; schema_only++) {
        vgi_bytes bytes = encode(&arena, schema_only);
        assert_int_equal(vg_schema_decode(&arena, bytes, &VG_DEFAULT_LIMITS, &schema, NULL), VGI_OK);
        memset((uint8_t *)bytes.data, 0xEE, bytes.size); /* the schema does not live there */
        assert_int_equal(schema->n_fields, 3);
        assert_true(vgi_string_equal(schema->fields[1]->name, vgi_str("s")));
        assert_int_equal(schema->fields[2]->index_type, VGI_TYPE_INT8);
    }
    assert_int_equal(vg_schema_decode(&arena, (vgi_bytes){0}, &VG_DEFAULT_LIMITS, &schema, NULL), VGI_ERR_PROTOCOL);
    vg_arena_done(&arena);
}

static void an_extension_type_has_its_own_storage(void **state)
{
    static const vgi_key_value UUID = {VGI_STR("ARROW:extension:name"), VGI_STR("arrow.uuid")};
    static const struct {
        vgi_type_id type;
        int32_t fixed_size;
        vgi_status status;
    } CASES[] = {
        {VGI_TYPE_FIXED_SIZE_BINARY, 16, VGI_OK},
        {VGI_TYPE_FIXED_SIZE_BINARY, 0, VGI_ERR_PROTOCOL},
        {VGI_TYPE_UTF8, 0, VGI_ERR_PROTOCOL},
    };
    vg_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_field field = {.name = VGI_STR("u"),
                           .type = CASES[i].type,
                           .fixed_size = CASES[i].fixed_size,
                           .nullable = true,
                           .metadata = {&UUID, 1}};
        const vgi_field *fields[] = {&field};
        vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
        const vgi_arrow_schema *read;
        vgi_bytes bytes;
        assert_int_equal(vg_schema_encode(&arena, &schema, &bytes, NULL), VGI_OK);
        assert_int_equal(vg_schema_decode(&arena, bytes, &VG_DEFAULT_LIMITS, &read, NULL), CASES[i].status);
    }
    vg_arena_done(&arena);
}

static void assert_row(const vgi_batch *batch)
{
    assert_int_equal(batch->rows, 1);
    for (int32_t i = 0; i < batch->n_columns; i++)
        assert_int_equal((uintptr_t)batch->columns[i].buffers[0] % 8, 0);
    assert_int_equal(vgi_i64(batch, 0)[0], 42);
    assert_true(vgi_string_equal(vgi_text(batch, 1, 0), vgi_str("some text")));
    assert_true(vgi_string_equal(vgi_text(batch, 2, 0), vgi_str("word")));
}

static void one_batch_is_read_at_any_address(void **state)
{
    vg_arena arena = {0};
    vgi_bytes bytes = encode(&arena, false);
    uint8_t *memory = vg_malloc(bytes.size + 8);
    const vgi_batch *batch;

    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(memory + shift, bytes.data, bytes.size);
        assert_int_equal(
            vg_batch_decode(&arena, (vgi_bytes){memory + shift, bytes.size}, &VG_DEFAULT_LIMITS, &batch, NULL), VGI_OK);
        assert_row(batch);
    }
    vg_free(memory);
    vg_arena_done(&arena);
}

static void aligned_values_are_not_copied(void **state)
{
    vg_arena arena = {0};
    vgi_bytes bytes = encode(&arena, false);
    uint8_t *memory = vg_malloc_aligned(bytes.size);
    const vgi_batch *batch;

    (void)state;
    memcpy(memory, bytes.data, bytes.size);
    assert_int_equal(vg_batch_decode(&arena, (vgi_bytes){memory, bytes.size}, &VG_DEFAULT_LIMITS, &batch, NULL),
                     VGI_OK);
    assert_in_range((uintptr_t)batch->columns[0].buffers[0], (uintptr_t)memory, (uintptr_t)memory + bytes.size);
    assert_in_range((uintptr_t)batch->columns[2].dictionary->buffers[1], (uintptr_t)memory,
                    (uintptr_t)memory + bytes.size);
    vg_free(memory);
    vg_arena_done(&arena);
}

static void exactly_one_batch_is_expected(void **state)
{
    vg_arena arena = {0};
    vgi_bytes bytes = encode(&arena, false), schema = encode(&arena, true);
    const vgi_batch *batch;
    size_t batch_at = bytes.size - 8;
    vg_buf twice = {0};

    (void)state;
    assert_int_equal(vg_batch_decode(&arena, schema, &VG_DEFAULT_LIMITS, &batch, NULL), VGI_ERR_PROTOCOL);
    assert_int_equal(vg_batch_decode(&arena, (vgi_bytes){bytes.data, batch_at}, &VG_DEFAULT_LIMITS, &batch, NULL),
                     VGI_OK);
    for (size_t size = 0; size < batch_at; size++)
        assert_int_not_equal(vg_batch_decode(&arena, (vgi_bytes){bytes.data, size}, &VG_DEFAULT_LIMITS, &batch, NULL),
                             VGI_OK);
    assert_true(vg_buf_append(&twice, bytes.data, batch_at));
    assert_true(vg_buf_append(&twice, bytes.data + schema.size, bytes.size - schema.size));
    assert_int_equal(vg_batch_decode(&arena, (vgi_bytes){twice.data, twice.size}, &VG_DEFAULT_LIMITS, &batch, NULL),
                     VGI_ERR_PROTOCOL);
    vg_buf_done(&twice);
    vg_arena_done(&arena);
}

/* ---- hostile batches of one int64 column ------------------------------------------------------------------------- */

typedef struct hostile {
    int64_t rows;
    int64_t length;
    int64_t null_count;
    vg_buffer validity;
    vg_buffer values;
    size_t n_nodes;
    size_t n_buffers;
    const char *complaint; /* part of it; NULL: the batch is good */
} hostile;

#define BIG INT64_MAX
static const hostile BATCHES[] = {
    {2, 2, 0, {0, 0}, {0, 16}, 1, 2, NULL},
    {2, 2, 1, {0, 1}, {8, 16}, 1, 2, NULL},
    {2, 2, 0, {0, 0}, {16, 16}, 1, 2, "outside"},
    {2, 2, 0, {0, 0}, {BIG - 7, 16}, 1, 2, "outside"},
    {2, 2, 0, {0, 0}, {8, BIG}, 1, 2, "outside"},
    {2, 2, 0, {0, 0}, {-8, 16}, 1, 2, "outside"},
    {2, 2, 0, {0, 0}, {0, -16}, 1, 2, "outside"},
    {2, 2, 0, {0, 0}, {4, 16}, 1, 2, "multiple of 8"},
    {2, 2, 0, {0, 0}, {0, 15}, 1, 2, "shorter"},
    {2, 2, 1, {0, 0}, {0, 16}, 1, 2, "bitmap"},
    {2, 2, 2, {0, 1}, {8, 16}, 1, 2, "null count"},
    {2, 2, 3, {0, 1}, {8, 16}, 1, 2, "impossible"},
    {2, 2, -1, {0, 1}, {8, 16}, 1, 2, "impossible"},
    {2, -2, 0, {0, 0}, {0, 16}, 1, 2, "impossible"},
    {-2, -2, 0, {0, 0}, {0, 16}, 1, 2, "negative"},
    {1, 2, 0, {0, 0}, {0, 16}, 1, 2, "as many rows"},
    {BIG, BIG, 0, {0, 0}, {0, 16}, 1, 2, "limit"},
    {2, 2, 0, {0, 0}, {0, 16}, 0, 2, "fewer nodes"},
    {2, 2, 0, {0, 0}, {0, 16}, 1, 1, "fewer buffers"},
    {2, 2, 0, {0, 0}, {0, 16}, 2, 2, "more nodes"},
    {2, 2, 0, {0, 0}, {0, 16}, 1, 3, "more nodes or buffers"},
};

static void hostile_batches_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BATCHES / sizeof *BATCHES; i++) {
        const hostile *h = &BATCHES[i];
        vg_field_node nodes[2] = {{h->length, h->null_count}, {0, 0}};
        vg_buffer buffers[3] = {h->validity, h->values, {0, 0}};
        vg_batch_head head = {h->rows, 24, nodes, h->n_nodes, buffers, h->n_buffers};
        static const uint8_t BODY[24] = {1};
        vg_encoder encoder = {0};
        vg_buf stream = {0};
        vgi_error err = {0};
        vgi_status status;
        sample_schema(&stream, &encoder, &NUMBERS);
        sample_batch(&stream, &encoder, &head, BODY);
        sample_end(&stream);
        status = sample_read(stream.data, stream.size, &VG_DEFAULT_LIMITS, &err);
        if (h->complaint ? status == VGI_OK || !strstr(err.message, h->complaint) : status != VGI_OK)
            fail_msg("batch %zu: status %d, %s", i, (int)status, err.message);
        vg_encoder_done(&encoder);
        vg_buf_done(&stream);
    }
}

static void prefixes(void **state)
{
    static const uint8_t NEW[] = {0xFF, 0xFF, 0xFF, 0xFF, 16, 0, 0, 0}, OLD[] = {16, 0, 0, 0},
                         NEGATIVE[] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80};
    vg_prefix prefix;
    size_t need;

    (void)state;
    for (size_t n = 0; n < 8; n++) {
        assert_int_equal(vg_prefix_read(NEW, n, &VG_DEFAULT_LIMITS, &need, &prefix, NULL), VGI_OK);
        assert_int_equal(need, n < 4 ? 4 : 8);
    }
    assert_int_equal(vg_prefix_read(NEW, 8, &VG_DEFAULT_LIMITS, &need, &prefix, NULL), VGI_OK);
    assert_int_equal(prefix.size, 8);
    assert_int_equal(prefix.metadata, 16);
    assert_int_equal(vg_prefix_read(OLD, 4, &VG_DEFAULT_LIMITS, &need, &prefix, NULL), VGI_OK);
    assert_int_equal(prefix.size, 4);
    assert_int_equal(prefix.metadata, 16);
    assert_int_equal(vg_prefix_read(NEGATIVE, 8, &VG_DEFAULT_LIMITS, &need, &prefix, NULL), VGI_ERR_PROTOCOL);
}

/* An arena takes its memory in blocks: filling one up to there lets each of what is taken fail in its turn. */
static void any_allocation_may_fail(void **state)
{
    vg_arena source = {0};
    const vgi_bytes bytes = encode(&source, false), alone = encode(&source, true);
    int failures = 0;

    (void)state;
    for (size_t filled = 1; filled < 6000; filled += 8)
        for (int64_t n = 0; n < 3; n++) {
            vg_arena arena = {0};
            const vgi_batch *batch;
            const vgi_arrow_schema *schema;
            vgi_status of_schema, of_batch;

            assert_non_null(vg_arena_alloc(&arena, filled));
            vg_alloc_fail_after(n);
            of_schema = vg_schema_decode(&arena, alone, &VG_DEFAULT_LIMITS, &schema, NULL);
            vg_alloc_fail_after(n);
            of_batch = vg_batch_decode(&arena, bytes, &VG_DEFAULT_LIMITS, &batch, NULL);
            vg_alloc_fail_after(-1);
            assert_true(of_schema == VGI_OK || of_schema == VGI_ERR_MEMORY);
            assert_true(of_batch == VGI_OK || of_batch == VGI_ERR_MEMORY);
            failures += of_batch != VGI_OK;
            vg_arena_done(&arena);
        }
    assert_true(failures > 20);
    vg_arena_done(&source);
}

static void a_body_has_a_limit_in_memory_too(void **state)
{
    vg_arena arena = {0};
    const vgi_bytes bytes = encode(&arena, false);
    vg_limits limits = VG_DEFAULT_LIMITS;
    const vgi_batch *batch;

    (void)state;
    limits.max_body_bytes = 1;
    assert_int_equal(vg_batch_decode(&arena, bytes, &limits, &batch, NULL), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_is_read_with_or_without_a_stream),
        cmocka_unit_test(an_extension_type_has_its_own_storage),
        cmocka_unit_test(one_batch_is_read_at_any_address),
        cmocka_unit_test(aligned_values_are_not_copied),
        cmocka_unit_test(exactly_one_batch_is_expected),
        cmocka_unit_test(hostile_batches_are_refused),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(a_body_has_a_limit_in_memory_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
