"""`vgi scan --where` against DuckDB: random filters over every type, on a worker that filters and on one that does not."""

import os
import pathlib
import random
import shlex
import subprocess
import sys
import time

import duckdb
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402
import types_worker  # noqa: E402

REFERENCE = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/client/python_worker.py"
EXAMPLE = [shlex.join([sys.executable, str(REFERENCE)]), "-c", "example", "-q"]

# What a literal can be, as both write it. Quoted ones take the column's type there, too.
LITERALS = {
    "truth": ["true", "false", "'true'"],
    "tiny": ["-3", "0", "2", "'1'"],
    "big": ["-9223372036854775808", "0", "9223372036854775807"],
    "whole": ["0", "9223372036854775808", "18446744073709551615"],
    "narrow": ["0", "0.5", "'nan'", "'inf'", "-2.25"],
    "number": ["0", "-1.5", "1e300", "'nan'", "'-inf'", "'inf'"],
    "price": ["0", "-1.25", "2.5", "'0.01'"],
    "word": ["''", "'a'", "'it''s'", "'日本語'", "'say \"x\"'", "'é'"],
    "color": ["'red'", "'blue'", "'no color'"],
    "bytes": [r"''", r"'\x00'", r"'ab'", r"'\x00\xFF'"],
    "day": ["'1970-01-01'", "DATE '1969-12-31'"],
    '"at time"': ["'2024-01-01'", "'2024-01-01 00:00:00.5'", "TIMESTAMP '2023-12-31 23:59:59'"],
}


def leaf(r):
    name, literals = r.choice(sorted(LITERALS.items()))
    kind = r.random()
    if kind < 0.15:
        return f"{r.choice([name, 'list'])} IS {r.choice(['', 'NOT '])}NULL"
    if kind < 0.35:
        items = [r.choice([*literals, "NULL"] if r.random() < 0.2 else literals) for _ in range(r.randint(1, 4))]
        return f"{name} {r.choice(['', 'not '])}in ({', '.join(items)})"
    return f"{name} {r.choice(['=', '<>', '!=', '<', '<=', '>', '>='])} {r.choice(literals)}"


def tree(r, depth):
    if depth == 0 or r.random() < 0.3:
        return leaf(r)
    kind = r.random()
    if kind < 0.2:
        return f"NOT ({tree(r, depth - 1)})"
    left, right = tree(r, depth - 1), tree(r, depth - 1)
    joined = f"{left} {r.choice(['AND', 'OR', 'and', 'Or'])} {right}"
    return f"({joined})" if r.random() < 0.5 else joined


@pytest.fixture(scope="module")
def location(tmp_path_factory):
    """One worker for all, on a socket."""
    path = tmp_path_factory.mktemp("types") / "socket"
    log = open(path.with_name("log"), "w")
    worker = subprocess.Popen([sys.executable, types_worker.__file__, "--unix", str(path)], stdout=log, stderr=log)
    while not path.exists():
        assert worker.poll() is None, path.with_name("log").read_text()
        time.sleep(0.02)
    yield f"unix://{path}"
    worker.terminate()
    worker.wait(30)


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect()
    connection.register("rows", types_worker.rows())  # itself it would be filtered by pyarrow, not by the engine
    connection.execute("CREATE TABLE pushed AS FROM rows")
    return connection


