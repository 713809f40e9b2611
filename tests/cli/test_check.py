"""`vgi check-transactions`: its words, workers that it finds nothing to try in, and the reference's writable worker, of which
it must say what is right and what is wrong: check.py [all] tries every check, else some that are quick."""

import os
import pathlib
import shlex
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

WRITABLE = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/peer/writable_worker.py"
SOME = "commit,own-writes,processes,commit-twice,crash-in-insert,engine-gone"
# An end that comes twice, or after an end that failed, is an error of the reference's; so is what it is told again.
REFERENCE_FAILS = {"commit-twice", "rollback-twice", "failed-commit", "create-sent-again", "commit-sent-again"}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keeper")
    socket = folder / "keeper.sock"
    keeper = subprocess.Popen([sys.executable, WRITABLE, "--keeper", socket, folder / "databases"])
    try:
        while not socket.exists():
            assert keeper.poll() is None
            time.sleep(0.05)
        os.environ["VGI_TRANSACTOR_SOCKET"] = str(socket)
        yield shlex.join([sys.executable, str(WRITABLE)])
    finally:
        keeper.kill()
        keeper.wait()


def verdicts(done):
    return {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[:-1]}


def test_the_reference(reference):
    wanted = [] if os.environ.get("VGI_CHECK_ALL") else ["--only", SOME]
    done = subprocess.run([cli.VGI, "check-transactions", reference, "-q", *wanted], capture_output=True, text=True,
                          timeout=1700, env=cli.ENVIRONMENT | os.environ)
    found = verdicts(done)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = {name for name, verdict in found.items() if verdict == "FAILED"}
    assert failed == REFERENCE_FAILS & set(found) and "commit-twice" in failed, done.stdout
    assert set(found.values()) == {"ok", "FAILED"} and len(found) >= (6 if wanted else 27)
    assert done.stdout.splitlines()[-1] == f"{len(found) - len(failed)} ok, {len(failed)} failed, 0 skipped"


def test_a_catalog_without_transactions():
    row, = cli.lines("check-transactions", cli.worker("hello"))
    assert row == {"check": "all", "verdict": "skipped", "claim": None, "why": "the catalog has no transactions"}


def test_a_check_that_does_not_exist():
    assert "there is no check 'comit'; did you mean 'commit'?" in cli.fails(
        3, "check-transactions", cli.worker("hello"), "--only", "comit")
