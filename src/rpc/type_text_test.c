/* Unit tests of type_parse.c and type_print.c: what is read prints as the hash spells it, and mistakes are pointed
 * at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "rpc/type_text.h"

static const vg_type_scope NONE = {0};

static void assert_prints(const char *text, const char *expected)
{
    vg_arena arena = {0};
    vg_text printed = {.arena = &arena};
    const vgi_arrow_schema *schema, *again;
    char field[300];

    snprintf(field, sizeof field, "f: %s", text);
    assert_int_equal(vg_fields_parse(&arena, &NONE, field, &schema, NULL), VGI_OK);
    assert_int_equal(schema->n_fields, 1);
    vg_type_print(&printed, schema->fields[0]);
    assert_string_equal(vg_text_take(&printed).data, expected);
    snprintf(field, sizeof field, "f: %s", expected);
    assert_int_equal(vg_fields_parse(&arena, &NONE, field, &again, NULL), VGI_OK);
    assert_true(vg_field_equal(schema->fields[0], again->fields[0]));
    vg_arena_done(&arena);
}

static void types_print_as_the_hash_spells_them(void **state)
{
    (void)state;
    assert_prints("int64", "int64");
    assert_prints(" large_utf8 ", "large_utf8");
    assert_prints("list<int64>", "list<item?:int64>");
    assert_prints("list<x: int64>", "list<item:int64>");
    assert_prints("fixed_size_list(3)<float32>", "fixed_size_list(3)<item?:float32>");
    assert_prints("map<utf8, list<date32>>", "map<key:utf8,value?:list<item?:date32>>");
    assert_prints("struct<a: utf8, b?: bool>", "struct<a:utf8,b?:bool>");
    assert_prints("struct<>", "struct<>");
    assert_prints("dictionary<int16, utf8>", "dictionary<index:int16,value:utf8>");
    assert_prints("decimal128(20, 4)", "decimal128(20,4)");
    assert_prints("timestamp(us, tz=Europe/Berlin)", "timestamp(us,tz=Europe/Berlin)");
    assert_prints("time32(ms)", "time32(ms)");
    assert_prints("duration(ns)", "duration(ns)");
    assert_prints("fixed_size_binary(8)", "fixed_size_binary(8)");
}

static const char *const WRONG_FIELDS[] = {
    "a",
    "a:",
    "a: int65",
    "a: int64,",
    "a: int64 b: int64",
    "a: list<int64",
    "a: list",
    "a: map<utf8>",
    "a: decimal128(39, 0)",
    "a: time32(us)",
    "a: time64(ms)",
    "a: dictionary<utf8, utf8>",
    "a: int64, a: utf8",
    "a: dense_union<0=x:int64>",
    "1a: int64",
    "a: fixed_size_binary",
    "a: fixed_size_binary()",
    "a: Point",
    "a?",
    "a: decimal128",
    "a: decimal128(0, 0)",
    "a: decimal128(x, 0)",
    "a: decimal128(5",
    "a: decimal128(5, )",
    "a: decimal128(5, 6)",
    "a: decimal256(77, 0)",
    "a: decimal128(5, 2",
    "a: fixed_size_binary(3",
    "a: fixed_size_list<int64>",
    "a: fixed_size_list(3)",
    "a: duration",
    "a: duration(xs)",
    "a: timestamp(us, zone=UTC)",
    "a: timestamp(us, tz UTC)",
    "a: timestamp(us, tz=)",
    "a: timestamp(us, tz=UTC",
    "a: list<int65>",
    "a: map",
    "a: map<utf8, utf8",
    "a: map<utf9, utf8>",
    "a: map<utf8, utf9>",
    "a: struct",
    "a: struct<b>",
    "a: struct<b: int64",
    "a: dictionary",
    "a: dictionary<int16>",
    "a: dictionary<int17, utf8>",
    "a: dictionary<int16, utf9>",
    "a: dictionary<int16, utf8",
};

static void mistakes_are_pointed_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WRONG_FIELDS / sizeof *WRONG_FIELDS; i++) {
        vg_arena arena = {0};
        const vgi_arrow_schema *schema;
        vgi_error err = {0};

        if (vg_fields_parse(&arena, &NONE, WRONG_FIELDS[i], &schema, &err) != VGI_ERR_VALUE)
            fail_msg("'%s' was taken", WRONG_FIELDS[i]);
        assert_non_null(strchr(err.message, '^'));
        vg_arena_done(&arena);
    }
}

static void mistakes_in_signatures_are_pointed_at(void **state)
{
    static const char *const WRONG[] = {
        "",
        "f",
        "f(",
        "f(a)",
        "f(a: int64",
        "f() -",
        "f() ->",
        "f() -> int65",
        "f() -> int64 x",
        "f() x",
        "f(a: int64, a: int64)",
        "f(a: int64,)",
    };

    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        vg_arena arena = {0};
        vg_rpc_signature signature;
        vgi_error err = {0};

        if (vg_rpc_signature_parse(&arena, &NONE, WRONG[i], &signature, &err) != VGI_ERR_VALUE)
            fail_msg("'%s' was taken", WRONG[i]);
        assert_non_null(strchr(err.message, '^'));
        vg_arena_done(&arena);
    }
}

static void too_many_fields_are_refused(void **state)
{
    static char text[10000];
    vg_arena arena = {0};
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        sprintf(text + strlen(text), "%sa%d:int8", i ? "," : "", i);
    assert_int_equal(vg_fields_parse(&arena, &NONE, text, &schema, NULL), VGI_OK);
    assert_int_equal(schema->n_fields, 1000);
    strcat(text, ",b:int8");
    assert_int_equal(vg_fields_parse(&arena, &NONE, text, &schema, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "too many fields"));
    vg_arena_done(&arena);
}

/* What cannot be read is printed all the same: the hash is of what others declare, too. */
static void more_is_printed_than_read(void **state)
{
    static const vgi_field number = {.name = VGI_STR("n"), .type = VGI_TYPE_INT8};
    static const vgi_field text = {.name = VGI_STR("t"), .type = VGI_TYPE_UTF8, .nullable = true};
    static const vgi_field *const members[] = {&number, &text};
    static const int8_t codes[] = {5, 7};
    static const vgi_field entries = {.type = VGI_TYPE_STRUCT, .n_children = 2, .children = members};
    static const vgi_field *const of_map[] = {&entries};
    static const vgi_key_value uuid[] = {{VGI_STR("ARROW:extension:name"), VGI_STR("arrow.uuid")}};
    static const struct {
        vgi_field field;
        const char *expected;
    } CASES[] = {
        {{.type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = members}, "dense_union<0=n:int8,1=t?:utf8>"},
        {{.type = VGI_TYPE_SPARSE_UNION, .n_children = 2, .children = members, .type_codes = codes},
         "sparse_union<5=n:int8,7=t?:utf8>"},
        {{.type = VGI_TYPE_MAP, .n_children = 1, .children = of_map, .keys_sorted = true},
         "map<key:int8,value?:utf8>,keys_sorted"},
        {{.type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &text, .dictionary_ordered = true},
         "dictionary<index:int8,value:utf8>,ordered"},
        {{.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16, .metadata = {uuid, 1}},
         "extension(arrow.uuid)<fixed_size_binary(16)>"},
        {{.type = VGI_TYPE_TIMESTAMP, .unit = VGI_SECOND, .timezone = VGI_STR("")}, "timestamp(s)"},
    };
    vg_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vg_text printed = {.arena = &arena};

        vg_type_print(&printed, &CASES[i].field);
        assert_string_equal(vg_text_take(&printed).data, CASES[i].expected);
    }
    vg_arena_done(&arena);
}

