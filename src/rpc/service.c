/* Services: the protocols of vgi/rpc.h made into bindings (service.h), and their programs and embedded servers. */
#include "rpc/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "rpc/embed.h"
#include "rpc/program.h"

enum { MAX_NAME_BYTES = 255 }; /* of a protocol */

struct vg_service {
    vg_arena arena;
    vg_binding *bindings;
    size_t n_bindings;
    vg_text mistakes; /* a line each, or several where a caret stands under one */
};

/* ---- protocols --------------------------------------------------------------------------------------------------- */

static vgi_status out_of_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a service");
}

/* Says whose mistake it was. */
static vgi_status in_protocol(const vgi_rpc_protocol *protocol, const char *what, const vgi_error *cause,
                              vgi_error *err)
{
    return vgi_error_set(err, cause->status, "protocol '%s', %s: %s", protocol->name, what, cause->message);
}

/* Mistakes are collected, to be told at once; only what else fails ends the reading. */
static vgi_status note(vg_service *service, const vgi_error *cause, vgi_error *err)
{
    if (cause->status != VGI_ERR_VALUE)
        return vgi_error_set(err, cause->status, "%s", cause->message);
    service->mistakes.arena = &service->arena;
    if (service->mistakes.size > 0)
        vg_text_puts(&service->mistakes, "\n");
    vg_text_puts(&service->mistakes, cause->message);
    return service->mistakes.failed ? out_of_memory(err) : VGI_OK;
}

static vgi_status note_in(vg_service *service, const vgi_rpc_protocol *protocol, const char *what,
                          const vgi_error *cause, vgi_error *err)
{
    vgi_error said = {0};

    (void)in_protocol(protocol, what, cause, &said);
    return note(service, &said, err);
}

static vgi_status read_type(vg_service *service, const vgi_rpc_type *declared, const vg_type_scope *scope,
                            vg_named_type *ret, vgi_error *err)
{
    ret->name = declared->name;
    for (size_t i = 0; i < scope->n_types; i++)
        if (strcmp(scope->types[i].name, declared->name) == 0)
            return vgi_error_set(err, VGI_ERR_VALUE, "type '%s' stands there twice", declared->name);
    if (!declared->fields == !declared->members)
        return vgi_error_set(err, VGI_ERR_VALUE, "a type has either fields or members");
    if (declared->members)
        return vg_members_parse(&service->arena, declared->members, &ret->field, err);
    VGI_TRY(vg_fields_parse(&service->arena, scope, declared->fields, &ret->record, err));
    ret->field =
        (vgi_field){.type = VGI_TYPE_STRUCT, .n_children = ret->record->n_fields, .children = ret->record->fields};
    return VGI_OK;
}

/* Types see those before them: `scope` grows as they are read. */
static vgi_status read_types(vg_service *service, const vgi_rpc_protocol *protocol, vg_type_scope *scope,
                             vgi_error *err)
{
    size_t n = 0;
    vg_named_type *types;

    while (protocol->types && protocol->types[n].name)
        n++;
    types = VG_NEW_ARRAY(&service->arena, vg_named_type, n + 1);
    if (!types)
        return out_of_memory(err);
    scope->types = types;
    for (size_t i = 0; i < n; i++) {
        const vgi_rpc_type *declared = &protocol->types[i];
        vgi_error cause = {0};
        if (read_type(service, declared, scope, &types[scope->n_types], &cause) == VGI_OK)
            scope->n_types++;
        else
            VGI_TRY(note_in(service, protocol, declared->name, &cause, err));
    }
    return VGI_OK;
}

static vgi_status find_header(const vg_type_scope *scope, const char *name, const vgi_arrow_schema **ret,
                              vgi_error *err)
{
    for (size_t i = 0; name && i < scope->n_types; i++)
        if (strcmp(scope->types[i].name, name) == 0)
            *ret = scope->types[i].record;
    return !name || *ret ? VGI_OK
                         : vgi_error_set(err, VGI_ERR_VALUE, "the header '%s' is no record of the protocol", name);
}

static vgi_status open_stream(vgi_call *call, const vgi_batch *params, vg_stream *stream)
{
    const vg_service_method *method = call->row->detail;
    const vgi_rpc_method *declared = method->declared;

    stream->input = method->input;
    stream->output = method->output;
    stream->turn = declared->turn;
    stream->cancel = declared->cancel;
    stream->state = vgi_alloc(call, declared->state_size ? declared->state_size : 1);
    if (!stream->state)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for the state of a stream");
    stream->close = declared->close; /* also where `open` fails half-way: the state tells how far it came */
    return declared->open ? declared->open(call, params, stream) : VGI_OK;
}

