/* Unit tests of value.c and wide.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sq.h"

static int64_t timestamp(const char *text)
{
    int64_t us;

    assert_true(sq_timestamp_parse(text, strlen(text), &us));
    return us;
}

static void dates_and_times_are_read(void **state)
{
    int64_t us;

    (void)state;
    assert_int_equal(timestamp("1970-01-01"), 0);
    assert_int_equal(timestamp("1969-12-31"), -INT64_C(86400000000));
    assert_int_equal(timestamp("0000-01-01"), -INT64_C(62167219200) * 1000000);
    assert_int_equal(timestamp("9999-12-31 23:59:59.999999"), INT64_C(253402300800) * 1000000 - 1);
    assert_int_equal(timestamp("2000-02-29T12:34"), INT64_C(951827640) * 1000000);
    assert_int_equal(timestamp("2000-02-29 12:34:56.7"), INT64_C(951827696) * 1000000 + 700000);
    assert_int_equal(timestamp("2013-01-01T05:00:00Z"), INT64_C(1357016400) * 1000000);
    assert_int_equal(timestamp("2013-01-01 05:00:00 +01:30"), INT64_C(1357011000) * 1000000);
    assert_int_equal(timestamp("2013-01-01 05:00:00-01:30"), INT64_C(1357021800) * 1000000);
    assert_int_equal(timestamp("2013-01-01 05:00:00.123456000"), INT64_C(1357016400) * 1000000 + 123456);
    assert_true(sq_time_parse("23:59:59.5", 10, &us));
    assert_int_equal(us, INT64_C(86399500000));
    assert_true(sq_timestamp_of_integer(-1, true, &us));
    assert_int_equal(us, -1000000);
    assert_true(sq_timestamp_of_integer(1721059, true, &us));
    assert_int_equal(us, INT64_C(1721059000000));
    assert_true(sq_timestamp_of_integer(1721060, true, &us)); /* noon of the year 0's first day */
    assert_int_equal(us, (-INT64_C(62167219200) + 43200) * 1000000);
    assert_false(sq_timestamp_of_integer(1721060, false, &us)); /* or 20 January 1970 */
    assert_false(sq_timestamp_of_integer(5373484, false, &us));
    assert_true(sq_timestamp_of_integer(5373485, false, &us));
    assert_true(sq_timestamp_of_integer(5373485, true, &us));
    assert_int_equal(us, INT64_C(5373485000000));
    assert_true(sq_timestamp_of_julian(2440587.5, &us));
    assert_int_equal(us, 0);
    assert_true(sq_timestamp_of_julian(2451544.75, &us));
    assert_int_equal(us, INT64_C(946706400) * 1000000);
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const WRONG[] = {"",
                                        "2000",
                                        "2000-1-01",
                                        "2000-02-30",
                                        "1900-02-29",
                                        "2000-13-01",
                                        "2000-00-01",
                                        "2000-01-00",
                                        "2000-01-01 24:00",
                                        "2000-01-01 12",
                                        "2000-01-01 12:00:60",
                                        "2000-01-01 12:00:00.",
                                        "2000-01-01 12:00:00.1234567",
                                        "2000-01-01x",
                                        "2000-01-01 12:00 +15:00",
                                        "2000-01-01 12:00Zx",
                                        "now",
                                        "12:00",
                                        "-2000-01-01",
                                        "2000-01-01T",
                                        "2000/01/01",
                                        "20000-01-01"};
    int64_t us;

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++)
        if (sq_timestamp_parse(WRONG[i], strlen(WRONG[i]), &us))
            fail_msg("'%s' was read", WRONG[i]);
    assert_false(sq_timestamp_parse("2000-01-01\0", 11, &us));
    assert_false(sq_time_parse("23:59:59Z", 9, &us));
    assert_false(sq_timestamp_of_integer(INT64_C(1700000000000), true, &us)); /* milliseconds */
    assert_false(sq_timestamp_of_julian(-1, &us));
    assert_false(sq_timestamp_of_julian(5373484.5, &us));
    assert_false(sq_timestamp_of_julian(1e300, &us));
}

static void reals_read_back_as_they_were(void **state)
{
    static const double REALS[] = {
        0.1, 0.1 + 0.2, 1.0, -2.5, 1e300, 5e-324, 1.7976931348623157e308, 123456789012345680.0};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(REALS) / sizeof(REALS[0]); i++) {
        size_t size = sq_real_text(REALS[i], text);

        assert_int_equal(size, strlen(text));
        assert_true(strtod(text, NULL) == REALS[i]);
        assert_non_null(strpbrk(text, ".e"));
    }
    sq_real_text(0.1, text);
    assert_string_equal(text, "0.1");
    sq_real_text(3, text);
    assert_string_equal(text, "3.0");
}

