/* Settings and types of secrets: declared ones made part of the registry and told at ATTACH (vgi.md §3, §14), and what
 * callbacks of functions ask of those that a caller has (vgi.md §7). Called by registry.c, catalog_attach.c and
 * bind.c. */
#include <string.h>

#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "worker/adapt.h"
#include "worker/catalog_rows.h"
#include "worker/function_call.h"
#include "worker/registry_build.h"
#include "worker/worker.h"

/* ---- declared ---------------------------------------------------------------------------------------------------- */

static void make_settings(vg_making *making, vg_catalog_entry *catalog)
{
    const vgi_setting *settings = catalog->descriptor->settings;
    vg_place place = {.catalog = catalog->name.data, .kind = "setting"};
    int32_t n = 0;
    vg_param *params;

    while (settings && settings[n].name)
        ++n;
    params = vg_making_array(making, (size_t)n, sizeof *params);
    if (!params)
        return;
    catalog->settings = (vg_function){.name = catalog->name, .n_params = n, .params = params};
    for (int32_t i = 0; i < n; i++) {
        place.name = settings[i].name;
        for (int32_t k = 0; k < i; k++)
            if (vg_string_is_nocase(params[k].name, vgi_str(settings[i].name)))
                vg_making_mistake(making, place, "there are two of that name");
        vg_making_value(making, place, settings[i].name, settings[i].type, settings[i].default_value, &params[i]);
    }
}

/* The keys of a type of secret, as a schema. */
static const vgi_arrow_schema *make_keys(vg_making *making, vg_place place, const vgi_secret_key *keys)
{
    static const vgi_key_value REDACT = {VGI_STR("redact"), VGI_STR("true")};
    size_t n = 0;
    vgi_arrow_schema *schema = vg_making_array(making, 1, sizeof *schema);
    const vgi_field **pointers;
    vgi_field *fields;
    vgi_error err = {0};

    while (keys && keys[n].name)
        ++n;
    pointers = vg_making_array(making, n, sizeof *pointers);
    fields = vg_making_array(making, n, sizeof *fields);
    if (!schema || !pointers || !fields)
        return NULL;
    if (n == 0)
        vg_making_mistake(making, place, "has no keys");
    for (size_t i = 0; i < n; i++) {
        if (!keys[i].type)
            vg_making_mistake(making, place, "key %s has no type", keys[i].name);
        else if (vg_type_parse(making->arena, vgi_str(keys[i].type), &fields[i], &err) != VGI_OK)
            vg_making_failed(making, place, &err);
        for (size_t k = 0; k < i; k++)
            if (vg_string_is_nocase(fields[k].name, vgi_str(keys[i].name)))
                vg_making_mistake(making, place, "there are two keys %s", keys[i].name);
        fields[i].name = vgi_str(keys[i].name);
        if (keys[i].is_redacted)
            fields[i].metadata = (vgi_metadata){&REDACT, 1};
        pointers[i] = &fields[i];
    }
    *schema = (vgi_arrow_schema){.n_fields = (int32_t)n, .fields = pointers};
    return schema;
}

void vg_making_settings(vg_making *making, vg_catalog_entry *catalog)
{
    const vgi_secret_type *types = catalog->descriptor->secret_types;
    vg_place place = {.catalog = catalog->name.data, .kind = "secret type"};
    int32_t n = 0;
    vg_secret_type *made;

    make_settings(making, catalog);
    while (types && types[n].name)
        ++n;
    made = vg_making_array(making, (size_t)n, sizeof *made);
    if (!made)
        return;
    catalog->secret_types = made;
    catalog->n_secret_types = n;
    for (int32_t i = 0; i < n; i++) {
        place.name = types[i].name;
        for (int32_t k = 0; k < i; k++)
            if (vg_string_is_nocase(vgi_str(types[k].name), vgi_str(types[i].name)))
                vg_making_mistake(making, place, "there are two of that name");
        made[i] = (vg_secret_type){&types[i], make_keys(making, place, types[i].keys)};
    }
}

vgi_status vg_setting_specs(vgi_call *call, const vg_catalog_entry *catalog, vgi_catalog_attach_result *ret)
{
    vg_rows settings = {.record = &vg_setting_spec_record}, types = {.record = &vg_secret_type_spec_record};
    void *row;

    for (int32_t i = 0; i < catalog->settings.n_params; i++) {
        const vgi_setting *setting = &catalog->descriptor->settings[i];
        vgi_setting_spec *spec;

        VGI_TRY(vg_rows_add(call, &settings, &row));
        spec = row;
        spec->name = vgi_str(setting->name);
        spec->description = vgi_str(setting->description ? setting->description : "");
        VGI_TRY(vg_value_spec(call, &catalog->settings.params[i], setting->default_value, &spec->type,
                              &spec->default_value));
    }
    for (int32_t i = 0; i < catalog->n_secret_types; i++) {
        const vgi_secret_type *type = catalog->secret_types[i].descriptor;
        vgi_secret_type_spec *spec;

        VGI_TRY(vg_rows_add(call, &types, &row));
        spec = row;
        spec->name = vgi_str(type->name);
        spec->description = vgi_str(type->description ? type->description : "");
        VGI_TRY(vg_schema_encode(call->arena, catalog->secret_types[i].keys, &spec->parameters_schema,
                                 vgi_call_error(call)));
    }
    VGI_TRY(vg_rows_items(call, &settings, &ret->settings));
    return vg_rows_items(call, &types, &ret->secret_types);
}

