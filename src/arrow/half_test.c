/* Unit tests of half.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arrow/half.h"

static void every_half_survives(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
        const double value = vg_half_to_double((uint16_t)bits);

        if (isnan(value))
            assert_true(isnan(vg_half_to_double(vg_half_from_double(value))));
        else
            assert_int_equal(vg_half_from_double(value), bits);
    }
}

static void others_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(vg_half_from_double(1.0), 0x3C00);
    assert_int_equal(vg_half_from_double(-2.0), 0xC000);
    assert_int_equal(vg_half_from_double(1.0 + 0x1p-11), 0x3C00); /* halfway: to even */
    assert_int_equal(vg_half_from_double(1.0 + 3 * 0x1p-11), 0x3C02);
    assert_int_equal(vg_half_from_double(1.0 + 0x1.8p-11), 0x3C01);
    assert_int_equal(vg_half_from_double(65504), 0x7BFF);
    assert_int_equal(vg_half_from_double(65519.99), 0x7BFF);
    assert_int_equal(vg_half_from_double(65520), 0x7C00);
    assert_int_equal(vg_half_from_double(-1e300), 0xFC00);
    assert_int_equal(vg_half_from_double(0x1p-25), 0);
    assert_int_equal(vg_half_from_double(0x1.1p-25), 1);
    assert_int_equal(vg_half_from_double(1e-300), 0);
    assert_int_equal(vg_half_from_double(-0.0), 0x8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_survives),
        cmocka_unit_test(others_are_rounded_to_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
