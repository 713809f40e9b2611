/* The bindings of the test service: the conformance service with methods of our own beside it, in one table. */
#include <stdlib.h>
#include <string.h>

#include "../conformance/conformance.h"
#include "rpc/service.h"
#include "service.h"

ONE_FIELD(P_text, "value", .type = VGI_TYPE_UTF8);
ONE_FIELD(R_text, "result", .type = VGI_TYPE_UTF8);

static const vg_method UNVERSIONED_METHODS[] = {
    {.name = "echo_string", .kind = VG_UNARY, .params = &P_text, .result = &R_text, .unary = secondary_echo},
};

static vg_method originals[128], methods[128];
static vg_binding bindings[2];
static vg_service *service; /* lives as long as the process */

static int by_name(const void *a, const void *b)
{
    const vg_method *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static size_t append(size_t n, const vg_method *rows, size_t count)
{
    if (n + count > COUNT_OF(originals))
        abort();
    memcpy(originals + n, rows, count * sizeof *rows);
    return n + count;
}

const vg_binding *test_service_bindings(size_t *ret_n)
{
    static const vgi_rpc_protocol *const PROTOCOLS[] = {&CONFORMANCE_47, NULL};
    static const vgi_service_options OPTIONS = {.protocols = PROTOCOLS};
    const vg_binding *conformance;
    size_t n;

    if (vg_service_new(VGI_API_VERSION, &OPTIONS, &service, NULL) != VGI_OK)
        abort();
    conformance = vg_service_bindings(service, &n);
    n = append(0, conformance->methods, conformance->n_methods);
    n = append(n, TEST_UNARY_METHODS, TEST_N_UNARY_METHODS);
    n = append(n, TEST_STREAM_METHODS, TEST_N_STREAM_METHODS);
    qsort(originals, n, sizeof *originals, by_name);
    memcpy(methods, originals, sizeof methods);
    for (size_t i = 0; i < n; i++)
        if (methods[i].kind != VG_UNARY)
            test_watch_stream(&methods[i], &originals[i]);
    bindings[0] = *conformance;
    bindings[0].version_minor_max = 2;
    bindings[0].methods = methods;
    bindings[0].n_methods = n;
    bindings[1] = (vg_binding){
        .protocol = "test.Unversioned.v1",
        .version_major = -1,
        .version = "",
        .methods = UNVERSIONED_METHODS,
        .n_methods = COUNT_OF(UNVERSIONED_METHODS),
    };
    *ret_n = COUNT_OF(bindings);
    return bindings;
}
