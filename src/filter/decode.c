/* Reading filter documents, encoding v2 (vgi.md §9): one row, whose first column is the tree as JSON and whose others
 * are the values and the types that it refers to. Strict: what the encoding does not know is an error, and nothing of a
 * document holds before all of it has been read. Called by filter.c. */
#include "filter/decode.h"

#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "base/str.h"
#include "ipc/reader.h"

enum { MAX_JSON_DEPTH = 4 * VG_FILTER_MAX_DEPTH, MAX_JSON_VALUES = 1 << 18 };

vgi_status vg_decode_broken(const vg_decoding *r, const char *what)
{
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: %s", what);
}

vgi_status vg_decode_no_memory(const vg_decoding *r)
{
    return vgi_error_set(r->err, VGI_ERR_MEMORY, "out of memory for a filter");
}

/* ---- the batch -------------------------------------------------------------------------------------------------- */

static int order_payloads(const void *a, const void *b)
{
    const vg_payload *x = a, *y = b;

    return x->kind != y->kind ? x->kind - y->kind : (x->number > y->number) - (x->number < y->number);
}

/* "value_12"; numbers have no leading zeros. */
static bool read_payload_name(vgi_string name, vg_payload *ret)
{
    static const char *const PREFIXES[] = {"value_", "type_", "artifact_"};

    for (size_t p = 0; p < sizeof PREFIXES / sizeof *PREFIXES; p++) {
        const size_t size = strlen(PREFIXES[p]);
        const vg_json number = {.kind = VG_JSON_NUMBER, .text = {name.data + size, name.size - size}};

        if (name.size <= size || memcmp(name.data, PREFIXES[p], size) != 0)
            continue;
        ret->kind = PREFIXES[p][0];
        return vg_json_u64(&number, &ret->number) && (number.text.size == 1 || number.text.data[0] != '0');
    }
    return false;
}

static vgi_status read_payloads(vg_decoding *r)
{
    const vgi_batch *batch = r->batch;

    r->payloads = VG_NEW_ARRAY(r->m.arena, vg_payload, batch->n_columns);
    if (!r->payloads)
        return vg_decode_no_memory(r);
    for (int32_t c = 1; c < batch->n_columns; c++) {
        vg_payload *p = &r->payloads[r->n_payloads++];

        p->column = c;
        if (!read_payload_name(batch->columns[c].field->name, p))
            return vg_decode_broken(r, "a column is neither value_N, type_N nor artifact_N");
        if (p->kind == 't' && !vgi_array_is_null(&batch->columns[c], 0))
            return vg_decode_broken(r, "a type_N has a value");
    }
    qsort(r->payloads, r->n_payloads, sizeof *r->payloads, order_payloads);
    for (size_t i = 1; i < r->n_payloads; i++)
        if (order_payloads(&r->payloads[i - 1], &r->payloads[i]) == 0)
            return vg_decode_broken(r, "two columns have the same name");
    return VGI_OK;
}

