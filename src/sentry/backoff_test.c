/* Unit tests of backoff.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sentry/backoff.h"

static int64_t after(long http_status, const char *header)
{
    vg_backoff backoff = {0};

    vg_backoff_header(&backoff, vgi_str(header), 784111777); /* Sun, 06 Nov 1994 08:49:37 GMT */
    return vg_backoff_seconds(&backoff, http_status);
}

static void limits_are_read(void **state)
{
    static const struct {
        long http_status;
        int64_t seconds;
        const char *header;
    } ROWS[] = {
        {200, 0, "Content-Type: application/json\r\n"},
        {500, 0, ""},
        {429, VG_BACKOFF_DEFAULT_S, ""},
        {429, 7, "Retry-After: 7\r\n"},
        {429, 8, "retry-after:7.5"},
        {429, 63, "Retry-After: Sun, 06 Nov 1994 08:50:40 GMT\r\n"},
        {429, VG_BACKOFF_DEFAULT_S, "Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n"},
        {429, VG_BACKOFF_DEFAULT_S, "Retry-After: soon\r\n"},
        {429, VG_BACKOFF_MAX_S, "Retry-After: 99999999999999999999999\r\n"},
        {200, 0, "Retry-After: 7\r\n"},
        {200, 30, "X-Sentry-Rate-Limits: 30:error:key\r\n"},
        {429, 30, "x-sentry-rate-limits: 10::organization, 30:transaction;error:key, 5:error"},
        {429, 10, "X-Sentry-Rate-Limits: 10::organization, 30:transaction;errors:key"},
        {429, 0, "X-Sentry-Rate-Limits: 2700:session:key"},
        {429, 12, "X-Sentry-Rate-Limits: 12"},
        {429, 0, "X-Sentry-Rate-Limits: ,,:;;,x:error"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (after(ROWS[i].http_status, ROWS[i].header) != ROWS[i].seconds)
            fail_msg("%ld %s: %d", ROWS[i].http_status, ROWS[i].header,
                     (int)after(ROWS[i].http_status, ROWS[i].header));
}

static void a_header_may_be_long(void **state)
{
    static char text[20000];

    (void)state;
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "Retry-After:", 12);
    text[sizeof text - 2] = '9';
    assert_int_equal(after(429, text), VG_BACKOFF_DEFAULT_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_read),
        cmocka_unit_test(a_header_may_be_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
