/* A worker as a program: vgi_worker_main (vgi/worker.h), on rpc/program. */
#include <stdlib.h>

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
    if (vg_program_server(program, vg_worker_binding(worker), 1, limits, &server, &err) != VGI_OK)
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    status = vg_program_serve(program, server);
    vg_server_free(server);
    return status;
}

int vgi_worker_main_with_at(int api_version, const vgi_worker_options *options, int argc, char **argv)
{
    const vg_own_words own = {options->user, options->parse_arg, options->usage};
    vg_program program = {.argc = argc, .argv = argv};
    vg_worker *worker;
    vgi_error err = {0};
    int status;

    if (!vg_program_start(&program, &own, ABOUT, version_of(options), &status))
        return status;
    if (vg_worker_new(api_version, options, &worker, &err) != VGI_OK)
        return vg_program_complain(&program, VG_EXIT_MISTAKE, err.message);
    program.observers = options->observers;
    status = run(&program, worker, options->limits);
    vg_worker_free(worker);
    return status;
}

int vgi_worker_main_at(int api_version, const vgi_catalog *catalog, int argc, char **argv)
{
    const vgi_catalog *const catalogs[] = {catalog, NULL};
    const vgi_worker_options options = {.catalogs = catalogs};

    return vgi_worker_main_with_at(api_version, &options, argc, argv);
}
