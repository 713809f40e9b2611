/* Fields, types and dictionary declarations of a schema message. See schema_read.h. */
#include "ipc/schema_read.h"

#include <string.h>

#include "base/load.h"
#include "base/str.h"
#include "ipc/flatbuf.h"
#include "ipc/format.h"

typedef struct schema_reader {
    vg_arena *arena;
    const vg_limits *limits;
    vg_dictionaries *dictionaries;
    int32_t n_fields;
    vgi_error *err;
} schema_reader;

static vgi_status no_memory(const schema_reader *r)
{
    return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory for an Arrow schema");
}

static vgi_status bad(const schema_reader *r, const vgi_field *field, const char *what)
{
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "field '%.*s': %s", VG_FMT(field->name), what);
}

static vgi_status unsupported(const schema_reader *r, const vgi_field *field, const char *type)
{
    return vgi_error_set(r->err, VGI_ERR_NOT_IMPLEMENTED, "field '%.*s': the Arrow type %s is not supported",
                         VG_FMT(field->name), type);
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

typedef vgi_status read_type(const schema_reader *r, const uint8_t *table, vgi_field *field);

static vgi_status int_type(const schema_reader *r, const vgi_field *field, const uint8_t *table, vgi_type_id *ret)
{
    bool is_signed = vg_fb_u8(table, VG_SLOT_INT_IS_SIGNED, 0) != 0;

    switch (vg_fb_i32(table, VG_SLOT_INT_BIT_WIDTH, 0)) {
    case 8:
        *ret = is_signed ? VGI_TYPE_INT8 : VGI_TYPE_UINT8;
        return VGI_OK;
    case 16:
        *ret = is_signed ? VGI_TYPE_INT16 : VGI_TYPE_UINT16;
        return VGI_OK;
    case 32:
        *ret = is_signed ? VGI_TYPE_INT32 : VGI_TYPE_UINT32;
        return VGI_OK;
    case 64:
        *ret = is_signed ? VGI_TYPE_INT64 : VGI_TYPE_UINT64;
        return VGI_OK;
    default:
        return bad(r, field, "an integer is 8, 16, 32 or 64 bits wide");
    }
}

static vgi_status read_int(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    return int_type(r, field, table, &field->type);
}

static vgi_status read_float(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    switch (vg_fb_i16(table, VG_SLOT_FLOAT_PRECISION, VG_FLOAT_HALF)) {
    case VG_FLOAT_HALF:
        field->type = VGI_TYPE_FLOAT16;
        return VGI_OK;
    case VG_FLOAT_SINGLE:
        field->type = VGI_TYPE_FLOAT32;
        return VGI_OK;
    case VG_FLOAT_DOUBLE:
        field->type = VGI_TYPE_FLOAT64;
        return VGI_OK;
    default:
        return bad(r, field, "unknown floating-point precision");
    }
}

static vgi_status read_decimal(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    int32_t max_precision;

    field->precision = vg_fb_i32(table, VG_SLOT_DECIMAL_PRECISION, 0);
    field->scale = vg_fb_i32(table, VG_SLOT_DECIMAL_SCALE, 0);
    switch (vg_fb_i32(table, VG_SLOT_DECIMAL_BIT_WIDTH, 128)) {
    case 32:
        return unsupported(r, field, "decimal32");
    case 64:
        return unsupported(r, field, "decimal64");
    case 128:
        field->type = VGI_TYPE_DECIMAL128;
        max_precision = 38;
        break;
    case 256:
        field->type = VGI_TYPE_DECIMAL256;
        max_precision = 76;
        break;
    default:
        return bad(r, field, "a decimal is 128 or 256 bits wide");
    }
    if (field->precision < 1 || field->precision > max_precision)
        return bad(r, field, "the precision of the decimal is out of range (1 to 38, or to 76 in 256 bits)");
    return VGI_OK;
}

/* The time unit in `slot`. */
static vgi_status read_unit(const schema_reader *r, const uint8_t *table, int slot, int16_t absent, vgi_field *field)
{
    int16_t unit = vg_fb_i16(table, slot, absent);

    if (unit < VGI_SECOND || unit > VGI_NANOSECOND)
        return bad(r, field, "unknown time unit");
    field->unit = (vgi_time_unit)unit;
    return VGI_OK;
}

static vgi_status read_date(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    int16_t unit = vg_fb_i16(table, VG_SLOT_UNIT, VG_DATE_MILLISECOND);

    if (unit != VG_DATE_DAY && unit != VG_DATE_MILLISECOND)
        return bad(r, field, "unknown date unit");
    field->type = unit == VG_DATE_DAY ? VGI_TYPE_DATE32 : VGI_TYPE_DATE64;
    return VGI_OK;
}

static vgi_status read_time(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    int32_t width = vg_fb_i32(table, VG_SLOT_UNIT_BIT_WIDTH, 32);

    VGI_TRY(read_unit(r, table, VG_SLOT_UNIT, VGI_MILLISECOND, field));
    if (width != (field->unit <= VGI_MILLISECOND ? 32 : 64))
        return bad(r, field, "a time in s or ms is 32 bits wide, in us or ns 64");
    field->type = width == 32 ? VGI_TYPE_TIME32 : VGI_TYPE_TIME64;
    return VGI_OK;
}

static vgi_status read_timestamp(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    field->type = VGI_TYPE_TIMESTAMP;
    field->timezone = vg_fb_string(table, VG_SLOT_TIMESTAMP_TIMEZONE);
    if (field->timezone.size == 0)
        field->timezone.data = NULL; /* Arrow: an empty zone is none */
    else if (!vg_utf8_valid(field->timezone.data, field->timezone.size))
        return bad(r, field, "the time zone is not UTF-8");
    return read_unit(r, table, VG_SLOT_TIMESTAMP_UNIT, VGI_SECOND, field);
}

static vgi_status read_duration(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    field->type = VGI_TYPE_DURATION;
    return read_unit(r, table, VG_SLOT_UNIT, VGI_MILLISECOND, field);
}

static vgi_status read_interval(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    switch (vg_fb_i16(table, VG_SLOT_UNIT, VG_INTERVAL_YEAR_MONTH)) {
    case VG_INTERVAL_YEAR_MONTH:
        field->type = VGI_TYPE_INTERVAL_MONTHS;
        return VGI_OK;
    case VG_INTERVAL_DAY_TIME:
        field->type = VGI_TYPE_INTERVAL_DAY_TIME;
        return VGI_OK;
    case VG_INTERVAL_MONTH_DAY_NANO:
        field->type = VGI_TYPE_INTERVAL_MONTH_DAY_NANO;
        return VGI_OK;
    default:
        return bad(r, field, "unknown interval unit");
    }
}

static vgi_status read_fixed_size(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    field->fixed_size = vg_fb_i32(table, VG_SLOT_FIXED_SIZE, 0);
    if (field->fixed_size < 0)
        return bad(r, field, "the fixed size is negative");
    if (field->fixed_size > INT32_MAX / 8) /* widths are counted in bits */
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "field '%.*s': a fixed size of %d is over the limit of %d",
                             VG_FMT(field->name), field->fixed_size, INT32_MAX / 8);
    return VGI_OK;
}

