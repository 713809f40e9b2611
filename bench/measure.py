"""What the kernel says of a client and its worker: CPU time, peak memory, system calls. Used by rpc.py and engine.py."""

import collections
import os
import pathlib
import signal
import subprocess
import tempfile
import time

PROC = pathlib.Path("/proc")


def tasks(pid):
    return [entry for entry in (PROC / str(pid) / "task").iterdir()]


def children(pid):
    found = []
    for task in tasks(pid):
        found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def cpu_seconds(pid):
    """Of all threads that live: time on a CPU, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks(pid)) / 1e9


def process_cpu_seconds(pid):
    """Of the process since it began, of threads that ended, too. None: there is no such process any more."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the kernel's number of another process's clock
    except OSError:
        return None


def marked(mark):
    """The processes whose environment has the variable VGI_BENCH_MARK with that value."""
    found = []
    for entry in PROC.iterdir():
        try:
            wanted = f"VGI_BENCH_MARK={mark}".encode()
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            pass  # has ended, or is not ours
    return found


def pin(pid, cpu):
    """All threads that live, and those that they start."""
    for task in tasks(pid):
        os.sched_setaffinity(int(task.name), {cpu})


def memory_mib(pid, name):
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no {name}")


def peak_mib(pid):
    return memory_mib(pid, "VmHWM")


class Readings:
    """CPU seconds so far, of a client and of its worker: the process given, else whatever the client has started (a
    shell that waits for the worker adds nothing)."""

    def __init__(self, client, worker=None):
        self.pids = [client], [worker] if worker else descendants(client)
        self.client, self.worker = (sum(map(cpu_seconds, pids)) for pids in self.pids)

    def peaks(self):
        return tuple(max(map(peak_mib, pids)) for pids in self.pids)


def is_traced(pid):
    for task in tasks(pid):
        if "TracerPid:\t0\n" in (task / "status").read_text():
            return False
    return True


def parse_counts(text):
    """strace -c: the last two columns are errors, which may be missing, and the name."""
    counts = collections.Counter()
    for line in text.splitlines():
        words = line.split()
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] += int(words[3])
    return counts


def count_calls(pids, run, turns):
    """What run() makes the processes {side: pid} call: {side: {name: how often a turn}}. Nothing where strace cannot."""
    tracers = []
    with tempfile.TemporaryDirectory() as folder:
        for side, pid in pids.items():
            path = pathlib.Path(folder) / side
            tracer = subprocess.Popen(["strace", "-f", "-q", "-c", "-o", str(path), "-p", str(pid)],
                                      stderr=subprocess.DEVNULL)
            tracers.append((side, pid, path, tracer))
        for _, pid, _, tracer in tracers:
            while not is_traced(pid):
                if tracer.poll() is not None:
                    return {side: {} for side in pids}
                time.sleep(0.01)
        run()
        found = {}
        for side, _, path, tracer in tracers:
            os.kill(tracer.pid, signal.SIGINT)
            tracer.wait()
            found[side] = {name: round(n / turns, 2) for name, n in parse_counts(path.read_text()).most_common()
                           if n >= turns / 20}
    return found
