"""Times the engine with workers behind it: DuckDB, its VGI extension, one engine thread, C beside Python and beside the
engine's own functions.

    engine.py [--smoke] [--rounds N] [--json FILE]

Run by scripts/bench; the test sql/bench runs it with --smoke: small inputs, every answer compared with the engine's own,
no figures. In every round each worker does each case once, one after the other; ratios are formed within a round.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import time

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("VGI_BIN_DIR") or HERE.parent / "build/release/bin")
PYTHON = os.environ.get("VGI_PYTHON313", "")
TABLES = 1000

WIDE = """SELECT {cols} FROM (SELECT (i % {batch}) % 2048 AS k FROM range({rows}) t(i))""".replace("{cols}", ", ".join([
    *(f"k * {j + 1} AS c{j:02}" for j in range(6)), *(f"(k + {j})::INTEGER AS c{j:02}" for j in range(6, 9)),
    *(f"k * 0.5::DOUBLE + {j} AS c{j:02}" for j in range(9, 13)),
    "CASE WHEN k % 10 <> 0 THEN k * 0.5::DOUBLE + 13 END AS c13", "k % 2 = 0 AS c14",
    "DATE '2020-01-01' + k::INTEGER AS c15", "make_timestamp(k * 1000000) AS c16",
    "lpad(k::VARCHAR, 8, '0') AS c17", "'w18-' || lpad(k::VARCHAR, 12, '0') AS c18",
    "'w19-' || lpad(k::VARCHAR, 20, '0') AS c19"]))
WIDE_SUMS = ", ".join([*(f"sum(c{j:02})" for j in range(14)), "count(c13)", "count_if(c14)", "max(c15)", "max(c16)",
                       "min(c17)", "max(c18)", "sum(length(c19))"])

# name -> (rows, what the worker is asked, what the engine does by itself, settings). {w}: the worker's catalog.
CASES = {
    "bdouble": (10_000_000, "SELECT sum({w}.bdouble(i)) FROM range({rows}) t(i)",
                "SELECT sum(i * 2) FROM range({rows}) t(i)", {}),
    "bdouble, no de-duplication": (10_000_000, "SELECT sum({w}.bdouble(i)) FROM range({rows}) t(i)",
                                   "SELECT sum(i * 2) FROM range({rows}) t(i)",
                                   {"vgi_exchange_input_dedup": "false"}),
    "bupper, no de-duplication": (1_000_000, "SELECT max({w}.bupper('text ' || i)) FROM range({rows}) t(i)",
                                  "SELECT max(upper('text ' || i)) FROM range({rows}) t(i)",
                                  {"vgi_exchange_input_dedup": "false"}),
    "seq": (10_000_000, "SELECT sum(n), count(*) FROM {w}.seq({rows})",
            "SELECT sum(i), count(*) FROM range({rows}) t(i)", {}),
    "wide": (1_000_000, "SELECT " + WIDE_SUMS + " FROM {w}.wide({rows})", "SELECT " + WIDE_SUMS + f" FROM ({WIDE})", {}),
    "strs": (5_000_000, "SELECT min(s), max(s), sum(length(s)) FROM {w}.strs({rows})",
             "SELECT min(s), max(s), sum(length(s)) FROM (SELECT 'str-' || lpad(((i % {batch}) % 2048)::VARCHAR, 12, '0')"
             " AS s FROM range({rows}) t(i))", {}),
    "warm small call": (1, "SELECT sum(n) FROM {w}.seq({rows})", "SELECT sum(i) FROM range({rows}) t(i)", {}),
}
# Of the catalog that every peer serves, what libvgi's workers cannot declare yet.
SKIPPED = ("echo (a table-in-out function)", "bsum (an aggregate)")


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def connect():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    connection.execute(f"LOAD {text(os.environ['VGI_EXTENSION'])}")
    return connection


def attach(connection, command):
    connection.execute(f"ATTACH 'bench' AS w (TYPE vgi, LOCATION {text(command)})")


def peers():
    """name -> the worker's command; the engine itself has none."""
    found = {"C": shlex.quote(str(BIN / "vgi-bench-worker"))}
    if PYTHON:
        found["Python"] = shlex.join([PYTHON, str(HERE / "engine_worker.py")])
    for name in list(found):
        found[f"{name}, launch"] = f"launch:{found[name]}"
    return found


class Native:
    """The engine's own functions."""

    sql = 2

    def __init__(self):
        self.connection = connect()

    def run(self, case, rows):
        for name, value in case[3].items():
            self.connection.execute(f"SET {name} = {value}")
        statement = case[self.sql].format(w="w", rows=rows, batch=2048)
        begin = time.perf_counter()
        answer = self.connection.execute(statement).fetchall()
        took = time.perf_counter() - begin
        for name in case[3]:
            self.connection.execute(f"RESET {name}")
        return took, answer


