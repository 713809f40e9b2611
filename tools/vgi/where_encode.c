/* A filter as the engine sends it (where.h; vgi.md §9, encoding v2): one row, whose first column is the tree as JSON,
 * and whose others are the literals that the tree refers to. What is joined by AND at the top becomes predicates of
 * their own, advisory ones: a worker that cannot evaluate one leaves it, instead of failing. A predicate that holds a
 * literal NULL, or is larger than the encoding's limits, is left out. Rows are filtered here in any case, so that
 * fewer predicates only mean more rows on the way. */
#include <string.h>

#include "where.h"

enum { MOST_NODES = 8000, MOST_PREDICATES = 1000, MOST_JSON = 900000, MOST_LEVELS = 60 };

static const char *const COMPARISONS[] = {"eq", "ne", "lt", "le", "gt", "ge"};

typedef struct writer {
    cli *c;
    const cli_where *where;
    cli_text json;
    vgi_array *values; /* the columns behind the JSON */
    size_t n_values, n_nodes, n_predicates;
} writer;

/* ---- literals --------------------------------------------------------------------------------------------------- */

/* The field of value_N: the literal's type, without what the column's field says besides. */
static const vgi_field *value_field(writer *w, const vgi_field *type)
{
    vgi_field *field = cli_keep(w->c, sizeof *field);
    cli_text name = {0};

    *field = *type;
    cli_text_printf(&name, "value_%zu", w->n_values);
    field->name = cli_keep_text(w->c, name.data, name.size);
    field->nullable = true;
    field->metadata = (vgi_metadata){0};
    cli_text_free(&name);
    return field;
}

static size_t width_of(const vgi_field *field)
{
    static const uint8_t WIDTHS[VGI_TYPE_COUNT] = {
        [VGI_TYPE_INT8] = 1,      [VGI_TYPE_INT16] = 2,   [VGI_TYPE_INT32] = 4,       [VGI_TYPE_INT64] = 8,
        [VGI_TYPE_UINT8] = 1,     [VGI_TYPE_UINT16] = 2,  [VGI_TYPE_UINT32] = 4,      [VGI_TYPE_UINT64] = 8,
        [VGI_TYPE_FLOAT32] = 4,   [VGI_TYPE_FLOAT64] = 8, [VGI_TYPE_DECIMAL128] = 16, [VGI_TYPE_DATE32] = 4,
        [VGI_TYPE_TIMESTAMP] = 8,
    };

    return WIDTHS[field->type];
}

static bool has_wide_offsets(const vgi_field *field)
{
    return field->type == VGI_TYPE_LARGE_UTF8 || field->type == VGI_TYPE_LARGE_BINARY;
}

/* Texts one behind the other, with their offsets. */
static void join_texts(writer *w, const cli_where_node *node, vgi_array *ret)
{
    bool wide = has_wide_offsets(ret->field);
    char *offsets = cli_keep(w->c, (node->count + 1) * 8), *bytes;
    int64_t size = 0;

    for (size_t i = 0; i < node->count; i++)
        size += (int64_t)vgi_array_blob(node->items[i], 0).size;
    bytes = cli_keep(w->c, (size_t)size + 1);
    size = 0;
    for (size_t i = 0; i < node->count; i++) {
        vgi_bytes text = vgi_array_blob(node->items[i], 0);
        int32_t narrow;

        if (text.size)
            memcpy(bytes + size, text.data, text.size);
        size += (int64_t)text.size;
        narrow = (int32_t)size;
        memcpy(offsets + (i + 1) * (wide ? 8 : 4), wide ? (const void *)&size : (const void *)&narrow, wide ? 8 : 4);
    }
    ret->buffers[0] = offsets;
    ret->buffers[1] = bytes;
}

