"""`vgi trace` between the engine and workers of this project: the same answers, every call told, every byte passed on; and
how it ends."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from engine import connect, text
from processes import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

HELLO = cli.worker("hello")
FIXTURE = cli.worker("vgi-fixture-worker")
CORPUS = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/fuzz/corpus/rpc"


def traced(path, worker, *options):
    """LOCATION of a worker behind a trace that appends to `path`."""
    return cli.worker("vgi", "trace", "-o", path, *options) + " -- " + worker


def events(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def calls(trace):
    """Events of each call, by process and number."""
    found = {}
    for event in trace:
        if "call" in event:
            found.setdefault((event["pid"], event["call"]), []).append(event)
    return found


def popen(*words, **options):
    return subprocess.Popen(
        [cli.VGI, "trace", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=cli.ENVIRONMENT, **options,
    )


# ---- what nobody is to read ------------------------------------------------------------------------------------------

PLANTED = "planted-4711"


def ipc(batch, metadata):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch, custom_metadata=metadata)
    return sink.getvalue().to_pybytes()


def planted(depth=1):
    """One row with the planted text in columns of every shape; in bytes, too."""
    blob = ipc(planted(depth - 1), {}) if depth else PLANTED.encode()
    columns = {
        "text": pa.array([PLANTED]),
        "number": pa.array([4711471147]),
        "items": pa.array([[PLANTED, PLANTED]]),
        "pair": pa.array([{"a": PLANTED, "result": blob}]),
        "word": pa.array([PLANTED]).dictionary_encode(),
        "map": pa.array([[(PLANTED, PLANTED)]], pa.map_(pa.string(), pa.string())),
        "result": pa.array([blob]),
        "settings": pa.array([[blob]]),
        "options": pa.array([[{"text": PLANTED, "request": blob}]]),
        "nothing": pa.array([None], pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


def leaves(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner) if key != "type" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def trace_of(tmp_path, protocol, method, *options):
    """What is told of a call whose request, answer, input and output are planted."""
    keys = {"vgi_rpc.method": method, "vgi_rpc.request_version": "1", "vgi_rpc.protocol": protocol}
    (tmp_path / "answer").write_bytes(ipc(planted(), {}))
    told = tmp_path / "told"
    told.unlink(missing_ok=True)
    worker = ["sh", "-c", 'cat > /dev/null; cat "$0" "$0"', str(tmp_path / "answer")]
    with popen("-o", told, "--show-options", *options, "--", *worker) as relay:
        relay.communicate(ipc(planted(), keys) + ipc(planted(), {}), timeout=60)
    return told.read_text()


@pytest.mark.parametrize("protocol", ["vgi.secret.v1", "vgi_rpc.Identity.v1", "vgi.secret."])
def test_protocols_of_secrets_are_hashed_whole(tmp_path, protocol):
    for options in ((), ("--format", "json")):
        told = trace_of(tmp_path, protocol, "lookup", *options)
        assert "planted" not in told and "4711471147" not in told and told.count("sha256:") > 20
    values = [value for event in map(json.loads, told.splitlines()) if event["event"] in ("request", "answer", "input", "output")
              for key in ("params", "answer", "values") for value in leaves(event.get(key, []))]
    assert len(values) > 30
    assert all(value is None or re.fullmatch("sha256:[0-9a-f]{12}", value) for value in values), values


def test_other_protocols_are_told(tmp_path):
    """So that the test before this one would see what it looks for. And what is in a struct of a list has its own name."""
    for options in ((), ("--format", "json")):
        told = trace_of(tmp_path, "vgi.v2", "catalog_attach", *options)
        assert "planted" in told and "4711471147" in told
    requests = [event for event in map(json.loads, told.splitlines()) if event["event"] == "request"]
    (pair,) = requests[0]["params"]["options"]["value"]
    assert pair["request"]["text"]["value"] == PLANTED


# ---- what is told -----------------------------------------------------------------------------------------------------

QUERIES = [
    "SELECT n FROM hello.numbers ORDER BY n LIMIT 3",
    "SELECT sum(hello.add_ints(i, 1)) FROM range(5000) t(i)",
    "SELECT count(*) FROM hello.series(7)",
    "SELECT count(*) FROM hello.evens",
]


def answers(location):
    with connect(threads="2") as db:
        db.execute(f"ATTACH 'hello' AS hello (TYPE vgi, LOCATION {text(location)})")
        return [db.execute(sql).fetchall() for sql in QUERIES]


def test_the_engine_gets_the_same_answers_and_every_call_is_told(tmp_path):
    path = tmp_path / "trace.json"
    assert answers(traced(path, HELLO, "--format", "json")) == answers(HELLO)
    trace = events(path)
    assert not [event for event in trace if event["event"] == "lost"]
    assert {event["message"] for event in trace if event["event"] == "exit"} <= {"exit status 0"}
    told = calls(trace)
    for of_call in told.values():
        kinds = [event["event"] for event in of_call]
        assert kinds[0] == "request"
        assert kinds.count("end") == 1
        assert all(event["elapsed_us"] >= 0 and event["protocol"] == "vgi.v2" for event in of_call)
    methods = {of_call[0]["method"] for of_call in told.values()}
    assert methods >= {"catalog_attach", "bind", "init"}
    binds = [c[0]["params"]["request"]["value"] for c in told.values() if c[0]["method"] == "bind"]
    add = next(bind for bind in binds if bind["function_name"]["value"] == "add_ints")
    assert [column["type"] for column in add["input_schema"]["value"]] == ["BIGINT", "BIGINT"]
    assert add["function_type"] == {"type": "VARCHAR", "value": "SCALAR"}
    runs = [c for c in told.values() if c[0]["method"] == "init"]
    added = [c for c in runs if c[0]["params"]["request"]["value"]["bind_call"]["value"]["function_name"]["value"]
             == "add_ints"]
    inputs = [e for c in added for e in c if e["event"] == "input"]
    outputs = [e for c in added for e in c if e["event"] == "output"]
    assert sum(event["rows"] for event in inputs) == sum(event["rows"] for event in outputs) == 5000
    assert outputs[0]["columns"] == [{"name": "result", "type": "BIGINT"}]
    assert outputs[0]["values"][:2] == [[inputs[0]["values"][0][0] + 1], [inputs[0]["values"][1][0] + 1]]
    assert all(len(event["values"]) == 5 for event in inputs)
    ends = [e for c in added for e in c if e["event"] == "end"]
    assert sum(event["input_rows"] for event in ends) == 5000


def test_lines_for_people(tmp_path):
    path = tmp_path / "trace"
    assert cli.lines("call", traced(path, HELLO), "add_ints(19, 23)") == [{"result": 42}]
    told = path.read_text()
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{6} \d+ (#\d+ +[<> ]|!)", line) for line in told.splitlines())
    assert re.search(r"> bind \(vgi\.v2 2\.0\.0\): \d+ bytes\n", told)
    assert "request.function_name VARCHAR = 'add_ints'" in told
    assert "request.input_schema = (col_0 BIGINT, col_1 BIGINT)" in told
    assert re.search(r"attach_opaque_data = sha256:[0-9a-f]{12} \(\d+ bytes\)", told)
    assert re.search(r"> input 1: 1 row, \d+ bytes\n.*\(col_0 BIGINT, col_1 BIGINT\)\n.*\(19, 23\)\n", told)
    assert re.search(r"< output 1: 1 row, \d+ bytes, \d+\.\d{3} ms\n.*\n.*\(42\)\n", told)
    assert re.search(r"< end of init: \d+\.\d{3} ms, in 1 batch 1 rows", told)
    assert told.splitlines()[-1].endswith("! exit: exit status 0")


def test_errors_and_logs(tmp_path):
    path = tmp_path / "trace.json"
    location = traced(path, FIXTURE, "--format", "json")
    assert "overflows" in cli.fails(1, "call", location, "main.add_ints(9223372036854775807, 1)", "-c", "fixture")
    error = next(event for event in events(path) if event["event"] == "error")
    assert error["type"] == "ValueError"
    assert "overflows" in error["message"]
    assert next(event for event in events(path) if event["event"] == "end" and event["call"] == error["call"])["failed"]


def test_less_is_told_where_less_is_asked_for(tmp_path):
    path = tmp_path / "trace"
    cli.ok("scan", traced(path, HELLO, "--rows", "0", "--methods", "init"), "numbers")
    told = path.read_text()
    assert "> init" in told and "< output 1: 1000 rows" in told
    assert "> bind" not in told
    assert not re.search(r"#\d+ +\(\d+\)\n", told)


def test_batches_in_shared_memory_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("VGI_RPC_SHM_SIZE_BYTES", str(16 << 20))
    path = tmp_path / "trace.json"
    sql = "SELECT sum(length(f.main.shout(repeat('x', 500) || i))) FROM range(5000) t(i)"
    results = []
    for location in (FIXTURE, traced(path, FIXTURE, "--format", "json")):
        with connect(threads="1") as db:
            db.execute(f"ATTACH 'fixture' AS f (TYPE vgi, LOCATION {text(location)})")
            results.append(db.execute(sql).fetchall())
    assert results[0] == results[1]
    shared = [event for event in events(path) if event.get("shared_memory")]
    assert {event["event"] for event in shared} == {"input", "output"}
    assert all(event["rows"] > 0 and "xxx" in event["values"][0][0].lower() for event in shared)


def test_a_worker_that_listens(tmp_path):
    socket, path = tmp_path / "socket", tmp_path / "trace"
    with subprocess.Popen([cli.BIN / "hello", "--unix", socket], stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline().startswith(b"UNIX:")
        assert cli.lines("call", traced(path, f"unix://{socket}"), "add_ints(1, 2)") == [{"result": 3}]
        worker.terminate()
    told = path.read_text()
    assert "request.function_name VARCHAR = 'add_ints'" in told
    assert told.endswith("! exit: the connection is closed\n")


# ---- the bytes --------------------------------------------------------------------------------------------------------

BOTH_WAYS = 'cat "$1" & cat > "$0"; wait'


def relayed(tmp_path, sent, answered):
    """Both ways at once; what was told."""
    (tmp_path / "answer").write_bytes(answered)
    path = tmp_path / "trace.json"
    path.unlink(missing_ok=True)
    done = subprocess.run(
        [cli.VGI, "trace", "-o", path, "--format", "json", "--", "sh", "-c", BOTH_WAYS, tmp_path / "sent",
         tmp_path / "answer"], input=sent, capture_output=True, timeout=120, env=cli.ENVIRONMENT,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == answered
    assert (tmp_path / "sent").read_bytes() == sent
    return events(path)


def test_garbage_is_passed_on_byte_for_byte_and_told_once(tmp_path):
    dice = random.Random(7)
    for size in (1, 100, 3 << 20):
        trace = relayed(tmp_path, dice.randbytes(size), dice.randbytes(2 * size))
        assert sorted(e["from"] for e in trace if e["event"] == "lost") == ["client", "worker"]


@pytest.mark.parametrize("name", sorted(file.name for file in CORPUS.iterdir()))
def test_sessions_are_passed_on_byte_for_byte(tmp_path, name):
    session = (CORPUS / name).read_bytes()
    trace = relayed(tmp_path, session, session[::-1])
    assert len([event for event in trace if event["event"] == "lost" and event["from"] == "client"]) <= 1
    assert ("cut" in name or "garbage" in name) == any(e["event"] == "lost" and e["from"] == "client" for e in trace)


def test_a_byte_is_passed_on_as_soon_as_it_has_come():
    with popen("-o", os.devnull, "--", "cat") as trace:
        for piece in (b"\xff", b"\xff\xff\xff", b"\x10", b"no message"):
            trace.stdin.write(piece)
            trace.stdin.flush()
            assert trace.stdout.read(len(piece)) == piece
        trace.stdin.close()
        assert trace.wait(60) == 0


# ---- how it ends ------------------------------------------------------------------------------------------------------


def is_gone(pid):
    try:
        return " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def test_the_status_of_the_worker_is_passed_on():
    for worker, status in ((["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], -9), (["true"], 0)):
        assert cli.run("trace", "-o", os.devnull, "--", *worker).returncode == status


def test_a_worker_that_is_killed_in_a_call_ends_the_trace_the_same_way(tmp_path):
    path = tmp_path / "trace.json"
    with popen("-o", path, "--format", "json", "--", "sleep", "1000") as trace:
        assert wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
        trace.stdin.write((CORPUS / "add").read_bytes())
        trace.stdin.flush()
        assert wait_until(lambda: any(event["event"] == "request" for event in events(path)))
        os.kill(int(events(path)[0]["message"].split()[-1]), signal.SIGKILL)
        assert trace.wait(60) == -signal.SIGKILL
    assert events(path)[-1]["message"].startswith("signal 9")


def test_a_worker_does_not_outlive_the_trace():
    with popen("-o", os.devnull, "--", sys.executable, "-c", "import time; print('up', flush=True); time.sleep(1000)",
               start_new_session=True) as trace:
        assert trace.stdout.readline() == b"up\n"
        worker = int(pathlib.Path(f"/proc/{trace.pid}/task/{trace.pid}/children").read_text().split()[0])
        trace.kill()
        trace.wait(60)
        assert wait_until(lambda: is_gone(worker))


def test_a_signal_goes_to_the_worker():
    script = "import os, signal; signal.signal(signal.SIGTERM, lambda *_: os._exit(9)); print('up', flush=True); signal.pause()"
    with popen("-o", os.devnull, "--", sys.executable, "-c", script) as trace:
        assert trace.stdout.readline() == b"up\n"
        trace.terminate()
        assert trace.wait(60) == 9


def test_a_worker_that_leaves_its_stdout_to_others_has_ended_all_the_same():
    with popen("-o", os.devnull, "--", "sh", "-c", "sleep 1000 & echo $!; exit 3") as trace:
        left = int(trace.stdout.readline())
        assert trace.wait(60) == 3
        os.kill(left, signal.SIGKILL)


def test_no_worker_is_left_behind(tmp_path):
    path = tmp_path / "trace.json"
    cli.ok("scan", traced(path, HELLO, "--format", "json"), "numbers", "--limit", "1")
    start = events(path)[0]
    assert wait_until(lambda: is_gone(start["pid"]))
    assert wait_until(lambda: is_gone(int(start["message"].split()[-1])))


@pytest.mark.parametrize(
    "words, code, said",
    [
        ([], 2, "the worker is missing"),
        (["--format", "xml", "--", "true"], 2, "'xml' is not one of: text json"),
        (["--", "/no/such/program"], 4, "'/no/such/program' cannot be run: No such file or directory"),
        (["--", "unix:///no/such/socket"], 4, "/no/such/socket"),
        (["-o", "/no/such/folder/file", "--", "true"], 1, "cannot be written"),
    ],
)
def test_mistakes(words, code, said):
    assert said in cli.fails(code, "trace", *words)
