/* A writable catalog in memory, of tables of numbers: CREATE and DROP TABLE, INSERT, also with RETURNING.
 * An engine runs a command in several processes; what lies in memory must be served by one, so LOCATION is a socket:
 *
 *   ATTACH 'writable' AS w (TYPE vgi, LOCATION 'launch:build/release/bin/writable');
 *   CREATE TABLE w.main.primes(n BIGINT); INSERT INTO w.main.primes VALUES (2), (3) RETURNING n;
 *
 * A change stands at once: there are no transactions. UPDATE and DELETE would need a rowid (vgi_table.row_id), and the
 * calls .update and .delete_from beside .insert. */
#include <pthread.h>
#include <stdio.h>
#include <vgi/vgi.h>

enum { TABLES = 16, ROWS = 65536 };
struct store {
    pthread_mutex_t lock; /* each connection has a thread of its own */
    struct table {
        char name[64]; /* "": a free place */
        int64_t count, n[ROWS];
    } tables[TABLES];
};

/* Locks the store, and finds a table; unlock() also where that is NULL. */
static struct table *lock(vgi_call *call, vgi_string name)
{
    struct store *store = vgi_call_user(call);

    pthread_mutex_lock(&store->lock);
    for (struct table *t = store->tables; t < store->tables + TABLES; t++)
        if (vgi_string_equal(vgi_str(t->name), name))
            return t;
    return NULL;
}

static vgi_status unlock(vgi_call *call, vgi_status status)
{
    pthread_mutex_unlock(&((struct store *)vgi_call_user(call))->lock);
    return status;
}

static vgi_status scan_next(vgi_call *call, vgi_batch *out)
{
    int64_t *n = vgi_out_i64(vgi_out_column(out, 0)), *next = vgi_cursor(call), *end = next + 1;
    vgi_string name;
    struct table *t;

    VGI_TRY(vgi_arg_text(call, "t", &name));
    t = lock(call, name);
    *end = t && *next == 0 ? t->count : *end; /* an engine scans while it writes: what is added now is not read */
    while (t && *next < *end && out->rows < out->capacity)
        n[out->rows++] = t->n[(*next)++];
    return unlock(call, t && *next < *end ? VGI_OK : VGI_END);
}

static vgi_status insert_bind(vgi_call *call)
{
    return vgi_bind_write_columns(call, "n BIGINT");
}

static vgi_status insert_map(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    vgi_string name;
    struct table *t;
    int64_t i = 0;

    VGI_TRY(vgi_arg_text(call, "t", &name));
    t = lock(call, name);
    while (t && i < in->rows && t->count < ROWS)
        t->n[t->count++] = vgi_i64(in, 0)[i++];
    (void)unlock(call, VGI_OK);
    if (i < in->rows)
        return vgi_fail(call, VGI_ERR_LIMIT, "the table is %s", t ? "full" : "gone");
    if (vgi_call_write(call)->result == VGI_WRITE_COUNT)
        vgi_append_i64(vgi_out_column(out, 0), in->rows);
    else
        vgi_column_borrow(vgi_out_column(out, 0), &in->columns[0]);
    return VGI_OK;
}

static vgi_status table_create(vgi_call *call, const vgi_table_create_request *asked)
{
    const vgi_arrow_schema *columns;
    vgi_status status = VGI_OK;
    struct table *t;

    VGI_TRY(vgi_call_schema_decode(call, asked->columns, &columns));
    if (columns->n_fields != 1 || columns->fields[0]->type != VGI_TYPE_INT64)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "a table here is (n BIGINT)");
    t = lock(call, asked->name);
    if (!t) {
        (void)unlock(call, VGI_OK);
        t = lock(call, vgi_str(""));
        if (!t || asked->name.size >= sizeof t->name)
            return unlock(call, vgi_fail(call, VGI_ERR_LIMIT, "there are too many tables, or the name is too long"));
        snprintf(t->name, sizeof t->name, "%.*s", (int)asked->name.size, asked->name.data);
        t->count = 0;
    } else if (asked->on_conflict != VGI_ON_CONFLICT_IGNORE) {
        status = vgi_fail(call, VGI_ERR_VALUE, "the table %s exists", t->name);
    }
    return unlock(call, status);
}

static vgi_status table_drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    struct table *t = lock(call, asked->name);

    if (t)
        t->name[0] = '\0';
    return unlock(call, VGI_OK);
}

/* Look-ups by name are answered from this, too. A descriptor and its texts must outlive the callback. */
static vgi_status tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    struct table *t = ((struct store *)vgi_call_user(call))->tables, *end = t + TABLES;
    vgi_status status = VGI_OK;

    (void)lock(call, asked->path.items[0]);
    for (; t < end && status == VGI_OK; t++) {
        vgi_table *table = vgi_alloc(call, sizeof *table);
        if (!table || !t->name[0])
            continue;
        table->name = vgi_call_text(call, "%s", t->name).data;
        table->scan = vgi_call_text(call, "scan(%s)", vgi_sql_text(call, vgi_str(t->name))).data;
        table->insert = vgi_call_text(call, "insert_into(%s)", vgi_sql_text(call, vgi_str(t->name))).data;
        status = vgi_table_describe(call, table, "main", vgi_add_table(ret));
    }
    return unlock(call, status);
}

static const vgi_table_function SCAN = {
    .signature = "scan(t VARCHAR) -> TABLE(n BIGINT)", .cursor_size = 2 * sizeof(int64_t), .next = scan_next};
static const vgi_table_in_out INSERT = {.signature = "insert_into(t VARCHAR, rows TABLE) -> TABLE",
                                        .writes = true,
                                        .returns = VGI_WRITE_ROWS,
                                        .bind = insert_bind,
                                        .map = insert_map};
static const vgi_schema MAIN = {
    .name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&SCAN), .table_in_outs = VGI_TABLE_IN_OUTS(&INSERT)};
static const vgi_catalog_ops OPS = {
    .schema_contents_tables = tables, .table_create = table_create, .table_drop = table_drop};
static const vgi_catalog WRITABLE = {.name = "writable", .schemas = VGI_SCHEMAS(&MAIN), .ops = &OPS};

int main(int argc, char **argv)
{
    static struct store store = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&WRITABLE), .user = &store};

    return vgi_worker_main_with(&options, argc, argv);
}
