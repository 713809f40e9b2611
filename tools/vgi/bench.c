/* vgi bench: how fast a worker answers: a ping, which asks for nothing, and a call or a scan; beside another location,
 * where one is named, taking turns with it, so that what the machine does meanwhile hits both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call.h"
#include "contents.h"
#include "out.h"
#include "progress.h"

enum { SIDES = 2, DEFAULT_SECONDS = 2 };

typedef struct bench_args {
    vgi_string call;
    vgi_string_list path;
    vgi_string table;
    vgi_string against;
    vgi_opt_int64 count;
    vgi_opt_int64 seconds;
    vgi_string_map settings;
} bench_args;

/* One location, and what was measured of one thing that was asked of it. */
typedef struct side {
    cli *c;
    cli_prepared prepared;
    double *took_us;
    size_t count, room;
    int64_t rows, bytes; /* of all repetitions */
    double sum_us;
} side;

/* One repetition. */
typedef int repeat(side *s, const bench_args *a);

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- what is repeated ------------------------------------------------------------------------------------------- */

static int ping(side *s, const bench_args *a)
{
    vgi_error err = {0};
    vgi_status status = vgi_client_ping(s->c->client, &err);

    (void)a;
    return status == VGI_OK ? CLI_OK : cli_fail(s->c, status, &err);
}

static void count_batch(side *s, const vgi_batch *batch)
{
    s->rows += batch->rows;
    s->bytes += cli_batch_bytes(batch);
}

/* Reads all that a run gives, and frees it. */
static int drain(side *s, vgi_run *run)
{
    const vgi_batch *batch;
    vgi_error err = {0};
    vgi_status status;
    int code;

    while ((status = vgi_run_next(run, &batch, &err)) == VGI_OK)
        count_batch(s, batch);
    code = status == VGI_END ? CLI_OK : cli_fail(s->c, status, &err);
    vgi_run_free(run);
    return code;
}

static int call(side *s, const bench_args *a)
{
    vgi_run *run = NULL;
    const vgi_batch *answer = NULL;
    vgi_error err = {0};
    vgi_status status = vgi_function_open(s->c->attachment, &s->prepared.call, &run, &err);
    int code;

    (void)a;
    if (status != VGI_OK)
        return cli_fail(s->c, status, &err);
    if (!s->prepared.input)
        return drain(s, run);
    status = vgi_run_exchange(run, s->prepared.input, &answer, &err);
    if (status == VGI_OK && answer)
        count_batch(s, answer);
    code = status == VGI_OK ? CLI_OK : cli_fail(s->c, status, &err);
    vgi_run_free(run);
    return code;
}

static int scan(side *s, const bench_args *a)
{
    vgi_string_list path = a->path.count ? a->path : cli_default_path(s->c);
    vgi_run *run = NULL;
    vgi_error err = {0};
    vgi_status status = vgi_table_open(s->c->attachment, path, cli_cstr(s->c, a->table), NULL, &run, &err);

    return status == VGI_OK ? drain(s, run) : cli_fail(s->c, status, &err);
}

/* ---- repetitions ------------------------------------------------------------------------------------------------ */

static void keep_sample(side *s, double took)
{
    if (s->count == s->room) {
        s->room = s->room * 2 + 1024;
        s->took_us = cli_realloc(s->took_us, s->room * sizeof *s->took_us);
    }
    s->took_us[s->count++] = took;
    s->sum_us += took;
}

