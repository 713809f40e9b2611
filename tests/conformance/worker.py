"""The conformance worker as the tests start it: on stdio, or behind a listener that says where it listens."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

WORKER = pathlib.Path(os.environ["VGI_BIN_DIR"]) / "vgi-conformance-worker"
PREFIX = []  # words of a program that the worker is started under


def command(revision, *words):
    return [*PREFIX, str(WORKER), "--revision", str(revision), "--describe", *map(str, words)]


@contextlib.contextmanager
def listening(revision, *words):
    """The process and what its announcement says behind the colon; it must end in order, and leave no socket behind."""
    process = subprocess.Popen(command(revision, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        kind, _, where = process.stdout.readline().decode().rstrip("\n").partition(":")
        assert kind in ("UNIX", "TCP"), f"no announcement but {kind!r}"
        yield process, where
        process.terminate()
        assert process.wait(60) == 0, f"exit status {process.returncode} after SIGTERM"
        assert kind == "TCP" or not pathlib.Path(where).exists(), "the socket file was left behind"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def unix(revision, *words):
    with tempfile.TemporaryDirectory() as folder, listening(revision, "--unix", f"{folder}/s", *words) as found:
        yield found


def tcp(revision, *words):
    return listening(revision, "--tcp", "127.0.0.1:0", *words)
