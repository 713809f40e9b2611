/* The bindings of the test service: its method tables merged by name. */
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "service.h"

ECHO_SCHEMAS(text, "value", .type = VGI_TYPE_UTF8);

static vgi_status echo_unversioned(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string value = vgi_text(params, 0, 0);
    vgi_string text = vg_arena_printf(call->arena, "secondary:%.*s", (int)value.size, value.data);

    vgi_append_text(vgi_out_column(out, 0), text.data, text.size);
    return VGI_OK;
}

static const vg_method UNVERSIONED_METHODS[] = {
    {.name = "echo_string", .kind = VG_UNARY, .params = &P_text, .result = &R_text, .unary = echo_unversioned},
};

static vg_method methods[128];
static vg_binding bindings[2];

static int by_name(const void *a, const void *b)
{
    const vg_method *x = a, *y = b;

    return strcmp(x->name, y->name);
}

const vg_binding *test_service_bindings(size_t *ret_n)
{
    size_t n = TEST_N_UNARY_METHODS + TEST_N_STREAM_METHODS;

    if (n > COUNT_OF(methods))
        abort();
    memcpy(methods, TEST_UNARY_METHODS, TEST_N_UNARY_METHODS * sizeof *methods);
    memcpy(methods + TEST_N_UNARY_METHODS, TEST_STREAM_METHODS, TEST_N_STREAM_METHODS * sizeof *methods);
    qsort(methods, n, sizeof *methods, by_name);
    bindings[0] = (vg_binding){
        .protocol = "ConformanceService",
        .version_major = 2,
        .version_minor_max = 2,
        .version = "2.0.0",
        .protocol_hash = "0000000000000000000000000000000000000000000000000000000000000000",
        .methods = methods,
        .n_methods = n,
    };
    bindings[1] = (vg_binding){
        .protocol = "test.Unversioned.v1",
        .version_major = -1,
        .version = "",
        .protocol_hash = "1111111111111111111111111111111111111111111111111111111111111111",
        .methods = UNVERSIONED_METHODS,
        .n_methods = COUNT_OF(UNVERSIONED_METHODS),
    };
    *ret_n = 2;
    return bindings;
}
