/* The client from a command line, for the tests beside it: client_tool LOCATION COMMAND WORDS...
 *
 *   ping COUNT | describe | catalogs | tree CATALOG | refuse CATALOG
 *   scan CATALOG SCHEMA TABLE [COLUMN...]
 *   call CATALOG SCHEMA FUNCTION INPUT|- [NAME=TYPE:TEXT ...]      (no NAME: positional; no INPUT: -)
 *   aggregate CATALOG SCHEMA FUNCTION INPUT [...]                  (groups: the row number modulo 2)
 *   limit CATALOG SCHEMA FUNCTION BATCHES [...]                    (cancels behind that many)
 *   kill POINT CATALOG SCHEMA FUNCTION INPUT|- [...]               (POINT: attach, call, stream)
 *   loop COUNT CATALOG SCHEMA FUNCTION INPUT|- [...]
 *
 * INPUT is a file that holds an IPC stream of one batch. Rows come out as IPC streams, one behind the other, one a
 * batch; all else as lines. Exit status 1: the sentence is on stderr. */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <vgi/client.h>

enum { MAX_ARGUMENTS = 16, MAX_FILE_BYTES = 1 << 24 };

/* The words of a call: CATALOG SCHEMA FUNCTION INPUT ARGUMENTS... */
typedef struct target {
    char **words;
    int count;
    vgi_string path[1];
    vgi_value values[MAX_ARGUMENTS];
    vgi_function_call call;
    const vgi_batch *input; /* NULL: none */
    vgi_result *memory;
} target;

static vgi_status usage(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_VALUE, "see the comment in client_tool.c");
}

static vgi_status print_batch(const vgi_batch *batch, vgi_error *err)
{
    vgi_result *memory;
    vgi_bytes bytes;
    vgi_status status;

    VGI_TRY(vgi_result_new(&memory, err));
    status = vgi_batch_encode(memory, batch, &bytes, err);
    if (status == VGI_OK && fwrite(bytes.data, 1, bytes.size, stdout) != bytes.size)
        status = vgi_error_set(err, VGI_ERR_IO, "writing failed");
    vgi_result_free(memory);
    return status;
}

static void print_text(vgi_string text)
{
    (void)fwrite(text.data, 1, text.size, stdout);
}

/* ---- targets ----------------------------------------------------------------------------------------------------- */

static vgi_status read_input(target *t, const char *path, vgi_error *err)
{
    uint8_t *data = vgi_result_alloc(t->memory, MAX_FILE_BYTES);
    FILE *file = fopen(path, "rb");
    vgi_bytes bytes = {data, 0};

    if (!file || !data)
        return vgi_error_set(err, VGI_ERR_IO, "%s cannot be read", path);
    bytes.size = fread(data, 1, MAX_FILE_BYTES, file);
    fclose(file);
    return vgi_batch_decode(t->memory, bytes, &t->input, err);
}

/* [NAME=]TYPE:TEXT */
static void read_value(vgi_value *value, char *word)
{
    char *colon = strchr(word, ':'), *equals = strchr(word, '=');

    *value = (vgi_value){.type = word};
    if (equals && (!colon || equals < colon)) {
        *equals = '\0';
        value->name = word;
        value->type = equals + 1;
    }
    if (colon) {
        *colon = '\0';
        value->text = colon + 1;
    }
}

static vgi_status read_target(target *t, char **words, int count, bool has_input, vgi_error *err)
{
    int first = has_input ? 4 : 3;

    if (count < first || count - first > MAX_ARGUMENTS)
        return usage(err);
    t->words = words;
    t->path[0] = vgi_str(words[1]);
    t->call = (vgi_function_call){.schema_path = {t->path, 1, true},
                                  .name = words[2],
                                  .arguments = t->values,
                                  .n_arguments = (size_t)(count - first)};
    for (int i = first; i < count; i++)
        read_value(&t->values[i - first], words[i]);
    if (!has_input || strcmp(words[3], "-") == 0)
        return VGI_OK;
    VGI_TRY(read_input(t, words[3], err));
    t->call.input_schema = t->input->schema;
    return VGI_OK;
}