/* The literals of an IN as one array. */
static void join(writer *w, const cli_where_node *node, const vgi_field *field, vgi_array *ret)
{
    size_t width = width_of(field);
    uint8_t *bytes;

    *ret = (vgi_array){.field = field, .length = (int64_t)node->count};
    if (field->type != VGI_TYPE_BOOL && !width) {
        join_texts(w, node, ret);
        return;
    }
    bytes = cli_keep(w->c, node->count * (width + 1) + 8);
    for (size_t i = 0; i < node->count; i++) {
        const vgi_array *item = node->items[i];

        if (width)
            memcpy(bytes + i * width, (const char *)item->buffers[0] + (size_t)item->offset * width, width);
        else if (vgi_array_bool(item, 0))
            bytes[i / 8] = (uint8_t)(bytes[i / 8] | 1 << i % 8);
    }
    ret->buffers[0] = bytes;
}

/* A column of one value: the literal, or the list of them. Returns its N. */
static size_t add_value(writer *w, const cli_where_node *node)
{
    vgi_array *value = &w->values[w->n_values];

    if (node->kind == CLI_WHERE_IN) {
        vgi_field *list = cli_keep(w->c, sizeof *list), *item = cli_keep(w->c, sizeof *item);
        const vgi_field **children = cli_keep(w->c, sizeof *children);
        vgi_array *items = cli_keep(w->c, sizeof *items);
        int32_t *offsets = cli_keep(w->c, 2 * sizeof *offsets);

        *item = *value_field(w, node->items[0]->field);
        item->name = vgi_str("item");
        children[0] = item;
        *list = (vgi_field){.type = VGI_TYPE_LIST, .n_children = 1, .children = children};
        join(w, node, item, items);
        offsets[1] = (int32_t)node->count;
        *value = (vgi_array){
            .field = value_field(w, list), .length = 1, .n_children = 1, .children = items, .buffers = {offsets}};
    } else {
        *value = *node->items[0];
        value->field = value_field(w, value->field);
    }
    return w->n_values++;
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static bool can_be_sent(const cli_where_node *node, int level)
{
    if (level > MOST_LEVELS)
        return false;
    if (node->kind == CLI_WHERE_AND || node->kind == CLI_WHERE_OR)
        return can_be_sent(node->left, node->left->kind == node->kind ? level : level + 1) &&
               can_be_sent(node->right, level + 1);
    if (node->kind == CLI_WHERE_NOT)
        return can_be_sent(node->left, level + 1);
    for (size_t i = 0; i < node->count; i++)
        if (!node->items[i])
            return false;
    return true;
}

static void put(writer *w, const cli_where_node *node);

/* a AND b AND c is one node of three children. */
static void put_children(writer *w, const cli_where_node *node, cli_where_kind kind)
{
    if (node->kind != kind) {
        put(w, node);
        return;
    }
    put_children(w, node->left, kind);
    cli_text_char(&w->json, ',');
    put(w, node->right);
}

static void put_column(writer *w, int32_t column)
{
    cli_text_printf(&w->json, "{\"node\":\"column_ref\",\"column_index\":%d,\"column_name\":", column);
    cli_text_json(&w->json, w->where->columns->fields[column]->name);
    cli_text_char(&w->json, '}');
}

static void put_leaf(writer *w, const cli_where_node *node)
{
    const char *negated = node->negated ? "true" : "false";

    if (node->kind == CLI_WHERE_COMPARE) {
        cli_text_printf(&w->json, "{\"node\":\"comparison\",\"op\":\"%s\",\"left\":", COMPARISONS[node->compare]);
        put_column(w, node->column);
        cli_text_printf(&w->json, ",\"right\":{\"node\":\"literal\",\"value_ref\":%zu}}", add_value(w, node));
        w->n_nodes++;
    } else if (node->kind == CLI_WHERE_IN) {
        cli_text_puts(&w->json, "{\"node\":\"in\",\"expression\":");
        put_column(w, node->column);
        cli_text_printf(&w->json, ",\"set\":{\"kind\":\"literal\",\"value_ref\":%zu},\"negated\":%s}",
                        add_value(w, node), negated);
    } else {
        cli_text_puts(&w->json, "{\"node\":\"is_null\",\"expression\":");
        put_column(w, node->column);
        cli_text_printf(&w->json, ",\"negated\":%s}", negated);
    }
    w->n_nodes++;
}

static void put(writer *w, const cli_where_node *node)
{
    w->n_nodes++;
    if (node->kind == CLI_WHERE_AND || node->kind == CLI_WHERE_OR) {
        cli_text_printf(&w->json, "{\"node\":\"%s\",\"children\":[", node->kind == CLI_WHERE_AND ? "and" : "or");
        put_children(w, node, node->kind);
        cli_text_puts(&w->json, "]}");
    } else if (node->kind == CLI_WHERE_NOT) {
        cli_text_puts(&w->json, "{\"node\":\"not\",\"expression\":");
        put(w, node->left);
        cli_text_char(&w->json, '}');
    } else {
        put_leaf(w, node);
    }
}

static void put_predicates(writer *w, const cli_where_node *node)
{
    size_t size = w->json.size, values = w->n_values, nodes = w->n_nodes;

    if (node->kind == CLI_WHERE_AND) {
        put_predicates(w, node->left);
        put_predicates(w, node->right);
        return;
    }
    if (!can_be_sent(node, 1) || w->n_predicates == MOST_PREDICATES)
        return;
    cli_text_printf(&w->json,
                    "%s{\"id\":\"where_%zu\",\"revision\":0,\"mode\":\"advisory\",\"source\":\"query\",\"expression\":",
                    w->n_predicates ? "," : "", w->n_predicates);
    put(w, node);
    cli_text_char(&w->json, '}');
    if (w->n_nodes > MOST_NODES || w->json.size > MOST_JSON) {
        w->json.size = size;
        w->n_values = values;
        w->n_nodes = nodes;
    } else {
        w->n_predicates++;
    }
}

static size_t count_leaves(const cli_where_node *node)
{
    return node ? 1 + count_leaves(node->left) + count_leaves(node->right) : 0;
}

/* ---- the batch -------------------------------------------------------------------------------------------------- */

static vgi_status encode(writer *w, vgi_bytes *ret, vgi_error *err)
{
    static const vgi_key_value METADATA[] = {
        {VGI_STR("vgi_filter_encoding"), VGI_STR("vgi.filters.v2")},
        {VGI_STR("vgi_filter_version"), VGI_STR("2")},
        {VGI_STR("vgi_evaluation_context"), VGI_STR("vgi.none.v1")},
    };
    static const vgi_field SPEC = {.name = VGI_STR("filter_spec"), .type = VGI_TYPE_UTF8};
    const int32_t offsets[2] = {0, (int32_t)w->json.size};
    const vgi_field **fields = cli_keep(w->c, (w->n_values + 1) * sizeof *fields);
    vgi_array *columns = cli_keep(w->c, (w->n_values + 1) * sizeof *columns);
    const vgi_arrow_schema schema = {.n_fields = (int32_t)w->n_values + 1, .fields = fields, .metadata = {METADATA, 3}};
    const vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = schema.n_fields, .columns = columns};

    columns[0] = (vgi_array){.field = &SPEC, .length = 1, .buffers = {offsets, w->json.data}};
    fields[0] = &SPEC;
    for (size_t i = 0; i < w->n_values; i++) {
        columns[i + 1] = w->values[i];
        fields[i + 1] = w->values[i].field;
    }
    return vgi_batch_encode(w->c->result, &batch, ret, err);
}

int cli_where_encode(cli *c, const cli_where *where, vgi_bytes *ret)
{
    writer w = {.c = c, .where = where};
    vgi_error err = {0};
    vgi_status status = VGI_OK;

    *ret = (vgi_bytes){0};
    w.values = cli_keep(c, (count_leaves(where->root) + 1) * sizeof *w.values);
    cli_text_puts(&w.json, "{\"encoding\":\"vgi.filters.v2\",\"semantics\":\"vgi.duckdb.standard.v1\","
                           "\"kind\":\"snapshot\",\"predicates\":[");
    put_predicates(&w, where->root);
    cli_text_puts(&w.json, "]}");
    if (w.n_predicates)
        status = encode(&w, ret, &err);
    cli_text_free(&w.json);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}
