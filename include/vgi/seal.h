/* Sealing of what a worker's callers hold: attach_opaque_data, transaction_opaque_data, the tokens of splits. A sealed
 * value cannot be read or changed, and is refused from another caller (docs/sealing.md). A part of its own, which is
 * linked by those who seal: `pkg-config --libs vgi-seal`, `vgi::seal`.
 *
 *   const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&SHOP), .seal = &vgi_seal_where_keyed};
 */
#ifndef VGI_SEAL_H
#define VGI_SEAL_H

#include <vgi/server.h>
#include <vgi/sys/seal.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Seals where VGI_SIGNING_KEY or VGI_SIGNING_KEY_FILE is set, and only there. */
VGI_EXPORT extern const vgi_seal vgi_seal_where_keyed;

/* Seals always: where neither is set with the user's own key, which the first worker of the user makes. */
VGI_EXPORT extern const vgi_seal vgi_seal_always;

#ifdef __cplusplus
}
#endif
#endif
