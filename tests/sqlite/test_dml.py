"""INSERT, UPDATE and DELETE of the engine into a SQLite file: what is written reads back equal, and SQLite enforces what the
table demands."""

import datetime
import decimal

import duckdb
import pytest

import shop


def ask(c, sql):
    return c.execute(sql).fetchall()


@pytest.fixture
def path(tmp_path):
    return shop.make(
        tmp_path / "shop.db",
        """CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'd', c REAL, u TEXT UNIQUE);
        CREATE TABLE w(k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
        CREATE TABLE made(a INT, twice INT AS (a * 2), stamp TEXT DEFAULT (hex('a') || typeof(1)));
        CREATE TABLE plain(x BIGINT)""",
        rows={"t": [(1, "x", None, "u1"), (2, "y", None, "u2")]})


@pytest.fixture
def c(path):
    with shop.served(path) as connect:
        yield connect()


def test_rows_are_inserted_changed_and_deleted(c, path):
    assert ask(c, "INSERT INTO t VALUES (3, 'z', 1.5, NULL)") == [(1,)]
    assert ask(c, "INSERT INTO t(b) VALUES ('auto') RETURNING *") == [(4, "auto", None, None)]
    assert ask(c, "INSERT INTO t(c) VALUES (2) RETURNING id, b") == [(5, "d")]
    assert ask(c, "UPDATE t SET b = b || '!' WHERE id < 3 RETURNING id, b") == [(1, "x!"), (2, "y!")]
    assert ask(c, "DELETE FROM t WHERE id = 2 RETURNING b") == [("y!",)]
    assert ask(c, "UPDATE t SET id = 100, c = 9 WHERE id = 1") == [(1,)]
    assert ask(c, "UPDATE t SET b = 'never' WHERE id = 77") == [(0,)]
    assert shop.sqlite_rows(path, "SELECT id, b, c FROM t ORDER BY id") == [
        (3, "z", 1.5), (4, "auto", None), (5, "d", 2.0), (100, "x!", 9.0)]
    assert ask(c, "TRUNCATE t") == [(4,)]
    assert shop.sqlite_rows(path, "SELECT count(*) FROM t") == [(0,)]


@pytest.mark.parametrize("sql, says", [
    ("INSERT INTO t(b) VALUES (NULL)", "NOT NULL constraint failed: t.b"),
    ("INSERT INTO t VALUES (1, 'q', 1, NULL)", "UNIQUE constraint failed: t.id"),
    ("INSERT INTO t(b, u) VALUES ('q', 'new'), ('r', 'u1')", "UNIQUE constraint failed: t.u"),
    ("UPDATE t SET u = 'same'", "UNIQUE constraint failed: t.u"),
    ("UPDATE t SET b = NULL WHERE id = 2", "NOT NULL constraint failed: t.b"),
    ("UPDATE made SET twice = 3", "generated, and cannot be written to"),
    ("INSERT INTO t(b, c) VALUES ('q', 'nan')", "SQLite has no NaN")])
def test_a_statement_that_fails_changes_nothing(c, path, sql, says):
    c.execute("INSERT INTO made(a) VALUES (1)")
    before = shop.sqlite_rows(path, "SELECT * FROM t")
    with pytest.raises(duckdb.Error, match=says):
        c.execute(sql)
    assert shop.sqlite_rows(path, "SELECT * FROM t") == before
    assert len(ask(c, "FROM t")) == 2


def test_a_statement_reads_what_was_before_it(c):
    assert ask(c, "INSERT INTO plain SELECT i FROM range(5000) r(i)") == [(5000,)]
    assert ask(c, "INSERT INTO plain SELECT x + 5000 FROM plain") == [(5000,)]
    assert ask(c, "UPDATE plain SET x = x + 1") == [(10000,)]
    assert ask(c, "SELECT count(*), min(x), max(x) FROM plain") == [(10000, 1, 10000)]
    c.execute("BEGIN")
    c.execute("INSERT INTO plain VALUES (0)")
    assert ask(c, "INSERT INTO plain SELECT x FROM plain") == [(10001,)]
    assert ask(c, "DELETE FROM plain WHERE x % 2 = 0 RETURNING 1")[0] == (1,)
    c.execute("COMMIT")
    assert ask(c, "SELECT count(*) FROM plain") == [(10000,)]


