/* Durable storage in a SQLite file: what its opening (sqlite_open.c) and its calls (sqlite.c) share. */
#ifndef VG_STORAGE_SQLITE_H
#define VG_STORAGE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <vgi/storage.h>

typedef struct vg_sqlite {
    pthread_mutex_t mutex; /* held by the call that uses `db` */
    char *path;            /* absolute; NULL: the default, until it is opened */
    bool is_default_path;
    int64_t busy_timeout_ms;
    int64_t deadline_ms; /* of the call that holds the mutex */
    sqlite3 *db;         /* NULL: not open */
    atomic_int pid;      /* of the process that opened it; 0: none has */
    bool survives;       /* commits wait for the disk */
    unsigned puts;
} vg_sqlite;

/* ---- sqlite_open.c ---- */

/* Opens the file where it is not open: makes it, refuses what is not ours, brings it up to date. */
vgi_status vg_sqlite_open(vg_sqlite *self, vgi_error *err);
void vg_sqlite_close(vg_sqlite *self);

/* The failure of an SQLite call, in the words of vgi/storage.h. */
vgi_status vg_sqlite_error(const vg_sqlite *self, int code, vgi_error *err);

/* True if others hold the file and there is time left; after a nap, that is. */
bool vg_sqlite_may_retry(const vg_sqlite *self, int code);

/* The one number that a statement gives. */
int vg_sqlite_number(sqlite3 *db, const char *sql, int64_t *ret);

/* A file at version n gets the steps from n on, in one transaction; the number of steps is the newest version. */
vgi_status vg_sqlite_migrate(vg_sqlite *self, const char *const *steps, int count, vgi_error *err);

/* ---- sqlite.c ---- */

/* Deletes what is of processes that have ended, inside of a transaction; max_age_s as in vgi_storage_collect. */
int vg_sqlite_collect(sqlite3 *db, int64_t max_age_s, int64_t *ret_deleted);

#endif
