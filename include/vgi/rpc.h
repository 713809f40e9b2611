/* Typed Arrow RPC services in C: protocols of methods as const data, served as any language's client of the RPC layer
 * expects them, without catalogs and SQL.
 *
 *   static vgi_status add(vgi_call *call, const vgi_batch *params, vgi_batch *out) { ... }
 *
 *   static const vgi_rpc_protocol CALCULATOR = {
 *       .name = "Calculator", .version = "1.0.0",
 *       .methods = VGI_METHODS({"add(a: float64, b: float64) -> float64", .unary = add}),
 *   };
 *   int main(int argc, char **argv) { return vgi_service_main(&CALCULATOR, argc, argv); }
 *
 * Types are spelled in Arrow's words, as the protocol's hash spells them: int64, utf8, list<int64>, map<utf8, int64>,
 * struct<x: float64, y: float64>, dictionary<int16, utf8>, decimal128(20, 4), timestamp(us, tz=UTC), time64(us),
 * fixed_size_binary(8), ... A field `name: type` is never NULL, `name?: type` may be; the items of lists and the
 * values of maps may be. Besides, a type may be the name of one of the protocol's own types. Parameters are checked
 * against their declaration before a method runs: names, order, types, NULLs, the members of enums. */
#ifndef VGI_RPC_H
#define VGI_RPC_H

#include <vgi/batch.h>
#include <vgi/call.h>
#include <vgi/server.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A type with a name: either one. An enum is a dictionary<int16, utf8> of nothing but its members. A record (what
 * other languages call a dataclass) travels as binary where it is a parameter or a result, and as a struct inside of
 * anything. A type uses those that stand before it. */
typedef struct vgi_rpc_type {
    const char *name;
    const char *fields;  /* of a record: "x: float64, y: float64" */
    const char *members; /* of an enum: "PENDING, ACTIVE, CLOSED" */
} vgi_rpc_type;
#define VGI_TYPES(...) ((const vgi_rpc_type[]){__VA_ARGS__, {0}})

/* A stream, as `open` finds it: filled in from its method's row. `open` may replace all but `header`. What it gives
 * lives as long as the stream (vgi_alloc, vgi_schema_parse); so do the parameters. */
typedef struct vgi_stream {
    const vgi_arrow_schema *input; /* NULL or no fields: the client sends ticks */
    const vgi_arrow_schema *output;
    vgi_batch *header; /* one row of the method's header, to be filled; NULL if it declares none */
    void *state;       /* state_size bytes of zeros */
    int64_t capacity; /* rows of room in each output batch of a producer; 0: 2048. An exchange has its input's, or these
                         if they are more */
    /* One turn: fills `out`. VGI_OK: `out` is sent. VGI_END (producers only): `out` is sent if it has rows, then the
     * stream ends. Anything else: the error ends the stream. `in` is the tick or the batch, its metadata
     * vgi_call_metadata. */
    vgi_status (*turn)(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out);
    /* Nullable: the stream has ended in order, an exchange with its input, a producer with its last batch; once, before
     * close. A failure is the stream's. */
    vgi_status (*end)(vgi_call *call, void *state);
    void (*cancel)(vgi_call *call, void *state); /* nullable: the client cancelled; once, before close */
    void (*close)(vgi_call *call, void *state);  /* nullable: the stream is over, however it ended; once */
    /* Producers: a turn is run before the client asks for it, so that both ends work at the same time; its `in` is then
     * a tick without metadata. Not for a turn that may wait: a client that cancels would wait, too. */
    bool read_ahead;
    /* Nullable: what an input batch brings, when it arrives, before its turn or, with read_ahead, after it. */
    vgi_status (*heard)(vgi_call *call, void *state, const vgi_batch *in);
} vgi_stream;

/* One method. One with `unary` is that; of the others one with `input` (also "") is an exchange, the rest are
 * producers. */
typedef struct vgi_rpc_method {
    const char
        *signature; /* "name(a: int64, b?: utf8) -> utf8", "-> utf8?" for a result that may be NULL, void without */
    /* Fills the one row of `out` (no column where the result is void). */
    vgi_status (*unary)(vgi_call *call, const vgi_batch *params, vgi_batch *out);
    /* Streams only: */
    const char *input;  /* fields: "value?: float64". Other orders are put in order, other numbers cast */
    const char *output; /* fields; NULL: none, or those that `open` gives */
    const char *header; /* nullable: name of the record that goes ahead */
    size_t state_size;
    vgi_status (*turn)(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out);
    vgi_status (*open)(vgi_call *call, const vgi_batch *params, vgi_stream *stream); /* nullable */
    void (*cancel)(vgi_call *call, void *state);
    void (*close)(vgi_call *call, void *state);
    const void *detail; /* nullable: vgi_call_detail, for callbacks that serve several rows */
} vgi_rpc_method;
#define VGI_METHODS(...) ((const vgi_rpc_method[]){__VA_ARGS__, {0}})

