/* The predicates of one scan: read from a snapshot or built, changed by deltas (vgi.md §9), and looked into. */
#include "filter/filter.h"

#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/reader.h"

static vgi_status no_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a filter");
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static void leave_document(vg_document *document)
{
    if (!document || --document->users > 0)
        return;
    vg_arena_done(&document->arena);
    vg_free(document);
}

static vg_document *new_document(void)
{
    vg_document *document = vg_malloc(sizeof *document);

    if (document) {
        *document = (vg_document){.users = 1};
        vg_arena_init(&document->arena, 256 << 20);
    }
    return document;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

vgi_status vgi_filter_new(const vgi_arrow_schema *columns, vgi_filter **ret, vgi_error *err)
{
    vgi_filter *filter = vg_malloc(sizeof *filter);

    if (!filter)
        return no_memory(err);
    *filter = (vgi_filter){0};
    filter->columns = vg_schema_copy(&filter->arena, columns);
    if (!filter->columns) {
        vgi_filter_free(filter);
        return no_memory(err);
    }
    *ret = filter;
    return VGI_OK;
}

void vgi_filter_free(vgi_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->n_entries; i++)
        leave_document(filter->entries[i]->document);
    vg_free(filter->entries);
    vg_free(filter->live);
    vg_arena_done(&filter->encode_arena);
    vg_arena_done(&filter->print_arena);
    vg_arena_done(&filter->scratch);
    vg_arena_done(&filter->arena);
    vg_free(filter);
}

/* Room for as many entries more, so that what follows cannot fail. */
static vgi_status reserve(vgi_filter *filter, size_t more, vgi_error *err)
{
    const size_t need = filter->n_entries + more;
    size_t most = filter->max_entries ? filter->max_entries : 8;
    vg_entry **entries;
    const vgi_predicate **live;

    if (need > VG_FILTER_MAX_IDS)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a filter of more than %d predicates", VG_FILTER_MAX_IDS);
    while (most < need)
        most *= 2;
    if (most == filter->max_entries)
        return VGI_OK;
    entries = vg_realloc(filter->entries, most * sizeof *entries);
    if (!entries)
        return no_memory(err);
    filter->entries = entries;
    live = vg_realloc(filter->live, most * sizeof *live);
    if (!live)
        return no_memory(err);
    filter->live = live;
    filter->max_entries = most;
    return VGI_OK;
}

static vg_entry *find(const vgi_filter *filter, vgi_string id)
{
    for (size_t i = 0; i < filter->n_entries; i++)
        if (vgi_string_equal(filter->entries[i]->predicate.id, id))
            return filter->entries[i];
    return NULL;
}

const vg_entry *vg_filter_find(const vgi_filter *filter, vgi_string id)
{
    return find(filter, id);
}

static void settle(vgi_filter *filter)
{
    filter->n_live = 0;
    for (size_t i = 0; i < filter->n_entries; i++)
        if (filter->entries[i]->predicate.expression)
            filter->live[filter->n_live++] = &filter->entries[i]->predicate;
    filter->generation++;
}

/* ---- changes ---------------------------------------------------------------------------------------------------- */

/* Entries for the ids that are new, with ids of the filter's own; nothing is seen of them yet. */
static vgi_status new_entries(vgi_filter *filter, const vg_decoded *decoded, vg_entry **ret, size_t *ret_n,
                              vgi_error *err)
{
    *ret_n = 0;
    for (size_t i = 0; i < decoded->count; i++) {
        vg_entry *entry = find(filter, decoded->changes[i].id);

        if (!entry) {
            entry = VG_NEW(&filter->arena, vg_entry);
            if (!entry)
                return no_memory(err);
            entry->predicate.id = vg_arena_string(&filter->arena, decoded->changes[i].id);
            if (!entry->predicate.id.data)
                return no_memory(err);
            ++*ret_n;
        }
        ret[i] = entry;
    }
    return reserve(filter, *ret_n, err);
}

/* Cannot fail. */
static bool change(vgi_filter *filter, vg_document *document, const vg_change *to, vg_entry *entry)
{
    const vgi_string id = entry->predicate.id;
    const bool is_new = find(filter, id) == NULL;

    if (!is_new && to->revision <= entry->predicate.revision)
        return false;
    if (is_new)
        filter->entries[filter->n_entries++] = entry;
    leave_document(entry->document);
    entry->predicate = to->predicate;
    entry->predicate.id = id;
    entry->predicate.revision = to->revision;
    entry->document = to->is_removal ? NULL : document;
    document->users += !to->is_removal;
    return true;
}

