/* --explain: how SQLite reads each scan, in the caller's log at level DEBUG. Before its first row the statement that is
 * run and SQLite's plan of it (https://sqlite.org/eqp.html); when all rows are read, what that took, in counts that are
 * the same in every run. Called by scan.c; nothing is done without the word. */
#include <string.h>

#include "sq.h"

enum { SHOWN_SQL = 4000 /* bytes: an IN may have thousands of parameters */ };

/* The steps of the plan, separated by "; ". */
static void add_plan(sq_text *out, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sq_text explain = {0};
    const char *between = "";

    sq_text_puts(&explain, "EXPLAIN QUERY PLAN ");
    sq_text_puts(&explain, sql);
    if (!explain.failed && sqlite3_prepare_v2(db, explain.data, -1, &statement, NULL) == SQLITE_OK)
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(statement, 3);

            sq_text_puts(out, between);
            sq_text_puts(out, step ? step : "");
            between = "; ";
        }
    sqlite3_finalize(statement);
    sq_text_done(&explain);
}

void sq_explain_plan(vgi_call *call, const sq_scan *scan)
{
    const char *sql = scan->worker->explains ? sqlite3_sql(scan->statement) : NULL;
    sq_text text = {0};

    if (!sql)
        return;
    sq_text_add(&text, sql, strnlen(sql, SHOWN_SQL));
    sq_text_puts(&text, strlen(sql) > SHOWN_SQL ? "..." : "");
    sq_text_puts(&text, " -- ");
    add_plan(&text, scan->db, sql);
    if (!text.failed)
        vgi_log(call, VGI_LOG_DEBUG, "table \"%s\": %s", scan->table->name, text.data);
    sq_text_done(&text);
}

void sq_explain_end(vgi_call *call, const sq_scan *scan)
{
    int missed = 0, written = 0;
    int64_t rows = scan->n_wanted ? scan->rows_done : scan->counted;

    if (!scan->worker->explains)
        return;
    sqlite3_db_status(scan->db, SQLITE_DBSTATUS_CACHE_MISS, &missed, &written, 0);
    vgi_log(call, VGI_LOG_DEBUG, "table \"%s\": %" PRId64 " rows; %d steps, %d of a full scan, %d sorts, %d pages read",
            scan->table->name, rows, sqlite3_stmt_status(scan->statement, SQLITE_STMTSTATUS_VM_STEP, 0),
            sqlite3_stmt_status(scan->statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0),
            sqlite3_stmt_status(scan->statement, SQLITE_STMTSTATUS_SORT, 0), missed);
}