static vgi_status read_map(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    const vgi_field *entries = field->children[0];

    field->keys_sorted = vg_fb_u8(table, VG_SLOT_MAP_KEYS_SORTED, 0) != 0;
    if (entries->type != VGI_TYPE_STRUCT || entries->n_children != 2 || entries->nullable)
        return bad(r, field, "the entries of a map are a non-nullable struct of a key and a value");
    if (entries->children[0]->nullable)
        return bad(r, field, "the key of a map must not be nullable");
    return VGI_OK;
}

static vgi_status read_union(const schema_reader *r, const uint8_t *table, vgi_field *field)
{
    int16_t mode = vg_fb_i16(table, VG_SLOT_UNION_MODE, VG_UNION_SPARSE);
    uint32_t count;
    const uint8_t *ids = vg_fb_vector(table, VG_SLOT_UNION_TYPE_IDS, &count);
    bool taken[128] = {false};
    int8_t *codes;

    if (mode != VG_UNION_SPARSE && mode != VG_UNION_DENSE)
        return bad(r, field, "unknown union mode");
    field->type = mode == VG_UNION_SPARSE ? VGI_TYPE_SPARSE_UNION : VGI_TYPE_DENSE_UNION;
    if (!ids)
        return field->n_children <= 128 ? VGI_OK : bad(r, field, "a union has at most 128 members");
    if (count != (uint32_t)field->n_children)
        return bad(r, field, "a union has one type code for each member");
    codes = VG_NEW_ARRAY(r->arena, int8_t, count);
    if (!codes)
        return no_memory(r);
    for (uint32_t i = 0; i < count; i++) {
        int32_t id = vg_load_i32(ids + 4 * (size_t)i);
        if (id < 0 || id > 127 || taken[id])
            return bad(r, field, "the type codes of a union are different numbers from 0 to 127");
        taken[id] = true;
        codes[i] = (int8_t)id;
    }
    field->type_codes = codes;
    return VGI_OK;
}

