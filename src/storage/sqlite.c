/* The calls of durable storage in a SQLite file (vgi/storage.h). One connection a handle, used by one thread at a time;
 * every change is one transaction that takes the write lock at its beginning, so that it never fails in the middle
 * because of another process. */
#include "storage/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vgi/sys/storage.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "storage/storage.h"

enum { MAX_BUSY_TIMEOUT_MS = 3600 * 1000, PUTS_PER_COLLECT = 256 };

/* What one call wants to do. */
typedef struct task {
    bool is_change;
    bool must_survive;     /* a change that a machine without power must not take back */
    const char *owner_sql; /* how many records of no owner the change is about; NULL: must_survive is known */
    int (*work)(vg_sqlite *self, struct task *task); /* an SQLite code */
    const char *sql;
    vgi_bytes id;
    const vgi_stored_attachment *attachment;
    const vgi_stored_transaction *transaction;
    vg_process owner;
    int64_t max_age_s;
    /* What came out of it: */
    vgi_storage_found_attachment found_attachment;
    vgi_storage_found_transaction found_transaction;
    void *context;
    vgi_error *err;
    vgi_status found_status; /* of `found_...` */
    int64_t count;           /* rows found or deleted */
} task;

/* ---- running a task --------------------------------------------------------------------------------------------- */

static int bind_bytes(sqlite3_stmt *statement, int at, vgi_bytes bytes)
{
    if (!bytes.data)
        return sqlite3_bind_null(statement, at);
    return sqlite3_bind_blob64(statement, at, bytes.size ? bytes.data : (const uint8_t *)"", bytes.size, SQLITE_STATIC);
}

/* After a failure that one, else what the statement ends with. */
static int end_statement(sqlite3_stmt *statement, int code)
{
    int ended = sqlite3_finalize(statement);

    return code != SQLITE_OK ? code : ended;
}

/* To look costs less than to wait for the disk, and a transaction ends with every statement. */
static int look_for_owner(vg_sqlite *self, task *t)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(self->db, t->owner_sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = bind_bytes(statement, 1, t->id);
    t->must_survive =
        code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) > 0;
    return end_statement(statement, code);
}

