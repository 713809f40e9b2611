"""Sentry: what a worker with `vgi_sentry` among its observers sends to a server that speaks its protocol; what becomes of
it where that is slow, dead, full or broken; and that no planted secret is ever sent."""

import os
import re
import socket
import subprocess

import pytest
from engine import BIN, location
from planted import leaks, planted
from sentry_server import KEY, Server

WORKER = "vgi-vault-worker"
PASSWORD = planted("password")
OPTIONS = ("-A", f"password={PASSWORD}", "-A", "region=eu")
CLEAN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
END_S = 60  # far above the two seconds that an end may take; who hangs for ever is found all the same


def call(where, kind, **more):
    return subprocess.run([BIN / "vgi", "call", where, f"main.trouble('{kind}', '{planted('argument')}')", *OPTIONS],
                          capture_output=True, text=True, timeout=END_S, **more)  # fmt: skip


def run(dsn, **variables):
    """A call that fails in a worker over stdio, which then ends cleanly. What it and the client say."""
    environment = {**CLEAN, **({"SENTRY_DSN": dsn} if dsn is not None else {}), **variables}
    errors = call(location(WORKER), "runtime", env=environment).stderr
    assert f"{planted('argument')} broke it" in errors
    return errors


def socket_worker(tmp_path, dsn, *words, **variables):
    """A worker that listens, and its location."""
    path = tmp_path / "socket"
    worker = subprocess.Popen([BIN / WORKER, "--unix", path, *words], env={**CLEAN, "SENTRY_DSN": dsn, **variables},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert worker.stdout.readline()
    return worker, f"unix://{path}"


def stop(worker):
    worker.terminate()
    _, errors = worker.communicate(timeout=END_S)
    assert worker.returncode == 0, errors


def test_a_failure_is_an_event():
    with Server() as server:
        run(server.dsn, SENTRY_ENVIRONMENT="tests")
        (event,) = server.items("event")
    assert event["level"] == "error" and event["platform"] == "c" and event["logger"] == "vgi"
    assert event["release"] == "vgi-vault-worker@4.5.6" and event["environment"] == "tests"
    assert event["exception"]["values"] == [
        {"type": "RuntimeError", "value": "init failed (vault)", "mechanism": {"type": "vgi", "handled": True}}]  # fmt: skip
    tags = event["tags"]
    assert tags["vgi.catalog"] == "vault" and tags["vgi.method"] == "init" and tags["vgi.event"] == "call"
    assert re.fullmatch("[0-9a-f]{12}", tags["vgi.attach_opaque_data"])
    crumbs = event["breadcrumbs"]["values"]
    assert [crumb["category"] for crumb in crumbs][0] == "catalog.attach"
    assert crumbs[0]["level"] == "info" and crumbs[0]["data"]["attach_id"] == tags["vgi.attach_opaque_data"]
    assert crumbs[0]["data"]["options"] == {"region": "eu", "host": "db.example"}
    for stamp in [event["timestamp"], *(crumb["timestamp"] for crumb in crumbs)]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)


def test_no_secret_is_sent(tmp_path):
    with Server() as server:
        worker, where = socket_worker(tmp_path, server.dsn, VGI_SENTRY_LEVEL="warn", VGI_LOG="stderr")
        for kind in ("runtime", "own", "value"):
            assert planted("argument") in call(where, kind).stderr
        subprocess.run([BIN / "vgi", "ls", where, "-A", f"password={PASSWORD}", "-A", "region=nowhere"],
                       capture_output=True, timeout=END_S)  # fmt: skip
        worker.terminate()
        _, errors = worker.communicate(timeout=END_S)
        types = [event["exception"]["values"][0]["type"] for event in server.items("event")]
        assert types == ["RuntimeError", "VaultError", "ValueError", "OSError"]
        for body, _ in server.requests:
            assert not leaks(body)
    assert "catalog.attach" in errors and not leaks(errors.encode()) and KEY not in errors


