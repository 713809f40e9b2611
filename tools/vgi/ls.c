/* vgi ls: what a worker offers, as a tree, or as rows in the other formats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contents.h"
#include "out.h"
#include "record.h"

typedef struct ls_args {
    vgi_string_list path;
} ls_args;

/* One line of the tree. */
typedef struct node {
    int depth;
    const char *kind;
    vgi_string catalog;
    vgi_string_list path;
    vgi_string name;
    vgi_string detail; /* what follows the name */
    vgi_string comment;
} node;

typedef struct tree {
    cli *c;
    node *nodes;
    size_t count, room;
    vgi_string_list wanted; /* below the catalog: a schema, or an object */
    vgi_string *names;      /* met where `wanted` could be, for suggestions */
    size_t n_names;
    bool matched;
    vgi_string catalog;
} tree;

static vgi_string copy(cli *c, vgi_string text)
{
    return text.data ? cli_keep_text(c, text.data, text.size) : text;
}

static void add(tree *t, node n)
{
    if (t->count == t->room) {
        t->room = t->room * 2 + 64;
        t->nodes = cli_realloc(t->nodes, t->room * sizeof *t->nodes);
    }
    n.catalog = t->catalog;
    n.name = copy(t->c, n.name); /* the attachment's memory ends before the tree is shown */
    n.comment = copy(t->c, n.comment);
    t->nodes[t->count++] = n;
}

static void met(tree *t, vgi_string name)
{
    t->names = cli_realloc(t->names, (t->n_names + 1) * sizeof *t->names);
    t->names[t->n_names++] = name;
}

static vgi_string keep(cli *c, cli_text *text)
{
    vgi_string kept = cli_keep_text(c, text->data, text->size);

    cli_text_free(text);
    return kept;
}

/* ---- what is found ---------------------------------------------------------------------------------------------- */

/* The columns behind a table, the parameters behind a function, without its name. */
static vgi_string detail_of(cli *c, const cli_object *object)
{
    cli_text text = {0}, name = {0};
    vgi_string detail;

    switch (object->kind) {
    case CLI_OBJECT_TABLE:
        cli_text_puts(&text, " (");
        cli_columns_text(c, &text, object->table->columns);
        cli_text_char(&text, ')');
        break;
    case CLI_OBJECT_FUNCTION:
        cli_text_name(&name, object->name);
        cli_signature_text(c, &text, object->function);
        detail = cli_keep_text(c, text.data + name.size, text.size - name.size);
        cli_text_free(&text);
        cli_text_free(&name);
        return detail;
    case CLI_OBJECT_MACRO:
        cli_text_char(&text, '(');
        for (size_t i = 0; i < object->macro->parameters.count; i++) {
            cli_text_puts(&text, i ? ", " : "");
            cli_text_name(&text, object->macro->parameters.items[i]);
        }
        cli_text_char(&text, ')');
        break;
    case CLI_OBJECT_INDEX:
        cli_text_puts(&text, " ON ");
        cli_text_name(&text, object->index->table_name);
        break;
    case CLI_OBJECT_VIEW:
        break;
    }
    return keep(c, &text);
}

static int add_schema(tree *t, const vgi_schema_info *schema)
{
    cli *c = t->c;
    vgi_string_list parent = {t->wanted.items, t->wanted.count ? t->wanted.count - 1 : 0, true};
    bool whole = !t->wanted.count || cli_same_path(t->wanted, schema->path);
    bool inside = t->wanted.count && cli_same_path(parent, schema->path);
    cli_objects objects;
    cli_text name = {0};
    size_t before = t->count;
    int code;

    if (t->wanted.count == 1 && schema->path.count)
        met(t, schema->path.items[schema->path.count - 1]);
    if (!whole && !inside)
        return CLI_OK;
    code = cli_contents(c, schema->path, &objects);
    if (code != CLI_OK)
        return code;
    cli_text_path(&name, schema->path, (vgi_string){0});
    add(t,
        (node){.depth = 1, .kind = "schema", .path = schema->path, .name = keep(c, &name), .comment = schema->comment});
    for (size_t i = 0; i < objects.count; i++) {
        const cli_object *o = &objects.items[i];

        if (!whole)
            met(t, o->name);
        if (!whole && !cli_same_name(o->name, t->wanted.items[t->wanted.count - 1]))
            continue;
        t->matched = true;
        add(t, (node){.depth = 2,
                      .kind = o->word,
                      .path = schema->path,
                      .name = o->name,
                      .detail = detail_of(c, o),
                      .comment = o->comment});
    }
    t->matched = t->matched || whole;
    if (!whole && t->count == before + 1)
        t->count = before;
    return CLI_OK;
}

