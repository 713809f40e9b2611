/* Filters as SQL (vgi/filter.h): a condition that is true, false or NULL for exactly the rows for which the filter is,
 * in one dialect; parts that the dialect cannot say exactly are left. Values are parameters, so that no text form of
 * one comes between.
 *
 * DuckDB has all of it. SQLite has its own types and its own order: integers, doubles, texts (compared byte by byte:
 * COLLATE BINARY) and blobs are the same there; what is not is left (NaN, unsigned 64-bit numbers, decimals, dates,
 * nested values, casts). */
#include "filter/filter.h"

#include <math.h>
#include <string.h>

#include "arrow/type.h"
#include "base/str.h"
#include "base/text.h"

enum { MOST_SQLITE_PARAMETERS = 900 }; /* sqlite's own limit was 999 for long */

typedef struct printer {
    const vgi_sql_options *options;
    vg_text text;
    const vgi_array **parameters;
    size_t n_parameters, max_parameters;
    bool failed; /* out of memory */
} printer;

static void put(printer *p, const char *text)
{
    vg_text_puts(&p->text, text);
}

static void put_quoted(printer *p, vgi_string name)
{
    put(p, "\"");
    for (size_t i = 0; i < name.size; i++) {
        vg_text_add(&p->text, &name.data[i], 1);
        if (name.data[i] == '"')
            put(p, "\"");
    }
    put(p, "\"");
}

/* ---- what a dialect can say ------------------------------------------------------------------------------------- */

static bool is_sqlite(const printer *p)
{
    return p->options->dialect == VGI_SQL_SQLITE;
}

static bool is_integer(const vgi_field *type)
{
    return type->type >= VGI_TYPE_INT8 && type->type <= VGI_TYPE_UINT32;
}

/* Types whose values SQLite holds and orders as DuckDB does. */
static bool sqlite_has(const vgi_field *type)
{
    if (type->metadata.count && (vg_field_is(type, "UUID") || vg_field_is(type, "BIT") || vg_field_is(type, "BIGNUM")))
        return false;
    return type->type == VGI_TYPE_BOOL || is_integer(type) || type->type == VGI_TYPE_FLOAT64 ||
           type->type == VGI_TYPE_UTF8 || type->type == VGI_TYPE_LARGE_UTF8 || type->type == VGI_TYPE_BINARY ||
           type->type == VGI_TYPE_LARGE_BINARY;
}

/* NaN is NULL there; a text ends at its first NUL for some of its functions. */
static bool sqlite_has_value(const vgi_array *array, int64_t i)
{
    if (vgi_array_is_null(array, i) || array->field->type != VGI_TYPE_FLOAT64)
        return true;
    return !isnan(vgi_array_f64(array, i));
}

/* The same class on both sides: SQLite orders numbers, texts and blobs apart. */
static bool sqlite_compares(const vgi_field *a, const vgi_field *b)
{
    const bool a_number = a->type == VGI_TYPE_BOOL || is_integer(a) || a->type == VGI_TYPE_FLOAT64;
    const bool b_number = b->type == VGI_TYPE_BOOL || is_integer(b) || b->type == VGI_TYPE_FLOAT64;

    return a_number == b_number && (a_number || vg_field_is_text(a) == vg_field_is_text(b));
}

static bool can_say_column(const printer *p, const vgi_expr *node)
{
    return (!p->options->column || p->options->column(p->options->user, node->index)) &&
           (!is_sqlite(p) || sqlite_has(node->type));
}

static bool can_say_set(const printer *p, const vgi_expr *node)
{
    if (node->values->length == 0)
        return false;
    if (!is_sqlite(p))
        return true;
    if (node->values->length > MOST_SQLITE_PARAMETERS || !sqlite_has(node->values->field) ||
        !sqlite_compares(node->children[0]->type, node->values->field))
        return false;
    for (int64_t i = 0; i < node->values->length; i++)
        if (!sqlite_has_value(node->values, i))
            return false;
    return true;
}

/* DuckDB says what libvgi evaluates. */
static bool can_say_node(const printer *p, const vgi_expr *node)
{
    switch (node->kind) {
    case VGI_EXPR_COLUMN:
        return can_say_column(p, node);
    case VGI_EXPR_LITERAL:
        return !is_sqlite(p) || (sqlite_has(node->type) && sqlite_has_value(node->values, 0));
    case VGI_EXPR_IN:
        return can_say_set(p, node);
    case VGI_EXPR_COMPARE:
        return !is_sqlite(p) || sqlite_compares(node->children[0]->type, node->children[1]->type);
    case VGI_EXPR_CALL:
        return !is_sqlite(p) || node->op == VGI_STARTS_WITH || node->op == VGI_CONTAINS;
    case VGI_EXPR_FIELD:
    case VGI_EXPR_CAST:
    case VGI_EXPR_ARITHMETIC:
    case VGI_EXPR_NEGATE:
        return !is_sqlite(p);
    default:
        return true;
    }
}

