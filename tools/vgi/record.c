/* Records of the protocol as rows (record.h): one row of SHOWN a kind of member. For methods.c, ls.c, describe.c. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "value.h"

/* ---- SQL -------------------------------------------------------------------------------------------------------- */

static bool is_marked(const vgi_field *field, const char *key, const char *value)
{
    return vgi_string_equal(vgi_metadata_get(field->metadata, key), vgi_str(value));
}

vgi_string cli_type_text(cli *c, const vgi_field *field)
{
    if (is_marked(field, "vgi_type", "any"))
        return vgi_str("ANY");
    if (is_marked(field, "vgi_type", "table"))
        return vgi_str("TABLE");
    return vgi_type_sql(c->result, field);
}

void cli_field_text(cli *c, cli_text *out, const vgi_field *field)
{
    vgi_string fallback = vgi_metadata_get(field->metadata, "default");

    cli_text_name(out, field->name);
    cli_text_char(out, ' ');
    cli_text_string(out, cli_type_text(c, field));
    if (fallback.data) {
        cli_text_puts(out, " DEFAULT ");
        cli_text_string(out, fallback);
    }
}

void cli_columns_text(cli *c, cli_text *out, vgi_bytes bytes)
{
    const vgi_arrow_schema *schema;

    if (!bytes.data || vgi_schema_decode(c->result, bytes, &schema, NULL) != VGI_OK)
        return;
    for (int32_t k = 0; k < schema->n_fields; k++) {
        if (k)
            cli_text_puts(out, ", ");
        cli_field_text(c, out, schema->fields[k]);
    }
}

void cli_values_text(cli *c, cli_text *out, vgi_bytes bytes)
{
    const vgi_batch *batch;

    if (!bytes.data || vgi_batch_decode(c->result, bytes, &batch, NULL) != VGI_OK || batch->rows < 1)
        return;
    for (int32_t k = 0; k < batch->n_columns; k++) {
        vgi_string name = batch->schema->fields[k]->name;

        if (k)
            cli_text_puts(out, ", ");
        if (name.size < 4 || memcmp(name.data, "arg_", 4) != 0) {
            cli_text_name(out, name);
            cli_text_puts(out, " := ");
        }
        cli_value_nested(out, &batch->columns[k], 0);
    }
}

/* The default of the parameter `name`: its column in the batch of defaults. */
static void put_default(cli_text *out, const vgi_batch *defaults, vgi_string name)
{
    for (int32_t k = 0; defaults && defaults->rows > 0 && k < defaults->n_columns; k++) {
        if (!vgi_string_equal(defaults->schema->fields[k]->name, name))
            continue;
        cli_text_puts(out, " := ");
        cli_value_nested(out, &defaults->columns[k], 0);
    }
}

void cli_signature_text(cli *c, cli_text *out, const vgi_function_info *function)
{
    const vgi_arrow_schema *arguments = NULL, *output = NULL;
    const vgi_batch *defaults = NULL;
    bool table = function->function_type == VGI_FUNCTION_TYPE_TABLE ||
                 function->function_type == VGI_FUNCTION_TYPE_TABLE_BUFFERING;

    cli_text_name(out, function->name);
    cli_text_char(out, '(');
    if (function->parameter_default_values.data &&
        vgi_batch_decode(c->result, function->parameter_default_values, &defaults, NULL) != VGI_OK)
        defaults = NULL;
    if (vgi_schema_decode(c->result, function->arguments, &arguments, NULL) != VGI_OK)
        arguments = NULL;
    for (int32_t k = 0; arguments && k < arguments->n_fields; k++) {
        const vgi_field *field = arguments->fields[k];

        cli_text_puts(out, k ? ", " : "");
        cli_text_puts(out, is_marked(field, "vgi_const", "true") && !table ? "CONST " : "");
        cli_text_puts(out, is_marked(field, "vgi_varargs", "true") ? "VARIADIC " : "");
        cli_field_text(c, out, field);
        put_default(out, defaults, field->name);
    }
    cli_text_puts(out, ")");
    if (vgi_schema_decode(c->result, function->output_schema, &output, NULL) != VGI_OK || !output->n_fields)
        return;
    cli_text_puts(out, table ? " -> TABLE(" : " -> ");
    if (table)
        cli_columns_text(c, out, function->output_schema);
    else
        cli_text_string(out, output->fields[0]->type == VGI_TYPE_NULL ? vgi_str("ANY")
                                                                      : cli_type_text(c, output->fields[0]));
    cli_text_puts(out, table ? ")" : "");
}

