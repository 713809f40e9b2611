/* The identity of an attachment, as bytes that its caller holds and as callbacks see it (worker.h; vgi.md §3).
 * vg_call_catalog is how every handler learns whose catalog is meant. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "worker/catalog_rows.h"
#include "worker/worker.h"

enum { VERSION = 3, TEXTS_AT = 1 + VG_ATTACHMENT_ID_BYTES, SIZE_BYTES = 2, TEXT_MAX_BYTES = 0xffff };

/* ---- made -------------------------------------------------------------------------------------------------------- */

vgi_status vg_attachment_begin(vgi_call *call, const vg_catalog_entry *catalog)
{
    vg_attachment *attachment = VG_NEW(call->arena, vg_attachment);
    uint8_t *id = vg_arena_alloc(call->arena, VG_ATTACHMENT_ID_BYTES);
    size_t filled = 0;

    if (!attachment || !id)
        return vg_call_out_of_memory(call);
    while (filled < VG_ATTACHMENT_ID_BYTES) {
        ssize_t n = getrandom(id + filled, VG_ATTACHMENT_ID_BYTES - filled, 0);

        if (n < 0 && errno != EINTR)
            return vgi_fail(call, VGI_ERR_IO, "no random bytes from the kernel: %s", strerror(errno));
        filled += n < 0 ? 0 : (size_t)n;
    }
    *attachment = (vg_attachment){.catalog = catalog, .id = {id, VG_ATTACHMENT_ID_BYTES}};
    call->attachment = attachment;
    return VGI_OK;
}

void vg_attachment_resolve(vgi_call *call, vgi_string data_version)
{
    call->attachment->data_version = data_version;
}

/* A text behind its size. */
static uint8_t *put(uint8_t *at, vgi_string text)
{
    *at++ = (uint8_t)(text.size & 0xff);
    *at++ = (uint8_t)(text.size >> 8);
    if (text.size > 0)
        memcpy(at, text.data, text.size);
    return at + text.size;
}

vgi_status vg_attachment_finish(vgi_call *call, vgi_string data_version, vgi_bytes data, vgi_bytes *ret)
{
    const vg_attachment *attachment = call->attachment;
    vgi_string name = attachment->catalog->name;
    size_t size = TEXTS_AT + 2 * SIZE_BYTES + name.size + data_version.size;
    vgi_bytes none = {0};
    uint8_t *wire, *at;

    if (name.size > TEXT_MAX_BYTES || data_version.size > TEXT_MAX_BYTES)
        return vgi_fail(call, VGI_ERR_LIMIT, "the %s has more than %d bytes",
                        name.size > TEXT_MAX_BYTES ? "catalog's name" : "data version", TEXT_MAX_BYTES);
    if (data.size > SIZE_MAX - size)
        return vg_call_out_of_memory(call);
    wire = vg_arena_alloc(call->arena, size + data.size);
    if (!wire)
        return vg_call_out_of_memory(call);
    wire[0] = VERSION;
    memcpy(wire + 1, attachment->id.data, VG_ATTACHMENT_ID_BYTES);
    at = put(put(wire + TEXTS_AT, name), data_version);
    if (data.size > 0)
        memcpy(at, data.data, data.size);
    return vg_call_seal(call, VGI_SEALED_ATTACHMENT, none, (vgi_bytes){wire, size + data.size}, ret);
}

vgi_status vg_transaction_finish(vgi_call *call, vgi_bytes *transaction_opaque_data)
{
    vgi_bytes plain = *transaction_opaque_data;

    if (!plain.data)
        return VGI_OK;
    return vg_call_seal(call, VGI_SEALED_TRANSACTION, call->attachment->wire, plain, transaction_opaque_data);
}

/* ---- read -------------------------------------------------------------------------------------------------------- */

/* The text behind its size at the beginning of `rest`, which is moved on. */
static bool take(vgi_bytes *rest, vgi_string *ret)
{
    size_t size;

    if (rest->size < SIZE_BYTES)
        return false;
    size = (size_t)rest->data[0] | (size_t)rest->data[1] << 8;
    if (size > rest->size - SIZE_BYTES)
        return false;
    *ret = (vgi_string){(const char *)rest->data + SIZE_BYTES, size};
    *rest = (vgi_bytes){rest->data + SIZE_BYTES + size, rest->size - SIZE_BYTES - size};
    return true;
}

