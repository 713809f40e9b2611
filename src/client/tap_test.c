/* The tap: what it tells of a session, in whatever pieces the bytes come, and of bytes that are none of a session's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/tap.h"
#include "ipc/writer.h"

static const vgi_field N = {.name = VGI_STR("n"), .type = VGI_TYPE_INT64};
static const vgi_field *const FIELDS[] = {&N};
static const vgi_arrow_schema SCHEMA = {.n_fields = 1, .fields = FIELDS};

enum { ROWS = 64 };

/* What was told: a letter an event, with the number of its call. */
typedef struct told {
    char text[512];
    int lost;
    int64_t rows;
    int undecoded;
    int64_t columns; /* of all schemas that were told */
    int64_t output_rows, output_bytes;
} told;

static void tell(void *user, const vgi_tap_event *event)
{
    static const char LETTERS[] = {
        [VGI_TAP_REQUEST] = 'R',   [VGI_TAP_ANSWER] = 'A', [VGI_TAP_INPUT] = 'I', [VGI_TAP_CANCEL] = 'C',
        [VGI_TAP_INPUT_END] = 'e', [VGI_TAP_OUTPUT] = 'O', [VGI_TAP_LOG] = 'L',   [VGI_TAP_ERROR] = 'X',
        [VGI_TAP_END] = 'E',       [VGI_TAP_LOST] = '!'};
    told *t = user;
    size_t at = strlen(t->text);

    snprintf(t->text + at, sizeof t->text - at, "%c%d ", LETTERS[event->kind], (int)event->call->number);
    t->lost += event->kind == VGI_TAP_LOST;
    if (event->index > 0 && event->kind != VGI_TAP_LOG && event->kind != VGI_TAP_ERROR && event->kind != VGI_TAP_END &&
        event->kind != VGI_TAP_INPUT_END) {
        assert_true(event->batch || event->why);
        t->undecoded += !event->batch;
        t->rows += event->rows <= ROWS * ROWS ? event->rows : 0;
    }
    t->columns += event->schema ? event->schema->n_fields : 0;
    t->output_rows = event->call->output_rows;
    t->output_bytes = event->call->output_bytes;
    if (event->batch && event->batch->rows > 0 && event->schema->fields[0]->type == VGI_TYPE_INT64)
        (void)vgi_i64(event->batch, 0)[event->batch->rows - 1];
}

/* ---- sessions --------------------------------------------------------------------------------------------------- */

typedef struct session {
    vg_arena arena;
    vg_buf sides[2];
    size_t turns[2][8]; /* where each turn of a side ends */
    int n_turns;
} session;

/* Adds one batch; the schema before it where it is the first, the end of the stream behind it where it is the last. */
static void put(session *s, vgi_tap_side side, int64_t rows, bool first, bool last, const vgi_key_value *items,
                size_t n)
{
    static const int64_t VALUES[ROWS] = {1, 2, 3};
    const vgi_array column = {.field = &N, .length = rows, .buffers = {VALUES}};
    const vgi_batch batch = {
        .schema = &SCHEMA, .rows = rows, .n_columns = 1, .columns = &column, .metadata = {items, n}};
    vgi_bytes bytes;
    uint32_t schema_size;

    assert_int_equal(vg_batch_encode(&s->arena, &batch, &bytes, NULL), VGI_OK);
    memcpy(&schema_size, bytes.data + 4, sizeof schema_size);
    if (!first) {
        bytes.data += 8 + schema_size;
        bytes.size -= 8 + schema_size;
    }
    assert_true(vg_buf_append(&s->sides[side], bytes.data, bytes.size - (last ? 0 : 8)));
}

static void end_turn(session *s)
{
    s->turns[0][s->n_turns] = s->sides[0].size;
    s->turns[1][s->n_turns++] = s->sides[1].size;
}

#define PUT(s, side, rows, first, last, ...)                                                                           \
    put(s, side, rows, first, last, (const vgi_key_value[]){__VA_ARGS__},                                              \
        sizeof((const vgi_key_value[]){__VA_ARGS__}) / sizeof(vgi_key_value))
#define KEY(name, value) {VGI_STR("vgi_rpc." name), VGI_STR(value)}
#define REQUEST(name) KEY("method", name), KEY("protocol", "vgi.v2"), KEY("protocol_version", "2.0.0")

