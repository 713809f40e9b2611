/* Unit tests of base64.c: the test vectors of RFC 4648 §10, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

static void vectors(void **state)
{
    static const char *const PAIRS[][2] = {{"", ""},
                                           {"Zg==", "f"},
                                           {"Zm8=", "fo"},
                                           {"Zm9v", "foo"},
                                           {"Zm9vYg==", "foob"},
                                           {"Zm9vYmE=", "fooba"},
                                           {"Zm9vYmFy", "foobar"},
                                           {"+/+/", "\xfb\xff\xbf"}};
    vg_arena arena = {0};
    vgi_error err = {0};
    vgi_bytes bytes;

    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        assert_int_equal(vg_base64_decode(&arena, vgi_str(PAIRS[i][0]), &bytes, &err), VGI_OK);
        assert_int_equal(bytes.size, strlen(PAIRS[i][1]));
        assert_memory_equal(bytes.data, PAIRS[i][1], bytes.size);
    }
    vg_arena_done(&arena);
}

static void what_is_none(void **state)
{
    static const char *const BROKEN[] = {"Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9-", "Zm9v\n"};
    vg_arena arena = {0};
    vgi_bytes bytes;

    (void)state;
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        vgi_error err = {0};
        assert_int_equal(vg_base64_decode(&arena, vgi_str(BROKEN[i]), &bytes, &err), VGI_ERR_PROTOCOL);
    }
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
