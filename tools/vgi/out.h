/* What a command prints: batches of a schema, as a table, CSV, JSON lines or an Arrow stream; and rows made here, which
 * become such batches, so that every output works for every command. */
#ifndef VGI_TOOL_OUT_H
#define VGI_TOOL_OUT_H

#include "cli.h"

typedef struct cli_out cli_out;

/* `expanded`: a table shows a row as lines of name and value. All three tell what fails and return an exit code. */
int cli_out_begin(cli *c, const vgi_arrow_schema *schema, bool expanded, cli_out **ret);
/* A table shows NULL as nothing: for listings, where it means that there is nothing to tell. */
void cli_out_blank_nulls(cli_out *out);
int cli_out_batch(cli_out *out, const vgi_batch *batch, int64_t rows);
/* Ends and frees; NULL: nothing. `complete` false: after a failure. */
int cli_out_end(cli_out *out, bool complete);

/* ---- rows (rows.c) ---------------------------------------------------------------------------------------------- */

typedef enum cli_cell { CLI_CELL_TEXT, CLI_CELL_INT64, CLI_CELL_BOOL, CLI_CELL_TEXTS, CLI_CELL_DOUBLE } cli_cell;

typedef struct cli_column {
    const char *name;
    cli_cell type;
} cli_column;

typedef struct cli_rows cli_rows;
/* `columns` must outlive the rows. */
cli_rows *cli_rows_new(const cli_column *columns, size_t count);
/* The next cell; those of a row come in order. */
void cli_rows_text(cli_rows *rows, vgi_string text); /* absent: NULL */
void cli_rows_int64(cli_rows *rows, int64_t value);
void cli_rows_double(cli_rows *rows, double value, int digits); /* rounded to so many digits behind the point */
void cli_rows_bool(cli_rows *rows, bool value);
void cli_rows_texts(cli_rows *rows, const vgi_string *items, size_t count);
void cli_rows_null(cli_rows *rows);
size_t cli_rows_count(const cli_rows *rows);
/* Prints and frees. */
int cli_rows_print(cli *c, cli_rows *rows, bool expanded);
void cli_rows_free(cli_rows *rows);

/* ---- the table (table.c) ---------------------------------------------------------------------------------------- */

typedef struct cli_table cli_table;
cli_table *cli_table_new(cli *c, const vgi_arrow_schema *schema, bool expanded);
void cli_table_blank_nulls(cli_table *table);
void cli_table_row(cli_table *table, const vgi_batch *batch, int64_t row);
void cli_table_end(cli_table *table, bool complete);

#endif
