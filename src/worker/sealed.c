/* Envelopes around what callers hold, where the worker's options say how they are made (vgi/sys/seal.h; vgi.md §3
 * "AEAD sealing"). attachment.c and plan.c are the only ones who make and open values; the core itself knows no
 * cipher. */
#include "worker/catalog_rows.h"
#include "worker/worker.h"

bool vg_call_seals(const vgi_call *call)
{
    return vg_call_sealer(call)->with;
}

static vgi_seal_scope scope_of(const vgi_call *call, vgi_sealed_kind kind, vgi_bytes bound)
{
    return (vgi_seal_scope){.kind = kind, .caller = call->caller, .bound = bound};
}

vgi_status vg_call_seal(vgi_call *call, vgi_sealed_kind kind, vgi_bytes bound, vgi_bytes value, vgi_bytes *ret)
{
    const vg_sealer *sealer = vg_call_sealer(call);
    vgi_seal_scope scope = scope_of(call, kind, bound);
    uint8_t *envelope;

    *ret = value;
    if (!sealer->with)
        return VGI_OK;
    if (value.size > SIZE_MAX - sealer->with->overhead)
        return vg_call_out_of_memory(call);
    envelope = vg_arena_alloc(call->arena, value.size + sealer->with->overhead);
    if (!envelope)
        return vg_call_out_of_memory(call);
    *ret = (vgi_bytes){envelope, value.size + sealer->with->overhead};
    return sealer->with->seal(sealer->keys, &scope, value, envelope, &call->error);
}

vgi_status vg_call_unseal(vgi_call *call, vgi_sealed_kind kind, vgi_bytes bound, vgi_bytes envelope, vgi_bytes *ret)
{
    const vg_sealer *sealer = vg_call_sealer(call);
    vgi_seal_scope scope = scope_of(call, kind, bound);
    vgi_error err = {0};
    vgi_status status;
    uint8_t *value;

    *ret = envelope;
    if (!sealer->with)
        return VGI_OK;
    *ret = (vgi_bytes){0};
    if (envelope.size < sealer->with->overhead)
        return VGI_ERR_VALUE;
    value = vg_arena_alloc(call->arena, envelope.size - sealer->with->overhead + 1); /* none of no bytes is absent */
    if (!value)
        return vg_call_out_of_memory(call);
    status = sealer->with->open(sealer->keys, &scope, envelope, value, &err);
    if (status == VGI_OK)
        *ret = (vgi_bytes){value, envelope.size - sealer->with->overhead};
    return status == VGI_OK || status == VGI_ERR_VALUE ? status : vgi_fail(call, status, "%s", err.message);
}
