/* What a catalog declares of itself beside its schemas: releases of its data, catalogs that are attached with it, and
 * functions that can be called without its name (vgi.md §3, §14). Checked when the registry is made; told by
 * catalog_attach.c. */
#include "base/str.h"
#include "worker/catalog_rows.h"
#include "worker/catalog_semver.h"
#include "worker/registry_build.h"

/* ---- checked ----------------------------------------------------------------------------------------------------- */

/* The overloads of one name in a schema: how often `visit` would be called. */
static int32_t count_named(const vg_catalog_entry *catalog, vgi_string name)
{
    int32_t n = 0;

    for (int32_t i = 0; i < catalog->n_schemas; i++)
        for (int32_t f = 0; f < catalog->schemas[i].n_functions; f++)
            n += vg_string_is_nocase(catalog->schemas[i].functions[f].name, name);
    return n;
}

static void check_functions(vg_making *making, const vg_catalog_entry *catalog)
{
    const vgi_catalog *descriptor = catalog->descriptor;
    vg_place place = {.catalog = catalog->name.data, .kind = "global function"};
    const char *const *names = descriptor->global_functions;

    if (names && *names && (!descriptor->global_function_prefix || !*descriptor->global_function_prefix))
        vg_making_mistake(making, place, "global_function_prefix is needed: everybody in the process has these names");
    for (; names && *names; names++) {
        place.name = *names;
        if (count_named(catalog, vgi_str(*names)) == 0)
            vg_making_mistake(making, place, "no schema has a function of that name");
    }
}

static void check_releases(vg_making *making, const vg_catalog_entry *catalog)
{
    const vgi_release *releases = catalog->descriptor->releases;
    const char *data_version = catalog->descriptor->data_version;
    vg_place place = {.catalog = catalog->name.data, .kind = "release"};
    bool is_there = !data_version || !releases;

    for (int32_t i = 0; releases && releases[i].version; i++) {
        place.name = releases[i].version;
        if (!vg_semver_is_version(vgi_str(place.name)))
            vg_making_mistake(making, place, "is no version X.Y.Z");
        for (int32_t k = 0; k < i; k++)
            if (vg_semver_compare(vgi_str(releases[k].version), vgi_str(place.name)) == 0)
                vg_making_mistake(making, place, "there are two of that version");
        is_there |= vgi_string_equal(vgi_str(data_version), vgi_str(place.name));
    }
    place.name = data_version;
    if (!is_there)
        vg_making_mistake(making, place, "is the data_version, and not among the releases");
}

static void check_attached(vg_making *making, const vg_catalog_entry *catalog)
{
    const vgi_attach_catalog *others = catalog->descriptor->attach_catalogs;
    vg_place place = {.catalog = catalog->name.data, .kind = "attached catalog"};

    for (int32_t i = 0; others && others[i].alias; i++) {
        place.name = others[i].alias;
        if (!others[i].target)
            vg_making_mistake(making, place, "has no target");
        for (int32_t k = 0; k < i; k++)
            if (vg_string_is_nocase(vgi_str(others[k].alias), vgi_str(place.name)))
                vg_making_mistake(making, place, "there are two of that name");
    }
}

void vg_making_publish(vg_making *making, vg_catalog_entry *catalog)
{
    const vgi_catalog_ops *ops = catalog->descriptor->ops;

    check_functions(making, catalog);
    check_releases(making, catalog);
    check_attached(making, catalog);
    catalog->travels_in_time = ops && ops->supports_time_travel;
    for (int32_t i = 0; i < catalog->n_schemas; i++)
        for (int32_t k = 0; k < catalog->schemas[i].n_tables; k++)
            catalog->travels_in_time |= catalog->schemas[i].tables[k].descriptor->supports_time_travel;
}

/* ---- told -------------------------------------------------------------------------------------------------------- */

static vgi_status publish_functions(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes_list *ret)
{
    const char *const *names = catalog->descriptor->global_functions;
    vg_rows rows = {.record = &vg_function_info_record};

    for (; names && *names; names++)
        for (int32_t i = 0; i < catalog->n_schemas; i++)
            for (int32_t f = 0; f < catalog->schemas[i].n_functions; f++) {
                const vg_function *function = &catalog->schemas[i].functions[f];
                void *row;

                if (!vg_string_is_nocase(function->name, vgi_str(*names)))
                    continue;
                VGI_TRY(vg_rows_add(call, &rows, &row));
                VGI_TRY(vg_fill_function(call, function, row));
            }
    return vg_rows_items(call, &rows, ret);
}

static vgi_status publish_attached(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes_list *ret)
{
    const vgi_attach_catalog *others = catalog->descriptor->attach_catalogs;
    vg_rows rows = {.record = &vg_attach_catalog_info_record};

    for (; others && others->alias; others++) {
        vgi_attach_catalog_info *info;
        void *row;

        VGI_TRY(vg_rows_add(call, &rows, &row));
        info = row;
        info->alias = vgi_str(others->alias);
        info->target = vgi_str(others->target);
        info->db_type = vgi_str(others->db_type ? others->db_type : "");
        info->hidden = others->is_hidden;
        info->required = others->is_required;
        info->secret_ref = vgi_str(others->secret_ref ? others->secret_ref : "");
        VGI_TRY(vg_tags_map(call, others->options, &info->options));
    }
    return vg_rows_items(call, &rows, ret);
}

vgi_status vg_publish(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_attach_result *ret)
{
    const char *prefix = catalog->descriptor->global_function_prefix;

    ret->global_function_prefix = vgi_str(prefix ? prefix : "");
    VGI_TRY(publish_functions(call, catalog, &ret->global_functions));
    return publish_attached(call, catalog, &ret->attach_catalogs);
}

vgi_status vg_fill_releases(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_info *info)
{
    const vgi_release *releases = catalog->descriptor->releases;
    vgi_catalog_data_version_release *items;
    size_t n = 0;

    while (releases && releases[n].version)
        ++n;
    items = VG_NEW_ARRAY(call->arena, vgi_catalog_data_version_release, n);
    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++)
        items[i] = (vgi_catalog_data_version_release){
            .version = vgi_str(releases[i].version),
            .released_at = {releases[i].released_at != 0, releases[i].released_at},
            .summary = vgi_str(releases[i].summary ? releases[i].summary : ""),
            .notes_url = vgi_str(releases[i].notes_url),
        };
    info->releases = (vgi_catalog_data_version_release_list){.items = items, .count = n, .present = true};
    return VGI_OK;
}
