/* The memory behind answers, and what bytes in records hold: records, schemas, batches, to and from Arrow's C data
 * interface. See <vgi/client.h>. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"
#include "client/client.h"
#include "ipc/reader.h"
#include "ipc/writer.h"

vgi_status vgi_result_new(vgi_result **ret, vgi_error *err)
{
    *ret = vg_malloc(sizeof **ret);
    if (!*ret)
        return vg_client_no_memory(err);
    memset(*ret, 0, sizeof **ret);
    return VGI_OK;
}

void vgi_result_clear(vgi_result *result)
{
    vg_result_free_batches(result);
    vg_arena_reset(&result->arena);
}

void vg_result_done(vgi_result *result)
{
    vg_result_free_batches(result);
    vg_arena_done(&result->arena);
}

void vgi_result_free(vgi_result *result)
{
    if (!result)
        return;
    vg_result_done(result);
    vg_free(result);
}

void *vgi_result_alloc(vgi_result *result, size_t size)
{
    return vg_arena_alloc(&result->arena, size);
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static vgi_status find_record(vgi_record_id id, size_t size, const vg_record **ret, vgi_error *err)
{
    if ((unsigned)id >= VGI_RECORD_COUNT)
        return vgi_error_set(err, VGI_ERR_VALUE, "there is no record of number %d", (int)id);
    *ret = vg_records[id];
    if ((*ret)->size != size)
        return vgi_error_set(err, VGI_ERR_VALUE, "a %s is a struct of %zu bytes, not %zu", (*ret)->name, (*ret)->size,
                             size);
    return VGI_OK;
}

vgi_status vgi_record_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, void *ret, size_t size,
                             vgi_error *err)
{
    const vg_record *record;

    VGI_TRY(find_record(id, size, &record, err));
    return vg_record_decode(&result->arena, bytes, NULL, record, ret, err);
}

vgi_status vgi_records_decode(vgi_result *result, vgi_record_id id, vgi_bytes bytes, size_t size, const void **ret_rows,
                              size_t *ret_count, vgi_error *err)
{
    const vg_record *record;
    const vgi_batch *batch;
    uint8_t *rows;

    VGI_TRY(find_record(id, size, &record, err));
    VGI_TRY(vg_batch_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, &batch, err));
    /* Columns of nulls, or none, take no bytes, however many rows they claim. */
    if ((uint64_t)batch->rows > bytes.size)
        return vgi_error_set(err, VGI_ERR_LIMIT, "%lld rows of %s in %zu bytes", (long long)batch->rows, record->name,
                             bytes.size);
    rows = vg_arena_array(&result->arena, (size_t)batch->rows + 1, size);
    if (!rows)
        return vg_client_no_memory(err);
    for (int64_t i = 0; i < batch->rows; i++)
        VGI_TRY(vg_row_decode_at(&result->arena, batch, i, record, rows + (size_t)i * size, err));
    *ret_rows = rows;
    *ret_count = (size_t)batch->rows;
    return VGI_OK;
}

vgi_status vgi_record_encode(vgi_result *result, vgi_record_id id, const void *row, size_t size,
                             const char *protocol_version, vgi_bytes *ret, vgi_error *err)
{
    int minor = vg_client_minor(vgi_str(protocol_version));
    const vg_record *record;

    if (minor < 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "protocol version '%.40s': 2.0.0, 2.1.0 and 2.2.0 are spoken here",
                             protocol_version ? protocol_version : "");
    VGI_TRY(find_record(id, size, &record, err));
    return vg_record_encode(&result->arena, record, row, minor, ret, err);
}

/* ---- enums ------------------------------------------------------------------------------------------------------ */

static const vg_enum *find_enum(const char *name)
{
    for (size_t i = 0; i < VG_ENUM_COUNT; i++)
        if (strcmp(vg_enums[i]->name, name) == 0)
            return vg_enums[i];
    return NULL;
}

const char *vgi_enum_name(const char *enumeration, int value)
{
    const vg_enum *found = find_enum(enumeration);

    return found && value > 0 && value <= found->count ? found->members[value - 1].data : "";
}

int vgi_enum_value(const char *enumeration, const char *name)
{
    const vg_enum *found = find_enum(enumeration);

    return found ? vg_enum_value(found, vgi_str(name)) : 0;
}

