/* A catalog of callbacks that can be written: schemas, tables and views are what lies in a folder, which is an option
 * of ATTACH. All that a callback is asked is written down (written.h). A table has three rows of NULL. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <vgi/seal.h>
#include <vgi/vgi.h>

#include "ipc/reader.h"
#include "ops_files.h"
#include "written.h"

/* ---- columns ---------------------------------------------------------------------------------------------------- */

/* The columns of a table: those that it was created with, and the row id by which rows are changed. NULL: there is no
 * such table. */
static vgi_status columns_of(vgi_call *call, const char *path, const vgi_arrow_schema **ret)
{
    static const vgi_key_value IS_ROW_ID = {VGI_STR("is_row_id"), VGI_STR("")};
    static const vgi_field ROW_ID = {.name = VGI_STR("rowid"), .type = VGI_TYPE_INT64, .metadata = {&IS_ROW_ID, 1}};
    vgi_arrow_schema *schema;
    const vgi_field **fields;
    vgi_bytes bytes;

    *ret = NULL;
    VGI_TRY(file_read(call, path, &bytes));
    if (!bytes.data)
        return VGI_OK;
    VGI_TRY(vgi_call_schema_decode(call, bytes, ret));
    schema = vgi_alloc(call, sizeof *schema);
    fields = vgi_alloc(call, ((size_t)(*ret)->n_fields + 1) * sizeof *fields);
    if (!schema || !fields)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < (*ret)->n_fields; i++)
        fields[i] = (*ret)->fields[i];
    fields[(*ret)->n_fields] = &ROW_ID;
    *schema = (vgi_arrow_schema){.n_fields = (*ret)->n_fields + 1, .fields = fields};
    *ret = schema;
    return VGI_OK;
}

static vgi_status rows_bind(vgi_call *call)
{
    vgi_string path;
    const vgi_arrow_schema *schema;

    VGI_TRY(vgi_arg_text(call, "path", &path));
    VGI_TRY(columns_of(call, vg_arena_string(call->arena, path).data, &schema));
    for (int32_t i = 0; schema && i < schema->n_fields; i++)
        VGI_TRY(
            vgi_bind_column_as(call, vg_arena_string(call->arena, schema->fields[i]->name).data, schema->fields[i]));
    return VGI_OK;
}

static vgi_status rows_next(vgi_call *call, vgi_batch *out)
{
    for (int32_t i = 0; i < vgi_output_schema(call)->n_fields; i++)
        for (int row = 0; row < 3; row++)
            vgi_append_null(vgi_out_column(out, i));
    return VGI_END;
}

static const vgi_table_function ROWS_OF = {
    .signature = "rows_of(path VARCHAR) -> TABLE", .projection_pushdown = true, .bind = rows_bind, .next = rows_next};

/* What the transaction and the attachment are, as a function sees them. */
static vgi_status seen_next(vgi_call *call, vgi_batch *out)
{
    vgi_bytes folder = vgi_call_attach_opaque_data(call), transaction = vgi_call_transaction_opaque_data(call);

    vgi_append_text(vgi_out_column(out, 0), (const char *)folder.data, folder.size);
    vgi_append_text(vgi_out_column(out, 1), (const char *)transaction.data, transaction.size);
    vgi_append_i64(vgi_out_column(out, 2), (int64_t)vgi_call_attachment_id(call).size);
    return VGI_END;
}

static const vgi_table_function SEEN = {
    .signature = "seen() -> TABLE(folder VARCHAR, transaction VARCHAR, id_size BIGINT)", .next = seen_next};

/* ---- attachments ------------------------------------------------------------------------------------------------- */

static vgi_status do_attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_string folder;
    int64_t level;

    (void)asked;
    VGI_TRY(vgi_arg_text(call, "folder", &folder));
    VGI_TRY(vgi_arg_i64(call, "level", &level));
    ret->attach_opaque_data = (vgi_bytes){(const uint8_t *)folder.data, folder.size};
    ret->supports_time_travel = true;
    ret->comment = vg_arena_printf(call->arena, "level %d", (int)level);
    return VGI_OK;
}

static vgi_status do_detach(vgi_call *call, const vgi_catalog_detach_params *asked)
{
    (void)call;
    (void)asked;
    return VGI_OK;
}

static vgi_status do_transaction_begin(vgi_call *call, const vgi_catalog_transaction_begin_params *asked,
                                       vgi_transaction_begin_response *ret)
{
    (void)call;
    (void)asked;
    ret->transaction_opaque_data = (vgi_bytes){(const uint8_t *)"the transaction", 15};
    return VGI_OK;
}

static vgi_status do_version(vgi_call *call, const vgi_catalog_version_params *asked, vgi_catalog_version_response *ret)
{
    (void)call;
    (void)asked;
    ret->version = 1;
    return VGI_OK;
}

