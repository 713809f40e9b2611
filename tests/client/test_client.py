"""The C client against our workers and the reference's: over stdin and stdout, unix sockets, TCP, launched and shared;
listings, scans, every function shape; workers that refuse, die, hang."""

import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

import pyarrow as pa
import pytest

from processes import descriptors, wait_until

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
TOOL = os.environ["VGI_CLIENT_TOOL"]
PYTHON_WORKER = f"{sys.executable} {HERE / 'python_worker.py'}"
HELLO = str(BIN / "hello")
FIXTURE = str(BIN / "vgi-fixture-worker")


def run(location, *words, ok=True, **environment):
    done = subprocess.run([TOOL, location, *map(str, words)], capture_output=True, timeout=120,
                          env={**os.environ, **environment})
    assert (done.returncode == 0) == ok, done.stderr.decode()
    return done


def lines(location, *words, **environment):
    return run(location, *words, **environment).stdout.decode().splitlines()


def rows(location, *words, **environment):
    """The batches that the tool prints, as one table."""
    source = pa.BufferReader(run(location, *words, **environment).stdout)
    batches = []
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as stream:
            batches += list(stream)
    return pa.Table.from_batches(batches)


def failure(location, *words, **environment):
    return run(location, *words, ok=False, **environment).stderr.decode()


def write_input(folder, **columns):
    path = folder / "input.arrows"
    batch = pa.RecordBatch.from_pydict(columns)
    with pa.ipc.new_stream(str(path), batch.schema) as stream:
        stream.write_batch(batch)
    return path


def processes_with(word):
    """PIDs of the processes that have `word` on their command line."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="session")
def python_socket(tmp_path_factory):
    """The reference's worker, listening on a unix socket."""
    path = tmp_path_factory.mktemp("worker") / "w.sock"
    worker = subprocess.Popen([*PYTHON_WORKER.split(), "--unix", str(path)], stdout=subprocess.PIPE)
    assert worker.stdout.readline().startswith(b"UNIX:")
    yield f"unix://{path}"
    worker.kill()
    worker.wait()
    worker.stdout.close()


# ---- ways to a worker -----------------------------------------------------------------------------------------------


def test_stdio():
    assert lines(HELLO, "catalogs") == ["hello", "version 2.0.0"]
    assert lines(HELLO, "catalogs", FIRST_VERSION="2.2.0")[-1] == "version 2.2.0"
    run(HELLO, "ping", 100)


def test_stdio_of_the_reference():
    assert "example" in lines(PYTHON_WORKER, "catalogs", FIRST_VERSION="2.2.0")


def test_version_is_negotiated(python_socket):
    assert lines(python_socket, "catalogs", FIRST_VERSION="2.2.0")[-1] == "version 2.0.0"
    assert lines(python_socket, "catalogs", FIRST_VERSION="2.1.0")[-1] == "version 2.0.0"


@pytest.mark.parametrize("words", [[HELLO], PYTHON_WORKER.split()], ids=["ours", "reference"])
@pytest.mark.parametrize("flag", ["--unix", "--tcp"])
def test_sockets(words, flag, tmp_path):
    where = str(tmp_path / "w.sock") if flag == "--unix" else "127.0.0.1:0"
    with subprocess.Popen([*words, flag, where], stdout=subprocess.PIPE) as worker:
        scheme, _, address = worker.stdout.readline().decode().strip().partition(":")
        try:
            assert "version 2.0.0" in lines(f"{scheme.lower()}://{address}", "catalogs")
        finally:
            worker.kill()


def test_nobody_there(tmp_path):
    assert "status 9" in failure(f"unix://{tmp_path}/none", "ping")
    assert "status 9" in failure("tcp://127.0.0.1:1", "ping")
    assert "location is empty" in failure("  ", "ping")
    assert "HTTP" in failure("http://localhost:1", "ping")
    assert "exit status 127" in failure("/no/such/program", "ping")


