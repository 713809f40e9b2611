/* The test service: the conformance service (tests/conformance), and methods that do what no good one does. bindings.c
 * puts them together, service.c is its main, unary.c and streams.c hold the methods, session_test.c serves it in
 * memory. */
#ifndef VG_TEST_SERVICE_H
#define VG_TEST_SERVICE_H

#include "rpc/server.h"

/* A schema of one field. */
#define ONE_FIELD(schema, field_name, ...)                                                                             \
    static const vgi_field schema##_field = {.name = VGI_STR(field_name), __VA_ARGS__};                                \
    static const vgi_field *const schema##_fields[] = {&schema##_field};                                               \
    static const vgi_arrow_schema schema = {.n_fields = 1, .fields = schema##_fields}
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

extern const vg_method TEST_UNARY_METHODS[], TEST_STREAM_METHODS[];
extern const size_t TEST_N_UNARY_METHODS, TEST_N_STREAM_METHODS;

/* How many streams are open now. */
enum { PROBE_OPEN, TEST_PROBES };
int64_t test_probe_get(int probe);

/* Makes `row`, one of a stream, a row whose stream is watched: it is counted while it is open, holds memory that a
 * missing close would leak, and its cancel hook complains. `original` is the row as it was, and must stay. */
void test_watch_stream(vg_method *row, const vg_method *original);

/* The service: ConformanceService 2.0 to 2.2, and test.Unversioned.v1 with one method. Call test_service_bindings
 * once. */
const vg_binding *test_service_bindings(size_t *ret_n);

#endif
