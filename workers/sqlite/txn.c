/* Transactions that write (vgi/transactions.h): one connection, which has the file's write lock from its first change
 * on. What begins with a read and then writes fails where another program wrote meanwhile, and no waiting helps; so it
 * begins with BEGIN IMMEDIATE. Which file is written to is known with the first change alone; it stays that one, as
 * SQLite cannot commit two files at once. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sq.h"

enum { BUMP_BUSY_MS = 1000 };

static vgi_status begin(vgi_call *call, void **ret_state)
{
    sq_txn *txn = calloc(1, sizeof *txn);

    if (!txn)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");

    txn->worker = vgi_call_user(call);
    *ret_state = txn;
    return VGI_OK;
}

static int64_t cookie(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;

    if (sqlite3_prepare_v2(db, "PRAGMA main.schema_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* Defensive mode keeps SQL away from this number; it is the worker's own doing here. */
static void set_cookie(sqlite3 *db, int64_t value)
{
    char sql[64];

    sqlite3_snprintf((int)sizeof sql, sql, "PRAGMA main.schema_version=%d", (int)(value & INT32_MAX));
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    (void)sqlite3_exec(db, sql, NULL, NULL, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

void sq_cookie_raise(sqlite3 *db)
{
    set_cookie(db, cookie(db) + 1);
}

static void end(sq_txn *txn)
{
    sq_snapshot_release(txn->worker, txn->snapshot);
    sqlite3_close_v2(txn->db); /* a stream that is still open ends later */
    free(txn);
}

/* The engine has seen versions of the catalog that are no more; it asks anew only where the version has grown. So the
 * file's schema cookie goes beyond them, for every process to see. */
static void outgrow(sq_txn *txn)
{
    int64_t seen = txn->seen_cookie;

    if (!txn->db || !txn->has_ddl)
        return;
    (void)sqlite3_busy_timeout(txn->db, BUMP_BUSY_MS);
    if (sqlite3_exec(txn->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return;
    if (cookie(txn->db) <= seen)
        set_cookie(txn->db, seen + 1);
    (void)sqlite3_exec(txn->db, "COMMIT", NULL, NULL, NULL);
}

static void rollback(void *user, void *state)
{
    sq_txn *txn = state;

    (void)user;
    if (txn->db && !sqlite3_get_autocommit(txn->db))
        (void)sqlite3_exec(txn->db, "ROLLBACK", NULL, NULL, NULL);
    outgrow(txn);
    end(txn);
}

static vgi_status commit(vgi_call *call, void *state)
{
    sq_txn *txn = state;
    vgi_status status;

    if (!txn->db || sqlite3_exec(txn->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
        end(txn);
        return VGI_OK;
    }
    status = sq_sql_fail(call, txn->file, txn->db, "COMMIT");
    rollback(NULL, txn);
    return status;
}

const vgi_transactions SQ_TRANSACTIONS = {.begin = begin, .commit = commit, .rollback = rollback};

/* ---- in a change ------------------------------------------------------------------------------------------------- */

static bool configure(sqlite3 *db, const sq_file *file)
{
    return sqlite3_busy_timeout(db, file->busy_ms) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, file->trusted, NULL) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) == SQLITE_OK &&
           sqlite3_exec(db,
                        "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; "
                        "PRAGMA cache_spill=OFF; BEGIN IMMEDIATE",
                        NULL, NULL, NULL) == SQLITE_OK;
}

static vgi_status open_file(vgi_call *call, sq_txn *txn, const sq_file *file)
{
    vgi_status status;

    VGI_TRY(sq_open_raw(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, &txn->db, vgi_call_error(call)));
    txn->file = file;
    if (configure(txn->db, file)) {
        txn->seen_cookie = cookie(txn->db);
        return VGI_OK;
    }
    status = sq_sql_fail(call, file, txn->db, "");
    sqlite3_close_v2(txn->db);
    txn->db = NULL;
    txn->file = NULL;
    return status;
}

vgi_status sq_txn_use(vgi_call *call, const sq_file *file, sq_txn **ret)
{
    sq_txn *txn = *ret = vgi_call_transaction(call);

    if (!txn)
        return vgi_fail(call, VGI_ERR_RUNTIME, "this change belongs to no transaction");
    if (!txn->db)
        return open_file(call, txn, file);
    if (txn->file != file)
        return vgi_fail(call, VGI_ERR_NOT_IMPLEMENTED,
                        "a transaction can change one file, as SQLite cannot commit two at once: this one has changed "
                        "schema \"%s\", and cannot change \"%s\"",
                        txn->file->schema, file->schema);
    if (sqlite3_get_autocommit(txn->db))
        return vgi_fail(call, VGI_ERR_VALUE, "%s: the transaction was rolled back after an earlier failure: ROLLBACK",
                        file->path);
    return VGI_OK;
}

void sq_txn_changed(sq_txn *txn, bool has_cookie)
{
    int64_t now;

    if (!has_cookie)
        sq_cookie_raise(txn->db);
    now = cookie(txn->db);
    txn->has_ddl = true;
    if (now > txn->seen_cookie)
        txn->seen_cookie = now;
    sq_snapshot_release(txn->worker, txn->snapshot);
    txn->snapshot = NULL;
}
