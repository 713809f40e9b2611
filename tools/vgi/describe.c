/* vgi describe: all about one table, view, function, macro or index: a row each part of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contents.h"
#include "out.h"
#include "record.h"
#include "value.h"

typedef struct describe_args {
    vgi_string_list path;
    vgi_string name;
} describe_args;

static const cli_column COLUMNS[] = {
    {"part", CLI_CELL_TEXT},   {"name", CLI_CELL_TEXT},    {"type", CLI_CELL_TEXT},
    {"detail", CLI_CELL_TEXT}, {"comment", CLI_CELL_TEXT},
};

static vgi_string present(vgi_string text)
{
    return text.size ? text : (vgi_string){0};
}

static void put(cli_rows *rows, const char *part, vgi_string name, vgi_string type, cli_text *detail,
                vgi_string comment)
{
    cli_rows_text(rows, vgi_str(part));
    cli_rows_text(rows, present(name));
    cli_rows_text(rows, present(type));
    cli_rows_text(rows, detail && detail->size ? (vgi_string){detail->data, detail->size} : (vgi_string){0});
    cli_rows_text(rows, present(comment));
    if (detail)
        cli_text_free(detail);
}

static void put_text(cli_rows *rows, const char *part, vgi_string name, vgi_string text)
{
    cli_text detail = {0};

    cli_text_string(&detail, text);
    put(rows, part, name, (vgi_string){0}, &detail, (vgi_string){0});
}

static void put_tags(cli_rows *rows, vgi_string_map tags)
{
    for (size_t i = 0; i < tags.count; i++)
        put_text(rows, "tag", tags.items[i].key, tags.items[i].value);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void word(cli_text *out, const char *text)
{
    cli_text_printf(out, "%s%s", out->size ? " " : "", text);
}

static bool has_index(vgi_int32_list list, int32_t k)
{
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i] == k)
            return true;
    return false;
}

static void put_columns(cli *c, cli_rows *rows, const char *part, const vgi_arrow_schema *schema,
                        const vgi_table_info *table)
{
    for (int32_t k = 0; k < schema->n_fields; k++) {
        const vgi_field *field = schema->fields[k];
        vgi_string fallback = vgi_metadata_get(field->metadata, "default");
        vgi_string generated = vgi_metadata_get(field->metadata, "generated_expression");
        cli_text detail = {0};

        if (table && has_index(table->not_null_constraints, k))
            word(&detail, "NOT NULL");
        if (fallback.data)
            cli_text_printf(&detail, "%sDEFAULT %.*s", detail.size ? " " : "", (int)fallback.size, fallback.data);
        if (generated.data)
            cli_text_printf(&detail, "%sAS (%.*s)", detail.size ? " " : "", (int)generated.size, generated.data);
        if (vgi_metadata_get(field->metadata, "is_row_id").data)
            word(&detail, "row id");
        put(rows, part, field->name, cli_type_text(c, field), &detail, vgi_metadata_get(field->metadata, "comment"));
    }
}

static void put_keys(cli_rows *rows, const char *part, vgi_int32_list_list groups, const vgi_arrow_schema *schema)
{
    for (size_t i = 0; i < groups.count; i++) {
        cli_text detail = {0};

        for (size_t k = 0; k < groups.items[i].count; k++) {
            int32_t at = groups.items[i].items[k];

            cli_text_puts(&detail, k ? ", " : "");
            if (at >= 0 && at < schema->n_fields)
                cli_text_name(&detail, schema->fields[at]->name);
        }
        put(rows, part, (vgi_string){0}, (vgi_string){0}, &detail, (vgi_string){0});
    }
}

static void put_foreign_keys(cli *c, cli_rows *rows, vgi_bytes_list keys)
{
    for (size_t i = 0; i < keys.count; i++) {
        vgi_foreign_key_info key = {0};
        cli_text detail = {0};

        if (vgi_record_decode(c->result, VGI_RECORD_FOREIGN_KEY_INFO, keys.items[i], &key, sizeof key, NULL) != VGI_OK)
            continue;
        for (size_t k = 0; k < key.fk_columns.count; k++) {
            cli_text_puts(&detail, k ? ", " : "");
            cli_text_name(&detail, key.fk_columns.items[k]);
        }
        cli_text_puts(&detail, " -> ");
        cli_text_path(&detail, key.referenced_schema_path, key.referenced_table);
        cli_text_puts(&detail, "(");
        for (size_t k = 0; k < key.pk_columns.count; k++) {
            cli_text_puts(&detail, k ? ", " : "");
            cli_text_name(&detail, key.pk_columns.items[k]);
        }
        cli_text_puts(&detail, ")");
        put(rows, "foreign key", (vgi_string){0}, (vgi_string){0}, &detail, (vgi_string){0});
    }
}

static void describe_table(cli *c, cli_rows *rows, const cli_object *object)
{
    const vgi_table_info *table = object->table;
    const vgi_arrow_schema *schema = NULL;
    cli_text detail = {0};

    if (table->cardinality_estimate.has && table->cardinality_estimate.value >= 0)
        cli_text_printf(&detail, "about %lld rows", (long long)table->cardinality_estimate.value);
    put(rows, object->word, object->name, (vgi_string){0}, &detail, object->comment);
    if (vgi_schema_decode(c->result, table->columns, &schema, NULL) == VGI_OK) {
        put_columns(c, rows, "column", schema, table);
        put_keys(rows, "primary key", table->primary_key_constraints, schema);
        put_keys(rows, "unique", table->unique_constraints, schema);
    }
    put_foreign_keys(c, rows, table->foreign_key_constraints);
    for (size_t i = 0; i < table->check_constraints.count; i++)
        put_text(rows, "check", (vgi_string){0}, table->check_constraints.items[i]);
    for (size_t i = 0; i < table->required_filters.count; i++) {
        for (size_t k = 0; k < table->required_filters.items[i].count; k++)
            cli_text_printf(&detail, "%s%.*s", k ? " or " : "", (int)table->required_filters.items[i].items[k].size,
                            table->required_filters.items[i].items[k].data);
        put(rows, "required filter", (vgi_string){0}, (vgi_string){0}, &detail, (vgi_string){0});
    }
    for (size_t i = 0; i < table->write_result_modes.count; i++)
        put_text(rows, "write", table->write_result_modes.items[i].key, table->write_result_modes.items[i].value);
    put_tags(rows, table->tags);
}

static void describe_view(cli *c, cli_rows *rows, const cli_object *object)
{
    const vgi_view_info *view = object->view;
    cli_text detail = {0};

    (void)c;
    cli_text_string(&detail, view->definition);
    put(rows, object->word, object->name, (vgi_string){0}, &detail, object->comment);
    for (size_t i = 0; i < view->column_comments.count; i++)
        put(rows, "column", view->column_comments.items[i].key, (vgi_string){0}, NULL,
            view->column_comments.items[i].value);
    put_tags(rows, view->tags);
}

/* ---- functions -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *key, *before;
} ARGUMENT_KEYS[] = {
    {"vgi_default", "default "}, {"vgi_range", "in "}, {"vgi_choices", "one of "}, {"vgi_pattern", "like "}};

static void put_arguments(cli *c, cli_rows *rows, vgi_bytes arguments)
{
    const vgi_arrow_schema *schema = NULL;

    if (vgi_schema_decode(c->result, arguments, &schema, NULL) != VGI_OK)
        return;
    for (int32_t k = 0; k < schema->n_fields; k++) {
        const vgi_field *field = schema->fields[k];
        cli_text detail = {0};

        if (vgi_metadata_get(field->metadata, "vgi_arg").data)
            word(&detail, "named");
        if (vgi_metadata_get(field->metadata, "vgi_const").data)
            word(&detail, "constant");
        if (vgi_metadata_get(field->metadata, "vgi_varargs").data)
            word(&detail, "and more");
        for (size_t i = 0; i < sizeof ARGUMENT_KEYS / sizeof *ARGUMENT_KEYS; i++) {
            vgi_string value = vgi_metadata_get(field->metadata, ARGUMENT_KEYS[i].key);

            if (value.data)
                cli_text_printf(&detail, "%s%s%.*s", detail.size ? " " : "", ARGUMENT_KEYS[i].before, (int)value.size,
                                value.data);
        }
        put(rows, "argument", field->name, cli_type_text(c, field), &detail,
            vgi_metadata_get(field->metadata, "vgi_doc"));
    }
}

/* What a function can do, by the protocol's words. */
static const struct {
    const char *name;
    size_t offset;
} ABILITIES[] = {
    {"supports_batch_index", offsetof(vgi_function_info, supports_batch_index)},
    {"supports_splits", offsetof(vgi_function_info, supports_splits)},
    {"filters_exactly_applied", offsetof(vgi_function_info, filters_exactly_applied)},
    {"supports_positions", offsetof(vgi_function_info, supports_positions)},
    {"supports_window", offsetof(vgi_function_info, supports_window)},
    {"streaming_partitioned", offsetof(vgi_function_info, streaming_partitioned)},
    {"has_finalize", offsetof(vgi_function_info, has_finalize)},
    {"source_order_dependent", offsetof(vgi_function_info, source_order_dependent)},
    {"sink_order_dependent", offsetof(vgi_function_info, sink_order_dependent)},
    {"requires_input_batch_index", offsetof(vgi_function_info, requires_input_batch_index)},
    {"input_from_args", offsetof(vgi_function_info, input_from_args)},
};

