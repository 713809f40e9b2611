/* Attachments and transactions (vgi.md §3, §4). See <vgi/client.h>. */
#include <string.h>

#include "base/alloc.h"
#include "client/client.h"

static vgi_status make(vgi_client *client, vgi_attachment **ret, vgi_error *err)
{
    vgi_attachment *attachment = vg_malloc(sizeof *attachment);

    *ret = NULL;
    if (!attachment)
        return vg_client_no_memory(err);
    memset(attachment, 0, sizeof *attachment);
    attachment->client = client;
    *ret = attachment;
    return VGI_OK;
}

/* What is told of this client: it reads what the worker sends, and nothing by itself. */
static const vgi_client_capabilities NOTHING = {
    .engine = VGI_STR("libvgi"),
    .native_formats = {.present = true},
    .catalogs = {.present = true},
    .filter_encodings = {.items = &(const vgi_string)VGI_STR("vgi.filters.v2"), .count = 1, .present = true},
};

static vgi_status attach(vgi_attachment *attachment, const char *catalog, const vgi_attach_options *options,
                         vgi_result *result, vgi_error *err)
{
    vgi_catalog_attach_request request = {.name = vgi_str(catalog)};

    if (options->n_options > 0)
        VGI_TRY(vgi_values_encode(result, options->options, options->n_options, &request.options, err));
    request.data_version_spec = vgi_str(options->data_version_spec);
    request.implementation_version = vgi_str(options->implementation_version);
    VGI_TRY(vg_record_encode(&result->arena, &vg_client_capabilities_record,
                             options->capabilities ? options->capabilities : &NOTHING, attachment->client->minor,
                             &request.client_capabilities, err));
    return vgi_client_catalog_attach(attachment->client, &request, result, &attachment->info, err);
}

vgi_status vgi_client_attach(vgi_client *client, const char *catalog, const vgi_attach_options *options,
                             vgi_attachment **ret, vgi_error *err)
{
    static const vgi_attach_options NONE = {0};
    vgi_attachment *attachment;
    vgi_result result = {0};
    vgi_status status;

    VGI_TRY(make(client, ret, err));
    attachment = *ret;
    status = attach(attachment, catalog, options ? options : &NONE, &result, err);
    attachment->arena = result.arena; /* the answer lives there */
    if (status == VGI_OK)
        return VGI_OK;
    vgi_attachment_free(attachment);
    *ret = NULL;
    return status;
}

static vgi_status keep_opaque(vgi_attachment *attachment, vgi_bytes attach_opaque_data, vgi_error *err)
{
    vgi_catalog_attach_result *info = VG_NEW(&attachment->arena, vgi_catalog_attach_result);

    if (!info)
        return vg_client_no_memory(err);
    info->supports_transactions = true; /* else nobody could ask */
    attachment->info = info;
    return vg_bytes_keep(&attachment->arena, attach_opaque_data, &info->attach_opaque_data, err);
}

vgi_status vgi_attachment_from(vgi_client *client, vgi_bytes attach_opaque_data, vgi_attachment **ret, vgi_error *err)
{
    vgi_status status;

    VGI_TRY(make(client, ret, err));
    status = keep_opaque(*ret, attach_opaque_data, err);
    if (status == VGI_OK)
        return VGI_OK;
    vgi_attachment_free(*ret);
    *ret = NULL;
    return status;
}

/* A deep copy, by way of the wire's own form. */
static vgi_status copy_info(const vgi_attachment *from, vgi_attachment *to, vgi_error *err)
{
    vgi_catalog_attach_result *info = VG_NEW(&to->arena, vgi_catalog_attach_result);
    vgi_bytes bytes;

    if (!info)
        return vg_client_no_memory(err);
    VGI_TRY(vg_record_encode(&to->arena, &vg_catalog_attach_result_record, from->info, VG_LAST_MINOR, &bytes, err));
    VGI_TRY(vg_record_decode(&to->arena, bytes, NULL, &vg_catalog_attach_result_record, info, err));
    to->info = info;
    return vg_bytes_keep(&to->transaction_arena, from->transaction, &to->transaction, err);
}

