/* Nodes and buffers of a record batch become arrays, each checked as it is made. See batch_read.h. */
#include "ipc/batch_read.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/load.h"
#include "base/str.h"
#include "ipc/concat.h"
#include "ipc/flatbuf.h"
#include "ipc/schema_read.h"

enum { BUFFER_ALIGNMENT = 8 };

/* What an empty buffer points at: an empty list has one offset, 0. */
static const _Alignas(16) uint8_t NOTHING[16];

typedef struct body_reader {
    const vg_batch_reader *reader;
    vg_arena *arena;
    vgi_bytes body;
    int16_t version;
    bool in_dictionary; /* indices are checked later, by vg_dictionaries_settle */
    int codec;          /* -1: not compressed */
    const uint8_t *nodes;
    const uint8_t *buffers;
    uint32_t n_nodes, next_node;
    uint32_t n_buffers, next_buffer;
    int64_t decompressed;
    vgi_error *err;
} body_reader;

static vgi_status bad(const body_reader *r, const vgi_field *field, const char *what)
{
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "field '%.*s': %s", VG_FMT(field->name), what);
}

/* A copy at an aligned address. */
static vgi_status copy_buffer(const body_reader *r, vgi_bytes *bytes)
{
    uint8_t *copy = vg_arena_alloc(r->arena, bytes->size);

    if (!copy)
        return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory to align a buffer of %zu bytes", bytes->size);
    memcpy(copy, bytes->data, bytes->size);
    bytes->data = copy;
    return VGI_OK;
}

/* A compressed buffer starts with its size before compression; -1: it was left as it is. */
static vgi_status expand_buffer(body_reader *r, const vgi_field *field, vgi_bytes *bytes)
{
    int64_t size;
    uint8_t *target;

    if (bytes->size < sizeof size)
        return bad(r, field, "a compressed buffer is too short to state its size");
    size = vg_load_i64(bytes->data);
    bytes->data += sizeof size;
    bytes->size -= sizeof size;
    if (size == -1)
        return VGI_OK;
    if (size < 0)
        return bad(r, field, "a compressed buffer states a negative size");
    if (size > r->reader->limits->max_decompressed_bytes - r->decompressed)
        return vgi_error_set(r->err, VGI_ERR_LIMIT,
                             "a message decompresses to more than %lld bytes, which is the limit",
                             (long long)r->reader->limits->max_decompressed_bytes);
    if (!vg_codec_plausible(r->codec, bytes->size, (size_t)size))
        return bad(r, field, "a compressed buffer states a size that it cannot have");
    r->decompressed += size;
    target = vg_arena_alloc(r->arena, size ? (size_t)size : 1);
    if (!target)
        return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory to decompress %lld bytes", (long long)size);
    VGI_TRY(vg_decompress(r->reader->codecs, r->codec, *bytes, target, (size_t)size, r->err));
    *bytes = (vgi_bytes){target, (size_t)size};
    return VGI_OK;
}

/* Takes the next buffer of the batch. Not `wanted`: it only has to lie inside the body. */
static vgi_status take_buffer(body_reader *r, const vgi_field *field, bool wanted, const void **ret, int64_t *ret_size)
{
    const uint8_t *entry = r->buffers + VG_BUFFER_SIZE * (size_t)r->next_buffer;
    int64_t offset, size;
    vgi_bytes bytes;

    *ret = NOTHING;
    *ret_size = 0;
    if (r->next_buffer == r->n_buffers)
        return bad(r, field, "the batch has fewer buffers than its fields need");
    r->next_buffer++;
    offset = vg_load_i64(entry);
    size = vg_load_i64(entry + 8);
    if (size == 0)
        return VGI_OK;
    if (offset < 0 || size < 0 || offset > (int64_t)r->body.size || size > (int64_t)r->body.size - offset)
        return bad(r, field, "a buffer lies outside the body of its message");
    if (offset % BUFFER_ALIGNMENT != 0)
        return bad(r, field, "a buffer does not start at a multiple of 8 in its message");
    if (!wanted)
        return VGI_OK;
    bytes = (vgi_bytes){r->body.data + offset, (size_t)size};
    if (r->codec >= 0)
        VGI_TRY(expand_buffer(r, field, &bytes));
    if ((uintptr_t)bytes.data % BUFFER_ALIGNMENT != 0)
        VGI_TRY(copy_buffer(r, &bytes));
    if (bytes.size > 0)
        *ret = bytes.data;
    *ret_size = (int64_t)bytes.size;
    return VGI_OK;
}

