/* Catalogs of callbacks: what an absent member means, what stands in for it, and callbacks that answer nonsense. Calls
 * go the way of dispatch.c, with requests as structs. */
#include "worker/catalog_ops.h"

#include "base/alloc.h"
#include "worker/catalog_testing.h"

/* ---- catalogs of callbacks --------------------------------------------------------------------------------------- */

enum { N_TABLES = 20 };

static vgi_status list_tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    if (!vg_string_is(asked->path.items[0], "main"))
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "no such schema");
    for (int i = 0; i < N_TABLES; i++) {
        vgi_table_info *info = vgi_add_table(ret);

        info->name = vg_arena_printf(call->arena, "t%d", i);
        VGI_TRY(vgi_call_columns(call, "a BIGINT NOT NULL, b VARCHAR", &info->columns));
    }
    return VGI_OK;
}

static vgi_status get_view(vgi_call *call, const vgi_catalog_view_get_params *asked, vgi_listing *ret)
{
    (void)call;
    if (vg_string_is(asked->name, "v"))
        *vgi_add_view(ret) = (vgi_view_info){.name = vgi_str("v"), .definition = vgi_str("SELECT 1")};
    return VGI_OK;
}

static vgi_status list_macros(vgi_call *call, const vgi_catalog_schema_contents_macros_params *asked, vgi_listing *ret)
{
    bool is_table = asked->type == VGI_SCHEMA_OBJECT_TYPE_TABLE_MACRO;

    (void)call;
    *vgi_add_macro(ret) = (vgi_macro_info){.name = vgi_str(is_table ? "rows" : "value"),
                                           .macro_type = is_table ? VGI_MACRO_TYPE_TABLE : VGI_MACRO_TYPE_SCALAR,
                                           .definition = vgi_str("SELECT 1")};
    return VGI_OK;
}

static vgi_status scan(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                       vgi_scan_function_result *ret)
{
    return vgi_scan_call(call, ret, "main", "series(7, start := %s)", vgi_sql_text(call, asked->name));
}

static vgi_status attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_string path;
    int64_t size;

    (void)asked;
    VGI_TRY(vgi_arg_text(call, "path", &path));
    VGI_TRY(vgi_arg_i64(call, "Size", &size));
    assert_int_equal(vgi_call_attachment_id(call).size, VG_ATTACHMENT_ID_BYTES);
    ret->attach_opaque_data.data = (const uint8_t *)path.data;
    ret->attach_opaque_data.size = path.size;
    ret->catalog_version = size;
    ret->comment = vgi_arg_given(call, "size") ? vgi_str("sized") : vgi_str("as always");
    return VGI_OK;
}

static const vgi_catalog_ops LIVE_OPS = {
    .is_read_only = true,
    .attach = attach,
    .schema_contents_tables = list_tables,
    .view_get = get_view,
    .schema_contents_macros = list_macros,
    .table_scan_function_get = scan,
};
static const vgi_catalog LIVE = {
    .name = "live",
    .schemas = VGI_SCHEMAS(&TESTING_MAIN),
    .attach_options =
        VGI_ATTACH_OPTIONS({.name = "path", .type = "VARCHAR", .is_required = true, .description = "Where it lies."},
                           {.name = "size", .type = "BIGINT", .default_value = "7", .is_loggable = true},
                           {.name = "key", .type = "VARCHAR", .is_required = true, .is_secret = true}),
    .ops = &LIVE_OPS,
};

/* Nothing at all. */
static const vgi_catalog_ops BARE_OPS = {0};
static const vgi_catalog BARE = {.name = "bare", .ops = &BARE_OPS};

/* ---- nonsense ---- */

static vgi_status nameless(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    (void)asked;
    return vgi_call_columns(call, "a BIGINT", &vgi_add_table(ret)->columns);
}

static vgi_status wrong_columns(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked,
                                vgi_listing *ret)
{
    (void)call;
    (void)asked;
    *vgi_add_table(ret) = (vgi_table_info){.name = vgi_str("t"), .columns = {(const uint8_t *)"nonsense", 8}};
    return VGI_OK;
}

static vgi_status wrong_kind(vgi_call *call, const vgi_catalog_view_get_params *asked, vgi_listing *ret)
{
    (void)call;
    (void)asked;
    *vgi_add_table(ret) = (vgi_table_info){.name = vgi_str("t")};
    *vgi_add_view(ret) = (vgi_view_info){.name = vgi_str("v")};
    return VGI_OK;
}

