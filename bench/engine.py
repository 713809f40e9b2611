"""Times the engine with workers behind it: DuckDB, its VGI extension, one engine thread; C beside Rust, Python and the
engine's own functions, over every local transport.

    engine.py [--smoke] [--rounds N] [--transports stdio,unix,launch] [--cases NAME,...] [--json FILE]

Run by scripts/bench; the test sql/bench runs it with --smoke: small inputs, every answer compared with the engine's own,
no figures. In every round each worker does each case once, one after the other; ratios are formed within a round. A
measured answer is compared, too. --cases takes beginnings of their names.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

import peers
from measure import count_calls, peak_mib
from peers import LARGE_SCHEMAS, LARGE_TABLES, TABLES, TRANSPORTS, Worker, say

NATIVE = "DuckDB itself"

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
    "echo": (5_000_000, "SELECT sum(i), min(t), max(t) FROM {w}.echo((SELECT i, 'text ' || (i % 100) AS t "
             "FROM range({rows}) r(i)))",
             "SELECT sum(i), min(t), max(t) FROM (SELECT i, 'text ' || (i % 100) AS t FROM range({rows}) r(i))", {}),
    "warm small call": (1, "SELECT sum(n) FROM {w}.seq({rows})", "SELECT sum(i) FROM range({rows}) t(i)", {}),
}
# Of the catalog that every peer serves, what libvgi's workers cannot declare yet.
SKIPPED = ("bsum (an aggregate)",)
WARM_CALLS = 40  # of the small call, in a row, of which the median counts
COLD_STARTS = 7  # likewise of the first result
COLD, SHOW = "cold ATTACH to first result", f"SHOW ALL TABLES of {TABLES:,}"
# Of a catalog of LARGE_TABLES tables in LARGE_SCHEMAS schemas: name -> what is asked; None: the ATTACH itself.
LARGE_NAME = f"s{LARGE_SCHEMAS // 2:03}.t{LARGE_TABLES // 2:04}"
LARGE = {f"{LARGE_TABLES:,} tables in {LARGE_SCHEMAS} schemas: {what}": statement for what, statement in (
    ("ATTACH", None), ("SHOW ALL TABLES", "SELECT count(*) FROM (SHOW ALL TABLES) WHERE database = 'w'"),
    ("one look-up", f"SELECT count(*) FROM (DESCRIBE w.{LARGE_NAME})"))}
LARGE_PEERS = ("C", "Python")  # the others know no schemas
ALL_CASES = (*CASES, COLD, SHOW, *LARGE)


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def connect():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    connection.execute(f"LOAD {text(os.environ['VGI_EXTENSION'])}")
    return connection


def attach(connection, location):
    connection.execute(f"ATTACH 'bench' AS w (TYPE vgi, LOCATION {text(location)})")


class Native:
    """The engine's own functions."""

    sql = 2

    def __init__(self):
        self.connection = connect()

    def run(self, case, rows, repeats=1):
        for name, value in case[3].items():
            self.connection.execute(f"SET {name} = {value}")
        statement = case[self.sql].format(w="w", rows=rows, batch=2048)
        times = []
        for _ in range(repeats):
            begin = time.perf_counter()
            answer = self.connection.execute(statement).fetchall()
            times.append(time.perf_counter() - begin)
        for name in case[3]:
            self.connection.execute(f"RESET {name}")
        return statistics.median(times), answer

    def cpu_seconds(self):
        return {}

    def close(self):
        self.connection.close()


class Attached(Native):
    """A worker behind the engine, and another one of many tables."""

    sql = 1

    def __init__(self, words, transport, folder):
        super().__init__()
        self.worker = Worker(words, transport, folder)
        self.many = Worker(words, transport, folder, TABLES)
        self.large = Worker(words, transport, folder, LARGE_TABLES, LARGE_SCHEMAS)
        attach(self.connection, self.worker.location())

    def wake(self):
        """The engine may have ended a worker that was not asked for a while: its start is no part of what is timed."""
        self.run(CASES["warm small call"], 1)

    def cpu_seconds(self):
        return self.worker.cpu_seconds()

    def close(self):
        super().close()
        self.worker.close()
        self.many.close()
        self.large.close()