/* A protocol: letters, digits, _ and . in its name, which clients address. Its hash is the library's to compute. */
typedef struct vgi_rpc_protocol {
    const char *name;
    const char *version;       /* "MAJOR.MINOR.PATCH": callers of another major or minor are refused; NULL: not gated */
    const vgi_rpc_type *types; /* nullable: VGI_TYPES(...) */
    const vgi_rpc_method *methods; /* VGI_METHODS(...), in any order */
} vgi_rpc_protocol;
#define VGI_PROTOCOLS(...) ((const vgi_rpc_protocol *const[]){__VA_ARGS__, NULL})

/* ---- in callbacks ------------------------------------------------------------------------------------------------ */

/* vgi/call.h says what a callback can do beside this: fail, log, allocate. What vgi_alloc gives in `turn` lives until
 * that turn has been answered; in the other callbacks as long as the call. */

/* The row's detail. NULL in a call that is none of a vgi_rpc_protocol. */
VGI_EXPORT const void *vgi_call_detail(const vgi_call *call);

/* Fields in text as in a row; the schema lives as long as the call. For streams whose schema the parameters decide. */
VGI_EXPORT vgi_status vgi_schema_parse(vgi_call *call, const char *fields, const vgi_arrow_schema **ret) VGI_MUST_USE;

/* The record in parameter `column`: a batch of one row with the declared fields in their order, whatever the order and
 * whatever else the caller has sent. *ret is NULL for NULL. VGI_ERR_TYPE: it lacks a field, or has one of another type;
 * VGI_ERR_NOT_FOUND: an enum's member that does not exist. Lives as long as the call, in a turn as long as that. */
VGI_EXPORT vgi_status vgi_record_read(vgi_call *call, const vgi_batch *params, int32_t column,
                                      const vgi_batch **ret) VGI_MUST_USE;

/* A record of the named type to fill, with room for `capacity` rows. Owned by the call. */
VGI_EXPORT vgi_status vgi_record_new(vgi_call *call, const char *type, int64_t capacity, vgi_batch **ret) VGI_MUST_USE;

/* Appends a batch to a binary column, as an IPC stream: one of vgi_record_new, which is *taken* even on failure, or, by
 * vgi_record_copy, one that was read. */
VGI_EXPORT vgi_status vgi_record_append(vgi_call *call, vgi_column *column, vgi_batch *record) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_record_copy(vgi_call *call, vgi_column *column, const vgi_batch *record) VGI_MUST_USE;

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* Filled in by the program before it is given; parse_arg may still change it. */
typedef struct vgi_service_options {
    const vgi_rpc_protocol *const *protocols; /* VGI_PROTOCOLS(...): the primary one first */
    void *user;                               /* vgi_call_user() */
    /* As in vgi_worker_options (vgi/worker.h). */
    vgi_status (*parse_arg)(void *user, int argc, char **argv, int *i, vgi_error *err);
    const char *usage;
    const char *version;
    const vgi_limits *limits;
} vgi_service_options;

/* Serves as the command line says, as vgi_worker_main does; Reflection is always offered. Returns the exit status. */
#define vgi_service_main(protocol, argc, argv) vgi_service_main_at(VGI_API_VERSION, (protocol), (argc), (argv))
#define vgi_service_main_with(options, argc, argv) vgi_service_main_with_at(VGI_API_VERSION, (options), (argc), (argv))
VGI_EXPORT int vgi_service_main_at(int api_version, const vgi_rpc_protocol *protocol, int argc, char **argv);
VGI_EXPORT int vgi_service_main_with_at(int api_version, const vgi_service_options *options, int argc, char **argv);

/* The same inside a program with a main of its own (vgi/server.h). The protocols must outlive the server. */
#define vgi_service_new(options, ret, err) vgi_service_new_at(VGI_API_VERSION, (options), (ret), (err))
VGI_EXPORT vgi_status vgi_service_new_at(int api_version, const vgi_service_options *options, vgi_server **ret,
                                         vgi_error *err);

#ifdef __cplusplus
}
#endif
#endif
