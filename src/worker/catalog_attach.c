/* Attaching and what belongs to an attachment as a whole: the catalogs served, attach, detach, version, transactions
 * (vgi.md §3, §4). Handlers of dispatch.c; vg_call_catalog is how every other handler learns whose catalog is meant.
 *
 * attach_opaque_data is `version (1) | random (16) | catalog name`: it says all by itself, so that any process of the
 * worker can read it, and two attachments never have the same. It is never logged and never shown. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/str.h"
#include "ipc/reader.h"
#include "worker/catalog_rows.h"
#include "worker/catalog_semver.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

enum { OPAQUE_VERSION = 1, OPAQUE_RANDOM = 16, OPAQUE_HEADER = 1 + OPAQUE_RANDOM };

/* ---- attach_opaque_data ------------------------------------------------------------------------------------------ */

static vgi_status make_opaque(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes *ret)
{
    size_t size = OPAQUE_HEADER + catalog->name.size, filled = 0;
    uint8_t *data = vg_arena_alloc(call->arena, size);

    if (!data)
        return vg_call_out_of_memory(call);
    data[0] = OPAQUE_VERSION;
    while (filled < OPAQUE_RANDOM) {
        ssize_t n = getrandom(data + 1 + filled, OPAQUE_RANDOM - filled, 0);

        if (n < 0 && errno != EINTR)
            return vgi_fail(call, VGI_ERR_IO, "no random bytes from the kernel: %s", strerror(errno));
        filled += n < 0 ? 0 : (size_t)n;
    }
    memcpy(data + OPAQUE_HEADER, catalog->name.data, catalog->name.size);
    *ret = (vgi_bytes){data, size};
    return VGI_OK;
}

vgi_status vg_call_catalog(vgi_call *call, vgi_bytes attach_opaque_data, const vg_catalog_entry **ret)
{
    const vg_registry *registry;

    VGI_TRY(vg_call_registry(call, &registry));
    if (attach_opaque_data.size == 0 && registry->n_catalogs == 1) {
        *ret = &registry->catalogs[0];
        return VGI_OK;
    }
    if (attach_opaque_data.size > OPAQUE_HEADER && attach_opaque_data.data[0] == OPAQUE_VERSION) {
        vgi_string name = {(const char *)attach_opaque_data.data + OPAQUE_HEADER,
                           attach_opaque_data.size - OPAQUE_HEADER};

        *ret = vg_registry_catalog(registry, name);
        if (*ret && vgi_string_equal((*ret)->name, name))
            return VGI_OK;
    }
    return vgi_fail(call, VGI_ERR_VALUE, "attach_opaque_data not recognized");
}

/* ---- catalog_attach ---------------------------------------------------------------------------------------------- */

/* "a, b, c": the names of all catalogs, for sentences. */
static const char *served_names(vgi_call *call, const vg_registry *registry)
{
    vgi_string text = vgi_str("");

    for (int32_t i = 0; i < registry->n_catalogs && text.data; i++)
        text =
            vg_arena_printf(call->arena, "%s%s%.*s", text.data, i > 0 ? ", " : "", VG_FMT(registry->catalogs[i].name));
    return text.data ? text.data : "";
}

static vgi_status find_catalog(vgi_call *call, vgi_string name, const vg_catalog_entry **ret)
{
    const vg_registry *registry;

    VGI_TRY(vg_call_registry_reload(call, &registry));
    *ret = vg_registry_catalog(registry, name);
    if (!*ret)
        return vgi_fail(call, VGI_ERR_VALUE, "No catalog '%.*s' here; this worker serves: %s", VG_FMT(name),
                        served_names(call, registry));
    return VGI_OK;
}

/* No catalog declares attach options yet, so each one that is given is one too many. */
static vgi_status refuse_options(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes options)
{
    const vgi_batch *batch;

    if (options.size == 0)
        return VGI_OK;
    VGI_TRY(vg_batch_decode(call->arena, options, vg_call_limits(call), &batch, vgi_call_error(call)));
    if (batch->schema->n_fields == 0)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_VALUE, "Catalog '%.*s' has no attach option '%.*s'; it takes none",
                    VG_FMT(catalog->name), VG_FMT(batch->schema->fields[0]->name));
}

/* `label` is the option of ATTACH; `served` is NULL where the catalog declares no such version. */
static vgi_status check_version(vgi_call *call, const vg_catalog_entry *catalog, const char *label, vgi_string spec,
                                const char *served)
{
    bool matches;

    if (spec.size == 0)
        return VGI_OK;
    if (!served)
        return vgi_fail(call, VGI_ERR_VALUE, "Unsupported %s '%.*s': catalog '%.*s' declares no such version", label,
                        VG_FMT(spec), VG_FMT(catalog->name));
    if (vg_semver_matches(spec, vgi_str(served), &matches, NULL) != VGI_OK)
        return vgi_fail(call, VGI_ERR_VALUE,
                        "Unsupported %s '%.*s': no version range; accepted forms: %s. This worker serves '%s'", label,
                        VG_FMT(spec), VG_SEMVER_FORMS, served);
    if (!matches)
        return vgi_fail(call, VGI_ERR_VALUE, "Unsupported %s '%.*s': this worker serves '%s'", label, VG_FMT(spec),
                        served);
    return VGI_OK;
}

