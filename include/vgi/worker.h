/* Running a worker: as a program (vgi_worker_main) or inside one (vgi_server_*). */
#ifndef VGI_WORKER_H
#define VGI_WORKER_H

#include <vgi/catalog.h>
#include <vgi/server.h>
#include <vgi/sys/observer.h>
#include <vgi/sys/seal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vgi_worker_options {
    const vgi_catalog *const *catalogs; /* VGI_CATALOGS(...): the catalogs of this worker */
    /* Instead of `catalogs`, for catalogs not known when compiling. Called at the first request that needs them, again
     * after a failure, at every attach and whenever the engine asks for the catalog's version; never by two threads at
     * once, but calls of other connections go on meanwhile with what was given last. On entry `*ret_catalogs` is what
     * it gave last (NULL: nothing yet): leaving it so says that nothing changed. What it gives must live until
     * `unload`. Its sentence reaches whoever attaches. */
    vgi_status (*load)(vgi_call *call, const vgi_catalog *const **ret_catalogs);
    /* Nullable: no call uses any more what `load` gave, and none will; once for each time that `load` gave something
     * new, also when the worker ends. On whatever thread, and beside a `load` of another one. */
    void (*unload)(void *user, const vgi_catalog *const *catalogs);
    /* Instead of `catalogs` and `load`: a worker of functions alone. They are in one catalog, "functions"; where
     * `has_no_catalog`, they can be called, but nothing can be attached: the methods of catalogs are not offered. */
    const vgi_schema *functions;
    bool has_no_catalog;
    void *user; /* vgi_call_user() */
    /* One word of the command line that is not the worker's own; `*i` may be moved on to take values. Anything but
     * VGI_OK is reported with `err` and exits 2. NULL: unknown words are errors. */
    vgi_status (*parse_arg)(void *user, int argc, char **argv, int *i, vgi_error *err);
    const char *usage;        /* nullable: lines for --help on the worker's own words */
    const char *version;      /* nullable: for --version */
    const vgi_limits *limits; /* nullable: instead of the defaults; the command line may say others */
    const vgi_seal *seal; /* nullable: &vgi_seal_where_keyed and the like (vgi/seal.h); what callers hold is sealed */
    /* Nullable: where callbacks keep what must outlive a process (vgi/storage.h): vgi_call_storage(). It is looked at
     * whenever a callback asks for it, so parse_arg may still set it; whoever made it frees it, after the worker. */
    struct vgi_storage *storage;
    /* VGI_OBSERVERS(...): who is told of attachments, transactions and failures, beside the log of the command line. */
    const vgi_observer *const *observers;
} vgi_worker_options;

/* In a callback of a catalog or a function: the catalogs that this call is served from, as VGI_CATALOGS or `load` gave
 * them. They stay as long as the call does, in a scan until it is closed, whatever is loaded meanwhile. */
VGI_EXPORT const vgi_catalog *const *vgi_call_catalogs(const vgi_call *call);

/* vgi_worker_options.storage; NULL: the worker has none. */
VGI_EXPORT struct vgi_storage *vgi_call_storage(const vgi_call *call);

/* Serves one catalog as the command line says: stdio by default, `--unix PATH`, `--tcp [HOST:]PORT`,
 * `--idle-timeout SECONDS`; `--help`, `--version`. Keeps the real stdout for the protocol and points 1 at stderr.
 * Returns the exit status: 0, 1 after a failure, 2 after a mistake in descriptors or command line. */
#define vgi_worker_main(catalog, argc, argv) vgi_worker_main_at(VGI_API_VERSION, (catalog), (argc), (argv))
#define vgi_worker_main_with(options, argc, argv) vgi_worker_main_with_at(VGI_API_VERSION, (options), (argc), (argv))
VGI_EXPORT int vgi_worker_main_at(int api_version, const vgi_catalog *catalog, int argc, char **argv);
VGI_EXPORT int vgi_worker_main_with_at(int api_version, const vgi_worker_options *options, int argc, char **argv);

/* A worker inside a program with a main of its own (vgi/server.h). `options` and all it points to must outlive it. */
#define vgi_server_new(options, ret, err) vgi_server_new_at(VGI_API_VERSION, (options), (ret), (err))
VGI_EXPORT vgi_status vgi_server_new_at(int api_version, const vgi_worker_options *options, vgi_server **ret,
                                        vgi_error *err);

#ifdef __cplusplus
}
#endif
#endif
