/* What the files of the table share (transactions.c, transaction_watch.c), and what of a transaction lies in a file
 * beside the owner's socket, so that it outlives the process (transaction_marker.c). */
#ifndef VG_WORKER_TRANSACTION_TABLE_H
#define VG_WORKER_TRANSACTION_TABLE_H

#include <pthread.h>
#include <time.h>

#include "worker/transactions.h"

/* In files, too: the numbers stay. */
typedef enum vg_phase {
    VG_PHASE_BEGINS = 0,
    VG_PHASE_WRITES = 1,
    VG_PHASE_COMMITS = 2, /* in files only */
    VG_PHASE_COMMITTED = 3,
    VG_PHASE_COMMIT_FAILED = 4,
    VG_PHASE_ROLLED_BACK = 5,
    VG_PHASE_ROLLED_BACK_IDLE = 6,
    VG_PHASE_LOST = 7,    /* its process died with it */
    VG_PHASE_UNKNOWN = 8, /* its process died when it committed */
    VG_PHASE_NEVER_BEGAN = 9,
} vg_phase;

typedef struct vg_marker {
    char magic[8];
    int32_t phase;
    int64_t idle_ms; /* how long it might rest */
    char database[VG_SHA256_HEX];
    vg_process engine;
    vgi_error error; /* of a commit that failed */
} vg_marker;

/* Writes it whole, over what was there. */
vgi_status vg_marker_write(const char *place, const uint8_t id[VG_TRANSACTION_ID], const vg_marker *marker,
                           vgi_error *err);
/* False: there is none. */
bool vg_marker_read(const char *place, const uint8_t id[VG_TRANSACTION_ID], vg_marker *ret);
void vg_marker_remove(const char *place, const uint8_t id[VG_TRANSACTION_ID]);
/* Removes those of `place` that nobody will ask for any more. */
void vg_markers_collect(const char *place);

/* The counter of a database: `own` NULL, it rises; else, where that is not what it was the last time. */
int64_t vg_counter_ask(const char *place, const char database[VG_SHA256_HEX], const int64_t *own);

/* The same of a process that shares nothing. */
typedef struct vg_counter {
    struct vg_counter *next;
    char database[VG_SHA256_HEX];
    int64_t version;
    int64_t own;
    bool has_own;
} vg_counter;
void vg_counter_tell(vg_counter *counter, const int64_t *own);
int64_t vg_counter_first(void);

struct vg_transaction {
    vg_transactions *table;
    vg_transaction *next; /* in the table: the newest first */
    vg_transaction_wanted is;
    void *state;
    void *registry; /* kept for `is.functions` */
    vg_phase phase;
    int64_t idle_ms;
    bool is_locked;
    bool is_listed;
    bool has_ddl;
    char last_ddl[VG_SHA256_HEX]; /* the last change; "": it was another one */
    vg_process last_worker;
    int64_t users;
    int64_t used_ms;
    time_t since;
    int engine_fd;   /* a pidfd; -1: none */
    vgi_error error; /* of a commit that failed */
};

struct vg_transactions {
    void *user;
    char *place; /* NULL: no markers */
    bool keeps;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    vg_transaction *first;
    vg_counter *counters; /* where there are no markers */
    int wake_fd;          /* of the thread that watches; -1: there is none */
    pthread_t watcher;
    bool stops;
};

/* ---- with the table locked --------------------------------------------------------------------------------------- */

void vg_transaction_lock_one(vg_transaction *transaction);
void vg_transaction_unlock_one(vg_transaction *transaction);
void vg_transaction_release_one(vg_transaction *transaction);
/* Calls its callback, the table unlocked meanwhile. It is locked. */
void vg_transaction_roll_back_one(vg_transaction *transaction, vg_phase how);

/* ---- transaction_watch.c ----------------------------------------------------------------------------------------- */

vgi_status vg_transactions_watch(vg_transactions *table, vgi_error *err);
void vg_transactions_unwatch(vg_transactions *table);
/* A new one: opens its pidfd, and has the thread look at it. */
void vg_transactions_watch_one(vg_transactions *table, vg_transaction *transaction);

#endif