/* What is of a process ends with its machine, and need not wait for the disk. */
static int set_survival(vg_sqlite *self, task *t)
{
    int code = t->owner_sql ? look_for_owner(self, t) : SQLITE_OK;

    if (code == SQLITE_OK && self->survives != t->must_survive)
        code = sqlite3_exec(self->db, t->must_survive ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        self->survives = t->must_survive;
    return code;
}

static int attempt(vg_sqlite *self, task *t)
{
    int code;

    t->count = 0;
    t->found_status = VGI_OK;
    if (!t->is_change)
        return t->work(self, t);
    code = set_survival(self, t);
    if (code == SQLITE_OK)
        code = sqlite3_exec(self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = t->work(self, t);
    if (code == SQLITE_OK)
        code = sqlite3_exec(self->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK && !sqlite3_get_autocommit(self->db))
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* The threads of one handle take turns, inside of the same busy time. */
static vgi_status take_turn(vg_sqlite *self, vgi_error *err)
{
    struct timespec until;
    int code;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(self->busy_timeout_ms / 1000);
    until.tv_nsec += (long)(self->busy_timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    code = pthread_mutex_timedlock(&self->mutex, &until);
    return code ? vgi_error_set(err, VGI_ERR_IO, "the storage: other threads have held it for more than %" PRId64 " ms",
                                self->busy_timeout_ms)
                : VGI_OK;
}

static vgi_status run(vg_sqlite *self, task *t)
{
    int64_t deadline_ms = vg_monotonic_ms() + self->busy_timeout_ms;
    int pid = atomic_load(&self->pid), code = SQLITE_OK;
    vgi_status status;

    if (pid != 0 && pid != getpid())
        return vgi_error_set(
            t->err, VGI_ERR_RUNTIME,
            "a storage that process %d has opened is used in process %d: after fork(), open another one", pid,
            (int)getpid());
    VGI_TRY(take_turn(self, t->err));
    self->deadline_ms = deadline_ms;
    status = vg_sqlite_open(self, t->err);
    if (status == VGI_OK) {
        do {
            code = attempt(self, t);
        } while (vg_sqlite_may_retry(self, code));
        if (t->found_status != VGI_OK)
            status = t->found_status;
        else if (code != SQLITE_OK)
            status = vg_sqlite_error(self, code, t->err);
        /* A file that was put right, or away, meanwhile is found by the next call. */
        if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_FULL)
            vg_sqlite_close(self);
    }
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static vgi_status found_something(vg_sqlite *self, task *t)
{
    VGI_TRY(run(self, t));
    return t->count > 0 ? VGI_OK : VGI_END;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

/* Valid until the statement's next step. */
static vgi_bytes bytes_of(sqlite3_stmt *statement, int column)
{
    const uint8_t *data;

    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (vgi_bytes){0};
    data = sqlite3_column_blob(statement, column);
    /* SQLite gives NULL for no bytes. */
    return (vgi_bytes){data ? data : (const uint8_t *)"", (size_t)sqlite3_column_bytes(statement, column)};
}

/* ?3 to ?7 of a put. */
static int bind_owner(sqlite3_stmt *statement, const vg_process *owner)
{
    int code = sqlite3_bind_int64(statement, 3, owner->pid);

    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 4, owner->start_ticks);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 5, owner->boot, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 6, owner->pid_space);
    return code == SQLITE_OK ? sqlite3_bind_int64(statement, 7, (int64_t)time(NULL)) : code;
}

/* A statement that gives nothing. */
static int finish(sqlite3_stmt *statement, int code)
{
    if (code == SQLITE_OK)
        (void)sqlite3_step(statement);
    return end_statement(statement, code);
}

#define PUT(table, key, other, value)                                                                                  \
    "INSERT INTO " table " (" key ", " other ", owner_pid, owner_start, owner_boot, owner_pid_space, put_at, " value   \
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (" key ") DO UPDATE SET " other " = ?2, owner_pid = ?3, "   \
    "owner_start = ?4, owner_boot = ?5, owner_pid_space = ?6, put_at = ?7, " value " = ?8"

static int put(vg_sqlite *self, task *t)
{
    const vgi_stored_attachment *a = t->attachment;
    const vgi_stored_transaction *x = t->transaction;
    sqlite3_stmt *statement;
    int code = SQLITE_OK;

    if (++self->puts % PUTS_PER_COLLECT == 0) /* who serves for months collects, too */
        code = vg_sqlite_collect(self->db, 0, &(int64_t){0});
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(self->db, t->sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return code;
    code = bind_bytes(statement, 1, a ? a->attach_opaque_data : x->transaction_opaque_data);
    if (code == SQLITE_OK)
        code = a ? sqlite3_bind_text64(statement, 2, a->catalog_name.data, a->catalog_name.size, SQLITE_STATIC,
                                       SQLITE_UTF8)
                 : bind_bytes(statement, 2, x->attach_opaque_data);
    if (code == SQLITE_OK)
        code = bind_owner(statement, &t->owner);
    if (code == SQLITE_OK)
        code = bind_bytes(statement, 8, a ? a->options : x->state);
    return finish(statement, code);
}

/* A row of a get or a list: key, name or attachment, value, owner. */
static vgi_status tell(sqlite3_stmt *statement, const task *t)
{
    vgi_bytes key = bytes_of(statement, 0), other = bytes_of(statement, 1), value = bytes_of(statement, 2);
    int64_t owner_pid = sqlite3_column_int64(statement, 3);

    if (t->found_attachment)
        return t->found_attachment(t->context,
                                   &(vgi_stored_attachment){
                                       .attach_opaque_data = key,
                                       .catalog_name = {(const char *)other.data, other.size},
                                       .options = value,
                                       .owner_pid = owner_pid,
                                   },
                                   t->err);
    return t->found_transaction(t->context,
                                &(vgi_stored_transaction){
                                    .transaction_opaque_data = key,
                                    .attach_opaque_data = other,
                                    .state = value,
                                    .owner_pid = owner_pid,
                                },
                                t->err);
}

/* SQLite waits for others with the first row, if at all: nothing is told twice. */
static int find(vg_sqlite *self, task *t)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(self->db, t->sql, -1, &statement, NULL);

    if (code == SQLITE_OK && t->id.data)
        code = bind_bytes(statement, 1, t->id);
    if (code != SQLITE_OK) {
        sqlite3_finalize(statement);
        return code;
    }
    while (t->found_status == VGI_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        t->found_status = tell(statement, t);
        t->count++;
    }
    return sqlite3_finalize(statement);
}

static int delete_by_id(vg_sqlite *self, const char *sql, task *t)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(self->db, sql, -1, &statement, NULL);

    if (code != SQLITE_OK)
        return code;
    code = finish(statement, bind_bytes(statement, 1, t->id));
    t->count += sqlite3_changes(self->db);
    return code;
}

static int delete_attachment(vg_sqlite *self, task *t)
{
    int code = delete_by_id(self, "DELETE FROM vgi_attachments WHERE attach_opaque_data = ?1", t);

    return code == SQLITE_OK ? delete_by_id(self, "DELETE FROM vgi_transactions WHERE attach_opaque_data = ?1", t)
                             : code;
}

static int delete_transaction(vg_sqlite *self, task *t)
{
    return delete_by_id(self, "DELETE FROM vgi_transactions WHERE transaction_opaque_data = ?1", t);
}

/* ---- collecting ------------------------------------------------------------------------------------------------- */

static const char OWNERS[] = "SELECT owner_pid, owner_start, owner_boot, owner_pid_space FROM vgi_attachments UNION "
                             "SELECT owner_pid, owner_start, owner_boot, owner_pid_space FROM vgi_transactions";

static const char *const DELETE_OWNED[] = {
    "DELETE FROM vgi_attachments WHERE owner_pid = ?1 AND owner_start = ?2 AND owner_boot = ?3 AND owner_pid_space = "
    "?4",
    "DELETE FROM vgi_transactions WHERE owner_pid = ?1 AND owner_start = ?2 AND owner_boot = ?3 AND "
    "owner_pid_space = ?4",
};
static const char *const DELETE_OLD[] = {
    "DELETE FROM vgi_attachments WHERE owner_pid = 0 AND put_at < ?1",
    "DELETE FROM vgi_transactions WHERE owner_pid = 0 AND put_at < ?1",
};

static int delete_owned(sqlite3 *db, const vg_process *owner, int64_t *deleted)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < 2 && code == SQLITE_OK; i++) {
        sqlite3_stmt *statement;

        code = sqlite3_prepare_v2(db, DELETE_OWNED[i], -1, &statement, NULL);
        if (code != SQLITE_OK)
            return code;
        code = sqlite3_bind_int64(statement, 1, owner->pid);
        if (code == SQLITE_OK)
            code = sqlite3_bind_int64(statement, 2, owner->start_ticks);
        if (code == SQLITE_OK)
            code = sqlite3_bind_text(statement, 3, owner->boot, -1, SQLITE_STATIC);
        if (code == SQLITE_OK)
            code = sqlite3_bind_int64(statement, 4, owner->pid_space);
        code = finish(statement, code);
        *deleted += sqlite3_changes(db);
    }
    return code;
}

