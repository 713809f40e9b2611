/* Calls and streams. See driver.h. */
#include <string.h>

#include "driver.h"

static const char METHOD[] = "vgi_rpc.method";

/* The call in a line. All metadata of the batch travels, the version of the protocol with it. */
static bool take_call(driver *d, const json_t *line, vgi_rpc_call *ret, json_t **ret_refusal)
{
    const vgi_batch *request = take_batch(d, line, "request_b64", ret_refusal);
    vgi_string method;
    char *name;

    if (!request)
        return false;
    method = vgi_metadata_get(request->metadata, METHOD);
    name = method.data ? vgi_result_alloc(d->memory, method.size + 1) : NULL;
    if (!name) {
        *ret_refusal = refuse("the request's metadata has no %s", METHOD);
        return false;
    }
    memcpy(name, method.data, method.size);
    *ret = (vgi_rpc_call){.protocol = d->protocol, .method = name, .params = request, .metadata = request->metadata};
    return true;
}

/* The client does without where memory cannot be shared; then a test of that would pass without any. */
static bool shares_as_wanted(const driver *d)
{
    return !d->wants_shm || vgi_client_shares_memory(d->client, NULL, NULL);
}

json_t *op_unary(driver *d, const json_t *line)
{
    json_t *refusal = NULL, *payload;
    const vgi_batch *answer;
    vgi_error err = {0};
    vgi_rpc_call call;

    if (d->stream)
        return refuse("a stream is open");
    if (!take_call(d, line, &call, &refusal))
        return refusal;
    if (vgi_client_call(d->client, &call, d->memory, &answer, &err) != VGI_OK)
        return failed(d, &err);
    if (!shares_as_wanted(d))
        return refuse("no memory is shared with the worker");
    payload = batch_base64(d, answer);
    return payload ? json_pack("{s:b, s:o, s:n}", "ok", 1, "result_b64", payload, "error")
                   : refuse("the answer cannot be encoded");
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void end_stream(driver *d)
{
    vgi_rpc_stream_free(d->stream);
    d->stream = NULL;
}

json_t *op_stream_open(driver *d, const json_t *line)
{
    const bool has_header = json_is_true(json_object_get(line, "has_header"));
    const vgi_batch *header = NULL;
    json_t *refusal = NULL;
    vgi_error err = {0};
    vgi_rpc_call call;

    if (d->stream)
        return refuse("a stream is open already");
    if (!take_call(d, line, &call, &refusal))
        return refusal;
    if (vgi_client_stream(d->client, &call, has_header ? d->memory : NULL, has_header ? &header : NULL, &d->stream,
                          &err) != VGI_OK)
        return failed(d, &err);
    if (!shares_as_wanted(d))
        return refuse("no memory is shared with the worker");
    return json_pack("{s:b, s:o?}", "ok", 1, "header_b64", header ? batch_base64(d, header) : NULL);
}

/* What a turn gave. Whatever is no batch is the end of the stream. */
static json_t *turned(driver *d, vgi_status status, const vgi_batch *batch, const vgi_error *err)
{
    json_t *ret = status == VGI_OK || status == VGI_END ? json_pack("{s:b}", "ok", 1) : failed(d, err);
    json_t *payload = status == VGI_OK ? batch_base64(d, batch) : NULL;

    if (status == VGI_OK && !payload) {
        json_decref(ret);
        ret = refuse("the batch cannot be encoded");
    }
    if (!payload)
        end_stream(d);
    json_object_set_new(ret, "done", json_boolean(!payload));
    json_object_set_new(ret, "batch_b64", payload ? payload : json_null());
    return ret;
}

json_t *op_tick(driver *d, const json_t *line)
{
    const bool has_input = json_is_string(json_object_get(line, "input_b64"));
    const vgi_batch *in = NULL, *out = NULL;
    json_t *refusal = NULL;
    vgi_error err = {0};
    vgi_status status;

    if (!d->stream)
        return refuse("no stream is open");
    if (has_input) {
        in = take_batch(d, line, "input_b64", &refusal);
        if (!in)
            return refusal;
    }
    status = vgi_rpc_stream_next(d->stream, in ? in->metadata : (vgi_metadata){0}, &out, &err);
    return turned(d, status, out, &err);
}

/* Only streams over HTTP can be taken up again, by a token. */
json_t *op_next_with_token(driver *d, const json_t *line)
{
    json_t *ret = op_tick(d, line);

    json_object_set_new(ret, "token", json_null());
    return ret;
}

json_t *op_exchange(driver *d, const json_t *line)
{
    const vgi_batch *in, *out = NULL;
    json_t *refusal = NULL;
    vgi_error err = {0};
    vgi_status status;

    if (!d->stream)
        return refuse("no stream is open");
    in = take_batch(d, line, "input_b64", &refusal);
    if (!in)
        return refusal;
    status = vgi_rpc_stream_exchange(d->stream, in, &out, &err);
    return turned(d, status, out, &err);
}

json_t *op_cancel(driver *d, const json_t *line)
{
    vgi_error err = {0};

    (void)line;
    if (d->stream && vgi_rpc_stream_cancel(d->stream, &err) != VGI_OK) {
        end_stream(d);
        return failed(d, &err);
    }
    end_stream(d);
    return json_pack("{s:b}", "ok", 1);
}

json_t *op_close(driver *d, const json_t *line)
{
    vgi_error err = {0};

    (void)line;
    if (d->stream && vgi_rpc_stream_close(d->stream, &err) != VGI_OK) {
        end_stream(d);
        return failed(d, &err);
    }
    end_stream(d);
    return json_pack("{s:b}", "ok", 1);
}
