/* Unit tests of flatbuild.c: what is built passes the checked reader (flatbuf.c) and reads back, wherever the buffer
 * has to grow; what does not fit, or finds no memory, fails and stays failed. flatbuf_test.c has trees of tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ipc/flatbuf.h"
#include "ipc/flatbuild.h"

enum { BYTE, SHORT, WORD, LONG, TEXT, BYTES, PAIRS };

static const vg_fb_slot SLOTS[] = {
    {.kind = VG_FB_SCALAR, .size = 1},
    {.kind = VG_FB_SCALAR, .size = 2},
    {.kind = VG_FB_SCALAR, .size = 4},
    {.kind = VG_FB_SCALAR, .size = 8},
    {.kind = VG_FB_STRING},
    {.kind = VG_FB_VECTOR, .size = 1},
    {.kind = VG_FB_VECTOR, .size = 16},
};
static const vg_fb_type ALL = {"All", 7, SLOTS};

/* A table of everything, with a text of that size before the rest. */
static vgi_bytes build(vg_fbb *b, const char *text, size_t size)
{
    static const int64_t PAIRS_OF[] = {1, 2, 3, 4};
    vg_fbb_ref name, bytes, pairs;

    vg_fbb_begin(b);
    name = vg_fbb_string(b, (vgi_string){text, size});
    bytes = vg_fbb_vector(b, text, size % 7, 1, 1);
    pairs = vg_fbb_vector(b, PAIRS_OF, 2, 16, 8);
    vg_fbb_table(b);
    vg_fbb_u8(b, BYTE, 200);
    vg_fbb_link(b, BYTES, bytes);
    vg_fbb_i64(b, LONG, INT64_MIN);
    vg_fbb_i16(b, SHORT, -3);
    vg_fbb_link(b, TEXT, name);
    vg_fbb_i32(b, WORD, INT32_MIN);
    vg_fbb_link(b, PAIRS, pairs);
    return vg_fbb_finish(b, vg_fbb_table_end(b));
}

static void everything_reads_back_at_any_size(void **state)
{
    static char text[3000];
    vg_fbb b = {0};

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < sizeof text; size += size < 40 ? 1 : 37) {
        vgi_bytes bytes = build(&b, text, size);
        const uint8_t *root, *pairs;
        vgi_error err = {0};
        uint32_t count;
        int64_t last;

        if (vg_fb_verify(bytes, &ALL, &root, &err) != VGI_OK)
            fail_msg("%zu: %s", size, err.message);
        assert_int_equal(bytes.size % 8, 0);
        assert_int_equal(vg_fb_u8(root, BYTE, 0), 200);
        assert_int_equal(vg_fb_i16(root, SHORT, 0), -3);
        assert_int_equal(vg_fb_i32(root, WORD, 0), INT32_MIN);
        assert_true(vg_fb_i64(root, LONG, 0) == INT64_MIN);
        assert_int_equal(vg_fb_string(root, TEXT).size, size);
        assert_non_null(vg_fb_vector(root, BYTES, &count));
        assert_int_equal(count, size % 7);
        pairs = vg_fb_vector(root, PAIRS, &count);
        assert_int_equal(count, 2);
        assert_int_equal((uintptr_t)pairs % 8, 0);
        memcpy(&last, pairs + 24, sizeof last);
        assert_int_equal(last, 4);
        if (size % 8 == 0)
            vg_fbb_done(&b); /* so that it grows from nothing again */
    }
    vg_fbb_done(&b);
}

static void what_is_left_out_is_absent(void **state)
{
    vg_fbb b = {0};
    const uint8_t *root;
    uint32_t count;
    vgi_bytes bytes;

    (void)state;
    vg_fbb_begin(&b);
    vg_fbb_table(&b);
    vg_fbb_link(&b, TEXT, 0);
    bytes = vg_fbb_finish(&b, vg_fbb_table_end(&b));
    assert_int_equal(vg_fb_verify(bytes, &ALL, &root, NULL), VGI_OK);
    assert_null(vg_fb_string(root, TEXT).data);
    assert_int_equal(vg_fb_u8(root, BYTE, 9), 9);
    assert_null(vg_fb_vector(root, PAIRS, &count));
    vg_fbb_begin(&b);
    assert_int_not_equal(vg_fbb_refs(&b, NULL, 0), 0); /* a vector of nothing is there */
    vg_fbb_done(&b);
}

static void any_allocation_may_fail(void **state)
{
    static char text[5000];
    bool succeeded = false;

    (void)state;
    memset(text, 'x', sizeof text);
    for (int64_t n = 0; !succeeded; n++) {
        vg_fbb b = {0};

        vg_alloc_fail_after(n);
        succeeded = build(&b, text, sizeof text).data != NULL;
        vg_alloc_fail_after(-1);
        assert_int_equal(b.has_failed, !succeeded);
        assert_non_null(build(&b, text, 10).data); /* the next message has a new chance */
        vg_fbb_done(&b);
    }
}

/* References are 32 bits: none of these sizes is ever touched. */
static void what_is_too_large_fails(void **state)
{
    vg_fbb b = {0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        vg_fbb_begin(&b);
        if (i == 0)
            (void)vg_fbb_vector(&b, "", SIZE_MAX / 2, 16, 8);
        else if (i == 1)
            (void)vg_fbb_vector(&b, "", (size_t)INT32_MAX + 1, 1, 1);
        else if (i == 2)
            (void)vg_fbb_string(&b, (vgi_string){"", (size_t)UINT32_MAX + 5});
        else
            (void)vg_fbb_string(&b, (vgi_string){"", INT32_MAX});
        assert_true(b.has_failed);
        vg_fbb_table(&b);
        vg_fbb_u8(&b, BYTE, 1);
        assert_null(vg_fbb_finish(&b, vg_fbb_table_end(&b)).data);
    }
    vg_fbb_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_reads_back_at_any_size),
        cmocka_unit_test(what_is_left_out_is_absent),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(what_is_too_large_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
