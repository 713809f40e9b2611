/* Unit tests of view.c: values out of views, with offsets, and what a wrong type or index gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"

#define FIELD(symbol, ...) static const vgi_field symbol = {.nullable = true, __VA_ARGS__}

FIELD(INT32, .type = VGI_TYPE_INT32);
FIELD(DATE, .type = VGI_TYPE_DATE32);
FIELD(UINT64, .type = VGI_TYPE_UINT64);
FIELD(BOOL, .type = VGI_TYPE_BOOL);
FIELD(TEXT, .type = VGI_TYPE_UTF8);
FIELD(LARGE, .type = VGI_TYPE_LARGE_BINARY);
FIELD(FIXED, .type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 2);
FIELD(MONEY, .type = VGI_TYPE_DECIMAL128, .precision = 10, .scale = 2);
FIELD(NONE, .type = VGI_TYPE_NULL);
FIELD(WORD, .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &TEXT);
static const vgi_field *const ITEMS[] = {&INT32};
FIELD(LIST, .type = VGI_TYPE_LIST, .n_children = 1, .children = ITEMS);
FIELD(PAIR, .type = VGI_TYPE_FIXED_SIZE_LIST, .fixed_size = 2, .n_children = 1, .children = ITEMS);
static const int8_t CODE[] = {5};
FIELD(CHOICE, .type = VGI_TYPE_DENSE_UNION, .n_children = 1, .children = ITEMS, .type_codes = CODE);

static const int32_t NUMBERS[] = {-1, 2, -3, 4};
static const uint8_t VALID[] = {0x0D}; /* element 1 is NULL */

static void columns_are_given_as_arrays(void **state)
{
    const vgi_array columns[] = {
        {.field = &INT32, .length = 3, .offset = 1, .buffers = {NUMBERS}},
        {.field = &DATE, .length = 4, .buffers = {NUMBERS}},
        {.field = &TEXT, .length = 0, .buffers = {NUMBERS}},
    };
    const vgi_batch in = {.rows = 3, .n_columns = 3, .columns = columns};

    (void)state;
    assert_ptr_equal(vgi_i32(&in, 0), NUMBERS + 1);
    assert_ptr_equal(vgi_i32(&in, 1), NUMBERS);
    assert_null(vgi_i32(&in, 2));
    assert_null(vgi_i64(&in, 0));
    assert_null(vgi_u32(&in, 0));
    assert_null(vgi_f32(&in, 0));
    assert_null(vgi_i32(&in, 3));
    assert_null(vgi_i32(&in, -1));
    assert_true(vgi_is_null(&in, 7, 0));
    assert_null(vgi_text(&in, 7, 0).data);
    assert_null(vgi_blob(&in, -1, 0).data);
    assert_false(vgi_bool(&in, 0, 0));
}

static void numbers_of_all_widths_are_read(void **state)
{
    const uint64_t big[] = {UINT64_MAX};
    const uint8_t minus_a_cent_and_half[32] = {[0] = 0x6A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,        0xFF,
                                               0xFF,       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, [16] = 0x39, 0x30};
    const vgi_array ints = {.field = &INT32, .length = 3, .offset = 1, .validity = VALID, .buffers = {NUMBERS}};
    const vgi_array bigs = {.field = &UINT64, .length = 1, .buffers = {big}};
    const vgi_array bits = {.field = &BOOL, .length = 3, .offset = 1, .buffers = {VALID}};
    const vgi_array money = {.field = &MONEY, .length = 2, .buffers = {minus_a_cent_and_half}};

    (void)state;
    assert_true(vgi_array_is_null(&ints, 0));
    assert_false(vgi_array_is_null(&ints, 1));
    assert_int_equal(vgi_array_i64(&ints, 1), -3);
    assert_true(vgi_array_f64(&ints, 1) == -3.0);
    assert_int_equal(vgi_array_i64(&ints, 3), 0);
    assert_int_equal(vgi_array_i64(&ints, -1), 0);
    assert_true(vgi_array_f64(&bigs, 0) == 18446744073709551615.0);
    assert_false(vgi_array_bool(&bits, 0));
    assert_true(vgi_array_bool(&bits, 1));
    assert_false(vgi_array_bool(&bits, 3));
    assert_false(vgi_array_bool(&ints, 1));
    assert_int_equal(vgi_array_i64(&bits, 2), 1);
    assert_true(vgi_array_f64(&money, 0) == -1.5);
    assert_true(vgi_array_f64(&money, 1) == 123.45);
    assert_int_equal(vgi_array_i64(&money, 0), 0);
}

