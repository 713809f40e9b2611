/* The client: talks to a VGI worker of any language, as an engine does (vgi.md §2-§9, rpc.md §5-§7).
 *
 *   vgi_client *client;
 *   vgi_attachment *shop;
 *   vgi_result *result;
 *   vgi_table_info_list tables;
 *
 *   VGI_TRY(vgi_client_open("vgi-sqlite shop.db", NULL, &client, err));
 *   VGI_TRY(vgi_client_attach(client, "shop", NULL, &shop, err));
 *   VGI_TRY(vgi_result_new(&result, err));
 *   VGI_TRY(vgi_client_catalog_schema_contents_tables(shop, &(vgi_catalog_schema_contents_tables_params){
 *       .path = VGI_PATH("main")}, result, &tables, err));
 *
 * Threads: a client, and all that was made from it, belongs to one thread at a time. Several threads share a vgi_pool.
 * One thing at a time: while a stream is open, other calls of its client fail with VGI_ERR_RUNTIME.
 *
 * Errors: what the worker said is `err`: `exception` is its type ("ValueError"), `message` its sentence, `status` what
 * fits the type, else VGI_ERR_RUNTIME; vgi_client_remote_error has all of it. The connection lives on. What failed on
 * this side (VGI_ERR_IO, VGI_ERR_PROTOCOL, a timeout: VGI_ERR_IO with the exception "TimeoutError") ends it: every
 * later call fails with the first cause, and only vgi_client_close is left. No call is ever sent twice, but for one
 * that the worker refused because of its protocol version. Nothing raises SIGPIPE. */
#ifndef VGI_CLIENT_H
#define VGI_CLIENT_H

#include <vgi/batch.h>
#include <vgi/records.h>
#include <vgi/server.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vgi_client vgi_client;
typedef struct vgi_attachment vgi_attachment;
typedef struct vgi_result vgi_result;
typedef struct vgi_run vgi_run; /* a function call that is running: a stream */
typedef struct vgi_aggregate vgi_aggregate;
typedef struct vgi_pool vgi_pool;

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* A message of the worker's (rpc.md §6.2). Texts are valid until the callback returns. */
typedef struct vgi_client_log {
    vgi_string level; /* "INFO", "WARN", ... */
    vgi_string message;
    vgi_string extra;      /* JSON object; absent: none */
    vgi_string server_id;  /* absent: not told */
    vgi_string request_id; /* absent: not told */
} vgi_client_log;

/* Where the stderr of a started worker goes. */
typedef enum vgi_client_stderr {
    VGI_STDERR_INHERIT = 0, /* where ours goes */
    VGI_STDERR_DISCARD,
    VGI_STDERR_CAPTURE, /* vgi_client_stderr_text; its last lines are told when the worker ends too early */
} vgi_client_stderr;

/* All zero: the defaults. Borrowed until vgi_client_open returns, but for `user` and what `log` needs. */
typedef struct vgi_client_options {
    int64_t timeout_ms; /* of one call, and of one batch of a stream; 0: none, a worker may then hang or flood it */
    int64_t connect_timeout_ms; /* connecting, and starting a `launch:` worker; 0: 60,000 */
    vgi_client_stderr worker_stderr;
    const char
        *protocol_version; /* the dialect tried first, "2.0.0" to "2.2.0"; NULL: 2.0.0, which most workers speak */
    double launch_idle_timeout_s; /* `launch:`: how long the worker outlives its last client; 0: 300 */
    const char
        *launch_state_dir; /* `launch:`: NULL: the directory that all launchers of this user share (rpc.md §10.3). Of
                              this user, and nobody else may write to it (else VGI_ERR_PERMISSION) */
    /* Every log message, in the thread of the call that it came with. NULL: forgotten. */
    void (*log)(void *user, const vgi_client_log *log);
    void *user;
    /* Memory shared with the worker (rpc.md §9), for batches of 128 KiB (VGI_RPC_SHM_MIN_BATCH_BYTES) and more: room
     * for some three of the largest ones at once. 0: none. It is taken with the first call and given back with
     * vgi_client_close; what a program that was killed leaves is removed by the next one that shares memory. Over TCP,
     * where the worker declines or cannot see the memory, where there is none: batches travel in the stream, which is
     * no error. vgi_client_shares_memory tells. */
    size_t shm_bytes;
} vgi_client_options;

