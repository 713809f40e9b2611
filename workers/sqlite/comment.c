/* Comments on tables, views and columns, which SQLite has no place for: a table of ours in the file, `vgi_comments`,
 * made with the first comment and shown by no listing. It is one of ours only while its SQL is. What other programs
 * rename leaves its comment behind. */
#include <string.h>

#include "sq.h"

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const vgi_string *texts, int n)
{
    sqlite3_stmt *statement = NULL;
    bool is_right = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK;

    for (int i = 0; is_right && i < n; i++)
        if (texts[i].data)
            is_right = sqlite3_bind_text64(statement, i + 1, texts[i].size ? texts[i].data : "", texts[i].size,
                                           SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK;
    if (is_right)
        return statement;
    sqlite3_finalize(statement);
    return NULL;
}

static bool run(sqlite3 *db, const char *sql, const vgi_string *texts, int n)
{
    sqlite3_stmt *statement = prepare(db, sql, texts, n);

    return statement && (sqlite3_step(statement), sqlite3_finalize(statement) == SQLITE_OK);
}

static bool is_there(sqlite3 *db)
{
    vgi_string sql = vgi_str(SQ_COMMENTS_SQL);
    sqlite3_stmt *statement = prepare(db, "SELECT 1 FROM main.sqlite_schema WHERE sql = ?1", &sql, 1);
    bool found = statement && sqlite3_step(statement) == SQLITE_ROW;

    sqlite3_finalize(statement);
    return found;
}

static void place(sq_snapshot *snapshot, const char *object, const char *column, const char *comment)
{
    sq_table *table = (sq_table *)(uintptr_t)sq_snapshot_table(snapshot, object, strlen(object));
    sq_column *columns = table ? (sq_column *)(uintptr_t)table->columns : NULL;

    if (!table || !sq_utf8_valid((const unsigned char *)comment, strlen(comment)))
        return;
    if (!*column)
        table->comment = comment;
    for (int i = 0; *column && i < table->n_columns; i++)
        if (sqlite3_stricmp(columns[i].name, column) == 0)
            columns[i].comment = comment;
}

bool sq_comments_read(sqlite3 *db, sq_snapshot *snapshot)
{
    sqlite3_stmt *statement;

    if (!is_there(db))
        return true;
    statement = prepare(db, "SELECT object, \"column\", comment FROM main.vgi_comments", NULL, 0);
    while (statement && sqlite3_step(statement) == SQLITE_ROW) {
        const char *object = (const char *)sqlite3_column_text(statement, 0);
        const char *column = (const char *)sqlite3_column_text(statement, 1);
        const char *text = (const char *)sqlite3_column_text(statement, 2);
        char *comment = text ? sq_strdup(&snapshot->mem, text) : NULL;

        if (object && column && comment)
            place(snapshot, object, column, comment);
    }
    return statement && sqlite3_finalize(statement) == SQLITE_OK;
}

bool sq_comment_set(sqlite3 *db, vgi_string object, vgi_string column, vgi_string comment)
{
    vgi_string texts[] = {object, column.data ? column : vgi_str(""), comment};

    if (!comment.data)
        return !is_there(db) ||
               run(db, "DELETE FROM main.vgi_comments WHERE object = ?1 AND \"column\" = ?2", texts, 2);
    if (!is_there(db) && sqlite3_exec(db, SQ_COMMENTS_SQL, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    return run(db, "INSERT OR REPLACE INTO main.vgi_comments VALUES (?1, ?2, ?3)", texts, 3);
}

bool sq_comments_move(sqlite3 *db, vgi_string object, vgi_string new_name)
{
    vgi_string texts[] = {object, new_name};

    if (!is_there(db))
        return true;
    if (!new_name.data)
        return run(db, "DELETE FROM main.vgi_comments WHERE object = ?1", texts, 1);
    return run(db, "UPDATE OR REPLACE main.vgi_comments SET object = ?2 WHERE object = ?1", texts, 2);
}

bool sq_comments_move_column(sqlite3 *db, vgi_string object, vgi_string column, vgi_string new_name)
{
    vgi_string texts[] = {object, column, new_name};

    if (!is_there(db))
        return true;
    if (!new_name.data)
        return run(db, "DELETE FROM main.vgi_comments WHERE object = ?1 AND \"column\" = ?2", texts, 2);
    return run(db, "UPDATE OR REPLACE main.vgi_comments SET \"column\" = ?3 WHERE object = ?1 AND \"column\" = ?2",
               texts, 3);
}
