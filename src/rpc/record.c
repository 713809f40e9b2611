/* What the callbacks of a service can ask and make: the row's detail, schemas, and records (rpc.md §4.2), which are
 * batches in the bytes of a binary column. See vgi/rpc.h. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "rpc/service.h"
#include "rpc/session.h"
#include "base/text.h"

/* A record that is being filled. */
struct vg_record {
    struct vg_record *next;
    vg_builder *builder;
    vgi_batch *batch;
    vgi_error sticky;
};

static const vg_service_protocol *service_of(const vgi_call *call)
{
    return call->binding ? call->binding->service : NULL;
}

const void *vgi_call_detail(const vgi_call *call)
{
    const vg_service_method *method = service_of(call) && call->row ? call->row->detail : NULL;

    return method ? method->declared->detail : NULL;
}

vgi_status vgi_schema_parse(vgi_call *call, const char *fields, const vgi_arrow_schema **ret)
{
    static const vg_type_scope NONE = {0};
    const vg_service_protocol *service = service_of(call);

    return vg_fields_parse(call->arena, service ? &service->scope : &NONE, fields, ret, &call->error);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool is_same(const vgi_arrow_schema *a, const vgi_arrow_schema *b)
{
    if (a->n_fields != b->n_fields)
        return false;
    for (int32_t i = 0; i < a->n_fields; i++)
        if (!vgi_string_equal(a->fields[i]->name, b->fields[i]->name) || !vg_type_equal(a->fields[i], b->fields[i]))
            return false;
    return true;
}

static vgi_status check_values(const vgi_batch *record, const vgi_arrow_schema *declared, vgi_error *err)
{
    for (int32_t i = 0; i < declared->n_fields; i++) {
        if (!declared->fields[i]->nullable && vg_array_null_count(&record->columns[i]) > 0)
            return vgi_error_set(err, VGI_ERR_TYPE, "field '%.*s' of a record must not be null",
                                 VG_FMT(declared->fields[i]->name));
        VGI_TRY(vg_check_members(declared->fields[i], &record->columns[i], err));
    }
    return VGI_OK;
}

/* One field, found by its name; one that may be NULL is NULL where it is absent. */
static vgi_status take_field(const vgi_batch *in, const vgi_field *field, vgi_column *column, vgi_error *err)
{
    int32_t at = vg_schema_find(in->schema, field->name);

    if (at < 0 && !field->nullable)
        return vgi_error_set(err, VGI_ERR_TYPE, "a record lacks field '%.*s'", VG_FMT(field->name));
    if (at >= 0 && !vg_type_equal(in->schema->fields[at], field))
        return vgi_error_set(err, VGI_ERR_TYPE, "field '%.*s' of a record is %s, not of the declared type %s",
                             VG_FMT(field->name), vgi_type_name(in->schema->fields[at]->type),
                             vgi_type_name(field->type));
    if (at < 0 || vgi_array_is_null(&in->columns[at], 0))
        vgi_append_null(column);
    else
        vgi_append_value(column, &in->columns[at], 0);
    return VGI_OK;
}

/* The record in the declared order, without what was not declared. */
static vgi_status rearrange(vg_arena *arena, const vgi_batch *in, const vgi_arrow_schema *declared,
                            const vgi_batch **ret, vgi_error *err)
{
    vg_builder *builder;
    vgi_batch *out;
    vgi_bytes bytes;
    vgi_status status;

    VGI_TRY(vg_builder_new(declared, err, &builder));
    out = vg_builder_begin(builder, 1);
    status = out ? VGI_OK : vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a record");
    for (int32_t i = 0; status == VGI_OK && i < declared->n_fields; i++)
        status = take_field(in, declared->fields[i], vgi_out_column(out, i), err);
    if (status == VGI_OK)
        status = vg_builder_finish(builder, err);
    if (status == VGI_OK)
        status = vg_batch_encode(arena, out, &bytes, err);
    vg_builder_free(builder);
    VGI_TRY(status);
    return vg_batch_decode(arena, bytes, &VG_DEFAULT_LIMITS, ret, err);
}

static vgi_status read_record(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits,
                              const vgi_arrow_schema *declared, const vgi_batch **ret, vgi_error *err)
{
    const vgi_batch *in;

    VGI_TRY(vg_batch_decode(arena, bytes, limits, &in, err));
    if (in->rows != 1 && in->n_columns > 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "a record has one row, this one has %" PRId64, in->rows);
    if (!is_same(in->schema, declared))
        VGI_TRY(rearrange(arena, in, declared, &in, err));
    VGI_TRY(check_values(in, declared, err));
    *ret = in;
    return VGI_OK;
}

vgi_status vgi_record_read(vgi_call *call, const vgi_batch *params, int32_t column, const vgi_batch **ret)
{
    const vg_service_method *method = service_of(call) ? call->row->detail : NULL;
    vgi_error err = {0};
    vgi_status status;

    *ret = NULL;
    if (!method || column < 0 || column >= call->row->params->n_fields || !method->records[column])
        return vgi_fail(call, VGI_ERR_RUNTIME, "parameter %" PRId32 " is declared to be no record", column);
    if (vgi_is_null(params, column, 0))
        return VGI_OK;
    status = read_record(call->turn_arena, vgi_blob(params, column, 0), vg_call_limits(call), method->records[column],
                         ret, &err);
    if (status != VGI_OK)
        return vgi_fail(call, status, "parameter '%.*s': %s", VG_FMT(call->row->params->fields[column]->name),
                        err.message);
    return VGI_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void free_record(struct vg_record *record)
{
    vg_builder_free(record->builder);
    vg_free(record);
}

void vg_call_free_records(vgi_call *call)
{
    while (call->records) {
        struct vg_record *record = call->records;
        call->records = record->next;
        free_record(record);
    }
}

static const vgi_arrow_schema *find_record(const vg_service_protocol *service, const char *type)
{
    for (size_t i = 0; service && i < service->scope.n_types; i++)
        if (strcmp(service->scope.types[i].name, type) == 0)
            return service->scope.types[i].record;
    return NULL;
}

vgi_status vgi_record_new(vgi_call *call, const char *type, int64_t capacity, vgi_batch **ret)
{
    const vgi_arrow_schema *schema = find_record(service_of(call), type);
    struct vg_record *record;

    if (!schema)
        return vgi_fail(call, VGI_ERR_RUNTIME, "'%s' is no record of this protocol", type);
    record = vg_malloc(sizeof *record);
    if (!record)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a record");
    *record = (struct vg_record){.next = call->records};
    if (vg_builder_new(schema, &record->sticky, &record->builder) == VGI_OK)
        record->batch = vg_builder_begin(record->builder, capacity);
    if (!record->batch) {
        free_record(record);
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a record");
    }
    call->records = record;
    *ret = record->batch;
    return VGI_OK;
}

vgi_status vgi_record_append(vgi_call *call, vgi_column *column, vgi_batch *batch)
{
    struct vg_record **link = &call->records, *record;
    vgi_status status;

    while (*link && (*link)->batch != batch)
        link = &(*link)->next;
    record = *link;
    if (!record)
        return vgi_fail(call, VGI_ERR_RUNTIME, "vgi_record_append takes what vgi_record_new gave, once");
    *link = record->next;
    status = vg_builder_finish(record->builder, &call->error);
    if (status == VGI_OK)
        status = vgi_record_copy(call, column, batch);
    free_record(record);
    return status;
}

vgi_status vgi_record_copy(vgi_call *call, vgi_column *column, const vgi_batch *record)
{
    vgi_batch plain = *record;
    vgi_bytes bytes;

    plain.metadata = (vgi_metadata){0};
    VGI_TRY(vg_batch_encode(call->turn_arena, &plain, &bytes, &call->error));
    vgi_append_blob(column, bytes.data, bytes.size);
    return VGI_OK;
}