static int delete_old(sqlite3 *db, int64_t before, int64_t *deleted)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < 2 && code == SQLITE_OK; i++) {
        sqlite3_stmt *statement;

        code = sqlite3_prepare_v2(db, DELETE_OLD[i], -1, &statement, NULL);
        if (code != SQLITE_OK)
            return code;
        code = finish(statement, sqlite3_bind_int64(statement, 1, before));
        *deleted += sqlite3_changes(db);
    }
    return code;
}

int vg_sqlite_collect(sqlite3 *db, int64_t max_age_s, int64_t *ret_deleted)
{
    sqlite3_stmt *owners;
    int code = sqlite3_prepare_v2(db, OWNERS, -1, &owners, NULL), ended;

    *ret_deleted = 0;
    if (code != SQLITE_OK)
        return code;
    /* UNION gathers all of them before the first: what is deleted meanwhile does not disturb it. */
    while (code == SQLITE_OK && sqlite3_step(owners) == SQLITE_ROW) {
        vg_process owner = {
            .pid = sqlite3_column_int64(owners, 0),
            .start_ticks = sqlite3_column_int64(owners, 1),
            .pid_space = sqlite3_column_int64(owners, 3),
        };
        const unsigned char *boot = sqlite3_column_text(owners, 2);

        if (!boot) /* there was no memory for it */
            code = SQLITE_NOMEM;
        else if (owner.pid != 0) {
            snprintf(owner.boot, sizeof owner.boot, "%s", (const char *)boot);
            if (vg_process_is_over(&owner))
                code = delete_owned(db, &owner, ret_deleted);
        }
    }
    ended = sqlite3_finalize(owners);
    if (code == SQLITE_OK)
        code = ended;
    return code == SQLITE_OK && max_age_s > 0 ? delete_old(db, (int64_t)time(NULL) - max_age_s, ret_deleted) : code;
}

