/* Record structs -> rows on the wire (codec.h). The structs are read where they lie: a column is a view built in the
 * arena over `count` structs at a fixed stride, which serves one record, the rows of a listing and the items of a list
 * alike; text of a single row is not copied before the writer does. A listing encodes one record per table, so what is
 * done here per column is all there is: schemas are static. */
#include "protocol/codec.h"

#include <string.h>

#include "arrow/array.h"
#include "base/str.h"
#include "ipc/writer.h"

typedef struct encoder {
    vg_arena *arena;
    vgi_error *err;
    int minor;
} encoder;

/* `count` values of one member, `stride` bytes apart. Where `valid` has a bit that is not set, the struct around the
 * value is null, and nothing is asked of it. */
typedef struct source {
    const uint8_t *base;
    size_t stride;
    size_t count;
    const uint8_t *valid;
} source;

static vgi_status encode_column(const encoder *e, const vg_record *record, const vg_member *member, source s,
                                vgi_array *ret);

static vgi_status out_of_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory while writing a record");
}

static bool is_shown(const source *s, size_t i)
{
    return !s->valid || vg_bit(s->valid, (int64_t)i);
}

/* ---- what is null ----------------------------------------------------------------------------------------------- */

static bool is_absent(const vg_member *member, const uint8_t *value)
{
    if (member->optional)
        return !*(const bool *)value;
    switch ((vg_member_kind)member->kind) {
    case VG_MEMBER_TEXT:
    case VG_MEMBER_BYTES: /* of the same layout */
        return !((const vgi_string *)(const void *)value)->data;
    case VG_MEMBER_ENUM:
        return *(const int *)(const void *)value == 0;
    case VG_MEMBER_LIST:
        return !((const vg_any_list *)(const void *)value)->present &&
               ((const vg_any_list *)(const void *)value)->count == 0;
    case VG_MEMBER_POINTER:
        return !*(const void *const *)(const void *)value;
    default:
        return false;
    }
}

/* Counts the nulls into `ret` and makes its bitmap; refuses a null where the column must have a value. */
static vgi_status encode_validity(const encoder *e, const vg_record *record, const vg_member *member, const source *s,
                                  vgi_array *ret)
{
    uint8_t *bits;
    size_t absent = 0;

    for (size_t i = 0; i < s->count; i++)
        absent += is_shown(s, i) && is_absent(member, s->base + i * s->stride);
    if (absent == 0)
        return VGI_OK;
    if (!member->field->nullable) {
        if (member->has_default || member->kind == VG_MEMBER_LIST)
            return VGI_OK;
        return vgi_error_set(e->err, VGI_ERR_VALUE, "%s.%.*s must be given: the column is not nullable", record->name,
                             VG_FMT(member->field->name));
    }
    bits = vg_arena_alloc(e->arena, (s->count + 7) / 8);
    if (!bits)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++)
        if (!is_shown(s, i) || !is_absent(member, s->base + i * s->stride))
            bits[i >> 3] |= (uint8_t)(1U << (i & 7));
    ret->validity = bits;
    ret->null_count = (int64_t)absent;
    return VGI_OK;
}

/* ---- fixed width ------------------------------------------------------------------------------------------------ */

static vgi_status encode_fixed(const encoder *e, const vg_member *member, const source *s, vgi_array *ret)
{
    const size_t width = member->kind == VG_MEMBER_INT32 ? 4 : 8;
    uint8_t *values = vg_arena_array(e->arena, s->count, width);
    const int32_t narrow = (int32_t)member->default_value;
    const void *fallback = width == 4 ? (const void *)&narrow : (const void *)&member->default_value;

    if (!values)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++) {
        const uint8_t *value = s->base + i * s->stride;
        const bool absent = !is_shown(s, i) || is_absent(member, value);

        memcpy(values + i * width, absent ? fallback : value + member->value_offset, width);
    }
    ret->buffers[0] = values;
    return VGI_OK;
}

static vgi_status encode_bool(const encoder *e, const vg_member *member, const source *s, vgi_array *ret)
{
    uint8_t *bits = vg_arena_alloc(e->arena, (s->count + 7) / 8);

    if (!bits)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++) {
        const uint8_t *value = s->base + i * s->stride;
        const bool absent = !is_shown(s, i) || is_absent(member, value);

        if (absent ? member->default_value != 0 : *(const bool *)(value + member->value_offset))
            bits[i >> 3] |= (uint8_t)(1U << (i & 7));
    }
    ret->buffers[0] = bits;
    return VGI_OK;
}

