/* A filter as an engine sends it (vgi.md §9, encoding v2): one row, whose first column is the tree as JSON and whose
 * others are the values that it refers to. Called by clients that push filters down. */
#include "filter/filter.h"

#include "arrow/sql_types.h"
#include "base/str.h"
#include "base/text.h"
#include "ipc/writer.h"

#include <string.h>

typedef struct writer {
    vg_arena *arena;
    vg_text json;
    vgi_array *columns; /* the first is the JSON */
    const vgi_field **fields;
    size_t n_columns, max_columns;
    int32_t n_nodes;
    bool as_hints;
    bool failed; /* out of memory */
} writer;

static void put(writer *w, const char *text)
{
    vg_text_puts(&w->json, text);
}

static void put_number(writer *w, uint64_t number)
{
    const vgi_string text = vg_arena_printf(w->arena, "%" PRIu64, number);

    put(w, text.data ? text.data : "");
}

/* A field that says what the value is, and nothing of the column that it came from but its extension type. */
static const vgi_field *payload_field(writer *w, const vgi_field *type, const char *prefix, bool nullable)
{
    vgi_field *field = VG_NEW(w->arena, vgi_field);
    vgi_key_value *kept = VG_NEW_ARRAY(w->arena, vgi_key_value, type->metadata.count);
    size_t n = 0;

    if (!field || !kept)
        return NULL;
    for (size_t i = 0; i < type->metadata.count; i++)
        if (vg_string_is(type->metadata.items[i].key, VG_EXTENSION_NAME) ||
            vg_string_is(type->metadata.items[i].key, VG_EXTENSION_METADATA))
            kept[n++] = type->metadata.items[i];
    *field = *type;
    field->nullable = nullable;
    field->metadata = (vgi_metadata){kept, n};
    field->name = prefix ? vg_arena_printf(w->arena, "%s_%zu", prefix, w->n_columns) : vgi_str("item");
    return field->name.data ? field : NULL;
}

/* A column of one value; its number is its place. */
static uint64_t add_column(writer *w, const vgi_field *field, const vgi_array *value)
{
    if (!field || w->n_columns == w->max_columns) {
        w->failed = true;
        return 0;
    }
    w->fields[w->n_columns] = field;
    w->columns[w->n_columns] = *value;
    w->columns[w->n_columns].field = field;
    return w->n_columns++;
}

static uint64_t add_set(writer *w, const vgi_array *set)
{
    vgi_field list = {.type = VGI_TYPE_LIST, .n_children = 1};
    const vgi_field **children = VG_NEW(w->arena, const vgi_field *);
    vgi_array *items = VG_NEW(w->arena, vgi_array);
    int32_t *offsets = VG_NEW_ARRAY(w->arena, int32_t, 2);
    vgi_array value;

    if (!children || !items || !offsets || set->length > INT32_MAX) {
        w->failed = true;
        return 0;
    }
    *items = *set;
    children[0] = items->field = payload_field(w, set->field, NULL, true);
    list.children = children;
    offsets[1] = (int32_t)set->length;
    value = (vgi_array){.length = 1, .buffers = {offsets, NULL}, .n_children = 1, .children = items};
    w->failed = w->failed || !children[0];
    return w->failed ? 0 : add_column(w, payload_field(w, &list, "value", true), &value);
}