/* Takes the next node: length and null count, both checked against each other. */
static vgi_status take_node(body_reader *r, const vgi_field *field, vgi_array *ret)
{
    const uint8_t *entry = r->nodes + VG_FIELD_NODE_SIZE * (size_t)r->next_node;

    if (r->next_node == r->n_nodes)
        return bad(r, field, "the batch has fewer nodes than its schema has fields");
    r->next_node++;
    ret->field = field;
    ret->length = vg_load_i64(entry);
    ret->null_count = vg_load_i64(entry + 8);
    if (ret->length < 0 || ret->null_count < 0 || ret->null_count > ret->length)
        return bad(r, field, "the length or the null count of an array is impossible");
    return VGI_OK;
}

static vgi_status read_array(body_reader *r, const vgi_field *field, vgi_array *ret);

static vgi_status read_children(body_reader *r, vgi_array *ret)
{
    const vgi_field *field = ret->field;
    vgi_array *children = VG_NEW_ARRAY(r->arena, vgi_array, field->n_children);

    if (!children)
        return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory for the children of an array");
    for (int32_t i = 0; i < field->n_children; i++)
        VGI_TRY(read_array(r, field->children[i], &children[i]));
    ret->children = children;
    ret->n_children = field->n_children;
    return VGI_OK;
}

/* What an array of each layout has beside its node, in the order of the wire. */
static const struct layout_parts {
    bool validity; /* unions and null arrays have none (unions had one in V4) */
    uint8_t n_buffers;
} PARTS[] = {
    [VG_LAYOUT_NULL] = {false, 0},         [VG_LAYOUT_FIXED] = {true, 1},        [VG_LAYOUT_VARIABLE] = {true, 2},
    [VG_LAYOUT_LIST] = {true, 1},          [VG_LAYOUT_FIXED_LIST] = {true, 0},   [VG_LAYOUT_STRUCT] = {true, 0},
    [VG_LAYOUT_SPARSE_UNION] = {false, 1}, [VG_LAYOUT_DENSE_UNION] = {false, 2}, [VG_LAYOUT_DICTIONARY] = {true, 1},
};

static vgi_status read_buffers(body_reader *r, vg_layout layout, vgi_array *array, vg_buffer_sizes *sizes)
{
    const vgi_field *field = array->field;
    bool is_union = layout == VG_LAYOUT_SPARSE_UNION || layout == VG_LAYOUT_DENSE_UNION;
    const void *validity;

    if (is_union && array->null_count != 0)
        return bad(r, field, "a union has no NULLs of its own");
    if (PARTS[layout].validity || (is_union && r->version == VG_METADATA_V4)) {
        bool wanted = PARTS[layout].validity && array->null_count != 0;
        VGI_TRY(take_buffer(r, field, wanted, &validity, &sizes->validity));
        array->validity = wanted ? validity : NULL;
    }
    for (int i = 0; i < PARTS[layout].n_buffers; i++)
        VGI_TRY(take_buffer(r, field, true, &array->buffers[i], &sizes->buffers[i]));
    return VGI_OK;
}

static vgi_status read_array(body_reader *r, const vgi_field *field, vgi_array *ret)
{
    static const vgi_array ANY_VALUES = {.length = INT64_MAX};
    vg_layout layout = vg_type_info_of(field->type)->layout;
    vg_buffer_sizes sizes = {0};

    VGI_TRY(take_node(r, field, ret));
    if (layout == VG_LAYOUT_NULL && ret->null_count != ret->length)
        return bad(r, field, "an array of the null type counts every value as NULL");
    VGI_TRY(read_buffers(r, layout, ret, &sizes));
    VGI_TRY(read_children(r, ret));
    if (layout == VG_LAYOUT_DICTIONARY) {
        const vgi_array *values = &r->reader->dictionaries->items[((const vg_read_field *)field)->dictionary]->value;
        ret->dictionary = r->in_dictionary ? &ANY_VALUES : values;
        VGI_TRY(vg_array_validate(ret, &sizes, r->err));
        ret->dictionary = values;
        return VGI_OK;
    }
    return vg_array_validate(ret, &sizes, r->err);
}

