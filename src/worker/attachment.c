/* The identity of an attachment, as bytes that its caller holds and as callbacks see it (worker.h; vgi.md §3).
 * vg_call_catalog is how every handler learns whose catalog is meant. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "worker/catalog_rows.h"
#include "worker/worker.h"

enum { VERSION = 2, NAME_SIZE_AT = 1 + VG_ATTACHMENT_ID_BYTES, NAME_AT = NAME_SIZE_AT + 2, NAME_MAX_BYTES = 0xffff };

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

vgi_status vg_attachment_finish(vgi_call *call, vgi_bytes data, vgi_bytes *ret)
{
    const vg_attachment *attachment = call->attachment;
    vgi_string name = attachment->catalog->name;
    uint8_t *wire;

    if (name.size > NAME_MAX_BYTES)
        return vgi_fail(call, VGI_ERR_LIMIT, "the catalog's name has more than %d bytes", NAME_MAX_BYTES);
    if (data.size > SIZE_MAX - NAME_AT - NAME_MAX_BYTES)
        return vg_call_out_of_memory(call);
    wire = vg_arena_alloc(call->arena, NAME_AT + name.size + data.size);
    if (!wire)
        return vg_call_out_of_memory(call);
    wire[0] = VERSION;
    memcpy(wire + 1, attachment->id.data, VG_ATTACHMENT_ID_BYTES);
    wire[NAME_SIZE_AT] = (uint8_t)(name.size & 0xff);
    wire[NAME_SIZE_AT + 1] = (uint8_t)(name.size >> 8);
    memcpy(wire + NAME_AT, name.data, name.size);
    if (data.size > 0)
        memcpy(wire + NAME_AT + name.size, data.data, data.size);
    *ret = (vgi_bytes){wire, NAME_AT + name.size + data.size};
    return VGI_OK;
}

/* ---- read -------------------------------------------------------------------------------------------------------- */

/* False where the bytes are none that a worker with these catalogs gave. */
static bool parse(const vg_registry *registry, vgi_bytes wire, vg_attachment *ret)
{
    size_t size;
    vgi_string name;

    if (wire.size == 0 && registry->n_catalogs == 1) {
        ret->catalog = &registry->catalogs[0];
        return true;
    }
    if (wire.size < NAME_AT || wire.data[0] != VERSION)
        return false;
    size = (size_t)wire.data[NAME_SIZE_AT] | (size_t)wire.data[NAME_SIZE_AT + 1] << 8;
    if (size > wire.size - NAME_AT)
        return false;
    name = (vgi_string){(const char *)wire.data + NAME_AT, size};
    ret->wire = wire;
    ret->id = (vgi_bytes){wire.data + 1, VG_ATTACHMENT_ID_BYTES};
    ret->data = (vgi_bytes){wire.data + NAME_AT + size, wire.size - NAME_AT - size};
    ret->catalog = vg_registry_catalog(registry, name);
    return ret->catalog && vgi_string_equal(ret->catalog->name, name);
}

vgi_status vg_call_catalog(vgi_call *call, vgi_bytes attach_opaque_data, const vg_catalog_entry **ret)
{
    vg_attachment *attachment = VG_NEW(call->arena, vg_attachment);
    const vg_registry *registry;

    VGI_TRY(vg_call_registry(call, &registry));
    if (!attachment)
        return vg_call_out_of_memory(call);
    if (!parse(registry, attach_opaque_data, attachment))
        return vgi_fail(call, VGI_ERR_VALUE, "attach_opaque_data not recognized");
    call->attachment = attachment;
    *ret = attachment->catalog;
    return VGI_OK;
}

void vg_call_set_transaction(vgi_call *call, vgi_bytes transaction_opaque_data)
{
    call->attachment->transaction_opaque_data = transaction_opaque_data;
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
