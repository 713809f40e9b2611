/* The SQLite file of durable storage: found, made, recognised, brought up to date, and its failures put into words. See
 * sqlite.h.
 *
 * The reference SDK keeps a file of the same name in the same place. Ours has tables of other names, so that both can
 * live in one file; application_id and user_version, which the reference leaves 0, are ours. */
#include "storage/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/state_file.h"

enum { APPLICATION_ID = 0x56474943 }; /* "VGIC" */

#define OWNER                                                                                                          \
    "owner_pid INTEGER NOT NULL, owner_start INTEGER NOT NULL, owner_boot TEXT NOT NULL, "                             \
    "owner_pid_space INTEGER NOT NULL, put_at INTEGER NOT NULL"

/* Owners stand before the values, which may be long: collecting then reads the beginning of a row only. */
static const char *const STEPS[] = {
    "CREATE TABLE vgi_attachments (attach_opaque_data BLOB PRIMARY KEY NOT NULL, " OWNER
    ", catalog_name TEXT NOT NULL, options BLOB);"
    "CREATE TABLE vgi_transactions (transaction_opaque_data BLOB PRIMARY KEY NOT NULL, " OWNER
    ", attach_opaque_data BLOB NOT NULL, state BLOB);"
    "CREATE INDEX vgi_transactions_by_attachment ON vgi_transactions (attach_opaque_data);",
};

static const char FOREIGN_TABLE[] =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'vgi_*' AND name NOT GLOB 'sqlite_*' "
    "AND name NOT IN ('catalog_attachments', 'catalog_transactions')";

/* ---- failures --------------------------------------------------------------------------------------------------- */

typedef struct failure {
    int code; /* primary, or extended */
    vgi_status status;
    const char *text;
} failure;

/* Extended codes before the primary ones that they belong to. */
static const failure FAILURES[] = {
    {SQLITE_IOERR_NOMEM, VGI_ERR_MEMORY, "no memory"},
    {SQLITE_NOMEM, VGI_ERR_MEMORY, "no memory"},
    {SQLITE_FULL, VGI_ERR_IO, "the disk is full, nothing was stored"},
    {SQLITE_NOTADB, VGI_ERR_IO, "is damaged, or no SQLite file; when it is moved away, a new one is made"},
    {SQLITE_CORRUPT, VGI_ERR_IO, "is damaged; when it is moved away, a new one is made"},
    {SQLITE_READONLY, VGI_ERR_PERMISSION, "cannot be written"},
    {SQLITE_PERM, VGI_ERR_PERMISSION, "cannot be written"},
    {SQLITE_CANTOPEN, VGI_ERR_PERMISSION, "cannot be opened, or nothing can be written beside it"},
    {SQLITE_TOOBIG, VGI_ERR_LIMIT, "too large for one record"},
    {SQLITE_IOERR, VGI_ERR_IO, "cannot be read or written, nothing was stored"},
};

static bool is_busy(int code)
{
    return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

vgi_status vg_sqlite_error(const vg_sqlite *self, int code, vgi_error *err)
{
    int system = self->db ? sqlite3_system_errno(self->db) : 0;

    if (is_busy(code))
        return vgi_error_set(err, VGI_ERR_IO, "%s: others have held it for more than %" PRId64 " ms", self->path,
                             self->busy_timeout_ms);
    for (size_t i = 0; i < sizeof FAILURES / sizeof *FAILURES; i++) {
        const failure *f = &FAILURES[i];

        if (f->code != code && f->code != (code & 0xff))
            continue;
        if (system && f->status != VGI_ERR_MEMORY)
            return vgi_error_set(err, f->status, "%s: %s (%s)", self->path, f->text, strerror(system));
        return vgi_error_set(err, f->status, "%s: %s", self->path, f->text);
    }
    return vgi_error_set(err, VGI_ERR_RUNTIME, "%s: %s", self->path,
                         self->db ? sqlite3_errmsg(self->db) : sqlite3_errstr(code));
}

/* Naps of 1 to 20 ms, of different lengths, so that many who wait do not wake together. */
static bool nap(const vg_sqlite *self, int round)
{
    int64_t left = self->deadline_ms - vg_monotonic_ms();
    int64_t ms = round < 3 ? 1 : 1 + (round * 7 + getpid()) % 20;

    if (left <= 0)
        return false;
    (void)poll(NULL, 0, (int)(ms < left ? ms : left));
    return true;
}

static int on_busy(void *context, int round)
{
    return nap(context, round);
}

bool vg_sqlite_may_retry(const vg_sqlite *self, int code)
{
    return is_busy(code) && nap(self, 0);
}

/* ---- what kind of file it is ------------------------------------------------------------------------------------ */

int vg_sqlite_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    *ret = 0;
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    return code == SQLITE_OK ? sqlite3_finalize(statement) : code;
}

