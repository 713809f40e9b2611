/* The front of durable storage (vgi/storage.h): arguments are checked and results copied here, once for every kind of
 * storage behind it (vgi/sys/storage.h). */
#include <vgi/sys/storage.h>

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "storage/storage.h"

struct vgi_storage {
    const vgi_storage_ops *ops;
    void *self;
};

static vgi_status no_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for what the storage holds");
}

vgi_status vg_storage_check_version(int api_version, vgi_error *err)
{
    if (api_version == VGI_API_VERSION)
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_VALUE, "the program was compiled for version %d of the API, the library has %d",
                         api_version, VGI_API_VERSION);
}

vgi_status vgi_storage_new_at(int api_version, const vgi_storage_ops *ops, void *self, vgi_storage **ret,
                              vgi_error *err)
{
    vgi_status status = vg_storage_check_version(api_version, err);

    *ret = NULL;
    if (status != VGI_OK) {
        ops->free(self);
        return status;
    }
    *ret = vg_malloc(sizeof **ret);
    if (!*ret) {
        ops->free(self);
        return no_memory(err);
    }
    **ret = (vgi_storage){ops, self};
    return VGI_OK;
}

void vgi_storage_free(vgi_storage *storage)
{
    if (!storage)
        return;
    storage->ops->free(storage->self);
    vg_free(storage);
}

void vgi_storage_release(void *given)
{
    vg_free(given);
}

vgi_status vgi_storage_generate_id(uint8_t ret[VGI_STORAGE_ID_SIZE], vgi_error *err)
{
    size_t have = 0;

    while (have < VGI_STORAGE_ID_SIZE) {
        ssize_t got = getrandom(ret + have, VGI_STORAGE_ID_SIZE - have, 0);

        if (got < 0 && errno != EINTR)
            return vgi_error_set(err, VGI_ERR_IO, "the system gives no random bytes: %s", strerror(errno));
        have += got > 0 ? (size_t)got : 0;
    }
    return VGI_OK;
}

/* ---- what comes in ---------------------------------------------------------------------------------------------- */

static vgi_status check_id(vgi_bytes id, const char *what, vgi_error *err)
{
    if (!id.data || id.size == 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "%s without a byte cannot be stored", what);
    if (id.size > VGI_STORAGE_MAX_ID)
        return vgi_error_set(err, VGI_ERR_LIMIT, "%s of %zu bytes: at most %d can be stored", what, id.size,
                             VGI_STORAGE_MAX_ID);
    return VGI_OK;
}

static vgi_status check_value(vgi_bytes value, const char *what, vgi_error *err)
{
    if (value.data && value.size > VGI_STORAGE_MAX_VALUE)
        return vgi_error_set(err, VGI_ERR_LIMIT, "%s of %zu bytes: at most %d can be stored", what, value.size,
                             VGI_STORAGE_MAX_VALUE);
    return VGI_OK;
}

static vgi_status check_attach_id(vgi_bytes id, vgi_error *err)
{
    return check_id(id, "attach_opaque_data", err);
}

static vgi_status check_transaction_id(vgi_bytes id, vgi_error *err)
{
    return check_id(id, "transaction_opaque_data", err);
}

vgi_status vgi_storage_attach_put(vgi_storage *storage, const vgi_stored_attachment *attachment, vgi_error *err)
{
    VGI_TRY(check_attach_id(attachment->attach_opaque_data, err));
    VGI_TRY(check_id((vgi_bytes){(const uint8_t *)attachment->catalog_name.data, attachment->catalog_name.size},
                     "a catalog's name", err));
    VGI_TRY(check_value(attachment->options, "options", err));
    return storage->ops->attach_put(storage->self, attachment, err);
}

vgi_status vgi_storage_transaction_put(vgi_storage *storage, const vgi_stored_transaction *transaction, vgi_error *err)
{
    VGI_TRY(check_transaction_id(transaction->transaction_opaque_data, err));
    VGI_TRY(check_attach_id(transaction->attach_opaque_data, err));
    VGI_TRY(check_value(transaction->state, "a state", err));
    return storage->ops->transaction_put(storage->self, transaction, err);
}

vgi_status vgi_storage_attach_delete(vgi_storage *storage, vgi_bytes id, vgi_error *err)
{
    VGI_TRY(check_attach_id(id, err));
    return storage->ops->attach_delete(storage->self, id, err);
}

vgi_status vgi_storage_transaction_delete(vgi_storage *storage, vgi_bytes id, vgi_error *err)
{
    VGI_TRY(check_transaction_id(id, err));
    return storage->ops->transaction_delete(storage->self, id, err);
}

vgi_status vgi_storage_collect(vgi_storage *storage, int64_t max_age_s, int64_t *ret_deleted, vgi_error *err)
{
    *ret_deleted = 0;
    if (max_age_s < 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "an age is 0 (none) or more seconds");
    return storage->ops->collect(storage->self, max_age_s, ret_deleted, err);
}

/* ---- what goes out: one block, the struct first and its bytes behind it ------------------------------------------ */

/* A copy at *at, which moves on; absent stays absent. */
static const void *put_bytes(uint8_t **at, const void *data, size_t size)
{
    uint8_t *copy = *at;

    if (!data)
        return NULL;
    if (size)
        memcpy(copy, data, size);
    *at += size;
    return copy;
}

