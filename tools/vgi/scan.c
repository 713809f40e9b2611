/* vgi scan: the rows of a table; vgi ping: whether there is a worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contents.h"
#include "stream.h"
#include "where.h"

typedef struct scan_args {
    vgi_string_list path;
    vgi_string table;
    vgi_string_list columns;
    vgi_opt_int64 limit;
    vgi_string at_unit;
    vgi_string at;
    vgi_string where;
    bool no_pushdown;
} scan_args;

/* Tells what the name could have meant. */
static int no_table(cli *c, vgi_string_list path, vgi_string table)
{
    cli_objects objects;
    vgi_string *names;
    size_t count = 0;
    int code = cli_contents(c, path, &objects);

    if (code != CLI_OK)
        return code;
    names = cli_keep(c, (objects.count + 1) * sizeof *names);
    for (size_t i = 0; i < objects.count; i++) {
        if (objects.items[i].kind == CLI_OBJECT_VIEW && cli_same_name(objects.items[i].name, table))
            return cli_tell(c, CLI_NOT_FOUND, "'%s' is a view: its SQL is for an engine to run; vgi describe shows it",
                            cli_cstr(c, table));
        if (objects.items[i].kind == CLI_OBJECT_TABLE)
            names[count++] = objects.items[i].name;
    }
    return cli_not_found(c, "table", table, names, count);
}

/* The columns that are asked for, by the names that the table has for them. */
static int find_columns(cli *c, const vgi_arrow_schema *schema, vgi_string_list wanted, const char ***ret)
{
    const char **names = cli_keep(c, (wanted.count + 1) * sizeof *names);
    vgi_string *all = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *all);

    for (int32_t k = 0; k < schema->n_fields; k++)
        all[k] = schema->fields[k]->name;
    for (size_t i = 0; i < wanted.count; i++) {
        for (int32_t k = 0; k < schema->n_fields && !names[i]; k++)
            if (cli_same_name(all[k], wanted.items[i]))
                names[i] = cli_cstr(c, all[k]);
        if (!names[i])
            return cli_not_found(c, "column", wanted.items[i], all, (size_t)schema->n_fields);
    }
    *ret = names;
    return CLI_OK;
}

/* ---- filters ---------------------------------------------------------------------------------------------------- */

/* The columns that are shown, and those that the filter looks at. */
static const char **with_columns_of(cli *c, const cli_where *where, const char **shown)
{
    size_t count = 0;
    const char **names;

    while (shown && shown[count])
        count++;
    names = shown ? cli_keep(c, (count + (size_t)where->columns->n_fields + 1) * sizeof *names) : NULL;
    if (!shown)
        return NULL;
    memcpy(names, shown, count * sizeof *names);
    for (int32_t k = 0; k < where->columns->n_fields; k++)
        if (where->reads[k])
            names[count++] = cli_cstr(c, where->columns->fields[k]->name);
    return names;
}

static bool has_word(vgi_string_list list, const char *word)
{
    for (size_t i = 0; i < list.count; i++)
        if (vgi_string_equal(list.items[i], vgi_str(word)))
            return true;
    return false;
}

/* Whether the function says that it understands the engine's filters: all overloads of its name must. */
static int takes_filters(cli *c, const vgi_table_source *source, bool *ret)
{
    const vgi_catalog_schema_contents_functions_params params = {.path = source->schema_path,
                                                                 .type = VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION};
    vgi_function_info_list list = {0};
    vgi_error err = {0};
    vgi_status status = vgi_client_catalog_schema_contents_functions(c->attachment, &params, c->result, &list, &err);
    bool found = false;

    *ret = true;
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    for (size_t i = 0; i < list.count; i++) {
        const vgi_function_info *info = &list.items[i];

        if (!vgi_string_equal(info->name, source->function_name))
            continue;
        found = true;
        *ret = *ret && info->filter_pushdown.has && info->filter_pushdown.value &&
               has_word(info->filter_semantic_profiles, "vgi.duckdb.standard.v1");
    }
    *ret = *ret && found;
    return CLI_OK;
}

