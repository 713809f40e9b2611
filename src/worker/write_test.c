/* Functions that write: what they are told and what they may say, which tables name them, and what descriptors get
 * wrong. What map gives is checked in tests/sql, where there is a stream. */
#include "worker/catalog_testing.h"
#include "worker/function_call.h"

/* ---- a shop that can be written -------------------------------------------------------------------------------- */

static vgi_status map(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    (void)call;
    (void)in;
    (void)out;
    return VGI_OK;
}

static vgi_status bind(vgi_call *call)
{
    vgi_bytes bytes;
    const vgi_arrow_schema *columns;

    VGI_TRY(vgi_call_columns(call, "id BIGINT NOT NULL, name VARCHAR", &bytes));
    VGI_TRY(vgi_call_schema_decode(call, bytes, &columns));
    return vgi_bind_write_result(call, columns);
}

static vgi_status bind_columns(vgi_call *call)
{
    return vgi_bind_column(call, "n", "BIGINT");
}

static const vgi_table_in_out
    ADD = {.signature = "add(t VARCHAR, rows TABLE) -> TABLE",
           .writes = true,
           .returns = VGI_WRITE_CHANGES,
           .bind = bind,
           .map = map},
    TAKE = {.signature = "take(rows TABLE) -> TABLE", .writes = true, .bind = bind, .map = map},
    CONFUSED = {.signature = "confused(rows TABLE) -> TABLE", .writes = true, .bind = bind_columns, .map = map},
    PLAIN = {.signature = "plain(rows TABLE, n BIGINT) -> TABLE", .map = map};
static const vgi_table_function ITEMS = {
    .signature = "items() -> TABLE(id BIGINT, name VARCHAR, rowid BIGINT)", .row_id = "rowid", .next = testing_next};
static const vgi_table WRITABLE = {
    .name = "writable", .scan = "items()", .insert = "add('x')", .delete_from = "take()"};
static const vgi_table FIXED = {.name = "fixed", .scan = "items()"};
static const vgi_schema MAIN = {
    .name = "main",
    .table_functions = VGI_TABLE_FUNCTIONS(&ITEMS),
    .table_in_outs = VGI_TABLE_IN_OUTS(&ADD, &TAKE, &CONFUSED, &PLAIN),
    .tables = VGI_TABLES(&WRITABLE, &FIXED),
};
static const vgi_catalog SHOP = {.name = "shop", .schemas = VGI_SCHEMAS(&MAIN)};

static int setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&SHOP, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    return testing_setup_with(state, &OPTIONS);
}

/* ---- write_options ---------------------------------------------------------------------------------------------- */

