/* Unit tests of dsn.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sentry/dsn.h"

static void a_dsn_says_where_and_with_which_key(void **state)
{
    static const char *const ROWS[][3] = {
        {"https://abc123@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/envelope/", "abc123"},
        {"http://abc123:hush@127.0.0.1:9000/7", "http://127.0.0.1:9000/api/7/envelope/", "abc123"},
        {"https://k@[::1]:9000/own/sentry/7", "https://[::1]:9000/own/sentry/api/7/envelope/", "k"},
    };
    vg_dsn dsn;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assert_int_equal(vg_dsn_parse(ROWS[i][0], &dsn, NULL), VGI_OK);
        assert_string_equal(dsn.url, ROWS[i][1]);
        assert_string_equal(dsn.key, ROWS[i][2]);
    }
}

static void what_is_none_is_refused_without_being_repeated(void **state)
{
    static const char *const BAD[] = {
        "",
        "hush",
        "ftp://hush@host/1",
        "https://host/1",
        "https://@host/1",
        "https://hush@host",
        "https://hush@host/",
        "https://hush@/1",
        "https://hush@ho st/1",
        "https://hush@host/a b/1",
        "https://hush\r\nX: y@host/1",
        "https://hush@host/1?x=\r\n",
    };
    char text[VG_DSN_MAX_BYTES + 64];
    vg_dsn dsn;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        vgi_error err = {0};

        assert_int_equal(vg_dsn_parse(BAD[i], &dsn, &err), VGI_ERR_VALUE);
        assert_null(strstr(err.message, "hush"));
    }
    memset(text, 'k', sizeof text);
    memcpy(text, "https://", 8);
    strcpy(text + VG_DSN_MAX_BYTES - 7, "@host/1");
    assert_int_equal(strlen(text), VG_DSN_MAX_BYTES);
    assert_int_equal(vg_dsn_parse(text, &dsn, NULL), VGI_ERR_VALUE);
    strcpy(text + VG_DSN_MAX_BYTES - 8, "@host/1");
    assert_int_equal(vg_dsn_parse(text, &dsn, NULL), VGI_OK);
    assert_string_equal(dsn.url, "https://host/api/1/envelope/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dsn_says_where_and_with_which_key),
        cmocka_unit_test(what_is_none_is_refused_without_being_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
