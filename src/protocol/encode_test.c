/* Record structs -> rows: defaults of a zeroed struct, nulls, dialects, nested values, and rows read back. */
#include "protocol/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"

/* A struct encoded into a batch of its own dialect. */
typedef struct encoded {
    vg_arena arena;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_error err;
} encoded;

static vgi_status encode(encoded *e, const vg_record *record, const void *row, int minor)
{
    *e = (encoded){0};
    assert_int_equal(vg_builder_new(record->schemas[minor], &e->err, &e->builder), VGI_OK);
    e->batch = vg_builder_begin(e->builder, 1);
    VGI_TRY(vg_row_encode(&e->arena, record, row, minor, e->batch, &e->err));
    return vg_builder_finish(e->builder, &e->err);
}

static void done(encoded *e)
{
    vg_builder_free(e->builder);
    vg_arena_done(&e->arena);
}

static int32_t column(const encoded *e, const char *name)
{
    const int32_t i = vg_schema_find(e->batch->schema, vgi_str(name));

    assert_true(i >= 0);
    return i;
}

static bool text_is(const encoded *e, const char *name, const char *text)
{
    return vg_string_is(vgi_text(e->batch, column(e, name), 0), text);
}

#define TEXT(literal) ((vgi_string)VGI_STR(literal))
#define BYTES(literal) ((vgi_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static void test_zero_is_the_defaults(void **state)
{
    const vgi_catalog_attach_result result = {.attach_opaque_data = BYTES("a")};
    vgi_catalog_attach_result back;
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_catalog_attach_result_record, &result, 1), VGI_OK);
    assert_true(text_is(&e, "default_schema", "main"));
    assert_true(vgi_bool(e.batch, column(&e, "attach_opaque_data_required"), 0));
    assert_false(vgi_bool(e.batch, column(&e, "supports_catalog_contents"), 0));
    assert_true(vgi_is_null(e.batch, column(&e, "comment"), 0));
    assert_false(vgi_is_null(e.batch, column(&e, "tags"), 0));
    assert_int_equal(vg_row_decode(&e.arena, e.batch, &vg_catalog_attach_result_record, &back, &e.err), VGI_OK);
    assert_true(back.attach_opaque_data_required.has && back.attach_opaque_data_required.value);
    assert_true(back.tags.present);
    assert_int_equal(back.tags.count, 0);
    assert_null(back.comment.data);
    done(&e);
}

static void test_false_is_not_the_default(void **state)
{
    const vgi_catalog_attach_result result = {.attach_opaque_data = BYTES(""),
                                              .attach_opaque_data_required = {true, false}};
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_catalog_attach_result_record, &result, 0), VGI_OK);
    assert_false(vgi_bool(e.batch, column(&e, "attach_opaque_data_required"), 0));
    assert_int_equal(vgi_blob(e.batch, 0, 0).size, 0);
    done(&e);
}

static void test_what_must_be_given(void **state)
{
    const vgi_view_info view = {.name = TEXT("v")};
    const vgi_bind_request bind = {.function_name = TEXT("f"), .arguments = BYTES("")};
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_view_info_record, &view, 0), VGI_ERR_VALUE);
    assert_string_equal(e.err.message, "ViewInfo.definition must be given: the column is not nullable");
    done(&e);
    assert_int_equal(encode(&e, &vg_bind_request_record, &bind, 0), VGI_ERR_VALUE);
    assert_string_equal(e.err.message, "BindRequest.function_type must be given: the column is not nullable");
    done(&e);
}

static void test_enum_out_of_range(void **state)
{
    const vgi_bind_request bind = {
        .function_name = TEXT("f"), .arguments = BYTES(""), .function_type = (vgi_function_type)77};
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_bind_request_record, &bind, 0), VGI_ERR_VALUE);
    assert_string_equal(e.err.message, "BindRequest.function_type: 77 is no member of FunctionType");
    done(&e);
}