def ids(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize("seed", range(24))
def test_random_filters(location, engine, seed):
    where = tree(random.Random(seed), 3)
    expected = [row[0] for row in engine.execute(f"SELECT id FROM pushed WHERE {where} ORDER BY id").fetchall()]
    got = cli.lines("scan", location, "plain", "--where", where, "--columns", "id")
    assert got == [{"id": i} for i in expected], where
    assert ids(cli.lines("scan", location, "pushed", "--no-pushdown", "-w", where)) == expected, where
    # The reference orders NaN as IEEE 754 does, and so sends fewer rows than DuckDB's semantics want.
    if "narrow" not in where and "number" not in where:
        assert ids(cli.lines("scan", location, "pushed", "-w", where)) == expected, where


def test_limit_counts_what_is_left(location, engine):
    expected = [row[0] for row in engine.execute("SELECT id FROM pushed WHERE tiny > 0 ORDER BY id").fetchall()]
    assert len(expected) > 20
    for table in ("plain", "pushed"):
        for limit in (0, 1, 7, 1000):
            rows = cli.lines("scan", location, table, "-w", "tiny > 0", "-n", str(limit), "--columns", "id")
            assert ids(rows) == expected[:limit]


def test_columns_that_are_only_asked_for_are_not_shown(location):
    assert cli.ok("scan", location, "pushed", "-w", "tiny = 3 AND id < 40", "--columns", "word", "-n", "1", "-o",
                  "csv").startswith("word\n")


def test_every_output_holds_whole_values(location):
    import pyarrow as pa

    done = subprocess.run([cli.VGI, "scan", location, "plain", "-w", "tiny < 2 OR tiny IS NULL", "-o", "arrow"],
                          capture_output=True, check=True, env=cli.ENVIRONMENT)
    table = pa.ipc.open_stream(done.stdout).read_all()
    whole = types_worker.rows()
    expected = [row for row in whole.drop_columns("narrow").drop_columns("number").to_pylist()
                if row["tiny"] is None or row["tiny"] < 2]
    assert table.drop_columns("narrow").drop_columns("number").to_pylist() == expected
    assert table.column("color").type == whole.column("color").type


def echoed(where, *words):
    rows = cli.lines("scan", EXAMPLE[0], "data.tt_pushdown_fn", *EXAMPLE[1:], "--where", where, *words)
    return {row["pushed_filters"] for row in rows}


def test_what_the_worker_is_told():
    assert echoed("id >= 2 AND val IN (10, 20, 30)") == {"id >= 2 AND val IN (10, 20, 30)"}
    assert echoed("id IS NOT NULL AND (id = 1 OR id = 2)") == {"id IS NOT NULL AND (id = 1 OR id = 2)"}
    assert echoed("id >= 2", "--no-pushdown") != echoed("id >= 2")


def test_a_literal_null_is_told_to_nobody(location):
    assert cli.lines("scan", location, "pushed", "-w", "tiny = NULL") == []
    assert cli.lines("scan", location, "pushed", "-w", "tiny NOT IN (1, NULL)") == []


@pytest.mark.parametrize(
    "where, said, column",
    [
        ("tiny", "a comparison is missing here", 4),
        ("tiny >", "a value is missing here", 6),
        ("tiny = 1000", "column 'tiny': 1000 is outside the range", 7),
        ("tiny = 1.5", "'1.5' is no value of type TINYINT", 7),
        ("tiny = 1 AND", "a column's name is missing here", 12),
        ("tiny = 1 big = 2", "AND or OR is missing here", 9),
        ("(tiny = 1", "AND, OR or ')' is missing here", 9),
        ("tiny = 1)", "AND or OR is missing here", 8),
        ("word = a", "'word' is VARCHAR: its values are written in quotes: 'a'", 7),
        ("word = 'a", "a text that has no end", 7),
        ("word LIKE 'a%'", "a comparison is missing here", 5),
        ("day = TIMESTAMP '2024-01-01'", "'day' is DATE, not TIMESTAMP", 6),
        ("day = '2024-13-01'", "'2024-13-01' is no value of type DATE", 6),
        ("list = '[1]'", "can only be asked for IS NULL", 5),
        ("word in ('a' 'b')", "a comma or ')' is missing here", 13),
        ("word in ()", "a value is missing here", 9),
        ("word not 'a'", "IN is missing behind NOT", 9),
        ("word is 'a'", "NULL is missing behind IS", 8),
        ("", "a column's name is missing here", 0),
        ("(" * 60 + "tiny = 1" + ")" * 60, "nested too deep", 50),
        ("日本 = 1", "there is no column '日本'", 0),
    ],
)
def test_a_mistake_has_a_caret_under_it(location, where, said, column):
    text = cli.fails(3 if "no column" in said else 2, "scan", location, "plain", "--where", where)
    lines = text.splitlines()
    assert said in lines[0]
    assert lines[1] == "     " + where
    assert lines[2] == " " * (5 + column) + "^"


def test_a_mistyped_column_is_answered_with_the_nearest(location):
    assert "did you mean 'price'?" in cli.fails(3, "scan", location, "plain", "--where", "prize > 1")


def test_a_long_filter_is_cut_around_the_mistake(location):
    text = cli.fails(2, "scan", location, "plain", "--where", " AND ".join(["tiny = 1"] * 40) + " AND word = 7")
    line, caret = text.splitlines()[1:3]
    assert line.startswith("     ...") and line[len(caret) - 1] == "7" and len(caret) < 80
