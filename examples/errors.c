/* What goes wrong, and where it is said: in bind (before anything starts), in open, in the middle of the rows; with an
 * exception type of one's own; and close, which runs once however the scan ends.
 *
 *   ATTACH 'errors' (TYPE vgi, LOCATION 'build/release/bin/errors');
 *   FROM errors.main.lines('/etc/hostname'); */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vgi/vgi.h>

/* Pure and cheap: the engine binds a query several times. */
static vgi_status lines_bind(vgi_call *call)
{
    vgi_string path;

    VGI_TRY(vgi_arg_text(call, "path", &path)); /* a NULL path fails here, with a sentence */
    if (path.size == 0)
        return vgi_fail(call, VGI_ERR_ARGUMENT, "path is empty; it names the file to read");
    return VGI_OK;
}

/* What cannot travel between processes, a FILE here, lives in vgi_local(); it starts zeroed. */
static vgi_status lines_open(vgi_call *call)
{
    FILE **file = vgi_local(call);
    vgi_string path;
    char *name;

    VGI_TRY(vgi_arg_text(call, "path", &path));
    name = vgi_alloc(call, path.size + 1); /* zeroed: it ends with NUL */
    if (!name)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    memcpy(name, path.data, path.size);
    *file = fopen(name, "r");
    if (!*file)
        return vgi_fail(call, VGI_ERR_IO, "cannot read %s: %s", name, strerror(errno));
    return VGI_OK;
}

static vgi_status lines_next(vgi_call *call, vgi_batch *out)
{
    FILE **file = vgi_local(call);
    char line[4096];

    for (int64_t row = 0; row < out->capacity; row++) {
        size_t size;

        if (!fgets(line, sizeof line, *file))
            return ferror(*file) ? vgi_fail(call, VGI_ERR_IO, "reading failed: %s", strerror(errno)) : VGI_END;
        size = strcspn(line, "\n");
        if (size == sizeof line - 1)
            return vgi_fail_as(call, "LineTooLongError", "a line is longer than %zu bytes", size);
        vgi_append_text(vgi_out_column(out, 0), line, size);
    }
    return VGI_OK;
}

/* After the last row, after a LIMIT, after an error, also after an open that failed. */
static void lines_close(vgi_call *call)
{
    FILE **file = vgi_local(call);

    if (*file)
        fclose(*file);
}

static const vgi_table_function LINES = {
    .signature = "lines(path VARCHAR) -> TABLE(line VARCHAR)",
    .comment = "The lines of a text file.",
    .local_size = sizeof(FILE *),
    .bind = lines_bind,
    .open = lines_open,
    .next = lines_next,
    .close = lines_close,
};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&LINES)};
static const vgi_catalog ERRORS = {.name = "errors", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&ERRORS, argc, argv);
}