/* Connects to a worker. `location` is what an engine's LOCATION is:
 *
 *   a command line   run by `sh -c`, talked to over stdin and stdout, ended with the client
 *   unix://PATH      a worker that listens on a unix socket
 *   tcp://HOST:PORT  ... on TCP
 *   launch:COMMAND   started if need be, and shared by all who launch the same command in the same directory
 *
 * A command line is not waited for: whether there is a worker behind it shows in the first call. `options` NULL: the
 * defaults. VGI_ERR_VALUE: a location that is none. VGI_ERR_IO: nobody answers there. */
#define vgi_client_open(location, options, ret, err)                                                                   \
    vgi_client_open_at(VGI_API_VERSION, (location), (options), (ret), (err))
VGI_EXPORT vgi_status vgi_client_open_at(int api_version, const char *location, const vgi_client_options *options,
                                         vgi_client **ret, vgi_error *err);

/* Hangs up and frees the client. A worker that was started gets the end of its stdin, 10 s, then SIGKILL. Streams,
 * aggregates and attachments must have been freed before. NULL: nothing happens. */
VGI_EXPORT void vgi_client_close(vgi_client *client);

/* False once the connection has failed on this side. */
VGI_EXPORT bool vgi_client_is_usable(const vgi_client *client);

/* The dialect that is spoken, "2.0.0": settled by the first call that the worker accepts. Static. */
VGI_EXPORT const char *vgi_client_protocol_version(const vgi_client *client);

/* The process of a worker that this client started, else -1. */
VGI_EXPORT int64_t vgi_client_worker_pid(const vgi_client *client);

/* The end of what a VGI_STDERR_CAPTURE worker has written to stderr so far, at most `size - 1` bytes and a NUL; the
 * last 64 KiB are kept. Returns the number of bytes. */
VGI_EXPORT size_t vgi_client_stderr_text(const vgi_client *client, char *text, size_t size);

/* What the worker said when the last call failed; NULL where it did not fail, or on this side. Valid until the next
 * call of the client. All texts may be absent but type and message. */
typedef struct vgi_remote_error {
    vgi_string type;    /* exception type: "ValueError" */
    vgi_string message; /* without the type; may have several lines */
    vgi_string traceback;
    vgi_string kind;    /* vgi_rpc.error_kind: "method_not_implemented", ... (rpc.md §6.3) */
    vgi_string code;    /* vgi_rpc.error_code, "NOT_FOUND", ...: workers since vgi-rpc 0.52 (rpc.md §18) */
    vgi_string details; /* JSON array */
    vgi_string server_id;
    vgi_string request_id;
    vgi_string full; /* the sentence as it came: most workers put the type before it */
} vgi_remote_error;
VGI_EXPORT const vgi_remote_error *vgi_client_remote_error(const vgi_client *client);

/* True while memory is shared with the worker, which the first call settles. *ret_sent and *ret_received (nullable) are
 * the numbers of batches that have gone through it so far. */
VGI_EXPORT bool vgi_client_shares_memory(const vgi_client *client, uint64_t *ret_sent, uint64_t *ret_received);

/* One round trip that asks for nothing (__transport_options__, rpc.md §8.2). That the worker does not know this
 * method is an answer, too. */
VGI_EXPORT vgi_status vgi_client_ping(vgi_client *client, vgi_error *err);

/* ---- results ---------------------------------------------------------------------------------------------------- */

/* The memory behind what calls give: one result may serve many calls. All of it is valid until clear or free. */
VGI_EXPORT vgi_status vgi_result_new(vgi_result **ret, vgi_error *err);
VGI_EXPORT void vgi_result_clear(vgi_result *result);
VGI_EXPORT void vgi_result_free(vgi_result *result);
/* Zeroed memory in the result; NULL when out of memory. */
VGI_EXPORT void *vgi_result_alloc(vgi_result *result, size_t size);

/* What bytes in records hold (vgi/records.h, `carries`): a record into the struct of `id`, whose size is `size`; many
 * rows of one record (the columnar listings of catalog_contents in 2.2); a schema; a batch. And back. Texts borrow
 * from `bytes`. */
VGI_EXPORT vgi_status vgi_record_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, void *ret, size_t size,
                                        vgi_error *err);
VGI_EXPORT vgi_status vgi_records_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, size_t size,
                                         const void **ret_rows, size_t *ret_count, vgi_error *err);
VGI_EXPORT vgi_status vgi_record_encode(vgi_result *result, vgi_record_id id, const void *record, size_t size,
                                        const char *protocol_version, vgi_bytes *ret, vgi_error *err);
