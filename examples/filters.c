/* A scan that is told what the query asks for. libvgi takes out the rows that do not fit, so nothing has to be done for
 * right answers; this function looks at the filter to make fewer rows in the first place.
 *
 *   ATTACH 'filters' (TYPE vgi, LOCATION 'build/release/bin/filters');
 *   SELECT * FROM filters.main.cubes(1000000) WHERE n >= 999990 AND cube % 2 = 0;  -- visits 10 numbers
 *   SELECT * FROM filters.main.cubes(1000000) ORDER BY n LIMIT 3;  -- stops where the engine has seen enough */
#include <vgi/vgi.h>

enum { N, CUBE, VISITED };

struct range {
    int64_t first, last;
};

/* What `n OP literal` leaves of the range. Anything else leaves it as it is: libvgi applies all of the filter. */
static void narrow(struct range *range, const vgi_expr *test)
{
    const vgi_expr *column, *literal;
    int64_t value;

    if (test->kind == VGI_EXPR_AND)
        for (int32_t i = 0; i < test->n_children; i++)
            narrow(range, test->children[i]);
    if (test->kind != VGI_EXPR_COMPARE)
        return;
    column = test->children[0];
    literal = test->children[1];
    if (column->kind != VGI_EXPR_COLUMN || column->index != N || literal->kind != VGI_EXPR_LITERAL ||
        vgi_array_is_null(literal->values, 0))
        return;
    value = vgi_array_i64(literal->values, 0);
    if ((test->op == VGI_EQ || test->op == VGI_GE || test->op == VGI_GT) && value > range->first)
        range->first = value;
    if ((test->op == VGI_EQ || test->op == VGI_LE || test->op == VGI_LT) && value < range->last)
        range->last = value;
}

static struct range range_of(vgi_call *call, int64_t count)
{
    const vgi_filter *filter = vgi_call_filter(call);
    struct range range = {0, count - 1};

    for (size_t i = 0; i < vgi_filter_count(filter); i++)
        narrow(&range, vgi_filter_get(filter, i)->expression);
    return range;
}

struct cubes {
    int64_t next, visited;
};

/* The filter is asked every time: while the scan runs, the engine may learn more (ORDER BY ... LIMIT). */
static vgi_status cubes_next(vgi_call *call, vgi_batch *out)
{
    struct cubes *c = vgi_cursor(call);
    int64_t *n = vgi_out_i64(vgi_out_column(out, N)), *cube = vgi_out_i64(vgi_out_column(out, CUBE));
    int64_t *visited = vgi_out_i64(vgi_out_column(out, VISITED)), count;
    struct range range;

    VGI_TRY(vgi_arg_i64(call, "count", &count));
    range = range_of(call, count);
    if (c->next < range.first)
        c->next = range.first;
    for (; c->next <= range.last && out->rows < out->capacity; c->next++, out->rows++) {
        n[out->rows] = c->next;
        cube[out->rows] = c->next * c->next * c->next;
        visited[out->rows] = ++c->visited;
    }
    return c->next <= range.last ? VGI_OK : VGI_END;
}

static const vgi_table_function CUBES = {
    .signature = "cubes(count BIGINT) -> TABLE(n BIGINT, cube BIGINT, visited BIGINT)",
    .comment = "The first cubes, and how many numbers were visited for them.",
    .args = VGI_ARGS({"count", .doc = "How many.", .min = "0", .max = "2097152"}),
    .cursor_size = sizeof(struct cubes),
    .batch_rows = 1000,
    .projection_pushdown = true,
    .filter = VGI_FILTER_APPLY,
    .next = cubes_next,
};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&CUBES)};
static const vgi_catalog FILTERS = {.name = "filters", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&FILTERS, argc, argv);
}
