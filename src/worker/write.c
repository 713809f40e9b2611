/* Functions that write (vgi.md §13): how their caller wants them to answer, which is the named argument
 * `write_options`, a batch of one row; the columns of that answer; and whether map has given it. resolve.c and in_out.c
 * call this. */
#include "arrow/type.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "worker/function_call.h"

typedef struct result_word {
    const char *word;
    vgi_write_result result;
} result_word;
static const result_word RESULTS[] = {
    {"count", VGI_WRITE_COUNT}, {"rows", VGI_WRITE_ROWS}, {"changes", VGI_WRITE_CHANGES}};

const vgi_write_options *vgi_call_write(const vgi_call *call)
{
    return call->function ? call->function->write : NULL;
}

/* ---- what the caller wants --------------------------------------------------------------------------------------- */

static vgi_status may_return(vgi_call *call, const result_word *wanted)
{
    const vg_function *function = call->function->function;

    if (wanted->result <= function->in_out->returns)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_VALUE, "%.*s cannot answer with %s: the most that it returns is %s",
                    VG_FMT(function->name), wanted->word, RESULTS[function->in_out->returns].word);
}

static vgi_status read_result(vgi_call *call, const vgi_array *value, vgi_write_options *ret)
{
    vgi_string word = vgi_array_text(value, 0);

    for (size_t i = 0; i < sizeof RESULTS / sizeof *RESULTS; i++)
        if (word.data && vg_string_is(word, RESULTS[i].word)) {
            ret->result = RESULTS[i].result;
            return may_return(call, &RESULTS[i]);
        }
    return vgi_fail(call, VGI_ERR_VALUE, "write_options: result_mode is '%.*s'; expected count, rows or changes",
                    (int)(word.size < 40 ? word.size : 40), word.data ? word.data : "");
}

static vgi_status read_conflict(vgi_call *call, const vgi_array *value, vgi_write_options *ret)
{
    if (vgi_array_is_null(value, 0))
        return VGI_OK;
    ret->on_conflict = vgi_array_text(value, 0);
    return ret->on_conflict.data ? VGI_OK : vgi_fail(call, VGI_ERR_TYPE, "write_options: on_conflict is no text");
}

static vgi_status read_columns(vgi_call *call, const vgi_array *value, vgi_write_options *ret)
{
    int64_t begin, end;
    vgi_string *names;

    if (vgi_array_is_null(value, 0))
        return VGI_OK;
    if (value->field->type != VGI_TYPE_LIST && value->field->type != VGI_TYPE_LARGE_LIST)
        return vgi_fail(call, VGI_ERR_TYPE, "write_options: on_conflict_columns is no list");
    vgi_array_items(value, 0, &begin, &end);
    names = VG_NEW_ARRAY(call->arena, vgi_string, end - begin);
    if (!names)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int64_t i = begin; i < end; i++) {
        names[i - begin] = vgi_array_text(&value->children[0], i);
        if (!names[i - begin].data)
            return vgi_fail(call, VGI_ERR_TYPE, "write_options: on_conflict_columns has an item that is no text");
    }
    ret->on_conflict_columns = names;
    ret->n_on_conflict_columns = (size_t)(end - begin);
    return VGI_OK;
}

static const struct {
    const char *name;
    vgi_status (*read)(vgi_call *call, const vgi_array *value, vgi_write_options *ret);
} OPTIONS[] = {{"result_mode", read_result}, {"on_conflict", read_conflict}, {"on_conflict_columns", read_columns}};

/* Columns of other names are a newer caller's: they are left alone. */
static vgi_status read_options(vgi_call *call, vgi_bytes bytes, vgi_write_options *ret)
{
    const vgi_batch *batch;

    VGI_TRY(vg_batch_decode(call->arena, bytes, vg_call_limits(call), &batch, &call->error));
    if (batch->rows != 1)
        return vgi_fail(call, VGI_ERR_PROTOCOL, "write_options: there are %" PRId64 " rows; expected 1", batch->rows);
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        int32_t at = vg_schema_find(batch->schema, vgi_str(OPTIONS[i].name));
        if (at >= 0)
            VGI_TRY(OPTIONS[i].read(call, &batch->columns[at], ret));
    }
    return VGI_OK;
}

vgi_status vg_write_open(vgi_call *call, vg_function_call *function, const vgi_array *value)
{
    vgi_write_options *options = VG_NEW(call->arena, vgi_write_options);
    vgi_bytes bytes;

    if (!options)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    options->on_conflict = vgi_str("throw");
    function->write = options;
    call->function = function;
    if (!value || vgi_array_is_null(value, 0))
        return VGI_OK;
    bytes = vgi_array_blob(value, 0);
    if (!bytes.data)
        return vgi_fail(call, VGI_ERR_TYPE, "write_options is %s; expected the bytes of a batch",
                        vgi_type_name(value->field->type));
    return read_options(call, bytes, options);
}

