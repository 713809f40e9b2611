/* Rows on the wire -> record structs (codec.h): step 5 of a call's walk. Columns are matched by name before any value
 * is read (rpc.md §4.2), so that memory is taken only for rows whose columns are there and of a type that fits. */
#include "protocol/codec.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "arrow/array.h"
#include "base/str.h"
#include "ipc/reader.h"

typedef struct decoder {
    vg_arena *arena;
    vgi_error *err;
} decoder;

/* A record's columns as some batch or struct array has them: member i is columns[positions[i]], or is absent (-1). */
typedef struct plan {
    const vg_record *record;
    const vgi_array *columns;
    const int32_t *positions;
} plan;

static vgi_status decode_row(const decoder *d, const plan *p, int64_t row, uint8_t *ret);

static vgi_status out_of_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory while reading a record");
}

/* ---- which column is which -------------------------------------------------------------------------------------- */

static vgi_type_id value_type(const vgi_field *field)
{
    return field->type == VGI_TYPE_DICTIONARY && field->dictionary ? field->dictionary->type : field->type;
}

static bool is_integer(vgi_type_id type)
{
    return type >= VGI_TYPE_INT8 && type <= VGI_TYPE_UINT64;
}

static bool is_text(vgi_type_id type)
{
    return type == VGI_TYPE_UTF8 || type == VGI_TYPE_LARGE_UTF8;
}

static bool is_bytes(vgi_type_id type)
{
    return type == VGI_TYPE_BINARY || type == VGI_TYPE_LARGE_BINARY;
}

static bool is_list(const vgi_field *field)
{
    return (field->type == VGI_TYPE_LIST || field->type == VGI_TYPE_LARGE_LIST || field->type == VGI_TYPE_MAP) &&
           field->n_children == 1;
}

/* True if the member can be read from a column of this type; struct children are matched later, by their own plan. */
static bool accepts(const vg_member *member, const vgi_field *field)
{
    switch ((vg_member_kind)member->kind) {
    case VG_MEMBER_BOOL:
        return field->type == VGI_TYPE_BOOL;
    case VG_MEMBER_INT32:
        return is_integer(field->type);
    case VG_MEMBER_INT64:
        return member->field->type == VGI_TYPE_TIMESTAMP
                   ? field->type == VGI_TYPE_TIMESTAMP && field->unit == member->field->unit
                   : is_integer(field->type);
    case VG_MEMBER_FLOAT64:
        return field->type == VGI_TYPE_FLOAT64 || field->type == VGI_TYPE_FLOAT32;
    case VG_MEMBER_TEXT:
    case VG_MEMBER_ENUM:
        return is_text(value_type(field));
    case VG_MEMBER_BYTES:
        return is_bytes(value_type(field));
    case VG_MEMBER_LIST:
        return is_list(field) && accepts(member->item, field->children[0]);
    case VG_MEMBER_STRUCT:
    case VG_MEMBER_POINTER:
        return field->type == VGI_TYPE_STRUCT;
    }
    return false;
}

static int32_t find_column(const vgi_array *columns, int64_t count, vgi_string name, int64_t hint)
{
    if (hint < count && vgi_string_equal(columns[hint].field->name, name))
        return (int32_t)hint;
    for (int32_t i = 0; i < count; i++)
        if (vgi_string_equal(columns[i].field->name, name))
            return i;
    return -1;
}

/* True if every dialect has the column, under one of the members of its name, and none can do without a value. */
static bool is_required(const vg_record *record, const vg_member *member)
{
    for (int minor = 0; minor < VG_PROTOCOL_MINORS; minor++) {
        bool required = false;

        for (int32_t i = 0; i < record->n_members && !required; i++) {
            const vg_member *m = &record->members[i];

            required = vgi_string_equal(m->field->name, member->field->name) && m->since <= minor &&
                       minor <= m->until && !m->field->nullable && !m->has_default;
        }
        if (!required)
            return false;
    }
    return true;
}

static bool has_namesake(const vg_record *record, const vg_member *member)
{
    for (int32_t i = 0; i < record->n_members; i++)
        if (&record->members[i] != member && vgi_string_equal(record->members[i].field->name, member->field->name))
            return true;
    return false;
}

