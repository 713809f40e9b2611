/* NULLs, both ways: or_else(NULL, 7) = 7 sees NULLs itself; safe_divide(1, 0) gives one of its own.
 *
 *   ATTACH 'nulls' (TYPE vgi, LOCATION 'build/release/bin/nulls');
 *   SELECT nulls.main.or_else(NULL, 7), nulls.main.safe_divide(1, 0); */
#include <vgi/vgi.h>

/* With VGI_NULL_SPECIAL every row is visited, whatever is NULL in it. */
static vgi_status or_else(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const int64_t *a = vgi_i64(in, 0), *b = vgi_i64(in, 1);
    int64_t *chosen = vgi_out_i64(out);

    (void)call;
    VGI_EACH_ROW(in, i) {
        chosen[i] = vgi_is_null(in, 0, i) ? b[i] : a[i];
        if (vgi_is_null(in, 0, i) && vgi_is_null(in, 1, i))
            vgi_set_null(out, i);
    }
    return VGI_OK;
}

/* Without it, rows with a NULL argument are NULL already and not visited; a function may add NULLs of its own. */
static vgi_status safe_divide(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const double *a = vgi_f64(in, 0), *b = vgi_f64(in, 1);
    double *ratio = vgi_out_f64(out);

    (void)call;
    VGI_EACH_ROW(in, i) {
        if (b[i] < 0 || b[i] > 0)
            ratio[i] = a[i] / b[i];
        else
            vgi_set_null(out, i);
    }
    return VGI_OK;
}

static const vgi_scalar OR_ELSE = {
    .signature = "or_else(a BIGINT, b BIGINT) -> BIGINT",
    .comment = "The first of the two that is not NULL.",
    .null_handling = VGI_NULL_SPECIAL,
    .map = or_else,
};
static const vgi_scalar SAFE_DIVIDE = {
    .signature = "safe_divide(a DOUBLE, b DOUBLE) -> DOUBLE",
    .comment = "a / b, NULL where b is 0.",
    .map = safe_divide,
};
static const vgi_schema MAIN = {.name = "main", .scalars = VGI_SCALARS(&OR_ELSE, &SAFE_DIVIDE)};
static const vgi_catalog NULLS = {.name = "nulls", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&NULLS, argc, argv);
}
