"""Filters pushed down to a worker that leaves them to libvgi, against the engine that keeps them: the same rows. And
filters printed as SQL, run by DuckDB and by SQLite on the same rows."""

import os
import random
import sqlite3
import sys

import duckdb
import pyarrow as pa
import pytest
from engine import attach, connect, text

sys.path.insert(0, os.path.dirname(__file__))
import predicates  # noqa: E402

COUNT = int(os.environ.get("VGI_PREDICATES", 300))
PLAIN_TYPES = ["truth", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "real", "word", "bytes"]


def write(table, path):
    batch = table.combine_chunks().to_batches()[0]
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)


class Engine:
    """The worker's rows behind pushed-down filters, and the same rows as a table of the engine's own."""

    def __init__(self, folder, lossless, columns="*"):
        self.lossless = lossless
        self.path, self.log = folder / "rows.arrows", folder / "log"
        self.db = attach(connect(), "vgi-fixture-worker", catalog="fixture")
        self.db.execute("SET threads = 1")
        self.db.execute(f"SET arrow_lossless_conversion = {lossless}")
        rows = self.db.sql(f"SELECT {columns} FROM ({predicates.rows(120, 7)})").to_arrow_table()
        write(rows, self.path)
        self.db.execute(f"CREATE TABLE plain AS FROM fixture.filters.replay_plain({text(self.path)})")

    def ids(self, source, where):
        return [row[0] for row in self.db.execute(f"SELECT id FROM {source} WHERE {where} ORDER BY id").fetchall()]

    def replay(self, **words):
        named = "".join(f", {name} := {text(value)}" for name, value in words.items())
        return f"fixture.filters.replay({text(self.path)}{named})"

    def told(self):
        """What the worker wrote down since the last time: (left, sql, rows, parameters) a line."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        self.log.unlink()
        return [read_line(line) for line in lines]


def read_line(line):
    _, left, sql, rows, *values = line.split("\t")
    readers = {"int": int, "real": float.fromhex, "text": lambda hexed: bytes.fromhex(hexed).decode(),
               "blob": bytes.fromhex, "null": lambda nothing: None}
    parameters = [readers[value.split(":", 1)[0]](value.split(":", 1)[1]) for value in values]
    return int(left), sql, [int(row) for row in rows.split(",") if row], parameters


@pytest.fixture(scope="module", params=[True, False], ids=["lossless", "plain"])
def engine(request, tmp_path_factory):
    return Engine(tmp_path_factory.mktemp("filter"), request.param)


def outcome(action):
    try:
        return action(), ""
    except duckdb.Error as error:
        return None, str(error)


def is_throw(*messages):
    """A cast out of range fails in the order that the engine happens to ask in, so it may fail on one side alone."""
    return any("out of range" in message or "Conversion Error" in message for message in messages)


def test_the_same_rows(engine):
    thrown = 0
    for seed in range(engine.lossless, COUNT, 2):
        where = predicates.predicate(random.Random(seed))
        expected, why = outcome(lambda: engine.ids("plain", where))
        got, why_not = outcome(lambda: engine.ids(engine.replay(), where))
        if expected != got and is_throw(why, why_not):
            thrown += 1
            continue
        assert got == expected, (seed, where, why, why_not)
    assert thrown <= COUNT / 20


def test_the_engine_gives_its_filter_away(engine):
    plan = str(engine.db.execute(f"EXPLAIN SELECT id FROM {engine.replay()} WHERE i32 > 1").fetchall())
    assert "i32>1" in plan.replace(" ", "") and "FILTER" not in plan
    plan = str(engine.db.execute(f"EXPLAIN SELECT id FROM {engine.replay()} WHERE i32 + i16 > 1").fetchall())
    assert "FILTER" in plan


def test_columns_that_only_the_filter_reads(engine):
    expected = engine.db.execute("SELECT count(*) FROM plain WHERE word = 'ab' AND i8 < 2").fetchall()
    assert engine.db.execute(f"SELECT count(*) FROM {engine.replay()} WHERE word = 'ab' AND i8 < 2").fetchall() == expected
    assert expected != [(0,)]


def test_every_column_of_the_rows_that_stay(engine):
    for where in ("i32 = 1", "i32 = 1 OR i32 = 2", "word IS NULL", "id < 60", "id >= 0"):
        texts = "SELECT id, COLUMNS(* EXCLUDE (huge, uhuge))::VARCHAR FROM "
        expected = engine.db.execute(f"{texts} plain WHERE {where} ORDER BY id").fetchall()
        got = engine.db.execute(f"{texts} {engine.replay()} WHERE {where} ORDER BY id").fetchall()
        assert len(expected) > 5 and got == expected


def test_a_predicate_that_is_taken_over_is_not_applied(engine):
    engine.told()
    taken = f"fixture.filters.replay({text(engine.path)}, log := {text(engine.log)}, take := true)"
    assert engine.ids(taken, "i32 = 1") == list(range(120))
    assert len(engine.ids(engine.replay(log=engine.log), "i32 = 1")) < 60


def test_what_the_engine_learns_while_it_scans(tmp_path):
    """Top-N: after some batches every tick says how good a row must be, and what is not is not sent."""
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    connection.execute("SET threads = 1")
    write(pa.table({"id": pa.array(range(3000, 0, -1), pa.int64())}), tmp_path / "rows")
    log = tmp_path / "log"
    source = f"fixture.filters.replay({text(tmp_path / 'rows')}, log := {text(log)})"
    rows = connection.execute(f"SELECT id FROM {source} ORDER BY id LIMIT 3").fetchall()
    assert rows == [(1,), (2,), (3,)]
    told = [read_line(line) for line in log.read_text().splitlines()]
    assert told[0][1] == "" and len(told[0][2]) == 3000
    limits = [parameters[0] for _, sql, _, parameters in told if sql]
    assert len(limits) > 5 and limits == sorted(limits, reverse=True)
    assert all(len(rows) == parameters[0] - 1 for _, sql, rows, parameters in told if sql)


# ---- printing --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printing(tmp_path_factory):
    """Without NaN, which SQLite does not have."""
    columns = "id, " + ", ".join(f"CASE WHEN isnan({name}) THEN 3 ELSE {name} END AS {name}" if name == "real" else name
                                 for name in PLAIN_TYPES) + ", day, dec9, thing"
    engine = Engine(tmp_path_factory.mktemp("print"), False, columns)
    lite = sqlite3.connect(":memory:")
    lite.execute("CREATE TABLE t (id INTEGER, truth INTEGER, i8 INTEGER, i16 INTEGER, i32 INTEGER, i64 INTEGER, u8 INTEGER, "
                 "u16 INTEGER, u32 INTEGER, real REAL, word TEXT COLLATE NOCASE, bytes BLOB, day TEXT, dec9 TEXT)")
    rows = engine.db.execute(f"SELECT id, {', '.join(PLAIN_TYPES)}, day::VARCHAR, dec9::VARCHAR FROM plain").fetchall()
    lite.executemany(f"INSERT INTO t VALUES ({', '.join('?' * 14)})", rows)
    return engine, lite


def printed(printing, dialect, seeds):
    """What was pushed of random predicates, as the worker printed it."""
    engine, _ = printing
    types = {**predicates.TYPES, **predicates.SHAPES}
    names = PLAIN_TYPES + ["day", "dec9"] + (["thing.a", "thing.b.c"] if dialect == "duckdb" else [])
    columns = {name: types[name] for name in names}
    for seed in seeds:
        where = predicates.predicate(random.Random(seed), columns)
        if "CAST(" in where.replace("CAST('", "").replace("CAST(-", "") and any(
                f"CAST({name} AS" in where for name in predicates.NUMBERS):
            continue  # may throw, which says nothing of printing
        if any(name in where for name in ("list", "words", *(() if dialect == "duckdb" else ("thing",)))):
            continue
        engine.told()
        outcome(lambda: engine.ids(engine.replay(log=engine.log, dialect=dialect), where))
        for told in engine.told()[:1]:
            yield where, told


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_what_is_printed_is_as_true_as_the_filter(printing, dialect):
    engine, lite = printing
    whole = 0
    for where, (left, sql, rows, parameters) in printed(printing, dialect, range(COUNT)):
        if not sql:
            continue
        if dialect == "sqlite":
            found = {row[0] for row in lite.execute(f"SELECT id FROM t WHERE {sql}", parameters)}
        elif "DATE" in sql or "DECIMAL" in sql:
            continue  # their parameters are not told as text
        else:
            found = {row[0] for row in engine.db.execute(f"SELECT id FROM plain WHERE {sql}", parameters).fetchall()}
        assert found >= set(rows), (where, sql)
        if left == 0:
            whole += 1
            assert found == set(rows), (where, sql, parameters)
    assert whole > COUNT / 6


@pytest.mark.parametrize("where, sql", [
    ("i32 = 1", '("i32" = ?)'),
    ("i32 IS DISTINCT FROM 1", '("i32" IS NOT ?)'),
    ("word >= 'a'", '("word" COLLATE BINARY >= ?)'),
    ("NOT truth", '(NOT "truth")'),
    ("starts_with(word, 'a')", '(instr("word" COLLATE BINARY, ?) = 1)'),
    ("day = '2024-01-01'", ""),
    ("day IS NULL", '("day" IS NULL)'),
    ("dec9 > 1", ""),
    ("real = 'nan'", ""),
    ("i8 > 1000", ""),
])
def test_what_sqlite_is_told(printing, where, sql):
    engine, _ = printing
    engine.told()
    engine.ids(engine.replay(log=engine.log, dialect="sqlite"), where)
    left, got, _, _ = engine.told()[0]
    assert got == sql and (left == 0) == (sql != "")