static int collect(vg_sqlite *self, task *t)
{
    return vg_sqlite_collect(self->db, t->max_age_s, &t->count);
}

/* ---- the calls -------------------------------------------------------------------------------------------------- */

static vgi_status find_owner(int64_t pid, vg_process *ret, vgi_error *err)
{
    *ret = (vg_process){0};
    if (pid == 0)
        return VGI_OK;
    switch (vg_process_of(pid, ret)) {
    case VG_PROCESS_RUNS:
        return VGI_OK;
    case VG_PROCESS_OVER:
        break;
    case VG_PROCESS_UNKNOWN: /* nobody could tell later whether it still runs */
        *ret = (vg_process){0};
        return VGI_OK;
    }
    return vgi_error_set(err, VGI_ERR_VALUE, "process %" PRId64 " does not run: it can own no record", pid);
}

static vgi_status attach_put(void *self, const vgi_stored_attachment *attachment, vgi_error *err)
{
    task t = {
        .is_change = true,
        .work = put,
        .sql = PUT("vgi_attachments", "attach_opaque_data", "catalog_name", "options"),
        .attachment = attachment,
        .err = err,
    };

    VGI_TRY(find_owner(attachment->owner_pid, &t.owner, err));
    t.must_survive = t.owner.pid == 0;
    return run(self, &t);
}

static vgi_status transaction_put(void *self, const vgi_stored_transaction *transaction, vgi_error *err)
{
    task t = {
        .is_change = true,
        .work = put,
        .sql = PUT("vgi_transactions", "transaction_opaque_data", "attach_opaque_data", "state"),
        .transaction = transaction,
        .err = err,
    };

    VGI_TRY(find_owner(transaction->owner_pid, &t.owner, err));
    t.must_survive = t.owner.pid == 0;
    return run(self, &t);
}

static vgi_status attach_get(void *self, vgi_bytes id, vgi_storage_found_attachment found, void *context,
                             vgi_error *err)
{
    task t = {
        .work = find,
        .sql = "SELECT attach_opaque_data, catalog_name, options, owner_pid FROM vgi_attachments "
               "WHERE attach_opaque_data = ?1",
        .id = id,
        .found_attachment = found,
        .context = context,
        .err = err,
    };

    return found_something(self, &t);
}

static vgi_status attach_list(void *self, vgi_storage_found_attachment found, void *context, vgi_error *err)
{
    task t = {
        .work = find,
        .sql = "SELECT attach_opaque_data, NULL, NULL, owner_pid FROM vgi_attachments ORDER BY rowid",
        .found_attachment = found,
        .context = context,
        .err = err,
    };

    return run(self, &t);
}

static vgi_status transaction_get(void *self, vgi_bytes id, vgi_storage_found_transaction found, void *context,
                                  vgi_error *err)
{
    task t = {
        .work = find,
        .sql = "SELECT transaction_opaque_data, attach_opaque_data, state, owner_pid FROM vgi_transactions "
               "WHERE transaction_opaque_data = ?1",
        .id = id,
        .found_transaction = found,
        .context = context,
        .err = err,
    };

    return found_something(self, &t);
}

