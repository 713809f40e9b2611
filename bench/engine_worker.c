/* The worker whose functions bench/engine.py times: the catalog `bench`, the same in every language that is compared
 * (engine_worker.py is the one in Python). No pushdown, no statistics, no cache.
 *
 *   bdouble(x), bupper(s)           scalars
 *   seq(count), wide(count), strs(count), each with a named batch_size
 *   echo(rows)                      a function over rows
 *
 * and as many tables as VGI_BENCH_TABLES says, in `main` or in as many schemas as VGI_BENCH_SCHEMAS says. */
#include <stdio.h>
#include <stdlib.h>

#include <vgi/vgi.h>

enum { BLOCK = 2048, MAX_BATCH = 1 << 24 };

/* ---- scalars ---------------------------------------------------------------------------------------------------- */

static vgi_status bdouble(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    const int64_t *x = vgi_i64(in, 0);
    int64_t *y = vgi_out_i64(out);

    VGI_EACH_ROW(in, i)
        if (__builtin_mul_overflow(x[i], 2, &y[i]))
            return vgi_fail(call, VGI_ERR_VALUE, "row %" PRId64 ": 2 * x overflows BIGINT", i);
    return VGI_OK;
}

static const vgi_scalar BDOUBLE = {.signature = "bdouble(x BIGINT) -> BIGINT", .map = bdouble};

static vgi_status bupper(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    char *upper = NULL;
    size_t capacity = 0;

    VGI_EACH_ROW(in, i) {
        const vgi_string s = vgi_text(in, 0, i);

        if (s.size > capacity) {
            capacity = 2 * s.size;
            upper = vgi_alloc(call, capacity);
            if (!upper)
                return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a text of %zu bytes", s.size);
        }
        for (size_t k = 0; k < s.size; k++)
            upper[k] = s.data[k] >= 'a' && s.data[k] <= 'z' ? (char)(s.data[k] - 'a' + 'A') : s.data[k];
        vgi_append_text(out, upper ? upper : "", s.size);
    }
    return VGI_OK;
}

static const vgi_scalar BUPPER = {.signature = "bupper(s VARCHAR) -> VARCHAR", .map = bupper};

/* ---- scans ------------------------------------------------------------------------------------------------------ */

struct scan {
    int64_t next;
    int64_t count;
};

static vgi_status open_scan(vgi_call *call)
{
    struct scan *s = vgi_cursor(call);
    int64_t batch_size;

    VGI_TRY(vgi_arg_i64(call, "count", &s->count));
    VGI_TRY(vgi_arg_i64(call, "batch_size", &batch_size));
    if (batch_size < 1 || batch_size > MAX_BATCH)
        return vgi_fail(call, VGI_ERR_VALUE, "batch_size must be from 1 to %d, got %" PRId64, MAX_BATCH, batch_size);
    vgi_set_batch_rows(call, batch_size);
    return VGI_OK;
}

/* How many rows this batch has; 0: there are no more. */
static int64_t rows_of(struct scan *s, const vgi_batch *out)
{
    const int64_t left = s->count - s->next;

    return left < 0 ? 0 : left < out->capacity ? left : out->capacity;
}

static vgi_status seq_next(vgi_call *call, vgi_batch *out)
{
    struct scan *s = vgi_cursor(call);
    int64_t *n = vgi_out_i64(vgi_out_column(out, 0));

    out->rows = rows_of(s, out);
    if (out->rows == 0)
        return VGI_END;
    for (int64_t i = 0; i < out->rows; i++)
        n[i] = s->next + i;
    s->next += out->rows;
    return VGI_OK;
}

static const vgi_table_function SEQ = {
    .signature = "seq(count BIGINT, batch_size BIGINT := 2048) -> TABLE(n BIGINT)",
    .cursor_size = sizeof(struct scan),
    .open = open_scan,
    .next = seq_next,
    .read_ahead = true,
};

/* ---- scans of a block that is built once ------------------------------------------------------------------------- */

/* Columns of `wide`, by number. */
enum { C06 = 6, C09 = 9, C13 = 13, C14 = 14, C15, C16, C17, N_WIDE = 20 };
enum { FIRST_DAY = 18262, MICROSECONDS = 1000000, TEXT_ROOM = 24 }; /* 2020-01-01 */

/* Row i of a batch is made of k = i mod BLOCK, so all batches are this one, cut to their length. */
struct block {
    vgi_array columns[N_WIDE];
};

static void *fill_integers(vgi_call *call, int64_t rows, int64_t factor)
{
    int64_t *values = vgi_alloc(call, (size_t)rows * sizeof *values);

    for (int64_t i = 0; values && i < rows; i++)
        values[i] = i % BLOCK * factor;
    return values;
}

static void *fill_small_integers(vgi_call *call, int64_t rows, int32_t first)
{
    int32_t *values = vgi_alloc(call, (size_t)rows * sizeof *values);

    for (int64_t i = 0; values && i < rows; i++)
        values[i] = first + (int32_t)(i % BLOCK);
    return values;
}

