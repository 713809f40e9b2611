"""Calls of typed services from C: the RPC layer's native-client contract on every raw transport, and callers' mistakes.

The contract's parts about HTTP (sessions, external storage, continuations) are left out: the client has no HTTP.
"""

import contextlib
import os
import pathlib
import subprocess
import sys

import pytest

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
CALLS = pathlib.Path(os.environ["VGI_CLIENT_TOOL"]).with_name("client_rpc_calls")
WORKER = [sys.executable, "-m", "vgi_rpc.conformance.client_worker"]


@contextlib.contextmanager
def listening(*words):
    """The location of a worker, from the line that it prints once it listens."""
    process = subprocess.Popen([*WORKER, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        kind, _, where = process.stdout.readline().rstrip("\n").partition(":")
        yield f"{kind.lower()}://{where}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# Answers one call of divide with 0.25, if every key of its metadata came once.
ONE_CALL = """
import sys
import pyarrow as pa

request = pa.ipc.open_stream(sys.stdin.buffer)
keys = [key for key, _ in request.read_next_batch_with_custom_metadata()[1].items()]
assert len(keys) == len(set(keys)) == 5 and b"traceparent" in keys, keys
answer = pa.record_batch([pa.array([0.25])], schema=pa.schema([pa.field("result", pa.float64(), nullable=False)]))
with pa.ipc.new_stream(sys.stdout.buffer, answer.schema) as stream:
    stream.write_batch(answer)
sys.stdout.buffer.flush()
sys.stdin.buffer.read()
"""


def run(part, location, cases, *names):
    done = subprocess.run([CALLS, part, location, *names], capture_output=True, text=True)
    assert done.returncode == 0 and f"[  PASSED  ] {cases} test(s)." in done.stdout + done.stderr, done


@pytest.mark.parametrize("transport", ["stdio", "unix", "tcp"])
def test_the_native_client_contract(transport, tmp_path):
    with contextlib.ExitStack() as stack:
        if transport == "stdio":
            location = f"exec {' '.join(WORKER)} --stdio"
        elif transport == "unix":
            location = stack.enter_context(listening("--unix", tmp_path / "s"))
        else:
            location = stack.enter_context(listening("--tcp", "127.0.0.1:0"))
        run("contract", location, 5)


def test_mistakes_of_a_caller():
    run("misuse", str(BIN / "service"), 6)


def test_no_key_of_the_metadata_is_sent_twice(tmp_path):
    (tmp_path / "one_call.py").write_text(ONE_CALL)
    run("misuse", f"exec {sys.executable} {tmp_path}/one_call.py", 1, "metadata_of_the_caller")
