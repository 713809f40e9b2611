/* table_function_statistics: what the author's statistics callback knows of a function's columns, as the batch of
 * vgi.md §10: one row a column of which anything is known. Least and greatest values travel as a sparse union with a
 * member for every type that occurs. What is unknown is null, never invented: the optimizer folds predicates on it. */
#include "arrow/array.h"
#include "base/str.h"
#include "ipc/writer.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/function_call.h"

enum { COLUMN_NAME, MIN, MAX, HAS_NULL, HAS_NOT_NULL, DISTINCT_COUNT, CONTAINS_UNICODE, MAX_STRING_LENGTH, COLUMNS };

enum { MAX_MEMBERS = 100 }; /* different types: type codes are int8 */

/* The members of the union: the types that have bounds, each once. */
typedef struct members {
    int32_t count;
    vgi_field fields[MAX_MEMBERS];
    const vgi_field *pointers[MAX_MEMBERS];
} members;

/* Types whose least and greatest value the engine understands. */
static bool has_bounds(const vgi_field *field)
{
    return (field->type >= VGI_TYPE_BOOL && field->type <= VGI_TYPE_UINT64) || field->type == VGI_TYPE_FLOAT32 ||
           field->type == VGI_TYPE_FLOAT64 || field->type == VGI_TYPE_DECIMAL128 || field->type == VGI_TYPE_UTF8 ||
           field->type == VGI_TYPE_DATE32 || field->type == VGI_TYPE_TIME64 || field->type == VGI_TYPE_TIMESTAMP;
}

static int32_t find_member(const members *all, const vgi_field *type)
{
    for (int32_t i = 0; i < all->count; i++)
        if (vg_type_equal(&all->fields[i], type))
            return i;
    return -1;
}

/* ---- what the callback says -------------------------------------------------------------------------------------- */

/* The function's columns, all of them nullable: a bound may be unknown. */
static vgi_status bounds_schema(vgi_call *call, const vgi_arrow_schema *output, vgi_arrow_schema *ret)
{
    vgi_field *fields = VG_NEW_ARRAY(call->arena, vgi_field, output->n_fields);
    const vgi_field **pointers = VG_NEW_ARRAY(call->arena, const vgi_field *, output->n_fields);

    if (!fields || !pointers)
        return vg_call_out_of_memory(call);
    for (int32_t i = 0; i < output->n_fields; i++) {
        fields[i] = *output->fields[i];
        fields[i].nullable = true;
        pointers[i] = &fields[i];
    }
    *ret = (vgi_arrow_schema){.n_fields = output->n_fields, .fields = pointers};
    return VGI_OK;
}

/* Two rows: what was left empty becomes NULL, NULL. */
static vgi_status finish_bounds(vgi_call *call, const vg_function_call *function, vg_builder *builder,
                                vgi_batch *bounds)
{
    for (int32_t i = 0; i < bounds->schema->n_fields; i++) {
        vgi_column *column = vgi_out_column(bounds, i);
        const vgi_field *field = bounds->schema->fields[i];
        int64_t length = vgi_column_length(column);

        if (length != 0 && length != 2)
            return vgi_fail(call, VGI_ERR_RUNTIME,
                            "the statistics callback of %.*s gives column %.*s %" PRId64 " bounds instead of 2",
                            VG_FMT(function->function->name), VG_FMT(field->name), length);
        if (length == 2 && !has_bounds(field))
            return vgi_fail(call, VGI_ERR_RUNTIME,
                            "the statistics callback of %.*s gives bounds to column %.*s, whose type %s has none",
                            VG_FMT(function->function->name), VG_FMT(field->name), vgi_type_name(field->type));
        for (; length < 2; length++)
            vgi_append_null(column);
    }
    bounds->rows = 2;
    return vg_builder_finish(builder, &call->error);
}

/* One bound alone is not told: the engine takes it for the other one, too. */
static bool has_bound(const vgi_batch *bounds, int32_t i)
{
    return !vgi_array_is_null(&bounds->columns[i], 0) && !vgi_array_is_null(&bounds->columns[i], 1);
}

