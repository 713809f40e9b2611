"""CREATE, ALTER, DROP and COMMENT of the engine on a SQLite file: what the engine lists afterwards, and what SQLite has."""

import contextlib
import datetime
import decimal
import sqlite3

import duckdb
import pytest

import shop


@pytest.fixture
def path(tmp_path):
    return shop.make(
        tmp_path / "shop.db",
        """CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);
        CREATE TABLE child(a INT DEFAULT 7, b TEXT /* , x */ CONSTRAINT nn NOT NULL ON CONFLICT FAIL DEFAULT 'x',
            p REFERENCES parent ON DELETE CASCADE, CHECK(a > 0));
        CREATE INDEX by_a ON child(a); CREATE TABLE log(what);
        CREATE TRIGGER t AFTER INSERT ON child BEGIN INSERT INTO log VALUES (new.b); END;
        CREATE VIEW shown AS SELECT a, b FROM child WHERE a > 1""",
        rows={"parent": [(1, "one"), (2, "two")], "child": [(1, "x", 1), (2, "y", 2), (3, "10", None)]})


@pytest.fixture
def c(path):
    with shop.served(path) as connect:
        yield connect()


def ask(c, sql):
    return c.execute(sql).fetchall()


def columns(c, table):
    return [(r[0], r[1], r[2], r[4]) for r in ask(c, f"DESCRIBE {table}")]


def whole(path):
    assert shop.sqlite_rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert shop.sqlite_rows(path, "PRAGMA foreign_key_check") == []


TYPES = ["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
         "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,10)", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "BLOB"]


def test_types_read_back_as_they_were_created(c):
    c.execute("CREATE TABLE t(" + ", ".join(f"c{i} {t}" for i, t in enumerate(TYPES)) + ")")
    assert [t for _, t, _, _ in columns(c, "t")] == TYPES


@pytest.mark.parametrize("declared", ["INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, BIGINT)", "INTERVAL", "ENUM('a', 'b')",
                                      "TIMESTAMP_NS"])
