/* What is known of each Arrow type, and fields and schemas as values: copied, compared, searched. Everything above uses
 * it. The rule of comparison is rpc.md §3.3: name, type and nullability; metadata never counts. */
#include "arrow/type.h"

#include <string.h>

#include "base/str.h"

static const vg_type_info TYPES[VGI_TYPE_COUNT] = {
    [VGI_TYPE_NULL] = {"null", VG_LAYOUT_NULL, 0, 0, VG_C_NONE},
    [VGI_TYPE_BOOL] = {"bool", VG_LAYOUT_FIXED, 1, 0, VG_C_NONE},
    [VGI_TYPE_INT8] = {"int8", VG_LAYOUT_FIXED, 8, 0, VG_C_I8},
    [VGI_TYPE_INT16] = {"int16", VG_LAYOUT_FIXED, 16, 0, VG_C_I16},
    [VGI_TYPE_INT32] = {"int32", VG_LAYOUT_FIXED, 32, 0, VG_C_I32},
    [VGI_TYPE_INT64] = {"int64", VG_LAYOUT_FIXED, 64, 0, VG_C_I64},
    [VGI_TYPE_UINT8] = {"uint8", VG_LAYOUT_FIXED, 8, 0, VG_C_U8},
    [VGI_TYPE_UINT16] = {"uint16", VG_LAYOUT_FIXED, 16, 0, VG_C_U16},
    [VGI_TYPE_UINT32] = {"uint32", VG_LAYOUT_FIXED, 32, 0, VG_C_U32},
    [VGI_TYPE_UINT64] = {"uint64", VG_LAYOUT_FIXED, 64, 0, VG_C_U64},
    [VGI_TYPE_FLOAT16] = {"float16", VG_LAYOUT_FIXED, 16, 0, VG_C_NONE},
    [VGI_TYPE_FLOAT32] = {"float32", VG_LAYOUT_FIXED, 32, 0, VG_C_F32},
    [VGI_TYPE_FLOAT64] = {"float64", VG_LAYOUT_FIXED, 64, 0, VG_C_F64},
    [VGI_TYPE_DECIMAL128] = {"decimal128", VG_LAYOUT_FIXED, 128, 0, VG_C_NONE},
    [VGI_TYPE_DECIMAL256] = {"decimal256", VG_LAYOUT_FIXED, 256, 0, VG_C_NONE},
    [VGI_TYPE_UTF8] = {"utf8", VG_LAYOUT_VARIABLE, 0, 4, VG_C_NONE},
    [VGI_TYPE_LARGE_UTF8] = {"large_utf8", VG_LAYOUT_VARIABLE, 0, 8, VG_C_NONE},
    [VGI_TYPE_BINARY] = {"binary", VG_LAYOUT_VARIABLE, 0, 4, VG_C_NONE},
    [VGI_TYPE_LARGE_BINARY] = {"large_binary", VG_LAYOUT_VARIABLE, 0, 8, VG_C_NONE},
    [VGI_TYPE_FIXED_SIZE_BINARY] = {"fixed_size_binary", VG_LAYOUT_FIXED, 0, 0, VG_C_NONE},
    [VGI_TYPE_DATE32] = {"date32", VG_LAYOUT_FIXED, 32, 0, VG_C_I32},
    [VGI_TYPE_DATE64] = {"date64", VG_LAYOUT_FIXED, 64, 0, VG_C_I64},
    [VGI_TYPE_TIME32] = {"time32", VG_LAYOUT_FIXED, 32, 0, VG_C_I32},
    [VGI_TYPE_TIME64] = {"time64", VG_LAYOUT_FIXED, 64, 0, VG_C_I64},
    [VGI_TYPE_TIMESTAMP] = {"timestamp", VG_LAYOUT_FIXED, 64, 0, VG_C_I64},
    [VGI_TYPE_DURATION] = {"duration", VG_LAYOUT_FIXED, 64, 0, VG_C_I64},
    [VGI_TYPE_INTERVAL_MONTHS] = {"month_interval", VG_LAYOUT_FIXED, 32, 0, VG_C_I32},
    [VGI_TYPE_INTERVAL_DAY_TIME] = {"day_time_interval", VG_LAYOUT_FIXED, 64, 0, VG_C_NONE},
    [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = {"month_day_nano_interval", VG_LAYOUT_FIXED, 128, 0, VG_C_NONE},
    [VGI_TYPE_LIST] = {"list", VG_LAYOUT_LIST, 0, 4, VG_C_NONE},
    [VGI_TYPE_LARGE_LIST] = {"large_list", VG_LAYOUT_LIST, 0, 8, VG_C_NONE},
    [VGI_TYPE_FIXED_SIZE_LIST] = {"fixed_size_list", VG_LAYOUT_FIXED_LIST, 0, 0, VG_C_NONE},
    [VGI_TYPE_STRUCT] = {"struct", VG_LAYOUT_STRUCT, 0, 0, VG_C_NONE},
    [VGI_TYPE_MAP] = {"map", VG_LAYOUT_LIST, 0, 4, VG_C_NONE},
    [VGI_TYPE_SPARSE_UNION] = {"sparse_union", VG_LAYOUT_SPARSE_UNION, 0, 0, VG_C_NONE},
    [VGI_TYPE_DENSE_UNION] = {"dense_union", VG_LAYOUT_DENSE_UNION, 0, 0, VG_C_NONE},
    [VGI_TYPE_DICTIONARY] = {"dictionary", VG_LAYOUT_DICTIONARY, 0, 0, VG_C_NONE},
};

const vg_type_info *vg_type_info_of(vgi_type_id type)
{
    return (unsigned)type < VGI_TYPE_COUNT ? &TYPES[type] : &TYPES[VGI_TYPE_NULL];
}

const char *vgi_type_name(vgi_type_id type)
{
    return (unsigned)type < VGI_TYPE_COUNT ? TYPES[type].name : "unknown";
}

int32_t vg_field_width_bits(const vgi_field *field)
{
    if (field->type == VGI_TYPE_FIXED_SIZE_BINARY) {
        int64_t bits = (int64_t)field->fixed_size * 8;
        return bits < INT32_MAX ? (int32_t)bits : INT32_MAX / 8 * 8;
    }
    return vg_type_info_of(field->type == VGI_TYPE_DICTIONARY ? field->index_type : field->type)->width_bits;
}

int32_t vg_schema_find(const vgi_arrow_schema *schema, vgi_string name)
{
    for (int32_t i = 0; i < schema->n_fields; i++)
        if (vgi_string_equal(schema->fields[i]->name, name))
            return i;
    return -1;
}

int32_t vg_schema_find_nocase(const vgi_arrow_schema *schema, vgi_string name)
{
    for (int32_t i = 0; i < schema->n_fields; i++)
        if (vg_string_is_nocase(schema->fields[i]->name, name))
            return i;
    return -1;
}

/* ---- equality --------------------------------------------------------------------------------------------------- */

/* An absent string equals an empty one: the wire cannot tell them apart everywhere. */
static bool same_text(vgi_string a, vgi_string b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static int8_t type_code(const vgi_field *field, int32_t i)
{
    return field->type_codes ? field->type_codes[i] : (int8_t)i;
}

static bool has_unit(vgi_type_id type)
{
    return type == VGI_TYPE_TIME32 || type == VGI_TYPE_TIME64 || type == VGI_TYPE_TIMESTAMP ||
           type == VGI_TYPE_DURATION;
}

static bool same_parameters(const vgi_field *a, const vgi_field *b)
{
    switch (a->type) {
    case VGI_TYPE_DECIMAL128:
    case VGI_TYPE_DECIMAL256:
        return a->precision == b->precision && a->scale == b->scale;
    case VGI_TYPE_FIXED_SIZE_BINARY:
    case VGI_TYPE_FIXED_SIZE_LIST:
        return a->fixed_size == b->fixed_size;
    case VGI_TYPE_TIMESTAMP:
        return a->unit == b->unit && same_text(a->timezone, b->timezone);
    case VGI_TYPE_MAP:
        return a->keys_sorted == b->keys_sorted;
    case VGI_TYPE_DICTIONARY:
        return a->index_type == b->index_type && a->dictionary_ordered == b->dictionary_ordered && a->dictionary &&
               b->dictionary && vg_type_equal(a->dictionary, b->dictionary);
    default:
        return !has_unit(a->type) || a->unit == b->unit;
    }
}

/* The children of a map (key and value) are positional as those of a list are: their names do not count either. */
static bool children_equal(const vgi_field *a, const vgi_field *b, bool names)
{
    const vg_layout layout = vg_type_info_of(a->type)->layout;
    const bool is_union = layout == VG_LAYOUT_SPARSE_UNION || layout == VG_LAYOUT_DENSE_UNION;

    if (a->n_children != b->n_children)
        return false;
    for (int32_t i = 0; i < a->n_children; i++) {
        const vgi_field *x = a->children[i], *y = b->children[i];

        if (is_union && type_code(a, i) != type_code(b, i))
            return false;
        if (names && !same_text(x->name, y->name))
            return false;
        if (a->type == VGI_TYPE_MAP && x->type == VGI_TYPE_STRUCT && y->type == VGI_TYPE_STRUCT) {
            if (!children_equal(x, y, false))
                return false;
        } else if (!vg_type_equal(x, y)) {
            return false;
        }
    }
    return true;
}

bool vg_type_equal(const vgi_field *a, const vgi_field *b)
{
    if (a == b)
        return true;
    if (a->type != b->type || !same_parameters(a, b))
        return false;
    return children_equal(
        a, b, a->type == VGI_TYPE_STRUCT || a->type == VGI_TYPE_SPARSE_UNION || a->type == VGI_TYPE_DENSE_UNION);
}

bool vg_field_equal(const vgi_field *a, const vgi_field *b)
{
    return a->nullable == b->nullable && same_text(a->name, b->name) && vg_type_equal(a, b);
}

/* ---- copies ----------------------------------------------------------------------------------------------------- */

/* False where memory ran out: an absent copy of a text that is there. */
static bool copy_text(vg_arena *arena, vgi_string text, vgi_string *ret)
{
    *ret = vg_arena_string(arena, text);
    return ret->data || !text.data;
}

static bool copy_metadata(vg_arena *arena, vgi_metadata metadata, vgi_metadata *ret)
{
    vgi_key_value *items;

    *ret = (vgi_metadata){0};
    if (metadata.count == 0)
        return true;
    items = VG_NEW_ARRAY(arena, vgi_key_value, metadata.count);
    if (!items)
        return false;
    for (size_t i = 0; i < metadata.count; i++)
        if (!copy_text(arena, metadata.items[i].key, &items[i].key) ||
            !copy_text(arena, metadata.items[i].value, &items[i].value))
            return false;
    *ret = (vgi_metadata){items, metadata.count};
    return true;
}

static const vgi_field *const *copy_fields(vg_arena *arena, const vgi_field *const *fields, int32_t count)
{
    const vgi_field **copies = VG_NEW_ARRAY(arena, const vgi_field *, count);

    for (int32_t i = 0; copies && i < count; i++)
        if (!(copies[i] = vg_field_copy(arena, fields[i])))
            return NULL;
    return copies;
}

const vgi_field *vg_field_copy(vg_arena *arena, const vgi_field *field)
{
    vgi_field *copy = VG_NEW(arena, vgi_field);

    if (!copy)
        return NULL;
    *copy = *field;
    if (!copy_text(arena, field->name, &copy->name) || !copy_text(arena, field->timezone, &copy->timezone) ||
        !copy_metadata(arena, field->metadata, &copy->metadata))
        return NULL;
    if (field->n_children > 0 && !(copy->children = copy_fields(arena, field->children, field->n_children)))
        return NULL;
    if (field->type_codes && field->n_children > 0) {
        int8_t *codes = VG_NEW_ARRAY(arena, int8_t, field->n_children);

        if (!codes)
            return NULL;
        memcpy(codes, field->type_codes, (size_t)field->n_children);
        copy->type_codes = codes;
    }
    if (field->dictionary && !(copy->dictionary = vg_field_copy(arena, field->dictionary)))
        return NULL;
    return copy;
}

const vgi_arrow_schema *vg_schema_copy(vg_arena *arena, const vgi_arrow_schema *schema)
{
    vgi_arrow_schema *copy = VG_NEW(arena, vgi_arrow_schema);

    if (!copy || !copy_metadata(arena, schema->metadata, &copy->metadata))
        return NULL;
    copy->n_fields = schema->n_fields;
    copy->fields = copy_fields(arena, schema->fields, schema->n_fields);
    return copy->fields ? copy : NULL;
}