static vgi_bytes copy_bytes(uint8_t **at, vgi_bytes bytes)
{
    return (vgi_bytes){put_bytes(at, bytes.data, bytes.size), bytes.data ? bytes.size : 0};
}

/* Sizes of what a storage holds are below the limits; what another kind gives may be anything. */
static void *new_block(size_t head, size_t a, size_t b, size_t c)
{
    size_t total;

    return vg_add_size(head, a, &total) && vg_add_size(total, b, &total) && vg_add_size(total, c, &total)
               ? vg_malloc(total)
               : NULL;
}

static vgi_status keep_attachment(void *context, const vgi_stored_attachment *found, vgi_error *err)
{
    vgi_stored_attachment **ret = context, *kept;
    uint8_t *at;

    kept = new_block(sizeof *kept, found->attach_opaque_data.size, found->catalog_name.size, found->options.size);
    if (!kept)
        return no_memory(err);
    at = (uint8_t *)(kept + 1);
    *kept = (vgi_stored_attachment){.owner_pid = found->owner_pid};
    kept->attach_opaque_data = copy_bytes(&at, found->attach_opaque_data);
    kept->catalog_name.data = put_bytes(&at, found->catalog_name.data, found->catalog_name.size);
    kept->catalog_name.size = found->catalog_name.size;
    kept->options = copy_bytes(&at, found->options);
    vg_free(*ret);
    *ret = kept;
    return VGI_OK;
}

static vgi_status keep_transaction(void *context, const vgi_stored_transaction *found, vgi_error *err)
{
    vgi_stored_transaction **ret = context, *kept;
    uint8_t *at;

    kept =
        new_block(sizeof *kept, found->transaction_opaque_data.size, found->attach_opaque_data.size, found->state.size);
    if (!kept)
        return no_memory(err);
    at = (uint8_t *)(kept + 1);
    *kept = (vgi_stored_transaction){.owner_pid = found->owner_pid};
    kept->transaction_opaque_data = copy_bytes(&at, found->transaction_opaque_data);
    kept->attach_opaque_data = copy_bytes(&at, found->attach_opaque_data);
    kept->state = copy_bytes(&at, found->state);
    vg_free(*ret);
    *ret = kept;
    return VGI_OK;
}

vgi_status vgi_storage_attach_get(vgi_storage *storage, vgi_bytes id, vgi_stored_attachment **ret, vgi_error *err)
{
    vgi_status status;

    *ret = NULL;
    VGI_TRY(check_attach_id(id, err));
    status = storage->ops->attach_get(storage->self, id, keep_attachment, ret, err);
    if (status != VGI_OK) {
        vg_free(*ret);
        *ret = NULL;
    }
    return status;
}

vgi_status vgi_storage_transaction_get(vgi_storage *storage, vgi_bytes id, vgi_stored_transaction **ret, vgi_error *err)
{
    vgi_status status;

    *ret = NULL;
    VGI_TRY(check_transaction_id(id, err));
    status = storage->ops->transaction_get(storage->self, id, keep_transaction, ret, err);
    if (status != VGI_OK) {
        vg_free(*ret);
        *ret = NULL;
    }
    return status;
}

/* Ids behind each other, each after its size: made into a list when all are there. */
typedef struct id_list {
    uint8_t *bytes;
    size_t size, capacity, count;
} id_list;

static vgi_status keep_id(void *context, const vgi_stored_attachment *found, vgi_error *err)
{
    id_list *list = context;
    size_t size = found->attach_opaque_data.size, need;

    if (!vg_add_size(list->size, sizeof size, &need) || !vg_add_size(need, size, &need))
        return no_memory(err);
    if (need > list->capacity) {
        size_t capacity = need + need / 2;
        uint8_t *bytes = vg_realloc(list->bytes, capacity);

        if (!bytes)
            return no_memory(err);
        list->bytes = bytes;
        list->capacity = capacity;
    }
    memcpy(list->bytes + list->size, &size, sizeof size);
    if (size)
        memcpy(list->bytes + list->size + sizeof size, found->attach_opaque_data.data, size);
    list->size = need;
    list->count++;
    return VGI_OK;
}

static vgi_status make_list(const id_list *list, vgi_bytes **ret, vgi_error *err)
{
    vgi_bytes *ids;
    uint8_t *at;
    size_t from = 0, head;

    ids = vg_mul_size(list->count, sizeof *ids, &head) ? new_block(head, list->size, 0, 0) : NULL;
    if (!ids)
        return no_memory(err);
    at = (uint8_t *)(ids + list->count);
    for (size_t i = 0; i < list->count; i++) {
        size_t size;

        memcpy(&size, list->bytes + from, sizeof size);
        ids[i] = copy_bytes(&at, (vgi_bytes){list->bytes + from + sizeof size, size});
        from += sizeof size + size;
    }
    *ret = ids;
    return VGI_OK;
}

vgi_status vgi_storage_attach_list(vgi_storage *storage, vgi_bytes **ret, size_t *ret_count, vgi_error *err)
{
    id_list list = {0};
    vgi_status status;

    *ret = NULL;
    *ret_count = 0;
    status = storage->ops->attach_list(storage->self, keep_id, &list, err);
    if (status == VGI_OK)
        status = make_list(&list, ret, err);
    if (status == VGI_OK)
        *ret_count = list.count;
    vg_free(list.bytes);
    return status;
}
