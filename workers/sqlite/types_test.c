/* Unit tests of types.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sq.h"

static void declared_types_are_read_as_documented(void **state)
{
    static const struct {
        const char *declared;
        sq_kind kind;
    } CASES[] = {
        {"INTEGER", SQ_BIGINT},
        {"int", SQ_BIGINT},
        {"UNSIGNED BIG INT", SQ_BIGINT},
        {"TINYINT(1)", SQ_BIGINT},
        {"BOOLEAN", SQ_BOOLEAN},
        {"bool", SQ_BOOLEAN},
        {"DATE", SQ_DATE},
        {"date ", SQ_DATE},
        {"TIME", SQ_TIME},
        {"DATETIME", SQ_TIMESTAMP},
        {"timestamp(6)", SQ_TIMESTAMP},
        {"TIMESTAMP WITHOUT TIME ZONE", SQ_TIMESTAMP},
        {"timestamp(3)  with time zone", SQ_TIMESTAMPTZ},
        {"TIMESTAMPTZ", SQ_TIMESTAMPTZ},
        {"VARCHAR(20)", SQ_VARCHAR},
        {"NATIVE CHARACTER(70)", SQ_VARCHAR},
        {"text", SQ_VARCHAR},
        {"CLOB", SQ_VARCHAR},
        {"BLOB", SQ_BLOB},
        {"VARBINARY(16)", SQ_BLOB},
        {"POINT", SQ_BLOB},
        {"INTERVAL", SQ_VARCHAR},
        {"REAL", SQ_DOUBLE},
        {"DOUBLE PRECISION", SQ_DOUBLE},
        {"FLOAT", SQ_DOUBLE},
        {"NUMERIC", SQ_DOUBLE},
        {"DECIMAL(10,2)", SQ_DOUBLE},
        {"DECIMAL(10)", SQ_BIGINT},
        {"NUMERIC( 18 , 0 )", SQ_BIGINT},
        {"DECIMAL(19)", SQ_DOUBLE},
        {"NUMBER(5,0", SQ_DOUBLE},
        {"", SQ_VARCHAR},
        {NULL, SQ_VARCHAR},
        {"UUID", SQ_VARCHAR},
        {"JSON", SQ_VARCHAR},
        {"(", SQ_VARCHAR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        sq_kind kind = sq_kind_of(CASES[i].declared);

        if (kind != CASES[i].kind)
            fail_msg("%s is read as %s, not as %s", CASES[i].declared, sq_kind_name(kind), sq_kind_name(CASES[i].kind));
    }
}

static void a_very_long_type_is_no_danger(void **state)
{
    char *type = malloc(100001);

    (void)state;
    memset(type, 'Q', 100000);
    type[100000] = 0;
    assert_int_equal(sq_kind_of(type), SQ_VARCHAR);
    free(type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_types_are_read_as_documented),
        cmocka_unit_test(a_very_long_type_is_no_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
