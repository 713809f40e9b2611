"""A worker as a program: its command line, its mistakes, sockets, the launcher, signals, and its end."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import duckdb
import pytest
from engine import BIN, connect, text

WORKER = BIN / "vgi-fixture-worker"
MISTAKEN = BIN / "vgi-mistaken-worker"
MISTAKES = ["scalar function idle: has no map callback", "BIGINTT", "table nothing: has no scan"]


def run(*words, stdin=b""):
    return subprocess.run([str(word) for word in words], input=stdin, capture_output=True, timeout=60)


class Server:
    """A worker on a socket, and the line that it has printed."""

    def __init__(self, program, *words):
        self.process = subprocess.Popen([str(program), *map(str, words)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.line = self.process.stdout.readline().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def attach(location, catalog="fixture"):
    connection = connect()
    connection.execute(f"ATTACH {text(catalog)} AS c (TYPE vgi, LOCATION {text(location)})")
    return connection


def ask(location):
    connection = attach(location)
    try:
        return connection.execute("SELECT sum(c.main.add_ints(n, 1)) FROM c.scans.series(10000)").fetchone()[0]
    finally:
        connection.close()


ANSWER = sum(range(10000)) + 10000


def test_mistakes_are_all_listed_and_nothing_is_served():
    done = run(MISTAKEN)
    assert done.returncode == 2
    assert done.stdout == b""
    for mistake in MISTAKES:
        assert mistake in done.stderr.decode()
    assert "^" in done.stderr.decode()


def test_over_a_socket_every_call_answers_with_the_mistakes(tmp_path):
    path = tmp_path / "s"
    with Server(MISTAKEN, "--unix", path):
        with pytest.raises(duckdb.Error) as error:
            attach(f"unix://{path}", "mistaken")
        for mistake in MISTAKES:
            assert mistake in str(error.value)


@pytest.mark.parametrize("words, sentence", [
    (["--unxi", "x"], "unknown word '--unxi'; did you mean --unix?"),
    (["--unix"], "--unix needs a path behind it"),
    (["--idle-timeout", "soon"], "expected a number of seconds"),
    (["--unix", "a", "--tcp", "0"], "exclude each other"),
])
def test_a_wrong_command_line(words, sentence):
    done = run(WORKER, *words)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1
    assert sentence in done.stderr.decode()


def test_help_and_version():
    assert b"--idle-timeout SECONDS" in run(WORKER, "--help").stdout
    assert run(WORKER, "--version").returncode == 0


def test_the_end_of_input_is_the_end():
    assert run(WORKER, stdin=b"").returncode == 0
    assert run(WORKER, "--describe", stdin=b"").returncode == 0


def test_bytes_that_are_no_request_end_it_with_a_line():
    done = run(WORKER, stdin=b"GET / HTTP/1.1\r\n\r\n" * 100)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1


def test_closed_descriptors_are_refused():
    done = subprocess.run(["sh", "-c", f"exec '{WORKER}' <&-"], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"closed" in done.stderr


def test_stdio_leaves_an_interrupt_to_the_engine():
    with subprocess.Popen([str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(10) == 0


def test_unix(tmp_path):
    path = tmp_path / "s"
    with Server(WORKER, "--unix", path) as server:
        assert server.line == f"UNIX:{path}\n"
        assert server.process.stdout.read() == b""  # closed: nothing more can ever come
        assert path.stat().st_mode & 0o777 == 0o600
        assert ask(f"unix://{path}") == ANSWER
        assert ask(f"unix://{path}") == ANSWER
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert not path.exists()


def test_unix_after_a_kill(tmp_path):
    path = tmp_path / "s"
    with Server(WORKER, "--unix", path) as server:
        server.process.kill()
        server.process.wait()
    assert path.exists()
    with Server(WORKER, "--unix", path) as server:
        assert ask(f"unix://{path}") == ANSWER
        assert run(WORKER, "--unix", path).returncode == 1  # one is listening already


def test_tcp():
    with Server(WORKER, "--tcp", "0") as server:
        host, port = server.line.strip().removeprefix("TCP:").rsplit(":", 1)
        assert host == "127.0.0.1"
        assert ask(f"tcp://{host}:{port}") == ANSWER
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 0


def test_it_ends_when_idle(tmp_path):
    path = tmp_path / "s"
    with Server(WORKER, "--unix", path, "--idle-timeout", "0.3") as server:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
        assert server.process.wait(20) == 0
        assert not path.exists()


def test_the_launcher(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert ask(f"launch:{WORKER}") == ANSWER
    sockets = list(pathlib.Path(tmp_path).glob("vgi-rpc/*.sock"))
    assert len(sockets) == 1
    assert ask(f"launch:{WORKER}") == ANSWER
    found = subprocess.run(["pgrep", "-f", str(sockets[0])], capture_output=True, text=True).stdout.split()
    assert len(found) == 1
    os.kill(int(found[0]), signal.SIGKILL)
    assert ask(f"launch:{WORKER}") == ANSWER
    for pid in subprocess.run(["pgrep", "-f", str(sockets[0])], capture_output=True, text=True).stdout.split():
        os.kill(int(pid), signal.SIGTERM)


def test_a_killed_worker_is_an_error_and_no_hang():
    connection = attach(str(WORKER))
    assert connection.execute("SELECT c.main.add_ints(1, 1)").fetchone() == (2,)
    children = pathlib.Path(f"/proc/{os.getpid()}/task")
    pids = {int(pid) for task in children.iterdir() for pid in (task / "children").read_text().split()}
    for pid in pids:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
        if "vgi-fixture-worker" in command:
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    try:
        connection.execute("SELECT count(*) FROM c.scans.series(10)").fetchone()
    except duckdb.Error:
        pass
    assert connection.execute("SELECT count(*) FROM c.scans.series(10)").fetchone() == (10,)
    connection.close()
