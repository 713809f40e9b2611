/* Envelopes around opaque data, with libsodium. See seal.h. */
#include "seal/seal.h"

#include <sodium.h>
#include <string.h>

enum {
    VERSION = 2,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
_Static_assert(VG_SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key of the construction");
_Static_assert(VG_SEAL_OVERHEAD == 1 + NONCE_BYTES + TAG_BYTES, "version, nonce, tag");

/* One kind of value: its name, and what its associated data begins with (the NUL behind it belongs to it). */
typedef struct kind {
    const char *name;
    const char *prefix;
} kind;

static const kind ATTACH = {"attach_opaque_data", "vgi.attach_opaque_data.v1"};
static const kind TRANSACTION = {"transaction_opaque_data", "vgi.transaction_opaque_data.v1"};

static vgi_status no_memory(const kind *k, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for %s", k->name);
}

static vgi_status not_recognized(const kind *k, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_VALUE, "%s not recognized", k->name);
}

/* NUL stands between the parts of the associated data: inside of a part it would let two identities look alike. */
static bool is_clear(const vg_seal_identity *identity)
{
    return !identity->is_authenticated ||
           ((identity->domain.size == 0 || !memchr(identity->domain.data, 0, identity->domain.size)) &&
            (identity->principal.size == 0 || !memchr(identity->principal.data, 0, identity->principal.size)));
}

static bool add_identity(vg_buf *aad, const vg_seal_identity *identity)
{
    if (!identity->is_authenticated)
        return vg_buf_append(aad, "\0anonymous", 10);
    return vg_buf_append(aad, "\1", 1) && vg_buf_append(aad, identity->domain.data, identity->domain.size) &&
           vg_buf_append(aad, "", 1) && vg_buf_append(aad, identity->principal.data, identity->principal.size);
}

/* `attach_envelope` is NULL for an attachment. */
static bool make_aad(const kind *k, const vg_seal_identity *identity, const vgi_bytes *attach_envelope, vg_buf *aad)
{
    return vg_buf_append(aad, k->prefix, strlen(k->prefix) + 1) && add_identity(aad, identity) &&
           (!attach_envelope ||
            (vg_buf_append(aad, "", 1) && vg_buf_append(aad, attach_envelope->data, attach_envelope->size)));
}

static vgi_status seal(const kind *k, const vg_seal_keys *keys, const vg_seal_identity *identity,
                       const vgi_bytes *attach_envelope, vgi_bytes value, vg_buf *ret, vgi_error *err)
{
    vg_buf aad = {0};
    vgi_status status = VGI_OK;

    ret->size = 0;
    if (!is_clear(identity))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s cannot be sealed for a caller with a NUL byte in its name",
                             k->name);
    if (value.size > VG_SEAL_MAX_BYTES)
        return vgi_error_set(err, VGI_ERR_LIMIT, "%s of %zu bytes: at most %d can be sealed", k->name, value.size,
                             VG_SEAL_MAX_BYTES);
    if (!make_aad(k, identity, attach_envelope, &aad) || !vg_buf_reserve(ret, value.size + VG_SEAL_OVERHEAD))
        status = no_memory(k, err);
    else {
        uint8_t *nonce = ret->data + 1;

        ret->data[0] = VERSION;
        randombytes_buf(nonce, NONCE_BYTES);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, value.data, value.size, aad.data,
                                                         aad.size, NULL, nonce, keys->bytes[0]);
        ret->size = value.size + VG_SEAL_OVERHEAD;
    }
    vg_buf_done(&aad);
    return status;
}

static vgi_status unseal(const kind *k, const vg_seal_keys *keys, const vg_seal_identity *identity,
                         const vgi_bytes *attach_envelope, vgi_bytes envelope, vg_buf *ret, vgi_error *err)
{
    vg_buf aad = {0};
    vgi_status status = VGI_OK;
    bool is_open = false;

    ret->size = 0;
    if (!envelope.data || envelope.size < VG_SEAL_OVERHEAD ||
        envelope.size > (size_t)VG_SEAL_MAX_BYTES + VG_SEAL_OVERHEAD || envelope.data[0] != VERSION ||
        !is_clear(identity))
        return not_recognized(k, err);
    if (!make_aad(k, identity, attach_envelope, &aad) || !vg_buf_reserve(ret, envelope.size))
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

vgi_status vg_seal_attach(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes value, vg_buf *ret,
                          vgi_error *err)
{
    return seal(&ATTACH, keys, identity, NULL, value, ret, err);
}

vgi_status vg_seal_transaction(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes attach_envelope,
                               vgi_bytes value, vg_buf *ret, vgi_error *err)
{
    return seal(&TRANSACTION, keys, identity, &attach_envelope, value, ret, err);
}

vgi_status vg_unseal_attach(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes envelope, vg_buf *ret,
                            vgi_error *err)
{
    return unseal(&ATTACH, keys, identity, NULL, envelope, ret, err);
}

vgi_status vg_unseal_transaction(const vg_seal_keys *keys, const vg_seal_identity *identity, vgi_bytes attach_envelope,
                                 vgi_bytes envelope, vg_buf *ret, vgi_error *err)
{
    return unseal(&TRANSACTION, keys, identity, &attach_envelope, envelope, ret, err);
}
