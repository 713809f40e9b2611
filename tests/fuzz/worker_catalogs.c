/* Catalogs with everything that a hostile caller can reach: functions over rows with and without an end, writers,
 * settings, secrets, splits, a producer that reads ahead, callbacks with transactions. They watch themselves: a
 * callback that is given what belongs to another catalog, a stream that is closed twice, a state that is used behind
 * its end abort. Served in memory by worker_session.c, and as a program by worker_program.c, whose sessions
 * make_worker_corpus.py records. */
#include "worker_catalogs.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 5000, STREAM = 0x5712ea };

static int states_open, streams_open;

int fuzz_catalogs_open(void)
{
    return states_open + streams_open;
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

/* The local part of every stream: opened once, closed once. */
typedef struct local {
    int mark;
} local;

static vgi_status open_stream(vgi_call *call)
{
    local *self = vgi_local(call);

    must(self->mark == 0);
    self->mark = STREAM;
    streams_open++;
    return VGI_OK;
}

/* A failed init closes what it has not opened; so does a finish. */
static void close_stream(vgi_call *call)
{
    local *self = vgi_local(call);

    streams_open -= self->mark == STREAM;
    self->mark = 0;
}

/* ---- series(stop): reads ahead ----------------------------------------------------------------------------------- */

static vgi_status series_next(vgi_call *call, vgi_batch *out)
{
    int64_t *next = vgi_cursor(call), stop;

    VGI_TRY(vgi_arg_i64(call, "stop", &stop));
    must(((local *)vgi_local(call))->mark == STREAM);
    if (*next >= stop || *next >= ROWS)
        return VGI_END;
    while (*next < stop && *next < ROWS && out->rows < out->capacity)
        vgi_out_i64(vgi_out_column(out, 0))[out->rows++] = (*next)++;
    return VGI_OK;
}

static vgi_status series_plan(vgi_call *call, vgi_plan *plan)
{
    for (int64_t i = 0; i < 3 && i < plan->wanted; i++)
        VGI_TRY(vgi_plan_add(call, plan, &i, sizeof i, NULL));
    return VGI_OK;
}

static const vgi_table_function SERIES = {
    .signature = "series(stop BIGINT) -> TABLE(n BIGINT)",
    .cursor_size = sizeof(int64_t),
    .local_size = sizeof(local),
    .batch_rows = 100,
    .read_ahead = true,
    .projection_pushdown = true,
    .filter = VGI_FILTER_APPLY,
    .plan = series_plan,
    .open = open_stream,
    .next = series_next,
    .close = close_stream,
};

/* ---- asks(): settings and secrets -------------------------------------------------------------------------------- */

static vgi_status asks_bind(vgi_call *call)
{
    const vgi_secret *secret;
    vgi_status status = vgi_secret_find(call, "fuzz_key", "s3://bucket/x", NULL, &secret);

    if (status != VGI_OK)
        return status;
    return vgi_bind_column(call, "said", "VARCHAR");
}

static vgi_status asks_next(vgi_call *call, vgi_batch *out)
{
    int64_t *turn = vgi_cursor(call), factor;
    const vgi_array *mood;
    const vgi_secret *secret;
    vgi_string token = {"", 0}, text;

    if (++*turn > 2)
        return VGI_END;
    VGI_TRY(vgi_setting_i64(call, "fuzz_factor", &factor));
    VGI_TRY(vgi_setting_array(call, "fuzz_mood", &mood));
    VGI_TRY(vgi_secret_find(call, "fuzz_key", "s3://bucket/x", NULL, &secret));
    if (secret && vgi_secret_array(secret, "token"))
        VGI_TRY(vgi_secret_text(call, secret, "token", &token));
    text = mood ? vgi_array_text(mood, 0) : (vgi_string){0};
    vgi_append_text(vgi_out_column(out, 0), token.data, token.size);
    if (text.data)
        vgi_append_text(vgi_out_column(out, 0), text.data, text.size);
    return factor == 7 ? vgi_fail(call, VGI_ERR_VALUE, "no sevens") : VGI_OK;
}

static const vgi_table_function ASKS = {
    .signature = "asks() -> TABLE",
    .cursor_size = sizeof(int64_t),
    .bind = asks_bind,
    .next = asks_next,
};

/* ---- echo(rows), total(rows) ------------------------------------------------------------------------------------- */

static vgi_status echo(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    must(((local *)vgi_local(call))->mark == STREAM);
    for (int32_t i = 0; i < in->n_columns; i++)
        vgi_column_borrow(vgi_out_column(out, i), &in->columns[i]);
    return VGI_OK;
}

static const vgi_table_in_out ECHO = {
    .signature = "echo(rows TABLE) -> TABLE",
    .local_size = sizeof(local),
    .projection_pushdown = true,
    .open = open_stream,
    .map = echo,
    .close = close_stream,
};

static vgi_status total_map(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    (void)out;
    *(int64_t *)vgi_cursor(call) += in->rows;
    return VGI_OK;
}

static vgi_status total_finish(vgi_call *call, vgi_batch *out)
{
    vgi_append_i64(vgi_out_column(out, 0), *(int64_t *)vgi_cursor(call));
    return VGI_END;
}

static const vgi_table_in_out TOTAL = {
    .signature = "total(rows TABLE) -> TABLE(n BIGINT)",
    .cursor_size = sizeof(int64_t),
    .local_size = sizeof(local),
    .open = open_stream,
    .map = total_map,
    .finish = total_finish,
    .close = close_stream,
};

/* ---- put(table, rows): writes ------------------------------------------------------------------------------------ */

static vgi_status items_columns(vgi_call *call, const vgi_arrow_schema **ret)
{
    vgi_bytes bytes;

    VGI_TRY(vgi_call_columns(call, "id BIGINT, name VARCHAR", &bytes));
    return vgi_call_schema_decode(call, bytes, ret);
}

static vgi_status put_bind(vgi_call *call)
{
    const vgi_arrow_schema *columns;

    VGI_TRY(items_columns(call, &columns));
    return vgi_bind_write_result(call, columns);
}

static void put_row(vgi_column *id, vgi_column *name, int64_t row)
{
    vgi_append_i64(id, row);
    vgi_append_string(name, "new");
}

static vgi_status put(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    must(vgi_call_write(call) != NULL);
    if (vgi_call_write(call)->result == VGI_WRITE_COUNT) {
        vgi_append_i64(vgi_out_column(out, 0), in->rows);
        return VGI_OK;
    }
    for (int64_t i = 0; i < in->rows; i++)
        if (vgi_call_write(call)->result == VGI_WRITE_ROWS)
            put_row(vgi_out_column(out, 0), vgi_out_column(out, 1), i);
        else {
            vgi_column *after = vgi_out_column(out, 1);

            vgi_append_null(vgi_out_column(out, 0));
            put_row(vgi_child(after, 0), vgi_child(after, 1), i);
            vgi_append_struct(after);
        }
    return VGI_OK;
}

static const vgi_table_in_out PUT = {
    .signature = "put(t VARCHAR, rows TABLE) -> TABLE",
    .local_size = sizeof(local),
    .writes = true,
    .returns = VGI_WRITE_CHANGES,
    .bind = put_bind,
    .open = open_stream,
    .map = put,
    .close = close_stream,
};

/* ---- the declared catalog ---------------------------------------------------------------------------------------- */

static const vgi_table NUMBERS = {.name = "numbers", .scan = "series(10)", .insert = "put('numbers')"};
static const vgi_schema MAIN = {
    .name = "main",
    .table_functions = VGI_TABLE_FUNCTIONS(&SERIES, &ASKS),
    .table_in_outs = VGI_TABLE_IN_OUTS(&ECHO, &TOTAL, &PUT),
    .tables = VGI_TABLES(&NUMBERS),
};
static const vgi_catalog STILL = {
    .name = "still",
    .schemas = VGI_SCHEMAS(&MAIN),
    .attach_options = VGI_ATTACH_OPTIONS({.name = "path", .type = "VARCHAR"},
                                         {.name = "password", .type = "VARCHAR", .is_secret = true}),
    .settings = VGI_SETTINGS({.name = "fuzz_factor", .type = "BIGINT", .default_value = "3"},
                             {.name = "fuzz_mood", .type = "VARCHAR"}),
    .secret_types = VGI_SECRET_TYPES(
        {.name = "fuzz_key", .keys = VGI_SECRET_KEYS({.name = "token", .type = "VARCHAR", .is_redacted = true})}),
    .global_functions = VGI_NAMES("series"),
    .global_function_prefix = "fuzz",
};

/* ---- catalogs of callbacks, with transactions -------------------------------------------------------------------- */

/* Of one transaction. */
typedef struct state {
    const vgi_catalog *catalog;
    int changes;
} state;

static const vgi_catalog LIVE, TWIN;

static vgi_status begin_of(const vgi_catalog *catalog, void **ret)
{
    state *self = malloc(sizeof *self);

    must(self != NULL);
    *self = (state){.catalog = catalog};
    states_open++;
    *ret = self;
    return VGI_OK;
}

static void end_of(const vgi_catalog *catalog, state *self)
{
    must(self->catalog == catalog);
    states_open--;
    free(self);
}

static vgi_status change(vgi_call *call, const vgi_catalog *catalog)
{
    state *self = vgi_call_transaction(call);

    must(self && self->catalog == catalog);
    self->changes++;
    return VGI_OK;
}

static void look(const vgi_call *call, const vgi_catalog *catalog)
{
    const state *self = vgi_call_transaction(call);

    must(!self || self->catalog == catalog);
}

static vgi_status add_items(vgi_call *call, vgi_listing *ret)
{
    static const vgi_string_pair MODES[] = {{VGI_STR("insert"), VGI_STR("changes")}};
    vgi_table_info *table = vgi_add_table(ret);

    table->name = vgi_str("items");
    table->write_result_modes = (vgi_string_map){.items = MODES, .count = 1, .present = true};
    return vgi_call_columns(call, "id BIGINT, name VARCHAR", &table->columns);
}

/* The callbacks of a catalog, which know whose they are. */
#define CALLBACKS(prefix, CATALOG)                                                                                     \
    static vgi_status prefix##_begin(vgi_call *call, void **ret)                                                       \
    {                                                                                                                  \
        (void)call;                                                                                                    \
        return begin_of(&(CATALOG), ret);                                                                              \
    }                                                                                                                  \
    static vgi_status prefix##_commit(vgi_call *call, void *self)                                                      \
    {                                                                                                                  \
        bool fails = ((const state *)self)->changes == 3;                                                              \
                                                                                                                       \
        end_of(&(CATALOG), self);                                                                                      \
        return fails ? vgi_fail(call, VGI_ERR_VALUE, "three changes are too many") : VGI_OK;                           \
    }                                                                                                                  \
    static void prefix##_rollback(void *user, void *self)                                                              \
    {                                                                                                                  \
        (void)user;                                                                                                    \
        end_of(&(CATALOG), self);                                                                                      \
    }                                                                                                                  \
    static vgi_status prefix##_tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked,          \
                                      vgi_listing *ret)                                                                \
    {                                                                                                                  \
        (void)asked;                                                                                                   \
        look(call, &(CATALOG));                                                                                        \
        return add_items(call, ret);                                                                                   \
    }                                                                                                                  \
    static vgi_status prefix##_create(vgi_call *call, const vgi_table_create_request *asked)                           \
    {                                                                                                                  \
        (void)asked;                                                                                                   \
        return change(call, &(CATALOG));                                                                               \
    }                                                                                                                  \
    static vgi_status prefix##_put(vgi_call *call, const vgi_batch *in, vgi_batch *out)                                \
    {                                                                                                                  \
        VGI_TRY(change(call, &(CATALOG)));                                                                             \
        return put(call, in, out);                                                                                     \
    }                                                                                                                  \
    static const vgi_transactions prefix##_transactions = {.begin = prefix##_begin,                                    \
                                                           .commit = prefix##_commit,                                  \
                                                           .rollback = prefix##_rollback,                              \
                                                           .wait_ms = 1,                                               \
                                                           .idle_ms = 1000000};                                        \
    static const vgi_table_in_out prefix##_writer = {.signature = "put(t VARCHAR, rows TABLE) -> TABLE",               \
                                                     .local_size = sizeof(local),                                      \
                                                     .writes = true,                                                   \
                                                     .returns = VGI_WRITE_CHANGES,                                     \
                                                     .bind = put_bind,                                                 \
                                                     .open = open_stream,                                              \
                                                     .map = prefix##_put,                                              \
                                                     .close = close_stream}

