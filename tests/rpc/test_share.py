"""A client of ours that shares memory with conformance workers: ours, and the reference's of this environment."""

import os
import pathlib
import subprocess
import sys

import pytest

PROBE = os.environ["VGI_SHARE_PROBE"]
REFERENCE = str(pathlib.Path(sys.executable).parent / "vgi-rpc-conformance")
OURS = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "rpc-test-service")


def probe(command, shm_bytes, rows, rounds, **environment):
    done = subprocess.run([PROBE, command, str(shm_bytes), str(rows), str(rounds)], capture_output=True, text=True,
                          timeout=100, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("command", [OURS, REFERENCE], ids=["ours", "reference"])
def test_large_batches_go_both_ways(command):
    assert probe(command, 4 << 20, 50000, 20) == "shared 1 sent 21 received 21"
    assert probe(command, 0, 50000, 20) == "shared 0 sent 0 received 0"
    # Of two batches of 400 KB the second fits only where the first is given back at once, as ours does.
    assert probe(command, 450 << 10, 50000, 5).startswith("shared 1 sent ")
    assert probe(command, 4 << 20, 100, 20) == "shared 1 sent 0 received 0"
    # Now both requests and the 20 batches of the stream; their answers are 21.
    assert probe(command, 4 << 20, 100, 20, VGI_RPC_SHM_MIN_BATCH_BYTES="1") == "shared 1 sent 22 received 21"


def test_a_worker_that_cannot_see_the_segment_gets_everything_in_the_stream():
    """In a namespace of its own, where /dev/shm is another one: it says yes to the first question."""
    command = f"unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none /dev/shm && exec {OURS}'"
    if subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        pytest.skip("no namespaces here")
    assert probe(command, 4 << 20, 50000, 5) == "shared 0 sent 0 received 0"