static vgi_status attach_delete(void *self, vgi_bytes id, vgi_error *err)
{
    task t = {.is_change = true, .must_survive = true, .work = delete_attachment, .id = id, .err = err};

    return found_something(self, &t);
}

static vgi_status transaction_delete(void *self, vgi_bytes id, vgi_error *err)
{
    task t = {
        .is_change = true,
        .owner_sql = "SELECT count(*) FROM vgi_transactions WHERE transaction_opaque_data = ?1 AND owner_pid = 0",
        .work = delete_transaction,
        .id = id,
        .err = err,
    };

    return found_something(self, &t);
}

static vgi_status collect_all(void *self, int64_t max_age_s, int64_t *ret_deleted, vgi_error *err)
{
    task t = {.is_change = true, .work = collect, .max_age_s = max_age_s, .err = err};

    VGI_TRY(run(self, &t));
    *ret_deleted = t.count;
    return VGI_OK;
}

static void free_self(void *context)
{
    vg_sqlite *self = context;
    int pid = atomic_load(&self->pid);

    /* The connection of a process that forked stays its own: to close it would take its locks away. */
    if (pid == 0 || pid == getpid()) {
        vg_sqlite_close(self);
        pthread_mutex_destroy(&self->mutex);
    }
    vg_free(self->path);
    vg_free(self);
}

static const vgi_storage_ops OPS = {
    .attach_put = attach_put,
    .attach_get = attach_get,
    .attach_delete = attach_delete,
    .attach_list = attach_list,
    .transaction_put = transaction_put,
    .transaction_get = transaction_get,
    .transaction_delete = transaction_delete,
    .collect = collect_all,
    .free = free_self,
};

/* Absolute: it is opened later, and the program may go elsewhere until then. */
static vgi_status keep_path(vg_sqlite *self, const char *path, vgi_error *err)
{
    char cwd[PATH_MAX] = "";
    size_t size;

    if (path[0] != '/' && !getcwd(cwd, sizeof cwd))
        return vgi_error_set(err, VGI_ERR_IO, "%s: where is it? %s", path, strerror(errno));
    size = strlen(cwd) + strlen(path) + 2;
    self->path = vg_malloc(size);
    if (!self->path)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a storage");
    snprintf(self->path, size, "%s%s%s", cwd, path[0] != '/' ? "/" : "", path);
    return VGI_OK;
}

vgi_status vgi_storage_sqlite_new_at(int api_version, const vgi_storage_options *options, vgi_storage **ret,
                                     vgi_error *err)
{
    static const vgi_storage_options DEFAULTS = {0};
    vg_sqlite *self;

    *ret = NULL;
    VGI_TRY(vg_storage_check_version(api_version, err));
    options = options ? options : &DEFAULTS;
    if (options->path && !options->path[0])
        return vgi_error_set(err, VGI_ERR_VALUE, "a storage's path is empty; NULL is the default one");
    if (options->busy_timeout_ms < 0 || options->busy_timeout_ms > MAX_BUSY_TIMEOUT_MS)
        return vgi_error_set(err, VGI_ERR_VALUE, "a storage's busy time is 0 (the default) to %d ms",
                             MAX_BUSY_TIMEOUT_MS);
    self = vg_malloc(sizeof *self);
    if (!self)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a storage");
    *self = (vg_sqlite){
        .is_default_path = !options->path,
        .busy_timeout_ms = options->busy_timeout_ms ? options->busy_timeout_ms : VGI_STORAGE_BUSY_TIMEOUT_MS,
    };
    if (options->path) {
        vgi_status status = keep_path(self, options->path, err);

        if (status != VGI_OK) {
            vg_free(self);
            return status;
        }
    }
    if (pthread_mutex_init(&self->mutex, NULL) != 0) {
        vg_free(self->path);
        vg_free(self);
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a storage");
    }
    return vgi_storage_new_at(api_version, &OPS, self, ret, err);
}
