/* vgi scan: the rows of a table; vgi ping: whether there is a worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contents.h"
#include "stream.h"

typedef struct scan_args {
    vgi_string_list path;
    vgi_string table;
    vgi_string_list columns;
    vgi_opt_int64 limit;
    vgi_string at_unit;
    vgi_string at;
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
static int find_columns(cli *c, const vgi_table_info *table, vgi_string_list wanted, const char ***ret)
{
    const vgi_arrow_schema *schema;
    const char **names;
    vgi_string *all;
    vgi_error err = {0};
    vgi_status status = vgi_schema_decode(c->result, table->columns, &schema, &err);

    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    names = cli_keep(c, (wanted.count + 1) * sizeof *names);
    all = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *all);
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

static int scan(cli *c, const void *args)
{
    const scan_args *a = args;
    vgi_function_call options = {
        .at_unit = cli_cstr(c, a->at_unit), .at_value = cli_cstr(c, a->at), .row_limit = a->limit};
    vgi_catalog_table_get_params get = {
        .schema_path = a->path, .name = a->table, .at_unit = a->at_unit, .at_value = a->at};
    vgi_table_info_list tables = {0};
    const char **columns = NULL;
    vgi_run *run = NULL;
    vgi_error err = {0};
    vgi_status status;
    int code = cli_attach(c);

    if (code != CLI_OK)
        return code;
    if (!get.schema_path.count)
        get.schema_path = cli_default_path(c);
    status = vgi_client_catalog_table_get(c->attachment, &get, c->result, &tables, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    if (!tables.count)
        return no_table(c, get.schema_path, a->table);
    if (a->columns.count)
        code = find_columns(c, &tables.items[0], a->columns, &columns);
    if (code != CLI_OK)
        return code;
    options.columns = columns;
    status = vgi_table_open(c->attachment, get.schema_path, cli_cstr(c, tables.items[0].name), &options, &run, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    return cli_stream_print(c, run, NULL, true, a->limit.has ? a->limit.value : -1);
}

static const cli_field SCAN_FIELDS[] = {
    {"TABLE", "NAME in the default schema, or SCHEMA.NAME", .offset = offsetof(scan_args, table),
     .offset2 = offsetof(scan_args, path), .kind = CLI_OBJECT},
    {"--columns", "only these, in the order of the table", .offset = offsetof(scan_args, columns), .kind = CLI_TEXTS},
    {"--limit", "at most so many rows", .offset = offsetof(scan_args, limit), .kind = CLI_OPT_INT64, .letter = 'n'},
    {"--at-unit", "time travel: VERSION or TIMESTAMP", .offset = offsetof(scan_args, at_unit)},
    {"--at", "time travel: the version or the time", .offset = offsetof(scan_args, at)},
    {0},
};

const cli_command CLI_SCAN = {
    .name = "scan",
    .group = "Looking",
    .summary = "Prints the rows of a table.",
    .description = "Rows come as the worker sends them, in its order. There is no --where: filters are for an engine.",
    .examples = "  vgi scan 'vgi-sqlite shop.db' orders --limit 10\n"
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

static vgi_string text_of(cli *c, double ms)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.3f", ms);

    return cli_keep_text(c, text, (size_t)size);
}

/* The first round trip holds the start of the worker, where it is started; it is told apart from the others. */
static int ping(cli *c, const void *args)
{
    static const cli_column COLUMNS[] = {{"location", CLI_CELL_TEXT}, {"first_ms", CLI_CELL_TEXT},
                                         {"count", CLI_CELL_INT64},   {"least_ms", CLI_CELL_TEXT},
                                         {"mean_ms", CLI_CELL_TEXT},  {"most_ms", CLI_CELL_TEXT}};
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
    cli_rows_text(rows, text_of(c, first));
    cli_rows_int64(rows, count);
    cli_rows_text(rows, text_of(c, least));
    cli_rows_text(rows, text_of(c, count ? sum / (double)count : 0));
    cli_rows_text(rows, text_of(c, most));
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
