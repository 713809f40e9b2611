/* Unit tests of building: build.c, column.c, append.c, direct.c, nested.c, lookup.c, read back through view.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "arrow/bits.h"
#include "arrow/column.h"
#include "arrow/type.h"
#include "base/alloc.h"

#define FIELD(symbol, text, ...) static const vgi_field symbol = {.name = VGI_STR(text), __VA_ARGS__}

FIELD(N, "n", .type = VGI_TYPE_INT64, .nullable = true);
FIELD(S, "s", .type = VGI_TYPE_UTF8, .nullable = true);
FIELD(TINY, "tiny", .type = VGI_TYPE_INT8, .nullable = true);
FIELD(FLAG, "flag", .type = VGI_TYPE_BOOL, .nullable = true);
FIELD(MUST, "must", .type = VGI_TYPE_UTF8);
FIELD(NOTHING, "nothing", .type = VGI_TYPE_NULL, .nullable = true);
static const vgi_field *const N_ONLY[] = {&N}, *const N_AND_S[] = {&N, &S};
FIELD(LIST, "list", .type = VGI_TYPE_LIST, .nullable = true, .n_children = 1, .children = N_ONLY);
FIELD(PAIR, "pair", .type = VGI_TYPE_FIXED_SIZE_LIST, .fixed_size = 2, .nullable = true, .n_children = 1,
      .children = N_ONLY);
FIELD(ROW, "row", .type = VGI_TYPE_STRUCT, .nullable = true, .n_children = 2, .children = N_AND_S);
FIELD(SPARSE, "sparse", .type = VGI_TYPE_SPARSE_UNION, .nullable = true, .n_children = 2, .children = N_AND_S);
FIELD(DENSE, "dense", .type = VGI_TYPE_DENSE_UNION, .nullable = true, .n_children = 2, .children = N_AND_S);
static const vgi_key_value MOODS[] = {{VGI_STR(VG_ENUM_VALUE), VGI_STR("sad")},
                                      {VGI_STR(VG_ENUM_VALUE), VGI_STR("ok")}};
FIELD(OPEN_VALUES, "", .type = VGI_TYPE_UTF8, .nullable = true);
FIELD(CLOSED_VALUES, "", .type = VGI_TYPE_UTF8, .nullable = true, .metadata = {MOODS, 2});
FIELD(WORD, "word", .type = VGI_TYPE_DICTIONARY, .nullable = true, .index_type = VGI_TYPE_INT8,
      .dictionary = &OPEN_VALUES);
FIELD(MOOD, "mood", .type = VGI_TYPE_DICTIONARY, .nullable = true, .index_type = VGI_TYPE_UINT8,
      .dictionary = &CLOSED_VALUES);

/* A builder of one column, and the column at the start of a batch. */
typedef struct one {
    const vgi_field *fields[1];
    vgi_arrow_schema schema;
    vgi_error err;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_column *column;
} one;

static void begin(one *o, int64_t capacity)
{
    o->batch = vg_builder_begin(o->builder, capacity);
    assert_non_null(o->batch);
    o->column = vgi_out_column(o->batch, 0);
}

static void one_new(one *o, const vgi_field *field, int64_t capacity)
{
    memset(o, 0, sizeof *o);
    o->fields[0] = field;
    o->schema = (vgi_arrow_schema){.n_fields = 1, .fields = o->fields};
    assert_int_equal(vg_builder_new(&o->schema, &o->err, &o->builder), VGI_OK);
    begin(o, capacity);
}

static void one_free(one *o)
{
    vg_builder_free(o->builder);
}

static const vgi_array *finish(one *o)
{
    vgi_status status = vg_builder_finish(o->builder, NULL);

    if (status != VGI_OK)
        fail_msg("%s", o->err.message);
    return &o->batch->columns[0];
}

/* The batch must fail, with a message that holds `words`. */
static void finish_fails(one *o, vgi_status status, const char *words)
{
    vgi_error err = {0};

    assert_int_equal(vg_builder_finish(o->builder, &err), status);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
    assert_string_equal(o->err.message, err.message);
    vgi_error_clear(&o->err);
}

