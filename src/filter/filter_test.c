/* Unit tests of filter/: what is built, is written, read and evaluated; deltas; documents that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "filter/filter.h"
#include "ipc/writer.h"

#define FIELD(symbol, text, ...) static const vgi_field symbol = {.name = VGI_STR(text), .nullable = true, __VA_ARGS__}

FIELD(N, "n", .type = VGI_TYPE_INT64);
FIELD(S, "s", .type = VGI_TYPE_UTF8);
FIELD(B, "b", .type = VGI_TYPE_BOOL);
static const vgi_field *const FIELDS[] = {&N, &S, &B};
static const vgi_arrow_schema COLUMNS = {.n_fields = 3, .fields = FIELDS};

/* n: 0 1 2 NULL; s: "a" "b" NULL ""; b: true NULL false true */
static const int64_t NUMBERS[] = {0, 1, 2, 7};
static const int32_t OFFSETS[] = {0, 1, 2, 2, 2};
static const uint8_t N_VALID[] = {7}, S_VALID[] = {11}, B_VALID[] = {13}, B_BITS[] = {9};
static const vgi_array ARRAYS[] = {
    {.field = &N, .length = 4, .null_count = -1, .validity = N_VALID, .buffers = {NUMBERS, NULL}},
    {.field = &S, .length = 4, .null_count = -1, .validity = S_VALID, .buffers = {OFFSETS, "ab"}},
    {.field = &B, .length = 4, .null_count = -1, .validity = B_VALID, .buffers = {B_BITS, NULL}},
};
static const vgi_batch ROWS = {.schema = &COLUMNS, .rows = 4, .n_columns = 3, .columns = ARRAYS};

/* The rows that are left, as text: "013". */
static const char *selected(vgi_filter *filter, char ret[8])
{
    int64_t rows[4], count;
    vgi_error err = {0};

    if (vgi_filter_select(filter, &ROWS, NULL, rows, &count, &err) != VGI_OK)
        return "it failed";
    for (int64_t i = 0; i < count; i++)
        ret[i] = (char)('0' + rows[i]);
    ret[count] = '\0';
    return ret;
}

static vgi_filter *new_filter(void)
{
    vgi_filter *filter = NULL;

    assert_int_equal(vgi_filter_new(&COLUMNS, &filter, NULL), VGI_OK);
    return filter;
}

/* A document of this JSON, with the values value_0 = 1 (BIGINT), value_1 = "a", value_2 = [1, NULL], type_0 DOUBLE. */
static vgi_bytes document(vg_arena *arena, const char *json)
{
    static const vgi_key_value METADATA[] = {{VGI_STR("vgi_filter_encoding"), VGI_STR("vgi.filters.v2")},
                                             {VGI_STR("vgi_filter_version"), VGI_STR("2")},
                                             {VGI_STR("vgi_evaluation_context"), VGI_STR("vgi.none.v1")}};
    static const vgi_field SPEC = {.name = VGI_STR("filter_spec"), .type = VGI_TYPE_UTF8};
    FIELD(VALUE_0, "value_0", .type = VGI_TYPE_INT64);
    FIELD(VALUE_1, "value_1", .type = VGI_TYPE_UTF8);
    static const vgi_field *const ITEMS[] = {&N};
    FIELD(VALUE_2, "value_2", .type = VGI_TYPE_LIST, .n_children = 1, .children = ITEMS);
    FIELD(TYPE_0, "type_0", .type = VGI_TYPE_FLOAT64);
    static const vgi_field *const PAYLOAD[] = {&SPEC, &VALUE_0, &VALUE_1, &VALUE_2, &TYPE_0};
    static const vgi_arrow_schema SCHEMA = {.n_fields = 5, .fields = PAYLOAD, .metadata = {METADATA, 3}};
    static const int64_t ONE[] = {1}, SET[] = {1, 0};
    static const int32_t A[] = {0, 1}, TWO[] = {0, 2};
    static const uint8_t FIRST[] = {1}, NONE[8] = {0};
    const int32_t offsets[2] = {0, (int32_t)strlen(json)};
    const vgi_array items = {.field = &N, .length = 2, .null_count = 1, .validity = FIRST, .buffers = {SET, NULL}};
    const vgi_array columns[] = {
        {.field = &SPEC, .length = 1, .buffers = {offsets, json}},
        {.field = &VALUE_0, .length = 1, .buffers = {ONE, NULL}},
        {.field = &VALUE_1, .length = 1, .buffers = {A, "a"}},
        {.field = &VALUE_2, .length = 1, .buffers = {TWO, NULL}, .n_children = 1, .children = &items},
        {.field = &TYPE_0, .length = 1, .null_count = 1, .validity = NONE, .buffers = {NONE, NULL}},
    };
    const vgi_batch batch = {.schema = &SCHEMA, .rows = 1, .n_columns = 5, .columns = columns};
    vgi_bytes bytes = {0};

    assert_int_equal(vg_batch_encode(arena, &batch, &bytes, NULL), VGI_OK);
    return bytes;
}