static uint64_t add_type(writer *w, const vgi_field *type)
{
    static const uint8_t NONE[64] = {0};
    const vgi_array null = {.length = 1, .null_count = 1, .validity = NONE, .buffers = {NONE, NONE}};

    return add_column(w, payload_field(w, type, "type", true), &null);
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static const char *const OPS[] = {
    [VGI_EQ] = "eq",
    [VGI_NE] = "ne",
    [VGI_LT] = "lt",
    [VGI_LE] = "le",
    [VGI_GT] = "gt",
    [VGI_GE] = "ge",
    [VGI_DISTINCT] = "distinct_from",
    [VGI_NOT_DISTINCT] = "not_distinct_from",
    [VGI_ADD] = "add",
    [VGI_SUBTRACT] = "subtract",
    [VGI_MULTIPLY] = "multiply",
    [VGI_DIVIDE] = "divide",
    [VGI_MODULO] = "modulo",
    [VGI_STARTS_WITH] = "starts_with",
    [VGI_ENDS_WITH] = "ends_with",
    [VGI_CONTAINS] = "contains",
    [VGI_LIST_CONTAINS] = "list_contains",
};

static void put_node(writer *w, const vgi_expr *node);

static void put_child(writer *w, const char *key, const vgi_expr *child)
{
    put(w, ",\"");
    put(w, key);
    put(w, "\":");
    put_node(w, child);
}

static void put_list(writer *w, const char *key, const vgi_expr *node)
{
    put(w, ",\"");
    put(w, key);
    put(w, "\":[");
    for (int32_t c = 0; c < node->n_children; c++) {
        put(w, c ? "," : "");
        put_node(w, node->children[c]);
    }
    put(w, "]");
}

static void put_reference(writer *w, const vgi_expr *node, const char *what)
{
    put(w, ",\"");
    put(w, what);
    put(w, "_index\":");
    put_number(w, (uint64_t)node->index);
    put(w, ",\"");
    put(w, what);
    put(w, "_name\":");
    vg_text_json(&w->json, node->name);
}

static void put_op(writer *w, const vgi_expr *node)
{
    put(w, ",\"op\":\"");
    put(w, OPS[node->op]);
    put(w, "\"");
    put_child(w, "left", node->children[0]);
    put_child(w, "right", node->children[1]);
}

static void put_negated(writer *w, const vgi_expr *node)
{
    put(w, node->negated ? ",\"negated\":true" : ",\"negated\":false");
}

static void put_members(writer *w, const vgi_expr *node)
{
    switch (node->kind) {
    case VGI_EXPR_COLUMN:
        put_reference(w, node, "column");
        return;
    case VGI_EXPR_FIELD:
        put_child(w, "expression", node->children[0]);
        put_reference(w, node, "field");
        return;
    case VGI_EXPR_LITERAL:
        put(w, ",\"value_ref\":");
        put_number(w, add_column(w, payload_field(w, node->values->field, "value", true), node->values));
        return;
    case VGI_EXPR_COMPARE:
    case VGI_EXPR_ARITHMETIC:
        put_op(w, node);
        return;
    case VGI_EXPR_AND:
    case VGI_EXPR_OR:
        put_list(w, "children", node);
        return;
    case VGI_EXPR_IN:
        put_child(w, "expression", node->children[0]);
        put(w, ",\"set\":{\"kind\":\"literal\",\"value_ref\":");
        put_number(w, add_set(w, node->values));
        put(w, "}");
        put_negated(w, node);
        return;
    case VGI_EXPR_IS_NULL:
        put_child(w, "expression", node->children[0]);
        put_negated(w, node);
        return;
    case VGI_EXPR_CAST:
        put_child(w, "expression", node->children[0]);
        put(w, ",\"type_ref\":");
        put_number(w, add_type(w, node->type));
        return;
    case VGI_EXPR_CALL:
        put(w, ",\"function\":\"");
        put(w, OPS[node->op]);
        put(w, "\"");
        put_list(w, "arguments", node);
        return;
    default: /* NOT, NEGATE */
        put_child(w, "expression", node->children[0]);
    }
}

static const char *const KINDS[] = {
    [VGI_EXPR_COLUMN] = "column_ref",
    [VGI_EXPR_FIELD] = "field_ref",
    [VGI_EXPR_LITERAL] = "literal",
    [VGI_EXPR_COMPARE] = "comparison",
    [VGI_EXPR_AND] = "and",
    [VGI_EXPR_OR] = "or",
    [VGI_EXPR_NOT] = "not",
    [VGI_EXPR_IS_NULL] = "is_null",
    [VGI_EXPR_IN] = "in",
    [VGI_EXPR_CAST] = "cast",
    [VGI_EXPR_ARITHMETIC] = "arithmetic",
    [VGI_EXPR_NEGATE] = "negate",
    [VGI_EXPR_CALL] = "call",
};

static void put_node(writer *w, const vgi_expr *node)
{
    w->n_nodes++;
    put(w, "{\"node\":\"");
    put(w, KINDS[node->kind]);
    put(w, "\"");
    put_members(w, node);
    put(w, "}");
}

/* ---- predicates ------------------------------------------------------------------------------------------------- */

static vgi_status see_unknown(void *user, const vgi_expr *node, int depth)
{
    (void)user;
    (void)depth;
    return node->kind == VGI_EXPR_RUNTIME || node->op == VGI_OTHER_FUNCTION ? VGI_ERR_NOT_IMPLEMENTED : VGI_OK;
}

/* One that does not fit is taken back, if it may be missing. */
static vgi_status put_predicate(writer *w, const vgi_predicate *predicate, size_t *count, vgi_error *err)
{
    const size_t size = w->json.size, columns = w->n_columns;
    const bool required = predicate->required && !w->as_hints;
    const int32_t nodes = w->n_nodes;
    bool fits = vgi_expr_walk(predicate->expression, see_unknown, NULL) == VGI_OK;

    if (fits) {
        put(w, *count ? ",{\"id\":" : "{\"id\":");
        vg_text_json(&w->json, predicate->id);
        put(w, required ? ",\"revision\":0,\"mode\":\"required\",\"source\":\""
                        : ",\"revision\":0,\"mode\":\"advisory\",\"source\":\"");
        vg_text_add(&w->json, predicate->source.data, predicate->source.size);
        put(w, "\",\"expression\":");
        put_node(w, predicate->expression);
        put(w, "}");
        fits = w->n_nodes <= VG_FILTER_MAX_NODES && w->json.size < VG_FILTER_MAX_JSON - 64 &&
               *count < VG_FILTER_MAX_PREDICATES;
    }
    *count += fits;
    if (fits)
        return VGI_OK;
    w->json.size = size;
    w->n_columns = columns;
    w->n_nodes = nodes;
    return required ? vgi_error_set(err, VGI_ERR_LIMIT, "a filter that is too large to be sent") : VGI_OK;
}

static vgi_status encode(writer *w, vgi_bytes *ret, vgi_error *err)
{
    static const vgi_key_value METADATA[] = {
        {VGI_STR("vgi_filter_encoding"), VGI_STR("vgi.filters.v2")},
        {VGI_STR("vgi_filter_version"), VGI_STR("2")},
        {VGI_STR("vgi_evaluation_context"), VGI_STR("vgi.none.v1")},
    };
    static const vgi_field SPEC = {.name = VGI_STR("filter_spec"), .type = VGI_TYPE_UTF8};
    const vgi_arrow_schema schema = {.n_fields = (int32_t)w->n_columns, .fields = w->fields, .metadata = {METADATA, 3}};
    const vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = schema.n_fields, .columns = w->columns};
    const vgi_string json = vg_text_take(&w->json);
    const int32_t offsets[2] = {0, (int32_t)json.size};

    if (!json.data || w->failed)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a filter");
    w->fields[0] = &SPEC;
    w->columns[0] = (vgi_array){.field = &SPEC, .length = 1, .buffers = {offsets, json.data}};
    return vg_batch_encode(w->arena, &batch, ret, err);
}

