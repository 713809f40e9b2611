/* The fuzz target of filters: any bytes as a document that a peer pushes down, as a snapshot and as a delta; what is
 * accepted is evaluated, printed and written. Bytes that begin with '{' are the JSON of a document whose values are
 * good. Built as a libFuzzer program by fuzz.py, and with replay.c as a plain test over the committed corpus (made by
 * make_filter_corpus.py). */
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "filter/filter.h"
#include "ipc/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 5 };

static const char COLUMNS[] = "n BIGINT, i INTEGER, s VARCHAR, b BOOLEAN, d DOUBLE, dec DECIMAL(9,2), l INTEGER[], "
                              "t STRUCT(a BIGINT, c VARCHAR), u UUID, h HUGEINT, e ENUM('red', 'green')";
/* What the documents of the corpus refer to. */
static const char PAYLOAD[] = "filter_spec VARCHAR NOT NULL, value_0 BIGINT, value_1 VARCHAR, value_2 BIGINT[], "
                              "value_3 DOUBLE, value_4 DECIMAL(9,2), value_5 INTEGER, type_0 DOUBLE, "
                              "type_1 DECIMAL(12,3), type_2 TINYINT";

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void fill_list(vgi_column *list, int64_t row)
{
    for (int64_t k = 0; k < row; k++)
        vgi_append_i64(vgi_child(list, 0), k);
    vgi_append_list(list);
}

/* Every column has a NULL. */
static vgi_batch *fill_rows(vg_builder *builder)
{
    vgi_batch *out = vg_builder_begin(builder, ROWS);
    const uint64_t wide[2] = {7, 0};

    need(out != NULL);
    for (int64_t row = 0; row < ROWS; row++) {
        vgi_column *structs = vgi_out_column(out, 7);

        if (row == 3) {
            for (int32_t c = 0; c < 11; c++)
                vgi_append_null(vgi_out_column(out, c));
            continue;
        }
        vgi_append_i64(vgi_out_column(out, 0), row - 1);
        vgi_append_i64(vgi_out_column(out, 1), row * 100);
        vgi_append_text(vgi_out_column(out, 2), "abcde", (size_t)row);
        vgi_append_bool(vgi_out_column(out, 3), row % 2);
        vgi_append_f64(vgi_out_column(out, 4), (double)row / 2);
        vgi_append_blob(vgi_out_column(out, 5), wide, sizeof wide);
        fill_list(vgi_out_column(out, 6), row);
        vgi_append_i64(vgi_child(structs, 0), row);
        vgi_append_text(vgi_child(structs, 1), "x", 1);
        vgi_append_struct(structs);
        vgi_append_blob(vgi_out_column(out, 8), wide, sizeof wide);
        vgi_append_blob(vgi_out_column(out, 9), wide, sizeof wide);
        vgi_append_text(vgi_out_column(out, 10), "red", 3);
    }
    need(vg_builder_finish(builder, NULL) == VGI_OK);
    return out;
}

/* The document around the JSON. */
static vgi_bytes wrap(vg_arena *arena, const uint8_t *data, size_t size)
{
    static const vgi_key_value METADATA[] = {
        {VGI_STR("vgi_filter_encoding"), VGI_STR("vgi.filters.v2")},
        {VGI_STR("vgi_filter_version"), VGI_STR("2")},
        {VGI_STR("vgi_evaluation_context"), VGI_STR("vgi.none.v1")},
    };
    const vgi_arrow_schema *parsed;
    const uint64_t wide[2] = {125, 0};
    vgi_arrow_schema schema;
    vg_builder *builder;
    vgi_bytes ret = {0};
    vgi_batch *out;

    need(vg_columns_parse(arena, vgi_str(PAYLOAD), &parsed, NULL) == VGI_OK);
    schema = *parsed;
    schema.metadata = (vgi_metadata){METADATA, 3};
    need(vg_builder_new(&schema, NULL, &builder) == VGI_OK);
    out = vg_builder_begin(builder, 1);
    need(out != NULL);
    vgi_append_text(vgi_out_column(out, 0), (const char *)data, size);
    vgi_append_i64(vgi_out_column(out, 1), 1);
    vgi_append_text(vgi_out_column(out, 2), "a", 1);
    fill_list(vgi_out_column(out, 3), 3);
    vgi_append_f64(vgi_out_column(out, 4), 0.5);
    vgi_append_blob(vgi_out_column(out, 5), wide, sizeof wide);
    vgi_append_i64(vgi_out_column(out, 6), 100);
    for (int32_t c = 7; c < 10; c++)
        vgi_append_null(vgi_out_column(out, c));
    if (vg_builder_finish(builder, NULL) == VGI_OK) /* not where the JSON is no text */
        need(vg_batch_encode(arena, out, &ret, NULL) == VGI_OK);
    vg_builder_free(builder);
    return ret;
}

static void use(vgi_filter *filter, const vgi_batch *rows)
{
    int64_t selected[ROWS], count = -1;
    vgi_error err = {0};
    vgi_bytes bytes;
    vgi_sql sql;

    if (vgi_filter_select(filter, rows, NULL, selected, &count, &err) == VGI_OK)
        need(count >= 0 && count <= ROWS);
    else
        need(err.status != VGI_OK);
    for (vgi_sql_dialect dialect = VGI_SQL_DUCKDB; dialect <= VGI_SQL_SQLITE; dialect++)
        need(vgi_filter_print(filter, &(vgi_sql_options){.dialect = dialect}, &sql, NULL) == VGI_OK);
    need(vgi_filter_encode(filter, true, &bytes, NULL) == VGI_OK);
}

static void take(const vgi_arrow_schema *columns, const vgi_batch *rows, vgi_bytes document)
{
    vgi_filter *filter;
    vgi_error err = {0};
    vgi_status status;

    need(vgi_filter_new(columns, &filter, NULL) == VGI_OK);
    status = vgi_filter_decode(filter, document, &document, 0, &err);
    need((status == VGI_OK) == (err.status == VGI_OK));
    use(filter, rows);
    if (vgi_filter_update(filter, document, NULL) == VGI_OK)
        use(filter, rows);
    vgi_filter_free(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vg_arena arena = {0};
    const vgi_arrow_schema *columns;
    vg_builder *builder;
    vgi_bytes document = {data, size};

    need(vg_columns_parse(&arena, vgi_str(COLUMNS), &columns, NULL) == VGI_OK);
    need(vg_builder_new(columns, NULL, &builder) == VGI_OK);
    if (size > 0 && data[0] == '{')
        document = wrap(&arena, data, size);
    if (document.data)
        take(columns, fill_rows(builder), document);
    vg_builder_free(builder);
    vg_arena_done(&arena);
    return 0;
}
