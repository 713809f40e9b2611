/* Calls the functions of <vgi/methods.h>, transactions and pools of <vgi/client.h>, for the Python tests beside it:
 * many in one process, which talks to one worker.
 *
 *   method_tool LOCATION
 *
 *   request: uint32 name size, uint32 flags, uint32 data size; name; data
 *   answer:  uint32 status, uint32 size; the data, or `Exception: message` where status is not 0
 *
 * NAME is a method: data is its parameters (or its request) as a record of one row; the answer is a record in the
 * dialect that is spoken, a batch of one row an item, or the bytes as they are (none: null). Flag 1 takes
 * attach_opaque_data out of the parameters and flag 2 the transaction: the client is to fill them in. Other names: see
 * COMMANDS. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/alloc.h"
#include "base/str.h"
#include "method_tool.h"
#include "protocol/codec.h"

enum { FILL_ATTACHMENT = 1, FILL_TRANSACTION = 2, MAX_THREADS = 16 };

typedef struct request {
    uint32_t name_size;
    uint32_t flags;
    uint32_t data_size;
} request;

typedef vgi_status call_function(session *s, const void *params, void *ret, vgi_error *err);

typedef enum gives { GIVES_NOTHING, GIVES_BYTES, GIVES_RECORD, GIVES_LIST } gives;

typedef struct method {
    const char *name;
    call_function *call;
    gives gives;
    const vg_record *record; /* that is given */
} method;

/* ---- the functions, each called by its name ---------------------------------------------------------------------- */

#define GIVES(name, on, params_type, ret_type)                                                                         \
    static vgi_status call_##name(session *s, const void *params, void *ret, vgi_error *err)                           \
    {                                                                                                                  \
        return vgi_client_##name(s->on, (const vgi_##params_type *)params, s->result, ret, err);                       \
    }
#define LISTS(name, on, params_type, item) GIVES(name, on, params_type, item)
#define BYTES(name, on, params_type) GIVES(name, on, params_type, bytes)
#define VOIDS(name, on, params_type)                                                                                   \
    static vgi_status call_##name(session *s, const void *params, void *ret, vgi_error *err)                           \
    {                                                                                                                  \
        (void)ret;                                                                                                     \
        return vgi_client_##name(s->on, (const vgi_##params_type *)params, s->result, err);                            \
    }
#include "calls.def"
#undef GIVES
#undef LISTS
#undef BYTES
#undef VOIDS

static vgi_status call_catalog_catalogs(session *s, const void *params, void *ret, vgi_error *err)
{
    (void)params;
    return vgi_client_catalog_catalogs(s->client, s->result, ret, err);
}

static const method METHODS[] = {
    {"catalog_catalogs", call_catalog_catalogs, GIVES_LIST, &vg_catalog_info_record},
#define GIVES(name, on, params, ret) {#name, call_##name, GIVES_RECORD, &vg_##ret##_record},
#define LISTS(name, on, params, item) {#name, call_##name, GIVES_LIST, &vg_##item##_record},
#define BYTES(name, on, params) {#name, call_##name, GIVES_BYTES, NULL},
#define VOIDS(name, on, params) {#name, call_##name, GIVES_NOTHING, NULL},
#include "calls.def"
};

