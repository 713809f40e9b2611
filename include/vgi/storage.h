/* Durable storage of attachments and transactions, shared by all the processes of a worker (vgi.md §3, §4): a part of
 * its own, `pkg-config --libs vgi-storage`, `vgi::storage`.
 *
 *   vgi_storage *storage;
 *   VGI_TRY(vgi_storage_sqlite_new(NULL, &storage, err));
 *   VGI_TRY(vgi_storage_attach_put(storage, &(vgi_stored_attachment){id, vgi_str("shop"), options, 0}, err));
 *   ...
 *   vgi_storage_free(storage);
 *
 * A worker names it in its options (vgi_worker_options.storage), and callbacks ask for it: vgi_call_storage(call).
 * docs/storage.md is the manual.
 *
 * What was put is there when the call returns, whoever is killed then. What has no owner is on the disk, too, and
 * survives the end of the machine; an owner does not. Any number of processes and threads may use one storage at once;
 * no call waits longer than its busy time. A call that fails has changed nothing. A handle is not carried over fork():
 * open another one in the child, or fork before the first call.
 *
 * Ids and states are what a catalog made them, and may carry secrets: the library shows them to nobody. */
#ifndef VGI_STORAGE_H
#define VGI_STORAGE_H

#include <vgi/server.h>
#include <vgi/type.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vgi_storage vgi_storage;

enum {
    VGI_STORAGE_ID_SIZE = 16,           /* of vgi_storage_generate_id */
    VGI_STORAGE_MAX_ID = 64 << 10,      /* bytes of an id, and of a catalog's name; an id has at least one */
    VGI_STORAGE_MAX_VALUE = 64 << 20,   /* bytes of options or of a state */
    VGI_STORAGE_BUSY_TIMEOUT_MS = 5000, /* where none is given */
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* All zero: the defaults. Borrowed until the call returns. */
typedef struct vgi_storage_options {
    /* The file, made (0600) where there is none; its directory must be there. NULL: vgi_catalog.db in
     * $XDG_STATE_HOME/vgi or ~/.local/state/vgi, a directory (0700) that is made, too. */
    const char *path;
    int64_t busy_timeout_ms; /* how long a call waits for other processes; 0: 5,000 */
} vgi_storage_options;

/* A storage in a SQLite file in WAL mode. Opened by the first call that needs it: until then nothing is touched, and
 * nothing can fail but memory. A file of a newer libvgi is refused by name, one of an older is brought up to date.
 *
 * What goes wrong later is VGI_ERR_PERMISSION (a file or a directory that cannot be written), VGI_ERR_IO (a full disk,
 * a damaged file, others that hold it for longer than the busy time), VGI_ERR_VALUE (a file of something else), or
 * VGI_ERR_MEMORY. A damaged file is never replaced or deleted; after it was moved away, the next call makes a new one.
 * */
#define vgi_storage_sqlite_new(options, ret, err) vgi_storage_sqlite_new_at(VGI_API_VERSION, (options), (ret), (err))
VGI_EXPORT vgi_status vgi_storage_sqlite_new_at(int api_version, const vgi_storage_options *options, vgi_storage **ret,
                                                vgi_error *err) VGI_MUST_USE;
/* NULL: nothing happens. */
VGI_EXPORT void vgi_storage_free(vgi_storage *storage);

/* 16 random bytes: an id that nobody else has, and that cannot be guessed. */
VGI_EXPORT vgi_status vgi_storage_generate_id(uint8_t ret[VGI_STORAGE_ID_SIZE], vgi_error *err) VGI_MUST_USE;

/* ---- attachments and transactions -------------------------------------------------------------------------------- */

/* Whose the record is: `owner_pid` is a process of this machine whose end makes the record useless, such as a client
 * that has told its number (a worker's parent may be a shell between the two). 0: none; the record stays until it is
 * deleted. A record whose owner has ended, or was of an earlier start of the machine, is collected. Putting what is
 * there already replaces it. */
typedef struct vgi_stored_attachment {
    vgi_bytes attach_opaque_data; /* the key */
    vgi_string catalog_name;
    vgi_bytes options; /* as the catalog wants to see them again; absent: none */
    int64_t owner_pid;
} vgi_stored_attachment;
typedef struct vgi_stored_transaction {
    vgi_bytes transaction_opaque_data; /* the key */
    vgi_bytes attach_opaque_data;      /* need not be stored itself */
    vgi_bytes state;                   /* absent: none */
    int64_t owner_pid;
} vgi_stored_transaction;

/* VGI_ERR_VALUE: an id without bytes, or an owner that does not run. VGI_ERR_LIMIT: larger than the limits above. */
VGI_EXPORT vgi_status vgi_storage_attach_put(vgi_storage *storage, const vgi_stored_attachment *attachment,
                                             vgi_error *err) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_storage_transaction_put(vgi_storage *storage, const vgi_stored_transaction *transaction,
                                                  vgi_error *err) VGI_MUST_USE;

/* What is stored under an id: owned, one block that ends with vgi_storage_release. VGI_END: nothing. */
VGI_EXPORT vgi_status vgi_storage_attach_get(vgi_storage *storage, vgi_bytes attach_opaque_data,
                                             vgi_stored_attachment **ret, vgi_error *err) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_storage_transaction_get(vgi_storage *storage, vgi_bytes transaction_opaque_data,
                                                  vgi_stored_transaction **ret, vgi_error *err) VGI_MUST_USE;

/* VGI_END: nothing was stored under this id. Of many that delete one id at once, one gets VGI_OK. With an attachment
 * its transactions go, whether it was stored itself or not. */
VGI_EXPORT vgi_status vgi_storage_attach_delete(vgi_storage *storage, vgi_bytes attach_opaque_data,
                                                vgi_error *err) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_storage_transaction_delete(vgi_storage *storage, vgi_bytes transaction_opaque_data,
                                                     vgi_error *err) VGI_MUST_USE;

/* The ids of all attachments, the oldest first. Owned: vgi_storage_release. */
VGI_EXPORT vgi_status vgi_storage_attach_list(vgi_storage *storage, vgi_bytes **ret, size_t *ret_count,
                                              vgi_error *err) VGI_MUST_USE;

/* What a get or a list gave; NULL: nothing happens. */
VGI_EXPORT void vgi_storage_release(void *given);

/* Deletes the records whose owners have ended, and of those without an owner what was put more than
 * `max_age_s` seconds ago (0: none of them). Opening a storage does the first, and so does every 256th put. */
VGI_EXPORT vgi_status vgi_storage_collect(vgi_storage *storage, int64_t max_age_s, int64_t *ret_deleted,
                                          vgi_error *err) VGI_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
