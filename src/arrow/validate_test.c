/* Unit tests of validate.c and equal.c: for each layout one array that is good and what is wrong by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"

#define FIELD(symbol, text, ...) static const vgi_field symbol = {.name = VGI_STR(text), .nullable = true, __VA_ARGS__}

FIELD(I32, "i", .type = VGI_TYPE_INT32);
FIELD(BOOLEAN, "b", .type = VGI_TYPE_BOOL);
FIELD(TEXT, "t", .type = VGI_TYPE_UTF8);
FIELD(LARGE, "l", .type = VGI_TYPE_LARGE_BINARY);
static const vgi_field *const ITEM[] = {&I32}, *const BOTH[] = {&I32, &TEXT};
static const int8_t CODES[] = {5, 9};
FIELD(LIST, "list", .type = VGI_TYPE_LIST, .n_children = 1, .children = ITEM);
FIELD(PAIR, "pair", .type = VGI_TYPE_FIXED_SIZE_LIST, .fixed_size = 2, .n_children = 1, .children = ITEM);
FIELD(ROW, "row", .type = VGI_TYPE_STRUCT, .n_children = 2, .children = BOTH);
FIELD(SPARSE, "sparse", .type = VGI_TYPE_SPARSE_UNION, .n_children = 2, .children = BOTH, .type_codes = CODES);
FIELD(DENSE, "dense", .type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = BOTH);
FIELD(WORDS, "words", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &TEXT);
static const vgi_field *const ROWS_ONLY[] = {&ROW};
FIELD(MAP, "map", .type = VGI_TYPE_MAP, .n_children = 1, .children = ROWS_ONLY);

static const int32_t VALUES[] = {7, 8, 9, 10};
static const int32_t OFFSETS[] = {0, 1, 3, 3, 4};

/* True if `array`, with buffers of these sizes, passes. A failure names the field. */
static bool good(const vgi_array *array, int64_t validity, int64_t first, int64_t second)
{
    vg_buffer_sizes sizes = {validity, {first, second}};
    vgi_error err = {0};
    vgi_status status = vg_array_validate(array, &sizes, &err);

    if (status == VGI_OK)
        return true;
    assert_int_equal(status, VGI_ERR_PROTOCOL);
    assert_non_null(strstr(err.message, array->field->name.data));
    return false;
}

static void fixed_width(void **state)
{
    vgi_array a = {.field = &I32, .length = 4, .buffers = {VALUES}};
    vgi_array bits = {.field = &BOOLEAN, .length = 9, .buffers = {"\xFF\x01"}};

    (void)state;
    assert_true(good(&a, 0, 16, 0));
    assert_false(good(&a, 0, 15, 0));
    a.offset = 1;
    assert_false(good(&a, 0, 16, 0));
    a.length = 3;
    assert_true(good(&a, 0, 16, 0));
    a.length = INT64_MAX;
    assert_false(good(&a, 0, INT64_MAX, 0));
    a.offset = 0;
    assert_false(good(&a, 0, INT64_MAX, 0)); /* the size overflows */
    a.length = -1;
    assert_false(good(&a, 0, 16, 0));
    assert_true(good(&bits, 0, 2, 0));
    assert_false(good(&bits, 0, 1, 0));
}

static void validity(void **state)
{
    vgi_array a = {
        .field = &I32, .length = 4, .null_count = 2, .validity = (const uint8_t *)"\x05", .buffers = {VALUES}};

    (void)state;
    assert_true(good(&a, 1, 16, 0));
    assert_false(good(&a, 0, 16, 0));
    a.null_count = 1;
    assert_false(good(&a, 1, 16, 0));
    a.null_count = -1;
    assert_true(good(&a, 1, 16, 0));
    assert_int_equal(vg_array_null_count(&a), 2);
    a.null_count = 5;
    assert_false(good(&a, 1, 16, 0));
    a.null_count = 1;
    a.validity = NULL;
    assert_false(good(&a, 0, 16, 0));
}

