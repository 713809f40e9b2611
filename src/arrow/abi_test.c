/* Unit tests of abi.c and abi_schema.c: what is exported is imported again. tests/arrow does it with random streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"

static const char COLUMNS[] =
    "a BIGINT NOT NULL, b VARCHAR, c BOOLEAN, d DECIMAL(10,2), e TIMESTAMP_NS, f TIMESTAMPTZ, g DATE, h TIME, i UUID,"
    "j INTERVAL, k INTEGER[], l DOUBLE[2], m STRUCT(x TINYINT, y BLOB), n MAP(VARCHAR, BIGINT), o UNION(p INT, q TEXT),"
    "r ENUM('s', 't'), u \"NULL\", v USMALLINT, w FLOAT, x HUGEINT";

static const vgi_field ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_INT32, .nullable = true};
static const vgi_field *const ITEMS[] = {&ITEM};
static const int8_t CODE[] = {9};
/* Types that SQL has no word for. */
static const vgi_field OTHERS[] = {
    {.type = VGI_TYPE_FLOAT16},
    {.type = VGI_TYPE_DECIMAL256, .precision = 60, .scale = -3},
    {.type = VGI_TYPE_LARGE_UTF8},
    {.type = VGI_TYPE_LARGE_BINARY},
    {.type = VGI_TYPE_DATE64},
    {.type = VGI_TYPE_TIME32, .unit = VGI_MILLISECOND},
    {.type = VGI_TYPE_TIME32, .unit = VGI_SECOND},
    {.type = VGI_TYPE_DURATION, .unit = VGI_SECOND},
    {.type = VGI_TYPE_INTERVAL_MONTHS},
    {.type = VGI_TYPE_INTERVAL_DAY_TIME},
    {.type = VGI_TYPE_LARGE_LIST, .n_children = 1, .children = ITEMS},
    {.type = VGI_TYPE_DENSE_UNION, .n_children = 1, .children = ITEMS, .type_codes = CODE},
    {.type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT64, .dictionary = &ITEM, .dictionary_ordered = true},
};

