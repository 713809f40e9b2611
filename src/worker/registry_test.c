/* Unit tests of registry.c, registry_table.c and registry_macro.c: what is resolved, and that every mistake is
 * listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/registry.h"

static vgi_status map(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    (void)call;
    (void)in;
    (void)out;
    return VGI_OK;
}

static vgi_status next(vgi_call *call, vgi_batch *out)
{
    (void)call;
    (void)out;
    return VGI_END;
}

static const vgi_scalar ADD = {.signature = "add(a BIGINT, b BIGINT) -> BIGINT", .map = map};
static const vgi_table_function SERIES = {.signature = "series(stop INTEGER, start BIGINT := 0) -> TABLE(n BIGINT)",
                                          .next = next};

static vg_registry *make(const vgi_catalog *catalog)
{
    vg_registry *registry;
    vgi_error err = {0};

    assert_int_equal(vg_registry_new(VGI_CATALOGS(catalog), &registry, &err), VGI_OK);
    return registry;
}

static void a_catalog_is_resolved(void **state)
{
    const vgi_table numbers = {
        .name = "numbers",
        .scan = "series(1000, start := 5)",
        .not_null = VGI_NAMES("N"),
        .column_info = VGI_COLUMNS({"n", .comment = "a number", .default_value = "0"}),
    };
    const vgi_table files = {.name = "files", .columns = "id BIGINT, \"b c\" VARCHAR", .scan = "read_csv('x.csv')"};
    const vgi_view evens = {.name = "evens", .definition = "SELECT 1"};
    const vgi_macro twice = {.definition = "twice(a, b := 2) AS a * b"};
    const vgi_schema main_schema = {.name = "main",
                                    .scalars = VGI_SCALARS(&ADD),
                                    .table_functions = VGI_TABLE_FUNCTIONS(&SERIES),
                                    .tables = VGI_TABLES(&numbers, &files),
                                    .views = VGI_VIEWS(&evens),
                                    .macros = VGI_MACROS(&twice)};
    const vgi_catalog catalog = {.name = "demo", .schemas = VGI_SCHEMAS(&main_schema)};
    vg_registry *registry = make(&catalog);
    const vg_catalog_entry *entry = vg_registry_catalog(registry, vgi_str("DEMO"));
    const vg_schema_entry *schema;
    const vg_table *table;
    vgi_string path = vgi_str("Main");

    (void)state;
    if (registry->mistakes)
        fail_msg("%s", registry->mistakes->text.data);
    assert_non_null(entry);
    schema = vg_catalog_schema(entry, &path, 1);
    assert_non_null(schema);
    assert_null(vg_catalog_schema(entry, &path, 0));
    assert_int_equal(schema->n_functions, 2);
    table = vg_schema_table(schema, vgi_str("NUMBERS"));
    assert_int_equal(table->columns->n_fields, 1);
    assert_false(table->columns->fields[0]->nullable);
    assert_string_equal(vgi_metadata_get(table->columns->fields[0]->metadata, "comment").data, "a number");
    assert_string_equal(vgi_metadata_get(table->columns->fields[0]->metadata, "default").data, "0");
    assert_ptr_equal(table->scan.schema, schema);
    assert_int_equal(table->scan.arguments[0].value->field->type, VGI_TYPE_INT32);
    assert_null(vg_schema_table(schema, vgi_str("files"))->scan.schema);
    assert_non_null(vg_schema_view(schema, vgi_str("Evens")));
    assert_int_equal(vg_schema_macro(schema, vgi_str("twice"))->n_params, 2);
    assert_string_equal(vg_schema_macro(schema, vgi_str("twice"))->body.data, "a * b");
    vg_registry_free(registry);
}

static bool has_mistake(const vg_registry *registry, const char *where, const char *what)
{
    for (const vg_mistake *mistake = registry->mistakes; mistake; mistake = mistake->next)
        if (strstr(mistake->text.data, where) && strstr(mistake->text.data, what))
            return true;
    for (const vg_mistake *mistake = registry->mistakes; mistake; mistake = mistake->next)
        print_message("%s\n", mistake->text.data);
    return false;
}

static void every_mistake_is_listed(void **state)
{
    const vgi_scalar no_map = {.signature = "no_map() -> BIGINT"},
                     no_bind = {.signature = "no_bind() -> ANY", .map = map},
                     bad_type = {.signature = "bad_type(a BIGGINT) -> BIGINT", .map = map}, none = {.map = map};
    const vgi_table_function no_next = {.signature = "no_next() -> TABLE(n BIGINT)"},
                             over = {.signature = "over(t TABLE) -> TABLE(n BIGINT)", .next = next};
    const vgi_table no_scan = {.name = "no_scan", .columns = "a BIGINT"},
                    no_columns = {.name = "x", .scan = "unknown()"},
                    wrong_call = {.name = "wrong_call", .scan = "series(1, nope := 2)"},
                    wrong_value = {.name = "wrong_value", .scan = "series('text')"},
                    wrong_columns = {.name = "wrong_columns", .columns = "n VARCHAR", .scan = "series(1)"},
                    wrong_names = {.name = "wrong_names", .scan = "series(1)", .primary_key = VGI_NAMES("m")},
                    unnamed = {.name = "", .scan = "series(1)"}, again = {.name = "NO_SCAN", .scan = "series(1)"},
                    bad_columns = {.name = "bad_columns", .columns = "n", .scan = "series(1)"};
    const vgi_view empty = {.name = "empty"}, as_table = {.name = "x", .definition = "SELECT 1"};
    const vgi_macro bad_macro = {.definition = "m(a) a + 1"}, clash = {.definition = "add(a) AS a"};
    const vgi_schema one = {
        .name = "one",
        .scalars = VGI_SCALARS(&ADD, &ADD, &no_map, &no_bind, &bad_type, &none),
        .table_functions = VGI_TABLE_FUNCTIONS(&SERIES, &no_next, &over),
        .tables = VGI_TABLES(&no_scan, &no_columns, &wrong_call, &wrong_value, &wrong_columns, &wrong_names, &unnamed,
                             &again, &bad_columns),
        .views = VGI_VIEWS(&empty, &as_table),
        .macros = VGI_MACROS(&bad_macro, &clash),
    };
    const vgi_catalog catalog = {.name = "demo", .schemas = VGI_SCHEMAS(&one, &one)};
    vg_registry *registry = make(&catalog);

    (void)state;
    assert_true(has_mistake(registry, "catalog demo", "default schema `main`"));
    assert_true(has_mistake(registry, "schema one", "two of that name"));
    assert_true(has_mistake(registry, "scalar function add", "two of that name"));
    assert_true(has_mistake(registry, "scalar function no_map", "no map callback"));
    assert_true(has_mistake(registry, "scalar function no_bind", "bind callback"));
    assert_true(has_mistake(registry, "scalar function", "bad_type(a BIGGINT)"));
    assert_true(has_mistake(registry, "scalar function", "no signature"));
    assert_true(has_mistake(registry, "table function no_next", "no next callback"));
    assert_true(has_mistake(registry, "table function over", "TABLE"));
    assert_true(has_mistake(registry, "table no_scan", "no scan"));
    assert_true(has_mistake(registry, "table x", "no columns"));
    assert_true(has_mistake(registry, "table wrong_call", "does not fit"));
    assert_true(has_mistake(registry, "table wrong_value", "no INTEGER"));
    assert_true(
        has_mistake(registry, "table wrong_columns", "column 1 is n VARCHAR, its scan function gives n BIGINT"));
    assert_true(has_mistake(registry, "table wrong_names", "names the column m"));
    assert_true(has_mistake(registry, "table", "has no name"));
    assert_true(has_mistake(registry, "table NO_SCAN", "two of that name"));
    assert_true(has_mistake(registry, "table bad_columns", "^"));
    assert_true(has_mistake(registry, "view empty", "no definition"));
    assert_true(has_mistake(registry, "view x", "a table of that name"));
    assert_true(has_mistake(registry, "macro", "expected AS"));
    assert_true(has_mistake(registry, "macro add", "two macros or functions"));
    vg_registry_free(registry);
}

static void nothing_at_all_is_a_mistake(void **state)
{
    vg_registry *registry;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vg_registry_new(NULL, &registry, &err), VGI_OK);
    assert_true(has_mistake(registry, "", "no catalog"));
    vg_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_is_resolved),
        cmocka_unit_test(every_mistake_is_listed),
        cmocka_unit_test(nothing_at_all_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
