/* Envelopes around opaque data, with libsodium. See seal.h. */
#include "seal/seal.h"

#include <sodium.h>
#include <string.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
_Static_assert(VG_SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key of the construction");
_Static_assert(VG_SEAL_OVERHEAD == 1 + NONCE_BYTES + TAG_BYTES, "version, nonce, tag");

/* One kind of value: its name, the first byte of its envelopes, and what its associated data begins with. */
typedef struct kind {
    const char *name;
    uint8_t version;
    uint8_t prefix_size;
    const char *prefix; /* the NUL behind it belongs to it */
} kind;

#define PREFIX(text) sizeof(text), (text)
static const kind KINDS[] = {
    [VGI_SEALED_ATTACHMENT] = {"attach_opaque_data", 2, PREFIX("vgi.attach_opaque_data.v1")},
    [VGI_SEALED_TRANSACTION] = {"transaction_opaque_data", 2, PREFIX("vgi.transaction_opaque_data.v1")},
    [VGI_SEALED_SPLIT] = {"split token", 1, 0, ""}, /* begins with its header */
};
#undef PREFIX

static vgi_status no_memory(const kind *k, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for %s", k->name);
}

static vgi_status not_recognized(const kind *k, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_VALUE, "%s not recognized", k->name);
}

/* NUL stands between the parts of the associated data: inside of a part it would let two callers look alike. */
static bool is_clear(const vgi_caller *caller)
{
    return !caller->is_authenticated ||
           ((caller->domain.size == 0 || !memchr(caller->domain.data, 0, caller->domain.size)) &&
            (caller->principal.size == 0 || !memchr(caller->principal.data, 0, caller->principal.size)));
}

static bool add_caller(vg_buf *aad, const vgi_caller *caller)
{
    if (!caller->is_authenticated)
        return vg_buf_append(aad, "\0anonymous", 10);
    return vg_buf_append(aad, "\1", 1) && vg_buf_append(aad, caller->domain.data, caller->domain.size) &&
           vg_buf_append(aad, "", 1) && vg_buf_append(aad, caller->principal.data, caller->principal.size);
}

static bool make_aad(const kind *k, const vgi_seal_scope *scope, vg_buf *aad)
{
    bool is_split = scope->kind == VGI_SEALED_SPLIT, is_transaction = scope->kind == VGI_SEALED_TRANSACTION;

    return vg_buf_append(aad, k->prefix, k->prefix_size) &&
           (!is_split || vg_buf_append(aad, scope->bound.data, scope->bound.size)) && add_caller(aad, &scope->caller) &&
           (!is_transaction || (vg_buf_append(aad, "", 1) && vg_buf_append(aad, scope->bound.data, scope->bound.size)));
}

vgi_status vg_seal(const vg_seal_keys *keys, const vgi_seal_scope *scope, vgi_bytes value, vg_buf *ret, vgi_error *err)
{
    const kind *k = &KINDS[scope->kind];
    vg_buf aad = {0};
    vgi_status status = VGI_OK;

    ret->size = 0;
    if (!is_clear(&scope->caller))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s cannot be sealed for a caller with a NUL byte in its name",
                             k->name);
    if (value.size > VG_SEAL_MAX_BYTES)
        return vgi_error_set(err, VGI_ERR_LIMIT, "%s of %zu bytes: at most %d can be sealed", k->name, value.size,
                             VG_SEAL_MAX_BYTES);
    if (!make_aad(k, scope, &aad) || !vg_buf_reserve(ret, value.size + VG_SEAL_OVERHEAD))
        status = no_memory(k, err);
    else {
        uint8_t *nonce = ret->data + 1;

        ret->data[0] = k->version;
        randombytes_buf(nonce, NONCE_BYTES);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, value.data, value.size, aad.data,
                                                         aad.size, NULL, nonce, keys->bytes[0]);
        ret->size = value.size + VG_SEAL_OVERHEAD;
    }
    vg_buf_done(&aad);
    return status;
}

vgi_status vg_unseal(const vg_seal_keys *keys, const vgi_seal_scope *scope, vgi_bytes envelope, vg_buf *ret,
                     vgi_error *err)
{
    const kind *k = &KINDS[scope->kind];
    vg_buf aad = {0};
    vgi_status status = VGI_OK;
    bool is_open = false;

    ret->size = 0;
    if (!envelope.data || envelope.size < VG_SEAL_OVERHEAD ||
        envelope.size > (size_t)VG_SEAL_MAX_BYTES + VG_SEAL_OVERHEAD || envelope.data[0] != k->version ||
        !is_clear(&scope->caller))
        return not_recognized(k, err);
    if (!make_aad(k, scope, &aad) || !vg_buf_reserve(ret, envelope.size))
        status = no_memory(k, err);
    for (size_t i = 0; status == VGI_OK && i < keys->count && !is_open; i++) {
        const uint8_t *nonce = envelope.data + 1;

        is_open = crypto_aead_xchacha20poly1305_ietf_decrypt(ret->data, NULL, NULL, nonce + NONCE_BYTES,
                                                             envelope.size - 1 - NONCE_BYTES, aad.data, aad.size, nonce,
                                                             keys->bytes[i]) == 0;
    }
    vg_buf_done(&aad);
    if (status != VGI_OK)
        return status;
    if (!is_open)
        return not_recognized(k, err);
    ret->size = envelope.size - VG_SEAL_OVERHEAD;
    return VGI_OK;
}