#define HEAD "{\"encoding\":\"vgi.filters.v2\",\"semantics\":\"vgi.duckdb.standard.v1\",\"kind\":"
#define SNAPSHOT(predicates) HEAD "\"snapshot\",\"predicates\":[" predicates "]}"
#define DELTA(updates) HEAD "\"delta\",\"updates\":[" updates "]}"
#define PREDICATE(id, mode, expression)                                                                                \
    "{\"id\":\"" id "\",\"revision\":0,\"mode\":\"" mode "\",\"source\":\"query\",\"expression\":" expression "}"
#define UPSERT(id, revision, expression)                                                                               \
    "{\"operation\":\"upsert\",\"id\":\"" id "\",\"revision\":" revision                                               \
    ",\"mode\":\"advisory\",\"source\":\"top_n\",\"expression\":" expression "}"
#define COLUMN_N "{\"node\":\"column_ref\",\"column_index\":0,\"column_name\":\"n\"}"
#define COLUMN_S "{\"node\":\"column_ref\",\"column_index\":1,\"column_name\":\"s\"}"
#define COLUMN_B "{\"node\":\"column_ref\",\"column_index\":2,\"column_name\":\"b\"}"
#define LITERAL(number) "{\"node\":\"literal\",\"value_ref\":" number "}"
#define COMPARE(op, left, right) "{\"node\":\"comparison\",\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}"
#define NOT(of) "{\"node\":\"not\",\"expression\":" of "}"
#define IN_SET(negated)                                                                                                \
    "{\"node\":\"in\",\"expression\":" COLUMN_N ",\"set\":{\"kind\":\"literal\",\"value_ref\":2},\"negated\":" negated \
    "}"
#define CALL(name, left, right) "{\"node\":\"call\",\"function\":" name ",\"arguments\":[" left "," right "]}"
#define CAST "{\"node\":\"cast\",\"expression\":" COLUMN_N ",\"type_ref\":0}"
#define ALGORITHM "{\"namespace\":\"duckdb.runtime_filter\",\"name\":\"bloom\",\"version\":1}"

/* ---- right ones -------------------------------------------------------------------------------------------------- */

static void three_truths(void **state)
{
    static const struct {
        const char *expression, *rows;
    } CASES[] = {
        {COMPARE("eq", COLUMN_N, LITERAL("0")), "1"},
        {NOT(COMPARE("eq", COLUMN_N, LITERAL("0"))), "02"},
        {COMPARE("distinct_from", COLUMN_N, LITERAL("0")), "023"},
        {COMPARE("ge", LITERAL("0"), COLUMN_N), "01"},
        {COLUMN_B, "03"},
        {NOT(COLUMN_B), "2"},
        {COMPARE("eq", COLUMN_B, COMPARE("eq", COLUMN_S, LITERAL("1"))), "0"},
        {"{\"node\":\"is_null\",\"expression\":" COLUMN_S ",\"negated\":false}", "2"},
        {IN_SET("false"), "1"},
        {IN_SET("true"), ""},
        {CALL("\"starts_with\"", COLUMN_S, LITERAL("1")), "0"},
        {"{\"node\":\"or\",\"children\":[" COLUMN_B "," COMPARE("gt", COLUMN_N, LITERAL("0")) "]}", "023"},
        {"{\"node\":\"and\",\"children\":[" COLUMN_B "," COMPARE("lt", COLUMN_N, LITERAL("0")) "]}", "0"},
        {COMPARE("lt", CAST, CAST), ""},
        {COMPARE("eq", "{\"node\":\"arithmetic\",\"op\":\"add\",\"left\":" COLUMN_N ",\"right\":" LITERAL("0") "}",
                 LITERAL("0")),
         "0"},
        {COMPARE("lt", "{\"node\":\"negate\",\"expression\":" COLUMN_N "}",
                 "{\"node\":\"negate\",\"expression\":" LITERAL("0") "}"),
         "2"},
    };
    vg_arena arena = {0};
    char rows[8], json[2000];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_filter *filter = new_filter();
        vgi_error err = {0};

        snprintf(json, sizeof json, SNAPSHOT(PREDICATE("p", "required", "%s")), CASES[i].expression);
        if (vgi_filter_decode(filter, document(&arena, json), NULL, 0, &err) != VGI_OK)
            fail_msg("%s: %s", json, err.message);
        assert_string_equal(selected(filter, rows), CASES[i].rows);
        vgi_filter_free(filter);
    }
    vg_arena_done(&arena);
}

