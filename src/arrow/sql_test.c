/* Unit tests of sql.c, sql_types.c, sql_print.c and caret.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/type.h"
#include "base/alloc.h"

static const vgi_field *parse(vg_arena *arena, const char *sql)
{
    vgi_field *field = vg_arena_alloc(arena, sizeof *field);
    vgi_error err = {0};

    if (vg_type_parse(arena, vgi_str(sql), field, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return field;
}

/* What is written, and what is printed for it; the same where the second is NULL. */
static const char *const SPELLINGS[][2] = {
    {"BOOLEAN"},
    {"TINYINT"},
    {"SMALLINT"},
    {"INTEGER"},
    {"BIGINT"},
    {"UTINYINT"},
    {"USMALLINT"},
    {"UINTEGER"},
    {"UBIGINT"},
    {"FLOAT"},
    {"DOUBLE"},
    {"HUGEINT"},
    {"UHUGEINT"},
    {"BIGNUM"},
    {"VARCHAR"},
    {"BLOB"},
    {"BIT"},
    {"UUID"},
    {"JSON"},
    {"GEOMETRY"},
    {"DATE"},
    {"TIME"},
    {"TIME_NS"},
    {"TIMESTAMP"},
    {"TIMESTAMP_S"},
    {"TIMESTAMP_MS"},
    {"TIMESTAMP_NS"},
    {"TIMESTAMP WITH TIME ZONE"},
    {"TIME WITH TIME ZONE"},
    {"INTERVAL"},
    {"ANY"},
    {"\"NULL\""},
    {"NULL", "\"NULL\""},
    {"int", "INTEGER"},
    {"Int8", "BIGINT"},
    {"int1", "TINYINT"},
    {"long", "BIGINT"},
    {"int128", "HUGEINT"},
    {"text", "VARCHAR"},
    {"string", "VARCHAR"},
    {"varchar(20)", "VARCHAR"},
    {"character  varying ( 5 )", "VARCHAR"},
    {"double\tprecision", "DOUBLE"},
    {"real", "FLOAT"},
    {"float4", "FLOAT"},
    {"bytea", "BLOB"},
    {"guid", "UUID"},
    {"datetime", "TIMESTAMP"},
    {"timestamptz", "TIMESTAMP WITH TIME ZONE"},
    {"timetz", "TIME WITH TIME ZONE"},
    {"timestamp without time zone", "TIMESTAMP"},
    {"varint", "BIGNUM"},
    {"uint8", "UTINYINT"},
    {"bool", "BOOLEAN"},
    {"DECIMAL(18,3)"},
    {"decimal", "DECIMAL(18,3)"},
    {"numeric( 38 , 38 )", "DECIMAL(38,38)"},
    {"dec(5)", "DECIMAL(5,0)"},
    {"VARCHAR[]"},
    {"INTEGER[3]"},
    {"DECIMAL(4,1)[][2][]"},
    {"BIGINT [ 7 ] [ ]", "BIGINT[7][]"},
    {"STRUCT(a BIGINT, \"b c\" VARCHAR)"},
    {"row(\"a\"\"b\" int)", "STRUCT(\"a\"\"b\" INTEGER)"},
    {"STRUCT(\"select\" BIGINT, \"1a\" DATE[])"},
    {"STRUCT(a STRUCT(b STRUCT(c UUID)))"},
    {"MAP(VARCHAR, BIGINT)"},
    {"map(int,map(text,bool[]))", "MAP(INTEGER, MAP(VARCHAR, BOOLEAN[]))"},
    {"UNION(n BIGINT, s VARCHAR)"},
    {"ENUM('a', 'it''s', '')"},
    {"enum('ä')[]", "ENUM('ä')[]"},
    {"STRUCT(m MAP(VARCHAR, ENUM('x')), t TIMESTAMP WITH TIME ZONE)"},
    {"ANY[]"},
};

static void types_are_read_and_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof *SPELLINGS; i++) {
        const char *expected = SPELLINGS[i][1] ? SPELLINGS[i][1] : SPELLINGS[i][0];
        vg_arena arena = {0};
        const vgi_field *field = parse(&arena, SPELLINGS[i][0]);
        const vgi_string sql = vg_type_sql(&arena, field);

        assert_null(field->name.data);
        assert_true(field->nullable);
        assert_string_equal(sql.data, expected);
        assert_true(vg_type_equal(field, parse(&arena, sql.data)));
        vg_arena_done(&arena);
    }
}