static void a_decimal_may_claim_any_scale(void **state)
{
    static const uint8_t values[32] = {1};
    static const int32_t scales[] = {INT32_MIN, INT32_MAX, -500, 500};

    (void)state;
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        const vgi_field field = {.type = VGI_TYPE_DECIMAL128, .precision = 38, .scale = scales[i]};
        const vgi_array array = {.field = &field, .length = 2, .buffers = {values}};

        assert_true(scales[i] < 0 ? vgi_array_f64(&array, 0) > 1e300 : vgi_array_f64(&array, 0) < 1e-300);
        assert_true(vgi_array_f64(&array, 1) == 0);
    }
}

static void text_and_bytes_are_read(void **state)
{
    const int32_t offsets[] = {0, 2, 2, 5};
    const int64_t wide[] = {1, 3};
    const int8_t indices[] = {2, 0, 1};
    const vgi_array text = {.field = &TEXT, .length = 3, .validity = VALID, .buffers = {offsets, "abcde"}};
    const vgi_array empty = {.field = &TEXT, .length = 1, .offset = 1, .buffers = {offsets, NULL}};
    const vgi_array large = {.field = &LARGE, .length = 1, .buffers = {wide, "abcde"}};
    const vgi_array fixed = {.field = &FIXED, .length = 1, .offset = 1, .buffers = {"abcd"}};
    const vgi_array word = {.field = &WORD, .length = 3, .buffers = {indices}, .dictionary = &text};

    (void)state;
    assert_memory_equal(vgi_array_text(&text, 0).data, "ab", 2);
    assert_int_equal(vgi_array_text(&text, 2).size, 3);
    assert_null(vgi_array_text(&text, 1).data);
    assert_non_null(vgi_array_text(&empty, 0).data); /* empty is not NULL */
    assert_int_equal(vgi_array_text(&empty, 0).size, 0);
    assert_null(vgi_array_text(&large, 0).data);
    assert_memory_equal(vgi_array_blob(&large, 0).data, "bc", 2);
    assert_memory_equal(vgi_array_blob(&fixed, 0).data, "cd", 2);
    assert_int_equal(vgi_array_blob(&fixed, 0).size, 2);
    assert_memory_equal(vgi_array_text(&word, 0).data, "cde", 3);
    assert_true(vgi_array_is_null(&word, 2)); /* its value is */
    assert_null(vgi_array_text(&word, 2).data);
    assert_null(vgi_array_text(&word, 3).data);
    assert_null(vgi_array_blob(&(vgi_array){.field = &INT32, .length = 1, .buffers = {NUMBERS}}, 0).data);
}

static void nested_values_are_found(void **state)
{
    const int32_t offsets[] = {0, 1, 4}, places[] = {3, 1};
    const int8_t codes[] = {5, 6};
    const vgi_array items = {.field = &INT32, .length = 4, .validity = VALID, .buffers = {NUMBERS}};
    const vgi_array list = {
        .field = &LIST, .length = 1, .offset = 1, .buffers = {offsets}, .n_children = 1, .children = &items};
    const vgi_array pair = {.field = &PAIR, .length = 1, .offset = 1, .n_children = 1, .children = &items};
    const vgi_array choice = {
        .field = &CHOICE, .length = 2, .buffers = {codes, places}, .n_children = 1, .children = &items};
    int64_t begin, end;

    (void)state;
    vgi_array_items(&list, 0, &begin, &end);
    assert_int_equal(begin, 1);
    assert_int_equal(end, 4);
    vgi_array_items(&list, 1, &begin, &end);
    assert_int_equal(end, 0);
    vgi_array_items(&pair, 0, &begin, &end);
    assert_int_equal(begin, 2);
    assert_int_equal(end, 4);
    vgi_array_items(&items, 0, &begin, &end);
    assert_int_equal(end, 0);
    assert_false(vgi_array_is_null(&choice, 0));
    assert_ptr_equal(vg_array_member(&choice, 0, &begin), &items);
    assert_int_equal(begin, 3);
    assert_null(vg_array_member(&choice, 1, &begin)); /* no such code */
    assert_true(vgi_array_is_null(&choice, 1));
    assert_true(vgi_array_is_null(&(vgi_array){.field = &NONE, .length = 1}, 0));
}

static void rows_are_visited(void **state)
{
    const uint8_t visible[] = {0x12, 0x01};
    vgi_batch in = {.rows = 9, .visible = visible};
    int64_t seen[9], n = 0;

    (void)state;
    VGI_EACH_ROW(&in, i)
        seen[n++] = i;
    assert_int_equal(n, 3);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[2], 8);
    in.visible = NULL;
    n = 0;
    VGI_EACH_ROW(&in, i)
        n += i;
    assert_int_equal(n, 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_given_as_arrays),   cmocka_unit_test(numbers_of_all_widths_are_read),
        cmocka_unit_test(a_decimal_may_claim_any_scale), cmocka_unit_test(text_and_bytes_are_read),
        cmocka_unit_test(nested_values_are_found),       cmocka_unit_test(rows_are_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