vgi_status vgi_attachment_over(const vgi_attachment *attachment, vgi_client *client, vgi_attachment **ret,
                               vgi_error *err)
{
    vgi_status status;

    VGI_TRY(make(client, ret, err));
    status = copy_info(attachment, *ret, err);
    if (status != VGI_OK) {
        vgi_attachment_free(*ret);
        *ret = NULL;
        return status;
    }
    if (attachment->client->is_settled && !client->is_settled)
        client->minor = attachment->client->minor; /* the same worker, most likely: the gate has the last word */
    return VGI_OK;
}

void vgi_attachment_free(vgi_attachment *attachment)
{
    if (!attachment)
        return;
    vg_arena_done(&attachment->arena);
    vg_arena_done(&attachment->transaction_arena);
    vg_free(attachment);
}

vgi_client *vgi_attachment_client(const vgi_attachment *attachment)
{
    return attachment->client;
}

const vgi_catalog_attach_result *vgi_attachment_info(const vgi_attachment *attachment)
{
    return attachment->info;
}

/* ---- transactions ------------------------------------------------------------------------------------------------ */

static vgi_status begin(vgi_attachment *attachment, vgi_result *result, vgi_error *err)
{
    const vgi_transaction_begin_response *response;

    VGI_TRY(vgi_client_catalog_transaction_begin(attachment, NULL, result, &response, err));
    if (!response->transaction_opaque_data.data)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the worker has no transactions after all");
    vg_arena_reset(&attachment->transaction_arena);
    return vg_bytes_keep(&attachment->transaction_arena, response->transaction_opaque_data, &attachment->transaction,
                         err);
}

vgi_status vgi_attachment_begin(vgi_attachment *attachment, vgi_error *err)
{
    vgi_result result = {0};
    vgi_status status;

    if (!attachment->info->supports_transactions)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the catalog has no transactions");
    if (attachment->transaction.data)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "a transaction is open already");
    status = begin(attachment, &result, err);
    vg_result_done(&result);
    return status;
}

static vgi_status check_open(const vgi_attachment *attachment, vgi_error *err)
{
    return attachment->transaction.data ? VGI_OK : vgi_error_set(err, VGI_ERR_RUNTIME, "no transaction is open");
}

vgi_status vgi_attachment_commit(vgi_attachment *attachment, vgi_error *err)
{
    const vgi_catalog_transaction_commit_params params = {.transaction_opaque_data = attachment->transaction};

    VGI_TRY(check_open(attachment, err));
    attachment->transaction = (vgi_bytes){0}; /* over, whatever comes of it */
    return vgi_client_catalog_transaction_commit(attachment, &params, NULL, err);
}

vgi_status vgi_attachment_rollback(vgi_attachment *attachment, vgi_error *err)
{
    const vgi_catalog_transaction_rollback_params params = {.transaction_opaque_data = attachment->transaction};

    VGI_TRY(check_open(attachment, err));
    attachment->transaction = (vgi_bytes){0};
    return vgi_client_catalog_transaction_rollback(attachment, &params, NULL, err);
}

vgi_bytes vgi_attachment_transaction(const vgi_attachment *attachment)
{
    return attachment->transaction;
}

/* The bytes may be the attachment's own, so the old ones go last. */
vgi_status vgi_attachment_join(vgi_attachment *attachment, vgi_bytes transaction, vgi_error *err)
{
    vg_arena arena = {0};
    vgi_bytes kept;
    vgi_status status = vg_bytes_keep(&arena, transaction, &kept, err);

    if (status != VGI_OK) {
        vg_arena_done(&arena);
        return status;
    }
    vg_arena_done(&attachment->transaction_arena);
    attachment->transaction_arena = arena;
    attachment->transaction = kept;
    return VGI_OK;
}
