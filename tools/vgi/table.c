/* The aligned table: columns as wide as what is in them, cut to the terminal's width; used by out.c.
 *
 * The first rows are kept until the widths are known; what comes later is cut to those, so that a scan of any size
 * takes bounded memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "value.h"

enum { KEPT_ROWS = 1000, KEPT_CELLS = 100000, LEAST_WIDTH = 4, MOST_WIDTH = 10000 };

/* The signs that lines are drawn with. */
typedef struct signs {
    const char *vertical, *horizontal, *cross, *cut;
    size_t cut_width;
} signs;
static const signs UNICODE = {" \xe2\x94\x82 ", "\xe2\x94\x80", "\xe2\x94\x80\xe2\x94\xbc\xe2\x94\x80", "\xe2\x80\xa6",
                              1};
static const signs ASCII = {" | ", "-", "-+-", "..", 2};

static const char BOLD[] = "\033[1m", DIM[] = "\033[2m", PLAIN[] = "\033[0m";

struct cli_table {
    cli *c;
    const vgi_arrow_schema *schema;
    const signs *signs;
    bool expanded;
    int32_t columns; /* shown; those behind did not fit */
    size_t *widths;
    cli_text *cells; /* of kept rows */
    bool *nulls;
    size_t kept, most_kept;
    bool started;
    bool blank_nulls;
    int64_t rows;
    cli_text line;
};

cli_table *cli_table_new(cli *c, const vgi_arrow_schema *schema, bool expanded)
{
    cli_table *t = cli_alloc(sizeof *t);
    size_t n = (size_t)schema->n_fields;

    *t = (cli_table){.c = c, .schema = schema, .expanded = expanded, .columns = schema->n_fields};
    t->signs = c->utf8 ? &UNICODE : &ASCII;
    t->widths = cli_alloc(n * sizeof *t->widths);
    /* A worker may say that it has 65,536 columns. */
    t->most_kept = n * KEPT_ROWS <= KEPT_CELLS ? KEPT_ROWS : KEPT_CELLS / n + 1;
    t->cells = cli_alloc(n * t->most_kept * sizeof *t->cells);
    t->nulls = cli_alloc(n * t->most_kept * sizeof *t->nulls);
    return t;
}

void cli_table_blank_nulls(cli_table *t)
{
    t->blank_nulls = true;
}

static vgi_string cell_of(const cli_text *text)
{
    return (vgi_string){text->data ? text->data : "", text->size};
}

static void paint(cli_table *t, const char *look)
{
    if (t->c->color)
        cli_text_puts(&t->line, look);
}

/* `text`, cut or padded to `width`; the last column of a line is not padded. */
static void put_cell(cli_table *t, vgi_string text, size_t width, bool right, bool last, const char *look)
{
    size_t size = cli_text_width(text);
    bool cut = size > width && width > t->signs->cut_width;

    if (cut)
        text.size = cli_text_fit(text, width - t->signs->cut_width);
    size = cli_text_width(text) + (cut ? t->signs->cut_width : 0);
    if (right && size < width)
        cli_text_repeat(&t->line, " ", width - size);
    if (look)
        paint(t, look);
    cli_text_string(&t->line, text);
    if (cut)
        cli_text_puts(&t->line, t->signs->cut);
    if (look)
        paint(t, PLAIN);
    if (!right && !last && size < width)
        cli_text_repeat(&t->line, " ", width - size);
}

static void write_line(cli_table *t)
{
    cli_text_char(&t->line, '\n');
    fwrite(t->line.data, 1, t->line.size, stdout);
    cli_text_clear(&t->line);
}

static void write_row(cli_table *t, const cli_text *cells, const bool *nulls)
{
    for (int32_t k = 0; k < t->columns; k++) {
        if (k)
            cli_text_puts(&t->line, t->signs->vertical);
        put_cell(t, cell_of(&cells[k]), t->widths[k], cli_value_is_number(t->schema->fields[k]), k == t->columns - 1,
                 nulls[k] ? DIM : NULL);
    }
    write_line(t);
}

/* ---- widths ----------------------------------------------------------------------------------------------------- */

static void visible_name(const vgi_field *field, cli_text *out)
{
    cli_text_clear(out);
    cli_text_visible(out, field->name);
}

static size_t total_width(const cli_table *t)
{
    size_t total = t->columns ? 3 * (size_t)(t->columns - 1) : 0;

    for (int32_t k = 0; k < t->columns; k++)
        total += t->widths[k];
    return total;
}