/* Reads all arrays of one RecordBatch table. */
static vgi_status read_arrays(body_reader *r, const uint8_t *table, const vgi_field *const *fields, int32_t n_fields,
                              vgi_array **ret, int64_t *ret_rows)
{
    const uint8_t *compression = vg_fb_table(table, VG_SLOT_RECORD_BATCH_COMPRESSION);
    vgi_array *columns;

    *ret_rows = vg_fb_i64(table, VG_SLOT_RECORD_BATCH_LENGTH, 0);
    if (*ret_rows < 0)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a batch has a negative number of rows");
    if (*ret_rows > r->reader->limits->max_rows)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "a batch has %lld rows; the limit is %lld", (long long)*ret_rows,
                             (long long)r->reader->limits->max_rows);
    r->codec = compression ? vg_fb_u8(compression, VG_SLOT_COMPRESSION_CODEC, VG_CODEC_LZ4_FRAME) : -1;
    if (compression && (!vg_codec_known(r->codec) || vg_fb_u8(compression, VG_SLOT_COMPRESSION_METHOD, 0) != 0))
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a batch is compressed in a way that is not known");
    r->nodes = vg_fb_vector(table, VG_SLOT_RECORD_BATCH_NODES, &r->n_nodes);
    r->buffers = vg_fb_vector(table, VG_SLOT_RECORD_BATCH_BUFFERS, &r->n_buffers);
    if (!r->nodes || !r->buffers)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a batch has no list of nodes or no list of buffers");
    columns = VG_NEW_ARRAY(r->arena, vgi_array, n_fields);
    if (!columns)
        return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory for the columns of a batch");
    for (int32_t i = 0; i < n_fields; i++) {
        VGI_TRY(read_array(r, fields[i], &columns[i]));
        if (columns[i].length != *ret_rows)
            return bad(r, fields[i], "the column does not have as many rows as its batch");
    }
    if (r->next_node != r->n_nodes || r->next_buffer != r->n_buffers)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "a batch has more nodes or buffers than its schema has fields");
    *ret = columns;
    return VGI_OK;
}

vgi_status vg_batch_read(const vg_batch_reader *reader, vg_arena *arena, const vg_message *message, vgi_bytes body,
                         vgi_batch *ret, vgi_error *err)
{
    body_reader r = {.reader = reader, .arena = arena, .body = body, .version = message->version, .err = err};
    vgi_array *columns;

    *ret = (vgi_batch){.schema = reader->schema, .n_columns = reader->schema->n_fields};
    VGI_TRY(vg_message_check(message, err));
    if (message->kind != VG_MESSAGE_RECORD_BATCH)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow stream holds batches behind its schema, not a %s",
                             vg_message_kind_name(message->kind));
    VGI_TRY(vg_dictionaries_settle(reader->dictionaries, err));
    VGI_TRY(read_arrays(&r, message->header, reader->schema->fields, reader->schema->n_fields, &columns, &ret->rows));
    ret->columns = columns;
    return vg_key_values_read(arena, message->table, VG_SLOT_MESSAGE_CUSTOM_METADATA, &ret->metadata, err);
}

/* ---- dictionary batches ----------------------------------------------------------------------------------------- */

/* Times what the dictionaries of a stream may hold: so much its deltas may copy. */
enum { MOST_COPIES = 64 };

/* Fails where the dictionaries would hold more than the limit with `bytes` in place of what `dictionary` holds. */
static vgi_status check_room(const vg_batch_reader *reader, const vg_dictionary *dictionary, int64_t bytes,
                             vgi_error *err)
{
    int64_t others = reader->dictionaries->bytes - dictionary->bytes;

    if (bytes > reader->limits->max_dictionary_bytes - others)
        return vgi_error_set(err, VGI_ERR_LIMIT, "the dictionaries of a stream take more than %lld bytes, the limit",
                             (long long)reader->limits->max_dictionary_bytes);
    return VGI_OK;
}

static void set_bytes(const vg_batch_reader *reader, vg_dictionary *dictionary, int64_t bytes)
{
    reader->dictionaries->bytes += bytes - dictionary->bytes;
    dictionary->bytes = bytes;
}

/* Reads the one array of a dictionary batch. */
static vgi_status read_values(body_reader *r, const uint8_t *data, const vg_dictionary *dictionary, vgi_array *ret)
{
    vgi_array *column;
    int64_t rows;

    VGI_TRY(read_arrays(r, data, &dictionary->field, 1, &column, &rows));
    *ret = *column;
    return VGI_OK;
}

