/* The keys that seal: of the environment, of a file, or made for this user. See keys.h. */
#include "seal/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/state_file.h"

static const char KEY[] = "VGI_SIGNING_KEY", PREVIOUS[] = "VGI_SIGNING_KEY_PREVIOUS",
                  FILE_NAME[] = "VGI_SIGNING_KEY_FILE";

enum { MAX_FILE_BYTES = 4 * VG_SEAL_MAX_KEY_TEXT };

void vg_seal_keys_done(vg_seal_keys *keys)
{
    sodium_memzero(keys, sizeof *keys);
}

vgi_status vg_seal_keys_add(vg_seal_keys *keys, vgi_string text, const char *where, vgi_error *err)
{
    uint8_t *key;

    if (sodium_init() < 0)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "libsodium cannot be used here");
    if (keys->count == VG_SEAL_MAX_KEYS)
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: more than %d keys: one that seals, and one before it that opens",
                             where, VG_SEAL_MAX_KEYS);
    if (text.size < VG_SEAL_MIN_KEY_TEXT || text.size > VG_SEAL_MAX_KEY_TEXT)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "%s: a key has %d to %d bytes; 'openssl rand -hex 32' makes a good one", where,
                             VG_SEAL_MIN_KEY_TEXT, VG_SEAL_MAX_KEY_TEXT);
    key = keys->bytes[keys->count++];
    if (text.size == VG_SEAL_KEY_BYTES)
        memcpy(key, text.data, VG_SEAL_KEY_BYTES);
    else
        (void)crypto_hash_sha256(key, (const uint8_t *)text.data, text.size);
    return VGI_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* `forbidden` are the bits of its mode that nobody may have. */
static vgi_status check_file(const char *path, int fd, mode_t forbidden, vgi_error *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return vg_state_error(err, path, "cannot be looked at", errno);
    if (!S_ISREG(status.st_mode))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: is no file", path);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: belongs to somebody else", path);
    if (status.st_mode & forbidden)
        return vgi_error_set(err, VGI_ERR_PERMISSION,
                             "%s: others can read or write it (mode %03o): it must be 0600, and hold a key that nobody "
                             "else has read",
                             path, (unsigned)status.st_mode & 0777U);
    return VGI_OK;
}

static vgi_status read_file(const char *path, mode_t forbidden, char *text, size_t *ret_size, vgi_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    vgi_status status;
    ssize_t n = 1;

    *ret_size = 0;
    if (fd < 0)
        return vg_state_error(err, path, "cannot be read", errno);
    status = check_file(path, fd, forbidden, err);
    while (status == VGI_OK && n != 0 && *ret_size <= MAX_FILE_BYTES) {
        n = read(fd, text + *ret_size, MAX_FILE_BYTES + 1 - *ret_size);
        if (n < 0 && errno != EINTR)
            status = vg_state_error(err, path, "cannot be read", errno);
        *ret_size += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (status == VGI_OK && *ret_size > MAX_FILE_BYTES)
        status = vgi_error_set(err, VGI_ERR_LIMIT, "%s: more than %d bytes are no file of keys", path, MAX_FILE_BYTES);
    return status;
}

/* One key a line; empty lines are none. */
static vgi_status add_lines(vg_seal_keys *keys, const char *path, const char *text, size_t size, vgi_error *err)
{
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t line = end ? (size_t)(end - text) : size, used = end ? line + 1 : line;

        if (line > 0 && text[line - 1] == '\r')
            line--;
        if (line > 0)
            VGI_TRY(vg_seal_keys_add(keys, (vgi_string){text, line}, path, err));
        text += used;
        size -= used;
    }
    return keys->count > 0 ? VGI_OK : vgi_error_set(err, VGI_ERR_VALUE, "%s: there is no key in it", path);
}

static vgi_status add_file(vg_seal_keys *keys, const char *path, mode_t forbidden, vgi_error *err)
{
    char text[MAX_FILE_BYTES + 1];
    size_t size;
    vgi_status status = read_file(path, forbidden, text, &size, err);

    if (status == VGI_OK)
        status = add_lines(keys, path, text, size, err);
    sodium_memzero(text, sizeof text);
    return status;
}

/* Made as text, so that it can be given to others as VGI_SIGNING_KEY. */
static vgi_status add_own(vg_seal_keys *keys, vgi_error *err)
{
    uint8_t random[VG_SEAL_KEY_BYTES];
    char text[2 * VG_SEAL_KEY_BYTES + 1];
    vg_arena arena = {0};
    const char *path;
    vgi_status status = vg_state_path(&arena, "signing.key", &path, err);

    if (status == VGI_OK) {
        randombytes_buf(random, sizeof random);
        sodium_bin2hex(text, sizeof text, random, sizeof random);
        text[sizeof text - 1] = '\n';
        status = vg_state_create(path, text, sizeof text, err);
        sodium_memzero(random, sizeof random);
        sodium_memzero(text, sizeof text);
        if (status == VGI_OK || status == VGI_END) /* ours, or another's */
            status = add_file(keys, path, S_IRWXG | S_IRWXO, err);
    }
    vg_arena_done(&arena);
    return status;
}

/* ---- the choice ------------------------------------------------------------------------------------------------- */

static const char *variable(const char *name)
{
    const char *text = getenv(name);

    return text && text[0] ? text : NULL;
}

static vgi_status add_named(vg_seal_keys *keys, vgi_error *err)
{
    const char *key = variable(KEY), *previous = variable(PREVIOUS), *file = variable(FILE_NAME);

    if (file && (key || previous))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s and %s are set: one of them says where the keys are", KEY,
                             FILE_NAME);
    if (previous && !key)
        return vgi_error_set(err, VGI_ERR_VALUE, "%s is set, and %s, the key that seals, is not", PREVIOUS, KEY);
    if (file) /* such as a secret that is mounted for a group */
        return add_file(keys, file, S_IWGRP | S_IXGRP | S_IRWXO, err);
    if (!key)
        return VGI_END;
    VGI_TRY(vg_seal_keys_add(keys, vgi_str(key), KEY, err));
    return previous ? vg_seal_keys_add(keys, vgi_str(previous), PREVIOUS, err) : VGI_OK;
}

static vgi_status load(vg_seal_keys *ret, bool makes_own, vgi_error *err)
{
    vgi_status status;

    *ret = (vg_seal_keys){0};
    if (sodium_init() < 0)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "libsodium cannot be used here");
    status = add_named(ret, err);
    if (status == VGI_END && makes_own)
        status = add_own(ret, err);
    if (status != VGI_OK)
        vg_seal_keys_done(ret);
    return status;
}

vgi_status vg_seal_keys_load(vg_seal_keys *ret, vgi_error *err)
{
    return load(ret, true, err);
}

vgi_status vg_seal_keys_load_named(vg_seal_keys *ret, vgi_error *err)
{
    return load(ret, false, err);
}
