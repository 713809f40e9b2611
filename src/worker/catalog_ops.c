/* Catalogs of callbacks: every method of the catalog protocol on its way to the member of vgi_catalog_ops that is
 * called the same (vgi.md §5). catalog_ops.def has a row a method; what an absent member means is decided here: another
 * member answers (a *_get from the listing), the declared objects do (handlers of catalog_*.c), or it is refused.
 * Called by dispatch.c. */
#include "worker/catalog_ops.h"

#include <string.h>

#include "base/str.h"
#include "ipc/reader.h"
#include "protocol/codec.h"
#include "worker/owner.h"
#include "worker/worker.h"

/* ---- the rows ---------------------------------------------------------------------------------------------------- */

typedef struct op {
    const char *name;
    bool (*is_given)(const vgi_catalog_ops *ops);
    /* `ret` is the response, a listing where `item` is there, or NULL. */
    vgi_status (*run)(const vgi_catalog_ops *ops, vgi_call *call, const void *request, void *ret);
    const vg_record *item;
    vgi_record_id id;
    bool is_change;
} op;

#define GIVEN(name)                                                                                                    \
    static bool name##_is_given(const vgi_catalog_ops *ops)                                                            \
    {                                                                                                                  \
        return ops->name != NULL;                                                                                      \
    }
