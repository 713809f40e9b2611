"""The reference's conformance server, which the client is tested against: as worker.py, for the host."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import time


def command(_revision, *words):
    return [str(pathlib.Path(sys.executable).parent / "vgi-rpc-conformance"), "--describe", *words]


def is_listening(family, address):
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


@contextlib.contextmanager
def listening(family, *words):
    """The process and where it listens. It announces a unix socket before it listens on it."""
    process = subprocess.Popen(command(None, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        where = process.stdout.readline().decode().rstrip("\n").partition(":")[2]
        host, _, port = where.rpartition(":")
        while not is_listening(family, where if family == socket.AF_UNIX else (host, int(port))):
            assert process.poll() is None, f"the server has ended with {process.returncode}"
            time.sleep(0.05)
        yield process, where
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def unix(_revision, *words):
    with tempfile.TemporaryDirectory() as folder:
        with listening(socket.AF_UNIX, "--unix", f"{folder}/s", *words) as found:
            yield found


def tcp(_revision, *words):
    return listening(socket.AF_INET, "--tcp", "127.0.0.1:0", "--threaded", *words)
