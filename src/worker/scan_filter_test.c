/* What a tick may bring to a scan that libvgi filters. */
#include "worker/scan_filter.h"

#include <stdlib.h>

#include "worker/catalog_testing.h"

enum { MOST = 24 << 20 };

/* What a tick with a filter of `size` bytes says. */
static vgi_status heard(testing *t, const char *base64, size_t size, vgi_error *err)
{
    const vgi_key_value item = {VGI_STR("vgi_pushdown_filters"), {base64, size}};
    const vgi_arrow_schema schema = {0};
    const vgi_batch tick = {.schema = &schema, .metadata = {&item, 1}};
    struct vg_scan_filter scan = {0};
    const vg_function_call function = {.filter = &scan};
    vgi_call *call = testing_call(t, 0);
    vgi_status status;

    assert_int_equal(vgi_filter_new(&schema, &scan.filter, NULL), VGI_OK);
    status = vg_scan_filter_heard(call, &function, &tick);
    *err = call->error;
    vgi_filter_free(scan.filter);
    return status;
}

/* At the limit it is read, and is no filter; one byte more is not looked at. */
static void what_a_tick_brings_is_bounded(void **state)
{
    testing *t = *state;
    char *base64 = malloc(MOST + 4);
    vgi_error err;

    assert_non_null(base64);
    memset(base64, 'A', MOST + 4);
    assert_int_equal(heard(t, base64, MOST, &err), VGI_ERR_LIMIT);
    assert_string_equal(err.message, "a filter of more than 16 MiB");
    assert_int_equal(heard(t, base64, MOST + 4, &err), VGI_ERR_LIMIT);
    assert_string_equal(err.message, "a tick brings a filter of more than 25165824 bytes");
    assert_int_not_equal(heard(t, base64, 400, &err), VGI_OK);
    assert_int_not_equal(err.status, VGI_ERR_LIMIT);
    assert_int_not_equal(heard(t, "not base64", 10, &err), VGI_OK);
    free(base64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TESTING_TEST(what_a_tick_brings_is_bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