/* ---- what the caller has ----------------------------------------------------------------------------------------- */

/* One row, a column a value; without columns it may have none. */
static vgi_status decode(vgi_call *call, vgi_bytes bytes, const char *what, const vgi_batch **ret)
{
    *ret = NULL;
    if (bytes.size == 0)
        return VGI_OK;
    VGI_TRY(vg_batch_decode(call->arena, bytes, vg_call_limits(call), ret, vgi_call_error(call)));
    if ((*ret)->rows != 1 && (*ret)->n_columns > 0)
        return vgi_fail(call, VGI_ERR_PROTOCOL, "the %s have %" PRId64 " rows; expected 1", what, (*ret)->rows);
    return VGI_OK;
}

static vgi_status read_batches(vgi_call *call, const char *who)
{
    vg_function_call *function = call->function;

    if (!function || !function->request)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%s can be called in callbacks of functions only", who);
    if (function->has_read_batches)
        return VGI_OK;
    VGI_TRY(decode(call, function->request->settings, "settings", &function->settings));
    VGI_TRY(decode(call, function->request->secrets, "secrets", &function->secrets));
    function->has_read_batches = true;
    return VGI_OK;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static vgi_status setting(vgi_call *call, const char *name, const vgi_array **ret)
{
    const vg_function *declared;
    const vg_param *param = NULL;
    const vgi_batch *given;
    vgi_array *adapted;

    VGI_TRY(read_batches(call, "vgi_setting"));
    declared = &call->attachment->catalog->settings;
    given = call->function->settings;
    for (int32_t i = 0; i < declared->n_params && !param; i++)
        if (vg_string_is_nocase(declared->params[i].name, vgi_str(name)))
            param = &declared->params[i];
    if (!param) {
        *ret = NULL;
        return VGI_OK;
    }
    *ret = param->default_value;
    for (int32_t i = 0; given && i < given->n_columns; i++)
        if (vg_string_is_nocase(given->columns[i].field->name, param->name))
            *ret = &given->columns[i];
    if (*ret == param->default_value || !vg_adapt_fits(param->field, (*ret)->field))
        return VGI_OK;
    adapted = VG_NEW(call->arena, vgi_array);
    if (!adapted)
        return vg_call_out_of_memory(call);
    VGI_TRY(vg_adapt(call->arena, param->field, *ret, adapted, &call->error));
    *ret = adapted;
    return VGI_OK;
}

vgi_status vgi_setting_array(vgi_call *call, const char *name, const vgi_array **ret)
{
    return setting(call, name, ret);
}

static vgi_status must_have(vgi_call *call, const char *name, const vgi_array **ret)
{
    VGI_TRY(setting(call, name, ret));
    if (!*ret)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "setting %s is none that the catalog declares", name);
    return VGI_OK;
}

vgi_status vgi_setting_i64(vgi_call *call, const char *name, int64_t *ret)
{
    const vgi_array *value;

    VGI_TRY(must_have(call, name, &value));
    return vg_value_i64(call, "setting", name, value, ret);
}

vgi_status vgi_setting_f64(vgi_call *call, const char *name, double *ret)
{
    const vgi_array *value;

    VGI_TRY(must_have(call, name, &value));
    return vg_value_f64(call, "setting", name, value, ret);
}

vgi_status vgi_setting_bool(vgi_call *call, const char *name, bool *ret)
{
    const vgi_array *value;

    VGI_TRY(must_have(call, name, &value));
    return vg_value_bool(call, "setting", name, value, ret);
}

vgi_status vgi_setting_text(vgi_call *call, const char *name, vgi_string *ret)
{
    const vgi_array *value;

    VGI_TRY(must_have(call, name, &value));
    return vg_value_text(call, "setting", name, value, ret);
}

/* ---- secrets ----------------------------------------------------------------------------------------------------- */

/* A struct of one row. */
struct vgi_secret {
    vgi_array value;
};

const vgi_array *vgi_secret_array(const vgi_secret *secret, const char *key)
{
    for (int64_t i = 0; secret && i < secret->value.n_children; i++)
        if (vg_string_is_nocase(secret->value.children[i].field->name, vgi_str(key)))
            return vgi_array_is_null(&secret->value.children[i], 0) ? NULL : &secret->value.children[i];
    return NULL;
}

