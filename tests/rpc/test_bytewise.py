"""A service that reads and writes one byte at a time, interrupted in between, passes the reference's runner."""

import pathlib
import os

import pytest
import wire
from test_client import run
from wire import Process, Server

BYTEWISE = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "rpc-test-service-bytewise")


def test_stdio(tmp_path):
    run(tmp_path, "--cmd", BYTEWISE)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_sockets(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(wire, "SERVICE", BYTEWISE)
    with Server(f"--{kind}", tmp_path / "s" if kind == "unix" else "127.0.0.1:0") as server:
        run(tmp_path, f"--{kind}", server.announcement.split(":", 1)[1], leave_out=["large_payload.echo_binary_4mib"])


def test_it_is_as_slow_as_it_should_be(monkeypatch):
    monkeypatch.setattr(wire, "SERVICE", BYTEWISE)
    with Process() as peer:
        peer.check_alive()
        with open(f"/proc/{peer.process.pid}/io") as counters:
            calls = dict(line.split(": ") for line in counters)
        assert int(calls["syscr"]) > 600 and int(calls["syscw"]) > 250
