/* A filter, evaluated (where.h): SQL's three truths, DuckDB's order (NaN equals itself and lies above all numbers,
 * text by its bytes). One row a type: how two of its values compare. Called by stream.c on every batch. */
#include "where.h"

#include <math.h>
#include <string.h>

#include "contents.h"

typedef enum truth { IS_FALSE, IS_UNKNOWN, IS_TRUE } truth; /* AND is the least, OR the greatest */

/* Less than, equal to, or greater than 0. */
typedef int compare_values(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k);

/* ---- two values of a type --------------------------------------------------------------------------------------- */

static int compare_bool(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    return (int)vgi_array_bool(a, i) - (int)vgi_array_bool(b, k);
}

static int compare_i64(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    int64_t x = vgi_array_i64(a, i), y = vgi_array_i64(b, k);

    return (x > y) - (x < y);
}

static const void *fixed(const vgi_array *array, int64_t i, size_t width)
{
    return (const char *)array->buffers[0] + (size_t)(array->offset + i) * width;
}

static int compare_u64(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    uint64_t x, y;

    memcpy(&x, fixed(a, i, sizeof x), sizeof x);
    memcpy(&y, fixed(b, k, sizeof y), sizeof y);
    return (x > y) - (x < y);
}

static int compare_float(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    double x = vgi_array_f64(a, i), y = vgi_array_f64(b, k);

    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return (x > y) - (x < y);
}

__extension__ typedef __int128 i128;

static int compare_decimal(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    i128 x, y;

    memcpy(&x, fixed(a, i, sizeof x), sizeof x);
    memcpy(&y, fixed(b, k, sizeof y), sizeof y);
    return (x > y) - (x < y);
}

