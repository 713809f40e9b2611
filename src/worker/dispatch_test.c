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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_rows_have_the_hashes_of_the_protocol)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
