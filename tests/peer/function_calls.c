/* The requests of method_tool that call functions (method_tool.h): streams of every kind, and aggregates. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "method_tool.h"

enum { MAX_COLUMNS = 16 };

/* One request, read. */
typedef struct call {
    session *s;
    const vgi_batch *row;
    vgi_string path[1];
    const char *columns[MAX_COLUMNS + 1];
    vgi_value settings[MAX_COLUMNS];
    vgi_function_call function;
    vg_text answer;
} call;

static int32_t column(const call *c, const char *name)
{
    for (int32_t i = 0; i < c->row->n_columns; i++)
        if (vg_string_is(c->row->schema->fields[i]->name, name))
            return i;
    return -1;
}

static const char *text(call *c, const char *name)
{
    int32_t i = column(c, name);

    return i < 0 ? NULL : vg_arena_string(&c->s->arena, vgi_text(c->row, i, 0)).data;
}

static vgi_bytes bytes(const call *c, const char *name)
{
    int32_t i = column(c, name);

    return i < 0 ? (vgi_bytes){0} : vgi_blob(c->row, i, 0);
}

static const char *numbered(char name[32], const char *word, int i)
{
    (void)snprintf(name, 32, "%s_%d", word, i);
    return name;
}

static vgi_status read_settings(call *c, vgi_error *err)
{
    vgi_bytes data = bytes(c, "settings");
    const vgi_batch *batch;

    if (!data.data)
        return VGI_OK;
    VGI_TRY(vgi_batch_decode(c->s->result, data, &batch, err));
    for (int32_t i = 0; i < batch->n_columns && i < MAX_COLUMNS; i++)
        c->settings[c->function.n_settings++] = (vgi_value){
            .name = vg_arena_string(&c->s->arena, batch->schema->fields[i]->name).data, .array = &batch->columns[i]};
    c->function.settings = c->settings;
    return VGI_OK;
}

/* The input of that number; `*ret` NULL: there is none. */
static vgi_status read_input(const call *c, int i, const vgi_batch **ret, vgi_error *err)
{
    char name[32];
    vgi_bytes data = bytes(c, numbered(name, "input", i));

    *ret = NULL;
    return data.data ? vgi_batch_decode(c->s->result, data, ret, err) : VGI_OK;
}

static vgi_status read_call(call *c, session *s, vgi_bytes data, vgi_error *err)
{
    const vgi_batch *input;
    char name[32];

    *c = (call){.s = s, .answer = {.arena = &s->arena}};
    VGI_TRY(vgi_batch_decode(s->result, data, &c->row, err));
    c->path[0] = vgi_str(text(c, "schema"));
    c->function = (vgi_function_call){.schema_path = {c->path, 1, true},
                                      .name = text(c, "name"),
                                      .encoded_arguments = bytes(c, "arguments"),
                                      .at_unit = text(c, "at_unit"),
                                      .at_value = text(c, "at_value"),
                                      .pushdown_filters = bytes(c, "filters")};
    for (int i = 0; i < MAX_COLUMNS && column(c, numbered(name, "column", i)) >= 0; i++) {
        c->columns[i] = text(c, name);
        c->function.columns = c->columns;
    }
    VGI_TRY(read_settings(c, err));
    VGI_TRY(read_input(c, 0, &input, err));
    c->function.input_schema = input ? input->schema : NULL;
    return VGI_OK;
}

static vgi_status add_batch(call *c, const vgi_batch *batch, vgi_error *err)
{
    vgi_bytes encoded;

    VGI_TRY(vgi_batch_encode(c->s->result, batch, &encoded, err));
    vg_text_add(&c->answer, (const char *)encoded.data, encoded.size);
    return VGI_OK;
}

