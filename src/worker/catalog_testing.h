/* What the unit tests of catalog_*.c share: a worker over two small catalogs, and a call to give to handlers.
 * Included by tests only. */
#ifndef VG_WORKER_CATALOG_TESTING_H
#define VG_WORKER_CATALOG_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "protocol/codec.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/worker.h"

static vgi_status testing_next(vgi_call *call, vgi_batch *out)
{
    (void)call;
    (void)out;
    return VGI_END;
}

static vgi_status testing_map(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    (void)call;
    (void)in;
    (void)out;
    return VGI_OK;
}

static const vgi_table_function TESTING_SERIES = {
    .signature = "series(stop BIGINT, start BIGINT := 7) -> TABLE(n BIGINT)",
    .comment = "Counts.",
    .projection_pushdown = true,
    .order = VGI_FIXED_ORDER,
    .next = testing_next,
};
static const vgi_scalar TESTING_TWICE = {
    .signature = "twice(x BIGINT) -> BIGINT",
    .description = "Doubles.",
    .comment = "Twice as much.",
    .tags = VGI_TAGS({"k", "v"}),
    .examples = VGI_EXAMPLES({"SELECT twice(1)", "Two.", "2"}),
    .categories = VGI_NAMES("math"),
    .stability = VGI_VOLATILE,
    .null_handling = VGI_NULL_SPECIAL,
    .map = testing_map,
};
static vgi_status testing_bind(vgi_call *call)
{
    return vgi_bind_result(call, "BIGINT");
}
static const vgi_scalar TESTING_SAME = {.signature = "same(x ANY) -> ANY", .bind = testing_bind, .map = testing_map};

static const vgi_table TESTING_NUMBERS = {
    .name = "Numbers",
    .comment = "Seven of them.",
    .tags = VGI_TAGS({"a", "1"}, {"b", "2"}),
    .scan = "series(7, start := 1)",
    .not_null = VGI_NAMES("n"),
    .has_cardinality = true,
    .cardinality = 6,
};
static const vgi_table TESTING_FILES = {
    .name = "files",
    .columns = "id BIGINT, name VARCHAR, owner BIGINT",
    .scan = "read_parquet('f.parquet', hive_partitioning := true)",
    .required_extensions = VGI_NAMES("parquet", "httpfs"),
    .column_info = VGI_COLUMNS({.name = "name", .comment = "Of the file.", .default_value = "'x'"}),
    .primary_key = VGI_NAMES("id"),
    .unique = VGI_KEYS(VGI_NAMES("name"), VGI_NAMES("owner", "name")),
    .check = VGI_NAMES("id > 0"),
    .foreign_keys = VGI_FOREIGN_KEYS(
        {.columns = VGI_NAMES("owner"), .referenced_table = "Numbers", .referenced_columns = VGI_NAMES("n")}),
};
static const vgi_view TESTING_EVENS = {
    .name = "evens",
    .definition = "SELECT n FROM Numbers WHERE n % 2 = 0",
    .comment = "Half.",
    .column_info = VGI_COLUMNS({.name = "n", .comment = "Even."}, {.name = "m"}),
};
static const vgi_macro TESTING_PLUS = {.definition = "plus(a, b := 1) AS a + b", .comment = "Adds."};
static const vgi_macro TESTING_ROWS = {.definition = "some_rows(k) AS TABLE SELECT * FROM range(k)"};
static const vgi_schema TESTING_MAIN = {
    .name = "main",
    .comment = "All there is.",
    .tags = VGI_TAGS({"s", "t"}),
    .scalars = VGI_SCALARS(&TESTING_TWICE, &TESTING_SAME),
    .table_functions = VGI_TABLE_FUNCTIONS(&TESTING_SERIES),
    .tables = VGI_TABLES(&TESTING_NUMBERS, &TESTING_FILES),
    .views = VGI_VIEWS(&TESTING_EVENS),
    .macros = VGI_MACROS(&TESTING_PLUS, &TESTING_ROWS),
};
static const vgi_schema TESTING_EMPTY = {.name = "Empty"};
static const vgi_catalog TESTING_SHOP = {
    .name = "shop",
    .comment = "A shop.",
    .tags = VGI_TAGS({"c", "d"}),
    .schemas = VGI_SCHEMAS(&TESTING_MAIN, &TESTING_EMPTY),
    .implementation_version = "1.2.3",
    .data_version = "2.0.0",
    .source_url = "https://example.com",
};
static const vgi_schema TESTING_DATA = {.name = "data"};
static const vgi_catalog TESTING_ANNEX = {
    .name = "annex", .default_schema = "data", .schemas = VGI_SCHEMAS(&TESTING_DATA), .version = 5};

typedef struct testing {
    vg_worker *worker;
    vg_arena arena;
    vgi_call call;
    vgi_bytes shop; /* attach_opaque_data of an attachment to `shop` */
} testing;

/* A call of a method in dialect 2.`minor`; what the last one left is gone. */
static inline vgi_call *testing_call(testing *t, int minor)
{
    t->call = (vgi_call){
        .arena = &t->arena,
        .turn_arena = &t->arena,
        .version_minor = minor,
        .binding = vg_worker_binding(t->worker),
    };
    t->call.logs_end = &t->call.logs;
    return &t->call;
}