static const vgi_arrow_schema *schema_of(vg_arena *arena, const char *columns)
{
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    if (vg_columns_parse(arena, vgi_str(columns), &schema, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return schema;
}

static void schemas_go_out_and_come_back(void **state)
{
    static const vgi_key_value pairs[] = {{VGI_STR("key"), VGI_STR("a\0b")}, {VGI_STR(""), VGI_STR("")}};
    vg_arena arena = {0};
    vgi_arrow_schema schema = *schema_of(&arena, COLUMNS);
    const vgi_arrow_schema *copy;
    struct ArrowSchema abi;

    (void)state;
    schema.metadata = (vgi_metadata){pairs, 2};
    assert_int_equal(vg_schema_export(&schema, &abi, NULL), VGI_OK);
    assert_string_equal(abi.format, "+s");
    assert_string_equal(abi.children[3]->format, "d:10,2");
    assert_string_equal(abi.children[14]->format, "+us:0,1");
    assert_int_equal(abi.children[0]->flags, 0);
    assert_int_equal(vg_schema_import(&arena, &abi, &copy, NULL), VGI_OK);
    abi.release(&abi);
    assert_null(abi.release);
    assert_int_equal(copy->n_fields, schema.n_fields);
    for (int32_t i = 0; i < schema.n_fields; i++)
        assert_true(vg_field_equal(copy->fields[i], schema.fields[i]));
    assert_int_equal(copy->metadata.count, 2);
    assert_int_equal(copy->metadata.items[0].value.size, 3);
    assert_string_equal(vgi_metadata_get(copy->fields[8]->metadata, "ARROW:extension:name").data, "arrow.uuid");
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        const vgi_field *const field = &OTHERS[i];
        const vgi_arrow_schema one = {.n_fields = 1, .fields = &field};

        assert_int_equal(vg_schema_export(&one, &abi, NULL), VGI_OK);
        assert_int_equal(vg_schema_import(&arena, &abi, &copy, NULL), VGI_OK);
        assert_true(vg_type_equal(copy->fields[0], field));
        abi.release(&abi);
    }
    vg_arena_done(&arena);
}

static void never_released(struct ArrowSchema *schema)
{
    (void)schema;
    fail();
}

static void strange_schemas_are_refused(void **state)
{
    static const char *const formats[] = {"",    "x",   "vu",   "d:",      "d:40,2", "d:5", "w:", "w:-1", "tt",
                                          "ttx", "tsu", "+us:", "+us:200", "+w:2",   "+l",  "+m", "tdx",  "d:5,2,64"};
    const vgi_field named = {.name = {"a\0b", 3}, .type = VGI_TYPE_BOOL}, *const fields[] = {&named};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    struct ArrowSchema abi, child = {.name = "c"}, *children[] = {&child};
    struct ArrowSchema root = {.format = "+s", .n_children = 1, .children = children};
    const vgi_arrow_schema *got;
    vg_arena arena = {0};

    (void)state;
    assert_int_equal(vg_schema_export(&schema, &abi, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_schema_import(&arena, &root, &got, NULL), VGI_ERR_VALUE); /* released */
    root.release = child.release = never_released;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        child.format = formats[i];
        child.n_children = strcmp(formats[i], "+us:200") == 0;
        child.children = children; /* itself: never reached */
        if (strcmp(formats[i], "+us:") == 0)
            continue; /* a union without members is a union */
        assert_int_equal(vg_schema_import(&arena, &root, &got, NULL), VGI_ERR_NOT_IMPLEMENTED);
    }
    child = (struct ArrowSchema){.format = "b", .name = "c", .release = root.release};
    root.format = "i";
    assert_int_not_equal(vg_schema_import(&arena, &root, &got, NULL), VGI_OK);
    children[0] = &root; /* endless */
    root.format = "+s";
    assert_int_equal(vg_schema_import(&arena, &root, &got, NULL), VGI_ERR_LIMIT);
    vg_arena_done(&arena);
}

/* ---- arrays ----------------------------------------------------------------------------------------------------- */

static void fill(vgi_batch *batch)
{
    for (int i = 0; i < 5; i++) {
        vgi_column *list = vgi_out_column(batch, 1), *choice = vgi_out_column(batch, 3);

        vgi_append_i64(vgi_out_column(batch, 0), i);
        for (int k = 0; k < i; k++)
            vgi_append_string(vgi_child(list, 0), k % 2 ? "odd" : NULL);
        vgi_append_list(list);
        vgi_append_string(vgi_out_column(batch, 2), i % 2 ? "s" : NULL);
        vgi_append_i64(vgi_child(choice, 0), i);
        vgi_append_union(choice, 0);
    }
}

static const char SMALL[] = "a BIGINT, b VARCHAR[], c ENUM('s', 't'), d UNION(n INT, s TEXT)";

static void count_release(void *owner)
{
    ++*(int *)owner;
}

static void batches_go_out_and_come_back(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema = schema_of(&arena, SMALL);
    vg_builder *builder;
    vgi_batch *batch;
    struct ArrowArray abi, moved;
    int released = 0;

    (void)state;
    assert_int_equal(vg_builder_new(schema, NULL, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 8);
    fill(batch);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    assert_int_equal(vg_batch_export(batch, count_release, &released, &abi, NULL), VGI_OK);
    assert_int_equal(abi.length, 5);
    assert_ptr_equal(abi.children[0]->buffers[1], batch->columns[0].buffers[0]);
    for (int i = 0; i < 4; i++) {
        const vgi_array *view;

        assert_int_equal(vg_array_import(&arena, schema->fields[i], abi.children[i], &view, NULL), VGI_OK);
        assert_true(vg_array_equal(view, &batch->columns[i]));
    }
    moved = *abi.children[1]; /* a child may outlive its parent */
    abi.children[1]->release = NULL;
    abi.release(&abi);
    assert_int_equal(released, 0);
    assert_int_equal(moved.length, 5);
    moved.release(&moved);
    assert_int_equal(released, 1);
    vg_builder_free(builder);
    vg_arena_done(&arena);
}

static void running_out_of_memory_releases_nothing(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema = schema_of(&arena, SMALL);
    vg_builder *builder;
    vgi_batch *batch;
    int failures = 0;

    (void)state;
    assert_int_equal(vg_builder_new(schema, NULL, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 8);
    fill(batch);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    for (int n = 0; n < 40; n++) {
        struct ArrowArray array;
        struct ArrowSchema abi;
        int released = 0;

        vg_alloc_fail_after(n);
        if (vg_batch_export(batch, count_release, &released, &array, NULL) == VGI_OK)
            array.release(&array);
        else
            assert_int_equal(released, 0);
        vg_alloc_fail_after(n);
        if (vg_schema_export(schema, &abi, NULL) == VGI_OK)
            abi.release(&abi);
        else
            failures++;
        vg_alloc_fail_after(-1);
    }
    assert_in_range(failures, 5, 39);
    vg_builder_free(builder);
    vg_arena_done(&arena);
}

/* ---- import into a builder -------------------------------------------------------------------------------------- */

static void release_numbers(struct ArrowArray *array)
{
    ++*(int *)array->private_data;
    array->release = NULL;
}

static const int64_t NUMBERS[] = {1, 2, 3, 4};

static struct ArrowArray numbers(const void **buffers, int *released)
{
    buffers[0] = NULL;
    buffers[1] = NUMBERS;
    return (struct ArrowArray){.length = 3,
                               .offset = 1,
                               .n_buffers = 2,
                               .buffers = buffers,
                               .release = release_numbers,
                               .private_data = released};
}

static void an_imported_column_is_released_once(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema = schema_of(&arena, "a BIGINT");
    const void *buffers[2];
    vg_builder *builder;
    vgi_batch *batch;
    int released = 0;
    struct ArrowArray array = numbers(buffers, &released), second = array;

    (void)state;
    assert_int_equal(vg_builder_new(schema, NULL, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 0);
    vgi_column_import(vgi_out_column(batch, 0), &array);
    assert_null(array.release);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    assert_int_equal(batch->rows, 3);
    assert_ptr_equal(vgi_i64(batch, 0), NUMBERS + 1);
    assert_int_equal(released, 0);
    batch = vg_builder_begin(builder, 0);
    assert_int_equal(released, 1);
    vgi_column_import(vgi_out_column(batch, 0), &second);
    second = numbers(buffers, &released);
    vgi_column_import(vgi_out_column(batch, 0), &second); /* a mistake, and still taken */
    assert_int_equal(released, 2);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_ERR_TYPE);
    vg_builder_free(builder);
    assert_int_equal(released, 3);
    vg_arena_done(&arena);
}

static void strange_arrays_are_refused(void **state)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *schema = schema_of(&arena, "a BIGINT, b VARCHAR[], c ENUM('s')");
    const void *buffers[3];
    int released = 0;
    const vgi_array *view;
    struct ArrowArray array;

    (void)state;
    for (int mistake = 0; mistake < 9; mistake++) {
        array = numbers(buffers, &released);
        if (mistake == 0)
            array.length = -1;
        else if (mistake == 1)
            array.offset = -1;
        else if (mistake == 2)
            array.n_buffers = 1;
        else if (mistake == 3)
            array.n_children = 1;
        else if (mistake == 4)
            buffers[1] = (const uint8_t *)NUMBERS + 1;
        else if (mistake == 5)
            array.null_count = 2; /* without a bitmap */
        else if (mistake == 6)
            buffers[1] = NULL;
        else if (mistake == 7)
            array.release = NULL;
        else
            array.offset = INT64_MAX;
        assert_int_not_equal(vg_array_import(&arena, schema->fields[0], &array, &view, NULL), VGI_OK);
    }
    array = numbers(buffers, &released);
    assert_int_not_equal(vg_array_import(&arena, schema->fields[1], &array, &view, NULL), VGI_OK);
    assert_int_not_equal(vg_array_import(&arena, schema->fields[2], &array, &view, NULL), VGI_OK);
    assert_int_equal(released, 0);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_go_out_and_come_back),        cmocka_unit_test(strange_schemas_are_refused),
        cmocka_unit_test(batches_go_out_and_come_back),        cmocka_unit_test(running_out_of_memory_releases_nothing),
        cmocka_unit_test(an_imported_column_is_released_once), cmocka_unit_test(strange_arrays_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