static void what_is_built_is_read_again(void **state)
{
    static const int64_t VALUES[] = {2, 0};
    const vgi_array set = {.field = &N, .length = 2, .buffers = {VALUES, NULL}};
    const vgi_array *const sets[] = {&set, NULL};
    vgi_filter *built = new_filter(), *read = new_filter();
    const vgi_expr *n = vgi_expr_column(built, 0), *parts[2];
    vgi_sql sql;
    char rows[8];
    vgi_bytes bytes;

    (void)state;
    parts[0] = vgi_expr_in(built, n, sets, 2, false);
    parts[1] = vgi_expr_test(built, VGI_LT, vgi_expr_column(built, 1), vgi_expr_literal(built, &ARRAYS[1], 1));
    assert_int_equal(vgi_filter_add(built, vgi_expr_join(built, VGI_EXPR_OR, parts, 2), true, NULL), VGI_OK);
    assert_int_equal(vgi_filter_add(built, vgi_expr_is_null(built, n, true), false, NULL), VGI_OK);
    assert_string_equal(selected(built, rows), "02");
    assert_int_equal(vgi_filter_encode(built, false, &bytes, NULL), VGI_OK);
    assert_int_equal(vgi_filter_decode(read, bytes, NULL, 0, NULL), VGI_OK);
    assert_int_equal(vgi_filter_count(read), 2);
    assert_true(vgi_filter_get(read, 0)->required && !vgi_filter_get(read, 1)->required);
    assert_true(vgi_filter_reads(read, 1) && !vgi_filter_reads(read, 2));
    assert_string_equal(selected(read, rows), "02");
    assert_int_equal(vgi_filter_print(read, &(vgi_sql_options){.dialect = VGI_SQL_SQLITE}, &sql, NULL), VGI_OK);
    assert_string_equal(sql.text.data, "((\"n\" IN (?, ?, ?)) OR (\"s\" COLLATE BINARY < ?)) AND (\"n\" IS NOT NULL)");
    assert_int_equal(sql.n_parameters, 4);
    vgi_filter_take_printed(read);
    assert_string_equal(selected(read, rows), "0123");
    vgi_filter_free(built);
    vgi_filter_free(read);
}

static void mistakes_in_building_are_told_when_it_is_added(void **state)
{
    vgi_filter *filter = new_filter();
    vgi_error err = {0};

    (void)state;
    assert_null(vgi_expr_test(filter, VGI_EQ, vgi_expr_column(filter, 3), vgi_expr_literal(filter, &ARRAYS[0], 0)));
    assert_int_equal(vgi_filter_add(filter, NULL, true, &err), VGI_ERR_PROTOCOL);
    vgi_filter_free(filter);
    filter = new_filter();
    vgi_error_clear(&err);
    assert_int_equal(vgi_filter_add(filter,
                                    vgi_expr_test(filter, VGI_EQ, vgi_expr_column(filter, 0),
                                                  vgi_expr_literal(filter, &ARRAYS[1], 0)),
                                    true, &err),
                     VGI_ERR_NOT_IMPLEMENTED);
    vgi_filter_free(filter);
}

