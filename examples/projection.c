/* A scan that builds only the columns that the query asks for, and tells how many rows there will be.
 *
 *   ATTACH 'projection' (TYPE vgi, LOCATION 'build/release/bin/projection');
 *   SELECT sum(square) FROM projection.main.squares(1000000);  -- `spelled` is never built */
#include <stdio.h>

#include <vgi/vgi.h>

enum { N, SQUARE, SPELLED };

/* Columns keep their own numbers. One that nobody asked for takes values and drops them: asking vgi_wanted first saves
 * the work of making them. */
static vgi_status squares_next(vgi_call *call, vgi_batch *out)
{
    int64_t *next = vgi_cursor(call), count, start = *next;
    int64_t *n = vgi_out_i64(vgi_out_column(out, N)), *square = vgi_out_i64(vgi_out_column(out, SQUARE));

    VGI_TRY(vgi_arg_i64(call, "count", &count));
    for (; *next < count && out->rows < out->capacity; ++*next, ++out->rows) {
        n[out->rows] = *next;
        if (__builtin_mul_overflow(*next, *next, &square[out->rows]))
            return vgi_fail(call, VGI_ERR_VALUE, "the square of %" PRId64 " overflows BIGINT", *next);
    }
    if (vgi_wanted(call, SPELLED))
        for (int64_t i = start; i < *next; i++) {
            char text[50];
            snprintf(text, sizeof text, "%" PRId64 " squared", i);
            vgi_append_string(vgi_out_column(out, SPELLED), text);
        }
    return *next < count ? VGI_OK : VGI_END;
}

static vgi_status squares_cardinality(vgi_call *call, vgi_cardinality *ret)
{
    ret->has_estimate = ret->has_max = true;
    VGI_TRY(vgi_arg_i64(call, "count", &ret->estimate));
    ret->max = ret->estimate;
    return VGI_OK;
}

static const vgi_table_function SQUARES = {
    .signature = "squares(count BIGINT) -> TABLE(n BIGINT, square BIGINT, spelled VARCHAR)",
    .comment = "The first squares.",
    .args = VGI_ARGS({"count", .doc = "How many.", .min = "0"}),
    .cursor_size = sizeof(int64_t),
    .projection_pushdown = true,
    .cardinality = squares_cardinality,
    .next = squares_next,
};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&SQUARES)};
static const vgi_catalog PROJECTION = {.name = "projection", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&PROJECTION, argc, argv);
}