static void text_is(const vgi_array *array, int64_t i, const char *expected)
{
    const vgi_string text = vgi_array_text(array, i);

    if (!expected) {
        assert_null(text.data);
        return;
    }
    assert_non_null(text.data);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

/* ---- direct arrays ---------------------------------------------------------------------------------------------- */

static void direct_arrays_are_aligned_and_kept(void **state)
{
    one o;
    int64_t *values;
    const vgi_array *array;

    (void)state;
    one_new(&o, &N, 100);
    values = vgi_out_i64(o.column);
    assert_int_equal((uintptr_t)values % 64, 0);
    while (o.batch->rows < o.batch->capacity) {
        values[o.batch->rows] = o.batch->rows;
        o.batch->rows++;
    }
    array = finish(&o);
    assert_int_equal(array->length, 100);
    assert_int_equal(array->null_count, 0);
    assert_null(array->validity);
    assert_int_equal(vgi_i64(o.batch, 0)[99], 99);
    begin(&o, 100);
    assert_ptr_equal(vgi_out_i64(o.column), values);
    vgi_set_null(o.column, 3);
    vgi_set_null(o.column, 3);
    vgi_set_null(o.column, 9);
    o.batch->rows = 5;
    array = finish(&o);
    assert_int_equal(array->null_count, 1);
    assert_true(vgi_is_null(o.batch, 0, 3));
    assert_false(vgi_is_null(o.batch, 0, 4));
    one_free(&o);
}

static void direct_mistakes_are_sticky(void **state)
{
    one o;

    (void)state;
    one_new(&o, &S, 10);
    vgi_out_i64(o.column)[9] = 1; /* scratch */
    finish_fails(&o, VGI_ERR_TYPE, "column 's': vgi_out_i64 does not fit its type utf8");
    begin(&o, 10);
    vgi_set_null(o.column, 0);
    finish_fails(&o, VGI_ERR_TYPE, "append a NULL");
    one_free(&o);

    one_new(&o, &N, 10);
    vgi_append_i64(o.column, 1);
    vgi_out_i64(o.column)[9] = 1;
    finish_fails(&o, VGI_ERR_TYPE, "after values were appended");
    begin(&o, 10);
    (void)vgi_out_i64(o.column);
    vgi_append_i64(o.column, 1);
    finish_fails(&o, VGI_ERR_TYPE, "cannot be appended");
    begin(&o, 10);
    (void)vgi_out_i64(o.column);
    vgi_set_null(o.column, 10);
    finish_fails(&o, VGI_ERR_VALUE, "room for 10");
    begin(&o, 10);
    (void)vgi_out_i64(o.column);
    o.batch->rows = 11;
    finish_fails(&o, VGI_ERR_VALUE, "room for 10");
    begin(&o, 10);
    o.batch->rows = 2;
    finish_fails(&o, VGI_ERR_VALUE, "got 0 values, but the batch has 2 rows");
    begin(&o, 10);
    (void)vgi_out_column(o.batch, 1);
    finish_fails(&o, VGI_ERR_TYPE, "output column 1");
    one_free(&o);
}

/* ---- appending -------------------------------------------------------------------------------------------------- */

static void appended_values_come_back(void **state)
{
    one o;
    const vgi_array *array;

    (void)state;
    one_new(&o, &S, 0);
    vgi_append_string(o.column, "one");
    vgi_append_text(o.column, "a\0b", 3);
    vgi_append_string(o.column, NULL);
    vgi_append_text(o.column, NULL, 0);
    assert_int_equal(vgi_column_length(o.column), 4);
    array = finish(&o);
    assert_int_equal(o.batch->rows, 4);
    assert_int_equal(array->null_count, 1);
    text_is(array, 0, "one");
    assert_int_equal(vgi_array_text(array, 1).size, 3);
    text_is(array, 2, NULL);
    text_is(array, 3, "");
    begin(&o, 0);
    array = finish(&o);
    assert_int_equal(array->length, 0);
    assert_int_equal(((const int32_t *)array->buffers[0])[0], 0);
    one_free(&o);

    one_new(&o, &FLAG, 0);
    for (int i = 0; i < 20; i++)
        vgi_append_bool(o.column, i % 3 == 0);
    vgi_append_null(o.column);
    array = finish(&o);
    for (int i = 0; i < 20; i++)
        assert_int_equal(vgi_array_bool(array, i), i % 3 == 0);
    assert_true(vgi_array_is_null(array, 20));
    one_free(&o);

    one_new(&o, &NOTHING, 0);
    o.batch->rows = 3;
    array = finish(&o);
    assert_int_equal(array->length, 3);
    assert_int_equal(array->null_count, 3);
    one_free(&o);
}

static void values_outside_the_type_are_refused(void **state)
{
    one o;

    (void)state;
    one_new(&o, &TINY, 4);
    vgi_append_i64(o.column, -128);
    vgi_append_u64(o.column, 127);
    assert_int_equal(vgi_array_i64(finish(&o), 0), -128);
    begin(&o, 4);
    vgi_append_i64(o.column, 128);
    finish_fails(&o, VGI_ERR_VALUE, "column 'tiny': 128 is outside the range of int8");
    begin(&o, 4);
    vgi_append_u64(o.column, UINT64_MAX);
    finish_fails(&o, VGI_ERR_VALUE, "outside the range");
    begin(&o, 4);
    vgi_append_f64(o.column, 1);
    finish_fails(&o, VGI_ERR_TYPE, "vgi_append_f64");
    begin(&o, 4);
    vgi_append_blob(o.column, "x", 1);
    finish_fails(&o, VGI_ERR_TYPE, "vgi_append_blob");
    begin(&o, 4);
    vgi_append_list(o.column);
    finish_fails(&o, VGI_ERR_TYPE, "vgi_append_list");
    begin(&o, 4);
    vgi_append_string(vgi_child(o.column, 0), "nowhere");
    finish_fails(&o, VGI_ERR_TYPE, "no child 0");
    one_free(&o);

    one_new(&o, &MUST, 4);
    vgi_append_text(o.column, "\xff", 1);
    finish_fails(&o, VGI_ERR_VALUE, "not UTF-8");
    begin(&o, 4);
    vgi_append_null(o.column);
    finish_fails(&o, VGI_ERR_VALUE, "column 'must': is NOT NULL");
    one_free(&o);
}

static void a_loop_over_the_length_ends_after_an_error(void **state)
{
    one o;

    (void)state;
    one_new(&o, &TINY, 4);
    while (vgi_column_length(o.column) < 10)
        vgi_append_i64(o.column, 1000);
    finish_fails(&o, VGI_ERR_VALUE, "1000");
    one_free(&o);
}

/* ---- visible rows ----------------------------------------------------------------------------------------------- */

static void appended_values_fill_the_visible_rows(void **state)
{
    const uint8_t visible[] = {0x00, 0x52, 0x01}; /* rows 9, 12, 14, 16 of 20 */
    one o;
    const vgi_array *array;

    (void)state;
    one_new(&o, &S, 20);
    o.batch->rows = 20;
    vg_batch_show(o.batch, visible);
    for (int i = 0; i < 4; i++)
        vgi_append_text(o.column, "abcd" + i, 1);
    assert_int_equal(vgi_column_length(o.column), 4);
    array = finish(&o);
    assert_int_equal(array->length, 20);
    assert_int_equal(array->null_count, 16);
    text_is(array, 8, NULL);
    text_is(array, 9, "a");
    text_is(array, 12, "b");
    text_is(array, 14, "c");
    text_is(array, 16, "d");
    text_is(array, 19, NULL);
    begin(&o, 20);
    o.batch->rows = 20;
    vg_batch_show(o.batch, visible);
    for (int i = 0; i < 5; i++)
        vgi_append_text(o.column, "x", 1);
    finish_fails(&o, VGI_ERR_VALUE, "more values than");
    begin(&o, 20);
    o.batch->rows = 20;
    vg_batch_show(o.batch, visible);
    vgi_append_text(o.column, "x", 1);
    finish_fails(&o, VGI_ERR_VALUE, "batch has 20 rows");
    one_free(&o);
}

static void nested_values_fill_the_visible_rows(void **state)
{
    const uint8_t visible[] = {0x06}; /* rows 1 and 2 of 5 */
    int64_t first, end;
    one o;
    const vgi_array *array;

    (void)state;
    one_new(&o, &LIST, 5);
    o.batch->rows = 5;
    vg_batch_show(o.batch, visible);
    for (int i = 0; i < 2; i++) {
        vgi_append_i64(vgi_child(o.column, 0), i);
        vgi_append_i64(vgi_child(o.column, 0), i + 10);
        vgi_append_list(o.column);
    }
    array = finish(&o);
    assert_true(vgi_array_is_null(array, 0));
    vgi_array_items(array, 2, &first, &end);
    assert_int_equal(first, 2);
    assert_int_equal(end, 4);
    assert_int_equal(vgi_array_i64(&array->children[0], 3), 11);
    assert_true(vgi_array_is_null(array, 4));
    one_free(&o);

    one_new(&o, &ROW, 5);
    o.batch->rows = 5;
    vg_batch_show(o.batch, visible);
    for (int i = 0; i < 2; i++) {
        vgi_append_i64(vgi_child(o.column, 0), i);
        vgi_append_string(vgi_child(o.column, 1), "x");
        vgi_append_struct(o.column);
    }
    array = finish(&o);
    assert_int_equal(array->null_count, 3);
    assert_int_equal(vgi_array_i64(&array->children[0], 2), 1);
    assert_true(vgi_array_is_null(&array->children[0], 0));
    one_free(&o);
}

static void invisible_rows_of_written_columns_are_null(void **state)
{
    const uint8_t visible[] = {0x06};
    const int64_t numbers[] = {9, 1, 2, 3, 4, 5};
    const vgi_array borrowed = {.field = &N, .length = 5, .offset = 1, .buffers = {numbers, NULL}};
    one o;
    const vgi_array *array;

    (void)state;
    one_new(&o, &N, 5);
    o.batch->rows = 5;
    vg_batch_show(o.batch, visible);
    (void)vgi_out_i64(o.column);
    array = finish(&o);
    assert_ptr_equal(array->validity, visible);
    assert_int_equal(array->null_count, 3);
    begin(&o, 5);
    o.batch->rows = 5;
    vg_batch_show(o.batch, visible);
    (void)vgi_out_i64(o.column);
    vgi_set_null(o.column, 1);
    array = finish(&o);
    assert_int_equal(array->null_count, 4);
    assert_int_equal(visible[0], 0x06);
    begin(&o, 5);
    vg_batch_show(o.batch, visible);
    vgi_column_borrow(o.column, &borrowed);
    array = finish(&o);
    assert_int_equal(o.batch->rows, 5);
    assert_int_equal(array->null_count, 3);
    assert_true(vgi_array_is_null(array, 0));
    assert_int_equal(vgi_array_i64(array, 1), 2);
    assert_int_equal(vgi_i64(o.batch, 0)[2], 3);
    one_free(&o);
}

/* ---- nested ----------------------------------------------------------------------------------------------------- */

static void nested_mistakes_are_sticky(void **state)
{
    one o;

    (void)state;
    one_new(&o, &LIST, 4);
    vgi_append_i64(vgi_child(o.column, 0), 1);
    finish_fails(&o, VGI_ERR_VALUE, "'n' has 1 values, of which 0 belong");
    begin(&o, 4);
    vgi_append_i64(vgi_child(o.column, 0), 1);
    vgi_append_null(o.column);
    finish_fails(&o, VGI_ERR_VALUE, "column 'list'");
    begin(&o, 4);
    vgi_append_string(vgi_child(o.column, 0), "x");
    finish_fails(&o, VGI_ERR_TYPE, "column 'list.n': vgi_append_text does not fit");
    one_free(&o);

    one_new(&o, &ROW, 4);
    vgi_append_i64(vgi_child(o.column, 0), 1);
    vgi_append_struct(o.column);
    finish_fails(&o, VGI_ERR_VALUE, "member 's' of a value was appended to 0 times");
    one_free(&o);

    one_new(&o, &PAIR, 4);
    vgi_append_i64(vgi_child(o.column, 0), 1);
    vgi_append_list(o.column);
    finish_fails(&o, VGI_ERR_VALUE, "1 items where 2 belong");
    begin(&o, 4);
    vgi_append_null(o.column);
    vgi_append_i64(vgi_child(o.column, 0), 1);
    vgi_append_i64(vgi_child(o.column, 0), 2);
    vgi_append_list(o.column);
    assert_int_equal(finish(&o)->children[0].length, 4);
    one_free(&o);
}

static void unions_take_one_member_a_value(void **state)
{
    const vgi_field *const kinds[] = {&SPARSE, &DENSE};

    (void)state;
    for (int k = 0; k < 2; k++) {
        one o;
        const vgi_array *array;

        one_new(&o, kinds[k], 4);
        vgi_append_i64(vgi_child(o.column, 0), 7);
        vgi_append_union(o.column, 0);
        vgi_append_string(vgi_child(o.column, 1), "seven");
        vgi_append_union(o.column, 1);
        vgi_append_null(o.column);
        array = finish(&o);
        assert_int_equal(array->length, 3);
        assert_null(array->validity);
        assert_int_equal(array->children[1].length, k ? 1 : 3);
        assert_false(vgi_array_is_null(array, 1));
        assert_true(vgi_array_is_null(array, 2));
        begin(&o, 4);
        vgi_append_i64(vgi_child(o.column, 0), 7);
        vgi_append_union(o.column, 1);
        finish_fails(&o, VGI_ERR_VALUE, "only the member 's'");
        begin(&o, 4);
        vgi_append_union(o.column, 2);
        finish_fails(&o, VGI_ERR_TYPE, "vgi_append_union");
        one_free(&o);
    }
}

static void values_are_copied_with_all_their_parts(void **state)
{
    const vgi_field *const fields[] = {&LIST, &PAIR, &ROW, &SPARSE, &DENSE};

    (void)state;
    for (int k = 0; k < 5; k++) {
        one from, to;
        const vgi_array *array, *copy;
        const bool is_union = k >= 3;

        one_new(&from, fields[k], 0);
        one_new(&to, fields[k], 0);
        vgi_append_i64(vgi_child(from.column, 0), 1);
        if (k == 1)
            vgi_append_i64(vgi_child(from.column, 0), 2);
        if (k == 2)
            vgi_append_string(vgi_child(from.column, 1), "x");
        if (k < 2)
            vgi_append_list(from.column);
        else if (k == 2)
            vgi_append_struct(from.column);
        else
            vgi_append_union(from.column, 0);
        vgi_append_null(from.column);
        array = finish(&from);
        vgi_append_value(to.column, array, 1);
        vgi_append_value(to.column, array, 0);
        copy = finish(&to);
        assert_true(vgi_array_is_null(copy, 0));
        assert_false(vgi_array_is_null(copy, 1));
        assert_int_equal(copy->null_count, is_union ? 0 : 1);
        begin(&to, 0);
        vgi_append_value(to.column, array, 2);
        finish_fails(&to, VGI_ERR_VALUE, "outside the array");
        begin(&to, 0);
        vgi_append_value(to.column, &array->children[0], 0);
        finish_fails(&to, VGI_ERR_TYPE, "type is another (int64)");
        one_free(&from);
        one_free(&to);
    }
}

/* ---- dictionaries ----------------------------------------------------------------------------------------------- */

static void dictionaries_number_their_values(void **state)
{
    one o;
    const vgi_array *array;
    char text[8];

    (void)state;
    one_new(&o, &WORD, 0);
    for (int i = 0; i < 100; i++)
        vgi_append_text(o.column, i % 3 ? "odd" : "even", i % 3 ? 3 : 4);
    vgi_append_null(o.column);
    array = finish(&o);
    assert_int_equal(array->dictionary->length, 2);
    text_is(array, 0, "even");
    text_is(array, 99, "even");
    text_is(array, 98, "odd");
    text_is(array, 100, NULL);
    begin(&o, 0);
    vgi_append_string(o.column, "odd");
    array = finish(&o);
    assert_int_equal(array->dictionary->length, 2); /* kept, so that it need not be sent again */
    assert_int_equal(((const int8_t *)array->buffers[0])[0], 1);
    begin(&o, 0);
    for (int i = 0; i < 126; i++)
        vgi_append_text(o.column, text, (size_t)snprintf(text, sizeof text, "%d", i));
    assert_int_equal(finish(&o)->dictionary->length, 128);
    begin(&o, 0); /* full: starts anew */
    for (int i = 0; i < 129; i++)
        vgi_append_text(o.column, text, (size_t)snprintf(text, sizeof text, "%d", i));
    finish_fails(&o, VGI_ERR_LIMIT, "more distinct values than its index type int8");
    begin(&o, 0);
    vgi_append_string(o.column, "again");
    text_is(finish(&o), 0, "again");
    one_free(&o);
}

static void an_enum_knows_its_values(void **state)
{
    one o;
    const vgi_array *array;

    (void)state;
    one_new(&o, &MOOD, 0);
    vgi_append_string(o.column, "ok");
    array = finish(&o);
    assert_int_equal(array->dictionary->length, 2);
    assert_int_equal(((const uint8_t *)array->buffers[0])[0], 1);
    begin(&o, 0);
    vgi_append_string(o.column, "happy");
    finish_fails(&o, VGI_ERR_VALUE, "'happy' is not one of the values");
    begin(&o, 0);
    vgi_append_string(o.column, "sad");
    text_is(finish(&o), 0, "sad");
    one_free(&o);
}

/* ---- projection, metadata, memory ------------------------------------------------------------------------------- */

static void columns_not_asked_for_take_anything(void **state)
{
    static const int32_t positions[] = {-1, 1, -1};
    const vgi_arrow_schema schema = {.n_fields = 2, .fields = N_AND_S};
    vgi_error err = {0};
    vg_builder *builder;
    vgi_batch *batch;

    (void)state;
    assert_int_equal(vg_builder_new(&schema, &err, &builder), VGI_OK);
    batch = vg_builder_begin(builder, 8);
    assert_int_equal(vg_batch_project(batch, (const int32_t[]){2}, 1, NULL), VGI_ERR_VALUE);
    assert_int_equal(vg_batch_project(batch, positions, 3, &err), VGI_OK);
    vgi_out_f64(vgi_out_column(batch, 0))[7] = 1;
    vgi_append_string(vgi_out_column(batch, 1), "kept");
    vgi_append_i64(vgi_child(vgi_child(vgi_out_column(batch, 2), 4), 1), 1);
    vgi_append_list(vgi_out_column(batch, 2));
    assert_int_equal(vgi_column_length(vgi_out_column(batch, 2)), 1);
    vgi_set_null(vgi_out_column(batch, 2), 77);
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_ERR_VALUE); /* column n was left out */
    vgi_error_clear(&err);
    batch = vg_builder_begin(builder, 8);
    vgi_append_string(vgi_out_column(batch, 1), "kept");
    assert_int_equal(vg_batch_project(batch, (const int32_t[]){-1, 1, 0}, 3, &err), VGI_OK);
    vgi_out_i64(vgi_out_column(batch, 2))[0] = 5;
    batch->rows = 1;
    assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
    assert_int_equal(vgi_i64(batch, 0)[0], 5);
    vg_builder_free(builder);
}

