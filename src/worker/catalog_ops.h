/* Catalogs of callbacks (vgi/catalog_ops.h): what dispatch.c asks before it takes a handler, and what the handlers of
 * whole catalogs (catalog_attach.c) share with it. */
#ifndef VG_WORKER_CATALOG_OPS_H
#define VG_WORKER_CATALOG_OPS_H

#include "worker/catalog_rows.h"
#include "worker/dispatch.h"

struct vgi_listing {
    vgi_call *call;
    vg_rows rows;
    vgi_record_id id; /* the kind that is listed */
    vgi_status failed;
    void *spare; /* a struct to fill where none could be added */
};
#define VG_LISTING(the_call, item, ITEM)                                                                               \
    {.call = (the_call), .rows = {.record = &vg_##item##_record}, .id = VGI_RECORD_##ITEM}

/* Answers method `index` if the catalog that it is about has callbacks, and they have something to say; else
 * `*ret_answered` is false: the handler answers with what is declared. `record` describes `request`, which is this
 * call's own. */
vgi_status vg_ops_answer(vgi_call *call, vg_method_index index, const vg_record *record, void *request, void *response,
                         bool *ret_answered);

/* Before a listing is given to a callback. */
vgi_status vg_ops_prepare(vgi_listing *listing);

/* May catalog_contents be offered: can all be listed, and without a transaction? Catalogs of descriptors (NULL) can. */
bool vg_ops_offer_contents(const vgi_catalog_ops *ops);

/* Adds to `rows` what the callbacks of the attached catalog list by method `lister`: of the schema `path` (NULL: of the
 * catalog), objects of `type` where it lists several kinds. False in `*ret_answered`: they leave that to what is
 * declared. */
vgi_status vg_ops_list(vgi_call *call, vg_method_index lister, const vgi_string_list *path, vgi_schema_object_type type,
                       vg_rows *rows, bool *ret_answered);

/* Adds what the callback `catalogs` of a catalog lists. */
vgi_status vg_ops_list_catalogs(vgi_call *call, const vg_catalog_entry *catalog, vgi_listing *ret);

/* What a callback called `name` returned, as the outcome of the call; a listing (nullable) may have failed beside
 * it. */
vgi_status vg_ops_outcome(vgi_call *call, const char *name, vgi_status status, const vgi_listing *listing);

/* The catalog that can be attached by that name; its name may be one that callbacks list. NULL: none
 * (catalog_attach.c). */
vgi_status vg_call_find_catalog(vgi_call *call, vgi_string name, const vg_catalog_entry **ret);

#endif
