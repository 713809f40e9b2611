/* A whole worker: one scalar function, one table function, and a table and a view made of it. */
#include <vgi/vgi.h>

/* VGI_EACH_ROW visits the rows whose arguments are all non-NULL; the result of the others is NULL already. */
static vgi_status add_ints(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const int64_t *a = vgi_i64(in, 0), *b = vgi_i64(in, 1);
    int64_t *sum = vgi_out_i64(out);

    VGI_EACH_ROW(in, i)
        if (__builtin_add_overflow(a[i], b[i], &sum[i]))
            return vgi_fail(call, VGI_ERR_VALUE, "%" PRId64 " + %" PRId64 " is too large for BIGINT", a[i], b[i]);
    return VGI_OK;
}

/* Fills batch after batch. The cursor, here one number, is allocated, zeroed and carried along by libvgi. */
static vgi_status series(vgi_call *call, vgi_batch *out)
{
    int64_t *next = vgi_cursor(call), *n = vgi_out_i64(vgi_out_column(out, 0)), stop;

    VGI_TRY(vgi_arg_i64(call, "stop", &stop));
    while (*next < stop && out->rows < out->capacity)
        n[out->rows++] = (*next)++;
    return *next < stop ? VGI_OK : VGI_END; /* rows already written are sent first */
}

static const vgi_scalar ADD_INTS = {
    .signature = "add_ints(a BIGINT, b BIGINT) -> BIGINT",
    .comment = "The sum of two integers.",
    .map = add_ints,
};
static const vgi_table_function SERIES = {
    .signature = "series(stop BIGINT) -> TABLE(n BIGINT)",
    .comment = "The integers from 0 up to, but not with, stop.",
    .cursor_size = sizeof(int64_t),
    .next = series,
};
static const vgi_table NUMBERS = {.name = "numbers", .scan = "series(1000)", .not_null = VGI_NAMES("n")};
static const vgi_view EVENS = {.name = "evens", .definition = "SELECT n FROM numbers WHERE n % 2 = 0"};
static const vgi_schema MAIN = {
    .name = "main",
    .scalars = VGI_SCALARS(&ADD_INTS),
    .table_functions = VGI_TABLE_FUNCTIONS(&SERIES),
    .tables = VGI_TABLES(&NUMBERS),
    .views = VGI_VIEWS(&EVENS),
};
static const vgi_catalog HELLO = {.name = "hello", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&HELLO, argc, argv);
}
