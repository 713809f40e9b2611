/* What seals the values that a worker hands to its callers and gets back from them (vgi.md §3 "AEAD sealing", §11):
 * vgi_worker_options.seal. vgi/seal.h has the one that libvgi brings, on libsodium, in a part of its own; this is for
 * another one, such as a key store that never shows its keys.
 *
 * Extension points are stable per minor version only. */
#ifndef VGI_SYS_SEAL_H
#define VGI_SYS_SEAL_H

#include <vgi/type.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who called, as the transport knows; zeroed: nobody in particular. */
typedef struct vgi_caller {
    bool is_authenticated;
    vgi_string domain;
    vgi_string principal;
} vgi_caller;

typedef enum vgi_sealed_kind { VGI_SEALED_ATTACHMENT, VGI_SEALED_TRANSACTION, VGI_SEALED_SPLIT } vgi_sealed_kind;

/* What a value is sealed for: it opens under the same scope only. */
typedef struct vgi_seal_scope {
    vgi_sealed_kind kind;
    vgi_caller caller;
    vgi_bytes bound; /* of a transaction the attach_opaque_data that the caller holds, of a split the token's header */
} vgi_seal_scope;

/* All members are there. Several threads seal and open at once. */
typedef struct vgi_seal {
    /* When a worker is made. VGI_END: nothing is to be sealed, and sealed values are refused. A failure ends the
     * worker before it serves. */
    vgi_status (*start)(void **ret_keys, vgi_error *err);
    void (*stop)(void *keys);
    size_t overhead; /* an envelope is longer than its value by this, always */
    /* Writes value.size + overhead bytes. */
    vgi_status (*seal)(const void *keys, const vgi_seal_scope *scope, vgi_bytes value, uint8_t *ret, vgi_error *err);
    /* Writes envelope.size - overhead bytes; is not asked to open less than `overhead`. VGI_ERR_VALUE: whatever is
     * wrong with the envelope; the caller is told one sentence of libvgi's. */
    vgi_status (*open)(const void *keys, const vgi_seal_scope *scope, vgi_bytes envelope, uint8_t *ret, vgi_error *err);
} vgi_seal;

#ifdef __cplusplus
}
#endif
#endif