static void deep_nesting_is_refused(void **state)
{
    char text[1000] = "a: ";
    vg_arena arena = {0};
    const vgi_arrow_schema *schema;

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(text, "list<");
    assert_int_equal(vg_fields_parse(&arena, &NONE, text, &schema, NULL), VGI_ERR_VALUE);
    vg_arena_done(&arena);
}

static void records_are_binary_as_parameters_and_structs_inside(void **state)
{
    vg_arena arena = {0};
    vg_named_type types[2] = {{.name = "Point"}, {.name = "Color"}};
    const vg_type_scope scope = {types, 2};
    vg_rpc_signature signature;

    (void)state;
    assert_int_equal(vg_fields_parse(&arena, &NONE, "x: float64", &types[0].record, NULL), VGI_OK);
    types[0].field = (vgi_field){.type = VGI_TYPE_STRUCT, .n_children = 1, .children = types[0].record->fields};
    assert_int_equal(vg_members_parse(&arena, "RED, GREEN", &types[1].field, NULL), VGI_OK);
    assert_int_equal(vg_rpc_signature_parse(&arena, &scope, "move(p?: Point, all: list<Point>, c: Color) -> Point?",
                                            &signature, NULL),
                     VGI_OK);
    assert_string_equal(signature.name, "move");
    assert_int_equal(signature.params->fields[0]->type, VGI_TYPE_BINARY);
    assert_true(signature.params->fields[0]->nullable);
    assert_ptr_equal(signature.records[0], types[0].record);
    assert_int_equal(signature.params->fields[1]->children[0]->type, VGI_TYPE_STRUCT);
    assert_null(signature.records[1]);
    assert_int_equal(signature.params->fields[2]->type, VGI_TYPE_DICTIONARY);
    assert_int_equal(signature.params->fields[2]->dictionary->metadata.count, 2);
    assert_int_equal(signature.result->fields[0]->type, VGI_TYPE_BINARY);
    assert_true(signature.result->fields[0]->nullable);
    assert_int_equal(vg_rpc_signature_parse(&arena, &scope, "nothing()", &signature, NULL), VGI_OK);
    assert_int_equal(signature.result->n_fields, 0);
    assert_int_equal(vg_rpc_signature_parse(&arena, &scope, "f(a: int64) -> ", &signature, NULL), VGI_ERR_VALUE);
    vg_arena_done(&arena);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        vg_arena arena = {0};
        vg_rpc_signature signature;
        vgi_status status;

        vg_alloc_fail_after(n);
        status = vg_rpc_signature_parse(&arena, &NONE, "f(a: map<utf8, int64>, b: struct<c: list<utf8>>) -> int64",
                                        &signature, NULL);
        vg_alloc_fail_after(-1);
        vg_arena_done(&arena);
        if (status == VGI_OK)
            return;
        assert_int_equal(status, VGI_ERR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_print_as_the_hash_spells_them),
        cmocka_unit_test(mistakes_are_pointed_at),
        cmocka_unit_test(mistakes_in_signatures_are_pointed_at),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(more_is_printed_than_read),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(records_are_binary_as_parameters_and_structs_inside),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