static void a_set_of_join_keys(void **state)
{
    static const int64_t KEYS[] = {2, 9, 0};
    FIELD(K, "k", .type = VGI_TYPE_INT64);
    static const vgi_field *const FIELDS_K[] = {&K};
    static const vgi_arrow_schema SCHEMA = {.n_fields = 1, .fields = FIELDS_K};
    const vgi_array keys = {.field = &K, .length = 3, .buffers = {KEYS, NULL}};
    const vgi_batch batch = {.schema = &SCHEMA, .rows = 3, .n_columns = 1, .columns = &keys};
    static const struct {
        const char *set;
        vgi_status status;
    } CASES[] = {
        {"\"batch_index\":0,\"column_index\":0,\"column_name\":\"k\"", VGI_OK},
        {"\"batch_index\":0,\"column_index\":0,\"column_name\":\"l\"", VGI_ERR_PROTOCOL},
        {"\"batch_index\":0,\"column_index\":1,\"column_name\":\"k\"", VGI_ERR_PROTOCOL},
        {"\"batch_index\":1,\"column_index\":0,\"column_name\":\"k\"", VGI_ERR_PROTOCOL},
    };
    vg_arena arena = {0};
    char rows[8], json[1000];
    vgi_bytes bytes;

    (void)state;
    assert_int_equal(vg_batch_encode(&arena, &batch, &bytes, NULL), VGI_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_filter *filter = new_filter();

        snprintf(json, sizeof json,
                 SNAPSHOT(PREDICATE("p", "required",
                                    "{\"node\":\"in\",\"expression\":" COLUMN_N
                                    ",\"set\":{\"kind\":\"external\",%s},\"negated\":false}")),
                 CASES[i].set);
        assert_int_equal(vgi_filter_decode(filter, document(&arena, json), &bytes, 1, NULL), CASES[i].status);
        if (CASES[i].status == VGI_OK)
            assert_string_equal(selected(filter, rows), "02");
        vgi_filter_free(filter);
    }
    vg_arena_done(&arena);
}

/* ---- deltas ------------------------------------------------------------------------------------------------------ */

static void deltas_replace_by_revision(void **state)
{
    vgi_filter *filter = new_filter();
    vg_arena arena = {0};
    char rows[8];
    uint64_t generation;

    (void)state;
    assert_int_equal(
        vgi_filter_decode(filter, document(&arena, SNAPSHOT(PREDICATE("q", "required", COLUMN_B))), NULL, 0, NULL),
        VGI_OK);
    assert_string_equal(selected(filter, rows), "03");
    assert_int_equal(vgi_filter_update(filter,
                                       document(&arena, DELTA(UPSERT("t", "1", COMPARE("lt", COLUMN_N, LITERAL("0"))))),
                                       NULL),
                     VGI_OK);
    assert_string_equal(selected(filter, rows), "0");
    generation = vgi_filter_generation(filter);
    assert_int_equal(vgi_filter_update(filter,
                                       document(&arena, DELTA(UPSERT("t", "1", COMPARE("gt", COLUMN_N, LITERAL("0"))))),
                                       NULL),
                     VGI_OK);
    assert_int_equal(vgi_filter_generation(filter), generation);
    assert_int_equal(
        vgi_filter_update(filter, document(&arena, DELTA("{\"operation\":\"remove\",\"id\":\"t\",\"revision\":3}")),
                          NULL),
        VGI_OK);
    assert_string_equal(selected(filter, rows), "03");
    assert_int_equal(vgi_filter_update(filter,
                                       document(&arena, DELTA(UPSERT("t", "2", COMPARE("lt", COLUMN_N, LITERAL("0"))))),
                                       NULL),
                     VGI_OK);
    assert_string_equal(selected(filter, rows), "03");
    assert_int_equal(
        vgi_filter_update(
            filter,
            document(&arena, DELTA(UPSERT("t", "4",
                                          "{\"node\":\"runtime_filter\",\"algorithm\":" ALGORITHM ",\"input\":" COLUMN_N
                                          ",\"artifact_ref\":0,\"null_handling\":\"pass\"}"))),
            NULL),
        VGI_ERR_PROTOCOL); /* there is no artifact_0 */
    assert_int_equal(vgi_filter_count(filter), 1);
    vgi_filter_free(filter);
    vg_arena_done(&arena);
}