/* One row a member of the union Type: what it is, and what is read of its table. `children` -1: any number. */
typedef struct wire_type {
    const char *unsupported;
    read_type *read;
    vgi_type_id type;
    int32_t children;
} wire_type;
static const wire_type WIRE_TYPES[VG_WIRE_TYPE_COUNT] = {
    [VG_WIRE_NULL] = {.type = VGI_TYPE_NULL},
    [VG_WIRE_INT] = {.read = read_int},
    [VG_WIRE_FLOATING_POINT] = {.read = read_float},
    [VG_WIRE_BINARY] = {.type = VGI_TYPE_BINARY},
    [VG_WIRE_UTF8] = {.type = VGI_TYPE_UTF8},
    [VG_WIRE_BOOL] = {.type = VGI_TYPE_BOOL},
    [VG_WIRE_DECIMAL] = {.read = read_decimal},
    [VG_WIRE_DATE] = {.read = read_date},
    [VG_WIRE_TIME] = {.read = read_time},
    [VG_WIRE_TIMESTAMP] = {.read = read_timestamp},
    [VG_WIRE_INTERVAL] = {.read = read_interval},
    [VG_WIRE_LIST] = {.type = VGI_TYPE_LIST, .children = 1},
    [VG_WIRE_STRUCT] = {.type = VGI_TYPE_STRUCT, .children = -1},
    [VG_WIRE_UNION] = {.read = read_union, .children = -1},
    [VG_WIRE_FIXED_SIZE_BINARY] = {.type = VGI_TYPE_FIXED_SIZE_BINARY, .read = read_fixed_size},
    [VG_WIRE_FIXED_SIZE_LIST] = {.type = VGI_TYPE_FIXED_SIZE_LIST, .read = read_fixed_size, .children = 1},
    [VG_WIRE_MAP] = {.type = VGI_TYPE_MAP, .read = read_map, .children = 1},
    [VG_WIRE_DURATION] = {.read = read_duration},
    [VG_WIRE_LARGE_BINARY] = {.type = VGI_TYPE_LARGE_BINARY},
    [VG_WIRE_LARGE_UTF8] = {.type = VGI_TYPE_LARGE_UTF8},
    [VG_WIRE_LARGE_LIST] = {.type = VGI_TYPE_LARGE_LIST, .children = 1},
    [VG_WIRE_RUN_END_ENCODED] = {.unsupported = "run_end_encoded"},
    [VG_WIRE_BINARY_VIEW] = {.unsupported = "binary_view"},
    [VG_WIRE_UTF8_VIEW] = {.unsupported = "utf8_view"},
    [VG_WIRE_LIST_VIEW] = {.unsupported = "list_view"},
    [VG_WIRE_LARGE_LIST_VIEW] = {.unsupported = "large_list_view"},
};

