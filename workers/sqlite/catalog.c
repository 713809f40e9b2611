/* The catalog as callbacks (vgi/catalog_ops.h): what the files hold, as the call's transaction sees it. Functions and
 * schemas are declared (describe.c). A view of SQLite's is one of the engine's whose SQL is the scan of it: SQLite runs
 * its SQL, so that it answers as SQLite does. Changes are in change.c. */
#include <stdlib.h>
#include <string.h>

#include "change.h"

/* ---- attaching --------------------------------------------------------------------------------------------------- */

/* What names the database: its files, by their real names. Calls of one transaction are of one such name. */
static vgi_bytes database_of(vgi_call *call, const sq_worker *worker)
{
    vgi_string text = vgi_str("");

    for (int i = 0; i < worker->n_files && text.data; i++) {
        char *real = realpath(worker->files[i].path, NULL);

        text = vgi_call_text(call, "%s%s%s=%s", text.data, i ? "\n" : "", worker->files[i].schema,
                             real ? real : worker->files[i].path);
        free(real);
    }
    return (vgi_bytes){(const uint8_t *)text.data, text.size};
}

/* The sum of the files' schema versions: it grows with every change of what is listed. What was left out, if that is
 * asked for. */
static vgi_status look_at_files(vgi_call *call, int64_t *ret_version, vgi_string *ret_left_out)
{
    sq_worker *worker = vgi_call_user(call);

    *ret_version = 1;
    for (int i = 0; i < worker->n_files; i++) {
        const sq_txn *txn = vgi_call_transaction(call);
        sq_identity identity = {0};
        sq_use use;

        if (ret_left_out) {
            VGI_TRY(sq_use_begin(call, &worker->files[i], &use));
            identity = use.snapshot->identity;
            if (use.snapshot->left_out)
                *ret_left_out = vgi_call_text(call, "%s%s%s", ret_left_out->data ? ret_left_out->data : "",
                                              ret_left_out->data ? "\n" : "", use.snapshot->left_out);
            sq_use_end(&use);
        } else if (txn && txn->file == &worker->files[i]) {
            identity.schema_version = txn->seen_cookie;
        } else {
            sqlite3 *db;

            VGI_TRY(sq_open(&worker->files[i], &db, &identity, vgi_call_error(call)));
            sqlite3_close(db);
        }
        *ret_version += identity.schema_version;
    }
    return VGI_OK;
}

static vgi_status attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    const sq_worker *worker = vgi_call_user(call);
    vgi_string left_out = {0};
    vgi_string_pair *tag;

    (void)asked;
    VGI_TRY(look_at_files(call, &ret->catalog_version, &left_out));
    ret->attach_opaque_data = database_of(call, worker);
    if (!left_out.data)
        return VGI_OK;
    vgi_log(call, VGI_LOG_WARN, "%s: left out: %s", worker->files[0].path, left_out.data);
    tag = vgi_alloc(call, sizeof *tag);
    if (!tag)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    *tag = (vgi_string_pair){vgi_str("left_out"), left_out};
    ret->tags = (vgi_string_map){.items = tag, .count = 1, .present = true};
    return VGI_OK;
}

static vgi_status version(vgi_call *call, const vgi_catalog_version_params *asked, vgi_catalog_version_response *ret)
{
    (void)asked;
    return look_at_files(call, &ret->version, NULL);
}

/* ---- tables and views -------------------------------------------------------------------------------------------- */

static bool is_view(const sq_table *table)
{
    return strcmp(table->type, "view") == 0;
}

/* The text in the call's memory: a snapshot may end before the answer is sent. */
static const char *own(vgi_call *call, const char *text)
{
    return text ? vgi_call_text(call, "%s", text).data : NULL;
}

/* What SQLite can write to through a rowid, or at least insert into. */
static vgi_status add_modes(vgi_call *call, const sq_table *table, vgi_table_info *info)
{
    static const char *const WORDS[] = {"insert", "update", "delete"};
    const sq_worker *worker = vgi_call_user(call);
    size_t n = worker->is_read_only || is_view(table) ? 0 : table->rowid ? 3 : 1;
    vgi_string_pair *pairs = vgi_alloc(call, 3 * sizeof *pairs);

    if (!pairs)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++)
        pairs[i] = (vgi_string_pair){vgi_str(WORDS[i]), vgi_str("rows")};
    info->write_result_modes = (vgi_string_map){.items = pairs, .count = n, .present = true};
    return VGI_OK;
}

/* Columns that are NOT NULL, and the primary key in its own order. */
static vgi_status add_constraints(vgi_call *call, const sq_table *table, vgi_table_info *info)
{
    size_t count = (size_t)table->n_columns, n_not_null = 0, n_key = 0;
    int32_t *not_null = vgi_alloc(call, count * sizeof *not_null), *key = vgi_alloc(call, count * sizeof *key);
    vgi_int32_list *keys = vgi_alloc(call, sizeof *keys);

    if (!not_null || !key || !keys)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < table->n_columns; i++) {
        int place = table->columns[i].primary_key;

        if (table->columns[i].not_null)
            not_null[n_not_null++] = i;
        if (place > 0 && (size_t)place <= count) {
            key[place - 1] = i;
            n_key += 1;
        }
    }
    for (int32_t i = 0; i < table->n_columns && n_key; i++)
        if ((size_t)table->columns[i].primary_key > n_key)
            n_key = 0; /* part of the key is hidden */
    *keys = (vgi_int32_list){.items = key, .count = n_key, .present = true};
    info->not_null_constraints = (vgi_int32_list){.items = not_null, .count = n_not_null, .present = true};
    info->primary_key_constraints = (vgi_int32_list_list){.items = keys, .count = n_key ? 1 : 0, .present = true};
    return VGI_OK;
}