static vgi_status take_document(vgi_filter *filter, vg_document *document, bool is_delta, vgi_bytes bytes,
                                vgi_error *err)
{
    bool changed = false;
    vg_decoded decoded;
    vg_entry **entries;
    size_t n_new;

    VGI_TRY(vg_filter_read(filter, document, is_delta, bytes, &decoded, err));
    entries = VG_NEW_ARRAY(&document->arena, vg_entry *, decoded.count);
    if (!entries)
        return no_memory(err);
    VGI_TRY(new_entries(filter, &decoded, entries, &n_new, err));
    for (size_t i = 0; i < decoded.count; i++)
        changed = change(filter, document, &decoded.changes[i], entries[i]) || changed;
    if (changed)
        settle(filter);
    return VGI_OK;
}

static vgi_status take(vgi_filter *filter, bool is_delta, vgi_bytes bytes, vgi_error *err)
{
    vg_document *document = new_document();
    vgi_status status;

    if (!document)
        return no_memory(err);
    status = take_document(filter, document, is_delta, bytes, err);
    leave_document(document);
    return status;
}

static vgi_status keep_join_keys(vgi_filter *filter, const vgi_bytes *join_keys, size_t n, vgi_error *err)
{
    filter->join_keys = VG_NEW_ARRAY(&filter->arena, const vgi_batch *, n);
    if (!filter->join_keys)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        uint8_t *copy = vg_arena_alloc(&filter->arena, join_keys[i].size + 1);

        if (!copy)
            return no_memory(err);
        memcpy(copy, join_keys[i].data, join_keys[i].size);
        VGI_TRY(vg_batch_decode(&filter->arena, (vgi_bytes){copy, join_keys[i].size}, &VG_DEFAULT_LIMITS,
                                &filter->join_keys[i], err));
        filter->n_join_keys = i + 1;
    }
    return VGI_OK;
}

vgi_status vgi_filter_decode(vgi_filter *filter, vgi_bytes snapshot, const vgi_bytes *join_keys, size_t n_join_keys,
                             vgi_error *err)
{
    if (filter->n_entries > 0 || filter->has_snapshot)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "a snapshot is read into an empty filter only");
    filter->has_snapshot = true;
    VGI_TRY(keep_join_keys(filter, join_keys, n_join_keys, err));
    return take(filter, false, snapshot, err);
}

vgi_status vgi_filter_update(vgi_filter *filter, vgi_bytes delta, vgi_error *err)
{
    return take(filter, true, delta, err);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

const vgi_arrow_schema *vgi_filter_columns(const vgi_filter *filter)
{
    return filter->columns;
}

size_t vgi_filter_count(const vgi_filter *filter)
{
    return filter->n_live;
}

const vgi_predicate *vgi_filter_get(const vgi_filter *filter, size_t i)
{
    return i < filter->n_live ? filter->live[i] : NULL;
}

uint64_t vgi_filter_generation(const vgi_filter *filter)
{
    return filter->generation;
}

static vgi_status look_for(void *user, const vgi_expr *expr, int depth)
{
    (void)depth;
    return expr->kind == VGI_EXPR_COLUMN && expr->index == *(const int32_t *)user ? VGI_ERR_VALUE : VGI_OK;
}

bool vgi_filter_reads(const vgi_filter *filter, int32_t i)
{
    for (size_t p = 0; p < filter->n_live; p++)
        if (!filter->live[p]->is_taken && filter->live[p]->is_evaluable &&
            vgi_expr_walk(filter->live[p]->expression, look_for, &i) != VGI_OK)
            return true;
    return false;
}

/* `live` points into entries. */
void vgi_filter_take(vgi_filter *filter, size_t i)
{
    if (i < filter->n_live)
        ((vg_entry *)(uintptr_t)filter->live[i])->predicate.is_taken = true;
}

/* ---- building --------------------------------------------------------------------------------------------------- */

vgi_status vgi_filter_add(vgi_filter *filter, const vgi_expr *expr, bool required, vgi_error *err)
{
    vg_entry *entry;

    if (filter->build_error.status != VGI_OK)
        return vgi_error_set(err, filter->build_error.status, "%s", filter->build_error.message);
    if (!expr || !expr->type || expr->type->type != VGI_TYPE_BOOL)
        return vgi_error_set(err, VGI_ERR_TYPE, "a filter's predicate must be a test");
    if (required && !expr->is_evaluable)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "a filter that must be applied: %s", vg_expr_of(expr)->why);
    VGI_TRY(reserve(filter, 1, err));
    entry = VG_NEW(&filter->arena, vg_entry);
    if (!entry)
        return no_memory(err);
    entry->predicate = (vgi_predicate){.id = vg_arena_printf(&filter->arena, "query:%zu", filter->n_entries),
                                       .required = required,
                                       .is_evaluable = expr->is_evaluable,
                                       .source = VGI_STR("query"),
                                       .expression = expr};
    if (!entry->predicate.id.data)
        return no_memory(err);
    filter->entries[filter->n_entries++] = entry;
    settle(filter);
    return VGI_OK;
}