/* What `recognise` asks, of one state of the file: another process may be making its tables. */
static int ask_kind(const vg_sqlite *self, int64_t *ret_application, int64_t *ret_version, int64_t *ret_foreign)
{
    bool is_alone = sqlite3_get_autocommit(self->db);
    int code = is_alone ? sqlite3_exec(self->db, "BEGIN", NULL, NULL, NULL) : SQLITE_OK;

    if (code == SQLITE_OK)
        code = vg_sqlite_number(self->db, "PRAGMA application_id", ret_application);
    if (code == SQLITE_OK)
        code = vg_sqlite_number(self->db, "PRAGMA user_version", ret_version);
    if (code == SQLITE_OK)
        code = vg_sqlite_number(self->db, FOREIGN_TABLE, ret_foreign);
    if (is_alone && !sqlite3_get_autocommit(self->db))
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* The version of its tables, 0 where it has none of ours yet. Nothing is changed. */
static vgi_status recognise(const vg_sqlite *self, int newest, int64_t *ret_version, vgi_error *err)
{
    int64_t application = 0, version = 0, foreign = 0;
    int code;

    do {
        code = ask_kind(self, &application, &version, &foreign);
    } while (vg_sqlite_may_retry(self, code));
    if (code != SQLITE_OK)
        return vg_sqlite_error(self, code, err);
    if (application != APPLICATION_ID && (application || version || foreign))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: is a database of something else", self->path);
    if (version < 0 || version > newest)
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "%s: was made by a newer libvgi (version %" PRId64
                             " of its tables, %d is the newest known)",
                             self->path, version, newest);
    *ret_version = version;
    return VGI_OK;
}

static int run_steps(sqlite3 *db, const char *const *steps, int from, int count)
{
    char text[96];
    int code = SQLITE_OK;

    for (int i = from; i < count && code == SQLITE_OK; i++)
        code = sqlite3_exec(db, steps[i], NULL, NULL, NULL);
    snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID, count);
    return code == SQLITE_OK ? sqlite3_exec(db, text, NULL, NULL, NULL) : code;
}