static vgi_status missing_error(const plan *p, vgi_error *err)
{
    char names[512];
    size_t size = 0;

    for (int32_t i = 0; i < p->record->n_members; i++) {
        const vg_member *member = &p->record->members[i];
        const vgi_string name = member->field->name;
        const bool again = i > 0 && vgi_string_equal(p->record->members[i - 1].field->name, name);

        if (p->positions[i] >= 0 || again || !is_required(p->record, member) || size + name.size + 5 > sizeof(names))
            continue;
        if (size > 0) {
            memcpy(names + size, ", ", 2);
            size += 2;
        }
        names[size++] = '\'';
        memcpy(names + size, name.data, name.size);
        size += name.size;
        names[size++] = '\'';
    }
    return vgi_error_set(err, VGI_ERR_TYPE, "Missing fields in %s RecordBatch: [%.*s]", p->record->name, (int)size,
                         names);
}

static vgi_status make_plan(const decoder *d, const vg_record *record, const vgi_array *columns, int64_t count,
                            plan *ret)
{
    int32_t *positions = VG_NEW_ARRAY(d->arena, int32_t, record->n_members);
    bool complete = true;

    *ret = (plan){record, columns, positions};
    if (!positions)
        return out_of_memory(d->err);
    for (int32_t i = 0, hint = 0; i < record->n_members; i++) {
        const vg_member *member = &record->members[i];
        int32_t position = find_column(columns, count, member->field->name, hint);

        if (position >= 0 && !accepts(member, columns[position].field)) {
            if (!has_namesake(record, member))
                return vgi_error_set(d->err, VGI_ERR_TYPE, "%s.%.*s must be %s, but is %s", record->name,
                                     VG_FMT(member->field->name), vgi_type_name(member->field->type),
                                     vgi_type_name(columns[position].field->type));
            position = -1;
        }
        positions[i] = position;
        if (position >= 0)
            hint = position + 1;
        else if (is_required(record, member) && !has_namesake(record, member))
            complete = false;
    }
    /* A column whose type changed between dialects has two members: one of them must have been found. */
    for (int32_t i = 0; i + 1 < record->n_members && complete; i++)
        if (positions[i] < 0 && positions[i + 1] < 0 && is_required(record, &record->members[i]) &&
            vgi_string_equal(record->members[i].field->name, record->members[i + 1].field->name))
            complete = false;
    return complete ? VGI_OK : missing_error(ret, d->err);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static vgi_status misfit(const decoder *d, const vg_record *record, const vg_member *member, const char *what)
{
    return vgi_error_set(d->err, VGI_ERR_VALUE, "%s.%.*s %s", record->name, VG_FMT(member->field->name), what);
}

static vgi_status decode_integer(const decoder *d, const vg_record *record, const vg_member *member,
                                 const vgi_array *array, int64_t i, void *ret)
{
    const bool is_unsigned = array->field->type == VGI_TYPE_UINT64;
    const bool wants_unsigned = member->field->type == VGI_TYPE_UINT64;
    int64_t value;

    if (is_unsigned)
        memcpy(&value, (const uint8_t *)array->buffers[0] + 8 * (array->offset + i), sizeof(value));
    else
        value = vgi_array_i64(array, i);
    if (value < 0 && is_unsigned != wants_unsigned)
        return misfit(d, record, member, "holds a number outside the range of its type");
    if (member->kind == VG_MEMBER_INT32) {
        const int32_t narrow = (int32_t)value;

        if (narrow != value)
            return misfit(d, record, member, "holds a number outside the range of int32");
        memcpy(ret, &narrow, sizeof(narrow));
        return VGI_OK;
    }
    memcpy(ret, &value, sizeof(value));
    return VGI_OK;
}

static vgi_status decode_enum(const decoder *d, const vg_record *record, const vg_member *member, vgi_string name,
                              void *ret)
{
    const vg_enum *enumeration = member->enumeration;
    const int value = vg_enum_value(enumeration, name);
    char valid[256];
    size_t size = 0;

    memcpy(ret, &value, sizeof(value));
    if (value != 0)
        return VGI_OK;
    for (int32_t i = 0; i < enumeration->count; i++) {
        const vgi_string member_name = enumeration->members[i];

        if (size + member_name.size + 2 > sizeof(valid))
            break;
        if (size > 0) {
            memcpy(valid + size, ", ", 2);
            size += 2;
        }
        memcpy(valid + size, member_name.data, member_name.size);
        size += member_name.size;
    }
    return vgi_error_set(d->err, VGI_ERR_NOT_FOUND, "%s.%.*s: %s has no member '%.*s'; it has %.*s", record->name,
                         VG_FMT(member->field->name), enumeration->name, VG_FMT(name), (int)size, valid);
}

static vgi_status decode_value(const decoder *d, const vg_record *record, const vg_member *member,
                               const vgi_array *array, int64_t i, uint8_t *ret);

/* True if an item of a list can be null in its C form. */
static bool holds_null(const vg_member *item)
{
    return item->kind == VG_MEMBER_TEXT || item->kind == VG_MEMBER_BYTES || item->kind == VG_MEMBER_LIST;
}

static vgi_status decode_list(const decoder *d, const vg_record *record, const vg_member *member,
                              const vgi_array *array, int64_t i, void *ret)
{
    const vg_member *item = member->item;
    const vgi_array *child = &array->children[0];
    vg_any_list list = {.present = true};
    int64_t begin, end;
    uint8_t *items;
    plan p = {0};

    vgi_array_items(array, i, &begin, &end);
    if (end > begin) {
        if (item->kind == VG_MEMBER_STRUCT)
            VGI_TRY(make_plan(d, item->record, child->children, child->n_children, &p));
        list.count = (size_t)(end - begin);
        items = vg_arena_array(d->arena, list.count, item->size);
        if (!items)
            return out_of_memory(d->err);
        list.items = items;
        for (int64_t k = begin; k < end; k++, items += item->size) {
            if (vgi_array_is_null(child, k)) {
                if (!holds_null(item))
                    return vgi_error_set(d->err, VGI_ERR_TYPE, "%s.%.*s must not hold null", record->name,
                                         VG_FMT(member->field->name));
            } else if (item->kind == VG_MEMBER_STRUCT) {
                VGI_TRY(decode_row(d, &p, child->offset + k, items));
            } else {
                VGI_TRY(decode_value(d, record, item, child, k, items));
            }
        }
    }
    memcpy(ret, &list, sizeof(list));
    return VGI_OK;
}

static vgi_status decode_pointer(const decoder *d, const vg_member *member, const vgi_array *array, int64_t i,
                                 void *ret)
{
    void *target = vg_arena_alloc(d->arena, member->record->size);
    plan p;

    if (!target)
        return out_of_memory(d->err);
    VGI_TRY(make_plan(d, member->record, array->children, array->n_children, &p));
    VGI_TRY(decode_row(d, &p, array->offset + i, target));
    memcpy(ret, &target, sizeof(target));
    return VGI_OK;
}

/* Element `i` of `array`, which is not null and of a type that the member accepts. */
static vgi_status decode_value(const decoder *d, const vg_record *record, const vg_member *member,
                               const vgi_array *array, int64_t i, uint8_t *ret)
{
    vgi_bytes bytes;
    vgi_string text;
    double number;

    switch ((vg_member_kind)member->kind) {
    case VG_MEMBER_BOOL:
        *(bool *)ret = vgi_array_bool(array, i);
        return VGI_OK;
    case VG_MEMBER_INT32:
    case VG_MEMBER_INT64:
        return decode_integer(d, record, member, array, i, ret);
    case VG_MEMBER_FLOAT64:
        number = vgi_array_f64(array, i);
        memcpy(ret, &number, sizeof(number));
        return VGI_OK;
    case VG_MEMBER_TEXT:
        text = vgi_array_text(array, i);
        memcpy(ret, &text, sizeof(text));
        return VGI_OK;
    case VG_MEMBER_BYTES:
        bytes = vgi_array_blob(array, i);
        memcpy(ret, &bytes, sizeof(bytes));
        return VGI_OK;
    case VG_MEMBER_ENUM:
        return decode_enum(d, record, member, vgi_array_text(array, i), ret);
    case VG_MEMBER_LIST:
        return decode_list(d, record, member, array, i, ret);
    case VG_MEMBER_POINTER:
        return decode_pointer(d, member, array, i, ret);
    case VG_MEMBER_STRUCT:
        break; /* only as items of lists: see decode_list */
    }
    return VGI_ERR_RUNTIME;
}

static void set_default(const vg_member *member, uint8_t *target)
{
    const int32_t narrow = (int32_t)member->default_value;

    if (member->optional)
        *(bool *)target = true;
    target += member->value_offset;
    switch ((vg_member_kind)member->kind) {
    case VG_MEMBER_BOOL:
        *(bool *)target = member->default_value != 0;
        break;
    case VG_MEMBER_INT32:
    case VG_MEMBER_ENUM:
        memcpy(target, &narrow, sizeof(narrow));
        break;
    case VG_MEMBER_INT64:
        memcpy(target, &member->default_value, sizeof(int64_t));
        break;
    case VG_MEMBER_TEXT:
    case VG_MEMBER_BYTES: /* of the same layout; a default without text is empty */
        memcpy(target, &member->default_text, sizeof(vgi_string));
        break;
    default:
        break; /* lists: empty is zero */
    }
}

static vgi_status decode_row(const decoder *d, const plan *p, int64_t row, uint8_t *ret)
{
    memset(ret, 0, p->record->size);
    for (int32_t i = 0; i < p->record->n_members; i++) {
        const vg_member *member = &p->record->members[i];
        uint8_t *target = ret + member->offset;
        const vgi_array *column;

        if (p->positions[i] < 0) {
            if (member->has_default)
                set_default(member, target);
            continue;
        }
        column = &p->columns[p->positions[i]];
        if (vgi_array_is_null(column, row)) {
            if (!member->field->nullable)
                return vgi_error_set(d->err, VGI_ERR_TYPE, "%s.%.*s must not be null", p->record->name,
                                     VG_FMT(member->field->name));
            continue;
        }
        if (member->optional)
            *(bool *)target = true;
        VGI_TRY(decode_value(d, p->record, member, column, row, target + member->value_offset));
    }
    return VGI_OK;
}

/* ---- codec.h ---------------------------------------------------------------------------------------------------- */

vgi_status vg_row_decode_at(vg_arena *arena, const vgi_batch *batch, int64_t index, const vg_record *record,
                            void *ret_row, vgi_error *err)
{
    const decoder d = {arena, err};
    plan p;

    memset(ret_row, 0, record->size);
    if (record->n_members == 0)
        return VGI_OK; /* a record without columns is an empty row, however many there are (rpc.md §4.2) */
    if (index < 0 || index >= batch->rows)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "%s has %" PRId64 " rows, but row %" PRId64 " was asked for",
                             record->name, batch->rows, index);
    VGI_TRY(make_plan(&d, record, batch->columns, batch->n_columns, &p));
    return decode_row(&d, &p, index, ret_row);
}

