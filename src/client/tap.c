/* What passes between a client and a worker, told call by call (vgi/sys/tap.h). tap_side.c finds the batches; here they
 * are told apart: requests from input by their metadata (rpc.md §3.3), answers by what was asked, and by what of it has
 * been answered. A server answers in the order of the requests. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/sha256.h"
#include "base/str.h"
#include "client/tap.h"
#include "protocol/messages.h"
#include "rpc/keys.h"
#include "rpc/pointer.h"
#include "rpc/said.h"

enum {
    MAX_MESSAGE_BYTES = 16 << 20,
    MAX_OPEN_CALLS = 64, /* requests ahead of their answers; of earlier ones the answers are not told apart */
    MAX_NAME = 256,
    MAX_VERSION = 32,
};

typedef struct call {
    vgi_tap_call shown;
    int64_t started_us;
    bool has_header;  /* of a method that is known: its stream comes after a header */
    bool has_input;   /* the client has begun to send its side of a stream */
    bool header_done; /* the answer's first stream is over, and was a header */
    char method[MAX_NAME];
    char protocol[MAX_NAME];
    char version[MAX_VERSION];
} call;

struct vgi_tap {
    vgi_tap_options options;
    vg_limits limits;
    vg_tap_side sides[2];
    call calls[MAX_OPEN_CALLS]; /* number n at n % MAX_OPEN_CALLS */
    int64_t opened, answered;
    bool in_request; /* the client's stream is a request */
    bool is_output;  /* the worker's stream is the output of a stream, not an answer */
    bool shares_memory;
    vg_arena arena; /* of one event */
    vg_pointers pointers;
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static call *call_of(vgi_tap *tap, int64_t number)
{
    return &tap->calls[number % MAX_OPEN_CALLS];
}

/* The call that the worker is answering: the first one that is not answered, else the last one. */
static call *answered_call(vgi_tap *tap)
{
    return call_of(tap, tap->answered < tap->opened ? tap->answered + 1 : tap->opened);
}

static void emit(vgi_tap *tap, const call *of, vgi_tap_event *event)
{
    static const vgi_tap_call NONE = {0};
    vgi_tap_call shown = of ? of->shown : NONE;

    if (of && shown.number > 0)
        shown.elapsed_us = now_us() - of->started_us;
    event->call = &shown;
    tap->options.event(tap->options.user, event);
}

static vgi_tap_event event_of(vgi_tap_kind kind, vgi_tap_side side, const vg_tap_unit *unit)
{
    return (vgi_tap_event){.kind = kind,
                           .side = side,
                           .index = unit->index,
                           .rows = unit->rows,
                           .size_bytes = unit->size_bytes,
                           .schema = unit->schema,
                           .batch = unit->batch,
                           .metadata = unit->metadata,
                           .why = unit->why};
}

static void lost(vgi_tap *tap, vgi_tap_side side, const vg_tap_unit *unit)
{
    vgi_tap_event event = event_of(VGI_TAP_LOST, side, unit);

    emit(tap, NULL, &event);
}

/* ---- shared memory (rpc.md §9) ---------------------------------------------------------------------------------- */

static void notice_segment(vgi_tap *tap, vgi_metadata metadata)
{
    vgi_string name = vgi_metadata_get(metadata, VG_KEY_SHM_NAME);
    vg_pointers *pointers = &tap->pointers;
    vg_shm *segment;

    if (vg_string_is(vgi_metadata_get(metadata, VG_KEY_TRANSPORT_SHM), "true"))
        tap->shares_memory = true;
    if (!name.data || (pointers->segment && vg_shm_is_named(pointers->segment, name)))
        return;
    tap->shares_memory = true;
    vg_pointer_unshare(pointers);
    vgi_error_clear(&pointers->why_not);
    if (vg_shm_watch(name, &segment, &pointers->why_not) == VGI_OK)
        (void)vg_pointer_share(pointers, segment, &pointers->why_not);
}

/* The sizes of what could not be decoded are what the peer says, and may be any. */
static void add_to(int64_t *sum, int64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

/* A pointer becomes what it points to, or is told as the pointer it is. */
static void follow(vgi_tap *tap, vgi_tap_event *event, vgi_error *err)
{
    const vgi_batch *batch = event->batch;

    if (!batch || !vg_pointer_is(batch))
        return;
    if (vg_pointer_follow(&tap->pointers, &tap->arena, &batch, err) != VGI_OK) {
        event->why = err->message;
        return;
    }
    event->batch = batch;
    event->rows = batch->rows;
    event->size_bytes += (int64_t)tap->pointers.input.size;
    event->is_shared = true;
}

/* ---- the client ------------------------------------------------------------------------------------------------- */

static vgi_string keep(char *to, size_t size, vgi_string from)
{
    size_t n = from.size < size ? from.size : size;

    if (!from.data)
        return from;
    memcpy(to, from.data, n);
    return (vgi_string){to, n};
}

/* The stream methods of vgi.v2, which have a header. */
static bool has_header(const vgi_tap_call *of)
{
    static const char *const NAMES[] = {
#define VG_UNARY_METHOD(name, params, request, response, result, since)
#define VG_STREAM_METHOD(name, params, request, header, since) #name,
#include "protocol/methods.def"
#undef VG_UNARY_METHOD
#undef VG_STREAM_METHOD
    };

    for (size_t i = 0; vg_string_is(of->protocol, VG_PROTOCOL_NAME) && i < sizeof NAMES / sizeof *NAMES; i++)
        if (vg_string_is(of->method, NAMES[i]))
            return true;
    return false;
}

static void begin_call(vgi_tap *tap, const vg_tap_unit *unit)
{
    vgi_tap_event event = event_of(VGI_TAP_REQUEST, VGI_TAP_CLIENT, unit);
    call *c = call_of(tap, ++tap->opened);
    vgi_error err = {0};

    if (tap->opened - tap->answered > MAX_OPEN_CALLS)
        tap->answered = tap->opened - MAX_OPEN_CALLS;
    *c = (call){.shown.number = tap->opened, .started_us = now_us()};
    c->shown.method = keep(c->method, MAX_NAME, vgi_metadata_get(unit->metadata, VG_KEY_METHOD));
    c->shown.protocol = keep(c->protocol, MAX_NAME, vgi_metadata_get(unit->metadata, VG_KEY_PROTOCOL));
    c->shown.protocol_version =
        keep(c->version, MAX_VERSION, vgi_metadata_get(unit->metadata, VG_KEY_PROTOCOL_VERSION));
    c->has_header = has_header(&c->shown);
    notice_segment(tap, unit->metadata);
    follow(tap, &event, &err);
    emit(tap, c, &event);
}

static void take_input(vgi_tap *tap, const vg_tap_unit *unit)
{
    bool cancels = vgi_metadata_get(unit->metadata, VG_KEY_CANCEL).data != NULL;
    vgi_tap_event event = event_of(cancels ? VGI_TAP_CANCEL : VGI_TAP_INPUT, VGI_TAP_CLIENT, unit);
    call *c = call_of(tap, tap->opened);
    vgi_error err = {0};

    c->has_input = true;
    follow(tap, &event, &err);
    if (!cancels) {
        c->shown.input_batches++;
        add_to(&c->shown.input_rows, event.rows);
        add_to(&c->shown.input_bytes, event.size_bytes);
    }
    emit(tap, c, &event);
}

static void take_client(void *user, const vg_tap_unit *unit)
{
    vgi_tap *tap = user;
    vgi_tap_event event;

    vg_arena_reset(&tap->arena);
    switch (unit->kind) {
    case VG_TAP_BATCH:
        if (unit->index == 1)
            tap->in_request = vgi_metadata_get(unit->metadata, VG_KEY_METHOD).data != NULL;
        if (!tap->in_request)
            take_input(tap, unit);
        else if (unit->index == 1) /* more are read and dropped, by servers, too (rpc.md §1.1) */
            begin_call(tap, unit);
        break;
    case VG_TAP_STREAM_END:
        if (tap->in_request && unit->index > 0)
            break;
        call_of(tap, tap->opened)->has_input = true;
        event = event_of(VGI_TAP_INPUT_END, VGI_TAP_CLIENT, unit);
        emit(tap, call_of(tap, tap->opened), &event);
        break;
    case VG_TAP_FRAMES_LOST:
        lost(tap, VGI_TAP_CLIENT, unit);
    }
}

/* ---- the worker ------------------------------------------------------------------------------------------------- */

static void take_said(vgi_tap *tap, call *c, vgi_tap_event *event)
{
    vg_said said;

    vg_said_read(&tap->arena, event->metadata, &said);
    event->level = said.level;
    event->type = said.type;
    event->message = said.message;
    event->traceback = said.traceback;
    event->error_kind = said.kind;
    event->batch = NULL;
    if (event->kind == VGI_TAP_ERROR)
        c->shown.failed = true;
    emit(tap, c, event);
}

static void take_output(vgi_tap *tap, const vg_tap_unit *unit)
{
    vgi_tap_event event = event_of(tap->is_output ? VGI_TAP_OUTPUT : VGI_TAP_ANSWER, VGI_TAP_WORKER, unit);
    vgi_batch envelope = {.rows = unit->rows, .metadata = unit->metadata};
    vg_batch_kind kind = vg_batch_classify(&envelope);
    call *c = answered_call(tap);
    vgi_error err = {0};

    if (kind == VG_BATCH_LOG || kind == VG_BATCH_EXCEPTION) {
        event.kind = kind == VG_BATCH_LOG ? VGI_TAP_LOG : VGI_TAP_ERROR;
        take_said(tap, c, &event);
        return;
    }
    follow(tap, &event, &err);
    c->shown.output_batches++;
    add_to(&c->shown.output_rows, event.rows);
    add_to(&c->shown.output_bytes, event.size_bytes);
    emit(tap, c, &event);
}

static void end_output(vgi_tap *tap, const vg_tap_unit *unit)
{
    vgi_tap_event event = event_of(VGI_TAP_END, VGI_TAP_WORKER, unit);
    call *c = answered_call(tap);

    if (c->has_header && !c->header_done && !c->shown.failed) {
        c->header_done = true;
        return;
    }
    emit(tap, c, &event);
    if (tap->answered < tap->opened)
        tap->answered++;
}

static void take_worker(void *user, const vg_tap_unit *unit)
{
    vgi_tap *tap = user;
    const call *c = answered_call(tap);

    vg_arena_reset(&tap->arena);
    if (unit->kind == VG_TAP_FRAMES_LOST) {
        lost(tap, VGI_TAP_WORKER, unit);
        return;
    }
    if (unit->kind == VG_TAP_BATCH && unit->index == 1)
        tap->is_output = c->has_header ? c->header_done : c->has_input;
    if (unit->kind == VG_TAP_BATCH)
        take_output(tap, unit);
    else
        end_output(tap, unit);
}

/* ---- the tap ---------------------------------------------------------------------------------------------------- */

vgi_status vgi_tap_new(const vgi_tap_options *options, vgi_tap **ret, vgi_error *err)
{
    int64_t max = options->max_message_bytes > 0 ? options->max_message_bytes : MAX_MESSAGE_BYTES;
    vgi_tap *tap;

    *ret = NULL;
    if (!options->event)
        return vgi_error_set(err, VGI_ERR_VALUE, "a tap needs a function to tell its events to");
    tap = vg_malloc(sizeof *tap);
    if (!tap)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a tap");
    memset(tap, 0, sizeof *tap);
    tap->options = *options;
    tap->limits = VG_DEFAULT_LIMITS;
    tap->limits.max_decompressed_bytes = max;
    tap->limits.max_dictionary_bytes = max;
    tap->limits.max_shm_bytes = max;
    vg_pointer_init(&tap->pointers, &tap->limits, 0, "no request has named a segment");
    tap->pointers.only_looks = true;
    vg_tap_side_init(&tap->sides[VGI_TAP_CLIENT], &tap->limits, max, take_client, tap);
    vg_tap_side_init(&tap->sides[VGI_TAP_WORKER], &tap->limits, max, take_worker, tap);
    *ret = tap;
    return VGI_OK;
}

void vgi_tap_free(vgi_tap *tap)
{
    if (!tap)
        return;
    vg_tap_side_done(&tap->sides[VGI_TAP_CLIENT]);
    vg_tap_side_done(&tap->sides[VGI_TAP_WORKER]);
    vg_pointer_done(&tap->pointers);
    vg_arena_done(&tap->arena);
    vg_free(tap);
}

void vgi_tap_feed(vgi_tap *tap, vgi_tap_side side, const void *bytes, size_t size)
{
    vg_tap_side_feed(&tap->sides[side], bytes, size);
}

void vgi_tap_finish(vgi_tap *tap, vgi_tap_side side)
{
    vg_tap_side_finish(&tap->sides[side]);
}

bool vgi_tap_shares_memory(const vgi_tap *tap)
{
    return tap->shares_memory;
}

void vgi_tap_digest(const void *bytes, size_t size, char ret[VGI_TAP_DIGEST_SIZE])
{
    char hex[VG_SHA256_HEX];

    vg_sha256_hex(bytes, size, hex);
    snprintf(ret, VGI_TAP_DIGEST_SIZE, "sha256:%.12s", hex);
}