static void types_are_the_engines(void **state)
{
    vg_arena arena = {0};
    const vgi_field *f;

    (void)state;
    f = parse(&arena, "TIMESTAMPTZ");
    assert_int_equal(f->type, VGI_TYPE_TIMESTAMP);
    assert_int_equal(f->unit, VGI_MICROSECOND);
    assert_string_equal(f->timezone.data, "UTC");
    f = parse(&arena, "TIMETZ");
    assert_int_equal(f->type, VGI_TYPE_FIXED_SIZE_BINARY);
    assert_int_equal(f->fixed_size, 8);
    assert_string_equal(vgi_metadata_get(f->metadata, "ARROW:extension:name").data, "arrow.opaque");
    assert_string_equal(vgi_metadata_get(f->metadata, "ARROW:extension:metadata").data,
                        "{\"type_name\":\"time_tz\",\"vendor_name\":\"DuckDB\"}");
    f = parse(&arena, "ENUM('a','b')");
    assert_int_equal(f->index_type, VGI_TYPE_UINT8);
    assert_int_equal(f->dictionary->type, VGI_TYPE_UTF8);
    assert_int_equal(f->metadata.count, 0);
    f = parse(&arena, "MAP(TEXT, INT)");
    assert_int_equal(f->n_children, 1);
    assert_false(f->children[0]->nullable);
    assert_false(f->children[0]->children[0]->nullable);
    assert_true(f->children[0]->children[1]->nullable);
    f = parse(&arena, "UNION(a INT, b TEXT)");
    assert_int_equal(f->type, VGI_TYPE_SPARSE_UNION);
    f = parse(&arena, "ANY");
    assert_string_equal(vgi_metadata_get(f->metadata, "vgi_type").data, "any");
    vg_arena_done(&arena);
}

static void many_enum_values_take_a_wider_index(void **state)
{
    char sql[4096] = "ENUM('first'";
    vg_arena arena = {0};

    (void)state;
    for (int i = 0; i < 254; i++)
        sprintf(sql + strlen(sql), ",'%d'", i);
    strcat(sql, ")");
    assert_int_equal(parse(&arena, sql)->index_type, VGI_TYPE_UINT8);
    strcpy(sql + strlen(sql) - 1, ",'last')");
    assert_int_equal(parse(&arena, sql)->index_type, VGI_TYPE_UINT16);
    vg_arena_done(&arena);
}

static void what_sql_cannot_say_is_in_angle_brackets(void **state)
{
    static const vgi_field item = {.type = VGI_TYPE_LARGE_UTF8}, *const items[] = {&item};
    const struct {
        vgi_field field;
        const char *sql;
    } rows[] = {
        {{.type = VGI_TYPE_LARGE_UTF8}, "<large_utf8>"},
        {{.type = VGI_TYPE_DATE64}, "<date64>"},
        {{.type = VGI_TYPE_FLOAT16}, "<float16>"},
        {{.type = VGI_TYPE_TIME32, .unit = VGI_MILLISECOND}, "<time32(ms)>"},
        {{.type = VGI_TYPE_DURATION, .unit = VGI_NANOSECOND}, "<duration(ns)>"},
        {{.type = VGI_TYPE_TIMESTAMP, .unit = VGI_SECOND, .timezone = VGI_STR("Asia/Tokyo")},
         "<timestamp(s, Asia/Tokyo)>"},
        {{.type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND, .timezone = VGI_STR("Asia/Tokyo")},
         "TIMESTAMP WITH TIME ZONE"},
        {{.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16}, "<fixed_size_binary(16)>"},
        {{.type = VGI_TYPE_DECIMAL256, .precision = 50, .scale = 2}, "<decimal256(50,2)>"},
        {{.type = VGI_TYPE_LARGE_LIST, .n_children = 1, .children = items}, "<large_list(<large_utf8>)>"},
        {{.type = VGI_TYPE_DENSE_UNION, .n_children = 1, .children = items}, "<dense_union(\"\" <large_utf8>)>"},
        {{.type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &item},
         "<dictionary(int16, <large_utf8>)>"},
        {{.type = VGI_TYPE_INTERVAL_MONTHS}, "<month_interval>"},
        {{.type = VGI_TYPE_STRUCT}, "STRUCT()"},
    };
    static const vgi_key_value bool8[] = {{VGI_STR("ARROW:extension:name"), VGI_STR("arrow.bool8")}};
    static const vgi_key_value other[] = {{VGI_STR("ARROW:extension:name"), VGI_STR("my.type")}};
    static const vgi_key_value spaced[] = {
        {VGI_STR("ARROW:extension:name"), VGI_STR("arrow.opaque")},
        {VGI_STR("ARROW:extension:metadata"), VGI_STR("{\"vendor_name\": \"DuckDB\", \"type_name\" : \"uhugeint\"}")}};
    vg_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(vg_type_sql(&arena, &rows[i].field).data, rows[i].sql);
    assert_string_equal(vg_type_sql(&arena, &(vgi_field){.type = VGI_TYPE_INT8, .metadata = {bool8, 1}}).data,
                        "BOOLEAN");
    assert_string_equal(vg_type_sql(&arena, &(vgi_field){.type = VGI_TYPE_INT8, .metadata = {other, 1}}).data,
                        "TINYINT");
    assert_string_equal(
        vg_type_sql(&arena, &(vgi_field){.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16, .metadata = {spaced, 2}})
            .data,
        "UHUGEINT");
    vg_arena_done(&arena);
}