/* Opens the function behind the table with what it understands of the filter. */
static int open_filtered(cli *c, const scan_args *a, vgi_string_list path, const char *table, const cli_where *where,
                         vgi_function_call *call, vgi_run **ret)
{
    vgi_table_source source;
    vgi_error err = {0};
    vgi_status status = vgi_table_source_get(c->attachment, path, table, call, c->result, &source, &err);
    bool pushed = false;
    int code = status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);

    if (code == CLI_OK && !a->no_pushdown)
        code = takes_filters(c, &source, &pushed);
    if (code == CLI_OK && pushed &&
        (status = vgi_filter_encode(where->filter, true, &call->pushdown_filters, &err)) != VGI_OK)
        code = cli_fail(c, status, &err);
    if (code != CLI_OK)
        return code;
    call->schema_path = source.schema_path;
    call->name = cli_cstr(c, source.function_name);
    call->type = VGI_FUNCTION_TYPE_TABLE;
    call->encoded_arguments = source.arguments;
    status = vgi_function_open(c->attachment, call, ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

static int scan_filtered(cli *c, const scan_args *a, vgi_string_list path, const char *table, cli_where *where,
                         vgi_function_call *call)
{
    cli_stream stream = {.limit = a->limit, .shown = call->columns, .where = where};
    vgi_run *run = NULL;
    int code;

    call->columns = with_columns_of(c, where, (const char **)(uintptr_t)stream.shown);
    call->row_limit = (vgi_opt_int64){0}; /* of the rows that are left: the worker need not have filtered */
    code = open_filtered(c, a, path, table, where, call, &run);
    if (code != CLI_OK)
        return code;
    code = cli_where_bind(c, where, vgi_run_schema(run));
    if (code == CLI_OK)
        return cli_stream_print(c, run, &stream);
    vgi_run_free(run);
    return code;
}

static int scan_where(cli *c, const scan_args *a, vgi_string_list path, const char *table,
                      const vgi_arrow_schema *schema, vgi_function_call *call)
{
    cli_where where;
    int code = cli_where_parse(c, a->where, schema, &where);

    if (code == CLI_OK)
        code = scan_filtered(c, a, path, table, &where, call);
    cli_where_free(&where);
    return code;
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int find_table(cli *c, const scan_args *a, vgi_catalog_table_get_params *get, vgi_table_info_list *ret)
{
    vgi_error err = {0};
    vgi_status status;
    int code = cli_attach(c);

    if (code != CLI_OK)
        return code;
    *get = (vgi_catalog_table_get_params){
        .schema_path = a->path.count ? a->path : cli_default_path(c),
        .name = a->table,
        .at_unit = a->at_unit,
        .at_value = a->at,
    };
    status = vgi_client_catalog_table_get(c->attachment, get, c->result, ret, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    return ret->count ? CLI_OK : no_table(c, get->schema_path, a->table);
}

int cli_table_find(cli *c, vgi_string_list path, vgi_string table)
{
    const scan_args a = {.path = path, .table = table};
    vgi_catalog_table_get_params get;
    vgi_table_info_list tables = {0};

    return find_table(c, &a, &get, &tables);
}

/* What `SELECT *` shows: all columns but the rowid. NULL: all. */
static const char **without_row_id(cli *c, const vgi_arrow_schema *schema)
{
    const char **names = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *names);
    int32_t count = 0;

    for (int32_t i = 0; i < schema->n_fields; i++)
        if (!vgi_metadata_get(schema->fields[i]->metadata, "is_row_id").data)
            names[count++] = cli_cstr(c, schema->fields[i]->name);
    return count && count < schema->n_fields ? names : NULL;
}

static int scan(cli *c, const void *args)
{
    const scan_args *a = args;
    vgi_function_call call = {
        .at_unit = cli_cstr(c, a->at_unit), .at_value = cli_cstr(c, a->at), .row_limit = a->limit};
    vgi_catalog_table_get_params get;
    vgi_table_info_list tables = {0};
    const vgi_arrow_schema *schema;
    const char **columns = NULL, *name;
    vgi_run *run = NULL;
    vgi_error err = {0};
    vgi_status status;
    int code = find_table(c, a, &get, &tables);

    if (code != CLI_OK)
        return code;
    status = vgi_schema_decode(c->result, tables.items[0].columns, &schema, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    if (a->columns.count)
        code = find_columns(c, schema, a->columns, &columns);
    else
        columns = without_row_id(c, schema);
    if (code != CLI_OK)
        return code;
    call.columns = columns;
    name = cli_cstr(c, tables.items[0].name);
    if (a->where.data)
        return scan_where(c, a, get.schema_path, name, schema, &call);
    status = vgi_table_open(c->attachment, get.schema_path, name, &call, &run, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    return cli_stream_print(c, run, &(cli_stream){.limit = a->limit});
}

static const cli_field SCAN_FIELDS[] = {
    {"TABLE", "NAME in the default schema, or SCHEMA.NAME", .offset = offsetof(scan_args, table),
     .offset2 = offsetof(scan_args, path), .kind = CLI_OBJECT},
    {"--columns", "only these, in the order of the table; all but the rowid unless said",
     .offset = offsetof(scan_args, columns), .kind = CLI_TEXTS},
    {"--limit", "at most so many rows", .offset = offsetof(scan_args, limit), .kind = CLI_OPT_INT64, .letter = 'n'},
    {"--where", "only rows for which this is true: \"price < 2 AND item IN ('a', 'b')\"",
     .offset = offsetof(scan_args, where), .letter = 'w'},
    {"--no-pushdown", "filter here alone, and tell the worker nothing of --where",
     .offset = offsetof(scan_args, no_pushdown), .kind = CLI_FLAG},
    {"--at-unit", "time travel: VERSION or TIMESTAMP", .offset = offsetof(scan_args, at_unit)},
    {"--at", "time travel: the version or the time", .offset = offsetof(scan_args, at)},
    {0},
};

const cli_command CLI_SCAN = {
    .name = "scan",
    .group = "Looking",
    .summary = "Prints the rows of a table.",
    .description =
        "Rows come as the worker sends them, in its order.\n\n"
        "--where takes COLUMN = <> < <= > >= VALUE, COLUMN [NOT] IN (VALUE, ...), COLUMN IS [NOT] NULL, joined by "
        "AND,\n"
        "OR, NOT and parentheses. Names as in SQL, \"quoted\" where need be; a value is a number, 'text', true, false, "
        "NULL\n"
        "or DATE '2024-01-31', of its column's type. NULL and NaN are as SQL and DuckDB have them. A worker that\n"
        "understands filters gets it; the rows that come are filtered here in any case.",
    .examples = "  vgi scan 'vgi-sqlite shop.db' orders --limit 10\n"
                "  vgi scan 'vgi-sqlite shop.db' orders --where \"price >= 1.5 AND note IS NOT NULL\" --columns item\n"
                "  vgi scan ./worker main.numbers --columns n -o csv > numbers.csv\n"
                "  vgi scan ./worker numbers -o arrow > numbers.arrows\n",
    .fields = SCAN_FIELDS,
    .args_size = sizeof(scan_args),
    .run = scan,
};

/* ---- ping ------------------------------------------------------------------------------------------------------- */

typedef struct ping_args {
    vgi_opt_int64 count;
} ping_args;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The first round trip holds the start of the worker, where it is started; it is told apart from the others. */
static int ping(cli *c, const void *args)
{
    static const cli_column COLUMNS[] = {{"location", CLI_CELL_TEXT},  {"first_ms", CLI_CELL_DOUBLE},
                                         {"count", CLI_CELL_INT64},    {"least_ms", CLI_CELL_DOUBLE},
                                         {"mean_ms", CLI_CELL_DOUBLE}, {"most_ms", CLI_CELL_DOUBLE}};
    const ping_args *a = args;
    int64_t count = a->count.has ? a->count.value : 1;
    double begin = now(), first = 0, least = 0, most = 0, sum = 0;
    cli_rows *rows;
    int code = cli_connect(c);

    if (code != CLI_OK)
        return code;
    for (int64_t i = 0; i <= count; i++) {
        vgi_error err = {0};
        vgi_status status = vgi_client_ping(c->client, &err);
        double took = now() - begin;

        if (status != VGI_OK)
            return cli_fail(c, status, &err);
        if (i == 0)
            first = took;
        least = i == 1 || (i > 1 && took < least) ? took : least;
        most = i && took > most ? took : most;
        sum += i ? took : 0;
        begin = now();
    }
    rows = cli_rows_new(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    cli_rows_text(rows, vgi_str(c->location));
    cli_rows_double(rows, first, 3);
    cli_rows_int64(rows, count);
    cli_rows_double(rows, least, 3);
    cli_rows_double(rows, count ? sum / (double)count : 0, 3);
    cli_rows_double(rows, most, 3);
    return cli_rows_print(c, rows, true);
}

static const cli_field PING_FIELDS[] = {
    {"--count", "round trips after the first; 1 where nothing is said", .offset = offsetof(ping_args, count),
     .kind = CLI_OPT_INT64, .letter = 'n'},
    {0},
};

const cli_command CLI_PING = {
    .name = "ping",
    .group = "Looking",
    .summary = "Asks whether a worker is there, and how fast it answers.",
    .examples = "  vgi ping ./worker\n  vgi ping unix:///run/worker.sock --count 1000 -o json\n",
    .fields = PING_FIELDS,
    .args_size = sizeof(ping_args),
    .run = ping,
};
