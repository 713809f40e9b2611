/* What becomes of the protocols of vgi/rpc.h: their text read once, as bindings for a server. service.c makes it,
 * record.c reads it back in callbacks. */
#ifndef VG_RPC_SERVICE_H
#define VG_RPC_SERVICE_H

#include "rpc/server.h"
#include "rpc/type_text.h"

/* Behind vg_binding.service. */
typedef struct vg_service_protocol {
    vg_type_scope scope;
} vg_service_protocol;

/* Behind vg_method.detail of such a binding. */
typedef struct vg_service_method {
    const vgi_rpc_method *declared;
    const vgi_arrow_schema *const *records; /* one a parameter; NULL: it is no record */
    const vgi_arrow_schema *input;
    const vgi_arrow_schema *output;
} vg_service_method;

typedef struct vg_service vg_service;

/* `options` is borrowed. VGI_ERR_VALUE: all mistakes in the protocols, one behind the other, each with
 * the text and a caret. */
vgi_status vg_service_new(int api_version, const vgi_service_options *options, vg_service **ret, vgi_error *err);
void vg_service_free(vg_service *service);

const vg_binding *vg_service_bindings(const vg_service *service, size_t *ret_n);

#endif
