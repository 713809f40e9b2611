/* Structs out and in: point('3,4') = {'x': 3, 'y': 4}, norm2({'x': 3, 'y': 4}) = 25.
 *
 *   ATTACH 'structs' (TYPE vgi, LOCATION 'build/release/bin/structs');
 *   SELECT structs.main.point('3,4').x, structs.main.norm2({'x': 3, 'y': 4}); */
#include <stdio.h>

#include <vgi/vgi.h>

/* Each member is appended to its child, then vgi_append_struct ends the struct. Text that is no point gives NULL. */
static vgi_status point(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    (void)call;
    VGI_EACH_ROW(in, i) {
        vgi_string text = vgi_text(in, 0, i);
        char copy[100];
        double x, y;

        snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
        if (sscanf(copy, "%lf,%lf", &x, &y) != 2) {
            vgi_append_null(out);
            continue;
        }
        vgi_append_f64(vgi_child(out, 0), x);
        vgi_append_f64(vgi_child(out, 1), y);
        vgi_append_struct(out);
    }
    return VGI_OK;
}

/* Members of an input struct are child arrays with the same rows. A NULL member makes a NULL result here. */
static vgi_status norm2(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const vgi_array *x = &in->columns[0].children[0], *y = &in->columns[0].children[1];
    double *square = vgi_out_f64(out);

    (void)call;
    VGI_EACH_ROW(in, i) {
        if (vgi_array_is_null(x, i) || vgi_array_is_null(y, i))
            vgi_set_null(out, i);
        else
            square[i] = vgi_array_f64(x, i) * vgi_array_f64(x, i) + vgi_array_f64(y, i) * vgi_array_f64(y, i);
    }
    return VGI_OK;
}

static const vgi_scalar POINT = {
    .signature = "point(text VARCHAR) -> STRUCT(x DOUBLE, y DOUBLE)",
    .comment = "Reads `x,y`.",
    .map = point,
};
static const vgi_scalar NORM2 = {
    .signature = "norm2(p STRUCT(x DOUBLE, y DOUBLE)) -> DOUBLE",
    .comment = "The square of a point's distance from the origin.",
    .map = norm2,
};
static const vgi_schema MAIN = {.name = "main", .scalars = VGI_SCALARS(&POINT, &NORM2)};
static const vgi_catalog STRUCTS = {.name = "structs", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&STRUCTS, argc, argv);
}