/* One row of columns as SQL names them, each appended to by `fill`. */
static vgi_bytes options(testing *t, const char *columns, int64_t rows, void (*fill)(vgi_batch *out))
{
    const vgi_arrow_schema *schema;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_bytes bytes;
    vgi_error err = {0};

    assert_int_equal(vg_columns_parse(&t->arena, vgi_str(columns), &schema, NULL), VGI_OK);
    assert_int_equal(vg_builder_new(schema, &err, &builder), VGI_OK);
    batch = vg_builder_begin(builder, rows);
    for (int64_t i = 0; i < rows; i++)
        fill(batch);
    if (vg_builder_finish(builder, &err) != VGI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(vg_batch_encode(&t->arena, batch, &bytes, NULL), VGI_OK);
    vg_builder_free(builder);
    return bytes;
}

static void fill_rows(vgi_batch *out)
{
    vgi_append_string(vgi_out_column(out, 0), "rows");
}

static void fill_nonsense(vgi_batch *out)
{
    vgi_append_string(vgi_out_column(out, 0), "everything, and more of it than anybody could ever want to read");
}

static void fill_null(vgi_batch *out)
{
    vgi_append_null(vgi_out_column(out, 0));
}

static void fill_number(vgi_batch *out)
{
    vgi_append_i64(vgi_out_column(out, 0), 1);
}

static void fill_all(vgi_batch *out)
{
    vgi_append_string(vgi_out_column(out, 0), "changes");
    vgi_append_string(vgi_out_column(out, 1), "update");
    vgi_append_string(vgi_child(vgi_out_column(out, 2), 0), "id");
    vgi_append_string(vgi_child(vgi_out_column(out, 2), 0), "name");
    vgi_append_list(vgi_out_column(out, 2));
    vgi_append_i64(vgi_out_column(out, 3), 5);
}

static void fill_list_of_null(vgi_batch *out)
{
    vgi_append_null(vgi_child(vgi_out_column(out, 0), 0));
    vgi_append_list(vgi_out_column(out, 0));
}

/* A bound call of `name` whose write_options are one value of `type`. NULL bytes: SQL's NULL. */
static vgi_status resolve(testing *t, const char *name, vgi_type_id type, vgi_bytes bytes, vg_function_call **ret)
{
    const vgi_field member = {.name = VGI_STR("named_write_options"), .type = type, .nullable = true};
    const vgi_field first = {.name = VGI_STR("positional_0"), .type = VGI_TYPE_UTF8, .nullable = true};
    const vgi_field *members[] = {&first, &member};
    const bool has_first = strcmp(name, "add") == 0;
    const int32_t offsets[] = {0, (int32_t)bytes.size};
    const int32_t text_offsets[] = {0, 1};
    const uint8_t null = 0;
    const vgi_array values[] = {{.field = &first, .length = 1, .buffers = {text_offsets, "t"}},
                                {.field = &member,
                                 .length = 1,
                                 .null_count = bytes.data ? 0 : 1,
                                 .validity = bytes.data ? NULL : &null,
                                 .buffers = {offsets, bytes.data}}};
    const vgi_field args = {.name = VGI_STR("args"),
                            .type = VGI_TYPE_STRUCT,
                            .n_children = has_first ? 2 : 1,
                            .children = members + !has_first};
    const vgi_field *const fields[] = {&args};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields}, *input;
    const vgi_array all = {.field = &args, .length = 1, .n_children = args.n_children, .children = values + !has_first};
    const vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = 1, .columns = &all};
    vgi_bind_request request = {
        .function_name = vgi_str(name), .function_type = VGI_FUNCTION_TYPE_TABLE, .attach_opaque_data = t->shop};

    assert_int_equal(vg_columns_parse(&t->arena, vgi_str("rowid BIGINT"), &input, NULL), VGI_OK);
    assert_int_equal(vg_schema_encode(&t->arena, input, &request.input_schema, NULL), VGI_OK);
    assert_int_equal(vg_batch_encode(&t->arena, &batch, &request.arguments, NULL), VGI_OK);
    return vg_function_call_resolve(testing_call(t, 0), &request, ret);
}

static void what_the_caller_wants_is_told(void **state)
{
    testing *t = *state;
    vgi_bytes all = options(t, "result_mode VARCHAR, on_conflict VARCHAR, on_conflict_columns VARCHAR[], newer BIGINT",
                            1, fill_all);
    const vgi_write_options *write;
    vg_function_call *function;

    assert_int_equal(resolve(t, "add", VGI_TYPE_BINARY, all, &function), VGI_OK);
    write = vgi_call_write(&t->call);
    assert_int_equal(write->result, VGI_WRITE_CHANGES);
    assert_true(vg_string_is(write->on_conflict, "update"));
    assert_int_equal(write->n_on_conflict_columns, 2);
    assert_true(vg_string_is(write->on_conflict_columns[1], "name"));
    assert_int_equal(function->output->n_fields, 2);
    testing_text(function->output->fields[0]->name, "old");
    testing_text(function->output->fields[1]->name, "new");
    assert_int_equal(function->output->fields[1]->n_children, 2);

    assert_int_equal(resolve(t, "add", VGI_TYPE_BINARY, options(t, "result_mode VARCHAR", 1, fill_rows), &function),
                     VGI_OK);
    assert_int_equal(function->output->n_fields, 2);
    testing_text(function->output->fields[1]->name, "name");
}

