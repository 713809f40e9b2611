/* Calls and streams from the client's side: see peer.h. */
#include "rpc/peer.h"

#include <inttypes.h>
#include <string.h>

#include "arrow/type.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/reader.h"
#include "ipc/writer.h"
#include "rpc/keys.h"
#include "rpc/pointer.h"
#include "rpc/said.h"

enum {
    OWN_KEYS = 6,
    MAX_DRAINED = 10000, /* batches that may still come behind a cancel (rpc.md §7.6) */
};

static const vgi_arrow_schema EMPTY = {0};
static const vgi_batch NO_PARAMS = {.schema = &EMPTY};

struct vg_peer {
    vg_connection *connection;
    vg_peer_options options;
    vg_reader *reader;
    vg_writer *writer;
    vg_arena arena;      /* of the call */
    vg_arena turn_arena; /* of what is said in a turn, and of a batch that a pointer led to */
    vg_pointers pointers;
    bool has_asked;   /* whether memory is shared is settled */
    bool is_followed; /* the batch that was read last does not lie in the reader's bytes */
    vg_said said;     /* the exception, in `arena` */
    bool has_said;
    vgi_error broken; /* the local failure that ended the connection */
    bool is_streaming;
    const vgi_arrow_schema *input; /* of the open input stream, in `arena`; NULL: it has not begun */
    bool output_open;
    const vgi_arrow_schema *output;
};

vgi_status vg_peer_new(vg_connection *connection, const vg_peer_options *options, vg_peer **ret, vgi_error *err)
{
    vg_peer *peer = vg_malloc(sizeof *peer);

    *ret = NULL;
    if (!peer)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a client");
    memset(peer, 0, sizeof *peer);
    peer->connection = connection;
    peer->options = *options;
    if (!peer->options.limits)
        peer->options.limits = &VG_DEFAULT_LIMITS;
    vg_pointer_init(&peer->pointers, peer->options.limits, vg_pointer_min_bytes(), "none is shared with the worker");
    peer->has_asked = options->shm_bytes == 0 || !vg_connection_is_local(connection);
    if (vg_reader_new(vg_connection_input(connection), peer->options.limits, &peer->reader, err) != VGI_OK ||
        vg_writer_new(vg_connection_output(connection), &peer->writer, err) != VGI_OK) {
        vg_peer_free(peer);
        return VGI_ERR_MEMORY;
    }
    *ret = peer;
    return VGI_OK;
}

void vg_peer_free(vg_peer *peer)
{
    if (!peer)
        return;
    vg_pointer_done(&peer->pointers);
    vg_reader_free(peer->reader);
    vg_writer_free(peer->writer);
    vg_arena_done(&peer->arena);
    vg_arena_done(&peer->turn_arena);
    vg_free(peer);
}

const vg_said *vg_peer_remote(const vg_peer *peer)
{
    return peer->has_said ? &peer->said : NULL;
}

bool vg_peer_is_usable(const vg_peer *peer)
{
    return peer->broken.status == VGI_OK;
}

bool vg_peer_is_streaming(const vg_peer *peer)
{
    return peer->is_streaming;
}

bool vg_peer_shares(const vg_peer *peer, uint64_t *ret_sent, uint64_t *ret_received)
{
    if (ret_sent)
        *ret_sent = peer->pointers.n_sent;
    if (ret_received)
        *ret_received = peer->pointers.n_followed;
    return peer->pointers.segment != NULL;
}

const vgi_arrow_schema *vg_peer_output(const vg_peer *peer)
{
    return peer->output;
}

vgi_status vg_batch_keep(vg_arena *arena, const vgi_batch *batch, const vg_limits *limits, const vgi_batch **ret,
                         vgi_error *err)
{
    vgi_bytes bytes;

    VGI_TRY(vg_batch_encode(arena, batch, &bytes, err));
    return vg_batch_decode(arena, bytes, limits, ret, err);
}

/* ---- failing ---------------------------------------------------------------------------------------------------- */

/* A local failure: the connection is of no use any more. */
static vgi_status break_off(vg_peer *peer, const vgi_error *cause, vgi_error *err)
{
    vgi_error why = *cause;

    if (why.status == VGI_OK || why.status == VGI_END)
        (void)vgi_error_set(&why, VGI_ERR_RUNTIME, "the connection failed");
    if (peer->broken.status == VGI_OK)
        peer->broken = why;
    peer->is_streaming = false;
    vg_pointer_unshare(&peer->pointers); /* nothing of it stays, even if the peer is never freed */
    if (err && err->status == VGI_OK)
        *err = why;
    return why.status;
}