static void *fill_doubles(vgi_call *call, int64_t rows, int32_t first)
{
    double *values = vgi_alloc(call, (size_t)rows * sizeof *values);

    for (int64_t i = 0; values && i < rows; i++)
        values[i] = (double)(i % BLOCK) * 0.5 + first;
    return values;
}

/* Bit i: whether k is divisible by `divisor`, or where `inverted` whether it is not. */
static uint8_t *fill_bits(vgi_call *call, int64_t rows, int64_t divisor, bool inverted)
{
    uint8_t *bits = vgi_alloc(call, (size_t)(rows + 7) / 8);

    for (int64_t i = 0; bits && i < rows; i++)
        if ((i % BLOCK % divisor == 0) != inverted)
            bits[i / 8] |= (uint8_t)(1 << i % 8);
    return bits;
}

/* The texts PREFIX and k in `digits` digits. False when out of memory. */
static bool fill_texts(vgi_call *call, int64_t rows, const char *prefix, int digits, vgi_array *column)
{
    int32_t *offsets = vgi_alloc(call, (size_t)(rows + 1) * sizeof *offsets);
    char *bytes = vgi_alloc(call, (size_t)rows * TEXT_ROOM + 1);

    if (!offsets || !bytes)
        return false;
    for (int64_t i = 0; i < rows; i++)
        offsets[i + 1] =
            offsets[i] + snprintf(bytes + offsets[i], TEXT_ROOM + 1, "%s%0*d", prefix, digits, (int)(i % BLOCK));
    column->buffers[0] = offsets;
    column->buffers[1] = bytes;
    return true;
}

static bool fill_wide(vgi_call *call, int64_t rows, vgi_array *columns)
{
    bool done = true;

    for (int32_t j = 0; j < C17; j++) {
        vgi_array *c = &columns[j];

        c->buffers[0] = j < C06    ? fill_integers(call, rows, j + 1)
                        : j < C09  ? fill_small_integers(call, rows, j)
                        : j < C14  ? fill_doubles(call, rows, j)
                        : j == C14 ? fill_bits(call, rows, 2, false)
                        : j == C15 ? fill_small_integers(call, rows, FIRST_DAY)
                                   : fill_integers(call, rows, MICROSECONDS);
        done = done && c->buffers[0];
    }
    columns[C13].validity = fill_bits(call, rows, 10, true);
    columns[C13].null_count = -1;
    return done && columns[C13].validity && fill_texts(call, rows, "", 8, &columns[C17]) &&
           fill_texts(call, rows, "w18-", 12, &columns[C17 + 1]) &&
           fill_texts(call, rows, "w19-", 20, &columns[C17 + 2]);
}

static bool fill_strs(vgi_call *call, int64_t rows, vgi_array *columns)
{
    return fill_texts(call, rows, "str-", 12, columns);
}

static vgi_status open_block(vgi_call *call, bool (*fill)(vgi_call *call, int64_t rows, vgi_array *columns))
{
    struct scan *s = vgi_cursor(call);
    struct block *block = vgi_local(call);
    const vgi_arrow_schema *schema = vgi_output_schema(call);
    int64_t rows;

    VGI_TRY(open_scan(call));
    VGI_TRY(vgi_arg_i64(call, "batch_size", &rows));
    rows = s->count < rows ? s->count : rows;
    if (rows > 0 && !fill(call, rows, block->columns))
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for batches of %" PRId64 " rows", rows);
    for (int32_t j = 0; j < schema->n_fields; j++)
        block->columns[j].field = schema->fields[j];
    return VGI_OK;
}

static vgi_status open_wide(vgi_call *call)
{
    return open_block(call, fill_wide);
}

static vgi_status open_strs(vgi_call *call)
{
    return open_block(call, fill_strs);
}

static vgi_status block_next(vgi_call *call, vgi_batch *out)
{
    struct scan *s = vgi_cursor(call);
    struct block *block = vgi_local(call);
    const int64_t rows = rows_of(s, out);

    if (rows == 0)
        return VGI_END;
    for (int32_t j = 0; j < out->schema->n_fields; j++) {
        block->columns[j].length = rows;
        vgi_column_borrow(vgi_out_column(out, j), &block->columns[j]);
    }
    s->next += rows;
    return VGI_OK;
}

static const vgi_table_function STRS = {
    .signature = "strs(count BIGINT, batch_size BIGINT := 2048) -> TABLE(s VARCHAR)",
    .cursor_size = sizeof(struct scan),
    .local_size = sizeof(struct block),
    .open = open_strs,
    .next = block_next,
    .read_ahead = true,
};

