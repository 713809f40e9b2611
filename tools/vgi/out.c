/* The outputs (out.h): one row a format. CSV, JSON lines and the Arrow stream are here, the table is in table.c. */
#include "out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "value.h"

typedef struct format {
    const char *name;
    int (*begin)(cli_out *out);
    int (*batch)(cli_out *out, const vgi_batch *batch, int64_t rows);
    int (*end)(cli_out *out, bool complete);
} format;

struct cli_out {
    cli *c;
    const format *format;
    const vgi_arrow_schema *schema;
    bool expanded;
    cli_table *table;
    vgi_result *scratch; /* of one batch */
    cli_text line;
};

/* Lines are collected, and written by the 64 KiB. */
static void flush_line(cli_out *out, bool all)
{
    if (out->line.size && (all || out->line.size > 65536)) {
        fwrite(out->line.data, 1, out->line.size, stdout);
        cli_text_clear(&out->line);
    }
}

static int end_lines(cli_out *out, bool complete)
{
    (void)complete;
    flush_line(out, true);
    return CLI_OK;
}

/* ---- table ------------------------------------------------------------------------------------------------------ */

static int begin_table(cli_out *out)
{
    out->table = cli_table_new(out->c, out->schema, out->expanded);
    return CLI_OK;
}

static int table_batch(cli_out *out, const vgi_batch *batch, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        cli_table_row(out->table, batch, i);
    return CLI_OK;
}

static int end_table(cli_out *out, bool complete)
{
    cli_table_end(out->table, complete);
    return CLI_OK;
}

/* ---- CSV (RFC 4180): a header, NULL is an empty field, "" an empty text ------------------------------------------ */

static int begin_csv(cli_out *out)
{
    for (int32_t k = 0; k < out->schema->n_fields; k++) {
        if (k)
            cli_text_char(&out->line, ',');
        cli_text_csv(&out->line, out->schema->fields[k]->name);
    }
    cli_text_char(&out->line, '\n');
    return CLI_OK;
}

static int csv_batch(cli_out *out, const vgi_batch *batch, int64_t rows)
{
    cli_text value = {0};

    for (int64_t i = 0; i < rows; i++) {
        for (int32_t k = 0; k < batch->n_columns; k++) {
            if (k)
                cli_text_char(&out->line, ',');
            if (cli_value_is_null(&batch->columns[k], i))
                continue;
            cli_text_clear(&value);
            cli_value_text(&value, &batch->columns[k], i);
            cli_text_csv(&out->line, (vgi_string){value.data ? value.data : "", value.size});
        }
        cli_text_char(&out->line, '\n');
        flush_line(out, false);
    }
    cli_text_free(&value);
    return CLI_OK;
}

/* ---- JSON: an object a line -------------------------------------------------------------------------------------- */

static int begin_json(cli_out *out)
{
    (void)out;
    return CLI_OK;
}

static int json_batch(cli_out *out, const vgi_batch *batch, int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int32_t k = 0; k < batch->n_columns; k++) {
            cli_text_char(&out->line, k ? ',' : '{');
            cli_text_json(&out->line, out->schema->fields[k]->name);
            cli_text_char(&out->line, ':');
            cli_value_json(&out->line, &batch->columns[k], i);
        }
        cli_text_puts(&out->line, batch->n_columns ? "}\n" : "{}\n");
        flush_line(out, false);
    }
    return CLI_OK;
}

/* ---- Arrow IPC stream: the schema, each batch without the schema and end that it is encoded with, the end -------- */

static const uint8_t END_OF_STREAM[8] = {0xff, 0xff, 0xff, 0xff};

static bool has_end(vgi_bytes bytes)
{
    return bytes.size >= 8 && memcmp(bytes.data + bytes.size - 8, END_OF_STREAM, 8) == 0;
}

/* The size of the first message of a stream, which is the schema and so has no body. */
static size_t schema_size(vgi_bytes bytes)
{
    uint32_t size = 0;

    if (bytes.size < 8)
        return 0;
    memcpy(&size, bytes.data + 4, 4);
    return size <= bytes.size - 8 ? size + 8 : 0;
}

static int begin_arrow(cli_out *out)
{
    vgi_error err = {0};
    vgi_bytes bytes = {0};
    vgi_status status;

    if (isatty(STDOUT_FILENO))
        return cli_tell(out->c, CLI_USAGE, "-o arrow is binary: send it to a file or a program, not to the terminal");
    status = vgi_result_new(&out->scratch, &err);
    if (status == VGI_OK)
        status = vgi_schema_encode(out->scratch, out->schema, &bytes, &err);
    if (status != VGI_OK)
        return cli_fail(out->c, status, &err);
    fwrite(bytes.data, 1, schema_size(bytes), stdout);
    return CLI_OK;
}

/* The first `rows` rows: a slice is only a shorter length. */
static int arrow_batch(cli_out *out, const vgi_batch *batch, int64_t rows)
{
    vgi_array *columns = cli_alloc((size_t)batch->n_columns * sizeof *columns);
    vgi_batch slice = *batch;
    vgi_bytes bytes = {0};
    vgi_error err = {0};
    vgi_status status;
    size_t skip;

    for (int32_t k = 0; k < batch->n_columns; k++) {
        columns[k] = batch->columns[k];
        if (rows < columns[k].length)
            columns[k].null_count = -1;
        columns[k].length = rows;
    }
    slice.columns = columns;
    slice.rows = rows;
    slice.metadata = (vgi_metadata){0};
    vgi_result_clear(out->scratch);
    status = vgi_batch_encode(out->scratch, &slice, &bytes, &err);
    free(columns);
    if (status != VGI_OK)
        return cli_fail(out->c, status, &err);
    skip = schema_size(bytes);
    fwrite(bytes.data + skip, 1, bytes.size - skip - (has_end(bytes) ? 8 : 0), stdout);
    return CLI_OK;
}

/* A stream that was cut off has no end, so that its reader knows. */
static int end_arrow(cli_out *out, bool complete)
{
    if (complete)
        fwrite(END_OF_STREAM, 1, sizeof END_OF_STREAM, stdout);
    vgi_result_free(out->scratch);
    return CLI_OK;
}

/* ---- the formats ------------------------------------------------------------------------------------------------ */

static const format FORMATS[] = {
    {"table", begin_table, table_batch, end_table}, /* the default */
    {"csv", begin_csv, csv_batch, end_lines},
    {"json", begin_json, json_batch, end_lines},
    {"arrow", begin_arrow, arrow_batch, end_arrow},
};

int cli_out_begin(cli *c, const vgi_arrow_schema *schema, bool expanded, cli_out **ret)
{
    cli_out *out = cli_alloc(sizeof *out);
    int code;

    *out = (cli_out){.c = c, .format = &FORMATS[0], .schema = schema, .expanded = expanded};
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (c->globals.output.data && strcmp(c->globals.output.data, FORMATS[i].name) == 0)
            out->format = &FORMATS[i];
    code = out->format->begin(out);
    if (code != CLI_OK) {
        vgi_result_free(out->scratch);
        free(out);
        return code;
    }
    *ret = out;
    return CLI_OK;
}

void cli_out_blank_nulls(cli_out *out)
{
    if (out->table)
        cli_table_blank_nulls(out->table);
}

int cli_out_batch(cli_out *out, const vgi_batch *batch, int64_t rows)
{
    return out->format->batch(out, batch, rows);
}

int cli_out_end(cli_out *out, bool complete)
{
    int code = CLI_OK;

    if (out) {
        code = out->format->end(out, complete);
        cli_text_free(&out->line);
        free(out);
    }
    return code;
}
