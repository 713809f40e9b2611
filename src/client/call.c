/* One unary call of the protocol: structs to a request, an answer to structs (vgi.md §1), in the dialect that the
 * worker speaks. The functions of <vgi/methods.h> call it.
 *
 * The dialect is settled by the first call that the worker's version gate lets pass (rpc.md §3.4): one that it refuses
 * tells which version it speaks, and is sent again in that, which it may be since nothing was done. */
#include <string.h>

#include "arrow/array.h"
#include "base/str.h"
#include "client/client.h"

enum { LEAST_RECORD_BYTES = 64 }; /* no stream of one row is as short */

/* ---- the request ------------------------------------------------------------------------------------------------ */

static vgi_status fill_params(vgi_client *client, const vg_client_method *method, const void *row, vgi_batch *out,
                              vgi_error *err)
{
    vgi_bytes bytes;

    if (method->request == &vg_none_record)
        return vg_row_encode(&client->scratch, method->params, row, client->minor, out, err);
    VGI_TRY(vg_record_encode(&client->scratch, method->request, row, client->minor, &bytes, err));
    vgi_append_blob(vgi_out_column(out, 0), bytes.data, bytes.size);
    return VGI_OK;
}

static vgi_status send(vgi_client *client, const vg_client_method *method, const vgi_batch *params,
                       const vgi_batch **ret, vgi_error *err)
{
    vg_peer_request request = {.method = method->name,
                               .protocol = VG_PROTOCOL_NAME,
                               .version = vg_client_version(client->minor),
                               .params = params};

    return vg_client_end(client, vg_peer_call(client->peer, &request, ret, err), err);
}

static vgi_status build_and_send(vgi_client *client, const vg_client_method *method, vg_builder *builder,
                                 const void *row, const vgi_batch **ret, vgi_error *err)
{
    vgi_batch *params = vg_builder_begin(builder, 1);

    if (!params)
        return vg_client_no_memory(err);
    VGI_TRY(fill_params(client, method, row, params, err));
    params->rows = 1;
    VGI_TRY(vg_builder_finish(builder, err));
    return send(client, method, params, ret, err);
}

static vgi_status ask(vgi_client *client, const vg_client_method *method, const void *row, const vgi_batch **ret,
                      vgi_error *err)
{
    vg_builder *builder;
    vgi_status status;

    vg_arena_reset(&client->scratch);
    if (method->schema->n_fields == 0)
        return send(client, method, NULL, ret, err);
    VGI_TRY(vg_builder_new(method->schema, err, &builder));
    status = build_and_send(client, method, builder, row, ret, err);
    vg_builder_free(builder);
    return status;
}

/* The dialect that a refusal names, "Server: 2.1.0" on a line; -1 where there is none, or it is the one that was
 * tried. */
static int dialect_of_refusal(const vgi_client *client)
{
    static const char WORD[] = "Server: ";
    const vgi_remote_error *remote = &client->remote;
    const char *found;
    int minor;

    if (client->is_settled || !vg_string_is(remote->kind, "protocol_version_mismatch") || !remote->message.data)
        return -1;
    found = memmem(remote->message.data, remote->message.size, WORD, sizeof WORD - 1);
    if (!found)
        return -1;
    found += sizeof WORD - 1;
    minor = vg_client_minor((vgi_string){found, (size_t)(remote->message.data + remote->message.size - found)});
    return minor == client->minor ? -1 : minor;
}

static vgi_status ask_in_dialect(vgi_client *client, const vg_client_method *method, const void *row,
                                 const vgi_batch **ret, vgi_error *err)
{
    vgi_error first = {0};
    vgi_status status;
    int minor;

    if (method->since > client->minor && client->is_settled)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "'%s' came with protocol %s, the worker speaks %s",
                             method->name, vg_client_version(method->since), vg_client_version(client->minor));
    status = ask(client, method, row, ret, &first);
    minor = status == VGI_OK ? -1 : dialect_of_refusal(client);
    if (minor >= 0) {
        client->minor = minor;
        vgi_error_clear(&first);
        status = ask(client, method, row, ret, &first);
    }
    if (status == VGI_OK)
        client->is_settled = true;
    else if (err && err->status == VGI_OK)
        *err = first;
    return status;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static vgi_status decode_items(vg_arena *scratch, vg_arena *arena, const vg_client_method *method,
                               const vg_record *item, vgi_bytes bytes, vg_any_list *ret, vgi_error *err)
{
    /* The response is a record of the one column `items`, as the generator has seen to. */
    const vgi_bytes_list *items;
    void *row = vg_arena_alloc(scratch, method->response->size);
    uint8_t *rows;

    if (!row)
        return vg_client_no_memory(err);
    VGI_TRY(vg_record_decode(arena, bytes, NULL, method->response, row, err));
    items = row;
    for (size_t i = 0; i < items->count; i++) /* before memory is taken for what empty items would be */
        if (items->items[i].size < LEAST_RECORD_BYTES)
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "an item of the answer to '%s' is no record", method->name);
    rows = vg_arena_array(arena, items->count + 1, item->size);
    if (!rows)
        return vg_client_no_memory(err);
    for (size_t i = 0; i < items->count; i++)
        VGI_TRY(vg_record_decode(arena, items->items[i], NULL, item, rows + i * item->size, err));
    *ret = (vg_any_list){rows, items->count, true};
    return VGI_OK;
}