/* Text, the place of the caret in it, and words of the message. */
static const struct {
    const char *sql;
    int caret;
    const char *words;
} MISTAKES[] = {
    {"BIGNIT", 0, "unknown type 'BIGNIT'"},
    {"", 0, "expected a type"},
    {"BIGINT x", 7, "expected the end"},
    {"BIGINT[", 7, "the number of items"},
    {"BIGINT[0]", 7, "from 1 to 100000"},
    {"BIGINT[99999999999999]", 7, "from 1 to 100000"},
    {"BIGINT[3", 8, "expected ']'"},
    {"DECIMAL(39,1)", 8, "precision must be from 1 to 38"},
    {"DECIMAL(4,5)", 10, "scale must be from 0 to 4"},
    {"DECIMAL(4,", 10, "the scale, a number"},
    {"STRUCT", 6, "expected '('"},
    {"STRUCT()", 7, "expected the name of a member"},
    {"STRUCT(a BIGINT, A VARCHAR)", 17, "'A' is used twice"},
    {"STRUCT(a BIGINT", 15, "expected ')'"},
    {"STRUCT(\"a BIGINT)", 7, "this name has no end"},
    {"STRUCT(\"\" BIGINT)", 7, "cannot be empty"},
    {"STRUCT(a NOPE)", 9, "unknown type 'NOPE'"},
    {"MAP(VARCHAR)", 11, "expected ','"},
    {"ENUM()", 5, "single quotes"},
    {"ENUM('a', 'a')", 10, "'a' is listed twice"},
    {"ENUM('a", 5, "this value has no end"},
    {"VARIANT", 0, "VARIANT cannot travel"},
    {"TIMESTAMP WITH", 10, "expected the end"},
};

static void mistakes_are_pointed_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        vg_arena arena = {0};
        vgi_error err = {0};
        vgi_field field;
        const char *line, *caret;

        assert_int_equal(vg_type_parse(&arena, vgi_str(MISTAKES[i].sql), &field, &err), VGI_ERR_VALUE);
        if (!strstr(err.message, MISTAKES[i].words))
            fail_msg("'%s' does not say '%s'", err.message, MISTAKES[i].words);
        line = strchr(err.message, '\n') + 1;
        caret = strchr(line, '\n') + 1;
        if (strchr(caret, '^') - caret - 2 != MISTAKES[i].caret)
            fail_msg("the caret is elsewhere:\n%s", err.message);
        vg_arena_done(&arena);
    }
}

static void a_long_text_is_shown_in_part(void **state)
{
    vgi_error err = {0};
    char text[400];
    const char *line, *caret;

    (void)state;
    for (int i = 0; i < 100; i++)
        memcpy(text + 3 * i, "\xE2\x82\xAC", 3); /* the euro sign, three bytes */
    text[201] = '\n';
    text[202] = text[203] = ' ';
    (void)vg_caret_error(&err, VGI_ERR_VALUE, (vgi_string){text, 300}, 210, "here");
    line = strchr(err.message, '\n') + 1;
    caret = strchr(line, '\n') + 1;
    assert_memory_equal(line, "  ...", 5);
    assert_true(caret - line < 140);
    assert_null(strchr(caret, '\n'));
    assert_memory_equal(caret + strlen(caret) - 1, "^", 1);
    /* 70 bytes before: 22 signs and three ASCII characters; the caret counts characters behind the indent and "..." */
    assert_int_equal(strlen(caret), 2 + 3 + 25 + 1);
}

