/* Unit tests of file.c, schema.c, ddl.c and describe.c: a file that SQLite wrote, as the catalog shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sq.h"

#include <sys/stat.h>
#include <unistd.h>

const vgi_table_function SQ_SCAN = {.signature = "sqlite_scan(\"table\" VARCHAR) -> TABLE"};
const vgi_table_function SQ_SCAN_PARTS = {.signature = "sqlite_scan(\"table\" VARCHAR) -> TABLE"};

const vgi_table_in_out SQ_INSERT = {0}, SQ_UPDATE = {0}, SQ_DELETE = {0};
const vgi_catalog_ops SQ_OPS = {0}, SQ_READ_ONLY_OPS = {0};
const vgi_transactions SQ_TRANSACTIONS = {0};

static char folder[] = "/tmp/vgi-sqlite-XXXXXX";
static char path[64];
static sq_worker worker = {.files = {{.path = path, .schema = (char *)"main", .busy_ms = 100}},
                           .n_files = 1,
                           .name = "shop",
                           .max_workers = 1};

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/shop.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *sql)
{
    sqlite3 *db;
    char *message = NULL;

    unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

static sq_snapshot *read_file(const char *sql)
{
    sq_snapshot *snapshot = NULL;
    sq_identity identity;
    vgi_error err = {0};
    sqlite3 *db;

    if (sql)
        write_file(sql);
    if (sq_open(worker.files, &db, &identity, &err) ||
        sq_schema_read(&worker, worker.files, db, &identity, &snapshot, &err))
        fail_msg("%s", err.message);
    sqlite3_close(db);
    return snapshot;
}

static const vgi_table *table_named(const sq_snapshot *snapshot, const char *name)
{
    for (int i = 0; i < snapshot->n_tables; i++)
        if (strcmp(snapshot->descriptors[i].name, name) == 0)
            return &snapshot->descriptors[i];
    fail_msg("there is no table %s", name);
    return NULL;
}

static void expect_names(const char *const *names, const char *joined)
{
    char text[512] = "";

    for (; names && *names; names++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *text ? "|" : "", *names);
    assert_string_equal(text, joined);
}

static void tables_are_described(void **state)
{
    sq_snapshot *snapshot = read_file(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE DEFAULT 'x''y');"
        "CREATE TABLE \"od'd \"\"na me\"(a INT CHECK(a > 0 /* ) */), \"check\" TEXT DEFAULT ('CHECK(' || x'61'),"
        "  c DATE DEFAULT CURRENT_DATE, g INT GENERATED ALWAYS AS (a + 1), p REFERENCES parent,"
        "  PRIMARY KEY(\"check\", a), CONSTRAINT n CHECK(\"check\" LIKE ')%' AND a < 10), UNIQUE(c, a),"
        "  CHECK(a ->> '$' < 9), FOREIGN KEY(\"check\") REFERENCES Parent(CODE)) WITHOUT ROWID;"
        "CREATE UNIQUE INDEX i1 ON parent(code, id); CREATE UNIQUE INDEX i2 ON parent(lower(code));"
        "CREATE UNIQUE INDEX i3 ON parent(id) WHERE id > 3; CREATE INDEX i4 ON parent(code);"
        "CREATE TABLE r(rowid TEXT, _ROWID_ INT, nosuch REFERENCES absent(x)); INSERT INTO r VALUES('a', 1, 2);"
        "CREATE VIEW v AS SELECT id, code || '!' AS loud FROM parent; ANALYZE;");
    const vgi_table *odd = table_named(snapshot, "od'd \"na me"), *parent = table_named(snapshot, "parent");

    (void)state;
    assert_string_equal(parent->columns, "\"id\" BIGINT, \"code\" VARCHAR, \"rowid\" BIGINT");
    assert_string_equal(parent->scan, "sqlite_scan('parent')");
    assert_int_equal(sq_snapshot_table(snapshot, "parent", 6)->columns[0].primary_key, 1);
    assert_true(sq_snapshot_table(snapshot, "parent", 6)->columns[1].not_null);
    expect_names(parent->unique[0], "code");
    expect_names(parent->unique[1], "code|id");
    assert_null(parent->unique[2]);
    assert_string_equal(parent->column_info[0].name, "code");
    assert_string_equal(parent->column_info[0].default_value, "'x''y'");
    assert_null(parent->column_info[1].name);

    assert_string_equal(odd->columns, "\"a\" BIGINT, \"check\" VARCHAR, \"c\" DATE, \"g\" BIGINT, \"p\" VARCHAR");
    assert_string_equal(odd->scan, "sqlite_scan('od''d \"na me')");
    assert_int_equal(sq_snapshot_table(snapshot, odd->name, strlen(odd->name))->columns[0].primary_key, 2);
    assert_true(sq_snapshot_table(snapshot, odd->name, strlen(odd->name))->columns[3].is_generated);
    expect_names(odd->unique[0], "c|a");
    expect_names(odd->check, "(\"a\" > 0)|((\"check\" ILIKE ')%') AND (\"a\" < 10))");
    assert_string_equal(odd->column_info[0].default_value, "('CHECK(' || CAST('\\x61' AS BLOB))");
    assert_string_equal(odd->column_info[1].default_value, "CURRENT_DATE");
    expect_names(odd->foreign_keys[0].columns, "p");
    assert_string_equal(odd->foreign_keys[0].referenced_table, "parent");
    expect_names(odd->foreign_keys[0].referenced_columns, "id");
    expect_names(odd->foreign_keys[1].columns, "check");
    expect_names(odd->foreign_keys[1].referenced_columns, "code");
    assert_null(odd->foreign_keys[2].columns);

    assert_null(table_named(snapshot, "r")->foreign_keys);
    assert_string_equal(sq_snapshot_table(snapshot, "R", 1)->rowid, "oid");
    assert_null(sq_snapshot_table(snapshot, "OD'D \"NA ME", 11)->rowid);
    assert_string_equal(table_named(snapshot, "v")->columns, "\"id\" BIGINT, \"loud\" VARCHAR");
    assert_string_equal(table_named(snapshot, "v")->tags[0].value, "view");
    assert_string_equal(table_named(snapshot, "v")->tags[1].value,
                        "CREATE VIEW v AS SELECT id, code || '!' AS loud FROM parent");
    assert_int_equal(snapshot->n_tables, 4); /* and not sqlite_stat1 */
    assert_null(snapshot->left_out);
    sq_snapshot_free(snapshot);
}

