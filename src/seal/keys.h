/* Where the keys of seal.h come from (docs/sealing.md). */
#ifndef VG_SEAL_KEYS_H
#define VG_SEAL_KEYS_H

#include "seal/seal.h"

enum {
    VG_SEAL_MIN_KEY_TEXT = 16, /* bytes of a key as it is written */
    VG_SEAL_MAX_KEY_TEXT = 1024,
};

/* The keys of this process, the first of these that there are:
 *
 *   VGI_SIGNING_KEY, and VGI_SIGNING_KEY_PREVIOUS behind it   for a fleet; what the reference SDK reads, too
 * the file that VGI_SIGNING_KEY_FILE names                   the same, one key a line, the second one for opening only
 *   signing.key in the user's state directory                  made when it is not there; of many who make it, one wins
 *
 * VGI_ERR_PERMISSION: a file that others may read. VGI_ERR_VALUE: a key that is too short, too many of them. A key is
 * never part of a message. */
vgi_status vg_seal_keys_load(vg_seal_keys *ret, vgi_error *err) VGI_MUST_USE;

/* The same without the last of them: VGI_END where the environment names no key. */
vgi_status vg_seal_keys_load_named(vg_seal_keys *ret, vgi_error *err) VGI_MUST_USE;

/* Adds a key as it is written: 32 bytes are the key, anything else is hashed to one (SHA-256). `where` is for messages.
 * */
vgi_status vg_seal_keys_add(vg_seal_keys *keys, vgi_string text, const char *where, vgi_error *err) VGI_MUST_USE;

/* Wipes them. */
void vg_seal_keys_done(vg_seal_keys *keys);

#endif
