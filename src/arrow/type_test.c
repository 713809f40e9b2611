/* Unit tests of type.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/type.h"
#include "base/alloc.h"

static const vgi_field A = {.name = VGI_STR("a"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field B = {.name = VGI_STR("B"), .type = VGI_TYPE_UTF8, .nullable = false};
static const vgi_field ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const A_ONLY[] = {&A}, *const ITEM_ONLY[] = {&ITEM}, *const BOTH[] = {&A, &B};
static const vgi_key_value PAIRS[] = {{VGI_STR("k"), VGI_STR("v\0w")}};
static const vgi_arrow_schema SCHEMA = {2, BOTH, {PAIRS, 1}};

static void every_type_has_a_name_and_a_layout(void **state)
{
    (void)state;
    for (int i = 0; i < VGI_TYPE_COUNT; i++) {
        const vg_type_info *info = vg_type_info_of((vgi_type_id)i);
        assert_non_null(info->name);
        assert_string_equal(vgi_type_name((vgi_type_id)i), info->name);
        assert_int_equal(info->layout == VG_LAYOUT_NULL, i == VGI_TYPE_NULL);
        assert_int_equal(info->offset_bytes != 0, info->layout == VG_LAYOUT_VARIABLE || info->layout == VG_LAYOUT_LIST);
    }
    assert_string_equal(vgi_type_name((vgi_type_id)1000), "unknown");
    assert_int_equal(vg_field_width_bits(&(vgi_field){.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16}), 128);
    assert_int_equal(
        vg_field_width_bits(&(vgi_field){.type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_UINT16, .dictionary = &B}),
        16);
}

static void fields_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(vg_schema_find(&SCHEMA, vgi_str("B")), 1);
    assert_int_equal(vg_schema_find(&SCHEMA, vgi_str("b")), -1);
    assert_int_equal(vg_schema_find_nocase(&SCHEMA, vgi_str("b")), 1);
    assert_int_equal(vg_schema_find_nocase(&SCHEMA, vgi_str("c")), -1);
}

static void equality_looks_at_what_counts(void **state)
{
    const vgi_field list_a = {.type = VGI_TYPE_LIST, .n_children = 1, .children = A_ONLY};
    const vgi_field list_item = {.type = VGI_TYPE_LIST, .n_children = 1, .children = ITEM_ONLY};
    const vgi_field struct_a = {.type = VGI_TYPE_STRUCT, .n_children = 1, .children = A_ONLY};
    const vgi_field struct_item = {.type = VGI_TYPE_STRUCT, .n_children = 1, .children = ITEM_ONLY};
    const vgi_field struct_both = {.type = VGI_TYPE_STRUCT, .n_children = 2, .children = BOTH};
    static const int8_t codes[] = {0, 1}, other[] = {0, 5};
    vgi_field one = {.type = VGI_TYPE_SPARSE_UNION, .n_children = 2, .children = BOTH, .type_codes = codes}, two = one;
    vgi_field ts = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND}, tz = ts;

    (void)state;
    assert_true(vg_type_equal(&list_a, &list_item));
    assert_false(vg_type_equal(&struct_a, &struct_item));
    assert_false(vg_type_equal(&struct_a, &struct_both));
    two.type_codes = NULL;
    assert_true(vg_type_equal(&one, &two));
    two.type_codes = other;
    assert_false(vg_type_equal(&one, &two));
    tz.timezone = vgi_str("UTC");
    assert_false(vg_type_equal(&ts, &tz));
    tz.timezone = vgi_str("");
    assert_true(vg_type_equal(&ts, &tz));
    tz.unit = VGI_SECOND;
    assert_false(vg_type_equal(&ts, &tz));
    assert_true(vg_type_equal(&A, &ITEM));
    assert_false(vg_field_equal(&A, &ITEM));
    ts = A;
    ts.nullable = false;
    assert_true(vg_type_equal(&A, &ts));
    assert_false(vg_field_equal(&A, &ts));
}

static void a_copy_is_deep(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *copy = vg_schema_copy(&arena, &SCHEMA);

    (void)state;
    assert_non_null(copy);
    assert_int_equal(copy->n_fields, 2);
    assert_ptr_not_equal(copy->fields[1], &B);
    assert_true(vg_field_equal(copy->fields[1], &B));
    assert_ptr_not_equal(copy->fields[1]->name.data, B.name.data);
    assert_int_equal(copy->metadata.items[0].value.size, 3);
    assert_memory_equal(copy->metadata.items[0].value.data, "v\0w", 3);
    vg_arena_done(&arena);
}

static void a_copy_without_memory_is_null(void **state)
{
    vg_arena arena;

    (void)state;
    for (size_t limit = 1; limit < 600; limit += 16) {
        const vgi_arrow_schema *copy;

        vg_arena_init(&arena, limit);
        copy = vg_schema_copy(&arena, &SCHEMA);
        assert_true(!copy || vg_field_equal(copy->fields[1], &B));
        vg_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_name_and_a_layout), cmocka_unit_test(fields_are_found_by_name),
        cmocka_unit_test(equality_looks_at_what_counts),      cmocka_unit_test(a_copy_is_deep),
        cmocka_unit_test(a_copy_without_memory_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
