/* Unit tests of writer.c, encode.c, body.c and flatbuild.c, read back through reader.c. tests/arrow compares with
 * pyarrow; here is what it cannot see: the number of writes and allocations, and failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

#define FIELD(symbol, text, ...) static const vgi_field symbol = {.name = VGI_STR(text), .nullable = true, __VA_ARGS__}

FIELD(N, "n", .type = VGI_TYPE_INT64);
FIELD(S, "s", .type = VGI_TYPE_UTF8);
FIELD(FLAG, "flag", .type = VGI_TYPE_BOOL);
static const vgi_field *const N_ONLY[] = {&N}, *const N_AND_S[] = {&N, &S};
FIELD(LIST, "list", .type = VGI_TYPE_LIST, .n_children = 1, .children = N_ONLY);
FIELD(ROW, "row", .type = VGI_TYPE_STRUCT, .n_children = 2, .children = N_AND_S);
FIELD(DENSE, "dense", .type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = N_AND_S);
FIELD(VALUES, "", .type = VGI_TYPE_UTF8);
FIELD(WORD, "word", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &VALUES);
static const vgi_field *const ALL[] = {&N, &S, &FLAG, &LIST, &ROW, &DENSE, &WORD};
static const vgi_arrow_schema SCHEMA = {.n_fields = 7, .fields = ALL};
static const vgi_key_value PAIR[] = {{VGI_STR("key"), VGI_STR("a\0b")}};

/* An output that keeps what is written and counts the calls; fails the one after `fail_at`. */
typedef struct sink {
    vg_output output;
    vg_buf bytes;
    int writes;
    int parts;
    bool fails;
} sink;

static vgi_status sink_write(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    sink *s = (sink *)output;

    s->writes++;
    s->parts = count;
    if (s->fails)
        return vgi_error_set(err, VGI_ERR_IO, "gone");
    for (int i = 0; i < count; i++)
        assert_true(vg_buf_append(&s->bytes, parts[i].iov_base, parts[i].iov_len));
    return VGI_OK;
}

static vg_writer *writer_of(sink *s)
{
    vg_writer *writer;

    *s = (sink){.output = {sink_write}};
    assert_int_equal(vg_writer_new(&s->output, &writer, NULL), VGI_OK);
    return writer;
}

static void fill(vgi_batch *batch, int rows, const char *const *words)
{
    vgi_column *c[7];

    for (int i = 0; i < 7; i++)
        c[i] = vgi_out_column(batch, i);
    for (int i = 0; i < rows; i++) {
        vgi_append_i64(c[0], i);
        vgi_append_string(c[1], i % 3 ? "some text" : NULL);
        vgi_append_bool(c[2], i % 2);
        for (int k = 0; k < i % 4; k++)
            vgi_append_i64(vgi_child(c[3], 0), k);
        vgi_append_list(c[3]);
        if (i % 5) {
            vgi_append_i64(vgi_child(c[4], 0), i);
            vgi_append_null(vgi_child(c[4], 1));
            vgi_append_struct(c[4]);
        } else {
            vgi_append_null(c[4]);
        }
        vgi_append_i64(vgi_child(c[5], 0), i);
        vgi_append_union(c[5], 0);
        vgi_append_string(c[6], words[i % 2]);
    }
}

static const char *const WORDS[] = {"odd", "even"}, *const OTHERS[] = {"other", "odd"};

static const vgi_batch *batch_of(vg_builder *builder, int rows, const char *const *words)
{
    vgi_batch *batch = vg_builder_begin(builder, rows);

    fill(batch, rows, words);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    return batch;
}

static vg_builder *builder_of(void)
{
    vg_builder *builder;

    assert_int_equal(vg_builder_new(&SCHEMA, NULL, &builder), VGI_OK);
    return builder;
}

static void assert_next(vg_reader *reader, const vgi_batch **ret)
{
    vgi_error err = {0};

    if (vg_reader_next(reader, ret, &err) != VGI_OK)
        fail_msg("%s", err.message);
}

