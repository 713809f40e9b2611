/* Unit tests of expr.c and token.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sq.h"

static const char *const COLUMNS[] = {"a", "b", "select", "we\"ird", NULL};

static void expect(const char *sql, const char *const *columns, const char *expected)
{
    sq_text out = {0};
    bool translated = sq_expr_translate(sql, strlen(sql), columns, &out);

    if (translated != (expected != NULL))
        fail_msg("%s was%s translated: %s", sql, translated ? "" : " not", out.data ? out.data : "");
    if (expected)
        assert_string_equal(out.data, expected);
    sq_text_done(&out);
}

static void checks_are_translated(void **state)
{
    static const struct {
        const char *sqlite, *engine;
    } CASES[] = {
        {"a > 0", "(\"a\" > 0)"},
        {"A>0 and b<>''", "((\"a\" > 0) AND (\"b\" <> ''))"},
        {"`a` == [b]", "(\"a\" = \"b\")"},
        {"\"we\"\"ird\" IS NOT 5", "(\"we\"\"ird\" IS DISTINCT FROM 5)"},
        {"a IS b", "(\"a\" IS NOT DISTINCT FROM \"b\")"},
        {"a ISNULL OR b NOT NULL", "((\"a\" IS NULL) OR (\"b\" IS NOT NULL))"},
        {"a IS NOT NULL", "(\"a\" IS NOT NULL)"},
        {"a NOT IN (1, -2, 0x1F)", "(\"a\" NOT IN (1, -2, 31))"},
        {"b LIKE 'x!%%' ESCAPE '!' -- why", "(\"b\" ILIKE 'x!%%' ESCAPE '!')"},
        {"b NOT GLOB '[a-z]*'", "(NOT (\"b\" GLOB '[a-z]*'))"},
        {"a BETWEEN 1 AND 2 AND b", "((\"a\" BETWEEN 1 AND 2) AND \"b\")"},
        {"NOT a = 1 + 2 * 3 || 'x'", "(NOT (\"a\" = (1 + (2 * (3 || 'x')))))"},
        {"1 - 2 - 3 < 4", "(((1 - 2) - 3) < 4)"},
        {"a < 1 = b", "((\"a\" < 1) = \"b\")"},
        {"- -a = ~~b", "(-(-\"a\") = ~(~\"b\"))"},
        {"length(b) <= 10 /* c */", "(length(\"b\") <= 10)"},
        {"b = \"red\" OR b = x'0aFF'", "((\"b\" = 'red') OR (\"b\" = CAST('\\x0a\\xFF' AS BLOB)))"},
        {"t.a > (b)", "(\"a\" > (\"b\"))"},
        {"CASE a WHEN 1 THEN b ELSE 0 END", "CASE \"a\" WHEN 1 THEN \"b\" ELSE 0 END"},
        {"CAST(a AS UNSIGNED INT) > 1", "(CAST(\"a\" AS BIGINT) > 1)"},
        {"b = 'it''s' COLLATE NOCASE", "(\"b\" = ('it''s' COLLATE NOCASE))"},
        {"\"select\" <> 5.", "(\"select\" <> 5.0)"},
        {"json_valid(b)", "json_valid(\"b\")"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        expect(CASES[i].sqlite, COLUMNS, CASES[i].engine);
}

static void what_the_engine_cannot_parse_is_not_passed_on(void **state)
{
    static const char *const CASES[] = {"",
                                        "(",
                                        "a >",
                                        "a > 0)",
                                        "nosuch > 1",
                                        "`nosuch` = 1",
                                        "b REGEXP 'x'",
                                        "b MATCH 'x'",
                                        "a IN ()",
                                        "a IN b",
                                        "a IN (SELECT 1)",
                                        "(SELECT 1) = 1",
                                        "b -> '$.x'",
                                        "a = ?1",
                                        "a = @x",
                                        "(a, b) = (1, 2)",
                                        "raise(abort, 'x')",
                                        "like(a, b)",
                                        "b = 'open",
                                        "/* open",
                                        "a = 12abc",
                                        "x'0'",
                                        "x'0g'",
                                        "CAST(a AS)",
                                        "CASE END",
                                        "b COLLATE RTRIM = 'x'",
                                        "a ; drop",
                                        "0x11111111111111111",
                                        "\"b\"(1)",
                                        "a b"};
    char deep[5001];

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        expect(CASES[i], COLUMNS, NULL);
    memset(deep, '(', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = 0;
    expect(deep, COLUMNS, NULL);
    memset(deep, '-', sizeof(deep) - 1);
    expect(deep, COLUMNS, NULL);
}

static void defaults_are_translated(void **state)
{
    (void)state;
    expect("-5", NULL, "-5");
    expect("+1.5e3", NULL, "+1.5e3");
    expect("'it''s'", NULL, "'it''s'");
    expect("\"dou'ble\"", NULL, "'dou''ble'");
    expect("bare", NULL, "'bare'");
    expect("NULL", NULL, "NULL");
    expect("true", NULL, "true");
    expect("CURRENT_TIMESTAMP", NULL, "CURRENT_TIMESTAMP");
    expect("x'00ff'", NULL, "CAST('\\x00\\xff' AS BLOB)");
    expect("x''", NULL, "CAST('' AS BLOB)");
    expect("datetime('now')", NULL, NULL); /* SQLite computes it */
    expect("random() % 10", NULL, NULL);
    expect("bare + 1", NULL, NULL);
    expect("[x]", NULL, NULL);
}

/* Every prefix of every text, so that reading beyond the end would be seen. */
static void cut_text_is_safe(void **state)
{
    static const char SQL[] =
        "CASE WHEN \"a\" IN (1,'x''y',x'AB') THEN CAST(b AS TEXT) /* c */ ELSE -0x1F.e+ -- z\n END";

    (void)state;
    for (size_t size = 0; size < sizeof(SQL); size++) {
        char *copy = malloc(size ? size : 1);
        sq_text out = {0};

        memcpy(copy, SQL, size);
        (void)sq_expr_translate(copy, size, COLUMNS, &out);
        sq_text_done(&out);
        free(copy);
    }
}

static void expressions_of_the_engine_are_written_for_sqlite(void **state)
{
    static const struct {
        const char *engine, *sqlite; /* NULL: SQLite would not give the same */
    } CASES[] = {
        {"(a > 0)", "((\"a\" > 0))"},
        {"((a / 2) > 1)", "((((CAST(\"a\" AS REAL) / 2)) > 1))"},
        {"(b IS NOT DISTINCT FROM 'x')", "((\"b\" IS NOT DISTINCT FROM 'x'))"},
        {"CAST('t' AS BOOLEAN)", "1"},
        {"CAST('2024-01-01' AS DATE)", "'2024-01-01'"},
        {"CAST(1.50 AS DECIMAL(18,3))", "1.50"},
        {"CAST(a AS VARCHAR)", "CAST(\"a\" AS TEXT)"},
        {"(b ILIKE 'a%')", "((\"b\" LIKE 'a%'))"},
        {"get_current_timestamp()", "CURRENT_TIMESTAMP"},
        {"length(b) <= 10", "(length(\"b\") <= 10)"},
        {"(a IN (1, 2))", "((\"a\" IN (1, 2)))"},
        {"(b ~~ 'a%')", NULL},
        {"(b LIKE 'a%')", NULL},
        {"(a // 2)", NULL},
        {"a::INTEGER", NULL},
        {"regexp_matches(b, 'x')", NULL},
        {"\"nosuch\" > 1", NULL},
        {"[1, 2]", NULL},
        {"CAST('\\x00' AS BLOB)", NULL},
        {"random()", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        sq_text out = {0};
        bool done = sq_expr_to_sqlite(CASES[i].engine, strlen(CASES[i].engine), COLUMNS, &out);

        if (done != (CASES[i].sqlite != NULL))
            fail_msg("%s was%s translated: %s", CASES[i].engine, done ? "" : " not", out.data ? out.data : "");
        if (done)
            assert_string_equal(out.data, CASES[i].sqlite);
        sq_text_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_of_the_engine_are_written_for_sqlite),
        cmocka_unit_test(checks_are_translated),
        cmocka_unit_test(what_the_engine_cannot_parse_is_not_passed_on),
        cmocka_unit_test(defaults_are_translated),
        cmocka_unit_test(cut_text_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