static vgi_status ends(vgi_call *call, const vgi_catalog_macro_get_params *asked, vgi_listing *ret)
{
    (void)call;
    (void)asked;
    (void)ret;
    return VGI_END;
}

static vgi_status silent(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    (void)call;
    (void)asked;
    return VGI_ERR_VALUE;
}

static vgi_status pathless(vgi_call *call, const vgi_catalog_schemas_params *asked, vgi_listing *ret)
{
    (void)call;
    (void)asked;
    (void)vgi_add_schema(ret);
    return VGI_OK;
}

static vgi_status two_branches(vgi_call *call, const vgi_catalog_table_scan_branches_get_params *asked,
                               vgi_scan_branches_result *ret)
{
    static const vgi_bytes BRANCHES[] = {{(const uint8_t *)"nonsense", 8}};

    (void)call;
    ret->branches = (vgi_bytes_list){.items = BRANCHES, .count = vg_string_is(asked->name, "none") ? 0 : 1};
    return VGI_OK;
}

static const vgi_catalog_ops NONSENSE_OPS = {
    .schemas = pathless,
    .schema_contents_tables = wrong_columns,
    .table_get = nameless,
    .view_get = wrong_kind,
    .macro_get = ends,
    .table_drop = silent,
    .table_scan_branches_get = two_branches,
};
static const vgi_catalog NONSENSE = {.name = "nonsense", .ops = &NONSENSE_OPS};

/* ---- tables described ---- */

static const vgi_table MISSPELT = {.name = "wrong", .columns = "a BIGINTS", .scan = "series(1)"};
static const vgi_table UNFIT = {.name = "unfit", .columns = "a BIGINT", .scan = "series()"};
static const vgi_table COUNTED = {.name = "counted", .scan = "series(7)", .row_id = "n", .not_null = VGI_NAMES("n")};

static vgi_status describe(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    const vgi_table *table = vg_string_is(asked->name, "wrong")   ? &MISSPELT
                             : vg_string_is(asked->name, "unfit") ? &UNFIT
                             : vg_string_is(asked->name, "files") ? &TESTING_FILES
                                                                  : &COUNTED;

    return vgi_table_describe(call, table, asked->schema_path.items[0].data, vgi_add_table(ret));
}

static const vgi_catalog_ops DESCRIBED_OPS = {.table_get = describe};
static const vgi_catalog DESCRIBED = {
    .name = "described", .schemas = VGI_SCHEMAS(&TESTING_MAIN), .ops = &DESCRIBED_OPS};

/* ---- several catalogs of one struct ---- */

static vgi_status two_catalogs(vgi_call *call, vgi_listing *ret)
{
    (void)call;
    *vgi_add_catalog(ret) = (vgi_catalog_info){.name = vgi_str("first")};
    *vgi_add_catalog(ret) = (vgi_catalog_info){.name = vgi_str("Second")};
    return VGI_OK;
}

static vgi_status created(vgi_call *call, const vgi_catalog_create_request *asked)
{
    return vgi_fail(call, VGI_ERR_RUNTIME, "created %.*s", VG_FMT(asked->name));
}

static vgi_status dropped(vgi_call *call, const vgi_catalog_drop_params *asked)
{
    return vgi_fail(call, VGI_ERR_RUNTIME, "dropped %.*s", VG_FMT(asked->name));
}

static const vgi_catalog_ops MANY_OPS = {.catalogs = two_catalogs, .create = created, .drop = dropped};
static const vgi_catalog MANY = {.name = "many", .ops = &MANY_OPS, .version = 3};

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&LIVE, &BARE, &NONSENSE, &MANY, &DESCRIBED, &TESTING_SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    *state = testing_start(&OPTIONS);
    return 0;
}

/* One call by its name, as dispatch.c makes it. */
#define ASK(method, record)                                                                                            \
    vg_ops_answer(call, VG_METHOD_catalog_##method, &vg_##record##_record, &asked, &got, &answered)

/* Attach options as a batch of texts and one integer. */
static vgi_bytes options(testing *t, const char *sql)
{
    vgi_scan_function_result made = {0};
    vgi_call *call = testing_call(t, 0);

    if (vgi_scan_call(call, &made, NULL, "f(%s)", sql) != VGI_OK)
        fail_msg("%s", call->error.message);
    return made.arguments;
}

static vgi_bytes attach_live(testing *t)
{
    vgi_catalog_attach_request asked = {.name = vgi_str("live"), .options = options(t, "PATH := '/x', key := 'k'")};
    vgi_catalog_attach_result got = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &asked, &got);
    assert_int_equal(got.catalog_version, 7);
    testing_text(got.comment, "as always");
    testing_text(got.default_schema, "main");
    assert_false(got.supports_transactions);
    assert_false(got.supports_catalog_contents);
    return got.attach_opaque_data;
}

