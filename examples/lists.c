/* Lists out and in: words('a b') = ['a', 'b'], total([1, 2, NULL]) = 3.
 *
 *   ATTACH 'lists' (TYPE vgi, LOCATION 'build/release/bin/lists');
 *   SELECT lists.main.words('to be or not'), lists.main.total([1, 2, NULL]); */
#include <vgi/vgi.h>

/* The items of a list are appended to its child; vgi_append_list ends the list. */
static vgi_status words(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    (void)call;
    VGI_EACH_ROW(in, i) {
        vgi_string text = vgi_text(in, 0, i);
        size_t start = 0;

        for (size_t k = 0; k <= text.size; k++)
            if (k == text.size || text.data[k] == ' ') {
                if (k > start)
                    vgi_append_text(vgi_child(out, 0), text.data + start, k - start);
                start = k + 1;
            }
        vgi_append_list(out);
    }
    return VGI_OK;
}

/* A list of the input is a range of the child array. NULL items are the function's business. */
static vgi_status total(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const vgi_array *lists = &in->columns[0], *items = &lists->children[0];
    int64_t *sum = vgi_out_i64(out);

    VGI_EACH_ROW(in, i) {
        int64_t begin, end;

        sum[i] = 0;
        vgi_array_items(lists, i, &begin, &end);
        for (int64_t k = begin; k < end; k++)
            if (!vgi_array_is_null(items, k) && __builtin_add_overflow(sum[i], vgi_array_i64(items, k), &sum[i]))
                return vgi_fail(call, VGI_ERR_VALUE, "row %" PRId64 ": the total overflows BIGINT", i);
    }
    return VGI_OK;
}

static const vgi_scalar WORDS = {
    .signature = "words(text VARCHAR) -> VARCHAR[]",
    .comment = "What stands between blanks.",
    .map = words,
};
static const vgi_scalar TOTAL = {
    .signature = "total(numbers BIGINT[]) -> BIGINT",
    .comment = "The sum of a list, without its NULLs.",
    .map = total,
};
static const vgi_schema MAIN = {.name = "main", .scalars = VGI_SCALARS(&WORDS, &TOTAL)};
static const vgi_catalog LISTS = {.name = "lists", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&LISTS, argc, argv);
}
