"""Times the evaluation of filters beside pyarrow's kernels, over the same 8,192 rows.

    filter.py [--smoke] [--rounds N] [--json FILE]

Run by scripts/bench; the test rpc/bench_filter runs it with --smoke: the same rows are left, no figures. In every round
each side does each thing once, one after the other; what is told are medians.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(os.environ.get("VGI_BIN_DIR") or HERE.parent / "build/release/bin") / "vgi-bench-filter"
ROUND_SECONDS = 0.02
ROWS = 8192

k = np.arange(ROWS, dtype=np.int64) * 7919 % ROWS
N, R, S = pa.array(k), pa.array(k / ROWS), pa.array([f"word {n % 100}" for n in k.tolist()])
SET = pa.array(np.arange(16, dtype=np.int64) * 500)


def between():
    return pc.and_kleene(pc.greater_equal(N, 100), pc.less_equal(N, 200))


CASES = {"less": ("`n < 4096`", lambda: pc.less(N, 4096)),
         "between": ("`n BETWEEN 100 AND 200`", between),
         "real": ("`r > 0.5`", lambda: pc.greater(R, 0.5)),
         "text": ("`s = 'word 42'`", lambda: pc.equal(S, "word 42")),
         "prefix": ("`starts_with(s, 'word 4')`", lambda: pc.starts_with(S, "word 4")),
         "set": ("`n IN (16 values)`", lambda: pc.is_in(N, value_set=SET)),
         "either": ("`s = 'word 42' OR n BETWEEN 100 AND 200`", lambda: pc.or_kleene(pc.equal(S, "word 42"), between()))}


class Ours:
    def __init__(self):
        self.process = subprocess.Popen([str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, case, turns):
        """The seconds, and the rows that are left."""
        self.process.stdin.write(f"{case} {turns}\n")
        self.process.stdin.flush()
        seconds, rows = self.process.stdout.readline().split()
        return float(seconds), int(rows)

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit(f"vgi-bench-filter: exit status {self.process.returncode}")


class Theirs:
    def run(self, case, turns):
        test = CASES[case][1]
        begin = time.perf_counter()
        for _ in range(turns):
            rows = len(pc.indices_nonzero(test()))
        return time.perf_counter() - begin, rows

    def close(self):
        pass


def measure(rounds):
    """(who, case) -> seconds a turn."""
    sides = {"C": Ours(), "pyarrow": Theirs()}
    jobs = [(who, case) for case in CASES for who in sides]
    turns = {job: max(1, int(ROUND_SECONDS / (sides[job[0]].run(job[1], 10)[0] / 10))) for job in jobs}
    found = {job: [] for job in jobs}
    for _ in range(rounds):
        for who, case in jobs:
            found[who, case].append(sides[who].run(case, turns[who, case])[0] / turns[who, case])
    sides["C"].close()
    return {job: statistics.median(times) for job, times in found.items()}


def smoke():
    ours, theirs = Ours(), Theirs()
    for case in CASES:
        if ours.run(case, 2)[1] != theirs.run(case, 1)[1]:
            raise SystemExit(f"{case}: other rows than pyarrow's")
    ours.close()
    print(f"{len(CASES)} filters leave the same rows")


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--smoke", action="store_true")
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--json", type=pathlib.Path)
    words = words.parse_args()
    if words.smoke:
        smoke()
        return
    seconds = measure(words.rounds)
    print("| 8,192 rows | C: us | pyarrow: us | C: ns a row | C / pyarrow |\n|---|---:|---:|---:|---:|")
    for case, (sql, _) in CASES.items():
        c, arrow = seconds["C", case], seconds["pyarrow", case]
        print(f"| {sql} | {c * 1e6:.3g} | {arrow * 1e6:.3g} | {c * 1e9 / ROWS:.2g} | {c / arrow:.2g} |")
    if words.json:
        words.json.write_text(json.dumps({" ".join(job): value for job, value in seconds.items()}, indent=1))


if __name__ == "__main__":
    main()