/* ---- what it is answered with ------------------------------------------------------------------------------------ */

/* The columns but the rowid. */
static vgi_status visible_columns(vgi_call *call, const vgi_arrow_schema *columns, vgi_arrow_schema *ret)
{
    const vgi_field **fields = VG_NEW_ARRAY(call->arena, const vgi_field *, columns->n_fields);
    int32_t n = 0;

    if (!fields)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int32_t i = 0; i < columns->n_fields; i++)
        if (!vgi_metadata_get(columns->fields[i]->metadata, "is_row_id").data) {
            fields[n] = vg_field_copy(call->arena, columns->fields[i]);
            if (!fields[n++])
                return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
        }
    *ret = (vgi_arrow_schema){.n_fields = n, .fields = fields};
    if (n == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "vgi_bind_write_result: the table has no columns");
    return VGI_OK;
}

/* `old` and `new`, each a row of the table. */
static vgi_status pair_columns(vgi_call *call, const vgi_arrow_schema *columns, vgi_arrow_schema *ret)
{
    vgi_field *pair = VG_NEW_ARRAY(call->arena, vgi_field, 2);
    const vgi_field **fields = VG_NEW_ARRAY(call->arena, const vgi_field *, 2);

    if (!pair || !fields)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (int i = 0; i < 2; i++) {
        pair[i] = (vgi_field){.name = vgi_str(i ? "new" : "old"),
                              .type = VGI_TYPE_STRUCT,
                              .nullable = true,
                              .n_children = columns->n_fields,
                              .children = columns->fields};
        fields[i] = &pair[i];
    }
    *ret = (vgi_arrow_schema){.n_fields = 2, .fields = fields};
    return VGI_OK;
}

static const vgi_field COUNT = {.name = VGI_STR("count"), .type = VGI_TYPE_INT64};
static const vgi_field *const COUNT_FIELDS[] = {&COUNT};
static const vgi_arrow_schema COUNT_COLUMNS = {.n_fields = 1, .fields = COUNT_FIELDS};

vgi_status vgi_bind_write_result(vgi_call *call, const vgi_arrow_schema *table_columns)
{
    vg_function_call *function = call->function;
    vgi_arrow_schema *columns = VG_NEW(call->arena, vgi_arrow_schema);

    if (!function || !function->binding || !function->write)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "vgi_bind_write_result can be called in the bind callback of a function that writes only");
    if (!columns)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    if (function->write->result != VGI_WRITE_COUNT)
        VGI_TRY(visible_columns(call, table_columns, columns));
    if (function->write->result == VGI_WRITE_CHANGES)
        VGI_TRY(pair_columns(call, columns, columns));
    function->output = function->write->result == VGI_WRITE_COUNT ? &COUNT_COLUMNS : columns;
    return VGI_OK;
}

vgi_status vgi_bind_write_columns(vgi_call *call, const char *sql)
{
    const vgi_arrow_schema *columns;

    VGI_TRY(vg_columns_parse(call->arena, vgi_str(sql), &columns, &call->error));
    return vgi_bind_write_result(call, columns);
}

/* ---- what map gave ----------------------------------------------------------------------------------------------- */

static vgi_status check_count(vgi_call *call, const vg_function_call *function, const vgi_batch *out)
{
    if (out->rows != 1)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "the map callback of %.*s gave %" PRId64 " rows; expected one with the count",
                        VG_FMT(function->function->name), out->rows);
    if (vgi_array_i64(&out->columns[0], 0) < 0)
        return vgi_fail(call, VGI_ERR_RUNTIME, "the map callback of %.*s gave the count %" PRId64,
                        VG_FMT(function->function->name), vgi_array_i64(&out->columns[0], 0));
    return VGI_OK;
}

static vgi_status check_pairs(vgi_call *call, const vg_function_call *function, const vgi_batch *out)
{
    for (int64_t i = 0; i < out->rows; i++)
        if (vgi_array_is_null(&out->columns[0], i) && vgi_array_is_null(&out->columns[1], i))
            return vgi_fail(call, VGI_ERR_RUNTIME,
                            "the map callback of %.*s gave a change, row %" PRId64 ", with neither old nor new",
                            VG_FMT(function->function->name), i);
    return VGI_OK;
}

vgi_status vg_write_check(vgi_call *call, const vg_function_call *function, const vgi_batch *in, vgi_batch *out)
{
    VGI_TRY(vg_batch_settle(out, &call->error));
    if (function->write->result == VGI_WRITE_COUNT)
        return check_count(call, function, out);
    if (out->rows > in->rows)
        return vgi_fail(call, VGI_ERR_RUNTIME,
                        "the map callback of %.*s gave %" PRId64 " rows; %" PRId64 " were to be written",
                        VG_FMT(function->function->name), out->rows, in->rows);
    return function->write->result == VGI_WRITE_CHANGES ? check_pairs(call, function, out) : VGI_OK;
}
