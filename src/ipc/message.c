/* The tables of an Arrow message as the verifier sees them, and the envelope. See message.h. */
#include "ipc/message.h"

#include "base/load.h"
#include "ipc/flatbuf.h"

#define COUNT(array) (uint8_t)(sizeof(array) / sizeof *(array))
#define SCALAR(bytes) {.kind = VG_FB_SCALAR, .size = (bytes)}
#define STRING {.kind = VG_FB_STRING}
#define VECTOR(bytes) {.kind = VG_FB_VECTOR, .size = (bytes)}
#define TABLE(t) {.kind = VG_FB_TABLE, .type = (t)}
#define TABLES(t) {.kind = VG_FB_TABLES, .type = (t)}
#define UNION(list) {.kind = VG_FB_UNION, .members = (list), .n_members = COUNT(list)}
#define TYPE(variable, text, list) static const vg_fb_type variable = {(text), COUNT(list), (list)}

/* Slots in the order of ipc/format.h. */
static const vg_fb_slot KEY_VALUE_SLOTS[] = {STRING, STRING};
TYPE(KEY_VALUE, "KeyValue", KEY_VALUE_SLOTS);

static const vg_fb_type EMPTY = {"Type", 0, NULL};
static const vg_fb_slot INT_SLOTS[] = {SCALAR(4), SCALAR(1)};
TYPE(INT, "Int", INT_SLOTS);
static const vg_fb_slot UNIT_SLOTS[] = {SCALAR(2)};
TYPE(FLOATING_POINT, "FloatingPoint", UNIT_SLOTS);
TYPE(DATE, "Date", UNIT_SLOTS);
TYPE(INTERVAL, "Interval", UNIT_SLOTS);
TYPE(DURATION, "Duration", UNIT_SLOTS);
static const vg_fb_slot DECIMAL_SLOTS[] = {SCALAR(4), SCALAR(4), SCALAR(4)};
TYPE(DECIMAL, "Decimal", DECIMAL_SLOTS);
static const vg_fb_slot TIME_SLOTS[] = {SCALAR(2), SCALAR(4)};
TYPE(TIME, "Time", TIME_SLOTS);
static const vg_fb_slot TIMESTAMP_SLOTS[] = {SCALAR(2), STRING};
TYPE(TIMESTAMP, "Timestamp", TIMESTAMP_SLOTS);
static const vg_fb_slot UNION_SLOTS[] = {SCALAR(2), VECTOR(4)};
TYPE(UNION_TYPE, "Union", UNION_SLOTS);
static const vg_fb_slot SIZE_SLOTS[] = {SCALAR(4)};
TYPE(FIXED_SIZE_BINARY, "FixedSizeBinary", SIZE_SLOTS);
TYPE(FIXED_SIZE_LIST, "FixedSizeList", SIZE_SLOTS);
static const vg_fb_slot MAP_SLOTS[] = {SCALAR(1)};
TYPE(MAP, "Map", MAP_SLOTS);

static const vg_fb_type *const WIRE_TYPES[VG_WIRE_TYPE_COUNT] = {
    [VG_WIRE_NULL] = &EMPTY,
    [VG_WIRE_INT] = &INT,
    [VG_WIRE_FLOATING_POINT] = &FLOATING_POINT,
    [VG_WIRE_BINARY] = &EMPTY,
    [VG_WIRE_UTF8] = &EMPTY,
    [VG_WIRE_BOOL] = &EMPTY,
    [VG_WIRE_DECIMAL] = &DECIMAL,
    [VG_WIRE_DATE] = &DATE,
    [VG_WIRE_TIME] = &TIME,
    [VG_WIRE_TIMESTAMP] = &TIMESTAMP,
    [VG_WIRE_INTERVAL] = &INTERVAL,
    [VG_WIRE_LIST] = &EMPTY,
    [VG_WIRE_STRUCT] = &EMPTY,
    [VG_WIRE_UNION] = &UNION_TYPE,
    [VG_WIRE_FIXED_SIZE_BINARY] = &FIXED_SIZE_BINARY,
    [VG_WIRE_FIXED_SIZE_LIST] = &FIXED_SIZE_LIST,
    [VG_WIRE_MAP] = &MAP,
    [VG_WIRE_DURATION] = &DURATION,
    [VG_WIRE_LARGE_BINARY] = &EMPTY,
    [VG_WIRE_LARGE_UTF8] = &EMPTY,
    [VG_WIRE_LARGE_LIST] = &EMPTY,
    [VG_WIRE_RUN_END_ENCODED] = &EMPTY,
    [VG_WIRE_BINARY_VIEW] = &EMPTY,
    [VG_WIRE_UTF8_VIEW] = &EMPTY,
    [VG_WIRE_LIST_VIEW] = &EMPTY,
    [VG_WIRE_LARGE_LIST_VIEW] = &EMPTY,
};

static const vg_fb_slot DICTIONARY_ENCODING_SLOTS[] = {SCALAR(8), TABLE(&INT), SCALAR(1), SCALAR(2)};
TYPE(DICTIONARY_ENCODING, "DictionaryEncoding", DICTIONARY_ENCODING_SLOTS);

