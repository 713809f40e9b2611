/* Rows of a statement, put by in a database of their own: in memory while they are few, in a file without a name when
 * they are many; gone when it is closed. Values stay what they are, as its columns have no types. Called by scan.c. */
#include <string.h>

#include "sq.h"

/* Text stays in the encoding that it has: what is not valid would be changed by a conversion. */
static bool begin(sqlite3 *db, sqlite3 *rows)
{
    sqlite3_stmt *statement = NULL;
    sq_text sql = {0};
    bool is_right = sqlite3_prepare_v2(db, "PRAGMA main.encoding", -1, &statement, NULL) == SQLITE_OK &&
                    sqlite3_step(statement) == SQLITE_ROW;

    if (is_right) {
        sq_text_puts(&sql, "PRAGMA encoding='");
        sq_text_puts(&sql, (const char *)sqlite3_column_text(statement, 0));
        sq_text_puts(&sql, "'; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN");
    }
    sqlite3_finalize(statement);
    is_right = is_right && !sql.failed && sqlite3_exec(rows, sql.data, NULL, NULL, NULL) == SQLITE_OK;
    sq_text_done(&sql);
    return is_right;
}

/* `before`, then `each` once a column, with commas, then `after`. */
static bool build(sq_text *sql, const char *before, const char *each, int n, const char *after)
{
    char name[16];

    sq_text_puts(sql, before);
    for (int i = 0; i < n; i++) {
        sqlite3_snprintf((int)sizeof name, name, each, i);
        sq_text_puts(sql, i ? ", " : "");
        sq_text_puts(sql, name);
    }
    sq_text_puts(sql, after);
    return !sql->failed;
}

static bool copy(sqlite3_stmt *from, sqlite3_stmt *to, int n)
{
    int code;

    while ((code = sqlite3_step(from)) == SQLITE_ROW) {
        for (int i = 0; i < n; i++)
            if (sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i)) != SQLITE_OK)
                return false;
        if (sqlite3_step(to) != SQLITE_DONE || sqlite3_reset(to) != SQLITE_OK)
            return false;
    }
    return code == SQLITE_DONE;
}

bool sq_rows_copy(sqlite3 *db, sqlite3_stmt *from, sqlite3 **ret_rows, sqlite3_stmt **ret)
{
    int n = sqlite3_column_count(from);
    sq_text create = {0}, insert = {0};
    sqlite3_stmt *to = NULL;
    bool is_right;

    *ret = NULL;
    is_right = sqlite3_open_v2("", ret_rows, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
                   SQLITE_OK &&
               begin(db, *ret_rows) && build(&create, "CREATE TABLE r(", "c%d", n, ")") &&
               build(&insert, "INSERT INTO r VALUES (", "?", n, ")") &&
               sqlite3_exec(*ret_rows, create.data, NULL, NULL, NULL) == SQLITE_OK &&
               sqlite3_prepare_v2(*ret_rows, insert.data, -1, &to, NULL) == SQLITE_OK && copy(from, to, n);
    sqlite3_finalize(to);
    is_right = is_right && sqlite3_exec(*ret_rows, "COMMIT", NULL, NULL, NULL) == SQLITE_OK &&
               sqlite3_prepare_v2(*ret_rows, "SELECT * FROM r ORDER BY rowid", -1, ret, NULL) == SQLITE_OK;
    sq_text_done(&create);
    sq_text_done(&insert);
    return is_right;
}
