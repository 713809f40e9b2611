/* Calls and streams in their transactions, and the three methods of transactions (vgi.md §4). The id of a transaction
 * says by itself that a worker of this catalog minted it, for this attachment, and which process it was begun for:
 *
 *     version (1) | id (16) | engine: pid, start, pid namespace (8 each) | check (16): hex digits of the SHA-256 of
 *     what stands before and the attachment's id */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/sha256.h"
#include "protocol/messages.h"
#include "worker/catalog_rows.h"
#include "worker/dispatch.h"
#include "worker/owner.h"

enum {
    VERSION = 2,
    ID_AT = 1,
    ENGINE_AT = ID_AT + VG_TRANSACTION_ID,
    CHECK_AT = ENGINE_AT + 3 * 8,
    CHECK_BYTES = 16,
    WIRE_BYTES = CHECK_AT + CHECK_BYTES
};

/* ---- ids --------------------------------------------------------------------------------------------------------- */

static void check_of(const vgi_call *call, const uint8_t *wire, uint8_t ret[CHECK_BYTES])
{
    uint8_t text[CHECK_AT + VG_ATTACHMENT_ID_BYTES];
    char hash[VG_SHA256_HEX];
    vgi_bytes attachment = call->attachment->id;

    memcpy(text, wire, CHECK_AT);
    if (attachment.size > 0)
        memcpy(text + CHECK_AT, attachment.data, VG_ATTACHMENT_ID_BYTES);
    vg_sha256_hex(text, CHECK_AT + attachment.size, hash);
    memcpy(ret, hash, CHECK_BYTES);
}

static vgi_status mint(vgi_call *call, const vg_process *engine, vgi_bytes *ret)
{
    const int64_t numbers[] = {engine->pid, engine->start_ticks, engine->pid_space};
    uint8_t *wire = vg_arena_alloc(call->arena, WIRE_BYTES);
    size_t filled = 0;

    if (!wire)
        return vg_call_out_of_memory(call);
    wire[0] = VERSION;
    while (filled < VG_TRANSACTION_ID) {
        ssize_t n = getrandom(wire + ID_AT + filled, VG_TRANSACTION_ID - filled, 0);

        if (n < 0 && errno != EINTR)
            return vgi_fail(call, VGI_ERR_IO, "no random bytes from the kernel: %s", strerror(errno));
        filled += n < 0 ? 0 : (size_t)n;
    }
    memcpy(wire + ENGINE_AT, numbers, sizeof numbers);
    check_of(call, wire, wire + CHECK_AT);
    *ret = (vgi_bytes){wire, WIRE_BYTES};
    return VGI_OK;
}

/* One sentence for every cause (vgi.md §3). */
static vgi_status read_id(vgi_call *call, vgi_bytes wire, uint8_t ret[VG_TRANSACTION_ID])
{
    uint8_t check[CHECK_BYTES];

    if (wire.size == WIRE_BYTES && wire.data[0] == VERSION) {
        check_of(call, wire.data, check);
        memcpy(ret, wire.data + ID_AT, VG_TRANSACTION_ID);
        if (memcmp(check, wire.data + CHECK_AT, CHECK_BYTES) == 0)
            return VGI_OK;
    }
    return vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
}

