/* Sealing of what a worker hands to callers and gets back from them (vgi.md §3 "AEAD sealing", §11):
 * attach_opaque_data, transaction_opaque_data, what a split's token holds. A sealed value cannot be read, changed, or
 * used by another caller than the one it was made for; one of a transaction not under another attachment either.
 *
 * An envelope is a version, a random nonce of 24 bytes, and XChaCha20-Poly1305 over the value with the caller's
 * identity as associated data: what the reference SDK makes and opens, so that both may serve one fleet. */
#ifndef VG_SEAL_SEAL_H
#define VG_SEAL_SEAL_H

#include <vgi/sys/seal.h>

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

/* The envelope of a value; replaces what `ret` held. VGI_ERR_VALUE: a caller with a NUL byte in its name, who could be
 * taken for another one. */
vgi_status vg_seal(const vg_seal_keys *keys, const vgi_seal_scope *scope, vgi_bytes value, vg_buf *ret,
                   vgi_error *err) VGI_MUST_USE;

/* The value of an envelope. Whatever is wrong with it, forged, cut, of another caller, of another attachment, of a key
 * that is no more, the failure is the same VGI_ERR_VALUE, "attach_opaque_data not recognized" (or
 * "transaction_opaque_data ..."), and `ret` is empty. */
vgi_status vg_unseal(const vg_seal_keys *keys, const vgi_seal_scope *scope, vgi_bytes envelope, vg_buf *ret,
                     vgi_error *err) VGI_MUST_USE;

#endif