static void a_reply_is_one_write(void **state)
{
    sink s;
    vg_writer *writer = writer_of(&s);
    vg_builder *builder = builder_of();
    vg_input input;
    vg_reader *reader;
    const vgi_arrow_schema *schema;
    const vgi_batch *sent = batch_of(builder, 100, WORDS), *got;

    (void)state;
    assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
    assert_int_equal(vg_writer_empty(writer, (vgi_metadata){PAIR, 1}, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, sent, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
    assert_int_equal(s.writes, 0);
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK); /* nothing queued: nothing written */
    assert_int_equal(s.writes, 1);

    input = vg_input_memory(s.bytes.data, s.bytes.size);
    assert_int_equal(vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL), VGI_OK);
    assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
    for (int i = 0; i < 7; i++)
        assert_true(vg_field_equal(schema->fields[i], ALL[i]));
    assert_next(reader, &got);
    assert_int_equal(got->rows, 0);
    assert_int_equal(vgi_metadata_get(got->metadata, "key").size, 3);
    assert_next(reader, &got);
    assert_int_equal(got->rows, 100);
    for (int i = 0; i < 7; i++)
        assert_true(vg_array_equal(&got->columns[i], &sent->columns[i]));
    assert_int_equal(vg_reader_next(reader, &got, NULL), VGI_END);
    assert_int_equal(input.size, 0);
    vg_reader_free(reader);
    vg_builder_free(builder);
    vg_writer_free(writer);
    vg_buf_done(&s.bytes);
}

static void slices_are_written_as_slices(void **state)
{
    vg_builder *builder = builder_of();
    const vgi_batch *whole = batch_of(builder, 50, WORDS);

    (void)state;
    for (int64_t begin = 0; begin < 50; begin += 7) {
        for (int64_t rows = 0; begin + rows <= 50; rows += 9) {
            vgi_array columns[7];
            const vgi_batch slice = {.schema = &SCHEMA, .rows = rows, .n_columns = 7, .columns = columns};
            vg_arena arena = {0};
            vgi_bytes bytes;
            const vgi_batch *got;

            for (int i = 0; i < 7; i++) {
                columns[i] = whole->columns[i];
                columns[i].offset = begin;
                columns[i].length = rows;
                columns[i].null_count = columns[i].validity ? -1 : 0;
            }
            assert_int_equal(vg_batch_encode(&arena, &slice, &bytes, NULL), VGI_OK);
            assert_int_equal(vg_batch_decode(&arena, bytes, &VG_DEFAULT_LIMITS, &got, NULL), VGI_OK);
            for (int i = 0; i < 7; i++)
                assert_true(vg_array_equal(&got->columns[i], &columns[i]));
            assert_int_equal(got->columns[5].children[0].length, rows); /* no more of the members than is used */
            vg_arena_done(&arena);
        }
    }
    vg_builder_free(builder);
}

/* How many times `word` occurs: each time its dictionary was sent. */
static int count_word(const sink *s, const char *word)
{
    const size_t size = strlen(word);
    int count = 0;

    for (size_t i = 0; i + size <= s->bytes.size; i++)
        count += memcmp(s->bytes.data + i, word, size) == 0;
    return count;
}

static void dictionaries_are_sent_where_they_changed(void **state)
{
    sink s;
    vg_writer *writer = writer_of(&s);
    vg_builder *builder = builder_of();

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        s.bytes.size = 0;
        assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
        for (int round = 0; round < 6; round++) {
            assert_int_equal(vg_writer_batch(writer, batch_of(builder, 10, round < 3 ? WORDS : OTHERS), NULL), VGI_OK);
            assert_int_equal(vg_writer_empty(writer, (vgi_metadata){0}, NULL), VGI_OK);
            assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
        }
        assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
        assert_int_equal(count_word(&s, "oddeven"), stream ? 1 : 2);
        assert_int_equal(count_word(&s, "oddevenother"), 1);
    }
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
    vg_builder_free(builder);
    vg_writer_free(writer);
    vg_buf_done(&s.bytes);
}

static void the_steady_state_allocates_nothing(void **state)
{
    sink s;
    vg_writer *writer = writer_of(&s);
    vg_builder *builder = builder_of();
    uint64_t before = 0;

    (void)state;
    assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
    for (int round = 0; round < 10; round++) {
        if (round == 4)
            before = vg_alloc_count();
        s.bytes.size = 0;
        assert_int_equal(vg_writer_batch(writer, batch_of(builder, 500, WORDS), NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
        assert_int_equal(s.writes, round + 1);
    }
    assert_int_equal(vg_alloc_count(), before);
    vg_builder_free(builder);
    vg_writer_free(writer);
    vg_buf_done(&s.bytes);
}

static void what_does_not_fit_the_stream_is_refused(void **state)
{
    sink s;
    vg_writer *writer = writer_of(&s);
    vg_builder *builder = builder_of();
    const vgi_batch *batch = batch_of(builder, 10, WORDS);
    const vgi_field *const swapped[] = {&S, &N, &FLAG, &LIST, &ROW, &DENSE, &WORD};
    const vgi_arrow_schema other = {.n_fields = 7, .fields = swapped}, fewer = {.n_fields = 1, .fields = ALL};
    vgi_batch odd = *batch;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_writer_batch(writer, batch, NULL), VGI_ERR_RUNTIME);
    assert_int_equal(vg_writer_open(writer, &other, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, batch, &err), VGI_ERR_TYPE);
    assert_string_equal(err.message, "column 's' is int64 where its stream has another type (utf8)");
    assert_int_equal(vg_writer_open(writer, &fewer, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, batch, NULL), VGI_ERR_TYPE);
    assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
    odd.rows = 9;
    assert_int_equal(vg_writer_batch(writer, &odd, NULL), VGI_ERR_TYPE);
    s.fails = true;
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_ERR_IO);
    assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK); /* what failed is gone */
    vg_builder_free(builder);
    vg_writer_free(writer);
    vg_buf_done(&s.bytes);
}