VALUES = {
    "BOOLEAN": ["true", "false"], "TINYINT": ["-128", "127"], "SMALLINT": ["-32768"], "INTEGER": ["-2147483648"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807"], "UTINYINT": ["255"], "USMALLINT": ["65535"],
    "UINTEGER": ["4294967295"], "UBIGINT": ["18446744073709551615", "0"], "FLOAT": ["0.1", "-1e30"],
    "DOUBLE": ["0.1", "1e300", "-2.5e-300", "3", "'inf'"], "DECIMAL(9,2)": ["-1234567.89", "0", "-0.05"],
    "DECIMAL(38,10)": ["1234567890123456789012345678.0123456789"], "DECIMAL(18,0)": ["-5"],
    "DATE": ["'0001-01-01'", "'2024-02-29'", "'9999-12-31'", "'1969-12-31'"],
    "TIME": ["'00:00:00'", "'23:59:59.999999'"],
    "TIMESTAMP": ["'1969-12-31 23:59:59.999999'", "'2024-02-29 12:34:56'", "'9999-12-31 00:00:00.5'"],
    "TIMESTAMP WITH TIME ZONE": ["'2024-02-29 12:34:56.5+02'", "'1969-07-20 20:17:40Z'"],
    "VARCHAR": ["''", "'123'", "'1e5'", "'a' || chr(0) || 'b'", "'grün €'"],
    "BLOB": ["''::BLOB", "'\\x00\\xFF'::BLOB"],
}


def test_what_is_written_reads_back_equal(c):
    for i, (sql_type, values) in enumerate(VALUES.items()):
        mine, own = f"v{i}", f"memory.main.v{i}"
        c.execute(f"CREATE TABLE {mine}(k BIGINT, x {sql_type})")
        c.execute(f"CREATE TABLE {own}(k BIGINT, x {sql_type})")
        c.execute(f"INSERT INTO {own} VALUES " + ", ".join(f"({k}, {v})" for k, v in enumerate([*values, "NULL"])))
        c.execute(f"INSERT INTO {mine} FROM {own}")
        read = "SELECT k, epoch_us(x) FROM" if "ZONE" in sql_type else "SELECT k, x FROM"
        assert ask(c, f"{read} {mine} ORDER BY k") == ask(c, f"{read} {own} ORDER BY k"), sql_type
        assert ask(c, f"SELECT count(*) FROM {mine} AS v JOIN {own} AS w ON v.k = w.k AND v.x = w.x") == [(len(values),)]
        c.execute(f"UPDATE {mine} SET x = (SELECT x FROM {own} AS w WHERE w.k = 0)")
        assert ask(c, f"SELECT count(DISTINCT x), count(*) FROM {mine}") == [(1, len(values) + 1)], sql_type


def test_text_that_would_become_another_number_is_refused(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE loose(s STRING, n NUMERIC)")
    with shop.served(path) as connect:
        c = connect()
        c.execute("INSERT INTO loose(s) VALUES ('12'), ('x'), ('1.5')")
        for text in ("1e5", "007", " 5", "+1"):
            with pytest.raises(duckdb.Error, match="would become a number that reads otherwise"):
                c.execute("INSERT INTO loose(s) VALUES (?)", [text])
        assert ask(c, "SELECT s FROM loose") == [("12",), ("x",), ("1.5",)]


def test_values_without_a_place_are_refused_by_name(c):
    c.execute("CREATE TABLE v(d DATE, ts TIMESTAMP, h DECIMAL(38,0))")
    for value in ("'infinity', NULL, NULL", "'10000-01-01', NULL, NULL", "NULL, '-infinity', NULL"):
        with pytest.raises(duckdb.Error, match="years 0000 to 9999"):
            c.execute(f"INSERT INTO v VALUES ({value})")
    assert ask(c, "SELECT count(*) FROM v") == [(0,)]


def test_defaults_and_generated_columns_are_sqlites(c, path):
    c.execute("INSERT INTO made(a) VALUES (4), (5)")
    assert shop.sqlite_rows(path, "SELECT * FROM made") == [(4, 8, "61integer"), (5, 10, "61integer")]
    assert ask(c, "INSERT INTO made(a, stamp) VALUES (1, 'own') RETURNING *") == [(1, 2, "own")]


def test_tables_without_a_rowid_take_rows_alone(c):
    c.execute("INSERT INTO w VALUES ('a', 1), ('b', 2)")
    assert ask(c, "FROM w ORDER BY k") == [("a", 1), ("b", 2)]
    with pytest.raises(duckdb.Error, match="UNIQUE constraint failed: w.k"):
        c.execute("INSERT INTO w VALUES ('a', 3)")
    for sql in ("UPDATE w SET v = 2", "DELETE FROM w"):
        with pytest.raises(duckdb.Error, match="does not support"):
            c.execute(sql)


def test_on_conflict_and_merge(c, path):
    c.execute("INSERT INTO t VALUES (1, 'up', 9, NULL), (9, 'new', 9, NULL) ON CONFLICT DO NOTHING")
    # of an INSERT and an UPDATE in one statement the engine's extension takes the first columns of the INSERT for those
    # of the UPDATE (docs/vgi-sqlite.md): so all of them, in their order
    c.execute("INSERT INTO t VALUES (2, 'up', 9, NULL), (10, 'new', 9, NULL) ON CONFLICT (id) DO UPDATE SET "
              "id = excluded.id, b = excluded.b, c = excluded.c, u = excluded.u")
    c.execute("MERGE INTO t USING (SELECT 9 AS id, 'merged' AS b) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET b = s.b")
    c.execute("MERGE INTO t USING (SELECT 9 AS id, 'x' AS b UNION ALL SELECT 11, 'fresh') s ON t.id = s.id "
              "WHEN NOT MATCHED THEN INSERT (id, b) VALUES (s.id, s.b)")
    assert shop.sqlite_rows(path, "SELECT id, b FROM t ORDER BY id") == [
        (1, "x"), (2, "up"), (9, "merged"), (10, "new"), (11, "fresh")]


def test_rows_in_other_schemas(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT)")
    other = shop.make(tmp_path / "other.db", "CREATE TABLE t(a INT)")
    with shop.served(path, "--attach", other) as connect:
        c = connect()
        c.execute("INSERT INTO other.t VALUES (7)")
        c.execute("CREATE TABLE other.more AS SELECT 1::BIGINT AS a")
        assert shop.sqlite_rows(other, "SELECT a FROM t UNION SELECT a FROM more") == [(1,), (7,)]
        c.execute("BEGIN")
        c.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(duckdb.Error, match='this one has changed schema "main", and cannot change "other"'):
            c.execute("INSERT INTO other.t VALUES (8)")
        c.execute("ROLLBACK")
        assert shop.sqlite_rows(path, "SELECT * FROM t") == []
