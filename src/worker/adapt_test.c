/* Unit tests of adapt.c: each pair of forms of one SQL type, nested ones, and what is no form of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/adapt.h"

#define EXTENSION(called) {(const vgi_key_value[]){{VGI_STR("ARROW:extension:name"), VGI_STR(called)}}, 1}

static const vgi_field
    BOOLEAN = {.type = VGI_TYPE_BOOL},
    TEXT = {.type = VGI_TYPE_UTF8}, TINY = {.type = VGI_TYPE_INT8},
    BOOL8 = {.type = VGI_TYPE_INT8, .metadata = EXTENSION("arrow.bool8")},
    UUID = {.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16, .metadata = EXTENSION("arrow.uuid")},
    HUGE = {.type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 16, .metadata = EXTENSION("arrow.opaque")},
    DECIMAL = {.type = VGI_TYPE_DECIMAL128, .precision = 38},
    SCALED = {.type = VGI_TYPE_DECIMAL128, .precision = 38, .scale = 2},
    BERLIN = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND, .timezone = VGI_STR("Europe/Berlin")},
    UTC = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND, .timezone = VGI_STR("UTC")},
    NANO = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_NANOSECOND, .timezone = VGI_STR("UTC")},
    LOCAL = {.type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND};

static vg_arena arena;

static vgi_field list_of(const vgi_field *const *item)
{
    return (vgi_field){.type = VGI_TYPE_LIST, .n_children = 1, .children = item};
}

static vgi_field struct_of(const vgi_field *const *members, int32_t n)
{
    return (vgi_field){.type = VGI_TYPE_STRUCT, .n_children = n, .children = members};
}

static void forms_of_one_type_fit(void **state)
{
    const vgi_field *const booleans[] = {&BOOLEAN}, *const bytes[] = {&BOOL8}, *const tiny[] = {&TINY};
    const vgi_field wanted = list_of(booleans), is = list_of(bytes), other = list_of(tiny);
    vgi_field a = BOOLEAN, b = BOOL8, c = BOOL8;
    const vgi_field *const of_a[] = {&a}, *const of_b[] = {&b}, *const of_c[] = {&c}, *const of_ac[] = {&a, &c};
    const vgi_field struct_a = struct_of(of_a, 1), struct_b = struct_of(of_b, 1), struct_c = struct_of(of_c, 1);
    const vgi_field struct_ac = struct_of(of_ac, 2);

    (void)state;
    a.name = b.name = vgi_str("x");
    c.name = vgi_str("y");
    assert_true(vg_adapt_fits(&BOOLEAN, &BOOL8) && !vg_adapt_fits(&BOOLEAN, &TINY) && !vg_adapt_fits(&BOOL8, &BOOLEAN));
    assert_true(vg_adapt_fits(&UUID, &TEXT) && !vg_adapt_fits(&TEXT, &UUID));
    assert_true(vg_adapt_fits(&HUGE, &DECIMAL) && !vg_adapt_fits(&HUGE, &SCALED));
    assert_true(vg_adapt_fits(&UTC, &BERLIN) && !vg_adapt_fits(&UTC, &NANO) && !vg_adapt_fits(&UTC, &LOCAL));
    assert_true(vg_adapt_fits(&wanted, &is) && vg_adapt_fits(&wanted, &wanted) && !vg_adapt_fits(&wanted, &other));
    assert_true(vg_adapt_fits(&struct_a, &struct_b));
    assert_false(vg_adapt_fits(&struct_a, &struct_c)); /* another name */
    assert_false(vg_adapt_fits(&struct_a, &struct_ac));
    assert_false(vg_adapt_fits(&struct_a, &wanted));
}

