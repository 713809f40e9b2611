/* Unit tests of schema_read.c: types that no writer writes, put together here table by table; every type that there is,
 * with every allocation failing once. */
#include "ipc/sample.h"

#include "arrow/type.h"
#include "base/str.h"
#include "ipc/flatbuild.h"

/* ---- one field, of any tables ------------------------------------------------------------------------------------ */

typedef enum special { PLAIN, BAD_ZONE, TWO_CODES, SAME_CODES, FAR_CODE } special;

/* A scalar of the type's table. */
typedef struct scalar {
    int slot, width;
    int32_t value;
} scalar;

typedef struct odd_type {
    int wire;
    scalar scalars[3]; /* up to a width of 0 */
    int children;      /* how many, all of them int8 */
    special special;
    const char *said; /* NULL: it is read */
} odd_type;

static void put_scalar(vg_fbb *b, scalar s)
{
    if (s.width == 2)
        vg_fbb_i16(b, s.slot, (int16_t)s.value);
    else if (s.width == 4)
        vg_fbb_i32(b, s.slot, s.value);
}

static vg_fbb_ref put_type(vg_fbb *b, const odd_type *type)
{
    static const int32_t CODES[] = {0, 1}, SAME[] = {0, 0}, FAR[] = {0, 128};
    vg_fbb_ref zone = 0, codes = 0;

    if (type->special == BAD_ZONE)
        zone = vg_fbb_string(b, (vgi_string)VGI_STR("\xff"));
    else if (type->special != PLAIN)
        codes = vg_fbb_vector(b,
                              type->special == TWO_CODES    ? CODES
                              : type->special == SAME_CODES ? SAME
                                                            : FAR,
                              2, 4, 4);
    vg_fbb_table(b);
    for (int i = 0; i < 3; i++)
        put_scalar(b, type->scalars[i]);
    vg_fbb_link(b, VG_SLOT_TIMESTAMP_TIMEZONE, zone ? zone : codes); /* the same slot as VG_SLOT_UNION_TYPE_IDS */
    return vg_fbb_table_end(b);
}

static vg_fbb_ref put_field(vg_fbb *b, int wire, vg_fbb_ref type, vg_fbb_ref children, bool nullable)
{
    vg_fbb_ref name = vg_fbb_string(b, vgi_str("f"));

    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_FIELD_NAME, name);
    vg_fbb_link(b, VG_SLOT_FIELD_TYPE, type);
    vg_fbb_link(b, VG_SLOT_FIELD_CHILDREN, children);
    vg_fbb_u8(b, VG_SLOT_FIELD_NULLABLE, nullable);
    vg_fbb_u8(b, VG_SLOT_FIELD_TYPE_TYPE, (uint8_t)wire);
    return vg_fbb_table_end(b);
}

static vg_fbb_ref put_byte(vg_fbb *b, bool nullable)
{
    vg_fbb_ref type;

    vg_fbb_table(b);
    vg_fbb_i32(b, VG_SLOT_INT_BIT_WIDTH, 8);
    type = vg_fbb_table_end(b);
    return put_field(b, VG_WIRE_INT, type, vg_fbb_refs(b, NULL, 0), nullable);
}

/* The status of reading a schema of that one field. */
static vgi_status read_schema_of(vg_fbb *b, vg_fbb_ref field, vgi_error *err)
{
    vg_fbb_ref fields = vg_fbb_refs(b, &field, 1), schema;
    vg_buf stream = {0};
    vgi_status status;

    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_SCHEMA_FIELDS, fields);
    schema = vg_fbb_table_end(b);
    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_MESSAGE_HEADER, schema);
    vg_fbb_i16(b, VG_SLOT_MESSAGE_VERSION, VG_METADATA_V5);
    vg_fbb_u8(b, VG_SLOT_MESSAGE_HEADER_TYPE, VG_MESSAGE_SCHEMA);
    sample_message(&stream, vg_fbb_finish(b, vg_fbb_table_end(b)), "", 0);
    sample_end(&stream);
    status = sample_read(stream.data, stream.size, &VG_DEFAULT_LIMITS, err);
    vg_buf_done(&stream);
    return status;
}

