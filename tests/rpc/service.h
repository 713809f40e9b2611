/* The test service: methods of the conformance service of rpc.md §20 on src/rpc/server.h, written as any typed service
 * would be. service.c is its main, unary.c and streams.c hold the methods, session_test.c serves it in memory. */
#ifndef VG_TEST_SERVICE_H
#define VG_TEST_SERVICE_H

#include "rpc/server.h"

/* A schema of one field, as a parameter and as the result. */
#define ONE_FIELD(schema, field_name, ...)                                                                             \
    static const vgi_field schema##_field = {.name = VGI_STR(field_name), __VA_ARGS__};                                \
    static const vgi_field *const schema##_fields[] = {&schema##_field};                                               \
    static const vgi_arrow_schema schema = {.n_fields = 1, .fields = schema##_fields}
#define ECHO_SCHEMAS(suffix, field_name, ...)                                                                          \
    ONE_FIELD(P_##suffix, field_name, __VA_ARGS__);                                                                    \
    ONE_FIELD(R_##suffix, "result", __VA_ARGS__)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define SCHEMA_OF(array) {.n_fields = (int32_t)COUNT_OF(array), .fields = (array)}

extern const vg_method TEST_UNARY_METHODS[], TEST_STREAM_METHODS[];
extern const size_t TEST_N_UNARY_METHODS, TEST_N_STREAM_METHODS;

/* [produce, exchange, on_cancel] and the streams now open. */
enum { PROBE_PRODUCE, PROBE_EXCHANGE, PROBE_CANCEL, PROBE_OPEN, PROBES };
void test_probe_add(int probe, int64_t by);
int64_t test_probe_get(int probe);

/* The service: ConformanceService 2.0 to 2.2, and test.Unversioned.v1 with one method. Call test_service_bindings
 * once. */
const vg_binding *test_service_bindings(size_t *ret_n);

#endif