/* The type that an option or a setting has: the one field of a schema. */
static vgi_string one_type(cli *c, vgi_bytes type, bool required)
{
    const vgi_arrow_schema *schema;
    cli_text text = {0};

    cli_text_char(&text, ' ');
    if (vgi_schema_decode(c->result, type, &schema, NULL) == VGI_OK && schema->n_fields == 1)
        cli_text_string(&text, cli_type_text(c, schema->fields[0]));
    if (required)
        cli_text_puts(&text, " (required)");
    return keep(c, &text);
}

/* Adds the attach options. Returns whether one that is required was not given. */
static bool add_options(tree *t, const vgi_catalog_info *info)
{
    cli *c = t->c;
    bool missing = false;

    for (size_t i = 0; i < info->attach_option_specs.count; i++) {
        vgi_attach_option_spec spec = {0};
        bool required, given = false;

        if (vgi_record_decode(c->result, VGI_RECORD_ATTACH_OPTION_SPEC, info->attach_option_specs.items[i], &spec,
                              sizeof spec, NULL) != VGI_OK)
            continue;
        required = spec.required.has && spec.required.value;
        for (size_t k = 0; k < c->globals.attach_options.count; k++)
            given = given || cli_same_name(spec.name, c->globals.attach_options.items[k].key);
        missing = missing || (required && !given);
        if (!t->wanted.count)
            add(t, (node){.depth = 1,
                          .kind = "attach option",
                          .name = spec.name,
                          .detail = one_type(c, spec.type, required),
                          .comment = spec.description});
    }
    return missing;
}

static void add_settings(tree *t, const vgi_catalog_attach_result *info)
{
    cli *c = t->c;

    for (size_t i = 0; i < info->settings.count; i++) {
        vgi_setting_spec spec = {0};

        if (vgi_record_decode(c->result, VGI_RECORD_SETTING_SPEC, info->settings.items[i], &spec, sizeof spec, NULL) ==
            VGI_OK)
            add(t, (node){.depth = 1,
                          .kind = "setting",
                          .name = spec.name,
                          .detail = one_type(c, spec.type, false),
                          .comment = spec.description});
    }
    for (size_t i = 0; i < info->secret_types.count; i++) {
        vgi_secret_type_spec spec = {0};
        cli_text text = {0};

        if (vgi_record_decode(c->result, VGI_RECORD_SECRET_TYPE_SPEC, info->secret_types.items[i], &spec, sizeof spec,
                              NULL) != VGI_OK)
            continue;
        cli_text_puts(&text, " (");
        cli_columns_text(c, &text, spec.parameters_schema);
        cli_text_char(&text, ')');
        add(t, (node){.depth = 1,
                      .kind = "secret type",
                      .name = spec.name,
                      .detail = keep(c, &text),
                      .comment = spec.description});
    }
}

static int add_catalog(tree *t, const vgi_catalog_info *info)
{
    cli *c = t->c;
    vgi_schema_info_list schemas = {0};
    size_t at = t->count;
    int code;

    t->catalog = info->name;
    add(t, (node){.kind = "catalog", .name = info->name});
    if (add_options(t, info) && !c->globals.attachment.data) {
        t->nodes[at].detail = vgi_str(" (not attached: give its required options with -A)");
        return CLI_OK;
    }
    code = cli_attach_named(c, info);
    if (code != CLI_OK) {
        t->nodes[at].detail = vgi_str(" (cannot be attached)");
        return code;
    }
    t->nodes[at].comment = copy(c, vgi_attachment_info(c->attachment)->comment);
    if (!t->wanted.count)
        add_settings(t, vgi_attachment_info(c->attachment));
    code = cli_schemas(c, &schemas);
    for (size_t i = 0; code == CLI_OK && i < schemas.count; i++)
        code = add_schema(t, &schemas.items[i]);
    return code;
}

/* ---- how it is shown -------------------------------------------------------------------------------------------- */

/* Whether a node of this depth follows below the same parent. */
static bool is_last(const tree *t, size_t at, int depth)
{
    for (size_t i = at + 1; i < t->count && t->nodes[i].depth >= depth; i++)
        if (t->nodes[i].depth == depth)
            return false;
    return true;
}

static void print_node(const tree *t, size_t at)
{
    const node *n = &t->nodes[at];
    const cli *c = t->c;
    cli_text line = {0};
    size_t fits;

    for (int depth = 1; depth <= n->depth; depth++) {
        bool last = is_last(t, at, depth);

        if (!c->utf8)
            cli_text_puts(&line, depth < n->depth ? (last ? "   " : "|  ") : (last ? "`- " : "|- "));
        else if (depth < n->depth)
            cli_text_puts(&line, last ? "   " : "\xe2\x94\x82  ");
        else
            cli_text_puts(&line, last ? "\xe2\x94\x94\xe2\x94\x80 " : "\xe2\x94\x9c\xe2\x94\x80 ");
    }
    cli_text_puts(&line, n->kind);
    cli_text_char(&line, ' ');
    cli_text_visible(&line, n->name);
    cli_text_visible(&line, n->detail);
    if (n->comment.size) {
        cli_text_puts(&line, "  -- ");
        cli_text_visible(&line, n->comment);
    }
    fits = cli_text_fit((vgi_string){line.data, line.size}, c->width ? (size_t)c->width : SIZE_MAX);
    if (fits < line.size) {
        line.size = cli_text_fit((vgi_string){line.data, line.size}, (size_t)c->width - (c->utf8 ? 1 : 2));
        cli_text_puts(&line, c->utf8 ? "\xe2\x80\xa6" : "..");
    }
    cli_text_char(&line, '\n');
    fwrite(line.data, 1, line.size, stdout);
    cli_text_free(&line);
}