static vgi_status decode_response(vg_arena *arena, const vg_record *record, vgi_bytes bytes, const void **ret,
                                  vgi_error *err)
{
    void *row = vg_arena_alloc(arena, record->size);

    if (!row)
        return vg_client_no_memory(err);
    VGI_TRY(vg_record_decode(arena, bytes, NULL, record, row, err));
    *ret = row;
    return VGI_OK;
}

/* The bytes in the column `result`, in the result's memory. */
static vgi_status take_bytes(const vg_client_method *method, const vgi_batch *answer, vg_arena *arena, vgi_bytes *ret,
                             vgi_error *err)
{
    vgi_bytes found;

    if (answer->n_columns != 1 || answer->rows != 1)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "'%s' was answered with %d columns of %lld rows; one of one is due",
                             method->name, (int)answer->n_columns, (long long)answer->rows);
    found = vgi_blob(answer, 0, 0);
    if (!found.data && !(method->result == &vg_nullable_result_schema && vgi_is_null(answer, 0, 0)))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "'%s' was answered without bytes in its result", method->name);
    return vg_bytes_keep(arena, found, ret, err);
}

static vgi_status read_answer(vgi_client *client, const vg_client_method *method, const vg_record *item,
                              const vgi_batch *answer, vgi_result *result, void *ret, vgi_error *err)
{
    vgi_bytes bytes;

    VGI_TRY(take_bytes(method, answer, &result->arena, &bytes, err));
    if (item)
        return decode_items(&client->scratch, &result->arena, method, item, bytes, ret, err);
    if (method->response != &vg_none_record)
        return decode_response(&result->arena, method->response, bytes, (const void **)ret, err);
    *(vgi_bytes *)ret = bytes;
    return VGI_OK;
}

vgi_status vg_client_call(vgi_client *client, const vg_client_method *method, const vg_record *item, const void *params,
                          vgi_result *result, void *ret, vgi_error *err)
{
    static const uint64_t ZEROS[128] = {0}; /* any record's defaults */
    const vg_record *record = method->request == &vg_none_record ? method->params : method->request;
    const vgi_batch *answer;

    if (ret && !result)
        return vgi_error_set(err, VGI_ERR_VALUE, "'%s' answers something: a result is needed for it", method->name);
    if (!params && record->size > sizeof ZEROS)
        return vgi_error_set(err, VGI_ERR_VALUE, "'%s' wants parameters", method->name);
    params = params ? params : ZEROS;
    VGI_TRY(ask_in_dialect(client, method, params, &answer, err));
    return ret ? read_answer(client, method, item, answer, result, ret, err) : VGI_OK;
}

/* ---- through an attachment --------------------------------------------------------------------------------------- */

/* Sets the column of that name, where the record has it and it is absent. */
static void fill_in(const vg_record *record, uint8_t *row, const char *name, vgi_bytes bytes)
{
    for (int32_t i = 0; i < record->n_members; i++) {
        vgi_bytes *at = (vgi_bytes *)(void *)(row + record->members[i].offset);

        if (vg_string_is(record->members[i].field->name, name) && record->members[i].kind == VG_MEMBER_BYTES &&
            !at->data)
            *at = bytes;
    }
}

/* The struct is copied to memory of its own: what asks reuses the client's. */
static vgi_status call_filled(vgi_attachment *attachment, const vg_client_method *method, const vg_record *item,
                              const void *params, vg_arena *arena, vgi_result *result, void *ret, vgi_error *err)
{
    const vg_record *record = method->request == &vg_none_record ? method->params : method->request;
    uint8_t *row = vg_arena_alloc(arena, record->size);

    if (!row)
        return vg_client_no_memory(err);
    if (params)
        memcpy(row, params, record->size);
    fill_in(record, row, "attach_opaque_data", attachment->info->attach_opaque_data);
    fill_in(record, row, "transaction_opaque_data", attachment->transaction);
    fill_in(record, row, "transaction_id", attachment->transaction);
    return vg_client_call(attachment->client, method, item, row, result, ret, err);
}

vgi_status vg_attachment_call(vgi_attachment *attachment, const vg_client_method *method, const vg_record *item,
                              const void *params, vgi_result *result, void *ret, vgi_error *err)
{
    vg_arena arena = {0};
    vgi_status status = call_filled(attachment, method, item, params, &arena, result, ret, err);

    vg_arena_done(&arena);
    return status;
}
