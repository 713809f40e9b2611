/* What callbacks of a catalog make their answers of: columns as bytes, calls of scan and write functions
 * (vgi/catalog_ops.h). */
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "protocol/codec.h"
#include "worker/catalog_rows.h"

/* ---- texts ------------------------------------------------------------------------------------------------------- */

vgi_string vgi_call_text(vgi_call *call, const char *format, ...)
{
    va_list args;
    vgi_string text;

    va_start(args, format);
    text = vg_arena_vprintf(call->arena, format, args);
    va_end(args);
    return text;
}

/* ---- schemas ----------------------------------------------------------------------------------------------------- */

vgi_status vgi_call_schema_encode(vgi_call *call, const vgi_arrow_schema *schema, vgi_bytes *ret)
{
    return vg_schema_encode(call->arena, schema, ret, vgi_call_error(call));
}

vgi_status vgi_call_schema_decode(vgi_call *call, vgi_bytes bytes, const vgi_arrow_schema **ret)
{
    return vg_schema_decode(call->arena, bytes, vg_call_limits(call), ret, vgi_call_error(call));
}

vgi_status vgi_call_columns(vgi_call *call, const char *sql, vgi_bytes *ret)
{
    const vgi_arrow_schema *schema;

    VGI_TRY(vg_columns_parse(call->arena, vgi_str(sql), &schema, vgi_call_error(call)));
    return vgi_call_schema_encode(call, schema, ret);
}

vgi_status vgi_call_record_decode(vgi_call *call, vgi_record_id id, vgi_bytes bytes, void *ret, size_t size)
{
    if ((unsigned)id >= VGI_RECORD_COUNT || vg_records[id]->size != size)
        return vgi_fail(call, VGI_ERR_VALUE, "there is no record of number %d and %zu bytes", (int)id, size);
    return vg_record_decode(call->arena, bytes, vg_call_limits(call), vg_records[id], ret, vgi_call_error(call));
}

/* ---- calls of functions ------------------------------------------------------------------------------------------ */

const char *vgi_sql_text(vgi_call *call, vgi_string text)
{
    size_t quotes = 0;
    char *sql, *at;

    for (size_t i = 0; i < text.size; i++)
        quotes += text.data[i] == '\'';
    at = sql = text.data ? vg_arena_array(call->arena, text.size + quotes + 3, 1) : NULL;
    if (!sql)
        return "NULL";
    *at++ = '\'';
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            *at++ = '\'';
        *at++ = text.data[i];
    }
    *at = '\'';
    return sql;
}

vgi_status vg_encode_arguments(vgi_call *call, const vg_scan_argument *arguments, int32_t count, vgi_bytes *ret)
{
    size_t n = (size_t)count;
    vgi_field *fields = VG_NEW_ARRAY(call->arena, vgi_field, n);
    const vgi_field **pointers = VG_NEW_ARRAY(call->arena, const vgi_field *, n);
    vgi_array *columns = VG_NEW_ARRAY(call->arena, vgi_array, n);
    vgi_arrow_schema schema = {.n_fields = count, .fields = pointers};
    vgi_batch batch = {.schema = &schema, .rows = 1, .n_columns = count, .columns = columns};
    int position = 0;

    if (!fields || !pointers || !columns)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < n; i++) {
        columns[i] = *arguments[i].value;
        fields[i] = *columns[i].field;
        fields[i].nullable = true;
        fields[i].name = arguments[i].name;
        if (!arguments[i].name.data)
            fields[i].name = vg_arena_printf(call->arena, "arg_%d", position++);
        if (!fields[i].name.data)
            return vg_call_out_of_memory(call);
        columns[i].field = pointers[i] = &fields[i];
    }
    return vg_batch_encode(call->arena, &batch, ret, vgi_call_error(call));
}

static vgi_status path_of(vgi_call *call, const char *schema, vgi_string_list *ret)
{
    vgi_string *part;

    *ret = (vgi_string_list){0};
    if (!schema)
        return VGI_OK;
    part = VG_NEW(call->arena, vgi_string);
    if (!part)
        return vg_call_out_of_memory(call);
    *part = vg_arena_string(call->arena, vgi_str(schema));
    *ret = (vgi_string_list){.items = part, .count = 1, .present = true};
    return part->data ? VGI_OK : vg_call_out_of_memory(call);
}

static vgi_status parse(vgi_call *call, vgi_scan_function_result *ret, const char *schema, const char *format,
                        va_list args)
{
    vgi_string text = vg_arena_vprintf(call->arena, format, args);
    vg_scan_argument *arguments;
    int32_t n;

    if (!text.data)
        return vg_call_out_of_memory(call);
    VGI_TRY(vg_scan_parse(call->arena, text, &ret->function_name, &arguments, &n, vgi_call_error(call)));
    VGI_TRY(vg_encode_arguments(call, arguments, n, &ret->arguments));
    return path_of(call, schema, &ret->schema_path);
}

vgi_status vgi_scan_call(vgi_call *call, vgi_scan_function_result *ret, const char *schema, const char *format, ...)
{
    va_list args;
    vgi_status status;

    va_start(args, format);
    status = parse(call, ret, schema, format, args);
    va_end(args);
    return status;
}

vgi_status vgi_write_call(vgi_call *call, vgi_write_function_result *ret, const char *schema, const char *format, ...)
{
    vgi_scan_function_result parsed = {0};
    va_list args;
    vgi_status status;

    va_start(args, format);
    status = parse(call, &parsed, schema, format, args);
    va_end(args);
    ret->function_name = parsed.function_name;
    ret->arguments = parsed.arguments;
    ret->schema_path = parsed.schema_path;
    return status;
}