static bool is_known(const vgi_statistics *statistics, int32_t i)
{
    const vgi_column_statistics *column = &statistics->columns[i];

    return has_bound(statistics->bounds, i) || column->no_nulls || column->only_nulls || column->is_ascii ||
           column->has_distinct_count || column->has_max_length;
}

/* ---- what goes out ----------------------------------------------------------------------------------------------- */

static vgi_status collect_members(vgi_call *call, const vgi_batch *bounds, members *all)
{
    for (int32_t i = 0; i < bounds->n_columns && all->count < MAX_MEMBERS; i++) {
        const vgi_field *field = bounds->schema->fields[i];

        if (has_bound(bounds, i) && find_member(all, field) < 0)
            all->fields[all->count++] = *field;
    }
    if (all->count == 0) /* a union has a member, also where no bound is known */
        all->fields[all->count++] = (vgi_field){.type = VGI_TYPE_NULL, .nullable = true};
    for (int32_t i = 0; i < all->count; i++) {
        all->fields[i].name = vg_arena_printf(call->arena, "%d", i);
        all->fields[i].metadata = (vgi_metadata){0};
        all->pointers[i] = &all->fields[i];
        if (!all->fields[i].name.data)
            return vg_call_out_of_memory(call);
    }
    return VGI_OK;
}

/* One bound: a value of the member of its type; NULL of the first member where it is unknown. */
static void append_bound(vgi_column *out, const members *all, const vgi_array *bound, int64_t which, bool is_told)
{
    int32_t member = is_told ? find_member(all, bound->field) : -1;

    if (member < 0)
        vgi_append_null(vgi_child(out, 0));
    else
        vgi_append_value(vgi_child(out, member), bound, which);
    vgi_append_union(out, member < 0 ? 0 : member);
}

static void append_column(vgi_batch *out, const members *all, const vgi_statistics *statistics, int32_t i)
{
    const vgi_array *bound = &statistics->bounds->columns[i];
    const vgi_column_statistics *known = &statistics->columns[i];
    bool is_text = bound->field->type == VGI_TYPE_UTF8;

    vgi_append_text(vgi_out_column(out, COLUMN_NAME), bound->field->name.data, bound->field->name.size);
    append_bound(vgi_out_column(out, MIN), all, bound, 0, has_bound(statistics->bounds, i));
    append_bound(vgi_out_column(out, MAX), all, bound, 1, has_bound(statistics->bounds, i));
    vgi_append_bool(vgi_out_column(out, HAS_NULL), !known->no_nulls);
    vgi_append_bool(vgi_out_column(out, HAS_NOT_NULL), !known->only_nulls);
    if (known->has_distinct_count)
        vgi_append_i64(vgi_out_column(out, DISTINCT_COUNT), known->distinct_count);
    else
        vgi_append_null(vgi_out_column(out, DISTINCT_COUNT));
    if (is_text)
        vgi_append_bool(vgi_out_column(out, CONTAINS_UNICODE), !known->is_ascii);
    else
        vgi_append_null(vgi_out_column(out, CONTAINS_UNICODE));
    if (is_text && known->has_max_length)
        vgi_append_u64(vgi_out_column(out, MAX_STRING_LENGTH), known->max_length);
    else
        vgi_append_null(vgi_out_column(out, MAX_STRING_LENGTH));
    out->rows++;
}