def cold(location):
    """The same in a process of its own: an engine keeps workers for its next database."""
    done = subprocess.run([sys.executable, __file__, "--cold", location], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def first_result(location):
    """From ATTACH to the first result, in a fresh database. A launched worker may run already."""
    connection = connect()
    begin = time.perf_counter()
    attach(connection, location)
    answer = connection.execute("SELECT sum(n) FROM w.seq(3)").fetchall()
    took = time.perf_counter() - begin
    connection.close()
    if answer != [(3,)]:
        raise SystemExit(f"{location}: the sum of 0, 1, 2 is {answer}")
    return took


def show_tables(location):
    """SHOW ALL TABLES of a catalog of TABLES tables, just attached."""
    connection = connect()
    attach(connection, location)
    begin = time.perf_counter()
    tables = connection.execute("SHOW ALL TABLES").fetchall()
    took = time.perf_counter() - begin
    connection.close()
    if sum(row[0] == "w" for row in tables) != TABLES:
        raise SystemExit(f"{location}: SHOW ALL TABLES shows {len(tables)} tables")
    return took


def ask_large(worker, statement):
    """Seconds, and CPU seconds of the worker, in a fresh database. The engine keeps the process from one to the next."""
    connection = connect()
    before, begin = worker.cpu_seconds(), time.perf_counter()
    attach(connection, worker.location())
    if statement:
        before, begin = worker.cpu_seconds(), time.perf_counter()
        answer = connection.execute(statement).fetchall()
        expected = LARGE_TABLES if "SHOW" in statement else 4
        if answer != [(expected,)]:
            raise SystemExit(f"{worker.location()}: {statement} is {answer}, expected {expected}")
    took = time.perf_counter() - begin
    cpu = peers.cpu_between(before, worker.cpu_seconds())
    connection.close()
    return took, cpu


def smoke():
    native = Native()
    with tempfile.TemporaryDirectory() as folder:
        found, left_out = peers.found()
        runners = {name: Attached(words, "stdio", pathlib.Path(folder)) for name, words in found.items()}
        runners["C over a unix socket"] = Attached(found["C"], "unix", pathlib.Path(folder))
        for name, case in CASES.items():
            for rows in (5000, 1, 0):
                expected = native.run(case, rows)[1]
                for peer, runner in runners.items():
                    answer = runner.run(case, rows)[1]
                    if answer != expected:
                        raise SystemExit(f"{name} of {rows} rows: {peer} answers {answer}, the engine {expected}")
        for peer, runner in runners.items():
            cold(runner.worker.location())
            show_tables(runner.many.location())
            if peer == "C":
                for statement in LARGE.values():
                    ask_large(runner.large, statement)
            runner.wake()
            if not runner.cpu_seconds():
                raise SystemExit("a worker that answers is not among the processes")
            runner.close()
    print(f"{', '.join(runners)}: the same answers in {len(CASES)} cases; not there yet: {', '.join(SKIPPED)}")
    print(*left_out, sep="\n")


def timed(name, runner, expected):
    """Seconds, and CPU seconds of the worker."""
    if name == COLD:
        return statistics.median(cold(runner.worker.location()) for _ in range(COLD_STARTS)), None
    if name == SHOW:
        return show_tables(runner.many.location()), None
    if name in LARGE:
        ask_large(runner.large, None)  # its start is no part of what is timed
        return ask_large(runner.large, LARGE[name])
    case = CASES[name]
    repeats = WARM_CALLS if case[0] == 1 else 1
    runner.wake()
    before = runner.cpu_seconds()
    took, answer = runner.run(case, case[0], repeats)
    cpu = peers.cpu_between(before, runner.cpu_seconds()) / repeats
    if expected is not None and answer != expected:
        raise SystemExit(f"{name}: {answer} is not what the engine says: {expected}")
    return took, cpu


def measure_rounds(rounds, names, runners, native):
    """case -> peer -> [seconds, CPU seconds of the worker], one a round."""
    found = {name: {peer: [] for peer in (NATIVE, *runners)} for name in names}
    for turn in range(rounds + 1):  # the first one warms
        for name in names:
            expected = None
            if name in CASES:
                case = CASES[name]
                took, expected = native.run(case, case[0], WARM_CALLS if case[0] == 1 else 1)
                found[name][NATIVE] += [[took, None]] if turn else []
            for peer, runner in runners.items():
                if name in LARGE and peer not in LARGE_PEERS:
                    continue
                figures = timed(name, runner, expected)
                found[name][peer] += [figures] if turn else []
        say(f"round {turn} of {rounds}")
    return found


def count_batch_calls(runner):
    """System calls of the worker a batch of 2,048 rows."""
    rows = 2048 * 500
    runner.wake()
    pids = runner.worker.pids()
    return count_calls({"worker": pids[0]}, lambda: runner.run(CASES["seq"], rows), 500)["worker"] if pids else {}


def measure(rounds, transports, names):
    native = Native()
    found = {}
    for transport in transports:
        say(f"over {transport}")
        with tempfile.TemporaryDirectory() as folder:
            runners = {name: Attached(words, transport, pathlib.Path(folder))
                       for name, words in peers.found()[0].items()}
            cases = measure_rounds(rounds, names, runners, native)
            for runner in runners.values():
                runner.wake()
            peaks = {name: max(map(peak_mib, runner.worker.pids())) for name, runner in runners.items()}
            large = {name: max(map(peak_mib, runner.large.pids()), default=None) for name, runner in runners.items()}
            calls = {name: count_batch_calls(runner) for name, runner in runners.items()}
            for runner in runners.values():
                runner.close()
        found[transport] = {"cases": cases, "peaks": peaks, "large": large, "calls": calls}
    return found


def milliseconds(figures):
    """The time, and in brackets how much of it the worker is on a CPU."""
    if not figures:
        return "-"
    cell = f"{statistics.median(took for took, _ in figures) * 1000:.3g}"
    spent = [cpu for _, cpu in figures if cpu is not None]
    return cell + (f" ({statistics.median(spent) * 1000:.2g})" if spent else "")


def ratio(ours, others):
    """Within a round, of the times and of the workers' CPU times."""
    pairs = list(zip(ours, others, strict=True)) if others else []
    if not pairs:
        return "-"
    cell = f"{statistics.median(a[0] / b[0] for a, b in pairs):.2g}"
    spent = [a[1] / b[1] for a, b in pairs if a[1] is not None and b[1]]
    return cell + (f" ({statistics.median(spent):.2g})" if spent else "")


def time_table(transport, found):
    names = [*found["peaks"], NATIVE]
    others = names[1:]
    yield f"| {transport}: ms (worker's CPU) | {' | '.join([*names, *(f'C / {name}' for name in others)])} |"
    yield "|---" + "|---:" * (len(names) + len(others)) + "|"
    for case, figures in found["cases"].items():
        cells = [milliseconds(figures[name]) for name in names]
        cells += [ratio(figures["C"], figures[name]) for name in others]
        yield f"| {case} | {' | '.join(cells)} |"


def cost_table(found):
    words, _ = peers.found()
    rows = {"resident at start, MiB": [f"{peers.resident_at_start(word):.1f}" for word in words.values()],
            "executable, bytes": [f"{size:,}" if (size := peers.size_bytes(word)) else "-" for word in words.values()]}
    for transport, results in found.items():
        rows[f"peak after all cases, MiB, {transport}"] = [f"{results['peaks'][name]:.1f}" for name in words]
    for transport, results in found.items():
        rows[f"peak with {LARGE_TABLES:,} tables, MiB, {transport}"] = [
            f"{results['large'][name]:.1f}" if results["large"][name] else "-" for name in words]
    for transport, results in found.items():
        rows[f"system calls a batch of seq, {transport}"] = [
            ", ".join(f"{call} {n:g}" for call, n in results["calls"][name].items()) or "-" for name in words]
    yield f"| worker | {' | '.join(words)} |"
    yield "|---" + "|---:" * len(words) + "|"
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"


def report(found):
    for transport, results in found.items():
        yield from time_table(transport, results)
        yield ""
    yield from cost_table(found)
    yield ""
    yield " ".join([f"Not there yet: {', '.join(SKIPPED)}.", *(f"{line}." for line in peers.found()[1])])


def chosen_cases(text):
    begins = text.split(",") if text else [""]
    return [name for name in ALL_CASES if name.startswith(tuple(begins))]


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--smoke", action="store_true")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--transports", default=",".join(TRANSPORTS))
    words.add_argument("--cases", default="")
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
    found = measure(words.rounds, words.transports.split(","), chosen_cases(words.cases))
    if words.json:
        words.json.write_text(json.dumps(found, indent=1))
    print(*report(found), sep="\n")


if __name__ == "__main__":
    main()
