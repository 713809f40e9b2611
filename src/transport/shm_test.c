/* Shared memory segments against an owner who writes the header as the wire says, or as it pleases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/shm.h"

enum { DATA = 65536, MAPPED = 2 * DATA };

/* The owner's side. */
typedef struct owner {
    char name[64];
    int fd;
    uint8_t *map;
} owner;

static void put_u32(owner *o, size_t at, uint32_t value)
{
    memcpy(o->map + at, &value, 4);
}

static void put_u64(owner *o, size_t at, uint64_t value)
{
    memcpy(o->map + at, &value, 8);
}

static uint64_t get_u64(const owner *o, size_t at)
{
    uint64_t value;

    memcpy(&value, o->map + at, 8);
    return value;
}

static uint32_t count_of(const owner *o)
{
    uint32_t value;

    memcpy(&value, o->map + 16, 4);
    return value;
}

static void put_region(owner *o, size_t i, uint64_t offset, uint64_t length)
{
    put_u64(o, 24 + 16 * i, offset);
    put_u64(o, 32 + 16 * i, length);
}

static void create(owner *o, size_t size)
{
    static int n;

    snprintf(o->name, sizeof o->name, "/vgi-test-%d-%d", (int)getpid(), n++);
    o->fd = shm_open(o->name, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(o->fd >= 0);
    assert_int_equal(ftruncate(o->fd, (off_t)size), 0);
    o->map = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
    assert_true(o->map != MAP_FAILED);
    if (size < 24)
        return;
    memcpy(o->map, "VGIS", 4);
    put_u32(o, 4, 1);
    put_u64(o, 8, size - 65536);
}

static void destroy(owner *o)
{
    munmap(o->map, MAPPED);
    close(o->fd);
    shm_unlink(o->name);
}

static vg_shm *attach(const owner *o)
{
    vg_shm *shm;

    assert_int_equal(vg_shm_attach(vgi_str(o->name), &shm, NULL), VGI_OK);
    return shm;
}

static void expect_refusal(const owner *o, const char *why)
{
    vgi_error err = {0};
    vg_shm *shm;

    assert_int_equal(vg_shm_attach(vgi_str(o->name), &shm, &err), VGI_ERR_PROTOCOL);
    assert_null(shm);
    if (!strstr(err.message, why))
        fail_msg("'%s' lacks '%s'", err.message, why);
}

static void names_are_one_component_with_or_without_a_slash(void **state)
{
    static const char *const BAD[] = {"", "/", "//a", "a/b", "..", "/../etc", ".hidden"};
    char text[VG_SHM_MAX_NAME + 3];
    vgi_error err = {0};
    vg_shm *shm;
    owner o;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(vg_shm_attach(vgi_str(BAD[i]), &shm, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_shm_attach((vgi_string){"a\0b", 3}, &shm, NULL), VGI_ERR_VALUE);
    memset(text, 'x', sizeof text);
    assert_int_equal(vg_shm_attach((vgi_string){text, VG_SHM_MAX_NAME}, &shm, &err), VGI_ERR_IO); /* the limit */
    assert_int_equal(vg_shm_attach((vgi_string){text, VG_SHM_MAX_NAME + 1}, &shm, NULL), VGI_ERR_VALUE);
    create(&o, MAPPED);
    shm = attach(&o);
    assert_true(vg_shm_is_named(shm, vgi_str(o.name)) && vg_shm_is_named(shm, vgi_str(o.name + 1)));
    assert_false(vg_shm_is_named(shm, vgi_str(o.name + 2)));
    vg_shm_detach(shm);
    assert_int_equal(vg_shm_attach(vgi_str(o.name + 1), &shm, NULL), VGI_OK);
    vg_shm_detach(shm);
    destroy(&o);
    assert_int_equal(vg_shm_attach(vgi_str(o.name), &shm, NULL), VGI_ERR_IO);
}

static void headers_that_lie_are_refused(void **state)
{
    owner o;

    (void)state;
    create(&o, 0);
    expect_refusal(&o, "no room");
    destroy(&o);
    create(&o, DATA);
    expect_refusal(&o, "no room");
    destroy(&o);
    create(&o, DATA + 1);
    vg_shm_detach(attach(&o));
    destroy(&o);
    create(&o, MAPPED);
    put_u64(&o, 8, DATA + 1);
    expect_refusal(&o, "data_size");
    put_u64(&o, 8, DATA);
    put_u32(&o, 4, 2);
    expect_refusal(&o, "version");
    put_u32(&o, 4, 1);
    put_u32(&o, 16, VG_SHM_MAX_REGIONS + 1);
    expect_refusal(&o, "more regions");
    put_u32(&o, 16, VG_SHM_MAX_REGIONS);
    expect_refusal(&o, "overlap"); /* regions at 0 */
    put_u32(&o, 16, 1);
    put_region(&o, 0, DATA - 1, 8);
    expect_refusal(&o, "overlap");
    put_region(&o, 0, MAPPED, 1);
    expect_refusal(&o, "overlap");
    put_region(&o, 0, MAPPED - 8, UINT64_MAX);
    expect_refusal(&o, "overlap");
    put_region(&o, 0, UINT64_MAX, 2);
    expect_refusal(&o, "overlap");
    put_u32(&o, 16, 2);
    put_region(&o, 0, DATA, 16);
    put_region(&o, 1, DATA + 15, 16);
    expect_refusal(&o, "overlap");
    put_region(&o, 1, DATA + 16, DATA - 16);
    vg_shm_detach(attach(&o));
    o.map[0] = 'v';
    expect_refusal(&o, "VGIS");
    destroy(&o);
}

static uint64_t reserve(vg_shm *shm, uint64_t size)
{
    uint64_t offset = 0;

    assert_int_equal(vg_shm_reserve(shm, size, &offset, NULL), VGI_OK);
    return offset;
}

static void the_first_gap_is_taken(void **state)
{
    uint64_t offset;
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, MAPPED);
    shm = attach(&o);
    assert_int_equal(reserve(shm, 1000), DATA);
    assert_int_equal(reserve(shm, 64), DATA + 1024);
    assert_int_equal(reserve(shm, 1), DATA + 1088);
    assert_int_equal(count_of(&o), 3);
    assert_int_equal(get_u64(&o, 32), 1024);
    assert_int_equal(vg_shm_release(shm, DATA, NULL), VGI_OK);
    assert_int_equal(vg_shm_release(shm, DATA + 1, NULL), VGI_OK); /* unknown: nothing */
    assert_int_equal(count_of(&o), 2);
    assert_int_equal(get_u64(&o, 24), DATA + 1024);
    assert_int_equal(reserve(shm, 1025), DATA + 1152); /* the gap is too small */
    assert_int_equal(reserve(shm, 1024), DATA);
    assert_int_equal(vg_shm_reserve(shm, DATA, &offset, NULL), VGI_END);
    assert_int_equal(vg_shm_reserve(shm, UINT64_MAX, &offset, NULL), VGI_END);
    assert_int_equal(vg_shm_reserve(shm, UINT64_MAX - 62, &offset, NULL), VGI_END);
    assert_int_equal(vg_shm_reserve(shm, 0, &offset, NULL), VGI_END);
    put_u32(&o, 16, 0); /* the owner's reset */
    assert_int_equal(vg_shm_reserve(shm, DATA + 1, &offset, NULL), VGI_END);
    assert_int_equal(reserve(shm, DATA), DATA); /* all of it */
    assert_int_equal(vg_shm_reserve(shm, 1, &offset, NULL), VGI_END);
    put_u32(&o, 16, UINT32_MAX);
    assert_int_equal(vg_shm_reserve(shm, 1, &offset, NULL), VGI_ERR_PROTOCOL);
    assert_int_equal(vg_shm_release(shm, DATA, NULL), VGI_ERR_PROTOCOL);
    vg_shm_detach(shm);
    destroy(&o);
}

static void the_table_has_room_for_so_many(void **state)
{
    enum { SIZE = DATA + 64 * (VG_SHM_MAX_REGIONS + 1) };
    uint64_t offset;
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, SIZE);
    shm = attach(&o);
    for (uint64_t i = 0; i < VG_SHM_MAX_REGIONS; i++)
        put_region(&o, i, DATA + 64 * i, 64);
    put_u32(&o, 16, VG_SHM_MAX_REGIONS - 1);
    assert_int_equal(reserve(shm, 64), DATA + 64 * (VG_SHM_MAX_REGIONS - 1));
    assert_int_equal(count_of(&o), VG_SHM_MAX_REGIONS);
    assert_int_equal(vg_shm_reserve(shm, 64, &offset, NULL), VGI_END);
    assert_int_equal(vg_shm_release(shm, DATA + 64 * 7, NULL), VGI_OK);
    assert_int_equal(get_u64(&o, 24 + 16 * 7), DATA + 64 * 8);
    assert_int_equal(reserve(shm, 64), DATA + 64 * 7);
    vg_shm_detach(shm);
    destroy(&o);
}

