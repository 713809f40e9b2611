/* Envelopes: of the reference's making, of ours; and that everything that is not one's own fails alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "seal/seal_testing.h"

static const char VALUE[] = "catalog state \x00\xff"; /* 16 bytes */
static const vgi_caller NOBODY = {0};

static vgi_caller caller(const char *domain, const char *principal)
{
    return (vgi_caller){true, vgi_str(domain), vgi_str(principal)};
}

static vg_seal_keys key(const char *text)
{
    vg_seal_keys keys = {0};

    assert_int_equal(vg_seal_keys_add(&keys, vgi_str(text), "test", NULL), VGI_OK);
    return keys;
}

static vgi_bytes held(const vg_buf *buf)
{
    return (vgi_bytes){buf->data, buf->size};
}

static vg_buf from_hex(const char *hex)
{
    vg_buf buf = {0};

    for (; *hex; hex += 2) {
        unsigned byte;

        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        assert_true(vg_buf_append(&buf, &(uint8_t){(uint8_t)byte}, 1));
    }
    return buf;
}

/* vgi-python 0.39.0 has sealed VALUE, and "transaction 1" under it. */
typedef struct vector {
    const char *key;
    const char *principal; /* of the domain jwt; NULL: anonymous */
    const char *attach;
    const char *transaction;
} vector;

static const vector VECTORS[] = {
    {"0123456789abcdef0123456789abcdef", NULL,
     "02425c50cbb525538bd32771e14f9221f3dd8aac74ee1aa2713ec84dc2a4234cc2916b5ab922c217b1c2f829b44f3d8c5cb89f499c089fd5a"
     "f",
     "02216f49e2898f18a1f07e4462191c567272cbcfce23f8644b8e239808cc63658ec79a9555b3118404f775840cd2dc97df01a93a84a4"},
    {"0123456789abcdef0123456789abcdef", "alice",
     "02ec8ce6b98c2a7423345267c36da92c8b24e9897b011a8d1f4da193eae457a972bf73798094dc2da9b7897f6a4af0e5ae6f0f4c96a53c49c"
     "7",
     "02a4a4fbd8919977aef5a4baccec39c5c909520e407965db5d3e0cdd8c83e30c3232dfa54f4916df62dcf21f60212ea8ba7d89a8e9b5"},
    {"a passphrase of the fleet", NULL,
     "02396e9715e4bcfbfc6438e37b613e4856ed6d831ba4a2115b0007c6139b21b4b6165fa7945116a4cf081e1da3edf72bbe4caf0ba7b9f3709"
     "3",
     "02df287f78db1aa6da084f3753fcb31553dd60f240f4a105347059f8f0cdfe6ce7016b6e6b057ccd57b75ec98e40b5183cda0d31dd69"},
    {"a passphrase of the fleet", "alice",
     "028ed994424fc5fad55545b67fa938be8b1b76f0a0ddb3ecde798b6af8f20f65b1f86ed538a9639eca03e2c6bf2d57a5cd80531ce19e3e4f9"
     "5",
     "0222fd5f96f01e28c6c56d5dafc5f2d25521278b7011b7d6b04cc7ba295a176485d2023e43167bba29032f525074235a80786aaa9c29"},
};

static void test_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
        const vector *v = &VECTORS[i];
        vg_seal_keys keys = key(v->key);
        vgi_caller identity = v->principal ? caller("jwt", v->principal) : NOBODY;
        vg_buf attach = from_hex(v->attach), transaction = from_hex(v->transaction), opened = {0};

        assert_int_equal(unseal_attach(&keys, &identity, held(&attach), &opened, NULL), VGI_OK);
        assert_int_equal(opened.size, sizeof VALUE - 1);
        assert_memory_equal(opened.data, VALUE, opened.size);
        assert_int_equal(unseal_transaction(&keys, &identity, held(&attach), held(&transaction), &opened, NULL),
                         VGI_OK);
        assert_int_equal(opened.size, 13);
        assert_memory_equal(opened.data, "transaction 1", 13);
        vg_buf_done(&attach);
        vg_buf_done(&transaction);
        vg_buf_done(&opened);
    }
}