static void callbacks_list_and_stand_in_for_each_other(void **state)
{
    testing *t = *state;
    vgi_bytes live = attach_live(t);
    vgi_call *call = testing_call(t, 0);
    bool answered;
    vgi_table_info info;
    {
        vgi_catalog_table_get_params asked = {
            .attach_opaque_data = live, .schema_path = testing_path(t, "main"), .name = vgi_str("T13")};
        vgi_tables_response got = {0};

        assert_int_equal(ASK(table_get, catalog_table_get_params), VGI_OK);
        assert_true(answered);
        assert_int_equal(got.items.count, 1);
        testing_item(t, got.items, 0, &vg_table_info_record, &info);
        testing_text(info.name, "t13");
        testing_text(info.schema_path.items[0], "main");
        assert_int_equal(testing_schema(t, info.columns)->n_fields, 2);
    }
    {
        vgi_catalog_macro_get_params asked = {
            .attach_opaque_data = live, .schema_path = testing_path(t, "main"), .name = vgi_str("rows")};
        vgi_macros_response got = {0};

        assert_int_equal(ASK(macro_get, catalog_macro_get_params), VGI_OK);
        assert_int_equal(got.items.count, 1);
        asked.attach_opaque_data = live;
        asked.name = vgi_str("nothing");
        assert_int_equal(ASK(macro_get, catalog_macro_get_params), VGI_OK);
        assert_int_equal(got.items.count, 0);
    }
    {
        vgi_catalog_table_scan_branches_get_params asked = {
            .attach_opaque_data = live, .schema_path = testing_path(t, "main"), .name = vgi_str("it's")};
        vgi_scan_branches_result got = {0};
        vgi_scan_branch branch;
        const vgi_batch *arguments;

        assert_int_equal(ASK(table_scan_branches_get, catalog_table_scan_branches_get_params), VGI_OK);
        testing_item(t, got.branches, 0, &vg_scan_branch_record, &branch);
        testing_text(branch.function_name, "series");
        testing_text(branch.schema_path.items[0], "main");
        arguments = testing_batch(t, branch.arguments);
        assert_int_equal(vgi_array_i64(&arguments->columns[0], 0), 7);
        testing_text(arguments->columns[1].field->name, "start");
        testing_text(vgi_array_text(&arguments->columns[1], 0), "it's");
    }
}

static void a_descriptor_becomes_the_answer_of_a_callback(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request attached = {.name = vgi_str("described")};
    vgi_catalog_attach_result described = {0};
    vgi_call *call;
    bool answered;
    vgi_table_info info;
    vgi_scan_function_result scan;
    const vgi_arrow_schema *columns;
    vgi_tables_response got = {0};
    vgi_catalog_table_get_params asked;
    vgi_foreign_key_info key = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &attached, &described);
    call = testing_call(t, 0);