/* ---- members ---------------------------------------------------------------------------------------------------- */

/* Adds the cell of a member. */
typedef void show_member(cli *c, cli_rows *rows, const cli_field *field, const void *value);

static void show_line(cli_rows *rows, cli_text *line)
{
    cli_rows_text(rows, (vgi_string){line->data, line->size});
    cli_text_free(line);
}

static void show_text(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    (void)c;
    (void)field;
    cli_rows_text(rows, *(const vgi_string *)value);
}

static void show_path(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    cli_text line = {0};

    (void)c;
    (void)field;
    cli_text_path(&line, *(const vgi_string_list *)value, (vgi_string){0});
    show_line(rows, &line);
}

static void show_flag(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    (void)c;
    (void)field;
    cli_rows_bool(rows, *(const bool *)value);
}

static void show_opt_bool(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_opt_bool *opt = value;

    (void)c;
    (void)field;
    if (opt->has)
        cli_rows_bool(rows, opt->value);
    else
        cli_rows_null(rows);
}

static void show_int64(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    (void)c;
    (void)field;
    cli_rows_int64(rows, *(const int64_t *)value);
}

static void show_opt_int64(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_opt_int64 *opt = value;

    (void)c;
    (void)field;
    if (opt->has)
        cli_rows_int64(rows, opt->value);
    else
        cli_rows_null(rows);
}

static void show_opt_int32(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_opt_int32 *opt = value;

    (void)c;
    (void)field;
    if (opt->has)
        cli_rows_int64(rows, opt->value);
    else
        cli_rows_null(rows);
}

static void show_texts(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_string_list *list = value;

    (void)c;
    (void)field;
    cli_rows_texts(rows, list->items, list->count);
}

/* `count` lines, each written by `write`, as a list. */
static void show_lines(cli *c, cli_rows *rows, size_t count, void (*write)(cli_text *out, const void *list, size_t i),
                       const void *list)
{
    vgi_string *items = cli_keep(c, (count + 1) * sizeof *items);

    for (size_t i = 0; i < count; i++) {
        cli_text line = {0};

        write(&line, list, i);
        items[i] = cli_keep_text(c, line.data, line.size);
        cli_text_free(&line);
    }
    cli_rows_texts(rows, items, count);
}

static void write_pair(cli_text *out, const void *list, size_t i)
{
    const vgi_string_map *map = list;

    cli_text_string(out, map->items[i].key);
    cli_text_char(out, '=');
    cli_text_string(out, map->items[i].value);
}

static void write_count(cli_text *out, const void *list, size_t i)
{
    const vgi_int64_map *map = list;

    cli_text_string(out, map->items[i].key);
    cli_text_printf(out, "=%lld", (long long)map->items[i].value);
}

static void write_index(cli_text *out, const void *list, size_t i)
{
    cli_text_printf(out, "%d", (int)((const vgi_int32_list *)list)->items[i]);
}

static void write_index_group(cli_text *out, const void *list, size_t i)
{
    const vgi_int32_list *group = &((const vgi_int32_list_list *)list)->items[i];

    for (size_t k = 0; k < group->count; k++)
        cli_text_printf(out, "%s%d", k ? "," : "", (int)group->items[k]);
}

static void write_text_group(cli_text *out, const void *list, size_t i)
{
    const vgi_string_list *group = &((const vgi_string_list_list *)list)->items[i];

    for (size_t k = 0; k < group->count; k++) {
        cli_text_puts(out, k ? "," : "");
        cli_text_string(out, group->items[k]);
    }
}

