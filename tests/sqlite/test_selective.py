"""A selective filter reads only what it must: SQLite's own plan of the statement that was run, and counts of what it took,
which --explain writes into the engine's log. VGI_ROWS is the size of the table: 10 million in the long lane.

Times are printed, and say nothing but what this machine did: beside SQLite itself, the engine on its own copy of the table,
and a full scan.
"""

import contextlib
import os
import pathlib
import re
import sqlite3
import tempfile
import time

import pytest

import shop

ROWS = int(os.environ.get("VGI_ROWS", 200_000))
KEY, CODE = "SEARCH t USING INTEGER PRIMARY KEY", "SEARCH t USING INDEX by_code (code"
WHERES = [  # condition, rows, entries of the tree that have to be looked at, what SQLite's plan says
    (f"id = {ROWS // 2}", 1, 1, f"{KEY} (rowid=?)"),
    (f"rowid = {ROWS // 3}", 1, 1, f"{KEY} (rowid=?)"),
    (f"id BETWEEN {ROWS // 2} AND {ROWS // 2 + 99}", 100, 100, f"{KEY} (rowid>? AND rowid<?)"),
    (f"id > {ROWS - 11}", 10, 10, f"{KEY} (rowid>?)"),
    (f"id IN (7, {ROWS // 2}, {ROWS - 1})", 3, 3, KEY),
    ("code = 77", 1, 1, f"{CODE}=?)"),
    ("code IN (5, 500, 50000, -1)", 3, 4, CODE),
    ("code BETWEEN 100 AND 199 AND note = 'note 3'", 10, 100, f"{CODE}>? AND code<?)"),
    ("id = 0 AND note = 'note 3'", 0, 1, f"{KEY} (rowid=?)"),
    ("code = 7919 AND id > 0", 1, 1, f"{CODE}=? AND rowid>?)"),
    ("code IS NULL", 0, 0, None),  # the statistics say that there is none: nothing is asked
]


@pytest.fixture(scope="module")
def table():
    """The file, attached; a copy in the engine itself. Codes are 0 to ROWS - 1 in an order that is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "shop.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.executescript(f"""PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;
                CREATE TABLE t(id INTEGER PRIMARY KEY, code INT NOT NULL, note TEXT);
                WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS - 1})
                INSERT INTO t SELECT i, i * 7919 % {ROWS}, 'note ' || (i % 10) FROM n;
                CREATE INDEX by_code ON t(code)""")
        c = shop.attach(path, "--explain")
        c.execute("CREATE TABLE memory.main.t AS SELECT id AS rowid, * FROM shop.main.t")
        c.execute("CALL enable_logging(level = 'debug')")
        yield path, c
        c.close()


def told(c):
    """What the log says since the last time: the plan of each scan, and its counts."""
    lines = [row[0] for row in c.execute("SELECT message FROM duckdb_logs() WHERE type = 'VGI' AND log_level = 'DEBUG' "
                                         "AND message LIKE '%table \"t\": %' ORDER BY timestamp").fetchall()]
    c.execute("CALL truncate_duckdb_logs()")
    plans = [match[1] for line in lines if (match := re.search(r"SELECT .* -- (.*?)', 'info'", line))]
    counts = [[int(n) for n in match.groups()] for line in lines if (match := re.search(
        r"(\d+) rows; (\d+) steps, (\d+) of a full scan, (\d+) sorts, (\d+) pages read", line))]
    return plans, counts


def timed(ask):
    start = time.perf_counter()
    rows = ask()
    return rows, (time.perf_counter() - start) * 1e3


@pytest.mark.parametrize("where, expected, entries, plan", WHERES)
def test_an_index_is_used(table, where, expected, entries, plan, capsys):
    path, c = table
    c.execute("FROM t LIMIT 1")  # listed
    sql = f"SELECT id, code, note FROM t WHERE {where} ORDER BY id"
    told(c)
    ours, ms = timed(lambda: c.execute(sql).fetchall())
    plans, counts = told(c)
    own, own_ms = timed(lambda: c.execute(sql.replace("FROM t", "FROM memory.main.t")).fetchall())
    theirs, their_ms = timed(lambda: shop.sqlite_rows(path, sql))
    with capsys.disabled():
        print(f"\n{ROWS} rows, WHERE {where}: {ms:.1f} ms; {own_ms:.1f} in the engine's copy, {their_ms:.1f} in SQLite; "
              f"{plans}; rows, steps, full scan, sorts, pages: {counts}", end="")
    assert ours == theirs == own and len(ours) == expected
    if plan is None:
        assert plans == [] and counts == []
        return
    assert len(plans) == 1 and plans[0].startswith(plan), plans
    (rows, steps, full, _, pages), = counts
    assert full == 0 and rows == len(ours) and steps <= 40 + 16 * entries and pages <= 8 + 4 * entries, counts


def test_a_full_scan_is_told_apart(table, capsys):
    """Without an index all rows are read: the counts above could tell."""
    path, c = table
    told(c)
    for where, rows in (("note = 'note 3'", ROWS // 10), ("note = 'note 77'", 0), ("code % 100 = 3", ROWS // 100)):
        ours, ms = timed(lambda: c.execute(f"SELECT count(*) FROM t WHERE {where}").fetchone()[0])
        own, own_ms = timed(lambda: c.execute(f"SELECT count(*) FROM memory.main.t WHERE {where}").fetchone()[0])
        theirs, their_ms = timed(lambda: shop.sqlite_rows(path, f"SELECT count(*) FROM t WHERE {where}")[0][0])
        (plan,), ((_, steps, full, _, pages),) = told(c)
        with capsys.disabled():
            print(f"\n{ROWS} rows, WHERE {where}: {ms:.1f} ms; {own_ms:.1f} in the engine's copy, {their_ms:.1f} in "
                  f"SQLite; {plan}; {steps} steps, {pages} pages", end="")
        assert ours == own == theirs == rows
        assert plan.startswith("SCAN t") and steps > ROWS and full >= ROWS - 1 and pages > ROWS / 1000