/* ---- text and bytes --------------------------------------------------------------------------------------------- */

/* Fills the two buffers of an array of `type` with `count` strings; a single one is not copied. */
static vgi_status put_strings(const encoder *e, vgi_type_id type, const vgi_string *strings, size_t count,
                              vgi_array *ret)
{
    const bool large = type == VGI_TYPE_LARGE_BINARY;
    uint8_t *offsets = vg_arena_array(e->arena, count + 1, large ? 8 : 4);
    size_t total = 0;
    char *bytes;

    if (!offsets)
        return out_of_memory(e->err);
    for (size_t i = 0; i < count; i++) {
        total += strings[i].size;
        if (!large && total > INT32_MAX)
            return vgi_error_set(e->err, VGI_ERR_LIMIT, "a column of a record is larger than 2 GiB");
        if (large)
            ((int64_t *)(void *)offsets)[i + 1] = (int64_t)total;
        else
            ((int32_t *)(void *)offsets)[i + 1] = (int32_t)total;
    }
    ret->buffers[0] = offsets;
    if (count == 1) {
        ret->buffers[1] = strings[0].data ? strings[0].data : "";
        return VGI_OK;
    }
    bytes = vg_arena_alloc(e->arena, total);
    if (!bytes)
        return out_of_memory(e->err);
    ret->buffers[1] = bytes;
    for (size_t i = 0; i < count; i++) {
        if (strings[i].size > 0)
            memcpy(bytes, strings[i].data, strings[i].size);
        bytes += strings[i].size;
    }
    return VGI_OK;
}

/* The dictionary of a dictionary column: one array of `count` strings. */
static vgi_status put_dictionary(const encoder *e, const vgi_field *field, const vgi_string *strings, size_t count,
                                 vgi_array *ret)
{
    vgi_array *dictionary = VG_NEW(e->arena, vgi_array);

    if (!dictionary)
        return out_of_memory(e->err);
    dictionary->field = field->dictionary;
    dictionary->length = (int64_t)count;
    ret->dictionary = dictionary;
    return put_strings(e, field->dictionary->type, strings, count, dictionary);
}

/* Text and bytes, which have the same layout. As a dictionary: a value a row, rows of a listing seldom agree. */
static vgi_status encode_strings(const encoder *e, const vg_member *member, const source *s, vgi_array *ret)
{
    vgi_string *strings = VG_NEW_ARRAY(e->arena, vgi_string, s->count);
    int32_t *indices, next = 0;

    if (!strings)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++) {
        const vgi_string *value = (const vgi_string *)(const void *)(s->base + i * s->stride);

        if (is_shown(s, i))
            strings[i] = value->data || member->field->nullable ? *value : member->default_text;
        if (!strings[i].data)
            strings[i].size = 0;
    }
    if (member->field->type != VGI_TYPE_DICTIONARY)
        return put_strings(e, member->field->type, strings, s->count, ret);

    indices = VG_NEW_ARRAY(e->arena, int32_t, s->count);
    if (!indices)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++) {
        if (strings[i].data) {
            strings[next] = strings[i];
            indices[i] = next++;
        }
    }
    ret->buffers[0] = indices;
    return put_dictionary(e, member->field, strings, (size_t)next, ret);
}

/* A single value carries a dictionary of that name only; several carry all names. */
static vgi_status encode_enum(const encoder *e, const vg_record *record, const vg_member *member, const source *s,
                              vgi_array *ret)
{
    int16_t *indices = VG_NEW_ARRAY(e->arena, int16_t, s->count);
    const vg_enum *enumeration = member->enumeration;
    int value = 0;

    if (!indices)
        return out_of_memory(e->err);
    ret->buffers[0] = indices;
    for (size_t i = 0; i < s->count; i++) {
        value = *(const int *)(const void *)(s->base + i * s->stride);
        if (value == 0)
            value = (int)member->default_value;
        if (value < 0 || value > enumeration->count)
            return vgi_error_set(e->err, VGI_ERR_VALUE, "%s.%.*s: %d is no member of %s", record->name,
                                 VG_FMT(member->field->name), value, enumeration->name);
        indices[i] = (int16_t)(value > 0 ? value - 1 : 0);
    }
    if (s->count != 1)
        return put_dictionary(e, member->field, enumeration->members, (size_t)enumeration->count, ret);
    indices[0] = 0;
    return put_dictionary(e, member->field, value > 0 ? &enumeration->members[value - 1] : NULL, value > 0, ret);
}

