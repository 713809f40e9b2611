/* A filter in words (`vgi scan --where`): a column, a comparison, a literal of the column's type; AND, OR, NOT. Read
 * by where_parse.c into a filter of the library's (vgi/filter.h), which evaluates it and writes it for workers. */
#ifndef VGI_TOOL_WHERE_H
#define VGI_TOOL_WHERE_H

#include <vgi/filter.h>

#include "cli.h"

typedef struct cli_where {
    const vgi_arrow_schema *columns; /* of the table */
    vgi_filter *filter;
    int32_t *stream_columns; /* where a column of the table is in the stream; -1: it is not */
    bool *reads;             /* by column of the table */
} cli_where;

/* Tells mistakes with a caret under them; returns an exit code, as all of these do. Ended by cli_where_free, also after
 * a mistake. */
int cli_where_parse(cli *c, vgi_string text, const vgi_arrow_schema *columns, cli_where *ret);
void cli_where_free(cli_where *where);

/* Finds the columns in what a run gives, which need not be all of the table's. */
int cli_where_bind(cli *c, cli_where *where, const vgi_arrow_schema *stream);

#endif
