"""The reference client: its conformance runner against the service over every raw transport (rpc.md §20.4). Only the
skips that are named are accepted, so that no failure can hide among them."""

import json
import pathlib
import subprocess
import sys

import pytest

from wire import SERVICE, Server

LONG = {"large_payload.echo_binary_over_int32_max"}  # half a minute and 8 GB
RUNNER = [str(pathlib.Path(sys.executable).parent / "vgi-rpc-test"), "--format", "json", "--timeout", "30"]


def without(*names):
    return ["--filter", ",".join("!" + name for name in sorted({*LONG, *names}))]


def run(tmp_path, *target, leave_out=()):
    output = tmp_path / "result.json"
    subprocess.run([*RUNNER, *without(*leave_out), *target, "--output", str(output)], check=False, timeout=120)
    result = json.loads(output.read_text())
    failures = [f"{t['name']}: {t['error']}" for t in result["results"] if not t["passed"] and not t["skipped"]]
    skips = {t["name"].split(".")[0] for t in result["results"] if t["skipped"]}
    assert not failures, "\n".join(failures)
    assert skips == {"http_response_cap"} and result["passed"] >= 106 - len(leave_out)


def test_stdio(tmp_path):
    run(tmp_path, "--cmd", SERVICE)


def test_stdio_that_is_offered_shared_memory(tmp_path):
    run(tmp_path, "--cmd", SERVICE, "--shm", "4194304")


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_sockets(tmp_path, kind):
    where = tmp_path / "s" if kind == "unix" else "127.0.0.1:0"
    with Server(f"--{kind}", where) as server:
        run(tmp_path, f"--{kind}", server.announcement.split(":", 1)[1])