/* A column of any type can be asked for NULL. */
static bool can_say(const printer *p, const vgi_expr *node)
{
    if (!node->is_evaluable)
        return false;
    if (node->kind == VGI_EXPR_IS_NULL && node->children[0]->kind == VGI_EXPR_COLUMN && is_sqlite(p) &&
        node->children[0]->type->type != VGI_TYPE_FLOAT64)
        return !p->options->column || p->options->column(p->options->user, node->children[0]->index);
    if (!can_say_node(p, node))
        return false;
    for (int32_t c = 0; c < node->n_children; c++)
        if (!can_say(p, node->children[c]))
            return false;
    return true;
}

/* ---- saying it -------------------------------------------------------------------------------------------------- */

static void put_node(printer *p, const vgi_expr *node);

/* Element `i` as an array of one element. DuckDB is told its type; SQLite takes the class of what is bound. */
static void put_value(printer *p, const vgi_array *values, int64_t i)
{
    vgi_array *value = VG_NEW(p->text.arena, vgi_array);
    vgi_string type = {0};

    if (!is_sqlite(p))
        type = vg_type_sql(p->text.arena, values->field);
    if (!value || (!is_sqlite(p) && !type.data) || p->n_parameters == p->max_parameters) {
        p->failed = true;
        return;
    }
    *value = *values;
    value->offset += i;
    value->length = 1;
    value->null_count = -1;
    p->parameters[p->n_parameters++] = value;
    put(p, is_sqlite(p) ? "?" : "CAST(? AS ");
    vg_text_add(&p->text, type.data ? type.data : "", type.size);
    put(p, is_sqlite(p) ? "" : ")");
}

static void put_column(printer *p, const vgi_expr *node)
{
    if (p->options->column)
        put(p, p->options->column(p->options->user, node->index));
    else
        put_quoted(p, node->name);
    if (is_sqlite(p) && vg_field_is_text(node->type))
        put(p, " COLLATE BINARY");
}

static void put_between(printer *p, const vgi_expr *node, const char *word)
{
    put(p, "(");
    for (int32_t c = 0; c < node->n_children; c++) {
        put(p, c ? word : "");
        put_node(p, node->children[c]);
    }
    put(p, ")");
}

static void put_call(printer *p, const vgi_expr *node)
{
    static const char *const NAMES[] = {[VGI_STARTS_WITH] = "starts_with(",
                                        [VGI_ENDS_WITH] = "ends_with(",
                                        [VGI_CONTAINS] = "contains(",
                                        [VGI_LIST_CONTAINS] = "list_contains("};

    put(p, is_sqlite(p) ? "(instr(" : NAMES[node->op]);
    put_node(p, node->children[0]);
    put(p, ", ");
    put_node(p, node->children[1]);
    put(p, !is_sqlite(p) ? ")" : node->op == VGI_STARTS_WITH ? ") = 1)" : ") > 0)");
}

static void put_in(printer *p, const vgi_expr *node)
{
    put(p, "(");
    put_node(p, node->children[0]);
    put(p, node->negated ? " NOT IN (" : " IN (");
    for (int64_t i = 0; i < node->values->length; i++) {
        put(p, i ? ", " : "");
        put_value(p, node->values, i);
    }
    put(p, "))");
}

static void put_cast(printer *p, const vgi_expr *node)
{
    const vgi_string type = vg_type_sql(p->text.arena, node->type);

    put(p, "CAST(");
    put_node(p, node->children[0]);
    put(p, " AS ");
    vg_text_add(&p->text, type.data ? type.data : "", type.size);
    put(p, ")");
    p->failed = p->failed || !type.data;
}

static const char *const SIGNS[][2] = {
    [VGI_EQ] = {" = ", " = "},
    [VGI_NE] = {" <> ", " <> "},
    [VGI_LT] = {" < ", " < "},
    [VGI_LE] = {" <= ", " <= "},
    [VGI_GT] = {" > ", " > "},
    [VGI_GE] = {" >= ", " >= "},
    [VGI_DISTINCT] = {" IS DISTINCT FROM ", " IS NOT "},
    [VGI_NOT_DISTINCT] = {" IS NOT DISTINCT FROM ", " IS "},
    [VGI_ADD] = {" + ", NULL},
    [VGI_SUBTRACT] = {" - ", NULL},
    [VGI_MULTIPLY] = {" * ", NULL},
};

