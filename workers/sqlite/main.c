/* vgi-sqlite: any SQLite file as a catalog of the engine, further files as schemas of it.
 *
 *   ATTACH 'shop' (TYPE vgi, LOCATION 'vgi-sqlite shop.db')
 *
 * Reads the command line. docs/vgi-sqlite.md is the manual. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sq.h"

static const char USAGE[] =
    "  FILE                    the SQLite file; the catalog has its name without the extension\n"
    "  --name NAME             another name for the catalog\n"
    "  --attach [SCHEMA=]FILE  one more file, as a schema of that name (FILE's own without the extension)\n"
    "  --types strict          a value that does not fit its column's type fails the scan (the default)\n"
    "  --types cast            it becomes what SQLite's CAST and date functions make of it\n"
    "  --types text            read every column as text, those declared BLOB as blobs\n"
    "  --busy-timeout MS       how long to wait for a file that is locked (default 5000)\n"
    "  --max-workers N         so many processes may scan parts of a large table at once (default 1)\n"
    "  --trust-schema          what the file's schema calls need not be harmless (JSON in a generated column)\n"
    "  --explain               log how SQLite reads each scan, at level DEBUG\n"
    "  --read-only             refuse every change\n"
    "  --                      what follows is FILE, whatever it begins with\n";

enum { DEFAULT_BUSY_MS = 5000, MAX_BUSY_MS = 24 * 3600 * 1000 };

static vgi_status set_file(sq_worker *worker, const char *path, vgi_error *err)
{
    if (worker->files[0].path)
        return vgi_error_set(err, VGI_ERR_ARGUMENT,
                             "one file can be served, and two are named: '%s' and '%s' (quote a name that has blanks, "
                             "--attach adds a file)",
                             worker->files[0].path, path);
    if (!*path)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "the file's name is empty");
    worker->files[0].path = path;
    return VGI_OK;
}

/* The file's name without its folder and its last extension; NULL when out of memory. */
static char *stem_of(const char *path)
{
    const char *base = strrchr(path, '/'), *dot;

    base = base ? base + 1 : path;
    dot = strrchr(base, '.');
    return strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

/* `SCHEMA=FILE`, where no `/` stands before the `=`, or `FILE`. */
static vgi_status attach_file(sq_worker *worker, const char *value, vgi_error *err)
{
    size_t size = strcspn(value, "=/");
    bool is_named = value[size] == '=';
    const char *path = is_named ? value + size + 1 : value;
    sq_file *file = &worker->files[worker->n_files];

    if (!*path || (is_named && !size))
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "--attach wants FILE or SCHEMA=FILE, not '%s'", value);
    if (worker->n_files == SQ_MAX_FILES)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "at most %d files can be served", SQ_MAX_FILES);
    file->path = path;
    file->schema = is_named ? strndup(value, size) : stem_of(path);
    if (!file->schema)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    worker->n_files++;
    for (int i = 0; i < worker->n_files - 1; i++)
        if (strcasecmp(worker->files[i].schema, file->schema) == 0)
            return vgi_error_set(err, VGI_ERR_ARGUMENT,
                                 "two files would be the schema '%s': name one with --attach SCHEMA=FILE",
                                 file->schema);
    return VGI_OK;
}

static vgi_status set_name(sq_worker *worker, const char *value, vgi_error *err)
{
    if (!*value)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "--name wants the catalog's name");
    worker->name = value;
    return VGI_OK;
}

static vgi_status set_types(sq_worker *worker, const char *value, vgi_error *err)
{
    static const char *const TYPES[] = {
        [SQ_TYPES_STRICT] = "strict", [SQ_TYPES_CAST] = "cast", [SQ_TYPES_TEXT] = "text"};

    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (strcmp(value, TYPES[i]) == 0) {
            worker->types = (sq_types)i;
            return VGI_OK;
        }
    return vgi_error_set(err, VGI_ERR_ARGUMENT, "--types wants strict, cast or text, not '%s'", value);
}

static vgi_status set_number(const char *word, const char *value, int min, int max, int *ret, vgi_error *err)
{
    char *end;
    long number = *value >= '0' && *value <= '9' ? strtol(value, &end, 10) : -1;

    if (number < min || number > max || *end)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "%s wants a number of %d to %d, not '%s'", word, min, max, value);
    *ret = (int)number;
    return VGI_OK;
}

