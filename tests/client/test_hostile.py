"""Workers that stop at any byte, flood, or lie, and launchers that meet: what the client makes of them as a program. (All
bytes of all answers: tests/fuzz/torture.c; deaths at any time: deaths.c.)"""

import contextlib
import os
import pathlib
import shlex
import signal
import subprocess

import pyarrow as pa
import pytest

from processes import wait_until

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
TOOL = os.environ["VGI_CLIENT_TOOL"]
HELLO = str(BIN / "hello")
LINGER = "while :; do sleep 0.2; done"
SCAN = ("scan", "hello", "main", "numbers")


def start(location, *words, **environment):
    return subprocess.Popen([TOOL, location, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, **environment})


def finish(tool):
    out, err = tool.communicate(timeout=120)
    return tool.returncode, out, err.decode()


def run(location, *words, **environment):
    return finish(start(location, *words, **environment))


def failure(location, *words, **environment):
    code, _, err = run(location, *words, **environment)
    assert code == 1, err
    return err


# ---- any byte -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """All that a worker says in a scan, in a file."""
    path = tmp_path_factory.mktemp("answers") / "scan"
    code, out, err = run(f"{shlex.quote(HELLO)} | tee {shlex.quote(str(path))}", *SCAN)
    assert code == 0 and out, err
    assert run(f"cat {path}; cat >/dev/null", *SCAN)[:2] == (0, out)  # played back, it is the same to the client
    return path


def some_places(path, count):
    size = path.stat().st_size
    return [k * size // count for k in range(count)]


def test_worker_that_leaves(answers):
    for k in some_places(answers, 15):
        assert "status " in failure(f"head -c {k} {answers}", *SCAN)


def test_worker_that_hangs(answers):
    for k in some_places(answers, 8):
        assert "TimeoutError" in failure(f"head -c {k} {answers}; cat >/dev/null", *SCAN, TIMEOUT_MS="100")


def test_worker_that_never_stops(tmp_path):
    """Log messages without end: the time of a call is over all the same."""
    sink = pa.BufferOutputStream()
    empty = pa.record_batch([], schema=pa.schema([]))
    with pa.ipc.new_stream(sink, empty.schema) as writer:
        for _ in range(500):
            writer.write_batch(empty, custom_metadata={"vgi_rpc.log_level": "INFO", "vgi_rpc.log_message": "x"})
    data = sink.getvalue().to_pybytes()
    schema = 8 + int.from_bytes(data[4:8], "little")
    (tmp_path / "head").write_bytes(data[:schema])
    (tmp_path / "log").write_bytes(data[schema:-8])
    worker = f"cat {tmp_path}/head; while cat {tmp_path}/log; do :; done"
    assert "TimeoutError" in failure(worker, "ping", TIMEOUT_MS="400")


# ---- launching ------------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path):
    """A state directory; what was launched with it ends with the test."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    yield folder
    for pid in launched(folder):
        os.kill(pid, signal.SIGKILL)


def launched(folder):
    """The processes that were started with a socket of that folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word.startswith(f"{folder}/") and word.endswith(".sock") for word in words):
            found.append(int(entry.name))
    return found


def script(folder, text):
    path = folder / "worker.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return f"launch:{path}"


def test_many_launchers_share_one_worker(state):
    tools = [start(f"launch:{HELLO}", "catalogs", STATE_DIR=str(state)) for _ in range(20)]
    for tool in tools:
        code, out, err = finish(tool)
        assert code == 0 and b"hello" in out, err
    assert len(launched(state)) == 1
    assert sorted(path.suffix for path in state.iterdir()) == [".lock", ".meta", ".sock"]


def test_launched_worker_inherits_nothing(state):
    assert run(f"launch:{HELLO}", "ping", STATE_DIR=str(state))[0] == 0
    (worker,) = launched(state)
    open_files = {}
    for path in pathlib.Path(f"/proc/{worker}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile: the connection that has just ended
            open_files[int(path.name)] = os.readlink(path)
    assert {open_files[fd] for fd in (0, 1, 2)} == {"/dev/null"}  # its stdout since it has told where it listens
    more = [what for fd, what in open_files.items() if fd > 2]
    assert not any(what == "/dev/null" or what.startswith("pipe:") or str(state) in what for what in more), more


def test_killed_launcher_leaves_no_lock(state, tmp_path):
    slow = tmp_path / "slow"
    slow.touch()
    location = script(tmp_path, f'[ -e {slow} ] || exec {HELLO} "$@"; {LINGER}')
    first = start(location, "ping", STATE_DIR=str(state))
    assert wait_until(lambda: launched(state))
    first.kill()
    first.communicate()
    slow.unlink()
    code, _, err = run(location, "ping", STATE_DIR=str(state))
    assert code == 0, err


def test_stale_socket(state):
    for _ in range(3):
        assert run(f"launch:{HELLO}", "ping", STATE_DIR=str(state))[0] == 0
        (worker,) = launched(state)
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: not launched(state))
    assert len(list(state.iterdir())) == 3


def test_file_that_is_no_socket(state):
    assert run(f"launch:{HELLO}", "ping", STATE_DIR=str(state))[0] == 0
    (worker,) = launched(state)
    os.kill(worker, signal.SIGKILL)
    (socket,) = state.glob("*.sock")
    socket.unlink()
    socket.write_text("precious")
    assert "not a socket" in failure(f"launch:{HELLO}", "ping", STATE_DIR=str(state))
    assert socket.read_text() == "precious"


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777])
def test_state_directory_that_others_can_write_to(state, mode):
    state.chmod(mode)
    assert "others can write" in failure(f"launch:{HELLO}", "ping", STATE_DIR=str(state))
    assert not list(state.iterdir())


def test_state_directory_of_another_user(state):
    if os.geteuid() == 0:
        os.chown(state, 65534, 65534)
        elsewhere = state
    else:
        elsewhere = "/usr"
    assert "this user's own" in failure(f"launch:{HELLO}", "ping", STATE_DIR=str(elsewhere))
    missing = state / "a" / "b"
    assert "No such file" in failure(f"launch:{HELLO}", "ping", STATE_DIR=str(missing))


@pytest.mark.parametrize(
    "text, said",
    [
        ("exit 3", "ended without saying"),
        (f"exec >&-; {LINGER}", "ended without saying"),
        ("while :; do echo no worker at all; done", "prints without end"),
        ("head -c 3000000 /dev/zero", "prints without end"),
        (f"printf 'UNIX:/else\\033[2Jwhere\\n'; {LINGER}", "/else?[2Jwhere"),
        (f"printf 'a banner\\nUNIX:%s\\n' \"$2\"; {LINGER}", "No such file"),
    ],
)
def test_launched_program_that_is_no_worker(state, tmp_path, text, said):
    assert said in failure(script(tmp_path, text), "ping", STATE_DIR=str(state))
    if said != "No such file":  # that one said what it should
        assert wait_until(lambda: not launched(state))


def test_silent_worker_is_given_up(state, tmp_path):
    location = script(tmp_path, LINGER)
    assert "not said in time" in failure(location, "ping", STATE_DIR=str(state), CONNECT_MS="300")
    assert wait_until(lambda: not launched(state))
