/* A writable catalog in memory, of tables of numbers. An engine runs a command in several processes, and memory is one
 * process's: so LOCATION is a socket. ATTACH 'writable' (TYPE vgi, LOCATION 'launch:build/release/bin/writable'); */
#include <pthread.h>
#include <string.h>
#include <vgi/vgi.h>

enum { TABLES = 16, ROWS = 65536 };
struct store {
    pthread_mutex_t lock; /* each connection has a thread of its own */
    struct table {
        char name[64]; /* "": none is here, nor behind it */
        int64_t count, n[ROWS];
    } tables[TABLES + 1]; /* the last one stays empty */
};

/* The table of that name, else the empty one behind the others: the caller's until unlock(). */
static struct table *lock(vgi_call *call, vgi_string name)
{
    struct store *store = vgi_call_user(call);
    struct table *t = store->tables;
    pthread_mutex_lock(&store->lock);
    while (t->name[0] && !vgi_string_equal(vgi_str(t->name), name))
        t++;
    return t;
}

static vgi_status unlock(vgi_call *call, vgi_status status)
{
    pthread_mutex_unlock(&((struct store *)vgi_call_user(call))->lock);
    return status;
}

static vgi_status scan(vgi_call *call, vgi_batch *out) /* all rows in one batch */
{
    vgi_string name;
    VGI_TRY(vgi_arg_text(call, "t", &name));
    const struct table *t = lock(call, name);
    for (int64_t i = 0; i < t->count; i++)
        vgi_append_i64(vgi_out_column(out, 0), t->n[i]);
    return unlock(call, VGI_END);
}

static vgi_status bind(vgi_call *call)
{
    return vgi_bind_write_columns(call, "n BIGINT");
}

static vgi_status put(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    vgi_string name;
    VGI_TRY(vgi_arg_text(call, "t", &name));
    struct table *t = lock(call, name);
    if (!t->name[0] || in->rows > ROWS - t->count)
        return unlock(call, vgi_fail(call, VGI_ERR_LIMIT, "the table is %s", t->name[0] ? "full" : "gone"));
    for (int64_t i = 0; i < in->rows; i++)
        if (vgi_array_is_null(&in->columns[0], i))
            return unlock(call, vgi_fail(call, VGI_ERR_VALUE, "n is NULL in row %" PRId64, i));
    memcpy(t->n + t->count, vgi_i64(in, 0), (size_t)in->rows * sizeof *t->n);
    t->count += in->rows;
    if (vgi_call_write(call)->result == VGI_WRITE_COUNT)
        vgi_append_i64(vgi_out_column(out, 0), in->rows);
    else
        vgi_column_borrow(vgi_out_column(out, 0), &in->columns[0]);
    return unlock(call, VGI_OK);
}

static vgi_status create(vgi_call *call, const vgi_table_create_request *asked)
{
    const vgi_arrow_schema *columns;
    VGI_TRY(vgi_call_schema_decode(call, asked->columns, &columns));
    if (columns->n_fields != 1 || columns->fields[0]->type != VGI_TYPE_INT64 || asked->name.size > 63)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "a table here is (n BIGINT), its name of at most 63 bytes");
    struct table *t = lock(call, asked->name), *end = ((struct store *)vgi_call_user(call))->tables + TABLES;
    if (t->name[0] && asked->on_conflict == VGI_ON_CONFLICT_IGNORE)
        return unlock(call, VGI_OK);
    if (t->name[0] || t == end)
        return unlock(call, vgi_fail(call, VGI_ERR_VALUE, "the table exists already, or is one too many"));
    memcpy(t->name, asked->name.data, asked->name.size);
    return unlock(call, VGI_OK);
}

static vgi_status drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    for (struct table *t = lock(call, asked->name); t->name[0]; t++)
        *t = t[1];
    return unlock(call, VGI_OK);
}

static vgi_status list(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    struct table *t = ((struct store *)vgi_call_user(call))->tables;
    vgi_status status = VGI_OK;
    lock(call, asked->path.count ? asked->path.items[0] : vgi_str("")); /* answers look-ups by name, too */
    for (; t->name[0] && status == VGI_OK; t++) {
        vgi_table *table = vgi_alloc(call, sizeof *table);
        if (!table)
            return unlock(call, VGI_ERR_MEMORY);
        table->name = vgi_call_text(call, "%s", t->name).data;
        table->scan = vgi_call_text(call, "scan(%s)", vgi_sql_text(call, vgi_str(t->name))).data;
        table->insert = vgi_call_text(call, "put(%s)", vgi_sql_text(call, vgi_str(t->name))).data;
        status = vgi_table_describe(call, table, "main", vgi_add_table(ret));
    }
    return unlock(call, status);
}

static const vgi_table_function SCAN = {.signature = "scan(t VARCHAR) -> TABLE(n BIGINT)", .next = scan};
static const vgi_table_in_out INSERT = {
    .signature = "put(t TEXT, n TABLE) -> TABLE", .writes = true, .returns = VGI_WRITE_ROWS, .bind = bind, .map = put};
static const vgi_schema MAIN = {
    .name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&SCAN), .table_in_outs = VGI_TABLE_IN_OUTS(&INSERT)};
static const vgi_catalog_ops OPS = {.schema_contents_tables = list, .table_create = create, .table_drop = drop};
static const vgi_catalog WRITABLE = {.name = "writable", .schemas = VGI_SCHEMAS(&MAIN), .ops = &OPS};

int main(int argc, char **argv)
{
    static struct store store = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&WRITABLE), .user = &store};
    return vgi_worker_main_with(&options, argc, argv);
}
