/* What a result's bytes may hold, and may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <vgi/client.h>

#include "base/alloc.h"

static const vgi_arrow_schema NO_COLUMNS = {0};

static void what_is_no_record_is_refused(void **state)
{
    const vgi_catalog_attach_result none = {0};
    vgi_catalog_attach_result again;
    vgi_result *result;
    vgi_bytes bytes;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vgi_result_new(&result, &err), VGI_OK);
    assert_int_equal(
        vgi_record_encode(result, VGI_RECORD_CATALOG_ATTACH_RESULT, &none, sizeof none, "9.0", &bytes, &err),
        VGI_ERR_VALUE);
    vgi_error_clear(&err);
    assert_int_equal(vgi_record_decode(result, VGI_RECORD_COUNT, (vgi_bytes){0}, &again, sizeof again, &err),
                     VGI_ERR_VALUE);
    vgi_error_clear(&err);
    assert_int_equal(vgi_record_decode(result, VGI_RECORD_CATALOG_ATTACH_RESULT, (vgi_bytes){0}, &again, 1, &err),
                     VGI_ERR_VALUE);
    vgi_result_free(result);
}

/* A batch without columns may claim any number of rows, and would cost memory for each. */
static void rows_that_take_no_bytes_are_refused(void **state)
{
    const vgi_batch many = {.schema = &NO_COLUMNS, .rows = (int64_t)1 << 30};
    const void *rows;
    vgi_result *result;
    vgi_bytes bytes;
    vgi_error err = {0};
    size_t count;

    (void)state;
    assert_int_equal(vgi_result_new(&result, &err), VGI_OK);
    assert_int_equal(vgi_batch_encode(result, &many, &bytes, &err), VGI_OK);
    assert_int_equal(
        vgi_records_decode(result, VGI_RECORD_TABLE_INFO, bytes, sizeof(vgi_table_info), &rows, &count, &err),
        VGI_ERR_LIMIT);
    vgi_result_free(result);
}

/* Every allocation that a copy for Arrow's C data interface takes may fail. */
static void a_copy_that_fails_leaves_nothing(void **state)
{
    const vgi_field field = {.name = VGI_STR("n"), .type = VGI_TYPE_INT64, .nullable = true};
    const vgi_field *const fields[] = {&field};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    const int64_t values[] = {1, 2, 3};
    const vgi_array column = {.field = &field, .length = 3, .buffers = {values}};
    const vgi_batch batch = {.schema = &schema, .rows = 3, .n_columns = 1, .columns = &column};
    struct ArrowArray array;
    vgi_status status = VGI_ERR_MEMORY;
    int64_t tries = 0;

    (void)state;
    for (; status != VGI_OK; tries++) {
        vgi_error err = {0};

        assert_true(tries < 1000);
        vg_alloc_fail_after(tries);
        status = vgi_batch_to_arrow(&batch, &array, &err);
        vg_alloc_fail_after(-1);
        assert_int_equal(err.status, status);
        assert_true((status == VGI_OK) == (array.release != NULL));
    }
    assert_true(tries > 1);
    assert_int_equal(array.length, 3);
    array.release(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(rows_that_take_no_bytes_are_refused),
        cmocka_unit_test(a_copy_that_fails_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