static int compare_bytes(vgi_bytes a, vgi_bytes b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_text(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    vgi_string x = vgi_array_text(a, i), y = vgi_array_text(b, k);

    return compare_bytes((vgi_bytes){(const uint8_t *)x.data, x.size}, (vgi_bytes){(const uint8_t *)y.data, y.size});
}

static int compare_blob(const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    return compare_bytes(vgi_array_blob(a, i), vgi_array_blob(b, k));
}

static compare_values *const TYPES[VGI_TYPE_COUNT] = {
    [VGI_TYPE_BOOL] = compare_bool,     [VGI_TYPE_INT8] = compare_i64,
    [VGI_TYPE_INT16] = compare_i64,     [VGI_TYPE_INT32] = compare_i64,
    [VGI_TYPE_INT64] = compare_i64,     [VGI_TYPE_UINT8] = compare_i64,
    [VGI_TYPE_UINT16] = compare_i64,    [VGI_TYPE_UINT32] = compare_i64,
    [VGI_TYPE_UINT64] = compare_u64,    [VGI_TYPE_FLOAT32] = compare_float,
    [VGI_TYPE_FLOAT64] = compare_float, [VGI_TYPE_DECIMAL128] = compare_decimal,
    [VGI_TYPE_UTF8] = compare_text,     [VGI_TYPE_LARGE_UTF8] = compare_text,
    [VGI_TYPE_BINARY] = compare_blob,   [VGI_TYPE_LARGE_BINARY] = compare_blob,
    [VGI_TYPE_DATE32] = compare_i64,    [VGI_TYPE_TIMESTAMP] = compare_i64,
};

static compare_values *order_of(const vgi_field *field)
{
    if (field->type != VGI_TYPE_DICTIONARY)
        return TYPES[field->type];
    return field->dictionary &&
                   (field->dictionary->type == VGI_TYPE_UTF8 || field->dictionary->type == VGI_TYPE_LARGE_UTF8)
               ? compare_text
               : NULL;
}

bool cli_where_compares(const vgi_field *field)
{
    return order_of(field) != NULL;
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static bool holds(cli_compare compare, int order)
{
    switch (compare) {
    case CLI_EQ:
        return order == 0;
    case CLI_NE:
        return order != 0;
    case CLI_LT:
        return order < 0;
    case CLI_LE:
        return order <= 0;
    case CLI_GT:
        return order > 0;
    case CLI_GE:
        return order >= 0;
    }
    return false;
}

/* x IN (): like x = a OR x = b OR ... */
static truth look_in(const cli_where_node *node, const vgi_array *column, int64_t i)
{
    compare_values *order = order_of(column->field);
    truth found = IS_FALSE;

    for (size_t k = 0; k < node->count && found != IS_TRUE; k++)
        if (!node->items[k])
            found = IS_UNKNOWN;
        else if (order(column, i, node->items[k], 0) == 0)
            found = IS_TRUE;
    return node->negated ? (truth)(IS_TRUE - found) : found;
}

static truth look_at(const cli_where *where, const cli_where_node *node, const vgi_batch *batch, int64_t i)
{
    const vgi_array *column = &batch->columns[where->stream_columns[node->column]];
    bool is_null =
        vgi_array_is_null(column, i) || (column->field->type == VGI_TYPE_DICTIONARY && !vgi_array_text(column, i).data);

    if (node->kind == CLI_WHERE_IS_NULL)
        return is_null != node->negated ? IS_TRUE : IS_FALSE;
    if (is_null)
        return IS_UNKNOWN;
    if (node->kind == CLI_WHERE_IN)
        return look_in(node, column, i);
    if (!node->items[0])
        return IS_UNKNOWN;
    return holds(node->compare, order_of(column->field)(column, i, node->items[0], 0)) ? IS_TRUE : IS_FALSE;
}

static truth evaluate(const cli_where *where, const cli_where_node *node, const vgi_batch *batch, int64_t i)
{
    truth left, right;

    switch (node->kind) {
    case CLI_WHERE_NOT:
        return (truth)(IS_TRUE - evaluate(where, node->left, batch, i));
    case CLI_WHERE_AND:
        left = evaluate(where, node->left, batch, i);
        right = left == IS_FALSE ? IS_FALSE : evaluate(where, node->right, batch, i);
        return left < right ? left : right;
    case CLI_WHERE_OR:
        left = evaluate(where, node->left, batch, i);
        right = left == IS_TRUE ? IS_TRUE : evaluate(where, node->right, batch, i);
        return left > right ? left : right;
    default:
        return look_at(where, node, batch, i);
    }
}

size_t cli_where_select(const cli_where *where, const vgi_batch *batch, int64_t *ret_rows)
{
    size_t count = 0;

    for (int64_t i = 0; i < batch->rows; i++)
        if (evaluate(where, where->root, batch, i) == IS_TRUE)
            ret_rows[count++] = i;
    return count;
}

static bool is_same_type(cli *c, const vgi_field *a, const vgi_field *b)
{
    return vgi_string_equal(vgi_type_sql(c->result, a), vgi_type_sql(c->result, b)) && order_of(a) == order_of(b) &&
           a->unit == b->unit && a->scale == b->scale;
}

/* A literal was read for the table's type; another in the stream could not be compared with it. */
int cli_where_bind(cli *c, cli_where *where, const vgi_arrow_schema *stream)
{
    for (int32_t k = 0; k < where->columns->n_fields; k++) {
        const vgi_field *column = where->columns->fields[k];
        int32_t at = 0;

        where->stream_columns[k] = -1;
        if (!where->reads[k])
            continue;
        while (at < stream->n_fields && !cli_same_name(stream->fields[at]->name, column->name))
            at++;
        if (at == stream->n_fields)
            return cli_tell(c, CLI_FAILED, "the worker does not send the column '%s'", cli_cstr(c, column->name));
        if (!is_same_type(c, stream->fields[at], column))
            return cli_tell(c, CLI_FAILED, "the worker sends the column '%s' as %s, which its table says is %s",
                            cli_cstr(c, column->name), cli_cstr(c, vgi_type_sql(c->result, stream->fields[at])),
                            cli_cstr(c, vgi_type_sql(c->result, column)));
        where->stream_columns[k] = at;
    }
    return CLI_OK;
}