/* What is written can be read with the limits that everybody has: as deep as that, and no deeper. */
static void fields_are_nested_as_deep_as_they_are_read(void **state)
{
    enum { MOST = 70 };
    vgi_field levels[MOST];
    const vgi_field *children[MOST];
    int most_written = 0;

    (void)state;
    for (int depth = 1; depth <= MOST; depth++) {
        const vgi_arrow_schema schema = {.n_fields = 1, .fields = children}, *again;
        vg_arena arena = {0};
        vgi_bytes bytes;

        for (int i = 0; i < depth; i++) {
            children[i] = &levels[i];
            levels[i] = i + 1 < depth ? (vgi_field){.name = VGI_STR("s"),
                                                    .type = VGI_TYPE_STRUCT,
                                                    .n_children = 1,
                                                    .children = &children[i + 1]}
                                      : (vgi_field){.name = VGI_STR("n"), .type = VGI_TYPE_INT8};
        }
        if (vg_schema_encode(&arena, &schema, &bytes, NULL) == VGI_OK) {
            most_written = depth;
            assert_int_equal(vg_schema_decode(&arena, bytes, &VG_DEFAULT_LIMITS, &again, NULL), VGI_OK);
        }
        vg_arena_done(&arena);
    }
    assert_int_equal(most_written, VG_DEFAULT_LIMITS.max_depth);
}

static void a_dictionary_of_dictionaries_cannot_travel(void **state)
{
    const vgi_field outer = {
        .name = VGI_STR("twice"), .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &WORD};
    const vgi_field *const fields[] = {&outer};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    vg_arena arena = {0};
    vgi_bytes bytes;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_schema_encode(&arena, &schema, &bytes, &err), VGI_ERR_NOT_IMPLEMENTED);
    assert_non_null(strstr(err.message, "'twice'"));
    vg_arena_done(&arena);
}

static void running_out_of_memory_queues_nothing(void **state)
{
    vg_builder *builder = builder_of();
    const vgi_batch *batch = batch_of(builder, 300, WORDS), *got;
    int failures = 0;

    (void)state;
    for (int n = 0; n < 60; n++) {
        sink s;
        vg_writer *writer = writer_of(&s);
        const vgi_arrow_schema *schema;
        vg_input input;
        vg_reader *reader;
        vgi_status status;

        assert_int_equal(vg_writer_open(writer, &SCHEMA, NULL), VGI_OK);
        vg_alloc_fail_after(n);
        status = vg_writer_batch(writer, batch, NULL);
        vg_alloc_fail_after(-1);
        failures += status != VGI_OK;
        if (status != VGI_OK) {
            assert_int_equal(status, VGI_ERR_MEMORY);
            assert_int_equal(vg_writer_batch(writer, batch, NULL), VGI_OK);
        }
        assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
        assert_int_equal(vg_writer_flush(writer, NULL), VGI_OK);
        input = vg_input_memory(s.bytes.data, s.bytes.size);
        assert_int_equal(vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL), VGI_OK);
        assert_int_equal(vg_reader_open(reader, &schema, NULL), VGI_OK);
        assert_next(reader, &got);
        assert_true(vg_array_equal(&got->columns[6], &batch->columns[6]));
        assert_int_equal(vg_reader_next(reader, &got, NULL), VGI_END);
        vg_reader_free(reader);
        vg_writer_free(writer);
        vg_buf_done(&s.bytes);
    }
    assert_true(failures > 5);
    vg_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_one_write),
        cmocka_unit_test(slices_are_written_as_slices),
        cmocka_unit_test(dictionaries_are_sent_where_they_changed),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(what_does_not_fit_the_stream_is_refused),
        cmocka_unit_test(fields_are_nested_as_deep_as_they_are_read),
        cmocka_unit_test(a_dictionary_of_dictionaries_cannot_travel),
        cmocka_unit_test(running_out_of_memory_queues_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