static void utf8_is_checked(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } CASES[] = {
        {"", true},
        {"abcdefgh", true},
        {"abcdefghi\xC3\xA9", true},
        {"\xE2\x82\xAC", true},
        {"\xF0\x9F\x98\x80", true},
        {"\x80", false},
        {"\xC3", false},
        {"\xC0\xAF", false},
        {"\xE0\x80\xAF", false},
        {"\xED\xA0\x80", false},
        {"\xF4\x90\x80\x80", false},
        {"\xF0\x8F\xBF\xBF", false},
        {"\xFF", false},
        {"abcdefgh\xE2\x82", false},
        {"\xE2\x28\xA1", false},
        {"\xF4\x8F\xBF\xBF", true},
        {"\xED\x9F\xBF", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        assert_int_equal(sq_utf8_valid((const unsigned char *)CASES[i].text, strlen(CASES[i].text)), CASES[i].valid);
}

static void moments_are_written_as_they_are_read(void **state)
{
    static const struct {
        sq_kind kind;
        int64_t us;
        const char *text;
    } CASES[] = {
        {SQ_DATE, 0, "1970-01-01"},
        {SQ_DATE, -INT64_C(62167219200) * 1000000, "0000-01-01"},
        {SQ_TIMESTAMP, -1, "1969-12-31 23:59:59.999999"},
        {SQ_TIMESTAMP, INT64_C(253402300799) * 1000000, "9999-12-31 23:59:59"},
        {SQ_TIMESTAMPTZ, INT64_C(1709168523) * 1000000, "2024-02-29 01:02:03Z"},
        {SQ_TIME, 45296789000, "12:34:56.789000"},
    };
    char text[SQ_MOMENT_TEXT];
    int64_t us;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_true(sq_moment_text(CASES[i].kind, CASES[i].us, text));
        assert_string_equal(text, CASES[i].text);
        assert_true(CASES[i].kind == SQ_TIME ? sq_time_parse(text, strlen(text), &us)
                                             : sq_timestamp_parse(text, strlen(text), &us));
        assert_int_equal(us, CASES[i].us);
    }
    assert_false(sq_moment_text(SQ_DATE, INT64_C(253402300800) * 1000000, text));
    assert_false(sq_moment_text(SQ_TIMESTAMP, INT64_MAX, text)); /* infinity */
    assert_false(sq_moment_text(SQ_TIME, -1, text));
}

static void wide_numbers_are_exact(void **state)
{
    static const struct {
        const char *text, *back;
        int precision, scale;
        bool is_signed, fits;
    } CASES[] = {
        {"-170141183460469231731687303715884105728", NULL, 0, 0, true, true},
        {"170141183460469231731687303715884105728", NULL, 0, 0, true, false},
        {"340282366920938463463374607431768211455", NULL, 0, 0, false, true},
        {"340282366920938463463374607431768211456", NULL, 0, 0, false, false},
        {"-1", NULL, 0, 0, false, false},
        {"1.5", "1.500", 18, 3, true, true},
        {"-.05", "-0.050", 18, 3, true, true},
        {"0", "0.000", 18, 3, true, true},
        {"1.0005", NULL, 18, 3, true, false},
        {"1000000000000000", NULL, 18, 3, true, false},
        {"1e3", NULL, 18, 3, true, false},
        {"", NULL, 18, 3, true, false},
        {".", NULL, 18, 3, true, false},
    };
    unsigned char bytes[16];
    char text[48];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        bool fits = sq_decimal_parse(CASES[i].text, strlen(CASES[i].text), CASES[i].precision, CASES[i].scale,
                                     CASES[i].is_signed, bytes);

        if (fits != CASES[i].fits)
            fail_msg("%s", CASES[i].text);
        if (!fits)
            continue;
        (void)sq_decimal_text(bytes, CASES[i].scale, CASES[i].is_signed, text);
        assert_string_equal(text, CASES[i].back ? CASES[i].back : CASES[i].text);
    }
}

static void uuids_are_read_and_written(void **state)
{
    const char *text = "01234567-89ab-cdef-0123-456789abcdef";
    unsigned char bytes[16];
    char back[37];

    (void)state;
    assert_true(sq_uuid_parse(text, 36, bytes));
    sq_uuid_text(bytes, back);
    assert_string_equal(back, text);
    assert_false(sq_uuid_parse(text, 35, bytes));
    assert_false(sq_uuid_parse("0123456-789ab-cdef-0123-456789abcdef0", 36, bytes));
    assert_false(sq_uuid_parse("g1234567-89ab-cdef-0123-456789abcdef", 36, bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_times_are_read),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(reals_read_back_as_they_were),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(moments_are_written_as_they_are_read),
        cmocka_unit_test(wide_numbers_are_exact),
        cmocka_unit_test(uuids_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