static void columns_are_read(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(
        vg_columns_parse(&arena, vgi_str(" a BIGINT , \"b c\" VARCHAR[] NOT NULL, \"not\" INT null "), &schema, &err),
        VGI_OK);
    assert_int_equal(schema->n_fields, 3);
    assert_string_equal(schema->fields[1]->name.data, "b c");
    assert_int_equal(schema->fields[1]->type, VGI_TYPE_LIST);
    assert_true(schema->fields[0]->nullable);
    assert_false(schema->fields[1]->nullable);
    assert_true(schema->fields[2]->nullable);
    assert_int_equal(vg_columns_parse(&arena, vgi_str(" "), &schema, &err), VGI_OK);
    assert_int_equal(schema->n_fields, 0);
    assert_int_equal(vg_columns_parse(&arena, vgi_str("a BIGINT, A INT"), &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, vgi_str("a BIGINT,"), &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, vgi_str("a BIGINT NOT"), &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, vgi_str("a BIGINT b INT"), &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, vgi_str("BIGINT"), &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, (vgi_string){"a\xff INT", 6}, &schema, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_columns_parse(&arena, (vgi_string){"a INT\0", 6}, &schema, NULL), VGI_ERR_VALUE);
    vg_arena_done(&arena);
}

static void a_type_is_read_out_of_a_text(void **state)
{
    const vgi_string text = vgi_str("f(a  DOUBLE PRECISION := 1)");
    vg_arena arena = {0};
    vgi_field field;
    size_t pos = 3;

    (void)state;
    assert_int_equal(vg_type_parse_at(&arena, text, &pos, &field, NULL), VGI_OK);
    assert_int_equal(field.type, VGI_TYPE_FLOAT64);
    assert_string_equal(text.data + pos, " := 1)");
    vg_arena_done(&arena);
}

static void nesting_has_a_limit(void **state)
{
    char sql[400] = "BIGINT";
    vg_arena arena = {0};
    vgi_field field;

    (void)state;
    for (int i = 0; i < 32; i++)
        strcat(sql, "[]");
    assert_int_equal(vg_type_parse(&arena, vgi_str(sql), &field, NULL), VGI_OK);
    strcat(sql, "[]");
    assert_int_equal(vg_type_parse(&arena, vgi_str(sql), &field, NULL), VGI_ERR_VALUE);
    sql[0] = '\0';
    for (int i = 0; i < 33; i++)
        strcat(sql, "STRUCT(a ");
    assert_int_equal(vg_type_parse(&arena, vgi_str(sql), &field, NULL), VGI_ERR_VALUE);
    vg_arena_done(&arena);
}

static void running_out_of_memory_is_an_error(void **state)
{
    static const char SQL[] = "STRUCT(a MAP(VARCHAR, ENUM('x', 'y'))[], b DECIMAL(3,1)[4])";
    int failures = 0;

    (void)state;
    for (size_t limit = 16; limit < 6000; limit += 64) {
        vg_arena arena;
        vgi_field field;
        vgi_status status;

        vg_arena_init(&arena, limit);
        status = vg_type_parse(&arena, vgi_str(SQL), &field, NULL);
        assert_true(status == VGI_OK || status == VGI_ERR_MEMORY);
        failures += status != VGI_OK;
        vg_arena_done(&arena);
    }
    assert_in_range(failures, 5, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_read_and_printed),
        cmocka_unit_test(types_are_the_engines),
        cmocka_unit_test(many_enum_values_take_a_wider_index),
        cmocka_unit_test(what_sql_cannot_say_is_in_angle_brackets),
        cmocka_unit_test(mistakes_are_pointed_at),
        cmocka_unit_test(a_long_text_is_shown_in_part),
        cmocka_unit_test(columns_are_read),
        cmocka_unit_test(a_type_is_read_out_of_a_text),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