CALLBACKS(live, LIVE);
CALLBACKS(twin, TWIN);

static vgi_status live_attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    (void)call;
    (void)asked;
    ret->attach_opaque_data = (vgi_bytes){(const uint8_t *)"database", 8};
    return VGI_OK;
}

static vgi_status live_insert(vgi_call *call, const vgi_catalog_table_insert_function_get_params *asked,
                              vgi_write_function_result *ret)
{
    (void)asked;
    look(call, &LIVE);
    return vgi_write_call(call, ret, "main", "put('items')");
}

static vgi_status live_scan(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                            vgi_scan_function_result *ret)
{
    (void)asked;
    look(call, &LIVE);
    return vgi_scan_call(call, ret, "main", "series(7)");
}

static vgi_status live_drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    (void)asked;
    return change(call, &LIVE);
}

static const vgi_catalog_ops LIVE_OPS = {
    .attach = live_attach,
    .schema_contents_tables = live_tables,
    .table_create = live_create,
    .table_drop = live_drop,
    .table_insert_function_get = live_insert,
    .table_scan_function_get = live_scan,
};
static const vgi_schema LIVE_MAIN = {
    .name = "main",
    .table_functions = VGI_TABLE_FUNCTIONS(&SERIES),
    .table_in_outs = VGI_TABLE_IN_OUTS(&live_writer, &TOTAL),
};
static const vgi_catalog LIVE = {
    .name = "live", .schemas = VGI_SCHEMAS(&LIVE_MAIN), .ops = &LIVE_OPS, .transactions = &live_transactions};

/* One row of a name that is told by callbacks only, and all of the catalog in one answer (2.1 and later). */
static const vgi_catalog_ops TWIN_OPS = {.schema_contents_tables = twin_tables, .table_create = twin_create};
static const vgi_schema TWIN_MAIN = {.name = "main", .table_in_outs = VGI_TABLE_IN_OUTS(&twin_writer)};
static const vgi_catalog TWIN = {
    .name = "twin", .schemas = VGI_SCHEMAS(&TWIN_MAIN), .ops = &TWIN_OPS, .transactions = &twin_transactions};

const vgi_catalog *const FUZZ_CATALOGS[] = {&STILL, &LIVE, &TWIN, NULL};
