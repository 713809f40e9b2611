/* arrow_tool MODE [SQL]: the Arrow core under pyarrow's eyes. Streams come in by stdin and go out by stdout; exit 1
 * with a sentence on stderr where something fails.
 *
 *   types SQL  the schema of a column list, as a stream without batches
 *   sql        the columns of a stream's schema, one line of SQL each
 *   copy       every value appended to a builder (vgi_append_value)
 *   slices     every batch as slices of 1, 2, 3, ... rows
 *   abi        schema and batches through the C data interface
 *   show       as copy, with every third row (1, 4, 7, ...) invisible; columns become nullable */
#include <stdio.h>
#include <string.h>

#include "../ipc/stream_file.h"
#include "arrow/array.h"
#include "arrow/bits.h"
#include "arrow/type.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

typedef struct tool {
    vg_reader *reader;
    vg_writer *writer;
    vg_builder *builder;
    vg_arena arena;
    const vgi_arrow_schema *schema; /* of the output */
    const char *sql;
} tool;

static vgi_status write_stdout(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    (void)output;
    for (int i = 0; i < count; i++)
        if (fwrite(parts[i].iov_base, 1, parts[i].iov_len, stdout) != parts[i].iov_len)
            return vgi_error_set(err, VGI_ERR_IO, "stdout cannot be written");
    return VGI_OK;
}

static vgi_status send(tool *t, const vgi_batch *batch, vgi_error *err)
{
    VGI_TRY(vg_writer_batch(t->writer, batch, err));
    return vg_writer_flush(t->writer, err);
}

/* ---- modes ------------------------------------------------------------------------------------------------------ */

static vgi_status build(tool *t, const vgi_batch *in, const uint8_t *visible, vgi_error *err)
{
    vgi_batch *out = vg_builder_begin(t->builder, in->rows);

    if (!out)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    out->rows = in->rows;
    vg_batch_show(out, visible);
    for (int32_t k = 0; k < in->n_columns; k++)
        for (int64_t i = 0; i < in->rows; i++)
            if (!visible || vg_bit(visible, i))
                vgi_append_value(vgi_out_column(out, k), &in->columns[k], i);
    for (size_t i = 0; i < in->metadata.count; i++)
        vgi_out_metadata(out, in->metadata.items[i].key.data, in->metadata.items[i].value.data,
                         in->metadata.items[i].value.size);
    VGI_TRY(vg_builder_finish(t->builder, err));
    return send(t, out, err);
}

static vgi_status copy(tool *t, const vgi_batch *in, vgi_error *err)
{
    return build(t, in, NULL, err);
}

static vgi_status show(tool *t, const vgi_batch *in, vgi_error *err)
{
    vg_buf visible = {0};
    vgi_status status = VGI_ERR_MEMORY;
    bool done = true;

    for (int64_t i = 0; i < in->rows; i++)
        done = done && vg_bits_append(&visible, i, 1, i % 3 != 1);
    if (done && in->rows > 0)
        status = build(t, in, visible.data, err);
    else if (done)
        status = build(t, in, NULL, err);
    vg_buf_done(&visible);
    return status;
}

static vgi_status slices(tool *t, const vgi_batch *in, vgi_error *err)
{
    vgi_array *columns = VG_NEW_ARRAY(&t->arena, vgi_array, in->n_columns);
    vgi_batch slice = *in;
    int64_t begin = 0;

    if (!columns)
        return VGI_ERR_MEMORY;
    slice.columns = columns;
    for (int64_t size = 1; begin < in->rows || size == 1; begin += size++) {
        slice.rows = in->rows - begin < size ? in->rows - begin : size;
        for (int32_t k = 0; k < in->n_columns; k++) {
            columns[k] = in->columns[k];
            columns[k].offset += begin;
            columns[k].length = slice.rows;
            columns[k].null_count = columns[k].validity ? -1 : columns[k].null_count ? slice.rows : 0;
        }
        VGI_TRY(send(t, &slice, err));
    }
    return VGI_OK;
}

static vgi_status import(tool *t, const struct ArrowArray *abi, vgi_batch *batch, vgi_error *err)
{
    vgi_array *columns = VG_NEW_ARRAY(&t->arena, vgi_array, batch->n_columns);

    if (!columns)
        return VGI_ERR_MEMORY;
    for (int32_t k = 0; k < batch->n_columns; k++) {
        const vgi_array *view;

        VGI_TRY(vg_array_import(&t->arena, t->schema->fields[k], abi->children[k], &view, err));
        columns[k] = *view;
    }
    batch->columns = columns;
    return send(t, batch, err);
}

static vgi_status through_abi(tool *t, const vgi_batch *in, vgi_error *err)
{
    struct ArrowArray abi;
    vgi_batch batch = *in;
    vgi_status status;

    VGI_TRY(vg_batch_export(in, NULL, NULL, &abi, err));
    status = import(t, &abi, &batch, err);
    abi.release(&abi);
    return status;
}