static vgi_status encode(vgi_call *call, const members *all, const vgi_statistics *statistics, vgi_bytes *ret)
{
    static const vgi_field NAME = {.name = VGI_STR("column_name"), .type = VGI_TYPE_UTF8, .nullable = true};
    static const vgi_field NULLS = {.name = VGI_STR("has_null"), .type = VGI_TYPE_BOOL, .nullable = true};
    static const vgi_field NO_NULLS = {.name = VGI_STR("has_not_null"), .type = VGI_TYPE_BOOL, .nullable = true};
    static const vgi_field DISTINCT = {.name = VGI_STR("distinct_count"), .type = VGI_TYPE_INT64, .nullable = true};
    static const vgi_field UNICODE = {.name = VGI_STR("contains_unicode"), .type = VGI_TYPE_BOOL, .nullable = true};
    static const vgi_field LENGTH = {.name = VGI_STR("max_string_length"), .type = VGI_TYPE_UINT64, .nullable = true};
    vgi_field min = {.name = VGI_STR("min"),
                     .type = VGI_TYPE_SPARSE_UNION,
                     .nullable = true,
                     .n_children = all->count,
                     .children = all->pointers},
              max = min;
    const vgi_field *fields[COLUMNS] = {&NAME, &min, &max, &NULLS, &NO_NULLS, &DISTINCT, &UNICODE, &LENGTH};
    const vgi_arrow_schema schema = {.n_fields = COLUMNS, .fields = fields};
    vg_builder *builder = NULL;
    vgi_batch *out;
    vgi_status status;

    max.name = vgi_str("max");
    VGI_TRY(vg_builder_new(&schema, &call->error, &builder));
    out = vg_builder_begin(builder, statistics->bounds->n_columns);
    for (int32_t i = 0; out && i < statistics->bounds->n_columns; i++)
        if (is_known(statistics, i))
            append_column(out, all, statistics, i);
    status = out ? vg_builder_finish(builder, &call->error) : vg_call_out_of_memory(call);
    if (status == VGI_OK && statistics->has_max_age) {
        vgi_string text = vg_arena_printf(call->arena, "%" PRId64, statistics->max_age_seconds);
        vgi_key_value pair = {VGI_STR("cache_max_age_seconds"), text};

        out->metadata = (vgi_metadata){&pair, 1};
        status = text.data ? vg_batch_encode(call->arena, out, ret, &call->error) : vg_call_out_of_memory(call);
    } else if (status == VGI_OK) {
        status = vg_batch_encode(call->arena, out, ret, &call->error);
    }
    vg_builder_free(builder);
    return status;
}

/* ---- the method -------------------------------------------------------------------------------------------------- */

/* Null where nothing is known. */
static vgi_status ask(vgi_call *call, const vg_function_call *function, vg_builder *builder, vgi_statistics *statistics,
                      vgi_bytes *ret)
{
    members *all = VG_NEW(call->arena, members);
    vgi_status status;
    bool knows = false;

    statistics->columns = VG_NEW_ARRAY(call->arena, vgi_column_statistics, function->output->n_fields);
    statistics->bounds = vg_builder_begin(builder, 2);
    if (!all || !statistics->columns || !statistics->bounds)
        return vg_call_out_of_memory(call);
    status = function->function->table->statistics(call, statistics);
    if (status == VGI_END)
        return VGI_OK;
    VGI_TRY(status);
    VGI_TRY(finish_bounds(call, function, builder, statistics->bounds));
    for (int32_t i = 0; i < function->output->n_fields; i++)
        knows = knows || is_known(statistics, i);
    if (!knows)
        return VGI_OK;
    VGI_TRY(collect_members(call, statistics->bounds, all));
    return encode(call, all, statistics, ret);
}

vgi_status vg_handle_table_function_statistics(vgi_call *call, const void *request, void *response)
{
    const vgi_table_function_statistics_request *in = request;
    vgi_statistics statistics = {0};
    vg_function_call *function;
    vgi_arrow_schema schema;
    vg_builder *builder = NULL;
    vgi_status status;

    VGI_TRY(vg_function_call_decode(call, in->bind_call, &function));
    if (function->function->kind != VG_FUNCTION_TABLE || !function->function->table->statistics)
        return VGI_OK;
    VGI_TRY(bounds_schema(call, function->output, &schema));
    VGI_TRY(vg_builder_new(&schema, &call->error, &builder));
    status = ask(call, function, builder, &statistics, response);
    vg_builder_free(builder);
    return status;
}