static const char STORY[] = "R1 A1 I1 L1 O1 I1 O1 E1 C1 e1 R2 X2 E2 ";

static void make(session *s, int64_t rows)
{
    *s = (session){0};
    PUT(s, VGI_TAP_CLIENT, 1, true, true, REQUEST("init"));
    PUT(s, VGI_TAP_WORKER, 1, true, true, KEY("x", "header"));
    end_turn(s);
    PUT(s, VGI_TAP_CLIENT, rows, true, false, KEY("x", "y"));
    PUT(s, VGI_TAP_WORKER, 0, true, false, KEY("log_level", "INFO"), KEY("log_message", "hello"));
    PUT(s, VGI_TAP_WORKER, rows, false, false, KEY("x", "y"));
    end_turn(s);
    PUT(s, VGI_TAP_CLIENT, 1, false, false, KEY("x", "y"));
    PUT(s, VGI_TAP_WORKER, 1, false, true, KEY("x", "y"));
    end_turn(s);
    PUT(s, VGI_TAP_CLIENT, 0, false, true, KEY("cancel", "1"));
    PUT(s, VGI_TAP_CLIENT, 1, true, true, REQUEST("bind"));
    PUT(s, VGI_TAP_WORKER, 0, true, true, KEY("log_level", "EXCEPTION"), KEY("log_message", "ValueError: no"));
    end_turn(s);
}

static void drop(session *s)
{
    vg_arena_done(&s->arena);
    vg_buf_done(&s->sides[0]);
    vg_buf_done(&s->sides[1]);
}

/* Feeds a session turn by turn, the client's bytes first, in pieces of `step`. */
static void play(const session *s, size_t step, int64_t max_bytes, told *t)
{
    vgi_tap_options options = {.event = tell, .user = t, .max_message_bytes = max_bytes};
    size_t at[2] = {0};
    vgi_tap *tap;

    *t = (told){0};
    assert_int_equal(vgi_tap_new(&options, &tap, NULL), VGI_OK);
    for (int turn = 0; turn < s->n_turns; turn++)
        for (int side = 0; side < 2; side++)
            while (at[side] < s->turns[side][turn]) {
                size_t left = s->turns[side][turn] - at[side], n = left < step ? left : step;

                vgi_tap_feed(tap, (vgi_tap_side)side, s->sides[side].data + at[side], n);
                at[side] += n;
            }
    vgi_tap_finish(tap, VGI_TAP_CLIENT);
    vgi_tap_finish(tap, VGI_TAP_WORKER);
    vgi_tap_free(tap);
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static void pieces_do_not_matter(void **state)
{
    static const size_t STEPS[] = {1, 3, 8, 100, 1 << 20};
    session s;
    told t;

    (void)state;
    make(&s, ROWS);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        play(&s, STEPS[i], 0, &t);
        assert_string_equal(t.text, STORY);
        assert_int_equal(t.rows, 2 * ROWS + 5);
        assert_int_equal(t.undecoded, 0);
    }
    drop(&s);
}

static void large_messages_are_told_by_their_size(void **state)
{
    static const size_t STEPS[] = {1, 50, 1 << 20};
    session s;
    told t;

    (void)state;
    make(&s, ROWS);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        play(&s, STEPS[i], 512, &t);
        assert_string_equal(t.text, STORY);
        assert_int_equal(t.rows, 2 * ROWS + 5);
        assert_int_equal(t.undecoded, 2);
    }
    drop(&s);
}

static void what_is_cut_is_lost_once(void **state)
{
    session s;
    told t;

    (void)state;
    make(&s, 3);
    for (size_t size = 1; size < s.sides[VGI_TAP_CLIENT].size; size++) {
        session part = s;

        for (int turn = 0; turn < part.n_turns; turn++) {
            part.turns[VGI_TAP_CLIENT][turn] = part.turns[VGI_TAP_CLIENT][turn] < size ? part.turns[0][turn] : size;
            part.turns[VGI_TAP_WORKER][turn] = 0;
        }
        play(&part, 1 << 20, 0, &t);
        assert_true(t.lost <= 1);
    }
    drop(&s);
}

