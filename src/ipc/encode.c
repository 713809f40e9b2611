/* Messages as FlatBuffers. See encode.h; the slots and numbers are those of format.h. */
#include "ipc/encode.h"

#include "arrow/type.h"
#include "base/str.h"
#include "ipc/format.h"

enum { MAX_DEPTH = 64 }; /* of fields; what readers take at the most (limits.c) */

void vg_encoder_done(vg_encoder *e)
{
    vg_fbb_done(&e->fbb);
    vg_buf_done(&e->refs);
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

/* The member of the wire's union Type, and the number that tells apart the types that share one. */
typedef struct wire_row {
    vg_wire_type wire;
    int32_t number; /* bits, precision or unit; sign */
    bool is_signed;
} wire_row;

static const wire_row WIRE[VGI_TYPE_COUNT] = {
    [VGI_TYPE_NULL] = {VG_WIRE_NULL, 0, false},
    [VGI_TYPE_BOOL] = {VG_WIRE_BOOL, 0, false},
    [VGI_TYPE_INT8] = {VG_WIRE_INT, 8, true},
    [VGI_TYPE_INT16] = {VG_WIRE_INT, 16, true},
    [VGI_TYPE_INT32] = {VG_WIRE_INT, 32, true},
    [VGI_TYPE_INT64] = {VG_WIRE_INT, 64, true},
    [VGI_TYPE_UINT8] = {VG_WIRE_INT, 8, false},
    [VGI_TYPE_UINT16] = {VG_WIRE_INT, 16, false},
    [VGI_TYPE_UINT32] = {VG_WIRE_INT, 32, false},
    [VGI_TYPE_UINT64] = {VG_WIRE_INT, 64, false},
    [VGI_TYPE_FLOAT16] = {VG_WIRE_FLOATING_POINT, VG_FLOAT_HALF, false},
    [VGI_TYPE_FLOAT32] = {VG_WIRE_FLOATING_POINT, VG_FLOAT_SINGLE, false},
    [VGI_TYPE_FLOAT64] = {VG_WIRE_FLOATING_POINT, VG_FLOAT_DOUBLE, false},
    [VGI_TYPE_DECIMAL128] = {VG_WIRE_DECIMAL, 128, false},
    [VGI_TYPE_DECIMAL256] = {VG_WIRE_DECIMAL, 256, false},
    [VGI_TYPE_UTF8] = {VG_WIRE_UTF8, 0, false},
    [VGI_TYPE_LARGE_UTF8] = {VG_WIRE_LARGE_UTF8, 0, false},
    [VGI_TYPE_BINARY] = {VG_WIRE_BINARY, 0, false},
    [VGI_TYPE_LARGE_BINARY] = {VG_WIRE_LARGE_BINARY, 0, false},
    [VGI_TYPE_FIXED_SIZE_BINARY] = {VG_WIRE_FIXED_SIZE_BINARY, 0, false},
    [VGI_TYPE_DATE32] = {VG_WIRE_DATE, VG_DATE_DAY, false},
    [VGI_TYPE_DATE64] = {VG_WIRE_DATE, VG_DATE_MILLISECOND, false},
    [VGI_TYPE_TIME32] = {VG_WIRE_TIME, 32, false},
    [VGI_TYPE_TIME64] = {VG_WIRE_TIME, 64, false},
    [VGI_TYPE_TIMESTAMP] = {VG_WIRE_TIMESTAMP, 0, false},
    [VGI_TYPE_DURATION] = {VG_WIRE_DURATION, 0, false},
    [VGI_TYPE_INTERVAL_MONTHS] = {VG_WIRE_INTERVAL, VG_INTERVAL_YEAR_MONTH, false},
    [VGI_TYPE_INTERVAL_DAY_TIME] = {VG_WIRE_INTERVAL, VG_INTERVAL_DAY_TIME, false},
    [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = {VG_WIRE_INTERVAL, VG_INTERVAL_MONTH_DAY_NANO, false},
    [VGI_TYPE_LIST] = {VG_WIRE_LIST, 0, false},
    [VGI_TYPE_LARGE_LIST] = {VG_WIRE_LARGE_LIST, 0, false},
    [VGI_TYPE_FIXED_SIZE_LIST] = {VG_WIRE_FIXED_SIZE_LIST, 0, false},
    [VGI_TYPE_STRUCT] = {VG_WIRE_STRUCT, 0, false},
    [VGI_TYPE_MAP] = {VG_WIRE_MAP, 0, false},
    [VGI_TYPE_SPARSE_UNION] = {VG_WIRE_UNION, VG_UNION_SPARSE, false},
    [VGI_TYPE_DENSE_UNION] = {VG_WIRE_UNION, VG_UNION_DENSE, false},
};

static vg_fbb_ref int_table(vg_fbb *b, vgi_type_id type)
{
    vg_fbb_table(b);
    vg_fbb_i32(b, VG_SLOT_INT_BIT_WIDTH, WIRE[type].number);
    vg_fbb_u8(b, VG_SLOT_INT_IS_SIGNED, WIRE[type].is_signed);
    return vg_fbb_table_end(b);
}

static vg_fbb_ref union_table(vg_fbb *b, const vgi_field *field)
{
    int32_t codes[INT8_MAX + 1];
    vg_fbb_ref ids;

    for (int32_t i = 0; i < field->n_children; i++)
        codes[i] = field->type_codes ? field->type_codes[i] : i;
    ids = vg_fbb_vector(b, codes, (size_t)field->n_children, sizeof *codes, sizeof *codes);
    vg_fbb_table(b);
    vg_fbb_i16(b, VG_SLOT_UNION_MODE, (int16_t)WIRE[field->type].number);
    vg_fbb_link(b, VG_SLOT_UNION_TYPE_IDS, ids);
    return vg_fbb_table_end(b);
}

static vg_fbb_ref timestamp_table(vg_fbb *b, const vgi_field *field)
{
    /* An empty zone would read as "has a zone". */
    const vg_fbb_ref zone = field->timezone.size ? vg_fbb_string(b, field->timezone) : 0;

    vg_fbb_table(b);
    vg_fbb_i16(b, VG_SLOT_TIMESTAMP_UNIT, (int16_t)field->unit);
    vg_fbb_link(b, VG_SLOT_TIMESTAMP_TIMEZONE, zone);
    return vg_fbb_table_end(b);
}

static void put_parameters(vg_fbb *b, const vgi_field *field)
{
    const wire_row *row = &WIRE[field->type];

    switch (row->wire) {
    case VG_WIRE_FLOATING_POINT:
        vg_fbb_i16(b, VG_SLOT_FLOAT_PRECISION, (int16_t)row->number);
        break;
    case VG_WIRE_DECIMAL:
        vg_fbb_i32(b, VG_SLOT_DECIMAL_PRECISION, field->precision);
        vg_fbb_i32(b, VG_SLOT_DECIMAL_SCALE, field->scale);
        vg_fbb_i32(b, VG_SLOT_DECIMAL_BIT_WIDTH, row->number);
        break;
    case VG_WIRE_DATE:
    case VG_WIRE_INTERVAL:
        vg_fbb_i16(b, VG_SLOT_UNIT, (int16_t)row->number);
        break;
    case VG_WIRE_TIME:
        vg_fbb_i32(b, VG_SLOT_UNIT_BIT_WIDTH, row->number);
        vg_fbb_i16(b, VG_SLOT_UNIT, (int16_t)field->unit);
        break;
    case VG_WIRE_DURATION:
        vg_fbb_i16(b, VG_SLOT_UNIT, (int16_t)field->unit);
        break;
    case VG_WIRE_FIXED_SIZE_BINARY:
    case VG_WIRE_FIXED_SIZE_LIST:
        vg_fbb_i32(b, VG_SLOT_FIXED_SIZE, field->fixed_size);
        break;
    case VG_WIRE_MAP:
        vg_fbb_u8(b, VG_SLOT_MAP_KEYS_SORTED, field->keys_sorted);
        break;
    default: /* no parameters */
        break;
    }
}

static vg_fbb_ref type_table(vg_fbb *b, const vgi_field *field)
{
    switch (WIRE[field->type].wire) {
    case VG_WIRE_INT:
        return int_table(b, field->type);
    case VG_WIRE_UNION:
        return union_table(b, field);
    case VG_WIRE_TIMESTAMP:
        return timestamp_table(b, field);
    default:
        vg_fbb_table(b);
        put_parameters(b, field);
        return vg_fbb_table_end(b);
    }
}

/* ---- fields and schemas ----------------------------------------------------------------------------------------- */

/* References wait on a stack until the vector of them is written, because a field's children come before it. */
static bool push_ref(vg_encoder *e, vg_fbb_ref ref)
{
    return vg_buf_append(&e->refs, &ref, sizeof ref);
}

static vg_fbb_ref pop_refs(vg_encoder *e, size_t count)
{
    e->refs.size -= count * sizeof(vg_fbb_ref);
    if (count == 0)
        return vg_fbb_refs(&e->fbb, NULL, 0); /* there may be no stack yet to point into */
    return vg_fbb_refs(&e->fbb, (const vg_fbb_ref *)(const void *)(e->refs.data + e->refs.size), count);
}

/* 0 where there is no metadata, and where memory ran out (`has_failed` is set then). */
static vg_fbb_ref metadata_vector(vg_encoder *e, vgi_metadata metadata)
{
    vg_fbb *b = &e->fbb;

    if (metadata.count == 0)
        return 0;
    for (size_t i = 0; i < metadata.count; i++) {
        const vg_fbb_ref value = vg_fbb_string(b, metadata.items[i].value);
        const vg_fbb_ref key = vg_fbb_string(b, metadata.items[i].key);

        vg_fbb_table(b);
        vg_fbb_link(b, VG_SLOT_KEY_VALUE_KEY, key);
        vg_fbb_link(b, VG_SLOT_KEY_VALUE_VALUE, value);
        if (!push_ref(e, vg_fbb_table_end(b))) {
            b->has_failed = true;
            return 0;
        }
    }
    return pop_refs(e, metadata.count);
}

static vg_fbb_ref dictionary_table(vg_fbb *b, const vgi_field *field, int64_t id)
{
    const vg_fbb_ref index = int_table(b, field->index_type);

    vg_fbb_table(b);
    vg_fbb_i64(b, VG_SLOT_DICTIONARY_ENCODING_ID, id);
    vg_fbb_link(b, VG_SLOT_DICTIONARY_ENCODING_INDEX_TYPE, index);
    vg_fbb_u8(b, VG_SLOT_DICTIONARY_ENCODING_ORDERED, field->dictionary_ordered);
    return vg_fbb_table_end(b);
}

static vgi_status check_field(const vgi_field *field, int depth, vgi_error *err)
{
    const vgi_field *values = field->type == VGI_TYPE_DICTIONARY ? field->dictionary : field;

    if (depth > MAX_DEPTH)
        return vgi_error_set(err, VGI_ERR_LIMIT, "field '%.*s' is nested deeper than %d", VG_FMT(field->name),
                             MAX_DEPTH);
    if (!values || (unsigned)values->type >= VGI_TYPE_COUNT || WIRE[values->type].wire == VG_WIRE_NONE)
        return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "field '%.*s': Arrow IPC cannot carry a dictionary of %s",
                             VG_FMT(field->name), values ? vgi_type_name(values->type) : "nothing");
    if (WIRE[values->type].wire == VG_WIRE_UNION && values->n_children > INT8_MAX + 1)
        return vgi_error_set(err, VGI_ERR_LIMIT, "field '%.*s': a union has at most 128 members, not %d",
                             VG_FMT(field->name), values->n_children);
    return VGI_OK;
}

/* A dictionary-encoded field is written as the field of its values with an encoding beside. */
static vgi_status put_field(vg_encoder *e, const vgi_field *field, int depth, vgi_error *err)
{
    vg_fbb *b = &e->fbb;
    const vgi_field *values = field->type == VGI_TYPE_DICTIONARY ? field->dictionary : field;
    vg_fbb_ref encoding = 0, children, metadata, type, name;
    int64_t id = 0;

    VGI_TRY(check_field(field, depth, err));
    if (field->type == VGI_TYPE_DICTIONARY)
        id = e->dictionary++;
    for (int32_t i = 0; i < values->n_children; i++)
        VGI_TRY(put_field(e, values->children[i], depth + 1, err));
    children = pop_refs(e, (size_t)values->n_children);
    metadata = metadata_vector(e, field->metadata);
    if (field->type == VGI_TYPE_DICTIONARY)
        encoding = dictionary_table(b, field, id);
    type = type_table(b, values);
    name = vg_fbb_string(b, field->name);
    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_FIELD_NAME, name);
    vg_fbb_link(b, VG_SLOT_FIELD_TYPE, type);
    vg_fbb_link(b, VG_SLOT_FIELD_DICTIONARY, encoding);
    vg_fbb_link(b, VG_SLOT_FIELD_CHILDREN, children);
    vg_fbb_link(b, VG_SLOT_FIELD_CUSTOM_METADATA, metadata);
    vg_fbb_u8(b, VG_SLOT_FIELD_NULLABLE, field->nullable);
    vg_fbb_u8(b, VG_SLOT_FIELD_TYPE_TYPE, (uint8_t)WIRE[values->type].wire);
    if (!push_ref(e, vg_fbb_table_end(b)))
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a schema");
    return VGI_OK;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static void begin(vg_encoder *e)
{
    vg_fbb_begin(&e->fbb);
    e->refs.size = 0;
}

static vgi_status finish(vg_encoder *e, vg_message_kind kind, vg_fbb_ref header, int64_t body_size, vg_fbb_ref metadata,
                         vgi_bytes *ret, vgi_error *err)
{
    vg_fbb *b = &e->fbb;

    vg_fbb_table(b);
    vg_fbb_i64(b, VG_SLOT_MESSAGE_BODY_LENGTH, body_size);
    vg_fbb_link(b, VG_SLOT_MESSAGE_HEADER, header);
    vg_fbb_link(b, VG_SLOT_MESSAGE_CUSTOM_METADATA, metadata);
    vg_fbb_i16(b, VG_SLOT_MESSAGE_VERSION, VG_METADATA_V5);
    vg_fbb_u8(b, VG_SLOT_MESSAGE_HEADER_TYPE, (uint8_t)kind);
    *ret = vg_fbb_finish(b, vg_fbb_table_end(b));
    return ret->data ? VGI_OK : vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for the metadata of a message");
}

vgi_status vg_encode_schema(vg_encoder *e, const vgi_arrow_schema *schema, vgi_bytes *ret, vgi_error *err)
{
    vg_fbb *b = &e->fbb;
    vg_fbb_ref fields, metadata;

    begin(e);
    e->dictionary = 0;
    for (int32_t i = 0; i < schema->n_fields; i++)
        VGI_TRY(put_field(e, schema->fields[i], 1, err));
    fields = pop_refs(e, (size_t)schema->n_fields);
    metadata = metadata_vector(e, schema->metadata);
    vg_fbb_table(b);
    vg_fbb_link(b, VG_SLOT_SCHEMA_FIELDS, fields);
    vg_fbb_link(b, VG_SLOT_SCHEMA_CUSTOM_METADATA, metadata);
    vg_fbb_i16(b, VG_SLOT_SCHEMA_ENDIANNESS, VG_ENDIAN_LITTLE);
    return finish(e, VG_MESSAGE_SCHEMA, vg_fbb_table_end(b), 0, 0, ret, err);
}

static vg_fbb_ref batch_table(vg_fbb *b, const vg_batch_head *head)
{
    const vg_fbb_ref buffers = vg_fbb_vector(b, head->buffers, head->n_buffers, sizeof *head->buffers, 8);
    const vg_fbb_ref nodes = vg_fbb_vector(b, head->nodes, head->n_nodes, sizeof *head->nodes, 8);

    vg_fbb_table(b);
    vg_fbb_i64(b, VG_SLOT_RECORD_BATCH_LENGTH, head->rows);
    vg_fbb_link(b, VG_SLOT_RECORD_BATCH_NODES, nodes);
    vg_fbb_link(b, VG_SLOT_RECORD_BATCH_BUFFERS, buffers);
    return vg_fbb_table_end(b);
}

vgi_status vg_encode_batch(vg_encoder *e, const vg_batch_head *head, vgi_metadata metadata, vgi_bytes *ret,
                           vgi_error *err)
{
    vg_fbb_ref custom;

    begin(e);
    custom = metadata_vector(e, metadata);
    return finish(e, VG_MESSAGE_RECORD_BATCH, batch_table(&e->fbb, head), head->body_size, custom, ret, err);
}

vgi_status vg_encode_dictionary(vg_encoder *e, int64_t id, const vg_batch_head *head, vgi_bytes *ret, vgi_error *err)
{
    vg_fbb *b = &e->fbb;
    vg_fbb_ref data;

    begin(e);
    data = batch_table(b, head);
    vg_fbb_table(b);
    vg_fbb_i64(b, VG_SLOT_DICTIONARY_BATCH_ID, id);
    vg_fbb_link(b, VG_SLOT_DICTIONARY_BATCH_DATA, data);
    vg_fbb_u8(b, VG_SLOT_DICTIONARY_BATCH_IS_DELTA, 0);
    return finish(e, VG_MESSAGE_DICTIONARY_BATCH, vg_fbb_table_end(b), head->body_size, 0, ret, err);
}