static vgi_status read_odd(const odd_type *type, vgi_error *err)
{
    vg_fbb_ref children[200], of_field, of_type;
    vg_fbb b = {0};
    vgi_status status;

    vg_fbb_begin(&b);
    for (int i = 0; i < type->children; i++)
        children[i] = put_byte(&b, true);
    of_field = vg_fbb_refs(&b, children, (size_t)type->children);
    of_type = put_type(&b, type);
    status = read_schema_of(&b, put_field(&b, type->wire, of_type, of_field, true), err);
    vg_fbb_done(&b);
    return status;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void types_that_cannot_be_are_refused(void **state)
{
    static const odd_type TYPES[] = {
        {.wire = VG_WIRE_INT, .scalars = {{VG_SLOT_INT_BIT_WIDTH, 4, 24}}, .said = "bits"},
        {.wire = VG_WIRE_FLOATING_POINT, .scalars = {{VG_SLOT_FLOAT_PRECISION, 2, 3}}, .said = "floating-point"},
        {.wire = VG_WIRE_FLOATING_POINT, .scalars = {{VG_SLOT_FLOAT_PRECISION, 2, 2}}},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_BIT_WIDTH, 4, 32}}, .said = "decimal32"},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_BIT_WIDTH, 4, 64}}, .said = "decimal64"},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_BIT_WIDTH, 4, 96}}, .said = "128 or 256 bits"},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_PRECISION, 4, 0}}, .said = "out of range"},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_PRECISION, 4, 39}}, .said = "out of range"},
        {.wire = VG_WIRE_DECIMAL, .scalars = {{VG_SLOT_DECIMAL_PRECISION, 4, 76}, {VG_SLOT_DECIMAL_BIT_WIDTH, 4, 256}}},
        {.wire = VG_WIRE_DATE, .scalars = {{VG_SLOT_UNIT, 2, 2}}, .said = "date unit"},
        {.wire = VG_WIRE_DURATION, .scalars = {{VG_SLOT_UNIT, 2, 4}}, .said = "time unit"},
        {.wire = VG_WIRE_DURATION, .scalars = {{VG_SLOT_UNIT, 2, -1}}, .said = "time unit"},
        {.wire = VG_WIRE_TIME, .scalars = {{VG_SLOT_UNIT, 2, 4}}, .said = "time unit"},
        {.wire = VG_WIRE_TIME, .scalars = {{VG_SLOT_UNIT, 2, VGI_MICROSECOND}}, .said = "in us or ns 64"},
        {.wire = VG_WIRE_TIME, .scalars = {{VG_SLOT_UNIT_BIT_WIDTH, 4, 64}}, .said = "in s or ms is 32"},
        {.wire = VG_WIRE_TIMESTAMP, .special = BAD_ZONE, .said = "not UTF-8"},
        {.wire = VG_WIRE_INTERVAL, .scalars = {{VG_SLOT_UNIT, 2, VG_INTERVAL_YEAR_MONTH}}},
        {.wire = VG_WIRE_INTERVAL, .scalars = {{VG_SLOT_UNIT, 2, VG_INTERVAL_DAY_TIME}}},
        {.wire = VG_WIRE_INTERVAL, .scalars = {{VG_SLOT_UNIT, 2, 3}}, .said = "interval unit"},
        {.wire = VG_WIRE_FIXED_SIZE_BINARY, .scalars = {{VG_SLOT_FIXED_SIZE, 4, -1}}, .said = "negative"},
        {.wire = VG_WIRE_FIXED_SIZE_BINARY, .scalars = {{VG_SLOT_FIXED_SIZE, 4, INT32_MAX / 8}}},
        {.wire = VG_WIRE_FIXED_SIZE_BINARY, .scalars = {{VG_SLOT_FIXED_SIZE, 4, INT32_MAX / 8 + 1}}, .said = "limit"},
        {.wire = VG_WIRE_FIXED_SIZE_LIST, .scalars = {{VG_SLOT_FIXED_SIZE, 4, -1}}, .children = 1, .said = "negative"},
        {.wire = VG_WIRE_UTF8, .children = 1, .said = "no children"},
        {.wire = VG_WIRE_LIST, .children = 2, .said = "exactly one child"},
        {.wire = VG_WIRE_MAP, .children = 1, .said = "entries of a map"},
        {.wire = VG_WIRE_UNION, .scalars = {{VG_SLOT_UNION_MODE, 2, 2}}, .said = "union mode"},
        {.wire = VG_WIRE_UNION, .children = 128},
        {.wire = VG_WIRE_UNION, .children = 129, .said = "at most 128 members"},
        {.wire = VG_WIRE_UNION, .special = TWO_CODES, .children = 2},
        {.wire = VG_WIRE_UNION, .special = TWO_CODES, .children = 3, .said = "one type code for each"},
        {.wire = VG_WIRE_UNION, .special = SAME_CODES, .children = 2, .said = "code"},
        {.wire = VG_WIRE_UNION, .special = FAR_CODE, .children = 2, .said = "code"},
        {.wire = VG_WIRE_NONE, .said = "no type"},
        {.wire = VG_WIRE_TYPE_COUNT, .said = "no type"},
        {.wire = VG_WIRE_UTF8_VIEW, .said = "view"},
        {.wire = VG_WIRE_RUN_END_ENCODED, .children = 2, .said = "run"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        vgi_error err = {0};
        vgi_status status = read_odd(&TYPES[i], &err);

        if ((status == VGI_OK) != !TYPES[i].said || (TYPES[i].said && !strstr(err.message, TYPES[i].said)))
            fail_msg("%zu (expected: %s): %s", i, TYPES[i].said ? TYPES[i].said : "nothing", err.message);
    }
}