static void show_list(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    static void (*const WRITERS[])(cli_text *, const void *, size_t) = {
        [CLI_MAP] = write_pair,
        [CLI_COUNTS] = write_count,
        [CLI_INDEXES] = write_index,
        [CLI_INDEX_GROUPS] = write_index_group,
        [CLI_TEXT_GROUPS] = write_text_group,
    };

    show_lines(c, rows, ((const vgi_string_list *)value)->count, WRITERS[field->kind], value);
}

static void show_columns(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    cli_text line = {0};

    (void)field;
    cli_columns_text(c, &line, *(const vgi_bytes *)value);
    show_line(rows, &line);
}

static void show_values(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    cli_text line = {0};

    (void)field;
    cli_values_text(c, &line, *(const vgi_bytes *)value);
    show_line(rows, &line);
}

static void show_opaque(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_bytes *bytes = value;
    cli_text line = {0};

    (void)c;
    (void)field;
    if (bytes->data)
        cli_text_add(&line, "", 0);
    cli_text_hex(&line, bytes->data, bytes->size);
    show_line(rows, &line);
}

static void show_present(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    const vgi_bytes *bytes = value;

    (void)c;
    (void)field;
    if (bytes->data)
        cli_rows_int64(rows, (int64_t)bytes->size);
    else
        cli_rows_null(rows);
}

static void show_records(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    (void)c;
    (void)field;
    cli_rows_int64(rows, (int64_t)((const vgi_bytes_list *)value)->count);
}

static void show_enum(cli *c, cli_rows *rows, const cli_field *field, const void *value)
{
    int number;

    (void)c;
    memcpy(&number, value, sizeof number);
    cli_rows_text(rows, number ? vgi_str(vgi_enum_name(field->enumeration, number)) : (vgi_string){0});
}

static const struct {
    show_member *show;
    cli_cell cell;
} SHOWN[] = {
    [CLI_TEXT] = {show_text, CLI_CELL_TEXT},
    [CLI_PATH] = {show_path, CLI_CELL_TEXT},
    [CLI_FLAG] = {show_flag, CLI_CELL_BOOL},
    [CLI_OPT_BOOL] = {show_opt_bool, CLI_CELL_BOOL},
    [CLI_INT64] = {show_int64, CLI_CELL_INT64},
    [CLI_OPT_INT64] = {show_opt_int64, CLI_CELL_INT64},
    [CLI_OPT_INT32] = {show_opt_int32, CLI_CELL_INT64},
    [CLI_TEXTS] = {show_texts, CLI_CELL_TEXTS},
    [CLI_TEXT_GROUPS] = {show_list, CLI_CELL_TEXTS},
    [CLI_CHECKS] = {show_texts, CLI_CELL_TEXTS},
    [CLI_INDEXES] = {show_list, CLI_CELL_TEXTS},
    [CLI_INDEX_GROUPS] = {show_list, CLI_CELL_TEXTS},
    [CLI_MAP] = {show_list, CLI_CELL_TEXTS},
    [CLI_COUNTS] = {show_list, CLI_CELL_TEXTS},
    [CLI_COLUMNS] = {show_columns, CLI_CELL_TEXT},
    [CLI_VALUES] = {show_values, CLI_CELL_TEXT},
    [CLI_OPAQUE] = {show_opaque, CLI_CELL_TEXT},
    [CLI_PRESENT] = {show_present, CLI_CELL_INT64},
    [CLI_RECORDS] = {show_records, CLI_CELL_INT64},
    [CLI_ENUM] = {show_enum, CLI_CELL_TEXT},
};

int cli_record_print(cli *c, const cli_field *fields, const void *items, size_t count, size_t size, bool expanded)
{
    cli_column *columns;
    size_t n = 0;
    cli_rows *rows;

    while (fields[n].name)
        n++;
    columns = cli_keep(c, (n + 1) * sizeof *columns);
    for (size_t k = 0; k < n; k++)
        columns[k] = (cli_column){fields[k].name, SHOWN[fields[k].kind].cell};
    rows = cli_rows_new(columns, n);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < n; k++)
            SHOWN[fields[k].kind].show(c, rows, &fields[k], (const char *)items + i * size + fields[k].offset);
    return cli_rows_print(c, rows, expanded);
}
