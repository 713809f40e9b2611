/* Unit tests of coerce.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "rpc/session.h"

typedef struct fixture {
    vg_arena arena;
    vgi_error err;
} fixture;

static int make(void **state)
{
    static fixture f;

    memset(&f, 0, sizeof f);
    *state = &f;
    return 0;
}

static int drop(void **state)
{
    vg_arena_done(&((fixture *)*state)->arena);
    return 0;
}

static vgi_field field(const char *name, vgi_type_id type)
{
    return (vgi_field){.name = vgi_str(name), .type = type, .nullable = true};
}

static vgi_array column(const vgi_field *of, int64_t length, const void *values)
{
    return (vgi_array){.field = of, .length = length, .buffers = {values, NULL}};
}

static vgi_status coerce_one(fixture *f, vgi_type_id from, const void *values, int64_t rows, const uint8_t *validity,
                             vgi_type_id to, const void **ret)
{
    vgi_field a = field("x", from), b = field("x", to);
    const vgi_field *as[] = {&a}, *bs[] = {&b};
    vgi_arrow_schema have = {.n_fields = 1, .fields = as}, want = {.n_fields = 1, .fields = bs};
    vgi_array in_column = column(&a, rows, values);
    vgi_batch in = {.schema = &have, .rows = rows, .n_columns = 1, .columns = &in_column};
    const vgi_batch *out = NULL;
    vgi_status status;

    in_column.validity = validity;
    vgi_error_clear(&f->err);
    status = vg_coerce_batch(&f->arena, &in, &want, &out, &f->err);
    if (status == VGI_OK) {
        assert_int_equal(out->columns[0].field->type, to);
        assert_int_equal(out->columns[0].length, rows);
        *ret = out->columns[0].buffers[0];
    }
    return status;
}

static void an_equal_schema_passes_untouched(void **state)
{
    fixture *f = *state;
    vgi_field a = field("a", VGI_TYPE_INT64), b = field("a", VGI_TYPE_INT64);
    const vgi_field *as[] = {&a}, *bs[] = {&b};
    vgi_arrow_schema have = {.n_fields = 1, .fields = as}, want = {.n_fields = 1, .fields = bs};
    vgi_array in_column = column(&a, 1, &(int64_t){7});
    vgi_batch in = {.schema = &have, .rows = 1, .n_columns = 1, .columns = &in_column};
    const vgi_batch *out;

    assert_int_equal(vg_coerce_batch(&f->arena, &in, &want, &out, &f->err), VGI_OK);
    assert_ptr_equal(out, &in);
    assert_int_equal(f->arena.total, 0);
}

static void columns_are_found_by_name(void **state)
{
    fixture *f = *state;
    vgi_field a = field("a", VGI_TYPE_INT64), b = field("b", VGI_TYPE_INT64);
    const vgi_field *as[] = {&b, &a}, *bs[] = {&a, &b};
    vgi_arrow_schema have = {.n_fields = 2, .fields = as}, want = {.n_fields = 2, .fields = bs};
    vgi_array columns[] = {column(&b, 1, &(int64_t){2}), column(&a, 1, &(int64_t){1})};
    vgi_batch in = {.schema = &have, .rows = 1, .n_columns = 2, .columns = columns};
    const vgi_batch *out;

    assert_int_equal(vg_coerce_batch(&f->arena, &in, &want, &out, &f->err), VGI_OK);
    assert_int_equal(((const int64_t *)out->columns[0].buffers[0])[0], 1);
    assert_int_equal(((const int64_t *)out->columns[1].buffers[0])[0], 2);
}

static void numbers_are_widened(void **state)
{
    fixture *f = *state;
    const void *out;

    assert_int_equal(coerce_one(f, VGI_TYPE_INT32, (int32_t[]){-3, 4}, 2, NULL, VGI_TYPE_FLOAT64, &out), VGI_OK);
    assert_true(((const double *)out)[0] == -3.0 && ((const double *)out)[1] == 4.0);
    assert_int_equal(coerce_one(f, VGI_TYPE_FLOAT32, (float[]){1.5f, NAN}, 2, NULL, VGI_TYPE_FLOAT64, &out), VGI_OK);
    assert_true(((const double *)out)[0] == 1.5 && isnan(((const double *)out)[1]));
    assert_int_equal(coerce_one(f, VGI_TYPE_INT8, (int8_t[]){-128}, 1, NULL, VGI_TYPE_INT64, &out), VGI_OK);
    assert_int_equal(((const int64_t *)out)[0], -128);
    assert_int_equal(coerce_one(f, VGI_TYPE_UINT32, (uint32_t[]){UINT32_MAX}, 1, NULL, VGI_TYPE_INT64, &out), VGI_OK);
    assert_int_equal(((const int64_t *)out)[0], UINT32_MAX);
    assert_int_equal(coerce_one(f, VGI_TYPE_INT64, (int64_t[]){-128, 127}, 2, NULL, VGI_TYPE_INT8, &out), VGI_OK);
    assert_int_equal(((const int8_t *)out)[0], -128);
    assert_int_equal(coerce_one(f, VGI_TYPE_UINT64, (uint64_t[]){UINT64_MAX}, 1, NULL, VGI_TYPE_UINT64, &out), VGI_OK);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        vgi_type_id from;
        int64_t value;
        vgi_type_id to;
    } CASES[] = {
        {VGI_TYPE_INT64, 128, VGI_TYPE_INT8},         {VGI_TYPE_INT64, -129, VGI_TYPE_INT8},
        {VGI_TYPE_INT64, -1, VGI_TYPE_UINT64},        {VGI_TYPE_INT64, 256, VGI_TYPE_UINT8},
        {VGI_TYPE_UINT64, -1, VGI_TYPE_INT64},        {VGI_TYPE_UINT64, -1, VGI_TYPE_UINT32},
        {VGI_TYPE_UINT64, -1, VGI_TYPE_FLOAT64},      {VGI_TYPE_INT64, 9007199254740993, VGI_TYPE_FLOAT64},
        {VGI_TYPE_INT64, 16777217, VGI_TYPE_FLOAT32}, {VGI_TYPE_INT64, INT64_MIN, VGI_TYPE_INT32},
    };
    fixture *f = *state;
    const void *out;

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(coerce_one(f, CASES[i].from, &CASES[i].value, 1, NULL, CASES[i].to, &out), VGI_ERR_VALUE);
        assert_non_null(strstr(f->err.message, "column 'x', row 0"));
        /* what lies under a NULL does not count */
        assert_int_equal(coerce_one(f, CASES[i].from, &CASES[i].value, 1, (const uint8_t[]){0}, CASES[i].to, &out),
                         VGI_OK);
    }
}