static void a_delta_holds_as_a_whole_or_not_at_all(void **state)
{
    vgi_filter *filter = new_filter();
    vg_arena arena = {0};

    (void)state;
    assert_int_equal(
        vgi_filter_decode(filter, document(&arena, SNAPSHOT(PREDICATE("q", "required", COLUMN_B))), NULL, 0, NULL),
        VGI_OK);
    assert_int_equal(
        vgi_filter_update(filter, document(&arena, DELTA(UPSERT("t", "1", COLUMN_B) "," UPSERT("u", "1", COLUMN_N))),
                          NULL),
        VGI_ERR_PROTOCOL);
    assert_int_equal(
        vgi_filter_update(filter, document(&arena, DELTA(UPSERT("t", "1", COLUMN_B) "," UPSERT("t", "2", COLUMN_B))),
                          NULL),
        VGI_ERR_PROTOCOL);
    assert_int_equal(
        vgi_filter_update(filter, document(&arena, DELTA(UPSERT("t", "1", COLUMN_B) "," UPSERT("q", "2", COLUMN_B))),
                          NULL),
        VGI_ERR_PROTOCOL);
    assert_int_equal(vgi_filter_update(filter, document(&arena, SNAPSHOT("")), NULL), VGI_ERR_PROTOCOL);
    assert_int_equal(vgi_filter_count(filter), 1);
    vgi_filter_free(filter);
    vg_arena_done(&arena);
}

/* ---- broken ones ------------------------------------------------------------------------------------------------- */

static void broken_documents_are_refused(void **state)
{
    static const struct {
        const char *expression;
        vgi_status status;
    } CASES[] = {
        {COLUMN_N, VGI_ERR_PROTOCOL},
        {"1", VGI_ERR_PROTOCOL},
        {"{}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"maybe\"}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"column_ref\",\"column_index\":2,\"column_name\":\"n\"}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"column_ref\",\"column_index\":3,\"column_name\":\"n\"}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"column_ref\",\"column_index\":-1,\"column_name\":\"n\"}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"column_ref\",\"column_index\":2,\"column_name\":\"b\",\"x\":1}", VGI_ERR_PROTOCOL},
        {COMPARE("like", COLUMN_N, LITERAL("0")), VGI_ERR_PROTOCOL},
        {COMPARE("eq", COLUMN_N, LITERAL("9")), VGI_ERR_PROTOCOL},
        {COMPARE("eq", COLUMN_N, LITERAL("1")), VGI_ERR_NOT_IMPLEMENTED},
        {"{\"node\":\"and\",\"children\":[" COLUMN_B "]}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"and\",\"children\":[" COLUMN_B "," COLUMN_N "]}", VGI_ERR_TYPE},
        {"{\"node\":\"field_ref\",\"expression\":" COLUMN_N ",\"field_index\":0,\"field_name\":\"a\"}",
         VGI_ERR_PROTOCOL},
        {"{\"node\":\"in\",\"expression\":" COLUMN_N
         ",\"set\":{\"kind\":\"literal\",\"value_ref\":0},\"negated\":false}",
         VGI_ERR_PROTOCOL},
        {"{\"node\":\"in\",\"expression\":" COLUMN_N ",\"set\":{\"kind\":\"external\",\"batch_index\":0,\"column_"
         "index\":0,\"column_name\":\"k\"},\"negated\":false}",
         VGI_ERR_PROTOCOL},
        {CALL("\"upper\"", COLUMN_S, LITERAL("1")), VGI_ERR_PROTOCOL},
        {CALL("\"contains\"", COLUMN_N, LITERAL("1")), VGI_ERR_NOT_IMPLEMENTED},
        {CALL(ALGORITHM, COLUMN_N, LITERAL("1")), VGI_ERR_NOT_IMPLEMENTED},
        {"{\"node\":\"is_null\",\"expression\":" COLUMN_S "}", VGI_ERR_PROTOCOL},
        {"{\"node\":\"cast\",\"expression\":" COLUMN_B ",\"type_ref\":1}", VGI_ERR_PROTOCOL},
        {COMPARE("eq", "{\"node\":\"arithmetic\",\"op\":\"divide\",\"left\":" COLUMN_N ",\"right\":" LITERAL("0") "}",
                 LITERAL("0")),
         VGI_ERR_NOT_IMPLEMENTED},
    };
    vg_arena arena = {0};
    char json[2000];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_filter *filter = new_filter();
        vgi_error err = {0};

        snprintf(json, sizeof json, SNAPSHOT(PREDICATE("p", "required", "%s")), CASES[i].expression);
        if (vgi_filter_decode(filter, document(&arena, json), NULL, 0, &err) != CASES[i].status)
            fail_msg("%s: %d %s", json, err.status, err.message);
        vgi_filter_free(filter);
    }
    vg_arena_done(&arena);
}

