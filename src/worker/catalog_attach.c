/* Attaching and what belongs to an attachment as a whole: the catalogs served, attach, detach, version, transactions
 * (vgi.md §3, §4). Handlers of dispatch.c. */
#include "base/str.h"
#include "worker/catalog_ops.h"
#include "worker/catalog_semver.h"
#include "worker/transactions.h"
#include "worker/worker.h"

/* ---- the catalogs ------------------------------------------------------------------------------------------------ */

/* What a catalog of descriptors says of itself; of callbacks, what they list. */
static vgi_status list_catalog(vgi_call *call, const vg_catalog_entry *catalog, vgi_listing *listing)
{
    const vgi_catalog *descriptor = catalog->descriptor;
    size_t first = listing->rows.count;

    if (descriptor->ops && descriptor->ops->catalogs)
        VGI_TRY(vg_ops_list_catalogs(call, catalog, listing));
    else
        *vgi_add_catalog(listing) = (vgi_catalog_info){
            .name = catalog->name,
            .implementation_version = vgi_str(descriptor->implementation_version),
            .data_version_spec = vgi_str(descriptor->data_version),
            .source_url = vgi_str(descriptor->source_url),
        };
    for (size_t i = first; i < listing->rows.count; i++) {
        vgi_catalog_info *info = &((vgi_catalog_info *)(void *)listing->rows.data)[i];

        if (info->attach_option_specs.count == 0)
            VGI_TRY(vg_option_specs(call, catalog, &info->attach_option_specs));
        if (info->releases.count == 0)
            VGI_TRY(vg_fill_releases(call, catalog, info));
    }
    return listing->failed;
}

static vgi_status list_all(vgi_call *call, vgi_listing *listing)
{
    const vg_registry *registry;

    VGI_TRY(vg_call_registry(call, &registry));
    VGI_TRY(vg_ops_prepare(listing));
    for (int32_t i = 0; i < registry->n_catalogs; i++)
        VGI_TRY(list_catalog(call, &registry->catalogs[i], listing));
    return VGI_OK;
}

vgi_status vg_handle_catalog_catalogs(vgi_call *call, const void *request, void *response)
{
    vgi_listing listing = VG_LISTING(call, catalog_info, CATALOG_INFO);

    (void)request;
    VGI_TRY(list_all(call, &listing));
    return vg_rows_items(call, &listing.rows, &((vgi_catalogs_response *)response)->items);
}

/* ---- catalog_attach ---------------------------------------------------------------------------------------------- */

/* True in `ret` if the callbacks of `catalog` list that name. */
static vgi_status lists(vgi_call *call, const vg_catalog_entry *catalog, vgi_string name, bool *ret)
{
    vgi_listing listing = VG_LISTING(call, catalog_info, CATALOG_INFO);

    VGI_TRY(vg_ops_list_catalogs(call, catalog, &listing));
    *ret = false;
    for (size_t i = 0; i < listing.rows.count && !*ret; i++)
        *ret = vg_string_is_nocase(((const vgi_catalog_info *)(const void *)listing.rows.data)[i].name, name);
    return VGI_OK;
}

static vgi_status find_in(vgi_call *call, const vg_registry *registry, vgi_string name, const vg_catalog_entry **ret)
{
    for (int32_t i = 0; i < registry->n_catalogs; i++) {
        const vg_catalog_entry *catalog = &registry->catalogs[i];
        const vgi_catalog_ops *ops = catalog->descriptor->ops;
        bool is_there = vg_string_is_nocase(catalog->name, name);

        if (ops && ops->catalogs)
            VGI_TRY(lists(call, catalog, name, &is_there));
        if (is_there) {
            *ret = catalog;
            return VGI_OK;
        }
    }
    *ret = NULL;
    return VGI_OK;
}

vgi_status vg_call_find_catalog(vgi_call *call, vgi_string name, const vg_catalog_entry **ret)
{
    const vg_registry *registry;

    VGI_TRY(vg_call_registry_reload(call, &registry));
    return find_in(call, registry, name, ret);
}

/* What is served of one kind of version. */
typedef struct served {
    const char *label;      /* the option of ATTACH */
    const vgi_release *all; /* nullable */
    const char *one;        /* what ATTACH gets that asks for none; nullable */
    bool is_callbacks;      /* where nothing is declared, the attach callback decides */
} served;