static void a_column_may_stand_twice(void **state)
{
    static const vgi_field *const FIELDS[] = {&N, &S, &N};
    static const int32_t positions[] = {1, 0};
    static const int32_t source[] = {-1, -1, 0};
    const vgi_arrow_schema schema = {.n_fields = 3, .fields = FIELDS};
    vgi_error err = {0};
    vg_builder *builder;
    vgi_batch *batch;

    (void)state;
    assert_int_equal(vg_builder_new(&schema, &err, &builder), VGI_OK);
    for (int i = 0; i < 2; i++) { /* kept for later batches */
        batch = vg_builder_begin(builder, 8);
        vg_batch_repeat(batch, source, 3);
        assert_int_equal(vg_batch_project(batch, positions, 2, &err), VGI_OK);
        vgi_append_string(vgi_out_column(batch, 0), "s");
        vgi_append_i64(vgi_out_column(batch, 1), 5 + i);
        assert_int_equal(vg_batch_settle(batch, &err), VGI_OK);
        assert_int_equal(vg_builder_finish(builder, &err), VGI_OK);
        assert_int_equal(batch->rows, 1);
        assert_int_equal(vgi_i64(batch, 0)[0], 5 + i);
        assert_int_equal(vgi_i64(batch, 2)[0], 5 + i);
    }
    vg_builder_free(builder);
}