/* Every node adds one column at most. */
static size_t count_columns(const vgi_filter *filter)
{
    size_t n = 1;

    for (size_t i = 0; i < filter->n_live; i++)
        n += (size_t)vg_expr_of(filter->live[i]->expression)->nodes;
    return n;
}

vgi_status vgi_filter_encode(vgi_filter *filter, bool as_hints, vgi_bytes *ret, vgi_error *err)
{
    writer w = {.arena = &filter->encode_arena, .json = {.arena = &filter->encode_arena}, .as_hints = as_hints};
    size_t count = 0;

    *ret = (vgi_bytes){0};
    vg_arena_reset(&filter->encode_arena);
    w.max_columns = count_columns(filter);
    w.columns = VG_NEW_ARRAY(w.arena, vgi_array, w.max_columns);
    w.fields = VG_NEW_ARRAY(w.arena, const vgi_field *, w.max_columns);
    if (!w.columns || !w.fields)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a filter");
    w.n_columns = 1;
    put(&w, "{\"encoding\":\"vgi.filters.v2\",\"semantics\":\"vgi.duckdb.standard.v1\",\"kind\":\"snapshot\","
            "\"predicates\":[");
    for (size_t i = 0; i < filter->n_live; i++)
        VGI_TRY(put_predicate(&w, filter->live[i], &count, err));
    put(&w, "]}");
    return count ? encode(&w, ret, err) : VGI_OK;
}
