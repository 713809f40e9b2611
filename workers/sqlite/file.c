/* Opens the SQLite file, and says in one sentence why it cannot. Called for reading by use.c, for writing by txn.c. By
 * reading nothing is written: the one thing that cannot be helped is that SQLite itself makes the -shm
 * and -wal files beside a database in WAL mode that nobody else has open. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sq.h"

/* What SQLite's codes mean to whoever attaches. `says`: SQLite's own words go behind. */
static const struct reason {
    int code;
    vgi_status status;
    bool says;
    const char *text;
} REASONS[] = {
    {SQLITE_NOTADB, VGI_ERR_VALUE, false, "it is not a SQLite database, or it is encrypted"},
    {SQLITE_BUSY, VGI_ERR_IO, false,
     "it is locked: another program has kept it so for longer than --busy-timeout says; try again when that is done"},
    {SQLITE_LOCKED, VGI_ERR_IO, false, "it is locked; try again later"},
    {SQLITE_CORRUPT, VGI_ERR_VALUE, true, "it is damaged, and should be restored from a copy"},
    {SQLITE_CANTOPEN, VGI_ERR_IO, true, "SQLite cannot open it, or a file that belongs to it"},
    {SQLITE_READONLY, VGI_ERR_IO, false,
     "a program that wrote to it did not end well, and only a program that may write can repair it: open it once with "
     "the sqlite3 shell"},
    {SQLITE_PERM, VGI_ERR_PERMISSION, true, "it may not be read"},
    {SQLITE_IOERR, VGI_ERR_IO, true, "reading it failed"},
    {SQLITE_NOMEM, VGI_ERR_MEMORY, false, "out of memory"},
};

/* A database in WAL mode says so in byte 18 of its header. Read through SQLite's own descriptor: closing another one on
 * the same file would take away the locks that this process holds for its other scans (POSIX advisory locks are so). */
bool sq_is_wal(sqlite3 *db)
{
    unsigned char format = 0;
    sqlite3_file *file = NULL;

    return db && sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file &&
           file->pMethods && file->pMethods->xRead(file, &format, 1, 18) == SQLITE_OK && format == 2;
}

vgi_status sq_fail(const sq_file *file, sqlite3 *db, const char *what, vgi_error *err)
{
    int code = db ? sqlite3_errcode(db) & 0xFF : SQLITE_NOMEM;

    if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && sq_is_wal(db) &&
        sqlite3_extended_errcode(db) != SQLITE_READONLY_ROLLBACK)
        return vgi_error_set(
            err, VGI_ERR_IO,
            "%s: %sit is in WAL mode, and SQLite cannot make the -shm file that reading it needs: make "
            "its folder writable, or leave WAL mode (PRAGMA journal_mode=DELETE)",
            file->path, what);
    if (db && strstr(sqlite3_errmsg(db), "unsafe use of "))
        return vgi_error_set(err, VGI_ERR_PERMISSION,
                             "%s: %sits schema calls a function that a file from a stranger may not call (%s): attach "
                             "with --trust-schema if you know where it comes from",
                             file->path, what, sqlite3_errmsg(db));
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (REASONS[i].code == code)
            return vgi_error_set(err, REASONS[i].status, "%s: %s%s%s%s", file->path, what, REASONS[i].text,
                                 REASONS[i].says ? ": " : "", REASONS[i].says ? sqlite3_errmsg(db) : "");
    return vgi_error_set(err, VGI_ERR_VALUE, "%s: %s%s", file->path, what, sqlite3_errmsg(db));
}

/* When the file was made, where its file system knows: a file that takes another one's place may get its inode. */
static int64_t made_ns(const char *path)
{
#ifdef STATX_BTIME
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME))
        return st.stx_btime.tv_sec * INT64_C(1000000000) + st.stx_btime.tv_nsec;
#else
    (void)path;
#endif
    return 0;
}

