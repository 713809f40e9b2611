/* Version ranges: what matches, what does not, and what is no range at all. */
#include "worker/catalog_semver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *spec, *version;
    bool matches;
} RANGES[] = {
    {"", "1.2.3", true},
    {"1.2.3", "1.2.3", true},
    {"1.2.4", "1.2.3", false},
    {"=1.2.3", "1.2.3", true},
    {"v1.2.3", "1.2.3", true},
    {"1", "1.9.9", true},
    {"1", "2.0.0", false},
    {"1.2", "1.2.9", true},
    {"1.2", "1.3.0", false},
    {"1.2.x", "1.2.7", true},
    {"1.*", "1.2.7", true},
    {"*", "0.0.1", true},
    {"^1.2.3", "1.9.0", true},
    {"^1.2.3", "1.2.2", false},
    {"^1.2.3", "2.0.0", false},
    {"^0.2.3", "0.2.9", true},
    {"^0.2.3", "0.3.0", false},
    {"^0.0.3", "0.0.3", true},
    {"^0.0.3", "0.0.4", false},
    {"^0.0", "0.0.9", true},
    {"^0.0", "0.1.0", false},
    {"^0", "0.9.9", true},
    {"~1.2.3", "1.2.9", true},
    {"~1.2.3", "1.3.0", false},
    {"~1", "1.9.0", true},
    {">=1.0.0,<2.0.0", "1.5.0", true},
    {">=1.0.0,<2.0.0", "2.0.0", false},
    {">=1.0.0 <2.0.0", "0.9.9", false},
    {">= 1.0.0 , < 2.0.0", "1.0.0", true},
    {">1.2", "1.2.9", false},
    {">1.2", "1.3.0", true},
    {"<=1.2", "1.2.9", true},
    {"<=1.2", "1.3.0", false},
    {"<1.2.3", "1.2.2", true},
    {"1.0.0 || 3", "3.4.5", true},
    {"1.0.0||3", "2.0.0", false},
    {">*", "1.0.0", false},
    {"2024-06", "2024-06", true}, /* no X.Y.Z: only letter by letter */
    {"1", "2024-06", false},
    {"1.0.0-rc.1", "1.0.0-rc.1", true},
    {"1", "1.0.0-rc.1", false},
    {"1.0.0", "1.0.0+build5", true},
    {"1.2", "", false},
    {"~> 1.2.3", "1.2.9", true},
    {"~1.2", "1.3.0", false},
    {"~0.2.3", "0.2.4", true},
    {"^1.x", "1.9.0", true},
    {"^0.x", "1.0.0", false},
    {"1.*.3", "1.7.0", true}, /* what follows the first x is not asked for */
    {"x", "7.0.0", true},
    {"", "7.0.0-rc.1", true},
    {"<1.2", "1.1.9", true},
    {"<1", "1.0.0", false},
    {"<*", "0.0.0", false},
    {"<=*", "5.0.0", true},
    {">1", "2.0.0", true},
    {">=1", "1.0.0", true},
    {"= v1.2.3", "1.2.3", true},
    {"1 ||", "5.0.0", true}, /* an empty set: any version */
    {"||", "5.0.0", true},
    {"1 || 2 || 3", "3.0.0", true},
    /* hyphens */
    {"1.2.3 - 2.3.4", "1.2.3", true},
    {"1.2.3 - 2.3.4", "2.3.4", true},
    {"1.2.3 - 2.3.4", "2.3.5", false},
    {"1.2 - 2.3.4", "1.2.0", true},
    {"1.2.3 - 2.3", "2.3.99", true},
    {"1.2.3 - 2.3", "2.4.0", false},
    {"1.2.3 - 2", "2.99.0", true},
    {"1.2.3 - 2", "3.0.0", false},
    {"* - 2", "0.1.0", true},
    {"1.2.3 - *", "99.0.0", true},
    {"0.1 - 0.2 || 3", "3.1.0", true},
    /* before a release */
    {"*", "1.0.0-rc.1", false},
    {">=1.0.0", "1.1.0-rc.1", false},
    {">1.2.3-alpha.3", "1.2.3-alpha.7", true},
    {">1.2.3-alpha.3", "3.4.5-alpha.9", false},
    {">1.2.3-alpha.3", "3.4.5", true},
    {"^1.2.3-beta.2", "1.2.3-beta.4", true},
    {"^1.2.3-beta.2", "1.2.4-beta.2", false},
    {"^1.2.3-beta.2", "1.2.3-beta.1", false},
    {"^1.2.3-beta.2", "1.9.0", true},
    {"~1.2.3-beta.2", "1.2.3", true},
    {"^1.2.3", "2.0.0-alpha", false},
    {"<2", "2.0.0-alpha", false},
    {"<=1.0.0-rc.2", "1.0.0-rc.1", true},
    {"1.0.0-rc.1 - 1.0.0", "1.0.0-rc.2", true},
    {"1.0.0-rc.1+b1", "1.0.0-rc.1+b2", true},
    {"1.2.x-rc.1", "1.2.0", true},
};