/* False where the bytes are none that a worker with these catalogs gave. */
static bool parse(const vg_registry *registry, vgi_bytes plain, vg_attachment *ret)
{
    vgi_string name;

    if (plain.size == 0 && registry->n_catalogs == 1) {
        ret->catalog = &registry->catalogs[0];
        return true;
    }
    if (plain.size < TEXTS_AT || plain.data[0] != VERSION)
        return false;
    ret->id = (vgi_bytes){plain.data + 1, VG_ATTACHMENT_ID_BYTES};
    ret->data = (vgi_bytes){plain.data + TEXTS_AT, plain.size - TEXTS_AT};
    if (!take(&ret->data, &name) || !take(&ret->data, &ret->data_version))
        return false;
    if (ret->data_version.size == 0)
        ret->data_version.data = NULL;
    ret->catalog = vg_registry_catalog(registry, name);
    return ret->catalog && vgi_string_equal(ret->catalog->name, name);
}

/* The bytes as they were made. A handler may ask for what was opened before it was called. */
static vgi_status open_once(vgi_call *call, vgi_bytes wire, vg_attachment *ret)
{
    const vg_attachment *before = call->attachment;
    vgi_bytes none = {0};

    ret->wire = wire;
    if (before && before->wire.data == wire.data && before->wire.size == wire.size) {
        ret->plain = before->plain;
        ret->transaction_opaque_data = before->transaction_opaque_data;
        return VGI_OK;
    }
    return wire.size == 0 ? VGI_OK : vg_call_unseal(call, VGI_SEALED_ATTACHMENT, none, wire, &ret->plain);
}

/* Absent data never was an attachment. Where nobody can make one that a worker takes, nobody gets by without. */
static bool may_be_absent(const vgi_call *call, const vg_catalog_entry *catalog)
{
    const vgi_catalog_ops *ops = catalog->descriptor->ops;

    return !vg_call_seals(call) || !ops || !ops->attach;
}

vgi_status vg_call_catalog(vgi_call *call, vgi_bytes attach_opaque_data, const vg_catalog_entry **ret)
{
    vg_attachment *attachment = VG_NEW(call->arena, vg_attachment);
    const vg_registry *registry;
    vgi_status status;

    VGI_TRY(vg_call_registry(call, &registry));
    if (!attachment)
        return vg_call_out_of_memory(call);
    call->subject.attach_opaque_data = attach_opaque_data;
    status = open_once(call, attach_opaque_data, attachment);
    if (status != VGI_OK && status != VGI_ERR_VALUE)
        return status;
    if (status != VGI_OK || !parse(registry, attachment->plain, attachment) ||
        (attachment->plain.size == 0 && !may_be_absent(call, attachment->catalog)))
        return vgi_fail(call, VGI_ERR_VALUE, "attach_opaque_data not recognized");
    call->attachment = attachment;
    call->subject.catalog = attachment->catalog->name;
    *ret = attachment->catalog;
    return VGI_OK;
}

vgi_status vg_call_set_transaction(vgi_call *call, vgi_bytes transaction_opaque_data)
{
    vg_attachment *attachment = call->attachment;
    vgi_bytes plain = {0};
    vgi_status status = VGI_OK;

    if (transaction_opaque_data.data)
        status = vg_call_unseal(call, VGI_SEALED_TRANSACTION, attachment->wire, transaction_opaque_data, &plain);
    if (status == VGI_ERR_VALUE)
        return vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
    attachment->transaction_opaque_data = plain;
    call->subject.transaction_opaque_data = transaction_opaque_data;
    return status;
}

/* ---- asked by callbacks ------------------------------------------------------------------------------------------ */

vgi_bytes vgi_call_attach_opaque_data(const vgi_call *call)
{
    return call->attachment ? call->attachment->data : (vgi_bytes){0};
}

vgi_bytes vgi_call_attachment_id(const vgi_call *call)
{
    return call->attachment ? call->attachment->id : (vgi_bytes){0};
}

vgi_bytes vgi_call_transaction_opaque_data(const vgi_call *call)
{
    return call->attachment ? call->attachment->transaction_opaque_data : (vgi_bytes){0};
}

vgi_string vgi_call_data_version(const vgi_call *call)
{
    return call->attachment ? call->attachment->data_version : (vgi_string){0};
}
