/* The words of launched commands, and the hashes that all launchers agree on (rpc.md §10.3: the vectors are its own).
 * */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/launch.h"

static vg_arena arena;

static int clear(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    arena = (vg_arena){0};
    return 0;
}

static void expect_hash(char *const *argv, char *const *environment, const char *wanted)
{
    char hash[VG_LAUNCH_HASH];

    assert_int_equal(vg_launch_hash(&arena, argv, "/tmp", environment, hash, NULL), VGI_OK);
    assert_string_equal(hash, wanted);
}

static void hashes_are_those_of_the_contract(void **state)
{
    char python[] = "python", m[] = "-m", foo[] = "foo", bar[] = "--bar", baz[] = "baz";
    char spaced[] = "/path with spaces/foo.py";
    char *none[] = {NULL}, *one[] = {python, NULL}, *many[] = {python, m, foo, bar, baz, NULL};
    char *path[] = {python, spaced, NULL};

    (void)state;
    expect_hash(none, none, "21499d847854c192");
    expect_hash(one, none, "13ddf92fa852a381");
    expect_hash(many, none, "1d95f2117bce8c2d");
    expect_hash(path, none, "23664770f5414889");
}

static void only_variables_of_the_layer_count(void **state)
{
    char python[] = "python", home[] = "HOME=/root", b[] = "VGI_RPC_B=2", a[] = "VGI_RPC_A=1";
    char *argv[] = {python, NULL}, *other[] = {home, NULL}, *ab[] = {a, home, b, NULL}, *ba[] = {b, a, NULL};
    char first[VG_LAUNCH_HASH], second[VG_LAUNCH_HASH];

    (void)state;
    expect_hash(argv, other, "13ddf92fa852a381");
    assert_int_equal(vg_launch_hash(&arena, argv, "/tmp", ab, first, NULL), VGI_OK);
    assert_int_equal(vg_launch_hash(&arena, argv, "/tmp", ba, second, NULL), VGI_OK);
    assert_string_equal(first, second);
    assert_string_not_equal(first, "13ddf92fa852a381");
}

static void expect_words(const char *command, size_t wanted, const char *const *words)
{
    char **found;
    size_t count;

    assert_int_equal(vg_launch_split(&arena, command, &found, &count, NULL), VGI_OK);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(found[i], words[i]);
    assert_null(found[count]);
}

static void commands_are_split_as_a_shell_does(void **state)
{
    (void)state;
    expect_words("", 0, NULL);
    expect_words("  a  b\tc ", 3, (const char *const[]){"a", "b", "c"});
    expect_words("a 'b c' \"d e\" f\\ g", 4, (const char *const[]){"a", "b c", "d e", "f g"});
    expect_words("a'b'\"c\" ''", 2, (const char *const[]){"abc", ""});
    expect_words("\"a\\\"b\\\\c\\d\" 'e\\f'", 2, (const char *const[]){"a\"b\\c\\d", "e\\f"});
}

static void what_is_not_closed_is_refused(void **state)
{
    static const char *const OPEN[] = {"'", "\"", "a 'b", "a \"b\\\"", "a\\"};
    char **found;
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof OPEN / sizeof *OPEN; i++)
        assert_int_equal(vg_launch_split(&arena, OPEN[i], &found, &count, NULL), VGI_ERR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hashes_are_those_of_the_contract, clear),
        cmocka_unit_test_teardown(only_variables_of_the_layer_count, clear),
        cmocka_unit_test_teardown(commands_are_split_as_a_shell_does, clear),
        cmocka_unit_test_teardown(what_is_not_closed_is_refused, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