static void an_advisory_predicate_that_is_not_known_is_left(void **state)
{
    vgi_filter *filter = new_filter();
    vg_arena arena = {0};
    char rows[8];

    (void)state;
    assert_int_equal(
        vgi_filter_decode(filter,
                          document(&arena, SNAPSHOT(PREDICATE("p", "advisory", CALL(ALGORITHM, COLUMN_N, COLUMN_N)))),
                          NULL, 0, NULL),
        VGI_OK);
    assert_false(vgi_filter_get(filter, 0)->is_evaluable);
    assert_string_equal(selected(filter, rows), "0123");
    vgi_filter_free(filter);
    vg_arena_done(&arena);
}

static void nesting_is_bounded(void **state)
{
    vg_arena arena = {0};
    char json[6000] = SNAPSHOT("") "", *end;

    (void)state;
    for (int depth = 63; depth <= 64; depth++) {
        vgi_filter *filter = new_filter();

        end = json + sprintf(json, "%s",
                             HEAD "\"snapshot\",\"predicates\":[{\"id\":\"p\",\"revision\":0,\"mode\":\"required\","
                                  "\"source\":\"query\",\"expression\":");
        for (int i = 0; i < depth; i++)
            end += sprintf(end, "{\"node\":\"not\",\"expression\":");
        end += sprintf(end, COLUMN_B);
        for (int i = 0; i < depth; i++)
            *end++ = '}';
        sprintf(end, "}]}");
        assert_int_equal(vgi_filter_decode(filter, document(&arena, json), NULL, 0, NULL),
                         depth == 63 ? VGI_OK : VGI_ERR_LIMIT);
        vgi_filter_free(filter);
    }
    vg_arena_done(&arena);
}

/* Over 8,192 rows of zeros. */
static vgi_status select_zeros(vgi_filter *filter, int64_t *count, vgi_error *err)
{
    static const int64_t ZEROS[8192] = {0};
    static int64_t rows[8192];
    const vgi_array arrays[] = {{.field = &N, .length = 8192, .buffers = {ZEROS, NULL}}, ARRAYS[1], ARRAYS[2]};
    const vgi_batch batch = {.schema = &COLUMNS, .rows = 8192, .n_columns = 3, .columns = arrays};

    return vgi_filter_select(filter, &batch, NULL, rows, count, err);
}

/* One test of 2^depth sums. */
static void add_sums(vgi_filter *filter, int depth, bool required)
{
    const vg_maker m = {&filter->arena, filter->columns, NULL};
    const vgi_expr *sum = vgi_expr_column(filter, 0);

    for (int i = 0; i < depth; i++)
        assert_int_equal(vg_expr_arithmetic(&m, VGI_ADD, sum, sum, &sum), VGI_OK);
    assert_int_equal(
        vgi_filter_add(filter, vgi_expr_test(filter, VGI_EQ, sum, vgi_expr_column(filter, 0)), required, NULL), VGI_OK);
}

static void memory_of_a_test_is_bounded(void **state)
{
    (void)state;
    for (int required = 0; required <= 1; required++)
        for (int depth = 8; depth <= 12; depth += 4) {
            const bool fails = required && depth == 12;
            vgi_filter *filter = new_filter();
            vgi_error err = {0};
            int64_t count = 0;

            add_sums(filter, depth, required);
            assert_int_equal(select_zeros(filter, &count, &err), fails ? VGI_ERR_LIMIT : VGI_OK);
            assert_string_equal(err.message, fails ? "a filter that takes more than 64 MiB for 8192 rows" : "");
            assert_int_equal(count, fails ? 0 : 8192);
            vgi_filter_free(filter);
        }
}