static int print_rows(tree *t)
{
    static const cli_column COLUMNS[] = {
        {"catalog", CLI_CELL_TEXT}, {"schema_path", CLI_CELL_TEXTS}, {"kind", CLI_CELL_TEXT},
        {"name", CLI_CELL_TEXT},    {"signature", CLI_CELL_TEXT},    {"comment", CLI_CELL_TEXT},
    };
    cli_rows *rows = cli_rows_new(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);

    for (size_t i = 0; i < t->count; i++) {
        const node *n = &t->nodes[i];
        vgi_string detail = n->detail;

        while (detail.size && *detail.data == ' ')
            detail.data++, detail.size--;
        cli_rows_text(rows, n->catalog);
        if (n->path.present || n->path.count)
            cli_rows_texts(rows, n->path.items, n->path.count);
        else
            cli_rows_null(rows);
        cli_rows_text(rows, vgi_str(n->kind));
        cli_rows_text(rows, n->name);
        cli_rows_text(rows, detail.size ? detail : (vgi_string){0});
        cli_rows_text(rows, n->comment);
    }
    return cli_rows_print(t->c, rows, false);
}

static int print_tree(tree *t)
{
    const vgi_string format = t->c->globals.output;

    if (format.data && strcmp(format.data, "table") != 0)
        return print_rows(t);
    for (size_t i = 0; i < t->count; i++)
        print_node(t, i);
    return CLI_OK;
}

static int ls(cli *c, const void *args)
{
    const ls_args *a = args;
    tree t = {.c = c, .wanted = a->path};
    vgi_catalog_info_list catalogs = {0};
    vgi_string wanted = c->globals.catalog;
    int code = cli_catalogs(c, &catalogs), worst = CLI_OK, printed;
    bool known = false;

    if (code != CLI_OK)
        return code;
    for (size_t i = 0; !wanted.data && t.wanted.count && i < catalogs.count; i++)
        if (cli_same_name(catalogs.items[i].name, a->path.items[0])) {
            wanted = a->path.items[0];
            t.wanted = (vgi_string_list){a->path.items + 1, a->path.count - 1, true};
        }
    if (c->globals.attachment.data && !wanted.data && catalogs.count > 1)
        return cli_tell(c, CLI_USAGE, "--attachment is of one catalog: name it with --catalog");
    for (size_t i = 0; i < catalogs.count; i++) {
        if (!wanted.data)
            met(&t, catalogs.items[i].name);
        if (wanted.data && !cli_same_name(catalogs.items[i].name, wanted))
            continue;
        known = true;
        code = add_catalog(&t, &catalogs.items[i]);
        worst = code == CLI_OK ? worst : code;
        if (!vgi_client_is_usable(c->client))
            break;
    }
    if (wanted.data && !known) {
        vgi_string *names = cli_keep(c, (catalogs.count + 1) * sizeof *names);

        for (size_t i = 0; i < catalogs.count; i++)
            names[i] = catalogs.items[i].name;
        worst = cli_not_found(c, "catalog", wanted, names, catalogs.count);
    } else if (t.wanted.count && !t.matched && worst == CLI_OK) {
        worst = cli_not_found(c, "schema or object", t.wanted.items[t.wanted.count - 1], t.names, t.n_names);
    } else {
        printed = print_tree(&t);
        worst = worst == CLI_OK ? printed : worst;
    }
    free(t.nodes);
    free(t.names);
    return worst;
}

static const cli_field FIELDS[] = {
    {"PATH", "only this: CATALOG, SCHEMA, CATALOG.SCHEMA or SCHEMA.OBJECT", .offset = offsetof(ls_args, path),
     .kind = CLI_PATH, .optional = true},
    {0},
};

const cli_command CLI_LS = {
    .name = "ls",
    .group = "Looking",
    .summary = "Lists catalogs, schemas, and all that is in them, as a tree.",
    .description = "Also attach options, settings and secret types. In the formats csv, json and arrow: a row each.",
    .examples = "  vgi ls 'vgi-sqlite shop.db'\n  vgi ls ./worker main\n  vgi ls ./worker -o json | jq .name\n",
    .fields = FIELDS,
    .args_size = sizeof(ls_args),
    .run = ls,
};
