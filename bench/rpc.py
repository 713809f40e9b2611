"""Times the RPC layer: round trips and bytes a second, of every client against every worker, beside bare pipes.

    rpc.py [--smoke] [--rounds N] [--seconds S] [--placement together,apart] [--json FILE] [--other BIN]
           [--only-c]

Run by scripts/bench; the test rpc/bench runs it with --smoke: a few turns of everything, no figures. All processes of
one transport are started first. Then, case by case, every round lets each of them do the same number of turns, one
after the other; ratios are formed within a round, so that what else the machine does meets both sides, and medians of
them are told. A figure of the bare pipe is two processes that move as many bytes in the same lock step with writev and
read alone (bare.c).

Client and worker are bound to one CPU ("together": they take turns anyway, and waking the other costs least) or to two
("apart"): left to the scheduler, its choice would be most of the difference.
"""

import argparse
import json
import os
import pathlib
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from measure import Readings, count_calls, pin

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("VGI_BIN_DIR") or HERE.parent / "build/release/bin")
PEER = [sys.executable, str(HERE / "rpc_peer.py")]
BARE = "bare"
SHM_BYTES = 16 << 20

# name -> (client, worker): command lines
PAIRINGS = {
    "C client, C worker": ([str(BIN / "vgi-bench-rpc-client")], [str(BIN / "vgi-bench-rpc-worker")]),
    "C client, Python worker": ([str(BIN / "vgi-bench-rpc-client")], [*PEER, "worker"]),
    "Python client, C worker": ([*PEER, "client"], [str(BIN / "vgi-bench-rpc-worker")]),
    "Python client, Python worker": ([*PEER, "client"], [*PEER, "worker"]),
}
OURS = "C client, C worker"

# Bytes that the messages around a body have: as strace shows them of the C client and the C worker.
REQUEST, ANSWER, TICK, BATCH = 560, 312, 96, 144

# name -> (case, rows, bytes there, bytes back)
CASES = {"unary": ("unary", 1, REQUEST, ANSWER)}
for label, rows in (("8 bytes", 1), ("64 KiB", 8 << 10), ("1 MiB", 128 << 10)):
    CASES[f"producer, {label}"] = ("produce", rows, TICK, BATCH + 8 * rows)
    CASES[f"exchange, {label}"] = ("exchange", rows, BATCH + 8 * rows, BATCH + 8 * rows)