/* Each of many tests gives its memory back, in AND and OR and beside each other. */
static void many_tests_take_the_memory_of_one(void **state)
{
    enum { TESTS = 1000 };
    vgi_filter *filter = new_filter();
    const vgi_expr *n = vgi_expr_column(filter, 0), *tests[TESTS];
    const int64_t two = 2;
    const vgi_array value = {.field = &N, .length = 1, .buffers = {&two, NULL}};
    vgi_error err = {0};
    int64_t count = 0;

    (void)state;
    for (int i = 0; i < TESTS; i++)
        tests[i] = vgi_expr_test(filter, VGI_LT, n, vgi_expr_literal(filter, &value, 0));
    assert_int_equal(vgi_filter_add(filter, vgi_expr_join(filter, VGI_EXPR_AND, tests, TESTS), true, &err), VGI_OK);
    for (int i = 0; i < TESTS; i++)
        tests[i] = vgi_expr_test(filter, VGI_GE, n, vgi_expr_literal(filter, &value, 0));
    tests[TESTS - 1] = vgi_expr_is_null(filter, n, true);
    assert_int_equal(vgi_filter_add(filter, vgi_expr_join(filter, VGI_EXPR_OR, tests, TESTS), true, &err), VGI_OK);
    assert_int_equal(select_zeros(filter, &count, &err), VGI_OK);
    assert_int_equal(count, 8192);
    assert_true(filter->scratch.total < 16 * 8192);
    vgi_filter_free(filter);
}

/* `head`, `count` times `item` with a number for its %d and commas between, `tail`, and blanks up to `size`. */
static const char *repeat(vg_arena *arena, const char *head, const char *item, int count, const char *tail, size_t size)
{
    size_t most = strlen(head) + strlen(tail) + (size_t)count * (strlen(item) + 8) + size + 1;
    char *text = vg_arena_alloc(arena, most), *end = text;

    assert_non_null(text);
    end += snprintf(end, most, "%s", head);
    for (int i = 0; i < count; i++) {
        const char *number = strstr(item, "%d");

        end += snprintf(end, most - (size_t)(end - text), "%s%.*s", i ? "," : "",
                        (int)(number ? (size_t)(number - item) : strlen(item)), item);
        if (number)
            end += snprintf(end, most - (size_t)(end - text), "%d%s", i, number + 2);
    }
    end += snprintf(end, most - (size_t)(end - text), "%s", tail);
    while ((size_t)(end - text) < size)
        *end++ = ' ';
    return text;
}

static vgi_status decoded(vg_arena *arena, const char *json)
{
    vgi_filter *filter = new_filter();
    vgi_status status = vgi_filter_decode(filter, document(arena, json), NULL, 0, NULL);

    vgi_filter_free(filter);
    return status;
}

/* At each limit of the encoding, and one past it. */
static void documents_are_bounded(void **state)
{
    static const char BEGIN[] = HEAD "\"snapshot\",\"predicates\":[",
                      ID_END[] = "\",\"revision\":0,\"mode\":\"advisory\","
                                 "\"source\":\"query\",\"expression\":" COLUMN_B "}]}";
    static const char AND[] = HEAD "\"snapshot\",\"predicates\":[{\"id\":\"p\",\"revision\":0,\"mode\":\"required\","
                                   "\"source\":\"query\",\"expression\":{\"node\":\"and\",\"children\":[";
    char id[200];
    vg_arena arena = {0};

    (void)state;
    for (int past = 0; past <= 1; past++) {
        const vgi_status expected = past ? VGI_ERR_LIMIT : VGI_OK;

        assert_int_equal(decoded(&arena, repeat(&arena, AND, COLUMN_B, 9999 + past, "]}}]}", 0)), expected);
        assert_int_equal(
            decoded(&arena, repeat(&arena, BEGIN, PREDICATE("%d", "advisory", COLUMN_B), 1024 + past, "]}", 0)),
            expected);
        assert_int_equal(decoded(&arena, repeat(&arena, SNAPSHOT(""), "", 0, "", (1 << 20) + (size_t)past)), expected);
        memset(id, 'i', sizeof id);
        id[128 + past] = '\0';
        assert_int_equal(
            decoded(&arena, repeat(&arena, HEAD "\"snapshot\",\"predicates\":[{\"id\":\"", id, 1, ID_END, 0)),
            expected);
    }
    vg_arena_done(&arena);
}

