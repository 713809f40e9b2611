"""Times reading and writing Arrow IPC in memory beside memcpy and beside pyarrow.

    ipc.py [--smoke] [--rounds N] [--json FILE]

Run by scripts/bench; the test ipc/bench runs it with --smoke: every batch comes back as it was, no figures. In every
round each side does each thing once, one after the other; what is told are medians.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(os.environ.get("VGI_BIN_DIR") or HERE.parent / "build/release/bin") / "vgi-bench-ipc"
ROUND_SECONDS = 0.02


def wide():
    """The batch of engine_worker.c's function of that name."""
    k = np.arange(2048, dtype=np.int64)
    columns = [
        *(pa.array(k * (j + 1)) for j in range(6)), *(pa.array((k + j).astype(np.int32)) for j in range(6, 9)),
        *(pa.array(k * 0.5 + j) for j in range(9, 13)), pa.array(k * 0.5 + 13, mask=k % 10 == 0), pa.array(k % 2 == 0),
        pa.array((k + 18262).astype(np.int32)).cast(pa.date32()), pa.array(k * 1_000_000).cast(pa.timestamp("us")),
        *(pa.array([form % n for n in k.tolist()]) for form in ("%08d", "w18-%012d", "w19-%020d"))]
    return pa.record_batch(columns, names=[f"c{j:02}" for j in range(20)])


BATCHES = {"1 MiB of int64": lambda: pa.record_batch([pa.array(np.arange(1 << 17, dtype=np.int64))], names=["n"]),
           "`wide`, 2,048 rows x 20": wide}


def encoded(batch):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def decoded(stream):
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_next_batch()


class Ours:
    def __init__(self, path, copy=None):
        self.process = subprocess.Popen([str(PROGRAM), str(path), *([str(copy)] if copy else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, what, turns):
        self.process.stdin.write(f"{what} {turns}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit(f"vgi-bench-ipc: exit status {self.process.returncode}")


class Theirs:
    def __init__(self, batch, stream):
        self.things = {"decode": lambda: decoded(stream).validate(full=True), "encode": lambda: encoded(batch)}

    def run(self, what, turns):
        thing = self.things[what]
        begin = time.perf_counter()
        for _ in range(turns):
            thing()
        return time.perf_counter() - begin


def measure(batch, rounds, folder):
    """(who, what) -> seconds a turn, one a round."""
    stream = encoded(batch)
    (folder / "in").write_bytes(stream)
    ours, theirs = Ours(folder / "in"), Theirs(batch, stream)
    jobs = {("C", what): ours for what in ("copy", "decode", "encode", "parts")}
    jobs |= {("pyarrow", what): theirs for what in ("decode", "encode")}
    turns = {job: max(1, int(ROUND_SECONDS / (side.run(job[1], 10) / 10))) for job, side in jobs.items()}
    found = {job: [] for job in jobs}
    for _ in range(rounds):
        for job, side in jobs.items():
            found[job].append(side.run(job[1], turns[job]) / turns[job])
    ours.close()
    return len(stream), {job: statistics.median(times) for job, times in found.items()}


NAMES = {("C", "copy"): "memcpy", ("C", "decode"): "C: decode", ("C", "parts"): "C: encode for writev",
         ("C", "encode"): "C: encode and copy", ("pyarrow", "decode"): "pyarrow: decode, validate",
         ("pyarrow", "encode"): "pyarrow: encode"}


def table(results):
    yield f"| in memory: us a batch (GB/s) | bytes | {' | '.join(NAMES.values())} |"
    yield "|---" + "|---:" * (len(NAMES) + 1) + "|"
    for name, (size, seconds) in results.items():
        cells = [f"{seconds[job] * 1e6:.3g} ({size / seconds[job] / 1e9:.3g})" for job in NAMES]
        yield f"| {name} | {size:,} | {' | '.join(cells)} |"


def smoke(folder):
    for name, make in BATCHES.items():
        batch = make()
        (folder / "in").write_bytes(encoded(batch))
        ours = Ours(folder / "in", folder / "out")
        for what in ("decode", "encode", "parts", "copy"):
            ours.run(what, 3)
        ours.close()
        found = decoded(pa.py_buffer((folder / "out").read_bytes()))
        found.validate(full=True)
        if not found.equals(batch):
            raise SystemExit(f"{name}: what was encoded is another batch")
    print(f"{len(BATCHES)} batches came back as they were")


def main():
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--smoke", action="store_true")
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--json", type=pathlib.Path)
    words = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if words.smoke:
            smoke(folder)
            return
        results = {name: measure(make(), words.rounds, folder) for name, make in BATCHES.items()}
    print(*table(results), sep="\n")
    if words.json:
        words.json.write_text(json.dumps({name: {" ".join(job): seconds for job, seconds in found.items()}
                                          for name, (_, found) in results.items()}, indent=1))


if __name__ == "__main__":
    main()