static vgi_status set_busy(sq_worker *worker, const char *value, vgi_error *err)
{
    return set_number("--busy-timeout", value, 0, MAX_BUSY_MS, &worker->busy_ms, err);
}

static vgi_status set_read_only(sq_worker *worker, const char *value, vgi_error *err)
{
    (void)value;
    (void)err;
    worker->is_read_only = true;
    return VGI_OK;
}

static vgi_status set_trust(sq_worker *worker, const char *value, vgi_error *err)
{
    (void)value;
    (void)err;
    worker->trusts = true;
    return VGI_OK;
}

static vgi_status set_explain(sq_worker *worker, const char *value, vgi_error *err)
{
    (void)value;
    (void)err;
    worker->explains = true;
    return VGI_OK;
}

static vgi_status set_workers(sq_worker *worker, const char *value, vgi_error *err)
{
    return set_number("--max-workers", value, 1, SQ_MAX_WORKERS, &worker->max_workers, err);
}

static const struct word {
    const char *name, *wants; /* NULL: nothing */
    vgi_status (*set)(sq_worker *worker, const char *value, vgi_error *err);
} WORDS[] = {
    {"--name", "the catalog's name", set_name},
    {"--attach", "FILE or SCHEMA=FILE", attach_file},
    {"--types", "strict, cast or text", set_types},
    {"--busy-timeout", "milliseconds", set_busy},
    {"--max-workers", "a number", set_workers},
    {"--read-only", NULL, set_read_only},
    {"--explain", NULL, set_explain},
    {"--trust-schema", NULL, set_trust},
};

static vgi_status parse_arg(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    sq_worker *worker = user;
    const char *word = argv[*i];

    for (size_t w = 0; w < sizeof(WORDS) / sizeof(WORDS[0]); w++) {
        if (strcmp(word, WORDS[w].name) != 0)
            continue;
        if (!WORDS[w].wants)
            return WORDS[w].set(worker, NULL, err);
        if (*i + 1 >= argc)
            return vgi_error_set(err, VGI_ERR_ARGUMENT, "%s wants %s", word, WORDS[w].wants);
        return WORDS[w].set(worker, argv[++*i], err);
    }
    if (strcmp(word, "--") == 0) {
        while (*i + 1 < argc)
            VGI_TRY(set_file(worker, argv[++*i], err));
        return VGI_OK;
    }
    if (*word == '-' && word[1])
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "unknown option '%s'; --help lists them", word);
    return set_file(worker, word, err);
}

/* Once: what changes, callbacks tell (catalog.c). */
static vgi_status load(vgi_call *call, const vgi_catalog *const **ret_catalogs)
{
    sq_worker *worker = vgi_call_user(call);

    if (worker->catalogs[0]) {
        *ret_catalogs = worker->catalogs;
        return VGI_OK;
    }
    if (!worker->files[0].path)
        return vgi_fail(call, VGI_ERR_ARGUMENT, "no file is named: LOCATION 'vgi-sqlite FILE'");
    for (int i = 0; i < worker->n_files; i++) {
        worker->files[i].busy_ms = worker->busy_ms;
        worker->files[i].trusted = worker->trusts;
    }
    if (!worker->name)
        worker->name = worker->stem = stem_of(worker->files[0].path);
    if (!worker->name || !sq_describe_catalog(worker))
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    *ret_catalogs = worker->catalogs;
    return VGI_OK;
}

int main(int argc, char **argv)
{
    sq_worker worker = {.n_files = 1, .busy_ms = DEFAULT_BUSY_MS, .max_workers = 1, .lock = PTHREAD_MUTEX_INITIALIZER};
    const vgi_worker_options options = {
        .load = load, .user = &worker, .parse_arg = parse_arg, .usage = USAGE, .version = "vgi-sqlite 0.1.0"};
    int exit_status = 1;

    worker.files[0].schema = strdup("main");
    if (worker.files[0].schema)
        exit_status = vgi_worker_main_with(&options, argc, argv);
    for (int i = 0; i < worker.n_files; i++)
        sq_snapshot_release(&worker, worker.newest[i]);
    sq_mem_free(&worker.mem);
    free(worker.stem);
    for (int i = 0; i < worker.n_files; i++)
        free(worker.files[i].schema);
    return exit_status;
}
