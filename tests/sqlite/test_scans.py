"""What a scan can do beyond reading rows: rowids, parts of one state of the file, statistics, several files."""

import contextlib
import json
import os
import sqlite3
import time

import duckdb
import pytest

import engine
import shop

ROWS = 45_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Rowids with gaps, negative ones, and both ends of what there is."""
    path = shop.make(tmp_path_factory.mktemp("large") / "shop.db",
                     "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, s TEXT); CREATE INDEX by_a ON t(a);"
                     "CREATE TABLE w(k INTEGER PRIMARY KEY, v INT) WITHOUT ROWID; CREATE TABLE none(x INT);"
                     "CREATE VIEW v AS SELECT id, a FROM t")
    with contextlib.closing(sqlite3.connect(path)) as db:
        ids = [-(2**63), 2**63 - 1, -5, 0] + list(range(1, ROWS - 3))
        db.executemany("INSERT INTO t VALUES (?, ?, ?)", ((i, n % 100, f"s{n}") for n, i in enumerate(ids)))
        db.executemany("INSERT INTO w VALUES (?, ?)", ((i, i) for i in range(5_000)))
        db.commit()
    return path


def expect(log, method, count, seconds=20):
    """How many calls of the method the log tells, once there are so many: a call is told when its stream has ended."""
    end = time.monotonic() + seconds
    while True:
        found = [json.loads(line)["method"] for line in log.read_text().splitlines()].count(method)
        if found >= count or time.monotonic() > end:
            return found
        time.sleep(0.05)


QUERIES = ["SELECT count(*) FROM t", "SELECT * FROM t ORDER BY id", "SELECT sum(id::HUGEINT)::VARCHAR FROM t",
           "SELECT a, count(*), min(s) FROM t GROUP BY a ORDER BY a", "SELECT s FROM t WHERE id = 0",
           "SELECT count(*), sum(v) FROM w", "SELECT * FROM none", "SELECT count(*), max(a) FROM v"]


@pytest.mark.parametrize("words", [(), ("--max-workers", "3")], ids=["one", "parts"])
def test_scans_in_parts_are_what_sqlite_reads(large, words, tmp_path):
    """The engine asks for parts where the function is called, and scans a table as one stream."""
    log = tmp_path / "log"
    c = shop.attach(large, *words, "--access-log", log)
    for sql in QUERIES:
        theirs = shop.sqlite_rows(large, sql.replace("sum(id::HUGEINT)::VARCHAR", "CAST(sum(id) AS TEXT)"))
        assert c.execute(sql).fetchall() == theirs, sql
        table = sql.split("FROM ")[1].split()[0]
        called = sql.replace("SELECT *", "SELECT * EXCLUDE (rowid)" if table in ("t", "none") else "SELECT *")
        called = called.replace(f"FROM {table}", f"FROM sqlite_scan('{table}')")
        assert c.execute(called).fetchall() == theirs, called
    c.close()
    assert expect(log, "table_function_plan", bool(words)) >= bool(words)
    assert words or expect(log, "table_function_plan", 0) == 0


def vary(path, *words, change, turns=4):
    """Scans parts while the file changes after the first row: each scan is of one state, or says that it is not."""
    c = shop.attach(path, "--max-workers", "2", "--busy-timeout", "10", *words)
    expired = 0
    for turn in range(1, turns + 1):
        try:
            rows = c.execute("SELECT a FROM sqlite_scan('t')")
            some = rows.fetchmany(1)
            change(turn)
            assert len({a for (a,) in some + rows.fetchall()}) == 1
        except duckdb.Error as error:
            assert "SPLIT_SNAPSHOT_EXPIRED" in str(error) or "it is locked" in str(error)
            expired += 1
    return expired


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_parts_of_two_states_are_never_mixed(tmp_path, mode):
    path = shop.make(tmp_path / "shop.db", f"PRAGMA journal_mode={mode}", "CREATE TABLE t(k INTEGER PRIMARY KEY, a INT)",
                     rows={"t": [(i, 0) for i in range(45_000)]})
    os.utime(path, (1_700_000_000, 1_700_000_000))

    def change(turn):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as writer:
            with contextlib.suppress(sqlite3.OperationalError):  # readers keep it out, but in WAL mode
                writer.execute("UPDATE t SET a = ?", (turn,))

    vary(path, change=change)


CHANGES = {
    "UPDATE": ("WAL", lambda path: write(path, "UPDATE t SET a = 1")),
    "one row more": ("WAL", lambda path: write(path, "INSERT INTO t VALUES (1000000, 1)")),
    "another table": ("WAL", lambda path: write(path, "CREATE TABLE more(x)")),
    "the table is gone": ("WAL", lambda path: write(path, "DROP TABLE t")),
    "other columns": ("WAL", lambda path: write(path, "ALTER TABLE t RENAME COLUMN a TO b")),
    "another file": ("DELETE", lambda path: os.replace(table_of_parts(path.parent / "new.db", "DELETE", 1), path)),
    "no file": ("DELETE", os.unlink),
}


def table_of_parts(path, mode, a):
    """Ten parts of 20,000 rows, written to long ago."""
    shop.make(path, f"PRAGMA journal_mode={mode}", "CREATE TABLE t(k INTEGER PRIMARY KEY, a INT)",
              f"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT INTO t SELECT i, {a} FROM n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def write(path, sql):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(sql)


@pytest.mark.parametrize("change", CHANGES)
def test_a_part_of_another_state_fails_by_name(tmp_path, change):
    """The engine has planned, and reads the first parts; the file changes; a later part is of another state. What the
    engine gave until then is of the one that was planned."""
    mode, do = CHANGES[change]
    says = {"no file": "there is no such file", "the table is gone": 'there is no table or view "t"'}.get(
        change, "SPLIT_SNAPSHOT_EXPIRED")
    path = table_of_parts(tmp_path / "shop.db", mode, 0)
    c = shop.attach(path, "--max-workers", "3", threads=1)
    c.execute("SET streaming_buffer_size = '100KB'")
    rows = c.execute("SELECT a FROM sqlite_scan('t')")
    seen = rows.fetchmany(1)
    do(path)
    with pytest.raises(duckdb.Error, match=says):
        while more := rows.fetchmany(1000):
            seen += more
    assert {a for (a,) in seen} == {0} and len(seen) < 200_000
    if change in ("UPDATE", "one row more", "another table", "another file"):  # and is read when it is asked for again
        theirs = shop.sqlite_rows(path, "SELECT count(*), min(a), max(a) FROM t")
        assert c.execute("SELECT count(*), min(a), max(a) FROM sqlite_scan('t')").fetchall() == theirs


def test_a_wal_file_is_scanned_in_parts_once_it_is_quiet(tmp_path):
    path = shop.make(tmp_path / "shop.db", "PRAGMA journal_mode=WAL", "CREATE TABLE t(k INTEGER PRIMARY KEY, a INT)",
                     rows={"t": [(i, i % 7) for i in range(45_000)]})
    theirs = shop.sqlite_rows(path, "SELECT count(*), sum(a) FROM t")
    for second in (1_700_000_000, 4_000_000_000):  # long ago; now or later, so that another write could not be seen
        os.utime(path, (second, second))
        log = tmp_path / f"log{second}"
        c = shop.attach(path, "--max-workers", "2", "--access-log", log)
        assert c.execute("SELECT count(*), sum(a) FROM sqlite_scan('t')").fetchall() == theirs
        c.close()
        parts = expect(log, "init", 2 if second < 2_000_000_000 else 1)
        assert parts >= 2 if second < 2_000_000_000 else parts == 1


def test_rowids(tmp_path):
    path = shop.make(
        tmp_path / "shop.db", "CREATE TABLE t(a TEXT); CREATE TABLE k(a TEXT PRIMARY KEY) WITHOUT ROWID;"
        "CREATE TABLE taken(rowid TEXT, a INT); CREATE TABLE all_taken(rowid, _rowid_, oid); CREATE VIEW v AS SELECT * FROM t;"
        "INSERT INTO t(rowid, a) VALUES (-3, 'x'), (5, 'y'), (9223372036854775807, 'z'); INSERT INTO k VALUES ('k');"
        "INSERT INTO taken VALUES ('mine', 1); INSERT INTO all_taken VALUES (1, 2, 3)")
    c = shop.attach(path)
    for sql in ("SELECT rowid, a FROM t", "SELECT a FROM t WHERE rowid = 5", "SELECT rowid FROM t", "SELECT * FROM t",
                "SELECT rowid, a FROM taken", "SELECT * FROM taken", "SELECT * FROM k", "SELECT count(*) FROM t"):
        assert c.execute(sql).fetchall() == shop.sqlite_rows(path, sql), sql
    assert c.execute("SELECT * FROM all_taken").fetchall() == [("1", "2", "3")]
    for table in ("k", "v"):
        with pytest.raises(duckdb.Error, match='"rowid" not found'):
            c.execute(f"SELECT rowid FROM {table}")
    assert c.execute("SELECT b.a FROM t a JOIN t b ON a.rowid = b.rowid WHERE a.a = 'y'").fetchall() == [("y",)]


def test_statistics_are_what_the_file_says(tmp_path):
    path = shop.make(
        tmp_path / "shop.db",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, r REAL, mixed INT, free INT, maybe INT, u INT NOT NULL UNIQUE);"
        "CREATE INDEX ia ON t(a); CREATE INDEX ir ON t(r); CREATE INDEX im ON t(mixed); CREATE INDEX iy ON t(maybe, a);"
        "CREATE INDEX part ON t(free) WHERE free > 5; CREATE TABLE none(a INT); CREATE INDEX inone ON none(a)",
        rows={"t": [(i, i % 10 + 1, i / 4, "x" if i == 30 else i, i, None if i == 7 else i, i) for i in range(1, 101)]})
    c = shop.attach(path)

    def stats(column):
        return c.execute(f"SELECT DISTINCT stats({column}) FROM t WHERE id < 3").fetchone()[0]

    def is_empty(where, table="t"):
        return "EMPTY_RESULT" in c.execute(f"EXPLAIN SELECT * FROM {table} WHERE {where}").fetchall()[0][1]

    assert is_empty("id > 100") and is_empty("a > 10") and is_empty("a < 1") and is_empty("r > 25.5")
    assert is_empty("id IS NULL") and is_empty("a IS NULL") and is_empty("u > 100")
    # not all numbers; no index; a partial one; one NULL; no rows
    assert not is_empty("mixed > 1000") and not is_empty("free > 1000") and not is_empty("maybe IS NULL")
    assert not is_empty("a > 1000", "none") and c.execute("SELECT * FROM none WHERE a > 1000").fetchall() == []
    assert is_empty("maybe > 100")
    for where in ("id > 100", "a = 10", "maybe IS NULL", "r >= 25", "a IS NULL"):
        sql = f"SELECT id FROM t WHERE {where} ORDER BY id"
        assert c.execute(sql).fetchall() == shop.sqlite_rows(path, sql)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        c.execute("PREPARE p AS SELECT count(*) FROM t WHERE a > 500")
        assert c.execute("EXECUTE p").fetchone() == (0,)
        db.execute("INSERT INTO t VALUES (1000, 1000, NULL, 0, 0, 0, 1000)")
        assert c.execute("EXECUTE p").fetchone() == (1,)
        db.execute("ANALYZE")
    assert "Approx Unique: 10" in stats("a")


def test_several_files(tmp_path):
    one = shop.make(tmp_path / "one.db", "CREATE TABLE t(a INT); CREATE TABLE p(id INTEGER PRIMARY KEY)",
                    rows={"t": [(1,)], "p": [(7,)]})
    two = shop.make(tmp_path / "my two.db", "CREATE TABLE t(a TEXT, p INT REFERENCES p); CREATE TABLE p(id INTEGER PRIMARY "
                                            "KEY); CREATE VIEW v AS SELECT a || '!' AS b FROM t", rows={"t": [("x", 1)]})
    c = shop.attach(one, "--attach", two, "--attach", f"again={two}", "--max-workers", "2", catalog="one")
    assert c.execute("SELECT * FROM t").fetchall() == [(1,)]
    assert c.execute('SELECT a, rowid FROM "my two".t').fetchall() == [("x", 1)]
    assert c.execute('SELECT b, m.a FROM one.again.v, one.main.t m').fetchall() == [("x!", 1)]
    assert c.execute("SELECT schema_name, comment FROM duckdb_schemas() WHERE database_name = 'one' ORDER BY 1").fetchall() == [
        ("again", f"SQLite file {two}"), ("main", f"SQLite file {one}"), ("my two", f"SQLite file {two}")]
    assert c.execute("SELECT count(*) FROM sqlite_scan('v', \"schema\" := 'again')").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error, match='there is no schema "nosuch"'):
        c.execute("SELECT * FROM sqlite_scan('t', \"schema\" := 'nosuch')")
    with contextlib.closing(sqlite3.connect(two)) as db:
        db.execute("CREATE TABLE more(z INT)")
    assert c.execute("SELECT * FROM again.more").fetchall() == []
    c.execute("USE memory; DETACH one")
    os.unlink(two)
    with pytest.raises(duckdb.Error, match="my two.db: there is no such file"):
        shop.attach(one, "--attach", two, catalog="one")