static vgi_status add_table(vgi_call *call, const sq_snapshot *snapshot, int i, vgi_listing *ret)
{
    vgi_table_info *info = vgi_add_table(ret);

    VGI_TRY(vgi_table_describe(call, &snapshot->descriptors[i], snapshot->file->schema, info));
    VGI_TRY(add_constraints(call, &snapshot->tables[i], info));
    return add_modes(call, &snapshot->tables[i], info);
}

/* The snapshot that a listing is made of is held until the answer was sent: its texts are in it. */
static vgi_status begin_listing(vgi_call *call, vgi_string_list path, sq_use *ret)
{
    const sq_file *file;

    VGI_TRY(sq_file_at(call, path, &file));
    VGI_TRY(sq_use_begin(call, file, ret));
    return VGI_OK;
}

static vgi_status tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    vgi_status status = VGI_OK;
    sq_use use;

    VGI_TRY(begin_listing(call, asked->path, &use));
    for (int i = 0; status == VGI_OK && i < use.snapshot->n_tables; i++)
        if (!is_view(&use.snapshot->tables[i]))
            status = add_table(call, use.snapshot, i, ret);
    return sq_listing_end(call, &use, status);
}

static vgi_status table_get(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    const sq_table *table;
    vgi_status status = VGI_OK;
    sq_use use;

    VGI_TRY(begin_listing(call, asked->schema_path, &use));
    table = sq_snapshot_table(use.snapshot, asked->name.data, asked->name.size);
    if (table && !is_view(table))
        status = add_table(call, use.snapshot, (int)(table - use.snapshot->tables), ret);
    return sq_listing_end(call, &use, status);
}

static vgi_status add_view(vgi_call *call, const sq_snapshot *snapshot, const sq_table *table, vgi_listing *ret)
{
    const vgi_table *descriptor = &snapshot->descriptors[table - snapshot->tables];
    vgi_view_info *info = vgi_add_view(ret);
    vgi_string_pair *pairs = vgi_alloc(call, (size_t)(table->n_columns + 2) * sizeof *pairs);
    size_t n = 0;

    if (!pairs)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    info->name = vgi_str(own(call, table->name));
    info->comment = vgi_str(own(call, table->comment));
    info->definition = vgi_call_text(call, "SELECT * FROM %s", descriptor->scan);
    pairs[0] = (vgi_string_pair){vgi_str("type"), vgi_str("view")};
    pairs[1] = (vgi_string_pair){vgi_str("sql"), vgi_str(own(call, table->sql))};
    info->tags = (vgi_string_map){.items = pairs, .count = table->sql ? 2 : 1, .present = true};
    for (int i = 0; i < table->n_columns; i++)
        if (table->columns[i].comment)
            pairs[2 + n++] = (vgi_string_pair){vgi_str(own(call, table->columns[i].name)),
                                               vgi_str(own(call, table->columns[i].comment))};
    info->column_comments = (vgi_string_map){.items = pairs + 2, .count = n, .present = true};
    return VGI_OK;
}

static vgi_status views(vgi_call *call, const vgi_catalog_schema_contents_views_params *asked, vgi_listing *ret)
{
    vgi_status status = VGI_OK;
    sq_use use;

    VGI_TRY(begin_listing(call, asked->path, &use));
    for (int i = 0; status == VGI_OK && i < use.snapshot->n_tables; i++)
        if (is_view(&use.snapshot->tables[i]))
            status = add_view(call, use.snapshot, &use.snapshot->tables[i], ret);
    return sq_listing_end(call, &use, status);
}

static vgi_status view_get(vgi_call *call, const vgi_catalog_view_get_params *asked, vgi_listing *ret)
{
    const sq_table *table;
    vgi_status status = VGI_OK;
    sq_use use;

    VGI_TRY(begin_listing(call, asked->schema_path, &use));
    table = sq_snapshot_table(use.snapshot, asked->name.data, asked->name.size);
    if (table && is_view(table))
        status = add_view(call, use.snapshot, table, ret);
    return sq_listing_end(call, &use, status);
}

static vgi_status scan_function(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                                vgi_scan_function_result *ret)
{
    const sq_worker *worker = vgi_call_user(call);
    sq_mem mem = {0};
    const sq_file *file;
    const char *scan, *name = vgi_call_text(call, "%.*s", (int)asked->name.size, asked->name.data).data;
    vgi_status status;

    VGI_TRY(sq_file_at(call, asked->schema_path, &file));
    if (asked->at_unit.data)
        return vgi_fail(call, VGI_ERR_VALUE, "table \"%s\": a SQLite file has no older versions", name);
    scan = name ? sq_scan_text(worker, &mem, file, name) : NULL;
    status =
        scan ? vgi_scan_call(call, ret, file->schema, "%s", scan) : vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    sq_mem_free(&mem);
    return status;
}

#define READS                                                                                                          \
    .attach = attach, .version = version, .schema_contents_tables = tables, .table_get = table_get,                    \
    .schema_contents_views = views, .view_get = view_get, .table_scan_function_get = scan_function,                    \
    .schema_contents_indexes = sq_indexes, .index_get = sq_index_get

const vgi_catalog_ops SQ_READ_ONLY_OPS = {READS, .is_read_only = true};
const vgi_catalog_ops SQ_OPS = {READS, SQ_CHANGES};