/* The engine as the id has it. Both are of this start of the machine: the id is as old as the engine at most. */
static void read_engine(vgi_bytes wire, vg_process *ret)
{
    int64_t numbers[3];
    vg_process here;

    memcpy(numbers, wire.data + ENGINE_AT, sizeof numbers);
    *ret = (vg_process){0};
    if (numbers[0] <= 0 || vg_process_of(getpid(), &here) != VG_PROCESS_RUNS)
        return;
    *ret = here;
    ret->pid = numbers[0];
    ret->start_ticks = numbers[1];
    ret->pid_space = numbers[2];
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

/* Of the transactions with the same one, one writes at a time: the catalog, and what its attach callback gave. */
vgi_status vg_transaction_database(vgi_call *call, char ret[VG_SHA256_HEX])
{
    vgi_string name = call->attachment->catalog->name;
    vgi_bytes data = call->attachment->data;
    uint8_t *text = vg_arena_alloc(call->arena, name.size + 1 + data.size);

    if (!text)
        return vg_call_out_of_memory(call);
    memcpy(text, name.data, name.size);
    text[name.size] = 0;
    if (data.size > 0)
        memcpy(text + name.size + 1, data.data, data.size);
    vg_sha256_hex(text, name.size + 1 + data.size, ret);
    return VGI_OK;
}

/* Where another process is to have the transaction: VGI_END, and the call is on its way there. No owner: nothing was
 * changed, unless a marker tells otherwise, and what only reads is served here. */
static vgi_status route(vgi_call *call, const uint8_t *id, bool is_change)
{
    vg_owner *owner = vg_call_owner(call);
    vg_connection *connection;
    const char *place;

    if (!owner)
        return VGI_OK;
    VGI_TRY(vg_owner_connect(owner, is_change, &connection, &call->error));
    if (connection) {
        VGI_TRY(vg_forward_new(call, connection, id));
        return VGI_END;
    }
    VGI_TRY(vg_owner_place(owner, &place, &call->error));
    return vg_transactions_open(vg_call_transactions(call), place, false, &call->error);
}

vgi_status vg_transaction_enter(vgi_call *call, bool is_change)
{
    const vgi_transactions *functions = call->attachment->catalog->descriptor->transactions;
    vgi_bytes wire = call->attachment->transaction_opaque_data;
    vg_transaction_wanted wanted = {.is_own = wire.size == 0, .functions = functions};
    vg_transaction_use *use;
    vg_transaction *transaction;

    if (!functions || (wanted.is_own && !is_change))
        return VGI_OK;
    if (!wanted.is_own) {
        VGI_TRY(read_id(call, wire, wanted.id));
        if (is_change)
            read_engine(wire, &wanted.engine);
    }
    VGI_TRY(route(call, wanted.is_own ? NULL : wanted.id, is_change));
    VGI_TRY(vg_transaction_database(call, wanted.database));
    use = VG_NEW(call->arena, vg_transaction_use);
    if (!use)
        return vg_call_out_of_memory(call);
    VGI_TRY(vg_transactions_take(call, vg_call_transactions(call), &wanted, is_change, &transaction));
    if (!transaction)
        return VGI_OK;
    *use = (vg_transaction_use){.transaction = transaction, .is_own = wanted.is_own, .is_locked = true};
    call->transaction = use;
    return VGI_OK;
}

static void unlock(vg_transaction_use *use)
{
    use->is_locked = false;
    vg_transaction_unlock(use->transaction);
}

vgi_status vg_transaction_leave(vgi_call *call, vgi_status status)
{
    vg_transaction_use *use = call->transaction;

    if (!use)
        return status;
    if (use->is_own && status == VGI_OK)
        status = vg_transaction_commit(call, use->transaction);
    else if (use->is_own)
        (void)vg_transaction_roll_back(call, use->transaction);
    unlock(use);
    call->transaction = NULL;
    vg_transaction_release(use->transaction);
    return status;
}

void *vgi_call_transaction(const vgi_call *call)
{
    const vg_transaction_use *use = call->transaction;

    return use && use->is_locked ? vg_transaction_state(use->transaction) : NULL;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

/* A stream around that of the function, which locks around its callbacks. */
typedef struct guard {
    vg_stream inner;
    vg_transaction_use *use;
} guard;

static void lock(guard *self)
{
    vg_transaction_lock(self->use->transaction);
    self->use->is_locked = true;
}

static vgi_status guarded_turn(vgi_call *call, void *state, const vgi_batch *in, vgi_batch *out)
{
    guard *self = state;
    vgi_status status;

    lock(self);
    status = vg_transaction_state(self->use->transaction) ? self->inner.turn(call, self->inner.state, in, out)
                                                          : vg_transaction_refuse_ended(call, self->use->transaction);
    unlock(self->use);
    return status;
}

/* The stream has ended in order: so does a transaction of its own. */
static vgi_status guarded_end(vgi_call *call, void *state)
{
    guard *self = state;
    vgi_status status = VGI_OK;

    lock(self);
    if (!vg_transaction_state(self->use->transaction))
        status = vg_transaction_refuse_ended(call, self->use->transaction);
    if (status == VGI_OK && self->inner.end)
        status = self->inner.end(call, self->inner.state);
    if (status == VGI_OK && self->use->is_own)
        status = vg_transaction_commit(call, self->use->transaction);
    unlock(self->use);
    return status;
}

static vgi_status guarded_heard(vgi_call *call, void *state, const vgi_batch *in)
{
    guard *self = state;
    vgi_status status;

    lock(self);
    status = self->inner.heard(call, self->inner.state, in);
    unlock(self->use);
    return status;
}

static void guarded_cancel(vgi_call *call, void *state)
{
    guard *self = state;

    if (!self->inner.cancel)
        return;
    lock(self);
    self->inner.cancel(call, self->inner.state);
    unlock(self->use);
}

static void guarded_close(vgi_call *call, void *state)
{
    guard *self = state;

    lock(self);
    if (self->inner.close)
        self->inner.close(call, self->inner.state);
    if (self->use->is_own && vg_transaction_state(self->use->transaction))
        (void)vg_transaction_roll_back(call, self->use->transaction);
    unlock(self->use);
    call->transaction = NULL;
    vg_transaction_release(self->use->transaction);
}

vgi_status vg_transaction_stream(vgi_call *call, vg_stream *stream, vgi_status status)
{
    guard *self = call->transaction && status == VGI_OK ? VG_NEW(call->arena, guard) : NULL;

    if (!call->transaction || status != VGI_OK)
        return vg_transaction_leave(call, status);
    if (!self) {
        if (stream->close)
            stream->close(call, stream->state);
        stream->close = NULL;
        return vg_transaction_leave(call, vg_call_out_of_memory(call));
    }
    *self = (guard){*stream, call->transaction};
    vg_transaction_goes_on(call->transaction->transaction);
    stream->state = self;
    stream->turn = guarded_turn;
    stream->end = guarded_end;
    stream->heard = self->inner.heard ? guarded_heard : NULL;
    stream->read_ahead = false; /* a batch is read when it is asked for: behind the changes before it */
    stream->cancel = guarded_cancel;
    stream->close = guarded_close;
    unlock(call->transaction);
    return VGI_OK;
}

/* ---- the catalog's version --------------------------------------------------------------------------------------- */

vgi_status vg_transaction_version(vgi_call *call, int64_t own, int64_t *ret)
{
    vg_transactions *table = vg_call_transactions(call);
    vg_owner *owner = vg_call_owner(call);
    char database[VG_SHA256_HEX];
    const char *place;

    if (!call->attachment->catalog->descriptor->transactions)
        return VGI_OK;
    if (owner) {
        VGI_TRY(vg_owner_place(owner, &place, &call->error));
        VGI_TRY(vg_transactions_open(table, place, false, &call->error));
    }
    VGI_TRY(vg_transaction_database(call, database));
    *ret = vg_transactions_version(table, database, &own);
    return VGI_OK;
}

/* ---- begin, commit, rollback ------------------------------------------------------------------------------------- */

/* A catalog without transactions answers null, "not transactional": so none was ever begun that could end. */
vgi_status vg_handle_catalog_transaction_begin(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_transaction_begin_params *params = request;
    vgi_transaction_begin_response *ret = response;
    vg_process engine = {0};
    const vg_catalog_entry *catalog;

    VGI_TRY(vg_call_catalog(call, params->attach_opaque_data, &catalog));
    if (!catalog->descriptor->transactions)
        return VGI_OK;
    if (vg_call_owner(call))
        vg_engine_of(call, vg_owner_ancestor(vg_call_owner(call)), &engine);
    return mint(call, &engine, &ret->transaction_opaque_data);
}

/* What has changed nothing ends without a trace. */
static vgi_status end(vgi_call *call, vgi_bytes attach_opaque_data, vgi_bytes transaction_opaque_data,
                      vgi_status (*how)(vgi_call *, vg_transaction *))
{
    const vg_catalog_entry *catalog;
    uint8_t id[VG_TRANSACTION_ID];
    char database[VG_SHA256_HEX];
    vg_transaction *transaction;
    vgi_status status;

    VGI_TRY(vg_call_catalog(call, attach_opaque_data, &catalog));
    if (!catalog->descriptor->transactions)
        return vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
    if (!call->attachment->transaction_opaque_data.data) /* else vg_ops_answer has opened it */
        VGI_TRY(vg_call_set_transaction(call, transaction_opaque_data));
    VGI_TRY(vg_transaction_database(call, database));
    VGI_TRY(read_id(call, call->attachment->transaction_opaque_data, id));
    VGI_TRY(route(call, id, false));
    transaction = vg_transactions_find(vg_call_transactions(call), id);
    if (!transaction)
        return VGI_OK;
    status = vg_transaction_is_of(transaction, database)
                 ? how(call, transaction)
                 : vgi_fail(call, VGI_ERR_VALUE, "transaction_opaque_data not recognized");
    vg_transaction_unlock(transaction);
    vg_transaction_release(transaction);
    return status;
}

vgi_status vg_handle_catalog_transaction_commit(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_transaction_commit_params *params = request;

    (void)response;
    return end(call, params->attach_opaque_data, params->transaction_opaque_data, vg_transaction_commit);
}

vgi_status vg_handle_catalog_transaction_rollback(vgi_call *call, const void *request, void *response)
{
    const vgi_catalog_transaction_rollback_params *params = request;

    (void)response;
    return end(call, params->attach_opaque_data, params->transaction_opaque_data, vg_transaction_roll_back);
}
