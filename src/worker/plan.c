/* Splits: table_function_plan asks the author's plan callback how a scan is divided, and init gets one token a part
 * back (vgi.md §11). A token is version, flags, anchor, fingerprint and the author's bytes, which are sealed where the
 * worker has a key. The fingerprint ties it to the function and the arguments that were planned: a caller that mixes up
 * two scans gets an error, not the rows of another one. */
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/str.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/function_call.h"
#include "worker/worker.h"

enum {
    TOKEN_VERSION = 1,
    SEALED = 1, /* the only flag */
    FINGERPRINT_AT = 4,
    FINGERPRINT_SIZE = 16,
    PAYLOAD_AT = FINGERPRINT_AT + FINGERPRINT_SIZE, /* no anchor */
    MAX_PAYLOAD = 60000,
    MAX_SPLITS = 100000
};

/* The parts that a plan has so far, each a finished row with its token. */
struct vg_plan_parts {
    vg_rows rows;
    uint8_t fingerprint[FINGERPRINT_SIZE];
};

/* Of the schema, the function and its arguments: the same in every process. */
static vgi_status fingerprint(vgi_call *call, const vg_function_call *function, uint8_t ret[FINGERPRINT_SIZE])
{
    const vgi_string parts[] = {function->function->schema->name,
                                function->function->name,
                                function->at_unit,
                                function->at_value,
                                {(const char *)function->request->arguments.data, function->request->arguments.size}};
    char hex[VG_SHA256_HEX];
    vg_buf bytes = {0};
    bool is_whole = true;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        uint64_t size = parts[i].size;

        is_whole = is_whole && vg_buf_append(&bytes, &size, sizeof size) &&
                   (!size || vg_buf_append(&bytes, parts[i].data, parts[i].size));
    }
    if (is_whole) {
        vg_sha256_hex(bytes.data, bytes.size, hex);
        memcpy(ret, hex, FINGERPRINT_SIZE);
    }
    vg_buf_done(&bytes);
    return is_whole ? VGI_OK : vg_call_out_of_memory(call);
}

/* Header and payload. */
static vgi_status make_token(vgi_call *call, const uint8_t *print, vgi_bytes payload, vgi_bytes *ret)
{
    uint8_t header[PAYLOAD_AT] = {TOKEN_VERSION, vg_call_seals(call) ? SEALED : 0};
    uint8_t *token;

    memcpy(header + FINGERPRINT_AT, print, FINGERPRINT_SIZE);
    VGI_TRY(vg_call_seal(call, VGI_SEALED_SPLIT, (vgi_bytes){header, PAYLOAD_AT}, payload, &payload));
    token = vg_arena_alloc(call->arena, PAYLOAD_AT + payload.size);
    if (!token)
        return vg_call_out_of_memory(call);
    memcpy(token, header, PAYLOAD_AT);
    memcpy(token + PAYLOAD_AT, payload.data, payload.size);
    *ret = (vgi_bytes){token, PAYLOAD_AT + payload.size};
    return VGI_OK;
}

vgi_status vgi_plan_add(vgi_call *call, vgi_plan *plan, const void *bytes, size_t size, const vgi_cardinality *rows)
{
    void *row;
    vgi_scan_split *split;

    if (size == 0 || size > MAX_PAYLOAD)
        return vgi_fail(call, VGI_ERR_RUNTIME, "a split of %zu bytes was planned; 1 to %d can travel", size,
                        MAX_PAYLOAD);
    if (plan->parts->rows.count >= MAX_SPLITS)
        return vgi_fail(call, VGI_ERR_LIMIT, "more than %d splits were planned", MAX_SPLITS);
    VGI_TRY(vg_rows_add(call, &plan->parts->rows, &row));
    split = row;
    VGI_TRY(make_token(call, plan->parts->fingerprint, (vgi_bytes){bytes, size}, &split->token));
    if (rows && rows->has_estimate && rows->estimate >= 0) {
        split->estimated_rows = (vgi_opt_int64){true, rows->estimate};
        split->rows_exact = rows->has_max && rows->max == rows->estimate;
    }
    return VGI_OK;
}

