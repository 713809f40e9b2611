/* Unit tests of concat.c: what streams of the tests around do not reach. */
#include "ipc/concat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"

static const vgi_field NOTHING = {.name = VGI_STR("nothing"), .type = VGI_TYPE_STRUCT, .nullable = true};
static const vgi_field *const NOTHINGS[] = {&NOTHING};
static const vgi_field LIST = {.name = VGI_STR("list"), .type = VGI_TYPE_LIST, .n_children = 1, .children = NOTHINGS};
static const vgi_field TEXT = {.name = VGI_STR("text"), .type = VGI_TYPE_UTF8, .nullable = true};

/* One empty list each, over `a` and `b` values that cost nothing; those of `a` have a bitmap. */
static vgi_status join_nothings(int64_t a, int64_t b, int64_t bytes, vg_arena *arena, vgi_array *ret)
{
    static const int32_t OFFSETS[] = {0, 0};
    static const uint8_t BITS[1 << 13] = {1};
    vgi_array left = {.field = &NOTHING, .length = a, .null_count = a - 1, .validity = BITS};
    vgi_array right = {.field = &NOTHING, .length = b};
    const vgi_array x = {.field = &LIST, .length = 1, .buffers = {OFFSETS}, .children = &left, .n_children = 1};
    const vgi_array y = {.field = &LIST, .length = 1, .buffers = {OFFSETS}, .children = &right, .n_children = 1};

    return vg_array_concat(arena, &x, &y, bytes, ret, NULL);
}

static void values_that_cost_nothing_are_counted(void **state)
{
    enum { FREE = 1 << 16, EACH = 64 * 8 };
    vg_arena arena = {0};
    vgi_array joined;

    (void)state;
    assert_int_equal(join_nothings(9, FREE, 0, &arena, &joined), VGI_OK);
    assert_int_equal(joined.children[0].length, 9 + FREE);
    assert_int_equal(joined.children[0].null_count, 8);
    assert_int_equal(join_nothings(9, FREE + 1, 0, &arena, &joined), VGI_ERR_LIMIT);
    assert_int_equal(join_nothings(9, FREE + 2 * EACH, 2, &arena, &joined), VGI_OK);
    assert_int_equal(join_nothings(9, FREE + 2 * EACH + 1, 2, &arena, &joined), VGI_ERR_LIMIT);
    assert_int_equal(join_nothings(9, INT64_C(1) << 40, 1 << 20, &arena, &joined), VGI_ERR_LIMIT);
    assert_int_equal(join_nothings(9, INT64_MAX - 9, INT64_C(1) << 50, &arena, &joined), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

/* The first offset of either side need not be 0. */
static void text_is_joined_at_its_seam(void **state)
{
    static const int32_t A[] = {2, 4, 4}, B[] = {1, 1, 4};
    static const uint8_t B_BITS[] = {2};
    static const int32_t JOINED[] = {2, 4, 4, 4, 7};
    const vgi_array a = {.field = &TEXT, .length = 2, .buffers = {A, "..ab"}};
    const vgi_array b = {.field = &TEXT, .length = 2, .null_count = 1, .validity = B_BITS, .buffers = {B, ".cde"}};
    vg_arena arena = {0};
    vgi_array joined;

    (void)state;
    assert_int_equal(vg_array_concat(&arena, &a, &b, 8, &joined, NULL), VGI_OK);
    assert_int_equal(joined.length, 4);
    assert_int_equal(joined.null_count, 1);
    assert_int_equal(joined.validity[0] & 15, 11);
    assert_memory_equal(joined.buffers[0], JOINED, sizeof JOINED);
    assert_memory_equal(joined.buffers[1], "..abcde", 7);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_cost_nothing_are_counted),
        cmocka_unit_test(text_is_joined_at_its_seam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
