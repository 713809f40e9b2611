/* What is known of a table before it is scanned: about how many rows it has, and what its columns hold. Called for
 * every statement of the engine, so that only look-ups are made that cost no scan: what ANALYZE wrote to sqlite_stat1,
 * the ends of the rowids, and the ends of indexes. What is unknown stays so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sq.h"

/* A statement that has a first row, with ?1 and ?2 (nullable) bound; NULL: it has none. */
static sqlite3_stmt *first_row(sqlite3 *db, const char *sql, const char *one, const char *two)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        (!one || sqlite3_bind_text(statement, 1, one, -1, SQLITE_STATIC) == SQLITE_OK) &&
        (!two || sqlite3_bind_text(statement, 2, two, -1, SQLITE_STATIC) == SQLITE_OK) &&
        sqlite3_step(statement) == SQLITE_ROW)
        return statement;
    sqlite3_finalize(statement);
    return NULL;
}

/* One integer of a query; -1 where it gives none. */
static int64_t ask(sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *statement = first_row(db, sql, name, NULL);
    int64_t answer = -1;

    if (statement && sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer < -1 ? -1 : answer;
}

void sq_text_from(sq_text *sql, const sq_table *table)
{
    sq_text_puts(sql, " FROM main.");
    sq_text_quoted(sql, table->name, strlen(table->name), '"');
    sq_text_puts(sql, " AS t");
}

/* `SELECT before t."column" after FROM ...`, on its first row. */
static sqlite3_stmt *ask_column(sqlite3 *db, const sq_table *table, const char *before, const char *column,
                                const char *after)
{
    sqlite3_stmt *statement;
    sq_text sql = {0};

    sq_text_puts(&sql, before);
    sq_text_quoted(&sql, column, strlen(column), '"');
    sq_text_puts(&sql, after);
    sq_text_from(&sql, table);
    statement = sql.failed ? NULL : first_row(db, sql.data, NULL, NULL);
    sq_text_done(&sql);
    return statement;
}

static bool rowid_end(sqlite3 *db, const sq_table *table, const char *before, int64_t *ret)
{
    sqlite3_stmt *statement = ask_column(db, table, before, table->rowid, ")");
    bool is_known = statement && sqlite3_column_type(statement, 0) == SQLITE_INTEGER;

    if (is_known)
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return is_known;
}

bool sq_rowid_span(sqlite3 *db, const sq_table *table, int64_t *ret_first, int64_t *ret_last)
{
    return rowid_end(db, table, "SELECT min(t.", ret_first) && rowid_end(db, table, "SELECT max(t.", ret_last);
}

/* What ANALYZE counted; otherwise the span of the rowids, which two look-ups in the tree give, and never more than the
 * file has room for. */
int64_t sq_estimate(sqlite3 *db, const sq_table *table)
{
    int64_t rows = ask(db, "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?1", table->name);
    int64_t room = ask(db, "SELECT page_count * page_size / 4 FROM pragma_page_count, pragma_page_size", NULL);
    int64_t first, last;
    uint64_t span;

    if (rows >= 0 || !table->rowid)
        return rows;
    if (!sq_rowid_span(db, table, &first, &last))
        return sqlite3_errcode(db) == SQLITE_OK || sqlite3_errcode(db) == SQLITE_DONE ? 0 : -1;
    span = (uint64_t)last - (uint64_t)first;
    return room < 0 ? -1 : span < (uint64_t)room ? (int64_t)span + 1 : room;
}

vgi_status sq_cardinality(vgi_call *call, vgi_cardinality *ret)
{
    const sq_table *table;
    sq_use use;

    VGI_TRY(sq_find(call, &use, &table));
    if (strcmp(table->type, "table") == 0) {
        ret->estimate = sq_estimate(use.db, table);
        ret->has_estimate = ret->estimate >= 0;
    }
    sq_use_end(&use);
    return VGI_OK;
}

/* ---- statistics -------------------------------------------------------------------------------------------------- */

/* sqlite_stat1 says of an index `rows rows-per-value ...`: so many values differ. Where it does not, as many as there
 * are rows, which is what the engine takes for a column of which nothing is known: a null here it would read as one. */
static void count_distinct(sqlite3 *db, const sq_table *table, const sq_column *column, vgi_column_statistics *ret)
{
    sqlite3_stmt *statement = first_row(db, "SELECT stat FROM main.sqlite_stat1 WHERE tbl = ?1 AND idx = ?2",
                                        table->name, column->index ? column->index : "");
    const char *stat = statement ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    char *end = NULL;
    long long rows = stat ? strtoll(stat, &end, 10) : 0, each = end ? strtoll(end, NULL, 10) : 0;

    if (rows > 0 && each > 0)
        ret->distinct_count = rows / each > 0 ? rows / each : 1;
    else
        ret->distinct_count = sq_estimate(db, table);
    ret->has_distinct_count = ret->distinct_count > 0;
    sqlite3_finalize(statement);
}

static void find_nulls(sqlite3 *db, const sq_table *table, const sq_column *column, vgi_column_statistics *ret)
{
    sqlite3_stmt *statement;
    sq_text sql = {0};

    sq_text_puts(&sql, "SELECT EXISTS (SELECT 1");
    sq_text_from(&sql, table);
    sq_text_puts(&sql, " WHERE t.");
    sq_text_quoted(&sql, column->name, strlen(column->name), '"');
    sq_text_puts(&sql, " IS NULL)");
    statement = sql.failed ? NULL : first_row(db, sql.data, NULL, NULL);
    ret->no_nulls = statement && sqlite3_column_int(statement, 0) == 0;
    sqlite3_finalize(statement);
    sq_text_done(&sql);
}

/* One end of the column, if it is a number: SQLite sorts numbers before text and blobs, so that where both ends are
 * numbers all values are. */
static bool end_of(sqlite3 *db, const sq_table *table, const char *before, const char *name, sq_kind kind,
                   sqlite3_int64 *ret_i64, double *ret_f64)
{
    sqlite3_stmt *statement = ask_column(db, table, before, name, ")");
    int type = statement ? sqlite3_column_type(statement, 0) : SQLITE_NULL;
    bool is_number = type == SQLITE_INTEGER || (type == SQLITE_FLOAT && kind == SQ_DOUBLE);

    if (is_number) {
        *ret_i64 = sqlite3_column_int64(statement, 0);
        *ret_f64 = sqlite3_column_double(statement, 0);
    }
    sqlite3_finalize(statement);
    return is_number && isfinite(*ret_f64);
}

static void find_bounds(sqlite3 *db, const sq_table *table, const char *name, sq_kind kind, vgi_column *out)
{
    sqlite3_int64 first, last;
    double least, greatest;

    if ((kind != SQ_BIGINT && kind != SQ_DOUBLE) || !end_of(db, table, "SELECT min(t.", name, kind, &first, &least) ||
        !end_of(db, table, "SELECT max(t.", name, kind, &last, &greatest))
        return;
    if (kind == SQ_BIGINT) {
        vgi_append_i64(out, first);
        vgi_append_i64(out, last);
    } else {
        vgi_append_f64(out, least);
        vgi_append_f64(out, greatest);
    }
}

static void know_table(const sq_worker *worker, sqlite3 *db, const sq_table *table, vgi_statistics *ret)
{
    for (int i = 0; i < table->n_columns; i++) {
        const sq_column *column = &table->columns[i];
        vgi_column_statistics *known = &ret->columns[i];

        if (!column->index && !column->is_rowid)
            continue;
        count_distinct(db, table, column, known);
        find_bounds(db, table, column->name, column->kind, vgi_out_column(ret->bounds, i));
        if (worker->types == SQ_TYPES_CAST)
            continue; /* what cannot be read as a date becomes NULL */
        if (column->is_rowid)
            known->no_nulls = true;
        else
            find_nulls(db, table, column, known);
    }
    if (table->rowid) {
        ret->columns[table->n_columns].no_nulls = true;
        find_bounds(db, table, table->rowid, SQ_BIGINT, vgi_out_column(ret->bounds, table->n_columns));
    }
}

vgi_status sq_statistics(vgi_call *call, vgi_statistics *ret)
{
    const sq_table *table;
    sq_use use;

    VGI_TRY(sq_find(call, &use, &table));
    if (strcmp(table->type, "table") == 0) {
        know_table(use.worker, use.db, table, ret);
        ret->has_max_age = true; /* 0: the file may change */
    }
    sq_use_end(&use);
    return VGI_OK;
}