#define TELLS(name, request_type)                                                                                      \
    GIVEN(name)                                                                                                        \
    static vgi_status run_##name(const vgi_catalog_ops *ops, vgi_call *call, const void *request, void *ret)           \
    {                                                                                                                  \
        (void)ret;                                                                                                     \
        return ops->name(call, (const vgi_##request_type *)request);                                                   \
    }
#define CHANGES(name, request_type) TELLS(name, request_type)
#define GIVES(name, request_type, response, change)                                                                    \
    GIVEN(name)                                                                                                        \
    static vgi_status run_##name(const vgi_catalog_ops *ops, vgi_call *call, const void *request, void *ret)           \
    {                                                                                                                  \
        return ops->name(call, (const vgi_##request_type *)request, (vgi_##response *)ret);                            \
    }
#define LISTS(name, request_type, record, RECORD) GIVES(name, request_type, listing, false)
#include "worker/catalog_ops.def"
#undef CHANGES
#undef TELLS
#undef GIVES
#undef LISTS

static const op OPS[VG_METHOD_COUNT] = {
#define ROW(member) .name = #member, .is_given = member##_is_given, .run = run_##member
#define CHANGES(name, request) [VG_METHOD_catalog_##name] = {ROW(name), .is_change = true},
#define TELLS(name, request) [VG_METHOD_catalog_##name] = {ROW(name)},
#define GIVES(name, request, response, change) [VG_METHOD_catalog_##name] = {ROW(name), .is_change = change},
#define LISTS(name, request, record, RECORD)                                                                           \
    [VG_METHOD_catalog_##name] = {ROW(name), .item = &vg_##record##_record, .id = VGI_RECORD_##RECORD},
#include "worker/catalog_ops.def"
};

/* ---- members of records by name ---------------------------------------------------------------------------------- */

/* The member of a struct of `record`; NULL: it has none. */
static void *member_of(const vg_record *record, const void *row, const char *name)
{
    for (int32_t i = 0; i < record->n_members; i++)
        if (vg_string_is(record->members[i].field->name, name))
            return (char *)(uintptr_t)row + record->members[i].offset;
    return NULL;
}

static const vgi_string_list *path_of(const vg_record *record, const void *row)
{
    const vgi_string_list *path = member_of(record, row, "schema_path");

    return path ? path : member_of(record, row, "path");
}

/* ---- listings ---------------------------------------------------------------------------------------------------- */

typedef union any_item {
    vgi_catalog_info catalog;
    vgi_schema_info schema;
    vgi_table_info table;
    vgi_view_info view;
    vgi_function_info function;
    vgi_macro_info macro;
    vgi_index_info index;
    vgi_copy_from_format_info copy_from_format;
} any_item;

vgi_status vg_ops_prepare(vgi_listing *listing)
{
    listing->spare = VG_NEW(listing->call->arena, any_item);
    return listing->spare ? VGI_OK : vg_call_out_of_memory(listing->call);
}

void *vgi_listing_add(vgi_listing *listing, vgi_record_id record)
{
    void *row;

    if (record != listing->id && listing->failed == VGI_OK)
        listing->failed =
            vgi_fail(listing->call, VGI_ERR_RUNTIME, "a callback added another record than a %s to a listing",
                     listing->rows.record->name);
    if (listing->failed == VGI_OK)
        listing->failed = vg_rows_add(listing->call, &listing->rows, &row);
    if (listing->failed == VGI_OK)
        return row;
    memset(listing->spare, 0, sizeof(any_item));
    return listing->spare;
}

vgi_status vg_ops_outcome(vgi_call *call, const char *name, vgi_status status, const vgi_listing *listing)
{
    if (status == VGI_END)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the %s callback returned VGI_END, which means nothing here", name);
    if (status != VGI_OK)
        return vgi_fail(call, status, "the %s callback failed without saying why", name);
    return listing ? listing->failed : VGI_OK;
}

/* The members that must be schemas are looked at here: the engine would be told of them in the answer of another
 * call. */
static vgi_status check_schemas(vgi_call *call, const op *row, const vg_record *record, const void *item)
{
    static const char *const MEMBERS[] = {"columns", "arguments", "output_schema"};

    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        const vgi_bytes *bytes = member_of(record, item, MEMBERS[i]);
        const vgi_arrow_schema *schema;
        vgi_error err = {0};

        if (bytes && bytes->data &&
            vg_schema_decode(call->arena, *bytes, vg_call_limits(call), &schema, &err) != VGI_OK)
            return vgi_fail(call, VGI_ERR_VALUE, "the %s callback gave a %s whose %s are no schema: %s", row->name,
                            record->name, MEMBERS[i], err.message);
    }
    return VGI_OK;
}

/* Fills in what the request says already, and refuses what nobody could use. */
static vgi_status complete(vgi_call *call, const op *row, const vgi_string_list *path, void *item)
{
    vgi_string_list *item_path = (vgi_string_list *)(uintptr_t)path_of(row->item, item);
    const vgi_string *name = member_of(row->item, item, "name");
    vgi_bytes *opaque = member_of(row->item, item, "attach_opaque_data");

    if (item_path && item_path->count == 0 && path)
        *item_path = *path;
    if (item_path && item_path->count == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "the %s callback gave a %s without a path", row->name, row->item->name);
    for (size_t i = 0; item_path && i < item_path->count; i++)
        if (item_path->items[i].size == 0)
            return vgi_fail(call, VGI_ERR_VALUE, "the %s callback gave a %s whose path has an empty part", row->name,
                            row->item->name);
    if (name && name->size == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "the %s callback gave a %s without a name", row->name, row->item->name);
    if (opaque) {
        *opaque = call->attachment->wire;
        if (!opaque->data)
            opaque->data = (const uint8_t *)"";
    }
    return check_schemas(call, row, row->item, item);
}

/* Runs a member that lists. `path`: of the request, NULL where it has none. */
static vgi_status run_listing(vgi_call *call, const vgi_catalog_ops *ops, const op *row, const void *request,
                              const vgi_string_list *path, vgi_listing *ret)
{
    size_t before = ret->rows.count;

    VGI_TRY(vg_ops_outcome(call, row->name, row->run(ops, call, request, ret), ret));
    for (size_t i = before; i < ret->rows.count; i++)
        VGI_TRY(complete(call, row, path, ret->rows.data + i * row->item->size));
    return VGI_OK;
}

vgi_status vg_ops_list_catalogs(vgi_call *call, const vg_catalog_entry *catalog, vgi_listing *ret)
{
    static const op CATALOGS = {.name = "catalogs", .item = &vg_catalog_info_record};
    size_t i = ret->rows.count;

    VGI_TRY(vg_ops_prepare(ret));
    VGI_TRY(vg_ops_outcome(call, CATALOGS.name, catalog->descriptor->ops->catalogs(call, ret), ret));
    for (; i < ret->rows.count; i++)
        VGI_TRY(complete(call, &CATALOGS, NULL, ret->rows.data + i * ret->rows.record->size));
    return VGI_OK;
}

static vgi_listing listing_of(vgi_call *call, const op *row)
{
    return (vgi_listing){.call = call, .rows = {.record = row->item}, .id = row->id};
}

/* Every response of a listing is its items alone. */
static vgi_status give(vgi_call *call, const vg_rows *rows, void *response)
{
    return vg_rows_items(call, rows, &((vgi_tables_response *)response)->items);
}

/* ---- absent members that others stand in for --------------------------------------------------------------------- */

static bool same_path(const vgi_string_list *a, const vgi_string_list *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = vg_string_is_nocase(a->items[i], b->items[i]);
    return same;
}

/* Keeps the first item of that name; of schemas, which have none, that of the path. */
static void keep_only(vg_rows *rows, const vgi_string *name, const vgi_string_list *path)
{
    size_t size = rows->record->size, found = 0;

    while (found < rows->count) {
        const void *item = rows->data + found * size;
        const vgi_string *its = member_of(rows->record, item, "name");

        if (its && name ? vg_string_is_nocase(*its, *name) : same_path(path_of(rows->record, item), path))
            break;
        ++found;
    }
    if (found > 0 && found < rows->count)
        memcpy(rows->data, rows->data + found * size, size);
    rows->count = found < rows->count;
}

typedef struct wanted {
    vgi_string_list path;
    vgi_string name; /* absent: of a schema */
    vgi_schema_object_type type;
    vgi_bytes transaction_opaque_data;
} wanted;

static vgi_status list_for(vgi_call *call, const vgi_catalog_ops *ops, vg_method_index lister, const wanted *get,
                           vgi_listing *listing)
{
    vgi_bytes attach = call->attachment->data, transaction = get->transaction_opaque_data;
    vgi_catalog_schemas_params schemas = {attach, transaction};
    vgi_catalog_schema_contents_tables_params contents = {attach, get->path, transaction};
    vgi_catalog_schema_contents_views_params views = {attach, get->path, transaction};
    vgi_catalog_schema_contents_indexes_params indexes = {attach, get->path, transaction};
    vgi_catalog_schema_contents_macros_params macros = {attach, get->path, get->type, transaction};
    vgi_catalog_schema_contents_functions_params functions = {attach, get->path, get->type, transaction};
    const op *row = &OPS[lister];

    switch (lister) {
    case VG_METHOD_catalog_schemas:
        return run_listing(call, ops, row, &schemas, NULL, listing);
    case VG_METHOD_catalog_schema_contents_views:
        return run_listing(call, ops, row, &views, &get->path, listing);
    case VG_METHOD_catalog_schema_contents_indexes:
        return run_listing(call, ops, row, &indexes, &get->path, listing);
    case VG_METHOD_catalog_schema_contents_macros:
        return run_listing(call, ops, row, &macros, &get->path, listing);
    case VG_METHOD_catalog_schema_contents_functions:
        return run_listing(call, ops, row, &functions, &get->path, listing);
    default:
        return run_listing(call, ops, row, &contents, &get->path, listing);
    }
}

/* The listing that a *_get is answered from where it is absent. */
static const struct {
    vg_method_index get, lister;
} LISTERS[] = {
    {VG_METHOD_catalog_schema_get, VG_METHOD_catalog_schemas},
    {VG_METHOD_catalog_table_get, VG_METHOD_catalog_schema_contents_tables},
    {VG_METHOD_catalog_view_get, VG_METHOD_catalog_schema_contents_views},
    {VG_METHOD_catalog_macro_get, VG_METHOD_catalog_schema_contents_macros},
    {VG_METHOD_catalog_index_get, VG_METHOD_catalog_schema_contents_indexes},
};

static vgi_status get_from_listing(vgi_call *call, const vgi_catalog_ops *ops, vg_method_index index,
                                   const vg_record *record, const void *request, void *response, bool *ret_answered)
{
    size_t i = 0, n = sizeof LISTERS / sizeof *LISTERS;
    const vgi_string *name = member_of(record, request, "name");
    const vgi_bytes *transaction = member_of(record, request, "transaction_opaque_data");
    vgi_listing listing = listing_of(call, &OPS[index]);
    wanted get;

    while (i < n && LISTERS[i].get != index)
        ++i;
    *ret_answered = i < n && OPS[LISTERS[i].lister].is_given(ops);
    if (!*ret_answered)
        return VGI_OK;
    get = (wanted){
        .path = *path_of(record, request),
        .name = name ? *name : (vgi_string){0},
        .type = VGI_SCHEMA_OBJECT_TYPE_SCALAR_MACRO,
        .transaction_opaque_data = transaction ? *transaction : (vgi_bytes){0},
    };
    VGI_TRY(vg_ops_prepare(&listing));
    VGI_TRY(list_for(call, ops, LISTERS[i].lister, &get, &listing));
    get.type = VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO;
    if (index == VG_METHOD_catalog_macro_get)
        VGI_TRY(list_for(call, ops, LISTERS[i].lister, &get, &listing));
    keep_only(&listing.rows, name, &get.path);
    return give(call, &listing.rows, response);
}

vgi_status vg_ops_list(vgi_call *call, vg_method_index lister, const vgi_string_list *path, vgi_schema_object_type type,
                       vg_rows *rows, bool *ret_answered)
{
    const vgi_catalog_ops *ops = call->attachment->catalog->descriptor->ops;
    wanted all = {.path = path ? *path : (vgi_string_list){0}, .type = type};
    vgi_listing listing = {.call = call, .rows = *rows, .id = OPS[lister].id};

    *ret_answered = ops && OPS[lister].is_given(ops);
    if (!*ret_answered)
        return VGI_OK;
    VGI_TRY(vg_ops_prepare(&listing));
    VGI_TRY(list_for(call, ops, lister, &all, &listing));
    *rows = listing.rows;
    return VGI_OK;
}

/* Else what is found by name only would be missing. */
static bool lists_all(const vgi_catalog_ops *ops)
{
    for (size_t i = 0; i < sizeof LISTERS / sizeof *LISTERS; i++)
        if (OPS[LISTERS[i].get].is_given(ops) && !OPS[LISTERS[i].lister].is_given(ops))
            return false;
    return true;
}

bool vg_ops_offer_contents(const vgi_catalog_ops *ops)
{
    return !ops || ops->contents || (lists_all(ops) && !ops->transaction_begin);
}

/* One branch, of what the other method says. */
static vgi_status branches_from_function(vgi_call *call, const vgi_catalog_ops *ops, const void *request,
                                         vgi_scan_branches_result *ret)
{
    const vgi_catalog_table_scan_branches_get_params *asked = request;
    vgi_catalog_table_scan_function_get_params params = {
        .attach_opaque_data = call->attachment->data,
        .schema_path = asked->schema_path,
        .name = asked->name,
        .at_unit = asked->at_unit,
        .at_value = asked->at_value,
        .transaction_opaque_data = asked->transaction_opaque_data,
    };
    vgi_scan_function_result scan = {0};
    vg_rows rows = {.record = &vg_scan_branch_record};
    void *row;

    VGI_TRY(vg_ops_outcome(call, "table_scan_function_get", ops->table_scan_function_get(call, &params, &scan), NULL));
    VGI_TRY(vg_rows_add(call, &rows, &row));
    *(vgi_scan_branch *)row = (vgi_scan_branch){
        .function_name = scan.function_name, .arguments = scan.arguments, .schema_path = scan.schema_path};
    ret->required_extensions = scan.required_extensions;
    return vg_rows_items(call, &rows, &ret->branches);
}

/* Possible where there is one branch, and it is a function. */
static vgi_status function_from_branches(vgi_call *call, const vgi_catalog_ops *ops, const void *request,
                                         vgi_scan_function_result *ret)
{
    const vgi_catalog_table_scan_function_get_params *asked = request;
    vgi_catalog_table_scan_branches_get_params params = {
        .attach_opaque_data = call->attachment->data,
        .schema_path = asked->schema_path,
        .name = asked->name,
        .at_unit = asked->at_unit,
        .at_value = asked->at_value,
        .transaction_opaque_data = asked->transaction_opaque_data,
    };
    vgi_scan_branches_result branches = {0};
    vgi_scan_branch branch = {0};

    VGI_TRY(
        vg_ops_outcome(call, "table_scan_branches_get", ops->table_scan_branches_get(call, &params, &branches), NULL));
    if (branches.branches.count == 1)
        VGI_TRY(vg_record_decode(call->arena, branches.branches.items[0], vg_call_limits(call), &vg_scan_branch_record,
                                 &branch, vgi_call_error(call)));
    if (branch.function_name.size == 0 || branch.branch_filter.data)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "Table %s is not scanned by one function; ask for its branches",
                        vg_call_name(call, asked->schema_path, asked->name, (vgi_string){0}));
    *ret = (vgi_scan_function_result){.function_name = branch.function_name,
                                      .arguments = branch.arguments,
                                      .required_extensions = branches.required_extensions,
                                      .schema_path = branch.schema_path};
    return VGI_OK;
}

/* schema_get alone: the default schema is what can be listed. */
static vgi_status schemas_from_get(vgi_call *call, const vgi_catalog_ops *ops, const void *request, void *response)
{
    const op *row = &OPS[VG_METHOD_catalog_schema_get];
    const vgi_string *name = &call->attachment->catalog->default_schema;
    vgi_catalog_schema_get_params params = {
        .attach_opaque_data = call->attachment->data,
        .path = {.items = name, .count = 1, .present = true},
        .transaction_opaque_data = ((const vgi_catalog_schemas_params *)request)->transaction_opaque_data,
    };
    vgi_listing listing = listing_of(call, row);

    VGI_TRY(vg_ops_prepare(&listing));
    VGI_TRY(run_listing(call, ops, row, &params, &params.path, &listing));
    return give(call, &listing.rows, response);
}

static vgi_status stand_in(vgi_call *call, const vgi_catalog_ops *ops, vg_method_index index, const vg_record *record,
                           const void *request, void *response, bool *ret_answered)
{
    *ret_answered = true;
    if (index == VG_METHOD_catalog_table_scan_branches_get && ops->table_scan_function_get)
        return branches_from_function(call, ops, request, response);
    if (index == VG_METHOD_catalog_table_scan_function_get && ops->table_scan_branches_get)
        return function_from_branches(call, ops, request, response);
    if (index == VG_METHOD_catalog_schemas && ops->schema_get)
        return schemas_from_get(call, ops, request, response);
    return get_from_listing(call, ops, index, record, request, response, ret_answered);
}

/* ---- the way of a call ------------------------------------------------------------------------------------------- */

static vgi_status not_implemented(vgi_call *call, const vg_catalog_entry *catalog, const op *row)
{
    return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "Catalog '%.*s' does not implement %s", VG_FMT(catalog->name),
                    row->name);
}

/* Of the catalogs with callbacks the first that has `row`; else the first, which then refuses. NULL: none has any. */
static const vg_catalog_entry *first_with(const vg_registry *registry, const op *row)
{
    const vg_catalog_entry *first = NULL;

    for (int32_t i = 0; i < registry->n_catalogs; i++) {
        const vgi_catalog_ops *ops = registry->catalogs[i].descriptor->ops;

        if (ops && row->is_given(ops))
            return &registry->catalogs[i];
        if (ops && !first)
            first = &registry->catalogs[i];
    }
    return first;
}

/* The catalog that the call is about: the attached one; that which is dropped; else the one that creates and drops
 * catalogs that are not listed. NULL: none has callbacks. The request's transaction is opened. */
static vgi_status subject(vgi_call *call, vg_method_index index, const vg_record *record, void *request,
                          const vg_catalog_entry **ret)
{
    const vgi_bytes *opaque = member_of(record, request, "attach_opaque_data");
    vgi_bytes *transaction = member_of(record, request, "transaction_opaque_data");
    const vg_registry *registry;

    if (opaque) {
        VGI_TRY(vg_call_catalog(call, *opaque, ret));
        if (!transaction)
            return VGI_OK;
        VGI_TRY(vg_call_set_transaction(call, *transaction));
        *transaction = call->attachment->transaction_opaque_data;
        return VGI_OK;
    }
    VGI_TRY(vg_call_registry(call, &registry));
    *ret = NULL;
    if (index == VG_METHOD_catalog_drop)
        VGI_TRY(vg_call_find_catalog(call, ((const vgi_catalog_drop_params *)request)->name, ret));
    if (!*ret)
        *ret = first_with(registry, &OPS[index]);
    return VGI_OK;
}

static vgi_status run(vgi_call *call, const vgi_catalog_ops *ops, const op *row, const vg_record *record, void *request,
                      void *response)
{
    vgi_bytes *opaque = member_of(record, request, "attach_opaque_data");
    vgi_listing listing = listing_of(call, row);

    if (opaque)
        *opaque = call->attachment->data;
    if (!row->item)
        return vg_ops_outcome(call, row->name, row->run(ops, call, request, response), NULL);
    VGI_TRY(vg_ops_prepare(&listing));
    VGI_TRY(run_listing(call, ops, row, request, path_of(record, request), &listing));
    return give(call, &listing.rows, response);
}

/* A change of the schema, once: a caller whose worker died before its reply sends it again (vgi.md §4). */
static vgi_status run_ddl(vgi_call *call, const vgi_catalog_ops *ops, const op *row, const vg_record *record,
                          void *request)
{
    vg_transaction *transaction = call->transaction->transaction;
    static const vg_process NOBODY;
    vg_process worker;
    char what[VG_SHA256_HEX];
    vgi_bytes bytes;
    vgi_string text;

    VGI_TRY(vg_encode_record(call, record, request, &bytes));
    vg_sha256_hex(bytes.data, bytes.size, what);
    text = vg_arena_printf(call->arena, "%s %s", row->name, what);
    if (!text.data)
        return vg_call_out_of_memory(call);
    vg_sha256_hex(text.data, text.size, what);
    vg_engine_of(call, &NOBODY, &worker); /* before it may die */
    if (vg_transaction_repeats(transaction, what, &worker))
        return VGI_OK;
    VGI_TRY(run(call, ops, row, record, request, NULL));
    vg_transaction_changed_schema(transaction, what, &worker);
    return VGI_OK;
}

static bool is_of_transaction(vg_method_index index)
{
    return index == VG_METHOD_catalog_transaction_begin || index == VG_METHOD_catalog_transaction_commit ||
           index == VG_METHOD_catalog_transaction_rollback;
}

vgi_status vg_ops_answer(vgi_call *call, vg_method_index index, const vg_record *record, void *request, void *response,
                         bool *ret_answered)
{
    const op *row = &OPS[index];
    const vg_catalog_entry *catalog;
    const vgi_catalog_ops *ops;

    *ret_answered = false;
    if (!row->run)
        return VGI_OK;
    VGI_TRY(subject(call, index, record, request, &catalog));
    ops = catalog ? catalog->descriptor->ops : NULL;
    if (!ops || (catalog->descriptor->transactions && is_of_transaction(index)))
        return VGI_OK;
    if (catalog->descriptor->transactions && index == VG_METHOD_catalog_version)
        return VGI_OK; /* its handler asks the callback, outside of the transaction */
    if (call->attachment)
        VGI_TRY(vg_transaction_enter(call, row->is_change && row->is_given(ops)));
    *ret_answered = true;
    if (index == VG_METHOD_catalog_create)
        vg_options_tell(call, catalog, NULL, ((const vgi_catalog_create_request *)request)->options);
    if (row->is_given(ops) && call->transaction && row->is_change)
        return run_ddl(call, ops, row, record, request);
    if (row->is_given(ops))
        return run(call, ops, row, record, request, response);
    if ((row->is_change && !ops->is_read_only) || (index == VG_METHOD_catalog_contents && !lists_all(ops)))
        return not_implemented(call, catalog, row);
    return stand_in(call, ops, index, record, request, response, ret_answered);
}