static void test_dialects(void **state)
{
    const vgi_function_info info = {.name = TEXT("f"),
                                    .function_type = VGI_FUNCTION_TYPE_TABLE,
                                    .arguments = BYTES("schema"),
                                    .output_schema = BYTES("other"),
                                    .input_rows_per_call = {true, 7}};
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_function_info_record, &info, 0), VGI_OK);
    assert_int_equal(vg_schema_find(e.batch->schema, vgi_str("input_rows_per_call")), -1);
    assert_int_equal(e.batch->schema->fields[column(&e, "arguments")]->type, VGI_TYPE_BINARY);
    assert_true(text_is(&e, "function_type", "TABLE"));
    assert_true(text_is(&e, "partition_kind", "NOT_PARTITIONED"));
    assert_true(text_is(&e, "order_dependent", "NOT_ORDER_DEPENDENT"));
    assert_true(vgi_is_null(e.batch, column(&e, "stability"), 0));
    done(&e);
    assert_int_equal(encode(&e, &vg_function_info_record, &info, 2), VGI_OK);
    assert_int_equal(vgi_i64(e.batch, column(&e, "input_rows_per_call"))[0], 7);
    assert_int_equal(e.batch->schema->fields[column(&e, "arguments")]->type, VGI_TYPE_DICTIONARY);
    assert_memory_equal(vgi_blob(e.batch, column(&e, "arguments"), 0).data, "schema", 6);
    assert_true(vgi_is_null(e.batch, column(&e, "parameter_default_values"), 0));
    done(&e);
}

static void test_nested(void **state)
{
    static const int32_t KEY[] = {0, 2}, UNIQUE[] = {1};
    static const vgi_int32_list KEYS[] = {{UNIQUE, 1, true}, {NULL, 0, true}, {KEY, 2, true}};
    static const vgi_string_pair TAGS[] = {{VGI_STR("a"), VGI_STR("1")}, {VGI_STR("b"), {NULL, 0}}};
    const vgi_table_info table = {
        .name = TEXT("t"), .columns = BYTES("c"), .tags = {TAGS, 2, true}, .unique_constraints = {KEYS, 3, true}};
    vgi_table_info back;
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_table_info_record, &table, 0), VGI_OK);
    assert_int_equal(vg_row_decode(&e.arena, e.batch, &vg_table_info_record, &back, &e.err), VGI_OK);
    assert_int_equal(back.unique_constraints.count, 3);
    assert_int_equal(back.unique_constraints.items[1].count, 0);
    assert_int_equal(back.unique_constraints.items[2].count, 2);
    assert_int_equal(back.unique_constraints.items[2].items[1], 2);
    assert_int_equal(back.tags.count, 2);
    assert_true(vg_string_is(back.tags.items[0].value, "1"));
    assert_null(back.tags.items[1].value.data);
    done(&e);
}

static void test_structs(void **state)
{
    static const vgi_catalog_example EXAMPLES[] = {{.sql = VGI_STR("SELECT 1")},
                                                   {.sql = VGI_STR("SELECT 2"), .expected_output = VGI_STR("2")}};
    const vgi_copy_to_context copy = {.format = TEXT("csv"), .file_path = TEXT("x")};
    const vgi_bind_request bind = {.function_name = TEXT("f"),
                                   .arguments = BYTES(""),
                                   .function_type = VGI_FUNCTION_TYPE_SCALAR,
                                   .copy_to = &copy};
    const vgi_function_info info = {.name = TEXT("f"),
                                    .function_type = VGI_FUNCTION_TYPE_SCALAR,
                                    .arguments = BYTES(""),
                                    .output_schema = BYTES(""),
                                    .examples = {EXAMPLES, 2, true}};
    vgi_bind_request bind_back;
    vgi_function_info info_back;
    encoded e;

    (void)state;
    assert_int_equal(encode(&e, &vg_bind_request_record, &bind, 0), VGI_OK);
    assert_int_equal(vg_row_decode(&e.arena, e.batch, &vg_bind_request_record, &bind_back, &e.err), VGI_OK);
    assert_null(bind_back.copy_from);
    assert_non_null(bind_back.copy_to);
    assert_true(vg_string_is(bind_back.copy_to->format, "csv"));
    assert_false(bind_back.schema_path.present);
    done(&e);
    assert_int_equal(encode(&e, &vg_function_info_record, &info, 0), VGI_OK);
    assert_int_equal(vg_row_decode(&e.arena, e.batch, &vg_function_info_record, &info_back, &e.err), VGI_OK);
    assert_int_equal(info_back.examples.count, 2);
    assert_true(vg_string_is(info_back.examples.items[0].description, ""));
    assert_null(info_back.examples.items[0].expected_output.data);
    assert_true(vg_string_is(info_back.examples.items[1].expected_output, "2"));
    done(&e);
}