static void who_says_nothing_wants_a_count(void **state)
{
    testing *t = *state;
    const vgi_write_options *write;
    vg_function_call *function;

    assert_int_equal(resolve(t, "take", VGI_TYPE_BINARY, (vgi_bytes){0}, &function), VGI_OK);
    write = vgi_call_write(&t->call);
    assert_int_equal(write->result, VGI_WRITE_COUNT);
    assert_true(vg_string_is(write->on_conflict, "throw"));
    assert_int_equal(write->n_on_conflict_columns, 0);
    assert_int_equal(function->output->n_fields, 1);
    testing_text(function->output->fields[0]->name, "count");
    assert_false(function->output->fields[0]->nullable);
}

static void refuse(testing *t, const char *name, vgi_type_id type, vgi_bytes bytes, const char *message)
{
    vg_function_call *function;

    if (resolve(t, name, type, bytes, &function) == VGI_OK || !strstr(t->call.error.message, message))
        fail_msg("%s: %s", message, t->call.error.message);
}

static void what_is_no_write_option_is_refused(void **state)
{
    testing *t = *state;
    vgi_bytes rows = options(t, "result_mode VARCHAR", 1, fill_rows);

    refuse(t, "add", VGI_TYPE_BINARY, (vgi_bytes){rows.data, rows.size / 2}, "");
    refuse(t, "add", VGI_TYPE_BINARY, (vgi_bytes){(const uint8_t *)"", 0}, "");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "result_mode VARCHAR", 0, fill_rows), "there are 0 rows");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "result_mode VARCHAR", 2, fill_rows), "there are 2 rows");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "result_mode VARCHAR", 1, fill_nonsense),
           "result_mode is 'everything");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "result_mode VARCHAR", 1, fill_null), "result_mode is ''");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "result_mode BIGINT", 1, fill_number), "result_mode is ''");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "on_conflict BIGINT", 1, fill_number), "on_conflict is no text");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "on_conflict_columns BIGINT", 1, fill_number), "is no list");
    refuse(t, "add", VGI_TYPE_BINARY, options(t, "on_conflict_columns VARCHAR[]", 1, fill_list_of_null),
           "has an item that is no text");
    refuse(t, "take", VGI_TYPE_BINARY, rows, "take cannot answer with rows: the most that it returns is count");
    refuse(t, "confused", VGI_TYPE_BINARY, (vgi_bytes){0}, "confused writes: vgi_bind_write_result says what it gives");
    refuse(t, "plain", VGI_TYPE_BINARY, rows, "no overload of plain takes");
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void tables_tell_what_writes_them(void **state)
{
    testing *t = *state;
    vgi_catalog_table_get_params asked = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("writable")};
    vgi_catalog_table_insert_function_get_params insert = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("WRITABLE")};
    vgi_catalog_table_update_function_get_params update = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("writable")};
    vgi_catalog_table_delete_function_get_params nowhere = {
        .attach_opaque_data = t->shop, .schema_path = testing_path(t, "main"), .name = vgi_str("nothing")};
    vgi_tables_response response = {0};
    vgi_table_info info;
    vgi_write_function_result write = {0};

    testing_do(vg_handle_catalog_table_get, testing_call(t, 0), &asked, &response);
    testing_item(t, response.items, 0, &vg_table_info_record, &info);
    assert_int_equal(info.write_result_modes.count, 2);
    testing_text(info.write_result_modes.items[0].key, "insert");
    testing_text(info.write_result_modes.items[0].value, "changes");
    testing_text(info.write_result_modes.items[1].key, "delete");
    testing_text(info.write_result_modes.items[1].value, "count");
    assert_non_null(info.insert_function.data);
    assert_null(info.update_function.data);

    testing_do(vg_handle_catalog_table_insert_function_get, testing_call(t, 0), &insert, &write);
    testing_text(write.function_name, "add");
    testing_text(write.schema_path.items[0], "main");
    assert_int_equal(testing_batch(t, write.arguments)->n_columns, 1);
    testing_refuse(vg_handle_catalog_table_update_function_get, testing_call(t, 0), &update, &write, VGI_ERR_READ_ONLY,
                   "Cannot update table main.writable: it is read-only");
    testing_refuse(vg_handle_catalog_table_delete_function_get, testing_call(t, 0), &nowhere, &write, VGI_ERR_READ_ONLY,
                   "Cannot delete from table main.nothing: catalog is read-only");
}

