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