static vgi_status broke(vg_peer *peer, vgi_status status, const char *what, vgi_error *err)
{
    vgi_error cause = {0};

    (void)vgi_error_set(&cause, status, "%s", what);
    return break_off(peer, &cause, err);
}

static void restart_clock(vg_peer *peer)
{
    int64_t timeout_ms = peer->options.timeout_ms;

    vg_connection_deadline(peer->connection, timeout_ms > 0 ? vg_monotonic_ms() + timeout_ms : -1);
}

/* Whether anything may be sent now. */
static vgi_status check_usable(vg_peer *peer, vgi_error *err)
{
    if (vg_peer_is_usable(peer))
        return VGI_OK;
    if (err && err->status == VGI_OK)
        memcpy(err->exception, peer->broken.exception, sizeof err->exception);
    return vgi_error_set(err, peer->broken.status, "the connection has failed before: %s", peer->broken.message);
}

/* Nothing is under way now, so no region is in use: what a failed call has left of them is free again. */
static void forget_call(vg_peer *peer)
{
    vg_arena_reset(&peer->arena);
    vg_arena_reset(&peer->turn_arena);
    vg_pointer_forget(&peer->pointers);
    vg_pointer_reset(&peer->pointers);
    peer->has_said = false;
    peer->output = NULL;
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

typedef struct own_key {
    const char *key;
    const char *value; /* NULL: not sent */
} own_key;

static bool is_own(const own_key *own, vgi_string key)
{
    for (size_t i = 0; i < OWN_KEYS; i++)
        if (own[i].value && vg_string_is(key, own[i].key))
            return true;
    return false;
}

static vgi_status request_metadata(vg_peer *peer, const vg_peer_request *request, vgi_metadata *ret, vgi_error *err)
{
    const vg_shm *segment = peer->pointers.segment;
    const own_key own[OWN_KEYS] = {
        {VG_KEY_METHOD, request->method},
        {VG_KEY_REQUEST_VERSION, VG_REQUEST_VERSION},
        {VG_KEY_PROTOCOL, request->protocol},
        {VG_KEY_PROTOCOL_VERSION, request->version},
        {VG_KEY_SHM_NAME, segment ? vg_shm_name(segment).data : NULL},
        {VG_KEY_SHM_SIZE, segment ? vg_arena_printf(&peer->arena, "%" PRIu64, vg_shm_size(segment)).data : NULL},
    };
    vgi_key_value *items = VG_NEW_ARRAY(&peer->arena, vgi_key_value, OWN_KEYS + request->metadata.count);
    size_t count = 0;

    if (!items)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a request");
    for (size_t i = 0; i < OWN_KEYS; i++)
        if (own[i].value)
            items[count++] = (vgi_key_value){vgi_str(own[i].key), vgi_str(own[i].value)};
    for (size_t i = 0; i < request->metadata.count; i++)
        if (!is_own(own, request->metadata.items[i].key))
            items[count++] = request->metadata.items[i];
    *ret = (vgi_metadata){items, count};
    return VGI_OK;
}

static vgi_status write_request(vg_peer *peer, const vgi_batch *params, vgi_error *err)
{
    VGI_TRY(vg_writer_open(peer->writer, params->schema, err));
    VGI_TRY(vg_pointer_queue(&peer->pointers, peer->writer, &peer->arena, params, err));
    VGI_TRY(vg_writer_close(peer->writer, err));
    return vg_writer_flush(peer->writer, err);
}

static vgi_status send_request(vg_peer *peer, const vg_peer_request *request, vgi_error *err)
{
    vgi_batch params = request->params ? *request->params : NO_PARAMS;
    vgi_error cause = {0};

    VGI_TRY(request_metadata(peer, request, &params.metadata, err));
    return write_request(peer, &params, &cause) == VGI_OK ? VGI_OK : break_off(peer, &cause, err);
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static void tell_log(vg_peer *peer, const vgi_batch *batch)
{
    vg_said said;

    if (!peer->options.log)
        return;
    vg_said_read(&peer->turn_arena, batch->metadata, &said);
    peer->options.log(peer->options.user, &said);
    vg_arena_reset(&peer->turn_arena);
}

/* Opens the stream that is to come. */
static vgi_status read_open(vg_peer *peer, const vgi_arrow_schema **ret, vgi_error *err)
{
    vgi_error cause = {0};
    vgi_status status = vg_reader_open(peer->reader, ret, &cause);

    if (status == VGI_OK)
        return VGI_OK;
    if (status == VGI_END)
        return broke(peer, VGI_ERR_IO, "the worker ended the connection instead of answering", err);
    return break_off(peer, &cause, err);
}

/* The next batch that is no log. VGI_END: the end of the stream. An exception: peer->said, and VGI_OK with *ret NULL.
 * A pointer is followed into `arena`; NULL: nobody wants what is there. */
static vgi_status read_batch(vg_peer *peer, vg_arena *arena, const vgi_batch **ret, vgi_error *err)
{
    vgi_error cause = {0};

    peer->is_followed = false;
    for (;;) {
        vgi_status status = vg_reader_next(peer->reader, ret, &cause);

        if (status == VGI_END)
            return VGI_END;
        if (status != VGI_OK)
            return break_off(peer, &cause, err);
        switch (vg_batch_classify(*ret)) {
        case VG_BATCH_DATA:
            return VGI_OK;
        case VG_BATCH_LOG:
            tell_log(peer, *ret);
            break;
        case VG_BATCH_EXCEPTION:
            if (!peer->has_said)
                vg_said_read(&peer->arena, (*ret)->metadata, &peer->said);
            peer->has_said = true;
            *ret = NULL;
            return VGI_OK;
        case VG_BATCH_POINTER:
            if (!arena) {
                vg_pointer_drop(&peer->pointers, *ret);
                return VGI_OK;
            }
            peer->is_followed = true;
            status = vg_pointer_follow(&peer->pointers, arena, ret, &cause);
            return status == VGI_OK ? VGI_OK : break_off(peer, &cause, err);
        }
    }
}

/* Reads up to the end of the stream; exceptions are noted, data is not wanted any more. */
static vgi_status drain(vg_peer *peer, vgi_error *err)
{
    const vgi_batch *ignored;

    for (int i = 0; i < MAX_DRAINED; i++) {
        vgi_status status = read_batch(peer, NULL, &ignored, err);

        if (status != VGI_OK)
            return status == VGI_END ? VGI_OK : status;
    }
    return broke(peer, VGI_ERR_LIMIT, "the worker goes on sending after the end of the call", err);
}

/* Behind the one batch of an answer comes the end. Usually it is here already, and the batch can stay where it is. */
static vgi_status finish_answer(vg_peer *peer, vg_arena *arena, const vgi_batch **batch, vgi_error *err)
{
    vgi_error cause = {0};

    if (vg_reader_at_eos(peer->reader))
        return vg_reader_drain(peer->reader, &cause) == VGI_OK ? VGI_OK : break_off(peer, &cause, err);
    if (!peer->is_followed && vg_batch_keep(arena, *batch, peer->options.limits, batch, &cause) != VGI_OK)
        return break_off(peer, &cause, err);
    return drain(peer, err);
}

/* A stream of logs and one batch, or an exception. *ret lives in the reader's bytes or in `arena`. */
static vgi_status read_answer(vg_peer *peer, vg_arena *arena, const vgi_batch **ret, vgi_error *err)
{
    const vgi_arrow_schema *schema;
    vgi_status status;

    VGI_TRY(read_open(peer, &schema, err));
    status = read_batch(peer, arena, ret, err);
    if (status == VGI_END)
        return broke(peer, VGI_ERR_PROTOCOL, "the worker answered without a result", err);
    VGI_TRY(status);
    VGI_TRY(*ret ? finish_answer(peer, arena, ret, err) : drain(peer, err));
    return peer->has_said ? vg_said_error(&peer->said, err) : VGI_OK;
}

/* ---- shared memory ----------------------------------------------------------------------------------------------- */

/* Asks whether the worker shares memory (rpc.md §8.2). */
static bool ask(vg_peer *peer, const vgi_batch *params)
{
    const vgi_key_value items[] = {{VGI_STR(VG_KEY_TRANSPORT_SHM), VGI_STR("true")}};
    const vg_peer_request request = {.method = VG_METHOD_TRANSPORT_OPTIONS, .params = params, .metadata = {items, 1}};
    const vgi_batch *answer;

    forget_call(peer);
    restart_clock(peer);
    return send_request(peer, &request, NULL) == VGI_OK && read_answer(peer, &peer->arena, &answer, NULL) == VGI_OK &&
           vg_string_is(vgi_metadata_get(answer->metadata, VG_KEY_TRANSPORT_SHM), "true");
}

/* A worker may say yes and still not see the segment: it runs as another user, in a container, behind ssh. So it is
 * asked again, with a pointer, before anything of worth goes that way. */
static bool try(vg_peer *peer)
{
    const vgi_batch one = {.schema = &EMPTY, .rows = 1};
    vg_pointers *pointers = &peer->pointers;
    size_t min_bytes = pointers->min_bytes;
    bool agreed;

    pointers->min_bytes = 0;
    pointers->may_send = true;
    agreed = ask(peer, &one) && pointers->n_sent > 0;
    pointers->min_bytes = min_bytes;
    pointers->n_sent = 0;
    return agreed;
}

/* Once, before the first call. Whatever is in the way, the stream is there; but for a connection that fails now. */
static vgi_status share(vg_peer *peer, vgi_error *err)
{
    vg_shm *segment;

    peer->has_asked = true;
    if (ask(peer, NULL) && vg_shm_create(peer->options.shm_bytes, &segment, NULL) == VGI_OK &&
        vg_pointer_share(&peer->pointers, segment, NULL) == VGI_OK && !try(peer))
        vg_pointer_unshare(&peer->pointers);
    if (!vg_peer_is_usable(peer))
        return break_off(peer, &peer->broken, err);
    return VGI_OK;
}

static vgi_status begin(vg_peer *peer, vgi_error *err)
{
    VGI_TRY(check_usable(peer, err));
    if (peer->is_streaming)
        return vgi_error_set(err, VGI_ERR_RUNTIME, "a stream is open on this connection: it must end first");
    if (!peer->has_asked)
        VGI_TRY(share(peer, err));
    forget_call(peer);
    restart_clock(peer);
    return VGI_OK;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

vgi_status vg_peer_call(vg_peer *peer, const vg_peer_request *request, const vgi_batch **ret, vgi_error *err)
{
    *ret = NULL;
    VGI_TRY(begin(peer, err));
    VGI_TRY(send_request(peer, request, err));
    return read_answer(peer, &peer->arena, ret, err);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static vgi_status write_end(vg_peer *peer, bool cancel, vgi_error *err)
{
    vgi_key_value item = {VGI_STR(VG_KEY_CANCEL), VGI_STR("1")};

    if (!peer->input)
        VGI_TRY(vg_writer_open(peer->writer, &EMPTY, err));
    if (cancel)
        VGI_TRY(vg_writer_empty(peer->writer, (vgi_metadata){&item, 1}, err));
    VGI_TRY(vg_writer_close(peer->writer, err));
    return vg_writer_flush(peer->writer, err);
}

/* Ends the input; the stream is over for whoever uses the peer. */
static vgi_status end_input(vg_peer *peer, bool cancel, vgi_error *err)
{
    vgi_error cause = {0};

    peer->is_streaming = false;
    return write_end(peer, cancel, &cause) == VGI_OK ? VGI_OK : break_off(peer, &cause, err);
}

/* A refusal before the method ran: the server does not wait for an input stream then, and some take it for a request
 * (rpc.md §3.3). Those have a kind. */
static bool is_refusal(const vg_said *said)
{
    return vg_string_is(said->kind, "method_not_implemented") || vg_string_is(said->kind, "protocol_not_specified") ||
           vg_string_is(said->kind, "protocol_not_supported") || vg_string_is(said->kind, "protocol_version_mismatch");
}

static vgi_status read_header(vg_peer *peer, vg_arena *arena, const vgi_batch **ret, vgi_error *err)
{
    const vgi_batch *header;
    vgi_status status = read_answer(peer, arena, &header, err);

    if (status == VGI_OK)
        status = vg_batch_keep(arena, header, peer->options.limits, ret, err);
    if (status != VGI_OK && vg_peer_is_usable(peer) && !(peer->has_said && is_refusal(&peer->said)))
        (void)end_input(peer, false, NULL); /* §7.3: so that the server finds the next request */
    if (status != VGI_OK)
        peer->is_streaming = false;
    return status;
}

vgi_status vg_peer_open(vg_peer *peer, const vg_peer_request *request, bool has_header, vg_arena *arena,
                        const vgi_batch **ret_header, vgi_error *err)
{
    VGI_TRY(begin(peer, err));
    VGI_TRY(send_request(peer, request, err));
    peer->is_streaming = true;
    peer->input = NULL;
    peer->output_open = false;
    return has_header ? read_header(peer, arena, ret_header, err) : VGI_OK;
}

static bool is_same_schema(const vgi_arrow_schema *a, const vgi_arrow_schema *b)
{
    bool same = a->n_fields == b->n_fields;

    for (int32_t i = 0; same && i < a->n_fields; i++)
        same = vgi_string_equal(a->fields[i]->name, b->fields[i]->name) && vg_type_equal(a->fields[i], b->fields[i]);
    return same;
}

/* The first turn decides on the schema of the input, which is copied: the writer needs it up to the end, the caller's
 * batch is only lent. What the writer would refuse later would be half a stream, and the end of the connection. */
static vgi_status begin_input(vg_peer *peer, const vgi_batch *in, vgi_error *err)
{
    const vgi_arrow_schema *schema = in ? in->schema : &EMPTY;

    if (peer->input)
        return !in || is_same_schema(schema, peer->input)
                   ? VGI_OK
                   : vgi_error_set(err, VGI_ERR_TYPE, "the batch has another schema than the first of this stream");
    schema = vg_schema_copy(&peer->arena, schema);
    if (!schema)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the schema of a stream");
    VGI_TRY(vg_writer_open(peer->writer, schema, err));
    peer->input = schema;
    return VGI_OK;
}

static vgi_status write_turn(vg_peer *peer, const vgi_batch *in, vgi_metadata metadata, vgi_error *err)
{
    if (in)
        VGI_TRY(vg_pointer_queue(&peer->pointers, peer->writer, &peer->turn_arena, in, err));
    else
        VGI_TRY(vg_writer_empty(peer->writer, metadata, err));
    return vg_writer_flush(peer->writer, err);
}

/* The server has ended the stream, in order or with an exception. */
static vgi_status finish_stream(vg_peer *peer, vgi_error *err)
{
    vgi_status status = end_input(peer, false, err);

    if (status == VGI_OK)
        status = drain(peer, err);
    if (peer->has_said)
        return vg_said_error(&peer->said, err);
    return status == VGI_OK ? VGI_END : status;
}

static vgi_status open_output(vg_peer *peer, vgi_error *err)
{
    if (!peer->output_open)
        VGI_TRY(read_open(peer, &peer->output, err));
    peer->output_open = true;
    return VGI_OK;
}

vgi_status vg_peer_open_output(vg_peer *peer, const vgi_arrow_schema **ret, vgi_error *err)
{
    VGI_TRY(check_usable(peer, err));
    VGI_TRY(open_output(peer, err));
    *ret = peer->output;
    return VGI_OK;
}

vgi_status vg_peer_turn(vg_peer *peer, const vgi_batch *in, vgi_metadata metadata, const vgi_batch **ret,
                        vgi_error *err)
{
    vgi_error cause = {0};
    vgi_status status;

    *ret = NULL;
    VGI_TRY(check_usable(peer, err));
    if (!peer->is_streaming)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "Stream has been closed or cancelled");
    VGI_TRY(begin_input(peer, in, err));
    restart_clock(peer);
    status = write_turn(peer, in, metadata, &cause);
    if (status != VGI_OK)
        return break_off(peer, &cause, err);
    vg_arena_reset(&peer->turn_arena); /* `in` may have been the last answer */
    VGI_TRY(open_output(peer, err));
    status = read_batch(peer, &peer->turn_arena, ret, err);
    if (status == VGI_OK && *ret)
        return VGI_OK;
    return status == VGI_OK || status == VGI_END ? finish_stream(peer, err) : status;
}

vgi_status vg_peer_close(vg_peer *peer, bool cancel, vgi_error *err)
{
    if (!peer->is_streaming)
        return VGI_OK;
    restart_clock(peer);
    VGI_TRY(end_input(peer, cancel, err));
    VGI_TRY(open_output(peer, err));
    VGI_TRY(drain(peer, err));
    return peer->has_said && !cancel ? vg_said_error(&peer->said, err) : VGI_OK;
}
