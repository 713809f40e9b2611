/* Calling any Arrow RPC service from C, such as those of vgi/rpc.h, in any language: unary methods and streams, by the
 * names of protocol and method, with batches for parameters and results. It is another part of the client of
 * vgi/client.h: what that says of locations, threads, errors and results holds here.
 *
 *   vgi_client *client;
 *   vgi_result *result;
 *   const vgi_arrow_schema *in, *out;
 *   const vgi_batch *answer;
 *   vgi_batch *params;
 *
 *   VGI_TRY(vgi_client_open("./calculator", NULL, &client, err));
 *   VGI_TRY(vgi_result_new(&result, err));
 *   VGI_TRY(vgi_fields_parse(result, "a: float64, b: float64", &in, err));
 *   VGI_TRY(vgi_fields_parse(result, "result: float64", &out, err));
 *   VGI_TRY(vgi_batch_new(result, in, 1, &params, err));
 *   vgi_append_f64(vgi_out_column(params, 0), 1.5);
 *   vgi_append_f64(vgi_out_column(params, 1), 2.5);
 *   VGI_TRY(vgi_batch_finish(result, params, err));
 *   VGI_TRY(vgi_client_call(client, &(vgi_rpc_call){.protocol = "Calculator", .version = "1.0.0", .method = "add",
 *                                                   .params = params, .result = out}, result, &answer, err));
 *   printf("%g\n", vgi_f64(answer, 0)[0]);
 *
 * What a worker has, with the schemas of its methods' parameters and results: vgi_client_describe and
 * vgi_client_describe_protocol. Records are batches of one row in binary columns (vgi_batch_encode, vgi_batch_decode);
 * enums are appended as the texts of their members to a column of type dictionary<int16, utf8>. */
#ifndef VGI_RPC_CLIENT_H
#define VGI_RPC_CLIENT_H

#include <vgi/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- batches to send -------------------------------------------------------------------------------------------- */

/* Fields in text: "a: float64, b?: utf8", in the words of vgi/rpc.h. (In SQL's words: vgi_columns_parse.) */
VGI_EXPORT vgi_status vgi_fields_parse(vgi_result *result, const char *fields, const vgi_arrow_schema **ret,
                                       vgi_error *err);

/* A batch to fill through vgi_out_column (vgi/batch.h), with room for `capacity` rows in its fixed-width arrays. It
 * lives in `result` until clear or free; `schema` must live as long. */
VGI_EXPORT vgi_status vgi_batch_new(vgi_result *result, const vgi_arrow_schema *schema, int64_t capacity,
                                    vgi_batch **ret, vgi_error *err);
/* Ends it: now it can be sent and encoded. The first mistake that was made in filling it is told here. Where all was
 * appended, the number of rows need not be set. */
VGI_EXPORT vgi_status vgi_batch_finish(vgi_result *result, vgi_batch *batch, vgi_error *err);

/* ---- calls ------------------------------------------------------------------------------------------------------ */

/* What is called. Borrowed until the function returns that takes it. */
typedef struct vgi_rpc_call {
    const char *protocol; /* "Calculator"; NULL: none, which only methods of the RPC layer itself do without */
    const char *version;  /* of the protocol: "1.0.0", where it declares one; only major and minor count */
    const char *method;
    const vgi_batch *params; /* one row; NULL: no parameters. Its own metadata does not travel */
    vgi_metadata metadata;   /* travels with the request. Keys that the members above are sent as are left out */
    /* What the answer has to be (`result: float64`), or every batch of a stream: of other types, or a unary answer of
     * not one row, it is VGI_ERR_PROTOCOL, and the connection lives on. NULL: whatever comes. */
    const vgi_arrow_schema *result;
} vgi_rpc_call;

/* One unary call. *ret is the answer: one row of the column `result`, no columns where the method is void. It lives in
 * `result` until clear or free. */
VGI_EXPORT vgi_status vgi_client_call(vgi_client *client, const vgi_rpc_call *call, vgi_result *result,
                                      const vgi_batch **ret, vgi_error *err);

/* ---- streams (rpc.md §7) ---------------------------------------------------------------------------------------- */

/* One stream, in lockstep: a producer answers ticks (next), an exchange answers batches (exchange). */
typedef struct vgi_rpc_stream vgi_rpc_stream;

/* Opens one. `header`: of a method that declares a header, where that goes: *ret_header, one row. Both are NULL for one
 * that declares none: then what the worker says to the parameters shows in the first turn. */
VGI_EXPORT vgi_status vgi_client_stream(vgi_client *client, const vgi_rpc_call *call, vgi_result *header,
                                        const vgi_batch **ret_header, vgi_rpc_stream **ret, vgi_error *err);

/* The next batch of a producer, valid until the next call of the client; may have no rows. `metadata` goes with the
 * tick. VGI_END: there is no more. */
VGI_EXPORT vgi_status vgi_rpc_stream_next(vgi_rpc_stream *stream, vgi_metadata metadata, const vgi_batch **ret,
                                          vgi_error *err);
/* Sends a batch, with its metadata, and gives the answer, valid until the next call of the client. All batches that are
 * sent in one stream have the same schema: VGI_ERR_TYPE, and the stream goes on. VGI_END: the worker has ended the
 * stream, which an exchange should not. */
VGI_EXPORT vgi_status vgi_rpc_stream_exchange(vgi_rpc_stream *stream, const vgi_batch *in, const vgi_batch **ret,
                                              vgi_error *err);

/* True until the stream has ended: in order, by an error, by cancel or close. A later turn is VGI_ERR_RUNTIME. */
VGI_EXPORT bool vgi_rpc_stream_is_open(const vgi_rpc_stream *stream);
/* The schema of the output: known from the first turn on, before that NULL. Valid until free. */
VGI_EXPORT const vgi_arrow_schema *vgi_rpc_stream_schema(const vgi_rpc_stream *stream);

/* Tells the worker that nobody wants the rest, and drains the stream. Idempotent. */
VGI_EXPORT vgi_status vgi_rpc_stream_cancel(vgi_rpc_stream *stream, vgi_error *err);
/* Ends the stream in order, as it is: for an exchange the ordinary end. Idempotent. */
VGI_EXPORT vgi_status vgi_rpc_stream_close(vgi_rpc_stream *stream, vgi_error *err);
/* Cancels what is open, and frees. NULL: nothing happens. */
VGI_EXPORT void vgi_rpc_stream_free(vgi_rpc_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