static void metadata_travels_with_one_batch(void **state)
{
    one o;

    (void)state;
    one_new(&o, &N, 0);
    vgi_out_metadata(o.batch, "a", "1\0", 2);
    vgi_out_metadata(o.batch, "b", NULL, 0);
    (void)finish(&o);
    assert_int_equal(o.batch->metadata.count, 2);
    assert_int_equal(vgi_metadata_get(o.batch->metadata, "a").size, 2);
    assert_int_equal(vgi_metadata_get(o.batch->metadata, "b").size, 0);
    begin(&o, 0);
    assert_int_equal(o.batch->metadata.count, 0);
    one_free(&o);
}

static void fill_row(one *o, int64_t i)
{
    vgi_append_i64(vgi_child(o->column, 0), i);
    vgi_append_string(vgi_child(o->column, 1), i % 3 ? "text" : NULL);
    vgi_append_struct(o->column);
}

static void the_steady_state_allocates_nothing(void **state)
{
    one o;
    uint64_t before = 0;

    (void)state;
    one_new(&o, &ROW, 100);
    for (int round = 0; round < 10; round++) {
        if (round == 3)
            before = vg_alloc_count();
        begin(&o, 100);
        vgi_out_metadata(o.batch, "key", "value", 5);
        for (int i = 0; i < 100; i++)
            fill_row(&o, i);
        (void)finish(&o);
    }
    assert_int_equal(vg_alloc_count(), before);
    one_free(&o);
}