/* ---- schemas and batches ---------------------------------------------------------------------------------------- */

vgi_status vgi_schema_decode(vgi_result *result, vgi_bytes bytes, const vgi_arrow_schema **ret, vgi_error *err)
{
    return vg_schema_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, ret, err);
}

vgi_status vgi_schema_encode(vgi_result *result, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err)
{
    return vg_schema_encode(&result->arena, schema, ret, err);
}

vgi_status vgi_batch_decode(vgi_result *result, vgi_bytes bytes, const vgi_batch **ret, vgi_error *err)
{
    return vg_batch_decode(&result->arena, bytes, &VG_DEFAULT_LIMITS, ret, err);
}

vgi_status vgi_batch_encode(vgi_result *result, const vgi_batch *batch, vgi_bytes *ret, vgi_error *err)
{
    VGI_TRY(vg_batch_check_finished(batch, err));
    return vg_batch_encode(&result->arena, batch, ret, err);
}

vgi_string vgi_type_sql(vgi_result *result, const vgi_field *field)
{
    return vg_type_sql(&result->arena, field);
}

vgi_status vgi_columns_parse(vgi_result *result, const char *sql, const vgi_arrow_schema **ret, vgi_error *err)
{
    vgi_string text = vg_arena_string(&result->arena, vgi_str(sql));

    return text.data ? vg_columns_parse(&result->arena, text, ret, err) : vg_client_no_memory(err);
}

/* ---- Arrow's C data interface ------------------------------------------------------------------------------------ */

vgi_status vgi_schema_to_arrow(const vgi_arrow_schema *schema, struct ArrowSchema *ret, vgi_error *err)
{
    return vg_schema_export(schema, ret, err);
}

vgi_status vgi_schema_from_arrow(vgi_result *result, const struct ArrowSchema *schema, const vgi_arrow_schema **ret,
                                 vgi_error *err)
{
    return vg_schema_import(&result->arena, schema, ret, err);
}

static void free_owner(void *owner)
{
    vgi_result_free(owner);
}

static vgi_status copy_out(vgi_result *owner, const vgi_batch *batch, struct ArrowArray *ret, vgi_error *err)
{
    const vgi_batch *copy;

    VGI_TRY(vg_batch_keep(&owner->arena, batch, &VG_DEFAULT_LIMITS, &copy, err));
    return vg_batch_export(copy, free_owner, owner, ret, err);
}

vgi_status vgi_batch_to_arrow(const vgi_batch *batch, struct ArrowArray *ret, vgi_error *err)
{
    vgi_result *owner;
    vgi_status status;

    memset(ret, 0, sizeof *ret);
    VGI_TRY(vg_batch_check_finished(batch, err));
    VGI_TRY(vgi_result_new(&owner, err));
    status = copy_out(owner, batch, ret, err);
    if (status != VGI_OK) {
        memset(ret, 0, sizeof *ret);
        vgi_result_free(owner);
    }
    return status;
}

vgi_status vgi_batch_from_arrow(vgi_result *result, const vgi_arrow_schema *schema, const struct ArrowArray *array,
                                const vgi_batch **ret, vgi_error *err)
{
    vgi_array *columns = VG_NEW_ARRAY(&result->arena, vgi_array, schema->n_fields + 1);
    vgi_batch *batch = VG_NEW(&result->arena, vgi_batch);

    if (!columns || !batch)
        return vg_client_no_memory(err);
    if (array->n_children != schema->n_fields || array->offset != 0 || array->null_count > 0)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "an array of %lld children is no batch of %d columns (it must have no NULL and no offset)",
                             (long long)array->n_children, (int)schema->n_fields);
    for (int32_t i = 0; i < schema->n_fields; i++) {
        const vgi_array *column;

        VGI_TRY(vg_array_import(&result->arena, schema->fields[i], array->children[i], &column, err));
        if (column->length != array->length)
            return vgi_error_set(err, VGI_ERR_VALUE, "column %d has %lld rows, the batch %lld", (int)i,
                                 (long long)column->length, (long long)array->length);
        columns[i] = *column;
    }
    *batch = (vgi_batch){.schema = schema, .rows = array->length, .n_columns = schema->n_fields, .columns = columns};
    *ret = batch;
    return VGI_OK;
}
