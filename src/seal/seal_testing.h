/* The kinds of values one by one, for tests: what vg_seal and vg_unseal do under each scope. */
#ifndef VG_SEAL_TESTING_H
#define VG_SEAL_TESTING_H

#include "seal/keys.h"

static inline vgi_status seal_attach(const vg_seal_keys *keys, const vgi_caller *caller, vgi_bytes value, vg_buf *ret,
                                     vgi_error *err)
{
    return vg_seal(keys, &(vgi_seal_scope){VGI_SEALED_ATTACHMENT, *caller, {0}}, value, ret, err);
}

static inline vgi_status unseal_attach(const vg_seal_keys *keys, const vgi_caller *caller, vgi_bytes envelope,
                                       vg_buf *ret, vgi_error *err)
{
    return vg_unseal(keys, &(vgi_seal_scope){VGI_SEALED_ATTACHMENT, *caller, {0}}, envelope, ret, err);
}

static inline vgi_status seal_transaction(const vg_seal_keys *keys, const vgi_caller *caller, vgi_bytes attach,
                                          vgi_bytes value, vg_buf *ret, vgi_error *err)
{
    return vg_seal(keys, &(vgi_seal_scope){VGI_SEALED_TRANSACTION, *caller, attach}, value, ret, err);
}

static inline vgi_status unseal_transaction(const vg_seal_keys *keys, const vgi_caller *caller, vgi_bytes attach,
                                            vgi_bytes envelope, vg_buf *ret, vgi_error *err)
{
    return vg_unseal(keys, &(vgi_seal_scope){VGI_SEALED_TRANSACTION, *caller, attach}, envelope, ret, err);
}

#endif