def test_mistakes_of_callers_are_breadcrumbs(tmp_path):
    with Server() as server:
        worker, where = socket_worker(tmp_path, server.dsn)
        call(where, "value")
        call(where, "own")
        stop(worker)
        (event,) = server.items("event")
    assert event["exception"]["values"][0]["type"] == "VaultError"
    assert [crumb["data"]["error_type"] for crumb in event["breadcrumbs"]["values"] if crumb["type"] == "error"] == ["ValueError"]


def test_it_is_off_without_a_dsn():
    with Server() as server:
        run("")
        run(None)
        assert not server.requests and not server.broken


@pytest.mark.parametrize("variables, sentence", [
    ({"SENTRY_DSN": "https://hush.example/1"}, "SENTRY_DSN is no DSN; expected https://KEY@HOST/PROJECT"),
    ({"SENTRY_DSN": "https://k@h/1", "VGI_SENTRY_LEVEL": "all"}, "VGI_SENTRY_LEVEL 'all': expected warn or error"),
])  # fmt: skip
def test_mistakes_are_told_at_the_start(variables, sentence):
    done = subprocess.run([BIN / WORKER], env={**CLEAN, **variables}, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=END_S)  # fmt: skip
    assert done.returncode == 1 and sentence in done.stderr and "hush" not in done.stderr


def test_limits_are_obeyed_and_reported(tmp_path):
    """429 for an hour: nothing more is sent, not even at the end."""
    with Server((429, {"Retry-After": "3600"}), (200, {})) as server:
        worker, where = socket_worker(tmp_path, server.dsn)
        for _ in range(3):
            call(where, "runtime")
        stop(worker)
        assert len(server.items("event")) == 1 and len(server.requests) == 1


def test_limits_that_a_success_announces(tmp_path):
    with Server((200, {"X-Sentry-Rate-Limits": "3600:error:key"})) as server:
        worker, where = socket_worker(tmp_path, server.dsn)
        for _ in range(3):
            call(where, "runtime")
        stop(worker)
        assert len(server.requests) == 1


def test_what_a_server_did_not_take_is_reported_with_the_next(tmp_path):
    with Server((500, {}), (400, {}), (200, {})) as server:
        worker, where = socket_worker(tmp_path, server.dsn)
        for _ in range(3):
            call(where, "runtime")
        stop(worker)
        assert len(server.items("event")) == 3
        (first, second) = server.items("client_report")
    assert first["discarded_events"] == [{"reason": "send_error", "category": "error", "quantity": 1}]
    assert second["discarded_events"] == [{"reason": "send_error", "category": "error", "quantity": 2}]


def refused_port():
    """A port of this machine at which nobody listens, for as long as the socket lives."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken, taken.getsockname()[1]


@pytest.mark.parametrize("kind", ["refused", "silent", "mute"])
def test_a_server_that_is_dead_slows_nothing(tmp_path, kind):
    """refused: nobody listens. silent: the answer never comes. mute: nobody even accepts."""
    taken, port = refused_port()
    server = Server(None)
    if kind == "mute":
        taken.listen(0)
    dsn = server.dsn if kind == "silent" else f"http://{KEY}@127.0.0.1:{port}/1"
    log = tmp_path / "log"
    try:
        worker, where = socket_worker(tmp_path, dsn, "--log", log, "--log-format", "text")
        for _ in range(4):
            assert planted("argument") in call(where, "runtime").stderr
        stop(worker)
    finally:
        server.close()
        taken.close()
    assert log.read_text().count("error_type=RuntimeError") == 4  # the log beside it has missed nothing


def test_a_slow_server_does_not_keep_a_worker_from_its_end():
    """The caller closes stdin of a worker that has an event in flight: it ends, and says nothing of it."""
    with Server(None) as server:
        errors = run(server.dsn)
        assert len(server.requests) == 1
    assert "Sentry" not in errors and KEY not in errors
