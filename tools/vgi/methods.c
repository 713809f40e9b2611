/* Catalog methods of the protocol (vgi.md §5) as commands (method.h): how each is called, its answer printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "method.h"
#include "out.h"
#include "record.h"

/* The layout that every list of records has. */
typedef struct any_list {
    const void *items;
    size_t count;
    bool present;
} any_list;

static int finish_path(cli *c, const cli_field *fields, char *params)
{
    for (; fields && fields->name; fields++) {
        vgi_string_list *path = (vgi_string_list *)(void *)(params + fields->offset2);

        if (fields->kind == CLI_OBJECT && !path->present)
            *path = cli_default_path(c);
    }
    return CLI_OK;
}

static int print_batch(cli *c, vgi_bytes bytes)
{
    const vgi_batch *batch;
    cli_out *out = NULL;
    vgi_error err = {0};
    vgi_status status;
    int code;

    if (!bytes.data)
        return cli_tell(c, CLI_OK, "the worker has nothing to say");
    status = vgi_batch_decode(c->result, bytes, &batch, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    code = cli_out_begin(c, batch->schema, false, &out);
    if (code == CLI_OK)
        code = cli_out_batch(out, batch, batch->rows);
    if (out && cli_out_end(out, code == CLI_OK) != CLI_OK)
        code = CLI_FAILED;
    return code;
}

static int print_answer(cli *c, const cli_method *m, const void *ret)
{
    const any_list *list = ret;
    const void *record;

    switch (m->shape) {
    case LIST:
        return cli_record_print(c, m->answer->fields, list->items, list->count, m->answer->size, m->answer->expanded);
    case RECORD:
        memcpy(&record, ret, sizeof record);
        return cli_record_print(c, m->answer->fields, record, record ? 1 : 0, m->answer->size, true);
    case BATCH:
        return print_batch(c, *(const vgi_bytes *)ret);
    default:
        return CLI_OK;
    }
}

int cli_method_run(cli *c, const void *args)
{
    const cli_method *m = c->command->method;
    char *params = cli_keep(c, c->command->args_size);
    union {
        any_list list;
        const void *record;
        vgi_bytes bytes;
    } ret = {.list = {0}};
    vgi_error err = {0};
    vgi_status status;
    int code = m->on_client ? cli_connect(c) : cli_attach(c);

    if (code != CLI_OK)
        return code;
    memcpy(params, args, c->command->args_size);
    if (!m->on_client) {
        finish_path(c, c->command->fields, params);
        if (m->transaction && c->globals.transaction.data)
            memcpy(params + m->transaction, &c->globals.transaction, sizeof c->globals.transaction);
    }
    if (m->prepare)
        code = m->prepare(c, params);
    if (code != CLI_OK)
        return code;
    status = m->call(c, params, &ret, &err);
    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    return print_answer(c, m, &ret);
}

/* ---- the calls -------------------------------------------------------------------------------------------------- */

#define DOES(method)                                                                                                   \
    vgi_status cli_call_##method(cli *c, const void *params, void *ret, vgi_error *err)                                \
    {                                                                                                                  \
        (void)ret;                                                                                                     \
        return vgi_client_catalog_##method(c->attachment, params, c->result, err);                                     \
    }
#define GIVES(method)                                                                                                  \
    vgi_status cli_call_##method(cli *c, const void *params, void *ret, vgi_error *err)                                \
    {                                                                                                                  \
        return vgi_client_catalog_##method(c->attachment, params, c->result, ret, err);                                \
    }

DOES(detach)
DOES(index_create)
DOES(index_drop)
DOES(macro_create)
DOES(macro_drop)
DOES(schema_create)
DOES(schema_drop)
DOES(table_column_add)
DOES(table_column_comment_set)
DOES(table_column_default_drop)
DOES(table_column_default_set)
DOES(table_column_drop)
DOES(table_column_rename)
DOES(table_column_type_change)
DOES(table_comment_set)
DOES(table_create)
DOES(table_drop)
DOES(table_not_null_drop)
DOES(table_not_null_set)
DOES(table_rename)
DOES(transaction_commit)
DOES(transaction_rollback)
DOES(view_comment_set)
DOES(view_create)
DOES(view_drop)
DOES(view_rename)
GIVES(contents)
GIVES(copy_from_formats)
GIVES(index_get)
GIVES(macro_get)
GIVES(schema_contents_functions)
GIVES(schema_contents_indexes)
GIVES(schema_contents_macros)
GIVES(schema_contents_tables)
GIVES(schema_contents_views)
GIVES(schema_get)
GIVES(schemas)
GIVES(table_column_statistics_get)
GIVES(table_delete_function_get)
GIVES(table_get)
GIVES(table_insert_function_get)
GIVES(table_scan_function_get)
GIVES(table_update_function_get)
GIVES(version)
GIVES(view_get)

vgi_status cli_call_catalogs(cli *c, const void *params, void *ret, vgi_error *err)
{
    (void)params;
    return vgi_client_catalog_catalogs(c->client, c->result, ret, err);
}

vgi_status cli_call_create(cli *c, const void *params, void *ret, vgi_error *err)
{
    (void)ret;
    return vgi_client_catalog_create(c->client, params, c->result, err);
}

vgi_status cli_call_drop(cli *c, const void *params, void *ret, vgi_error *err)
{
    (void)ret;
    return vgi_client_catalog_drop(c->client, params, c->result, err);
}

int cli_prepare_attach(cli *c, void *params)
{
    (void)params;
    return c->globals.attachment.data
               ? cli_tell(c, CLI_USAGE, "attach makes an attachment; --attachment names one that is there")
               : CLI_OK;
}

/* The attachment is there already: its answer is shown. */
vgi_status cli_call_attach(cli *c, const void *params, void *ret, vgi_error *err)
{
    const void *info = vgi_attachment_info(c->attachment);

    (void)params;
    (void)err;
    memcpy(ret, &info, sizeof info);
    return VGI_OK;
}

/* With the attachment, that a later command needs beside the transaction. */
vgi_status cli_call_transaction_begin(cli *c, const void *params, void *ret, vgi_error *err)
{
    const vgi_catalog_transaction_begin_params *p = params;
    const vgi_transaction_begin_response *answer = NULL;
    cli_transaction *record = cli_keep(c, sizeof *record);

    VGI_TRY(vgi_client_catalog_transaction_begin(c->attachment, params, c->result, &answer, err));
    record->attachment =
        p->attach_opaque_data.data ? p->attach_opaque_data : vgi_attachment_info(c->attachment)->attach_opaque_data;
    record->transaction = answer->transaction_opaque_data;
    memcpy(ret, &record, sizeof record);
    return VGI_OK;
}

vgi_status cli_call_table_scan_branches_get(cli *c, const void *params, void *ret, vgi_error *err)
{
    const vgi_scan_branches_result *answer = NULL;
    vgi_scan_branch *branches;

    VGI_TRY(vgi_client_catalog_table_scan_branches_get(c->attachment, params, c->result, &answer, err));
    branches = cli_keep(c, (answer->branches.count + 1) * sizeof *branches);
    for (size_t i = 0; i < answer->branches.count; i++)
        VGI_TRY(vgi_record_decode(c->result, VGI_RECORD_SCAN_BRANCH, answer->branches.items[i], &branches[i],
                                  sizeof *branches, err));
    *(any_list *)ret = (any_list){branches, answer->branches.count, true};
    return VGI_OK;
}

/* ---- what the rows cannot say ----------------------------------------------------------------------------------- */

int cli_prepare_view_create(cli *c, void *params)
{
    vgi_catalog_view_create_params *p = params;

    (void)c;
    if (!p->on_conflict)
        p->on_conflict = VGI_ON_CONFLICT_ERROR;
    return CLI_OK;
}

int cli_prepare_macro_create(cli *c, void *params)
{
    vgi_macro_create_request *p = params;

    (void)c;
    if (!p->on_conflict)
        p->on_conflict = VGI_ON_CONFLICT_ERROR;
    if (!p->macro_type)
        p->macro_type = VGI_MACRO_TYPE_SCALAR;
    return CLI_OK;
}

int cli_prepare_index_create(cli *c, void *params)
{
    vgi_index_create_request *p = params;

    (void)c;
    if (!p->index_type.data)
        p->index_type = vgi_str("ART");
    return CLI_OK;
}

int cli_prepare_catalog_create(cli *c, void *params)
{
    vgi_catalog_create_request *p = params;

    (void)c;
    if (!p->on_conflict)
        p->on_conflict = VGI_ON_CONFLICT_ERROR;
    return CLI_OK;
}