@pytest.mark.parametrize("command", [HELLO, PYTHON_WORKER], ids=["ours", "reference"])
def test_launched_worker_is_shared(command, tmp_path):
    """Two programs at once: one worker, which ends by itself."""
    both = [subprocess.Popen([TOOL, f"launch:{command}", "catalogs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, "STATE_DIR": str(tmp_path)}) for _ in range(2)]
    for each in both:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, err.decode()
        assert out
    assert len(list(tmp_path.glob("*.sock"))) == 1
    assert len(list(tmp_path.glob("*.meta"))) == 1
    assert lines(f"launch:{command}", "catalogs", STATE_DIR=str(tmp_path))
    socket = next(tmp_path.glob("*.sock"))
    started = processes_with(str(socket))
    for pid in started:
        os.kill(pid, signal.SIGKILL)
    assert len(started) == 1


def test_launch_says_why_not(tmp_path):
    assert "ended without saying where it listens" in failure("launch:/bin/true", "ping", STATE_DIR=str(tmp_path))
    assert "quote" in failure("launch:worker 'x", "ping", STATE_DIR=str(tmp_path))


# ---- catalogs -------------------------------------------------------------------------------------------------------


def test_tree():
    assert lines(HELLO, "tree", "hello") == [
        "table main.numbers", "view main.evens", "scalar main.add_ints", "table_function main.series"]


def test_tree_of_the_reference(python_socket):
    found = lines(python_socket, "tree", "example")
    assert sum(line.startswith("scalar main.") for line in found) > 50
    assert "table data.numbers" in found


def test_describe():
    assert lines(HELLO, "describe") == ["vgi.v2 2.0.0 71", "vgi_rpc.Reflection.v1  2"]


@pytest.mark.parametrize("worker", ["ours", "reference"])
def test_refusal(worker, python_socket):
    location, catalog = (HELLO, "hello") if worker == "ours" else (python_socket, "example")
    said = lines(location, "refuse", catalog)
    assert said[0].startswith("CatalogReadOnlyError: Cannot create schema") and said[1] == "traceback"


def test_unknown_catalog(python_socket):
    assert "nosuch" in failure(HELLO, "tree", "nosuch")
    assert "nosuch" in failure(python_socket, "tree", "nosuch")


# ---- functions ------------------------------------------------------------------------------------------------------


def test_scan():
    table = rows(HELLO, "scan", "hello", "main", "numbers")
    assert table["n"].to_pylist() == list(range(1000))




def test_projection():
    table = rows(FIXTURE, "scan", "fixture", "scans", "wide_table", "wanted", "a")
    assert table.column_names == ["a", "wanted"] and table.num_rows == 10
    assert "no column 'none'" in failure(FIXTURE, "scan", "fixture", "scans", "wide_table", "none")


def test_sqlite(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE items (id INTEGER, name TEXT, price REAL)")
        database.executemany("INSERT INTO items VALUES (?, ?, ?)", [(i, f"item {i}", i / 2) for i in range(5000)])
    location = f"'{BIN / 'vgi-sqlite'}' '{tmp_path / 'shop.db'}'"
    catalog = lines(location, "catalogs")[0]
    assert lines(location, "tree", catalog)[0] == "table main.items"
    assert rows(location, "scan", catalog, "main", "items", "name")["name"].to_pylist() == [
        f"item {i}" for i in range(5000)]


def test_table_function(python_socket):
    assert rows(HELLO, "call", "hello", "main", "series", "-", "BIGINT:5")["n"].to_pylist() == [0, 1, 2, 3, 4]
    series = (FIXTURE, "call", "fixture", "scans", "series", "-", "BIGINT:9")
    assert rows(*series, "start=BIGINT:3", "step=BIGINT:2")["n"].to_pylist() == [3, 5, 7]
    table = rows(python_socket, "call", "example", "main", "sequence", "-", "BIGINT:2500")
    assert table.column(0).to_pylist() == list(range(2500))


def test_function_errors(python_socket):
    assert "argument stop is VARCHAR" in failure(HELLO, "call", "hello", "main", "series", "-", "VARCHAR:x")
    for phase in ("bind", "open", "next"):
        assert "status" in failure(FIXTURE, "call", "fixture", "trouble", "fails", "-", f"VARCHAR:{phase}")
    assert "no scalar or table function 'none'" in failure(HELLO, "call", "hello", "main", "none", "-")
    assert "status 4 ArgumentValidationError" in failure(python_socket, "call", "example", "main", "sequence", "-",
                                                         "BIGINT:-5")


def test_limit(python_socket):
    """A scan that is given up leaves a connection that can be used."""
    assert rows(HELLO, "limit", "hello", "main", "series", 2, "BIGINT:100000").num_rows > 0
    assert rows(python_socket, "limit", "example", "main", "sequence", 1, "BIGINT:1000000").num_rows > 0


def test_scalar(tmp_path, python_socket):
    path = write_input(tmp_path, a=pa.array([1, None, 3], pa.int64()), b=pa.array([10, 20, 30], pa.int64()))
    assert rows(HELLO, "call", "hello", "main", "add_ints", path)["result"].to_pylist() == [11, None, 33]
    assert rows(python_socket, "call", "example", "main", "add_values", path)["result"].to_pylist() == [11, None, 33]


def test_table_in_out(tmp_path, python_socket):
    path = write_input(tmp_path, n=pa.array([1, 2, 3], pa.int64()))
    assert rows(python_socket, "call", "example", "main", "echo", path)["n"].to_pylist() == [1, 2, 3]


def test_table_in_out_that_sums_at_its_end(tmp_path, python_socket):
    path = write_input(tmp_path, n=pa.array([1, 2, 3], pa.int64()))
    assert rows(python_socket, "call", "example", "main", "sum_all_columns", path)["n"].to_pylist() == [6]


def test_buffering(tmp_path, python_socket):
    path = write_input(tmp_path, n=pa.array([3, 1, 2], pa.int64()))
    assert sorted(rows(python_socket, "call", "example", "main", "buffer_input", path)["n"].to_pylist()) == [1, 2, 3]


def test_aggregate(tmp_path, python_socket):
    path = write_input(tmp_path, value=pa.array([1, 2, 3, 4], pa.int64()))
    table = rows(python_socket, "aggregate", "example", "main", "vgi_sum", path)
    assert table["result"].to_pylist() == [4, 6, 10]


# ---- workers that go wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["attach", "call"])
def test_killed_worker(point):
    began = time.monotonic()
    done = run(HELLO, "kill", point, "hello", "main", "series", "-", "BIGINT:100000000", ok=False)
    assert time.monotonic() - began < 10
    assert "status 9" in done.stderr.decode() and "signal 9" in done.stderr.decode()
    milliseconds, usable = done.stdout.decode().split(" ms, usable ")
    assert int(milliseconds) < 1000 and int(usable) == 0


def test_timeout():
    began = time.monotonic()
    assert "TimeoutError" in failure("sleep 3", "ping", TIMEOUT_MS="200")
    assert time.monotonic() - began < 8


def test_garbage():
    assert "status" in failure("echo no worker at all, but a program that prints", "ping")
    assert "status" in failure("head -c 100000 /dev/urandom", "ping")
    assert "exit status 3" in failure("exit 3", "ping")


def test_nothing_is_left():
    """A thousand calls on one connection: the same descriptors, no more memory (the sanitizer sees to leaks)."""
    tool = subprocess.Popen([TOOL, HELLO, "loop", "1000", "hello", "main", "series", "-", "BIGINT:10"],
                            stdout=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: tool.poll() is not None or descriptors(tool.pid) >= 5)
        if tool.poll() is None:
            before = descriptors(tool.pid)
            time.sleep(0.2)
            if tool.poll() is None:
                assert descriptors(tool.pid) <= before
        assert tool.wait(60) == 0
    finally:
        if tool.poll() is None:
            tool.send_signal(signal.SIGKILL)
            tool.wait()