class Attached(Native):
    sql = 1

    def __init__(self, command):
        super().__init__()
        attach(self.connection, command)


def cold(command):
    """The same in a process of its own: an engine keeps workers for its next database."""
    done = subprocess.run([sys.executable, __file__, "--cold", command], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def first_result(command):
    """From ATTACH to the first result, in a fresh database. A launched worker may run already."""
    connection = connect()
    begin = time.perf_counter()
    attach(connection, command)
    answer = connection.execute("SELECT sum(n) FROM w.seq(3)").fetchall()
    took = time.perf_counter() - begin
    connection.close()
    if answer != [(3,)]:
        raise SystemExit(f"{command}: the sum of 0, 1, 2 is {answer}")
    return took


def show_tables(command):
    """SHOW ALL TABLES of a catalog of TABLES tables, just attached."""
    connection = connect()
    attach(connection, f"VGI_BENCH_TABLES={TABLES} {command}")
    begin = time.perf_counter()
    tables = connection.execute("SHOW ALL TABLES").fetchall()
    took = time.perf_counter() - begin
    connection.close()
    if sum(row[0] == "w" for row in tables) != TABLES:
        raise SystemExit(f"{command}: SHOW ALL TABLES shows {len(tables)} tables")
    return took


def over_stdio(workers):
    return {name: command for name, command in workers.items() if not command.startswith("launch:")}


def smoke():
    workers = over_stdio(peers())  # a launched worker would stay for some minutes
    native = Native()
    runners = {name: Attached(command) for name, command in workers.items()}
    for name, case in CASES.items():
        for rows in (5000, 1, 0):
            expected = native.run(case, rows)[1]
            for peer, runner in runners.items():
                answer = runner.run(case, rows)[1]
                if answer != expected:
                    raise SystemExit(f"{name} of {rows} rows: {peer} answers {answer}, the engine {expected}")
    for runner in runners.values():
        runner.connection.close()
    for command in workers.values():
        cold(command)
        show_tables(command)
    print(f"{', '.join(workers)}: the same answers in {len(CASES)} cases; not there yet: {', '.join(SKIPPED)}")


def measure(rounds):
    """case -> peer -> seconds, one a round."""
    workers = peers()
    runners = {"DuckDB itself": Native(), **{name: Attached(command) for name, command in workers.items()}}
    found = {name: {peer: [] for peer in runners} for name in CASES}
    for others in ("cold ATTACH to first result", f"SHOW ALL TABLES of {TABLES:,}"):
        found[others] = {peer: [] for peer in (workers if others.startswith("cold") else over_stdio(workers))}
    for turn in range(rounds + 1):  # the first one warms
        for name, case in CASES.items():
            for peer, runner in runners.items():
                repeats = 20 if case[0] == 1 else 1
                took = sum(runner.run(case, case[0])[0] for _ in range(repeats)) / repeats
                if turn:
                    found[name][peer].append(took)
        for peer, command in workers.items():
            if turn:
                found["cold ATTACH to first result"][peer].append(cold(command))
        for peer, command in over_stdio(workers).items():
            if turn:
                found[f"SHOW ALL TABLES of {TABLES:,}"][peer].append(show_tables(command))
        print(f"round {turn} of {rounds}", file=sys.stderr)
    for runner in runners.values():
        runner.connection.close()
    return found


def table(found):
    names = list(next(iter(found.values())))
    yield f"| engine, one thread: ms | {' | '.join(names)} |"
    yield "|---" + "|---:" * len(names) + "|"
    for case, peers_of in found.items():
        cells = []
        for name in names:
            if not peers_of.get(name):
                cells.append("-")
                continue
            ratio = statistics.median(own / ours for own, ours in zip(peers_of[name], peers_of["C"], strict=True))
            cells.append(f"{statistics.median(peers_of[name]) * 1000:.3g}" + ("" if name == "C" else f" ({ratio:.2g})"))
        yield f"| {case} | {' | '.join(cells)} |"


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--smoke", action="store_true")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--json", type=pathlib.Path)
    words.add_argument("--cold", help=argparse.SUPPRESS)
    words = words.parse_args()
    if not os.environ.get("VGI_EXTENSION"):
        print("SKIPPED: VGI_EXTENSION is not set: run scripts/setup test first")
        sys.exit(77)
    if words.cold:
        print(first_result(words.cold))
        return
    if words.smoke:
        smoke()
        return
    found = measure(words.rounds)
    print(*table(found), sep="\n")
    print(f"\nIn brackets: times of C over stdio. Not there yet: {', '.join(SKIPPED)}.")
    if words.json:
        words.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