static void put_abilities(cli_rows *rows, const vgi_function_info *function)
{
    const struct {
        const char *name;
        vgi_opt_bool value;
    } pushdown[] = {{"projection_pushdown", function->projection_pushdown},
                    {"filter_pushdown", function->filter_pushdown},
                    {"sampling_pushdown", function->sampling_pushdown},
                    {"late_materialization", function->late_materialization}};
    cli_text detail = {0};

    for (size_t i = 0; i < sizeof pushdown / sizeof *pushdown; i++)
        if (pushdown[i].value.has && pushdown[i].value.value)
            word(&detail, pushdown[i].name);
    for (size_t i = 0; i < sizeof ABILITIES / sizeof *ABILITIES; i++)
        if (*(const bool *)((const char *)function + ABILITIES[i].offset))
            word(&detail, ABILITIES[i].name);
    if (detail.size)
        put(rows, "can", (vgi_string){0}, (vgi_string){0}, &detail, (vgi_string){0});
}

static void describe_function(cli *c, cli_rows *rows, const cli_object *object)
{
    const vgi_function_info *f = object->function;
    const vgi_arrow_schema *output = NULL;
    cli_text detail = {0};

    cli_signature_text(c, &detail, f);
    put(rows, object->word, f->name, vgi_str(f->stability ? vgi_enum_name("FunctionStability", (int)f->stability) : ""),
        &detail, f->comment.size ? f->comment : f->description);
    put_arguments(c, rows, f->arguments);
    if (vgi_schema_decode(c->result, f->output_schema, &output, NULL) == VGI_OK)
        put_columns(c, rows, "output", output, NULL);
    put_abilities(rows, f);
    for (size_t i = 0; i < f->required_settings.count; i++)
        put(rows, "setting", f->required_settings.items[i], (vgi_string){0}, NULL, (vgi_string){0});
    for (size_t i = 0; i < f->required_secrets.count; i++)
        put(rows, "secret", f->required_secrets.items[i].secret_name, f->required_secrets.items[i].secret_type, NULL,
            (vgi_string){0});
    for (size_t i = 0; i < f->examples.count; i++) {
        cli_text_string(&detail, f->examples.items[i].sql);
        put(rows, "example", (vgi_string){0}, (vgi_string){0}, &detail, f->examples.items[i].description);
    }
    put_tags(rows, f->tags);
}