static vgi_status do_copy_from_formats(vgi_call *call, const vgi_catalog_copy_from_formats_params *asked,
                                       vgi_listing *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

/* Nothing is known. */
static vgi_status do_table_column_statistics_get(vgi_call *call,
                                                 const vgi_catalog_table_column_statistics_get_params *asked,
                                                 vgi_bytes *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_OK;
}

/* ---- schemas ----------------------------------------------------------------------------------------------------- */

static vgi_status add_schema(vgi_call *call, vgi_string name, vgi_listing *ret)
{
    vgi_string *part = vgi_alloc(call, sizeof *part);

    if (!part)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    *part = name;
    vgi_add_schema(ret)->path = (vgi_string_list){part, 1, true};
    return VGI_OK;
}

static vgi_status do_schemas(vgi_call *call, const vgi_catalog_schemas_params *asked, vgi_listing *ret)
{
    (void)asked;
    return file_list(call, file_path(call, (vgi_string){0}, (vgi_string){0}, NULL), "", add_schema, ret);
}

static vgi_status do_schema_create(vgi_call *call, const vgi_catalog_schema_create_params *asked)
{
    if (mkdir(file_path(call, asked->path.items[0], (vgi_string){0}, NULL), 0700) < 0 &&
        asked->on_conflict != VGI_ON_CONFLICT_IGNORE)
        return vgi_fail(call, VGI_ERR_VALUE, "schema %.*s: %s", VG_FMT(asked->path.items[0]), strerror(errno));
    return VGI_OK;
}

static vgi_status do_schema_drop(vgi_call *call, const vgi_catalog_schema_drop_params *asked)
{
    if (rmdir(file_path(call, asked->path.items[0], (vgi_string){0}, NULL)) < 0 && !asked->ignore_not_found)
        return vgi_fail(call, VGI_ERR_VALUE, "schema %.*s: %s", VG_FMT(asked->path.items[0]), strerror(errno));
    return VGI_OK;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static vgi_status fill_table(vgi_call *call, const char *path, vgi_string name, vgi_listing *ret)
{
    static const vgi_string_pair MODES[] = {{VGI_STR("insert"), VGI_STR("count")},
                                            {VGI_STR("update"), VGI_STR("count")},
                                            {VGI_STR("delete"), VGI_STR("count")}};
    vgi_table_info *info;
    const vgi_arrow_schema *columns;

    VGI_TRY(columns_of(call, path, &columns));
    if (!columns)
        return VGI_OK;
    info = vgi_add_table(ret);
    info->name = name;
    VGI_TRY(vgi_call_schema_encode(call, columns, &info->columns));
    info->supports_column_statistics = true;
    info->write_result_modes = (vgi_string_map){MODES, 3, true};
    return VGI_OK;
}

static vgi_status do_table_get(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    return fill_table(call, file_path(call, asked->schema_path.items[0], asked->name, "table"), asked->name, ret);
}

static vgi_status do_table_create(vgi_call *call, const vgi_table_create_request *asked)
{
    const char *path = file_path(call, asked->schema_path.items[0], asked->name, "table");

    if (asked->on_conflict == VGI_ON_CONFLICT_IGNORE && access(path, F_OK) == 0)
        return VGI_OK;
    return file_write(call, path, asked->columns, asked->on_conflict == VGI_ON_CONFLICT_ERROR);
}

static vgi_status do_table_drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    if (unlink(file_path(call, asked->schema_path.items[0], asked->name, "table")) < 0 && !asked->ignore_not_found)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "no table %.*s", VG_FMT(asked->name));
    return VGI_OK;
}

static vgi_status do_table_rename(vgi_call *call, const vgi_catalog_table_rename_params *asked)
{
    if (rename(file_path(call, asked->schema_path.items[0], asked->name, "table"),
               file_path(call, asked->schema_path.items[0], asked->new_name, "table")) < 0)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "table %.*s: %s", VG_FMT(asked->name), strerror(errno));
    return VGI_OK;
}

static vgi_status do_table_scan_function_get(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                                             vgi_scan_function_result *ret)
{
    const char *path = file_path(call, asked->schema_path.items[0], asked->name, "table");

    return vgi_scan_call(call, ret, "main", "rows_of(%s)", vgi_sql_text(call, vgi_str(path)));
}

static vgi_status do_table_insert_function_get(vgi_call *call,
                                               const vgi_catalog_table_insert_function_get_params *asked,
                                               vgi_write_function_result *ret)
{
    return vgi_write_call(call, ret, "main", "write_rows(%s)", vgi_sql_text(call, asked->name));
}

static vgi_status do_table_update_function_get(vgi_call *call,
                                               const vgi_catalog_table_update_function_get_params *asked,
                                               vgi_write_function_result *ret)
{
    return vgi_write_call(call, ret, "main", "change_rows(%s)", vgi_sql_text(call, asked->name));
}

