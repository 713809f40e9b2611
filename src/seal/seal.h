/* Sealing of what a worker hands to callers and gets back from them (vgi.md §3 "AEAD sealing"): attach_opaque_data and
 * transaction_opaque_data. A sealed value cannot be read, changed, or used by another caller than the one it was made
 * for; one of a transaction not under another attachment either.
 *
 * An envelope is version 2, a random nonce of 24 bytes, and XChaCha20-Poly1305 over the value with the caller's
 * identity as associated data: what the reference SDK makes and opens, so that both may serve one fleet. */
#ifndef VG_SEAL_SEAL_H
#define VG_SEAL_SEAL_H

#include <vgi/type.h>

#include "base/buf.h"

enum {
    VG_SEAL_KEY_BYTES = 32,
    VG_SEAL_MAX_KEYS = 2,
    VG_SEAL_OVERHEAD = 1 + 24 + 16, /* an envelope is longer than its value by this, always */
    VG_SEAL_MAX_BYTES = 64 << 20,   /* of a value */
};

/* The first key seals, any of them opens (seal/keys.h). Constant while in use: any number of threads may share it. */
typedef struct vg_seal_keys {
    uint8_t bytes[VG_SEAL_MAX_KEYS][VG_SEAL_KEY_BYTES];
    size_t count;
} vg_seal_keys;

/* Who called; zeroed: nobody in particular. */
typedef struct vg_seal_identity {
    bool is_authenticated;
    vgi_string domain;
    vgi_string principal;
} vg_seal_identity;

/* The envelope of a value; replaces what `ret` held. `attach_envelope` is the attach_opaque_data that the caller has
 * sent with the call. VGI_ERR_VALUE: an identity with a NUL byte in it, which could be taken for another one. */
vgi_status vg_seal_attach(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes value, vg_buf *ret,
                          vgi_error *err) VGI_MUST_USE;
vgi_status vg_seal_transaction(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes attach_envelope,
                               vgi_bytes value, vg_buf *ret, vgi_error *err) VGI_MUST_USE;

/* The value of an envelope. Whatever is wrong with it, forged, cut, of another caller, of another attachment, of a key
 * that is no more, the failure is the same VGI_ERR_VALUE, "attach_opaque_data not recognized" (or
 * "transaction_opaque_data ..."), and `ret` is empty. */
vgi_status vg_unseal_attach(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes envelope, vg_buf *ret,
                            vgi_error *err) VGI_MUST_USE;
vgi_status vg_unseal_transaction(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes attach_envelope,
                                 vgi_bytes envelope, vg_buf *ret, vgi_error *err) VGI_MUST_USE;

#endif