static vgi_status read_region(vg_shm *shm, uint64_t offset, uint64_t length)
{
    vg_buf buf = {0};
    vgi_status status = vg_shm_read(shm, offset, length, &buf, NULL);

    assert_int_equal(buf.size, status == VGI_OK ? length : 0);
    vg_buf_done(&buf);
    return status;
}

static void regions_are_read_inside_the_segment_only(void **state)
{
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, MAPPED);
    memset(o.map + DATA, 7, DATA);
    shm = attach(&o);
    assert_int_equal(read_region(shm, DATA, DATA), VGI_OK);
    assert_int_equal(read_region(shm, MAPPED, 0), VGI_OK);
    assert_int_equal(read_region(shm, DATA, DATA + 1), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, DATA - 1, 1), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, 0, 1), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, MAPPED + 1, 0), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, DATA + 8, UINT64_MAX), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, UINT64_MAX, 8), VGI_ERR_PROTOCOL);
    assert_int_equal(ftruncate(o.fd, DATA + 100), 0); /* the owner cuts it: no signal, an error */
    assert_int_equal(read_region(shm, DATA, 101), VGI_ERR_PROTOCOL);
    assert_int_equal(read_region(shm, DATA, 100), VGI_OK);
    assert_int_equal(vg_shm_release(shm, DATA, NULL), VGI_ERR_PROTOCOL); /* data_size lies now */
    assert_int_equal(ftruncate(o.fd, 10), 0);
    assert_int_equal(read_region(shm, DATA, 0), VGI_ERR_PROTOCOL);
    vg_shm_detach(shm);
    destroy(&o);
}

