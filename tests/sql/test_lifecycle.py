"""What an operator relies on: a worker that many queries leave as it was, and that dies with its engine and never with
its neighbour.
"""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import duckdb
import pytest
from engine import BIN, SANITIZED, attach, connect, text
from processes import descriptors, resident_kib, running, wait_until, written_bytes

WORKER = BIN / "vgi-fixture-worker"
# An address sanitizer keeps freed memory in quarantine; a small one lets growth be seen all the same.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:thread_local_quarantine_size_kb=64"
GROWTH_KIB = 16384 if SANITIZED else 512
QUERIES = 2000 if SANITIZED else 10000
LIMITS = 10 if SANITIZED else 50  # processes, and a sanitized one takes half a second to end


@pytest.fixture(autouse=True)
def no_worker_left():
    """Each test starts and ends without a worker of ours."""
    assert running(WORKER) == []
    yield
    ended = wait_until(lambda: running(WORKER) == [])
    for pid in running(WORKER):
        os.kill(pid, signal.SIGKILL)
    assert ended, "a worker outlived its engine"


def engine(script):
    """A second engine in a process of its own, which the test may kill."""
    source = textwrap.dedent(script)
    return subprocess.Popen(
        [sys.executable, "-c", source],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.path.dirname(sys.modules["engine"].__file__)},
    )


def test_many_queries_leave_memory_and_descriptors_flat():
    connection = attach(connect(threads=1), "vgi-fixture-worker", catalog="fixture")
    query = "SELECT count(*), sum(fixture.main.identity(n)) FROM fixture.scans.series(10)"

    def round_of(count):
        for _ in range(count):
            assert connection.execute(query).fetchone() == (10, 45)

    round_of(200)
    workers = running(WORKER)
    before = {pid: (resident_kib(pid), descriptors(pid)) for pid in workers}
    round_of(QUERIES)
    assert running(WORKER) == workers, "the engine changed its workers: one of them failed"
    for pid in workers:
        assert descriptors(pid) == before[pid][1]
        assert resident_kib(pid) - before[pid][0] <= GROWTH_KIB
        assert written_bytes(pid) == 0
    connection.close()


def test_attach_writes_no_disk():
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    connection.sql("SHOW ALL TABLES").fetchall()
    for pid in running(WORKER):
        assert written_bytes(pid) == 0
    connection.close()


def test_a_killed_worker_ends_the_query_and_not_the_session():
    connection = attach(connect(threads=1), "vgi-fixture-worker", catalog="fixture")
    endless = "SELECT count(*) FROM fixture.scans.series(100000000000)"
    ends = []

    def scan():
        try:
            ends.append(connection.execute(endless).fetchone())
        except duckdb.Error as error:
            ends.append(str(error))

    thread = threading.Thread(target=scan)
    thread.start()
    assert wait_until(lambda: running(WORKER))
    thread.join(0.3)
    for pid in running(WORKER):
        os.kill(pid, signal.SIGKILL)
    thread.join(20)
    assert not thread.is_alive()
    # The extension asks for the worker's exit status when the pipe ends between two messages; where the kernel has none
    # yet, it takes the end for the end of the rows. Nothing that a killed worker could prevent.
    assert "before EOS" in ends[0] if isinstance(ends[0], str) else ends[0][0] < 100000000000
    assert connection.execute("SELECT count(*) FROM fixture.scans.series(5)").fetchone() == (5,)
    connection.close()


def test_a_killed_engine_leaves_no_orphan():
    process = engine(
        """
        from engine import attach, connect
        connection = attach(connect(threads=1), "vgi-fixture-worker", catalog="fixture")
        connection.execute("SELECT 1 FROM fixture.scans.series(5)").fetchall()
        print("ready", flush=True)
        connection.execute("SELECT sum(n) FROM fixture.scans.series(100000000000)").fetchall()
        """
    )
    assert process.stdout.readline() == "ready\n"
    assert wait_until(lambda: running(WORKER))
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_until(lambda: running(WORKER) == [])


def test_a_stale_socket_does_not_stop_the_next_start(tmp_path):
    path = tmp_path / "w.sock"

    def start():
        worker = subprocess.Popen([WORKER, "--unix", path], stdout=subprocess.PIPE, text=True)
        assert worker.stdout.readline() == f"UNIX:{path}\n"
        return worker

    first = start()
    first.kill()
    first.wait()
    first.stdout.close()
    assert path.exists()
    second = start()
    connection = connect()
    connection.execute(f"ATTACH 'fixture' (TYPE vgi, LOCATION {text(f'unix://{path}')})")
    assert connection.execute("SELECT fixture.main.identity(7)").fetchone() == (7,)
    connection.close()
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0
    second.stdout.close()
    assert not path.exists()


def test_launch_shares_one_worker_and_tcp_serves(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    process = engine(
        f"""
        from engine import connect
        for _ in range(2):
            connection = connect()
            connection.execute("ATTACH 'fixture' (TYPE vgi, LOCATION 'launch:{WORKER}')")
            print(connection.execute("SELECT fixture.main.identity(7)").fetchone(), flush=True)
        """
    )
    assert [process.stdout.readline(), process.stdout.readline()] == ["(7,)\n", "(7,)\n"]
    process.wait()
    process.stdout.close()
    workers = running(WORKER)
    assert len(workers) == 1
    os.kill(workers[0], signal.SIGTERM)

    worker = subprocess.Popen([WORKER, "--tcp", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    kind, host, port = worker.stdout.readline().strip().split(":")
    assert kind == "TCP"
    connection = connect()
    connection.execute(f"ATTACH 'fixture' (TYPE vgi, LOCATION 'tcp://{host}:{port}')")
    assert connection.execute("SELECT fixture.main.identity(7)").fetchone() == (7,)
    connection.close()
    worker.terminate()
    assert worker.wait(10) == 0
    worker.stdout.close()