vgi_status vg_row_decode(vg_arena *arena, const vgi_batch *batch, const vg_record *record, void *ret_row,
                         vgi_error *err)
{
    if (record->n_members > 0 && batch->rows != 1)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "%s must have exactly 1 row, but has %" PRId64, record->name,
                             batch->rows);
    return vg_row_decode_at(arena, batch, 0, record, ret_row, err);
}

vgi_status vg_record_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vg_record *record,
                            void *ret_row, vgi_error *err)
{
    const vgi_batch *batch;

    memset(ret_row, 0, record->size);
    if (!bytes.data)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "%s is missing: its bytes are null", record->name);
    VGI_TRY(vg_batch_decode(arena, bytes, limits ? limits : &VG_DEFAULT_LIMITS, &batch, err));
    return vg_row_decode(arena, batch, record, ret_row, err);
}

vgi_status vg_request_decode(vg_arena *arena, const vgi_batch *params, const vg_limits *limits, const vg_record *record,
                             void *ret_row, vgi_error *err)
{
    vgi_request_params row;

    VGI_TRY(vg_row_decode(arena, params, &vg_request_params_record, &row, err));
    return vg_record_decode(arena, row.request, limits, record, ret_row, err);
}

vgi_string vg_enum_name(const vg_enum *enumeration, int value)
{
    return value > 0 && value <= enumeration->count ? enumeration->members[value - 1] : (vgi_string)VGI_STR("");
}

int vg_enum_value(const vg_enum *enumeration, vgi_string name)
{
    for (int32_t i = 0; i < enumeration->count; i++)
        if (vgi_string_equal(enumeration->members[i], name))
            return i + 1;
    return 0;
}
