/* Stands in for catalog_attach.c until that is there. */
#include "worker/worker.h"

__attribute__((weak)) vgi_status vg_call_catalog(vgi_call *call, vgi_bytes attach_opaque_data,
                                                 const vg_catalog_entry **ret)
{
    const vg_registry *registry;

    VGI_TRY(vg_call_registry(call, &registry));
    if (attach_opaque_data.data || registry->n_catalogs != 1)
        return vgi_fail(call, VGI_ERR_VALUE, "attach_opaque_data not recognized");
    *ret = &registry->catalogs[0];
    return VGI_OK;
}