static void text_and_bytes(void **state)
{
    static const int32_t FALLS[] = {0, 3, 1, 3, 4}, NEGATIVE[] = {-1, 1, 3, 3, 4};
    static const int64_t WIDE[] = {0, 1, 3};
    vgi_array a = {.field = &TEXT, .length = 4, .buffers = {OFFSETS, "abcd"}};
    vgi_array large = {.field = &LARGE, .length = 2, .buffers = {WIDE, "\xFF\xFE\xFD"}};

    (void)state;
    assert_true(good(&a, 0, 20, 4));
    assert_false(good(&a, 0, 19, 4));
    assert_false(good(&a, 0, 20, 3));
    a.buffers[0] = FALLS;
    assert_false(good(&a, 0, 20, 4));
    a.buffers[0] = NEGATIVE;
    assert_false(good(&a, 0, 20, 4));
    a.offset = 1; /* what is before the offset does not count */
    a.length = 3;
    assert_true(good(&a, 0, 20, 4));
    assert_true(good(&large, 0, 24, 3));
    assert_false(good(&large, 0, 24, 2));
    large.length = 0;
    assert_true(good(&large, 0, 0, 0));
    assert_false(good(&large, 0, 7, 0)); /* not nothing, and not an offset */
}

static void utf8(void **state)
{
    static const int32_t HALVES[] = {0, 1, 2};
    vgi_array a = {.field = &TEXT, .length = 2, .buffers = {HALVES, "\xC3\xA9"}};
    char text[300];
    int32_t whole[] = {0, 300};
    vgi_array b = {.field = &TEXT, .length = 1, .buffers = {whole, text}};

    (void)state;
    assert_false(good(&a, 0, 12, 2)); /* a character cut in two */
    a.null_count = 2;
    a.validity = (const uint8_t *)"\0";
    assert_true(good(&a, 1, 12, 2)); /* nobody looks into NULLs */
    memset(text, 'x', sizeof text);
    assert_true(good(&b, 0, 8, 300));
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)0xFF;
        assert_false(good(&b, 0, 8, 300));
        text[i] = 'x';
    }
}

static void lists(void **state)
{
    vgi_array items = {.field = &I32, .length = 4, .buffers = {VALUES}};
    vgi_array a = {.field = &LIST, .length = 4, .buffers = {OFFSETS}, .n_children = 1, .children = &items};
    vgi_array pair = {.field = &PAIR, .length = 2, .n_children = 1, .children = &items};

    (void)state;
    assert_true(good(&a, 0, 20, 0));
    items.length = 3;
    assert_false(good(&a, 0, 20, 0));
    assert_false(good(&pair, 0, 0, 0));
    items.length = 4;
    assert_true(good(&pair, 0, 0, 0));
    pair.length = INT64_MAX;
    assert_false(good(&pair, 0, 0, 0));
    a.n_children = 0;
    assert_false(good(&a, 0, 20, 0));
}

static void structs_and_maps(void **state)
{
    vgi_array children[] = {{.field = &I32, .length = 4, .buffers = {VALUES}},
                            {.field = &TEXT, .length = 4, .buffers = {OFFSETS, "abcd"}}};
    vgi_array row = {.field = &ROW, .length = 4, .n_children = 2, .children = children};
    vgi_array map = {.field = &MAP, .length = 4, .buffers = {OFFSETS}, .n_children = 1, .children = &row};

    (void)state;
    assert_true(good(&row, 0, 0, 0));
    assert_true(good(&map, 0, 20, 0));
    children[1].length = 3;
    assert_false(good(&row, 0, 0, 0));
    children[1].length = 5; /* longer than it must be */
    assert_true(good(&row, 0, 0, 0));
    children[0].null_count = 1;
    assert_false(good(&map, 0, 20, 0)); /* a key is NULL */
    children[0].null_count = 0;
    row.null_count = 1;
    assert_false(good(&map, 0, 20, 0)); /* an entry is NULL */
}

