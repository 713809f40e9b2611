/* vgi-sqlite: any SQLite file as a read-only catalog of the engine.
 *
 *   ATTACH 'shop' (TYPE vgi, LOCATION 'vgi-sqlite shop.db')
 *
 * Reads the command line, and the file's schema: again where it has changed, at an attach or when the engine asks for
 * the catalog's version. docs/vgi-sqlite.md is the manual. */
#include <stdlib.h>
#include <string.h>

#include "sq.h"

static const char USAGE[] = "  FILE              the SQLite file; the catalog has its name without the extension\n"
                            "  --name NAME       another name for the catalog\n"
                            "  --all-varchar     read every column as text, those declared BLOB as blobs\n"
                            "  --                what follows is FILE, whatever it begins with\n";

static vgi_status set_file(sq_worker *worker, const char *path, vgi_error *err)
{
    if (worker->path)
        return vgi_error_set(err, VGI_ERR_ARGUMENT,
                             "one file can be served, and two are named: '%s' and '%s' (quote a name that has blanks)",
                             worker->path, path);
    if (!*path)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "the file's name is empty");
    worker->path = path;
    return VGI_OK;
}

static vgi_status parse_arg(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    sq_worker *worker = user;
    const char *word = argv[*i];

    if (strcmp(word, "--name") == 0) {
        if (*i + 1 >= argc || !*argv[*i + 1])
            return vgi_error_set(err, VGI_ERR_ARGUMENT, "--name wants the catalog's name");
        worker->name = argv[++*i];
        return VGI_OK;
    }
    if (strcmp(word, "--all-varchar") == 0) {
        worker->all_varchar = true;
        return VGI_OK;
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

/* The file's name without its folder and its last extension. */
static bool set_name(sq_worker *worker)
{
    const char *base = strrchr(worker->path, '/'), *dot;

    if (worker->name)
        return true;
    base = base ? base + 1 : worker->path;
    dot = strrchr(base, '.');
    worker->stem = strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
    worker->name = worker->stem;
    return worker->stem != NULL;
}

static bool same_identity(sq_identity a, sq_identity b)
{
    return a.device == b.device && a.inode == b.inode && a.schema_version == b.schema_version;
}

static vgi_status load(vgi_call *call, const vgi_catalog *const **ret_catalogs)
{
    sq_worker *worker = vgi_call_user(call);
    const sq_snapshot *newest = sq_snapshot_of(*ret_catalogs);
    sq_snapshot *snapshot;
    sq_identity identity;
    sqlite3 *db;
    vgi_status status;

    VGI_TRY(sq_open(worker, &db, &identity, vgi_call_error(call)));
    if (newest && same_identity(newest->identity, identity)) {
        sqlite3_close(db);
        return VGI_OK;
    }
    if (!set_name(worker)) {
        sqlite3_close(db);
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    }
    status = sq_schema_read(worker, db, identity, &snapshot, vgi_call_error(call));
    sqlite3_close(db);
    VGI_TRY(status);
    if (snapshot->left_out)
        vgi_log(call, VGI_LOG_WARN, "%s: left out: %s", worker->path, snapshot->left_out);
    *ret_catalogs = snapshot->catalogs;
    return VGI_OK;
}

static void unload(void *user, const vgi_catalog *const *catalogs)
{
    (void)user;
    sq_snapshot_free(sq_snapshot_of(catalogs));
}

int main(int argc, char **argv)
{
    sq_worker worker = {0};
    const vgi_worker_options options = {.load = load,
                                        .unload = unload,
                                        .user = &worker,
                                        .parse_arg = parse_arg,
                                        .usage = USAGE,
                                        .version = "vgi-sqlite 0.1.0"};
    int exit_status = vgi_worker_main_with(&options, argc, argv);

    free(worker.stem);
    return exit_status;
}