/* "'1.0.0', '2.0.0'" */
static const char *list_served(vgi_call *call, const served *versions)
{
    vgi_string text = vgi_str("");

    if (!versions->all)
        return vgi_call_text(call, "'%s'", versions->one).data;
    for (const vgi_release *release = versions->all; release->version && text.data; release++)
        text = vg_arena_printf(call->arena, "%s%s'%s'", text.data, text.size > 0 ? ", " : "", release->version);
    return text.data;
}

/* The newest of what is in the range; where none is asked for, the one that is preferred, or the newest release. */
static vgi_status choose(const served *versions, vgi_string spec, vgi_string *ret)
{
    const vgi_release single[] = {{.version = versions->one}, {0}};
    const vgi_release *release = versions->all ? versions->all : single;
    vgi_string range = spec.size == 0 && !versions->one ? vgi_str("*") : spec;

    *ret = spec.size == 0 ? vgi_str(versions->one) : (vgi_string){0};
    if (ret->data || (spec.size == 0 && !versions->all))
        return VGI_OK;
    for (; release->version; release++) {
        vgi_string version = vgi_str(release->version);
        bool matches;

        VGI_TRY(vg_semver_matches(range, version, &matches, NULL));
        if (matches && (!ret->data || vg_semver_compare(version, *ret) > 0))
            *ret = version;
    }
    return VGI_OK;
}

/* `ret`: absent where nothing is declared. */
static vgi_status resolve(vgi_call *call, const vg_catalog_entry *catalog, const served *versions, vgi_string spec,
                          vgi_string *ret)
{
    bool is_declared = versions->one || versions->all;

    *ret = (vgi_string){0};
    if (!is_declared && (spec.size == 0 || versions->is_callbacks))
        return VGI_OK;
    if (!is_declared)
        return vgi_fail(call, VGI_ERR_VALUE, "Unsupported %s '%.*s': catalog '%.*s' declares no such version",
                        versions->label, VG_FMT(spec), VG_FMT(catalog->name));
    if (choose(versions, spec, ret) != VGI_OK)
        return vgi_fail(call, VGI_ERR_VALUE,
                        "Unsupported %s '%.*s': no version range; accepted forms: %s. This worker serves %s",
                        versions->label, VG_FMT(spec), VG_SEMVER_FORMS, list_served(call, versions));
    if (!ret->data && spec.size > 0)
        return vgi_fail(call, VGI_ERR_VALUE, "Unsupported %s '%.*s': this worker serves %s", versions->label,
                        VG_FMT(spec), list_served(call, versions));
    return VGI_OK;
}

static vgi_status resolve_versions(vgi_call *call, const vg_catalog_entry *catalog,
                                   const vgi_catalog_attach_request *attach, vgi_catalog_attach_result *result)
{
    const vgi_catalog *descriptor = catalog->descriptor;
    bool is_callbacks = descriptor->ops && descriptor->ops->attach;
    const served data = {"data_version_spec", descriptor->releases, descriptor->data_version, is_callbacks};
    const served implementation = {"implementation_version", NULL, descriptor->implementation_version, is_callbacks};

    VGI_TRY(resolve(call, catalog, &data, attach->data_version_spec, &result->resolved_data_version));
    return resolve(call, catalog, &implementation, attach->implementation_version,
                   &result->resolved_implementation_version);
}

/* What the descriptor says, and which callbacks there are. */
static vgi_status describe(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_attach_result *result)
{
    const vgi_catalog *descriptor = catalog->descriptor;
    const vgi_catalog_ops *ops = descriptor->ops;

    VGI_TRY(vg_tags_map(call, descriptor->tags, &result->tags));
    result->catalog_version_frozen = descriptor->version == 0 && !ops;
    result->catalog_version = vg_catalog_version(catalog);
    result->default_schema = catalog->default_schema;
    result->comment = vgi_str(descriptor->comment);
    result->supports_catalog_contents = vg_ops_offer_contents(ops) && !descriptor->transactions;
    result->supports_time_travel = catalog->travels_in_time;
    result->supports_transactions = descriptor->transactions || (ops && ops->transaction_begin);
    result->supports_column_statistics = ops && ops->table_column_statistics_get;
    VGI_TRY(vg_setting_specs(call, catalog, result));
    return vg_publish(call, catalog, result);
}