static vgi_status same_schema(tool *t, const vgi_arrow_schema *schema, vgi_error *err)
{
    t->schema = schema;
    return vg_builder_new(t->schema, err, &t->builder);
}

static vgi_status nullable_schema(tool *t, const vgi_arrow_schema *schema, vgi_error *err)
{
    const vgi_arrow_schema *own = vg_schema_copy(&t->arena, schema);
    vgi_field *fields = VG_NEW_ARRAY(&t->arena, vgi_field, schema->n_fields);
    const vgi_field **pointers = VG_NEW_ARRAY(&t->arena, const vgi_field *, schema->n_fields);
    vgi_arrow_schema *made = VG_NEW(&t->arena, vgi_arrow_schema);

    if (!own || !fields || !pointers || !made)
        return VGI_ERR_MEMORY;
    for (int32_t i = 0; i < own->n_fields; i++) {
        fields[i] = *own->fields[i];
        fields[i].nullable = true;
        pointers[i] = &fields[i];
    }
    *made = (vgi_arrow_schema){own->n_fields, pointers, own->metadata};
    return same_schema(t, made, err);
}

static vgi_status abi_schema(tool *t, const vgi_arrow_schema *schema, vgi_error *err)
{
    struct ArrowSchema abi;
    vgi_status status;

    VGI_TRY(vg_schema_export(schema, &abi, err));
    status = vg_schema_import(&t->arena, &abi, &schema, err);
    abi.release(&abi);
    VGI_TRY(status);
    return same_schema(t, schema, err);
}

static vgi_status print_sql(tool *t, const vgi_arrow_schema *schema, vgi_error *err)
{
    for (int32_t i = 0; i < schema->n_fields; i++)
        printf("%s\n", vg_type_sql(&t->arena, schema->fields[i]).data);
    t->schema = NULL;
    (void)err;
    return VGI_OK;
}

static const struct {
    const char *name;
    vgi_status (*open)(tool *t, const vgi_arrow_schema *schema, vgi_error *err);
    vgi_status (*batch)(tool *t, const vgi_batch *in, vgi_error *err);
} MODES[] = {
    {"copy", same_schema, copy},     {"slices", same_schema, slices}, {"abi", abi_schema, through_abi},
    {"show", nullable_schema, show}, {"sql", print_sql, NULL},
};

/* ---- running ---------------------------------------------------------------------------------------------------- */

static vgi_status run(tool *t, size_t mode, vgi_error *err)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_status status;

    VGI_TRY(vg_reader_open(t->reader, &schema, err));
    VGI_TRY(MODES[mode].open(t, schema, err));
    if (!t->schema)
        return VGI_OK;
    VGI_TRY(vg_writer_open(t->writer, t->schema, err));
    while ((status = vg_reader_next(t->reader, &batch, err)) == VGI_OK)
        VGI_TRY(MODES[mode].batch(t, batch, err));
    if (status != VGI_END)
        return status;
    VGI_TRY(vg_writer_close(t->writer, err));
    return vg_writer_flush(t->writer, err);
}

static vgi_status types(tool *t, vgi_error *err)
{
    VGI_TRY(vg_columns_parse(&t->arena, vgi_str(t->sql), &t->schema, err));
    VGI_TRY(vg_writer_open(t->writer, t->schema, err));
    VGI_TRY(vg_writer_close(t->writer, err));
    return vg_writer_flush(t->writer, err);
}

static vgi_status filter(tool *t, const char *name, vgi_error *err)
{
    size_t size = 0, mode = 0;
    uint8_t *bytes;
    vgi_status status;
    vg_input input;

    while (mode < sizeof MODES / sizeof *MODES && strcmp(MODES[mode].name, name) != 0)
        mode++;
    if (mode == sizeof MODES / sizeof *MODES)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "there is no mode '%s'", name);
    if (!(bytes = read_all(stdin, &size)))
        return vgi_error_set(err, VGI_ERR_IO, "stdin cannot be read");
    input = vg_input_memory(bytes, size);
    status = vg_reader_new(&input, &VG_DEFAULT_LIMITS, &t->reader, err);
    if (status == VGI_OK)
        status = run(t, mode, err);
    vg_builder_free(t->builder);
    vg_reader_free(t->reader);
    vg_free(bytes);
    return status;
}

int main(int argc, char **argv)
{
    vg_output output = {.write = write_stdout};
    tool t = {.sql = argc > 2 ? argv[2] : ""};
    vgi_error err = {0};
    vgi_status status = vg_writer_new(&output, &t.writer, &err);

    if (argc < 2) {
        fprintf(stderr, "usage: arrow_tool types SQL | sql | copy | slices | abi | show\n");
        return 2;
    }
    if (status == VGI_OK)
        status = strcmp(argv[1], "types") == 0 ? types(&t, &err) : filter(&t, argv[1], &err);
    vg_writer_free(t.writer);
    vg_arena_done(&t.arena);
    if (status != VGI_OK || fflush(stdout) != 0) {
        fprintf(stderr, "%s: %s\n", vgi_status_exception(status), err.message);
        return 1;
    }
    return 0;
}
