/* Rows -> record structs: what is missing, null, unknown or of another type, and other physical types of the same
 * values. Random values of every record are compared in tests/protocol. */
#include "protocol/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"

static const vgi_field ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field KEY = {.name = VGI_STR("key"), .type = VGI_TYPE_UTF8};
static const vgi_field VALUE = {.name = VGI_STR("value"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field *const ITEMS[] = {&ITEM}, *const PAIR[] = {&KEY, &VALUE};
static const vgi_field ENTRIES = {
    .name = VGI_STR("entries"), .type = VGI_TYPE_STRUCT, .n_children = 2, .children = PAIR};
static const vgi_field *const ENTRY[] = {&ENTRIES};

/* The columns that tests choose from. */
#define COLUMN(text, id) .name = VGI_STR(text), .type = (id), .nullable = true
static const vgi_field NAME = {COLUMN("name", VGI_TYPE_UTF8)}, INT_NAME = {COLUMN("name", VGI_TYPE_INT32)},
                       LATER = {COLUMN("later", VGI_TYPE_INT32)}, AT_UNIT = {COLUMN("at_unit", VGI_TYPE_UTF8)},
                       PATH = {COLUMN("schema_path", VGI_TYPE_LIST), .n_children = 1, .children = ITEMS},
                       TAGS = {COLUMN("tags", VGI_TYPE_MAP), .n_children = 1, .children = ENTRY},
                       ATTACH = {COLUMN("attach_opaque_data", VGI_TYPE_BINARY)},
                       FUNCTION_TYPE = {COLUMN("function_type", VGI_TYPE_UTF8)},
                       OUTPUT_SCHEMA = {COLUMN("output_schema", VGI_TYPE_LARGE_BINARY)},
                       SORT_COLUMN = {COLUMN("column", VGI_TYPE_LARGE_UTF8)},
                       DIRECTION = {COLUMN("direction", VGI_TYPE_DICTIONARY), .index_type = VGI_TYPE_UINT8,
                                    .dictionary = &ITEM},
                       NULLS = {COLUMN("nulls", VGI_TYPE_UTF8)}, SHORT_VERSION = {COLUMN("version", VGI_TYPE_INT16)},
                       BIND_CALL = {COLUMN("bind_call", VGI_TYPE_BINARY)},
                       DEFINITION = {COLUMN("definition", VGI_TYPE_UTF8)},
                       LONG_VERSION = {COLUMN("version", VGI_TYPE_UINT64)};

/* A batch of such columns. */
typedef struct made {
    vg_arena arena;
    vgi_arrow_schema schema;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_error err;
} made;

static void make_columns(made *m, const vgi_field *const *columns, size_t count)
{
    *m = (made){.schema = {.n_fields = (int32_t)count, .fields = columns}};
    assert_int_equal(vg_builder_new(&m->schema, &m->err, &m->builder), VGI_OK);
    m->batch = vg_builder_begin(m->builder, 1);
    assert_non_null(m->batch);
}
#define MAKE(m, ...)                                                                                                   \
    const vgi_field *const columns_of_##m[] = {__VA_ARGS__};                                                           \
    make_columns(&(m), columns_of_##m, sizeof(columns_of_##m) / sizeof(columns_of_##m[0]))

static vgi_status decode(made *m, const vg_record *record, void *ret_row)
{
    assert_int_equal(vg_builder_finish(m->builder, &m->err), VGI_OK);
    return vg_row_decode(&m->arena, m->batch, record, ret_row, &m->err);
}

static void done(made *m)
{
    vg_builder_free(m->builder);
    vg_arena_done(&m->arena);
}

static void text(made *m, int32_t column, const char *value)
{
    vgi_append_string(vgi_out_column(m->batch, column), value);
}

static void path(made *m, int32_t column, const char *value)
{
    vgi_append_string(vgi_child(vgi_out_column(m->batch, column), 0), value);
    vgi_append_list(vgi_out_column(m->batch, column));
}

static void test_any_order_and_unknown_columns(void **state)
{
    vgi_catalog_index_drop_params row;
    made m;

    (void)state;
    MAKE(m, &LATER, &NAME, &PATH, &ATTACH);
    vgi_append_i64(vgi_out_column(m.batch, 0), 1);
    text(&m, 1, "i");
    path(&m, 2, "main");
    vgi_append_blob(vgi_out_column(m.batch, 3), "", 0);
    assert_int_equal(decode(&m, &vg_catalog_index_drop_params_record, &row), VGI_OK);
    assert_true(vg_string_is(row.name, "i"));
    assert_int_equal(row.schema_path.count, 1);
    assert_true(vg_string_is(row.schema_path.items[0], "main"));
    assert_non_null(row.attach_opaque_data.data); /* empty, not absent */
    assert_int_equal(row.attach_opaque_data.size, 0);
    assert_null(row.transaction_opaque_data.data);
    assert_false(row.cascade);
    done(&m);
}

static void test_absent_takes_the_default(void **state)
{
    vgi_table_function_plan_request plan;
    vgi_view_info view;
    made m, other;

    (void)state;
    MAKE(m, &BIND_CALL);
    vgi_append_blob(vgi_out_column(m.batch, 0), "b", 1);
    assert_int_equal(decode(&m, &vg_table_function_plan_request_record, &plan), VGI_OK);
    assert_true(plan.filters_complete.has && plan.filters_complete.value);
    assert_false(plan.row_limit.has);
    done(&m);
    MAKE(other, &NAME, &PATH, &TAGS, &DEFINITION);
    text(&other, 0, "v");
    path(&other, 1, "main");
    vgi_append_list(vgi_out_column(other.batch, 2));
    text(&other, 3, "SELECT 1");
    assert_int_equal(decode(&other, &vg_view_info_record, &view), VGI_OK);
    assert_int_equal(view.column_comments.count, 0);
    assert_true(view.tags.present);
    done(&other);
}

static void test_missing(void **state)
{
    vgi_catalog_table_get_params row;
    made m;

    (void)state;
    MAKE(m, &PATH, &AT_UNIT);
    path(&m, 0, "main");
    text(&m, 1, NULL);
    assert_int_equal(decode(&m, &vg_catalog_table_get_params_record, &row), VGI_ERR_TYPE);
    assert_string_equal(m.err.message,
                        "Missing fields in catalog_table_get_params RecordBatch: ['attach_opaque_data', 'name']");
    done(&m);
}

/* FunctionInfo.arguments changed its type in 2.2: it has two members, and is missing once. */
static void test_missing_of_two_dialects(void **state)
{
    vgi_function_info row;
    made m;

    (void)state;
    MAKE(m, &NAME, &PATH, &TAGS, &FUNCTION_TYPE, &OUTPUT_SCHEMA);
    text(&m, 0, "f");
    path(&m, 1, "main");
    vgi_append_list(vgi_out_column(m.batch, 2));
    text(&m, 3, "SCALAR");
    vgi_append_blob(vgi_out_column(m.batch, 4), "s", 1);
    assert_int_equal(decode(&m, &vg_function_info_record, &row), VGI_ERR_TYPE);
    assert_string_equal(m.err.message, "Missing fields in FunctionInfo RecordBatch: ['arguments']");
    done(&m);
}

static void test_null_and_type(void **state)
{
    vgi_catalog_drop_params row;
    made m, bad;

    (void)state;
    MAKE(m, &NAME);
    text(&m, 0, NULL);
    assert_int_equal(decode(&m, &vg_catalog_drop_params_record, &row), VGI_ERR_TYPE);
    assert_string_equal(m.err.message, "catalog_drop_params.name must not be null");
    done(&m);
    MAKE(bad, &INT_NAME);
    vgi_append_i64(vgi_out_column(bad.batch, 0), 1);
    assert_int_equal(decode(&bad, &vg_catalog_drop_params_record, &row), VGI_ERR_TYPE);
    assert_string_equal(bad.err.message, "catalog_drop_params.name must be utf8, but is int32");
    done(&bad);
}

static void test_enum(void **state)
{
    vgi_sort_field row;
    made m, bad;

    (void)state;
    MAKE(m, &SORT_COLUMN, &DIRECTION, &NULLS);
    text(&m, 0, "c");
    text(&m, 1, "DESC");
    text(&m, 2, "NULLS_LAST");
    assert_int_equal(decode(&m, &vg_sort_field_record, &row), VGI_OK);
    assert_int_equal(row.direction, VGI_ORDER_BY_DIRECTION_DESC);
    assert_int_equal(row.nulls, VGI_ORDER_BY_NULL_ORDER_NULLS_LAST);
    done(&m);
    MAKE(bad, &SORT_COLUMN, &DIRECTION, &NULLS);
    text(&bad, 0, "c");
    text(&bad, 1, "desc");
    text(&bad, 2, "NULLS_LAST");
    assert_int_equal(decode(&bad, &vg_sort_field_record, &row), VGI_ERR_NOT_FOUND);
    assert_string_equal(bad.err.message,
                        "SortField.direction: OrderByDirection has no member 'desc'; it has ASC, DESC");
    done(&bad);
}

static void test_numbers(void **state)
{
    vgi_catalog_version_response row;
    made m, bad;

    (void)state;
    MAKE(m, &SHORT_VERSION);
    vgi_append_i64(vgi_out_column(m.batch, 0), -7);
    assert_int_equal(decode(&m, &vg_catalog_version_response_record, &row), VGI_OK);
    assert_int_equal(row.version, -7);
    done(&m);
    MAKE(bad, &LONG_VERSION);
    vgi_append_u64(vgi_out_column(bad.batch, 0), UINT64_MAX);
    assert_int_equal(decode(&bad, &vg_catalog_version_response_record, &row), VGI_ERR_VALUE);
    done(&bad);
}

static void test_row_count(void **state)
{
    vgi_catalog_drop_params row;
    vgi_aggregate_combine_response empty;
    made m, other;

    (void)state;
    MAKE(m, &NAME);
    assert_int_equal(decode(&m, &vg_catalog_drop_params_record, &row), VGI_ERR_PROTOCOL);
    assert_string_equal(m.err.message, "catalog_drop_params must have exactly 1 row, but has 0");
    done(&m);
    MAKE(other, &NAME);
    assert_int_equal(decode(&other, &vg_aggregate_combine_response_record, &empty), VGI_OK);
    done(&other);
}

static void test_null_bytes(void **state)
{
    vgi_bind_request row;
    vg_arena arena = {0};
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_record_decode(&arena, (vgi_bytes){0}, NULL, &vg_bind_request_record, &row, &err),
                     VGI_ERR_PROTOCOL);
    assert_string_equal(err.message, "BindRequest is missing: its bytes are null");
    vg_arena_done(&arena);
}

static void test_enum_names(void **state)
{
    (void)state;
    assert_true(vg_string_is(vg_enum_name(&vg_macro_type_enum, VGI_MACRO_TYPE_TABLE), "TABLE"));
    assert_true(vg_string_is(vg_enum_name(&vg_macro_type_enum, 0), ""));
    assert_true(vg_string_is(vg_enum_name(&vg_macro_type_enum, 3), ""));
    assert_int_equal(vg_enum_value(&vg_macro_type_enum, vgi_str("SCALAR")), VGI_MACRO_TYPE_SCALAR);
    assert_int_equal(vg_enum_value(&vg_macro_type_enum, vgi_str("SCALA")), 0);
    assert_int_equal(vg_enum_value(&vg_macro_type_enum, (vgi_string){0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_and_unknown_columns),
        cmocka_unit_test(test_absent_takes_the_default),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_missing_of_two_dialects),
        cmocka_unit_test(test_null_and_type),
        cmocka_unit_test(test_enum),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_row_count),
        cmocka_unit_test(test_null_bytes),
        cmocka_unit_test(test_enum_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