/* Any size, the same overhead; the same value twice is not the same envelope. */
static void test_round_trip(void **state)
{
    static const size_t SIZES[] = {0, 1, 15, 16, 17, 1000, 100000};
    static uint8_t value[100000];
    vg_seal_keys keys = key("0123456789abcdef0123456789abcdef");
    vgi_caller alice = caller("", "alice");
    vg_buf first = {0}, second = {0}, opened = {0};

    (void)state;
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        vgi_bytes whole = {value, SIZES[i]};

        memset(value, (int)i, sizeof value);
        assert_int_equal(seal_attach(&keys, &alice, whole, &first, NULL), VGI_OK);
        assert_int_equal(seal_attach(&keys, &alice, whole, &second, NULL), VGI_OK);
        assert_int_equal(first.size, SIZES[i] + VG_SEAL_OVERHEAD);
        assert_memory_not_equal(first.data, second.data, first.size);
        assert_int_equal(unseal_attach(&keys, &alice, held(&first), &opened, NULL), VGI_OK);
        assert_int_equal(opened.size, SIZES[i]);
        assert_memory_equal(opened.data, value, opened.size);
        assert_int_equal(seal_transaction(&keys, &alice, held(&first), whole, &second, NULL), VGI_OK);
        assert_int_equal(second.size, SIZES[i] + VG_SEAL_OVERHEAD);
        assert_int_equal(unseal_transaction(&keys, &alice, held(&first), held(&second), &opened, NULL), VGI_OK);
        assert_int_equal(opened.size, SIZES[i]);
    }
    /* What is absent is sealed as nothing. */
    assert_int_equal(seal_attach(&keys, &alice, (vgi_bytes){0}, &first, NULL), VGI_OK);
    assert_int_equal(first.size, VG_SEAL_OVERHEAD);
    assert_int_equal(seal_attach(&keys, &alice, (vgi_bytes){value, VG_SEAL_MAX_BYTES + 1}, &first, NULL),
                     VGI_ERR_LIMIT);
    vg_buf_done(&first);
    vg_buf_done(&second);
    vg_buf_done(&opened);
}

/* ---- what must not open ----------------------------------------------------------------------------------------- */

/* Every failure is the same, whatever its reason. */
static void refuse_attach(const vg_seal_keys *keys, vgi_caller identity, vgi_bytes envelope)
{
    vgi_error err = {0};
    vg_buf opened = {0};

    assert_true(vg_buf_append(&opened, "earlier", 7));
    assert_int_equal(unseal_attach(keys, &identity, envelope, &opened, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "attach_opaque_data not recognized");
    assert_int_equal(opened.size, 0);
    vg_buf_done(&opened);
}

static void refuse_transaction(const vg_seal_keys *keys, vgi_caller identity, vgi_bytes attach, vgi_bytes envelope)
{
    vgi_error err = {0};
    vg_buf opened = {0};

    assert_int_equal(unseal_transaction(keys, &identity, attach, envelope, &opened, &err), VGI_ERR_VALUE);
    assert_string_equal(err.message, "transaction_opaque_data not recognized");
    assert_int_equal(opened.size, 0);
    vg_buf_done(&opened);
}

static void test_changed(void **state)
{
    vg_seal_keys keys = key("0123456789abcdef0123456789abcdef"), other = key("fedcba9876543210fedcba9876543210");
    vgi_caller alice = caller("jwt", "alice");
    vg_buf sealed = {0};

    (void)state;
    assert_int_equal(seal_attach(&keys, &alice, (vgi_bytes){(const uint8_t *)VALUE, 16}, &sealed, NULL), VGI_OK);
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 1;
        refuse_attach(&keys, alice, held(&sealed));
        sealed.data[i] ^= 1;
        refuse_attach(&keys, alice, (vgi_bytes){sealed.data, i});
    }
    refuse_attach(&other, alice, held(&sealed));
    refuse_attach(&keys, alice, (vgi_bytes){0});
    refuse_attach(&keys, alice, (vgi_bytes){(const uint8_t *)"plain text that was never sealed, of any size", 45});
    assert_true(vg_buf_append(&sealed, "", 1));
    refuse_attach(&keys, alice, held(&sealed));
    vg_buf_done(&sealed);
}