static void mistakes_are_listed(void **state)
{
    const vgi_table_in_out no_map = {.signature = "no_map(t TABLE) -> TABLE"},
                           no_table = {.signature = "no_table(a BIGINT) -> TABLE", .map = map},
                           two_tables = {.signature = "two_tables(a TABLE, b TABLE) -> TABLE", .map = map},
                           columns = {.signature = "columns(t TABLE) -> TABLE(n BIGINT)",
                                      .writes = true,
                                      .bind = bind,
                                      .map = map},
                           unbound = {.signature = "unbound(t TABLE) -> TABLE", .writes = true, .map = map},
                           projected = {.signature = "projected(t TABLE) -> TABLE",
                                        .writes = true,
                                        .projection_pushdown = true,
                                        .bind = bind,
                                        .map = map},
                           returns = {.signature = "returns(t TABLE) -> TABLE", .returns = VGI_WRITE_ROWS, .map = map},
                           variadic = {.signature = "variadic(VARIADIC t TABLE) -> TABLE", .map = map};
    const vgi_table scan = {.name = "scan", .columns = "a BIGINT", .scan = "plain(1)"},
                    no_row_id = {.name = "no_row_id", .columns = "a BIGINT", .scan = "f()", .update = "take()"},
                    wrong = {.name = "wrong", .columns = "a BIGINT", .scan = "f()", .insert = "plain(2)"},
                    unfit = {.name = "unfit", .columns = "a BIGINT", .scan = "f()", .insert = "add()"},
                    engines = {.name = "engines", .columns = "a BIGINT", .scan = "f()", .insert = "range()"};
    const vgi_schema main = {.name = "main",
                             .table_in_outs = VGI_TABLE_IN_OUTS(&ADD, &TAKE, &PLAIN, &no_map, &no_table, &two_tables,
                                                                &columns, &unbound, &projected, &returns, &variadic),
                             .tables = VGI_TABLES(&scan, &no_row_id, &wrong, &unfit, &engines)};
    const vgi_catalog catalog = {.name = "shop", .schemas = VGI_SCHEMAS(&main)};
    const vgi_catalog *const catalogs[] = {&catalog, NULL};
    static const char *const EXPECTED[] = {
        "no_map: has no map callback",
        "no_table: takes 0 TABLE arguments; expected one",
        "two_tables: takes 2 TABLE arguments; expected one",
        "columns: it writes, so its signature must end with `-> TABLE`",
        "unbound: it writes, and has no bind callback",
        "projected: it writes, so all columns of its answer travel",
        "returns: `returns` is for one that writes",
        "a TABLE argument cannot be VARIADIC",
        "table scan: the scan function plain needs rows to be given",
        "table no_row_id: has the call update, which needs a row_id",
        "table wrong: the insert calls plain, which is no function of this catalog that writes",
        "table unfit: the insert `add()` does not fit the arguments of add",
        "table engines: the insert calls range, which is no function",
    };
    vg_registry *registry;

    (void)state;
    assert_int_equal(vg_registry_new(catalogs, &registry, NULL), VGI_OK);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++) {
        const vg_mistake *mistake = registry->mistakes;
        while (mistake && !strstr(mistake->text.data, EXPECTED[i]))
            mistake = mistake->next;
        if (!mistake)
            fail_msg("not said: %s", EXPECTED[i]);
    }
    vg_registry_free(registry);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, testing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_caller_wants_is_told),      TEST(who_says_nothing_wants_a_count),
        TEST(what_is_no_write_option_is_refused), TEST(tables_tell_what_writes_them),
        cmocka_unit_test(mistakes_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
