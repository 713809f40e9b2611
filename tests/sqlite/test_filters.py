"""Filters that SQLite applies give what the engine's own filters would, whatever the column holds."""

import contextlib
import sqlite3

import duckdb
import pytest

import shop

COLUMNS = ("i INTEGER, r REAL, n NUMERIC, s TEXT, c TEXT COLLATE NOCASE, v, b BOOLEAN, d DATE, x BLOB, w BIGINT AS (i / 2), "
           "k VARCHAR(9)")
ROWS = [
    (None, None, None, None, None, None, None, None, None, None),
    (0, 0.0, 0, "", "", "", 0, "1970-01-01", b"", ""),
    (5, 5.5, 5, "5", "abc", 5, 1, "2024-02-29", b"abc", "ABC"),
    (-5, -0.0, 2.5, "abc", "ABC", "5", "true", "2024-03-01", "abc", "abc"),
    (2**53 + 1, 1e300, 2**53, "ä", "Abd", 5.0, "false", 0, b"\xff", "a\0b"),
    (2**63 - 1, float("inf"), -7, "z\0y", "ab%", "abc", None, None, None, "%"),
    (-(2**63), -float("inf"), 5, "\U0001F600", "ab_", None, 1, "0001-01-01", b"\0", "\uffff"),
]
CONDITIONS = [
    "i = 5", "i <> 5", "i > 5", "i <= 5", "i IN (5, 0, 77)", "i NOT IN (5, 0)", "i IS NULL", "i IS NOT NULL", "NOT (i = 5)",
    "i = 9007199254740993", "i > 9007199254740992", "i BETWEEN -5 AND 5", "i = 5 OR r < 0", "i IS DISTINCT FROM 5", "i > 4.5",
    "i = -9223372036854775808", "w = 2", "w < 0", "r = 5.5", "r > 1e299", "r = 0", "r < 'inf'::DOUBLE", "r <> 'nan'::DOUBLE",
    "r IS NOT DISTINCT FROM NULL", "n = 5", "n > 2.4", "n IN (5, 2.5)", "s = 'abc'", "s > 'abc'", "s < 'b'", "s = ''",
    "s IN ('5', 'ä')", "s LIKE 'ab%'", "s LIKE '%c'", "contains(s, 'b')", "s >= chr(65535)", "starts_with(k, 'a')", "s = 'z' || chr(0) || 'y'",
    "c = 'abc'", "c <> 'abc'", "c < 'abc'", "c IN ('ABC')", "c LIKE 'ab%'", "c LIKE 'ab\\%' ESCAPE '\\'", "k = 'a' || chr(0) || 'b'",
    "v = '5'", "v > '4'", "v IS NULL", "b", "NOT b", "b = true", "b IS NULL", "d = DATE '2024-02-29'", "d > DATE '1970-01-01'",
    "x = 'abc'::BLOB", "x > ''::BLOB", "rowid = 3", "rowid > 4", "rowid IN (1, 2)", "rowid = 3 AND i = 5",
    "i = 5 AND s = '5' AND r > 5", "length(s) = 3", "i + 1 = 6", "s || 'x' = 'abcx'",
]


@pytest.fixture(scope="module", params=["UTF-8", "UTF-16le"])
def both(request, tmp_path_factory):
    """The file through the worker, and the same rows in a table of the engine's own."""
    path = shop.make(tmp_path_factory.mktemp("filters") / "shop.db", f"PRAGMA encoding = '{request.param}'",
                     f"CREATE TABLE t({COLUMNS}); CREATE INDEX by_i ON t(i); CREATE INDEX by_c ON t(c)")
    names = "i, r, n, s, c, v, b, d, x, k"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executemany(f"INSERT INTO t({names}) VALUES ({', '.join('?' * 10)})", ROWS)
        db.commit()
    c = shop.attach(path)
    c.execute("CREATE TABLE memory.main.own AS SELECT rowid AS row_number, * FROM shop.main.t")
    return c


@pytest.mark.parametrize("condition", CONDITIONS)
def test_filters_are_the_engines(both, condition):
    ours = both.execute(f"SELECT rowid, * FROM t WHERE {condition} ORDER BY rowid").fetchall()
    theirs = both.execute(f"SELECT * FROM memory.main.own WHERE {condition.replace('rowid', 'row_number')} ORDER BY 1").fetchall()
    assert ours == theirs
    few = both.execute(f"SELECT count(*) FROM t WHERE {condition}").fetchall()
    assert few == [(len(theirs),)]


@pytest.mark.parametrize("types", ["cast", "text"])
def test_filters_on_what_was_converted(tmp_path, types):
    """SQLite compares what is stored, the engine what it was made into."""
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(i INTEGER, s TEXT, d DATE); INSERT INTO t VALUES ('twelve', x'61', "
                                           "'soon'), (5, 'b', '2024-01-01'), (10, '5', NULL), ('12 apples', 'a', '')")
    c = shop.attach(path, "--types", types)
    c.execute("CREATE TABLE memory.main.own AS SELECT rowid AS row_number, * FROM shop.main.t")
    conditions = ["s = 'a'", "s > 'a'", "d IS NULL", "rowid = 2", "rowid > 2"]
    conditions += ["i = 0", "i = 12", "i < 6"] if types == "cast" else ["i = '5'", "i < '6'", "i > '10'", "d = 'soon'"]
    for condition in conditions:
        theirs = c.execute(f"SELECT * FROM memory.main.own WHERE {condition.replace('rowid', 'row_number')} ORDER BY 1")
        theirs = theirs.fetchall()
        assert c.execute(f"SELECT rowid, * FROM t WHERE {condition} ORDER BY rowid").fetchall() == theirs, condition


def test_rows_that_a_filter_leaves_out_are_not_read(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(k INTEGER PRIMARY KEY, a INT, s TEXT)",
                     "INSERT INTO t VALUES (1, 1, 'x'), (2, 'bad', 'y'), (3, 3, x'ff')")
    c = shop.attach(path)
    assert c.execute("SELECT a FROM t WHERE k = 1").fetchall() == [(1,)]
    assert c.execute("SELECT a FROM t WHERE s = 'x'").fetchall() == [(1,)]
    assert c.execute("SELECT k FROM t WHERE rowid > 1 AND a = 3").fetchall() == [(3,)]
    with pytest.raises(duckdb.Error, match="rowid 2: the text 'bad' does not fit BIGINT"):
        c.execute("SELECT a FROM t WHERE k = 2").fetchall()


def test_filters_in_parts_and_views(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(k INTEGER PRIMARY KEY, a INT); CREATE VIEW v AS SELECT a, a / 2 AS h FROM t",
                     rows={"t": [(i, i % 10) for i in range(45_000)]})
    c = shop.attach(path, "--max-workers", "2")
    for source in ("sqlite_scan('t')", "t", "sqlite_scan('v')", "v"):
        assert c.execute(f"SELECT count(*) FROM {source} WHERE a = 3").fetchall() == [(4500,)]
    assert c.execute("SELECT count(*) FROM v WHERE h = '2'").fetchall() == [(9000,)]
