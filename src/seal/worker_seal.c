/* What vgi_worker_options.seal points to (vgi/seal.h): the keys of keys.h and the envelopes of seal.h behind the core's
 * hook (vgi/sys/seal.h). */
#include <vgi/seal.h>

#include <string.h>

#include "base/alloc.h"
#include "seal/keys.h"

static vgi_status start(void **ret, vgi_status (*load)(vg_seal_keys *, vgi_error *), vgi_error *err)
{
    vg_seal_keys *keys = vg_malloc(sizeof *keys);
    vgi_status status;

    if (!keys)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for signing keys");
    status = load(keys, err);
    if (status == VGI_OK)
        *ret = keys;
    else
        vg_free(keys);
    return status;
}

static vgi_status start_where_keyed(void **ret, vgi_error *err)
{
    return start(ret, vg_seal_keys_load_named, err);
}

static vgi_status start_always(void **ret, vgi_error *err)
{
    return start(ret, vg_seal_keys_load, err);
}

static void stop(void *keys)
{
    vg_seal_keys_done(keys);
    vg_free(keys);
}

/* What was made in `made`, where the hook wants it. */
static vgi_status hand_over(vgi_status status, vg_buf *made, uint8_t *ret)
{
    if (status == VGI_OK && made->size > 0)
        memcpy(ret, made->data, made->size);
    vg_buf_done(made);
    return status;
}

static vgi_status seal(const void *keys, const vgi_seal_scope *scope, vgi_bytes value, uint8_t *ret, vgi_error *err)
{
    vg_buf made = {0};

    return hand_over(vg_seal(keys, scope, value, &made, err), &made, ret);
}

static vgi_status unseal(const void *keys, const vgi_seal_scope *scope, vgi_bytes envelope, uint8_t *ret,
                         vgi_error *err)
{
    vg_buf made = {0};

    return hand_over(vg_unseal(keys, scope, envelope, &made, err), &made, ret);
}

const vgi_seal vgi_seal_where_keyed = {start_where_keyed, stop, VG_SEAL_OVERHEAD, seal, unseal};
const vgi_seal vgi_seal_always = {start_always, stop, VG_SEAL_OVERHEAD, seal, unseal};