VGI_EXPORT vgi_status vgi_schema_decode(vgi_result *result, vgi_bytes bytes, const vgi_arrow_schema **ret,
                                        vgi_error *err);
VGI_EXPORT vgi_status vgi_schema_encode(vgi_result *result, const vgi_arrow_schema *schema, vgi_bytes *ret,
                                        vgi_error *err);
VGI_EXPORT vgi_status vgi_batch_decode(vgi_result *result, vgi_bytes bytes, const vgi_batch **ret, vgi_error *err);
VGI_EXPORT vgi_status vgi_batch_encode(vgi_result *result, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err);
/* Some rows of a batch, in the order given, copied; every column may be NULL. Each must be one of the batch's: else
 * VGI_ERR_VALUE. */
VGI_EXPORT vgi_status vgi_batch_take(vgi_result *result, const vgi_batch *batch, const int64_t *rows, size_t count,
                                     const vgi_batch **ret, vgi_error *err);

/* The wire's name of a record's enum value ("SCALAR_MACRO"); "" for _UNSET and what does not exist. Static.
 * `enumeration` is the enum's name in the protocol: "SchemaObjectType". And back: 0 where there is none. */
VGI_EXPORT const char *vgi_enum_name(const char *enumeration, int value);
VGI_EXPORT int vgi_enum_value(const char *enumeration, const char *name);

/* SQL: the type of a field as text (absent when out of memory), and columns from text: "a BIGINT, b VARCHAR NOT NULL".
 * */
VGI_EXPORT vgi_string vgi_type_sql(vgi_result *result, const vgi_field *field);
VGI_EXPORT vgi_status vgi_columns_parse(vgi_result *result, const char *sql, const vgi_arrow_schema **ret,
                                        vgi_error *err);

/* Arrow's C data interface: a schema as ArrowSchema (owned) and back; a batch as one struct ArrowArray (owned: a
 * copy); the columns of such an array as a batch, uncopied: `array` must outlive it. */
VGI_EXPORT vgi_status vgi_schema_to_arrow(const vgi_arrow_schema *schema, struct ArrowSchema *ret, vgi_error *err);
VGI_EXPORT vgi_status vgi_schema_from_arrow(vgi_result *result, const struct ArrowSchema *schema,
                                            const vgi_arrow_schema **ret, vgi_error *err);
VGI_EXPORT vgi_status vgi_batch_to_arrow(const vgi_batch *batch, struct ArrowArray *ret, vgi_error *err);
VGI_EXPORT vgi_status vgi_batch_from_arrow(vgi_result *result, const vgi_arrow_schema *schema,
                                           const struct ArrowArray *array, const vgi_batch **ret, vgi_error *err);

/* One value by name, as text of a SQL type: an option, a setting, an argument. BOOLEAN, the integers, FLOAT, DOUBLE,
 * VARCHAR, BLOB (the text's bytes), DATE and TIMESTAMP (ISO 8601), DECIMAL are read from text; any other type, and
 * lists and structs, from `array`: row 0 of a column that vgi_batch_decode or vgi_batch_from_arrow gave. */
typedef struct vgi_value {
    const char *name;       /* arguments: NULL: positional */
    const char *type;       /* SQL; ignored where `array` is given */
    const char *text;       /* NULL: NULL */
    const vgi_array *array; /* NULL: `text` */
} vgi_value;
/* The values as a batch of one row, encoded: attach options, settings. */
VGI_EXPORT vgi_status vgi_values_encode(vgi_result *result, const vgi_value *values, size_t count, vgi_bytes *ret,
                                        vgi_error *err);

/* A schema path of C strings: VGI_PATH("main"). */
#define VGI_PATH(name) {&(const vgi_string)VGI_STR(name), 1, true}

/* ---- attachments ------------------------------------------------------------------------------------------------ */

typedef struct vgi_attach_options {
    const vgi_value *options; /* what ATTACH has in its parentheses */
    size_t n_options;
    const char *data_version_spec;               /* NULL: free */
    const char *implementation_version;          /* NULL: free */
    const vgi_client_capabilities *capabilities; /* NULL: an engine that reads nothing by itself */
} vgi_attach_options;

/* catalog_attach (vgi.md §3). `options` NULL: none. */
VGI_EXPORT vgi_status vgi_client_attach(vgi_client *client, const char *catalog, const vgi_attach_options *options,
                                        vgi_attachment **ret, vgi_error *err);
