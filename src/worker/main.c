/* A worker as a program: vgi_worker_main (vgi/worker.h), on rpc/program. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "rpc/program.h"
#include "worker/worker.h"

static const char ABOUT[] =
    "A VGI worker. Without options it serves on standard input and output, as DuckDB starts it:\n"
    "  ATTACH 'name' (TYPE vgi, LOCATION 'PROGRAM')";

static const char *version_of(const vgi_worker_options *options)
{
    if (options->version || !options->catalogs || !options->catalogs[0])
        return options->version;
    return options->catalogs[0]->implementation_version;
}

static bool has_transactions(const vgi_worker_options *options)
{
    for (const vgi_catalog *const *each = options->catalogs; each && *each; each++)
        if ((*each)->transactions)
            return true;
    return !options->catalogs && options->load; /* who knows */
}

/* The program's own path: what is started again. False: the system does not tell. */
static bool find_program(char *path, size_t size)
{
    static const char DELETED[] = " (deleted)";
    ssize_t n = readlink("/proc/self/exe", path, size - 1);

    if (n <= 0)
        return false;
    path[n] = '\0';
    if ((size_t)n > sizeof DELETED && strcmp(path + n - (sizeof DELETED - 1), DELETED) == 0)
        path[(size_t)n - (sizeof DELETED - 1)] = '\0'; /* replaced meanwhile: the new one is what others run */
    return true;
}

/* Transactions are kept by one process: another one, or this. */
static vgi_status place_transactions(vg_program *program, vg_worker *worker, const vgi_worker_options *options,
                                     const char **words, vgi_error *err)
{
    static const char ENDING[] = ".sock";
    const char *socket_path = program->line.unix_path;
    char place[4096];
    size_t size;

    if (!program->line.is_owner) {
        words[0] = place;
        return has_transactions(options) && find_program(place, sizeof place) ? vg_worker_share(worker, words, err)
                                                                              : VGI_OK;
    }
    size = strlen(socket_path);
    if (size < sizeof ENDING || size >= sizeof place || strcmp(socket_path + size - (sizeof ENDING - 1), ENDING) != 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "--owner: the path of its socket ends in %s", ENDING);
    memcpy(place, socket_path, size);
    place[size - (sizeof ENDING - 1)] = '\0';
    (void)setsid(); /* a Ctrl-C in the terminal of whoever started it is not meant for it */
    signal(SIGHUP, SIG_IGN);
    program->is_needed = vg_worker_is_needed;
    program->user = worker;
    return vg_worker_own(worker, place, err);
}

/* Where nobody reads stderr, a worker with mistakes serves, and answers every call with them. */
static int run(const vg_program *program, const vg_worker *worker, const vg_limits *limits)
{
    const vg_mistake *mistakes = vg_worker_mistakes(worker);
    vg_server *server;
    vgi_error err = {0};
    int status;

    for (const vg_mistake *mistake = mistakes; mistake; mistake = mistake->next)
        (void)vg_program_complain(program, VG_EXIT_MISTAKE, mistake->text.data);
    if (mistakes && !program->is_socket)
        return VG_EXIT_MISTAKE;
    if (vg_program_server(program, vg_worker_binding(worker), vg_worker_bindings(worker), limits, &server, &err) !=
        VGI_OK)
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    status = vg_program_serve(program, server);
    vg_server_free(server);
    return status;
}

static int work(vg_program *program, int api_version, const vgi_worker_options *options, const char **words)
{
    vg_worker *worker;
    vgi_error err = {0};
    int status;

    if (vg_worker_new(api_version, options, &worker, &err) != VGI_OK)
        return vg_program_complain(program, VG_EXIT_MISTAKE, err.message);
    program->observers = options->observers;
    if (place_transactions(program, worker, options, words, &err) == VGI_OK)
        status = run(program, worker, options->limits);
    else
        status = vg_program_complain(program, EXIT_FAILURE, err.message);
    vg_worker_free(worker);
    return status;
}

int vgi_worker_main_with_at(int api_version, const vgi_worker_options *options, int argc, char **argv)
{
    const char **words = vg_malloc(((size_t)argc + 2) * sizeof *words); /* the program, and its own words */
    const vg_own_words own = {.user = options->user,
                              .parse_arg = options->parse_arg,
                              .usage = options->usage,
                              .may_own = true,
                              .taken = words ? words + 1 : NULL};
    vg_program program = {.argc = argc, .argv = argv};
    int status;

    if (!words)
        return vg_program_complain(&program, EXIT_FAILURE, "out of memory");
    if (vg_program_start(&program, &own, ABOUT, version_of(options), &status))
        status = work(&program, api_version, options, words);
    vg_free(words);
    return status;
}

int vgi_worker_main_at(int api_version, const vgi_catalog *catalog, int argc, char **argv)
{
    const vgi_catalog *const catalogs[] = {catalog, NULL};
    const vgi_worker_options options = {.catalogs = catalogs};

    return vgi_worker_main_with_at(api_version, &options, argc, argv);
}