/* Entries that may be null, a key that may, one member only. */
static void maps_have_entries_of_two(void **state)
{
    static const struct {
        int members;
        bool entries_nullable, key_nullable;
        const char *said;
    } MAPS[] = {
        {2, false, false, NULL},
        {2, true, false, "a non-nullable struct"},
        {2, false, true, "must not be nullable"},
        {1, false, false, "of a key and a value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof MAPS / sizeof *MAPS; i++) {
        vg_fbb_ref members[2], entries, of_map, type;
        vgi_error err = {0};
        vgi_status status;
        vg_fbb b = {0};

        vg_fbb_begin(&b);
        members[0] = put_byte(&b, MAPS[i].key_nullable);
        members[1] = put_byte(&b, true);
        of_map = vg_fbb_refs(&b, members, (size_t)MAPS[i].members);
        vg_fbb_table(&b);
        type = vg_fbb_table_end(&b);
        entries = put_field(&b, VG_WIRE_STRUCT, type, of_map, MAPS[i].entries_nullable);
        of_map = vg_fbb_refs(&b, &entries, 1);
        status = read_schema_of(&b, put_field(&b, VG_WIRE_MAP, type, of_map, true), &err);
        vg_fbb_done(&b);
        if ((status == VGI_OK) != !MAPS[i].said || (MAPS[i].said && !strstr(err.message, MAPS[i].said)))
            fail_msg("%zu: %s", i, err.message);
    }
}

/* What is missing altogether: a list of fields, a type. */
static void tables_that_are_missing_are_told(void **state)
{
    vgi_error err = {0};
    vg_fbb b = {0};
    vg_fbb_ref type;

    (void)state;
    vg_fbb_begin(&b);
    vg_fbb_table(&b);
    type = vg_fbb_table_end(&b);
    assert_int_equal(read_schema_of(&b, put_field(&b, VG_WIRE_UTF8, type, 0, true), &err), VGI_ERR_PROTOCOL);
    assert_non_null(strstr(err.message, "a list of fields is missing"));
    vg_fbb_begin(&b);
    assert_int_not_equal(read_schema_of(&b, put_field(&b, VG_WIRE_NONE, 0, vg_fbb_refs(&b, NULL, 0), true), &err),
                         VGI_OK);
    vg_fbb_done(&b);
}

SAMPLE_FIELD(NUMBER, "n", .type = VGI_TYPE_INT32);
SAMPLE_FIELD(TEXT, "t", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(WORD, "w", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &TEXT);
static const vgi_field *const MEMBERS[] = {&NUMBER, &TEXT};
static const int8_t CODES[] = {3, 5};
static const vgi_key_value PAIR[] = {{VGI_STR("key"), VGI_STR("value")}};
SAMPLE_FIELD(UNION, "u", .type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = MEMBERS, .type_codes = CODES,
             .metadata = {PAIR, 1});

/* A stream with a union, a dictionary that is sent twice, and metadata, in the schema's of them `pad` bytes. */
static void write_stream(vg_buf *stream, size_t pad)
{
    static const char padding[5000] = "";
    static const vgi_field *const fields[] = {&UNION, &WORD};
    static const int8_t codes[] = {3, 5}, indices[] = {0, 0};
    static const int32_t offsets[] = {0, 0}, numbers[] = {7}, ends[] = {0, 1};
    const vgi_key_value padded[] = {{VGI_STR("pad"), {padding, pad}}};
    const vgi_arrow_schema schema = {.n_fields = 2, .fields = fields, .metadata = {padded, 1}};
    const vgi_array texts[] = {{.field = &TEXT, .length = 1, .buffers = {ends, "a"}},
                               {.field = &TEXT, .length = 1, .buffers = {ends, "b"}}};
    const vgi_array children[] = {{.field = &NUMBER, .length = 1, .buffers = {numbers}}, texts[0]};
    vg_writer *writer;

    assert_int_equal(vg_writer_new(NULL, &writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_open(writer, &schema, NULL), VGI_OK);
    for (int i = 0; i < 2; i++) {
        const vgi_array columns[] = {
            {.field = &UNION, .length = 2, .buffers = {codes, offsets}, .n_children = 2, .children = children},
            {.field = &WORD, .length = 2, .buffers = {indices}, .dictionary = &texts[i]}};
        const vgi_batch batch = {
            .schema = &schema, .rows = 2, .n_columns = 2, .columns = columns, .metadata = {padded, 1}};

        assert_int_equal(vg_writer_batch(writer, &batch, NULL), VGI_OK);
    }
    assert_int_equal(vg_writer_close(writer, NULL), VGI_OK);
    assert_int_equal(vg_writer_take(writer, stream, NULL), VGI_OK);
    vg_writer_free(writer);
}

/* True if it could be read with so many allocations. */
static bool read_with(const vg_buf *stream, int64_t allocations)
{
    vg_input input = vg_input_memory(stream->data, stream->size);
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vg_reader *reader;
    vgi_error err = {0};
    vgi_status status;

    assert_int_equal(vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, NULL), VGI_OK);
    vg_alloc_fail_after(allocations);
    status = vg_reader_open(reader, &schema, &err);
    while (status == VGI_OK)
        status = vg_reader_next(reader, &batch, &err);
    vg_alloc_fail_after(-1);
    vg_reader_free(reader);
    assert_true(status == VGI_END || status == VGI_ERR_MEMORY);
    return status == VGI_END;
}

/* Every failure is told as one of memory, and leaves nothing behind. An arena takes its memory in blocks: the padding
 * moves the end of one along what is read. */
static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 4600; pad += 8) {
        vg_buf stream = {0};
        int64_t n = 0;

        write_stream(&stream, pad);
        while (!read_with(&stream, n))
            n++;
        assert_true(n > 3);
        vg_buf_done(&stream);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_that_cannot_be_are_refused),
        cmocka_unit_test(maps_have_entries_of_two),
        cmocka_unit_test(tables_that_are_missing_are_told),
        cmocka_unit_test(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