static vgi_status read_stream(vg_service *service, const vg_type_scope *scope, vg_service_method *method,
                              vg_method *row, vgi_error *err)
{
    const vgi_rpc_method *declared = method->declared;

    if (!declared->turn && !declared->open)
        return vgi_error_set(err, VGI_ERR_VALUE, "it has none of unary, turn and open");
    if (row->result->n_fields > 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "a stream has an output, no result");
    VGI_TRY(vg_fields_parse(&service->arena, scope, declared->input, &method->input, err));
    VGI_TRY(vg_fields_parse(&service->arena, scope, declared->output, &method->output, err));
    VGI_TRY(find_header(scope, declared->header, &row->header, err));
    row->kind = declared->input ? VG_EXCHANGE : VG_PRODUCER;
    row->open = open_stream;
    row->result = NULL;
    return VGI_OK;
}

static vgi_status read_method(vg_service *service, const vg_type_scope *scope, vg_service_method *method,
                              vg_method *row, vgi_error *err)
{
    vg_rpc_signature signature;

    VGI_TRY(vg_rpc_signature_parse(&service->arena, scope, method->declared->signature, &signature, err));
    method->records = signature.records;
    *row =
        (vg_method){.name = signature.name, .params = signature.params, .result = signature.result, .detail = method};
    if (!method->declared->unary)
        return read_stream(service, scope, method, row, err);
    row->kind = VG_UNARY;
    row->unary = method->declared->unary;
    return VGI_OK;
}

static int by_name(const void *a, const void *b)
{
    const vg_method *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static vgi_status read_methods(vg_service *service, const vgi_rpc_protocol *protocol, const vg_type_scope *scope,
                               vg_binding *binding, vgi_error *err)
{
    size_t n = 0, read = 0;
    vg_service_method *methods;
    vg_method *rows;

    while (protocol->methods && protocol->methods[n].signature)
        n++;
    methods = VG_NEW_ARRAY(&service->arena, vg_service_method, n + 1);
    rows = VG_NEW_ARRAY(&service->arena, vg_method, n + 1);
    if (!methods || !rows)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        vgi_error cause = {0};
        methods[i].declared = &protocol->methods[i];
        if (read_method(service, scope, &methods[i], &rows[read], &cause) == VGI_OK)
            read++;
        else
            VGI_TRY(note_in(service, protocol, protocol->methods[i].signature, &cause, err));
    }
    qsort(rows, read, sizeof *rows, by_name);
    for (size_t i = 1; i < read; i++) {
        vgi_error cause = {0};
        if (strcmp(rows[i - 1].name, rows[i].name) != 0)
            continue;
        (void)vgi_error_set(&cause, VGI_ERR_VALUE, "protocol '%s': method '%s' stands there twice", protocol->name,
                            rows[i].name);
        VGI_TRY(note(service, &cause, err));
    }
    binding->methods = rows;
    binding->n_methods = read;
    return VGI_OK;
}

static vgi_status read_version(const vgi_rpc_protocol *protocol, vg_binding *binding, vgi_error *err)
{
    int patch, end = 0;

    binding->version_major = -1;
    binding->version = protocol->version ? protocol->version : "";
    if (!protocol->version)
        return VGI_OK;
    if (sscanf(protocol->version, "%d.%d.%d%n", &binding->version_major, &binding->version_minor_min, &patch, &end) !=
            3 ||
        protocol->version[end] != '\0' || binding->version_major < 0 || binding->version_minor_min < 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "protocol '%s': version '%s' is not of the form 1.2.3", protocol->name,
                             protocol->version);
    binding->version_minor_max = binding->version_minor_min;
    return VGI_OK;
}

/* What a request may address (rpc.md §3.2), but for the names that are the framework's. */
static bool is_protocol_name(const char *name)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t size = name ? strlen(name) : 0;

    return size > 0 && size <= MAX_NAME_BYTES && strchr(LETTERS, name[0]) &&
           strncmp(name, "vgi_rpc.", strlen("vgi_rpc.")) != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.0123456789") == size;
}

