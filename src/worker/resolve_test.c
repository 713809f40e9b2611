/* Unit tests of resolve.c and arguments.c: from a BindRequest to a call whose arguments can be asked for. */
#include <stddef.h>
#include <stdint.h>

#include "worker/catalog_testing.h"
#include "worker/function_call.h"

#include "ipc/writer.h"

/* ---- requests ---------------------------------------------------------------------------------------------------- */

enum { MOST = 4 };

/* Arguments of one BIGINT each, as one struct column; `names` ends with NULL. */
static vgi_bytes arguments(testing *t, const char *const *names, const int64_t *values)
{
    static const vgi_field number = {.type = VGI_TYPE_INT64, .nullable = true};
    vgi_field fields[MOST], column = {.name = VGI_STR("args"), .type = VGI_TYPE_STRUCT};
    const vgi_field *children[MOST], *columns[] = {&column};
    vgi_array arrays[MOST] = {0}, all = {.field = &column, .length = 1, .children = arrays};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = columns};
    const vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = 1, .columns = &all};
    vgi_bytes bytes;

    for (int n = 0; names[n]; n++) {
        fields[n] = number;
        fields[n].name = vgi_str(names[n]);
        children[n] = &fields[n];
        arrays[n] = (vgi_array){.field = &fields[n], .length = 1, .buffers = {&values[n]}};
        column.n_children = n + 1;
    }
    column.children = children;
    all.n_children = column.n_children;
    assert_int_equal(vg_batch_encode(&t->arena, &batch, &bytes, NULL), VGI_OK);
    return bytes;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static vgi_bind_request request(testing *t, const char *name, vgi_function_type type, const char *const *names,
                                const int64_t *values)
{
    return (vgi_bind_request){.function_name = vgi_str(name),
                              .function_type = type,
                              .attach_opaque_data = t->shop,
                              .arguments = arguments(t, names, values)};
}

static vgi_status resolve(testing *t, const vgi_bind_request *wanted, vg_function_call **ret)
{
    return vg_function_call_resolve(testing_call(t, 0), wanted, ret);
}

static void refuse(testing *t, const vgi_bind_request *wanted, vgi_status status, const char *message)
{
    vg_function_call *function;

    if (resolve(t, wanted, &function) != status || !strstr(t->call.error.message, message))
        fail_msg("%d: %s", t->call.error.status, t->call.error.message);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void arguments_are_read_by_their_names(void **state)
{
    testing *t = *state;
    const int64_t values[] = {9, 3};
    vgi_bind_request wanted =
        request(t, "SERIES", VGI_FUNCTION_TYPE_TABLE, NAMES("positional_0", "named_Start"), values);
    vg_function_call *function;
    int64_t stop, start;
    double fraction;
    vgi_string text;
    bool truth;

    assert_int_equal(resolve(t, &wanted, &function), VGI_OK);
    assert_int_equal(vgi_arg_i64(&t->call, "stop", &stop), VGI_OK);
    assert_int_equal(vgi_arg_i64(&t->call, "START", &start), VGI_OK);
    assert_true(stop == 9 && start == 3);
    assert_int_equal(vgi_arg_f64(&t->call, "stop", &fraction), VGI_OK);
    assert_true(fraction == 9.0);
    assert_true(vgi_arg_given(&t->call, "start") && vgi_arg_count(&t->call, "start") == 1);
    assert_false(vgi_arg_is_null(&t->call, "start"));
    assert_int_equal(vgi_output_schema(&t->call)->n_fields, 1);
    assert_true(vgi_wanted(&t->call, 0) && !vgi_wanted(&t->call, 1) && !vgi_wanted(&t->call, -1));

    assert_int_equal(vgi_arg_text(&t->call, "stop", &text), VGI_ERR_TYPE);
    assert_string_equal(t->call.error.message, "argument stop is int64, and was asked for as text");
    vg_call_forgive(&t->call);
    assert_int_equal(vgi_arg_bool(&t->call, "stop", &truth), VGI_ERR_TYPE);
    vg_call_forgive(&t->call);
    assert_int_equal(vgi_arg_i64(&t->call, "nothing", &stop), VGI_ERR_NOT_FOUND);
    assert_null(vgi_arg_array(&t->call, "stop", 1));
    assert_null(vgi_arg_array(&t->call, "stop", -1));
}

static void defaults_stand_in(void **state)
{
    testing *t = *state;
    const int64_t values[] = {9};
    vgi_bind_request wanted = request(t, "series", VGI_FUNCTION_TYPE_TABLE, NAMES("positional_0"), values);
    vg_function_call *function;
    int64_t start;

    assert_int_equal(resolve(t, &wanted, &function), VGI_OK);
    assert_int_equal(vgi_arg_i64(&t->call, "start", &start), VGI_OK);
    assert_int_equal(start, 7);
    assert_false(vgi_arg_given(&t->call, "start"));
}

static void arguments_that_are_none_are_refused(void **state)
{
    testing *t = *state;
    const int64_t values[] = {1, 2, 3};
    const char *const *const WRONG[] = {
        NAMES("positional_1"),
        NAMES("positional_0", "positional_0"),
        NAMES("positional_"),
        NAMES("positional_x"),
        NAMES("positional_0000000"),
        NAMES("named_"),
        NAMES("stop"),
        NAMES("positional_-0"),
    };

    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        vgi_bind_request wanted = request(t, "series", VGI_FUNCTION_TYPE_TABLE, WRONG[i], values);

        refuse(t, &wanted, VGI_ERR_PROTOCOL, "argument");
    }
    refuse(t,
           &(vgi_bind_request){.function_name = vgi_str("series"),
                               .function_type = VGI_FUNCTION_TYPE_TABLE,
                               .attach_opaque_data = t->shop,
                               .arguments = {(const uint8_t *)"\xff\xff\xff\xff\x08", 5}},
           VGI_ERR_PROTOCOL, "");
}