static void a_projection_of_every_batch_takes_memory_once(void **state)
{
    static const int32_t positions[] = {-1, 1, -1, 0};
    const vgi_arrow_schema schema = {.n_fields = 2, .fields = N_AND_S};
    vgi_error err = {0};
    vg_builder *builder;
    size_t before = 0;

    (void)state;
    assert_int_equal(vg_builder_new(&schema, &err, &builder), VGI_OK);
    for (int round = 0; round < 10; round++) {
        vgi_batch *batch = vg_builder_begin(builder, 8);
        assert_int_equal(vg_batch_project(batch, positions, 4, &err), VGI_OK);
        vgi_append_i64(vgi_out_column(batch, 0), round);
        vgi_append_i64(vgi_out_column(batch, 3), round);
        vgi_append_string(vgi_out_column(batch, 1), "kept");
        assert_int_equal(vgi_column_length(vgi_out_column(batch, 0)), 1);
        assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
        assert_int_equal(vgi_i64(batch, 0)[0], round);
        if (round == 0)
            before = builder->arena.total;
        assert_int_equal(builder->arena.total, before);
    }
    vg_builder_free(builder);
}

static void running_out_of_memory_is_an_error(void **state)
{
    (void)state;
    for (int n = 0; n < 40; n++) {
        const vgi_field *const fields[] = {&ROW, &WORD};
        const vgi_arrow_schema schema = {.n_fields = 2, .fields = fields};
        vgi_error err = {0};
        vg_builder *builder = NULL;
        vgi_batch *batch;
        vgi_status status;

        vg_alloc_fail_after(n);
        status = vg_builder_new(&schema, &err, &builder);
        batch = status == VGI_OK ? vg_builder_begin(builder, 10) : NULL;
        for (int i = 0; batch && i < 500; i++) {
            vgi_column *row = vgi_out_column(batch, 0);
            char text[8] = {(char)('a' + i % 26), (char)('a' + i / 26 % 4), 0};
            vgi_append_i64(vgi_child(row, 0), i);
            vgi_append_string(vgi_child(row, 1), i % 2 ? "some text" : NULL);
            vgi_append_struct(row);
            vgi_append_string(vgi_out_column(batch, 1), text);
        }
        status = batch ? vg_builder_finish(builder, &err) : VGI_ERR_MEMORY;
        vg_alloc_fail_after(-1);
        if (status != VGI_OK)
            assert_int_equal(status, VGI_ERR_MEMORY);
        if (batch) { /* the builder is usable again */
            batch = vg_builder_begin(builder, 1);
            fill_row(&(one){.column = vgi_out_column(batch, 0)}, 1);
            vgi_append_string(vgi_out_column(batch, 1), "b");
            assert_int_equal(vg_builder_finish(builder, NULL), VGI_OK);
            text_is(&batch->columns[1], 0, "b");
        }
        vg_builder_free(builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_arrays_are_aligned_and_kept),
        cmocka_unit_test(direct_mistakes_are_sticky),
        cmocka_unit_test(appended_values_come_back),
        cmocka_unit_test(values_outside_the_type_are_refused),
        cmocka_unit_test(a_loop_over_the_length_ends_after_an_error),
        cmocka_unit_test(appended_values_fill_the_visible_rows),
        cmocka_unit_test(nested_values_fill_the_visible_rows),
        cmocka_unit_test(invisible_rows_of_written_columns_are_null),
        cmocka_unit_test(nested_mistakes_are_sticky),
        cmocka_unit_test(unions_take_one_member_a_value),
        cmocka_unit_test(values_are_copied_with_all_their_parts),
        cmocka_unit_test(dictionaries_number_their_values),
        cmocka_unit_test(an_enum_knows_its_values),
        cmocka_unit_test(columns_not_asked_for_take_anything),
        cmocka_unit_test(a_column_may_stand_twice),
        cmocka_unit_test(metadata_travels_with_one_batch),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(a_projection_of_every_batch_takes_memory_once),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