static void ids_of_a_scan_are_bounded(void **state)
{
    static const char *const ITEMS[] = {UPSERT("a%d", "1", COLUMN_B), UPSERT("b%d", "1", COLUMN_B),
                                        UPSERT("c%d", "1", COLUMN_B), UPSERT("d%d", "1", COLUMN_B)};
    vgi_filter *filter = new_filter();
    vg_arena arena = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            vgi_filter_update(filter,
                              document(&arena, repeat(&arena, HEAD "\"delta\",\"updates\":[", ITEMS[i], 1024, "]}", 0)),
                              NULL),
            VGI_OK);
    assert_int_equal(vgi_filter_count(filter), 4096);
    assert_int_equal(vgi_filter_update(filter, document(&arena, DELTA(UPSERT("e", "1", COLUMN_B))), NULL),
                     VGI_ERR_LIMIT);
    assert_int_equal(vgi_filter_count(filter), 4096);
    vgi_filter_free(filter);
    vg_arena_done(&arena);
}

/* Every byte of a good document, changed: it is refused, or it is another filter, but nothing breaks. */
static void changed_bytes_break_nothing(void **state)
{
    vg_arena arena = {0};
    const vgi_bytes good = document(&arena, SNAPSHOT(PREDICATE("p", "required", IN_SET("false")) "," PREDICATE(
                                                "q", "advisory", COMPARE("lt", CAST, CAST))));
    uint8_t *bytes = vg_arena_alloc(&arena, good.size);
    int refused = 0;
    char rows[64];

    (void)state;
    for (size_t at = 0; at < good.size; at++) {
        vgi_filter *filter = new_filter();

        memcpy(bytes, good.data, good.size);
        bytes[at] ^= (uint8_t)(1 << at % 8);
        if (vgi_filter_decode(filter, (vgi_bytes){bytes, good.size}, NULL, 0, NULL) == VGI_OK)
            (void)selected(filter, rows);
        else
            refused++;
        vgi_filter_free(filter);
    }
    assert_true(refused > 100);
    vg_arena_done(&arena);
}

/* One allocation fails, each in turn: it is told, or it was not needed. */
static void memory_that_runs_out_is_told(void **state)
{
    vg_arena arena = {0};
    const vgi_bytes snapshot = document(
        &arena, SNAPSHOT(PREDICATE("p", "required", IN_SET("false")) "," PREDICATE("q", "required", COLUMN_B)));
    const vgi_bytes delta = document(&arena, DELTA(UPSERT("t", "1", COMPARE("lt", CAST, CAST))));
    int failed = 0;

    (void)state;
    for (int64_t n = 0; n < 400; n++) {
        vgi_filter *filter = NULL;
        int64_t rows[4], count;
        vgi_bytes bytes;
        vgi_sql sql;
        bool ok;

        vg_alloc_fail_after(n);
        ok = vgi_filter_new(&COLUMNS, &filter, NULL) == VGI_OK &&
             vgi_filter_decode(filter, snapshot, NULL, 0, NULL) == VGI_OK &&
             vgi_filter_update(filter, delta, NULL) == VGI_OK &&
             vgi_filter_select(filter, &ROWS, NULL, rows, &count, NULL) == VGI_OK &&
             vgi_filter_print(filter, &(vgi_sql_options){.dialect = VGI_SQL_DUCKDB}, &sql, NULL) == VGI_OK &&
             vgi_filter_encode(filter, false, &bytes, NULL) == VGI_OK;
        vg_alloc_fail_after(-1);
        vgi_filter_free(filter);
        failed += !ok;
        if (ok)
            break;
        assert_true(n < 399);
    }
    assert_true(failed > 5);
    vg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_truths),
        cmocka_unit_test(what_is_built_is_read_again),
        cmocka_unit_test(mistakes_in_building_are_told_when_it_is_added),
        cmocka_unit_test(a_set_of_join_keys),
        cmocka_unit_test(deltas_replace_by_revision),
        cmocka_unit_test(a_delta_holds_as_a_whole_or_not_at_all),
        cmocka_unit_test(broken_documents_are_refused),
        cmocka_unit_test(an_advisory_predicate_that_is_not_known_is_left),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(memory_of_a_test_is_bounded),
        cmocka_unit_test(many_tests_take_the_memory_of_one),
        cmocka_unit_test(documents_are_bounded),
        cmocka_unit_test(ids_of_a_scan_are_bounded),
        cmocka_unit_test(changed_bytes_break_nothing),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