static void test_wrong_batch(void **state)
{
    const vgi_catalog_version_response version = {.version = 1};
    encoded e = {0};

    (void)state;
    assert_int_equal(vg_builder_new(&vg_none_schema, &e.err, &e.builder), VGI_OK);
    e.batch = vg_builder_begin(e.builder, 1);
    assert_int_equal(vg_row_encode(&e.arena, &vg_catalog_version_response_record, &version, 0, e.batch, &e.err),
                     VGI_ERR_TYPE);
    assert_string_equal(e.err.message, "CatalogVersionResponse has 1 columns, but the batch to fill has 0");
    done(&e);
}

static void test_result(void **state)
{
    const vgi_catalog_version_response version = {.version = 41};
    vgi_catalog_version_response back;
    vg_arena arena = {0};
    vgi_error err = {0};
    vg_builder *builder;
    vgi_batch *out;

    (void)state;
    assert_int_equal(vg_builder_new(&vg_required_result_schema, &err, &builder), VGI_OK);
    out = vg_builder_begin(builder, 1);
    assert_int_equal(vg_result_encode(&arena, &vg_catalog_version_response_record, &version, 0, out, &err), VGI_OK);
    assert_int_equal(vg_builder_finish(builder, &err), VGI_OK);
    assert_int_equal(out->rows, 1);
    assert_int_equal(
        vg_record_decode(&arena, vgi_blob(out, 0, 0), NULL, &vg_catalog_version_response_record, &back, &err), VGI_OK);
    assert_int_equal(back.version, 41);
    vg_builder_free(builder);
    vg_arena_done(&arena);
}

/* Whatever allocation fails, encoding says so and nothing is left behind. */
static void test_out_of_memory(void **state)
{
    static const vgi_string PATH[] = {VGI_STR("main")};
    const vgi_view_info view = {.name = TEXT("v"), .definition = TEXT("SELECT 1"), .schema_path = {PATH, 1, true}};
    vgi_status status = VGI_ERR_MEMORY;

    (void)state;
    for (int64_t n = 0; status == VGI_ERR_MEMORY; n++) {
        vg_arena arena = {0};
        vgi_error err = {0};
        vgi_bytes bytes;

        assert_true(n < 1000);
        vg_alloc_fail_after(n);
        status = vg_record_encode(&arena, &vg_view_info_record, &view, 0, &bytes, &err);
        vg_alloc_fail_after(-1);
        vg_arena_done(&arena);
    }
    assert_int_equal(status, VGI_OK);
}

/* Each as it is by itself: of a listing in one go, of an enum and a list, of one that fails. */
static void a_listing_is_its_records(void **state)
{
    static const vgi_string PATH[] = {VGI_STR("main"), VGI_STR("more")};
    vg_arena arena = {0};
    vgi_function_info rows[3] = {{.name = vgi_str("a"), .function_type = VGI_FUNCTION_TYPE_SCALAR},
                                 {.name = vgi_str("bb"), .function_type = VGI_FUNCTION_TYPE_TABLE},
                                 {.name = vgi_str(""), .function_type = VGI_FUNCTION_TYPE_SCALAR}};
    vgi_error err = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        rows[i].schema_path = (vgi_string_list){PATH, i % 2 + 1, true};
        rows[i].description = vgi_str("");
        rows[i].arguments = rows[i].output_schema = (vgi_bytes){(const uint8_t *)"x", i};
    }
    for (int minor = 0; minor <= VG_LAST_MINOR; minor++) {
        vgi_bytes each[3], one;

        assert_int_equal(vg_records_encode_each(&arena, &vg_function_info_record, rows, 3, minor, each, &err), VGI_OK);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(vg_record_encode(&arena, &vg_function_info_record, &rows[i], minor, &one, &err), VGI_OK);
            assert_int_equal(each[i].size, one.size);
            assert_memory_equal(each[i].data, one.data, one.size);
        }
    }
    rows[1].name.data = NULL;
    assert_int_equal(vg_records_encode_each(&arena, &vg_function_info_record, rows, 3, 0, (vgi_bytes[3]){{0}}, &err),
                     VGI_ERR_VALUE);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listing_is_its_records),
        cmocka_unit_test(test_zero_is_the_defaults),
        cmocka_unit_test(test_false_is_not_the_default),
        cmocka_unit_test(test_what_must_be_given),
        cmocka_unit_test(test_enum_out_of_range),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_wrong_batch),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