static void unions(void **state)
{
    static const int32_t POSITIONS[] = {0, 0, 3, 3}, FALLING[] = {1, 0, 0, 0}, OUTSIDE[] = {0, 4, 3, 3};
    vgi_array children[] = {{.field = &I32, .length = 4, .buffers = {VALUES}},
                            {.field = &TEXT, .length = 4, .buffers = {OFFSETS, "abcd"}}};
    vgi_array sparse = {
        .field = &SPARSE, .length = 4, .buffers = {"\5\x9\5\x9"}, .n_children = 2, .children = children};
    vgi_array dense = {
        .field = &DENSE, .length = 4, .buffers = {"\0\1\0\1", POSITIONS}, .n_children = 2, .children = children};

    (void)state;
    assert_true(good(&sparse, 0, 4, 0));
    assert_false(good(&sparse, 0, 3, 0));
    sparse.buffers[0] = "\5\x9\5\6";
    assert_false(good(&sparse, 0, 4, 0));
    assert_true(good(&dense, 0, 4, 16));
    assert_false(good(&dense, 0, 4, 15));
    dense.buffers[0] = "\0\1\0\xFF";
    assert_false(good(&dense, 0, 4, 16));
    dense.buffers[0] = "\0\1\0\1";
    dense.buffers[1] = FALLING;
    assert_false(good(&dense, 0, 4, 16));
    dense.buffers[1] = OUTSIDE;
    assert_false(good(&dense, 0, 4, 16));
}

static void dictionary_indices(void **state)
{
    vgi_array words = {.field = &TEXT, .length = 4, .buffers = {OFFSETS, "abcd"}};
    vgi_array a = {.field = &WORDS, .length = 4, .buffers = {"\0\1\2\3"}, .dictionary = &words};

    (void)state;
    assert_true(good(&a, 0, 4, 0));
    assert_false(good(&a, 0, 3, 0));
    a.buffers[0] = "\0\1\2\4";
    assert_false(good(&a, 0, 4, 0));
    a.buffers[0] = "\0\1\2\xFF"; /* -1 */
    assert_false(good(&a, 0, 4, 0));
    words.length = 1000; /* more than the index can say: -1 stays wrong */
    assert_false(good(&a, 0, 4, 0));
    a.null_count = 1;
    a.validity = (const uint8_t *)"\7";
    assert_true(good(&a, 1, 4, 0)); /* under a NULL anything goes */
    words.length = 0;
    assert_false(good(&a, 1, 4, 0));
    a.dictionary = NULL;
    assert_false(good(&a, 1, 4, 0));
}

static void an_imported_array_without_buffers_is_refused(void **state)
{
    vgi_array a = {.field = &I32, .length = 1};
    vgi_array text = {.field = &TEXT, .length = 4, .buffers = {OFFSETS}};

    (void)state;
    assert_int_equal(vg_array_validate(&a, NULL, NULL), VGI_ERR_PROTOCOL);
    assert_int_equal(vg_array_validate(&text, NULL, NULL), VGI_ERR_PROTOCOL);
    a.length = 0;
    assert_int_equal(vg_array_validate(&a, NULL, NULL), VGI_OK);
}

static void equality_is_by_value(void **state)
{
    static const int32_t SHIFTED[] = {99, 7, 8, 9, 10}, MORE[] = {0, 1, 3, 3, 4};
    vgi_array a = {.field = &I32, .length = 4, .buffers = {VALUES}};
    vgi_array b = {.field = &I32, .length = 4, .offset = 1, .buffers = {SHIFTED}};
    vgi_array words = {.field = &TEXT, .length = 4, .buffers = {OFFSETS, "abab"}};
    vgi_array others = {.field = &TEXT, .length = 4, .buffers = {MORE, "bxya"}};
    vgi_array first = {.field = &WORDS, .length = 1, .buffers = {"\0"}, .dictionary = &words};
    vgi_array second = {.field = &WORDS, .length = 1, .buffers = {"\3"}, .dictionary = &others};

    (void)state;
    assert_true(vg_array_equal(&a, &b));
    b.offset = 0;
    assert_false(vg_array_equal(&a, &b));
    b.validity = a.validity = (const uint8_t *)"\0";
    assert_true(vg_array_equal(&a, &b)); /* all NULL: bytes do not count */
    b.length = 3;
    assert_false(vg_array_equal(&a, &b));
    assert_true(vg_array_equal(&first, &second));
    second.buffers[0] = "\0";
    assert_false(vg_array_equal(&first, &second));
    assert_false(vg_array_equal(&a, &words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_width),
        cmocka_unit_test(validity),
        cmocka_unit_test(text_and_bytes),
        cmocka_unit_test(utf8),
        cmocka_unit_test(lists),
        cmocka_unit_test(structs_and_maps),
        cmocka_unit_test(unions),
        cmocka_unit_test(dictionary_indices),
        cmocka_unit_test(an_imported_array_without_buffers_is_refused),
        cmocka_unit_test(equality_is_by_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