#define GET(wanted)                                                                                                    \
    (asked = (vgi_catalog_table_get_params){.attach_opaque_data = described.attach_opaque_data,                        \
                                            .schema_path = testing_path(t, "main"),                                    \
                                            .name = vgi_str(wanted)},                                                  \
     ASK(table_get, catalog_table_get_params))
    assert_int_equal(GET("files"), VGI_OK);
    testing_item(t, got.items, 0, &vg_table_info_record, &info);
    columns = testing_schema(t, info.columns);
    assert_int_equal(columns->n_fields, 3);
    testing_text(vgi_metadata_get(columns->fields[1]->metadata, "default"), "'x'");
    testing_text(vgi_metadata_get(columns->fields[1]->metadata, "comment"), "Of the file.");
    assert_int_equal(info.primary_key_constraints.items[0].items[0], 0);
    assert_int_equal(info.unique_constraints.items[1].items[0], 2);
    testing_text(info.check_constraints.items[0], "id > 0");
    assert_int_equal(info.foreign_key_constraints.count, 1);
    assert_int_equal(vgi_call_record_decode(call, VGI_RECORD_FOREIGN_KEY_INFO, info.foreign_key_constraints.items[0],
                                            &key, sizeof key),
                     VGI_OK);
    testing_text(key.referenced_table, "Numbers");
    testing_text(key.fk_columns.items[0], "owner");
    testing_item(t, (vgi_bytes_list){.items = &info.scan_function, .count = 1}, 0, &vg_scan_function_result_record,
                 &scan);
    testing_text(scan.function_name, "read_parquet");
    assert_int_equal(scan.schema_path.count, 0);

    assert_int_equal(GET("counted"), VGI_OK);
    testing_item(t, got.items, 0, &vg_table_info_record, &info);
    columns = testing_schema(t, info.columns);
    assert_true(vgi_metadata_get(columns->fields[0]->metadata, "is_row_id").data != NULL);
    assert_int_equal(info.not_null_constraints.count, 1);
    testing_item(t, (vgi_bytes_list){.items = &info.scan_function, .count = 1}, 0, &vg_scan_function_result_record,
                 &scan);
    testing_text(scan.schema_path.items[0], "main");

    assert_int_equal(GET("unfit"), VGI_ERR_VALUE);
    assert_non_null(strstr(call->error.message, "table unfit: the scan `series()` does not fit"));
    call = testing_call(t, 0);
    assert_int_equal(GET("wrong"), VGI_ERR_VALUE);
    assert_non_null(strstr(call->error.message, "BIGINTS"));
#undef GET
}

static void count_releases(void *what)
{
    ++*(int *)what;
}

static void what_an_answer_points_into_is_held_until_the_call_has_ended(void **state)
{
    vgi_call *call = testing_call(*state, 0);
    vgi_foreign_key_info key;
    int released = 0;

    assert_int_equal(vgi_call_hold(call, count_releases, &released), VGI_OK);
    assert_int_equal(vgi_call_hold(call, count_releases, &released), VGI_OK);
    assert_int_equal(released, 0);
    vg_call_end(call);
    assert_int_equal(released, 2);
    assert_int_equal(vgi_call_record_decode(call, VGI_RECORD_FOREIGN_KEY_INFO, (vgi_bytes){0}, &key, 1), VGI_ERR_VALUE);
    assert_int_equal(vgi_call_record_decode(call, VGI_RECORD_COUNT, (vgi_bytes){0}, &key, sizeof key), VGI_ERR_VALUE);
}

static void what_is_declared_answers_for_absent_members(void **state)
{
    testing *t = *state;
    vgi_bytes live = attach_live(t);
    vgi_call *call = testing_call(t, 0);
    vgi_catalog_schema_contents_functions_params asked = {
        .attach_opaque_data = live, .path = testing_path(t, "main"), .type = VGI_SCHEMA_OBJECT_TYPE_TABLE_FUNCTION};
    vgi_functions_response got = {0};
    bool answered;

    assert_int_equal(ASK(schema_contents_functions, catalog_schema_contents_functions_params), VGI_OK);
    assert_false(answered);
    testing_do(vg_handle_catalog_schema_contents_functions, call, &asked, &got);
    assert_int_equal(got.items.count, 1);
    asked.path = testing_path(t, "only_callbacks_know_it");
    testing_do(vg_handle_catalog_schema_contents_functions, testing_call(t, 0), &asked, &got);
    assert_int_equal(got.items.count, 0);
}

static void a_schema_that_may_hold_more_promises_no_counts(void **state)
{
    testing *t = *state;
    vgi_catalog_schemas_params asked = {.attach_opaque_data = testing_attach(t, "bare")};
    vgi_schemas_response got = {0};
    vgi_schema_info info;

    testing_do(vg_handle_catalog_schemas, testing_call(t, 0), &asked, &got);
    assert_int_equal(got.items.count, 1);
    testing_item(t, got.items, 0, &vg_schema_info_record, &info);
    testing_text(info.path.items[0], "main");
    assert_false(info.estimated_object_count.present);
}