vgi_status vgi_secret_text(vgi_call *call, const vgi_secret *secret, const char *key, vgi_string *ret)
{
    const vgi_array *value = vgi_secret_array(secret, key);

    if (!value)
        return vgi_fail(call, VGI_ERR_VALUE, "the secret has no value for %s", key);
    return vg_value_text(call, "key", key, value, ret);
}

static vgi_string text_of(const vgi_secret *secret, const char *key)
{
    const vgi_array *value = vgi_secret_array(secret, key);

    return value ? vgi_array_text(value, 0) : (vgi_string){0};
}

/* How many bytes of `scope` are in the longest prefix that the secret is for, plus 1; 0: it is not for it. A secret
 * without prefixes, and one for which none was asked, is for everything. */
static size_t covers(const vgi_secret *secret, vgi_string scope)
{
    vgi_string prefixes = text_of(secret, "scope");
    size_t best = prefixes.size == 0 || scope.size == 0;

    for (size_t at = 0; at < prefixes.size;) {
        const char *comma = memchr(prefixes.data + at, ',', prefixes.size - at);
        size_t size = comma ? (size_t)(comma - prefixes.data) - at : prefixes.size - at;

        if (size <= scope.size && memcmp(prefixes.data + at, scope.data, size) == 0 && size + 1 > best)
            best = size + 1;
        at += size + 1;
    }
    return best;
}

/* The best of what the caller has sent; a secret is a column, called as it is. */
static vgi_status pick(vgi_call *call, vgi_string type, vgi_string scope, vgi_string name, const vgi_secret **ret)
{
    const vgi_batch *secrets = call->function->secrets;
    size_t best = 0;

    *ret = NULL;
    for (int32_t i = 0; secrets && i < secrets->n_columns; i++) {
        vgi_secret *secret;
        size_t fit;

        if (secrets->columns[i].field->type != VGI_TYPE_STRUCT || vgi_array_is_null(&secrets->columns[i], 0))
            continue;
        secret = VG_NEW(call->arena, vgi_secret);
        if (!secret)
            return vg_call_out_of_memory(call);
        secret->value = secrets->columns[i];
        if (!vg_string_is_nocase(text_of(secret, "type"), type) ||
            (name.size > 0 && !vg_string_is_nocase(text_of(secret, "name"), name)))
            continue;
        fit = covers(secret, scope);
        if (fit > best) {
            best = fit;
            *ret = secret;
        }
    }
    return VGI_OK;
}

vgi_status vgi_secret_find(vgi_call *call, const char *type, const char *scope, const char *name,
                           const vgi_secret **ret)
{
    vg_lookup wanted = {.type = vgi_str(type), .scope = vgi_str(scope ? scope : ""), .name = vgi_str(name ? name : "")};
    vg_lookup *lookup, **end;

    *ret = NULL;
    VGI_TRY(read_batches(call, "vgi_secret_find"));
    VGI_TRY(pick(call, wanted.type, wanted.scope, wanted.name, ret));
    if (*ret || !call->function->binding || call->function->request->resolved_secrets_provided)
        return VGI_OK;
    lookup = VG_NEW(call->arena, vg_lookup);
    if (!lookup)
        return vg_call_out_of_memory(call);
    *lookup = (vg_lookup){.type = vg_arena_string(call->arena, wanted.type),
                          .scope = vg_arena_string(call->arena, wanted.scope),
                          .name = vg_arena_string(call->arena, wanted.name)};
    if (!lookup->type.data || !lookup->scope.data || !lookup->name.data)
        return vg_call_out_of_memory(call);
    for (end = &call->function->lookups; *end; end = &(*end)->next) {
    }
    *end = lookup;
    call->function->n_lookups++;
    return VGI_END;
}

vgi_status vg_lookups_answer(vgi_call *call, const vg_function_call *function, vgi_bind_response *ret)
{
    static const vgi_arrow_schema NO_COLUMNS = {0};
    size_t n = 0, room = function->n_lookups;
    vgi_string *texts = VG_NEW_ARRAY(call->arena, vgi_string, 3 * room);

    if (!texts)
        return vg_call_out_of_memory(call);
    for (const vg_lookup *lookup = function->lookups; lookup; lookup = lookup->next, n++) {
        texts[n] = lookup->type;
        texts[room + n] = lookup->scope;
        texts[2 * room + n] = lookup->name;
    }
    ret->lookup_secret_types = (vgi_string_list){.items = texts, .count = n, .present = true};
    ret->lookup_scopes = (vgi_string_list){.items = texts + room, .count = n, .present = true};
    ret->lookup_names = (vgi_string_list){.items = texts + 2 * room, .count = n, .present = true};
    return vg_schema_encode(call->arena, &NO_COLUMNS, &ret->output_schema, &call->error);
}
