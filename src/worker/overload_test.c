/* Unit tests of overload.c: which of a name's overloads a call means, and what is said where it means none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "worker/function_call.h"

enum { MOST = 8 };

static vg_arena arena;

/* A schema of the functions with these signatures. */
typedef struct offer {
    vg_function functions[MOST];
    vg_schema_entry schema;
} offer;

static void make(offer *o, vg_function_kind kind, const char *const *signatures)
{
    *o = (offer){.schema = {.name = VGI_STR("main"), .functions = o->functions}};
    for (; *signatures; signatures++) {
        vg_function *f = &o->functions[o->schema.n_functions++];
        vgi_error err = {0};

        f->kind = kind;
        if (vg_signature_parse(&arena, vgi_str(*signatures), NULL, f, &err) != VGI_OK)
            fail_msg("%s", err.message);
    }
}

#define SIGNATURES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const vgi_arrow_schema *columns_of(const char *types)
{
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    if (!types)
        return vg_arena_alloc(&arena, sizeof *schema);
    if (vg_columns_parse(&arena, vgi_str(types), &schema, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return schema;
}

/* The place of the overload among the signatures that such a call means; -1: refused. `input` and `constant`: "a
 * BIGINT, b VARCHAR", NULL for none; `named`: the name of one more argument, or NULL. */
static int choose(offer *o, vg_function_kind kind, const char *input, const char *constant, const char *named,
                  vgi_call *call)
{
    const vgi_arrow_schema *constants = columns_of(constant);
    const vgi_string name = vgi_str(named);
    const vg_function *chosen;
    vgi_array values[MOST] = {0};

    *call = (vgi_call){.arena = &arena, .turn_arena = &arena};
    for (int32_t i = 0; i < constants->n_fields; i++)
        values[i].field = constants->fields[i];
    if (vg_overload_choose(call, &o->schema, kind == VG_FUNCTION_SCALAR, vgi_str("F"), values, constants->n_fields,
                           &name, named != NULL, columns_of(input), &chosen) != VGI_OK)
        return -1;
    return (int)(chosen - o->functions);
}

static void the_types_decide(void **state)
{
    vgi_call call;
    offer o;

    (void)state;
    make(&o, VG_FUNCTION_SCALAR,
         SIGNATURES("f(a ANY) -> BIGINT", "f(a VARCHAR) -> BIGINT", "f(a BIGINT) -> BIGINT",
                    "f(a BIGINT, b BIGINT) -> BIGINT", "f(a BIGINT, VARIADIC b VARCHAR) -> BIGINT"));
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a VARCHAR", NULL, NULL, &call), 1);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT", NULL, NULL, &call), 2);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a DOUBLE", NULL, NULL, &call), 0);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT, b BIGINT", NULL, NULL, &call), 3);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT, b VARCHAR, c VARCHAR", NULL, NULL, &call), 4);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT, b VARCHAR, c BIGINT", NULL, NULL, &call), -1);
    assert_string_equal(call.error.message, "Argument 'b': column type BIGINT does not match any of: VARCHAR");
    assert_string_equal(call.error.exception, "SchemaValidationError");
}

static void constants_are_counted_apart(void **state)
{
    vgi_call call;
    offer o;

    (void)state;
    make(&o, VG_FUNCTION_SCALAR,
         SIGNATURES("f(CONST unit VARCHAR, a BIGINT) -> BIGINT", "f(CONST unit VARCHAR, a BIGINT, CONST n BIGINT := 1) "
                                                                 "-> BIGINT"));
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT", "u VARCHAR", NULL, &call), 0);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT", "u VARCHAR, n BIGINT", NULL, &call), 1);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, "a BIGINT", NULL, NULL, &call), -1);
    assert_string_equal(call.error.message,
                        "no overload of F takes 0 constant argument(s), 0 named one(s) and 1 column(s)");
}

static void names_must_exist(void **state)
{
    vgi_call call;
    offer o;

    (void)state;
    make(&o, VG_FUNCTION_TABLE,
         SIGNATURES("f(a BIGINT) -> TABLE(n BIGINT)", "f(a BIGINT, step BIGINT := 1) -> TABLE(n BIGINT)"));
    assert_int_equal(choose(&o, VG_FUNCTION_TABLE, NULL, "a BIGINT", NULL, &call), 0);
    assert_int_equal(choose(&o, VG_FUNCTION_TABLE, NULL, "a BIGINT", "STEP", &call), 1);
    assert_int_equal(choose(&o, VG_FUNCTION_TABLE, NULL, "a BIGINT", "stop", &call), -1);
    assert_int_equal(choose(&o, VG_FUNCTION_TABLE, NULL, "a BIGINT, b BIGINT", NULL, &call), -1);
    assert_int_equal(choose(&o, VG_FUNCTION_SCALAR, NULL, "a BIGINT", NULL, &call), -1);
    assert_string_equal(call.error.message, "schema main has no scalar function F");
}

static void arguments_find_their_parameters(void **state)
{
    vg_function *f;
    offer o;

    (void)state;
    make(&o, VG_FUNCTION_SCALAR, SIGNATURES("f(a BIGINT, CONST b BIGINT, VARIADIC c VARCHAR) -> BIGINT"));
    f = &o.functions[0];
    assert_ptr_equal(vg_overload_param(f, false, 0), &f->params[0]);
    assert_ptr_equal(vg_overload_param(f, true, 0), &f->params[1]);
    assert_ptr_equal(vg_overload_param(f, false, 1), &f->params[2]);
    assert_ptr_equal(vg_overload_param(f, false, 7), &f->params[2]);
    assert_null(vg_overload_param(f, true, 1));
}

static int teardown(void **state)
{
    (void)state;
    vg_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_types_decide),
        cmocka_unit_test(constants_are_counted_apart),
        cmocka_unit_test(names_must_exist),
        cmocka_unit_test(arguments_find_their_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