/* ---- shared memory ----------------------------------------------------------------------------------------------- */

/* The segment that this process holds, for tests that look whether it stays. */
static void tell_segment(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        char path[256];
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, path, sizeof path - 1);

        if (n > 0 && memmem(path, (size_t)n, "/libvgi.", 8))
            fprintf(stderr, "segment %.*s\n", (int)n, path);
    }
    if (folder)
        closedir(folder);
}

/* What has gone through shared memory, where it was asked for. */
static void tell_shared(const vgi_client *client)
{
    uint64_t sent, received;
    bool shares = vgi_client_shares_memory(client, &sent, &received);

    if (!getenv("SHM_BYTES"))
        return;
    tell_segment();
    fprintf(stderr, "shared %d sent %" PRIu64 " received %" PRIu64 "\n", (int)shares, sent, received);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static vgi_status print_rest(vgi_run *run, int64_t batches, bool quiet, vgi_error *err)
{
    vgi_status status = VGI_OK;

    for (int64_t i = 0; status == VGI_OK && (batches < 0 || i < batches); i++) {
        const vgi_batch *batch;

        status = vgi_run_next(run, &batch, err);
        if (status == VGI_OK && !quiet)
            status = print_batch(batch, err);
    }
    return status == VGI_END ? VGI_OK : status;
}

static vgi_status run_all(vgi_run *run, const vgi_batch *input, bool quiet, vgi_error *err)
{
    const vgi_batch *batch;

    if (input) {
        VGI_TRY(vgi_run_exchange(run, input, &batch, err));
        if (batch && !quiet)
            VGI_TRY(print_batch(batch, err));
        VGI_TRY(vgi_run_finish(run, err));
    }
    return print_rest(run, -1, quiet, err);
}

static vgi_status call_once(vgi_attachment *attachment, target *t, bool quiet, vgi_error *err)
{
    vgi_run *run;
    vgi_status status;

    VGI_TRY(vgi_function_open(attachment, &t->call, &run, err));
    status = run_all(run, t->input, quiet, err);
    vgi_run_free(run);
    return status;
}

static vgi_status limit(vgi_attachment *attachment, target *t, int64_t batches, vgi_error *err)
{
    vgi_run *run;
    vgi_status status;

    VGI_TRY(vgi_function_open(attachment, &t->call, &run, err));
    status = print_rest(run, batches, false, err);
    if (status == VGI_OK)
        status = vgi_run_cancel(run, err);
    vgi_run_free(run);
    return status == VGI_OK ? vgi_client_ping(vgi_attachment_client(attachment), err) : status;
}

static vgi_status update_and_finalize(vgi_aggregate *aggregate, target *t, vgi_error *err)
{
    const int64_t both[] = {0, 1}, source[] = {1}, into[] = {0};
    int64_t *groups = vgi_result_alloc(t->memory, (size_t)t->input->rows * sizeof *groups + 1);
    const vgi_batch *batch;

    if (!groups)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory");
    for (int64_t i = 0; i < t->input->rows; i++)
        groups[i] = i % 2;
    VGI_TRY(vgi_aggregate_update(aggregate, groups, t->input, err));
    VGI_TRY(vgi_aggregate_finalize(aggregate, both, 2, t->memory, &batch, err));
    VGI_TRY(print_batch(batch, err));
    VGI_TRY(vgi_aggregate_combine(aggregate, source, into, 1, err));
    VGI_TRY(vgi_aggregate_finalize(aggregate, into, 1, t->memory, &batch, err));
    return print_batch(batch, err);
}

static vgi_status aggregate_once(vgi_attachment *attachment, target *t, vgi_error *err)
{
    vgi_aggregate *aggregate;
    vgi_status status;

    VGI_TRY(vgi_aggregate_open(attachment, &t->call, &aggregate, err));
    status = update_and_finalize(aggregate, t, err);
    vgi_aggregate_free(aggregate);
    return status;
}

static void kill_worker(vgi_attachment *attachment)
{
    (void)kill(-(pid_t)vgi_client_worker_pid(vgi_attachment_client(attachment)), SIGKILL);
}

/* A worker that dies: the call must fail, soon. */
static vgi_status kill_at(const char *point, vgi_attachment *attachment, target *t, vgi_error *err)
{
    const vgi_batch *batch;
    vgi_run *run;
    vgi_status status;

    tell_segment();
    if (strcmp(point, "attach") == 0)
        kill_worker(attachment);
    VGI_TRY(vgi_function_open(attachment, &t->call, &run, err));
    kill_worker(attachment);
    status = t->input ? vgi_run_exchange(run, t->input, &batch, err) : VGI_OK;
    while (status == VGI_OK && !t->input)
        status = vgi_run_next(run, &batch, err);
    vgi_run_free(run);
    return status;
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

typedef vgi_status command(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err);

static vgi_status do_ping(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)
{
    (void)result;
    for (long i = count > 0 ? atol(words[0]) : 1; i > 0; i--)
        VGI_TRY(vgi_client_ping(client, err));
    return VGI_OK;
}

static vgi_status do_describe(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)
{
    const vgi_worker_info *info;

    (void)words;
    (void)count;
    VGI_TRY(vgi_client_describe(client, result, &info, err));
    for (size_t i = 0; i < info->n_protocols; i++) {
        const vgi_protocol_method *methods;
        vgi_protocol protocol;
        size_t n;

        VGI_TRY(
            vgi_client_describe_protocol(client, info->protocols[i].name.data, result, &protocol, &methods, &n, err));
        print_text(protocol.name);
        printf(" ");
        print_text(protocol.version);
        printf(" %zu\n", n);
    }
    return VGI_OK;
}

static vgi_status do_catalogs(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)
{
    vgi_catalog_info_list list;

    (void)words;
    (void)count;
    VGI_TRY(vgi_client_catalog_catalogs(client, result, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        print_text(list.items[i].name);
        printf("\n");
    }
    printf("version %s\n", vgi_client_protocol_version(client));
    return VGI_OK;
}

static void print_item(const char *kind, vgi_string schema, vgi_string name)
{
    printf("%s ", kind);
    print_text(schema);
    printf(".");
    print_text(name);
    printf("\n");
}

/* All that lies in a schema; each type by itself lists the same. */
static vgi_status print_contents(vgi_attachment *attachment, vgi_string_list path, vgi_result *result, vgi_error *err)
{
    static const char *const WORDS[] = {"",          "table",        "view",        "scalar", "table_function",
                                        "aggregate", "scalar_macro", "table_macro", "index"};
    vgi_schema_object_list all, some;
    size_t at = 0;

    VGI_TRY(vgi_attachment_schema_contents(attachment, path, VGI_SCHEMA_OBJECT_TYPE_UNSET, result, &all, err));
    for (int type = VGI_SCHEMA_OBJECT_TYPE_TABLE; type <= VGI_SCHEMA_OBJECT_TYPE_INDEX; type++) {
        VGI_TRY(vgi_attachment_schema_contents(attachment, path, (vgi_schema_object_type)type, result, &some, err));
        for (size_t i = 0; i < some.count; i++, at++) {
            if (at >= all.count || (int)all.items[at].type != type ||
                !vgi_string_equal(all.items[at].name, some.items[i].name))
                return vgi_error_set(err, VGI_ERR_RUNTIME, "of all types something else is listed than of %s",
                                     WORDS[type]);
            print_item(WORDS[type], path.items[0], some.items[i].name);
        }
    }
    return at == all.count ? VGI_OK : vgi_error_set(err, VGI_ERR_RUNTIME, "more is listed of all types than of each");
}

/* The columns of tables are schemas; there are no other types. */
static vgi_status check_tables(vgi_attachment *attachment, vgi_string_list path, vgi_result *result, vgi_error *err)
{
    vgi_schema_object_list found;

    VGI_TRY(vgi_attachment_schema_contents(attachment, path, VGI_SCHEMA_OBJECT_TYPE_TABLE, result, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        const vgi_table_info *table = found.items[i].record;
        const vgi_arrow_schema *columns;

        VGI_TRY(vgi_schema_decode(result, table->columns, &columns, err));
    }
    if (vgi_attachment_schema_contents(attachment, path, (vgi_schema_object_type)99, result, &found, NULL) !=
        VGI_ERR_VALUE)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "99 was taken for a type of objects");
    return VGI_OK;
}

static vgi_status print_tree(vgi_attachment *attachment, vgi_result *result, vgi_error *err)
{
    vgi_schema_info_list schemas;

    VGI_TRY(vgi_client_catalog_schemas(attachment, NULL, result, &schemas, err));
    for (size_t i = 0; i < schemas.count; i++) {
        VGI_TRY(print_contents(attachment, schemas.items[i].path, result, err));
        VGI_TRY(check_tables(attachment, schemas.items[i].path, result, err));
    }
    return VGI_OK;
}

/* Attaches words[0] and goes on with `work`. */
typedef vgi_status attached_work(vgi_attachment *attachment, vgi_result *result, char **words, int count,
                                 vgi_error *err);

static vgi_status attached(vgi_client *client, vgi_result *result, char **words, int count, attached_work *work,
                           vgi_error *err)
{
    vgi_attachment *attachment;
    vgi_status status;

    if (count < 1)
        return usage(err);
    VGI_TRY(vgi_client_attach(client, words[0], NULL, &attachment, err));
    status = work(attachment, result, words, count, err);
    vgi_attachment_free(attachment);
    return status;
}

static vgi_status tree_work(vgi_attachment *attachment, vgi_result *result, char **words, int count, vgi_error *err)
{
    (void)words;
    (void)count;
    return print_tree(attachment, result, err);
}

/* Changes that a worker may refuse: an error of its own, and the connection lives on. */
static vgi_status refuse_work(vgi_attachment *attachment, vgi_result *result, char **words, int count, vgi_error *err)
{
    vgi_client *client = vgi_attachment_client(attachment);
    const vgi_remote_error *remote;
    vgi_error refused = {0};

    (void)words;
    (void)count;
    if (vgi_client_catalog_schema_create(attachment,
                                         &(vgi_catalog_schema_create_params){.path = VGI_PATH("no_such_schema")},
                                         result, &refused) == VGI_OK)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the worker has made a schema");
    remote = vgi_client_remote_error(client);
    if (!remote)
        return vgi_error_set(err, refused.status, "%s", refused.message);
    print_text(remote->type);
    printf(": %s\n%s\n", refused.message, remote->traceback.size > 0 ? "traceback" : "no traceback");
    return vgi_client_ping(client, err);
}

static vgi_status scan_work(vgi_attachment *attachment, vgi_result *result, char **words, int count, vgi_error *err)
{
    vgi_string path[1];
    vgi_function_call options = {0};
    vgi_run *run;
    vgi_status status;

    (void)result;
    if (count < 3)
        return usage(err);
    path[0] = vgi_str(words[1]);
    if (count > 3)
        options.columns = (const char *const *)(words + 3); /* argv ends in NULL */
    VGI_TRY(vgi_table_open(attachment, (vgi_string_list){path, 1, true}, words[2], &options, &run, err));
    status = print_rest(run, -1, false, err);
    vgi_run_free(run);
    return status;
}

static vgi_status call_work(vgi_attachment *attachment, vgi_result *result, char **words, int count, vgi_error *err)
{
    target t = {.memory = result};

    VGI_TRY(read_target(&t, words, count, true, err));
    return call_once(attachment, &t, false, err);
}

static vgi_status aggregate_work(vgi_attachment *attachment, vgi_result *result, char **words, int count,
                                 vgi_error *err)
{
    target t = {.memory = result};

    VGI_TRY(read_target(&t, words, count, true, err));
    return t.input ? aggregate_once(attachment, &t, err) : usage(err);
}

static vgi_status limit_work(vgi_attachment *attachment, vgi_result *result, char **words, int count, vgi_error *err)
{
    target t = {.memory = result};
    char dash[] = "-";
    int64_t batches;

    if (count < 4)
        return usage(err);
    batches = atoll(words[3]);
    words[3] = dash;
    VGI_TRY(read_target(&t, words, count, true, err));
    return limit(attachment, &t, batches, err);
}

#define ATTACHED(name)                                                                                                 \
    static vgi_status do_##name(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)       \
    {                                                                                                                  \
        return attached(client, result, words, count, name##_work, err);                                               \
    }
ATTACHED(tree)
ATTACHED(refuse)
ATTACHED(scan)
ATTACHED(call)
ATTACHED(aggregate)
ATTACHED(limit)

static vgi_status do_kill(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)
{
    target t = {.memory = result};
    vgi_attachment *attachment;
    struct timespec before, after;
    vgi_status status;

    if (count < 5)
        return usage(err);
    VGI_TRY(vgi_client_attach(client, words[1], NULL, &attachment, err));
    status = read_target(&t, words + 1, count - 1, true, err);
    clock_gettime(CLOCK_MONOTONIC, &before);
    if (status == VGI_OK)
        status = kill_at(words[0], attachment, &t, err);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%" PRId64 " ms, usable %d\n",
           (int64_t)(after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000,
           (int)vgi_client_is_usable(client));
    vgi_attachment_free(attachment);
    return status;
}

static vgi_status do_loop(vgi_client *client, vgi_result *result, char **words, int count, vgi_error *err)
{
    target t = {.memory = result};
    vgi_attachment *attachment;
    vgi_status status;

    if (count < 5)
        return usage(err);
    VGI_TRY(vgi_client_attach(client, words[1], NULL, &attachment, err));
    status = read_target(&t, words + 1, count - 1, true, err);
    for (long i = atol(words[0]); status == VGI_OK && i > 0; i--)
        status = call_once(attachment, &t, true, err);
    vgi_attachment_free(attachment);
    return status;
}

static const struct {
    const char *word;
    command *run;
} COMMANDS[] = {
    {"ping", do_ping},     {"describe", do_describe}, {"catalogs", do_catalogs}, {"tree", do_tree},
    {"refuse", do_refuse}, {"scan", do_scan},         {"call", do_call},         {"aggregate", do_aggregate},
    {"limit", do_limit},   {"kill", do_kill},         {"loop", do_loop},
};

static vgi_status dispatch(vgi_client *client, char **words, int count, vgi_error *err)
{
    vgi_result *result;
    vgi_status status = VGI_OK;
    bool known = false;

    VGI_TRY(vgi_result_new(&result, err));
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS && !known; i++)
        if (strcmp(COMMANDS[i].word, words[0]) == 0) {
            known = true;
            status = COMMANDS[i].run(client, result, words + 1, count - 1, err);
        }
    vgi_result_free(result);
    return known ? status : usage(err);
}

static void print_log(void *user, const vgi_client_log *log)
{
    (void)user;
    fprintf(stderr, "log %.*s %.*s\n", (int)log->level.size, log->level.data, (int)log->message.size,
            log->message.data);
}

int main(int argc, char **argv)
{
    vgi_client_options options = {.log = print_log, .worker_stderr = VGI_STDERR_CAPTURE};
    vgi_error error = {0};
    vgi_client *client;
    vgi_status status;

    if (argc < 3)
        return 2;
    if (getenv("TIMEOUT_MS"))
        options.timeout_ms = atoll(getenv("TIMEOUT_MS"));
    if (getenv("CONNECT_MS"))
        options.connect_timeout_ms = atoll(getenv("CONNECT_MS"));
    options.protocol_version = getenv("FIRST_VERSION");
    options.launch_state_dir = getenv("STATE_DIR");
    options.launch_idle_timeout_s = 1;
    if (getenv("SHM_BYTES"))
        options.shm_bytes = (size_t)atoll(getenv("SHM_BYTES"));
    status = vgi_client_open(argv[1], &options, &client, &error);
    if (status == VGI_OK) {
        status = dispatch(client, argv + 2, argc - 2, &error);
        tell_shared(client);
        vgi_client_close(client);
    }
    if (status == VGI_OK)
        return 0;
    fprintf(stderr, "status %d %s: %s\n", (int)error.status, error.exception, error.message);
    return 1;
}