static void put_node(printer *p, const vgi_expr *node)
{
    switch (node->kind) {
    case VGI_EXPR_COLUMN:
        put_column(p, node);
        return;
    case VGI_EXPR_LITERAL:
        put_value(p, node->values, 0);
        return;
    case VGI_EXPR_AND:
        put_between(p, node, " AND ");
        return;
    case VGI_EXPR_OR:
        put_between(p, node, " OR ");
        return;
    case VGI_EXPR_IN:
        put_in(p, node);
        return;
    case VGI_EXPR_CAST:
        put_cast(p, node);
        return;
    case VGI_EXPR_CALL:
        put_call(p, node);
        return;
    case VGI_EXPR_FIELD:
        put(p, "(");
        put_node(p, node->children[0]);
        put(p, ").");
        put_quoted(p, node->name);
        return;
    case VGI_EXPR_NOT:
    case VGI_EXPR_NEGATE:
        put(p, node->kind == VGI_EXPR_NOT ? "(NOT " : "(- ");
        put_node(p, node->children[0]);
        put(p, ")");
        return;
    case VGI_EXPR_IS_NULL:
        put(p, "(");
        put_node(p, node->children[0]);
        put(p, node->negated ? " IS NOT NULL)" : " IS NULL)");
        return;
    default: /* COMPARE, ARITHMETIC */
        put_between(p, node, SIGNS[node->op][is_sqlite(p)]);
    }
}

/* ---- predicates ------------------------------------------------------------------------------------------------- */

typedef struct left_list {
    const vgi_expr **items;
    size_t count;
} left_list;

/* What AND joins can be said in parts. True if all of it was. */
static bool put_parts(printer *p, const vgi_expr *node, left_list *left)
{
    bool whole = true;

    if (can_say(p, node)) {
        put(p, p->text.size ? " AND " : "");
        put_node(p, node);
        return true;
    }
    if (node->kind != VGI_EXPR_AND) {
        left->items[left->count++] = node;
        return false;
    }
    for (int32_t c = 0; c < node->n_children; c++)
        whole = put_parts(p, node->children[c], left) && whole;
    return whole;
}

static void put_all(printer *p, vgi_filter *filter, bool required, left_list *left)
{
    for (size_t i = 0; i < filter->n_live; i++) {
        vg_entry *entry = (vg_entry *)(uintptr_t)filter->live[i];

        if (entry->predicate.required != required || entry->predicate.is_taken)
            continue;
        entry->is_printed = put_parts(p, entry->predicate.expression, left);
    }
}

/* As many parameters as there are values, and as many parts as there are nodes, at most. */
static vgi_status count_values(void *user, const vgi_expr *node, int depth)
{
    size_t *counts = user;

    (void)depth;
    counts[0] += node->values ? (size_t)node->values->length : 0;
    counts[1]++;
    return VGI_OK;
}

vgi_status vgi_filter_print(vgi_filter *filter, const vgi_sql_options *options, vgi_sql *ret, vgi_error *err)
{
    printer p = {.options = options, .text = {.arena = &filter->print_arena}};
    size_t counts[2] = {0, 0};
    left_list left = {0};

    *ret = (vgi_sql){0};
    vg_arena_reset(&filter->print_arena);
    for (size_t i = 0; i < filter->n_live; i++)
        VGI_TRY(vgi_expr_walk(filter->live[i]->expression, count_values, counts));
    p.max_parameters = counts[0];
    p.parameters = VG_NEW_ARRAY(p.text.arena, const vgi_array *, counts[0]);
    left.items = VG_NEW_ARRAY(p.text.arena, const vgi_expr *, counts[1]);
    if (!p.parameters || !left.items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for the SQL of a filter");
    put_all(&p, filter, true, &left);
    ret->n_left_required = left.count;
    put_all(&p, filter, false, &left);
    ret->text = vg_text_take(&p.text);
    if (p.failed || !ret->text.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for the SQL of a filter");
    ret->parameters = p.parameters;
    ret->n_parameters = p.n_parameters;
    ret->left = left.items;
    ret->n_left = left.count;
    return VGI_OK;
}

void vgi_filter_take_printed(vgi_filter *filter)
{
    for (size_t i = 0; i < filter->n_live; i++)
        if (((const vg_entry *)(const void *)filter->live[i])->is_printed)
            vgi_filter_take(filter, i);
}