/* One that was made elsewhere, by its attach_opaque_data (copied). The worker is not asked: its info holds nothing
 * else, but that there may be transactions. */
VGI_EXPORT vgi_status vgi_attachment_from(vgi_client *client, vgi_bytes attach_opaque_data, vgi_attachment **ret,
                                          vgi_error *err);
/* The same attachment over another client of the same location, such as a pool's. */
VGI_EXPORT vgi_status vgi_attachment_over(const vgi_attachment *attachment, vgi_client *client, vgi_attachment **ret,
                                          vgi_error *err);
/* Frees it; says nothing to the worker: vgi_client_catalog_detach does. */
VGI_EXPORT void vgi_attachment_free(vgi_attachment *attachment);

VGI_EXPORT vgi_client *vgi_attachment_client(const vgi_attachment *attachment);
/* What the worker answered. Valid until free. */
VGI_EXPORT const vgi_catalog_attach_result *vgi_attachment_info(const vgi_attachment *attachment);

/* A transaction (vgi.md §4): what is called through the attachment from begin to its end belongs to it. Begin where the
 * catalog has no transactions, or one is open: VGI_ERR_RUNTIME. */
VGI_EXPORT vgi_status vgi_attachment_begin(vgi_attachment *attachment, vgi_error *err);
VGI_EXPORT vgi_status vgi_attachment_commit(vgi_attachment *attachment, vgi_error *err);
VGI_EXPORT vgi_status vgi_attachment_rollback(vgi_attachment *attachment, vgi_error *err);
/* The bytes by which the worker knows the open transaction, valid until it ends; absent: none is open. */
VGI_EXPORT vgi_bytes vgi_attachment_transaction(const vgi_attachment *attachment);
/* What is called from here on belongs to a transaction that was begun elsewhere, as through another client of the
 * location; absent: to none. The bytes are copied; nothing is asked of the worker. */
VGI_EXPORT vgi_status vgi_attachment_join(vgi_attachment *attachment, vgi_bytes transaction, vgi_error *err);

/* What lies in a schema, whatever its kind. */
typedef struct vgi_schema_object {
    vgi_schema_object_type type;
    vgi_string name;
    vgi_string comment; /* absent: none */
    const void *record; /* vgi_table_info, vgi_view_info, vgi_function_info, vgi_macro_info, vgi_index_info */
} vgi_schema_object;
VGI_LIST_TYPE(vgi_schema_object_list, vgi_schema_object);

/* The objects of a schema, of one type or of all (VGI_SCHEMA_OBJECT_TYPE_UNSET), by the five listings of the protocol.
 * Of all: in the order of the types; what the worker does not implement counts as empty. */
VGI_EXPORT vgi_status vgi_attachment_schema_contents(vgi_attachment *attachment, vgi_string_list path,
                                                     vgi_schema_object_type type, vgi_result *result,
                                                     vgi_schema_object_list *ret, vgi_error *err);

/* ---- function calls --------------------------------------------------------------------------------------------- */

/* What is called, and how. Zeroed members: not said. */
typedef struct vgi_function_call {
    vgi_string_list schema_path; /* required: VGI_PATH("main") */
    const char *name;
    vgi_function_type type;     /* _UNSET: looked up in the schema's listing, as is `has_finalize` then */
    bool has_finalize;          /* of a table function that takes a table: it answers more once its input has ended */
    const vgi_value *arguments; /* constants: positional ones in order, named ones by name */
    size_t n_arguments;
    vgi_bytes encoded_arguments; /* in front of them: as a scan function's answer gives them (vgi.md §5, `arg_0`) */
    const vgi_arrow_schema
        *input_schema; /* of scalars, aggregates and functions that take a table: what will be sent */
    const vgi_value *settings;
    size_t n_settings;
    vgi_bytes secrets; /* a batch, encoded (vgi.md §7) */
    const char *at_unit;
    const char *at_value;
    /* Table functions: what is asked for of the output (vgi.md §9). */
    const char *const *columns; /* NULL: all; else only these, in the order of the output, NULL behind the last */
    vgi_bytes pushdown_filters; /* encoded */
    vgi_bytes_list join_keys;
    vgi_opt_int64 row_limit;
} vgi_function_call;

/* Binds and opens: a scalar (exchange), a table function (next), or one that takes a table (exchange, then
 * vgi_run_finish, then next; functions that buffer, too). The call is borrowed until this returns. */
VGI_EXPORT vgi_status vgi_function_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_run **ret,
                                        vgi_error *err);

