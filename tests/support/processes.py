"""What the kernel knows of running processes: for tests that count descriptors, memory, orphans."""

import os
import pathlib
import time

PROC = pathlib.Path("/proc")


def running(program):
    """PIDs of the live processes whose executable is `program` (a path)."""
    target = os.path.realpath(program)
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "exe") == target and "Z" not in (entry / "stat").read_text().rpartition(")")[2][:3]:
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def resident_kib(pid):
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} has no VmRSS")


def descriptors(pid):
    return len(list((PROC / str(pid) / "fd").iterdir()))


def written_bytes(pid):
    """Bytes that the process caused to be sent to storage."""
    for line in (PROC / str(pid) / "io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} has no write_bytes")


def wait_until(condition, seconds=10.0):
    """True as soon as the condition holds, False when it has not for that long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
