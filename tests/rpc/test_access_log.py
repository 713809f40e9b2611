"""The access log (rpc.md §14): what the reference's validators say of both revisions, each field, and what is never there."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

import pyarrow as pa
import pytest

from planted import planted
from wire import (ADD, COUNT, EMPTY, FACTOR, PROTOCOL, SERVICE, VALUE, Process, Server, empty_batch, metadata, not_null,
                  request, row, stream, wait_for)

TICK = (empty_batch(), {"tick": "1"})
TEXT = pa.schema([not_null("value", pa.string())])
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NEWER = os.environ.get("VGI_PYTHON_NEWER")
VALIDATORS = [sys.executable] + ([NEWER] if NEWER else [])


class Logged(Process):
    def __init__(self, path):
        self.path = pathlib.Path(path)
        super().__init__(words=("--access-log", str(path)))

    def records(self, count):
        """So many, and no more: a record is written when its call is over, which the client sees a little earlier."""
        wait_for(lambda: len(records(self.path)) >= count)
        assert len(records(self.path)) == count
        return records(self.path)


def records(path):
    text = pathlib.Path(path).read_text()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def peer(tmp_path):
    with Logged(tmp_path / "log") as process:
        yield process


def validate(path):
    for python in VALIDATORS:
        run = subprocess.run([python, "-m", "vgi_rpc.access_log_conformance", str(path)], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


def every_kind_of_call(peer):
    peer.check_alive()
    assert peer.call("void_noop").error is None
    assert peer.call("raise_value_error", row(pa.schema([not_null("message", pa.string())]), 'a "secret" é\n')).error
    assert peer.call("__transport_options__", protocol=None, protocol_version=None).error is None
    peer.send(request("produce_n", row(COUNT, 2)), stream(EMPTY, *[TICK] * 3))
    assert len(peer.read().rows) == 2
    peer.send(request("produce_error_mid_stream", row(pa.schema([not_null("emit_before_error", pa.int64())]), 1)),
              stream(EMPTY, *[TICK] * 3))
    assert peer.read().error
    peer.send(request("produce_error_on_init"), stream(EMPTY))
    assert peer.read().error
    peer.send(request("cancellable_producer"), stream(EMPTY, TICK, (empty_batch(), {"vgi_rpc.cancel": "1"})))
    assert peer.read().error is None
    values = pa.record_batch([pa.array([1.0, None, 3.0])], schema=VALUE)
    peer.send(request("exchange_scale", row(FACTOR, 2.0), traceparent=None), stream(VALUE, values, values))
    assert len(peer.read().rows) == 6


def test_both_revisions_accept_every_record(peer):
    every_kind_of_call(peer)
    peer.records(9)
    validate(peer.path)


def test_the_newer_revision_was_asked():
    if not NEWER:
        pytest.skip("no reference SDK 0.47.0: run scripts/setup test")


def test_what_a_record_says(peer):
    every_kind_of_call(peer)
    add, void, failed, options, produced, broken, refused, cancelled, scaled = peer.records(9)
    assert add["message"] == f"{PROTOCOL}.add_floats ok" and add["method_type"] == "unary" and add["status"] == "ok"
    assert add["request_fields"] == [{"name": "a", "type": "float64"}, {"name": "b", "type": "float64"}]
    assert add["request_rows"] == 1 and add["truncated"] == "payload_omitted" and add["error_type"] == ""
    assert [add[f"{way}_{what}"] for way in ("input", "output") for what in ("batches", "rows", "bytes")] == \
        [1, 1, 16, 1, 1, 8]
    assert re.fullmatch(r"\d+\.\d\d", re.search(r'"duration_ms":([^,]*)', peer.path.read_text())[1])
    assert re.fullmatch(r"[0-9a-f]{12}", add["server_id"]) and re.fullmatch(r"[0-9a-f]{16}", add["request_id"])
    assert add["request_id"] != void["request_id"] and void["request_fields"] == [] and "stream_id" not in add
    assert failed["status"] == "error" and failed["error_type"] == "ValueError" and failed["error_code"] == "UNKNOWN"
    assert failed["error_message"] == 'a "secret" é\n' and failed["message"] == f"{PROTOCOL}.raise_value_error error"
    assert options["method"] == "__transport_options__" and options["protocol"] == PROTOCOL
    assert produced["method_type"] == "stream" and re.fullmatch(r"[0-9a-f]{32}", produced["stream_id"])
    assert (produced["input_batches"], produced["output_batches"], produced["output_rows"]) == (3, 2, 2)
    assert broken["status"] == "error" and (broken["input_batches"], broken["output_batches"]) == (2, 1)
    assert refused["status"] == "error" and refused["error_message"] == "intentional init error"
    assert cancelled["cancelled"] is True and cancelled["status"] == "ok"
    assert (scaled["input_rows"], scaled["input_bytes"], scaled["output_bytes"]) == (6, 2 * 25, 2 * 25)
    assert not any(key in record for record in peer.records(9) for key in ("request_data", "request_state", "claims"))


def test_what_was_refused_before_dispatch_is_not_logged(peer):
    assert peer.call("no_such_method").error and peer.call("add_floats", protocol=None).error
    assert peer.call("add_floats", row(COUNT, 1)).error and peer.call("add_floats", protocol_version="9.0.0").error
    peer.check_alive()
    assert peer.records(1)[0]["method"] == "add_floats"


def test_no_value_is_ever_logged(peer):
    secret = planted("payload-value")
    assert peer.call("echo_string", row(TEXT, secret)).result == secret
    peer.call("echo_with_log_extras", row(TEXT, secret))
    peer.send(request("exchange_input_metadata"),
              stream(VALUE, (pa.record_batch([pa.array([1.0])], schema=VALUE), {"vgi.conformance.input": secret})))
    assert peer.read().rows[0]["seen"] == secret
    assert peer.records(3) and secret not in peer.path.read_text()


@pytest.mark.parametrize("parent, known", [
    (TRACE, True), (TRACE.replace("00-4", "cc-4"), True), (TRACE.replace("00-4", "cc-4") + "-more", True),
    (TRACE + "-more", False), (TRACE.replace("00-4", "ff-4"), False), (TRACE.upper(), False), (TRACE[:-1], False), ("", False),
    ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", False), ("00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01", False),
    (None, False),
])
def test_traces(peer, parent, known):
    meta = metadata("add_floats")
    if parent is not None:
        meta["traceparent"] = parent
    peer.send(stream(ADD, (row(ADD, 1.0, 2.0), meta)))
    assert peer.read().result == 3.0
    record, = peer.records(1)
    assert ("trace_id" in record) == ("span_id" in record) == known
    if known:
        assert record["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert re.fullmatch("[0-9a-f]{16}", record["span_id"]) and record["span_id"] != "00f067aa0ba902b7"
    validate(peer.path)


def test_a_peer_that_leaves_is_an_error(tmp_path):
    process = subprocess.Popen([SERVICE, "--access-log", tmp_path / "log"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.communicate(request("produce_n", row(COUNT, 5)) + stream(EMPTY, TICK)[:-8], timeout=20)
    record, = records(tmp_path / "log")
    assert record["status"] == "error" and record["error_message"] and record["output_batches"] == 1
    validate(tmp_path / "log")


def test_the_path_is_expanded(tmp_path):
    with Logged(tmp_path / "{pid}-{server_id}-{other}.log") as peer:
        peer.check_alive()
        peer.check_alive()
        name, = os.listdir(tmp_path)
        record = records(tmp_path / name)[0]
        assert name == f"{peer.process.pid}-{record['server_id']}-{{other}}.log"


def test_a_path_that_cannot_be_opened_is_told(tmp_path):
    run = subprocess.run([SERVICE, "--access-log", tmp_path / "no" / "log"], capture_output=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 1 and b"cannot be opened: No such file" in run.stderr
    long = subprocess.run([SERVICE, "--access-log", "x" * 4096], capture_output=True, stdin=subprocess.DEVNULL)
    assert long.returncode == 1 and b"longer than 4095" in long.stderr


def test_records_of_several_connections_are_whole(tmp_path):
    log = tmp_path / "log"
    with Server("--unix", tmp_path / "s", "--access-log", log) as server:
        def work():
            peer = server.connect()
            for _ in range(100):
                peer.check_alive()
            peer.close()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        wait_for(lambda: len(records(log)) == 400)
    assert len({r["request_id"] for r in records(log)}) == 400
    validate(log)


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


@pytest.mark.parametrize("words, expected", [
    (("--tcp", "127.0.0.1:0"), "127.0.0.1"), *([(("--tcp", "[::1]:0"), "::1")] if has_ipv6() else []),
    (("--unix", "{}/s"), f"unix:pid={os.getpid()},uid={os.getuid()}")])
def test_who_called(tmp_path, words, expected):
    with Server(*[word.format(tmp_path) for word in words], "--access-log", tmp_path / "log") as server:
        peer = server.connect()
        peer.check_alive()
        wait_for(lambda: len(records(tmp_path / "log")) == 1)
        peer.close()
    assert records(tmp_path / "log")[0]["remote_addr"] == expected
    if expected.startswith("unix"):
        validate(tmp_path / "log")


def test_nobody_is_named_over_a_pipe(peer):
    peer.check_alive()
    assert peer.records(1)[0]["remote_addr"] == ""


def test_a_full_disk_loses_records_and_no_calls():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with Logged("/dev/full") as peer:
        peer.check_alive()
        peer.check_alive()


def test_the_runner_validates_the_log(tmp_path):
    from test_client import RUNNER, without

    log, output = tmp_path / "log", tmp_path / "result.json"
    run = subprocess.run([*RUNNER, *without(), "--cmd", f"{SERVICE} --access-log {log}", "--access-log", str(log), "--output",
                          str(output)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0 and "--access-log: PASS" in run.stderr, run.stderr
    assert len(records(log)) > 100
    validate(log)
