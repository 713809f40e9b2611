/* A worker whose secrets are wherever a worker can have some: in options of ATTACH, in the opaque data of attachments
 * and transactions, in arguments, and, as no author should, in sentences of errors. tests/observe/ looks for them in
 * all that is logged. It also has an observer of its own, and one that hangs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vgi/vgi.h>

#ifdef HAS_SENTRY
#include <vgi/sentry.h>
#endif

/* ---- the catalog ------------------------------------------------------------------------------------------------- */

static vgi_bytes bytes_of(vgi_string text)
{
    return (vgi_bytes){(const uint8_t *)text.data, text.size};
}

static vgi_status do_attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_string password, region;

    (void)asked;
    VGI_TRY(vgi_arg_text(call, "password", &password));
    VGI_TRY(vgi_arg_text(call, "region", &region));
    if (region.size == 7 && memcmp(region.data, "nowhere", 7) == 0)
        return vgi_fail(call, VGI_ERR_IO, "no way to log in with %.*s", (int)password.size, password.data);
    ret->attach_opaque_data = bytes_of(vgi_call_text(call, "session of %.*s", (int)password.size, password.data));
    ret->resolved_data_version = vgi_str("1.2.3");
    return VGI_OK;
}

static vgi_status do_loggable(vgi_call *call, const vgi_batch *options, vgi_loggable *ret)
{
    (void)call;
    (void)options;
    vgi_loggable_add(ret, "password"); /* is declared secret, so this does nothing */
    vgi_loggable_add(ret, "flavour");
    vgi_loggable_add_text(ret, "host", vgi_str("db.example"));
    return VGI_OK;
}

static vgi_status do_detach(vgi_call *call, const vgi_catalog_detach_params *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

static vgi_status do_create(vgi_call *call, const vgi_catalog_create_request *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

static vgi_status do_begin(vgi_call *call, const vgi_catalog_transaction_begin_params *asked,
                           vgi_transaction_begin_response *ret)
{
    vgi_bytes session = vgi_call_attach_opaque_data(call);

    (void)asked;
    ret->transaction_opaque_data =
        bytes_of(vgi_call_text(call, "transaction in %.*s", (int)session.size, (const char *)session.data));
    return VGI_OK;
}

static vgi_status do_commit(vgi_call *call, const vgi_catalog_transaction_commit_params *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

static vgi_status do_rollback(vgi_call *call, const vgi_catalog_transaction_rollback_params *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

static const vgi_catalog_ops OPS = {
    .attach = do_attach,
    .loggable_attach_options = do_loggable,
    .detach = do_detach,
    .create = do_create,
    .transaction_begin = do_begin,
    .transaction_commit = do_commit,
    .transaction_rollback = do_rollback,
};

/* ---- trouble ----------------------------------------------------------------------------------------------------- */

static vgi_status trouble_next(vgi_call *call, vgi_batch *out)
{
    vgi_string kind, detail;

    (void)out;
    VGI_TRY(vgi_arg_text(call, "kind", &kind));
    VGI_TRY(vgi_arg_text(call, "detail", &detail));
    if (strncmp(kind.data, "value", 5) == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "%.*s is no good", (int)detail.size, detail.data);
    if (strncmp(kind.data, "own", 3) == 0)
        return vgi_fail_as(call, "VaultError", "%.*s has been taken", (int)detail.size, detail.data);
    if (strncmp(kind.data, "runtime", 7) == 0)
        return vgi_fail(call, VGI_ERR_RUNTIME, "%.*s broke it", (int)detail.size, detail.data);
    return VGI_END;
}

static const vgi_table_function TROUBLE = {.signature = "trouble(kind VARCHAR, detail VARCHAR) -> TABLE(n BIGINT)",
                                           .next = trouble_next};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&TROUBLE)};
static const vgi_catalog VAULT = {
    .name = "vault",
    .schemas = VGI_SCHEMAS(&MAIN),
    .attach_options =
        VGI_ATTACH_OPTIONS({.name = "password", .type = "VARCHAR", .is_required = true, .is_secret = true},
                           {.name = "region", .type = "VARCHAR", .is_loggable = true},
                           {.name = "flavour", .type = "VARCHAR"}, {.name = "note", .type = "VARCHAR"}),
    .ops = &OPS,
};

/* ---- observers --------------------------------------------------------------------------------------------------- */

typedef struct settings {
    const char *path; /* of what the own observer writes */
    bool hangs;
} settings;

static vgi_status own_begin(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    const settings *given = user;
    FILE *file;

    if (!given->path)
        return VGI_END;
    file = fopen(given->path, "a");
    if (!file)
        return vgi_error_set(err, VGI_ERR_IO, "the observer cannot open its file");
    setvbuf(file, NULL, _IOLBF, 0); /* an engine may kill its workers */
    fprintf(file, "begin %s %s\n", worker->program, worker->version);
    *ret_state = file;
    return VGI_OK;
}

static void own_tell(void *state, const vgi_event *event)
{
    const vgi_string texts[] = {event->method,     event->catalog,      event->attach_id,         event->transaction_id,
                                event->options,    event->data_version, event->data_version_spec, event->error_type,
                                event->error_code, event->request_id};

    fprintf(state, "%s", event->name);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fprintf(state, "|%.*s", (int)texts[i].size, texts[i].data ? texts[i].data : "");
    fprintf(state, "\n");
}

static void own_end(void *state)
{
    fprintf(state, "end\n");
    fclose(state);
}

static vgi_status hang_begin(void *user, const vgi_observed_worker *worker, void **ret_state, vgi_error *err)
{
    (void)worker;
    (void)ret_state;
    (void)err;
    return ((const settings *)user)->hangs ? VGI_OK : VGI_END;
}

static void hang_tell(void *state, const vgi_event *event)
{
    (void)state;
    (void)event;
    for (;;)
        pause();
}

static vgi_status parse_arg(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    settings *given = user;

    if (strcmp(argv[*i], "--hang") == 0) {
        given->hangs = true;
        return VGI_OK;
    }
    if (strcmp(argv[*i], "--observer") != 0 || *i + 1 >= argc)
        return vgi_error_set(err, VGI_ERR_VALUE, "say --observer PATH or --hang, not '%s'", argv[*i]);
    given->path = argv[++*i];
    return VGI_OK;
}

int main(int argc, char **argv)
{
    settings given = {0};
    const vgi_observer own = {
        .user = &given, .level = VGI_LOG_INFO, .begin = own_begin, .tell = own_tell, .end = own_end};
    const vgi_observer hang = {.user = &given, .level = VGI_LOG_DEBUG, .begin = hang_begin, .tell = hang_tell};
    const vgi_observer *const observers[] = {
        &hang,
        &own,
#ifdef HAS_SENTRY
        &vgi_sentry,
#endif
        NULL,
    };
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&VAULT),
                                        .user = &given,
                                        .parse_arg = parse_arg,
                                        .version = "4.5.6",
                                        .observers = observers};

    return vgi_worker_main_with(&options, argc, argv);
}