static void what_cannot_be_read_is_left_out_and_said(void **state)
{
    sq_snapshot *snapshot = read_file("CREATE TABLE t(a); CREATE VIEW good AS SELECT * FROM t;"
                                      "CREATE VIEW broken AS SELECT * FROM nosuch;"
                                      "CREATE TABLE e(\"\" INT); CREATE VIRTUAL TABLE f USING fts5(body);"
                                      "PRAGMA writable_schema=ON;"
                                      "INSERT INTO sqlite_schema VALUES('table', 'gone', 'gone', 0,"
                                      " 'CREATE VIRTUAL TABLE gone USING nosuchmodule(x)')");

    (void)state;
    assert_int_equal(snapshot->n_tables, 3);
    assert_string_equal(table_named(snapshot, "f")->columns, "\"body\" VARCHAR");
    assert_non_null(strstr(snapshot->left_out, "\"broken\": no such table: main.nosuch"));
    assert_non_null(strstr(snapshot->left_out, "\"e\": a column has an empty name"));
    assert_non_null(strstr(snapshot->left_out, "\"gone\": no such module: nosuchmodule"));
    sq_snapshot_free(snapshot);
}

static void an_empty_database_has_no_tables(void **state)
{
    sq_snapshot *snapshot = read_file("VACUUM");

    (void)state;
    assert_int_equal(snapshot->n_tables, 0);
    sq_snapshot_free(snapshot);
}

