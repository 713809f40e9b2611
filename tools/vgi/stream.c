/* A run of a function, printed as it comes (stream.h): the rows that a filter leaves, the columns that are shown.
 * Used by scan.c and call.c. */
#include "stream.h"

#include <stdlib.h>

#include "contents.h"
#include "progress.h"

typedef struct printer {
    cli *c;
    const cli_stream *stream;
    cli_out *out;
    vgi_arrow_schema schema; /* what is shown */
    int32_t *columns;        /* of the run, by column shown */
    vgi_result *scratch;     /* of one batch; where there is a filter */
    int64_t *rows;           /* that the filter leaves; room for `room` */
    int64_t room;
    int64_t left; /* of the limit; negative: no limit */
} printer;

static int choose_columns(printer *p, const vgi_arrow_schema *all)
{
    const vgi_field **fields = cli_keep(p->c, ((size_t)all->n_fields + 1) * sizeof *fields);
    int32_t count = 0;

    p->columns = cli_keep(p->c, ((size_t)all->n_fields + 1) * sizeof *p->columns);
    for (int32_t k = 0; k < all->n_fields; k++) {
        const char *const *shown = p->stream->shown;

        while (shown && *shown && !cli_same_name(vgi_str(*shown), all->fields[k]->name))
            shown++;
        if (shown && !*shown)
            continue;
        p->columns[count] = k;
        fields[count++] = all->fields[k];
    }
    p->schema = (vgi_arrow_schema){.n_fields = count, .fields = fields, .metadata = all->metadata};
    return cli_out_begin(p->c, &p->schema, false, &p->out);
}

/* The columns that are shown, uncopied. */
static vgi_batch project(const printer *p, const vgi_batch *batch, vgi_array *columns)
{
    vgi_batch ret = *batch;

    for (int32_t k = 0; k < p->schema.n_fields; k++)
        columns[k] = batch->columns[p->columns[k]];
    ret.schema = &p->schema;
    ret.columns = columns;
    ret.n_columns = p->schema.n_fields;
    return ret;
}

/* The rows that the filter leaves, as far as the limit goes. */
static int select_rows(printer *p, const vgi_batch *whole, const vgi_batch *shown, const vgi_batch **ret)
{
    const cli_where *where = p->stream->where;
    int64_t count;
    vgi_error err = {0};
    vgi_status status;

    if (whole->rows > p->room) {
        p->rows = cli_realloc(p->rows, (size_t)whole->rows * sizeof *p->rows);
        p->room = whole->rows;
    }
    status = vgi_filter_select(where->filter, whole, where->stream_columns, p->rows, &count, &err);
    if (status != VGI_OK)
        return cli_fail(p->c, status, &err);
    if (p->left >= 0 && count > p->left)
        count = p->left;
    *ret = shown;
    if (count == whole->rows)
        return CLI_OK;
    if (p->scratch)
        vgi_result_clear(p->scratch);
    else
        status = vgi_result_new(&p->scratch, &err);
    if (status == VGI_OK)
        status = vgi_batch_take(p->scratch, shown, p->rows, (size_t)count, ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(p->c, status, &err);
}

static int print_batch(printer *p, const vgi_batch *batch)
{
    vgi_array *columns = cli_alloc((size_t)p->schema.n_fields * sizeof *columns);
    vgi_batch shown = project(p, batch, columns);
    const vgi_batch *rest = &shown;
    int code = p->stream->where ? select_rows(p, batch, &shown, &rest) : CLI_OK;

    if (code == CLI_OK) {
        int64_t take = p->left >= 0 && rest->rows > p->left ? p->left : rest->rows;

        p->left -= p->left >= 0 ? take : 0;
        code = take ? cli_out_batch(p->out, rest, take) : CLI_OK;
    }
    free(columns);
    return code;
}

static int print_all(printer *p, vgi_run *run)
{
    cli_progress progress = cli_progress_begin(p->c);
    int code = p->stream->first ? print_batch(p, p->stream->first) : CLI_OK;

    while (!p->stream->is_done && code == CLI_OK && p->left != 0) {
        const vgi_batch *batch;
        vgi_error err = {0};
        vgi_status status = vgi_run_next(run, &batch, &err);

        if (status == VGI_END)
            break;
        if (status == VGI_OK) {
            cli_progress_add(&progress, batch);
            code = print_batch(p, batch);
        } else {
            cli_progress_erase(&progress);
            code = cli_fail(p->c, status, &err);
        }
    }
    cli_progress_erase(&progress);
    return code;
}

int cli_stream_print(cli *c, vgi_run *run, const cli_stream *stream)
{
    printer p = {.c = c, .stream = stream, .left = stream->limit.has ? stream->limit.value : -1};
    int code = choose_columns(&p, vgi_run_schema(run));
    int ended;

    if (code == CLI_OK)
        code = print_all(&p, run);
    ended = cli_out_end(p.out, code == CLI_OK);
    vgi_result_free(p.scratch);
    free(p.rows);
    vgi_run_free(run);
    return code == CLI_OK ? ended : code;
}
