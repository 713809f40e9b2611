/* Unit tests of flatbuf.c: what the verifier lets through, and what it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/load.h"
#include "ipc/flatbuf.h"
#include "ipc/flatbuild.h"

/* Node { number: long; name: string; children: [Node]; numbers: [int]; first: Node } */
enum { NUMBER, NAME, CHILDREN, NUMBERS, FIRST, UNKNOWN };
static const vg_fb_type NODE;
static const vg_fb_slot NODE_SLOTS[] = {
    {.kind = VG_FB_SCALAR, .size = 8},     {.kind = VG_FB_STRING},
    {.kind = VG_FB_TABLES, .type = &NODE}, {.kind = VG_FB_VECTOR, .size = 4},
    {.kind = VG_FB_TABLE, .type = &NODE},
};
static const vg_fb_type NODE = {"Node", 5, NODE_SLOTS};

static vg_fbb_ref node(vg_fbb *b, int64_t number, vg_fbb_ref children)
{
    static const int32_t SQUARES[] = {1, 4, 9};
    vg_fbb_ref name = vg_fbb_string(b, vgi_str("name")), numbers = vg_fbb_vector(b, SQUARES, 3, 4, 4);

    vg_fbb_table(b);
    vg_fbb_i64(b, NUMBER, number);
    vg_fbb_link(b, NAME, name);
    vg_fbb_link(b, CHILDREN, children);
    vg_fbb_link(b, NUMBERS, numbers);
    return vg_fbb_table_end(b);
}

static vgi_bytes tree(vg_fbb *b)
{
    vg_fbb_ref leaves[2];

    vg_fbb_begin(b);
    leaves[0] = node(b, 1, 0);
    leaves[1] = node(b, 2, 0);
    return vg_fbb_finish(b, node(b, 3, vg_fbb_refs(b, leaves, 2)));
}

static void what_was_built_is_read(void **state)
{
    vg_fbb b = {0};
    vgi_bytes bytes = tree(&b);
    const uint8_t *root, *children, *numbers;
    uint32_t count;

    (void)state;
    assert_int_equal(vg_fb_verify(bytes, &NODE, &root, NULL), VGI_OK);
    assert_int_equal(vg_fb_i64(root, NUMBER, 0), 3);
    assert_true(vgi_string_equal(vg_fb_string(root, NAME), vgi_str("name")));
    numbers = vg_fb_vector(root, NUMBERS, &count);
    assert_int_equal(count, 3);
    assert_int_equal(vg_load_i32(numbers + 8), 9);
    children = vg_fb_vector(root, CHILDREN, &count);
    assert_int_equal(count, 2);
    assert_int_equal(vg_fb_i64(vg_fb_table_at(children, 1), NUMBER, 0), 2);
    assert_null(vg_fb_vector(vg_fb_table_at(children, 1), CHILDREN, &count));
    assert_null(vg_fb_table(root, FIRST));
    assert_int_equal(vg_fb_i32(root, UNKNOWN, -5), -5);
    vg_fbb_done(&b);
}

/* In memory of exactly its size, so that a sanitizer sees every byte too far. */
static vgi_status verify_exact(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = vg_malloc(size);
    const uint8_t *root;
    vgi_error err = {0};
    vgi_status status;

    memcpy(exact, bytes, size);
    status = vg_fb_verify((vgi_bytes){exact, size}, &NODE, &root, &err);
    assert_int_equal(err.status, status);
    vg_free(exact);
    return status;
}

static void every_truncation_and_every_flipped_bit_is_survived(void **state)
{
    vg_fbb b = {0};
    vgi_bytes bytes = tree(&b);
    uint8_t copy[1024];
    int refused = 0;

    (void)state;
    assert_true(bytes.size <= sizeof copy);
    memcpy(copy, bytes.data, bytes.size);
    for (size_t size = 0; size < bytes.size; size++)
        refused += verify_exact(copy, size) != VGI_OK;
    assert_true(refused > (int)bytes.size / 2); /* padding at the end may go */
    refused = 0;
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused += verify_exact(copy, bytes.size) != VGI_OK;
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(refused > (int)bytes.size);
    vg_fbb_done(&b);
}

static vgi_bytes chain(vg_fbb *b, int length)
{
    vg_fbb_ref last = 0;

    vg_fbb_begin(b);
    for (int i = 0; i < length; i++) {
        vg_fbb_table(b);
        vg_fbb_i64(b, NUMBER, i);
        vg_fbb_link(b, FIRST, last);
        last = vg_fbb_table_end(b);
    }
    return vg_fbb_finish(b, last);
}

static void depth_ends_at_the_limit(void **state)
{
    vg_fbb b = {0};
    const uint8_t *root;

    (void)state;
    assert_int_equal(vg_fb_verify(chain(&b, VG_FB_MAX_DEPTH), &NODE, &root, NULL), VGI_OK);
    assert_int_equal(vg_fb_verify(chain(&b, VG_FB_MAX_DEPTH + 1), &NODE, &root, NULL), VGI_ERR_PROTOCOL);
    vg_fbb_done(&b);
}

/* Ten tables on each of twenty levels, each level all of the one below: 10^20 visits, were they not counted. */
static void a_small_buffer_is_not_a_big_tree(void **state)
{
    vg_fbb b = {0};
    vg_fbb_ref level = 0;
    const uint8_t *root;

    (void)state;
    vg_fbb_begin(&b);
    for (int i = 0; i < 20; i++) {
        vg_fbb_ref table = node(&b, i, level), same[10];
        for (int k = 0; k < 10; k++)
            same[k] = table;
        level = vg_fbb_refs(&b, same, 10);
    }
    assert_int_equal(vg_fb_verify(vg_fbb_finish(&b, node(&b, 0, level)), &NODE, &root, NULL), VGI_ERR_PROTOCOL);
    vg_fbb_done(&b);
}

static void a_string_needs_its_nul(void **state)
{
    vg_fbb b = {0};
    vgi_bytes bytes = tree(&b);
    uint8_t copy[1024], *name;
    const uint8_t *root;

    (void)state;
    memcpy(copy, bytes.data, bytes.size);
    assert_int_equal(vg_fb_verify((vgi_bytes){copy, bytes.size}, &NODE, &root, NULL), VGI_OK);
    name = copy + ((const uint8_t *)vg_fb_string(root, NAME).data - copy);
    name[4] = 'x';
    assert_int_equal(vg_fb_verify((vgi_bytes){copy, bytes.size}, &NODE, &root, NULL), VGI_ERR_PROTOCOL);
    vg_fbb_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_built_is_read),  cmocka_unit_test(every_truncation_and_every_flipped_bit_is_survived),
        cmocka_unit_test(depth_ends_at_the_limit), cmocka_unit_test(a_small_buffer_is_not_a_big_tree),
        cmocka_unit_test(a_string_needs_its_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
