/* Unit tests of arena.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"

static void memory_is_zeroed_aligned_and_survives_growth(void **state)
{
    vg_arena arena = {0};
    char *first = vg_arena_alloc(&arena, 10);

    (void)state;
    assert_non_null(first);
    strcpy(first, "kept");
    for (int i = 0; i < 1000; i++) {
        unsigned char *more = vg_arena_alloc(&arena, 100);
        assert_non_null(more);
        assert_int_equal((uintptr_t)more % 16, 0);
        for (int j = 0; j < 100; j++)
            assert_int_equal(more[j], 0);
        memset(more, 0xFF, 100);
    }
    assert_string_equal(first, "kept");
    vg_arena_done(&arena);
}

static void the_second_round_allocates_nothing(void **state)
{
    vg_arena arena = {0};
    uint64_t before;

    (void)state;
    for (int i = 0; i < 50; i++)
        assert_non_null(vg_arena_alloc(&arena, 3000));
    vg_arena_reset(&arena);
    before = vg_alloc_count();
    for (int i = 0; i < 50; i++)
        assert_non_null(vg_arena_alloc(&arena, 3000));
    assert_int_equal(vg_alloc_count(), before);
    vg_arena_done(&arena);
}

static void a_huge_arena_is_given_back(void **state)
{
    vg_arena arena = {0};
    uint64_t before;

    (void)state;
    assert_non_null(vg_arena_alloc(&arena, 4096));
    assert_non_null(vg_arena_alloc(&arena, 8192));
    before = vg_alloc_count();
    vg_arena_recycle(&arena, 4096 + 8192); /* kept, in one piece */
    assert_int_equal(vg_alloc_count(), before + 1);
    assert_non_null(vg_arena_alloc(&arena, 4096 + 8192));
    assert_int_equal(vg_alloc_count(), before + 1);
    vg_arena_recycle(&arena, 4096 + 8192 - 1);
    assert_null(arena.blocks);
    assert_non_null(vg_arena_alloc(&arena, 1));
    vg_arena_done(&arena);
}

static void the_limit_holds(void **state)
{
    vg_arena arena;

    (void)state;
    vg_arena_init(&arena, 64);
    assert_non_null(vg_arena_alloc(&arena, 64));
    assert_null(vg_arena_alloc(&arena, 1));
    vg_arena_reset(&arena);
    assert_null(vg_arena_alloc(&arena, 65));
    assert_null(vg_arena_alloc(&arena, SIZE_MAX));
    assert_null(vg_arena_array(&arena, SIZE_MAX / 2, 3));
    vg_arena_done(&arena);
}

static void strings_are_copied_with_a_nul(void **state)
{
    vg_arena arena = {0};
    vgi_string copy = vg_arena_string(&arena, (vgi_string){"ab\0c", 4});

    (void)state;
    assert_int_equal(copy.size, 4);
    assert_memory_equal(copy.data, "ab\0c", 5);
    assert_null(vg_arena_string(&arena, (vgi_string){0}).data);
    assert_string_equal(vg_arena_printf(&arena, "%d-%s", 7, "x").data, "7-x");
    vg_arena_done(&arena);
}

static void what_a_mark_was_before_is_forgotten(void **state)
{
    vg_arena arena = {0};
    char *kept;

    (void)state;
    vg_arena_rewind(&arena, vg_arena_here(&arena));
    kept = vg_arena_alloc(&arena, 100);
    kept[0] = 'k';
    for (size_t size = 16; size < 1 << 20; size *= 2) {
        const vg_arena_mark mark = vg_arena_here(&arena);
        const size_t total = arena.total;
        const char *piece = NULL;

        for (int i = 0; i < 5; i++) /* of several blocks, at first */
            piece = vg_arena_alloc(&arena, size);
        assert_non_null(piece);
        vg_arena_rewind(&arena, mark);
        assert_int_equal(arena.total, total);
        ((char *)vg_arena_alloc(&arena, size))[0] = 'x';
        vg_arena_rewind(&arena, mark);
    }
    assert_int_equal(kept[0], 'k');
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_survives_growth),
        cmocka_unit_test(what_a_mark_was_before_is_forgotten),
        cmocka_unit_test(the_second_round_allocates_nothing),
        cmocka_unit_test(a_huge_arena_is_given_back),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(strings_are_copied_with_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
