/* A run of a function, printed as it comes. */
#ifndef VGI_TOOL_STREAM_H
#define VGI_TOOL_STREAM_H

#include "out.h"
#include "where.h"

/* What of a run is printed. Zeroed members: all. */
typedef struct cli_stream {
    const vgi_batch *first; /* an answer that is there already; NULL: none */
    bool is_done;           /* nothing comes but `first` */
    vgi_opt_int64 limit;
    const cli_where *where;   /* only these rows */
    const char *const *shown; /* only these columns, NULL behind the last; NULL: all */
} cli_stream;

/* Prints what `stream` says of `run`, and frees the run. */
int cli_stream_print(cli *c, vgi_run *run, const cli_stream *stream);

#endif
