/* The messages in a run of bytes (rpc.md §1.1), found by their prefixes and decoded one by one by ipc/reader, with
 * nothing but what has come: for tap.c. A message that cannot be decoded, or is larger than the limit, is told by its
 * envelope, and the next one is looked at; only bytes that are no envelope end the telling. */
#include "client/tap.h"

#include <inttypes.h>
#include <string.h>

#include "ipc/flatbuf.h"
#include "ipc/message.h"

enum { KEPT_BYTES = 1 << 20 };

void vg_tap_side_init(vg_tap_side *side, const vg_limits *limits, int64_t max_bytes, vg_tap_take *take, void *user)
{
    *side = (vg_tap_side){.limits = limits, .max_bytes = max_bytes, .take = take, .user = user};
}

void vg_tap_side_done(vg_tap_side *side)
{
    vg_reader_free(side->reader);
    vg_buf_done(&side->bytes);
    vg_arena_done(&side->arena);
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static void lose(vg_tap_side *side, const char *why)
{
    vg_tap_unit unit = {.kind = VG_TAP_FRAMES_LOST, .why = why};

    side->is_lost = true;
    side->take(side->user, &unit);
    vg_buf_done(&side->bytes);
    side->bytes = (vg_buf){0};
}

/* The bytes up to `end` have been told of. */
static void consume(vg_tap_side *side, size_t end)
{
    side->start = side->at = end;
    side->wanted = 0;
}

/* A batch of which only the envelope is known. */
static void tell_envelope(vg_tap_side *side, const vg_message *message, int64_t size, const char *why)
{
    vg_tap_unit unit = {.kind = VG_TAP_BATCH, .index = side->index, .size_bytes = size, .schema = side->schema};

    unit.why = why;
    unit.rows = message->header ? vg_fb_i64(message->header, VG_SLOT_RECORD_BATCH_LENGTH, 0) : 0;
    if (unit.rows < 0)
        unit.rows = 0; /* nobody has checked it */
    vg_arena_reset(&side->arena);
    if (vg_key_values_read(&side->arena, message->table, VG_SLOT_MESSAGE_CUSTOM_METADATA, &unit.metadata, NULL) !=
        VGI_OK)
        unit.metadata = (vgi_metadata){0};
    side->take(side->user, &unit);
}

/* What follows in this stream is told by its envelopes; the first cause stays. So does the reader, until the next
 * stream begins: the schema, which is still told, is its own. */
static void give_up_stream(vg_tap_side *side, const vgi_error *why)
{
    if (!side->is_readable)
        return;
    side->is_readable = false;
    side->why = *why;
}

/* ---- whole messages --------------------------------------------------------------------------------------------- */

static void begin_stream(vg_tap_side *side, size_t size)
{
    vgi_error err = {0};
    vgi_status status = VGI_OK;

    if (!side->is_readable) { /* it stands where the last stream was given up */
        vg_reader_free(side->reader);
        side->reader = NULL;
    }
    side->is_inside = true;
    side->is_readable = true;
    side->schema = NULL;
    side->index = 0;
    side->input = vg_input_memory(side->bytes.data + side->at, size);
    if (!side->reader)
        status = vg_reader_new(&side->input, side->limits, &side->reader, &err);
    if (status == VGI_OK)
        status = vg_reader_open(side->reader, &side->schema, &err);
    if (status != VGI_OK) {
        side->schema = NULL;
        give_up_stream(side, &err);
    }
    consume(side, side->at + size);
}

static void end_stream(vg_tap_side *side, size_t size)
{
    vg_tap_unit unit = {.kind = VG_TAP_STREAM_END, .index = side->index, .schema = side->schema};
    const vgi_batch *none;
    vgi_error err = {0};

    if (!side->is_inside) {
        unit.index = 0;
        unit.schema = NULL;
    } else if (side->is_readable) {
        side->input = vg_input_memory(side->bytes.data + side->at, size);
        if (vg_reader_next(side->reader, &none, &err) != VGI_END)
            give_up_stream(side, &err);
    }
    side->is_inside = false;
    side->take(side->user, &unit);
    consume(side, side->at + size);
}

static void read_batch(vg_tap_side *side, const vg_message *message, size_t size)
{
    size_t end = side->at + size;
    vg_tap_unit unit = {.kind = VG_TAP_BATCH, .size_bytes = (int64_t)(end - side->start), .schema = side->schema};
    vgi_error err = {0};

    unit.index = ++side->index;
    if (side->is_readable) {
        side->input = vg_input_memory(side->bytes.data + side->start, end - side->start);
        if (vg_reader_next(side->reader, &unit.batch, &err) != VGI_OK)
            give_up_stream(side, &err);
    }
    if (side->is_readable) {
        unit.rows = unit.batch->rows;
        unit.metadata = unit.batch->metadata;
        side->take(side->user, &unit);
    } else {
        tell_envelope(side, message, unit.size_bytes, side->why.message);
    }
    consume(side, end);
}

static void take_message(vg_tap_side *side, const vg_message *message, size_t size)
{
    static const vgi_error UNKNOWN = {.status = VGI_ERR_PROTOCOL, .message = "a message of an unknown kind"};

    switch (message->kind) {
    case VG_MESSAGE_SCHEMA:
        begin_stream(side, size);
        break;
    case VG_MESSAGE_RECORD_BATCH:
        read_batch(side, message, size);
        break;
    case VG_MESSAGE_DICTIONARY_BATCH:
        side->at += size;
        side->wanted = 0;
        if (!side->is_readable)
            consume(side, side->at);
        break;
    default:
        give_up_stream(side, &UNKNOWN);
        consume(side, side->at + size);
    }
}

/* ---- finding them ----------------------------------------------------------------------------------------------- */

/* A message that is too large: told now, its bytes are let through. */
static void skip_message(vg_tap_side *side, const vg_message *message, int64_t size)
{
    static const vgi_error UNREAD = {.status = VGI_ERR_LIMIT,
                                     .message = "a dictionary of this stream came with a message that is too large"};
    vgi_error why = {0};

    if (side->at > side->start) /* with it goes a dictionary that the reader has not seen */
        give_up_stream(side, &UNREAD);
    (void)vgi_error_set(&why, VGI_ERR_LIMIT, "%" PRId64 " bytes: more than %" PRId64 " are not decoded", size,
                        side->max_bytes);
    if (message->kind == VG_MESSAGE_RECORD_BATCH) {
        side->index++;
        tell_envelope(side, message, size, why.message);
    } else {
        give_up_stream(side, &why);
    }
    side->unread = size;
    consume(side, side->at);
}

/* True if something was done, and there may be more to do. */
static bool step(vg_tap_side *side)
{
    const uint8_t *data = side->bytes.data + side->at;
    size_t available = side->bytes.size - side->at, need = 4;
    vg_message message;
    vg_prefix prefix;
    vgi_error err = {0};
    int64_t size;

    if (side->unread > 0) {
        size_t n = (int64_t)available < side->unread ? available : (size_t)side->unread;

        side->unread -= (int64_t)n;
        consume(side, side->at + n);
        return n > 0;
    }
    if (available < 4 || available < side->wanted)
        return false;
    if (vg_prefix_read(data, available, side->limits, &need, &prefix, &err) != VGI_OK)
        return lose(side, err.message), false;
    if (available < need)
        return false;
    if (prefix.metadata == 0)
        return end_stream(side, prefix.size), true;
    if (available < (size_t)prefix.size + prefix.metadata)
        return false;
    if (vg_message_parse((vgi_bytes){data + prefix.size, prefix.metadata}, &message, &err) != VGI_OK)
        return lose(side, err.message), false;
    if (side->is_inside == (message.kind == VG_MESSAGE_SCHEMA))
        return lose(side, side->is_inside ? "a schema inside a stream" : "a stream does not begin with a schema"),
               false;
    if (__builtin_add_overflow((int64_t)prefix.size + prefix.metadata, message.body_size, &size))
        return lose(side, "a message of more bytes than there can be"), false;
    if (size > side->max_bytes - (int64_t)(side->at - side->start))
        return skip_message(side, &message, size), true;
    side->wanted = (size_t)size;
    if (available < side->wanted)
        return false;
    return take_message(side, &message, side->wanted), true;
}

/* What was told of makes room: the bytes behind it are fewer than a message, and move to the start. */
static void compact(vg_tap_side *side)
{
    if (side->start == 0)
        return;
    side->bytes.size -= side->start;
    if (side->bytes.size > 0)
        memmove(side->bytes.data, side->bytes.data + side->start, side->bytes.size);
    side->at -= side->start;
    side->start = 0;
    if (side->bytes.size == 0 && side->bytes.capacity > KEPT_BYTES) {
        vg_buf_done(&side->bytes);
        side->bytes = (vg_buf){0};
    }
}

void vg_tap_side_feed(vg_tap_side *side, const void *bytes, size_t size)
{
    const uint8_t *data = bytes;

    if (side->is_lost)
        return;
    if (side->unread > 0 && side->bytes.size == 0) {
        size_t n = (int64_t)size < side->unread ? size : (size_t)side->unread;

        side->unread -= (int64_t)n;
        data += n;
        size -= n;
    }
    if (size == 0)
        return;
    if (!vg_buf_append(&side->bytes, data, size)) {
        lose(side, "no memory for what was sent");
        return;
    }
    while (!side->is_lost && step(side))
        continue;
    if (!side->is_lost)
        compact(side);
}

void vg_tap_side_finish(vg_tap_side *side)
{
    if (!side->is_lost && (side->is_inside || side->unread > 0 || side->bytes.size > 0))
        lose(side, "it ends in the middle of a stream");
    side->is_lost = true;
}
