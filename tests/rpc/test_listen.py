"""Listening (rpc.md §10.2, §16): the discovery line, the cap, idle shutdown, SIGTERM, peers that die, many connections."""

import os
import signal
import socket
import subprocess
import threading
import time

import pyarrow as pa
import pytest

from wire import (ADD, COUNT, EMPTY, SERVICE, Process, Server, empty_batch, not_null, request, row, stream, wait_for)

TICK = (empty_batch(), {"tick": "1"})


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


KEPT_THREADS = 4  # as in rpc/listen.c: without a connection, until one comes


def threads(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


def resident_kib(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "socket"


def test_a_stale_socket_is_replaced_and_a_live_one_refused(path):
    first = subprocess.Popen([SERVICE, "--unix", str(path)], stdout=subprocess.PIPE)
    assert first.stdout.readline() == f"UNIX:{path}\n".encode()
    second = subprocess.run([SERVICE, "--unix", str(path)], capture_output=True, timeout=10)
    assert second.returncode == 1 and b"already listening" in second.stderr
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    first.stdout.close()
    assert path.exists()
    with Server("--unix", path) as server:
        server.connect().check_alive()
    assert not path.exists()


def test_the_worker_leaves_when_nobody_came_back(path):
    server = Server("--unix", path, "--idle-timeout", "0.4")
    peer = server.connect()
    time.sleep(0.6)
    peer.check_alive()  # a connection that is open is no idleness
    other = server.connect()
    peer.close()
    other.check_alive()
    start = time.monotonic()
    other.close()
    assert server.process.wait(5) == 0
    assert 0.35 <= time.monotonic() - start < 3
    assert not path.exists()
    server.process.stdout.close()


def test_the_worker_waits_for_a_first_connection(path):
    with Server("--unix", path, "--idle-timeout", "0.1") as server:
        time.sleep(0.5)
        server.connect().check_alive()


def test_sigterm_ends_idle_connections_at_once(path):
    server = Server("--unix", path)
    peers = [server.connect() for _ in range(5)]
    for peer in peers:
        peer.check_alive()
    start = time.monotonic()
    server.process.terminate()
    assert server.process.wait(5) == 0
    assert time.monotonic() - start < 1.5
    assert all(peer.at_end() for peer in peers)
    assert not path.exists()
    server.process.stdout.close()


def test_sigterm_lets_a_stream_in_flight_end(path):
    server = Server("--unix", path, "--grace-ms", "5000")
    peer = server.connect()
    whole = stream(EMPTY, *[TICK] * 3)
    peer.send(request("produce_n", row(COUNT, 2)), whole[:len(whole) // 2])
    time.sleep(0.2)
    server.process.terminate()
    wait_for(lambda: not path.exists())
    peer.send(whole[len(whole) // 2:])
    assert len(peer.read().rows) == 2
    assert peer.at_end()
    assert server.process.wait(5) == 0
    server.process.stdout.close()


def test_sigterm_gives_up_a_stream_that_does_not_end(path):
    server = Server("--unix", path, "--grace-ms", "200")
    peer = server.connect()
    peer.send(request("produce_n", row(COUNT, 2)), stream(EMPTY, TICK)[:-8])
    time.sleep(0.1)
    server.process.terminate()
    assert server.process.wait(5) == 0
    server.process.stdout.close()


def test_sigterm_gives_up_a_handler_that_notices_nothing(path):
    server = Server("--unix", path, "--grace-ms", "100")
    peer = server.connect()
    peer.send(request("test_sleep"))
    time.sleep(0.1)
    server.process.terminate()
    assert server.process.wait(30) == 1
    assert not path.exists()
    server.process.stdout.close()


def test_the_cap_holds_connections_back_until_one_ends(path):
    with Server("--unix", path, "--max-connections", "2") as server:
        first, second = server.connect(), server.connect()
        first.check_alive(), second.check_alive()
        third = server.connect()  # in the backlog
        third.send(request("add_floats", row(ADD, 1.0, 1.0)))
        third.socket.settimeout(0.3)
        with pytest.raises(socket.timeout):
            third.socket.recv(1, socket.MSG_PEEK)
        third.socket.settimeout(10)
        first.close()
        assert third.read().result == 2.0
        second.check_alive()


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_several_connections_are_served_at_once(tmp_path, kind):
    with Server(f"--{kind}", tmp_path / "s" if kind == "unix" else "0") as server:
        open_stream = server.connect()
        open_stream.send(request("produce_n", row(COUNT, 1)), stream(EMPTY, TICK)[:-8])
        failures = []

        def work():
            try:
                peer = server.connect()
                for i in range(50):
                    assert peer.call("add_floats", row(ADD, float(i), 1.0)).result == i + 1
                    peer.send(request("produce_n", row(COUNT, 3)), stream(EMPTY, *[TICK] * 4))
                    assert len(peer.read().rows) == 3
                peer.close()
            except Exception as e:  # the main thread reports it
                failures.append(repr(e))

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert not failures
        open_stream.send(stream(EMPTY)[-8:])
        assert len(open_stream.read().rows) == 1


def test_a_peer_that_dies_in_a_stream_leaves_nothing_behind(path):
    with Server("--unix", path) as server:
        watcher = server.connect()
        watcher.check_alive()
        before, most = descriptors(server.process), threads(server.process) + KEPT_THREADS
        for _ in range(20):
            peer = server.connect()
            peer.send(request("produce_n", row(COUNT, 1000)), stream(EMPTY, *[TICK] * 3)[:-8])
            peer.open().read_next_batch()
            peer.close()
        wait_for(lambda: watcher.call("test_open_streams").result == 0)
        wait_for(lambda: descriptors(server.process) == before and threads(server.process) <= most)
        watcher.check_alive()


def test_a_peer_that_dies_while_it_is_written_to(path):
    with Server("--unix", path) as server:
        watcher = server.connect()
        watcher.check_alive()
        before = descriptors(server.process)
        peer = server.connect()
        peer.send(request("oversized_unary", row(pa.schema([not_null("target_bytes", pa.int64())]), 64 << 20)))
        peer.socket.recv(100)
        peer.close()
        watcher.check_alive()
        wait_for(lambda: descriptors(server.process) == before)


def test_a_client_that_is_killed_takes_the_stdio_worker_with_it():
    peer = Process(stderr=subprocess.PIPE)
    peer.send(request("produce_n", row(COUNT, 1000)), stream(EMPTY, TICK)[:-8])
    peer.open().read_next_batch()
    peer.process.stdin.close()
    peer.process.stdout.close()
    with peer.process.stderr as stderr:
        assert stderr.read() == b""
    assert peer.process.wait(5) == 0  # the peer may leave in the middle of a call


def test_ten_thousand_calls_leave_the_worker_as_it_was():
    call = request("add_floats", row(ADD, 1.5, 2.5))
    produce = request("produce_n", row(COUNT, 3)) + stream(EMPTY, *[TICK] * 4)

    with Process() as peer:
        peer.send(call)
        peer.read()
        size = peer.reader.total

        def calls(count):
            for _ in range(count // 50):
                peer.send(call * 50)
                peer.reader.read(size * 50)
                peer.send(produce)
                assert len(peer.read().rows) == 3

        calls(1000)
        before = descriptors(peer.process), threads(peer.process), resident_kib(peer.process)
        calls(10000)
        assert (descriptors(peer.process), threads(peer.process)) == before[:2]
        assert resident_kib(peer.process) - before[2] < (8192 if os.environ["VGI_SANITIZED"] == "1" else 256)


def test_two_hundred_connections_leave_the_worker_as_it_was(path):
    with Server("--unix", path) as server:
        watcher = server.connect()
        watcher.check_alive()
        before, most = descriptors(server.process), threads(server.process) + KEPT_THREADS

        def connections(count):
            for _ in range(count):
                peer = server.connect()
                peer.check_alive()
                peer.close()
            wait_for(lambda: descriptors(server.process) == before and threads(server.process) <= most)

        connections(20)
        connections(200)