/* With the names of all catalogs: "a, b, c". */
static vgi_status refuse_name(vgi_call *call, vgi_string name)
{
    vgi_listing listing = VG_LISTING(call, catalog_info, CATALOG_INFO);
    vgi_string text = vgi_str("");

    VGI_TRY(list_all(call, &listing));
    for (size_t i = 0; i < listing.rows.count && text.data; i++)
        text = vg_arena_printf(call->arena, "%s%s%.*s", text.data, i > 0 ? ", " : "",
                               VG_FMT(((const vgi_catalog_info *)(const void *)listing.rows.data)[i].name));
    return vgi_fail(call, VGI_ERR_VALUE, "No catalog '%.*s' here; this worker serves: %s", VG_FMT(name),
                    text.data ? text.data : "");
}

vgi_status vg_handle_catalog_attach(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_attach_request *attach = request;
    vgi_catalog_attach_result *result = response;
    const vg_catalog_entry *catalog;
    const vgi_catalog_ops *ops;
    vgi_bytes data = {0};

    VGI_TRY(vg_call_find_catalog(call, attach->name, &catalog));
    if (!catalog)
        return refuse_name(call, attach->name);
    ops = catalog->descriptor->ops;
    VGI_TRY(vg_options_read(call, catalog, attach->options));
    VGI_TRY(resolve_versions(call, catalog, attach, result));
    VGI_TRY(vg_attachment_begin(call, catalog));
    VGI_TRY(describe(call, catalog, result));
    vg_attachment_resolve(call, result->resolved_data_version);
    if (ops) {
        if (ops->attach)
            VGI_TRY(vg_ops_outcome(call, "attach", ops->attach(call, attach, result), NULL));
        data = result->attach_opaque_data;
        if (!data.data)
            data = (vgi_bytes){(const uint8_t *)attach->name.data, attach->name.size};
    }
    call->function = NULL; /* the options are no arguments of what comes */
    call->attachment->data = data;
    VGI_TRY(vg_transaction_version(call, result->catalog_version, &result->catalog_version));
    return vg_attachment_finish(call, result->resolved_data_version, data, &result->attach_opaque_data);
}

int64_t vg_catalog_version(const vg_catalog_entry *catalog)
{
    return catalog->descriptor->version || catalog->descriptor->ops ? catalog->descriptor->version : 1;
}

/* ---- the rest of an attachment's life ---------------------------------------------------------------------------- */

/* There is nothing to forget: an attachment lives in its opaque data alone. */
vgi_status vg_handle_catalog_detach(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_detach_params *detach = request;
    const vg_catalog_entry *catalog;

    (void)response;
    return vg_call_catalog(call, detach->attach_opaque_data, &catalog);
}

/* The callback of a catalog with transactions: what is committed has the version, whichever transaction asks. */
static vgi_status ask_version(vgi_call *call, const vgi_catalog_ops *ops, const vgi_catalog_version_params *params,
                              vgi_catalog_version_response *answer)
{
    const vgi_catalog_version_params asked = {.attach_opaque_data = call->attachment->data,
                                              .transaction_opaque_data = params->transaction_opaque_data};

    return vg_ops_outcome(call, "version", ops->version(call, &asked, answer), NULL);
}

vgi_status vg_handle_catalog_version(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_version_params *params = request;
    vgi_catalog_version_response *answer = response;
    const vg_registry *registry;
    const vg_catalog_entry *catalog;
    const vgi_catalog_ops *ops;

    VGI_TRY(vg_call_registry_reload(call, &registry));
    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    ops = catalog->descriptor->ops;
    answer->version = vg_catalog_version(catalog);
    if (catalog->descriptor->transactions && ops && ops->version)
        VGI_TRY(ask_version(call, ops, params, answer));
    return vg_transaction_version(call, answer->version, &answer->version);
}

/* No formats: the response's items stay empty. */
vgi_status vg_handle_catalog_copy_from_formats(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_copy_from_formats_params *params = request;
    const vg_catalog_entry *catalog;

    (void)response;
    return vg_call_catalog(call, params->attach_opaque_data, &catalog);
}
