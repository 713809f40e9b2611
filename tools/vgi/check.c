/* vgi check-transactions: the command, its table of checks and its report (check.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "out.h"

enum { TIMEOUT_MS = 120 * 1000 };

/* ---- sentences -------------------------------------------------------------------------------------------------- */

static void say(cli_text *text, const char *format, va_list args)
{
    char *line = NULL;

    if (text->size)
        return;
    cli_text_puts(text, vasprintf(&line, format, args) < 0 ? "out of memory" : line);
    free(line);
}

bool kit_no(kit *k, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(&k->why, format, args);
    va_end(args);
    return false;
}

bool kit_skip(kit *k, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(&k->why, format, args);
    va_end(args);
    k->skipped = true;
    return false;
}

bool kit_failed(kit *k, const char *what, const vgi_error *err)
{
    return kit_no(k, "%s failed: %s", what, err->message);
}

void kit_note(kit *k, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(&k->note, format, args);
    va_end(args);
}

/* ---- the report ------------------------------------------------------------------------------------------------- */

typedef struct report {
    cli_rows *rows; /* NULL: a line a check, as soon as it is done */
    int ok, failed, skipped;
} report;

static void add(report *r, const kit_row *row, const char *verdict, const kit *k)
{
    const cli_text *why = k->why.size ? &k->why : &k->note;
    cli_text line = {0};

    if (r->rows) {
        cli_rows_text(r->rows, vgi_str(row->name));
        cli_rows_text(r->rows, vgi_str(verdict));
        cli_rows_text(r->rows, vgi_str(row->claim));
        cli_rows_text(r->rows, (vgi_string){why->data, why->size});
        return;
    }
    cli_text_printf(&line, "%-8s %-24s ", verdict, row->name);
    if (!k->why.size)
        cli_text_puts(&line, row->claim);
    if (why->size) {
        if (!k->why.size)
            cli_text_puts(&line, "; ");
        cli_text_visible(&line, (vgi_string){why->data, why->size});
    }
    puts(line.data);
    fflush(stdout);
    cli_text_free(&line);
}

/* What a check has left, whether it held or not: a transaction that failed may be open still. */
static void clean_up(kit *k)
{
    kit_worker *w;
    kit_tx tx;
    vgi_error err = {0};

    cli_text_clear(&k->why);
    cli_text_clear(&k->note);
    kit_close_workers(k);
    for (size_t i = 0; i < k->n_begun && i < KIT_BEGUN; i++)
        if ((w = kit_worker_get(k, 0)))
            (void)kit_try_end(w, k->begun[i], false, &err);
    k->n_begun = 0;
    err = (vgi_error){0};
    w = kit_worker_get(k, 0);
    if (w && kit_try_begin(k, w, &tx, "cleaning up", &err) == VGI_OK) {
        vgi_status status = kit_try_drop(k, w, tx.id, k->first, &err);

        if (status == VGI_OK && strcmp(k->table, k->first) != 0)
            status = kit_try_drop(k, w, tx.id, k->table, &err);
        if (vgi_client_is_usable(w->client))
            (void)kit_try_end(w, tx.id, status == VGI_OK, &err);
    }
    kit_close_workers(k);
    cli_text_clear(&k->why);
}