static vgi_status replace_values(body_reader *r, const uint8_t *data, vg_dictionary *dictionary)
{
    vg_arena *own = &dictionary->arenas[dictionary->current];

    VGI_TRY(check_room(r->reader, dictionary, (int64_t)r->body.size, r->err));
    if (!r->arena) {
        dictionary->loaded = false;
        vg_arena_reset(own);
        dictionary->body.size = 0;
        if (!vg_buf_append(&dictionary->body, r->body.data, r->body.size))
            return vgi_error_set(r->err, VGI_ERR_MEMORY, "no memory for a dictionary of %zu bytes", r->body.size);
        r->body = (vgi_bytes){dictionary->body.data, dictionary->body.size};
        r->arena = own;
    }
    VGI_TRY(read_values(r, data, dictionary, &dictionary->value));
    VGI_TRY(check_room(r->reader, dictionary, (int64_t)r->body.size + r->decompressed, r->err));
    set_bytes(r->reader, dictionary, (int64_t)r->body.size + r->decompressed);
    return VGI_OK;
}

/* A delta copies what the dictionary holds, however little it adds. In the arena of a record the copies stay: there
 * they count as held. */
static vgi_status check_copies(const body_reader *r, const vg_dictionary *dictionary)
{
    const int64_t most = r->reader->limits->max_dictionary_bytes, times = r->arena ? 1 : MOST_COPIES;
    int64_t *copied = &r->reader->dictionaries->copied, limit;

    if (__builtin_mul_overflow(most, times, &limit))
        limit = INT64_MAX;
    if (dictionary->bytes > limit - *copied)
        return vgi_error_set(r->err, VGI_ERR_LIMIT,
                             "the dictionaries of a stream are extended so often that more than %lld bytes are copied",
                             (long long)limit);
    *copied += dictionary->bytes;
    return VGI_OK;
}

static vgi_status extend_values(body_reader *r, const uint8_t *data, vg_dictionary *dictionary)
{
    bool owned = !r->arena;
    vgi_array more, whole;

    if (!dictionary->loaded)
        return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "the dictionary %lld is extended before it was sent",
                             (long long)dictionary->id);
    VGI_TRY(check_copies(r, dictionary));
    VGI_TRY(check_room(r->reader, dictionary, dictionary->bytes + (int64_t)r->body.size, r->err));
    if (owned) {
        r->arena = &dictionary->arenas[!dictionary->current];
        vg_arena_reset(r->arena);
    }
    VGI_TRY(read_values(r, data, dictionary, &more));
    VGI_TRY(check_room(r->reader, dictionary, dictionary->bytes + (int64_t)r->body.size + r->decompressed, r->err));
    VGI_TRY(vg_array_concat(r->arena, &dictionary->value, &more,
                            dictionary->bytes + (int64_t)r->body.size + r->decompressed, &whole, r->err));
    dictionary->value = whole;
    set_bytes(r->reader, dictionary, dictionary->bytes + (int64_t)r->body.size + r->decompressed);
    if (owned) {
        dictionary->current = !dictionary->current;
        vg_arena_reset(&dictionary->arenas[!dictionary->current]);
        dictionary->body.size = 0;
    }
    return VGI_OK;
}

vgi_status vg_dictionary_read(const vg_batch_reader *reader, vg_arena *arena, const vg_message *message, vgi_bytes body,
                              vgi_error *err)
{
    body_reader r = {
        .reader = reader,
        .arena = arena,
        .body = body,
        .version = message->version,
        .in_dictionary = true,
        .err = err,
    };
    vg_dictionary *dictionary;
    const uint8_t *data;
    int64_t id;

    VGI_TRY(vg_message_check(message, err));
    id = vg_fb_i64(message->header, VG_SLOT_DICTIONARY_BATCH_ID, 0);
    data = vg_fb_table(message->header, VG_SLOT_DICTIONARY_BATCH_DATA);
    if (!data)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a dictionary batch has no data");
    dictionary = vg_dictionaries_find(reader->dictionaries, id);
    if (!dictionary)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a dictionary with id %lld comes that no field declares",
                             (long long)id);
    reader->dictionaries->messages++;
    reader->dictionaries->changed = true;
    VGI_TRY(vg_fb_u8(message->header, VG_SLOT_DICTIONARY_BATCH_IS_DELTA, 0) ? extend_values(&r, data, dictionary)
                                                                            : replace_values(&r, data, dictionary));
    dictionary->loaded = true;
    return VGI_OK;
}
