/* The server and its loop over one connection (rpc.md §3, §5, §16): read a request, check it, run its handler, reply,
 * forget it. worker/ and tests make a server out of bindings; rpc/listen gives it connections. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "rpc/keys.h"
#include "rpc/session.h"

enum {
    KEPT_RESULT_BYTES = 1 << 20, /* the builder of one huge result is given back after it */
};

void vg_random_hex(char *to, size_t digits)
{
    unsigned char bytes[16] = {0};

    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) < 0)
        memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < digits; i++)
        to[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    to[digits] = '\0';
}

const char *vg_session_request_id(vg_session *session)
{
    if (session->request_id[0] == '\0')
        vg_random_hex(session->request_id, sizeof session->request_id - 1);
    return session->request_id;
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

static vgi_status check_sorted(const vg_binding *binding, vgi_error *err)
{
    for (size_t i = 1; i < binding->n_methods; i++)
        if (strcmp(binding->methods[i - 1].name, binding->methods[i].name) >= 0)
            return vgi_error_set(err, VGI_ERR_VALUE, "protocol '%s': method '%s' must come before '%s'",
                                 binding->protocol, binding->methods[i].name, binding->methods[i - 1].name);
    return VGI_OK;
}

vgi_status vg_server_new(const vg_binding *bindings, size_t n_bindings, const vg_limits *limits, vg_server **ret,
                         vgi_error *err)
{
    vg_limits merged;
    vg_server *server;

    *ret = NULL;
    VGI_TRY(vg_limits_merge(limits, NULL, &merged, err));
    for (size_t i = 0; i < n_bindings; i++)
        VGI_TRY(check_sorted(&bindings[i], err));
    server = vg_malloc(sizeof *server);
    if (!server)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a server");
    memset(server, 0, sizeof *server);
    server->bindings = vg_malloc((n_bindings + 1) * sizeof *server->bindings);
    server->hashes = vg_malloc((n_bindings + 1) * sizeof *server->hashes);
    if (!server->bindings || !server->hashes) {
        vg_free(server->bindings);
        vg_free(server->hashes);
        vg_free(server);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a server");
    }
    memset(server->hashes, 0, (n_bindings + 1) * sizeof *server->hashes);
    server->reflection = VG_REFLECTION;
    server->reflection.user = server;
    for (size_t i = 0; i < n_bindings; i++)
        server->bindings[i] = &bindings[i];
    server->bindings[n_bindings] = &server->reflection;
    server->n_bindings = n_bindings + 1;
    server->limits = merged;
    server->shm_min_bytes = vg_pointer_min_bytes();
    vg_random_hex(server->id, sizeof server->id - 1);
    pthread_mutex_init(&server->lock, NULL);
    *ret = server;
    return VGI_OK;
}

void vg_server_free(vg_server *server)
{
    if (!server)
        return;
    pthread_mutex_destroy(&server->lock);
    vg_free(server->bindings);
    vg_free(server->hashes);
    vg_free(server);
}

void vg_server_observe(vg_server *server, const vg_observer *observer)
{
    server->observer = observer;
}

void vg_server_tell(vg_server *server, vg_lifecycle *lifecycle)
{
    server->lifecycle = lifecycle;
}

bool vg_server_is_observed(const vg_server *server)
{
    return server->observer || server->lifecycle;
}

const char *vg_server_id(const vg_server *server)
{
    return server->id;
}

/* A session that is between two requests either sees `stopping` before it reads on, or is seen here as not busy. */
void vg_server_stop(vg_server *server)
{
    pthread_mutex_lock(&server->lock);
    atomic_store(&server->stopping, true);
    for (vg_session *session = server->sessions; session; session = session->next)
        if (!atomic_load(&session->busy))
            vg_connection_shutdown(session->connection);
    pthread_mutex_unlock(&server->lock);
}

void vg_server_abort(vg_server *server)
{
    pthread_mutex_lock(&server->lock);
    atomic_store(&server->stopping, true);
    for (vg_session *session = server->sessions; session; session = session->next)
        vg_connection_abort(session->connection);
    pthread_mutex_unlock(&server->lock);
}

/* ---- a unary call ------------------------------------------------------------------------------------------------ */

/* The builder of a method's result, kept for the next call of it. */
static vg_builder **result_builder(vg_session *session, const vg_method *method)
{
    const vg_server *server = session->server;
    size_t total = 0, place = 0;

    for (size_t i = 0; i < server->n_bindings; i++) {
        if (server->bindings[i] == session->binding)
            place = total + (size_t)(method - session->binding->methods);
        total += server->bindings[i]->n_methods;
    }
    if (!session->results) {
        session->results = vg_malloc(total * sizeof *session->results);
        if (!session->results)
            return NULL;
        memset(session->results, 0, total * sizeof *session->results);
    }
    return &session->results[place];
}

static void free_results(vg_session *session)
{
    size_t total = 0;

    for (size_t i = 0; i < session->server->n_bindings; i++)
        total += session->server->bindings[i]->n_methods;
    for (size_t i = 0; session->results && i < total; i++)
        vg_builder_free(session->results[i]);
    vg_free(session->results);
}

/* A handler that gave no value, or a wrong one, for its result is a TypeError (rpc.md §5). */
static vgi_status finish_result(vgi_call *call, vg_builder *builder)
{
    vgi_error err = {0};
    vgi_status status = vg_builder_finish(builder, &err);

    if (status == VGI_ERR_VALUE)
        status = VGI_ERR_TYPE;
    if (status != VGI_OK)
        return vgi_fail(call, status, "the result of '%s': %s", call->row->name, err.message);
    vg_call_forgive(call);
    return VGI_OK;
}

/* Runs the handler and finishes its one row. A failure is call->error. */
static vgi_status run_unary(vg_session *session, const vg_method *method, vg_builder **builder, vgi_batch **ret)
{
    vgi_call *call = &session->call;
    const vgi_arrow_schema *schema = method->result ? method->result : &VG_EMPTY_SCHEMA;
    int64_t rows = schema->n_fields > 0 ? 1 : 0;
    vgi_batch *out;

    vgi_error_clear(&session->build_error);
    if (!builder || (!*builder && vg_builder_new(schema, &session->build_error, builder) != VGI_OK))
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a result");
    out = vg_builder_begin(*builder, 1);
    if (!out)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a result");
    out->rows = rows;
    VGI_TRY(method->unary(call, session->params, out));
    out->rows = rows;
    VGI_TRY(finish_result(call, *builder));
    *ret = out;
    return VGI_OK;
}

static bool is_huge(const vgi_batch *result)
{
    const vgi_array *column = result->n_columns == 1 ? result->columns : NULL;

    if (!column || column->length != 1 || !column->buffers[0])
        return false;
    if (column->field->type == VGI_TYPE_BINARY || column->field->type == VGI_TYPE_UTF8)
        return ((const int32_t *)column->buffers[0])[column->offset + 1] > KEPT_RESULT_BYTES;
    if (column->field->type == VGI_TYPE_LARGE_BINARY || column->field->type == VGI_TYPE_LARGE_UTF8)
        return ((const int64_t *)column->buffers[0])[column->offset + 1] > KEPT_RESULT_BYTES;
    return false;
}

static vgi_status serve_unary(vg_session *session, const vg_method *method, vgi_error *err)
{
    vg_builder **builder = result_builder(session, method);
    vgi_batch *result = NULL;
    vgi_status status = run_unary(session, method, builder, &result);

    if (status != VGI_OK) {
        vg_explain_failure(session, status);
        return vg_reply_error(session, method->result, err);
    }
    status = vg_reply_batch(session, result, err);
    if (is_huge(result)) {
        vg_builder_free(*builder);
        *builder = NULL;
    }
    return status;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

/* Checks 2 to 9 in their order, then the method (rpc.md §3.3). Fails only where the connection is lost. */
static vgi_status answer(vg_session *session, vgi_error *err)
{
    vgi_call *call = &session->call;
    const vg_method *method;
    vgi_status status = vg_check_address(session, &method);

    if (status == VGI_END) {
        vg_event_start(session, NULL, false);
        return vg_reply_transport_options(session, err);
    }
    if (status != VGI_OK)
        return vg_reply_error(session, NULL, err);
    call->row = method;
    call->user = session->binding->user;
    call->binding = session->binding;
    status = vg_check_version(session, method);
    if (status == VGI_OK)
        status = vg_check_params(session, method);
    if (status != VGI_OK)
        return vg_reply_error(session, method->kind == VG_UNARY ? method->result : NULL, err);
    vg_event_start(session, session->binding, method->kind != VG_UNARY);
    return method->kind == VG_UNARY ? serve_unary(session, method, err) : vg_stream_serve(session, method, err);
}

/* Answers one request, and tells who watches. */
static vgi_status serve_one(vg_session *session, vgi_error *err)
{
    vgi_error why = {0};
    vgi_status status;

    vg_event_arrive(session);
    status = answer(session, &why);
    vg_event_end(session, status, &why);
    return status == VGI_OK ? VGI_OK : vgi_error_set(err, status, "%s", why.message);
}

static void forget_call(vg_session *session)
{
    vg_call_end(&session->call);
    vg_arena_recycle(&session->arena, VG_ARENA_KEPT);
    vg_arena_recycle(&session->turn_arena, VG_ARENA_KEPT);
    session->call = (vgi_call){.arena = &session->arena,
                               .turn_arena = &session->arena,
                               .version_minor = -1,
                               .limits = &session->server->limits,
                               .connection = session->connection};
    session->call.logs_end = &session->call.logs;
    session->pointers.may_send = false;
    vg_pointer_forget(&session->pointers);
    session->binding = NULL;
    session->params = NULL;
    session->request_id[0] = '\0';
}

static vgi_status loop(vg_session *session, vgi_error *err)
{
    for (;;) {
        vgi_status status;

        forget_call(session);
        atomic_store(&session->busy, false);
        if (atomic_load(&session->server->stopping))
            return VGI_OK;
        status = vg_request_read(session, err);
        if (status == VGI_END)
            return VGI_OK;
        VGI_TRY(status);
        VGI_TRY(serve_one(session, err));
    }
}

static void join_server(vg_session *session)
{
    vg_server *server = session->server;

    pthread_mutex_lock(&server->lock);
    session->next = server->sessions;
    session->link = &server->sessions;
    if (session->next)
        session->next->link = &session->next;
    server->sessions = session;
    pthread_mutex_unlock(&server->lock);
}

static void leave_server(vg_session *session)
{
    pthread_mutex_lock(&session->server->lock);
    *session->link = session->next;
    if (session->next)
        session->next->link = session->link;
    pthread_mutex_unlock(&session->server->lock);
}

vgi_status vg_server_serve(vg_server *server, vg_connection *connection, vgi_error *err)
{
    vg_session *session = vg_malloc(sizeof *session);
    vgi_status status;

    if (!session)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a session");
    memset(session, 0, sizeof *session);
    session->server = server;
    session->connection = connection;
    if (server->observer)
        vg_connection_remote(connection, session->remote);
    vg_pointer_init(&session->pointers, &server->limits, server->shm_min_bytes, "no request has named a segment");
    status = vg_reader_new(vg_connection_input(connection), &server->limits, &session->reader, err);
    if (status == VGI_OK)
        status = vg_writer_new(vg_connection_output(connection), &session->writer, err);
    if (status == VGI_OK) {
        join_server(session);
        status = loop(session, err);
        leave_server(session);
    }
    if (status == VGI_ERR_IO && vg_connection_peer_left(connection)) {
        vgi_error_clear(err);
        status = VGI_OK;
    }
    vg_call_end(&session->call);
    free_results(session);
    vg_pointer_done(&session->pointers);
    vg_writer_free(session->writer);
    vg_reader_free(session->reader);
    vg_arena_done(&session->arena);
    vg_arena_done(&session->turn_arena);
    vg_free(session);
    return status;
}
