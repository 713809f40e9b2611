/* Attachments that are kept: what an attachment stands for lies in the user's storage, and its caller holds an id, no
 * more. Every process of the worker finds it there, also after all of them have ended, until it is detached.
 *
 *   ATTACH 'kept' AS mine (TYPE vgi, LOCATION 'build/release/bin/kept', author 'Ada', token 'hush');
 *   FROM mine.main.session; SELECT mine.main.signed('to be or not'); */
#include <vgi/storage.h>
#include <vgi/vgi.h>

enum { FORGOTTEN_AFTER_S = 30 * 24 * 60 * 60 }; /* an engine that ends, and many that detach, say nothing */

static vgi_status attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_storage *storage = vgi_call_storage(call);
    vgi_stored_attachment record = {.catalog_name = asked->name};
    uint8_t *id = vgi_alloc(call, VGI_STORAGE_ID_SIZE);
    vgi_string author;
    int64_t deleted;

    VGI_TRY(vgi_arg_text(call, "author", &author)); /* the token would be checked here */
    if (!id)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    VGI_TRY(vgi_storage_generate_id(id, vgi_call_error(call)));
    record.attach_opaque_data = (vgi_bytes){id, VGI_STORAGE_ID_SIZE};
    record.options = (vgi_bytes){(const uint8_t *)author.data, author.size};
    VGI_TRY(vgi_storage_attach_put(storage, &record, vgi_call_error(call)));
    ret->attach_opaque_data = record.attach_opaque_data; /* what every later call brings */
    return vgi_storage_collect(storage, FORGOTTEN_AFTER_S, &deleted, vgi_call_error(call));
}

static vgi_status detach(vgi_call *call, const vgi_catalog_detach_params *asked)
{
    vgi_status status =
        vgi_storage_attach_delete(vgi_call_storage(call), asked->attach_opaque_data, vgi_call_error(call));

    return status == VGI_END ? VGI_OK : status; /* it was detached before: nothing is left to do */
}

/* The author of this attachment, whichever process has attached it. */
static vgi_status find_author(vgi_call *call, vgi_string *ret)
{
    vgi_stored_attachment *found;
    vgi_status status =
        vgi_storage_attach_get(vgi_call_storage(call), vgi_call_attach_opaque_data(call), &found, vgi_call_error(call));

    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_VALUE, "this attachment has ended: ATTACH again");
    VGI_TRY(status);
    *ret = vgi_call_text(call, "%.*s", (int)found->options.size, (const char *)found->options.data);
    vgi_storage_release(found);
    return ret->data ? VGI_OK : vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
}

static vgi_status session_next(vgi_call *call, vgi_batch *out)
{
    vgi_string author;

    VGI_TRY(find_author(call, &author));
    vgi_append_text(vgi_out_column(out, 0), author.data, author.size);
    return VGI_END;
}

static const vgi_table_function SESSION = {.signature = "session() -> TABLE(author VARCHAR)", .next = session_next};

static vgi_status signed_map(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    vgi_string author;

    VGI_TRY(find_author(call, &author));
    VGI_EACH_ROW(in, i) {
        vgi_string line = vgi_text(in, 0, i);
        vgi_string text = vgi_call_text(call, "%.*s -- %.*s", (int)line.size, line.data, (int)author.size, author.data);

        vgi_append_text(out, text.data, text.size);
    }
    return VGI_OK;
}

static const vgi_scalar SIGNED = {.signature = "signed(line VARCHAR) -> VARCHAR", .map = signed_map};

static const vgi_catalog_ops OPS = {.is_read_only = true, .attach = attach, .detach = detach};
static const vgi_table SESSION_TABLE = {.name = "session", .scan = "session()"};
static const vgi_schema MAIN = {
    .name = "main",
    .scalars = VGI_SCALARS(&SIGNED),
    .table_functions = VGI_TABLE_FUNCTIONS(&SESSION),
    .tables = VGI_TABLES(&SESSION_TABLE),
};
static const vgi_catalog KEPT = {
    .name = "kept",
    .schemas = VGI_SCHEMAS(&MAIN),
    .attach_options = VGI_ATTACH_OPTIONS({.name = "author", .type = "VARCHAR", .is_required = true},
                                         {.name = "token", .type = "VARCHAR", .is_secret = true}),
    .ops = &OPS,
};

int main(int argc, char **argv)
{
    vgi_worker_options options = {.catalogs = VGI_CATALOGS(&KEPT)};
    int status = 1;

    if (vgi_storage_sqlite_new(NULL, &options.storage, NULL) == VGI_OK) /* opened by the first call that needs it */
        status = vgi_worker_main_with(&options, argc, argv);
    vgi_storage_free(options.storage);
    return status;
}
