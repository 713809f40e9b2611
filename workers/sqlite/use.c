/* How a callback reaches a file: through the connection of its transaction where that has changed the file, so that it
 * sees what is not committed yet; otherwise through one of its own, which sees what is. With the connection comes the
 * snapshot of the schema that it sees: of a transaction its own, otherwise the newest that was read, as long as it is
 * of the same file and schema. */
#include <string.h>

#include "sq.h"

static bool same_identity(const sq_identity *a, const sq_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->made_ns == b->made_ns &&
           a->schema_version == b->schema_version;
}

/* The file's newest snapshot, if it is of that identity, held once more. */
static const sq_snapshot *cached(sq_worker *worker, const sq_file *file, const sq_identity *identity)
{
    sq_snapshot *found;

    pthread_mutex_lock(&worker->lock);
    found = worker->newest[file - worker->files];
    if (found && same_identity(&found->identity, identity))
        found->users++;
    else
        found = NULL;
    pthread_mutex_unlock(&worker->lock);
    return found;
}

void sq_snapshot_release(sq_worker *worker, const sq_snapshot *snapshot)
{
    bool is_last;

    if (!snapshot)
        return;
    pthread_mutex_lock(&worker->lock);
    is_last = --((sq_snapshot *)(uintptr_t)snapshot)->users == 0;
    pthread_mutex_unlock(&worker->lock);
    if (is_last)
        sq_snapshot_free(snapshot);
}

void sq_snapshot_let_go(void *snapshot)
{
    sq_snapshot *mine = snapshot;

    if (mine)
        sq_snapshot_release(mine->worker, mine);
}

/* Makes a new one the newest, which holds it once more. */
static void keep(sq_worker *worker, sq_snapshot *snapshot)
{
    sq_snapshot **newest = &worker->newest[snapshot->file - worker->files], *before;

    pthread_mutex_lock(&worker->lock);
    before = *newest;
    snapshot->users++;
    *newest = snapshot;
    pthread_mutex_unlock(&worker->lock);
    sq_snapshot_release(worker, before);
}

static vgi_status use_own(vgi_call *call, sq_worker *worker, const sq_file *file, sq_use *ret)
{
    sq_identity identity;
    sq_snapshot *made;
    vgi_status status;

    VGI_TRY(sq_open(file, &ret->db, &identity, vgi_call_error(call)));
    ret->is_own = true;
    ret->snapshot = cached(worker, file, &identity);
    if (ret->snapshot)
        return VGI_OK;
    status = sq_schema_read(worker, file, ret->db, &identity, &made, vgi_call_error(call));
    if (status == VGI_OK) {
        ret->snapshot = made;
        keep(worker, made);
    }
    return status;
}

static vgi_status use_transaction(vgi_call *call, sq_txn *txn, sq_use *ret)
{
    sq_identity identity = {0};

    if (!txn->snapshot)
        VGI_TRY(sq_schema_read(txn->worker, txn->file, txn->db, &identity, &txn->snapshot, vgi_call_error(call)));
    pthread_mutex_lock(&txn->worker->lock);
    txn->snapshot->users++;
    pthread_mutex_unlock(&txn->worker->lock);
    ret->db = txn->db;
    ret->snapshot = txn->snapshot;
    return VGI_OK;
}

vgi_status sq_use_begin(vgi_call *call, const sq_file *file, sq_use *ret)
{
    sq_worker *worker = vgi_call_user(call);
    sq_txn *txn = vgi_call_transaction(call);
    vgi_status status;

    *ret = (sq_use){.worker = worker};
    status = txn && txn->file == file ? use_transaction(call, txn, ret) : use_own(call, worker, file, ret);
    if (status != VGI_OK)
        sq_use_end(ret);
    return status;
}

void sq_use_end(sq_use *use)
{
    if (use->is_own)
        sqlite3_close_v2(use->db);
    if (use->worker)
        sq_snapshot_release(use->worker, use->snapshot);
    *use = (sq_use){0};
}

const sq_file *sq_file_named(const sq_worker *worker, vgi_string schema)
{
    for (int i = 0; i < worker->n_files; i++) {
        const char *own = worker->files[i].schema;

        if (strlen(own) == schema.size && sqlite3_strnicmp(own, schema.data, (int)schema.size) == 0)
            return &worker->files[i];
    }
    return NULL;
}

vgi_status sq_file_at(vgi_call *call, vgi_string_list path, const sq_file **ret)
{
    const vgi_string *name = &path.items[path.count - 1];

    *ret = path.count == 1 ? sq_file_named(vgi_call_user(call), *name) : NULL;
    if (*ret)
        return VGI_OK;
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "there is no schema \"%.*s\"", name->size < 200 ? (int)name->size : 200,
                    name->data);
}
