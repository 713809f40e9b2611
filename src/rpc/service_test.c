/* Unit tests of service.c: what a protocol's rows become, which mistakes are found, and a service in one's own
 * program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "rpc/service.h"
#include "rpc/session.h"

static vgi_status answer(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_OK;
}

static vgi_status turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    (void)call, (void)state, (void)in, (void)out;
    return VGI_END;
}

static vgi_status make(const vgi_rpc_protocol *protocol, vg_service **ret, vgi_error *err)
{
    const vgi_service_options options = {.protocols = VGI_PROTOCOLS(protocol)};

    return vg_service_new(VGI_API_VERSION, &options, ret, err);
}

static void rows_become_sorted_methods(void **state)
{
    const vgi_rpc_protocol protocol = {
        .name = "P",
        .version = "1.4.2",
        .types = VGI_TYPES({"E", .members = "A, B"}, {"R", .fields = "e: E, n?: int64"}),
        .methods = VGI_METHODS({"z(r: R) -> E", .unary = answer}, {"y()", .output = "n: int64", .turn = turn},
                               {"x()", .input = "", .header = "R", .turn = turn}, {"w()", .unary = answer})};
    const vg_binding *binding;
    vg_service *service;
    size_t n;

    (void)state;
    assert_int_equal(make(&protocol, &service, NULL), VGI_OK);
    binding = vg_service_bindings(service, &n);
    assert_int_equal(n, 1);
    assert_int_equal(binding->version_major, 1);
    assert_int_equal(binding->version_minor_min, 4);
    assert_int_equal(binding->version_minor_max, 4);
    assert_int_equal(binding->n_methods, 4);
    assert_string_equal(binding->methods[0].name, "w");
    assert_int_equal(binding->methods[0].result->n_fields, 0);
    assert_int_equal(binding->methods[1].kind, VG_EXCHANGE);
    assert_int_equal(binding->methods[1].header->n_fields, 2);
    assert_int_equal(binding->methods[2].kind, VG_PRODUCER);
    assert_int_equal(binding->methods[3].params->fields[0]->type, VGI_TYPE_BINARY);
    assert_int_equal(binding->methods[3].result->fields[0]->type, VGI_TYPE_DICTIONARY);
    vg_service_free(service);
}

static void assert_mistake(const vgi_rpc_protocol *protocol, const char *text)
{
    vg_service *service;
    vgi_error err = {0};

    assert_int_equal(make(protocol, &service, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, text));
}

#define WITH_METHODS(...) (&(const vgi_rpc_protocol){.name = "P", .methods = VGI_METHODS(__VA_ARGS__)})
#define WITH_TYPES(...) (&(const vgi_rpc_protocol){.name = "P", .types = VGI_TYPES(__VA_ARGS__)})

static void mistakes_are_named(void **state)
{
    const vgi_service_options none = {0};
    vg_service *service;

    (void)state;
    assert_mistake(WITH_METHODS({"f(a: int65)", .unary = answer}), "expected a type");
    assert_mistake(WITH_METHODS({"f()", .unary = answer}, {"f(a: int64)", .unary = answer}), "'f' stands there twice");
    assert_mistake(WITH_METHODS({"f()", .output = "n: int64"}), "none of unary, turn and open");
    assert_mistake(WITH_METHODS({"f() -> int64", .turn = turn}), "a stream has an output");
    assert_mistake(WITH_METHODS({"f()", .turn = turn, .header = "R"}), "'R' is no record");
    assert_mistake(WITH_METHODS({"f()", .turn = turn, .output = "n:"}), "expected a type");
    assert_mistake(WITH_TYPES({"T", .fields = NULL}), "either fields or members");
    assert_mistake(WITH_TYPES({"E", .members = "A, , B"}), "expected the name of a member");
    assert_mistake(WITH_TYPES({"E", .members = "A, B, A"}), "this name stands here already");
    assert_mistake(WITH_TYPES({"E", .members = "A"}, {"E", .fields = "n: int64"}), "type 'E' stands there twice");
    assert_mistake(WITH_METHODS({"f(t: timestamp(us,tz=))", .unary = answer}), "expected tz= and a time zone");
    assert_mistake(WITH_TYPES({"R", .fields = "s: S"}, {"S", .fields = "n: int64"}), "a name declared before");
    assert_mistake(&(const vgi_rpc_protocol){.name = "P", .version = "1.0"}, "not of the form 1.2.3");
    assert_mistake(&(const vgi_rpc_protocol){.name = "P", .version = "1.0.0b"}, "not of the form 1.2.3");
    assert_mistake(&(const vgi_rpc_protocol){.name = "no name"}, "is not the name of a protocol");
    assert_mistake(&(const vgi_rpc_protocol){.name = "vgi_rpc.Mine"}, "is not the name of a protocol");
    assert_int_equal(vg_service_new(VGI_API_VERSION, &none, &service, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_service_new(VGI_API_VERSION + 1, &none, &service, NULL), VGI_ERR_VALUE);
}

static void all_mistakes_are_told_at_once(void **state)
{
    const vgi_rpc_protocol broken = {
        .name = "B", .version = "1.x", .types = VGI_TYPES({.name = "R"}, {"S", .fields = "n: in64"})};
    const vgi_rpc_protocol odd = {.name = "O",
                                  .methods = VGI_METHODS({"f(a: in64)", .unary = answer}, {.signature = "g()"},
                                                         {"h()", .unary = answer}, {"h()", .unary = answer})};
    const vgi_rpc_protocol nameless = {.name = "a b"};
    static const char *const TOLD[] = {
        "version '1.x'",     "'B', R: a type has either", "'B', S: ",
        "'O', f(a: in64): ", "'O', g(): it has none of",  "method 'h' stands there twice",
        "'a b' is not"};
    const vgi_service_options options = {.protocols = VGI_PROTOCOLS(&broken, &odd, &nameless)};
    vg_service *service;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_service_new(VGI_API_VERSION, &options, &service, &err), VGI_ERR_VALUE);
    for (size_t i = 0; i < sizeof TOLD / sizeof *TOLD; i++)
        if (!strstr(err.message, TOLD[i]))
            fail_msg("'%s' is not among the mistakes:\n%s", TOLD[i], err.message);
}

static void hashes_are_computed_once(void **state)
{
    const vgi_rpc_protocol *protocol = WITH_METHODS({"f(a?: list<int64>) -> utf8", .unary = answer});
    const vg_binding *binding;
    vg_service *service;
    vg_server *server;
    const char *hash;
    uint64_t before;
    size_t n;

    (void)state;
    assert_int_equal(make(protocol, &service, NULL), VGI_OK);
    binding = vg_service_bindings(service, &n);
    assert_int_equal(vg_server_new(binding, n, NULL, &server, NULL), VGI_OK);
    vg_alloc_fail_after(0);
    assert_string_equal(vg_server_protocol_hash(server, binding), "");
    vg_alloc_fail_after(-1);
    hash = vg_server_protocol_hash(server, binding);
    assert_int_equal(strlen(hash), 64);
    before = vg_alloc_count();
    assert_ptr_equal(vg_server_protocol_hash(server, binding), hash);
    assert_int_equal(vg_alloc_count(), before);
    assert_string_equal(vg_server_protocol_hash(server, server->bindings[1]), VG_REFLECTION.protocol_hash);
    vg_server_free(server);
    vg_service_free(service);
}

/* Reflection's own hash, which stands in its source, is what its rows give. */
static void the_known_hash_is_computed(void **state)
{
    vg_binding copy = VG_REFLECTION;
    vg_server *server;

    (void)state;
    copy.protocol_hash = NULL;
    assert_int_equal(vg_server_new(&copy, 1, NULL, &server, NULL), VGI_OK);
    assert_string_equal(vg_server_protocol_hash(server, &copy), VG_REFLECTION.protocol_hash);
    vg_server_free(server);
}

static void every_allocation_may_fail(void **state)
{
    const vgi_rpc_protocol protocol = {
        .name = "P",
        .version = "1.0.0",
        .types = VGI_TYPES({"R", .fields = "n: int64"}),
        .methods = VGI_METHODS({"f(r: R) -> R", .unary = answer}, {"g()", .output = "r: R", .turn = turn})};

    (void)state;
    for (int64_t n = 0;; n++) {
        vg_service *service;
        vgi_error err = {0};
        vgi_status status;

        vg_alloc_fail_after(n);
        status = make(&protocol, &service, &err);
        vg_alloc_fail_after(-1);
        if (status == VGI_OK) {
            vg_service_free(service);
            return;
        }
        assert_int_equal(status, VGI_ERR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_sorted_methods),    cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(all_mistakes_are_told_at_once), cmocka_unit_test(hashes_are_computed_once),
        cmocka_unit_test(the_known_hash_is_computed),    cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