/* Whatever a byte is changed to: the other side is told of to its end, this one is lost at most once. */
static void broken_bytes_break_nothing_else(void **state)
{
    session s;
    told t;

    (void)state;
    make(&s, 3);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < s.sides[side].size; i++) {
            s.sides[side].data[i] ^= 0x81;
            play(&s, 1 << 20, 0, &t);
            assert_true(t.lost <= 1);
            s.sides[side].data[i] ^= 0x81;
        }
    play(&s, 1 << 20, 0, &t);
    assert_string_equal(t.text, STORY);
    drop(&s);
}

/* Feeds one stream of a worker that nobody has asked. */
static void play_stream(vg_writer *writer, int64_t max_bytes, told *t)
{
    vgi_tap_options options = {.event = tell, .user = t, .max_message_bytes = max_bytes};
    vg_buf bytes = {0};
    vgi_tap *tap;

    *t = (told){0};
    assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_take(writer, &bytes, NULL), VGI_OK);
    assert_int_equal(vgi_tap_new(&options, &tap, NULL), VGI_OK);
    vgi_tap_feed(tap, VGI_TAP_WORKER, bytes.data, bytes.size);
    vgi_tap_finish(tap, VGI_TAP_WORKER);
    vgi_tap_free(tap);
    vg_buf_done(&bytes);
    vg_writer_free(writer);
}

/* The second batch is too large to be decoded, and so is its dictionary; the third one has the same. */
static void a_dictionary_that_was_not_read_is_missed(void **state)
{
    static const vgi_field text = {.type = VGI_TYPE_UTF8, .nullable = true};
    static const vgi_field field = {
        .name = VGI_STR("d"), .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &text};
    static const vgi_field *const fields[] = {&field};
    static const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    static const int32_t offsets[2][2] = {{0, 1}, {0, 3}};
    static const int8_t indices[1024] = {0};
    const vgi_array values[2] = {{.field = &text, .length = 1, .buffers = {offsets[0], "a"}},
                                 {.field = &text, .length = 1, .buffers = {offsets[1], "bcd"}}};
    static const int64_t rows[] = {1, 1024, 1};
    vg_writer *writer;
    told t;

    (void)state;
    assert_int_equal(vg_writer_new(NULL, &writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_open(writer, &schema, NULL), VGI_OK);
    for (int i = 0; i < 3; i++) {
        const vgi_array column = {
            .field = &field, .length = rows[i], .buffers = {indices}, .dictionary = &values[i > 0]};
        const vgi_batch batch = {.schema = &schema, .rows = rows[i], .n_columns = 1, .columns = &column};

        assert_int_equal(vg_writer_batch(writer, &batch, NULL), VGI_OK);
    }
    play_stream(writer, 512, &t);
    assert_string_equal(t.text, "A0 A0 A0 E0 ");
    assert_int_equal(t.undecoded, 2);
    assert_int_equal(t.rows, 1026);
}

/* What the envelope of a batch says of its rows is not checked by anybody where the batch cannot be decoded. */
static void rows_that_cannot_be_are_no_sum(void **state)
{
    static const vgi_field field = {.name = VGI_STR("n"), .type = VGI_TYPE_NULL, .nullable = true};
    static const vgi_field *const fields[] = {&field};
    static const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    const vgi_array column = {.field = &field, .length = INT64_MAX};
    const vgi_batch batch = {.schema = &schema, .rows = INT64_MAX, .n_columns = 1, .columns = &column};
    vg_writer *writer;
    told t;

    (void)state;
    assert_int_equal(vg_writer_new(NULL, &writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_open(writer, &schema, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, &batch, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(writer, &batch, NULL), VGI_OK);
    play_stream(writer, 0, &t);
    assert_string_equal(t.text, "A0 A0 E0 ");
    assert_int_equal(t.undecoded, 2);
    assert_true(t.output_rows == INT64_MAX);
}

static void a_digest_tells_nothing(void **state)
{
    char text[VGI_TAP_DIGEST_SIZE];

    (void)state;
    vgi_tap_digest("abc", 3, text);
    assert_string_equal(text, "sha256:ba7816bf8f01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(large_messages_are_told_by_their_size),
        cmocka_unit_test(what_is_cut_is_lost_once),
        cmocka_unit_test(broken_bytes_break_nothing_else),
        cmocka_unit_test(a_dictionary_that_was_not_read_is_missed),
        cmocka_unit_test(rows_that_cannot_be_are_no_sum),
        cmocka_unit_test(a_digest_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