/* Older first (semver 2.0.0, point 11). */
static const char *const ORDER[] = {
    "no version",       "0.9.9",      "1.0.0-0",      "1.0.0-1",       "1.0.0-11",   "1.0.0-alpha", "1.0.0-alpha.1",
    "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",       "1.0.1",
    "1.10.0",           "9.0.0",      "10.0.0",
};

static void test_order(void **state)
{
    const size_t n = sizeof ORDER / sizeof *ORDER;

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            int order = vg_semver_compare(vgi_str(ORDER[i]), vgi_str(ORDER[k]));

            if ((order > 0) - (order < 0) != (i > k) - (i < k))
                fail_msg("%s and %s: %d", ORDER[i], ORDER[k], order);
        }
    assert_int_equal(vg_semver_compare(vgi_str("1.0.0+a"), vgi_str("1.0.0+b")), 0);
    assert_true(vg_semver_is_version(vgi_str("1.0.0-rc.1+b")));
    assert_false(vg_semver_is_version(vgi_str("1.0")));
    assert_false(vg_semver_is_version((vgi_string){0}));
}

static void test_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(RANGES) / sizeof(RANGES[0]); i++) {
        vgi_error err = {0};
        bool matches = !RANGES[i].matches;

        if (vg_semver_matches(vgi_str(RANGES[i].spec), vgi_str(RANGES[i].version), &matches, &err) != VGI_OK)
            fail_msg("'%s': %s", RANGES[i].spec, err.message);
        if (matches != RANGES[i].matches)
            fail_msg("'%s' against '%s': %d", RANGES[i].spec, RANGES[i].version, matches);
    }
}

static void test_not_a_range(void **state)
{
    static const char *const BAD[] = {
        "latest", "^",        "1.",      "1..2",   "1.2.3.4", ">=1.0.0,", "1.2.3 latest", "9999999999999999",
        ">=<1",   "1.2.3,,1", "-1",      "1|2",    "01.2.3",  "1.0.0-",   "1.0.0-rc..1",  "1.0.0-01",
        "1.0.0+", "1 - ",     "1 - - 2", "1.2-rc", "1 |",     ",1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        vgi_error err = {0};
        bool matches;

        if (vg_semver_matches(vgi_str(BAD[i]), vgi_str("1.2.3"), &matches, &err) != VGI_ERR_VALUE)
            fail_msg("'%s' was taken for a range", BAD[i]);
        assert_non_null(strstr(err.message, BAD[i]));
        assert_non_null(strstr(err.message, "^X.Y.Z"));
    }
}

static void test_absent(void **state)
{
    bool matches = false;

    (void)state;
    assert_int_equal(vg_semver_matches((vgi_string){0}, (vgi_string){0}, &matches, NULL), VGI_OK);
    assert_true(matches);
    assert_int_equal(vg_semver_matches(vgi_str("1"), (vgi_string){0}, &matches, NULL), VGI_OK);
    assert_false(matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_not_a_range),
        cmocka_unit_test(test_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
