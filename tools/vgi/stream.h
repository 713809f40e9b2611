/* A run of a function, printed as it comes. */
#ifndef VGI_TOOL_STREAM_H
#define VGI_TOOL_STREAM_H

#include "out.h"

/* Prints every batch of `run` up to `limit` rows (negative: all), and frees it. `first`: an answer that is there
 * already; NULL: none. `more` false: nothing comes but `first`. */
int cli_stream_print(cli *c, vgi_run *run, const vgi_batch *first, bool more, int64_t limit);

#endif