vgi_status vg_handle_catalog_attach(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_attach_request *attach = request;
    vgi_catalog_attach_result *result = response;
    const vg_catalog_entry *catalog;
    const vgi_catalog *descriptor;

    VGI_TRY(find_catalog(call, attach->name, &catalog));
    descriptor = catalog->descriptor;
    VGI_TRY(refuse_options(call, catalog, attach->options));
    VGI_TRY(check_version(call, catalog, "data_version_spec", attach->data_version_spec, descriptor->data_version));
    VGI_TRY(check_version(call, catalog, "implementation_version", attach->implementation_version,
                          descriptor->implementation_version));
    VGI_TRY(make_opaque(call, catalog, &result->attach_opaque_data));
    VGI_TRY(vg_tags_map(call, descriptor->tags, &result->tags));
    result->catalog_version_frozen = descriptor->version == 0;
    result->catalog_version = vg_catalog_version(catalog);
    result->default_schema = catalog->default_schema;
    result->comment = vgi_str(descriptor->comment);
    result->resolved_data_version = vgi_str(descriptor->data_version);
    result->resolved_implementation_version = vgi_str(descriptor->implementation_version);
    result->supports_catalog_contents = true;
    return VGI_OK;
}

int64_t vg_catalog_version(const vg_catalog_entry *catalog)
{
    return catalog->descriptor->version ? catalog->descriptor->version : 1;
}

/* ---- the rest of an attachment's life ---------------------------------------------------------------------------- */

static vgi_status list_catalogs(vgi_call *call, const vg_registry *registry, vg_rows *rows)
{
    for (int32_t i = 0; i < registry->n_catalogs; i++) {
        const vgi_catalog *descriptor = registry->catalogs[i].descriptor;
        void *row;

        VGI_TRY(vg_rows_add(call, rows, &row));
        *(vgi_catalog_info *)row = (vgi_catalog_info){
            .name = registry->catalogs[i].name,
            .implementation_version = vgi_str(descriptor->implementation_version),
            .data_version_spec = vgi_str(descriptor->data_version),
            .source_url = vgi_str(descriptor->source_url),
        };
    }
    return VGI_OK;
}

vgi_status vg_handle_catalog_catalogs(vgi_call *call, const void *request, void *response)
{
    vgi_catalogs_response *catalogs = response;
    const vg_registry *registry;
    vg_rows rows = {.record = &vg_catalog_info_record};

    (void)request;
    VGI_TRY(vg_call_registry(call, &registry));
    VGI_TRY(list_catalogs(call, registry, &rows));
    return vg_rows_items(call, &rows, &catalogs->items);
}

/* There is nothing to forget: an attachment lives in its opaque data alone. */
vgi_status vg_handle_catalog_detach(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_detach_params *detach = request;
    const vg_catalog_entry *catalog;

    (void)response;
    return vg_call_catalog(call, detach->attach_opaque_data, &catalog);
}

vgi_status vg_handle_catalog_version(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_version_params *params = request;
    const vg_registry *registry;
    const vg_catalog_entry *catalog;

    VGI_TRY(vg_call_registry_reload(call, &registry));
    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    ((vgi_catalog_version_response *)response)->version = vg_catalog_version(catalog);
    return VGI_OK;
}

/* No formats: the response's items stay empty. */
vgi_status vg_handle_catalog_copy_from_formats(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_copy_from_formats_params *params = request;
    const vg_catalog_entry *catalog;

    (void)response;
    return vg_call_catalog(call, params->attach_opaque_data, &catalog);
}

/* Begin answers null, "not transactional" (vgi.md §4); so no transaction that could end was ever begun. */
vgi_status vg_handle_catalog_transaction_begin(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_transaction_begin_params *params = request;
    const vg_catalog_entry *catalog;

    (void)response;
    return vg_call_catalog(call, params->attach_opaque_data, &catalog);
}

static vgi_status end_transaction(vgi_call *call, vgi_bytes attach_opaque_data)
{
    const vg_catalog_entry *catalog;

    VGI_TRY(vg_call_catalog(call, attach_opaque_data, &catalog));
    return vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
}

vgi_status vg_handle_catalog_transaction_commit(vgi_call *call, const void *request, void *response)
{
    (void)response;
    return end_transaction(call, ((const vgi_catalog_transaction_commit_params *)request)->attach_opaque_data);
}

vgi_status vg_handle_catalog_transaction_rollback(vgi_call *call, const void *request, void *response)
{
    (void)response;
    return end_transaction(call, ((const vgi_catalog_transaction_rollback_params *)request)->attach_opaque_data);
}