static void run_check(kit *k, const kit_row *row, report *r)
{
    bool held;

    k->skipped = false;
    snprintf(k->table, sizeof k->table, "vgi_check_%ld_%d", (long)getpid(), ++k->tables);
    memcpy(k->first, k->table, sizeof k->first);
    if (row->kills && vgi_client_worker_pid(k->c->client) < 0)
        held = kit_skip(k, "the location is no command line: there is no process to kill");
    else
        held = row->run(k);
    add(r, row, held ? "ok" : k->skipped ? "skipped" : "FAILED", k);
    r->ok += held;
    r->skipped += !held && k->skipped;
    r->failed += !held && !k->skipped;
    clean_up(k);
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static const kit_row *const GROUPS[] = {KIT_STATEMENT_ROWS, KIT_CRASH_ROWS};

static bool is_wanted(const kit_args *a, const kit_row *row)
{
    for (size_t i = 0; i < a->only.count; i++)
        if (vgi_string_equal(a->only.items[i], vgi_str(row->name)))
            return true;
    return a->only.count == 0;
}

/* Every name that is asked for must be one. */
static int check_names(cli *c, const kit_args *a)
{
    vgi_string names[64];
    size_t count = 0;

    for (size_t g = 0; g < sizeof GROUPS / sizeof *GROUPS; g++)
        for (const kit_row *row = GROUPS[g]; row->name; row++)
            names[count++] = vgi_str(row->name);
    for (size_t i = 0; i < a->only.count; i++) {
        bool found = false;

        for (size_t n = 0; n < count; n++)
            found = found || vgi_string_equal(a->only.items[i], names[n]);
        if (!found)
            return cli_not_found(c, "check", a->only.items[i], names, count);
    }
    return CLI_OK;
}

static int finish(cli *c, report *r)
{
    int code = CLI_OK;

    if (r->rows)
        code = cli_rows_print(c, r->rows, false);
    else
        printf("%d ok, %d failed, %d skipped\n", r->ok, r->failed, r->skipped);
    return code == CLI_OK && r->failed ? CLI_FAILED : code;
}

static void run_all(kit *k, report *r)
{
    for (size_t g = 0; g < sizeof GROUPS / sizeof *GROUPS; g++)
        for (const kit_row *row = GROUPS[g]; row->name; row++)
            if (is_wanted(k->args, row))
                run_check(k, row, r);
    cli_text_free(&k->why);
    cli_text_free(&k->note);
}

static int check(cli *c, const void *args)
{
    static const cli_column COLUMNS[] = {
        {"check", CLI_CELL_TEXT}, {"verdict", CLI_CELL_TEXT}, {"claim", CLI_CELL_TEXT}, {"why", CLI_CELL_TEXT}};
    static const kit_row ALL = {.name = "all"};
    const kit_args *a = args;
    kit k = {.c = c, .args = a};
    report r = {0};
    int code = check_names(c, a);

    if (!c->globals.timeout_ms.has)
        c->globals.timeout_ms = (vgi_opt_int64){true, TIMEOUT_MS};
    if (code == CLI_OK)
        code = cli_attach(c);
    if (code != CLI_OK)
        return code;
    k.path = a->schema.count ? a->schema : cli_default_path(c);
    if (c->globals.output.data && !vgi_string_equal(c->globals.output, vgi_str("table")))
        r.rows = cli_rows_new(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    if (vgi_attachment_info(c->attachment)->supports_transactions) {
        run_all(&k, &r);
    } else {
        (void)kit_skip(&k, "the catalog has no transactions");
        add(&r, &ALL, "skipped", &k);
        cli_text_free(&k.why);
        r.skipped++;
    }
    return finish(c, &r);
}

#define A(member) .offset = offsetof(kit_args, member)

static const cli_field FIELDS[] = {
    {"--schema", "where scratch tables are made; default: the default schema", A(schema), .kind = CLI_PATH,
     .letter = 's'},
    {"--only", "these checks, by their names", A(only), .kind = CLI_TEXTS},
    {"--patience", "seconds that a transaction without end may keep a writer waiting; default: 60", A(patience_s),
     .kind = CLI_OPT_INT64},
    {0},
};

const cli_command CLI_CHECK = {
    .name = "check-transactions",
    .group = "Looking",
    .summary = "Tries the transactions of a worker that can be written to, crashes included.",
    .description =
        "For authors of workers, in any language. Makes scratch tables vgi_check_..., writes to them by the worker's\n"
        "insert function, through several processes of the worker as an engine does, kills some of them, and drops "
        "the\n"
        "tables. A line a check: ok; FAILED, and why; or skipped, and why: what a worker does not offer is not tried.\n"
        "Exit code 1: a check failed.",
    .examples = "  vgi check-transactions 'vgi-sqlite shop.db'\n"
                "  vgi check-transactions ./worker --schema main --only commit,rollback\n"
                "  vgi check-transactions ./worker -o json\n",
    .fields = FIELDS,
    .args_size = sizeof(kit_args),
    .run = check,
};