/* What an author may count up to. */
static int64_t wanted_of(vgi_opt_int64 least)
{
    if (!least.has || least.value < 1)
        return 1;
    return least.value < MAX_SPLITS ? least.value : MAX_SPLITS;
}

vgi_status vg_handle_table_function_plan(vgi_call *call, const void *request, void *response)
{
    const vgi_table_function_plan_request *in = request;
    vgi_plan_response *out = response;
    struct vg_plan_parts parts = {.rows = {.record = &vg_scan_split_record}};
    vgi_plan plan = {.wanted = wanted_of(in->min_splits), .parts = &parts};
    vg_function_call *function;
    vgi_status status;

    VGI_TRY(vg_function_call_decode(call, in->bind_call, &function));
    if (function->function->kind != VG_FUNCTION_TABLE || !function->function->table->plan)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED, "%.*s plans no splits", VG_FMT(function->function->name));
    if (in->cursor.data)
        return vgi_fail(call, VGI_ERR_VALUE, "a plan is one page here, and no cursor leads to another");
    VGI_TRY(fingerprint(call, function, parts.fingerprint));
    status = function->function->table->plan(call, &plan);
    if (status == VGI_END)
        status = vgi_fail(call, VGI_ERR_RUNTIME, "the plan callback of %.*s returned VGI_END",
                          VG_FMT(function->function->name));
    VGI_TRY(status);
    if (plan.max_workers > 0)
        out->max_workers = (vgi_opt_int64){true, plan.max_workers};
    out->estimated_total_splits = (vgi_opt_int64){true, (int64_t)parts.rows.count};
    out->cache_max_age_seconds = (vgi_opt_int64){true, 0};
    return vg_rows_items(call, &parts.rows, &out->splits);
}

/* A token says of itself whether it is sealed, and anybody can write that: only what this worker makes is taken. */
static bool is_ours(vgi_call *call, vgi_bytes token)
{
    size_t sealed = vg_call_seals(call) ? vg_call_sealer(call)->with->overhead : 0;

    return token.size > PAYLOAD_AT + sealed && token.size <= PAYLOAD_AT + sealed + MAX_PAYLOAD &&
           token.data[0] == TOKEN_VERSION && token.data[1] == (sealed ? SEALED : 0) && !token.data[2] && !token.data[3];
}

static vgi_status refuse(vgi_call *call)
{
    return vgi_fail_as(call, "SplitTokenInvalid", "[SPLIT_TOKEN_INVALID] this is no split token of this worker");
}

/* Anything may stand in a token: it comes back by way of the caller. */
vgi_status vg_split_open(vgi_call *call, vgi_bytes token, vg_function_call *function)
{
    uint8_t expected[FINGERPRINT_SIZE];
    vgi_bytes header = {token.data, PAYLOAD_AT}, payload;
    vgi_status status;

    if (function->function->kind != VG_FUNCTION_TABLE || !function->function->table->plan)
        return vgi_fail_as(call, "SplitTokenInvalid", "[SPLIT_TOKEN_INVALID] %.*s plans no splits",
                           VG_FMT(function->function->name));
    if (!is_ours(call, token))
        return refuse(call);
    VGI_TRY(fingerprint(call, function, expected));
    if (memcmp(token.data + FINGERPRINT_AT, expected, FINGERPRINT_SIZE) != 0)
        return vgi_fail_as(call, "SplitTokenInvalid",
                           "[SPLIT_TOKEN_INVALID] the split was planned for another function, or for other arguments");
    payload = (vgi_bytes){token.data + PAYLOAD_AT, token.size - PAYLOAD_AT};
    status = vg_call_unseal(call, VGI_SEALED_SPLIT, header, payload, &function->split);
    return status == VGI_ERR_VALUE ? refuse(call) : status;
}

vgi_status vgi_split_expired(vgi_call *call)
{
    return vgi_fail_as(call, "SplitSnapshotExpired",
                       "[SPLIT_SNAPSHOT_EXPIRED] split snapshot expired; re-run the query");
}