static vgi_status check_metadata(const vg_decoding *r)
{
    const vgi_metadata metadata = r->batch->schema->metadata;

    if (!vg_string_is(vgi_metadata_get(metadata, "vgi_filter_encoding"), "vgi.filters.v2") ||
        !vg_string_is(vgi_metadata_get(metadata, "vgi_filter_version"), "2"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter in another encoding than vgi.filters.v2");
    if (!vg_string_is(vgi_metadata_get(metadata, "vgi_evaluation_context"), "vgi.none.v1"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter in another context than vgi.none.v1");
    return VGI_OK;
}

static vgi_status open_batch(vg_decoding *r, vgi_bytes bytes, vgi_string *ret_json)
{
    uint8_t *copy = vg_arena_alloc(r->m.arena, bytes.size + 1);
    const vgi_field *first;

    if (bytes.size > VG_FILTER_MAX_PAYLOAD)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than 16 MiB");
    if (!copy)
        return vg_decode_no_memory(r);
    memcpy(copy, bytes.data, bytes.size);
    VGI_TRY(vg_batch_decode(r->m.arena, (vgi_bytes){copy, bytes.size}, &VG_DEFAULT_LIMITS, &r->batch, r->err));
    if (r->batch->rows != 1 || r->batch->n_columns < 1)
        return vg_decode_broken(r, "it has not one row");
    first = r->batch->columns[0].field;
    if (!vg_string_is(first->name, "filter_spec") || first->type != VGI_TYPE_UTF8 || first->nullable)
        return vg_decode_broken(r, "its first column is not filter_spec, a text that is never NULL");
    if (vg_batch_bytes(r->batch) > VG_FILTER_MAX_PAYLOAD)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than 16 MiB");
    *ret_json = vgi_array_text(&r->batch->columns[0], 0);
    if (!ret_json->data || ret_json->size > VG_FILTER_MAX_JSON)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter whose JSON is missing or beyond 1 MiB");
    VGI_TRY(check_metadata(r));
    return read_payloads(r);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

vgi_status vg_decode_members(const vg_decoding *r, const vg_json *object, const char *members)
{
    int32_t found = 0;

    if (!object || object->kind != VG_JSON_OBJECT)
        return vg_decode_broken(r, "an object is missing");
    for (const char *name = members; *name;) {
        const char *end = name + strcspn(name, ",");
        const bool may_miss = *name == '?';
        char key[32];

        name += may_miss;
        memcpy(key, name, (size_t)(end - name));
        key[end - name] = '\0';
        if (vg_json_get(object, key))
            found++;
        else if (!may_miss)
            return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is missing", key);
        name = *end ? end + 1 : end;
    }
    return found == object->count ? VGI_OK : vg_decode_broken(r, "an object has members that it must not have");
}

vgi_status vg_decode_u64(const vg_decoding *r, const vg_json *object, const char *key, uint64_t *ret)
{
    if (!vg_json_u64(vg_json_get(object, key), ret))
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no unsigned integer", key);
    return VGI_OK;
}

vgi_status vg_decode_text(const vg_decoding *r, const vg_json *object, const char *key, vgi_string *ret)
{
    const vg_json *member = vg_json_get(object, key);

    if (!member || member->kind != VG_JSON_TEXT || member->text.size == 0)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a filter document: '%s' is no text", key);
    *ret = member->text;
    return VGI_OK;
}

static const vgi_array *get_payload(const vg_decoding *r, char kind, uint64_t number)
{
    const vg_payload key = {.kind = kind, .number = number};
    const vg_payload *found =
        r->n_payloads ? bsearch(&key, r->payloads, r->n_payloads, sizeof key, order_payloads) : NULL;

    return found ? &r->batch->columns[found->column] : NULL;
}

vgi_status vg_decode_payload(const vg_decoding *r, char kind, const vg_json *object, const char *key,
                             const vgi_array **ret)
{
    uint64_t number;

    VGI_TRY(vg_decode_u64(r, object, key, &number));
    *ret = get_payload(r, kind, number);
    return *ret ? VGI_OK : vg_decode_broken(r, "it refers to a value or a type that it does not have");
}

/* ---- predicates ------------------------------------------------------------------------------------------------- */

static vgi_status read_predicate(vg_decoding *r, const vg_json *json, vg_change *change)
{
    static const char *const SOURCES[] = {"query", "join", "top_n", "split_refinement", "other"};
    vgi_predicate *p = &change->predicate;
    vgi_string mode;
    bool known = false;

    VGI_TRY(vg_decode_text(r, json, "mode", &mode));
    VGI_TRY(vg_decode_text(r, json, "source", &p->source));
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++)
        known = known || vg_string_is(p->source, SOURCES[i]);
    p->required = vg_string_is(mode, "required");
    if (!known || (!p->required && !vg_string_is(mode, "advisory")))
        return vg_decode_broken(r, "there is no such mode or source");
    VGI_TRY(vg_decode_node(r, vg_json_get(json, "expression"), 1, &p->expression));
    if (p->expression->kind == VGI_EXPR_RUNTIME && p->required)
        return vg_decode_broken(r, "a runtime filter is required");
    if (p->expression->type && p->expression->type->type != VGI_TYPE_BOOL)
        return vg_decode_broken(r, "a predicate is no test");
    p->is_evaluable = p->expression->is_evaluable && p->expression->type;
    if (p->required && !p->is_evaluable)
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "a filter that must be applied: %s",
                             vg_expr_of(p->expression)->why ? vg_expr_of(p->expression)->why : "it is no test");
    p->id = change->id;
    p->revision = change->revision;
    return VGI_OK;
}

static vgi_status read_id(const vg_decoding *r, const vg_json *json, vg_change *change, const vg_decoded *before)
{
    if (!json || json->kind != VG_JSON_OBJECT)
        return vg_decode_broken(r, "a predicate is no object");
    VGI_TRY(vg_decode_text(r, json, "id", &change->id));
    VGI_TRY(vg_decode_u64(r, json, "revision", &change->revision));
    if (change->id.size > VG_FILTER_MAX_ID)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter document: an id of more than %d bytes", VG_FILTER_MAX_ID);
    for (size_t i = 0; i < before->count; i++)
        if (vgi_string_equal(before->changes[i].id, change->id))
            return vg_decode_broken(r, "an id stands twice");
    return VGI_OK;
}

/* Adds the update, unless the filter has a newer one. */
static vgi_status read_update(vg_decoding *r, const vg_json *json, vg_decoded *to)
{
    vg_change *change = &to->changes[to->count];
    const vg_entry *has;
    vgi_string operation, mode;
    bool is_upsert;

    VGI_TRY(vg_decode_text(r, json, "operation", &operation));
    is_upsert = vg_string_is(operation, "upsert");
    change->is_removal = vg_string_is(operation, "remove");
    if (!is_upsert && !change->is_removal)
        return vg_decode_broken(r, "an update is neither upsert nor remove");
    VGI_TRY(vg_decode_members(r, json,
                              is_upsert ? "operation,id,revision,mode,source,expression" : "operation,id,revision"));
    VGI_TRY(read_id(r, json, change, to));
    if (is_upsert) {
        VGI_TRY(vg_decode_text(r, json, "mode", &mode));
        if (!vg_string_is(mode, "advisory"))
            return vg_decode_broken(r, "an update adds what is required");
    }
    has = vg_filter_find(r->filter, change->id);
    if (has && has->predicate.required)
        return vg_decode_broken(r, "an update touches what is required");
    to->count++;
    if (has && change->revision <= has->predicate.revision) {
        change->predicate.revision = has->predicate.revision; /* stale: kept for the check of ids, then skipped */
        return VGI_OK;
    }
    return is_upsert ? read_predicate(r, json, change) : VGI_OK;
}

static vgi_status read_snapshot_entry(vg_decoding *r, const vg_json *json, vg_decoded *to)
{
    vg_change *change = &to->changes[to->count];

    VGI_TRY(vg_decode_members(r, json, "id,revision,mode,source,expression"));
    VGI_TRY(read_id(r, json, change, to));
    if (change->revision != 0)
        return vg_decode_broken(r, "a predicate begins with another revision than 0");
    to->count++;
    return read_predicate(r, json, change);
}

static vgi_status read_document(vg_decoding *r, const vg_json *root, bool is_delta, vg_decoded *ret)
{
    const char *list_name = is_delta ? "updates" : "predicates";
    const vg_json *list = vg_json_get(root, list_name);
    vgi_string encoding, semantics, kind;

    VGI_TRY(vg_decode_members(r, root,
                              is_delta ? "encoding,semantics,kind,updates" : "encoding,semantics,kind,predicates"));
    VGI_TRY(vg_decode_text(r, root, "encoding", &encoding));
    VGI_TRY(vg_decode_text(r, root, "semantics", &semantics));
    VGI_TRY(vg_decode_text(r, root, "kind", &kind));
    if (!vg_string_is(encoding, "vgi.filters.v2") || !vg_string_is(semantics, "vgi.duckdb.standard.v1"))
        return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED,
                             "a filter of other semantics than vgi.duckdb.standard.v1");
    if (!vg_string_is(kind, is_delta ? "delta" : "snapshot") || list->kind != VG_JSON_ARRAY)
        return vg_decode_broken(r, is_delta ? "it is no delta" : "it is no snapshot");
    if (list->count > VG_FILTER_MAX_PREDICATES)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a filter of more than %d predicates", VG_FILTER_MAX_PREDICATES);
    ret->changes = VG_NEW_ARRAY(r->m.arena, vg_change, list->count);
    if (!ret->changes)
        return vg_decode_no_memory(r);
    for (const vg_json *item = list->first; item; item = item->next)
        VGI_TRY(is_delta ? read_update(r, item, ret) : read_snapshot_entry(r, item, ret));
    return VGI_OK;
}

vgi_status vg_filter_read(const vgi_filter *filter, vg_document *document, bool is_delta, vgi_bytes bytes,
                          vg_decoded *ret, vgi_error *err)
{
    vg_decoding r = {.m = {&document->arena, filter->columns, err}, .filter = filter, .document = document, .err = err};
    const vg_json *root;
    vgi_string json;

    *ret = (vg_decoded){0};
    VGI_TRY(open_batch(&r, bytes, &json));
    VGI_TRY(vg_json_parse(&document->arena, json, MAX_JSON_DEPTH, MAX_JSON_VALUES, &root, err));
    return read_document(&r, root, is_delta, ret);
}