static void comments_are_read_and_their_table_is_not_shown(void **state)
{
    sq_snapshot *snapshot = read_file("CREATE TABLE t(a, b);" SQ_COMMENTS_SQL
                                      "; INSERT INTO vgi_comments VALUES('T', '', 'of it'), ('t', 'B', 'of b'), "
                                      "('gone', '', 'x'), ('t', 'gone', 'x')");

    (void)state;
    assert_int_equal(snapshot->n_tables, 1);
    assert_string_equal(snapshot->descriptors[0].comment, "of it");
    assert_string_equal(snapshot->descriptors[0].column_info[0].name, "b");
    assert_string_equal(snapshot->descriptors[0].column_info[0].comment, "of b");
    assert_null(snapshot->descriptors[0].column_info[1].name);
    sq_snapshot_free(snapshot);
    snapshot = read_file("CREATE TABLE vgi_comments(x)"); /* somebody else's */
    assert_int_equal(snapshot->n_tables, 1);
    sq_snapshot_free(snapshot);
}

static void the_catalog_has_a_schema_for_each_file(void **state)
{
    (void)state;
    assert_true(sq_describe_catalog(&worker));
    assert_string_equal(worker.catalogs[0]->schemas[0]->name, "main");
    assert_null(worker.catalogs[0]->schemas[1]);
    assert_ptr_equal(worker.catalogs[0]->ops, &SQ_OPS);
    assert_ptr_equal(worker.catalogs[0]->transactions, &SQ_TRANSACTIONS);
    worker.is_read_only = true;
    assert_true(sq_describe_catalog(&worker));
    assert_ptr_equal(worker.catalogs[0]->ops, &SQ_READ_ONLY_OPS);
    assert_null(worker.catalogs[0]->transactions);
    assert_null(worker.catalogs[0]->schemas[0]->table_in_outs);
    worker.is_read_only = false;
    sq_mem_free(&worker.mem);
}

static void expect_failure(const char *reason)
{
    sq_identity identity;
    vgi_error err = {0};
    sqlite3 *db = NULL;

    if (sq_open(worker.files, &db, &identity, &err) == VGI_OK)
        fail_msg("it was opened: expected %s", reason);
    assert_null(db);
    if (!strstr(err.message, reason) || !strstr(err.message, path) || strchr(err.message, '\n'))
        fail_msg("\"%s\" should say \"%s\"", err.message, reason);
}

static void put_file(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void what_cannot_be_opened_says_why(void **state)
{
    char noise[4096];

    (void)state;
    unlink(path);
    expect_failure("there is no such file");
    assert_int_equal(access(path, F_OK), -1); /* and none was made */
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 131 + i / 7);
    put_file(noise, sizeof(noise));
    expect_failure("it is not a SQLite database, or it is encrypted");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_failure("it is a folder");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_failure("it is not a file");
    write_file("CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(5000) FROM (VALUES(1),(2),(3))");
    assert_int_equal(truncate(path, 4096), 0);
    expect_failure("it is damaged");
}

static void names_that_sqlite_would_take_for_something_else_are_files(void **state)
{
    const sq_file memory = {.path = ":memory:"}, none = {0};
    sq_identity identity;
    vgi_error err = {0};
    sqlite3 *db;

    (void)state;
    assert_int_equal(sq_open(&memory, &db, &identity, &err), VGI_ERR_IO);
    vgi_error_clear(&err);
    assert_int_equal(sq_open(&none, &db, &identity, &err), VGI_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "no file is named"));
}

static void the_identity_tells_a_change_of_the_schema(void **state)
{
    sq_identity before, after;
    vgi_error err = {0};
    sqlite3 *db;

    (void)state;
    write_file("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    assert_int_equal(sq_open(worker.files, &db, &before, &err), VGI_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE u(b)", NULL, NULL, NULL), SQLITE_READONLY);
    sqlite3_close(db);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE u(b)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(sq_open(worker.files, &db, &after, &err), VGI_OK);
    sqlite3_close(db);
    assert_true(after.schema_version > before.schema_version);
    assert_int_equal(after.inode, before.inode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_described),
        cmocka_unit_test(what_cannot_be_read_is_left_out_and_said),
        cmocka_unit_test(an_empty_database_has_no_tables),
        cmocka_unit_test(comments_are_read_and_their_table_is_not_shown),
        cmocka_unit_test(the_catalog_has_a_schema_for_each_file),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(names_that_sqlite_would_take_for_something_else_are_files),
        cmocka_unit_test(the_identity_tells_a_change_of_the_schema),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