static vgi_status read_protocol(vg_service *service, const vgi_rpc_protocol *protocol, void *user, vg_binding *binding,
                                vgi_error *err)
{
    vg_service_protocol *own = VG_NEW(&service->arena, vg_service_protocol);
    vgi_error cause = {0};
    size_t before;

    if (!own)
        return out_of_memory(err);
    if (!is_protocol_name(protocol->name))
        return vgi_error_set(err, VGI_ERR_VALUE, "'%s' is not the name of a protocol: letters, digits, _ and .",
                             protocol->name ? protocol->name : "");
    *binding = (vg_binding){.protocol = protocol->name, .user = user, .service = own};
    if (read_version(protocol, binding, &cause) != VGI_OK)
        VGI_TRY(note(service, &cause, err));
    before = service->mistakes.size;
    VGI_TRY(read_types(service, protocol, &own->scope, err));
    /* Without its types, a protocol's methods would seem mistaken, too. */
    return service->mistakes.size > before ? VGI_OK : read_methods(service, protocol, &own->scope, binding, err);
}

static vgi_status read_protocols(vg_service *service, const vgi_service_options *options, vgi_error *err)
{
    size_t n = 0;

    while (options->protocols && options->protocols[n])
        n++;
    if (n == 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "a service has at least one protocol");
    service->bindings = VG_NEW_ARRAY(&service->arena, vg_binding, n);
    if (!service->bindings)
        return out_of_memory(err);
    for (; service->n_bindings < n; service->n_bindings++) {
        vgi_error cause = {0};
        if (read_protocol(service, options->protocols[service->n_bindings], options->user,
                          &service->bindings[service->n_bindings], &cause) != VGI_OK)
            VGI_TRY(note(service, &cause, err));
    }
    if (service->mistakes.size == 0)
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_VALUE, "%.*s", (int)service->mistakes.size, service->mistakes.data);
}

vgi_status vg_service_new(int api_version, const vgi_service_options *options, vg_service **ret, vgi_error *err)
{
    vg_service *service;
    vgi_status status;

    if (api_version != VGI_API_VERSION)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "the program was compiled for version %d of libvgi's API; this library has %d",
                             api_version, VGI_API_VERSION);
    service = vg_malloc(sizeof *service);
    if (!service)
        return out_of_memory(err);
    *service = (vg_service){0};
    status = read_protocols(service, options, err);
    if (status != VGI_OK) {
        vg_service_free(service);
        return status;
    }
    *ret = service;
    return VGI_OK;
}

void vg_service_free(vg_service *service)
{
    if (!service)
        return;
    vg_arena_done(&service->arena);
    vg_free(service);
}

const vg_binding *vg_service_bindings(const vg_service *service, size_t *ret_n)
{
    *ret_n = service->n_bindings;
    return service->bindings;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static const char ABOUT[] = "A service of Arrow RPC methods. Without options it serves on standard input and output.";

static int run(const vg_program *program, const vg_service *service, const vg_limits *limits)
{
    vg_server *server;
    vgi_error err = {0};
    size_t n;
    const vg_binding *bindings = vg_service_bindings(service, &n);
    int status;

    if (vg_program_server(program, bindings, n, limits, &server, &err) != VGI_OK)
        return vg_program_complain(program, EXIT_FAILURE, err.message);
    status = vg_program_serve(program, server);
    if (status == EXIT_SUCCESS || !program->is_socket)
        vg_server_free(server);
    return status;
}

int vgi_service_main_with_at(int api_version, const vgi_service_options *options, int argc, char **argv)
{
    const vg_own_words own = {.user = options->user, .parse_arg = options->parse_arg, .usage = options->usage};
    vg_program program = {.argc = argc, .argv = argv};
    vg_service *service;
    vgi_error err = {0};
    int status;

    if (!vg_program_start(&program, &own, ABOUT, options->version, &status))
        return status;
    if (vg_service_new(api_version, options, &service, &err) != VGI_OK)
        return vg_program_complain(&program, VG_EXIT_MISTAKE, err.message);
    status = run(&program, service, options->limits);
    if (status == EXIT_SUCCESS || !program.is_socket)
        vg_service_free(service);
    return status;
}

int vgi_service_main_at(int api_version, const vgi_rpc_protocol *protocol, int argc, char **argv)
{
    const vgi_rpc_protocol *const protocols[] = {protocol, NULL};
    const vgi_service_options options = {.protocols = protocols};

    return vgi_service_main_with_at(api_version, &options, argc, argv);
}

static void free_owner(void *owner)
{
    vg_service_free(owner);
}

vgi_status vgi_service_new_at(int api_version, const vgi_service_options *options, vgi_server **ret, vgi_error *err)
{
    vg_service *service;
    const vg_binding *bindings;
    size_t n;

    VGI_TRY(vg_service_new(api_version, options, &service, err));
    bindings = vg_service_bindings(service, &n);
    return vg_embed_new(bindings, n, options->limits, service, free_owner, ret, err);
}