static void test_another_caller(void **state)
{
    static const char CUT[] = "a\0b";
    vg_seal_keys keys = key("0123456789abcdef0123456789abcdef");
    vgi_caller alice = caller("jwt", "alice"), odd = {true, {CUT, 3}, vgi_str("c")};
    vg_buf sealed = {0}, anonymous = {0};
    vgi_bytes value = {(const uint8_t *)VALUE, 16};
    vgi_error err = {0};

    (void)state;
    assert_int_equal(seal_attach(&keys, &alice, value, &sealed, NULL), VGI_OK);
    assert_int_equal(seal_attach(&keys, &NOBODY, value, &anonymous, NULL), VGI_OK);
    refuse_attach(&keys, NOBODY, held(&sealed));
    refuse_attach(&keys, caller("jwt", "bob"), held(&sealed));
    refuse_attach(&keys, caller("mtls", "alice"), held(&sealed));
    refuse_attach(&keys, caller("jwtalice", ""), held(&sealed));
    refuse_attach(&keys, caller("", ""), held(&anonymous));
    refuse_attach(&keys, caller("", "anonymous"), held(&anonymous));
    /* (a\0b, c) must not pass for (a, b\0c). */
    assert_int_equal(seal_attach(&keys, &odd, value, &sealed, &err), VGI_ERR_VALUE);
    assert_non_null(strstr(err.message, "NUL byte"));
    odd = (vgi_caller){true, vgi_str("a"), {CUT, 3}};
    assert_int_equal(seal_attach(&keys, &odd, value, &sealed, NULL), VGI_ERR_VALUE);
    refuse_attach(&keys, odd, held(&anonymous));
    vg_buf_done(&sealed);
    vg_buf_done(&anonymous);
}

static void test_swapped(void **state)
{
    vg_seal_keys keys = key("0123456789abcdef0123456789abcdef");
    vgi_caller alice = caller("jwt", "alice");
    vg_buf attach = {0}, another = {0}, transaction = {0};
    vgi_bytes value = {(const uint8_t *)VALUE, 16};

    (void)state;
    assert_int_equal(seal_attach(&keys, &alice, value, &attach, NULL), VGI_OK);
    assert_int_equal(seal_attach(&keys, &alice, value, &another, NULL), VGI_OK);
    assert_int_equal(seal_transaction(&keys, &alice, held(&attach), value, &transaction, NULL), VGI_OK);
    refuse_attach(&keys, alice, held(&transaction));
    refuse_transaction(&keys, alice, held(&attach), held(&attach));
    refuse_transaction(&keys, alice, held(&another), held(&transaction));
    refuse_transaction(&keys, alice, (vgi_bytes){0}, held(&transaction));
    refuse_transaction(&keys, caller("jwt", "bob"), held(&attach), held(&transaction));
    vg_buf_done(&attach);
    vg_buf_done(&another);
    vg_buf_done(&transaction);
}

static void test_rotation(void **state)
{
    vg_seal_keys before = key("the key of last year"), now = key("the key of this year"), after = now;
    vg_buf early = {0}, late = {0}, opened = {0};
    vgi_bytes value = {(const uint8_t *)VALUE, 16};

    (void)state;
    assert_int_equal(vg_seal_keys_add(&now, vgi_str("the key of last year"), "test", NULL), VGI_OK);
    assert_int_equal(seal_attach(&before, &NOBODY, value, &early, NULL), VGI_OK);
    assert_int_equal(seal_attach(&now, &NOBODY, value, &late, NULL), VGI_OK);
    assert_int_equal(unseal_attach(&now, &NOBODY, held(&early), &opened, NULL), VGI_OK);
    assert_memory_equal(opened.data, VALUE, 16);
    assert_int_equal(unseal_attach(&now, &NOBODY, held(&late), &opened, NULL), VGI_OK);
    assert_int_equal(unseal_attach(&after, &NOBODY, held(&late), &opened, NULL), VGI_OK);
    refuse_attach(&before, NOBODY, held(&late)); /* the first key is the one that seals */
    refuse_attach(&after, NOBODY, held(&early));
    vg_buf_done(&early);
    vg_buf_done(&late);
    vg_buf_done(&opened);
}

static void test_no_memory(void **state)
{
    vg_seal_keys keys = key("0123456789abcdef0123456789abcdef");
    vgi_bytes value = {(const uint8_t *)VALUE, 16};
    vg_buf sealed = {0}, result = {0};

    (void)state;
    assert_int_equal(seal_attach(&keys, &NOBODY, value, &sealed, NULL), VGI_OK);
    for (int64_t i = 0; i < 2; i++) {
        vg_alloc_fail_after(i);
        assert_int_equal(seal_attach(&keys, &NOBODY, value, &result, NULL), VGI_ERR_MEMORY);
        vg_alloc_fail_after(i);
        assert_int_equal(unseal_attach(&keys, &NOBODY, held(&sealed), &result, NULL), VGI_ERR_MEMORY);
        assert_int_equal(result.size, 0);
    }
    vg_alloc_fail_after(-1);
    vg_buf_done(&sealed);
    vg_buf_done(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_changed),
        cmocka_unit_test(test_swapped),   cmocka_unit_test(test_another_caller), cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