/* The first round is not counted: it starts workers and fills caches. Who begins changes with every round. */
static int measure(side *sides, size_t n, const bench_args *a, repeat *once)
{
    double seconds = a->seconds.has ? (double)a->seconds.value : DEFAULT_SECONDS, begin = 0;
    int code = CLI_OK;

    for (size_t i = 0; i < n; i++)
        sides[i].count = 0, sides[i].sum_us = 0;
    for (int64_t round = -1; code == CLI_OK; round++) {
        if (round == 0)
            begin = now_us();
        if (round > 0 && (a->count.has ? round >= a->count.value : now_us() - begin >= seconds * 1e6 * (double)n))
            break;
        for (size_t i = 0; i < n && code == CLI_OK; i++) {
            side *s = &sides[((size_t)(round + 1) + i) % n];
            double started = now_us();

            if (round <= 0)
                s->rows = s->bytes = 0;
            code = once(s, a);
            if (round >= 0)
                keep_sample(s, now_us() - started);
        }
    }
    return code;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The sample that `part` of all are not above. */
static double percentile(const side *s, double part)
{
    size_t rank = (size_t)ceil(part * (double)s->count);

    return s->took_us[rank ? rank - 1 : 0];
}

static void add_rows(cli_rows *rows, side *sides, size_t n, vgi_string what, bool has_rows)
{
    static const double PARTS[] = {0.5, 0.9, 0.99, 1};

    for (size_t i = 0; i < n; i++) {
        side *s = &sides[i];
        double seconds = s->sum_us / 1e6;

        qsort(s->took_us, s->count, sizeof *s->took_us, compare);
        cli_rows_text(rows, vgi_str(s->c->location));
        cli_rows_text(rows, what);
        cli_rows_int64(rows, (int64_t)s->count);
        cli_rows_double(rows, (double)s->count / seconds, 1);
        if (has_rows) {
            cli_rows_double(rows, (double)s->rows / seconds, 0);
            cli_rows_double(rows, (double)s->bytes / 1e6 / seconds, 2);
        } else {
            cli_rows_null(rows);
            cli_rows_null(rows);
        }
        cli_rows_double(rows, s->sum_us / (double)s->count, 1);
        for (size_t k = 0; k < sizeof PARTS / sizeof *PARTS; k++)
            cli_rows_double(rows, percentile(s, PARTS[k]), 1);
    }
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int prepare(side *s, const bench_args *a)
{
    if (a->call.data)
        return cli_call_prepare(s->c, a->call, a->settings, (vgi_string_list){0}, &s->prepared);
    return a->table.data ? cli_table_find(s->c, a->path, a->table) : cli_connect(s->c);
}

static int run(cli *c, side *sides, size_t n, const bench_args *a)
{
    static const cli_column COLUMNS[] = {
        {"location", CLI_CELL_TEXT},  {"what", CLI_CELL_TEXT},        {"count", CLI_CELL_INT64},
        {"calls_s", CLI_CELL_DOUBLE}, {"rows_s", CLI_CELL_DOUBLE},    {"mb_s", CLI_CELL_DOUBLE},
        {"mean_us", CLI_CELL_DOUBLE}, {"median_us", CLI_CELL_DOUBLE}, {"p90_us", CLI_CELL_DOUBLE},
        {"p99_us", CLI_CELL_DOUBLE},  {"most_us", CLI_CELL_DOUBLE},
    };
    cli_rows *rows = cli_rows_new(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    int code = CLI_OK;

    for (size_t i = 0; i < n && code == CLI_OK; i++)
        code = prepare(&sides[i], a);
    if (code == CLI_OK && sides[0].prepared.call.type == VGI_FUNCTION_TYPE_AGGREGATE)
        code = cli_tell(c, CLI_USAGE, "bench: an aggregate cannot be measured here: a scalar or a table function can");
    if (code == CLI_OK)
        code = measure(sides, n, a, ping);
    if (code == CLI_OK)
        add_rows(rows, sides, n, vgi_str("ping"), false);
    if (code == CLI_OK && (a->call.data || a->table.data)) {
        code = measure(sides, n, a, a->call.data ? call : scan);
        if (code == CLI_OK)
            add_rows(rows, sides, n, a->call.data ? a->call : a->table, true);
    }
    if (code == CLI_OK)
        return cli_rows_print(c, rows, false);
    cli_rows_free(rows);
    return code;
}

static int bench(cli *c, const void *args)
{
    const bench_args *a = args;
    cli other = {.command = c->command, .globals = c->globals, .location = a->against.data};
    side sides[SIDES] = {{.c = c}, {.c = &other}};
    int code;

    if (a->call.data && a->table.data)
        return cli_tell(c, CLI_USAGE, "bench: say either a call or --table");
    if ((a->count.has && a->count.value == 0) || (a->seconds.has && a->seconds.value == 0))
        return cli_tell(c, CLI_USAGE, "bench: at least one repetition is needed");
    code = run(c, sides, a->against.data ? 2 : 1, a);
    for (size_t i = 0; i < SIDES; i++)
        free(sides[i].took_us);
    cli_done(&other);
    return code;
}

static const cli_field FIELDS[] = {
    {"CALL", "what is called: name(1, 'text', named := 2); none: only pings", .offset = offsetof(bench_args, call),
     .optional = true},
    {"--table", "scan this table instead of a call", .offset = offsetof(bench_args, table),
     .offset2 = offsetof(bench_args, path), .kind = CLI_OBJECT},
    {"--count", "repetitions", .offset = offsetof(bench_args, count), .kind = CLI_OPT_INT64, .letter = 'n'},
    {"--seconds", "instead of a count: how long each is repeated; 2 where nothing is said",
     .offset = offsetof(bench_args, seconds), .kind = CLI_OPT_INT64},
    {"--vs", "a second LOCATION, in turns with the first", .offset = offsetof(bench_args, against)},
    {"--set", "a setting, as text; may be repeated", .offset = offsetof(bench_args, settings), .kind = CLI_MAP,
     .letter = 's'},
    {0},
};

const cli_command CLI_BENCH = {
    .name = "bench",
    .group = "Looking",
    .summary = "Measures calls, rows and megabytes a second, and how long answers take.",
    .description =
        "One client, one call after the other, all answers read. First pings, which ask for nothing, then the call or "
        "the\n"
        "scan. One round before counting starts the worker. MB are what the columns hold, framing not counted.",
    .examples = "  vgi bench ./hello 'add_ints(1, 2)' --count 1000\n"
                "  vgi bench ./hello 'series(1000000)' --seconds 1 -o json\n"
                "  vgi bench ./hello --table numbers --count 100 --vs unix:///run/worker.sock\n",
    .fields = FIELDS,
    .args_size = sizeof(bench_args),
    .run = bench,
};
