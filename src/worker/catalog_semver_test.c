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
};

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
    static const char *const BAD[] = {"latest", "^",        "1.",         "1..2",         "1.2.3.4",    ">=1.0.0,",
                                      "1 ||",   "||",       "1.0.0-rc.1", "1.2.3 latest", "9999999999", "1.*.3",
                                      ">=<1",   "1.2.3,,1", "-1",         "1|2"};

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
        cmocka_unit_test(test_not_a_range),
        cmocka_unit_test(test_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