/* ---- fields ----------------------------------------------------------------------------------------------------- */

static vgi_status read_fields(schema_reader *r, const uint8_t *table, int slot, int depth, int32_t *ret_count,
                              const vgi_field *const **ret);

static vgi_status count_field(schema_reader *r)
{
    if (r->n_fields >= r->limits->max_fields)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "the schema has more than %d fields, which is the limit",
                             r->limits->max_fields);
    r->n_fields++;
    return VGI_OK;
}

/* The type in a Field table, with its children, into `field`, whose name is set. */
static vgi_status read_field_type(schema_reader *r, const uint8_t *table, int depth, vgi_field *field)
{
    uint8_t member = vg_fb_u8(table, VG_SLOT_FIELD_TYPE_TYPE, VG_WIRE_NONE);
    const uint8_t *type = vg_fb_table(table, VG_SLOT_FIELD_TYPE);
    const wire_type *wire;

    if (member == VG_WIRE_NONE || member >= VG_WIRE_TYPE_COUNT || !type)
        return bad(r, field, "the field has no type, or one that is not known");
    wire = &WIRE_TYPES[member];
    if (wire->unsupported)
        return unsupported(r, field, wire->unsupported);
    field->type = wire->type;
    VGI_TRY(read_fields(r, table, VG_SLOT_FIELD_CHILDREN, depth + 1, &field->n_children, &field->children));
    if (wire->children >= 0 && field->n_children != wire->children)
        return bad(r, field, wire->children ? "the type has exactly one child" : "the type has no children");
    return wire->read ? wire->read(r, type, field) : VGI_OK;
}

/* Turns `field`, read as the value type, into a dictionary of it. */
static vgi_status read_dictionary(schema_reader *r, const uint8_t *encoding, vg_read_field *ret)
{
    const uint8_t *index = vg_fb_table(encoding, VG_SLOT_DICTIONARY_ENCODING_INDEX_TYPE);
    vg_read_field *values = VG_NEW(r->arena, vg_read_field);
    vgi_field *field = &ret->field;

    if (!values)
        return no_memory(r);
    VGI_TRY(count_field(r));
    *values = *ret;
    values->field.nullable = true;
    values->field.metadata = (vgi_metadata){0};
    *field = (vgi_field){
        .name = field->name,
        .type = VGI_TYPE_DICTIONARY,
        .nullable = field->nullable,
        .dictionary_ordered = vg_fb_u8(encoding, VG_SLOT_DICTIONARY_ENCODING_ORDERED, 0) != 0,
        .index_type = VGI_TYPE_INT32,
        .dictionary = &values->field,
        .metadata = field->metadata,
    };
    if (index)
        VGI_TRY(int_type(r, field, index, &field->index_type));
    return vg_dictionaries_declare(r->dictionaries, vg_fb_i64(encoding, VG_SLOT_DICTIONARY_ENCODING_ID, 0),
                                   &values->field, r->limits, &ret->dictionary, r->err);
}

/* The storage that the canonical extension types demand
 * (https://arrow.apache.org/docs/format/CanonicalExtensions.html). Who meets one of these names need not look again. */
static const struct storage {
    const char *extension;
    vgi_type_id type, or_type;
    int32_t fixed_size;
} STORAGE[] = {
    {"arrow.uuid", VGI_TYPE_FIXED_SIZE_BINARY, VGI_TYPE_FIXED_SIZE_BINARY, 16},
    {"arrow.bool8", VGI_TYPE_INT8, VGI_TYPE_INT8, 0},
    {"arrow.json", VGI_TYPE_UTF8, VGI_TYPE_LARGE_UTF8, 0},
};

static vgi_status check_extension(const schema_reader *r, const vgi_field *field)
{
    vgi_string name = vgi_metadata_get(field->metadata, "ARROW:extension:name");

    for (size_t i = 0; name.data && i < sizeof STORAGE / sizeof *STORAGE; i++)
        if (vg_string_is(name, STORAGE[i].extension) &&
            ((field->type != STORAGE[i].type && field->type != STORAGE[i].or_type) ||
             (STORAGE[i].fixed_size != 0 && field->fixed_size != STORAGE[i].fixed_size)))
            return bad(r, field, "the storage type is not the one of its extension type");
    return VGI_OK;
}