class Runner:
    """A measured client, its worker behind it. It reads commands and answers each with the seconds it took."""

    def __init__(self, words, worker=None):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.worker = worker  # started here; else the client has started one

    def command(self, case, turns):
        return f"{case[0]} {case[1]} {turns}"

    def run(self, case, turns):
        self.process.stdin.write(self.command(case, turns) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{shlex.join(self.process.args)} has ended: exit status {self.process.wait()}")
        return float(line)

    def readings(self):
        return Readings(self.process.pid, self.worker.pid if self.worker else None)

    def calls(self, case, turns):
        """System calls a turn, of the client and of the worker, by name; in a run of its own."""
        pids = (pids[-1] for pids in self.readings().pids)
        return count_calls(dict(zip(("client", "worker"), pids, strict=True)), lambda: self.run(case, turns), turns)

    def close(self):
        self.process.stdin.close()
        if self.process.wait(timeout=30) != 0:
            raise SystemExit(f"{shlex.join(self.process.args)} failed: exit status {self.process.returncode}")
        if self.worker:
            self.worker.terminate()
            self.worker.wait(timeout=30)


class BareRunner(Runner):
    def command(self, case, turns):
        return f"{case[2]} {case[3]} {turns}"


def over_pipe(client, worker, folder):
    return Runner([*client, shlex.join(worker)])


def over_shm(client, worker, folder):
    """Large batches lie in memory that both see, and the pipe carries where."""
    return Runner([*client, shlex.join(worker), str(SHM_BYTES)])


def answers(path):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def over_unix(client, worker, folder):
    path = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "s"
    serving = subprocess.Popen([*worker, "--unix", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not answers(path):
        if serving.poll() is not None:
            raise SystemExit(f"{shlex.join(worker)} has ended: exit status {serving.returncode}")
        time.sleep(0.01)
    return Runner([*client, f"unix://{path}"], serving)


# name -> (how a pairing is connected, which bare peer it is compared with)
TRANSPORTS = {"pipe": (over_pipe, "pipe"), "unix socket": (over_unix, "unix"), "shared memory": (over_shm, "pipe")}


def open_all(transport, folder):
    connect, kind = TRANSPORTS[transport]
    runners = {BARE: BareRunner([str(BIN / "vgi-bench-bare"), kind])}
    for name, (client, worker) in PAIRINGS.items():
        runners[name] = connect(client, worker, folder)
    return runners


def turns_of(runner, case, seconds, cpus):
    """How many turns take about that long; the processes are warm then, and where they belong."""
    runner.run(case, 1)
    for pids, cpu in zip(runner.readings().pids, cpus, strict=True):
        for pid in pids:
            pin(pid, cpu)
    turns, took = 4, runner.run(case, 4)
    while took < seconds / 8:
        turns *= 4
        took = runner.run(case, turns)
    return max(1, round(turns * seconds / took))


def measure(runners, case, rounds, seconds, cpus):
    """name -> a list, one a round, of what one turn took: seconds, of the client's CPU, of the worker's."""
    turns = {name: turns_of(runner, case, seconds, cpus) for name, runner in runners.items()}
    names = list(runners)
    figures = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            before = runners[name].readings()
            took = runners[name].run(case, turns[name])
            after = runners[name].readings()
            figures[name].append([x / turns[name] for x in (took, after.client - before.client,
                                                              after.worker - before.worker)])
    return figures


def median_ratio(bare, own, cost):
    return statistics.median(cost(b) / cost(o) for b, o in zip(bare, own, strict=True))


def summary(figures, case):
    rows = {}
    for name, measured in figures.items():
        took, client, worker = (statistics.median(column) for column in zip(*measured, strict=True))
        rows[name] = {
            "us": took * 1e6, "per_second": 1 / took, "client_us": client * 1e6, "worker_us": worker * 1e6,
            "mb_per_second": (case[2] + case[3]) / took / 1e6,
            "of_bare": median_ratio(figures[BARE], measured, lambda figure: figure[0]),
            "cpu_of_bare": median_ratio(figures[BARE], measured, lambda figure: figure[1] + figure[2]),
        }
    return rows


def speed_cell(case, name, row):
    speed = f"{row['per_second']:,.0f}/s" if CASES[case][1] == 1 else f"{row['mb_per_second']:,.0f} MB/s"
    return speed if name == BARE else f"{speed}, {row['of_bare']:.0%}"


def cpu_cell(case, name, row):
    cost = f"{row['client_us']:.3g} + {row['worker_us']:.3g}"
    return cost if name == BARE else f"{cost}, {row['cpu_of_bare']:.0%}"


def table(title, results, cell, more=None):
    """One row a peer, one column a case."""
    yield f"| {title} | {' | '.join(CASES)} |" + (" peak MiB |" if more else "")
    yield "|---" + "|---:" * (len(CASES) + bool(more)) + "|"
    for name in results[next(iter(CASES))]:
        cells = [cell(case, name, results[case][name]) for case in CASES]
        yield f"| {name} | {' | '.join(cells)} |" + (f" {more[name][0]:.0f} + {more[name][1]:.0f} |" if more else "")


def tables(found):
    for title, measured in found.items():
        yield from table(title, measured["results"], speed_cell)
        yield ""
    for title, measured in found.items():
        yield from table(f"{title}: CPU us a turn", measured["results"], cpu_cell, measured["peaks"])
        yield ""
    yield "| system calls a turn, C client and C worker | client | worker |"
    yield "|---|---|---|"
    for title, measured in found.items():
        for case, calls in measured["calls"].items():
            sides = [", ".join(f"{name} {n:g}" for name, n in calls[side].items()) for side in ("client", "worker")]
            yield f"| {title}, {case} | {' | '.join(sides)} |"


def processors(placement):
    """The client's CPU, and the worker's."""
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[0]) if placement == "together" else (free[0], free[1 % len(free)])


def measure_all(rounds, seconds, placement):
    found = {}
    cpus = processors(placement)
    with tempfile.TemporaryDirectory() as folder:
        for transport in TRANSPORTS:
            runners = open_all(transport, folder)
            results = {}
            for name, case in CASES.items():
                results[name] = summary(measure(runners, case, rounds, seconds, cpus), case)
                print(f"{transport}, {name}: {results[name][OURS]['of_bare']:.0%} of bare, CPU "
                      f"{results[name][OURS]['cpu_of_bare']:.0%}", file=sys.stderr)
            peaks = {name: runner.readings().peaks() for name, runner in runners.items()}
            calls = {name: runners[OURS].calls(case, 200) for name, case in CASES.items()}
            for runner in runners.values():
                runner.close()
            found[f"{transport}, {placement}"] = {"results": results, "peaks": peaks, "calls": calls}
    return found


def smoke():
    with tempfile.TemporaryDirectory() as folder:
        for transport in TRANSPORTS:
            runners = open_all(transport, folder)
            for name, runner in runners.items():
                for case in CASES.values():
                    runner.run(case, 3)
                print(f"{transport}: {name} answers {len(CASES)} cases")
            for runner in runners.values():
                runner.close()


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--smoke", action="store_true")
    words.add_argument("--rounds", type=int, default=9)
    words.add_argument("--seconds", type=float, default=0.2, help="of one client in one round")
    words.add_argument("--placement", default="together,apart", help="client and worker on one CPU, on two, or both")
    words.add_argument("--json", type=pathlib.Path)
    words.add_argument("--other", type=pathlib.Path, help="executables of another build, to be compared with these")
    words.add_argument("--only-c", action="store_true", help="leave Python out")
    words = words.parse_args()
    if words.only_c:
        for name in [name for name in PAIRINGS if name != OURS]:
            del PAIRINGS[name]
    if words.other:
        PAIRINGS["the other build"] = tuple([str(words.other / pathlib.Path(side[0]).name)] for side in PAIRINGS[OURS])
    if words.smoke:
        smoke()
        return
    found = {}
    for placement in words.placement.split(","):
        found |= measure_all(words.rounds, words.seconds, placement)
    print(*tables(found), sep="\n")
    if words.json:
        words.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
