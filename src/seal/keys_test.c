/* Where keys come from, which are refused, and that of many processes that make one all get the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seal/keys.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/vgi-keys-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int forget(void **state)
{
    (void)state;
    unsetenv("VGI_SIGNING_KEY");
    unsetenv("VGI_SIGNING_KEY_PREVIOUS");
    unsetenv("VGI_SIGNING_KEY_FILE");
    return setenv("XDG_STATE_HOME", folder, 1);
}

static const char *write_file(char *ret, const char *name, const char *text, mode_t mode)
{
    FILE *file;

    snprintf(ret, PATH_MAX, "%s/%s", folder, name);
    unlink(ret);
    file = fopen(ret, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(ret, mode), 0);
    return ret;
}

static void refuse(vgi_status status, const char *message)
{
    vg_seal_keys keys, none = {0};
    vgi_error err = {0};

    assert_int_equal(vg_seal_keys_load(&keys, &err), status);
    if (!strstr(err.message, message))
        fail_msg("'%s' is not in '%s'", message, err.message);
    assert_null(strstr(err.message, "secret"));
    assert_memory_equal(&keys, &none, sizeof keys);
}

static void test_environment(void **state)
{
    /* SHA-256 of the text, as sha256sum has it; 32 bytes are taken as they are. */
    static const uint8_t HASH[] = {0x51, 0xb7, 0xfa, 0xe7, 0x1b, 0x33, 0x37, 0xab};
    vg_seal_keys keys;

    (void)state;
    setenv("VGI_SIGNING_KEY", "a passphrase of the fleet", 1);
    assert_int_equal(vg_seal_keys_load(&keys, NULL), VGI_OK);
    assert_int_equal(keys.count, 1);
    assert_memory_equal(keys.bytes[0], HASH, sizeof HASH);
    setenv("VGI_SIGNING_KEY", "0123456789abcdef0123456789abcdef", 1);
    setenv("VGI_SIGNING_KEY_PREVIOUS", "a passphrase of the fleet", 1);
    assert_int_equal(vg_seal_keys_load(&keys, NULL), VGI_OK);
    assert_int_equal(keys.count, 2);
    assert_memory_equal(keys.bytes[0], "0123456789abcdef0123456789abcdef", 32);
    assert_memory_equal(keys.bytes[1], HASH, sizeof HASH);
    setenv("VGI_SIGNING_KEY_FILE", "/absent", 1);
    refuse(VGI_ERR_VALUE, "VGI_SIGNING_KEY and VGI_SIGNING_KEY_FILE are set");
    unsetenv("VGI_SIGNING_KEY_FILE");
    unsetenv("VGI_SIGNING_KEY");
    refuse(VGI_ERR_VALUE, "VGI_SIGNING_KEY_PREVIOUS is set");
    unsetenv("VGI_SIGNING_KEY_PREVIOUS");
    setenv("VGI_SIGNING_KEY", "secret12345678!", 1);
    refuse(VGI_ERR_VALUE, "VGI_SIGNING_KEY: a key has 16 to 1024 bytes");
}

static void test_file(void **state)
{
    char path[PATH_MAX], link_path[PATH_MAX];
    static char many[5000];
    vg_seal_keys keys;

    (void)state;
    snprintf(link_path, sizeof link_path, "%s/linked", folder);
    write_file(path, "keys", "\n0123456789abcdef0123456789abcdef\r\n\na passphrase of the fleet", 0640);
    assert_int_equal(symlink("keys", link_path), 0); /* as secrets are mounted */
    setenv("VGI_SIGNING_KEY_FILE", link_path, 1);
    assert_int_equal(vg_seal_keys_load(&keys, NULL), VGI_OK);
    assert_int_equal(keys.count, 2);
    assert_memory_equal(keys.bytes[0], "0123456789abcdef0123456789abcdef", 32);
    assert_int_equal(chmod(path, 0644), 0);
    refuse(VGI_ERR_PERMISSION, "others can read or write it (mode 644)");
    assert_int_equal(chmod(path, 0660), 0);
    refuse(VGI_ERR_PERMISSION, "others can read or write it (mode 660)");
    write_file(path, "keys", "secret of one day\nsecret of another\nsecret of a third\n", 0600);
    refuse(VGI_ERR_VALUE, "linked: more than 2 keys");
    write_file(path, "keys", "\n\r\n", 0600);
    refuse(VGI_ERR_VALUE, "linked: there is no key in it");
    memset(many, '\n', sizeof many - 1);
    write_file(path, "keys", many, 0600);
    refuse(VGI_ERR_LIMIT, "linked: more than 4096 bytes");
    setenv("VGI_SIGNING_KEY_FILE", folder, 1);
    refuse(VGI_ERR_VALUE, "is no file");
    setenv("VGI_SIGNING_KEY_FILE", "/absent/keys", 1);
    refuse(VGI_ERR_IO, "/absent/keys: cannot be read: No such file");
}

static void test_own(void **state)
{
    char path[PATH_MAX], text[128] = "";
    vg_seal_keys keys, again;
    struct stat status;
    FILE *file;

    (void)state;
    assert_int_equal(vg_seal_keys_load(&keys, NULL), VGI_OK);
    assert_int_equal(keys.count, 1);
    assert_int_equal(vg_seal_keys_load(&again, NULL), VGI_OK);
    assert_memory_equal(&keys, &again, sizeof keys);
    snprintf(path, sizeof path, "%s/vgi/signing.key", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);

    /* Given to another process as text it is the same key. */
    file = fopen(path, "r");
    assert_int_equal(fread(text, 1, sizeof text, file), 65);
    fclose(file);
    text[64] = '\0';
    setenv("VGI_SIGNING_KEY", text, 1);
    assert_int_equal(vg_seal_keys_load(&again, NULL), VGI_OK);
    assert_memory_equal(&keys, &again, sizeof keys);
    unsetenv("VGI_SIGNING_KEY");

    assert_int_equal(chmod(path, 0640), 0);
    refuse(VGI_ERR_PERMISSION, "others can read or write it (mode 640)");
    vg_seal_keys_done(&keys);
    assert_int_equal(keys.count, 0);
}

static void test_race(void **state)
{
    char home[PATH_MAX];
    vg_seal_keys keys, first;
    int ends[2];

    (void)state;
    snprintf(home, sizeof home, "%s/raced", folder);
    setenv("XDG_STATE_HOME", home, 1);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 20; i++)
        if (fork() == 0) {
            if (vg_seal_keys_load(&keys, NULL) != VGI_OK || write(ends[1], &keys, sizeof keys) != sizeof keys)
                _exit(1);
            _exit(0);
        }
    for (int i = 0; i < 20; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
        assert_int_equal(read(ends[0], i == 0 ? &first : &keys, sizeof keys), sizeof keys);
        assert_true(i == 0 || memcmp(&first, &keys, sizeof keys) == 0);
    }
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_environment, forget),
        cmocka_unit_test_setup(test_file, forget),
        cmocka_unit_test_setup(test_own, forget),
        cmocka_unit_test_setup(test_race, forget),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
