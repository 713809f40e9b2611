/* Schemas and batches that lie complete in memory: binary cells of requests and records (vgi.md §1). See reader.h. */
#include "ipc/batch_read.h"
#include "ipc/message.h"
#include "ipc/reader.h"
#include "ipc/schema_read.h"

/* Takes the next message off the front of `bytes`. VGI_END: the end of the stream, or of the bytes. */
static vgi_status take_message(vgi_bytes *bytes, const vg_limits *limits, vg_message *ret, vgi_bytes *ret_metadata,
                               vgi_bytes *ret_body, vgi_error *err)
{
    size_t wanted, head;
    vg_prefix prefix;

    if (bytes->size == 0)
        return VGI_END;
    VGI_TRY(vg_prefix_read(bytes->data, bytes->size, limits, &wanted, &prefix, err));
    if (bytes->size >= wanted && prefix.metadata == 0)
        return VGI_END;
    if (bytes->size < wanted || bytes->size - prefix.size < prefix.metadata)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow message in memory ends early");
    head = (size_t)prefix.size + prefix.metadata;
    *ret_metadata = (vgi_bytes){bytes->data + prefix.size, prefix.metadata};
    VGI_TRY(vg_message_parse(*ret_metadata, ret, err));
    if (ret->body_size > limits->max_body_bytes)
        return vgi_error_set(err, VGI_ERR_LIMIT, "a message has a body of %lld bytes; the limit is %lld",
                             (long long)ret->body_size, (long long)limits->max_body_bytes);
    if ((uint64_t)ret->body_size > bytes->size - head)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the body of an Arrow message in memory ends early");
    *ret_body = (vgi_bytes){bytes->data + head, (size_t)ret->body_size};
    bytes->data += head + (size_t)ret->body_size;
    bytes->size -= head + (size_t)ret->body_size;
    return VGI_OK;
}

static vgi_status take_first_message(vgi_bytes *bytes, const vg_limits *limits, vg_message *ret,
                                     vgi_bytes *ret_metadata, vgi_error *err)
{
    vgi_bytes body;
    vgi_status status = take_message(bytes, limits, ret, ret_metadata, &body, err);

    if (status == VGI_END)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow schema message is expected and nothing is there");
    return status;
}

vgi_status vg_schema_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vgi_arrow_schema **ret,
                            vgi_error *err)
{
    vg_dictionaries dictionaries = {.arena = arena};
    vg_message message;
    vgi_bytes metadata;
    vgi_string copy;

    VGI_TRY(take_first_message(&bytes, limits, &message, &metadata, err));
    copy = vg_arena_string(arena, (vgi_string){(const char *)metadata.data, metadata.size});
    if (!copy.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for an Arrow schema");
    VGI_TRY(vg_message_parse((vgi_bytes){(const uint8_t *)copy.data, copy.size}, &message, err));
    return vg_schema_read(arena, &message, limits, &dictionaries, ret, err);
}

/* Reads dictionaries, the one batch, and what must follow it: the end. */
static vgi_status take_batch(const vg_batch_reader *reader, vg_arena *arena, vgi_bytes *bytes, vgi_batch *ret,
                             vgi_error *err)
{
    bool found = false;

    for (;;) {
        vg_message message;
        vgi_bytes metadata, body;
        vgi_status status = take_message(bytes, reader->limits, &message, &metadata, &body, err);
        if (status == VGI_END)
            break;
        VGI_TRY(status);
        if (found)
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow stream has more than the one batch that is expected");
        if (message.kind == VG_MESSAGE_DICTIONARY_BATCH) {
            VGI_TRY(vg_dictionary_read(reader, arena, &message, body, err));
            continue;
        }
        VGI_TRY(vg_batch_read(reader, arena, &message, body, ret, err));
        found = true;
    }
    return found ? VGI_OK : vgi_error_set(err, VGI_ERR_PROTOCOL, "an Arrow stream has no batch where one is expected");
}

vgi_status vg_batch_decode(vg_arena *arena, vgi_bytes bytes, const vg_limits *limits, const vgi_batch **ret,
                           vgi_error *err)
{
    vg_dictionaries dictionaries = {.arena = arena};
    vg_codecs codecs = {0};
    vg_batch_reader reader = {NULL, limits, &dictionaries, &codecs};
    vgi_batch *batch = VG_NEW(arena, vgi_batch);
    vg_message message;
    vgi_bytes metadata;
    vgi_status status;

    if (!batch)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a batch");
    VGI_TRY(take_first_message(&bytes, limits, &message, &metadata, err));
    VGI_TRY(vg_schema_read(arena, &message, limits, &dictionaries, &reader.schema, err));
    status = take_batch(&reader, arena, &bytes, batch, err);
    vg_codecs_done(&codecs);
    *ret = status == VGI_OK ? batch : NULL;
    return status;
}