static vgi_status read_field(schema_reader *r, const uint8_t *table, int depth, vg_read_field *ret)
{
    const uint8_t *encoding = vg_fb_table(table, VG_SLOT_FIELD_DICTIONARY);
    vgi_field *field = &ret->field;

    VGI_TRY(count_field(r));
    field->name = vg_fb_string(table, VG_SLOT_FIELD_NAME);
    if (!field->name.data)
        field->name = (vgi_string){"", 0};
    if (!vg_utf8_valid(field->name.data, field->name.size)) {
        field->name = (vgi_string){"?", 1};
        return bad(r, field, "the name of a field is not UTF-8");
    }
    if (depth > r->limits->max_depth)
        return vgi_error_set(r->err, VGI_ERR_LIMIT,
                             "field '%.*s': fields are nested deeper than %d, which is the limit", VG_FMT(field->name),
                             r->limits->max_depth);
    field->nullable = vg_fb_u8(table, VG_SLOT_FIELD_NULLABLE, 0) != 0;
    VGI_TRY(vg_key_values_read(r->arena, table, VG_SLOT_FIELD_CUSTOM_METADATA, &field->metadata, r->err));
    VGI_TRY(read_field_type(r, table, depth, field));
    VGI_TRY(check_extension(r, field));
    return encoding ? read_dictionary(r, encoding, ret) : VGI_OK;
}

static vgi_status read_fields(schema_reader *r, const uint8_t *table, int slot, int depth, int32_t *ret_count,
                              const vgi_field *const **ret)
{
    uint32_t count;
    const uint8_t *vector = vg_fb_vector(table, slot, &count);
    const vgi_field **fields;

    if (!vector)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a list of fields is missing (it may be empty)");
    if (count > (uint32_t)(r->limits->max_fields - r->n_fields))
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "the schema has more than %d fields, which is the limit",
                             r->limits->max_fields);
    fields = VG_NEW_ARRAY(r->arena, const vgi_field *, count);
    if (!fields)
        return no_memory(r);
    for (uint32_t i = 0; i < count; i++) {
        vg_read_field *field = VG_NEW(r->arena, vg_read_field);
        if (!field)
            return no_memory(r);
        fields[i] = &field->field;
        VGI_TRY(read_field(r, vg_fb_table_at(vector, i), depth, field));
    }
    *ret_count = (int32_t)count;
    *ret = fields;
    return VGI_OK;
}

vgi_status vg_schema_read(vg_arena *arena, const vg_message *message, const vg_limits *limits,
                          vg_dictionaries *dictionaries, const vgi_arrow_schema **ret, vgi_error *err)
{
    schema_reader r = {.arena = arena, .limits = limits, .dictionaries = dictionaries, .err = err};
    vgi_arrow_schema *schema;

    VGI_TRY(vg_message_check(message, err));
    if (message->kind != VG_MESSAGE_SCHEMA)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow stream starts with its schema, not with a %s",
                             vg_message_kind_name(message->kind));
    if (vg_fb_i16(message->header, VG_SLOT_SCHEMA_ENDIANNESS, VG_ENDIAN_LITTLE) != VG_ENDIAN_LITTLE)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED,
                             "the Arrow stream is big-endian; only little-endian is read");
    schema = VG_NEW(arena, vgi_arrow_schema);
    if (!schema)
        return no_memory(&r);
    VGI_TRY(vg_key_values_read(arena, message->header, VG_SLOT_SCHEMA_CUSTOM_METADATA, &schema->metadata, err));
    VGI_TRY(read_fields(&r, message->header, VG_SLOT_SCHEMA_FIELDS, 1, &schema->n_fields, &schema->fields));
    *ret = schema;
    return VGI_OK;
}