static void functions_that_are_none_are_refused(void **state)
{
    testing *t = *state;
    const int64_t values[] = {1};
    vgi_bind_request wanted = request(t, "no_such", VGI_FUNCTION_TYPE_TABLE, NAMES("positional_0"), values);

    refuse(t, &wanted, VGI_ERR_NOT_FOUND, "schema main has no table function no_such");
    wanted.function_name = vgi_str("series");
    wanted.function_type = VGI_FUNCTION_TYPE_SCALAR;
    refuse(t, &wanted, VGI_ERR_NOT_FOUND, "schema main has no scalar function series");
    wanted.function_type = VGI_FUNCTION_TYPE_AGGREGATE;
    refuse(t, &wanted, VGI_ERR_NOT_IMPLEMENTED, "scalar and table functions only");
    wanted.function_type = VGI_FUNCTION_TYPE_TABLE;
    wanted.schema_path = testing_path(t, "no_such");
    refuse(t, &wanted, VGI_ERR_NOT_FOUND, "catalog shop has no schema of that path");
    wanted.schema_path = testing_path(t, "EMPTY");
    refuse(t, &wanted, VGI_ERR_NOT_FOUND, "schema Empty has no table function series");
}

/* The column of `twice` must be what its map reads; an argument of `same` may be anything, and bind decides. */
static void columns_are_checked(void **state)
{
    testing *t = *state;
    vgi_bind_request wanted = request(t, "twice", VGI_FUNCTION_TYPE_SCALAR, NAMES(NULL), NULL);
    vgi_field x = {.name = VGI_STR("x"), .type = VGI_TYPE_UTF8, .nullable = true};
    const vgi_field *const fields[] = {&x};
    const vgi_arrow_schema schema = {.n_fields = 1, .fields = fields};
    vg_function_call *function;

    refuse(t, &wanted, VGI_ERR_TYPE, "and 0 column(s)");
    assert_int_equal(vg_schema_encode(&t->arena, &schema, &wanted.input_schema, NULL), VGI_OK);
    refuse(t, &wanted, VGI_ERR_RUNTIME, "Argument 'x': column type VARCHAR does not match any of: BIGINT");
    wanted.function_name = vgi_str("same");
    assert_int_equal(resolve(t, &wanted, &function), VGI_OK);
    assert_int_equal(function->output->fields[0]->type, VGI_TYPE_INT64);
    assert_int_equal(vgi_input_schema(&t->call)->fields[0]->type, VGI_TYPE_UTF8);
    assert_int_equal(vgi_bind_result(&t->call, "BIGINT"), VGI_ERR_RUNTIME); /* bind is over */
}

/* Outside of any function there is nothing to ask for. */
static void nothing_is_there_without_a_function(void **state)
{
    testing *t = *state;
    vgi_call *call = testing_call(t, 0);
    int64_t number;

    assert_int_equal(vgi_arg_i64(call, "a", &number), VGI_ERR_NOT_FOUND);
    assert_null(vgi_cursor(call));
    assert_null(vgi_local(call));
    assert_null(vgi_at_unit(call).data);
    assert_null(vgi_at_value(call).data);
    assert_int_equal(vgi_input_schema(call)->n_fields, 0);
    assert_int_equal(vgi_output_schema(call)->n_fields, 0);
    assert_false(vgi_wanted(call, 0) || vgi_arg_given(call, "a"));
    assert_true(vgi_arg_is_null(call, "a"));
    assert_int_equal(vgi_arg_count(call, "a"), 0);
    vgi_set_batch_rows(call, 5);
    assert_int_equal(vgi_bind_column(call, "n", "BIGINT"), VGI_ERR_RUNTIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(arguments_are_read_by_their_names),
        TESTING_TEST(defaults_stand_in),
        TESTING_TEST(arguments_that_are_none_are_refused),
        TESTING_TEST(functions_that_are_none_are_refused),
        TESTING_TEST(columns_are_checked),
        TESTING_TEST(nothing_is_there_without_a_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