static const vgi_table_function WIDE = {
    .signature = "wide(count BIGINT, batch_size BIGINT := 2048) -> TABLE("
                 "c00 BIGINT, c01 BIGINT, c02 BIGINT, c03 BIGINT, c04 BIGINT, c05 BIGINT, "
                 "c06 INTEGER, c07 INTEGER, c08 INTEGER, "
                 "c09 DOUBLE, c10 DOUBLE, c11 DOUBLE, c12 DOUBLE, c13 DOUBLE, "
                 "c14 BOOLEAN, c15 DATE, c16 TIMESTAMP, c17 VARCHAR, c18 VARCHAR, c19 VARCHAR)",
    .cursor_size = sizeof(struct scan),
    .local_size = sizeof(struct block),
    .open = open_wide,
    .next = block_next,
    .read_ahead = true,
};

/* The rows of all tables: none. */
static vgi_status no_rows(vgi_call *call, vgi_batch *out)
{
    (void)call;
    (void)out;
    return VGI_END;
}

static const vgi_table_function NO_ROWS = {
    .signature =
        "no_rows(count BIGINT, batch_size BIGINT := 2048) -> TABLE(id BIGINT, name VARCHAR, v DOUBLE, ts TIMESTAMP)",
    .next = no_rows,
};

/* ---- rows in, rows out ------------------------------------------------------------------------------------------- */

static vgi_status echo(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    (void)call;
    for (int32_t i = 0; i < in->n_columns; i++)
        vgi_column_borrow(vgi_out_column(out, i), &in->columns[i]);
    return VGI_OK;
}

static const vgi_table_in_out ECHO = {.signature = "echo(rows TABLE) -> TABLE", .map = echo};

/* ---- the catalog ------------------------------------------------------------------------------------------------ */

enum { MAX_TABLES = 100000, NAME_SIZE = 16 };

/* The tables t0000, t0001, ... and the list of them; the program's end frees it. NULL when out of memory. */
static const vgi_table *const *make_tables(int64_t count)
{
    const vgi_table **list = calloc((size_t)count + 1, sizeof *list);
    vgi_table *tables = calloc((size_t)count + 1, sizeof *tables);
    char(*names)[NAME_SIZE] = calloc((size_t)count + 1, sizeof *names);

    if (!list || !tables || !names)
        return NULL;
    for (int64_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "t%04d", (int)i);
        tables[i] = (vgi_table){.name = names[i], .scan = "no_rows(0)"};
        list[i] = &tables[i];
    }
    return list;
}

/* Main and `count` schemas s000, s001, ... which share the tables. NULL when out of memory. */
static const vgi_schema *const *make_schemas(const vgi_schema *first, int64_t count, const vgi_table *const *tables,
                                             int64_t n_tables)
{
    const vgi_schema **list = calloc((size_t)count + 2, sizeof *list);
    vgi_schema *schemas = calloc((size_t)count + 1, sizeof *schemas);
    char(*names)[NAME_SIZE] = calloc((size_t)count + 1, sizeof *names);

    if (!list || !schemas || !names)
        return NULL;
    list[0] = first;
    for (int64_t i = 0; i < count; i++) {
        int64_t begin = i * n_tables / count, end = (i + 1) * n_tables / count;
        const vgi_table **share = calloc((size_t)(end - begin) + 1, sizeof *share);

        if (!share)
            return NULL;
        for (int64_t k = begin; k < end; k++)
            share[k - begin] = tables[k];
        snprintf(names[i], sizeof names[i], "s%03d", (int)i);
        schemas[i] = (vgi_schema){.name = names[i], .tables = share};
        list[i + 1] = &schemas[i];
    }
    return list;
}

static long count_from(const char *variable)
{
    const char *text = getenv(variable);

    return text ? strtol(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    const long n_tables = count_from("VGI_BENCH_TABLES"), n_schemas = count_from("VGI_BENCH_SCHEMAS");
    vgi_schema schema = {
        .name = "main",
        .scalars = VGI_SCALARS(&BDOUBLE, &BUPPER),
        .table_functions = VGI_TABLE_FUNCTIONS(&SEQ, &WIDE, &STRS, &NO_ROWS),
        .table_in_outs = VGI_TABLE_IN_OUTS(&ECHO),
    };
    const vgi_schema *const alone[] = {&schema, NULL};
    vgi_catalog bench = {.name = "bench", .default_schema = "main", .schemas = alone};
    const vgi_table *const *tables;

    if (n_tables < 0 || n_tables > MAX_TABLES || n_schemas < 0 || n_schemas > MAX_TABLES)
        return fprintf(stderr, "VGI_BENCH_TABLES and VGI_BENCH_SCHEMAS must be from 0 to %d\n", MAX_TABLES), 2;
    tables = make_tables(n_tables);
    if (n_schemas == 0)
        schema.tables = tables;
    else if (tables)
        bench.schemas = make_schemas(&schema, n_schemas, tables, n_tables);
    if (!tables || !bench.schemas)
        return fprintf(stderr, "no memory for %ld tables\n", n_tables), 1;
    return vgi_worker_main(&bench, argc, argv);
}