static void describe_macro(cli *c, cli_rows *rows, const cli_object *object)
{
    const vgi_macro_info *macro = object->macro;
    cli_text detail = {0};

    cli_text_string(&detail, macro->definition);
    put(rows, object->word, macro->name, (vgi_string){0}, &detail, macro->comment);
    for (size_t i = 0; i < macro->parameters.count; i++)
        put(rows, "parameter", macro->parameters.items[i], (vgi_string){0}, NULL, (vgi_string){0});
    cli_values_text(c, &detail, macro->parameter_default_values);
    if (detail.size)
        put(rows, "defaults", (vgi_string){0}, (vgi_string){0}, &detail, (vgi_string){0});
    put_tags(rows, macro->tags);
}

static void describe_index(cli *c, cli_rows *rows, const cli_object *object)
{
    const vgi_index_info *index = object->index;
    cli_text detail = {0};

    (void)c;
    cli_text_puts(&detail, "ON ");
    cli_text_name(&detail, index->table_name);
    for (size_t i = 0; i < index->expressions.count; i++)
        cli_text_printf(&detail, "%s%.*s", i ? ", " : " (", (int)index->expressions.items[i].size,
                        index->expressions.items[i].data);
    cli_text_puts(&detail, index->expressions.count ? ")" : "");
    put(rows, object->word, index->name, index->index_type, &detail, index->comment);
    put_tags(rows, index->tags);
}

static void (*const DESCRIBERS[])(cli *, cli_rows *, const cli_object *) = {
    [CLI_OBJECT_TABLE] = describe_table, [CLI_OBJECT_VIEW] = describe_view,   [CLI_OBJECT_FUNCTION] = describe_function,
    [CLI_OBJECT_MACRO] = describe_macro, [CLI_OBJECT_INDEX] = describe_index,
};

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int describe(cli *c, const void *args)
{
    const describe_args *a = args;
    vgi_string_list path = a->path;
    cli_objects objects;
    vgi_string *names;
    cli_rows *rows;
    int code = cli_attach(c);

    if (code != CLI_OK)
        return code;
    if (!path.count)
        path = cli_default_path(c);
    code = cli_contents(c, path, &objects);
    if (code != CLI_OK)
        return code;
    names = cli_keep(c, (objects.count + 1) * sizeof *names);
    rows = cli_rows_new(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < objects.count; i++) {
        names[i] = objects.items[i].name;
        if (cli_same_name(a->name, names[i]))
            DESCRIBERS[objects.items[i].kind](c, rows, &objects.items[i]);
    }
    if (cli_rows_count(rows))
        return cli_rows_print(c, rows, false);
    cli_rows_free(rows);
    return cli_not_found(c, "table, view, function, macro or index", a->name, names, objects.count);
}

static const cli_field FIELDS[] = {
    {"OBJECT", "NAME in the default schema, or SCHEMA.NAME", .offset = offsetof(describe_args, name),
     .offset2 = offsetof(describe_args, path), .kind = CLI_OBJECT},
    {0},
};

const cli_command CLI_DESCRIBE = {
    .name = "describe",
    .group = "Looking",
    .summary = "Tells all about a table, view, function, macro or index.",
    .description = "A function with several signatures is told with all of them.",
    .examples = "  vgi describe 'vgi-sqlite shop.db' orders\n  vgi describe ./worker main.add_ints -o json\n",
    .fields = FIELDS,
    .args_size = sizeof(describe_args),
    .run = describe,
};
