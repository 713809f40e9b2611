"""The C client that shares memory (rpc.md §9) with our workers and the reference's: the same answers as without, batches
that do go that way, and nothing left of the segment, however its owner or its worker ends."""

import os
import pathlib
import re
import signal
import subprocess

import pyarrow as pa
import pytest

from processes import wait_until
from test_client import FIXTURE, HELLO, PYTHON_WORKER, TOOL, python_socket, run, write_input  # noqa: F401

ALL = {"VGI_RPC_SHM_MIN_BATCH_BYTES": "1"}  # of the client and of the workers that it starts
SHM = {"SHM_BYTES": str(4 << 20)}


def shared(done):
    """Whether memory was shared, and how many batches were sent and received through it."""
    found = re.search(r"shared (\d) sent (\d+) received (\d+)", done.stderr.decode())
    return tuple(map(int, found.groups()))


def segment(text):
    return re.search(r"segment (/dev/shm/\S+)", text)[1]


@pytest.fixture(scope="module")
def eager_socket(tmp_path_factory):
    """The reference's worker, which sends every batch through shared memory that it may."""
    path = tmp_path_factory.mktemp("worker") / "w.sock"
    worker = subprocess.Popen([*PYTHON_WORKER.split(), "--unix", str(path)], stdout=subprocess.PIPE,
                              env={**os.environ, **ALL})
    assert worker.stdout.readline().startswith(b"UNIX:")
    yield f"unix://{path}"
    worker.kill()
    worker.wait()
    worker.stdout.close()


@pytest.fixture
def numbers(tmp_path):
    """Inputs, by the words that stand for them below."""
    columns = {"pair": {"a": [1, None, 3], "b": [10, 20, 30]}, "n": {"n": [3, 1, 2]}, "value": {"value": [1, 2, 3, 4]}}
    for word in columns:
        (tmp_path / word).mkdir()
    return {word: write_input(tmp_path / word, **{name: pa.array(values, pa.int64()) for name, values in batch.items()})
            for word, batch in columns.items()}


OURS = [
    (HELLO, "tree hello"),
    (HELLO, "scan hello main numbers"),
    (HELLO, "call hello main series - BIGINT:5000"),
    (HELLO, "call hello main add_ints pair"),
    (FIXTURE, "scan fixture scans wide_table"),
    (HELLO, "limit hello main series 2 BIGINT:100000"),
]
REFERENCE = [
    "tree example",
    "call example main sequence - BIGINT:2500",
    "call example main add_values pair",
    "call example main echo n",
    "call example main sum_all_columns n",
    "call example main buffer_input n",
    "aggregate example main vgi_sum value",
    "limit example main sequence 1 BIGINT:100000",
]


def same_with_and_without(location, words, numbers):
    words = [str(numbers.get(word, word)) for word in words.split()]
    plain = run(location, *words, **ALL)
    through = run(location, *words, **ALL, **SHM)
    assert through.stdout == plain.stdout and plain.stdout
    shares, sent, received = shared(through)
    assert shares == 1 and sent > 0 and received > 0
    assert not pathlib.Path(segment(through.stderr.decode())).exists()


@pytest.mark.parametrize("location, words", OURS, ids=[words for _, words in OURS])
def test_our_workers(location, words, numbers):
    same_with_and_without(location, words, numbers)


@pytest.mark.parametrize("words", REFERENCE)
def test_the_reference(words, eager_socket, numbers):
    same_with_and_without(eager_socket, words, numbers)


def test_the_reference_over_stdio(numbers):
    done = run(PYTHON_WORKER, "call", "example", "main", "add_values", numbers["pair"], **ALL, **SHM)
    shares, sent, received = shared(done)
    assert shares == 1 and sent > 0 and received > 0


@pytest.mark.parametrize("worker", ["ours", "reference"])
def test_large_batches_only(worker, tmp_path, python_socket):  # noqa: F811
    """Of 400 KB both ways: one batch is sent; it comes back, and maybe a listing that is as large."""
    location, name = (FIXTURE, "fixture main add_ints") if worker == "ours" else (python_socket, "example main add_values")
    path = write_input(tmp_path, a=pa.array(range(50000), pa.int64()), b=pa.array(range(50000), pa.int64()))
    done = run(location, "call", *name.split(), path, **SHM)
    with pa.ipc.open_stream(done.stdout) as stream:
        assert stream.read_next_batch()["result"].to_pylist() == [2 * i for i in range(50000)]
    shares, sent, received = shared(done)
    assert (shares, sent) == (1, 1) and 1 <= received <= 3


def test_an_error_leaves_the_connection_usable(eager_socket):
    for location, words in [(HELLO, "refuse hello"), (eager_socket, "refuse example")]:
        done = run(location, *words.split(), **ALL, **SHM)
        assert done.stdout.startswith(b"CatalogReadOnlyError") and shared(done)[0] == 1


def test_launched_workers(tmp_path):
    done = run(f"launch:{HELLO}", "scan", "hello", "main", "numbers", STATE_DIR=str(tmp_path), **ALL, **SHM)
    shares, sent, received = shared(done)
    assert shares == 1 and sent > 0 and received > 0


def test_what_does_not_fit_stays_in_the_stream(tmp_path):
    path = write_input(tmp_path, a=pa.array(range(50000), pa.int64()), b=pa.array(range(50000), pa.int64()))
    done = run(FIXTURE, "call", "fixture", "main", "add_ints", path, SHM_BYTES="4096")
    assert done.stdout == run(FIXTURE, "call", "fixture", "main", "add_ints", path).stdout
    assert shared(done) == (1, 0, 0)


def test_tcp_shares_none():
    with subprocess.Popen([HELLO, "--tcp", "127.0.0.1:0"], stdout=subprocess.PIPE) as worker:
        address = worker.stdout.readline().decode().strip().removeprefix("TCP:")
        try:
            done = run(f"tcp://{address}", "scan", "hello", "main", "numbers", **ALL, **SHM)
        finally:
            worker.kill()
    assert shared(done) == (0, 0, 0)


def test_a_segment_that_cannot_be_had_is_no_error():
    done = run(HELLO, "scan", "hello", "main", "numbers", **ALL, SHM_BYTES=str(1 << 62))
    assert shared(done) == (0, 0, 0)
    assert done.stdout == run(HELLO, "scan", "hello", "main", "numbers").stdout


@pytest.mark.parametrize("point", ["attach", "call"])
def test_a_killed_worker_leaves_nothing(point):
    done = run(HELLO, "kill", point, "hello", "main", "series", "-", "BIGINT:100000000", ok=False, **ALL, **SHM)
    assert "signal 9" in done.stderr.decode()
    assert shared(done)[0] == 0  # it is gone with the connection, not with the client
    assert not pathlib.Path(segment(done.stderr.decode())).exists()


def held_segment(pid):
    """The path of the segment that a process has open."""
    for entry in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("/dev/shm/libvgi."):
            return target
    return None


def test_a_killed_client_is_cleaned_up_after():
    tool = subprocess.Popen([TOOL, HELLO, "loop", "1000000", "hello", "main", "series", "-", "BIGINT:10"],
                            env={**os.environ, **SHM})
    try:
        assert wait_until(lambda: held_segment(tool.pid))
        path = held_segment(tool.pid)
        run(HELLO, "ping", **SHM)
        assert pathlib.Path(path).exists()  # its owner lives
    finally:
        tool.send_signal(signal.SIGKILL)
        tool.wait()
    run(HELLO, "ping", **SHM)
    assert not pathlib.Path(path).exists()