/* The record of a method's parameters: its own, or of its request. */
static const vg_record *params_record(const char *name)
{
    static const struct {
        const char *name;
        const vg_record *params, *request;
    } ROWS[] = {
#define VG_UNARY_METHOD(method, params, request, response, result, since)                                              \
    {#method, &vg_##params##_record, &vg_##request##_record},
#define VG_STREAM_METHOD(method, params, request, header, since)
#include "protocol/methods.def"
    };

    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (strcmp(ROWS[i].name, name) == 0)
            return ROWS[i].request == &vg_none_record ? ROWS[i].params : ROWS[i].request;
    return NULL;
}

/* ---- one method -------------------------------------------------------------------------------------------------- */

static void take_out(const vg_record *record, uint8_t *row, const char *name)
{
    for (int32_t i = 0; i < record->n_members; i++)
        if (vg_string_is(record->members[i].field->name, name))
            memset(row + record->members[i].offset, 0, record->members[i].size);
}

static int spoken_minor(const session *s)
{
    return vgi_client_protocol_version(s->client)[2] - '0';
}

static vgi_status call_method(session *s, const method *m, uint32_t flags, vgi_bytes data, vgi_bytes *ret,
                              vgi_error *err)
{
    const vg_record *record = params_record(m->name);
    uint8_t *row = vg_arena_alloc(&s->arena, record->size);
    const void *given = NULL;
    vg_any_list list = {0};

    if (!row)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory");
    if (record != &vg_none_record)
        VGI_TRY(vg_record_decode(&s->arena, data, NULL, record, row, err));
    if (flags & FILL_ATTACHMENT)
        take_out(record, row, "attach_opaque_data");
    if (flags & FILL_TRANSACTION) {
        take_out(record, row, "transaction_opaque_data");
        take_out(record, row, "transaction_id");
    }
    switch (m->gives) {
    case GIVES_NOTHING:
        return m->call(s, row, NULL, err);
    case GIVES_BYTES:
        return m->call(s, row, ret, err);
    case GIVES_RECORD:
        VGI_TRY(m->call(s, row, &given, err));
        return vg_record_encode(&s->arena, m->record, given, spoken_minor(s), ret, err);
    case GIVES_LIST:
        VGI_TRY(m->call(s, row, &list, err));
        return vg_records_encode(&s->arena, m->record, list.items, list.count, spoken_minor(s), ret, err);
    }
    return VGI_OK;
}

/* ---- what is no method ------------------------------------------------------------------------------------------- */

static vgi_status do_attach(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    char name[64] = {0};

    if (data.size >= sizeof name)
        return vgi_error_set(err, VGI_ERR_VALUE, "a catalog's name is due");
    memcpy(name, data.data, data.size);
    vgi_attachment_free(s->attachment);
    s->attachment = NULL;
    VGI_TRY(vgi_client_attach(s->client, name, NULL, &s->attachment, err));
    return vg_record_encode(&s->arena, &vg_catalog_attach_result_record, vgi_attachment_info(s->attachment),
                            spoken_minor(s), ret, err);
}

static vgi_status do_begin(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    (void)data;
    (void)ret;
    return vgi_attachment_begin(s->attachment, err);
}

static vgi_status do_commit(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    (void)data;
    (void)ret;
    return vgi_attachment_commit(s->attachment, err);
}

static vgi_status do_rollback(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    (void)data;
    (void)ret;
    return vgi_attachment_rollback(s->attachment, err);
}

static vgi_status do_version(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_string version = vgi_str(vgi_client_protocol_version(s->client));

    (void)data;
    (void)err;
    *ret = (vgi_bytes){(const uint8_t *)version.data, version.size};
    return VGI_OK;
}

static int record_id(const char *name)
{
    for (size_t i = 0; i < VGI_RECORD_COUNT; i++)
        if (strcmp(vg_records[i]->name, name) == 0)
            return (int)i;
    return -1;
}

static vgi_status do_records(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    size_t head = strnlen((const char *)data.data, data.size) + 1;
    const void *rows;
    size_t count;
    int id = head <= data.size ? record_id((const char *)data.data) : -1;

    if (id < 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "no such record");
    VGI_TRY(vgi_records_decode(s->result, (vgi_record_id)id, (vgi_bytes){data.data + head, data.size - head},
                               vg_records[id]->size, &rows, &count, err));
    return vg_records_encode(&s->arena, vg_records[id], rows, count, spoken_minor(s), ret, err);
}

/* A thread of do_pool's. */
typedef struct pool_user {
    pthread_t thread;
    vgi_pool *pool;
    const vgi_attachment *attachment;
    vgi_status status;
    vgi_error error;
} pool_user;

static vgi_status use_pool(pool_user *user, vgi_client *client)
{
    vgi_attachment *attachment;
    vgi_result *result;
    const vgi_catalog_version_response *version;
    vgi_status status;

    VGI_TRY(vgi_attachment_over(user->attachment, client, &attachment, &user->error));
    status = vgi_result_new(&result, &user->error);
    for (int i = 0; status == VGI_OK && i < 10; i++)
        status = vgi_client_catalog_version(attachment, NULL, result, &version, &user->error);
    vgi_result_free(result);
    vgi_attachment_free(attachment);
    return status;
}

static void *pool_thread(void *data)
{
    pool_user *user = data;
    vgi_client *client;

    for (int i = 0; user->status == VGI_OK && i < 3; i++) {
        user->status = vgi_pool_take(user->pool, &client, &user->error);
        if (user->status == VGI_OK) {
            user->status = use_pool(user, client);
            vgi_pool_give(user->pool, client);
        }
    }
    return NULL;
}

/* Threads, each of which takes a client of one pool three times and asks ten times. */
static vgi_status do_pool(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    pool_user users[MAX_THREADS] = {0};
    size_t count = data.size ? data.data[0] % MAX_THREADS : 0;
    vgi_status status = VGI_OK;
    vgi_pool *pool;

    (void)ret;
    VGI_TRY(vgi_pool_new(s->location, &s->options, 2, &pool, err));
    for (size_t i = 0; i < count; i++) {
        users[i].pool = pool;
        users[i].attachment = s->attachment;
        if (pthread_create(&users[i].thread, NULL, pool_thread, &users[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(users[i].thread, NULL);
        if (status == VGI_OK && users[i].status != VGI_OK) {
            status = users[i].status;
            *err = users[i].error;
        }
    }
    vgi_pool_free(pool);
    return status;
}

/* A client of a pool, of a worker that the client started. */
static vgi_status kill_and_ask(vgi_client *client, vgi_error *err)
{
    vgi_error broken = {0};
    int64_t pid = vgi_client_worker_pid(client);

    if (pid <= 0 || kill(-(pid_t)pid, SIGKILL) != 0)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "there is no worker to kill");
    if (vgi_client_ping(client, &broken) == VGI_OK || vgi_client_is_usable(client))
        return vgi_error_set(err, VGI_ERR_RUNTIME, "a dead worker has answered");
    return VGI_OK;
}

static vgi_status use_after_death(vgi_pool *pool, vgi_error *err)
{
    vgi_client *client;
    vgi_status status;

    VGI_TRY(vgi_pool_take(pool, &client, err));
    status = vgi_client_ping(client, err);
    if (status == VGI_OK)
        status = kill_and_ask(client, err);
    vgi_pool_give(pool, client);
    if (status == VGI_OK)
        status = vgi_pool_take(pool, &client, err);
    if (status == VGI_OK) {
        status = vgi_client_ping(client, err);
        vgi_pool_give(pool, client);
    }
    return status;
}

static vgi_status do_pool_after_death(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_pool *pool;
    vgi_status status;

    (void)data;
    (void)ret;
    VGI_TRY(vgi_pool_new(s->location, &s->options, 2, &pool, err));
    status = use_after_death(pool, err);
    vgi_pool_free(pool);
    return status;
}

static const struct {
    const char *name;
    vgi_status (*run)(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err);
} COMMANDS[] = {
    {"attach", do_attach},     /* data: the catalog's name; gives what the worker answered */
    {"begin", do_begin},       /* the attachment's transaction */
    {"commit", do_commit},     /* ... ends */
    {"rollback", do_rollback}, /* ... ends */
    {"records", do_records},   /* data: a record's name, a NUL, a columnar listing; gives it, decoded and encoded */
    {"version", do_version},   /* the dialect that is spoken, as text */
    {"pool", do_pool},         /* data: a byte, so many threads */
    {"pool_after_death", do_pool_after_death}, /* of a location that is a command line */
    {"function", run_function},
    {"table", run_table},
    {"write", run_write},
    {"aggregate", run_aggregate}, /* method_tool.h */
};

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static vgi_status serve(session *s, const char *name, uint32_t flags, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return COMMANDS[i].run(s, data, ret, err);
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (strcmp(METHODS[i].name, name) == 0)
            return call_method(s, &METHODS[i], flags, data, ret, err);
    return vgi_error_set(err, VGI_ERR_NOT_FOUND, "method_tool has no %s", name);
}

static void answer(uint32_t status, const void *data, size_t size)
{
    const uint32_t head[2] = {status, (uint32_t)size};

    fwrite(head, sizeof head, 1, stdout);
    if (size)
        fwrite(data, 1, size, stdout);
    fflush(stdout);
}

static void serve_and_answer(session *s, const char *name, uint32_t flags, vgi_bytes data)
{
    vgi_bytes ret = {0};
    vgi_error err = {0};
    vgi_status status = serve(s, name, flags, data, &ret, &err);
    char text[1200];

    if (status == VGI_OK) {
        answer(0, ret.data, ret.size);
    } else {
        int size = snprintf(text, sizeof text, "%s: %s", *err.exception ? err.exception : vgi_status_exception(status),
                            err.message);

        answer((uint32_t)status, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
    }
    vgi_result_clear(s->result);
    vg_arena_reset(&s->arena);
}

static int serve_all(session *s)
{
    char name[128];
    request r;

    while (fread(&r, sizeof r, 1, stdin) == 1) {
        uint8_t *data = vg_malloc(r.data_size); /* by itself, so that a read behind its end is seen */

        if (!data || r.name_size >= sizeof name || fread(name, 1, r.name_size, stdin) != r.name_size ||
            fread(data, 1, r.data_size, stdin) != r.data_size)
            return 2;
        name[r.name_size] = '\0';
        serve_and_answer(s, name, r.flags, (vgi_bytes){data, r.data_size});
        vg_free(data);
    }
    return 0;
}

int main(int argc, char **argv)
{
    session s = {0};
    vgi_error err = {0};
    int code;

    if (argc < 2)
        return 2;
    s.location = argv[1];
    if (vgi_client_open(s.location, &s.options, &s.client, &err) != VGI_OK ||
        vgi_result_new(&s.result, &err) != VGI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    code = serve_all(&s);
    vgi_attachment_free(s.attachment);
    vgi_client_close(s.client);
    vgi_result_free(s.result);
    vg_arena_done(&s.arena);
    return code;
}