static void a_hole_is_not_copied(void **state)
{
    const int64_t size = INT64_C(1) << 40;
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, MAPPED);
    if (ftruncate(o.fd, size) != 0) {
        destroy(&o);
        skip();
    }
    put_u64(&o, 8, (uint64_t)size - DATA);
    shm = attach(&o);
    assert_int_equal(read_region(shm, DATA, (uint64_t)size - DATA), VGI_ERR_PROTOCOL);
    vg_shm_detach(shm);
    destroy(&o);
}

static void parts_are_written_where_they_belong(void **state)
{
    struct iovec parts[] = {{(void *)(uintptr_t)"one", 3}, {NULL, 0}, {(void *)(uintptr_t)"two", 3}};
    vg_output *output;
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, MAPPED);
    shm = attach(&o);
    output = vg_shm_output(shm);
    vg_shm_output_at(shm, DATA + 5);
    assert_int_equal(output->write(output, parts, 3, NULL), VGI_OK);
    assert_memory_equal(o.map + DATA, "\0\0\0\0\0onetwo\0", 12);
    vg_shm_detach(shm);
    destroy(&o);
}

static void without_memory_nothing_is_attached(void **state)
{
    vg_shm *shm;
    owner o;

    (void)state;
    create(&o, MAPPED);
    vg_alloc_fail_after(0);
    assert_int_equal(vg_shm_attach(vgi_str(o.name), &shm, NULL), VGI_ERR_MEMORY);
    vg_alloc_fail_after(-1);
    shm = attach(&o);
    vg_alloc_fail_after(0);
    assert_int_equal(read_region(shm, DATA, 16), VGI_ERR_MEMORY);
    vg_alloc_fail_after(-1);
    vg_shm_detach(shm);
    destroy(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_one_component_with_or_without_a_slash),
        cmocka_unit_test(headers_that_lie_are_refused),
        cmocka_unit_test(the_first_gap_is_taken),
        cmocka_unit_test(the_table_has_room_for_so_many),
        cmocka_unit_test(regions_are_read_inside_the_segment_only),
        cmocka_unit_test(a_hole_is_not_copied),
        cmocka_unit_test(parts_are_written_where_they_belong),
        cmocka_unit_test(without_memory_nothing_is_attached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