static const vg_fb_type FIELD; /* refers to itself */
static const vg_fb_slot FIELD_SLOTS[] = {
    STRING, SCALAR(1), SCALAR(1), UNION(WIRE_TYPES), TABLE(&DICTIONARY_ENCODING), TABLES(&FIELD), TABLES(&KEY_VALUE),
};
TYPE(FIELD, "Field", FIELD_SLOTS);

static const vg_fb_slot SCHEMA_SLOTS[] = {SCALAR(2), TABLES(&FIELD), TABLES(&KEY_VALUE), VECTOR(8)};
TYPE(SCHEMA, "Schema", SCHEMA_SLOTS);

static const vg_fb_slot COMPRESSION_SLOTS[] = {SCALAR(1), SCALAR(1)};
TYPE(COMPRESSION, "BodyCompression", COMPRESSION_SLOTS);
static const vg_fb_slot RECORD_BATCH_SLOTS[] = {
    SCALAR(8), VECTOR(VG_FIELD_NODE_SIZE), VECTOR(VG_BUFFER_SIZE), TABLE(&COMPRESSION), VECTOR(8),
};
TYPE(RECORD_BATCH, "RecordBatch", RECORD_BATCH_SLOTS);
static const vg_fb_slot DICTIONARY_BATCH_SLOTS[] = {SCALAR(8), TABLE(&RECORD_BATCH), SCALAR(1)};
TYPE(DICTIONARY_BATCH, "DictionaryBatch", DICTIONARY_BATCH_SLOTS);

static const vg_fb_type *const HEADERS[] = {
    [VG_MESSAGE_NONE] = NULL,
    [VG_MESSAGE_SCHEMA] = &SCHEMA,
    [VG_MESSAGE_DICTIONARY_BATCH] = &DICTIONARY_BATCH,
    [VG_MESSAGE_RECORD_BATCH] = &RECORD_BATCH,
};
static const vg_fb_slot MESSAGE_SLOTS[] = {SCALAR(2), SCALAR(1), UNION(HEADERS), SCALAR(8), TABLES(&KEY_VALUE)};
TYPE(MESSAGE, "Message", MESSAGE_SLOTS);

vgi_status vg_prefix_read(const uint8_t *data, size_t available, const vg_limits *limits, size_t *ret_need,
                          vg_prefix *ret, vgi_error *err)
{
    uint32_t size;

    *ret_need = 4;
    if (available < 4)
        return VGI_OK;
    size = vg_load_u32(data);
    if (size == VG_CONTINUATION) {
        *ret_need = 8;
        if (available < 8)
            return VGI_OK;
        size = vg_load_u32(data + 4);
    }
    if (size > INT32_MAX)
        return vgi_error_set(err, VGI_ERR_PROTOCOL,
                             "not an Arrow IPC stream: a message starts with a negative metadata length");
    if ((int64_t)size > limits->max_metadata_bytes)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a message has %u bytes of metadata; the limit is %lld", size,
                             (long long)limits->max_metadata_bytes);
    *ret = (vg_prefix){.size = (uint32_t)*ret_need, .metadata = size};
    return VGI_OK;
}

vgi_status vg_message_parse(vgi_bytes metadata, vg_message *ret, vgi_error *err)
{
    const uint8_t *table;

    VGI_TRY(vg_fb_verify(metadata, &MESSAGE, &table, err));
    *ret = (vg_message){
        .kind = (vg_message_kind)vg_fb_u8(table, VG_SLOT_MESSAGE_HEADER_TYPE, VG_MESSAGE_NONE),
        .version = vg_fb_i16(table, VG_SLOT_MESSAGE_VERSION, 0),
        .body_size = vg_fb_i64(table, VG_SLOT_MESSAGE_BODY_LENGTH, 0),
        .table = table,
        .header = vg_fb_table(table, VG_SLOT_MESSAGE_HEADER),
    };
    if (ret->body_size < 0)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a message has a negative body length");
    return VGI_OK;
}

vgi_status vg_message_check(const vg_message *message, vgi_error *err)
{
    if (message->version != VG_METADATA_V4 && message->version != VG_METADATA_V5)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Arrow metadata version %d is not understood; V4 and V5 are",
                             message->version + 1);
    if (!message->header)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow message has no header");
    return VGI_OK;
}

const char *vg_message_kind_name(vg_message_kind kind)
{
    static const char *const NAMES[] = {"message without a header", "schema", "dictionary batch", "record batch"};

    return (size_t)kind < sizeof NAMES / sizeof *NAMES ? NAMES[kind] : "message of an unknown kind";
}

vgi_status vg_key_values_read(vg_arena *arena, const uint8_t *table, int slot, vgi_metadata *ret, vgi_error *err)
{
    uint32_t count;
    const uint8_t *vector = vg_fb_vector(table, slot, &count);
    vgi_key_value *items;

    *ret = (vgi_metadata){0};
    if (count == 0)
        return VGI_OK;
    items = VG_NEW_ARRAY(arena, vgi_key_value, count);
    if (!items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the metadata of an Arrow message");
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *pair = vg_fb_table_at(vector, i);
        items[i].key = vg_fb_string(pair, VG_SLOT_KEY_VALUE_KEY);
        items[i].value = vg_fb_string(pair, VG_SLOT_KEY_VALUE_VALUE);
        if (!items[i].key.data || !items[i].value.data)
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "custom metadata without a key or without a value");
    }
    *ret = (vgi_metadata){items, count};
    return VGI_OK;
}