static void absent_changes_are_refused(void **state)
{
    testing *t = *state;
    vgi_call *call = testing_call(t, 0);
    vgi_catalog_table_drop_params asked = {
        .attach_opaque_data = attach_live(t), .schema_path = testing_path(t, "main"), .name = vgi_str("t")};
    vgi_none got;
    bool answered;

    call = testing_call(t, 0);
    assert_int_equal(ASK(table_drop, catalog_table_drop_params), VGI_OK);
    assert_false(answered); /* the handler refuses it as read-only */
    testing_refuse(vg_handle_catalog_table_drop, call, &asked, NULL, VGI_ERR_READ_ONLY,
                   "Cannot drop table main.t: catalog is read-only");
    asked.attach_opaque_data = testing_attach(t, "bare");
    call = testing_call(t, 0);
    assert_int_equal(ASK(table_drop, catalog_table_drop_params), VGI_ERR_NOT_IMPLEMENTED);
    assert_string_equal(call->error.message, "Catalog 'bare' does not implement table_drop");
    asked.attach_opaque_data = testing_attach(t, "nonsense");
    call = testing_call(t, 0);
    assert_int_equal(ASK(table_drop, catalog_table_drop_params), VGI_ERR_VALUE);
    assert_string_equal(call->error.message, "the table_drop callback failed without saying why");
}

/* ---- nonsense ---------------------------------------------------------------------------------------------------- */

#define EXPECT(method, params, text, ...)                                                                              \
    do {                                                                                                               \
        vgi_##params asked = {.attach_opaque_data = nonsense, __VA_ARGS__};                                            \
                                                                                                                       \
        call = testing_call(t, 0);                                                                                     \
        assert_int_not_equal(ASK(method, params), VGI_OK);                                                             \
        assert_true(answered);                                                                                         \
        if (!strstr(call->error.message, text))                                                                        \
            fail_msg("'%s' does not say '%s'", call->error.message, text);                                             \
    } while (0)

static void nonsense_is_an_error(void **state)
{
    testing *t = *state;
    vgi_call *call;
    vgi_bytes nonsense = testing_attach(t, "nonsense");
    vgi_string_list path = testing_path(t, "main");
    vgi_scan_branches_result got = {0}; /* as large as any response here */
    bool answered;

    EXPECT(schemas, catalog_schemas_params, "the schemas callback gave a SchemaInfo without a path",
           .transaction_opaque_data = {0});
    EXPECT(schema_get, catalog_schema_get_params, "the schemas callback gave a SchemaInfo without a path",
           .path = path);
    EXPECT(schema_contents_tables, catalog_schema_contents_tables_params,
           "the schema_contents_tables callback gave a TableInfo whose columns are no schema: ", .path = path);
    EXPECT(table_get, catalog_table_get_params, "the table_get callback gave a TableInfo without a name",
           .schema_path = path);
    EXPECT(view_get, catalog_view_get_params, "a callback added another record than a ViewInfo to a listing",
           .schema_path = path);
    EXPECT(macro_get, catalog_macro_get_params, "the macro_get callback returned VGI_END", .schema_path = path);
    EXPECT(contents, catalog_contents_params, "Catalog 'nonsense' does not implement contents", .if_none_match = {0});
    EXPECT(table_scan_function_get, catalog_table_scan_function_get_params,
           "Table main.none is not scanned by one function", .schema_path = path, .name = vgi_str("none"));
    EXPECT(table_scan_function_get, catalog_table_scan_function_get_params, "", .schema_path = path,
           .name = vgi_str("t"));
}

/* ---- catalogs ---------------------------------------------------------------------------------------------------- */

static void refuse_attach(testing *t, const char *name, const char *sql, vgi_status status, const char *message)
{
    vgi_catalog_attach_request asked = {.name = vgi_str(name), .options = options(t, sql)};
    vgi_catalog_attach_result got = {0};

    testing_refuse(vg_handle_catalog_attach, testing_call(t, 0), &asked, &got, status, message);
}

static void attach_options_are_checked(void **state)
{
    testing *t = *state;

    refuse_attach(t, "live", "path := 'x'", VGI_ERR_VALUE,
                  "Catalog 'live' cannot be attached without the required option 'key'.");
    refuse_attach(t, "live", "size := 1, path := NULL", VGI_ERR_VALUE,
                  "Catalog 'live' cannot be attached without the required options 'path', 'key'.");
    refuse_attach(t, "live", "colour := 'x'", VGI_ERR_VALUE,
                  "Catalog 'live' has no attach option 'colour'; it takes: path, size, key");
    refuse_attach(t, "live", "size := 'x', path := 'a', key := 'b'", VGI_ERR_TYPE,
                  "Catalog 'live': attach option 'size' is VARCHAR; expected BIGINT");
    refuse_attach(t, "live", "path := 1", VGI_ERR_TYPE,
                  "Catalog 'live': attach option 'path' is BIGINT; expected VARCHAR");
    refuse_attach(t, "bare", "colour := 'x'", VGI_ERR_VALUE,
                  "Catalog 'bare' has no attach option 'colour'; it takes none");
    refuse_attach(t, "many", "", VGI_ERR_VALUE,
                  "No catalog 'many' here; this worker serves: live, bare, nonsense, first, Second, described, shop");
}