vgi_status vg_sqlite_migrate(vg_sqlite *self, const char *const *steps, int count, vgi_error *err)
{
    int64_t version = 0;
    vgi_status status;
    int code;

    VGI_TRY(recognise(self, count, &version, err));
    if (version == count)
        return VGI_OK;
    do {
        code = sqlite3_exec(self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    } while (vg_sqlite_may_retry(self, code));
    if (code != SQLITE_OK)
        return vg_sqlite_error(self, code, err);
    status = recognise(self, count, &version, err); /* another process may have been first */
    if (status == VGI_OK) {
        code = run_steps(self->db, steps, (int)version, count);
        status = code == SQLITE_OK ? VGI_OK : vg_sqlite_error(self, code, err);
    }
    if (status != VGI_OK && !sqlite3_get_autocommit(self->db))
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static vgi_status find_path(vg_sqlite *self, vgi_error *err)
{
    vg_arena arena = {0};
    const char *path;
    vgi_status status = vg_state_path(&arena, "vgi_catalog.db", &path, err);

    if (status == VGI_OK) {
        size_t size = strlen(path) + 1;

        self->path = vg_malloc(size);
        if (self->path)
            memcpy(self->path, path, size);
        else
            status = vgi_error_set(err, VGI_ERR_MEMORY, "no memory for the path of a file");
    }
    vg_arena_done(&arena);
    return status;
}

/* SQLite makes its files with the modes of the first, so it must not be SQLite that makes that one. What the reference
 * has made in the default place others may read. */
static vgi_status make_file(const vg_sqlite *self, vgi_error *err)
{
    vgi_status status = vg_state_create(self->path, NULL, 0, err);
    struct stat found;

    if (status != VGI_END)
        return status;
    if (self->is_default_path && stat(self->path, &found) == 0 && found.st_uid == geteuid() &&
        (found.st_mode & 077) != 0 && chmod(self->path, 0600) < 0)
        return vg_state_error(err, self->path, "its mode cannot be made 0600", errno);
    return VGI_OK;
}

/* Waited for in a loop: SQLite does not call the busy handler for every lock that this needs. */
static int set_up(vg_sqlite *self)
{
    int64_t ignored;
    int code;

    do {
        code = vg_sqlite_number(self->db, "PRAGMA journal_mode = WAL", &ignored);
    } while (vg_sqlite_may_retry(self, code));
    if (code != SQLITE_OK)
        return code;
    self->survives = true;
    return sqlite3_exec(self->db, "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON", NULL, NULL, NULL);
}

static int collect_once(const vg_sqlite *self)
{
    int64_t ignored;
    int code;

    do {
        code = sqlite3_exec(self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    } while (vg_sqlite_may_retry(self, code));
    if (code == SQLITE_OK)
        code = vg_sqlite_collect(self->db, 0, &ignored);
    if (code == SQLITE_OK)
        code = sqlite3_exec(self->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK && !sqlite3_get_autocommit(self->db))
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static vgi_status open_file(vg_sqlite *self, vgi_error *err)
{
    vgi_status status;
    int code = sqlite3_open_v2(self->path, &self->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (code != SQLITE_OK)
        return vg_sqlite_error(self, code, err);
    sqlite3_extended_result_codes(self->db, 1);
    sqlite3_busy_handler(self->db, on_busy, self);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (sqlite3_db_readonly(self->db, "main") == 1) /* SQLite's answer to a file that may only be read */
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: cannot be written", self->path);
    /* Recognised before anything is changed. */
    status = recognise(self, sizeof STEPS / sizeof *STEPS, &(int64_t){0}, err);
    if (status != VGI_OK)
        return status;
    code = set_up(self);
    if (code != SQLITE_OK)
        return vg_sqlite_error(self, code, err);
    VGI_TRY(vg_sqlite_migrate(self, STEPS, sizeof STEPS / sizeof *STEPS, err));
    code = collect_once(self);
    return code == SQLITE_OK ? VGI_OK : vg_sqlite_error(self, code, err);
}

vgi_status vg_sqlite_open(vg_sqlite *self, vgi_error *err)
{
    vgi_status status = VGI_OK;
    int moved = 0;

    /* A file that was moved away is left to whoever has it now. */
    if (self->db && sqlite3_file_control(self->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
        vg_sqlite_close(self);
    if (self->db)
        return VGI_OK;
    if (!self->path)
        status = find_path(self, err);
    if (status == VGI_OK)
        status = make_file(self, err);
    if (status == VGI_OK) {
        atomic_store(&self->pid, getpid());
        status = open_file(self, err);
    }
    if (status != VGI_OK)
        vg_sqlite_close(self);
    return status;
}

void vg_sqlite_close(vg_sqlite *self)
{
    sqlite3_close(self->db);
    self->db = NULL;
    atomic_store(&self->pid, 0);
}
