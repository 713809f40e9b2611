/* Unit tests of command_line.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/command_line.h"

#define ARGV(...) ((char *[]){(char[]){"worker"}, __VA_ARGS__})
#define WORD(text) ((char[]){text})

static vgi_status own_word(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    if (strcmp(argv[*i], "--file") != 0 || *i + 1 == argc)
        return vgi_error_set(err, VGI_ERR_VALUE, "not mine: %s", argv[*i]);
    *(const char **)user = argv[++*i];
    return VGI_OK;
}

static void words_are_read(void **state)
{
    static const vg_own_words own = {0};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_command_line_parse(&own, 8,
                                           ARGV(WORD("--unix"), WORD("/tmp/s"), WORD("--idle-timeout"), WORD("1.5"),
                                                WORD("--max-connections"), WORD("3"), WORD("--describe")),
                                           &line, &err),
                     VGI_OK);
    assert_string_equal(line.unix_path, "/tmp/s");
    assert_true(line.idle_timeout_s == 1.5);
    assert_int_equal(line.max_connections, 3);
    assert_int_equal(vg_command_line_parse(&own, 2, ARGV(WORD("--help")), &line, &err), VGI_OK);
    assert_true(line.help && !line.version && !line.unix_path);
}

static void connections_are_limited_unless_told_otherwise(void **state)
{
    static const vg_own_words own = {0};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_int_equal(line.max_connections, 64);
    setenv("VGI_RPC_MAX_CONNECTIONS", "0", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_int_equal(line.max_connections, 0);
    assert_int_equal(vg_command_line_parse(&own, 3, ARGV(WORD("--max-connections"), WORD("7")), &line, NULL), VGI_OK);
    assert_int_equal(line.max_connections, 7);
    setenv("VGI_RPC_MAX_CONNECTIONS", "many", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "VGI_RPC_MAX_CONNECTIONS 'many'"));
    unsetenv("VGI_RPC_MAX_CONNECTIONS");
}

static void the_environment_names_an_access_log_too(void **state)
{
    static const vg_own_words own = {0};
    vg_command_line line;

    (void)state;
    setenv("VGI_RPC_ACCESS_LOG", "", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_null(line.access_log);
    setenv("VGI_RPC_ACCESS_LOG", "/tmp/a", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_string_equal(line.access_log, "/tmp/a");
    assert_int_equal(vg_command_line_parse(&own, 3, ARGV(WORD("--access-log"), WORD("/tmp/b")), &line, NULL), VGI_OK);
    assert_string_equal(line.access_log, "/tmp/b");
    unsetenv("VGI_RPC_ACCESS_LOG");
}

static void a_log_is_asked_for_by_words_and_by_the_environment(void **state)
{
    static const vg_own_words own = {0};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_null(line.log);
    assert_int_equal(line.log_level, VGI_LOG_INFO);
    assert_false(line.log_is_json);
    setenv("VGI_LOG", "stderr", 1);
    setenv("VGI_LOG_LEVEL", "warn", 1);
    setenv("VGI_LOG_FORMAT", "json", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    assert_string_equal(line.log, "stderr");
    assert_int_equal(line.log_level, VGI_LOG_WARN);
    assert_true(line.log_is_json);
    assert_int_equal(vg_command_line_parse(&own, 5,
                                           ARGV(WORD("--log-level"), WORD("debug"), WORD("--log-format"), WORD("text")),
                                           &line, NULL),
                     VGI_OK);
    assert_int_equal(line.log_level, VGI_LOG_DEBUG);
    assert_false(line.log_is_json);
    setenv("VGI_LOG_LEVEL", "loud", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "VGI_LOG_LEVEL 'loud': expected debug, info, warn or error");
    unsetenv("VGI_LOG");
    unsetenv("VGI_LOG_LEVEL");
    unsetenv("VGI_LOG_FORMAT");
}

static void limits_are_named(void **state)
{
    static const vg_own_words own = {0};
    static const char *const bad[] = {"max_rows",
                                      "max_rows=",
                                      "max_row=1",
                                      "max_rows=0",
                                      "max_rows=-1",
                                      "max_depth=65",
                                      "max_rows=1T",
                                      "max_rows=1,",
                                      "max_rows=1 ",
                                      "max_rows=1=2",
                                      "max_rows=1,x=2",
                                      "=1",
                                      "",
                                      "max_depth=1K,,",
                                      "max_rows=8589934592G",
                                      "max_shm_bytes=99999999999999999999"};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, NULL), VGI_OK);
    for (size_t i = 0; i < VG_N_LIMIT_ROWS; i++)
        assert_int_equal(vg_limit_get(&line.limits, &VG_LIMIT_ROWS[i]), 0);
    setenv("VGI_RPC_LIMITS", "max_rows=5,max_shm_bytes=2G", 1);
    assert_int_equal(vg_command_line_parse(&own, 5,
                                           ARGV(WORD("--limit"), WORD("max_rows=7"), WORD("--limit"),
                                                WORD("max_depth=64,max_body_bytes=3K")),
                                           &line, NULL),
                     VGI_OK);
    assert_int_equal(line.limits.max_rows, 7);
    assert_int_equal(line.limits.max_depth, 64);
    assert_int_equal(line.limits.max_body_bytes, 3072);
    assert_int_equal(line.limits.max_shm_bytes, INT64_C(2) << 30);
    setenv("VGI_RPC_LIMITS", "max_rows=none", 1);
    assert_int_equal(vg_command_line_parse(&own, 1, ARGV(NULL), &line, &err), VGI_ERR_VALUE);
    unsetenv("VGI_RPC_LIMITS");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char value[64];
        err = (vgi_error){0};
        strcpy(value, bad[i]);
        if (vg_command_line_parse(&own, 3, ARGV(WORD("--limit"), value), &line, &err) != VGI_ERR_VALUE)
            fail_msg("'%s' was taken", bad[i]);
    }
}

static void limits_are_merged(void **state)
{
    const vg_limits own = {.max_rows = 5, .max_depth = 3}, said = {.max_rows = 7};
    vg_limits limits;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_limits_merge(&own, &said, &limits, NULL), VGI_OK);
    assert_int_equal(limits.max_rows, 7);
    assert_int_equal(limits.max_depth, 3);
    assert_int_equal(limits.max_fields, VG_DEFAULT_LIMITS.max_fields);
    assert_int_equal(vg_limits_merge(NULL, NULL, &limits, NULL), VGI_OK);
    for (size_t i = 0; i < VG_N_LIMIT_ROWS; i++)
        assert_int_equal(vg_limit_get(&limits, &VG_LIMIT_ROWS[i]), vg_limit_get(&VG_DEFAULT_LIMITS, &VG_LIMIT_ROWS[i]));
    assert_int_equal(vg_limits_merge(&(vg_limits){.max_depth = 65}, NULL, &limits, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "the limit max_depth is a number from 1 to 64, not 65");
    assert_int_equal(vg_limits_merge(&(vg_limits){.max_rows = -1}, NULL, &limits, NULL), VGI_ERR_VALUE);
}

static void unknown_words_are_refused_with_the_nearest(void **state)
{
    static const vg_own_words own = {0};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_command_line_parse(&own, 2, ARGV(WORD("--unxi")), &line, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "unknown word '--unxi'; did you mean --unix?");
    err = (vgi_error){0};
    assert_int_equal(vg_command_line_parse(&own, 2, ARGV(WORD("banana")), &line, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "--help"));
}

static void values_are_checked(void **state)
{
    static const vg_own_words own = {0};
    static const char *const bad[][2] = {{"--idle-timeout", "soon"},
                                         {"--idle-timeout", ""},
                                         {"--max-connections", "-1"},
                                         {"--max-connections", "1x"},
                                         {"--unix", ""}};
    vg_command_line line;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char word[32], value[32];
        vgi_error err = {0};
        strcpy(word, bad[i][0]);
        strcpy(value, bad[i][1]);
        assert_int_equal(vg_command_line_parse(&own, 3, ARGV(word, value), &line, &err), VGI_ERR_VALUE);
        assert_non_null(strstr(err.message, "expected"));
        err = (vgi_error){0};
        assert_int_equal(vg_command_line_parse(&own, 2, ARGV(word), &line, &err), VGI_ERR_VALUE);
        assert_non_null(strstr(err.message, "needs"));
    }
}

static void the_programs_own_words(void **state)
{
    const char *file = NULL;
    const vg_own_words own = {.user = (void *)&file, .parse_arg = own_word};
    vg_command_line line;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(
        vg_command_line_parse(&own, 5, ARGV(WORD("--file"), WORD("x"), WORD("--tcp"), WORD("0")), &line, &err), VGI_OK);
    assert_string_equal(file, "x");
    assert_string_equal(line.tcp_address, "0");
    assert_int_equal(vg_command_line_parse(&own, 2, ARGV(WORD("other")), &line, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "not mine: other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read),
        cmocka_unit_test(the_environment_names_an_access_log_too),
        cmocka_unit_test(connections_are_limited_unless_told_otherwise),
        cmocka_unit_test(a_log_is_asked_for_by_words_and_by_the_environment),
        cmocka_unit_test(limits_are_named),
        cmocka_unit_test(limits_are_merged),
        cmocka_unit_test(unknown_words_are_refused_with_the_nearest),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(the_programs_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