static void only_loggable_options_are_told(void **state)
{
    testing *t = *state;
    vgi_catalog_attach_request asked = {.name = vgi_str("live"),
                                        .options = options(t, "path := '/x', size := 9, key := 'hush'")};
    vgi_catalog_attach_result got = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &asked, &got);
    testing_text(t->call.attach_options, "{\"size\":9}");
    (void)attach_live(t);
    assert_null(t->call.attach_options.data); /* its default is not what was given */
}

static void options_are_described(void **state)
{
    testing *t = *state;
    vgi_catalogs_response got = {0};
    vgi_catalog_info info;
    vgi_attach_option_spec spec;

    testing_do(vg_handle_catalog_catalogs, testing_call(t, 0), NULL, &got);
    assert_int_equal(got.items.count, 7);
    testing_item(t, got.items, 0, &vg_catalog_info_record, &info);
    assert_int_equal(info.attach_option_specs.count, 3);
    testing_item(t, info.attach_option_specs, 0, &vg_attach_option_spec_record, &spec);
    testing_text(spec.name, "path");
    testing_text(spec.description, "Where it lies.");
    assert_true(spec.required.value);
    assert_false(spec.secret.value);
    assert_null(spec.default_value.data);
    assert_int_equal(testing_schema(t, spec.type)->fields[0]->type, VGI_TYPE_UTF8);
    testing_item(t, info.attach_option_specs, 1, &vg_attach_option_spec_record, &spec);
    assert_false(spec.required.value);
    assert_int_equal(vgi_array_i64(&testing_batch(t, spec.default_value)->columns[0], 0), 7);
    testing_item(t, info.attach_option_specs, 2, &vg_attach_option_spec_record, &spec);
    assert_true(spec.secret.value);
}

static void each_attachment_has_its_data(void **state)
{
    testing *t = *state;
    const vg_catalog_entry *catalog;
    vgi_call *call = testing_call(t, 0);
    vgi_bytes first = testing_attach(t, "first"), second = testing_attach(t, "SECOND"), live = attach_live(t);
    uint8_t id[VG_ATTACHMENT_ID_BYTES];

    call = testing_call(t, 0);
    assert_null(vgi_call_attach_opaque_data(call).data);
    assert_int_equal(vg_call_catalog(call, first, &catalog), VGI_OK);
    testing_text(catalog->name, "many");
    assert_memory_equal(vgi_call_attach_opaque_data(call).data, "first", 5);
    memcpy(id, vgi_call_attachment_id(call).data, sizeof id);
    assert_int_equal(vg_call_catalog(call, second, &catalog), VGI_OK);
    assert_memory_equal(vgi_call_attach_opaque_data(call).data, "SECOND", 6);
    assert_memory_not_equal(id, vgi_call_attachment_id(call).data, sizeof id);
    assert_int_equal(vg_call_catalog(call, live, &catalog), VGI_OK);
    assert_memory_equal(vgi_call_attach_opaque_data(call).data, "/x", 2);
    vg_call_set_transaction(call, (vgi_bytes){id, 3});
    assert_int_equal(vgi_call_transaction_opaque_data(call).size, 3);
}

