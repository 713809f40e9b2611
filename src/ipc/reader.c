/* Messages from an input, one stream after another. See reader.h; rpc.md §1.1. */
#include "ipc/reader.h"

#include "base/alloc.h"
#include "ipc/batch_read.h"
#include "ipc/message.h"
#include "ipc/schema_read.h"

typedef enum reader_state {
    BETWEEN, /* no stream is open: the next byte is the first of a schema message */
    INSIDE,  /* behind the schema, before the end of the stream */
    FAILED,  /* inside, but what was read cannot be used: only draining is left */
    BROKEN,  /* the framing is lost */
} reader_state;

struct vg_reader {
    vg_input *input;
    const vg_limits *limits;
    reader_state state;
    int64_t unread_body; /* bytes of a refused message that are still ahead */
    vg_arena schema_arena;
    vg_arena batch_arena;
    vg_dictionaries dictionaries;
    vg_codecs codecs;
    const vgi_arrow_schema *schema;
    vgi_batch batch;
};

vgi_status vg_reader_new(vg_input *input, const vg_limits *limits, vg_reader **ret, vgi_error *err)
{
    vg_reader *reader = vg_malloc(sizeof *reader);

    if (!reader)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a reader");
    *reader = (vg_reader){.input = input, .limits = limits};
    *ret = reader;
    return VGI_OK;
}

void vg_reader_free(vg_reader *reader)
{
    if (!reader)
        return;
    vg_arena_done(&reader->schema_arena);
    vg_arena_done(&reader->batch_arena);
    vg_dictionaries_done(&reader->dictionaries);
    vg_codecs_done(&reader->codecs);
    vg_free(reader);
}

/* ---- framing ---------------------------------------------------------------------------------------------------- */

static vgi_status lose(vg_reader *reader, vgi_status status)
{
    reader->state = BROKEN;
    return status;
}

/* Makes `need` bytes available in the middle of something. */
static vgi_status need(vg_reader *reader, size_t size, vgi_error *err)
{
    vgi_status status = vg_input_need(reader->input, size, err);

    if (status == VGI_END)
        status = vgi_error_set(err, VGI_ERR_IO, "the input ends in the middle of an Arrow IPC stream");
    return status == VGI_OK ? VGI_OK : lose(reader, status);
}

static vgi_status skip_body(vg_reader *reader, vgi_error *err)
{
    vg_input *input = reader->input;

    while (reader->unread_body > 0) {
        size_t n;
        VGI_TRY(need(reader, 1, err));
        n = (int64_t)input->size < reader->unread_body ? input->size : (size_t)reader->unread_body;
        vg_input_skip(input, n);
        reader->unread_body -= (int64_t)n;
    }
    return VGI_OK;
}

/* Reads the next message up to the end of its metadata, which stays in front of the input. VGI_END: it was the end of
 * the stream, consumed. */
static vgi_status next_metadata(vg_reader *reader, vg_prefix *prefix, vg_message *message, vgi_error *err)
{
    vg_input *input = reader->input;
    vgi_status status;
    size_t wanted = 4;

    VGI_TRY(skip_body(reader, err));
    do {
        VGI_TRY(need(reader, wanted, err));
        status = vg_prefix_read(input->data, input->size, reader->limits, &wanted, prefix, err);
        if (status != VGI_OK)
            return lose(reader, status);
    } while (input->size < wanted);
    if (prefix->metadata == 0) {
        vg_input_skip(input, prefix->size);
        reader->state = BETWEEN;
        return VGI_END;
    }
    VGI_TRY(need(reader, (size_t)prefix->size + prefix->metadata, err));
    status = vg_message_parse((vgi_bytes){input->data + prefix->size, prefix->metadata}, message, err);
    return status == VGI_OK ? VGI_OK : lose(reader, status);
}