/* Values, an offset and a NULL among them. */
static void bytes_become_bits(void **state)
{
    static const int8_t values[] = {9, 9, 0, 1, -1, 0, 2, 0, 0, 1, 1};
    static const uint8_t validity[] = {0xF7, 0xFF};
    const vgi_array from = {
        .field = &BOOL8, .length = 9, .offset = 2, .validity = validity, .null_count = 1, .buffers = {values}};
    vgi_array to;

    (void)state;
    assert_int_equal(vg_adapt(&arena, &BOOLEAN, &from, &to, NULL), VGI_OK);
    assert_int_equal(to.length, 9);
    for (int64_t i = 0; i < 9; i++) {
        assert_int_equal(vgi_array_is_null(&to, i), i == 1);
        if (i != 1)
            assert_int_equal(vgi_array_bool(&to, i), values[i + 2] != 0);
    }
}

static vgi_status uuid_of(const char *text, vgi_array *ret, vgi_error *err)
{
    int32_t *offsets = vg_arena_alloc(&arena, 2 * sizeof *offsets);
    const vgi_array from = {.field = &TEXT, .length = 1, .buffers = {offsets, text}};

    offsets[1] = (int32_t)strlen(text);
    return vg_adapt(&arena, &UUID, &from, ret, err);
}

static void texts_become_uuids(void **state)
{
    static const uint8_t expected[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0, 0, 0, 0, 0, 0, 0, 0xFF};
    static const char *const WRONG[] = {"", "0123456789abcdef", "01234567-89ab-cdef-0000-0000000000fg",
                                        "01234567-89ab-cdef-0000-0000000000ff0"};
    vgi_array to;

    (void)state;
    assert_int_equal(uuid_of("01234567-89AB-cdef-0000-0000000000ff", &to, NULL), VGI_OK);
    assert_memory_equal(to.buffers[0], expected, sizeof expected);
    assert_int_equal(uuid_of("0123456789abcdef00000000000000ff", &to, NULL), VGI_OK);
    assert_memory_equal(to.buffers[0], expected, sizeof expected);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        vgi_error err = {0};

        assert_int_equal(uuid_of(WRONG[i], &to, &err), VGI_ERR_VALUE);
        assert_string_equal(err.message, "row 0: the text is no UUID");
    }
}

/* The bytes of a relabelled column are the same ones; of a nested one only the child is rewritten. */
static void what_need_not_be_copied_is_not(void **state)
{
    static const uint64_t value[2] = {5, 0};
    static const int32_t offsets[] = {0, 2};
    static const int8_t bytes[] = {1, 0};
    const vgi_field *const booleans[] = {&BOOLEAN}, *const eights[] = {&BOOL8};
    const vgi_field wanted = list_of(booleans), is = list_of(eights);
    const vgi_array decimal = {.field = &DECIMAL, .length = 1, .buffers = {value}};
    const vgi_array child = {.field = &BOOL8, .length = 2, .buffers = {bytes}};
    const vgi_array list = {.field = &is, .length = 1, .buffers = {offsets}, .n_children = 1, .children = &child};
    vgi_array to;

    (void)state;
    assert_int_equal(vg_adapt(&arena, &DECIMAL, &decimal, &to, NULL), VGI_OK);
    assert_ptr_equal(to.field, &DECIMAL);
    assert_int_equal(vg_adapt(&arena, &HUGE, &decimal, &to, NULL), VGI_OK);
    assert_ptr_equal(to.field, &HUGE);
    assert_ptr_equal(to.buffers[0], value);
    assert_int_equal(vg_adapt(&arena, &wanted, &list, &to, NULL), VGI_OK);
    assert_ptr_equal(to.buffers[0], offsets);
    assert_ptr_equal(to.children[0].field, &BOOLEAN);
    assert_true(vgi_array_bool(&to.children[0], 0) && !vgi_array_bool(&to.children[0], 1));
    assert_ptr_equal(list.children[0].field, &BOOL8);
}

static int teardown(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_one_type_fit),
        cmocka_unit_test(bytes_become_bits),
        cmocka_unit_test(texts_become_uuids),
        cmocka_unit_test(what_need_not_be_copied_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
