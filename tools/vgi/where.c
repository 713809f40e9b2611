/* Where the columns of a filter are in what a worker sends (where.h). Called by scan.c. */
#include "where.h"

#include "contents.h"

static bool is_same_type(cli *c, const vgi_field *a, const vgi_field *b)
{
    return vgi_string_equal(vgi_type_sql(c->result, a), vgi_type_sql(c->result, b));
}

/* A literal was read for the table's type; another in the stream could not be compared with it. */
int cli_where_bind(cli *c, cli_where *where, const vgi_arrow_schema *stream)
{
    for (int32_t k = 0; k < where->columns->n_fields; k++) {
        const vgi_field *column = where->columns->fields[k];
        int32_t at = 0;

        where->stream_columns[k] = -1;
        if (!where->reads[k])
            continue;
        while (at < stream->n_fields && !cli_same_name(stream->fields[at]->name, column->name))
            at++;
        if (at == stream->n_fields)
            return cli_tell(c, CLI_FAILED, "the worker does not send the column '%s'", cli_cstr(c, column->name));
        if (!is_same_type(c, stream->fields[at], column))
            return cli_tell(c, CLI_FAILED, "the worker sends the column '%s' as %s, which its table says is %s",
                            cli_cstr(c, column->name), cli_cstr(c, vgi_type_sql(c->result, stream->fields[at])),
                            cli_cstr(c, vgi_type_sql(c->result, column)));
        where->stream_columns[k] = at;
    }
    return CLI_OK;
}

void cli_where_free(cli_where *where)
{
    vgi_filter_free(where->filter);
}