/* The handler must succeed. */
static inline void testing_do(vg_handler *handler, vgi_call *call, const void *request, void *response)
{
    if (handler(call, request, response) != VGI_OK)
        fail_msg("%s", call->error.message);
}

/* The handler must fail with that status and sentence. */
static inline void testing_refuse(vg_handler *handler, vgi_call *call, const void *request, void *response,
                                  vgi_status status, const char *message)
{
    assert_int_equal(handler(call, request, response), status);
    assert_string_equal(call->error.message, message);
}

static inline vgi_string_list testing_path(testing *t, const char *name)
{
    vgi_string *items = VG_NEW(&t->arena, vgi_string);

    assert_non_null(items);
    items[0] = vgi_str(name);
    return (vgi_string_list){.items = items, .count = 1, .present = true};
}

/* Item `i` of a listing, decoded. */
static inline void testing_item(testing *t, vgi_bytes_list items, size_t i, const vg_record *record, void *ret)
{
    vgi_error err = {0};

    assert_true(i < items.count);
    if (vg_record_decode(&t->arena, items.items[i], NULL, record, ret, &err) != VGI_OK)
        fail_msg("%s", err.message);
}

static inline void testing_text(vgi_string got, const char *want)
{
    if (!vg_string_is(got, want))
        fail_msg("'%.*s' is not '%s'", VG_FMT(got), want);
}

static inline const vgi_arrow_schema *testing_schema(testing *t, vgi_bytes bytes)
{
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    if (vg_schema_decode(&t->arena, bytes, &VG_DEFAULT_LIMITS, &schema, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return schema;
}

static inline const vgi_batch *testing_batch(testing *t, vgi_bytes bytes)
{
    const vgi_batch *batch;
    vgi_error err = {0};

    if (vg_batch_decode(&t->arena, bytes, &VG_DEFAULT_LIMITS, &batch, &err) != VGI_OK)
        fail_msg("%s", err.message);
    return batch;
}

static inline vgi_bytes testing_attach(testing *t, const char *name)
{
    vgi_catalog_attach_request request = {.name = vgi_str(name)};
    vgi_catalog_attach_result result = {0};

    testing_do(vg_handle_catalog_attach, testing_call(t, 0), &request, &result);
    return result.attach_opaque_data;
}

/* A BindRequest for a table function of the shop's schema, with one BIGINT argument. */
static inline vgi_bytes testing_bind_call(testing *t, const char *function, int64_t argument)
{
    static const vgi_field MEMBER = {.name = VGI_STR("positional_0"), .type = VGI_TYPE_INT64, .nullable = true};
    static const vgi_field *const MEMBERS[] = {&MEMBER};
    static const vgi_field ARGS = {
        .name = VGI_STR("args"), .type = VGI_TYPE_STRUCT, .n_children = 1, .children = MEMBERS};
    static const vgi_field *const FIELDS[] = {&ARGS};
    static const vgi_arrow_schema SCHEMA = {.n_fields = 1, .fields = FIELDS};
    const vgi_array member = {.field = &MEMBER, .length = 1, .buffers = {&argument}};
    const vgi_array args = {.field = &ARGS, .length = 1, .n_children = 1, .children = &member};
    const vgi_batch batch = {.schema = &SCHEMA, .rows = 1, .n_columns = 1, .columns = &args};
    vgi_bind_request request = {
        .function_name = vgi_str(function), .function_type = VGI_FUNCTION_TYPE_TABLE, .attach_opaque_data = t->shop};
    vgi_bytes ret;
    vgi_error err = {0};

    assert_int_equal(vg_batch_encode(&t->arena, &batch, &request.arguments, &err), VGI_OK);
    assert_int_equal(vg_encode_record(testing_call(t, 0), &vg_bind_request_record, &request, &ret), VGI_OK);
    return ret;
}

/* A worker over other catalogs. */
static inline testing *testing_start(const vgi_worker_options *options)
{
    static testing t;
    vgi_error err = {0};

    t = (testing){0};
    if (vg_worker_new(VGI_API_VERSION, options, &t.worker, &err) != VGI_OK)
        fail_msg("%s", err.message);
    if (vg_worker_mistakes(t.worker))
        fail_msg("%.*s", VG_FMT(vg_worker_mistakes(t.worker)->text));
    return &t;
}

/* The same for a test; the first catalog is called `shop`. */
static inline int testing_setup_with(void **state, const vgi_worker_options *options)
{
    testing *t = testing_start(options);

    t->shop = testing_attach(t, "shop");
    *state = t;
    return 0;
}

static inline int testing_setup(void **state)
{
    static const vgi_catalog *const CATALOGS[] = {&TESTING_SHOP, &TESTING_ANNEX, NULL};
    static const vgi_worker_options OPTIONS = {.catalogs = CATALOGS};

    return testing_setup_with(state, &OPTIONS);
}

static inline int testing_teardown(void **state)
{
    testing *t = *state;

    vg_worker_free(t->worker);
    vg_arena_done(&t->arena);
    return 0;
}

#define TESTING_TEST(test) cmocka_unit_test_setup_teardown(test, testing_setup, testing_teardown)

#endif
