/* Unit tests of dictionary.c and concat.c: declared, shared, settled; and what a delta adds. */
#include "ipc/sample.h"

#include "ipc/concat.h"
#include "ipc/dictionary.h"

SAMPLE_FIELD(TEXT, "t", .type = VGI_TYPE_UTF8);
SAMPLE_FIELD(NUMBER, "n", .type = VGI_TYPE_INT16);
SAMPLE_FIELD(FLAG, "f", .type = VGI_TYPE_BOOL);
static const vgi_field *const NUMBER_ONLY[] = {&NUMBER};
SAMPLE_FIELD(LIST, "l", .type = VGI_TYPE_LIST, .n_children = 1, .children = NUMBER_ONLY);
SAMPLE_FIELD(PAIR, "p", .type = VGI_TYPE_FIXED_SIZE_LIST, .fixed_size = 2, .n_children = 1, .children = NUMBER_ONLY);

static const int16_t NUMBERS[] = {1, 2, 3, 4};

static void ids_are_declared_and_shared(void **state)
{
    vg_dictionaries d = {0};
    int32_t place;

    (void)state;
    for (int round = 0; round < 2; round++) {
        vg_dictionaries_begin(&d);
        for (int32_t i = 0; i < 20; i++) {
            assert_int_equal(vg_dictionaries_declare(&d, -5 * i, &TEXT, &VG_DEFAULT_LIMITS, &place, NULL), VGI_OK);
            assert_int_equal(place, i);
        }
        assert_int_equal(vg_dictionaries_declare(&d, -15, &TEXT, &VG_DEFAULT_LIMITS, &place, NULL), VGI_OK);
        assert_int_equal(place, 3);
        assert_int_equal(vg_dictionaries_declare(&d, -15, &NUMBER, &VG_DEFAULT_LIMITS, &place, NULL), VGI_ERR_PROTOCOL);
        assert_int_equal(d.count, 20);
        assert_ptr_equal(vg_dictionaries_find(&d, -10), d.items[2]);
        assert_null(vg_dictionaries_find(&d, 1));
    }
    vg_dictionaries_done(&d);
}

static void a_batch_needs_them_all(void **state)
{
    vg_dictionaries d = {0};
    int32_t place;

    (void)state;
    assert_int_equal(vg_dictionaries_settle(&d, NULL), VGI_OK);
    assert_int_equal(vg_dictionaries_declare(&d, 1, &TEXT, &VG_DEFAULT_LIMITS, &place, NULL), VGI_OK);
    assert_int_equal(vg_dictionaries_declare(&d, 2, &TEXT, &VG_DEFAULT_LIMITS, &place, NULL), VGI_OK);
    assert_int_equal(vg_dictionaries_end(&d, NULL), VGI_OK); /* a stream without batches needs none */
    assert_int_equal(vg_dictionaries_settle(&d, NULL), VGI_ERR_PROTOCOL);
    d.messages = 1;
    d.changed = d.items[0]->loaded = true;
    assert_int_equal(vg_dictionaries_end(&d, NULL), VGI_ERR_PROTOCOL);
    d.messages = 2; /* the same one twice */
    assert_int_equal(vg_dictionaries_settle(&d, NULL), VGI_ERR_PROTOCOL);
    d.items[1]->loaded = true;
    assert_int_equal(vg_dictionaries_settle(&d, NULL), VGI_OK);
    assert_int_equal(vg_dictionaries_end(&d, NULL), VGI_OK);
    vg_dictionaries_done(&d);
}

/* `a` followed by `b`, checked to be valid; in `arena`. */
static vgi_array joined(vg_arena *arena, const vgi_array *a, const vgi_array *b)
{
    vgi_array whole;
    vgi_error err = {0};

    if (vg_array_concat(arena, a, b, 1 << 20, &whole, &err) != VGI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(vg_array_validate(&whole, NULL, &err), VGI_OK);
    assert_int_equal(whole.length, a->length + b->length);
    assert_int_equal(vg_array_null_count(&whole), vg_array_null_count(a) + vg_array_null_count(b));
    return whole;
}

static void text_and_nulls_are_joined(void **state)
{
    static const int32_t OFFSETS[] = {1, 2, 4}, MORE[] = {2, 2, 5};
    vgi_array a = {.field = &TEXT, .length = 2, .buffers = {OFFSETS, "?abb"}};
    vgi_array b = {
        .field = &TEXT, .length = 2, .null_count = 1, .validity = (const uint8_t *)"\2", .buffers = {MORE, "??xyz"}};
    vg_arena arena = {0};
    vgi_array whole = joined(&arena, &a, &b);

    (void)state;
    assert_true(vgi_string_equal(vgi_array_text(&whole, 0), vgi_str("a")));
    assert_true(vgi_string_equal(vgi_array_text(&whole, 1), vgi_str("bb")));
    assert_true(vgi_array_is_null(&whole, 2));
    assert_true(vgi_string_equal(vgi_array_text(&whole, 3), vgi_str("xyz")));
    vg_arena_done(&arena);
}

static void bits_are_joined_across_bytes(void **state)
{
    vgi_array a = {.field = &FLAG, .length = 5, .buffers = {"\x15"}};
    vgi_array b = {.field = &FLAG, .length = 9, .buffers = {"\xAA\x01"}};
    vg_arena arena = {0};
    vgi_array whole = joined(&arena, &a, &b);

    (void)state;
    for (int64_t i = 0; i < 14; i++)
        assert_int_equal(vgi_array_bool(&whole, i), i < 5 ? vgi_array_bool(&a, i) : vgi_array_bool(&b, i - 5));
    vg_arena_done(&arena);
}

static void lists_and_items_are_joined(void **state)
{
    static const int32_t OFFSETS[] = {0, 1, 3};
    vgi_array items = {.field = &NUMBER, .length = 4, .buffers = {NUMBERS}};
    vgi_array list = {.field = &LIST, .length = 2, .buffers = {OFFSETS}, .n_children = 1, .children = &items};
    vgi_array pair = {.field = &PAIR, .length = 1, .n_children = 1, .children = &items}; /* two items too many */
    vg_arena arena = {0};
    vgi_array whole = joined(&arena, &list, &list);
    int64_t begin, end;

    (void)state;
    vgi_array_items(&whole, 3, &begin, &end);
    assert_int_equal(end - begin, 2);
    assert_int_equal(vgi_array_i64(&whole.children[0], begin), 2);
    whole = joined(&arena, &pair, &pair);
    assert_int_equal(whole.children[0].length, 4);
    assert_int_equal(vgi_array_i64(&whole.children[0], 2), 1);
    vg_arena_done(&arena);
}

static void offsets_that_do_not_reach_are_refused(void **state)
{
    static const int32_t FAR[] = {0, INT32_MAX};
    vgi_array items = {.field = &NUMBER, .length = INT32_MAX, .buffers = {NUMBERS}};
    vgi_array list = {.field = &LIST, .length = 1, .buffers = {FAR}, .n_children = 1, .children = &items};
    vg_arena arena = {0};
    vgi_array whole;

    (void)state;
    assert_int_equal(vg_array_concat(&arena, &list, &list, 1 << 20, &whole, NULL), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_declared_and_shared), cmocka_unit_test(a_batch_needs_them_all),
        cmocka_unit_test(text_and_nulls_are_joined),   cmocka_unit_test(bits_are_joined_across_bytes),
        cmocka_unit_test(lists_and_items_are_joined),  cmocka_unit_test(offsets_that_do_not_reach_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
