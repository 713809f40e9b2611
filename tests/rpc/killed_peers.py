"""Peers that die at any byte of any exchange: killed_peers.py COUNT

COUNT connections over unix and TCP each send a session of every kind of call up to a byte of their own, read some of the
answers or none, and are gone; the worker must then be what it was: descriptors, threads, open streams, memory, and at its
end no socket file. A part of them does the same to workers on stdio, each of which must end by itself.
"""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

import pyarrow as pa

from wire import (ADD, COUNT, EMPTY, FACTOR, SERVICE, VALUE, Server, empty_batch, not_null, request, row, stream,
                  wait_for)

TICK = (empty_batch(), {"tick": "1"})
WARM_UP, PROCESSES = 400, 20  # one process for so many connections
KEPT_THREADS = 4  # of a listener, which rest
FIRST = request("add_floats", row(ADD, 1.5, 2.5))
SESSION = FIRST + b"".join([
    request("produce_n", row(COUNT, 3)), stream(EMPTY, *[TICK] * 4),
    request("no_such", row(COUNT, 3)), stream(EMPTY, TICK),
    request("produce_with_header", row(COUNT, 2)), stream(EMPTY, *[TICK] * 3),
    request("exchange_scale", row(FACTOR, 3.0)), stream(VALUE, row(VALUE, 1.0), row(VALUE, None)),
    request("cancellable_producer"), stream(EMPTY, TICK, (empty_batch(), {"vgi_rpc.cancel": "1"})),
    request("raise_value_error", row(pa.schema([not_null("message", pa.string())]), "as told")),
    request("echo_bytes", row(pa.schema([not_null("data", pa.binary())]), bytes(3000))),
])


def where(i):
    """A byte of the session: all of them in an order that is spread out."""
    return i * 7919 % (len(SESSION) + 1)


def die(peer, i):
    """Every third one reads before it goes; every other of TCP goes with a reset."""
    peer.socket.sendall(SESSION[:where(i)])
    if i % 3 == 0 and where(i) >= len(FIRST):
        peer.socket.recv(64)
    if peer.socket.family != socket.AF_UNIX and i % 2:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def state(process):
    folder = pathlib.Path(f"/proc/{process.pid}")
    status = (folder / "status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return (len(os.listdir(folder / "fd")), len(os.listdir(folder / "task"))), resident


def kill_connections(count, *words):
    with Server(*words) as server:
        watcher = server.connect()

        def is_idle():
            (descriptors, threads), _ = state(server.process)
            return descriptors == idle[0] and threads <= idle[1] + KEPT_THREADS

        def run(begin, end):
            for i in range(begin, end):
                die(server.connect(), i)
            wait_for(lambda: watcher.call("test_open_streams").result == 0)
            wait_for(is_idle)

        watcher.check_alive()
        idle = state(server.process)[0]  # a sanitizer's own thread has begun with the first of ours
        run(0, WARM_UP)
        resident = state(server.process)[1]
        run(WARM_UP, WARM_UP + count)
        grown = state(server.process)[1] - resident
        assert grown < (32768 if os.environ["VGI_SANITIZED"] == "1" else 1024), f"{grown} KiB more after {count} peers"
        watcher.check_alive()
        watcher.close()
    return grown


def kill_processes(count):
    for i in range(count):
        process = subprocess.Popen([SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(process.stdin.fileno(), SESSION[:where(i * 31)])
        process.stdout.close()
        process.stdin.close()
        said = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) == 0 and said == b"", (i, process.returncode, said)


def main():
    count = int(sys.argv[1])
    # What a sanitizer keeps back of freed memory is not the worker's: it keeps little.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
    with tempfile.TemporaryDirectory() as folder:
        grown = [kill_connections(count // 2, "--unix", f"{folder}/s"),
                 kill_connections(count // 2, "--tcp", "127.0.0.1:0")]
        assert os.listdir(folder) == [], "a socket file was left behind"
    kill_processes(count // PROCESSES)
    print(f"{count} connections (memory grew by {grown} KiB) and {count // PROCESSES} processes: 3 passed")


main()
