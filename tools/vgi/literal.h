/* A call as SQL writes it: name(1, 'text', n := DATE '2024-01-31'). */
#ifndef VGI_TOOL_LITERAL_H
#define VGI_TOOL_LITERAL_H

#include "cli.h"

typedef struct cli_literal {
    vgi_string name;  /* of a named argument; else absent */
    const char *text; /* NULL: NULL */
    const char *type; /* what it is by itself, or was said to be: "BIGINT", "VARCHAR", ... */
    bool cast;        /* the type was said */
} cli_literal;

typedef struct cli_call_text {
    vgi_string_list path; /* absent: the default schema */
    vgi_string name;
    cli_literal *arguments;
    size_t count;
} cli_call_text;

/* Tells what cannot be read, with a caret under it, and returns CLI_USAGE. */
int cli_call_parse(cli *c, vgi_string text, cli_call_text *ret);

#endif
