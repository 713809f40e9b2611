/* Reals as text, in a program whose locale writes a comma. */
#include "base/real.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void reals_are_printed_and_read_with_a_point(void **state)
{
    static const struct {
        double value;
        const char *text;
    } CASES[] = {{0.1, "0.1"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {-2.5, "-2.5"},
                 {3, "3"},
                 {1e300, "1e+300"},
                 {5e-324, "4.94065645841247e-324"},
                 {-0.0, "-0"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {1234567.5, "1234567.5"}};
    char text[VG_REAL_TEXT], *end;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(vg_real_print(CASES[i].value, text), strlen(CASES[i].text));
        assert_string_equal(text, CASES[i].text);
        assert_true(vg_real_read(text, &end) == CASES[i].value && *end == '\0');
    }
    assert_int_equal(vg_real_print(INFINITY, text), 3);
    assert_true(isinf(vg_real_read("-inf", NULL)) && isnan(vg_real_read("nan", NULL)));
    assert_true(vg_real_read("2,5", &end) == 2);
    assert_string_equal(end, ",5");
}

/* The host's locale stays what it was, and is German where the system can make it so. */
static void the_locale_of_the_program_does_not_matter(void **state)
{
    static char folder[] = "/tmp/vgi-locale-XXXXXX";
    char command[200], text[16];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    if (system(command) == 0) {
        assert_int_equal(setenv("LOCPATH", folder, 1), 0);
        assert_non_null(setlocale(LC_ALL, "de_DE.UTF-8"));
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    snprintf(text, sizeof text, "%g", 2.5);
    if (strcmp(text, "2,5") != 0) {
        puts("SKIPPED: localedef cannot make de_DE.UTF-8 (package locales)");
        exit(getenv("CI") ? 1 : 77);
    }
    reals_are_printed_and_read_with_a_point(state);
    snprintf(text, sizeof text, "%g", 2.5);
    assert_string_equal(text, "2,5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reals_are_printed_and_read_with_a_point),
                                       cmocka_unit_test(the_locale_of_the_program_does_not_matter)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
