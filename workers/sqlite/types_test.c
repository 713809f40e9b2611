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

static vgi_field field_of(vgi_type_id type)
{
    return (vgi_field){.name = VGI_STR("c"), .type = type, .unit = VGI_MICROSECOND, .precision = 18, .scale = 3};
}

/* What the engine creates reads back as what it created. */
static void types_of_the_engine_are_declared_as_what_they_are(void **state)
{
    static const struct {
        vgi_type_id type;
        const char *sql;
    } CASES[] = {
        {VGI_TYPE_BOOL, "BOOLEAN"},
        {VGI_TYPE_INT8, "TINYINT"},
        {VGI_TYPE_INT16, "SMALLINT"},
        {VGI_TYPE_INT32, "INTEGER"},
        {VGI_TYPE_INT64, "BIGINT"},
        {VGI_TYPE_UINT8, "UTINYINT"},
        {VGI_TYPE_UINT16, "USMALLINT"},
        {VGI_TYPE_UINT32, "UINTEGER"},
        {VGI_TYPE_UINT64, "UBIGINT"},
        {VGI_TYPE_FLOAT32, "FLOAT"},
        {VGI_TYPE_FLOAT64, "DOUBLE"},
        {VGI_TYPE_UTF8, "VARCHAR"},
        {VGI_TYPE_BINARY, "BLOB"},
        {VGI_TYPE_DATE32, "DATE"},
        {VGI_TYPE_TIME64, "TIME"},
        {VGI_TYPE_TIMESTAMP, "TIMESTAMP"},
        {VGI_TYPE_DECIMAL128, "DECIMAL(18,3)"},
    };
    vgi_field list = field_of(VGI_TYPE_LIST);
    sq_text refused = {0};

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_field field = field_of(CASES[i].type);
        sq_mem mem = {0};
        sq_text declared = {0};

        assert_true(sq_declare(&declared, &field));
        assert_string_equal(sq_type_text(sq_kind_of(declared.data), declared.data, &mem), CASES[i].sql);
        sq_text_done(&declared);
        sq_mem_free(&mem);
    }
    assert_false(sq_declare(&refused, &list));
    sq_text_done(&refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_types_are_read_as_documented),
        cmocka_unit_test(a_very_long_type_is_no_danger),
        cmocka_unit_test(types_of_the_engine_are_declared_as_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