/* A scan of a catalog's table, as the worker says that it is to be scanned (scan branches, else the scan function).
 * Only branches that are functions of the worker's can be scanned here; another, such as a Parquet file:
 * VGI_ERR_NOT_IMPLEMENTED, with its name. `options` lends at, columns, filters, limit and settings; NULL: everything.
 * */
VGI_EXPORT vgi_status vgi_table_open(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                                     const vgi_function_call *options, vgi_run **ret, vgi_error *err);

/* The function that vgi_table_open calls, for who wants to know first what it takes (vgi_function_info). */
typedef struct vgi_table_source {
    vgi_string_list schema_path;
    vgi_string function_name;
    vgi_bytes arguments; /* as vgi_function_call.encoded_arguments */
} vgi_table_source;
/* In the result. Fails as vgi_table_open does; `options` lends at. */
VGI_EXPORT vgi_status vgi_table_source_get(vgi_attachment *attachment, vgi_string_list schema_path, const char *table,
                                           const vgi_function_call *options, vgi_result *result, vgi_table_source *ret,
                                           vgi_error *err);

/* What is done to a table. */
typedef enum vgi_write_kind {
    VGI_WRITE_INSERT = 0,
    VGI_WRITE_UPDATE,
    VGI_WRITE_DELETE,
} vgi_write_kind;

/* Rows that are to be written to a catalog's table (vgi.md §13). Zeroed members: not said. */
typedef struct vgi_write {
    vgi_string_list schema_path; /* required: VGI_PATH("main") */
    const char *table;
    vgi_write_kind kind;
    /* Required, what will be sent: to insert, columns of the table; to update, the columns that change, then the rowid;
     * to delete, the rowid. */
    const vgi_arrow_schema *input_schema;
    const char *result;                     /* what a batch is answered with: "count" (NULL), "rows", "changes" */
    const char *on_conflict;                /* NULL: "throw" */
    const char *const *on_conflict_columns; /* NULL: none; NULL behind the last */
    const vgi_value *settings;
    size_t n_settings;
} vgi_write;

/* Opens the function by which the worker says that the table is written: one batch after the other by vgi_run_exchange,
 * then vgi_run_close, which is when a worker whose calls are in no transaction commits. A count is one row, `count`;
 * rows are the table's; changes are `old` and `new`, either NULL. A run that is freed without it was given up. */
VGI_EXPORT vgi_status vgi_write_open(vgi_attachment *attachment, const vgi_write *write, vgi_run **ret, vgi_error *err);

/* The schema of the output. Valid until free. */
VGI_EXPORT const vgi_arrow_schema *vgi_run_schema(const vgi_run *run);
/* What bind and init answered (bind: output schema, opaque data; init: execution id, max_workers). Valid until free. */
VGI_EXPORT const vgi_bind_response *vgi_run_bind(const vgi_run *run);
VGI_EXPORT const vgi_global_init_response *vgi_run_init(const vgi_run *run);

/* The next batch, valid until the next call on the stream; may have no rows. VGI_END: there is no more. */
VGI_EXPORT vgi_status vgi_run_next(vgi_run *run, const vgi_batch **ret, vgi_error *err);
/* Sends a batch and gives its answer, valid until the next call on the stream; NULL from a function that only collects
 * until vgi_run_finish. */
VGI_EXPORT vgi_status vgi_run_exchange(vgi_run *run, const vgi_batch *in, const vgi_batch **ret, vgi_error *err);
/* There is no more input: what the function still has to say comes by vgi_run_next. */
VGI_EXPORT vgi_status vgi_run_finish(vgi_run *run, vgi_error *err);
/* Tells the worker that nobody wants the rest, and drains the stream. Idempotent; later calls answer VGI_END. */
VGI_EXPORT vgi_status vgi_run_cancel(vgi_run *run, vgi_error *err);
/* Ends the stream in order, as is: for an exchange the ordinary end. */
VGI_EXPORT vgi_status vgi_run_close(vgi_run *run, vgi_error *err);
/* Cancels what is open, and frees. */
VGI_EXPORT void vgi_run_free(vgi_run *run);

/* The stream as Arrow's C stream (owned: its release frees `run`, which is *taken* even on failure). Batches are copied
 * out and independent. The client must outlive it. */
VGI_EXPORT vgi_status vgi_run_to_arrow(vgi_run *run, struct ArrowArrayStream *ret, vgi_error *err);