def test_types_that_sqlite_has_no_place_for_are_refused_by_name(c, declared):
    with pytest.raises(duckdb.Error, match='column "odd": SQLite has no place for its type'):
        c.execute(f"CREATE TABLE t(a BIGINT, odd {declared})")
    assert ask(c, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'") == [(0,)]


def test_constraints_are_the_files(c, path):
    c.execute("CREATE TABLE t(k BIGINT, n VARCHAR NOT NULL DEFAULT 'it''s', d DATE DEFAULT DATE '2024-02-29', "
              "f BOOLEAN DEFAULT true, p BIGINT REFERENCES parent(id), PRIMARY KEY (k, n), UNIQUE (d, p), CHECK (k % 2 = 0))")
    kinds = ask(c, "SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE table_name = 't' "
                   "AND database_name = 'shop' ORDER BY ALL")
    assert kinds == [("CHECK", ["k"]), ("FOREIGN KEY", ["p"]), ("NOT NULL", ["k"]), ("NOT NULL", ["n"]),
                     ("PRIMARY KEY", ["k", "n"]), ("UNIQUE", ["d", "p"])]
    for values, says in ((("2, NULL, NULL, NULL, NULL"), "NOT NULL constraint failed: t.n"),
                         (("1, 'a', NULL, NULL, NULL"), "CHECK constraint failed"),
                         (("2, 'a', NULL, NULL, 99"), "FOREIGN KEY constraint failed")):
        with pytest.raises(duckdb.Error, match=says):
            c.execute(f"INSERT INTO t VALUES ({values})")
    c.execute("INSERT INTO t(k) VALUES (2)")
    assert ask(c, "FROM t") == [(2, "it's", datetime.date(2024, 2, 29), True, None)]
    with pytest.raises(duckdb.Error, match="UNIQUE constraint failed: t.k, t.n"):
        c.execute("INSERT INTO t(k) VALUES (2)")
    whole(path)


@pytest.mark.parametrize("what", ["CHECK (b LIKE 'x%')", "CHECK (regexp_matches(b, 'x'))", "CHECK (a // 2 = 1)"])
def test_checks_without_an_equal_are_refused_by_name(c, what):
    with pytest.raises(duckdb.Error, match="CHECK .*: SQLite has no equal for it"):
        c.execute(f"CREATE TABLE t(a BIGINT, b VARCHAR, {what})")


def test_tables_come_and_go(c, path):
    with pytest.raises(duckdb.Error, match="already"):
        c.execute("CREATE TABLE parent(x BIGINT)")
    c.execute("CREATE TABLE IF NOT EXISTS parent(x BIGINT)")
    assert columns(c, "parent")[0][0] == "id"
    c.execute("CREATE TABLE one AS SELECT 1 AS n, 'x' AS s, 1.25::DECIMAL(9,2) AS d")
    assert ask(c, "FROM one") == [(1, "x", decimal.Decimal("1.25"))]
    c.execute("CREATE OR REPLACE TABLE one AS SELECT 2::BIGINT AS other")
    assert ask(c, "FROM one") == [(2,)]
    c.execute("ALTER TABLE one RENAME TO two")
    assert ask(c, "FROM two") == [(2,)]
    c.execute("DROP TABLE two")
    c.execute("DROP TABLE IF EXISTS two")
    with pytest.raises(duckdb.Error, match="two"):
        c.execute("FROM two")
    for sql in ("DROP TABLE parent", "CREATE OR REPLACE TABLE parent(x BIGINT)"):
        with pytest.raises(duckdb.Error, match='a foreign key of table "child" refers to it'):
            c.execute(sql)
    whole(path)


def test_columns_are_added_renamed_and_dropped(c, path):
    c.execute("ALTER TABLE child ADD COLUMN more INTEGER")
    c.execute("ALTER TABLE child ADD COLUMN IF NOT EXISTS more INTEGER")
    c.execute("ALTER TABLE child RENAME COLUMN b TO text")
    assert [n for n, _, _, _ in columns(c, "child")] == ["a", "text", "p", "more"]
    assert ask(c, "SELECT a, text, more FROM child ORDER BY a") == [(1, "x", None), (2, "y", None), (3, "10", None)]
    assert ask(c, "SELECT * FROM shown ORDER BY ALL") == [(2, "y"), (3, "10")]  # the view follows
    c.execute("ALTER TABLE child DROP COLUMN more")
    with pytest.raises(duckdb.Error, match="nosuch"):
        c.execute("ALTER TABLE child DROP COLUMN nosuch")
    with pytest.raises(duckdb.Error, match="cannot drop"):
        c.execute("ALTER TABLE parent DROP COLUMN code")
    whole(path)


def test_not_null_and_defaults(c, path):
    c.execute("ALTER TABLE child ALTER b DROP NOT NULL")
    c.execute("ALTER TABLE child ALTER b DROP DEFAULT")
    c.execute("INSERT INTO child(a, b) VALUES (5, NULL)")
    with pytest.raises(duckdb.Error, match="NOT NULL constraint failed: child.b"):
        c.execute("ALTER TABLE child ALTER b SET NOT NULL")
    c.execute("DELETE FROM child WHERE b IS NULL")
    c.execute("ALTER TABLE child ALTER b SET NOT NULL")
    c.execute("ALTER TABLE child ALTER b SET DEFAULT 'it''s'")
    c.execute("ALTER TABLE child ALTER a SET DEFAULT 40 + 2")
    c.execute("INSERT INTO child(p) VALUES (1)")
    assert ask(c, "SELECT a, b FROM child WHERE a = 42") == [(42, "it's")]
    assert columns(c, "child")[1][:3] == ("b", "VARCHAR", "NO")
    assert shop.sqlite_rows(path, "SELECT count(*) FROM log") == [(5,)]  # the trigger is still there
    with pytest.raises(duckdb.Error, match="DEFAULT .*: SQLite has no equal for it"):
        c.execute("ALTER TABLE child ALTER b SET DEFAULT md5('x')")
    whole(path)


def test_a_type_changes_with_its_values(c, path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TRIGGER u AFTER UPDATE ON child BEGIN INSERT INTO log VALUES ('update'); END")
    c.execute("ALTER TABLE child ALTER a TYPE VARCHAR")
    assert ask(c, "SELECT a FROM child ORDER BY a") == [("1",), ("2",), ("3",)]
    assert shop.sqlite_rows(path, "SELECT typeof(a), count(*) FROM child GROUP BY 1") == [("text", 3)]
    c.execute("ALTER TABLE child ALTER a TYPE DOUBLE")
    c.execute("ALTER TABLE child ALTER a TYPE DECIMAL(9,2)")
    assert ask(c, "SELECT a FROM child ORDER BY a") == [(decimal.Decimal(f"{i}.00"),) for i in (1, 2, 3)]
    with pytest.raises(duckdb.Error, match="the value 'x' cannot be converted to BIGINT"):
        c.execute("ALTER TABLE child ALTER b TYPE BIGINT")
    assert ask(c, "SELECT b FROM child ORDER BY ALL") == [("10",), ("x",), ("y",)]
    with pytest.raises(duckdb.Error, match="USING is not understood"):
        c.execute("ALTER TABLE child ALTER a TYPE BIGINT USING a + 1")
    with pytest.raises(duckdb.Error, match="rows are stored by it"):
        c.execute("ALTER TABLE parent ALTER id TYPE VARCHAR")
    assert shop.sqlite_rows(path, "SELECT count(*) FROM log") == [(3,)]  # no trigger has fired
    whole(path)


def test_comments_follow_what_they_are_about(c, path):
    c.execute("COMMENT ON TABLE child IS 'it''s'")
    c.execute("COMMENT ON COLUMN child.b IS 'of b'")
    c.execute("COMMENT ON VIEW shown IS 'of the view'")
    c.execute("ALTER TABLE child RENAME COLUMN b TO bb")
    c.execute("ALTER TABLE child RENAME TO kid")
    assert ask(c, "SELECT comment FROM duckdb_tables() WHERE database_name = 'shop' AND table_name = 'kid'") == [("it's",)]
    assert ask(c, "SELECT comment FROM duckdb_columns() WHERE table_name = 'kid' AND column_name = 'bb'") == [("of b",)]
    assert ask(c, "SELECT comment FROM duckdb_views() WHERE database_name = 'shop' AND view_name = 'shown'") == [
        ("of the view",)]
    assert "vgi_comments" not in [r[0] for r in ask(c, "SHOW TABLES")]
    c.execute("COMMENT ON TABLE kid IS NULL")
    assert ask(c, "SELECT comment FROM duckdb_tables() WHERE table_name = 'kid'") == [(None,)]
    c.execute("DROP TABLE kid")
    assert shop.sqlite_rows(path, "SELECT object FROM vgi_comments") == [("shown",)]


def test_views(c, path):
    c.execute("CREATE VIEW twice AS SELECT a * 2 AS double, b FROM shop.main.child WHERE a IS NOT NULL")
    assert ask(c, "SELECT double::BIGINT FROM twice ORDER BY 1") == [(2,), (4,), (6,)]
    c.execute("CREATE VIEW IF NOT EXISTS twice AS SELECT 1 AS n")
    c.execute("CREATE OR REPLACE VIEW twice AS SELECT b FROM child")
    assert columns(c, "twice")[0][0] == "b"
    c.execute("ALTER VIEW twice RENAME TO thrice")
    assert len(ask(c, "FROM thrice")) == 3
    c.execute("DROP VIEW thrice")
    with pytest.raises(duckdb.Error, match="SQLite runs the SQL of its views, and cannot run this"):
        c.execute("CREATE VIEW odd AS SELECT list_value(a) FROM child")
    with pytest.raises(duckdb.Error):
        c.execute("DROP VIEW child")
    with pytest.raises(duckdb.Error):
        c.execute("DROP TABLE shown")
    assert shop.sqlite_rows(path, "SELECT name FROM sqlite_schema WHERE type = 'view'") == [("shown",)]


def test_what_sqlite_has_not_is_refused_by_name(c):
    with pytest.raises(duckdb.Error, match="a schema here is a SQLite file"):
        c.execute("CREATE SCHEMA more")
    c.execute("CREATE SCHEMA IF NOT EXISTS main")
    with pytest.raises(duckdb.Error, match='schema "main" is a SQLite file'):
        c.execute("DROP SCHEMA main")


def test_awkward_names(c, path):
    for odd in ('dou"ble', "sing'le", "select", "Ünï 表", "a.b", "[b]", "1st"):
        q = shop.name(odd)
        c.execute(f"CREATE TABLE {q}({q} BIGINT DEFAULT 1, other VARCHAR)")
        c.execute(f"COMMENT ON COLUMN {q}.{q} IS 'c'")
        c.execute(f"ALTER TABLE {q} ALTER {q} SET NOT NULL")
        c.execute(f"ALTER TABLE {q} ALTER {q} TYPE VARCHAR")
        c.execute(f"INSERT INTO {q} VALUES ('7', 'x')")
        assert ask(c, f"SELECT {q} FROM {q}") == [("7",)]
        c.execute(f"ALTER TABLE {q} RENAME TO t")
        c.execute("DROP TABLE t")
    whole(path)
