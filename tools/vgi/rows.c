/* Rows made here, as an Arrow batch (out.h): what listings and answers of methods are printed from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

/* Values that stand one behind the other. */
typedef struct bytes {
    char *data;
    size_t size;
} bytes;

/* One column. Offsets and values are kept as Arrow has them, so that the batch only points to them. */
typedef struct builder {
    bytes valid;   /* a byte a row while building */
    bytes offsets; /* int32, TEXT and TEXTS */
    bytes values;  /* text, int64, or a byte a bool */
    bytes item_offsets;
    bytes item_bytes;
} builder;

struct cli_rows {
    const cli_column *columns;
    size_t n_columns;
    size_t next; /* the column of the next cell */
    size_t count;
    builder *builders;
};

static void add(bytes *b, const void *data, size_t size)
{
    b->data = cli_realloc(b->data, (b->size + size) * 2);
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void add_offset(bytes *b, size_t offset)
{
    int32_t value = offset > INT32_MAX ? INT32_MAX : (int32_t)offset;

    add(b, &value, sizeof value);
}

cli_rows *cli_rows_new(const cli_column *columns, size_t count)
{
    cli_rows *rows = cli_alloc(sizeof *rows);

    *rows = (cli_rows){.columns = columns, .n_columns = count};
    rows->builders = cli_alloc((count + 1) * sizeof *rows->builders);
    for (size_t k = 0; k < count; k++) {
        add_offset(&rows->builders[k].offsets, 0);
        add_offset(&rows->builders[k].item_offsets, 0);
    }
    return rows;
}

/* Ends the cell: its validity, and the offset behind it. */
static void end_cell(cli_rows *rows, bool valid)
{
    builder *b = &rows->builders[rows->next];
    cli_cell type = rows->columns[rows->next].type;
    char one = valid;

    add(&b->valid, &one, 1);
    if (type == CLI_CELL_TEXT)
        add_offset(&b->offsets, b->values.size);
    else if (type == CLI_CELL_TEXTS)
        add_offset(&b->offsets, b->item_offsets.size / 4 - 1);
    if (++rows->next == rows->n_columns) {
        rows->next = 0;
        rows->count++;
    }
}

void cli_rows_text(cli_rows *rows, vgi_string text)
{
    add(&rows->builders[rows->next].values, text.data, text.size);
    end_cell(rows, text.data != NULL);
}

void cli_rows_int64(cli_rows *rows, int64_t value)
{
    add(&rows->builders[rows->next].values, &value, sizeof value);
    end_cell(rows, true);
}

void cli_rows_double(cli_rows *rows, double value, int digits)
{
    double scale = pow(10, digits);

    value = round(value * scale) / scale;
    add(&rows->builders[rows->next].values, &value, sizeof value);
    end_cell(rows, true);
}

void cli_rows_bool(cli_rows *rows, bool value)
{
    char one = value;

    add(&rows->builders[rows->next].values, &one, 1);
    end_cell(rows, true);
}

void cli_rows_texts(cli_rows *rows, const vgi_string *items, size_t count)
{
    builder *b = &rows->builders[rows->next];

    for (size_t i = 0; i < count; i++) {
        add(&b->item_bytes, items[i].data, items[i].size);
        add_offset(&b->item_offsets, b->item_bytes.size);
    }
    end_cell(rows, true);
}

void cli_rows_null(cli_rows *rows)
{
    static const char ZERO[8] = {0};
    static const size_t SIZES[] = {
        [CLI_CELL_INT64] = 8, [CLI_CELL_BOOL] = 1, [CLI_CELL_TEXTS] = 0, [CLI_CELL_DOUBLE] = 8};

    add(&rows->builders[rows->next].values, ZERO, SIZES[rows->columns[rows->next].type]);
    end_cell(rows, false);
}

size_t cli_rows_count(const cli_rows *rows)
{
    return rows->count;
}

void cli_rows_free(cli_rows *rows)
{
    for (size_t k = 0; k < rows->n_columns; k++) {
        builder *b = &rows->builders[k];

        free(b->valid.data);
        free(b->offsets.data);
        free(b->values.data);
        free(b->item_offsets.data);
        free(b->item_bytes.data);
    }
    free(rows->builders);
    free(rows);
}

/* A byte a value becomes a bit a value. */
static uint8_t *bitmap(cli *c, const bytes *b)
{
    uint8_t *bits = cli_keep(c, b->size / 8 + 8);

    for (size_t i = 0; i < b->size; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | (b->data[i] ? 1 : 0) << i % 8);
    return bits;
}

static void finish(cli *c, cli_rows *rows, size_t k, vgi_field *field, vgi_array *array)
{
    static const vgi_field ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_UTF8, .nullable = true};
    static const vgi_field *const ITEMS[] = {&ITEM};
    static const vgi_type_id TYPES[] = {VGI_TYPE_UTF8, VGI_TYPE_INT64, VGI_TYPE_BOOL, VGI_TYPE_LIST, VGI_TYPE_FLOAT64};
    builder *b = &rows->builders[k];
    cli_cell type = rows->columns[k].type;
    vgi_array *items;

    *field = (vgi_field){.name = vgi_str(rows->columns[k].name), .type = TYPES[type], .nullable = true};
    *array = (vgi_array){.field = field, .length = (int64_t)rows->count, .null_count = -1};
    array->validity = bitmap(c, &b->valid);
    array->buffers[0] = type == CLI_CELL_BOOL                               ? (const void *)bitmap(c, &b->values)
                        : type == CLI_CELL_INT64 || type == CLI_CELL_DOUBLE ? b->values.data
                                                                            : b->offsets.data;
    array->buffers[1] = type == CLI_CELL_TEXT ? (b->values.data ? b->values.data : "") : NULL;
    if (type != CLI_CELL_TEXTS)
        return;
    field->n_children = 1;
    field->children = ITEMS;
    items = cli_keep(c, sizeof *items);
    *items = (vgi_array){.field = &ITEM, .length = (int64_t)(b->item_offsets.size / 4) - 1};
    items->buffers[0] = b->item_offsets.data;
    items->buffers[1] = b->item_bytes.data ? b->item_bytes.data : "";
    array->n_children = 1;
    array->children = items;
}

int cli_rows_print(cli *c, cli_rows *rows, bool expanded)
{
    vgi_field *fields = cli_keep(c, (rows->n_columns + 1) * sizeof *fields);
    const vgi_field **list = cli_keep(c, (rows->n_columns + 1) * sizeof *list);
    vgi_array *arrays = cli_keep(c, (rows->n_columns + 1) * sizeof *arrays);
    vgi_arrow_schema schema = {.n_fields = (int32_t)rows->n_columns, .fields = list};
    vgi_batch batch = {
        .schema = &schema, .rows = (int64_t)rows->count, .n_columns = (int32_t)rows->n_columns, .columns = arrays};
    cli_out *out = NULL;
    int code;

    for (size_t k = 0; k < rows->n_columns; k++) {
        list[k] = &fields[k];
        finish(c, rows, k, &fields[k], &arrays[k]);
    }
    code = cli_out_begin(c, &schema, expanded, &out);
    if (code == CLI_OK)
        cli_out_blank_nulls(out);
    if (code == CLI_OK)
        code = cli_out_batch(out, &batch, batch.rows);
    if (out) {
        int ended = cli_out_end(out, code == CLI_OK);

        code = code == CLI_OK ? ended : code;
    }
    cli_rows_free(rows);
    return code;
}