/* A whole call: `input` (*taken* even on failure; NULL: the function takes none) is pulled, sent, and the answers come
 * out of `ret` (owned); call->input_schema need not be given. The client must outlive `ret`. */
VGI_EXPORT vgi_status vgi_function_to_arrow(vgi_attachment *attachment, const vgi_function_call *call,
                                            struct ArrowArrayStream *input, struct ArrowArrayStream *ret,
                                            vgi_error *err);

/* ---- aggregates (vgi.md §8) ------------------------------------------------------------------------------------- */

VGI_EXPORT vgi_status vgi_aggregate_open(vgi_attachment *attachment, const vgi_function_call *call, vgi_aggregate **ret,
                                         vgi_error *err);
/* One field, `result`. Valid until free. */
VGI_EXPORT const vgi_arrow_schema *vgi_aggregate_schema(const vgi_aggregate *aggregate);
/* Row i of `in`, whose columns are those of call->input_schema, belongs to group groups[i]. */
VGI_EXPORT vgi_status vgi_aggregate_update(vgi_aggregate *aggregate, const int64_t *groups, const vgi_batch *in,
                                           vgi_error *err);
/* Folds sources[i] into targets[i]. */
VGI_EXPORT vgi_status vgi_aggregate_combine(vgi_aggregate *aggregate, const int64_t *sources, const int64_t *targets,
                                            size_t count, vgi_error *err);
/* One row a group, in order, in `result`. */
VGI_EXPORT vgi_status vgi_aggregate_finalize(vgi_aggregate *aggregate, const int64_t *groups, size_t count,
                                             vgi_result *result, const vgi_batch **ret, vgi_error *err);
/* Lets the worker forget the groups that were named, and frees. */
VGI_EXPORT void vgi_aggregate_free(vgi_aggregate *aggregate);

/* ---- what a worker is (rpc.md §8.1) ----------------------------------------------------------------------------- */

typedef struct vgi_protocol {
    vgi_string name;    /* with a NUL behind it */
    vgi_string version; /* "": declares none */
    vgi_string hash;
    bool deprecated;
    vgi_string deprecation_message;
    vgi_string_list features;
} vgi_protocol;
typedef struct vgi_protocol_method {
    vgi_string name;
    vgi_string type;        /* "unary", "stream" */
    vgi_string stream_kind; /* "producer", "exchange", "unknown"; "" of unary ones */
    bool has_return;
    bool has_header;
    const vgi_arrow_schema *params;
    const vgi_arrow_schema *result; /* NULL: none */
    const vgi_arrow_schema *header; /* NULL: none */
    vgi_string idempotency;
    bool deprecated;
    vgi_string deprecation_message;
} vgi_protocol_method;
typedef struct vgi_worker_info {
    vgi_string server_id;
    vgi_string server_version;
    const vgi_protocol *protocols; /* the primary one first */
    size_t n_protocols;
    vgi_string request_version; /* of the RPC layer: "1" */
} vgi_worker_info;

/* By Reflection, which a worker need not offer: VGI_ERR_NOT_IMPLEMENTED. */
VGI_EXPORT vgi_status vgi_client_describe(vgi_client *client, vgi_result *result, const vgi_worker_info **ret,
                                          vgi_error *err);
VGI_EXPORT vgi_status vgi_client_describe_protocol(vgi_client *client, const char *protocol, vgi_result *result,
                                                   vgi_protocol *ret, const vgi_protocol_method **ret_methods,
                                                   size_t *ret_count, vgi_error *err);

/* ---- pool ------------------------------------------------------------------------------------------------------- */

/* Clients of one location, for several threads or several calls at once. `max_idle` clients are kept between uses; how
 * many are out at once is the callers' business. Connects when a client is first taken. `options` are copied. */
VGI_EXPORT vgi_status vgi_pool_new(const char *location, const vgi_client_options *options, size_t max_idle,
                                   vgi_pool **ret, vgi_error *err);
/* From any thread. The client belongs to the caller until it is given back. */
VGI_EXPORT vgi_status vgi_pool_take(vgi_pool *pool, vgi_client **ret, vgi_error *err);
/* One that is not usable any more is closed. */
VGI_EXPORT void vgi_pool_give(vgi_pool *pool, vgi_client *client);
/* All clients must have been given back. */
VGI_EXPORT void vgi_pool_free(vgi_pool *pool);

#ifdef __cplusplus
}
#endif

/* Every other method of the protocol, one function each. */
#include <vgi/methods.h>

#endif
