/* vgi check-transactions: tries the transactions of a worker of any language (vgi.md §4, §13), for its author. What its
 * files share: check.c is the command and its report, check_worker.c the worker processes that it starts and kills,
 * check_statement.c what is asked of them, check_rows.c and check_crash.c the checks. */
#ifndef VGI_TOOL_CHECK_H
#define VGI_TOOL_CHECK_H

#include "cli.h"

enum { KIT_WORKERS = 5, KIT_ROWS = 16, KIT_BEGUN = 8 };

/* One client of the location; where that is a command line, one process of the worker. */
typedef struct kit_worker {
    vgi_client *client;
    vgi_attachment *attachment;
    vgi_result *result;
} kit_worker;

typedef struct kit_args {
    vgi_string_list schema;
    vgi_opt_int64 patience_s;
    vgi_string_list only;
} kit_args;

typedef struct kit {
    cli *c;
    const kit_args *args;
    vgi_string_list path; /* of the schema that scratch tables are made in */
    kit_worker workers[KIT_WORKERS];
    char table[64]; /* the scratch table of the check that runs: (id BIGINT, note VARCHAR) */
    char first[64]; /* the one before, where a check has gone on to another table */
    int tables;     /* how many there were */
    cli_text why;   /* of the check that runs: what went wrong, or why it was skipped */
    cli_text note;  /* what is said behind `ok` */
    bool skipped;
    vgi_bytes begun[KIT_BEGUN]; /* the ids that the check was given last, to be rolled back behind it */
    size_t n_begun;
} kit;

/* A transaction: as the worker named it. */
typedef struct kit_tx {
    vgi_bytes id;
    char name[16]; /* in sentences */
} kit_tx;

/* A check: true: it held. */
typedef bool kit_check(kit *k);

typedef struct kit_row {
    const char *name;
    const char *claim; /* what holds where the check is ok */
    kit_check *run;
    bool kills; /* needs workers that are processes of this program */
} kit_row;

extern const kit_row KIT_STATEMENT_ROWS[], KIT_CRASH_ROWS[]; /* up to one without name */

/* ---- sentences (check.c): the first one of a check is kept. All return false. ----------------------------------- */

bool kit_no(kit *k, const char *format, ...) VGI_PRINTF(2, 3);
bool kit_skip(kit *k, const char *format, ...) VGI_PRINTF(2, 3);
/* "WHAT failed: ..." */
bool kit_failed(kit *k, const char *what, const vgi_error *err);
void kit_note(kit *k, const char *format, ...) VGI_PRINTF(2, 3);

/* ---- processes (check_worker.c) --------------------------------------------------------------------------------- */

/* Worker `i`, started where it does not run; NULL after kit_no. */
kit_worker *kit_worker_get(kit *k, int i);
vgi_status kit_worker_open(kit *k, kit_worker *worker, vgi_error *err);
void kit_worker_close(kit_worker *worker);
void kit_close_workers(kit *k);
/* SIGKILL for the worker and the shell that runs it. */
void kit_kill(kit *k, int i);
double kit_now_s(void);
void kit_pause(void);
double kit_patience_s(const kit *k);

/* ---- statements that may fail (check_statement.c): in `tx`, or in none ------------------------------------------- */

/* A row (`id`, some text) by the worker's insert function. */
vgi_status kit_try_insert(const kit *k, kit_worker *w, vgi_bytes tx, int id, vgi_error *err);
/* The same, but the stream stays open: the row has been taken, and the end was not said. */
vgi_status kit_try_insert_open(const kit *k, kit_worker *w, vgi_bytes tx, int id, vgi_run **ret, vgi_error *err);
vgi_status kit_try_create(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, bool has_key, vgi_error *err);
vgi_status kit_try_drop(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, vgi_error *err);
vgi_status kit_try_find(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, bool *ret, vgi_error *err);
vgi_status kit_try_begin(kit *k, kit_worker *w, kit_tx *ret, const char *name, vgi_error *err);
vgi_status kit_try_end(kit_worker *w, vgi_bytes tx, bool commits, vgi_error *err);
/* How often each id (0 to KIT_ROWS - 1) is in the scratch table. */
vgi_status kit_try_rows(const kit *k, kit_worker *w, vgi_bytes tx, int ret[KIT_ROWS], vgi_error *err);

/* ---- statements that must succeed: false after kit_no ------------------------------------------------------------ */

bool kit_begin(kit *k, int worker, kit_tx *ret, const char *name);
bool kit_insert(kit *k, int worker, const kit_tx *tx, int id);
bool kit_commit(kit *k, int worker, const kit_tx *tx);
bool kit_rollback(kit *k, int worker, const kit_tx *tx);
/* The scratch table, made and committed by worker 0. */
bool kit_table(kit *k, bool has_key);
/* The rows of the scratch table are those of `ids` (bit i: i), once each. `tx` NULL: seen by a transaction of its own,
 * which has changed nothing. */
bool kit_sees(kit *k, int worker, const kit_tx *tx, uint32_t ids, const char *when);
bool kit_finds(kit *k, int worker, const kit_tx *tx, const char *table, bool exists, const char *when);
/* Another transaction can write: `id` is inserted and committed by worker `worker`, at the latest when the patience is
 * at its end. */
bool kit_can_write(kit *k, int worker, int id, const char *when);

#endif