/* Takes from the widest columns until all fit; where each has the least, the last ones are left out. */
static void fit(cli_table *t)
{
    size_t room = (size_t)t->c->width;

    while (room && total_width(t) > room) {
        int32_t widest = 0;

        for (int32_t k = 1; k < t->columns; k++)
            if (t->widths[k] > t->widths[widest])
                widest = k;
        if (t->widths[widest] > LEAST_WIDTH)
            t->widths[widest]--;
        else if (t->columns > 1)
            t->columns--;
        else
            break;
    }
}

static void measure(cli_table *t)
{
    cli_text name = {0};
    size_t n = (size_t)t->schema->n_fields;

    for (size_t k = 0; k < n; k++) {
        visible_name(t->schema->fields[k], &name);
        t->widths[k] = cli_text_width(cell_of(&name));
        for (size_t i = 0; i < t->kept; i++) {
            size_t width = cli_text_width(cell_of(&t->cells[i * n + k]));

            t->widths[k] = width > t->widths[k] ? width : t->widths[k];
        }
        if (t->widths[k] > MOST_WIDTH)
            t->widths[k] = MOST_WIDTH;
    }
    cli_text_free(&name);
    fit(t);
}

static void write_head(cli_table *t)
{
    cli_text name = {0};

    for (int32_t k = 0; k < t->columns; k++) {
        if (k)
            cli_text_puts(&t->line, t->signs->vertical);
        visible_name(t->schema->fields[k], &name);
        put_cell(t, cell_of(&name), t->widths[k], cli_value_is_number(t->schema->fields[k]), k == t->columns - 1, BOLD);
    }
    write_line(t);
    for (int32_t k = 0; k < t->columns; k++) {
        if (k)
            cli_text_puts(&t->line, t->signs->cross);
        cli_text_repeat(&t->line, t->signs->horizontal, t->widths[k]);
    }
    write_line(t);
    cli_text_free(&name);
}

static void start(cli_table *t)
{
    size_t n = (size_t)t->schema->n_fields;

    t->started = true;
    measure(t);
    write_head(t);
    for (size_t i = 0; i < t->kept; i++)
        write_row(t, t->cells + i * n, t->nulls + i * n);
}

/* ---- expanded --------------------------------------------------------------------------------------------------- */

static void write_expanded(cli_table *t, const cli_text *cells, const bool *nulls)
{
    cli_text name = {0};
    size_t width = 0;

    for (int32_t k = 0; k < t->columns; k++) {
        size_t w = cli_text_width(t->schema->fields[k]->name);

        width = w > width ? w : width;
    }
    if (t->rows > 1)
        write_line(t);
    for (int32_t k = 0; k < t->columns; k++) {
        vgi_string value = cell_of(&cells[k]);

        visible_name(t->schema->fields[k], &name);
        put_cell(t, cell_of(&name), width, false, false, BOLD);
        cli_text_puts(&t->line, t->signs->vertical);
        put_cell(t, value, t->c->width > (int)width + 8 ? (size_t)t->c->width - width - 3 : MOST_WIDTH, false, true,
                 nulls[k] ? DIM : NULL);
        write_line(t);
    }
    cli_text_free(&name);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

void cli_table_row(cli_table *t, const vgi_batch *batch, int64_t row)
{
    size_t n = (size_t)t->schema->n_fields, at = t->started || t->expanded ? 0 : t->kept;
    cli_text value = {0};

    t->rows++;
    for (size_t k = 0; k < n; k++) {
        cli_text *cell = &t->cells[at * n + k];

        cli_text_clear(cell);
        cli_text_clear(&value);
        t->nulls[at * n + k] = cli_value_is_null(&batch->columns[k], row);
        if (t->nulls[at * n + k] && t->blank_nulls)
            continue;
        cli_value_text(&value, &batch->columns[k], row);
        cli_text_visible(cell, cell_of(&value));
    }
    cli_text_free(&value);
    if (t->expanded)
        write_expanded(t, t->cells, t->nulls);
    else if (t->started)
        write_row(t, t->cells, t->nulls);
    else if (++t->kept == t->most_kept)
        start(t);
}

void cli_table_end(cli_table *t, bool complete)
{
    size_t n = (size_t)t->schema->n_fields;
    int32_t hidden;

    if (!t->started && !t->expanded && (complete || t->kept))
        start(t);
    hidden = t->schema->n_fields - t->columns;
    if (complete && !t->expanded) {
        cli_text_printf(&t->line, "(%lld row%s", (long long)t->rows, t->rows == 1 ? "" : "s");
        if (hidden)
            cli_text_printf(&t->line, ", %d column%s not shown", hidden, hidden == 1 ? "" : "s");
        cli_text_char(&t->line, ')');
        write_line(t);
    }
    for (size_t i = 0; i < n * t->most_kept; i++)
        cli_text_free(&t->cells[i]);
    free(t->cells);
    free(t->nulls);
    free(t->widths);
    cli_text_free(&t->line);
    free(t);
}
