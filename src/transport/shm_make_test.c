/* Segments of our own: who may see them, what a peer finds in them, and that nothing of them stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/shm.h"

static vg_shm *create(uint64_t bytes)
{
    vg_shm *shm;

    assert_int_equal(vg_shm_create(bytes, &shm, NULL), VGI_OK);
    return shm;
}

static bool exists(const char *name)
{
    struct stat status;
    char path[300];

    snprintf(path, sizeof path, "/dev/shm/%s", name);
    return stat(path, &status) == 0;
}

static void a_segment_is_the_users_own_and_goes_with_its_owner(void **state)
{
    struct stat status;
    vg_shm *shm, *peer;
    char name[64], path[96];
    uint64_t offset;

    (void)state;
    shm = create(1);
    snprintf(name, sizeof name, "%s", vg_shm_name(shm).data);
    snprintf(path, sizeof path, "/dev/shm/%s", name);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, VG_SHM_HEADER_BYTES + 4096);
    assert_int_equal(vg_shm_size(shm), status.st_size);
    assert_true((uint64_t)status.st_blocks * 512 >= (uint64_t)status.st_size); /* no holes */
    assert_int_equal(vg_shm_attach(vgi_str(name), &peer, NULL), VGI_OK);
    assert_int_equal(vg_shm_reserve(peer, 4096, &offset, NULL), VGI_OK);
    assert_int_equal(vg_shm_reserve(shm, 1, &offset, NULL), VGI_END); /* both see one table */
    assert_int_equal(vg_shm_reset(shm, NULL), VGI_OK);
    assert_int_equal(vg_shm_reserve(peer, 4096, &offset, NULL), VGI_OK);
    assert_int_equal(offset, VG_SHM_HEADER_BYTES);
    vg_shm_detach(peer);
    assert_true(exists(name)); /* who has attached it does not unlink it */
    vg_shm_detach(shm);
    assert_false(exists(name));
}

static void names_differ(void **state)
{
    vg_shm *one = create(1), *two = create(1);

    (void)state;
    assert_string_not_equal(vg_shm_name(one).data, vg_shm_name(two).data);
    assert_true(exists(vg_shm_name(one).data)); /* the second has not swept the first */
    vg_shm_detach(one);
    vg_shm_detach(two);
}

static void put_file(const char *name)
{
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    close(fd);
}

/* A process that is killed leaves its segment; the next owner removes it. */
static void what_the_dead_have_left_is_removed(void **state)
{
    int tell[2], status;
    char name[64] = "";
    pid_t child;

    (void)state;
    assert_int_equal(pipe(tell), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        vg_shm *shm;

        if (vg_shm_create(1, &shm, NULL) == VGI_OK && write(tell[1], vg_shm_name(shm).data, vg_shm_name(shm).size) > 0)
            (void)pause();
        _exit(1);
    }
    assert_true(read(tell[0], name, sizeof name - 1) > 0);
    vg_shm_detach(create(1));
    assert_true(exists(name)); /* its owner lives */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    vg_shm_detach(create(1));
    assert_false(exists(name));
    close(tell[0]);
    close(tell[1]);
}

static void what_is_not_ours_stays(void **state)
{
    /* Too short, too long, no hex digits, of another program; then what is ours, and a link that looks so. */
    static const char *const FORMS[] = {"/libvgi.%019x", "/libvgi.%021x", "/libvgi.%019xX", "/vgi_shm_%020x"};
    char names[4][64], ours[64], path[96];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], FORMS[i], (unsigned)getpid());
        put_file(names[i]);
    }
    snprintf(ours, sizeof ours, "/libvgi.%020x", (unsigned)getpid());
    snprintf(path, sizeof path, "/dev/shm%s", ours);
    put_file(ours);
    vg_shm_detach(create(1));
    assert_false(exists(ours + 1));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(shm_unlink(names[i]), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    vg_shm_detach(create(1));
    assert_int_equal(unlink(path), 0);
}

/* True if a segment lies there that never got its memory. Those of other programs are in that state for a moment. */
static bool is_one_empty(void)
{
    DIR *folder = opendir("/dev/shm");
    const struct dirent *entry;
    struct stat status;
    bool found = false;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        found = found || (strncmp(entry->d_name, "libvgi.", 7) == 0 &&
                          fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && status.st_size == 0);
    closedir(folder);
    return found;
}

/* In a process of its own, as limits are the process's; its status tells. */
static int create_with_little_room(void)
{
    struct rlimit limit = {VG_SHM_HEADER_BYTES, VG_SHM_HEADER_BYTES};
    vg_shm *shm;
    vgi_error err = {0};

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    return vg_shm_create(1 << 20, &shm, &err) == VGI_ERR_IO && !shm && strstr(err.message, "memory for") ? 0 : 1;
}

static void memory_that_is_not_to_be_had_leaves_nothing(void **state)
{
    vg_shm *shm;
    pid_t child;
    bool stays;
    int status;

    (void)state;
    assert_int_equal(vg_shm_create(0, &shm, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_shm_create(VG_SHM_MAX_BYTES + 1, &shm, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_shm_create(UINT64_MAX, &shm, NULL), VGI_ERR_VALUE);
    vg_alloc_fail_after(0);
    assert_int_equal(vg_shm_create(1, &shm, NULL), VGI_ERR_MEMORY);
    vg_alloc_fail_after(-1);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(create_with_little_room());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    stays = is_one_empty();
    for (int i = 0; i < 1000 && stays; i++) {
        usleep(10000);
        stays = is_one_empty();
    }
    assert_false(stays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_the_users_own_and_goes_with_its_owner),
        cmocka_unit_test(names_differ),
        cmocka_unit_test(what_the_dead_have_left_is_removed),
        cmocka_unit_test(what_is_not_ours_stays),
        cmocka_unit_test(memory_that_is_not_to_be_had_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
