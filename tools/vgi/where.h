/* A filter in words (`vgi scan --where`): a column, a comparison, a literal of the column's type; AND, OR, NOT. Read
 * by where_parse.c, evaluated by where.c, written as the engine's filters are (vgi.md §9, encoding v2) by
 * where_encode.c. */
#ifndef VGI_TOOL_WHERE_H
#define VGI_TOOL_WHERE_H

#include "cli.h"

typedef enum cli_where_kind {
    CLI_WHERE_AND,
    CLI_WHERE_OR,
    CLI_WHERE_NOT,
    CLI_WHERE_COMPARE,
    CLI_WHERE_IN,
    CLI_WHERE_IS_NULL,
} cli_where_kind;

/* In the order of COMPARISONS in where_encode.c. */
typedef enum cli_compare { CLI_EQ, CLI_NE, CLI_LT, CLI_LE, CLI_GT, CLI_GE } cli_compare;

typedef struct cli_where_node cli_where_node;
struct cli_where_node {
    cli_where_kind kind;
    cli_where_node *left, *right;  /* AND, OR; NOT: left */
    int32_t column;                /* of the table; the leaves */
    cli_compare compare;           /* COMPARE */
    bool negated;                  /* IN, IS_NULL */
    const vgi_array *const *items; /* COMPARE: one, IN: any number; each of one value, NULL: SQL's NULL */
    size_t count;
};

typedef struct cli_where {
    const vgi_arrow_schema *columns; /* of the table */
    cli_where_node *root;
    int32_t *stream_columns; /* where a column of the table is in the stream; -1: it is not */
    bool *reads;             /* by column of the table */
} cli_where;

/* Tells mistakes with a caret under them; returns an exit code, as all of these do. */
int cli_where_parse(cli *c, vgi_string text, const vgi_arrow_schema *columns, cli_where *ret);

/* As the engine sends it; absent where no part of it can be sent. */
int cli_where_encode(cli *c, const cli_where *where, vgi_bytes *ret);

/* Finds the columns in what a run gives, which need not be all of the table's. */
int cli_where_bind(cli *c, cli_where *where, const vgi_arrow_schema *stream);

/* Writes the rows for which the filter is true, in order, and returns their number. */
size_t cli_where_select(const cli_where *where, const vgi_batch *batch, int64_t *ret_rows);

/* Whether two values of a type have an order here. */
bool cli_where_compares(const vgi_field *field);

#endif