/* Reads the next message whole; it is consumed, its bytes stay where they are until the input is filled again. */
static vgi_status next_message(vg_reader *reader, vg_message *message, vgi_bytes *metadata, vgi_bytes *body,
                               vgi_error *err)
{
    vg_input *input = reader->input;
    size_t table, header, total;
    const uint8_t *base;
    vg_prefix prefix;

    VGI_TRY(next_metadata(reader, &prefix, message, err));
    total = (size_t)prefix.size + prefix.metadata;
    if (message->body_size > reader->limits->max_body_bytes) {
        vg_input_skip(input, total);
        reader->unread_body = message->body_size;
        return vgi_error_set(err, VGI_ERR_LIMIT, "a message has a body of %lld bytes; the limit is %lld",
                             (long long)message->body_size, (long long)reader->limits->max_body_bytes);
    }
    table = (size_t)(message->table - input->data);
    header = message->header ? (size_t)(message->header - input->data) : 0;
    VGI_TRY(need(reader, total + (size_t)message->body_size, err));
    base = input->data; /* the bytes may have moved */
    message->table = base + table;
    message->header = header ? base + header : NULL;
    *metadata = (vgi_bytes){base + prefix.size, prefix.metadata};
    *body = (vgi_bytes){base + total, (size_t)message->body_size};
    vg_input_skip(input, total + (size_t)message->body_size);
    return VGI_OK;
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

/* The schema outlives its message: the metadata is copied first, and read from the copy. */
static vgi_status read_schema(vg_reader *reader, vgi_bytes metadata, vgi_error *err)
{
    vgi_string copy;
    vg_message message;

    copy = vg_arena_string(&reader->schema_arena, (vgi_string){(const char *)metadata.data, metadata.size});
    if (!copy.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for an Arrow schema");
    VGI_TRY(vg_message_parse((vgi_bytes){(const uint8_t *)copy.data, copy.size}, &message, err));
    return vg_schema_read(&reader->schema_arena, &message, reader->limits, &reader->dictionaries, &reader->schema, err);
}

vgi_status vg_reader_open(vg_reader *reader, const vgi_arrow_schema **ret, vgi_error *err)
{
    vgi_bytes metadata, body;
    vg_message message;
    vgi_status status;

    if (reader->state != BETWEEN)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the stream before was not read to its end");
    vg_arena_recycle(&reader->schema_arena, VG_ARENA_KEPT);
    vg_arena_recycle(&reader->batch_arena, VG_ARENA_KEPT);
    vg_dictionaries_begin(&reader->dictionaries);
    reader->schema = NULL;
    status = vg_input_need(reader->input, 1, err);
    if (status != VGI_OK)
        return status == VGI_END ? VGI_END : lose(reader, status);
    reader->state = FAILED;
    status = next_message(reader, &message, &metadata, &body, err);
    if (status == VGI_END)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow stream ends before its schema");
    VGI_TRY(status);
    VGI_TRY(read_schema(reader, metadata, err));
    reader->state = INSIDE;
    *ret = reader->schema;
    return VGI_OK;
}

vgi_status vg_reader_next(vg_reader *reader, const vgi_batch **ret, vgi_error *err)
{
    vg_batch_reader parts = {reader->schema, reader->limits, &reader->dictionaries, &reader->codecs};
    vgi_bytes metadata, body;
    vg_message message;
    vgi_status status;

    if (reader->state == BETWEEN)
        return VGI_END;
    if (reader->state != INSIDE)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "the stream has failed and can only be drained");
    vg_arena_recycle(&reader->batch_arena, VG_ARENA_KEPT);
    while ((status = next_message(reader, &message, &metadata, &body, err)) == VGI_OK &&
           message.kind == VG_MESSAGE_DICTIONARY_BATCH) {
        status = vg_dictionary_read(&parts, NULL, &message, body, err);
        if (status != VGI_OK)
            break;
    }
    if (status == VGI_END)
        return vg_dictionaries_end(&reader->dictionaries, err) == VGI_OK ? VGI_END : VGI_ERR_PROTOCOL;
    if (status == VGI_OK)
        status = vg_batch_read(&parts, &reader->batch_arena, &message, body, &reader->batch, err);
    if (status != VGI_OK) {
        if (reader->state == INSIDE)
            reader->state = FAILED;
        return status;
    }
    *ret = &reader->batch;
    return VGI_OK;
}

vgi_status vg_reader_drain(vg_reader *reader, vgi_error *err)
{
    if (reader->state == BROKEN)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the framing of the Arrow stream is lost");
    while (reader->state != BETWEEN) {
        vg_prefix prefix;
        vg_message message;
        vgi_status status = next_metadata(reader, &prefix, &message, err);
        if (status == VGI_END)
            break;
        VGI_TRY(status);
        vg_input_skip(reader->input, (size_t)prefix.size + prefix.metadata);
        reader->unread_body = message.body_size;
    }
    return VGI_OK;
}

bool vg_reader_broken(const vg_reader *reader)
{
    return reader->state == BROKEN;
}

/* ---- what is here already --------------------------------------------------------------------------------------- */

/* The size of the message at the front of `bytes`, 0 where it is not complete or not understood; *ret_prefix and
 * *ret_message say what it is. */
static size_t whole_message(const vg_reader *reader, vgi_bytes bytes, vg_prefix *ret_prefix, vg_message *ret_message)
{
    size_t wanted, head;

    if (vg_prefix_read(bytes.data, bytes.size, reader->limits, &wanted, ret_prefix, NULL) != VGI_OK ||
        bytes.size < wanted)
        return 0;
    head = (size_t)ret_prefix->size + ret_prefix->metadata;
    if (ret_prefix->metadata == 0 || bytes.size < head)
        return ret_prefix->metadata == 0 ? head : 0;
    if (vg_message_parse((vgi_bytes){bytes.data + ret_prefix->size, ret_prefix->metadata}, ret_message, NULL) !=
            VGI_OK ||
        (uint64_t)ret_message->body_size > bytes.size - head)
        return 0;
    return head + (size_t)ret_message->body_size;
}

bool vg_reader_at_eos(const vg_reader *reader)
{
    vgi_bytes bytes = {reader->input->data, reader->input->size};
    vg_prefix prefix;
    vg_message message;

    return (reader->state == INSIDE || reader->state == FAILED) && reader->unread_body == 0 &&
           whole_message(reader, bytes, &prefix, &message) > 0 && prefix.metadata == 0;
}

bool vg_reader_ready(const vg_reader *reader)
{
    vgi_bytes bytes = {reader->input->data, reader->input->size};

    if (reader->state != INSIDE)
        return true;
    for (;;) {
        vg_prefix prefix;
        vg_message message;
        size_t size = whole_message(reader, bytes, &prefix, &message);
        if (size == 0)
            return false;
        if (prefix.metadata == 0 || message.kind != VG_MESSAGE_DICTIONARY_BATCH)
            return true;
        bytes.data += size;
        bytes.size -= size;
    }
}
