/* What the tests of durable storage share: a folder of their own, and puts and gets in one line. */
#ifndef VG_STORAGE_TESTING_H
#define VG_STORAGE_TESTING_H

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
#include <unistd.h>

#include <vgi/storage.h>

enum { PATIENT_MS = 100 * 1000 }; /* on a machine that does other things, too */

static char folder[64];

/* In memory where that can be: every put waits for the disk, and a disk that others write to is slow. */
static inline int make_folder(void **state)
{
    (void)state;
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/storage-test-XXXXXX" : "/tmp/storage-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    return system(command);
}

static inline const char *at(char *ret, const char *name)
{
    snprintf(ret, PATH_MAX, "%s/%s", folder, name);
    return ret;
}

static inline vgi_storage *storage_at(const char *name, int64_t busy_timeout_ms)
{
    char path[PATH_MAX];
    vgi_storage *storage;
    vgi_storage_options options = {.path = at(path, name), .busy_timeout_ms = busy_timeout_ms};

    assert_int_equal(vgi_storage_sqlite_new(&options, &storage, NULL), VGI_OK);
    return storage;
}

static inline vgi_bytes bytes(const char *text)
{
    return (vgi_bytes){(const uint8_t *)text, strlen(text)};
}

/* An attachment whose options are its id. */
static inline vgi_status put(vgi_storage *storage, const char *id, int64_t owner_pid, vgi_error *err)
{
    return vgi_storage_attach_put(storage,
                                  &(vgi_stored_attachment){
                                      .attach_opaque_data = bytes(id),
                                      .catalog_name = vgi_str("shop"),
                                      .options = bytes(id),
                                      .owner_pid = owner_pid,
                                  },
                                  err);
}

static inline vgi_status put_transaction(vgi_storage *storage, const char *id, const char *attachment,
                                         const char *state, vgi_error *err)
{
    return vgi_storage_transaction_put(storage,
                                       &(vgi_stored_transaction){
                                           .transaction_opaque_data = bytes(id),
                                           .attach_opaque_data = bytes(attachment),
                                           .state = bytes(state),
                                       },
                                       err);
}

/* VGI_OK: it is there, and as it was put. VGI_ERR_TYPE: there is something else. */
static inline vgi_status get(vgi_storage *storage, const char *id, vgi_error *err)
{
    vgi_stored_attachment *found;
    vgi_status status = vgi_storage_attach_get(storage, bytes(id), &found, err);

    if (status == VGI_OK &&
        (found->options.size != strlen(id) || memcmp(found->options.data, id, strlen(id)) != 0 ||
         found->attach_opaque_data.size != strlen(id) || !vgi_string_equal(found->catalog_name, vgi_str("shop"))))
        status = VGI_ERR_TYPE;
    vgi_storage_release(found);
    return status;
}

static inline size_t count(vgi_storage *storage)
{
    vgi_bytes *ids;
    size_t n;

    assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_OK);
    vgi_storage_release(ids);
    return n;
}

#endif