static void other_differences_are_type_errors_that_show_both(void **state)
{
    fixture *f = *state;
    const void *out;

    assert_int_equal(coerce_one(f, VGI_TYPE_FLOAT64, (double[]){1}, 1, NULL, VGI_TYPE_INT64, &out), VGI_ERR_TYPE);
    assert_string_equal(f->err.message, "Input schema mismatch: expected (x: int64), got (x: float64)");
    assert_int_equal(coerce_one(f, VGI_TYPE_INT64, (int64_t[]){1}, 1, NULL, VGI_TYPE_DATE64, &out), VGI_ERR_TYPE);
    assert_int_equal(coerce_one(f, VGI_TYPE_INT64, (int64_t[]){1}, 1, NULL, VGI_TYPE_BOOL, &out), VGI_ERR_TYPE);
}

static void nulls_are_refused_where_there_must_be_none(void **state)
{
    fixture *f = *state;
    vgi_field a = field("a", VGI_TYPE_INT64), b = field("a", VGI_TYPE_INT64);
    const vgi_field *as[] = {&a}, *bs[] = {&b};
    vgi_arrow_schema have = {.n_fields = 1, .fields = as}, want = {.n_fields = 1, .fields = bs};
    vgi_array in_column = column(&a, 2, (int64_t[]){7, 8});
    vgi_batch in = {.schema = &have, .rows = 2, .n_columns = 1, .columns = &in_column};
    const vgi_batch *out;

    b.nullable = false;
    assert_int_equal(vg_coerce_batch(&f->arena, &in, &want, &out, &f->err), VGI_OK);
    in_column.validity = (const uint8_t[]){1};
    in_column.null_count = -1;
    assert_int_equal(vg_coerce_batch(&f->arena, &in, &want, &out, &f->err), VGI_ERR_TYPE);
    assert_string_equal(f->err.message, "column 'a' of the input must not be null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_equal_schema_passes_untouched, make, drop),
        cmocka_unit_test_setup_teardown(columns_are_found_by_name, make, drop),
        cmocka_unit_test_setup_teardown(numbers_are_widened, make, drop),
        cmocka_unit_test_setup_teardown(values_that_do_not_fit_are_refused, make, drop),
        cmocka_unit_test_setup_teardown(other_differences_are_type_errors_that_show_both, make, drop),
        cmocka_unit_test_setup_teardown(nulls_are_refused_where_there_must_be_none, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
