/* vgi insert: rows of CSV, as vgi scan -o csv writes them, into a table (vgi.md §13). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vgi/rpc_client.h>

#include "contents.h"
#include "out.h"

enum { ROWS = 2048 }; /* in a batch, as an engine has it */

typedef struct insert_args {
    vgi_string_list path;
    vgi_string table;
    vgi_string file;
    vgi_string returning;
} insert_args;

/* ---- CSV: a field after the other -------------------------------------------------------------------------------- */

typedef struct reader {
    FILE *in;
    const char *name; /* of the file, in sentences */
    long long line;
    cli_text field;
    bool quoted;
    int end; /* what ended the field: ',', '\n' or EOF */
} reader;

/* Up to the quote that ends the text; what comes behind it. */
static int read_quoted(reader *r)
{
    for (;;) {
        int byte = getc(r->in);

        if (byte == '"' && (byte = getc(r->in)) != '"')
            return byte;
        if (byte == EOF)
            return 0;
        r->line += byte == '\n';
        cli_text_char(&r->field, (char)byte);
    }
}

static int read_field(cli *c, reader *r)
{
    int byte = getc(r->in);

    cli_text_clear(&r->field);
    r->quoted = byte == '"';
    if (r->quoted)
        byte = read_quoted(r);
    else
        for (; byte != ',' && byte != '\n' && byte != '\r' && byte != EOF; byte = getc(r->in))
            cli_text_char(&r->field, (char)byte);
    if (byte == '\r')
        byte = getc(r->in);
    r->end = byte;
    if (byte == EOF && ferror(r->in))
        return cli_tell(c, CLI_FAILED, "cannot read %s: %s", r->name, strerror(errno));
    if (r->field.size && memchr(r->field.data, '\0', r->field.size))
        return cli_tell(c, CLI_FAILED, "%s, line %lld: a value has a NUL in it", r->name, r->line);
    if (byte == ',' || byte == '\n' || byte == EOF)
        return CLI_OK;
    return cli_tell(c, CLI_FAILED, "%s, line %lld: the quotes of a value do not end it", r->name, r->line);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

typedef struct insertion {
    cli *c;
    reader in;
    vgi_arrow_schema columns; /* that are in the file, in its order */
    vgi_value *values;        /* of one row */
    vgi_result *scratch;      /* of one batch */
    vgi_run *run;
    cli_out *out; /* NULL: rows are counted */
    int64_t count;
} insertion;

/* The first line: which columns there are. */
static int read_header(insertion *n, const vgi_arrow_schema *table)
{
    const vgi_field **fields = cli_keep(n->c, ((size_t)table->n_fields + 1) * sizeof *fields);
    vgi_string *names = cli_keep(n->c, ((size_t)table->n_fields + 1) * sizeof *names);
    int32_t count = 0, at;

    for (int32_t k = 0; k < table->n_fields; k++)
        names[k] = table->fields[k]->name;
    do {
        vgi_string name;
        int code = read_field(n->c, &n->in);

        if (code != CLI_OK)
            return code;
        name = cli_keep_text(n->c, n->in.field.data ? n->in.field.data : "", n->in.field.size);
        for (at = 0; at < table->n_fields && !cli_same_name(names[at], name);)
            at++;
        if (at == table->n_fields)
            return cli_not_found(n->c, "column", name, names, (size_t)table->n_fields);
        for (int32_t k = 0; k < count; k++)
            if (fields[k] == table->fields[at])
                return cli_tell(n->c, CLI_FAILED, "%s: the column '%s' comes twice", n->in.name, name.data);
        fields[count++] = table->fields[at];
    } while (n->in.end == ',');
    n->in.line++;
    n->columns = (vgi_arrow_schema){.n_fields = count, .fields = fields};
    n->values = cli_keep(n->c, ((size_t)count + 1) * sizeof *n->values);
    for (int32_t k = 0; k < count; k++)
        n->values[k].type = cli_cstr(n->c, vgi_type_sql(n->c->result, fields[k]));
    return CLI_OK;
}

/* The texts of one row; *ret_ended: there is none any more. */
static int read_row(insertion *n, bool *ret_ended)
{
    for (int32_t k = 0; k < n->columns.n_fields; k++) {
        int code = read_field(n->c, &n->in);
        bool is_null = !n->in.quoted && n->in.field.size == 0, last = k + 1 == n->columns.n_fields;
        char *text;

        *ret_ended = code == CLI_OK && k == 0 && n->in.end == EOF && is_null;
        if (code != CLI_OK || *ret_ended)
            return code;
        if (last == (n->in.end == ','))
            return cli_tell(n->c, CLI_FAILED, "%s, line %lld: there are too %s values; the first line has %d names",
                            n->in.name, n->in.line, last ? "many" : "few", (int)n->columns.n_fields);
        text = vgi_result_alloc(n->scratch, n->in.field.size + 1);
        if (!text)
            return cli_tell(n->c, CLI_FAILED, "out of memory");
        if (n->in.field.size)
            memcpy(text, n->in.field.data, n->in.field.size);
        n->values[k].text = is_null ? NULL : text;
    }
    return CLI_OK;
}

static int add_row(insertion *n, vgi_batch *batch)
{
    const vgi_batch *row;
    vgi_bytes bytes;
    vgi_error err = {0};
    vgi_status status = vgi_values_encode(n->scratch, n->values, (size_t)n->columns.n_fields, &bytes, &err);

    if (status == VGI_OK)
        status = vgi_batch_decode(n->scratch, bytes, &row, &err);
    if (status != VGI_OK)
        return cli_tell(n->c, CLI_FAILED, "%s, line %lld: %s", n->in.name, n->in.line, err.message);
    for (int32_t k = 0; k < row->n_columns; k++)
        vgi_append_value(vgi_out_column(batch, k), &row->columns[k], 0);
    n->in.line++;
    return CLI_OK;
}

static int send(insertion *n, vgi_batch *batch)
{
    const vgi_batch *answer;
    vgi_error err = {0};
    vgi_status status = vgi_batch_finish(n->scratch, batch, &err);

    if (status == VGI_OK && batch->rows == 0)
        return CLI_OK;
    if (status == VGI_OK)
        status = vgi_run_exchange(n->run, batch, &answer, &err);
    if (status != VGI_OK)
        return cli_fail(n->c, status, &err);
    if (n->out)
        return cli_out_batch(n->out, answer, answer->rows);
    if (!answer || answer->rows != 1 || answer->n_columns != 1)
        return cli_tell(n->c, CLI_FAILED, "the worker was asked for a count, and did not answer with one");
    n->count += vgi_array_i64(&answer->columns[0], 0);
    return CLI_OK;
}

static int insert_rows(insertion *n)
{
    bool ended = false;

    while (!ended) {
        vgi_batch *batch;
        vgi_error err = {0};
        vgi_status status;
        int code = CLI_OK;

        vgi_result_clear(n->scratch);
        status = vgi_batch_new(n->scratch, &n->columns, ROWS, &batch, &err);
        if (status != VGI_OK)
            return cli_fail(n->c, status, &err);
        for (int i = 0; i < ROWS && code == CLI_OK; i++) {
            code = read_row(n, &ended);
            if (code == CLI_OK && ended)
                break;
            if (code == CLI_OK)
                code = add_row(n, batch);
        }
        if (code == CLI_OK)
            code = send(n, batch);
        if (code != CLI_OK)
            return code;
    }
    return CLI_OK;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int find_columns(cli *c, const insert_args *a, vgi_string_list path, const vgi_arrow_schema **ret)
{
    const vgi_catalog_table_get_params get = {.schema_path = path, .name = a->table};
    vgi_table_info_list tables = {0};
    vgi_error err = {0};
    vgi_status status = vgi_client_catalog_table_get(c->attachment, &get, c->result, &tables, &err);

    if (status == VGI_OK && tables.count == 0)
        return cli_tell(c, CLI_NOT_FOUND, "there is no table '%s'", cli_cstr(c, a->table));
    if (status == VGI_OK)
        status = vgi_schema_decode(c->result, tables.items[0].columns, ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

static int open_insertion(insertion *n, const insert_args *a, vgi_string_list path)
{
    const vgi_write write = {.schema_path = path,
                             .table = cli_cstr(n->c, a->table),
                             .kind = VGI_WRITE_INSERT,
                             .input_schema = &n->columns,
                             .result = cli_cstr(n->c, a->returning)};
    vgi_error err = {0};
    vgi_status status = vgi_write_open(n->c->attachment, &write, &n->run, &err);

    if (status == VGI_OK)
        status = vgi_result_new(&n->scratch, &err);
    if (status != VGI_OK)
        return cli_fail(n->c, status, &err);
    if (!a->returning.data || vgi_string_equal(a->returning, vgi_str("count")))
        return CLI_OK;
    return cli_out_begin(n->c, vgi_run_schema(n->run), false, &n->out);
}

/* The end of the stream is when a worker commits what is in no transaction. */
static int close_insertion(insertion *n)
{
    static const cli_column COLUMNS[] = {{"count", CLI_CELL_INT64}};
    vgi_error err = {0};
    vgi_status status = vgi_run_close(n->run, &err);
    cli_rows *rows;

    if (status != VGI_OK)
        return cli_fail(n->c, status, &err);
    if (n->out)
        return CLI_OK;
    rows = cli_rows_new(COLUMNS, 1);
    cli_rows_int64(rows, n->count);
    return cli_rows_print(n->c, rows, true);
}

static int insert_from(insertion *n, const insert_args *a)
{
    vgi_string_list path;
    const vgi_arrow_schema *table;
    int code = cli_table_find(n->c, a->path, a->table), ended;

    if (code != CLI_OK)
        return code;
    path = a->path.count ? a->path : cli_default_path(n->c);
    code = find_columns(n->c, a, path, &table);
    if (code == CLI_OK)
        code = read_header(n, table);
    if (code == CLI_OK)
        code = open_insertion(n, a, path);
    if (code == CLI_OK)
        code = insert_rows(n);
    if (code == CLI_OK)
        code = close_insertion(n);
    ended = cli_out_end(n->out, code == CLI_OK);
    vgi_run_free(n->run);
    vgi_result_free(n->scratch);
    cli_text_free(&n->in.field);
    return code == CLI_OK ? ended : code;
}

static int insert(cli *c, const void *args)
{
    const insert_args *a = args;
    bool is_stdin = !a->file.data || vgi_string_equal(a->file, vgi_str("-"));
    insertion n = {.c = c, .in = {.in = stdin, .name = is_stdin ? "stdin" : cli_cstr(c, a->file), .line = 1}};
    int code;

    if (!is_stdin)
        n.in.in = fopen(n.in.name, "re");
    if (!n.in.in)
        return cli_tell(c, CLI_FAILED, "cannot open %s: %s", n.in.name, strerror(errno));
    code = insert_from(&n, a);
    if (!is_stdin)
        (void)fclose(n.in.in);
    return code;
}

static const cli_field INSERT_FIELDS[] = {
    {"TABLE", "NAME in the default schema, or SCHEMA.NAME", .offset = offsetof(insert_args, table),
     .offset2 = offsetof(insert_args, path), .kind = CLI_OBJECT},
    {"FILE", "CSV, the names of columns in the first line; - or nothing: stdin", .offset = offsetof(insert_args, file),
     .optional = true},
    {"--returning", "what is printed: their number (count, the default), rows, changes",
     .offset = offsetof(insert_args, returning), .choices = "count rows changes"},
    {0},
};

const cli_command CLI_INSERT = {
    .name = "insert",
    .group = "Looking",
    .summary = "Inserts rows of CSV into a table.",
    .description =
        "The CSV is what `vgi scan -o csv` writes: names of columns in the first line, in any order, and of some "
        "only;\n"
        "an empty value is NULL, \"\" an empty text. Numbers, texts, truth values, dates and timestamps can be read.\n"
        "Rows go to the worker in batches of 2048; whether a mistake takes back those before it is the worker's "
        "matter:\n"
        "with --transaction it is yours.",
    .examples = "  vgi insert 'vgi-sqlite shop.db' orders orders.csv\n"
                "  vgi scan ./worker numbers -o csv | vgi insert 'vgi-sqlite copy.db' numbers\n"
                "  vgi insert 'vgi-sqlite shop.db' orders --returning rows -o json < orders.csv\n",
    .fields = INSERT_FIELDS,
    .args_size = sizeof(insert_args),
    .run = insert,
};