static vgi_status give(call *c, vgi_bytes *ret, vgi_error *err)
{
    if (c->answer.failed)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory");
    *ret = (vgi_bytes){(const uint8_t *)c->answer.data, c->answer.size};
    return VGI_OK;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static vgi_status send_input(call *c, vgi_run *run, vgi_error *err)
{
    const vgi_batch *input, *output;

    for (int i = 0;; i++) {
        VGI_TRY(read_input(c, i, &input, err));
        if (!input)
            return i > 0 ? vgi_run_finish(run, err) : VGI_OK;
        VGI_TRY(vgi_run_exchange(run, input, &output, err));
        if (output)
            VGI_TRY(add_batch(c, output, err));
    }
}

static vgi_status read_output(call *c, vgi_run *run, vgi_error *err)
{
    vgi_bytes limit = bytes(c, "limit");
    const vgi_batch *batch;
    vgi_status status = VGI_OK;

    for (int i = 0; status == VGI_OK; i++) {
        if (limit.size && i == limit.data[0])
            return vgi_run_cancel(run, err);
        status = vgi_run_next(run, &batch, err);
        if (status == VGI_OK)
            status = add_batch(c, batch, err);
    }
    return status == VGI_END ? VGI_OK : status;
}

static vgi_status run_stream(call *c, vgi_run *run, vgi_bytes *ret, vgi_error *err)
{
    vgi_status status = send_input(c, run, err);

    if (status == VGI_OK)
        status = read_output(c, run, err);
    vgi_run_free(run);
    return status == VGI_OK ? give(c, ret, err) : status;
}

vgi_status run_function(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_run *run;
    call c;

    VGI_TRY(read_call(&c, s, data, err));
    VGI_TRY(vgi_function_open(s->attachment, &c.function, &run, err));
    return run_stream(&c, run, ret, err);
}

vgi_status run_table(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_run *run;
    call c;

    VGI_TRY(read_call(&c, s, data, err));
    VGI_TRY(vgi_table_open(s->attachment, c.function.schema_path, c.function.name, &c.function, &run, err));
    return run_stream(&c, run, ret, err);
}

static vgi_write_kind read_kind(const char *word)
{
    return strcmp(word, "insert") == 0 ? VGI_WRITE_INSERT
                                       : (strcmp(word, "update") == 0 ? VGI_WRITE_UPDATE : VGI_WRITE_DELETE);
}

vgi_status run_write(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_write write = {0};
    vgi_run *run;
    call c;

    VGI_TRY(read_call(&c, s, data, err));
    write.schema_path = c.function.schema_path;
    write.table = c.function.name;
    write.kind = read_kind(text(&c, "kind"));
    write.input_schema = c.function.input_schema;
    write.result = text(&c, "result");
    VGI_TRY(vgi_write_open(s->attachment, &write, &run, err));
    return run_stream(&c, run, ret, err);
}

/* ---- aggregates -------------------------------------------------------------------------------------------------- */

static vgi_status add_groups(call *c, vgi_aggregate *aggregate, const int64_t *groups, size_t count, vgi_error *err)
{
    const vgi_batch *batch;

    VGI_TRY(vgi_aggregate_finalize(aggregate, groups, count, c->s->result, &batch, err));
    return add_batch(c, batch, err);
}

static vgi_status update(call *c, vgi_aggregate *aggregate, vgi_error *err)
{
    const vgi_batch *input;
    char name[32];

    for (int i = 0;; i++) {
        vgi_bytes groups = bytes(c, numbered(name, "groups", i));
        int64_t *aligned;

        VGI_TRY(read_input(c, i, &input, err));
        if (!input)
            return VGI_OK;
        aligned = vg_arena_alloc(&c->s->arena, groups.size + 1);
        if (!aligned || groups.size != (size_t)input->rows * sizeof *aligned)
            return vgi_error_set(err, VGI_ERR_VALUE, "a group a row is due");
        memcpy(aligned, groups.data, groups.size);
        VGI_TRY(vgi_aggregate_update(aggregate, aligned, input, err));
    }
}

static vgi_status aggregate_all(call *c, vgi_aggregate *aggregate, vgi_error *err)
{
    const int64_t both[] = {0, 1}, one[] = {1}, zero[] = {0};

    VGI_TRY(update(c, aggregate, err));
    VGI_TRY(add_groups(c, aggregate, both, 2, err));
    VGI_TRY(vgi_aggregate_combine(aggregate, one, zero, 1, err));
    return add_groups(c, aggregate, zero, 1, err);
}

vgi_status run_aggregate(session *s, vgi_bytes data, vgi_bytes *ret, vgi_error *err)
{
    vgi_aggregate *aggregate;
    vgi_status status;
    call c;

    VGI_TRY(read_call(&c, s, data, err));
    VGI_TRY(vgi_aggregate_open(s->attachment, &c.function, &aggregate, err));
    status = aggregate_all(&c, aggregate, err);
    vgi_aggregate_free(aggregate);
    return status == VGI_OK ? give(&c, ret, err) : status;
}