/* ---- nested ----------------------------------------------------------------------------------------------------- */

/* The columns of a record over `s.count` structs at s.base. */
static vgi_status encode_members(const encoder *e, const vg_record *record, source s, const vgi_array **ret,
                                 int32_t *ret_count)
{
    const uint8_t *structs = s.base ? s.base : (const uint8_t *)""; /* no items: nothing is read there */
    vgi_array *columns = VG_NEW_ARRAY(e->arena, vgi_array, record->n_members);
    int32_t count = 0;

    if (!columns)
        return out_of_memory(e->err);
    for (int32_t i = 0; i < record->n_members; i++) {
        const vg_member *member = &record->members[i];

        if (e->minor < member->since || e->minor > member->until)
            continue;
        s.base = structs + member->offset;
        VGI_TRY(encode_column(e, record, member, s, &columns[count++]));
    }
    *ret = columns;
    *ret_count = count;
    return VGI_OK;
}

static vgi_status encode_struct(const encoder *e, const vg_member *member, source s, vgi_array *ret)
{
    int32_t count;

    VGI_TRY(encode_members(e, member->record, s, &ret->children, &count));
    ret->n_children = count;
    return VGI_OK;
}

/* Structs behind pointers are gathered first; where a pointer is NULL the row's members are not asked for. */
static vgi_status encode_pointer(const encoder *e, const vg_member *member, const source *s, vgi_array *ret)
{
    const size_t size = member->record->size;
    source structs = {.stride = size, .count = s->count, .valid = ret->validity};
    uint8_t *copies = vg_arena_array(e->arena, s->count, size);

    if (!copies)
        return out_of_memory(e->err);
    structs.base = copies;
    for (size_t i = 0; i < s->count; i++) {
        const void *pointer = *(const void *const *)(const void *)(s->base + i * s->stride);

        if (pointer)
            memcpy(copies + i * size, pointer, size);
    }
    return encode_struct(e, member, structs, ret);
}

static vgi_status encode_list(const encoder *e, const vg_record *record, const vg_member *member, const source *s,
                              vgi_array *ret)
{
    const vg_member *item = member->item;
    int32_t *offsets = VG_NEW_ARRAY(e->arena, int32_t, s->count + 1);
    vgi_array *child = VG_NEW(e->arena, vgi_array);
    source items = {.stride = item->size};
    uint8_t *copies;

    if (!offsets || !child)
        return out_of_memory(e->err);
    for (size_t i = 0; i < s->count; i++) {
        const vg_any_list *list = (const vg_any_list *)(const void *)(s->base + i * s->stride);

        if (is_shown(s, i)) {
            if (list->count > INT32_MAX - items.count)
                return vgi_error_set(e->err, VGI_ERR_LIMIT, "%s.%.*s has more than 2147483647 items", record->name,
                                     VG_FMT(member->field->name));
            items.count += list->count;
            items.base = list->items;
        }
        offsets[i + 1] = (int32_t)items.count;
    }
    if (s->count > 1) {
        copies = vg_arena_array(e->arena, items.count, item->size);
        if (!copies)
            return out_of_memory(e->err);
        items.base = copies;
        for (size_t i = 0; i < s->count; i++) {
            const vg_any_list *list = (const vg_any_list *)(const void *)(s->base + i * s->stride);

            if (is_shown(s, i) && list->count > 0)
                memcpy(copies + (size_t)offsets[i] * item->size, list->items, list->count * item->size);
        }
    }
    ret->buffers[0] = offsets;
    ret->children = child;
    ret->n_children = 1;
    return encode_column(e, record, item, items, child);
}

