/* A storage of another kind than a SQLite file, such as one that machines share over a network: a const struct of
 * callbacks behind vgi/storage.h.
 *
 * The promises of vgi/storage.h are theirs to keep: what was put is there when put returns, a call ends within a
 * bounded time, a failure has changed nothing, several threads call at once. Arguments have been checked against the
 * limits, and belong to the caller.
 *
 * Extension points are stable per minor version only. */
#ifndef VGI_SYS_STORAGE_H
#define VGI_SYS_STORAGE_H

#include <vgi/storage.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a callback tells what it has found: everything the record points to is copied before this returns. A failure is
 * to be passed on. */
typedef vgi_status (*vgi_storage_found_attachment)(void *context, const vgi_stored_attachment *found, vgi_error *err);
typedef vgi_status (*vgi_storage_found_transaction)(void *context, const vgi_stored_transaction *found, vgi_error *err);

/* All members are there. `self` is what vgi_storage_new was given. A get calls `found` once at most, a list once per
 * attachment (of which only the id is looked at), the oldest first. VGI_END of a get or a delete: nothing is stored
 * under the id. */
typedef struct vgi_storage_ops {
    vgi_status (*attach_put)(void *self, const vgi_stored_attachment *attachment, vgi_error *err);
    vgi_status (*attach_get)(void *self, vgi_bytes id, vgi_storage_found_attachment found, void *context,
                             vgi_error *err);
    vgi_status (*attach_delete)(void *self, vgi_bytes id, vgi_error *err);
    vgi_status (*attach_list)(void *self, vgi_storage_found_attachment found, void *context, vgi_error *err);
    vgi_status (*transaction_put)(void *self, const vgi_stored_transaction *transaction, vgi_error *err);
    vgi_status (*transaction_get)(void *self, vgi_bytes id, vgi_storage_found_transaction found, void *context,
                                  vgi_error *err);
    vgi_status (*transaction_delete)(void *self, vgi_bytes id, vgi_error *err);
    vgi_status (*collect)(void *self, int64_t max_age_s, int64_t *ret_deleted, vgi_error *err);
    void (*free)(void *self); /* the end of the storage; no other call is running */
} vgi_storage_ops;

/* A storage on `ops` (which must outlive it). `self` is taken: ops->free gets it, also where this fails. */
#define vgi_storage_new(ops, self, ret, err) vgi_storage_new_at(VGI_API_VERSION, (ops), (self), (ret), (err))
VGI_EXPORT vgi_status vgi_storage_new_at(int api_version, const vgi_storage_ops *ops, void *self, vgi_storage **ret,
                                         vgi_error *err) VGI_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
