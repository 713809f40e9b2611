"""Scripts of random statements give the same on DuckDB's own tables and on vgi-sqlite (differential.py)."""

import os

import duckdb
import pytest

import differential

LONG = bool(os.environ.get("VGI_LONG"))
SEEDS = range(1, 5) if LONG else [1]
STATEMENTS = 1200 if LONG else 150


@pytest.mark.parametrize("seed", SEEDS)
def test_same(tmp_path, seed):
    with differential.sides(tmp_path / "d.db") as (native, other):
        counts = differential.Script(seed, native, other).play(STATEMENTS)
    done = sum(counts[kind] for kind, _ in differential.Script.STATEMENTS)
    assert done == STATEMENTS
    # It would say nothing if most statements failed, or were left out.
    assert counts["errors"] < done / 2
    assert counts["only DuckDB refuses"] + counts["only vgi-sqlite refuses"] < done / 10


def broken_side():
    """DuckDB's own tables, too, but an UPDATE does nothing."""
    side = differential.native_side()
    run = side.run
    side.run = lambda sql: ([], None) if sql.startswith("UPDATE") else run(sql)
    return side


def test_it_finds_a_difference():
    with pytest.raises(differential.Difference):
        differential.Script(1, differential.native_side(), broken_side()).play(STATEMENTS)


def test_it_finds_none_where_there_is_none():
    differential.Script(2, differential.native_side(), differential.native_side()).play(STATEMENTS)


def test_kinds():
    with duckdb.connect() as c:
        c.execute("CREATE TABLE t (k BIGINT PRIMARY KEY, a BIGINT NOT NULL CHECK (a < 9)); INSERT INTO t VALUES (1, 1)")
        for sql, kind in [("INSERT INTO t VALUES (1, 1)", "constraint"), ("INSERT INTO t VALUES (2, NULL)", "constraint"),
                          ("INSERT INTO t VALUES (2, 10)", "constraint"), ("CREATE TABLE t (a INT)", "exists"),
                          ("DROP TABLE u", "missing"), ("UPDATE t SET a = 'x'", "conversion"),
                          ("SELECT nothing FROM t", "missing")]:
            with pytest.raises(duckdb.Error) as error:
                c.execute(sql)
            assert differential.kind_of(error.value) == kind, error.value


# What docs/vgi-sqlite.md says that is otherwise: statements, a question, and the answer of either side; an error by its kind.
DIFFERENCES = {
    "create or replace from itself": (
        ["CREATE TABLE t AS SELECT 1::BIGINT AS a", "CREATE OR REPLACE TABLE t AS SELECT * FROM t"],
        "SELECT * FROM t", [(1,)], []),
    "on conflict do update": (
        ["CREATE TABLE t (k BIGINT PRIMARY KEY, a DOUBLE, b BIGINT)", "INSERT INTO t VALUES (2, 0.5, 7)",
         "INSERT INTO t VALUES (2, 1.5, 9) ON CONFLICT (k) DO UPDATE SET b = EXCLUDED.b"],
        "SELECT * FROM t", [(2, 0.5, 9)], [(2, 0.5, 2)]),
    # The same, of what was otherwise once:
    "a default for a column that was added": (
        ["CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD COLUMN b BIGINT",
         "ALTER TABLE t ALTER b SET DEFAULT 7", "INSERT INTO t (a) VALUES (2)", "ALTER TABLE t ALTER b DROP DEFAULT",
         "INSERT INTO t (a) VALUES (3)"],
        "SELECT * FROM t", [(1, None), (2, 7), (3, None)], [(1, None), (2, 7), (3, None)]),
    "an empty blob of another type": (
        ["CREATE TABLE t (a BLOB NOT NULL)", "INSERT INTO t VALUES (''::BLOB)", "ALTER TABLE t ALTER a TYPE BLOB"],
        "SELECT * FROM t", [(b"",)], [(b"",)]),
    "RETURNING beside reals": (
        ["CREATE TABLE t (a DOUBLE, b BOOLEAN)", "INSERT INTO t VALUES (1.5, TRUE), (7, FALSE)"],
        "DELETE FROM t RETURNING *", [(1.5, True), (7.0, False)], [(1.5, True), (7.0, False)]),
    "drop not null of a key": (
        ["CREATE TABLE t (k BIGINT PRIMARY KEY)", "ALTER TABLE t ALTER k DROP NOT NULL"],
        "INSERT INTO t VALUES (NULL)", "constraint", "constraint"),
    "a table that is renamed to its name": (
        ["CREATE TABLE t (k BIGINT)", "ALTER TABLE t RENAME TO t"], "SELECT * FROM t", [], []),
    "merge with an update alone": (
        ["CREATE TABLE t (k BIGINT PRIMARY KEY, b BIGINT)", "INSERT INTO t VALUES (2, 7)",
         "MERGE INTO t USING (VALUES (2, 9)) AS s(k, b) ON t.k = s.k WHEN MATCHED THEN UPDATE SET b = s.b"],
        "SELECT * FROM t", [(2, 9)], [(2, 9)]),
    "a view of a table that is renamed": (
        ["CREATE TABLE t (a BIGINT)", "CREATE VIEW v AS SELECT a FROM t", "ALTER TABLE t RENAME TO u"],
        "SELECT * FROM v", "missing", []),
    "set not null after a delete": (
        ["CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (NULL)", "BEGIN", "DELETE FROM t"],
        "ALTER TABLE t ALTER a SET NOT NULL", "constraint", []),
    "a column of a key": (
        ["CREATE TABLE t (k BIGINT UNIQUE, a BIGINT)"], "ALTER TABLE t ALTER k TYPE VARCHAR", "constraint", []),
    "NaN": (
        ["CREATE TABLE t (a DOUBLE)"], "INSERT INTO t VALUES ('nan') RETURNING a IS NULL", [(False,)], "InvalidInputException"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_documented_differences(tmp_path, name):
    statements, question, *answers = DIFFERENCES[name]
    with differential.sides(tmp_path / "d.db") as both:
        for side, answer in zip(both, answers):
            for sql in statements:
                side.connection.execute(sql)
            rows, error = side.run(question)
            assert (differential.kind_of(error) if error else rows) == answer, error


def test_other_connections_of_one_attach_list_what_is_not_committed(tmp_path):
    with differential.sides(tmp_path / "d.db") as (_, other):
        second = other.connection.cursor()
        listed = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'd'"
        other.connection.execute("BEGIN; CREATE TABLE t (a BIGINT)")
        assert other.connection.execute(listed).fetchall() == [(1,)]
        assert second.execute(listed).fetchall() == [(1,)]
        other.connection.execute("ROLLBACK")
        with pytest.raises(duckdb.CatalogException):
            other.connection.execute("SELECT * FROM t")