static vgi_status encode_column(const encoder *e, const vg_record *record, const vg_member *member, source s,
                                vgi_array *ret)
{
    *ret = (vgi_array){.field = member->field, .length = (int64_t)s.count};
    VGI_TRY(encode_validity(e, record, member, &s, ret));
    switch ((vg_member_kind)member->kind) {
    case VG_MEMBER_BOOL:
        return encode_bool(e, member, &s, ret);
    case VG_MEMBER_INT32:
    case VG_MEMBER_INT64:
    case VG_MEMBER_FLOAT64:
        return encode_fixed(e, member, &s, ret);
    case VG_MEMBER_TEXT:
    case VG_MEMBER_BYTES:
        return encode_strings(e, member, &s, ret);
    case VG_MEMBER_ENUM:
        return encode_enum(e, record, member, &s, ret);
    case VG_MEMBER_LIST:
        return encode_list(e, record, member, &s, ret);
    case VG_MEMBER_STRUCT:
        return encode_struct(e, member, s, ret);
    case VG_MEMBER_POINTER:
        return encode_pointer(e, member, &s, ret);
    }
    return VGI_ERR_RUNTIME;
}

/* ---- codec.h ---------------------------------------------------------------------------------------------------- */

/* A batch of views over the structs. */
static vgi_status encode_batch(vg_arena *arena, const vg_record *record, const void *rows, size_t count, int minor,
                               vgi_batch *ret, vgi_error *err)
{
    const int nearest = minor < 0 ? 0 : minor > VG_LAST_MINOR ? VG_LAST_MINOR : minor;
    const encoder e = {arena, err, nearest};
    const source s = {.base = rows, .stride = record->size, .count = count};

    *ret = (vgi_batch){.schema = record->schemas[nearest], .rows = (int64_t)count};
    return encode_members(&e, record, s, &ret->columns, &ret->n_columns);
}

vgi_status vg_records_encode(vg_arena *arena, const vg_record *record, const void *rows, size_t count, int minor,
                             vgi_bytes *ret, vgi_error *err)
{
    vgi_batch batch;

    *ret = (vgi_bytes){0};
    VGI_TRY(encode_batch(arena, record, rows, count, minor, &batch, err));
    return vg_batch_encode(arena, &batch, ret, err);
}

vgi_status vg_record_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_bytes *ret,
                            vgi_error *err)
{
    return vg_records_encode(arena, record, row, 1, minor, ret, err);
}

vgi_status vg_records_encode_each(vg_arena *arena, const vg_record *record, const void *rows, size_t count, int minor,
                                  vgi_bytes *ret, vgi_error *err)
{
    vg_writer *writer = NULL;
    vgi_status status = count > 0 ? vg_writer_new(NULL, &writer, err) : VGI_OK;

    for (size_t i = 0; i < count && status == VGI_OK; i++) {
        vgi_batch batch;

        status = encode_batch(arena, record, (const uint8_t *)rows + i * record->size, 1, minor, &batch, err);
        if (status == VGI_OK)
            status = vg_stream_encode(writer, arena, &batch, &ret[i], err);
    }
    vg_writer_free(writer);
    return status;
}

vgi_status vg_row_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_batch *out,
                         vgi_error *err)
{
    vgi_batch batch;

    VGI_TRY(encode_batch(arena, record, row, 1, minor, &batch, err));
    if (out->schema->n_fields != batch.n_columns)
        return vgi_error_set(err, VGI_ERR_TYPE, "%s has %d columns, but the batch to fill has %d", record->name,
                             batch.n_columns, out->schema->n_fields);
    out->rows = 1;
    for (int32_t i = 0; i < batch.n_columns; i++)
        vgi_column_borrow(vgi_out_column(out, i), &batch.columns[i]);
    return VGI_OK;
}

vgi_status vg_result_encode(vg_arena *arena, const vg_record *record, const void *row, int minor, vgi_batch *out,
                            vgi_error *err)
{
    const encoder e = {.arena = arena, .err = err};
    vgi_array *column = VG_NEW(arena, vgi_array);
    vgi_string cell;
    vgi_bytes bytes;

    if (!column)
        return out_of_memory(err);
    VGI_TRY(vg_record_encode(arena, record, row, minor, &bytes, err));
    cell = (vgi_string){(const char *)bytes.data, bytes.size};
    *column = (vgi_array){.field = vg_required_result_schema.fields[0], .length = 1};
    VGI_TRY(put_strings(&e, VGI_TYPE_BINARY, &cell, 1, column));
    out->rows = 1;
    vgi_column_borrow(vgi_out_column(out, 0), column);
    return VGI_OK;
}