static void catalogs_are_created_and_dropped_by_who_can(void **state)
{
    static const struct {
        const char *name, *message;
    } DROPS[] = {{"first", "dropped first"},
                 {"unlisted", "dropped unlisted"},
                 {"bare", "Catalog 'bare' does not implement drop"}};
    testing *t = *state;
    vgi_call *call = testing_call(t, 0);
    vgi_none got;
    bool answered;
    {
        vgi_catalog_create_request asked = {.name = vgi_str("new")};

        assert_int_equal(ASK(create, catalog_create_request), VGI_ERR_RUNTIME);
        assert_string_equal(call->error.message, "created new");
    }
    for (size_t i = 0; i < sizeof DROPS / sizeof *DROPS; i++) {
        vgi_catalog_drop_params asked = {.name = vgi_str(DROPS[i].name)};

        call = testing_call(t, 0);
        assert_int_not_equal(ASK(drop, catalog_drop_params), VGI_OK);
        assert_string_equal(call->error.message, DROPS[i].message);
    }
    {
        vgi_catalog_drop_params asked = {.name = vgi_str("shop")};

        call = testing_call(t, 0);
        assert_int_equal(ASK(drop, catalog_drop_params), VGI_OK);
        assert_false(answered); /* made of descriptors: its handler refuses */
    }
}

/* A look-up by name that is answered from a listing of many. */
static vgi_status look_up(testing *t, vgi_bytes live)
{
    vgi_call *call = testing_call(t, 0);
    vgi_string main_schema = vgi_str("main");
    vgi_catalog_table_get_params asked = {
        .attach_opaque_data = live, .schema_path = {&main_schema, 1, true}, .name = vgi_str("t13")};
    vgi_tables_response got = {0};
    bool answered;

    return ASK(table_get, catalog_table_get_params);
}

static void any_allocation_may_fail(void **state)
{
    testing *t = *state;
    vgi_bytes live = attach_live(t);
    uint8_t held[64];
    int failed = 0, done = 0;

    assert_true(live.size <= sizeof held);
    memcpy(held, live.data, live.size);
    live.data = held;
    for (int64_t n = 0; done < 3; n++) {
        vgi_status status;

        vg_arena_done(&t->arena);
        vg_alloc_fail_after(n);
        status = look_up(t, live);
        vg_alloc_fail_after(-1);
        vg_call_end(&t->call);
        failed += status != VGI_OK;
        done += status == VGI_OK;
        assert_true(n < 1000);
    }
    assert_true(failed > 3);
}

static const vgi_catalog WRONG = {
    .name = "wrong",
    .schemas = VGI_SCHEMAS(&TESTING_MAIN),
    .attach_options = VGI_ATTACH_OPTIONS(
        {.name = "a", .type = "NOTYPE"}, {.name = "b"}, {.name = "A", .type = "BIGINT"},
        {.name = "c", .type = "BIGINT", .default_value = "'x'"},
        {.name = "d", .type = "BIGINT", .default_value = "1 2"},
        {.name = "e", .type = "BIGINT", .default_value = "1", .is_required = true}, {.name = "f", .type = "ANY"},
        {.name = "g", .type = "VARCHAR", .is_secret = true, .is_loggable = true}),
};

static void mistakes_in_options_are_listed(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&WRONG, NULL};
    static const char *const SAY[] = {"attach option a: ",
                                      "attach option b: has no type",
                                      "attach option A: there are two",
                                      "attach option c: ",
                                      "attach option d: ",
                                      "attach option e: is required",
                                      "attach option f: ",
                                      "attach option g: is secret"};
    vg_registry *registry;
    vgi_error err = {0};
    const vg_mistake *mistake;

    (void)state;
    assert_int_equal(vg_registry_new(CATALOGS, &registry, &err), VGI_OK);
    mistake = registry->mistakes;
    for (size_t i = 0; i < sizeof SAY / sizeof *SAY; i++, mistake = mistake->next) {
        assert_non_null(mistake);
        if (!memmem(mistake->text.data, mistake->text.size, SAY[i], strlen(SAY[i])))
            fail_msg("'%.*s' does not say '%s'", VG_FMT(mistake->text), SAY[i]);
    }
    assert_null(mistake);
    vg_registry_free(registry);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(callbacks_list_and_stand_in_for_each_other),
        TEST(a_descriptor_becomes_the_answer_of_a_callback),
        TEST(what_an_answer_points_into_is_held_until_the_call_has_ended),
        TEST(what_is_declared_answers_for_absent_members),
        TEST(a_schema_that_may_hold_more_promises_no_counts),
        TEST(absent_changes_are_refused),
        TEST(nonsense_is_an_error),
        TEST(attach_options_are_checked),
        TEST(only_loggable_options_are_told),
        TEST(options_are_described),
        TEST(each_attachment_has_its_data),
        TEST(catalogs_are_created_and_dropped_by_who_can),
        TEST(any_allocation_may_fail),
        cmocka_unit_test(mistakes_in_options_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
