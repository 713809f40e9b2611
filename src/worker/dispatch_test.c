/* Unit tests of dispatch.c: the rows are those that the protocol's hashes stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/messages.h"
#include "worker/dispatch.h"

static void the_rows_have_the_hashes_of_the_protocol(void **state)
{
    static const char *const HASHES[] = {VG_PROTOCOL_HASH_2_0, VG_PROTOCOL_HASH_2_1, VG_PROTOCOL_HASH_2_1};

    (void)state;
    for (int minor = 0; minor < VG_PROTOCOL_VERSION_COUNT; minor++) {
        vg_binding binding = {.protocol = VG_PROTOCOL_NAME, .version_major = 2, .version_minor_min = minor};
        vg_server *server;

        binding.methods = vg_dispatch_methods(&binding.n_methods);
        assert_int_equal(vg_server_new(&binding, 1, NULL, &server, NULL), VGI_OK);
        assert_string_equal(vg_server_protocol_hash(server, &binding), HASHES[minor]);
        vg_server_free(server);
    }
}

static void rows_without_a_handler_are_not_offered(void **state)
{
    size_t n, offered = 0;
    const vg_method *methods = vg_dispatch_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        offered += vg_dispatch_offers(&methods[i]);
        if (strcmp(methods[i].name, "bind") == 0 || strcmp(methods[i].name, "init") == 0)
            assert_true(vg_dispatch_offers(&methods[i]));
        if (strncmp(methods[i].name, "aggregate_", strlen("aggregate_")) == 0)
            assert_false(vg_dispatch_offers(&methods[i]));
    }
    assert_in_range(offered, 30, n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rows_have_the_hashes_of_the_protocol),
                                       cmocka_unit_test(rows_without_a_handler_are_not_offered)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