static vgi_status do_table_delete_function_get(vgi_call *call,
                                               const vgi_catalog_table_delete_function_get_params *asked,
                                               vgi_write_function_result *ret)
{
    return vgi_write_call(call, ret, "main", "remove_rows(%s)", vgi_sql_text(call, asked->name));
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

static vgi_status do_view_get(vgi_call *call, const vgi_catalog_view_get_params *asked, vgi_listing *ret)
{
    vgi_bytes sql;
    vgi_view_info *info;

    VGI_TRY(file_read(call, file_path(call, asked->schema_path.items[0], asked->name, "view"), &sql));
    if (!sql.data)
        return VGI_OK;
    info = vgi_add_view(ret);
    info->name = asked->name;
    info->definition = (vgi_string){(const char *)sql.data, sql.size};
    return VGI_OK;
}

static vgi_status do_view_create(vgi_call *call, const vgi_catalog_view_create_params *asked)
{
    return file_write(call, file_path(call, asked->schema_path.items[0], asked->name, "view"),
                      (vgi_bytes){(const uint8_t *)asked->definition.data, asked->definition.size},
                      asked->on_conflict == VGI_ON_CONFLICT_ERROR);
}

static vgi_status do_view_drop(vgi_call *call, const vgi_catalog_view_drop_params *asked)
{
    if (unlink(file_path(call, asked->schema_path.items[0], asked->name, "view")) < 0 && !asked->ignore_not_found)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "no view %.*s", VG_FMT(asked->name));
    return VGI_OK;
}

/* ---- each behind what writes it down ----------------------------------------------------------------------------- */

#define TELLS(name, request)                                                                                           \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked)                                            \
    {                                                                                                                  \
        VGI_TRY(write_down(call, #name, &vg_##request##_record, asked));                                               \
        return do_##name(call, asked);                                                                                 \
    }
#define GIVES(name, request, response)                                                                                 \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked, vgi_##response *ret)                       \
    {                                                                                                                  \
        VGI_TRY(write_down(call, #name, &vg_##request##_record, asked));                                               \
        return do_##name(call, asked, ret);                                                                            \
    }
#define NOTES(name, request)                                                                                           \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked)                                            \
    {                                                                                                                  \
        return write_down(call, #name, &vg_##request##_record, asked);                                                 \
    }
#include "ops_worker.def"
#undef TELLS
#undef GIVES
#undef NOTES

static const vgi_catalog_ops OPS = {
#define TELLS(member, request) .member = op_##member,
#define GIVES(member, request, response) .member = op_##member,
#define NOTES(member, request) .member = op_##member,
#include "ops_worker.def"
};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&ROWS_OF, &SEEN)};
static const vgi_catalog FOLDER = {
    .name = "folder",
    .schemas = VGI_SCHEMAS(&MAIN),
    .attach_options = VGI_ATTACH_OPTIONS({.name = "folder", .type = "VARCHAR", .is_required = true},
                                         {.name = "level", .type = "BIGINT", .default_value = "3", .is_loggable = true},
                                         {.name = "token", .type = "VARCHAR", .is_secret = true}),
    .ops = &OPS,
};
static const vgi_view ONE = {.name = "one", .definition = "SELECT 1 AS one"};
static const vgi_schema STILL = {.name = "main", .views = VGI_VIEWS(&ONE)};
static const vgi_catalog BESIDE = {.name = "beside", .schemas = VGI_SCHEMAS(&STILL)};

/* ---- a catalog whose changes fail, each in the way that its name says ---- */

static vgi_status refuse_schema(vgi_call *call, const vgi_catalog_schema_create_params *asked)
{
    static const struct {
        const char *name;
        vgi_status status;
        const char *says;
    } WAYS[] = {
        {"value", VGI_ERR_VALUE, "a schema is called like a colour; value is none"},
        {"later", VGI_ERR_NOT_IMPLEMENTED, "schemas come with version 2"},
        {"sealed", VGI_ERR_READ_ONLY, "the books of 2023 are closed; ask for those of 2024"},
        {"nosuch", VGI_ERR_NOT_FOUND, "there is no colour nosuch"},
    };

    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (vgi_string_equal(asked->path.items[0], vgi_str(WAYS[i].name)))
            return vgi_fail(call, WAYS[i].status, "%s", WAYS[i].says);
    return vgi_fail_as(call, "ColourError", "%.*s is too bright: 100%% at most", VG_FMT(asked->path.items[0]));
}

static const vgi_catalog_ops REFUSING_OPS = {.schema_create = refuse_schema};
static const vgi_catalog REFUSING = {.name = "refusing", .schemas = VGI_SCHEMAS(&STILL), .ops = &REFUSING_OPS};

/* `--record PATH`: a word of the command line, so that the engine's pool knows workers with other records apart. */
static vgi_status take_word(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    (void)user;
    if (strcmp(argv[*i], "--record") != 0 || *i + 1 == argc)
        return vgi_error_set(err, VGI_ERR_VALUE, "unknown word %s", argv[*i]);
    return setenv("VGI_RECORD", argv[++*i], 1) == 0 ? VGI_OK : vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
}

int main(int argc, char **argv)
{
    const vgi_worker_options options = {
        .catalogs = VGI_CATALOGS(&FOLDER, &BESIDE, &REFUSING), .parse_arg = take_word, .seal = &vgi_seal_where_keyed};

    return vgi_worker_main_with(&options, argc, argv);
}
