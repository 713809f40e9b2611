/* Unit tests of concat.c: what streams of the tests around do not reach. */
#include "ipc/concat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "base/alloc.h"

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

/* ---- a struct of one member of each layout ----------------------------------------------------------------------- */

#define MEMBER(symbol, ...) static const vgi_field symbol = {.name = VGI_STR("m"), .nullable = true, __VA_ARGS__}

MEMBER(VOID, .type = VGI_TYPE_NULL);
MEMBER(NUMBER, .type = VGI_TYPE_INT32);
MEMBER(FLAG, .type = VGI_TYPE_BOOL);
MEMBER(WORD, .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT8, .dictionary = &TEXT);
static const vgi_field *const NUMBERS[] = {&NUMBER};
static const vgi_field *const PAIR[] = {&NUMBER, &FLAG};
MEMBER(ITEMS, .type = VGI_TYPE_LARGE_LIST, .n_children = 1, .children = NUMBERS);
MEMBER(TRIPLE, .type = VGI_TYPE_FIXED_SIZE_LIST, .fixed_size = 3, .n_children = 1, .children = NUMBERS);
MEMBER(SPARSE, .type = VGI_TYPE_SPARSE_UNION, .n_children = 2, .children = PAIR);
MEMBER(DENSE, .type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = PAIR);
static const int8_t CODES[] = {7, 9};
MEMBER(CODED, .type = VGI_TYPE_DENSE_UNION, .n_children = 2, .children = PAIR, .type_codes = CODES);
static const vgi_field *const MEMBERS[] = {&VOID,  &NUMBER, &FLAG,   &TEXT,  &WORD,
                                           &ITEMS, &TRIPLE, &SPARSE, &DENSE, &CODED};
enum { N_MEMBERS = sizeof MEMBERS / sizeof *MEMBERS };
MEMBER(ALL, .type = VGI_TYPE_STRUCT, .n_children = N_MEMBERS, .children = MEMBERS);

static const int32_t THREE[] = {1, 2, 3}, ENDS[] = {0, 3};
static const int64_t WIDE_ENDS[] = {0, 2};
static const uint8_t BIT[] = {1};
static const vgi_array VALUES = {.field = &TEXT, .length = 1, .buffers = {ENDS, "abc"}};

/* One row of it, in `members` and `numbers`. */
static vgi_array one_of_all(vgi_array *members, vgi_array *pair, vgi_array *numbers)
{
    static const int8_t codes[] = {0}, nine[] = {9};
    static const int32_t zero[] = {0};

    *numbers = (vgi_array){.field = &NUMBER, .length = 3, .buffers = {THREE}};
    pair[0] = (vgi_array){.field = &NUMBER, .length = 1, .buffers = {THREE}};
    pair[1] = (vgi_array){.field = &FLAG, .length = 1, .buffers = {BIT}};
    for (int i = 0; i < N_MEMBERS; i++)
        members[i] = (vgi_array){.field = MEMBERS[i], .length = 1};
    members[0].null_count = 1;
    members[1].buffers[0] = THREE;
    members[2].buffers[0] = BIT;
    members[3].buffers[0] = ENDS;
    members[3].buffers[1] = "abc";
    members[3].validity = BIT;
    members[4].buffers[0] = codes;
    members[4].dictionary = &VALUES;
    members[5].buffers[0] = WIDE_ENDS;
    members[6].children = members[5].children = numbers;
    members[6].n_children = members[5].n_children = 1;
    for (int i = 7; i < N_MEMBERS; i++) {
        members[i].buffers[0] = i == 9 ? nine : codes;
        members[i].buffers[1] = i == 7 ? NULL : zero;
        members[i].children = pair;
        members[i].n_children = 2;
    }
    return (vgi_array){.field = &ALL, .length = 1, .children = members, .n_children = N_MEMBERS};
}

static void every_layout_is_joined(void **state)
{
    vgi_array members[N_MEMBERS], pair[2], numbers, joined, all = one_of_all(members, pair, &numbers);
    vg_arena arena = {0};
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_array_validate(&all, NULL, &err), VGI_OK);
    if (vg_array_concat(&arena, &all, &all, INT64_MAX, &joined, &err) != VGI_OK ||
        vg_array_validate(&joined, NULL, &err) != VGI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(joined.length, 2);
    assert_int_equal(joined.children[0].null_count, 2);
    assert_int_equal(vgi_array_i64(&joined.children[1], 1), 1);
    assert_true(vgi_array_bool(&joined.children[2], 1));
    assert_memory_equal(vgi_array_text(&joined.children[3], 1).data, "abc", 3);
    assert_memory_equal(vgi_array_text(&joined.children[4], 1).data, "abc", 3);
    assert_int_equal(joined.children[6].children[0].length, 6);
    assert_int_equal(((const int32_t *)joined.children[8].buffers[1])[1], 1);
    assert_int_equal(((const int8_t *)joined.children[9].buffers[0])[1], 9);
    vg_arena_done(&arena);
}

/* An arena takes its memory in blocks: filling one up to there lets each of what is taken fail in its turn. */
static void any_allocation_may_fail(void **state)
{
    vgi_array members[N_MEMBERS], pair[2], numbers, joined, all = one_of_all(members, pair, &numbers);
    int failures = 0;

    (void)state;
    for (size_t filled = 1; filled < 6000; filled += 8) {
        vg_arena arena = {0};
        vgi_error err = {0};
        vgi_status status;

        assert_non_null(vg_arena_alloc(&arena, filled));
        vg_alloc_fail_after(0);
        status = vg_array_concat(&arena, &all, &all, 1 << 20, &joined, &err);
        vg_alloc_fail_after(-1);
        assert_true(status == VGI_OK || (status == VGI_ERR_MEMORY && err.status == VGI_ERR_MEMORY));
        failures += status != VGI_OK;
        vg_arena_done(&arena);
    }
    assert_true(failures > 10);
}

static void what_cannot_be_counted_is_refused(void **state)
{
    static const int32_t far[] = {INT32_MAX};
    static const int8_t zero[] = {0};
    vgi_array children[] = {{.field = &NUMBER, .length = 1, .buffers = {THREE}},
                            {.field = &FLAG, .length = 1, .buffers = {BIT}}};
    const vgi_array nothing = {.field = &VOID, .length = INT64_MAX, .null_count = INT64_MAX};
    const vgi_array dense = {
        .field = &DENSE, .length = 1, .buffers = {zero, far}, .children = children, .n_children = 2};
    vg_arena arena = {0};
    vgi_array joined;

    (void)state;
    assert_int_equal(vg_array_concat(&arena, &nothing, &nothing, 8, &joined, NULL), VGI_ERR_LIMIT);
    assert_int_equal(vg_array_concat(&arena, &dense, &dense, 8, &joined, NULL), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_cost_nothing_are_counted),
        cmocka_unit_test(text_is_joined_at_its_seam),
        cmocka_unit_test(every_layout_is_joined),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(what_cannot_be_counted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
