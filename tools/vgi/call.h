/* A call in words, ready to be made as often as one likes; by vgi call and vgi bench. */
#ifndef VGI_TOOL_CALL_H
#define VGI_TOOL_CALL_H

#include "cli.h"

typedef struct cli_prepared {
    vgi_function_call call;
    const vgi_batch *input; /* one row; NULL: the function takes none */
} cli_prepared;

/* Finds the function that `text` calls in the attached catalog, and sorts its arguments. */
int cli_call_prepare(cli *c, vgi_string text, vgi_string_map settings, vgi_string_list columns, cli_prepared *ret);

#endif
