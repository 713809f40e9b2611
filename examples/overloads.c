/* One name, several functions; any type; any number of arguments.
 *
 *   ATTACH 'overloads' (TYPE vgi, LOCATION 'build/release/bin/overloads');
 *   SELECT overloads.main.twice(21), overloads.main.twice('ab'), overloads.main.first_of(NULL, 'b', 'c'); */
#include <string.h>

#include <vgi/vgi.h>

static vgi_status twice_number(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const int64_t *n = vgi_i64(in, 0);
    int64_t *doubled = vgi_out_i64(out);

    VGI_EACH_ROW(in, i)
        if (__builtin_mul_overflow(n[i], 2, &doubled[i]))
            return vgi_fail(call, VGI_ERR_VALUE, "twice %" PRId64 " overflows BIGINT", n[i]);
    return VGI_OK;
}

static vgi_status twice_text(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    VGI_EACH_ROW(in, i) {
        vgi_string text = vgi_text(in, 0, i);
        char *both = vgi_alloc(call, 2 * text.size + 1);

        if (!both)
            return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
        memcpy(both, text.data, text.size);
        memcpy(both + text.size, text.data, text.size);
        vgi_append_text(out, both, 2 * text.size);
    }
    return VGI_OK;
}

/* bind sees the types of the arguments, and decides what the function gives. A bare NULL has a type of its own. */
static vgi_status first_of_bind(vgi_call *call)
{
    const vgi_arrow_schema *input = vgi_input_schema(call);
    const vgi_field *type = NULL;

    if (input->n_fields == 0)
        return vgi_fail(call, VGI_ERR_ARGUMENT, "first_of needs an argument");
    for (int32_t c = 0; c < input->n_fields; c++) {
        const vgi_field *own = input->fields[c];

        if (type && own->type != VGI_TYPE_NULL && own->type != type->type)
            return vgi_fail(call, VGI_ERR_TYPE, "argument %d is %s; those before it are %s", c + 1,
                            vgi_type_name(own->type), vgi_type_name(type->type));
        if (own->type != VGI_TYPE_NULL)
            type = own;
    }
    return vgi_bind_result_as(call, type ? type : input->fields[0]);
}

/* Values of any type are copied without looking into them. */
static vgi_status first_of(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    (void)call;
    VGI_EACH_ROW(in, i) {
        int32_t c = 0;

        while (c < in->n_columns && vgi_is_null(in, c, i))
            ++c;
        if (c < in->n_columns)
            vgi_append_value(out, &in->columns[c], i);
        else
            vgi_append_null(out);
    }
    return VGI_OK;
}

static const vgi_scalar TWICE_NUMBER = {.signature = "twice(n BIGINT) -> BIGINT", .map = twice_number};
static const vgi_scalar TWICE_TEXT = {.signature = "twice(text VARCHAR) -> VARCHAR", .map = twice_text};
static const vgi_scalar FIRST_OF = {
    .signature = "first_of(VARIADIC candidates ANY) -> ANY",
    .comment = "The first argument that is not NULL.",
    .null_handling = VGI_NULL_SPECIAL,
    .bind = first_of_bind,
    .map = first_of,
};
static const vgi_schema MAIN = {.name = "main", .scalars = VGI_SCALARS(&TWICE_NUMBER, &TWICE_TEXT, &FIRST_OF)};
static const vgi_catalog OVERLOADS = {.name = "overloads", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&OVERLOADS, argc, argv);
}
