/* Text in, text out: initials('Ada Lovelace') = 'A.L.', repeat_text('ab', 3) = 'ababab'.
 *
 *   ATTACH 'text' (TYPE vgi, LOCATION 'build/release/bin/text');
 *   SELECT text.main.initials(name) FROM (VALUES ('Ada Lovelace'), (NULL)) t(name); */
#include <vgi/vgi.h>

/* Appended values fill the rows that VGI_EACH_ROW visits; the others are NULL. What vgi_alloc gives is freed with the
 * batch. */
static vgi_status initials(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    VGI_EACH_ROW(in, i) {
        vgi_string name = vgi_text(in, 0, i); /* not NUL-terminated */
        char *letters = vgi_alloc(call, 2 * name.size + 1);
        size_t used = 0;

        if (!letters)
            return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
        for (size_t k = 0; k < name.size; k++)
            if (name.data[k] != ' ' && (k == 0 || name.data[k - 1] == ' ')) {
                letters[used++] = name.data[k];
                letters[used++] = '.';
            }
        vgi_append_text(out, letters, used);
    }
    return VGI_OK;
}

/* `times` is a constant of the query, checked against its range before this runs. */
static vgi_status repeat_text(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    int64_t times;

    VGI_TRY(vgi_arg_i64(call, "times", &times));
    VGI_EACH_ROW(in, i) {
        vgi_string text = vgi_text(in, 0, i);
        char *copies = vgi_alloc(call, text.size * (size_t)times + 1);

        if (!copies)
            return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
        for (size_t k = 0; k < text.size * (size_t)times; k++)
            copies[k] = text.data[k % text.size];
        vgi_append_text(out, copies, text.size * (size_t)times);
    }
    return VGI_OK;
}

static const vgi_scalar INITIALS = {
    .signature = "initials(name VARCHAR) -> VARCHAR",
    .comment = "The first letter of each word.",
    .examples = VGI_EXAMPLES({"SELECT text.main.initials('Ada Lovelace')", "Two words", "A.L."}),
    .map = initials,
};
static const vgi_scalar REPEAT_TEXT = {
    .signature = "repeat_text(text VARCHAR, CONST times BIGINT) -> VARCHAR",
    .comment = "The text, several times.",
    .args = VGI_ARGS({"times", .doc = "How often.", .min = "0", .max = "1000"}),
    .map = repeat_text,
};
static const vgi_schema MAIN = {.name = "main", .scalars = VGI_SCALARS(&INITIALS, &REPEAT_TEXT)};
static const vgi_catalog TEXT = {.name = "text", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&TEXT, argc, argv);
}
