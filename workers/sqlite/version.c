/* Which state of a file a read transaction sees, so that processes that scan parts of one table can tell that they
 * scan the same one (part.c).
 *
 * In the rollback modes a reader's lock keeps writers out, and the change counter in the header moves with every
 * commit. In WAL mode a commit need not touch the database at all: there the number and the cumulated checksum of the
 * log's frames name the state (https://sqlite.org/walformat.html §2.1), and, once the log has been copied back and
 * begun anew, the time at which the database was written to. That time is coarse: a file that was written to in this
 * very second may be written to again without being seen to. Its state has no name then. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sq.h"

enum { CHANGE_COUNTER_AT = 24, WAL_STATE_AT = 16, WAL_REGION = 32768, TRIES = 5 };

#define SECOND_NS INT64_C(1000000000)

/* The log's header, as it is now, through SQLite's own mapping: another descriptor on the file, closed, would take away
 * this process's locks. */
static bool wal_state(sqlite3 *db, uint8_t ret[24])
{
    sqlite3_file *file = NULL;
    void volatile *region = NULL;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file || !file->pMethods ||
        file->pMethods->iVersion < 2 || !file->pMethods->xShmMap ||
        file->pMethods->xShmMap(file, 0, WAL_REGION, 0, &region) != SQLITE_OK || !region)
        return false;
    for (size_t i = 0; i < 24; i++)
        ret[i] = ((uint8_t volatile *)region)[WAL_STATE_AT + i];
    return true;
}

static bool begin(sqlite3 *db)
{
    return sqlite3_exec(db, "COMMIT; BEGIN; SELECT 1 FROM main.sqlite_schema LIMIT 1", NULL, NULL, NULL) == SQLITE_OK;
}

/* A transaction that began between two equal looks at the log sees that state. */
static bool settle_wal(sqlite3 *db, uint8_t ret[24])
{
    uint8_t before[24];

    for (int i = 0; i < TRIES; i++) {
        if (!wal_state(db, before) || !begin(db) || !wal_state(db, ret))
            return false;
        if (memcmp(before, ret, sizeof before) == 0)
            return true;
    }
    return false;
}

static bool header_state(sqlite3 *db, sq_version *ret)
{
    sqlite3_file *file = NULL;

    return sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file && file->pMethods &&
           file->pMethods->xRead(file, ret->change_counter, 4, CHANGE_COUNTER_AT) == SQLITE_OK;
}

bool sq_version_read(const sq_file *file, sqlite3 *db, sq_version *ret)
{
    bool is_wal = sq_is_wal(db);
    struct timespec now;
    struct stat st;

    *ret = (sq_version){0};
    if ((is_wal && !settle_wal(db, ret->wal)) || !header_state(db, ret) || stat(file->path, &st) != 0 ||
        clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    ret->device = (uint64_t)st.st_dev;
    ret->inode = (uint64_t)st.st_ino;
    ret->size_bytes = (int64_t)st.st_size;
    ret->modified_ns = st.st_mtim.tv_sec * SECOND_NS + st.st_mtim.tv_nsec;
    return !is_wal || now.tv_sec * SECOND_NS + now.tv_nsec - ret->modified_ns > SECOND_NS;
}