/* What SQLite would say badly, or would wait for (a pipe). */
static vgi_status check(const sq_file *file, sq_identity *identity, vgi_error *err)
{
    struct stat st;

    if (!file->path)
        return vgi_error_set(err, VGI_ERR_ARGUMENT, "no file is named: LOCATION 'vgi-sqlite FILE'");
    if (stat(file->path, &st) != 0)
        return vgi_error_set(err, VGI_ERR_IO, "%s: %s", file->path,
                             errno == ENOENT ? "there is no such file" : strerror(errno));
    if (S_ISDIR(st.st_mode))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: it is a folder, not a SQLite database", file->path);
    if (!S_ISREG(st.st_mode))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s: it is not a file", file->path);
    if (access(file->path, R_OK) != 0)
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: it may not be read: %s", file->path, strerror(errno));
    identity->device = (uint64_t)st.st_dev;
    identity->inode = (uint64_t)st.st_ino;
    identity->made_ns = made_ns(file->path);
    return VGI_OK;
}

/* Hostile files: what the schema holds may call nothing that reaches beyond the file, unless it is trusted. Sorting
 * stays in memory. */
static bool configure(sqlite3 *db, const sq_file *file)
{
    return sqlite3_busy_timeout(db, file->busy_ms) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, file->trusted, NULL) == SQLITE_OK &&
           sqlite3_exec(db, "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; BEGIN", NULL,
                        NULL, NULL) == SQLITE_OK;
}

static bool read_version(sqlite3 *db, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    bool is_right = sqlite3_prepare_v2(db, "PRAGMA main.schema_version", -1, &statement, NULL) == SQLITE_OK &&
                    sqlite3_step(statement) == SQLITE_ROW;

    if (is_right)
        *ret = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && is_right;
}

static vgi_status open_as(const sq_file *file, int flags, sqlite3 **ret, vgi_error *err)
{
    sqlite3 *db = NULL;
    sq_text path = {0};
    vgi_status status = VGI_OK;

    if (file->path[0] != '/')
        sq_text_puts(&path, "./"); /* ":memory:" and "file:..." are names of files here */
    sq_text_puts(&path, file->path);
    if (path.failed) {
        sq_text_done(&path);
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    }
    if (sqlite3_open_v2(path.data, &db, flags, NULL) != SQLITE_OK) {
        status = sq_fail(file, db, "", err);
        sqlite3_close(db);
        db = NULL;
    }
    sq_text_done(&path);
    *ret = db;
    return status;
}

vgi_status sq_open_raw(const sq_file *file, int flags, sqlite3 **ret, vgi_error *err)
{
    sq_identity identity;

    *ret = NULL;
    VGI_TRY(check(file, &identity, err));
    if (access(file->path, W_OK) != 0)
        return vgi_error_set(err, VGI_ERR_PERMISSION, "%s: it may not be written to: %s", file->path, strerror(errno));
    return open_as(file, flags, ret, err);
}

vgi_status sq_open(const sq_file *file, sqlite3 **ret, sq_identity *ret_identity, vgi_error *err)
{
    vgi_status status;

    *ret = NULL;
    VGI_TRY(check(file, ret_identity, err));
    VGI_TRY(open_as(file, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, ret, err));
    if (configure(*ret, file) && read_version(*ret, &ret_identity->schema_version))
        return VGI_OK;
    status = sq_fail(file, *ret, "", err);
    sqlite3_close(*ret);
    *ret = NULL;
    return status;
}

vgi_status sq_sql_fail(vgi_call *call, const sq_file *file, sqlite3 *db, const char *what)
{
    int code = db ? sqlite3_errcode(db) & 0xFF : SQLITE_NOMEM;

    switch (code) {
    case SQLITE_CONSTRAINT: /* "UNIQUE constraint failed: t.a": SQLite names table and column */
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return vgi_fail_as(call, "ConstraintError", "%s", sqlite3_errmsg(db));
    case SQLITE_ERROR:
        return vgi_fail(call, VGI_ERR_VALUE, "%s%s%s", what, *what ? ": " : "", sqlite3_errmsg(db));
    case SQLITE_FULL:
        return vgi_fail(call, VGI_ERR_IO, "%s: the disk is full", file->path);
    default:
        return sq_fail(file, db, "", vgi_call_error(call));
    }
}
