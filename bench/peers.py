"""The workers that engine.py compares, as processes: how the engine reaches them, what they cost."""

import os
import pathlib
import secrets
import shlex
import signal
import subprocess
import sys
import tempfile
import time

from measure import marked, memory_mib, process_cpu_seconds

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("VGI_BIN_DIR") or HERE.parent / "build/release/bin")
TRANSPORTS = ("stdio", "unix", "launch")
TABLES = 1000
LARGE_TABLES, LARGE_SCHEMAS = 10_000, 100
SETTLING_SECONDS = 0.5  # of a worker that has begun to listen


def found():
    """name -> its words, and a sentence for each peer that is left out."""
    peers, left_out = {"C": [str(BIN / "vgi-bench-worker")]}, []
    rust, python = os.environ.get("VGI_BENCH_RUST"), os.environ.get("VGI_PYTHON313")
    if rust:
        peers["Rust"] = [rust]
    else:
        left_out.append("Rust is left out: VGI_BENCH_RUST names no worker (scripts/bench builds it where there is cargo)")
    if python:
        peers["Python"] = [python, str(HERE / "engine_worker.py")]
    else:
        left_out.append("Python is left out: VGI_PYTHON313 is not set")
    return peers, left_out


class Worker:
    """One peer over one transport. Whatever process serves it carries `mark` in its environment: the engine starts some
    of them, and a launcher others that outlive it."""

    def __init__(self, words, transport, folder, tables=0, schemas=0):
        self.words, self.transport = words, transport
        self.mark = secrets.token_hex(8)
        self.variables = {"VGI_BENCH_MARK": self.mark, "VGI_BENCH_TABLES": str(tables),
                          "VGI_BENCH_SCHEMAS": str(schemas)}
        self.process = self.socket = None
        if transport == "unix":
            self.socket = folder / f"{self.mark}.sock"
            self.process = self.start()

    def start(self):
        """Serves the socket, from here on."""
        process = subprocess.Popen([*self.words, "--unix", str(self.socket), "--idle-timeout", "300"],
                                   env={**os.environ, **self.variables}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE)
        line = process.stdout.readline()
        if not line.startswith(b"UNIX:"):
            raise SystemExit(f"{shlex.join(self.words)} --unix {self.socket} says {line!r}")
        return process

    def location(self):
        if self.transport == "unix":
            return f"unix://{self.socket}"
        words = [*(f"{name}={value}" for name, value in self.variables.items()), shlex.join(self.words)]
        return " ".join(words) if self.transport == "stdio" else " ".join(["launch:/usr/bin/env", *words])

    def pids(self):
        return [self.process.pid] if self.process else marked(self.mark)

    def cpu_seconds(self):
        """pid -> seconds"""
        return {pid: seconds for pid in self.pids() if (seconds := process_cpu_seconds(pid)) is not None}

    def close(self):
        for pid in marked(self.mark):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.wait()
            self.process.stdout.close()


def cpu_between(before, after):
    """Of the processes that were there at the end, those that began in between included."""
    return sum(seconds - before.get(pid, 0) for pid, seconds in after.items())


def resident_at_start(words):
    """MiB of a worker that listens and has served nobody."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(words, "unix", pathlib.Path(folder))
        time.sleep(SETTLING_SECONDS)
        resident = memory_mib(worker.process.pid, "VmRSS")
        worker.close()
    return resident


def size_bytes(words):
    """Of the executable; of a script nothing, as what it needs is spread over an interpreter's folders."""
    return None if pathlib.Path(words[-1]).suffix == ".py" else pathlib.Path(words[0]).stat().st_size


def say(text):
    print(text, file=sys.stderr)
